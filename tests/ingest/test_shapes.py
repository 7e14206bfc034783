"""GeoJSON as it comes: order of axes, systems, rings, wrappers; one place in every way of writing it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import mapping

from ingest import shapes, systems
from ingest.coordinates import bd09_from_gcj02, crs_from_text, gcj02_from_wgs84, to_grid
from ingest.errors import FileError
from ingest.registers.read import SiteSettings, read_sites
from ingest.schema import Site
from ingest.shapes import SettledShape, main_polygon, read_features, settle_shapes, shape_of
from onevisit.words.telling import say, tell
from tests.ingest.immutable import mutable_values
from tests.told import raises_told

LON, LAT = 104.0612, 30.6611
BOX = shapely.box(LON, LAT, LON + 0.001, LAT + 0.0008)
POINT = shapely.Point(LON, LAT)


def collection(*geometries: object, **members: object) -> dict[str, object]:
    """A collection of sites with these geometries."""
    features = [
        {"type": "Feature", "properties": {"name": f"厂{k}"}, "geometry": geometry}
        for k, geometry in enumerate(geometries)
    ]
    return {"type": "FeatureCollection", "features": features, **members}


def read(folder: Path, document: object, **wanted: object) -> tuple[list[Site], str]:
    """Sites of a document, and all that is said."""
    path = folder / "a.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    outcome = read_sites([path], SiteSettings(**wanted))  # type: ignore[arg-type]
    told = [f"{(t := tell(d)).item}: {t.decision} ({t.evidence})" for d in outcome.decisions]
    return list(outcome.value), "\n".join([*told, *(tell(r).line for r in outcome.rejects)])


def named(text: str) -> dict[str, object]:
    """The member of 2008."""
    return {"crs": {"type": "name", "properties": {"name": text}}}


def written(shape: shapely.Geometry, system: str, *, swapped: bool) -> dict[str, object]:
    """A shape in WGS 84 as GeoJSON of a system, in either order of axes."""

    def convert(xy: np.ndarray) -> np.ndarray:
        lon, lat = xy[:, 0], xy[:, 1]
        if system in ("GCJ-02", "BD-09"):
            lon, lat = gcj02_from_wgs84(lon, lat)
            lon, lat = bd09_from_gcj02(lon, lat) if system == "BD-09" else (lon, lat)
        elif "45" in system:
            lon, lat = to_grid(lon, lat, crs_from_text(f"EPSG:{system[-4:]}"))
        return np.column_stack((lat, lon) if swapped else (lon, lat))

    return json.loads(json.dumps(mapping(shapely.transform(shape, convert))))  # type: ignore[no-any-return]


WAYS = [
    ("", {}), ("", named("urn:ogc:def:crs:OGC:1.3:CRS84")), ("", named("urn:ogc:def:crs:EPSG::4490")),
    ("", named("urn:ogc:def:crs:EPSG::4326")), ("", named("EPSG:4490")),
    ("", {"crs": {"type": "EPSG", "properties": {"code": 4490}}}), ("GCJ-02", named("GCJ-02")),
    ("BD-09", named("BD09")),
    ("EPSG:4544", named("urn:ogc:def:crs:EPSG::4544")), ("EPSG:4544", named("EPSG:4544")),
    ("EPSG:4523", named("EPSG:4523")), ("EPSG:4523", {}), ("EPSG:4507", named("EPSG:4507")),
]  # fmt: skip


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("system", "members"), WAYS)
@pytest.mark.parametrize("kind", ["point", "parcel", "multi", "gate"])
def test_one_place_in_every_order_and_system(
    tmp_path: Path, system: str, members: dict[str, object], swapped: bool, kind: str
) -> None:
    """A point, a parcel, parts, a gate: one place in any order of axes and any system that is declared or tells."""
    shape = {"point": POINT, "gate": POINT, "parcel": BOX, "multi": shapely.MultiPolygon([BOX])}[kind]
    document = collection(written(shape, system, swapped=swapped), **members)
    if kind == "gate":
        document["features"][0]["properties"]["部位"] = "大门"  # type: ignore[index]
    [site], told = read(tmp_path, document)
    expected = POINT if kind in ("point", "gate") else BOX.centroid
    assert (site.lon, site.lat) == pytest.approx((expected.x, expected.y), abs=2e-6)
    if kind in ("parcel", "multi"):
        assert site.parcel is not None and site.parcel.bounds == pytest.approx(BOX.bounds, abs=2e-6)
    assert ("swapped back" in told) == swapped


@given(st.floats(74, 134), st.floats(18, 53), st.booleans())
def test_any_place_of_china_tells_its_order(lon: float, lat: float, swapped: bool) -> None:
    """Whatever a file says: numbers of China come back in the right order, points and rings."""
    for one in (shapely.Point(lon, lat), shapely.box(lon, lat, lon + 0.01, lat + 0.01)):
        given_ = shapely.transform(one, lambda xy: xy[:, ::-1]) if swapped else one
        for text in ("", "urn:ogc:def:crs:EPSG::4490", "EPSG:4326"):
            [found] = settle_shapes([given_], [text])
            assert isinstance(found, SettledShape)
            assert found.wgs84.equals(one)


@pytest.mark.parametrize(
    ("crs", "near", "expected"),
    [
        ("", None, (11.5, 48.1)), ("urn:ogc:def:crs:EPSG::4326", None, (48.1, 11.5)),
        ("EPSG:4326", None, (11.5, 48.1)),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", None, (48.1, 11.5)),
        ("urn:ogc:def:crs:EPSG::4326", (11.4, 48.0), (11.5, 48.1)), ("", (48.2, 11.4), (48.1, 11.5)),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", None, (11.5, 48.1)),
    ],
)  # fmt: skip
def test_where_numbers_do_not_tell(crs: str, near: tuple[float, float] | None, expected: tuple[float, float]) -> None:
    """The neighbours decide before the name does, and it before the order of the standard."""
    [found] = settle_shapes([shapely.Point(11.5, 48.1)], [crs], near=near)
    assert isinstance(found, SettledShape)
    assert (found.wgs84.x, found.wgs84.y) == expected  # type: ignore[attr-defined]
    assert bool(found.notes) == (expected == (48.1, 11.5))


def test_features_follow_the_others_of_their_file() -> None:
    """A place that may be either follows those that tell; where these disagree it is refused by name."""
    either, swapped, right = shapely.Point(40.0, 60.0), shapely.Point(30.6, 104.0), shapely.Point(104.0, 30.6)
    found = settle_shapes([either, swapped], ["", ""])
    assert [(f.wgs84.x, f.wgs84.y) for f in found] == [(60.0, 40.0), (104.0, 30.6)]  # type: ignore[union-attr]
    found = settle_shapes([either, swapped, right], ["", "", ""])
    assert isinstance(found[0], systems.ImpossiblePlace)
    assert say(found[0].phrase).startswith("1 features have latitude first and 1 longitude")
    assert [(f.wgs84.x, f.wgs84.y) for f in found[1:]] == [(104.0, 30.6)] * 2  # type: ignore[union-attr]


REFUSED = [
    ([410451.037, 3393363.763], named("EPSG:4490"), "are metres, but WGS 84 has degrees"),
    ([410451.037, 3393363.763], {}, "are metres of an unknown zone"),
    ([104.06, 30.66], named("EPSG:4544"), "are degrees, but EPSG:4544 has metres"),
    ([500000, 100.0], {}, "no coordinates in China"), ([200.0, 30.0], {}, "no coordinates in China"),
    ([104.0, 104.0], {}, "not on the earth"),
    ([0, 0], {}, "mean that there are none"), ([math.nan, 30.0], {}, "empty or not numbers"),
    ([None, 30.0], {}, "coordinates are no Point"), (["a", "b"], {}, "coordinates are no Point"),
    ([1], {}, "coordinates are no Point"),
    ([104.06, 30.66], named("Mars"), "coordinate system 'Mars' is not known"),
]  # fmt: skip


@pytest.mark.parametrize(("coordinates", "members", "words"), REFUSED)
def test_points_that_are_on_no_map_are_refused_by_name(
    tmp_path: Path, coordinates: list[object], members: dict[str, object], words: str
) -> None:
    """The same refusals as in tables: no site, and a reject with its feature."""
    sites, told = read(tmp_path, collection({"type": "Point", "coordinates": coordinates}, **members))
    assert sites == [] and words in told and "feature 1" in told, told


@pytest.mark.parametrize("vertex", [[math.nan, 30.66], [410451.0, 3393363.0], [None, 30.66]])
def test_one_bad_vertex_refuses_a_parcel(tmp_path: Path, vertex: list[float]) -> None:
    """A ring with one vertex that is no place is no parcel."""
    ring = [[104.06, 30.66], [104.061, 30.66], vertex, [104.06, 30.661], [104.06, 30.66]]
    sites, told = read(tmp_path, collection({"type": "Polygon", "coordinates": [ring]}))
    assert sites == [] and "feature 1" in told


def test_heights_are_no_coordinates(tmp_path: Path) -> None:
    """The third number is left out, of points and rings."""
    ring = [[*point, 500.0] for point in BOX.exterior.coords]
    point = {"type": "Point", "coordinates": [LON, LAT, 512.3]}
    sites, _ = read(tmp_path, collection(point, {"type": "Polygon", "coordinates": [ring]}))
    assert (sites[0].lon, sites[0].lat) == (LON, LAT)
    assert sites[1].parcel is not None and sites[1].parcel.equals(BOX) and not sites[1].parcel.has_z


@pytest.mark.parametrize("geometry", [None, {}, {"type": "Point", "coordinates": []}])
def test_a_feature_without_a_place_is_told(tmp_path: Path, geometry: object) -> None:
    """As a row without coordinates is."""
    sites, told = read(tmp_path, collection(geometry))
    assert sites == [] and "厂0" in told


@pytest.mark.parametrize(
    "wrap",
    [
        lambda c: [c], lambda c: [[c]], lambda c: c["features"], lambda c: c["features"][0],
        lambda c: {**c, "features": [{k: v for k, v in f.items() if k != "type"} for f in c["features"]]},
        lambda c: [{"type": "FeatureCollection", "features": []}, c],
    ],
)  # fmt: skip
def test_wrappers_of_a_feature(tmp_path: Path, wrap: object) -> None:
    """A collection in a list, a list of features, one feature: the same site."""
    [site], _ = read(tmp_path, wrap(collection(mapping(POINT))))  # type: ignore[operator]
    assert (site.name, site.lon) == ("厂0", LON)


def test_json_of_others_is_refused_by_name() -> None:
    """Esri's JSON looks like GeoJSON without being it."""
    with raises_told(FileError, match="JSON of Esri.*export it as GeoJSON"):
        read_features('{"features": [{"attributes": {"a": 1}, "geometry": {"x": 1, "y": 2}}]}', "a.json")


@pytest.mark.parametrize(
    ("geometry", "area", "words"),
    [
        ([BOX.exterior.coords], 1.0, ""),
        ([BOX.exterior.coords, BOX.exterior.coords], 1.0, "crosses itself"),
        ([[(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)]], None, "of 2 parts; it has 50 % of the area"),
    ],
)
def test_rings(geometry: list[object], area: float | None, words: str) -> None:
    """A ring that comes twice is one ring; one that crosses itself is repaired, its largest part is told."""
    found = shape_of({"type": "Polygon", "coordinates": geometry})
    assert found is not None
    polygon, notes = main_polygon(found)
    assert polygon is not None and polygon.is_valid
    assert polygon.area == pytest.approx(BOX.area if area else 1.0)
    told = "; ".join(f"{say(n.what)} ({say(n.why)})" for n in notes)
    assert (words in told) if words else not told


def test_polygons_that_come_twice_are_one() -> None:
    """Equal parts of a MultiPolygon, whatever vertex is first, count once; else the largest's share is told."""
    again = shapely.Polygon([*BOX.exterior.coords[2:], *BOX.exterior.coords[1:3]])
    assert main_polygon(shapely.MultiPolygon([BOX, again]))[1] == ()
    small = shapely.box(0, 0, 0.0001, 0.0001)
    polygon, [note] = main_polygon(shapely.MultiPolygon([small, BOX]))
    assert polygon is not None and polygon.equals(BOX)
    assert say(note.why) == "of 2 parts; it has 99 % of the area"


def test_shapes_that_are_no_place(tmp_path: Path) -> None:
    """Lines and several points are told; a point and a polygon together are place and parcel."""
    line = {"type": "LineString", "coordinates": [[104, 30], [104.1, 30]]}
    sites, told = read(tmp_path, collection(line, {"type": "MultiPoint", "coordinates": [[104, 30], [104.1, 30]]}))
    assert sites == [] and "0 points and 1 lines" in told and "2 points and 0 lines" in told
    both = {"type": "GeometryCollection", "geometries": [mapping(POINT), mapping(BOX)]}
    [site], _ = read(tmp_path, collection(both))
    assert site.lon == LON and site.parcel is not None and site.parcel.equals(BOX)
    sites, told = read(tmp_path, collection({"type": "Circle", "coordinates": [1, 2]}))
    assert sites == [] and "'Circle' is no kind of GeoJSON" in told


def test_shifted_points_and_parcels_are_tested_as_tables_are(tmp_path: Path) -> None:
    """Points in GCJ-02 beside parcels, parcels in GCJ-02 beside declared places: three that agree settle a file."""
    truth = [(LON + 0.02 * k, LAT + 0.01 * k) for k in range(4)]
    boxes = [shapely.box(x - 5e-4, y - 5e-4, x + 5e-4, y + 5e-4) for x, y in truth]
    (tmp_path / "p").mkdir()
    path = tmp_path / "p" / "b.geojson"
    path.write_text(json.dumps(collection(*(mapping(box) for box in boxes[:3]))), encoding="utf-8")
    points = collection(*(written(shapely.Point(p), "GCJ-02", swapped=False) for p in truth))
    (tmp_path / "p" / "a.geojson").write_text(json.dumps(points), encoding="utf-8")
    found = read_sites(sorted((tmp_path / "p").iterdir()), SiteSettings()).value
    assert [(s.lon, s.lat) for s in sorted(found, key=lambda s: s.name)] == [
        pytest.approx(p, abs=2e-5) for p in truth
    ]
    rows = "".join(f"厂{k},{x},{y},WGS84\n" for k, (x, y) in enumerate(truth[:3]))
    (tmp_path / "t.csv").write_text("单位名称,经度,纬度,坐标系\n" + rows, encoding="utf-8")
    path.write_text(
        json.dumps(collection(*(written(box, "GCJ-02", swapped=False) for box in boxes))), encoding="utf-8"
    )
    outcome = read_sites([tmp_path / "t.csv", path], SiteSettings())
    for site in outcome.value:
        assert site.parcel is not None
        assert site.parcel.bounds == pytest.approx(boxes[int(site.name[-1])].bounds, abs=2e-5)
    assert any(tell(d).decision == "parcels read as GCJ-02" for d in outcome.decisions)


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert (mutable_values(shapes), mutable_values(systems)) == ([], [])
