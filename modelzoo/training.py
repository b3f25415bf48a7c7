"""Training that can be stopped at any moment and resumed to the same weights, bit for bit on a CPU."""

import contextlib
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from modelzoo.checkpoints import (
    FORMAT_VERSION,
    load_checkpoint,
    random_states,
    restore_random_states,
    save_checkpoint,
)
from modelzoo.data import Sample, Samples, load_batches
from modelzoo.errors import CheckpointError, TrainingError
from modelzoo.metrics import classification_metrics
from modelzoo.networks import EmotionNet
from modelzoo.options import TrainingConfig

# Enough batches for steady statistics; a pass over all of a large dataset would cost a third of an epoch.
MAX_REFRESH_BATCHES: Final = 64


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What one epoch achieved. Losses in nats per clip."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_accuracy: float
    validation_macro_f1: float
    samples_per_s: float
    t: float


@dataclass(frozen=True, slots=True)
class FitResult:
    """The epochs told so far and which of them had the lowest validation loss."""

    history: tuple[EpochReport, ...]
    best_epoch: int


@dataclass(frozen=True, slots=True)
class _Run:
    """Everything that one call of `fit` carries from step to step."""

    net: EmotionNet
    train: Samples
    validation: Samples
    config: TrainingConfig
    device: torch.device
    n_threads: int
    optimizer: torch.optim.Optimizer
    order: torch.Generator


@dataclass(slots=True)
class _Progress:
    """What is saved at the end of an epoch beside weights and random states."""

    epoch: int
    history: list[EpochReport]
    best_loss: float
    best_epoch: int
    best_model: dict[str, Tensor]


def fit(
    net: EmotionNet,
    train: Samples,
    validation: Samples,
    config: TrainingConfig,
    *,
    checkpoint_path: Path | None = None,
    identity: dict[str, Any] | None = None,
    extra: dict[str, Any] | None = None,
    on_epoch: Callable[[EpochReport], None] | None = None,
    device: str = "cpu",
    n_threads: int = 0,
) -> FitResult:
    """Train `net` in place and leave it with the weights of the epoch of lowest validation loss.

    With `checkpoint_path`, the state is saved before the first epoch and after each one, then `on_epoch` is
    called; if the file exists, training goes on from it. `identity` says what the run is: a checkpoint of another
    identity is refused. `extra` is kept in the checkpoint as given. Raises `TrainingError` when the loss is no
    longer a number, `CheckpointError` for a damaged or foreign checkpoint.
    """
    identity = {**(identity or {}), **asdict(config)}
    with _deterministic(device):
        run = _start(net, train, validation, config, device, n_threads)
        progress = _resume(run, checkpoint_path, identity) or _Progress(0, [], math.inf, 0, _weights(net))
        kept = {"identity": identity, "extra": extra or {}}
        if not progress.epoch:
            _save(run, progress, checkpoint_path, kept)
        while not _is_finished(progress, config):
            report = _epoch(run, progress)
            _save(run, progress, checkpoint_path, kept)
            if on_epoch:
                on_epoch(report)
    net.load_state_dict(progress.best_model)
    return FitResult(tuple(progress.history), progress.best_epoch)


def predict(
    net: EmotionNet, samples: Samples, *, batch_size: int = 8, device: str = "cpu", n_threads: int = 0
) -> NDArray[np.float64]:
    """(clip, 6) probabilities, in the order of `samples`."""
    net.to(device).eval()
    batches = _chunks(range(len(samples)), batch_size)
    probs: list[Tensor] = [torch.zeros(0, net.head.out_features, dtype=torch.float64)]
    with torch.inference_mode():
        for batch in load_batches(samples, batches, n_threads=n_threads):
            logits = net(_moved(batch, torch.device(device)).inputs).logits
            probs.append(torch.softmax(logits.double(), dim=1).cpu())
    return torch.cat(probs).numpy()


def refresh_statistics(net: nn.Module, batches: Iterator[Sample], device: torch.device) -> None:
    """Set every batch norm's running statistics to the plain mean over `batches`, at the present weights.

    Keras' momentum of .99 needs some 500 steps to forget its initial values; a run of a few dozen clips ends
    long before, and would be evaluated with statistics of no network at all (docs/deviations.md).
    """
    norms = [m for m in net.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a cumulative mean
    net.train()
    with torch.no_grad():
        for batch in batches:
            net(_moved(batch, device).inputs)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def _start(
    net: EmotionNet, train: Samples, validation: Samples, config: TrainingConfig, device: str, n_threads: int
) -> _Run:
    seed_everything(config.seed)
    net.to(device)
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    optimizer = kind(net.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    order = torch.Generator().manual_seed(config.seed)
    return _Run(net, train, validation, config, torch.device(device), n_threads, optimizer, order)


def _epoch(run: _Run, progress: _Progress) -> EpochReport:
    epoch = progress.epoch + 1
    started = time.perf_counter()
    batches = batch_order(len(run.train), run.config.batch_size, run.order)
    train_loss = _train(run, batches, epoch)
    refresh = load_batches(run.train, batches[:MAX_REFRESH_BATCHES], n_threads=run.n_threads)
    refresh_statistics(run.net, refresh, run.device)
    seconds = time.perf_counter() - started
    probs, loss, truth = _evaluate(run)
    metrics = classification_metrics(probs, truth)
    report = EpochReport(
        epoch, train_loss, loss, metrics["accuracy"], metrics["macro_f1"],
        round(len(run.train) / seconds, 2), round(time.time(), 3),
    )  # fmt: skip
    progress.epoch = epoch
    progress.history.append(report)
    if loss < progress.best_loss:
        progress.best_loss, progress.best_epoch, progress.best_model = loss, epoch, _weights(run.net)
    return report


def _train(run: _Run, batches: Sequence[Sequence[int]], epoch: int) -> float:
    run.net.train()
    total = 0.0
    for step, batch in enumerate(load_batches(run.train, batches, n_threads=run.n_threads)):
        for group in run.optimizer.param_groups:
            group["lr"] = _rate(run.config, epoch - 1 + step / len(batches))
        inputs, target = _moved(batch, run.device)
        loss = cross_entropy(run.net(inputs).logits, target)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"The loss is {loss.item()} in epoch {epoch}; lower the learning rate of {run.config.learning_rate}."
            )
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        run.optimizer.step()
        total += loss.item() * len(target)
    return total / len(run.train)


def _evaluate(run: _Run) -> tuple[NDArray[np.float64], float, NDArray[np.int64]]:
    """Probabilities, mean cross-entropy in nats, and the position of the largest share of each target."""
    options = {"batch_size": run.config.batch_size, "n_threads": run.n_threads}
    probs = predict(run.net, run.validation, device=str(run.device), **options)
    targets = torch.stack([run.validation[i].target for i in range(len(run.validation))]).numpy()
    loss = -(targets * np.log(np.maximum(probs, 1e-12))).sum(axis=1).mean()
    return probs, float(loss), targets.argmax(axis=1)


def batch_order(n: int, batch_size: int, generator: torch.Generator) -> list[list[int]]:
    """0 to n-1 shuffled and cut into batches; a last batch of one joins the one before.

    One clip alone has no variance, which batch norm at the deepest stage (a single place) would need.
    """
    batches = _chunks(torch.randperm(n, generator=generator).tolist(), batch_size)
    if len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [batches[-2] + batches[-1]]
    return batches


def _chunks(positions: Sequence[int], size: int) -> list[list[int]]:
    return [list(positions[i : i + size]) for i in range(0, len(positions), size)]


def _rate(config: TrainingConfig, epochs_done: float) -> float:
    """A function of time alone, so that a resumed run needs no scheduler state."""
    if config.schedule == "constant":
        return config.learning_rate
    share = 0.5 * (1 + math.cos(math.pi * epochs_done / config.epochs))
    return config.learning_rate * (0.01 + 0.99 * share)


def _is_finished(progress: _Progress, config: TrainingConfig) -> bool:
    if progress.epoch >= config.epochs:
        return True
    return config.patience is not None and progress.epoch - progress.best_epoch >= config.patience


def _moved(batch: Sample, device: torch.device) -> Sample:
    inputs = {name: x.to(device, non_blocking=True) for name, x in batch.inputs.items()}
    return Sample(inputs, batch.target.to(device, non_blocking=True))


def _weights(net: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in net.state_dict().items()}


def _save(run: _Run, progress: _Progress, path: Path | None, kept: dict[str, Any]) -> None:
    if path is None:
        return
    state = {
        "format": FORMAT_VERSION,
        **kept,
        "epoch": progress.epoch,
        "history": [asdict(report) for report in progress.history],
        "best": {"loss": progress.best_loss, "epoch": progress.best_epoch, "model": progress.best_model},
        "model": _weights(run.net),
        "optimizer": run.optimizer.state_dict(),
        "random": random_states(),
        "sampler": run.order.get_state(),
    }
    save_checkpoint(path, state)


def _resume(run: _Run, path: Path | None, identity: dict[str, Any]) -> _Progress | None:
    state = None if path is None else load_checkpoint(path)
    if state is None:
        return None
    check_identity(state["identity"], identity, path)
    run.net.load_state_dict(state["model"])
    run.optimizer.load_state_dict(state["optimizer"])
    run.order.set_state(state["sampler"])
    restore_random_states(state["random"])
    history = [EpochReport(**values) for values in state["history"]]
    best = state["best"]
    return _Progress(state["epoch"], history, best["loss"], best["epoch"], best["model"])


def check_identity(saved: dict[str, Any], wanted: dict[str, Any], path: Path | None) -> None:
    """Raise `CheckpointError` naming the first thing in which the checkpoint's run differs from this one."""
    for name in sorted({*saved, *wanted}):
        if saved.get(name) != wanted.get(name):
            raise CheckpointError(
                f"Checkpoint '{path}' belongs to a run with {name} {saved.get(name)!r}, not {wanted.get(name)!r}; use "
                "the same options to resume it, or another run folder to start anew."
            )


@contextlib.contextmanager
def _deterministic(device: str) -> Iterator[None]:
    """Refuse kernels whose answer depends on timing. On CUDA 3-D pooling has no other, so there it only asks."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(device == "cpu")
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
