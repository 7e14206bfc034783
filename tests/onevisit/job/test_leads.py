"""The whole job on a mission made by hand: leads, visits and routes."""

from __future__ import annotations

import itertools
import math
import re
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from openpyxl import load_workbook

from onevisit.leads.tables import BUILT_IN
from tests.onevisit import small_mission as made
from tests.onevisit.job.made_run import Run, each_hotspot, hotspot_of, route_table
from tests.onevisit.small_mission import PAINTER, QUARRY, SMELTER, TANNERY, WORKS, Works


def _gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The published approximation of China's shifted system, written down again."""
    x, y = lon - 105.0, lat - 35.0
    pi = math.pi
    wave = 20 * math.sin(6 * pi * x) + 20 * math.sin(2 * pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (wave + 20 * math.sin(pi * y) + 40 * math.sin(pi / 3 * y)) * 2 / 3
    north += (160 * math.sin(pi / 12 * y) + 320 * math.sin(pi / 30 * y)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (wave + 20 * math.sin(pi * x) + 40 * math.sin(pi / 3 * x)) * 2 / 3
    east += (150 * math.sin(pi / 12 * x) + 300 * math.sin(pi / 30 * x)) * 2 / 3
    a, ee, phi = 6378245.0, 0.00669342162296594323, math.radians(lat)
    w2 = 1 - ee * math.sin(phi) ** 2
    return (
        lon + math.degrees(east * math.sqrt(w2) / a / math.cos(phi)),
        lat + math.degrees(north * w2 * math.sqrt(w2) / (a * (1 - ee))),
    )


def _way_m(*places: tuple[float, float]) -> float:
    return sum(math.dist(a, b) for a, b in itertools.pairwise(places))


def test_each_site_gets_the_step_that_its_evidence_asks_for(run: Run) -> None:
    """Two visits, the likelier first; then reminders of the permits that end; then what was seen once.

    The painter's plume was met by one pass of six: traffic explains it better, and nothing is asked of the painter.
    """
    told = {p["site_id"]: p["disposition"] for p in run.properties("leads.geojson")}
    assert list(told.values()) == ["visit", "visit", "remind", "remind", "measure_again", "none"]
    assert told == {
        SMELTER.code: "visit",
        TANNERY.code: "visit",
        made.EXPIRING: "remind",
        made.EXPIRED: "remind",
        QUARRY.code: "measure_again",
        PAINTER.code: "none",
    }
    first, second = run.properties("leads.geojson")[:2]
    assert first["probability"] >= second["probability"]


def _lead(run: Run, code: str) -> dict[str, Any]:
    [found] = [f for f in run.json("leads.geojson")["features"] if f["properties"]["site_id"] == code]
    return {**found["properties"], "place": tuple(found["geometry"]["coordinates"])}


@each_hotspot
def test_a_leads_probability_is_the_hotspots_less_the_chance_of_a_fault(run: Run, works: Works) -> None:
    """Odds of a fault are 0.05 : 0.95 times 0.1 for each further sighting; the other shares make room for it."""
    lead, (hotspot, _) = _lead(run, works.code), hotspot_of(run, works)
    odds = 0.05 / 0.95 * 0.1 ** (len(works.on) - 1)
    fault = odds / (1 + odds)
    shares = {site["site_id"]: site["probability"] for site in hotspot["sites"]}
    told = {e["name"]: e["probability"] for e in lead["explanations"]}
    own = shares[works.code] * (1 - fault)
    expected = {
        "neighbour": sum(p for site, p in shares.items() if site != works.code) * (1 - fault),
        "unlisted_source": hotspot["unlisted"] * (1 - fault),
        "passing_traffic": hotspot["background_or_traffic"] * (1 - fault),
        "analyser_fault": fault,
        "wrong_position": own * BUILT_IN.misplaced["doubtful"],
    }
    assert {name: told.get(name, 0.0) for name in expected} == pytest.approx(expected, rel=1e-4, abs=1e-9)
    assert sum(told.values()) == pytest.approx(1.0, abs=1e-5)
    emitted = told["unlawful_emission"] + told["permitted_emission"]
    assert (
        lead["probability"]
        == pytest.approx(emitted, abs=1e-5)
        == pytest.approx(own - told["wrong_position"], abs=1e-5)
    )
    assert lead["hotspots"] == [hotspot["id"]]
    assert (lead["name"], lead["permit_code"]) == (works.name, works.code)
    assert made.metres(*lead["place"]) == pytest.approx(works.gate, abs=0.02)


def test_a_leads_evidence_says_the_numbers_of_its_hotspot(run: Run) -> None:
    """Time of the last sighting, passes, chance, wind and probability, in both languages."""
    lead, (hotspot, _) = _lead(run, SMELTER.code), hotspot_of(run, SMELTER)
    [evidence] = lead["evidence"]
    assert (evidence["kind"], evidence["id"], evidence["time"]) == ("hotspot", hotspot["id"], hotspot["last_seen"])
    assert re.match(
        rf"SO₂ {hotspot['enhancement']:.0f} ± {hotspot['enhancement_sd']:.0f} ppb above", evidence["text"]
    )
    for part in ("seen in 5 of 6 passes", "wind from 330° at 3.0 m/s"):
        assert part in evidence["text"]
    assert f"p = {hotspot['p_value']:.2g};" in evidence["text"]
    share = hotspot["sites"][0]["probability"]
    assert evidence["text"].endswith(f"this site explains it with probability {share:.2f}")
    for part in ("6 次通过中检出 5 次", "风向 330°，风速 3.0 m/s", f"解释概率 {share:.2f}"):
        assert part in evidence["text_zh"]
    assert lead["reason_en"].startswith(
        f"worth a visit, approval to be obtained: hotspot {hotspot['id']}: seen in 5 of 6 passes, and this site "
        f"explains it with probability {share:.2f}; emitting "
    )
    assert "where 0.000100 kg/h are permitted; that it emits more than it may has probability 0." in lead["reason_en"]
    assert lead["reason_zh"].startswith(
        f"拟入企检查（待批准）：热点 {hotspot['id']}：6 次通过中检出 5 次，该点位解释概率"
    )


def test_a_permit_is_reminded_of_up_to_sixty_days_before_its_end(run: Run) -> None:
    """Sixty days left: yes; sixty-one: no; the last day still "expires", the day after "expired"."""
    texts = {code: [e["text"] for e in _lead(run, code)["evidence"]] for code in (made.EXPIRING, made.EXPIRED)}
    assert texts == {
        made.EXPIRING: ["discharge permit expires on 2026-03-03"],
        made.EXPIRED: ["discharge permit expired on 2026-03-02"],
    }
    assert _lead(run, TANNERY.code)["evidence"][1] == {
        "kind": "register",
        "id": "permit_valid_to",
        "time": None,
        "text": "discharge permit expires on 2026-05-02",
        "text_zh": "排污许可证将于 2026-05-02 到期",
    }
    assert [r["code"] for r in _lead(run, SMELTER.code)["reasons"]] == ["of_hotspot"]
    for code in (made.EXPIRING, made.EXPIRED):
        lead = _lead(run, code)
        assert (lead["probability"], lead["explanations"], lead["hotspots"]) == (0.0, [], [])


def test_what_was_seen_once_is_measured_again_and_says_why(run: Run) -> None:
    """The quarry's dust met one pass where two are needed, and its probability is below 0.6."""
    lead = _lead(run, QUARRY.code)
    assert "seen in 1 of 1 passes, 2 are needed" in lead["reason_en"]
    assert "1 次通过中仅检出 1 次，至少需 2 次" in lead["reason_zh"]
    share = hotspot_of(run, QUARRY)[0]["sites"][0]["probability"]
    assert f"probability {share:.2f} is below 0.60" in lead["reason_en"]


def test_what_traffic_explains_better_is_listed_without_a_step(run: Run) -> None:
    """The painter's share is below the 0.15 from which one measures again, and the lead says so."""
    lead, (hotspot, _) = _lead(run, PAINTER.code), hotspot_of(run, PAINTER)
    share = hotspot["sites"][0]["probability"]
    assert share < 0.15 < hotspot["background_or_traffic"]
    told = f"nothing is asked: hotspot {hotspot['id']}: probability {share:.2f} is too small to act on"
    assert lead["reason_en"] == told


def test_visits_hold_what_is_to_be_checked_and_do_not_count_against_the_cap(run: Run) -> None:
    """One visit a site, a case each; position of the gate, in both systems; matters with their numbers."""
    features = {f["properties"]["site_id"]: f for f in run.json("visits.geojson")["features"]}
    assert set(features) == {TANNERY.code, SMELTER.code} and len(run.properties("visits.geojson")) == 2
    for works in (TANNERY, SMELTER):
        visit = features[works.code]["properties"]
        hotspot, _ = hotspot_of(run, works)
        lon, lat = made.lonlat(*works.gate)
        assert (visit["kind"], visit["counts_against_cap"], visit["at_gate"]) == ("case", False, True)
        assert (visit["name"], visit["permit_code"], visit["route"]) == (works.name, works.code, "R1")
        assert (visit["lon"], visit["lat"]) == pytest.approx((lon, lat), abs=1e-7)
        assert features[works.code]["geometry"]["coordinates"] == [visit["lon"], visit["lat"]]
        assert (visit["gcj02_lon"], visit["gcj02_lat"]) == pytest.approx(_gcj02(lon, lat), abs=2e-6)
        assert visit["navigate"] == (
            f"https://uri.amap.com/navigation?to={visit['gcj02_lon']:.6f},{visit['gcj02_lat']:.6f},{works.name}"
            "&mode=car&src=onevisit&callnative=1"
        )
        lead = _lead(run, works.code)
        assert visit["probability"] == lead["probability"] and visit["explanations"] == lead["explanations"]
        assert visit["priority"] == 3 + (visit["probability"] >= 0.75) + (visit["probability"] >= 0.9) == 5
        printed = {"so2": "SO₂", "ch4": "CH₄"}[works.species]
        number = f"{hotspot['enhancement']:.1f} ppb" if works is SMELTER else f"{hotspot['enhancement']:.2f} ppm"
        assert visit["matters"].startswith(f"{printed} {number} above background at hotspot {hotspot['id']}")
        assert all(r["text"] in visit["reasons"] and r["text_zh"] in visit["reasons_zh"] for r in lead["reasons"])
    assert features[TANNERY.code]["properties"]["matters"].endswith("; discharge permit expires on 2026-05-02")
    assert "permit" not in features[SMELTER.code]["properties"]["matters"]
    assert features[TANNERY.code]["properties"]["matters_zh"].endswith("；排污许可证将于 2026-05-02 到期")


STAY_MIN = {TANNERY.code: 75, SMELTER.code: 60}
"""An hour, and a quarter for the second matter of the tannery."""


def _check_times(run: Run, order: list[Works], metres: list[float]) -> None:
    """Leave the depot at 08:30 of the day after the last row; drive at 10 m/s; stay; drive on; and back."""
    clock = datetime(2026, 3, 3, 8, 30)
    visits = {p["site_id"]: p for p in run.properties("visits.geojson")}
    route, *stops = run.properties("routes.geojson")
    assert [p["site_id"] for p in stops] == [w.code for w in order] == route["sites"]
    for number, (works, way) in enumerate(zip(order, metres[:-1], strict=True), start=1):
        arrive = clock + timedelta(seconds=math.ceil(way / 10.0))
        clock = arrive + timedelta(minutes=STAY_MIN[works.code])
        visit = visits[works.code]
        assert visit["stop"] == number
        assert visit["arrive"] == f"{arrive:%Y-%m-%dT%H:%M}+08:00"
        assert visit["leave"] == f"{clock:%Y-%m-%dT%H:%M}+08:00"
        assert stops[number - 1] == visit
    assert (route["route"], route["team"], route["day"], route["stops"]) == ("R1", "team 1", "2026-03-03", 2)
    assert route["distance_m"] == pytest.approx(sum(metres), abs=3)
    assert route["driving_s"] == pytest.approx(sum(metres) / 10.0, abs=1)
    assert (route["start"], route["end"]) == (stops[0]["arrive"], stops[1]["leave"])


def test_without_streets_a_route_is_straight_lines_times_the_detour_and_leads_back(run: Run) -> None:
    """Depot, both gates in the order that was chosen, depot; a quarter longer than the straight lines."""
    order = [{w.code: w for w in WORKS}[code] for code in run.properties("routes.geojson")[0]["sites"]]
    places = [made.DEPOT, *(w.gate for w in order), made.DEPOT]
    _check_times(run, order, [1.25 * math.dist(a, b) for a, b in itertools.pairwise(places)])
    route = run.json("routes.geojson")["features"][0]
    assert route["properties"]["on_roads"] is False
    drawn = [made.metres(lon, lat) for lon, lat in route["geometry"]["coordinates"]]
    assert np.array(drawn) == pytest.approx(np.array(places), abs=0.05)


def test_with_streets_a_route_follows_them_in_the_direction_allowed(driven: Run) -> None:
    """The smelter comes first on the one-way ring; lengths are those along it."""
    ring = made.RING
    ways = [_way_m(*ring[:3]), _way_m(*ring[2:4]), _way_m(*ring[3:])]
    _check_times(driven, [SMELTER, TANNERY], ways)
    route = driven.json("routes.geojson")["features"][0]
    assert route["properties"]["on_roads"] is True
    drawn = shapely.LineString([made.metres(lon, lat) for lon, lat in route["geometry"]["coordinates"]])
    assert shapely.hausdorff_distance(drawn, shapely.LineString(ring)) < 0.5
    assert drawn.length == pytest.approx(_way_m(*ring), abs=2)


@pytest.mark.parametrize(("fixture", "suffix"), [("run", ""), ("driven", "_zh")])
def test_the_table_of_routes_says_what_the_map_says(
    request: pytest.FixtureRequest, fixture: str, suffix: str
) -> None:
    """Each cell of routes.csv and of the workbook against the feature of its stop, in the language asked for."""
    this: Run = request.getfixturevalue(fixture)
    stops = this.properties("routes.geojson")[1:]
    lines = route_table(this)
    assert len(lines) == 2
    for line, stop in zip(lines, stops, strict=True):
        for name in ("route", "site_id", "name", "permit_code", "kind", "arrive", "leave", "navigate"):
            assert line[name] == stop[name]
        assert line["stop"] == str(stop["stop"]) and line["counts_against_cap"] == "false"
        for name in ("lon", "lat", "gcj02_lon", "gcj02_lat"):
            assert float(line[name]) == stop[name]
        assert line["matters"] == stop[f"matters{suffix}"]
        assert line["reasons"] == stop[f"reasons{suffix}"]
    sheet = load_workbook(this.out / "routes.xlsx").active
    heads, *rows = ([str(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
    assert rows == [list(line.values()) for line in lines]
    assert heads == list(lines[0]) if not suffix else heads[:4] == ["路线", "序号", "点位编码", "名称"]
