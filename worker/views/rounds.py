"""The loop: what a run doubts goes back to people, and what they answered."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from annotations.errors import AnnotationError
from annotations.roles import RESEARCH, VIEW_DATASET
from curation.models import Clip, Split
from curation.views.access import AuthenticatedRequest
from curation.views.fragments import page_or_fragment
from curation.views.shares import distribution
from modelzoo.labels import EMOTIONS
from worker import services
from worker.errors import WorkerError
from worker.forms import SurfaceForm
from worker.models import Prediction, Round
from worker.querysets import answered_of, requests_of
from worker.views.runs import run_or_404

CLIPS_A_PAGE = 24
PREDICTIONS_SHOWN = 5


@login_required
@permission_required(RESEARCH, raise_exception=True)
@require_POST
def surface(request: AuthenticatedRequest, slug: str, pk: int) -> HttpResponse:
    """Send the clips a run is most uncertain of back to people."""
    run = run_or_404(slug, pk)
    form = SurfaceForm(request.POST)
    if not form.is_valid():
        wrong = (f"{form[name].label}: {error}" for name, errors in form.errors.items() for error in errors)
        messages.error(request, " ".join(wrong))
        return redirect(run)
    try:
        turn = services.surface(run=run, by=request.user, **form.cleaned_data)
    except (WorkerError, AnnotationError) as error:
        messages.error(request, str(error))
        return redirect(run)
    told = ngettext(
        "%(n)d clip went back to people, the first in their queue.",
        "%(n)d clips went back to people, the first in their queue.",
        turn.n_requested,
    )
    messages.success(request, told % {"n": turn.n_requested})
    return redirect("worker:round", slug, turn.pk)


@login_required
@permission_required(RESEARCH, raise_exception=True)
@require_safe
def round_one(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One round: the clips sent, how uncertain each was, what people have said since."""
    wanted = Round.objects.select_related("run__release__dataset", "created_by")
    turn = get_object_or_404(wanted, run__release__dataset__slug=slug, pk=pk)
    context = {
        "dataset": turn.run.release.dataset,
        "round": turn,
        "answered": answered_of(turn),
        "page_obj": Paginator(requests_of(turn), CLIPS_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "worker/round.html", context)


@login_required
@permission_required(VIEW_DATASET, raise_exception=True)
@require_safe
def clip_predictions(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """What the newest runs think of a clip; of a test clip nothing is ever shown."""
    clip = get_object_or_404(Clip.objects.for_cards(), dataset__slug=slug, key=key)
    is_test = clip.source.group.split == Split.TEST
    opinions = Prediction.objects.none() if is_test else Prediction.objects.filter(clip=clip)
    latest = opinions.select_related("run").order_by("-run_id")[:PREDICTIONS_SHOWN]
    context = {
        "dataset": clip.dataset,
        "clip": clip,
        "is_test": is_test,
        "opinions": [(p, distribution(dict(zip(EMOTIONS, p.probs, strict=True)))) for p in latest],
    }
    return page_or_fragment(request, "worker/clip_predictions.html", "worker/_clip_predictions.html", context)
