"""EXIF bytes by hand: both byte orders, every type, where tables end, segments of a JPEG, and what is refused."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.errors import FileError, UnknownFormat
from ingest.images.exif import PhotoTags, jpeg_segments, read_tags
from tests.told import raises_told

Entry = tuple[int, int, bytes]  # tag, type, value
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}


def _tiff(
    entries: Sequence[Entry],
    order: str = "<",
    *,
    exif: Sequence[Entry] = (),
    gps: Sequence[Entry] = (),
    link: int = 4,
) -> bytes:
    """A TIFF whose directories stand one after the other, values behind each."""
    at = 8
    body = b""
    links: list[Entry] = []
    for tag, inner in ((0x8769, exif), (0x8825, gps)):
        if inner:
            links.append((tag, link, struct.pack(order + "I", at)))
            block = _directory(inner, order, at)
            body, at = body + block, at + len(block)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", at)
    return head + body + _directory([*entries, *links], order, at)


def _directory(entries: Sequence[Entry], order: str, at: int) -> bytes:
    heap_at = at + 2 + 12 * len(entries) + 4
    table, heap = struct.pack(order + "H", len(entries)), b""
    for tag, kind, value in entries:
        table += struct.pack(order + "HHI", tag, kind, len(value) // _SIZES.get(kind, 1))
        if len(value) > 4:
            table += struct.pack(order + "I", heap_at + len(heap))
            heap += value
        else:
            table += value.ljust(4, b"\0")
    return table + b"\0\0\0\0" + heap


def _size(order: str = "<") -> list[Entry]:
    return [(0x100, 3, struct.pack(order + "H", 40)), (0x101, 4, struct.pack(order + "I", 30))]


def _read(tmp_path: Path, data: bytes) -> PhotoTags:
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    return read_tags(path, "a.tif")


@pytest.mark.parametrize("link", [4, 13])
def test_directories_are_found_by_links_of_both_types(tmp_path: Path, link: int) -> None:
    """A whole number of 32 bits, or the type that TIFF keeps for such links."""
    data = _tiff(_size(), exif=[(0x8827, 3, struct.pack("<H", 200))], gps=[(1, 2, b"S\0")], link=link)
    tags = _read(tmp_path, data)
    assert (tags.number("ISOSpeed"), tags.text("GPSLatitudeRef")) == (200.0, "S")


@pytest.mark.parametrize("order", ["<", ">"])
def test_every_type_of_value(tmp_path: Path, order: str) -> None:
    """Text, integers with and without sign, fractions with and without, floats, one or many, in both byte orders."""

    def pack(form: str, *values: float) -> bytes:
        return struct.pack(order + form, *values)

    exif = [
        (0x829A, 5, pack("II", 1, 500)), (0x829D, 10, pack("ii", -28, 10)), (0x8827, 3, pack("H", 200)),
        (0x9003, 2, b"2024:10:08 09:15:30\0rest"), (0x920A, 12, pack("d", 8.8)), (0xA002, 9, pack("i", -5)),
        (0xA003, 4, pack("I", 4_000_000_000)), (0xA20E, 11, pack("f", 2.5)), (0xA20F, 5, pack("II", 1, 0)),
        (0xA210, 1, b"\x02"), (0xA404, 8, pack("h", -7)), (0xA405, 6, b"\xf9"), (0xA434, 2, b"abc\0"),
    ]  # fmt: skip
    gps = [
        (1, 2, b"S\0"), (2, 5, pack("IIIIII", 30, 1, 39, 1, 2664, 100)), (5, 1, b"\x01"), (6, 5, pack("II", 309, 2)),
        (0x1F, 5, pack("II", 15, 10)),
    ]  # fmt: skip
    image = [
        *_size(order),
        (0x110, 2, b"  FC6310 \0"),
        (0x112, 3, pack("H", 6)),
        (0xC61A, 3, pack("HHHH", 1, 2, 3, 4)),
    ]
    tags = _read(tmp_path, _tiff(image, order, exif=exif, gps=gps))
    assert (tags.container, tags.width_px, tags.height_px, tags.pixels_at, tags.thermal) == ("tiff", 40, 30, 0, "")
    assert (tags.text("Model"), tags.text("LensModel"), tags.text("DateTimeOriginal")) == (
        "FC6310",
        "abc",
        "2024:10:08 09:15:30",
    )
    assert tags.number("ExposureTime") == 0.002
    assert tags.number("FNumber") == -2.8
    assert tags.number("ISOSpeed") == 200.0
    assert tags.number("FocalLength") == 8.8
    assert tags.number("PixelXDimension") == -5.0
    assert tags.number("PixelYDimension") == 4e9
    assert tags.number("FocalPlaneXResolution") == 2.5
    assert tags.number("FocalPlaneYResolution") is None  # over nothing
    assert tags.number("FocalPlaneResolutionUnit") == 2.0
    assert tags.number("DigitalZoomRatio") == -7.0
    assert tags.number("FocalLengthIn35mmFilm") == -7.0
    assert tags.number("Orientation") == 6.0
    assert tags.numbers("BlackLevel") == (1.0, 2.0, 3.0, 4.0)
    assert tags.text("GPSLatitudeRef") == "S"
    assert tags.numbers("GPSLatitude") == (30.0, 39.0, 26.64)
    assert (tags.number("GPSAltitudeRef"), tags.number("GPSAltitude"), tags.number("GPSHPositioningError")) == (
        1.0,
        154.5,
        1.5,
    )


@pytest.mark.parametrize(("kind", "packet"), [(1, b"<x>" + b" " * 70), (7, b"<x/>."), (2, b"<x/>...")])
def test_xmp_of_a_tiff(tmp_path: Path, kind: int, packet: bytes) -> None:
    """Written as bytes or as undefined; a short one of bytes is put together from its numbers; text is none."""
    tags = _read(tmp_path, _tiff([*_size(), (0x2BC, kind, packet)]))
    assert tags.xmp == (b"" if kind == 2 else packet)
    assert "XMP" not in tags.exif
    assert _read(tmp_path, _tiff([*_size(), (0x2BC, 1, b"<a/>")])).xmp == b"<a/>"


def test_what_tables_must_not_do(tmp_path: Path) -> None:
    """Values beyond the end, of no length or of a type nobody knows are left out; the others are kept."""
    whole = _tiff([*_size(), (0x110, 2, b"FC6310\0"), (0x131, 99, b"abcd"), (0x10F, 2, b"")])
    tags = _read(tmp_path, whole)
    assert tags.exif.keys() == {"ImageWidth", "ImageLength", "Model"}
    cut = _read(tmp_path, whole[:-1])
    assert cut.exif.keys() == {"ImageWidth", "ImageLength"}
    assert _read(tmp_path, _tiff([*_size(), (0x8769, 4, struct.pack("<I", 999_999))])).exif.keys() == {
        "ImageWidth",
        "ImageLength",
    }


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", FileError, "is empty"),
        (b"hello", UnknownFormat, r"begins with b'hell'"),
        (_tiff([(0x100, 3, b"\x05\0")]), FileError, "states no image size"),
        (_tiff([(0x101, 3, b"\x05\0")]), FileError, "states no image size"),
        (b"II*\0\x08\0", FileError, "states no image size"),
        (_tiff([*_size(), (0xC612, 1, b"\x01\x04\0\0")]), UnknownFormat, "raw photo"),
    ],
)
def test_files_that_are_no_photos(tmp_path: Path, data: bytes, error: type[FileError], words: str) -> None:
    """One sentence each, with the name."""
    with raises_told(error, match=words) as refused:
        _read(tmp_path, data)
    assert refused.value.item == "a.tif"


# --- JPEG ----------------------------------------------------------------------------------------------------------

FRAME = b"\x08" + struct.pack(">HH", 30, 40) + b"\x01\x01\x11\0"
SCAN = b"\xff\xda\0\x02" + b"pixels"
END = b"\xff\xd9"


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def _jpeg(*segments: bytes, frame: int = 0xC0, tail: bytes = END) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + _segment(frame, FRAME) + SCAN + tail


def test_segments_of_a_jpeg(tmp_path: Path) -> None:
    """Size, EXIF, XMP and where the pixels begin; of two the first; fill bytes are passed over."""
    exif = [b"Exif\0\0" + _tiff([(0x110, 2, m + b"\0")]) for m in (b"first", b"second")]
    xmp = [b"http://ns.adobe.com/xap/1.0/\0" + p for p in (b"<one/>", b"<two/>")]
    body = b"".join(_segment(0xE1, part) for part in (*exif, *xmp, b"other"))
    data = _jpeg(body, b"\xff\xff", _segment(0xFE, b"comment"))
    tags = _read(tmp_path, data)
    assert (tags.container, tags.width_px, tags.height_px) == ("jpeg", 40, 30)
    assert (tags.text("Model"), tags.xmp, tags.thermal) == ("first", b"<one/>", "")
    assert tags.pixels_at == data.index(SCAN)


@pytest.mark.parametrize(
    ("marker", "is_frame"), [(0xC0, True), (0xC2, True), (0xCF, True), (0xC4, False), (0xC8, False), (0xCC, False)]
)
def test_start_of_frame(tmp_path: Path, marker: int, is_frame: bool) -> None:
    """C0 to CF but for tables, extensions and arithmetic coding state the size."""
    if is_frame:
        assert _read(tmp_path, _jpeg(frame=marker)).width_px == 40
        return
    with raises_told(FileError, match="states no image size"):
        _read(tmp_path, _jpeg(frame=marker))


@pytest.mark.parametrize(
    ("counts", "size", "kind"),
    [(2 * 40 * 30, 40, "dji"), (2 * 20 * 15, 40, "dji"), (2 * 40 * 30 - 2, 40, ""), (0, 40, "")],
)
def test_raw_counts_tell_a_thermal_photo(tmp_path: Path, counts: int, size: int, kind: str) -> None:
    """As many as pixels, or a quarter of them, over several APP3 segments."""
    parts = [_segment(0xE3, b"\0" * n) for n in (counts // 2, counts - counts // 2)] if counts else []
    tags = _read(tmp_path, _jpeg(*parts))
    assert (tags.thermal, tags.width_px) == (kind, size)
    both = _read(tmp_path, _jpeg(*parts, _segment(0xE1, b"FLIR\0" + b"\1" * 4)))
    assert both.thermal == "flir"


@pytest.mark.parametrize(
    ("tail", "whole"),
    [(END, True), (END + b"\0" * 40, True), (END + b"appended by the camera" * 9, True), (b"", False),
     (b"\xff", False),
     (b"x" * 2_000_000 + END, True), (b"x" * ((1 << 20) - 7) + END + b"y" * 999, True)],
)  # fmt: skip
def test_end_of_the_pixels(tmp_path: Path, tail: bytes, whole: bool) -> None:
    """The end marker at the end, before zeros, before what the camera appends, and over the edge of a megabyte."""
    if whole:
        assert _read(tmp_path, _jpeg(tail=tail)).height_px == 30
        return
    with raises_told(FileError, match="ends before its last pixel"):
        _read(tmp_path, _jpeg(tail=tail))


def test_damaged_jpeg_names_the_byte(tmp_path: Path) -> None:
    """Where a marker should stand, or a length is too short."""
    good = _segment(0xFE, b"comment")
    for damaged in (good + b"\0\0\0\0", good + b"\xff\xe1\0\x01"):
        with raises_told(FileError, match=f"damaged at byte {2 + len(good)}"):
            _read(tmp_path, b"\xff\xd8" + damaged)
    with raises_told(FileError, match="damaged at byte 2"):
        _read(tmp_path, b"\xff\xd8\xff")


def test_segments_one_by_one(tmp_path: Path) -> None:
    """Marker and body up to the pixels; a file that is none or breaks off is refused."""
    path = tmp_path / "a.jpg"
    path.write_bytes(_jpeg(_segment(0xE3, b"abc"), _segment(0xFE, b"")))
    assert list(jpeg_segments(path, "a")) == [(0xE3, b"abc"), (0xFE, b""), (0xC0, FRAME)]
    path.write_bytes(b"II*\0")
    with raises_told(FileError, match="is not a JPEG"):
        list(jpeg_segments(path, "a"))
    for broken in (b"\xff\xd8\xff\xe1\0\x01ab", b"\xff\xd8\0\0\0\x04", b"\xff\xd8\xff\xe1"):
        path.write_bytes(broken)
        with raises_told(FileError, match="damaged before its pixels"):
            list(jpeg_segments(path, "a"))
    with raises_told(FileError, match="cannot be read"):
        list(jpeg_segments(tmp_path / "gone", "gone"))


def test_numbers_that_are_none() -> None:
    """One that is not finite spoils the tag; text has no number and a number no text."""
    tags = PhotoTags("jpeg", 1, 1, {"a": (1.0, math.inf), "b": "5", "c": (2.0, 3.0), "d": b"x", "e": ()})
    assert [tags.numbers(n) for n in "abcde"] == [(), (), (2.0, 3.0), (), ()]
    assert [tags.number(n) for n in "abcde"] == [None, None, 2.0, None, None]
    assert [tags.text(n) for n in "abcdx"] == ["", "5", "", "", ""]
