"""Packets of HJ 212 with their sums, and how a folder of records is read."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from ingest.monitors.crc import crc_modbus
from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome
from tests.ingest.monitors.slow_crc import crc_hj212

MN = "010000A8900016F000169DC0"


def packet(segment: str, *, modbus: bool = False) -> bytes:
    """A packet with length and check sum."""
    data = segment.encode()
    return b"##%04d%s%04X\r\n" % (len(data), data, crc_modbus(data) if modbus else crc_hj212(data))


def hourly(hour: int, so2: float, flag: str = "N") -> bytes:
    """Hourly means of a stack, SO2 measured and corrected."""
    cp = f"DataTime=20241001{hour:02d}0000;a21026-Avg={so2},a21026-ZsAvg={so2 * 1.5},a21026-Flag={flag}"
    return packet(f"QN=20241001{hour:02d}0100000;ST=31;CN=2061;PW=123456;MN={MN};Flag=5;CP=&&{cp}&&")


def read(folder: Path, **changes: object) -> Outcome[tuple[xr.Dataset, ...]]:
    """Read all files of a folder."""
    return read_monitors(folder.iterdir(), MonitorSettings(**changes), root=folder)  # type: ignore[arg-type]


def log(folder: Path, *segments: str, name: str = "log.bin") -> Outcome[tuple[xr.Dataset, ...]]:
    """Read a log of packets."""
    (folder / name).write_bytes(b"".join(map(packet, segments)))
    return read(folder)


def realtime(items: str, *, st: str = "31", cn: str = "2011", time: str = "20241001080000") -> str:
    """A segment with these items."""
    return f"ST={st};CN={cn};MN={MN};Flag=4;CP=&&DataTime={time};{items}&&"
