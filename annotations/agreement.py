"""How far people agree beyond chance. Pure: no rows, no requests."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence


def nominal_alpha(votes_by_clip: Iterable[Sequence[str]]) -> float | None:
    """Krippendorff's alpha for nominal categories, with any number of votes on each clip.

    1 is full agreement, 0 what chance would give. Clips with fewer than two votes say nothing and are left
    out. None when nothing can be said: no clip with two votes, or one emotion only.

    Source: Krippendorff, Content Analysis (2004), ch. 11; reliability data with missing values.

    >>> nominal_alpha([["Sad", "Sad"], ["Fear", "Fear"], ["Sad", "Fear"]])  # doctest: +ELLIPSIS
    0.44...
    """
    observed = 0.0
    totals: Counter[str] = Counter()
    for votes in votes_by_clip:
        n = len(votes)
        if n < 2:
            continue
        counts = Counter(votes)
        totals.update(counts)
        observed += sum(k * (n - k) for k in counts.values()) / (n - 1)
    n_pairable = sum(totals.values())
    if n_pairable == 0 or len(totals) < 2:
        return None
    expected = sum(k * (n_pairable - k) for k in totals.values()) / (n_pairable - 1)
    return 1 - observed / expected


def confused_pairs(votes_by_clip: Iterable[Sequence[str]], top: int = 5) -> list[tuple[str, str, float]]:
    """Pairs of emotions that people mix up, as a share of all pairs of votes on the same clip.

    >>> confused_pairs([["Fear", "Tension"], ["Sad", "Sad"]])
    [('Fear', 'Tension', 0.5)]
    """
    mixed: Counter[tuple[str, str]] = Counter()
    n_pairs = 0
    for votes in votes_by_clip:
        counts: Mapping[str, int] = Counter(votes)
        n_pairs += len(votes) * (len(votes) - 1) // 2
        names = sorted(counts)
        for i, first in enumerate(names):
            for second in names[i + 1 :]:
                mixed[first, second] += counts[first] * counts[second]
    ranked = sorted(mixed.items(), key=lambda item: (-item[1], item[0]))[:top]
    return [(first, second, count / n_pairs) for (first, second), count in ranked]
