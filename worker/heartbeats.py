"""Signs of life of the worker processes, so that nobody waits for a queue nobody listens to."""

import time
from datetime import timedelta
from typing import Any

from celery.signals import heartbeat_sent, worker_ready
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from worker.models import Pulse

QUEUES = ("default", "gpu")
SILENT_AFTER = timedelta(seconds=60)
EVERY_S = 10.0
_last: dict[str, float] = {}


def beat(name: str, queues: list[str]) -> None:
    """Write down that a worker lives. A database that is busy or away is no reason to stop working."""
    try:
        for queue in queues:
            Pulse.objects.update_or_create(
                name=f"{name}/{queue}", defaults={"queue": queue, "seen_at": timezone.now()}
            )
    except DatabaseError:
        close_old_connections()


def on_sign_of_life(sender: Any, **kwargs: Any) -> None:
    """Called by Celery every two seconds in a worker's main process, also while its job runs."""
    source = getattr(sender, "eventer", sender)  # a Heart has a dispatcher; a Consumer is its own
    app, name = source.app, source.hostname
    if time.monotonic() - _last.get(name, -EVERY_S) < EVERY_S:
        return
    _last[name] = time.monotonic()
    beat(name, list(app.amqp.queues.consume_from))


def listen() -> None:
    """Follow this process's worker, if it is one."""
    worker_ready.connect(on_sign_of_life, weak=False)
    heartbeat_sent.connect(on_sign_of_life, weak=False)


def silent_queues() -> list[str]:
    """Queues that no worker has listened to for a minute."""
    seen = Pulse.objects.filter(seen_at__gt=timezone.now() - SILENT_AFTER).values_list("queue", flat=True)
    alive = set(seen)
    return [queue for queue in QUEUES if queue not in alive]
