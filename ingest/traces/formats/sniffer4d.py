"""Sniffer4D Mapper exports, and what others write in their shape.

Third-party exporters write ppm values under µg/m³ headings, swap NO2 and CO, and put UTC under 采样点时间. So
nothing is
believed by heading alone: units are tested against values, and the zone needs a declaration or evidence.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ingest.outcome import Notes, Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Channel, Layout, Reader, Record, TraceSettings

_CLEANEST_CO = 0.04  # ppm; 40 ppb is the cleanest air of the southern oceans, and 0.046 mg m-3
_COLUMNS = {"设备序列号": "platform", "相对高度": "height_above_takeoff m"}


def _recognises(head: bytes) -> bool:
    return "采样点时间".encode() in head[:4096] or b"Sniffer4D" in head[:1000]


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a Mapper export; where the columns NO2 and CO have evidently been exchanged, exchange them back."""
    notes = Notes()
    records = notes.take(read_delimited(source, settings, Layout(instrument="Sniffer4D", columns=_COLUMNS)))
    return notes.outcome(tuple(notes.take(_exchange_co_no2(record)) for record in records))


def _exchange_co_no2(record: Record) -> Outcome[Record]:
    """Swap where each column holds the other's range.

    CO in mg m-3 is 0.2 to 5 and NO2 in ug m-3 is 3 to 300; in ppm CO is above 0.04 and NO2 below it.
    """
    channels = {c.name: c for c in record.channels}
    co, no2 = channels.get("co"), channels.get("no2")
    if co is None or no2 is None or co.attrs["units"] != "mg m-3" or no2.attrs["units"] != "ug m-3":
        return Outcome(record)
    medians = [float(np.nanmedian(c.values)) for c in (co, no2)]
    as_headed = medians[0] > 8.0 and medians[1] < 5.0
    in_ppm = 0.0 < medians[0] < _CLEANEST_CO and _CLEANEST_CO < medians[1] < 10.0
    if not (as_headed or in_ppm):
        return Outcome(record)
    swapped: dict[str, Channel] = {
        "co": replace(co, values=no2.values, qc=no2.qc),
        "no2": replace(no2, values=co.values, qc=co.qc),
    }
    if in_ppm:
        swapped = {name: replace(c, attrs={**c.attrs, "units": "ppm"}) for name, c in swapped.items()}
    notes = Notes()
    notes.decide(
        record.item,
        "co_no2_exchanged_in_ppm" if in_ppm else "co_no2_exchanged",
        {"co_mg_m3": medians[0], "no2_ug_m3": medians[1], "cleanest_ppm": _CLEANEST_CO},
    )
    return notes.outcome(replace(record, channels=tuple(swapped.get(c.name, c) for c in record.channels)))


READER = Reader(
    name="Sniffer4D Mapper",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    reads="time, position, height above take-off, temperature, humidity, pressure, VOCs, gases, PM1, PM2.5, PM10",
    infers="units against values (ppm under ug/m3 headings), CO and NO2 exchanged; zone by declaration or agreement",
    tested_with="sniffer4d_mapper_header.csv",
)
