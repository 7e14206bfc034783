"""Register rows → listings: codes, places, parts and shapes of a row."""

from __future__ import annotations

import pytest
import shapely
from pyproj import CRS

from ingest.coordinates import to_grid
from ingest.outcome import Decision, Phrase, Reject
from ingest.registers import listings
from ingest.registers.listings import Listing, RowNotes, read_listings
from ingest.registers.places import Place
from ingest.registers.rows import RegisterRow
from ingest.schema import CrsSource
from onevisit.words.telling import ToldReject, tell
from tests.ingest.immutable import mutable_values
from tests.ingest.registers.register_rows import CODE, OTHER, PERMIT, listing, place, register, row

HERE = {"lon": "104.1", "lat": "30.7"}


def read(*rows: RegisterRow, crs: str = "WGS 84") -> tuple[list[Listing], list[Decision], list[Reject]]:
    """Records, decisions and rejects of one register."""
    notes = RowNotes()
    listings = read_listings([register("a.csv", *rows)], crs, notes)
    return listings, notes.decisions, notes.rejects


# --- notes and names -----------------------------------------------------------------------------------------------


def test_equal_decisions_of_a_register_are_one() -> None:
    """The first row with its evidence and the number of the others; other registers, codes and values stand apart."""
    notes = RowNotes()
    rows = (("a", "x", 1), ("a", "x", 1), ("b", "x", 1), ("a", "y", 1), ("a", "x", 2), ("a", "x", 1))
    for number, (item, code, value) in enumerate(rows, 2):
        notes.keep_row(f"line {number}", Decision(item, code, {"n": value}, Phrase("why", {"line": number})))
    assert notes.decisions == [
        Decision("a, line 2 and 2 more rows", "x", {"n": 1}, Phrase("why", {"line": 2})),
        Decision("b, line 4", "x", {"n": 1}, Phrase("why", {"line": 4})),
        Decision("a, line 5", "y", {"n": 1}, Phrase("why", {"line": 5})),
        Decision("a, line 6", "x", {"n": 2}, Phrase("why", {"line": 6})),
    ]


@pytest.mark.parametrize(
    ("fields", "loose"),
    [
        ({}, True),
        ({"values": {"lon": "1"}}, True),
        ({"permit_code": PERMIT}, False),
        ({"uscc": CODE}, False),
        ({"name": "甲"}, False),
        ({"values": {"site_id": "1"}}, False),
    ],
)
def test_a_row_without_any_name_is_loose(fields: dict[str, object], loose: bool) -> None:
    """A code, a name or a key of the register is a name."""
    assert listing(**fields).is_loose == loose  # type: ignore[arg-type]
    assert listing("b.csv", 7).where == "b.csv, line 7"


# --- one row -------------------------------------------------------------------------------------------------------


def test_every_field_of_a_record() -> None:
    """Register, row, codes, name, part, place and gate."""
    values = HERE | {"gate_lon": "104.2", "gate_lat": "30.8", "name": "甲", "permit_code": PERMIT.lower(), "uscc": ""}
    one = row(**values)
    [found], decisions, rejects = read(one)
    tenth = pytest.approx(0.05 * 111_320.0)
    here, gate = place(rounding_m=tenth), place(104.2, 30.8, rounding_m=tenth)
    assert found == Listing("a.csv", one, PERMIT, CODE, "甲", "site", here, gate, None)
    assert (decisions, rejects) == ([], [])


@pytest.mark.parametrize(
    ("column", "file", "setting", "expected"),
    [
        ("高德", "百度", "WGS84", "GCJ-02"),
        ("", "百度", "WGS84", "BD-09"),
        ("", "", "WGS84", "WGS 84"),
        ("", "", "", "WGS 84"),
    ],
)
def test_whose_word_counts_on_the_coordinate_system(column: str, file: str, setting: str, expected: str) -> None:
    """The row's own, else the file's, else the setting's; of place and gate alike."""
    values = HERE | {"gate_lon": "104.2", "gate_lat": "30.8", "crs": column}
    [found], _, _ = read(row(file_crs=file, **values), crs=setting)
    source = CrsSource.DECLARED if column or file or setting else CrsSource.UNKNOWN
    for part in (found.place, found.gate):
        assert part is not None
        assert (part.crs, part.crs_source) == (expected, source)


@pytest.mark.parametrize(
    "values",
    [
        {"lon": "104.1", "lat": "30.7", "x": "1", "y": "2", "lonlat": "3,4"},
        {"x": "104.1", "y": "30.7", "lonlat": "3,4"},
        {"lon": "5", "x": "104.1", "y": "30.7"},
        {"lat": "5", "x": "104.1", "y": "30.7"},
        {"x": "104.1", "lonlat": "104.1,30.7"},
        {"y": "104.1", "lonlat": "104.1，30.7"},
        {"lonlat": "104.1;30.7"},
        {"lonlat": "104.1, 30.7"},
    ],
)
def test_columns_of_coordinates(values: dict[str, str]) -> None:
    """Longitude and latitude before x and y before both in one cell; a pair needs both."""
    [found], _, _ = read(row(**values))
    assert found.place is not None
    assert (found.place.lon, found.place.lat) == (104.1, 30.7)


@pytest.mark.parametrize("text", ["104.1", "104.1,30.7,500", ""])
def test_a_cell_of_coordinates_holds_two_numbers(text: str) -> None:
    """One and three are none."""
    assert read(row(lonlat=text, name="甲"))[0][0].place is None


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"part": word}, "gate")
        for word in ("大门", "西门口", "出入口", "Main Gate", "ENTRANCE")
    ]
    + [({"part": word}, "outlet") for word in ("排放口", "总排口", "1#排气筒", "烟囱", "Outlet", "stack 1")]
    + [({"part": "Chimney"}, "outlet")]
    + [({"outlet": "DA001"}, "outlet"), ({"part": "大门", "outlet": "DA001"}, "gate")]
    + [({"part": "厂区"}, "site"), ({}, "site")],
)  # fmt: skip
def test_what_a_place_is_of(values: dict[str, str], part: str) -> None:
    """Gate before outlet before site, by words of the column of kinds or an outlet's number."""
    assert read(row(**values))[0][0].part == part


@pytest.mark.parametrize(
    ("permit", "uscc", "expected", "decision", "evidence"),
    [
        (PERMIT, "", (PERMIT, CODE), "", ""),
        (PERMIT, CODE, (PERMIT, CODE), "", ""),
        ("", CODE, ("", CODE), "", ""),
        ("", PERMIT, (PERMIT, CODE), "", ""),
        (PERMIT, CODE + "002P", (PERMIT, CODE), "credit code not used for joining", "fails its check character"),
        (PERMIT[:20], CODE, ("", CODE), "permit code not used for joining", "has 20 characters, a permit code 22"),
        ("", CODE[:17] + "0", ("", ""), "credit code not used for joining", f"{CODE[:17]}0 fails its check"),
        (PERMIT, OTHER, (PERMIT, CODE), "credit code of the permit believed",
         f"permit code {PERMIT} belongs to {CODE}, the row states {OTHER}"),
        ("H95101990000000001001P", OTHER, ("H95101990000000001001P", OTHER), "", ""),
    ],
)  # fmt: skip
def test_codes_of_a_row(permit: str, uscc: str, expected: tuple[str, str], decision: str, evidence: str) -> None:
    """A permit code in the other column is moved, a wrong one left out, and the permit's credit code believed."""
    [found], decisions, _ = read(row(permit_code=permit, uscc=uscc))
    assert (found.permit_code, found.uscc) == expected
    assert [tell(d).decision for d in decisions] == ([decision] if decision else [])
    assert all(d.item == "a.csv, line 2" and evidence in tell(d).evidence for d in decisions)


def test_notes_of_place_and_gate_are_decisions() -> None:
    """Swapped columns of either are told."""
    values = {"lon": "30.7", "lat": "104.1", "gate_lon": "30.8", "gate_lat": "104.2"}
    [found], [decision], _ = read(row(**values))
    assert found.gate is not None
    assert (found.gate.lon, found.gate.lat) == (104.2, 30.8)
    assert tell(decision).decision == "longitude and latitude columns swapped back"
    assert decision.item == "a.csv, line 2 and 1 more rows"
    only_gate = {"gate_lon": "30.8", "gate_lat": "104.2"}
    assert len(read(row(**only_gate))[1]) == 1


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"name": "甲", "permit_code": PERMIT, "uscc": CODE}, "甲"),
        ({"permit_code": PERMIT, "uscc": CODE}, PERMIT),
        ({"uscc": CODE}, CODE),
        ({}, "row"),
    ],
)
def test_an_impossible_place_is_a_reject_with_a_name(values: dict[str, str], label: str) -> None:
    """Name, permit code, credit code or none; the other rows are kept."""
    listings, _, [reject] = read(row(3, lon="0", lat="0", **values), row(4, name="乙"))
    assert [r.name for r in listings] == ["乙"]
    reason = f"{label}: coordinates 0, 0 mean that there are none; leave the cells empty"
    assert tell(reject) == ToldReject("a.csv", "line 3", reason)


def test_an_unknown_system_is_a_reject() -> None:
    """The row is refused with what PROJ says."""
    listings, _, [reject] = read(row(5, crs="nonsense", **HERE))
    assert listings == []
    assert (reject.item, reject.where) == ("a.csv", "line 5")
    assert tell(reject).reason.startswith("declared coordinate system: coordinate system 'nonsense' is not known")


# --- shapes --------------------------------------------------------------------------------------------------------


def test_a_point_is_the_place_of_a_row_without_columns() -> None:
    """RFC 7946 is WGS 84; columns of coordinates come before the point."""
    [found], _, _ = read(row(geometry=shapely.Point(104.3, 30.9)), crs="")
    assert found.place == Place(104.3, 30.9, "WGS 84", CrsSource.DECLARED, 104.3, 30.9)
    assert found.parcel is None
    [found], _, _ = read(row(geometry=shapely.Point(104.3, 30.9), **HERE))
    assert found.place is not None
    assert (found.place.lon, found.place.lat) == (104.1, 30.7)


def test_shapes_of_a_declared_system_are_converted() -> None:
    """The numbers of the point stay as they are; the parcel is in degrees."""
    x, y = (float(v) for v in to_grid(104.0657, 30.6574, CRS.from_epsg(4544)))
    [point, parcel], _, _ = read(
        row(geometry=shapely.Point(x, y), file_crs="EPSG:4544"),
        row(geometry=shapely.box(x - 10, y - 20, x + 10, y + 20), file_crs="EPSG:4544"),
    )
    assert point.place is not None
    assert (point.place.x, point.place.y, point.place.crs) == (x, y, "EPSG:4544")
    assert (point.place.lon, point.place.lat) == pytest.approx((104.0657, 30.6574), abs=1e-8)
    assert parcel.place is None
    assert parcel.parcel is not None
    assert (parcel.parcel.centroid.x, parcel.parcel.centroid.y) == pytest.approx((104.0657, 30.6574), abs=1e-7)


def test_the_largest_part_is_the_parcel() -> None:
    """Of several polygons, of a mixed collection, and of a ring that crosses itself."""
    small, large = shapely.box(0, 0, 1, 1), shapely.box(5, 5, 7, 8)
    line = shapely.LineString([(0, 0), (9, 9)])
    crossing = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4), (-9, 2)])  # two parts, the left one larger
    shapes = [large, shapely.MultiPolygon([small, large]), shapely.GeometryCollection([line, large, small])]
    for shape in shapes:
        [found], _, _ = read(row(geometry=shape))
        assert found.parcel is not None
        assert found.parcel.equals(large)
        assert found.place is None
    [found], _, _ = read(row(geometry=crossing))
    assert found.parcel is not None
    assert found.parcel.is_valid
    assert found.parcel.bounds[0] == -9.0
    [found], _, _ = read(row(geometry=line))
    assert (found.parcel, found.place) == (None, None)


def test_a_polygon_of_no_area_is_no_parcel() -> None:
    """A ring that goes there and back leaves nothing."""
    [found], _, _ = read(row(geometry=shapely.Polygon([(0, 0), (1, 1), (0, 0)]), name="甲"))
    assert found.parcel is None


# --- where the other rows are --------------------------------------------------------------------------------------


def metres_of(lon: float, lat: float) -> dict[str, str]:
    """Metres of the 3-degree zone of a place, without zone number."""
    code = 4534 + round(lon / 3) - 25
    x, y = to_grid(lon, lat, CRS.from_epsg(code))
    return {"x": repr(float(x)), "y": repr(float(y))}


@pytest.mark.parametrize(
    "others",
    [
        [row(**{"lon": str(lon), "lat": "30"}) for lon in (108.0, 108.1, 90.0)],
        [row(geometry=shapely.Point(108.0, 30.0)), row(geometry=shapely.box(107.9, 29.9, 108.1, 30.1))],
        [row(lon="0", lat="0"), row(lon="108", lat="30"), row(name="甲")],
        [row(geometry=shapely.Point(1e5, 3e6), file_crs="EPSG:4544"),
         row(geometry=shapely.LineString([(0, 0), (1, 1)])), row(lon="108", lat="30")],
    ],
    ids=["median", "shapes", "impossible", "other systems"],
)  # fmt: skip
def test_metres_without_a_zone_are_where_the_other_rows_are(others: list[RegisterRow]) -> None:
    """The median of the rows in degrees chooses the zone; rows without a place, and metres, do not count."""
    listings, _, _ = read(*others, row(9, **metres_of(108.2, 30.1)), crs="")
    found = next(r for r in listings if r.row.where == "line 9").place
    assert found is not None
    assert (found.lon, found.lat) == pytest.approx((108.2, 30.1), abs=1e-8)


def test_gates_in_metres_are_where_the_other_rows_are() -> None:
    """The zone of a gate comes from the other rows too."""
    metres = metres_of(108.2, 30.1)
    one = row(9, gate_lon=metres["x"], gate_lat=metres["y"])
    gate = read(row(lon="108", lat="30"), one, crs="")[0][1].gate
    assert gate is not None
    assert (gate.lon, gate.lat) == pytest.approx((108.2, 30.1), abs=1e-8)


def test_the_other_rows_may_be_in_another_register() -> None:
    """All registers together say where the city is; alone, metres without a zone are refused."""
    degrees, metres = register("a.csv", row(lon="108", lat="30")), register("b.csv", row(**metres_of(108.2, 30.1)))
    for registers, refused in (([metres], 1), ([metres, degrees], 0), ([degrees, metres], 0)):
        notes = RowNotes()
        read_listings(registers, "", notes)
        assert len(notes.rejects) == refused


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(listings) == []
