"""A score: notes put on a time line and mixed to stereo, with one hall around them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from .instruments import RATE_HZ, Instrument, Wave

Stereo = NDArray[np.float32]
# Lengths of the hall's echoes in samples at 32 kHz, left and right: no two share a divisor, so none rings.
_HALL = ((1187, 1361, 1523, 1663), (1213, 1327, 1559, 1627))
_HALL_GAIN = 0.8
_MASTER_PEAK = 0.89


class Score:
    """Notes by beat, for `seconds` at `bpm`. Everything played is also sent to the hall, more or less."""

    def __init__(self, seconds: float, bpm: float, hall: float) -> None:
        self.seconds = seconds
        self.beat_s = 60 / bpm
        self.n_beats = seconds / self.beat_s
        self._hall = hall
        self._n = round(seconds * RATE_HZ)
        self._dry = np.zeros((2, self._n), np.float32)
        self._sent = np.zeros(self._n, np.float32)
        self._notes: dict[tuple[object, ...], Wave] = {}

    def note(
        self,
        instrument: Instrument,
        midi: float,
        beat: float,
        beats: float,
        gain: float = 0.5,
        pan: float = 0.0,
    ) -> None:
        """Play `midi` from `beat` for `beats`; `pan` is -1 (left) to 1 (right)."""
        seconds = round(beats * self.beat_s, 3)
        key = (instrument, midi, seconds)
        if key not in self._notes:
            self._notes[key] = instrument(midi, seconds)
        self._add(self._notes[key], beat, gain, pan, sent=1.0)

    def hit(self, drum: Callable[[], Wave], beat: float, gain: float = 0.5, pan: float = 0.0) -> None:
        """Strike a drum at `beat`; drums stand nearer and get less of the hall."""
        key = (drum,)
        if key not in self._notes:
            self._notes[key] = drum()
        self._add(self._notes[key], beat, gain, pan, sent=0.25)

    def bed(self, wave: Wave, gain: float) -> None:
        """Lay a sound of any length under everything, without the hall."""
        n = min(self._n, len(wave))
        self._dry[:, :n] += gain * wave[:n]

    def _add(self, wave: Wave, beat: float, gain: float, pan: float, sent: float) -> None:
        first = round(beat * self.beat_s * RATE_HZ)
        end = min(self._n, first + len(wave))
        if first < 0 or end <= first:
            return
        piece = wave[: end - first] * np.float32(gain)
        self._dry[0, first:end] += piece * np.float32(np.sqrt((1 - pan) / 2) * 1.414)
        self._dry[1, first:end] += piece * np.float32(np.sqrt((1 + pan) / 2) * 1.414)
        self._sent[first:end] += piece * np.float32(sent)

    def mixed(self, level_db: float) -> Stereo:
        """The whole piece, `(2, sample)`, at a mean level of `level_db` below full scale, peaks softly limited."""
        dark = lfilter([0.35], [1, -0.65], self._sent).astype(np.float32)
        sides = [_hall_of(dark, echoes) for echoes in _HALL]
        music = self._dry + self._hall * np.stack(sides)
        loudness = np.sqrt(np.mean(music**2)) + 1e-9
        music *= np.float32(10 ** (level_db / 20) / loudness)
        fade = round(0.6 * RATE_HZ)
        music[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        return np.asarray(_MASTER_PEAK * np.tanh(music / _MASTER_PEAK), np.float32)


def _hall_of(sent: Wave, echoes: tuple[int, ...]) -> Wave:
    """Four feedback echoes side by side, each run a whole echo length at a time."""
    wet = np.zeros(len(sent), np.float32)
    for delay in echoes:
        ring = sent.copy()
        for first in range(delay, len(ring), delay):
            end = min(first + delay, len(ring))
            ring[first:end] += _HALL_GAIN * ring[first - delay : first - delay + (end - first)]
        wet[delay:] += ring[:-delay]
    return wet * np.float32(0.25)
