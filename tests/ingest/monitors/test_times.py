"""Times of monitor tables: day and hour in two columns, zones in headings, hours that are lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome
from onevisit.words.telling import tell


def _read(folder: Path, text: str) -> Outcome[tuple[xr.Dataset, ...]]:
    (folder / "a.csv").write_text(text, "utf-8")
    return read_monitors([folder / "a.csv"], MonitorSettings())


def _told(outcome: Outcome[object]) -> str:
    said = [f"{tell(d).decision} ({tell(d).evidence})" for d in outcome.decisions]
    return "\n".join([*said, *(tell(r).line for r in outcome.rejects)])


def _hours(outcome: Outcome[tuple[xr.Dataset, ...]]) -> list[str]:
    [series] = outcome.value
    return [str(t)[:16] for t in series["time"].values + np.timedelta64(8, "h")]


@pytest.mark.parametrize(
    ("cells", "first", "last"),
    [
        ([f"{h:02d}:00" for h in range(24)], "2024-10-08T00:00", "2024-10-08T23:00"),
        ([f"{h}" for h in range(24)], "2024-10-08T00:00", "2024-10-08T23:00"),
        ([f"{h}" for h in range(1, 25)], "2024-10-08T01:00", "2024-10-09T00:00"),
        ([f"{h}时" for h in range(24)], "2024-10-08T00:00", "2024-10-08T23:00"),
        ([f"{h:02d}:00-{h + 1:02d}:00" for h in range(24)], "2024-10-08T00:00", "2024-10-08T23:00"),
        ([f"{h}时～{h + 1}时" for h in range(24)], "2024-10-08T00:00", "2024-10-08T23:00"),
        ([f"{h / 24:.6f}" for h in range(24)], "2024-10-08T00:00", "2024-10-08T23:00"),
        (
            [f"{h % 12 or 12}:00 {'AM' if h < 12 else 'PM'}" for h in range(24)],
            "2024-10-08T00:00",
            "2024-10-08T23:00",
        ),
        (
            [f"{'上午' if h < 12 else '下午'} {h % 12 or 12}:00" for h in range(24)],
            "2024-10-08T00:00",
            "2024-10-08T23:00",
        ),
    ],
)
@pytest.mark.parametrize(
    "day", ["2024-10-08", "2024/10/8", "20241008", "2024年10月8日", "45573", "2024-10-08 00:00:00"]
)
def test_day_and_hour_in_two_columns(tmp_path: Path, day: str, cells: list[str], first: str, last: str) -> None:
    """Clocks, hours of 0 to 23 and 1 to 24, spans, fractions of a day: 24 hours of one day, none lost."""
    outcome = _read(tmp_path, "日期,时间,二氧化硫\n" + "".join(f"{day},{cell},{i}\n" for i, cell in enumerate(cells)))
    hours = _hours(outcome)
    assert (len(hours), hours[0], hours[-1]) == (24, first, last), _told(outcome)
    assert outcome.value[0].attrs["interval"] == "hour" and "column 1 (day) and column 2" in _told(outcome)


@pytest.mark.parametrize(
    ("heading", "first"),
    [("时间(UTC)", "16:00"), ("时间(UTC+8)", "08:00"), ("时间（北京时间）", "08:00"), ("时间", "08:00")],
)
def test_a_zone_in_the_heading_is_obeyed(tmp_path: Path, heading: str, first: str) -> None:
    """And then nobody says that the records name none."""
    outcome = _read(tmp_path, f"{heading},二氧化硫\n2024-10-08 08:00,1\n2024-10-08 09:00,2\n")
    assert _hours(outcome)[0][11:] == first
    assert ("name no zone" in _told(outcome)) == (heading == "时间")


def test_a_time_that_loses_its_hours_is_said_loudly(tmp_path: Path) -> None:
    """A day for each hour is refused, and read with the heading that the message gives; what repeats is said."""
    rows = [f"2024-10-0{1 + i // 24},{i % 24},{i}\n" for i in range(72)]
    outcome = _read(tmp_path, "日期,第几个,二氧化硫\n" + "".join(rows))
    assert not outcome.value and "column 1 holds days only" in _told(outcome) and "小时" in _told(outcome)
    assert len(_hours(_read(tmp_path, "日期,小时,二氧化硫\n" + "".join(rows)))) == 72
    told = _told(_read(tmp_path, "时间,二氧化硫\n" + "".join(f"2024-10-01 0{i // 24}:00,{i}\n" for i in range(72))))
    assert "69 of 72 values replaced" in told and "one name" in told


def test_times_of_four_decimals_are_full_hours(tmp_path: Path) -> None:
    """45573.0417 is 01:00:03 by its digits; all are near a full minute, so they are the minutes."""
    rows = "".join(f"{45573 + h / 24:.4f},{h}\n" for h in range(24))
    outcome = _read(tmp_path, "时间,二氧化硫\n" + rows)
    assert _hours(outcome) == [f"2024-10-08T{h:02d}:00" for h in range(24)], _told(outcome)


def test_day_and_month_are_settled_by_all_rows(tmp_path: Path) -> None:
    """Of 25 000 rows the last has a thirteenth."""
    rows = [f"01/02/2024 {i % 24:02d}:00,{i}" for i in range(25_000)] + ["13/02/2024 00:00,1"]
    outcome = _read(tmp_path, "时间,二氧化硫\n" + "\n".join(rows) + "\n")
    assert _hours(outcome)[0] == "2024-02-01T00:00"


def test_marks_without_an_end_and_before_any_record(tmp_path: Path) -> None:
    """9999 is no end; a mark of 1970 is refused."""
    text = "MN,开始时间,结束时间,标记\nA,2024-10-08 08:00,9999-12-31,停运\nA,1970-01-01 08:00,2024-10-08 09:00,停运\n"
    (tmp_path / "marks.csv").write_text(text, "utf-8")
    (tmp_path / "a.csv").write_text("MN,时间,二氧化硫\nA,2024-10-08 08:00,1\nA,2024-10-08 09:00,2\n", "utf-8")
    outcome = read_monitors([tmp_path / "a.csv", tmp_path / "marks.csv"], MonitorSettings())
    assert "1970" in _told(outcome) and len(_hours(outcome)) == 2
