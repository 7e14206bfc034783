"""HJ 212 packets (2005, 2017, 2025) → messages: framing, length, CRC, header, items.

Strict by default: whatever departs from the standard is an error of that message. Departures that a device
is known for can be tolerated by name; they are still counted. After garbage the stream is found again at the next
``##``. SM4-encrypted packets are not opened.

>>> raw = b"##0087QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&2200"
>>> [message] = parse_stream(raw)
>>> message.cn, message.crc, message.flags["version"], message.errors
('1011', 'ok', 'HJ 212-2025', ())
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from ingest.errors import SettingError
from ingest.monitors.crc import crc_modbus, crcs_hj212
from ingest.monitors.frames import Between, FoundPacket, batches, find_frames
from ingest.outcome import Phrase
from ingest.settings import setting

_HEADER_FIELD = re.compile(r"([A-Za-z]+)\s*=\s*([^;]*?)\s*(?:;|$)")
_HEADER_NAMES = MappingProxyType(
    {name.lower(): name for name in ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO")}
)
_AREA = re.compile(r"CP\s*=\s*&&", re.IGNORECASE)
# Names that devices write in other capitals (HJ 212-2017, tables 8 and 9).
_FIELD_NAMES = MappingProxyType(
    {
        name.lower(): name
        for name in (
            *("DataTime", "BeginTime", "EndTime", "SampleTime", "PolId", "RS", "RT", "Flag", "EFlag", "Cou"),
            *("Rtd", "Avg", "Min", "Max", "ZsRtd", "ZsAvg", "ZsMin", "ZsMax"),
        )
    }
)
_VERSIONS = {0: "HJ/T 212-2005", 1: "HJ 212-2017", 2: "HJ 212-2025"}
PART_NUMBER = re.compile(r"[0-9]{1,9}")
DEFECTS: Mapping[str, str] = MappingProxyType(
    {
        "packet_sum_modbus": "modbus",
        "packet_length_wrong": "length",
        "packet_length_missing": "length",
        "packet_too_long": "long",
        "packet_fields_behind_data": "order",
    }
)
"""Departures that a device may be known for, by the code of what is said of them."""


@dataclass(frozen=True)
class Hj212Settings:
    """What is tolerated, and the standard's limits."""

    tolerated: tuple[str, ...] = setting(
        (), unit="", source='choice: strict; "<MN>:modbus", ":length", ":long", ":order"; "*:" for any device'
    )
    segment_limit: int = setting(1024, unit="byte", source="HJ 212-2017, 6.3.1, table 1")


@dataclass(frozen=True, slots=True)
class Message:
    """One packet: header, data by code, and what is wrong with it.

    ``crc`` is ``ok``, ``bad`` or ``modbus`` (the right sum of the wrong kind, bytes in either order); ``meta`` holds
    the data area's fields without a code (DataTime among them). ``errors`` is empty for a message that may be used;
    ``tolerated`` lists what would be an error of a stricter setting, ``notes`` what is no error but must be said:
    fields that come twice, a packet that the log broke over lines. Items are parsed even where there are errors.
    """

    mn: str
    st: str
    cn: str
    qn: str
    data_time: str
    crc: str
    length_ok: bool
    items: Mapping[str, Mapping[str, str]]
    flags: Mapping[str, object]
    errors: tuple[Phrase, ...] = ()
    tolerated: tuple[Phrase, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    offset: int = 0
    notes: tuple[Phrase, ...] = ()


def check_tolerated(entries: Iterable[str]) -> None:
    """Refuse a tolerance that names no device or no known departure.

    Raises
    ------
    SettingError
        With the departures that there are.
    """
    known = tuple(dict.fromkeys(DEFECTS.values()))
    for entry in entries:
        device, _, defect = entry.rpartition(":")
        if not device.strip() or defect not in known:
            raise SettingError(Phrase("tolerance_not_known", {"entry": entry, "known": known}))


def parse_stream(source: bytes | Iterable[bytes], *, settings: Hj212Settings | None = None) -> Iterator[Message]:
    """Read messages from bytes, or from chunks as they come from a socket or a file.

    Parameters
    ----------
    source : bytes or iterable of bytes
        Chunks may cut packets anywhere.
    settings : Hj212Settings, optional

    Yields
    ------
    Message
        In the order of the stream. Bytes that belong to no packet come as one message without a header, whose error
        says how many there were and where; lines of text (stamps of receipt, prompts) have an error of their own,
        ``text_between_packets``.
    """
    options = settings or Hj212Settings()
    buffer, offset = b"", 0
    between = Between()
    for chunk in batches([source] if isinstance(source, bytes) else source):
        buffer += chunk
        frames, used = find_frames(buffer, last=False)
        yield from _messages(buffer, frames, offset, options, between)
        buffer, offset = buffer[used:], offset + used
    frames, _ = find_frames(buffer, last=True)
    yield from _messages(buffer, frames, offset, options, between)
    yield from _no_packets(between)


# --- messages ------------------------------------------------------------------------------------------------------


def _messages(
    buffer: bytes, frames: Sequence[FoundPacket], offset: int, options: Hj212Settings, between: Between
) -> Iterator[Message]:
    """Parse the frames of a buffer; the sums of all of them are computed at once."""
    packets = [frame for frame in frames if frame.declared != -2]
    sums = crcs_hj212(
        buffer,
        np.array([frame.begin for frame in packets], np.int64),
        np.array([frame.length for frame in packets], np.int64),
    )
    expected = iter(sums.tolist())
    for frame in frames:
        if frame.declared == -2:
            between.add(buffer[frame.start : frame.start + frame.length], offset + frame.start)
        else:
            yield from _no_packets(between)
            yield _message(buffer, frame, next(expected), offset, options)


def _no_packets(between: Between) -> Iterator[Message]:
    """Messages that report what stood between packets."""
    for start, note in between.flush():
        yield Message("", "", "", "", "", "bad", False, {}, {}, (note,), offset=start)


def _message(buffer: bytes, frame: FoundPacket, expected: int, offset: int, options: Hj212Settings) -> Message:
    segment = frame.joined or buffer[frame.begin : frame.begin + frame.length]
    length = len(segment)
    problems: list[Phrase] = []
    notes: list[Phrase] = []
    if frame.joined:
        expected = int(crcs_hj212(segment, np.zeros(1, np.int64), np.array([length]))[0])
        notes.append(Phrase("packet_broken_over_lines"))
    try:
        text = segment.decode("utf-8")
    except UnicodeDecodeError:
        text = segment.decode("gb18030", "replace")
    head, area, closed = _split_segment(text, problems)
    number, _, rest = head.partition(";")
    name, _, value = number.partition("=")
    has_number = name.strip().upper() == "QN"
    common = _common_header(rest if has_number else head)
    header = {"QN": value.strip()} | common.fields if has_number else dict(common.fields)
    items: dict[str, dict[str, str]] = {}
    meta: dict[str, str] = {}
    if closed:
        _parse_items(area, items, meta, problems, notes)
    if frame.crc and int(frame.crc, 16) == expected:
        crc = "ok"
    else:
        crc = _other_crc(segment, frame.crc)
        problems.append(_sum_problem(crc, frame.crc, expected))
    if frame.declared != length:
        lengths = {"declared": frame.declared, "came": length}
        problems.append(Phrase("packet_length_missing" if frame.declared < 0 else "packet_length_wrong", lengths))
    if length > options.segment_limit:
        problems.append(Phrase("packet_too_long", {"length": length, "limit": options.segment_limit}))
    problems += common.problems
    data_time = meta.get("DataTime", "")
    if data_time and not _is_time(data_time):
        problems.append(Phrase("packet_time_not_understood", {"text": data_time}))
    mn = header.get("MN", "")
    errors, tolerated = _sort_problems(problems, mn, options.tolerated) if problems else ((), ())
    return Message(
        mn, header.get("ST", ""), header.get("CN", ""), header.get("QN", ""), data_time, crc,
        frame.declared == length, items, common.flags, errors, tolerated, meta, header, offset + frame.start,
        tuple(notes),
    )  # fmt: skip


def _split_segment(text: str, problems: list[Phrase]) -> tuple[str, str, bool]:
    """Header, data area without its ampersands, and whether the area is closed.

    Fields of the header that stand behind the area are put where they belong, and named.
    """
    head, opened, area = text.partition("CP=&&")
    if not opened and (mark := _AREA.search(text)):
        head, opened, area = text[: mark.start()], "CP=&&", text[mark.end() :]
    inside, closed, behind = area.rpartition("&&")
    if opened and closed and not behind:
        return head, inside, True
    fields = _HEADER_FIELD.findall(behind.strip("; \r\n"))
    if opened and closed and fields and all(name.lower() in _HEADER_NAMES for name, _ in fields):
        names = tuple(_HEADER_NAMES[name.lower()] for name, _ in fields)
        problems.append(Phrase("packet_fields_behind_data", {"names": names}))
        return f"{head.rstrip('; ')};{behind.strip('; ')}", inside, True
    problems.append(Phrase("packet_data_not_closed"))
    return head, "", False


def _parse_items(
    area: str, items: dict[str, dict[str, str]], meta: dict[str, str], problems: list[Phrase], notes: list[Phrase]
) -> None:
    """Fill in items by code and field, fields without a code, and the parts of the data area that are neither."""
    odd = []
    for part in area.replace(",", ";").split(";"):
        key, equals, value = part.partition("=")
        code, name = _split_key(key) if equals else ("", "")
        if not code:
            if part.strip():
                odd.append(part)
            continue
        fields, name = (items.setdefault(code, {}), name) if name else (meta, code)
        value = value.strip()
        before = fields.setdefault(name, value)
        if before != value:
            fields[name] = value
            twice = {"field": key.strip(), "before": before, "kept": value}
            (problems if name == "DataTime" else notes).append(Phrase("packet_field_twice", twice))
    if odd:
        problems.append(Phrase("packet_parts_odd", {"count": len(odd), "first": odd[0][:40]}))


@lru_cache(maxsize=4096)
def _split_key(key: str) -> tuple[str, str]:
    """Code and field name of ``a34002-Rtd``; no name for ``DataTime``; no code where it is neither."""
    code, hyphen, name = key.strip().partition("-")
    if not hyphen:
        return _FIELD_NAMES.get(code.lower(), code), ""
    return (code, _FIELD_NAMES.get(name.lower(), name)) if name else ("", "")


class _CommonHeader(NamedTuple):
    """What a header says after its QN, which a device repeats in every packet: read once, then looked up."""

    fields: dict[str, str]
    flags: Mapping[str, object]
    problems: tuple[Phrase, ...]


@lru_cache(maxsize=4096)
def _common_header(text: str) -> _CommonHeader:
    problems: list[Phrase] = []
    fields: dict[str, str] = {}
    for key, value in _HEADER_FIELD.findall(text):
        name = _HEADER_NAMES.get(key.lower(), key)
        if fields.setdefault(name, value) != value:
            problems.append(Phrase("packet_field_twice", {"field": name, "before": fields[name], "kept": value}))
            fields[name] = value
    flags = _flags(fields, problems)
    lacking = [name for name in ("ST", "CN", "MN") if not fields.get(name)]
    problems += [Phrase("packet_header_lacks", {"name": name}) for name in lacking]
    return _CommonHeader(fields, flags, tuple(problems))


def _flags(header: Mapping[str, str], problems: list[Phrase]) -> Mapping[str, object]:
    """Decode the Flag of a header, and note where it is no number or promises parts that are not numbered."""
    text = header.get("Flag", "")
    flags = _decode_flag(text)
    if text and flags["value"] is None:
        problems.append(Phrase("packet_flag_no_number", {"text": text}))
    if flags["split"] and not all(PART_NUMBER.fullmatch(header.get(name, "")) for name in ("PNUM", "PNO")):
        problems.append(Phrase("packet_parts_not_numbered"))
    return flags


@lru_cache(maxsize=512)
def _decode_flag(text: str) -> Mapping[str, object]:
    """Version in bits 7 to 2, bit 1 split, bit 0 answer wanted (HJ 212-2017, 6.3.3); all None if it is no number."""
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > 255:
        return MappingProxyType({"value": None, "version": None, "split": None, "ack": None})
    value = int(text)
    version = _VERSIONS.get(value >> 2)
    return MappingProxyType({"value": value, "version": version, "split": bool(value & 2), "ack": bool(value & 1)})


def _other_crc(segment: bytes, text: bytes) -> str:
    if not text:
        return "bad"
    modbus, came = crc_modbus(segment), int(text, 16)
    return "modbus" if came in (modbus, (modbus & 0xFF) << 8 | modbus >> 8) else "bad"


def _sum_problem(crc: str, came: bytes, expected: int) -> Phrase:
    if not came:
        return Phrase("packet_sum_missing", {"expected": expected})
    return Phrase(
        "packet_sum_modbus" if crc == "modbus" else "packet_sum_wrong",
        {"came": came.decode("ascii", "replace"), "expected": expected},
    )


def _sort_problems(
    problems: Sequence[Phrase], mn: str, tolerated: Sequence[str]
) -> tuple[tuple[Phrase, ...], tuple[Phrase, ...]]:
    """Part what is wrong into errors and what this device is allowed to do."""
    allowed = {defect for entry in tolerated for device, _, defect in [entry.rpartition(":")] if device in ("*", mn)}
    excused = tuple(problem for problem in problems if DEFECTS.get(problem.code) in allowed)
    return tuple(p for p in problems if p not in excused), excused


@lru_cache(maxsize=65536)
def _is_time(text: str) -> bool:
    if len(text) not in (14, 17) or not text.isascii() or not text.isdigit():
        return False
    try:
        datetime(int(text[:4]), int(text[4:6]), int(text[6:8]), int(text[8:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return True
