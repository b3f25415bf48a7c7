"""Changes to the people's rows. Keyword-only, atomic, with errors that are sentences."""

import random
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.consensus import Ballot, majority
from annotations.errors import (
    AlreadyAnswered,
    CannotRequest,
    HeardTooLittle,
    KeyReused,
    NoConsent,
    NoLongerWanted,
    NotYourAssignment,
)
from annotations.models import CONSENT_VERSION, Annotator, Assignment, Demand, RelabelRequest, Vote
from annotations.next_clip import expire
from curation import services as curation
from curation.emotions import Emotion
from curation.models import Clip, ClipLabel, SourceGroup, Split


class Answer(NamedTuple):
    """What a person said of a clip, and how they came to say it."""

    emotion: str
    second_emotion: str = ""
    confidence: int | None = None
    cue: str = ""
    seconds_heard: float | None = None
    active_ms: int | None = None
    locale: str = ""


def annotator_of(user: User) -> Annotator:
    """The person's annotator row, made on first use with a button order of their own."""
    order = list(Emotion.values)
    # Counterbalanced between people, fixed for one: a position is then nobody's emotion.
    random.Random(user.pk).shuffle(order)
    annotator, _created = Annotator.objects.get_or_create(user=user, defaults={"button_order": order})
    return annotator


@transaction.atomic
def give_consent(*, annotator: Annotator) -> None:
    """Record that the person agreed to the current text; answers that a withdrawal took out count again."""
    before = alone_with(annotator)
    annotator.consent_version = CONSENT_VERSION
    annotator.consented_at = timezone.now()
    annotator.withdrawn_at = None
    annotator.save(update_fields=["consent_version", "consented_at", "withdrawn_at"])
    if before.withdrawn_at:
        for clip in clips_answered_by(annotator):
            votes = F("n_votes") + 1
            Demand.objects.filter(clip=clip).update(
                n_votes=votes, wanted=Greatest("wanted", votes + F("n_leased"))
            )
            settle(clip)
            close_met_request(clip)


@transaction.atomic
def withdraw_consent(*, annotator: Annotator) -> None:
    """Take a person's answers out of every label and every future release. The rows stay, unread.

    Their places in the queue become free again, so that the clips get all their votes from others.
    """
    if alone_with(annotator).withdrawn_at:
        return
    annotator.withdrawn_at = timezone.now()
    annotator.save(update_fields=["withdrawn_at"])
    held = Assignment.objects.open().filter(annotator=annotator).first()
    if held:
        expire(held)
    for clip in clips_answered_by(annotator):
        Demand.objects.filter(clip=clip).update(n_votes=F("n_votes") - 1)
        settle(clip)


def alone_with(annotator: Annotator) -> Annotator:
    """The person's row as it is now, locked until the transaction ends.

    Whatever changes a person's leases or answers takes this lock first, then the assignment, the demand and the
    label: in one order, so that nobody waits in a circle.
    """
    return Annotator.objects.select_for_update().get(pk=annotator.pk)


def clips_answered_by(annotator: Annotator) -> QuerySet[Clip]:
    """The clips a person has answered, in an order in which two withdrawals cannot lock each other out."""
    return Clip.objects.filter(
        assignments__annotator=annotator, assignments__state=Assignment.State.VOTED
    ).order_by("pk")


@transaction.atomic
def want_votes(*, clip: Clip) -> None:
    """Put a ready clip into the queue, wanting as many votes as its dataset says."""
    Demand.objects.get_or_create(
        clip=clip, defaults={"dataset": clip.dataset, "wanted": clip.dataset.votes_per_clip}
    )


def record_vote(
    *,
    assignment: Assignment,
    annotator: Annotator,
    answer: Answer,
    key: uuid.UUID,
    now: datetime | None = None,
) -> Vote:
    """Record one answer, exactly once however often it is sent.

    The same key gives back the vote it made. Raises `NotYourAssignment`, `NoConsent`, `HeardTooLittle`,
    `AlreadyAnswered`, `NoLongerWanted`, `KeyReused`.
    """
    now = now or timezone.now()
    try:
        with transaction.atomic():
            return _record_vote(assignment, annotator, answer, key, now)
    except IntegrityError:
        known = known_vote(assignment, answer, key)
        if known is None:
            raise
        return known


def known_vote(assignment: Assignment, answer: Answer, key: uuid.UUID) -> Vote | None:
    """The vote a key has already made. Raises `KeyReused` if it was another answer."""
    vote = Vote.objects.filter(key=key).first()
    if vote and (vote.assignment_id, vote.emotion) != (assignment.pk, answer.emotion):
        raise KeyReused(
            _(
                "This answer was already used for another clip. Nothing was changed; reload the page and answer again."
            )
        )
    return vote


def _record_vote(
    assignment: Assignment, annotator: Annotator, answer: Answer, key: uuid.UUID, now: datetime
) -> Vote:
    person = alone_with(annotator)
    locked = lock(assignment.pk)
    if locked.annotator_id != annotator.pk:
        raise NotYourAssignment(_("This clip was given to someone else; open your own queue."))
    known = known_vote(locked, answer, key)
    if known:
        return known
    check_may_answer(person, locked, answer)
    take_over_place(locked)
    locked.state, locked.leased_until = Assignment.State.VOTED, now
    locked.save(update_fields=["state", "leased_until"])
    vote = add_vote(person, locked, answer, key, now)
    settle(locked.clip)
    close_met_request(locked.clip)
    return vote


def lock(assignment_id: int) -> Assignment:
    """An assignment with its clip, locked until the transaction ends."""
    # `of`: locking the clip and the dataset too would make all votes wait for each other, and deadlock.
    locked = Assignment.objects.select_for_update(of=("self",)).select_related("clip__dataset")
    return locked.get(pk=assignment_id)


def check_may_answer(annotator: Annotator, assignment: Assignment, answer: Answer) -> None:
    """Raises what stands between the person and the answer."""
    check_consent(annotator)
    if assignment.state == Assignment.State.VOTED:
        raise AlreadyAnswered(_("You have already answered this clip; change it under “My answers”."))
    if assignment.state == Assignment.State.SKIPPED:
        raise AlreadyAnswered(_("You have skipped this clip; it will not come back to you."))
    needed = min(assignment.clip.dataset.min_heard_s, int(assignment.clip.duration_s))
    # No number means a browser without JavaScript; it cannot count, and is not punished for it.
    if answer.seconds_heard is not None and answer.seconds_heard < needed - 0.5:
        raise HeardTooLittle(
            _(
                "You have heard %(heard).0f of the %(needed)d seconds wanted before an answer; listen a little longer."
            )
            % {"heard": answer.seconds_heard, "needed": needed}
        )


def check_consent(annotator: Annotator) -> None:
    """Raises `NoConsent`."""
    if not annotator.has_consented:
        raise NoConsent(_("Please read and accept the consent text before you answer."))


def take_over_place(assignment: Assignment) -> None:
    """Turn the lent place into a vote; a lapsed lease needs a free place. Raises `NoLongerWanted`."""
    demand = Demand.objects.filter(clip_id=assignment.clip_id)
    if assignment.state == Assignment.State.OPEN:
        demand.update(n_leased=F("n_leased") - 1, n_votes=F("n_votes") + 1)
        return
    free = demand.filter(wanted__gt=F("n_votes") + F("n_leased"))
    if not free.update(n_votes=F("n_votes") + 1):
        raise NoLongerWanted(
            _(
                "While you were away this clip got all the votes it wanted, so your answer was not needed. Thank you."
            )
        )


def add_vote(
    person: Annotator,
    assignment: Assignment,
    answer: Answer,
    key: uuid.UUID,
    now: datetime,
    supersedes: Vote | None = None,
) -> Vote:
    """Insert the row."""
    return Vote.objects.create(
        assignment=assignment,
        supersedes=supersedes,
        key=key,
        created_at=now,
        button_order=person.button_order,
        guidelines_version=assignment.clip.dataset.guidelines_version,
        **answer._asdict(),
    )


def settle(clip: Clip) -> None:
    """Recompute what the current votes say of a clip."""
    # Locked before the votes are read: of two answers at once, the later must see the earlier.
    ClipLabel.objects.select_for_update().get(clip=clip)
    votes = (
        Vote.objects.current().of_people_who_stay().filter(assignment__clip=clip)
        .values_list("emotion", "assignment__annotator__country")
    )  # fmt: skip
    result = majority(Ballot(emotion, culture or "") for emotion, culture in votes)
    curation.set_consensus(
        clip=clip,
        emotion=result.emotion,
        shares=result.shares,
        per_culture=result.per_culture,
        n_votes=result.n_votes,
        disagreement=result.disagreement,
    )


def close_met_request(clip: Clip) -> None:
    """A clip with all its votes leaves the front of the queue."""
    if Demand.objects.filter(clip=clip, n_votes__gte=F("wanted")).update(rank=None):
        RelabelRequest.objects.filter(clip=clip, state=RelabelRequest.State.OPEN).update(
            state=RelabelRequest.State.DONE
        )


def correct_vote(*, vote: Vote, annotator: Annotator, answer: Answer, key: uuid.UUID) -> Vote:
    """Answer again: a new row that supersedes the old one.

    The same key gives back the correction it made. Raises `NotYourAssignment`, `NoConsent`,
    `AlreadyAnswered`, `KeyReused`.
    """
    with transaction.atomic():
        person, assignment = alone_with(annotator), lock(vote.assignment_id)
        if assignment.annotator_id != annotator.pk:
            raise NotYourAssignment(_("This answer is someone else’s; you can change only your own."))
        known = known_vote(assignment, answer, key)
        if known:
            return known
        check_consent(person)
        if Vote.objects.filter(supersedes=vote).exists():
            raise AlreadyAnswered(_("This answer has been changed since; open “My answers” again."))
        corrected = add_vote(person, assignment, answer, key, timezone.now(), supersedes=vote)
        settle(assignment.clip)
    return corrected


@transaction.atomic
def skip(*, assignment: Assignment, annotator: Annotator, reason: str, now: datetime | None = None) -> None:
    """Leave a clip unanswered, without penalty; its place goes to someone else.

    A lapsed lease is skipped too: its place is free already. Raises `NotYourAssignment`.
    """
    if assignment.annotator_id != annotator.pk:
        raise NotYourAssignment(_("This clip was given to someone else; open your own queue."))
    alone_with(annotator)
    locked = lock(assignment.pk)
    if locked.state not in (Assignment.State.OPEN, Assignment.State.EXPIRED):
        return
    if locked.state == Assignment.State.OPEN:
        Demand.objects.filter(clip_id=locked.clip_id).update(n_leased=F("n_leased") - 1)
        locked.leased_until = now or timezone.now()
    locked.state, locked.skip_reason = Assignment.State.SKIPPED, Assignment.Skip(reason)
    locked.save(update_fields=["state", "skip_reason", "leased_until"])


class Pick(NamedTuple):
    """A clip to be looked at again and how badly, higher first."""

    clip: Clip
    score: float


@transaction.atomic
def request_relabels(
    *, picks: Sequence[Pick], strategy: str, votes_per_clip: int, origin: str, by: User | None
) -> list[RelabelRequest]:
    """Send clips back to people, most wanted first. A clip that is already waiting is left as it is.

    Raises `CannotRequest` for a test clip, or one that is not ready.
    """
    chosen = [pick.clip.pk for pick in picks]
    # Two rounds at once take turns, and in one order.
    list(Demand.objects.select_for_update().filter(clip__in=chosen).order_by("pk").values_list("pk"))
    # No group becomes a test group between the question below and the answer.
    groups = SourceGroup.objects.filter(sources__clips__in=chosen).order_by("pk").values("pk")
    list(SourceGroup.objects.select_for_update().filter(pk__in=groups).order_by("pk").values_list("pk"))
    tested = Clip.objects.filter(pk__in=chosen).in_split(Split.TEST).values_list("key", flat=True)
    if tested:
        raise CannotRequest(
            _("Clip %(clip)s is a test clip; the loop never touches those. Leave it out.")
            % {"clip": tested[0]}
        )
    unready = Clip.objects.filter(pk__in=chosen).exclude(state=Clip.State.READY).first()
    if unready:
        raise CannotRequest(
            _("Clip %(clip)s is not ready to be watched: %(state)s. Leave it out.")
            % {"clip": unready.key, "state": unready.get_state_display()}
        )
    waiting = set(
        RelabelRequest.objects.filter(clip__in=chosen, state=RelabelRequest.State.OPEN).values_list(
            "clip_id", flat=True
        )
    )
    requests = RelabelRequest.objects.bulk_create(
        RelabelRequest(
            clip=pick.clip,
            strategy=strategy,
            score=pick.score,
            origin=origin,
            n_votes=votes_per_clip,
            created_by=by,
        )
        for pick in picks
        if pick.clip.pk not in waiting
    )
    for place, request in enumerate(sorted(requests, key=lambda request: (-request.score, request.clip_id))):
        Demand.objects.filter(clip_id=request.clip_id).update(
            # The place within its own request: scores of different strategies cannot be compared.
            rank=1 - place / len(requests),
            wanted=Greatest("wanted", F("n_votes") + F("n_leased") + votes_per_clip),
        )
    return requests


def recount(clips: Iterable[Clip]) -> int:
    """Recompute the counters of `Demand` from votes that count and leases. Returns how many were wrong."""
    n_wrong = 0
    for clip in clips:
        with transaction.atomic():
            demand = Demand.objects.select_for_update().get(clip=clip)
            counts = Assignment.objects.filter(clip=clip).aggregate(
                n_votes=Count("pk", filter=Q(state="voted", annotator__withdrawn_at__isnull=True)),
                n_leased=Count("pk", filter=Q(state="open")),
            )
            if (demand.n_votes, demand.n_leased) != (counts["n_votes"], counts["n_leased"]):
                n_wrong += 1
                demand.n_votes, demand.n_leased = counts["n_votes"], counts["n_leased"]
                demand.wanted = max(demand.wanted, demand.n_votes + demand.n_leased)
                demand.save(update_fields=["n_votes", "n_leased", "wanted"])
            close_met_request(clip)
    return n_wrong
