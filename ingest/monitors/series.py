"""Single values of monitor records, collected into series: one dataset per reporting point and interval."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import xarray as xr

from ingest.outcome import Decision
from ingest.schema import check_monitor


@dataclass(frozen=True)
class Code:
    """A quantity of HJ 212: its 2017 code, that of 2005, names, and the unit in which devices report it."""

    code: str
    old: str
    name_zh: str
    name_en: str
    unit: str
    aliases: tuple[str, ...]


@lru_cache(maxsize=1)
def hj212_codes() -> tuple[Code, ...]:
    """Quantities that the rules downstream know by code (HJ 212-2017, annex B; PM in µg m-3 as devices send it)."""
    text = (files("ingest.monitors") / "hj212_codes.csv").read_text(encoding="utf-8")
    return tuple(
        Code(r["code"], r["old"], r["name_zh"], r["name_en"], r["unit"], tuple(r["aliases"].split()))
        for r in csv.DictReader(text.splitlines())
    )


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, Code]:
    names = {}
    for code in hj212_codes():
        for name in (code.code, code.name_zh, code.name_en, *code.aliases):
            names[name.lower()] = code
    return names


@lru_cache(maxsize=1)
def _by_old() -> Mapping[str, Code]:
    return {code.old: code for code in hj212_codes() if code.old}


def code_of(name: str) -> Code | None:
    """Return the quantity with this code (2017 or 2005), Chinese or English name, or common abbreviation.

    Examples
    --------
    >>> code_of("COD").code, code_of("011").code, code_of("二氧化硫").name_en, code_of("电话")
    ('w01018', 'w01018', 'sulphur dioxide', None)
    """
    return _by_name().get(name.strip().lower()) or _by_old().get(name.strip())


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


class Collector:
    """Gathers values by series, variable and time; a later value of the same time replaces the earlier."""

    def __init__(self) -> None:
        self._values: dict[SeriesKey, dict[str, dict[int, float | str]]] = defaultdict(lambda: defaultdict(dict))
        self._attributes: dict[tuple[SeriesKey, str], dict[str, str | float]] = {}
        self._replaced: dict[SeriesKey, int] = defaultdict(int)

    def add(
        self,
        key: SeriesKey,
        time_ns: int,
        name: str,
        value: float | str,
        attributes: Mapping[str, str | float] | None = None,
    ) -> None:
        """Add one value; the attributes of the first value of a variable are kept."""
        column = self._values[key][name]
        if column.setdefault(time_ns, value) != value:
            both_missing = value != value and column[time_ns] != column[time_ns]
            if not both_missing:
                self._replaced[key] += 1
                column[time_ns] = value
        if attributes is not None and (key, name) not in self._attributes:
            self._attributes[key, name] = dict(attributes)

    def datasets(self) -> tuple[list[xr.Dataset], list[Decision]]:
        """Return the series, sorted by site, point and interval, and a decision where values were replaced."""
        keys = sorted(
            self._values, key=lambda k: (k.permit_code, k.uscc, k.site_name, k.mn, k.point, k.interval, k.source)
        )
        counts: Counter[str] = Counter()
        for key, count in self._replaced.items():
            counts[key.source] += count
        decisions = [
            Decision(
                source, f"{count} values replaced by later ones of the same time", "same point, quantity and time"
            )
            for source, count in counts.items()
        ]
        return [self._dataset(key) for key in keys], decisions

    def _dataset(self, key: SeriesKey) -> xr.Dataset:
        columns = self._values[key]
        times = np.array(sorted({time for column in columns.values() for time in column}), np.int64)
        data = {}
        for name, column in columns.items():
            at = np.searchsorted(times, np.fromiter(column, np.int64, len(column)))
            texts = any(isinstance(value, str) for value in column.values())
            longest = max((len(str(value)) for value in column.values()), default=0) if texts else 0
            values = np.full(len(times), "", f"<U{max(longest, 8)}") if texts else np.full(len(times), np.nan)
            values[at] = list(column.values())
            data[name] = ("obs", values, self._attributes.get((key, name), {} if texts else {"units": "1"}))
        series = xr.Dataset(
            data,
            {"time": ("obs", times.view("datetime64[ns]"), {"standard_name": "time", "axis": "T"})},
            {
                "interval": key.interval, "mn": key.mn, "point": key.point, "permit_code": key.permit_code,
                "uscc": key.uscc, "site_name": key.site_name, "source": key.source,
            },
        )  # fmt: skip
        check_monitor(series)
        return series
