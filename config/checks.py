"""`python -m config.checks`: what ruff, mypy and the import rules do not see. Part of `make check`.

Missing migrations, translations that are stale or incomplete, vendored files that differ from their manifest.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
IGNORED = ("var/*", ".venv/*", "tests/*", "bench/*", "static/vendor/*", "docs/*", "build/*")


def run(*command: str) -> tuple[int, str]:
    """A command's exit code and everything it said."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode, done.stdout + done.stderr


def migrations() -> Iterator[str]:
    """Models that no migration describes yet."""
    code, said = run(sys.executable, "manage.py", "makemigrations", "--check", "--dry-run")
    if code:
        yield f"Migrations are missing; run `manage.py makemigrations -n a_name`.\n{said}"


def make_messages() -> tuple[int, str]:
    """Collect every translatable string into the catalogues."""
    languages = [option for folder in sorted(LOCALE.iterdir()) for option in ("-l", folder.name)]
    ignored = [option for pattern in IGNORED for option in ("-i", pattern)]
    return run(
        sys.executable, "manage.py", "makemessages", *languages, *ignored, "--no-location", "--no-wrap", "--no-obsolete"
    )  # fmt: skip


def entries(path: Path) -> dict[tuple[str | None, str], polib.POEntry]:
    """A catalogue's strings by context and text."""
    return {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(path)) if not entry.obsolete}


def translations() -> Iterator[str]:
    """Strings without a translation, catalogues behind the code, compiled files behind the catalogues."""
    catalogues = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))
    for path in catalogues:
        language = path.parts[-3]
        for entry in polib.pofile(str(path)):
            if not entry.obsolete and (not entry.translated() or entry.fuzzy):
                yield f"{language}: “{entry.msgid}” has no translation in {path.relative_to(ROOT)}."
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or polib.pofile(str(path)).to_binary() != compiled.read_bytes():
            yield f"{compiled.relative_to(ROOT)} is older than its catalogue; run `make messages`."
    if shutil.which("xgettext") is None:
        print(
            "GNU gettext is not installed: whether the catalogues are complete was not checked.",
            file=sys.stderr,
        )
        return
    yield from stale(catalogues)


def stale(catalogues: list[Path]) -> Iterator[str]:
    """Strings in the code that a catalogue does not have yet. The catalogues are left as they are."""
    with tempfile.TemporaryDirectory() as kept:
        for path in catalogues:
            shutil.copy(path, Path(kept) / f"{path.parts[-3]}.po")
        code, said = make_messages()
        found = {path: set(entries(path)) for path in catalogues}
        for path in catalogues:
            shutil.copy(Path(kept) / f"{path.parts[-3]}.po", path)
    if code:
        yield f"The strings could not be collected.\n{said}"
    for path, now in found.items():
        known = set(entries(path))
        for _context, text in sorted(now - known, key=lambda key: key[1]):
            yield f"{path.parts[-3]}: “{text}” is new; run `make messages` and translate it."
        for _context, text in sorted(known - now, key=lambda key: key[1]):
            yield f"{path.parts[-3]}: “{text}” is no longer used; run `make messages`."


def vendored() -> Iterator[str]:
    """Front-end files that are not what their manifest says."""
    code, said = run(sys.executable, "static/vendor/refresh.py", "--check")
    if code:
        yield said.strip()


def refresh_messages() -> int:
    """Collect the strings and compile the catalogues."""
    code, said = make_messages()
    if code:
        print(said, file=sys.stderr)
        return code
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        catalogue = polib.pofile(str(path), wrapwidth=0)
        path.with_suffix(".mo").write_bytes(catalogue.to_binary())
        n_missing = sum(not e.translated() or e.fuzzy for e in catalogue if not e.obsolete)
        print(f"{path.parts[-3]}: {len(catalogue)} strings, {n_missing} to translate")
    return 0


def main() -> int:
    """Run every check; 1 if one of them has something to say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--refresh-messages", action="store_true", help="collect and compile the translations"
    )
    os.environ.setdefault("MOODREEL_SECRET_KEY", "only for checks, which serve nobody")
    if parser.parse_args().refresh_messages:
        return refresh_messages()
    checks: list[Callable[[], Iterator[str]]] = [migrations, translations, vendored]
    problems = [problem for check in checks for problem in check()]
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        print("Migrations, translations and vendored files are in order.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
