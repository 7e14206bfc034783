"""Fixes further apart than a second: limits of time follow their step, and the file's own motion is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import Flag, FlagArray
from ingest.outcome import Notes
from numerics.plane import longest_step
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SPEED_CHANGE = 60.0  # m2 s-2: a car's speed changes by no more than 8 m s-1 (1 sd), however long the step
_SHORTEST_WAY_M = 200.0  # over which a column of speed is tried against the fixes
_OWN_OVER_FIXES = (0.5, 3.0)  # way by the column over way between fixes: streets bend, and no car drives less
_ALONG = 0.5  # mean cosine between a column of headings and the way between fixes


@dataclass(frozen=True)
class Step:
    """The usual time between fixes, s, and whether that is too long for them to tell the motion of a moment."""

    usual_s: float
    sparse: bool


def step_of_fixes(t: Floats, found: Bools, settings: TrackSettings) -> Step:
    """Return the usual time between the fixes of a trace.

    Examples
    --------
    >>> step_of_fixes(60 * np.arange(5.0), np.ones(5, bool), TrackSettings())
    Step(usual_s=60.0, sparse=True)
    """
    usual_s = longest_step(t[found], 0.0) / 2.5
    return Step(usual_s, usual_s > settings.position_gap_s)


def scaled_to_step(settings: TrackSettings, step: Step) -> TrackSettings:
    """Return the settings with the limits of time that hold for fixes so far apart; those of 1 Hz stay as they are.

    White-noise acceleration lets the speed wander without end; over long steps its density is lowered so that the
    speed changes by no more than a car's does between streets.
    """
    longest_s = 2.5 * step.usual_s
    return replace(
        settings,
        position_gap_s=max(settings.position_gap_s, longest_s),
        jump_reset_s=max(settings.jump_reset_s, longest_s),
        outage_s=max(settings.outage_s, longest_s),
        acceleration_density=min(settings.acceleration_density, _SPEED_CHANGE / max(step.usual_s, 1.0)),
    )


def keep_own_motion(
    trace: xr.Dataset,
    places: tuple[Floats, Floats, Floats],
    motion: tuple[Floats, Floats],
    flags: FlagArray,
    stop: float,
) -> Notes:
    """Put the trace's own ``speed`` and ``heading`` in the place of those of sparse fixes, where the fixes allow it.

    Between fixes a minute apart a car stops, turns and drives on: what the receiver said of the moment is better,
    unless the column is dead or in another unit, which the way between the fixes tells.

    Parameters
    ----------
    trace : xarray.Dataset
        With ``speed`` (m s-1) and perhaps ``heading`` (rad) as read.
    places : arrays t, x, y, shape (n,)
        Seconds and smoothed positions in m; NaN where there are none.
    motion : arrays speed, heading, shape (n,)
        Changed in place, and so is the bit of standing in ``flags``.
    stop : float
        Slower is standing, m s-1.
    """
    notes, item = Notes(), str(trace["trajectory"].values)
    t, x, y = places
    rows = np.flatnonzero(np.isfinite(x))
    if "speed" not in trace or len(rows) < 2:
        return notes
    dt, dx, dy = np.diff(t[rows]), np.diff(x[rows]), np.diff(y[rows])
    way_m = float(np.hypot(dx, dy).sum())
    own = trace["speed"].values
    mean = (own[rows[1:]] + own[rows[:-1]]) / 2
    both = np.isfinite(mean)
    between = float(np.hypot(dx, dy)[both].sum())
    if between < _SHORTEST_WAY_M or way_m < _SHORTEST_WAY_M:
        return notes
    ratio = float((mean * dt)[both].sum()) / between
    if not _OWN_OVER_FIXES[0] <= ratio <= _OWN_OVER_FIXES[1]:
        notes.decide(item, "own_speed_not_kept", {"ratio": ratio})
        return notes
    speed, heading = motion
    known = np.isfinite(own)
    speed[known] = own[known]
    if "heading" in trace:
        turned = trace["heading"].values
        along = np.cos(turned[rows[1:]] - np.arctan2(dx, dy))[np.hypot(dx, dy) > 0]
        if np.isfinite(along).any() and float(np.nanmean(along)) >= _ALONG:
            told = known & np.isfinite(turned)
            heading[told] = turned[told] % (2 * np.pi)
    standing = known & (own < stop)
    flags[known] &= ~np.uint32(Flag.STATIONARY)
    flags[standing] |= np.uint32(Flag.STATIONARY)
    heading[standing] = np.nan
    notes.decide(item, "own_speed_kept", {"count": int(known.sum()), "rows": len(t), "step_s": float(np.median(dt))})
    return notes
