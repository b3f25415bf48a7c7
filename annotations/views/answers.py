"""A person's own answers, and changing one."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations import services
from annotations.errors import AnnotationError
from annotations.forms import VoteForm
from annotations.roles import LABEL
from annotations.views.access import consenting
from annotations.views.labelling import own_votes
from curation.emotions import emotion_cards
from curation.models import Dataset
from curation.views.access import AuthenticatedRequest


@login_required
@permission_required(LABEL, raise_exception=True)
@consenting
@require_http_methods(["GET", "HEAD"])
def answers(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """What the person has answered so far."""
    dataset = get_object_or_404(Dataset, slug=slug)
    page = Paginator(own_votes(request, slug).current(), 24).get_page(request.GET.get("page"))
    return render(request, "annotations/answers.html", {"dataset": dataset, "page": page})


@login_required
@permission_required(LABEL, raise_exception=True)
@consenting
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: AuthenticatedRequest, slug: str, pk: int) -> HttpResponse:
    """Answer a clip again: a new vote that supersedes the old one."""
    # Of all answers, superseded ones too: a form sent twice must find what it has changed already.
    vote = get_object_or_404(own_votes(request, slug), pk=pk)
    if request.method != "POST" and not own_votes(request, slug).current().filter(pk=pk).exists():
        messages.info(request, _("That answer has been changed already; here is the newest."))
        return redirect("annotations:answers", slug)
    given = {name: getattr(vote, name) for name in ("emotion", "second_emotion", "confidence", "cue")}
    form = VoteForm(request.POST or None, initial={**given, "key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            services.correct_vote(
                vote=vote,
                annotator=vote.assignment.annotator,
                answer=form.answer(locale=get_language() or ""),
                key=form.cleaned_data["key"],
            )
        except AnnotationError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Your answer was changed."))
        return redirect("annotations:answers", slug)
    assignment = vote.assignment
    context = {
        "dataset": assignment.clip.dataset,
        "vote": vote,
        "assignment": assignment,
        "form": form,
        "emotions": emotion_cards(assignment.annotator.button_order),
    }
    return render(request, "annotations/answer_change.html", context, status=422 if form.errors else 200)
