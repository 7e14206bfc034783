"""Extracts of OpenStreetMap: ways with a ``highway`` tag from PBF and XML files.

The formats are those of https://wiki.openstreetmap.org/wiki/PBF_Format and https://wiki.openstreetmap.org/wiki/OSM_XML.
Only what a street needs is read: ways, their tags, and the nodes that they run through.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse
from numpy.typing import NDArray

from ingest.errors import FileError, UnknownFormat

__all__ = ["Way", "is_osm", "read_ways"]

Ints = NDArray[np.int64]

_MOST_BLOCK_BYTES = 32 * 1024 * 1024  # of a block, by the format's rules
_MOST_HEADER_BYTES = 64 * 1024
_IMPLIED_ONE_WAY = {"motorway", "motorway_link"}  # https://wiki.openstreetmap.org/wiki/Key:oneway


@dataclass(frozen=True, eq=False)
class Way:
    """One street: WGS 84 vertices, shape (n, 2), and its tags, ``oneway`` also where it is only implied."""

    vertices: NDArray[np.float64]
    tags: dict[str, str]


def is_osm(path: Path) -> bool:
    """True for a PBF or XML extract of OpenStreetMap, by its first bytes."""
    with path.open("rb") as stream:
        start = stream.read(1000)
    return start[4:15] == b"\n\tOSMHeader" or (start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" and b"<osm" in start)


def read_ways(path: Path, item: str) -> list[Way]:
    """Read the streets of an extract.

    Nodes that the extract does not hold (it was clipped) cut a way into the parts that it does hold.

    Parameters
    ----------
    path : Path
    item : str
        How the file is called in messages.

    Raises
    ------
    FileError
        If the file is damaged, or uses a compression or feature that is not known.
    """
    with path.open("rb") as stream:
        binary = stream.read(15)[4:] == b"\n\tOSMHeader"
    try:
        raw, ids, places = _read_pbf(path, item) if binary else _read_xml(path)
    except (IndexError, ValueError, KeyError, zlib.error, UnicodeDecodeError) as error:
        raise FileError(item, f"the OpenStreetMap file is damaged ({error}); download it again") from error
    except (ParseError, DefusedXmlException) as error:
        raise UnknownFormat(item, f"not OpenStreetMap XML ({error})") from error
    order = np.argsort(ids)
    ids, places = ids[order], places[order]
    return [Way(part, _with_oneway(tags)) for tags, refs in raw for part in _parts(refs, ids, places)]


def _with_oneway(tags: dict[str, str]) -> dict[str, str]:
    implied = tags.get("junction") == "roundabout" or tags.get("highway") in _IMPLIED_ONE_WAY
    return {"oneway": "yes", **tags} if implied else tags


def _parts(refs: Ints, ids: Ints, places: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Vertices of the stretches of a way whose nodes are known."""
    if not len(ids):
        return []
    at = np.minimum(np.searchsorted(ids, refs), len(ids) - 1)
    runs = np.split(at, np.flatnonzero(np.diff(ids[at] == refs)) + 1)
    ends = np.cumsum([len(run) for run in runs])
    known = (ids[at] == refs)[ends - 1]
    return [places[run] for run, there in zip(runs, known, strict=True) if there and len(run) > 1]


Raw = tuple[list[tuple[dict[str, str], Ints]], Ints, NDArray[np.float64]]  # tags and nodes of ways; nodes; lon, lat


def _read_xml(path: Path) -> Raw:
    ways: list[tuple[dict[str, str], Ints]] = []
    ids, places = [], []
    root = None
    with path.open("rb") as stream:
        for event, element in iterparse(stream, events=("start", "end")):
            if root is None:
                root = element
            if event == "start":
                continue
            if element.tag == "node":
                ids.append(int(element.attrib["id"]))
                places.append((float(element.attrib["lon"]), float(element.attrib["lat"])))
            elif element.tag == "way":
                tags = {tag.attrib["k"]: tag.attrib["v"] for tag in element.iter("tag")}
                if "highway" in tags:
                    refs = [int(node.attrib["ref"]) for node in element.iter("nd")]
                    ways.append((tags, np.array(refs, np.int64)))
            if element.tag in ("node", "way", "relation"):
                root.clear()
    return ways, np.array(ids, np.int64), np.array(places, np.float64).reshape(-1, 2)


def _read_pbf(path: Path, item: str) -> Raw:
    """Read the ways of all blocks, then the places of their nodes."""
    ways = [way for block in _blocks(path, item) for way in _ways_of(block)]
    wanted = np.unique(np.concatenate([np.empty(0, np.int64), *(refs for _, refs in ways)]))
    ids, places = [np.empty(0, np.int64)], [np.empty((0, 2))]
    for block in _blocks(path, item):
        for found, there in _nodes_of(block):
            needed = np.isin(found, wanted, assume_unique=False)
            ids.append(found[needed])
            places.append(there[needed])
    return ways, np.concatenate(ids), np.concatenate(places)


def _blocks(path: Path, item: str) -> Iterator[bytes]:
    """Unpacked blocks of data of a PBF file."""
    with path.open("rb") as stream:
        while length := stream.read(4):
            size = int.from_bytes(length, "big")
            if size > _MOST_HEADER_BYTES:
                raise ValueError(f"a block header of {size} bytes")
            header = stream.read(size)
            kind = b"".join(_bodies(header, 1))
            wanted = next((value for number, value, _ in _fields(header) if number == 3), 0)
            blob = stream.read(wanted)
            if len(blob) < wanted:
                raise ValueError("it ends in the middle of a block")
            if kind == b"OSMHeader":
                _check_features(_unpacked(blob, item), item)
            elif kind == b"OSMData":
                yield _unpacked(blob, item)


def _unpacked(blob: bytes, item: str) -> bytes:
    if raw := _bodies(blob, 1):
        return bytes(raw[0])
    if not (packed := _bodies(blob, 3)):
        raise FileError(item, "compressed in a way that is not known here; convert it with zlib compression")
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(bytes(packed[0]), _MOST_BLOCK_BYTES)
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError("a block does not unpack to its size")
    return data


def _check_features(header: bytes, item: str) -> None:
    unknown = {bytes(body).decode() for body in _bodies(header, 4)} - {"OsmSchema-V0.6", "DenseNodes"}
    if unknown:
        raise FileError(item, f"needs {', '.join(sorted(unknown))}, which is not read here; export a plain extract")


def _fields(data: bytes | memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Number of every field of a protocol-buffers message, with its value or its bytes (the other is 0 or empty)."""
    view, none = memoryview(data), memoryview(b"")
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        if key & 7 == 0:
            value, at = _varint(view, at)
            yield key >> 3, value, none
        elif key & 7 == 2:
            length, at = _varint(view, at)
            if at + length > len(view):
                raise ValueError("a field is longer than its message")
            yield key >> 3, 0, view[at : at + length]
            at += length
        elif key & 7 in (1, 5):
            at += 8 if key & 7 == 1 else 4
        else:
            raise ValueError(f"wire type {key & 7}")


def _bodies(data: bytes | memoryview, number: int) -> list[memoryview]:
    """Bytes of all fields of one number."""
    return [body for found, _, body in _fields(data) if found == number]


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = view[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _packed(message: memoryview, number: int, *, signed: bool) -> Ints:
    """Numbers of the packed field of a message; ``signed`` ones are zigzag coded."""
    octets = np.frombuffer(b"".join(_bodies(message, number)), np.uint8).astype(np.uint64)
    if not len(octets):
        return np.empty(0, np.int64)
    last = octets < 128
    starts = np.append(0, np.flatnonzero(last)[:-1] + 1)
    place = np.arange(len(octets)) - np.repeat(starts, np.diff(np.append(starts, len(octets))))
    if not last[-1] or place.max() > 9:
        raise ValueError("a packed number is cut short")
    numbers = np.add.reduceat((octets & np.uint64(127)) << (np.uint64(7) * place.astype(np.uint64)), starts)
    if signed:
        half = (numbers >> np.uint64(1)).astype(np.int64)
        return np.where(numbers & np.uint64(1), -half - 1, half)
    return numbers.astype(np.int64)


def _ways_of(block: bytes) -> Iterator[tuple[dict[str, str], Ints]]:
    """Tags and nodes of the streets of one block."""
    strings = [bytes(text) for table in _bodies(block, 1) for text in _bodies(table, 1)]
    if b"highway" not in strings:
        return
    for group in _bodies(block, 2):
        for way in _bodies(group, 3):
            keys, values = (_packed(way, number, signed=False) for number in (2, 3))
            tags = {strings[k].decode(): strings[v].decode() for k, v in zip(keys, values, strict=True)}
            if "highway" in tags:
                yield tags, np.cumsum(_packed(way, 8, signed=True))


def _nodes_of(block: bytes) -> Iterator[tuple[Ints, NDArray[np.float64]]]:
    """Ids and longitude, latitude of the nodes of one block."""
    numbers = {number: value for number, value, _ in _fields(block)}
    scale = numbers.get(17, 100) * 1e-9
    shift = np.array([_twos(numbers.get(20, 0)), _twos(numbers.get(19, 0))]) * 1e-9
    for group in _bodies(block, 2):
        for dense in _bodies(group, 2):
            ids, lat, lon = (np.cumsum(_packed(dense, number, signed=True)) for number in (1, 8, 9))
            yield ids, np.column_stack([lon, lat]) * scale + shift
        for node in _bodies(group, 1):
            one = {number: _zigzag(value) for number, value, _ in _fields(node)}
            yield np.array([one[1]]), np.array([[one[9], one[8]]]) * scale + shift


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _twos(value: int) -> int:
    """A signed 64-bit number from its two's complement."""
    return value - (1 << 64) if value >> 63 else value
