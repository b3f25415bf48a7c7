"""Starts the processes of one machine, watches them, and stops them in order.

A process that dies is named, with its exit and its last words, and started again; one that keeps dying
ends the whole, because a half-running system misleads people.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.processes import Process

READY_S = 60.0
POLL_S = 0.2
DEATHS_MOST = 5
DEATHS_WITHIN_S = 60.0
LAST_WORDS = 12
PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """A process that did not come up; the message names it and quotes its log."""


@dataclass
class Child:
    """A process that has been started."""

    plan: Process
    running: subprocess.Popen[bytes]
    log: Path
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=DEATHS_MOST))


def die_with_parent() -> None:
    """In the child, before it becomes the program: ask Linux to stop it if the supervisor is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def how_it_ended(code: int) -> str:
    """An exit status in words.

    >>> how_it_ended(-9)
    'it was killed by SIGKILL'
    """
    if code < 0:
        return f"it was killed by {signal.Signals(-code).name}"
    return f"it ended with exit status {code}"


def last_words(log: Path) -> str:
    """The end of a log, indented."""
    lines = log.read_text(errors="replace").strip().splitlines()[-LAST_WORDS:] if log.exists() else []
    return "\n".join(f"    | {line}" for line in lines) or "    | (it wrote nothing)"


class Supervisor:
    """Runs a list of processes until it is told to stop, or one of them cannot be kept alive."""

    def __init__(
        self,
        processes: Sequence[Process],
        environment: dict[str, str],
        log_folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self.processes = processes
        self.environment = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
        self.log_folder = log_folder
        self.say = say
        self.children: list[Child] = []
        self.is_stopping = False

    def listen_to_signals(self) -> None:
        """Ctrl-C and SIGTERM stop everything in order; a second one does not wait."""

        def stop(number: int, frame: FrameType | None) -> None:
            if self.is_stopping:
                for child in self.children:
                    child.running.kill()
            self.is_stopping = True

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)

    def start(self) -> None:
        """Start every process and wait until it is ready. Raises `CannotStart`."""
        self.log_folder.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        for plan in self.processes:
            self.children.append(self.spawn(plan))
            if plan.others_wait:
                self.wait_until_ready(self.children[-1], started + READY_S)
        for child in self.children:
            self.wait_until_ready(child, started + READY_S)
            if not self.is_stopping:
                self.say(f"  {child.plan.name:<8} ready after {time.monotonic() - started:.1f} s")

    def spawn(self, plan: Process) -> Child:
        """Start one process in a session of its own: Ctrl-C in the terminal reaches only the supervisor."""
        log = self.log_folder / f"{plan.name}.log"
        with log.open("ab") as out:
            running = subprocess.Popen(  # noqa: S603  (our own commands, no shell)
                list(plan.command),
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        return Child(plan, running, log)

    def wait_until_ready(self, child: Child, deadline: float) -> None:
        """Wait for one process. Raises `CannotStart` if it dies or takes too long."""
        while not child.plan.is_ready():
            code = child.running.poll()
            if self.is_stopping:
                return
            if code is not None:
                raise CannotStart(
                    f"“{child.plan.name}” did not start: {how_it_ended(code)}. The end of {child.log}:\n"
                    + last_words(child.log)
                )
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"“{child.plan.name}” was not ready after {READY_S:.0f} seconds. The end of {child.log}:\n"
                    + last_words(child.log)
                )
            time.sleep(POLL_S)

    def watch(self, until: Callable[[], bool] = lambda: False) -> int:
        """Watch until told to stop or `until` says so. Returns the exit code."""
        while not self.is_stopping and not until():
            for child in self.children:
                code = child.running.poll()
                if code is not None and not self.revive(child, code):
                    return 1
            time.sleep(POLL_S)
        return 0

    def revive(self, child: Child, code: int) -> bool:
        """Say which process died and why, and start it again; False if it keeps dying."""
        name = child.plan.name
        # What it had started may live on for a while, and hold its port.
        with suppress(ProcessLookupError):
            os.killpg(child.running.pid, signal.SIGKILL)
        self.say(f"“{name}” died: {how_it_ended(code)}. The end of {child.log}:\n{last_words(child.log)}")
        child.deaths.append(time.monotonic())
        if len(child.deaths) == DEATHS_MOST and child.deaths[-1] - child.deaths[0] < DEATHS_WITHIN_S:
            self.say(f"“{name}” died {DEATHS_MOST} times within a minute; stopping everything.")
            return False
        time.sleep(min(8.0, 0.5 * 2 ** (len(child.deaths) - 1)))
        child.running = self.spawn(child.plan).running
        self.say(f"“{name}” was started again.")
        return True

    def stop(self) -> None:
        """Stop everything, last started first, and leave nothing behind."""
        self.is_stopping = True
        for child in reversed(self.children):
            self.stop_one(child)
        self.children.clear()

    def stop_one(self, child: Child) -> None:
        """Ask one process to stop; after its patience, make it."""
        for sign, patience_s in ((signal.SIGTERM, child.plan.patience_s), (signal.SIGKILL, 5.0)):
            if child.running.poll() is None:
                try:
                    os.killpg(child.running.pid, sign)
                    child.running.wait(patience_s)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    continue
        with suppress(ProcessLookupError):  # what it had started, and what did not listen
            os.killpg(child.running.pid, signal.SIGKILL)
        self.say(f"  {child.plan.name:<8} stopped")
