"""HJ 212: published check sums, real messages, refusals, resynchronisation, and hostile streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.crc import crc_hj212, crc_modbus, crcs_hj212
from ingest.hj212 import Hj212Settings, Message, join_packets, message_as_json, parse_stream

ANNEX_A = (
    b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80"
)
ANNEX_A1 = b"##0087QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&2200"


def build(segment: str) -> bytes:
    """Wrap a segment as the standard wants it."""
    data = segment.encode()
    return b"##%04d%s%04X\r\n" % (len(data), data, crc_hj212(data))


def parse(data: bytes, tolerated: tuple[str, ...] = ()) -> list[Message]:
    """All messages of a stream."""
    return list(parse_stream(data, settings=Hj212Settings(tolerated=tolerated)))


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
    assert any(words in error for error in message.errors), message.errors


def test_tolerance_is_per_device_and_counted() -> None:
    """A Modbus device is accepted where it is named, and its departure stays on record."""
    segment = b"ST=31;CN=2011;MN=4201003;CP=&&DataTime=20240101000000;a21026-Rtd=1&&"
    packet = b"##%04d%s%04X\r\n" % (len(segment), segment, crc_modbus(segment))
    assert parse(packet)[0].errors
    assert parse(packet, ("9999:modbus",))[0].errors
    for tolerated in (("4201003:modbus",), ("*:modbus",)):
        [message] = parse(packet, tolerated)
        assert (message.errors, message.crc, len(message.tolerated)) == ((), "modbus", 1)


# --- streams -------------------------------------------------------------------------------------------------------


STREAM_PARTS = st.sampled_from([ANNEX_A, ANNEX_A1 + b"\r\n", b"noise", b"#", b"\r\n", ANNEX_A[:70]])


@settings(max_examples=50)
@given(st.lists(STREAM_PARTS, max_size=8), st.integers(1, 130))
def test_chunks_do_not_change_the_result(parts: list[bytes], size: int) -> None:
    """A stream cut anywhere gives the same messages, errors and places as in one piece."""
    data = b"".join(parts)
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    assert list(parse_stream(chunks)) == parse(data)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_stream_is_found_again_after_garbage(before: bytes, after: bytes) -> None:
    """Whole packets on lines of their own survive anything that is no packet start around them."""
    noise = [part.replace(b"#", b"+") for part in (before, after)]
    data = noise[0] + b"\r\n" + ANNEX_A + b"\r\n" + noise[1] + b"\r\n" + ANNEX_A1 + b"\r\n"
    assert [m.cn for m in parse(data) if not m.errors] == ["1062", "1011"]


def test_cut_packet_does_not_swallow_the_next() -> None:
    """A packet that was cut off stops at the next start, whatever length it states."""
    messages = parse(b"##0301" + ANNEX_A[6:50] + ANNEX_A1)
    assert [(m.cn, bool(m.errors)) for m in messages] == [("1062", True), ("1011", False)]


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_are_parsed_without_another_exception(data: bytes) -> None:
    """Random bytes, with and without packet starts among them, give messages with errors and nothing else."""
    for message in [*parse(data), *parse(b"##0100" + data + b"##" + data)]:
        assert json.dumps(message_as_json(message))


@settings(max_examples=200)
@given(st.integers(0, len(ANNEX_A) * 8 - 1))
def test_a_flipped_bit_is_never_accepted_as_something_else(bit: int) -> None:
    """One flipped bit leads to an error, or to the same data (case of a hexadecimal digit)."""
    damaged = bytearray(ANNEX_A)
    damaged[bit // 8] ^= 1 << (bit % 8)
    [original] = parse(ANNEX_A)
    for message in parse(bytes(damaged)):
        assert message.errors or (message.header, message.meta) == (original.header, original.meta)


def test_megabytes_of_nonsense_end_quickly() -> None:
    """A megabyte without a packet is one error; a megabyte of starts ends too."""
    [message] = parse(b"a" * 1_000_000)
    assert message.errors == ("1000000 bytes from byte 0 belong to no packet (expected ##)",)
    assert len(parse(b"##9999" + b"CP=&&" * 200_000)) < 10
    assert sum(1 for _ in parse_stream(b"##0999" * 20_000)) == 20_000


# --- split packets -------------------------------------------------------------------------------------------------


def test_split_packets_are_joined_by_device_command_and_time(shared_data: Path) -> None:
    """The standard's own example: two parts with different QN become one message with the items of both."""
    raw = [
        (shared_data / "hj212" / "raw" / f"annexC_2061_split_{part}.bin").read_bytes() for part in ("1of2", "2of2")
    ]
    for order in (raw, raw[::-1]):
        [joined] = join_packets(parse_stream(order))
        assert list(joined.items) == ["w00000", "w01001", "w01018"]
        assert joined.errors == ()


def test_missing_part_is_an_error(shared_data: Path) -> None:
    """A message whose second part never comes is given, with what is missing."""
    raw = (shared_data / "hj212" / "raw" / "annexC_2061_split_1of2.bin").read_bytes()
    [joined] = join_packets(parse_stream(raw))
    assert joined.errors == ("split message incomplete: parts 1 of 2 came",)


def test_json_object_has_the_documented_keys() -> None:
    """The keys of ``onevisit hj212`` come first and in the documented order."""
    [message] = parse(ANNEX_A)
    documented = ["mn", "st", "cn", "qn", "data_time", "crc", "length_ok", "items", "flags", "errors"]
    assert list(message_as_json(message))[: len(documented)] == documented
