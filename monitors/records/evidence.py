"""What a run of values looks like: the witnesses that `monitors.causes` weighs, as plain numbers."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from monitors.records.conditions import Condition
from monitors.records.quantities import AIR_OXYGEN, NO_CONVERSION, OXYGEN, is_pollutant
from monitors.records.regular import Regular
from monitors.records.runs import Bools, Floats, Integers, Run

Evidence: TypeAlias = "dict[str, float | str]"

_LOST = Condition.FAULT | Condition.MAINTENANCE | Condition.NO_COMMUNICATION
_BEFORE = 6  # slots: an outage that ended so shortly before has to do with what follows
_AROUND = 72  # slots on each side that say what was usual then
_LEAST_BENDS = 6  # values of scatter: fewer say nothing of noise
_MAD = 1.482602218505602


def evidence_of(outlet: Regular, run: Run, alive: Bools) -> Evidence:
    """Describe a run of a quantity against its neighbours, the rest of the outlet and its own usual noise.

    Parameters
    ----------
    outlet : Regular
    run : Run
    alive : array of bool, shape (slot,)
        Where the plant ran, as far as anybody knows (`monitors.records.matrices.SiteMatrices.alive`).

    Returns
    -------
    dict of str to float
        Without those that the record cannot tell. ``onset``: change into the run over the usual change from slot to
        slot; ``ending``: the same out of it, both where the plant was alive on either side; ``noise``: robust scatter
        about a straight course within the run over the usual one; ``repeats``: share of values that repeat the one
        before, beyond the usual one (1: all); ``rise``: median in the run over that around it; ``others``: the
        largest such rise of another pollutant; ``oxygen_factor``: how much oxygen alone inflates the converted value
        against the usual; ``outage``: 1 where values are missing or marked shortly before; ``sent``: share of slots
        whose mark came with the value, where any is marked.
    """
    values = outlet.values[run.quantity]
    found: Evidence = {}
    _course(outlet, run, alive, found)
    around = _around(run, alive)
    rise = _rise(values, run, around)
    if np.isfinite(rise):
        found["rise"] = rise
    rises = [
        _rise(outlet.values[other], run, around)
        for other, code in enumerate(outlet.codes)
        if other != run.quantity and is_pollutant(code)
    ]
    if np.isfinite(rises).any():
        found["others"] = float(np.nanmax(rises))
    _oxygen(outlet, run, found)
    before = slice(max(run.first - _BEFORE, 0), run.first)
    if before.stop > before.start:
        lost = ~np.isfinite(values[before]) | outlet.has(_LOST)[run.quantity, before]
        found["outage"] = float(lost.any())
    marked = outlet.conditions[run.quantity, run.slots] != 0
    if marked.any():
        found["sent"] = float(np.mean((outlet.sent[run.quantity, run.slots] != 0)[marked]))
    return found


def _course(outlet: Regular, run: Run, alive: Bools, found: Evidence) -> None:
    """How a run begins, goes on and ends, in changes that are usual for the quantity."""
    values, change = outlet.values[run.quantity], float(outlet.change[run.quantity])
    first, last = max(run.first - 1, 0), min(run.last + 2, outlet.slots)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.where(values[first:last] > 0, values[first:last], np.nan))
    for name, at in (("onset", run.first), ("ending", run.last + 1)):
        if 0 < at < outlet.slots and change > 0 and alive[at] and alive[at - 1]:
            step = logs[at - first] - logs[at - first - 1]
            if np.isfinite(step):
                found[name] = float(abs(step) / change)
    inside = logs[run.first - first : run.last + 1 - first]
    if run.length >= 3:
        bends = np.abs(np.diff(inside, 2))
        bends = bends[np.isfinite(bends) & (bends > 0)]
        if bends.size >= _LEAST_BENDS and change > 0:
            found["noise"] = float(np.median(bends) * _MAD / np.sqrt(3.0) / change)
        usual = float(outlet.repeating[run.quantity])
        same = float(np.mean(np.diff(values[run.slots]) == 0))
        found["repeats"] = max((same - usual) / max(1.0 - usual, 0.01), 0.0)


def _around(run: Run, alive: Bools) -> Integers:
    """Slots on both sides of a run in which the plant was alive."""
    first, last = max(run.first - _AROUND, 0), min(run.last + 1 + _AROUND, alive.size)
    slots = np.concatenate([np.arange(first, run.first), np.arange(run.last + 1, last)])
    return np.asarray(slots[alive[slots]], np.int64)


def _rise(values: Floats, run: Run, around: Integers) -> float:
    inside, outside = values[run.slots], values[around]
    inside, outside = inside[np.isfinite(inside)], outside[np.isfinite(outside)]
    if not inside.size or not outside.size:
        return float("nan")
    usual = float(np.median(outside))
    return float(np.median(inside)) / usual if usual > 0 else float("nan")


def _oxygen(outlet: Regular, run: Run, found: Evidence) -> None:
    place = outlet.index(OXYGEN)
    if place is None or not outlet.has_corrected[run.quantity]:
        return
    inside, burning = outlet.values[place, run.slots], outlet.values[place]
    inside, burning = inside[np.isfinite(inside)], burning[burning < NO_CONVERSION]
    if inside.size and burning.size:
        left = max(AIR_OXYGEN - float(np.median(inside)), 0.1)
        found["oxygen_factor"] = (AIR_OXYGEN - float(np.median(burning))) / left
