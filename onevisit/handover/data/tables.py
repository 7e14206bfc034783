"""Routes as tables for people: ``routes.csv`` for Excel (UTF-8 with BOM) and ``routes.xlsx``."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from ingest.coordinates import gcj02_from_wgs84, is_mainland_china
from onevisit.atomic import write_bytes
from onevisit.schema import Route, Visit, joined

COLUMNS = (
    "route",
    "stop",
    "site_id",
    "name",
    "permit_code",
    "kind",
    "counts_against_cap",
    "arrive",
    "leave",
    "lon",
    "lat",
    "gcj02_lon",
    "gcj02_lat",
    "matters",
    "reasons",
    "navigate",
)
"""Columns of a route list, in order."""

_TITLES_ZH = dict(
    zip(
        COLUMNS,
        (
            "路线",
            "序号",
            "点位编码",
            "名称",
            "排污许可证编号",
            "检查类别",
            "计入频次",
            "到达",
            "离开",
            "经度",
            "纬度",
            "GCJ-02 经度",
            "GCJ-02 纬度",
            "检查事项",
            "线索与依据",
            "导航",
        ),
        strict=True,
    )
)
_WIDTHS = (7, 6, 26, 28, 26, 9, 9, 22, 22, 12, 12, 12, 12, 46, 60, 40)
# A cell that starts like this is a formula to a spreadsheet; a name from a register must never be one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def write_routes_csv(path: Path, routes: Sequence[Route], *, lang: str = "en") -> None:
    """Write ``routes.csv``: a line per stop, UTF-8 with BOM, CRLF (RFC 4180), as Excel on Windows opens it.

    The column names stay those of the contract; ``lang`` chooses the language of matters and reasons.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in _rows(routes, lang):
        writer.writerow([_safe(cell) for cell in row])
    write_bytes(path, text.getvalue().encode("utf-8-sig"))


def write_routes_xlsx(path: Path, routes: Sequence[Route], *, lang: str = "en") -> None:
    """Write ``routes.xlsx``: the same lines as `write_routes_csv`, ready to print, with links that open."""
    heads = [_TITLES_ZH[name] if lang == "zh" else name for name in COLUMNS]
    write_workbook(path, "routes" if lang == "en" else "检查路线", heads, _rows(routes, lang), _WIDTHS)


def write_workbook(
    path: Path, title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], widths: Sequence[int]
) -> None:
    """Write one sheet, ready to print; the last column holds a link that opens, or nothing.

    Parameters
    ----------
    path : Path
    title : str
        Of the sheet.
    heads : sequence of str
    rows : sequence of rows
        What a spreadsheet would run as a formula is written as text.
    widths : sequence of int
        Of the columns, in characters.
    """
    book = Workbook()
    sheet = book.active
    sheet.title = title
    sheet.append(list(heads))
    for row in rows:
        sheet.append([_safe(cell) for cell in row])
    for cell in sheet[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E7ECEF")
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        if str(line[-1].value or "").startswith("https://"):
            line[-1].hyperlink, line[-1].style = line[-1].value, "Hyperlink"
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    fixed = datetime(2000, 1, 1)
    book.properties.creator, book.properties.created, book.properties.modified = "onevisit", fixed, fixed
    raw = io.BytesIO()
    book.save(raw)
    write_bytes(path, _without_times(raw.getvalue()))


class Stands(Protocol):
    """What has a name and stands somewhere: WGS 84 degrees."""

    @property
    def name(self) -> str:
        """Of the site."""

    @property
    def lon(self) -> float:
        """Longitude."""

    @property
    def lat(self) -> float:
        """Latitude."""


def amap_link(visit: Stands) -> str:
    """The link that opens AMap's navigation to one gate; empty outside of mainland China, where AMap has no streets.

    The position is converted to GCJ-02, which the page expects; a link names one stop only, never the list.
    """
    if not is_mainland_china(visit.lon, visit.lat):
        return ""
    lon, lat = chinese_position(visit)
    name = quote(visit.name.replace(",", " "), safe="")
    return f"https://uri.amap.com/navigation?to={lon:.6f},{lat:.6f},{name}&mode=car&src=onevisit&callnative=1"


def chinese_position(visit: Stands) -> tuple[float, float]:
    """GCJ-02 longitude and latitude, six decimals; WGS 84 outside of mainland China, where maps are not shifted."""
    if not is_mainland_china(visit.lon, visit.lat):
        return round(visit.lon, 6), round(visit.lat, 6)
    lon, lat = gcj02_from_wgs84(visit.lon, visit.lat)
    return round(float(lon), 6), round(float(lat), 6)


def local_time(time: datetime) -> str:
    """Local time with its offset, to the minute: ``2026-03-01T09:30+08:00``."""
    return time.isoformat(timespec="minutes")


def matters_text(visit: Visit, lang: str) -> str:
    """What to check at the site, as one line."""
    return joined([m.text for m in visit.matters], lang)


def reasons_text(visit: Visit, lang: str) -> str:
    """Why the site is on the list, and what else could explain it, as one line."""
    rivals = ", ".join(f"{e.name} {e.probability:.2f}" for e in visit.explanations)
    reasons = joined(visit.reasons, lang)
    if not rivals:
        return reasons
    return f"{reasons}；各解释概率：{rivals}" if lang == "zh" else f"{reasons}; explanations: {rivals}"


def _rows(routes: Sequence[Route], lang: str) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for route in routes:
        for number, stop in enumerate(route.stops, start=1):
            v = stop.visit
            gcj_lon, gcj_lat = chinese_position(v)
            rows.append(
                [
                    route.name,
                    number,
                    v.site_id,
                    v.name,
                    v.permit_code,
                    v.kind.value,
                    str(v.counts_against_cap).lower(),
                    local_time(stop.arrive),
                    local_time(stop.leave),
                    round(v.lon, 7),
                    round(v.lat, 7),
                    gcj_lon,
                    gcj_lat,
                    matters_text(v, lang),
                    reasons_text(v, lang),
                    amap_link(v),
                ]
            )
    return rows


def _safe(cell: Cell) -> Cell:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _without_times(content: bytes) -> bytes:
    """The same archive with fixed times, of members and in properties, so that equal routes give equal bytes."""
    out = io.BytesIO()
    fixed = rb"\g<1>2000-01-01T00:00:00Z<"
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*<", fixed, source.read(name))
            target.writestr(zipfile.ZipInfo(name, _ZIP_TIME), member, zipfile.ZIP_DEFLATED)
    return out.getvalue()
