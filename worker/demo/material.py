"""What the demo imports: first most of the sources, later the rest, as new arrivals nobody has labelled."""

import csv
import io
import random
import shutil
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from curation.emotions import parse_emotion
from curation.manifest import read_manifest, rows_of_folder

LATE_SHARE = 0.25
Row = dict[str, str]


class Material(NamedTuple):
    """Files, and the rows of two imports. `truths` tells what a place in a file was made to express."""

    folder: Path
    first: list[Row]
    late: list[Row]
    truths: dict[tuple[str, int], str]


def material_of(folder: Path, manifest: Path | None, seed: int) -> Material:
    """Divide a folder's sources in two. Raises `BadManifest`, `UnknownEmotion`."""
    rows = read_manifest(manifest.read_bytes()) if manifest else rows_of_folder(folder)
    late = late_groups(rows, seed)
    return Material(
        folder=folder,
        first=[row for row in rows if row["source_group"] not in late],
        late=[row for row in rows if row["source_group"] in late],
        truths={place(row): parse_emotion(row["label"]).value for row in rows if row.get("label")},
    )


def place(row: Row) -> tuple[str, int]:
    """A file and the millisecond at which a clip begins."""
    try:
        start_ms = round(float(row.get("start_s") or 0) * 1000)
    except ValueError:  # the import will say so, in a sentence
        start_ms = 0
    return row["file_name"], start_ms


def late_groups(rows: Sequence[Row], seed: int) -> set[str]:
    """About a quarter of the groups of sources, spread over the labels; none if nothing is labelled."""
    by_label: dict[str, list[str]] = {}
    for row in rows:
        names = by_label.setdefault(row.get("label", ""), [])
        if row["source_group"] not in names:
            names.append(row["source_group"])
    by_label.pop("", None)
    rng = random.Random(seed)
    n_late = round(LATE_SHARE * sum(map(len, by_label.values())))
    # One of each label in turn; the last of a label always comes first.
    turns = zip_longest(*(rng.sample(sorted(names), len(names))[1:] for names in by_label.values()))
    ordered = [name for turn in turns for name in turn if name is not None]
    return set(ordered[:n_late])


def unlabelled_manifest(rows: Sequence[Row]) -> bytes:
    """Rows as a manifest without its label column: people are to say what the clips express."""
    names = [name for name in rows[0] if name != "label"]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def spoil(material: Material) -> None:
    """Add to the late arrivals what every real upload has: a broken file, and one that is already there."""
    twin = dict(material.first[0])
    copy = f"copy-of-{Path(twin['file_name']).name}"
    shutil.copyfile(material.folder / twin["file_name"], material.folder / copy)
    (material.folder / "not-a-video.mp4").write_text("This is a text file that somebody renamed.\n")
    material.late.append({**twin, "file_name": copy, "source_group": copy})
    material.late.append({**dict.fromkeys(twin, ""), "file_name": "not-a-video.mp4", "source_group": "odd"})
