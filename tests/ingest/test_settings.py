"""Thresholds with their unit and source; every number of the settings for traces is in the table of the profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from ingest.errors import FileError, NothingUsable, SettingError
from ingest.outcome import Reject
from ingest.settings import SettingLine, describe_settings, same_as, setting
from ingest.traces.record import Layout, TraceSettings
from onevisit.words.telling import tell


@dataclass(frozen=True)
class _Two:
    first: float = setting(1.5, unit="s", source="A 1")
    second: str = setting("x", unit="", source="choice: b", bureau=True)
    third: Mapping[str, int] = setting({}, unit="", source="choice: c")


@dataclass(frozen=True)
class _Same:
    second: str = same_as(_Two, "second")


def test_settings_are_listed_in_their_order_with_what_holds() -> None:
    """Name, value of this instance, unit and source, whether it is the default and whether a bureau may set it."""
    assert describe_settings(_Two(first=2.5)) == [
        SettingLine("first", 2.5, "s", "A 1", is_default=False, for_bureau=False),
        SettingLine("second", "x", "", "choice: b", is_default=True, for_bureau=True),
        SettingLine("third", {}, "", "choice: c", is_default=True, for_bureau=False),
    ]


def test_instances_do_not_share_a_mapping() -> None:
    """What one holds, another does not."""
    assert _Two().third is not _Two().third


def test_what_two_rooms_need_is_stated_once() -> None:
    """Value, unit and source are those of the owner; which of the two a bureau sets is for each to say."""
    assert describe_settings(_Same()) == [SettingLine("second", "x", "", "choice: b")]
    with pytest.raises(KeyError, match="fourth"):
        same_as(_Two, "fourth")


def test_thresholds_of_traces() -> None:
    """Each with its unit, and a source that is not empty."""
    expected = {
        "time_zone": ("", ""),
        "unsettled_zone": ("reject", ""),
        "assumed_zone": ("", ""),
        "date_order": ("", ""),
        "wind_frame": ("", ""),
        "columns": ({}, ""),
        "clock_offset_s": ({}, "s"),
        "position_gap_s": (5.0, "s"),
        "join_gap_s": (2.5, "s"),
        "split_gap_s": (1800.0, "s"),
        "minimum_rows": (2, "1"),
        "stuck_position_s": (5.0, "s"),
        "moving_speed": (2.0, "m s-1"),
        "constant_s": (120.0, "s"),
        "purge_s": (10.0, "s"),  # twice the 5 s of DB3502/T 153-2024
        "status_words": ({}, ""),
        "cavity_tolerance_torr": (1.0, "torr"),
        "maximum_file_mb": (1024.0, "MB"),
        "maximum_expansion": (200.0, "1"),
        "maximum_line_mb": (1.0, "MB"),
    }
    lines = describe_settings(TraceSettings())
    assert {line.name: (line.value, line.unit) for line in lines} == expected
    assert all(
        line.source.startswith(("choice: ", "declared in mission.toml", "a trajectory", "JVF", "CalMAPLab"))
        for line in lines
    )


def test_a_layout_by_itself_fixes_nothing() -> None:
    """Every field is empty."""
    layout = Layout()
    assert (layout.instrument, layout.zone, layout.date_order, layout.comment, layout.wind_frame) == ("",) * 5
    assert (layout.date, layout.first_line, layout.missing) == (None, 0, ())
    assert dict(layout.columns) == dict(layout.status_words) == {}


@pytest.mark.parametrize(
    "right",
    [
        {"unsettled_zone": "position"},
        {"wind_frame": "ground"},
        {"wind_frame": "vehicle"},
        {"date_order": "ymd"},
        {"date_order": "dmy"},
        {"date_order": "mdy"},
        {"columns": {"S1": ""}},
        {"clock_offset_s": {"a": 999_999_999, "b": -999_999_999.5}},
        {"status_words": {"a": "normal", "b": "calibration", "c": "fault"}},
        {"purge_s": 0.0},
    ],
)
def test_what_may_be_declared(right: dict[str, object]) -> None:
    """Every choice there is."""
    for name, value in right.items():
        assert getattr(TraceSettings(**right), name) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"unsettled_zone": ""}, r"\[traces\] unsettled_zone = ''; expected one of 'reject', 'position'"),
        ({"wind_frame": "car"}, r"\[traces\] wind_frame = 'car'; expected one of '', 'ground', 'vehicle'"),
        ({"date_order": "ydm"}, r"\[traces\] date_order = 'ydm'; expected one of '', 'ymd', 'dmy', 'mdy'"),
        ({"columns": {"S1": 5}}, r'\[columns\] "S1" = 5; expected a text such as "no2 ug/m3"'),
        ({"status_words": {"3": "broken"}}, r'"3" = \'broken\'; expected "normal", "calibration" or "fault"'),
        ({"purge_s": -0.1}, r"purge_s = -0.1; expected seconds, 0 or more"),
        ({"purge_s": float("nan")}, r"purge_s = nan; expected seconds"),
        ({"clock_offset_s": {"a.csv": "8h"}}, r'"a.csv" = \'8h\'; expected seconds'),
        ({"clock_offset_s": {"a.csv": True}}, r'"a.csv" = True; expected seconds'),
        ({"clock_offset_s": {"a.csv": 1e10}}, r'"a.csv" = 10000000000.0; expected seconds'),
        ({"clock_offset_s": {"a.csv": -1e10}}, "expected seconds"),
        ({"clock_offset_s": {"a.csv": float("nan")}}, "expected seconds"),
    ],
)
def test_what_cannot_be_meant(wrong: dict[str, object], message: str) -> None:
    """The message names the setting, what came and what was expected."""
    with pytest.raises(SettingError, match=message):
        TraceSettings(**wrong)  # type: ignore[arg-type]


def test_errors_carry_what_they_say() -> None:
    """File, place and reason, one by one and as one sentence; rejects travel with the end of a mission."""
    error = FileError("a.csv", "bad", where="line 2")
    assert (error.item, tell(error.reject).reason, error.where, str(error)) == (
        "a.csv",
        "bad",
        "line 2",
        "a.csv, line 2: bad",
    )
    assert str(FileError("a.csv", "bad")) == "a.csv: bad" and FileError("a.csv", "bad").where == ""
    reject = Reject("a", "b", "c")
    nothing = NothingUsable("none", rejects=[reject])
    assert (str(nothing), nothing.rejects, NothingUsable("x").rejects) == ("none", (reject,), ())
