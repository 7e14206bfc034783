"""What a site is worth: its place, deviation, permit, visits and shapes, field by field."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.coordinates import gcj02_from_wgs84
from ingest.registers import read as sites
from ingest.registers.read import SiteSettings, read_sites
from ingest.schema import CrsSource, Site, Visited
from ingest.settings import describe_settings
from onevisit.words.telling import tell
from tests.ingest.immutable import mutable_values
from tests.ingest.registers.site_registers import (
    CODE,
    HEAD,
    parcels_of,
    read,
    shifted_register,
    square,
    write_csv,
    write_geojson,
)

DEGREE = 111_320.0  # metres of a degree of latitude


def test_every_field_of_a_site(tmp_path: Path) -> None:
    """All columns of several registers under their own names; of two texts the one of the first register."""
    head = {
        "许可证编号": f"{CODE}001P", "单位名称": "某厂", "经度": "104.100000", "纬度": "30.700000", "坐标系": "WGS84",
        "大门经度": "104.101", "大门纬度": "30.701", "地址": "一路1号", "行业代码": "3670", "污染物": "SO2、NOx",
        "管理类别": "重点管理", "信用等级": "诚信", "绩效分级": "B", "披露情况": "已披露",
        "有效期限": "2021-01-01至2026-05-31",
    }  # fmt: skip
    first = write_csv(tmp_path / "a.csv", [list(head), list(head.values())])
    later = {
        "许可证编号": f"{CODE}001P", "单位名称": "另名", "地址": "二路", "行业代码": "1", "污染物": "VOCs SO2",
        "管理类别": "x", "信用等级": "x", "绩效分级": "x", "披露情况": "x", "有效期限": "2030-01-01",
        "检查日期": "2024年3月5日", "检查类型": "专项检查", "检查结果": "无问题",
    }  # fmt: skip
    second = write_csv(tmp_path / "b.csv", [list(later), list(later.values())])
    parcel = write_geojson(
        tmp_path / "c.geojson",
        [
            ({"permit_code": f"{CODE}001P"}, square(104.1, 30.7)),
            ({"permit_code": f"{CODE}001P", "outlet": "DA001"}, {"type": "Point", "coordinates": [104.1, 30.7002]}),
            ({"permit_code": f"{CODE}001P", "outlet": "DA002"}, {"type": "Point", "coordinates": [104.1, 30.7003]}),
            ({"permit_code": f"{CODE}001P", "outlet": "DA002"}, {"type": "Point", "coordinates": [104.1, 30.7003]}),
        ],
    )
    [site] = read(first, second, parcel).value
    assert site == Site(
        site_id=f"{CODE}001P",
        name="某厂",
        lon=104.1,
        lat=30.7,
        position_sd_m=pytest.approx(30.0),
        crs="WGS 84",
        crs_source=CrsSource.DECLARED,
        permit_code=f"{CODE}001P",
        uscc=CODE,
        address="一路1号",
        industry_code="3670",
        species=("SO2", "NOx", "VOCs"),
        management_class="重点管理",
        credit="诚信",
        grade="B",
        disclosure="已披露",
        permit_valid_to=date(2026, 5, 31),
        gate=shapely.Point(104.101, 30.701),
        parcel=shapely.geometry.shape(square(104.1, 30.7)),
        stacks=(shapely.Point(104.1, 30.7002), shapely.Point(104.1, 30.7003)),
        visited=(Visited(date(2024, 3, 5), "special", "无问题"),),
        sources=("a.csv", "b.csv", "c.geojson"),
        origins=dict.fromkeys(
            (
                *("address", "industry_code", "species", "management_class", "credit", "grade", "disclosure"),
                *("permit_valid_to", "permit_code", "uscc", "name", "gate"),
            ),
            "a.csv",
        )
        | {"parcel": "c.geojson", "stacks": "c.geojson", "visited": "b.csv"},
    )


@pytest.mark.parametrize(
    ("values", "site_id", "name"),
    [
        ({"许可证编号": f"{CODE}001P", "单位名称": "甲", "编号": "K7"}, f"{CODE}001P", "甲"),
        ({"许可证编号": f"{CODE}001P"}, f"{CODE}001P", f"{CODE}001P"),
        ({"信用代码": CODE, "单位名称": "甲", "编号": "K7"}, f"{CODE}@104.12346,30.70000", "甲"),
        ({"信用代码": CODE}, f"{CODE}@104.12346,30.70000", CODE),
        ({"单位名称": "甲", "编号": "K7"}, "K7", "甲"),
        ({"编号": "K7"}, "K7", "K7"),
        ({"单位名称": "甲"}, "甲@104.12346,30.70000", "甲"),
    ],
)
def test_identifier_and_name_of_a_site(tmp_path: Path, values: dict[str, str], site_id: str, name: str) -> None:
    """Permit code, credit code with the place, the register's key, the name with the place; the name or a code."""
    row = values | {"经度": "104.123456", "纬度": "30.7", "坐标系": "WGS84"}
    [site] = read(write_csv(tmp_path / "a.csv", [list(row), list(row.values())])).value
    assert (site.site_id, site.name) == (site_id, name)


def one_site(folder: Path, rows: list[dict[str, str]], **changes: object) -> tuple[Site, list[str]]:
    """The site of several one-line registers ``0.csv``, ``1.csv`` ... of one permit code, and what was decided."""
    files = []
    for k, row in enumerate(rows):
        values = {"许可证编号": f"{CODE}001P"} | row
        files.append(write_csv(folder / f"{k}.csv", [list(values), list(values.values())]))
    outcome = read(*files, **changes)
    assert outcome.rejects == ()
    [site] = outcome.value
    return site, [
        f"{d.item}: {tell(d).decision} ({tell(d).evidence})"
        for d in outcome.decisions
        if "joined" not in tell(d).decision
    ]


def spot(lon: str, lat: str, crs: str = "WGS84") -> dict[str, str]:
    """Columns of a place."""
    return {"经度": lon, "纬度": lat, "坐标系": crs}


def test_the_best_known_position_is_taken(tmp_path: Path) -> None:
    """Declared before guessed before unknown, then the finer one, then the first; a gate or outlet is no position."""
    rows = [
        spot("104.1000", "30.7000", ""),
        spot("104.2", "30.8"),
        spot("104.10001", "30.70001") | {"要素": "大门"},
        spot("104.1001", "30.7001"),
        spot("104.1002", "30.7002"),
    ]
    site, _ = one_site(tmp_path, rows)
    assert (site.lon, site.lat, site.crs_source) == (104.1001, 30.7001, CrsSource.DECLARED)
    assert site.position_sd_m == pytest.approx(np.hypot(30.0, 0.5e-4 * DEGREE / np.sqrt(3)))
    metres = {"许可证编号": f"{CODE}001P", "x": "35410451.037", "y": "3393363.763"}
    site, _ = one_site(tmp_path, [spot("104.0657", "30.6574", ""), metres])
    assert (site.crs, site.crs_source) == ("EPSG:4523", CrsSource.GUESSED)
    assert site.position_sd_m == pytest.approx(np.hypot(30.0, 0.5 / np.sqrt(3)))


@pytest.mark.parametrize(
    ("crs", "parts"),
    [
        ("WGS84", (30.0,)), ("高德", (30.0, 2.0)), ("百度", (30.0, 2.0)), ("EPSG:4326", (30.0,)), ("", (30.0,)),
    ],
)  # fmt: skip
def test_standard_deviation_of_a_position(tmp_path: Path, crs: str, parts: tuple[float, ...]) -> None:
    """A plant, the noise of a shifted system, the rounding of the text as uniform; a doubt is no width."""
    for text, half_deg in (("30.700000", 0.5e-6), ("30.70", 0.5e-2)):
        site, _ = one_site(tmp_path, [spot("104.1", text, crs)])
        assert site.position_sd_m == pytest.approx(np.hypot.reduce([*parts, half_deg * DEGREE / np.sqrt(3)]))


@pytest.mark.parametrize(
    ("name", "crs", "others"),
    [("position_sd_m", "WGS84", ()), ("shifted_crs_sd_m", "GCJ02", (30.0,))],
)
def test_deviations_are_settings(tmp_path: Path, name: str, crs: str, others: tuple[float, ...]) -> None:
    """Another number takes the place of the usual one."""
    site, _ = one_site(tmp_path, [spot("104.100000", "30.700000", crs)], **{name: 77.0})
    assert site.position_sd_m == pytest.approx(np.hypot.reduce([77.0, *others]), abs=1e-4)


def test_a_small_parcel_is_as_uncertain_as_a_plant(tmp_path: Path) -> None:
    """No narrower than any position on a plant."""
    path = write_geojson(tmp_path / "a.geojson", [({"name": "小厂"}, square(104.1, 30.7, 1e-4))])
    [site] = read(path).value
    assert (site.position_sd_m, site.crs, site.crs_source) == (30.0, "WGS 84", CrsSource.DECLARED)


def test_a_parcel_comes_before_gates_and_outlets(tmp_path: Path) -> None:
    """Without a point of the site itself its place is within the parcel."""
    features = [
        ({"name": "厂", "part": "gate"}, {"type": "Point", "coordinates": [104.11, 30.71]}),
        ({"name": "厂"}, square(104.1, 30.7)),
    ]
    [site] = read(write_geojson(tmp_path / "a.geojson", features)).value  # type: ignore[arg-type]
    assert (site.lon, site.lat) == pytest.approx((104.1, 30.7))
    assert site.gate == shapely.Point(104.11, 30.71)


def test_without_a_point_or_parcel_the_middle_of_the_rest_is_taken(tmp_path: Path) -> None:
    """Outlets and gates, rows of their own or columns, count the same; the deviation is that of the first."""
    rows = [
        spot("104.100000", "30.700000") | {"排放口编号": "DA001"},
        spot("104.104000", "30.706000") | {"要素": "大门"},
        {"大门经度": "104.102", "大门纬度": "30.702", "坐标系": "WGS84"},
    ]
    site, _ = one_site(tmp_path, rows)
    assert (site.lon, site.lat) == pytest.approx(((104.1 + 104.104 + 104.102) / 3, (30.7 + 30.706 + 30.702) / 3))
    assert site.position_sd_m == pytest.approx(30.0, abs=1e-4)
    assert site.gate == shapely.Point(104.102, 30.702)  # a column of gates comes before a row that is a gate
    assert site.stacks == (shapely.Point(104.1, 30.7),)
    site, _ = one_site(tmp_path, rows[1:2])
    assert (site.lon, site.gate) == (104.104, shapely.Point(104.104, 30.706))


@pytest.mark.parametrize(("apart_m", "told"), [(127.0, False), (128.0, True)])
def test_positions_that_contradict_each_other_are_told(tmp_path: Path, apart_m: float, told: bool) -> None:
    """Beyond three standard deviations of both (3 · 30 · √2 = 127.3 m) the place that is not believed is named."""
    other = f"{30.7 + apart_m / DEGREE:.8f}"
    rows = [spot("104.10000000", "30.70000000") | {"企业名称": "甲"}, spot("104.1000000", other) | {"企业名称": "乙"}]
    site, decided = one_site(tmp_path, [*rows[::-1], {"企业名称": "丙"}])
    assert site.lat == float(other)
    text = (
        "1.csv, line 2: position of another register believed; this one is kept as another place (20 %) "
        f"(甲: {apart_m:.0f} m from its place in 0.csv, line 2)"
    )
    assert decided == ([text] if told else [])
    other_rows = [place for place in site.elsewhere if place.lat == 30.7]
    assert [place.probability for place in other_rows] == ([0.2] if told else [])
    assert sum(place.probability for place in site.places) == pytest.approx(1.0)


def test_deviations_of_both_places_count_in_a_contradiction(tmp_path: Path) -> None:
    """Three times √(30² + 30² + 96²), half of a digit of 3e-3°; a row without a name is named by its code."""
    near, far = f"{30.7 + 300.0 / DEGREE:.8f}", f"{30.7 + 330.0 / DEGREE:.8f}"
    rough = spot("104.100", "30.70", "EPSG:4326")
    wide_m = 0.0005 * DEGREE / np.sqrt(3)
    limit_m = 3 * np.sqrt(2 * 30.0**2 + wide_m**2)
    for text, apart_m in ((near, 300.0), (far, 330.0)):
        site, decided = one_site(tmp_path, [spot("104.10000000", text), rough])
        assert bool(decided) == (apart_m > limit_m)
        assert (len(site.elsewhere) > 1) == (apart_m > limit_m)
    assert decided == [] or f"({CODE}001P: 330 m" in decided[0]


def test_a_doubt_of_the_system_is_two_places_with_their_gates(tmp_path: Path) -> None:
    """A row of no system stands as written or where GCJ-02 has it, its gate with it, each as sharp as any point."""
    x, y = (float(v) for v in gcj02_from_wgs84(104.1, 30.7))
    gate = [float(v) for v in gcj02_from_wgs84(104.101, 30.701)]
    row = spot(f"{x:.8f}", f"{y:.8f}", "") | {"大门经度": f"{gate[0]:.8f}", "大门纬度": f"{gate[1]:.8f}"}
    site, _ = one_site(tmp_path, [row])
    first, second, third = site.places
    assert [p.crs for p in site.places] == ["WGS 84", "GCJ-02", "BD-09"]
    assert [p.probability for p in site.places] == pytest.approx([0.494, 0.452, 0.054], abs=0.001)
    assert (first.lon, first.lat, first.gate) == (site.lon, site.lat, site.gate)
    assert (second.lon, second.lat) == pytest.approx((104.1, 30.7), abs=2e-8)
    assert second.gate is not None
    assert (second.gate.x, second.gate.y) == pytest.approx((104.101, 30.701), abs=2e-8)
    assert (first.sd_m, second.sd_m, third.sd_m) == pytest.approx((30.0, np.hypot(30.0, 2.0), np.hypot(30.0, 2.0)))


def test_a_gate_of_another_row_does_not_move_with_the_site(tmp_path: Path) -> None:
    """Its own system is known, whatever the site's is."""
    rows = [spot("104.1", "30.7", "") | {"企业名称": "厂"}, spot("104.102", "30.702", "GCJ-02") | {"要素": "大门"}]
    site, _ = one_site(tmp_path, rows)
    assert site.gate is not None and {place.gate for place in site.places} == {site.gate}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-01-01至2025-12-31", date(2025, 12, 31)),
        ("2025年12月31日", date(2025, 12, 31)),
        ("2025/1/2", date(2025, 1, 2)),
        ("2025.1.2", date(2025, 1, 2)),
        ("2025 - 1 - 2", date(2025, 1, 2)),
        ("2024-02-29至2025-02-29", None),
        ("长期", None),
        ("2025-13-01", None),
    ],
)
def test_end_of_a_permit(tmp_path: Path, text: str, expected: date | None) -> None:
    """The last date of the text, in any punctuation; none where the calendar has no such day."""
    site, _ = one_site(tmp_path, [spot("104.1", "30.7") | {"有效期限": text}])
    assert site.permit_valid_to == expected


@pytest.mark.parametrize("sign", ["、", ",", "，", ";", "；", "|", "/", " ", "\n", "、 "])
def test_pollutants_are_parted_by_any_sign(tmp_path: Path, sign: str) -> None:
    """In their order, each once, without empty ones."""
    site, _ = one_site(tmp_path, [spot("104.1", "30.7") | {"污染物": f"{sign}b{sign}a{sign}{sign}b"}])
    assert site.species == ("b", "a")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("日常检查 双随机抽查 Daily", "daily"),
        ("专项执法 SPECIAL", "special"),
        ("个案 投诉核查 信访 群众举报 线索核查 case", "case"),
        ("日常投诉", "daily"),
    ],
)
def test_kinds_of_visits(tmp_path: Path, words: str, kind: str) -> None:
    """By their words, in either case, in this order."""
    for word in words.split():
        site, decided = one_site(tmp_path, [spot("104.1", "30.7") | {"检查日期": "2024-03-05", "检查类型": word}])
        assert site.visited == (Visited(date(2024, 3, 5), kind),)
        assert decided == []


def test_visits_in_order_each_once(tmp_path: Path) -> None:
    """By day, then kind, then result; the same visit in two registers is one; odd days and kinds are told."""
    visits = [
        ("2024-03-06", "日常", "b"), ("2024-03-05", "专项", "b"), ("2024-03-06", "日常", "a"),
        ("2024-03-06", "日常", "b"), ("昨天", "日常", "x"), ("2024-03-07", "抽查", ""), ("", "日常", "x"),
    ]  # fmt: skip
    rows = [spot("104.1", "30.7")]
    rows += [{"检查日期": day, "检查类型": kind, "检查结果": result} for day, kind, result in visits]
    site, decided = one_site(tmp_path, rows)
    assert site.visited == (
        Visited(date(2024, 3, 5), "special", "b"),
        Visited(date(2024, 3, 6), "daily", "a"),
        Visited(date(2024, 3, 6), "daily", "b"),
        Visited(date(2024, 3, 7), "daily", ""),
    )
    assert decided == [
        "5.csv, line 2: visit left out ('昨天' is not a date)",
        "6.csv, line 2: visit counted as daily (its kind is '抽查'; expected 日常, 专项 or 个案)",
    ]


def test_parcels_without_a_name(tmp_path: Path) -> None:
    """Given to the one site in them that has none yet; else a reject that says how many sites there are."""
    names = [HEAD]
    for name, lon in (("甲", 104.1), ("乙", 104.1005), ("丙", 104.2), ("丁", 104.3), ("戊", 104.4)):
        names.append(["", name, f"{lon:.6f}", "30.700000", "WGS84"])
    sites = write_csv(tmp_path / "a.csv", names)
    parcels = write_geojson(
        tmp_path / "b.geojson",
        [
            ({}, square(104.1, 30.7)),
            ({}, square(104.2, 30.7)),
            ({}, square(104.2, 30.7, 2e-3)),
            ({"name": "丁"}, square(104.3, 30.7, 2e-3)),
            ({}, square(104.3, 30.7)),
            ({}, square(104.5, 30.7)),
            ({}, {"type": "Point", "coordinates": [104.4, 30.7]}),
            ({}, square(104.4, 30.7)),
        ],
    )
    outcome = read(sites, parcels)
    got = {site.name: None if site.parcel is None else round(site.parcel.area * 1e6, 3) for site in outcome.value}
    assert got == {"甲": None, "乙": None, "丙": 4.0, "丁": 16.0, "戊": 4.0}
    told = [
        (d.item, tell(d).evidence)
        for d in outcome.decisions
        if "parcel without a name given to a site" in tell(d).decision
    ]
    assert told == [("b.geojson, feature 2 and 1 more rows", "it contains no other site than 丙")]
    reason = "row names no site (no name, permit code or credit code; {}); add one of them"
    assert [(r.item, r.where, tell(r).reason) for r in outcome.rejects] == [
        ("b.geojson", f"feature {number}", reason.format(came))
        for number, came in (
            (1, "a parcel with 2 sites in it"), (3, "a parcel with 1 sites in it"),
            (5, "a parcel with 1 sites in it"), (6, "a parcel with 0 sites in it"), (7, "no parcel"),
        )
    ]  # fmt: skip


def test_sites_without_a_position_are_rejected_by_name(tmp_path: Path) -> None:
    """The name or a code, and what to add; the place is that of the first row."""
    head = ["许可证编号", "信用代码", "企业名称"]
    rows = [head, [f"{CODE}001P", "", "甲"], [f"{CODE}002P", "", ""], ["", "91350100M000100Y43", ""]]
    outcome = read(write_csv(tmp_path / "a.csv", rows))
    assert outcome.value == ()
    labels = ("甲", f"{CODE}002P", "91350100M000100Y43")
    text = "no register gives a position; add 经度 and 纬度, or a parcel with its permit code"
    assert [(r.item, r.where, tell(r).reason) for r in outcome.rejects] == [
        ("a.csv", f"line {k}", f"{label}: {text}") for k, label in enumerate(labels, 2)
    ]


def test_keys_that_name_several_sites_are_told_apart(tmp_path: Path) -> None:
    """The first keeps the key, the others get their place and number; all are sorted by identifier."""
    head = ["编号", "企业名称", "经度", "纬度", "坐标系"]
    rows = [["9", "戊", "104.0", "30.7", "WGS84"]]
    rows += [["1", name, lon, "30.7", "WGS84"] for name, lon in (("甲", "104.1"), ("乙", "104.2"), ("丙", "104.3"))]
    outcome = read(write_csv(tmp_path / "a.csv", [head, *rows]))
    assert [(s.site_id, s.name) for s in outcome.value] == [
        ("1", "甲"), ("1@104.20000,30.70000#2", "乙"), ("1@104.30000,30.70000#3", "丙"), ("9", "戊"),
    ]  # fmt: skip
    told = [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions]
    assert told == [("a.csv, 乙 and 1 more rows", "identifier made unique", "'1' names 3 sites")]


def test_decisions_come_from_reading_then_rows_then_joins(tmp_path: Path) -> None:
    """What was left out of the files, what was decided about rows, and how they were joined, in this order."""
    a = write_csv(tmp_path / "a.csv", [[*HEAD, "电话"], [CODE + "001P", "某厂", "30.7", "104.1", "WGS84", "1"]])
    b = write_csv(tmp_path / "b.csv", [["许可证编号", "企业名称", "备注"], [CODE + "001P", "某厂", "2"]])
    assert [tell(d).decision for d in read(a, b).decisions] == [
        "1 columns of natural persons dropped: 电话",
        "columns left out: 备注",
        "longitude and latitude columns swapped back",
        "1 rows joined by permit code, confidence 1",
    ]


def test_registers_are_read_in_order_and_named_within_the_mission(tmp_path: Path) -> None:
    """By name, whatever order they come in; beside the mission or without one by their own name."""
    inside, outside = tmp_path / "mission" / "registers", tmp_path / "elsewhere"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
    files = [
        write_csv(folder / name, [[*HEAD, "编号"], ["", name, "104.1", lat, "WGS84", name]])
        for folder, name, lat in ((inside, "b.csv", "30.1"), (inside, "a.csv", "30.2"), (outside, "c.csv", "30.3"))
    ]
    sites = read_sites(files, SiteSettings(), root=tmp_path / "mission").value
    assert [s.sources for s in sites] == [("registers/a.csv",), ("registers/b.csv",), ("c.csv",)]
    assert [s.sources for s in read_sites(files, SiteSettings()).value] == [("a.csv",), ("b.csv",), ("c.csv",)]


@pytest.mark.parametrize(
    ("changes", "count"),
    [({}, 1), ({"same_place_m": 400.0}, 2), ({"same_place_m": 600.0}, 1)],
)
def test_length_of_a_plant_is_a_setting(tmp_path: Path, changes: dict[str, float], count: int) -> None:
    """Two rows of one name 500 m apart."""
    rows = [HEAD] + [["", "某厂", "104.1", f"{30.7 + k * 500.0 / DEGREE:.7f}", "WGS84"] for k in (0, 1)]
    assert len(read(write_csv(tmp_path / "a.csv", rows), **changes).value) == count


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"near_m": 90.0}, 2),
        ({"near_m": 110.0}, 1),
        ({"name_likeness": 0.61}, 2),
        ({"name_likeness": 0.59}, 1),
    ],
)
def test_nearness_and_likeness_are_settings(tmp_path: Path, changes: dict[str, float], count: int) -> None:
    """Two rows of names that are alike by 0.6, 100 m apart."""
    names = ("鼎盛家具制造", "鼎盛家俱制造")
    rows = [HEAD] + [["", n, "104.1", f"{30.7 + k * 100.0 / DEGREE:.7f}", "WGS84"] for k, n in enumerate(names)]
    assert len(read(write_csv(tmp_path / "a.csv", rows), **changes).value) == count


@pytest.mark.parametrize(
    ("changes", "source"),
    [
        ({}, "guessed"), ({"crs": "WGS84"}, "guessed"), ({"crs": "BD-09"}, "declared"),
        ({"crs_tolerance_m": 0.0}, "unknown"), ({"crs_margin": 1e9}, "unknown"),
    ],
)  # fmt: skip
def test_settings_of_the_coordinate_system(tmp_path: Path, changes: dict[str, object], source: str) -> None:
    """Three rows beside their parcels settle the fourth, also a declared one; less tolerance, more margin do not."""
    register, truth = shifted_register(tmp_path, 4, "")
    moved = [(lon, lat + 1.05e-3) for lon, lat in truth]  # 5 m outside of the parcel
    sites = read(register, parcels_of(tmp_path, moved, 3), **changes).value
    assert str(sites[3].crs_source) == source


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.integers(0, 400), st.booleans())
def test_damaged_registers_give_sites_or_rejects(tmp_path: Path, noise: bytes, at: int, cut: bool) -> None:
    """Noise, cuts, NULs and mixed encodings in a CSV or GeoJSON: sites and rejects, never another exception."""
    stream = "排污许可证编号,单位名称,经度,纬度,坐标系\n" + f"{CODE}001P,某厂,104.1,30.7,WGS84\n" * 3
    for name, data in (
        ("a.csv", stream.encode("gb18030")),
        ("a.geojson", json.dumps({"type": "FeatureCollection", "features": [{"geometry": square(1, 2)}]}).encode()),
    ):
        path = tmp_path / name
        path.write_bytes(data[:at] + noise + (b"" if cut else data[at:]))
        outcome = read(path)
        assert all(np.isfinite([s.lon, s.lat]).all() and abs(s.lat) <= 90 for s in outcome.value)
        assert all(r.item == name and tell(r).reason for r in outcome.rejects)


def test_maps_that_are_not_read_are_named_with_what_to_do(tmp_path: Path) -> None:
    """A KML with entities that expand without end, and a Shapefile: refused unopened, never expanded."""
    entities = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    kml = f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "ha">{entities}]><kml><name>&j;</name></kml>'
    for name, data in (("a.kml", kml.encode()), ("b.shp", b"\x00\x00\x27\x0a" + b"\x00" * 96)):
        path = tmp_path / name
        path.write_bytes(data)
        outcome = read(path)
        assert not outcome.value
        assert "export it as GeoJSON" in tell(outcome.rejects[0]).reason


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(sites) == []


def test_settings_with_their_units() -> None:
    """The numbers of docs and profile; those with a reason follow from it."""
    lines = {s.name: (s.value, s.unit) for s in describe_settings(SiteSettings())}
    assert lines == {
        "maximum_file_mb": (1024.0, "MB"),
        "maximum_expansion": (200.0, "1"),
        "maximum_line_mb": (1.0, "MB"),
        "crs": ("", ""),
        "position_sd_m": (30.0, "m"),
        "shifted_crs_sd_m": (2.0, "m"),
        "crs_tolerance_m": (120.0, "m"),
        "crs_margin": (2.0, "1"),
        "crs_votes": (3, "1"),
        "wrong_file_share": (0.03, "1"),
        "same_place_m": (1500.0, "m"),
        "near_m": (150.0, "m"),
        "name_likeness": (0.6, "1"),
    }
    assert all(s.source for s in describe_settings(SiteSettings()))
