"""What the people's answers look like to a curator, and freezing them into a release."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotations import releasing
from annotations.models import Vote
from annotations.roles import CURATE
from annotations.views.access import AuthenticatedRequest
from curation.errors import CurationError
from curation.models import Clip, Dataset


@login_required
@permission_required(CURATE, raise_exception=True)
@require_http_methods(["GET", "HEAD"])
def clip_votes(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The votes on a clip, under pseudonyms, grouped by culture."""
    clip = get_object_or_404(Clip.objects.select_related("dataset"), dataset__slug=slug, key=key)
    votes = (
        Vote.objects.current().of_people_who_stay().filter(assignment__clip=clip)
        .select_related("assignment__annotator").order_by("assignment__annotator__country", "pk")
    )  # fmt: skip
    template = (
        "annotations/_clip_votes.html" if request.headers.get("HX-Request") else "annotations/clip_votes.html"
    )
    return render(request, template, {"dataset": clip.dataset, "clip": clip, "votes": votes})


@login_required
@permission_required(CURATE, raise_exception=True)
@require_POST
def freeze(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Freeze the next release of a dataset."""
    dataset = get_object_or_404(Dataset, slug=slug)
    try:
        release = releasing.freeze(dataset=dataset, by=request.user, note=request.POST.get("note", "")[:2000])
    except CurationError as error:
        messages.error(request, str(error))
        return redirect("curation:releases", slug)
    messages.success(request, _("Release %(version)s is frozen.") % {"version": release.version})
    return redirect(release)
