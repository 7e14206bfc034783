"""A second logger in the vehicle: a dust meter with a receiver and a clock of its own, in EPA's RETIGO format."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onevisit.truth.simulate.air.instrument import CHANNELS, Analyser, measure
from onevisit.truth.simulate.drives.files import texts
from onevisit.truth.simulate.drives.laps import Drive, measure_positions
from onevisit.truth.simulate.world import World

Floats = NDArray[np.float64]
_ZONE = timedelta(hours=8)


def write_handheld(
    path: Path,
    world: World,
    dust_g_m3: Floats,
    drive: Drive,
    start: datetime,
    rng: np.random.Generator,
    *,
    says_utc: bool,
) -> None:
    """Write what the dust meter logged.

    Parameters
    ----------
    dust_g_m3 : array, shape (second,)
        True enhancement of PM2.5 at the vehicle.
    start : datetime
        Local time of the first second.
    says_utc : bool
        Whether local time is written under the name of UTC; else the stamps are UTC.
    """
    channel = next(c for c in CHANNELS if c.species == "PM2.5")
    analyser = Analyser(1.0, 2.0, float(rng.uniform(1.05, 1.3)), 0.0, float(rng.normal(0, 3.0)))
    reading = measure(dust_g_m3, channel, analyser, rng)
    fixes = measure_positions(drive, rng, jumps=0, tunnels=0)
    lon, lat = world.lonlat(fixes.x, fixes.y)
    first = start + timedelta(seconds=round(analyser.clock_offset_s)) - (timedelta(0) if says_utc else _ZONE)
    lines = ["## RETIGO upload", "Timestamp(UTC),EAST_LONGITUDE(deg),NORTH_LATITUDE(deg),ID(-),pm2.5(ug/m3)"]
    rows = zip(texts(lon, 6), texts(lat, 6), texts(reading, 1), strict=True)
    lines += [
        f"{first + timedelta(seconds=k):%Y-%m-%dT%H:%M:%S}+00:00,{x},{y},dust-1,{value}"
        for k, (x, y, value) in enumerate(rows)
    ]
    path.write_bytes(("\n".join(lines) + "\n").encode("ascii"))
