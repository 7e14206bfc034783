"""Tables of text: encodings, delimiters, sheets of a workbook, and what is refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from ingest.errors import FileError
from ingest.outcome import Decision
from ingest.text import sheets
from ingest.text.sheets import (
    cell_text,
    csv_rows,
    decode_text,
    encoding_decisions,
    is_workbook,
    read_bytes,
    read_sheets,
    workbook_sheets,
)
from ingest.text.sources import Limits
from onevisit.words.telling import tell
from tests.ingest.immutable import mutable_values
from tests.told import raises_told


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """An xlsx with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def archive(size: int) -> bytes:
    """A zip file that is no workbook and unpacks to this many bytes in two members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", b"0" * (size - 7))
        file.writestr("b", b"0" * 7)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("codec", "mark", "name"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", b"\xef\xbb\xbf", "UTF-8"),
        ("utf-16-le", b"\xff\xfe", "UTF-16"),
        ("utf-16-be", b"\xfe\xff", "UTF-16"),
        ("gb18030", b"", "GB 18030"),
    ],
)
def test_encodings(codec: str, mark: bytes, name: str) -> None:
    """The byte-order mark decides and is no part of the text; without one UTF-8 comes before GB 18030."""
    assert decode_text(mark + "监测时间,a".encode(codec), "x.csv") == ("监测时间,a", name)
    decisions = encoding_decisions("x.csv", name)
    expected = [] if name == "UTF-8" else [("x.csv", f"read as {name}", "its bytes are not UTF-8")]
    assert [(d.item, tell(d).decision, tell(d).evidence) for d in decisions] == expected


def test_bytes_of_neither_encoding_are_refused_with_their_place() -> None:
    """The first byte that GB 18030 cannot read is named."""
    with pytest.raises(FileError) as caught:
        decode_text(b"abc\xff,1", "x.csv")
    assert (caught.value.item, tell(caught.value.reject).reason) == (
        "x.csv", "is neither UTF-8 nor GB 18030 (byte 3); save it as CSV UTF-8",
    )  # fmt: skip


def test_damage_behind_a_mark_is_kept_as_a_sign() -> None:
    """The mark says what the encoding is: a wrong byte becomes the sign for one."""
    assert decode_text(b"\xef\xbb\xbfa\xff", "x.csv") == ("a\ufffd", "UTF-8")


def test_a_field_may_have_ten_million_characters() -> None:
    """One more is a damaged file (a quote that is never closed), named by its line."""
    assert [len(row[1]) for _, row in csv_rows("a," + "x" * 10_000_000, "x.csv")] == [10_000_000]
    with raises_told(FileError, match="export it again"):
        list(csv_rows("a," + "x" * 10_000_001, "x.csv"))


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_commonest_delimiter_is_taken(delimiter: str) -> None:
    """Each of the four, with another of them inside a field, and lines counted through a quoted line end."""
    other = ";" if delimiter == "," else ","
    text = f'a{delimiter}b{other}c{delimiter}d\n\n"1\n2"{delimiter}\x003{delimiter}4\n'
    assert list(csv_rows(text, "x")) == [(1, ["a", f"b{other}c", "d"]), (2, []), (4, ["1\n2", "3", "4"])]


def test_the_delimiter_is_told_from_the_beginning() -> None:
    """What stands beyond the first 20 000 characters does not matter."""
    text = "a;b\n" + "x" * 19_995 + "\n" + "1,2,3\n"
    assert [row for _, row in csv_rows(text, "x")][-1] == ["1,2,3"]
    text = "a;b\n" + "x" * 19_985 + "\n" + "1,2,3\n"
    assert [row for _, row in csv_rows(text, "x")][-1] == ["1", "2", "3"]


def test_a_damaged_line_is_an_error_with_its_number() -> None:
    """A return within a field ends the reading, and the line is named."""
    with raises_told(FileError, match="export it again") as caught:
        list(csv_rows("a,b\n1,2\n3\r4,5\n", "x.csv"))
    assert (caught.value.item, caught.value.where) == ("x.csv", "line 3")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (3.0, "3"),
        (-104.0, "-104"),
        (0.5, "0.5"),
        (104.0657, "104.0657"),
        (999_999_999_999_999.0, "999999999999999"),
        (1e15, "1000000000000000.0"),
        (7, "7"),
        (dt.datetime(2024, 10, 1, 8, 5, 7), "2024-10-01 08:05:07"),
        (dt.date(2024, 10, 1), "2024-10-01"),
        (None, ""),
        ("  x ", "  x "),
        (float("inf"), "inf"),
    ],
)
def test_cells_as_text(cell: object, text: str) -> None:
    """Whole numbers without a point as far as they are exact, times with a blank, nothing for nothing."""
    assert cell_text(cell) == text


def test_sheets_of_a_workbook_keep_their_names_and_row_numbers() -> None:
    """Rows are counted from 1 with the empty ones, as Excel shows them."""
    data = workbook({"名录": [[], ["a", 1.5, None], [], ["b", 2, dt.datetime(2024, 10, 1, 8)]], "空": []})
    first, second = workbook_sheets(data, "x.xlsx", Limits())
    assert (first.unit, second.unit) == ("sheet 名录, row", "sheet 空, row")
    rows = [(number, row) for number, row in first.rows if any(row)]
    assert rows == [(2, ["a", "1.5", ""]), (4, ["b", "2", "2024-10-01 08:00:00"])]
    assert list(second.rows) == []


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    """A workbook under the name of a table and a table under the name of a workbook are what they hold."""
    (tmp_path / "a.csv").write_bytes(workbook({"s": [["x", "y"]]}))
    sheets, decisions = read_sheets(tmp_path / "a.csv", "a.csv", Limits())
    assert ([s.unit for s in sheets], decisions) == (["sheet s, row"], ())
    assert [list(s.rows) for s in sheets] == [[(1, ["x", "y"])]]
    (tmp_path / "b.xlsx").write_bytes("时间,b\n1,2\n".encode("gb18030"))
    sheets, decisions = read_sheets(tmp_path / "b.xlsx", "b.xlsx", Limits())
    assert [(s.unit, list(s.rows)) for s in sheets] == [("line", [(1, ["时间", "b"]), (2, ["1", "2"])])]
    assert decisions == (Decision("b.xlsx", "table_read_as", {"encoding": "GB 18030"}),)


def test_marks_of_workbooks() -> None:
    """Zip and the old compound format, by their first bytes and in full."""
    assert is_workbook(b"PK\x03\x04rest")
    assert is_workbook(b"\xd0\xcf\x11\xe0rest")
    assert not any(map(is_workbook, (b"PK\x05\x06", b"\xd0\xcf\x11\xe1", b" PK\x03\x04", b"")))


def test_a_file_may_have_just_the_allowed_size(tmp_path: Path) -> None:
    """As many bytes as allowed pass, one more is refused with both numbers; blanks alone are empty."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"0123456789")
    assert read_bytes(path, "a.csv", Limits(maximum_file_mb=10e-6)) == b"0123456789"
    with pytest.raises(FileError) as caught:
        read_bytes(path, "a.csv", Limits(maximum_file_mb=9e-6))
    assert tell(caught.value.reject).reason == "has 10 bytes, more than the 9 allowed; split it"
    path.write_bytes(b" \r\n\t")
    with raises_told(FileError, match="is empty"):
        read_bytes(path, "a.csv", Limits(maximum_file_mb=10e-6))
    with raises_told(FileError, match=r"cannot be read \(No such file"):
        read_bytes(tmp_path / "b.csv", "b.csv", Limits())


def test_a_workbook_may_unpack_to_the_allowed_size() -> None:
    """As many bytes as a file may have pass this test (and are no workbook), a byte more is refused."""
    for size, words in ((1000, "is no workbook that can be read"), (1001, "unpacks to 0 MB from 0.00 MB; refused")):
        with pytest.raises(FileError) as caught:
            list(workbook_sheets(archive(size), "a.xlsx", Limits(maximum_file_mb=1e-3)))
        assert caught.value.item == "a.xlsx"
        assert tell(caught.value.reject).reason.startswith(words)


@pytest.mark.parametrize(
    ("head", "words"), [(b"PK\x03\x04", "not a readable workbook"), (b"\xd0\xcf\x11\xe0", "no workbook")]
)
def test_damaged_workbooks_are_refused(head: bytes, words: str) -> None:
    """Noise behind the marks of either kind is one error that says what to do."""
    with raises_told(FileError, match=f"{words}.*save it again") as caught:
        list(workbook_sheets(head + b"\x01" * 600, "a.xls", Limits()))
    assert caught.value.item == "a.xls"


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(sheets) == []
