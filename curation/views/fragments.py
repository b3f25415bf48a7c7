"""The whole page for a person, its live part for a script, at one address."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def is_fragment(request: HttpRequest) -> bool:
    """Whether a script asks for a part of the page."""
    return "HX-Request" in request.headers


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: Mapping[str, Any]
) -> HttpResponse:
    """One of two templates with the same context."""
    response = render(request, fragment if is_fragment(request) else page, dict(context))
    # Else the Back button could show the bare fragment out of the browser's cache.
    patch_vary_headers(response, ("HX-Request",))
    return response
