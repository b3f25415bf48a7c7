"""Make the demo's dataset on the spot: music videos with a mood, as real files, with nothing downloaded.

The music is composed note by note and the pictures are painted frame by frame, all from a seed, so a demo needs no
network and infringes nothing. The files are as awkward as real ones: some are re-uploads, some share an opening,
one has black bars and one a logo; `planted.json` says which, so that an audit can be checked against it.
"""

import csv
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import current_process, get_context
from pathlib import Path

from .catalogue import CLIP_S, SourcePlan, plan_sources, planted
from .film import write_source

__all__ = ["COLUMNS", "synthesise"]

COLUMNS = (
    "file_name",
    "source_group",
    "start_s",
    "end_s",
    "title",
    "artist",
    "language",
    "country",
    "genre",
    "year",
    "label",
)
Progress = Callable[[int, int, str], None]


def synthesise(
    folder: Path,
    *,
    seed: int = 2021,
    n_sources: int = 24,
    progress: Progress | None = None,
    n_workers: int = 2,
) -> Path:
    """Write `n_sources` videos, `planted.json` and `manifest.csv` into `folder`; return the manifest's path.

    The default gives four sources for each of six emotions and about 60 clips of 30 s. `progress(done, total, name)` is
    called after each file. The same seed gives the same pictures and sounds. Raises `ValueError` for no sources.
    """
    if n_sources < 1:
        raise ValueError(f"n_sources is {n_sources}; a demo needs at least one source.")
    folder.mkdir(parents=True, exist_ok=True)
    plans = plan_sources(seed, n_sources)
    for done, name in enumerate(_written(plans, folder, n_workers), start=1):
        if progress is not None:
            progress(done, len(plans), name)
    found = json.dumps({"seed": seed, **planted(plans)}, ensure_ascii=False, indent=2)
    (folder / "planted.json").write_text(found + "\n", encoding="utf-8")
    manifest = folder / "manifest.csv"
    _write_manifest(manifest, plans)
    return manifest


def _written(plans: list[SourcePlan], folder: Path, n_workers: int) -> Iterator[str]:
    """The name of each source once its file is there, in the order of the plans."""
    # A Celery worker's process is a daemon, and daemons may not have children.
    if n_workers < 2 or len(plans) < 2 or current_process().daemon:
        for plan in plans:
            yield write_source(plan, folder).name
        return
    with ProcessPoolExecutor(min(n_workers, len(plans)), mp_context=get_context("spawn")) as pool:
        for path in pool.map(write_source, plans, [folder] * len(plans)):
            yield path.name


def _write_manifest(path: Path, plans: list[SourcePlan]) -> None:
    """One row for every clip; each source is its own group, re-uploads too: finding them is what audits are for."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for plan in plans:
            song = plan.song
            for k in range(int(plan.seconds // CLIP_S)):
                times = (f"{k * CLIP_S:g}", f"{(k + 1) * CLIP_S:g}")
                about = (song.title, song.artist, song.language, song.country, song.genre, song.year)
                writer.writerow((f"{plan.name}.mp4", plan.name, *times, *about, plan.emotion))
