"""Extracts of OpenStreetMap: PBF as this test encodes it, XML, and real extracts."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import FileError
from ingest.roads import osm
from ingest.roads.osm import Way, is_osm, read_extract
from ingest.roads.read import read_roads
from onevisit.words.telling import tell
from tests.ingest.immutable import mutable_values
from tests.told import raises_told

NODES = {10: (104.0, 30.0), 11: (104.001, 30.0), 5: (104.002, 30.0005), 900_000_000_000: (-104.003, -30.001)}
WAYS: list[tuple[dict[str, str], list[int]]] = [
    ({"highway": "primary", "name": "人民路", "maxspeed": "60"}, [10, 11, 5]),
    ({"highway": "footway"}, [11, 5]),
    ({"building": "yes"}, [10, 11, 5, 10]),
    ({"highway": "tertiary", "junction": "roundabout"}, [5, 900_000_000_000]),
]


def varint(value: int) -> bytes:
    """Base-128 number."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, body: bytes | int) -> bytes:
    """A field of a message."""
    if isinstance(body, int):
        return varint(number << 3) + varint(body)
    return varint(number << 3 | 2) + varint(len(body)) + body


def deltas(values: list[int]) -> bytes:
    """Packed zigzag differences."""
    steps = [b - a for a, b in zip([0, *values], values, strict=False)]
    return b"".join(varint(step * 2 if step >= 0 else -step * 2 - 1) for step in steps)


def blob(kind: bytes, data: bytes, *, packed: bool = True) -> bytes:
    """A block with its header."""
    body = field(2, len(data)) + field(3, zlib.compress(data)) if packed else field(1, data)
    header = field(1, kind) + field(3, len(body))
    return len(header).to_bytes(4, "big") + header + body


def write_pbf(path: Path, *, dense: bool = True, packed: bool = True, feature: bytes = b"DenseNodes") -> Path:
    """Write the nodes and ways above; longitudes in units of 1e-7 degree around an offset of -2 degrees."""
    ids = sorted(NODES)
    lon = [round((NODES[i][0] + 2) * 1e7) for i in ids]
    lat = [round(NODES[i][1] * 1e7) for i in ids]
    if dense:
        group = field(2, field(1, deltas(ids)) + field(8, deltas(lat)) + field(9, deltas(lon)))
    else:
        sint = [[v * 2 if v >= 0 else -v * 2 - 1 for v in values] for values in (ids, lat, lon)]
        group = b"".join(field(1, field(1, a) + field(8, b) + field(9, c)) for a, b, c in zip(*sint, strict=True))
    shift = (1 << 64) - 2_000_000_000
    nodes = field(1, field(1, b"")) + field(2, group) + field(17, 100) + field(20, shift)
    words = [b"", *{word.encode() for tags, _ in WAYS for pair in tags.items() for word in pair}]
    table = b"".join(field(1, word) for word in words)
    ways = b"".join(
        field(
            3,
            field(1, k + 1)
            + field(2, b"".join(varint(words.index(key.encode())) for key in tags))
            + field(3, b"".join(varint(words.index(value.encode())) for value in tags.values()))
            + field(8, deltas(refs)),
        )
        for k, (tags, refs) in enumerate(WAYS)
    )
    header = field(4, b"OsmSchema-V0.6") + field(4, feature)
    path.write_bytes(
        blob(b"OSMHeader", header, packed=packed)
        + blob(b"OSMData", nodes, packed=packed)
        + blob(b"OSMData", field(1, table) + field(2, ways), packed=packed)
    )
    return path


def write_xml(path: Path) -> Path:
    """The same as XML."""
    nodes = "".join(f'<node id="{i}" lat="{lat}" lon="{lon}"/>' for i, (lon, lat) in NODES.items())
    ways = ""
    for k, (tags, refs) in enumerate(WAYS):
        inside = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        inside += "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        ways += f'<way id="{k}">{inside}</way>'
    path.write_text(f"<?xml version='1.0' encoding='UTF-8'?>\n<osm version='0.6'>{nodes}{ways}</osm>", "utf-8")
    return path


@pytest.mark.parametrize("kind", ["dense", "single nodes", "not compressed", "xml"])
def test_ways_come_back_with_places_and_tags(tmp_path: Path, kind: str) -> None:
    """Every form of the format gives the streets that were written, to 1e-7 degree, and no building."""
    if kind == "xml":
        path = write_xml(tmp_path / "a.osm")
    else:
        path = write_pbf(tmp_path / "a.osm.pbf", dense=kind != "single nodes", packed=kind != "not compressed")
    assert is_osm(path)
    ways = read_extract(path, "a").ways
    assert [way.tags["highway"] for way in ways] == ["primary", "footway", "tertiary"]
    assert ways[0].tags["name"] == "人民路"
    for way, refs in zip(ways, ([10, 11, 5], [11, 5], [5, 900_000_000_000]), strict=True):
        np.testing.assert_allclose(way.vertices, [NODES[ref] for ref in refs], atol=1e-7)


@pytest.mark.parametrize(
    ("content", "known"),
    [
        (b"\x00\x00\x00\x0d\n\tOSMHeader...", True),
        (b"\x00\x00\x00\n\tOSMHeader...", False),
        (b"\x00\x00\x00\x0d\n\tOSMData...", False),
        (b"<osm/>", True),
        (b"\xef\xbb\xbf \r\n\t<?xml version='1.0'?>\n<osm>", True),
        (b"<gpx/>", False),
        (b'{"a": "<osm"}', False),
        (b"<x>" + b" " * 993 + b"<osm", True),
        (b"<x>" + b" " * 994 + b"<osm", False),
        (b"", False),
    ],
)
def test_extracts_are_known_by_their_first_bytes(tmp_path: Path, content: bytes, known: bool) -> None:
    """The header block of a PBF in its place; XML with the tag of OSM in its first thousand bytes."""
    path = tmp_path / "a"
    path.write_bytes(content)
    assert is_osm(path) == known


@pytest.mark.parametrize(
    ("tags", "oneway"),
    [
        ({"highway": "motorway"}, "yes"),
        ({"highway": "motorway_link"}, "yes"),
        ({"highway": "tertiary", "junction": "roundabout"}, "yes"),
        ({"highway": "tertiary", "junction": "circular"}, None),
        ({"highway": "trunk"}, None),
        ({"highway": "motorway", "oneway": "no"}, "no"),
        ({"highway": "primary", "oneway": "-1"}, "-1"),
    ],
)
def test_implied_one_way_streets(tmp_path: Path, tags: dict[str, str], oneway: str | None) -> None:
    """Motorways, their links and roundabouts, unless they say otherwise; the other tags stay as they are."""
    nodes = "<node id='1' lat='30' lon='104'/><node id='2' lat='30.1' lon='104.2'/>"
    inside = "<nd ref='1'/><nd ref='2'/>" + "".join(f"<tag k='{k}' v='{v}'/>" for k, v in tags.items())
    (tmp_path / "a.osm").write_text(f"<osm version='0.6'>{nodes}<way id='1'>{inside}</way></osm>", "utf-8")
    [way] = read_extract(tmp_path / "a.osm", "a").ways
    assert way.tags == tags | ({} if oneway is None else {"oneway": oneway})
    assert way.vertices.tolist() == [[104.0, 30.0], [104.2, 30.1]]
    assert len({way, Way(way.vertices, way.tags)}) == 2


def test_a_file_of_footways_is_refused_by_name(tmp_path: Path) -> None:
    """No way that a car may use: one reject; damaged data name the file and what to do."""
    path = write_xml(tmp_path / "a.osm")
    path.write_text(path.read_text("utf-8").replace('v="primary"', 'v="path"').replace('v="tertiary"', 'v="steps"'))
    [reject] = read_roads([path]).rejects
    assert (reject.item, reject.where) == ("a.osm", "")
    assert tell(reject).reason.startswith("holds no line that a car may use: 1 with highway=path, 1 with highway=")
    path.write_text("<osm><node", "utf-8")
    with raises_told(FileError, match=r"cannot be read .*; download it again") as caught:
        read_extract(path, "roads/a.osm")
    assert caught.value.item == "roads/a.osm"


def test_streets_for_cars_with_their_direction(tmp_path: Path) -> None:
    """A footway is left out and counted, a roundabout is one-way without saying so, a speed limit is read."""
    outcome = read_roads([write_pbf(tmp_path / "a.osm.pbf")])
    assert [line.oneway for line in outcome.value.lines] == [0, 1]
    assert outcome.value.lines[0].speed_km_h == 60
    assert outcome.decisions[0].item == "a.osm.pbf"
    assert tell(outcome.decisions[0]).decision == "street network of 2 lines"
    evidence = "5 vertices; 1 lines closed to cars and 0 features without lines left out"
    assert tell(outcome.decisions[0]).evidence == evidence


def test_a_clipped_extract_keeps_the_parts_whose_nodes_it_has(tmp_path: Path) -> None:
    """A way through unknown nodes becomes the stretches of known ones that are longer than one node."""
    path = write_xml(tmp_path / "a.osm")
    text = path.read_text("utf-8")
    way = "".join(f'<nd ref="{ref}"/>' for ref in (10, 11, 77, 5, 78, 11, 5))
    path.write_text(text.replace("</osm>", f'<way id="9">{way}<tag k="highway" v="road"/></way></osm>'), "utf-8")
    parts = [way.vertices for way in read_extract(path, "a").ways if way.tags["highway"] == "road"]
    assert [len(part) for part in parts] == [2, 2]
    np.testing.assert_allclose(parts, [[NODES[10], NODES[11]], [NODES[11], NODES[5]]], atol=1e-7)


def test_damaged_and_unknown_files_are_rejected_by_name(tmp_path: Path) -> None:
    """A cut file, changed bytes, an unknown feature and broken XML: one reject each, with what to do."""
    good = write_pbf(tmp_path / "good.osm.pbf").read_bytes()
    (tmp_path / "1cut.osm.pbf").write_bytes(good[:-20])
    (tmp_path / "2bytes.osm.pbf").write_bytes(good[:90] + b"\xff" * 40 + good[130:])
    write_pbf(tmp_path / "3feature.osm.pbf", feature=b"NoSuchFeature")
    (tmp_path / "4broken.osm").write_text("<osm><node id='1'", "utf-8")
    outcome = read_roads(sorted(tmp_path.iterdir()))
    assert [reject.item for reject in outcome.rejects] == [
        "1cut.osm.pbf",
        "2bytes.osm.pbf",
        "3feature.osm.pbf",
        "4broken.osm",
    ]
    assert "NoSuchFeature" in tell(outcome.rejects[2]).reason
    assert len(outcome.value.lines) == 2


def test_any_cut_is_an_error_and_never_a_crash(tmp_path: Path) -> None:
    """Every prefix of a file is read or refused with a reason."""
    good = write_pbf(tmp_path / "good.osm.pbf", packed=False).read_bytes()
    for length in range(20, len(good), 3):
        (tmp_path / "cut.osm.pbf").write_bytes(good[:length])
        outcome = read_roads([tmp_path / "cut.osm.pbf"])
        assert outcome.rejects or len(outcome.value.lines) == 2


def test_real_extracts_are_read(shared_data: Path) -> None:
    """Two real extracts give their streets, all within the box of the place."""
    folder = shared_data / "routing" / "osm"
    outcome = read_roads([folder / "Helsinki.osm.pbf"])
    places = np.concatenate([line.vertices for line in outcome.value.lines])
    assert len(outcome.value.lines) == 884
    assert (places.min(axis=0) > [24.93, 60.16]).all()
    assert (places.max(axis=0) < [24.96, 60.19]).all()
    assert len(read_roads([folder / "test.osm.pbf"]).value.lines) > 200


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(osm) == []
