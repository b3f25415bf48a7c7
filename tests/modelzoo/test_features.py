"""A film as arrays, and what stands in for what it lacks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from modelzoo import features as features_module
from modelzoo.features import extract
from modelzoo.inputs import COMPACT
from tests.media import make_film

SHORT = replace(COMPACT, duration_s=1.0, n_frames=4, frame_size=16)


def test_arrays_have_the_shapes_and_compact_types_of_their_settings(tmp_path: Path) -> None:
    features = extract(make_film(tmp_path / "film.mp4", seconds=1.0), SHORT)
    assert {name: array.shape for name, array in features.items()} == SHORT.shapes()
    assert {name: str(array.dtype) for name, array in features.items()} == {
        "music": "float16", "has_music": "uint8", "video": "uint8", "has_video": "uint8",
    }  # fmt: skip
    assert features["has_music"][0] == features["has_video"][0] == 1


def test_colour_of_the_film_is_in_the_frames(tmp_path: Path) -> None:
    video = extract(make_film(tmp_path / "film.mp4", colour=(200, 120, 40)), SHORT)["video"]
    assert np.median(video, axis=(0, 1, 2)) == pytest.approx([200, 120, 40], abs=8)


def test_film_without_sound_is_silent_and_says_so(tmp_path: Path) -> None:
    features = extract(make_film(tmp_path / "film.mp4", audio=False), SHORT)
    assert (features["has_music"][0], features["has_video"][0]) == (0, 1)
    assert (features["music"][0] == -100).all()


def test_song_without_pictures_is_black_and_says_so(tmp_path: Path) -> None:
    features = extract(make_film(tmp_path / "song.mp4", video=False), SHORT)
    assert (features["has_music"][0], features["has_video"][0]) == (1, 0)
    assert features["video"].shape == SHORT.shapes()["video"]
    assert not features["video"].any()


def test_film_without_faces_has_black_faces_and_says_so(tmp_path: Path) -> None:
    features = extract(make_film(tmp_path / "film.mp4"), replace(SHORT, n_faces=3))
    assert features["has_face"][0] == 0
    assert features["face"].shape == (3, 16, 16, 3)
    assert not features["face"].any()


def test_faces_found_in_few_frames_are_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([None, np.full((16, 16, 3), 9, np.uint8), None, None])
    monkeypatch.setattr(features_module, "largest_face", lambda _picture, _size: next(found))
    features = extract(make_film(tmp_path / "film.mp4"), replace(SHORT, n_faces=3))
    assert features["has_face"][0] == 1
    assert (features["face"] == 9).all()


def test_extraction_is_repeatable(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.webm")
    first, second = extract(path, SHORT), extract(path, SHORT)
    assert all(np.array_equal(first[name], second[name]) for name in first)
