"""What points of a track carry beside their place (extensions of GPX, data of KML), read as columns by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import polars as pl

from ingest.outcome import Notes, Outcome
from ingest.species import fold
from ingest.text.headings import understand
from ingest.text.sources import Source
from ingest.text.times.stamps import TimeArray
from ingest.traces.record import Channel, Layout, TraceSettings
from ingest.traces.rewritten import read_rewritten

_ITS_OWN = ("time", "date", "clock", "epoch", "epoch_ns", "gnss_clock", "lon", "lat")


def channels_of_points(
    source: Source,
    time: TimeArray,
    columns: Mapping[str, Sequence[str | None]],
    settings: TraceSettings,
    taken: Collection[str],
) -> Outcome[list[Channel]]:
    """Channels of named texts, one a point: units in the names, species, wind and weather as in any table.

    Names that mean nothing are only named where another one means something; those in ``taken`` are left out.
    """
    declared = {fold(name) for name in settings.columns}
    meant = {name: understand(name) for name in columns}
    useful = [
        n for n, m in meant.items() if fold(n) in declared or (m is not None and m.quantity.role not in _ITS_OWN)
    ]
    if not useful or len(time) < 2:
        return Outcome([])
    kept = [n for n in columns if (m := meant[n]) is None or m.quantity.role not in _ITS_OWN]
    stamps = np.datetime_as_string(time.astype("datetime64[ns]"), unit="ns")
    texts: dict[str, Sequence[str | None]] = {"time (UTC)": stamps.tolist()}
    frame = pl.DataFrame({**texts, **{n: columns[n] for n in kept}}, schema_overrides=dict.fromkeys(kept, pl.String))
    notes = Notes()
    record = notes.take(read_rewritten(source, frame, settings, Layout(zone="UTC")))[0]
    if len(record.time) != len(time):
        return notes.outcome([])
    return notes.outcome([channel for channel in record.channels if channel.name not in taken])
