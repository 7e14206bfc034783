"""Simulated registers: codes and names, and what is drawn and written of each site."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import CRS

from ingest.coordinates import bd09_from_gcj02, gcj02_from_wgs84
from onevisit.truth.simulate.names import INDUSTRIES, Industry, company_name, permit_code, uscc, uscc_check_character
from onevisit.truth.simulate.records.monitors import Factor
from onevisit.truth.simulate.records.registers import RegisterEntry, draw_entries, write_registers
from onevisit.truth.simulate.world import SIZES, ParkSite, World
from tests.onevisit.truth.dice import Dice
from tests.onevisit.truth.record_rows import FURNITURE, WATERWORKS, park_site, rows_of_file

# --- codes ---------------------------------------------------------------------------------------------------------


def test_a_credit_code_is_of_a_company_in_a_district_that_does_not_exist() -> None:
    """Department 9, kind 1, region 510199, MA and seven characters; weights 3^k mod 31 worked out here."""
    code = uscc(Dice(0.0))  # type: ignore[arg-type]
    assert code[:17] == "91510199MA0000000"
    values = dict(zip("0123456789ABCDEFGHJKLMNPQRTUWXY", range(31), strict=True))
    total = sum(values[c] * 3**k for k, c in enumerate(code[:17]))
    assert values[code[17]] == -total % 31
    assert uscc(Dice(1.0))[10:17] == "YYYYYYY"  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["91130200699229617X", "91350100M000100Y43", "91110000802100433B"])
def test_check_characters_of_published_codes(code: str) -> None:
    """HJ 608-2017 and GB 32100-2015 print the first two; the third is a bank's."""
    assert uscc_check_character(code[:17]) == code[17]


def test_a_check_character_may_be_zero() -> None:
    """Where the sum is a multiple of 31."""
    assert uscc_check_character("0" * 17) == "0"


def test_a_permit_code_is_credit_code_place_and_a_letter() -> None:
    """Three digits; the letter is one of P to Z but S and T."""
    assert permit_code("91510199MA00000000", 7, Dice(0.0)) == "91510199MA00000000007P"  # type: ignore[arg-type]
    assert permit_code("91510199MA00000000", 12, Dice(1.0)) == "91510199MA00000000012Z"  # type: ignore[arg-type]


def test_a_companys_name_is_city_trade_industry_and_form() -> None:
    """The first of each word, and the last."""
    assert company_name(FURNITURE, Dice(0.0)) == "成都蓉阳家具有限公司"  # type: ignore[arg-type]
    assert company_name(WATERWORKS, Dice(1.0)) == "成都隆凯水务股份有限公司"  # type: ignore[arg-type]


@pytest.mark.parametrize("industry", INDUSTRIES, ids=lambda i: i.code)
def test_an_industry_emits_its_leading_species_at_one_to_one(industry: Industry) -> None:
    """Others are shares of it; codes have four digits; rates and heights are those of works, not of cities."""
    assert industry.profile[0][1] == 1.0
    assert all(0 < share < 1 for _, share in industry.profile[1:])
    assert len(industry.code) == 4 and industry.code.isdigit()
    assert 0.05 <= industry.rate_g_s <= 1.0 and 2.0 <= industry.height_m <= 15.0
    assert len({i.code for i in INDUSTRIES}) == len(INDUSTRIES)


# --- registers -----------------------------------------------------------------------------------------------------


@pytest.fixture
def world() -> World:
    """Four sites on CGCS2000 zone 35, one of them on no register."""
    crs = CRS.from_epsg(4544)
    places = tuple(park_site(f"S{k}", listed=k != 3) for k in range(5))
    return World(SIZES["demo"], crs, 410000.0, 3393000.0, np.zeros((1, 1, 2)), (), places, ())


TODAY = date(2026, 3, 5)


def test_entries_at_one_end_of_the_dice(world: World) -> None:
    """WGS84, no visits, valid for 61 days, best credit; a twentieth of permits end about now."""
    entries = draw_entries(world, TODAY, Dice(0.06), shifted=False, sources=())  # type: ignore[arg-type]
    assert [e.place.site_id for e in entries] == ["S0", "S1", "S2", "S4"]
    [e] = {replace(e, place=world.places[0]) for e in entries}
    assert (e.written_crs, e.declared_crs, e.shifted, e.visits) == ("WGS84", "WGS84", False, ())
    assert (e.credit, e.grade, e.disclosure) == ("环保诚信", "A", "")
    assert e.valid_to == TODAY + timedelta(days=61 + round(0.06 * 1438))
    late = draw_entries(world, TODAY, Dice(0.0499), shifted=False, sources=())  # type: ignore[arg-type]
    assert {e.valid_to for e in late} == {TODAY + timedelta(days=-20 + round(0.0499 * 69))}
    due = draw_entries(world, TODAY, Dice(0.05), shifted=False, sources=())  # type: ignore[arg-type]
    assert {e.valid_to for e in due} == {TODAY + timedelta(days=61 + round(0.05 * 1438))}


def test_entries_at_the_other_end_of_the_dice(world: World) -> None:
    """BD-09, two visits of 329 days ago, worst credit, the leading grade."""
    entries = draw_entries(world, TODAY, Dice(0.999999), shifted=False, sources=())  # type: ignore[arg-type]
    [e] = {replace(e, place=world.places[0]) for e in entries}
    visit = (TODAY - timedelta(days=329), "个案", "已整改")
    assert (e.written_crs, e.declared_crs, e.visits) == ("BD-09", "BD-09", (visit, visit))
    assert (e.credit, e.grade, e.disclosure) == ("环保不良", "引领性", "未按期披露")
    assert e.valid_to == TODAY + timedelta(days=1499)


@pytest.mark.parametrize(
    ("share", "crs", "visits", "kind", "credit", "grade", "disclosure"),
    [
        (0.49, "WGS84", 0, "", "环保良好", "C", ""),
        (0.51, "CGCS2000", 0, "", "环保良好", "C", ""),
        (0.59, "CGCS2000", 0, "", "环保良好", "C", ""),
        (0.61, "CGCS2000", 1, "日常", "环保良好", "C", ""),
        (0.71, "CGCS2000", 1, "专项", "环保良好", "C", "已披露"),
        (0.74, "CGCS2000", 1, "专项", "环保良好", "D", "已披露"),
        (0.76, "GCJ-02", 1, "专项", "环保良好", "D", "已披露"),
        (0.86, "GCJ-02", 1, "专项", "环保警示", "D", "已披露"),
        (0.91, "GCJ-02", 2, "个案", "环保警示", "引领性", "已披露"),
        (0.96, "BD-09", 2, "个案", "环保警示", "引领性", "未按期披露"),
        (0.34, "WGS84", 0, "", "环保良好", "C", ""),
        (0.32, "WGS84", 0, "", "环保良好", "B", ""),
        (0.09, "WGS84", 0, "", "环保诚信", "B", ""),
    ],
)
def test_entries_are_drawn_with_their_shares(
    world: World, share: float, crs: str, visits: int, kind: str, credit: str, grade: str, disclosure: str
) -> None:
    """On either side of every limit."""
    entry = draw_entries(world, TODAY, Dice(share), shifted=False, sources=())[0]  # type: ignore[arg-type]
    assert (entry.declared_crs, len(entry.visits)) == (crs, visits)
    assert {v[1] for v in entry.visits} == ({kind} if kind else set())
    assert (entry.credit, entry.grade, entry.disclosure) == (credit, grade, disclosure)
    days = 15 + round(share * 314)
    assert {v[0] for v in entry.visits} == ({TODAY - timedelta(days=days)} if visits else set())


def test_shifted_rows_say_wgs84_and_hold_gcj02(world: World) -> None:
    """Three drawn ones and the first source's that is listed; none where the switch is off."""
    entries = draw_entries(world, TODAY, Dice(0.0), shifted=True, sources=["nowhere", "S4", "S2"])  # type: ignore[arg-type]
    assert [e.place.site_id for e in entries if e.shifted] == ["S0", "S1", "S2", "S4"]
    entries = draw_entries(world, TODAY, Dice(0.9), shifted=True, sources=())  # type: ignore[arg-type]
    assert [e.place.site_id for e in entries if e.shifted] == ["S0", "S1", "S4"]
    assert {(e.written_crs, e.declared_crs) for e in entries if e.shifted} == {("GCJ-02", "WGS84")}
    assert {(e.written_crs, e.declared_crs) for e in entries if not e.shifted} == {("GCJ-02", "GCJ-02")}


def _entry(place: ParkSite, written: str, declared: str, visits: tuple[Any, ...] = ()) -> RegisterEntry:
    return RegisterEntry(place, written, declared, False, "环保良好", "B", "已披露", date(2027, 1, 2), visits)


def test_registers_hold_what_was_drawn_in_the_system_written(tmp_path: Path, world: World) -> None:
    """Places and gates of each row, six decimals; species that make 2 % of the profile; addresses."""
    crs = ("WGS84", "GCJ-02", "BD-09", "CGCS2000/4544")
    visit = (date(2026, 1, 5), "日常", "未发现问题")
    entries = [_entry(world.places[k], c, "X", (visit,) * (k == 1)) for k, c in enumerate(crs)]
    write_registers(tmp_path, world, entries, Dice(0.0))  # type: ignore[arg-type]
    rows = rows_of_file(tmp_path / "排污许可名录.csv")
    lon, lat = (float(v) for v in world.lonlat(5.0, 5.0))
    gate = tuple(float(v) for v in world.lonlat(5.0, 0.0))
    mars = tuple(map(float, gcj02_from_wgs84(lon, lat)))
    baidu = tuple(map(float, bd09_from_gcj02(*mars)))
    for row, (x, y) in zip(rows, ((lon, lat), mars, baidu), strict=False):
        assert (row["经度"], row["纬度"]) == (f"{x:.6f}", f"{y:.6f}")
    assert (rows[3]["经度"], rows[3]["纬度"]) == ("410005.00", "3393005.00")
    assert (rows[0]["大门经度"], rows[0]["大门纬度"]) == (f"{gate[0]:.6f}", f"{gate[1]:.6f}")
    assert list(rows[1].values())[:5] == ["S1", "厂S1", "US1", "2110", "重点管理"]
    assert (rows[1]["坐标系"], rows[1]["有效期至"]) == ("X", "2027-01-02")
    assert rows[1]["主要污染物"] == "挥发性有机物、甲苯、二甲苯"
    assert rows[1]["生产经营场所地址"] == "四川省成都市科园片区1号"
    credit = rows_of_file(tmp_path / "环境信用评价.csv", "gb18030")
    assert list(credit[1].values()) == ["US1", "厂S1", "环保良好", "B", "已披露"]
    assert [list(r.values()) for r in rows_of_file(tmp_path / "入企检查记录.csv")] == [
        ["S1", "厂S1", "2026-01-05", "日常", "未发现问题"]
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [("3021", "颗粒物"), ("4430", "氮氧化物、一氧化碳、颗粒物"), ("2319", "挥发性有机物、甲苯、二甲苯")],
)
def test_permits_list_what_makes_two_percent_of_the_profile(
    tmp_path: Path, world: World, code: str, words: str
) -> None:
    """A cement works' 1 % of TVOC is not on its permit, a printer's 2 % of xylene is."""
    place = replace(world.places[0], industry=next(i for i in INDUSTRIES if i.code == code))
    write_registers(tmp_path, world, [_entry(place, "WGS84", "WGS84")], Dice(0.0))  # type: ignore[arg-type]
    assert rows_of_file(tmp_path / "排污许可名录.csv")[0]["主要污染物"] == words


def test_a_factor_keeps_what_it_is_given() -> None:
    """Code, name, unit, limit and level in this order."""
    factor = Factor("a", "b", "c", 1.0, 0.5)
    assert (factor.code, factor.name, factor.unit, factor.limit, factor.level) == ("a", "b", "c", 1.0, 0.5)
