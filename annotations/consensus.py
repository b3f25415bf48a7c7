"""From votes to one label. Pure: no rows, no requests."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Ballot(NamedTuple):
    """One person's current answer. `culture` is the country of upbringing, or an empty string."""

    emotion: str
    culture: str = ""


class Consensus(NamedTuple):
    """What a set of votes says.

    `emotion` is None unless one emotion has more than half of the votes. `shares` and `per_culture` hold
    shares in [0, 1] that sum to 1. `disagreement` is the share of votes that are not for the leader.
    """

    emotion: str | None
    shares: dict[str, float]
    per_culture: dict[str, dict[str, float]]
    n_votes: int
    disagreement: float


def shares_of(counts: Mapping[str, int]) -> dict[str, float]:
    """Counts as shares, largest first; equal shares in alphabetical order."""
    total = sum(counts.values())
    return {e: round(n / total, 6) for e, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}


def majority(ballots: Iterable[Ballot]) -> Consensus:
    """The absolute majority, or nobody's: a tie between two emotions is a dispute, not a coin toss.

    >>> majority([Ballot("Fear"), Ballot("Fear"), Ballot("Tension")]).emotion
    'Fear'
    >>> majority([Ballot("Fear"), Ballot("Tension")]).emotion is None
    True
    """
    votes = list(ballots)
    counts = Counter(vote.emotion for vote in votes)
    if not votes:
        return Consensus(None, {}, {}, 0, 0.0)
    leader, n_leader = min(counts.items(), key=lambda item: (-item[1], item[0]))
    cultures = sorted({vote.culture for vote in votes if vote.culture})
    return Consensus(
        emotion=leader if 2 * n_leader > len(votes) else None,
        shares=shares_of(counts),
        per_culture={
            c: shares_of(Counter(vote.emotion for vote in votes if vote.culture == c)) for c in cultures
        },
        n_votes=len(votes),
        disagreement=round(1 - n_leader / len(votes), 6),
    )
