"""Rows to networks and back. Supervises `python -m modelzoo …` as a process of its own.

A subprocess, because CUDA never meets a fork that way, its memory goes back when it ends, and it can be
stopped with everything it started.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext as _

from curation.media import sha256_of
from curation.models import Clip, Split
from curation.querysets import ClipQuerySet
from modelzoo.labels import EMOTIONS
from modelzoo.manifest import ManifestRow, write_manifest
from modelzoo.manifest import Split as SplitName
from worker import jobs
from worker.errors import ProcessKilled, TrainingFailed
from worker.jobs import Hold
from worker.models import Job, Prediction, TrainingRun

POLL_S = 0.5
REPORT_S = 2.0
STOP_S = 10.0


def folder_of(run: TrainingRun) -> Path:
    """Where a run keeps its manifest, checkpoint, events and model."""
    return Path(settings.RUNS_ROOT) / run.folder.hex


def release_rows(run: TrainingRun) -> list[ManifestRow]:
    """The release of a run as the network reads it; of the present dataset only where the files lie.

    Media are named relative to the run's folder, so that a run goes on after its home has moved.
    """
    items = run.release.items.select_related("clip").order_by("clip__key")
    return [
        ManifestRow(
            clip=item.clip.key,
            media=os.path.relpath(settings.MEDIA_ROOT / item.clip.media, folder_of(run)),
            sha256=item.record["media"]["sha256"],
            source_group=item.source_group,
            split=cast(SplitName, item.split),
            label=item.emotion,
            probs=item.record["label_probs"] or None,
        )
        for item in items
    ]


def scorable_clips(run: TrainingRun) -> ClipQuerySet:
    """Every ready clip of the dataset that the loop may see: never a test clip."""
    clips = Clip.objects.filter(dataset=run.release.dataset_id).ready()
    seen: ClipQuerySet = clips.in_split(Split.TRAIN, Split.VALIDATION, Split.NONE)
    return seen.select_related("source__group").order_by("key")


def scorable_rows(run: TrainingRun) -> list[ManifestRow]:
    """The same as the network reads them, without labels."""
    return [
        ManifestRow(
            clip=clip.key,
            media=str(settings.MEDIA_ROOT / clip.media),
            sha256=clip.media_sha256,
            source_group=clip.source.group.name,
            split="none",
            label=None,
            probs=None,
        )
        for clip in scorable_clips(run)
    ]


def train(hold: Hold) -> dict[str, Any]:
    """Train a run from its release, or go on from its checkpoint. Raises `TrainingFailed`."""
    run = TrainingRun.objects.select_related("release").get(pk=hold.job.subject_id)
    folder = folder_of(run)
    folder.mkdir(parents=True, exist_ok=True)
    write_manifest(folder / "manifest.jsonl", release_rows(run))
    arguments = [
        "train",
        *("--manifest", folder / "manifest.jsonl", "--features", settings.FEATURES_ROOT),
        *("--run-dir", folder, "--spec", run.spec, "--epochs", run.epochs, "--batch-size", run.batch_size),
        *("--learning-rate", run.learning_rate, "--seed", run.seed, "--device", settings.DEVICE),
    ]
    events = folder / "events.jsonl"
    supervise(hold, arguments, events, lambda: follow_training(hold, run, events))
    run.metrics = json.loads((folder / "metrics.json").read_text())
    run.model_sha256 = sha256_of_model(folder)
    run.save(update_fields=["metrics", "model_sha256"])
    request_scoring(run)
    test = run.metrics.get("test") or {}
    return {"accuracy": test.get("accuracy"), "macro_f1": test.get("macro_f1")}


def sha256_of_model(folder: Path) -> str:
    """The hash that names the trained weights."""
    return sha256_of(folder / "model.safetensors")


def request_scoring(run: TrainingRun) -> Job:
    """Queue the scoring of all clips by a trained run, unless it is queued already."""
    job, created = Job.objects.get_or_create(
        kind=Job.Kind.SCORING,
        subject_id=run.pk,
        state__in=[Job.State.QUEUED, Job.State.RUNNING],
        defaults={"dataset": run.release.dataset, "created_by": run.created_by},
    )
    if created:
        jobs.wake(job)
    return job


def follow_training(hold: Hold, run: TrainingRun, events: Path) -> None:
    """Copy what the training process has said so far into the run and its job."""
    told = read_events(events)
    epochs = epochs_of(told)
    features = [e for e in told if e["event"] == "features"]
    started: dict[str, Any] = next((e for e in reversed(told) if e["event"] == "started"), {})
    if epochs != run.history or started != run.started:
        run.history, run.started = epochs, started
        run.save(update_fields=["history", "started"])
    if epochs:
        hold.report(done=len(epochs), total=run.epochs, note=_("Training"))
    elif features:
        hold.report(
            done=0,
            total=run.epochs,
            note=_("Preparing clips: %(done)d of %(total)d")
            % {"done": features[-1]["done"], "total": features[-1]["total"]},
        )
    else:
        hold.report(done=0, total=run.epochs, note=_("Starting"))


def epochs_of(told: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each epoch once: a resumed run tells again those after its checkpoint.

    >>> [e.get("epoch") for e in epochs_of([{"event": "epoch", "epoch": 1}, {"event": "epoch", "epoch": 2},
    ...     {"event": "started", "resumed_from_epoch": 1}, {"event": "epoch", "epoch": 2}])]
    [1, 2]
    """
    epochs: dict[int, dict[str, Any]] = {}
    for event in told:
        if event["event"] == "started":
            epochs = {n: e for n, e in epochs.items() if n <= event.get("resumed_from_epoch", 0)}
        elif event["event"] == "epoch":
            epochs[event["epoch"]] = event
    return list(epochs.values())


def read_events(path: Path) -> list[dict[str, Any]]:
    """What a process has written down; a line half-written at this moment is left for the next look."""
    if not path.exists():
        return []
    return list(parsed(path.read_text(encoding="utf-8", errors="replace").split("\n")))


def parsed(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Complete JSON lines."""
    for line in lines:
        with suppress(json.JSONDecodeError):
            yield json.loads(line)


def supervise(hold: Hold, arguments: Sequence[object], events: Path, follow: Callable[[], None]) -> None:
    """Run `python -m modelzoo` to its end, reporting to the job; stop it with the job.

    Raises `TrainingFailed` with the process's own last word; `JobCancelled` and `LeaseLost` pass through
    after the whole process group has been stopped.
    """
    log_path = events.with_name("log.txt")
    n_told = len(read_events(events))
    command = [sys.executable, "-m", "modelzoo", *map(str, arguments), "--die-with-parent"]
    hold.log(" ".join(["python", *command[1:]]))
    with log_path.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  (our own interpreter, our own arguments, no shell)
            command,
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        wait_while_following(process, follow)
    finally:
        stop_group(process)
    follow()
    if process.returncode < 0:
        raise ProcessKilled(
            _("The training process was killed by %(signal)s; perhaps the machine ran out of memory.")
            % {"signal": signal.Signals(-process.returncode).name}
        )
    if process.returncode != 0:
        raise TrainingFailed(last_word(read_events(events)[n_told:], log_path, process.returncode))


def wait_while_following(process: subprocess.Popen[bytes], follow: Callable[[], None]) -> None:
    """Wait for a process, looking after it every few seconds."""
    looked_at = 0.0
    while process.poll() is None:
        if time.monotonic() - looked_at >= REPORT_S:
            follow()
            looked_at = time.monotonic()
        time.sleep(POLL_S)


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """Stop a process and all it started: politely, so that it leaves a checkpoint, then for good."""
    if process.poll() is None:
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(STOP_S)
    # Also when it has ended by itself: what it started may have outlived it.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_S)


def last_word(told: Sequence[dict[str, Any]], log_path: Path, code: int) -> str:
    """Why a process failed, in its own words if it left any."""
    for event in reversed(told):
        if event["event"] == "failed":
            return str(event["reason"])
    log = log_path.read_text(errors="replace").strip().splitlines()
    return _("The training process ended with code %(code)d. Its last line was: %(line)s") % {
        "code": code,
        "line": log[-1] if log else "–",
    }


def score(hold: Hold) -> dict[str, Any]:
    """Ask a trained run about every clip the loop may see. Raises `TrainingFailed`."""
    run = TrainingRun.objects.select_related("release").get(pk=hold.job.subject_id)
    folder = folder_of(run)
    rows = scorable_rows(run)
    if not rows:
        return {"n_predictions": 0}
    write_manifest(folder / "score-manifest.jsonl", rows)
    out, events = folder / "predictions.jsonl", folder / "scoring-events.jsonl"
    arguments = [
        "score",
        *("--model", folder / "model.safetensors", "--manifest", folder / "score-manifest.jsonl"),
        *("--features", settings.FEATURES_ROOT, "--out", out, "--device", settings.DEVICE),
        *("--events", events),
    ]
    supervise(hold, arguments, events, lambda: hold.report(total=len(rows), note=_("Scoring")))
    n_kept = keep_predictions(run, read_scores(out))
    hold.report(done=n_kept, total=len(rows), note="")
    return {"n_predictions": n_kept}


def read_scores(path: Path) -> dict[str, list[float]]:
    """Predictions by clip, six probabilities in the order of the emotions."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {row["clip"]: [float(row["probs"][emotion]) for emotion in EMOTIONS] for row in rows}


def keep_predictions(run: TrainingRun, probs: dict[str, list[float]]) -> int:
    """Store predictions, marking those of groups the run never learnt from."""
    learnt = set(run.learnt_groups().values_list("pk", flat=True))
    # Asked again: a group may have become a test group while the network was at work.
    clips = [clip for clip in scorable_clips(run) if clip.key in probs]
    Prediction.objects.bulk_create(
        (
            Prediction(
                run=run,
                clip=clip,
                probs=probs[clip.key],
                is_out_of_fold=clip.source.group_id not in learnt,
            )
            for clip in clips
        ),
        update_conflicts=True,
        unique_fields=["run", "clip"],
        update_fields=["probs", "is_out_of_fold"],
        batch_size=500,
    )
    return len(clips)
