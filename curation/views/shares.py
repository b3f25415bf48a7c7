"""Counts and shares of emotions as pages draw them. Pure: numbers in, parts of a bar out."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise

from curation.emotions import Emotion
from curation.models import Split

SPLIT_ORDER = (Split.TRAIN, Split.VALIDATION, Split.TEST)


class Part(NamedTuple):
    """One emotion's stretch of a bar; `percent` and `start` lie in 0 to 100."""

    slug: str
    value: str
    label: str | Promise
    n: float
    percent: float
    start: float


def distribution(counts: Mapping[str, float]) -> list[Part]:
    """The stretches of a bar in the emotions' order, those that are there; empty for no counts at all.

    >>> [(part.slug, part.percent, part.start) for part in distribution({"Sad": 1, "Fear": 3})]
    [('fear', 75.0, 0.0), ('sad', 25.0, 75.0)]
    """
    total = sum(counts.values())
    parts: list[Part] = []
    for emotion in Emotion:
        n = counts.get(emotion.value, 0)
        if n:
            start = parts[-1].start + parts[-1].percent if parts else 0.0
            percent = 100 * n / total
            parts.append(Part(emotion.value.lower(), emotion.value, emotion.label, n, percent, start))
    return parts


class BalanceRow(NamedTuple):
    """One split of a balance: its clips of each emotion, in the emotions' order."""

    split: str
    label: str | Promise
    counts: list[int]
    n_clips: int
    n_groups: int | None
    parts: list[Part]


def balance_rows(
    balance: Mapping[str, Mapping[str, int]], n_groups: Mapping[str, int] | None = None
) -> list[BalanceRow]:
    """The table of a balance; clips without a split come last, where there are any."""
    splits = [*SPLIT_ORDER, *([Split.NONE] if balance.get(Split.NONE) else [])]
    rows = []
    for split in splits:
        counts = balance.get(split.value, {})
        rows.append(
            BalanceRow(
                split=split.value,
                label=split.label,
                counts=[counts.get(emotion.value, 0) for emotion in Emotion],
                n_clips=sum(counts.values()),
                n_groups=n_groups.get(split.value, 0) if n_groups is not None else None,
                parts=distribution(counts),
            )
        )
    return rows
