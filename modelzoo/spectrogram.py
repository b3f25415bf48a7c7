"""A waveform as the two channels of the music networks: log magnitude and phase on mel bands."""

from functools import lru_cache
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from modelzoo.inputs import FeatureSettings

# -100 dB: what silence is written as. Below it a 16-bit source holds only its own rounding.
FLOOR_POWER: Final = 1e-10


def log_mel_and_phase(waveform: NDArray[np.float32], settings: FeatureSettings) -> NDArray[np.float32]:
    """`waveform`: (sample,) ±1 at `settings.rate_hz`, cut or padded with silence to the clip's length.

    Returns (2, n_mels, n_columns) float32: log-mel power in dB re 1 (not re the clip's maximum, so that loud
    and soft stay different), then phase in radians. The phase of a mel band is the angle of the complex
    spectrum summed through the same mel filter; the paper does not say how it does this (docs/deviations.md).
    Groups of `time_pool` columns are averaged: power before the logarithm, complex values before the angle.
    Values equal librosa's to float32 precision. Paper: §3.3.
    """
    spectrum = stft(_fitted(waveform, settings.n_samples), settings.n_fft, settings.hop)
    filters = mel_filters(settings.rate_hz, settings.n_fft, settings.n_mels)
    power = filters @ (spectrum.real**2 + spectrum.imag**2)
    real, imaginary = filters @ spectrum.real, filters @ spectrum.imag
    power, real, imaginary = (pool_columns(a, settings.time_pool) for a in (power, real, imaginary))
    decibel = 10 * np.log10(np.maximum(power, FLOOR_POWER))
    return np.stack((decibel, np.arctan2(imaginary, real))).astype(np.float32)


def stft(waveform: NDArray[np.float32], n_fft: int, hop: int) -> NDArray[np.complex64]:
    """Centred, zero-padded, Hann-windowed: (n_fft // 2 + 1, 1 + n_samples // hop) complex64.

    The same numbers as `librosa.stft`, without its just-in-time compilation of a dozen seconds on first use.
    """
    # Periodic, as librosa's: one sample longer than n_fft, the last dropped.
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
    padded = np.pad(waveform.astype(np.float32, copy=False), n_fft // 2)
    columns = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    spectrum: NDArray[np.complex64] = scipy.fft.rfft(columns * window, axis=1).T
    return spectrum


@lru_cache(maxsize=8)
def mel_filters(rate_hz: int, n_fft: int, n_mels: int) -> NDArray[np.float32]:
    """librosa's area-normalised filters: (n_mels, n_fft // 2 + 1)."""
    # Imported here: it pulls in numba, which only an extracting process should pay for.
    from librosa.filters import mel

    filters: NDArray[np.float32] = mel(sr=rate_hz, n_fft=n_fft, n_mels=n_mels)
    return filters


def pool_columns(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Means of successive groups of `size` columns; the last group may be smaller.

    >>> pool_columns(np.array([[1.0, 3.0, 5.0]], np.float32), 2).tolist()
    [[2.0, 5.0]]
    """
    if size == 1:
        return values
    starts = np.arange(0, values.shape[1], size)
    sizes = np.diff(np.append(starts, values.shape[1]))
    return np.asarray(np.add.reduceat(values, starts, axis=1) / sizes, np.float32)


def _fitted(waveform: NDArray[np.float32], n_samples: int) -> NDArray[np.float32]:
    missing = n_samples - len(waveform)
    return np.pad(waveform, (0, missing)) if missing > 0 else waveform[:n_samples]
