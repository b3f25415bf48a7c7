"""Metrics worked by hand, and what they say when a class is absent."""

import numpy as np
import pytest

from modelzoo.errors import ScoreError
from modelzoo.labels import EMOTIONS
from modelzoo.metrics import calibration_error, classification_metrics, macro_auc, paper_f1


def sure(*classes: int, confidence: float = 0.9) -> np.ndarray:
    probs = np.full((len(classes), 6), (1 - confidence) / 5)
    probs[np.arange(len(classes)), classes] = confidence
    return probs


def test_four_clips_worked_by_hand() -> None:
    """Truth 0 0 1 2, answers 0 1 1 2: F1 of 0 and 1 is 2/3, of 2 is 1; three of four are right."""
    metrics = classification_metrics(sure(0, 1, 1, 2), [0, 0, 1, 2])
    assert metrics["accuracy"] == 0.75
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert metrics["nll"] == pytest.approx(-(3 * np.log(0.9) + np.log(0.02)) / 4)
    assert metrics["ece"] == pytest.approx(0.15)
    assert metrics["n_clips"] == 4


def test_confusion_has_truth_in_rows_and_answers_in_columns() -> None:
    confusion = classification_metrics(sure(1), [0])["confusion"]
    assert np.shape(confusion) == (6, 6)
    assert confusion[0] == [0, 1, 0, 0, 0, 0]


def test_what_is_undefined_is_null() -> None:
    metrics = classification_metrics(sure(1, 1), [0, 0])
    assert metrics["auc"] is None
    assert metrics["per_class"]["Excited"] == {"precision": None, "recall": 0.0, "f1": 0.0, "n_clips": 2}
    assert metrics["per_class"]["Fear"] == {"precision": 0.0, "recall": None, "f1": 0.0, "n_clips": 0}
    assert metrics["per_class"]["Sad"] == {"precision": None, "recall": None, "f1": None, "n_clips": 0}


def test_classes_seen_nowhere_do_not_count_in_macro_f1() -> None:
    assert classification_metrics(sure(0, 3), [0, 3])["macro_f1"] == 1.0


def test_auc_is_the_mean_over_the_classes_that_have_one() -> None:
    """Emotion 0 is ranked perfectly, emotion 1 inversely; the four absent ones have no area."""
    probs = np.array([[0.6, 0.2, 0.2, 0, 0, 0], [0.4, 0.1, 0.5, 0, 0, 0]])
    assert macro_auc(probs, np.array([0, 1])) == pytest.approx((1.0 + 0.0) / 2)


def test_paper_f1_gives_an_unsure_clip_no_emotion() -> None:
    """Six certain answers make 1; with one of them at 0.5 its class has nothing, and 5/6 are left."""
    probs, truth = np.eye(6), np.arange(6)
    assert paper_f1(probs, truth) == 1.0
    probs[0] = [0.5, 0.5, 0, 0, 0, 0]
    assert paper_f1(probs, truth) == pytest.approx(5 / 6)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    assert calibration_error(sure(0, 0, 0, 0, confidence=0.75), np.array([0, 0, 0, 1])) == pytest.approx(0)
    assert calibration_error(sure(0, 0, confidence=0.9), np.array([1, 1])) == pytest.approx(0.9)


def test_order_of_clips_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    probs, truth = rng.dirichlet(np.ones(6), 40), rng.integers(0, 6, 40)
    order = rng.permutation(40)
    first, second = classification_metrics(probs, truth), classification_metrics(probs[order], truth[order])
    assert first["confusion"] == second["confusion"]
    assert [first[k] for k in ("macro_f1", "auc", "nll", "ece")] == pytest.approx(
        [second[k] for k in ("macro_f1", "auc", "nll", "ece")]
    )
    assert first["labels"] == list(EMOTIONS)


@pytest.mark.parametrize(
    ("probs", "truth", "message"),
    [
        (np.zeros((0, 6)), [], "0 labels for 0 predictions"),
        (sure(0), [0, 1], "2 labels for 1 predictions"),
        (sure(0), [6], "expected positions 0 to 5"),
        (np.ones((1, 6)), [0], "sums to 6"),
    ],
)
def test_impossible_question_is_refused(probs: np.ndarray, truth: list[int], message: str) -> None:
    with pytest.raises(ScoreError, match=message):
        classification_metrics(probs, truth)
