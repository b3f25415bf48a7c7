"""The sound of a clip while it is decoded: resampled, put at its place in time, and drawn as a waveform."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

RATE_HZ = 48_000
N_PEAKS = 600
# Time stamps are rounded to the container's clock; a smaller step than this is rounding, a larger one a gap.
_JITTER = RATE_HZ // 25


class SoundTrack:
    """Stereo sound from `start_s` to `end_s` at 48 kHz, filled frame by frame.

    Frames are placed by their time stamps, so a gap becomes silence instead of pulling the music ahead of the
    picture. Memory: 384 kB a second.
    """

    def __init__(self, start_s: float, end_s: float) -> None:
        self._start_s = start_s
        self._samples = np.zeros((2, max(0, round((end_s - start_s) * RATE_HZ))), np.float32)
        self._cursor: int | None = None
        self._taken = 0
        self._resampler: AudioResampler | None = None
        self._source_kind: tuple[int, str, str] | None = None

    @property
    def filled(self) -> NDArray[np.float32]:
        """What has been heard so far: (channel, sample) float32, full scale ±1."""
        return self._samples[:, : self._n_filled]

    @property
    def _n_filled(self) -> int:
        return min(max(self._cursor or 0, 0), self._samples.shape[1])

    def add(self, frame: AudioFrame, at_s: float) -> None:
        """Resample a decoded frame that starts at `at_s` seconds of the source, and place it."""
        kind = (frame.sample_rate, frame.layout.name, frame.format.name)
        if kind != self._source_kind:
            # Some broadcasts change from stereo to surround in the middle; FFmpeg's resampler cannot.
            self.flush()
            # One channel stays one and is then heard on both sides; FFmpeg's own mix would be 3 dB softer.
            layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
            self._resampler = AudioResampler(format="fltp", layout=layout, rate=RATE_HZ)
            self._source_kind = kind
        assert self._resampler is not None  # noqa: S101  # set above whenever the kind changed
        at = round((at_s - self._start_s) * RATE_HZ)
        if self._cursor is None or abs(at - self._cursor) > _JITTER:
            self._cursor = at
        frame.pts = None
        for resampled in self._resampler.resample(frame):
            self._append(resampled.to_ndarray())

    def flush(self) -> None:
        """Place what the resampler still holds back; call once after the last frame."""
        if self._resampler is not None and self._cursor is not None:
            for resampled in self._resampler.resample(None):
                self._append(resampled.to_ndarray())
        self._resampler = None
        self._source_kind = None

    def take(self, *, at_least: int = 1) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """The samples not taken yet and the number of the first one, if there are `at_least` so many."""
        if self._n_filled - self._taken >= at_least:
            first, self._taken = self._taken, self._n_filled
            yield first, self._samples[:, first : self._n_filled]

    def _append(self, piece: NDArray[Any]) -> None:
        assert self._cursor is not None  # noqa: S101  # add() sets it before anything is appended
        first = max(self._cursor, self._taken, 0)
        end = min(self._cursor + piece.shape[1], self._samples.shape[1])
        if end > first:
            self._samples[:, first:end] = piece[:, first - self._cursor : end - self._cursor]
        self._cursor += piece.shape[1]


def peaks_of(samples: NDArray[np.float32], n_peaks: int = N_PEAKS) -> tuple[int, ...]:
    """The waveform as `n_peaks` numbers of 0 to 255: the largest magnitude in each equal stretch.

    `samples: (channel, sample) float32`, full scale ±1 is 255, so a soft clip looks soft. Fewer samples than
    peaks repeat; no samples give zeros.

    >>> peaks_of(np.array([[0.0, 0.5, -1.0, 0.0]], np.float32), 2)
    (128, 255)
    """
    n_samples = samples.shape[1]
    if n_samples == 0:
        return (0,) * n_peaks
    magnitude = np.maximum(samples.max(axis=0), -samples.min(axis=0))
    starts = np.arange(n_peaks) * n_samples // n_peaks
    loudest = np.maximum.reduceat(magnitude, starts)
    return tuple(int(peak) for peak in np.clip(np.rint(loudest * 255), 0, 255))
