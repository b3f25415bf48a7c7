"""Clips as tensors: what the networks train on and score."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from modelzoo.errors import SplitError
from modelzoo.features import Features
from modelzoo.labels import EMOTIONS, N_EMOTIONS, emotion_index
from modelzoo.manifest import Manifest, ManifestRow, Split
from modelzoo.specs import Modality, ModelSpec, StreamSpec
from modelzoo.store import FeatureStore


class Sample(NamedTuple):
    """inputs: by stream, without the batch axis. target: (6,) float32, the share of each emotion."""

    inputs: dict[str, Tensor]
    target: Tensor


class Samples(Protocol):
    """Anything with a length whose items are samples."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Sample: ...


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and standard deviation of each channel of each modality, over the training clips.

    The authors use one mean and one deviation for a whole modality; per channel, decibels do not drown the
    phase (docs/deviations.md).
    """

    mean: Mapping[str, tuple[float, ...]]
    std: Mapping[str, tuple[float, ...]]

    def to_json(self) -> dict[str, Any]:
        """As plain values, for a checkpoint."""
        return {
            "mean": {k: list(v) for k, v in self.mean.items()},
            "std": {k: list(v) for k, v in self.std.items()},
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Normalisation":
        """The inverse of `to_json`."""
        return cls(
            {k: tuple(v) for k, v in values["mean"].items()}, {k: tuple(v) for k, v in values["std"].items()}
        )


class ClipDataset:
    """The clips `rows`, read from the store when asked for (extracted then, if they must be).

    Targets are the hard label, or the people's distribution where `has_soft_targets` and the row has one; a
    row with neither has a target of zeros, fit for scoring only.
    """

    def __init__(
        self,
        manifest: Manifest,
        rows: Sequence[ManifestRow],
        store: FeatureStore,
        spec: ModelSpec,
        normalisation: Normalisation,
        *,
        has_soft_targets: bool = False,
    ) -> None:
        self.manifest, self.rows, self.store, self.spec = manifest, rows, store, spec
        self.normalisation = normalisation
        self.has_soft_targets = has_soft_targets

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Sample:
        row = self.rows[index]
        features = read_features(self.manifest, row, self.store, self.spec)
        inputs = {s.name: stream_input(features, s, self.normalisation) for s in self.spec.streams}
        return Sample(inputs, torch.from_numpy(target_of(row, has_soft_targets=self.has_soft_targets)))


def read_features(manifest: Manifest, row: ManifestRow, store: FeatureStore, spec: ModelSpec) -> Features:
    """The arrays of one clip that `spec` needs, and no others."""
    keys = [key for modality in spec.modalities for key in (modality, f"has_{modality}")]
    return store.get_or_extract(manifest.media_path(row), row.sha256, spec.settings, keys)


def stream_input(features: Features, stream: StreamSpec, normalisation: Normalisation) -> Tensor:
    """Standardised float32: music (2, mel, column), pictures (3, height, width, frame).

    A modality the clip does not have becomes zeros, the mean of the training clips: silence or black would
    say something about its emotion.
    """
    values = channels_first(features[stream.modality], stream.modality)
    if stream.n_frames is not None:
        values = values[..., equal_intervals(values.shape[-1], stream.n_frames)]
    if not features[f"has_{stream.modality}"][0]:
        return torch.zeros(values.shape)
    per_channel = (-1, *[1] * (values.ndim - 1))
    mean = np.reshape(np.array(normalisation.mean[stream.modality], np.float32), per_channel)
    std = np.reshape(np.array(normalisation.std[stream.modality], np.float32), per_channel)
    return torch.from_numpy((values.astype(np.float32) - mean) / std)


def channels_first(values: NDArray[Any], modality: Modality) -> NDArray[Any]:
    """Pictures (frame, height, width, 3) to (3, height, width, frame); music is so already."""
    return values if modality == "music" else values.transpose(3, 1, 2, 0)


def equal_intervals(n_given: int, n_wanted: int) -> NDArray[np.int64]:
    """Positions of `n_wanted` out of `n_given`: the middles of equal intervals.

    >>> equal_intervals(64, 8).tolist()
    [4, 12, 20, 28, 36, 44, 52, 60]
    """
    return ((np.arange(n_wanted) + 0.5) * n_given / n_wanted).astype(np.int64)


def target_of(row: ManifestRow, *, has_soft_targets: bool = False) -> NDArray[np.float32]:
    """(6,) float32: the row's distribution if wanted and known, else its label as 0 and 1, else zeros."""
    if has_soft_targets and row.probs is not None:
        return np.array([row.probs.get(emotion, 0.0) for emotion in EMOTIONS], np.float32)
    target = np.zeros(N_EMOTIONS, np.float32)
    if row.label is not None:
        target[emotion_index(row.label)] = 1
    return target


def fit_normalisation(
    manifest: Manifest, rows: Sequence[ManifestRow], store: FeatureStore, spec: ModelSpec
) -> Normalisation:
    """Statistics over all values of the clips that have the modality; (0, 1) where none does."""
    sums: dict[str, NDArray[np.float64]] = {}
    for row in rows:
        features = read_features(manifest, row, store, spec)
        for modality in spec.modalities:
            if features[f"has_{modality}"][0]:
                values = channels_first(features[modality], modality).astype(np.float64)
                values = values.reshape(len(values), -1)
                n = np.full(len(values), values.shape[1])
                moments = np.stack((n, values.sum(axis=1), (values**2).sum(axis=1)))
                sums[modality] = sums.get(modality, 0) + moments
    mean: dict[str, tuple[float, ...]] = {}
    std: dict[str, tuple[float, ...]] = {}
    for modality in spec.modalities:
        n_channels = 2 if modality == "music" else 3
        n, total, squares = sums.get(modality, np.array([[1], [0], [1]]) * np.ones(n_channels))
        mean[modality] = tuple(float(v) for v in total / n)
        # A constant channel (always black) is left at 0 rather than divided by it.
        std[modality] = tuple(float(v) for v in np.sqrt(np.maximum(squares / n - (total / n) ** 2, 1e-6)))
    return Normalisation(mean, std)


def check_split(rows: Sequence[ManifestRow], split: Split) -> None:
    """Raise `SplitError` if no clip of `split` is labelled, or if there is only one emotion to learn.

    Validation by one emotion says little, but says it: with a dozen clips there may be no other.
    """
    counts = Counter(row.label for row in rows if row.label is not None)
    if not counts:
        raise SplitError(
            f"Split {split!r} holds no labelled clip; label some clips or assign labelled ones to it."
        )
    if split == "train" and len(counts) < 2:
        ((label, n),) = counts.items()
        raise SplitError(
            f"All {n} labelled clips of split {split!r} are {label!r}; a network needs at least 2 emotions there, "
            "so label or assign clips of another."
        )


def load_batches(
    samples: Samples, batches: Sequence[Sequence[int]], *, n_threads: int = 0
) -> Iterator[Sample]:
    """Each of `batches` (lists of positions) as one stacked sample, in order; threads read ahead.

    Threads, not processes: reading releases the interpreter, and nothing forks beside torch's own threads.
    """
    if n_threads < 1:
        for batch in batches:
            yield stacked([samples[i] for i in batch])
        return
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: list[list[Any]] = []
        for batch in batches:
            waiting.append([pool.submit(samples.__getitem__, i) for i in batch])
            if len(waiting) > 2:
                yield stacked([future.result() for future in waiting.pop(0)])
        for futures in waiting:
            yield stacked([future.result() for future in futures])


def stacked(samples: Sequence[Sample]) -> Sample:
    """Samples along a new first axis."""
    names = samples[0].inputs
    inputs = {name: torch.stack([sample.inputs[name] for sample in samples]) for name in names}
    return Sample(inputs, torch.stack([sample.target for sample in samples]))
