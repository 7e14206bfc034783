"""Instruments and positions → outings and records: overlaps, hints, interpolated values and flags, worked by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.flags import Flag
from ingest.outcome import Decision, Outcome
from ingest.traces.outings import group_outings, join_outing
from ingest.traces.read import read_traces
from ingest.traces.record import Channel, FloatArray, Record, TraceSettings
from onevisit.words.telling import ToldDecision, ToldReject, tell

START = np.datetime64("2024-10-01T00:00:00", "ns")
GAS = {"units": "ppb", "species": "no2"}
FAULT, GUST = np.uint32(Flag.INSTRUMENT_FAULT), np.uint32(Flag.WIND_IMPLAUSIBLE)
SETTINGS = TraceSettings(position_gap_s=10.0, join_gap_s=2.5)


def times(*seconds: float) -> np.ndarray:
    """Seconds after the start."""
    return START + np.round(np.array(seconds) * 1e9).astype("timedelta64[ns]")


def channel(name: str, *values: float, qc: tuple[int, ...] | None = None, **attrs: str) -> Channel:
    """A series of values; a gas unless it says otherwise."""
    return Channel(name, np.array(values), attrs or GAS, None if qc is None else np.array(qc, np.uint32))


def record(
    item: str, seconds: tuple[float, ...], *channels: Channel, lon: tuple[float, ...] | None = None,
    flags: tuple[int, ...] | None = None, instrument: str = "",
) -> Record:  # fmt: skip
    """What one file says; latitudes are the longitudes less 74."""
    place = None if lon is None else np.array(lon)
    qc = np.array(flags or (0,) * len(seconds), np.uint32)
    return Record(
        item, "r", instrument, times(*seconds), "UTC", place, None if place is None else place - 74.0, channels, qc
    )


def track(item: str, start: float, end: float) -> Record:
    """Positions from start to end (s)."""
    return record(item, (start, end), lon=(104.0, 104.1))


def meter(item: str, start: float, end: float, **changes: object) -> Record:
    """An instrument that measured from start to end (s)."""
    return record(item, (start, end), channel("no2", 1.0, 2.0), **changes)  # type: ignore[arg-type]


def grouped(*records: Record) -> tuple[dict[str, list[str]], Outcome[tuple[object, ...]]]:
    """Names of the positions of every outing, with those of its instruments."""
    outcome = group_outings(records)
    return {source.item: [m.item for m in members] for source, members in outcome.value if source}, outcome  # type: ignore[return-value]


# --- outings -------------------------------------------------------------------------------------------------------


def test_an_instrument_joins_the_positions_that_overlap_it_longest() -> None:
    """The longest common time wins, of equal ones the first; several instruments keep their order."""
    tracks = track("a", 0, 100), track("b", 50, 300), track("c", 50, 300)
    found, outcome = grouped(meter("m1", 0, 120), *tracks, meter("m2", 60, 300), meter("m3", 90, 95))
    assert found == {"a": ["m1", "m3"], "b": ["m2"]}
    assert (outcome.rejects, [d.item for d in outcome.decisions]) == ((), ["c"])


def test_instruments_with_positions_are_outings_and_give_theirs_to_others() -> None:
    """Tracks come before them; a track that overlaps longer is preferred."""
    own = meter("own", 0, 100, lon=(104.0, 104.1))
    assert grouped(own, meter("m", 0, 100))[0] == {"own": ["m"]}
    assert grouped(own)[0] == {"own": []}
    found, outcome = grouped(own, track("t", 0, 100), meter("m", 0, 100))
    assert found == {"t": ["m"], "own": []}
    assert [source.item for source, _ in outcome.value] == ["t", "own"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("start", "joined"), [(99.0, True), (100.0, False), (101.0, False)])
def test_touching_is_no_overlap(start: float, joined: bool) -> None:
    """An instrument that begins when the positions end has none; one that begins a second earlier has."""
    found, outcome = grouped(track("t", 0, 100), meter("m", start, 200))
    assert found == ({"t": ["m"]} if joined else {})
    assert [r.item for r in outcome.rejects] == ([] if joined else ["m", "t"])


def test_positions_that_nobody_needs() -> None:
    """Beside others of the same time that is a decision, alone a reject with both ends of their time."""
    used, twin, alone = track("used", 0, 100), track("twin", 99, 200), track("alone", 100, 200)
    outcome = group_outings([used, twin, alone, meter("m", 0, 100)])
    text = "those of used cover the same time and were taken"
    assert [tell(d) for d in outcome.decisions] == [ToldDecision("twin", "positions not used", text)]
    reason = (
        "positions only (2024-10-01T00:01:40Z to 2024-10-01T00:03:20Z), and no instrument without positions of its "
        "own measured in that time; put the instrument's file beside it, or check the two clocks"
    )
    assert [tell(r) for r in outcome.rejects] == [ToldReject("alone", "", reason)]
    own = meter("own", 0, 100, lon=(104.0, 104.1))
    assert [tell(d).evidence[:12] for d in group_outings([track("t", 0, 100), own]).decisions] == ["those of own"]


def test_an_instrument_without_any_positions() -> None:
    """The reject has its time and says what to add."""
    [reject] = group_outings([meter("x/m.csv", 0, 100)]).rejects
    reason = "no positions (2024-10-01T00:00:00Z to 2024-10-01T00:01:40Z); put the drive's GPX or NMEA file beside it"
    assert tell(reject) == ToldReject("x/m.csv", "", reason)


def test_an_instrument_far_from_all_positions() -> None:
    """The nearest file and its distance in time are named."""
    outcome = group_outings([track("far", -900, -800), track("near", 0, 100), meter("m", 160, 250)])
    assert tell(next(r for r in outcome.rejects if r.item == "m")).reason == (
        "no positions of its own (2024-10-01T00:02:40Z to 2024-10-01T00:04:10Z) and no other file overlaps it in "
        "time; nearest is near (60 s away): check the clocks and the time zone"
    )


@pytest.mark.parametrize(
    ("hours", "length", "hint"),
    [
        (8, 100, -8), (-8, 100, 8), (14, 100, -14), (-14, 100, 14), (15, 100, None), (-15, 100, None), (1, 100, -1),
        (8.4, 3600, None), (8.05, 3600, -8), (8.1, 3600, None), (8.2, 3600, None), (8, 0, None),
    ],
)  # fmt: skip
def test_hint_of_whole_hours(hours: float, length: float, hint: int | None) -> None:
    """A clock that is 1 to 14 whole hours off is told with its line, if nine tenths then overlap; others are not."""
    rows = [track("t", 0, 3600), meter("a/m.csv", hours * 3600, hours * 3600 + length)]
    [reject] = [r for r in group_outings(rows).rejects if r.item == "a/m.csv"]
    said = tell(reject).reason.partition("time zone")[2]
    line = (
        f'; moved by {hint:+d} h it would overlap: [traces.clock_offset_s] "m.csv" = {(hint or 0) * 3600}'
        if hint
        else ""
    )
    assert said == line


def test_no_hint_where_several_hours_would_do() -> None:
    """Positions of three hours fit a short record at more than one hour."""
    outcome = group_outings([track("t", 0, 3 * 3600), meter("m", 8 * 3600, 8 * 3600 + 100)])
    assert tell(next(r for r in outcome.rejects if r.item == "m")).reason.endswith("the time zone")


# --- one instrument ------------------------------------------------------------------------------------------------


def place(
    instrument: Record, positions: Record, settings: TraceSettings = SETTINGS
) -> tuple[Record, tuple[Decision, ...]]:
    """The joined record and what was decided."""
    outcome = join_outing(positions, [instrument], settings)
    return outcome.value, outcome.decisions


def check(values: FloatArray | None, *expected: float) -> None:
    """Compare to nine digits, NaN with NaN."""
    assert values is not None
    np.testing.assert_allclose(values, expected, rtol=1e-9)


def test_positions_are_interpolated_at_the_times_of_the_instrument() -> None:
    """A quarter between two fixes is a quarter of the way; exact ones are taken; beyond the gap there is none."""
    positions = record("t.gpx", (0, 4, 14, 25), lon=(104.0, 104.4, 104.5, 104.9), flags=(0, int(GUST), 0, 0))
    instrument = record("m.csv", (-1, 0, 1, 4, 9, 20, 25, 26), channel("no2", *range(8)), flags=(int(FAULT),) * 8)
    found, decisions = place(instrument, positions)
    check(found.lon, np.nan, 104.0, 104.1, 104.4, 104.45, np.nan, 104.9, np.nan)
    check(found.lat, np.nan, 30.0, 30.1, 30.4, 30.45, np.nan, 30.9, np.nan)
    moved = np.uint32(Flag.POSITION_INTERPOLATED)
    assert found.qc_flag.tolist() == [
        FAULT, FAULT, FAULT | GUST | moved, FAULT | GUST, FAULT | GUST | moved, FAULT, FAULT, FAULT,
    ]  # fmt: skip
    assert found.qc_flag.dtype == np.uint32
    evidence = "interpolated in time over gaps up to 10 s; 5 of 8 rows have a position"
    assert [tell(d) for d in decisions] == [ToldDecision("m.csv", "positions from t.gpx", evidence)]
    assert (found.item, found.channels, found.time.tolist()) == (
        "m.csv",
        instrument.channels,
        instrument.time.tolist(),
    )


@pytest.mark.parametrize(("gap_s", "near"), [(10.0, True), (9.999, False)])
def test_the_gap_of_positions_is_a_setting(gap_s: float, near: bool) -> None:
    """Fixes just as far apart as allowed are bridged."""
    found, _ = place(meter("m", 5, 6), track("t", 0, 10), TraceSettings(position_gap_s=gap_s, join_gap_s=99.0))
    check(found.lon, *((104.05, 104.06) if near else (np.nan, np.nan)))


def test_fixes_without_a_position_are_passed_over() -> None:
    """Rows of the track whose longitude or latitude is missing are not used, nor are their values and flags."""
    positions = record(
        "t", (0, 2, 4, 6), channel("speed", 1.0, 50.0, 3.0, 4.0, qc=(0, 8, 4, 0), units="m s-1"),
        lon=(104.0, np.nan, 104.4, 104.6), flags=(0, int(GUST), 0, 0),
    )  # fmt: skip
    assert positions.lat is not None
    positions.lat[3] = np.nan
    found, _ = place(meter("m", 1, 4), positions)
    check(found.lon, 104.1, 104.4)
    assert found.qc_flag.tolist() == [int(Flag.POSITION_INTERPOLATED), 0]
    check(found.channels[1].values, 1.5, 3.0)
    assert found.channels[1].qc is not None
    assert found.channels[1].qc.tolist() == [4, 4]


def test_channels_of_the_track_come_along() -> None:
    """Those that the instrument lacks, angles through north, with their own flags; its own channels are kept."""
    north = channel("course", np.radians(350.0), np.radians(30.0), units="rad")
    speed = channel("speed", 2.0, 6.0, units="m s-1", qc=(1, 0))
    heat = channel("temperature", 99.0, 99.0, units="degC")
    positions = replace(track("t", 0, 4), channels=(north, speed, heat))
    own = channel("temperature", 10.0, 11.0, units="degC")
    found, _ = place(replace(meter("m", 2, 4), channels=(channel("no2", 1.0, 2.0), own)), positions)
    assert [c.name for c in found.channels] == ["no2", "temperature", "course", "speed"]
    check(found.channels[1].values, 10.0, 11.0)
    check(found.channels[2].values, np.radians(10.0), np.radians(30.0))
    check(found.channels[3].values, 4.0, 6.0)
    assert (found.channels[2].attrs, found.channels[2].qc) == ({"units": "rad"}, None)
    assert found.channels[3].qc is not None
    assert (found.channels[3].qc.tolist(), found.channels[3].qc.dtype) == ([1, 0], np.uint32)


def test_positions_alone_stay_as_they_are() -> None:
    """Without an instrument there is nothing to join."""
    own = meter("own", 0, 100, lon=(104.0, 104.1))
    assert join_outing(own, [], SETTINGS) == Outcome(own)


# --- several instruments -------------------------------------------------------------------------------------------


def test_several_instruments_come_onto_the_times_of_the_positions() -> None:
    """Exact samples as they are, others interpolated over the gap, none beyond it; all is counted."""
    base = record("t", (0, 1, 2, 3, 4), lon=(104.0,) * 5)
    one = record("x/one.csv", (-1, 0, 1.5, 3.5, 9), channel("no2", 0.0, 1.0, 4.0, 8.0, 9.0), instrument="A")
    two = record("two.csv", (1, 2), channel("co", 5.0, 6.0, units="ppm", species="co"), instrument="B")
    outcome = join_outing(base, [one, two], SETTINGS)
    found = outcome.value
    assert [c.name for c in found.channels] == ["no2", "co"]
    check(found.channels[0].values, 1.0, 3.0, 5.0, 7.0, np.nan)
    check(found.channels[1].values, np.nan, 5.0, 6.0, np.nan, np.nan)
    check(found.lon, *(104.0,) * 5)
    text = "interpolated over gaps up to 2.5 s: {} of 5 moments exact, {} interpolated, {} without a value; "
    rows = "{} of its {} rows lie outside the time of the positions"
    assert tuple(tell(d) for d in outcome.decisions) == (
        ToldDecision("x/one.csv", "joined by time onto t", text.format(1, 3, 1) + rows.format(2, 5)),
        ToldDecision("two.csv", "joined by time onto t", text.format(2, 0, 3) + rows.format(0, 2)),
    )
    assert (found.item, found.instrument, found.qc_flag.tolist()) == ("t", "A, B", [0] * 5)


def test_rows_at_both_ends_of_the_positions_are_inside() -> None:
    """The first and the last moment belong to the time of the positions."""
    base, other = record("t", (0, 1, 2), lon=(104.0,) * 3), meter("n", 0, 1)
    [first, _] = join_outing(base, [meter("m", 0, 2), other], SETTINGS).decisions
    assert tell(first).evidence.endswith("0 of its 2 rows lie outside the time of the positions")


def test_an_instrument_joins_one_that_has_positions() -> None:
    """One instrument is enough, the base keeps its own values and name; the gap is that of joining."""
    base = replace(meter("own", 0, 1, lon=(104.0, 104.1)), instrument="A")
    for gap, expected in ((2.5, (7.25, 7.5)), (3.9, (7.25, 7.5)), (4.0, (7.25, 7.5))):
        other = record("m", (-1, 3), channel("co", 7.0, 8.0, units="ppm", species="co"), instrument="A")
        found = join_outing(base, [other], replace(SETTINGS, join_gap_s=gap)).value
        check(found.channels[0].values, 1.0, 2.0)
        check(found.channels[1].values, *(expected if gap >= 4.0 else (np.nan, np.nan)))
        assert found.instrument == "A"


def test_flags_of_an_analyser_go_to_its_own_values() -> None:
    """Fault, calibration and range say nothing of other analysers; what is wrong with the row stays with the row."""
    for flag in (Flag.INSTRUMENT_FAULT, Flag.CALIBRATION, Flag.VALUE_OUT_OF_RANGE):
        bad, row = int(flag), int(GUST)
        heat = channel("temperature", 1.0, 2.0, units="degC")
        base = record(
            "own", (0, 1), channel("no2", 1.0, 2.0, qc=(0, 1)), heat, lon=(104.0, 104.1), flags=(row, row | bad)
        )
        other = record("m", (0, 1), channel("co", 5.0, 6.0, units="ppm", species="co"), flags=(bad, row))
        found = join_outing(base, [other], SETTINGS).value
        assert found.qc_flag.tolist() == [row, row]
        assert found.qc_flag.dtype == np.uint32
        flags = [None if c.qc is None else c.qc.tolist() for c in found.channels]
        assert flags == [[0, bad | 1], None, [bad, 0]]
        assert {c.qc.dtype for c in found.channels if c.qc is not None} == {np.dtype(np.uint32)}


def test_flags_of_positions_without_an_analyser_stay_with_the_rows() -> None:
    """There are no values to which they could go."""
    base = record("t", (0, 1), lon=(104.0, 104.1), flags=(int(FAULT), 0))
    found = join_outing(base, [meter("m", 0, 1), meter("n", 0, 1)], SETTINGS).value
    assert found.qc_flag.tolist() == [int(FAULT), 0]


def test_flags_of_the_samples_around_a_moment_are_its_flags() -> None:
    """An interpolated value is as doubtful as both, an exact one as itself, one that is not near has none."""
    base = record("t", (0, 1, 2, 9), lon=(104.0,) * 4)
    other = record("m", (0, 2, 9.5), channel("no2", 1.0, 3.0, 5.0, qc=(1, 2, 4)))
    found = join_outing(base, [other, meter("n", 0, 1)], SETTINGS).value
    assert found.channels[0].qc is not None
    assert found.channels[0].qc.tolist() == [1, 3, 2, 0]


def test_names_of_channels_that_are_taken() -> None:
    """The instrument's name, else that of the file, and a number where that is taken too."""
    base = record("t", (0, 1), lon=(104.0, 104.1))
    named = record("a.csv", (0, 1), channel("no2", 1.0, 2.0, instrument="(G) 2301!", **GAS))
    rows = [meter("m1.csv", 0, 1), named, named, named, meter("x/M (2).csv", 0, 1)]
    found = join_outing(base, rows, SETTINGS).value
    expected = ["no2", "no2_g_2301", "no2_g_2301_2", "no2_g_2301_3", "no2_m_2_csv"]
    assert [c.name for c in found.channels] == expected


def test_two_vehicles_on_one_track_stay_two(tmp_path: Path) -> None:
    """Two named devices without positions beside one GPX: a trace each, with its own values at the track's fixes."""
    fixes = "".join(
        f'<trkpt lat="30.6" lon="{104.1 + n * 1e-4:.4f}"><time>2024-10-08T01:00:{n:02d}Z</time></trkpt>'
        for n in range(6)
    )
    (tmp_path / "phone.gpx").write_text(
        f'<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{fixes}</trkseg></trk></gpx>'
    )
    rows = "".join(
        f"2024-10-08T01:00:{n:02d}Z,{name},{value + n}\n"
        for n in range(6)
        for name, value in (("A1", 10), ("B2", 50))
    )
    (tmp_path / "air.csv").write_text(f"time,设备编号,so2 (ppb)\n{rows}", encoding="utf-8")
    outcome = read_traces([tmp_path / "phone.gpx", tmp_path / "air.csv"], TraceSettings())
    assert {t.attrs["platform_id"]: t["so2"].values.tolist() for t in outcome.value} == {
        "A1": [10, 11, 12, 13, 14, 15],
        "B2": [50, 51, 52, 53, 54, 55],
    }
    assert sorted(str(t["trajectory"].values) for t in outcome.value) == ["air-A1", "air-B2"]
    for trace in outcome.value:
        assert trace["lon"].values.tolist() == pytest.approx([104.1 + n * 1e-4 for n in range(6)])
    assert outcome.rejects == ()


def test_a_vehicle_is_not_placed_by_another_one(tmp_path: Path) -> None:
    """B2 without positions beside A1 with positions: A1 keeps its own gas only, B2 is refused."""
    rows = "".join(
        f"2024-10-08T01:00:{n:02d}Z,{name},{lon},{lat},{value + n}\n"
        for n in range(6)
        for name, lon, lat, value in (("A1", f"{104.1 + n * 1e-4:.4f}", "30.6", 10), ("B2", "", "", 50))
    )
    path = tmp_path / "air.csv"
    path.write_text(f"time,设备编号,lon,lat,so2 (ppb)\n{rows}", encoding="utf-8")
    outcome = read_traces([path], TraceSettings())
    (trace,) = outcome.value
    assert trace.attrs["platform_id"] == "A1" and trace["so2"].values.tolist() == [10, 11, 12, 13, 14, 15]
    assert "so2_air_csv" not in trace and [r.code for r in outcome.rejects] == ["no_positions_at_all"]
