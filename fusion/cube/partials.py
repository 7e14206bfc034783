"""What one drive pass adds to the cells it crosses: partial sums that merge by addition (or maximum, or minimum)."""

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
class Partials:
    """Partial sums over the samples of one species in the cells of one pass: (cells,) each, sorted.

    ``visited_at`` is the time of the first sample in seconds since the pass began.
    """

    cells: Ints
    count: Floats
    sum: Floats
    sum_squares: Floats
    max: Floats
    background_sum: Floats
    visited_at: Floats


@dataclass(frozen=True, eq=False)
class PassRecord:
    """One drive pass: its name, its time span (UTC), its mean wind and the partials of every species.

    ``u``, ``v`` are the vector mean of the wind [m s-1], NaN without one; ``direction_sd_rad`` is the Yamartino
    standard deviation of its direction.
    """

    label: str
    start: np.datetime64
    end: np.datetime64
    u: float
    v: float
    direction_sd_rad: float
    species: dict[str, Partials]


def sum_by_cell(cells: Ints, values: Floats, background: Floats, seconds: Floats, *, size: int) -> Partials:
    """Reduce samples to the cells they fall into (``size`` cells in the grid, cells < 0 are off the grid).

    One compiled pass over the samples; the memory is that of the range of cells a pass covers, not of the region.
    """
    inside = (cells >= 0) & (cells < size)
    cells, values, background, seconds = cells[inside], values[inside], background[inside], seconds[inside]
    if cells.size == 0:
        empty = np.empty(0)
        return Partials(np.empty(0, np.int64), empty, empty, empty, empty, empty, empty)
    low = int(cells.min())
    table = np.zeros((int(cells.max()) - low + 1, len(LAYERS)))
    table[:, 3], table[:, 5] = -np.inf, np.inf
    samples, below, when = (np.asarray(v, np.float64) for v in (values, background, seconds))
    tabulate(cells - low, samples, below, when, table)
    hit = np.flatnonzero(table[:, 0])
    return Partials(hit + low, *table[hit].T.copy())


def usable_rows(passes: xr.Dataset, name: str) -> NDArray[np.bool_]:
    """Rows of a pass dataset whose enhancement of species ``name`` may be used: not flagged, finite, in a pass."""
    usable = is_usable(passes["qc_flag"].values) & (passes["pass_index"].values >= 0)
    if f"{name}_qc" in passes:
        usable &= is_usable(passes[f"{name}_qc"].values)
    return np.asarray(usable & np.isfinite(passes[f"{name}_enhancement"].values), bool)


def enhanced_species(passes: xr.Dataset) -> tuple[str, ...]:
    """Species of a pass dataset that have an enhancement."""
    return tuple(name for name in species_names(passes) if f"{name}_enhancement" in passes)


def pass_records(track: Track, geobox: GeoBox) -> tuple[PassRecord, ...]:
    """Reduce every drive pass of a track to its partials on ``geobox``, in order of ``pass_index``."""
    passes = track.passes
    if "pass_index" not in passes:
        raise ContractError(f"{passes['trajectory'].item()}: no pass_index; run tracks.process_trace first")
    index = passes["pass_index"].values
    cells = cell_index(passes["lon"].values, passes["lat"].values, geobox)
    return tuple(_pass_record(passes, index == k, cells, int(k), geobox) for k in np.unique(index[index >= 0]))


def _pass_record(passes: xr.Dataset, rows: NDArray[np.bool_], cells: Ints, k: int, geobox: GeoBox) -> PassRecord:
    time = passes["time"].values[rows]
    seconds = (time - time[0]) / np.timedelta64(1, "s")
    species = {}
    for name in enhanced_species(passes):
        use = usable_rows(passes, name)[rows]
        background = passes[f"{name}_background"].values if f"{name}_background" in passes else np.zeros(rows.size)
        species[name] = sum_by_cell(
            cells[rows][use],
            passes[f"{name}_enhancement"].values[rows][use],
            background[rows][use],
            seconds[use],
            size=int(np.prod(geobox.shape)),
        )
    u, v, spread = mean_wind(passes, rows)
    return PassRecord(f"{passes['trajectory'].item()}#{k}", time[0], time[-1], u, v, spread, species)


def mean_wind(passes: xr.Dataset, rows: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Vector mean of the wind in ``rows`` [m s-1] and the spread of its direction [rad]; NaN without wind.

    Yamartino, R. J. 1984, J. Climate Appl. Meteor. 23, 1362-1366, eq. 9.
    """
    if "u" not in passes or "v" not in passes:
        return np.nan, np.nan, np.nan
    u, v = passes["u"].values[rows], passes["v"].values[rows]
    ok = np.isfinite(u) & np.isfinite(v)
    if not ok.any():
        return np.nan, np.nan, np.nan
    u, v = u[ok], v[ok]
    angle = np.arctan2(v, u)
    epsilon = np.sqrt(max(0.0, 1.0 - float(np.mean(np.cos(angle)) ** 2 + np.mean(np.sin(angle)) ** 2)))
    spread = np.arcsin(min(1.0, epsilon)) * (1 + (2 / np.sqrt(3) - 1) * epsilon**3)
    return float(u.mean()), float(v.mean()), float(spread)
