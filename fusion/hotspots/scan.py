"""Circular scan for one cluster of high values: Kulldorff's statistic with the normal model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ContractError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SAME = 1e-9
"""Distances that differ by less, as a share of the largest, are equal."""


@dataclass(frozen=True, eq=False)
class ScanCluster:
    """The circle with the largest likelihood ratio.

    ``locations`` are those inside, nearest to the ``centre`` location first; ``radius`` in the unit of the
    coordinates; means are over observations; ``p_value`` is by permutation of the observations.
    """

    locations: Ints
    centre: int
    radius: float
    llr: float
    mean_inside: float
    mean_outside: float
    p_value: float


def scan_normal(
    x: Floats,
    y: Floats,
    location: Ints,
    values: Floats,
    *,
    largest_share: float = 0.5,
    replications: int = 999,
    seed: int = 20240601,
    surrogates: Iterable[Floats] | None = None,
) -> ScanCluster | None:
    """Find the circle of locations in which values are highest against all others.

    LLR = (N/2) ln(σ₀² / σ²), where σ₀² is the variance about one mean and σ² that about one mean inside and one
    outside: Kulldorff, Huang and Konty 2009, Int. J. Health Geographics 8, 58, eq. 3 (doi:10.1186/1476-072X-8-58).
    Permutation takes observations as exchangeable: on autocorrelated traces ``p_value`` is too small; give
    ``surrogates`` there (`fusion.hotspots.areas` shuffles whole passes).

    Parameters
    ----------
    x, y : arrays, shape (locations,)
    location : array of int, shape (observations,)
        Index into ``x`` of every observation.
    values : array, shape (observations,)
    largest_share : float
        Circles hold at most this share of the observations.
    replications : int
        Permutations; the smallest p is 1 / (replications + 1).
    surrogates : iterable of arrays, shape (observations,), optional
        What ``values`` could be without a source, in place of permutations.

    Returns
    -------
    ScanCluster or None
        None where all values are equal, or no circle is above its outside.
    """
    if values.shape != location.shape or (location.size and location.max() >= x.size):
        raise ContractError(f"{values.size} values for {location.size} observations at {x.size} locations")
    if values.size < 3 or np.ptp(values) == 0:
        return None
    distance = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    order = np.argsort(distance, axis=1, kind="stable")
    count = np.bincount(location, minlength=x.size).astype(np.float64)
    inside = np.cumsum(count[order], axis=1)
    ordered = np.take_along_axis(distance, order, axis=1)
    # a circle holds all of its rim, of which rounding moves places a little
    ends = np.column_stack([np.diff(ordered, axis=1) > _SAME * ordered.max(), np.zeros(x.size, bool)])
    allowed = ends & (inside <= largest_share * values.size) & (inside > 0)
    if not allowed.any():
        return None
    ratio = _ratios(values, location, order, inside, allowed)
    best = int(np.argmax(ratio))
    if not np.isfinite(ratio.flat[best]):
        return None
    rng = np.random.default_rng(seed)
    draws = surrogates if surrogates is not None else (rng.permutation(values) for _ in range(replications))
    highest = [float(_ratios(draw, location, order, inside, allowed).max()) for draw in draws]
    reached = sum(value >= ratio.flat[best] for value in highest)
    centre, last = divmod(best, x.size)
    members = order[centre, : last + 1]
    within = np.isin(location, members)
    return ScanCluster(
        members,
        centre,
        float(ordered[centre, last]),
        float(ratio.flat[best]),
        float(values[within].mean()),
        float(values[~within].mean()),
        (1 + reached) / (1 + len(highest)),
    )


def _ratios(values: Floats, location: Ints, order: Ints, inside: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """LLR of every circle (centre, number of locations), −inf where not allowed or not higher than outside."""
    centred = values - values.mean()
    total = np.bincount(location, centred, minlength=order.shape[1])
    sums = np.cumsum(total[order], axis=1)
    n = values.size
    between = np.divide(n * sums**2, inside * (n - inside), out=np.zeros_like(sums), where=allowed)
    whole = float(centred @ centred)
    within = np.maximum(whole - between, 1e-12 * whole)
    return np.where(allowed & (sums > 0), 0.5 * n * np.log(whole / within), -np.inf)
