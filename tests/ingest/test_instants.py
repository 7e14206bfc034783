"""One instant written in every way that people do: read as that instant everywhere, or refused by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome
from ingest.registers.read import SiteSettings, read_sites
from ingest.text.times.dates import NoMoment, read_day, read_moment
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

TODAY = date(2026, 6, 1)
BEIJING = ZoneInfo("Asia/Shanghai")
Way = Callable[[datetime], str]


def _form(pattern: str) -> Way:
    return lambda t: t.strftime(pattern)


def _short(t: datetime) -> str:
    return f"{t.year}/{t.month}/{t.day} {t.hour}:{t.minute:02d}"


def _excel(digits: int) -> Way:
    return lambda t: f"{(t - datetime(1899, 12, 30)) / timedelta(days=1):.{digits}f}"


def _epoch(digits: int) -> Way:
    return lambda t: str(int(t.replace(tzinfo=BEIJING).timestamp()) * 10**digits)


def _utc(pattern: str) -> Way:
    return lambda t: t.replace(tzinfo=BEIJING).astimezone(UTC).strftime(pattern)


def _halves(t: datetime, before: str, after: str, pattern: str) -> str:
    return pattern.format(day=t, half=before if t.hour < 12 else after, h=t.hour % 12 or 12, m=t.minute)


def _wide(t: datetime) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in f"{t:%Y-%m-%d %H:%M}")


WAYS: dict[str, Way] = {
    "iso": _form("%Y-%m-%d %H:%M:%S"),
    "t": _form("%Y-%m-%dT%H:%M"),
    "short": _short,
    "points": _form("%Y.%m.%d %H:%M"),
    "fraction": _form("%Y-%m-%d %H:%M:%S.000"),
    "comma": _form("%Y-%m-%d %H:%M:%S,000"),
    "colon_ms": lambda t: f"{t:%Y-%m-%d %H:%M:%S}:000",
    "z": _utc("%Y-%m-%dT%H:%M:%SZ"),
    "utc": _utc("%Y-%m-%d %H:%M:%S UTC"),
    "gmt": _utc("%Y/%m/%d %H:%M GMT"),
    "+08:00": _form("%Y-%m-%dT%H:%M:%S+08:00"),
    "+0800": _form("%Y-%m-%d %H:%M:%S +0800"),
    "+08": _form("%Y-%m-%dT%H:%M:%S+08"),
    "utc+8": _form("%Y-%m-%d %H:%M UTC+8"),
    "bj": lambda t: f"{t:%Y-%m-%d %H:%M} 北京时间",
    "cst": _form("%Y-%m-%d %H:%M:%S CST"),
    "named": _form("%Y-%m-%dT%H:%M:%S+08:00[Asia/Shanghai]"),
    "am": lambda t: _halves(t, "AM", "PM", "{day:%Y-%m-%d} {h:02d}:{m:02d}:00 {half}"),
    "a.m.": lambda t: _halves(t, "a.m.", "p.m.", "{day:%Y/%m/%d} {h}:{m:02d} {half}"),
    "上午": lambda t: _halves(t, "上午", "下午", "{day:%Y/%m/%d} {half} {h}:{m:02d}"),
    "上午_behind": lambda t: _halves(t, "上午", "下午", "{day:%Y-%m-%d} {h}:{m:02d} {half}"),
    "年月日": lambda t: f"{t.year}年{t.month}月{t.day}日 {t.hour}时{t.minute}分",
    "年月日时": lambda t: f"{t.year}年{t.month:02d}月{t.day:02d}日{t.hour:02d}:{t.minute:02d}:00",
    "年月日下午": lambda t: _halves(t, "上午", "下午", "{day:%Y}年{day:%m}月{day:%d}日 {half}{h}时{m:02d}分"),
    "compact": _form("%Y%m%d%H%M%S"),
    "compact_t": _form("%Y%m%dT%H%M%S"),
    "spaced": _form("%Y%m%d %H%M%S"),
    "spaced_hm": _form("%Y%m%d %H%M"),
    "twelve": _form("%Y%m%d%H%M"),
    "yymmdd": _form("%y%m%d %H%M%S"),
    "clock": _form("%Y%m%d %H:%M"),
    "excel9": _excel(9),
    "excel5": _excel(5),
    "s": _epoch(0),
    "ms": _epoch(3),
    "us": _epoch(6),
    "ns": _epoch(9),
    "matlab": lambda t: f"{(t - datetime(1970, 1, 1)) / timedelta(days=1) + 719529:.8f}",
    "month_name": _form("%d-%b-%Y %H:%M:%S"),
    "us_name": _form("%b %d, %Y %I:%M %p"),
    "ctime": _form("%a %b %d %H:%M:%S %Y"),
    "rfc": _form("%a, %d %b %Y %H:%M:%S +0800"),
    "wide": _wide,
    "quoted": _form("'%Y-%m-%d %H:%M'"),
    "dmy": _form("%d/%m/%Y %H:%M"),
    "mdy": _form("%m/%d/%Y %I:%M %p"),
    "dots": _form("%d.%m.%Y %H:%M:%S"),
    "yy": _form("%y-%m-%d %H:%M"),
    "dmyy": _form("%d/%m/%y %H:%M"),
    "week": _form("%G-W%V-%u %H:%M"),
    "yday": _form("%Y-%jT%H:%M"),
    "rounded": lambda t: f"{t.replace(tzinfo=BEIJING).timestamp() * 1e3:.4E}",
    "span": lambda t: f"{t:%Y-%m-%d %H:%M}-{t + timedelta(hours=1):%H:%M}",
}
#: Ways that are refused whatever the instant, and a word of the refusal.
REFUSED = {"week": "week", "yday": "week", "rounded": "rounded", "span": "span"}
INSTANTS = st.datetimes(datetime(2012, 1, 1), datetime(2026, 5, 1)).map(lambda t: t.replace(second=0, microsecond=0))


def _moments(start: datetime) -> list[datetime]:
    """Twelve moments an hour apart: past a noon or a midnight."""
    return [start + timedelta(hours=i) for i in range(12)]


def _told(outcome: Outcome[object]) -> str:
    lines = [tell(r).line for r in outcome.rejects]
    return "\n".join([*lines, *(f"{tell(d).decision} ({tell(d).evidence})" for d in outcome.decisions)])


def _expected(start: datetime) -> list[np.datetime64]:
    return [np.datetime64(t - timedelta(hours=8), "ns") for t in _moments(start)]


def _in_a_trace(folder: Path, texts: list[str]) -> tuple[list[np.datetime64], str]:
    path = folder / "drive.csv"
    rows = "".join(f'"{text}",{104 + i * 1e-4:.4f},30.6,{20 + i}\n' for i, text in enumerate(texts))
    path.write_text("time,lon,lat,no2 (ppb)\n" + rows, "utf-8")
    given = TraceSettings(time_zone="Asia/Shanghai", split_gap_s=1e6)
    outcome = read_traces([path], given, today=TODAY)
    return [t for trace in outcome.value for t in trace["time"].values], _told(outcome)


def _in_a_record(folder: Path, texts: list[str]) -> tuple[list[np.datetime64], str]:
    path = folder / "record.csv"
    path.write_text("时间,二氧化硫\n" + "".join(f'"{text}",{i}\n' for i, text in enumerate(texts)), "utf-8")
    outcome = read_monitors([path], MonitorSettings(), today=TODAY)
    return [t for series in outcome.value for t in series["time"].values], _told(outcome)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("read", [_in_a_trace, _in_a_record], ids=["trace", "record"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=INSTANTS)
def test_an_instant_in_every_way(
    tmp_path: Path, read: Callable[[Path, list[str]], tuple[list[np.datetime64], str]], way: str, start: datetime
) -> None:
    """The same instants come out, or none of another and a refusal that names what is wrong."""
    found, told = read(tmp_path, [WAYS[way](moment) for moment in _moments(start)])
    if way in REFUSED:
        assert not found and REFUSED[way] in told
    elif way in ("dmy", "mdy", "dots", "yy", "dmyy") and not found:
        assert "told apart" in told or "two orders" in told
    elif way == "twelve" and not found:
        assert "YYMMDDHHMMSS" in told or "day and month of its time" in told
    else:
        assert [str(t) for t in found] == [str(t) for t in _expected(start)], told


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=50, deadline=None)
@given(start=INSTANTS)
def test_a_day_in_every_way(way: str, start: datetime) -> None:
    """A register's cell gives the day, or a refusal; where day and month are alike it says so."""
    try:
        day = read_day(WAYS[way](start)).day
    except NoMoment as error:
        doubtful = {"dmy", "mdy", "dots", "yy", "dmyy", "twelve"}
        assert way in (doubtful | REFUSED.keys()), error
        return
    local = start - timedelta(hours=8) if way in ("z", "utc", "gmt") else start
    if way != "span":
        assert day == local.date()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("45291", date(2023, 12, 31)), ("45291.5", date(2023, 12, 31)), ("20231231", date(2023, 12, 31)),
        ("2023年12月", date(2023, 12, 31)), ("2024年2月", date(2024, 2, 29)), ("2023-12", date(2023, 12, 31)),
        ("202312", date(2023, 12, 31)),
        ("20200101-20231231", date(2023, 12, 31)), ("2020年1月至2023年12月", date(2023, 12, 31)),
        ("有效期至2023年12月31日止", date(2023, 12, 31)), ("2023-12-31 00:00:00", date(2023, 12, 31)), ("长期", None),
        ("永久有效", None), ("9999-12-31", None), ("2020-01-01至长期", None), ("31 Dec 2023", date(2023, 12, 31)),
    ],
)  # fmt: skip
def test_ends_of_permits(text: str, day: date | None) -> None:
    """Numbers of spreadsheets, months as their last day, ranges as their end; no end for 长期 and 9999."""
    assert read_day(text).day == day


@pytest.mark.parametrize(
    "text", ["0", "1900-01-00", "0000-00-00", "2023.1", "2023", "无", "4529", "2023-13-01", "2024-W41"]
)
def test_what_is_no_day(text: str) -> None:
    """It is refused, never taken for another."""
    with pytest.raises(NoMoment):
        read_day(text)


def test_a_register_names_the_cells_that_are_no_day(tmp_path: Path) -> None:
    """An end of a permit that is not read, and a visit of a month or after today, stand in the decisions."""
    sites, visits = tmp_path / "sites.csv", tmp_path / "visits.csv"
    sites.write_text("单位名称,经度,纬度,坐标系,有效期至\n甲一化工有限公司,104.06,30.66,WGS84,明年\n乙二印务有限公司,104.16,30.66,WGS84,13/05/2027\n"
                     "丙三家具有限公司,104.26,30.66,WGS84,04/05/2027\n", "utf-8")  # fmt: skip
    visits.write_text(
        "单位名称,检查日期,检查类型\n甲一化工有限公司,2024年10月,日常\n乙二印务有限公司,2027-10-01,日常\n", "utf-8"
    )
    outcome = read_sites([sites, visits], SiteSettings(), today=TODAY)
    found = {site.name: site for site in outcome.value}
    assert found["甲一化工有限公司"].permit_valid_to is None and not found["甲一化工有限公司"].visited
    assert found["乙二印务有限公司"].permit_valid_to == date(2027, 5, 13) and not found["乙二印务有限公司"].visited
    assert found["丙三家具有限公司"].permit_valid_to == date(2027, 5, 4)  # the thirteenth of May settles it
    told = _told(outcome)
    assert "明年" in told and "2024年10月" in told and "after today" in told


@pytest.mark.parametrize(
    ("text", "year"),
    [("1970-01-01 08:00", 1970), ("2000-01-01 00:00", 2000), ("2036-02-07 06:28", 2036), ("9999-12-31 00:00", 9999)],
)
def test_rows_of_a_clock_that_was_reset(tmp_path: Path, text: str, year: int) -> None:
    """Left out and counted, the rest is read; a file of nothing else gives nothing."""
    good = [f"2024-10-08 {hour:02d}:00" for hour in range(8)]
    for read in (_in_a_trace, _in_a_record):
        found, told = read(tmp_path, [text, *good])
        assert len(found) == 8 and {str(t)[:4] for t in found} == {"2024"}, told
        assert str(year) in told or "1 of 9 rows" in told
        found, told = read(tmp_path, [text] * 3)
        assert not found and (str(year) in told)


def test_order_of_rows_settles_day_and_month(tmp_path: Path) -> None:
    """Rows that run on over midnight are of one order only."""
    for pattern in ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"):
        start = datetime(2024, 3, 4, 20)
        found, told = _in_a_trace(tmp_path, [m.strftime(pattern) for m in _moments(start)])
        assert [str(t) for t in found] == [str(t) for t in _expected(start)], told


def test_more_than_six_spellings_in_one_column(tmp_path: Path) -> None:
    """Each row by its own, none lost."""
    ways = ("iso", "t", "short", "points", "年月日", "上午", "am", "spaced", "month_name", "wide", "ctime", "clock")
    start = datetime(2024, 10, 8, 6)
    texts = [WAYS[way](moment) for way, moment in zip(ways, _moments(start), strict=True)]
    for read in (_in_a_trace, _in_a_record):
        found, told = read(tmp_path, texts)
        assert [str(t) for t in found] == [str(t) for t in _expected(start)], told


def test_a_zone_in_letters_is_refused_where_none_is_declared(tmp_path: Path) -> None:
    """CST is that of China, of Chicago and of Cuba; with the line that the message gives it is read."""
    path = tmp_path / "drive.csv"
    path.write_text(
        "time,lon,lat,no2 (ppb)\n" + "".join(f"2024-10-08 09:00:0{i} CST,104,30.6,{i}\n" for i in range(9)), "utf-8"
    )
    outcome = read_traces([path], TraceSettings(), today=TODAY)
    assert not outcome.value and "CST" in _told(outcome) and "time_zone" in _told(outcome)


def test_the_hour_that_comes_twice(tmp_path: Path) -> None:
    """At the end of summer time: by the order of the rows, in a trace and in a record."""
    texts = [f"2024-10-27 {h:02d}:{m:02d}" for h in (1, 2, 2, 3) for m in (0, 30)]
    expected = [np.datetime64("2024-10-26T23:00") + np.timedelta64(30 * i, "m") for i in range(8)]
    trace, record = tmp_path / "a.csv", tmp_path / "b.csv"
    trace.write_text(
        "time,lon,lat,no2 (ppb)\n" + "".join(f"{t},9.1,{55 + i / 1e3},{i}\n" for i, t in enumerate(texts)), "utf-8"
    )
    record.write_text("时间,二氧化硫\n" + "".join(f"{t},{i}\n" for i, t in enumerate(texts)), "utf-8")
    traces = read_traces([trace], TraceSettings(time_zone="Europe/Berlin", split_gap_s=1e6), today=TODAY)
    records = read_monitors([record], MonitorSettings(time_zone="Europe/Berlin"), today=TODAY)
    assert traces.value[0]["time"].values.tolist() == np.array(expected, "datetime64[ns]").tolist()
    assert records.value[0]["time"].values.tolist() == np.array(expected, "datetime64[ns]").tolist()


def test_what_a_moment_refuses() -> None:
    """An offset of no zone, a clock beyond the day, a year of three digits."""
    for text in ("2024-10-08 09:00:00+25:00", "2024-10-08 25:00", "113-10-08 09:00", "2024-10-08 13:00 AM", "晚上好"):
        with pytest.raises(NoMoment):
            read_moment(text)
