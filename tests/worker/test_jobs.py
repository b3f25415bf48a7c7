"""One job's life: claimed once, kept alive, ended once; messages may be lost or come twice."""

import logging
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

import config.celery
from tests import factories
from worker import jobs, tasks
from worker.errors import CannotCancel, CannotRetry, JobCancelled, LeaseLost, WorkerError
from worker.handlers import HANDLERS
from worker.jobs import Hold
from worker.models import Job

pytestmark = pytest.mark.django_db

Handler = Callable[[Hold], dict[str, Any]]
Sent = list[tuple[int, str]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The messages that were put on queues."""
    messages: Sent = []
    monkeypatch.setattr(jobs, "send", lambda job_id, queue: messages.append((job_id, queue)))
    return messages


@pytest.fixture
def handled_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Handler], None]:
    """`handled_by(function)`: what training jobs do in this test."""
    return lambda handler: monkeypatch.setitem(HANDLERS, Job.Kind.TRAINING, handler)


def claimed(job: Job | None = None) -> Hold:
    hold = jobs.claim((job or factories.make_job()).pk)
    assert hold is not None
    return hold


def fall_silent(job: Job, *, attempts: int = 1) -> datetime:
    """Its worker has died; returns a moment after the lease."""
    claimed(job)
    Job.objects.filter(pk=job.pk).update(attempts=attempts)
    return timezone.now() + timedelta(hours=1)


def fresh(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


# --- claiming and reporting ---------------------------------------------------------------------------


def test_a_job_is_claimed_once() -> None:
    job = factories.make_job()
    assert claimed(job).job.attempts == 1
    assert jobs.claim(job.pk) is None


def test_a_claimed_job_has_an_owner_a_lease_and_a_start(settings: Settings) -> None:
    job = claimed().job
    assert (job.state, job.owner is not None) == (Job.State.RUNNING, True)
    assert job.leased_until is not None
    assert abs(job.leased_until - timezone.now() - timedelta(seconds=settings.LEASE_S)) < timedelta(seconds=5)
    assert job.started_at is not None


def test_a_missing_job_is_left_quietly(caplog: pytest.LogCaptureFixture) -> None:
    assert jobs.claim(404) is None
    tasks.run_job(404)
    assert not caplog.records


def test_a_message_delivered_twice_does_the_work_once(handled_by: Callable[[Handler], None]) -> None:
    calls: list[int] = []
    handled_by(lambda hold: calls.append(hold.job.pk) or {})  # type: ignore[func-returns-value]
    job = factories.make_job()
    tasks.run_job(job.pk)
    tasks.run_job(job.pk)
    assert calls == [job.pk]


def test_a_report_says_how_far_it_is_and_renews_the_lease() -> None:
    hold = claimed()
    Job.objects.update(leased_until=timezone.now())
    hold.report(done=3, total=12, note="song.mp4")
    job = fresh(hold.job)
    assert (job.done, job.total, job.note, job.percent) == (3, 12, "song.mp4", 25)
    assert job.leased_until is not None
    assert job.leased_until > timezone.now()


def test_a_report_keeps_what_it_does_not_mention() -> None:
    hold = claimed()
    hold.report(done=3, total=12, note="song.mp4")
    hold.report(done=4)
    job = fresh(hold.job)
    assert (job.done, job.total, job.note) == (4, 12, "song.mp4")


def test_a_worker_whose_job_was_taken_over_is_told_to_stop() -> None:
    job = factories.make_job()
    stalled = claimed(job)
    jobs.requeue_abandoned(now=timezone.now() + timedelta(hours=1))
    other = claimed(job)
    with pytest.raises(LeaseLost, match=f"Job {job.pk} is no longer held"):
        stalled.report(done=1)
    assert not stalled.end(Job.State.FAILED, error="Too late.")
    other.report(done=2)
    assert fresh(job).done == 2


def test_a_taken_over_job_keeps_its_new_owners_log() -> None:
    job = factories.make_job()
    stalled = claimed(job)
    jobs.requeue_abandoned(now=timezone.now() + timedelta(hours=1))
    claimed(job).log("mine")
    stalled.log("not mine")
    assert fresh(job).log.endswith("mine")
    assert "not mine" not in fresh(job).log


def test_the_log_keeps_its_last_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LOG_LINES", 3)
    hold = claimed()
    for i in range(9):
        hold.log(f"line {i}")
    assert [line.split(" ", 1)[1] for line in fresh(hold.job).log.splitlines()] == [
        "line 5",
        "line 6",
        "line 7",
        "line 8",
    ]


def test_a_job_is_ended_once() -> None:
    hold = claimed()
    assert hold.end(Job.State.SUCCEEDED, result={"n": 1})
    assert not hold.end(Job.State.FAILED, error="Again.")
    job = fresh(hold.job)
    assert (job.state, job.result, job.owner, job.leased_until) == ("succeeded", {"n": 1}, None, None)


# --- what a handler can do ----------------------------------------------------------------------------


def test_a_result_is_kept(handled_by: Callable[[Handler], None]) -> None:
    handled_by(lambda hold: {"accuracy": 0.5})
    job = factories.make_job()
    tasks.run_job(job.pk)
    job = fresh(job)
    assert (job.state, job.result, job.finished_at is not None) == ("succeeded", {"accuracy": 0.5}, True)


def failing(error: Exception) -> Handler:
    def handler(hold: Hold) -> dict[str, Any]:
        raise error

    return handler


def test_a_known_error_is_kept_as_its_sentence(handled_by: Callable[[Handler], None]) -> None:
    handled_by(failing(WorkerError("The disk is full.")))
    job = factories.make_job()
    tasks.run_job(job.pk)
    assert (fresh(job).state, fresh(job).error) == ("failed", "The disk is full.")


def test_an_unknown_error_is_kept_and_raised_for_the_log(handled_by: Callable[[Handler], None]) -> None:
    handled_by(failing(ZeroDivisionError("division by zero")))
    job = factories.make_job()
    with pytest.raises(ZeroDivisionError):
        tasks.run_job(job.pk)
    assert (fresh(job).state, fresh(job).error) == ("failed", "ZeroDivisionError: division by zero")


def test_an_error_without_words_still_has_a_name(handled_by: Callable[[Handler], None]) -> None:
    handled_by(failing(WorkerError()))
    job = factories.make_job()
    tasks.run_job(job.pk)
    assert (fresh(job).state, fresh(job).error) == ("failed", "WorkerError")


def test_a_handler_that_lost_its_job_leaves_it_to_the_other(
    handled_by: Callable[[Handler], None], caplog: pytest.LogCaptureFixture
) -> None:
    def overtaken(hold: Hold) -> dict[str, Any]:
        jobs.requeue_abandoned(now=timezone.now() + timedelta(hours=1))
        claimed(hold.job)
        hold.report()
        raise AssertionError("report() told nothing")

    handled_by(overtaken)
    job = factories.make_job()
    with caplog.at_level(logging.WARNING):
        tasks.run_job(job.pk)
    assert fresh(job).state == Job.State.RUNNING
    assert "taken over by another worker" in caplog.text


# --- cancelling and retrying --------------------------------------------------------------------------


def test_a_queued_job_is_cancelled_at_once_and_never_claimed() -> None:
    job = factories.make_job()
    jobs.cancel(job=job)
    assert fresh(job).state == Job.State.CANCELLED
    assert jobs.claim(job.pk) is None


def test_a_running_job_is_asked_to_stop_and_ends_as_cancelled(handled_by: Callable[[Handler], None]) -> None:
    def asked_to_stop(hold: Hold) -> dict[str, Any]:
        jobs.cancel(job=hold.job)
        with pytest.raises(JobCancelled, match="was asked to stop"):
            hold.report()
        hold.report()
        return {}

    handled_by(asked_to_stop)
    job = factories.make_job()
    tasks.run_job(job.pk)
    assert (fresh(job).state, fresh(job).error) == ("cancelled", "")


def test_an_ended_job_is_not_cancelled() -> None:
    hold = claimed()
    hold.end(Job.State.SUCCEEDED)
    with pytest.raises(
        CannotCancel, match=f"Job {hold.job.pk} has already ended; there is nothing to cancel"
    ):
        jobs.cancel(job=hold.job)


@pytest.mark.parametrize("state", [Job.State.FAILED, Job.State.CANCELLED])
def test_a_job_that_ended_badly_is_queued_again_and_woken(
    state: str, sent: Sent, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    job = factories.make_job(state=state, error="Once.", attempts=3, cancel_requested=True, done=2)
    with django_capture_on_commit_callbacks(execute=True):
        jobs.retry(job=job)
    job = fresh(job)
    assert (job.state, job.error, job.attempts, job.finished_at) == ("queued", "", 0, None)
    assert sent == [(job.pk, "gpu")]
    assert claimed(job)


@pytest.mark.parametrize("state", [Job.State.QUEUED, Job.State.SUCCEEDED])
def test_a_job_that_goes_well_is_not_retried(state: str) -> None:
    with pytest.raises(CannotRetry, match="still going or ended well; nothing to retry"):
        jobs.retry(job=factories.make_job(state=state))


def test_a_job_is_not_retried_while_another_does_the_same() -> None:
    old = factories.make_job(state=Job.State.FAILED, error="Once.")
    new = factories.make_job(subject_id=old.subject_id)
    with pytest.raises(CannotRetry, match=f"Job {new.pk} is doing the same already"):
        jobs.retry(job=old)


def test_the_database_allows_one_live_job_for_a_subject() -> None:
    job = factories.make_job()
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_job(subject_id=job.subject_id)
    factories.make_job(kind=Job.Kind.SCORING, subject_id=job.subject_id)


# --- dead workers and lost messages -------------------------------------------------------------------


def test_the_job_of_a_dead_worker_is_queued_again() -> None:
    job = factories.make_job()
    later = fall_silent(job)
    assert jobs.requeue_abandoned(now=later) == 1
    assert fresh(job).state == Job.State.QUEUED
    assert claimed(job).job.attempts == 2


def test_a_job_within_its_lease_is_left_alone() -> None:
    hold = claimed()
    assert jobs.requeue_abandoned(now=timezone.now()) == 0
    hold.report()


def test_after_three_dead_workers_a_job_fails_with_a_sentence() -> None:
    job = factories.make_job()
    for attempt in (1, 2, 3):
        assert claimed(job).job.attempts == attempt
        n = jobs.requeue_abandoned(now=timezone.now() + timedelta(hours=1))
        assert n == (attempt < 3)
    assert fresh(job).state == Job.State.FAILED
    assert fresh(job).error.startswith("Its worker died 3 times in a row; look at the worker’s log")


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_job_whose_worker_died_while_it_was_to_stop_is_cancelled(attempts: int) -> None:
    job = factories.make_job()
    later = fall_silent(job, attempts=attempts)
    jobs.cancel(job=job)
    jobs.requeue_abandoned(now=later)
    assert fresh(job).state == Job.State.CANCELLED


def test_a_job_asked_to_stop_while_it_is_given_away_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    job = factories.make_job()
    later = fall_silent(job)
    abandoned = list(Job.objects.abandoned(later))
    jobs.cancel(job=job)  # between reading the row and giving it away
    with monkeypatch.context() as patch:
        patch.setattr("worker.querysets.JobQuerySet.abandoned", lambda self, now: abandoned)
        jobs.requeue_abandoned(now=later)
    jobs.requeue_abandoned(now=later)
    assert fresh(job).state == Job.State.CANCELLED


def test_a_message_that_nobody_picked_up_is_sent_again(
    sent: Sent, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    forgotten, recent = factories.make_job(), factories.make_job(kind=Job.Kind.IMPORT)
    now = timezone.now()
    Job.objects.filter(pk=forgotten.pk).update(woken_at=now - timedelta(seconds=61))
    Job.objects.filter(pk=recent.pk).update(woken_at=now - timedelta(seconds=5))
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.wake_forgotten(now=now) == 1
    assert sent == [(forgotten.pk, "gpu")]
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.wake_forgotten(now=timezone.now()) == 0


def test_tending_gives_a_dead_workers_job_to_the_next_one_in_one_go(
    sent: Sent, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    hold = claimed(factories.make_job(kind=Job.Kind.IMPORT))
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1), woken_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tend()
    assert sent == [(hold.job.pk, "default")]


def test_a_message_is_sent_only_when_the_row_is_in(
    sent: Sent, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        jobs.wake(factories.make_job())
        assert sent == []
    assert len(sent) == 1


def test_without_a_broker_a_request_is_neither_refused_nor_kept_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but nobody listens
        app = Celery("away", broker=f"redis://127.0.0.1:{unused.getsockname()[1]}/0", set_as_current=False)
        app.conf.broker_transport_options = config.celery.app.conf.broker_transport_options
        monkeypatch.setattr(jobs, "current_app", app)
        job = factories.make_job()
        started = time.monotonic()
        with caplog.at_level(logging.WARNING):
            jobs.send(job.pk, job.queue)
    assert time.monotonic() - started < 2
    assert f"Job {job.pk} waits: the broker does not answer" in caplog.text
    assert fresh(job).state == Job.State.QUEUED


# --- what a page shows --------------------------------------------------------------------------------


def test_the_time_left_is_guessed_from_the_pace_so_far() -> None:
    job = factories.make_job(started_at=timezone.now() - timedelta(seconds=60), done=3, total=9)
    assert job.time_left is not None
    assert abs(job.time_left - timedelta(seconds=120)) < timedelta(seconds=2)


@pytest.mark.parametrize(("done", "total"), [(0, 0), (0, 9), (9, 9)])
def test_without_a_pace_nothing_is_guessed(done: int, total: int) -> None:
    assert factories.make_job(started_at=timezone.now(), done=done, total=total).time_left is None


@pytest.mark.parametrize(("kind", "queue"), [("import", "default"), ("training", "gpu"), ("scoring", "gpu")])
def test_networks_wait_in_the_queue_of_the_gpu(kind: str, queue: str) -> None:
    assert Job(kind=kind).queue == queue
