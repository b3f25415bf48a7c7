"""From votes to one label, and how far people agree: arithmetic only."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.agreement import confused_pairs, nominal_alpha
from annotations.consensus import Ballot, Consensus, majority
from curation.emotions import Emotion

ballots = st.lists(
    st.builds(Ballot, st.sampled_from(Emotion.values), st.sampled_from(["", "KR", "NP"])), max_size=12
)
votes_by_clip = st.lists(st.lists(st.sampled_from(Emotion.values), max_size=5), max_size=8)


def test_two_of_three_are_a_majority() -> None:
    result = majority([Ballot("Fear", "KR"), Ballot("Fear", "NP"), Ballot("Tension", "NP")])
    assert result == Consensus(
        emotion="Fear",
        shares={"Fear": 0.666667, "Tension": 0.333333},
        per_culture={"KR": {"Fear": 1.0}, "NP": {"Fear": 0.5, "Tension": 0.5}},
        n_votes=3,
        disagreement=0.333333,
    )


def test_tie_between_two_emotions_is_disputed() -> None:
    assert majority([Ballot("Fear"), Ballot("Tension")]).emotion is None


def test_the_largest_of_three_camps_is_no_majority() -> None:
    votes = [Ballot("Fear"), Ballot("Fear"), Ballot("Sad"), Ballot("Tension")]
    assert majority(votes).emotion is None


def test_no_votes_say_nothing() -> None:
    assert majority([]) == Consensus(None, {}, {}, 0, 0.0)


def test_a_person_without_a_country_counts_but_stands_for_no_culture() -> None:
    result = majority([Ballot("Sad"), Ballot("Sad", "KR")])
    assert (result.n_votes, list(result.per_culture)) == (2, ["KR"])


@given(ballots, st.randoms(use_true_random=False))
def test_the_order_of_the_votes_does_not_matter(votes: list[Ballot], order: object) -> None:
    shuffled = list(votes)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert majority(shuffled) == majority(votes)


@given(ballots)
def test_shares_sum_to_one_and_the_label_has_more_than_half(votes: list[Ballot]) -> None:
    result = majority(votes)
    for shares in (result.shares, *result.per_culture.values()):
        assert math.isclose(sum(shares.values()), 1, abs_tol=1e-5) or not votes
    assert 0 <= result.disagreement < 1
    if result.emotion:
        assert result.shares[result.emotion] > 0.5
        assert next(iter(result.shares)) == result.emotion
    elif votes:
        assert max(result.shares.values()) <= 0.5


@given(ballots.filter(lambda votes: majority(votes).emotion is not None))
def test_one_more_vote_for_the_majority_never_unseats_it(votes: list[Ballot]) -> None:
    leader = majority(votes).emotion
    assert leader is not None
    assert majority([*votes, Ballot(leader)]).emotion == leader


def test_alpha_of_a_case_worked_by_hand() -> None:
    # Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example C: four observers, twelve
    # units, nominal; units with a single value drop out. Published: 0.743.
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
    c = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]
    units = [[str(v) for v in unit if v is not None] for unit in zip(a, b, c, d, strict=True)]
    alpha = nominal_alpha(units)
    assert alpha is not None
    assert round(alpha, 3) == 0.743


@pytest.mark.parametrize("votes", [[], [["Sad"]], [["Sad", "Sad"], ["Sad", "Sad", "Sad"]]])
def test_alpha_is_silent_where_nothing_can_be_said(votes: list[list[str]]) -> None:
    assert nominal_alpha(votes) is None


@given(votes_by_clip)
def test_alpha_is_at_most_one_and_one_only_for_full_agreement(votes: list[list[str]]) -> None:
    alpha = nominal_alpha(votes)
    if alpha is not None:
        assert alpha <= 1
        assert math.isclose(alpha, 1) == all(len(set(given)) == 1 for given in votes if len(given) > 1)


@given(votes_by_clip, st.permutations(Emotion.values))
def test_alpha_does_not_care_what_the_emotions_are_called(votes: list[list[str]], names: list[str]) -> None:
    renamed = dict(zip(Emotion.values, names, strict=True))
    first, second = nominal_alpha(votes), nominal_alpha([[renamed[v] for v in given] for given in votes])
    assert (first is None and second is None) or math.isclose(first or 0, second or 0, abs_tol=1e-9)


def test_confused_pairs_count_pairs_of_votes_on_the_same_clip() -> None:
    # Three votes make three pairs, two of them Fear with Tension; one more clip adds one pair that agrees.
    assert confused_pairs([["Tension", "Fear", "Fear"], ["Sad", "Sad"]]) == [("Fear", "Tension", 0.5)]


def test_confused_pairs_of_nothing_are_none() -> None:
    assert confused_pairs([]) == confused_pairs([["Sad"]]) == []
