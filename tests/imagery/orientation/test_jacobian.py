"""The adjustment's projection is the camera's, and every derivative is that of its difference quotient."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imagery.camera import project, rotation_from_attitude, rotation_from_vector
from imagery.orientation.jacobian import Lens, Observed, observe
from imagery.orientation.ties import TiePoints
from ingest.schema import Camera

Floats = NDArray[np.float64]
CAMERAS = (
    Camera(800, 600, 500.0, 390.0, 310.0, (-0.2, 0.15, 0.02, -0.03, 0.1)),
    Camera(800, 600, 650.0, 410.0, 280.0, (0.1, -0.1, -0.01, 0.02, -0.2)),
)
ROTATIONS = np.array([rotation_from_attitude(0.3, -1.4, 0.05), rotation_from_attitude(2.0, -1.6, -0.1)])
CENTRES = np.array([[0.0, 0.0, 40.0], [10.0, 3.0, 41.0]])
LENS = Lens(
    np.array([[c.focal_px, *c.distortion[:2]] for c in CAMERAS]),
    np.array([c.distortion[2:] for c in CAMERAS]),
    np.array([[c.centre_x_px, c.centre_y_px] for c in CAMERAS]),
)
POINTS = np.random.default_rng(5).uniform(-22, 22, (9, 3)) * [1, 1, 0.1]
TIES = TiePoints(np.repeat([1, 0], 9), np.tile(np.arange(9)[::-1], 2), np.zeros((18, 2)), 9)


def _see(
    rotations: Floats = ROTATIONS, centres: Floats = CENTRES, lens: Lens = LENS, points: Floats = POINTS
) -> Observed:
    return observe(rotations, centres, lens, points, TIES)


def test_projection_is_that_of_the_camera() -> None:
    """Every observation: its own photo, its own point, its own lens."""
    for k, camera in enumerate(CAMERAS):
        mine = TIES.photo == k
        expected, _ = project(camera, ROTATIONS[k], CENTRES[k], POINTS[TIES.point[mine]])
        np.testing.assert_allclose(_see().pixels[mine], expected, atol=1e-9)


def _slope(plus: Observed, minus: Observed, step: float) -> Floats:
    return (plus.pixels - minus.pixels) / (2 * step)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_derivatives_are_difference_quotients(axis: int) -> None:
    """Rotation about the camera axes from the left, centre, point, and f, k1, k2, to six digits."""
    seen, step = _see(), 1e-5
    unit = np.eye(3)[axis] * step
    turned = [np.array([rotation_from_vector(s * unit) @ r for r in ROTATIONS]) for s in (1, -1)]
    close = {"rtol": 1e-6, "atol": 1e-5}
    np.testing.assert_allclose(_slope(*(_see(rotations=t) for t in turned), step), seen.pose[..., axis], **close)
    moved = [_see(centres=CENTRES + s * unit) for s in (1, -1)]
    np.testing.assert_allclose(_slope(*moved, step), seen.pose[..., 3 + axis], **close)
    lifted = [_see(points=POINTS + s * unit) for s in (1, -1)]
    np.testing.assert_allclose(_slope(*lifted, step), seen.point[..., axis], **close)
    bent = [_see(lens=Lens(LENS.adjustable + s * unit, LENS.rest, LENS.principal)) for s in (1, -1)]
    np.testing.assert_allclose(_slope(*bent, step), seen.lens[..., axis], **close)


def test_a_point_in_the_plane_of_the_lens_stays_finite() -> None:
    """A depth of nothing is taken as a micrometre, so that one wild point does not end the adjustment."""
    ties = TiePoints(np.array([0, 0]), np.array([0, 1]), np.zeros((2, 2)), 2)
    plain = Lens(np.array([[500.0, 0.0, 0.0]]), np.zeros((1, 3)), np.zeros((1, 2)))
    points = np.array([[1e-6, 0.0, 0.0], [1e-6, 0.0, 2e-6]])
    seen = observe(np.eye(3)[None], np.zeros((1, 3)), plain, points, ties)
    np.testing.assert_allclose(seen.pixels, [[500.0, 0.0], [250.0, 0.0]])
    assert np.isfinite(seen.pose).all()
