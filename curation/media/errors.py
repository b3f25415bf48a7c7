"""What can be wrong with a media file, each as a sentence that says what to do about it."""

from django.utils.translation import gettext as _


class MediaError(Exception):
    """A media file cannot be used. `str(error)` is a translated sentence for a curator."""


class NotMedia(MediaError):
    """The bytes are not a film or a sound file, whatever the name says."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            _(
                "“%(name)s” is not a video file: it looks like %(found)s. Moodreel reads MP4, MOV, WebM, "
                "Matroska, AVI, FLV and MPEG files; please choose the original video and try again."
            )
            % {"name": name, "found": found}
        )


class MissingFile(MediaError):
    """There is no file at this path."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("“%(name)s” is no longer there; it may have been moved or deleted. Please add it again.")
            % {"name": name}
        )


class EmptyFile(MediaError):
    """The file has no bytes at all."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("“%(name)s” is empty (0 bytes). The copy or download probably failed; please fetch it again.")
            % {"name": name}
        )


class TruncatedFile(MediaError):
    """The file stops before the length its header promises.

    `found_s` and `promised_s` are seconds; both are None when the index of the file itself is missing.
    """

    def __init__(self, name: str, found_s: float | None = None, promised_s: float | None = None) -> None:
        self.found_s = found_s
        self.promised_s = promised_s
        if found_s is None or promised_s is None:
            text = _(
                "“%(name)s” is cut short: the index that every MP4 file needs (its “moov” part) is missing. "
                "The download or upload probably stopped early; please fetch the file again."
            ) % {"name": name}
        else:
            text = _(
                "“%(name)s” is cut short: it should last %(promised).1f seconds but ends after %(found).1f. "
                "The download or upload probably stopped early; please fetch the file again."
            ) % {"name": name, "found": found_s, "promised": promised_s}
        super().__init__(text)


class DamagedFile(MediaError):
    """The file opens, but its contents cannot be decoded."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(
            _(
                "“%(name)s” is damaged and cannot be played back (%(detail)s). Please fetch the file again, "
                "or open it in a video editor and save it as MP4."
            )
            % {"name": name, "detail": detail}
        )


class NoSound(MediaError):
    """There is nothing to hear; the music is half of what is labelled."""

    def __init__(self, name: str, start_s: float | None = None, end_s: float | None = None) -> None:
        super().__init__(_without(name, start_s, end_s, sound=True))


class NoPicture(MediaError):
    """There is nothing to see; the picture is half of what is labelled."""

    def __init__(self, name: str, start_s: float | None = None, end_s: float | None = None) -> None:
        super().__init__(_without(name, start_s, end_s, sound=False))


class PictureTooLarge(MediaError):
    """A picture of more pixels than any music video has; decoding it could exhaust the memory."""

    def __init__(self, name: str, width: int, height: int, max_megapixels: int) -> None:
        super().__init__(
            _(
                "“%(name)s” has a picture of %(width)d × %(height)d pixels; at most %(max)d megapixels are "
                "accepted. Please save a smaller version, for example 1920 × 1080."
            )
            % {"name": name, "width": width, "height": height, "max": max_megapixels}
        )


class OutsideFile(MediaError):
    """The piece asked for does not lie inside the file."""

    def __init__(self, name: str, start_s: float, end_s: float, duration_s: float) -> None:
        super().__init__(
            _(
                "Seconds %(start).1f to %(end).1f do not lie inside “%(name)s”, which lasts %(duration).1f "
                "seconds. Please choose a start before the end, both within the file."
            )
            % {"name": name, "start": start_s, "end": end_s, "duration": duration_s}
        )


class NoRoom(MediaError):
    """The disk (or a quota) is full; nothing half-written is left behind."""

    def __init__(self, name: str, folder: str) -> None:
        super().__init__(
            _(
                "“%(name)s” could not be prepared because the disk is full (folder %(folder)s). "
                "Please make room on the server and try again; nothing half-finished was kept."
            )
            % {"name": name, "folder": folder}
        )


def _without(name: str, start_s: float | None, end_s: float | None, *, sound: bool) -> str:
    """The sentence for a missing stream, of the whole file or of seconds `start_s` to `end_s`."""
    if start_s is None or end_s is None:
        text = (
            _(
                "“%(name)s” has no sound, and a clip needs both music and picture. "
                "Please add a version with sound."
            )
            if sound
            else _(
                "“%(name)s” has no picture, and a clip needs both music and picture. "
                "Please add the video itself, not only its music."
            )
        )
        return text % {"name": name}
    text = (
        _(
            "“%(name)s” has no sound between %(start).1f and %(end).1f seconds, and a clip needs both "
            "music and picture. Please choose another part."
        )
        if sound
        else _(
            "“%(name)s” has no picture between %(start).1f and %(end).1f seconds, and a clip needs both "
            "music and picture. Please choose another part."
        )
    )
    return text % {"name": name, "start": start_s, "end": end_s}
