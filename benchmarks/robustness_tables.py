"""A right table of each reader, and the ways in which people write it: what `benchmarks.robustness` mutates.

A way takes the truth and writes a file. What must come out again is the truth, or a refusal, flag or doubt that
names what is wrong: one of the ``words`` of the way must be told.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import openpyxl

__all__ = [
    "BYTES", "CELLS", "DRIVE_WAYS", "HEADINGS", "HOUR", "STAMPS", "Drive", "Emission", "Way", "clock_of", "date_of",
    "draw_drive", "draw_emission", "half_of", "parts_of", "table_text",
]  # fmt: skip

HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, eq=False)
class Drive:
    """The truth of a drive: UTC times, WGS 84, NO2 in µg m-3 and PM2.5 in µg m-3, speed in km/h along the way."""

    time: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    no2: np.ndarray
    pm25: np.ndarray
    speed: np.ndarray
    unusable: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    @property
    def local(self) -> np.ndarray:
        """Beijing time."""
        return np.asarray(self.time + 8 * HOUR)


@dataclass(frozen=True, eq=False)
class Emission:
    """The truth of a day of hourly records: Beijing hours, SO2 measured and corrected [mg m-3], flow [m3 h-1]."""

    time: np.ndarray
    so2: np.ndarray
    corrected: np.ndarray
    flow: np.ndarray


@dataclass(frozen=True)
class Way:
    """One way of writing: its kind, what it is called, who reads it, and what a refusal must name."""

    kind: str
    name: str
    reader: str
    write: Callable[..., tuple[str, bytes]]
    words: tuple[str, ...] = ()
    change: Callable[[np.random.Generator, Drive], Drive] | None = None


def draw_drive(rng: np.random.Generator) -> Drive:
    """A straight drive of a minute or two in a random direction, day and step."""
    rows, step = int(rng.integers(40, 90)), int(rng.choice([1, 1, 2, 5]))
    start = np.datetime64("2024-01-01", "s") + np.timedelta64(int(rng.integers(0, 500 * 86_400)), "s")
    seconds = step * np.arange(rows)
    speed = float(rng.uniform(20, 45))
    bearing = rng.uniform(0, 2 * np.pi)
    way = speed / 3.6 * seconds
    lat = 30.66 + way * np.cos(bearing) / 110_900
    lon = 104.06 + way * np.sin(bearing) / (111_320 * np.cos(np.radians(30.66)))
    no2 = np.round(rng.uniform(15, 60) + rng.normal(0, 2, rows).cumsum() * 0.3 + 20, 2).clip(0.5)
    pm25 = np.round(rng.uniform(20, 60) + rng.normal(0, 1, rows), 1).clip(1)
    return Drive(
        start + seconds.astype("timedelta64[s]"), np.round(lon, 7), np.round(lat, 7), no2, pm25,
        np.full(rows, round(speed, 1)),
    )  # fmt: skip


def draw_emission(rng: np.random.Generator) -> Emission:
    """Two days of hours of one stack."""
    start = np.datetime64("2024-01-01", "h") + np.timedelta64(int(rng.integers(0, 500)), "D")
    so2 = np.round(rng.uniform(15, 30) + rng.normal(0, 1, 48), 2)
    return Emission(
        start + np.arange(48).astype("timedelta64[h]"), so2, np.round(so2 * 1.35, 2),
        np.round(rng.uniform(50_000, 60_000) + rng.normal(0, 200, 48), 1),
    )  # fmt: skip


# --- how a drive is written -----------------------------------------------------------------------------------------

_HEADINGS = ["时间", "经度", "纬度", "车速(km/h)", "NO2(ug/m3)", "PM2.5(ug/m3)"]


def _rows(d: Drive, stamps: Sequence[str] | None = None) -> list[list[str]]:
    stamps = stamps or [str(t).replace("T", " ") for t in d.local]
    return [
        [stamp, f"{x:.7f}", f"{y:.7f}", f"{v:.1f}", f"{n:.2f}", f"{p:.1f}"]
        for stamp, x, y, v, n, p in zip(stamps, d.lon, d.lat, d.speed, d.no2, d.pm25, strict=True)
    ]


def table_text(headings: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """Rows as delimited text; a cell that holds the delimiter is quoted."""

    def cell(text: str) -> str:
        return f'"{text}"' if delimiter in text else text

    return "\n".join(delimiter.join(map(cell, row)) for row in [headings, *rows]) + "\n"


def _plain(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    return "drive.csv", table_text(_HEADINGS, _rows(d)).encode()


def _stamped(
    stamp: Callable[[np.datetime64, np.datetime64], str], heading: str = "时间"
) -> Callable[..., tuple[str, bytes]]:
    """A writer whose stamps are made of UTC and local time."""

    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        stamps = [stamp(u, t) for u, t in zip(d.time, d.local, strict=True)]
        return "drive.csv", table_text([heading, *_HEADINGS[1:]], _rows(d, stamps)).encode()

    return write


def parts_of(t: np.datetime64) -> tuple[int, ...]:
    """Year, month, day, hour, minute and second."""
    when = t.astype("datetime64[s]").item()
    return when.year, when.month, when.day, when.hour, when.minute, when.second


def half_of(t: np.datetime64) -> tuple[int, str, str]:
    """Hour of a clock of twelve, and its half in English and Chinese."""
    hour = parts_of(t)[3]
    return (hour - 1) % 12 + 1, "AM" if hour < 12 else "PM", "上午" if hour < 12 else "下午"


def date_of(t: np.datetime64, sep: str = "-") -> str:
    """Year, month and day."""
    return sep.join(f"{part:02d}" for part in parts_of(t)[:3])


def clock_of(t: np.datetime64) -> str:
    """Minutes and seconds."""
    return "{:02d}:{:02d}".format(*parts_of(t)[4:])


_STAMPS: dict[str, tuple[Callable[[np.datetime64, np.datetime64], str], str]] = {
    "AM and PM behind": (lambda _u, t: f"{date_of(t)} {half_of(t)[0]:02d}:{clock_of(t)} {half_of(t)[1]}", "时间"),
    "am/pm joined": (lambda _u, t: f"{date_of(t, '/')} {half_of(t)[0]}:{clock_of(t)}{half_of(t)[1].lower()}", "时间"),
    "上午 and 下午 before": (lambda _u, t: f"{date_of(t)} {half_of(t)[2]}{half_of(t)[0]}:{clock_of(t)}", "时间"),
    "Z": (lambda u, _t: f"{date_of(u)}T{parts_of(u)[3]:02d}:{clock_of(u)}Z", "时间"),
    "+08:00": (lambda _u, t: f"{date_of(t)}T{parts_of(t)[3]:02d}:{clock_of(t)}+08:00", "时间"),
    "+0800": (lambda _u, t: f"{date_of(t)} {parts_of(t)[3]:02d}:{clock_of(t)} +0800", "时间"),
    "UTC behind": (lambda u, _t: f"{date_of(u)} {parts_of(u)[3]:02d}:{clock_of(u)} UTC", "时间"),
    "seconds since 1970": (lambda u, _t: str(int(u.astype("datetime64[s]").astype(int))), "timestamp"),
    "milliseconds since 1970": (lambda u, _t: str(int(u.astype("datetime64[ms]").astype(int))), "timestamp"),
    "nanoseconds since 1970": (lambda u, _t: str(int(u.astype("datetime64[ns]").astype(int))), "timestamp"),
    "年月日时分秒": (
        lambda _u, t: "{}年{}月{}日 {}时{:02d}分{:02d}秒".format(*parts_of(t)), "时间",
    ),
    "points": (lambda _u, t: f"{date_of(t, '.')} {parts_of(t)[3]:02d}:{clock_of(t)}", "时间"),
    "digits": (lambda _u, t: "{}{:02d}{:02d}{:02d}{:02d}{:02d}".format(*parts_of(t)), "时间"),
    "digits with a space": (lambda _u, t: "{}{:02d}{:02d} {:02d}{:02d}{:02d}".format(*parts_of(t)), "时间"),
    "fractions": (lambda _u, t: f"{date_of(t)} {parts_of(t)[3]:02d}:{clock_of(t)}.000", "时间"),
    "wide digits": (
        lambda _u, t: f"{date_of(t)} {parts_of(t)[3]:02d}:{clock_of(t)}".translate(
            {ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789:"}
        ),
        "时间",
    ),
    "Excel serial days": (
        lambda _u, t: f"{(t - np.datetime64('1899-12-30')) / np.timedelta64(1, 'D'):.8f}", "时间",
    ),
}  # fmt: skip


def _day_first(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    stamps = ["{2:02d}/{1:02d}/{0} {3:02d}:{4:02d}:{5:02d}".format(*parts_of(t)) for t in d.local]
    return "drive.csv", table_text(_HEADINGS, _rows(d, stamps)).encode()


def _date_and_clock(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    rows = [[*stamp.split(" "), *row] for stamp, *row in _rows(d)]
    return "drive.csv", table_text(["日期", "时间", *_HEADINGS[1:]], rows).encode()


def _excel_book(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(_HEADINGS)
    for when, row in zip(d.local, _rows(d), strict=True):
        sheet.append([when.astype("datetime64[s]").item(), *map(float, row[1:])])
    stream = io.BytesIO()
    book.save(stream)
    return "drive.xlsx", stream.getvalue()


def _rolled_over(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    early = replace(d, time=d.time - np.timedelta64(7168, "D"))
    return f"drive_{date_of(d.local[0], '')}.csv", table_text(_HEADINGS, _rows(early)).encode()


def _before_the_clock(year: str) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        stamps = [str(t).replace("T", " ") for t in d.local]
        unset = int(d.unusable.sum())
        stamps[:unset] = [f"{year}-01-01 08:00:{k % 60:02d}" for k in range(unset)]
        return "drive.csv", table_text(_HEADINGS, _rows(d, stamps)).encode()

    return write


def _first_unusable(rng: np.random.Generator, d: Drive) -> Drive:
    return replace(d, unusable=np.arange(len(d.time)) < int(rng.integers(5, 15)))


def _all_unusable(_rng: np.random.Generator, d: Drive) -> Drive:
    return replace(d, unusable=np.ones(len(d.time), bool))


def _never_set(year: str) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        moved = replace(d, time=d.time - d.time[0] + np.datetime64(f"{year}-01-01T00:00:00"))
        return "drive.csv", table_text(_HEADINGS, _rows(moved)).encode()

    return write


# headings


def _two_rows(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    upper = ["时间", "位置", "", "车速(km/h)", "浓度(ug/m3)", ""]
    lower = ["", "经度", "纬度", "", "NO2", "PM2.5"]
    return "drive.csv", table_text(upper, [lower, *_rows(d)]).encode()


def _unit_row(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    headings = ["时间", "经度", "纬度", "车速", "NO2", "PM2.5"]
    return "drive.csv", table_text(headings, [["", "°", "°", "km/h", "ug/m3", "ug/m3"], *_rows(d)]).encode()


def _unit_columns(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    headings = ["时间", "经度", "纬度", "车速(km/h)", "NO2", "单位", "PM2.5", "单位"]
    rows = [[*row[:5], "ug/m3", row[5], "ug/m3"] for row in _rows(d)]
    return "drive.csv", table_text(headings, rows).encode()


def _repeated_heading(rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    rows = _rows(d)
    at = int(rng.integers(5, len(rows) - 5))
    return "drive.csv", table_text(_HEADINGS, [*rows[:at], _HEADINGS, *rows[at:]]).encode()


def _exchanged_columns(rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    rows = _rows(d)
    at = int(rng.integers(5, len(rows) - 5))
    late = [[*row[:4], row[5], row[4]] for row in [_HEADINGS, *rows[at:]]]
    return "drive.csv", table_text(_HEADINGS, [*rows[:at], *late]).encode()


def _summary_rows(words: Sequence[str]) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        ends = [[word, "", "", "", f"{d.no2.max() * 3:.2f}", f"{d.pm25.max() * 3:.1f}"] for word in words]
        return "drive.csv", table_text(_HEADINGS, [*_rows(d), *ends]).encode()

    return write


def _counter(heading: str) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        rows = [[str(k + 1), *row] for k, row in enumerate(_rows(d))]
        return "drive.csv", table_text([heading, *_HEADINGS], rows).encode()

    return write


def _title(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    return "drive.csv", ("走航监测数据\n车辆：01\n" + table_text(_HEADINGS, _rows(d))).encode()


# columns that qualify others


def _west(_rng: np.random.Generator, d: Drive) -> Drive:
    return replace(d, lon=-d.lon, lat=-d.lat)


def _hemispheres(east: str, west: str, headings: tuple[str, str]) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        names = ["UTC time", "Latitude", headings[0], "Longitude", headings[1], "NO2(ug/m3)", "PM2.5(ug/m3)"]
        rows = [
            [f"{t}Z", f"{abs(y):.7f}", "N" if y > 0 else "S", f"{abs(x):.7f}", east if x > 0 else west,
             f"{n:.2f}", f"{p:.1f}"]
            for t, x, y, n, p in zip(d.time, d.lon, d.lat, d.no2, d.pm25, strict=True)
        ]  # fmt: skip
        return "drive.csv", table_text(names, rows).encode()

    return write


def _some_unusable(rng: np.random.Generator, d: Drive) -> Drive:
    at = int(rng.integers(5, len(d.time) - 15))
    return replace(d, unusable=(np.arange(len(d.time)) >= at) & (np.arange(len(d.time)) < at + 8))


def _invalid_fixes(heading: str, good: str, bad: str) -> Callable[..., tuple[str, bytes]]:
    """Fixes that a column calls invalid stand 3 km away; their rows have no position."""

    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        lon = np.where(d.unusable, d.lon + 0.03, d.lon)
        rows = [[*row, bad if off else good] for row, off in zip(_rows(replace(d, lon=lon)), d.unusable, strict=True)]
        return "drive.csv", table_text([*_HEADINGS, heading], rows).encode()

    return write


def _inner_temperature(heading: str) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        return "drive.csv", table_text([*_HEADINGS, heading], [[*row, "61.5"] for row in _rows(d)]).encode()

    return write


def _unit_of_speed(factor: float, heading: str) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        headings = [*_HEADINGS[:3], heading, *_HEADINGS[4:]]
        rows = [[*row[:3], f"{float(row[3]) * factor:.2f}", *row[4:]] for row in _rows(d)]
        return "drive.csv", table_text(headings, rows).encode()

    return write


# cells


def _high(_rng: np.random.Generator, d: Drive) -> Drive:
    bump = 3000 * np.exp(-0.5 * ((np.arange(len(d.time)) - len(d.time) / 2) / 6) ** 2)
    return replace(d, no2=np.round(d.no2 + bump, 2))


def _thousands(separator: str, delimiter: str = ",") -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        rows = [
            [*row[:4], f"{n:,.2f}".replace(",", separator), row[5]] for row, n in zip(_rows(d), d.no2, strict=True)
        ]
        return "drive.csv", table_text(_HEADINGS, rows, delimiter).encode()

    return write


def _decimal_comma(delimiter: str) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        rows = [[row[0], *(cell.replace(".", ",") for cell in row[1:])] for row in _rows(d)]
        return "drive.csv", table_text(_HEADINGS, rows, delimiter).encode()

    return write


def _some_cells(text: str) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        rows = [[*row[:4], text, row[5]] if off else row for row, off in zip(_rows(d), d.unusable, strict=True)]
        return "drive.csv", table_text(_HEADINGS, rows).encode()

    return write


def _unit_behind(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    rows = [[*row[:4], f"{row[4]} ug/m3", row[5]] for row in _rows(d)]
    return "drive.csv", table_text(_HEADINGS, rows).encode()


def _wide_numbers(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    wide = {ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789."}
    rows = [[*row[:4], row[4].translate(wide), row[5]] for row in _rows(d)]
    return "drive.csv", table_text(_HEADINGS, rows).encode()


# encodings and disguises


def _encoded(encoding: str) -> Callable[..., tuple[str, bytes]]:
    return lambda _rng, d: ("drive.csv", table_text(_HEADINGS, _rows(d)).encode(encoding))


def _delimited(delimiter: str, name: str = "drive.txt") -> Callable[..., tuple[str, bytes]]:
    return lambda _rng, d: (name, table_text(_HEADINGS, _rows(d), delimiter).encode())


def _one_line_lost(rng: np.random.Generator, d: Drive) -> Drive:
    return replace(d, unusable=np.arange(len(d.time)) == int(rng.integers(5, len(d.time) - 5)))


def _run_of(byte: bytes) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        lines = table_text(_HEADINGS, _rows(d)).encode().split(b"\n")
        at = int(np.flatnonzero(d.unusable)[0]) + 1
        lines[at] = lines[at][:20] + byte * 60
        return "drive.csv", b"\n".join(lines)

    return write


def _no_units(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    headings = ["时间", "经度", "纬度", "车速", "NO2", "PM2.5"]
    return "drive.csv", table_text(headings, _rows(d)).encode("gb18030")


def _latin(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
    headings = ["UTC time", "Longitude", "Latitude", "Speed (km/h)", "NO2 (µg/m³)", "PM2.5 (µg/m³)"]
    rows = _rows(d, [f"{t}Z" for t in d.time])
    return "drive.csv", table_text(headings, rows).encode("latin-1")


def _html(name: str) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, d: Drive) -> tuple[str, bytes]:
        rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in [_HEADINGS, *_rows(d)])
        return name, f'<html><meta charset="utf-8"><body><table>{rows}</table></body></html>'.encode()

    return write


# --- all ways -------------------------------------------------------------------------------------------------------

STAMPS, DATES, HEADINGS = "stamps", "possible dates", "headings"
QUALIFIERS, CELLS, BYTES = "columns that qualify others", "cells with text", "units and encodings"

DRIVE_WAYS: tuple[Way, ...] = (
    Way("as it should be", "plain", "traces", _plain),
    *(
        Way(STAMPS, name, "traces", _stamped(*style), ("time stamp", "stamps"))
        for name, style in _STAMPS.items()
    ),
    Way(STAMPS, "day before month", "traces", _day_first, ("day and month", "date_order")),
    Way(STAMPS, "date and clock in two columns", "traces", _date_and_clock, ("time stamp",)),
    Way(STAMPS, "dates of a workbook", "traces", _excel_book, ("time stamp",)),
    *(
        Way(DATES, f"rows of {year} before the clock was set", "traces", _before_the_clock(year), (year,),
            _first_unusable)
        for year in ("1970", "1980", "2000")
    ),
    *(
        Way(DATES, f"a clock at {year}", "traces", _never_set(year), (year,), _all_unusable)
        for year in ("1970", "1980", "2000", "2036", "2099")
    ),
    Way(DATES, "1024 weeks early", "traces", _rolled_over, ("1024", "1 024")),
    Way(HEADINGS, "two rows", "traces", _two_rows, ("heading",)),
    Way(HEADINGS, "a row of units", "traces", _unit_row, ("unit",)),
    Way(HEADINGS, "units in the next column", "traces", _unit_columns, ("unit",)),
    Way(HEADINGS, "the heading again", "traces", _repeated_heading, ("heading", "line")),
    Way(HEADINGS, "columns exchanged below a second heading", "traces", _exchanged_columns, ("heading", "line")),
    Way(HEADINGS, "最大值, 平均值, 合计", "traces", _summary_rows(("最大值", "平均值", "合计"))),
    Way(HEADINGS, "Max, Average", "traces", _summary_rows(("Max", "Average"))),
    *(Way(HEADINGS, f"a counter named {name}", "traces", _counter(name)) for name in ("No", "No.", "序号", "ID")),
    Way(HEADINGS, "a title above", "traces", _title),
    Way(QUALIFIERS, "N/S and E/W", "traces", _hemispheres("E", "W", ("N/S", "E/W")), ("E/W",), _west),
    Way(QUALIFIERS, "Lat Dir and Lon Dir", "traces", _hemispheres("East", "West", ("Lat Dir", "Lon Dir")),
        ("Lon Dir",), _west),
    *(
        Way(QUALIFIERS, f"{heading} {bad}", "traces", _invalid_fixes(heading, good, bad), (heading, "fix"),
            _some_unusable)
        for heading, good, bad in (("GPS状态", "有效", "无效"), ("Valid", "A", "V"), ("Fix Quality", "1", "0"))
    ),
    *(
        Way(QUALIFIERS, heading, "traces", _inner_temperature(heading))
        for heading in ("电池温度(℃)", "Electronics Temp (degC)", "机箱温度", "Cavity Temperature")
    ),
    Way(QUALIFIERS, "speed in km/h without a unit", "traces", _unit_of_speed(1.0, "SPEED"), ("speed",)),
    Way(QUALIFIERS, "speed in knots without a unit", "traces", _unit_of_speed(1 / 1.852, "speed"), ("speed",)),
    Way(CELLS, "1,167.32", "traces", _thousands(","), ("number", "1,"), _high),
    Way(CELLS, "1,167.32 between semicolons", "traces", _thousands(",", ";"), ("number", "1,"), _high),
    Way(CELLS, "1 167.32", "traces", _thousands(" "), ("number", "1 "), _high),
    Way(CELLS, "decimal comma between semicolons", "traces", _decimal_comma(";"), ("comma",)),
    Way(CELLS, "decimal comma between tabs", "traces", _decimal_comma("\t"), ("comma",)),
    *(
        Way(CELLS, text, "traces", _some_cells(text), (text,) if text != "--" else (), _some_unusable)
        for text in ("<0.5", "未检出", "ND", "E02", "Err02", "NaN(S5)", "校准", "停运", ">1000", "####", "--")
    ),
    Way(CELLS, "12.3 ug/m3", "traces", _unit_behind, ("ug/m3",)),
    Way(CELLS, "wide digits", "traces", _wide_numbers, ("number",)),
    *(Way(CELLS, f"{full} in a run", "traces", _some_cells(full), (full,), _some_unusable) for full in
      ("999.9", "9999", "65535")),
    *(
        Way(BYTES, encoding, "traces", _encoded(encoding))
        for encoding in ("gb18030", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
    ),
    *(Way(BYTES, f"between {name}", "traces", _delimited(sep)) for name, sep in
      (("tabs", "\t"), ("semicolons", ";"), ("bars", "|"))),
    Way(BYTES, "a run of 0xFF", "traces", _run_of(b"\xff"), ("line", "byte"), _one_line_lost),
    Way(BYTES, "a run of zeros", "traces", _run_of(b"\0"), ("line", "byte"), _one_line_lost),
    Way(BYTES, "Chinese without units", "traces", _no_units, ("unit",)),
    Way(BYTES, "µ in Latin-1", "traces", _latin, ("unit",)),
    Way(BYTES, "a page named xls", "traces", _html("drive.xls"), ("HTML",)),
    Way(BYTES, "a page named csv", "traces", _html("drive.csv"), ("HTML",)),
)  # fmt: skip
