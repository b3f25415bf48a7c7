"""The labelling screen: one clip, six buttons, the next clip."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotations import next_clip, services
from annotations.errors import AnnotationError, HeardTooLittle
from annotations.forms import SkipForm, VoteForm
from annotations.models import Annotator, Assignment, Vote
from annotations.roles import LABEL
from annotations.views.access import consenting
from curation.emotions import emotion_cards
from curation.models import Dataset
from curation.views.access import AuthenticatedRequest
from curation.views.fragments import is_fragment


@never_cache
@login_required
@permission_required(LABEL, raise_exception=True)
@consenting
@require_http_methods(["GET", "HEAD"])
def label(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """The clip the person is looking at, or the next one."""
    return next_screen(request, get_object_or_404(Dataset, slug=slug))


def next_screen(request: AuthenticatedRequest, dataset: Dataset) -> HttpResponse:
    """The clip to label now, or the reason why there is none."""
    annotator = services.annotator_of(request.user)
    served = next_clip.assign_next(annotator=annotator, dataset=dataset)
    if served.assignment is None:
        return nothing_to_label(request, dataset, annotator, served)
    return show(request, served.assignment, VoteForm(initial={"key": uuid.uuid4()}))


def show(request: HttpRequest, assignment: Assignment, form: VoteForm, status: int = 200) -> HttpResponse:
    """The screen for one assignment: whole, or its main part when the script asks."""
    clip, dataset = assignment.clip, assignment.clip.dataset
    context: dict[str, Any] = {
        "dataset": dataset,
        "assignment": assignment,
        "video_url": reverse("curation:clip_video", args=[clip.key]),
        "poster_url": reverse("curation:clip_poster", args=[clip.key]),
        "form": form,
        "emotions": emotion_cards(assignment.annotator.button_order),
        "n_done": done_by(assignment.annotator, dataset),
        "n_left": next_clip.n_left_for(annotator=assignment.annotator, dataset=dataset) + 1,
        "min_heard_s": min(dataset.min_heard_s, int(clip.duration_s)),
        "submit_url": reverse("annotations:submit", args=[dataset.slug, assignment.pk]),
        "skip_url": reverse("annotations:skip", args=[dataset.slug, assignment.pk]),
        "skip_reasons": Assignment.Skip.choices,
        "guidelines": dataset.guidelines,
    }
    template = "annotations/_clip_form.html" if is_fragment(request) else "annotations/label.html"
    return render(request, template, context, status=status)


def done_by(annotator: Annotator, dataset: Dataset) -> int:
    """How many clips of a dataset a person has answered."""
    return annotator.assignments.filter(clip__dataset=dataset, state=Assignment.State.VOTED).count()


def nothing_to_label(
    request: HttpRequest, dataset: Dataset, annotator: Annotator, served: next_clip.Served
) -> HttpResponse:
    """Say why there is no clip: all done, a short rest, or nothing imported yet."""
    reasons = {True: "done", False: "no_clips"}
    state = "rest" if served.rest_until else reasons[dataset.demands.exists()]
    context = {
        "dataset": dataset,
        "state": state,
        "next_at": served.rest_until,
        "n_done": done_by(annotator, dataset),
    }
    template = "annotations/_label_empty.html" if is_fragment(request) else "annotations/label_empty.html"
    return render(request, template, context)


def own_assignment(request: AuthenticatedRequest, slug: str, pk: int) -> Assignment:
    """The person's own assignment, or 404: others' are none of their business."""
    assignments = Assignment.objects.select_related("clip__dataset", "annotator")
    assignment: Assignment = get_object_or_404(
        assignments, pk=pk, clip__dataset__slug=slug, annotator__user=request.user
    )
    return assignment


@login_required
@permission_required(LABEL, raise_exception=True)
@consenting
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: AuthenticatedRequest, slug: str, pk: int) -> HttpResponse:
    """Record an answer and go on to the next clip."""
    if request.method != "POST":  # the address of a refused answer, opened again: in another language, say
        return redirect("annotations:label", slug)
    assignment = own_assignment(request, slug, pk)
    form = VoteForm(request.POST)
    if not form.is_valid():
        return show(request, assignment, form, status=422)
    try:
        services.record_vote(
            assignment=assignment,
            annotator=assignment.annotator,
            answer=form.answer(locale=get_language() or ""),
            key=form.cleaned_data["key"],
        )
    except HeardTooLittle as error:
        form.add_error(None, str(error))
        return show(request, assignment, form, status=422)
    except AnnotationError as error:
        messages.info(request, str(error))
        return go_on(request, assignment)
    response = go_on(request, assignment)
    response["X-Saved"] = "1"  # the script says "saved" on this word alone
    return response


def go_on(request: AuthenticatedRequest, assignment: Assignment) -> HttpResponse:
    """The next clip, after an answer or a skip."""
    dataset = assignment.clip.dataset
    return (
        next_screen(request, dataset) if is_fragment(request) else redirect("annotations:label", dataset.slug)
    )


@login_required
@permission_required(LABEL, raise_exception=True)
@consenting
@require_POST
def skip(request: AuthenticatedRequest, slug: str, pk: int) -> HttpResponse:
    """Leave a clip unanswered."""
    assignment = own_assignment(request, slug, pk)
    form = SkipForm(request.POST)
    if form.is_valid():
        services.skip(
            assignment=assignment, annotator=assignment.annotator, reason=form.cleaned_data["reason"]
        )
    return go_on(request, assignment)


def own_votes(request: AuthenticatedRequest, slug: str) -> Any:
    """The person's answers, newest first, those included that a correction has superseded."""
    return (
        Vote.objects.filter(assignment__annotator__user=request.user, assignment__clip__dataset__slug=slug)
        .select_related("assignment__clip__dataset", "assignment__annotator")
        .order_by("-pk")
    )
