"""The table of networks, and how it is asked."""

import pytest

from modelzoo.errors import SpecError
from modelzoo.specs import SPECS, ModelSpec, StreamSpec, _by_name, get_spec, list_specs

MUSIC = StreamSpec("music", "music", "A2")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_row_is_found_by_its_name(spec: ModelSpec) -> None:
    assert get_spec(spec.name) is spec


def test_rows_of_the_paper_come_first_and_in_the_papers_order() -> None:
    tables = [spec.paper for spec in SPECS if spec.paper]
    assert tables == sorted(tables)
    assert all(spec.paper is None for spec in SPECS[len(tables) :])


def test_networks_of_ours_are_named_compact_and_only_those() -> None:
    assert [s.name.startswith("Compact_") for s in SPECS] == [s.paper is None for s in SPECS]


def test_unknown_spec_names_the_nearest_ones() -> None:
    with pytest.raises(SpecError, match=r"'Music_A2'; did you mean .*Music_A2_SE"):
        get_spec("Music_A2")


def test_wrong_case_is_answered_with_the_right_one() -> None:
    with pytest.raises(SpecError, match="did you mean Video_A3_MMTM or"):
        get_spec("video_a3_mmtm")


def test_name_like_no_other_points_at_the_list() -> None:
    with pytest.raises(SpecError, match="run 'python -m modelzoo list'"):
        get_spec("???")


def test_pattern_lists_matching_rows_whatever_their_case() -> None:
    names = [spec.name for spec in list_specs("face_a3*")]
    assert names == ["Face_A3_noMMTM", "Face_A3_MMTM"]
    assert list_specs() == list(SPECS)


def test_only_networks_with_a_face_stream_look_for_faces() -> None:
    assert all(bool(spec.settings.n_faces) == ("face" in spec.modalities) for spec in SPECS)


def test_slow_path_sees_eight_frames_and_the_fast_one_all() -> None:
    slow, fast = get_spec("Video_A3_MMTM").streams
    assert (slow.blocks, slow.n_frames) == ("A1", 8)
    assert (fast.blocks, fast.n_frames) == ("A3fast", None)


@pytest.mark.parametrize(
    ("streams", "mmtm", "message"),
    [
        ((), None, "'X' has no stream"),
        ((MUSIC, MUSIC), None, r"names a stream twice \(music, music\)"),
        ((MUSIC,), ("music", "video"), "MMTM needs two different streams out of music"),
        ((MUSIC,), ("music", "music"), "MMTM needs two different streams"),
    ],
)
def test_row_that_contradicts_itself_is_refused(
    streams: tuple[StreamSpec, ...], mmtm: tuple[str, str] | None, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        ModelSpec("X", streams, 0, None, mmtm)


def test_name_that_stands_twice_is_refused() -> None:
    row = get_spec("Music_A2_SE")
    with pytest.raises(SpecError, match="'Music_A2_SE' stands in the table twice"):
        _by_name((row, row))
