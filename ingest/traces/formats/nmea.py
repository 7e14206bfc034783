"""NMEA 0183 logs: GGA (position, quality, satellites, HDOP, altitude) and RMC (date, speed, course), checksums
verified; wind by `nmea_wind`.

Times are UTC. The day stands in RMC only; a log without RMC takes it from the file name or is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce

import numpy as np

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.outcome import Notes, Outcome
from ingest.text.encodings import decode
from ingest.text.sources import Source
from ingest.text.times.stamps import date_in_name
from ingest.traces.formats.nmea_wind import SENTENCES, parse_wind, wind_of_fixes
from ingest.traces.record import Channel, Reader, Record, TraceSettings
from ingest.units import KNOT_M_S

_KINDS = "|".join(("GGA", "RMC", *SENTENCES))
_SENTENCE = re.compile(rf"\$([A-Z]{{2}})({_KINDS}),([^*\r\n]*)(?:\*([0-9A-Fa-f]{{2}}))?")


@dataclass(frozen=True)
class Fix:
    """One epoch: seconds of the day (UTC), its day where RMC gave one, and what the sentences said."""

    clock_s: float
    day: date | None = None
    lat: float = float("nan")
    lon: float = float("nan")
    valid: bool = True
    satellites: float = float("nan")
    hdop: float = float("nan")
    altitude: float = float("nan")
    speed: float = float("nan")
    heading: float = float("nan")
    more: Mapping[str, float] = field(default_factory=dict)


def checksum(body: str) -> int:
    """XOR of the characters between ``$`` and ``*`` (NMEA 0183).

    Examples
    --------
    >>> hex(checksum("GPGGA,184353.07,1929.045,S,02410.506,E,1,04,2.6,100.00,M,-33.9,M,,0000"))
    '0x6d'
    """
    return reduce(lambda total, character: total ^ ord(character), body, 0) & 0xFF


def _recognises(head: bytes) -> bool:
    lines = head[:8192].split(b"\n")
    hits = sum(1 for line in lines if re.search(rf"\$[A-Z]{{2}}({_KINDS}),".encode(), line))
    return re.search(rb"\$[A-Z]{2}(GGA|RMC),", head[:8192]) is not None and hits >= 0.15 * max(
        1, sum(1 for line in lines if line.strip())
    )


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read an NMEA log as one record of positions.

    Raises
    ------
    FileError
        If no sentence survives its checksum or no day is known.
    """
    text = decode(source, settings)
    fixes, bad, junk = _fixes(text.data.decode("utf-8", errors="replace").splitlines())
    if not fixes:
        raise FileError(source.item, "nmea_without_fixes", {"wrong": bad})
    notes = Notes(text.decisions)
    dated = notes.take(_date_fixes(fixes, source.item))
    if bad:
        notes.reject(source.item, "sentences", "nmea_checksums_wrong", {"count": bad})
    if junk:
        notes.decide(source.item, "nmea_lines_passed_over", {"count": junk})
    return notes.outcome((_record(dated, source.item),))


def _fixes(lines: Sequence[str]) -> tuple[list[Fix], int, int]:
    fixes: list[Fix] = []
    early: dict[str, float] = {}  # said before the first fix
    bad = junk = 0
    for line in lines:
        match = _SENTENCE.search(line)
        if match is None:
            junk += bool(line.strip())
            continue
        body = f"{match[1]}{match[2]},{match[3]}"
        if match[4] is None or checksum(body) != int(match[4], 16):
            bad += 1
            continue
        if match[2] in SENTENCES:
            told = parse_wind(match[2], match[3].split(","))
            bad += told is None
            if fixes:
                fixes[-1] = _with_more(fixes[-1], told or {})
            else:
                early.update(told or {})
            continue
        fix = _parse_gga(match[3].split(",")) if match[2] == "GGA" else _parse_rmc(match[3].split(","))
        if fix is None:
            bad += 1
        elif fixes and fixes[-1].clock_s == fix.clock_s:
            fixes[-1] = _merge(fixes[-1], fix)
        else:
            fixes.append(fix)
    if fixes:
        fixes[0] = _with_more(fixes[0], {**early, **fixes[0].more})
    return fixes, bad, junk


def _with_more(fix: Fix, told: Mapping[str, float]) -> Fix:
    """Add what a sentence without a time says to the fix before it; the first speed and course of a fix stay."""
    if not told:
        return fix
    speed = fix.speed if np.isfinite(fix.speed) else told.get("speed", fix.speed)
    heading = fix.heading if np.isfinite(fix.heading) else told.get("heading", fix.heading)
    return replace(fix, speed=speed, heading=heading, more={**fix.more, **told})


def _merge(first: Fix, second: Fix) -> Fix:
    values = {
        name: getattr(second, name)
        for name in ("lat", "lon", "satellites", "hdop", "altitude", "speed", "heading")
        if np.isfinite(getattr(second, name))
    }
    return replace(first, day=second.day or first.day, valid=first.valid and second.valid, **values)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _clock(text: str) -> float | None:
    if not re.fullmatch(r"\d{6}(\.\d+)?", text):
        return None
    seconds = int(text[:2]) * 3600 + int(text[2:4]) * 60 + float(text[4:])
    return seconds if seconds < 86401 else None


def _angle(text: str, side: str) -> float:
    """``ddmm.mmmm`` and hemisphere → degrees."""
    match = re.fullmatch(r"(\d{1,3})(\d{2}(?:\.\d*)?)", text)
    if match is None:
        return float("nan")
    value = int(match[1]) + float(match[2]) / 60.0
    return -value if side in ("S", "W") else value


def _parse_gga(parts: list[str]) -> Fix | None:
    clock = _clock(parts[0]) if len(parts) >= 9 else None
    if clock is None:
        return None
    return Fix(
        clock,
        lat=_angle(parts[1], parts[2]),
        lon=_angle(parts[3], parts[4]),
        valid=parts[5] not in ("0", ""),
        satellites=_number(parts[6]),
        hdop=_number(parts[7]),
        altitude=_number(parts[8]),
    )


def _parse_rmc(parts: list[str]) -> Fix | None:
    clock = _clock(parts[0]) if len(parts) >= 9 else None
    if clock is None:
        return None
    return Fix(
        clock,
        day=_day(parts[8]),
        lat=_angle(parts[2], parts[3]),
        lon=_angle(parts[4], parts[5]),
        valid=parts[1] == "A",
        speed=_number(parts[6]) * KNOT_M_S,
        heading=float(np.radians(_number(parts[7]))),
    )


def _day(text: str) -> date | None:
    try:
        return date(2000 + int(text[4:6]), int(text[2:4]), int(text[:2])) if re.fullmatch(r"\d{6}", text) else None
    except ValueError:
        return None


def _date_fixes(fixes: list[Fix], item: str) -> Outcome[list[Fix]]:
    """Give every fix its day: its own, the last one stated, advanced where the clock falls back over midnight."""
    first = next((fix.day for fix in fixes if fix.day is not None), None)
    notes = Notes()
    if first is None:
        first = date_in_name(item)
        if first is None:
            raise FileError(item, "nmea_without_day")
        notes.decide(item, "nmea_day_of_name", {"day": str(first)})
    result: list[Fix] = []
    day, last = first, fixes[0].clock_s
    for fix in fixes:
        if fix.day is not None:
            day = fix.day
        elif last - fix.clock_s > 43200:
            day = date.fromordinal(day.toordinal() + 1)
        last = fix.clock_s
        result.append(replace(fix, day=day))
    return notes.outcome(result)


def _record(fixes: list[Fix], item: str) -> Record:
    time = np.array(
        [
            np.datetime64(fix.day or date(1970, 1, 1), "ns") + np.timedelta64(round(fix.clock_s * 1e9), "ns")
            for fix in fixes
        ],
        "datetime64[ns]",
    )
    flags = np.array([0 if fix.valid else int(Flag.GNSS_POOR) for fix in fixes], np.uint32)
    texts = {
        "altitude": ("m", "altitude above mean sea level"),
        "speed": ("m s-1", "platform speed over ground"),
        "heading": ("rad", "direction of travel, clockwise from north"),
        "satellites": ("1", "satellites used"),
        "hdop": ("1", "horizontal dilution of precision"),
    }
    channels = []
    for name, (units, long_name) in texts.items():
        values = np.array([getattr(fix, name) for fix in fixes], float)
        if np.isfinite(values).any():
            attrs = {"units": units, "long_name": long_name}
            attrs |= {"vertical_datum": "mean sea level (receiver's geoid)"} if name == "altitude" else {}
            channels.append(Channel(name, values, attrs))
    heading = np.array([fix.heading for fix in fixes], float)
    channels += wind_of_fixes([fix.more for fix in fixes], heading)
    return Record(
        item=item,
        reader="",
        instrument="GNSS",
        time=time,
        zone="UTC",
        lon=np.array([fix.lon for fix in fixes], float),
        lat=np.array([fix.lat for fix in fixes], float),
        channels=tuple(channels),
        qc_flag=flags,
    )


READER = Reader(
    name="NMEA 0183",
    suffixes=(".nmea", ".log", ".txt", ".nmea.gz"),
    recognises=_recognises,
    read=read,
    reads="GGA and RMC of any talker: time, position, quality, satellites, HDOP, altitude, speed, course; "
    "wind over the ground (MWD, MDA, MWV T, VWT) and as felt (MWV R, VWR), bow (HDT), course and speed (VTG)",
    infers="day from the file name where RMC is absent; midnight; sentences with a wrong checksum are refused",
    tested_with="pynmea2_data.log",
)
