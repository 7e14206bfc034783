"""AirCasting session exports: eight padded lines name package, sensor, quantity and unit of every value column."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.errors import FileError
from ingest.outcome import Outcome
from ingest.species import fold
from ingest.text.encodings import decode
from ingest.text.headings import understand
from ingest.text.sources import Source
from ingest.text.tables import split_line
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings
from ingest.units import parse_unit

_LABELS = ("Sensor_Package_Name", "Sensor_Name", "Measurement_Type", "Measurement_Units")


def _recognises(head: bytes) -> bool:
    return b"Sensor_Package_Name" in head[:4096] and b"Measurement_Units" in head[:8192]


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read an AirCasting export: local times without a zone, units from the preamble.

    Raises
    ------
    FileError
        If the preamble does not name quantities and units.
    """
    lines = decode(source, settings).data[:65536].decode("utf-8", errors="replace").split("\n")
    values = {label: _values_after(lines, label) for label in _LABELS}
    kinds, units = values["Measurement_Type"], values["Measurement_Units"]
    heading = next((n for n, line in enumerate(lines) if line.startswith("ObjectID")), None)
    if heading is None or not kinds or len(kinds) != len(units):
        raise FileError(source.item, "preamble_without_units")
    columns = {"objectid": "", "session name": ""}
    for name in split_line(lines[heading], ","):
        match = re.match(r"(\d+):Measurement_Value", name)
        if match and 1 <= int(match[1]) <= len(kinds):
            columns[fold(name)] = _meaning(kinds[int(match[1]) - 1], units[int(match[1]) - 1])
    package = (values["Sensor_Package_Name"] or ["AirCasting"])[0]
    return read_delimited(source, settings, Layout(instrument=package, columns=columns, first_line=heading))


def _values_after(lines: Sequence[str], label: str) -> list[str]:
    """Return the values in the line below a label line (the label stands in the first value column)."""
    for number, line in enumerate(lines[:20]):
        fields = split_line(line, ",")
        if label in fields and number + 1 < len(lines):
            return [part for part in split_line(lines[number + 1], ",")[fields.index(label) :] if part]
    return []


def _meaning(kind: str, unit: str) -> str:
    words = {"particulate matter": "pm25"}
    found = understand(kind)
    known = parse_unit({"micrograms per cubic meter": "ug/m3", "percentage": "%"}.get(unit.lower(), unit))
    slug = found.quantity.slug if found else words.get(fold(kind), "")
    return f"{slug} {known.name}" if slug and known else ""


READER = Reader(
    name="AirCasting",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    reads="time, position, every stream with quantity and unit of the preamble (Fahrenheit becomes K)",
    infers="zone only by declaration or agreement",
    tested_with="aircasting_spec_session_stream_measurement.csv",
)
