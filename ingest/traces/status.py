"""Status columns of a logger: what their texts say of the rows, and for how long gas stays in the line afterwards.

A text means calibration, a fault, an alarm, or nothing. What is not understood is named with its count and the rows
are used as they are. HJ 212 letters are believed only in a column that mostly says N or nothing: elsewhere S may be
"span" or "sample". Numbers other than 0 mean something only where the reader or ``mission.toml`` says what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.flags import Flag, FlagArray
from ingest.outcome import Decision, Notes, Outcome, Phrase, Value
from ingest.species import fold
from ingest.text.marks import GOOD, NAMED, are_marks, code_of_text, is_alarm, meaning_of_text
from ingest.text.times.stamps import TimeArray
from ingest.traces.record import Channel, Record, TraceSettings

Bools = NDArray[np.bool_]
_SECOND = np.timedelta64(1, "s")
_MOST_TEXTS = 50  # a status has few values; a column of more is something else
_SHOWN = 6
_LONGEST = 20  # letters of a text that are shown
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
    def heading(self) -> str:
        """The heading of the column, as it stands in the file."""
        return self.column.heading

    @property
    def says_normal(self) -> bool:
        """Whether a row is called normal by a word, not only by an empty field."""
        return any(text and meaning == GOOD for text, meaning in self.meanings.items())


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
    notes = Notes()
    readings = []
    for column in columns:
        reading = _read(column, words)
        if reading is None:
            notes.decide(
                record.item,
                "column_not_read_as_status",
                {"heading": column.heading, "texts": column.texts.n_unique()},
            )
        else:
            readings.append(reading)
    for reading in readings:
        heard = notes.take(_without_alarms_of_the_air(reading, record))
        notes.keep(*_not_understood(heard, record.item))
        if not heard.flags.any():
            continue
        if heard.flags.all() and not _vouched(heard, readings):
            notes.keep(_doubt(heard, record.item))
            continue
        after = rows_in_purge(record.time, heard.flags, settings.purge_s)
        notes.keep(*_told(heard, after, settings, record.item))
        record = _flagged(record, heard, after)
    return notes.outcome(record)


def _read(column: StatusColumn, words: Mapping[str, Flag]) -> _Reading | None:
    texts = column.texts.cast(pl.String).fill_null("").str.strip_chars(" \t\r\"'")
    if texts.n_unique() > _MOST_TEXTS:
        return None
    found = texts.value_counts(sort=True, name="rows")
    counts = dict(zip(found[texts.name].to_list(), found["rows"].to_list(), strict=True))
    marks = are_marks(counts)
    meanings = {
        text: words[fold(text)] if fold(text) in words else meaning_of_text(text, marks=marks) for text in counts
    }
    bits = [int(meaning or GOOD) for meaning in meanings.values()]
    flags = texts.replace_strict(list(meanings), bits, return_dtype=pl.UInt32).to_numpy()
    return _Reading(column, texts, np.asarray(flags, np.uint32), counts, meanings)


def _without_alarms_of_the_air(reading: _Reading, record: Record) -> Outcome[_Reading]:
    """Do not take an alarm for a fault where a species is far higher in its rows than in the others."""
    notes = Notes()
    for text, meaning in reading.meanings.items():
        if meaning != Flag.INSTRUMENT_FAULT or not is_alarm(text):
            continue
        rows = (reading.texts == text).to_numpy()
        name = _highest_in(rows, _channels_of(reading, record))
        if name:
            flags = np.where(rows, np.uint32(0), reading.flags).astype(np.uint32)
            reading = replace(reading, flags=flags, meanings={**reading.meanings, text: GOOD})
            notes.decide(
                record.item,
                "alarm_of_the_air",
                {
                    "heading": reading.heading,
                    "text": text,
                    "channel": name,
                    "rows": int(rows.sum()),
                    "percentile": _HIGH,
                },
            )
    return notes.outcome(reading)


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
    of = reading.column.of
    notes = Notes()
    for flag in (Flag.CALIBRATION, Flag.INSTRUMENT_FAULT, Flag.VALUE_OUT_OF_RANGE):
        count = int(np.count_nonzero(reading.flags & np.uint32(flag)))
        if count:
            texts = [text for text, meaning in reading.meanings.items() if meaning and meaning & flag]
            says = Phrase("status_says", {"heading": reading.heading, "texts": _listed(reading, texts)})
            notes.decide(
                item,
                "values_flagged_by_status" if of else "rows_flagged_by_status",
                {"count": count, "channels": of, "flag": str(flag.name).lower()},
                says,
            )
    if after.any():
        gas = Phrase("gas_stays_in_line", {"heading": reading.heading, "purge_s": settings.purge_s})
        notes.decide(
            item,
            "values_after_calibration" if of else "rows_after_calibration",
            {"count": int(after.sum()), "channels": of},
            gas,
        )
    return notes.decisions


def _not_understood(reading: _Reading, item: str) -> list[Decision]:
    """Say which codes and which words were taken as normal, and what to write if they are not."""
    unknown = [text for text, meaning in reading.meanings.items() if meaning is None]
    codes = [text for text in unknown if code_of_text(fold(text)) is not None]
    words = [text for text in unknown if text not in codes]
    notes = Notes()
    for texts in (codes, words):
        if texts:
            remedy = Phrase("taken_as_normal", {"heading": reading.heading, "example": texts[0][:_LONGEST]})
            notes.decide(
                item,
                "status_codes_not_understood" if texts is codes else "status_texts_not_understood",
                {"texts": _listed(reading, texts)},
                remedy,
            )
    return notes.decisions


def _doubt(reading: _Reading, item: str) -> Decision:
    texts = [text for text, meaning in reading.meanings.items() if meaning]
    return Decision(
        item,
        "status_not_believed",
        {"heading": reading.heading, "rows": len(reading.flags), "texts": _listed(reading, texts)},
    )


def _listed(reading: _Reading, texts: Sequence[str]) -> Value:
    """Texts with their counts, most frequent first."""
    shown = tuple(
        Phrase("text_in_rows", {"text": text[:_LONGEST], "rows": reading.counts[text]}) for text in texts[:_SHOWN]
    )
    if len(texts) <= _SHOWN:
        return shown
    return Phrase("and_more_texts", {"texts": shown, "count": len(texts) - _SHOWN})
