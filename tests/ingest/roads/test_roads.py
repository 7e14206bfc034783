"""Street networks from GeoJSON."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ingest.outcome import Outcome
from ingest.roads import read as roads
from ingest.roads.read import Road, Roads, read_roads
from onevisit.words.telling import ToldDecision, ToldReject, tell
from tests.ingest.immutable import mutable_values


def write(path: Path, *features: object) -> Path:
    """Write features as a collection."""
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def street(*points: list[float], **tags: object) -> dict[str, object]:
    """A line with tags."""
    return {"type": "Feature", "properties": tags, "geometry": {"type": "LineString", "coordinates": list(points)}}


def line(**tags: object) -> dict[str, object]:
    """A street of one kilometre with tags."""
    return street([104, 30], [104.01, 30], **tags)


def read_one(folder: Path, *features: object) -> Outcome[Roads]:
    """Read one file of these features."""
    return read_roads([write(folder / "r.geojson", *features)])


def test_tags_of_openstreetmap_are_read(tmp_path: Path) -> None:
    """``oneway`` in both directions, km/h and mph; heights are left out."""
    outcome = read_one(
        tmp_path,
        street([104, 30, 500], [104.01, 30.5, 510], oneway="yes", maxspeed="60"),
        street([104, 30], [104, 30.01], oneway="-1", maxspeed="40 mph"),
        street([104, 30], [104, 29.99], maxspeed="walk"),
    )
    lines = outcome.value.lines
    assert [one.vertices.tolist() for one in lines] == [
        [[104.0, 30.0], [104.01, 30.5]], [[104.0, 30.0], [104.0, 30.01]], [[104.0, 30.0], [104.0, 29.99]],
    ]  # fmt: skip
    assert [one.oneway for one in lines] == [1, -1, 0]
    assert [one.speed_km_h for one in lines] == [60.0, pytest.approx(64.37376), None]
    assert lines[0].vertices.dtype == np.float64


@pytest.mark.parametrize(
    ("words", "oneway"),
    [
        ("yes true 1 f forward YES", 1),
        ("-1 reverse t backward Reverse", -1),
        ("no 0 false reversible alternating", 0),
    ],
)
def test_words_of_one_way_streets(tmp_path: Path, words: str, oneway: int) -> None:
    """As they are drawn, against it, or both ways; also without a tag."""
    tags = [{"oneway": f" {word} "} for word in words.split()] + ([{}] if oneway == 0 else [])
    assert {one.oneway for one in read_one(tmp_path, *(line(**tag) for tag in tags)).value.lines} == {oneway}


@pytest.mark.parametrize(
    ("text", "speed"),
    [
        ("60", 60.0), (60, 60.0), ("40 mph", 64.37376), ("40 MPH", 64.37376), ("60 km/h", 60.0), ("32.5", 32.5),
        ("walk", None), ("0", None), ("-5", None), ("inf", None), ("nan", None), ("", None), (None, None),
        ("40mph", None),
    ],
)  # fmt: skip
def test_speed_limits(tmp_path: Path, text: object, speed: float | None) -> None:
    """Kilometres in an hour, or miles (1.609344 km); words, nothing and what is no speed are none."""
    [one] = read_one(tmp_path, line(maxspeed=text)).value.lines
    assert one.speed_km_h == (None if speed is None else pytest.approx(speed))


@pytest.mark.parametrize(
    ("tags", "name"), [({"name": " 工业一街 "}, "工业一街"), ({"name": 7}, "7"), ({"name": None}, ""), ({}, "")]
)
def test_names_of_streets(tmp_path: Path, tags: dict[str, object], name: str) -> None:
    """As they are written, without blanks around; none is empty."""
    [one] = read_one(tmp_path, line(**tags)).value.lines
    assert one.name == name


def test_a_street_alone_is_open_both_ways() -> None:
    """Without tags there is no direction, no limit and no name; a street is itself, whatever its vertices."""
    one, other = Road(np.zeros((2, 2))), Road(np.zeros((2, 2)))
    assert (one.oneway, one.speed_km_h, one.name) == (0, None, "")
    assert len({one, other}) == 2


@pytest.mark.parametrize(
    "kind",
    ["footway", "path", "steps", "cycleway", "pedestrian", "bridleway", "corridor", "construction", "proposed"],
)
def test_ways_closed_to_cars_are_left_out_and_counted(tmp_path: Path, kind: str) -> None:
    """Steps are no street, a point is no line; the decision gives all numbers."""
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [104, 30]}}
    outcome = read_one(
        tmp_path, line(highway="service"), street([1, 1], [2, 2], [3, 3]), line(highway=kind), point, {}, 5,
        line(highway=kind) | {"properties": None}, line(highway=kind),
    )  # fmt: skip
    assert [len(one.vertices) for one in outcome.value.lines] == [2]
    evidence = "2 vertices; 4 lines closed to cars and 3 features without lines left out"
    reasons = f"2 without a tag of a street, while others have one, 2 with highway={kind}"
    assert [tell(decision) for decision in outcome.decisions] == [
        ToldDecision("r.geojson", "street network of 1 lines", evidence),
        ToldDecision("r.geojson", "4 lines left out of the street network", reasons),
    ]
    assert outcome.rejects == ()


def test_multilines_are_several_streets(tmp_path: Path) -> None:
    """Each part of a MultiLineString is a line of its own with the tags of all."""
    feature = street(oneway="yes")
    feature["geometry"] = {"type": "MultiLineString", "coordinates": [[[1, 1], [2, 2]], [[3, 3], [4, 4], [5, 5]]]}
    lines = read_one(tmp_path, feature).value.lines
    assert [(one.vertices.tolist(), one.oneway) for one in lines] == [
        ([[1, 1], [2, 2]], 1), ([[3, 3], [4, 4], [5, 5]], 1),
    ]  # fmt: skip


def test_files_are_one_network_each_with_its_decision(tmp_path: Path) -> None:
    """In the order given, named within the mission; a byte-order mark does not matter."""
    a, b = write(tmp_path / "a.geojson", line()), write(tmp_path / "b.geojson", street([1, 1], [2, 2]), line())
    b.write_bytes(b"\xef\xbb\xbf" + b.read_bytes())
    outcome = read_roads([b, a], root=tmp_path.parent)
    assert [one.vertices[0].tolist() for one in outcome.value.lines] == [[1, 1], [104, 30], [104, 30]]
    assert [(d.item, tell(d).decision) for d in outcome.decisions] == [
        (f"{tmp_path.name}/b.geojson", "street network of 2 lines"),
        (f"{tmp_path.name}/b.geojson", "all 2 lines are taken for streets"),
        (f"{tmp_path.name}/a.geojson", "street network of 1 lines"),
        (f"{tmp_path.name}/a.geojson", "all 1 lines are taken for streets"),
    ]
    assert [d.item for d in read_roads([a]).decisions] == ["a.geojson"] * 2


@pytest.mark.parametrize(
    ("points", "right"),
    [
        ([[-180, -90], [180, 90]], True), ([[180.001, 0], [0, 0]], False), ([[-180.001, 0], [0, 0]], False),
        ([[0, 90.001], [0, 0]], False), ([[0, -90.001], [0, 0]], False), ([[1, 1]], False), ([], False),
        ([[1], [2]], False), ([[1, 2], [3]], False), ([[float("nan"), 1], [2, 2]], False), ([1, 2], False),
        ([["a", 1], [2, 2]], False), (None, False), ("ab", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["LineString", "MultiLineString"])
def test_what_is_a_line_on_the_earth(tmp_path: Path, points: object, right: bool, kind: str) -> None:
    """At least two vertices of two finite numbers within the degrees of the earth; else refused by place."""
    bad = line()
    bad["geometry"] = {"type": kind, "coordinates": points if kind == "LineString" else [points]}
    outcome = read_one(tmp_path, line(), bad)
    assert len(outcome.value.lines) == (2 if right else 0)
    assert [(r.item, r.where) for r in outcome.rejects] == ([] if right else [("r.geojson", "feature 2")])


@pytest.mark.parametrize("geometry", [{"type": "LineString"}, {"type": "MultiLineString", "coordinates": 5}])
def test_a_line_without_coordinates_is_refused(tmp_path: Path, geometry: object) -> None:
    """By its place in the file."""
    [reject] = read_one(tmp_path, line() | {"geometry": geometry}).rejects
    assert (reject.item, reject.where) == ("r.geojson", "feature 1")
    assert tell(reject).reason.startswith("coordinates are not numbers")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not GeoJSON"),
        (b"\xff\xff", "not GeoJSON"),
        (b"[" * 100_000, "not GeoJSON"),
        (b"[]", 'no "features"'),
        (b"{}", 'no "features"'),
        (b'{"features": 5}', 'no "features"'),
        (b'{"features": []}', "holds no line that a car may use"),
    ],
)
def test_files_without_streets_are_rejected(tmp_path: Path, content: bytes, words: str) -> None:
    """What is no collection of lines is one reject, and the good file is still used."""
    (tmp_path / "bad.geojson").write_bytes(content)
    outcome = read_roads([tmp_path / "bad.geojson", write(tmp_path / "good.geojson", line())], root=tmp_path)
    assert [(r.item, r.where, tell(r).reason[: len(words)]) for r in outcome.rejects] == [("bad.geojson", "", words)]
    assert len(outcome.value.lines) == 1


def test_only_closed_ways_are_no_network(tmp_path: Path) -> None:
    """A file of footways is refused, metres are refused with the system that is wanted."""
    [reject] = read_one(tmp_path, line(highway="path")).rejects
    assert tell(reject) == ToldReject(
        "r.geojson",
        "",
        "holds no line that a car may use: 1 with highway=path; expected highway, or no tags at all",
    )
    [reject] = read_one(tmp_path, street([410000, 3390000], [410100, 3390000])).rejects
    assert tell(reject).reason == "expected at least two vertices of WGS 84 longitude and latitude"


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(roads) == []
