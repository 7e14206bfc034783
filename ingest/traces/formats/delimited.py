"""Any delimited table with a heading row that names a time and a measured quantity, in Chinese or English."""

from __future__ import annotations

from ingest.traces.assemble import read_delimited
from ingest.traces.record import Reader


def _recognises(_head: bytes) -> bool:
    return True  # the last reader in the list: what it cannot locate a table in, it refuses with a reason


READER = Reader(
    name="delimited table",
    suffixes=(".csv", ".txt", ".tsv", ".dat", ".csv.gz"),
    recognises=_recognises,
    read=read_delimited,
    reads="time, position, species, wind, speed, weather, status by their headings; any encoding and delimiter",
    infers="encoding, delimiter, heading row, unit row, decimal comma, order of day and month, units of CH4 and CO2",
    tested_with="VanDAQ_filtered_gps_data.csv.gz",
)
