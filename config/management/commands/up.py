"""`manage.py up`: the whole of Moodreel on one machine, until Ctrl-C."""

import fcntl
import os
import secrets
import socket
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotations.people import welcome_token
from config.processes import address_of, all_processes
from config.supervisor import CannotStart, Supervisor


class Command(BaseCommand):
    """Supervises web, workers, beat and a private Redis."""

    help = "Run Moodreel on this machine: web, workers, beat and a private Redis. Ctrl-C stops all of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and whether to tell the demo's story first."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
        parser.add_argument("--demo", action="store_true", help="fill the system with the demo's dataset")
        parser.add_argument("--clips", type=Path, help="with --demo: a folder of your own clips")
        parser.add_argument("--manifest", type=Path, help="with --clips: a CSV that describes them")
        parser.add_argument("--once", action="store_true", help="with --demo: stop when the demo is ready")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, tell the story if asked, watch, stop."""
        lock = self.take_home()
        self.check_port(options["host"], options["port"])
        self.stdout.write(f"Moodreel lives in {settings.HOME}")
        call_command("migrate", verbosity=0, interactive=False)
        processes, environment = all_processes(options["host"], options["port"], timezone.now())
        supervisor = Supervisor(processes, environment, settings.LOG_ROOT, self.say)
        supervisor.listen_to_signals()
        try:
            supervisor.start()
            code = self.live(supervisor, options)
        except CannotStart as error:
            raise CommandError(str(error)) from error
        finally:
            self.say("Stopping …")
            supervisor.stop()
            lock.close()
        sys.exit(code)

    def live(self, supervisor: Supervisor, options: dict[str, Any]) -> int:
        """From the moment everything runs until the end; the exit code."""
        address = f"http://{address_of(options['host'], options['port'])}/"
        if not options["demo"]:
            self.greet(address)
            return supervisor.watch()
        story = self.tell_story(supervisor, options, address)
        code = supervisor.watch(until=lambda: story.poll() is not None)
        if story.poll() is None:
            story.terminate()
            return code
        if story.returncode != 0:
            self.say("The demo did not get to its end; the reason stands above.")
        if options["once"]:
            return story.returncode
        self.say("Ctrl-C stops everything.")
        return supervisor.watch()

    def tell_story(
        self, supervisor: Supervisor, options: dict[str, Any], address: str
    ) -> "subprocess.Popen[bytes]":
        """Run the demo's story beside the processes it needs; it writes to this terminal."""
        command = [sys.executable, "manage.py", "demo", "--address", address]
        for name in ("clips", "manifest"):
            if options[name]:
                command += [f"--{name}", str(options[name].resolve())]
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=supervisor.environment)  # noqa: S603

    def greet(self, address: str) -> None:
        """Say where the site is, and how the first person gets in."""
        self.say(f"\nMoodreel is running: {address}")
        if not User.objects.exists():
            self.say(
                "Nobody has an account yet. Create the first administrator here (the link is good for a day):"
            )
            self.say(f"  {address}welcome/?token={welcome_token()}")
        self.say("Ctrl-C stops everything.")

    def say(self, text: str) -> None:
        """One line for the person at the terminal, at once."""
        self.stdout.write(text)
        self.stdout.flush()

    def take_home(self) -> IO[str]:
        """Make the home folder ours alone, with its secret key. Raises `CommandError` if it is taken."""
        home: Path = settings.HOME
        for folder in (home, settings.INBOX, settings.MEDIA_ROOT, settings.FEATURES_ROOT, settings.RUNS_ROOT):
            folder.mkdir(parents=True, exist_ok=True)
        lock = (home / "up.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(
                f"Moodreel is already running from {home}; stop it first, or choose another MOODREEL_HOME."
            ) from error
        self.make_secret_key(home / "secret-key")
        return lock

    def make_secret_key(self, kept: Path) -> None:
        """A key of this home's own, unless the environment gives one. The other processes read it there."""
        if os.environ.get("MOODREEL_SECRET_KEY"):
            return
        if not kept.exists():
            with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(50))
        settings.SECRET_KEY = kept.read_text()

    def check_port(self, host: str, port: int) -> None:
        """Raises `CommandError` if there is no such port, or somebody else listens there."""
        if not 0 < port < 2**16:
            raise CommandError(f"{port} is not a port; choose one from 1 to 65535, such as PORT=8000.")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} on {host} is not free ({error.strerror}); choose another, such as PORT={port + 1}."
                ) from error
