"""Parts of split HJ 212 messages → whole ones, in whatever order and however often they come."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from ingest.monitors.hj212 import PART_NUMBER, Message
from ingest.outcome import Phrase

_REMEMBERED = 1000  # messages, in which a part that is sent again is looked for


class _Key(NamedTuple):
    """Which parts belong together. QN differs between the parts of one message in the standard itself."""

    mn: str
    st: str
    cn: str
    total: int
    time: str


_Parts = dict[int, Message]


def join_packets(messages: Iterable[Message]) -> Iterator[Message]:
    """Join the parts of split messages, by device, system, command and data time.

    Complete ones come when their last part has come; those that stay incomplete at the end of the stream come with an
    error. A part without a data time belongs to the open message that lacks it, by QN where there are several. A part
    that is sent again is passed over if it says the same; else it replaces the former, with a note. Messages that are
    not split pass through.
    """
    waiting: dict[_Key, _Parts] = {}
    done: OrderedDict[_Key, _Parts] = OrderedDict()
    for message in messages:
        total, number = _part_numbers(message)
        if message.errors or total <= 1:
            yield message
            continue
        key = _key_of(message, number, _Key(message.mn, message.st, message.cn, total, message.data_time), waiting)
        if key not in waiting and _is_again(message, number, key, done):
            continue
        parts = waiting.pop(key, None) or done.pop(key, {})
        parts[number] = _after(parts.get(number), message)
        if len(parts) < total:
            waiting[key] = parts
            continue
        done[key] = parts
        if len(done) > _REMEMBERED:
            done.popitem(last=False)
        yield _joined(parts)
    for key, parts in waiting.items():
        missing = Phrase("packet_incomplete", {"parts": tuple(sorted(parts)), "total": key.total})
        joined = _joined(parts)
        yield replace(joined, errors=(*joined.errors, missing))


def _part_numbers(message: Message) -> tuple[int, int]:
    """Number of parts and number of this one; (1, 1) for a message that is not split."""
    total, number = message.header.get("PNUM", ""), message.header.get("PNO", "")
    if not (PART_NUMBER.fullmatch(total) and PART_NUMBER.fullmatch(number)):
        return 1, 1
    if not 1 <= int(number) <= int(total) <= 9999:
        return 1, 1
    return int(total), int(number)


def _key_of(message: Message, number: int, key: _Key, waiting: dict[_Key, _Parts]) -> _Key:
    """The key of the open message to which a part belongs, its own where there is none."""
    timeless = key._replace(time="")
    if key.time:
        if key not in waiting and number not in waiting.get(timeless, {number: message}):
            waiting[key] = waiting.pop(timeless)
        return key
    found = [k for k, parts in waiting.items() if k._replace(time="") == timeless and number not in parts]
    if len(found) > 1:
        found = [k for k in found if any(message.qn == part.qn for part in waiting[k].values())]
    return found[0] if len(found) == 1 else key


def _is_again(message: Message, number: int, key: _Key, done: Mapping[_Key, _Parts]) -> bool:
    """Whether a part was joined before, word for word."""
    if key.time:
        former = done[key][number] if key in done else None
        return former is not None and former.items == message.items
    same = (parts[number] for k, parts in done.items() if k._replace(time="") == key)
    return any(part.items == message.items and part.qn == message.qn for part in same)


def _after(former: Message | None, message: Message) -> Message:
    """A part; with a note where it says something else than the one of its number that came before."""
    if former is None or former.items == message.items:
        return message
    note = Phrase("packet_part_twice", {"number": message.header["PNO"], "total": message.header["PNUM"]})
    return replace(message, notes=(*message.notes, note))


def _joined(parts: Mapping[int, Message]) -> Message:
    """First part with the items of all, in order."""
    ordered = [parts[number] for number in sorted(parts)]
    items: dict[str, dict[str, str]] = {}
    notes = [note for part in ordered for note in part.notes]
    for part in ordered:
        for code, fields in part.items.items():
            before = items.setdefault(code, {})
            notes += [
                Phrase("packet_field_twice", {"field": f"{code}-{name}", "before": before[name], "kept": value})
                for name, value in fields.items()
                if before.get(name, value) != value
            ]
            before.update(fields)
    time = next((part.data_time for part in ordered if part.data_time), "")
    meta = {"DataTime": time, **ordered[0].meta} if time else ordered[0].meta
    tolerated = tuple(t for part in ordered for t in part.tolerated)
    return replace(ordered[0], items=items, tolerated=tolerated, notes=tuple(notes), data_time=time, meta=meta)
