"""What a release contains and what its version number is. Pure: records in, records and bytes out."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from curation.emotions import Emotion

Record = dict[str, Any]
CSV_FIELDS = (
    "clip_id", "file_name", "split", "label", "label_method", "n_votes", "agreement",
    *(f"prob_{emotion.value.lower()}" for emotion in Emotion),
    "source_group_id", "start_s", "end_s", "title", "artist", "provider", "external_id", "url",
    "language", "country", "genre", "year", "licence",
    "duration_s", "width", "height", "fps", "sample_rate_hz", "loudness_lufs", "media_sha256",
)  # fmt: skip


class Version(NamedTuple):
    """Semantic version of a dataset."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


class Changes(NamedTuple):
    """What differs from the release before, as counts of clips."""

    added: int
    removed: int
    relabelled: int
    moved: int
    retold: int

    @property
    def is_nothing(self) -> bool:
        """Whether the two are the same."""
        return not any(self)


def compare(old: Mapping[str, Record], new: Mapping[str, Record]) -> Changes:
    """Count what changed between two sets of records keyed by clip.

    `retold` counts clips whose label and split stand but whose votes or facts differ.
    """
    kept = old.keys() & new.keys()
    relabelled = {c for c in kept if old[c]["label"] != new[c]["label"]}
    moved = {c for c in kept if old[c]["split"] != new[c]["split"]}
    retold = {c for c in kept - relabelled - moved if old[c] != new[c]}
    return Changes(
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        relabelled=len(relabelled),
        moved=len(moved),
        retold=len(retold),
    )


def next_version(before: Version | None, changes: Changes) -> Version:
    """The version that the changes call for; nobody types it.

    Major: a label changed, a clip went or moved across splits. Minor: only additions. Patch: the same
    clips, labels and splits, told better. Source: the Croissant specification's rule for datasets.

    >>> str(next_version(Version(1, 0, 0), Changes(added=3, removed=0, relabelled=0, moved=0, retold=0)))
    '1.1.0'
    """
    if before is None:
        return Version(1, 0, 0)
    if changes.removed or changes.relabelled or changes.moved:
        return Version(before.major + 1, 0, 0)
    if changes.added:
        return Version(before.major, before.minor + 1, 0)
    return Version(before.major, before.minor, before.patch + 1)


def to_jsonl(records: Iterable[Record]) -> bytes:
    """One record a line, keys sorted, UTF-8: the same records give the same bytes."""
    lines = (json.dumps(r, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for r in records)
    return "".join(line + "\n" for line in lines).encode()


def manifest_sha256(records: Sequence[Record]) -> str:
    """The hash that names a release's content."""
    return hashlib.sha256(to_jsonl(records)).hexdigest()


def guarded(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula.

    >>> guarded("=HYPERLINK()")
    "'=HYPERLINK()"
    """
    if not isinstance(value, str):
        return value
    # The csv module leaves a lone carriage return unquoted, and readers take it for the end of the row.
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\n")) else text


def flat(record: Record) -> dict[str, Any]:
    """A record as one row of a table."""
    source, media = record["source"], record["media"]
    cells = {**source, **media, **record, **{k: record.get(k) for k in ("clip_id", "label", "split")}}
    cells.update({f"prob_{e.value.lower()}": record["label_probs"].get(e.value, 0) for e in Emotion})
    cells["media_sha256"] = media["sha256"]
    return {name: guarded("" if cells.get(name) is None else cells[name]) for name in CSV_FIELDS}


def to_csv(records: Iterable[Record]) -> bytes:
    """One row a clip, with a header, UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, CSV_FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat(record) for record in records)
    return out.getvalue().encode()


def votes_to_csv(records: Iterable[Record]) -> bytes:
    """One row a vote; `task,worker,label` come first, as crowd-kit and cleanlab read them."""
    out = io.StringIO(newline="")
    fields = (
        "task",
        "worker",
        "label",
        "second_label",
        "confidence",
        "cue",
        "seconds_heard",
        "created_at",
    )
    writer = csv.DictWriter(out, fields, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for record in records:
        for vote in record["votes"]:
            row = {**vote, "task": record["clip_id"], "worker": vote["annotator"]}
            writer.writerow({k: guarded("" if v is None else v) for k, v in row.items()})
    return out.getvalue().encode()
