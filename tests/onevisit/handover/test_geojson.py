"""GeoJSON as RFC 7946 and the contract of the outputs want it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import shapely

from fusion.schema import CredibleArea, Met, Rate, SiteProbability, SourceEstimate
from fusion.schema import Testimony as Said
from ingest.outcome import Phrase
from ingest.schema import SitePlace
from onevisit.handover.data.geojson import (
    write_hotspots,
    write_leads,
    write_points,
    write_routes,
    write_shapes,
    write_visits,
)
from onevisit.leads.urgent import Alarm
from onevisit.schema import Disposition, Evidence, Explanation, Lead
from onevisit.settings import AcuteLevel, RouteSettings
from onevisit.visits.routes import plan_routes
from onevisit.words.telling import say
from tests.onevisit.conftest import text
from tests.onevisit.handover.test_plumes import LINE
from tests.onevisit.leads.weighing import weigh

WINDLESS = Phrase("no_wind_measured")


DAY = date(2026, 3, 2)
PLUME = replace(LINE, place="H001")


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
    leads = weigh([make_site()], [make_hotspot()], [make_attribution(S1=0.8)]).value
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


# --- every property of every file ---------------------------------------------------------------------------------

Make = Callable[..., Any]
HOTSPOT = {
    "id": "H001", "species": "tvoc", "others": [], "tier": "recurrent", "exhaust": False, "urgent": False,
    "acute": [], "met": [], "unit": "ug m-3", "enhancement": 3.2, "enhancement_sd": 0.4, "background": 2.0,
    "snr": None, "p_value": 0.002, "q_value": 0.01, "passes_seen": 3, "passes_crossed": 4, "single_sighting": False,
    "first_seen": "2026-03-01T01:00:00Z", "last_seen": "2026-03-01T02:00:00Z", "lon": 104.1234568, "lat": 30.0005,
    "position_error_m": 12.0, "area_m2": 3600.0, "wind_from_deg": 270.0, "wind_speed_m_s": 2.5,
    "trajectories": ["drive", "walk"],
}  # fmt: skip
NO_SOURCE = dict.fromkeys(
    (
        "source_lon", "source_lat", "source_position_sd_m", "rate_g_s", "rate_g_s_low", "rate_g_s_high", "rate",
        "rate_low", "rate_high", "rate_unit", "rate_reference",
    )
)  # fmt: skip


def test_every_property_of_a_hotspot(tmp_path: Path, make_hotspot: Make, make_attribution: Make) -> None:
    """Each compared with the record that it comes from; of what was not weighed nothing is claimed."""
    hotspot = make_hotspot(species="tvoc", unit="ug m-3", lon=104.123456789, trajectories=("drive", "walk"))
    sites = (
        SiteProbability(
            "S1", 0.4, 321.5, 271.0, Rate(3000.0, 1000.0, 9000.0), 1, 0.75, (Said("permit", "H001/permit", 2.5),)
        ),
        SiteProbability("S2", 0.3, 9, 8),
    )
    attribution = replace(
        make_attribution(S1=0.7), sites=sites, unlisted=0.2, background=0.1, none_of_these=0.31, source=SOURCE,
        areas=(AREA,), explanation=("upwind", "near"), bearing_deg=265.0, half_width_deg=31.5,
    )  # fmt: skip
    write_hotspots(tmp_path / "h.geojson", [hotspot, replace(hotspot, id="H002")], [attribution])
    weighed, unweighed = read(tmp_path / "h.geojson")
    no_rate = {"rate_g_s": None, "rate_g_s_low": None, "rate_g_s_high": None}
    ring = [[104.0009, 30.00034], [104.0009, 30.0011], [104.00012, 30.0011], [104.00012, 30.00034]]
    assert weighed == {
        "type": "Feature",
        "properties": HOTSPOT
        | {
            "sites": [
                {
                    "site_id": "S1", "probability": 0.4, "distance_m": 321.5, "bearing_deg": 271.0,
                    "place_probability": 0.75, "rate_g_s": 3e-3, "rate_g_s_low": 1e-3, "rate_g_s_high": 9e-3,
                    "witnesses": [{"kind": "permit", "id": "H001/permit", "ratio": 2.5}],
                },
                {"site_id": "S2", "probability": 0.3, "distance_m": 9, "bearing_deg": 8, "place_probability": 1.0}
                | no_rate
                | {"witnesses": []},
            ],
            "none_of_these": 0.31, "unlisted": 0.2, "background_or_traffic": 0.1, "bearing_deg": 265.0,
            "bearing_half_width_deg": 31.5, "source_lon": 104.0001235, "source_lat": 30.0006543,
            "source_position_sd_m": 24.0, "rate_g_s": 2e-3, "rate_g_s_low": 5e-4, "rate_g_s_high": 8e-3,
            "rate": 2000.0, "rate_low": 500.0, "rate_high": 8000.0, "rate_unit": "(ug m-3) m3 s-1",
            "rate_reference": None, "explanation": ["upwind", "near"],
            "areas": [
                {
                    "probability": 0.9, "area_m2": 6200.0,
                    "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
                }
            ],
        },
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[104.001, 30.0], [104.001, 30.001], [104.0, 30.001], [104.0, 30.0], [104.001, 30.0]]],
        },
    }  # fmt: skip
    assert unweighed["properties"] == HOTSPOT | NO_SOURCE | {
        "id": "H002", "sites": [], "none_of_these": None, "areas": [],
    }  # fmt: skip


def test_a_place_tells_its_species_its_crossings_and_what_is_urgent(tmp_path: Path, make_hotspot: Make) -> None:
    """Of xylene the plume highest over its noise at this place; of CO, which no plume tells, the name alone."""
    met = Met(
        "drive#2",
        datetime(2026, 3, 1, 1, 0, 5, tzinfo=UTC),
        datetime(2026, 3, 1, 1, 0, 9, tzinfo=UTC),
        104.123456789,
        30,
    )
    hotspot = make_hotspot(others=("xylene", "co"), exhaust=True, single_sighting=True, met=(met,))
    plumes = [
        replace(PLUME, species="xylene", maximum=7.0, background=1.5, snr=20.0, unit="ppb"),
        replace(PLUME, species="xylene", maximum=9.0, snr=10.0), replace(PLUME, species="co", place="H002"),
    ]  # fmt: skip
    level = AcuteLevel(27.0, "ppm", "60 min", "AEGL-2")
    alarm = Alarm("H001", "h2s", 41.5, level, datetime(2026, 3, 1, 1, 0, 7, tzinfo=UTC), 104.0, 30.0)
    others = [replace(alarm, hotspot_id="H009"), replace(alarm, hotspot_id=None)]
    path = tmp_path / "h.geojson"
    write_hotspots(path, [hotspot, make_hotspot(id="H002")], [], plumes=plumes, alarms=[alarm, *others])
    told, plain = (feature["properties"] for feature in read(path))
    assert told["others"] == [
        {"species": "xylene", "unit": "ppb", "enhancement": 7.0, "background": 1.5},
        {"species": "co", "unit": None, "enhancement": None, "background": None},
    ]
    assert (told["tier"], told["exhaust"], told["urgent"]) == ("single", True, True)
    assert told["acute"] == [
        {
            "species": "h2s", "value": 41.5, "level": 27.0, "unit": "ppm", "averaging": "60 min", "source": "AEGL-2",
            "time": "2026-03-01T01:00:07Z",
        }
    ]  # fmt: skip
    assert told["met"] == [
        {
            "pass": "drive#2", "start": "2026-03-01T01:00:05Z", "end": "2026-03-01T01:00:09Z", "lon": 104.1234568,
            "lat": 30.0,
        }
    ]  # fmt: skip
    assert (plain["tier"], plain["exhaust"], plain["urgent"], plain["acute"]) == ("recurrent", False, False, [])


def test_attributions_go_to_their_own_hotspots(tmp_path: Path, make_hotspot: Make, make_attribution: Make) -> None:
    """By id, whatever the order."""
    attributions = [make_attribution("H002", S1=0.2), make_attribution("H001", S1=0.7)]
    write_hotspots(tmp_path / "h.geojson", [make_hotspot(), make_hotspot(id="H002")], attributions)
    assert [f["properties"]["sites"][0]["probability"] for f in read(tmp_path / "h.geojson")] == [0.7, 0.2]


def test_every_property_of_a_lead(tmp_path: Path) -> None:
    """Evidence with and without a time, rivals, hotspots, reasons in both languages, at its door."""
    seen = datetime(2026, 3, 1, 10, 0, 30, 999_999, tzinfo=timezone(timedelta(hours=8)))
    lead = Lead(
        "S1", "成都", "P1", 104.123456789, 30.5,
        (Evidence("hotspot", "H001", seen, text("e")), Evidence("register", "permit_valid_to", None, WINDLESS)),
        (Explanation("maintenance", 0.123456789), Explanation("neighbour", 0.25)), 0.123456789, Disposition.HELP,
        Phrase("why_help", {"reason": text("a")}), (text("a"), WINDLESS), (), ("H001", "H002"), at_gate=True,
        redrives=("R1",),
        places=(SitePlace(104.123456789, 30.5, 30.0, 0.75, "GCJ-02", shapely.Point(104.1, 30.123456789)),
                SitePlace(104.2, 30.6, 31.0, 0.25, "WGS 84")),
    )  # fmt: skip
    write_leads(tmp_path / "l.geojson", [lead])
    (feature,) = read(tmp_path / "l.geojson")
    assert feature == {
        "type": "Feature",
        "properties": {
            "site_id": "S1", "permit_code": "P1", "name": "成都", "disposition": "help", "urgent": False,
            "probability": 0.123457,
            "evidence": [
                {"kind": "hotspot", "id": "H001", "time": "2026-03-01T02:00:30Z", "text": "e", "text_zh": "e"},
                {"kind": "register", "id": "permit_valid_to", "time": None, "text": say(WINDLESS),
                 "text_zh": say(WINDLESS, "zh")},
            ],
            "explanations": [
                {"name": "maintenance", "probability": 0.123457}, {"name": "neighbour", "probability": 0.25},
            ],
            "hotspots": ["H001", "H002"], "redrives": ["R1"],
            "reason_en": "more likely a fault than anything else, so help is offered: a",
            "reason_zh": "故障可能性最大，宜帮扶：a",
            "reasons": [
                {"code": "as_said", "text": "a", "text_zh": "a"},
                {"code": "no_wind_measured", "text": say(WINDLESS), "text_zh": say(WINDLESS, "zh")},
            ],
            "calibration": "", "calibration_zh": "", "at_gate": True, "street": "", "areas": [],
            "places": [
                {"lon": 104.1234568, "lat": 30.5, "sd_m": 30.0, "probability": 0.75, "crs": "GCJ-02",
                 "gate_lon": 104.1, "gate_lat": 30.1234568},
                {"lon": 104.2, "lat": 30.6, "sd_m": 31.0, "probability": 0.25, "crs": "WGS 84", "gate_lon": None,
                 "gate_lat": None},
            ],
        },
        "geometry": {"type": "Point", "coordinates": [104.1234568, 30.5]},
    }  # fmt: skip


FIRST = {
    "route": "R1", "stop": 1, "site_id": "S1", "name": "Works S1", "permit_code": "P-S1", "kind": "case",
    "counts_against_cap": True, "arrive": "2026-03-02T09:30+08:00", "leave": "2026-03-02T10:30+08:00",
    "lon": 121.5272106, "lat": 31.1774276, "gcj02_lon": 121.531542, "gcj02_lat": 31.175304, "at_gate": True,
    "places": [],
    "matters": "CH₄ above background; yearly plan", "matters_zh": "CH₄ above background；yearly plan",
    "reasons": "seen again; plan; explanations: unlawful_emission 0.80, unlisted_source 0.20",
    "reasons_zh": "seen again；plan；各解释概率：unlawful_emission 0.80, unlisted_source 0.20", "probability": 0.8,
    "explanations": [
        {"name": "unlawful_emission", "probability": 0.8}, {"name": "unlisted_source", "probability": 0.2},
    ],
    "priority": 4,
    "navigate": "https://uri.amap.com/navigation?to=121.531542,31.175304,Works%20S1&mode=car&src=onevisit&callnative=1",
}  # fmt: skip
SECOND = {
    "route": "R1", "stop": 2, "site_id": "S2", "name": "Works S2", "permit_code": "P-S2", "kind": "special",
    "counts_against_cap": False, "arrive": "2026-03-02T11:30+08:00", "leave": "2026-03-02T12:30+08:00", "lon": 13.4,
    "lat": 52.5, "gcj02_lon": 13.4, "gcj02_lat": 52.5, "at_gate": False, "places": [],
    "matters": "CH₄ above background",
    "matters_zh": "CH₄ above background", "reasons": "seen again", "reasons_zh": "seen again", "probability": 0.7,
    "explanations": [], "priority": 3, "navigate": "",
}  # fmt: skip


def test_every_property_of_a_route_and_its_stops(tmp_path: Path, make_route: Make) -> None:
    """Sums over the legs in whole metres and seconds, the line from the depot and back, then all stops."""
    write_routes(
        tmp_path / "r.geojson", [make_route(), make_route(name="R2", team="team 2", back=None, on_roads=True)]
    )
    first, second, *stops = read(tmp_path / "r.geojson")
    depot, shanghai, berlin = [121.5, 31.1], [121.5272106, 31.1774276], [13.4, 52.5]
    properties = {
        "route": "R1", "team": "team 1", "day": "2026-03-02", "stops": 2, "sites": ["S1", "S2"], "distance_m": 43_001,
        "driving_s": 5501, "on_roads": False, "start": "2026-03-02T09:30+08:00", "end": "2026-03-02T12:30+08:00",
    }  # fmt: skip
    assert first["properties"] == properties
    assert first["geometry"] == {
        "type": "LineString", "coordinates": [depot, shanghai, [100.0, 40.0], berlin, depot],
    }  # fmt: skip
    assert second["properties"] == properties | {
        "route": "R2", "team": "team 2", "distance_m": 42_000, "driving_s": 5400, "on_roads": True,
    }  # fmt: skip
    assert second["geometry"]["coordinates"] == [depot, shanghai, [100.0, 40.0], berlin]
    assert [stop["properties"] for stop in stops] == [
        FIRST,
        SECOND,
        FIRST | {"route": "R2"},
        SECOND | {"route": "R2"},
    ]
    assert [stop["geometry"]["coordinates"] for stop in stops] == [shanghai, berlin] * 2


def test_a_single_stop_without_a_way_is_a_point(tmp_path: Path, make_visit: Make) -> None:
    """A line needs two places."""
    routes = plan_routes([make_visit()], RouteSettings(teams=1), day=DAY).value
    write_routes(tmp_path / "r.geojson", routes)
    line, _ = read(tmp_path / "r.geojson")
    assert line["geometry"] == {"type": "Point", "coordinates": [104.0, 30.0]}


def test_every_property_of_a_visit(tmp_path: Path, make_route: Make) -> None:
    """In the order of the visits; what is on no route has neither route, number nor times, and all the rest."""
    route = make_route()
    lost = replace(route.stops[1].visit, site_id="S3")
    write_visits(tmp_path / "v.geojson", [lost, *(stop.visit for stop in reversed(route.stops))], [route])
    features = read(tmp_path / "v.geojson")
    unplaced = {"site_id": "S3", "route": None, "stop": None, "arrive": None, "leave": None}
    assert [f["properties"] for f in features] == [SECOND | unplaced, SECOND, FIRST]
    assert features[2]["geometry"] == {"type": "Point", "coordinates": [121.5272106, 31.1774276]}


def test_points_and_shapes_keep_what_they_are_given(tmp_path: Path) -> None:
    """Times in UTC, numbers with six digits but for coordinates, nothing that is not finite, words as they are."""
    naive = datetime(2026, 3, 1, 1, 2, 3)
    given = {
        "time": naive, "lon": 104.123456789, "x": 104.123456789, "n": 123456789, "nan": float("inf"), "none": None,
        "list": [0.123456789, {"lat": 30.123456789, "y": naive}], "yes": True,
    }  # fmt: skip
    told = {
        "time": "2026-03-01T01:02:03Z", "lon": 104.123456789, "x": 104.123, "n": 123456789, "nan": None, "none": None,
        "list": [0.123457, {"lat": 30.123456789, "y": "2026-03-01T01:02:03Z"}], "yes": True,
    }  # fmt: skip
    write_points(tmp_path / "p.geojson", [((104.123456789, 30.5), given)])
    assert read(tmp_path / "p.geojson") == [
        {"type": "Feature", "properties": told, "geometry": {"type": "Point", "coordinates": [104.1234568, 30.5]}}
    ]
    write_shapes(tmp_path / "s.geojson", [(shapely.LineString([(0, 0), (1, 2)]), given)])
    assert read(tmp_path / "s.geojson") == [
        {"type": "Feature", "properties": told, "geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 2]]}}
    ]


def test_a_file_has_a_feature_a_line(tmp_path: Path, make_visit: Make) -> None:
    """So that a person can read it and a program compare it."""
    write_visits(tmp_path / "v.geojson", [make_visit("S1"), make_visit("S2")], [])
    text = (tmp_path / "v.geojson").read_text(encoding="utf-8")
    assert text.count("\n") == 4 and text.endswith("]}\n") and "CH₄" in text
