"""HJ 212: published check sums, real messages, what a message says, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.monitors import hj212
from ingest.monitors.crc import crc_modbus, crcs_hj212
from ingest.monitors.hj212 import Hj212Settings, Message, parse_stream
from ingest.settings import describe_settings
from onevisit.words.telling import say
from tests.ingest.immutable import mutable_values
from tests.ingest.monitors.hj212_messages import ANNEX_A, ANNEX_A1, build, errors, parse
from tests.ingest.monitors.slow_crc import crc_hj212

# --- check sums ----------------------------------------------------------------------------------------------------


def test_crc_is_the_one_of_the_standards() -> None:
    """HJ 212-2017 annex A gives 1C80, HJ 212-2025 A.1 gives 2200, the usual check string 2F80; Modbus does not."""
    assert crc_hj212(ANNEX_A[6:-4]) == 0x1C80
    assert crc_hj212(ANNEX_A1[6:-4]) == 0x2200
    assert crc_hj212(b"123456789") == 0x2F80
    assert (crc_modbus(ANNEX_A[6:-4]), crc_modbus(b"123456789")) == (0x0759, 0x4B37)


@given(st.lists(st.binary(max_size=1500), min_size=1, max_size=8))
def test_many_sums_at_once_equal_one_by_one(parts: list[bytes]) -> None:
    """The table of distances gives what the standard's byte loop gives, for any lengths, empty ones too."""
    buffer = b"##".join(parts)
    lengths = np.array([len(part) for part in parts], np.int64)
    starts = np.cumsum(np.concatenate([[0], lengths[:-1] + 2]))
    assert crcs_hj212(buffer, starts, lengths).tolist() == [crc_hj212(part) for part in parts]


def test_sums_of_empty_and_of_no_segments() -> None:
    """An empty segment has the start value FFFF, no segments give no sums; both are 16 bits wide."""
    none, empty = np.zeros(0, np.int64), np.zeros(2, np.int64)
    assert crcs_hj212(b"abc", none, none).tolist() == []
    assert crcs_hj212(b"abc", empty, empty).tolist() == [0xFFFF, 0xFFFF]
    assert {crcs_hj212(b"abc", k, k).dtype for k in (none, empty)} == {np.dtype(np.uint16)}


@pytest.mark.parametrize("length", [1, 255, 256, 1023, 1024, 1025, 2048, 9999])
def test_sums_around_the_sizes_of_the_table(length: int) -> None:
    """Segments just below, at and above a multiple of 1024 bytes, out of order and overlapping."""
    data = bytes(k * 7 % 256 for k in range(length + 3))
    starts, lengths = np.array([3, 0, 1]), np.array([length, 1, length])
    expected = [crc_hj212(data[3:]), crc_hj212(data[:1]), crc_hj212(data[1 : 1 + length])]
    assert crcs_hj212(data, starts, lengths).tolist() == expected


# --- real messages -------------------------------------------------------------------------------------------------


def expected_messages(shared_data: Path) -> list[dict[str, Any]]:
    """The collected messages with their expected parse."""
    lines = (shared_data / "hj212" / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_every_collected_message_parses_as_expected(shared_data: Path) -> None:
    """Header, data area, CRC verdict, length and Flag of every message agree with the collection."""
    for entry in expected_messages(shared_data):
        expect = entry["expect"]
        [message] = parse(entry["raw"].encode())
        assert message.header == expect["header"], entry["id"]
        assert message.meta == expect["meta"], entry["id"]
        assert [{"code": code, **fields} for code, fields in message.items.items()] == expect["items"], entry["id"]
        assert message.crc == expect["crc_status"].partition("_")[0], entry["id"]
        assert message.length_ok == (expect["length_declared"] == expect["length_actual"]), entry["id"]
        flags = (message.flags["version"], message.flags["split"], message.flags["ack"])
        assert flags == (expect["flag_version"], expect["flag_split"], expect["flag_ack"]), entry["id"]
        clean = expect["crc_status"] == "ok" and not expect["over_1024"]
        assert (message.errors == ()) == clean, (entry["id"], message.errors)


def test_raw_files_hold_the_same_messages(shared_data: Path) -> None:
    """Bytes with their CR LF parse to one message each, equal to the text's."""
    for entry in expected_messages(shared_data):
        raw = (shared_data / "hj212" / "raw" / f"{entry['id']}.bin").read_bytes()
        assert parse(raw) == parse(entry["raw"].encode())


def test_every_negative_is_refused(shared_data: Path) -> None:
    """No negative gives a message that may be used, except the two whole ones that were glued."""
    lines = (shared_data / "hj212" / "negatives.jsonl").read_text(encoding="utf-8").splitlines()
    for entry in map(json.loads, lines):
        messages = parse(entry["raw"].encode())
        usable = [message.cn for message in messages if not message.errors]
        assert usable == (["1062", "1011"] if entry["id"] == "neg_two_glued" else []), entry["id"]
        assert any(message.errors for message in messages), entry["id"]


def test_two_packets_in_one_read_are_two_messages() -> None:
    """With or without CR LF between them."""
    for between in (b"", b"\r\n", b"\n"):
        messages = parse(ANNEX_A + between + ANNEX_A1)
        assert [(m.cn, m.errors) for m in messages] == [("1062", ()), ("1011", ())]


# --- what a message says --------------------------------------------------------------------------------------------

REALTIME = "QN=20241001080001123;ST=31;CN=2011;PW=123456;MN=M1;Flag=8;CP=&&DataTime=20241001080000;a21026-Rtd=1.5,a21026-Flag=N;Ia-Rtd=2&&"  # noqa: E501


def test_every_field_of_a_message() -> None:
    """Header, items by code and field, fields without a code, Flag and place in the stream, word for word."""
    [message] = parse(b"\r\n" + build(REALTIME))
    header = {"QN": "20241001080001123", "ST": "31", "CN": "2011", "PW": "123456", "MN": "M1", "Flag": "8"}
    assert message == Message(
        mn="M1",
        st="31",
        cn="2011",
        qn="20241001080001123",
        data_time="20241001080000",
        crc="ok",
        length_ok=True,
        items={"a21026": {"Rtd": "1.5", "Flag": "N"}, "Ia": {"Rtd": "2"}},
        flags={"value": 8, "version": "HJ 212-2025", "split": False, "ack": False},
        errors=(),
        tolerated=(),
        meta={"DataTime": "20241001080000"},
        header=header,
        offset=2,
    )


def test_a_header_may_begin_with_anything() -> None:
    """The request number is found at the beginning, at the end, and is empty where there is none (2005)."""
    rest = "ST=32;CN=2011;MN=7"
    for head, qn in ((f"QN=9;{rest};", "9"), (f"{rest};QN=9;", "9"), (f"{rest};", "")):
        [message] = parse(build(f"{head}CP=&&&&"))
        assert (message.qn, message.st, message.cn, message.mn) == (qn, "32", "2011", "7")
        assert message.header == {"ST": "32", "CN": "2011", "MN": "7"} | ({"QN": "9"} if qn else {})
        assert message.errors == ()


@pytest.mark.parametrize("name", ["ST", "CN", "MN"])
@pytest.mark.parametrize("empty", [False, True])
def test_system_command_and_device_must_be_named(name: str, empty: bool) -> None:
    """A header without one of the three, or with an empty one, is an error that names it."""
    fields = {"ST": "32", "CN": "2011", "MN": "7"}
    head = "".join(f"{k}={'' if k == name else v};" for k, v in fields.items() if empty or k != name)
    [message] = parse(build(f"{head}CP=&&&&"))
    assert errors(message) == (f"header has no {name}",)


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_text_in_either_encoding(codec: str) -> None:
    """A word in the data area is read in UTF-8 and in the encoding of China."""
    data = "ST=32;CN=2011;MN=7;CP=&&Info=停电&&".encode(codec)
    [message] = parse(b"##%04d%s%04X" % (len(data), data, crc_hj212(data)))
    assert (message.meta, message.errors) == ({"Info": "停电"}, ())


@pytest.mark.parametrize(
    ("text", "value", "version", "split", "ack"),
    [
        ("0", 0, "HJ/T 212-2005", False, False),
        ("1", 1, "HJ/T 212-2005", False, True),
        ("2", 2, "HJ/T 212-2005", True, False),
        ("3", 3, "HJ/T 212-2005", True, True),
        ("4", 4, "HJ 212-2017", False, False),
        ("6", 6, "HJ 212-2017", True, False),
        ("7", 7, "HJ 212-2017", True, True),
        ("8", 8, "HJ 212-2025", False, False),
        ("11", 11, "HJ 212-2025", True, True),
        ("12", 12, None, False, False),
        ("254", 254, None, True, False),
        ("255", 255, None, True, True),
        ("005", 5, "HJ 212-2017", False, True),
    ],
)
def test_bits_of_the_flag(text: str, value: int, version: str | None, split: bool, ack: bool) -> None:
    """HJ 212-2017, 6.3.3: V5 to V0 are the version, D says split, A says that an answer is wanted."""
    [message] = parse(build(f"ST=32;CN=2011;MN=7;PNUM=1;PNO=1;Flag={text};CP=&&&&"))
    assert message.flags == {"value": value, "version": version, "split": split, "ack": ack}
    assert message.errors == ()


@pytest.mark.parametrize("text", ["256", "0004", "-1", "4.0", "x", "٤"])
def test_flags_that_are_no_number_up_to_255(text: str) -> None:
    """Neither the next number, nor four digits, nor digits of another script; all parts are unknown then."""
    [message] = parse(build(f"ST=32;CN=2011;MN=7;Flag={text};CP=&&&&"))
    assert message.flags == dict.fromkeys(("value", "version", "split", "ack"))
    assert errors(message) == (f"Flag {text!r} is no number up to 255",)


@pytest.mark.parametrize(
    ("parts", "right"),
    [
        ("PNUM=2;PNO=1;", True),
        ("PNUM=2;", False),
        ("PNO=1;", False),
        ("PNUM=x;PNO=1;", False),
        ("PNUM=1;PNO=²;", False),
    ],
)
def test_a_split_message_numbers_its_parts(parts: str, right: bool) -> None:
    """Flag 6 promises parts; without both numbers that is an error, without the promise it is none."""
    for flag, promised in ((6, True), (4, False)):
        [message] = parse(build(f"ST=32;CN=2011;MN=7;Flag={flag};{parts}CP=&&&&"))
        expected = "Flag says the message is split, but PNUM or PNO is missing"
        assert errors(message) == ((expected,) if promised and not right else ())


@pytest.mark.parametrize(
    ("text", "is_time"),
    [
        ("20240229235959", True),
        ("20240229235959999", True),
        ("2024022923595", False),
        ("202402292359590", False),
        ("2024022923595900", False),
        ("202402292359590000", False),
        ("20230229000000", False),
        ("20241301000000", False),
        ("20240001000000", False),
        ("20240132000000", False),
        ("20240101240000", False),
        ("20240101006000", False),
        ("20240101000060", False),
        ("2024010100000x", False),
        ("２０２４０１０１００００００", False),
    ],
)
def test_data_times(text: str, is_time: bool) -> None:
    """14 digits or 17 (with milliseconds) that are in the calendar; the 29th of February only in leap years."""
    [message] = parse(build(f"ST=32;CN=2011;MN=7;CP=&&DataTime={text}&&"))
    assert message.data_time == text
    assert errors(message) == (() if is_time else (f"DataTime {text!r} is no time (expected 14 or 17 digits)",))


def test_parts_of_the_data_area() -> None:
    """Commas and semicolons part alike; a later value replaces the earlier; a value may hold an equals sign."""
    [message] = parse(build("ST=32;CN=2011;MN=7;CP=&&A=1=2;;b-X=1,b-Y=2;b-X=3,c-X-Z=4;D=&&"))
    assert message.meta == {"A": "1=2", "D": ""}
    assert message.items == {"b": {"X": "3", "Y": "2"}, "c": {"X-Z": "4"}}
    assert message.errors == ()


def test_parts_that_are_no_field_are_counted_and_quoted() -> None:
    """No equals sign, no code before the hyphen, no name behind it: counted, the first quoted up to 40 characters."""
    odd = "y" * 50
    [message] = parse(build(f"ST=32;CN=2011;MN=7;CP=&&{odd};-Rtd=1;a21026-=2;=3;A=4&&"))
    assert errors(message) == (f"data area has 4 parts that are no field: {'y' * 40!r}",)
    assert (message.items, message.meta) == ({}, {"A": "4"})


@pytest.mark.parametrize("area", ["", "CP=&&", "CP=&&A=1", "CP=&A=1&&", "A=1&&"])
def test_data_areas_that_are_not_closed(area: str) -> None:
    """Without the opening or the closing ampersands there is no data area, and nothing is read from it."""
    data = f"ST=32;CN=2011;MN=7;{area}".encode()
    messages = parse(b"##%04d%s%04X" % (len(data), data, crc_hj212(data)))
    assert "data area CP=&&...&& is not closed" in errors(messages[0])
    assert (messages[0].items, messages[0].meta) == ({}, {})


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (ANNEX_A.replace(b"1C80", b"1C81"), "CRC 1C81 is wrong, expected 1C80"),
        (ANNEX_A.replace(b"1C80", b"0759"), "CRC 0759 is a Modbus sum, expected 1C80"),
        (ANNEX_A.replace(b"1C80", b"5907"), "CRC 5907 is a Modbus sum, expected 1C80"),
        (ANNEX_A.replace(b"##0101", b"##0099"), "length 0099 stated, 101 bytes came"),
        (ANNEX_A.replace(b"##0101", b"##0301"), "length 0301 stated, 101 bytes came"),
        (ANNEX_A.replace(b"##0101", b"##01x1"), "no length stated, 101 bytes came"),
        (ANNEX_A[:60], "is not closed"),
        (ANNEX_A[2:], "109 bytes from byte 0 belong to no packet"),
        (build("ST=32;CN=2011;CP=&&DataTime=20240101000000&&"), "header has no MN"),
        (build("ST=32;CN=2011;MN=1;Flag=abc;CP=&&&&"), "Flag 'abc' is no number"),
        (build("ST=32;CN=2011;MN=1;Flag=7;CP=&&&&"), "PNUM or PNO is missing"),
        (build("ST=32;CN=2011;MN=1;CP=&&DataTime=20241301000000&&"), "DataTime '20241301000000' is no time"),
        (build("ST=32;CN=2011;MN=1;CP=&&a21026&&"), "1 parts that are no field: 'a21026'"),
        (
            build("ST=31;CN=2011;MN=1;CP=&&" + ";".join(f"a{k:05d}-Rtd=1" for k in range(90)) + "&&"),
            "longer than 1024",
        ),
    ],
)
def test_what_is_wrong_is_said(data: bytes, words: str) -> None:
    """Every departure is an error that says what came and what was expected."""
    [message] = parse(data)
    assert any(words in error for error in errors(message)), message.errors


def test_tolerance_is_per_device_and_counted() -> None:
    """A Modbus device is accepted where it is named, and its departure stays on record."""
    segment = b"ST=31;CN=2011;MN=4201003;CP=&&DataTime=20240101000000;a21026-Rtd=1&&"
    packet = b"##%04d%s%04X\r\n" % (len(segment), segment, crc_modbus(segment))
    assert parse(packet)[0].errors
    assert parse(packet, ("9999:modbus",))[0].errors
    for tolerated in (("4201003:modbus",), ("*:modbus",)):
        [message] = parse(packet, tolerated)
        assert (message.errors, message.crc, len(message.tolerated)) == ((), "modbus", 1)


def of_length(size: int) -> bytes:
    """A packet whose segment has exactly this many bytes."""
    head, tail = "ST=31;CN=2011;MN=7;CP=&&Info=", "&&"
    return build(head + "x" * (size - len(head) - len(tail)) + tail)


@pytest.mark.parametrize(("size", "fits"), [(1023, True), (1024, True), (1025, False), (9999, False)])
def test_segments_may_have_1024_bytes(size: int, fits: bool) -> None:
    """HJ 212-2017, table 1: 1024 bytes pass, one more is an error unless the device is known for it."""
    [message] = parse(of_length(size))
    note = f"segment of {size} bytes is longer than 1024"
    assert errors(message) == (() if fits else (note,))
    [message] = parse(of_length(size), ("7:long",))
    assert (message.errors, tuple(map(say, message.tolerated))) == ((), () if fits else (note,))


def test_limit_of_a_segment_is_a_setting() -> None:
    """Another limit than the standard's is the one that is tested and told."""
    [message] = parse_stream(of_length(101), settings=Hj212Settings(segment_limit=100))
    assert errors(message) == ("segment of 101 bytes is longer than 100",)


def test_each_departure_is_tolerated_by_its_own_name() -> None:
    """A device that is known for wrong lengths may not have a wrong sum or long segments too, nor the other way."""
    data = of_length(1100)[6:-6]
    packet = b"##%04d%s%04X" % (90, data, crc_modbus(data))
    words = {"modbus": "a Modbus sum", "length": "length 0090 stated, 1100 bytes came", "long": "longer than 1024"}
    for chosen in ((), ("modbus",), ("length",), ("long",), ("length", "long"), ("modbus", "length", "long")):
        [message] = parse(packet, tuple(f"7:{name}" for name in chosen))
        assert (message.crc, message.length_ok) == ("modbus", False)
        for name, text in words.items():
            assert any(text in say(note) for note in message.tolerated) == (name in chosen)
            assert any(text in note for note in errors(message)) == (name not in chosen)
    assert len(parse(packet, ("7:wrong",))[0].errors) == 3


def test_a_device_name_with_colons_is_a_device_name() -> None:
    """What is tolerated stands behind the last colon."""
    data = b"ST=31;CN=2011;MN=a:b;CP=&&&&"
    packet = b"##%04d%s%04X" % (len(data), data, crc_modbus(data))
    assert parse(packet, ("a:b:modbus",))[0].errors == ()
    assert parse(packet, ("b:modbus", "a:modbus"))[0].errors != ()


def test_hexadecimal_digits_of_a_sum_may_be_small() -> None:
    """Devices write 1c80 as well as 1C80."""
    assert parse(ANNEX_A.replace(b"1C80", b"1c80"))[0].errors == ()


@pytest.mark.parametrize("tail", [b"", b"1C8", b"1C8G"])
def test_a_sum_of_less_than_four_digits_is_none(tail: bytes) -> None:
    """A missing, a cut and a misspelt sum are said to be missing; what came in its place counts with the length."""
    [message] = parse(ANNEX_A[:-4] + tail + b"\r\n")
    assert message.crc == "bad"
    assert any(error.startswith("CRC nothing is wrong, expected ") for error in errors(message))
    assert (f"length 0101 stated, {101 + len(tail)} bytes came" in errors(message)) == bool(tail)


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(hj212) == []


def test_settings_with_their_units() -> None:
    """Nothing is tolerated, and the standard's limit of a segment (HJ 212-2017, table 1)."""
    lines = [(s.name, s.value, s.unit) for s in describe_settings(Hj212Settings())]
    assert lines == [("tolerated", (), ""), ("segment_limit", 1024, "byte")]
    assert all(s.source for s in describe_settings(Hj212Settings()))
