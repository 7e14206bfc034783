"""Coordinate systems of rows: own parcels, other registers and streets, weighed over the file; doubts are places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from ingest.coordinates import gcj02_from_wgs84
from ingest.errors import SettingError
from ingest.outcome import Decision, Phrase
from ingest.registers import settle as module
from ingest.registers.listings import Listing, RowNotes
from ingest.registers.places import Place
from ingest.registers.settle import DatumSettings, settle_crs
from ingest.roads.read import Road, Roads
from ingest.schema import CrsSource
from onevisit.words.telling import ToldDecision, tell
from tests.ingest.immutable import mutable_values
from tests.ingest.registers.register_rows import CODE, OTHER, listing, place


def rows_of(count: int, **changes: object) -> list[Listing]:
    """Records of ``list.csv`` by permit code whose numbers are GCJ-02, not declared, 1.1 km apart."""
    found = []
    for k in range(count):
        x, y = (float(v) for v in gcj02_from_wgs84(104.1 + 0.01 * k, 30.7))
        fields = {"permit_code": f"{CODE}{k:03d}P", "place": place(x, y, source=CrsSource.UNKNOWN)} | changes
        found.append(listing("list.csv", k + 2, **fields))  # type: ignore[arg-type]
    return found


def parcel_of(k: int, **fields: object) -> Listing:
    """The parcel of the k-th row in ``parcels.geojson``, 100 m around its true place."""
    half = 5e-4
    lon, lat = 104.1 + 0.01 * k, 30.7
    box = shapely.box(lon - half, lat - half, lon + half, lat + half)
    keys = fields if fields else {"permit_code": f"{CODE}{k:03d}P"}
    return listing("parcels.geojson", k + 2, parcel=box, **keys)  # type: ignore[arg-type]


def settle(
    listings: list[Listing], roads: Roads | None = None, **changes: float
) -> tuple[list[Listing], list[Decision]]:
    """Settled listings and decisions."""
    notes = RowNotes()
    return settle_crs(listings, notes, DatumSettings(**changes), roads), notes.decisions  # type: ignore[arg-type]


def said(decisions: list[Decision]) -> list[ToldDecision]:
    """What is told of single rows, not of how many have several places."""
    return [tell(d) for d in decisions if d.code != "rows_of_several_places"]  # type: ignore[misc]


def systems(listings: list[Listing]) -> list[str]:
    """System and how it is known, of the rows of ``list.csv``."""
    return [f"{r.place.crs} {r.place.crs_source}" for r in listings if r.place and r.register == "list.csv"]


@pytest.mark.parametrize(("tested", "share"), [(0, 0.452), (1, 0.846), (2, 0.9135), (3, 0.927)])
def test_rows_follow_the_tested_ones(tested: int, share: float) -> None:
    """The more rows are found to be GCJ-02, the surer that the others are; what is left is kept as other places."""
    found, decisions = settle([*rows_of(5), *map(parcel_of, range(tested))])
    last = found[4].place
    assert last is not None
    shares = {last.crs: last.probability} | {o.crs: o.probability for o in last.others}
    assert shares["GCJ-02"] == pytest.approx(share, abs=0.002)
    assert sum(shares.values()) == pytest.approx(1.0)
    rest = "GCJ-02" if tested else "WGS 84"
    known = "guessed" if share > 0.9 else "unknown"
    assert systems(found) == ["GCJ-02 guessed"] * tested + [f"{rest} {'guessed' if tested else known}"] * (5 - tested)
    for k, one in enumerate(found[:5]):
        assert one.place is not None
        truth = (104.1 + 0.01 * k, 30.7)
        assert min(np.hypot(lon - truth[0], lat - truth[1]) for lon, lat in one.place.spots()) < 1e-8
    if not tested:
        return
    more = f" and {tested - 1} more rows" if tested > 1 else ""
    first, follow = said(decisions)
    assert (first.item, first.decision) == (f"list.csv, line 2{more}", "coordinates read as GCJ-02")
    assert first.evidence.startswith("distance to the site's own parcel or other register: GCJ-02 0 m, WGS 84 ")
    rows = 5 - tested
    more = f" and {rows - 1} more rows" if rows > 1 else ""
    assert follow == ToldDecision(
        f"list.csv, line {tested + 2}{more}", "coordinates read as GCJ-02, like the tested rows of the register",
        "row itself has no parcel or other register to test against",
    )  # fmt: skip


@pytest.mark.parametrize(("others", "settled"), [(1, True), (5, False)])
def test_a_mixture_leaves_the_untested_row_in_doubt(others: int, settled: bool) -> None:
    """Nine GCJ-02 and one WGS 84 settle the rest, nine and five leave it in doubt; both are told as a mixture."""
    listings = rows_of(9 + others + 1)
    for k in range(9, 9 + others):
        listings[k] = replace(listings[k], place=place(104.1 + 0.01 * k, 30.7, source=CrsSource.UNKNOWN))
    found, decisions = settle([*listings, *map(parcel_of, range(9 + others))])
    assert systems(found)[:9] == ["GCJ-02 guessed"] * 9
    assert systems(found)[9:-1] == ["WGS 84 guessed"] * others
    last = found[9 + others].place
    assert last is not None and last.crs == "GCJ-02"
    assert (last.probability > 0.88) == settled
    evidence = f"rows that could be tested: 9 × GCJ-02, {others} × WGS 84"
    assert ToldDecision("list.csv, all rows", "register mixes coordinate systems", evidence) in said(decisions)


def test_registers_do_not_settle_each_other() -> None:
    """Rows of another list keep what they say and their own doubt; rows that declare their system too."""
    declared = replace(rows_of(6)[5], place=place(104.15, 30.7))
    other = replace(rows_of(7)[6], register="other.csv")
    found, _ = settle([*rows_of(3), declared, other, *map(parcel_of, range(3))])
    assert [found[3:5]] == [settle([declared, other])[0]]
    assert [(r.place.crs, r.place.probability) for r in found[3:5] if r.place] == [
        ("WGS 84", pytest.approx(0.893, abs=0.001)), ("WGS 84", pytest.approx(0.494, abs=0.001)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "keys", [{"permit_code": f"{CODE}000P"}, {"uscc": OTHER}, {"name": "甲"}], ids=["permit", "credit", "name"]
)
def test_references_are_found_by_every_key(keys: dict[str, str]) -> None:
    """A parcel under the row's permit code, else its credit code, else its name; a row under its first key only."""
    lonely = rows_of(1, permit_code="")[0]
    found, _ = settle([replace(lonely, **keys), parcel_of(0, **keys)])
    assert systems(found) == ["GCJ-02 guessed"]
    other = replace(lonely, **({"permit_code": f"{CODE}009P"} | keys)) if "permit_code" not in keys else lonely
    assert systems(settle([other, parcel_of(0, **keys)])[0]) == ["WGS 84 unknown"]


def test_a_parcel_of_the_row_itself_is_no_other_witness() -> None:
    """Only what other rows say is a reference."""
    one = replace(rows_of(1)[0], parcel=parcel_of(0).parcel)
    assert [r.place for r in settle([one])[0]] == [r.place for r in settle(rows_of(1))[0]]


@pytest.mark.parametrize(
    ("changes", "tells"),
    [
        ({}, True),
        ({"part": "gate"}, False),
        ({"part": "outlet"}, False),
        ({"place": place(104.1, 30.7, source=CrsSource.GUESSED)}, False),
        ({"place": place(104.1, 30.7, source=CrsSource.UNKNOWN)}, False),
    ],
)
def test_places_of_another_register_are_references(changes: dict[str, object], tells: bool) -> None:
    """A site's place in a register that declares its system, and nothing less."""
    other = listing("b.csv", permit_code=f"{CODE}000P", **({"place": place(104.1, 30.7)} | changes))  # type: ignore[arg-type]
    found, _ = settle([*rows_of(1), other])
    assert systems(found) == ["GCJ-02 guessed" if tells else "WGS 84 unknown"]


def test_a_declaration_is_overruled_and_told() -> None:
    """A row that says WGS 84 and lies on its parcel as GCJ-02; one that lies there as declared is left alone."""
    x, y = (float(v) for v in gcj02_from_wgs84(104.1, 30.7))
    false, true = rows_of(1, place=place(x, y))[0], rows_of(1, place=place(104.1, 30.7))[0]
    found, [decision] = settle([false, parcel_of(0)])
    assert systems(found) == ["GCJ-02 guessed"]
    assert (decision.item, tell(decision).decision) == (
        "list.csv, line 2", "coordinates read as GCJ-02, although declared as WGS 84",
    )  # fmt: skip
    assert tell(decision).evidence.startswith("distance to the site's own parcel or other register: GCJ-02 0 m")
    assert settle([true, parcel_of(0)]) == ([true, parcel_of(0)], [])


def test_rows_that_declare_a_system_are_another_file() -> None:
    """They do not settle those of the same list that declare none."""
    declared = [
        replace(r, place=replace(r.place, crs_source=CrsSource.DECLARED)) for r in rows_of(3) if r.place is not None
    ]
    found, _ = settle([*declared, rows_of(4)[3], *map(parcel_of, range(3))])
    assert systems(found) == ["GCJ-02 guessed"] * 3 + ["WGS 84 unknown"]


def test_a_file_that_says_wgs84_is_overruled_by_enough_of_its_rows() -> None:
    """One shifted row of eight is an exception; four of them make the file doubtful, and the others follow."""
    listings = [
        replace(r, place=replace(r.place, crs_source=CrsSource.DECLARED)) for r in rows_of(8) if r.place is not None
    ]
    shares = []
    for tested in (0, 1, 2, 4):
        found, _ = settle([*listings, *map(parcel_of, range(tested))])
        last = found[7].place
        assert last is not None
        shares.append(dict([(last.crs, last.probability), *((o.crs, o.probability) for o in last.others)])["GCJ-02"])
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(0.106, abs=0.002) and shares[1] < 0.5 < shares[2] and shares[3] > 0.85


def test_the_gate_is_read_like_its_place() -> None:
    """In the system that was found, tested or followed; a gate in metres stays where it is."""
    truth = (104.1005, 30.7003)
    x, y = (float(v) for v in gcj02_from_wgs84(*truth))
    gate, metres = place(x, y, source=CrsSource.UNKNOWN), place(104.2, 30.8, crs="EPSG:4544")
    listings = [*rows_of(4, gate=gate), *map(parcel_of, range(3))]
    found, _ = settle(listings)
    for one in found[:4]:
        assert one.gate is not None
        assert (one.gate.lon, one.gate.lat) == pytest.approx(truth, abs=1e-8)
        assert (one.gate.crs, one.gate.crs_source, one.gate.x) == ("GCJ-02", CrsSource.GUESSED, x)
    assert settle([*rows_of(1, gate=metres), parcel_of(0)])[0][0].gate == metres


def test_tolerance_and_margin_reach_the_guess() -> None:
    """A narrow tolerance, or a wide margin where the best system is not exactly right, leaves the row unknown."""
    shifted = rows_of(1)[0]
    assert shifted.place is not None
    beside = replace(shifted, place=replace(shifted.place, y=shifted.place.y + 9e-4, lat=shifted.place.lat + 9e-4))
    for changes, expected in (
        ({}, "GCJ-02 guessed"),
        ({"crs_tolerance_m": 40.0}, "WGS 84 unknown"),
        ({"crs_margin": 20.0}, "WGS 84 unknown"),
    ):
        assert systems(settle([beside, parcel_of(0)], **changes)[0]) == [expected]


def test_metres_and_rows_without_a_place_are_not_tested() -> None:
    """Only degrees have three readings."""
    grid = replace(rows_of(1)[0], place=place(104.1, 30.7, crs="EPSG:4544", source=CrsSource.GUESSED))
    nowhere = replace(rows_of(1)[0], place=None)
    listings = [grid, nowhere, parcel_of(0)]
    assert settle(listings) == (listings, [])


def test_places_outside_of_china_have_one_reading() -> None:
    """Shifted systems are not used there."""
    abroad = replace(rows_of(1)[0], place=place(13.4, 52.5))
    assert settle([abroad]) == ([abroad], [])


# --- streets -------------------------------------------------------------------------------------------------------

STEP = 0.0021  # a lattice of streets 200 m by 234 m


def lattice() -> Roads:
    """Ten streets each way."""
    lines = []
    for k in range(11):
        lines.append(Road(np.array([[104.0 + k * STEP, 30.6], [104.0 + k * STEP, 30.6 + 10 * STEP]])))
        lines.append(Road(np.array([[104.0, 30.6 + k * STEP], [104.0 + 10 * STEP, 30.6 + k * STEP]])))
    return Roads(tuple(lines))


def numbers_of(lon: float, lat: float, crs: str) -> Place:
    """A place at the truth whose numbers are of a system and named WGS 84."""
    x, y = (lon, lat) if crs == "WGS 84" else (float(v) for v in gcj02_from_wgs84(lon, lat))
    return place(x, y)


def plant(number: int, crs: str = "WGS 84") -> Listing:
    """A plant in the middle of a block, its gate 11 m from the street north of it."""
    lon, lat = 104.0 + (number % 8 + 0.5) * STEP, 30.6 + (number // 8 + 1.6) * STEP
    gate = (lon, 30.6 + (number // 8 + 2) * STEP - 1e-4)
    fields = {"permit_code": f"{CODE}{number:03d}P", "place": numbers_of(lon, lat, crs)}
    return listing("list.csv", number + 2, gate=numbers_of(*gate, crs), **fields)  # type: ignore[arg-type]


def test_gates_on_streets_tell_which_rows_are_shifted() -> None:
    """Three of 24 rows hold GCJ-02: read so, place and gate, with the other place kept; told with the distances."""
    shifted = (3, 9, 14)
    found, decisions = settle([plant(k, "GCJ-02" if k in shifted else "WGS 84") for k in range(24)], lattice())
    read = [k for k, one in enumerate(found) if one.place and one.place.crs == "GCJ-02"]
    assert read == list(shifted)
    for k in shifted:
        one, truth = found[k], plant(k)
        assert one.place and one.gate and truth.place and truth.gate
        assert (one.place.lon, one.place.lat) == pytest.approx((truth.place.lon, truth.place.lat), abs=1e-8)
        assert (one.gate.lon, one.gate.lat) == pytest.approx((truth.gate.lon, truth.gate.lat), abs=1e-8)
        assert one.place.probability > 0.6
        [other] = one.place.others
        assert (other.crs, other.lon, other.lat) == ("WGS 84", one.place.x, one.place.y)
        assert one.gate.others[0].lon == one.gate.x
    [told] = said(decisions)
    assert told.decision == "coordinates read as GCJ-02, although declared as WGS 84"
    assert "GCJ-02 11 m" in told.evidence and told.item == "list.csv, line 5 and 2 more rows"


def test_a_file_that_is_shifted_throughout_is_found_by_its_gates() -> None:
    """All rows together show what none alone could; rows without a gate follow."""
    rows = [plant(k, "GCJ-02") for k in range(24)]
    rows[5] = replace(rows[5], gate=None)
    found, decisions = settle(rows, lattice())
    assert systems(found) == ["GCJ-02 guessed"] * 24
    assert min(one.place.probability for one in found if one.place) > 0.9
    assert "like the tested rows" in "".join(d.decision for d in said(decisions))


def test_streets_that_gates_do_not_meet_say_nothing() -> None:
    """Gates anywhere in their blocks: no row is moved, and the doubt is about that without streets."""
    rng = np.random.default_rng(4)
    rows = []
    for k in range(24):
        lon, lat = 104.0 + rng.uniform(1, 9) * STEP, 30.6 + rng.uniform(1, 9) * STEP
        rows.append(replace(plant(k), gate=place(lon, lat)))
    found, _ = settle(rows, lattice())
    assert systems(found) == ["WGS 84 declared"] * 24
    assert min(one.place.probability for one in found if one.place) > 0.6


def test_what_is_told_of_doubtful_rows() -> None:
    """How many rows of a file may stand elsewhere, and what the file holds on average; one in ten is not told."""
    _, [decision] = settle(rows_of(4))
    assert decision == Decision(
        "list.csv", "rows_of_several_places", {"count": 4, "rows": 4, "crs": "WGS 84"}, decision.evidence
    )
    assert isinstance(decision.evidence, Phrase)
    assert tell(decision).evidence == "what all rows of the file show together: 49 % WGS 84, 45 % GCJ-02, 5 % BD-09"
    assert settle([listing("list.csv", place=place())])[1] == []


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    """Certainty would be proof against any evidence."""
    with pytest.raises(SettingError, match="wrong_file_share"):
        DatumSettings(wrong_file_share=share)


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(module) == []
