"""Angles and winds as people write them into tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.outcome import Outcome
from ingest.text.spelled import parse_angle, parse_compass, read_spelled
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import say, tell

ENGLISH = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"]
CHINESE = [
    "北", "北东北", "东北", "东东北", "东", "东东南", "东南", "南东南", "南", "南西南", "西南", "西西南", "西",
    "西西北", "西北", "北西北",
]  # fmt: skip


@pytest.mark.parametrize("points", [ENGLISH, CHINESE, [f"{name}风" for name in CHINESE]], ids=["en", "zh", "zh wind"])
def test_sixteen_points_of_the_compass(points: list[str]) -> None:
    """Clockwise from north in steps of 22.5°."""
    assert [parse_compass(point) for point in points] == [22.5 * i for i in range(16)]


@pytest.mark.parametrize(("text", "expected"), [("东北偏北", 22.5), ("西北偏西", 292.5), ("nw", 315.0)])
def test_other_ways_to_say_it(text: str, expected: float) -> None:
    """偏 and small letters."""
    assert parse_compass(text) == expected


@pytest.mark.parametrize("text", ["静风", "", "无", "NN", "EW", "x" * 100, "东西"])
def test_no_direction(text: str) -> None:
    """Calm and nonsense have none."""
    assert parse_compass(text) is None


def test_a_column_of_neither_kind_stays_unread() -> None:
    """Identifiers and remarks are not turned into angles."""
    assert read_spelled(["S4D0123", "备注", "2.5 mg", "12-3"]) == ([None] * 4, None)


def _read(folder: Path, text: str) -> Outcome[tuple]:  # type: ignore[type-arg]
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return read_traces([path], TraceSettings(time_zone="Asia/Shanghai"))


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ("104°3′0.00″E", "30°39′36.00″N"),
        ("104°03.00'E", "30°39.60'N"),
        ("东经104度3分0秒", "北纬30度39分36秒"),
        ("E104 3 0", "N30 39 36"),
    ],
)
def test_trace_in_degrees_minutes_and_seconds(tmp_path: Path, lon: str, lat: str) -> None:
    """104.05° E, 30.66° N, with a decision that says how the column was read."""
    rows = "".join(f"2024/10/8 9:00:{s:02d},{lon},{lat},{30 + s}\n" for s in range(20))
    outcome = _read(tmp_path, "时间,经度,纬度,PM2.5(ug/m3)\n" + rows)
    trace = outcome.value[0]
    np.testing.assert_allclose(trace["lon"].values, 104.05, atol=1e-9)
    np.testing.assert_allclose(trace["lat"].values, 30.66, atol=1e-9)
    assert sum("degrees, minutes and seconds" in tell(d).decision for d in outcome.decisions) == 2


def test_wind_in_words(tmp_path: Path) -> None:
    """A wind of 2 m/s from 东北 blows towards the south-west; 静风 has no direction and is counted."""
    rows = "".join(
        f"2024/10/8 9:00:{s:02d},104.05,{30.66 + s * 1e-5:.5f},{30 + s},2.0,{'静风' if s == 3 else '东北'}\n"
        for s in range(20)
    )
    outcome = _read(tmp_path, "时间,经度,纬度,PM2.5(ug/m3),风速(m/s),风向\n" + rows)
    trace = outcome.value[0]
    names = ("u", "v") if "u" in trace else ("u_apparent", "v_apparent")
    for name in names:
        assert float(trace[name][0]) == pytest.approx(-np.sqrt(2.0))
        assert np.isnan(trace[name].values[3])
    assert any(tell(d).decision.startswith("1 fields of column 6") for d in outcome.decisions)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("104.0657", 104.0657),
        ("-91.5", -91.5),
        ("104,250.5", 104250.5),
        (" 30 ", 30.0),
        ("104°3'36\"", 104.06),
        ("104°3′36″E", 104.06),
        ("104º3.6'", 104.06),
        ("104 3 36", 104.06),
        ("104-3-36", 104.06),
        ("-104°3'36\"", -104.06),
        ("104°3'36\"W", -104.06),
        ("s30 36", -30.6),
        ("30度36分南", -30.6),
        ("西经30度36分", -30.6),
        ("-30°36'S", -30.6),
        ("30°59'59.5\"N", 30.0 + 59 / 60 + 59.5 / 3600),
        ("30°59.999'", 30.0 + 59.999 / 60),
        ("410451.04", 410451.04),
    ],
)
def test_angles_by_hand(text: str, degrees: float) -> None:
    """Minutes are sixtieths, seconds sixtieths of them; south and west are negative, twice negative is once."""
    assert parse_angle(text) == pytest.approx(degrees, rel=1e-14)


@pytest.mark.parametrize(
    "text",
    ["nan", "inf", "", "abc", "30°60'", "30°10'60\"", "30°-1'", "1 2 3 4", "30°" + " " * 57 + "N"],
)
def test_no_angle(text: str) -> None:
    """Sixty minutes, sixty seconds, four numbers, no number, an endless text."""
    assert parse_angle(text) is None


def test_the_longest_angle() -> None:
    """Sixty characters are looked at."""
    assert parse_angle("30°" + " " * 56 + "N") == 30.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("东偏北", 45.0),
        ("北偏东", 45.0),
        ("东風", 90.0),
        ("风向东南", 135.0),
        ("n-n-e", 22.5),
        ("wnw", 292.5),
        ("西北偏北", 337.5),
        ("东南偏东", 112.5),
        ("西南偏南", 202.5),
        ("SSW" + " " * 17, 202.5),
        ("SSW" + " " * 18, None),
        ("NNN", None),
    ],
)
def test_more_winds(text: str, expected: float | None) -> None:
    """Old characters, hyphens, either order; twenty characters at most."""
    assert parse_compass(text) == expected


@pytest.mark.parametrize(
    ("texts", "values", "kind"),
    [
        (["N", "E", "x"], [0.0, 90.0, None], "points of the compass"),
        (["N", "x"], [None, None], ""),
        (["104°3'", "x", "105度"], [104.05, None, 105.0], "degrees, minutes and seconds"),
        (["104°3'", "x"], [None, None], ""),
        (["E104 3", "104 3 E", "北30 36"], [104.05, 104.05, 30.6], "degrees, minutes and seconds"),
        (["104 3", "12-3"], [None, None], ""),
        ([], [], ""),
    ],
)
def test_a_column_is_of_the_kind_of_most_of_its_fields(
    texts: list[str], values: list[float | None], kind: str
) -> None:
    """More than half; an angle must look like one."""
    found, said = read_spelled(texts)
    assert (found, say(said) if said else "") == (values, kind)
