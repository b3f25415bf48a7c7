"""The first page: where each person goes on."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from curation.querysets import datasets_with_counts
from curation.views.access import AuthenticatedRequest


@login_required
@require_safe
def home(request: AuthenticatedRequest) -> HttpResponse:
    """The datasets: to label for annotators, to look after for everybody else."""
    return render(request, "curation/home.html", {"datasets": datasets_with_counts().order_by("pk")})
