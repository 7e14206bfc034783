"""HJ 212: streams in chunks, resynchronisation, hostile bytes, and messages in parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.monitors.crc import crc_modbus
from ingest.monitors.hj212 import Message, parse_stream
from ingest.monitors.parts import join_packets
from ingest.outcome import Phrase
from tests.ingest.monitors.hj212_messages import ANNEX_A, ANNEX_A1, build, errors, lines, parse, part

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
        assert isinstance(message, Message)


@settings(max_examples=200)
@given(st.integers(0, len(ANNEX_A) * 8 - 1))
def test_a_flipped_bit_is_never_accepted_as_something_else(bit: int) -> None:
    """One flipped bit leads to an error, or to the same data (case of a hexadecimal digit)."""
    damaged = bytearray(ANNEX_A)
    damaged[bit // 8] ^= 1 << (bit % 8)
    [original] = parse(ANNEX_A)
    for message in parse(bytes(damaged)):
        assert message.errors or (message.header, message.meta) == (original.header, original.meta)


def garbage(count: int, start: int) -> Message:
    """The message on bytes that belong to no packet."""
    note = Phrase("bytes_of_no_packet", {"count": count, "start": start})
    return Message("", "", "", "", "", "bad", False, {}, {}, (note,), offset=start)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_bytes_between_packets_are_told_by_place_and_count(size: int) -> None:
    """Blanks, line ends and zeros are no garbage; bytes and lines of text between packets are one message each."""
    first, second = build("ST=32;CN=1;MN=7;CP=&&&&"), build("ST=32;CN=2;MN=7;CP=&&&&")
    data = b" \r\nab c\x00d\r\n" + first + b"\t\x00 \r\n" + second + b"\n#\nxyz\n"
    messages = list(parse_stream(data[at : at + size] for at in range(0, len(data), size)))
    place = 11 + len(first) + 5
    assert [m.cn for m in messages] == ["", "1", "2", ""]
    assert messages[0] == garbage(4, 3)
    assert [m.offset for m in messages[1:3]] == [11, place]
    assert messages[3] == lines(2, place + len(second) + 1)


def test_a_packet_without_an_end_stops_at_the_longest() -> None:
    """9999 bytes and a sum are taken, what follows belongs to no packet; a line's end stops it earlier."""
    for size in (100, 1 << 20):
        data = b"##0999" + b"a" * 20_000
        cut, rest = parse_stream(data[at : at + size] for at in range(0, len(data), size))
        assert "length 0999 stated, 10003 bytes came" in errors(cut)
        assert rest == garbage(20_000 - 10_003, 6 + 10_003)
    for end in (b"\r", b"\n", b"\n\r", b"\r\n", b"##"):
        cut = parse(b"##0999" + b"a" * 50 + end + b"b" * 60 + b"\r\n")[0]
        assert "length 0999 stated, 50 bytes came" in errors(cut)


def test_what_follows_a_packet_of_wrong_length_is_not_part_of_it() -> None:
    """Its sum is the four digits behind the last ampersands; the letters behind them belong to no packet."""
    odd, rest = parse(ANNEX_A.replace(b"##0101", b"##0103") + b"xyz\r\n")
    assert errors(odd) == ("length 0103 stated, 101 bytes came",)
    assert (odd.crc, odd.meta, odd.length_ok) == ("ok", {"RtdInterval": "30"}, False)
    assert rest == lines(1, len(ANNEX_A))


def test_the_shortest_segment_and_shorter_ones() -> None:
    """Two ampersands are a segment of the length stated; a start, ampersands and digits alone are not."""
    [message] = parse(build("&&"))
    assert (message.crc, message.length_ok, len(message.errors)) == ("ok", True, 4)
    for data in (b"##x&&1234", b"##&&&&1234", b"##", b"##00", b"##0000FFFF", b"##0001&FFFF"):
        [message] = parse(data)
        assert not message.length_ok
        assert message.errors


def test_chunks_of_megabytes_are_cut_without_loss() -> None:
    """A packet across the border of a million bytes is one packet."""
    filler = build("ST=32;CN=1;MN=7;CP=&&&&")
    data = filler * ((1 << 20) // len(filler)) + ANNEX_A + filler
    messages = parse(data)
    assert [m.cn for m in messages[-2:]] == ["1062", "1"]
    assert not any(m.errors for m in messages)
    assert messages[-1].offset == len(data) - len(filler)


def test_megabytes_of_nonsense_end_quickly() -> None:
    """A megabyte without a packet is one error; a megabyte of starts ends too."""
    [message] = parse(b"a" * 1_000_000)
    assert errors(message) == ("1000000 bytes from byte 0 belong to no packet (expected ##)",)
    assert len(parse(b"##9999" + b"CP=&&" * 200_000)) < 10
    assert sum(1 for _ in parse_stream(b"##0999" * 20_000)) == 20_000


# --- split packets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1), (2, 2, 1, 3)])
def test_parts_are_joined_in_the_order_of_their_numbers(order: tuple[int, ...]) -> None:
    """Whatever comes first: header and fields of part 1, items of all, fields of an item that is in several."""
    [joined] = join_packets(parse(b"".join(map(part, order))))
    assert (joined.qn, joined.meta) == ("1", {"DataTime": "20241001080000", "P1": "1"})
    assert list(joined.items) == ["w01001", "a0", "w01002", "w01003"]
    assert joined.items["a0"] == {"F1": "x", "F2": "x", "F3": "x"}
    assert [joined.items[f"w0100{k}"] for k in (1, 2, 3)] == [{"Avg": "1"}, {"Avg": "2"}, {"Avg": "3"}]
    assert joined.errors == ()


def test_parts_come_when_the_last_is_there_and_others_pass() -> None:
    """A whole message between the parts is given at once, the joined one in the place of its last part."""
    whole = build("ST=32;CN=1;MN=7;CP=&&&&")
    stream = join_packets(parse(part(1, 2) + whole + part(2, 2) + whole))
    assert [message.cn for message in stream] == ["1", "2061", "1"]


@pytest.mark.parametrize("other", [{"mn": "8"}, {"cn": "2051"}, {"time": "20241001090000"}])
def test_parts_of_other_devices_commands_and_times_are_not_mixed(other: dict[str, str]) -> None:
    """Two split messages at once that differ in one of the three become two, each with its own items."""
    stream = part(1, 2) + part(1, 2, **other) + part(2, 2, **other) + part(2, 2)
    messages = list(join_packets(parse(stream)))
    assert [list(m.items) for m in messages] == [["w01001", "a0", "w01002"]] * 2
    assert (messages[0].mn, messages[0].cn) == (other.get("mn", "7"), other.get("cn", "2061"))
    assert (messages[1].mn, messages[1].cn, messages[1].data_time) == ("7", "2061", "20241001080000")


def test_a_part_with_an_error_is_not_joined() -> None:
    """The damaged part comes alone with its error, the others as an incomplete message that says which came."""
    damaged = part(2).replace(b"w01002-Avg=2", b"w01002-Avg=9")
    bad, rest = join_packets(parse(part(1) + damaged + part(3)))
    assert "is wrong, expected" in errors(bad)[0]
    assert errors(rest) == ("split message incomplete: parts 1, 3 of 3 came",)
    assert list(rest.items) == ["w01001", "a0", "w01003"]


@pytest.mark.parametrize(
    "parts", ["PNUM=1;PNO=1", "PNUM=2;PNO=3", "PNUM=2;PNO=0", "PNUM=0;PNO=0", "PNUM=10000;PNO=1", "PNUM=²;PNO=1"]
)
def test_numbers_of_parts_that_cannot_be_leave_a_message_alone(parts: str) -> None:
    """A single part, a number beyond the total, none at all, and digits that are no number: nothing to wait for."""
    messages = parse(build(f"ST=32;CN=2011;MN=7;{parts};Flag=4;CP=&&&&"))
    assert list(join_packets(messages)) == messages
    assert messages[0].errors == ()


def test_the_largest_number_of_parts_is_waited_for() -> None:
    """9999 parts may come, as may part 9999."""
    [joined] = join_packets(parse(build("ST=32;CN=2011;MN=7;PNUM=9999;PNO=9999;Flag=6;CP=&&&&")))
    assert errors(joined) == ("split message incomplete: parts 9999 of 9999 came",)


def test_what_was_tolerated_in_any_part_is_kept() -> None:
    """The departures of both parts are on the joined message."""
    packets = []
    for number in (1, 2):
        data = part(number, 2)[6:-6]
        packets.append(b"##%04d%s%04X" % (len(data), data, crc_modbus(data)))
    [joined] = join_packets(parse(b"".join(packets), ("*:modbus",)))
    assert len(joined.tolerated) == 2
    assert joined.errors == ()


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
    assert errors(joined) == ("split message incomplete: parts 1 of 2 came",)
