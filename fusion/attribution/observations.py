"""The drive passes around a hotspot as an event: plumes that were crossed, and stretches where nothing was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from fusion.air.dispersion import Plume, solar_elevation_rad
from fusion.air.ribbons import air_of, direction_sd_rad, upwind_ribbons, wind_near
from fusion.air.trajectory import Air, WindHistory
from fusion.air.winds import seconds_of, vanes_of, winds_of
from fusion.attribution.crossing import Event, PassSummary, Stretch
from fusion.cube.grid import project
from fusion.cube.partials import enhanced_species, usable_rows
from fusion.settings import FusionSettings

if TYPE_CHECKING:
    from tracks.schema import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

_SLACK_S = 5.0
_GAP_S = 60.0  # a longer absence starts another stretch


@dataclass(frozen=True, eq=False)
class BinnedPass:
    """One pass of one species averaged over bins of ground, in the order driven; arrays of shape (bins,).

    ``x``, ``y`` [m] on the grid, ``value`` mean enhancement, ``time`` seconds on the clock of ``wind``. ``noise`` is
    the standard deviation of a bin without a plume. ``ribbon`` and ``box`` say where the air of each
    bin came from, as in `fusion.attribution.crossing.Stretch`; ``air`` is the `Air` of each. ``vane`` is the number
    of the vane that told the wind (`vanes_of`).
    """

    label: str
    unit: str
    x: Floats
    y: Floats
    value: Floats
    time: Floats
    noise: float
    wind: WindHistory
    ribbon: Floats
    box: Floats
    air: Ints
    vane: int = 0


def bin_passes(
    tracks: Sequence[Track], species: str, crs: str, settings: FusionSettings, *, plume: Plume | None = None
) -> tuple[BinnedPass, ...]:
    """Average every pass that measured ``species`` over squares of ``settings.bin_m``.

    The plume follows from wind, sun and hour unless one is given, as from measured turbulence. A logger without an
    anemometer borrows the wind of another that ran at the same time (`winds_of`). One that rode along with it and
    measured the same species would tell the same air twice: its passes are left out.
    """
    binned = []
    winds = winds_of(tracks, crs, settings)
    for track, aboard, vane in zip(tracks, winds, vanes_of(tracks, winds), strict=True):
        passes, wind = track.passes, aboard.wind
        if species not in enhanced_species(passes):
            continue
        if any(species in enhanced_species(t.passes) for t in aboard.beside):
            continue
        x, y = project(passes["lon"].values, passes["lat"].values, crs)
        usable = usable_rows(passes, species) & np.isfinite(x)
        index = passes["pass_index"].values
        for k in np.unique(index[usable]):
            rows = np.flatnonzero(usable & (index == k))
            one = _bin_pass(passes, species, rows, x, y, wind, int(k), settings, plume)
            binned.append(replace(one, vane=vane))
    return tuple(binned)


def _bin_pass(
    passes: xr.Dataset,
    species: str,
    rows: Ints,
    x: Floats,
    y: Floats,
    wind: WindHistory,
    k: int,
    settings: FusionSettings,
    plume: Plume | None,
) -> BinnedPass:
    square = np.floor(np.column_stack([x[rows], y[rows]]) / settings.bin_m).astype(np.int64)
    _, group = np.unique(square, axis=0, return_inverse=True)
    group = group.ravel()
    count = np.bincount(group).astype(np.float64)
    when = np.bincount(group, seconds_of(passes)[rows]) / count
    order = np.argsort(when, kind="stable")

    def mean(values: Floats) -> Floats:
        return np.asarray((np.bincount(group, values) / count)[order])

    enhancement = passes[f"{species}_enhancement"]
    value, px, py = (mean(values[rows]) for values in (enhancement.values, x, y))
    lon, lat = (float(passes[name].values[rows].mean()) for name in ("lon", "lat"))
    start = passes["time"].values[rows[0]]
    elevation = solar_elevation_rad(start, lon, lat)
    shift = _shift_sd_m(enhancement.attrs.get("lag_sd_s"), px, py, when[order], settings)
    return BinnedPass(
        f"{passes['trajectory'].item()}#{k}",
        str(enhancement.attrs.get("units", "")),
        px,
        py,
        value,
        when[order],
        _noise(value, enhancement.attrs.get("noise_sd")),
        wind,
        *upwind_ribbons(
            px, py, when[order], wind, elevation, _at_inlet(passes, rows, settings), plume=plume, shift_sd_m=shift
        ),
    )


def _at_inlet(passes: xr.Dataset, rows: Ints, settings: FusionSettings) -> FusionSettings:
    """Settings with the height of this pass's inlet: a drone says its own, a vehicle has that of its roof."""
    if "height_above_takeoff" not in passes:
        return settings
    heights = passes["height_above_takeoff"].values[rows]
    if not np.isfinite(heights).any():
        return settings
    return replace(settings, inlet_height_m=max(float(np.nanmedian(heights)), settings.inlet_height_m))


def _shift_sd_m(lag_sd_s: object, x: Floats, y: Floats, time: Floats, settings: FusionSettings) -> float:
    """Error of a pass along its road by what is not known of the inlet lag, beyond what ``place_sd_m`` holds."""
    if not isinstance(lag_sd_s, int | float | np.floating) or not np.isfinite(lag_sd_s) or time.size < 2:
        return 0.0
    beyond_s = np.sqrt(max(float(lag_sd_s) ** 2 - settings.position_lag_s**2, 0.0))
    step_s = np.maximum(np.diff(time), 1e-3)
    return float(beyond_s * np.median(np.hypot(np.diff(x), np.diff(y)) / step_s))


def _noise(value: Floats, declared: object) -> float:
    """Spread of bins without a plume: robust, from the lower half, and not below a tenth of the declared noise."""
    centre = np.median(value)
    lower = value[value <= centre]
    spread = 1.4826 * float(np.median(np.abs(lower - centre))) if lower.size else 0.0
    floor = 0.1 * float(declared) if isinstance(declared, int | float | np.floating) and float(declared) > 0 else 0.0
    smallest = 1e-6 * max(float(np.abs(value).max()), 1e-12)
    return max(spread, floor, smallest)


# --- the event around a hotspot -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Crossed:
    """Where and when the crossings of a hotspot were met; ``place`` (x, y) [m] is that of the hotspot itself.

    ``x``, ``y`` [m], ``start`` and ``end`` [s since 1970] are (crossings,); empty where only cells are known.
    """

    place: tuple[float, float]
    x: Floats
    y: Floats
    start: Floats
    end: Floats

    def distance(self, x: Floats, y: Floats) -> Floats:
        """Distance (places,) of places to the nearest crossing, m."""
        nearest = np.hypot(x - self.place[0], y - self.place[1])
        for px, py in zip(self.x, self.y, strict=True):
            nearest = np.minimum(nearest, np.hypot(x - px, y - py))
        return nearest

    def own(self, time: Floats, distance: Floats, settings: FusionSettings) -> Bools:
        """Whether values at times and distances are of a crossing, to a bin and the response of an instrument."""
        if not self.start.size:
            return np.asarray(distance <= settings.near_m)
        early, late = self.start[:, None] - _SLACK_S, self.end[:, None] + _SLACK_S
        return np.asarray(((time >= early) & (time <= late)).any(axis=0))


def event_of(passes: Sequence[BinnedPass], crossings: Crossed, settings: FusionSettings) -> Event:
    """Everything that the passes met within ``settings.context_m`` of the crossings of a hotspot.

    A pass is cut into plumes (bins above the detection limit with their quiet shoulders) and quiet stretches. Plumes
    that were met in one of the crossings belong to the hotspot, where no crossing is known those that come within
    ``settings.near_m``; others may be another source's.
    """
    units: list[Stretch] = []
    summaries: list[PassSummary] = []
    for binned in passes:
        distance = crossings.distance(binned.x, binned.y)
        near = np.flatnonzero(distance <= settings.context_m)
        if near.size == 0:
            continue
        limit = settings.detection_sigma * binned.noise
        own = []
        for rows, crossed in _stretches(binned, near, limit, settings):
            high = rows[binned.value[rows] > limit]
            inside = crossed and bool(crossings.own(binned.time[high], distance[high], settings).any())
            unit = _unit(binned, rows, limit, crossed=crossed, own=inside, settings=settings)
            units.append(unit)
            own += [unit] if inside else []
        summaries.append(_summary(binned, float(binned.time[np.argmin(distance)]), own, crossings.place, settings))
    return Event(tuple(units), tuple(summaries))


def _stretches(binned: BinnedPass, near: Ints, limit: float, settings: FusionSettings) -> list[tuple[Ints, bool]]:
    """Rows of each plume (with shoulders) and of each quiet stretch of a pass, among the rows ``near``."""
    found: list[tuple[Ints, bool]] = []
    breaks = np.flatnonzero((np.diff(near) > 1) | (np.diff(binned.time[near]) > _GAP_S)) + 1
    for part in np.split(near, breaks):
        high = binned.value[part] > limit
        gap = max(1, round(settings.shoulder_m / settings.bin_m))
        crossing = _dilate(high, gap)
        edges = np.flatnonzero(np.diff(crossing.astype(np.int8))) + 1
        for piece, kind in zip(np.split(part, edges), np.split(crossing, edges), strict=True):
            if kind[0]:
                found += [(rows, True) for rows in _plumes(binned, piece, limit, settings)]
                continue
            pieces = max(1, round(piece.size * settings.bin_m / settings.stretch_m))
            found += [(rows, False) for rows in np.array_split(piece, pieces)]
    return found


def _plumes(binned: BinnedPass, rows: Ints, limit: float, settings: FusionSettings) -> list[Ints]:
    """Split a rise at its valleys, and leave out what is longer than a plume is wide: an instrument, not the air."""
    value = binned.value[rows]
    cuts = []
    low = first = 0
    for k in range(1, rows.size):
        if value[k] < value[low]:
            low = k
        left, right = float(value[first : low + 1].max()), float(value[k])
        if left > limit and right > limit and value[low] < 0.5 * min(left, right):
            cuts.append(low)
            first, low = low, k
    wide = settings.plume_m / settings.bin_m
    return [part for part in np.split(rows, cuts) if part.size and part.size <= wide]


def _dilate(mask: Bools, by: int) -> Bools:
    return (
        np.asarray(np.convolve(mask, np.ones(2 * by + 1), mode="same") > 0.5)
        if mask.size > 2 * by
        else np.full(mask.size, bool(mask.any()))
    )


def _unit(
    binned: BinnedPass, rows: Ints, limit: float, *, crossed: bool, own: bool, settings: FusionSettings
) -> Stretch:
    value = binned.value[rows]
    if not crossed:
        rows = rows[::2]  # silence needs no fine mesh
        value = binned.value[rows]
    noise = np.hypot(binned.noise, settings.shape_error * float(value.max())) if crossed else limit / 2
    bins = np.column_stack([binned.x[rows], binned.y[rows], value])
    directed = bool((binned.air[rows] == Air.MOVING).mean() > 0.5)
    return Stretch(bins, float(noise), binned.ribbon[rows], binned.box[rows], directed, crossed, own, binned.vane)


def _summary(
    binned: BinnedPass, at_s: float, own: Sequence[Stretch], hotspot: tuple[float, float], settings: FusionSettings
) -> PassSummary:
    u, v, spread = wind_near(binned.wind, at_s, settings)
    speed = float(np.hypot(u, v))
    moving = air_of(np.array([speed]), settings)[0] == Air.MOVING
    best = max(own, key=lambda unit: float(unit.bins[:, 2].max()), default=None)
    x, y, peak = (*hotspot, None) if best is None else map(float, best.bins[np.argmax(best.bins[:, 2])])
    return PassSummary(
        binned.label,
        peak,
        x,
        y,
        float(np.arctan2(v, u)) if moving else 0.0,
        direction_sd_rad(spread, speed, binned.wind.sd, settings) if moving else float("inf"),
        speed if np.isfinite(speed) else None,
        binned.vane,
    )
