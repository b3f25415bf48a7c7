"""Reading a manifest: which file, of which group of sources, which seconds, what is known of it. No rows."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from django.utils.translation import gettext as _

from curation.emotions import parse_emotion
from curation.errors import BadManifest, BadRow

REQUIRED = ("file_name", "source_group")
TEXTS = ("title", "artist", "provider", "external_id", "url", "language", "country", "genre", "licence")
# What fits into the columns of `Source` and `SourceGroup`; a test holds them together.
LENGTHS = {
    "file_name": 500, "source_group": 200, "title": 300, "artist": 300, "provider": 60, "external_id": 120,
    "url": 500, "language": 35, "genre": 80, "licence": 200,
}  # fmt: skip
MEDIA_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".ogv"})


class ClipRow(NamedTuple):
    """One checked row. `start_s` and `end_s` are seconds in the file; both None means the whole file."""

    file_name: str
    source_group: str
    start_s: float | None
    end_s: float | None
    emotion: str | None
    year: int | None
    texts: dict[str, str]


def read_manifest(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV manifest, unchecked. Raises `BadManifest` when it cannot be read as a whole."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadManifest(
            _("The manifest is not UTF-8 text (byte %(byte)d); save it as “CSV UTF-8” and try again.")
            % {"byte": error.start}
        ) from error
    if "\0" in text:
        raise BadManifest(
            _("The manifest holds bytes that are not text; save it as “CSV UTF-8” and try again.")
        )
    reader = csv.DictReader(io.StringIO(text))
    try:
        columns = [name.strip() for name in reader.fieldnames or []]
        rows = [{(k or "").strip(): (v or "").strip() for k, v in row.items() if k} for row in reader]
    except csv.Error as error:
        raise BadManifest(
            _("The manifest cannot be read after line %(line)d: %(error)s.")
            % {"line": reader.line_num, "error": error}
        ) from error
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise BadManifest(
            _("The manifest has no column “%(missing)s”. It has: %(columns)s. Add the column and try again.")
            % {"missing": _("”, “").join(missing), "columns": ", ".join(columns) or _("nothing")}
        )
    if not rows:
        raise BadManifest(_("The manifest has a header but no rows; list one file a line."))
    return rows


def rows_of_folder(folder: Path) -> list[dict[str, str]]:
    """A row for every video under a folder, each its own group of sources. Raises `BadManifest`."""
    files = sorted(
        p.relative_to(folder)
        for p in folder.rglob("*")
        if p.suffix.lower() in MEDIA_SUFFIXES and p.is_file() and not p.name.startswith(".")
    )
    if not files:
        raise BadManifest(
            _("There is no video in “%(folder)s”; expected files such as song.mp4.") % {"folder": folder.name}
        )
    # A name in another encoding than the disk's cannot be stored; spelt so, the row is rejected by itself.
    names = [PurePosixPath(p.as_posix().encode(errors="replace").decode()) for p in files]
    return [{"file_name": str(p), "source_group": str(p.with_suffix(""))[:200]} for p in names]


def seconds(row: Mapping[str, str], column: str) -> float | None:
    """A number of seconds, or None where the cell is empty. Raises `BadRow`."""
    text = row.get(column, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise BadRow(
            _("%(column)s is “%(value)s”; expected seconds, such as 30 or 12.5.")
            % {"column": column, "value": text}
        )
    return value


def whole_year(row: Mapping[str, str]) -> int | None:
    """A year, or None where the cell is empty. Raises `BadRow`."""
    text = row.get("year", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) == 4 and 1850 <= int(text) <= 2200):
        raise BadRow(_("year is “%(value)s”; expected four digits, such as 2019.") % {"value": text})
    return int(text)


def check_row(row: Mapping[str, str]) -> ClipRow:
    """One row, understood. Raises `BadRow` or `UnknownEmotion` with a sentence about the cell at fault."""
    for column in REQUIRED:
        if not row.get(column):
            raise BadRow(_("The cell %(column)s is empty; fill it in and import again.") % {"column": column})
    start_s, end_s = seconds(row, "start_s"), seconds(row, "end_s")
    if end_s is not None and end_s <= (start_s or 0.0):
        raise BadRow(
            _("end_s is %(end)g, which is not after start_s, %(start)g; swap or correct them.")
            % {"end": end_s, "start": start_s or 0.0}
        )
    country = row.get("country", "")
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise BadRow(
            _("country is “%(value)s”; expected a two-letter code, such as NP or KR.") % {"value": country}
        )
    for column, most in LENGTHS.items():
        if len(row.get(column, "")) > most:
            raise BadRow(
                _("%(column)s has %(n)d characters; expected at most %(most)d. Shorten it and import again.")
                % {"column": column, "n": len(row[column]), "most": most}
            )
    label = row.get("label", "")
    return ClipRow(
        file_name=row["file_name"],
        source_group=row["source_group"],
        start_s=start_s,
        end_s=end_s,
        emotion=parse_emotion(label).value if label else None,
        year=whole_year(row),
        texts={name: row[name] for name in TEXTS if row.get(name)} | {"country": country.upper()},
    )
