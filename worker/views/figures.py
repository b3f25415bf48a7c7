"""A run's numbers as pages draw them: curves, confusion matrices, tables. Pure: JSON in, rows out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from curation.emotions import Emotion
from curation.models import Split

HEAT_STEPS = 10


class Cell(NamedTuple):
    """One cell of a confusion matrix. `heat` is the row's share in tenths, 0 to 9."""

    n: int
    share: float
    heat: int
    is_diagonal: bool


class MatrixRow(NamedTuple):
    """The clips of one true emotion, by the emotion the network gave them."""

    emotion: Emotion
    cells: list[Cell]
    n_clips: int


def matrix(confusion: Sequence[Sequence[int]] | None) -> list[MatrixRow]:
    """A confusion matrix to draw: true emotions as rows, predicted ones as columns; none without numbers.

    >>> row = matrix([[3, 1, 0, 0, 0, 0], *[[0] * 6] * 5])[0]
    >>> [cell.heat for cell in row.cells][:3], row.cells[0].is_diagonal
    ([7, 2, 0], True)
    """
    rows = []
    for i, (emotion, counts) in enumerate(zip(Emotion, confusion or (), strict=False)):
        n_clips = sum(counts)
        shares = [n / n_clips if n_clips else 0.0 for n in counts]
        cells = [
            Cell(n, share, min(HEAT_STEPS - 1, int(share * HEAT_STEPS)), i == j)
            for j, (n, share) in enumerate(zip(counts, shares, strict=True))
        ]
        rows.append(MatrixRow(emotion, cells, n_clips))
    return rows


class ClassRow(NamedTuple):
    """How one emotion was recognised; a number that is undefined is None."""

    emotion: Emotion
    precision: float | None
    recall: float | None
    f1: float | None
    n_clips: int | None


def class_rows(per_class: Mapping[str, Mapping[str, Any]] | None) -> list[ClassRow]:
    """The table of the six emotions; none without numbers."""
    if not per_class:
        return []
    found = [(emotion, per_class.get(emotion.value, {})) for emotion in Emotion]
    return [
        ClassRow(emotion, row.get("precision"), row.get("recall"), row.get("f1"), row.get("n_clips"))
        for emotion, row in found
    ]


class SplitFigures(NamedTuple):
    """What a run achieved on one split."""

    split: str
    label: str | Promise
    metrics: Mapping[str, Any]
    matrix: list[MatrixRow]
    classes: list[ClassRow]


def figures(metrics: Mapping[str, Any]) -> list[SplitFigures]:
    """The splits a run was measured on, the test clips first."""
    return [
        SplitFigures(
            split.value,
            split.label,
            metrics[split.value],
            matrix(metrics[split.value].get("confusion")),
            class_rows(metrics[split.value].get("per_class")),
        )
        for split in (Split.TEST, Split.VALIDATION)
        if metrics.get(split.value)
    ]


def epochs_of(history: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each epoch once, in order: one that was interrupted and trained again counts as the later."""
    latest = {epoch["epoch"]: epoch for epoch in history if "epoch" in epoch}
    return [latest[number] for number in sorted(latest)]


def curves(history: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The two charts of a run, as `chart.js` reads them."""
    epochs = epochs_of(history)
    numbers = {"label": _("Epoch"), "values": [epoch["epoch"] for epoch in epochs]}

    def series(label: str, name: str) -> dict[str, Any]:
        return {"label": label, "values": [epoch.get(name) for epoch in epochs]}

    return {
        "loss": {
            "x": numbers,
            "series": [
                series(_("Training loss"), "train_loss"),
                series(_("Validation loss"), "validation_loss"),
            ],
        },
        "quality": {
            "x": numbers,
            "series": [
                series(_("Validation accuracy"), "validation_accuracy"),
                series(_("Validation macro F1"), "validation_macro_f1"),
            ],
        },
    }
