"""Ending with the parent, and leaving whole files when asked to stop."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from modelzoo.process import Terminated, die_with_parent, exit_on_sigterm, sleep_while_waiting

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")


@pytest.fixture
def handler_kept() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_sigterm_becomes_an_exit_with_143(handler_kept: None) -> None:
    exit_on_sigterm()
    with pytest.raises(Terminated) as caught:
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 143


def test_off_linux_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    die_with_parent(parent_pid=1)


def test_waiting_threads_sleep_unless_the_operator_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    sleep_while_waiting()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    monkeypatch.delenv("OMP_WAIT_POLICY")
    sleep_while_waiting()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


@linux
def test_parent_already_gone_ends_the_process() -> None:
    code = "from modelzoo.process import die_with_parent; die_with_parent(2**30)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 143


@linux
def test_child_ends_with_its_parent() -> None:
    """The child holds the pipe open as long as it lives; its parent is killed outright."""
    child = (
        "import signal; from modelzoo.process import die_with_parent; die_with_parent();"
        "print('ready', flush=True); signal.pause()"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.kill(process.pid, signal.SIGKILL)
    assert process.stdout.read() == ""  # returns only once the child has closed its end
    process.stdout.close()
    process.wait()
