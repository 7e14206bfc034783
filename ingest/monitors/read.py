"""Automatic-monitoring, power and treatment records → monitor series (see `ingest.schema`).

Two kinds of file: HJ 212 packets as a collector logs them, and the tables that platforms export (CSV, Excel), wide
(one column a quantity) or long (one row a value), with marks and with devices. Times are the local time of the site.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path

import xarray as xr

from ingest.coordinates import crs_from_text, zone_of
from ingest.errors import FileError
from ingest.monitors.codes import code_of
from ingest.monitors.collect import LAST_NS, Attributes, Collected, Collector, SeriesKey
from ingest.monitors.hj212 import Hj212Settings, Message, join_packets, parse_stream
from ingest.monitors.marks import Mark, apply_marks
from ingest.monitors.positions import read_positions, with_position
from ingest.monitors.tables import Device, read_table
from ingest.outcome import Decision, Outcome, Reject
from ingest.registers.places import HYPOTHESES, crs_name
from ingest.settings import setting
from ingest.species import species_of_code
from ingest.text.sheets import read_sheets
from ingest.text.sources import Limits

logger = logging.getLogger(__name__)

_HEAD_BYTES = 4096
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
_BEYOND = "DataTime is not between 1678 and 2261"
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
    files: Iterable[Path], settings: MonitorSettings, *, root: Path | None = None
) -> Outcome[tuple[xr.Dataset, ...]]:
    """Read monitor records, join them by reporting point, and lay the marks over them.

    Parameters
    ----------
    files : iterable of Path
    settings : MonitorSettings
    root : Path, optional
        Folder to which the names shown to people are relative.

    Returns
    -------
    Outcome of tuple of xarray.Dataset
        Monitor series (`ingest.schema.check_monitor`). Refused packets are counted per file and kind in the rejects.

    Raises
    ------
    SettingError
        If the time zone or the coordinate system of the settings is not known.
    """
    zone = zone_of(settings.time_zone)
    if settings.crs and crs_name(settings.crs) not in HYPOTHESES:
        crs_from_text(crs_name(settings.crs))
    collector, marks, devices = Collector(), list[Mark](), dict[str, Device]()
    decisions: list[Decision] = []
    rejects: list[Reject] = []
    for path in sorted(files):
        inside = root is not None and path.is_relative_to(root)
        item = path.relative_to(root).as_posix() if inside and root is not None else path.name
        try:
            if _is_hj212(path):
                _read_packets(path, item, settings, zone, collector, decisions, rejects)
            else:
                sheets, notes = read_sheets(path, item, settings)
                decisions += notes
                for sheet in sheets:
                    read_table(sheet, item, zone, collector, marks, devices, decisions, rejects)
        except FileError as error:
            rejects.append(error.reject)
        except OSError as error:
            rejects.append(Reject(item, "", f"cannot be read ({error.strerror or error})"))
        else:
            evidence = "the records name no zone; put `time_zone` under [monitors] in mission.toml if it was another"
            decisions.append(Decision(item, f"times read as {settings.time_zone}", evidence))
    collected = collector.drain()
    placed = _place(collected, devices, settings.crs)
    rejects += placed.rejects
    series = apply_marks([_with_device(dataset, devices) for dataset in placed.value], marks, rejects)
    logger.info("monitors: %d series, %d rejected", len(series), len(rejects))
    return Outcome(tuple(series), (*decisions, *collected.decisions, *placed.decisions), tuple(rejects))


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
        head = file.read(_HEAD_BYTES)
    return b"##" in head and (b"CP=&&" in head or b";CN=" in head)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _read_packets(
    path: Path,
    item: str,
    settings: MonitorSettings,
    zone: tzinfo,
    collector: Collector,
    decisions: list[Decision],
    rejects: list[Reject],
) -> None:
    """Add the values of a file of packets; refused and tolerated packets are counted by kind."""
    refused: Counter[str] = Counter()
    tolerated: Counter[str] = Counter()
    first: dict[str, int] = {}
    messages = parse_stream(_chunks(path), settings=Hj212Settings(tolerated=settings.tolerated))
    for message in join_packets(messages):
        for problem in message.tolerated:
            tolerated[f"{message.mn}: {_kind(problem)}"] += 1
        if message.errors:
            kind = _kind(message.errors[0])
            refused[kind] += 1
            first.setdefault(kind, message.offset)
        elif message.cn in _COMMANDS and message.data_time:
            time_ns = _utc_ns(message.data_time, zone)
            if abs(time_ns) > LAST_NS:
                refused[_BEYOND] += 1
                first.setdefault(_BEYOND, message.offset)
            else:
                _add_message(message, item, time_ns, collector)
    for kind, count in refused.items():
        rejects.append(Reject(item, f"byte {first[kind]}", f"{count} packets refused: {kind}; {_advice(kind)}"))
    for kind, count in tolerated.items():
        decisions.append(Decision(item, f"{count} packets accepted although not to the standard", kind))


def _kind(problem: str) -> str:
    """An error without its numbers, so that equal ones are counted together."""
    for kind in ("Modbus sum", "CRC", "length", "belong to no packet", "longer than", "incomplete", "DataTime"):
        if kind in problem:
            return kind if kind != "belong to no packet" else "bytes belong to no packet"
    return problem[:60]


def _advice(kind: str) -> str:
    """Say what can be done about packets that were refused for a kind of error."""
    defect = {"Modbus sum": "modbus", "length": "length", "longer than": "long"}.get(kind)
    if defect is None:
        return "damaged on the way, or cut by the collector: take the log again, or ask the keeper of the device"
    return f'if the device is known for it, put `tolerated = ["<MN>:{defect}"]` under [monitors] in mission.toml'


def _add_message(message: Message, item: str, time_ns: int, collector: Collector) -> None:
    """Add the items of one message to its device's series."""
    interval, wanted = _COMMANDS[message.cn]
    points = collector.points(SeriesKey(interval, mn=message.mn, point=message.mn, source=item))
    for code, fields in message.items.items():
        for field_name, text in fields.items():
            if field_name == "Flag":
                points.add(time_ns, f"{_attributes(code, message.st)['code']}_mark", text[:8])
                continue
            target = _variable(code, field_name, wanted, message.st)
            value = _number(text)
            if target is not None and value is not None:
                points.add(time_ns, target[0], value, target[1])


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


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None
