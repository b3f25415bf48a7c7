"""Preparing a clip: one form for every browser, nothing half-written, sound and picture in step."""

import resource
from pathlib import Path

import av
import numpy as np
import pytest

from curation.media import (
    DamagedFile,
    MediaError,
    NoPicture,
    NoRoom,
    NoSound,
    OutsideFile,
    PreparedClip,
    TruncatedFile,
    prepare_clip,
    sha256_of,
)
from curation.media.pictures import PosterPicker, fit_within
from curation.media.reading import boxes
from tests.media import make_film, make_truncated


def prepare(source: Path, start_s: float = 0, end_s: float = 30, **options: object) -> PreparedClip:
    return prepare_clip(source, start_s=start_s, end_s=end_s, out_dir=source.parent / "out", **options)  # type: ignore[arg-type]


def keyframes_s(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.video[0])
        return [float(p.pts * p.time_base) for p in packets if p.is_keyframe and p.pts is not None]


def pixels(path: Path, at_s: float = 0.0) -> np.ndarray:
    with av.open(str(path)) as container:
        frames = [f for f in container.decode(video=0) if f.time is not None and f.time >= at_s - 1e-3]
        return frames[0].to_ndarray(format="rgb24")


def samples(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)


def packets(path: Path) -> list[tuple[int, int | None, bytes]]:
    with av.open(str(path)) as container:
        return [(p.stream_index, p.pts, bytes(p)) for p in container.demux() if p.dts is not None]


def test_a_prepared_clip_is_in_the_web_safe_form(tmp_path: Path) -> None:
    clip = prepare(make_film(tmp_path / "a.webm", seconds=2, size=(64, 48)))
    with av.open(str(clip.video)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.codec_context.profile) == ("h264", "Main")
        assert video.codec_context.pix_fmt == "yuv420p"
        assert (audio.codec_context.name, audio.codec_context.sample_rate) == ("aac", 48_000)
        assert audio.codec_context.channels == 2
    assert clip.facts.duration_s == pytest.approx(2.0, abs=0.05)
    assert clip.sha256 == sha256_of(clip.video)
    assert not clip.is_copy


def test_the_index_comes_before_the_media(tmp_path: Path) -> None:
    clip = prepare(make_film(tmp_path / "a.webm"))
    kinds = [kind for kind, _, _ in boxes(clip.video)]
    assert kinds.index(b"moov") < kinds.index(b"mdat")


@pytest.mark.parametrize("fps", [7, 10, 24, 60])
def test_every_second_has_a_keyframe(tmp_path: Path, fps: int) -> None:
    clip = prepare(make_film(tmp_path / "a.mp4", seconds=4, fps=fps))
    at_s = keyframes_s(clip.video)
    assert at_s[0] == 0
    assert len(at_s) >= 4
    assert max(np.diff([*at_s, 4.0])) <= 1 + 1 / fps + 1e-6


def test_sixty_frames_a_second_are_halved(tmp_path: Path) -> None:
    clip = prepare(make_film(tmp_path / "a.mp4", seconds=1, fps=60))
    assert clip.facts.fps == pytest.approx(30, abs=0.5)


def test_a_cut_has_the_length_asked_for_and_starts_at_zero(tmp_path: Path) -> None:
    clip = prepare(make_film(tmp_path / "a.mp4", seconds=6), 2.35, 4.85)
    assert clip.facts.duration_s == pytest.approx(2.5, abs=0.06)
    assert keyframes_s(clip.video)[0] == pytest.approx(0, abs=0.1)


def test_a_cut_shows_the_frame_of_its_first_second(tmp_path: Path) -> None:
    source = make_film(tmp_path / "a.mp4", seconds=6, size=(128, 48))
    clip = prepare(source, 3.0, 5.0)
    assert np.abs(pixels(clip.video).astype(int) - pixels(source, 3.0)).mean() < 6


def test_sound_and_picture_stay_in_step(tmp_path: Path) -> None:
    """A film whose picture lights up and whose tone begins at 1.5 s still does so, cut at any second."""
    source = tmp_path / "clap.mp4"
    make_film(tmp_path / "dark.mp4", seconds=3, fps=20, black_s=1.5, audio=False)
    make_film(tmp_path / "tone.mp4", seconds=1.5, video=False)
    with (
        av.open(str(tmp_path / "dark.mp4")) as dark,
        av.open(str(tmp_path / "tone.mp4")) as late,
        av.open(str(source), "w") as output,
    ):
        picture = output.add_stream_from_template(dark.streams.video[0])
        sound = output.add_stream_from_template(late.streams.audio[0])
        for packet in dark.demux(video=0):
            if packet.dts is not None:
                packet.stream = picture
                output.mux(packet)
        for packet in late.demux(audio=0):
            if packet.dts is not None:
                packet.pts, packet.dts = packet.pts + 72_000, packet.dts + 72_000
                packet.stream = sound
                output.mux(packet)
    clip = prepare(source, 0.5, 3.0)
    first_light = next(t for t in np.arange(0, 2.4, 0.05) if pixels(clip.video, float(t)).mean() > 40)
    first_sound = np.argmax(np.abs(samples(clip.video)[0]) > 0.1) / 48_000
    assert first_light == pytest.approx(1.0, abs=0.051)
    assert first_sound == pytest.approx(1.0, abs=0.03)


def test_a_clip_that_asks_beyond_the_end_stops_with_the_source(tmp_path: Path) -> None:
    assert prepare(make_film(tmp_path / "a.mp4", seconds=2), 0.5, 30).facts.duration_s == pytest.approx(
        1.5, abs=0.06
    )


@pytest.mark.parametrize(("start_s", "end_s"), [(5, 35), (-1, 1), (1, 1), (1.5, 1.0)])
def test_a_piece_outside_the_file_is_refused_with_a_sentence(
    tmp_path: Path, start_s: float, end_s: float
) -> None:
    with pytest.raises(OutsideFile, match=r"do not lie inside “a\.mp4”, which lasts 2\.0 seconds"):
        prepare(make_film(tmp_path / "a.mp4", seconds=2), start_s, end_s)


def test_a_film_without_sound_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoSound, match=r"“a\.mp4” has no sound, and a clip needs both"):
        prepare(make_film(tmp_path / "a.mp4", audio=False))


def test_a_film_without_picture_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoPicture, match=r"“a\.mp4” has no picture, and a clip needs both"):
        prepare(make_film(tmp_path / "a.mp4", video=False))


@pytest.mark.parametrize(("error", "picture_s", "sound_s"), [(NoSound, 4, 1), (NoPicture, 1, 4)])
def test_a_part_in_which_one_of_both_has_ended_is_refused(
    tmp_path: Path, error: type[MediaError], picture_s: float, sound_s: float
) -> None:
    picture = make_film(tmp_path / "p.mkv", seconds=picture_s, audio=False)
    sound = make_film(tmp_path / "s.mkv", seconds=sound_s, video=False)
    source = tmp_path / "a.mkv"
    with av.open(str(picture)) as a, av.open(str(sound)) as b, av.open(str(source), "w") as output:
        copies = [output.add_stream_from_template(s) for s in (a.streams.video[0], b.streams.audio[0])]
        for container, copy in zip((a, b), copies, strict=True):
            for packet in container.demux():
                if packet.dts is not None:
                    packet.stream = copy
                    output.mux(packet)
    with pytest.raises(error, match=r"between 2\.0 and 4\.0 seconds"):
        prepare(source, 2, 4)


def test_a_truncated_film_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = make_truncated(tmp_path / "half.mp4", seconds=4)
    with pytest.raises(TruncatedFile, match="cut short"):
        prepare(source)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_whole_part_of_a_truncated_film_can_still_be_cut(tmp_path: Path) -> None:
    source = make_truncated(tmp_path / "half.mp4", seconds=4)
    assert prepare(source, 0, 1).facts.duration_s == pytest.approx(1.0, abs=0.06)


def test_a_film_damaged_in_the_middle_is_refused_with_a_sentence(tmp_path: Path) -> None:
    source = make_film(tmp_path / "a.mp4", seconds=4, tone_peak=0.9, size=(320, 240))
    data = bytearray(source.read_bytes())
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    noise = np.random.default_rng(1)
    middle = slice(start + (end - start) // 3, end - (end - start) // 8)
    data[middle] = noise.integers(0, 256, middle.stop - middle.start, np.uint8).tobytes()
    source.write_bytes(data)
    with pytest.raises((DamagedFile, TruncatedFile), match=r"“a\.mp4” is"):
        prepare(source)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    source = make_film(tmp_path / "a.mp4", seconds=4)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limit[1]))
    try:
        with pytest.raises(NoRoom, match=r"“a\.mp4” could not be prepared because the disk is full"):
            prepare(source)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list((tmp_path / "out").iterdir()) == []


def test_another_error_of_the_disk_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("curation.media.transcode.PosterPicker.save", refuse)
    with pytest.raises(PermissionError):
        prepare(make_film(tmp_path / "a.mp4"))


def test_an_older_clip_of_the_name_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    source = make_film(tmp_path / "a.mp4")
    first = prepare(source, 0, 1)
    prepare(source, 0, 1, name="second")
    again = prepare(source, 0.5, 1.5)
    assert again.video == first.video
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "clip.jpg", "clip.mp4", "second.jpg", "second.mp4",
    ]  # fmt: skip


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    source = make_film(tmp_path / "a.mp4")
    assert prepare(source).sha256 == prepare(source, name="again").sha256


def test_a_prepared_clip_is_copied_not_encoded_again(tmp_path: Path) -> None:
    once = prepare(make_film(tmp_path / "a.webm", seconds=3))
    twice = prepare(once.video)
    assert twice.is_copy
    assert packets(twice.video) == packets(once.video)
    assert twice.loudness_lufs == pytest.approx(once.loudness_lufs, abs=0.1)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_phone_video_is_stored_upright(tmp_path: Path, rotation: int) -> None:
    source = make_film(tmp_path / "a.mp4", seconds=1, size=(96, 48), rotation=rotation)
    clip = prepare(source)
    assert clip.facts.rotation == 0
    assert (clip.facts.width, clip.facts.height) == ((96, 48) if rotation == 180 else (48, 96))
    upright = np.rot90(pixels(source), -rotation // 90).astype(int)
    assert np.abs(pixels(clip.video) - upright).mean() < 8


def test_odd_sizes_become_even(tmp_path: Path) -> None:
    clip = prepare(make_film(tmp_path / "a.mp4", size=(65, 47)))
    assert (clip.facts.width, clip.facts.height) == (64, 46)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((1920, 1080), (854, 480)),
        ((320, 180), (320, 180)),
        ((1080, 1920), (270, 480)),
        ((3, 3), (2, 2)),
        ((641, 481), (640, 480)),
    ],
)
def test_pictures_shrink_to_the_limit_and_never_grow(
    given: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert fit_within(*given, 480) == expected


def test_a_large_picture_is_shrunk(tmp_path: Path) -> None:
    clip = prepare(make_film(tmp_path / "a.mp4", seconds=0.5, size=(320, 200)), max_height=100)
    assert (clip.facts.width, clip.facts.height) == (160, 100)


def test_mono_at_8_khz_becomes_stereo_at_48_khz_and_stays_as_loud(tmp_path: Path) -> None:
    clip = prepare(make_film(tmp_path / "a.mp4", rate_hz=8000, channels=1, tone_hz=440, tone_peak=0.3))
    assert (clip.facts.sample_rate_hz, clip.facts.audio_channels) == (48_000, 2)
    # A full-scale stereo sine of 1 kHz reads 0 LUFS; this one has a peak of 0.3 at 440 Hz.
    assert clip.loudness_lufs == pytest.approx(20 * np.log10(0.3) - 0.7, abs=0.3)


def test_the_poster_is_taken_a_third_in(tmp_path: Path) -> None:
    source = make_film(tmp_path / "a.mp4", seconds=6, size=(96, 48))
    poster = pixels(prepare(source).poster)
    assert poster.shape == (48, 96, 3)
    assert np.abs(poster.astype(int) - pixels(source, 2.0)).mean() < 8


def test_the_poster_is_not_black_if_the_clip_has_light_anywhere(tmp_path: Path) -> None:
    poster = pixels(prepare(make_film(tmp_path / "a.mp4", seconds=4, black_s=3.0)).poster)
    assert poster.mean() > 60


def test_a_black_film_still_has_a_poster(tmp_path: Path) -> None:
    assert pixels(prepare(make_film(tmp_path / "a.mp4", seconds=1, black_s=9)).poster).max() < 40


def test_a_poster_needs_a_frame(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="No frame was considered"):
        PosterPicker(0, 1).save(tmp_path / "a.jpg")


def test_a_piece_between_keyframes_of_a_stored_film_is_copied_and_its_sound_cut_to_the_sample(
    tmp_path: Path,
) -> None:
    stored = prepare(make_film(tmp_path / "a.mp4", seconds=6, size=(96, 48)), name="stored")
    piece = prepare(stored.video, 2, 4)
    assert piece.is_copy
    assert piece.facts.duration_s == pytest.approx(2.0, abs=0.05)
    assert keyframes_s(piece.video) == pytest.approx([0, 1])
    assert np.array_equal(pixels(piece.video, 1.5), pixels(stored.video, 3.5))
    last = prepare(stored.video, 4, 30, name="last")
    assert last.is_copy
    assert np.array_equal(pixels(last.video, 1.9), pixels(stored.video, 5.9))


@pytest.mark.parametrize(("start_s", "end_s"), [(0.5, 4), (2, 3.5)])
def test_a_piece_that_begins_or_ends_between_keyframes_is_encoded(
    tmp_path: Path, start_s: float, end_s: float
) -> None:
    stored = prepare(make_film(tmp_path / "a.mp4", seconds=6), name="stored")
    assert not prepare(stored.video, start_s, end_s).is_copy


@pytest.mark.parametrize("odd_one", ["rotation", "container", "seldom"])
def test_what_is_not_in_the_stored_form_is_encoded(tmp_path: Path, odd_one: str) -> None:
    made = {
        "rotation": lambda: make_film(tmp_path / "a.mp4", rotation=90),
        "container": lambda: make_film(tmp_path / "a.mkv"),
        # x264 puts a keyframe every 250 frames when nobody asks for more.
        "seldom": lambda: make_film(tmp_path / "b.mp4", seconds=4),
    }[odd_one]()
    assert not prepare(made).is_copy


def test_sound_and_picture_stay_in_step_when_the_picture_is_copied(tmp_path: Path) -> None:
    source = make_film(tmp_path / "a.mp4", seconds=6, fps=20, black_s=3.5)
    stored = prepare(source, name="stored")
    piece = prepare(stored.video, 3, 6)
    assert piece.is_copy
    first_light = next(t for t in np.arange(0, 2.9, 0.05) if pixels(piece.video, float(t)).mean() > 40)
    assert first_light == pytest.approx(0.5, abs=0.051)
    assert samples(piece.video).shape[1] == pytest.approx(3 * 48_000, abs=2048)
