"""Ground control and check points as surveyors and OpenDroneMap write them (``gcp_list.txt``).

The first line names the coordinate system (``EPSG:32615``, ``WGS84 UTM 15N`` or a PROJ string). Every other line is
one mark in one photo: easting, northing, height, column, row, photo, and optionally the point's name and ``check``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS

from ingest.coordinates import crs_from_text, to_grid, to_lonlat
from ingest.errors import FileError
from ingest.outcome import Notes, Outcome, Phrase

_UTM = re.compile(r"WGS\s*84\s+UTM\s+(\d{1,2})\s*([NS])", re.IGNORECASE)


@dataclass(frozen=True)
class ControlMark:
    """Where a point is seen in one photo: pixels from the outer corner of the first pixel (GDAL's convention)."""

    photo: str
    column_px: float
    row_px: float


@dataclass(frozen=True)
class ControlPoint:
    """A surveyed point in the grid CRS; ``height_m`` in whatever datum the survey had, NaN where it has none.

    ``check`` points are not adjusted on: they tell how right the mosaic is.
    """

    name: str
    easting_m: float
    northing_m: float
    height_m: float
    marks: tuple[ControlMark, ...]
    check: bool = False


def read_control(path: Path, *, crs: CRS) -> Outcome[tuple[ControlPoint, ...]]:
    """Read a list of ground control points into the grid CRS.

    Parameters
    ----------
    crs : pyproj.CRS
        Grid CRS of the mosaic; longitudes and latitudes and other projections are brought into it.

    Returns
    -------
    Outcome of tuple of ControlPoint
        In the order of the file; a `Reject` for every line that is no mark.

    Raises
    ------
    FileError
        If the file cannot be read as text, or its first line names no coordinate system.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(path.name, "control_unreadable", {"error": str(error)}) from error
    source = _system(path.name, lines)
    points: dict[str, ControlPoint] = {}
    notes = Notes()
    for number, line in enumerate(lines[1:], start=2):
        cells = re.split(r"\s*[\t,;]\s*" if re.search(r"[\t,;]", line) else r"\s+", line.strip())
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        read = _mark(cells)
        if isinstance(read, Phrase):
            notes.reject(path.name, f"line {number}", read.code, read.values)
            continue
        name = read.name or f"{cells[0]} {cells[1]}"
        former = points.get(name)
        marks = read.marks if former is None else former.marks + read.marks
        first = read if former is None else former
        points[name] = ControlPoint(
            name, first.easting_m, first.northing_m, first.height_m, marks, first.check or read.check
        )  # fmt: skip
    return notes.outcome(tuple(_on_grid(p, source, crs) for p in points.values()))


def _system(item: str, lines: Sequence[str]) -> CRS:
    head = lines[0].strip() if lines else ""
    utm = _UTM.fullmatch(head)
    if utm:
        return CRS.from_epsg((32600 if utm[2].upper() == "N" else 32700) + int(utm[1]))
    if not head or re.match(r"[-+]?[\d.]+\s", head):
        raise FileError(item, "control_without_crs", {"line": head[:40]}, where="line 1")
    return crs_from_text(head)


def _mark(cells: Sequence[str]) -> ControlPoint | Phrase:
    """One line as a point with one mark, or why it is none."""
    if len(cells) < 6:
        return Phrase("control_columns_missing", {"count": len(cells)})
    try:
        x, y, column, row = (float(cells[k]) for k in (0, 1, 3, 4))
        height = math.nan if cells[2].lower() in ("nan", "-", "none") else float(cells[2])
    except ValueError as error:
        return Phrase("control_number_expected", {"error": str(error)})
    if not all(math.isfinite(v) for v in (x, y, column, row)):
        return Phrase("control_coordinate_not_finite")
    name, role = ([*cells[6:], "", ""])[:2]
    return ControlPoint(name, x, y, height, (ControlMark(cells[5], column, row),), role.lower() == "check")


def _on_grid(point: ControlPoint, source: CRS, crs: CRS) -> ControlPoint:
    x, y = point.easting_m, point.northing_m
    if source != crs:
        lon, lat = (x, y) if source.is_geographic else to_lonlat(x, y, source)
        x, y = (float(v) for v in to_grid(lon, lat, crs))
    return ControlPoint(point.name, x, y, point.height_m, point.marks, point.check)
