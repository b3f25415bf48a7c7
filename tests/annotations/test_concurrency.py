"""Many people at once: real connections, on a file of SQLite or on PostgreSQL."""

import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.utils import timezone

from annotations import services as people
from annotations.errors import AlreadyAnswered, NoLongerWanted
from annotations.models import Annotator, Assignment, Demand, Vote
from annotations.next_clip import LEASE, assign_next, release_lapsed
from annotations.releasing import freeze
from annotations.services import Answer, Pick
from curation.emotions import Emotion
from curation.errors import NothingChanged
from curation.models import Clip, Dataset, Release, Split
from tests import factories

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

T = TypeVar("T")


def at_once(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Run tasks in threads that start together, each with a connection of its own; their results in order."""
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], T]) -> T:
        start.wait()
        try:
            return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


class Person:
    """An impatient annotator: double-clicks, retries, closes the laptop, comes back late."""

    def __init__(self, annotator: Annotator, dataset: Dataset, seed: int) -> None:
        self.annotator = annotator
        self.dataset = dataset
        self.rng = random.Random(seed)
        # Everybody's own clock: some are hours ahead, so leases lapse under other people's hands.
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.late: list[Assignment] = []
        self.n_open_seen = 0

    def label_until_done(self) -> None:
        idle = 0
        while idle < 3:
            served = assign_next(annotator=self.annotator, dataset=self.dataset, now=self.now)
            self.n_open_seen = max(self.n_open_seen, self.annotator.assignments.open().count())
            if served.assignment is None:
                idle += 1
                self.now += LEASE + timedelta(minutes=1)
                continue
            idle = 0
            self.behave(served.assignment)
            self.now += timedelta(minutes=3)

    def behave(self, assignment: Assignment) -> None:
        mood = self.rng.random()
        if mood < 0.15:  # closes the laptop, and sends the answer much later
            self.late.append(assignment)
            self.now += LEASE + timedelta(minutes=1)
        elif mood < 0.3 and self.late:
            self.answer(self.late.pop())
            self.answer(assignment)
        else:
            self.answer(assignment)

    def answer(self, assignment: Assignment) -> None:
        key, emotion = uuid.uuid4(), self.rng.choice(Emotion.values)
        for _ in range(self.rng.choice((1, 1, 2, 3))):  # the network lost the reply: the same answer again
            try:
                people.record_vote(
                    assignment=assignment,
                    annotator=self.annotator,
                    answer=Answer(emotion, seconds_heard=20),
                    key=key,
                    now=self.now,
                )
            except (NoLongerWanted, AlreadyAnswered):
                return


@pytest.mark.parametrize("seed", [1, 2])
def test_a_clip_wanting_k_votes_gets_k_whatever_people_do(seed: int) -> None:
    dataset = factories.make_dataset(votes_per_clip=3)
    clips = [factories.make_clip(dataset=dataset) for _ in range(8)]
    persons = [Person(a, dataset, seed * 100 + i) for i, a in enumerate(factories.make_annotators(6))]
    at_once([person.label_until_done for person in persons])
    # Whoever left with a lease is gone; the others finish.
    for person in persons:
        person.now = timezone.now() + timedelta(days=9)
        release_lapsed(now=person.now)
        person.label_until_done()

    per_clip = Counter(Vote.objects.current().values_list("assignment__clip_id", flat=True))
    assert per_clip == {clip.pk: 3 for clip in clips}
    per_person = Counter(Vote.objects.values_list("assignment__annotator_id", "assignment__clip_id"))
    assert set(per_person.values()) == {1}
    assert max(person.n_open_seen for person in persons) == 1
    assert {(d.n_votes, d.n_leased, d.wanted) for d in Demand.objects.all()} == {(3, 0, 3)}
    assert people.recount(clips) == 0
    for clip in clips:
        clip.label.refresh_from_db()
        assert clip.label.n_votes == 3


def test_two_tabs_of_one_person_show_the_same_clip() -> None:
    dataset = factories.make_dataset()
    for _ in range(4):
        factories.make_clip(dataset=dataset)
    amina = factories.make_annotator()
    served = at_once([lambda: assign_next(annotator=amina, dataset=dataset)] * 6)
    assert len({s.assignment.pk for s in served if s.assignment}) == 1
    assert all(s.assignment for s in served)
    assert Assignment.objects.count() == 1
    assert sum(Demand.objects.values_list("n_leased", flat=True)) == 1


def test_a_last_place_goes_to_one_of_many() -> None:
    clip = factories.make_clip(wanted=1)
    annotators = factories.make_annotators(6)
    served = at_once(
        [lambda a=a: assign_next(annotator=a, dataset=clip.dataset) for a in annotators]  # type: ignore[misc]
    )
    assert [s.assignment is not None for s in served].count(True) == 1


def test_a_double_click_is_one_vote() -> None:
    amina = factories.make_annotator()
    clip = factories.make_clip()
    lease, key = factories.make_lease(clip, amina, now=timezone.now()), uuid.uuid4()

    def click() -> Vote:
        return people.record_vote(assignment=lease, annotator=amina, answer=Answer("Sad"), key=key)

    assert len({vote.pk for vote in at_once([click] * 6)}) == 1
    assert Vote.objects.count() == 1
    assert Demand.objects.get(clip=clip).n_votes == 1


def test_an_answer_and_the_end_of_its_lease_at_the_same_moment_keep_the_counters_right() -> None:
    clips = [factories.make_clip() for _ in range(6)]
    leases = [factories.make_lease(clip, factories.make_annotator()) for clip in clips]
    after = factories.MOMENT + LEASE + timedelta(seconds=1)

    def answer(lease: Assignment) -> Callable[[], Any]:
        return lambda: people.record_vote(
            assignment=lease, annotator=lease.annotator, answer=Answer("Sad"), key=uuid.uuid4()
        )

    at_once([*map(answer, leases), *[lambda: release_lapsed(now=after)] * 3])
    assert people.recount(clips) == 0
    assert {(d.n_votes, d.n_leased) for d in Demand.objects.all()} == {(1, 0)}


def test_votes_and_corrections_at_once_leave_the_label_of_all_of_them() -> None:
    clip = factories.make_clip(wanted=8)
    firsts = [factories.make_vote(clip) for _ in range(4)]
    leases = [factories.make_lease(clip, a, now=timezone.now()) for a in factories.make_annotators(4)]

    def correct(vote: Vote) -> Callable[[], Any]:
        return lambda: people.correct_vote(
            vote=vote, annotator=vote.assignment.annotator, answer=Answer("Fear"), key=uuid.uuid4()
        )

    def answer(lease: Assignment) -> Callable[[], Any]:
        return lambda: people.record_vote(
            assignment=lease, annotator=lease.annotator, answer=Answer("Fear"), key=uuid.uuid4()
        )

    at_once([*map(correct, firsts), *map(answer, leases)])
    clip.label.refresh_from_db()
    assert (clip.label.n_votes, clip.label.posterior) == (8, {"Fear": 1.0})


def test_people_who_withdraw_while_others_vote_leave_labels_and_counters_right() -> None:
    clips = [factories.make_clip(wanted=6) for _ in range(4)]
    leaving = factories.make_annotators(2)
    for clip in clips:
        for annotator in leaving:
            factories.make_vote(clip, annotator)
    leases = [
        factories.make_lease(clip, factories.make_annotator(), now=timezone.now()) for clip in reversed(clips)
    ]

    def answer(lease: Assignment) -> Callable[[], Any]:
        return lambda: people.record_vote(
            assignment=lease, annotator=lease.annotator, answer=Answer("Sad"), key=uuid.uuid4()
        )

    at_once(
        [*map(answer, leases), *[lambda a=a: people.withdraw_consent(annotator=a) for a in leaving]]  # type: ignore[misc]
    )
    assert people.recount(clips) == 0
    for clip in clips:
        clip.label.refresh_from_db()
        assert clip.label.n_votes == 1 == Demand.objects.get(clip=clip).n_votes


def overlap(
    monkeypatch: pytest.MonkeyPatch, pause_in: str, first: Callable[[], T], second: Callable[[], T]
) -> None:
    """Run `first`, and while it is inside the function `pause_in` of the services, run `second`.

    If a lock keeps `second` waiting, `first` goes on after half a second.
    """
    is_inside, is_done = threading.Event(), threading.Event()
    real = getattr(people, pause_in)

    def paused(*args: Any, **kwargs: Any) -> Any:
        if not is_inside.is_set():
            is_inside.set()
            is_done.wait(0.5)
        return real(*args, **kwargs)

    def run_second() -> T:
        assert is_inside.wait(20)
        result = second()
        is_done.set()
        return result

    with monkeypatch.context() as patch:
        patch.setattr(people, pause_in, paused)
        at_once([first, run_second])


def test_a_label_is_never_settled_from_votes_read_before_another_came_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip = factories.make_clip()
    votes = [factories.make_vote(clip) for _ in range(2)]

    def correct(vote: Vote) -> Callable[[], Vote]:
        return lambda: people.correct_vote(
            vote=vote, annotator=vote.assignment.annotator, answer=Answer("Fear"), key=uuid.uuid4()
        )

    overlap(monkeypatch, "majority", correct(votes[0]), correct(votes[1]))
    clip.label.refresh_from_db()
    assert clip.label.posterior == {"Fear": 1.0}


def test_a_late_answer_under_way_while_its_person_withdraws_is_taken_out_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip, amina = factories.make_clip(), factories.make_annotator()
    lease = factories.make_lease(clip, amina)
    assert release_lapsed(now=timezone.now()) == 1

    def answer() -> Any:
        return people.record_vote(assignment=lease, annotator=amina, answer=Answer("Sad"), key=uuid.uuid4())

    overlap(monkeypatch, "take_over_place", answer, lambda: people.withdraw_consent(annotator=amina))
    clip.label.refresh_from_db()
    assert clip.label.n_votes == 0
    assert people.recount([clip]) == 0
    assert Demand.objects.get(clip=clip).n_votes == 0


def test_two_rounds_at_once_request_a_clip_once() -> None:
    dataset = factories.make_dataset()
    clips = [factories.make_agreed_clip(dataset=dataset) for _ in range(4)]

    def request(order: list[Clip]) -> Callable[[], Any]:
        return lambda: people.request_relabels(
            picks=[Pick(clip, 1.0) for clip in order], strategy="s", votes_per_clip=2, origin="", by=None
        )

    made = at_once([request(clips), request(clips[::-1]), request(clips)])
    assert sorted(len(m) for m in made) == [0, 0, 4]
    assert {d.wanted for d in Demand.objects.all()} == {5}


def test_freezes_at_once_make_one_release_of_one_state() -> None:
    dataset = factories.make_dataset()
    factories.make_agreed_clip(dataset=dataset, split=Split.TRAIN)

    def try_to_freeze() -> str:
        try:
            return freeze(dataset=dataset, by=None).version
        except NothingChanged:
            return "nothing changed"

    assert sorted(at_once([try_to_freeze] * 4)) == ["1.0.0", *["nothing changed"] * 3]


def test_a_freeze_among_votes_holds_labels_and_votes_of_one_moment() -> None:
    dataset = factories.make_dataset(votes_per_clip=1)
    clips = [factories.make_agreed_clip(dataset=dataset, split=Split.TRAIN) for _ in range(6)]
    people.request_relabels(
        picks=[Pick(clip, 1.0) for clip in clips], strategy="s", votes_per_clip=3, origin="", by=None
    )
    leases = [factories.make_lease(clip, factories.make_annotator(), now=timezone.now()) for clip in clips]

    def answer(lease: Assignment) -> Callable[[], Any]:
        return lambda: people.record_vote(
            assignment=lease, annotator=lease.annotator, answer=Answer("Sad"), key=uuid.uuid4()
        )

    def try_to_freeze() -> None:
        for _ in range(3):
            try:
                freeze(dataset=dataset, by=None)
            except NothingChanged:
                continue

    at_once([try_to_freeze, *map(answer, leases), try_to_freeze])
    versions = [r.version for r in Release.objects.filter(dataset=dataset)]
    assert len(set(versions)) == len(versions) >= 1
    for release in Release.objects.filter(dataset=dataset):
        for record in release.items.values_list("record", flat=True):
            assert record["n_votes"] == len(record["votes"])
