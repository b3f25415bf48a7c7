"""Which scored clips go back to people: arithmetic only."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.acquisition import STRATEGIES, Candidate, pick
from worker.models import Round

SURE, TORN, LOST = [1.0, 0, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0, 0], [1 / 6] * 6

rows = st.lists(st.floats(0.01, 1), min_size=6, max_size=6).map(lambda p: [x / math.fsum(p) for x in p])
pools = st.lists(st.tuples(st.integers(0, 5), rows), max_size=20).map(
    lambda pool: [Candidate(f"clip-{i:02d}", group, probs) for i, (group, probs) in enumerate(pool)]
)
strategies = st.sampled_from(sorted(STRATEGIES))


def test_a_case_worked_by_hand() -> None:
    candidates = [Candidate("sure", 1, SURE), Candidate("lost", 2, LOST), Candidate("torn", 3, TORN)]
    chosen = pick(candidates, strategy="entropy", budget=2)
    assert [c.clip for c in chosen] == ["lost", "torn"]
    assert [round(c.score, 6) for c in chosen] == [round(math.log(6), 6), round(math.log(2), 6)]


def test_margin_looks_at_the_first_two_emotions_only() -> None:
    wide = [0.4, 0.2, 0.1, 0.1, 0.1, 0.1]
    candidates = [Candidate("torn", 1, TORN), Candidate("wide", 2, wide)]
    assert pick(candidates, strategy="margin", budget=1)[0].clip == "torn"
    assert pick(candidates, strategy="least_confidence", budget=1)[0].clip == "wide"


def test_of_a_song_only_its_most_uncertain_clip_is_chosen() -> None:
    candidates = [Candidate("a", 1, TORN), Candidate("b", 1, LOST), Candidate("c", 2, SURE)]
    assert [c.clip for c in pick(candidates, strategy="entropy", budget=9)] == ["b", "c"]


def test_ties_go_to_the_lower_key() -> None:
    candidates = [Candidate(key, i, TORN) for i, key in enumerate("cab")]
    assert [c.clip for c in pick(candidates, strategy="margin", budget=2)] == ["a", "b"]


@pytest.mark.parametrize("budget", [0, -1])
def test_no_budget_is_no_choice(budget: int) -> None:
    assert pick([Candidate("a", 1, TORN)], strategy="entropy", budget=budget) == []


def test_nobody_to_choose_from_is_no_choice() -> None:
    assert pick([], strategy="entropy", budget=5) == []


def test_an_unknown_strategy_is_an_error_not_a_guess() -> None:
    with pytest.raises(KeyError):
        pick([Candidate("a", 1, TORN)], strategy="random", budget=5)


def test_every_strategy_a_person_can_choose_is_known_here() -> None:
    assert set(Round.Strategy.values) == set(STRATEGIES)


@given(pools, strategies, st.integers(0, 25))
def test_a_choice_keeps_its_budget_one_clip_a_song_most_uncertain_first(
    pool: list[Candidate], strategy: str, budget: int
) -> None:
    chosen = pick(pool, strategy=strategy, budget=budget)
    groups = {c.clip: c.group for c in pool}
    assert len(chosen) == min(budget, len(set(groups.values())))
    assert len({groups[c.clip] for c in chosen}) == len(chosen)
    assert [c.score for c in chosen] == sorted((c.score for c in chosen), reverse=True)


@given(pools, strategies, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_does_not_matter(
    pool: list[Candidate], strategy: str, order: object
) -> None:
    shuffled = list(pool)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert pick(shuffled, strategy=strategy, budget=4) == pick(pool, strategy=strategy, budget=4)


@given(pools, strategies)
def test_a_smaller_budget_chooses_the_beginning_of_a_larger_one(pool: list[Candidate], strategy: str) -> None:
    assert pick(pool, strategy=strategy, budget=2) == pick(pool, strategy=strategy, budget=4)[:2]
