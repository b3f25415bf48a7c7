"""Who may import whom, and what the web process may load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import modelzoo.labels
from curation.emotions import Emotion

ROOT = Path(__file__).resolve().parent.parent
PURE = (
    "curation/splitting.py",
    "curation/releasing.py",
    "curation/manifest.py",
    "annotations/consensus.py",
    "annotations/agreement.py",
    "worker/acquisition.py",
)


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update({node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names


def test_the_import_contracts_hold() -> None:
    code = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
    assert "0 broken" in run(sys.executable, "-c", code)


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_asks_no_database(module: str) -> None:
    forbidden = ("django.db", "curation.models", "annotations.models", "worker.models", "curation.services")
    assert not [name for name in imports_of(ROOT / module) if name.startswith(forbidden)]


@pytest.mark.parametrize("path", sorted(ROOT.glob("modelzoo/**/*.py")), ids=lambda path: path.stem)
def test_the_networks_know_nothing_of_the_site(path: Path) -> None:
    forbidden = {"django", "celery", "config", "curation", "annotations", "worker", "tests"}
    assert not {name.split(".")[0] for name in imports_of(path)} & forbidden


def test_the_web_process_loads_no_science() -> None:
    code = (
        "import sys, django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns;"
        "import config.wsgi, config.celery, modelzoo;"
        "print(sorted({'torch', 'librosa', 'cv2', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    assert run(sys.executable, "-c", code).strip() == "[]"


def test_the_networks_are_listed_without_django() -> None:
    code = (
        "import sys, modelzoo; modelzoo.list_specs(); print('django' in sys.modules, 'torch' in sys.modules)"
    )
    assert run(sys.executable, "-c", code).strip() == "False False"


def test_the_six_emotions_are_the_same_in_the_dataset_and_in_the_networks() -> None:
    assert tuple(Emotion.values) == modelzoo.labels.EMOTIONS


def test_no_module_outside_its_package_sentence_writes_sql_but_the_triggers() -> None:
    raw = [
        path.relative_to(ROOT).as_posix()
        for package in ("curation", "annotations", "worker")
        for path in (ROOT / package).rglob("*.py")
        if ".raw(" in path.read_text() or "cursor()" in path.read_text()
    ]
    assert raw == []
