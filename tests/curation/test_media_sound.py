"""Waveform and loudness of a clip."""

from pathlib import Path

import av
import numpy as np
import pytest

from curation.media import prepare_clip
from curation.media.loudness import integrated_lufs
from curation.media.sound import SoundTrack, peaks_of
from tests.media import make_film, tone


def frame_of(samples: np.ndarray, rate_hz: int = 48_000) -> av.AudioFrame:
    layout = "stereo" if samples.shape[0] == 2 else "mono"
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    frame.sample_rate = rate_hz
    return frame


@pytest.mark.parametrize("lufs", [-23.0, -14.0, -33.0])
def test_a_tone_of_known_loudness_reads_so(lufs: float) -> None:
    """EBU Tech 3341, case 1 and 2: a stereo 1 kHz sine of a peak of -23 dBFS reads -23 LUFS."""
    measured, note = integrated_lufs(tone(10, 48_000, 1000, 10 ** (lufs / 20)), 48_000)
    assert measured == pytest.approx(lufs, abs=0.1)
    assert note == ""


def test_quiet_stretches_are_gated_out() -> None:
    """EBU Tech 3341, case 3: 36, 23 and 36 LU under full scale read as the loud middle."""
    parts = [tone(s, 48_000, 1000, 10 ** (db / 20)) for s, db in ((10, -36), (60, -23), (10, -36))]
    measured, _ = integrated_lufs(np.concatenate(parts, axis=1), 48_000)
    assert measured == pytest.approx(-23.0, abs=0.1)


def test_loudness_of_a_prepared_clip_is_that_of_its_tone(tmp_path: Path) -> None:
    source = make_film(tmp_path / "a.mp4", seconds=3, tone_hz=1000, tone_peak=10 ** (-23 / 20))
    clip = prepare_clip(source, start_s=0, end_s=3, out_dir=tmp_path)
    assert clip.loudness_lufs == pytest.approx(-23.0, abs=0.5)


def test_silence_has_no_loudness_and_says_why(tmp_path: Path) -> None:
    clip = prepare_clip(make_film(tmp_path / "a.mp4", tone_peak=0), start_s=0, end_s=2, out_dir=tmp_path)
    assert clip.loudness_lufs is None
    assert clip.loudness_note == "The clip is silent, so it has no loudness."
    assert clip.peaks == (0,) * 600


def test_a_moment_of_sound_has_no_loudness_and_says_why() -> None:
    measured, note = integrated_lufs(tone(0.3, 48_000, 1000), 48_000)
    assert measured is None
    assert note == "The sound is shorter than 0.4 seconds, too short to measure its loudness."


def test_a_prepared_clip_has_six_hundred_peaks(tmp_path: Path) -> None:
    clip = prepare_clip(make_film(tmp_path / "a.mp4"), start_s=0, end_s=2, out_dir=tmp_path)
    assert len(clip.peaks) == 600
    assert all(0 <= peak <= 255 for peak in clip.peaks)
    assert max(clip.peaks) == pytest.approx(0.3 * 255, abs=4)


def test_peaks_are_the_largest_magnitude_of_either_channel() -> None:
    samples = np.array([[0.1, -0.5, 0.0, 0.0], [0.0, 0.2, 0.0, 1.5]], np.float32)
    assert peaks_of(samples, 2) == (128, 255)


@pytest.mark.parametrize(("n_samples", "expected"), [(0, (0, 0, 0, 0)), (2, (255, 255, 255, 255))])
def test_fewer_samples_than_peaks_still_draw(n_samples: int, expected: tuple[int, ...]) -> None:
    assert peaks_of(np.ones((2, n_samples), np.float32), 4) == expected


def test_a_gap_in_the_sound_becomes_silence() -> None:
    track = SoundTrack(0, 2)
    track.add(frame_of(tone(0.5, 48_000, 440)), 0.0)
    track.add(frame_of(tone(0.5, 48_000, 440)), 1.0)
    track.flush()
    assert np.abs(track.filled[:, 24_100:47_900]).max() == 0
    assert np.abs(track.filled[:, 48_000:]).max() > 0.2
    assert track.filled.shape == (2, 72_000)


def test_rounded_time_stamps_do_not_click() -> None:
    track = SoundTrack(0, 1)
    whole = tone(1, 48_000, 440)
    for i in range(0, 48_000, 1024):
        track.add(frame_of(whole[:, i : i + 1024]), round(i / 48_000, 3))
    track.flush()
    assert np.array_equal(track.filled, whole)


def test_sound_before_the_start_and_after_the_end_is_left_out() -> None:
    track = SoundTrack(1.0, 1.5)
    whole = tone(2, 48_000, 440)
    track.add(frame_of(whole), 0.0)
    track.flush()
    assert np.array_equal(track.filled, whole[:, 48_000:72_000])


def test_samples_are_handed_on_once_and_in_order() -> None:
    track = SoundTrack(0, 1)
    whole = tone(1, 48_000, 440)
    taken = []
    for i in range(0, 48_000, 4800):
        track.add(frame_of(whole[:, i : i + 4800]), i / 48_000)
        taken += list(track.take(at_least=8192))
    track.flush()
    taken += list(track.take())
    assert [first for first, _ in taken] == list(np.cumsum([0, *(s.shape[1] for _, s in taken[:-1])]))
    assert np.array_equal(np.concatenate([s for _, s in taken], axis=1), whole)


def test_a_source_that_changes_its_kind_of_sound_midway_is_followed() -> None:
    track = SoundTrack(0, 2)
    track.add(frame_of(tone(1, 48_000, 440)), 0.0)
    track.add(frame_of(tone(1, 24_000, 440, channels=1), 24_000), 1.0)
    track.flush()
    assert track.filled.shape[1] == pytest.approx(96_000, abs=64)
    assert np.abs(track.filled[:, 60_000:90_000]).max() == pytest.approx(0.3, abs=0.02)
