"""The three jobs of the command line, from manifest to files: extract, train, score."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelzoo.errors import TrainingError
from modelzoo.events import EventLog, now
from modelzoo.extraction import extract_all
from modelzoo.files import write_atomically
from modelzoo.labels import EMOTIONS
from modelzoo.manifest import Manifest, ManifestRow, assert_source_disjoint, labelled, read_manifest
from modelzoo.options import TrainingConfig
from modelzoo.specs import ModelSpec, get_spec
from modelzoo.store import FeatureStore

if TYPE_CHECKING:
    from modelzoo.data import Normalisation
    from modelzoo.networks import EmotionNet
    from modelzoo.training import FitResult


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a job works: feature store, processes, threads, device."""

    features: Path
    n_workers: int = 1
    n_threads: int | None = None
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train, and where to leave it."""

    manifest: Path
    spec: str
    run_dir: Path
    config: TrainingConfig
    width: float = 1.0
    has_soft_targets: bool = False


@dataclass(frozen=True, slots=True)
class Splits:
    """The labelled rows of each split."""

    train: list[ManifestRow]
    validation: list[ManifestRow]
    test: list[ManifestRow]

    @property
    def all(self) -> list[ManifestRow]:
        """Every row a training run reads."""
        return [*self.train, *self.validation, *self.test]


@dataclass(frozen=True, slots=True)
class _Job:
    """One training run with everything found out about it."""

    request: TrainRequest
    setting: Setting
    spec: ModelSpec
    manifest: Manifest
    splits: Splits
    device: str
    net: "EmotionNet"

    @property
    def checkpoint(self) -> Path:
        return self.request.run_dir / "checkpoint.pt"

    @property
    def identity(self) -> dict[str, Any]:
        """What must be equal for a checkpoint to be this run's; with the training options, all that decides it."""
        return {
            "spec": self.spec.name,
            "width": self.request.width,
            "settings": self.spec.settings.digest,
            "manifest_sha256": self.manifest.sha256,
            "has_soft_targets": self.request.has_soft_targets,
        }


def run_features(manifest_path: Path, spec_name: str, setting: Setting, log: EventLog) -> int:
    """Store the features of every clip of a manifest. Returns how many clips it lists."""
    spec = get_spec(spec_name)
    manifest = read_manifest(manifest_path)
    _extract(manifest, manifest.rows, spec, setting, log)
    return len(manifest.rows)


def run_score(model_path: Path, manifest_path: Path, out: Path, setting: Setting, log: EventLog) -> int:
    """Write the probabilities of every clip of a manifest to `out`, in its order. Returns how many."""
    from modelzoo.checkpoints import load_model
    from modelzoo.data import ClipDataset
    from modelzoo.training import predict

    model = load_model(model_path)
    manifest = read_manifest(manifest_path)
    spec, device = model.net.spec, _prepare_torch(setting)
    log.emit("started", spec=spec.name, n_clips=len(manifest.rows), device=device, t=now())
    store = _extract(manifest, manifest.rows, spec, setting, log)
    dataset = ClipDataset(manifest, manifest.rows, store, spec, model.normalisation)
    probs = predict(model.net, dataset, device=device, n_threads=_reading_threads(setting, device))
    lines = [
        json.dumps(
            {"clip": row.clip, "probs": dict(zip(EMOTIONS, p.tolist(), strict=True))}, ensure_ascii=False
        )
        for row, p in zip(manifest.rows, probs, strict=True)
    ]
    write_atomically(out, "".join(f"{line}\n" for line in lines).encode())
    log.emit("finished", t=now())
    return len(lines)


def run_train(request: TrainRequest, setting: Setting, log: EventLog) -> None:
    """Train, evaluate and save; resume if the run folder holds a checkpoint.

    Leaves checkpoint.pt, model.safetensors and metrics.json in the run folder.
    """
    job = _planned(request, setting)
    state = _saved_state(job)
    _introduce(job, state, log)
    store = _extract(job.manifest, job.splits.all, job.spec, setting, log)
    normalisation = _normalisation(job, state, store)
    result = _fit(job, store, normalisation, log)
    _leave_metrics(job, store, normalisation, result)
    _leave_model(job, normalisation, result)
    log.emit("finished", t=now())


def _planned(request: TrainRequest, setting: Setting) -> _Job:
    spec = get_spec(request.spec)
    manifest = read_manifest(request.manifest)
    splits = checked_splits(manifest)
    from modelzoo.networks import build
    from modelzoo.training import seed_everything

    device = _prepare_torch(setting)
    seed_everything(request.config.seed)
    return _Job(request, setting, spec, manifest, splits, device, build(spec, width=request.width))


def checked_splits(manifest: Manifest) -> Splits:
    """The labelled rows by split.

    Raises `SplitError` if a source group is in two splits, or if train or validation holds fewer than two
    emotions. A young dataset may have no test clips yet; its metrics then say null.
    """
    from modelzoo.data import check_split

    assert_source_disjoint(manifest.rows)
    check_split(manifest.in_split("train"), "train")
    check_split(manifest.in_split("validation"), "validation")
    return Splits(
        labelled(manifest.in_split("train")),
        labelled(manifest.in_split("validation")),
        labelled(manifest.in_split("test")),
    )


def _saved_state(job: _Job) -> dict[str, Any] | None:
    from modelzoo.checkpoints import load_checkpoint
    from modelzoo.training import check_identity

    state = load_checkpoint(job.checkpoint)
    if state:
        check_identity(state["identity"], {**job.identity, **asdict(job.request.config)}, job.checkpoint)
    return state


def _introduce(job: _Job, state: dict[str, Any] | None, log: EventLog) -> None:
    from modelzoo.networks import count_parameters

    log.emit(
        "started",
        spec=job.spec.name,
        n_parameters=count_parameters(job.net),
        n_train=len(job.splits.train),
        n_validation=len(job.splits.validation),
        n_test=len(job.splits.test),
        device=job.device,
        resumed_from_epoch=state["epoch"] if state else 0,
        t=now(),
    )
    # The checkpoint is written before its event: a run killed between the two tells the epoch now.
    told = log.epochs()
    for report in state["history"] if state else []:
        if report["epoch"] not in told:
            log.emit("epoch", **report, epochs=job.request.config.epochs)


def _extract(
    manifest: Manifest, rows: Iterable[ManifestRow], spec: ModelSpec, setting: Setting, log: EventLog
) -> FeatureStore:
    store = FeatureStore(setting.features)
    extract_all(
        manifest,
        rows,
        store,
        spec.settings,
        n_workers=setting.n_workers,
        on_progress=lambda done, total: log.emit("features", done=done, total=total),
    )
    return store


def _normalisation(job: _Job, state: dict[str, Any] | None, store: FeatureStore) -> "Normalisation":
    from modelzoo.data import Normalisation, fit_normalisation

    if state:
        return Normalisation.from_json(state["extra"]["normalisation"])
    return fit_normalisation(job.manifest, job.splits.train, store, job.spec)


def _fit(job: _Job, store: FeatureStore, normalisation: "Normalisation", log: EventLog) -> "FitResult":
    from modelzoo.data import ClipDataset
    from modelzoo.training import fit

    def clips(rows: list[ManifestRow]) -> ClipDataset:
        is_soft = job.request.has_soft_targets
        return ClipDataset(job.manifest, rows, store, job.spec, normalisation, has_soft_targets=is_soft)

    return fit(
        job.net,
        clips(job.splits.train),
        clips(job.splits.validation),
        job.request.config,
        checkpoint_path=job.checkpoint,
        identity=job.identity,
        extra={"normalisation": normalisation.to_json()},
        on_epoch=lambda report: log.emit("epoch", **asdict(report), epochs=job.request.config.epochs),
        device=job.device,
        n_threads=_reading_threads(job.setting, job.device),
    )


def _leave_metrics(
    job: _Job, store: FeatureStore, normalisation: "Normalisation", result: "FitResult"
) -> None:
    from modelzoo.data import ClipDataset, target_of
    from modelzoo.metrics import classification_metrics
    from modelzoo.training import predict

    metrics: dict[str, Any] = {"spec": job.spec.name, "best_epoch": result.best_epoch}
    for split, rows in (("validation", job.splits.validation), ("test", job.splits.test)):
        metrics[split] = None
        if rows:
            dataset = ClipDataset(job.manifest, rows, store, job.spec, normalisation)
            probs = predict(job.net, dataset, device=job.device)
            # Always against the hard label: soft targets are for learning, a confusion matrix needs one answer.
            truth = [target_of(row).argmax() for row in rows]
            metrics[split] = classification_metrics(probs, truth)
    write_atomically(job.request.run_dir / "metrics.json", json.dumps(metrics, indent=2).encode())


def _leave_model(job: _Job, normalisation: "Normalisation", result: "FitResult") -> None:
    from modelzoo.checkpoints import Provenance, code_version, save_model

    provenance = Provenance(
        spec=job.spec.name,
        normalisation=normalisation.to_json(),
        manifest_sha256=job.manifest.sha256,
        seed=job.request.config.seed,
        settings=job.spec.settings.to_json(),
        width=job.request.width,
        epoch=result.best_epoch,
        code_version=code_version(),
    )
    save_model(job.request.run_dir / "model.safetensors", job.net, provenance)


def _prepare_torch(setting: Setting) -> str:
    """Set the number of threads. Returns 'cpu' or 'cuda', whichever was asked for and exists."""
    import torch

    if setting.n_threads:
        torch.set_num_threads(setting.n_threads)
    has_cuda = torch.cuda.is_available()
    if setting.device == "auto":
        return "cuda" if has_cuda else "cpu"
    if setting.device == "cuda" and not has_cuda:
        raise TrainingError("Device 'cuda' was asked for, but torch finds no GPU; use --device auto or cpu.")
    return setting.device


def _reading_threads(setting: Setting, device: str) -> int:
    # On a CPU reading competes with computing; a GPU waits for it.
    return setting.n_workers if device == "cuda" else 0
