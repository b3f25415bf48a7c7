"""The six emotions."""

import pytest

from modelzoo.errors import LabelError
from modelzoo.labels import EMOTIONS, emotion_index


def test_emotions_are_six_in_alphabetical_order() -> None:
    assert len(EMOTIONS) == 6
    assert list(EMOTIONS) == sorted(EMOTIONS)


def test_index_is_the_place_in_the_tuple() -> None:
    assert [emotion_index(emotion) for emotion in EMOTIONS] == [0, 1, 2, 3, 4, 5]


def test_other_word_is_refused_with_the_six_that_are_allowed() -> None:
    with pytest.raises(LabelError, match="'Happy' is not an emotion; use one of Excited, Fear"):
        emotion_index("Happy")
