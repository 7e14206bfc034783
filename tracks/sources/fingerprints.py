"""Fingerprints: ratios of species in a plume, with errors in both, to tell two sources at one place apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import is_usable
from ingest.schema import species_names

Floats = NDArray[np.float64]

_STEPS = 100
_TOLERANCE = 1e-13


@dataclass(frozen=True)
class Line:
    """A straight line with standard deviations; ``goodness`` is the reduced chi-square, 1 where errors explain it."""

    slope: float
    intercept: float
    slope_sd: float
    intercept_sd: float
    goodness: float
    points: int


def york_fit(x: Floats, y: Floats, x_sd: Floats, y_sd: Floats) -> Line:
    """Fit a line to points with independent errors in x and y.

    Assumes known standard deviations and no correlation between the errors of x and y. NaN for fewer than three
    points or no spread.

    Parameters
    ----------
    x, y, x_sd, y_sd : arrays, shape (n,)

    Returns
    -------
    Line

    References
    ----------
    York, Evensen, Martínez and De Basabe Delgado 2004, doi:10.1119/1.1632486, equations 13a–13e.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> line = york_fit(x, 2 * x + 1, np.full(4, 0.1), np.full(4, 0.2))
    >>> round(line.slope, 6), round(line.intercept, 6)
    (2.0, 1.0)
    """
    if len(x) < 3 or np.ptp(x) == 0:
        return Line(np.nan, np.nan, np.nan, np.nan, np.nan, len(x))
    wx, wy = 1 / x_sd**2, 1 / y_sd**2
    slope = float(np.polyfit(x, y, 1)[0])
    for _ in range(_STEPS):
        weight = wx * wy / (wx + slope**2 * wy)
        mx, my = np.average(x, weights=weight), np.average(y, weights=weight)
        u, v = x - mx, y - my
        beta = weight * (u / wy + slope * v / wx)
        before, slope = slope, float((weight * beta * v).sum() / (weight * beta * u).sum())
        if abs(slope - before) <= _TOLERANCE * abs(slope):
            break
    intercept = float(my - slope * mx)
    adjusted = mx + beta
    centre = np.average(adjusted, weights=weight)
    slope_variance = 1 / float((weight * (adjusted - centre) ** 2).sum())
    intercept_variance = 1 / float(weight.sum()) + float(centre) ** 2 * slope_variance
    goodness = float((weight * (y - slope * x - intercept) ** 2).sum() / max(len(x) - 2, 1))
    return Line(slope, intercept, slope_variance**0.5, intercept_variance**0.5, goodness, len(x))


def fingerprint(passes: xr.Dataset, first_row: int, last_row: int, *, reference: str) -> dict[str, Line]:
    """Ratios of all species to ``reference`` within the rows of one plume.

    The slope is the ratio of enhancements. Only as good as the alignment in time: instruments with different lags or
    response times give wide scatter, which ``goodness`` shows.

    Parameters
    ----------
    passes : xarray.Dataset
        Of a `tracks.schema.Track`.
    first_row, last_row : int
        Of the plume, inclusive.
    reference : str
        Species of the denominator.

    Returns
    -------
    dict of species to Line
        In units of the species per unit of the reference.
    """
    rows = slice(first_row, last_row + 1)
    base = passes[f"{reference}_enhancement"]
    usable = is_usable(passes["qc_flag"].values[rows])
    lines = {}
    for name in species_names(passes):
        if name == reference:
            continue
        other = passes[f"{name}_enhancement"]
        x, y = base.values[rows], other.values[rows]
        good = usable & np.isfinite(x) & np.isfinite(y)
        x_sd, y_sd = (np.full(int(good.sum()), float(v.attrs["noise_sd"])) for v in (base, other))
        lines[name] = york_fit(x[good], y[good], x_sd, y_sd)
    return lines
