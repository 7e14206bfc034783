"""Labelled monitor series: a folder of them, their events, the naive rules, and alarms held against labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitors.shape.curves import Curve
from monitors.shape.detect import CurveEvent
from monitors.shape.evidence import Bools
from numerics.rolling import centred_median

__all__ = ["Labelled", "Tally", "count_found", "events_of", "naive_alarms", "read_folder", "told_rows"]

_JOINED = np.timedelta64(3, "h")
_HAMPEL_ROWS = 4
_HAMPEL_MADS = 8.0
_MAD_TO_SD = 1.4826
_CONSTANT = np.timedelta64(3, "h")
_NO_VALUE = -9999.0


@dataclass(frozen=True, eq=False)
class Labelled:
    """One series of a site and the rows that its technicians marked or that have no value."""

    site: str
    series: str
    curve: Curve
    marked: Bools

    @cached_property
    def bad(self) -> Bools:
        """Rows of events."""
        return self.marked | self.curve.missing


@dataclass(frozen=True)
class Tally:
    """Events and how many of them were found, alarms and how many of them are true, rows told and rows of events."""

    events: int
    found: int
    alarms: int
    true_alarms: int
    rows: int
    event_rows: int

    def __add__(self, other: Tally) -> Tally:
        """All of both."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in Tally.__dataclass_fields__))


def read_folder(folder: Path) -> Iterator[list[Labelled]]:
    """The series of one site-year after the other: CSV files with ``datetime``, columns ``x`` and ``x_qual``."""
    for path in sorted([*folder.glob("*.csv.gz"), *folder.glob("*.csv")]):
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", on_bad_lines="skip")
        if len(table) and table.iloc[-1, -1] == "":  # the last row of a file may be cut off
            table = table.iloc[:-1]
        names = [c for c in table.columns if f"{c}_qual" in table.columns]
        if "datetime" in table.columns and names:
            yield list(_series_of(path.name.split(".")[0], table, names))


def _series_of(site: str, table: pd.DataFrame, names: list[str]) -> Iterator[Labelled]:
    time = pd.to_datetime(table["datetime"], format="mixed", errors="coerce")
    order = np.argsort(time.to_numpy(), kind="stable")
    kept = order[~time.isna().to_numpy()[order]]
    stamps = time.to_numpy().astype("datetime64[ns]")[kept]
    once = np.append(True, np.diff(stamps) > np.timedelta64(0))
    kept, stamps = kept[once], stamps[once]
    for name in names:
        value = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)[kept]
        value = np.where(value == _NO_VALUE, np.nan, value)
        said = table[f"{name}_qual"].to_numpy(dtype=str)[kept]
        yield Labelled(site, name, Curve(stamps, value), ~np.isin(said, ["NULL", "", "nan"]))


def events_of(time: NDArray[np.datetime64], told: Bools) -> list[tuple[int, int]]:
    """First and last rows of runs of told rows, gaps of at most three hours joined."""
    rows = np.flatnonzero(told)
    if not rows.size:
        return []
    apart = np.diff(time[rows]) > _JOINED
    return [(int(run[0]), int(run[-1])) for run in np.split(rows, np.flatnonzero(apart) + 1)]


def count_found(one: Labelled, told: Bools) -> Tally:
    """Hold the rows that are told against the events of a series: what overlaps is found, or true."""
    events, alarms = events_of(one.curve.time, one.bad), events_of(one.curve.time, told)
    return Tally(
        len(events), _overlapping(events, alarms), len(alarms), _overlapping(alarms, events),
        int(told.sum()), int(one.bad.sum()),
    )  # fmt: skip


def _overlapping(these: list[tuple[int, int]], those: list[tuple[int, int]]) -> int:
    starts, ends = (np.array([run[k] for run in those], int) for k in (0, 1))
    return sum(bool(((starts <= last) & (ends >= first)).any()) for first, last in these)


def naive_alarms(one: Labelled) -> Bools:
    """Rows that a Hampel filter (8 MAD of nine rows), three hours of one value or a missing value would tell."""
    curve = one.curve
    shown = curve.shown
    off = np.abs(shown - centred_median(shown, _HAMPEL_ROWS))
    hampel = off > _HAMPEL_MADS * _MAD_TO_SD * np.maximum(centred_median(off, _HAMPEL_ROWS), curve.resolution / 2)
    told = curve.on_rows(hampel.astype(float)) > 0
    return told | _constant(curve) | curve.missing


def _constant(curve: Curve) -> Bools:
    shown = curve.shown
    if not len(shown):
        return curve.missing
    starts = np.flatnonzero(np.diff(shown, prepend=np.nan) != 0)
    lengths = np.diff(np.append(starts, len(shown)))
    time = curve.time[curve.rows]
    long = time[starts + lengths - 1] - time[starts] >= _CONSTANT
    return curve.on_rows(np.repeat(long, lengths).astype(float)) > 0


def told_rows(curve: Curve, shapes: Sequence[CurveEvent]) -> Bools:
    """Rows of a curve that lie in one of its events."""
    told = np.zeros(len(curve.values), bool)
    for shape in shapes:
        told[shape.first : shape.last + 1] = True
    return told
