"""Whether crossings of one place on several drives agree beyond chance: how many such places chance would make.

Two witnesses, of which one is enough. *The mission's own crossings*: were every crossing that no place explains yet
anywhere along its drive, how many groups as strong, alike and often seen would the mission have? Places that are sure
are taken out first, and the rest judged anew (step-down). *Maps without a source*: how many would transients make, as
dense as they were found there? With two passes shuffling has no power, and with a dozen real sources in one lap its
null is full of them; the second witness has it, since a gas that vehicles hardly emit is met without a source almost
nowhere.

A group of strength s on k of n drives is so surprising:

    E = c ρ D P(at least k − 1 of n − 1 drives, each with chance 1 − exp(−ρ W)),

with ρ crossings a metre as strong and alike over the driven length D, W the road on which a crossing would be joined
to the group, and c the number of values of k (with s the k-th strongest drive) that were tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fusion.hotspots.crossings import Crossings
from fusion.hotspots.joining import composition_odds

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_JOINED_M = 100.0
"""Road of a drive on which a crossing anywhere would be joined to a group. Of 300 shuffles of real drives (seeds from
5000, for tuning) 1 % had a place with 300 m, 5 % one with E below 0.2: a third keeps them near 4 %."""
_EXHAUST_PER_M, _OTHER_PER_M = 2.5e-4, 2e-5
"""Crossings a metre where no source is: with tracers of exhaust alone (streets of RETIGO, about 26 a 100 km and
species), and with another gas (simulated drives of seeds 0-29, 22 on 1 900 km)."""
_TO_AND_FRO_M = 50.0
"""Crossings that lie as near are joined whatever the wind: 100 m of a street, of a flight all lines about."""
_NEAR_M = 40.0
"""A drive that came as near to a crossing would have met what it met."""


@dataclass(frozen=True, eq=False)
class CrossingGroup:
    """Crossings that one source could have made.

    ``members`` are their numbers, ``seen`` the drives that met them, ``crossed`` those that came by. ``exhaust`` says
    that no gas but tracers of exhaust rose on two drives or more. ``expected`` is the number of places as surprising
    that chance would make on the mission, infinite where a single drive met it.
    """

    members: Ints
    seen: Ints
    crossed: Ints
    exhaust: bool
    told: bool
    expected: float = np.inf
    joined_m: float = _JOINED_M


def group_crossings(crossings: Crossings, group: Ints, exhaust_like: Bools, standing: Bools) -> list[CrossingGroup]:
    """The groups with what speaks for them; ``standing`` crossings of tracers of exhaust count for nothing."""
    found = []
    for number in range(int(group.max(initial=-1)) + 1):
        members = np.flatnonzero(group == number)
        counted = members[~(standing[members] & exhaust_like[members])]
        if not counted.size:  # shown where it is clear, but its place agrees with nothing
            first = crossings.drive[members[:1]]
            found.append(CrossingGroup(members, first, first, True, False))
            continue
        seen = np.unique(crossings.drive[counted])
        by = [
            k
            for k, drive in enumerate(crossings.drives)
            if k in seen or drive.comes_near(crossings.x[counted], crossings.y[counted], _NEAR_M)
        ]
        other = np.unique(crossings.drive[counted[~exhaust_like[counted]]]).size
        exhaust = other < min(2, seen.size)
        told = not exhaust and _told(crossings, counted[~exhaust_like[counted]])
        road_m = _joined_road(crossings, counted, by)
        found.append(CrossingGroup(counted, seen, np.asarray(by, np.int64), exhaust, told, joined_m=road_m))
    return found


def _joined_road(crossings: Crossings, members: Ints, by: Sequence[int]) -> float:
    """Road on which a crossing would be joined: `_JOINED_M` on a street, more where a pass goes to and fro."""
    strongest = members[np.argmax(crossings.strength[members])]
    place = float(crossings.x[strongest]), float(crossings.y[strongest])
    near = [crossings.drives[k].road_near_m(*place, _TO_AND_FRO_M) for k in by]
    return max(_JOINED_M, float(np.median(near)))


def _told(crossings: Crossings, members: Ints) -> bool:
    """Whether the strongest crossings of two drives have two substances or more, in one composition."""
    order = members[np.argsort(-crossings.strength[members], kind="stable")]
    drives, first = np.unique(crossings.drive[order], return_index=True)
    best = order[np.sort(first)]
    many = best[crossings.risen[best] > 1]
    if drives.size < 2 or many.size < 2:
        return False
    return composition_odds(*crossings.composition[many[:2]]) > 0


def judge_groups(groups: Sequence[CrossingGroup], crossings: Crossings, *, alpha: float) -> list[CrossingGroup]:
    """State for every group how many as surprising chance would make; the surest are taken out before the rest.

    Parameters
    ----------
    groups : sequence of CrossingGroup
        From `group_crossings`.
    crossings : Crossings
    alpha : float
        Expected number below which a group is sure, and explains its crossings.
    """
    driven = sum(drive.length_m for drive in crossings.drives)
    open_ = np.ones(crossings.size, bool)
    alike = [_alike(group, crossings) for group in groups]
    judged = list(groups)
    waiting = {k for k, group in enumerate(groups) if group.seen.size > 1}
    while waiting:
        expected = {k: _expected(groups[k], crossings, open_ & alike[k], driven) for k in sorted(waiting)}
        surest = min(expected, key=lambda k: expected[k])
        sure = [k for k in waiting if expected[k] <= alpha] or [surest]
        for k in sure:
            judged[k] = replace(groups[k], expected=expected[k])
            if expected[k] <= alpha:
                open_[groups[k].members] = False
        waiting -= set(sure)
        if expected[surest] > alpha:  # nothing more was explained, so nothing changes for the rest
            for k in waiting:
                judged[k] = replace(groups[k], expected=expected[k])
            break
    return judged


def _alike(group: CrossingGroup, crossings: Crossings) -> Bools:
    """Crossings (crossings,) whose composition may be that of the group's strongest."""
    strongest = group.members[np.argmax(crossings.strength[group.members])]
    composition = crossings.composition
    return np.array([composition_odds(composition[strongest], other) >= 0 for other in composition], bool)


def _expected(group: CrossingGroup, crossings: Crossings, others: Bools, driven_m: float) -> float:
    """Number of groups as surprising that chance makes, by the witness for which it is smaller."""
    strength = crossings.strength
    best = np.array([strength[group.members[crossings.drive[group.members] == k]].max() for k in group.seen])
    tried, fewest = best.size - 1, np.inf
    for k, weakest in enumerate(np.sort(best)[::-1][1:], start=2):
        own = np.count_nonzero(others & (strength >= weakest)) / max(driven_m, 1.0)
        densities = [max(own, _EXHAUST_PER_M if group.exhaust else 0.0)]
        densities += [_OTHER_PER_M] if group.told else []
        for density in densities:
            chance = stats.binom.sf(k - 2, group.crossed.size - 1, -np.expm1(-density * group.joined_m))
            fewest = min(fewest, tried * density * driven_m * float(chance))
    return float(fewest)
