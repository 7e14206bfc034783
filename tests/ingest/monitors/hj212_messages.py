"""The packets of the standard, and how they are built and parsed."""

from __future__ import annotations

from ingest.monitors.hj212 import Hj212Settings, Message, parse_stream
from ingest.outcome import Phrase
from onevisit.words.telling import say
from tests.ingest.monitors.slow_crc import crc_hj212

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


def errors(message: Message) -> tuple[str, ...]:
    """What is wrong with a message, in words."""
    return tuple(say(error) for error in message.errors)


def lines(count: int, start: int) -> Message:
    """The message on lines of text between packets."""
    note = Phrase("text_between_packets", {"count": count, "start": start})
    return Message("", "", "", "", "", "bad", False, {}, {}, (note,), offset=start)


def part(number: int, total: int = 3, *, time: str = "20241001080000", mn: str = "7", cn: str = "2061") -> bytes:
    """Part of a split message: one item of its own, one field of a common item."""
    head = f"QN={number};ST=32;CN={cn};MN={mn};PNUM={total};PNO={number};Flag=6"
    return build(f"{head};CP=&&DataTime={time};w0100{number}-Avg={number};a0-F{number}=x;P{number}=1&&")
