"""Scenes of Tension: a tunnel, a city at speed, bars and a clock, a chase."""

import math

import cv2
import numpy as np

from .figures import figure, running
from .painting import (
    HEIGHT,
    WIDTH,
    Frame,
    Layer,
    Palette,
    add,
    below,
    camera,
    coloured,
    disc,
    glow,
    gradient,
    layer_of,
    mix,
    over,
    plain,
    polygon,
    ridge,
    shaded,
    shine,
    stroke,
    vignette,
)

_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


class Tunnel:
    """Headlong through a tunnel of lights."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        across, down = np.meshgrid(np.arange(WIDTH) - WIDTH / 2, np.arange(HEIGHT) - 86)
        radius = np.hypot(across, down * 1.25) + 4
        self._depth = (9000 / radius).astype(np.int64).astype(np.uint8)
        near = np.clip(radius / 150, 0.03, 1)[..., None]
        self._shade = (near * vignette(0.5)).astype(np.uint8)
        n_bars = int(rng.integers(7, 12))
        self._bars = 255 * ((np.arctan2(down, across) / np.pi * n_bars % 1) < 0.28).astype(np.uint8)
        ramp = np.arange(256)
        walls = np.full((1, 256, 3), mix(dark, top, 0.7), np.uint8)
        walls[0, (ramp % 128) < 22] = haze
        lamps = walls.copy()
        lamps[0, (ramp % 64) < 26] = mix(light, _WHITE, 0.2)
        self._walls, self._lamps = walls, lamps
        self._end = glow(WIDTH / 2, 86, 11, light)

    def frame(self, t: float, beat: float) -> Frame:
        index = self._depth + np.uint8(int(330 * t) % 256)
        picture = coloured(index, self._walls)
        cv2.copyTo(coloured(index, self._lamps), self._bars, picture)
        shaded(picture, self._shade)
        add(picture, self._end)
        shake = 3.5 * math.exp(-4 * (beat % 1))
        return camera(picture, 1.1, shake * math.sin(40 * t), shake * math.cos(33 * t), 9 * math.sin(0.9 * t))


class City:
    """A city at night, seen from a car that goes too fast."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        self._sky = gradient(mix(dark, top, 0.7), mix(top, haze, 0.45), mix(haze, light, 0.25))
        self._rows = [self._skyline(rng, k, palette) for k in range(3)]
        self._road = gradient(mix(dark, haze, 0.18), _BLACK, height=48)
        self._cars = [
            (rng.uniform(0, 500), rng.uniform(140, 172), rng.uniform(380, 760) * (1 if k % 2 else -1))
            for k in range(10)
        ]
        self._light, self._haze, self._shade = mix(light, _WHITE, 0.3), haze, vignette(0.55)

    def _skyline(self, rng: np.random.Generator, row: int, palette: Palette) -> Layer:
        top, haze, light, dark = palette
        mask = np.zeros((HEIGHT, 2 * WIDTH), np.uint8)
        colour = np.zeros((HEIGHT, 2 * WIDTH, 3), np.uint8)
        wall = mix(mix(top, haze, 0.45), dark, 0.2 + 0.32 * row)
        x = 0
        while x < 2 * WIDTH:
            width, height = int(rng.integers(16, 44)), int(rng.integers(34, 110 - 18 * row))
            mask[132 - height : 134, x : x + width] = 255
            colour[132 - height : 134, x : x + width] = wall
            for wy in range(136 - height, 128, 7):
                for wx in range(x + 3, min(2 * WIDTH, x + width) - 4, 6):
                    if rng.random() < 0.36:
                        colour[wy : wy + 3, wx : wx + 3] = mix(wall, light, float(rng.uniform(0.35, 1)))
            x += width + int(rng.integers(0, 9))
        return layer_of(colour.astype(np.float64), mask / 255)

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._sky.copy()
        for k, row in enumerate(self._rows):
            over(frame, row, (60 + 130 * k) * t)
        frame[132:] = self._road
        for x, y, speed in self._cars:
            px = (x + speed * t) % 520 - 100
            colour = self._light if speed > 0 else (255, 60, 50)
            stroke(
                frame,
                [(px - 46 * math.copysign(1, speed), y), (px, y)],
                mix(_BLACK, colour, 0.75),
                2 + (y - 140) / 12,
            )
        smeared = cv2.blur(frame, (9, 1))
        shake = 2.5 * math.exp(-4 * (beat % 1))
        return shaded(
            camera(smeared, 1.05, shake, shake * math.sin(31 * t), 1.5 * math.sin(2.1 * t)), self._shade
        )


class Strobe:
    """Bars and circles that swap light for dark on every beat, and a clock that runs too fast."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        self._dark, self._hot, self._light = palette[3], palette[1], palette[2]
        self._kind = int(rng.integers(2))
        self._shade = vignette(0.5)

    def frame(self, t: float, beat: float) -> Frame:
        flash = int(2 * beat) % 2
        ground, bars = (self._dark, self._hot) if flash else (self._hot, self._dark)
        frame = plain(ground)
        turn = 0.5 * t + (math.pi / 3) * int(beat)
        dx, dy = math.cos(turn), math.sin(turn)
        for k in range(-7, 8, 2):
            x, y = WIDTH / 2 + 26 * k * dx, HEIGHT / 2 + 26 * k * dy
            polygon(
                frame,
                [
                    (x - 260 * dy - 12 * dx, y + 260 * dx - 12 * dy),
                    (x + 260 * dy - 12 * dx, y - 260 * dx - 12 * dy),
                    (x + 260 * dy + 12 * dx, y - 260 * dx + 12 * dy),
                    (x - 260 * dy + 12 * dx, y + 260 * dx + 12 * dy),
                ],
                bars,
            )
        size = 62 + 8 * math.exp(-4 * (beat % 1))
        disc(frame, WIDTH / 2, HEIGHT / 2, size + 6, self._dark)
        disc(frame, WIDTH / 2, HEIGHT / 2, size, self._light)
        for k in range(12):
            a = k * math.pi / 6
            stroke(
                frame,
                [
                    (160 + (size - 10) * math.sin(a), 90 - (size - 10) * math.cos(a)),
                    (160 + (size - 3) * math.sin(a), 90 - (size - 3) * math.cos(a)),
                ],
                self._dark,
                3 if k % 3 == 0 else 2,
            )
        for rate, reach, width in ((9.5, 0.8, 2), (0.8, 0.55, 5)):
            stroke(
                frame,
                [
                    (160, 90),
                    (160 + reach * size * math.sin(rate * t), 90 - reach * size * math.cos(rate * t)),
                ],
                self._dark,
                width,
            )
        disc(frame, WIDTH / 2, HEIGHT / 2, 5, self._hot)
        return shaded(frame, self._shade)


class Chase:
    """Somebody runs, and somebody runs after."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        self._back = gradient(mix(dark, top, 0.6), haze, mix(haze, light, 0.55))
        shine(self._back, glow(240, 108, 60, mix(_BLACK, light, 0.5)))
        self._hills = [
            (
                below(ridge(rng, 118 + 14 * k, 16, 0.9), mix(haze, dark, 0.45 + 0.2 * k), dark, 60),
                140 + 170 * k,
            )
            for k in range(2)
        ]
        self._lines = rng.uniform(0, 1, (26, 3))
        self._dark, self._light, self._shade = mix(dark, _BLACK, 0.4), mix(light, _WHITE, 0.4), vignette(0.55)

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._back.copy()
        for layer, speed in self._hills:
            over(frame, layer, speed * t)
        frame[158:] = self._dark
        for x, y, near in self._lines:
            px = 360 - (x * 420 + (480 + 380 * near) * t) % 460
            stroke(
                frame,
                [(px, 12 + 150 * y), (px + 30 + 40 * near, 12 + 150 * y)],
                mix(mix(self._dark, self._light, 0.5), self._light, near),
            )
        closer = 18 * math.sin(0.35 * t)
        figure(frame, 196 + closer, 160, 84, running(beat * 1.5), self._dark)
        figure(
            frame, 92 + 14 * math.sin(0.5 * t) - closer * 0.3, 162, 96, running(beat * 1.5 + 0.7), self._dark
        )
        shake = 2.5 * math.exp(-4 * (beat % 1))
        return shaded(camera(frame, 1.06, 0, shake * math.sin(29 * t), 2 * math.sin(1.7 * t)), self._shade)
