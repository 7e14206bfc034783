"""Normal equations solved, and the covariance of each station from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.sparse.linalg import SuperLU, splu
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]


def factor_positive(matrix: csc_array) -> SuperLU:
    """Factors of a symmetric positive definite matrix: ordered for its symmetry, the diagonal is always the pivot."""
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def pose_covariances(matrix: csc_array, centres: Floats, most: int) -> Floats:
    """Diagonal blocks (n, 6, 6) of the inverse of the normal equations.

    The whole inverse grows with the square of the number of stations. Beyond ``most`` of them only every so many are
    solved for. The others take the correlations of the nearest of those, and its standard deviations in the
    proportion of what the station's own block of the normal equations gives for both: neighbours in a block differ
    by how well they are tied.
    """
    n = len(centres)
    if n <= most:
        whole = np.linalg.inv(matrix.toarray())
        return np.stack([whole[6 * k : 6 * k + 6, 6 * k : 6 * k + 6] for k in range(n)])
    solved = np.unique(np.linspace(0, n - 1, most // 3).astype(int))
    factors = factor_positive(matrix)
    blocks = np.empty((len(solved), 6, 6))
    for row, k in enumerate(solved):
        unit = np.zeros((matrix.shape[0], 6))
        unit[6 * k + np.arange(6), np.arange(6)] = 1.0
        blocks[row] = factors.solve(unit)[6 * k : 6 * k + 6]
    _, nearest = cKDTree(centres[solved, :2]).query(centres[:, :2])
    rows = 6 * np.arange(n)[:, None] + np.arange(6)
    own = matrix.tocsr()[np.repeat(rows, 6, axis=1).ravel(), np.tile(rows, (1, 6)).ravel()]
    alone = np.sqrt(np.diagonal(np.linalg.inv(np.asarray(own).reshape(n, 6, 6)), axis1=1, axis2=2))
    ratio = alone / alone[solved[nearest]]
    return np.asarray(blocks[nearest] * ratio[:, :, None] * ratio[:, None, :])
