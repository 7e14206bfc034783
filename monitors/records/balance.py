"""What cannot be together: ammonia above total nitrogen, zeros and negatives of a plant that runs, diluted oxygen."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from monitors.records.conditions import NOT_MEASURED
from monitors.records.matrices import SiteMatrices
from monitors.records.quantities import AIR_OXYGEN, FLOWS, OXYGEN, is_pollutant
from monitors.records.regular import Regular
from monitors.records.runs import Bools, Floats, find_runs, join_runs
from monitors.schema import Anomaly

AMMONIA, NITROGEN = "w21003", "w21001"
_NITROGEN_RATIO = 1.05  # two analysers that pass their checks may each be off by 10 % (HJ 355-2019), seldom both
_NITROGEN_SLOTS = 2
_LEAST_SLOTS = 2  # one value alone may be the hour of a start or a stop
_NEGATIVE = 0.05  # of the usual value: zero drift that a check passes (HJ 76-2017: 2.5 % of a range of two limits)
_RARE_RUNS, _RARE_SHARE = 3, 1 / 720  # zeros that come oftener (once a month) are a habit: a night, below detection
_AT_WORK = 0.5  # of the usual value, or of certainty: what says that there is something to be measured
_DILUTION = 2.0  # factor by which oxygen thins the flue gas against the usual
_STANDS = 20.3  # per cent oxygen: the flue of a plant that stands
_DILUTED_SLOTS = 3


def seek_imbalances(site: SiteMatrices) -> Iterator[Anomaly]:
    """Find values of one hour that contradict one another, or the plant that runs.

    Means of hours and minutes that no mark takes out are judged. Each has a formula of its own: `ammonia_above`,
    `oxygen_dilution`, `zeros`, `negatives`.
    """
    for outlet in site.outlets:
        if outlet.interval == "day":
            continue
        running = site.running(outlet)
        yield from ammonia_above(outlet)
        yield from oxygen_dilution(outlet, running)
        yield from zeros(outlet, running)
        yield from negatives(outlet)


def ammonia_above(outlet: Regular) -> Iterator[Anomaly]:
    """Find ammonia nitrogen above the total nitrogen of which it is a part.

    Formula: NH3-N / TN > 1.05 for 2 slots or more; ``strength`` is the highest ratio over 1.05. It cannot tell
    which of the two analysers is wrong; a lag between their samples passes in one slot.
    """
    ammonia, total = outlet.index(AMMONIA), outlet.index(NITROGEN)
    if ammonia is None or total is None:
        return
    judged = outlet.measured[ammonia] & outlet.measured[total] & (outlet.values[total] > 0)
    ratio = np.where(judged, outlet.values[ammonia] / np.where(judged, outlet.values[total], 1.0), 0.0)
    for run in join_runs(find_runs(ratio > _NITROGEN_RATIO, _NITROGEN_SLOTS), 1):
        worst = run.first + int(np.argmax(ratio[run.slots]))
        values: dict[str, float | str] = {
            "ammonia": float(outlet.values[ammonia, worst]),
            "total": float(outlet.values[total, worst]),
            "unit": outlet.units[ammonia],
            "intervals": float(run.length),
        }
        strength = ratio[worst] / _NITROGEN_RATIO
        yield outlet.tell("ammonia_above_total_nitrogen", run._replace(quantity=ammonia), strength, values)


def oxygen_dilution(outlet: Regular, running: Floats) -> Iterator[Anomaly]:
    """Find oxygen far above the usual while the plant burns.

    Formula: ``(21 - usual O2) / (21 - O2)`` of 2 or more for 3 slots, below 20.3 %, unmarked, while the site
    runs; where nobody knows whether it does, the concentration times this factor must be at least half its usual.
    The usual is the median below 19 %. ``strength`` is the factor over 2. It cannot tell a leak from air that is
    let in, and takes a start that nobody marked for either; the converted value, where it is compared, is not
    deceived by it.
    """
    place = outlet.index(OXYGEN)
    if place is None:
        return
    oxygen = np.where(outlet.measured[place], outlet.values[place], np.nan)
    burning = oxygen[oxygen < 19.0]
    if burning.size < 24:
        return
    usual = float(np.median(burning))
    factor = (AIR_OXYGEN - usual) / np.maximum(AIR_OXYGEN - oxygen, 0.1)
    undiluted = _undiluted(outlet, factor)
    diluted = (
        (factor >= _DILUTION) & (oxygen < _STANDS) & _ran(running, np.asarray((undiluted >= _AT_WORK).any(axis=0)))
    )
    for run in join_runs(find_runs(diluted, _DILUTED_SLOTS), 1):
        there = factor[run.slots]
        values: dict[str, float | str] = {
            "oxygen": float(np.nanmedian(oxygen[run.slots])),
            "usual": usual,
            "factor": float(np.nanmedian(there)),
            **_in_middle("undiluted", undiluted[:, run.slots]),
            "unit": outlet.units[place],
            "intervals": float(run.length),
        }
        yield outlet.tell(
            "oxygen_dilution",
            run._replace(quantity=place),
            float(np.nanmax(there)) / _DILUTION,
            values,
            ("air_leak",),
        )


def _in_middle(name: str, shares: Floats) -> dict[str, float]:
    """The middle of what is known, by name; nothing where nothing is."""
    known = shares[np.isfinite(shares)]
    return {name: float(np.median(known))} if known.size else {}


def _undiluted(outlet: Regular, factor: Floats) -> Floats:
    """What each substance would be without the dilution, as a share of its usual value; (substance, slot)."""
    chosen = [q for q, code in enumerate(outlet.codes) if is_pollutant(code) and outlet.usual[q] > 0]
    return np.asarray(outlet.values[chosen] * factor / outlet.usual[chosen][:, None])


def _ran(running: Floats, else_: Bools) -> Bools:
    """Slots in which the site ran; where nobody knows, what else says so."""
    return np.asarray(np.where(np.isnan(running), else_, running >= _AT_WORK))


def zeros(outlet: Regular, running: Floats) -> Iterator[Anomaly]:
    """Find zeros where there is something to be measured.

    ``zero``: two slots or more of a substance at zero while the site runs (where nobody knows: while another
    quantity is at half of its usual value or more); left out are quantities that do so oftener than three
    times and once a month: they are below detection, or stand by night. ``flow_zero``: the same of a
    flow, with a substance at half of its usual value. ``strength`` is the number of slots over two. It cannot
    tell a pump that stands from a value that was written, nor, without records of power, a short stop from
    either.
    """
    judged = np.isfinite(outlet.values) & ~outlet.has(NOT_MEASURED)
    is_zero = judged & (outlet.values == 0)
    if not is_zero.any():
        return
    high = judged & (outlet.values >= _AT_WORK * outlet.usual[:, None]) & (outlet.usual[:, None] > 0)
    pollutant = np.array([is_pollutant(code) for code in outlet.codes])
    for quantity, code in enumerate(outlet.codes):
        flow = code in FLOWS
        if not (flow or pollutant[quantity]) or not is_zero[quantity].any():
            continue
        others = high.copy()
        others[quantity] = False
        spoken: Bools = np.any(others & pollutant[:, None] if flow else others, axis=0)
        at_work = _ran(running, spoken) & (spoken if flow else np.True_)
        runs = join_runs(find_runs(is_zero[quantity] & at_work), 1)
        if len(runs) > max(_RARE_RUNS, _RARE_SHARE * outlet.slots):
            continue
        for run in (run for run in runs if run.length >= _LEAST_SLOTS):
            values: dict[str, float | str] = {
                "usual": float(outlet.usual[quantity]),
                "unit": outlet.units[quantity],
                "intervals": float(run.length),
            }
            kind = "flow_zero" if flow else "zero"
            yield outlet.tell(kind, run._replace(quantity=quantity), run.length / _LEAST_SLOTS, values, ("stop",))


def negatives(outlet: Regular) -> Iterator[Anomaly]:
    """Find values below zero of what cannot be: substances, flows and oxygen.

    Formula: below minus 5 % of the usual value and below two steps of the record; ``strength`` is the lowest value
    over that. Small negatives about zero are the noise of an honest analyser and are not told.
    """
    chosen = np.array([is_pollutant(code) or code in FLOWS or code == OXYGEN for code in outlet.codes])
    scale = np.where(np.isfinite(outlet.usual), np.abs(outlet.usual), 0.0)
    bound = np.maximum(_NEGATIVE * scale, 2.0 * outlet.resolution)
    below = (outlet.values < -bound[:, None]) & chosen[:, None] & ~outlet.has(NOT_MEASURED)
    for run in join_runs(find_runs(below), 3):
        lowest = float(np.nanmin(outlet.values[run.quantity, run.slots]))
        values: dict[str, float | str] = {
            "lowest": lowest,
            "usual": float(outlet.usual[run.quantity]),
            "unit": outlet.units[run.quantity],
            "intervals": float(run.length),
        }
        strength = -lowest / float(bound[run.quantity]) if bound[run.quantity] > 0 else 1.0
        yield outlet.tell("negative", run, strength, values, ("zero_drift",))
