"""Which part of a source is in the stored form already, and may be copied instead of encoded again.

Pictures can be cut without decoding only at keyframes, so a piece is copied when it begins with one and the next
frame after it is one too. Sound is copied only as a whole, because its packets fit no cut.
"""

from typing import NamedTuple

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from .facts import MediaFacts, origin_s
from .sound import RATE_HZ
from .writing import KEYFRAME_EVERY_S

MAX_FPS = 31.0
_PROFILES = {"Main", "Baseline", "Constrained Baseline"}
_SAME_S = 2e-3


class Ticks(NamedTuple):
    """A piece in the stream's own units; `end` is None where the stream itself ends."""

    first: int
    end: int | None


def picture_to_copy(
    source: InputContainer,
    video: VideoStream,
    facts: MediaFacts,
    max_height: int,
    start_s: float,
    end_s: float,
) -> Ticks | None:
    """The packets that are the picture from `start_s` to `end_s` in the stored form; None if it must be encoded.

    Reads the file's packets, decodes nothing.
    """
    context = video.codec_context
    fits = (
        "mp4" in source.format.name
        and context.name == "h264"
        and context.profile in _PROFILES
        and context.pix_fmt == "yuv420p"
        and (video.sample_aspect_ratio or 1) == 1
        and facts.rotation == 0
        and facts.height <= max_height
        and facts.width % 2 == facts.height % 2 == 0
        and facts.fps <= MAX_FPS
    )
    return _between_keyframes(source, video, start_s, end_s, 1 / max(facts.fps, 1.0)) if fits else None


def sound_can_be_copied(source: InputContainer, audio: AudioStream) -> bool:
    """Whether the whole sound is in the stored form."""
    context = audio.codec_context
    return (
        "mp4" in source.format.name
        and context.name == "aac"
        and context.profile == "LC"
        and context.sample_rate == RATE_HZ
        and context.channels == 2
    )


def _between_keyframes(
    source: InputContainer, video: VideoStream, start_s: float, end_s: float, frame_s: float
) -> Ticks | None:
    """The piece's packets, if it lies between keyframes no more than a second apart and needs nothing around it."""
    if video.time_base is None:
        return None
    zero_s, tick_s = origin_s(source), float(video.time_base)
    source.seek(source.start_time or 0)
    first: int | None = None
    keyframe = latest = None
    for packet in source.demux(video):
        if packet.pts is None or packet.dts is None:
            continue
        at_s = packet.pts * tick_s - zero_s
        if packet.is_keyframe:
            if first is not None and at_s >= end_s - _SAME_S:
                return Ticks(first, packet.pts) if at_s <= end_s + _SAME_S else None
            if abs(at_s - start_s) <= _SAME_S:
                first = packet.pts
            keyframe = packet.pts
        elif keyframe is None or packet.pts < keyframe:
            return None  # an open group: frames shown before a keyframe need it all the same
        if first is None and at_s > start_s + _SAME_S:
            return None
        if first is not None and (packet.pts - keyframe) * tick_s > KEYFRAME_EVERY_S + 1.5 * frame_s:
            return None
        latest = packet.pts if latest is None else max(latest, packet.pts)
    reaches_end = latest is not None and latest * tick_s - zero_s < end_s
    return Ticks(first, None) if first is not None and reaches_end else None
