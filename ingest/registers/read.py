"""Registers → `Site`: one site per place with a gate, joined over all lists that speak about it."""

from __future__ import annotations

import logging
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import shapely

from ingest.coordinates import metres_per_degree
from ingest.errors import FileError
from ingest.outcome import Decision, Notes, Outcome, Phrase
from ingest.registers.days import Orders, date_orders, last_valid_day, visit_day
from ingest.registers.joins import Group, join_listings
from ingest.registers.kinds import find_kind
from ingest.registers.listings import Listing, RowNotes, read_listings
from ingest.registers.permitted import permitted_amounts
from ingest.registers.places import BD09, GCJ02, WGS84, Place, crs_name, distance_m
from ingest.registers.rows import Register, read_register
from ingest.registers.settle import DatumSettings, settle_crs
from ingest.roads.read import Roads
from ingest.schema import CrsSource, Site, SitePlace, Visited
from ingest.settings import setting

logger = logging.getLogger(__name__)

_TRUST = {CrsSource.DECLARED: 0, CrsSource.GUESSED: 1, CrsSource.UNKNOWN: 2}
_CONTRADICTING = 0.2
"""Chance that another row which says another place of a site is right, not the one that is better known: choice."""
_KINDS = (
    ("daily", ("日常", "双随机", "daily")),
    ("special", ("专项", "special")),
    ("case", ("个案", "投诉", "信访", "举报", "线索", "case")),
)


@dataclass(frozen=True)
class SiteSettings(DatumSettings):
    """How registers are read and joined, and what a position is worth."""

    crs: str = setting(
        "", unit="", source='choice: "" means each record says it itself, or it is tested', bureau=True
    )
    position_sd_m: float = setting(30.0, unit="m", source="choice: a point somewhere on a plant, per axis")
    shifted_crs_sd_m: float = setting(2.0, unit="m", source="PRCoords README: real GCJ-02 has noise of 1-2 m")
    same_place_m: float = setting(1500.0, unit="m", source="choice: the length of a large plant")
    near_m: float = setting(150.0, unit="m", source="choice: half a block; two lists of one plant with CRS settled")
    name_likeness: float = setting(0.6, unit="1", source="choice: Dice coefficient of character pairs")


_STATED_ONCE = ("management_class", "credit", "grade", "disclosure", "permit_valid_to", "district", "park")
_FACTS = (
    *("address", "industry_code", "species", "management_class", "credit", "grade", "disclosure", "permit_valid_to"),
    *("district", "park"),
)


def read_sites(
    files: Iterable[Path],
    settings: SiteSettings,
    *,
    root: Path | None = None,
    today: date | None = None,
    roads: Roads | None = None,
) -> Outcome[tuple[Site, ...]]:
    """Read registers and join their rows to sites.

    Parameters
    ----------
    files : iterable of Path
        CSV, Excel or GeoJSON lists of sites, parcels, gates, outlets, credit grades, past visits, in any order.
    settings : SiteSettings
    root : Path, optional
        Folder to which the names shown to people are relative.
    today : date, optional
        The day after which no visit can be; the machine's by default.
    roads : Roads, optional
        Streets against which gates and places are tested.

    Returns
    -------
    Outcome of tuple of Site
        Sorted by ``site_id``. Rows that cannot be placed, and sites without any position, are rejects.
    """
    notes = RowNotes()
    registers = _read_registers(files, settings, root, notes)
    listings = read_listings(registers, crs_name(settings.crs), notes)
    listings = settle_crs(listings, notes, settings, roads)
    loose = [listing for listing in listings if listing.is_loose]
    joined = join_listings(
        [listing for listing in listings if not listing.is_loose],
        same_place_m=settings.same_place_m,
        near_m=settings.near_m,
        likeness=settings.name_likeness,
    )
    days = _Days(date_orders(listings, notes), today)
    sites = [site for group in joined.value if (site := _build_site(group, settings, days, notes)) is not None]
    sites = _unique(_give_parcels(sites, loose, notes), notes)
    notes.keep(*joined.decisions)
    logger.info(Phrase("log_sites", {"rows": len(listings), "sites": len(sites), "rejected": len(notes.rejects)}))
    return notes.outcome(tuple(sites))


def _read_registers(files: Iterable[Path], settings: SiteSettings, root: Path | None, notes: Notes) -> list[Register]:
    registers = []
    for path in sorted(files):
        inside = root is not None and path.is_relative_to(root)
        item = path.relative_to(root).as_posix() if inside and root is not None else path.name
        try:
            other = find_kind(path, item, settings)
            if other.kind not in ("", "checks") and not other.mixed:
                continue  # read by `read_kinds`
            registers.append(read_register(path, item, settings))
            notes.keep(*registers[-1].decisions)
        except FileError as error:
            notes.keep(error.reject)
    return registers


# --- one site ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Days:
    """How days are read: order of day and month by register, and the day after which no visit can be."""

    orders: Orders
    today: date | None


def _build_site(group: Group, settings: SiteSettings, days: _Days, notes: RowNotes) -> Site | None:
    """Merge the listings of one site; without any position it is rejected."""
    first = group.listings[0]
    parcel = next((listing.parcel for listing in group.listings if listing.parcel is not None), None)
    position = _position(group, parcel, settings)
    name = group.first("name")
    if position is None:
        label = name or group.first("permit_code") or group.first("uscc")
        values = {"label": label, "longitude": "经度", "latitude": "纬度"}
        notes.reject(first.register, first.row.where, "site_without_position", values)
        return None
    place, sd_m = position
    gate = _gate(group)
    uscc, permit_code = group.first("uscc"), group.first("permit_code")
    _note_contradictions(group, notes)
    here = f"{place.lon:.5f},{place.lat:.5f}"
    key = next((value for listing in group.listings if (value := listing.row.get("site_id"))), "")
    return Site(
        site_id=permit_code or (f"{uscc}@{here}" if uscc else key or f"{name}@{here}"),
        name=name or permit_code or uscc or key,
        lon=place.lon,
        lat=place.lat,
        position_sd_m=sd_m,
        crs=place.crs,
        crs_source=place.crs_source,
        permit_code=permit_code,
        uscc=uscc,
        address=_text(group, "address"),
        industry_code=_text(group, "industry_code"),
        species=_species(group),
        management_class=_text(group, "management_class"),
        credit=_text(group, "credit"),
        grade=_text(group, "grade"),
        disclosure=_text(group, "disclosure"),
        permit_valid_to=last_valid_day(group, days.orders, notes),
        gate=None if gate is None else shapely.Point(gate.lon, gate.lat),
        parcel=parcel,
        stacks=_stacks(group),
        visited=_visited(group, days, notes),
        sources=tuple(dict.fromkeys(listing.register for listing in group.listings)),
        district=_text(group, "district"),
        park=_text(group, "park"),
        origins=_origins(group),
        elsewhere=_elsewhere(place, sd_m, gate, _contradicting(group, place, settings, notes), settings),
        permitted=permitted_amounts(group, notes),
    )


def _points(group: Group) -> list[tuple[Listing, Place]]:
    """Listings with a point of the site itself, the best known first."""
    points = [(r, r.place) for r in group.listings if r.place is not None and r.part == "site"]
    return sorted(points, key=lambda pair: (_TRUST[pair[1].crs_source], pair[1].rounding_m))


def _position(group: Group, parcel: shapely.Polygon | None, settings: SiteSettings) -> tuple[Place, float] | None:
    """Best position of a site and its standard deviation: a declared point, else a tested, else an untested one.

    Without a point: the middle of the parcel, the gate, the middle of the outlets.
    """
    points = _points(group)
    if points:
        place = points[0][1]
        return place, _sd_m(place, place.crs, settings)
    if parcel is not None:
        middle = parcel.representative_point()
        size_m = math.sqrt(parcel.area * math.prod(metres_per_degree(middle.y)))
        place = Place(middle.x, middle.y, WGS84, CrsSource.DECLARED, middle.x, middle.y)
        return place, max(settings.position_sd_m, size_m / math.sqrt(12.0))
    others = [r.place for r in group.listings if r.place is not None] + [r.gate for r in group.listings if r.gate]
    if not others:
        return None
    lon, lat = (sum(values) / len(others) for values in ([p.lon for p in others], [p.lat for p in others]))
    first = others[0]
    shifted = tuple(replace(o, lon=o.lon + lon - first.lon, lat=o.lat + lat - first.lat) for o in first.others)
    return replace(first, lon=lon, lat=lat, others=shifted), _sd_m(first, first.crs, settings)


def _contradicting(group: Group, best: Place, settings: SiteSettings, notes: RowNotes) -> list[Place]:
    """Points of other rows that lie elsewhere than the one that is believed, in whatever system that is read."""
    (first, _), *others = _points(group) or [(group.listings[0], best)]
    found = []
    for listing, place in others:
        point = shapely.Point(place.lon, place.lat)
        apart = [distance_m(lon, lat, point) for lon, lat in best.spots()]
        if min(apart) > 3.0 * math.hypot(_sd_m(best, best.crs, settings), _sd_m(place, place.crs, settings)):
            label = listing.name or listing.permit_code
            why = Phrase("places_apart", {"label": label, "distance_m": apart[0], "other_row": first.where})
            values = {"percent": 100.0 * _CONTRADICTING}
            notes.keep_row(listing.row.where, Decision(listing.register, "other_position_believed", values, why))
            found.append(place)
    return found


def _elsewhere(
    place: Place, sd_m: float, gate: Place | None, contradicting: Sequence[Place], settings: SiteSettings
) -> tuple[SitePlace, ...]:
    """The places of a site beside the likeliest: its numbers in other systems, and what other rows say."""
    left = 1.0 - (_CONTRADICTING if contradicting else 0.0)
    found = []
    for other in place.others:
        gates = [g for g in gate.others if g.crs == other.crs] if gate is not None else []
        spot = gates[0] if gates else gate
        point = None if spot is None else shapely.Point(spot.lon, spot.lat)
        wider = math.sqrt(sd_m**2 - _sd_m(place, place.crs, settings) ** 2 + _sd_m(place, other.crs, settings) ** 2)
        found.append(SitePlace(other.lon, other.lat, wider, left * other.probability, other.crs, point))
    for row in contradicting:
        share = _CONTRADICTING / len(contradicting)
        found.append(SitePlace(row.lon, row.lat, _sd_m(row, row.crs, settings), share, row.crs))
    return tuple(sorted(found, key=lambda spot: -spot.probability))


def _sd_m(place: Place, crs: str, settings: SiteSettings) -> float:
    """Standard deviation per axis of a place whose numbers are of a system."""
    parts = [settings.position_sd_m, place.rounding_m / math.sqrt(3.0)]
    if crs in (GCJ02, BD09):
        parts.append(settings.shifted_crs_sd_m)
    return math.hypot(*parts)


def _text(group: Group, name: str) -> str:
    return next((text for listing in group.listings if (text := listing.row.get(name))), "")


def _note_contradictions(group: Group, notes: RowNotes) -> None:
    """Say where registers state different facts of one site: the first is believed."""
    for name in _STATED_ONCE:
        rows = [(listing, text) for listing in group.listings if (text := listing.row.get(name))]
        for listing, text in rows[1:]:
            if text != rows[0][1]:
                values = {"fact": name, "taken": rows[0][1], "other": text, "where": rows[0][0].where}
                notes.keep_row(listing.row.where, Decision(listing.register, "registers_disagree", values))


def _origins(group: Group) -> dict[str, str]:
    """The register from which each fact came: the first that states it, as facts are taken."""
    found: dict[str, str] = {}
    for listing in group.listings:
        stated = {name: bool(listing.row.get(name)) for name in _FACTS}
        stated |= {"permit_code": bool(listing.permit_code), "uscc": bool(listing.uscc), "name": bool(listing.name)}
        stated |= {"parcel": listing.parcel is not None, "gate": listing.gate is not None or listing.part == "gate"}
        stated |= {"permitted": bool(listing.row.get("permitted_kg_h") or listing.row.get("permitted_t_a"))}
        stated |= {"visited": bool(listing.row.get("visit_day"))}
        stated |= {"stacks": listing.part == "outlet" and listing.place is not None}
        for name, is_stated in stated.items():
            if is_stated:
                found.setdefault(name, listing.register)
    return found


def _species(group: Group) -> tuple[str, ...]:
    texts = (listing.row.get("species") for listing in group.listings)
    parts = (part.strip() for text in texts for part in re.split(r"[、,，;；|/\s]+", text))
    return tuple(dict.fromkeys(part for part in parts if part))


def _gate(group: Group) -> Place | None:
    gates = [r.gate for r in group.listings if r.gate] + [r.place for r in group.listings if r.part == "gate"]
    return next((gate for gate in gates if gate is not None), None)


def _stacks(group: Group) -> tuple[shapely.Point, ...]:
    outlets = (r.place for r in group.listings if r.part == "outlet" and r.place is not None)
    return tuple(shapely.Point(place.lon, place.lat) for place in dict.fromkeys(outlets))


def _visited(group: Group, days: _Days, notes: RowNotes) -> tuple[Visited, ...]:
    found = set()
    for listing in group.listings:
        if not listing.row.get("visit_day"):
            continue
        day = visit_day(listing, days.orders, notes, days.today)
        if day is None:
            continue
        kind_text = listing.row.get("visit_kind").lower()
        kind = next((kind for kind, words in _KINDS if any(word in kind_text for word in words)), "")
        if not kind:
            expected = {kind: words[0] for kind, words in _KINDS}
            why = Phrase("visit_kind_not_known", {"text": kind_text, **expected})
            notes.keep_row(listing.row.where, Decision(listing.register, "visit_counted_as_daily", {}, why))
        found.add((day, kind or "daily", listing.row.get("visit_result")))
    return tuple(Visited(*visit) for visit in sorted(found))


# --- all sites -----------------------------------------------------------------------------------------------------


def _give_parcels(sites: Sequence[Site], loose: Sequence[Listing], notes: RowNotes) -> list[Site]:
    """Give parcels without a name to the one site that lies in each; places without a name become rejects."""
    given: dict[int, shapely.Polygon] = {}
    tree = shapely.STRtree([shapely.Point(site.lon, site.lat) for site in sites])
    for listing in loose:
        inside = [] if listing.parcel is None else [int(i) for i in tree.query(listing.parcel, predicate="contains")]
        free = [i for i in inside if sites[i].parcel is None and i not in given]
        if listing.parcel is not None and len(inside) == 1 and free:
            given[free[0]] = listing.parcel
            why = Phrase("parcel_of_one_site", {"name": sites[free[0]].name})
            notes.keep_row(listing.row.where, Decision(listing.register, "parcel_given_to_site", {}, why))
            continue
        parcel = Phrase("parcel_missing")
        if listing.parcel is not None:
            parcel = Phrase("parcel_with_sites", {"count": len(inside)})
        notes.reject(listing.register, listing.row.where, "row_names_no_site", {"parcel": parcel})
    return [replace(site, parcel=given[i]) if i in given else site for i, site in enumerate(sites)]


def _unique(sites: Sequence[Site], notes: RowNotes) -> list[Site]:
    """Sites sorted by identifier; those that share a register's key are told apart by their place."""
    by_id: dict[str, list[Site]] = defaultdict(list)
    for site in sites:
        by_id[site.site_id].append(site)
    found: list[Site] = []
    for site_id, same in by_id.items():
        found.append(same[0])
        for number, site in enumerate(same[1:], 2):
            why = Phrase("identifier_of_several_sites", {"site_id": site_id, "count": len(same)})
            notes.keep_row(site.name, Decision(site.sources[0], "identifier_made_unique", {}, why))
            found.append(replace(site, site_id=f"{site_id}@{site.lon:.5f},{site.lat:.5f}#{number}"))
    return sorted(found, key=lambda s: s.site_id)
