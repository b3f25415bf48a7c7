"""The contract between a dataset and a network: a JSONL file with one clip per line."""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from modelzoo.errors import ManifestError, SplitError
from modelzoo.files import write_atomically
from modelzoo.labels import EMOTIONS

Split = Literal["train", "validation", "test", "none"]
SPLITS: Final = ("train", "validation", "test", "none")
SUM_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One clip.

    `media` is the clip's own file, decoded from its first second; a relative path starts at the manifest's
    folder. `start_s` and `end_s` only say where the clip lies in its source. `probs` is the people's
    distribution over emotions, if there is one; emotions left out of it count as 0.
    """

    clip: str
    media: str
    sha256: str
    source_group: str
    split: Split = "none"
    label: str | None = None
    probs: Mapping[str, float] | None = None
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The rows of one file, in order, and the SHA-256 of its bytes."""

    path: Path
    rows: tuple[ManifestRow, ...]
    sha256: str

    def media_path(self, row: ManifestRow) -> Path:
        """Where the row's media lies."""
        return self.path.parent / row.media

    def in_split(self, split: Split) -> list[ManifestRow]:
        """The rows of one split, labelled or not."""
        return [row for row in self.rows if row.split == split]


def read_manifest(path: Path | str) -> Manifest:
    """Read and check every line. Raises `ManifestError` naming line and field, or a clip that comes twice."""
    path = Path(path)
    try:
        data = path.read_bytes()
        lines = data.decode().split("\n")  # not splitlines: a song's name may hold a separator of its own
    except OSError as error:
        raise ManifestError(
            f"Manifest '{path}' cannot be opened ({error.strerror}); check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"Manifest '{path}' is not UTF-8 text; write it with write_manifest.") from error
    rows: dict[str, ManifestRow] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _parse(line, f"Line {number} of manifest '{path.name}'")
        if row.clip in rows:
            raise ManifestError(
                f"Line {number} of manifest '{path.name}' repeats clip {row.clip!r}; list it once."
            )
        rows[row.clip] = row
    if not rows:
        raise ManifestError(f"Manifest '{path}' lists no clip; export at least one.")
    return Manifest(path, tuple(rows.values()), hashlib.sha256(data).hexdigest())


def write_manifest(path: Path | str, rows: Iterable[ManifestRow]) -> None:
    """Write `rows`, one JSON object a line, replacing the file whole. Same rows, same bytes."""
    lines = [json.dumps(asdict(row), ensure_ascii=False) for row in rows]
    write_atomically(Path(path), "".join(f"{line}\n" for line in lines).encode())


def assert_source_disjoint(rows: Iterable[ManifestRow]) -> None:
    """Raise `SplitError` if one source group stands in two of train, validation and test.

    Clips of split 'none' are in no split, so they cannot leak.
    """
    split_of: dict[str, str] = {}
    for row in rows:
        if row.split == "none":
            continue
        first = split_of.setdefault(row.source_group, row.split)
        if first != row.split:
            raise SplitError(
                f"Source group {row.source_group!r} is in both {first!r} and {row.split!r} (clip {row.clip!r}); "
                "a network must not be tested on a song it learnt, so move all its clips to one split."
            )


def _parse(line: str, where: str) -> ManifestRow:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        raise ManifestError(f"{where} is not JSON ({error.msg}); write one object per line.") from error
    if not isinstance(values, dict):
        raise ManifestError(f"{where} is a {type(values).__name__}; expected an object.")
    names = [field.name for field in fields(ManifestRow)]
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise ManifestError(f"{where} has the unknown field {unknown[0]!r}; known are {', '.join(names)}.")
    for name in ("clip", "media", "sha256", "source_group"):
        if not isinstance(values.get(name), str) or not values[name]:
            raise _bad(where, name, values.get(name), "a text that is not empty")
    _check_values(values, where)
    return ManifestRow(**values)


def _check_values(values: dict[str, Any], where: str) -> None:
    if not re.fullmatch("[0-9a-f]{64}", values["sha256"]):
        raise _bad(where, "sha256", values["sha256"], "64 lower-case hexadecimal digits")
    if values.setdefault("split", "none") not in SPLITS:
        raise _bad(where, "split", values["split"], f"one of {', '.join(SPLITS)}")
    if values.get("label") is not None and values["label"] not in EMOTIONS:
        raise _bad(where, "label", values["label"], f"null or one of {', '.join(EMOTIONS)}")
    for name in ("start_s", "end_s"):
        if values.get(name) is not None and not _is_amount(values[name]):
            raise _bad(where, name, values[name], "null or a number of seconds, 0 or more")
    if values.get("probs") is not None:
        _check_probs(values["probs"], where)


def _check_probs(probs: Any, where: str) -> None:
    if (
        not isinstance(probs, dict)
        or not set(probs) <= set(EMOTIONS)
        or not all(map(_is_amount, probs.values()))
    ):
        raise _bad(where, "probs", probs, f"null or shares for some of {', '.join(EMOTIONS)}")
    if abs(sum(probs.values()) - 1) > SUM_TOLERANCE:
        raise _bad(where, "probs", probs, f"shares that sum to 1, not {sum(probs.values()):.4g}")


def _is_amount(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    )


def _bad(where: str, name: str, value: Any, expected: str) -> ManifestError:
    return ManifestError(f"{where}: field {name!r} is {value!r}; expected {expected}.")


def labelled(rows: Sequence[ManifestRow]) -> list[ManifestRow]:
    """The rows that carry a label."""
    return [row for row in rows if row.label is not None]
