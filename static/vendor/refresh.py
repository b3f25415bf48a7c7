#!/usr/bin/env python3
"""Fetch, check and copy the front-end libraries named in manifest.json.

    python static/vendor/refresh.py            newest version allowed by each entry's `wanted`
    python static/vendor/refresh.py --check    compare the files with their checksums; needs no network

Downloads go through the npm client and its configuration. Only the named files and the licence are kept, so
that what is served is small and can be read in a diff.
"""

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "manifest.json"


def sha256(path: Path) -> str:
    """The file's checksum in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check(entries: list[dict]) -> list[str]:
    """What differs from the manifest, as sentences. Strange files count: nothing is served unaccounted for."""
    wrong = []
    known = {MANIFEST, Path(__file__).resolve()}
    for entry in entries:
        for file in entry["files"]:
            path = HERE / entry["name"] / file["name"]
            known.add(path)
            if not path.is_file():
                wrong.append(f"{path.relative_to(HERE)} is missing; run refresh.py.")
            elif sha256(path) != file["sha256"]:
                wrong.append(f"{path.relative_to(HERE)} differs from its checksum in the manifest.")
    on_disk = {p for p in HERE.rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    wrong += [f"{p.relative_to(HERE)} is not in the manifest." for p in sorted(on_disk - known)]
    return wrong


def fetch(entry: dict, folder: Path) -> tarfile.TarFile:
    """The package's archive, by `npm pack`. Checks the integrity that npm itself reports."""
    spec = f"{entry['package']}@{entry['wanted']}"
    packed = subprocess.run(
        ["npm", "pack", "--json", "--ignore-scripts", spec],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    report = json.loads(packed.stdout)[-1]
    archive = folder / report["filename"]
    algorithm, _, expected = report["integrity"].partition("-")
    found = hashlib.new(algorithm, archive.read_bytes()).digest()
    if base64.b64encode(found).decode() != expected:
        raise SystemExit(f"{archive.name} does not have the integrity that npm reported; try again.")
    entry["version"] = report["version"]
    return tarfile.open(archive)


def refresh(entry: dict) -> None:
    """Copy the entry's files from a fresh download and rewrite its checksums."""
    target = HERE / entry["name"]
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, fetch(entry, Path(folder)) as archive:
        for file in entry["files"]:
            member = archive.extractfile(f"package/{file['source']}")
            if member is None:
                raise SystemExit(f"{entry['package']} has no file {file['source']!r}; correct the manifest.")
            path = target / file["name"]
            path.write_bytes(member.read())
            file["sha256"] = sha256(path)


def main() -> int:
    """Read the arguments, do one of the two things, say what happened."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare with the checksums, offline")
    arguments = parser.parse_args()
    manifest = json.loads(MANIFEST.read_text())
    if not arguments.check:
        for entry in manifest:
            refresh(entry)
            print(f"{entry['name']} {entry['version']}")
        MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")
    wrong = check(manifest)
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
