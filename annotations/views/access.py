"""Requests of people who are logged in, and have consented where that is needed."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from annotations.services import annotator_of
from curation.views.access import AuthenticatedRequest

View = Callable[..., HttpResponse]


def consenting(view: View) -> View:
    """Send people who have not accepted the current consent text there first, and back afterwards."""

    @wraps(view)
    def wrapped(request: AuthenticatedRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not annotator_of(request.user).has_consented:
            after = request.get_full_path() if request.method == "GET" else reverse("home")
            return redirect(f"{reverse('annotations:consent')}?{urlencode({'next': after})}")
        return view(request, *args, **kwargs)

    return wrapped
