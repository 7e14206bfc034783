"""The order in which the stretches of a drive are passed, and the way between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from ingest.coordinates import to_lonlat
from ingest.roads.read import Roads
from onevisit.redrive.streets import StreetPart
from onevisit.settings import RouteSettings
from onevisit.visits.travel import Travel, straight_travel, street_travel

Floats = NDArray[np.float64]

MEASURING_KM_H = 25.0
"""Choice: faster, a response of a few seconds blurs a plume beside a fence; slower, the traffic behind queues."""
_SAME_PLACE_S = 2.0


@dataclass(frozen=True, eq=False)
class DrivenWay:
    """A drive from end to end: its line in degrees (n, 2), metres and seconds.

    ``order`` are numbers of stretches as they are first passed.
    """

    order: tuple[int, ...]
    lonlat: Floats
    metres: float
    seconds: float
    on_roads: bool


def travel_between(stretches: Sequence[StreetPart], crs: CRS, roads: Roads | None, settings: RouteSettings) -> Travel:
    """Travel between the ends of stretches, start and end of each by turns: on the streets, or straight."""
    ends = np.concatenate([one.xy[[0, -1]] for one in stretches])
    lonlat = np.column_stack(to_lonlat(ends[:, 0], ends[:, 1], crs))
    if roads is None or not roads.lines:
        return straight_travel(lonlat, settings)
    travel, reached = street_travel(lonlat, roads, settings)
    return travel if reached.all() and np.isfinite(travel.duration_s).all() else straight_travel(lonlat, settings)


def drive_in_order(stretches: Sequence[StreetPart], passes: int, travel: Travel, crs: CRS) -> DrivenWay:
    """Pass every stretch ``passes`` times, always the nearest next, the one just driven only where none is nearer.

    Parameters
    ----------
    stretches : sequence of StreetPart
        The first one begins.
    passes : int
    travel : Travel
        Between their ends, as from `travel_between`.
    crs : CRS
        Of the stretches.
    """
    left = np.full(len(stretches), passes)
    seconds = travel.duration_s
    here, last, order, parts = -1, -1, list[int](), list[Floats]()
    metres = driven_s = 0.0
    while left.any():
        k, start, end = _next(stretches, left, here, last, seconds)
        if here >= 0 and seconds[here, start] > _SAME_PLACE_S:
            leg = travel.leg(here, start)
            parts.append(np.asarray(leg.line, np.float64))
            metres, driven_s = metres + leg.distance_m, driven_s + leg.duration_s
        xy = stretches[k].xy if start < end else stretches[k].xy[::-1]
        parts.append(np.column_stack(to_lonlat(xy[:, 0], xy[:, 1], crs)))
        metres += stretches[k].length_m
        driven_s += stretches[k].length_m / (MEASURING_KM_H / 3.6)
        order += [] if k in order else [k]
        left[k] -= 1
        here, last = end, k
    return DrivenWay(tuple(order), _without_repeats(np.concatenate(parts)), metres, driven_s, travel.on_roads)


def _next(
    stretches: Sequence[StreetPart], left: NDArray[np.int64], here: int, last: int, seconds: Floats
) -> tuple[int, int, int]:
    """Number of a stretch, and the ends at which its next pass begins and stops."""
    choices = []
    for k in np.flatnonzero(left).tolist():
        ends = [(2 * k, 2 * k + 1)] * (stretches[k].oneway >= 0) + [(2 * k + 1, 2 * k)] * (stretches[k].oneway <= 0)
        for start, end in ends:
            apart = float(seconds[here, start]) if here >= 0 else float(k)
            near = 0.0 if here >= 0 and apart <= _SAME_PLACE_S else apart
            choices.append((near, k == last, -int(left[k]), k, start, end))
    *_, k, start, end = min(choices)
    return k, start, end


def _without_repeats(lonlat: Floats) -> Floats:
    """The line without places that follow on themselves to a centimetre."""
    fresh = np.append(True, np.abs(np.diff(lonlat, axis=0)).max(axis=1) > 1e-7)
    return np.asarray(lonlat[fresh], np.float64)
