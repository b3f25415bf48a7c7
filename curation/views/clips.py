"""The clips: as a gallery, one by one, and their files."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from curation.forms import ClipFilterForm
from curation.models import Clip, Dataset
from curation.ranges import range_response
from curation.views.access import VIEW_DATASET, AuthenticatedRequest, may_watch
from curation.views.shares import distribution

CLIPS_A_PAGE = 24
KEEP_S = 3600


@login_required
@permission_required(VIEW_DATASET, raise_exception=True)
@require_safe
def clips(request: HttpRequest, slug: str) -> HttpResponse:
    """The gallery, narrowed by its filters."""
    dataset = get_object_or_404(Dataset, slug=slug)
    form = ClipFilterForm(request.GET)
    found = form.narrow(Clip.objects.filter(dataset=dataset)).for_cards()
    context = {
        "dataset": dataset,
        "form": form,
        "page_obj": Paginator(found, CLIPS_A_PAGE).get_page(request.GET.get("page")),
        "tally": Clip.objects.filter(dataset=dataset).tally(),
    }
    return render(request, "curation/clips.html", context)


@login_required
@permission_required(VIEW_DATASET, raise_exception=True)
@require_safe
def clip(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One clip: its film, its label, where people differ, where it comes from."""
    found = get_object_or_404(Clip.objects.for_cards(), dataset__slug=slug, key=key)
    cultures = sorted(found.label.per_culture.items(), key=lambda item: (item[0] == "", item[0]))
    context = {
        "dataset": found.dataset,
        "clip": found,
        "label": found.label,
        "parts": distribution(found.label.posterior),
        "cultures": [(culture, distribution(shares)) for culture, shares in cultures],
    }
    return render(request, "curation/clip.html", context)


@login_required
@require_safe
def clip_video(request: AuthenticatedRequest, key: str) -> HttpResponseBase:
    """A clip's film, in parts as players ask for them."""
    found = get_object_or_404(Clip, key=key)
    return media_response(request, found.media, "video/mp4", found.media_sha256)


@login_required
@require_safe
def clip_poster(request: AuthenticatedRequest, key: str) -> HttpResponseBase:
    """A clip's still picture."""
    found = get_object_or_404(Clip, key=key)
    return media_response(request, found.poster, "image/jpeg", f"{found.media_sha256}-poster")


def media_response(
    request: AuthenticatedRequest, name: str, content_type: str, etag: str
) -> HttpResponseBase:
    """A file under the media folder, for people who may watch clips."""
    if not may_watch(request.user):
        raise PermissionDenied
    path: Path = settings.MEDIA_ROOT / name
    if not name or not path.is_file():
        raise Http404
    response = range_response(request, path, content_type, etag)
    # Nothing here tells what the film is called: annotators stay blind.
    response["Cache-Control"] = f"private, max-age={KEEP_S}"
    response["X-Content-Type-Options"] = "nosniff"
    return response
