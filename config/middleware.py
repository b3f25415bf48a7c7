"""Answers that must not depend on host names, TLS or sessions."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], HttpResponse]


def health(get_response: Respond) -> Respond:
    """Answer `/healthz` when the web process and its database do.

    Before every other middleware: whoever watches the process asks it by its address, under no name of the
    site, and without TLS.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path != "/healthz":
            return get_response(request)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return HttpResponse("ok\n", content_type="text/plain")

    return middleware
