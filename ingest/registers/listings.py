"""Register rows → listings: codes checked, places understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from ingest.errors import SettingError
from ingest.outcome import Decision, Notes, Phrase
from ingest.registers.codes import is_permit_code, is_uscc, normalise_code, uscc_of_permit
from ingest.registers.places import ImpossiblePlace, Place, crs_name, read_place
from ingest.registers.rows import Register, RegisterRow
from ingest.schema import CrsSource
from ingest.shapes import SettledShape, main_polygon, parts_of, settle_shapes
from ingest.text.fields import is_rounded_code

Understood = SettledShape | ImpossiblePlace | SettingError | None
"""What became of the shape of a row."""
_GATE_WORDS = ("大门", "门口", "出入口", "gate", "entrance")
_OUTLET_WORDS = ("排放口", "排口", "排气筒", "烟囱", "outlet", "stack", "chimney")


@dataclass(frozen=True)
class Listing:
    """A register row with its codes checked and its place understood.

    ``part`` is what the row's place is: ``site``, ``gate`` or ``outlet``; ``parcel`` is its polygon in WGS 84.
    """

    register: str
    row: RegisterRow
    permit_code: str = ""
    uscc: str = ""
    name: str = ""
    part: str = "site"
    place: Place | None = None
    gate: Place | None = None
    parcel: shapely.Polygon | None = None

    @property
    def where(self) -> str:
        """Name of the row as shown to people."""
        return f"{self.register}, {self.row.where}"

    @property
    def is_loose(self) -> bool:
        """Whether nothing but a shape is known."""
        return not (self.permit_code or self.uscc or self.name or self.row.get("site_id"))


class RowNotes(Notes):
    """Notes in which all rows of a register about which the same was decided have one decision."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[tuple[str, Phrase], tuple[int, str, int]] = {}

    def keep_row(self, where: str, decision: Decision) -> None:
        """Keep what was decided about one row of a register.

        Of rows with the same code and values, the first one's place and evidence stand, and how many more there are.

        Parameters
        ----------
        where : str
            The row.
        decision : Decision
            Its item is the register.
        """
        key = decision.item, decision.what
        at, item, before = self._rows.get(key, (len(self.decisions), f"{decision.item}, {where}", 0))
        if before:
            self.decisions[at] = replace(self.decisions[at], item=f"{item} and {before} more rows")
        else:
            self.keep(replace(decision, item=item))
        self._rows[key] = at, item, before + 1


def read_listings(registers: Sequence[Register], crs: str, notes: RowNotes) -> list[Listing]:
    """Understand the rows of all registers.

    Parameters
    ----------
    registers : sequence of Register
    crs : str
        System of rows whose file says nothing, empty if nobody knows.
    notes : RowNotes
        Receives what was decided and refused.
    """
    near = _middle(registers, crs)
    rows = [
        (register, row, found)
        for register in registers
        for row, found in zip(register.rows, _settle(register, crs, near), strict=True)
        if not _nameless(register, row, notes)
    ]
    listings = []
    for register, row, found in rows:
        try:
            listings.append(_read_listing(register.item, row, found, crs, near, notes))
        except ImpossiblePlace as error:
            label = row.get("name") or row.get("permit_code") or row.get("uscc") or Phrase("row_without_name")
            notes.reject(register.item, row.where, "row_place_refused", {"label": label, "error": error.phrase})
        except SettingError as error:
            notes.reject(register.item, row.where, "row_crs_refused", {"error": error.phrase})
    return listings


# --- one row -------------------------------------------------------------------------------------------------------


def _settle(register: Register, crs: str, near: tuple[float, float] | None) -> Sequence[Understood]:
    """Understand the shapes of a register, which are of one file."""
    if all(row.geometry is None for row in register.rows):
        return [None] * len(register.rows)
    declared = [row.get("crs") or row.crs or crs for row in register.rows]
    return settle_shapes([row.geometry for row in register.rows], declared, near=near)


def _read_listing(
    register: str, row: RegisterRow, found: Understood, crs: str, near: tuple[float, float] | None, notes: RowNotes
) -> Listing:
    declared = crs_name(row.get("crs") or row.crs or crs)
    x, y = _coordinate_texts(row)
    place = read_place(x, y, declared, near=near)
    gate = read_place(row.get("gate_lon"), row.get("gate_lat"), declared, near=near)
    said = [note for one in (place, gate) for note in (one.notes if one else ())]
    parcel = None
    if row.problem is not None:
        raise ImpossiblePlace(row.problem)
    if isinstance(found, Exception):
        raise found
    if found is not None:
        place, parcel, more = _from_shape(found, place)
        said += [*found.notes, *more]
    for note in said:
        notes.keep_row(row.where, replace(note, item=register))
    permit_code, uscc = _codes(register, row, notes)
    return Listing(register, row, permit_code, uscc, row.get("name"), _part(row), place, gate, parcel)


def _nameless(register: Register, row: RegisterRow, notes: RowNotes) -> bool:
    """Whether nothing names the site of a row but a code that was rounded; then the row is a reject."""
    codes = [text for name in ("permit_code", "uscc", "site_id") if (text := row.get(name))]
    if row.get("name") or not codes or row.geometry is not None or not all(map(is_rounded_code, codes)):
        return False
    notes.reject(register.item, row.where, "row_code_rounded", {"code": codes[0]})
    return True


def _codes(register: str, row: RegisterRow, notes: RowNotes) -> tuple[str, str]:
    """Permit code and credit code of a row; codes of the wrong shape or check character are not used."""
    permit_code, uscc = (_unrounded(register, row, name, notes) for name in ("permit_code", "uscc"))
    if is_permit_code(uscc) and not permit_code:  # typed into the other column
        permit_code, uscc = uscc, ""
    if permit_code and not is_permit_code(permit_code):
        why = Phrase("permit_code_of_wrong_length", {"permit_code": permit_code, "count": len(permit_code)})
        notes.keep_row(row.where, Decision(register, "permit_code_not_used", {}, why))
        permit_code = ""
    if uscc and not is_uscc(uscc):
        why = Phrase("credit_code_fails_check", {"uscc": uscc})
        notes.keep_row(row.where, Decision(register, "credit_code_not_used", {}, why))
        uscc = ""
    own = uscc_of_permit(permit_code)
    if own and uscc and own != uscc:
        why = Phrase("credit_codes_differ", {"permit_code": permit_code, "own": own, "stated": uscc})
        notes.keep_row(row.where, Decision(register, "credit_code_of_permit_believed", {}, why))
    return permit_code, own or uscc


def _unrounded(register: str, row: RegisterRow, name: str, notes: RowNotes) -> str:
    """A code of a row; one that a spreadsheet turned into a number and rounded is none."""
    text = row.get(name)
    if not is_rounded_code(text):
        return normalise_code(text)
    notes.keep_row(row.where, Decision(register, "code_rounded", {}, Phrase("code_lost_digits", {"code": text})))
    return ""


def _coordinate_texts(row: RegisterRow) -> tuple[str, str]:
    if row.get("lon") and row.get("lat"):
        return row.get("lon"), row.get("lat")
    if row.get("x") and row.get("y"):
        return row.get("x"), row.get("y")
    parts = row.get("lonlat").replace("，", ",").replace(";", ",").split(",")
    return (parts[0], parts[1]) if len(parts) == 2 else ("", "")


def _from_shape(
    found: SettledShape, place: Place | None
) -> tuple[Place | None, shapely.Polygon | None, tuple[Decision, ...]]:
    """Place and parcel of a row with a geometry: a point is a place, the largest polygon a parcel; what was said."""
    parcel, notes = main_polygon(found.wgs84)
    parts = list(parts_of(found.wgs84))
    points = [one for one in parts if isinstance(one, shapely.Point)]
    if len(points) == 1 and place is None:
        written = next(one for one in parts_of(found.written) if isinstance(one, shapely.Point))
        place = Place(written.x, written.y, found.crs, CrsSource.DECLARED, points[0].x, points[0].y)
    lines = sum(1 for one in parts if not isinstance(one, shapely.Point | shapely.Polygon))
    if len(points) > 1 or lines:
        notes = (*notes, Decision("", "shape_not_a_place", {"points": len(points), "lines": lines}))
    return place, parcel, notes


def _part(row: RegisterRow) -> str:
    text = row.get("part").lower()
    if any(word in text for word in _GATE_WORDS):
        return "gate"
    if row.get("outlet") or any(word in text for word in _OUTLET_WORDS):
        return "outlet"
    return "site"


def _middle(registers: Sequence[Register], crs: str) -> tuple[float, float] | None:
    """Median place of the rows in degrees (100 m of datum do not matter here)."""
    places = []
    for register in registers:
        for row, shape in zip(register.rows, _settle(register, crs, None), strict=True):
            try:
                place = read_place(*_coordinate_texts(row), "")
            except ImpossiblePlace:
                continue
            if place is not None:
                places.append((place.lon, place.lat))
            elif isinstance(shape, SettledShape) and not isinstance(shape.wgs84, shapely.LineString):
                places.append((shape.wgs84.centroid.x, shape.wgs84.centroid.y))
    if not places:
        return None
    lon, lat = np.median(np.array(places), axis=0)
    return float(lon), float(lat)
