"""Route lists for spreadsheets."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from openpyxl import load_workbook

from onevisit.handover.data.tables import (
    COLUMNS,
    amap_link,
    chinese_position,
    local_time,
    write_routes_csv,
    write_routes_xlsx,
)
from onevisit.settings import RouteSettings
from onevisit.visits.routes import plan_routes

DAY = date(2026, 3, 2)


@pytest.fixture
def routes(make_visit):
    """One route with two stops; the second site's name would run as a formula."""
    visits = [make_visit("S1", 104.0657, 30.6574), make_visit("S2", 104.07, 30.66, name='=HYPERLINK("http://x")')]
    return plan_routes(visits, RouteSettings(teams=1, time_zone="Asia/Shanghai"), day=DAY).value


def rows_of(path):
    """The lines of a route list."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def test_csv_opens_in_excel(tmp_path, routes):
    """A byte order mark, CRLF, and exactly the columns of the contract in their order."""
    path = tmp_path / "routes.csv"
    write_routes_csv(path, routes)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and raw.count(b"\r\n") == 3
    assert raw.decode("utf-8-sig").splitlines()[0] == ",".join(COLUMNS)
    assert [row["stop"] for row in rows_of(path)] == ["1", "2"]


def test_position_is_given_for_chinese_maps(tmp_path, routes):
    """GCJ-02 is some 350 m away in Chengdu, and the link carries it."""
    path = tmp_path / "routes.csv"
    write_routes_csv(path, routes)
    row = next(r for r in rows_of(path) if r["site_id"] == "S1")
    assert 0.002 < float(row["gcj02_lon"]) - float(row["lon"]) < 0.004
    assert f"to={row['gcj02_lon']},{row['gcj02_lat']}," in row["navigate"]


def test_link_names_one_stop_and_escapes_it(make_visit):
    """A name with comma, ampersand and Chinese stays one name."""
    link = amap_link(make_visit(lon=104.0657, lat=30.6574, name="甲,乙&丙"))
    query = parse_qs(urlparse(link).query)
    assert query["to"][0].split(",")[2] == "甲 乙&丙"
    assert query["callnative"] == ["1"]


def test_no_link_where_the_map_has_no_streets(make_visit):
    """Outside of mainland China nothing is shifted and no link is made."""
    assert amap_link(make_visit(lon=-92.0, lat=46.8)) == ""


def test_cell_never_becomes_a_formula(tmp_path, routes):
    """A name from a register that starts with = is text in both tables."""
    write_routes_csv(tmp_path / "routes.csv", routes)
    write_routes_xlsx(tmp_path / "routes.xlsx", routes)
    assert any(row["name"].startswith("'=HYPERLINK") for row in rows_of(tmp_path / "routes.csv"))
    cells = [cell for line in load_workbook(tmp_path / "routes.xlsx").active.iter_rows() for cell in line]
    assert all(cell.data_type != "f" for cell in cells)


def test_workbook_holds_the_same_rows(tmp_path, routes):
    """Chinese headings, one line a stop, times with their offset."""
    write_routes_xlsx(tmp_path / "routes.xlsx", routes, lang="zh")
    sheet = load_workbook(tmp_path / "routes.xlsx").active
    assert sheet.max_row == 3 and sheet.max_column == len(COLUMNS)
    assert sheet["A1"].value == "路线"
    assert sheet["H2"].value.endswith("+08:00")


def test_workbook_is_the_same_bytes_every_time(tmp_path, routes):
    """Neither the clock nor the archive's times are in it."""
    write_routes_xlsx(tmp_path / "a.xlsx", routes)
    time.sleep(2.1)  # the resolution of times in a zip archive is 2 s
    write_routes_xlsx(tmp_path / "b.xlsx", routes)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_matters_in_the_language_asked_for(tmp_path, routes):
    """``lang`` chooses the words, not the columns."""
    write_routes_csv(tmp_path / "routes.csv", routes, lang="zh")
    assert rows_of(tmp_path / "routes.csv")[0]["matters"] == "CH₄ above background"


# --- every column --------------------------------------------------------------------------------------------------

Make = Callable[..., Any]
LINK = "https://uri.amap.com/navigation?to=121.531542,31.175304,Works%20S1&mode=car&src=onevisit&callnative=1"
ENGLISH = [
    [
        "R1", 1, "S1", "Works S1", "P-S1", "case", "true", "2026-03-02T09:30+08:00", "2026-03-02T10:30+08:00",
        121.5272106, 31.1774276, 121.531542, 31.175304, "CH₄ above background; yearly plan",
        "seen again; plan; explanations: unlawful_emission 0.80, unlisted_source 0.20", LINK,
    ],
    [
        "R1", 2, "S2", "Works S2", "P-S2", "special", "false", "2026-03-02T11:30+08:00", "2026-03-02T12:30+08:00",
        13.4, 52.5, 13.4, 52.5, "CH₄ above background", "seen again", "",
    ],
]  # fmt: skip
CHINESE = [
    [
        *ENGLISH[0][:13], "CH₄ above background；yearly plan",
        "seen again；plan；各解释概率：unlawful_emission 0.80, unlisted_source 0.20", LINK,
    ],
    [*ENGLISH[1][:13], "CH₄ above background", "seen again", ""],
]  # fmt: skip


@pytest.mark.parametrize(("lang", "rows"), [("en", ENGLISH), ("zh", CHINESE)])
def test_every_column_of_the_csv_in_both_languages(tmp_path: Path, make_route: Make, lang: str, rows: Any) -> None:
    """Two routes of two stops, each numbered from 1, worked out from the records."""
    write_routes_csv(tmp_path / "r.csv", [make_route(), make_route(name="R2")], lang=lang)
    head, *lines = csv.reader(io.StringIO((tmp_path / "r.csv").read_bytes().decode("utf-8-sig")))
    assert head == [
        "route", "stop", "site_id", "name", "permit_code", "kind", "counts_against_cap", "arrive", "leave", "lon",
        "lat", "gcj02_lon", "gcj02_lat", "matters", "reasons", "navigate",
    ]  # fmt: skip
    second = [["R2", *row[1:]] for row in rows]
    assert lines == [[str(cell) for cell in row] for row in [*rows, *second]]


def test_the_csv_is_english_unless_asked(tmp_path: Path, make_route: Make) -> None:
    """As the workbook is."""
    write_routes_csv(tmp_path / "r.csv", [make_route()])
    assert rows_of(tmp_path / "r.csv")[1]["matters"] == "CH₄ above background"
    write_routes_xlsx(tmp_path / "r.xlsx", [make_route()])
    sheet = load_workbook(tmp_path / "r.xlsx").active
    assert (sheet.title, sheet["A1"].value, sheet["N3"].value) == ("routes", "route", "CH₄ above background")


@pytest.mark.parametrize(("lang", "rows"), [("en", ENGLISH), ("zh", CHINESE)])
def test_every_cell_of_the_workbook_in_both_languages(tmp_path: Path, make_route: Make, lang: str, rows: Any) -> None:
    """Numbers are numbers; an empty cell is empty."""
    write_routes_xlsx(tmp_path / "r.xlsx", [make_route()], lang=lang)
    sheet = load_workbook(tmp_path / "r.xlsx").active
    head, *lines = ([cell.value for cell in line] for line in sheet.iter_rows())
    titles = (
        "路线 序号 点位编码 名称 排污许可证编号 检查类别 计入频次 到达 离开 经度 纬度 GCJ-02|经度 GCJ-02|纬度 "
        "检查事项 线索与依据 导航"
    )
    assert head == (list(COLUMNS) if lang == "en" else [title.replace("|", " ") for title in titles.split()])
    assert lines == [[cell if cell != "" else None for cell in row] for row in rows]
    assert sheet.title == ("routes" if lang == "en" else "检查路线")


def test_the_workbook_is_ready_to_print(tmp_path: Path, make_route: Make) -> None:
    """A bold heading that stays, wrapped cells, links that open, landscape, as wide as the page."""
    write_routes_xlsx(tmp_path / "r.xlsx", [make_route()])
    book = load_workbook(tmp_path / "r.xlsx")
    sheet = book.active
    assert all(cell.font.bold and cell.fill.fgColor.rgb == "00E7ECEF" for cell in sheet[1])
    assert sheet["A1"].fill.fill_type == "solid"
    widths = [sheet.column_dimensions[letter].width for letter in "ABCDEFGHIJKLMNOP"]
    assert widths == [7, 6, 26, 28, 26, 9, 9, 22, 22, 12, 12, 12, 12, 46, 60, 40]
    for line in sheet.iter_rows(min_row=2, max_col=15):
        assert all(cell.alignment.vertical == "top" and cell.alignment.wrap_text for cell in line)
    assert not sheet["A1"].alignment.wrap_text
    assert sheet["P2"].hyperlink.target == LINK and sheet["P2"].style == "Hyperlink"
    assert sheet["P3"].hyperlink is None
    assert sheet.freeze_panes == "A2"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    made = datetime(2000, 1, 1)
    assert (book.properties.creator, book.properties.created, book.properties.modified) == ("onevisit", made, made)
    with zipfile.ZipFile(tmp_path / "r.xlsx") as archive:
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {i.compress_type for i in archive.infolist()} == {zipfile.ZIP_DEFLATED}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_start_of_a_formula_is_left_bare(tmp_path: Path, make_route: Make, start: str) -> None:
    """Each of the six characters by which a spreadsheet takes a text for a formula; inside a text they stay."""
    route = make_route()
    names = [f"{start}1", f"a{start}1"]
    stops = tuple(replace(s, visit=replace(s.visit, name=n)) for s, n in zip(route.stops, names, strict=True))
    write_routes_csv(tmp_path / "r.csv", [replace(route, stops=stops)])
    text = (tmp_path / "r.csv").read_bytes().decode("utf-8-sig")
    assert [row["name"] for row in csv.DictReader(io.StringIO(text, newline=""))] == [f"'{start}1", f"a{start}1"]


def test_positions_have_seven_decimals_and_those_of_maps_six(tmp_path: Path, make_route: Make) -> None:
    """A centimetre, and a decimetre."""
    route = make_route()
    stop = replace(route.stops[1], visit=replace(route.stops[1].visit, lon=13.123456789, lat=52.123456789))
    write_routes_csv(tmp_path / "r.csv", [replace(route, stops=(stop,))])
    (row,) = rows_of(tmp_path / "r.csv")
    assert [row[k] for k in ("lon", "lat", "gcj02_lon", "gcj02_lat")] == [
        "13.1234568", "52.1234568", "13.123457", "52.123457",
    ]  # fmt: skip


def test_the_place_in_china_is_shifted_as_published(make_visit: Make) -> None:
    """Abroad it is not."""
    assert chinese_position(make_visit("S1", 121.5272106, 31.1774276)) == (121.531542, 31.175304)
    assert chinese_position(make_visit("S1", -92.0, 46.8)) == (-92.0, 46.8)


def test_times_have_minutes_and_an_offset() -> None:
    """Seconds are cut."""
    assert local_time(datetime.fromisoformat("2026-03-02T09:05:59+08:00")) == "2026-03-02T09:05+08:00"
