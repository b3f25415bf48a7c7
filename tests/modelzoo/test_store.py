"""Features are computed once, and never trusted when damaged."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from modelzoo import store as store_module
from modelzoo.errors import MediaError
from modelzoo.files import write_atomically
from modelzoo.inputs import COMPACT
from modelzoo.store import FeatureStore, sha256_of
from tests.media import make_film

SHORT = replace(COMPACT, duration_s=0.5, n_frames=2, frame_size=8)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_film(tmp_path / "film.mp4", seconds=0.5)


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "features")


def test_second_request_does_not_open_the_media(film: Path, store: FeatureStore) -> None:
    sha256 = sha256_of(film)
    first = store.get_or_extract(film, sha256, SHORT)
    film.unlink()
    second = store.get_or_extract(film, sha256, SHORT)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_only_the_arrays_asked_for_are_returned(film: Path, store: FeatureStore) -> None:
    sha256 = sha256_of(film)
    for _ in range(2):
        assert set(store.get_or_extract(film, sha256, SHORT, ["music"])) == {"music"}


def test_other_settings_are_other_features(film: Path, store: FeatureStore) -> None:
    sha256, other = sha256_of(film), replace(SHORT, n_mels=32)
    store.get_or_extract(film, sha256, SHORT)
    assert store.has(sha256, SHORT)
    assert not store.has(sha256, other)
    assert store.get_or_extract(film, sha256, other)["music"].shape[1] == 32


def test_damaged_file_is_computed_again(film: Path, store: FeatureStore) -> None:
    sha256 = sha256_of(film)
    good = store.get_or_extract(film, sha256, SHORT)
    path = store.path(sha256, SHORT)
    whole = path.read_bytes()
    for damaged in (whole[:-10], b"", b"\x00" * 100):
        path.write_bytes(damaged)
        assert not store.has(sha256, SHORT)
        assert np.array_equal(store.get_or_extract(film, sha256, SHORT)["music"], good["music"])
        assert path.read_bytes() == whole


def test_file_with_other_shapes_counts_as_absent(film: Path, store: FeatureStore) -> None:
    sha256, other = sha256_of(film), replace(SHORT, n_frames=3)
    store.get_or_extract(film, sha256, SHORT)
    write_atomically(store.path(sha256, other), store.path(sha256, SHORT).read_bytes())
    assert store.get(sha256, other) is None


def test_media_that_changed_is_refused(film: Path, store: FeatureStore) -> None:
    with pytest.raises(MediaError, match="the file changed since the manifest was written"):
        store.get_or_extract(film, "0" * 64, SHORT)
    assert not store.has("0" * 64, SHORT)


def test_missing_media_is_refused(tmp_path: Path, store: FeatureStore) -> None:
    with pytest.raises(MediaError, match=r"none.mp4' cannot be opened"):
        store.get_or_extract(tmp_path / "none.mp4", "0" * 64, SHORT)


def test_write_that_fails_leaves_the_old_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "folder" / "file"
    write_atomically(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_unreadable_media_stores_nothing(tmp_path: Path, store: FeatureStore) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(b"not a film")
    with pytest.raises(MediaError, match="cannot be read"):
        store.get_or_extract(path, store_module.sha256_of(path), SHORT)
    assert not store.root.exists()
