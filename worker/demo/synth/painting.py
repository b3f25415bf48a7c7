"""Brushes for small pictures: skies, glows, mist, ridges, and layers laid over one another.

A frame is `(180, 320, 3) uint8`, RGB. Still layers are painted once per scene; a moving scene only shifts, adds
and covers them, at a fraction of a millisecond a frame.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 180
Frame = NDArray[np.uint8]
Rgb = tuple[int, int, int]
Palette = tuple[Rgb, Rgb, Rgb, Rgb]
"""Four colours of a scene: the top, the haze in the middle, the light, and the nearest dark."""
Points = Sequence[tuple[float, float]]
# Sub-pixel bits of OpenCV's drawing calls: without them slow movement stutters by whole pixels.
_SHIFT = 4


class Layer(NamedTuple):
    """A picture with holes, ready to be laid over a frame; a wide one repeats its first frame's width at its end."""

    colour: Frame
    """Premultiplied by how much it covers."""
    keep: Frame
    """How much of what lies below stays: 255 is all."""


def mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    """The colour `share` of the way from `a` to `b`.

    >>> mix((0, 0, 0), (100, 200, 40), 0.5)
    (50, 100, 20)
    """
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def plain(colour: Rgb, width: int = WIDTH, height: int = HEIGHT) -> Frame:
    return np.full((height, width, 3), colour, np.uint8)


def gradient(*colours: Rgb, width: int = WIDTH, height: int = HEIGHT) -> Frame:
    """Colours from top to bottom at equal distances, blended in between, dithered against banding."""
    stops = np.linspace(0, height - 1, len(colours))
    rows = np.stack([np.interp(np.arange(height), stops, [c[i] for c in colours]) for i in range(3)], axis=1)
    dither = np.random.default_rng(0).uniform(-0.7, 0.7, (height, width, 1))
    return np.clip(rows[:, None, :] + dither, 0, 255).astype(np.uint8)


def glow(x: float, y: float, radius: float, colour: Rgb, width: int = WIDTH, height: int = HEIGHT) -> Frame:
    """Light that falls off softly around a point, on black, to be added."""
    across, down = np.meshgrid(np.arange(width) - x, np.arange(height) - y)
    strength = np.exp(-(across**2 + down**2) / (2 * radius**2))
    return np.asarray(strength[..., None] * np.array(colour), np.uint8)


def mist(
    rng: np.random.Generator, width: int = WIDTH, height: int = HEIGHT, octaves: int = 4
) -> NDArray[np.float32]:
    """Clouds of 0 to 1; the right edge meets the left, so it can drift for ever."""
    field = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = 2 ** (octave + 2)
        grid = rng.random((max(2, cells * height // width + 2), cells)).astype(np.float32)
        grid = np.concatenate([grid, grid[:, :2]], axis=1)
        wide = cv2.resize(grid, (width * (cells + 2) // cells, height), interpolation=cv2.INTER_CUBIC)
        field += wide[:, :width] / 2**octave
    low, high = np.quantile(field, [0.05, 0.98])
    return np.asarray(np.clip((field - low) / (high - low), 0, 1), np.float32)


def layer_of(colour: NDArray[np.floating], cover: NDArray[np.floating]) -> Layer:
    """A layer from colours `(height, width, 3)`, 0 to 255, and how much of them covers, `(height, width)`, 0 to 1."""
    three = np.repeat(np.clip(cover, 0, 1)[..., None], 3, axis=2)
    pictures = ((three * colour).astype(np.uint8), (255 - 255 * three).astype(np.uint8))
    if cover.shape[1] == WIDTH:
        return Layer(*pictures)
    # The repeated part lets a frame be one slice wherever it begins, without a seam.
    return Layer(*(np.concatenate([picture, picture[:, :WIDTH]], axis=1) for picture in pictures))


def veil(cover: NDArray[np.floating], colour: Rgb) -> Layer:
    """A layer of one colour that covers by `cover`, 0 to 1."""
    return layer_of(np.array(colour, np.float64), cover)


def ridge(
    rng: np.random.Generator, base: float, rise: float, roughness: float, width: int = 2 * WIDTH
) -> NDArray[np.float64]:
    """The heights of a hill line, in pixels from the top; its right edge meets its left."""
    x = np.arange(width) * 2 * np.pi / width
    line = np.zeros(width)
    for k in range(1, 24):
        line += k**-roughness * np.sin(k * x + rng.uniform(0, 2 * np.pi)) * rng.uniform(0.5, 1)
    return np.asarray(base - rise * line / np.abs(line).max())


def below(line: NDArray[np.float64], top: Rgb, bottom: Rgb, depth: float = 70.0) -> Layer:
    """Everything under a hill line, coloured from `top` at the line to `bottom`, `depth` pixels further down."""
    down = np.arange(HEIGHT)[:, None] - line[None, :]
    share = np.clip(down / depth, 0, 1)[..., None]
    return layer_of(np.array(top) + (np.array(bottom) - np.array(top)) * share, down + 0.5)


def cut_out(mask: NDArray[np.uint8], colour: Rgb) -> Layer:
    """A layer of one colour where a mask (0 to 255) is bright."""
    return veil(mask.astype(np.float32) / 255, colour)


def over(frame: Frame, layer: Layer, dx: float = 0.0) -> Frame:
    """Lay a layer over a frame, in place; a wide layer is seen from `dx` pixels on and wraps around."""
    colour, keep = layer.colour, layer.keep
    if keep.shape[1] != WIDTH:
        first = int(dx) % (keep.shape[1] - WIDTH)
        colour, keep = colour[:, first : first + WIDTH], keep[:, first : first + WIDTH]
    cv2.multiply(frame, keep, frame, scale=1 / 255)
    cv2.add(frame, colour, frame)
    return frame


def add(frame: Frame, light: cv2.typing.MatLike, strength: float = 1.0) -> Frame:
    """Add light to a frame, in place."""
    if strength == 1.0:
        return np.asarray(cv2.add(frame, light, frame), np.uint8)
    return np.asarray(cv2.addWeighted(light, strength, frame, 1.0, 0.0, frame), np.uint8)


def shine(frame: Frame, light: Frame) -> Frame:
    """Screen light over a frame, in place: it brightens without burning out to white."""
    dark = 255 - frame
    cv2.multiply(dark, 255 - light, dark, scale=1 / 255)
    np.subtract(255, dark, out=frame)
    return frame


def dim(frame: Frame, share: float) -> Frame:
    """The frame at `share` of its brightness."""
    return np.asarray(cv2.convertScaleAbs(frame, alpha=share), np.uint8)


def polygon(frame: Frame, points: Points, colour: Rgb) -> None:
    corners = np.round(np.array(points) * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(frame, [corners], colour, cv2.LINE_AA, _SHIFT)


def stroke(frame: Frame, points: Points, colour: Rgb, thickness: float = 1.0) -> None:
    width = max(1, round(thickness))
    if len(points) == 2:  # by far the most frequent, and much faster so
        (x0, y0), (x1, y1) = points
        start, end = (int(16 * x0), int(16 * y0)), (int(16 * x1), int(16 * y1))
        cv2.line(frame, start, end, colour, width, cv2.LINE_AA, _SHIFT)
        return
    corners = np.round(np.array(points) * 2**_SHIFT).astype(np.int32)
    cv2.polylines(frame, [corners], False, colour, width, cv2.LINE_AA, _SHIFT)


def disc(frame: Frame, x: float, y: float, radius: float, colour: Rgb, thickness: int = -1) -> None:
    centre = (round(x * 2**_SHIFT), round(y * 2**_SHIFT))
    cv2.circle(frame, centre, max(1, round(radius * 2**_SHIFT)), colour, thickness, cv2.LINE_AA, _SHIFT)


def light_spot(radius: float, colour: Rgb) -> Frame:
    """A small round light, for `stamp`."""
    size = int(6 * radius) | 1
    return glow(size // 2, size // 2, radius, colour, size, size)


def stamp(frame: Frame, light: Frame, x: float, y: float) -> None:
    """Add a small picture of light, centred at a point, cut at the frame's edges."""
    height, width = light.shape[:2]
    left, top = round(x - width / 2), round(y - height / 2)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(frame.shape[1], left + width), min(frame.shape[0], top + height)
    if x1 > x0 and y1 > y0:
        window = frame[y0:y1, x0:x1]
        cv2.add(window, light[y0 - top : y1 - top, x0 - left : x1 - left], window)


def branches(
    rng: np.random.Generator,
    mask: NDArray[np.uint8],
    x: float,
    y: float,
    length: float,
    angle: float,
    width: float,
) -> None:
    """A bare tree, drawn bright into a mask; `angle` is in radians, 0 pointing up."""
    if length < 3:
        return
    tip_x, tip_y = x + length * np.sin(angle), y - length * np.cos(angle)
    ends = np.round(np.array([[x, y], [tip_x, tip_y]]) * 2**_SHIFT).astype(np.int32)
    cv2.polylines(mask, [ends], False, 255, max(1, round(width)), cv2.LINE_AA, _SHIFT)
    for _ in range(2 if length > 9 else 3):
        bend = float(rng.uniform(-0.75, 0.75))
        branches(rng, mask, tip_x, tip_y, length * float(rng.uniform(0.62, 0.82)), angle + bend, width * 0.68)


def vignette(strength: float) -> Frame:
    """A layer to multiply a frame by: darker towards the corners."""
    across, down = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
    shade = 1 - strength * np.clip((across**2 + down**2) / 2, 0, 1) ** 1.5
    return np.repeat((255 * shade)[..., None], 3, axis=2).astype(np.uint8)


def shaded(frame: Frame, shade: Frame) -> Frame:
    """The frame, multiplied by a shade of 0 to 255, in place."""
    return np.asarray(cv2.multiply(frame, shade, frame, scale=1 / 255), np.uint8)


def coloured(index: NDArray[np.uint8], table: Frame) -> Frame:
    """A picture by numbers: every pixel of `index` takes its colour from `table`, `(1, 256, 3) uint8`."""
    return np.asarray(cv2.LUT(cv2.merge([index, index, index]), table), np.uint8)


def camera(
    frame: cv2.typing.MatLike, zoom: float, dx: float = 0.0, dy: float = 0.0, roll: float = 0.0
) -> Frame:
    """The frame seen closer by `zoom`, off its centre by pixels, rolled by degrees."""
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), roll, zoom)
    matrix[:, 2] += np.array([dx, dy])
    return np.asarray(
        cv2.warpAffine(frame, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT),
        np.uint8,
    )
