"""GNSS cleaning: which fixes to believe, where the platform was in between, and how well that is known."""

from __future__ import annotations

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import Flag, FlagArray
from ingest.outcome import Notes, Outcome, Phrase
from numerics.compiled import compiled
from numerics.plane import Plane, plane_of, seconds_since_start
from tracks.settings import TrackSettings
from tracks.smoother import Smoothed, smooth_positions
from tracks.sparse import keep_own_motion, scaled_to_step, step_of_fixes

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_FEWEST_DECIMALS = 3  # a drive rounded to 1 km is no drive; fewer decimals mean that the platform stood
_FEWEST_FIXES = 100  # from which their scatter is estimated
_LONGEST_STEP_S = 2.0  # between fixes, for the same
_CHECKED_ROWS = 20_000  # enough to see with how many decimals a file writes its degrees
_DOUBT_CODES = {"jumps": "positions_jump", "frozen": "positions_frozen", "missing": "positions_missing"}


def decimals_of(degrees: Floats) -> int:
    """Return the number of decimals (at most 8) with which positions were written.

    Examples
    --------
    >>> decimals_of(np.array([35.9106, 35.91, np.nan]))
    4
    """
    found = degrees[np.isfinite(degrees)]
    found = found[:: max(1, len(found) // _CHECKED_ROWS)]
    for decimals in range(8):
        scaled = found * 10.0**decimals
        if (np.abs(scaled - np.round(scaled)) < 1e-5).all():
            return decimals
    return 8


@compiled
def _repeats(t: Floats, lon: Floats, lat: Floats, limits: Floats, found: Bools, stuck: Bools, fine: bool) -> None:
    """Take held repeats out of ``found`` and mark frozen receivers in ``stuck``.

    ``limits`` are (hold_s, stuck_s, jump in degrees of latitude, jump in degrees of longitude).
    """
    n = len(t)
    i = 0
    while i < n:
        if not found[i]:
            i += 1
            continue
        j = i + 1
        last = i
        while j < n and (not found[j] or (lon[j] == lon[i] and lat[j] == lat[i])):
            if found[j]:
                last = j
            j += 1
        lasted = t[last] - t[i]
        if lasted >= limits[1] and j < n and t[j] - t[last] <= limits[0]:
            east, north = (lon[j] - lon[i]) / limits[3], (lat[j] - lat[i]) / limits[2]
            if east * east + north * north > 1.0:
                for k in range(i + 1, last + 1):
                    stuck[k] = found[k]
                    found[k] = False
        elif fine and lasted <= limits[0]:
            for k in range(i + 1, last + 1):
                found[k] = False
        i = j


@compiled
def _spread_jumps(lon: Floats, lat: Floats, found: Bools, jump: Bools) -> None:
    """A held repeat of a jump is a jump."""
    for i in range(1, len(lon)):
        if jump[i - 1] and not found[i] and lon[i] == lon[i - 1] and lat[i] == lat[i - 1]:
            jump[i] = True


@compiled
def _contradicted(
    x: Floats, y: Floats, smooth_x: Floats, smooth_y: Floats, variance: Floats, limit_sd: float
) -> Bools:
    """True from fix to fix where a fix lies further from the smoothed track than its errors allow."""
    n = len(x)
    wrong = np.zeros(n, np.bool_)
    last = -1
    before = False
    for i in range(n):
        if variance[i] <= 0:
            continue
        dx, dy = x[i] - smooth_x[i], y[i] - smooth_y[i]
        now = dx * dx + dy * dy > limit_sd * limit_sd * variance[i]
        if now or before:
            for k in range(last + 1, i + 1):
                wrong[k] = True
            if before and not now:
                wrong[i] = False
        last = i
        before = now
    return wrong


def _poor_fixes(trace: xr.Dataset, settings: TrackSettings) -> Bools:
    """Return True where the receiver itself says that the fix is not good."""
    poor = np.zeros(trace.sizes["obs"], np.bool_)
    if "satellites" in trace:
        poor |= trace["satellites"].values < settings.min_satellites
    if "hdop" in trace:
        poor |= trace["hdop"].values > settings.max_hdop
    for name in ("fix_quality", "gps_fit", "gnss_fix"):
        if name in trace:
            poor |= trace[name].values == 0
    return poor


def _warm_up(t: Floats, found: Bools, settings: TrackSettings) -> Bools:
    """Return True for fixes within the warm-up time after an outage."""
    rows = np.flatnonzero(found)
    if len(rows) < 2:
        return np.zeros(len(t), np.bool_)
    after = rows[1:][np.diff(t[rows]) > settings.outage_s]
    warm = np.zeros(len(t), np.bool_)
    for row, end in zip(after, np.searchsorted(t, t[after] + settings.warm_up_s), strict=True):
        warm[row:end] = True
    return warm & found


def scatter_of_fixes(t: Floats, x: Floats, y: Floats, found: Bools) -> float:
    """Return the standard deviation per axis in m of white errors of the fixes, from second differences.

    Accelerations count as error: at 1 Hz and 1 m s-2 about 0.4 m. Errors that last (reflections) are not seen.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> t = np.arange(5000.0)
    >>> x, y = 10 * t + rng.normal(0, 4, 5000), rng.normal(0, 4, 5000)
    >>> round(scatter_of_fixes(t, x, y, np.ones(5000, bool)), 1)
    4.0
    """
    rows = np.flatnonzero(found)[:_CHECKED_ROWS]
    if len(rows) < _FEWEST_FIXES:
        return 0.0
    dt = np.diff(t[rows])
    even = (dt[1:] <= _LONGEST_STEP_S) & (np.abs(dt[1:] - dt[:-1]) < 0.1 * dt[1:])
    bent = np.concatenate([np.diff(x[rows], 2)[even], np.diff(y[rows], 2)[even]])
    return float(1.482602218505602 * np.median(np.abs(bent)) / np.sqrt(6)) if len(bent) else 0.0


def _fix_variance(trace: xr.Dataset, found: Bools, quantum_m: float, gnss_sd_m: float) -> Floats:
    """Variance per axis in m2 of each fix, 0 where there is none; a rounded position adds step²/12."""
    sd = np.full(len(found), gnss_sd_m)
    for name in ("gnss_accuracy", "position_sd", "accuracy"):
        if name in trace:
            stated = trace[name].values
            sd = np.where(stated > 0, np.maximum(stated, 0.3), sd)
            break
    variance: Floats = np.where(found, sd**2 + quantum_m**2 / 12, 0.0)
    return variance


def _in_depots(x: Floats, y: Floats, plane: Plane, settings: TrackSettings) -> Bools:
    """Return True for positions inside one of the depot polygons."""
    inside = np.zeros(len(x), np.bool_)
    for polygon in settings.depots:
        corners = np.array(polygon, np.float64)
        ring = np.column_stack(plane.forward(corners[:, 0], corners[:, 1]))
        low, high = ring.min(axis=0), ring.max(axis=0)
        near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
        inside[near] |= shapely.contains_xy(shapely.Polygon(ring), x[near], y[near])
    return inside


def _smoothed(t: Floats, x: Floats, y: Floats, variance: Floats, settings: TrackSettings) -> Smoothed:
    """Smooth with the limits of the settings."""
    return smooth_positions(
        t,
        x,
        y,
        variance,
        acceleration_density=settings.acceleration_density,
        jump_gate_sd=settings.jump_gate_sd,
        jump_reset_s=settings.jump_reset_s,
        gap_s=settings.position_gap_s,
        hold_s=settings.hold_s,
    )


def clean_positions(trace: xr.Dataset, settings: TrackSettings) -> Outcome[xr.Dataset]:
    """Replace positions by smoothed ones, flag what is not to be believed, add speed, heading and uncertainty.

    Assumes one platform that does not teleport. Repeats of a fix to the last digit that last no longer than
    ``hold_s`` are a slow receiver held by the logger and do not count as fixes; longer ones are standing, or a frozen
    receiver when the next fix is far away. Limits of time follow the usual step of the fixes (`tracks.sparse`); where
    that is longer than ``position_gap_s`` the trace's own ``speed`` and ``heading`` are kept.

    Parameters
    ----------
    trace : xarray.Dataset
        A trace (`ingest.schema`); ``satellites``, ``hdop``, ``fix_quality`` and the accuracy that the receiver
        states (``gnss_accuracy``, ``position_sd``, ``accuracy``, m) are used where present.
    settings : TrackSettings

    Returns
    -------
    Outcome of xarray.Dataset
        The trace with ``lon``, ``lat`` smoothed (NaN beyond ``position_gap_s``), ``speed``, ``heading``,
        ``horizontal_sd`` and the position flags.
    """
    t = seconds_since_start(trace["time"].values)
    lon, lat = trace["lon"].values, trace["lat"].values
    flags = trace["qc_flag"].values.copy()
    plane = plane_of(lon, lat)
    east, north = plane.metres_per_degree
    quantum_m = 10.0 ** -max(decimals_of(lon), decimals_of(lat), _FEWEST_DECIMALS) * north
    found = np.isfinite(lon) & np.isfinite(lat) & ~((lon == 0) & (lat == 0))
    step = step_of_fixes(t, found, settings)
    settings = scaled_to_step(settings, step)
    poor = _poor_fixes(trace, settings) & found
    warm = _warm_up(t, found, settings)
    stuck = np.zeros(len(t), np.bool_)
    believed = found & ~poor
    limits = np.array(
        [settings.hold_s, settings.stuck_position_s, settings.stuck_jump_m / north, settings.stuck_jump_m / east]
    )
    _repeats(t, lon, lat, limits, believed, stuck, quantum_m < 1.0)
    x, y = plane.forward(lon, lat)
    gnss_sd_m = max(settings.gnss_sd_m, scatter_of_fixes(t, x, y, believed) if quantum_m < 1.0 else 0.0)
    variance = _fix_variance(trace, believed, quantum_m, gnss_sd_m)
    smooth = _smoothed(t, x, y, variance, settings)
    jump = smooth.jump
    _spread_jumps(lon, lat, believed, jump)
    jump |= np.hypot(smooth.vx, smooth.vy) > settings.max_speed
    jump |= _contradicted(x, y, smooth.x, smooth.y, variance, settings.residual_sd)
    del x, y, variance
    missing = np.isnan(smooth.x)
    depot = _in_depots(smooth.x, smooth.y, plane, settings)
    for mask, flag in (
        (poor, Flag.GNSS_POOR),
        (warm, Flag.GNSS_WARM_UP),
        (stuck, Flag.POSITION_STUCK),
        (jump, Flag.POSITION_JUMP),
        (missing, Flag.POSITION_MISSING),
        (~missing & (~believed | jump), Flag.POSITION_INTERPOLATED),
        (depot, Flag.IN_DEPOT),
    ):
        flags[mask] |= np.uint32(flag)
    motion = _motion(smooth.vx, smooth.vy, smooth.variance, settings.stop_speed, int(Flag.STATIONARY), flags)
    place = plane.inverse(smooth.x, smooth.y)
    notes = Notes()
    if step.sparse:
        notes = keep_own_motion(trace, (t, smooth.x, smooth.y), motion[:2], flags, settings.stop_speed)
    del smooth
    cleaned = _with_motion(trace, place, motion, flags)
    item = str(trace["trajectory"].values)
    _note_doubts(item, quantum_m, {"jumps": jump, "frozen": stuck, "missing": missing}, notes)
    if depot.any():
        notes.decide(item, "rows_in_depot_flagged", {"count": int(depot.sum()), "rows": len(t)})
    if gnss_sd_m > settings.gnss_sd_m:
        notes.decide(item, "fixes_scatter", {"sd_m": float(gnss_sd_m), "usual_m": settings.gnss_sd_m})
    return notes.outcome(cleaned)


@compiled
def _motion(
    vx: Floats, vy: Floats, variance: Floats, stop_speed: float, standing: int, flags: FlagArray
) -> tuple[Floats, Floats, Floats]:
    """Turn velocity and variance, in place, into speed, heading and standard deviation; mark ``standing`` rows."""
    for i in range(len(vx)):
        speed = np.sqrt(vx[i] * vx[i] + vy[i] * vy[i])
        angle = np.arctan2(vx[i], vy[i])
        if speed < stop_speed:
            flags[i] |= np.uint32(standing)
            angle = np.nan
        vx[i] = speed
        vy[i] = angle if angle >= 0 or np.isnan(angle) else angle + 2 * np.pi
        variance[i] = np.sqrt(variance[i])
    return vx, vy, variance


def _with_motion(
    trace: xr.Dataset, place: tuple[Floats, Floats], motion: tuple[Floats, Floats, Floats], flags: FlagArray
) -> xr.Dataset:
    """Add position, speed, heading, standard deviation and flags to the trace."""
    speed, heading, sd = motion
    return trace.assign_coords(
        lon=("obs", place[0], trace["lon"].attrs), lat=("obs", place[1], trace["lat"].attrs)
    ).assign(
        qc_flag=("obs", flags, trace["qc_flag"].attrs),
        speed=("obs", speed, {"units": "m s-1", "standard_name": "platform_speed_wrt_ground"}),
        heading=("obs", heading, {"units": "radian", "long_name": "direction of motion, clockwise from north"}),
        horizontal_sd=("obs", sd, {"units": "m", "long_name": "standard deviation per axis of the position"}),
    )


def _note_doubts(item: str, quantum_m: float, masks: dict[str, Bools], notes: Notes) -> None:
    """Note what was found wrong with the positions."""
    rows = len(masks["missing"])
    doubts = tuple(
        Phrase(_DOUBT_CODES[what], {"count": int(mask.sum())}) for what, mask in masks.items() if mask.any()
    )
    if doubts:
        notes.decide(item, "positions_doubted", {"doubts": doubts, "rows": rows})
    if quantum_m >= 1.0 and rows:
        notes.decide(item, "positions_rounded", {"step_m": float(quantum_m)})
