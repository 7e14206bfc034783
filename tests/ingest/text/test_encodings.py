"""Files to text: sizes, gzip and its bombs, encodings told apart, zero bytes, endless lines."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from ingest.errors import FileError
from ingest.text.encodings import Decoded, decode
from ingest.text.sources import Source, open_source
from ingest.traces.record import TraceSettings
from onevisit.words.telling import tell
from tests.told import raises_told


def _source(data: bytes, name: str = "a.csv") -> Source:
    return Source(Path(name), name, data[: 1 << 16], lambda: data)


def _decode(data: bytes, rules: TraceSettings | None = None) -> Decoded:
    return decode(_source(data), rules or TraceSettings())


def _open(folder: Path, data: bytes, rules: TraceSettings | None = None, name: str = "a.csv") -> Source:
    (folder / name).write_bytes(data)
    return open_source(folder / name, f"traces/{name}", rules or TraceSettings())


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_head_is_64_kib_and_the_rest_is_loaded_when_asked(tmp_path: Path, packed: bool) -> None:
    """Path, name, the first 65 536 bytes, and all of them; unpacked where gzipped, whatever the file is called."""
    data = bytes(range(1, 251)) * 300  # 75 000 bytes
    source = _open(tmp_path, gzip.compress(data, mtime=0) if packed else data)
    assert (source.path, source.item) == (tmp_path / "a.csv", "traces/a.csv")
    assert source.head == data[:65536]
    assert source.load() == data


@pytest.mark.parametrize("data", [b"", b"\x00 \r\n\t", gzip.compress(b"\n", mtime=0)])
def test_a_file_without_content_is_refused(tmp_path: Path, data: bytes) -> None:
    """Nothing, or blanks, line ends and zeros only."""
    with raises_told(FileError, match=r"traces/a\.csv: the file is empty"):
        _open(tmp_path, data)


def test_a_file_is_as_large_as_allowed(tmp_path: Path) -> None:
    """0.001 MB are 1000 bytes: so many are read, one more is not."""
    rules = TraceSettings(maximum_file_mb=0.001)
    assert len(_open(tmp_path, b"x" * 1000, rules).load()) == 1000
    with raises_told(FileError, match="files up to 0 MB are read; split it"):
        _open(tmp_path, b"x" * 1001, rules)
    with raises_told(FileError, match="3 MB; files up to 2 MB are read"):
        _open(tmp_path, b"x" * 3_000_000, TraceSettings(maximum_file_mb=2.0))


def test_what_unpacks_to_more_than_allowed_is_refused(tmp_path: Path) -> None:
    """The limit of a plain file holds for what comes out of a packed one, to the byte."""
    rules = TraceSettings(maximum_file_mb=0.1)
    assert len(_open(tmp_path, gzip.compress(b"x" * 100_000), rules).load()) == 100_000
    packed = _open(tmp_path, gzip.compress(b"x" * 100_001), rules)
    with raises_told(FileError, match=r"unpacks to more than 0 MB from 0.00 MB; refused as a likely bomb"):
        packed.load()


def test_a_bomb_is_told_by_its_expansion(tmp_path: Path) -> None:
    """65 MB of nothing from 0.06 MB are 1000 times: refused; 64 MB are let through whatever the factor."""
    megabyte = gzip.compress(b"x" * 1_000_000)
    with raises_told(FileError, match="unpacks to more than 64 MB"):
        _open(tmp_path, megabyte * 65).load()
    assert len(_open(tmp_path, megabyte * 64).load()) == 64_000_000
    assert len(_open(tmp_path, megabyte * 65, TraceSettings(maximum_expansion=2000.0)).load()) == 65_000_000


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-10], lambda d: d[:30] + b"\xff" * 30 + d[60:], lambda d: b"\x1f\x8b\x00"]
)
def test_a_damaged_gzip_is_refused(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    """Cut, flipped, or only its first bytes."""
    packed = gzip.compress(bytes(range(1, 251)) * 3, mtime=0)
    with raises_told(FileError, match=r"not a readable gzip file.*copy it again from the logger"):
        _open(tmp_path, damage(packed)).load()


def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    """A file that is gone, and a folder."""
    with raises_told(FileError, match="cannot be read: No such file"):
        open_source(tmp_path / "b.csv", "b.csv", TraceSettings())
    with raises_told(FileError, match="cannot be read"):
        open_source(tmp_path, "folder", TraceSettings())


# --- encodings -----------------------------------------------------------------------------------------------------

CHINESE = "时间,经度,纬度,二氧化硫\n"
NOTE = "not valid UTF-8; decodes without loss"


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"time,lon\n", "time,lon\n", ""),
        (CHINESE.encode(), CHINESE, ""),
        (CHINESE.encode("utf-8-sig"), CHINESE, ""),
        (CHINESE.encode("gb18030"), CHINESE, "gb18030"),
        (CHINESE.encode("utf-16"), CHINESE, "utf-16"),
        (b"\xfe\xff" + CHINESE.encode("utf-16-be"), CHINESE, "utf-16"),
        (b"time,lon\n".decode().encode("utf-16-le"), "time,lon\n", "utf-16-le"),
        (b"time,lon\n".decode().encode("utf-16-be"), "time,lon\n", "utf-16-be"),
        ("SO2(µg/m³)\n".encode("latin-1"), "SO2(µg/m³)\n", "cp1252"),
    ],
    ids=["ascii", "utf8", "bom", "gb", "utf16", "utf16be-bom", "utf16le", "utf16be", "micro"],
)
def test_encodings_are_told_apart(data: bytes, text: str, encoding: str) -> None:
    """The text comes back as UTF-8 without its mark; what is not UTF-8 is a decision."""
    decoded = _decode(data)
    assert decoded.item == "a.csv"
    assert decoded.data.decode() == text
    assert decoded.encoding == (encoding or "utf-8")
    expected = [("a.csv", f"text read as {encoding}", NOTE)] if encoding else []
    assert [(d.item, tell(d).decision, tell(d).evidence) for d in decoded.decisions] == expected


def test_a_little_broken_utf8_stays_utf8() -> None:
    """Wrong bytes among many right ones are damage and left to the rows; a tenth of them are another encoding."""
    decoded = _decode(CHINESE.encode() + b"\xff\n")
    assert (decoded.data, decoded.encoding) == (CHINESE.encode() + b"\xff\n", "utf-8")
    nine = "温度温度温度温度温".encode()  # 27 bytes
    assert _decode(nine + b"\xff" * 2 + b"\n").encoding == "utf-8"
    assert _decode(nine + b"\xff\xfe\xff\n").encoding == "cp1252"


def test_broken_gb18030_is_counted() -> None:
    """One byte of a Chinese file that decodes to nothing."""
    data = (CHINESE * 3).encode("gb18030") + b"\xff\n"
    (note,) = _decode(data).decisions
    assert (tell(note).decision, tell(note).evidence) == (
        "text read as gb18030",
        "not valid UTF-8; 1 bytes did not decode",
    )
    # one in fifty and one more: 2 of 50 characters, not of 49
    assert _decode(("温" * 48).encode("gb18030") + b"\xff\n\xff\n").encoding == "gb18030"
    assert _decode(("温" * 47).encode("gb18030") + b"\xff\n\xff\n").encoding == "cp1252"


def test_chinese_is_what_is_mostly_chinese() -> None:
    """Six of ten letters above ASCII must be Chinese or its signs; its signs count."""
    assert _decode("温度℃，％".encode("gb18030")).encoding == "gb18030"
    cyrillic = "абвг"  # GB 18030 has these letters too
    assert _decode(("温度压力湿度风" + cyrillic).encode("gb18030")).encoding == "gb18030"  # 7 of 11
    assert _decode(("温度压力湿度" + cyrillic).encode("gb18030")).encoding == "cp1252"  # 6 of 10


def test_utf8_below_a_long_head_is_seen() -> None:
    """Chinese headings above 5 kB of numbers; then GB 18030 in the last line, which makes it another encoding."""
    numbers = b"1,2,3\n" * 1000
    assert _decode(CHINESE.encode() + numbers).encoding == "utf-8"
    assert _decode(CHINESE.encode() + numbers + "故障\n".encode()).encoding == "utf-8"
    assert _decode(CHINESE.encode("gb18030") + numbers).encoding == "gb18030"
    assert _decode(b"time\n" + numbers + "故障故障\n".encode("gb18030")).encoding == "gb18030"


@pytest.mark.parametrize("before", [0, 1, 2])
def test_another_encoding_far_below_is_seen(before: int) -> None:
    """In any mebibyte of a long file of plain numbers, and behind its last full one."""
    mebibyte = b"1,2,3,4,5,6,7,8\n" * (1 << 16)
    data = b"time\n" + b"1,2\n" * 1024 + mebibyte * before + "故障故障\n".encode("gb18030") + mebibyte
    assert _decode(data).encoding == "gb18030"
    assert _decode(data.replace("故障".encode("gb18030"), b"fault")).encoding == "utf-8"


@pytest.mark.parametrize(("zeros", "encoding"), [(30, "utf-8"), (31, "utf-16-be")])
def test_utf16_has_more_than_three_zeros_in_ten(zeros: int, encoding: str) -> None:
    """Zeros at even places are those of big-endian text; fewer are damage."""
    data = bytearray(b"a" * 100)
    data[0 : 2 * zeros : 2] = bytes(zeros)
    rules = TraceSettings()
    if encoding == "utf-8":
        with raises_told(FileError, match="binary, not text; expected a table, GPX, NMEA or a known logger format"):
            _decode(bytes(data), rules)
    else:
        assert _decode(bytes(data), rules).encoding == encoding


def test_zero_bytes_are_taken_out_and_counted() -> None:
    """Up to a fifth of the text; more is no text."""
    decoded = _decode(b"a,b\x00\x00\n" + b"1" * 4)
    assert decoded.data == b"a,b\n1111"
    assert [(d.item, tell(d).decision, tell(d).evidence) for d in decoded.decisions] == [
        ("a.csv", "zero bytes removed", "2 zero bytes in a text file")
    ]
    assert _decode(b"12345678\x00\x00").data == b"12345678"
    with raises_told(FileError, match="binary"):
        _decode(b"1234567\x00\x00")


def test_lines_may_end_in_a_return_only() -> None:
    """As old spreadsheets on a Mac wrote them; a return before a line feed stays."""
    assert _decode(b"a\rb\r").data == b"a\nb\n"
    assert _decode(b"a\r\nb\r\n").data == b"a\r\nb\r\n"


def test_a_line_is_as_long_as_allowed() -> None:
    """Ten bytes with their end; the eleventh is refused, with the number of the line."""
    rules = TraceSettings(maximum_line_mb=1e-5)
    assert _decode(b"123456789\n" * 5 + b"1234567890", rules).data.endswith(b"1234567890")
    with raises_told(FileError, match="a line longer than 1e-05 MB; the file is damaged or not a table") as caught:
        _decode(b"123456789\n" * 5 + b"12345678901\n1\n", rules)
    assert caught.value.where == "line 6"
