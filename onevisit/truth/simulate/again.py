"""A second drive of a simulated mission: given streets, on another day, under that day's wind.

The park, its sources and the vehicle are those of the mission; the wind, the vane, traffic and faults are drawn anew.
A source gives off on the other day what it gave off on the first, from another second on; one that stopped in the
midst of the first day runs all day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from ingest.coordinates import to_grid
from ingest.errors import ContractError
from onevisit.truth.simulate.air.puffs import sample_puffs
from onevisit.truth.simulate.air.sources import EmissionSource, emitter_of
from onevisit.truth.simulate.air.wind import blow, draw_mean_wind
from onevisit.truth.simulate.drives.laps import follow_way, measure_positions
from onevisit.truth.simulate.drives.outings import SPIN_UP_S, Outing, stream
from onevisit.truth.simulate.drives.vane import STRAIGHT, channel_wind, draw_vane, turn_vane
from onevisit.truth.simulate.drives.vehicle import air_along, log_drive
from onevisit.truth.simulate.truth import Park
from onevisit.truth.simulate.world import World

Floats = NDArray[np.float64]

WAIT_DAYS = 200
"""Days among which one with a wanted wind is looked for; a tenth of them has it in a sector of 45°."""
_STRAIGHT_M = 8.0  # what bends less is no corner
_LIMIT_S = 3 * 3600
SHORTEST_S = 420
"""A drive below this has no room for faults and calibrations."""


@dataclass(frozen=True)
class Again:
    """A drive to be made: its way (WGS 84 longitude and latitude of crossings, (n, 2)), and from where it may blow.

    ``wind_from_deg`` None takes the next day as it comes, else the first day whose mean wind comes from there to
    ``wind_half_width_deg``.
    """

    way: Floats
    wind_from_deg: float | None = None
    wind_half_width_deg: float = 22.5


def drive_again(park: Park, again: Again) -> Park:
    """Continue a mission with one more drive; the same mission and drive give the same bytes.

    Raises
    ------
    ContractError
        If the way has one place or none, is driven in less than `SHORTEST_S`, or no day of `WAIT_DAYS` has the wind.
    """
    if len(again.way) < 2:
        raise ContractError(f"a drive needs a way of two places or more, not {len(again.way)}")
    seed, on = park.seed, park.on
    number = len(park.outings) + 1
    days = _day_with_wind(seed, again)
    points = _corners(park.world, again.way)
    rng = stream(seed, f"outing again {number}")
    drive = follow_way(points, _times_driven(points), rng, _LIMIT_S)
    if len(drive.x) < SHORTEST_S:
        raise ContractError(f"a drive needs {SHORTEST_S} s or more, this way takes {len(drive.x)}")
    before = SPIN_UP_S + len(drive.x)
    wind = blow(-SPIN_UP_S, before, stream(seed, f"wind again {days}"), calm_spells=on["calm"])
    sources = [_on_another_day(s, before, stream(seed, f"again {s.id}")) for s in park.sources]
    per_source = sample_puffs([emitter_of(s) for s in sources], wind, drive.x, drive.y)
    start = park.day + timedelta(days=days)
    analyser = park.outings[0].analyser
    fixes = measure_positions(drive, rng, jumps=int(rng.integers(0, 3)), tunnels=int(rng.integers(0, 2)))
    log = log_drive(air_along(sources, per_source), drive, wind, analyser, on, rng)
    if on["street_wind"]:
        log = channel_wind(log, park.world, drive, wind, stream(seed, "street wind"))
    vane = STRAIGHT
    if on["vane_offset"]:
        vane = draw_vane(stream(seed, f"vane again {days}"), stream(seed, f"vane again {days} {number}"))
        log = turn_vane(log, vane, drive, wind)
    file = f"traces/走航_{start:%Y%m%d}_{number}.csv"
    outing = Outing(file, start, drive, fixes, wind, analyser, log, per_source, vane.offset_deg)
    return replace(park, outings=(*park.outings, outing))


def street_corners(world: World) -> tuple[Floats, NDArray[np.int64]]:
    """Crossings as WGS 84 longitude and latitude, (crossings, 2), and the pairs of them that a street joins."""
    lon, lat = world.lonlat(*world.nodes.reshape(-1, 2).T)
    return np.column_stack([lon, lat]), np.array([[s.start, s.end] for s in world.streets], np.int64)


def _day_with_wind(seed: int, again: Again) -> int:
    """The first day after the mission's with the wanted wind."""
    for day in range(1, WAIT_DAYS + 1):
        _, toward = draw_mean_wind(stream(seed, f"wind again {day}"))
        if again.wind_from_deg is None:
            return day
        off = (np.degrees(toward) + 180.0 - again.wind_from_deg + 180.0) % 360.0 - 180.0
        if abs(off) <= again.wind_half_width_deg:
            return day
    raise ContractError(f"no day of {WAIT_DAYS} has a wind from {again.wind_from_deg}°")


def _corners(world: World, way: Floats) -> Floats:
    """Local metres of the places where a way turns: a vehicle slows down at each that is left."""
    points = np.column_stack(to_grid(way[:, 0], way[:, 1], world.crs)) - world.origin
    return np.asarray(shapely.get_coordinates(shapely.LineString(points).simplify(_STRAIGHT_M)))


def _times_driven(points: Floats) -> NDArray[np.int64]:
    """How often each leg of a way was driven before, either way; the last place has that of the last leg."""
    driven: dict[tuple[tuple[float, ...], ...], int] = {}
    times = []
    for a, b in pairwise(np.round(points, 1).tolist()):
        leg = tuple(sorted((tuple(a), tuple(b))))
        times.append(driven.get(leg, 0))
        driven[leg] = times[-1] + 1
    return np.array([*times, times[-1]], np.int64)


def _on_another_day(source: EmissionSource, seconds: int, rng: np.random.Generator) -> EmissionSource:
    rate = np.resize(np.roll(source.rate_g_s, int(rng.integers(len(source.rate_g_s)))), seconds)
    return replace(source, rate_g_s=rate, active=None)
