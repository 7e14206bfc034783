"""GeoJSON as RFC 7946 and the contract of the outputs want it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
import shapely

from fusion.schema import CredibleArea, Rate, SourceEstimate
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
    (site,) = feature["properties"]["sites"]
    assert (site["site_id"], site["probability"]) == ("S1", 0.7)
    assert feature["properties"]["none_of_these"] == pytest.approx(0.3)
    assert feature["properties"]["first_seen"] == "2026-03-01T01:00:00Z"


AREA = CredibleArea(0.9, shapely.box(104.00012, 30.00034, 104.0009, 30.0011), 6200.0)
SOURCE = SourceEstimate(104.000123456, 30.000654321, 24.0, Rate(2000.0, 500.0, 8000.0))


def located(attribution):
    """The attribution with a place, an area and a rate of the source, and a rate of its first site."""
    site = replace(attribution.sites[0], distance_m=321.5, bearing_deg=271.0, rate=Rate(3000.0, 1000.0, 9000.0))
    return replace(attribution, source=SOURCE, areas=(AREA,), sites=(site, *attribution.sites[1:]))


def test_source_has_place_area_and_rate_in_grams(tmp_path, make_hotspot, make_attribution):
    """2000 µg m-3 m3 s-1 are 0.002 g s-1; coordinates keep centimetres, in the area too."""
    path = tmp_path / "hotspots.geojson"
    write_hotspots(path, [make_hotspot(species="tvoc", unit="ug m-3")], [located(make_attribution(S1=0.7))])
    p = read(path)[0]["properties"]
    assert (p["source_lon"], p["source_lat"], p["source_position_sd_m"]) == (104.0001235, 30.0006543, 24.0)
    assert [p[k] for k in ("rate_g_s", "rate_g_s_low", "rate_g_s_high")] == pytest.approx([2e-3, 5e-4, 8e-3])
    assert (p["rate"], p["rate_unit"], p["rate_reference"]) == (2000.0, "(ug m-3) m3 s-1", None)
    (area,) = p["areas"]
    assert (area["probability"], area["area_m2"]) == (0.9, 6200.0)
    ring = shapely.geometry.shape(area["geometry"])
    assert ring.equals(AREA.polygon) and ring.exterior.is_ccw
    (site,) = p["sites"]
    assert (site["distance_m"], site["bearing_deg"]) == (321.5, 271.0)
    assert [site[k] for k in ("rate_g_s", "rate_g_s_low", "rate_g_s_high")] == pytest.approx([3e-3, 1e-3, 9e-3])


@pytest.mark.parametrize(
    ("species", "unit", "grams"),
    [
        # 1 mol fills R T / p = 8.314462618 · 298.15 / 101325 m3 = 24.4654 L at 25 °C and 1 atm
        ("ch4", "ppm", 2000.0 * 1e-6 * 16.043 / 24.4654e-3),
        ("ch4_dry", "ppb", 2000.0 * 1e-9 * 16.043 / 24.4654e-3),
        ("nox", "ppb", 2000.0 * 1e-9 * 46.005 / 24.4654e-3),
        ("co", "mg m-3", 2.0),
    ],
)
def test_rates_convert_as_by_hand(tmp_path, make_hotspot, make_attribution, species, unit, grams):
    """A mole fraction becomes a mass at a named state, NOx as NO2; a mass is taken as it is."""
    path = tmp_path / "hotspots.geojson"
    write_hotspots(path, [make_hotspot(species=species, unit=unit)], [located(make_attribution(S1=0.7))])
    p = read(path)[0]["properties"]
    assert p["rate_g_s"] == pytest.approx(grams, rel=1e-5)
    assert p["rate_reference"] == (None if unit == "mg m-3" else "298.15 K, 101325 Pa")


@pytest.mark.parametrize(("species", "unit"), [("pnc", "cm-3"), ("tvoc", "ppb"), ("odour", "bits")])
def test_rate_without_mass_stays_in_its_unit(tmp_path, make_hotspot, make_attribution, species, unit):
    """Particle numbers and sums of unknown gases have no grams: null, and the rate in its own unit."""
    path = tmp_path / "hotspots.geojson"
    write_hotspots(path, [make_hotspot(species=species, unit=unit)], [located(make_attribution(S1=0.7))])
    p = read(path)[0]["properties"]
    assert p["rate_g_s"] is None and p["rate_g_s_high"] is None and p["rate_reference"] is None
    assert (p["rate"], p["rate_low"], p["rate_high"]) == (2000.0, 500.0, 8000.0)
    assert p["rate_unit"] == f"({unit}) m3 s-1"
    assert p["sites"][0]["rate_g_s"] is None


def test_hotspot_without_a_place_has_the_same_keys(tmp_path, make_hotspot, make_attribution):
    """A bearing only, or nothing weighed: null, not left out."""
    path = tmp_path / "hotspots.geojson"
    hotspots = [make_hotspot(), make_hotspot(id="H2"), make_hotspot(id="H3")]
    write_hotspots(path, hotspots, [located(make_attribution(S1=0.7)), make_attribution("H2", S1=0.7)])
    placed, bearing, unweighed = (f["properties"] for f in read(path))
    assert set(placed) == set(bearing) >= set(unweighed)
    for properties in (bearing, unweighed):
        assert properties["areas"] == []
        for key in ("source_lon", "source_lat", "source_position_sd_m", "rate_g_s", "rate", "rate_unit"):
            assert properties[key] is None


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
