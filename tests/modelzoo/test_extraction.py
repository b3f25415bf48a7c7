"""Many clips: told of progress, safe to repeat, and one bad clip spoils nothing but itself."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from modelzoo import extraction
from modelzoo.errors import MediaError
from modelzoo.extraction import extract_all
from modelzoo.inputs import COMPACT
from modelzoo.manifest import Manifest, ManifestRow, read_manifest
from modelzoo.store import FeatureStore
from tests.modelzoo.conftest import SmallWorld

TINY = replace(COMPACT, duration_s=0.5, n_mels=16, n_frames=2, frame_size=8)


def test_progress_counts_to_the_total_and_again_at_once(world: SmallWorld, tmp_path: Path) -> None:
    manifest, store = read_manifest(world.manifest), FeatureStore(tmp_path / "f")
    told: list[tuple[int, int]] = []
    for _ in range(2):
        extract_all(manifest, manifest.rows[:3], store, TINY, on_progress=lambda *n: told.append(n))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3), (3, 3)]


def test_processes_store_what_one_process_would(world: SmallWorld, tmp_path: Path) -> None:
    manifest = read_manifest(world.manifest)
    alone, pool = FeatureStore(tmp_path / "alone"), FeatureStore(tmp_path / "pool")
    rows = manifest.rows[:8]
    extract_all(manifest, rows, alone, TINY)
    extract_all(manifest, rows, pool, TINY, n_workers=2)
    for row in rows:
        assert pool.path(row.sha256, TINY).read_bytes() == alone.path(row.sha256, TINY).read_bytes()


def test_unreadable_clips_are_counted_after_the_others_are_stored(world: SmallWorld, tmp_path: Path) -> None:
    good = read_manifest(world.manifest).rows[0]
    bad = ManifestRow("bad", "gone.mp4", "0" * 64, "song-bad")
    manifest = Manifest(world.manifest, (bad, good), "")
    store = FeatureStore(tmp_path / "f")
    with pytest.raises(MediaError, match=r"1 of 2 clips cannot be read. The first: Media file '.*gone.mp4'"):
        extract_all(manifest, manifest.rows, store, TINY)
    assert store.has(good.sha256, TINY)


def die(_task: extraction.Task) -> str | None:
    """Stands for the kernel, which kills a process when memory is short; found by name in the child."""
    os._exit(9)


def test_process_that_dies_is_a_sentence(
    world: SmallWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, "extract_one", die)
    monkeypatch.setattr(extraction, "MIN_CLIPS_FOR_POOL", 1)
    manifest = read_manifest(world.manifest)
    with pytest.raises(MediaError, match="A process that extracts features died"):
        extract_all(manifest, manifest.rows[:2], FeatureStore(tmp_path / "f"), TINY, n_workers=2)
