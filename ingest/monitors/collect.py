"""Single values of monitor records, collected into series: one dataset per reporting point and interval.

Values wait in typed columns by series and variable, 16 bytes each (12 for a mark), in the order in which they come.
They are sorted once, at the end, and the columns of a series go as its dataset comes: a year of a city is never in
memory twice.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.monitors.marks import mark_variable
from ingest.monitors.positions import Spot
from ingest.outcome import Decision
from ingest.schema import check_monitor, is_mark
from ingest.text.times.dates import LAST_NS as LAST_NS  # of times that fit

#: From so many replaced values on, and this share of all, the times were not read whole: corrections are fewer.
_MANY, _SHARE = 10, 0.25

BY_CONVENTION = "by_convention"
"""An attribute of values whose unit no record states, until their series is made: whose convention it is."""
Attributes = Mapping[str, str | float]
Value = TypeVar("Value", np.float64, np.int32)


@dataclass(frozen=True)
class SeriesKey:
    """What tells one series from another: the device or point, the site, the interval, the file it came from."""

    interval: str
    mn: str = ""
    point: str = ""
    permit_code: str = ""
    uscc: str = ""
    site_name: str = ""
    source: str = ""


@dataclass(frozen=True)
class Collected:
    """The series, where each is said to be (None where nothing is said), and what was decided.

    ``believed`` says of each, by the names of the variables whose unit no record states, whose convention it is.
    """

    series: tuple[xr.Dataset, ...]
    spots: tuple[Spot | None, ...]
    believed: tuple[Mapping[str, str], ...]
    decisions: tuple[Decision, ...]


class _Numbers:
    """Times (ns) and numbers of one variable, as they come."""

    __slots__ = ("attributes", "times", "values")

    def __init__(self, attributes: Attributes) -> None:
        self.times, self.values, self.attributes = array("q"), array("d"), attributes

    def add(self, time_ns: int, value: float | str) -> None:
        self.times.append(time_ns)
        self.values.append(value)  # type: ignore[arg-type]  # a text is no number: array says so

    def variable(self, at: NDArray[np.intp], values: NDArray[np.float64], count: int) -> xr.Variable:
        full = np.full(count, np.nan)
        full[at] = values
        known = {name: value for name, value in self.attributes.items() if name != BY_CONVENTION}
        return xr.Variable("obs", full, {"units": "1", **known})


class _Marks:
    """Times (ns) of one variable's marks, as they come, and which of its texts each is."""

    __slots__ = ("texts", "times", "values")

    def __init__(self) -> None:
        self.times, self.values, self.texts = array("q"), array("i"), {"": 0}

    def add(self, time_ns: int, value: float | str) -> None:
        self.times.append(time_ns)
        self.values.append(self.texts.setdefault(str(value), len(self.texts)))

    def variable(self, at: NDArray[np.intp], values: NDArray[np.int32], count: int) -> xr.Variable:
        index = np.zeros(count, np.int32)
        index[at] = values
        return mark_variable(index, list(self.texts))


class Points:
    """The values of one series on their way, and where it is said to be."""

    __slots__ = ("_columns", "spot", "spots_differ")

    def __init__(self) -> None:
        self._columns: dict[str, _Numbers | _Marks] = {}
        self.spot: Spot | None = None
        self.spots_differ = 0

    def __bool__(self) -> bool:
        """Whether any value came."""
        return bool(self._columns)

    def add(self, time_ns: int, name: str, value: float | str, attributes: Attributes | None = None) -> None:
        """Add one value, a text where the name is that of marks; the attributes of a variable's first value count.

        Raises
        ------
        OverflowError
            If the time is none that 64 bits hold.
        TypeError
            If the value is a text and the name not that of marks.
        """
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = _Marks() if is_mark(name) else _Numbers(dict(attributes or {}))
        column.add(time_ns, value)

    def unit_of(self, name: str) -> str:
        """Unit of a variable's first value, empty where none came."""
        column = self._columns.get(name)
        return str(column.attributes.get("units", "")) if isinstance(column, _Numbers) else ""

    def believed(self) -> dict[str, str]:
        """Of the variables whose unit no record states, by name, whose convention it is."""
        numbers = {name: column for name, column in self._columns.items() if isinstance(column, _Numbers)}
        return {n: str(c.attributes[BY_CONVENTION]) for n, c in numbers.items() if BY_CONVENTION in c.attributes}

    def place(self, spot: Spot) -> None:
        """Say where the series is; the first word counts, others are counted."""
        if self.spot is None:
            self.spot = spot
        elif spot != self.spot:
            self.spots_differ += 1

    def dataset(self, attributes: Mapping[str, str]) -> tuple[xr.Dataset, int]:
        """Return the series, and how many values gave way to later ones of the same time; the columns are gone."""
        columns = {name: self._columns.pop(name) for name in list(self._columns)}
        settled = {name: _settle(np.asarray(c.times), np.asarray(c.values)) for name, c in columns.items()}
        times = _union([own for own, _, _ in settled.values()])
        data = {}
        for name, column in columns.items():
            own, values, _ = settled[name]
            data[name] = column.variable(np.searchsorted(times, own), values, len(times))
        time = ("obs", times.view("datetime64[ns]"), {"standard_name": "time", "axis": "T"})
        return xr.Dataset(data, {"time": time}, attributes), sum(count for _, _, count in settled.values())


class Collector:
    """Gathers values by series, variable and time; a later value of the same time replaces the earlier."""

    def __init__(self) -> None:
        self._points: dict[SeriesKey, Points] = {}

    def points(self, key: SeriesKey) -> Points:
        """The series with this key, to which values can be added."""
        points = self._points.get(key)
        if points is None:
            points = self._points[key] = Points()
        return points

    def drain(self) -> Collected:
        """Return the series, sorted by site, point and interval, and let go of their values.

        Decisions say where values were replaced, and where rows of one series name several positions.
        """
        replaced: Counter[str] = Counter()
        came: Counter[str] = Counter()
        moved: Counter[str] = Counter()
        series: list[xr.Dataset] = []
        spots: list[Spot | None] = []
        believed: list[Mapping[str, str]] = []
        sources = dict.fromkeys(key.source for key in self._points)
        for key in sorted(self._points, key=_order):
            points = self._points.pop(key)
            if points:
                believed.append(points.believed())
                dataset, count = points.dataset(_attributes(key))
                check_monitor(dataset)
                replaced[key.source] += count
                came[key.source] += count + sum(int(v.count()) for v in dataset.data_vars.values())
                moved[key.source] += points.spots_differ
                series.append(dataset)
                spots.append(points.spot)
        decisions = (
            *(_replaced(s, replaced[s], came[s]) for s in sources if replaced[s]),
            *(Decision(s, "rows_elsewhere_than_series", {"count": moved[s]}) for s in sources if moved[s]),
        )
        return Collected(tuple(series), tuple(spots), tuple(believed), decisions)


def _order(key: SeriesKey) -> tuple[str, ...]:
    return key.permit_code, key.uscc, key.site_name, key.mn, key.point, key.interval, key.source


def _attributes(key: SeriesKey) -> dict[str, str]:
    return {
        "interval": key.interval, "mn": key.mn, "point": key.point, "permit_code": key.permit_code, "uscc": key.uscc,
        "site_name": key.site_name, "source": key.source,
    }  # fmt: skip


def _replaced(source: str, count: int, came: int) -> Decision:
    """So many values gave way to later ones of the same time: where they are many, their times are doubted."""
    if count >= _MANY and count > _SHARE * came:
        return Decision(source, "many_values_replaced", {"count": count, "values": came})
    return Decision(source, "values_replaced", {"count": count})


# --- sorted once ---------------------------------------------------------------------------------------------------


def _settle(times: NDArray[np.int64], values: NDArray[Value]) -> tuple[NDArray[np.int64], NDArray[Value], int]:
    """Sort by time; of the values of one time the last counts. Returns also how often one replaced another."""
    if (times[1:] > times[:-1]).all():
        return times, values, 0
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    again = times[1:] == times[:-1]
    both_missing = (values[1:] != values[1:]) & (values[:-1] != values[:-1])
    replaces = again & (values[1:] != values[:-1]) & ~both_missing
    # A value that says what stands already changes nothing, not even the sign of zero.
    says_more = np.append(True, ~again | replaces)
    times, values = times[says_more], values[says_more]
    last = np.append(times[1:] != times[:-1], True)
    return times[last], values[last], int(np.count_nonzero(replaces))


def _union(times: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """All times in order, each once; most often those of all variables are the same."""
    first = times[0]
    return first if all(np.array_equal(first, own) for own in times[1:]) else np.unique(np.concatenate(times))
