"""Street networks from GeoJSON."""

from __future__ import annotations

import json

from ingest.roads import read_roads


def write(path, *features):
    """Write features as a collection."""
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def street(*points, **tags):
    """A line with tags."""
    return {"type": "Feature", "properties": tags, "geometry": {"type": "LineString", "coordinates": list(points)}}


def test_tags_of_openstreetmap_are_read(tmp_path):
    """``oneway`` in both directions, km/h and mph."""
    path = write(
        tmp_path / "roads.geojson",
        street([104, 30], [104.01, 30], oneway="yes", maxspeed="60"),
        street([104, 30], [104, 30.01], oneway="-1", maxspeed="40 mph"),
        street([104, 30], [104, 29.99], maxspeed="walk"),
    )
    lines = read_roads([path]).value.lines
    assert [line.oneway for line in lines] == [1, -1, 0]
    assert lines[0].speed_km_h == 60.0
    assert round(lines[1].speed_km_h, 2) == 64.37
    assert lines[2].speed_km_h is None


def test_ways_closed_to_cars_are_left_out_and_counted(tmp_path):
    """Steps are no street, a point is no line; the decision gives both numbers."""
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [104, 30]}}
    path = write(
        tmp_path / "r.geojson", street([104, 30], [104.01, 30]), street([1, 1], [2, 2], highway="steps"), point
    )
    outcome = read_roads([path])
    assert len(outcome.value.lines) == 1
    assert "1 lines closed to cars and 1 features without lines" in outcome.decisions[0].evidence


def test_multilines_are_several_streets(tmp_path):
    """Each part of a MultiLineString is a line of its own."""
    feature = street()
    feature["geometry"] = {"type": "MultiLineString", "coordinates": [[[1, 1], [2, 2]], [[3, 3], [4, 4], [5, 5]]]}
    lines = read_roads([write(tmp_path / "r.geojson", feature)]).value.lines
    assert [len(line.vertices) for line in lines] == [2, 3]


def test_unreadable_files_are_rejected_by_name(tmp_path):
    """Broken JSON, projected coordinates, no lines: one reject each, the good file is still used."""
    (tmp_path / "broken.geojson").write_text("{", encoding="utf-8")
    metres = write(tmp_path / "metres.geojson", street([410000, 3390000], [410100, 3390000]))
    empty = write(tmp_path / "empty.geojson")
    good = write(tmp_path / "good.geojson", street([104, 30], [104.01, 30]))
    outcome = read_roads([tmp_path / "broken.geojson", metres, empty, good], root=tmp_path)
    assert [r.item for r in outcome.rejects] == ["broken.geojson", "metres.geojson", "empty.geojson"]
    assert "WGS 84" in outcome.rejects[1].reason and outcome.rejects[1].where == "feature 1"
    assert len(outcome.value.lines) == 1
