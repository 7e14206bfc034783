"""GeoJSON as RFC 7946 and the contract of the outputs want it."""

from __future__ import annotations

import json
from datetime import date

import pytest
import shapely

from onevisit.handover.geojson import write_hotspots, write_leads, write_routes, write_visits
from onevisit.leads import weigh_leads
from onevisit.routes import plan_routes
from onevisit.settings import RouteSettings, VisitSettings

DAY = date(2026, 3, 2)


def read(path):
    """The features of a file, which must be strict JSON."""
    content = json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert content["type"] == "FeatureCollection" and "crs" not in content
    return content["features"]


def test_hotspots_have_the_fields_of_the_contract(tmp_path, make_hotspot, make_attribution):
    """Every promised field is there, with probabilities by site."""
    path = tmp_path / "hotspots.geojson"
    write_hotspots(path, [make_hotspot()], [make_attribution(S1=0.7)])
    (feature,) = read(path)
    promised = [
        "id",
        "species",
        "unit",
        "enhancement",
        "background",
        "p_value",
        "passes_seen",
        "passes_crossed",
        "first_seen",
        "last_seen",
        "position_error_m",
        "sites",
        "none_of_these",
    ]
    assert set(promised) <= set(feature["properties"])
    assert feature["properties"]["sites"] == [{"site_id": "S1", "probability": 0.7}]
    assert feature["properties"]["none_of_these"] == pytest.approx(0.3)
    assert feature["properties"]["first_seen"] == "2026-03-01T01:00:00Z"


def test_rings_turn_left_and_holes_turn_right(tmp_path, make_hotspot):
    """RFC 7946, 3.1.6: exterior rings counter-clockwise, holes clockwise, in multipolygons too."""
    clockwise = shapely.Polygon([(0, 0), (0, 9), (9, 9), (9, 0)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])
    hotspots = [make_hotspot(polygon=clockwise), make_hotspot(id="H2", polygon=shapely.MultiPolygon([clockwise]))]
    path = tmp_path / "hotspots.geojson"
    write_hotspots(path, hotspots, [])
    for feature in read(path):
        shape = shapely.geometry.shape(feature["geometry"])
        part = shape.geoms[0] if shape.geom_type == "MultiPolygon" else shape
        assert part.exterior.is_ccw and not part.interiors[0].is_ccw
        assert shape.equals(clockwise)


def test_numbers_that_are_none_or_not_finite_are_null(tmp_path, make_hotspot):
    """NaN is no JSON: it becomes null, as does a wind that is unknown."""
    path = tmp_path / "hotspots.geojson"
    write_hotspots(path, [make_hotspot(q_value=float("nan"), wind_from_deg=None)], [])
    properties = read(path)[0]["properties"]
    assert properties["q_value"] is None and properties["wind_from_deg"] is None
    assert properties["none_of_these"] is None


def test_leads_carry_evidence_and_rivals(tmp_path, make_site, make_hotspot, make_attribution):
    """A feature a site, with its disposition in words of the contract and both languages."""
    leads = weigh_leads([make_site()], [make_hotspot()], [make_attribution(S1=0.8)], VisitSettings(), day=DAY).value
    path = tmp_path / "leads.geojson"
    write_leads(path, leads)
    properties = read(path)[0]["properties"]
    assert properties["disposition"] == "visit"
    assert set(properties["evidence"][0]) >= {"kind", "id", "time", "text"}
    assert sum(e["probability"] for e in properties["explanations"]) == pytest.approx(1.0, abs=1e-4)
    assert "概率" in properties["reason_zh"] and "probability" in properties["reason_en"]


def test_routes_are_a_line_and_its_stops(tmp_path, make_visit):
    """The line runs through the stops; each stop has the columns of the route list."""
    visits = [make_visit("S1", 104.0, 30.0), make_visit("S2", 104.01, 30.0)]
    routes = plan_routes(visits, RouteSettings(teams=1), day=DAY).value
    path = tmp_path / "routes.geojson"
    write_routes(path, routes)
    line, *stops = read(path)
    assert line["geometry"]["type"] == "LineString"
    assert [s["properties"]["stop"] for s in stops] == [1, 2]
    assert line["geometry"]["coordinates"] == [s["geometry"]["coordinates"] for s in stops]
    promised = [
        "route",
        "stop",
        "site_id",
        "name",
        "permit_code",
        "kind",
        "counts_against_cap",
        "arrive",
        "leave",
        "lon",
        "lat",
        "gcj02_lon",
        "gcj02_lat",
        "matters",
        "reasons",
        "navigate",
    ]
    assert set(promised) <= set(stops[0]["properties"])


def test_visit_on_no_route_is_still_written(tmp_path, make_visit):
    """A visit that did not fit has no route and no time, but it is there."""
    path = tmp_path / "visits.geojson"
    write_visits(path, [make_visit()], [])
    assert read(path)[0]["properties"]["route"] is None


def test_names_survive_as_they_are(tmp_path, make_visit):
    """Quotes, markup and Chinese are data, not syntax."""
    name = '"成都<b>\\ & Söhne'
    path = tmp_path / "visits.geojson"
    write_visits(path, [make_visit(name=name)], [])
    assert read(path)[0]["properties"]["name"] == name


def test_no_records_give_an_empty_collection(tmp_path):
    """An empty mission result is valid GeoJSON too."""
    path = tmp_path / "routes.geojson"
    write_routes(path, [])
    assert read(path) == []


def test_two_writes_are_the_same_bytes(tmp_path, make_hotspot, make_attribution):
    """A killed run that is repeated ends in the same file."""
    for name in ("a", "b"):
        write_hotspots(tmp_path / name, [make_hotspot()], [make_attribution(S1=0.7)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
