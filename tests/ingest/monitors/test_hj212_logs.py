"""Logs of HJ 212 as collectors write them: lines between packets, parts, spellings, encodings, clocks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import SettingError
from ingest.monitors import frames, parts
from ingest.monitors.hj212 import Hj212Settings, Message, check_tolerated, parse_stream
from ingest.monitors.parts import join_packets
from ingest.monitors.read import MonitorSettings, read_monitors
from onevisit.words.telling import say, tell
from tests.ingest.immutable import mutable_values
from tests.ingest.monitors.slow_crc import crc_hj212

NOISE = (
    "[2024-10-08 01:00:47]\n", "2024-10-08 01:00:47.1 INFO recv 186 bytes from 10.0.0.7:5300\n", "> ", "$ \n", "#\n",
    "00000010: ", "0x0A40\t", "\r\n\r\n", "收到数据包：\n", "-----\n", "RX <- ", "\ufeff", "OK\r\n", "  \t",
)  # fmt: skip
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030")


def build(segment: str) -> str:
    """Wrap a segment as the standard wants it."""
    return f"##{len(segment):04d}{segment}{crc_hj212(segment.encode()):04X}"


def hour(value: int, *, mn: str = "M1", time: str = "20241001080000") -> str:
    """A packet of one hour with one value."""
    return build(f"QN={value:017d};ST=31;CN=2061;PW=1;MN={mn};Flag=4;CP=&&DataTime={time};a21026-Avg={value}.5&&")


def read(folder: Path, text: str | bytes, **wanted: object) -> tuple[dict[str, list[float]], str]:
    """Values by name of a log, and all that is said of it."""
    path = folder / "log.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = read_monitors([path], MonitorSettings(**wanted))  # type: ignore[arg-type]
    told = [f"{(t := tell(d)).decision} ({t.evidence})" for d in outcome.decisions]
    told += [tell(r).reason for r in outcome.rejects]
    values = {str(n): v.values.tolist() for s in outcome.value for n, v in s.data_vars.items() if v.dtype.kind == "f"}
    return values, "\n".join(told)


def errors(messages: Sequence[Message]) -> set[str]:
    """Codes of what is wrong with messages."""
    return {error.code for message in messages for error in message.errors}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 99), st.lists(st.sampled_from(NOISE), max_size=3)), min_size=1, max_size=8),
    st.sampled_from(CODECS),
    st.integers(1, 700),
)
def test_packets_come_back_whole_whatever_stands_between(
    pieces: list[tuple[int, list[str]]], codec: str, size: int
) -> None:
    """Stamps, prompts, offsets and blank lines are neither packets nor damage, in every encoding of text."""
    data = "".join("".join(noise) + hour(value) + "\r\n" for value, noise in pieces).encode(codec)
    messages = list(parse_stream(data[at : at + size] for at in range(0, len(data), size)))
    whole = [message.items for message in messages if not message.errors]
    assert whole == [{"a21026": {"Avg": f"{value}.5"}} for value, _ in pieces]
    assert errors(messages) <= {"text_between_packets"}


@pytest.mark.parametrize(
    "rest", ["01;CN=2061;MN=7", "a21026-Avg=5,a21026-Flag=N&&1C80", "MN=7", "\x01\x02", "x" * 1001]
)
def test_what_is_left_of_a_packet_is_no_line_of_text(tmp_path: Path, rest: str) -> None:
    """Fields, ends of data areas, control characters and endless lines are bytes that were lost."""
    _, told = read(tmp_path, f"{hour(1)}\r\n{rest}\r\n{hour(2)}\r\n")
    assert "1 packets refused: bytes belong to no packet" in told and "passed over" not in told


def part(number: int, total: int, system: str, *, time: str = "20241001080000", value: int = 0) -> str:
    """Part of a split message with one item of its own."""
    when = f"DataTime={time};" if time else ""
    head = f"QN={system}{number};ST={system};CN=2061;MN=7;PNUM={total};PNO={number};Flag=6"
    return build(f"{head};CP=&&{when}x{system}{number}-Avg={value or number}&&")


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_parts_in_any_order_and_any_number_of_times(data: st.DataObject) -> None:
    """Of two systems with parts in any order, each sent once or more, come two whole messages."""
    sent = [(number, system) for system in ("31", "32") for number in (1, 2, 3)]
    order = data.draw(st.permutations(sent + data.draw(st.lists(st.sampled_from(sent), max_size=5))))
    stream = "\r\n".join(part(number, 3, system) for number, system in order).encode()
    messages = list(join_packets(parse_stream(stream)))
    assert errors(messages) == set()
    assert sorted(message.st for message in messages) == ["31", "32"]
    for message in messages:
        assert sorted(message.items) == [f"x{message.st}{k}" for k in (1, 2, 3)]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_part_without_a_time_belongs_to_the_open_message(order: tuple[int, int]) -> None:
    """Devices state DataTime in the first part only; the resent part is no message of its own."""
    texts = {1: part(1, 2, "31"), 2: part(2, 2, "31", time="")}
    messages = list(join_packets(parse_stream("".join([*(texts[k] for k in order), texts[2]]).encode())))
    assert [(sorted(m.items), m.data_time, m.errors) for m in messages] == [(["x311", "x312"], "20241001080000", ())]


def test_a_part_that_says_something_else_the_second_time_is_told(tmp_path: Path) -> None:
    """The later value is kept, before and after the message was whole."""
    for texts in ((1, 1, 2), (1, 2, 1)):
        log, value = "", 0
        for number in texts:
            value += 10
            log += part(number, 2, "31", value=value)
        values, told = read(tmp_path, log)
        assert values["x311"] == [20.0 if texts == (1, 1, 2) else 30.0]
        assert "part 1 of 2 came again with other values; the later is kept" in told
        assert "incomplete" not in told


SPELLINGS = (
    "ST=31;CN=2061;MN=7;Flag=4;CP=&&DataTime=20241001080000; a21026-Avg=1.5, a21026-Flag=N&&",
    "ST=31; CN=2061; MN=7; Flag=4; CP=&&DataTime=20241001080000;a21026-Avg=1.5,a21026-Flag=N;&&",
    "st=31;cn=2061;mn=7;flag=4;cp=&&datatime=20241001080000;a21026-avg=1.5,a21026-flag=N&&",
    "QN=1;ST=31;CN=2061;MN=7;Flag=4;CP=&&\r\nDataTime=20241001080000;\r\na21026-Avg=1.5,a21026-Flag=N\r\n&&",
    "ST = 31;CN = 2061;MN = 7;Flag = 4;CP = &&DataTime = 20241001080000;a21026-Avg = 1.5,a21026-Flag = N&&",
    "qn=1;ST=31;CN=2061;MN=7;Flag=4;CP=&&DataTime=20241001080000;A21026-AVG=1.5,A21026-FLAG=N&&",
)


@pytest.mark.parametrize("segment", SPELLINGS)
def test_spellings_of_one_packet(tmp_path: Path, segment: str) -> None:
    """Blanks, small letters and line ends inside a packet whose length and sum are right change nothing."""
    values, told = read(tmp_path, build(segment))
    assert list(values.values()) == [[1.5]] and "refused" not in told
    assert [name.lower() for name in values] == ["a21026"]


@pytest.mark.parametrize("width", [20, 40, 80, 100, 103])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_log_that_breaks_its_lines(tmp_path: Path, width: int, end: str) -> None:
    """Where length and sum are right without the line ends the packet is believed, and that is told."""
    text = f"{hour(1)}"
    broken = end.join(text[at : at + width] for at in range(0, len(text), width))
    values, told = read(tmp_path, f"[01:00]\n{broken}\n[02:00]\n{hour(2, time='20241001090000')}\n")
    assert values == {"a21026": [1.5, 2.5]}
    assert "broken over lines" in told and "2 lines between packets" in told and "refused" not in told


def test_fields_behind_the_data_area(tmp_path: Path) -> None:
    """Named, tolerated by its own word, and what stands behind the area counts as header then."""
    cp = "ST=31;CN=2061;CP=&&DataTime=20241001080000;a21026-Avg=1.5&&;MN=7;Flag=4"
    values, told = read(tmp_path, build(cp))
    assert values == {} and "MN, Flag stands behind CP=&&...&&" in told and '"<MN>:order"' in told
    values, told = read(tmp_path, build(cp), tolerated=("7:order",))
    assert values == {"a21026": [1.5]} and "1 packets accepted" in told
    [message] = parse_stream(build(cp).encode(), settings=Hj212Settings(tolerated=("*:order",)))
    assert (message.mn, message.flags["value"], message.crc, message.length_ok) == ("7", 4, "ok", True)


def test_a_packet_that_contradicts_itself(tmp_path: Path) -> None:
    """A field twice is told with both values; a time or a device twice leaves nobody to whom the values belong."""
    head = "ST=31;CN=2061;MN=7;Flag=4;CP=&&DataTime=20241001080000"
    values, told = read(tmp_path, build(f"{head};a1-Avg=1,a1-Flag=N;a1-Avg=2,a1-Flag=N&&"))
    assert values["a1"] == [2.0] and "a1-Avg comes twice in one packet, with 1 and 2; 2, the later, is kept" in told
    _, told = read(tmp_path, build(f"{head};a1-Avg=1;a1-Avg=1&&"))
    assert "twice" not in told
    for odd in (f"{head};a1-Avg=1;DataTime=20241001090000;a1-Avg=2&&", head.replace("MN=7", "MN=7;MN=8") + "&&"):
        values, told = read(tmp_path, build(odd))
        assert values == {} and "comes twice in one packet" in told


def test_a_value_that_is_no_number_is_told(tmp_path: Path) -> None:
    """Text in the place of a value gives no value, and is counted."""
    values, told = read(tmp_path, build("ST=31;CN=2061;MN=7;CP=&&DataTime=20241001080000;a1-Avg=<0.5;a2-Avg=3&&"))
    assert values["a2"] == [3.0] and "a1-Avg" in told and "1 below detection" in told and "<0.5" in told


@pytest.mark.parametrize(
    ("years", "kept", "why"),
    [
        ((2000, 2000, 2024, 2024), 2, "the clock of the device was reset (the first says 2000-10-01)"),
        ((1970, 1980, 1999, 2024), 1, "the clock of the device was reset (the first says 1970-10-01)"),
        ((2015, 2015, 2015, 2024), 1, "the clock of the device was reset (the first says 2015-10-01)"),
        ((2024, 2036), 1, "DataTime is yet to come (the first says 2036-10-01)"),
        ((2024, 2099), 1, "DataTime is yet to come (the first says 2099-10-01)"),
        ((2000, 2000), 0, "the clock of the device was reset (the first says 2000-10-01)"),
        ((2022, 2023, 2024), 3, ""),
        ((2016, 2016), 2, ""),
    ],
)
def test_hours_of_another_decade(tmp_path: Path, years: tuple[int, ...], kept: int, why: str) -> None:
    """A clock that lost its power or runs ahead: refused, counted and told; years in a row are a record."""
    log = "".join(hour(k, time=f"{year}10010{k}0000") + "\n" for k, year in enumerate(years, 1))
    values, told = read(tmp_path, log)
    assert len(values.get("a21026", [])) == kept
    assert (f"{len(years) - kept} packets refused: {why}" in told) if why else ("refused" not in told)


@pytest.mark.parametrize("entry", ["*:modbuss", "modbus", ":length", "7:", "7:crc", ""])
def test_a_tolerance_that_nobody_knows_is_refused(tmp_path: Path, entry: str) -> None:
    """By the option and by the setting alike, with the words that there are."""
    with pytest.raises(SettingError) as caught:
        check_tolerated((entry,))
    assert "modbus, length, long, order" in say(caught.value.phrase)
    with pytest.raises(SettingError):
        read(tmp_path, hour(1), tolerated=(entry,))
    check_tolerated(("*:modbus", "a:b:order"))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 3))
def test_bytes_between_never_hide_a_packet(noise: bytes, at: int) -> None:
    """Whatever stands on a line of its own, the packets beside it come back and its bytes are told or blank."""
    lines = [hour(value).encode() for value in (1, 2, 3)]
    lines.insert(at, noise.replace(b"#", b"+"))
    messages = list(parse_stream(b"\r\n".join(lines)))
    assert [m.items["a21026"]["Avg"] for m in messages if not m.errors] == ["1.5", "2.5", "3.5"]


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert (mutable_values(frames), mutable_values(parts)) == ([], [])


def test_years_do_not_depend_on_chunks(tmp_path: Path) -> None:
    """A year that stands across the border of two chunks counts once."""
    filler = hour(1) + "\n"
    many = (1 << 20) // len(filler) + 2
    values, told = read(tmp_path, filler * many + hour(2, time="20240930080000"))
    assert (values["a21026"], "refused" in told) == ([2.5, 1.5], False)
    assert np.isfinite(values["a21026"]).all()
