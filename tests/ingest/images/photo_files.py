"""What the tests of photos share."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from ingest.images.read import PhotoSettings, read_frames
from ingest.outcome import Outcome
from ingest.schema import Frame

Tags = Mapping[int, object]


DJI = 'xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"'


CHENGDU_GPS: Tags = {1: "N", 2: (30, 39, 26.64), 3: "E", 4: (104, 3, 56.52)}


LENS: Tags = {0x9003: "2024:10:08 09:15:30", 0x920A: (8.8,)}


def directory(tags: Tags, start: int, links: Mapping[int, int]) -> bytes:
    """One TIFF directory, little endian, at an offset: text, short, rational or pointer by the value's type."""
    entries = sorted([*tags.items(), *links.items()])
    heap_at = start + 2 + 12 * len(entries) + 4
    table, heap = struct.pack("<H", len(entries)), b""
    for tag, value in entries:
        if tag in links:
            kind, count, raw = 4, 1, struct.pack("<I", links[tag])
        elif isinstance(value, str):
            raw = value.encode() + b"\0"
            kind, count = 2, len(raw)
        elif isinstance(value, tuple):
            raw = b"".join(struct.pack("<II", round(part * 10_000), 10_000) for part in value)
            kind, count = 5, len(value)
        else:
            kind, count, raw = 3, 1, struct.pack("<HH", int(value), 0)  # type: ignore[call-overload]
        if len(raw) > 4:
            table += struct.pack("<HHII", tag, kind, count, heap_at + len(heap))
            heap += raw
        else:
            table += struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")
    return table + b"\0\0\0\0" + heap


def exif_block(image: Tags, exif: Tags, gps: Tags) -> bytes:
    """EXIF as it stands in a JPEG."""
    links = {0x8769: 0, 0x8825: 0}
    size = len(directory(image, 8, links))
    exif_at = 8 + size
    gps_at = exif_at + len(directory(exif, exif_at, {}))
    body = directory(image, 8, {0x8769: exif_at, 0x8825: gps_at})
    return b"II*\0\x08\0\0\0" + body + directory(exif, exif_at, {}) + directory(gps, gps_at, {})


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def write_photo(
    path: Path,
    *,
    model: str = "FC6310R",
    image: Tags | None = None,
    exif: Tags | None = None,
    gps: Tags | None = None,
    xmp: str = "",
    size: tuple[int, int] = (48, 64),
) -> Path:
    """Write a small photo with tags: grey, brighter to the right, red at the left."""
    pixels = np.zeros((*size, 3), np.uint8)
    pixels[:, : size[1] // 4, 2] = 255
    plain = cv2.imencode(".jpg", pixels)[1].tobytes()
    tags = exif_block(
        {0x010F: "Make", 0x0110: model, **(image or {})},
        LENS if exif is None else exif,
        CHENGDU_GPS if gps is None else gps,
    )
    block = segment(0xE1, b"Exif\0\0" + tags)
    if xmp:
        packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{xmp}</rdf:RDF></x:xmpmeta>'
        block += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet.encode())
    path.write_bytes(plain[:2] + block + plain[2:])
    return path


def description(attributes: str, inside: str = "") -> str:
    """An XMP description with DJI's prefix declared."""
    return f"<rdf:Description {DJI} {attributes}>{inside}</rdf:Description>"


def read(*files: Path, **changes: object) -> Outcome[tuple[Frame, ...]]:
    """Index photos, named relative to their folder."""
    return read_frames(files, PhotoSettings(**changes), root=files[0].parent)  # type: ignore[arg-type]


def read_one(path: Path, **changes: object) -> Frame:
    """Index one photo that must be usable."""
    outcome = read(path, **changes)
    assert outcome.rejects == ()
    return outcome.value[0]
