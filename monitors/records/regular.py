"""One monitor series as matrices of (quantity, slot): rules read whole matrices.

A slot is an hour, a day or a minute of the record's own clock, from its first to its last. Rows fall into the slot
that holds their stamp, the last of several wins; conflicts and rows of a clock that was reset are counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.coordinates import zone_of
from monitors.records.conditions import (
    NOT_MEASURED,
    Condition,
    Conditions,
    condition_of,
    conditions_of,
    said_of,
    words_of,
)
from monitors.records.quantities import FLOWS, NO_CONVERSION, OXYGEN, is_pollutant
from monitors.records.runs import Bools, Floats, Run
from monitors.schema import Anomaly

LENGTHS = {
    "minute": np.timedelta64(60, "s"),
    "hour": np.timedelta64(3600, "s"),
    "day": np.timedelta64(86400, "s"),
}
_EMPTY_YEARS = np.timedelta64(2 * 366 * 86400, "s")  # as `ingest.monitors.read` of the hours of a reset clock
_LEAST_SHARE = 0.1
_STOOD = 0.1  # of the usual value
_MAD = 1.482602218505602  # of a normal distribution: standard deviation over median absolute deviation
_DIGITS = 5  # the finest step that is looked for in values: 1e-5


@dataclass(frozen=True)
class Odd:
    """What is odd about the rows of a series: slots with two values, rows of another clock, the offset of stamps."""

    conflicts: int = 0
    of_other_clock: int = 0
    offset_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Regular:
    """Values, converted values and conditions of a series, shape (quantity, slot); NaN where nothing came.

    ``codes``, ``names``, ``units`` and ``limits`` (NaN: none) are of the quantities; ``start`` is the first slot,
    ``length`` that of a slot, ``zone_offset`` what local time is ahead of UTC at the start. Of the ``conditions``,
    ``sent`` came with the values; the others are of a mark that somebody laid over a time. ``row`` is the row of the
    series in each slot, -1 where there is none.
    """

    series: xr.Dataset
    interval: str
    start: np.datetime64
    length: np.timedelta64
    zone_offset: np.timedelta64
    names: tuple[str, ...]
    codes: tuple[str, ...]
    units: tuple[str, ...]
    limits: Floats
    values: Floats
    corrected: Floats
    conditions: Conditions
    sent: Conditions
    row: NDArray[np.int64]
    odd: Odd = field(default_factory=Odd)

    @property
    def slots(self) -> int:
        """How many slots from first to last."""
        return int(self.values.shape[1])

    @cached_property
    def has_corrected(self) -> Bools:
        """Quantities that have a value at reference oxygen in any slot, shape (quantity,)."""
        return np.asarray(np.isfinite(self.corrected).any(axis=1))

    @cached_property
    def compared(self) -> Floats:
        """What is held against a limit: the value at reference oxygen where the record has one for the quantity."""
        return np.where(self.has_corrected[:, None], self.corrected, self.values)

    @cached_property
    def measured(self) -> Bools:
        """Slots with a value that no mark takes out of ordinary measuring, shape (quantity, slot)."""
        return np.asarray(np.isfinite(self.values) & ((self.conditions & np.uint16(NOT_MEASURED)) == 0))

    @cached_property
    def resolution(self) -> Floats:
        """The step in which each quantity is given: the coarsest power of ten that all its values are whole in."""
        return np.array([resolution_of(row) for row in self.values])

    @cached_property
    def usual(self) -> Floats:
        """Median of the measured values of each quantity, NaN where there is none."""
        return _medians(np.where(self.measured, self.values, np.nan))

    @cached_property
    def change(self) -> Floats:
        """Robust standard deviation of the changes of each quantity from slot to slot, as a share of the value."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(np.where(self.measured & (self.values > 0), self.values, np.nan))
        steps = np.abs(np.diff(logs, axis=1))
        return _medians(np.where(steps > 0, steps, np.nan)) * _MAD

    @cached_property
    def repeating(self) -> Floats:
        """Share of the measured values of each quantity that repeat the one before: a slow analyser does so."""
        both = self.measured[:, 1:] & self.measured[:, :-1]
        same = (self.values[:, 1:] == self.values[:, :-1]) & both
        return np.asarray(same.sum(axis=1) / np.maximum(both.sum(axis=1), 1))

    @cached_property
    def alive(self) -> Bools:
        """Slots that do not say themselves that the plant stood: oxygen of burning, a flow, a substance; (slot,).

        Of a slot without any of these nothing is said, so it counts as alive.
        """
        stood = np.zeros(self.slots, bool)
        place = self.index(OXYGEN)
        if place is not None and self.usual[place] < NO_CONVERSION:
            stood |= self.values[place] >= NO_CONVERSION
        for flow in (q for q, code in enumerate(self.codes) if code in FLOWS and self.usual[q] > 0):
            stood |= self.values[flow] < _STOOD * self.usual[flow]
        chosen = [q for q, code in enumerate(self.codes) if is_pollutant(code) and self.usual[q] > 0]
        if chosen:
            known = np.isfinite(self.values[chosen])
            low = self.values[chosen] < _STOOD * self.usual[chosen][:, None]
            stood |= known.any(axis=0) & (low | ~known).all(axis=0)
        return ~stood

    @cached_property
    def local_hours(self) -> NDArray[np.int64]:
        """Hours since 1970 of the local clock, by slot."""
        begin = (self.start + self.zone_offset).astype("datetime64[s]").astype(np.int64)
        return np.asarray((begin + np.arange(self.slots) * int(self.length / np.timedelta64(1, "s"))) // 3600)

    def has(self, condition: Condition) -> Bools:
        """Where any of the conditions is stated, shape (quantity, slot)."""
        return np.asarray((self.conditions & np.uint16(condition)) != 0)

    def index(self, code: str) -> int | None:
        """Place of a quantity among them, None where the series has none of this code."""
        return self.codes.index(code) if code in self.codes else None

    def moment(self, slot: int) -> datetime:
        """UTC at which a slot begins."""
        at = (self.start + slot * self.length).astype("datetime64[s]").astype(np.int64)
        return datetime.fromtimestamp(int(at), UTC)

    def marks_in(self, quantity: int, slots: slice) -> tuple[str, ...]:
        """Words of the marks in these slots that say anything but normal, in order of their numbers, each once."""
        rows = self.row[slots]
        return marks_of_rows(self.series, self.names[quantity], rows[rows >= 0])

    def tell(
        self,
        kind: str,
        run: Run,
        strength: float,
        values: Mapping[str, float | str],
        rivals: Sequence[str] = (),
    ) -> Anomaly:
        """Return an anomaly of a run of slots; the marks in it stand before the other rivals."""
        attrs, coords = self.series.attrs, self.series.coords
        return Anomaly(
            kind=kind,
            permit_code=str(attrs.get("permit_code", "")),
            uscc=str(attrs.get("uscc", "")),
            site_name=str(attrs.get("site_name", "")),
            point=str(attrs.get("point", "")),
            source=str(attrs.get("source", "")),
            code=self.codes[run.quantity],
            start=self.moment(run.first),
            end=self.moment(run.last + 1),
            strength=float(strength),
            values=values,
            rivals=(*self.marks_in(run.quantity, run.slots), *rivals),
            lon=float(coords["lon"]) if "lon" in coords else None,
            lat=float(coords["lat"]) if "lat" in coords else None,
        )


def regular_of(series: xr.Dataset, time_zone: str = "Asia/Shanghai") -> Regular | None:
    """Return a series as matrices; None for readings of moments and for series without a quantity that has a code.

    Examples
    --------
    >>> hours = np.datetime64("2026-03-02", "ns") + np.array([0, 2]) * np.timedelta64(1, "h")
    >>> so2 = ("obs", np.array([40.0, 60.0]), {"units": "mg m-3", "code": "a21026"})
    >>> regular_of(xr.Dataset({"a21026": so2}, {"time": ("obs", hours)}, {"interval": "hour"})).values
    array([[40., nan, 60.]])
    """
    length = LENGTHS.get(str(series.attrs["interval"]))
    names = tuple(name for name in map(str, series.data_vars) if _is_quantity(series, name))
    time = series["time"].values
    if length is None or not names or not time.size:
        return None
    main = _main_rows(time)
    at_ns = time[main].astype("datetime64[ns]").astype(np.int64)
    step = int(length / np.timedelta64(1, "ns"))
    ahead = _ahead_of_utc(int(at_ns[0]), time_zone)
    # a day begins at local midnight
    shift = ahead % step if series.attrs["interval"] == "day" else 0
    grid = (at_ns + shift) // step
    slot = grid - grid[0]
    row = np.full(int(slot[-1]) + 1, -1, np.int64)
    row[slot] = np.flatnonzero(main)
    late = at_ns + shift - grid * step
    odd = Odd(_conflicts(series, names, slot, main), int((~main).sum()), float(np.median(late)) / 1e9)
    attrs = [series.variables[name].attrs for name in names]
    corrected = [f"{name}_corrected" if f"{name}_corrected" in series.variables else "" for name in names]
    return Regular(
        series=series,
        interval=str(series.attrs["interval"]),
        start=np.datetime64(int(grid[0]) * step - shift, "ns"),
        length=np.timedelta64(step, "ns"),
        zone_offset=np.timedelta64(ahead, "ns"),
        names=names,
        codes=tuple(str(a["code"]) for a in attrs),
        units=tuple(str(a.get("units", "")) for a in attrs),
        limits=np.array([_limit(a.get("limit")) for a in attrs]),
        values=_matrix(series, names, row),
        corrected=_matrix(series, corrected, row),
        conditions=_conditions(series, names, row, ("{}_mark", "mark")),
        sent=_conditions(series, names, row, ("{}_mark",)),
        row=row,
        odd=odd,
    )


def resolution_of(values: Floats) -> float:
    """Return the coarsest power of ten in which all values are whole, 0 where none down to 1e-5 is.

    Examples
    --------
    >>> resolution_of(np.array([1.2, 3.45, np.nan])), resolution_of(np.array([120.0, 30.0]))
    (0.01, 1.0)
    """
    known = values[np.isfinite(values)]
    for digits in range(_DIGITS + 1):
        scaled = known * 10.0**digits
        if scaled.size and (np.abs(scaled - np.rint(scaled)) < 1e-6 * np.maximum(1.0, np.abs(scaled))).all():
            return float(10.0**-digits)
    return 0.0


def _medians(matrix: Floats) -> Floats:
    """Median of the known values of each row, NaN where there is none."""
    known = [row[np.isfinite(row)] for row in matrix]
    return np.array([np.median(row) if row.size else np.nan for row in known])


def marks_of_rows(series: xr.Dataset, name: str, rows: NDArray[np.integer]) -> tuple[str, ...]:
    """Words of the marks of a quantity in these rows, each once, without those that mean a normal value."""
    words: list[str] = []
    code = str(series.variables[name].attrs.get("code", name))
    for mark in (f"{name}_mark", "mark"):
        if mark not in series.variables:
            continue
        variable = series.variables[mark]
        numbers = np.unique(variable.values[rows])
        if not numbers.any():
            continue
        said = words_of(series[mark])
        for number in numbers.tolist():
            spoken = "|".join(said_of(said[number].split("|"), code))
            words += [spoken] if condition_of(spoken) else []
    return tuple(f"marked:{word}" for word in dict.fromkeys(words))


def _is_quantity(series: xr.Dataset, name: str) -> bool:
    variable = series.variables[name]
    return (
        "code" in variable.attrs
        and variable.dtype.kind in "fiu"
        and variable.dims == ("obs",)
        and not name.endswith("_corrected")
    )


def _limit(stated: object) -> float:
    limit = float(str(stated)) if stated is not None else np.nan
    return limit if limit > 0 else np.nan


def _main_rows(time: NDArray[np.datetime64]) -> Bools:
    """Rows of the record itself: those before a hole of years are of a clock that began anew, if they are few."""
    main = np.ones(time.size, bool)
    for at in (np.flatnonzero(np.diff(time) > _EMPTY_YEARS) + 1).tolist():
        if at < _LEAST_SHARE * time.size:
            main[:at] = False
        elif time.size - at < _LEAST_SHARE * time.size:
            main[at:] = False
    return main


def _ahead_of_utc(moment_ns: int, time_zone: str) -> int:
    offset = datetime.fromtimestamp(moment_ns // 10**9, zone_of(time_zone)).utcoffset()
    return int(offset.total_seconds()) * 10**9 if offset else 0


def _conflicts(series: xr.Dataset, names: Sequence[str], slot: NDArray[np.int64], main: Bools) -> int:
    """Values that stand in one slot with another one that differs."""
    again = np.flatnonzero(slot[1:] == slot[:-1])
    if not again.size:
        return 0
    rows = np.flatnonzero(main)
    pairs = (series.variables[name].values[rows] for name in names)
    return sum(int(np.count_nonzero(v[again] != v[again + 1])) for v in pairs)


def _matrix(series: xr.Dataset, names: Sequence[str], row: NDArray[np.int64]) -> Floats:
    """Values of variables by slot; an empty name is a quantity that has none."""
    matrix = np.full((len(names), row.size), np.nan)
    whole = bool((row >= 0).all()) and row.size == series.sizes["obs"]
    there = slice(None) if whole else row >= 0
    rows = slice(None) if whole else row[row >= 0]
    for at, name in enumerate(names):
        if name:
            matrix[at, there] = series.variables[name].values[rows]
    matrix[np.isinf(matrix)] = np.nan
    return matrix


def _conditions(series: xr.Dataset, names: Sequence[str], row: NDArray[np.int64], marks: Sequence[str]) -> Conditions:
    conditions = np.zeros((len(names), row.size), np.uint16)
    there = row >= 0
    for at, name in enumerate(names):
        code = str(series.variables[name].attrs["code"])
        for mark in (form.format(name) for form in marks):
            if mark in series.variables and series.variables[mark].values.any():
                conditions[at, there] |= conditions_of(series[mark], code)[row[there]]
    return conditions
