"""Ways of asking about jobs and predictions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from annotations.models import RelabelRequest
    from curation.models import Dataset, Import
    from worker.models import Job, Prediction, Round, TrainingRun  # noqa: F401  (some only inside QuerySet[…])


class JobQuerySet(models.QuerySet["Job"]):
    """Questions about background work."""

    def active(self) -> JobQuerySet:
        """Queued or running."""
        return self.filter(state__in=["queued", "running"])

    def about(self, kind: str, *subjects: int) -> JobQuerySet:
        """Jobs of a kind about these imports or runs, the newest first."""
        return self.filter(kind=kind, subject_id__in=subjects).order_by("-pk")

    def abandoned(self, now: datetime) -> JobQuerySet:
        """Running, but nobody has said so for longer than the lease."""
        return self.filter(state="running", leased_until__lt=now)


class PredictionQuerySet(models.QuerySet["Prediction"]):
    """Questions about what a model thinks."""

    def surfaceable(self, run: TrainingRun) -> PredictionQuerySet:
        """What the loop may send back.

        Never a clip of a test source, never one whose group of sources the run has learnt from, never one
        that is already waiting for people.
        """
        return (
            self.filter(run=run, is_out_of_fold=True, clip__state="ready")
            .exclude(clip__source__group__split="test")
            # Asked again of the groups as they are now: two may have been merged since the clips were scored.
            .exclude(clip__source__group__in=run.learnt_groups())
            .exclude(clip__relabel_requests__state="open")
        )


def imports_with_counts(dataset: Dataset) -> models.QuerySet[Import]:
    """A dataset's imports, newest first, with `n_waiting`, `n_ready`, `n_duplicate`, `n_rejected`, `n_rows`."""
    from curation.models import ImportItem

    def counted(state: str) -> Count:
        return Count("items", filter=Q(items__state=state))

    states = {f"n_{state}": counted(state) for state in ImportItem.State.values}
    return (
        dataset.imports.select_related("created_by").annotate(**states, n_rows=Count("items")).order_by("-pk")
    )


def requests_of(turn: Round) -> models.QuerySet[RelabelRequest]:
    """What a round has sent back, most uncertain first, with `n_answers`: first answers given since."""
    from annotations.models import RelabelRequest, Vote

    since = Vote.objects.filter(
        assignment__clip=OuterRef("clip"), created_at__gte=OuterRef("created_at"), supersedes__isnull=True
    )
    n_answers = since.order_by().values("assignment__clip").annotate(n=Count("pk")).values("n")
    return (
        RelabelRequest.objects.filter(origin=turn.origin)
        .select_related("clip__label", "clip__source__group", "clip__dataset")
        .annotate(n_answers=Coalesce(Subquery(n_answers), 0))
        .order_by("-score", "pk")
    )


def answered_of(turn: Round) -> dict[str, int]:
    """Of what a round has sent back: how many clips there are, have an answer since, have all they wanted."""
    return requests_of(turn).aggregate(
        n_sent=Count("pk"),
        n_answered=Count("pk", filter=Q(n_answers__gt=0)),
        n_done=Count("pk", filter=Q(state="done")),
    )
