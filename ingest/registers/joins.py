"""Which rows of which registers are one site: by permit code, then credit code, then place and name.

A company may own several sites, so a credit code alone decides only where it has one site. Every rule has a stated
confidence, and every join that rests on less than a code is a decision.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.coordinates import METRES_PER_DEGREE, apart_m
from ingest.outcome import Decision, Notes, Outcome, Phrase
from ingest.registers.codes import uscc_of_permit
from ingest.registers.listings import Listing
from ingest.registers.places import Place

# Words that say nothing about which company it is; longer ones first.
_COMMON = re.compile(
    r"(股份有限公司|有限责任公司|有限公司|分公司|公司|工厂|厂区|四川省|四川|成都市|成都|厂$|co\.?,?ltd\.?|company|limited|inc\.?)"
)
CONFIDENCE = {
    "permit code": 1.0,
    "credit code": 0.95,
    "name and place": 0.9,
    "name alone": 0.8,
    "place and similar name": 0.7,
}
_EVEN = 0.3
"""Another place of a row counts for joining where it is about as likely as the first: choice."""
_RULE_CODES = {
    "permit code": "rule_permit_code",
    "credit code": "rule_credit_code",
    "name and place": "rule_name_and_place",
    "name alone": "rule_name_alone",
    "place and similar name": "rule_place_and_similar_name",
}


@dataclass
class Group:
    """Records of one site while they are collected."""

    listings: list[Listing] = field(default_factory=list)

    def first(self, name: str) -> str:
        """First of the listings' values of an attribute that is not empty."""
        return next((value for listing in self.listings if (value := str(getattr(listing, name)))), "")

    @property
    def place(self) -> Place | None:
        """Place of the first listing that has one."""
        return next((r.place for r in self.listings if r.place is not None), None)


def name_key(name: str) -> str:
    """Return a company name without spaces, brackets, region and legal form, for comparison.

    Examples
    --------
    >>> name_key("成都蓉阳汽车部件有限公司（二厂）") == name_key("蓉阳汽车部件 有限责任公司二厂")
    True
    """
    text = re.sub(r"[\s()（）\[\]【】·,，.。\-—_'\"]", "", name.lower())
    return _COMMON.sub("", text) or text


def name_likeness(a: str, b: str) -> float:
    """Dice coefficient of the character pairs of two name keys: 1 the same, 0 nothing in common.

    Examples
    --------
    >>> name_likeness("night", "nacht")
    0.25
    """
    pairs_a, pairs_b = ({key[k : k + 2] for k in range(len(key) - 1)} or {key} for key in (a, b))
    return 2.0 * len(pairs_a & pairs_b) / (len(pairs_a) + len(pairs_b)) if a and b else 0.0


def join_listings(
    listings: Sequence[Listing], *, same_place_m: float, near_m: float, likeness: float
) -> Outcome[list[Group]]:
    """Collect listings into sites.

    Parameters
    ----------
    listings : sequence of Listing
    same_place_m : float
        Records of one name or credit code further apart than this are different sites.
    near_m, likeness : float
        Records without a common code or name are one site if they are this near and their names this alike.

    Returns
    -------
    Outcome of list of Group
        In order of first appearance. Rows of a company as a whole (no place, several sites) are in all its sites.
    """
    groups: list[Group] = []
    notes = Notes()
    counts: dict[tuple[str, str], int] = defaultdict(int)
    rest = _join_by_permit(listings, groups, counts)
    rest = _join_by_credit_code(rest, groups, counts, notes, same_place_m)
    _join_by_name(rest, groups, notes, same_place_m, near_m, likeness)
    summary = [
        Decision(register, "rows_joined_by_code", {"count": count, **_rule_values(rule)})
        for (register, rule), count in counts.items()
    ]
    return Outcome(groups, (*summary, *notes.decisions))


def _rule_values(rule: str) -> dict[str, Phrase | float]:
    return {"rule": Phrase(_RULE_CODES[rule]), "confidence": CONFIDENCE[rule]}


def _join_by_permit(
    listings: Sequence[Listing], groups: list[Group], counts: dict[tuple[str, str], int]
) -> list[Listing]:
    """Start a group for every permit code; return the listings without one."""
    by_code: dict[str, Group] = {}
    rest = []
    for listing in listings:
        if not listing.permit_code:
            rest.append(listing)
            continue
        group = by_code.get(listing.permit_code)
        if group is None:
            group = by_code[listing.permit_code] = Group()
            groups.append(group)
        else:
            counts[listing.register, "permit code"] += 1
        group.listings.append(listing)
    return rest


def _join_by_credit_code(
    listings: Sequence[Listing],
    groups: list[Group],
    counts: dict[tuple[str, str], int],
    notes: Notes,
    same_place_m: float,
) -> list[Listing]:
    """Give listings with a credit code to the site of that code; return the listings without one."""
    by_code: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        code = group.first("uscc") or uscc_of_permit(group.first("permit_code"))
        if code:
            by_code[code].append(group)
    rest = []
    for listing in sorted(listings, key=lambda r: r.place is None):  # rows with a place make the sites
        if not listing.uscc:
            rest.append(listing)
            continue
        owned = by_code[listing.uscc]
        chosen = _choose_owned(listing, owned, same_place_m)
        if not chosen:
            group = Group([listing])
            groups.append(group)
            owned.append(group)
            continue
        counts[listing.register, "credit code"] += 1
        if len(chosen) > 1:
            notes.decide(listing.where, "row_of_company_given_to_sites", {"count": len(chosen)})
        for group in chosen:
            group.listings.append(listing)
    return rest


def _choose_owned(listing: Listing, owned: Sequence[Group], same_place_m: float) -> list[Group]:
    """Sites of a company that a listing speaks about: those at its place, or all where it names none."""
    if listing.place is None:
        return list(owned)
    apart = [(_apart_m(listing.place, place), group) for group in owned if (place := group.place) is not None]
    near = [pair for pair in apart if pair[0] <= same_place_m]
    if near:
        return [min(near, key=lambda pair: pair[0])[1]]
    unplaced = [group for group in owned if group.place is None]
    return unplaced[:1] if len(unplaced) == 1 and not apart else []


def _join_by_name(
    listings: Sequence[Listing],
    groups: list[Group],
    notes: Notes,
    same_place_m: float,
    near_m: float,
    likeness: float,
) -> None:
    """Give listings without codes to the site of the same name, else a near one of a similar name, else start one."""
    by_name: dict[str, list[Group]] = defaultdict(list)
    index = _PlaceIndex(near_m)
    for group in groups:
        for key in {name_key(listing.name) for listing in group.listings if listing.name}:
            by_name[key].append(group)
        index.add(group)
    for listing in sorted(listings, key=lambda r: r.place is None):
        key = name_key(listing.name)
        chosen = _choose_owned(listing, by_name[key], same_place_m) if key else []
        rule = "name and place" if listing.place is not None else "name alone"
        if len(chosen) != 1:
            alike = index.most_alike(listing, key, likeness)
            chosen, rule = ([alike] if alike else []), "place and similar name"
        if chosen:
            notes.keep(_joined(listing, chosen[0], rule))
            chosen[0].listings.append(listing)
            continue
        group = Group([listing])
        groups.append(group)
        by_name[key].append(group)
        index.add(group)


def _apart_m(one: Place, other: Place) -> float:
    """Metres between two places; where one is in doubt, between the nearest of those that it may well be."""
    return min(apart_m(a, b) for a in one.spots(least=_EVEN) for b in other.spots(least=_EVEN))


class _PlaceIndex:
    """Sites by square cells of a given size, to find those around a place; one in doubt is at all of its places."""

    def __init__(self, cell_m: float) -> None:
        self._cell_m = cell_m
        self._cells: dict[tuple[int, int], list[Group]] = defaultdict(list)

    def add(self, group: Group) -> None:
        """Enter a site at its places; one without a place cannot be found."""
        for lon, lat in group.place.spots(least=_EVEN) if group.place is not None else ():
            row = self._row(lat)
            self._cells[self._column(lon, row), row].append(group)

    def most_alike(self, listing: Listing, key: str, likeness: float) -> Group | None:
        """Return the site within the cell size whose name is most like ``key``, if it is alike enough."""
        if listing.place is None or not key:
            return None
        best, found = likeness, None
        for group in (group for spot in listing.place.spots(least=_EVEN) for group in self._around(*spot)):
            if group.place is None or _apart_m(listing.place, group.place) > self._cell_m:
                continue
            alike = max(name_likeness(key, name_key(other.name)) for other in group.listings)
            if alike >= best:
                best, found = alike, group
        return found

    def _row(self, lat: float) -> int:
        return int(lat * METRES_PER_DEGREE // self._cell_m)

    def _column(self, lon: float, row: int) -> int:
        """Column of a row; the cells of every row are at least as wide as high, at its side towards the pole too."""
        lat = (max(abs(row), abs(row + 1)) + 1) * self._cell_m / METRES_PER_DEGREE
        width_deg = self._cell_m / (METRES_PER_DEGREE * max(math.cos(math.radians(lat)), 0.01))
        return int(lon // width_deg)

    def _around(self, lon: float, lat: float) -> Iterator[Group]:
        """Sites of the cell of a place and of its eight neighbours; the columns of each row are its own."""
        middle = self._row(lat)
        for row in (middle - 1, middle, middle + 1):
            column = self._column(lon, row)
            for dx in (-1, 0, 1):
                yield from self._cells.get((column + dx, row), ())


def _joined(listing: Listing, group: Group, rule: str) -> Decision:
    other = group.listings[0]
    names = {"name": listing.name, "other_name": other.name}
    if listing.place is None or group.place is None:
        evidence = Phrase("names_compared", names)
    else:
        distance_m = _apart_m(listing.place, group.place)
        evidence = Phrase("names_and_places_compared", {**names, "distance_m": distance_m})
    return Decision(listing.where, "row_taken_as_site", {"other_row": other.where, **_rule_values(rule)}, evidence)
