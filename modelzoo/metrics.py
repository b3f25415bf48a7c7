"""How good predictions are: the paper's numbers, and the ones it lacks."""

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import (
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    roc_auc_score,
)

from modelzoo.errors import ScoreError
from modelzoo.labels import EMOTIONS, N_EMOTIONS
from modelzoo.uncertainty import checked

N_CALIBRATION_BINS: Final = 15
# A wrong answer given with certainty would cost infinitely much; this caps it at 27.6 nats.
MIN_PROBABILITY: Final = 1e-12

Probs = NDArray[np.float64]
Truth = NDArray[np.int64]


def classification_metrics(probs: ArrayLike, truth: ArrayLike) -> dict[str, Any]:
    """Everything worth reporting of a split, as plain values for JSON; what is undefined is None.

    `probs`: (clip, 6), rows sum to 1. `truth`: (clip,) positions in `EMOTIONS`. `confusion` has true emotions as
    rows and predicted ones as columns. Raises `ScoreError` for no clips, a wrong shape or an unknown position.
    """
    probs, truth = checked(probs), np.asarray(truth, np.int64)
    if len(truth) != len(probs) or not len(truth):
        raise ScoreError(
            f"{len(truth)} labels for {len(probs)} predictions; give one label per clip, at least one."
        )
    if not np.isin(truth, np.arange(N_EMOTIONS)).all():
        raise ScoreError(
            f"Labels hold {sorted(set(truth.tolist()))}; expected positions 0 to {N_EMOTIONS - 1}."
        )
    predicted = probs.argmax(axis=1)
    per_class = _per_class(truth, predicted)
    return {
        "n_clips": len(truth),
        "labels": list(EMOTIONS),
        "accuracy": float((predicted == truth).mean()),
        "macro_f1": float(np.mean([row["f1"] for row in per_class.values() if row["f1"] is not None])),
        "paper_f1": paper_f1(probs, truth),
        "auc": macro_auc(probs, truth),
        "nll": float(-np.log(np.maximum(probs[np.arange(len(truth)), truth], MIN_PROBABILITY)).mean()),
        "ece": calibration_error(probs, truth),
        "confusion": confusion_matrix(truth, predicted, labels=range(N_EMOTIONS)).tolist(),
        "per_class": per_class,
    }


def paper_f1(probs: Probs, truth: Truth) -> float:
    """Macro F1 of probabilities rounded at 0.5, so that an unsure clip is given no emotion at all.

    The F1 of the paper's tables, recovered from the authors' logs. An emotion never given counts as 0.
    """
    given = np.round(probs).astype(int)
    return float(f1_score(np.eye(N_EMOTIONS, dtype=int)[truth], given, average="macro", zero_division=0))


def macro_auc(probs: Probs, truth: Truth) -> float | None:
    """Area under the ROC curve, one emotion against the rest, averaged over the emotions for which it exists.

    It does not exist for an emotion that no clip has, or that all have. None if it exists for no emotion.
    """
    areas = [
        roc_auc_score(truth == k, probs[:, k])
        for k in range(N_EMOTIONS)
        if 0 < (truth == k).sum() < len(truth)
    ]
    return float(np.mean(areas)) if areas else None


def calibration_error(probs: Probs, truth: Truth) -> float:
    """Expected calibration error: how far confidence is from accuracy, over 15 equal bins of confidence."""
    confidence = probs.max(axis=1)
    is_right = probs.argmax(axis=1) == truth
    bins = np.minimum((confidence * N_CALIBRATION_BINS).astype(int), N_CALIBRATION_BINS - 1)
    gaps = [
        abs(confidence[bins == b].mean() - is_right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def _per_class(truth: Truth, predicted: Truth) -> dict[str, dict[str, Any]]:
    """Precision is None for an emotion never predicted, recall for one never true, F1 where both."""
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=range(N_EMOTIONS), zero_division=np.nan
    )
    columns = zip(EMOTIONS, precision, recall, f1, support, strict=True)
    return {
        emotion: {"precision": _or_none(p), "recall": _or_none(r), "f1": _or_none(f), "n_clips": int(n)}
        for emotion, p, r, f, n in columns
    }


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
