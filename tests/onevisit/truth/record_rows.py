"""What tests of simulated records and of registers share."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import shapely

from onevisit.truth.simulate.names import INDUSTRIES, Industry
from onevisit.truth.simulate.world import ParkSite

WATERWORKS = next(i for i in INDUSTRIES if i.code == "4620")

FURNITURE = next(i for i in INDUSTRIES if i.code == "2110")


def park_site(
    site_id: str = "S1", industry: Industry = FURNITURE, kind: str = "重点管理", *, listed: bool = True
) -> ParkSite:
    """A site of ten metres square, its gate at the road and its stack in the middle."""
    box = shapely.box(0, 0, 10, 10)
    gate, stack = shapely.Point(5, 0), shapely.Point(5, 5)
    return ParkSite(site_id, f"厂{site_id}", f"U{site_id}", industry, box, gate, stack, (), listed, kind)


def rows_of_file(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    """Lines of a table by their headings."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))
