"""Settings come from the environment, and a wrong one is refused by its name."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "only-for-tests-and-long-enough-0123456789-abcdefghijklmnop"


def settings_of(
    home: Path, ask: str = "None", *, root: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """What a fresh process makes of an environment; `ask` is an expression about the settings `s`."""
    given = {
        "PATH": os.environ["PATH"],
        "MOODREEL_HOME": str(home),
        "MOODREEL_SECRET_KEY": KEY,
        "MOODREEL_ENV_FILE": os.devnull,
        **environment,
    }
    given = {name: value for name, value in given.items() if value != "-"}
    code = f"import config.settings as s; print({ask})"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=given, capture_output=True, text=True, check=False, timeout=30
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MOODREEL_BEHIND_TLS", "perhaps"),
        ("MOODREEL_JOB_LEASE_S", "1"),
        ("MOODREEL_MAX_UPLOAD_MB", "much"),
        ("MOODREEL_DEVICE", "tpu"),
        ("MOODREEL_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(name: str, value: str, tmp_path: Path) -> None:
    done = settings_of(tmp_path, **{name: value})
    assert done.returncode != 0
    assert name in done.stderr.splitlines()[-1]


def test_everything_lives_under_the_home_unless_told(tmp_path: Path) -> None:
    ask = "s.INBOX, s.MEDIA_ROOT, s.FEATURES_ROOT, s.RUNS_ROOT, s.LOG_ROOT, s.DATABASES['default']['NAME'], sep='\\n'"
    done = settings_of(tmp_path, ask, MOODREEL_RUNS="/elsewhere/runs")
    *inside, runs, log, database = done.stdout.split()
    assert runs == "/elsewhere/runs"
    assert all(Path(path).is_relative_to(tmp_path) for path in (*inside[:3], log, database))


def test_behind_tls_cookies_and_redirects_are_of_tls(tmp_path: Path) -> None:
    ask = "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0"
    assert settings_of(tmp_path, ask, MOODREEL_BEHIND_TLS="1").stdout == "True True True True\n"
    assert settings_of(tmp_path, ask).stdout == "False False False False\n"


def test_the_key_left_in_the_home_is_used_and_the_environments_wins(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("kept in the home\n")
    assert settings_of(tmp_path, "s.SECRET_KEY", MOODREEL_SECRET_KEY="-").stdout == "kept in the home\n"
    assert settings_of(tmp_path, "s.SECRET_KEY").stdout == f"{KEY}\n"


def test_without_a_key_the_web_server_does_not_start(tmp_path: Path) -> None:
    given = {"PATH": os.environ["PATH"], "MOODREEL_HOME": str(tmp_path), "MOODREEL_ENV_FILE": os.devnull}
    done = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"], cwd=ROOT, env=given, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_a_file_of_settings_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "moodreel.env"
    file.write_text("MOODREEL_DEVICE=cpu\nMOODREEL_TIME_ZONE=Asia/Seoul\n")
    done = settings_of(tmp_path, "s.DEVICE, s.TIME_ZONE", MOODREEL_ENV_FILE=str(file), MOODREEL_DEVICE="cuda")
    assert done.stdout == "cuda Asia/Seoul\n"


def test_the_file_is_read_from_the_repository_whatever_folder_one_is_in(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    for name in ("__init__.py", "settings.py", "version.py"):
        shutil.copy(ROOT / "config" / name, tmp_path / "config" / name)
    (tmp_path / ".env").write_text("MOODREEL_TIME_ZONE=Asia/Kathmandu\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".env").write_text("MOODREEL_TIME_ZONE=Africa/Cairo\n")
    done = settings_of(
        tmp_path, "s.TIME_ZONE", root=elsewhere, MOODREEL_ENV_FILE="-", PYTHONPATH=str(tmp_path)
    )
    assert done.stdout == "Asia/Kathmandu\n"


def test_every_variable_is_in_the_example_and_every_example_is_a_variable() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', (ROOT / "config" / "settings.py").read_text()))
    shown = set(re.findall(r"(?m)^#?([A-Z_]+)=", (ROOT / ".env.example").read_text()))
    assert shown == read
