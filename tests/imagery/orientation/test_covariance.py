"""Covariances of stations: the inverse where it is small, correlations of neighbours with own errors where not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csc_array

from imagery.orientation.covariance import factor_positive, pose_covariances

Floats = NDArray[np.float64]


def _positive(size: int, seed: int) -> Floats:
    root = np.random.default_rng(seed).normal(size=(size, size))
    return np.asarray(root @ root.T + size * np.eye(size))


def test_factors_solve_the_system() -> None:
    """A matrix with zeros, as normal equations have."""
    matrix = _positive(12, 0)
    matrix[:4, 8:] = matrix[8:, :4] = 0.0
    right = np.arange(12.0)
    np.testing.assert_allclose(matrix @ factor_positive(csc_array(matrix)).solve(right), right, atol=1e-9)


@pytest.mark.parametrize("most", [3, 4])
def test_small_blocks_are_blocks_of_the_inverse(most: int) -> None:
    """Three stations and five unknowns beside them, at the limit and below it: everything acts on everything."""
    matrix = _positive(23, 1)
    found = pose_covariances(csc_array(matrix), np.zeros((3, 3)), most)
    inverse = np.linalg.inv(matrix)
    assert found.shape == (3, 6, 6)
    for k in range(3):
        np.testing.assert_allclose(found[k], inverse[6 * k : 6 * k + 6, 6 * k : 6 * k + 6], atol=1e-12)


def test_large_blocks_take_the_correlations_of_the_nearest() -> None:
    """Of twelve untied stations 0, 5 and 11 are solved for; the others keep their own errors."""
    blocks = [_positive(6, 10 + k) for k in range(12)]
    matrix = np.zeros((74, 74))
    for k, block in enumerate(blocks):
        matrix[6 * k : 6 * k + 6, 6 * k : 6 * k + 6] = block
    matrix[72:, 72:] = np.eye(2)
    north = np.arange(12.0)
    centres = np.column_stack([np.zeros(12), north, 100.0 * (np.arange(12) % 2)])
    found = pose_covariances(csc_array(matrix), centres, 9)
    nearest = [0, 0, 0, 5, 5, 5, 5, 5, 5, 11, 11, 11]
    for k in range(12):
        own, other = np.linalg.inv(blocks[k]), np.linalg.inv(blocks[nearest[k]])
        sd, sd_other = np.sqrt(np.diag(own)), np.sqrt(np.diag(other))
        np.testing.assert_allclose(found[k], other / np.outer(sd_other, sd_other) * np.outer(sd, sd), rtol=1e-9)


def test_large_blocks_are_solved_with_all_their_neighbours() -> None:
    """A station that is solved for has the covariance of the whole system, not of its own block."""
    matrix = _positive(24, 3)
    centres = np.column_stack([np.arange(4.0), np.zeros(4), np.zeros(4)])
    found = pose_covariances(csc_array(matrix), centres, 3)  # one of four: the first
    np.testing.assert_allclose(found[0], np.linalg.inv(matrix)[:6, :6], atol=1e-12)
