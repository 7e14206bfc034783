"""Registers to sites: codes, formats, joins, coordinate systems, refusals."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from ingest.registers.codes import is_permit_code, is_uscc, normalise_code, uscc_of_permit
from ingest.registers.joins import name_key, name_likeness
from ingest.schema import CrsSource
from onevisit.words.telling import tell
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


@pytest.mark.parametrize("code", ["91130200699229617X", "91350100M000100Y43"])
def test_check_character_of_published_codes(code: str) -> None:
    """The standards' own examples pass (HJ 608-2017; GB 32100-2015), and no other last character does."""
    assert is_uscc(code)
    assert not any(is_uscc(code[:17] + other) for other in "0123456789ABCDEFGHJKLMNPQRTUWXY" if other != code[17])


def test_permit_code_is_shape_only() -> None:
    """Two sites of one company share the credit code; the last character is not checked."""
    assert is_permit_code(CODE + "001P")
    assert is_permit_code(CODE + "002Q")
    assert not is_permit_code(CODE)
    assert (uscc_of_permit(CODE + "001P"), uscc_of_permit("H95101990000000001001P")) == (CODE, "")
    assert normalise_code(" ９１130200-699229617x001p'") == CODE + "001P"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_any_encoding_with_a_title_row(tmp_path: Path, encoding: str) -> None:
    """Title rows are passed over, Chinese headings understood, every field kept."""
    head = [*HEAD, "行业类别", "管理类别", "主要污染物", "有效期限", "大门经度", "大门纬度", "联系电话"]
    row = [CODE + "001P", "某某公司", "104.0657", "30.6574", "WGS84", "3670", "重点管理", "甲苯、二甲苯；NMHC"]
    row += ["2021-01-01至2026-05-31", "104.0660", "30.6580", "028"]
    outcome = read(write_csv(tmp_path / "名录.csv", [["2024年排污许可名录"], [], head, row], encoding))
    assert outcome.rejects == ()
    [site] = outcome.value
    assert (site.site_id, site.uscc, site.name) == (CODE + "001P", CODE, "某某公司")
    assert (site.lon, site.lat, site.crs, site.crs_source) == (104.0657, 30.6574, "WGS 84", CrsSource.DECLARED)
    assert site.species == ("甲苯", "二甲苯", "NMHC")
    assert site.permit_valid_to == date(2026, 5, 31)
    assert site.gate is not None
    assert (site.gate.x, site.gate.y) == (104.0660, 30.6580)
    assert any("联系电话" in tell(d).decision for d in outcome.decisions)
    assert any("GB 18030" in tell(d).decision for d in outcome.decisions) == (encoding == "gb18030")


def test_english_headings_and_semicolons(tmp_path: Path) -> None:
    """A European export reads the same."""
    path = tmp_path / "sites.csv"
    path.write_text("Site Name;Longitude (deg);Latitude (deg)\nPlant A;-91.99;46.84\n", encoding="utf-8")
    [site] = read(path).value
    assert (site.name, site.lon, site.lat) == ("Plant A", -91.99, 46.84)
    assert site.site_id == "Plant A@-91.99000,46.84000"
    assert site.crs_source is CrsSource.GUESSED  # shifted systems are not used outside China


def test_workbook_with_several_sheets(tmp_path: Path) -> None:
    """Sheets with a heading row are read, others passed over; numbers and dates come as text."""
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    sheet = book.create_sheet("名录")
    sheet.append(HEAD)
    sheet.append([CODE + "001P", "某厂", 104.0657, 30.6574, "CGCS2000"])
    visits = book.create_sheet("检查")
    visits.append(["排污许可证编号", "检查日期", "检查类型", "检查结果"])
    visits.append([CODE + "001P", date(2024, 3, 5), "专项检查", "未发现问题"])
    book.save(tmp_path / "名录.xlsx")
    [site] = read(tmp_path / "名录.xlsx").value
    assert (site.lon, site.visited[0].day, site.visited[0].kind) == (104.0657, date(2024, 3, 5), "special")


def test_geojson_points_and_parcels(tmp_path: Path) -> None:
    """A point is a place, a polygon a parcel; without a crs member the file is WGS 84 by RFC 7946."""
    path = write_geojson(
        tmp_path / "sites.geojson",
        [
            ({"permit_code": CODE + "001P", "name": "Plant"}, {"type": "Point", "coordinates": [104.1, 30.7]}),
            ({"permit_code": CODE + "001P"}, square(104.1, 30.7)),
            ({"permit_code": CODE + "001P", "part": "gate"}, {"type": "Point", "coordinates": [104.101, 30.7]}),
            ({"permit_code": CODE + "001P", "outlet": "DA001"}, {"type": "Point", "coordinates": [104.1, 30.7005]}),
        ],
    )
    [site] = read(path).value
    assert (site.lon, site.lat, site.crs_source) == (104.1, 30.7, CrsSource.DECLARED)
    assert site.parcel is not None
    assert site.parcel.bounds == pytest.approx((104.099, 30.699, 104.101, 30.701))
    assert site.gate is not None
    assert site.gate.x == 104.101
    assert [(p.x, p.y) for p in site.stacks] == [(104.1, 30.7005)]


def test_geojson_in_metres_with_a_crs_member(tmp_path: Path) -> None:
    """The old crs member is believed: EPSG:4544 comes with the easting first."""
    path = write_geojson(
        tmp_path / "p.json", [({"name": "厂"}, {"type": "Point", "coordinates": [410451.037, 3393363.763]})]
    )
    document = json.loads(path.read_text(encoding="utf-8"))
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4544"}}
    path.write_text(json.dumps(document), encoding="utf-8")
    [site] = read(path).value
    assert (site.lon, site.lat) == pytest.approx((104.0657, 30.6574), abs=1e-8)


def test_registers_are_joined_by_permit_then_credit_code(tmp_path: Path) -> None:
    """A credit grade reaches the site of the company; both joins are decisions with their confidence."""
    permits = write_csv(tmp_path / "a.csv", [HEAD, [CODE + "001P", "某厂", "104.1", "30.7", "WGS84"]])
    credit = write_csv(tmp_path / "b.csv", [["统一社会信用代码", "企业名称", "信用等级"], [CODE, "某厂", "环保警示"]])
    grades = write_csv(tmp_path / "c.csv", [["许可证编号", "绩效分级"], [CODE + "001P", "B"]])
    outcome = read(permits, credit, grades)
    [site] = outcome.value
    assert (site.credit, site.grade, site.sources) == ("环保警示", "B", ("a.csv", "c.csv", "b.csv"))
    assert [d.item for d in outcome.decisions if "confidence" in tell(d).decision] == ["c.csv", "b.csv"]


def test_two_sites_of_one_company_stay_two(tmp_path: Path) -> None:
    """The permit code tells them apart; a row of the company goes to both, and says so."""
    rows = [
        HEAD,
        [CODE + "001P", "某厂", "104.1", "30.7", "WGS84"],
        [CODE + "002P", "某厂二", "104.3", "30.9", "WGS84"],
    ]
    permits = write_csv(tmp_path / "a.csv", rows)
    credit = write_csv(tmp_path / "b.csv", [["统一社会信用代码", "信用等级"], [CODE, "环保不良"]])
    outcome = read(permits, credit)
    assert [(s.site_id[-4:], s.credit) for s in outcome.value] == [("001P", "环保不良"), ("002P", "环保不良")]
    assert any("all of its sites" in tell(d).decision for d in outcome.decisions)


def test_credit_code_far_from_every_known_place_is_another_site(tmp_path: Path) -> None:
    """One code, 20 km apart: two gates, two sites."""
    permits = write_csv(tmp_path / "a.csv", [HEAD, [CODE + "001P", "某厂", "104.1", "30.7", "WGS84"]])
    other = write_csv(
        tmp_path / "b.csv", [["统一社会信用代码", "经度", "纬度", "坐标系"], [CODE, "104.3", "30.7", "WGS84"]]
    )
    assert [s.site_id for s in read(permits, other).value] == [CODE + "001P", f"{CODE}@104.30000,30.70000"]


def test_wrong_check_character_is_not_used_for_joining(tmp_path: Path) -> None:
    """A mistyped code is told, and the row joined by name and place instead."""
    permits = write_csv(tmp_path / "a.csv", [HEAD, [CODE + "001P", "蓉阳汽车部件有限公司", "104.1", "30.7", "WGS84"]])
    rows = [["统一社会信用代码", "企业名称", "经度", "纬度", "坐标系", "信用等级"]]
    rows += [["91130200699229671X", "成都蓉阳汽车部件有限公司", "104.1005", "30.7", "WGS84", "诚信"]]
    outcome = read(permits, write_csv(tmp_path / "b.csv", rows))
    [site] = outcome.value
    assert site.credit == "诚信"
    assert any("fails its check character" in tell(d).evidence for d in outcome.decisions)
    [joined] = [d for d in outcome.decisions if "by name and place" in tell(d).decision]
    assert "confidence 0.9" in tell(joined).decision
    assert "48 m apart" in tell(joined).evidence


def test_similar_names_join_only_where_they_are_near(tmp_path: Path) -> None:
    """The same misspelt name is one site at 90 m and another at 900 m."""
    head = ["企业名称", "经度", "纬度", "坐标系"]
    a = write_csv(tmp_path / "a.csv", [head, ["成都鼎盛家具制造有限公司", "104.1", "30.7", "WGS84"]])
    near = write_csv(tmp_path / "b.csv", [head, ["鼎盛家俱制造厂", "104.1", "30.7008", "WGS84"]])
    far = write_csv(tmp_path / "c.csv", [head, ["鼎盛家俱制造厂", "104.1", "30.708", "WGS84"]])
    assert len(read(a, near).value) == 1
    assert len(read(a, far).value) == 2


def test_name_without_place_that_fits_two_sites_is_not_guessed(tmp_path: Path) -> None:
    """An ambiguous row is refused, not given to one of them."""
    head = ["企业名称", "经度", "纬度", "坐标系"]
    a = write_csv(tmp_path / "a.csv", [head, ["某厂", "104.1", "30.7", "WGS84"], ["某厂", "104.4", "30.7", "WGS84"]])
    b = write_csv(tmp_path / "b.csv", [["企业名称", "绩效分级"], ["某厂", "A"]])
    outcome = read(a, b)
    assert [s.grade for s in outcome.value] == ["", ""]
    assert [(r.item, r.where) for r in outcome.rejects] == [("b.csv", "line 2")]


def test_name_keys_and_likeness() -> None:
    """Legal form and region do not matter, the rest does."""
    assert name_key("成都蓉阳汽车部件有限公司") == name_key("蓉阳汽车部件（有限责任公司）")
    assert name_likeness(name_key("鼎盛家具"), name_key("鼎盛家具")) == 1.0
    assert name_likeness("鼎盛家具", "锦江印务") == 0.0


def test_declared_gcj02_is_undone(tmp_path: Path) -> None:
    """A declared shift is undone to centimetres (six decimals) and widens the position by its noise."""
    register, truth = shifted_register(tmp_path, 3, "高德")
    sites = read(register).value
    assert np.allclose([(s.lon, s.lat) for s in sites], truth, atol=1.1e-6)
    assert {(s.crs, s.crs_source) for s in sites} == {("GCJ-02", CrsSource.DECLARED)}
    assert sites[0].position_sd_m == pytest.approx(np.hypot(30.0, 2.0), abs=0.01)


def test_undeclared_shift_is_found_from_parcels_and_carried_over(tmp_path: Path) -> None:
    """Eight tested rows settle the four that have no parcel; everything is a decision."""
    register, truth = shifted_register(tmp_path, 12, "")
    outcome = read(register, parcels_of(tmp_path, truth, 8))
    assert np.allclose([(s.lon, s.lat) for s in outcome.value], truth, atol=1.1e-6)
    assert {s.crs_source for s in outcome.value} == {CrsSource.GUESSED}
    decided = [d.item for d in outcome.decisions if "read as GCJ-02" in tell(d).decision]
    assert decided == ["permits.csv, line 2 and 7 more rows", "permits.csv, line 10 and 3 more rows"]


def test_undeclared_shift_without_evidence_stays_unknown_at_several_places(tmp_path: Path) -> None:
    """Nothing to test against: as written or where a shifted system has it, each no wider than a known point."""
    register, _ = shifted_register(tmp_path, 3, "")
    sites = read(register).value
    assert {s.crs_source for s in sites} == {CrsSource.UNKNOWN}
    assert sites[0].position_sd_m == pytest.approx(30.0, abs=0.01)
    assert [place.crs for place in sites[0].places] == ["WGS 84", "GCJ-02", "BD-09"]


def test_false_declaration_is_overruled_by_the_parcel(tmp_path: Path) -> None:
    """Rows that say WGS 84 and hold GCJ-02 are caught where there is a parcel, and only there."""
    register, truth = shifted_register(tmp_path, 4, "WGS84")
    outcome = read(register, parcels_of(tmp_path, truth, 1))
    assert (outcome.value[0].lon, outcome.value[0].lat) == pytest.approx(truth[0], abs=1.1e-6)
    assert [s.crs for s in outcome.value] == ["GCJ-02", "WGS 84", "WGS 84", "WGS 84"]
    assert any("although declared as WGS 84" in tell(d).decision for d in outcome.decisions)


def test_mixed_register_settles_nothing_it_cannot_test(tmp_path: Path) -> None:
    """Half WGS 84, half GCJ-02: tested rows are right, the untested one stays unknown."""
    register, truth = shifted_register(tmp_path, 6, "")
    rows = list(csv.reader(io.StringIO(register.read_text(encoding="utf-8-sig"))))
    for k in (0, 1, 2):
        rows[k + 1][2:4] = [f"{truth[k][0]:.6f}", f"{truth[k][1]:.6f}"]
    write_csv(register, rows)
    outcome = read(register, parcels_of(tmp_path, truth, 5))
    assert np.allclose([(s.lon, s.lat) for s in outcome.value[:5]], truth[:5], atol=1.1e-6)
    assert outcome.value[5].crs_source is CrsSource.UNKNOWN
    assert any("mixes coordinate systems" in tell(d).decision for d in outcome.decisions)


def test_ballpark_system_is_refused_per_row(tmp_path: Path) -> None:
    """Xi'an 1980 is refused with the way out; the other row is read."""
    rows = [HEAD, ["", "甲", "104.1", "30.7", "EPSG:4610"], ["", "乙", "104.1", "30.7", "WGS84"]]
    outcome = read(write_csv(tmp_path / "a.csv", rows))
    assert [s.name for s in outcome.value] == ["乙"]
    assert outcome.rejects[0].where == "line 2"
    assert "towgs84" in tell(outcome.rejects[0]).reason


def test_rows_that_cannot_be_placed_are_rejected_one_by_one(tmp_path: Path) -> None:
    """Impossible coordinates and missing ones are named with their line; the good row is kept."""
    rows = [HEAD, ["", "甲", "204.1", "30.7", ""], ["", "乙", "", "", ""], ["", "丙", "104.1", "30.7", "WGS84"]]
    outcome = read(write_csv(tmp_path / "a.csv", rows))
    assert [s.name for s in outcome.value] == ["丙"]
    assert [(r.item, r.where) for r in outcome.rejects] == [("a.csv", "line 2"), ("a.csv", "line 3")]


def test_file_without_a_heading_row_is_one_reject(tmp_path: Path) -> None:
    """The message quotes the first row and says what was expected."""
    path = write_csv(tmp_path / "a.csv", [["1", "2"], ["3", "4"]])
    [reject] = read(path).rejects
    assert "1, 2" in tell(reject).reason
    assert "单位名称" in tell(reject).reason


def test_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A workbook that unpacks to gigabytes is refused from its directory."""
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"0" * 1_000_000)
    [reject] = read(tmp_path / "a.xlsx", maximum_file_mb=0.1).rejects
    assert "unpacks to 8 MB" in tell(reject).reason


def test_parcel_without_a_name_goes_to_the_one_site_in_it(tmp_path: Path) -> None:
    """One site inside: given, as a decision; none inside: a reject."""
    sites = write_csv(tmp_path / "a.csv", [HEAD, ["", "甲", "104.1", "30.7", "WGS84"]])
    parcels = write_geojson(tmp_path / "b.geojson", [({}, square(104.1, 30.7)), ({}, square(104.5, 30.7))])
    outcome = read(sites, parcels)
    assert outcome.value[0].parcel is not None
    assert [(r.item, r.where) for r in outcome.rejects] == [("b.geojson", "feature 2")]


def test_parcel_alone_makes_a_site_as_wide_as_it_is(tmp_path: Path) -> None:
    """No point: the middle of the parcel, with the spread of a uniform square of its size."""
    path = write_geojson(tmp_path / "a.geojson", [({"name": "大厂"}, square(104.1, 30.7, 5e-3))])
    [site] = read(path).value
    side_m = 0.01 * 111_320.0 * np.sqrt(np.cos(np.radians(30.7)))
    assert (site.lon, site.lat) == pytest.approx((104.1, 30.7))
    assert site.position_sd_m == pytest.approx(side_m / np.sqrt(12.0), rel=1e-3)
