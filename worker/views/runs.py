"""Training runs: the list, the recipe, and one run while it learns and after."""

import hashlib
import random

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from annotations.roles import RESEARCH
from curation.models import Dataset, Release
from curation.querysets import ReleaseQuerySet
from curation.views.access import AuthenticatedRequest
from curation.views.fragments import is_fragment, page_or_fragment
from curation.views.shares import balance_rows
from modelzoo import specs
from modelzoo.errors import ModelZooError
from worker import services
from worker.errors import WorkerError
from worker.forms import RunForm, SurfaceForm
from worker.models import Job, TrainingRun
from worker.querysets import answered_of
from worker.views.figures import curves, epochs_of, figures

RUNS_A_PAGE = 25
ADVISED_SPEC = "Compact_Video_A2+Music_A2"


@login_required
@permission_required(RESEARCH, raise_exception=True)
@require_safe
def runs(request: HttpRequest, slug: str) -> HttpResponse:
    """The runs of a dataset, newest first."""
    dataset = get_object_or_404(Dataset, slug=slug)
    found = TrainingRun.objects.filter(release__dataset=dataset).select_related("job", "release__dataset")
    context = {
        "dataset": dataset,
        "page_obj": Paginator(found.order_by("-pk"), RUNS_A_PAGE).get_page(request.GET.get("page")),
        "has_release": Release.objects.filter(dataset=dataset).exists(),
    }
    return render(request, "worker/runs.html", context)


@login_required
@permission_required(RESEARCH, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def run_new(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Choose a release and a network; see what there is to learn from before it starts."""
    dataset = get_object_or_404(Dataset, slug=slug)
    releases = Release.objects.filter(dataset=dataset)
    release = asked_release(request, releases)
    spec = asked_spec(request)
    recipe = services.advised_recipe(spec.name, seed=random.randrange(10_000))
    given = request.POST if request.method == "POST" else None
    form = RunForm(given, dataset=dataset, initial={"release": release, **recipe._asdict()})
    if request.method == "POST" and form.is_valid():
        chosen, key = form.cleaned_data["release"], form.cleaned_data["key"]
        try:
            run = services.request_run(release=chosen, recipe=form.recipe(), by=request.user, key=key)
        except WorkerError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Run %(run)d is queued.") % {"run": run.pk})
            return redirect(run)
    context = {"dataset": dataset, "form": form, "release": release, "releases": releases, "spec": spec}
    context["zoo"] = zoo()
    if release:
        context["rows"] = balance_rows(release.certificate["balance"], release.certificate["n_groups"])
    return render(request, "worker/run_new.html", context, status=422 if form.errors else 200)


def asked_release(request: HttpRequest, releases: ReleaseQuerySet) -> Release | None:
    """The release that the address or the form names, else the newest."""
    wanted = request.POST.get("release") or request.GET.get("release", "")
    asked = releases.filter(pk=wanted).first() if wanted.isdecimal() else None
    return asked or releases.order_by("-major", "-minor", "-patch").first()


def asked_spec(request: HttpRequest) -> specs.ModelSpec:
    """The network that the address or the form names, else the one that suits any computer."""
    try:
        return specs.get_spec(request.POST.get("spec") or request.GET.get("spec", ADVISED_SPEC))
    except ModelZooError:
        return specs.get_spec(ADVISED_SPEC)


def zoo() -> list[tuple[str, list[specs.ModelSpec]]]:
    """The networks in two groups: the compact ones first, then the paper's."""
    return [
        (_("Compact: minutes on any computer"), [spec for spec in specs.SPECS if spec.paper is None]),
        (_("The paper’s: made for a GPU"), [spec for spec in specs.SPECS if spec.paper is not None]),
    ]


@login_required
@permission_required(RESEARCH, raise_exception=True)
@require_safe
def run(request: AuthenticatedRequest, slug: str, pk: int) -> HttpResponse:
    """One run: live while it learns, then what it learnt and what it doubts."""
    found = run_or_404(slug, pk)
    scoring = Job.objects.about(Job.Kind.SCORING, found.pk).first()
    mark = mark_of(found, scoring)
    if is_fragment(request) and request.GET.get("seen") == mark:
        return HttpResponse(status=204)
    epochs = epochs_of(found.history)
    context = {
        "dataset": found.release.dataset,
        "run": found,
        "job": found.job,
        "scoring": scoring,
        "mark": mark,
        "is_live": any(job and not job.is_finished for job in (found.job, scoring)),
        "last_epoch": epochs[-1] if epochs else None,
        "curves": curves(found.history),
        "figures": figures(found.metrics),
        "surface_form": SurfaceForm(initial={"votes_per_clip": 2, "budget": 20}),
        "rounds": [(turn, answered_of(turn)) for turn in found.rounds.order_by("-pk")[:10]],
    }
    return page_or_fragment(request, "worker/run.html", "worker/_run_status.html", context)


def run_or_404(slug: str, pk: int) -> TrainingRun:
    """The run of a dataset."""
    wanted = TrainingRun.objects.select_related("job", "release__dataset", "created_by")
    return get_object_or_404(wanted, release__dataset__slug=slug, pk=pk)


def mark_of(run: TrainingRun, scoring: Job | None) -> str:
    """A short name of all that the live part shows; while it is the same nothing need be drawn again."""
    told = [
        (j.state, j.done, j.total, j.note, j.error, len(j.log), j.cancel_requested)
        for j in (run.job, scoring)
        if j
    ]
    return hashlib.sha256(repr((told, len(run.history), run.model_sha256)).encode()).hexdigest()[:16]
