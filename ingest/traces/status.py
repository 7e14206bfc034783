"""Status columns of a logger: what their texts say of the rows, and for how long gas stays in the line afterwards.

A text means calibration, a fault, an alarm, or nothing. What is not understood is named with its count and the rows
are used as they are. HJ 212 letters are believed only in a column that mostly says N or nothing: elsewhere S may be
"span" or "sample". Numbers other than 0 mean something only where the reader or ``mission.toml`` says what.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.flags import Flag, FlagArray
from ingest.monitors.tables import NO_MARK
from ingest.outcome import Decision, Outcome
from ingest.text.headings import fold
from ingest.traces.record import Channel, Record, TimeArray, TraceSettings

Bools = NDArray[np.bool_]
_GOOD = Flag(0)
_SECOND = np.timedelta64(1, "s")

#: What ``[traces.status_words]`` may call a text.
NAMED: Mapping[str, Flag] = {"normal": _GOOD, "calibration": Flag.CALIBRATION, "fault": Flag.INSTRUMENT_FAULT}

#: Data flags of HJ 212-2017: N normal, C calibration, D fault, M maintenance, F out of operation, B no communication,
#: S set by hand, T beyond the upper limit of the measurement.
HJ212_MARKS: Mapping[str, Flag] = {
    "n": _GOOD,
    "c": Flag.CALIBRATION,
    **dict.fromkeys("dmfbs", Flag.INSTRUMENT_FAULT),
    "t": Flag.VALUE_OUT_OF_RANGE,
}
_NORMAL = {fold(word) for word in NO_MARK} | {
    *("ok", "okay", "good", "valid", "n", "run", "running", "measure", "measuring", "measurement", "measure mode"),
    *(
        "sample",
        "sampling",
        "sample mode",
        "ambient",
        "ambient air",
        "online",
        "on line",
        "none",
        "nominal",
        "operate",
    ),
    *("na", "nan", "null", "n a", "no error", "no errors", "no fault", "no faults", "no alarm", "no alarms"),
    *("运行", "运行中", "运行正常", "工作正常", "在线", "监测", "监测中", "测量", "测量中", "采样", "采样中", "走航"),
    *("有效", "良好", "空", "无数据", "无故障", "无报警", "无异常", "数据正常", "仪器正常", "正常监测", "正常采样"),
}
_CALIBRATION = re.compile(
    r"校准|校零|调零|标定|标气|零点|零气|跨度|量程气|质控|反吹|"
    r"\b(?:calib\w*|cal|zero\w*|span\w*|purg\w*|(?:std|standard|check|reference) gas|bump ?test|qa qc|qc)\b"
)
_FAULT = re.compile(
    r"故障|异常|[不非]正常|离线|断电|停电|掉电|掉线|断线|维护|维修|检修|保养|预热|暖机|停机|停运|失效|无效|错误|"
    r"\b(?:abnormal|fault\w*|fail\w*|errors?|err|malfunction\w*|offline|off line|maint\w*|warm\w*|invalid|bad|"
    r"power (?:off|loss|down)|no power)\b"
)
_ALARM = re.compile(r"报警|告警|警报|\balarms?\b")
# An alarm of this kind is about the air, not about the instrument.
_OF_THE_AIR = re.compile(r"浓度|超标|超限|阈值|高|低|\b(?:concentration|high|low|limit|exceed\w*|threshold|level)\b")
# "calibration ok", "未校准", "fault cleared": neither what the word says nor surely normal.
_DENIED = re.compile(
    r"未|完成|结束|合格|通过|(?<![不非])正常|无(?!效|信号|电)|"
    r"\b(?:no(?! power)|not|non|without|un\w*|ok|okay|good|normal|pass(?:ed)?|done|end|ended|finished|cleared|"
    r"calibrated)\b"
)
_PARTS = re.compile(r"[;,|、，；+&]")
_MOST_TEXTS = 50  # a status has few values; a column of more is something else
_SHOWN = 6
_HIGH = 95.0  # an alarm whose rows are beyond this percentile of the others rings for the air


@dataclass(frozen=True)
class StatusColumn:
    """A status column: its heading, a text for every row, and the channels it is about (none: the whole row)."""

    heading: str
    texts: pl.Series
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """A status column as understood: its texts without blanks, bits of every row, count and meaning of every text."""

    column: StatusColumn
    texts: pl.Series
    flags: FlagArray
    counts: Mapping[str, int]
    meanings: Mapping[str, Flag | None]

    @property
    def where(self) -> str:
        """The column as it is shown to people."""
        return f'column "{self.column.heading}"'

    @property
    def says_normal(self) -> bool:
        """Whether a row is called normal by a word, not only by an empty field."""
        return any(text and meaning == _GOOD for text, meaning in self.meanings.items())


# --- texts ---------------------------------------------------------------------------------------------------------


def meaning_of_text(text: str, *, marks: bool = False) -> Flag | None:
    """Return the flag a status text stands for, ``Flag(0)`` for normal, None where it is not understood.

    Parameters
    ----------
    text : str
        As it stands in the file; several may be joined by ``; , | + &``.
    marks : bool
        Whether single letters are data flags of HJ 212 (`HJ212_MARKS`).

    Examples
    --------
    >>> [meaning_of_text(text) for text in ("零点校准", "Span gas", "仪器故障", "正常", "巡检")]
    [<Flag.CALIBRATION: 4096>, <Flag.CALIBRATION: 4096>, <Flag.INSTRUMENT_FAULT: 2048>, <Flag: 0>, None]
    >>> meaning_of_text("calibration ok"), meaning_of_text("3"), meaning_of_text("0x00")
    (None, None, <Flag: 0>)
    """
    parts = [part for part in map(fold, _PARTS.split(unicodedata.normalize("NFKC", text))) if part]
    meanings = [_meaning_of_part(part, marks) for part in parts]
    union = _GOOD
    for meaning in meanings:
        union |= meaning or _GOOD
    return None if None in meanings and not union else union


def _meaning_of_part(part: str, marks: bool) -> Flag | None:
    if marks and part in HJ212_MARKS:
        return HJ212_MARKS[part]
    if part in _NORMAL or _code(part) == 0.0:
        return _GOOD
    found = Flag.CALIBRATION if _CALIBRATION.search(part) else _GOOD
    if _FAULT.search(part) or (_ALARM.search(part) and not _OF_THE_AIR.search(part)):
        found |= Flag.INSTRUMENT_FAULT
    return None if not found or _DENIED.search(part) else found


def _code(text: str) -> float | None:
    """Return the number that a status code is, decimal or hexadecimal; None where it is a word."""
    try:
        return float(int(text, 16)) if text.startswith("0x") else float(text)
    except (ValueError, OverflowError):
        return None


def _are_marks(counts: Mapping[str, int]) -> bool:
    """Whether a column's letters are HJ 212 marks: no other letters, and most rows say N or nothing."""
    letters = {text: count for text, count in counts.items() if fold(text) not in ("", "-")}
    normal = sum(count for text, count in counts.items() if fold(text) in ("", "-", "n"))
    return all(fold(text) in HJ212_MARKS for text in letters) and normal > sum(counts.values()) / 2


# --- columns -------------------------------------------------------------------------------------------------------


def apply_statuses(
    record: Record, columns: Sequence[StatusColumn], settings: TraceSettings, known: Mapping[str, str]
) -> Outcome[Record]:
    """Flag the rows, or the values of single channels, that status columns call calibration or fault.

    Assumes that a status is written at the moment it speaks of, by the clock of the values. A column by which every
    row would be rejected is not believed, unless it is about one channel and another status column of the file knows
    normal rows.

    Parameters
    ----------
    record : Record
        With ``time`` (obs,) in any zone and order.
    columns : sequence of StatusColumn
        Texts (obs,).
    settings : TraceSettings
        ``purge_s`` [s] extends calibration; ``status_words`` is what ``mission.toml`` declares.
    known : mapping
        Folded text to a key of `NAMED`: what the reader's format documents.

    Returns
    -------
    Outcome of Record
        With a decision for every column that flags, is not understood, or is not believed.
    """
    words = {fold(text): NAMED[name] for text, name in {**known, **settings.status_words}.items()}
    decisions: list[Decision] = []
    readings = []
    for column in columns:
        reading = _read(column, words)
        if reading is None:
            texts = column.texts.n_unique()
            said = f'column "{column.heading}" not read as a status'
            decisions.append(Decision(record.item, said, f"it holds {texts} different texts, a status has few"))
        else:
            readings.append(reading)
    for reading in readings:
        heard, notes = _without_alarms_of_the_air(reading, record)
        decisions += [*notes, *_not_understood(heard, record.item)]
        if not heard.flags.any():
            continue
        if heard.flags.all() and not _vouched(heard, readings):
            decisions.append(_doubt(heard, record.item))
            continue
        after = rows_in_purge(record.time, heard.flags, settings.purge_s)
        decisions += _told(heard, after, settings, record.item)
        record = _flagged(record, heard, after)
    return Outcome(record, tuple(decisions))


def _read(column: StatusColumn, words: Mapping[str, Flag]) -> _Reading | None:
    texts = column.texts.cast(pl.String).fill_null("").str.strip_chars(" \t\r\"'")
    if texts.n_unique() > _MOST_TEXTS:
        return None
    found = texts.value_counts(sort=True, name="rows")
    counts = dict(zip(found[texts.name].to_list(), found["rows"].to_list(), strict=True))
    marks = _are_marks(counts)
    meanings = {
        text: words[fold(text)] if fold(text) in words else meaning_of_text(text, marks=marks) for text in counts
    }
    bits = [int(meaning or _GOOD) for meaning in meanings.values()]
    flags = texts.replace_strict(list(meanings), bits, return_dtype=pl.UInt32).to_numpy()
    return _Reading(column, texts, np.asarray(flags, np.uint32), counts, meanings)


def _without_alarms_of_the_air(reading: _Reading, record: Record) -> tuple[_Reading, list[Decision]]:
    """Do not take an alarm for a fault where a species is far higher in its rows than in the others."""
    decisions = []
    for text, meaning in reading.meanings.items():
        if meaning != Flag.INSTRUMENT_FAULT or not _ALARM.search(fold(text)) or _FAULT.search(fold(text)):
            continue
        rows = (reading.texts == text).to_numpy()
        name = _highest_in(rows, _channels_of(reading, record))
        if name:
            flags = np.where(rows, np.uint32(0), reading.flags).astype(np.uint32)
            reading = replace(reading, flags=flags, meanings={**reading.meanings, text: _GOOD})
            why = f"{name} in its {int(rows.sum())} rows is beyond the {_HIGH:g}th percentile of the others"
            decisions.append(
                Decision(record.item, f'{reading.where}: "{text}" taken as an alarm of the air, not a fault', why)
            )
    return reading, decisions


def _channels_of(reading: _Reading, record: Record) -> list[Channel]:
    of = reading.column.of
    return [channel for channel in record.channels if channel.is_species and (not of or channel.name in of)]


def _highest_in(rows: Bools, channels: Sequence[Channel]) -> str:
    """Name a species whose median in these rows is beyond the `_HIGH` percentile of the others; empty if none."""
    for channel in channels:
        inside, outside = channel.values[rows], channel.values[~rows]
        inside, outside = inside[np.isfinite(inside)], outside[np.isfinite(outside)]
        if len(inside) and len(outside) and np.median(inside) > np.percentile(outside, _HIGH):
            return channel.name
    return ""


def _vouched(reading: _Reading, readings: Sequence[_Reading]) -> bool:
    """Whether a column about one channel is vouched for by another column that knows normal rows."""
    return bool(reading.column.of) and any(other is not reading and other.says_normal for other in readings)


def rows_in_purge(time: TimeArray, flags: FlagArray, purge_s: float) -> Bools:
    """Return the rows (obs,) that are not calibration but less than ``purge_s`` [s] after a row that is.

    Examples
    --------
    >>> time = np.arange(6).astype("datetime64[s]").astype("datetime64[ns]")
    >>> rows_in_purge(time, np.array([0, 4096, 4096, 0, 0, 0], np.uint32), 2.0)
    array([False, False, False,  True,  True, False])
    """
    calibration = (flags & np.uint32(Flag.CALIBRATION)) != 0
    if not calibration.any() or purge_s <= 0:
        return np.zeros(len(time), bool)
    moments = np.sort(time[calibration])
    last = np.searchsorted(moments, time, side="right") - 1
    since = (time - moments[np.maximum(last, 0)]) / _SECOND
    after: Bools = ~calibration & (last >= 0) & (since <= purge_s)
    return after


def _flagged(record: Record, reading: _Reading, after: Bools) -> Record:
    bits = reading.flags | np.where(after, np.uint32(Flag.CALIBRATION), np.uint32(0))
    if not reading.column.of:
        return replace(record, qc_flag=(record.qc_flag | bits).astype(np.uint32))
    channels = []
    for channel in record.channels:
        if channel.name in reading.column.of:
            own = np.zeros(len(bits), np.uint32) if channel.qc is None else channel.qc
            channel = replace(channel, qc=(own | bits).astype(np.uint32))
        channels.append(channel)
    return replace(record, channels=tuple(channels))


# --- what is said --------------------------------------------------------------------------------------------------


def _told(reading: _Reading, after: Bools, settings: TraceSettings, item: str) -> list[Decision]:
    rows = f"values of {', '.join(reading.column.of)}" if reading.column.of else "rows"
    decisions = []
    for flag in (Flag.CALIBRATION, Flag.INSTRUMENT_FAULT, Flag.VALUE_OUT_OF_RANGE):
        count = int(np.count_nonzero(reading.flags & np.uint32(flag)))
        if count:
            said = _listed(
                reading, [text for text, meaning in reading.meanings.items() if meaning and meaning & flag]
            )
            name = str(flag.name).lower()
            decisions.append(Decision(item, f"{count} {rows} flagged {name}", f"{reading.where} says {said}"))
    if after.any():
        why = f"{reading.where}: gas stays in line and cell for purge_s = {settings.purge_s:g} s after it is shut off"
        decisions.append(Decision(item, f"{int(after.sum())} {rows} after calibration flagged calibration", why))
    return decisions


def _not_understood(reading: _Reading, item: str) -> list[Decision]:
    """Say which codes and which words were taken as normal, and what to write if they are not."""
    unknown = [text for text, meaning in reading.meanings.items() if meaning is None]
    codes = [text for text in unknown if _code(fold(text)) is not None]
    decisions = []
    for kind, texts in (("codes", codes), ("texts", [text for text in unknown if text not in codes])):
        if texts:
            remedy = f'mission.toml, [traces.status_words]: "{texts[0][:20]}" = "calibration", "fault" or "normal"'
            decisions.append(
                Decision(
                    item,
                    f"status {kind} not understood: {_listed(reading, texts)}",
                    f"{reading.where}; the rows are taken as normal; if they are not: {remedy}",
                )
            )
    return decisions


def _doubt(reading: _Reading, item: str) -> Decision:
    said = _listed(reading, [text for text, meaning in reading.meanings.items() if meaning])
    return Decision(
        item,
        f"{reading.where} not believed, no row flagged by it",
        f"all {len(reading.flags)} rows would be rejected: {said}; if that is true, leave the file out",
    )


def _listed(reading: _Reading, texts: Sequence[str]) -> str:
    """List texts with their counts, most frequent first."""
    shown = ", ".join(f"{text[:20]} ({reading.counts[text]} rows)" for text in texts[:_SHOWN])
    return shown + (f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else "")
