"""Reading a manifest: whole files refused with a sentence, single rows with another."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.emotions import Emotion, parse_emotion
from curation.errors import BadManifest, BadRow, UnknownEmotion
from curation.manifest import LENGTHS, check_row, read_manifest, rows_of_folder
from curation.models import ImportItem, Source, SourceGroup

ROW = {"file_name": "song.mp4", "source_group": "song"}


def test_a_manifest_becomes_rows_with_trimmed_names_and_cells() -> None:
    data = b"\xef\xbb\xbffile_name , source_group,label\r\n song.mp4 ,song , Sad\r\n\r\nb.mp4,b,\r\n"
    assert read_manifest(data) == [
        {"file_name": "song.mp4", "source_group": "song", "label": "Sad"},
        {"file_name": "b.mp4", "source_group": "b", "label": ""},
    ]


def test_short_and_long_rows_are_read_as_far_as_they_go() -> None:
    rows = read_manifest(b"file_name,source_group\na.mp4\nb.mp4,b,extra\n")
    assert rows == [
        {"file_name": "a.mp4", "source_group": ""},
        {"file_name": "b.mp4", "source_group": "b"},
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"file_name,title\na.mp4,A\n", "no column “source_group”. It has: file_name, title"),
        (b"title\nA\n", "no column “file_name”, “source_group”"),
        (b"", "It has: nothing"),
        (b"file_name;source_group\na;b\n", "It has: file_name;source_group"),
        (b"file_name,source_group\n", "has a header but no rows"),
        ("file_name,source_group\nMünchen.mp4,m\n".encode("latin-1"), "not UTF-8 text .byte 24"),
        (b"file_name,source_group\na\0.mp4,a\n", "holds bytes that are not text"),
        (b"file_name,source_group\na.mp4," + b"x" * 140_000 + b"\n", "cannot be read after line"),
        (b"x" * 140_000 + b"\n", "cannot be read after line"),
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadManifest, match=sentence):
        read_manifest(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_a_sentence(data: bytes) -> None:
    try:
        rows = read_manifest(data)
    except BadManifest as error:
        assert str(error).endswith(".")
    else:
        assert rows


def test_a_folder_lists_its_videos_each_a_group_of_its_own(tmp_path: Path) -> None:
    for name in ("b.MP4", "a/live.webm", "notes.txt", ".hidden.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.mp4").mkdir()
    assert rows_of_folder(tmp_path) == [
        {"file_name": "a/live.webm", "source_group": "a/live"},
        {"file_name": "b.MP4", "source_group": "b"},
    ]


def test_a_folder_without_videos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadManifest, match="There is no video in"):
        rows_of_folder(tmp_path)


def test_a_file_name_in_another_encoding_can_be_written_down(tmp_path: Path) -> None:
    (tmp_path / b"M\xfcnchen.mp4".decode(errors="surrogateescape")).touch()
    assert rows_of_folder(tmp_path) == [{"file_name": "M?nchen.mp4", "source_group": "M?nchen"}]


# --- one row ------------------------------------------------------------------------------------------


def test_a_row_is_understood() -> None:
    row = check_row(
        {
            **ROW,
            "start_s": "12.5",
            "end_s": "42.5",
            "label": "natural",
            "year": "2019",
            "country": "kr",
            "title": "T",
        }
    )
    assert (row.start_s, row.end_s, row.emotion, row.year) == (12.5, 42.5, "Neutral", 2019)
    assert row.texts == {"title": "T", "country": "KR"}


def test_an_empty_cell_is_unknown() -> None:
    row = check_row({**ROW, "start_s": "", "label": "", "year": "", "country": ""})
    assert (row.start_s, row.end_s, row.emotion, row.year) == (None, None, None, None)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"file_name": ""}, "The cell file_name is empty"),
        ({"source_group": ""}, "The cell source_group is empty"),
        ({"start_s": "-1"}, "start_s is “-1”; expected seconds"),
        ({"start_s": "1:30"}, "start_s is “1:30”"),
        ({"end_s": "nan"}, "end_s is “nan”"),
        ({"end_s": "inf"}, "end_s is “inf”"),
        ({"start_s": "30", "end_s": "30"}, "end_s is 30, which is not after start_s, 30"),
        ({"end_s": "0"}, "not after start_s, 0"),
        ({"year": "19"}, "year is “19”; expected four digits"),
        ({"year": "二〇一九"}, "expected four digits"),
        ({"country": "Nepal"}, "country is “Nepal”; expected a two-letter code"),
        ({"title": "x" * 301}, "title has 301 characters; expected at most 300"),
        ({"source_group": "x" * 201}, "source_group has 201 characters"),
    ],
)
def test_a_row_that_cannot_be_understood_names_the_cell(cells: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadRow, match=sentence):
        check_row({**ROW, **cells})


def test_an_unknown_emotion_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownEmotion, match="“Joy” is not one of the emotions; use one of Excited, Fear"):
        check_row({**ROW, "label": "Joy"})


@pytest.mark.parametrize(
    ("text", "emotion"),
    [("Excitation", "Excited"), ("Natural", "Neutral"), (" SAD ", "Sad"), ("relaxation", "Relaxation")],
)
def test_the_names_of_the_predecessor_dataset_are_understood(text: str, emotion: str) -> None:
    assert parse_emotion(text) == emotion


@pytest.mark.parametrize("emotion", Emotion)
def test_every_emotion_is_read_back_from_its_own_name(emotion: Emotion) -> None:
    assert parse_emotion(emotion.value) is emotion


def test_every_cell_fits_its_column() -> None:
    for name, most in LENGTHS.items():
        field = (
            SourceGroup._meta.get_field("name") if name == "source_group" else Source._meta.get_field(name)
        )
        assert field.max_length == most, name  # type: ignore[union-attr]
    assert LENGTHS["file_name"] == ImportItem._meta.get_field("file_name").max_length
