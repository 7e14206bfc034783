"""Right hours of a stack, and the ways in which platforms and offices write them; for `benchmarks.robustness`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.robustness_tables import (
    BYTES,
    CELLS,
    HEADINGS,
    HOUR,
    STAMPS,
    Emission,
    Way,
    date_of,
    half_of,
    parts_of,
    table_text,
)  # fmt: skip

__all__ = ["RECORD_WAYS"]

# --- how hours of a stack are written -------------------------------------------------------------------------------

_WIDE = ["企业名称", "监控点名称", "监测时间", "二氧化硫实测值(mg/m3)", "二氧化硫折算值(mg/m3)", "烟气流量(m3/h)"]


def _hours(e: Emission, stamps: Sequence[str] | None = None) -> list[list[str]]:
    stamps = stamps or [str(t).replace("T", " ") + ":00" for t in e.time]
    return [
        ["某热力", "1号排口", stamp, f"{m:.2f}", f"{c:.2f}", f"{f:.1f}"]
        for stamp, m, c, f in zip(stamps, e.so2, e.corrected, e.flow, strict=True)
    ]


def _record(headings: Sequence[str], rows: Sequence[Sequence[str]], encoding: str = "utf-8") -> tuple[str, bytes]:
    return "hours.csv", table_text(headings, rows).encode(encoding)


def _record_stamped(stamp: Callable[[np.datetime64], str]) -> Callable[..., tuple[str, bytes]]:
    return lambda _rng, e: _record(_WIDE, _hours(e, [stamp(t) for t in e.time]))


_RECORD_STAMPS: dict[str, Callable[[np.datetime64], str]] = {
    "AM and PM": lambda t: f"{date_of(t)} {half_of(t)[0]:02d}:00:00 {half_of(t)[1]}",
    "上午 and 下午": lambda t: f"{date_of(t)} {half_of(t)[2]}{half_of(t)[0]:02d}:00",
    "Z": lambda t: f"{(t - 8 * HOUR).astype('datetime64[s]')!s}Z",
    "+08:00": lambda t: f"{t.astype('datetime64[s]')!s}+08:00",
    "milliseconds since 1970": lambda t: str(int((t - 8 * HOUR).astype("datetime64[ms]").astype(int))),
    "年月日时": lambda t: "{}年{}月{}日{}时".format(*parts_of(t)),
    "points and slashes": lambda t: f"{date_of(t, '/')} {parts_of(t)[3]}:00",
    "digits": lambda t: "{}{:02d}{:02d}{:02d}0000".format(*parts_of(t)),
    "Excel serial days": lambda t: f"{(t - np.datetime64('1899-12-30')) / np.timedelta64(1, 'D'):.6f}",
    "a second below the hour": lambda t: str(t.astype("datetime64[ms]") - np.timedelta64(288, "ms")).replace(
        "T", " "
    ),
}


def _record_two_columns(clock: Callable[[int], str], headings: tuple[str, str]) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, e: Emission) -> tuple[str, bytes]:
        rows = [
            [*row[:2], date_of(t), clock(parts_of(t)[3]), *row[3:]] for t, row in zip(e.time, _hours(e), strict=True)
        ]
        return _record([*_WIDE[:2], *headings, *_WIDE[3:]], rows)

    return write


def _record_two_rows(order: Sequence[str]) -> Callable[..., tuple[str, bytes]]:
    """Under 二氧化硫 stand its sub-columns in any order, 排放量 (kg) among them."""

    def write(_rng: np.random.Generator, e: Emission) -> tuple[str, bytes]:
        upper = [*_WIDE[:3], "二氧化硫(mg/m3)", *[""] * (len(order) - 1), "烟气流量(m3/h)"]
        lower = ["", "", "", *order, ""]
        rows = []
        for row, mass in zip(_hours(e), e.so2 * e.flow / 1e6, strict=True):
            cells = {"实测浓度": row[3], "折算浓度": row[4], "排放量(kg)": f"{mass:.3f}", "标记": "N"}
            rows.append([*row[:3], *(cells[name] for name in order), row[5]])
        return _record(upper, [lower, *rows])

    return write


def _record_thousands(_rng: np.random.Generator, e: Emission) -> tuple[str, bytes]:
    return _record(_WIDE, [[*row[:5], f"{f:,.1f}"] for row, f in zip(_hours(e), e.flow, strict=True)])


def _record_wide_digits(_rng: np.random.Generator, e: Emission) -> tuple[str, bytes]:
    wide = {ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789."}
    return _record(_WIDE, [[*row[:3], row[3].translate(wide), *row[4:]] for row in _hours(e)])


def _record_units_behind(_rng: np.random.Generator, e: Emission) -> tuple[str, bytes]:
    return _record(_WIDE, [[*row[:3], f"{row[3]} mg/m3", *row[4:]] for row in _hours(e)])


def _record_texts(text: str) -> Callable[..., tuple[str, bytes]]:
    def write(_rng: np.random.Generator, e: Emission) -> tuple[str, bytes]:
        rows = _hours(e)
        for row, value in zip(rows, e.so2, strict=True):
            row[3] = text if np.isnan(value) else row[3]
        return _record(_WIDE, rows)

    return write


def _hours_without(rng: np.random.Generator, e: Emission) -> Emission:
    so2 = e.so2.copy()
    at = int(rng.integers(3, 40))
    so2[at : at + 4] = np.nan
    return replace(e, so2=so2)


def _record_summary(_rng: np.random.Generator, e: Emission) -> tuple[str, bytes]:
    ends = [[word, "", "", f"{e.so2.max() * 3:.2f}", f"{e.corrected.max() * 3:.2f}", f"{e.flow.max():.1f}"]
            for word in ("最大值", "平均值", "合计")]  # fmt: skip
    return _record(_WIDE, [*_hours(e), *ends])


def _record_title(_rng: np.random.Generator, e: Emission) -> tuple[str, bytes]:
    name, content = _record(_WIDE, _hours(e))
    return name, "小时数据报表,,,,,\n".encode() + content


def _record_html(_rng: np.random.Generator, e: Emission) -> tuple[str, bytes]:
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in [_WIDE, *_hours(e)])
    return "hours.xls", f'<html><meta charset="utf-8"><body><table>{rows}</table></body></html>'.encode()


def _record_encoded(encoding: str) -> Callable[..., tuple[str, bytes]]:
    return lambda _rng, e: _record(_WIDE, _hours(e), encoding)


RECORD_WAYS: tuple[Way, ...] = (
    Way("as it should be", "plain", "monitors", lambda _rng, e: _record(_WIDE, _hours(e))),
    *(Way(STAMPS, name, "monitors", _record_stamped(style), ("its time", "time of"))
      for name, style in _RECORD_STAMPS.items()),
    Way(STAMPS, "date and time in two columns", "monitors",
        _record_two_columns(lambda h: f"{h:02d}:00", ("日期", "时间")), ("its time", "time of")),
    Way(STAMPS, "date and hour in two columns", "monitors",
        _record_two_columns(str, ("日期", "小时")), ("its time", "小时")),
    Way(HEADINGS, "排放量, 实测, 折算 under 二氧化硫", "monitors",
        _record_two_rows(("排放量(kg)", "实测浓度", "折算浓度")), ("heading",)),
    Way(HEADINGS, "折算, 实测, 排放量, 标记 under 二氧化硫", "monitors",
        _record_two_rows(("折算浓度", "实测浓度", "排放量(kg)", "标记")), ("heading",)),
    Way(HEADINGS, "最大值, 平均值, 合计", "monitors", _record_summary),
    Way(HEADINGS, "a title above", "monitors", _record_title),
    Way(CELLS, "56,123.4", "monitors", _record_thousands, ("number", "56,")),
    Way(CELLS, "wide digits", "monitors", _record_wide_digits, ("number",)),
    Way(CELLS, "12.3 mg/m3", "monitors", _record_units_behind, ("mg/m3",)),
    *(
        Way(CELLS, text, "monitors", _record_texts(text), (text,) if text != "--" else (), _hours_without)  # type: ignore[arg-type]
        for text in ("<0.5", "未检出", "ND", "停运", "校准", "维护", "E02", ">500", "--")
    ),
    *(Way(BYTES, encoding, "monitors", _record_encoded(encoding)) for encoding in
      ("gb18030", "utf-8-sig", "utf-16")),
    Way(BYTES, "a page named xls", "monitors", _record_html, ("HTML",)),
)  # fmt: skip
