"""Pixel and ray by hand: attitudes, Brown's lens against OpenCV, the half pixel, the edge of what a lens shows."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagery.camera import (
    camera_matrix,
    distort,
    heading_from_rotation,
    image_outline,
    max_radius_squared,
    normalise,
    pixels_from_corner,
    project,
    reduced_pixels,
    rotation_from_attitude,
    rotation_from_vector,
    vector_from_rotation,
)
from ingest.schema import Camera

HALF = math.pi / 2
PLAIN = Camera(1000, 800, 1000.0, 499.5, 399.5)
LENS = (0.1, 0.2, 0.01, 0.02, 0.3)
BENT = Camera(1000, 800, 900.0, 510.0, 380.0, (-0.1, 0.05, 0.001, -0.002, 0.01))
C30, S30 = math.cos(math.pi / 6), 0.5


@pytest.mark.parametrize(
    ("angles", "right", "down", "forward"),
    [
        ((0.0, 0.0, 0.0), (1, 0, 0), (0, 0, -1), (0, 1, 0)),  # level, to the north
        ((HALF, 0.0, 0.0), (0, -1, 0), (0, 0, -1), (1, 0, 0)),  # level, to the east: south is on the right
        ((HALF, -HALF, 0.0), (0, -1, 0), (-1, 0, 0), (0, 0, -1)),  # straight down, top to the east
        ((0.0, -math.pi / 6, 0.0), (1, 0, 0), (0, -S30, -C30), (0, C30, -S30)),  # 30° below the horizon
        ((0.0, HALF, 0.0), (1, 0, 0), (0, 1, 0), (0, 0, 1)),  # to the sky: north is at the bottom
        ((0.0, 0.0, HALF), (0, 0, -1), (-1, 0, 0), (0, 1, 0)),  # rolled clockwise: its right side points down
        ((0.0, -HALF, HALF), (0, -1, 0), (-1, 0, 0), (0, 0, -1)),  # down and rolled: like a yaw to the east
        ((math.pi, 0.0, math.pi / 6), (-C30, 0, -S30), (S30, 0, -C30), (0, -1, 0)),  # to the south, rolled by 30°
    ],
)  # fmt: skip
def test_axes_of_an_attitude(
    angles: tuple[float, float, float],
    right: tuple[float, ...],
    down: tuple[float, ...],
    forward: tuple[float, ...],
) -> None:
    """Rows are image right, image bottom and viewing direction as east, north, up."""
    np.testing.assert_allclose(rotation_from_attitude(*angles), [right, down, forward], atol=1e-12)


@given(st.floats(-3.0, 3.0), st.floats(-1.5, 1.5), st.floats(-3.0, 3.0))
def test_a_rotation_turns_and_nothing_else(yaw: float, pitch: float, roll: float) -> None:
    """Orthonormal and right-handed."""
    rotation = rotation_from_attitude(yaw, pitch, roll)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert rotation.flags["C_CONTIGUOUS"] and rotation.dtype == np.float64


@pytest.mark.parametrize("pitch_deg", [-90, -70, -45, -10, 0])
def test_heading_is_the_yaw_at_every_pitch(pitch_deg: float) -> None:
    """From straight down to the horizon the top of the image points where the yaw says."""
    for yaw in (-2.5, 0.0, 0.4, HALF, 3.0):
        rotation = rotation_from_attitude(yaw, math.radians(pitch_deg), 0.0)
        assert heading_from_rotation(rotation) == pytest.approx(yaw, abs=1e-12)


def test_roll_of_a_camera_that_looks_down_turns_its_heading() -> None:
    """Straight down the roll is about the vertical: 0.4 + 0.3."""
    assert heading_from_rotation(rotation_from_attitude(0.4, -HALF, 0.3)) == pytest.approx(0.7)


def test_rotation_vectors_by_hand() -> None:
    """A quarter of a turn about the viewing axis takes right to down, and is found again."""
    quarter = rotation_from_vector(np.array([0.0, 0.0, HALF]))
    np.testing.assert_allclose(quarter, [[0, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-12)
    vector = np.array([0.3, -0.2, 0.5])
    np.testing.assert_allclose(vector_from_rotation(rotation_from_vector(vector)), vector, atol=1e-12)
    assert vector_from_rotation(quarter).shape == (3,)


def test_camera_matrix_by_hand() -> None:
    """Focal length on the diagonal, the principal point in the last column."""
    assert camera_matrix(BENT).tolist() == [[900.0, 0.0, 510.0], [0.0, 900.0, 380.0], [0.0, 0.0, 1.0]]


def test_brown_by_hand() -> None:
    """x = 0.2, y = 0.1: r² = 0.05, radial 1 + 0.005 + 0.0005 + 0.0000375, tangential 0.003 and 0.0015."""
    radial = 1.0 + 0.005 + 0.0005 + 0.0000375
    found = distort(np.array([[0.2, 0.1]]), LENS)
    np.testing.assert_allclose(found, [[0.2 * radial + 0.003, 0.1 * radial + 0.0015]], rtol=1e-12)


def test_projection_is_opencvs() -> None:
    """Points before a turned camera with all five coefficients fall on the pixels that OpenCV says."""
    rng = np.random.default_rng(1)
    rotation, centre = rotation_from_attitude(0.7, -1.2, 0.2), np.array([5.0, -3.0, 60.0])
    rays = np.column_stack([rng.uniform(-0.5, 0.5, 40), rng.uniform(-0.4, 0.4, 40), np.ones(40)])
    points = centre + (rays * rng.uniform(30, 90, 40)[:, None]) @ rotation
    pixels, inside = project(BENT, rotation, centre, points)
    expected, _ = cv2.projectPoints(
        points, cv2.Rodrigues(rotation)[0], -rotation @ centre, camera_matrix(BENT), np.array(BENT.distortion)
    )
    np.testing.assert_allclose(pixels, expected[:, 0], atol=1e-6)
    assert inside.all()
    np.testing.assert_allclose(normalise(BENT, pixels), rays[:, :2], atol=1e-5)


def test_projection_by_hand() -> None:
    """From 100 m straight down, 3 m east and 4 m north are 30 px right and 40 px up of the middle."""
    down = rotation_from_attitude(0.0, -HALF, 0.0)
    pixels, inside = project(PLAIN, down, np.array([10.0, 20.0, 100.0]), np.array([[[13.0, 24.0, 0.0]]]))
    np.testing.assert_allclose(pixels, [[[529.5, 359.5]]], atol=1e-9)
    assert inside.shape == (1, 1) and inside.all()


def test_what_is_behind_or_beyond_the_lens_is_not_believed() -> None:
    """Nothing at or behind the camera, nothing beyond 1.1 times the squared radius of the corner (0.41)."""
    edge = math.sqrt(0.41 * 1.1)
    points = np.array(
        [[0, 0, -1.0], [0, 0, 0], [0, 0, 1e-6], [0, 0, 1.1e-6], [edge - 1e-9, 0, 1], [0, edge + 1e-9, 1]]
    )
    _, inside = project(PLAIN, np.eye(3), np.zeros(3), points)
    assert inside.tolist() == [False, False, False, True, True, False]


def test_radius_is_that_of_the_farthest_corner() -> None:
    """With the principal point 100 px left of the middle: 0.6² + 0.4², and a tenth more."""
    assert max_radius_squared(PLAIN) == pytest.approx(0.41 * 1.1)
    assert max_radius_squared(Camera(1000, 800, 1000.0, 399.5, 399.5)) == pytest.approx(0.52 * 1.1)


def test_outline_is_the_outer_edge_clockwise() -> None:
    """Half a pixel beyond the centres of the outermost pixels, from the top left corner."""
    corners = [[-0.5, -0.5], [999.5, -0.5], [999.5, 799.5], [-0.5, 799.5]]
    assert image_outline(PLAIN, steps=1).tolist() == corners
    middles = [[499.5, -0.5], [999.5, 399.5], [499.5, 799.5], [-0.5, 399.5]]
    assert image_outline(PLAIN, steps=2).tolist() == [p for pair in zip(corners, middles, strict=True) for p in pair]


def test_pixels_of_a_smaller_photo() -> None:
    """Outer edges stay outer edges; the centre of the first block of 4 × 4 becomes the first pixel."""
    assert reduced_pixels(np.array([-0.5, 1.5, 5.5, 799.5]), 4).tolist() == [-0.5, 0.0, 1.0, 199.5]
    assert reduced_pixels(np.array([3.0]), 1).tolist() == [3.0]


def test_marks_are_counted_from_the_corner() -> None:
    """The middle of the first pixel is 0.5 from the corner and 0 from its own centre."""
    assert pixels_from_corner(np.array([[0.5, 10.0]])).tolist() == [[0.0, 9.5]]
