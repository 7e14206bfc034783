"""Exceedance: hours or days whose value lies above the limit that the record states, unmarked and marked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitors.records.conditions import NOT_MEASURED, Condition
from monitors.records.evidence import Evidence, evidence_of
from monitors.records.matrices import SiteMatrices
from monitors.records.regular import Regular
from monitors.records.runs import Bools, Floats, Run, find_runs, join_runs
from monitors.records.validity import means_of
from monitors.schema import Anomaly

_WATER = "w"
_SAME_CASE = 6  # slots: checks, dips and marks that interrupt an exceedance do not make another of it
_SHORT_CHECK = 2
"""Hours of calibration in a row whose values are those of a standard, not of the outlet (HJ 75-2017: daily)."""


def seek_exceedances(site: SiteMatrices) -> Iterator[Anomaly]:
    """Find the runs of hours or days above the limit, of every quantity that has one.

    The value at reference oxygen (折算) is compared where the record gives one, else the measured one; of a gap
    nothing is known, so it ends a run. Minutes are held against the limit as hours of at least 45 valid ones. Of
    waste water, whose limits are those of a day, days of at least 20 valid hours are compared as well where the
    record has none of its own. What the firm marked divides a run: hours that bear a mark are a
    ``marked_exceedance``, for a person to weigh, not one less; the values of a short calibration are those of its
    standard and are not told, nor those of a stop that was one. ``strength`` is the highest value
    over the limit. Says nothing of a limit that the record does not state, nor whether the analyser was right.

    References
    ----------
    HJ 75-2017, 12 (valid hours are compared at reference oxygen); GB 13223-2011, 5.1 (hourly means); GB 18918-2002,
    4.1.4.2 (daily means of water).

    Examples
    --------
    >>> import xarray as xr
    >>> from monitors.records.matrices import matrices_of
    >>> from monitors.schema import SiteRecords
    >>> hours = np.datetime64("2026-03-02", "ns") + np.arange(4) * np.timedelta64(1, "h")
    >>> values = ("obs", np.array([40.0, 60.0, 75.0, 50.0]), {"units": "mg m-3", "code": "a21026", "limit": 50.0})
    >>> series = xr.Dataset({"a21026": values}, {"time": ("obs", hours)}, {"interval": "hour", "point": "1#"})
    >>> found = seek_exceedances(matrices_of(SiteRecords("P1", "", "", (series,))))
    >>> [(one.code, one.start.hour, one.end.hour, one.strength) for one in found]
    [('a21026', 1, 3, 1.5)]
    """
    settings = site.settings
    for outlet in site.outlets:
        siblings = {other.interval for other in site.outlets if _same_point(other, outlet)}
        hours = outlet
        if outlet.interval == "minute":
            if "hour" in siblings:
                continue
            hours = means_of(outlet, "hour", settings.valid_min)
        yield from _above(site, hours, hours.limits)
        water = np.array([code.startswith(_WATER) for code in outlet.codes])
        if "day" not in siblings and water.any():
            limits = np.where(water, outlet.limits, np.nan)
            yield from _above(site, means_of(hours, "day", settings.valid_h), limits, mean_of="valid_hours")


def _same_point(one: Regular, other: Regular) -> bool:
    return all(one.series.attrs.get(name, "") == other.series.attrs.get(name, "") for name in ("mn", "point"))


def _above(site: SiteMatrices, outlet: Regular, limits: Floats, mean_of: str = "") -> Iterator[Anomaly]:
    above = outlet.compared > limits[:, None]
    if not above.any():
        return
    marked = outlet.has(NOT_MEASURED)
    cases, alive = join_runs(find_runs(above), _SAME_CASE), site.alive(outlet)
    for run in find_runs(above & ~marked):
        yield _exceedance("exceedance", outlet, run, mean_of, _evidence(outlet, run, cases, alive))
    for run in find_runs(above & marked & ~outlet.has(Condition.SUBSTITUTED)):
        if not (_is_check(site, outlet, run) or _stood(site, outlet, run)):
            yield _exceedance("marked_exceedance", outlet, run, mean_of, _evidence(outlet, run, cases, alive))


def _exceedance(kind: str, outlet: Regular, run: Run, mean_of: str, evidence: Evidence) -> Anomaly:
    limit, highest = float(outlet.limits[run.quantity]), float(outlet.compared[run.quantity, run.slots].max())
    values: dict[str, float | str] = {
        "compared": "corrected" if outlet.has_corrected[run.quantity] else "measured",
        "highest": highest,
        "limit": limit,
        "unit": outlet.units[run.quantity],
        "interval": outlet.interval,
        "intervals": float(run.length),
    }
    if mean_of:
        values["mean_of"] = mean_of
    return outlet.tell(kind, run, highest / limit, values | evidence)


def _evidence(outlet: Regular, run: Run, cases: list[Run], alive: Bools) -> Evidence:
    """What the whole case looks like that a run is part of."""
    case = next(c for c in cases if c.quantity == run.quantity and c.first <= run.first <= c.last)
    return evidence_of(outlet, case, alive)


def _stood(site: SiteMatrices, outlet: Regular, run: Run) -> bool:
    """Whether a run marked as a stop is one, as power or the values say; what they convert to means nothing."""
    if not (outlet.conditions[run.quantity, run.slots] & np.uint16(Condition.STOPPED)).any():
        return False
    running = site.running(outlet)[run.slots]
    known = running[np.isfinite(running)]
    stood = known.mean() < 0.5 if known.size else True
    return bool(stood and not outlet.alive[run.slots].mean() > 0.5)


def _is_check(site: SiteMatrices, outlet: Regular, run: Run) -> bool:
    """Whether a marked run is calibration alone: a short one, or one of working hours, which has its own rule."""
    said = outlet.conditions[run.quantity, run.slots] & np.uint16(NOT_MEASURED)
    if not (said == np.uint16(Condition.CALIBRATION)).all():
        return False
    return run.length <= _SHORT_CHECK or bool(in_work(site, outlet)[run.slots].any())


def in_work(site: SiteMatrices, outlet: Regular) -> Bools:
    """Slots of an outlet that begin in the local hours of work, shape (slot,)."""
    hour = outlet.local_hours % 24
    return np.asarray((hour >= site.settings.work_from_h) & (hour < site.settings.work_until_h))
