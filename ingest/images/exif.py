"""Tags of a photo without its pixels: the segments of a JPEG and the directories of a TIFF.

Only the few kilobytes that hold tags are read, so that thousands of photos are indexed in seconds. Every length
that the file states is checked against what is there, and every table has an upper bound.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ingest.errors import FileError, UnknownFormat

TagValue = str | bytes | tuple[float, ...]
_Read = Callable[[int, int], bytes]

_EXIF_HEADER = b"Exif\x00\x00"
_FLIR_HEADER = b"FLIR\x00"
_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\x00"
_MAX_ENTRIES = 2048
_MAX_VALUE_BYTES = 4_000_000
_MAX_SEGMENTS = 4096
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}

# TIFF 6.0 and EXIF 2.32: the tags that are kept, by directory.
_IMAGE_TAGS = {
    0x0100: "ImageWidth", 0x0101: "ImageLength", 0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model",
    0x0112: "Orientation", 0x0131: "Software", 0x0132: "DateTime", 0x0153: "SampleFormat", 0x02BC: "XMP",
    0x8769: "ExifIFD", 0x8825: "GPSIFD", 0xC612: "DNGVersion", 0xC61A: "BlackLevel",
}  # fmt: skip
_EXIF_TAGS = {
    0x829A: "ExposureTime", 0x829D: "FNumber", 0x8827: "ISOSpeed",
    0x9003: "DateTimeOriginal", 0x9004: "DateTimeDigitized", 0x9010: "OffsetTime", 0x9011: "OffsetTimeOriginal",
    0x9012: "OffsetTimeDigitized", 0x9290: "SubSecTime", 0x9291: "SubSecTimeOriginal", 0x920A: "FocalLength",
    0xA002: "PixelXDimension", 0xA003: "PixelYDimension", 0xA20E: "FocalPlaneXResolution",
    0xA20F: "FocalPlaneYResolution", 0xA210: "FocalPlaneResolutionUnit", 0xA404: "DigitalZoomRatio",
    0xA405: "FocalLengthIn35mmFilm", 0xA434: "LensModel",
}  # fmt: skip
_GPS_TAGS = {
    0x0001: "GPSLatitudeRef", 0x0002: "GPSLatitude", 0x0003: "GPSLongitudeRef", 0x0004: "GPSLongitude",
    0x0005: "GPSAltitudeRef", 0x0006: "GPSAltitude", 0x0007: "GPSTimeStamp", 0x0009: "GPSStatus",
    0x0010: "GPSImgDirectionRef", 0x0011: "GPSImgDirection", 0x0012: "GPSMapDatum", 0x001D: "GPSDateStamp",
    0x001F: "GPSHPositioningError",
}  # fmt: skip
_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}


@dataclass(frozen=True)
class PhotoTags:
    """What a photo says about itself: the size of its sensor grid, its EXIF tags by name, its raw XMP packet.

    ``container`` is ``jpeg`` or ``tiff``; ``pixels_at`` is the offset of the compressed pixels of a JPEG; ``thermal``
    is ``flir`` or ``dji`` where a JPEG carries measured temperatures beside its picture.
    """

    container: str
    width_px: int
    height_px: int
    exif: Mapping[str, TagValue] = field(default_factory=dict)
    xmp: bytes = b""
    pixels_at: int = 0
    thermal: str = ""

    def text(self, name: str) -> str:
        """Return a text tag, stripped, or an empty text."""
        value = self.exif.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """Return the first number of a tag, or None where it is absent or not finite."""
        numbers = self.numbers(name)
        return numbers[0] if numbers else None

    def numbers(self, name: str) -> tuple[float, ...]:
        """Return the numbers of a tag; empty where it is absent or any of them is not finite."""
        value = self.exif.get(name, ())
        if not isinstance(value, tuple) or any(v != v or abs(v) == float("inf") for v in value):
            return ()
        return value


def read_tags(path: Path, item: str) -> PhotoTags:
    """Read the tags of a JPEG or TIFF.

    Raises
    ------
    UnknownFormat
        If the file is neither.
    FileError
        If it is empty, damaged, or ends inside of its pixels.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4)
            if magic[:2] == b"\xff\xd8":
                return _read_jpeg(file, item)
            if magic in (b"II*\x00", b"MM\x00*"):
                return _read_tiff_file(file, item)
    except OSError as error:
        raise FileError(item, "photo_unreadable", {"error": error.strerror or str(error)}) from error
    if not magic:
        raise FileError(item, "photo_empty")
    raise UnknownFormat(item, "photo_of_unknown_format", {"beginning": repr(magic)})


# --- JPEG ----------------------------------------------------------------------------------------------------------


def _read_jpeg(file: BinaryIO, item: str) -> PhotoTags:
    """Walk the segments up to the start of scan (ITU-T T.81, annex B)."""
    exif: dict[str, TagValue] = {}
    xmp, size, position = b"", (0, 0), 2
    flir, counts = False, 0
    for _ in range(_MAX_SEGMENTS):
        file.seek(position)
        head = file.read(4)
        if len(head) < 4 or head[0] != 0xFF:
            raise FileError(item, "jpeg_damaged", {"byte": position})
        marker, length = head[1], int.from_bytes(head[2:], "big")
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if length < 2:
            raise FileError(item, "jpeg_damaged", {"byte": position})
        if marker == 0xDA:
            break
        counts += (length - 2) * (marker == 0xE3)
        if marker == 0xE1:
            body = file.read(length - 2)
            if body.startswith(_EXIF_HEADER) and not exif:
                exif = _read_directories(_within(body[len(_EXIF_HEADER) :]))
            elif body.startswith(_XMP_HEADER) and not xmp:
                xmp = body[len(_XMP_HEADER) :]
            flir |= body.startswith(_FLIR_HEADER)
        elif marker in _START_OF_FRAME:
            body = file.read(5)
            size = (int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big"))
        position += 2 + length
    if 0 in size:
        raise FileError(item, "photo_without_size", {"format": "JPEG"})
    if not is_complete_jpeg(file, position):
        raise FileError(item, "jpeg_cut_off")
    return PhotoTags("jpeg", *size, exif, xmp, position, "flir" if flir else _dji_thermal(counts, size))


def _dji_thermal(count: int, size: tuple[int, int]) -> str:
    """DJI puts the raw counts of its sensor, 16 bit each, into APP3; the picture may be enlarged 2 times."""
    return "dji" if count > 0 and 2 * size[0] * size[1] in (count, 4 * count) else ""


def jpeg_segments(path: Path, item: str) -> Iterator[tuple[int, bytes]]:
    """Yield marker and body of every segment of a JPEG before its pixels.

    Raises
    ------
    FileError
        If it is no JPEG, or is damaged before its pixels.
    """
    try:
        with path.open("rb") as file:
            if file.read(2) != b"\xff\xd8":
                raise FileError(item, "no_jpeg")
            for _ in range(_MAX_SEGMENTS):
                head = file.read(4)
                if len(head) < 4 or head[0] != 0xFF or (length := int.from_bytes(head[2:], "big")) < 2:
                    raise FileError(item, "jpeg_damaged_before_pixels")
                if head[1] == 0xDA:
                    return
                yield head[1], file.read(length - 2)
    except OSError as error:
        raise FileError(item, "photo_unreadable", {"error": error.strerror or str(error)}) from error


def is_complete_jpeg(file: BinaryIO, pixels_at: int) -> bool:
    """Return whether the end-of-image marker is there: at the end, or before data that the camera appended."""
    end = file.seek(0, 2)
    file.seek(max(pixels_at, end - 64))
    if file.read().rstrip(b"\x00").endswith(b"\xff\xd9"):
        return True
    file.seek(pixels_at)
    tail = b""
    while chunk := file.read(1 << 20):
        if b"\xff\xd9" in tail + chunk:
            return True
        tail = chunk[-1:]
    return False


# --- TIFF ----------------------------------------------------------------------------------------------------------


def _read_tiff_file(file: BinaryIO, item: str) -> PhotoTags:
    def read(offset: int, count: int) -> bytes:
        file.seek(offset)
        return file.read(min(count, _MAX_VALUE_BYTES))

    exif = _read_directories(read)
    width, height = exif.get("ImageWidth"), exif.get("ImageLength")
    if not isinstance(width, tuple) or not isinstance(height, tuple) or not width or not height:
        raise FileError(item, "photo_without_size", {"format": "TIFF"})
    if "DNGVersion" in exif:
        raise UnknownFormat(item, "raw_photo")
    xmp = exif.pop("XMP", b"")
    packet = xmp if isinstance(xmp, bytes) else bytes(int(v) & 255 for v in xmp) if isinstance(xmp, tuple) else b""
    return PhotoTags("tiff", int(width[0]), int(height[0]), exif, packet)


def _within(block: bytes) -> _Read:
    return lambda offset, count: block[offset : offset + count]


def _read_directories(read: _Read) -> dict[str, TagValue]:
    """Read the first image directory and the EXIF and GPS directories that it points to."""
    head = read(0, 8)
    if head[:4] not in (b"II*\x00", b"MM\x00*") or len(head) < 8:
        return {}
    order = "<" if head[:2] == b"II" else ">"
    tags = _read_directory(read, struct.unpack(order + "I", head[4:8])[0], order, _IMAGE_TAGS)
    for pointer, names in (("ExifIFD", _EXIF_TAGS), ("GPSIFD", _GPS_TAGS)):
        offset = tags.pop(pointer, ())
        if isinstance(offset, tuple) and offset:
            tags |= _read_directory(read, int(offset[0]), order, names)
    return tags


def _read_directory(read: _Read, offset: int, order: str, names: Mapping[int, str]) -> dict[str, TagValue]:
    """Read the named tags of one directory; entries that point outside of the file are left out."""
    head = read(offset, 2)
    if len(head) < 2:
        return {}
    count = min(struct.unpack(order + "H", head)[0], _MAX_ENTRIES)
    table = read(offset + 2, 12 * count)
    tags: dict[str, TagValue] = {}
    for at in range(0, len(table) - 11, 12):
        tag, kind, length = struct.unpack_from(order + "HHI", table, at)
        name = names.get(tag)
        if name is None:
            continue
        size = length * _item_bytes(kind)
        if not 0 < size <= _MAX_VALUE_BYTES:
            continue
        raw = table[at + 8 : at + 8 + size]
        if size > 4:
            raw = read(struct.unpack_from(order + "I", table, at + 8)[0], size)
        if len(raw) == size:
            tags[name] = _decode(raw, kind, order)
    return tags


def _item_bytes(kind: int) -> int:
    if kind in (2, 7):
        return 1
    if kind in (5, 10):
        return 8
    return struct.calcsize("=" + _TYPES[kind]) if kind in _TYPES else 0


def _decode(raw: bytes, kind: int, order: str) -> TagValue:
    if kind == 2:
        return raw.split(b"\x00", 1)[0].decode("utf-8", "replace")
    if kind == 7 or (kind == 1 and len(raw) > 64):  # undefined, or an XMP packet written as bytes
        return raw
    if kind in (5, 10):
        parts = struct.unpack(f"{order}{len(raw) // 4}{'I' if kind == 5 else 'i'}", raw)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return tuple(top / bottom if bottom else float("nan") for top, bottom in pairs)
    return tuple(
        float(v)
        for v in struct.unpack(f"{order}{len(raw) // struct.calcsize('=' + _TYPES[kind])}{_TYPES[kind]}", raw)
    )
