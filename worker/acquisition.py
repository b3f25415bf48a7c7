"""Which scored clips go back to people. Pure: numbers in, choices out."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from modelzoo import uncertainty

Score = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]

STRATEGIES: dict[str, Score] = {
    "entropy": uncertainty.entropy,
    "margin": uncertainty.margin,
    "least_confidence": uncertainty.least_confidence,
}


class Candidate(NamedTuple):
    """A clip the loop may send back: its key, its group of sources, six probabilities."""

    clip: str
    group: int
    probs: Sequence[float]


class Choice(NamedTuple):
    """A chosen clip and how uncertain the model is of it, higher first."""

    clip: str
    score: float


def pick(candidates: Sequence[Candidate], *, strategy: str, budget: int) -> list[Choice]:
    """The most uncertain clips, at most one of each group of sources, at most `budget`.

    Ties go to the lower clip key, so the same predictions always give the same choice. Near-identical
    clips of one song would otherwise fill the budget.
    """
    if not candidates:
        return []
    scores = STRATEGIES[strategy](np.array([c.probs for c in candidates], dtype=np.float64))
    ranked = sorted(zip(candidates, scores.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0].clip))
    chosen: list[Choice] = []
    groups: set[int] = set()
    for candidate, score in ranked:
        if len(chosen) >= budget:
            break
        if candidate.group not in groups:
            groups.add(candidate.group)
            chosen.append(Choice(candidate.clip, score))
    return chosen
