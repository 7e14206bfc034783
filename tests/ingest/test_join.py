"""Instruments and positions of an outing are joined by time: who goes with whom, values, flags, names, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from ingest.clocks import bracket
from ingest.flags import Flag
from ingest.join import group_outings, join_outing
from ingest.loggers.record import Channel, Record, TraceSettings
from ingest.schema import Decision, Reject
from tests.ingest.readings import make_record, said, seconds, species

RULES = TraceSettings()
NAN = float("nan")
BETWEEN, POOR, GAS = int(Flag.POSITION_INTERPOLATED), int(Flag.GNSS_POOR), int(Flag.CALIBRATION)


def _track(start: float, end: float, item: str = "track.gpx", step: float = 1.0) -> Record:
    at = np.arange(start, end + step / 2, step)
    return make_record(time=seconds(*at), lon=104 + at / 1000, lat=30 + at / 1000, item=item)  # type: ignore[arg-type]


def _gas(start: float, end: float, item: str = "gas.csv", *, placed: bool = False, name: str = "no2") -> Record:
    at = np.arange(start, end + 0.5)
    place = {"lon": 104 + at / 1000, "lat": 30 + at / 1000} if placed else {}
    return make_record([species(name, at, "ppb")], time=seconds(*at), item=item, **place)  # type: ignore[arg-type]


def _groups(*records: Record) -> list[tuple[str, list[str]]]:
    outings = group_outings(records, RULES).value
    return [(source.item if source else "", [member.item for member in members]) for source, members in outings]


# --- who goes with whom --------------------------------------------------------------------------------------------


def test_an_instrument_goes_with_the_positions_that_overlap_it_longest() -> None:
    """20 s of the second track against 10 s of the first; each on its own where there are several."""
    first, second, gas = _track(0, 20, "a.gpx"), _track(15, 60, "b.gpx"), _gas(10, 35)
    other = _gas(0, 12, "other.csv")
    assert _groups(gas, first, second, other) == [("a.gpx", ["other.csv"]), ("b.gpx", ["gas.csv"])]


def test_of_two_equal_overlaps_the_first_is_taken() -> None:
    """A log of positions before an instrument with positions of its own."""
    assert _groups(_gas(0, 9), _track(0, 9, "a.gpx"), _track(0, 9, "b.gpx")) == [("a.gpx", ["gas.csv"])]
    placed = _gas(0, 9, "placed.csv", placed=True)
    assert _groups(placed, _gas(0, 9), _track(0, 9)) == [("track.gpx", ["gas.csv"]), ("placed.csv", [])]


def test_an_instrument_with_positions_is_an_outing_and_may_carry_others() -> None:
    """Alone or with those that overlap it."""
    assert _groups(_gas(0, 9, "p.csv", placed=True)) == [("p.csv", [])]
    assert _groups(_gas(0, 9, "p.csv", placed=True), _gas(3, 5)) == [("p.csv", ["gas.csv"])]


@pytest.mark.parametrize("start", [20, 25])
def test_an_instrument_that_meets_no_positions_is_refused(start: int) -> None:
    """A common moment is no common time; the nearest log, how far it is, and both spans are named."""
    outcome = group_outings([_track(0, 5, "far.gpx"), _track(10, 20, "near.gpx"), _gas(start, 28)], RULES)
    assert outcome.value == ()
    refused = outcome.rejects[0]
    assert (refused.item, refused.where) == ("gas.csv", "")
    span = f"2024-10-08T01:00:{start}Z to 2024-10-08T01:00:28Z"
    assert refused.reason.startswith(f"no positions of its own ({span}) and no other file overlaps it in time; ")
    assert f"nearest is near.gpx ({start - 20} s away): check the clocks and the time zone" in refused.reason
    assert [r.item for r in outcome.rejects] == ["gas.csv", "far.gpx", "near.gpx"]


def test_without_any_positions_the_reject_asks_for_some() -> None:
    """With the time that they have to cover."""
    (refused,) = group_outings([_gas(0, 9)], RULES).rejects
    assert refused == Reject(
        "gas.csv",
        "",
        "no positions (2024-10-08T01:00:00Z to 2024-10-08T01:00:09Z); put the drive's GPX or NMEA file beside it",
    )


@pytest.mark.parametrize(
    ("moved", "length", "hint"),
    [
        (8 * 3600, 60, 'moved by -8 h it would overlap: [traces.clock_offset_s] "gas.csv" = -28800'),
        (-14 * 3600, 60, 'moved by +14 h it would overlap: [traces.clock_offset_s] "gas.csv" = 50400'),
        (14 * 3600, 60, 'moved by -14 h it would overlap: [traces.clock_offset_s] "gas.csv" = -50400'),
        (15 * 3600, 60, ""),
        (-15 * 3600, 60, ""),
        (8 * 3600 + 5, 60, "moved by -8 h"),  # 55 of 60 s are above nine tenths
        (8 * 3600 + 6, 60, ""),  # 54 are not
        (5400, 60, ""),  # an hour and a half is no zone
    ],
)
def test_a_whole_number_of_hours_that_would_help_is_named(moved: int, length: int, hint: str) -> None:
    """From 14 hours back to 14 hours on, where nine tenths of the shorter record would then overlap."""
    gas = _gas(moved, moved + length, "traces/gas.csv")
    refused = group_outings([_track(0, 60), gas], RULES).rejects[0]
    assert ("it would overlap" in refused.reason) == bool(hint)
    assert hint in refused.reason


def test_two_whole_numbers_of_hours_are_no_hint() -> None:
    """A log of four hours and an instrument of a minute: several moves would do."""
    refused = group_outings([_track(0, 4 * 3600, step=600.0), _gas(8 * 3600, 8 * 3600 + 60)], RULES).rejects[0]
    assert "it would overlap" not in refused.reason


def test_positions_that_nobody_needs() -> None:
    """Beside others that cover the time: a decision; alone: a reject that says what is missing."""
    outcome = group_outings([_track(0, 9, "a.gpx"), _track(3, 12, "b.gpx"), _gas(0, 9)], RULES)
    assert outcome.decisions == (
        Decision("b.gpx", "positions not used", "those of a.gpx cover the same time and were taken"),
    )
    assert outcome.rejects == ()
    (refused,) = group_outings([_track(0, 9, "a.gpx")], RULES).rejects
    assert (refused.item, refused.where) == ("a.gpx", "")
    assert refused.reason.startswith(
        "positions only (2024-10-08T01:00:00Z to 2024-10-08T01:00:09Z), and no instrument"
    )
    placed = group_outings([_track(0, 9, "a.gpx"), _gas(2, 5, "p.csv", placed=True)], RULES)
    assert [d.evidence for d in placed.decisions] == ["those of p.csv cover the same time and were taken"]
    later = group_outings([_track(0, 9, "a.gpx"), _gas(9, 12, "p.csv", placed=True)], RULES)
    assert [r.item for r in later.rejects] == ["a.gpx"] and later.decisions == ()


# --- one instrument on positions -----------------------------------------------------------------------------------


def test_one_instrument_keeps_its_times_and_gets_places_between() -> None:
    """Half way in time is half way on the road; flags of both fixes; angles over north; the track's own channels."""
    heading = Channel("heading", np.radians([350.0, 10.0, 10.0]), {"units": "rad"})
    speed = Channel("speed", np.array([4.0, 8.0, 9.0]), {"units": "m s-1"}, np.array([0, 256, 0], np.uint32))
    track = replace(
        make_record([heading, speed], time=seconds(0, 2, 4), lon=[104.0, 104.2, 104.4], lat=[30.0, 30.2, 30.4]),
        item="t.gpx",
        qc_flag=np.array([POOR, 0, 0], np.uint32),
    )
    own = Channel("speed", np.array([1.0, 2.0, 3.0]), {"units": "m s-1"})
    gas = make_record([species("no2", [7.0, 8.0, 9.0], "ppb"), own], time=seconds(1, 2, 3.5), flags=[GAS, 0, 0])
    outcome = join_outing(track, [replace(gas, item="g.csv")], RULES)
    joined = outcome.value
    assert joined.item == "g.csv" and joined.time.tolist() == seconds(1, 2, 3.5).tolist()
    np.testing.assert_allclose(joined.lon, [104.1, 104.2, 104.35])
    np.testing.assert_allclose(joined.lat, [30.1, 30.2, 30.35])
    assert joined.qc_flag.tolist() == [GAS | POOR | BETWEEN, 0, BETWEEN] and joined.qc_flag.dtype == np.uint32
    assert [channel.name for channel in joined.channels] == ["no2", "speed", "heading"]
    assert joined.channels[1] is own
    np.testing.assert_allclose(
        np.cos(joined.channels[2].values), [1.0, np.cos(np.radians(10)), np.cos(np.radians(10))]
    )
    assert said(outcome.decisions) == [
        (
            "positions from t.gpx",
            "interpolated in time over gaps up to 10 s; 3 of 3 rows have a position",
        )
    ]
    bare = join_outing(track, [make_record([species("no2", [7.0, 8.0, 9.0], "ppb")], time=seconds(1, 2, 3.5))], RULES)
    carried = bare.value.channels[2]
    assert carried.name == "speed"
    np.testing.assert_allclose(carried.values, [6.0, 8.0, 8.75])
    assert carried.qc is not None and carried.qc.tolist() == [256, 256, 256]


def test_a_gap_of_ten_seconds_is_bridged_and_no_longer_one() -> None:
    """Nor is anything before the first fix or after the last; the setting moves the limit."""
    track = make_record(time=seconds(0, 10, 20.001), lon=[104.0, 104.1, 104.2], lat=[30.0, 30.1, 30.2])
    gas = make_record([species("no2", [1.0] * 6, "ppb")], time=seconds(-1, 0, 5, 15, 20.001, 21))
    outcome = join_outing(track, [gas], RULES)
    assert outcome.value.lon is not None
    np.testing.assert_allclose(outcome.value.lon, [NAN, 104.0, 104.05, NAN, 104.2, NAN])
    assert outcome.value.qc_flag.tolist() == [0, 0, BETWEEN, 0, 0, 0]
    assert outcome.decisions[0].evidence.endswith("up to 10 s; 3 of 6 rows have a position")
    wide = join_outing(track, [gas], TraceSettings(position_gap_s=10.001)).value
    assert wide.lon is not None and np.isfinite(wide.lon).tolist() == [False, True, True, True, True, False]


def test_fixes_without_a_place_are_passed_over() -> None:
    """The gap is that between the places there are, and their flags alone count."""
    track = make_record(
        [Channel("hdop", np.array([1.0, 50.0, 3.0]), {"units": "1"}, np.array([0, 2, 0], np.uint32))],
        time=seconds(0, 1, 2),
        lon=[104.0, NAN, 104.2],
        lat=[30.0, 30.1, 30.2],
        flags=[0, POOR, 0],
    )
    joined = join_outing(track, [make_record([species("no2", [1.0], "ppb")], time=seconds(1))], RULES).value
    assert joined.lon is not None and joined.lon.tolist() == pytest.approx([104.1])
    assert joined.qc_flag.tolist() == [BETWEEN]
    assert joined.channels[1].values.tolist() == pytest.approx([2.0])
    assert joined.channels[1].qc is not None and joined.channels[1].qc.tolist() == [0]


def test_an_outing_of_one_file_is_itself() -> None:
    """Nothing to join."""
    record = _gas(0, 9, placed=True)
    assert join_outing(record, [], RULES).value is record


# --- several instruments -------------------------------------------------------------------------------------------


def _named(name: str, at: Sequence[float], values: Sequence[float], item: str, instrument: str = "") -> Record:
    record = make_record([species(name, values, "ppb")], time=seconds(*at), item=item)
    attrs = {key: value for key, value in record.channels[0].attrs.items() if key != "instrument"}
    attrs |= {"instrument": instrument} if instrument else {}
    return replace(record, instrument=instrument, channels=(replace(record.channels[0], attrs=attrs),))


def test_several_instruments_are_brought_to_the_times_of_the_positions() -> None:
    """Exact moments as they are, others between two samples at most 2.5 s apart; all of it counted."""
    track = replace(_track(0, 5), instrument="GNSS")
    fast = _named("no2", [0, 1, 2, 4.5, 7.5], [0, 10, 20, 45, 75], "a.csv", "A")
    slow = _named("co", [0.5, 1.5], [5, 15], "b.csv", "B")
    outcome = join_outing(track, [fast, slow], RULES)
    joined = outcome.value
    assert joined.item == "track.gpx" and joined.instrument == "GNSS, A, B"
    assert joined.time.tolist() == track.time.tolist() and joined.lon is track.lon
    assert [channel.name for channel in joined.channels] == ["no2", "co"]
    np.testing.assert_allclose(joined.channels[0].values, [0, 10, 20, 30, 40, NAN])
    np.testing.assert_allclose(joined.channels[1].values, [NAN, 10, NAN, NAN, NAN, NAN])
    onto = "joined by time onto track.gpx"
    assert [(d.item, d.decision, d.evidence) for d in outcome.decisions] == [
        (
            "a.csv",
            onto,
            "interpolated over gaps up to 2.5 s: 3 of 6 moments exact, 2 interpolated, 1 without a value; "
            "1 of its 5 rows lie outside the time of the positions",
        ),
        (
            "b.csv",
            onto,
            "interpolated over gaps up to 2.5 s: 0 of 6 moments exact, 1 interpolated, 5 without a value; "
            "0 of its 2 rows lie outside the time of the positions",
        ),
    ]
    narrow = join_outing(track, [fast, slow], TraceSettings(join_gap_s=2.49)).value
    np.testing.assert_allclose(narrow.channels[0].values, [0, 10, 20, NAN, NAN, NAN])


def test_names_stay_apart() -> None:
    """By the instrument, else by the file; a number where both are the same; instruments are listed once."""
    track = _track(0, 1)
    records = [
        _named("no2", [0, 1], [1, 1], "a.csv", "X-1 left"),
        _named("no2", [0, 1], [2, 2], "b.csv", "X-1 left"),
        _named("no2", [0, 1], [3, 3], "c.csv", "X-1 left"),
        _named("no2", [0, 1], [4, 4], "c.csv", "X-1 left"),
        _named("no2", [0, 1], [5, 5], "traces/Gas 2.csv"),
    ]
    joined = join_outing(replace(track, instrument=""), records, RULES).value
    assert {channel.name: channel.values[0] for channel in joined.channels} == {
        "no2": 1,
        "no2_x_1_left": 2,
        "no2_x_1_left_2": 3,
        "no2_x_1_left_3": 4,
        "no2_gas_2_csv": 5,
    }
    assert joined.instrument == "X-1 left"


def test_what_an_analyser_says_of_its_rows_is_said_of_its_values() -> None:
    """Calibration, faults and ranges of one do not touch the row; what is about place stays."""
    fault, wide = int(Flag.INSTRUMENT_FAULT), int(Flag.VALUE_OUT_OF_RANGE)
    base = make_record(
        [species("co", [1.0] * 3, "ppb", [1, 0, 0]), Channel("speed", np.ones(3), {"units": "m s-1"})],
        lon=[104.0] * 3,
        lat=[30.0] * 3,
        flags=[GAS | POOR, fault, POOR],
    )
    other = make_record([species("no2", [1.0] * 3, "ppb")], flags=[0, wide | POOR, GAS], item="b.csv")
    joined = join_outing(base, [other], RULES).value
    assert joined.qc_flag.tolist() == [POOR, 0, POOR] and joined.qc_flag.dtype == np.uint32
    qc = {channel.name: None if channel.qc is None else channel.qc.tolist() for channel in joined.channels}
    assert qc == {"co": [GAS | 1, fault, 0], "speed": None, "no2": [0, wide, GAS]}


def test_an_instrument_with_positions_carries_another() -> None:
    """Also one alone is then brought to its times."""
    joined = join_outing(_gas(0, 4, "p.csv", placed=True), [_gas(0, 4, "q.csv", name="co")], RULES).value
    assert joined.item == "p.csv" and [channel.name for channel in joined.channels] == ["no2", "co"]


# --- brackets ------------------------------------------------------------------------------------------------------


def test_a_bracket_by_hand() -> None:
    """Before, after, weight of the later sample, near, exact: on, between, outside, over a gap of exactly 3 s."""
    where = bracket(seconds(0, 1, 4, 8), seconds(-1, 0, 0.25, 2.5, 4, 6, 8, 9), 3.0)
    assert where.before.tolist() == [0, 0, 0, 1, 2, 2, 3, 3]
    assert where.after.tolist()[1:7] == [0, 1, 2, 2, 3, 3]
    assert where.weight.tolist()[1:7] == [0, 0.25, 0.5, 0, 0.5, 0]
    assert where.near.tolist() == [False, True, True, True, True, False, True, False]
    assert where.exact.tolist() == [False, True, False, False, True, False, True, False]


def test_a_value_that_is_missing_beside_an_exact_sample_does_not_spoil_it() -> None:
    """Exact moments take their own sample; between two samples one missing makes the answer missing."""
    track = make_record(lon=[104.0] * 3, lat=[30.0] * 3, item="t.gpx")
    a = _named("no2", [0, 1, 2], [1, NAN, 3], "a.csv")
    b = _named("co", [-0.5, 0.5, 1.5, 2.5], [1, NAN, 3, 5], "b.csv")
    values = [channel.values for channel in join_outing(track, [a, b], RULES).value.channels]
    np.testing.assert_allclose(values[0], [1, NAN, 3])
    np.testing.assert_allclose(values[1], [NAN, NAN, 4])
