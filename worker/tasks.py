"""Thin Celery tasks: one id in, nothing out. Each may be delivered twice."""

import logging

from celery import shared_task
from django.utils import timezone

from annotations.next_clip import release_lapsed
from worker import jobs
from worker.errors import JobCancelled, LeaseLost, ProcessKilled, WorkerError
from worker.handlers import HANDLERS
from worker.models import Job

logger = logging.getLogger(__name__)


@shared_task
def run_job(job_id: int) -> None:
    """Do one job, if it is still there to be done."""
    hold = jobs.claim(job_id)
    if hold is None:
        return
    try:
        with hold.kept_alive():
            result = HANDLERS[hold.job.kind](hold)
    except LeaseLost:
        logger.warning("Job %s was taken over by another worker.", job_id)
    except JobCancelled:
        hold.end(Job.State.CANCELLED)
    except ProcessKilled as error:
        if not hold.give_back():
            hold.end(Job.State.FAILED, error=str(error))
    except WorkerError as error:
        hold.end(Job.State.FAILED, error=str(error) or type(error).__name__)
    except Exception as error:
        # The boundary: recorded for the person who waits, raised for the log.
        hold.end(Job.State.FAILED, error=f"{type(error).__name__}: {error}"[:2000])
        raise
    else:
        hold.end(Job.State.SUCCEEDED, result=result)


@shared_task
def tend() -> None:
    """Every few seconds: leases of absent annotators, jobs of dead workers, lost messages."""
    now = timezone.now()
    release_lapsed(now=now)
    jobs.requeue_abandoned(now=now)
    jobs.wake_forgotten(now=now)
