"""Route lists for spreadsheets."""

from __future__ import annotations

import csv
import io
import time
from datetime import date
from urllib.parse import parse_qs, urlparse

import pytest
from openpyxl import load_workbook

from onevisit.handover.tables import COLUMNS, amap_link, write_routes_csv, write_routes_xlsx
from onevisit.routes import plan_routes
from onevisit.settings import RouteSettings

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
    assert rows_of(tmp_path / "routes.csv")[0]["matters"] == "甲烷高出背景"
