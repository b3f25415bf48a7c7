"""Features of many clips, on several processes. Safe to run again: what is stored is not computed twice."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final, NamedTuple

from modelzoo.errors import MediaError
from modelzoo.inputs import FeatureSettings
from modelzoo.manifest import Manifest, ManifestRow
from modelzoo.process import die_with_parent
from modelzoo.store import FeatureStore

# Below this a pool costs more to start (about two seconds of imports) than it saves.
MIN_CLIPS_FOR_POOL: Final = 8

Progress = Callable[[int, int], None]


class Task(NamedTuple):
    """What a process needs to extract one clip."""

    root: Path
    media_path: Path
    sha256: str
    settings: FeatureSettings


def extract_all(
    manifest: Manifest,
    rows: Iterable[ManifestRow],
    store: FeatureStore,
    settings: FeatureSettings,
    *,
    n_workers: int = 1,
    on_progress: Progress | None = None,
) -> None:
    """Store the features of every row. `on_progress(done, total)` is told of each clip, stored ones first.

    One unreadable clip does not keep the others from being stored; then raises `MediaError`, counting the
    unreadable ones and quoting the first.
    """
    tasks = {row.sha256: Task(store.root, manifest.media_path(row), row.sha256, settings) for row in rows}
    missing = [task for task in tasks.values() if not store.has(task.sha256, settings)]
    done, total = len(tasks) - len(missing), len(tasks)
    report = on_progress or (lambda _done, _total: None)
    report(done, total)
    failures: list[str] = []
    for failure in _results(missing, n_workers):
        done += 1
        failures += [failure] if failure else []
        report(done, total)
    if failures:
        raise MediaError(f"{len(failures)} of {total} clips cannot be read. The first: {failures[0]}")


def _results(tasks: list[Task], n_workers: int) -> Iterator[str | None]:
    if n_workers < 2 or len(tasks) < MIN_CLIPS_FOR_POOL:
        yield from map(extract_one, tasks)
        return
    pool = ProcessPoolExecutor(
        min(n_workers, len(tasks)),
        # Spawned, not forked: the parent may already hold torch's threads, and a forked child would hang on them.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(os.getpid(),),
    )
    try:
        futures: list[Future[str | None]] = [pool.submit(extract_one, task) for task in tasks]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise MediaError(
            "A process that extracts features died; the machine may be short of memory, so use fewer workers."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def extract_one(task: Task) -> str | None:
    """Store one clip's features. Returns why it cannot be read, or None."""
    try:
        FeatureStore(task.root).get_or_extract(task.media_path, task.sha256, task.settings, keys=())
    except MediaError as error:
        return str(error)
    return None


def _start_worker(parent_pid: int) -> None:
    import cv2

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # A parent killed outright cannot say goodbye, and its workers would wait for work for ever.
    die_with_parent(parent_pid)
    cv2.setNumThreads(1)
