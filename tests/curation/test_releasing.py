"""What a release contains and how it is numbered: records in, bytes out."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.releasing import (
    CSV_FIELDS,
    Changes,
    Version,
    compare,
    guarded,
    manifest_sha256,
    next_version,
    to_csv,
    to_jsonl,
    votes_to_csv,
)

NOTHING = Changes(added=0, removed=0, relabelled=0, moved=0, retold=0)


def record(clip: str = "abc", **values: Any) -> dict[str, Any]:
    return {
        "clip_id": clip,
        "file_name": f"train/{clip}.mp4",
        "split": "train",
        "label": "Sad",
        "label_method": "majority",
        "label_probs": {"Sad": 0.666667, "Fear": 0.333333},
        "n_votes": 3,
        "agreement": 0.666667,
        "source_group_id": "song",
        "source": {"title": "A song", "start_s": 0.0, "end_s": 30.0, "year": None},
        "media": {"sha256": "f" * 64, "duration_s": 30.0, "loudness_lufs": -23.0},
        "votes": [],
        **values,
    }


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def by_clip(*records: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {r["clip_id"]: r for r in records}


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({"added": 3}, "1.3.0"),
        ({"retold": 2}, "1.2.4"),
        ({"added": 1, "retold": 1}, "1.3.0"),
        ({"removed": 1}, "2.0.0"),
        ({"relabelled": 1}, "2.0.0"),
        ({"moved": 1, "added": 9}, "2.0.0"),
    ],
)
def test_the_changes_call_for_a_version(changes: dict[str, int], version: str) -> None:
    assert str(next_version(Version(1, 2, 3), NOTHING._replace(**changes))) == version


def test_the_first_version_is_one() -> None:
    assert str(next_version(None, NOTHING._replace(added=5))) == "1.0.0"


def test_a_clip_is_counted_for_the_gravest_thing_that_happened_to_it() -> None:
    old = by_clip(record("same"), record("gone"), record("label"), record("split"), record("votes"))
    new = by_clip(
        record("same"),
        record("label", label="Fear", n_votes=4),
        record("split", split="test"),
        record("votes", n_votes=4),
        record("new"),
    )
    assert compare(old, new) == Changes(added=1, removed=1, relabelled=1, moved=1, retold=1)


def test_the_same_records_are_no_change() -> None:
    assert compare(by_clip(record()), by_clip(record())).is_nothing


@given(st.permutations([record(c) for c in "abc"]))
def test_the_order_of_keys_in_a_record_does_not_change_a_byte(records: list[dict[str, Any]]) -> None:
    reversed_keys = [dict(reversed(list(r.items()))) for r in records]
    assert to_jsonl(records) == to_jsonl(reversed_keys)
    assert manifest_sha256(records) == manifest_sha256(reversed_keys)


def test_jsonl_has_one_record_a_line_in_plain_utf8() -> None:
    data = to_jsonl([record("a", source={"title": "한국 노래\nzwei"}), record("b")])
    assert data.count(b"\n") == 2
    assert "한국" in data.decode()
    assert [json.loads(line)["clip_id"] for line in data.decode().splitlines()] == ["a", "b"]


def test_csv_has_a_row_for_each_clip_and_every_probability() -> None:
    rows = table(to_csv([record()]))
    assert tuple(rows[0]) == CSV_FIELDS
    assert rows[0]["prob_sad"] == "0.666667"
    assert rows[0]["prob_tension"] == "0"
    assert rows[0]["year"] == ""
    assert rows[0]["loudness_lufs"] == "-23.0"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n"])
def test_no_cell_is_a_formula(start: str) -> None:
    title = f"{start}HYPERLINK(1)"
    assert [row["title"] for row in table(to_csv([record(source={"title": title})]))] == [f"'{title}"]


@given(st.integers() | st.floats() | st.none())
def test_numbers_need_no_guard(value: Any) -> None:
    assert guarded(value) is value


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_title_stays_one_cell_of_one_row_with_its_text(title: str) -> None:
    rows = table(to_csv([record(source={"title": title})]))
    assert len(rows) == 1
    told = title.replace("\r\n", "\n").replace("\r", "\n")
    assert rows[0]["title"] in (told, f"'{told}")
    assert not rows[0]["title"].startswith(("=", "+", "-", "@", "\t", "\n"))


def test_votes_begin_with_task_worker_label() -> None:
    vote = {"annotator": "a-1", "label": "Sad", "second_label": None, "active_ms": 5}
    table = votes_to_csv([record("abc", votes=[vote])]).decode()
    assert table.splitlines()[0].startswith("task,worker,label,")
    assert table.splitlines()[1].startswith("abc,a-1,Sad,")
