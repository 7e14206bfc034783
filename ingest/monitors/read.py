"""Automatic-monitoring, power and treatment records → monitor series (see `ingest.schema`).

Two kinds of file: HJ 212 packets as a collector logs them, and the tables that platforms export (CSV, Excel), wide
(one column a quantity) or long (one row a value), with marks and with devices. Times are the local time of the site.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import xarray as xr

from ingest.coordinates import crs_from_text, zone_of
from ingest.errors import FileError
from ingest.monitors.codes import code_of
from ingest.monitors.collect import Attributes, Collected, Collector, SeriesKey
from ingest.monitors.conventions import without_doubtful_units
from ingest.monitors.frames import batches, is_stream
from ingest.monitors.hj212 import DEFECTS, Hj212Settings, Message, check_tolerated, parse_stream
from ingest.monitors.marks import Mark, apply_marks
from ingest.monitors.parts import join_packets
from ingest.monitors.positions import read_positions, with_position
from ingest.monitors.tables import Device, read_table
from ingest.monitors.values import Cells, without_full_scale
from ingest.outcome import Notes, Outcome, Phrase, Reject
from ingest.registers.places import HYPOTHESES, crs_name
from ingest.settings import setting
from ingest.species import species_of_code
from ingest.text.sheets import Sheet, read_sheets, tell_unread
from ingest.text.sources import Limits
from ingest.text.times.dates import FIRST_DAY, day_from_today

logger = logging.getLogger(__name__)

_HEAD_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 20
# Command → interval, and the field that holds the interval's value (HJ 212-2017, table 9).
_COMMANDS = {
    "2011": ("realtime", "Rtd"),
    "2021": ("realtime", "RS"),
    "2031": ("day", "Avg"),
    "2041": ("day", "RT"),
    "2051": ("minute", "Avg"),
    "2061": ("hour", "Avg"),
}
# Stations of ambient air send gases in µg m-3, whatever the table of codes says; only CO comes in mg m-3.
_AMBIENT, _POWER, _VENDOR_POWER = "22", "44", "80"
_WATER = ("21", "32", "52")
_EMPTY_YEARS = 2  # between the hours of a clock that was reset and those of the record
_LEAST_SHARE = 0.1  # of the packets are in the last years of a record: clocks are reset to the past
_YEAR = re.compile(rb"(?i:ime)\s*=\s*(\d{4})\d{4}")
_KIND_CODES = {
    "packet_sum_modbus": "packets_with_modbus_sum",
    "packet_sum_wrong": "packets_with_wrong_sum",
    "packet_sum_missing": "packets_with_wrong_sum",
    "packet_length_wrong": "packets_of_wrong_length",
    "packet_length_missing": "packets_of_wrong_length",
    "packet_too_long": "packets_too_long",
    "packet_incomplete": "packets_incomplete",
    "packet_time_not_understood": "packets_with_wrong_time",
    "bytes_of_no_packet": "packets_of_loose_bytes",
    "packet_time_of_reset_clock": "packets_of_reset_clock",
    "packet_time_to_come": "packets_of_times_to_come",
}
"""What is wrong with a packet, without its numbers: equal ones are counted together."""
_UNUSED_FIELDS = frozenset(("Min", "Max", "ZsMin", "ZsMax", "Cou", "EFlag", "SampleTime"))
_ELECTRIC_UNITS = {"I": "A", "U": "V", "P": "kW", "E": "kWh"}


@dataclass(frozen=True)
class MonitorSettings(Limits):
    """How monitor records are read."""

    time_zone: str = setting(
        "Asia/Shanghai", unit="", source="HJ 212-2017: Beijing time, kept in all of China", bureau=True
    )
    tolerated: tuple[str, ...] = setting(
        (), unit="", source='choice: strict; as in Hj212Settings, "<MN>:modbus"', bureau=True
    )
    crs: str = setting(
        "", unit="", source='choice: "" means that a column 坐标系 says it, or nobody does', bureau=True
    )


def read_monitors(
    files: Iterable[Path], settings: MonitorSettings, *, root: Path | None = None, today: date | None = None
) -> Outcome[tuple[xr.Dataset, ...]]:
    """Read monitor records, join them by reporting point, and lay the marks over them.

    Parameters
    ----------
    files : iterable of Path
    settings : MonitorSettings
    root : Path, optional
        Folder to which the names shown to people are relative.
    today : date, optional
        The day after which no record can be; the machine's by default.

    Returns
    -------
    Outcome of tuple of xarray.Dataset
        Monitor series (`ingest.schema.check_monitor`). Refused packets are counted per file and kind in the rejects.

    Raises
    ------
    SettingError
        If the time zone, the coordinate system or a tolerance of the settings is not known.
    """
    zone = zone_of(settings.time_zone)
    if settings.crs and crs_name(settings.crs) not in HYPOTHESES:
        crs_from_text(crs_name(settings.crs))
    check_tolerated(settings.tolerated)
    collector, marks, devices = Collector(), list[Mark](), dict[str, Device]()
    notes = Notes()
    for path in sorted(files):
        inside = root is not None and path.is_relative_to(root)
        item = path.relative_to(root).as_posix() if inside and root is not None else path.name
        zoned = False
        try:
            if _is_hj212(path):
                _read_packets(path, item, settings, zone, collector, notes, today)
            else:
                sheets, decisions = read_sheets(path, item, settings)
                notes.keep(*decisions)
                read = partial(
                    read_table, item=item, zone=zone, collector=collector, marks=marks, devices=devices, notes=notes
                )
                zoned = _read_each(sheets, partial(read, today=today), item, notes)
        except FileError as error:
            notes.keep(error.reject)
        except OSError as error:
            notes.reject(item, "", "record_unreadable", {"error": error.strerror or str(error)})
        else:
            if not zoned:
                notes.decide(item, "record_times_read_as", {"zone": settings.time_zone})
    collected = collector.drain()
    notes.keep(*collected.decisions)
    placed = notes.take(_place(collected, devices, settings.crs))
    sound = [notes.take(without_doubtful_units(*one)) for one in zip(placed, collected.believed, strict=True)]
    whole = [notes.take(without_full_scale(one)) for one in sound]
    series = notes.take(apply_marks([_with_device(dataset, devices) for dataset in whole], marks))
    logger.info(Phrase("log_monitors", {"series": len(series), "rejected": len(notes.rejects)}))
    return notes.outcome(tuple(series))


def _read_each(sheets: Sequence[Sheet], read: Callable[[Sheet], bool], item: str, notes: Notes) -> bool:
    """Read every table of a file, those that are none told by name; whether all times name their zone."""
    zoned: list[bool] = []
    refused: list[tuple[str, FileError]] = []
    for sheet in sheets:
        listed = list(sheet.rows) if len(sheets) > 1 else sheet.rows
        try:
            zoned.append(read(replace(sheet, rows=listed)))
        except FileError as error:
            if len(sheets) == 1 or any(cell.strip() for _, cells in listed for cell in cells):
                refused.append((sheet.name, error))
    tell_unread(item, refused, len(zoned), notes)
    return bool(zoned) and all(zoned)


def _place(collected: Collected, devices: Mapping[str, Device], crs: str) -> Outcome[list[xr.Dataset]]:
    """Give series the place that their own rows state, else that of their device in a list of devices."""
    spots = []
    for series, own in zip(collected.series, collected.spots, strict=True):
        device = devices.get(series.attrs["mn"])
        spots.append(own or (device.spot if device else None))
    positions = read_positions((spot for spot in spots if spot is not None), crs)
    found = [
        series if spot is None else with_position(series, positions.value[spot])
        for series, spot in zip(collected.series, spots, strict=True)
    ]
    return Outcome(found, positions.decisions, positions.rejects)


def _with_device(series: xr.Dataset, devices: Mapping[str, Device]) -> xr.Dataset:
    """Fill in site, point and limits from a list of devices, where the record itself does not say them."""
    device = devices.get(series.attrs["mn"])
    if device is None:
        return series
    own = {name: text for name, text in series.attrs.items() if text}
    if own.get("point") == own["mn"]:
        del own["point"]
    filled = series.assign_attrs({**series.attrs, **device.site, **own})
    for name, variable in series.data_vars.items():
        limit = device.limits.get(str(variable.attrs.get("code", "")))
        if limit is not None and "limit" not in variable.attrs:
            filled[name] = variable.assign_attrs(limit=limit)
    return filled


# --- HJ 212 --------------------------------------------------------------------------------------------------------


def _is_hj212(path: Path) -> bool:
    with path.open("rb") as file:
        return is_stream(file.read(_HEAD_BYTES))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


class _Said:
    """What is to be said of a file of packets, counted by kind, with the first of each."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self.first: dict[str, tuple[int, Phrase]] = {}
        self.tolerated: Counter[tuple[str, Phrase]] = Counter()
        self.noted: Counter[tuple[str, str]] = Counter()
        self.first_noted: dict[tuple[str, str], Phrase] = {}
        self.lines = 0

    def refuse(self, offset: int, problem: Phrase) -> None:
        """Count a packet that is not used."""
        kind = str(_kind(problem))
        self.refused[kind] += 1
        self.first.setdefault(kind, (offset, problem))

    def note(self, mn: str, note: Phrase) -> None:
        """Count what is no error: of one field, part or kind of a device the first stands for all."""
        key = mn, f"{note.code} {note.values.get('field', '')}"
        self.noted[key] += 1
        self.first_noted.setdefault(key, note)


def _read_packets(
    path: Path,
    item: str,
    settings: MonitorSettings,
    zone: tzinfo,
    collector: Collector,
    notes: Notes,
    today: date | None = None,
) -> None:
    """Add the values of a file of packets; refused and tolerated packets are counted by kind."""
    said, cells = _Said(), Cells()
    years = _years(path, today)
    messages = parse_stream(_chunks(path), settings=Hj212Settings(tolerated=settings.tolerated))
    for message in join_packets(messages):
        said.tolerated.update((message.mn, _kind(problem)) for problem in message.tolerated)
        problem = message.errors[0] if message.errors else None
        if problem is not None and problem.code == "text_between_packets":
            said.lines += int(str(problem.values["count"]))
            continue
        if problem is None and message.cn in _COMMANDS and message.data_time:
            problem = _impossible(message.data_time, years, today)
            if problem is None:
                _add_message(message, item, _utc_ns(message.data_time, zone), collector, cells)
                for note in message.notes:
                    said.note(message.mn, note)
        if problem is not None:
            said.refuse(message.offset, problem)
    notes.keep(*cells.decisions(item))
    _tell_packets(item, said, notes)


def _tell_packets(item: str, said: _Said, notes: Notes) -> None:
    for kind, count in said.refused.items():
        notes.keep(_refused(item, count, *said.first[kind]))
    for (mn, known), count in said.tolerated.items():
        notes.decide(item, "packets_accepted", {"count": count, "mn": mn, "kind": known})
    for key, count in said.noted.items():
        notes.decide(item, "packets_noted", {"count": count, "mn": key[0], "note": said.first_noted[key]})
    if said.lines:
        notes.decide(item, "lines_between_packets", {"count": said.lines})


def _years(path: Path, today: date | None) -> frozenset[int]:
    """Years of the record, which follow one another: the last that hold a good share of its packets."""
    counts: Counter[int] = Counter()
    rest = b""
    for chunk in batches(_chunks(path)):
        found = [*_YEAR.finditer(text := rest + chunk)]
        counts.update(int(match[1]) for match in found)
        rest = text[max(found[-1].end() if found else 0, len(text) - 32) :]
    last = day_from_today(today).year
    groups: list[list[int]] = []
    for year in sorted(year for year in counts if FIRST_DAY.year <= year <= last):
        if not groups or year - groups[-1][-1] > _EMPTY_YEARS:
            groups.append([])
        groups[-1].append(year)
    total = sum(counts[year] for group in groups for year in group)
    good = [group for group in groups if sum(counts[year] for year in group) >= _LEAST_SHARE * total]
    return frozenset(good[-1] if good else ())


def _impossible(digits: str, years: frozenset[int], today: date | None) -> Phrase | None:
    """Why a record cannot be of its time; None where it can.

    A clock that lost its power starts again at 1970, 1980, 2000 or the year of its firmware.
    """
    day = datetime.strptime(digits[:8], "%Y%m%d").date()
    if day > day_from_today(today):
        return Phrase("packet_time_to_come", {"day": day.isoformat()})
    if day < FIRST_DAY or day.year not in years:
        return Phrase("packet_time_of_reset_clock", {"day": day.isoformat()})
    return None


def _refused(item: str, count: int, offset: int, problem: Phrase) -> Reject:
    """So many packets with a problem, the first of them at an offset, and what can be done."""
    where, kind, defect = f"byte {offset}", _kind(problem), DEFECTS.get(problem.code)
    if problem.code in ("packet_time_of_reset_clock", "packet_time_to_come"):
        values = {"count": count, "day": problem.values["day"], "kind": kind}
        return Reject(item, where, "packets_of_wrong_clock", values)
    if defect is None:
        return Reject(item, where, "packets_damaged", {"count": count, "kind": kind})
    return Reject(item, where, "packets_not_to_standard", {"count": count, "kind": kind, "defect": defect})


def _kind(problem: Phrase) -> Phrase:
    """What is wrong without its numbers, where a kind is known."""
    return Phrase(_KIND_CODES[problem.code]) if problem.code in _KIND_CODES else problem


def _add_message(message: Message, item: str, time_ns: int, collector: Collector, cells: Cells) -> None:
    """Add the items of one message to its device's series; what is no number is counted, its mark kept."""
    interval, wanted = _COMMANDS[message.cn]
    points = collector.points(SeriesKey(interval, mn=message.mn, point=message.mn, source=item))
    for code, fields in message.items.items():
        for field_name, text in fields.items():
            if field_name == "Flag":
                points.add(time_ns, f"{_attributes(code, message.st)['code']}_mark", text[:8])
                continue
            target = _variable(code, field_name, wanted, message.st)
            if target is None or not text.strip():
                continue
            name, attributes = target
            value, mark = cells.value(
                f"{code}-{field_name}", text, str(attributes["units"]), f"byte {message.offset}"
            )
            if np.isfinite(value):
                points.add(time_ns, name, value, attributes)
            if mark and "Flag" not in fields:
                points.add(time_ns, f"{attributes.get('code', name)}_mark", mark)


@lru_cache(maxsize=4096)
def _attributes(code: str, system: str) -> Attributes:
    """What is known of a code; ``code`` is the name of its variable."""
    known = code_of(code)
    # Codes of 2005 are short numbers that mean one thing in water and, with some makers, another in gas.
    if known and code == known.old and known.code.startswith("w") != (system in _WATER):
        known = None
    name = known.code if known else code
    units = known.unit if known else "1"
    species = species_of_code(name)
    if system == _AMBIENT and species:
        units = species.unit
    attributes = {"code": name, "long_name": known.name_en if known else code, "units": units}
    if system == _POWER and code.startswith(("d2", "d3")):  # HJ 212-2025: production, treatment
        attributes |= {"role": "production" if code.startswith("d2") else "treatment", "linked_to": ""}
    return attributes


@lru_cache(maxsize=4096)
def _variable(code: str, field_name: str, wanted: str, system: str) -> tuple[str, Attributes] | None:
    """Variable and attributes of a field, None for extremes and sums, which no rule uses."""
    attributes = _attributes(code, system)
    name = str(attributes["code"])
    if field_name == wanted and wanted in ("Rtd", "Avg"):
        return name, attributes
    if field_name == f"Zs{wanted}":
        return f"{name}_corrected", {**attributes, "long_name": f"{attributes['long_name']}, corrected"}
    if field_name == "RS":
        return f"{code}_state", {"units": "1", "role": "", "linked_to": ""}
    if field_name == "RT":
        return f"{code}_hours", {"units": "h", "role": "", "linked_to": ""}
    if field_name in _UNUSED_FIELDS:
        return None
    unit = _ELECTRIC_UNITS.get(field_name[:1], "1") if system in (_POWER, _VENDOR_POWER) else "1"
    return f"{name}_{field_name}", {"units": unit, "code": name}


def _utc_ns(digits: str, zone: tzinfo) -> int:
    """Nanoseconds since 1970 of a DataTime of 14 or 17 digits."""
    local = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=zone)
    milliseconds = int(digits[14:17] or 0)
    return (int(local.timestamp()) * 1000 + milliseconds) * 1_000_000
