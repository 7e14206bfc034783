"""Fixed stations as witnesses of hotspots."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import xarray as xr

from fusion.attribution.candidates import Candidates
from fusion.attribution.joint.case import geometry_of
from fusion.attribution.joint.footprint import LOG_STEP, Model, block_wind, footprints
from fusion.attribution.joint.heard import StationsHeard, hear_stations
from fusion.attribution.joint.kernel import concentrations
from fusion.attribution.joint.readings import Readings, Sensor, new_mast
from fusion.attribution.joint.settings import JointSettings
from fusion.attribution.verdict import Weighed

ONE = JointSettings(widths=(1.0,), source_heights_m=(0.5,))
BLOCKS = 30
SITES = Candidates(
    ("A", "B"), ((), ()), np.arange(2), np.zeros(2, np.int64), np.array([10.0, -15.0]), np.array([-8.0, 12.0]),
    np.full(2, 3.0), np.ones(2),
)  # fmt: skip


def _readings() -> Readings:
    """What four stations meet of a source at site A in a wind that goes round, a name of each and a mast at one."""
    time = np.arange(-20, BLOCKS * 5) * 60.0
    angle = 2.4 * np.floor(time / 300.0) + 0.1 * np.sin(time / 60.0)
    mast = new_mast("s0", time, 2.5 * np.cos(angle), 2.5 * np.sin(angle))
    around = [40.0 * np.exp(0.5j * np.pi * k) for k in range(4)]
    sensors = tuple(Sensor(f"s{k}", z.real, z.imag, z.real, z.imag, 2.0) for k, z in enumerate(around))
    winds = [w for k in range(BLOCKS) if (w := block_wind(mast, 300.0 * k, 300.0, ONE)) is not None]
    g = geometry_of(sensors)
    table = footprints(mast, winds, g.heights_m, Model(1.0, 1.0, 0.5), ONE)
    met = np.empty((BLOCKS, 4, 1))
    concentrations(10.0, -8.0, g.x, g.y, g.first, g.level, table, np.zeros(1, np.int64), False, LOG_STEP, met)
    value = 1e-3 + 0.2 * met[:, :, 0] + np.random.default_rng(2).normal(0.0, 2e-6, (BLOCKS, 4))
    when = np.repeat(np.arange(BLOCKS) * 300.0 + 150.0, 4)
    return Readings(sensors, (mast,), when, np.tile(np.arange(4), BLOCKS), value.ravel())


def _weighed(species: str = "ch4", x: float = 0.0, seen_s: float = 4000.0) -> Weighed:
    seen = datetime.fromtimestamp(seen_s, UTC)
    hotspot = SimpleNamespace(species=species, others=("co",), first_seen=seen, last_seen=seen)
    both = np.arange(2)
    return cast(Weighed, SimpleNamespace(hotspot=hotspot, x=x, y=0.0, chosen=both, best=both))


def test_the_site_whose_plume_was_met_is_raised() -> None:
    """A by far, B not below one half; what the stations met may be of another source."""
    (said,) = StationsHeard((("ch4", _readings()),), ONE).hear([_weighed()], SITES)
    assert said is not None and said.kind == "station"
    assert said.data == tuple(f"station:s{k}:ch4" for k in range(4))
    assert said.sites[0] > 2.0 > 0.0 > said.sites[1] >= np.log(0.5)
    assert (said.unlisted, said.background) == (0.0, 0.0)


@pytest.mark.parametrize(
    "hotspot", [_weighed("so2"), _weighed(x=2000.0), _weighed(seen_s=4e5)], ids=["species", "far", "another day"]
)
def test_stations_that_know_nothing_are_silent(hotspot: Weighed) -> None:
    """Another species, beyond a kilometre and a half, or on another day."""
    assert StationsHeard((("ch4", _readings()),), ONE).hear([hotspot], SITES) == (None,)


def test_a_species_that_rose_with_it_is_heard() -> None:
    """CO rose at a hotspot of SO2, and CO is what the stations measure."""
    (said,) = StationsHeard((("co", _readings()),), ONE).hear([_weighed("so2")], SITES)
    assert said is not None and said.data[0] == "station:s0:co"


def test_stations_without_wind_are_silent() -> None:
    """The pattern says nothing where nobody knows from where the air came."""
    readings = _readings()
    without = Readings(readings.sensors, (), readings.time, readings.sensor, readings.value)
    assert StationsHeard((("ch4", without),), ONE).hear([_weighed()], SITES) == (None,)


def test_stations_of_a_mission() -> None:
    """Every species of a station with a place; no station, or none with a place, is no witness."""
    time = np.datetime64("2026-01-01T00:00", "ns") + np.arange(3) * np.timedelta64(60, "s")
    about = {"units": "mg m-3"}
    station = xr.Dataset(
        {name: ("obs", np.ones(3), {**about, "species": name}) for name in ("co", "tvoc")},
        {"time": ("obs", time), "station": "A", "lon": 117.0, "lat": 30.0},
    )
    heard = hear_stations([station], "EPSG:32650").value
    assert heard is not None and [name for name, _ in heard.readings] == ["co", "tvoc"]
    nowhere = hear_stations([station.drop_vars(["lon", "lat"])], "EPSG:32650")
    assert nowhere.value is None and {r.item for r in nowhere.rejects} == {"A"}
    assert hear_stations([], "EPSG:32650").value is None
