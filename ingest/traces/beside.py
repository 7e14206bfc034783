"""Two loggers of one vehicle whose clocks disagree by hours: the path tells by how much.

A logger that writes local time under the name of UTC seems to have run at another time than the analyser beside it,
and neither wind nor anything else can be shared. Both were at the same places in the same order: the difference of
their clocks at each place is the same all along, and at no other difference do so many places agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ingest.flags import BAD_POSITION, is_usable
from ingest.outcome import Notes, Outcome, Value
from ingest.traces.clocks import declared_offset
from ingest.traces.record import Record, TraceSettings
from numerics.plane import Plane, plane_of

Floats = NDArray[np.float64]

_STEP_M = 20.0  # between places that are compared: while a vehicle stands, its place says nothing of the time
_PLACES = 400
_FEWEST = 50  # a kilometre of road; less may be driven twice alike
_REACH_M = 30.0  # two receivers in streets, and the length of the vehicle
_BIN_S = 10.0
_SHARE = 0.8  # of the places that agree, at the difference that is taken
_CLEARER = 1.5  # times as many as at any other: laps of one round are alike
_NEAR_S = 60.0  # less is no other clock, and needs no mending
_FURTHEST_S = 26 * 3600.0  # between the first and the last zone of the Earth


@dataclass(frozen=True, eq=False)
class _Path:
    """Places of a record a step apart: seconds on its clock, metres on a plane; the plane fits all of them."""

    time: Floats
    xy: Floats


def settle_by_path(records: Sequence[Record], settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Bring loggers without wind onto the clock of the one with wind that took the same path.

    Left alone: a clock that is declared in ``clock_offset_s`` or was checked against GNSS time, a difference of less
    than a minute, and paths that fit at several differences. Fails for two vehicles that drove one behind the other
    for the whole drive with clocks that are right: their difference is then less than that minute, or they are told
    apart by traffic.

    Returns
    -------
    Outcome of tuple of Record
        In the same order; a decision for each clock that was moved.
    """
    notes = Notes()
    windy = [record for record in records if _has_wind(record) and record.has_position]
    settled = []
    for record in records:
        if record.has_position and not _has_wind(record) and _is_free(record, settings):
            record = _moved(record, windy, notes)
        settled.append(record)
    return notes.outcome(tuple(settled))


def _has_wind(record: Record) -> bool:
    return any(channel.name in ("u", "u_apparent") for channel in record.channels)


def _is_free(record: Record, settings: TraceSettings) -> bool:
    return record.gnss_clock_s is None and declared_offset(record, settings.clock_offset_s) is None


def _moved(record: Record, others: Sequence[Record], notes: Notes) -> Record:
    for other in others:
        found = path_offset(record, other)
        if found is None:
            continue
        seconds, share = found
        if abs(seconds) > _NEAR_S:
            values: dict[str, Value] = {
                "seconds": seconds,
                "hours": seconds / 3600,
                "other": other.item,
                "percent": 100 * share,
            }
            notes.decide(record.item, "clock_moved_by_path", values)
            record = replace(record, time=record.time + np.timedelta64(round(seconds), "s"))
        return record
    return record


def path_offset(record: Record, other: Record) -> tuple[float, float] | None:
    """Seconds to add to a record's clock to be where the other one was, and the share of places that agree.

    None where they were not at the same places in the same order, or where that does not tell one difference.
    """
    if record.lon is None or record.lat is None or other.lon is None or other.lat is None:
        return None
    lon, lat = (np.concatenate([a[_usable(record)], b[_usable(other)]]) for a, b in
                ((record.lon, other.lon), (record.lat, other.lat)))  # fmt: skip
    if not lon.size:
        return None
    plane, start = plane_of(lon, lat), min(record.time[0], other.time[0])
    own, theirs = _path(record, plane, start), _path(other, plane, start)
    fewer = min(len(own.time), len(theirs.time))
    if fewer < _FEWEST:
        return None
    place, difference = _differences(own, theirs)
    kept = np.abs(difference) <= _FURTHEST_S
    return _clearest(place[kept], difference[kept], fewer)


def _usable(record: Record) -> NDArray[np.bool_]:
    if record.lon is None or record.lat is None:
        return np.zeros(len(record.time), bool)
    return np.isfinite(record.lon + record.lat) & is_usable(record.qc_flag, BAD_POSITION)


def _path(record: Record, plane: Plane, start: np.datetime64) -> _Path:
    rows = np.flatnonzero(_usable(record))
    if record.lon is None or record.lat is None or not rows.size:
        return _Path(np.empty(0), np.empty((0, 2)))
    xy = np.column_stack(plane.forward(record.lon[rows], record.lat[rows]))
    kept = _apart(xy)
    return _Path((record.time[rows[kept]] - start) / np.timedelta64(1, "s"), xy[kept])


def _apart(xy: Floats) -> list[int]:
    """Rows that are a step or more from the one kept before: standing still keeps none, whatever the noise."""
    kept, last_x, last_y = [0], float(xy[0, 0]), float(xy[0, 1])
    for row, (x, y) in enumerate(xy.tolist()):
        if (x - last_x) ** 2 + (y - last_y) ** 2 >= _STEP_M**2:
            kept.append(row)
            last_x, last_y = x, y
    return kept


def _differences(own: _Path, theirs: _Path) -> tuple[NDArray[np.int64], Floats]:
    """For places of the one path all differences of the clocks at which the other was there: place and seconds."""
    chosen = np.unique(np.linspace(0, len(own.time) - 1, min(_PLACES, len(own.time))).astype(np.int64))
    pairs = cKDTree(own.xy[chosen]).sparse_distance_matrix(cKDTree(theirs.xy), _REACH_M, output_type="ndarray")
    place, there = np.asarray(pairs["i"], np.int64), np.asarray(pairs["j"], np.int64)
    return place, theirs.time[there] - own.time[chosen][place]


def _clearest(place: NDArray[np.int64], difference: Floats, fewer: int) -> tuple[float, float] | None:
    """The difference at which most places agree, if it is most of them and no other comes near."""
    if not place.size:
        return None
    bins = np.floor(difference / _BIN_S).astype(np.int64)
    pairs = np.unique(np.concatenate([np.column_stack([place, bins]), np.column_stack([place, bins + 1])]), axis=0)
    at, count = np.unique(pairs[:, 1], return_counts=True)  # of the places that agree within two bins
    best = int(np.argmax(count))
    share = float(count[best]) / min(fewer, _PLACES)
    elsewhere = count[np.abs(at - at[best]) * _BIN_S > _NEAR_S]
    if share < _SHARE or count[best] < _CLEARER * elsewhere.max(initial=0):
        return None
    agreeing = (bins == at[best]) | (bins == at[best] - 1)
    return float(np.median(difference[agreeing])), min(share, 1.0)
