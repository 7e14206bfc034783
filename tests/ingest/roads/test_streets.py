"""What is a street: tags of access, barriers, other things of a map; one network in every dialect of tags."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.street_pairs import EXTRACTS, undrivable_pairs
from ingest.outcome import Outcome
from ingest.roads import streets
from ingest.roads.read import Roads, read_roads
from ingest.roads.streets import closed_reason, cut_at, is_closed_barrier
from onevisit.words.telling import tell
from tests.ingest.immutable import mutable_values

Tags = Mapping[str, Any]


def network(
    folder: Path, *lines: Tags, points: tuple[tuple[float, Tags], ...] = (), **members: object
) -> Outcome[Roads]:
    """Read parallel streets of one kilometre, the k-th at latitude 30 + k/100, and points on the first."""
    features = [
        {
            "type": "Feature",
            "properties": dict(tags),
            "geometry": {"type": "LineString", "coordinates": [[x, 30 + k / 100] for x in (104.0, 104.005, 104.01)]},
        }
        for k, tags in enumerate(lines)
    ]
    features += [
        {"type": "Feature", "properties": dict(tags), "geometry": {"type": "Point", "coordinates": [x, 30.0]}}
        for x, tags in points
    ]
    path = folder / "r.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return read_roads([path])


def told(outcome: Outcome[Roads]) -> str:
    """All that is said."""
    said = [f"{tell(d).decision} ({tell(d).evidence})" for d in outcome.decisions]
    return "\n".join([*said, *(tell(r).line for r in outcome.rejects)])


@pytest.mark.parametrize(
    ("tags", "closed"),
    [
        ({"highway": "service", "access": "no"}, "access=no"),
        ({"highway": "service", "access": "private"}, "access=private"),
        ({"highway": "residential", "motor_vehicle": "no"}, "motor_vehicle=no"),
        ({"highway": "residential", "vehicle": "no"}, "vehicle=no"),
        ({"highway": "residential", "motorcar": "no", "motor_vehicle": "yes"}, "motorcar=no"),
        ({"highway": "track", "motor_vehicle": "forestry"}, "motor_vehicle=forestry"),
        ({"highway": "track", "motor_vehicle": "agricultural;forestry"}, "motor_vehicle=agricultural"),
        ({"highway": "service", "access": "private", "motor_vehicle": "yes"}, ""),
        ({"highway": "service", "access": "no", "motorcar": "designated"}, ""),
        ({"highway": "service", "access": "customers"}, ""), ({"highway": "service", "access": "delivery"}, ""),
        ({"highway": "residential", "motor_vehicle": "destination"}, ""),
        ({"highway": "road", "access": "permissive"}, ""),
        ({"highway": "service", "access": "private;destination"}, ""),
        ({"highway": "pedestrian"}, "highway=pedestrian"),
        ({"highway": "pedestrian", "motor_vehicle": "destination"}, ""),
        ({"highway": "footway", "access": "yes"}, "highway=footway"), ({"highway": "path", "motorcar": "yes"}, ""),
        ({"highway": "busway"}, "highway=busway"), ({"highway": "bus_guideway"}, "highway=bus_guideway"),
        ({"highway": "service", "bus": "designated", "motor_vehicle": "no"}, "motor_vehicle=no"),
        ({"highway": "construction", "access": "yes"}, "highway=construction"),
        ({"highway": "proposed"}, "highway=proposed"), ({"highway": "platform"}, "highway=platform"),
        ({"highway": "track", "tracktype": "grade5"}, "tracktype=grade5"),
        ({"highway": "track", "tracktype": "grade2"}, ""),
        ({"highway": "service", "area": "yes"}, "area=yes"), ({"railway": "rail"}, "railway=rail"),
        ({"highway": "residential", "railway": "tram"}, ""),
        ({"waterway": "river", "name": "府河"}, "waterway=river"),
        ({"building": "yes"}, "building=yes"), ({"leisure": "park"}, "leisure=park"),
        ({"power": "line"}, "power=line"),
        ({"route": "ferry", "motor_vehicle": "yes"}, "route=ferry"), ({"building": "no", "name": "一街"}, ""),
        ({"fclass": "secondary"}, ""), ({"fclass": "footway"}, "fclass=footway"),
        ({"fclass": "steps"}, "fclass=steps"),
        ({"fclass": "track_grade5"}, "tracktype=grade5"), ({"fclass": "track_grade1"}, ""),
        ({"fclass": "rail"}, "fclass=rail"),
        ({"fclass": "river"}, "fclass=river"), ({"fclass": "building"}, "fclass=building"),
        ({"fclass": "unknown"}, ""),
    ],
)  # fmt: skip
def test_what_a_car_may_drive(tmp_path: Path, tags: Tags, closed: str) -> None:
    """By the most special tag of access, the kind of way, and what else a line may be; closed ones by their tag."""
    outcome = network(tmp_path, {"highway": "primary"}, tags)
    assert len(outcome.value.lines) == (1 if closed else 2)
    assert (f"1 with {closed}" in told(outcome)) == bool(closed)


@pytest.mark.parametrize(
    ("tags", "stops"),
    [
        ({"barrier": "bollard"}, True), ({"barrier": "block"}, True), ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True), ({"barrier": "gate", "access": "no"}, True),
        ({"barrier": "gate", "locked": "yes"}, True), ({"barrier": "gate", "access": "yes"}, False),
        ({"barrier": "gate", "locked": "yes", "access": "yes"}, False), ({"barrier": "lift_gate"}, False),
        ({"barrier": "lift_gate", "motor_vehicle": "private"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "toll_booth"}, False), ({"barrier": "cycle_barrier"}, True), ({"barrier": "no"}, False),
        ({}, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["osm", "geojson"])
def test_barriers_on_nodes(tmp_path: Path, tags: Tags, stops: bool, form: str) -> None:
    """A street is cut a little before what stops a car, in extracts and in GeoJSON; what stands open is none."""
    assert is_closed_barrier(tags) == stops
    if form == "geojson":
        outcome = network(tmp_path, {"highway": "primary"}, points=((104.005, tags),))
    else:
        inside = "".join(f"<tag k='{k}' v='{v}'/>" for k, v in tags.items())
        nodes = "".join(
            f"<node id='{k}' lat='30' lon='{x}'>{inside if k == 2 else ''}</node>"
            for k, x in ((1, 104.0), (2, 104.005), (3, 104.01))
        )
        way = "<way id='9'><nd ref='1'/><nd ref='2'/><nd ref='3'/><tag k='highway' v='primary'/></way>"
        (tmp_path / "a.osm").write_text(f"<osm version='0.6'>{nodes}{way}</osm>", "utf-8")
        outcome = read_roads([tmp_path / "a.osm"])
    ends = [(line.vertices[0, 0], line.vertices[-1, 0]) for line in outcome.value.lines]
    expected = [(104.0, 104.00498), (104.00502, 104.01)] if stops else [(104.0, 104.01)]
    assert ends == [pytest.approx(pair, abs=1e-9) for pair in expected]
    assert ("streets cut at 1 barriers" in told(outcome)) == stops


def test_a_barrier_at_the_end_of_a_street_parts_it_from_the_next() -> None:
    """The end moves away from the common vertex, and never beyond the next."""
    line = np.array([[0.0, 0.0], [1e-5, 0.0], [1.0, 0.0]])
    [first, second] = cut_at(line, {(1e-5, 0.0)})
    assert first.tolist() == [[0.0, 0.0], [pytest.approx(6e-6), 0.0]] and second[0, 0] == pytest.approx(3e-5)
    [whole] = cut_at(line, {(1.0, 0.0)})
    assert whole[-1, 0] < 1.0 and whole[:-1].tolist() == line[:-1].tolist()
    assert cut_at(line, {(5.0, 5.0)})[0] is line


def test_lines_without_tags(tmp_path: Path) -> None:
    """Alone they are a drawn network, which is said; among streets they are left out and counted."""
    outcome = network(tmp_path, {}, {"id": 7})
    assert len(outcome.value.lines) == 2 and "all 2 lines are taken for streets" in told(outcome)
    outcome = network(tmp_path, {}, {"highway": "primary"}, {"name": "一街"})
    assert len(outcome.value.lines) == 2 and "1 without a tag of a street" in told(outcome)
    outcome = network(tmp_path, {"building": "yes"}, {"building": "yes"})
    assert outcome.value.lines == () and "2 with building=yes" in told(outcome)


DIRECTIONS = (0, 1, -1)
WORDS = {0: "no", 1: "yes", -1: "-1"}
LETTERS = {0: "B", 1: "F", -1: "T"}
DIALECTS: dict[str, Callable[[int], Tags]] = {
    "openstreetmap": lambda way: {"highway": "primary", "oneway": WORDS[way], "maxspeed": "60"},
    "geofabrik": lambda way: {"fclass": "primary", "oneway": LETTERS[way], "maxspeed": 60},
    "capitals": lambda way: {"FCLASS": "primary", "ONEWAY": LETTERS[way], "MAXSPEED": 60},
    "numbers": lambda way: {"highway": "primary", "oneway": way, "maxspeed": 60.0},
    "nested": lambda way: {"@id": "way/1", "tags": {"highway": "primary", "oneway": str(way), "maxspeed": "60"}},
    "gdal": lambda way: {
        "highway": "primary", "other_tags": f'"oneway"=>"{WORDS[way]}","maxspeed"=>"60 km/h"'
    },
    "osmnx": lambda way: {"highway": ["primary", "service"], "oneway": {0: False, 1: True, -1: "reverse"}[way],
                          "maxspeed": "60"},
}  # fmt: skip


@given(
    st.lists(st.sampled_from(DIRECTIONS), min_size=1, max_size=6), st.sampled_from(sorted(DIALECTS)), st.booleans()
)
def test_one_network_in_every_dialect(
    tmp_path_factory: pytest.TempPathFactory, ways: list[int], dialect: str, closed: bool
) -> None:
    """Tags of OpenStreetMap, of Geofabrik, GDAL, OSMnx: the same directions, speeds and streets."""
    lines = [DIALECTS[dialect](way) for way in ways]
    kind = {"fclass": "footway"} if "fclass" in lines[0] else {"highway": "footway"}
    outcome = network(tmp_path_factory.mktemp("r"), *lines, *([kind] if closed else []))
    assert [(line.oneway, line.speed_km_h, len(line.vertices)) for line in outcome.value.lines] == [
        (way, 60.0, 3) for way in ways
    ]


def test_truth_values_of_a_database(tmp_path: Path) -> None:
    """A column of t and f alone is true and false; with B, or with Geofabrik's classes, it is a direction."""
    for words, ways in ((("t", "f"), [1, 0]), (("T", "F", "B"), [-1, 1, 0])):
        outcome = network(tmp_path, *({"highway": "primary", "oneway": word} for word in words))
        assert [line.oneway for line in outcome.value.lines] == ways
    outcome = network(tmp_path, *({"fclass": "primary", "oneway": word} for word in "TF"))
    assert [line.oneway for line in outcome.value.lines] == [-1, 1]


@pytest.mark.parametrize("crs", ["", "urn:ogc:def:crs:EPSG::4490"])
def test_streets_with_latitude_first(tmp_path: Path, crs: str) -> None:
    """Roads pass the checks of shapes: swapped back, which is said."""
    line = {"type": "LineString", "coordinates": [[30.0, 104.0], [30.0, 104.01]]}
    document = {"type": "Feature", "properties": {}, "geometry": line}
    member = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    (tmp_path / "a.geojson").write_text(json.dumps(document | member), encoding="utf-8")
    outcome = read_roads([tmp_path / "a.geojson"])
    assert outcome.value.lines[0].vertices.tolist() == [[104.0, 30.0], [104.01, 30.0]]
    assert "latitude stands first" in told(outcome)


def test_streets_in_metres(tmp_path: Path) -> None:
    """A declared system of metres is converted, metres with degrees declared are refused by name."""
    line = {"type": "LineString", "coordinates": [[410451.037, 3393363.763], [410551.037, 3393363.763]]}
    for code, words in ((4544, ""), (4490, "are metres, but WGS 84 has degrees")):
        crs = {"type": "name", "properties": {"name": f"EPSG:{code}"}}
        features = [{"type": "Feature", "properties": {}, "geometry": line}]
        text = json.dumps({"type": "FeatureCollection", "crs": crs, "features": features})
        (tmp_path / "a.geojson").write_text(text, encoding="utf-8")
        outcome = read_roads([tmp_path / "a.geojson"])
        if words:
            assert outcome.value.lines == () and words in told(outcome)
        else:
            assert outcome.value.lines[0].vertices[0].tolist() == pytest.approx([104.0657, 30.6574], abs=1e-6)


@pytest.mark.parametrize(("name", "pairs"), [("Helsinki.osm.pbf", 393), ("test.osm.pbf", 228)])
def test_pairs_that_cannot_be_driven(shared_data: Path, name: str, pairs: int) -> None:
    """The number in docs/streets.md: of 40 places of each extract."""
    roads = read_roads([shared_data / "routing" / "osm" / name]).value
    found = undrivable_pairs(roads, EXTRACTS[name])
    page = (Path(__file__).parents[3] / "docs" / "streets.md").read_text(encoding="utf-8")
    assert f"{found} of 1600" in page and found == pairs


def test_tags_of_a_closed_street_are_named() -> None:
    """The reason is the tag itself."""
    reason = closed_reason({"highway": "service", "access": "private"})
    assert reason is not None and dict(reason.values) == {"tag": "access=private"}
    assert closed_reason({}) is None and closed_reason({"name": "一街"}) is None


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(streets) == []
