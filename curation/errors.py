"""What can go wrong with the dataset. Messages are sentences for people, translated where they are raised."""


class CurationError(Exception):
    """Root of the package's errors."""


class UnknownEmotion(CurationError):
    """A name that is none of the six emotions, nor a known alias."""


class BadManifest(CurationError):
    """A manifest that cannot be read as a whole: a missing column, a wrong encoding."""


class BadRow(CurationError):
    """One row of an import that cannot become a clip."""


class DuplicateClip(BadRow):
    """The same file and the same seconds are already in the dataset."""


class SplitError(CurationError):
    """Groups of sources that cannot be split as asked."""


class NothingToRelease(CurationError):
    """No clip is both split and labelled."""


class NothingChanged(CurationError):
    """A release would equal the previous one."""


class LeakingSplit(CurationError):
    """A source group found in two splits. The data model forbids it; the certificate proves it."""


class FrozenRelease(CurationError):
    """An attempt to change a release."""
