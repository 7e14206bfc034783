"""Stamps that come late or twice, and rows of a record taken with all that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import FileError
from ingest.flags import Flag
from ingest.traces.checks.plausibility import repair_stamps, take
from ingest.traces.record import Channel, Record
from tests.ingest.traces.readings import FROM, make_record, said, seconds, species
from tests.told import raises_told

NAN = float("nan")
REPAIRED = int(Flag.TIME_REPAIRED)


def _repair(
    at: Sequence[float], values: Sequence[float]
) -> tuple[list[float], list[float], list[int], list[tuple[str, str]]]:
    poor = [int(Flag.GNSS_POOR)] * len(at)
    record = make_record(
        [species("no2", values, "ppb", list(range(len(at))))],
        time=seconds(*at),
        lon=[104.0 + v for v in values],
        lat=[30.0] * len(at),
        flags=poor,
    )
    outcome = repair_stamps(record)
    after = outcome.value
    assert after.lon is not None and (after.lon == 104.0 + after.channels[0].values).all()
    assert after.channels[0].qc is not None and len(after.channels[0].qc) == len(after.time)
    assert (after.qc_flag & np.uint32(Flag.GNSS_POOR) != 0).all() and after.qc_flag.dtype == np.uint32
    times = ((after.time - FROM) / np.timedelta64(1, "ms")).tolist()
    return times, after.channels[0].values.tolist(), (after.qc_flag & REPAIRED).tolist(), said(outcome.decisions)


def test_stamps_in_order_stay() -> None:
    """The very record comes back; one row and none are in order."""
    for count in (0, 1, 3):
        record = make_record([species("no2", [1.0] * count, "ppb")], time=seconds(*range(count)))
        assert repair_stamps(record).value is record


def test_late_rows_are_sorted_in_and_flagged() -> None:
    """Those that are earlier than any before them; the largest step back is said."""
    times, values, flags, notes = _repair([0, 3, 1, 2, 4], [0, 3, 1, 2, 4])
    assert times == [0, 1000, 2000, 3000, 4000]
    assert values == [0, 1, 2, 3, 4]
    assert flags == [0, REPAIRED, REPAIRED, 0, 0]
    assert notes == [
        ("rows sorted by time", "2 stamps are earlier than one before them (largest step back -2.000 s)")
    ]


def test_rows_of_one_stamp_are_merged_where_all_values_are_equal() -> None:
    """Missing values are equal to missing ones; a place that differs makes another row."""
    times, values, flags, notes = _repair([0, 1, 1, 2], [0, 5, 5, 2])
    assert (times, values, flags) == ([0, 1000, 2000], [0, 5, 2], [0, 0, 0])
    assert notes == [("1 repeated rows merged", "same stamp and same values as the row before")]
    gone = make_record([species("no2", [1.0, NAN, NAN, 2.0], "ppb")], time=seconds(0, 1, 1, 2))
    assert len(repair_stamps(gone).value.time) == 3
    moved = make_record(
        [species("no2", [1.0, 5.0, 5.0, 2.0], "ppb")], time=seconds(0, 1, 1, 2), lon=[1, 2, 3, 4], lat=[0] * 4
    )
    assert len(repair_stamps(moved).value.time) == 4
    half = make_record([species("no2", [1.0, 5.0, NAN, 2.0], "ppb")], time=seconds(0, 1, 1, 2))
    assert len(repair_stamps(half).value.time) == 4
    back = make_record([species("no2", [1.0, NAN, 5.0, 2.0], "ppb")], time=seconds(0, 1, 1, 2))
    assert len(repair_stamps(back).value.time) == 4


def test_equal_stamps_are_spread_up_to_the_next_one() -> None:
    """Two rows share a second, four a second; the last ones get a usual step; a long pause is not filled."""
    times, values, flags, notes = _repair([0, 0, 1, 1, 1, 1, 2, 60, 60], list(range(9)))
    assert times == [0, 500, 1000, 1250, 1500, 1750, 2000, 60000, 60500]
    assert values == list(range(9))
    assert flags == [0, REPAIRED, 0, REPAIRED, REPAIRED, REPAIRED, 0, 0, REPAIRED]
    assert notes == [
        (
            "5 equal stamps spread evenly up to the next stamp",
            "several different rows carry one stamp (a clock coarser than the logger's rate)",
        )
    ]
    # the usual step of 1 s and not the pause of 58 s
    assert _repair([0, 1, 2, 2, 60], list(range(5)))[0] == [0, 1000, 2000, 2500, 60000]


def test_equal_stamps_a_nanosecond_apart_still_increase() -> None:
    """No room between them: they go on by a nanosecond each."""
    time = np.array([0, 0, 0, 1, 10], "datetime64[ns]")
    record = make_record([species("no2", [1.0, 2.0, 3.0, 4.0, 5.0], "ppb")], time=time)
    after = repair_stamps(record).value.time.astype("int64")
    assert (np.diff(after) > 0).all() and after[0] == 0 and after[-1] == 10


def test_stamps_that_are_all_equal_say_nothing() -> None:
    """Two rows at one moment are refused with the moment."""
    record = make_record([species("no2", [1.0, 2.0], "ppb")], time=seconds(5, 5))
    with raises_told(FileError, match=r"all 2 time stamps are equal \(2024-10-08T01:00:05\)") as caught:
        repair_stamps(record)
    assert caught.value.where == "time column"


@given(st.lists(st.integers(0, 12), min_size=2, max_size=25))
def test_repaired_stamps_increase_and_lose_no_row(stamps: list[int]) -> None:
    """Whatever the order and the repeats of different rows; each row stays within a usual step of its stamp."""
    if len(set(stamps)) == 1:
        return
    values = [float(i) for i in range(len(stamps))]
    times, kept, _, _ = _repair(stamps, values)
    assert sorted(kept) == values
    assert (np.diff(times) > 0).all()
    usual = float(np.median(np.diff(sorted(set(stamps))))) * 1000
    assert all(0 <= time - 1000 * stamps[int(value)] < usual for time, value in zip(times, kept, strict=True))


def test_taking_rows_takes_everything_of_them() -> None:
    """Time, place, flags, the GNSS clock, values and their flags; what is not there stays away."""
    record = make_record(
        [species("no2", [1.0, 2.0, 3.0], "ppb", [4, 5, 6]), species("co", [7.0, 8.0, 9.0], "ppb")],
        lon=[1, 2, 3],
        lat=[4, 5, 6],
        flags=[1, 2, 4],
    )
    clock = np.array([10.0, 11.0, 12.0])
    record = Record(**{**record.__dict__, "gnss_clock_s": clock})
    for rows in (np.array([2, 0]), np.array([True, False, True])):
        part = take(record, rows)
        assert part.time.tolist() == record.time[rows].tolist()
        assert part.lon is not None and part.lon.tolist() == record.lon[rows].tolist()  # type: ignore[index]
        assert part.lat is not None and part.lat.tolist() == record.lat[rows].tolist()  # type: ignore[index]
        assert part.qc_flag.tolist() == record.qc_flag[rows].tolist()
        assert part.gnss_clock_s is not None and part.gnss_clock_s.tolist() == clock[rows].tolist()
        assert part.channels[0].values.tolist() == record.channels[0].values[rows].tolist()
        assert part.channels[0].qc is not None
        assert part.channels[0].qc.tolist() == record.channels[0].qc[rows].tolist()  # type: ignore[index]
        assert part.channels[1].qc is None
    bare = take(make_record([species("no2", [1.0, 2.0], "ppb")]), np.array([1]))
    assert (bare.lon, bare.lat, bare.gnss_clock_s) == (None, None, None)


def test_what_a_record_has() -> None:
    """A position is both of its numbers in one row; a species is known by its attribute."""
    half = make_record(lon=[104.0, NAN], lat=[NAN, 30.0])
    assert not half.has_position and not half.has_species
    assert make_record(lon=[104.0, NAN], lat=[30.0, NAN]).has_position
    whole = make_record(lon=[104.0], lat=[30.0])
    assert not replace(whole, lat=None).has_position and not replace(whole, lon=None).has_position
    speed = Channel("no2", np.zeros(2), {"units": "m s-1"})
    assert not make_record([speed]).has_species
    assert make_record([speed, species("x", [1.0, 2.0], "ppb")]).has_species
    bare = Record("a", "", "", seconds(0), "", None, None, (), np.zeros(1, np.uint32))
    assert (bare.stated_offset_s, bare.gnss_clock_s, bare.zone_hint) == (None, None, "")
