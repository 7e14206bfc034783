"""Registers that are no lists of sites: known by columns or name, rows that cannot be, columns of persons, areas."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import shapely
from shapely.geometry import mapping

from ingest.registers import kinds
from ingest.registers.columns import kind_by_name
from ingest.registers.kinds import (
    Account,
    Area,
    AskedMatter,
    Case,
    Check,
    Enterprise,
    Order,
    Registers,
    Zone,
    place_in_areas,
    read_kinds,
)
from ingest.registers.read import SiteSettings, read_sites
from ingest.schema import CrsSource, Site
from onevisit.words.telling import tell
from tests.ingest.immutable import mutable_values

USCC = "915101006604702148"
WHO = Enterprise(uscc=USCC, name="甲厂")


def read(folder: Path, name: str, content: str) -> tuple[Registers, tuple[Site, ...], str]:
    """Registers and sites of one file, and all that both readers say."""
    path = folder / name
    path.write_text(content, encoding="utf-8")
    found, sites = read_kinds([path], SiteSettings()), read_sites([path], SiteSettings())
    told = [f"{tell(d).decision} ({tell(d).evidence})" for o in (found, sites) for d in o.decisions]
    return found.value, sites.value, "\n".join([*told, *(tell(r).line for o in (found, sites) for r in o.rejects)])


TABLES = {
    "orders": (
        f"统一社会信用代码,企业名称,管控措施,开始日期,结束日期,绩效等级\n{USCC},甲厂,停产,2024-10-01,2024-10-03,B级\n",
        f"uscc,enterprise,measure,from,to,grade\n{USCC},甲厂,停产,2024-10-01,2024-10-03,b\n",
        Order(WHO, "", date(2024, 10, 1), date(2024, 10, 3), "B", "停产", "a.csv"),
    ),
    "accounts": (
        f"用电户号,统一社会信用代码,企业名称\n0012,{USCC},甲厂\n", f"account no,USCC,Company\n0012,{USCC},甲厂\n",
        Account("0012", WHO, "a.csv"),
    ),
    "checks": (
        f"统一社会信用代码,企业名称,检查日期,检查单位,检查类型,检查结果\n{USCC},甲厂,2024年10月1日,应急局,日常,合格\n",
        f"USCC,company,day,body,kind,result\n{USCC},甲厂,2024-10-01 09:30,应急局,日常,合格\n",
        Check(WHO, date(2024, 10, 1), "应急局", "日常", "合格", "a.csv"),
    ),
    "matters": (
        f"企业名称,统一社会信用代码,科室,事项,依据,办理期限,提出方,方式\n甲厂,{USCC},大气科,台账,条例,20241001,科室,远程\n",
        f"site,uscc,section,matter,basis,due,asked by,remote or entry\n甲厂,{USCC},大气科,台账,条例,"
        "2024/10/1,科室,remote\n",
        AskedMatter(WHO, "大气科", "台账", "条例", date(2024, 10, 1), "科室", False, "a.csv"),
    ),
    "complaints": (
        f"被投诉单位,统一社会信用代码,投诉日期,办结日期,状态,投诉人,联系电话,投诉内容\n"
        f"甲厂,{USCC},2024-10-01,2024-10-09,已办结,张三,13800000000,异味\n",
        f"site,uscc,from,to,state,complainant,phone,id number\n甲厂,{USCC},2024-10-01,2024-10-09,"
        "已办结,张三,138,5101\n",
        Case(WHO, date(2024, 10, 1), date(2024, 10, 9), "已办结", "a.csv"),
    ),
    "rectifications": (
        f"企业名称,统一社会信用代码,整改要求,下达日期,整改期限,整改状态\n甲厂,{USCC},换炭,2024-10-01,2024-10-09,未完成\n",
        f"company,uscc,rectification,start,end,state\n甲厂,{USCC},换炭,2024-10-01,2024-10-09,未完成\n",
        Case(WHO, date(2024, 10, 1), date(2024, 10, 9), "未完成", "a.csv"),
    ),
    "exemptions": (
        f"企业名称,信用代码,豁免类型,开始,结束,状态\n甲厂,{USCC},应急,2024-10-01,2024-10-09,有效\n",
        f"company,uscc,exemption,from,until,status\n甲厂,{USCC},应急,2024-10-01,2024-10-09,有效\n",
        Case(WHO, date(2024, 10, 1), date(2024, 10, 9), "有效", "a.csv"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", [0, 1])
@pytest.mark.parametrize("kind", sorted(TABLES))
def test_a_table_is_known_by_its_columns(tmp_path: Path, kind: str, language: int) -> None:
    """In Chinese and English: its record, no site, a decision with how many."""
    found, sites, told = read(tmp_path, "a.csv", TABLES[kind][language])
    assert getattr(found, kind) == (TABLES[kind][2],)
    assert found.counts() == {kind: 1} and sites == ()
    assert "1 " in told and "read (by its columns" in told


def test_nothing_of_a_person_is_kept(tmp_path: Path) -> None:
    """Complainant, phone and identity number are dropped and counted, in lists of sites too."""
    for language in (0, 1):
        found, _, told = read(tmp_path, "a.csv", TABLES["complaints"][language])
        assert "columns of natural persons dropped" in told
        assert not any(secret in repr(found) + told for secret in ("张三", "138", "5101,", "13800000000"))
    _, sites, told = read(tmp_path, "b.csv", "单位名称,经度,纬度,联系人,联系电话\n甲厂,104.1,30.7,李四,139\n")
    assert len(sites) == 1 and "2 columns of natural persons dropped: 联系人, 联系电话 (" in told
    assert "李四" not in repr(sites) + told


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("orders.csv", "orders"), ("2024_checks.csv", "checks"), ("空域限高.geojson", "airspace"),
        ("borders.csv", ""),
        ("park-areas.geojson", "areas"), ("信访件.xlsx", "complaints"), ("sites.csv", ""), ("园区企业名录.csv", ""),
    ],
)  # fmt: skip
def test_kinds_of_names(name: str, kind: str) -> None:
    """English words stand alone, Chinese ones anywhere."""
    assert kind_by_name(Path(name)) == kind


def test_a_name_decides_where_columns_do_not(tmp_path: Path) -> None:
    """Enterprise, from, to, state may be any of three; the file's name tells."""
    table = f"企业名称,信用代码,开始,结束,状态\n甲厂,{USCC},2024-10-01,,办理中\n"
    for name, kind in (
        ("complaints.csv", "complaints"),
        ("豁免企业.csv", "exemptions"),
        ("整改.csv", "rectifications"),
    ):
        found, _, _ = read(tmp_path, name, table)
        assert getattr(found, kind) == (Case(WHO, date(2024, 10, 1), None, "办理中", name),)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",,停产,2024-10-01,2024-10-03,B", "names no enterprise"),
        ("915101006604702149,,停产,2024-10-01,2024-10-03,B", "915101006604702149"),
        (f"{USCC},甲,停产,2024-13-01,2024-10-03,B", "'2024-13-01' is no moment of the calendar"),
        (f"{USCC},甲,停产,下周,2024-10-03,B", "'下周' is no day"),
        (f"{USCC},甲,停产,2024-10-03,2024-10-01,B", "ends 2024-10-01, before it starts 2024-10-03"),
        (f"{USCC},甲,停产,2024-10-01,2024-10-03,E", "grade 'E' is none of A, B, C, D"),
        (f"{USCC},甲,停产,1899-12-30,2024-10-03,B", "is no day"),
    ],
)
def test_rows_that_cannot_be_are_rejects(tmp_path: Path, row: str, words: str) -> None:
    """Said with their line; the rows beside them are read."""
    head = "统一社会信用代码,企业名称,管控措施,开始日期,结束日期,绩效等级\n"
    found, _, told = read(tmp_path, "a.csv", f"{head}{row}\n{USCC},甲厂,限产,2024-10-01,长期,C\n")
    assert len(found.orders) == 1 and found.orders[0].end is None
    assert words in told and "a.csv, line 2" in told


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("45566", "20241003", (date(2024, 10, 1), date(2024, 10, 3))),
        ("2024年10月", "2024年10月", (date(2024, 10, 1), date(2024, 10, 31))),
        ("2024.10.1", "9999-12-31", (date(2024, 10, 1), None)),
    ],
)
def test_days_are_read_as_in_lists_of_sites(
    tmp_path: Path, start: str, end: str, days: tuple[date, date | None]
) -> None:
    """Numbers of a spreadsheet, months from their first to their last day, no end."""
    head = "统一社会信用代码,企业名称,管控措施,开始日期,结束日期,绩效等级\n"
    found, _, told = read(tmp_path, "a.csv", f"{head}{USCC},甲厂,停产,{start},{end},B\n")
    assert [(order.start, order.end) for order in found.orders] == [days], told


def test_lists_of_sites_stay_lists_of_sites(tmp_path: Path) -> None:
    """Past visits, grades, districts and a column on something else make no other kind of a list with places."""
    for head, row in (
        ("单位名称,经度,纬度,绩效等级,区县,园区", "甲厂,104.1,30.7,B,金牛区,高新园"),
        ("单位名称,经度,纬度,检查日期,检查类型,检查结果", "甲厂,104.1,30.7,2024-10-01,日常,合格"),
        ("单位名称,经度,纬度,是否整改,措施,开始日期", "甲厂,104.1,30.7,是,x,2024-10-01"),
    ):
        found, sites, _ = read(tmp_path, "a.csv", f"{head}\n{row}\n")
        assert found == Registers() and [site.name for site in sites] == ["甲厂"]


def test_sheets_of_a_workbook_are_told_apart(tmp_path: Path) -> None:
    """A sheet of complaints beside a list of sites: each is read as what it is."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["单位名称", "经度", "纬度"])
    sheet.append(["甲厂", 104.1, 30.7])
    other = book.create_sheet("投诉")
    other.append(["被投诉单位", "投诉人", "投诉内容"])
    other.append(["乙厂", "张三", "异味"])
    book.save(tmp_path / "a.xlsx")
    found, sites = (r([tmp_path / "a.xlsx"], SiteSettings()).value for r in (read_kinds, read_sites))
    assert [case.enterprise.name for case in found.complaints] == ["乙厂"]
    assert [site.name for site in sites] == ["甲厂"]


def shapes(*features: tuple[dict[str, object], shapely.Geometry]) -> str:
    """A collection of polygons with properties."""
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": p, "geometry": mapping(g)} for p, g in features],
        }
    )


BOX = shapely.box(104.0, 30.6, 104.2, 30.8)


@pytest.mark.parametrize("swapped", [False, True])
def test_areas_and_airspace(tmp_path: Path, swapped: bool) -> None:
    """Polygons with district or park, or with a limit of height; the same checks of order as everywhere."""
    box = shapely.transform(BOX, lambda xy: xy[:, ::-1]) if swapped else BOX
    found, sites, _ = read(tmp_path, "a.geojson", shapes(({"区县": "金牛区"}, box), ({"park": "高新园"}, box)))
    assert [(a.district, a.park, a.source) for a in found.areas] == [
        ("金牛区", "", "a.geojson"),
        ("", "高新园", "a.geojson"),
    ]
    assert all(area.shape.equals(BOX) for area in found.areas) and sites == ()
    found, sites, told = read(
        tmp_path, "b.geojson", shapes(({"name": "机场", "限高（m）": "120米"}, box), ({"limit_m": "x"}, box))
    )
    assert [(zone.name, zone.limit_m) for zone in found.airspace] == [("机场", 120.0)] and sites == ()
    assert found.airspace[0] == Zone("机场", 120.0, found.airspace[0].shape, "b.geojson")
    assert "b.geojson, feature 2" in told and "'x' is no number of metres" in told
    found, _, told = read(tmp_path, "c.geojson", shapes(({"区县": "金牛区"}, shapely.Point(104, 30))))
    assert found.areas == () and "has no polygon" in told


def test_parcels_with_a_park_stay_parcels(tmp_path: Path) -> None:
    """A polygon with a name and a park is the parcel of a site, unless the file's name says areas."""
    text = shapes(({"name": "甲厂", "park": "高新园"}, shapely.box(104.1, 30.7, 104.101, 30.701)))
    found, [site], _ = read(tmp_path, "parcels.geojson", text)
    assert found == Registers() and (site.park, site.origins["park"]) == ("高新园", "parcels.geojson")
    found, sites, _ = read(tmp_path, "areas.geojson", text)
    assert len(found.areas) == 1 and sites == ()


def test_sites_know_their_area_and_their_registers(tmp_path: Path) -> None:
    """What a register states is kept with its name, what lies in an area comes from that; a contradiction is said."""
    (tmp_path / "a.csv").write_text(
        "单位名称,经度,纬度,区县\n甲厂,104.1,30.7,武侯区\n乙厂,104.11,30.71,\n", encoding="utf-8"
    )
    (tmp_path / "b.csv").write_text("单位名称,绩效等级\n乙厂,B\n", encoding="utf-8")
    sites = read_sites([tmp_path / "a.csv", tmp_path / "b.csv"], SiteSettings()).value
    inner = shapely.box(104.05, 30.65, 104.15, 30.75)
    areas = [
        Area("成都市", "", BOX, "x.geojson"),
        Area("金牛区", "", inner, "x.geojson"),
        Area("", "园", BOX, "y.geojson"),
    ]
    outcome = place_in_areas(sites, areas)
    by_name = {site.name: site for site in outcome.value}
    assert (by_name["甲厂"].district, by_name["甲厂"].park) == ("武侯区", "园")
    assert (by_name["乙厂"].district, by_name["乙厂"].park) == ("金牛区", "园")
    assert by_name["乙厂"].origins == {
        "name": "a.csv",
        "grade": "b.csv",
        "district": "x.geojson",
        "park": "y.geojson",
    }
    assert [tell(d).decision for d in outcome.decisions] == [
        "stated to be in 武侯区, lies in 金牛区; what is stated is believed"
    ]
    far = Site("S", "远", 120.0, 30.0, 10.0, "WGS 84", CrsSource.DECLARED)
    assert place_in_areas([far], areas).value == (far,) and place_in_areas(sites, ()).value == sites


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(kinds) == []


def test_day_and_month_are_told_by_all_rows(tmp_path: Path) -> None:
    """A 25 in an end settles the beginnings above, a 13 in another register its days; the order is said once."""
    rows = "\n".join(f"{USCC},甲厂,停产,{span}" for span in ("03/04/2024,05/04/2024", "06/04/2024,25/04/2024"))
    found, _, told = read(tmp_path, "orders.csv", f"统一社会信用代码,企业名称,管控措施,开始日期,结束日期\n{rows}\n")
    assert [(one.start, one.end) for one in found.orders] == [
        (date(2024, 4, 3), date(2024, 4, 5)), (date(2024, 4, 6), date(2024, 4, 25)),
    ], told  # fmt: skip
    rows = "\n".join(f"{USCC},甲厂,{day},区局,无" for day in ("03/04/2024", "03/13/2024"))
    found, _, told = read(tmp_path, "checks.csv", f"统一社会信用代码,企业名称,检查日期,检查部门,检查结果\n{rows}\n")
    assert [one.day for one in found.checks] == [date(2024, 3, 4), date(2024, 3, 13)], told


def test_days_that_nothing_settles_are_refused_by_row(tmp_path: Path) -> None:
    """3 April or 4 March, once: the row is named, not guessed."""
    text = f"统一社会信用代码,企业名称,检查日期,检查部门,检查结果\n{USCC},甲厂,03/04/2024,区局,无\n"
    found, _, told = read(tmp_path, "checks.csv", text)
    assert found.checks == () and "checks.csv, line 2" in told and "03/04/2024" in told
