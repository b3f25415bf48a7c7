"""What a clip is turned into before a network sees it: the settings, their presets, and their digest."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from modelzoo.errors import SettingsError

# Raise when the same settings begin to give other numbers, so that no store mixes the two.
EXTRACTOR_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """How a clip becomes arrays. The defaults are the paper's.

    Paper: §3.3 (22,050 Hz, window 2048, step 512, 128 mels, 64 frames, 30 s); 128x128 pictures from the
    authors' released inputs. Raises `SettingsError` for numbers that cannot be computed.

    >>> FeatureSettings().n_columns
    1292
    """

    duration_s: float = 30.0
    rate_hz: int = 22_050
    n_fft: int = 2048
    hop: int = 512  # samples between successive columns
    n_mels: int = 128
    time_pool: int = 1  # successive columns averaged into one; 1 keeps the paper's resolution
    n_frames: int = 64
    frame_size: int = 128  # pixels, both sides
    n_faces: int = 0  # face crops; 0 does not look for faces

    def __post_init__(self) -> None:
        for name in (
            "duration_s",
            "rate_hz",
            "n_fft",
            "hop",
            "n_mels",
            "time_pool",
            "n_frames",
            "frame_size",
        ):
            if getattr(self, name) <= 0:
                raise SettingsError(f"Feature setting {name} is {getattr(self, name)}; it must be positive.")
        if self.n_faces < 0:
            raise SettingsError(f"Feature setting n_faces is {self.n_faces}; use 0 to look for no faces.")
        if self.n_mels > self.n_fft // 2:
            raise SettingsError(
                f"Feature setting n_mels is {self.n_mels}, more than the {self.n_fft // 2} frequencies of "
                f"n_fft {self.n_fft}; lower n_mels or raise n_fft."
            )

    @property
    def n_samples(self) -> int:
        """Samples of a whole clip at `rate_hz`."""
        return round(self.duration_s * self.rate_hz)

    @property
    def n_columns(self) -> int:
        """Columns of the spectrogram: centred windows, then groups of `time_pool`."""
        return -(-(1 + self.n_samples // self.hop) // self.time_pool)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that differ whenever the extracted numbers may differ."""
        text = json.dumps({"extractor": EXTRACTOR_VERSION, **self.to_json()}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every array that extraction returns, by name."""
        picture = (self.frame_size, self.frame_size, 3)
        shapes: dict[str, tuple[int, ...]] = {
            "music": (2, self.n_mels, self.n_columns),
            "has_music": (1,),
            "video": (self.n_frames, *picture),
            "has_video": (1,),
        }
        if self.n_faces:
            shapes |= {"face": (self.n_faces, *picture), "has_face": (1,)}
        return shapes

    def to_json(self) -> dict[str, Any]:
        """As plain values, for a file header."""
        # A whole number of seconds is the same setting whether it was written 30 or 30.0.
        return {**asdict(self), "duration_s": float(self.duration_s)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "FeatureSettings":
        """The inverse of `to_json`. Raises `SettingsError` for a name this version does not know."""
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise SettingsError(
                f"Feature settings hold the unknown name {unknown[0]!r}; was the file made "
                "by a newer version?"
            )
        return cls(**values)


PAPER: Final = FeatureSettings()
PAPER_WITH_FACES: Final = replace(PAPER, n_faces=64)

# Ours, for rounds of minutes on a laptop: a quarter of the columns (93 ms each, still two to a beat at
# 320 beats a minute), half the mels, and the paper's eight slow-path frames at 64x64.
COMPACT: Final = FeatureSettings(n_mels=64, time_pool=4, n_frames=8, frame_size=64)
