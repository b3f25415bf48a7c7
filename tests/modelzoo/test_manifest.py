"""The contract between a dataset and a network."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelzoo.errors import ManifestError, SplitError
from modelzoo.manifest import (
    ManifestRow,
    Split,
    assert_source_disjoint,
    labelled,
    read_manifest,
    write_manifest,
)

SHA = "ab" * 32


def row(clip: str = "c1", **changes: Any) -> ManifestRow:
    return ManifestRow(
        **{"clip": clip, "media": f"{clip}.mp4", "sha256": SHA, "source_group": "g1", **changes}
    )


def test_rows_survive_the_file(tmp_path: Path) -> None:
    rows = [
        row("é", split="train", label="Sad", probs={"Sad": 0.75, "Fear": 0.25}, start_s=30, end_s=60.5),
        row("c2", media="/media/c2.mp4"),
    ]
    write_manifest(tmp_path / "m.jsonl", rows)
    manifest = read_manifest(tmp_path / "m.jsonl")
    assert list(manifest.rows) == rows
    assert manifest.in_split("train") == labelled(rows) == rows[:1]


def test_relative_media_lie_beside_the_manifest(tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.jsonl", [row("a"), row("b", media="/media/b.mp4")])
    manifest = read_manifest(tmp_path / "m.jsonl")
    assert [manifest.media_path(r) for r in manifest.rows] == [tmp_path / "a.mp4", Path("/media/b.mp4")]


def test_same_rows_give_the_same_bytes_and_hash(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_manifest(tmp_path / name, [row(), row("c2")])
    assert read_manifest(tmp_path / "a").sha256 == read_manifest(tmp_path / "b").sha256


def test_blank_lines_are_skipped_but_counted(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text("\n" + json.dumps({"clip": "c"}) + "\n")
    with pytest.raises(ManifestError, match=r"Line 2 of manifest 'm.jsonl': field 'media' is None"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clip": ""}, "field 'clip' is ''; expected a text that is not empty"),
        ({"source_group": 7}, "field 'source_group' is 7"),
        ({"sha256": "AB" * 32}, "expected 64 lower-case hexadecimal digits"),
        ({"split": "dev"}, "field 'split' is 'dev'; expected one of train, validation, test, none"),
        ({"label": "Happy"}, "field 'label' is 'Happy'; expected null or one of Excited"),
        ({"start_s": -1}, "field 'start_s' is -1; expected null or a number of seconds"),
        ({"end_s": True}, "field 'end_s' is True"),
        ({"probs": {"Sad": 0.5}}, "shares that sum to 1, not 0.5"),
        ({"probs": {"Happy": 1.0}}, "field 'probs' is {'Happy': 1.0}"),
        ({"probs": [1]}, "field 'probs' is"),
        ({"colour": "red"}, "unknown field 'colour'; known are clip, media"),
    ],
)
def test_bad_value_names_line_and_field(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    values = {"clip": "c2", "media": "m", "sha256": SHA, "source_group": "g", **change}
    path = tmp_path / "m.jsonl"
    write_manifest(path, [row()])
    path.write_text(path.read_text() + json.dumps(values) + "\n")
    with pytest.raises(ManifestError, match=r"Line 2 of manifest 'm.jsonl'") as caught:
        read_manifest(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lists no clip"),
        (b"{]", "Line 1 of manifest 'm.jsonl' is not JSON"),
        (b"[1]", "is a list; expected an object"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_file_that_is_no_manifest_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "m.jsonl").write_bytes(content)
    with pytest.raises(ManifestError, match=message):
        read_manifest(tmp_path / "m.jsonl")


def test_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be opened"):
        read_manifest(tmp_path / "none.jsonl")


def test_clip_that_comes_twice_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.jsonl", [row(), row()])
    with pytest.raises(ManifestError, match=r"Line 2 .* repeats clip 'c1'"):
        read_manifest(tmp_path / "m.jsonl")


@pytest.mark.parametrize(
    ("first", "second"), [("train", "validation"), ("train", "test"), ("validation", "test")]
)
def test_group_in_two_splits_is_a_leak(first: Split, second: Split) -> None:
    with pytest.raises(SplitError, match=f"'g1' is in both '{first}' and '{second}'"):
        assert_source_disjoint([row("a", split=first), row("b", split=second)])


def test_clips_of_no_split_cannot_leak() -> None:
    assert_source_disjoint([row("a", split="none"), row("b", split="train"), row("c", split="train")])
