"""Musical instruments as arrays: each makes one note as a mono wave, from sines, noise and an envelope.

A wave is `(sample,)` of floats at `RATE_HZ`, about ±1 at its loudest. Pitch is a MIDI number: 69 is A at 440 Hz.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter

RATE_HZ = 32_000
Wave = NDArray[np.floating]
Instrument = Callable[[float, float], Wave]


def hz_of(midi: float) -> float:
    """Frequency of a MIDI note number.

    >>> hz_of(69)
    440.0
    """
    return float(440.0 * 2 ** ((midi - 69) / 12))


def envelope(n: int, attack_s: float, release_s: float) -> Wave:
    """Rises in `attack_s`, stays, and fades over the last `release_s`; always ends at zero."""
    shape = np.ones(n, np.float32)
    n_attack = min(n, max(1, round(attack_s * RATE_HZ)))
    n_release = min(n, max(1, round(release_s * RATE_HZ)))
    shape[:n_attack] *= np.linspace(0, 1, n_attack, dtype=np.float32)
    shape[n - n_release :] *= np.linspace(1, 0, n_release, dtype=np.float32) ** 2
    return shape


def sines(
    midi: float,
    n: int,
    amplitudes: Sequence[float],
    *,
    decay_s: float | None = None,
    damping: float = 0.0,
    vibrato: float = 0.0,
    bend: float = 0.0,
) -> Wave:
    """A harmonic tone of `n` samples.

    Partial k has `amplitudes[k - 1]` and, with `decay_s`, dies away `1 + damping * (k - 1)` times as fast as
    the first. `vibrato` is its depth in semitones at 5.5 Hz; `bend` starts so many semitones off and settles.
    """
    t = np.arange(n, dtype=np.float64) / RATE_HZ
    pitch = np.full(n, hz_of(midi))
    if vibrato:
        pitch *= 2 ** (vibrato / 12 * np.sin(2 * np.pi * 5.5 * t) * np.minimum(1, t / 0.4))
    if bend:
        pitch *= 2 ** (bend / 12 * np.exp(-t / 0.05))
    turn = np.exp(2j * np.pi * np.cumsum(pitch) / RATE_HZ).astype(np.complex64)
    partial = np.ones(n, np.complex64)
    wave = np.zeros(n, np.float32)
    for k, amplitude in enumerate(amplitudes, start=1):
        if hz_of(midi) * k > 0.45 * RATE_HZ:
            break
        partial *= turn
        if decay_s is None:
            wave += amplitude * partial.imag
        else:
            wave += (
                amplitude * partial.imag * np.exp(-t / decay_s * (1 + damping * (k - 1))).astype(np.float32)
            )
    return wave


def noise(n: int, low_hz: float, high_hz: float, seed: int = 0) -> Wave:
    """White noise between two frequencies, the same for the same seed."""
    white = np.random.default_rng(seed).standard_normal(n)
    top = min(high_hz, 0.48 * RATE_HZ)
    b, a = butter(2, [low_hz / (RATE_HZ / 2), top / (RATE_HZ / 2)], "band")
    return np.asarray(lfilter(b, a, white), np.float32)


def _length(seconds: float) -> int:
    return max(64, round(seconds * RATE_HZ))


def piano(midi: float, seconds: float) -> Wave:
    n = _length(min(seconds + 0.5, 4.0))
    tone = sines(midi, n, [1, 0.55, 0.3, 0.2, 0.1, 0.06], decay_s=1.5 * 2 ** ((60 - midi) / 24), damping=0.45)
    knock = noise(min(n, 900), 800, 5000, seed=int(midi)) * 0.12
    tone[: len(knock)] += knock * np.linspace(1, 0, len(knock), dtype=np.float32) ** 2
    return tone * envelope(n, 0.003, 0.3) * 0.6


def electric_piano(midi: float, seconds: float) -> Wave:
    n = _length(min(seconds + 0.3, 3.0))
    tone = sines(midi, n, [1, 0.12, 0.25, 0.02, 0.05], decay_s=1.3, damping=0.8)
    t = np.arange(n, dtype=np.float32) / RATE_HZ
    return tone * envelope(n, 0.004, 0.25) * (1 + 0.15 * np.sin(2 * np.pi * 4.2 * t)) * 0.6


def harp(midi: float, seconds: float) -> Wave:
    n = _length(min(seconds + 1.2, 3.5))
    return (
        sines(midi, n, [1, 0.5, 0.22, 0.12, 0.06], decay_s=0.9, damping=0.7) * envelope(n, 0.002, 0.4) * 0.7
    )


def zither(midi: float, seconds: float) -> Wave:
    """A long-necked plucked string, as a koto, a gayageum or a sitar sounds: bright, with a slide at the start."""
    n = _length(min(seconds + 1.0, 3.0))
    strengths = [1, 0.7, 0.55, 0.4, 0.32, 0.2, 0.14, 0.1, 0.06]
    return sines(midi, n, strengths, decay_s=1.0, damping=0.35, bend=0.35) * envelope(n, 0.002, 0.4) * 0.42


def guitar(midi: float, seconds: float) -> Wave:
    n = _length(min(seconds + 0.6, 2.5))
    strengths = [abs(np.sin(np.pi * k * 0.21)) / k for k in range(1, 9)]
    return sines(midi, n, strengths, decay_s=0.8, damping=0.5) * envelope(n, 0.002, 0.3)


def flute(midi: float, seconds: float) -> Wave:
    n = _length(seconds)
    breath = noise(n, 1500, 6000, seed=int(midi)) * 0.03
    return (sines(midi, n, [1, 0.25, 0.1, 0.03], vibrato=0.22) + breath) * envelope(n, 0.08, 0.15) * 0.55


def strings(midi: float, seconds: float) -> Wave:
    n = _length(seconds + 0.3)
    strengths = [1 / k**1.3 for k in range(1, 10)]
    section: Wave = sum(
        (sines(midi + off, n, strengths, vibrato=depth) for off, depth in ((-0.07, 0.12), (0.06, 0.2))),
        np.zeros(n, np.float32),
    )
    return section * envelope(n, min(0.35, seconds / 3), 0.4) * 0.25


def pad(midi: float, seconds: float) -> Wave:
    n = _length(seconds + 0.6)
    strengths = [1 / k**1.8 for k in range(1, 7)]
    both = sines(midi - 0.06, n, strengths) + sines(midi + 0.06, n, strengths)
    return both * envelope(n, min(0.6, seconds / 2), 0.8) * 0.3


def bass(midi: float, seconds: float) -> Wave:
    n = _length(seconds)
    tone = sines(midi, n, [1, 0.5, 0.28, 0.15, 0.08], decay_s=0.9, damping=0.6)
    return np.asarray(0.7 * np.tanh(1.6 * tone * envelope(n, 0.004, 0.06)))


def lead(midi: float, seconds: float) -> Wave:
    n = _length(seconds)
    return sines(midi, n, [1 / k for k in range(1, 9)], vibrato=0.18) * envelope(n, 0.012, 0.08) * 0.4


def stab(midi: float, seconds: float) -> Wave:
    """A short chord tone of many detuned saws, as dance music has."""
    n = _length(seconds)
    strengths = [1 / k for k in range(1, 9)]
    saws: Wave = sum((sines(midi + off, n, strengths) for off in (-0.12, 0.0, 0.13)), np.zeros(n, np.float32))
    return saws * envelope(n, 0.006, min(0.15, seconds * 0.7)) * 0.2


def brass(midi: float, seconds: float) -> Wave:
    n = _length(seconds)
    swell = envelope(n, min(0.06, seconds / 3), 0.1)
    dull = sines(midi, n, [1, 0.6, 0.3])
    bright = sines(midi, n, [0, 0, 0.2, 0.35, 0.3, 0.22, 0.15, 0.1])
    return (dull * swell + bright * swell**3) * 0.4


def spiccato(midi: float, seconds: float) -> Wave:
    """Bowed strings, bounced: the engine of an ostinato."""
    n = _length(min(seconds, 0.25) + 0.08)
    strengths = [1 / k**0.9 for k in range(1, 11)]
    both = sines(midi - 0.05, n, strengths, decay_s=0.12, damping=0.1)
    both += sines(midi + 0.06, n, strengths, decay_s=0.12, damping=0.1)
    return both * envelope(n, 0.006, 0.05) * 0.42


def tremolo(midi: float, seconds: float) -> Wave:
    """Strings that shiver: the same bow, fourteen times a second."""
    n = _length(seconds + 0.2)
    t = np.arange(n, dtype=np.float32) / RATE_HZ
    shiver = 0.55 + 0.45 * np.abs(np.sin(np.pi * 14 * t))
    tone = sines(midi, n, [1 / k for k in range(1, 9)], vibrato=0.1) * shiver
    return tone * envelope(n, min(0.5, seconds / 2), 0.4) * 0.35


def music_box(midi: float, seconds: float) -> Wave:
    n = _length(min(seconds + 1.5, 3.0))
    return (
        sines(midi, n, [1, 0, 0, 0.35, 0, 0, 0.12], decay_s=0.7, damping=0.5) * envelope(n, 0.001, 0.5) * 0.5
    )


def drone(midi: float, seconds: float) -> Wave:
    """A low tone that beats against itself."""
    n = _length(seconds)
    strengths = [1, 0.7, 0.5, 0.3, 0.22, 0.15, 0.1]
    beating = sines(midi, n, strengths) + sines(midi + 0.11, n, strengths)
    wind = noise(n, 90, 400, seed=int(midi)) * 0.25
    return (beating * 0.5 + wind) * envelope(n, min(1.5, seconds / 2), 1.2) * 0.5


def kick() -> Wave:
    n = _length(0.28)
    t = np.arange(n) / RATE_HZ
    sweep = np.sin(2 * np.pi * np.cumsum(48 + 120 * np.exp(-t / 0.025)) / RATE_HZ)
    return np.asarray(sweep * np.exp(-t / 0.11), np.float32)


def snare() -> Wave:
    n = _length(0.2)
    t = np.arange(n) / RATE_HZ
    body = 0.5 * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.05)
    return np.asarray(body + noise(n, 900, 9000, 1) * np.exp(-t / 0.06), np.float32)


def clap() -> Wave:
    n = _length(0.2)
    t = np.arange(n) / RATE_HZ
    hands = sum((np.exp(-np.maximum(0, t - d) / 0.02) * (t >= d) for d in (0, 0.012, 0.024)), np.zeros(n))
    return np.asarray(noise(n, 1000, 6000, 2) * hands * 0.6, np.float32)


def hat() -> Wave:
    n = _length(0.07)
    return noise(n, 6500, 15000, 3) * np.exp(-np.arange(n, dtype=np.float32) / RATE_HZ / 0.018)


def shaker() -> Wave:
    n = _length(0.12)
    return noise(n, 4000, 12000, 4) * envelope(n, 0.03, 0.08) * 0.6


def drum() -> Wave:
    """A large skin drum: a taiko, a dhol, a davul."""
    n = _length(0.6)
    t = np.arange(n) / RATE_HZ
    skin = np.sin(2 * np.pi * np.cumsum(72 + 45 * np.exp(-t / 0.03)) / RATE_HZ) * np.exp(-t / 0.18)
    return np.asarray(skin + 0.35 * noise(n, 300, 2500, 5) * np.exp(-t / 0.03), np.float32)


def hand_drum() -> Wave:
    n = _length(0.25)
    t = np.arange(n) / RATE_HZ
    skin = np.sin(2 * np.pi * np.cumsum(210 + 60 * np.exp(-t / 0.02)) / RATE_HZ) * np.exp(-t / 0.07)
    return np.asarray(skin + 0.2 * noise(n, 1500, 6000, 6) * np.exp(-t / 0.01), np.float32)


def heartbeat() -> Wave:
    n = _length(0.5)
    beat = kick()
    wave = np.zeros(n, np.float32)
    wave[: len(beat)] += beat
    second = round(0.2 * RATE_HZ)
    wave[second : second + len(beat)] += 0.7 * beat[: n - second]
    return wave


def crash() -> Wave:
    n = _length(1.6)
    return noise(n, 3000, 14000, 7) * np.exp(-np.arange(n, dtype=np.float32) / RATE_HZ / 0.45) * 0.7


def swell() -> Wave:
    """Noise that grows for two seconds and stops dead: something comes nearer."""
    n = _length(2.0)
    return noise(n, 200, 5000, 8) * (np.arange(n, dtype=np.float32) / n) ** 3 * 0.8


def cluster_hit() -> Wave:
    """The whole orchestra on neighbouring notes at once."""
    n = _length(1.4)
    notes = (36, 37, 42, 48, 54, 55, 61, 66, 67)
    strengths = [1 / k for k in range(1, 8)]
    tones: Wave = sum((sines(m, n, strengths, decay_s=0.5) for m in notes), np.zeros(n, np.float32))
    hit = drum()
    tones[: len(hit)] += 2.5 * hit
    return np.asarray(np.tanh(0.35 * tones) * envelope(n, 0.002, 0.5))
