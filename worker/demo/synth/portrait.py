"""A real face for some of the sources: without one, nothing could be seen of the face network.

The portrait is the public-domain photograph of Grace Hopper that Matplotlib ships among its sample data. It is
read from the installed package and never copied into this project. Without Matplotlib the sources have no face.
"""

import logging
import math
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .painting import HEIGHT, WIDTH, Frame, Layer, Rgb, over
from .scene import Scene

logger = logging.getLogger(__name__)
# The outline of cap, head and shoulders in the photograph, in its own pixels (512 x 600).
_OUTLINE = (
    (142, 150), (148, 108), (172, 86), (182, 48), (228, 22), (300, 24), (348, 58), (370, 90), (372, 150),
    (364, 182), (378, 205), (368, 250), (352, 296), (336, 318), (402, 352), (488, 388), (511, 436), (511, 600),
    (14, 600), (38, 402), (92, 364), (188, 322), (194, 300), (168, 266), (150, 205), (158, 180),
)  # fmt: skip
_HEIGHT = 172
# How much of the scene's own light falls on the face: enough to belong there, not so much that it is lost.
_GRADE = 0.6


@cache
def photograph() -> tuple[Frame, NDArray[np.float32]] | None:
    """The photograph and how much of it is the person (0 to 1); None, and a line in the log, without Matplotlib."""
    try:
        from matplotlib.cbook import get_sample_data

        found = cv2.imread(str(get_sample_data("grace_hopper.jpg", asfileobj=False)))
    except (ImportError, OSError):
        found = None
    if found is None:
        logger.warning(
            "The demo's clips will show no real face, because Matplotlib's sample portrait was not found; "
            "install the “demo” extra for it."
        )
        return None
    picture = cv2.cvtColor(found, cv2.COLOR_BGR2RGB)
    cover = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(cover, [np.array(_OUTLINE, np.int32)], 255, cv2.LINE_AA)
    soft = cv2.GaussianBlur(cv2.erode(cover, np.ones((5, 5), np.uint8)), (0, 0), 4).astype(np.float32) / 255
    width = round(picture.shape[1] * _HEIGHT / picture.shape[0])
    small = cv2.resize(picture, (width, _HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.asarray(cv2.resize(soft, (width, _HEIGHT)), np.float32)


class Portrait:
    """The person, in the scene's light, before the scene out of focus; leans slowly nearer and from side to side."""

    def __init__(self, rng: np.random.Generator, scene: Scene, tint: Rgb, brightness: float) -> None:
        self._scene = scene
        self._centre = float(rng.uniform(120, 200))
        self._phase = float(rng.uniform(0, 6))
        self._layer = self._graded(tint, brightness)
        self._seen: tuple[int, Frame] | None = None

    def _graded(self, tint: Rgb, brightness: float) -> Layer | None:
        found = photograph()
        if found is None:
            return None
        picture, cover = found
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None] / 255.0
        tone = np.array(tint) / max(tint)
        graded = (1 - _GRADE) * picture + _GRADE * grey * tone * 255
        three = np.repeat(cover[..., None], 3, axis=2)
        colour = np.clip(graded * brightness * three, 0, 255).astype(np.uint8)
        return Layer(colour, (255 - 255 * three).astype(np.uint8))

    def frame(self, t: float, beat: float) -> Frame:
        if self._layer is None:
            return self._scene.frame(t, beat)
        frame = self._background(t, beat)
        zoom = 1.0 + 0.04 * math.sin(0.21 * t + self._phase)
        x = self._centre + 9 * math.sin(0.33 * t + self._phase) - zoom * self._layer.colour.shape[1] / 2
        place = np.array([[zoom, 0, x], [0, zoom, HEIGHT + 4 - zoom * _HEIGHT]])
        colour = cv2.warpAffine(self._layer.colour, place, (WIDTH, HEIGHT))
        keep = cv2.warpAffine(self._layer.keep, place, (WIDTH, HEIGHT), borderValue=(255, 255, 255))
        return over(
            np.asarray(frame, np.uint8), Layer(np.asarray(colour, np.uint8), np.asarray(keep, np.uint8))
        )

    def _background(self, t: float, beat: float) -> Frame:
        """The scene out of focus, painted anew six times a second: so blurred, nobody sees the difference."""
        step = int(6 * t)
        if self._seen is None or self._seen[0] != step:
            self._seen = step, np.asarray(cv2.GaussianBlur(self._scene.frame(t, beat), (0, 0), 2.2), np.uint8)
        return self._seen[1].copy()
