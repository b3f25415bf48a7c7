"""A media file as the arrays the networks read."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelzoo.faces import Rgb, fill, largest_face, resized
from modelzoo.inputs import FeatureSettings
from modelzoo.media import decode
from modelzoo.spectrogram import log_mel_and_phase

Features = dict[str, NDArray[Any]]


def extract(media_path: Path | str, settings: FeatureSettings) -> Features:
    """Every array of one clip, in the compact type it is stored as.

    - music: (2, mel, column) float16, log-mel power in dB and phase in radians
    - video: (frame, height, width, 3) uint8 RGB, at equal intervals
    - face: (face, height, width, 3) uint8 RGB, only where `settings.n_faces` > 0
    - has_music, has_video, has_face: (1,) uint8, 0 where the array is only a stand-in

    A clip without sound is written as silence, one without pictures or faces as black, and its has_ key says so.
    Raises `MediaError` where neither sound nor picture can be decoded. Paper: §3.3.
    """
    pictures: list[Rgb] = []
    faces: list[Rgb] = []

    def take(picture: Rgb) -> None:
        pictures.append(resized(picture, settings.frame_size))
        if settings.n_faces:
            face = largest_face(picture, settings.frame_size)
            faces.extend([] if face is None else [face])

    decoded = decode(
        Path(media_path),
        rate_hz=settings.rate_hz,
        duration_s=settings.duration_s,
        n_pictures=max(settings.n_frames, settings.n_faces),
        take=take,
    )
    shapes = settings.shapes()
    waveform = np.zeros(0, np.float32) if decoded.waveform is None else decoded.waveform
    features: Features = {
        "music": log_mel_and_phase(waveform, settings).astype(np.float16),
        "has_music": _flag(decoded.waveform is not None),
        "video": _stacked(fill(pictures, settings.n_frames), shapes["video"]),
        "has_video": _flag(bool(pictures)),
    }
    if settings.n_faces:
        features["face"] = _stacked(fill(faces, settings.n_faces), shapes["face"])
        features["has_face"] = _flag(bool(faces))
    return features


def _flag(value: bool) -> NDArray[np.uint8]:
    return np.array([value], np.uint8)


def _stacked(pictures: list[Rgb], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.stack(pictures) if pictures else np.zeros(shape, np.uint8)
