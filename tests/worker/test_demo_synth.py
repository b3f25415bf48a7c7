"""The demo's dataset: what is promised about its files, its music, its pictures and its planted problems."""

import csv
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from curation.manifest import check_row
from curation.media import prepare_clip, probe, verify_decodes
from worker.demo import synth
from worker.demo.synth import catalogue, film, portrait
from worker.demo.synth.catalogue import EMOTIONS, SourcePlan, plan_sources
from worker.demo.synth.instruments import RATE_HZ
from worker.demo.synth.music import Piece, compose, degree, jingle, tempo_of
from worker.demo.synth.painting import HEIGHT, WIDTH
from worker.demo.synth.pictures import MANNERS, Film

SEED = 2021


def plan_named(name: str, seconds: float = 3.0) -> SourcePlan:
    plan = next(p for p in plan_sources(SEED, 24) if p.name == name)
    return replace(plan, seconds=seconds)


def film_of(plan: SourcePlan) -> Film:
    return Film(film.look_of(plan, bpm=120))


def test_the_plan_has_four_sources_of_each_emotion_and_about_sixty_clips() -> None:
    plans = plan_sources(SEED, 24)
    assert Counter(p.emotion for p in plans) == dict.fromkeys(EMOTIONS, 4)
    assert 56 <= sum(int(p.seconds // catalogue.CLIP_S) for p in plans) <= 66
    assert all(60 <= p.seconds <= 90 for p in plans)
    assert len({p.name for p in plans}) == len({p.song.title for p in plans}) == 24


def test_the_sources_come_from_many_countries_and_languages() -> None:
    plans = plan_sources(SEED, 24)
    assert {p.song.country for p in plans} >= {"KR", "NP", "MX", "ES", "EG", "IN", "CN", "JP", "FR", "US"}
    assert len({p.song.language for p in plans}) >= 8


def test_more_sources_than_songs_still_have_names_of_their_own() -> None:
    plans = plan_sources(SEED, 60)
    assert len({p.name for p in plans}) == len({p.song.title for p in plans}) == 60


def test_what_is_planted_is_in_the_plan() -> None:
    found = catalogue.planted(plan_sources(SEED, 24))
    assert len(found["reuploads"]) == 2
    assert len(found["letterbox"]) == len(found["logo"]) == 1
    assert [len(group) for group in found["shared_opening"]] == [2]  # type: ignore[arg-type]
    assert len(found["faces"]) == 6


def test_a_small_demo_promises_nothing_it_has_not() -> None:
    found = catalogue.planted(plan_sources(SEED, 6))
    assert found["reuploads"] == found["shared_opening"] == []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files without contents: for what is said about them."""

    def touch(plan: SourcePlan, folder: Path) -> Path:
        path = folder / f"{plan.name}.mp4"
        path.touch()
        return path

    monkeypatch.setattr(synth, "write_source", touch)


@pytest.mark.usefixtures("quick")
def test_every_row_of_the_manifest_can_be_imported(tmp_path: Path) -> None:
    manifest = synth.synthesise(tmp_path, seed=SEED, n_workers=1)
    rows = list(csv.DictReader(manifest.open(encoding="utf-8")))
    assert set(rows[0]) == set(synth.COLUMNS)
    assert len(rows) >= 56
    for row in rows:
        checked = check_row(row)
        assert checked.emotion in EMOTIONS
        assert checked.start_s is not None and checked.end_s == checked.start_s + 30
        assert (tmp_path / checked.file_name).exists()
    recorded = json.loads((tmp_path / "planted.json").read_text(encoding="utf-8"))
    assert recorded["seed"] == SEED and recorded["reuploads"]


@pytest.mark.usefixtures("quick")
def test_progress_is_told_after_each_file(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    synth.synthesise(tmp_path, n_sources=3, n_workers=1, progress=lambda *step: told.append(step))
    assert [step[:2] for step in told] == [(1, 3), (2, 3), (3, 3)]
    assert told[0][2] == "excited-01.mp4"


@pytest.mark.usefixtures("quick")
def test_a_process_that_may_have_no_children_does_the_work_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synth, "current_process", lambda: SimpleNamespace(daemon=True))
    assert synth.synthesise(tmp_path, n_sources=2, n_workers=2).exists()


def test_a_demo_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="n_sources is 0; a demo needs at least one source"):
        synth.synthesise(tmp_path, n_sources=0)


def test_two_processes_share_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = [plan_named("sad-01", 1), plan_named("neutral-01", 1)]
    monkeypatch.setattr(synth, "plan_sources", lambda _seed, _n: short)
    synth.synthesise(tmp_path, n_sources=2, n_workers=2)
    assert {p.name for p in tmp_path.glob("*.mp4")} == {"sad-01.mp4", "neutral-01.mp4"}


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_source_is_a_real_film_that_can_be_prepared(tmp_path: Path, emotion: str) -> None:
    path = film.write_source(plan_named(f"{emotion.lower()}-01"), tmp_path)
    facts = probe(path)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert (facts.width, facts.height) == (320, 180)
    assert facts.fps in (12, 15)
    assert verify_decodes(path) == pytest.approx(3.0, abs=0.1)
    clip = prepare_clip(path, start_s=1, end_s=3, out_dir=tmp_path / "out")
    # Keyframes on whole seconds: the demo's import need not encode the pictures again.
    assert clip.is_copy
    assert clip.loudness_lufs is not None


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    plan = plan_named("relaxation-01", 2)
    first, again = (film.write_source(plan, folder) for folder in (tmp_path, tmp_path / "again"))
    assert first.read_bytes() == again.read_bytes()


def test_another_seed_gives_other_music_and_pictures() -> None:
    plan = plan_named("sad-01", 6)
    other = replace(plan, seed=plan.seed + 1)
    assert not np.array_equal(film_of(plan).frame(3), film_of(other).frame(3))
    pieces = [Piece(p.emotion, 6, p.seed, 0) for p in (plan, other)]
    assert not np.array_equal(compose(pieces[0]), compose(pieces[1]))


@pytest.mark.parametrize("emotion", EMOTIONS)
@pytest.mark.parametrize("variant", range(4))
def test_music_is_stereo_finite_and_never_clips(emotion: str, variant: int) -> None:
    music = compose(Piece(emotion, 12, 5, variant, leaning=0.6 if variant == 3 else 0))
    assert music.shape == (2, 12 * RATE_HZ)
    assert np.isfinite(music).all()
    assert 0.05 < np.abs(music).max() < 0.95


def test_emotions_differ_in_loudness_and_tempo_as_the_paper_says() -> None:
    """Section 3: Excited, Fear and Tension are loud and fast; Sad and Relaxation slow and soft."""

    def mean_level(emotion: str) -> float:
        music = [compose(Piece(emotion, 10, seed, seed % 3)) for seed in range(3)]
        return float(np.mean([np.sqrt(np.mean(m**2)) for m in music]))

    def mean_tempo(emotion: str) -> float:
        return float(np.mean([tempo_of(Piece(emotion, 10, seed, 0)) for seed in range(9)]))

    levels = {emotion: mean_level(emotion) for emotion in EMOTIONS}
    tempi = {emotion: mean_tempo(emotion) for emotion in EMOTIONS}
    assert (
        min(levels["Excited"], levels["Tension"])
        > levels["Neutral"]
        > max(levels["Sad"], levels["Relaxation"])
    )
    assert tempi["Tension"] > tempi["Excited"] > tempi["Neutral"] > tempi["Relaxation"] > tempi["Fear"] - 20
    assert tempi["Sad"] < 70


def test_a_scale_goes_on_beyond_its_octave() -> None:
    assert [degree(60, (0, 2, 4, 7, 9), step) for step in (-1, 0, 4, 5)] == [57, 60, 69, 72]


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_every_scene_paints_in_every_palette(emotion: str) -> None:
    manner = MANNERS[emotion]
    for make in (*manner.scenes, manner.borrowed):
        for palette in manner.palettes:
            scene = make(np.random.default_rng(1), palette)
            first, later = scene.frame(0.4, 0.8), scene.frame(9.3, 18.6)
            assert first.shape == later.shape == (HEIGHT, WIDTH, 3)
            assert first.dtype == np.uint8
            assert first.std() > 4, make
            assert not np.array_equal(first, later), make


def test_fear_is_dark_and_excited_is_bright() -> None:
    def light(emotion: str) -> float:
        picture = film_of(plan_named(f"{emotion.lower()}-01", 30))
        return float(np.mean([picture.frame(t).mean() for t in range(3, 28, 5)]))

    assert light("Fear") < light("Excited")
    assert light("Sad") < light("Relaxation")


def test_a_reupload_is_the_same_film_a_little_softer() -> None:
    first, copy = plan_named("excited-01"), plan_named("excited-04")
    assert copy.copy_of == "excited-01"
    assert np.array_equal(film_of(first).frame(1.5), film_of(copy).frame(1.5))
    sounds = [film.music_of(p, Piece(p.emotion, p.seconds, p.seed, p.variant)) for p in (first, copy)]
    assert np.allclose(sounds[1], sounds[0] * 10 ** (-2.5 / 20), atol=1e-6)


def test_the_letterboxed_source_has_black_bars_and_the_others_do_not() -> None:
    boxed, open_ = plan_named("tension-03", 30), plan_named("tension-01", 30)
    assert film_of(boxed).frame(12)[:20].max() == 0
    assert max(film_of(open_).frame(t)[:20].max() for t in range(3, 25)) > 30


def test_the_marked_source_shows_the_same_logo_all_the_time() -> None:
    picture = film_of(plan_named("fear-03", 30))
    corners = [picture.frame(t)[8:34, WIDTH - 38 : WIDTH - 10] for t in (4, 12, 24)]
    bright = [(corner.min(axis=2) > 150) for corner in corners]
    assert bright[0].sum() > 40
    assert np.array_equal(bright[0], bright[1]) and np.array_equal(bright[1], bright[2])


def test_two_sources_open_with_the_same_jingle() -> None:
    plans = [plan_named("relaxation-01", 8), plan_named("relaxation-03", 8)]
    sounds = [film.music_of(p, Piece(p.emotion, 8, p.seed, p.variant)) for p in plans]
    n = 3 * RATE_HZ
    assert np.corrcoef(sounds[0][0, :n], sounds[1][0, :n])[0, 1] > 0.9
    assert abs(np.corrcoef(sounds[0][0, -n:], sounds[1][0, -n:])[0, 1]) < 0.3
    assert np.array_equal(film_of(plans[0]).frame(2), film_of(plans[1]).frame(2))
    assert np.abs(jingle()).max() > 0.05


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_face_in_a_source_is_found_by_the_detector_of_the_paper(emotion: str) -> None:
    pytest.importorskip("matplotlib")
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
    picture = film_of(plan_named(f"{emotion.lower()}-02", 60))
    frames = [picture.frame(t) for t in np.arange(2, 58, 4.1)]
    found = [len(cascade.detectMultiScale(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), 1.1, 5)) > 0 for f in frames]
    assert np.mean(found) > 0.25


def test_without_matplotlib_there_is_no_face_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.cbook", None)
    portrait.photograph.cache_clear()
    try:
        frame = film_of(plan_named("sad-02", 30)).frame(15)
    finally:
        portrait.photograph.cache_clear()
    assert frame.std() > 4
    assert "will show no real face" in caplog.text


@pytest.mark.slow
def test_the_whole_dataset_is_made(tmp_path: Path) -> None:
    manifest = synth.synthesise(tmp_path)
    assert len(list(tmp_path.glob("*.mp4"))) == 24
    assert len(manifest.read_text(encoding="utf-8").splitlines()) >= 57
