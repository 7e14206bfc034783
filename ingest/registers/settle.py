"""Coordinate systems of the rows of registers: what each row shows, weighed over its file; a doubt is several places.

A row is tested against its own parcel or its place in another register, and where the mission has roads its gate and
its place against the streets. `ingest.registers.datum` makes of that a probability of each system for each row: the
likeliest is read, the others are kept as other places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ingest.coordinates import is_mainland_china
from ingest.errors import SettingError
from ingest.outcome import Decision, Phrase
from ingest.registers.datum import prior_of_file, weigh_systems
from ingest.registers.gates import StreetDistances, measure_streets
from ingest.registers.listings import Listing, RowNotes
from ingest.registers.places import HYPOTHESES, WGS84, OtherReading, Place, guess_crs, shape_to_wgs84
from ingest.roads.read import Roads
from ingest.schema import CrsSource
from ingest.settings import setting
from ingest.shapes import main_polygon
from ingest.text.sources import Limits

Floats = NDArray[np.float64]

_OTHER_PLANT = 1e-3
"""Chance that a row which lies at its reference in one system only does so by accident: choice."""
_LEAST = 0.02
"""Systems less likely than this are no place of a site: choice, one visit in fifty."""
_SETTLED = 0.9
"""An unknown system this likely counts as guessed: as nine in ten tested rows that agree (choice)."""
_DOUBTFUL = 0.8
"""Rows whose likeliest place is less likely than this are told: choice; nobody tested says nine in ten."""
_OVERRULED_CODES = {
    "declared": "declared_crs_overruled",
    "guessed": "guessed_crs_overruled",
    "unknown": "unknown_crs_overruled",
}
"""What is said of a system that is overruled, by how it became known (`CrsSource`)."""


@dataclass(frozen=True)
class DatumSettings(Limits):
    """What the coordinate systems of rows are tested with."""

    crs_tolerance_m: float = setting(120.0, unit="m", source="choice: between a parcel's size and the shift of 350 m")
    crs_margin: float = setting(2.0, unit="1", source="choice: the next hypothesis must be twice as far")
    crs_votes: int = setting(3, unit="1", source="choice: tested parcels of a file that settle its others")
    wrong_file_share: float = setting(
        0.03, unit="1", source="choice: registers that say WGS 84 and hold GCJ-02; single rows come on top"
    )

    def __post_init__(self) -> None:
        """Refuse a share that no prior can have."""
        if not 0 < self.wrong_file_share < 1:
            raise SettingError(f"sites.wrong_file_share is {self.wrong_file_share}, expected a share between 0 and 1")


def settle_crs(
    listings: Sequence[Listing], notes: RowNotes, settings: DatumSettings, roads: Roads | None = None
) -> list[Listing]:
    """Read every row in its likeliest coordinate system, and keep the others as places where it may stand.

    Rows of one file that name the same system share a hypothesis (`weigh_systems`): what parcels, other registers and
    streets show of some of them counts for all. A declared system is overruled where that fits better: rows typed
    from a shifted map under the name of WGS 84 are common. Rows in metres and outside of mainland China are left
    alone.

    Parameters
    ----------
    listings : sequence of Listing
    notes : RowNotes
        Receives what was decided.
    settings : DatumSettings
    roads : Roads, optional
        The streets of the mission.

    Returns
    -------
    list of Listing
        In the same order.
    """
    listings = settle_parcels(
        listings, notes, tolerance_m=settings.crs_tolerance_m, margin=settings.crs_margin, votes=settings.crs_votes
    )
    guesses = _guesses(listings, settings)
    streets = measure_streets(listings, roads)
    files: dict[tuple[str, str, CrsSource], list[int]] = defaultdict(list)
    for k, listing in enumerate(listings):
        place = listing.place
        if place is not None and place.crs in HYPOTHESES and is_mainland_china(place.lon, place.lat):
            files[listing.register, place.crs, place.crs_source].append(k)
    settled = list(listings)
    for (register, crs, source), rows in files.items():
        prior, rarer = prior_of_file(crs, source, settings.wrong_file_share)
        own = np.stack([_own_evidence(guesses.get(k)) for k in rows])
        shares = weigh_systems(prior, own, streets.tests(rows) if streets else (), rarer=rarer)
        for k, share in zip(rows, shares, strict=True):
            settled[k] = _read_as(listings[k], share)
            _tell(listings[k], settled[k], guesses.get(k), _street_distances(streets, k), notes)
        _tell_mixture(register, [guesses[k].crs for k in rows if k in guesses], notes)
        _tell_doubt(register, crs, [settled[k] for k in rows], notes)
    return settled


def _guesses(listings: Sequence[Listing], settings: DatumSettings) -> dict[int, Place]:
    """What the own references of rows tell alone, by row."""
    references = _references(listings)
    found = {}
    for k, listing in enumerate(listings):
        shapes = [shape for owner, shape in references.get(_key(listing), ()) if owner is not listing]
        if listing.place is None or listing.place.crs not in HYPOTHESES or not shapes:
            continue
        guess = guess_crs(listing.place, shapes, tolerance_m=settings.crs_tolerance_m, margin=settings.crs_margin)
        if guess is not None:
            found[k] = guess
    return found


def _own_evidence(guess: Place | None) -> Floats:
    """Log-likelihoods (systems,) of a row's numbers from its own references."""
    if guess is None:
        return np.zeros(len(HYPOTHESES))
    return np.where(np.array(HYPOTHESES) == guess.crs, 0.0, np.log(_OTHER_PLANT))


def _read_as(listing: Listing, shares: Floats) -> Listing:
    """Read a row and its gate in the likeliest system, with the others that may be."""
    if listing.place is None:
        return listing
    place = _with_readings(listing.place, shares)
    return replace(listing, place=place, gate=None if listing.gate is None else _same_system(listing.gate, place))


def _with_readings(place: Place, shares: Floats) -> Place:
    kept = np.where(shares >= _LEAST, shares, 0.0)
    kept /= kept.sum()
    best = int(np.argmax(kept))
    others = []
    for k in np.argsort(-kept, kind="stable"):
        if k != best and kept[k] > 0:
            others.append(OtherReading(HYPOTHESES[k], *place.in_system(HYPOTHESES[k]), float(kept[k])))
    crs = HYPOTHESES[best]
    source = place.crs_source
    if crs != place.crs or (source is CrsSource.UNKNOWN and kept[best] >= _SETTLED):
        source = CrsSource.GUESSED
    lon, lat = place.in_system(crs)
    return replace(place, crs=crs, crs_source=source, lon=lon, lat=lat, others=tuple(others))


# --- what is said ---------------------------------------------------------------------------------------------------


def _tell(before: Listing, after: Listing, guess: Place | None, street_m: Floats | None, notes: RowNotes) -> None:
    """Say why a row is read in another system, or in one that was unknown."""
    if before.place is None or after.place is None:
        return
    crs, former, source = after.place.crs, before.place.crs, before.place.crs_source
    if crs == former and (source is not CrsSource.UNKNOWN or after.place.crs_source is source):
        return
    values = {"crs": crs, "former": former}
    if guess is not None and guess.crs == crs:
        note = guess.notes[-1]
        if source is CrsSource.DECLARED:
            note = Decision("", "declared_crs_overruled", values, note.evidence)
        notes.keep_row(before.row.where, replace(note, item=before.register))
    elif crs != former and street_m is not None and not np.isnan(street_m).any():
        came = tuple(
            Phrase("distance_in_system", {"crs": name, "distance_m": metres})
            for name, metres in zip(HYPOTHESES, street_m.tolist(), strict=True)
        )
        evidence = Phrase("distances_to_street", {"distances": came})
        notes.keep_row(before.row.where, Decision(before.register, _OVERRULED_CODES[source.value], values, evidence))
    else:
        notes.keep_row(before.row.where, Decision(before.register, "coordinates_read_like_register", {"crs": crs}))


def _street_distances(streets: StreetDistances | None, row: int) -> Floats | None:
    return None if streets is None else np.asarray(streets.gate_m[row])


def _tell_mixture(register: str, tested: Sequence[str], notes: RowNotes) -> None:
    """Say that the tested rows of a file disagree."""
    if len(set(tested)) > 1:
        counts = tuple(
            Phrase("rows_in_system", {"count": tested.count(name), "crs": name}) for name in sorted(set(tested))
        )
        notes.keep_row("all rows", Decision(register, "register_mixes_systems", {"rows": counts}))


def _tell_doubt(register: str, crs: str, rows: Sequence[Listing], notes: RowNotes) -> None:
    """Say how many rows of a file may stand elsewhere, and what they hold on average."""
    places = [row.place for row in rows if row.place is not None]
    doubtful = [place for place in places if place.probability < _DOUBTFUL]
    if not doubtful:
        return
    held: dict[str, float] = defaultdict(float)
    for place in places:
        held[place.crs] += place.probability
        for other in place.others:
            held[other.crs] += other.probability
    shares = tuple(
        Phrase("share_of_rows_in_system", {"crs": name, "percent": 100.0 * held[name] / len(places)})
        for name in HYPOTHESES
        if held[name] > 0
    )
    notes.decide(
        register,
        "rows_of_several_places",
        {"count": len(doubtful), "rows": len(places), "crs": crs},
        Phrase("systems_of_rows", {"shares": shares}),
    )


# --- parcels and references -----------------------------------------------------------------------------------------


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


def _same_system(gate: Place, place: Place) -> Place:
    """Read a row's gate in the systems that were found for its place."""
    if gate.crs not in HYPOTHESES:
        return gate
    lon, lat = gate.in_system(place.crs)
    others = tuple(replace(o, lon=x, lat=y) for o in place.others for x, y in [gate.in_system(o.crs)])
    return replace(gate, crs=place.crs, crs_source=place.crs_source, lon=lon, lat=lat, others=others)
