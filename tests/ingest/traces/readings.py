"""Read one small file by its own reader and compare every channel with what it should hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ingest.flags import Flag
from ingest.outcome import Decision, Outcome
from ingest.text.sources import open_source
from ingest.traces.read import recognise
from ingest.traces.record import Channel, FloatArray, Record, TraceSettings
from onevisit.words.telling import tell

__all__ = ["FROM", "assert_channels", "make_record", "read_file", "said", "seconds", "species", "the_record", "utc"]

#: The moment from which made-up rows count.
FROM = np.datetime64("2024-10-08T01:00:00", "ns")


def read_file(
    folder: Path, name: str, content: str | bytes, rules: TraceSettings | None = None
) -> Outcome[tuple[Record, ...]]:
    """What the reader that recognises a file makes of it, before anything is checked or joined."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = open_source(path, name, rules or TraceSettings())
    return recognise(source.head).read(source, rules or TraceSettings())


def the_record(outcome: Outcome[tuple[Record, ...]]) -> Record:
    """The only record."""
    (record,) = outcome.value
    return record


def utc(*texts: str) -> list[np.datetime64]:
    """Times as they are compared."""
    return [np.datetime64(text, "ns") for text in texts]


def said(decisions: Sequence[Decision]) -> list[tuple[str, str]]:
    """Decisions and evidence without the file."""
    return [(tell(decision).decision, tell(decision).evidence) for decision in decisions]


def assert_channels(
    record: Record,
    expected: Mapping[str, tuple[float | Sequence[float], Mapping[str, str]]],
    qc: Mapping[str, Sequence[int]] | None = None,
) -> None:
    """All channels in order: values, attributes, and flags of values, which are zero where not given."""
    assert [channel.name for channel in record.channels] == list(expected)
    for channel in record.channels:
        values, attrs = expected[channel.name]
        wanted = np.broadcast_to(np.asarray(values, float), len(record.time))
        assert channel.values.dtype == np.float64
        np.testing.assert_allclose(channel.values, wanted, rtol=1e-12, atol=1e-14, err_msg=channel.name)
        assert dict(channel.attrs) == dict(attrs), channel.name
        flags = np.zeros(len(record.time), np.uint32) if channel.qc is None else channel.qc
        assert flags.dtype == np.uint32
        assert flags.tolist() == [int(bits) for bits in (qc or {}).get(channel.name, [0] * len(record.time))]


def seconds(*values: float) -> np.ndarray:
    """Times so many seconds after `FROM`."""
    return FROM + np.round(np.array(values) * 1e9).astype("int64").astype("timedelta64[ns]")


def species(name: str, values: Sequence[float] | FloatArray, unit: str, qc: Sequence[int] | None = None) -> Channel:
    """A species channel."""
    attrs = {"units": unit, "species": name, "long_name": name, "instrument": "test"}
    return Channel(name, np.asarray(values, float), attrs, None if qc is None else np.array(qc, np.uint32))


def make_record(
    channels: Sequence[Channel] = (),
    *,
    time: np.ndarray | None = None,
    lon: Sequence[float] | None = None,
    lat: Sequence[float] | None = None,
    item: str = "a.csv",
    zone: str = "UTC",
    flags: Sequence[int | Flag] | None = None,
) -> Record:
    """A record of a row a second."""
    count = len(time) if time is not None else len(channels[0].values) if channels else len(lon or ())
    return Record(
        item=item,
        reader="",
        instrument="test",
        time=seconds(*range(count)) if time is None else time,
        zone=zone,
        lon=None if lon is None else np.array(lon, float),
        lat=None if lat is None else np.array(lat, float),
        channels=tuple(channels),
        qc_flag=np.zeros(count, np.uint32) if flags is None else np.array(flags, np.uint32),
    )
