"""One job's life: claimed once, kept alive by its worker, ended once.

Messages may be lost or delivered twice; every step is a conditional update of the row, and whoever finds
nothing to update leaves.
"""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from worker.errors import CannotCancel, CannotRetry, JobCancelled, LeaseLost
from worker.models import Job

logger = logging.getLogger(__name__)

WAKE_AGAIN = timedelta(seconds=60)
LOG_LINES = 400


def wake(job: Job) -> None:
    """Send the job's message once the surrounding transaction is in."""
    Job.objects.filter(pk=job.pk).update(woken_at=timezone.now())
    pk, queue = job.pk, job.queue
    transaction.on_commit(lambda: send(pk, queue))


def send(job_id: int, queue: str) -> None:
    """Put a message on a queue. With no broker there the row waits, and is sent again in a minute."""
    try:
        # By name: the task imports what runs jobs, which imports this module.
        current_app.send_task(
            "worker.tasks.run_job", (job_id,), queue=queue, expires=WAKE_AGAIN.total_seconds(), retry=False
        )
    except OperationalError as error:
        logger.warning("Job %s waits: the broker does not answer (%s).", job_id, error)


class Hold:
    """A claimed job, in the hands of one worker."""

    def __init__(self, job: Job, owner: uuid.UUID) -> None:
        self.job = job
        self.owner = owner

    def report(self, *, done: int | None = None, total: int | None = None, note: str | None = None) -> None:
        """Say that the job is alive and how far it is.

        Raises `LeaseLost` if it belongs to someone else by now, `JobCancelled` if a person asked it to stop.
        """
        told = {"done": done, "total": total, "note": note}
        news: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        if done is not None and done > self.job.done:
            # A worker that gets on is not dying in a row, however often it is stopped and started.
            self.job.done, news["attempts"] = done, 0
        news["leased_until"] = timezone.now() + timedelta(seconds=settings.LEASE_S)
        mine = Job.objects.filter(pk=self.job.pk, owner=self.owner, state=Job.State.RUNNING)
        if not mine.update(**news):
            raise LeaseLost(f"Job {self.job.pk} is no longer held by {self.owner}.")
        if mine.filter(cancel_requested=True).exists():
            raise JobCancelled(f"Job {self.job.pk} was asked to stop.")

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renew the lease in the background: one clip of a long film takes longer than a lease.

        It ends with the process, so a dead worker still loses its job.
        """
        is_done = threading.Event()

        def renew() -> None:
            while not is_done.wait(settings.LEASE_S / 3):
                try:
                    mine = Job.objects.filter(pk=self.job.pk, owner=self.owner, state=Job.State.RUNNING)
                    mine.update(leased_until=timezone.now() + timedelta(seconds=settings.LEASE_S))
                except DatabaseError:
                    logger.warning("Job %s could not renew its lease; it will try again.", self.job.pk)
                connection.close()

        thread = threading.Thread(target=renew, name=f"lease-{self.job.pk}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_done.set()
            thread.join()

    def log(self, line: str) -> None:
        """Add a line to the job's log; the oldest lines go when it gets long."""
        kept = Job.objects.values_list("log", flat=True).get(pk=self.job.pk).splitlines()[-LOG_LINES:]
        stamp = timezone.now().strftime("%H:%M:%S")
        Job.objects.filter(pk=self.job.pk, owner=self.owner).update(log="\n".join([*kept, f"{stamp} {line}"]))

    def give_back(self) -> bool:
        """Queue the job again after its process was killed; False after too many deaths in a row."""
        mine = Job.objects.filter(
            pk=self.job.pk, owner=self.owner, attempts__lt=Job.MAX_ATTEMPTS, cancel_requested=False
        )
        if not mine.update(state=Job.State.QUEUED, owner=None, leased_until=None):
            return False
        wake(self.job)
        return True

    def end(self, state: str, *, result: dict[str, Any] | None = None, error: str = "") -> bool:
        """End the job, unless it has been taken away; True if this call ended it."""
        mine = Job.objects.filter(pk=self.job.pk, owner=self.owner, state=Job.State.RUNNING)
        return bool(
            mine.update(
                state=state,
                result=result or {},
                error=error,
                finished_at=timezone.now(),
                owner=None,
                leased_until=None,
            )
        )


def claim(job_id: int) -> Hold | None:
    """Take a queued job; None if it is gone, taken or ended."""
    owner, now = uuid.uuid4(), timezone.now()
    taken = Job.objects.filter(pk=job_id, state=Job.State.QUEUED, cancel_requested=False).update(
        state=Job.State.RUNNING,
        owner=owner,
        leased_until=now + timedelta(seconds=settings.LEASE_S),
        started_at=Coalesce("started_at", now),
        attempts=F("attempts") + 1,
    )
    return Hold(Job.objects.get(pk=job_id), owner) if taken else None


def cancel(*, job: Job) -> None:
    """Ask a job to stop; one that has not started stops at once. Raises `CannotCancel`."""
    now = timezone.now()
    if Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(
        state=Job.State.CANCELLED, cancel_requested=True, finished_at=now
    ):
        return
    if not Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_requested=True):
        raise CannotCancel(_("Job %(job)d has already ended; there is nothing to cancel.") % {"job": job.pk})


@transaction.atomic
def retry(*, job: Job) -> None:
    """Queue a failed or cancelled job again; it goes on from where it was. Raises `CannotRetry`."""
    twin = Job.objects.active().filter(kind=job.kind, subject_id=job.subject_id).exclude(pk=job.pk).first()
    if twin:
        raise CannotRetry(
            _("Job %(twin)d is doing the same already; wait for it instead of retrying job %(job)d.")
            % {"twin": twin.pk, "job": job.pk}
        )
    ended_badly = Job.objects.filter(pk=job.pk, state__in=[Job.State.FAILED, Job.State.CANCELLED])
    if not ended_badly.update(
        state=Job.State.QUEUED, cancel_requested=False, attempts=0, error="", finished_at=None, owner=None
    ):
        raise CannotRetry(_("Job %(job)d is still going or ended well; nothing to retry.") % {"job": job.pk})
    wake(job)


def requeue_abandoned(*, now: datetime) -> int:
    """Give jobs whose worker fell silent to another one, or end them after too many tries."""
    n_requeued = 0
    for job in Job.objects.abandoned(now):
        same = Q(pk=job.pk, state=Job.State.RUNNING, owner=job.owner, leased_until__lt=now)
        if job.cancel_requested:
            Job.objects.filter(same).update(
                state=Job.State.CANCELLED, finished_at=now, owner=None, leased_until=None
            )
        elif job.attempts >= Job.MAX_ATTEMPTS:
            reason = _("Its worker died %(n)d times in a row; look at the worker’s log, then retry.")
            Job.objects.filter(same).update(
                state=Job.State.FAILED,
                error=reason % {"n": job.attempts},
                finished_at=now,
                owner=None,
                leased_until=None,
            )
        else:
            # Asked to stop since it was read? Then it is left to the next round: queued, nobody would claim it.
            n_requeued += Job.objects.filter(same, cancel_requested=False).update(
                state=Job.State.QUEUED, owner=None, leased_until=None, woken_at=None
            )
    return n_requeued


def wake_forgotten(*, now: datetime) -> int:
    """Send again the messages of queued jobs that nobody has picked up for a minute."""
    forgotten = Job.objects.filter(state=Job.State.QUEUED).filter(
        Q(woken_at__isnull=True) | Q(woken_at__lt=now - WAKE_AGAIN)
    )
    for job in forgotten:
        wake(job)
    return len(forgotten)
