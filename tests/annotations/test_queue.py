"""Which clip next: ranked ones in order, else the one with the fewest votes, never two of one song in a row."""

import uuid
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from annotations import services as people
from annotations.models import Annotator, Assignment, Demand
from annotations.next_clip import LEASE, REST, Served, assign_next, n_left_for, release_lapsed
from annotations.services import Answer, Pick
from curation import services as curation
from curation.models import Clip, Dataset, Split
from tests import factories

pytestmark = pytest.mark.django_db


def ask(annotator: Annotator, dataset: Dataset, now: datetime) -> Served:
    return assign_next(annotator=annotator, dataset=dataset, now=now)


def given(annotator: Annotator, dataset: Dataset, now: datetime) -> Assignment:
    assignment = ask(annotator, dataset, now).assignment
    assert assignment is not None
    return assignment


def answer(assignment: Assignment, now: datetime) -> None:
    people.record_vote(
        assignment=assignment,
        annotator=assignment.annotator,
        answer=Answer("Sad"),
        key=uuid.uuid4(),
        now=now,
    )


def served_to(annotator: Annotator, dataset: Dataset, now: datetime, n: int) -> list[Clip]:
    clips = []
    for i in range(n):
        assignment = given(annotator, dataset, now + timedelta(minutes=3 * i))
        answer(assignment, now + timedelta(minutes=3 * i))
        clips.append(assignment.clip)
    return clips


def rank(clips_and_scores: dict[Clip, float], votes: int = 5) -> None:
    picks = [Pick(clip, score) for clip, score in clips_and_scores.items()]
    people.request_relabels(picks=picks, strategy="entropy", votes_per_clip=votes, origin="round 1", by=None)


# --- ranked clips -------------------------------------------------------------------------------------


def test_ranked_clips_arrive_in_rank_order_to_each_of_several_annotators(
    dataset: Dataset, now: datetime
) -> None:
    clips = [factories.make_clip(dataset=dataset) for _ in range(6)]
    rank({clips[2]: 0.9, clips[4]: 0.7, clips[0]: 0.4})
    for annotator in factories.make_annotators(4):
        assert served_to(annotator, dataset, now, 3) == [clips[2], clips[4], clips[0]]


def test_ranked_clips_arrive_in_order_when_people_take_turns(dataset: Dataset, now: datetime) -> None:
    clips = [factories.make_clip(dataset=dataset, wanted=2) for _ in range(5)]
    rank({clip: i / 10 for i, clip in enumerate(clips)}, votes=2)
    seen: dict[Annotator, list[int]] = {annotator: [] for annotator in factories.make_annotators(4)}
    for turn in range(3):
        for annotator, order in seen.items():
            moment = now + timedelta(minutes=3 * turn)
            assignment = ask(annotator, dataset, moment).assignment
            if assignment:
                order.append(clips.index(assignment.clip))
                answer(assignment, moment)
    assert all(order == sorted(order, reverse=True) for order in seen.values())


def test_equal_ranks_are_served_oldest_first(dataset: Dataset, amina: Annotator, now: datetime) -> None:
    clips = [factories.make_clip(dataset=dataset) for _ in range(3)]
    rank({clips[2]: 0.5, clips[1]: 0.5})
    assert served_to(amina, dataset, now, 2) == [clips[1], clips[2]]


def test_a_ranked_clip_comes_with_its_request_and_reason(
    dataset: Dataset, amina: Annotator, now: datetime
) -> None:
    clip = factories.make_clip(dataset=dataset)
    rank({clip: 0.5})
    assignment = given(amina, dataset, now)
    assert (assignment.reason, assignment.request) == ("relabel", clip.relabel_requests.get())


def test_a_clip_that_became_a_test_clip_is_never_served_for_a_relabel_request(
    dataset: Dataset, amina: Annotator, now: datetime
) -> None:
    clip, other = factories.make_clip(dataset=dataset), factories.make_clip(dataset=dataset)
    rank({other: 0.9})
    curation.set_split(group=other.source.group, split=Split.TEST)
    first, second = given(amina, dataset, now), None
    assert (first.clip, first.reason) == (clip, "fewest_votes")
    answer(first, now)
    second = given(amina, dataset, now)
    assert (second.clip, second.reason, second.request) == (other, "fewest_votes", None)


# --- fewest votes -------------------------------------------------------------------------------------


def test_the_clip_with_the_fewest_votes_comes_first(
    dataset: Dataset, amina: Annotator, now: datetime
) -> None:
    two, none, one = (factories.make_clip(dataset=dataset) for _ in range(3))
    for clip in (two, two, one):
        factories.make_vote(clip)
    assert served_to(amina, dataset, now, 3) == [none, one, two]


def test_among_equals_the_one_nobody_is_looking_at_comes_first(
    dataset: Dataset, amina: Annotator, bo: Annotator, now: datetime
) -> None:
    first, second = (factories.make_clip(dataset=dataset) for _ in range(2))
    assert given(amina, dataset, now).clip == first
    assert given(bo, dataset, now).clip == second


def test_nobody_is_served_a_clip_twice(dataset: Dataset, amina: Annotator, now: datetime) -> None:
    clips = [factories.make_clip(dataset=dataset) for _ in range(3)]
    assert set(served_to(amina, dataset, now, 3)) == set(clips)
    assert ask(amina, dataset, now + timedelta(hours=1)) == Served(None, None)


def test_a_skipped_clip_does_not_come_back_to_the_person_but_to_others(
    dataset: Dataset, amina: Annotator, bo: Annotator, now: datetime
) -> None:
    clip = factories.make_clip(dataset=dataset)
    people.skip(assignment=given(amina, dataset, now), annotator=amina, reason="broken", now=now)
    assert ask(amina, dataset, now + timedelta(hours=1)) == Served(None, None)
    assert given(bo, dataset, now).clip == clip


def test_a_clip_with_all_its_votes_is_not_served(dataset: Dataset, amina: Annotator, now: datetime) -> None:
    factories.make_agreed_clip(dataset=dataset)
    assert ask(amina, dataset, now) == Served(None, None)


def test_a_clip_whose_last_place_is_lent_out_is_not_served(
    dataset: Dataset, amina: Annotator, bo: Annotator, now: datetime
) -> None:
    factories.make_clip(dataset=dataset, wanted=1)
    given(amina, dataset, now)
    assert ask(bo, dataset, now) == Served(None, None)


@pytest.mark.parametrize("state", [Clip.State.PENDING, Clip.State.REJECTED])
def test_only_ready_clips_are_served(dataset: Dataset, amina: Annotator, now: datetime, state: str) -> None:
    clip = factories.make_clip(dataset=dataset)
    Clip.objects.filter(pk=clip.pk).update(state=state, rejection_reason="It is damaged.")
    assert ask(amina, dataset, now) == Served(None, None)


def test_clips_of_another_dataset_are_not_served(dataset: Dataset, amina: Annotator, now: datetime) -> None:
    factories.make_clip()
    assert ask(amina, dataset, now) == Served(None, None)


# --- leases -------------------------------------------------------------------------------------------


def test_coming_back_gives_the_same_clip_and_a_longer_lease(
    dataset: Dataset, amina: Annotator, now: datetime
) -> None:
    for _ in range(3):
        factories.make_clip(dataset=dataset)
    first = given(amina, dataset, now)
    later = now + timedelta(minutes=15)
    again = given(amina, dataset, later)
    again.refresh_from_db()
    assert (again.pk, again.leased_until) == (first.pk, later + LEASE)
    assert Assignment.objects.count() == 1


def test_a_lapsed_place_goes_to_someone_else(
    dataset: Dataset, amina: Annotator, bo: Annotator, now: datetime
) -> None:
    clip = factories.make_clip(dataset=dataset, wanted=1)
    given(amina, dataset, now)
    assert given(bo, dataset, now + LEASE + timedelta(seconds=1)).clip == clip
    demand = Demand.objects.get(clip=clip)
    assert (demand.n_votes, demand.n_leased) == (0, 1)


def test_a_lapsed_clip_may_come_back_to_the_same_person(
    dataset: Dataset, amina: Annotator, now: datetime
) -> None:
    factories.make_clip(dataset=dataset)
    first = given(amina, dataset, now)
    again = given(amina, dataset, now + LEASE + timedelta(minutes=5))
    assert again.pk == first.pk
    assert again.state == Assignment.State.OPEN


def test_a_renewed_lease_does_not_lapse(dataset: Dataset, amina: Annotator, now: datetime) -> None:
    factories.make_clip(dataset=dataset)
    given(amina, dataset, now)
    given(amina, dataset, now + timedelta(minutes=19))
    assert release_lapsed(now=now + timedelta(minutes=25)) == 0


def test_going_to_another_dataset_leaves_the_clip_behind(
    dataset: Dataset, amina: Annotator, now: datetime
) -> None:
    left, taken = factories.make_clip(dataset=dataset), factories.make_clip()
    given(amina, dataset, now)
    assert given(amina, taken.dataset, now).clip == taken
    assert Demand.objects.get(clip=left).n_leased == 0
    assert Assignment.objects.open().count() == 1


# --- rest between clips of one song -------------------------------------------------------------------


@pytest.fixture
def song(dataset: Dataset) -> list[Clip]:
    """Three clips of one song, the last from a re-upload."""
    group = factories.make_group(dataset)
    source = factories.make_source(group)
    return [
        factories.make_clip(source),
        factories.make_clip(source),
        factories.make_clip(factories.make_source(group)),
    ]


def test_two_clips_of_one_song_are_never_in_a_row(
    dataset: Dataset, amina: Annotator, now: datetime, song: list[Clip]
) -> None:
    others = [factories.make_clip(dataset=dataset) for _ in range(2)]
    groups = []
    for _ in range(5):
        assignment = ask(amina, dataset, now).assignment
        if assignment is None:
            break
        answer(assignment, now)
        groups.append(assignment.clip.source.group_id)
        now += timedelta(seconds=40)
    assert len(groups) == 5
    assert all(a != b for a, b in pairwise(groups))
    assert groups.count(song[0].source.group_id) == 3
    assert {clip.source.group_id for clip in others} < set(groups)


def test_with_only_that_song_left_the_queue_says_when_to_come_back(
    dataset: Dataset, amina: Annotator, now: datetime, song: list[Clip]
) -> None:
    answer(given(amina, dataset, now), now)
    assert ask(amina, dataset, now + timedelta(seconds=30)) == Served(None, now + REST)
    assert given(amina, dataset, now + REST).clip == song[1]


def test_the_rest_begins_with_the_answer_not_with_the_question(
    dataset: Dataset, amina: Annotator, now: datetime, song: list[Clip]
) -> None:
    assignment = given(amina, dataset, now)
    answered_at = now + timedelta(minutes=10)  # she listened to it again and again
    answer(assignment, answered_at)
    assert ask(amina, dataset, answered_at) == Served(None, answered_at + REST)


def test_the_rest_begins_with_skipping_too(
    dataset: Dataset, amina: Annotator, now: datetime, song: list[Clip]
) -> None:
    assignment = given(amina, dataset, now)
    skipped_at = now + timedelta(minutes=5)
    people.skip(assignment=assignment, annotator=amina, reason="cannot_judge", now=skipped_at)
    assert ask(amina, dataset, skipped_at).rest_until == skipped_at + REST


def test_one_persons_rest_is_nobody_elses(
    dataset: Dataset, amina: Annotator, bo: Annotator, now: datetime, song: list[Clip]
) -> None:
    answer(given(amina, dataset, now), now)
    assert given(bo, dataset, now).clip in song


def test_even_a_ranked_clip_waits_for_the_rest(
    dataset: Dataset, amina: Annotator, now: datetime, song: list[Clip]
) -> None:
    other = factories.make_clip(dataset=dataset)
    rank({song[0]: 0.9, song[1]: 0.8})
    answer(given(amina, dataset, now), now)
    assert given(amina, dataset, now).clip == other


# --- cost ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_clips", [2, 40])
def test_the_next_clip_costs_the_same_queries_for_any_number_of_clips(
    dataset: Dataset, amina: Annotator, now: datetime, n_clips: int, django_assert_max_num_queries: object
) -> None:
    clips = [factories.make_clip(dataset=dataset) for _ in range(n_clips)]
    rank({clip: 0.1 * i for i, clip in enumerate(clips[::2])})
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        given(amina, dataset, now)


def test_what_is_left_is_counted_no_further_than_asked(dataset: Dataset, amina: Annotator) -> None:
    for _ in range(4):
        factories.make_clip(dataset=dataset)
    factories.make_vote(Clip.objects.all()[0], amina)
    assert n_left_for(annotator=amina, dataset=dataset) == 3
    assert n_left_for(annotator=amina, dataset=dataset, at_most=2) == 2
