"""What a run of values looks like: the witnesses that `monitors.causes` weighs, as plain numbers."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from ingest.species import species_of_code
from monitors.conditions import Condition
from monitors.regular import Regular
from monitors.runs import Bools, Floats, Integers, Run
from monitors.validity import AIR_OXYGEN, NO_CONVERSION, OXYGEN

Evidence: TypeAlias = "dict[str, float | str]"

FLOWS = ("a00000", "w00000", "a01011")
_LOST = Condition.FAULT | Condition.MAINTENANCE | Condition.NO_COMMUNICATION
_BEFORE = 6  # slots: an outage that ended so shortly before has to do with what follows
_STOOD = 0.1  # of the usual value
_AROUND = 24  # slots on each side that say what was usual then


def evidence_of(outlet: Regular, run: Run) -> Evidence:
    """Describe a run of a quantity against its neighbours, the rest of the outlet and its own usual noise.

    Returns
    -------
    dict of str to float
        Without those that the record cannot tell. ``onset``: change into the run over the usual change from slot to
        slot; ``ending``: the same out of it; ``noise``: robust change within the run over the usual one;
        ``repeats``: share of values that repeat the one before, beyond the usual one (1: all); ``rise``: median
        in the run over that around it; ``others``: the largest such rise of another pollutant; ``oxygen_factor``:
        how much oxygen alone inflates the converted value against the hours around; ``outage``: 1 where values
        are missing or marked shortly before.
    """
    values = outlet.values[run.quantity]
    change = float(outlet.change[run.quantity])
    found: Evidence = {}
    inside = values[run.slots]
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(values > 0, values, np.nan))
    for name, at in (("onset", run.first), ("ending", run.last + 1)):
        if 0 < at < outlet.slots and change > 0 and np.isfinite(logs[at] - logs[at - 1]):
            found[name] = float(abs(logs[at] - logs[at - 1]) / change)
    if run.length >= 3:
        steps = np.abs(np.diff(logs[run.slots]))
        steps = steps[np.isfinite(steps) & (steps > 0)]
        if steps.size and change > 0:
            found["noise"] = float(np.median(steps) * 1.4826 / change)
        usual = float(outlet.repeating[run.quantity])
        found["repeats"] = max((float(np.mean(np.diff(inside) == 0)) - usual) / max(1.0 - usual, 0.01), 0.0)
    around = _around(outlet, run)
    rise = _rise(values, run, around)
    if np.isfinite(rise):
        found["rise"] = rise
    _others(outlet, run, around, found)
    before = slice(max(run.first - _BEFORE, 0), run.first)
    if before.stop > before.start:
        lost = ~np.isfinite(values[before]) | outlet.has(_LOST)[run.quantity, before]
        found["outage"] = float(lost.any())
    return found


def _around(outlet: Regular, run: Run) -> Integers:
    """Slots on both sides of a run."""
    first, last = max(run.first - _AROUND, 0), min(run.last + 1 + _AROUND, outlet.slots)
    return np.concatenate([np.arange(first, run.first), np.arange(run.last + 1, last)])


def _rise(values: Floats, run: Run, around: Integers) -> float:
    inside, outside = values[run.slots], values[around]
    inside, outside = inside[np.isfinite(inside)], outside[np.isfinite(outside)]
    if not inside.size or not outside.size:
        return float("nan")
    usual = float(np.median(outside))
    return float(np.median(inside)) / usual if usual > 0 else float("nan")


def _others(outlet: Regular, run: Run, around: Integers, found: Evidence) -> None:
    rises = []
    for other, code in enumerate(outlet.codes):
        if code == OXYGEN and outlet.has_corrected[run.quantity]:
            _oxygen(outlet.values[other], run, around, found)
        elif other != run.quantity and is_pollutant(code):
            rise = _rise(outlet.values[other], run, around)
            rises += [rise] if np.isfinite(rise) else []
    if rises:
        found["others"] = max(rises)


def _oxygen(oxygen: Floats, run: Run, around: Integers, found: Evidence) -> None:
    inside, outside = oxygen[run.slots], oxygen[around]
    inside, outside = inside[np.isfinite(inside)], outside[np.isfinite(outside)]
    if inside.size and outside.size:
        left = max(AIR_OXYGEN - float(np.median(inside)), 0.1)
        found["oxygen_factor"] = max(AIR_OXYGEN - float(np.median(outside)), 0.1) / left


def is_pollutant(code: str) -> bool:
    """Whether a code of HJ 212 is that of a substance, not of flow, weather or the state of flue gas.

    Examples
    --------
    >>> [is_pollutant(code) for code in ("a21026", "w01018", "w00000", "w01001", "a01012", "a19001")]
    [True, True, False, False, False, False]
    """
    if species_of_code(code) is not None:
        return True
    return code.startswith("w") and code not in ("w00000", "w01001", "w01010", "w01014", "w01009")


def alive(outlet: Regular) -> Bools:
    """Slots that do not say themselves that the plant stood: oxygen of burning, a flow, a substance; shape (slot,).

    Of a slot without any of these nothing is said, so it counts as alive.
    """
    stood = np.zeros(outlet.slots, bool)
    place = outlet.index(OXYGEN)
    if place is not None and outlet.usual[place] < NO_CONVERSION:
        stood |= outlet.values[place] >= NO_CONVERSION
    for flow in (q for q, code in enumerate(outlet.codes) if code in FLOWS and outlet.usual[q] > 0):
        stood |= outlet.values[flow] < _STOOD * outlet.usual[flow]
    chosen = [q for q, code in enumerate(outlet.codes) if is_pollutant(code) and outlet.usual[q] > 0]
    if chosen:
        known = np.isfinite(outlet.values[chosen])
        low = outlet.values[chosen] < _STOOD * outlet.usual[chosen][:, None]
        stood |= known.any(axis=0) & (low | ~known).all(axis=0)
    return ~stood
