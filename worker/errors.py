"""What can go wrong in the machine room. Messages are sentences for curators and researchers."""


class WorkerError(Exception):
    """Root of the package's errors."""


class LeaseLost(WorkerError):
    """The job belongs to another worker now, or to nobody; whoever reads this must stop at once."""


class JobCancelled(WorkerError):
    """A person asked for the job to stop."""


class CannotCancel(WorkerError):
    """The job has already ended."""


class CannotRetry(WorkerError):
    """The job is still going, or ended well."""


class CannotTrain(WorkerError):
    """A run that cannot start: an unknown network, an empty split, too few emotions."""


class TrainingFailed(WorkerError):
    """The training process ended badly; the message is its own last word."""


class ProcessKilled(TrainingFailed):
    """The training process was killed from outside; it can go on from its checkpoint."""


class NoTrainedModel(WorkerError):
    """Uncertain clips were asked for, and there is no model to be uncertain."""


class NothingToSurface(WorkerError):
    """No scored clip may be sent back."""


class BadUpload(WorkerError):
    """Uploaded files that cannot become an import."""
