"""AethLabs microAeth MA200, MA300, MA350: five wavelengths, local time with its offset in minutes, GPS.

``IR BCc`` is black carbon (880 nm) corrected for loading, ``UV BCc`` (375 nm) what it would be by ultraviolet: more
of it is smoke of wood. Both in ng m-3. Temperature, humidity and pressure are those of the sample. GPS headings say
ddmm.mmmmm, most firmware writes degrees. Headings and rows: a public reader of an MA350 (Matlab, GitHub), helikite's
``MAeth``.
"""

from __future__ import annotations

import polars as pl

from ingest.outcome import Outcome
from ingest.text.encodings import decode
from ingest.text.sources import Source
from ingest.traces.record import Layout, Reader, Record, TraceSettings
from ingest.traces.rewritten import offset_text, read_rewritten, require, texts_of

_TIME, _OFFSET = "Date / time local", "Timezone offset (mins)"
_COLUMNS = {
    "ir bcc": "bc ng m-3",
    "uv bcc": "bc_uv ng m-3",
    "gps sat count": "satellites",
    "readable status": "status",
}
_KEPT = ("GPS speed (km/h)", "GPS sat count", "IR BCc", "UV BCc", "Readable status")


def _recognises(head: bytes) -> bool:
    line = head[:8192].split(b"\n")[0]
    return b"Timezone offset (mins)" in line and b"IR BCc" in line


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a file of a microAeth MA: UTC by the offset of each row."""
    frame = texts_of(decode(source, settings))
    require(frame, (_TIME, _OFFSET), source.item)
    offset = pl.col(_OFFSET).cast(pl.Float64, strict=False)
    places = {"GPS lat (ddmm.mmmmm)": ("lat", 90.0), "GPS long (dddmm.mmmmm)": ("lon", 180.0)}
    plain = frame.select(
        (pl.col(_TIME).str.replace("T", " ") + offset_text(offset)).alias("time"),
        *(_degrees(frame[old], limit).alias(new) for old, (new, limit) in places.items() if old in frame.columns),
        *(name for name in _KEPT if name in frame.columns),
    )
    serial = frame[0, 0] if frame.height else ""
    return read_rewritten(source, plain, settings, Layout(instrument=f"microAeth {serial}", columns=_COLUMNS))


def _degrees(texts: pl.Series, limit: float) -> pl.Series:
    """Degrees of a column in degrees, or in degrees and minutes where a number is too large for that."""
    sign = pl.select(pl.when(texts.str.contains(r"[SWsw]")).then(-1.0).otherwise(1.0)).to_series()
    numbers = texts.str.replace_all(r"[NSEWnsew\s]", "").cast(pl.Float64, strict=False)
    if bool((numbers.abs() > limit).any()):
        size = numbers.abs()
        whole = (size / 100).floor()
        direction = pl.select(pl.when(numbers < 0).then(-1.0).otherwise(1.0)).to_series()
        numbers = direction * (whole + (size - 100 * whole) / 60)
    return (sign * numbers).round(9)


READER = Reader(
    name="microAeth MA200, MA300, MA350",
    suffixes=(".csv",),
    recognises=_recognises,
    read=read,
    reads="time with its offset, position, speed, black carbon (IR BCc), the same by ultraviolet (UV BCc), status",
    infers="degrees or degrees and minutes of the GPS columns",
    tested_with="tests/ingest/traces/test_formats_sensors.py",
)
