"""LI-COR LI-78xx ``.data`` (DATAH, DATAU, DATA rows; Unix seconds and nanoseconds) and LI-850 text logs."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.outcome import Decision, Outcome
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Reader, Record, TraceSettings

_COLUMNS_78XX = {
    "datah": "",
    "seconds": "epoch",
    "nanoseconds": "epoch_ns",
    "diag": "raw:diag 1",
    "date": "",
    "time": "",
    "remark": "",
}
_COLUMNS_850 = {"co2 absorption": "", "h2o absorption": ""}


def _is_78xx(head: bytes) -> bool:
    return b"\nDATAH\t" in head[:8192] or head.startswith(b"DATAH\t")


def read_li78xx(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a ``.data`` file of an LI-7810, LI-7815, LI-7820 or LI-7825; rows whose DIAG is not 0 are flagged."""
    head = source.head[:8192].decode("utf-8", errors="replace")
    line = next((n for n, text in enumerate(head.split("\n")) if text.startswith("DATAH")), None)
    if line is None:
        raise FileError(source.item, "licor_without_headings")
    model = re.search(r"Model:\s*(\S+)", head)
    serial = re.search(r"SN:\s*(\S+)", head)
    name = " ".join(["LI-COR", model[1] if model else "LI-78xx", serial[1] if serial else ""]).strip()
    outcome = read_delimited(
        source, settings, Layout(instrument=name, zone="UTC", columns=_COLUMNS_78XX, first_line=line)
    )
    return Outcome(
        tuple(_flag_diagnostics(record) for record in outcome.value),
        (*outcome.decisions, *_diagnostic_notes(outcome.value)),
        outcome.rejects,
    )


def _diagnostic(record: Record) -> np.ndarray:
    values = next((c.values for c in record.channels if c.name == "diag"), np.zeros(len(record.time)))
    bad: np.ndarray = np.isfinite(values) & (values != 0)
    return bad


def _flag_diagnostics(record: Record) -> Record:
    flags = np.where(_diagnostic(record), np.uint32(Flag.INSTRUMENT_FAULT), np.uint32(0))
    kept = tuple(channel for channel in record.channels if channel.name != "diag")
    return replace(record, channels=kept, qc_flag=(record.qc_flag | flags).astype(np.uint32))


def _diagnostic_notes(records: tuple[Record, ...]) -> tuple[Decision, ...]:
    return tuple(
        Decision(record.item, "licor_faults", {"count": int(_diagnostic(record).sum())})
        for record in records
        if _diagnostic(record).any()
    )


def _is_850(head: bytes) -> bool:
    return b"System_Date_" in head[:1000] and b"System_Time_" in head[:1000]


def read_li850(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read an LI-850 text log: local time, CO2 in µmol mol-1, H2O in mmol mol-1."""
    return read_delimited(source, settings, Layout(instrument="LI-COR LI-850", columns=_COLUMNS_850))


LI78XX = Reader(
    name="LI-COR LI-78xx .data",
    suffixes=(".data", ".data.gz"),
    recognises=_is_78xx,
    read=read_li78xx,
    reads="Unix time, H2O, CO2, CH4, N2O in the units of the DATAU row, diagnostics",
    infers="nothing; positions are joined from another file",
    tested_with="tests/ingest/traces/test_formats_text.py",
)
LI850 = Reader(
    name="LI-COR LI-850",
    suffixes=(".csv", ".txt", ".csv.gz"),
    recognises=_is_850,
    read=read_li850,
    reads="local date and time, CO2, H2O, flow",
    infers="order of day and month (the heading says Y-M-D, the rows may not keep to it), zone by the positions",
    tested_with="2019_09_25_h091000_KAN_LI_COR.csv.gz",
)
