"""Register rows → listings: codes checked, places understood, coordinate systems settled where they can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ingest.errors import SettingError
from ingest.outcome import Decision, Notes, Phrase
from ingest.registers.codes import is_permit_code, is_uscc, normalise_code, uscc_of_permit
from ingest.registers.places import (
    HYPOTHESES,
    WGS84,
    ImpossiblePlace,
    Place,
    crs_name,
    guess_crs,
    read_place,
    shape_to_wgs84,
)
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


def settle_crs(
    listings: Sequence[Listing], notes: RowNotes, *, tolerance_m: float, margin: float, votes: int
) -> list[Listing]:
    """Test the coordinate system of listings against their own parcel or their place in another register.

    A declared system is overruled where the references clearly fit another one: rows typed from a shifted map under
    the name of WGS 84 are common.

    A register in which at least ``votes`` rows could be tested and nine in ten agree settles its other rows; one
    whose tested rows disagree settles nothing else: such lists are typed together from several maps.
    """
    listings = settle_parcels(listings, notes, tolerance_m=tolerance_m, margin=margin, votes=votes)
    references = _references(listings)
    tested: dict[str, list[str]] = defaultdict(list)
    declared: dict[str, list[str]] = defaultdict(list)
    sure: set[str] = set()
    settled: list[Listing] = []
    for listing in listings:
        place = listing.place
        shapes = [shape for owner, shape in references.get(_key(listing), ()) if owner is not listing]
        guess = None
        if place is not None and place.crs in HYPOTHESES and shapes:
            guess = guess_crs(place, shapes, tolerance_m=tolerance_m, margin=margin)
        if place is not None and guess is not None:
            sure.add(listing.where)
            if place.crs_source is CrsSource.DECLARED:
                declared[listing.register].append(guess.crs)
        if place is None or guess is None or (place.crs_source is CrsSource.DECLARED and guess.crs == place.crs):
            settled.append(listing)
            continue
        if place.crs_source is CrsSource.DECLARED:
            values = {"crs": guess.crs, "former": place.crs}
            evidence = guess.notes[-1].evidence
            notes.keep_row(listing.row.where, Decision(listing.register, "declared_crs_overruled", values, evidence))
        else:
            tested[listing.register].append(guess.crs)
            notes.keep_row(listing.row.where, replace(guess.notes[-1], item=listing.register))
        settled.append(replace(listing, place=guess, gate=_same_system(listing.gate, guess)))
    winners = {register: _winner(found, votes) for register, found in tested.items()}
    for register, found in tested.items():
        if len(set(found)) > 1:
            counts = ((name, found.count(name)) for name in sorted(set(found)))
            rows = tuple(Phrase("rows_in_system", {"count": count, "crs": name}) for name, count in counts)
            notes.keep_row("all rows", Decision(register, "register_mixes_systems", {"rows": rows}))
    overruled = {register: _winner(found, votes) for register, found in declared.items()}
    return [
        listing
        if listing.where in sure
        else _follow_register(listing, winners.get(listing.register, ""), overruled.get(listing.register, ""), notes)
        for listing in settled
    ]


def settle_parcels(
    listings: Sequence[Listing], notes: RowNotes, *, tolerance_m: float, margin: float, votes: int
) -> list[Listing]:
    """Test parcels of files that name no system against places that other registers declare.

    A file of parcels is read in a shifted system if at least ``votes`` of them are tested and nine in ten agree: one
    alone may have moved.
    """
    places: dict[str, list[BaseGeometry]] = defaultdict(list)
    for listing in listings:
        place = listing.place
        if place is None or listing.row.geometry is not None or listing.part != "site" or not _key(listing):
            continue
        if place.crs_source is CrsSource.DECLARED:
            places[_key(listing)].append(shapely.Point(place.lon, place.lat))
    found: dict[str, list[str]] = defaultdict(list)
    for listing in listings:
        if listing.parcel is None or listing.row.crs or not places.get(_key(listing)):
            continue
        middle = listing.parcel.representative_point()
        place = Place(middle.x, middle.y, WGS84, CrsSource.UNKNOWN, middle.x, middle.y)
        guess = guess_crs(place, places[_key(listing)], tolerance_m=tolerance_m, margin=margin)
        if guess is not None:
            found[listing.register].append(guess.crs)
    winners = {register: _winner(systems, votes) for register, systems in found.items()}
    settled = []
    for listing in listings:
        winner = winners.get(listing.register, "")
        if listing.parcel is not None and winner not in ("", WGS84) and not listing.row.crs:
            why = Phrase("parcels_tested", {"count": len(found[listing.register])})
            notes.keep_row(listing.row.where, Decision(listing.register, "parcels_read_as", {"crs": winner}, why))
            moved, _ = main_polygon(shape_to_wgs84(listing.parcel, winner))
            settled.append(replace(listing, parcel=moved))
        else:
            settled.append(listing)
    return settled


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


# --- the coordinate system -----------------------------------------------------------------------------------------


def _key(listing: Listing) -> str:
    return listing.permit_code or listing.uscc or listing.name


def _references(listings: Sequence[Listing]) -> Mapping[str, list[tuple[Listing, BaseGeometry]]]:
    """Parcels and places of a known system by permit code, credit code of one site, and name."""
    found: dict[str, list[tuple[Listing, BaseGeometry]]] = defaultdict(list)
    for listing in listings:
        shapes: list[BaseGeometry] = [listing.parcel] if listing.parcel is not None else []
        if listing.place is not None and listing.place.crs_source is CrsSource.DECLARED and listing.part == "site":
            shapes.append(shapely.Point(listing.place.lon, listing.place.lat))
        for shape in shapes:
            for key in {listing.permit_code, listing.uscc, listing.name} - {""}:
                found[key].append((listing, shape))
    return found


def _winner(found: Sequence[str], votes: int) -> str:
    best = max(set(found), key=found.count)
    return best if found.count(best) >= votes and found.count(best) >= 0.9 * len(found) else ""


def _follow_register(listing: Listing, winner: str, overruled: str, notes: RowNotes) -> Listing:
    """Read a row that could not be tested as the tested rows of its register."""
    if listing.place is None or listing.place.crs not in HYPOTHESES:
        return listing
    declared = listing.place.crs_source is CrsSource.DECLARED
    if declared:  # followed only where no more than RFC 7946 says WGS 84
        winner = overruled if listing.row.geometry is not None and not listing.row.crs else ""
    if not winner or listing.place.crs_source is CrsSource.GUESSED or (declared and winner == listing.place.crs):
        return listing
    notes.keep_row(listing.row.where, Decision(listing.register, "coordinates_read_like_register", {"crs": winner}))
    lon, lat = listing.place.in_system(winner)
    place = replace(listing.place, crs=winner, crs_source=CrsSource.GUESSED, lon=lon, lat=lat)
    return replace(listing, place=place, gate=_same_system(listing.gate, place))


def _same_system(gate: Place | None, place: Place) -> Place | None:
    """Read a row's gate in the system that was found for its place."""
    if gate is None or gate.crs not in HYPOTHESES:
        return gate
    lon, lat = gate.in_system(place.crs)
    return replace(gate, crs=place.crs, crs_source=place.crs_source, lon=lon, lat=lat)
