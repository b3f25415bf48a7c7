"""The columns of an import's manifest, told to people. Pure: words in, an example file out."""

import csv
import io
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Column(NamedTuple):
    """One column: its name, whether it must be there, what it means, a cell as an example."""

    name: str
    is_required: bool
    meaning: str | Promise
    example: str


COLUMNS = (
    Column("file_name", True, _("The video, relative to the folder."), "songs/river.mp4"),
    Column(
        "source_group",
        True,
        _("The song. Everything with the same name here always stays in the same split."),
        "river",
    ),
    Column(
        "start_s", False, _("First second of the clip. Empty: the whole file, in clips of 30 seconds."), "30"
    ),
    Column("end_s", False, _("Last second of the clip; at most 30 seconds after the first."), "60"),
    Column("label", False, _("One of the six emotions, if somebody has already decided."), "Sad"),
    Column("title", False, _("The song’s title. Annotators never see it."), "River"),
    Column("artist", False, _("Who plays it. Annotators never see it."), "The Example Band"),
    Column("language", False, _("The language sung, such as ko or pt-BR."), "ne"),
    Column("country", False, _("Two letters, such as NP or KR."), "NP"),
    Column("genre", False, _("In your own words."), "folk"),
    Column("year", False, _("Four digits."), "2019"),
    Column("licence", False, _("Under which you may use the video."), "CC BY 4.0"),
    Column("provider", False, _("Where it comes from."), "archive"),
    Column("external_id", False, _("Its name there."), "a-1042"),
    Column("url", False, _("Its address there."), "https://example.org/a-1042"),
)
OTHER_ROW = {"file_name": "songs/river-live.mp4", "source_group": "river", "title": "River (live)"}


def example_manifest() -> bytes:
    """Two rows: a song, and its live version in the same group."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [column.name for column in COLUMNS], lineterminator="\n")
    writer.writeheader()
    writer.writerow({column.name: column.example for column in COLUMNS})
    writer.writerow(OTHER_ROW)
    return out.getvalue().encode()
