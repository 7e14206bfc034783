"""Plumes handed over one by one, and those that no hotspot tells of."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import xarray as xr

from ingest.schema import new_trace
from onevisit.handover.data.plumes import PlumeLine, plume_lines, strongest_outside, write_plumes
from tracks import process_trace
from tracks.schema import Track

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def track():
    """A drive of twenty minutes eastwards at 10 m s-1 past a strong plume at 300 s and a weaker one at 900 s."""
    second = np.arange(1200)
    noise = np.random.default_rng(1).normal(0.0, 0.004, second.size)
    peaks = 3.0 * np.exp(-(((second - 300) / 4.0) ** 2)) + 0.5 * np.exp(-(((second - 900) / 4.0) ** 2))
    attrs = {"units": "ppm", "long_name": "methane", "species": "ch4", "instrument": "analyser"}
    time = np.datetime64("2026-03-01T01:00:00", "ns") + second * np.timedelta64(1, "s")
    lon = 104.0 + second * 10.0 / (111_195.0 * math.cos(math.radians(30.0)))
    trace = new_trace("drive", time, lon, np.full(second.size, 30.0), {"ch4": (2.0 + noise + peaks, attrs)})
    return process_trace(trace).value


def test_a_plume_carries_its_place_size_and_doubt(track):
    """The strong one stands at 3 km, 3 ppm above 2 ppm, seen on the one pass that came by."""
    strongest = max(plume_lines([track]), key=lambda line: line.maximum)
    assert strongest.maximum == pytest.approx(3.0, abs=0.1)
    assert strongest.background == pytest.approx(2.0, abs=0.02)
    assert (strongest.lon - 104.0) * 111_195.0 * math.cos(math.radians(30.0)) == pytest.approx(3000.0, abs=30.0)
    assert (strongest.passes_seen, strongest.passes_crossed) == (1, 1)
    assert 0 < strongest.noise_sd < 0.05
    assert strongest.maximum / strongest.noise_sd == pytest.approx(strongest.snr)


def test_the_strongest_come_first_and_not_what_a_hotspot_tells(track, make_hotspot):
    """With a hotspot of the same gas 50 m beside the strong one only the weaker is left; of another gas, both."""
    strong, weak = strongest_outside([track], [])
    assert strong.maximum > weak.maximum
    beside = shapely.box(strong.lon - 1e-4, strong.lat + 4.5e-4, strong.lon + 1e-4, strong.lat + 6e-4)
    assert strongest_outside([track], [make_hotspot(polygon=beside)]) == [weak]
    assert strongest_outside([track], [make_hotspot(polygon=beside, species="nox")]) == [strong, weak]
    assert strongest_outside([track], [], most=1) == [strong]


def test_the_file_has_a_point_a_plume(track, tmp_path):
    """Strict JSON, times in UTC, the maximum where the point is."""
    write_plumes(tmp_path / "plumes.geojson", [track])
    content = json.loads((tmp_path / "plumes.geojson").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    lines = plume_lines([track])
    assert len(content["features"]) == len(lines)
    for feature, line in zip(content["features"], lines, strict=True):
        assert feature["geometry"]["coordinates"] == pytest.approx([line.lon, line.lat], abs=1e-7)
        assert feature["properties"]["peak"] == line.peak.isoformat().replace("+00:00", "Z")
        assert feature["properties"]["unit"] == "ppm"


# --- every field ----------------------------------------------------------------------------------------------------


def plumes_of(*rows: dict[str, Any]) -> xr.Dataset:
    """Plumes as the tracks room gives them, each field with a value of its own unless a row says otherwise."""
    base: dict[str, Any] = {
        "species": "ch4", "pass_index": 2, "start_time": np.datetime64("2026-03-01T01:00:05.25", "ns"),
        "peak_time": np.datetime64("2026-03-01T01:00:07", "ns"),
        "end_time": np.datetime64("2026-03-01T01:00:09", "ns"),
        "lon": 104.0, "lat": 30.0, "maximum": 3.0, "background": 2.0, "area": 60.0, "width_m": 33.0, "snr": 12.0,
        "first_row": 5, "peak_row": 7, "last_row": 9, "units": "ppm", "source": 4, "passes_seen": 3,
        "passes_crossed": 5,
    }  # fmt: skip
    full = [base | row for row in rows]
    return xr.Dataset({name: ("plume", np.array([row[name] for row in full])) for name in base})


LINE = PlumeLine(
    trajectory="drive", pass_index=2, source=4, species="ch4", unit="ppm", maximum=3.0, noise_sd=0.25, background=2.0,
    snr=12.0, area=60.0, width_m=33.0, start=datetime(2026, 3, 1, 1, 0, 5, 250_000, tzinfo=UTC),
    peak=datetime(2026, 3, 1, 1, 0, 7, tzinfo=UTC), end=datetime(2026, 3, 1, 1, 0, 9, tzinfo=UTC), lon=104.0,
    lat=30.0, position_sd_m=7.5, passes_seen=3, passes_crossed=5,
)  # fmt: skip


def driven(make_track: Make, *rows: dict[str, Any], name: str = "drive", sd: bool = True) -> Track:
    """A drive with these plumes, whose position is good to a metre more every row."""
    track = make_track(name)
    errors = {"horizontal_sd": ("obs", 0.5 + np.arange(600.0), {"units": "m"})} if sd else {}
    return replace(track, passes=track.passes.assign(errors), plumes=plumes_of(*rows))


def test_every_field_of_a_line_is_that_of_the_plume(make_track: Make) -> None:
    """The noise is the maximum over its ratio, the error of the position that of the row of the peak: 7.5 m."""
    assert plume_lines([driven(make_track, {})]) == [LINE]
    (unknown,) = plume_lines([driven(make_track, {}, sd=False)])
    assert math.isnan(unknown.position_sd_m)


def test_every_property_of_the_file_is_that_of_the_line(make_track: Make, tmp_path: Path) -> None:
    """Under its own name; a width is a width; an error that is not known is null."""
    write_plumes(
        tmp_path / "p.geojson", [driven(make_track, {}, {"lon": 104.123456789}), driven(make_track, {}, sd=False)]
    )
    first, second, third = json.loads((tmp_path / "p.geojson").read_text(encoding="utf-8"))["features"]
    assert first == {
        "type": "Feature",
        "properties": {
            "trajectory": "drive", "pass_index": 2, "source": 4, "species": "ch4", "unit": "ppm", "maximum": 3.0,
            "noise_sd": 0.25, "background": 2.0, "snr": 12.0, "area": 60.0, "width_m": 33.0,
            "start": "2026-03-01T01:00:05Z", "peak": "2026-03-01T01:00:07Z", "end": "2026-03-01T01:00:09Z",
            "lon": 104.0, "lat": 30.0, "position_sd_m": 7.5, "passes_seen": 3, "passes_crossed": 5,
        },
        "geometry": {"type": "Point", "coordinates": [104.0, 30.0]},
    }  # fmt: skip
    assert second["geometry"]["coordinates"] == [104.1234568, 30.0]
    assert third["properties"]["position_sd_m"] is None


def test_lines_come_drive_by_drive(make_track: Make) -> None:
    """In the order of the plumes of each."""
    tracks = [driven(make_track, {"source": 1}, {"source": 0}, name="b"), driven(make_track, {"source": 2}, name="a")]
    assert [(line.trajectory, line.source) for line in plume_lines(tracks)] == [("b", 1), ("b", 0), ("a", 2)]


def test_one_line_a_place_of_an_outing_and_the_highest_over_its_noise_first(make_track: Make) -> None:
    """The same source of another species or another drive is another; eight lines at most."""
    rows = [{"source": 0, "snr": 5.0}, {"source": 0, "snr": 9.0}, {"source": 1, "snr": 7.0}]
    other = [{"source": 0, "snr": 6.0, "species": "co"}]
    tracks = [driven(make_track, *rows, *other), driven(make_track, {"source": 0, "snr": 8.0}, name="second")]
    found = strongest_outside(tracks, [])
    assert [(line.trajectory, line.species, line.source, line.snr) for line in found] == [
        ("drive", "ch4", 0, 9.0), ("second", "ch4", 0, 8.0), ("drive", "ch4", 1, 7.0), ("drive", "co", 0, 6.0),
    ]  # fmt: skip
    many = [driven(make_track, *({"source": k, "snr": 20.0 - k} for k in range(12)))]
    assert [line.source for line in strongest_outside(many, [])] == list(range(8))
    assert [line.source for line in strongest_outside(many, [], most=2)] == [0, 1]


@pytest.mark.parametrize(("metres", "told"), [(99.0, True), (101.0, False)])
@pytest.mark.parametrize(("east", "north"), [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_a_plume_within_a_hundred_metres_of_a_hotspot_is_told_by_it(
    make_track: Make, make_hotspot: Make, metres: float, told: bool, east: int, north: int
) -> None:
    """On each of its four sides: a degree of latitude is 111 195 m, of longitude as much times the cosine."""
    one_m = 1 / 111_195.0
    lon = 104.0 + east * (50 + metres) * one_m / math.cos(math.radians(60.0))
    half = np.array([50 * one_m / math.cos(math.radians(60.0)), 50 * one_m])
    polygon = shapely.box(*(np.array([104.0, 60.0]) - half), *(np.array([104.0, 60.0]) + half))
    far = shapely.box(0.0, 0.0, 1.0, 1.0)
    track = driven(make_track, {"lon": lon, "lat": 60.0 + north * (50 + metres) * one_m})
    hotspots = [make_hotspot(polygon=far), make_hotspot(polygon=polygon), make_hotspot(polygon=far)]
    assert strongest_outside([track], hotspots) == ([] if told else plume_lines([track]))
