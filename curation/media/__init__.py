"""Media files: what they are, whether they are whole, and how one becomes a clip every browser plays.

Pure functions over files by PyAV, no rows. Every failure is a `MediaError` whose text is a sentence for a
curator.
"""

from .errors import (
    DamagedFile,
    EmptyFile,
    MediaError,
    MissingFile,
    NoPicture,
    NoRoom,
    NoSound,
    NotMedia,
    OutsideFile,
    PictureTooLarge,
    TruncatedFile,
)
from .facts import MediaFacts, probe, sha256_of, verify_decodes
from .grid import CLIP_S, MIN_S, cut_grid, cut_notice
from .transcode import MAX_HEIGHT, PreparedClip, prepare_clip

__all__ = [
    "CLIP_S",
    "MAX_HEIGHT",
    "MIN_S",
    "DamagedFile",
    "EmptyFile",
    "MediaError",
    "MediaFacts",
    "MissingFile",
    "NoPicture",
    "NoRoom",
    "NoSound",
    "NotMedia",
    "OutsideFile",
    "PictureTooLarge",
    "PreparedClip",
    "TruncatedFile",
    "cut_grid",
    "cut_notice",
    "prepare_clip",
    "probe",
    "sha256_of",
    "verify_decodes",
]
