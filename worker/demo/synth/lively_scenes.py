"""Scenes of Excited and Neutral: a stage, a dance floor, fireworks; a studio, shapes, a turning record."""

import math

import cv2
import numpy as np

from .figures import Pose, dancing, figure, singing
from .painting import (
    HEIGHT,
    WIDTH,
    Frame,
    Palette,
    Rgb,
    add,
    coloured,
    disc,
    glow,
    gradient,
    light_spot,
    mix,
    polygon,
    shaded,
    shine,
    stamp,
    stroke,
    vignette,
)

_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)


def hues(rng: np.random.Generator, n: int, saturation: int = 215, value: int = 255) -> list[Rgb]:
    """`n` vivid colours, spread around the colour wheel from a random start."""
    start = int(rng.integers(180))
    wheel = np.array([[(start + 180 * k // n) % 180, saturation, value] for k in range(n)], np.uint8)
    rgb = cv2.cvtColor(wheel[None], cv2.COLOR_HSV2RGB)[0]
    return [(int(r), int(g), int(b)) for r, g, b in rgb]


class Confetti:
    """Coloured paper that flutters down, for any scene."""

    def __init__(self, rng: np.random.Generator, colours: list[Rgb], n: int) -> None:
        self._bits = [
            (
                rng.uniform(0, 340),
                rng.uniform(0, 210),
                rng.uniform(26, 60),
                rng.uniform(0, 6.3),
                colours[k % len(colours)],
            )
            for k in range(n)
        ]

    def draw(self, frame: Frame, t: float) -> None:
        for x, y, speed, phase, colour in self._bits:
            px = (x + 9 * math.sin(1.3 * t + phase)) % 340 - 10
            py = (y + speed * t) % 210 - 15
            turn, flip = 3 * t + phase, abs(math.sin(4 * t + phase)) + 0.25
            dx, dy = 2.6 * math.cos(turn), 2.6 * math.sin(turn)
            corners = [
                (px - dx, py - dy),
                (px + dy * flip, py - dx * flip),
                (px + dx, py + dy),
                (px - dy * flip, py + dx * flip),
            ]
            polygon(frame, corners, colour)


class Stage:
    """A concert: beams that swing on the beat, a singer, a crowd with its arms up, confetti."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        self._back = gradient(dark, mix(dark, top, 0.9), mix(top, haze, 0.55), mix(dark, top, 0.6))
        self._colours = [haze, light, *hues(rng, 3)]
        self._beams = [(30 + 52 * k, float(rng.uniform(0, 6)), self._colours[k % 5]) for k in range(6)]
        self._burst = glow(WIDTH / 2, 104, 52, mix(_BLACK, light, 0.55))
        self._confetti = Confetti(rng, self._colours, 60)
        self._dark = mix(dark, _BLACK, 0.5)
        self._crowd = [
            (
                row,
                -14 + 19 * k + float(rng.uniform(-4, 4)) + 8 * row,
                float(rng.uniform(0, 1)),
                float(rng.uniform(0.85, 1.15)),
                rng.random() < 0.5,
            )
            for row in range(2)
            for k in range(19)
        ]
        self._style = int(rng.integers(3))

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._back.copy()
        pulse = math.exp(-3 * (beat % 1))
        beams = np.zeros_like(frame)
        for k, (x, phase, colour) in enumerate(self._beams):
            angle = 0.55 * math.sin(math.pi * beat / 4 + phase)
            reach = 190 * math.sin(angle)
            polygon(
                beams,
                [(x - 2, -4), (x + 2, -4), (x + reach + 26, 190), (x + reach - 26, 190)],
                mix(_BLACK, colour, 0.30 + 0.28 * pulse * (k % 2)),
            )
        add(frame, cv2.blur(beams, (7, 7)))
        add(frame, self._burst, 0.6 + 0.6 * pulse)
        polygon(
            frame,
            [(60, 128), (260, 128), (300, 146), (20, 146)],
            mix(self._dark, self._colours[0], 0.22 + 0.2 * pulse),
        )
        figure(frame, WIDTH / 2, 132, 66, dancing(beat / 1.0, self._style), self._dark)
        self._confetti.draw(frame, t)
        for row, left, phase, size, arms in self._crowd:
            self._fan(
                frame,
                left,
                176 + 16 * row,
                13 * size * (1 + 0.35 * row),
                beat + 0.15 * phase,
                arms=arms,
                row=row,
            )
        return frame

    def _fan(
        self, frame: Frame, x: float, y: float, size: float, beat: float, *, arms: bool, row: int
    ) -> None:
        colour = mix(self._dark, self._colours[0], 0.10 - 0.06 * row)
        y -= 6 * abs(math.sin(math.pi * beat))
        disc(frame, x, y - size * 0.9, size * 0.36, colour)
        polygon(
            frame,
            [
                (x - size * 0.62, y + size * 2),
                (x - size * 0.5, y - size * 0.2),
                (x + size * 0.5, y - size * 0.2),
                (x + size * 0.62, y + size * 2),
            ],
            colour,
        )
        if arms:
            wave = 0.25 * size * math.sin(math.pi * beat)
            for side in (-1, 1):
                stroke(
                    frame,
                    [(x + side * size * 0.45, y), (x + side * size * 0.75 + wave, y - size * 1.7)],
                    colour,
                    size * 0.2,
                )


class Floor:
    """A dance floor of glowing tiles under a mirror ball, and dancers in step."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        self._back = gradient(dark, mix(dark, top, 0.9), mix(top, haze, 0.4))
        self._horizon = 96
        across, down = np.meshgrid(np.arange(WIDTH), np.arange(self._horizon, HEIGHT))
        depth = 26.0 / (down - self._horizon + 5)
        column = np.floor((across - WIDTH / 2) * depth / 13).astype(int)
        row = np.floor(26 * depth / 9).astype(int)
        edge = np.abs((across - WIDTH / 2) * depth / 13 % 1 - 0.5) > 0.46
        self._tile = np.where(edge, 0, 1 + (column * 7 + row * 13) % 24).astype(np.uint8)
        self._near = np.repeat(
            (255 * np.clip((down - self._horizon) / 70, 0.12, 1))[..., None], 3, axis=2
        ).astype(np.uint8)
        self._colours = [haze, light, *hues(rng, 4)]
        self._specks = rng.uniform(0, 1, (46, 3))
        self._spot = light_spot(1.3, (150, 150, 150))
        self._halo = glow(WIDTH / 2, 22, 34, mix(_BLACK, _WHITE, 0.28))
        self._dark = mix(dark, _BLACK, 0.55)
        count = int(rng.integers(3, 6))
        self._dancers = [
            (
                WIDTH * (k + 0.75) / (count + 0.5),
                150 + float(rng.uniform(-4, 16)),
                float(rng.uniform(74, 92)),
                int(rng.integers(3)),
            )
            for k in range(count)
        ]

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._back.copy()
        step = int(beat)
        pulse = 0.55 + 0.45 * math.exp(-2.5 * (beat % 1))
        table = np.zeros((1, 256, 3), np.uint8)
        for k in range(1, 25):
            colour = self._colours[(k * 5 + step * (1 + k % 3)) % len(self._colours)]
            table[0, k] = mix(_BLACK, colour, pulse if (k + step) % 3 == 0 else 0.32)
        frame[self._horizon :] = shaded(coloured(self._tile, table), self._near)
        for x, y, size in self._specks:
            stamp(frame, self._spot, (x * 380 + 30 * t * (1 if size > 0.5 else -1)) % 380 - 30, 6 + 92 * y)
        add(frame, self._halo)
        disc(frame, WIDTH / 2, 20, 12, (190, 190, 205))
        for k in range(-2, 3):
            cv2.ellipse(
                frame,
                (WIDTH // 2, 20),
                (max(1, round(12 * abs(math.sin(t + 0.63 * k)))), 12),
                0,
                0,
                360,
                (120, 120, 140),
                1,
                cv2.LINE_AA,
            )
        stroke(frame, [(WIDTH / 2, 0), (WIDTH / 2, 8)], (120, 120, 140))
        for k, (x, foot, height, style) in enumerate(self._dancers):
            pose, rim = dancing(beat + 0.04 * k, style), self._colours[(k + step // 4) % len(self._colours)]
            figure(frame, x + 1.6, foot - 0.6, height, pose, rim)
            figure(frame, x, foot, height, pose, self._dark)
        return frame


class Rays:
    """Rays that turn around a dancer, circles that leap, confetti."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        across, down = np.meshgrid(np.arange(WIDTH) - WIDTH / 2, np.arange(HEIGHT) - 112)
        self._angle = (np.arctan2(down, across) / (2 * np.pi) * 256 * 12).astype(np.int64).astype(np.uint8)
        fade = np.clip(1.15 - np.hypot(across, down) / 260, 0.3, 1.0)[..., None]
        ramp = np.clip((np.abs(np.arange(256) - 128) - 60) / 6, 0, 1)[:, None]
        table = np.array(haze) * (1 - ramp) + np.array(light) * ramp
        self._tables = [np.roll(table, shift, axis=0)[None].astype(np.uint8) for shift in range(0, 256, 4)]
        self._shade = np.repeat((fade * 255).astype(np.uint8), 3, axis=2)
        self._colours = [top, *hues(rng, 4), _WHITE]
        self._confetti = Confetti(rng, self._colours, 50)
        self._halo = glow(WIDTH / 2, 100, 46, mix(_BLACK, _WHITE, 0.5))
        self._dark, self._style = mix(dark, top, 0.15), int(rng.integers(3))
        self._balls = [(float(rng.uniform(15, 305)), float(rng.uniform(5, 12)), k / 9) for k in range(9)]

    def frame(self, t: float, beat: float) -> Frame:
        frame = coloured(self._angle, self._tables[int(22 * t) % 64])
        shaded(frame, self._shade)
        shine(frame, self._halo)
        for k, (x, radius, phase) in enumerate(self._balls):
            leap = abs(math.sin(math.pi * (beat / 2 + phase)))
            disc(frame, x, 172 - 62 * leap, radius, self._colours[k % len(self._colours)])
        pose: Pose = dancing(beat, self._style)
        figure(frame, WIDTH / 2, 172, 128, pose, self._dark)
        self._confetti.draw(frame, t)
        return frame


class Studio:
    """A singer at a microphone before a plain backdrop."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        frame = gradient(mix(top, dark, 0.25), top, mix(top, light, 0.3), height=HEIGHT)
        frame[142:] = gradient(mix(top, dark, 0.45), mix(top, dark, 0.25), height=HEIGHT - 142)
        shine(frame, glow(WIDTH / 2, 76, 70, mix(_BLACK, light, 0.4)))
        self._x = float(rng.uniform(120, 200))
        for side in (-1, 1):
            x = WIDTH / 2 + side * float(rng.uniform(105, 130))
            stroke(frame, [(x, 70), (x, 150)], mix(dark, _BLACK, 0.2), 2)
            polygon(frame, [(x - 13, 46), (x + 13, 46), (x + 13, 72), (x - 13, 72)], mix(dark, _BLACK, 0.15))
            polygon(frame, [(x - 10, 49), (x + 10, 49), (x + 10, 69), (x - 10, 69)], mix(light, _WHITE, 0.5))
        cv2.ellipse(frame, (round(self._x), 160), (46, 7), 0, 0, 360, mix(top, dark, 0.6), -1, cv2.LINE_AA)
        self._still, self._shade = frame, vignette(0.45)
        self._coat, self._dark = mix(dark, haze, 0.25), mix(dark, _BLACK, 0.3)

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._still.copy()
        figure(frame, self._x, 160, 104, singing(beat / 2), self._coat)
        stroke(frame, [(self._x + 17, 162), (self._x + 17, 82)], self._dark, 2)
        disc(frame, self._x + 15, 79, 3.4, self._dark)
        return shaded(frame, self._shade)


class Shapes:
    """Circles and bars of quiet colours that drift past one another on paper."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        self._paper = gradient(mix(light, _WHITE, 0.35), mix(light, top, 0.35))
        colours = [
            mix(top, dark, 0.2),
            haze,
            mix(dark, top, 0.3),
            mix(haze, dark, 0.35),
            mix(light, haze, 0.5),
        ]
        self._items = [
            (
                rng.uniform(10, 310),
                rng.uniform(10, 170),
                rng.uniform(22, 64),
                rng.uniform(0, 6.3),
                colours[k % 5],
                int(rng.integers(3)),
            )
            for k in range(15)
        ]
        self._dark, self._shade = dark, vignette(0.3)

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._paper.copy()
        below = frame.copy()
        for x, y, size, phase, colour, kind in self._items:
            px, py = x + 16 * math.sin(0.22 * t + phase), y + 12 * math.cos(0.17 * t + phase)
            if kind == 0:
                disc(frame, px, py, size * 0.7, colour)
            elif kind == 1:
                disc(frame, px, py, size * 0.6, colour, 3)
                disc(frame, px, py, size * 0.25, self._dark)
            else:
                turn = phase + 0.12 * t
                dx, dy = math.cos(turn), math.sin(turn)
                long, wide = size * 1.2, size * 0.16
                polygon(
                    frame,
                    [
                        (px + a * long * dx - b * wide * dy, py + a * long * dy + b * wide * dx)
                        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
                    ],
                    colour,
                )
        cv2.addWeighted(frame, 0.9, below, 0.1, 0, frame)
        return shaded(frame, self._shade)


class Record:
    """A record that turns on its player, seen from above."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        self._wood = gradient(mix(haze, dark, 0.25), mix(haze, dark, 0.45))
        grain = (
            np.random.default_rng(int(rng.integers(999))).normal(0, 5, (HEIGHT, 1, 1)).repeat(WIDTH, axis=1)
        )
        self._wood = np.clip(self._wood + grain, 0, 255).astype(np.uint8)
        polygon(self._wood, [(46, 8), (286, 8), (286, 174), (46, 174)], mix(top, dark, 0.25))
        polygon(self._wood, [(49, 11), (283, 11), (283, 171), (49, 171)], mix(top, light, 0.25))
        across, down = np.meshgrid(np.arange(WIDTH) - 138.0, np.arange(HEIGHT) - 91.0)
        radius = np.hypot(across, down)
        self._disc = np.clip(74.5 - radius, 0, 1)[..., None]
        self._angle = np.arctan2(down, across)
        self._groove = 26 + 8 * np.sin(radius * 2.2) + 5 * (np.sin(radius * 0.31) > 0.7)
        self._label = mix(haze, light, 0.4)
        self._dark, self._light, self._arm = dark, light, mix(light, _WHITE, 0.6)
        self._shade = vignette(0.35)
        self._steps = [self._turned(2 * math.pi * k / 48) for k in range(48)]

    def _turned(self, turn: float) -> Frame:
        gleam = (
            46 * np.abs(np.cos(self._angle - 0.5)) ** 14 + 12 * np.abs(np.cos(self._angle * 2 + turn)) ** 6
        )
        vinyl = np.repeat((self._groove + gleam)[..., None], 3, axis=2)
        frame = np.asarray(self._wood * (1 - self._disc) + vinyl * self._disc, np.uint8)
        disc(frame, 138, 91, 26, self._label)
        disc(frame, 138, 91, 20, mix(self._label, self._dark, 0.25), 2)
        disc(frame, 138 + 14 * math.cos(turn), 91 + 14 * math.sin(turn), 3.6, self._dark)
        disc(frame, 138, 91, 2.4, self._arm)
        return frame

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._steps[int(t * 26.7) % 48].copy()
        swing = 0.03 * math.sin(0.2 * t)
        tip = (190 - 120 * swing, 126 + 30 * swing)
        stroke(
            frame,
            [(256 + 3, 34 + 4), (236 + 3, 108 + 4), (tip[0] + 3, tip[1] + 4)],
            mix(self._dark, _BLACK, 0.2),
            3,
        )
        disc(frame, 256, 34, 13, self._dark)
        stroke(frame, [(256, 34), (236, 108), tip], self._arm, 3)
        disc(frame, 256, 34, 7, self._arm)
        return shaded(frame, self._shade)
