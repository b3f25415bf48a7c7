"""What can go wrong between people and clips. Messages are sentences for the person concerned."""


class AnnotationError(Exception):
    """Root of the package's errors."""


class NoConsent(AnnotationError):
    """The person has not agreed to the current consent text."""


class NotYourAssignment(AnnotationError):
    """An answer to a clip that was given to someone else."""


class AlreadyAnswered(AnnotationError):
    """A second answer to an assignment under a new key."""


class NoLongerWanted(AnnotationError):
    """A late answer to a clip that has meanwhile got all the votes it wanted."""


class HeardTooLittle(AnnotationError):
    """An answer before the minimum of seconds was played."""


class KeyReused(AnnotationError):
    """One idempotency key used for two different answers."""


class CannotRequest(AnnotationError):
    """A clip that may not be sent back for relabelling: not ready, or a test clip."""


class LastAdministrator(AnnotationError):
    """Taking the last administrator's rights away would lock everyone out."""


class NameTaken(AnnotationError):
    """A user name that somebody else got in the same moment."""
