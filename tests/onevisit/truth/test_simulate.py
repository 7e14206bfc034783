"""The simulated mission: same seed, same bytes; real formats; a truth that agrees with the files."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import shapely
from PIL import Image

from ingest.coordinates import gcj02_from_wgs84, to_grid
from ingest.errors import SettingError
from ingest.images.read import PhotoSettings, read_frames, read_image
from ingest.monitors.hj212 import parse_stream
from ingest.registers.read import SiteSettings, read_sites
from ingest.roads.read import read_roads
from ingest.traces.read import TraceSettings, read_traces
from onevisit.truth.simulate import simulate_mission
from onevisit.truth.simulate.air.instrument import CHANNELS, Analyser, measure
from onevisit.truth.simulate.confounders import CONFOUNDERS, choose_confounders
from onevisit.truth.simulate.drives.laps import drive_streets, measure_positions, tour_of_crossings
from onevisit.truth.simulate.drives.outings import stream
from onevisit.truth.simulate.flights.block import FlightCamera, Shot, fly_block, ground_of_pixels
from onevisit.truth.simulate.names import permit_code, uscc, uscc_check_character
from onevisit.truth.simulate.overlay import simulate_over_drive
from onevisit.truth.simulate.world import SIZES, build_world
from tests.told import raises_told


@pytest.fixture(scope="module")
def mission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One mission with every confounder that touches the registers."""
    out = tmp_path_factory.mktemp("mission")
    simulate_mission(out, seed=4, only=("register_shift", "unlisted_source", "trucks", "nothing_wrong"))
    return out


@pytest.fixture(scope="module")
def truth(mission: Path) -> dict[str, Any]:
    """The truth of that mission."""
    content: dict[str, Any] = json.loads((mission / "truth.json").read_text(encoding="utf-8"))
    return content


def _hashes(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.mark.slow
def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """Two runs of one seed write the same bytes, another seed writes others."""
    for name, seed in (("a", 11), ("b", 11), ("c", 12)):
        simulate_mission(tmp_path / name, seed=seed)
    assert _hashes(tmp_path / "a") == _hashes(tmp_path / "b")
    assert _hashes(tmp_path / "a") != _hashes(tmp_path / "c")


@pytest.mark.slow
def test_a_switch_changes_only_what_it_switches(tmp_path: Path) -> None:
    """Without register_shift the photos, the roads and the drive stay the same to the byte."""
    simulate_mission(tmp_path / "on", seed=5, only=("register_shift",))
    simulate_mission(tmp_path / "off", seed=5, only=())
    on, off = _hashes(tmp_path / "on"), _hashes(tmp_path / "off")
    changed = {name for name in on if on[name] != off[name]}
    assert changed == {"truth.json", "mission/registers/排污许可名录.csv"}


def test_unknown_confounder_is_refused() -> None:
    """A confounder that does not exist is named, with those that do; so is one of another world."""
    with raises_told(SettingError, match="no confounder 'lorries' in world 2; known are trucks"):
        choose_confounders(np.random.default_rng(1), world=2, without=("lorries",))
    with raises_told(SettingError, match=r"no confounder 'few_passes' in world 1; .*, nothing_wrong$"):
        choose_confounders(np.random.default_rng(1), only=("few_passes",))


def test_every_confounder_can_be_switched_off() -> None:
    """Named in ``without``, a confounder is off, whatever is drawn."""
    names = tuple(c.name for c in CONFOUNDERS)
    assert not any(choose_confounders(np.random.default_rng(1), world=2, without=names).values())


def test_truth_lies_outside_of_what_process_reads(mission: Path) -> None:
    """Nothing in the mission folder holds a source's rate or the word truth."""
    for path in (mission / "mission").rglob("*"):
        assert "truth" not in path.name
    assert (mission / "truth.json").is_file()


def test_credit_code_check_character_of_a_published_code() -> None:
    """The example of HJ 608-2017, 91130200699229617X, ends in the right character."""
    assert uscc_check_character("91130200699229617") == "X"


def test_codes_are_well_formed() -> None:
    """Credit codes have 18 characters and check; permit codes have 22."""
    rng = np.random.default_rng(2)
    code = uscc(rng)
    assert len(code) == 18
    assert uscc_check_character(code[:17]) == code[17]
    assert len(permit_code(code, 1, rng)) == 22


def test_registers_read_back_to_the_true_places(mission: Path, truth: dict[str, Any]) -> None:
    """Sites whose coordinate system is declared rightly come back within a metre, or their stated error."""
    files = sorted((mission / "mission" / "registers").iterdir())
    sites = {s.site_id: s for s in read_sites(files, SiteSettings(), root=mission / "mission").value}
    right = [s for s in truth["sites"] if s["written_crs"] == s["declared_crs"]]
    assert len(right) > 30
    for site in right:
        x, y = to_grid(
            [site["lon"], sites[site["site_id"]].lon], [site["lat"], sites[site["site_id"]].lat], _crs(truth)
        )
        assert np.hypot(*np.diff([x, y])[:, 0]) < 1.0


def _crs(truth: dict[str, Any]) -> Any:
    from pyproj import CRS

    return CRS.from_user_input(truth["crs"])


def test_shifted_rows_hold_gcj02_under_wgs84(mission: Path, truth: dict[str, Any]) -> None:
    """A shifted row's numbers are the GCJ-02 coordinates of the true place, its heading says WGS84."""
    shifted = next(c for c in truth["confounders"] if c["name"] == "register_shift")["sites"]
    text = (mission / "mission" / "registers" / "排污许可名录.csv").read_text(encoding="utf-8-sig")
    rows = {row["排污许可证编号"]: row for row in csv.DictReader(io.StringIO(text))}
    assert len(shifted) >= 3
    for site in (s for s in truth["sites"] if s["site_id"] in shifted):
        lon, lat = gcj02_from_wgs84(site["lon"], site["lat"])
        row = rows[site["site_id"]]
        assert row["坐标系"] == "WGS84"
        assert (float(row["经度"]), float(row["纬度"])) == pytest.approx((float(lon), float(lat)), abs=2e-6)


def test_unlisted_source_is_on_no_register(mission: Path, truth: dict[str, Any]) -> None:
    """The unlisted workshop emits, and no register names it."""
    unlisted = [s for s in truth["sources"] if s["site_id"] is None]
    assert len(unlisted) == 1
    code = unlisted[0]["place"].split("@")[1]
    for path in (mission / "mission" / "registers").iterdir():
        assert code.encode() not in path.read_bytes()


def test_photos_are_read_with_their_pose(mission: Path, truth: dict[str, Any]) -> None:
    """EXIF and XMP give positions within GNSS error, headings within the compass, and the focal length."""
    outcome = read_frames(
        sorted((mission / "mission" / "images").iterdir()), PhotoSettings(), root=mission / "mission"
    )
    assert not outcome.rejects
    poses = {p["photo"]: p for p in truth["photos"]}
    colour = [frame for frame in outcome.value if frame.kind == "rgb"]
    assert len(colour) == len(poses) == 12
    for frame in colour:
        true = poses[frame.item]
        x, y = to_grid([frame.pose.lon, true["lon"]], [frame.pose.lat, true["lat"]], _crs(truth))
        assert 0 < np.hypot(*np.diff([x, y])[:, 0]) < 8.0
        turn = np.degrees(frame.pose.yaw_rad or 0.0) - true["yaw_deg"]
        assert abs((turn + 180) % 360 - 180) < 8.0
        assert frame.camera.focal_px == pytest.approx(truth["camera"]["focal_px"])


def test_thermal_pictures_hold_the_temperatures_of_the_ground(mission: Path, truth: dict[str, Any]) -> None:
    """Less the stated offset of each picture, green verges are at 19.85 °C in all of them to 0.2 K."""
    images = mission / "mission" / "images"
    read = read_frames(sorted(images.glob("*_T.tiff")), PhotoSettings(), root=mission / "mission")
    assert [frame.kind for frame in read.value] == ["thermal"] * 12
    levels = []
    for frame in read.value:
        celsius = read_image(frame)
        assert celsius.dtype == np.float32 and celsius.shape == (256, 320, 1)
        level = celsius - truth["thermal"]["offset_k"][frame.item]
        if np.mean(verge := level < 20.8) > 0.01:
            levels.append(float(np.median(level[verge])))
    assert len(levels) >= 6
    assert levels == pytest.approx([19.85] * len(levels), abs=0.2)
    assert np.ptp(list(truth["thermal"]["offset_k"].values())) > 0.6


def test_a_flight_sees_smoke_a_hot_roof_and_water_of_two_colours(truth: dict[str, Any]) -> None:
    """What a finding should be found at, once each."""
    kinds = [feature["kind"] for feature in truth["features"]]
    assert len(set(kinds)) == len(kinds)
    assert {"bare_soil", "covered_soil", "hot_roof", "smoke", "water_clear", "water_dark"} <= set(kinds)


def test_packets_are_read_back(mission: Path, truth: dict[str, Any]) -> None:
    """Every HJ 212 packet has the right length and sum, of version 2017, and names a station on the list."""
    folder = mission / "mission" / "monitors"
    messages = list(parse_stream(next(folder.glob("hj212_*.txt")).read_bytes()))
    assert len(messages) > 150
    assert all(m.crc == "ok" and m.length_ok and not m.errors for m in messages)
    stations = (folder / "自动监控点位.csv").read_text(encoding="utf-8-sig")
    assert {m.mn for m in messages} <= set(re.findall(r"^[0-9A-F]{24}", stations, re.MULTILINE))


def test_treatment_off_is_in_the_power_records(tmp_path: Path) -> None:
    """Where the truth says treatment_off, production runs and the treatment device stands."""
    simulate_mission(tmp_path, seed=2, only=())
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    text = (tmp_path / "mission" / "monitors" / "用电监控.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    found = [a for a in truth["anomalies"] if a["kind"] == "treatment_off"]
    assert found
    for anomaly in found:
        local = (datetime.fromisoformat(anomaly["start"]) + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M")
        mine = [r for r in rows if r["排污许可证编号"] == anomaly["site_id"] and r["时间"] == local]
        assert {r["设备类型"]: r["运行状态"] for r in mine} == {"产污设施": "运行", "治污设施": "停机"}


def test_anomalies_come_and_go_with_their_confounder(truth: dict[str, Any]) -> None:
    """Without frozen_analyser no monitor is frozen."""
    assert not any(a["kind"] == "constant" for a in truth["anomalies"])


def test_roads_are_read_as_a_network(mission: Path, truth: dict[str, Any]) -> None:
    """Every street is a line that shares its ends with others."""
    roads = read_roads(sorted((mission / "mission" / "roads").iterdir())).value
    assert len(roads.lines) == len(truth["streets"]["edges"])
    ends = {tuple(v) for line in roads.lines for v in line.vertices[[0, -1]].tolist()}
    assert len(ends) == len(truth["streets"]["nodes"])


def test_true_hotspots_lie_on_the_drive(truth: dict[str, Any]) -> None:
    """Cells of a true hotspot touch the driven track; the recurrent part lies inside what was seen."""
    track = shapely.geometry.shape(truth["drives"][0]["track"]).buffer(0.0006)
    for hotspot in truth["hotspots"]:
        seen = shapely.geometry.shape(hotspot["seen"])
        assert track.covers(seen)
        if hotspot["recurrent"]:
            assert seen.buffer(1e-6).covers(shapely.geometry.shape(hotspot["recurrent"]))


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (4, 4), (4, 5), (6, 3)])
def test_tours_visit_every_crossing_once(rows: int, columns: int) -> None:
    """A tour visits each crossing once, goes from neighbour to neighbour and ends beside its start."""
    tour = tour_of_crossings(rows, columns, turned=False)
    assert sorted(tour) == [(r, c) for r in range(rows) for c in range(columns)]
    steps = [abs(a - c) + abs(b - d) for (a, b), (c, d) in zip(tour, [*tour[1:], tour[0]], strict=True)]
    assert set(steps) == {1}


def test_drive_keeps_to_streets_and_speeds() -> None:
    """The vehicle stays within 12 m of a street axis and below 40 km/h."""
    rng = np.random.default_rng(3)
    world = build_world(SIZES["demo"], rng)
    drive = drive_streets(world, 2, rng)
    streets = shapely.union_all([s.line for s in world.streets])
    assert shapely.distance(shapely.points(drive.x, drive.y), streets).max() < 12.0
    assert np.hypot(np.diff(drive.x), np.diff(drive.y)).max() < 11.2
    assert set(drive.lap) == {0, 1}


def test_positions_have_gnss_error_and_jumps() -> None:
    """Fixes are metres off; in a jump tens of metres; in a tunnel there are none."""
    rng = np.random.default_rng(3)
    drive = drive_streets(build_world(SIZES["demo"], rng), 1, rng)
    fixes = measure_positions(drive, rng, jumps=1, tunnels=1)
    error = np.hypot(fixes.x - drive.x, fixes.y - drive.y)
    (start, end), (lost, found) = fixes.jumps[0], fixes.tunnels[0]
    assert np.isnan(error[lost:found]).all()
    assert np.nanmedian(error) < 5.0
    assert np.nanmax(error[start:end]) > 20.0


def test_instrument_delays_and_smears() -> None:
    """A step in the air arrives after the lag, at 1 − 1/e of its height one response time later."""
    air = np.zeros(400)
    air[100:] = 1e-3  # 1000 µg m-3
    reading = measure(air, CHANNELS[0], Analyser(10.0, 4.0, 1.0, 0.0, 0.0), np.random.default_rng(1))
    level = reading - np.median(reading[:100])
    assert abs(level[109]) < 30
    assert level[110 + 3] == pytest.approx(1000 * (1 - np.exp(-1)), abs=40)
    assert level[300] == pytest.approx(1000, abs=40)


def test_nadir_camera_sees_the_ground_below_it() -> None:
    """Straight down and without terrain, the middle is the foot point; right is east when the top looks north."""
    world = build_world(SIZES["demo"], np.random.default_rng(1))
    flat = type(world)(**{**world.__dict__, "terrain": (0.0, 0.0, 0.0, 400.0)})
    camera = FlightCamera(readout_s=0.0)
    shot = Shot("a", 0, 10.0, 20.0, 100.0, 0.0, -90.0, 0.0, 0, 0, 0, 0, 0, 0, 0, 8.0, 1.0)
    x, y = ground_of_pixels(shot, camera, flat)
    middle = (camera.height_px // 2, camera.width_px // 2)
    half = 0.5 * 100.0 / camera.focal_px
    assert (x[middle], y[middle]) == pytest.approx((10.0 + half, 20.0 - half))
    assert x[0, -1] - x[0, 0] == pytest.approx((camera.width_px - 1) * 100.0 / camera.focal_px)
    assert y[0, 0] > y[-1, 0]


def test_yaw_turns_clockwise() -> None:
    """With the top of the image to the east, right is south."""
    world = build_world(SIZES["demo"], np.random.default_rng(1))
    flat = type(world)(**{**world.__dict__, "terrain": (0.0, 0.0, 0.0, 400.0)})
    shot = Shot("a", 0, 0.0, 0.0, 100.0, 90.0, -90.0, 0.0, 0, 0, 0, 0, 0, 0, 0, 0.0, 1.0)
    x, y = ground_of_pixels(shot, FlightCamera(), flat)
    assert x[0, 500] > x[-1, 500]
    assert y[375, -1] < y[375, 0]


def test_strips_overlap() -> None:
    """Neighbouring photos of a strip see more than half of the same ground."""
    shots = fly_block((0.0, 0.0), 3, 4, np.random.default_rng(2), camera=FlightCamera())
    apart = np.hypot(shots[1].x - shots[0].x, shots[1].y - shots[0].y)
    assert apart < 0.5 * 750 / 705.5 * 105.0
    assert len(shots) == 12


def test_plumes_over_a_real_drive(shared_data: Path, tmp_path: Path) -> None:
    """The drive keeps its positions and readings; what is added is never negative and as large as the truth says."""
    file = shared_data / "retigo" / "2012-09-20_northcarolina_chapelhill_0f81e.csv.gz"
    simulate_over_drive(tmp_path, file, seed=3)
    written = tmp_path / "mission" / "traces" / "drive.csv"
    real, laid = (read_traces([path], TraceSettings()).value[0] for path in (file, written))
    common = np.intersect1d(real["time"].values, laid["time"].values)
    before, after = (t.isel(obs=np.isin(t["time"].values, common)) for t in (real, laid))
    assert len(common) > 0.95 * real.sizes["obs"]
    assert np.nanmax(np.abs(before["lon"].values - after["lon"].values)) < 1e-5
    added = after["co"].values - before["co"].values
    assert np.nanmin(added) > -1e-3
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    assert np.nanmax(added) == pytest.approx(max(h["largest"] for h in truth["hotspots"]), rel=0.05)


def test_confounders_of_the_docs_are_those_of_the_code() -> None:
    """The table in docs/simulator.md lists every confounder with its share and its words."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")
    rows = [
        f"| `{c.name}` | {f'{c.probability:.0%}' if c.world == 1 else '–'} | {c.probability:.0%} | {c.does} |"
        for c in CONFOUNDERS
    ]
    table = page.split("<!-- confounders -->")[1].split("<!-- /confounders -->")[0].strip().splitlines()
    assert table[2:] == rows


# --- the files against the truth -----------------------------------------------------------------------------------


def _text(path: Path) -> str:
    data = path.read_bytes()
    return data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "gb18030")


def _log(mission: Path, truth: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    [drive] = truth["drives"]
    return drive, list(csv.DictReader(io.StringIO(_text(mission / "mission" / drive["file"]))))


def test_a_drives_file_has_a_row_a_second_by_a_clock_that_is_off(mission: Path, truth: dict[str, Any]) -> None:
    """From the true start, eight hours on, plus the offset of the vehicle's clock."""
    drive, rows = _log(mission, truth)
    assert len(rows) == drive["seconds"]
    first = datetime.fromisoformat(drive["start"]).replace(tzinfo=None)
    first += timedelta(hours=8, seconds=drive["clock_offset_s"])
    stamps = [datetime.strptime(r["时间"], "%Y/%m/%d %H:%M:%S") for r in (rows[0], rows[-1])]
    assert stamps == [first, first + timedelta(seconds=len(rows) - 1)]
    assert truth["day"] == first.date().isoformat()
    assert drive["file"] == f"traces/走航_{first:%Y%m%d}_1.csv"


def test_fixes_lie_on_the_true_track_but_for_jumps_and_tunnels(mission: Path, truth: dict[str, Any]) -> None:
    """Every fifth second within ten metres, in the jumps tens of metres off, in the tunnels nothing."""
    drive, rows = _log(mission, truth)
    true = np.array(drive["track"]["coordinates"])
    seconds = 5 * np.arange(len(true))
    fixes = np.array([[float(rows[k]["经度"] or "nan"), float(rows[k]["纬度"] or "nan")] for k in seconds])
    placed, there = (np.column_stack(to_grid(p[:, 0], p[:, 1], _crs(truth))) for p in (fixes, true))
    off = np.hypot(*(placed - there).T)
    jumped, lost = (
        np.array([any(a <= s < b for a, b in drive[key]) for s in seconds]) for key in ("position_jumps", "tunnels")
    )
    assert (np.isnan(off) == lost).all()
    assert np.nanmax(off[~jumped]) < 10.0 and np.nanmedian(off) > 0.3
    assert not (jumped & ~lost).any() or np.nanmin(off[jumped & ~lost]) > 12.0
    empty = [k for k, r in enumerate(rows) if not r["经度"]]
    assert empty == [s for a, b in sorted(drive["tunnels"]) for s in range(a, b)]


def test_what_the_mission_declares_is_in_the_truth(mission: Path, truth: dict[str, Any]) -> None:
    """Zone, cap, teams, shift, depot, and the lag as it was measured."""
    given = tomllib.loads((mission / "mission" / "mission.toml").read_text(encoding="utf-8"))
    rules = truth["rules"]
    assert given["time_zone"] == "Asia/Shanghai" and given["visits"] == {"yearly_cap": rules["yearly_cap"]}
    assert given["teams"] == {"teams": rules["teams"], "shift_h": rules["shift_h"], "depot": rules["depot"]}
    lag = truth["drives"][0]["declared_lag_s"]
    assert given.get("vehicle") == (None if lag is None else {"lag_s": lag})


def test_roads_say_what_may_be_driven(mission: Path) -> None:
    """Main ones on the rim with 50, others with 40 km/h, both ways."""
    roads = json.loads((mission / "mission" / "roads" / "道路.geojson").read_text(encoding="utf-8"))["features"]
    kinds = [(r["properties"]["highway"], r["properties"]["maxspeed"], r["properties"]["oneway"]) for r in roads]
    assert kinds.count(("secondary", "50", "no")) == 12 and kinds.count(("tertiary", "40", "no")) == 12
    assert all(r["properties"]["name"] for r in roads)


def test_sites_stand_in_their_parcels(truth: dict[str, Any]) -> None:
    """With a gate at the fence."""
    for site in truth["sites"]:
        parcel = shapely.geometry.shape(site["parcel"])
        assert parcel.contains(shapely.Point(site["lon"], site["lat"]))
        assert parcel.exterior.distance(shapely.geometry.shape(site["gate"])) < 1e-6


def test_the_registers_hold_the_visits_and_permits_of_the_truth(mission: Path, truth: dict[str, Any]) -> None:
    """Daily visits of the year are counted; permits that end within sixty days are a cause."""
    folder, day = mission / "mission" / "registers", date.fromisoformat(truth["day"])
    visits = list(csv.DictReader(io.StringIO(_text(folder / "入企检查记录.csv"))))
    permits = {r["排污许可证编号"]: r for r in csv.DictReader(io.StringIO(_text(folder / "排污许可名录.csv")))}
    assert set(permits) == {s["site_id"] for s in truth["sites"]}
    for site in truth["sites"]:
        own = [v for v in visits if v["排污许可证编号"] == site["site_id"] and v["检查类型"] == "日常"]
        assert site["visits_this_year"] == sum(v["检查日期"].startswith(str(day.year)) for v in own)
        ends = date.fromisoformat(permits[site["site_id"]]["有效期至"]) <= day + timedelta(days=60)
        assert ends == any(c["cause"] == "permit" for c in site["causes"])
        assert permits[site["site_id"]]["单位名称"] == site["name"]


def test_causes_are_those_of_sources_permits_and_anomalies(truth: dict[str, Any]) -> None:
    """Each listed source and each anomaly at its site, once."""
    emitting = {s["site_id"]: s["recurrent"] for s in truth["sources"] if s["site_id"]}
    told = {(s["site_id"], c["cause"]): c for s in truth["sites"] for c in s["causes"]}
    assert {site for site, cause in told if cause == "plume"} == set(emitting)
    assert all(told[site, "plume"]["findable"] == recurrent for site, recurrent in emitting.items())
    others = {(a["site_id"], a["kind"]) for a in truth["anomalies"]}
    registers = ("permit", "disclosure")
    assert {key for key in told if key[1] not in ("plume", *registers)} == others


def test_a_dust_meter_rides_along_in_two_missions_of_five(mission: Path) -> None:
    """As the throw of its own stream says, and always where its clock is a confounder."""
    rides = stream(4, "handheld").random() < 0.4
    assert bool(list((mission / "mission" / "traces").glob("dust_*.csv"))) == rides


def test_an_unknown_size_is_refused(tmp_path: Path) -> None:
    """With those that are known."""
    with raises_told(SettingError, match="no size 'town'; known are demo, district, city"):
        simulate_mission(tmp_path, seed=1, size="town")  # type: ignore[arg-type]


def test_the_flight_begins_an_hour_and_twenty_minutes_after_the_drive(mission: Path, truth: dict[str, Any]) -> None:
    """Local time, 3.4 s a photo; take-off is 512 m above the sea; photos and ground lie over the middle block."""
    images = sorted((mission / "mission" / "images").glob("DJI_*.JPG"))
    begin = datetime.fromisoformat(truth["drives"][0]["start"]).replace(tzinfo=None) + timedelta(hours=9, minutes=20)
    for number, second in ((0, 0), (1, 3), (2, 7)):
        with Image.open(images[number]) as image:
            exif, place = image.getexif(), image.getexif().get_ifd(0x8825)
        assert datetime.strptime(exif[0x0132], "%Y:%m:%d %H:%M:%S") == begin + timedelta(seconds=second)
        assert float(place[6]) == pytest.approx(512.0 + 105.0, abs=4.0)
    middle = np.mean([[p["lon"], p["lat"]] for p in truth["photos"]], axis=0)
    world = build_world(SIZES["demo"], stream(4, "world"))
    block = world.blocks[len(world.blocks) // 2].centroid
    expected = [float(v) for v in world.lonlat(block.x, block.y)]
    assert middle.tolist() == pytest.approx(expected, abs=2e-5)
    scene = truth["scene"]
    picture = cv2.imread(str(mission / scene["file"]))
    assert picture is not None and scene["pixel_m"] == pytest.approx(0.24)
    centre = (scene["left"] + picture.shape[1] * 0.12, scene["top"] - picture.shape[0] * 0.12)
    assert centre == pytest.approx((world.origin_x + block.x, world.origin_y + block.y), abs=0.5)
