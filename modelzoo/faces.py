"""Face crops, as the paper takes them: OpenCV's Haar cascade, then repeat or discard to a fixed number."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]

# Smaller boxes are mostly texture, and searching for them takes twice the time for the same faces.
MIN_SHARE_OF_HEIGHT: Final = 0.1


def largest_face(picture: Rgb, size: int) -> Rgb | None:
    """The largest frontal face in `picture` (height, width, 3), resized to (size, size, 3), or None.

    Paper: §3.3. Of several faces the largest is taken: the nearest to the camera, most often the singer's.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    side = max(24, round(grey.shape[0] * MIN_SHARE_OF_HEIGHT))
    boxes = _cascade().detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(side, side))
    if len(boxes) == 0:
        return None
    x, y, width, height = max(boxes, key=lambda box: int(box[2]) * int(box[3]))
    return resized(picture[y : y + height, x : x + width], size)


def fill(faces: list[Rgb], n: int) -> list[Rgb]:
    """Exactly `n` of `faces`, in order: discarded at equal intervals, or the whole sequence repeated.

    Paper: §3.3. An empty list stays empty: there is nothing to repeat.
    """
    if len(faces) > n:
        return [faces[int((i + 0.5) * len(faces) / n)] for i in range(n)]
    return [faces[i % len(faces)] for i in range(n)] if faces else []


def resized(picture: Rgb, size: int) -> Rgb:
    """The whole picture as a square of `size` pixels; its proportions are not kept, nothing is cut off."""
    shrinks = size < min(picture.shape[:2])
    answer: Any = cv2.resize(
        picture, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.asarray(answer, np.uint8)


@lru_cache(maxsize=1)
def _cascade() -> Any:
    return cv2.CascadeClassifier(
        str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml")
    )
