"""How a run meets the operating system: asked to stop, or left without a parent."""

import ctypes
import os
import signal
import sys
from types import FrameType
from typing import Final, NoReturn

EXIT_TERMINATED: Final = 128 + signal.SIGTERM
_PR_SET_PDEATHSIG: Final = 1


class Terminated(SystemExit):
    """Raised where SIGTERM finds the program, so that files are left whole; exits with 143."""

    def __init__(self) -> None:
        super().__init__(EXIT_TERMINATED)


def exit_on_sigterm() -> None:
    """Turn SIGTERM into `Terminated`. Call once, from the main thread."""
    signal.signal(signal.SIGTERM, _raise_terminated)


def die_with_parent(parent_pid: int | None = None) -> None:
    """Ask Linux to send SIGTERM when the thread that started this process ends; elsewhere do nothing.

    A parent that was gone before the request sends nothing any more: raises `Terminated` if the parent is no
    longer `parent_pid` (by default, the parent seen on entry).
    """
    if not sys.platform.startswith("linux"):
        return
    expected = os.getppid() if parent_pid is None else parent_pid
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != expected:
        raise Terminated


def sleep_while_waiting() -> None:
    """Let torch's idle threads sleep instead of spin. Call before torch is loaded.

    On two cores shared with other programs, spinning threads keep the one that works from its core: measured
    0.8 clips a second in training with OpenMP's default, 15 with this.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def _raise_terminated(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated
