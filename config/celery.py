"""The Celery app. Messages carry one id and only wake a worker up; the row is the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

app = Celery("moodreel")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    # Redis hands an unacknowledged message out again after this long. Rows are claimed once in any case;
    # twelve hours only keeps the noise down.
    # A request that queues a job waits for an absent broker no longer than one more try: `tend` sends again.
    broker_transport_options={
        "visibility_timeout": 12 * 3600,
        "max_retries": 1,
        "interval_start": 0.1,
        "interval_step": 0,
    },
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_default_queue="default",
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    beat_schedule={"tend": {"task": "worker.tasks.tend", "schedule": 10.0, "options": {"expires": 10}}},
    # Only the position in the schedule; safe to lose.
    beat_schedule_filename=str(settings.HOME / "beat-schedule"),
)
app.autodiscover_tasks(["worker"])
