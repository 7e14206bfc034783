"""What can have made an anomaly: prior odds of its kind times the likelihood ratios of independent witnesses.

No decision tree: every witness multiplies, none decides alone. The priors of a kind are rough shares of what people
found on site: of leads from automatic monitoring more than nine in ten were faults or maintenance (China Environment
News, 2025-08-12), the rest is divided by what the kind can mean at all. The ratios are engineering judgement, stated
with the reason beside each; they were held against the simulator's seeds below 1000 and never against others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType

import numpy as np

from monitors.schema import Activity, Anomaly, Cause

E, T, F, M, O, R = (  # noqa: E741
    Cause.EMISSION,
    Cause.TAMPERING,
    Cause.FAULT,
    Cause.MAINTENANCE,
    Cause.OPERATION,
    Cause.TRANSMISSION,
)
_STOOD, _NEAR = 0.1, timedelta(hours=12)
_FLOOR = 0.005  # of every prior: no kind excludes a cause


def _prior(**shares: float) -> Mapping[Cause, float]:
    named = {Cause(name): share for name, share in shares.items()}
    return MappingProxyType({cause: max(named.get(cause, 0.0), _FLOOR) for cause in Cause})


PRIORS: Mapping[str, Mapping[Cause, float]] = MappingProxyType({
    "exceedance": _prior(emission=0.76, fault=0.20, operation=0.02, maintenance=0.02),
    "marked_exceedance": _prior(emission=0.175, tampering=0.175, fault=0.15, maintenance=0.30, operation=0.20),
    "near_limit": _prior(tampering=0.60, operation=0.30, emission=0.05, fault=0.05),
    "constant": _prior(fault=0.85, tampering=0.13),
    "frozen_pair": _prior(fault=0.50, tampering=0.50),
    "negative": _prior(fault=0.96, maintenance=0.02),
    "zero": _prior(fault=0.85, tampering=0.05, operation=0.08),
    "flow_zero": _prior(fault=0.85, tampering=0.05, operation=0.08),
    "step": _prior(fault=0.40, tampering=0.175, operation=0.325, maintenance=0.05),
    "drift": _prior(fault=0.85, operation=0.10),
    "noise_collapse": _prior(fault=0.80, tampering=0.15),
    "spike": _prior(fault=0.60, emission=0.15, operation=0.15, maintenance=0.05),
    "periodicity": _prior(tampering=0.75, fault=0.15, operation=0.10),
    "missing": _prior(transmission=0.80, fault=0.15),
    "late": _prior(transmission=0.96),
    "ammonia_above_total_nitrogen": _prior(fault=0.94, tampering=0.03),
    "oxygen_dilution": _prior(tampering=0.60, fault=0.25, operation=0.10),
    "converted_differs": _prior(tampering=0.60, fault=0.35),
    "stop_marked_but_running": _prior(tampering=0.85, fault=0.05, operation=0.08),
    "mark_contradicted": _prior(tampering=0.55, maintenance=0.30, fault=0.10),
    "marks_over_limit": _prior(tampering=0.45, fault=0.30, maintenance=0.15, operation=0.05),
    "marks_outside_industry": _prior(tampering=0.50, operation=0.40, maintenance=0.05),
    "calibration_in_work_hours": _prior(maintenance=0.85, tampering=0.13),
    "substituted": _prior(operation=0.96),
    "check_failed": _prior(fault=0.95, maintenance=0.02),
    "treatment_off": _prior(emission=0.88, fault=0.08),
    "idle_treatment": _prior(emission=0.85, fault=0.08, operation=0.05),
    "production_in_stop": _prior(emission=0.90, operation=0.05),
    "meter_offline": _prior(fault=0.70, transmission=0.25),
})  # fmt: skip
"""Share of each cause among anomalies of a kind, before any witness is heard. Those of exceedances and steps weigh
the costs too: a true emission that is called a fault is lost, so at most 3 % of them are (drawn records of seeds
0-40)."""


@dataclass(frozen=True, eq=False)
class Context:
    """What else is known where an anomaly is weighed: the others of the site, and when it ran."""

    others: Sequence[Anomaly]
    activity: Activity | None = None

    def meets(self, one: Anomaly, *kinds: str, same_quantity: bool = False) -> bool:
        """Whether another anomaly of these kinds shares time with one."""
        return any(
            other.kind in kinds and other.start < one.end and one.start < other.end
            for other in self.others
            if other is not one and (not same_quantity or other.code == one.code)
        )

    def running(self, one: Anomaly) -> float:
        """Mean chance that the site ran in the time of an anomaly, NaN where nobody knows."""
        if self.activity is None or not self.activity.time.size:
            return float("nan")
        first, last = (np.datetime64(at.replace(tzinfo=None), "ns") for at in (one.start, one.end))
        low, high = np.searchsorted(self.activity.time, [first, last])
        there = self.activity.running[low : max(high, low + 1)]
        there = there[np.isfinite(there)]
        return float(there.mean()) if there.size else float("nan")

    def stood(self, one: Anomaly) -> bool:
        """Whether the site stood in an anomaly, or in one of the same quantity and kind within half a day of it."""
        return any(
            self.running(other) < _STOOD
            for other in self.others
            if (other.kind, other.code, other.point) == (one.kind, one.code, one.point)
            and other.start - one.end < _NEAR
            and one.start - other.end < _NEAR
        )


@dataclass(frozen=True)
class Sign:
    """Something that can be seen: of which kinds it speaks, whether it is there, and its likelihood under causes."""

    name: str
    kinds: tuple[str, ...]
    seen: Callable[[Anomaly, Context], bool]
    ratios: Mapping[Cause, float]


def _number(one: Anomaly, name: str, default: float) -> float:
    value = one.values.get(name, default)
    return float(value) if not isinstance(value, str) else default


def _marked(one: Anomaly, *words: str) -> bool:
    return any(rival.startswith("marked:") and any(word in rival for word in words) for rival in one.rivals)


_ABOVE = ("exceedance", "marked_exceedance")
_ABSURD = ("constant", "ammonia_above_total_nitrogen", "frozen_pair", "negative")
"""What cannot be, of the same values."""
_UNTREATED = ("treatment_off", "idle_treatment")
_OUTLINES = ("step", "spike", "noise_collapse")
_EVENTS = (*_ABOVE, "near_limit", "periodicity", "check_failed", *_UNTREATED)
_ABRUPT = 9.0  # usual changes: what treatment that gives out does not do from one hour to the next
WITNESSES: tuple[Sign, ...] = (
    # the site stood: nothing was there to be emitted, so the value is of the analyser
    Sign("stood", _ABOVE, lambda a, c: c.stood(a), {E: 0.05, T: 0.2}),
    # a value that repeats beyond its habit is of a stuck analyser: emissions scatter
    Sign("repeats", _ABOVE, lambda a, _: _number(a, "repeats", 0.0) > 0.5, {E: 0.02, T: 0.1}),
    # an outlet mixes: what leaves it does not scatter several times more than it always did
    Sign("noisy", _ABOVE, lambda a, _: _number(a, "noise", 1.0) > 2.5, {E: 0.35, T: 0.3}),
    Sign("calm", _ABOVE, lambda a, _: 0.3 <= _number(a, "noise", 9.0) <= 2.0, {F: 0.5}),
    # treatment that gives out does so over hours; a failing part of an analyser from one value to the next
    Sign("abrupt", _ABOVE, lambda a, _: _number(a, "onset", 0.0) > _ABRUPT, {E: 0.25, T: 0.3, O: 0.5}),
    Sign("ended", _ABOVE, lambda a, _: _number(a, "ending", 0.0) > _ABRUPT, {E: 0.6, T: 0.3, O: 0.5}),
    Sign("gradual", _ABOVE, lambda a, _: _number(a, "onset", 99.0) < 6.0, {F: 0.4, M: 0.3}),
    # one hour, out of nothing and back: no plant does that
    Sign("single", _ABOVE, lambda a, _: _is_single(a), {E: 0.1, T: 0.2, O: 0.3}),
    # a power cut or a repair before: analysers come back wrong
    Sign("outage", ("exceedance",), lambda a, _: _number(a, "outage", 0.0) > 0.5, {E: 0.2, T: 0.3}),
    # one flue, one treatment: what goes through it rises together
    Sign("together", _ABOVE, lambda a, _: _number(a, "others", 0.0) > 1.2, {F: 0.25, M: 0.4}),
    Sign("alone", _ABOVE, lambda a, _: _number(a, "others", 9.0) < 1.03, {E: 0.8, T: 0.9}),
    # the converted value exceeds, the measured one does not rise: oxygen alone made it
    Sign("oxygen", ("exceedance",), lambda a, _: _by_oxygen(a), {E: 0.01, T: 0.05, O: 0.05}),
    # a standard check that failed about the same time convicts the analyser, as does a value that cannot be
    Sign("check", _ABOVE, lambda a, c: c.meets(a, "check_failed", "drift", same_quantity=True), {E: 0.05, T: 0.2}),
    Sign("absurd", _ABOVE, lambda a, c: c.meets(a, *_ABSURD, same_quantity=True), {E: 0.03, T: 0.1}),
    # treatment was off or idle: what it should have held came out
    Sign("untreated", _ABOVE, lambda a, c: c.meets(a, *_UNTREATED), {F: 0.03, M: 0.1, O: 0.2}),
    # the letter of a fault or a repair over values that a plant makes: the mark hides them
    Sign("hidden", ("marked_exceedance",), lambda a, c: _is_of_plant(a, c) and _number(a, "sent", 0.0) > 0.5,
            {T: 8.0, F: 0.1, M: 0.15, O: 0.3}),
    # a condition of the plant that the firm declared on the platform is what may exceed for a while
    Sign("declared", ("marked_exceedance",), lambda a, _: _number(a, "sent", 1.0) < 0.5, {O: 10.0}),
    Sign("repair", ("marked_exceedance",), lambda a, _: _marked(a, "maintenance", "calibration"), {M: 4.0}),
    Sign("start", ("marked_exceedance",), lambda a, _: _marked(a, "启", "起炉", "烘炉", "start"), {O: 12.0}),
    Sign("fault", ("marked_exceedance",), lambda a, _: _marked(a, "fault", "故障"), {F: 3.0, T: 2.0, M: 0.5}),
    # air that is let in thins every substance; an oxygen meter that is wrong thins none
    Sign("not thinned", ("oxygen_dilution",), lambda a, _: _number(a, "undiluted", 1.0) > 1.6, {F: 8.0, T: 0.1}),
    Sign("thinned", ("oxygen_dilution",), lambda a, _: _number(a, "undiluted", 9.0) < 1.4, {T: 3.0, F: 0.3}),
    # a copied pair keeps one ratio while it changes: no analyser does so by itself
    Sign("copied", ("frozen_pair",), lambda a, _: "ratio" in a.values, {T: 20.0, F: 0.1}),
    # marks under which nothing was wrong come again and again, in the hours of high load
    Sign("again", ("mark_contradicted",), lambda a, c: _again(a, c) >= 3, {T: 3.0, M: 0.5, F: 0.3}),
    Sign("loaded", ("mark_contradicted",), lambda a, _: _number(a, "high_load", 0.5) > 0.7, {T: 2.0}),
    # a step after a mark of maintenance that brings all down is an adjustment, or a trick
    Sign("lowered", ("step",), lambda a, _: _marked(a, "maintenance", "维护"), {T: 3.0, M: 3.0}),
)  # fmt: skip
"""Witnesses that do not depend on one another but through the cause; a cause not named has the ratio 1."""


def _is_single(one: Anomaly) -> bool:
    """Whether it is an hour or two with a steep rise and a steep fall."""
    steep = min(_number(one, "onset", 0.0), _number(one, "ending", 0.0))
    return _number(one, "intervals", 9.0) <= 2.0 and steep > 8.0


def _by_oxygen(one: Anomaly) -> bool:
    return _number(one, "oxygen_factor", 1.0) > 1.5 and _number(one, "rise", 9.0) < 1.3


def _is_of_plant(one: Anomaly, context: Context) -> bool:
    """Whether values look like those of a plant: calm, not stuck, not abrupt, and it ran as far as anybody knows."""
    return (
        _number(one, "repeats", 0.0) < 0.3
        and _number(one, "noise", 1.0) <= 2.5
        and max(_number(one, "onset", 0.0), _number(one, "ending", 0.0)) <= _ABRUPT
        and not context.running(one) < 0.5
    )


def _again(one: Anomaly, context: Context) -> int:
    return sum(other.kind == one.kind and other.point == one.point for other in context.others)


def weigh_causes(anomalies: Sequence[Anomaly], activity: Activity | None = None) -> tuple[Anomaly, ...]:
    """Fill in the probabilities of what can have made each anomaly of one site.

    ``P(cause | kind, witnesses)`` is the prior of its kind times the ratios of the witnesses that are seen,
    normalised. Holds as far as witnesses are independent given the cause; a kind without a prior is left unweighed.

    Parameters
    ----------
    anomalies : sequence of Anomaly
        All of one site.
    activity : Activity, optional
        When the site ran, as far as its records can tell.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> one = Anomaly("check_failed", "P1", "", "", "1#", "a.csv", "a21026", at, at, 2.0)
    >>> weigh_causes([one])[0].cause
    <Cause.FAULT: 'fault'>
    """
    weighed = [_weigh(one, Context(anomalies, activity)) for one in anomalies]
    return tuple(_with_event(one, weighed) for one in weighed)


def _weigh(one: Anomaly, context: Context) -> Anomaly:
    if one.kind not in PRIORS:
        return one
    weights = dict(PRIORS[one.kind])
    for witness in witnesses_of(one, context):
        for cause, ratio in witness.ratios.items():
            weights[cause] *= ratio
    total = sum(weights.values())
    return replace(one, causes={cause: weight / total for cause, weight in weights.items()})


def _with_event(one: Anomaly, weighed: Sequence[Anomaly]) -> Anomaly:
    """What is only the outline of another anomaly of the same quantity has the causes of that one."""
    if one.kind not in _OUTLINES:
        return one
    same = [
        other
        for other in weighed
        if other.kind in _EVENTS and (other.code == one.code or other.kind in _UNTREATED)
        if other.start < one.end and one.start < other.end
    ]
    longest = max(same, key=lambda other: min(other.end, one.end) - max(other.start, one.start), default=None)
    return one if longest is None else replace(one, causes=longest.causes)


def witnesses_of(one: Anomaly, context: Context) -> Iterator[Sign]:
    """Witnesses that are seen at an anomaly."""
    return (witness for witness in WITNESSES if one.kind in witness.kinds and witness.seen(one, context))
