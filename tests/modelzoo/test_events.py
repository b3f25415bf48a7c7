"""The story of a run, whole lines only."""

import json
from pathlib import Path

import pytest

from modelzoo.events import EventLog


def test_each_event_is_one_line_readable_at_once(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "run" / "events.jsonl")
    for done in (1, 2):
        log.emit("features", done=done, total=2)
        lines = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
        assert json.loads(lines[-1]) == {"event": "features", "done": done, "total": 2}


def test_half_a_line_left_by_a_crash_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "started", "resumed_from_epoch": 0}\n{"event": "ep')
    EventLog(path).emit("finished")
    assert [json.loads(line)["event"] for line in path.read_text().splitlines()] == ["started", "finished"]


def test_epochs_after_the_resumed_one_are_forgotten(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    assert log.epochs() == set()
    log.emit("started", resumed_from_epoch=0)
    for epoch in (1, 2, 3):
        log.emit("epoch", epoch=epoch)
    log.emit("started", resumed_from_epoch=2)
    assert log.epochs() == {1, 2}


def test_without_a_path_events_go_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    EventLog(None).emit("finished")
    assert capfd.readouterr().err == '{"event": "finished"}\n'
