"""What one track adds to the cells it touches: partial sums that merge by addition (or maximum, or minimum)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from fusion.cube.grid import cell_index
from fusion.cube.sums import tabulate
from ingest.errors import ContractError
from ingest.flags import is_usable
from ingest.schema import species_names

if TYPE_CHECKING:
    from tracks.schema import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LAYERS = ("count", "sum", "sum_squares", "max", "background_sum", "visited_at")


@dataclass(frozen=True, eq=False)
class TouchedCells:
    """Partial sums over the samples of one species: ``places`` (n,) sorted and unique, ``sums`` (n, `LAYERS`).

    A place is the drive pass of the track (0, 1, ...) times the cells of the grid, plus the cell. The last layer is
    the time of the first sample in seconds since the pass began.
    """

    places: Ints
    sums: Floats


@dataclass(frozen=True, eq=False)
class TrackRecord:
    """The drive passes of one track: name, time span (UTC) and mean wind of each, and the cells of every species.

    ``u``, ``v`` (passes,) are the vector mean of the wind [m s-1], NaN without one; ``direction_sd_rad`` is the
    Yamartino standard deviation of its direction.
    """

    labels: tuple[str, ...]
    start: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    u: Floats
    v: Floats
    direction_sd_rad: Floats
    species: dict[str, TouchedCells]


def sum_by_place(places: Ints, values: Floats, background: Floats, seconds: Floats) -> TouchedCells:
    """Reduce samples (n,) to the places they fall into, in one compiled pass over them.

    The memory is that of the samples and of the places they touch, however far apart these are.
    """
    touched, row_of = _distinct(np.asarray(places, np.int64))
    sums = np.zeros((touched.size, len(LAYERS)))
    sums[:, 3], sums[:, 5] = -np.inf, np.inf
    samples, below, when = (np.asarray(v, np.float64) for v in (values, background, seconds))
    tabulate(row_of, samples, below, when, sums)
    return TouchedCells(touched, sums)


def _distinct(places: Ints) -> tuple[Ints, Ints]:
    """Sorted distinct places, and which of them each sample is in."""
    if places.size == 0:
        return places, places
    low, high = int(places.min()), int(places.max())
    if high - low >= places.size:
        touched, row_of = np.unique(places, return_inverse=True)
        return touched, np.asarray(row_of, np.int64)
    is_touched = np.zeros(high - low + 1, bool)  # samples lie so close together that no sorting is needed
    is_touched[places - low] = True
    return np.flatnonzero(is_touched) + low, (np.cumsum(is_touched) - 1)[places - low]


def usable_rows(passes: xr.Dataset, name: str) -> NDArray[np.bool_]:
    """Rows of a pass dataset whose enhancement of species ``name`` may be used: not flagged, finite, in a pass."""
    usable = is_usable(passes["qc_flag"].values) & (passes["pass_index"].values >= 0)
    if f"{name}_qc" in passes:
        usable &= is_usable(passes[f"{name}_qc"].values)
    return np.asarray(usable & np.isfinite(passes[f"{name}_enhancement"].values), bool)


def enhanced_species(passes: xr.Dataset) -> tuple[str, ...]:
    """Species of a pass dataset that have an enhancement."""
    return tuple(name for name in species_names(passes) if f"{name}_enhancement" in passes)


def track_record(track: Track, geobox: GeoBox) -> TrackRecord:
    """Reduce a track to its drive passes, in order of ``pass_index``, and the cells of ``geobox`` that they touch."""
    passes = track.passes
    if "pass_index" not in passes:
        raise ContractError(f"{passes['trajectory'].item()}: no pass_index; run tracks.process_trace first")
    index, time = passes["pass_index"].values, passes["time"].values
    in_pass = np.flatnonzero(index >= 0)
    known, number = np.unique(index[in_pass], return_inverse=True)
    rows = np.split(in_pass[np.argsort(number, kind="stable")], np.cumsum(np.bincount(number))[:-1])
    start, end = (np.array([time[r[k]] for r in rows if r.size], "datetime64[ns]") for k in (0, -1))
    u, v, spread = np.array([_wind_in(passes, r) for r in rows if r.size]).reshape(-1, 3).T
    labels = tuple(f"{passes['trajectory'].item()}#{k}" for k in known)
    return TrackRecord(labels, start, end, u, v, spread, _touched(passes, number, in_pass, start, geobox))


def _touched(
    passes: xr.Dataset, number: Ints, in_pass: Ints, start: NDArray[np.datetime64], geobox: GeoBox
) -> dict[str, TouchedCells]:
    """Cells of every species; ``number`` counts the passes of the rows ``in_pass``."""
    cells = cell_index(passes["lon"].values[in_pass], passes["lat"].values[in_pass], geobox)
    places = number * int(np.prod(geobox.shape)) + cells
    seconds = (passes["time"].values[in_pass] - start[number]) / np.timedelta64(1, "s")
    found = {}
    for name in enhanced_species(passes):
        use = usable_rows(passes, name)[in_pass] & (cells >= 0)
        has_background = f"{name}_background" in passes
        background = passes[f"{name}_background"].values if has_background else np.zeros(passes.sizes["obs"])
        values = passes[f"{name}_enhancement"].values[in_pass][use]
        found[name] = sum_by_place(places[use], values, background[in_pass][use], seconds[use])
    return found


def _wind_in(passes: xr.Dataset, rows: Ints) -> tuple[float, float, float]:
    if "u" not in passes or "v" not in passes:
        return np.nan, np.nan, np.nan
    return mean_wind(passes["u"].values[rows], passes["v"].values[rows])


def mean_wind(u: Floats, v: Floats) -> tuple[float, float, float]:
    """Vector mean of the wind [m s-1] and the spread of its direction [rad]; NaN without wind.

    Yamartino, R. J. 1984, J. Climate Appl. Meteor. 23, 1362-1366, eq. 9.
    """
    ok = np.isfinite(u) & np.isfinite(v)
    if not ok.any():
        return np.nan, np.nan, np.nan
    u, v = u[ok], v[ok]
    angle = np.arctan2(v, u)
    epsilon = np.sqrt(max(0.0, 1.0 - float(np.mean(np.cos(angle)) ** 2 + np.mean(np.sin(angle)) ** 2)))
    spread = np.arcsin(min(1.0, epsilon)) * (1 + (2 / np.sqrt(3) - 1) * epsilon**3)
    return float(u.mean()), float(v.mean()), float(spread)
