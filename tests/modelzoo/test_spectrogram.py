"""The music input, against tones worked by hand and against librosa."""

import math
from dataclasses import replace

import numpy as np
import pytest

from modelzoo.inputs import COMPACT, PAPER, FeatureSettings
from modelzoo.spectrogram import log_mel_and_phase, mel_filters, pool_columns, stft
from tests.media import tone

SMALL = replace(PAPER, duration_s=1.0)


def sound(hz: float = 440.0, *, seconds: float = 1.0, peak: float = 0.5) -> np.ndarray:
    return np.asarray(tone(seconds, 22_050, hz, peak, 1)[0])


@pytest.mark.parametrize("wanted", [SMALL, replace(COMPACT, duration_s=1.0)])
@pytest.mark.parametrize("seconds", [0.0, 0.4, 1.0, 1.7])
def test_any_length_of_sound_gives_the_shape_of_the_settings(wanted: FeatureSettings, seconds: float) -> None:
    answer = log_mel_and_phase(sound(seconds=seconds), wanted)
    assert answer.shape == wanted.shapes()["music"]
    assert answer.dtype == np.float32
    assert np.isfinite(answer).all()


def test_silence_is_the_floor_with_no_phase() -> None:
    answer = log_mel_and_phase(np.zeros(22_050, np.float32), SMALL)
    assert answer[0] == pytest.approx(np.full(answer[0].shape, -100.0))
    assert (answer[1] == 0).all()


def test_tone_is_loudest_in_its_own_band() -> None:
    band = log_mel_and_phase(sound(1_000), SMALL)[0].mean(axis=1).argmax()
    weights = mel_filters(22_050, 2048, 128)[band]
    assert abs(weights.argmax() * 22_050 / 2048 - 1_000) < 40


def test_half_the_amplitude_is_six_decibels_less() -> None:
    loud, soft = (log_mel_and_phase(sound(peak=p), SMALL)[0].max() for p in (0.5, 0.25))
    assert loud - soft == pytest.approx(20 * math.log10(2), abs=1e-3)


def test_turned_signal_has_the_opposite_phase() -> None:
    """Same magnitude, and an angle half a turn away, wherever the band holds any of the tone."""
    first, second = log_mel_and_phase(sound(), SMALL), log_mel_and_phase(-sound(), SMALL)
    band = first[0].mean(axis=1).argmax()
    assert np.allclose(first[0], second[0], atol=1e-3)
    turn = np.abs(first[1, band, 5:-5] - second[1, band, 5:-5])
    assert turn == pytest.approx(np.full(turn.shape, np.pi), abs=1e-3)


def test_phase_is_an_angle() -> None:
    phase = log_mel_and_phase(np.random.default_rng(0).normal(size=22_050).astype(np.float32), SMALL)[1]
    assert np.abs(phase).max() <= np.pi + 1e-6


def test_pooling_keeps_the_mean_power() -> None:
    fine = log_mel_and_phase(sound(), SMALL)[0]
    coarse = log_mel_and_phase(sound(), replace(SMALL, time_pool=4))[0]
    assert 10 ** (coarse[:, 0] / 10) == pytest.approx((10 ** (fine[:, :4] / 10)).mean(axis=1), rel=1e-3)


def test_last_group_may_be_smaller() -> None:
    assert pool_columns(np.arange(5, dtype=np.float32)[None], 2).tolist() == [[0.5, 2.5, 4.0]]


def test_fourier_transform_equals_its_definition() -> None:
    """Column 2 of a random signal, computed by the sum itself."""
    y = np.random.default_rng(1).normal(size=64).astype(np.float32)
    n = np.arange(16)
    windowed = y[2 * 4 - 8 : 2 * 4 + 8] * (0.5 - 0.5 * np.cos(2 * np.pi * n / 16))
    expected = [(windowed * np.exp(-2j * np.pi * k * n / 16)).sum() for k in range(9)]
    assert stft(y, 16, 4).shape == (9, 17)
    assert np.allclose(stft(y, 16, 4)[:, 2], expected, atol=1e-5)


@pytest.mark.slow
def test_spectrogram_equals_librosas() -> None:
    """Slow only because librosa compiles itself on first use."""
    import librosa

    y = np.random.default_rng(2).normal(size=22_050).astype(np.float32)
    reference = librosa.stft(y, n_fft=2048, hop_length=512)
    assert np.allclose(stft(y, 2048, 512), reference, atol=1e-4 * np.abs(reference).max())
    mel = librosa.feature.melspectrogram(y=y, sr=22_050, n_fft=2048, hop_length=512, n_mels=128)
    assert np.allclose(log_mel_and_phase(y, SMALL)[0], 10 * np.log10(mel), atol=1e-3)
