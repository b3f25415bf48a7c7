"""Deciding which groups of sources go where: arithmetic only."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.emotions import Emotion
from curation.errors import LeakingSplit, SplitError
from curation.splitting import SPLITS, GroupCounts, Placed, assign, certificate, check_shares

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
EVEN = dict.fromkeys(SPLITS, 1 / 3)

groups_of_clips = st.lists(
    st.dictionaries(st.sampled_from(Emotion.values), st.integers(1, 5), min_size=1, max_size=3),
    min_size=3,
    max_size=40,
).map(lambda counts: [GroupCounts(f"g{i:02d}", c) for i, c in enumerate(counts)])


def per_emotion(groups: list[GroupCounts], chosen: dict[str, str]) -> dict[str, Counter[str]]:
    placed: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    for group in groups:
        placed[chosen[group.name]].update(group.counts)
    return placed


def test_ten_equal_groups_are_split_six_two_two() -> None:
    groups = [GroupCounts(f"g{i}", {"Sad": 1}) for i in range(10)]
    assert Counter(assign(groups, SHARES, seed=1).values()) == {"train": 6, "validation": 2, "test": 2}


def test_each_emotion_is_split_by_itself() -> None:
    groups = [GroupCounts(f"s{i}", {"Sad": 1}) for i in range(5)] + [
        GroupCounts(f"f{i}", {"Fear": 1}) for i in range(5)
    ]
    placed = per_emotion(groups, assign(groups, SHARES, seed=3))
    assert placed["train"] == {"Sad": 3, "Fear": 3}
    assert placed["test"] == {"Sad": 1, "Fear": 1}


def test_a_large_group_is_never_taken_apart_to_fit() -> None:
    groups = [GroupCounts("album", {"Sad": 8}), GroupCounts("a", {"Sad": 1}), GroupCounts("b", {"Sad": 1})]
    chosen = assign(groups, SHARES, seed=1)
    assert chosen["album"] == "train"
    assert {chosen["a"], chosen["b"]} == {"validation", "test"}


@given(groups=groups_of_clips, seed=st.integers(0, 2**32))
def test_every_group_is_placed_exactly_once_and_no_split_is_empty(
    groups: list[GroupCounts], seed: int
) -> None:
    chosen = assign(groups, SHARES, seed)
    assert sorted(chosen) == sorted(group.name for group in groups)
    assert set(chosen.values()) == set(SPLITS)


@given(groups=groups_of_clips, seed=st.integers(0, 2**32), order=st.randoms(use_true_random=False))
def test_the_order_of_the_groups_does_not_matter(
    groups: list[GroupCounts], seed: int, order: random.Random
) -> None:
    shuffled = list(groups)
    order.shuffle(shuffled)
    assert assign(shuffled, SHARES, seed) == assign(groups, SHARES, seed) == assign(groups, SHARES, seed)


@given(n=st.integers(15, 120), seed=st.integers(0, 2**32))
def test_single_clips_of_one_emotion_come_within_one_clip_of_the_shares(n: int, seed: int) -> None:
    groups = [GroupCounts(f"g{i}", {"Sad": 1}) for i in range(n)]
    sizes = Counter(assign(groups, SHARES, seed).values())
    assert all(abs(sizes[split] - n * share) < 1 + 1e-9 for split, share in SHARES.items())


@given(groups=groups_of_clips.filter(lambda groups: len(groups) >= 8), seed=st.integers(0, 2**32))
def test_a_split_is_within_two_largest_groups_and_the_emotions_of_its_share(
    groups: list[GroupCounts], seed: int
) -> None:
    placed = per_emotion(groups, assign(groups, SHARES, seed))
    largest = max(sum(group.counts.values()) for group in groups)
    totals = sum(placed.values(), Counter())
    for split, share in SHARES.items():
        wanted = share * sum(totals.values())
        assert abs(sum(placed[split].values()) - wanted) <= 2 * largest + len(totals)


def test_new_groups_make_up_for_what_earlier_splits_lack() -> None:
    groups = [GroupCounts(f"g{i}", {"Sad": 1}) for i in range(4)]
    placed = {"train": {"Sad": 6}, "validation": {}, "test": {}}
    assert Counter(assign(groups, SHARES, seed=1, placed=placed).values()) == {"validation": 2, "test": 2}


def test_one_new_group_finds_a_place_beside_full_splits() -> None:
    placed = {"train": {"Sad": 6}, "validation": {"Sad": 2}, "test": {"Sad": 1}}
    assert assign([GroupCounts("new", {"Sad": 1})], SHARES, seed=1, placed=placed) == {"new": "test"}


@given(
    first=groups_of_clips,
    second=groups_of_clips.map(lambda gs: [g._replace(name=f"late-{g.name}") for g in gs]),
    seed=st.integers(0, 2**32),
)
def test_growing_in_two_steps_leaves_no_split_empty_and_places_all(
    first: list[GroupCounts], second: list[GroupCounts], seed: int
) -> None:
    placed = per_emotion(first, assign(first, SHARES, seed))
    assert sorted(assign(second, SHARES, seed, placed=placed)) == sorted(g.name for g in second)


@pytest.mark.parametrize("filled", [("train",), ("validation",), ("test",), ("train", "test")])
def test_every_split_that_is_empty_gets_a_group_if_there_are_just_enough(filled: tuple[str, ...]) -> None:
    n_empty = len(SPLITS) - len(filled)
    groups = [GroupCounts(f"g{i}", {"Sad": 1}) for i in range(n_empty)]
    placed = {split: {"Sad": 1} for split in filled}
    for seed in range(8):
        assert set(assign(groups, SHARES, seed, placed=placed).values()) | set(filled) == set(SPLITS)


def test_fewer_groups_than_empty_splits_are_refused() -> None:
    with pytest.raises(SplitError, match=r"There are 2 groups .* expected at least 3"):
        assign([GroupCounts("a", {"Sad": 9}), GroupCounts("b", {"Sad": 9})], SHARES, seed=1)


@pytest.mark.parametrize(
    "shares",
    [
        {"train": 0.6, "validation": 0.2, "test": 0.3},
        {"train": 0.8, "validation": 0.2, "test": 0.0},
        {"train": 1.2, "validation": -0.4, "test": 0.2},
        {"train": 0.5, "test": 0.5},
        {},
    ],
)
def test_shares_must_be_three_positive_parts_of_a_whole(shares: dict[str, float]) -> None:
    with pytest.raises(SplitError, match="expected three positive shares that sum to 100%"):
        check_shares(shares)


def test_the_certificate_counts_groups_clips_and_emotions_of_each_split() -> None:
    proof = certificate(
        [
            Placed("one", "train", "Sad"),
            Placed("one", "train", "Fear"),
            Placed("two", "validation", "Sad"),
            Placed("three", "test", "Sad"),
        ]
    )
    assert proof["groups"] == {"train": ["one"], "validation": ["two"], "test": ["three"]}
    assert proof["n_clips"] == {"train": 2, "validation": 1, "test": 1}
    assert proof["balance"]["train"] == {"Fear": 1, "Sad": 1}  # type: ignore[index]
    assert proof["overlap"]["train"] == {"validation": 0, "test": 0}  # type: ignore[index]


@pytest.mark.parametrize(
    ("first", "second"), [("train", "test"), ("test", "validation"), ("validation", "train")]
)
def test_the_certificate_refuses_a_planted_leak(first: str, second: str) -> None:
    clips = [Placed(f"g{i}", split, "Sad") for i, split in enumerate(SPLITS)]
    with pytest.raises(LeakingSplit, match="Group “song” is in both"):
        certificate([*clips, Placed("song", first, "Sad"), Placed("song", second, "Sad")])


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(SPLITS), st.just("Sad")).map(
            lambda row: Placed(*row)
        ),
        max_size=12,
    )
)
def test_the_certificate_passes_exactly_the_splits_without_a_shared_group(clips: list[Placed]) -> None:
    splits_of: dict[str, set[str]] = {}
    for clip in clips:
        splits_of.setdefault(clip.group, set()).add(clip.split)
    if all(len(splits) == 1 for splits in splits_of.values()):
        assert certificate(clips)["is_disjoint"]
    else:
        with pytest.raises(LeakingSplit):
            certificate(clips)
