"""What each kind of job does. A handler takes a hold, reports to it, and may run twice."""

from collections.abc import Callable
from typing import Any

from worker import importing, runner
from worker.jobs import Hold
from worker.models import Job

HANDLERS: dict[str, Callable[[Hold], dict[str, Any]]] = {
    Job.Kind.IMPORT: importing.run_import,
    Job.Kind.TRAINING: runner.train,
    Job.Kind.SCORING: runner.score,
}
