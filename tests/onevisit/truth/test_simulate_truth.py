"""The truth of a park by hand, and plumes over a real drive."""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from ingest.errors import NothingUsable
from onevisit.truth.simulate import mission, overlay
from onevisit.truth.simulate import truth as truth_module
from onevisit.truth.simulate.air.instrument import Analyser
from onevisit.truth.simulate.air.sources import EmissionSource
from onevisit.truth.simulate.air.wind import blow
from onevisit.truth.simulate.answers import TrueHotspot
from onevisit.truth.simulate.confounders import CONFOUNDERS
from onevisit.truth.simulate.drives.laps import Drive, Fixes
from onevisit.truth.simulate.drives.outings import SPIN_UP_S, Outing, stream
from onevisit.truth.simulate.drives.vehicle import Episode, Log
from onevisit.truth.simulate.overlay import _settle_along, _visits, simulate_over_drive
from onevisit.truth.simulate.records.monitors import HOURS, Anomaly, MonitoredSite
from onevisit.truth.simulate.records.registers import RegisterEntry
from onevisit.truth.simulate.truth import Park, rules, truth_of
from onevisit.truth.simulate.world import Street
from tests.onevisit.truth.park_world import _place, _world
from tests.onevisit.truth.steady import steady_wind
from tests.told import raises_told

DAY = datetime(2026, 3, 5, 9, 30)


SEEN = 1e-3


@pytest.fixture(scope="module")
def park() -> Park:
    """Five places, two sources, one of them unlisted, a drive of two laps, entries and a station with anomalies."""
    places = (
        _place("A", 0.0, 30.0),
        _place("unlisted@B", 300.0, 30.0, listed=False),
        _place("C", 500.0, 30.0),
        _place("D", 700.0, 30.0),
        _place("E", 900.0, 30.0),
    )
    world = replace(_world(*places), streets=(Street("s", 0, 1, shapely.LineString([(0, 0), (1, 1)]), True),))
    n = 100
    x = np.tile(np.linspace(-40.0, 940.0, n // 2), 2)
    drive = Drive(x, np.zeros(n), np.full(n, 5.0), np.zeros(n), np.repeat([0, 1], n // 2))
    rate = np.r_[np.full(SPIN_UP_S, 99.0), np.full(n, 2.0)]
    sources = (
        EmissionSource("S1", places[0], 0.0, 30.0, 7.123, (("TVOC", 1.0), ("xylene", 0.25)), rate, -SPIN_UP_S),
        EmissionSource("S2", places[1], 300.0, 30.0, 5.0, (("TVOC", 1.0),), rate, -SPIN_UP_S),
    )
    air = np.zeros((n, 2))
    air[[2, 52], 0], air[17, 1] = SEEN, SEEN
    episodes = (
        Episode("trucks", 5, 8, ("NOx",)),
        Episode("drifting_analyser", 0, 601, ("CO",)),
        Episode("calm", 10, 20),
    )
    wind = replace(steady_wind(3.0, SPIN_UP_S + n), start_s=-SPIN_UP_S)
    wind.v[:SPIN_UP_S] = 50.0
    log = Log({}, np.zeros(n), np.zeros(n), (), episodes)
    fixes = Fixes(drive.x, drive.y, ((30, 40),), ((60, 75),))
    analyser = Analyser(5.4321, 2.3456, 1.03456, 0.0, 1.6)
    outing = Outing("traces/a.csv", DAY, drive, fixes, wind, analyser, log, air)
    visits = ((date(2026, 1, 5), "日常", ""), (date(2025, 12, 31), "日常", ""), (date(2026, 2, 1), "个案", ""))
    ends = {"A": date(2027, 1, 1), "C": date(2026, 5, 4), "D": date(2026, 5, 5), "E": date(2027, 1, 1)}
    entries = tuple(
        RegisterEntry(p, "GCJ-02", "WGS84", p.site_id == "D", "", "", "", ends[p.site_id], visits)
        for p in places
        if p.listed
    )
    begin = datetime(2026, 3, 2, 9)
    anomalies = (
        Anomaly("constant", "E", begin, begin + timedelta(hours=30), "help"),
        Anomaly("marked_exceedance", "D", begin, begin + timedelta(hours=5), "none"),
    )
    empty = np.zeros(HOURS)
    station = MonitoredSite(places[4], "N", "31", (), begin, {}, (), empty, empty, empty > 0, anomalies)
    on = {c.name: c.name != "own_exhaust" for c in CONFOUNDERS}
    return Park(5, "demo", DAY, world, sources, (outing,), entries, (station,), on)


@pytest.fixture(scope="module")
def truth(park: Park) -> dict[str, Any]:
    """What is written of it."""
    return truth_of(park)


def _lonlat(park: Park, x: float, y: float) -> tuple[float, float]:
    lon, lat = park.world.lonlat(x, y)
    return round(float(lon), 7), round(float(lat), 7)


def test_the_truth_names_its_mission(park: Park, truth: dict[str, Any]) -> None:
    """Version, seed, size, local day, grid; streets in metres of it; rules with the depot at the first crossing."""
    assert (truth["version"], truth["seed"], truth["size"], truth["day"], truth["crs"]) == (
        1,
        5,
        "demo",
        "2026-03-05",
        "EPSG:4544",
    )
    assert truth["streets"]["nodes"][1] == [410100.0, 3392900.0] and truth["streets"]["edges"] == [[0, 1]]
    lon, lat = _lonlat(park, -100.0, -100.0)
    assert truth["rules"] == {"yearly_cap": 2, "shift_h": 7.0, "teams": 2, "depot": [lon, lat]} == rules(park.world)


def test_the_truth_of_sources(park: Park, truth: dict[str, Any]) -> None:
    """Place, height, mean rates of the drive (not of the time before), and what was seen of them."""
    first, second = truth["sources"]
    lon, lat = _lonlat(park, 0.0, 30.0)
    assert first == {
        "id": "S1",
        "site_id": "A",
        "place": "A",
        "lon": lon,
        "lat": lat,
        "height_m": 7.12,
        "leading": "TVOC",
        "rate_g_s": {"TVOC": 2.0, "xylene": 0.5},
        "recurrent": True,
        "seen": True,
        "lawful": False,
        "permitted_g_s": None,
        "active": None,
    }
    assert (second["id"], second["site_id"], second["place"]) == ("S2", None, "unlisted@B")
    assert (second["recurrent"], second["seen"]) == (False, True)


def test_the_truth_of_doses(park: Park, truth: dict[str, Any]) -> None:
    """1000 µg s m-3 in both laps on the piece of S1, once on that of S2, told by column and row from the origin."""
    told = truth["doses"]
    x = park.outings[0].drive.x
    assert told["piece_m"] == 10.0 and told["origin"] == [park.world.origin_x, park.world.origin_y]
    assert told["of"] == [
        {
            "source": "S1",
            "species": {"TVOC": 1.0, "xylene": 0.25},
            "columns": [x[2] // 10],
            "rows": [0],
            "dose": [2000.0],
        },
        {"source": "S2", "species": {"TVOC": 1.0}, "columns": [x[17] // 10], "rows": [0], "dose": [1000.0]},
    ]


def test_what_else_was_measured_is_at_the_inlet_and_above_the_background(park: Park) -> None:
    """Readings of 95 with 1000 for three seconds, 8 s after the inlet met it: at its place; not while calibrating."""
    outing = park.outings[0]
    reading = np.full(100, 95.0)
    reading[28:31], reading[70:80] = 1095.0, 400.0
    status = tuple("校准" if 70 <= k < 80 else "正常" for k in range(100))
    told = truth_of(
        replace(park, outings=(replace(outing, log=replace(outing.log, readings={"TVOC": reading}, status=status)),))
    )
    others = told["doses"]["of"][-1]
    assert (others["source"], others["species"]) == (None, {"TVOC": 1.0})
    assert others["columns"] == [int(v // 10) for v in outing.drive.x[20:23]] and others["dose"] == [1000.0] * 3


def test_the_truth_of_hotspots(park: Park, truth: dict[str, Any]) -> None:
    """Species, laps, the largest value in the unit written, and its cells in degrees."""
    told = [(h["source"], h["species"], h["laps_seen"], h["largest"]) for h in truth["hotspots"]]
    assert told == [("S1", "TVOC", 2, 1000.0), ("S1", "xylene", 2, 250.0), ("S2", "TVOC", 1, 1000.0)]
    assert truth["hotspots"][2]["recurrent"] is None
    cell = shapely.geometry.shape(truth["hotspots"][0]["seen"])
    assert cell.equals(shapely.geometry.shape(truth["hotspots"][0]["recurrent"]))
    assert cell.bounds == pytest.approx((*_lonlat(park, 0.0, 0.0), *_lonlat(park, 20.0, 20.0)), abs=2e-6)


def test_the_truth_of_sites(park: Park, truth: dict[str, Any]) -> None:
    """Causes and what is right to do: the strongest of them; a permit of sixty days counts, of sixty-one does not."""
    sites = {s["site_id"]: s for s in truth["sites"]}
    assert list(sites) == ["A", "C", "D", "E"]
    assert {k: s["expected"] for k, s in sites.items()} == {"A": "visit", "C": "remind", "D": "none", "E": "help"}
    assert sites["A"]["causes"] == [{"cause": "plume", "expected": "visit", "findable": True}]
    assert sites["C"]["causes"] == [{"cause": "permit", "expected": "remind", "findable": True}]
    told = {"cause": "marked_exceedance", "expected": "none", "findable": True, "also": []}
    assert sites["D"]["causes"] == [told]
    told = {"cause": "constant", "expected": "help", "findable": True, "also": []}
    assert sites["E"]["causes"] == [told]
    a = sites["A"]
    assert (a["lon"], a["lat"]) == _lonlat(park, 0.0, 30.0)
    assert tuple(a["gate"]["coordinates"]) == pytest.approx(_lonlat(park, 0.0, 15.0), abs=1e-7)
    parcel = shapely.geometry.shape(a["parcel"])
    assert parcel.bounds[0] == pytest.approx(_lonlat(park, -20.0, 15.0)[0], abs=5e-6)
    assert (a["name"], a["written_crs"], a["declared_crs"], a["visits_this_year"]) == ("厂A", "GCJ-02", "WGS84", 1)


def test_a_site_without_causes_expects_nothing() -> None:
    """Neither visit nor reminder."""
    assert truth_module._expected([]) == "none"


def test_a_plume_that_no_two_laps_saw_cannot_be_found(park: Park) -> None:
    """It is a cause all the same."""
    outing = park.outings[0]
    once = replace(outing, per_source=np.where(np.arange(100)[:, None] < 50, outing.per_source, 0.0))
    sites = {s["site_id"]: s for s in truth_of(replace(park, outings=(once,)))["sites"]}
    assert sites["A"]["causes"] == [{"cause": "plume", "expected": "visit", "findable": False}]


def test_the_truth_of_anomalies_is_in_utc(truth: dict[str, Any]) -> None:
    """Eight hours before the local clock."""
    assert truth["anomalies"][0] == {
        "kind": "constant",
        "site_id": "E",
        "start": "2026-03-02T01:00:00Z",
        "end": "2026-03-03T07:00:00Z",
        "expected": "help",
        "cause": "fault",
        "code": "",
        "also": [],
        "required": True,
        "name": "constant",
    }


def test_the_truth_of_a_drive(park: Park, truth: dict[str, Any]) -> None:
    """Start in UTC, seconds, laps, the instrument, the wind of the drive alone, and every fifth second of the way."""
    [drive] = truth["drives"]
    track = drive.pop("track")
    assert drive == {
        "file": "traces/a.csv",
        "start": "2026-03-05T01:30:00Z",
        "seconds": 100,
        "laps": 2,
        "lag_s": 5.432,
        "declared_lag_s": None,
        "response_s": 2.346,
        "gain": 1.0346,
        "clock_offset_s": 2,
        "vane_offset_deg": 0.0,
        "wind_from_deg": 180.0,
        "wind_speed_m_s": 3.0,
        "position_jumps": [[30, 40]],
        "tunnels": [[60, 75]],
    }
    assert len(track["coordinates"]) == 20
    assert tuple(track["coordinates"][1]) == pytest.approx(_lonlat(park, 60.0, 0.0), abs=1e-6)


def test_the_truth_of_confounders(park: Park, truth: dict[str, Any]) -> None:
    """Those that are on, with episodes, the piece of street 25 m to either side, and the sites that they touch."""
    told = {c["name"]: c for c in truth["confounders"]}
    assert list(told) == [c.name for c in CONFOUNDERS if c.name != "own_exhaust"]
    assert {n: c["does"] for n, c in told.items()} == {c.name: c.does for c in CONFOUNDERS if c.name in told}
    assert told["trucks"]["episodes"] == [{"file": "traces/a.csv", "start_s": 5, "end_s": 8, "species": ["NOx"]}]
    where = shapely.geometry.shape(told["trucks"]["where"])
    x = park.outings[0].drive.x
    west, south = _lonlat(park, x[5] - 25.0, -25.0)
    east, north = _lonlat(park, x[27] + 25.0, 25.0)
    assert where.bounds == pytest.approx((west, south, east, north), abs=5e-6)
    assert told["calm"]["where"] is None and told["calm"]["episodes"][0]["start_s"] == 10
    assert told["drifting_analyser"]["where"] is None
    assert told["register_shift"]["sites"] == ["D"] and told["frozen_analyser"]["sites"] == ["E"]
    assert told["nothing_wrong"]["sites"] == ["D"]
    assert told["drifting_analyser"]["sites"] == told["calibration"]["sites"] == told["trucks"]["sites"] == []


def test_a_plume_that_the_permit_allows_calls_for_nothing(park: Park) -> None:
    """The right disposition of a lawful source's site is none."""
    lawful = replace(park.sources[0])
    object.__setattr__(lawful, "lawful", True)
    [site] = [s for s in truth_of(replace(park, sources=(lawful,)))["sites"] if s["site_id"] == "A"]
    assert site["expected"] == "none"
    assert site["causes"] == [{"cause": "plume", "expected": "none", "findable": True}]


def test_episodes_of_ten_minutes_have_a_place_and_longer_ones_have_none(park: Park) -> None:
    """And one at the very end still has two points."""
    outing = park.outings[0]
    for episode, placed in ((Episode("trucks", 0, 600), True), (Episode("trucks", 0, 601), False),
                            (Episode("trucks", 98, 99), True)):  # fmt: skip
        log = replace(outing.log, episodes=(episode,))
        told = truth_of(replace(park, outings=(replace(outing, log=log),)))["confounders"][0]
        assert (told["where"] is not None) is placed


@pytest.mark.parametrize(("gap", "visits"), [(60, [0, 0, 0]), (61, [0, 0, 1])])
def test_a_cell_is_visited_again_after_more_than_a_minute(gap: int, visits: list[int]) -> None:
    """Counted in seconds since the vehicle was last in it; cells of 20 m."""
    x = np.full(3 + gap, 100.0)
    x[0], x[1], x[2:-1], x[-1] = 5.0, 19.9, 25.0, 1.0
    x = x[: 2 + gap]
    x[-1] = 1.0
    counts = _visits(x, np.zeros(len(x)))
    assert counts[[0, 1, -1]].tolist() == visits


def test_sites_beside_a_track_are_neither_on_it_nor_on_each_other() -> None:
    """25 to 180 m to the side, 20 m off every part of the track, 60 m apart, parcels about them."""
    x = np.linspace(0.0, 4000.0, 801)
    drive = Drive(x, np.zeros(801), np.full(801, 5.0), np.full(801, np.pi / 2), np.zeros(801, np.int64))
    places = _settle_along(drive, np.random.default_rng(1))
    y = np.array([p.stack.y for p in places])
    assert len(places) == 30 and (np.abs(y) >= 24.9).all() and (np.abs(y) <= 180.0).all()
    assert (y > 0).any() and (y < 0).any()
    apart = [a.stack.distance(b.stack) for i, a in enumerate(places) for b in places[:i]]
    assert min(apart) >= 60.0
    assert all(p.gate == p.stack and p.parcel.contains(p.stack) and p.listed for p in places)


def test_a_true_hotspot_keeps_what_it_is_given() -> None:
    """Source, species, shapes, laps, largest."""
    spot = TrueHotspot("S", "x", shapely.Point(), None, 3, 2.0)
    assert (spot.source_id, spot.species, spot.recurrent, spot.laps_seen, spot.largest) == ("S", "x", None, 3, 2.0)


def _drive_file(path: Path, seconds: int, unit: str = "ug/m3") -> None:
    """A drive of 4 m/s to the east with 20 of CO that scatters by 0.5 to either side, and one value missing."""
    lines = [f"Timestamp(UTC),EAST_LONGITUDE(deg),NORTH_LATITUDE(deg),ID(-),co({unit})"]
    for k in range(seconds):
        value = "-9999" if k == 50 else f"{20.0 + (0.5 if k % 2 else -0.5):.1f}"
        clock = f"2026-03-05T01:{k // 60:02d}:{k % 60:02d}+00:00"
        lines.append(f"{clock},{104.0 + 4.2e-5 * k:.6f},30.600000,x,{value}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def test_plumes_are_laid_over_a_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings are the old ones plus the puffs of three sites beside the track; wind, registers and truth beside."""
    monkeypatch.setattr(overlay, "SPIN_UP_S", 240)
    _drive_file(tmp_path / "drive.csv", 700)
    simulate_over_drive(tmp_path / "out", tmp_path / "drive.csv", seed=5)
    truth = json.loads((tmp_path / "out" / "truth.json").read_text(encoding="utf-8"))
    lines = (tmp_path / "out" / "mission" / "traces" / "drive.csv").read_text(encoding="ascii").splitlines()
    assert lines[0] == (
        "Timestamp(UTC),EAST_LONGITUDE(deg),NORTH_LATITUDE(deg),ID(-),co(ug/m3),wind_speed(m/s),wind_direction(deg)"
    )
    cells = [line.split(",") for line in lines[1:]]
    assert len(cells) == 700 and cells[0][0] == "2026-03-05T01:00:00.00+00:00" and cells[50][4] == "-9999"
    assert [float(c[1]) for c in cells] == pytest.approx([104.0 + 4.2e-5 * k for k in range(700)], abs=1e-6)
    values = np.array([float(c[4]) for c in cells])
    added = values - (20.0 + np.where(np.arange(700) % 2, 0.5, -0.5))
    added[50] = 0.0
    assert added.min() >= -1e-3
    assert added.max() == pytest.approx(max([h["largest"] for h in truth["hotspots"]], default=added.max()), rel=0.05)
    assert (truth["size"], truth["seed"], truth["day"], truth["crs"]) == ("overlay", 5, "2026-03-05", "EPSG:4544")
    assert [s["id"] for s in truth["sources"]] == ["S1", "S2", "S3"] and len(truth["sites"]) == 30
    assert [d["source"] for d in truth["doses"]["of"]] == ["S1", "S2", "S3", None]
    assert {name for d in truth["doses"]["of"] for name in d["species"]} == {"co"}
    assert sum(sum(d["dose"]) for d in truth["doses"]["of"]) == pytest.approx(added.sum(), rel=0.05)
    emitting = {s["site_id"] for s in truth["sources"]}
    for site in truth["sites"]:
        assert site["expected"] == ("visit" if site["site_id"] in emitting else "none")
        assert [c["cause"] for c in site["causes"]] == ["plume"] * (site["site_id"] in emitting)
    for source in truth["sources"]:
        own = [h for h in truth["hotspots"] if h["source"] == source["id"]]
        assert source["seen"] == bool(own) and source["recurrent"] == any(h["recurrent"] for h in own)
        assert all(h["species"] == "co" for h in own) and set(source["rate_g_s"]) == {"co"}
        assert source["leading"] == "co" and source["place"] == source["site_id"]
    assert (truth["streets"], truth["version"]) == ({"nodes": [], "edges": []}, 1)
    assert truth["rules"] == {"yearly_cap": 2, "shift_h": 7.0, "teams": 2, "depot": None}
    assert [truth[name] for name in ("anomalies", "photos", "drives")] == [[], [], []]
    assert {s["visits_this_year"] for s in truth["sites"]} == {0}
    [nothing] = truth["confounders"]
    assert (nothing["episodes"], nothing["where"]) == ([], None)
    assert nothing["name"] == "nothing_wrong"
    assert set(nothing["sites"]) == {s["site_id"] for s in truth["sites"]} - emitting
    text = (tmp_path / "out" / "mission" / "registers" / "排污许可名录.csv").read_text(encoding="utf-8-sig")
    rows = {r["排污许可证编号"]: r for r in csv.DictReader(text.splitlines())}
    assert {r["坐标系"] for r in rows.values()} == {"WGS84"} and set(rows) == {s["site_id"] for s in truth["sites"]}
    site = truth["sites"][0]
    assert (float(rows[site["site_id"]]["经度"]), float(rows[site["site_id"]]["纬度"])) == pytest.approx(
        (site["lon"], site["lat"]), abs=1e-6
    )
    wind = blow(-240, 240 + 700, stream(5, "wind 1"), calm_spells=False)
    u, v = wind.u[240:], wind.v[240:]
    assert [float(c[5]) for c in cells] == pytest.approx(np.hypot(u, v), abs=6e-3)
    turn = np.array([float(c[6]) for c in cells]) - np.degrees(np.arctan2(-u, -v))
    assert np.abs((turn + 180) % 360 - 180).max() < 0.51


@pytest.mark.parametrize(("seconds", "unit"), [(600, "ug/m3"), (700, "count")])
def test_a_drive_that_is_too_short_or_has_no_mass_is_refused(tmp_path: Path, seconds: int, unit: str) -> None:
    """Ten minutes have to be exceeded; a count of something has no grams."""
    _drive_file(tmp_path / "drive.csv", seconds, unit)
    with raises_told(NothingUsable, match=r"drive\.csv: no drive of ten minutes"):
        simulate_over_drive(tmp_path / "out", tmp_path / "drive.csv", seed=5)


def test_what_mission_toml_declares(tmp_path: Path) -> None:
    """Zone, cap, teams, shift and depot; a lag where the crew measured one."""
    path, world = tmp_path / "mission.toml", _world()
    for lag in (None, 5.5):
        mission._write_toml(path, world, lag)
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        depot = rules(world)["depot"]
        assert given["teams"] == {"teams": 2, "shift_h": 7.0, "depot": depot} and given["visits"] == {"yearly_cap": 2}
        assert given.get("vehicle") == (None if lag is None else {"lag_s": 5.5})


def test_roads_are_written_with_name_class_and_speed(tmp_path: Path) -> None:
    """Main ones are secondary with 50 km/h, others tertiary with 40; nobody is one-way."""
    line = shapely.LineString([(0.0, 0.0), (100.0, 50.0)])
    world = replace(_world(), streets=(Street("甲", 0, 1, line, True), Street("乙", 1, 2, line, False)))
    mission._write_roads(tmp_path / "roads" / "r.geojson", world)
    found = json.loads((tmp_path / "roads" / "r.geojson").read_text(encoding="utf-8"))
    assert found["type"] == "FeatureCollection"
    assert [f["properties"] for f in found["features"]] == [
        {"name": "甲", "highway": "secondary", "maxspeed": "50", "oneway": "no"},
        {"name": "乙", "highway": "tertiary", "maxspeed": "40", "oneway": "no"},
    ]
    lon, lat = world.lonlat([0.0, 100.0], [0.0, 50.0])
    assert np.array(found["features"][0]["geometry"]["coordinates"]) == pytest.approx(
        np.column_stack([lon, lat]), abs=1e-7
    )
