"""Registers that are no lists of sites: areas, orders, accounts, checks, matters, complaints, airspace and others.

A kind is known by the columns, or by the kind's word in the file's name. Columns of natural persons are dropped at
reading, whatever the kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from ingest.errors import FileError
from ingest.outcome import Notes, Outcome, Phrase
from ingest.registers.codes import is_permit_code, is_uscc, normalise_code
from ingest.registers.columns import field_in_kinds, kind_by_name, kind_of_columns
from ingest.schema import Site
from ingest.shapes import SettledShape, read_features, settle_shapes, shape_of
from ingest.systems import ImpossiblePlace
from ingest.text.persons import is_of_a_person
from ingest.text.sheets import Sheet, cell_text, decode_text, is_workbook, read_bytes, read_sheets
from ingest.text.sources import Limits
from ingest.text.times.dateorder import order_if_settled
from ingest.text.times.dates import NoMoment, read_day
from ingest.text.times.stamps import date_in_name

_HEADING_ROWS = 25
_SHAPES = ("areas", "airspace")
_KIND_CODES: Mapping[str, str] = {
    "areas": "kind_areas",
    "orders": "kind_orders",
    "accounts": "kind_accounts",
    "checks": "kind_checks",
    "matters": "kind_matters",
    "complaints": "kind_complaints",
    "rectifications": "kind_rectifications",
    "exemptions": "kind_exemptions",
    "airspace": "kind_airspace",
}
_STOP_WORDS = re.compile(r"停产|停止生产|停工|全停|stop|shut", re.IGNORECASE)
_PART_WORDS = re.compile(r"部分停产|停部分|partial", re.IGNORECASE)
_WHOLE = 0.98
_FIRST_YEAR, _LAST_YEAR = 1990, 2100  # 1900 and 1970 are empty cells


def named_kind(kind: str) -> Phrase:
    """What a kind of register is called in a sentence."""
    return Phrase(_KIND_CODES[kind])


@dataclass(frozen=True)
class Enterprise:
    """Whom a row is about, by what it states."""

    permit_code: str = ""
    uscc: str = ""
    name: str = ""


@dataclass(frozen=True)
class Area:
    """A district or a park: polygon or polygons in WGS 84."""

    district: str
    park: str
    shape: BaseGeometry
    source: str


@dataclass(frozen=True)
class Zone:
    """A zone of the airspace, and how high a drone may fly in it [m]; 0 is not at all."""

    name: str
    limit_m: float
    shape: BaseGeometry
    source: str


@dataclass(frozen=True)
class Order:
    """A stop or limit order: for a site or an area, from, to, and the grade (A to D) for which it holds."""

    enterprise: Enterprise
    area: str
    start: date | None
    end: date | None
    grade: str
    measure: str
    source: str

    def is_in_force(self, day: date) -> bool:
        """Whether it holds on a day; without a beginning it always has, without an end it still does."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    @property
    def stops(self) -> bool:
        """Whether it stops production altogether, not only a part of it."""
        return bool(_STOP_WORDS.search(self.measure)) and not self.is_partial

    @property
    def is_partial(self) -> bool:
        """Whether it stops some lines only."""
        return bool(_PART_WORDS.search(self.measure))


@dataclass(frozen=True)
class Account:
    """A power account and the site that it feeds."""

    account: str
    enterprise: Enterprise
    source: str


@dataclass(frozen=True)
class Check:
    """A check by any body."""

    enterprise: Enterprise
    day: date
    body: str
    kind: str
    result: str
    source: str


@dataclass(frozen=True)
class AskedMatter:
    """What a section, a park or the firm asks for; ``entry`` is None where nobody says whether it needs a visit."""

    enterprise: Enterprise
    section: str
    matter: str
    basis: str
    due: date | None
    asked_by: str
    entry: bool | None
    source: str


@dataclass(frozen=True)
class Case:
    """A complaint, a rectification or an exemption: from, to, state."""

    enterprise: Enterprise
    start: date | None
    end: date | None
    state: str
    source: str


@dataclass(frozen=True)
class Registers:
    """All that registers say beside sites, by kind."""

    areas: tuple[Area, ...] = ()
    orders: tuple[Order, ...] = ()
    accounts: tuple[Account, ...] = ()
    checks: tuple[Check, ...] = ()
    matters: tuple[AskedMatter, ...] = ()
    complaints: tuple[Case, ...] = ()
    rectifications: tuple[Case, ...] = ()
    exemptions: tuple[Case, ...] = ()
    airspace: tuple[Zone, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many of each kind that came."""
        return {f.name: len(getattr(self, f.name)) for f in fields(self) if getattr(self, f.name)}


# --- reading -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    where: str
    values: Mapping[str, str]
    shape: BaseGeometry | None = None
    problem: Phrase | None = None


@dataclass(frozen=True)
class _Found:
    """What a file turned out to be; ``mixed`` if other sheets of it are of another kind, or of none."""

    kind: str
    rows: tuple[_Row, ...] = ()
    personal: tuple[str, ...] = ()
    mixed: bool = False


def read_kinds(files: Iterable[Path], settings: Limits, *, root: Path | None = None) -> Outcome[Registers]:
    """Read the registers that are no lists of sites.

    Returns
    -------
    Outcome of Registers
        With a decision a file (its kind and rows, columns of persons that were dropped); impossible rows are rejects.
    """
    notes = Notes()
    found: dict[str, list[object]] = {f.name: [] for f in fields(Registers)}
    for path in sorted(files):
        item = path.relative_to(root).as_posix() if root is not None and path.is_relative_to(root) else path.name
        try:
            file = find_kind(path, item, settings)
        except FileError:
            continue  # said by the reader of sites
        if not file.kind:
            continue
        orders = _date_orders(file.rows, item, notes)
        records = [r for row in file.rows if (r := _record(file.kind, row, item, orders, notes)) is not None]
        found[file.kind] += records
        notes.decide(item, "register_kind_read", {"kind": named_kind(file.kind), "count": len(records)})
        if file.personal:
            count = len(file.personal)
            notes.decide(item, "personal_columns_dropped", {"count": count, "columns": file.personal})
    return notes.outcome(Registers(**{name: tuple(records) for name, records in found.items()}))  # type: ignore[arg-type]


def find_kind(path: Path, item: str, settings: Limits) -> _Found:
    """The kind of a register and its rows; an empty kind is a list of sites, or nothing that is known here."""
    named = kind_by_name(path)
    data = read_bytes(path, item, settings)
    if not is_workbook(data):
        text, _ = decode_text(data, item)
        if text.lstrip()[:1] in ("{", "["):
            return _shapes(text, item, named)
    sheets, _ = read_sheets(path, item, settings)
    parts = [_table(sheet, named) for sheet in sheets]
    kind = next((part.kind for part in parts if part.kind), "")
    same = [part for part in parts if part.kind == kind]
    personal = dict.fromkeys(name for part in same for name in part.personal)
    rows = tuple(row for part in same for row in part.rows)
    return _Found(kind, rows, tuple(personal), mixed=len(same) < len(parts))


def _table(sheet: Sheet, named: str) -> _Found:
    """The rows of a sheet below its heading row, if it is of a kind."""
    rows = iter(sheet.rows)
    for index, (_, cells) in enumerate(rows):
        kind = kind_of_columns(cells)
        known = {field_in_kinds(cell) for cell in cells} - {""}
        if not kind and named not in _SHAPES and len(known) >= 2:
            kind = named
        if kind:
            names = ["" if is_of_a_person(cell) else field_in_kinds(cell) for cell in cells]
            personal = [cell.strip() for cell in cells if is_of_a_person(cell)]
            named_rows = ((number, _values(names, row)) for number, row in rows)
            found = tuple(_Row(f"{sheet.unit} {n}", values) for n, values in named_rows if values)
            return _Found(kind, found, tuple(personal))
        if index >= _HEADING_ROWS:
            break
    return _Found("")


def _values(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        if name and cell.strip():
            values.setdefault(name, cell.strip())
    return values


def _shapes(text: str, item: str, named: str) -> _Found:
    """Features of areas or of airspace, in WGS 84."""
    features = read_features(text, item)
    headings = {key for feature in features for key in feature.properties}
    kind = kind_of_columns(headings, shapes=True) or (named if named in _SHAPES else "")
    if not kind:
        return _Found("")
    shapes: list[BaseGeometry | None] = []
    problems: list[Phrase | None] = []
    for feature in features:
        try:
            shapes.append(shape_of(feature.geometry))
            problems.append(None if shapes[-1] is not None else Phrase("area_without_polygon"))
        except ImpossiblePlace as error:
            shapes.append(None)
            problems.append(error.phrase)
    rows = []
    settled = settle_shapes(shapes, [feature.crs for feature in features])
    for feature, one, problem in zip(features, settled, problems, strict=True):
        keys = [key for key in feature.properties if not is_of_a_person(str(key))]
        values = _values(
            [field_in_kinds(str(key)) for key in keys], [cell_text(feature.properties[key]) for key in keys]
        )
        shape = one.wgs84 if isinstance(one, SettledShape) else None
        why = problem or (one.phrase if isinstance(one, ImpossiblePlace) else None)
        rows.append(_Row(feature.where, values, shape, why))
    return _Found(kind, tuple(rows), tuple(sorted(str(key) for key in headings if is_of_a_person(str(key)))))


def place_in_areas(sites: Sequence[Site], areas: Sequence[Area]) -> Outcome[tuple[Site, ...]]:
    """Give sites the district and the park in which they lie, where no register states them.

    Of several areas the smallest counts, and that is said. A register that states another district than the one in
    which a site lies is believed, and that is said, too.
    """
    notes = Notes()
    if not areas or not sites:
        return notes.outcome(tuple(sites))
    ordered = sorted(areas, key=lambda area: area.shape.area)
    tree = shapely.STRtree([area.shape for area in ordered])
    placed = []
    for site in sites:
        inside = sorted(int(k) for k in tree.query(shapely.Point(site.lon, site.lat), predicate="intersects"))
        for name in ("district", "park"):
            own = getattr(site, name)
            names = list(dict.fromkeys(text for k in inside if (text := getattr(ordered[k], name))))
            if not names:
                continue
            found, area = names[0], next(ordered[k] for k in inside if getattr(ordered[k], name))
            beside = {text for k in inside if (text := getattr(ordered[k], name)) and not _holds(ordered[k], area)}
            if len({found, *beside}) > 1:
                areas_of_site = [text for text in names if text == found or text in beside]
                notes.decide(site.site_id, "site_in_several_areas", {"areas": areas_of_site, "taken": own or found})
            if not own:
                site = replace(site, **{name: found, "origins": {**site.origins, name: area.source}})
            elif found not in own and own not in found:
                notes.decide(site.site_id, "area_disagrees", {"stated": own, "found": found, "source": area.source})
        placed.append(site)
    return notes.outcome(tuple(placed))


def _holds(outer: Area, inner: Area) -> bool:
    """Whether an area holds another one but for a sliver: a city holds its districts."""
    return bool(outer.shape.intersection(inner.shape).area >= _WHOLE * inner.shape.area)


# --- records -------------------------------------------------------------------------------------------------------


def _date_orders(rows: Sequence[_Row], item: str, notes: Notes) -> Mapping[str, str]:
    """Order of day and month in each field of days, by all rows; a beginning and its end are written alike."""
    orders: dict[str, str] = {}
    for fields_of_days in (("start", "end"), ("day",), ("due",)):
        texts = [row.values.get(field, "") for row in rows for field in fields_of_days]
        order = order_if_settled(texts, item, date_in_name(item), notes)
        orders |= dict.fromkeys(fields_of_days, order)
    return orders


def _record(kind: str, row: _Row, item: str, orders: Mapping[str, str], notes: Notes) -> object | None:
    """The record of a row; an impossible one is a reject."""
    try:
        return _SHAPED[kind](row, item) if kind in _SHAPED else _named(kind, row, item, orders)
    except ImpossiblePlace as error:
        notes.reject(item, row.where, "kind_row_refused", {"kind": named_kind(kind), "error": error.phrase})
        return None


def _named(kind: str, row: _Row, item: str, orders: Mapping[str, str]) -> object:
    values = row.values
    who = _enterprise(values)
    area = values.get("area") or values.get("park") or values.get("district", "")
    if who == Enterprise() and not (kind == "orders" and area):
        raise ImpossiblePlace(
            Phrase("row_names_nobody", {"expected": ("企业名称", "统一社会信用代码", "排污许可证编号")})
        )
    if kind == "accounts":
        if not values.get("account"):
            raise ImpossiblePlace(Phrase("row_lacks", {"what": "户号/account"}))
        return Account(values["account"], who, item)
    if kind == "checks":
        day = _date(values, "day", orders)
        if day is None:
            raise ImpossiblePlace(Phrase("row_lacks", {"what": "检查日期/day"}))
        return Check(who, day, values.get("body", ""), values.get("kind", ""), values.get("result", ""), item)
    if kind == "matters":
        text = (values.get("section", ""), values.get("matter", ""), values.get("basis", ""))
        return AskedMatter(who, *text, _date(values, "due", orders), values.get("asked_by", ""), _entry(values), item)
    start, end = _date(values, "start", orders), _date(values, "end", orders)
    if start is not None and end is not None and end < start:
        raise ImpossiblePlace(Phrase("ends_before_start", {"start": str(start), "end": str(end)}))
    if kind == "orders":
        return Order(who, area, start, end, _grade(values), values.get("measure", ""), item)
    return Case(who, start, end, values.get("state", ""), item)


def _area(row: _Row, item: str) -> Area:
    district, park = row.values.get("district", ""), row.values.get("park", "")
    if not district and not park:
        park = row.values.get("name", "")
    if not district and not park:
        raise ImpossiblePlace(Phrase("row_lacks", {"what": "区县/district, 园区/park"}))
    return Area(district, park, _polygon(row), item)


def _zone(row: _Row, item: str) -> Zone:
    text = re.sub(r"\s*(m|米|metres?|meters?)$", "", row.values.get("limit", "").strip(), flags=re.IGNORECASE)
    try:
        limit = float(text)
    except ValueError:
        limit = -1.0
    if not 0.0 <= limit <= 10_000.0:
        raise ImpossiblePlace(Phrase("limit_not_metres", {"text": row.values.get("limit", "")}))
    return Zone(row.values.get("name", ""), limit, _polygon(row), item)


_SHAPED = {"areas": _area, "airspace": _zone}


def _polygon(row: _Row) -> BaseGeometry:
    if row.problem is not None:
        raise ImpossiblePlace(row.problem)
    if not isinstance(row.shape, shapely.Polygon | shapely.MultiPolygon):
        raise ImpossiblePlace(Phrase("area_without_polygon"))
    return row.shape if row.shape.is_valid else shapely.make_valid(row.shape)


def _enterprise(values: Mapping[str, str]) -> Enterprise:
    """Codes that pass their check, and the name."""
    permit, uscc = normalise_code(values.get("permit_code", "")), normalise_code(values.get("uscc", ""))
    name = values.get("name", "")
    if uscc and not is_uscc(uscc) and not name and not is_permit_code(permit):
        raise ImpossiblePlace(Phrase("credit_code_fails_check", {"uscc": uscc}))
    return Enterprise(permit if is_permit_code(permit) else "", uscc if is_uscc(uscc) else "", name)


def _date(values: Mapping[str, str], name: str, orders: Mapping[str, str]) -> date | None:
    """A day; None where the cell is empty or says that there is none; a month may begin or end, but is no day."""
    text = values.get(name, "").strip()
    if text in ("", "-", "—", "/", "无"):
        return None
    try:
        found = read_day(text, orders[name], whole=True)
    except NoMoment as error:
        plain = error.phrase.code == "stamp_not_understood"
        why = Phrase("row_date_not_understood", {"text": text}) if plain else error.phrase
        raise ImpossiblePlace(why) from error
    day = found.day
    if day is None:
        return None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR or (found.is_month and name == "day"):
        raise ImpossiblePlace(Phrase("row_date_not_understood", {"text": text}))
    return day.replace(day=1) if found.is_month and name == "start" else day


def _grade(values: Mapping[str, str]) -> str:
    text = values.get("grade", "").strip().upper().removesuffix("级")
    if text and text not in ("A", "B", "C", "D"):
        raise ImpossiblePlace(Phrase("grade_not_known", {"text": values["grade"]}))
    return text


def _entry(values: Mapping[str, str]) -> bool | None:
    text = values.get("entry", "").strip().lower()
    if text in ("entry", "visit", "是", "入企", "现场", "yes", "y", "true", "1"):
        return True
    if text in ("remote", "否", "远程", "非现场", "线上", "no", "n", "false", "0"):
        return False
    if text:
        raise ImpossiblePlace(Phrase("entry_not_known", {"text": values["entry"], "remote": "远程", "visit": "入企"}))
    return None
