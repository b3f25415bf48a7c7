"""Doubt: worked by hand, then as properties."""

import doctest
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import ArrayLike, NDArray

from modelzoo import data, labels, manifest, media, specs, spectrogram, uncertainty
from modelzoo.errors import ScoreError
from modelzoo.uncertainty import entropy, least_confidence, margin

Score = Callable[[ArrayLike], NDArray[np.float64]]
SCORES: list[Score] = [entropy, margin, least_confidence]
HIGHEST: dict[Score, float] = {entropy: np.log(6), margin: 1.0, least_confidence: 5 / 6}
every_score = pytest.mark.parametrize("score", SCORES)

weights = arrays(np.float64, st.tuples(st.integers(1, 5), st.just(6)), elements=st.floats(0.001, 1))
probs_of_clips = weights.map(lambda w: w / w.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("module", [data, labels, manifest, media, specs, spectrogram, uncertainty])
def test_examples_in_docstrings_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@every_score
def test_even_probabilities_score_highest(score: Score) -> None:
    assert score(np.full((1, 6), 1 / 6))[0] == pytest.approx(HIGHEST[score])


@every_score
def test_certainty_scores_zero(score: Score) -> None:
    assert score(np.eye(6)).tolist() == [0.0] * 6


@every_score
@given(probs=probs_of_clips)
def test_scores_stay_within_their_bounds(score: Score, probs: NDArray[np.float64]) -> None:
    values = score(probs)
    assert values.shape == (len(probs),)
    assert (values >= 0).all()
    assert (values <= HIGHEST[score] + 1e-9).all()


@every_score
@given(probs=probs_of_clips, order=st.permutations(range(6)))
def test_scores_ignore_which_emotion_is_which(
    score: Score, probs: NDArray[np.float64], order: list[int]
) -> None:
    assert score(probs[:, order]) == pytest.approx(score(probs), abs=1e-12)


@every_score
@given(probs=probs_of_clips)
def test_a_clip_scores_the_same_alone(score: Score, probs: NDArray[np.float64]) -> None:
    assert score(probs[:1])[0] == pytest.approx(score(probs)[0])


@every_score
@given(probs=probs_of_clips, share=st.floats(0, 1))
def test_mixing_with_even_probabilities_never_lowers_doubt(
    score: Score, probs: NDArray[np.float64], share: float
) -> None:
    mixed = (1 - share) * probs + share / 6
    assert (score(mixed) >= score(probs) - 1e-9).all()


@every_score
@pytest.mark.parametrize(
    ("probs", "message"),
    [
        ([[0.5] * 6], "Row 0 of the probabilities sums to 3.0000, not 1"),
        ([[1 / 6] * 6, [1.2, -0.2, 0, 0, 0, 0]], "Row 1 of the probabilities is"),
        ([[np.nan] * 6], "expected numbers from 0 to 1"),
        ([0.5, 0.5], r"shape \(2,\); expected \(clip, 6\)"),
        ([["a"] * 6], "not numbers"),
    ],
)
def test_what_is_no_distribution_is_refused(score: Score, probs: NDArray[np.float64], message: str) -> None:
    with pytest.raises(ScoreError, match=message):
        score(probs)


@every_score
def test_no_clips_have_no_scores(score: Score) -> None:
    assert score(np.zeros((0, 6))).shape == (0,)
