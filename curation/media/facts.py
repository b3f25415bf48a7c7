"""What a media file is: its length, its picture, its sound; and whether all of it is there."""

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from django.utils.translation import gettext as _

from .errors import DamagedFile, PictureTooLarge, TruncatedFile
from .reading import open_media

MAX_MEGAPIXELS = 36
# A container's duration is that of its longest stream, rounded to packets; half a second is never rounding.
SHORTFALL_S = 0.5
_FIRST_PACKETS = 400
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """The technical facts of a file. Width and height are of the picture as seen: upright, square pixels."""

    duration_s: float
    has_video: bool
    has_audio: bool
    width: int
    height: int
    fps: float
    video_codec: str
    audio_codec: str
    sample_rate_hz: int
    audio_channels: int
    bitrate_bps: int
    size_bytes: int
    rotation: int
    """Degrees clockwise that a player turns the stored picture: 0, 90, 180 or 270."""


def probe(path: Path) -> MediaFacts:
    """The facts of the file at `path`, from its header and its first frame.

    Raises `MissingFile`, `EmptyFile`, `NotMedia`, `TruncatedFile` (no index), `DamagedFile` or
    `PictureTooLarge`.
    """
    with open_media(path) as container:
        return facts_of(container, path)


def facts_of(container: InputContainer, path: Path) -> MediaFacts:
    """The facts of an open file; reads its first frame, so seek before decoding further."""
    video, audio = picture_stream(container), sound_stream(container)
    if video is None and audio is None:
        raise DamagedFile(path.name, _("neither picture nor sound can be decoded"))
    size_bytes = path.stat().st_size
    width, height, rotation = _shape(container, video, path.name) if video else (0, 0, 0)
    duration_s = _duration_s(container, path.name)
    return MediaFacts(
        duration_s=duration_s,
        has_video=video is not None,
        has_audio=audio is not None,
        width=width,
        height=height,
        fps=float(video.average_rate or video.guessed_rate or 0) if video else 0.0,
        video_codec=video.codec_context.name if video else "",
        audio_codec=audio.codec_context.name if audio else "",
        sample_rate_hz=audio.codec_context.sample_rate if audio else 0,
        audio_channels=audio.codec_context.channels if audio else 0,
        bitrate_bps=container.bit_rate or int(size_bytes * 8 / duration_s),
        size_bytes=size_bytes,
        rotation=rotation,
    )


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The film's first decodable picture stream; the cover of a music file is not a film."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic and stream.codec_context is not None:
            return stream
    return None


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The film's first decodable sound stream."""
    for stream in container.streams.audio:
        if stream.codec_context is not None and stream.codec_context.sample_rate:
            return stream
    return None


def origin_s(container: InputContainer) -> float:
    """Where the file's own clock starts, in seconds; MPEG streams rarely start at zero."""
    return (container.start_time or 0) / av.time_base


def upright_size(width: int, height: int, pixel_aspect: Fraction | None, rotation: int) -> tuple[int, int]:
    """Width and height as seen: pixels made square by widening, then turned.

    >>> upright_size(720, 576, Fraction(16, 15), 90)
    (576, 768)
    """
    if pixel_aspect:
        width = max(1, round(width * pixel_aspect))
    return (height, width) if rotation in (90, 270) else (width, height)


def turn_of(frame: VideoFrame) -> int:
    """Degrees clockwise, to the nearest quarter, that this frame must be turned to stand upright."""
    return round(-frame.rotation / 90) * 90 % 360


def _shape(container: InputContainer, video: VideoStream, name: str) -> tuple[int, int, int]:
    """Upright width, upright height and rotation, from the first frame that decodes."""
    context = video.codec_context
    if context.width * context.height > MAX_MEGAPIXELS * 1_000_000:
        raise PictureTooLarge(name, context.width, context.height, MAX_MEGAPIXELS)
    frame = _first_frame(container, video)
    if frame is None:
        raise DamagedFile(name, _("no picture can be decoded"))
    turn = turn_of(frame)
    return *upright_size(frame.width, frame.height, video.sample_aspect_ratio, turn), turn


def _first_frame(container: InputContainer, video: VideoStream) -> VideoFrame | None:
    for n_packets, packet in enumerate(container.demux(video)):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            frames = []
        if frames:
            return frames[0]
        if n_packets >= _FIRST_PACKETS:
            return None
    return None


def _duration_s(container: InputContainer, name: str) -> float:
    """The length the header promises, in seconds; where it is silent, the length the packets show.

    A browser's own recorder writes WebM without any duration.
    """
    promised_s = (container.duration or 0) / av.time_base
    if promised_s <= 0:
        promised_s = packets_end_s(container)
    if promised_s <= 0:
        raise DamagedFile(name, _("its length cannot be read"))
    return promised_s


def packets_end_s(container: InputContainer) -> float:
    """Where the last readable packet ends, in seconds from the file's start; decodes nothing."""
    streams = [stream for stream in (picture_stream(container), sound_stream(container)) if stream]
    container.seek(container.start_time or 0)
    end_s = 0.0
    for packet in container.demux(*streams):
        if packet.pts is not None and packet.size and not packet.is_corrupt:
            end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return max(0.0, end_s - origin_s(container))


def verify_decodes(path: Path) -> float:
    """Check that the whole file is there and its first frame decodes; return the seconds found.

    Reads every packet but decodes only the first picture, so an hour of video takes a second; damage in
    the middle is found when a clip is prepared. Raises what `probe` raises, and `TruncatedFile` when the
    packets end clearly before the length the header promises.
    """
    with open_media(path) as container:
        facts = facts_of(container, path)
        found_s = packets_end_s(container)
    if found_s < facts.duration_s - SHORTFALL_S:
        raise TruncatedFile(path.name, found_s, facts.duration_s)
    return found_s


def sha256_of(path: Path) -> str:
    """The SHA-256 of the file's bytes in hexadecimal, read a megabyte at a time."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
