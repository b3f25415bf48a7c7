"""Several workers at once: real connections, on a file of SQLite or on PostgreSQL."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests import factories
from tests.annotations.test_concurrency import at_once
from worker import jobs, services
from worker.models import Job, TrainingRun

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def test_two_workers_claim_a_job_once() -> None:
    job = factories.make_job()
    holds = at_once([lambda: jobs.claim(job.pk)] * 6)
    assert sum(hold is not None for hold in holds) == 1


def test_many_workers_share_many_jobs_without_doing_one_twice() -> None:
    queued = [factories.make_job().pk for _ in range(10)]

    def work() -> list[int]:
        return [pk for pk in queued if jobs.claim(pk)]

    done = [pk for pks in at_once([work] * 4) for pk in pks]
    assert sorted(done) == sorted(queued)


def test_two_clocks_requeue_a_dead_workers_job_once_and_one_worker_gets_it() -> None:
    job = factories.make_job()
    jobs.claim(job.pk)
    later = timezone.now() + timedelta(hours=1)
    assert sum(at_once([lambda: jobs.requeue_abandoned(now=later)] * 4)) == 1
    assert sum(hold is not None for hold in at_once([lambda: jobs.claim(job.pk)] * 4)) == 1
    assert Job.objects.get().attempts == 2


def test_a_double_click_on_train_is_one_run() -> None:
    release = factories.make_release()
    key = factories.uuid.uuid4()
    recipe = services.Recipe(factories.SPEC, 2, 4, 0.001, 1)
    runs = at_once([lambda: services.request_run(release=release, recipe=recipe, by=None, key=key)] * 4)
    assert len({run.pk for run in runs}) == 1
    assert (TrainingRun.objects.count(), Job.objects.count()) == (1, 1)


def test_a_lease_is_renewed_while_a_handler_works_and_not_afterwards(settings: Settings) -> None:
    settings.LEASE_S = 0.3
    hold = jobs.claim(factories.make_job().pk)
    assert hold is not None
    first = hold.job.leased_until
    assert first is not None
    renewed = threading.Event()

    def watch() -> None:
        while not renewed.is_set():
            until = Job.objects.values_list("leased_until", flat=True).get(pk=hold.job.pk)
            if until and until > first:
                renewed.set()
        connection.close()

    with hold.kept_alive():
        watcher = threading.Thread(target=watch)
        watcher.start()
        assert renewed.wait(20)
        watcher.join()
    assert f"lease-{hold.job.pk}" not in {thread.name for thread in threading.enumerate()}


def test_a_lost_lease_is_not_taken_back_by_its_renewal(settings: Settings) -> None:
    settings.LEASE_S = 0.2
    job = factories.make_job()
    hold = jobs.claim(job.pk)
    assert hold is not None
    jobs.requeue_abandoned(now=timezone.now() + timedelta(hours=1))
    with hold.kept_alive():
        threading.Event().wait(0.3)
    assert Job.objects.get(pk=job.pk).state == Job.State.QUEUED
