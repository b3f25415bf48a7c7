"""Deciding which groups of sources go to train, validation and test. Pure: no rows.

Groups are never taken apart, so no clip of a song can be on two sides.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from django.utils.translation import gettext as _

from curation.errors import LeakingSplit, SplitError

SPLITS = ("train", "validation", "test")


class GroupCounts(NamedTuple):
    """A group of sources and how many of its clips carry which emotion."""

    name: str
    counts: Mapping[str, int]


def missing_counts(
    groups: Sequence[GroupCounts], placed: Mapping[str, Mapping[str, int]], shares: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """How many clips of each emotion each split still lacks, as fractions of a clip; negative is too many."""
    totals: Counter[str] = Counter()
    for counts in (*(group.counts for group in groups), *placed.values()):
        totals.update(counts)
    return {
        split: {e: n * shares[split] - placed.get(split, {}).get(e, 0) for e, n in totals.items()}
        for split in SPLITS
    }


def check_shares(shares: Mapping[str, float]) -> None:
    """Raises `SplitError` unless the three shares are positive and sum to 1."""
    if any(shares.get(split, 0) <= 0 for split in SPLITS) or abs(sum(shares.values()) - 1) > 1e-6:
        told = ", ".join(f"{split} {100 * shares.get(split, 0):g}%" for split in SPLITS)
        raise SplitError(
            _("The shares are %(shares)s; expected three positive shares that sum to 100%%.")
            % {"shares": told}
        )


def assign(
    groups: Sequence[GroupCounts],
    shares: Mapping[str, float],
    seed: int,
    placed: Mapping[str, Mapping[str, int]] | None = None,
) -> dict[str, str]:
    """Assign every group to a split, so that the whole comes close to `shares` for each emotion.

    `placed` counts what earlier assignments have put into each split; it stays there, and the new groups make
    up for it. Greedy, largest group first: each goes where the most is still missing. Deterministic for
    (groups, shares, seed, placed); the order of `groups` does not matter. Raises `SplitError` with fewer groups
    than empty splits. Labels are read once, here: relabelling never moves a clip afterwards.

    >>> groups = [GroupCounts(f"g{i}", {"Sad": 1}) for i in range(10)]
    >>> split = assign(groups, {"train": 0.6, "validation": 0.2, "test": 0.2}, seed=1)
    >>> Counter(split.values())["train"]
    6
    """
    check_shares(shares)
    placed = placed or {}
    filled = {split for split in SPLITS if sum(placed.get(split, {}).values())}
    n_empty = len(SPLITS) - len(filled)
    if len(groups) < n_empty:
        raise SplitError(
            _(
                "There are %(n)d groups of sources with labelled clips to split; expected at least %(least)d, one "
                "for each empty split."
            )
            % {"n": len(groups), "least": n_empty}
        )
    order = sorted(groups, key=lambda group: group.name)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda group: -sum(group.counts.values()))
    missing = missing_counts(groups, placed, shares)
    chosen: dict[str, str] = {}
    for group in order:
        split = min(SPLITS, key=lambda s: (cost(group, s, missing), -math.fsum(missing[s].values()), s))
        chosen[group.name] = split
        for emotion, n in group.counts.items():
            missing[split][emotion] -= n
    return fill_empty_splits(chosen, order, filled)


def cost(group: GroupCounts, split: str, missing: Mapping[str, Mapping[str, float]]) -> float:
    """How much further from the wish the whole gets if the group goes to `split` (negative: closer)."""
    want = missing[split]
    # Summed exactly: rounding would depend on the order of the emotions, and so on that of the groups.
    return math.fsum(abs(want[e] - n) - abs(want[e]) for e, n in group.counts.items())


def fill_empty_splits(
    chosen: dict[str, str], order: Sequence[GroupCounts], filled: Set[str] = frozenset()
) -> dict[str, str]:
    """With few groups a small share can end up empty; it then takes the smallest group of the largest split.

    `filled` names splits that hold groups from before.
    """
    for split in SPLITS:
        if split not in chosen.values() and split not in filled:
            n_groups = Counter(chosen.values())
            largest = max((s for s in SPLITS if n_groups[s] > (s not in filled)), key=lambda s: n_groups[s])
            donor = next(g.name for g in reversed(order) if chosen[g.name] == largest)
            chosen[donor] = split
    return chosen


class Placed(NamedTuple):
    """A clip where a release puts it."""

    group: str
    split: str
    emotion: str


def certificate(clips: Iterable[Placed]) -> dict[str, object]:
    """Proof that splits share no group of sources: groups and clips per split, and the overlap matrix.

    Raises `LeakingSplit` if a group is in two splits. The schema cannot hold such a row; this says so again
    from the data that leaves the house.
    """
    groups: dict[str, set[str]] = {split: set() for split in SPLITS}
    balance: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    for clip in clips:
        groups[clip.split].add(clip.group)
        balance[clip.split][clip.emotion] += 1
    overlap = {a: {b: len(groups[a] & groups[b]) for b in SPLITS if b != a} for a in SPLITS}
    for a in SPLITS:
        for b in SPLITS:
            if a != b and groups[a] & groups[b]:
                raise LeakingSplit(
                    _("Group “%(group)s” is in both %(first)s and %(second)s; a group belongs to one split.")
                    % {"group": min(groups[a] & groups[b]), "first": a, "second": b}
                )
    return {
        "groups": {split: sorted(names) for split, names in groups.items()},
        "n_groups": {split: len(names) for split, names in groups.items()},
        "n_clips": {split: sum(counts.values()) for split, counts in balance.items()},
        "balance": {split: dict(sorted(counts.items())) for split, counts in balance.items()},
        "overlap": overlap,
        "is_disjoint": True,
    }
