"""Votes: counted once, never edited, refused with a sentence."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from annotations import next_clip
from annotations import services as people
from annotations.errors import (
    AlreadyAnswered,
    HeardTooLittle,
    KeyReused,
    NoConsent,
    NoLongerWanted,
    NotYourAssignment,
)
from annotations.models import Annotator, Assignment, Demand, Vote
from annotations.services import Answer
from curation import services as curation
from curation.emotions import Emotion
from curation.models import Clip, ClipLabel
from tests import factories

pytestmark = pytest.mark.django_db

SAD, FEAR = Answer(Emotion.SAD, seconds_heard=20), Answer(Emotion.FEAR, seconds_heard=20)


@pytest.fixture
def clip() -> Clip:
    return factories.make_clip()


@pytest.fixture
def lease(clip: Clip, amina: Annotator) -> Assignment:
    return factories.make_lease(clip, amina)


def record(lease: Assignment, answer: Answer = SAD, **values: object) -> Vote:
    defaults = {"annotator": lease.annotator, "key": uuid.uuid4()}
    return people.record_vote(assignment=lease, answer=answer, **{**defaults, **values})  # type: ignore[arg-type]


def counts(clip: Clip) -> tuple[int, int, int]:
    demand = Demand.objects.get(clip=clip)
    return demand.n_votes, demand.n_leased, demand.wanted


def test_a_vote_turns_the_lent_place_into_an_answer(clip: Clip, lease: Assignment, now: datetime) -> None:
    assert counts(clip) == (0, 1, 3)
    vote = record(lease, Answer("Sad", "Fear", 2, "music", 12.5, 9000, "ko"), now=now, key=uuid.UUID(int=1))
    assert counts(clip) == (1, 0, 3)
    lease.refresh_from_db()
    assert lease.state == Assignment.State.VOTED
    assert (vote.emotion, vote.second_emotion, vote.confidence, vote.cue) == ("Sad", "Fear", 2, "music")
    assert (vote.button_order, vote.created_at, vote.guidelines_version) == (
        lease.annotator.button_order,
        now,
        1,
    )


def test_as_many_agreeing_votes_as_wanted_settle_the_label(clip: Clip) -> None:
    for i in range(3):
        assert clip.label.status == ClipLabel.Status.OPEN
        factories.make_vote(clip, emotion=Emotion.SAD if i else Emotion.FEAR)
        clip.label.refresh_from_db()
    assert (clip.label.emotion, clip.label.status) == (Emotion.SAD, ClipLabel.Status.AGREED)
    assert (clip.label.n_votes, clip.label.disagreement) == (3, 0.333333)


def test_votes_without_a_majority_are_a_dispute(clip: Clip) -> None:
    for emotion in (Emotion.SAD, Emotion.FEAR, Emotion.NEUTRAL):
        factories.make_vote(clip, emotion=emotion)
    clip.label.refresh_from_db()
    assert (clip.label.emotion, clip.label.status) == (None, ClipLabel.Status.DISPUTED)


def test_an_imported_label_stands_until_people_have_spoken(clip: Clip) -> None:
    curation.import_label(clip=clip, emotion="Excited")
    factories.make_vote(clip, emotion=Emotion.SAD)
    clip.label.refresh_from_db()
    assert (clip.label.emotion, clip.label.method, clip.label.n_votes) == ("Excited", "imported", 1)
    assert clip.label.posterior == {"Excited": 1.0}
    factories.make_vote(clip, emotion=Emotion.SAD)
    factories.make_vote(clip, emotion=Emotion.SAD)
    clip.label.refresh_from_db()
    assert (clip.label.emotion, clip.label.method, clip.label.posterior) == ("Sad", "majority", {"Sad": 1.0})


def test_an_imported_label_never_overwrites_votes(clip: Clip) -> None:
    factories.make_vote(clip)
    curation.import_label(clip=clip, emotion="Excited")
    clip.label.refresh_from_db()
    assert clip.label.emotion is None


# --- once ---------------------------------------------------------------------------------------------


def test_the_same_key_twice_is_one_vote(clip: Clip, lease: Assignment) -> None:
    key = uuid.uuid4()
    assert record(lease, key=key) == record(lease, key=key)
    assert Vote.objects.count() == 1
    assert counts(clip) == (1, 0, 3)


def test_a_key_that_carries_another_answer_is_refused(lease: Assignment) -> None:
    key = uuid.uuid4()
    record(lease, key=key)
    with pytest.raises(KeyReused, match="was already used for another clip"):
        record(lease, FEAR, key=key)
    assert Vote.objects.get().emotion == Emotion.SAD


def test_a_key_of_another_clip_is_refused(lease: Assignment, bo: Annotator) -> None:
    key = record(lease).key
    with pytest.raises(KeyReused):
        record(factories.make_lease(factories.make_clip(), bo), key=key)


def test_a_second_answer_under_a_new_key_is_refused(lease: Assignment) -> None:
    record(lease)
    with pytest.raises(AlreadyAnswered, match="already answered this clip; change it under “My answers”"):
        record(lease, FEAR)


def test_second_first_vote_on_an_assignment_is_refused_by_the_database(lease: Assignment) -> None:
    vote = record(lease)
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(assignment=lease, emotion="Sad", guidelines_version=1, created_at=vote.created_at)


def test_an_error_of_the_database_is_not_taken_for_a_repeated_key(clip: Clip, lease: Assignment) -> None:
    with pytest.raises(IntegrityError, match="vote_emotion_is_known"):
        record(lease, Answer("Joy", seconds_heard=20))
    assert counts(clip) == (0, 1, 3)


# --- never edited -------------------------------------------------------------------------------------


def test_a_vote_is_saved_once(lease: Assignment) -> None:
    with pytest.raises(TypeError, match="append-only; record a correction"):
        record(lease).save()


def test_votes_are_neither_updated_nor_removed_in_bulk(lease: Assignment) -> None:
    record(lease)
    with pytest.raises(TypeError, match="append-only; record a correction"):
        Vote.objects.all().update(emotion="Fear")
    with pytest.raises(TypeError, match="append-only and stay"):
        Vote.objects.all().delete()


def test_the_database_itself_refuses_to_edit_a_vote(lease: Assignment) -> None:
    record(lease)
    with (
        pytest.raises(DatabaseError, match="Votes are append-only; record a correction instead"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE annotations_vote SET emotion = 'Fear'")
    assert Vote.objects.get().emotion == Emotion.SAD


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"emotion": "Joy"}, "vote_emotion_is_known"),
        ({"second_emotion": "Sad"}, "vote_second_emotion_differs"),
        ({"second_emotion": "Joy"}, "vote_second_emotion_differs"),
        ({"confidence": 4}, "vote_confidence_1_to_3"),
    ],
)
def test_the_database_knows_what_a_vote_may_say(
    lease: Assignment, now: datetime, values: dict[str, object], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Vote.objects.create(
            **{"assignment": lease, "emotion": "Sad", "guidelines_version": 1, "created_at": now, **values}
        )


# --- corrections --------------------------------------------------------------------------------------


def correct(vote: Vote, answer: Answer = FEAR, **values: object) -> Vote:
    defaults = {"annotator": vote.assignment.annotator, "key": uuid.uuid4()}
    return people.correct_vote(vote=vote, answer=answer, **{**defaults, **values})  # type: ignore[arg-type]


def test_a_correction_is_a_new_row_and_the_one_that_counts(clip: Clip, lease: Assignment) -> None:
    vote = record(lease)
    corrected = correct(vote)
    assert list(Vote.objects.current()) == [corrected]
    assert (corrected.supersedes, Vote.objects.count()) == (vote, 2)
    assert counts(clip) == (1, 0, 3)
    clip.label.refresh_from_db()
    assert (clip.label.posterior, clip.label.n_votes) == ({"Fear": 1.0}, 1)


def test_a_correction_sent_twice_is_one(lease: Assignment) -> None:
    vote, key = record(lease), uuid.uuid4()
    assert correct(vote, key=key) == correct(vote, key=key)
    assert Vote.objects.count() == 2


def test_an_answer_that_has_been_changed_is_not_changed_again(lease: Assignment) -> None:
    vote = record(lease)
    correct(vote)
    with pytest.raises(AlreadyAnswered, match="has been changed since"):
        correct(vote, Answer(Emotion.NEUTRAL))


def test_a_correction_can_be_corrected(lease: Assignment) -> None:
    last = correct(correct(record(lease)), Answer(Emotion.NEUTRAL))
    assert list(Vote.objects.current()) == [last]


def test_only_the_own_answer_is_changed(lease: Assignment, bo: Annotator) -> None:
    with pytest.raises(NotYourAssignment, match="someone else’s; you can change only your own"):
        correct(record(lease), annotator=bo)


def test_a_correction_needs_consent_like_an_answer(lease: Assignment) -> None:
    vote = record(lease)
    people.withdraw_consent(annotator=lease.annotator)
    with pytest.raises(NoConsent):
        correct(vote)


# --- refused ------------------------------------------------------------------------------------------


def test_someone_elses_clip_is_not_answered(lease: Assignment, bo: Annotator) -> None:
    with pytest.raises(NotYourAssignment, match="given to someone else; open your own queue"):
        record(lease, annotator=bo)


def test_no_answer_without_consent(clip: Clip) -> None:
    silent = factories.make_annotator(consented=False)
    with pytest.raises(NoConsent, match="accept the consent text before you answer"):
        record(factories.make_lease(clip, silent))


def test_consent_is_read_anew_so_that_a_second_tab_cannot_answer_after_a_withdrawal(
    clip: Clip, lease: Assignment
) -> None:
    stale = Annotator.objects.get(pk=lease.annotator_id)
    people.withdraw_consent(annotator=lease.annotator)
    with pytest.raises(NoConsent):
        record(lease, annotator=stale)


@pytest.mark.parametrize("heard", [0, 2, 4.4])
def test_an_answer_before_the_minimum_was_heard_is_refused(lease: Assignment, heard: float) -> None:
    with pytest.raises(HeardTooLittle, match=f"heard {heard:.0f} of the 5 seconds"):
        record(lease, SAD._replace(seconds_heard=heard))


@pytest.mark.parametrize("heard", [4.5, 5, 300, None])
def test_half_a_second_of_grace_and_no_number_at_all_are_accepted(
    lease: Assignment, heard: float | None
) -> None:
    assert record(lease, SAD._replace(seconds_heard=heard)).seconds_heard == heard


def test_a_clip_shorter_than_the_minimum_is_heard_whole(amina: Annotator) -> None:
    clip = factories.make_clip(dataset=factories.make_dataset(min_heard_s=20), end_ms=15_000)
    lease = factories.make_lease(clip, amina)
    with pytest.raises(HeardTooLittle, match="of the 15 seconds"):
        record(lease, SAD._replace(seconds_heard=10))
    assert record(lease, SAD._replace(seconds_heard=15))


# --- late, and skipped --------------------------------------------------------------------------------


def lapse(lease: Assignment) -> None:
    assert next_clip.release_lapsed(now=lease.leased_until + timedelta(seconds=1)) == 1
    lease.refresh_from_db()
    assert lease.state == Assignment.State.EXPIRED


def test_a_late_answer_counts_while_there_is_a_place(clip: Clip, lease: Assignment) -> None:
    lapse(lease)
    assert counts(clip) == (0, 0, 3)
    record(lease)
    assert counts(clip) == (1, 0, 3)


def test_a_late_answer_without_a_place_is_refused_and_says_why(clip: Clip, lease: Assignment) -> None:
    lapse(lease)
    for _ in range(3):
        factories.make_vote(clip)
    with pytest.raises(NoLongerWanted, match="While you were away this clip got all the votes it wanted"):
        record(lease)
    assert counts(clip) == (3, 0, 3)
    assert Vote.objects.count() == 3


def test_a_place_lent_to_someone_else_is_not_free_for_a_late_answer(amina: Annotator, bo: Annotator) -> None:
    clip = factories.make_clip(wanted=1)
    lease = factories.make_lease(clip, amina)
    lapse(lease)
    factories.make_lease(clip, bo)
    with pytest.raises(NoLongerWanted):
        record(lease)


def test_a_lapsed_lease_that_nobody_noticed_is_still_good(clip: Clip, lease: Assignment) -> None:
    record(lease, now=lease.leased_until + timedelta(hours=3))
    assert counts(clip) == (1, 0, 3)


def test_skipping_gives_the_place_back(clip: Clip, lease: Assignment) -> None:
    people.skip(assignment=lease, annotator=lease.annotator, reason="cannot_judge")
    lease.refresh_from_db()
    assert (lease.state, lease.skip_reason) == ("skipped", "cannot_judge")
    assert counts(clip) == (0, 0, 3)


def test_skipping_twice_gives_back_one_place(clip: Clip, lease: Assignment, bo: Annotator) -> None:
    factories.make_lease(clip, bo)
    for _ in range(2):
        people.skip(assignment=lease, annotator=lease.annotator, reason="broken")
    assert counts(clip) == (0, 1, 3)


def test_skipping_after_the_lease_lapsed_still_keeps_the_clip_away(clip: Clip, lease: Assignment) -> None:
    lapse(lease)
    people.skip(assignment=lease, annotator=lease.annotator, reason="distressing")
    lease.refresh_from_db()
    assert lease.state == Assignment.State.SKIPPED
    assert counts(clip) == (0, 0, 3)


def test_skipping_an_answered_clip_changes_nothing(clip: Clip, lease: Assignment) -> None:
    record(lease)
    people.skip(assignment=lease, annotator=lease.annotator, reason="broken")
    lease.refresh_from_db()
    assert lease.state == Assignment.State.VOTED
    assert counts(clip) == (1, 0, 3)


def test_a_skipped_clip_is_not_answered(lease: Assignment) -> None:
    people.skip(assignment=lease, annotator=lease.annotator, reason="broken")
    with pytest.raises(AlreadyAnswered, match="You have skipped this clip"):
        record(lease)


def test_only_the_own_clip_is_skipped(lease: Assignment, bo: Annotator) -> None:
    with pytest.raises(NotYourAssignment, match="given to someone else"):
        people.skip(assignment=lease, annotator=bo, reason="broken")


# --- counters -----------------------------------------------------------------------------------------


def test_recounting_finds_right_counters_right(clip: Clip, lease: Assignment) -> None:
    factories.make_vote(clip)
    gone = factories.make_vote(clip).assignment.annotator
    people.withdraw_consent(annotator=gone)
    assert people.recount([clip]) == 0
    assert counts(clip) == (1, 1, 3)


def test_recounting_repairs_wrong_counters(clip: Clip, lease: Assignment) -> None:
    factories.make_vote(clip)
    Demand.objects.filter(clip=clip).update(n_votes=0, n_leased=3)
    assert people.recount([clip]) == 1
    assert counts(clip) == (1, 1, 3)


def test_the_database_never_lends_more_places_than_are_wanted(clip: Clip) -> None:
    with pytest.raises(IntegrityError, match="demand_never_exceeded"), transaction.atomic():
        Demand.objects.filter(clip=clip).update(n_votes=2, n_leased=2)


def test_each_persons_buttons_have_an_order_of_their_own_that_stays() -> None:
    annotators = factories.make_annotators(6)
    assert all(sorted(a.button_order) == sorted(Emotion.values) for a in annotators)
    assert len({tuple(a.button_order) for a in annotators}) > 1
    assert people.annotator_of(annotators[0].user).button_order == annotators[0].button_order
