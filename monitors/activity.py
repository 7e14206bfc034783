"""Whether a site ran, as a function of time, as far as its records can tell.

The devices that produce say it first. Where none of them tells anything, what treats, the outlet and the marks do,
each as reliably as it agreed with the producers where both speak.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.outcome import Decision, Outcome
from ingest.schema import Site
from monitors.devices import DAY_S, PRODUCTION, TREATMENT, SiteDevice, SiteDevices
from monitors.grouping import group_sites
from monitors.meters import sound_devices
from monitors.outlets import measured, on_grid
from monitors.records.conditions import Condition, conditions_of
from monitors.records.quantities import AIR_OXYGEN, FLOWS, OXYGEN, is_pollutant
from monitors.schema import Activity, SiteRecords
from numerics.on_off import Levels, runs_of, share_on, split_levels

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

_MOST_ROWS = 4_000_000  # of a site: seven years of minutes
_SURE = 0.99  # what one record alone can say: meters are wired to the wrong line, and links are typed by hand
_WITNESSED = 0.95  # what others can say where no producer speaks
_USUAL_SHARE = 0.4  # of time that a site runs, where nothing tells: about 70 of 168 hours of a week
_PRIOR_ROWS = 24.0  # intervals' worth of what is believed of a witness before it is held against the producers
_DEPENDENT = 0.7  # weight of each of several witnesses, which err together: choice
_MOST_ODDS = 4.0  # logarithm of the odds that one witness may add
_HOURS_OF_A_DAY = ((0.95, 0.9), (0.8, 0.3))
"""Chance that a site which ran that day ran at a minute by day and by night: one that seldom rests, and one that
rests week by week, as those do that work in shifts (choice)."""
_RESTS_A_WEEK = 0.4  # from so many on it rests week by week: a furnace stops twice a month at most
_OF_A_DAY = 0.6  # the same at any minute
_DAYLIGHT = (7.0, 20.0)  # hours of local solar-like time (Beijing) that count as day
_BEIJING_H = 8.0
_CLEAN, _LEAST_OF_RUNNING = 0.1, 0.2  # what leaves a plant that stands; an exceedance lasts for less of the time
_LONG_S = 600.0  # a change inside a shorter interval is not looked for


@dataclass(frozen=True, eq=False)
class _Witness:
    """What one record says of each interval of a site, and how reliable such a record is believed to be.

    ``hit`` is the chance that it says "runs" when the site does, ``false`` when it does not.
    """

    source: str
    share: Floats
    hit: float
    false: float


def infer_activity(records: SiteRecords) -> Activity | None:
    """Tell from a site's records when it ran; None where no record tells anything of it.

    Devices that produce are asked first (a site runs while any of them does; meters of no stated role where none is
    said to produce), each by the two levels of its own history; a meter that failed says nothing. What treats, other
    meters, flow, oxygen and concentrations of the outlets and marks of a stop speak where no producer does: their
    reliability is counted where both speak, from what is believed of their kind. Intervals without a record are NaN.

    Stops being valid where meters measure something else than they are said to; the probabilities are capped at 99 %
    (95 % from other witnesses) for that. Energy of days says whether a site ran on that day at all.

    References
    ----------
    Rabiner 1989, doi:10.1109/5.18626 (states of a device); Pearl 1988, chapter 2 (odds of independent witnesses).
    """
    told, _ = sound_devices(records)
    grid = _grid(records, told)
    if grid is None:
        return None
    time, step_s = grid
    produce = told.of_role(PRODUCTION) or told.of_role("")
    producers = _produced(produce, told, time, step_s)
    direct = np.clip(producers, 1.0 - _SURE, _SURE) if producers is not None else np.full(len(time), np.nan)
    asked = _witnesses(records, told, time, step_s) if np.isnan(direct).any() else iter(())
    witnesses = [one for one in asked if np.isfinite(one.share).any()]
    running = np.where(np.isfinite(direct), direct, _weigh(witnesses, direct))
    if not np.isfinite(running).any():
        return None
    basis = [f"{one.source} {one.name}" for one in produce] + [one.source for one in witnesses]
    return Activity(
        records.permit_code, records.uscc, records.site_name, time, np.full(len(time), step_s), running,
        tuple(dict.fromkeys(basis)),
    )  # fmt: skip


def infer_activities(series: Sequence[xr.Dataset], sites: Sequence[Site] = ()) -> Outcome[tuple[Activity, ...]]:
    """When each site ran, as far as its records can tell; in order of their first series, silent ones left out."""
    grouped = group_sites(series, sites).value
    found = tuple(activity for records in grouped if (activity := infer_activity(records)) is not None)
    values = {"sites": len(found), "silent": len(grouped) - len(found)}
    return Outcome(found, (Decision("monitors/", "activity_of_sites", values),) if grouped else ())


def running_at(activity: Activity, moment: datetime) -> float | None:
    """Probability that a site ran at a moment (UTC, or with its zone); None where no record tells.

    A share of an interval between one with and one without activity is the part beside the former: a machine that
    ran for a quarter of an hour before a stop ran in its first fifteen minutes. Where only the energy of a day is
    known, the hour tells how usual it is to run then.

    Examples
    --------
    >>> hours = np.datetime64("2026-03-02", "ns") + np.arange(3) * np.timedelta64(1, "h")
    >>> activity = Activity("P", "", "", hours, np.full(3, 3600.0), np.array([0.99, 0.25, 0.01]))
    >>> [round(running_at(activity, datetime(2026, 3, 2, 1, minute)), 2) for minute in (5, 40)]
    [0.99, 0.01]
    """
    at = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    when = np.datetime64(at.replace(tzinfo=None), "ns")
    k = int(np.searchsorted(activity.time, when, side="right")) - 1
    if k < 0:
        return None
    since_s = float((when - activity.time[k]).astype("timedelta64[ns]").astype(np.int64)) * 1e-9
    if since_s >= activity.length_s[k] or not np.isfinite(activity.running[k]):
        return None
    running = float(activity.running[k])
    if activity.length_s[k] >= DAY_S:
        local_h = (at.hour + at.minute / 60.0 + _BEIJING_H) % 24.0
        by_night = not _DAYLIGHT[0] <= local_h < _DAYLIGHT[1]
        return running * _HOURS_OF_A_DAY[_rests_weekly(activity)][by_night]
    if activity.length_s[k] < _LONG_S:
        return running
    before, after = (_beside(activity, k, step, running) for step in (-1, 1))
    return _within(running, before, after, since_s / float(activity.length_s[k]))


def _rests_weekly(activity: Activity) -> bool:
    """Whether a site of which days are known stands about once a week."""
    first, _ = runs_of(activity.running < 0.5)
    return len(first) > _RESTS_A_WEEK * len(activity.running) / 7.0


def _beside(activity: Activity, k: int, step: int, otherwise: float) -> float:
    inside = 0 <= k + step < len(activity.running)
    value = float(activity.running[k + step]) if inside else np.nan
    return value if np.isfinite(value) else otherwise


def _within(share: float, before: float, after: float, place: float) -> float:
    """Probability at a place (0 to 1) of an interval with a share, by what was before and after it."""
    first, last = before * (1.0 - after), after * (1.0 - before)
    width = min(0.2, share, 1.0 - share)

    def ramp(bound: float) -> float:
        return float(np.clip((bound - place) / max(width, 1e-6) + 0.5, 0.0, 1.0))

    found = first * ramp(share) + last * (1.0 - ramp(1.0 - share)) + (1.0 - first - last) * share
    return float(np.clip(found, 1.0 - _SURE, _SURE))


# --- producers -----------------------------------------------------------------------------------------------------


def _grid(records: SiteRecords, devices: SiteDevices) -> tuple[Times, float] | None:
    """Starts and length of equal intervals over all that can tell: those of the finest record of a device."""
    own = [(one.time[0], one.time[-1] + one.step, one.step_s) for one in devices.devices if len(one.values)]
    outlets = [
        (
            one["time"].values[0],
            one["time"].values[-1],
            {"hour": 3600.0, "day": DAY_S}.get(one.attrs["interval"], 0.0),
        )
        for one in records.series
        if one.sizes["obs"] and any("code" in variable.attrs for variable in one.data_vars.values())
    ]
    if not own and not outlets:
        return None
    step_s = min((one[2] for one in own), default=min((one[2] for one in outlets if one[2]), default=3600.0))
    step = np.timedelta64(round(step_s * 1e9), "ns")
    finest = next((one[0] for one in own if one[2] == step_s), (own or outlets)[0][0])
    begin, end = min(one[0] for one in own or outlets), max(one[1] for one in own or outlets)
    begin = finest - np.ceil((finest - begin) / step).astype(np.int64) * step
    count = min(int(np.ceil((end - begin) / step)) + (0 if own else 1), _MOST_ROWS)
    return np.asarray(begin + np.arange(max(count, 1)) * step).astype("datetime64[ns]"), step_s


def _produced(producers: Sequence[SiteDevice], devices: SiteDevices, time: Times, step_s: float) -> Floats | None:
    """Probability that any producer ran; NaN where none of them tells.

    A producer that is silent while all others stand runs as often as it did while they stood before.
    """
    if not producers:
        return None
    shares = np.array([_best(one.name, devices, time, step_s) for one in producers])
    known = np.isfinite(shares)
    idle = np.prod(np.where(known, 1.0 - np.nan_to_num(shares), 1.0), axis=0)
    for k in range(len(producers)):
        rest = [i for i in range(len(producers)) if i != k]
        if rest and not known[k].all():
            stand = known[k] & known[rest].any(axis=0) & (np.nanmax(shares[rest], axis=0, initial=0.0) < 0.5)
            usual = (shares[k][stand].sum() + _USUAL_SHARE) / (np.count_nonzero(stand) + 1.0)
            idle = np.where(known[k], idle, idle * (1.0 - usual))
    return np.where(known.any(axis=0), 1.0 - idle, np.nan)


def _best(name: str, devices: SiteDevices, time: Times, step_s: float) -> Floats:
    """What the best record of a device that speaks says of each interval."""
    found = np.full(len(time), np.nan)
    for one in devices.devices:
        if one.name == name:
            share = one.running_on(time, step_s)
            if one.step_s > step_s and one.quantity == "energy":
                share = share * _OF_A_DAY
            found = np.where(np.isfinite(found), found, share)
    return found


# --- witnesses -----------------------------------------------------------------------------------------------------


def _witnesses(records: SiteRecords, devices: SiteDevices, time: Times, step_s: float) -> Iterator[_Witness]:
    for one in devices.of_role(TREATMENT):
        if one.changes:
            yield _Witness(f"{one.source} {one.name}", _best(one.name, devices, time, step_s), 0.95, 0.15)
    for one in devices.of_role("") if devices.of_role(PRODUCTION) else ():
        hit, false = (0.95, 0.1) if one.changes else (0.55, 0.45)
        yield _Witness(f"{one.source} {one.name}", _best(one.name, devices, time, step_s), hit, false)
    for series in records.series:
        yield from _of_outlet(series, time, step_s)
        stopped = _stopped(series, time, step_s)
        if np.isfinite(stopped).any():
            yield _Witness(f"{series.attrs['source']} mark", stopped, 0.9, 0.1)


def _of_outlet(series: xr.Dataset, time: Times, step_s: float) -> Iterator[_Witness]:
    """Flow, oxygen, or where there is neither the concentrations of an outlet, as far as they know two levels."""
    found = {
        str(variable.attrs["code"]): measured(series, str(name))
        for name, variable in series.data_vars.items()
        if "code" in variable.attrs and variable.dtype.kind == "f" and not str(name).endswith("_corrected")
    }
    item = str(series.attrs["source"])
    strong = [code for code in (*FLOWS, OXYGEN) if code in found]
    weak = [code for code in found if not strong and is_pollutant(code)]
    for code in strong or weak:
        values = AIR_OXYGEN - found[code] if code == OXYGEN else found[code]
        levels = split_levels(values)
        if levels is not None and (strong or _is_of_stops(values, levels)):
            share = on_grid(series, share_on(values, levels), time, step_s)
            yield _Witness(f"{item} {code}", share, *((0.9, 0.1) if strong else (0.8, 0.2)))


def _is_of_stops(values: Floats, levels: Levels) -> bool:
    """Whether two levels of a concentration are those of running and standing, not of use and of an exceedance."""
    share = float((values[np.isfinite(values)] > levels.bound).mean())
    return levels.off <= _CLEAN * levels.on and share >= _LEAST_OF_RUNNING


def _stopped(series: xr.Dataset, time: Times, step_s: float) -> Floats:
    """Zero where the record is marked as that of a plant that stands; what is not so marked tells nothing."""
    stopped = np.zeros(series.sizes["obs"], np.bool_)
    for name, variable in series.data_vars.items():
        if str(name).endswith("mark"):
            stopped |= (conditions_of(variable) & Condition.STOPPED) > 0
    return on_grid(series, np.where(stopped, 0.0, np.nan), time, step_s) if stopped.any() else np.full(1, np.nan)


def _weigh(witnesses: Sequence[_Witness], direct: Floats) -> Floats:
    """Probability by all witnesses together; NaN where none speaks."""
    told = np.isfinite(direct)
    usual = (direct[told].sum() + _USUAL_SHARE * _PRIOR_ROWS) / (np.count_nonzero(told) + _PRIOR_ROWS)
    odds = np.full(len(direct), np.log(usual / (1.0 - usual)))
    spoken = np.zeros(len(direct), np.bool_)
    for one in witnesses:
        ratio = _ratio(one, direct)
        speaks = np.isfinite(ratio)
        odds = odds + np.where(speaks, (_DEPENDENT if len(witnesses) > 1 else 1.0) * np.nan_to_num(ratio), 0.0)
        spoken |= speaks
    found = 1.0 / (1.0 + np.exp(-odds))
    return np.where(spoken, np.clip(found, 1.0 - _WITNESSED, _WITNESSED), np.nan)


def _ratio(one: _Witness, direct: Floats) -> Floats:
    """Logarithm of the likelihood ratio of what a witness says, as reliable as it was where the producers speak."""
    both = np.isfinite(direct) & np.isfinite(one.share)
    ran, stood, share = direct[both], 1.0 - direct[both], one.share[both]
    hit = ((ran * share).sum() + one.hit * _PRIOR_ROWS) / (ran.sum() + _PRIOR_ROWS)
    false = ((stood * share).sum() + one.false * _PRIOR_ROWS) / (stood.sum() + _PRIOR_ROWS)
    says = np.clip(one.share, 0.02, 0.98)
    ratio = np.log((says * hit + (1 - says) * (1 - hit)) / (says * false + (1 - says) * (1 - false)))
    return np.asarray(np.clip(ratio, -_MOST_ODDS, _MOST_ODDS))
