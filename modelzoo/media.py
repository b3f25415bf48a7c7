"""One decode pass over a media file: its pictures at equal intervals, and its sound as one channel."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import av
import numpy as np
import soxr
from numpy.typing import NDArray

from modelzoo.errors import MediaError

Rgb = NDArray[np.uint8]
Waveform = NDArray[np.float32]
TakePicture = Callable[[Rgb], None]


@dataclass(frozen=True, slots=True)
class Decoded:
    """waveform: (sample,) float32 at the rate asked for, or None without sound. n_pictures: pictures taken."""

    waveform: Waveform | None
    n_pictures: int


def decode(path: Path, *, rate_hz: int, duration_s: float, n_pictures: int, take: TakePicture) -> Decoded:
    """Decode the first `duration_s` of `path` once.

    `take` is called with (height, width, 3) uint8 RGB, `n_pictures` times in order of time: the picture shown
    in the middle of each of `n_pictures` equal intervals. It is never called for a file without pictures.
    Paper: §3.3. Raises `MediaError` where neither picture nor sound can be decoded.
    """
    try:
        picture_times = _picture_times(path, duration_s, n_pictures)
        with av.open(str(path)) as container:
            picker = _Picker(picture_times, take)
            sound = _Sound(duration_s)
            _feed(container, picker, sound)
    except (av.FFmpegError, OSError, ValueError) as error:
        # PyAV raises ValueError for containers it opens but cannot seek or describe.
        raise MediaError(
            f"Media file '{path}' cannot be read ({error}); check that it is a whole media file."
        ) from error
    picker.finish()
    waveform = sound.waveform(rate_hz)
    if waveform is None and not picker.n_taken:
        raise MediaError(
            f"Media file '{path}' holds neither sound nor pictures that decode; remove or replace it."
        )
    return Decoded(waveform, picker.n_taken)


def _is_picture(stream: Any) -> bool:
    # A cover image is stored as a video stream of one frame; it is not the film.
    return stream.type == "video" and not stream.disposition & av.stream.Disposition.attached_pic


def _picture_times(path: Path, duration_s: float, n: int) -> list[float]:
    """When to look, in seconds of the picture's own clock: the middles of `n` equal intervals.

    Read from the packets, because headers of cut or re-wrapped files often lie about duration.
    """
    with av.open(str(path)) as container:
        stream = next((s for s in container.streams if _is_picture(s)), None)
        if stream is None:
            return []
        times = [
            (float(p.pts * p.time_base), float((p.duration or 0) * p.time_base))
            for p in container.demux(stream)
            if p.pts is not None and p.time_base is not None
        ]
    if not times:
        return []
    start = min(t for t, _ in times)
    span = min(max(t + length for t, length in times) - start, duration_s)
    return [start + (i + 0.5) * span / n for i in range(n)]


def _feed(container: Any, picker: "_Picker", sound: "_Sound") -> None:
    streams = [s for s in container.streams if _is_picture(s)][:1] + list(container.streams.audio)[:1]
    for stream in streams:
        # Workers run side by side, one clip each; more threads here would only fight them.
        stream.codec_context.thread_count = 1
    waiting = {stream.index for stream in streams}
    for packet in container.demux(streams):
        if packet.stream_index not in waiting:
            continue
        for frame in _frames(packet):
            is_done = picker.see(frame) if isinstance(frame, av.VideoFrame) else sound.hear(frame)
            if is_done:
                waiting.discard(packet.stream_index)
                break
        if not waiting:
            return


def _frames(packet: Any) -> Iterator[Any]:
    try:
        yield from packet.decode()
    except av.error.InvalidDataError:
        # One damaged packet costs its own moment, not the clip.
        return


@dataclass(slots=True)
class _Picker:
    """Hands over the picture on screen at each wanted time, converting only those."""

    times: list[float]
    take: TakePicture
    n_taken: int = 0
    shown: Any = None

    def see(self, frame: Any) -> bool:
        if frame.time is None:
            return False
        self._take_until(frame.time)
        self.shown = frame
        return self.n_taken == len(self.times)

    def finish(self) -> None:
        """The last picture stays on screen to the end."""
        if self.shown is not None:
            self._take_until(float("inf"))

    def _take_until(self, now: float) -> None:
        picture: Rgb | None = None
        while self.n_taken < len(self.times) and self.times[self.n_taken] < now:
            if self.shown is None:
                return
            picture = _upright(self.shown) if picture is None else picture
            self.take(picture)
            self.n_taken += 1


def _upright(frame: Any) -> Rgb:
    pixels: Rgb = frame.to_ndarray(format="rgb24")
    # A phone stores the picture lying and says by how many degrees, counter-clockwise, to turn it.
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


@dataclass(slots=True)
class _Sound:
    """Collects mono samples, by rate: broadcasts change theirs in the middle."""

    duration_s: float
    heard_s: float = 0.0
    starts_at_s: float | None = None
    pieces: list[tuple[int, Waveform]] = field(default_factory=list)

    def hear(self, frame: Any) -> bool:
        if self.starts_at_s is None:
            self.starts_at_s = max(0.0, frame.time or 0.0)
        self.pieces.append((frame.sample_rate, mono(frame.to_ndarray(), len(frame.layout.channels))))
        self.heard_s += frame.samples / frame.sample_rate
        return self.starts_at_s + self.heard_s > self.duration_s + 0.5

    def waveform(self, rate_hz: int) -> Waveform | None:
        if not self.pieces:
            return None
        parts = [np.zeros(round((self.starts_at_s or 0.0) * rate_hz), np.float32)]
        for rate, pieces in groupby(self.pieces, key=lambda piece: piece[0]):
            samples = np.concatenate([piece for _, piece in pieces])
            # soxr, librosa's own choice: swresample's default is 8 dB away from it, soxr 83 dB.
            parts.append(samples if rate == rate_hz else soxr.resample(samples, rate, rate_hz, quality="HQ"))
        return np.concatenate(parts).astype(np.float32, copy=False)


def mono(samples: NDArray[Any], n_channels: int) -> Waveform:
    """The mean of all channels. Decoded samples, planar or interleaved, any width, to (sample,) in ±1.

    >>> mono(np.array([[32767, 0, 0, 0]], np.int16), n_channels=2).round(2).tolist()
    [0.5, 0.0]
    """
    if samples.shape[0] != n_channels:
        samples = samples.reshape(-1, n_channels).T
    if samples.dtype == np.uint8:
        samples = (samples.astype(np.float32) - 128) / 128
    elif np.issubdtype(samples.dtype, np.integer):
        samples = samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    return np.asarray(samples.mean(axis=0), np.float32)
