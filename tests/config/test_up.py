"""`manage.py up`: one system for a home folder, and sentences when it cannot be."""

import io
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from config.management.commands.up import Command
from config.supervisor import Supervisor


@pytest.fixture
def up() -> Command:
    """The command, writing into memory."""
    return Command(stdout=io.StringIO())


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def said(command: Command) -> str:
    text: str = command.stdout._out.getvalue()
    return text


def test_a_home_folder_is_made_with_all_it_needs(up: Command, settings: Settings, tmp_path: Path) -> None:
    settings.HOME = tmp_path / "new" / "home"
    settings.INBOX = settings.HOME / "inbox"
    with up.take_home():
        assert settings.INBOX.is_dir()


def test_a_second_system_on_the_same_home_is_refused_with_a_sentence(up: Command, settings: Settings) -> None:
    with (
        up.take_home(),
        pytest.raises(
            CommandError, match=f"already running from {settings.HOME}; stop it first, or choose another"
        ),
    ):
        call_command("up")


def test_a_home_is_free_again_when_its_system_has_ended(up: Command) -> None:
    up.take_home().close()
    up.take_home().close()


def test_a_taken_port_is_refused_with_a_sentence_that_names_another(taken_port: int) -> None:
    with pytest.raises(
        CommandError,
        match=f"Port {taken_port} on 127.0.0.1 is not free .Address already in use.; "
        f"choose another, such as PORT={taken_port + 1}.",
    ):
        call_command("up", port=taken_port)


def test_a_port_that_somebody_holds_on_one_address_is_not_free_on_all(up: Command, taken_port: int) -> None:
    with pytest.raises(CommandError, match="is not free"):
        up.check_port("0.0.0.0", taken_port)  # noqa: S104


def test_a_free_port_is_left_free(up: Command, taken_port: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for _ in range(2):
        up.check_port("127.0.0.1", port)


def test_a_port_that_cannot_be_is_refused_with_a_sentence(up: Command) -> None:
    with pytest.raises(CommandError, match="70000"):
        up.check_port("127.0.0.1", 70_000)


def test_a_home_gets_a_secret_key_of_its_own_that_only_its_owner_reads(
    up: Command, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOODREEL_SECRET_KEY")
    up.take_home().close()
    kept = settings.HOME / "secret-key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(kept.read_text()) >= 50
    assert kept.read_text() == settings.SECRET_KEY


def test_a_secret_key_is_kept_from_start_to_start(
    up: Command, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOODREEL_SECRET_KEY")
    up.take_home().close()
    first = settings.SECRET_KEY
    up.take_home().close()
    assert first == settings.SECRET_KEY


def test_a_secret_key_from_the_environment_is_written_nowhere(up: Command, settings: Settings) -> None:
    before = settings.SECRET_KEY
    up.take_home().close()
    assert not (settings.HOME / "secret-key").exists()
    assert before == settings.SECRET_KEY


@pytest.mark.django_db
def test_who_comes_first_is_told_how_to_get_in(up: Command, client: Client) -> None:
    up.greet("http://127.0.0.1:8000/")
    [link] = [word for word in said(up).split() if "welcome" in word]
    assert link.startswith("http://127.0.0.1:8000/welcome/?token=")
    assert client.get(link.removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_where_there_is_somebody_no_link_is_printed(up: Command, eve: User) -> None:
    up.greet("http://127.0.0.1:8000/")
    assert "Moodreel is running: http://127.0.0.1:8000/" in said(up)
    assert "token" not in said(up)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("::1", "http://[::1]:8000/"),
    ],
)
def test_the_address_that_is_printed_can_be_opened(
    host: str, address: str, up: Command, tmp_path: Path
) -> None:
    stopped = Supervisor([], {}, tmp_path, up.say)
    stopped.stop()
    assert up.live(stopped, {"host": host, "port": 8000, "demo": False}) == 0
    assert f"Moodreel is running: {address}\n" in said(up)
