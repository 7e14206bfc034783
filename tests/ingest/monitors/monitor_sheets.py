"""What the tests of monitor tables share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from ingest.monitors.collect import Collected, Collector
from ingest.monitors.marks import Mark
from ingest.monitors.tables import Device, read_table
from ingest.outcome import Decision, Notes, Reject
from ingest.text.sheets import Sheet, csv_rows

PERMIT = "91130200699229617X001P"


USCC = PERMIT[:18]


HOUR = 3_600_000_000_000


@dataclass
class Parsed:
    """All that a table gives."""

    collector: Collector = field(default_factory=Collector)
    marks: list[Mark] = field(default_factory=list)
    devices: dict[str, Device] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)

    @property
    def decisions(self) -> list[Decision]:
        """What was decided."""
        return self.notes.decisions

    @property
    def rejects(self) -> list[Reject]:
        """What was refused."""
        return self.notes.rejects

    @cached_property
    def collected(self) -> Collected:
        """The collected series and where they are said to be."""
        return self.collector.drain()

    @property
    def series(self) -> tuple[xr.Dataset, ...]:
        """The collected series."""
        return self.collected.series

    @property
    def one(self) -> xr.Dataset:
        """The only series."""
        [series] = self.series
        return series


def parse(text: str, *, zone: str = "Asia/Shanghai") -> Parsed:
    """Read a table of CSV."""
    found = Parsed()
    read_table(
        Sheet("line", csv_rows(text, "t.csv")), "t.csv", ZoneInfo(zone), found.collector, found.marks, found.devices,
        found.notes,
    )  # fmt: skip
    return found


def utc(text: str) -> int:
    """Nanoseconds of a time in UTC."""
    return int(np.datetime64(text, "ns").astype(np.int64))
