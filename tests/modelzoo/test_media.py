"""One decode pass: pictures at equal intervals, sound as one channel."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from modelzoo.errors import MediaError
from modelzoo.media import Decoded, Rgb, decode, mono
from tests import media


def look(
    path: Path, *, n: int = 4, duration_s: float = 30.0, rate_hz: int = 22_050
) -> tuple[list[Rgb], Decoded]:
    pictures: list[Rgb] = []
    decoded = decode(path, rate_hz=rate_hz, duration_s=duration_s, n_pictures=n, take=pictures.append)
    return pictures, decoded


def make_ramp(path: Path, n_frames: int = 20) -> Path:
    """A silent film whose n-th picture is n times ten bright, ten a second."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=10, options={"preset": "ultrafast", "qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv444p"
        for i in range(n_frames):
            grey = np.full((16, 32, 3), 10 * i, np.uint8)
            output.mux(stream.encode(VideoFrame.from_ndarray(grey, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def test_pictures_are_those_on_screen_in_the_middle_of_equal_intervals(tmp_path: Path) -> None:
    """Two seconds in four intervals: the middles are 0.25, 0.75, 1.25 and 1.75 s, so pictures 2, 7, 12 and 17."""
    pictures, decoded = look(make_ramp(tmp_path / "ramp.mp4"))
    assert [round(p.mean() / 10) for p in pictures] == [2, 7, 12, 17]
    assert decoded.n_pictures == 4


def test_pictures_after_the_end_of_the_clip_are_not_looked_at(tmp_path: Path) -> None:
    pictures, _ = look(make_ramp(tmp_path / "ramp.mp4"), duration_s=1.0)
    assert [round(p.mean() / 10) for p in pictures] == [1, 3, 6, 8]


def test_film_of_fewer_pictures_than_wanted_shows_some_again(tmp_path: Path) -> None:
    pictures, _ = look(make_ramp(tmp_path / "ramp.mp4", n_frames=2), n=6)
    assert [round(p.mean() / 10) for p in pictures] == [0, 0, 0, 1, 1, 1]


def test_lying_picture_of_a_phone_is_turned_upright(tmp_path: Path) -> None:
    pictures, _ = look(media.make_film(tmp_path / "phone.mp4", size=(64, 32), rotation=90, seconds=0.5), n=1)
    assert pictures[0].shape == (64, 32, 3)


def test_tone_comes_out_at_its_pitch_loudness_and_length(tmp_path: Path) -> None:
    path = media.make_film(tmp_path / "tone.mp4", seconds=1.0, tone_hz=441.0, tone_peak=0.5, video=False)
    pictures, decoded = look(path)
    assert pictures == []
    assert decoded.waveform is not None
    assert len(decoded.waveform) == pytest.approx(22_050, abs=2_048)
    middle = decoded.waveform[5_000:15_000]
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.02)
    assert np.abs(np.fft.rfft(middle)).argmax() * 22_050 / 10_000 == pytest.approx(441, abs=3)


def test_sound_that_starts_late_is_preceded_by_silence(tmp_path: Path) -> None:
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("pcm_s16le", rate=8_000)
        stream.codec_context.layout = "mono"
        frame = AudioFrame.from_ndarray(np.full((1, 4_000), 8_000, np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8_000, 8_000, Fraction(1, 8_000)
        output.mux([*stream.encode(frame), *stream.encode(None)])
    _, decoded = look(path, rate_hz=8_000)
    assert decoded.waveform is not None
    assert np.flatnonzero(decoded.waveform)[0] == pytest.approx(8_000, abs=16)


@pytest.mark.parametrize(
    ("samples", "n_channels", "expected"),
    [
        (np.array([[1, 0], [0, 0.5]], np.float32), 2, [0.5, 0.25]),
        (np.array([[-32768, 0, 0, 16384]], np.int16), 2, [-0.5, 0.25]),
        (np.array([[128, 255, 0]], np.uint8), 1, [0, 0.992, -1]),
        (np.array([[2**30]], np.int32), 1, [0.5]),
    ],
)
def test_every_sample_format_becomes_one_channel_of_full_scale_one(
    samples: np.ndarray, n_channels: int, expected: list[float]
) -> None:
    assert mono(samples, n_channels) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("make", [media.make_empty, media.make_text_named_mp4])
def test_file_that_is_no_media_is_refused_by_name(tmp_path: Path, make: object) -> None:
    path = make(tmp_path / "odd.mp4")  # type: ignore[operator]
    with pytest.raises(MediaError, match=r"odd.mp4' cannot be read .*whole media file"):
        look(path)


def test_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none.mp4' cannot be read"):
        look(tmp_path / "none.mp4")


def test_file_of_subtitles_only_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.srt"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    with pytest.raises(MediaError, match="holds neither sound nor pictures"):
        look(path)


def test_film_cut_short_still_gives_all_its_pictures(tmp_path: Path) -> None:
    path = media.make_truncated(tmp_path / "cut.mp4", keep=0.7)
    pictures, decoded = look(path)
    assert len(pictures) == 4
    assert decoded.waveform is not None
