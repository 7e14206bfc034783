"""Where a source of no list may stand, in few cells: what is kept of the places that were weighed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.attribution.crossing import RatePrior
from fusion.attribution.places import COARSE_M, Places
from fusion.attribution.verdict import rate_of
from fusion.cube.grid import unproject
from fusion.schema import UnlistedCell

Floats = NDArray[np.float64]

_MOST_CELLS = 60
_KEPT = 0.98  # of the probability; the rest lies in cells that no drive would be made for


def gather_cells(places: Places, emitters: Floats, rates: RatePrior, crs: str) -> tuple[UnlistedCell, ...]:
    """Join the cells of a search to squares of `COARSE_M` and keep those that hold nearly all, likeliest first.

    Parameters
    ----------
    places : Places
    emitters : array, shape (cells,)
        Emitters of no list that each cell holds beforehand.
    rates : RatePrior
        Nodes of ``places.joint``.
    crs : str
        Of the places.
    """
    with np.errstate(divide="ignore"):
        logs = places.odds + np.log(emitters)
    if not logs.size or not np.isfinite(logs.max()):
        return ()
    share = np.exp(logs - logsumexp(logs))
    squares = np.floor(np.column_stack([places.x, places.y]) / COARSE_M).astype(np.int64)
    _, group = np.unique(squares, axis=0, return_inverse=True)
    group = group.ravel()
    total = np.bincount(group, share)
    order = np.argsort(-total, kind="stable")[:_MOST_CELLS]
    order = order[: int(np.searchsorted(np.cumsum(total[order]), _KEPT)) + 1]
    x, y = (np.bincount(group, share * axis)[order] / total[order] for axis in (places.x, places.y))
    lon, lat = unproject(x, y, crs)
    kept = total[order] / total[order].sum()
    with np.errstate(divide="ignore"):
        by_rate = places.joint + np.log(emitters)[:, None]
    return tuple(
        UnlistedCell(float(lon[k]), float(lat[k]), COARSE_M, float(kept[k]),
                     rate_of(logsumexp(by_rate[group == cell], axis=0), rates))
        for k, cell in enumerate(order)
    )  # fmt: skip
