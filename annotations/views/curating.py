"""What the people's answers look like to a curator, and freezing them into a release."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotations import releasing
from annotations.models import Assignment, Vote
from annotations.roles import CURATE
from curation.errors import CurationError
from curation.models import Clip, Dataset
from curation.views.access import AuthenticatedRequest
from curation.views.fragments import page_or_fragment


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
    context = {"dataset": clip.dataset, "clip": clip, "votes": votes, "skips": skips_of(clip)}
    return page_or_fragment(request, "annotations/clip_votes.html", "annotations/_clip_votes.html", context)


def skips_of(clip: Clip) -> list[tuple[str, int]]:
    """Why people left a clip unanswered, and how many did."""
    skipped = clip.assignments.filter(state=Assignment.State.SKIPPED)
    counts = skipped.values_list("skip_reason").annotate(n=Count("pk")).order_by("-n", "skip_reason")
    return [(str(Assignment.Skip(reason).label), n) for reason, n in counts]


@login_required
@permission_required(CURATE, raise_exception=True)
@require_POST
def freeze(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Freeze the next release of a dataset."""
    dataset = get_object_or_404(Dataset, slug=slug)
    note = request.POST.get("note", "").replace("\0", "")[:2000]
    try:
        release = releasing.freeze(dataset=dataset, by=request.user, note=note)
    except CurationError as error:
        messages.error(request, str(error))
        return redirect("curation:releases", slug)
    messages.success(request, _("Release %(version)s is frozen.") % {"version": release.version})
    return redirect(release)
