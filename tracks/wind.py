"""True wind from a moving platform, and how well it is known."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import Flag
from ingest.outcome import Notes, Outcome
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

_MIN_ROWS = 100  # fewer rows do not show the sign of a wind sensor
_MIN_SPEED_SD = 1.0  # m s-1; neither does a platform of one speed


def true_wind(
    u_apparent: Floats, v_apparent: Floats, speed: Floats, heading: Floats, *, flow_factor: float = 1.0
) -> tuple[Floats, Floats]:
    """Wind over the ground from the wind felt on a platform that moves along its own axis.

    Assumes no drift (a car, not a boat or a drone in crosswind), and a sensor axis along the heading.

    Parameters
    ----------
    u_apparent, v_apparent : arrays, shape (n,)
        Velocity of the air relative to the platform, forward and to the left, m s-1: driving at 10 in calm air
        gives −10 and 0.
    speed, heading : arrays, shape (n,)
        m s-1; radian clockwise from north.
    flow_factor : float
        True over measured apparent speed; corrects flow distortion by the vehicle.

    Returns
    -------
    u, v : arrays, shape (n,)
        Towards east and north, m s-1.

    References
    ----------
    Hanlon and Risk 2020, doi:10.5194/amt-13-191-2020.

    Examples
    --------
    >>> u, v = true_wind(np.array([-10.0]), np.array([2.0]), np.array([10.0]), np.array([0.0]))
    >>> float(u[0]), float(v[0])
    (-2.0, 0.0)
    """
    forward = flow_factor * u_apparent + speed
    left = flow_factor * v_apparent
    sine, cosine = np.sin(heading), np.cos(heading)
    return forward * sine - left * cosine, forward * cosine + left * sine


def wind_uncertainty(u_apparent: Floats, v_apparent: Floats, settings: TrackSettings) -> Floats:
    """Standard deviation per component of the true wind, m s-1, from the wind felt (forward and left).

    The sensor's own, and a share of the apparent speed for the flow around the vehicle. The share grows with the yaw
    angle of the apparent wind, from ``flow_distortion_sd`` for wind from ahead to (1 + ``flow_yaw_gain``) times that
    from behind, where the sensor stands in the wake: 1 + gain (1 − cos yaw) / 2. Unknown wind has an unknown error.

    References
    ----------
    Hanlon and Risk 2020, doi:10.5194/amt-13-191-2020 (errors grow with speed and yaw angle); the form is a choice.

    Examples
    --------
    >>> wind_uncertainty(np.array([-10.0, 10.0]), np.zeros(2), TrackSettings(wind_sensor_sd=0.0)).round(2)
    array([0.7, 1.4])
    """
    felt = np.hypot(u_apparent, v_apparent)
    share = settings.flow_distortion_sd * (felt + settings.flow_yaw_gain * (felt + u_apparent) / 2)
    result: Floats = np.hypot(settings.wind_sensor_sd, share)
    return result


def _sign_of_sensor(u_apparent: Floats, speed: Floats) -> tuple[float, float]:
    """Return −1 when the sensor counts head wind as positive, and the slope of apparent wind over speed, or NaN."""
    good = np.isfinite(u_apparent) & np.isfinite(speed)
    if good.sum() < _MIN_ROWS or np.std(speed[good]) < _MIN_SPEED_SD:
        return 1.0, float("nan")
    slope = float(np.polyfit(speed[good], u_apparent[good], 1)[0])
    return (1.0 if slope <= 0.3 else -1.0), slope


def add_wind(trace: xr.Dataset, settings: TrackSettings) -> Outcome[xr.Dataset]:
    """Add ``u``, ``v`` where only the apparent wind is known, and ``wind_sd``; flag what cannot be.

    ``wind_sd`` is one standard deviation per component (`wind_uncertainty`): it grows with the apparent wind, so with
    driving, and with the angle at which that meets the vehicle. A trace that brings ``u`` and ``v`` keeps them, and
    gets the uncertainty of the wind that the vehicle must have felt.

    Parameters
    ----------
    trace : xarray.Dataset
        After `tracks.positions.clean_positions`.
    settings : TrackSettings

    Returns
    -------
    Outcome of xarray.Dataset
        Unchanged where the trace knows no wind.
    """
    label = str(trace["trajectory"].values)
    speed = trace["speed"].values
    notes = Notes()
    if "u_apparent" in trace and "v_apparent" in trace and not ("u" in trace and "v" in trace):
        sign, slope = _sign_of_sensor(trace["u_apparent"].values, speed)
        ua, va = sign * trace["u_apparent"].values, sign * trace["v_apparent"].values
        heading = _filled_heading(trace["heading"].values)
        u, v = true_wind(ua, va, speed, heading, flow_factor=settings.flow_factor)
        if sign < 0:
            notes.decide(label, "apparent_wind_turned", {"slope": slope})
        notes.decide(label, "true_wind_computed")
    elif "u" in trace and "v" in trace:
        u, v = trace["u"].values, trace["v"].values
        ua, va = _felt(u, v, np.nan_to_num(speed), _filled_heading(trace["heading"].values))
    else:
        return Outcome(trace)
    wind_sd = wind_uncertainty(ua, va, settings)
    impossible = np.hypot(u, v) > settings.max_wind
    flags = trace["qc_flag"].values.copy()
    flags[impossible] |= np.uint32(Flag.WIND_IMPLAUSIBLE)
    if impossible.any():
        count, limit = int(impossible.sum()), settings.max_wind
        notes.decide(label, "implausible_wind_flagged", {"count": count, "rows": len(u), "limit": limit})
    added = trace.assign(
        u=("obs", u, {"units": "m s-1", "standard_name": "eastward_wind"}),
        v=("obs", v, {"units": "m s-1", "standard_name": "northward_wind"}),
        wind_sd=("obs", wind_sd, {"units": "m s-1", "long_name": "standard deviation of each wind component"}),
        qc_flag=("obs", flags, trace["qc_flag"].attrs),
    )
    return notes.outcome(added)


def _felt(u: Floats, v: Floats, speed: Floats, heading: Floats) -> tuple[Floats, Floats]:
    """Wind felt on the moving platform, forward and left; without a heading it is taken as head wind."""
    known = np.isfinite(heading)
    sine, cosine = np.sin(heading), np.cos(heading)
    forward = np.where(known, u * sine + v * cosine, -np.hypot(u, v)) - speed
    return forward, np.where(known, v * sine - u * cosine, 0.0)


def _filled_heading(heading: Floats) -> Floats:
    """Keep the last heading while the platform stands; the first one before it first moves."""
    known = np.isfinite(heading)
    if not known.any():
        return heading
    row = np.where(known, np.arange(len(heading)), -1)
    last = np.maximum.accumulate(row)
    last[last < 0] = int(np.argmax(known))
    filled: Floats = heading[last]
    return filled
