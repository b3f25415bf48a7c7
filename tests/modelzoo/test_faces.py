"""Faces, drawn by the test: found, cropped, repeated and discarded."""

import cv2
import numpy as np
import pytest

from modelzoo.faces import fill, largest_face, resized

SKIN, DARK, LIP, NOSE = (200, 160, 130), (60, 40, 30), (120, 50, 50), (225, 190, 160)


def draw_face(picture: np.ndarray, x: int, y: int, radius: int, skin: tuple[int, int, int] = SKIN) -> None:
    """A schematic frontal face: what the cascade looks for is dark eyes under a bright brow."""

    def patch(dx: float, dy: float, width: float, height: float, colour: tuple[int, int, int]) -> None:
        centre = (x + int(dx * radius), y + int(dy * radius))
        cv2.ellipse(picture, centre, (int(width * radius), int(height * radius)), 0, 0, 360, colour, -1)

    patch(0, 0, 0.75, 1, skin)
    for side in (-1, 1):
        patch(side * 0.32, -0.22, 0.2, 0.1, DARK)
        patch(side * 0.32, -0.4, 0.24, 0.06, (90, 60, 50))
    patch(0, 0.12, 0.08, 0.2, NOSE)
    patch(0, 0.5, 0.3, 0.09, LIP)


def scene(*faces: tuple[int, int, int]) -> np.ndarray:
    picture = np.full((240, 320, 3), 60, np.uint8)
    for x, y, radius in faces:
        draw_face(picture, x, y, radius)
    return cv2.GaussianBlur(picture, (0, 0), 3)


def test_face_is_found_cropped_and_resized() -> None:
    face = largest_face(scene((160, 120, 60)), 32)
    assert face is not None
    assert face.shape == (32, 32, 3)
    assert face[16].mean() > 110  # skin, not the dark ground


def test_largest_of_two_faces_is_taken() -> None:
    both, alone = (
        largest_face(scene((70, 120, 35), (220, 120, 80)), 32),
        largest_face(scene((220, 120, 80)), 32),
    )
    assert both is not None
    assert alone is not None
    assert np.abs(both.astype(int) - alone).mean() < 10


def test_plain_ground_has_no_face() -> None:
    assert largest_face(scene(), 32) is None


@pytest.mark.parametrize(
    ("n_found", "n", "expected"),
    [
        (3, 3, [0, 1, 2]),
        (2, 5, [0, 1, 0, 1, 0]),
        (8, 4, [1, 3, 5, 7]),
        (0, 4, []),
    ],
)
def test_faces_are_repeated_or_discarded_to_the_number_wanted(
    n_found: int, n: int, expected: list[int]
) -> None:
    found = [np.full((1, 1, 3), i, np.uint8) for i in range(n_found)]
    assert [int(face[0, 0, 0]) for face in fill(found, n)] == expected


def test_whole_picture_becomes_a_square() -> None:
    picture = np.zeros((10, 20, 3), np.uint8)
    picture[:, 10:] = 200
    small, large = resized(picture, 4), resized(picture, 40)
    assert small[:, :2].max() == 0
    assert small[:, 2:].min() == 200
    assert large.shape == (40, 40, 3)
