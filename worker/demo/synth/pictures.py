"""The director: which scenes a source shows, when it cuts, and how the camera moves.

Paper, section 3: fast-changing scenes for Tension, bright light and dancing for Excited, darkness for Fear, a dark
background and one person in slowly changing scenes for Sad, nature in slow motion for Relaxation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from .calm_scenes import Garden, Hills, Lamp, Leaving, Sea, Window
from .dark_scenes import Corridor, Forest, Moon
from .fast_scenes import Chase, City, Strobe, Tunnel
from .lively_scenes import Floor, Rays, Record, Shapes, Stage, Studio
from .painting import HEIGHT, WIDTH, Frame, Palette, Rgb, camera, dim, disc, gradient, mix, stroke
from .portrait import Portrait
from .scene import Scene

SceneMaker = Callable[[np.random.Generator, Palette], Scene]


class Manner(NamedTuple):
    """How an emotion is filmed."""

    scenes: tuple[SceneMaker, ...]
    borrowed: SceneMaker
    """A scene of the emotion it is confused with, for the sources that lean."""
    palettes: tuple[Palette, ...]
    shot_s: tuple[float, float]
    fade_s: float
    brightness: float
    """Of a face in this light."""
    fps: int


MANNERS: dict[str, Manner] = {
    "Excited": Manner(
        (Stage, Floor, Rays), Studio,
        (
            ((60, 10, 90), (255, 40, 140), (255, 210, 60), (14, 6, 30)),
            ((0, 60, 120), (0, 200, 215), (255, 110, 70), (4, 12, 34)),
            ((120, 20, 40), (255, 120, 30), (255, 235, 120), (30, 4, 20)),
            ((30, 20, 110), (120, 80, 255), (90, 255, 200), (8, 6, 36)),
        ), (1.8, 3.8), 0.0, 1.1, 15,
    ),
    "Fear": Manner(
        (Forest, Corridor, Moon), Tunnel,
        (
            ((20, 34, 30), (70, 100, 84), (190, 220, 170), (4, 8, 8)),
            ((40, 14, 18), (110, 40, 40), (240, 140, 90), (10, 4, 6)),
            ((22, 26, 44), (76, 84, 120), (200, 205, 235), (4, 5, 12)),
            ((34, 22, 40), (90, 66, 104), (230, 190, 220), (8, 4, 10)),
        ), (4.0, 8.0), 0.0, 0.75, 12,
    ),
    "Neutral": Manner(
        (Studio, Shapes, Record), Hills,
        (
            ((206, 196, 180), (150, 160, 160), (236, 200, 140), (60, 66, 74)),
            ((180, 200, 190), (220, 170, 140), (250, 240, 220), (70, 60, 70)),
            ((196, 190, 204), (150, 150, 184), (240, 226, 214), (56, 54, 76)),
            ((204, 206, 190), (120, 152, 140), (244, 222, 170), (52, 66, 60)),
        ), (6.0, 10.0), 0.6, 1.0, 12,
    ),
    "Relaxation": Manner(
        (Hills, Sea, Garden), Leaving,
        (
            ((96, 140, 190), (240, 200, 170), (255, 214, 150), (38, 70, 84)),
            ((40, 46, 92), (214, 140, 160), (255, 200, 140), (30, 28, 60)),
            ((70, 150, 150), (206, 226, 190), (255, 240, 190), (24, 70, 70)),
            ((120, 150, 200), (226, 190, 214), (255, 226, 226), (60, 56, 100)),
        ), (9.0, 14.0), 1.4, 1.0, 12,
    ),
    "Sad": Manner(
        (Window, Lamp, Leaving), Hills,
        (
            ((58, 74, 100), (110, 130, 160), (230, 190, 130), (18, 24, 38)),
            ((70, 62, 92), (140, 120, 150), (220, 180, 200), (24, 20, 36)),
            ((56, 78, 84), (120, 140, 140), (210, 215, 190), (16, 26, 30)),
            ((80, 76, 84), (134, 130, 138), (226, 206, 180), (26, 24, 30)),
        ), (9.0, 14.0), 1.4, 0.8, 12,
    ),
    "Tension": Manner(
        (Tunnel, City, Strobe, Chase), Corridor,
        (
            ((30, 8, 10), (220, 30, 30), (255, 230, 210), (6, 4, 8)),
            ((8, 16, 34), (30, 120, 220), (255, 240, 160), (2, 4, 12)),
            ((36, 22, 4), (240, 140, 0), (255, 244, 200), (10, 6, 4)),
            ((20, 26, 24), (60, 200, 150), (240, 255, 235), (4, 8, 8)),
        ), (0.8, 2.4), 0.0, 0.95, 15,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """What a source looks like, and the marks that an audit should find on it."""

    emotion: str
    seconds: float
    seed: int
    variant: int
    bpm: float
    has_face: bool = False
    leans: bool = False
    has_letterbox: bool = False
    has_logo: bool = False
    has_ident: bool = False


class Shot(NamedTuple):
    start_s: float
    scene: int
    zoom: float
    drift: tuple[float, float]


class Film:
    """All the frames of one source, by time."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._manner = manner = MANNERS[look.emotion]
        rng = np.random.default_rng([look.seed, 1])
        palette = manner.palettes[look.variant % len(manner.palettes)]
        self._palette = palette
        self._scenes = _scenes_of(look, rng, palette)
        self._shots = _shots_of(look, rng, len(self._scenes))

    def frame(self, t: float) -> Frame:
        """The picture at `t` seconds."""
        at = max(i for i, shot in enumerate(self._shots) if shot.start_s <= t)
        frame = self._shot(at, t)
        since = t - self._shots[at].start_s
        if at and since < self._manner.fade_s:
            before = self._shot(at - 1, t)
            frame = np.asarray(
                cv2.addWeighted(
                    frame, since / self._manner.fade_s, before, 1 - since / self._manner.fade_s, 0
                ),
                np.uint8,
            )
        frame = self._marked(frame, t)
        ends = min(1.0, t / 0.7, (self._look.seconds - t) / 0.9)
        return dim(frame, max(0.0, ends)) if ends < 1 else frame

    def _shot(self, at: int, t: float) -> Frame:
        shot = self._shots[at]
        since = t - shot.start_s
        frame = self._scenes[shot.scene].frame(t, t * self._look.bpm / 60)
        if shot.zoom == 1.0:
            return frame
        return camera(frame, shot.zoom + 0.004 * since, shot.drift[0] * since, shot.drift[1] * since)

    def _marked(self, frame: Frame, t: float) -> Frame:
        if self._look.has_ident and t < IDENT_S:
            share = min(1.0, max(0.0, (IDENT_S - t) / 0.6))
            frame = np.asarray(cv2.addWeighted(ident(t), share, frame, 1 - share, 0), np.uint8)
        if self._look.has_letterbox:
            frame[:22] = frame[HEIGHT - 22 :] = 0
        if self._look.has_logo:
            disc(frame, WIDTH - 24, 21, 11, (240, 240, 240), 2)
            stroke(
                frame,
                [(WIDTH - 30, 25), (WIDTH - 24, 14), (WIDTH - 18, 25), (WIDTH - 30, 25)],
                (255, 90, 60),
                2,
            )
        return frame


IDENT_S = 4.0


def ident(t: float) -> Frame:
    """The channel's opening: rings that open like a bell's sound."""
    frame = gradient((14, 30, 48), (30, 74, 96), (18, 40, 60))
    light: Rgb = (255, 214, 150)
    for k in range(5):
        since = t - 0.375 * k
        if since > 0:
            disc(
                frame,
                WIDTH / 2 + (k - 2) * 34,
                HEIGHT / 2,
                6 + 20 * (1 - 2.718 ** (-1.6 * since)),
                mix((30, 74, 96), light, max(0.25, 1 - since / 4)),
                2,
            )
            disc(frame, WIDTH / 2 + (k - 2) * 34, HEIGHT / 2, 5, light)
    return frame


def _scenes_of(look: Look, rng: np.random.Generator, palette: Palette) -> list[Scene]:
    """The source's own scenes, each source another first one; then what it borrows; then the face."""
    makers: Sequence[SceneMaker] = MANNERS[look.emotion].scenes
    ordered = [makers[(look.variant + k) % len(makers)] for k in range(min(3, len(makers)))]
    if look.leans:
        ordered = [ordered[0], MANNERS[look.emotion].borrowed, ordered[1]]
    scenes: list[Scene] = [make(rng, palette) for make in ordered]
    if look.has_face:
        _top, haze, light, _dark = palette
        scenes.append(Portrait(rng, scenes[0], mix(light, haze, 0.5), MANNERS[look.emotion].brightness))
    return scenes


def _shots_of(look: Look, rng: np.random.Generator, n_scenes: int) -> list[Shot]:
    """A list of shots that covers the source; with a face, every other shot shows it."""
    shortest, longest = MANNERS[look.emotion].shot_s
    beat_s = 60 / look.bpm
    shots: list[Shot] = []
    at = 0.0
    while at < look.seconds:
        n = len(shots)
        plain_scenes = n_scenes - look.has_face
        scene = n_scenes - 1 if look.has_face and n % 2 else (n // (1 + look.has_face)) % plain_scenes
        moves = look.emotion in ("Excited", "Tension", "Neutral") and rng.random() < 0.6
        zoom = float(rng.uniform(1.04, 1.35)) if moves and not (look.has_face and n % 2) else 1.0
        shots.append(Shot(at, scene, zoom, (float(rng.uniform(-2, 2)), float(rng.uniform(-1, 1)))))
        at += max(1, round(float(rng.uniform(shortest, longest)) / beat_s)) * beat_s
    return shots
