"""People as shadows: a figure of a head, a trunk and four limbs, in any pose."""

import math
from typing import NamedTuple

from .painting import Frame, Rgb, disc, polygon, stroke


class Pose(NamedTuple):
    """Angles in radians, each from straight down; positive swings to the right. Lengths are shares of the height."""

    left_arm: tuple[float, float] = (-0.25, -0.1)
    right_arm: tuple[float, float] = (0.25, 0.1)
    left_leg: tuple[float, float] = (-0.12, -0.05)
    right_leg: tuple[float, float] = (0.12, 0.05)
    lean: float = 0.0
    lift: float = 0.0
    nod: float = 0.0


def dancing(beat: float, style: int = 0) -> Pose:
    """A dancer on the beat; each style moves its own way."""
    swing, bounce = math.sin(math.pi * beat), abs(math.sin(math.pi * beat))
    if style % 3 == 0:  # both arms up, jumping
        wave = 0.35 * math.sin(2 * math.pi * beat)
        return Pose(
            (-2.6 + wave, -2.9), (2.6 + wave, 2.9), (-0.3 * bounce - 0.1, 0.25), (0.3 * bounce + 0.1, -0.25),
            lift=0.13 * bounce, lean=0.08 * swing,
        )  # fmt: skip
    if style % 3 == 1:  # one arm points up, then the other
        up, down = (2.5, 2.7), (0.9, 2.2)
        left, right = (up, down) if swing > 0 else (down, up)
        return Pose(
            (-left[0], -left[1]), right, (-0.25 + 0.2 * swing, -0.05), (0.25 + 0.2 * swing, 0.05),
            lean=0.2 * swing, lift=0.05 * bounce,
        )  # fmt: skip
    return Pose(
        (-1.4 - 0.5 * swing, -2.4), (1.4 - 0.5 * swing, 2.4), (-0.35 - 0.2 * swing, 0.1), (0.35 - 0.2 * swing, -0.1),
        lean=-0.22 * swing, lift=0.07 * bounce,
    )  # fmt: skip


def running(stride: float) -> Pose:
    """A runner seen from the side, towards the right; one step a unit."""
    swing = math.sin(math.pi * stride)
    back = max(0.0, -swing)
    front = max(0.0, swing)
    return Pose(
        (-1.0 * swing, -1.0 * swing + 1.2), (1.0 * swing, 1.0 * swing + 1.2),
        (0.95 * swing, 0.95 * swing - 1.5 * back - 0.2), (-0.95 * swing, -0.95 * swing - 1.5 * front - 0.2),
        lean=0.28, lift=0.06 * abs(math.cos(math.pi * stride)),
    )  # fmt: skip


def walking(stride: float) -> Pose:
    """Somebody who walks slowly, head down."""
    swing = math.sin(math.pi * stride)
    return Pose(
        (-0.22 * swing - 0.1, -0.05), (0.22 * swing + 0.1, 0.15),
        (0.32 * swing, 0.32 * swing - 0.2), (-0.32 * swing, -0.32 * swing - 0.2), lean=0.06, nod=0.35,
    )  # fmt: skip


def singing(beat: float) -> Pose:
    """A singer at a microphone who sways and holds it."""
    sway = math.sin(math.pi * beat / 2)
    return Pose((-0.7, 1.9 + 0.1 * sway), (0.8, -2.2), (-0.2, -0.05), (0.2, 0.05), lean=0.07 * sway, nod=0.1)


def figure(frame: Frame, x: float, foot_y: float, height: float, pose: Pose, colour: Rgb) -> None:
    """Draw a standing figure, feet at (`x`, `foot_y`), as a shadow of one colour."""
    leg, arm, trunk, head = 0.235 * height, 0.17 * height, 0.32 * height, 0.068 * height
    hip_x, hip_y = x, foot_y - 1.94 * leg - pose.lift * height
    chest_x, chest_y = hip_x + trunk * math.sin(pose.lean), hip_y - trunk * math.cos(pose.lean)
    for angles, side in ((pose.left_leg, -1), (pose.right_leg, 1)):
        _limb(frame, (hip_x + side * 0.035 * height, hip_y), angles, leg, 0.075 * height, colour)
    for angles, side in ((pose.left_arm, -1), (pose.right_arm, 1)):
        _limb(
            frame,
            (chest_x + side * 0.085 * height, chest_y + 0.03 * height),
            angles,
            arm,
            0.055 * height,
            colour,
        )
    shoulder, hip = 0.105 * height, 0.075 * height
    polygon(
        frame,
        [
            (chest_x - shoulder, chest_y + 0.02 * height), (chest_x, chest_y - 0.015 * height),
            (chest_x + shoulder, chest_y + 0.02 * height), (hip_x + hip, hip_y), (hip_x, hip_y + 0.05 * height),
            (hip_x - hip, hip_y),
        ],
        colour,
    )  # fmt: skip
    head_x = chest_x + head * (pose.lean * 2 + math.sin(pose.nod))
    stroke(frame, [(chest_x, chest_y), (head_x, chest_y - head)], colour, 0.05 * height)
    disc(frame, head_x, chest_y - 1.35 * head + head * 0.5 * pose.nod, head, colour)


def seated(
    frame: Frame,
    x: float,
    seat_y: float,
    height: float,
    colour: Rgb,
    *,
    bowed: float = 0.0,
    lute: bool = False,
) -> None:
    """Somebody who sits, seen from the side and facing right; bowed in grief, or with a lute across the lap."""
    trunk, leg, head = 0.4 * height, 0.3 * height, 0.085 * height
    neck_x, neck_y = x + trunk * math.sin(0.1 + bowed * 0.7), seat_y - trunk * math.cos(0.1 + bowed * 0.7)
    knee = (x + leg, seat_y - 0.02 * height)
    stroke(
        frame,
        [(x, seat_y - 0.03 * height), knee, (knee[0] + 0.03 * height, seat_y + leg)],
        colour,
        0.11 * height,
    )
    stroke(frame, [(x, seat_y - 0.02 * height), (neck_x, neck_y)], colour, 0.15 * height)
    head_x, head_y = neck_x + head * (0.3 + bowed * 1.1), neck_y - head * (1.25 - bowed * 0.9)
    disc(frame, head_x, head_y, head, colour)
    if lute:
        body = (x + 0.16 * height, seat_y - 0.14 * height)
        disc(frame, *body, 0.12 * height, colour)
        stroke(frame, [body, (x + 0.52 * height, seat_y - 0.38 * height)], colour, 0.045 * height)
        stroke(
            frame,
            [(neck_x, neck_y + 0.06 * height), (x + 0.3 * height, seat_y - 0.25 * height)],
            colour,
            0.06 * height,
        )
    else:
        elbow = (x + leg * 0.8, seat_y - 0.1 * height)
        hand = (
            (head_x + 0.02 * height, head_y + 0.02 * height)
            if bowed > 0.5
            else (knee[0], knee[1] - 0.03 * height)
        )
        stroke(frame, [(neck_x, neck_y + 0.05 * height), elbow, hand], colour, 0.06 * height)


def _limb(
    frame: Frame,
    start: tuple[float, float],
    angles: tuple[float, float],
    length: float,
    width: float,
    colour: Rgb,
) -> None:
    bend = (start[0] + length * math.sin(angles[0]), start[1] + length * math.cos(angles[0]))
    end = (bend[0] + length * math.sin(angles[1]), bend[1] + length * math.cos(angles[1]))
    stroke(frame, [start, bend], colour, width)
    stroke(frame, [bend, end], colour, width * 0.85)
    disc(frame, *bend, width * 0.42, colour)
