"""The networks as data: one row each, in the paper's order. Loads no torch, so a web page can list them."""

import difflib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from modelzoo.errors import SpecError
from modelzoo.inputs import COMPACT, PAPER, PAPER_WITH_FACES, FeatureSettings

Modality = Literal["music", "video", "face"]
Architecture = Literal["A0", "A1", "A2", "A3fast"]
Ratios = tuple[int, int, int, int, int]

N_STAGES: Final = 5
MODALITIES: Final[tuple[Modality, ...]] = ("music", "video", "face")
MMTM_RATIOS: Final[Ratios] = (4, 8, 16, 16, 16)
# Paper: §3.3 names eight frames the slow path and sixty-four the fast one.
SLOW_FRAMES: Final = 8


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """One trunk: what it looks at, with which blocks, and how its channels are gated.

    `se` holds the squeeze ratio of each of the five blocks, or None for no gate. `n_frames` takes that many
    frames at equal intervals of those extracted; None takes all.
    """

    name: str
    modality: Modality
    blocks: Architecture
    se: Ratios | None = None
    n_frames: int | None = None

    @property
    def n_dims(self) -> int:
        """2 for spectrograms (mel, column), 3 for pictures (height, width, frame)."""
        return 2 if self.modality == "music" else 3


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One row of the zoo.

    `n_parameters` counts weights and batch-norm running statistics, as the paper does. `paper` is the table
    that prints the row, or None where the row is ours. `mmtm` names the two streams that gate each other after
    every block. Raises `SpecError` for a row that contradicts itself.
    """

    name: str
    streams: tuple[StreamSpec, ...]
    n_parameters: int
    paper: str | None
    mmtm: tuple[str, str] | None = None
    settings: FeatureSettings = PAPER

    def __post_init__(self) -> None:
        names = [stream.name for stream in self.streams]
        if not names:
            raise SpecError(f"Network {self.name!r} has no stream; give it at least one.")
        if len(set(names)) != len(names):
            raise SpecError(f"Network {self.name!r} names a stream twice ({', '.join(names)}); rename one.")
        if self.mmtm and (len(set(self.mmtm)) != 2 or not set(self.mmtm) <= set(names)):
            raise SpecError(
                f"Network {self.name!r} exchanges between {' and '.join(self.mmtm)}; MMTM needs two different "
                f"streams out of {', '.join(names)}."
            )

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """What a clip must be turned into for this network, each once."""
        return tuple(m for m in MODALITIES if any(stream.modality == m for stream in self.streams))


def _music(blocks: Architecture, se: Ratios | None = None) -> StreamSpec:
    return StreamSpec("music", "music", blocks, se)


def _video(blocks: Architecture, se: Ratios | None = None) -> StreamSpec:
    # The wide A1 is the paper's slow path; the others take every frame.
    return StreamSpec("video", "video", blocks, se, SLOW_FRAMES if blocks == "A1" else None)


def _face(blocks: Architecture, se: Ratios | None = None) -> StreamSpec:
    return StreamSpec("face", "face", blocks, se, SLOW_FRAMES if blocks == "A1" else None)


def _slow_fast(modality: Modality, fast: Architecture = "A3fast") -> tuple[StreamSpec, StreamSpec]:
    """The A3 pair. Paper's text: the slow path sees 8 frames, the fast one 64 (see docs/deviations.md)."""
    return (
        StreamSpec(f"{modality}_slow", modality, "A1", n_frames=SLOW_FRAMES),
        StreamSpec(f"{modality}_fast", modality, fast),
    )


_FACE_A3: Final = _slow_fast("face")
_VIDEO_A3: Final = _slow_fast("video")
_FACE_PAIR: Final = ("face_slow", "face_fast")
_VIDEO_PAIR: Final = ("video_slow", "video_fast")


def _row(
    name: str,
    paper: str | None,
    n_parameters: int,
    *streams: StreamSpec,
    mmtm: tuple[str, str] | None = None,
    settings: FeatureSettings | None = None,
) -> ModelSpec:
    has_face = any(stream.modality == "face" for stream in streams)
    return ModelSpec(
        name, streams, n_parameters, paper, mmtm, settings or (PAPER_WITH_FACES if has_face else PAPER)
    )


# Squeeze ratios are those of the authors' networks where known, else the only set that gives the printed count.
SPECS: Final[tuple[ModelSpec, ...]] = (
    _row("Face_A0_noSE", "Table 2", 19_397_078, _face("A0")),
    _row("Face_A0_SE", "Table 2", 19_409_478, _face("A0", (4, 4, 8, 16, 16))),
    _row("Face_A1_noSE", "Table 2", 11_876_982, _face("A1")),
    _row("Face_A1_SE", "Table 2", 11_924_566, _face("A1", (4, 8, 8, 16, 16))),
    _row("Face_A2_noSE", "Table 2", 845_670, _face("A2")),
    _row("Face_A2_SE", "Table 2", 849_406, _face("A2", (4, 4, 8, 8, 16))),
    _row("Face_A3_noMMTM", "Table 2", 24_083_846, *_FACE_A3),
    _row("Face_A3_MMTM", "Table 2", 24_174_918, *_FACE_A3, mmtm=_FACE_PAIR),
    _row("Music_A0_noSE", "Table 3", 3_637_142, _music("A0")),
    _row("Music_A0_SE", "Table 3", 3_659_782, _music("A0", (4, 4, 8, 8, 8))),
    _row("Music_A1_noSE", "Table 3", 3_946_949, _music("A1")),
    _row("Music_A1_SE", "Table 3", 3_994_533, _music("A1", (4, 8, 8, 16, 16))),
    _row("Music_A2_noSE", "Table 3", 261_297, _music("A2")),
    _row("Music_A2_SE", "Table 3", 267_369, _music("A2", (2, 4, 4, 8, 8))),
    _row("Video_A0_noSE", "Table 4", 19_397_078, _video("A0")),
    _row("Video_A0_SE", "Table 4", 19_409_478, _video("A0", (4, 4, 8, 16, 16))),
    _row("Video_A1_noSE", "Table 4", 11_876_982, _video("A1")),
    _row("Video_A1_SE", "Table 4", 11_922_518, _video("A1", (4, 8, 16, 16, 16))),
    _row("Video_A2_noSE", "Table 4", 845_670, _video("A2")),
    _row("Video_A2_SE", "Table 4", 849_406, _video("A2", (4, 4, 8, 8, 16))),
    # Its fast branch is the thin A2, so this row and the next differ in more than MMTM.
    _row("Video_A3_noMMTM", "Table 4", 12_722_646, *_slow_fast("video", "A2")),
    _row("Video_A3_MMTM", "Table 4", 24_174_918, *_VIDEO_A3, mmtm=_VIDEO_PAIR),
    _row("Video_A3_MMTM+Music_A0_noSE", "Table 5", 27_812_054, *_VIDEO_A3, _music("A0"), mmtm=_VIDEO_PAIR),
    _row("Video_A3_MMTM+Music_A1_noSE", "Table 5", 28_121_861, *_VIDEO_A3, _music("A1"), mmtm=_VIDEO_PAIR),
    _row("Video_A3_MMTM+Music_A2_noSE", "Table 5", 24_436_209, *_VIDEO_A3, _music("A2"), mmtm=_VIDEO_PAIR),
    # Table 6 row 1, the headline: its label says Music_A0_SE, its count and the released network say noSE.
    _row(
        "Video_A3_MMTM+Music_A0_noSE+Face_A2_SE", "Table 6, row 1", 28_660_878,
        *_VIDEO_A3, _music("A0"), _face("A2", (4, 8, 8, 16, 16)), mmtm=_VIDEO_PAIR,
    ),
    _row(
        "Video_A3_MMTM+Music_A0_noSE+Face_A2_noSE", "Table 6, row 3", 28_657_718,
        *_VIDEO_A3, _music("A0"), _face("A2"), mmtm=_VIDEO_PAIR,
    ),
    _row(
        "Video_A3_MMTM+Music_A0_noSE+Face_A1_noSE", "Table 6, row 5", 39_689_030,
        *_VIDEO_A3, _music("A0"), _face("A1"), mmtm=_VIDEO_PAIR,
    ),
    # Ours: the paper's thin trunks on small inputs, for a round of labelling and retraining in a minute.
    _row("Compact_Music_A2", None, 261_297, _music("A2"), settings=COMPACT),
    _row("Compact_Video_A2", None, 845_670, _video("A2"), settings=COMPACT),
    _row("Compact_Video_A2+Music_A2", None, 1_106_961, _video("A2"), _music("A2"), settings=COMPACT),
)  # fmt: skip


def _by_name(rows: tuple[ModelSpec, ...]) -> dict[str, ModelSpec]:
    table: dict[str, ModelSpec] = {}
    for row in rows:
        if row.name in table:
            raise SpecError(f"Network {row.name!r} stands in the table twice; a name means one network.")
        table[row.name] = row
    return table


_TABLE: Final = _by_name(SPECS)


def get_spec(name: str) -> ModelSpec:
    """The row called `name`. Raises `SpecError` naming the nearest rows.

    >>> get_spec("Video_A3_MMTM").mmtm
    ('video_slow', 'video_fast')
    """
    if name in _TABLE:
        return _TABLE[name]
    by_lower = {known.lower(): known for known in _TABLE}
    near = [by_lower[n] for n in difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.3)]
    advice = (
        f"did you mean {' or '.join(near)}?" if near else "run 'python -m modelzoo list' to see them all."
    )
    raise SpecError(f"No network is called {name!r}; {advice}")


def list_specs(pattern: str = "*") -> list[ModelSpec]:
    """The rows whose name fits a shell pattern, whatever its case, in the paper's order.

    >>> [spec.name for spec in list_specs("music_a2*")]
    ['Music_A2_noSE', 'Music_A2_SE']
    """
    return [spec for spec in SPECS if fnmatchcase(spec.name.lower(), pattern.lower())]
