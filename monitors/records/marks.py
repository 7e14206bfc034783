"""Marks put to the test: by power, by the values under them, by their hours in a year and by the industry.

Since 2026-01-01 a false mark is itself falsification (State Council Order 820, 生态环境监测条例, article 25), so
what is told here is a lead that a person must see, never a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitors.records.conditions import Condition
from monitors.records.evidence import evidence_of
from monitors.records.limits import in_work
from monitors.records.matrices import SiteMatrices
from monitors.records.regular import Regular
from monitors.records.runs import Bools, Floats, Run, find_runs, join_runs
from monitors.schema import Anomaly

INDUSTRIES = ("4411", "4412", "4417", "3011", "221", "222", "7723", "7724", "7820")
"""GB/T 4754-2017 of MEE 2022 no. 21: thermal power, heat and power, biomass and waste, cement, pulp, paper, and
the treatment of waste, under which registers list incinerators (no code says which of them burn it)."""
_CONTRADICTED_SLOTS = 2
_SURE = 0.8  # that the site ran, to contradict a stop
_ORDINARY_STEP = 8.0  # changes of the series' own noise that a working analyser makes, at most
_ORDINARY_NOISE = (0.3, 3.0)  # of the usual change from slot to slot
_ORDINARY_RISE = (0.5, 2.5)  # of the values around
_CHECKS = 5  # that say what the level of a daily check is
_CHECK_TOLERANCE = 0.10  # HJ 355-2019: standard check every 24 h, ± 10 %
_AMMONIA, _AMMONIA_LOW, _AMMONIA_TOLERANCE = "w21003", 2.0, 0.3  # HJ 355-2019: ± 0.3 mg/L below 2
_CHECK_SPREAD = 0.05  # of the level: checks that scatter more are of several standards
_ACCOUNTED = Condition.FAULT | Condition.STARTING
_HOUR = np.timedelta64(3600, "s")


def seek_marks(site: SiteMatrices) -> Iterator[Anomaly]:
    """Find marks that power, values, the year or the industry contradict, and calibrations that ask for a reason.

    Each is stated in the function of its name: `stops`, `faults`, `hours_of_year`, `outside_industry`,
    `calibrations`, `checks`.
    """
    for outlet in site.outlets:
        if not outlet.conditions.any():
            continue
        running = site.running(outlet)
        yield from stops(outlet, running)
        yield from faults(outlet, running, site.alive(outlet))
        yield from hours_of_year(site, outlet)
        yield from outside_industry(site, outlet)
        if outlet.interval != "day":
            checked = checks_of(outlet)
            yield from calibrations(site, outlet, checked)
            yield from checks(outlet, checked)


def stops(outlet: Regular, running: Floats) -> Iterator[Anomaly]:
    """Find hours marked as a stop in which the site ran: ``stop_marked_but_running``.

    Formula: a mark of a stop on the outlet, a probability of running of 0.8 or more, and values that do not say
    themselves that it stood (`Regular.alive`), for 2 slots in a row; ``strength`` is the number of slots over two.
    Where no record of power speaks, nothing is told. It cannot tell one line that stands from the other that
    runs, where meters do not say whose they are.
    """
    stopped = outlet.has(Condition.STOPPED) & outlet.alive
    for run in _once(join_runs(find_runs(stopped & (running >= _SURE), _CONTRADICTED_SLOTS), 1)):
        values: dict[str, float | str] = {
            "running": float(np.nanmean(running[run.slots])),
            "intervals": float(run.length),
        }
        yield outlet.tell("stop_marked_but_running", run, run.length / _CONTRADICTED_SLOTS, values)


def faults(outlet: Regular, running: Floats, alive: Bools) -> Iterator[Anomaly]:
    """Find marks of a fault or of maintenance under which the analyser measured as always: ``mark_contradicted``.

    Formula: in a run of 2 slots or more whose values were sent with such a mark, every quantity that can tell
    changes as it does unmarked: no step, in or out, beyond 8 times the usual change, noise within 0.3 to 3 of the
    usual, fewer than half repeated, a level within 0.5 to 2.5 of the hours around, and the site ran where its
    records tell. ``strength`` is the number of such slots over two. It cannot tell a repair that left the values
    alone: one such run means little, many in hours of high load mean more (`monitors.causes`).
    """
    sent = (outlet.sent & np.uint16(Condition.FAULT | Condition.MAINTENANCE)) != 0
    doubted = sent & np.isfinite(outlet.values)
    runs = find_runs(doubted, _CONTRADICTED_SLOTS)
    by_slots: dict[tuple[int, int], list[Run]] = {}
    for run in runs:
        by_slots.setdefault((run.first, run.last), []).append(run)
    for same in by_slots.values():
        ran = running[same[0].slots]
        if np.isfinite(ran).any() and np.nanmean(ran) < 0.5:
            continue
        seen = [evidence_of(outlet, run, alive) for run in same]
        telling = [one for one in seen if "onset" in one or "ending" in one]
        if telling and all(_is_ordinary(one) for one in telling):
            values: dict[str, float | str] = {
                "quantities": float(len(same)),
                "intervals": float(same[0].length),
                "high_load": _high_load(outlet, same[0]),
                **telling[0],
            }
            yield outlet.tell("mark_contradicted", same[0], same[0].length / _CONTRADICTED_SLOTS, values)


def _is_ordinary(seen: dict[str, float | str]) -> bool:
    steps = [float(seen[name]) for name in ("onset", "ending") if name in seen]
    noise, rise = float(seen.get("noise", 1.0)), float(seen.get("rise", 1.0))
    return (
        max(steps) <= _ORDINARY_STEP
        and _ORDINARY_NOISE[0] <= noise <= _ORDINARY_NOISE[1]
        and _ORDINARY_RISE[0] <= rise <= _ORDINARY_RISE[1]
        and float(seen.get("repeats", 0.0)) < 0.5
    )


def _high_load(outlet: Regular, run: Run) -> float:
    """Share of the measured values of the quantity that lie below the median of the run."""
    usual = outlet.values[run.quantity][outlet.measured[run.quantity]]
    return float(np.mean(usual < np.nanmedian(outlet.values[run.quantity, run.slots]))) if usual.size else 0.5


def _once(runs: list[Run]) -> list[Run]:
    """Runs of several quantities in the same slots, once."""
    return list({(run.first, run.last): run for run in reversed(runs)}.values())[::-1]


def hours_of_year(site: SiteMatrices, outlet: Regular) -> Iterator[Anomaly]:
    """Find years in which hours marked as fault, accident or start exceed what a year may have: ``marks_over_limit``.

    Formula: hours of the local year in which any quantity bears such a mark, over ``marked_hours`` of the settings
    (60; GB 18485-2014 for waste incineration; others have limits of their own). ``strength`` is their ratio.
    A record that begins or ends within the year counts what it has: it says too little, never too much.
    """
    marked = outlet.has(_ACCOUNTED).any(axis=0)
    years = (outlet.local_hours // 1).astype("datetime64[h]").astype("datetime64[Y]").astype(np.int64) + 1970
    hours = float(outlet.length / _HOUR)
    for year in np.unique(years[marked]).tolist():
        at = np.flatnonzero(marked & (years == year))
        total = at.size * hours
        if total > site.settings.marked_h:
            quantity = int(np.argmax(outlet.has(_ACCOUNTED)[:, at].sum(axis=1)))
            values: dict[str, float | str] = {
                "hours": total,
                "allowed": site.settings.marked_h,
                "year": float(year),
            }
            run = Run(quantity, int(at[0]), int(at[-1]))
            yield outlet.tell("marks_over_limit", run, total / site.settings.marked_h, values)


def outside_industry(site: SiteMatrices, outlet: Regular) -> Iterator[Anomaly]:
    """Find marks on the platform outside the industries to which its rules apply: ``marks_outside_industry``.

    Formula: any mark of a condition of the plant (not the letters that an analyser sends) while the register's code
    of GB/T 4754 is not of `INDUSTRIES` (MEE 2022 no. 21); once a record. ``strength`` is 1 and the share of marked
    slots. It says nothing of a site whose industry no register states.
    """
    industry = site.records.site.industry_code if site.records.site is not None else ""
    if not industry or industry.startswith(INDUSTRIES) or "mark" not in outlet.series.variables:
        return
    rows = outlet.row[outlet.row >= 0]
    marked = np.zeros(outlet.slots, bool)
    marked[outlet.row >= 0] = outlet.series["mark"].values[rows] != 0
    marked &= (outlet.conditions != 0).any(axis=0)
    at = np.flatnonzero(marked)
    if at.size:
        quantity = int(np.argmax((outlet.conditions != 0).sum(axis=1)))
        values: dict[str, float | str] = {"industry": industry, "hours": float(at.size * (outlet.length / _HOUR))}
        run = Run(quantity, int(at[0]), int(at[-1]))
        yield outlet.tell("marks_outside_industry", run, 1.0 + at.size / outlet.slots, values)


# --- calibrations and checks ---------------------------------------------------------------------------------------


def checks_of(outlet: Regular) -> Bools:
    """Slots of the daily check of each quantity: single calibrations at the local hour of most of them."""
    calibrating = outlet.has(Condition.CALIBRATION)
    checked = np.zeros_like(calibrating)
    of_day = outlet.local_hours % 24
    for quantity in np.flatnonzero(calibrating.any(axis=1)).tolist():
        hours = of_day[calibrating[quantity]]
        usual = int(np.bincount(hours, minlength=24).argmax())
        if np.count_nonzero(hours == usual) >= _CHECKS:
            checked[quantity] = calibrating[quantity] & (of_day == usual)
    return checked


def calibrations(site: SiteMatrices, outlet: Regular, checked: Bools) -> Iterator[Anomaly]:
    """Find calibrations of hours in working time: ``calibration_in_work_hours``.

    Formula: 2 or more hours in a row marked as calibration, besides that of the daily check, in the local hours of
    work of the settings; zero and span take less than an hour (HJ 75-2017). ``strength`` is their number over
    two. It cannot tell a repair that needed them, and says what was emitted meanwhile of no record.
    """
    least = max(int(2 * _HOUR / outlet.length), 1)
    long = find_runs(outlet.has(Condition.CALIBRATION) & ~checked, least)
    work = in_work(site, outlet)
    for run in _once([one for one in long if np.count_nonzero(work[one.slots]) >= least]):
        values: dict[str, float | str] = {
            "hours": run.length * float(outlet.length / _HOUR),
            "work_from": float(site.settings.work_from_h),
            "work_until": float(site.settings.work_until_h),
        }
        yield outlet.tell("calibration_in_work_hours", run, run.length / least, values)


def checks(outlet: Regular, checked: Bools) -> Iterator[Anomaly]:
    """Find daily standard checks that failed: ``check_failed``.

    Formula: the value of a check against the middle of all checks of the quantity, beyond ± 10 % (HJ 355-2019;
    ammonia nitrogen below 2 mg/L: ± 0.3 mg/L). A failed check invalidates back to the last one that passed, so the
    span begins there; checks that follow each other are one span. ``strength`` is the largest difference over the
    tolerance. The level of the standard is not in the record: where checks scatter by more than 5 % they are of
    several standards and nothing is told, and a standard that was replaced by another level is taken for a failure.
    """
    for quantity in np.flatnonzero(checked.any(axis=1)).tolist():
        at = np.flatnonzero(checked[quantity] & np.isfinite(outlet.values[quantity]))
        if at.size < _CHECKS:
            continue
        values = outlet.values[quantity, at]
        level = float(np.median(values))
        if level <= 0 or np.median(np.abs(values - level)) > _CHECK_SPREAD * level:
            continue
        low = outlet.codes[quantity] == _AMMONIA and level < _AMMONIA_LOW
        tolerance = _AMMONIA_TOLERANCE if low else _CHECK_TOLERANCE * level
        for run in find_runs(np.abs(values - level) > tolerance):
            first = int(at[run.first - 1]) + 1 if run.first else int(at[run.first])
            worst = int(run.first + np.argmax(np.abs(values - level)[run.slots]))
            said: dict[str, float | str] = {
                "value": float(values[worst]), "level": level, "tolerance": tolerance,
                "unit": outlet.units[quantity], "checks": float(run.length),
            }  # fmt: skip
            span = Run(quantity, first, int(at[run.last]))
            strength = abs(float(values[worst]) - level) / tolerance
            yield outlet.tell("check_failed", span, strength, said)
