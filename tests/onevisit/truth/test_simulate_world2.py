"""World 2 of the simulator as whole missions: world 1 stays, switches switch alone, files read back to the truth."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tomllib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import shapely
from pyproj import CRS

from ingest.coordinates import gcj02_from_wgs84, to_grid
from ingest.errors import SettingError
from ingest.monitors.read import MonitorSettings, read_monitors
from onevisit.job import process_mission
from onevisit.result import Options
from onevisit.truth.score.score import score_output
from onevisit.truth.simulate import mission as missions
from onevisit.truth.simulate import simulate_mission
from onevisit.truth.simulate.confounders import CONFOUNDERS
from onevisit.truth.simulate.world import SIZES
from tests.told import raises_told

OF_WORLD_1 = ("register_shift", "unlisted_source", "nothing_wrong")
OF_WORLD_2 = tuple(c.name for c in CONFOUNDERS if c.world == 2)


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _hash_of(folder: Path) -> str:
    """One hash over names and contents, in the order of the names."""
    total = hashlib.sha256()
    for name, content in sorted(_files(folder).items()):
        total.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return total.hexdigest()


def _truth(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize(
    ("seed", "size", "noted"),
    [
        (3, "demo", "e62415709163ca611f1a6b15c25cec8d55769d2aa5f2b4a656042650eab1d0d1"),
        pytest.param(
            4, "demo", "60e4fc77aba03f66a703b0ce7366ba06bd5edb183437c32f8fd12b7ed8f4de64", marks=pytest.mark.slow
        ),
        (2, "district", "90da2dbec8072c221c8a049d404b4aafdef49855d606fbb3e8181c81a51c32fc"),
    ],
)
def test_world_1_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int, size: Literal["demo", "district"], noted: str
) -> None:
    """Drives and records have the hash that was noted before there was a world 2; the district is a short one."""
    monkeypatch.setitem(SIZES, "district", replace(SIZES["district"], sources=(3, 4), laps=(1, 1)))
    simulate_mission(tmp_path, seed=seed, size=size, flights=False)
    assert _hash_of(tmp_path / "mission") == noted


def test_an_unknown_world_is_refused(tmp_path: Path) -> None:
    """With those that are known."""
    with raises_told(SettingError, match="no world 3; known are 1, 2"):
        simulate_mission(tmp_path, seed=1, world=3)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seed 49 with all that world 2 has; one lap, so that it is made fast."""
    out = tmp_path_factory.mktemp("everything")
    simulate_mission(out, seed=49, world=2, flights=False, only=(*OF_WORLD_1, *OF_WORLD_2))
    return out


@pytest.fixture(scope="module")
def truth(everything: Path) -> dict[str, Any]:
    """The truth of that mission."""
    return _truth(everything)


def test_the_same_seed_gives_the_same_bytes(everything: Path, tmp_path: Path) -> None:
    """Twice with everything on."""
    simulate_mission(tmp_path, seed=49, world=2, flights=False, only=(*OF_WORLD_1, *OF_WORLD_2))
    assert _files(tmp_path) == _files(everything)


def test_without_its_confounders_world_2_is_world_1(tmp_path: Path) -> None:
    """To the byte, but for the number of the world."""
    for world in (1, 2):
        simulate_mission(tmp_path / str(world), seed=3, world=world, flights=False, only=("register_shift",))  # type: ignore[arg-type]
    assert _files(tmp_path / "1" / "mission") == _files(tmp_path / "2" / "mission")
    one, two = _truth(tmp_path / "1"), _truth(tmp_path / "2")
    assert (one.pop("world"), two.pop("world")) == (1, 2) and one == two


SWITCHED = {
    "vane_offset": {"traces"},
    "street_wind": {"traces"},
    "register_points": {"registers"},
    "blind_shifts": {"registers"},
    "following_records": {"monitors"},
    "fixed_sensor": {"monitors"},
    "laser_path": {"monitors"},
    "lawful_sources": {"traces", "monitors"},
    "scattered_profiles": {"traces", "monitors"},
    "stopping_sources": {"traces", "monitors"},
    "shared_plume": {"traces", "monitors"},
}
"""Folders in which files change with a switch: fixed points of monitors feel what sources do."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=() if n in ("register_points", "following_records") else pytest.mark.slow)
        for n in SWITCHED
    ],
)
def test_a_switch_of_world_2_changes_only_what_it_switches(name: str, everything: Path, tmp_path: Path) -> None:
    """Files of other folders stay to the byte, and so does everything that was drawn for the others."""
    on = tuple(n for n in (*OF_WORLD_1, *OF_WORLD_2) if n != name)
    simulate_mission(tmp_path, seed=49, world=2, flights=False, only=on)
    before, after = _files(everything / "mission"), _files(tmp_path / "mission")
    changed = {f.split("/")[0] for f in before.keys() | after.keys() if before.get(f) != after.get(f)}
    assert changed and changed <= SWITCHED[name]
    one, two = _truth(everything), _truth(tmp_path)
    assert [d["vane_offset_deg"] for d in two["drives"]] == (
        [0.0] if name == "vane_offset" else [d["vane_offset_deg"] for d in one["drives"]]
    )
    if name != "register_points":
        assert [s["place_written"] for s in one["sites"]] == [s["place_written"] for s in two["sites"]]
    for kept, switch in (("active", "stopping_sources"), ("lawful", "lawful_sources"), ("place", "")):
        if name != switch:
            told = {s["id"]: s[kept] for s in one["sources"]}
            assert all(told[s["id"]] == s[kept] for s in two["sources"])


def test_without_flights_the_other_files_are_the_same(
    everything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flight is asked for once, with the mission's own world and day, and adds its part of the truth."""
    asked: list[tuple[Any, ...]] = []

    def fly(*given: Any) -> dict[str, Any]:
        asked.append(given)
        return {"photos": ["one"]}

    monkeypatch.setattr(missions, "fly_over", fly)
    simulate_mission(tmp_path, seed=49, world=2, only=(*OF_WORLD_1, *OF_WORLD_2))
    assert _files(tmp_path / "mission") == _files(everything / "mission")
    assert len(asked) == 1 and asked[0][0] == tmp_path and asked[0][3] == 49
    flown, walked = _truth(tmp_path), _truth(everything)
    assert flown.pop("photos") == ["one"] and walked.pop("photos") == [] and flown == walked


def test_the_truth_names_world_and_confounders(truth: dict[str, Any]) -> None:
    """Two; each confounder that is on, with the sites that it touches."""
    told = {c["name"]: c for c in truth["confounders"]}
    assert truth["world"] == 2 and set(told) == {*OF_WORLD_1, *OF_WORLD_2}
    sites = {s["site_id"]: s for s in truth["sites"]}
    sources = [s for s in truth["sources"] if s["site_id"]]
    assert set(told["lawful_sources"]["sites"]) == {s["site_id"] for s in sources if s["lawful"]}
    assert set(told["stopping_sources"]["sites"]) == {s["site_id"] for s in sources if s["active"]}
    assert set(told["register_points"]["sites"]) == {k for k, s in sites.items() if s["place_written"] != "stack"}
    assert set(told["blind_shifts"]["sites"]) == set(told["register_shift"]["sites"])
    assert len(told["blind_shifts"]["sites"]) == 3
    assert not set(told["nothing_wrong"]["sites"]) & {s["site_id"] for s in sources}
    assert told["vane_offset"]["sites"] == told["few_passes"]["sites"] == []


def test_only_sources_beyond_their_permit_are_a_cause(truth: dict[str, Any]) -> None:
    """A lawful source leads to nothing; what it emits is within what it may."""
    asked = {s["site_id"]: [c["expected"] for c in s["causes"] if c["cause"] == "plume"] for s in truth["sites"]}
    listed = [s for s in truth["sources"] if s["site_id"]]
    assert {s["lawful"] for s in listed} == {True, False}
    for source in listed:
        assert asked[source["site_id"]] == ["none" if source["lawful"] else "visit"]
    [unlisted] = [s for s in truth["sources"] if not s["site_id"]]
    assert unlisted["lawful"] is False and unlisted["permitted_g_s"] is None


def test_registers_mean_what_the_truth_says(everything: Path, truth: dict[str, Any]) -> None:
    """The written point is the stack, the gate, the middle of the parcel or a street; half have no gate's columns."""
    folder = everything / "mission"
    text = (folder / "registers" / "排污许可名录.csv").read_text(encoding="utf-8-sig")
    rows = {r["排污许可证编号"]: r for r in csv.DictReader(io.StringIO(text))}
    roads = json.loads((folder / "roads" / "道路.geojson").read_text(encoding="utf-8"))["features"]
    crs = CRS.from_user_input(truth["crs"])

    def metres(shape: Any) -> shapely.Geometry:
        return shapely.transform(
            shapely.geometry.shape(shape), lambda xy: np.column_stack(to_grid(xy[:, 0], xy[:, 1], crs))
        )

    streets = shapely.union_all([metres(r["geometry"]) for r in roads])
    kinds = {s["place_written"] for s in truth["sites"]}
    assert kinds == {"stack", "gate", "centroid", "address"}
    for site in truth["sites"]:
        if site["written_crs"] not in ("WGS84", "CGCS2000"):
            continue
        row = rows[site["site_id"]]
        point = metres({"type": "Point", "coordinates": [float(row["经度"]), float(row["纬度"])]})
        stack = metres({"type": "Point", "coordinates": [site["lon"], site["lat"]]})
        meant = {
            "stack": stack, "gate": metres(site["gate"]), "centroid": metres(site["parcel"]).centroid,
            "address": streets,
        }[site["place_written"]]  # fmt: skip
        assert point.distance(meant) < 0.2
    assert 0.3 < np.mean([not r["大门经度"] for r in rows.values()]) < 0.7


def test_rows_of_shifted_sites_hold_their_point_in_gcj02(everything: Path, truth: dict[str, Any]) -> None:
    """Shift and misplacement add up: GCJ-02 of the gate under WGS84."""
    shifted = next(c for c in truth["confounders"] if c["name"] == "register_shift")["sites"]
    text = (everything / "mission" / "registers" / "排污许可名录.csv").read_text(encoding="utf-8-sig")
    rows = {r["排污许可证编号"]: r for r in csv.DictReader(io.StringIO(text))}
    for site in (s for s in truth["sites"] if s["site_id"] in shifted):
        point = site["gate"]["coordinates"] if site["place_written"] == "gate" else (site["lon"], site["lat"])
        lon, lat = gcj02_from_wgs84(*point)
        row = rows[site["site_id"]]
        away = np.hypot((float(row["经度"]) - float(lon)) * 95_800, (float(row["纬度"]) - float(lat)) * 110_900)
        assert row["坐标系"] == "WGS84" and away < (0.5 if site["place_written"] in ("stack", "gate") else 250.0)


def test_fixed_points_are_read_where_they_stand(everything: Path, truth: dict[str, Any]) -> None:
    """A micro-station has a place, an open path two ends; minutes from ten before the drive to its end."""
    folder = everything / "mission"
    series = read_monitors(
        sorted((folder / "monitors").iterdir()), MonitorSettings(time_zone="Asia/Shanghai"), root=folder
    ).value
    placed = {str(s.attrs["point"]): s for s in series if {"lon", "path_lon"} & set(map(str, s.coords))}
    assert set(placed) == {p["name"] for p in truth["fixed"]} and {p["kind"] for p in truth["fixed"]} == {
        "sensor", "path",
    }  # fmt: skip
    [drive] = truth["drives"]
    start = np.datetime64(drive["start"].removesuffix("Z"))
    for point in truth["fixed"]:
        read = placed[point["name"]]
        names = ("lon", "lat") if point["kind"] == "sensor" else ("path_lon", "path_lat")
        found = np.column_stack([np.atleast_1d(read[n].values) for n in names])
        assert found == pytest.approx(np.atleast_2d(point["geometry"]["coordinates"]), abs=2e-6)
        times = read["time"].values
        assert times[0] - start > np.timedelta64(-11, "m") and times[0] < start - np.timedelta64(8, "m")
        end = start + np.timedelta64(drive["seconds"], "s")
        assert end - np.timedelta64(3, "m") < times[-1] < end
        assert set(np.diff(times)) == {np.timedelta64(1, "m")}


def test_a_lag_that_is_not_declared_is_in_no_file(everything: Path, truth: dict[str, Any]) -> None:
    """Neither in mission.toml nor in the truth as declared."""
    given = tomllib.loads((everything / "mission" / "mission.toml").read_text(encoding="utf-8"))
    assert "vehicle" not in given and truth["drives"][0]["declared_lag_s"] is None


def _production(mission: Path, site_id: str) -> dict[str, float]:
    """Power of a site's production by local hour."""
    text = (mission / "monitors" / "用电监控.csv").read_text(encoding="utf-8-sig")
    rows = [r for r in csv.DictReader(io.StringIO(text)) if r["排污许可证编号"] == site_id]
    return {r["时间"]: float(r["有功功率(kW)"]) for r in rows if r["设备类型"] == "产污设施"}


def test_power_falls_with_the_share_of_an_hour_in_which_a_source_stands(tmp_path: Path) -> None:
    """Second by second, in the hours that the drive touches: 8 % of the usual power is left where it stands."""
    for name, only in (("stops", ("stopping_sources", "following_records")), ("runs", ("following_records",))):
        simulate_mission(tmp_path / name, seed=27, world=2, flights=False, only=only)
    truth = _truth(tmp_path / "stops")
    source = truth["sources"][0]
    [(first, last)] = source["active"]
    stops, runs = (_production(tmp_path / name / "mission", source["site_id"]) for name in ("stops", "runs"))
    start = datetime.fromisoformat(truth["drives"][0]["start"]).replace(tzinfo=None) + timedelta(hours=8)
    seconds: dict[str, list[bool]] = {}
    for second in range(-1200, truth["drives"][0]["seconds"]):
        hour = f"{start + timedelta(seconds=second):%Y-%m-%d %H}:00"
        seconds.setdefault(hour, []).append(first <= second < last)
    assert len(stops) == len(runs) == 7 * 24 and max(stops) == f"{start:%Y-%m-%d} 23:00"
    for hour, kw in stops.items():
        share = np.mean(seconds.get(hour, [True]))
        assert kw == pytest.approx(runs[hour] * (0.08 + 0.92 * share), abs=0.02)
    assert min(np.mean(s) for s in seconds.values()) < 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("size", "drives", "sites"), [("district", 2, (180, 330)), ("city", 3, (500, 700))])
def test_larger_parks_have_world_2_too(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    size: Literal["district", "city"],
    drives: int,
    sites: tuple[int, int],
) -> None:
    """All drives, sites of real sizes, sources of which some keep to their permit; smaller, to be made sooner."""
    small = {"rows": 12, "columns": 12} if size == "city" else {}
    monkeypatch.setitem(SIZES, size, replace(SIZES[size], sources=(4, 5), **small))
    simulate_mission(tmp_path, seed=6, size=size, world=2, flights=False)
    truth = _truth(tmp_path)
    assert (truth["world"], len(truth["drives"])) == (2, drives)
    assert sites[0] <= len(truth["sites"]) <= sites[1]
    assert {s["lawful"] for s in truth["sources"] if s["site_id"]} == {True, False}
    assert len({d["vane_offset_deg"] for d in truth["drives"]}) == drives


@pytest.mark.slow
def test_a_mission_without_a_flight_is_processed_and_scored(everything: Path, tmp_path: Path) -> None:
    """All of world 2 in one mission: no file is refused, leads are scored, and the scores of photos are not built."""
    process_mission(everything / "mission", tmp_path, Options(), on_stage=lambda _what, _share: None)
    told = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert not [r for r in told["rejects"] if "/" in r["item"]]
    assert (tmp_path / "report.html").is_file()
    scores = score_output(tmp_path, everything / "truth.json")
    assert not scores["photos.used"].items and scores["leads.precision"].items
