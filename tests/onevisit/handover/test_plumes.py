"""Plumes handed over one by one, and those that are part of no place."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from onevisit.handover.data.plumes import ApartLine, count_apart, strongest_apart, write_plumes
from onevisit.leads.plumes import PlumeLine

LINE = PlumeLine(
    trajectory="drive", pass_index=2, source=4, species="ch4", unit="ppm", maximum=3.0, noise_sd=0.25, background=2.0,
    snr=12.0, area=60.0, width_m=33.0, start=datetime(2026, 3, 1, 1, 0, 5, 250_000, tzinfo=UTC),
    peak=datetime(2026, 3, 1, 1, 0, 7, tzinfo=UTC), end=datetime(2026, 3, 1, 1, 0, 9, tzinfo=UTC), lon=104.0,
    lat=30.0, position_sd_m=7.5, passes_seen=3, passes_crossed=5, place="H007", crossing=3,
)  # fmt: skip


def test_every_property_of_the_file_is_that_of_the_line(tmp_path: Path) -> None:
    """Under its own name, with its place or why it has none; an error that is not known is null."""
    moved = replace(LINE, lon=104.123456789, place=None, apart="exhaust")
    write_plumes(tmp_path / "p.geojson", [LINE, moved, replace(LINE, position_sd_m=float("nan"))])
    text = (tmp_path / "p.geojson").read_text(encoding="utf-8")
    first, second, third = json.loads(text, parse_constant=lambda name: 1 / 0)["features"]
    assert first == {
        "type": "Feature",
        "properties": {
            "trajectory": "drive", "pass_index": 2, "source": 4, "species": "ch4", "unit": "ppm", "maximum": 3.0,
            "noise_sd": 0.25, "background": 2.0, "snr": 12.0, "area": 60.0, "width_m": 33.0,
            "start": "2026-03-01T01:00:05Z", "peak": "2026-03-01T01:00:07Z", "end": "2026-03-01T01:00:09Z",
            "lon": 104.0, "lat": 30.0, "position_sd_m": 7.5, "passes_seen": 3, "passes_crossed": 5,
            "place": "H007", "apart": None,
        },
        "geometry": {"type": "Point", "coordinates": [104.0, 30.0]},
    }  # fmt: skip
    assert second["geometry"]["coordinates"] == [104.1234568, 30.0]
    assert (second["properties"]["place"], second["properties"]["apart"]) == (None, "exhaust")
    assert third["properties"]["position_sd_m"] is None


def apart(species: str, snr: float, crossing: int | None, source: int, **changes: object) -> PlumeLine:
    """A plume in no place, of a passing vehicle unless said otherwise."""
    line = replace(LINE, species=species, snr=snr, crossing=crossing, source=source, place=None, apart="exhaust")
    return replace(line, **changes)  # type: ignore[arg-type]


def test_what_is_in_a_place_is_told_by_the_place() -> None:
    """Whatever its strength, a plume with a place is neither listed nor counted."""
    assert strongest_apart([replace(LINE, snr=1e4)]) == [] and count_apart([LINE]) == {}


def test_one_line_a_crossing_with_what_rose_together_the_strongest_first() -> None:
    """CO leads at 9 over NOx at 5 in crossing 0; wet and dry methane are one; the same source again is told once."""
    plumes = [
        apart("nox", 5.0, 0, 0), apart("co", 9.0, 0, 1), apart("ch4", 30.0, 1, 0), apart("ch4_dry", 29.0, 1, 0),
        apart("co", 7.0, 2, 1), apart("co", 8.0, 3, 1, trajectory="second"), LINE,
    ]  # fmt: skip
    found = strongest_apart(plumes)
    assert found == [
        ApartLine(plumes[2], ()), ApartLine(plumes[1], ("nox",)), ApartLine(plumes[5], ()),
    ]  # fmt: skip
    assert strongest_apart(plumes, most=1) == found[:1]
    assert len(strongest_apart([apart("co", 50.0 - k, k, k) for k in range(12)])) == 8


def test_crossings_are_counted_by_reason() -> None:
    """Two vehicles of three plumes, one stop, two without a position: the most frequent first."""
    plumes = [
        apart("nox", 5.0, 0, 0), apart("co", 9.0, 0, 1), apart("co", 9.0, 1, 2),
        apart("co", 4.0, 2, 3, apart="standing"), apart("co", 4.0, None, 4, apart="no_position"),
        apart("co", 4.0, None, 4, apart="no_position"), apart("co", 3.0, None, 4, apart="no_position"), LINE,
    ]  # fmt: skip
    assert list(count_apart(plumes).items()) == [("no_position", 3), ("exhaust", 2), ("standing", 1)]
