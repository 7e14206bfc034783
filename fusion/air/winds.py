"""The wind of every track: its own, or that of another logger of its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from fusion.air.trajectory import WindHistory, wind_history
from fusion.cube.grid import grid_north_rad, project
from fusion.settings import FusionSettings

if TYPE_CHECKING:
    from tracks.schema import Track

Floats = NDArray[np.float64]

_ONE_VEHICLE_M = 200.0  # between two receivers of one vehicle: 10 s of clock error at 20 m s-1


@dataclass(frozen=True, eq=False)
class Aboard:
    """The wind of a track: its own, or that of ``lender``; ``beside`` are those of its vehicle that measure wind."""

    wind: WindHistory
    lender: Track | None = None
    beside: tuple[Track, ...] = ()


def winds_of(tracks: Sequence[Track], crs: str, settings: FusionSettings) -> tuple[Aboard, ...]:
    """The wind of every track; one without an anemometer borrows it from another of its time.

    A logger in the same vehicle comes first, then one that was elsewhere in the region. Without either the wind stays
    unknown, which is not calm.
    """
    histories = [_history(track.passes, crs, settings) for track in tracks]
    windy = [(track, wind) for track, wind in zip(tracks, histories, strict=True) if wind.known]
    found = []
    for track, own in zip(tracks, histories, strict=True):
        lenders = [] if own.known else [pair for pair in windy if ran_together(pair[0].passes, track.passes)]
        beside = [pair for pair in lenders if rode_along(pair[0].passes, track.passes, crs)]
        lender, wind = next(iter([*beside, *lenders]), (None, own))
        found.append(Aboard(wind, lender, tuple(t for t, _ in beside)))
    return tuple(found)


def vanes_of(tracks: Sequence[Track], winds: Sequence[Aboard]) -> tuple[int, ...]:
    """The number of the vane that told the wind of each track, from 0 on.

    Nobody says which vehicle a file is of. A vehicle is at one place at a time and keeps its vane over a day: records
    of wind of one day (UTC) that do not overlap count as one vane's, those that do as different ones.
    """
    tellers = [aboard.lender or track for track, aboard in zip(tracks, winds, strict=True)]
    vanes: list[list[Track]] = []
    for teller in sorted({id(t): t for t in tellers}.values(), key=lambda t: t.passes["time"].values[0]):
        mine = next((vane for vane in vanes if _may_follow(vane[-1].passes, teller.passes)), None)
        if mine is None:
            vanes.append([teller])
        else:
            mine.append(teller)
    number = {id(teller): k for k, vane in enumerate(vanes) for teller in vane}
    return tuple(number[id(teller)] for teller in tellers)


def _may_follow(one: xr.Dataset, other: xr.Dataset) -> bool:
    """Whether one vehicle may have driven both, the second after the first, on one day."""
    end, start = one["time"].values[-1], other["time"].values[0]
    return bool(end < start and end.astype("datetime64[D]") == start.astype("datetime64[D]"))


def rode_along(one: xr.Dataset, other: xr.Dataset, crs: str) -> bool:
    """Whether two loggers were at the same places at the same times, as two in one vehicle are."""
    x, y = project(one["lon"].values, one["lat"].values, crs)
    known = np.isfinite(x)
    px, py = project(other["lon"].values, other["lat"].values, crs)
    time, when = seconds_of(one)[known], seconds_of(other)
    if not time.size:
        return False
    common = np.isfinite(px) & (when >= time[0]) & (when <= time[-1])
    if not common.any():
        return False
    off_x = px[common] - np.interp(when[common], time, x[known])
    off_y = py[common] - np.interp(when[common], time, y[known])
    return bool(np.median(np.hypot(off_x, off_y)) <= _ONE_VEHICLE_M)


def seconds_of(passes: xr.Dataset) -> Floats:
    """Seconds since 1970, a clock that all tracks share."""
    return np.asarray(passes["time"].values.astype("datetime64[ns]").astype(np.int64) / 1e9)


def ran_together(one: xr.Dataset, other: xr.Dataset) -> bool:
    """Whether two loggers ran at the same time for half of the shorter one's record."""
    a, b = one["time"].values, other["time"].values
    common = min(a[-1], b[-1]) - max(a[0], b[0])
    return bool(common > 0.5 * min(a[-1] - a[0], b[-1] - b[0]))


def _history(passes: xr.Dataset, crs: str, settings: FusionSettings) -> WindHistory:
    """Wind of a drive along the axes of the grid, whose north is not the true one off the central meridian."""
    time = seconds_of(passes)
    if "u" not in passes or "v" not in passes:
        return WindHistory(time[:0], time[:0], time[:0], float("nan"))
    error = (
        np.broadcast_to(passes["wind_sd"].values, time.shape) if "wind_sd" in passes else np.full(time.size, np.nan)
    )
    turn = grid_north_rad(float(passes["lon"].mean()), float(passes["lat"].mean()), crs)
    u, v = passes["u"].values, passes["v"].values
    east, north = u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn)
    return wind_history(time, east, north, error, smooth_s=settings.wind_smooth_s)
