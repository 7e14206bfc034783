"""Instruments and positions of one outing → one record, by time and never by row number."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from ingest.flags import Flag, FlagArray
from ingest.outcome import Decision, Notes, Outcome, Phrase, Reject
from ingest.species import fold
from ingest.text.times.stamps import TimeArray
from ingest.traces.clocks import Bracket, bracket, interpolate, interpolate_angle
from ingest.traces.record import Channel, Record, TraceSettings
from numerics.plane import longest_step, seconds_since_start

_OF_THE_RECEIVER = (
    "satellites",
    "hdop",
    "position_sd",
    "accuracy",
    "gnss_accuracy",
    "fix_quality",
    "gps_fit",
    "gnss_fix",
)
_SHOW_A_STEP = 6  # samples
_OF_THE_ANALYSER = Flag.INSTRUMENT_FAULT | Flag.CALIBRATION | Flag.VALUE_OUT_OF_RANGE


def group_outings(
    records: Sequence[Record], *, used: Collection[str] = ()
) -> Outcome[tuple[tuple[Record | None, tuple[Record, ...]], ...]]:
    """Sort records into outings: (record that gives the positions, instruments).

    An instrument with positions of its own is an outing; one without joins the positions that overlap it
    longest in time, but not those of another named platform. Platforms that share a track are outings of their own.
    ``used`` are tracks that gave something to an instrument already.
    """
    tracks = [r for r in records if r.has_position and not r.has_species]
    placed = [r for r in records if r.has_position and r.has_species]
    lost = [r for r in records if not r.has_position]
    groups: dict[int, list[Record]] = {}
    notes = Notes()
    sources = [*tracks, *placed]
    for record in lost:
        own = [i for i, source in enumerate(sources) if not _of_two_platforms(source, record)]
        best = max(own, key=lambda i: (_common_s(sources[i], record), -i), default=None)
        if best is None or _common_s(sources[best], record) <= 0:
            notes.keep(_no_position(record, [sources[i] for i in own]))
        else:
            groups.setdefault(best, []).append(record)
    outings: list[tuple[Record | None, tuple[Record, ...]]] = []
    for index, source in enumerate(sources):
        members = groups.get(index, [])
        if source.has_species or members:
            outings += [(source, same) for same in _by_platform(members)]
        elif source.item not in used:
            others = [s for i, s in enumerate(sources) if s.has_species or i in groups]
            notes.keep(_unused_track(source, others))
    return notes.outcome(tuple(outings))


def _of_two_platforms(source: Record, record: Record) -> bool:
    """Whether a placed instrument and one without positions are named as two platforms."""
    return source.has_species and "" not in (source.platform, record.platform) and source.platform != record.platform


def _by_platform(members: Sequence[Record]) -> list[tuple[Record, ...]]:
    """The instruments on one track: together, but for those that are named as platforms of their own."""
    names = list(dict.fromkeys(record.platform for record in members))
    if sum(name != "" for name in names) < 2:
        return [tuple(members)]
    return [tuple(record for record in members if record.platform == name) for name in names]


def _common_s(first: Record, second: Record) -> float:
    start, end = max(first.time[0], second.time[0]), min(first.time[-1], second.time[-1])
    return float((end - start) / np.timedelta64(1, "s"))


def _span(record: Record) -> Phrase:
    """First and last moment of a record."""
    first, last = (f"{str(moment)[:19]}Z" for moment in record.time[[0, -1]])
    return Phrase("from_to", {"first": first, "last": last})


def _no_position(record: Record, sources: Sequence[Record]) -> Reject:
    nearest = min(sources, key=lambda source: -_common_s(source, record), default=None)
    hint = "" if nearest is None else _hours_hint(nearest, record)
    if record.positions_lost is not None and not hint:
        return record.positions_lost
    if nearest is None:
        return Reject(record.item, "", "no_positions_at_all", {"span": _span(record)})
    return Reject(
        record.item,
        "",
        "no_positions_at_that_time",
        {
            "span": _span(record),
            "nearest": nearest.item,
            "apart_s": abs(_common_s(nearest, record)),
            "hint": hint,
        },
    )


def _hours_hint(source: Record, record: Record) -> Phrase | str:
    """Say by how many whole hours a clock would have to be moved, where one such move alone makes them overlap."""
    length = min((r.time[-1] - r.time[0]) / np.timedelta64(1, "s") for r in (source, record))
    fitting = []
    for hours in range(-14, 15):
        moved = record.time[[0, -1]] + np.timedelta64(hours, "h")
        common = (min(source.time[-1], moved[1]) - max(source.time[0], moved[0])) / np.timedelta64(1, "s")
        if common > 0.9 * length > 0:
            fitting.append(hours)
    if len(fitting) != 1:
        return ""
    return Phrase(
        "would_overlap_if_moved",
        {"hours": fitting[0], "name": record.item.rsplit("/", 1)[-1], "seconds": fitting[0] * 3600},
    )


def _unused_track(track: Record, used: Sequence[Record]) -> Decision | Reject:
    twin = next((other for other in used if other is not track and _common_s(other, track) > 0), None)
    if twin is not None:
        return Decision(track.item, "positions_not_used", {"twin": twin.item})
    return Reject(track.item, "", "positions_only", {"span": _span(track)})


_IN_TURN = 0.6
"""An analyser that has a value in fewer of its rows than this measures its gases in turn."""


def join_outing(source: Record, instruments: Sequence[Record], settings: TraceSettings) -> Outcome[Record]:
    """Join instruments onto positions.

    One instrument keeps its own times and gets positions interpolated over gaps up to ``position_gap_s``. Several are
    interpolated onto the times of the positions, each over gaps up to ``join_gap_s``; samples at the same
    moment are taken
    as they are.
    """
    if not instruments:
        return Outcome(source)
    if len(instruments) == 1 and not source.has_species:
        return _place(instruments[0], source, settings)
    return _onto(source, instruments, settings)


def _place(record: Record, track: Record, settings: TraceSettings) -> Outcome[Record]:
    usable = (
        np.isfinite(track.lon + track.lat) if track.lon is not None and track.lat is not None else np.zeros(0, bool)
    )
    times = track.time[usable]
    gap_s = gap_between(times, settings.position_gap_s)
    where = bracket(times, record.time, gap_s)
    lon, lat = interpolate(track.lon[usable], where), interpolate(track.lat[usable], where)  # type: ignore[index]
    record = replace(record, channels=without_receiver(record.channels, where.near))
    own = np.where(where.near, np.uint32(Flag.GNSS_POOR | Flag.POSITION_STUCK), np.uint32(0))
    flags = record.qc_flag & ~own | carried_flags(track.qc_flag[usable], where)
    flags |= np.where(where.near & ~where.exact, np.uint32(Flag.POSITION_INTERPOLATED), np.uint32(0))
    have = {channel.name for channel in record.channels}
    extra = [carried_channel(c, track.time, usable, record.time, gap_s) for c in track.channels if c.name not in have]
    joined = replace(record, lon=lon, lat=lat, qc_flag=flags.astype(np.uint32), channels=(*record.channels, *extra))
    note = Decision(
        record.item,
        "positions_joined",
        {
            "track": track.item,
            "gap_s": gap_s,
            "placed": int(np.count_nonzero(where.near)),
            "rows": len(record.time),
        },
    )
    return Outcome(joined, (note,))


def gap_between(times: TimeArray, at_least_s: float) -> float:
    """Return the gap in s that may be bridged: 2.5 times the file's own step, if it has enough samples."""
    return longest_step(seconds_since_start(times), at_least_s) if len(times) >= _SHOW_A_STEP else at_least_s


def carried_channel(
    channel: Channel, times: TimeArray, usable: np.ndarray, targets: TimeArray, gap_s: float
) -> Channel:
    """Values of a track's channel at other times; moments at which it said nothing are passed over."""
    told = usable & np.isfinite(channel.values)
    if told.all() or not told.any():
        told = usable
    own_gap_s = gap_between(times[told], gap_s)
    return _resampled(channel, _subset(channel, told), bracket(times[told], targets, own_gap_s))


def without_receiver(channels: Sequence[Channel], rows: np.ndarray) -> tuple[Channel, ...]:
    """Blank what a receiver said of its own fixes in rows that are placed by another one."""
    return tuple(
        replace(c, values=np.where(rows, np.nan, c.values)) if c.name in _OF_THE_RECEIVER else c
        for c in channels
        if c.name not in _OF_THE_RECEIVER or not rows.all()
    )


def _subset(channel: Channel, rows: np.ndarray) -> Channel:
    return replace(channel, values=channel.values[rows], qc=None if channel.qc is None else channel.qc[rows])


def carried_flags(flags: FlagArray, where: Bracket) -> FlagArray:
    """Flags of the samples around each moment; none where no samples are near."""
    return np.where(where.near, flags[where.before] | flags[where.after], np.uint32(0)).astype(np.uint32)


def _resampled(channel: Channel, source: Channel, where: Bracket) -> Channel:
    angle = channel.attrs.get("units") == "rad"
    values = (interpolate_angle if angle else interpolate)(source.values, where)
    qc = None if source.qc is None else carried_flags(source.qc, where)
    return replace(channel, values=values, qc=qc)


def _onto_times(channel: Channel, record: Record, targets: TimeArray, where: Bracket, gap_s: float) -> Channel:
    """A channel at the times of others; where an analyser measures gases in turn, between the values of its own."""
    told = np.isfinite(channel.values)
    if told.all() or not told.any() or np.count_nonzero(told) > _IN_TURN * told.size:
        return _resampled(channel, channel, where)
    times = _snapped(record.time[told], targets, gap_s)
    return _resampled(channel, _subset(channel, told), bracket(times, targets, gap_between(times, gap_s)))


def _flags_to_values(record: Record) -> Record:
    """Move what the rows of an analyser are flagged for to its own values: it says nothing of other analysers."""
    own = record.qc_flag & np.uint32(_OF_THE_ANALYSER)
    if not own.any() or not record.has_species:
        return record
    channels = tuple(
        replace(c, qc=(own if c.qc is None else own | c.qc).astype(np.uint32)) if c.is_species else c
        for c in record.channels
    )
    return replace(record, channels=channels, qc_flag=(record.qc_flag ^ own).astype(np.uint32))


def _onto(base: Record, instruments: Sequence[Record], settings: TraceSettings) -> Outcome[Record]:
    base = _flags_to_values(base)
    channels = list(base.channels)
    notes = Notes()
    for record in map(_flags_to_values, instruments):
        where = bracket(_snapped(record.time, base.time, settings.join_gap_s), base.time, settings.join_gap_s)
        for channel in record.channels:
            resampled = _onto_times(channel, record, base.time, where, settings.join_gap_s)
            channels.append(replace(resampled, name=_free_name(channel, [c.name for c in channels], record)))
        inside = int(np.count_nonzero((record.time >= base.time[0]) & (record.time <= base.time[-1])))
        notes.decide(
            record.item,
            "joined_by_time",
            {
                "base": base.item,
                "gap_s": settings.join_gap_s,
                "moments": len(base.time),
                "exact": int(where.exact.sum()),
                "interpolated": int((where.near & ~where.exact).sum()),
                "missing": int((~where.near).sum()),
                "outside": len(record.time) - inside,
                "rows": len(record.time),
            },
        )
    names = [base.instrument, *(record.instrument for record in instruments)]
    joined = replace(base, channels=tuple(channels), instrument=", ".join(dict.fromkeys(n for n in names if n)))
    platform = next((r.platform for r in (base, *instruments) if r.platform), "")
    return notes.outcome(replace(joined, platform=platform))


def _snapped(times: TimeArray, onto: TimeArray, gap_s: float) -> TimeArray:
    """Move the samples of an instrument too slow to be interpolated to the moments next to them.

    One value a minute belongs to its own moment; between clocks that do not tick together it would be lost.
    """
    if gap_between(times, 0.0) <= 2.5 * gap_s:
        return times
    after = np.clip(np.searchsorted(onto, times), 1, max(1, len(onto) - 1))
    later = np.abs(onto[after] - times) < np.abs(times - onto[after - 1])
    nearest = np.where(later, onto[after], onto[after - 1])
    near = np.abs(nearest - times) <= np.timedelta64(round(gap_s * 1e9), "ns")
    moved: TimeArray = np.where(near, nearest, times)
    return moved if (np.diff(moved) > np.timedelta64(0, "ns")).all() else times


def _free_name(channel: Channel, taken: Sequence[str], record: Record) -> str:
    if channel.name not in taken:
        return channel.name
    label = re.sub(r"\W+", "_", fold(channel.attrs.get("instrument") or record.item.rsplit("/", 1)[-1])).strip("_")
    name = f"{channel.name}_{label}"
    number = 2
    while name in taken:
        name = f"{channel.name}_{label}_{number}"
        number += 1
    return name
