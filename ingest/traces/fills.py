"""Instruments with a receiver of their own that was dead for a time, and the track beside them: fixes and wind.

A logger's own receiver may have no fix for rows, hold the last one, or never move while the phone beside it drives.
Rows without a fix take that of the track that covers them, if both agree where both have one. A track that knows the
wind (NMEA) hands it to an instrument that knows none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.flags import Flag
from ingest.outcome import Notes, Outcome, Value
from ingest.traces.clocks import Bracket, bracket, interpolate
from ingest.traces.outings import carried_channel, carried_flags, gap_between, without_receiver
from ingest.traces.record import FloatArray, Record, TraceSettings
from numerics.plane import plane_of

_FURTHEST_M = 200.0  # between two receivers of one platform: 10 s of clock error at 20 m s-1
_MOVED_M = 200.0  # by which a track shows that a receiver that never moves is dead
_WINDS = (("u", "v"), ("u_apparent", "v_apparent"))


@dataclass(frozen=True)
class _Cover:
    """A track seen at the times of an instrument: its fixes there, NaN where it has none."""

    track: Record
    usable: np.ndarray
    where: Bracket
    gap_s: float
    lon: FloatArray
    lat: FloatArray

    @property
    def known(self) -> np.ndarray:
        """True where the track has a fix."""
        return np.isfinite(self.lon + self.lat)


def fill_from_tracks(
    records: Sequence[Record], settings: TraceSettings
) -> Outcome[tuple[tuple[Record, ...], frozenset[str]]]:
    """Fill instruments that have positions of their own from the tracks beside them.

    Returns
    -------
    Outcome of (records, items)
        The records in their order, and the items of the tracks that gave something.
    """
    tracks = [r for r in records if r.has_position and not r.has_species]
    notes = Notes()
    used: set[str] = set()
    filled = []
    for record in records:
        if record.has_species and record.has_position:
            for track in tracks:
                cover = _cover(record, track, settings)
                if cover is not None:
                    record = _filled(record, cover, used, notes)
        filled.append(record)
    return notes.outcome((tuple(filled), frozenset(used)))


def _cover(record: Record, track: Record, settings: TraceSettings) -> _Cover | None:
    """Return a track at the times of a record; None where they have no time in common."""
    if track.lon is None or track.lat is None or track.time[0] > record.time[-1] or track.time[-1] < record.time[0]:
        return None
    usable = np.isfinite(track.lon + track.lat)
    times = track.time[usable]
    gap_s = gap_between(times, settings.position_gap_s)
    where = bracket(times, record.time, gap_s)
    lon, lat = interpolate(track.lon[usable], where), interpolate(track.lat[usable], where)
    return _Cover(track, usable, where, gap_s, lon, lat) if np.isfinite(lon + lat).any() else None


def _filled(record: Record, cover: _Cover, used: set[str], notes: Notes) -> Record:
    """Take from one track what the record lacks, unless the two were elsewhere."""
    if record.lon is None or record.lat is None:
        return record
    dead = _never_moves(record, cover)
    lacking = np.ones(len(record.time), bool) if dead else ~np.isfinite(record.lon + record.lat)
    if not dead:
        lacking |= (record.qc_flag & np.uint32(Flag.POSITION_STUCK)) != 0
    rows = lacking & cover.known
    winds = _winds_lacking(record, cover.track)
    if not rows.any() and not winds:
        return record
    both = cover.known & ~lacking
    if both.any():
        apart_m = _apart_m(record.lon[both], record.lat[both], cover.lon[both], cover.lat[both])
        if apart_m > _FURTHEST_M:
            notes.decide(
                record.item,
                "track_elsewhere",
                {"track": cover.track.item, "apart_m": apart_m, "count": int(lacking.sum())},
            )
            return record
    used.add(cover.track.item)
    if rows.any():
        record = _with_fixes(record, cover, rows, dead, int(lacking.sum()), notes)
    if winds:
        carried = [
            carried_channel(channel, cover.track.time, cover.usable, record.time, cover.gap_s)
            for channel in cover.track.channels
            if channel.name in winds
        ]
        record = replace(record, channels=(*record.channels, *carried))
        notes.decide(record.item, "wind_of_track", {"track": cover.track.item})
    return record


def _never_moves(record: Record, cover: _Cover) -> bool:
    """Whether the record holds one position to the last digit while the track drives."""
    if record.lon is None or record.lat is None:
        return False
    own = np.isfinite(record.lon + record.lat)
    if np.ptp(record.lon[own]) > 0 or np.ptp(record.lat[own]) > 0 or np.count_nonzero(own) < 2:
        return False
    lon, lat = cover.lon[cover.known], cover.lat[cover.known]
    x, y = plane_of(lon, lat).forward(lon, lat)
    return float(np.hypot(x, y).max()) > _MOVED_M


def _apart_m(lon: FloatArray, lat: FloatArray, other_lon: FloatArray, other_lat: FloatArray) -> float:
    """Median distance of two tracks at the same moments."""
    plane = plane_of(lon, lat)
    x, y = plane.forward(lon, lat)
    other_x, other_y = plane.forward(other_lon, other_lat)
    return float(np.median(np.hypot(x - other_x, y - other_y)))


def _with_fixes(record: Record, cover: _Cover, rows: np.ndarray, dead: bool, lacking: int, notes: Notes) -> Record:
    if record.lon is None or record.lat is None:
        return record
    own = np.uint32(Flag.GNSS_POOR | Flag.POSITION_STUCK | Flag.POSITION_MISSING)
    mixed = np.where(cover.where.exact, np.uint32(0), np.uint32(Flag.POSITION_INTERPOLATED))
    given = carried_flags(cover.track.qc_flag[cover.usable], cover.where) | mixed
    flags = np.where(rows, (record.qc_flag & ~own) | given, record.qc_flag).astype(np.uint32)
    values: dict[str, Value] = {
        "count": int(rows.sum()),
        "track": cover.track.item,
        "lacking": lacking,
        "rows": len(record.time),
    }
    if dead:
        notes.decide(record.item, "fixes_of_track_for_dead", values)
    else:
        notes.decide(record.item, "fixes_of_track", values)
    return replace(
        record,
        lon=np.where(rows, cover.lon, np.nan if dead else record.lon),
        lat=np.where(rows, cover.lat, np.nan if dead else record.lat),
        qc_flag=flags,
        channels=without_receiver(record.channels, rows),
    )


def _winds_lacking(record: Record, track: Record) -> tuple[str, ...]:
    """Names of the components of wind that the track knows, where the record knows none of either kind."""
    own = {channel.name for channel in record.channels}
    if any(name in own for pair in _WINDS for name in pair):
        return ()
    theirs = {channel.name for channel in track.channels}
    return tuple(name for pair in _WINDS if theirs.issuperset(pair) for name in pair)
