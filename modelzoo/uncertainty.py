"""How unsure a network is of each clip. Every score is higher for a clip more worth another look."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelzoo.errors import ScoreError
from modelzoo.labels import N_EMOTIONS

SUM_TOLERANCE: Final = 1e-3
Scores = NDArray[np.float64]


def entropy(probs: ArrayLike) -> Scores:
    """Predictive entropy in nats. `probs`: (clip, 6), rows sum to 1. Returns (clip,) in [0, ln 6].

    Raises `ScoreError` if a row is not a probability distribution.

    >>> entropy([[1, 0, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0, 0]]).round(4).tolist()
    [0.0, 0.6931]
    """
    p = checked(probs)
    # 0 ln 0 is 0: the limit, and what an impossible emotion adds.
    terms = p * np.log(p, out=np.zeros_like(p), where=p > 0)
    # Subtracting from 0.0 keeps a certain clip at 0.0 rather than -0.0.
    return np.asarray(np.maximum(0.0 - terms.sum(axis=1), 0.0), np.float64)


def margin(probs: ArrayLike) -> Scores:
    """One minus the lead of the likeliest emotion over the second. Returns (clip,) in [0, 1].

    `probs`: (clip, 6), rows sum to 1. A tie between two emotions scores 1. Raises `ScoreError` as `entropy`.

    >>> margin([[0.6, 0.3, 0.1, 0, 0, 0], [0.5, 0.5, 0, 0, 0, 0]]).round(4).tolist()
    [0.7, 1.0]
    """
    second, first = np.sort(checked(probs), axis=1)[:, -2:].T
    return np.asarray(1 - (first - second), np.float64)


def least_confidence(probs: ArrayLike) -> Scores:
    """One minus the probability of the likeliest emotion. Returns (clip,) in [0, 5/6].

    `probs`: (clip, 6), rows sum to 1. Raises `ScoreError` as `entropy`.

    >>> least_confidence([[0.7, 0.2, 0.1, 0, 0, 0]]).round(4).tolist()
    [0.3]
    """
    return np.asarray(1 - checked(probs).max(axis=1), np.float64)


def checked(probs: ArrayLike) -> NDArray[np.float64]:
    """`probs` as (clip, 6) float64 whose rows sum to exactly 1.

    Raises `ScoreError` for another shape, a value outside [0, 1] or not finite, or a sum off by more than 0.001
    (float16 rounding stays far below that).
    """
    p = _as_numbers(probs)
    if p.ndim != 2 or p.shape[1] != N_EMOTIONS:
        raise ScoreError(
            f"Probabilities have shape {p.shape}; expected (clip, {N_EMOTIONS}), one row per clip."
        )
    is_wrong = ~np.isfinite(p).all(axis=1) | (p < 0).any(axis=1)
    if is_wrong.any():
        row = int(is_wrong.argmax())
        raise ScoreError(
            f"Row {row} of the probabilities is {p[row].tolist()}; expected numbers from 0 to 1."
        )
    sums = p.sum(axis=1)
    is_off = np.abs(sums - 1) > SUM_TOLERANCE
    if is_off.any():
        row = int(is_off.argmax())
        raise ScoreError(
            f"Row {row} of the probabilities sums to {sums[row]:.4f}, not 1; pass them through softmax."
        )
    return np.asarray(p / sums[:, None], np.float64)


def _as_numbers(probs: ArrayLike) -> NDArray[np.float64]:
    try:
        return np.asarray(probs, np.float64)
    except (TypeError, ValueError) as error:
        raise ScoreError(
            f"Probabilities are not numbers ({error}); expected (clip, {N_EMOTIONS})."
        ) from error
