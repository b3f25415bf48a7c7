"""Which clip next, and why: an ordered list of policies; the one that wins writes its reason on the lease.

Cost is flat in the number of clips: every policy walks an index of `Demand` from its best end. A place is
taken by a conditional update, so any number of annotators can ask at once, on either database.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from annotations.models import Annotator, Assignment, Demand, RelabelRequest
from annotations.querysets import DemandQuerySet
from curation.models import Dataset, Split

LEASE = timedelta(minutes=20)
# How long after a clip another clip of the same group of sources may follow it. A second impression right
# after the first would be coloured by it.
REST = timedelta(minutes=2)
N_CANDIDATES = 25
TRIES = 3
DEADLOCK = "40P01"

Policy = Callable[[DemandQuerySet], DemandQuerySet]


class Tired(NamedTuple):
    """A group of sources the person has just seen, and until when none of its clips is served."""

    group_id: int
    until: datetime


class Served(NamedTuple):
    """The next clip; or the moment from which there is one again; or neither: all is done."""

    assignment: Assignment | None
    rest_until: datetime | None = None


def by_rank(demands: DemandQuerySet) -> DemandQuerySet:
    """Clips somebody asked to have looked at again, most uncertain first. Never a test clip."""
    wanted = demands.filter(rank__isnull=False).exclude(clip__source__group__split=Split.TEST)
    return wanted.order_by("-rank", "pk")


def by_fewest_votes(demands: DemandQuerySet) -> DemandQuerySet:
    """Clips with the fewest answers; among equals the oldest, so that a skipped clip comes back."""
    return demands.order_by("n_votes", "n_leased", "pk")


POLICIES: list[tuple[str, Policy]] = [
    (Assignment.Reason.RELABEL, by_rank),
    (Assignment.Reason.FEWEST_VOTES, by_fewest_votes),
]


def assign_next(*, annotator: Annotator, dataset: Dataset, now: datetime | None = None) -> Served:
    """The clip the person is looking at, or the next one, leased to them for twenty minutes."""
    now = now or timezone.now()
    release_lapsed(now=now)
    for _attempt in range(TRIES):
        try:
            with transaction.atomic():
                return _assign(annotator, dataset, now)
        except OperationalError as error:
            # Two people who look for a free place can wait for each other; PostgreSQL undoes one of them.
            if getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
                raise
    with transaction.atomic():
        return _assign(annotator, dataset, now)


def _assign(annotator: Annotator, dataset: Dataset, now: datetime) -> Served:
    Annotator.objects.select_for_update().get(pk=annotator.pk)  # one tab at a time
    held = Assignment.objects.open().filter(annotator=annotator).select_related("clip").first()
    if held and held.clip.dataset_id == dataset.pk:
        Assignment.objects.filter(pk=held.pk).update(leased_until=now + LEASE)
        return Served(held)
    if held:  # left behind in another dataset
        expire(held)
    tired = tired_of(annotator, now)
    demands = Demand.objects.unmet(dataset).servable_to(annotator)
    fresh = demands.exclude(clip__source__group_id=tired.group_id) if tired else demands
    for reason, policy in POLICIES:
        # Until nothing is left, not once: under a rush all the first candidates may go to others.
        while candidates := list(policy(fresh)[:N_CANDIDATES]):
            for demand in candidates:
                if take_place(demand):
                    return Served(lease(annotator, demand, reason, now))
    return Served(None, tired.until if tired and demands.exists() else None)


def tired_of(annotator: Annotator, now: datetime) -> Tired | None:
    """The group of the person's last clip while it rests: counted from the answer, not from the question."""
    last = (
        Assignment.objects.filter(annotator=annotator).select_related("clip__source")
        .order_by("-served_at", "-pk").first()
    )  # fmt: skip
    if last is None:
        return None
    # A lease ends with the answer; of one that lapsed nobody knows when the person stopped looking.
    seen_at = last.served_at if last.state == Assignment.State.EXPIRED else last.leased_until
    until = seen_at + REST
    return Tired(last.clip.source.group_id, until) if until > now else None


def take_place(demand: Demand) -> bool:
    """Lend out one of the clip's free places; False if somebody else took the last one."""
    free = Demand.objects.filter(pk=demand.pk, wanted__gt=F("n_votes") + F("n_leased"))
    return free.update(n_leased=F("n_leased") + 1) == 1


def lease(annotator: Annotator, demand: Demand, reason: str, now: datetime) -> Assignment:
    """Write the lease down; a lapsed lease of the same person on the same clip opens again."""
    request = (
        RelabelRequest.objects.filter(clip_id=demand.clip_id, state=RelabelRequest.State.OPEN).first()
        if reason == Assignment.Reason.RELABEL
        else None
    )
    assignment, _created = Assignment.objects.update_or_create(
        annotator=annotator,
        clip_id=demand.clip_id,
        defaults={
            "state": Assignment.State.OPEN,
            "reason": reason,
            "request": request,
            "served_at": now,
            "leased_until": now + LEASE,
        },
    )
    return assignment


def release_lapsed(*, now: datetime) -> int:
    """Give back the places of people who closed the laptop. Returns how many.

    Each in its own transaction: holding many rows here could deadlock with an answer being recorded.
    """
    lapsed = list(Assignment.objects.lapsed(now)[:200])
    n_released = 0
    for assignment in lapsed:
        with transaction.atomic():
            n_released += expire(assignment, still_lapsed_at=now)
    return n_released


def expire(assignment: Assignment, *, still_lapsed_at: datetime | None = None) -> bool:
    """End an open lease without an answer; False if it has meanwhile been answered or renewed."""
    unchanged = Q(pk=assignment.pk, state=Assignment.State.OPEN)
    if still_lapsed_at is not None:
        unchanged &= Q(leased_until__lt=still_lapsed_at)
    if not Assignment.objects.filter(unchanged).update(state=Assignment.State.EXPIRED):
        return False
    Demand.objects.filter(clip_id=assignment.clip_id, n_leased__gt=0).update(n_leased=F("n_leased") - 1)
    return True


def n_left_for(*, annotator: Annotator, dataset: Dataset, at_most: int = 1000) -> int:
    """How many clips are waiting for this person, counted no further than `at_most`."""
    n_left: int = Demand.objects.unmet(dataset).servable_to(annotator)[:at_most].count()
    return n_left
