"""A tiny dataset of films whose sound and colour differ by emotion, made once for the whole folder."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from modelzoo.labels import EMOTIONS
from modelzoo.manifest import ManifestRow, Split, write_manifest
from modelzoo.store import FeatureStore
from tests.media import make_film

SPLITS: tuple[Split, ...] = ("train", "train", "validation", "test")


class SmallWorld(NamedTuple):
    """A manifest of 24 one-second films and a feature store shared by all tests."""

    manifest: Path
    features: Path
    rows: list[ManifestRow]

    @property
    def store(self) -> FeatureStore:
        return FeatureStore(self.features)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny tensors are slower on many threads, and equal bits need an equal number of them."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def same_numbers(one_thread: None) -> None:
    """A test that draws weights or inputs draws the same ones every time."""
    import torch

    torch.manual_seed(0)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> SmallWorld:
    """Two training clips, one validation and one test clip of each emotion."""
    folder = tmp_path_factory.mktemp("world")
    rows = [
        _row(folder, kind, number, split)
        for kind in range(len(EMOTIONS))
        for number, split in enumerate(SPLITS)
    ]
    write_manifest(folder / "manifest.jsonl", rows)
    return SmallWorld(folder / "manifest.jsonl", folder / "features", rows)


def _row(folder: Path, kind: int, number: int, split: Split) -> ManifestRow:
    name = f"{EMOTIONS[kind]}-{number}"
    path = make_film(
        folder / f"{name}.mp4",
        seconds=1.0,
        tone_hz=200.0 * (kind + 1) + 7 * number,
        tone_peak=0.1 + 0.1 * kind,
        colour=(40 * kind, 200 - 30 * kind, 20 * number),
    )
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return ManifestRow(name, path.name, sha256, f"song-{name}", split, EMOTIONS[kind])
