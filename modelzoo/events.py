"""The story of a run as JSON lines, readable while it is written.

The file is only ever appended to. A reader that sees `started` forgets every `epoch` event whose number is
above its `resumed_from_epoch`; then each epoch counts once, however often the run was stopped and resumed.
"""

import json
import os
import time
from pathlib import Path
from typing import Any


class EventLog:
    """Appends events to `path`, or to standard error without one."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            _drop_half_line(path)
        self.path = path

    def emit(self, event: str, **fields: Any) -> None:
        """Append one line. A single write, so that a signal or a crash cannot cut it in two."""
        line = (json.dumps({"event": event, **fields}) + "\n").encode()
        if self.path is None:
            os.write(2, line)
            return
        target = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(target, line)
        finally:
            os.close(target)

    def epochs(self) -> set[int]:
        """Numbers of the epochs told so far, by the reader's rule above."""
        if self.path is None or not self.path.exists():
            return set()
        told: set[int] = set()
        for line in self.path.read_text().splitlines():
            event = json.loads(line)
            if event["event"] == "started":
                told = {epoch for epoch in told if epoch <= event["resumed_from_epoch"]}
            elif event["event"] == "epoch":
                told.add(event["epoch"])
        return told


def now() -> float:
    """Seconds since 1970, to the millisecond."""
    return round(time.time(), 3)


def _drop_half_line(path: Path) -> None:
    """A machine that lost power may leave the last line half written."""
    if not path.exists():
        return
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)
