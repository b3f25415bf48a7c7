"""Which processes run on one machine, and how it is told that they are ready."""

import socket
import sys
import threading
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from config.processes import (
    SOCKET_PATH_MOST,
    address_of,
    all_processes,
    beat,
    private_redis,
    socket_path,
    web,
    worker,
)
from config.supervisor import Supervisor
from worker import heartbeats


class Healthy(BaseHTTPRequestHandler):
    """Answers `/healthz`, and nothing else."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quietly."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where a tiny web server listens, on 127.0.0.1 alone."""
    monkeypatch.setattr(urllib.request, "_opener", None)  # it remembers the proxies of its first use
    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- The private Redis -------------------------------------------------------------------------------


def test_redis_listens_in_the_home_folder(tmp_path: Path) -> None:
    assert socket_path(Path("/srv/moodreel")) == Path("/srv/moodreel/redis.sock")


def test_a_home_that_lies_deep_has_its_socket_in_a_short_folder_of_its_own() -> None:
    deep = Path("/srv") / ("very-deep" * 12)
    assert len(str(socket_path(deep))) <= SOCKET_PATH_MOST
    assert socket_path(deep) == socket_path(deep)
    assert socket_path(deep) != socket_path(deep / "other")


@pytest.mark.parametrize("length", [SOCKET_PATH_MOST, SOCKET_PATH_MOST + 1])
def test_a_socket_path_just_fits_or_is_shortened(length: int) -> None:
    home = Path("/" + "h" * (length - len("//redis.sock")))
    assert len(str(home / "redis.sock")) == length
    assert (socket_path(home).parent == home) == (length <= SOCKET_PATH_MOST)


def test_redis_starts_keeps_its_data_in_the_home_and_lets_nobody_else_in(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 25)
    home.mkdir()
    process, url = private_redis(home)
    path = socket_path(home)
    running = Supervisor([process], {}, tmp_path / "log", lambda text: None)
    try:
        running.start()
        assert process.is_ready()
        assert url == f"redis+socket://{path}"
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0
        assert list((home / "redis").iterdir())
    finally:
        running.stop()
        path.unlink(missing_ok=True)
        path.parent.rmdir()


# --- Web ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1:8000"), ("::", "[::]:8000"), ("reel.example", "reel.example:8000")],
)
def test_the_web_server_is_bound_to_what_it_was_told(host: str, address: str) -> None:
    assert address_of(host, 8000) == address
    command = list(web(host, 8000).command)
    assert command[command.index("--bind") + 1] == address


def test_the_web_server_is_ready_when_it_answers(port: int) -> None:
    assert web("127.0.0.1", port).is_ready()
    assert not web("127.0.0.1", free_port()).is_ready()


def test_bound_to_every_address_it_is_asked_on_the_nearest(port: int) -> None:
    assert web("0.0.0.0", port).is_ready()  # noqa: S104


def test_the_machines_proxy_is_not_asked_about_the_machine_itself(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)
    assert web("127.0.0.1", port).is_ready()


# --- Workers and the clock ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_worker_is_ready_when_it_has_shown_a_sign_of_life_since_the_start() -> None:
    heartbeats.beat("default@here", ["default"])
    moment = timezone.now()
    assert worker("default", moment - timedelta(seconds=5)).is_ready()
    assert not worker("default", moment + timedelta(seconds=5)).is_ready()
    assert not worker("gpu", moment - timedelta(seconds=5)).is_ready()


def test_a_worker_listens_to_its_queue_with_one_job_at_a_time(now: datetime) -> None:
    command = list(worker("gpu", now).command)
    assert command[command.index("--queues") + 1] == "gpu"
    assert command[command.index("--concurrency") + 1] == "1"


def test_the_clock_runs_once_and_is_ready_at_once(now: datetime) -> None:
    processes, _environment = all_processes("127.0.0.1", 8000, now)
    assert [process.name for process in processes].count("beat") == 1
    assert beat().is_ready()


def test_one_machine_starts_its_own_redis_first_and_the_web_server_last(
    now: datetime, settings: Settings
) -> None:
    processes, environment = all_processes("127.0.0.1", 8000, now)
    assert [process.name for process in processes] == ["redis", "default", "gpu", "beat", "web"]
    assert [process.name for process in processes if process.others_wait] == ["redis"]
    assert environment == {"MOODREEL_BROKER": f"redis+socket://{socket_path(settings.HOME)}"}


def test_with_a_broker_of_ones_own_no_redis_is_started(now: datetime, settings: Settings) -> None:
    settings.BROKER_URL = "redis://broker.example/0"
    processes, environment = all_processes("127.0.0.1", 8000, now)
    assert [process.name for process in processes] == ["default", "gpu", "beat", "web"]
    assert environment == {}


def test_every_program_runs_in_this_python(now: datetime) -> None:
    processes, _environment = all_processes("127.0.0.1", 8000, now)
    assert all(process.command[0] == sys.executable for process in processes if process.name != "redis")
