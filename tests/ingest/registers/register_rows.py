"""Rows of registers as the tests of listings, joins and sites make them."""

from __future__ import annotations

from shapely.geometry.base import BaseGeometry

from ingest.registers.listings import Listing
from ingest.registers.places import Place
from ingest.registers.rows import Register, RegisterRow
from ingest.schema import CrsSource

CODE = "91130200699229617X"  # HJ 608-2017, the standard's example
OTHER = "91350100M000100Y43"  # GB 32100-2015, the standard's example
PERMIT = CODE + "001P"


def row(number: int = 2, geometry: BaseGeometry | None = None, file_crs: str = "", **values: str) -> RegisterRow:
    """One line of a register."""
    return RegisterRow(f"line {number}", values, geometry, file_crs)


def register(item: str, *rows: RegisterRow) -> Register:
    """A register of these rows."""
    return Register(item, rows)


def place(
    lon: float = 104.1, lat: float = 30.7, *, crs: str = "WGS 84", source: CrsSource = CrsSource.DECLARED,
    rounding_m: float = 0.0,
) -> Place:  # fmt: skip
    """A place whose numbers are its degrees."""
    return Place(lon, lat, crs, source, lon, lat, rounding_m)


def listing(
    item: str = "a.csv", number: int = 2, *, values: dict[str, str] | None = None, **fields: object
) -> Listing:
    """A listing of a line that holds these texts."""
    return Listing(item, row(number, **(values or {})), **fields)  # type: ignore[arg-type]
