"""How much a permit allows, as registers write it; and what several registers say differently."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from ingest.registers.kinds import Area, place_in_areas
from ingest.registers.permitted import amounts_in_cell
from ingest.registers.read import SiteSettings, read_sites
from ingest.schema import CrsSource, Permitted, Site
from ingest.text.fields import field_of_heading

HEAD = "排污许可证编号,单位名称,经度,纬度,坐标系"
ROW = "91510100660470214X001P,甲厂,104.06,30.66,WGS84"


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("0.55", {"": 0.55}),
        ("挥发性有机物 1.2", {"挥发性有机物": 1.2}),
        ("颗粒物：0.3;二氧化硫:1e-2", {"颗粒物": 0.3, "二氧化硫": 0.01}),
        ("PM2.5: 3、NOx=4", {"PM2.5": 3.0, "NOx": 4.0}),
        ("颗粒物 0", None),
        ("颗粒物 1；颗粒物 2", None),
        ("见附件", None),
        ("1.2 kg/h", None),
    ],
)
def test_amounts_are_read_whole_or_not_at_all(text: str, amounts: dict[str, float] | None) -> None:
    """By pollutant or without a name; what is left over makes the cell none."""
    assert amounts_in_cell(text) == amounts


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("许可排放速率（kg/h）", "permitted_kg_h"), ("许可排放速率", "permitted_kg_h"), ("许可排放速率(g/s)", ""),
        ("许可排放量(吨/年)", "permitted_t_a"), ("许可年排放量（t/a）", "permitted_t_a"), ("许可排放量（kg/a）", ""),
    ],
)  # fmt: skip
def test_a_heading_with_another_unit_is_not_understood(heading: str, field: str) -> None:
    """A thousandth would make everybody an offender."""
    assert field_of_heading(heading) == field


def read(tmp_path: Path, *tables: str) -> tuple[Site, list[str]]:
    """The one site of these registers, and what was decided."""
    for number, table in enumerate(tables):
        (tmp_path / f"{number}.csv").write_text(table, encoding="utf-8")
    outcome = read_sites(sorted(tmp_path.glob("*.csv")), SiteSettings())
    (site,) = outcome.value
    return site, [d.code for d in outcome.decisions]


def test_a_site_carries_what_its_permit_allows(tmp_path: Path) -> None:
    """An hour and a year of one pollutant are one entry; a cell that is no amount is named."""
    site, said = read(tmp_path, f"{HEAD},许可排放速率(kg/h),许可排放量(t/a)\n{ROW},颗粒物:0.3,颗粒物:1.5；NOx:2\n")
    assert site.permitted == (Permitted("颗粒物", 0.3, 1.5), Permitted("NOx", None, 2.0))
    assert "permitted_not_read" not in said and site.origins["permitted"] == "0.csv"
    site, said = read(tmp_path, f"{HEAD},许可排放速率(kg/h)\n{ROW},见附件\n")
    assert site.permitted == () and "permitted_not_read" in said


def test_registers_that_disagree_are_told(tmp_path: Path) -> None:
    """The first is believed; one that says the same is no matter."""
    tables = [f"{HEAD},信用等级\n{ROW},{credit}\n" for credit in ("环保良好", "环保不良", "环保良好")]
    site, said = read(tmp_path, *tables)
    assert site.credit == "环保良好" and said.count("registers_disagree") == 1


def test_a_site_in_two_districts_is_told() -> None:
    """The smaller one is believed, unless the register states its own."""
    square = shapely.box(104.0, 30.0, 104.2, 30.2)
    wide = shapely.box(104.05, 29.0, 105.0, 31.0)
    areas = [Area(name, "", shape, "a.geojson") for name, shape in (("大区", wide), ("小区", square))]
    site = Site("S1", "甲厂", 104.1, 30.1, 10.0, "WGS84", CrsSource.DECLARED)
    outcome = place_in_areas([site], areas)
    (told,) = outcome.decisions
    assert outcome.value[0].district == "小区"
    assert (told.item, told.code, told.values["areas"]) == ("S1", "site_in_several_areas", ["小区", "大区"])
    city = Area("成都市", "", square.buffer(0.1), "a.geojson")
    assert place_in_areas([site], [city, areas[1]]).decisions == ()
