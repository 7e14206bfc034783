"""Exhaust of the platform itself and of vehicles that pass: flags with a probability."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import Flag
from ingest.outcome import Decision, Outcome
from ingest.schema import species_names
from ingest.species import species_of, substance_of
from numerics.compiled import compiled
from numerics.plane import seconds_since_start
from numerics.rolling import block_means, interpolate_rows, rolling_percentile
from tracks.settings import TrackSettings
from tracks.sources.recurrence import compositions, like_a_neighbour, recurrence_odds

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Odds of a short, joint spike being exhaust, and what evidence does to them: choices, stated here and in the docs.
_ODDS_TWO, _ODDS_MORE = 1.5, 4.0  # two tracers together, three or more
_ODDS_OTHER_GAS = 0.2  # a gas that vehicles hardly emit spikes too, when the tracers are highest
_ODDS_STANDING_BEHIND, _ODDS_STANDING_AHEAD = 4.0, 0.5  # standing, with the wind from behind or from ahead
_ODDS_FLUTTER = 0.5  # one of several spikes in a row of one composition: a plume that flutters, or vehicles
_ODDS_LASTING = 0.2  # standing in it for long without wind from behind: rather a source


def is_rare_in_exhaust(variable: xr.DataArray) -> bool:
    """Whether a variable is of a gas that vehicles hardly emit."""
    species = species_of(str(variable.attrs["species"]))
    return species is not None and species.rare_in_exhaust


def _wet_form(variable: xr.DataArray) -> str:
    """Slug of the species whose dry form a variable is, empty where it is none: both are one tracer."""
    species = species_of(str(variable.attrs["species"]))
    return species.dry_of if species else ""


@compiled
def _spike_runs(t: Floats, joint: Bools, gap_s: float) -> NDArray[np.int64]:
    """First and last row of every run of ``joint``, bridging ``gap_s``."""
    found = np.empty((64, 2), np.int64)
    count = 0
    first = last = -1
    for i in range(len(t) + 1):
        if i < len(t) and not joint[i]:
            continue
        if first >= 0 and (i == len(t) or t[i] - t[last] > gap_s):
            if count == len(found):
                grown = np.empty((2 * count, 2), np.int64)
                grown[:count] = found
                found = grown
            found[count, 0], found[count, 1] = first, last
            count += 1
            first = -1
        if i < len(t):
            if first < 0:
                first = i
            last = i
    return found[:count]


@compiled
def _valleys(strength: Floats, first: int, last: int, least: float) -> NDArray[np.int64]:
    """Rows at which a run is cut: minima below half of the maxima on both sides, which exceed ``least``."""
    cuts = np.empty(last - first + 1, np.int64)
    count = 0
    top = low = first
    for i in range(first + 1, last + 1):
        if strength[i] < strength[low]:
            low = i
        elif strength[i] > least and strength[low] < 0.5 * min(strength[top], strength[i]) and strength[top] > least:
            cuts[count] = low
            count += 1
            top = low = i
        if strength[i] > strength[top]:
            top = low = i
    return cuts[:count]


@compiled
def _widen(t: Floats, mask: Bools, reach_s: float) -> Bools:
    """True within ``reach_s`` of a true row."""
    out = mask.copy()
    last = -1e300
    for i in range(len(t)):
        if mask[i]:
            last = t[i]
        out[i] = t[i] - last <= reach_s
    last = 1e300
    for i in range(len(t) - 1, -1, -1):
        if mask[i]:
            last = t[i]
        out[i] = out[i] or last - t[i] <= reach_s
    return out


def _spikes(t: Floats, excess: Floats, noise_sd: float, standing: Bools, settings: TrackSettings) -> Bools:
    """True where the excess stands out of the minute around it, widened by the instruments' disagreement.

    While the platform stands its own exhaust may last, so that every excess counts.
    """
    known = np.isfinite(excess)
    times, means = block_means(t, excess, known, 1.0)
    half = settings.exhaust_window_s / 2
    base = rolling_percentile(times, means, before_s=half, after_s=half, percentile=25)
    high = excess - np.where(standing, 0.0, interpolate_rows(t, times, base)) > settings.exhaust_snr * noise_sd
    return _widen(t, high & known, settings.exhaust_together_s)


def _around_peaks(t: Floats, excess: Floats, spike: Bools, reach_s: float) -> Bools:
    """True near the maximum of every run of a spike: its flank beside another spike is no part of that."""
    peaks = np.zeros(len(t), np.bool_)
    for first, last in _spike_runs(t, spike, reach_s):
        peaks[first + int(np.nan_to_num(excess[first : last + 1], nan=-np.inf).argmax())] = True
    return _widen(t, peaks, reach_s)


def _wind_odds(passes: xr.Dataset, standing: Bools) -> Floats:
    """Odds factor per row: the own exhaust reaches the inlet when the platform stands and the wind is from behind."""
    factor = np.ones(len(standing))
    if "u" not in passes or not standing.any():
        return factor
    heading = passes["heading"].values
    row = np.maximum.accumulate(np.where(np.isfinite(heading), np.arange(len(heading)), -1))
    last = np.where(row >= 0, heading[row], np.nan)
    along = passes["u"].values * np.sin(last) + passes["v"].values * np.cos(last)
    factor[standing & (along > 0)] = _ODDS_STANDING_BEHIND
    factor[standing & (along < 0)] = _ODDS_STANDING_AHEAD
    return factor


def flag_exhaust(passes: xr.Dataset, settings: TrackSettings) -> Outcome[xr.Dataset]:
    """Flag rows whose values are likely the exhaust of a vehicle, with ``exhaust_probability`` per row.

    Two or more combustion tracers that spike together, no wider at half maximum than ``exhaust_spike_s`` unless the
    platform stands, are exhaust with odds that depend on how many agree, on other gases spiking too (then it is
    rather a plant), on how many of the other drive passes by the same place saw a spike there (a place that smells
    on more passes than chance has it, with one composition, is no passing car), and on wind from behind while
    standing. Without two tracers nothing is flagged: one gas alone cannot tell a car from a source.

    Parameters
    ----------
    passes : xarray.Dataset
        With enhancements and drive passes.
    settings : TrackSettings

    Returns
    -------
    Outcome of xarray.Dataset
        With OWN_EXHAUST (standing) or VEHICLE_EXHAUST (moving) where the probability exceeds the setting.

    References
    ----------
    Drewnick et al. 2012, doi:10.5194/amt-5-1443-2012 (spikes of several tracers); Brantley et al. 2014,
    doi:10.5194/amt-7-2169-2014.
    """
    names = species_names(passes)
    tracers = [name for name in names if str(passes[name].attrs["species"]).lower() in settings.combustion_species]
    if len({substance_of(str(passes[name].attrs["species"])) for name in tracers}) < 2:
        return Outcome(passes)
    t = seconds_since_start(passes["time"].values)
    standing = (passes["qc_flag"].values & np.uint32(Flag.STATIONARY)) != 0
    together, strength = np.zeros(len(t), np.int8), np.zeros(len(t))
    other = np.zeros(len(t), np.bool_)
    excesses: list[Floats] = []
    for name in names:
        noise_sd = float(passes[f"{name}_enhancement"].attrs["noise_sd"])
        if not np.isfinite(noise_sd) or _wet_form(passes[name]) in tracers:
            continue
        spike = _spikes(t, passes[f"{name}_enhancement"].values, noise_sd, standing, settings)
        if name in tracers:
            together += spike
            excesses.append(np.nan_to_num(passes[f"{name}_enhancement"].values) / noise_sd)
            strength += excesses[-1]
        elif is_rare_in_exhaust(passes[name]):
            other |= _around_peaks(t, passes[f"{name}_enhancement"].values, spike, settings.exhaust_together_s)
    probability = _probability(passes, t, (together, other, strength), excesses, settings)
    likely = probability > settings.exhaust_probability
    flags = passes["qc_flag"].values.copy()
    flags[likely & standing] |= np.uint32(Flag.OWN_EXHAUST)
    flags[likely & ~standing] |= np.uint32(Flag.VEHICLE_EXHAUST)
    added = passes.assign(
        qc_flag=("obs", flags, passes["qc_flag"].attrs),
        exhaust_probability=(
            "obs",
            probability.astype(np.float32),
            {"units": "1", "long_name": "probability that the row holds the exhaust of a vehicle"},
        ),
    )
    if not likely.any():
        return Outcome(added)
    said = Decision(
        str(passes["trajectory"].values),
        "vehicle_exhaust_flagged",
        {"count": int(likely.sum()), "rows": len(t), "tracers": tuple(tracers)},
    )
    return Outcome(added, (said,))


def _probability(
    passes: xr.Dataset,
    t: Floats,
    spikes: tuple[NDArray[np.int8], Bools, Floats],
    excesses: list[Floats],
    settings: TrackSettings,
) -> Floats:
    """Probability per row; 0 outside of joint spikes, and inside of those that last too long."""
    together, other, strength = spikes
    standing = (passes["qc_flag"].values & np.uint32(Flag.STATIONARY)) != 0
    longest_s = settings.exhaust_spike_s + 2 * settings.exhaust_together_s
    runs, train = _single_spikes(t, together >= 2, standing, strength, settings)
    probability = np.zeros(len(t))
    if not len(runs):
        return probability
    factor = _wind_odds(passes, standing)
    composition = compositions(excesses, runs)
    recurrence = recurrence_odds(passes, runs, composition)
    flutters = train & like_a_neighbour(composition, train)
    faint = np.any([excess > settings.detection_sd for excess in excesses], axis=0)
    for (first, last), other_passes, one_plume in zip(runs, recurrence, flutters, strict=True):
        rows = slice(first, last + 1)
        waiting = bool(standing[rows].mean() >= 0.5)
        duration_s = t[last] - t[first] if waiting else _width_s(t[rows], strength[rows])
        lasting = duration_s > (longest_s if waiting else settings.exhaust_spike_s)
        if lasting and not waiting:
            continue
        odds = _ODDS_MORE if together[rows].max() > 2 else _ODDS_TWO
        odds *= _ODDS_OTHER_GAS if other[first + int(strength[rows].argmax())] else 1.0
        odds *= other_passes
        odds *= _ODDS_FLUTTER if one_plume else 1.0
        wind = float(np.median(factor[rows]))
        odds *= _ODDS_LASTING if lasting and wind <= 1.0 else wind
        whole = _with_flanks(t, faint, int(first), int(last), settings)
        probability[whole] = np.maximum(probability[whole], odds / (1 + odds))
    return probability


def _width_s(t: Floats, strength: Floats) -> float:
    """Full width at half maximum, s: a strong spike exceeds a fixed limit for longer than it lasts."""
    highest = float(strength.max())
    high = np.flatnonzero(strength >= min(highest / 2, highest))
    return float(t[high[-1]] - t[high[0]])


def _with_flanks(t: Floats, faint: Bools, first: int, last: int, settings: TrackSettings) -> slice:
    """Rows of a spike and its flanks: while any tracer is above detection, for no longer than half a spike."""
    reach_s = settings.exhaust_spike_s / 2
    low, high = first, last
    while low > 0 and faint[low - 1] and t[first] - t[low - 1] <= reach_s:
        low -= 1
    while high < len(t) - 1 and faint[high + 1] and t[high + 1] - t[last] <= reach_s:
        high += 1
    return slice(low, high + 1)


def _single_spikes(
    t: Floats, joint: Bools, standing: Bools, strength: Floats, settings: TrackSettings
) -> tuple[NDArray[np.int64], Bools]:
    """First and last row of every joint spike, and whether it is one of several in a row.

    Vehicles one behind the other make one long run. While the platform moves, a run that lasts too long for one
    vehicle is cut at its valleys; standing in it, it stays one.
    """
    longest_s = settings.exhaust_spike_s + 2 * settings.exhaust_together_s
    parts: list[tuple[int, int]] = []
    train: list[bool] = []
    for first, last in _spike_runs(t, joint, settings.exhaust_together_s):
        cuts: list[int] = []
        if t[last] - t[first] > longest_s and standing[first : last + 1].mean() < 0.5:
            cuts = [int(cut) for cut in _valleys(strength, first, last, 2 * settings.exhaust_snr)]
        starts, ends = [int(first), *cuts], [*(cut - 1 for cut in cuts), int(last)]
        parts += zip(starts, ends, strict=True)
        train += [bool(cuts)] * len(starts)
    return np.array(parts, np.int64).reshape(-1, 2), np.array(train, np.bool_)
