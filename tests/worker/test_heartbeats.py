"""Signs of life of the workers: their absence is noticed."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError
from django.utils import timezone

from worker import heartbeats
from worker.models import Pulse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeats, "_last", {})


def worker(name: str = "default@here", *queues: str) -> SimpleNamespace:
    """What Celery hands to a signal: an object that knows its app, its name and its queues."""
    consumed = SimpleNamespace(consume_from=dict.fromkeys(queues or ("default",)))
    return SimpleNamespace(app=SimpleNamespace(amqp=SimpleNamespace(queues=consumed)), hostname=name)


def test_without_a_sign_of_life_every_queue_is_silent() -> None:
    assert heartbeats.silent_queues() == ["default", "gpu"]


def test_a_worker_speaks_for_the_queues_it_listens_to() -> None:
    heartbeats.on_sign_of_life(worker())
    assert heartbeats.silent_queues() == ["gpu"]
    heartbeats.on_sign_of_life(worker("both@there", "default", "gpu"))
    assert heartbeats.silent_queues() == []


def test_a_heartbeat_of_celery_names_its_worker_through_its_dispatcher() -> None:
    heartbeats.on_sign_of_life(SimpleNamespace(eventer=worker("gpu@here", "gpu")))
    assert heartbeats.silent_queues() == ["default"]


def test_a_worker_that_fell_silent_is_missed_after_a_minute() -> None:
    heartbeats.on_sign_of_life(worker())
    Pulse.objects.update(seen_at=timezone.now() - timedelta(seconds=61))
    assert heartbeats.silent_queues() == ["default", "gpu"]


def test_one_row_is_kept_for_each_worker_and_queue() -> None:
    for _ in range(3):
        heartbeats.beat("default@here", ["default"])
    assert Pulse.objects.count() == 1


def test_a_sign_every_two_seconds_is_written_down_every_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(heartbeats, "beat", lambda name, queues: written.append(name))
    for second in range(0, 22, 2):
        monkeypatch.setattr(heartbeats.time, "monotonic", lambda second=second: 1000.0 + second)
        heartbeats.on_sign_of_life(worker())
    assert len(written) == 3


def test_a_database_that_is_away_does_not_stop_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **kwargs: object) -> None:
        raise DatabaseError("server closed the connection unexpectedly")

    monkeypatch.setattr(Pulse.objects, "update_or_create", away)
    monkeypatch.setattr(heartbeats, "close_old_connections", lambda: None)
    heartbeats.beat("default@here", ["default"])
