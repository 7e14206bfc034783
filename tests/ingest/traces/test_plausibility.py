"""What is believed of a record: places, units by their values, ranges, constants; each at its exact limit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ingest.errors import NoPosition
from ingest.flags import Flag
from ingest.outcome import Outcome
from ingest.text.headings import QUANTITIES
from ingest.traces.checks.plausibility import (
    check_record,
    check_units,
    flag_constants,
    flag_stuck_positions,
    repair_positions,
)
from ingest.traces.record import Channel, Record, TraceSettings
from ingest.units import convert, parse_unit
from onevisit.words.telling import tell
from tests.ingest.traces.readings import make_record, said, seconds, species
from tests.told import raises_told

RULES = TraceSettings()
NAN = float("nan")
RANGE, STUCK = int(Flag.VALUE_OUT_OF_RANGE), int(Flag.VALUE_STUCK)


# --- positions -----------------------------------------------------------------------------------------------------


def _places(lon: Sequence[float], lat: Sequence[float], *, gas: bool = False) -> Outcome[Record]:
    channels = [species("no2", [1.0] * len(lon), "ppb")] if gas else []
    return repair_positions(make_record(channels, lon=lon, lat=lat))


def test_good_places_stay() -> None:
    """Also the date line, the poles, the equator and the zero meridian."""
    lon, lat = [104.0, 180.0, -180.0, 0.0, 10.0], [30.0, 90.0, -90.0, 10.0, 0.0]
    outcome = _places(lon, lat)
    assert outcome.value.lon is not None and outcome.value.lon.tolist() == lon
    assert outcome.value.lat is not None and outcome.value.lat.tolist() == lat
    assert outcome.decisions == ()


def test_impossible_places_are_missing_and_counted_by_kind() -> None:
    """0, 0 to a tenth of a metre, beyond ±180 and ±90; both columns lose the row; half a place stays half."""
    lon = [104.0, 0.0, 9e-7, 1e-6, 180.1, -180.1, 104.0, 104.0, NAN, 104.0]
    lat = [30.0, 0.0, -9e-7, 0.0, 30.0, 30.0, 90.1, -90.1, 30.0, NAN]
    outcome = _places(lon, lat)
    kept = [True, False, False, True, False, False, False, False, False, False]
    assert outcome.value.lon is not None and np.isfinite(outcome.value.lon).tolist() == kept
    assert outcome.value.lat is not None and np.isfinite(outcome.value.lat).tolist() == kept
    assert said(outcome.decisions) == [
        ("2 positions taken as missing", "0, 0; the first is data row 2"),
        ("4 positions taken as missing", "beyond ±180, ±90; the first is data row 5"),
    ]
    assert outcome.decisions[0].item == "a.csv"


def test_an_instrument_without_any_place_left_waits_for_a_track() -> None:
    """A species with position columns of zeros keeps the reason, should no track give them; others go on."""
    record = _places([NAN, 0.0, 200.0], [NAN, 0.0, 95.0], gas=True).value
    lost = record.positions_lost
    assert lost is not None and not record.has_position and len(record.time) == 3
    assert (lost.item, lost.where) == ("a.csv", "position columns")
    assert "no usable position in 3 rows (first: lon 0, lat 0)" in tell(lost).line
    assert not _places([0.0, 0.0], [0.0, 0.0]).value.has_position
    assert not _places([NAN, NAN], [NAN, NAN], gas=True).value.has_position
    assert _places([0.0, 104.0], [0.0, 30.0], gas=True).value.has_position


def test_a_record_without_position_columns_stays_as_it_is() -> None:
    """Either column missing is no position."""
    record = make_record([species("no2", [1.0, 2.0], "ppb")])
    assert repair_positions(record).value is record


@pytest.mark.parametrize(
    ("lat", "swapped"),
    [
        ([104.0] * 6 + [30.0] * 4, True),
        ([104.0] * 5 + [30.0] * 5, False),
        ([-104.0] * 6 + [30.0] * 4, True),
        ([90.0] * 10, False),
        ([104.0] * 6 + [NAN] * 5, True),
    ],
)
def test_columns_are_swapped_where_most_latitudes_are_beyond_the_pole(lat: list[float], swapped: bool) -> None:
    """More than half of them, on either side; a decision says how far the column reaches."""
    lon = [30.5 + i / 100 for i in range(len(lat))]
    outcome = _places(lon, lat)
    assert outcome.value.lat is not None and outcome.value.lon is not None
    note = "latitude and longitude swapped back"
    assert (note in [decision for decision, _ in said(outcome.decisions)]) == swapped
    if swapped:
        assert outcome.value.lat[0] == 30.5 and outcome.value.lon[0] == lat[0]
        assert f"the latitude column reaches {lat[0]:g}, beyond ±90" in tell(outcome.decisions[0]).evidence
    else:
        assert outcome.value.lon[-1] == lon[-1]


@pytest.mark.parametrize(("inside", "swapped"), [(19, True), (18, False)])
def test_a_swap_must_help(inside: int, swapped: bool) -> None:
    """In more than nine of ten rows the other column is a latitude: 19 of 20, not 18."""
    lon = [30.0 + i / 100 for i in range(inside)] + [100.0] * (20 - inside)
    outcome = _places(lon, [104.0] * 20)
    assert ("latitude and longitude swapped back" in [tell(d).decision for d in outcome.decisions]) == swapped


def test_a_swap_may_lead_to_the_pole() -> None:
    """90° is a latitude."""
    outcome = _places([90.0, 90.0], [104.0, 104.0])
    assert outcome.value.lat is not None and outcome.value.lat.tolist() == [90.0, 90.0]


@pytest.mark.parametrize(("same", "refused"), [(10, True), (9, False)])
def test_a_latitude_that_repeats_the_longitude_is_lost(same: int, refused: bool) -> None:
    """In more than nine of ten rows; the message has the number and the count."""
    lon = [NAN] + [-80.0 - i / 100 for i in range(10)]
    lat = [NAN] + lon[1 : same + 1] + [30.0] * (10 - same)
    if refused:
        with raises_told(NoPosition, match=r"repeats the longitude \(-80\) in 10 of 10 rows") as caught:
            _places(lon, lat)
        assert caught.value.where == "latitude column"
    else:
        assert _places(lon, lat).value.has_position


def test_zeros_in_both_columns_are_no_lost_latitude() -> None:
    """A receiver without a fix, not a wrong export."""
    assert said(_places([0.0, 0.0], [0.0, 0.0]).decisions)[0][0] == "2 positions taken as missing"
    with pytest.raises(NoPosition):
        _places([1.5e-6, 1.5e-6], [1.5e-6, 1.5e-6])


# --- stuck positions -----------------------------------------------------------------------------------------------


def _stuck(
    lon: Sequence[float], speed: Sequence[float], time: np.ndarray | None = None, rules: TraceSettings = RULES
) -> tuple[list[bool], Outcome[Record]]:
    channel = Channel("speed", np.array(speed, float), {"units": "m s-1"})
    flags = [int(Flag.GNSS_POOR)] * len(lon)
    record = make_record([channel], lon=lon, lat=[30.0] * len(lon), time=time, flags=flags)
    outcome = flag_stuck_positions(record, rules)
    assert (outcome.value.qc_flag & np.uint32(Flag.GNSS_POOR) != 0).all() and outcome.value.qc_flag.dtype == np.uint32
    return (outcome.value.qc_flag & np.uint32(Flag.POSITION_STUCK) != 0).tolist(), outcome


def test_a_place_that_repeats_for_five_seconds_while_moving_is_stuck() -> None:
    """Six fixes of one place span 5 s; the rows before and after are free; the decision has the count."""
    lon = [1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 3.0, 4.0]
    stuck, outcome = _stuck(lon, [10.0] * 9)
    assert stuck == [False, *[True] * 6, False, False]
    assert said(outcome.decisions) == [
        (
            "6 positions flagged position_stuck",
            "they repeat for 5 s and more while the speed column is above 2 m s-1",
        )
    ]
    assert not any(_stuck([1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 3.0], [10.0] * 7)[0])  # 4 s
    assert any(_stuck([2.0, 2.0, 3.0], [10.0] * 3, rules=TraceSettings(stuck_position_s=1.0))[0])


def test_stuck_at_the_end_and_the_beginning() -> None:
    """The first and the last row belong to their runs."""
    assert _stuck([2.0] * 6 + [3.0], [10.0] * 7)[0] == [True] * 6 + [False]
    assert _stuck([3.0] + [2.0] * 6, [10.0] * 7)[0] == [False] + [True] * 6


@pytest.mark.parametrize(
    ("speed", "stuck"),
    [
        ([2.0] * 6, False),
        ([2.01] * 6, True),
        ([0.0, 0.0, 0.0, 9.0, 9.0, 9.0], True),
        ([0.0, 0.0, 0.0, 0.0, 9.0, 9.0], False),
        ([NAN] * 5 + [9.0], True),
        ([NAN] * 6, False),
    ],
)
def test_moving_is_a_median_speed_above_two(speed: list[float], stuck: bool) -> None:
    """Of the rows of the run that have one."""
    assert any(_stuck([2.0] * 6, speed)[0]) == stuck


def test_only_a_place_that_is_known_sticks() -> None:
    """Missing places do not repeat; two rows are too few; another latitude is another place; no speed, no answer."""
    assert not any(_stuck([NAN] * 8, [10.0] * 8)[0])
    assert not any(_stuck([2.0] * 2, [10.0] * 2, seconds(0, 10))[0])
    assert any(_stuck([2.0] * 3, [10.0] * 3, seconds(0, 5, 10))[0])
    speed = Channel("speed", np.full(8, 10.0), {"units": "m s-1"})
    moving = make_record([speed], lon=[2.0] * 8, lat=[30.0 + i for i in range(8)])
    assert flag_stuck_positions(moving, RULES).value is moving
    silent = make_record(lon=[2.0] * 8, lat=[30.0] * 8)
    assert flag_stuck_positions(silent, RULES).value is silent


# --- units ---------------------------------------------------------------------------------------------------------


def _median(name: str, unit: str, median: float, *, count: int = 5) -> tuple[str, list[tuple[str, str]]]:
    """The unit that is believed where the median of the values is exactly so much."""
    values = np.full(count, median)
    values[0], values[-1] = median / 1.001, median * 1.001
    outcome = check_units(make_record([species(name, values, unit)]))
    return outcome.value.channels[0].attrs["units"], said(outcome.decisions)


def _below(value: float) -> float:
    return float(np.nextafter(value, 0.0))


#: Species, stated unit, believed unit, from this median on, up to (not including) that one.
CONTRADICTED = [
    ("pnc", "m-3", "cm-3", 0.0, 1e6),
    ("pnc", "cm-3", "m-3", 1e8, np.inf),
    ("co", "mg m-3", "ug m-3", 100.0, np.inf),
    ("co", "ug m-3", "mg m-3", 0.0, 20.0),
    ("co", "ppm", "ppb", 40.0, np.inf),
    ("co", "ppb", "ppm", 0.0, 15.0),
    ("ch4", "ppb", "ppm", 0.0, 500.0),
    ("ch4", "ppm", "ppb", 1500.0, 1e5),
    ("co2", "ppb", "ppm", 0.0, 1e5),
    ("no2", "ppm", "ppb", 2.0, np.inf),
    ("so2", "ppm", "ppb", 2.0, np.inf),
    ("o3", "ppm", "ppb", 1.0, np.inf),
    ("no2", "ug m-3", "ppm", 0.0, 0.3),
    ("so2", "ug m-3", "ppm", 0.0, 0.1),
    ("o3", "ug m-3", "ppm", 0.0, 0.5),
    ("ox", "ug m-3", "ppm", 0.0, 1.0),
    ("pm25", "mg m-3", "ug m-3", 5.0, np.inf),
    ("pm10", "mg m-3", "ug m-3", 20.0, np.inf),
    ("pm25", "ug m-3", "mg m-3", 0.0, 0.5),
    ("pm10", "ug m-3", "mg m-3", 0.0, 0.5),
    ("bc", "ug m-3", "ng m-3", 200.0, np.inf),
]


@pytest.mark.parametrize(("name", "stated", "believed", "low", "high"), CONTRADICTED)
def test_a_stated_unit_is_believed_up_to_its_limit(
    name: str, stated: str, believed: str, low: float, high: float
) -> None:
    """At the lower limit the other unit, below it the stated one; at the upper limit the stated one again."""
    decision = f"{name} believed to be in {believed}"
    if low > 0:
        unit, notes = _median(name, stated, low)
        assert (unit, notes[0][0]) == (believed, decision)
        assert notes[0][1].startswith(f"the heading says {stated}, the median is {low:.4g}: ")
        assert _median(name, stated, _below(low))[0] == stated
    if np.isfinite(high):
        unit, notes = _median(name, stated, _below(high))
        assert (unit, notes[0][0]) == (believed, decision)
        assert _median(name, stated, high)[0] == stated


@pytest.mark.parametrize(("name", "unit", "low", "high"), [("co2", "ppm", 350.0, 6000.0), ("ch4", "ppm", 1.7, 100.0)])
def test_a_background_under_a_mass_heading_is_a_mole_fraction(name: str, unit: str, low: float, high: float) -> None:
    """350 to 6000 of CO2, 1.7 to 100 of CH4, both ends included, in any unit of mass; not under ppb."""
    for stated in ("mg m-3", "ug m-3"):
        for median in (low, high):
            believed, notes = _median(name, stated, median)
            assert believed == unit
            assert notes[0] == (
                f"{name} believed to be in {unit}",
                f"the heading says {stated}, the median {median:.4g} is the background of it in {unit}",
            )
        assert _median(name, stated, _below(low))[0] == stated
        assert _median(name, stated, float(np.nextafter(high, np.inf)))[0] == stated
    assert _median(name, "cm-3", low)[0] == "cm-3"


def test_a_median_needs_five_positive_values() -> None:
    """Zeros, negatives and missing values do not count."""
    assert _median("co", "ppm", 50.0)[0] == "ppb"
    assert _median("co", "ppm", 50.0, count=4)[0] == "ppm"
    few = species("co", [50.0] * 4 + [0.0, -1.0, NAN], "ppm")
    assert check_units(make_record([few])).value.channels[0].attrs["units"] == "ppm"
    mixed = species("co", [50.0] * 5 + [0.0, -1.0, NAN] * 9, "ppm")
    assert check_units(make_record([mixed])).value.channels[0].attrs["units"] == "ppb"


def test_a_long_channel_is_sampled_evenly() -> None:
    """Of 60 000 values every third is looked at: those are 50 ppm, the others are not."""
    values = np.tile([50.0, 0.5, 0.5], 20_000)
    assert check_units(make_record([species("co", values, "ppm")])).value.channels[0].attrs["units"] == "ppb"


def test_a_believed_unit_changes_nothing_else() -> None:
    """Values, flags and the other attributes stay; what is no species is passed over."""
    gas = species("co", [50.0] * 5, "ppm", [1, 0, 0, 0, 0])
    speed = Channel("speed", np.full(5, 50.0), {"units": "ppm"})
    record = check_units(make_record([speed, gas])).value
    assert record.channels[0] is speed
    fixed = record.channels[1]
    assert fixed.values.tolist() == [50.0] * 5
    assert dict(fixed.attrs) == {**gas.attrs, "units": "ppb"}
    assert fixed.qc is not None and fixed.qc.tolist() == [1, 0, 0, 0, 0]


# --- ranges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quantity", [q for q in QUANTITIES if q.role == "species"], ids=lambda q: q.slug)
def test_values_outside_of_the_plausible_range_are_flagged(quantity) -> None:  # type: ignore[no-untyped-def]
    """The limits of the table themselves are inside, in the unit of the table and in another of its kind."""
    canonical = parse_unit(quantity.unit)
    assert canonical is not None
    other = {"ppm": "ppb", "ppb": "ppm", "ug m-3": "mg m-3", "cm-3": "m-3"}[quantity.unit]
    unit = parse_unit(other)
    assert unit is not None
    span = quantity.high - quantity.low
    values = np.array([quantity.low - span / 1e6, quantity.low, quantity.high, quantity.high + span / 1e6, NAN])
    for name, given_ in ((quantity.unit, values), (other, convert(values, canonical, unit))):
        outcome = check_units(make_record([species(quantity.slug, given_[[0, 3, 4]], name, [1, 0, 0])]))
        qc = outcome.value.channels[0].qc
        assert qc is not None and qc.dtype == np.uint32 and qc.tolist() == [RANGE | 1, RANGE, 0], name
        low, high = convert(np.array([quantity.low, quantity.high]), canonical, parse_unit(name))  # type: ignore[arg-type]
        assert said(outcome.decisions) == [
            (f"2 values of {quantity.slug} flagged value_out_of_range", f"outside {low:g} to {high:g} {name}")
        ]
    inside = check_units(make_record([species(quantity.slug, values[1:3], quantity.unit)]))
    assert inside.value.channels[0].qc is None and inside.decisions == ()


def test_a_range_in_another_kind_of_unit_says_nothing() -> None:
    """Limits in ppb do not hold for µg m-3; a species that no table lists has none."""
    for gas in (species("no2", [1e9] * 3, "ug m-3"), species("hexane", [1e9] * 3, "ppb")):
        outcome = check_units(make_record([gas]))
        assert outcome.value.channels[0].qc is None and outcome.decisions == ()


# --- constants -----------------------------------------------------------------------------------------------------


def _constant(values: Sequence[float], time: np.ndarray, qc: Sequence[int] | None = None) -> list[int] | None:
    gas = species("no2", values, "ppb", qc)
    speed = Channel("speed", np.full(len(values), 7.25), {"units": "m s-1"})
    outcome = flag_constants(make_record([speed, gas], time=time), RULES)
    assert outcome.value.channels[0].qc is None
    flags = outcome.value.channels[1].qc
    count = int(np.isfinite(values).sum())
    note = [("no2 flagged value_stuck", f"7.25 in all {count} rows")]
    stuck = flags is not None and bool((flags & np.uint32(STUCK)).any())
    assert said(outcome.decisions) == (note if stuck else [])
    return None if flags is None else flags.tolist()


def test_one_value_for_more_than_two_minutes_is_stuck() -> None:
    """Ten values over 120.001 s, not over 120 s; flags add up; missing values between them do not matter."""
    long, limit = np.linspace(0, 120.001, 10), np.linspace(0, 120, 10)
    assert _constant([7.25] * 10, seconds(*long)) == [STUCK] * 10
    assert _constant([7.25] * 10, seconds(*limit)) is None
    assert _constant([7.25] * 10, seconds(*long), [1, *[0] * 9]) == [STUCK | 1, *[STUCK] * 9]
    assert _constant([7.25] * 10 + [NAN], seconds(*long, 130)) == [STUCK] * 11
    assert _constant([7.25] * 9 + [NAN], seconds(*long)) is None
    assert _constant([7.25] * 9, seconds(*long[:9] * 2)) is None
    assert _constant([7.25] * 9 + [7.26], seconds(*long)) is None
    assert _constant([7.25] * 10, seconds(*long[::-1])) == [STUCK] * 10  # in any order of rows


def test_every_check_is_run_and_heard() -> None:
    """Places, stuck places, units and constants of one record, decisions in that order."""
    time = seconds(*range(200))
    channels = [
        Channel("speed", np.full(200, 10.0), {"units": "m s-1"}),
        species("co", [50.0] * 200, "ppm"),
    ]
    outcome = check_record(
        make_record(channels, time=time, lon=[104.0] * 199 + [0.0], lat=[30.0] * 199 + [0.0]), RULES
    )
    assert [decision for decision, _ in said(outcome.decisions)] == [
        "1 positions taken as missing",
        "199 positions flagged position_stuck",
        "co believed to be in ppb",
        "co flagged value_stuck",
    ]
    record = outcome.value
    assert record.channels[1].attrs["units"] == "ppb" and record.channels[1].qc is not None
    assert record.lon is not None and np.isnan(record.lon[199]) and record.qc_flag[0] == int(Flag.POSITION_STUCK)
