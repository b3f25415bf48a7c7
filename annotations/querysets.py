"""Ways of asking about people and their answers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, F, OuterRef

if TYPE_CHECKING:
    from annotations.models import Annotator, Assignment, Demand, Vote  # noqa: F401  (some only inside QuerySet[…])
    from curation.models import Dataset


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Questions about leases."""

    def open(self) -> AssignmentQuerySet:
        """Leases that are running or have lapsed without anyone noticing yet."""
        return self.filter(state="open")

    def lapsed(self, now: datetime) -> AssignmentQuerySet:
        """Open leases past their end."""
        return self.open().filter(leased_until__lt=now)


class DemandQuerySet(models.QuerySet["Demand"]):
    """Questions about what is still wanted."""

    def unmet(self, dataset: Dataset) -> DemandQuerySet:
        """Clips of a dataset with a free place for one more answer."""
        taken = F("n_votes") + F("n_leased")
        # A group may become test after the loop asked for more votes on it; those are never collected.
        asked_by_the_loop = models.Q(
            clip__source__group__split="test", rank__isnull=False, dataset__votes_per_clip__lte=taken
        )
        return self.filter(dataset=dataset, clip__state="ready", wanted__gt=taken).exclude(asked_by_the_loop)

    def servable_to(self, annotator: Annotator) -> DemandQuerySet:
        """Without the clips the person has answered, skipped, or is looking at.

        A lapsed lease does not count: the clip may come back to the same person.
        """
        from annotations.models import Assignment

        seen = Assignment.objects.filter(annotator=annotator, clip=OuterRef("clip")).exclude(state="expired")
        return self.exclude(Exists(seen))


class VoteQuerySet(models.QuerySet["Vote"]):
    """Questions about answers. Editing and removing are refused."""

    def current(self) -> VoteQuerySet:
        """The answers that count: without those a correction has superseded."""
        return self.filter(superseded_by__isnull=True)

    def of_people_who_stay(self) -> VoteQuerySet:
        """Without the answers of people who have withdrawn their consent."""
        return self.filter(assignment__annotator__withdrawn_at__isnull=True)

    def update(self, **kwargs: Any) -> int:
        """Refused. Raises `TypeError`."""
        raise TypeError("Votes are append-only; record a correction with correct_vote() instead.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused. Raises `TypeError`."""
        raise TypeError("Votes are append-only and stay.")
