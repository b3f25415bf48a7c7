"""The grid a source is cut along."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.media import cut_grid, cut_notice


def test_a_film_a_little_under_thirty_seconds_is_one_clip() -> None:
    assert cut_grid(29.4) == [(0.0, 29.4)]
    assert cut_notice(29.4) is None


def test_the_last_piece_is_kept_when_it_is_half_a_clip() -> None:
    assert cut_grid(75.0) == [(0.0, 30.0), (30.0, 60.0), (60.0, 75.0)]


def test_a_short_last_piece_is_dropped_and_said_so() -> None:
    assert cut_grid(72.3) == [(0.0, 30.0), (30.0, 60.0)]
    assert cut_notice(72.3) == "The last 12.3 seconds are not used: a clip needs at least 15 seconds."


def test_a_film_shorter_than_any_clip_gives_none_and_says_so() -> None:
    assert cut_grid(2.0) == []
    assert cut_notice(2.0) == "It lasts 2.0 seconds; a clip needs at least 15, so nothing was cut."
    assert cut_grid(2.0, min_s=1.0) == [(0.0, 2.0)]


def test_a_few_frames_over_are_not_worth_a_sentence() -> None:
    assert cut_grid(30.03) == [(0.0, 30.0)]
    assert cut_notice(30.03) is None


@pytest.mark.parametrize("min_s", [0, -1, 31])
def test_a_minimum_outside_the_clip_is_refused(min_s: float) -> None:
    with pytest.raises(ValueError, match=r"min_s must be above 0 and at most clip_s \(30\.0 s\)"):
        cut_grid(60, min_s=min_s)


@given(st.floats(0, 7200), st.floats(1, 60), st.floats(0.01, 1))
def test_pieces_touch_stay_inside_and_are_long_enough(duration_s: float, clip_s: float, share: float) -> None:
    min_s = clip_s * share
    pieces = cut_grid(duration_s, clip_s, min_s)
    ends = [0.0, *(end for _, end in pieces)]
    assert [start for start, _ in pieces] == ends[:-1]
    assert all(min_s - 1e-6 <= end - start <= clip_s + 1e-6 for start, end in pieces)
    assert duration_s - ends[-1] < clip_s
    assert ends[-1] <= duration_s + 1e-5
