"""Every plume with its fields, and the place that it is part of or why it is part of none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
import xarray as xr

from fusion.schema import Hotspot, Met
from fusion.settings import FusionSettings
from ingest.schema import new_trace
from onevisit.leads.plumes import PlumeLine, list_plumes
from tracks import process_trace
from tracks.schema import Track

Make = Callable[..., Any]

CRS = "EPSG:4544"
START = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
TRACERS = FusionSettings().combustion_species


def listed(tracks: list[Track], *hotspots: Hotspot) -> list[PlumeLine]:
    """The plumes of these drives."""
    return list(list_plumes(tracks, hotspots, crs=CRS, combustion=TRACERS).value)


def plumes_of(*rows: dict[str, Any]) -> xr.Dataset:
    """Plumes as the tracks room gives them, each field with a value of its own unless a row says otherwise."""
    base: dict[str, Any] = {
        "species": "ch4", "pass_index": 0, "start_time": np.datetime64("2026-03-01T01:00:05.25", "ns"),
        "peak_time": np.datetime64("2026-03-01T01:00:07", "ns"),
        "end_time": np.datetime64("2026-03-01T01:00:09", "ns"),
        "lon": 104.0, "lat": 30.0, "maximum": 3.0, "background": 2.0, "area": 60.0, "width_m": 33.0, "snr": 12.0,
        "first_row": 5, "peak_row": 7, "last_row": 9, "units": "ppm", "source": 4, "passes_seen": 3,
        "passes_crossed": 5,
    }  # fmt: skip
    full = [base | row for row in rows]
    return xr.Dataset({name: ("plume", np.array([row[name] for row in full])) for name in base})


def met_at(second: int, species: str, *, half_s: int = 5, **changes: Any) -> dict[str, Any]:
    """A plume around a second of the drive, where the drive was."""
    at = np.datetime64("2026-03-01T01:00:00", "ns") + np.array([second - half_s, second, second + half_s]) * (
        np.timedelta64(1, "s")
    )
    rows = {"first_row": second - half_s, "peak_row": second, "last_row": second + half_s}
    times = dict(zip(("start_time", "peak_time", "end_time"), at, strict=True))
    return {"species": species, "lon": 104.0 + 1e-5 * second, "source": second} | rows | times | changes


def driven(make_track: Make, *rows: dict[str, Any], name: str = "drive", also: tuple[str, ...] = ()) -> Track:
    """A drive with these plumes that measures methane and other species."""
    noise = {"units": "ppm", "noise_sd": 0.01}
    extra = {
        f"{species}{end}": ("obs", np.full(600, 0.1), noise | {"species": species})
        for species in also
        for end in ("", "_enhancement")
    }
    track = make_track(name, **extra)
    track.passes["ch4_enhancement"].attrs["noise_sd"] = 0.01
    return replace(track, plumes=plumes_of(*rows))


def crossing(second: int, *, half_s: int = 5, label: str = "drive#0") -> Met:
    """What a hotspot knows of one of its crossings."""
    moments = [START + timedelta(seconds=second + k * half_s) for k in (-1, 1)]
    return Met(label, *moments, 104.0 + 1e-5 * second, 30.0)


LINE = PlumeLine(
    trajectory="drive", pass_index=0, source=4, species="ch4", unit="ppm", maximum=3.0, noise_sd=0.25, background=2.0,
    snr=12.0, area=60.0, width_m=33.0, start=datetime(2026, 3, 1, 1, 0, 5, 250_000, tzinfo=UTC),
    peak=datetime(2026, 3, 1, 1, 0, 7, tzinfo=UTC), end=datetime(2026, 3, 1, 1, 0, 9, tzinfo=UTC), lon=104.0,
    lat=30.0, position_sd_m=7.5, passes_seen=3, passes_crossed=5, place=None, apart="weak", crossing=0,
)  # fmt: skip


def test_every_field_of_a_line_is_that_of_the_plume(make_track: Make) -> None:
    """The noise is the maximum over its ratio, the error of the position that of the row of the peak: 7.5 m."""
    track = driven(make_track, {})
    errors = ("obs", 0.5 + np.arange(600.0), {"units": "m"})
    assert listed([replace(track, passes=track.passes.assign(horizontal_sd=errors))]) == [LINE]
    assert LINE.value == 5.0
    (unknown,) = listed([track])
    assert math.isnan(unknown.position_sd_m)


def test_a_plume_carries_its_place_size_and_doubt() -> None:
    """Twenty minutes eastwards at 10 m/s: it stands at 3 km, 3 ppm above 2 ppm, on the one pass that came by."""
    second = np.arange(1200)
    noise = np.random.default_rng(1).normal(0.0, 0.004, second.size)
    attrs = {"units": "ppm", "long_name": "methane", "species": "ch4", "instrument": "analyser"}
    time = np.datetime64("2026-03-01T01:00:00", "ns") + second * np.timedelta64(1, "s")
    lon = 104.0 + second * 10.0 / (111_195.0 * math.cos(math.radians(30.0)))
    values = 2.0 + noise + 3.0 * np.exp(-(((second - 300) / 4.0) ** 2))
    trace = new_trace("drive", time, lon, np.full(second.size, 30.0), {"ch4": (values, attrs)})
    strongest = max(listed([process_trace(trace).value]), key=lambda line: line.maximum)
    assert strongest.maximum == pytest.approx(3.0, abs=0.1)
    assert strongest.background == pytest.approx(2.0, abs=0.02)
    assert (strongest.lon - 104.0) * 111_195.0 * math.cos(math.radians(30.0)) == pytest.approx(3000.0, abs=30.0)
    assert (strongest.passes_seen, strongest.passes_crossed) == (1, 1)
    assert 0 < strongest.noise_sd < 0.05
    assert strongest.maximum / strongest.noise_sd == pytest.approx(strongest.snr)


def test_lines_come_drive_by_drive(make_track: Make) -> None:
    """In the order of the plumes of each; a drive without plumes has none."""
    one = driven(make_track, {"source": 1}, {"source": 0}, name="b")
    found = listed([one, make_track("c"), driven(make_track, {"source": 2}, name="a")])
    assert [(line.trajectory, line.source) for line in found] == [("b", 1), ("b", 0), ("a", 2)]
    assert listed([make_track()]) == [] and listed([]) == []


def test_plumes_of_all_species_and_loggers_belong_to_the_place_of_their_crossing(
    make_track: Make, make_hotspot: Make
) -> None:
    """Methane at 100 s leads, NOx follows 2 s later, toluene of a second logger after 1 s; at 200 s is another."""
    first = driven(
        make_track, met_at(100, "ch4", snr=50.0), met_at(102, "nox", half_s=1), met_at(200, "ch4"), also=("nox",)
    )
    second = driven(make_track, met_at(101, "toluene"), name="second", also=("toluene",))
    hotspots = [make_hotspot(id="H007", met=(crossing(100),)), make_hotspot(id="H008", met=(crossing(200),))]
    found = listed([first, second], *hotspots)
    assert [(line.species, line.place, line.apart) for line in found] == [
        ("ch4", "H007", None), ("nox", "H007", None), ("ch4", "H008", None), ("toluene", "H007", None),
    ]  # fmt: skip
    assert found[0].crossing == found[1].crossing == found[3].crossing != found[2].crossing


def test_a_place_is_told_by_its_crossings_not_by_species_and_distance(make_track: Make, make_hotspot: Make) -> None:
    """The same gas on the outline of a hotspot, at a moment that is none of its crossings, is part of nothing."""
    polygon = shapely.box(104.0, 29.99, 104.01, 30.01)
    track = driven(make_track, met_at(100, "ch4"), met_at(130, "ch4", snr=6.0))
    near, apart = listed([track], make_hotspot(polygon=polygon, met=(crossing(100),), seen_by=("drive#0",)))
    assert (near.place, near.apart) == ("H001", None)
    assert (apart.place, apart.apart) == (None, "weak")
    (other_pass, _) = listed([track], make_hotspot(met=(crossing(100, label="drive#1"),)))
    assert other_pass.place is None


def test_why_a_plume_is_in_no_place(make_track: Make) -> None:
    """NOx and CO in motion are a vehicle's; over 2 m in 10 s the own one stood; water; no position; methane alone."""
    track = driven(
        make_track, met_at(100, "nox"), met_at(101, "co"), met_at(200, "nox", width_m=2.0), met_at(300, "h2o"),
        met_at(400, "ch4"), met_at(500, "nox", lon=math.nan), also=("nox", "co", "h2o"),
    )  # fmt: skip
    found = {(line.species, line.source): line.apart for line in listed([track])}
    assert found == {
        ("nox", 100): "exhaust", ("co", 101): "exhaust", ("nox", 200): "standing", ("h2o", 300): "water",
        ("ch4", 400): "weak", ("nox", 500): "no_position",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"species": "tvoc", "others": ("ch4_dry",)}, True),
        ({"species": "tvoc"}, False),
        ({"seen_by": ("drive#1",)}, False),
        ({"polygon": shapely.box(104.005, 29.9, 104.006, 30.1)}, False),
        ({"met": (crossing(300),)}, False),
    ],
)
def test_a_hotspot_of_cells_alone_tells_of_its_plumes_by_cells(
    make_track: Make, make_hotspot: Make, changes: dict[str, Any], told: bool
) -> None:
    """On its cells, of its species, on a pass that saw it; one that has crossings is told by those alone."""
    cells = {"polygon": shapely.box(104.0005, 29.9, 104.0015, 30.1), "seen_by": ("drive#0",)} | changes
    (line,) = listed([driven(make_track, met_at(100, "ch4"))], make_hotspot(**cells))
    assert (line.place, line.apart) == (("H001", None) if told else (None, "weak"))
