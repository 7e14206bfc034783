"""Inlet lag and response time: put each value at the time when its air entered the inlet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import Flag, is_usable
from ingest.outcome import Decision, Outcome, Phrase
from ingest.schema import species_names
from numerics.compiled import compiled
from numerics.noise import estimate_noise
from numerics.plane import longest_step, plane_of, seconds_since_start
from numerics.rolling import block_means, rolling_percentile
from tracks.lag.estimate import LagEstimate, estimate_lag, lag_grid, lag_prior
from tracks.lag.meetings import Motion, compare_meetings
from tracks.lag.response import correct_response
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

_BLOCK_S = 2.0  # the signal is averaged over this time before lags are tried
_MOST_VALUES = 10_000  # of them: the first hours of a drive tell its lag
_DRIVING_M_S = 2.0
_NO_LAG_S = 1.0  # a lag below this is none
_OF_THE_ANALYSER = Flag.INSTRUMENT_FAULT | Flag.CALIBRATION | Flag.VALUE_OUT_OF_RANGE
_UNUSABLE = Flag.INSTRUMENT_FAULT | Flag.CALIBRATION | Flag.REMOVED_BY_HAND


@compiled
def _shift(t: Floats, values: Floats, lag_s: float, gap_s: float) -> Floats:
    n = len(t)
    out = np.full(n, np.nan)
    left = -1
    right = 0
    for i in range(n):
        wanted = t[i] + lag_s
        while right < n and (t[right] < wanted - 1e-6 or np.isnan(values[right])):
            if not np.isnan(values[right]):
                left = right
            right += 1
        if right >= n:
            break
        if t[right] <= wanted + 1e-6:
            out[i] = values[right]
        elif left >= 0 and t[right] - t[left] <= gap_s:
            weight = (wanted - t[left]) / (t[right] - t[left])
            out[i] = values[left] + weight * (values[right] - values[left])
    return out


def shift_values(t: Floats, values: Floats, lag_s: float, *, gap_s: float) -> Floats:
    """Return the values measured ``lag_s`` after each time, by linear interpolation.

    Assumes a constant lag. Values further apart than ``gap_s`` are not interpolated over: the result is NaN there,
    and at the end, where the instrument had not yet seen the air.

    Examples
    --------
    >>> shift_values(np.arange(4.0), np.array([0.0, 10.0, 20.0, 30.0]), 1.5, gap_s=2.0)
    array([15., 25., nan, nan])
    """
    if lag_s == 0:
        return values
    return _shift(t, values, lag_s, max(gap_s, 1e-6)) if lag_s > 0 else _shift_back(t, values, -lag_s, gap_s)


def _shift_back(t: Floats, values: Floats, lead_s: float, gap_s: float) -> Floats:
    """Shift by a negative lag: mirror time, shift, mirror back."""
    return _shift(-t[::-1], values[::-1], lead_s, max(gap_s, 1e-6))[::-1]


def _shifted_flags(trace: xr.Dataset, name: str, t: Floats, lag_s: float) -> NDArray[np.uint32]:
    """Flags of the values that `shift_values` puts on each row: those of the one or two rows they were measured in.

    What the analyser's rows are flagged for (`_OF_THE_ANALYSER`) belongs to their values and goes with them.
    """
    flags = trace["qc_flag"].values & np.uint32(_OF_THE_ANALYSER)
    if f"{name}_qc" in trace:
        flags = flags | trace[f"{name}_qc"].values
    rows = np.flatnonzero(np.isfinite(trace[name].values))
    if not flags.any() or not len(rows):
        return np.zeros(len(t), np.uint32)
    after = np.minimum(np.searchsorted(t[rows], t + lag_s - 1e-6), len(rows) - 1)
    before = np.where(t[rows][after] > t + lag_s + 1e-6, np.maximum(after - 1, 0), after)
    return np.asarray(flags[rows[before]] | flags[rows[after]], np.uint32)


def _given_lag(trace: xr.Dataset, name: str, settings: TrackSettings) -> float | None:
    """Return the lag that settings or file give for a species; None where nobody gives one."""
    attrs = trace[name].attrs
    own = dict(settings.lag_of)
    keys = (name, str(attrs["species"]), str(attrs.get("instrument", "")))
    found = next((own[key] for key in keys if key in own), None)
    if found is not None:
        return float(found)
    if "lag_s" in attrs:
        return float(attrs["lag_s"])
    return settings.lag_s if settings.lag_s else None


def find_lags(trace: xr.Dataset, settings: TrackSettings) -> dict[str, LagEstimate]:
    """Estimate the lag of every instrument for which none is given, by `tracks.lag.estimate.estimate_lag`.

    All quantities of an instrument are taken to have one lag; a Picarro reports dry methane one cycle later than
    methane, which is within the standard deviation.

    Parameters
    ----------
    trace : xarray.Dataset
        With cleaned positions, speed and heading.
    settings : TrackSettings

    Returns
    -------
    dict of species to LagEstimate
    """
    t = seconds_since_start(trace["time"].values)
    waiting = [name for name in species_names(trace) if _given_lag(trace, name, settings) is None]
    fixes = _fixes(trace, t) if waiting and settings.estimate_lag else None
    if fixes is None:
        return {}
    behind: dict[str, list[str]] = {}
    for name in waiting:
        behind.setdefault(str(trace[name].attrs.get("instrument", "")), []).append(name)
    found: dict[str, LagEstimate] = {}
    for names in behind.values():
        signals = [_signal(t, trace[name].values, trace, name, settings) for name in names]
        estimate = estimate_lag(compare_meetings(signals, fixes, settings), settings)
        found |= dict.fromkeys(names, estimate)
    return found


def _fixes(trace: xr.Dataset, t: Floats) -> Motion | None:
    """Return time, position and velocity where known; None where the platform hardly moves."""
    lon, lat = trace["lon"].values, trace["lat"].values
    known = np.flatnonzero(np.isfinite(lon) & np.isfinite(trace["speed"].values))
    known = known[:: max(1, len(known) // (4 * _MOST_VALUES))]
    speed, heading = trace["speed"].values[known], np.nan_to_num(trace["heading"].values[known])
    if not (speed > _DRIVING_M_S).any():
        return None
    x, y = plane_of(lon, lat).forward(lon[known], lat[known])
    return Motion(t[known], x, y, speed * np.sin(heading), speed * np.cos(heading))


def _signal(
    t: Floats, values: Floats, trace: xr.Dataset, name: str, settings: TrackSettings
) -> tuple[Floats, Floats]:
    """Return block times and log(excess over noise), 0 for background: plumes count by their order of magnitude."""
    usable = is_usable(trace["qc_flag"].values, _UNUSABLE)
    if f"{name}_qc" in trace:
        usable &= is_usable(trace[f"{name}_qc"].values)
    times, means = block_means(t, values, usable, _BLOCK_S)
    times, means = times[:_MOST_VALUES], means[:_MOST_VALUES]
    if len(times) < 10:
        return np.empty(0), np.empty(0)
    half = settings.background_window_s / 2
    base = rolling_percentile(times, means, before_s=half, after_s=half, percentile=settings.background_percentile)
    noise_sd, offset = estimate_noise(times, means - base, gap_s=longest_step(times, settings.value_gap_s))
    return times, np.log1p(np.clip((means - base - offset) / noise_sd - 1, 0, None))


def apply_lag(
    trace: xr.Dataset, settings: TrackSettings, estimates: Mapping[str, LagEstimate] | None = None
) -> Outcome[xr.Dataset]:
    """Shift every species and the flags of its values by its inlet lag; positions, wind and ``qc_flag`` stay.

    The lag is the settings' ``lag_of`` of the species or its instrument, else a ``lag_s`` attribute of the variable,
    else ``lag_s``, else the estimate, which leans on published lags where evidence is weak, else 0. Each species gets
    the attributes ``lag_s`` and ``lag_sd_s``: what was applied, and the standard deviation of what is left, s.

    Parameters
    ----------
    trace : xarray.Dataset
        A trace (`ingest.schema`).
    settings : TrackSettings
    estimates : mapping of species to LagEstimate, optional
        From `find_lags`.

    Returns
    -------
    Outcome of xarray.Dataset
        With a decision for every lag that is not zero, and for every estimate that was not good enough.
    """
    t = seconds_since_start(trace["time"].values)
    label = str(trace["trajectory"].values)
    shifted: dict[str, tuple[str, NDArray[np.generic], dict[str, object]]] = {}
    said: dict[Decision, list[str]] = {}
    for name in species_names(trace):
        variable = trace[name]
        given_s, estimate = _given_lag(trace, name, settings), (estimates or {}).get(name)
        lag_s, sd_s, decision = _lag_of(label, given_s, estimate, settings)
        measured = t[np.isfinite(variable.values)] if lag_s else t
        gap_s = longest_step(measured, settings.value_gap_s)
        response_s = _response_of(trace, name, settings)
        values = correct_response(t, variable.values, response_s, gap_s=settings.value_gap_s)
        values = shift_values(t, values, lag_s, gap_s=gap_s)
        if response_s:
            corrected = Decision(label, "response_time_corrected", {"response_s": response_s, "species": ()})
            said.setdefault(corrected, []).append(name)
        shifted[name] = ("obs", values, {**variable.attrs, "lag_s": lag_s, "lag_sd_s": sd_s})
        if lag_s:
            attrs: dict[str, object] = {
                "long_name": f"quality-control flag of {name}",
                "standard_name": "quality_flag",
            }
            shifted[f"{name}_qc"] = ("obs", _shifted_flags(trace, name, t, lag_s), attrs)
        if decision:
            said.setdefault(decision, []).append(name)
    decisions = (replace(d, values={**d.what.values, "species": tuple(names)}) for d, names in said.items())
    return Outcome(trace.assign(shifted), tuple(decisions))


def _response_of(trace: xr.Dataset, name: str, settings: TrackSettings) -> float:
    """Return the response time given for a species or its instrument; 0 where none is."""
    own = dict(settings.response_of)
    keys = (name, str(trace[name].attrs["species"]), str(trace[name].attrs.get("instrument", "")))
    return float(next((own[key] for key in keys if key in own), 0.0))


def _lag_of(
    label: str, given_s: float | None, estimate: LagEstimate | None, settings: TrackSettings
) -> tuple[float, float, Decision | None]:
    """Return the lag to use, its standard deviation, and what to say about it, the species still to be named."""
    if given_s is not None:
        said = Decision(label, "inlet_lag_given", {"lag_s": given_s, "species": ()}) if given_s else None
        return given_s, settings.lag_given_sd_s, said
    if estimate is None:
        return 0.0, settings.lag_given_sd_s if not settings.estimate_lag else _far(settings), None
    why = _evidence(estimate)
    if estimate.evidence is None:
        sd_s = round(_far(settings), 1)
        return 0.0, sd_s, Decision(label, "inlet_lag_unknown", {"sd_s": sd_s, "species": ()}, why)
    lag_s, sd_s = round(estimate.lag_s, 1), round(estimate.sd_s, 1)
    if not estimate.known:
        said = Decision(label, "inlet_lag_assumed", {"lag_s": lag_s, "sd_s": sd_s, "species": ()}, why)
        return lag_s, sd_s, said
    if lag_s < _NO_LAG_S:
        return 0.0, float(np.hypot(lag_s, sd_s)), Decision(label, "inlet_lag_none_seen", {"species": ()}, why)
    return lag_s, sd_s, Decision(label, "inlet_lag_estimated", {"lag_s": lag_s, "sd_s": sd_s, "species": ()}, why)


def _far(settings: TrackSettings) -> float:
    """Return how far lags are from zero before anything is known: their root mean square, s."""
    return float(np.sqrt(lag_prior(settings) @ lag_grid(settings) ** 2))


def _evidence(estimate: LagEstimate) -> Phrase:
    """Name the evidence: what was compared, how high it scores, and whether that may be chance."""
    found = estimate.evidence
    if found is None:
        return Phrase("no_meetings_for_lag")
    best = float(found.score.max())
    return Phrase("meetings_for_lag", {"places": found.places, "score": best, "chance": float(found.chance)})
