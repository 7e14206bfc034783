"""Plumes of one place on several drive passes: who saw it, and who came by and did not."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from numerics.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


@compiled
def _crossings(x: Floats, y: Floats, passes: Ints, sx: Floats, sy: Floats, order: Ints, reach: float) -> Ints:
    """Count the passes with a row within ``reach`` of each source; sources are sorted by ``sx`` (``order``)."""
    crossed = np.zeros(len(sx), np.int32)
    seen_in = np.full(len(sx), -1, np.int32)
    n = len(x)
    quiet_x = quiet_y = np.nan
    quiet = 0.0
    for i in range(n):
        if passes[i] < 0:
            continue
        moved = np.hypot(x[i] - quiet_x, y[i] - quiet_y)
        if moved < quiet:
            continue
        nearest = np.inf
        low = np.searchsorted(sx, x[i] - 8 * reach)
        for k in range(low, len(sx)):
            if sx[k] > x[i] + 8 * reach:
                break
            distance = np.hypot(sx[k] - x[i], sy[k] - y[i])
            nearest = min(nearest, distance)
            if distance <= reach and seen_in[k] != passes[i]:
                seen_in[k] = passes[i]
                crossed[k] += 1
        quiet_x, quiet_y = x[i], y[i]
        quiet = min(nearest, 8 * reach) - reach
    out = np.empty(len(sx), np.int32)
    for k in range(len(sx)):
        out[order[k]] = crossed[k]
    return out


def passes_by(x: Floats, y: Floats, passes: Ints, px: Floats, py: Floats, reach_m: float) -> Ints:
    """Count, for every point, the drive passes with a row within ``reach_m`` of it."""
    order = np.argsort(px).astype(np.int32)
    return _crossings(x, y, passes, px[order], py[order], order, reach_m)


def group_sources(
    plumes: pd.DataFrame, x: Floats, y: Floats, passes: Ints, *, join_m: float, reach_m: float
) -> dict[str, Ints]:
    """Join plumes of one species whose maxima lie within ``join_m`` (single linkage), and count the passes.

    Assumes that the wind moves the maximum along the road by less than ``join_m`` between passes.

    Parameters
    ----------
    plumes : pandas.DataFrame
        ``peak_row``, ``pass_index``, ``maximum`` of the plumes of one species.
    x, y, passes : arrays, shape (obs,)
        Metres east and north, and drive pass, of every row.
    join_m, reach_m : float
        Largest distance between maxima of one source; distance within which a pass came by the source.

    Returns
    -------
    dict
        ``source``, ``passes_seen``, ``passes_crossed`` (int32, shape (plume,)).
    """
    rows = plumes["peak_row"].to_numpy()
    if not len(rows):
        none = np.empty(0, np.int32)
        return {"source": none, "passes_seen": none, "passes_crossed": none}
    px, py = x[rows], y[rows]
    pairs = KDTree(np.column_stack([px, py])).query_pairs(join_m, output_type="ndarray")
    links = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(len(rows), len(rows)))
    number, source = connected_components(links, directed=False)
    weight = plumes["maximum"].to_numpy()
    total = np.bincount(source, weight, minlength=number)
    sx = np.bincount(source, weight * px, minlength=number) / total
    sy = np.bincount(source, weight * py, minlength=number) / total
    crossed = passes_by(x, y, passes, sx, sy, reach_m)
    seen = plumes.groupby(source)["pass_index"].nunique().to_numpy().astype(np.int32)
    source = source.astype(np.int32)
    return {
        "source": source,
        "passes_seen": seen[source],
        "passes_crossed": np.maximum(crossed[source], seen[source]),
    }
