"""Starting, watching and stopping processes: tiny real ones."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from config import supervisor
from config.processes import Process
from config.supervisor import CannotStart, Supervisor, how_it_ended, last_words

ROOT = Path(__file__).resolve().parent.parent.parent
LIVE = "import time\nwhile True: time.sleep(0.02)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The supervisor looks often and never sleeps for long; its clock is the real one."""
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda s: time.sleep(min(s, 0.01)))
    monkeypatch.setattr(supervisor, "time", clock)


@pytest.fixture
def said() -> list[str]:
    """What the supervisor tells the person at the terminal."""
    return []


@pytest.fixture
def supervise(tmp_path: Path, said: list[str]) -> Iterator[Callable[..., Supervisor]]:
    """`supervise(*processes)`: a supervisor of these, stopped at the end whatever happened."""
    made: list[Supervisor] = []

    def make(*processes: Process, **environment: str) -> Supervisor:
        made.append(Supervisor(processes, environment, tmp_path / "log", said.append))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def signals() -> Iterator[None]:
    """The test's own signal handlers come back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def process(
    name: str, code: str = LIVE, is_ready: Callable[[], bool] = lambda: True, **more: object
) -> Process:
    """A Python program of a few lines; without site-packages it starts in a blink."""
    return Process(name, [sys.executable, "-S", "-c", code], is_ready, **{"patience_s": 2.0, **more})  # type: ignore[arg-type]


def wait_until(is_true: Callable[[], object], patience_s: float = 5.0) -> None:
    deadline = time.monotonic() + patience_s
    while not is_true():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and unread is not alive."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def parent_of(pid_file: Path, child: str = LIVE, then: str = LIVE) -> str:
    """A program that starts another one, notes its number, and goes on."""
    start = f"import subprocess, sys, pathlib; p = subprocess.Popen([sys.executable, '-S', '-c', {child!r}])"
    return f"{start}\npathlib.Path({str(pid_file)!r}).write_text(str(p.pid))\n{then}"


# --- Starting ----------------------------------------------------------------------------------------


def test_processes_start_in_order_and_each_is_said_to_be_ready(
    supervise: Callable[..., Supervisor], said: list[str]
) -> None:
    running = supervise(process("redis"), process("worker"), process("web"))
    running.start()
    assert [line.split()[:2] for line in said] == [["redis", "ready"], ["worker", "ready"], ["web", "ready"]]
    assert [child.running.poll() for child in running.children] == [None, None, None]


def test_what_the_others_wait_for_is_ready_before_they_start(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    mark, seen = tmp_path / "mark", tmp_path / "seen"
    first = process(
        "first", f"import time, pathlib; time.sleep(0.1); pathlib.Path({str(mark)!r}).touch()\n{LIVE}",
        mark.exists, others_wait=True,
    )  # fmt: skip
    look = (
        f"import pathlib; pathlib.Path({str(seen)!r}).write_text(str(pathlib.Path({str(mark)!r}).exists()))"
    )
    supervise(first, process("second", f"{look}\n{LIVE}", seen.exists)).start()
    wait_until(seen.read_text)
    assert seen.read_text() == "True"


def test_a_process_gets_the_environment_and_writes_into_its_own_log(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    log = tmp_path / "log" / "web.log"
    code = f"import os; print('broker', os.environ['MOODREEL_BROKER'])\n{LIVE}"
    supervise(process("web", code, lambda: "\n" in log.read_text()), MOODREEL_BROKER="redis://here").start()
    assert log.read_text() == "broker redis://here\n"


def test_a_process_that_does_not_come_up_is_named_with_its_exit_and_its_last_words(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    code = "for n in range(30): print('line', n)\nraise SystemExit('The disk is full.')"
    with pytest.raises(CannotStart) as refused:
        supervise(process("web", code, lambda: False)).start()
    message = str(refused.value)
    assert message.startswith("“web” did not start: it ended with exit status 1.")
    assert str(tmp_path / "log" / "web.log") in message
    assert message.endswith("    | line 29\n    | The disk is full.")
    assert message.count("    | ") == supervisor.LAST_WORDS


def test_a_process_that_is_killed_while_it_starts_is_named_with_the_signal(
    supervise: Callable[..., Supervisor],
) -> None:
    code = "import os; os.kill(os.getpid(), 9)"
    with pytest.raises(CannotStart, match="“web” did not start: it was killed by SIGKILL") as refused:
        supervise(process("web", code, lambda: False)).start()
    assert "(it wrote nothing)" in str(refused.value)


def test_a_process_that_is_never_ready_is_named(
    supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "READY_S", 0.05)
    with pytest.raises(CannotStart, match="“web” was not ready after"):
        supervise(process("web", LIVE, lambda: False)).start()


def test_after_a_start_that_failed_nothing_is_left_running(supervise: Callable[..., Supervisor]) -> None:
    running = supervise(process("redis"), process("web", "raise SystemExit(1)", lambda: False))
    with pytest.raises(CannotStart):
        running.start()
    [redis, _web] = [child.running for child in running.children]
    running.stop()
    assert redis.poll() == -signal.SIGTERM


def test_words_that_are_not_text_are_quoted_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_bytes(b"caf\xe9\n")
    assert last_words(tmp_path / "web.log") == "    | caf\ufffd"


def test_an_exit_is_told_in_words() -> None:
    assert how_it_ended(3) == "it ended with exit status 3"
    assert how_it_ended(-signal.SIGSEGV) == "it was killed by SIGSEGV"


# --- Watching ----------------------------------------------------------------------------------------


def test_a_process_that_dies_is_named_with_its_exit_and_its_last_words_and_started_again(
    supervise: Callable[..., Supervisor], said: list[str], tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    once = (
        f"import pathlib, sys; mark = pathlib.Path({str(mark)!r})\n"
        f"if not mark.exists(): mark.touch(); print('out of memory'); sys.exit(3)\n{LIVE}"
    )
    running = supervise(process("redis"), process("gpu", once))
    running.start()
    redis = running.children[0].running.pid
    assert running.watch(until=lambda: "“gpu” was started again." in said) == 0
    [told] = [line for line in said if "died" in line]
    assert told.startswith("“gpu” died: it ended with exit status 3.")
    assert told.endswith("    | out of memory")
    assert running.children[0].running.pid == redis
    assert running.children[1].running.poll() is None


def test_a_process_that_is_killed_is_named_with_the_signal_and_started_again(
    supervise: Callable[..., Supervisor], said: list[str]
) -> None:
    running = supervise(process("web"))
    running.start()
    before = running.children[0].running.pid
    os.kill(before, signal.SIGKILL)
    running.watch(until=lambda: "“web” was started again." in said)
    assert any(line.startswith("“web” died: it was killed by SIGKILL.") for line in said)
    assert running.children[0].running.pid != before


def test_what_a_dead_process_had_started_does_not_outlive_it(
    supervise: Callable[..., Supervisor], said: list[str], tmp_path: Path
) -> None:
    noted = tmp_path / "pid"
    running = supervise(process("web", parent_of(noted, DEAF + LIVE), noted.exists))
    running.start()
    wait_until(noted.read_text)
    grandchild = int(noted.read_text())
    os.kill(running.children[0].running.pid, signal.SIGKILL)
    running.watch(until=lambda: "“web” was started again." in said)
    wait_until(lambda: not is_alive(grandchild))


def test_five_deaths_within_a_minute_end_everything(
    supervise: Callable[..., Supervisor], said: list[str]
) -> None:
    running = supervise(process("redis"), process("web", "raise SystemExit(1)"))
    running.start()
    assert running.watch() == 1
    assert sum("died: it ended with exit status 1" in line for line in said) == 5
    assert said.count("“web” was started again.") == 4
    assert said[-1] == "“web” died 5 times within a minute; stopping everything."


def test_deaths_that_lie_far_apart_are_forgiven(
    supervise: Callable[..., Supervisor], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "DEATHS_WITHIN_S", 0.0)
    running = supervise(process("web", "raise SystemExit(1)"))
    running.start()
    assert running.watch(until=lambda: said.count("“web” was started again.") >= 6) == 0


def test_each_death_is_followed_by_a_longer_pause(
    supervise: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    clock = SimpleNamespace(
        monotonic=time.monotonic, sleep=lambda s: (pauses.append(s), time.sleep(min(s, 0.01)))
    )
    monkeypatch.setattr(supervisor, "time", clock)
    running = supervise(process("web", "raise SystemExit(1)"))
    running.start()
    running.watch()
    assert [pause for pause in pauses if pause != supervisor.POLL_S] == [0.5, 1.0, 2.0, 4.0]


# --- Stopping ----------------------------------------------------------------------------------------


def test_processes_stop_in_reverse_order_and_politely(
    supervise: Callable[..., Supervisor], said: list[str]
) -> None:
    running = supervise(process("redis"), process("worker"), process("web"))
    running.start()
    children = [child.running for child in running.children]
    running.stop()
    assert [line.split() for line in said[-3:]] == [
        ["web", "stopped"],
        ["worker", "stopped"],
        ["redis", "stopped"],
    ]
    assert [child.poll() for child in children] == [-signal.SIGTERM] * 3


def test_a_process_that_does_not_listen_is_made_to_stop(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    code = f"{DEAF}import pathlib; pathlib.Path({str(mark)!r}).touch()\n{LIVE}"
    running = supervise(process("gpu", code, mark.exists, patience_s=0.05))
    running.start()
    child = running.children[0].running
    running.stop()
    assert child.poll() == -signal.SIGKILL


@pytest.mark.parametrize("child", [LIVE, DEAF + LIVE])
def test_stopping_a_process_stops_what_it_had_started(
    child: str, supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    noted = tmp_path / "pid"
    running = supervise(process("gpu", parent_of(noted, child), noted.exists, patience_s=0.3))
    running.start()
    wait_until(noted.read_text)
    time.sleep(0.1)  # it stops its ears first
    running.stop()
    try:
        wait_until(lambda: not is_alive(int(noted.read_text())), patience_s=1.0)
    finally:
        if is_alive(int(noted.read_text())):
            os.kill(int(noted.read_text()), signal.SIGKILL)


def test_stopping_twice_does_nothing_more(supervise: Callable[..., Supervisor], said: list[str]) -> None:
    running = supervise(process("web"))
    running.start()
    running.stop()
    running.stop()
    assert sum("stopped" in line for line in said) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_watch_without_an_error(
    number: signal.Signals, supervise: Callable[..., Supervisor], signals: None
) -> None:
    running = supervise(process("web"))
    running.listen_to_signals()
    running.start()
    assert running.watch(until=lambda: os.kill(os.getpid(), number)) == 0  # type: ignore[arg-type, return-value]
    assert running.is_stopping


def test_a_signal_during_the_start_is_no_error(supervise: Callable[..., Supervisor], signals: None) -> None:
    running = supervise(process("web", LIVE, lambda: bool(os.kill(os.getpid(), signal.SIGINT))))  # type: ignore[func-returns-value]
    running.listen_to_signals()
    running.start()
    assert running.watch() == 0


def test_a_second_signal_does_not_wait(
    supervise: Callable[..., Supervisor], tmp_path: Path, signals: None
) -> None:
    mark = tmp_path / "mark"
    code = f"{DEAF}import pathlib; pathlib.Path({str(mark)!r}).touch()\n{LIVE}"
    running = supervise(process("gpu", code, mark.exists, patience_s=60))
    running.listen_to_signals()
    running.start()
    child = running.children[0].running
    for _ in range(2):
        os.kill(os.getpid(), signal.SIGINT)
    running.stop()
    assert child.poll() == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells a process that its parent is gone.")
def test_processes_do_not_outlive_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from config.processes import Process\n"
        "from config.supervisor import Supervisor\n"
        f"one = Process('web', [sys.executable, '-S', '-c', {LIVE!r}], lambda: True)\n"
        f"running = Supervisor([one], {{}}, pathlib.Path({str(tmp_path)!r}), lambda text: None)\n"
        "running.start()\n"
        "print(running.children[0].running.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
    wait_until(lambda: not is_alive(child))
