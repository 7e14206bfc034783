"""Plumes handed over one by one, and those that no hotspot tells of."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import shapely

from ingest.schema import new_trace
from onevisit.handover.plumes import plume_lines, strongest_outside, write_plumes
from tracks import process_trace


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
