"""Scenes of Fear: a forest that looks back, a corridor, a moon behind bare branches."""

import math

import cv2
import numpy as np

from .figures import Pose, figure
from .painting import (
    HEIGHT,
    WIDTH,
    Frame,
    Layer,
    Palette,
    add,
    below,
    branches,
    camera,
    cut_out,
    dim,
    disc,
    glow,
    gradient,
    mist,
    mix,
    over,
    polygon,
    ridge,
    shaded,
    shine,
    veil,
    vignette,
)

_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def flicker(t: float, phase: float = 0.0) -> float:
    """The brightness of a failing lamp, 0.25 to 1."""
    slow = math.sin(3.1 * t + phase) + math.sin(7.7 * t + 1.3 * phase)
    return 0.25 if slow > 1.55 else 0.8 + 0.1 * slow


class Forest:
    """Black trunks in the mist; between them, eyes that open and close."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        self._back = gradient(dark, top, mix(top, haze, 0.75), mix(top, dark, 0.5))
        shine(self._back, glow(rng.uniform(110, 210), 88, 48, mix(_BLACK, light, 0.4)))
        self._trunks = [
            self._row(rng, mix(mix(haze, top, 0.5), dark, 0.25 + 0.36 * k), 5 + 5 * k, 13 - 3 * k)
            for k in range(3)
        ]
        self._fog = veil(mist(rng, 2 * WIDTH) * np.linspace(0.05, 0.6, HEIGHT)[:, None], mix(top, haze, 0.7))
        self._eyes = [
            (
                float(rng.uniform(20, 300)),
                float(rng.uniform(66, 122)),
                float(rng.uniform(0, 9)),
                float(rng.uniform(2.0, 3.6)),
            )
            for _ in range(6)
        ]
        self._glare, self._dark, self._shade = mix(light, _WHITE, 0.3), dark, vignette(0.85)

    def _row(self, rng: np.random.Generator, colour: tuple[int, int, int], width: float, n: int) -> Layer:
        mask = np.zeros((HEIGHT, 2 * WIDTH), np.uint8)
        for k in range(n):
            x = (k + float(rng.uniform(0.15, 0.85))) * 2 * WIDTH / n
            lean = float(rng.normal(0, 5))
            thick = width * float(rng.uniform(0.6, 1.3))
            corners = np.array(
                [
                    [x - thick, 184],
                    [x + lean - thick * 0.5, -4],
                    [x + lean + thick * 0.5, -4],
                    [x + thick, 184],
                ]
            )
            cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
            for side in (-1, 1):
                branches(
                    rng,
                    mask,
                    x + lean * 0.6,
                    float(rng.uniform(25, 85)),
                    26,
                    side * float(rng.uniform(0.7, 1.2)),
                    thick * 0.35,
                )
        return cut_out(mask, colour)

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._back.copy()
        for k, layer in enumerate(self._trunks):
            over(frame, layer, (3 + 5 * k) * t)
            if k == 0:
                over(frame, self._fog, 7 * t)
        over(frame, self._fog, 400 - 11 * t)
        shaded(frame, self._shade)
        frame = dim(frame, flicker(t))
        self._look(frame, t)
        return frame

    def _look(self, frame: Frame, t: float) -> None:
        """Each pair opens for a moment, blinks once, and is gone again."""
        for x, y, phase, size in self._eyes:
            cycle = (t + phase) % 6
            opened = min(1.0, cycle * 3) if cycle < 3.6 and not 1.6 < cycle < 1.8 else 0.0
            if not opened:
                continue
            tall = max(1.0, 1.1 * size * opened)
            for side in (-1, 1):
                cx, wide = x + side * size * 2.0, size * 1.6
                rim = [
                    (cx - wide, y - side * 0.8),
                    (cx, y - tall),
                    (cx + wide, y + side * 0.8),
                    (cx, y + 0.8 * tall),
                ]
                polygon(frame, rim, self._glare)
                disc(frame, cx + math.sin(t), y, min(tall, size) * 0.5, self._dark)


class Corridor:
    """A long corridor under a failing lamp; somebody stands at its end, and then nearer."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        across, down = np.meshgrid((np.arange(WIDTH) - WIDTH / 2) / 130, (np.arange(HEIGHT) - 84) / 88)
        wall = np.maximum(np.abs(across), np.abs(down))
        depth = 1 / np.maximum(wall, 0.085)
        is_side = np.abs(across) >= np.abs(down)
        along = np.where(is_side, down, across) * depth
        is_floor = ~is_side & (down > 0)
        tiles = ((np.floor(along * 3) + np.floor(depth * 1.5)) % 2) * is_floor
        doors = is_side & (depth % 2.4 < 0.9) & (along > -0.55)
        shade = (
            np.clip(1.1 / depth**0.72, 0.0, 1.0)
            * (1 - 0.35 * tiles)
            * (1 - 0.5 * doors)
            * np.where(is_side, 0.85, 1)
        )
        grime = 0.8 + 0.35 * mist(rng)
        colour = np.array(mix(top, haze, 0.6)) * (shade * grime)[..., None]
        self._still = np.clip(colour, 0, 255).astype(np.uint8)
        self._far = glow(WIDTH / 2, 78, 17, mix(_BLACK, light, 0.85))
        self._lamps = sum(
            (
                glow(WIDTH / 2, 84 - 88 / d, 16 / d + 2, mix(_BLACK, light, 0.65)) // 2
                for d in (1.6, 2.8, 5.0)
            ),
            np.zeros((HEIGHT, WIDTH, 3), np.uint8),
        )
        self._dark, self._shade = mix(dark, _BLACK, 0.6), vignette(0.9)

    def frame(self, t: float, beat: float) -> Frame:
        light = flicker(1.4 * t)
        frame = dim(self._still, 0.35 + 0.65 * light)
        shine(frame, self._far)
        add(frame, self._lamps, 0.9 * light)
        near = min(0.85, 0.12 * math.floor(t / 3.1 + 0.4))
        height = 24 + 95 * near**1.5
        figure(
            frame,
            WIDTH / 2 + 2 * math.sin(0.7 * t),
            90 + height * 0.55,
            height,
            Pose(nod=0.2 * math.sin(t)),
            self._dark,
        )
        frame = camera(
            frame,
            1.06 + 0.015 * (t % 12),
            2 * math.sin(0.6 * t),
            1.5 * math.sin(0.9 * t),
            1.2 * math.sin(0.4 * t),
        )
        return shaded(frame, self._shade)


class Moon:
    """A great moon behind bare branches, clouds across it, bats."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        frame = gradient(dark, mix(dark, top, 0.8), mix(top, haze, 0.4))
        x, y = float(rng.uniform(120, 230)), float(rng.uniform(62, 78))
        shine(frame, glow(x, y, 62, mix(_BLACK, light, 0.45)))
        disc(frame, x, y, 36, mix(light, _WHITE, 0.35))
        for _ in range(9):
            disc(
                frame, x + rng.normal(0, 14), y + rng.normal(0, 14), rng.uniform(2, 6), mix(light, haze, 0.22)
            )
        self._back = frame
        self._clouds = veil(mist(rng, 2 * WIDTH) ** 1.5 * 0.8, mix(dark, top, 0.55))
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        for at, lean in ((18, 0.25), (302, -0.3), (70, 0.1)):
            branches(rng, mask, at, 178, float(rng.uniform(30, 44)), lean, 8)
        self._trees = cut_out(mask, mix(dark, _BLACK, 0.6))
        self._ground = below(ridge(rng, 164, 6, 1.2, WIDTH), mix(dark, _BLACK, 0.5), _BLACK, 20)
        self._bats = [
            (rng.uniform(0, 380), rng.uniform(25, 100), rng.uniform(22, 44), rng.uniform(0, 6))
            for _ in range(7)
        ]
        self._black = mix(dark, _BLACK, 0.7)

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._back.copy()
        over(frame, self._clouds, 9 * t)
        for x, y, speed, phase in self._bats:
            px, py = (x + speed * t) % 380 - 30, y + 12 * math.sin(1.1 * t + phase)
            wing = 4 * math.sin(13 * t + phase)
            polygon(
                frame,
                [
                    (px - 8, py - wing),
                    (px - 3, py - 1),
                    (px, py + 2),
                    (px + 3, py - 1),
                    (px + 8, py - wing),
                    (px + 2, py + 3),
                    (px, py + 4),
                    (px - 2, py + 3),
                ],
                self._black,
            )
        over(frame, self._trees)
        over(frame, self._ground)
        lightning = (t * 0.37) % 1 > 0.965
        if lightning:
            return np.asarray(cv2.convertScaleAbs(frame, alpha=1.6, beta=34), np.uint8)
        return dim(frame, 0.9 + 0.1 * math.sin(5 * t))
