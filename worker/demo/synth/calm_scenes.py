"""Scenes of Relaxation and Sad: nature in slow motion, rain, a person alone."""

import math

import cv2
import numpy as np

from .figures import figure, seated, walking
from .painting import (
    HEIGHT,
    WIDTH,
    Frame,
    Layer,
    Palette,
    Rgb,
    add,
    below,
    branches,
    cut_out,
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
    stroke,
    veil,
    vignette,
)


class Hills:
    """Ranges of hills under a low sun, mirrored in a lake, gliding by."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        self._shore = 132
        sky = gradient(top, mix(top, haze, 0.6), haze, mix(haze, light, 0.5), height=HEIGHT)
        sun_x, sun_y = rng.uniform(70, 250), rng.uniform(52, 80)
        shine(sky, glow(sun_x, sun_y, 55, mix((0, 0, 0), light, 0.5)))
        disc(sky, sun_x, sun_y, rng.uniform(11, 17), mix(light, (255, 255, 255), 0.8))
        self._sky = sky
        self._clouds = veil(
            mist(rng, 2 * WIDTH, HEIGHT) ** 2 * np.linspace(0.75, 0, HEIGHT)[:, None],
            mix(light, (255, 255, 255), 0.6),
        )
        self._ranges = [
            (
                below(
                    ridge(rng, 90 + 11 * k, 26 - 4 * k, 1.1 + 0.08 * k),
                    mix(haze, dark, 0.15 + 0.24 * k),
                    mix(haze, dark, 0.02 + 0.2 * k),
                    55,
                ),
                2.0 + 2.2 * k,
            )
            for k in range(4)
        ]
        self._birds = [(rng.uniform(0, 400), rng.uniform(25, 70), rng.uniform(0, 6)) for _ in range(5)]
        self._ripple = np.arange(HEIGHT - self._shore)
        self._dark = dark

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._sky.copy()
        over(frame, self._clouds, 3 * t)
        for layer, speed in self._ranges:
            over(frame, layer, speed * t + 40)
        for x, y, phase in self._birds:
            self._bird(
                frame, (x + 9 * t) % 400 - 40, y + 4 * math.sin(t / 2 + phase), math.sin(7 * t + phase)
            )
        water = frame[self._shore - len(self._ripple) : self._shore][::-1]
        bend = (2.2 * np.sin(self._ripple * 0.55 - 2.4 * t) * (0.3 + self._ripple / 30)).astype(np.float32)
        across = np.arange(WIDTH, dtype=np.float32)[None, :] + bend[:, None]
        down = np.repeat(self._ripple.astype(np.float32)[:, None], WIDTH, axis=1)
        mirror = cv2.remap(
            np.ascontiguousarray(water), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        frame[self._shore :] = cv2.addWeighted(mirror, 0.8, np.full_like(mirror, self._dark), 0.2, 0)
        return frame

    def _bird(self, frame: Frame, x: float, y: float, flap: float) -> None:
        stroke(frame, [(x - 5, y - 2 * flap), (x, y), (x + 5, y - 2 * flap)], mix(self._dark, (0, 0, 0), 0.4))


class Sea:
    """An open sea that glitters under the sun, and a sailing boat."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        self._horizon = 92
        self._x = float(rng.uniform(110, 210))
        frame = gradient(top, mix(top, haze, 0.7), mix(haze, light, 0.55), height=HEIGHT)
        shine(frame, glow(self._x, self._horizon - 16, 50, mix((0, 0, 0), light, 0.5)))
        disc(frame, self._x, self._horizon - 18, 14, mix(light, (255, 255, 255), 0.8))
        frame[self._horizon :] = gradient(
            mix(haze, dark, 0.35), mix(haze, dark, 0.75), dark, height=HEIGHT - self._horizon
        )
        self._still = frame
        clouds = mist(rng, 2 * WIDTH, HEIGHT) ** 2 * np.clip(np.linspace(0.9, -0.9, HEIGHT), 0, 1)[:, None]
        self._clouds = veil(clouds, mix(light, (255, 255, 255), 0.5))
        depth = rng.uniform(0, 1, 170) ** 1.6
        self._sparks = np.stack(
            [depth, rng.normal(0, 1, 170), rng.uniform(0, 6.28, 170), rng.uniform(1, 3, 170)], axis=1
        )
        self._light, self._dark = mix(light, (255, 255, 255), 0.45), dark
        self._waves = [(k, rng.uniform(0, 6)) for k in range(9)]

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._still.copy()
        over(frame, self._clouds, 2.5 * t)
        deep = HEIGHT - self._horizon
        for k, phase in self._waves:
            y = self._horizon + 3 + deep * (max(0.0, k + 0.35 * math.sin(0.4 * t + phase)) / 9) ** 1.5
            x = np.arange(0, WIDTH + 8, 8)
            crest = y + (0.4 + 0.25 * k) * np.sin(x * 0.09 / (0.4 + 0.1 * k) + t * 0.8 + phase)
            stroke(frame, list(zip(x, crest, strict=True)), mix(self._dark, self._light, 0.28 - 0.018 * k))
        for depth, across, phase, rate in self._sparks:
            shine = math.sin(rate * t + phase)
            if shine > 0.1:
                y, x = self._horizon + 2 + depth * deep, self._x + across * (7 + 34 * depth)
                reach = (1 + 6 * depth) * shine
                stroke(
                    frame, [(x - reach, y), (x + reach, y)], mix(self._dark, self._light, 0.35 + 0.6 * shine)
                )
        self._boat(frame, 40 + 3.2 * t % 260, self._horizon + 9 + math.sin(t), 0.05 * math.sin(0.9 * t))
        return frame

    def _boat(self, frame: Frame, x: float, y: float, roll: float) -> None:
        shadow = mix(self._dark, (0, 0, 0), 0.45)
        polygon(frame, [(x - 13, y), (x + 14, y - 1), (x + 9, y + 5), (x - 9, y + 5)], shadow)
        polygon(frame, [(x + 1 + 30 * roll, y - 30), (x + 1, y - 2), (x + 13, y - 3)], shadow)
        polygon(
            frame,
            [(x - 1 + 30 * roll, y - 27), (x - 1, y - 2), (x - 10, y - 2)],
            mix(shadow, self._light, 0.25),
        )


class Garden:
    """Somebody plays a lute on a hilltop before a large sun, and petals drift by."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        sky = gradient(top, haze, mix(haze, light, 0.6))
        sun_x = float(rng.uniform(130, 190))
        shine(sky, glow(sun_x, 84, 75, mix((0, 0, 0), light, 0.35)))
        disc(sky, sun_x, 84, 46, mix(light, (255, 255, 255), 0.55))
        shadow = mix(dark, (0, 0, 0), 0.35)
        over(sky, below(ridge(rng, 122, 12, 1.6), mix(haze, dark, 0.35), mix(haze, dark, 0.5)))
        mound = 150 - 20 * np.exp(-(((np.arange(WIDTH) - sun_x) / 80) ** 2))
        over(sky, below(mound, shadow, mix(shadow, (0, 0, 0), 0.5), 40))
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        side = -1 if sun_x > WIDTH / 2 else 1
        branches(rng, mask, WIDTH / 2 + side * 135, 162, 34, -0.32 * side, 8)
        over(sky, cut_out(mask, shadow))
        self._blossom = mix(light, (255, 190, 205), 0.6)
        for y, x in rng.permutation(np.argwhere(mask[:110] > 120))[:150]:
            disc(
                sky,
                x + rng.normal(0, 2),
                y + rng.normal(0, 2),
                rng.uniform(1.0, 2.4),
                mix(self._blossom, dark, rng.uniform(0, 0.35)),
            )
        self._still, self._x, self._shadow = sky, sun_x, shadow
        self._petals = [
            (rng.uniform(0, 360), rng.uniform(0, 200), rng.uniform(7, 16), rng.uniform(0, 6))
            for _ in range(34)
        ]

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._still.copy()
        seated(
            frame,
            self._x - 8,
            128 + 0.6 * math.sin(0.8 * t),
            52,
            self._shadow,
            bowed=0.15 + 0.05 * math.sin(0.8 * t),
            lute=True,
        )
        for x, y, speed, phase in self._petals:
            px = (x + speed * 1.3 * t + 6 * math.sin(t + phase)) % 360 - 20
            py = (y + speed * 0.7 * t) % 200 - 10
            tilt = math.sin(2 * t + phase)
            polygon(
                frame,
                [(px - 2.6, py - tilt), (px, py - 1.6), (px + 2.6, py + tilt), (px, py + 1.6)],
                self._blossom,
            )
        return frame


class Window:
    """Rain on a window at night; the lights of the street behind it are only blurs."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        street = gradient(dark, mix(dark, top, 0.6), mix(top, haze, 0.35), width=WIDTH + 80)
        for _ in range(34):
            colour = mix(
                *[(light, haze), (haze, (255, 255, 255)), (light, (255, 170, 90))][int(rng.integers(3))],
                float(rng.uniform(0, 0.6)),
            )
            spot = np.zeros_like(street)
            disc(
                spot,
                rng.uniform(0, WIDTH + 80),
                rng.normal(100, 34),
                rng.uniform(6, 19),
                mix((0, 0, 0), colour, rng.uniform(0.12, 0.5)),
            )
            add(street, cv2.GaussianBlur(spot, (0, 0), 1.6))
        self._street = street
        self._drops = self._beads(rng, dark)
        self._runners = [
            (rng.uniform(5, 315), rng.uniform(0, 260), rng.uniform(9, 34), rng.uniform(1.6, 3.0))
            for _ in range(15)
        ]
        self._bead = mix(haze, (255, 255, 255), 0.45)
        self._shade = vignette(0.75)
        self._frame_colour = mix(dark, (0, 0, 0), 0.6)

    def _beads(self, rng: np.random.Generator, dark: Rgb) -> Layer:
        shadow, shine = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        for _ in range(190):
            x, y, r = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(0.6, 2.6) ** 1.2
            disc(shadow, x, y, r, (90, 90, 90))
            disc(shine, x + 0.3 * r, y + 0.35 * r, 0.55 * r, (120, 135, 150))
            disc(shine, x - 0.3 * r, y - 0.4 * r, 0.3 * r, (60, 66, 74))
        layer = cut_out(shadow, mix(dark, (0, 0, 0), 0.4))
        return Layer(np.asarray(cv2.add(layer.colour, shine), np.uint8), layer.keep)

    def frame(self, t: float, beat: float) -> Frame:
        first = int(40 + 36 * math.sin(0.09 * t))
        frame = np.ascontiguousarray(self._street[:, first : first + WIDTH])
        over(frame, self._drops)
        for x, y, speed, size in self._runners:
            fall = (y + speed * (t + 0.6 * math.sin(1.7 * t + x))) % 260 - 40
            wiggle = 1.5 * math.sin(fall * 0.13 + x)
            stroke(
                frame,
                [(x + wiggle * 0.3, fall - 26), (x + wiggle, fall - 4)],
                mix(self._frame_colour, self._bead, 0.32),
            )
            disc(frame, x + wiggle, fall, size, mix(self._frame_colour, self._bead, 0.4))
            disc(frame, x + wiggle - 0.5, fall + 0.4 * size, size * 0.5, self._bead)
        frame[:, 158:163] = self._frame_colour
        return shaded(frame, self._shade)


class Lamp:
    """A person alone on a bench under a street lamp, in the rain."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        frame = gradient(dark, mix(dark, top, 0.55), mix(dark, top, 0.8), mix(dark, haze, 0.3))
        lamp_x = float(rng.uniform(105, 215))
        town = below(ridge(rng, 112, 16, 0.8, WIDTH), mix(dark, top, 0.35), mix(dark, top, 0.5))
        over(frame, town)
        frame[140:] = gradient(mix(dark, haze, 0.22), mix(dark, haze, 0.08), height=40)
        cone = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        polygon(
            cone,
            [(lamp_x - 4, 40), (lamp_x + 4, 40), (lamp_x + 72, 150), (lamp_x - 72, 150)],
            mix((0, 0, 0), light, 0.25),
        )
        add(frame, cv2.GaussianBlur(cone, (0, 0), 9))
        add(frame, glow(lamp_x, 40, 16, light))
        shine(frame, glow(lamp_x, 156, 26, mix((0, 0, 0), light, 0.2)))
        shadow = mix(dark, (0, 0, 0), 0.65)
        stroke(frame, [(lamp_x, 150), (lamp_x, 40)], shadow, 3)
        stroke(frame, [(lamp_x - 7, 38), (lamp_x + 7, 38)], shadow, 3)
        bench = lamp_x - 44
        for y in (128, 133):
            stroke(frame, [(bench - 22, y), (bench + 26, y)], shadow, 2)
        for x in (bench - 18, bench + 22):
            stroke(frame, [(x, 128), (x, 150)], shadow, 2)
        seated(frame, bench, 127, 60, shadow, bowed=0.9)
        self._still = frame
        self._drops = rng.uniform(0, 1, (90, 3))
        self._rain = mix(mix(dark, haze, 0.5), (255, 255, 255), 0.2)

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._still.copy()
        fall = (self._drops[:, 1] * 220 + (170 + 120 * self._drops[:, 2]) * t) % 220 - 20
        for (x, _, near), y in zip(self._drops, fall, strict=True):
            px = x * 360 - 20 - 0.08 * y
            stroke(
                frame,
                [(px, y), (px - 1.2, y + 7 + 7 * near)],
                mix(mix(self._rain, (0, 0, 0), 0.45), self._rain, near),
            )
        for k in range(6):
            ring = (1.3 * t + 0.37 * k) % 1
            spot = (57 * k * 1.7 + 31 * math.floor(1.3 * t + 0.37 * k)) % WIDTH
            axes = (round(7 * ring) + 1, round(2 * ring) + 1)
            cv2.ellipse(
                frame,
                (round(spot), 152 + 4 * k),
                axes,
                0,
                0,
                360,
                mix(self._rain, (0, 0, 0), 0.3 + 0.6 * ring),
                1,
                cv2.LINE_AA,
            )
        return frame


class Leaving:
    """A bare tree at dusk, snow or leaves that fall, and somebody who walks away."""

    def __init__(self, rng: np.random.Generator, palette: Palette) -> None:
        top, haze, light, dark = palette
        frame = gradient(mix(top, dark, 0.3), top, mix(haze, top, 0.35), haze)
        add(frame, glow(rng.uniform(60, 260), 118, 70, mix((0, 0, 0), light, 0.22)))
        clouds = veil(mist(rng) * np.linspace(0.55, 0, HEIGHT)[:, None], mix(top, dark, 0.5))
        over(frame, clouds)
        over(frame, below(ridge(rng, 128, 8, 1.5, WIDTH), mix(haze, dark, 0.3), mix(haze, dark, 0.5), 30))
        over(frame, below(ridge(rng, 150, 4, 2.0, WIDTH), mix(dark, haze, 0.22), dark, 34))
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        self._side = 1 if rng.random() < 0.5 else -1
        branches(rng, mask, WIDTH / 2 - self._side * 95, 160, 40, 0.1 * self._side, 9)
        over(frame, cut_out(mask, mix(dark, (0, 0, 0), 0.4)))
        self._still, self._dark = frame, mix(dark, (0, 0, 0), 0.45)
        self._flakes = rng.uniform(0, 1, (70, 3))
        self._flake = mix(light, (255, 255, 255), 0.4)

    def frame(self, t: float, beat: float) -> Frame:
        frame = self._still.copy()
        away = min(1.0, t / 30)
        x = WIDTH / 2 + self._side * (8 + 70 * away)
        figure(frame, x, 160 - 8 * away, 54 - 18 * away, walking(1.5 * t), self._dark)
        for fx, fy, near in self._flakes:
            px = (fx * 340 + 10 * math.sin(0.7 * t + 9 * near) + 5 * t) % 340 - 10
            py = (fy * 200 + (9 + 14 * near) * t) % 200 - 10
            disc(frame, px, py, 0.6 + 1.1 * near, mix(self._dark, self._flake, 0.45 + 0.55 * near))
        return frame
