"""What each upset does to records that do not change: numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitors.schema import Cause
from onevisit.truth.simulate.confounders import CONFOUNDERS
from onevisit.truth.simulate.records import emissions, faults
from onevisit.truth.simulate.records.outlet import SiteRecord, WrittenOrder, readings
from onevisit.truth.simulate.records.plants import Floats
from onevisit.truth.simulate.records.upsets import (
    UPSETS,
    fitting,
    lay_upset,
    with_order,
    with_small_gaps,
)
from onevisit.truth.simulate.records.weeks import told_anomalies
from tests.onevisit.truth.dice import Dice
from tests.onevisit.truth.steady_weeks import HOURS, START, steady_record

W = slice(100, 130)
SO2, NOX = "a21026", "a21002"
"""Limits of 50 and 100 at a power plant; both stand at half of it."""


def _read(record: SiteRecord) -> dict[str, Floats]:
    """Readings of analysers whose checks do not scatter."""
    return readings(record, Dice(0.0))  # type: ignore[arg-type]


def _dice(share: float = 0.5, z: float = 0.0) -> np.random.Generator:
    return Dice(share, z=z)  # type: ignore[return-value]


def _outside(values: Floats) -> set[float]:
    return set(np.r_[values[: W.start], values[W.stop :]].tolist())


# --- readings ------------------------------------------------------------------------------------------------------


def test_readings_of_steady_records() -> None:
    """Half of every limit, converted with the oxygen of reference to the same."""
    found = _read(steady_record())
    assert set(found[SO2]) == {25.0} and set(found[f"{SO2}_corrected"]) == {25.0}
    assert "a00000_corrected" not in found


def test_the_converted_value_is_the_formula_of_the_standard() -> None:
    """At 13.5 % of oxygen and a reference of 6 %: twice as much, (21 - 6) / (21 - 13.5)."""
    record = steady_record()
    record = replace(record, air={**record.air, "a19001": np.full(HOURS, 13.5)})
    assert set(_read(record)[f"{SO2}_corrected"]) == {50.0}


def test_an_analyser_of_two_hours_repeats_and_skips_its_checks() -> None:
    """Hours 0, 0, 2, 2; the hour of a check is the check's level, and the next one is a sample of its own."""
    record = steady_record("sewage", check_hour=2)
    cod = 20.0 + np.arange(HOURS) % 10
    record = replace(record, air={**record.air, "w01018": cod})
    assert _read(record)["w01018"][:6].tolist() == [20.0, 20.0, 25.0, 23.0, 24.0, 24.0]
    quick = replace(record, plant=replace(record.plant, slow=False))
    assert _read(quick)["w01018"][[0, 1, 2, 4, 5]].tolist() == [20.0, 21.0, 25.0, 24.0, 25.0]


def test_resolution_and_what_is_below_detection() -> None:
    """A digit less above the switch of the range; below 0.5 nothing, or half of it where zeros are not written."""
    record = steady_record(coarse_above={SO2: 30.0})
    values = np.full(HOURS, 12.346)
    values[:4] = 31.266, 0.4, 30.0, -0.3
    record = replace(record, air={**record.air, SO2: values})
    assert _read(record)[SO2][:5].tolist() == [31.3, 0.0, 30.0, -0.3, 12.35]
    record = replace(record, plant=replace(record.plant, zeros=False))
    assert _read(record)[SO2][1] == 0.25


def test_a_check_shows_gain_and_offset_and_nobody_writes_it() -> None:
    """Half of the limit, 25, times 1.2 plus 1; a written value stands in all hours but those of a check."""
    record = steady_record(check_hour=0)
    codes = {SO2: np.full(HOURS, 1.2)}, {SO2: np.ones(HOURS)}, {SO2: np.full(HOURS, 9.0)}
    record = replace(
        record, gain={**record.gain, **codes[0]}, offset={**record.offset, **codes[1]},
        written={**record.written, **codes[2]},
    )  # fmt: skip
    assert _read(record)[SO2][:3].tolist() == [31.0, 9.0, 9.0]


# --- emissions -----------------------------------------------------------------------------------------------------


def test_an_exceedance_rises_over_its_first_third_and_takes_others_along() -> None:
    """To 1.75 times the limit; others by 17.5 %; the first hour is a tenth of the way."""
    after = emissions.exceed(steady_record(), W, SO2, _dice())
    assert after.air[SO2][W].max() == pytest.approx(1.75 * 50.0)
    assert after.air[SO2][100] == pytest.approx(25.0 + (87.5 - 25.0) / 10)
    assert after.air[SO2][129] == pytest.approx(after.air[SO2][100])
    assert set(after.air[NOX][W]) == {50.0 * 1.175} and _outside(after.air[SO2]) == {25.0}


def test_nobody_emits_while_the_plant_stands() -> None:
    """A stop within the window stays what it was."""
    record = steady_record()
    on = record.on.copy()
    on[60 * 110 : 60 * 115] = False
    after = emissions.exceed(replace(record, on=on), W, SO2, _dice())
    assert set(after.air[SO2][110:115]) == {25.0} and after.air[SO2][116] > 50.0


def test_false_marks_say_fault_and_leave_power_as_it_is() -> None:
    """Under an exceedance, and under values that are 15 % higher."""
    before = steady_record()
    emitted = emissions.exceed_marked_as_fault(before, W, SO2, _dice())
    assert set(emitted.flags[SO2][W]) == {"D"} and emitted.devices == before.devices
    loaded = emissions.mark_without_fault(before, W, SO2, _dice(0.0))
    assert set(loaded.flags[SO2][W]) == {"D"} and loaded.air[SO2][W] == pytest.approx(np.full(30, 28.75))
    assert set(emissions.mark_without_fault(before, W, SO2, _dice(0.999)).flags[NOX][W]) == {"M"}


def test_hugging_swinging_copying_and_lowering_are_written() -> None:
    """Just below the limit; a sine of six hours and 15 %; a fixed share of another; a third."""
    before = steady_record()
    hug = _read(emissions.hug(before, W, SO2, _dice()))[SO2]
    assert set(hug[W]) == {48.75} and _outside(hug) == {25.0}
    swing = _read(emissions.swing(before, W, SO2, _dice()))[SO2][W]
    assert swing[:4].tolist() == pytest.approx([25.0, 28.25, 28.25, 25.0]) and swing[6] == swing[0]
    moving = replace(before, air={**before.air, SO2: 25.0 + np.arange(HOURS) % 3})
    copied = emissions.copy(moving, W, SO2, _dice(0.0)).written[NOX][W]
    assert copied == pytest.approx(50.0 / 26.0 * moving.air[SO2][W])
    lowered = emissions.lower_after_maintenance(before, W, SO2, _dice())
    assert set(_read(lowered)[SO2][W]) == {8.12} and lowered.flags[SO2][99:103].tolist() == ["N", "M", "M", "N"]


def test_dilution_changes_oxygen_and_not_the_converted_value() -> None:
    """Oxygen rises from 6 to 18.25 %, what is measured falls to 11/60."""
    found = _read(emissions.dilute(steady_record(), W, SO2, _dice()))
    assert set(found["a19001"][W]) == {18.25}
    assert found[SO2][W] == pytest.approx(np.full(30, 25.0 * 2.75 / 15.0), abs=0.01)
    assert found[f"{SO2}_corrected"][W] == pytest.approx(np.full(30, 25.0), abs=0.05)


def test_less_is_stated_than_the_formula_gives() -> None:
    """0.625 of it, with the same measured value and oxygen."""
    found = _read(emissions.state_less(steady_record(), W, SO2, _dice()))
    assert set(found[f"{SO2}_corrected"][W]) == {15.62} and set(found[SO2]) == {25.0}
    assert _outside(found[f"{SO2}_corrected"]) == {25.0}


def test_treatment_that_is_off_or_idles() -> None:
    """2 % and 32.5 % of its power; the outlet rises 2.25 and 1.3 times; production as before."""
    for lay, kw, times in ((emissions.leave_treatment_off, 0.5, 2.25), (emissions.let_treatment_idle, 8.125, 1.3)):
        after = lay(steady_record(), W, "TA001", _dice())
        assert after.device("treatment").kw[W] == pytest.approx(np.full(30, kw))
        assert after.air[SO2][W] == pytest.approx(np.full(30, 25.0 * times))
        assert set(after.device("production").kw) == {100.0} and _outside(after.device("treatment").kw) == {25.0}


def test_a_declared_stop_is_in_letters_and_on_the_power_platform() -> None:
    """And nothing stops."""
    after = emissions.declare_stop(steady_record(), W, "TA001", _dice())
    assert all(set(flags[W]) == {"F"} for flags in after.flags.values())
    assert all(d.declared_stopped.sum() == 30 and d.kw.min() > 0 for d in after.devices)
    bare = emissions.declare_stop(steady_record(monitored=False), W, "TA001", _dice())
    assert bare.flags == {} and bare.device("production").declared_stopped[W].all()


# --- faults --------------------------------------------------------------------------------------------------------


def test_analysers_that_break() -> None:
    """Frozen, lost noise, below zero, zero, a jump, the end of the range, a spike, a gain that is off."""
    before = steady_record()
    moving = replace(before, air={**before.air, SO2: 25.0 + np.arange(HOURS) % 7})
    assert set(_read(faults.freeze(moving, W, SO2, _dice()))[SO2][W]) == {27.0}
    assert set(_read(faults.quieten(moving, W, SO2, _dice()))[SO2][W]) == {28.0}
    assert set(_read(faults.fall_below_zero(before, W, SO2, _dice()))[SO2][W]) == {-22.5}
    assert set(_read(faults.read_zero(before, W, SO2, _dice()))[SO2][W]) == {0.0}
    assert set(_read(faults.jump(before, W, SO2, _dice()))[SO2][W]) == {97.5}
    assert set(_read(faults.stick_at_range_end(before, W, SO2, _dice()))[SO2][W]) == {200.0}
    assert set(_read(faults.spike(before, W, SO2, _dice()))[SO2][W]) == {187.5}
    assert set(_read(faults.fail_checks(before, W, SO2, _dice(0.999)))[SO2][W]) == {34.99}
    for told, letter in ((0.4, "T"), (0.6, "N")):
        assert set(faults.stick_at_range_end(before, W, SO2, _dice(told)).flags[SO2][W]) == {letter}


def test_a_drift_is_a_ramp_of_the_gain_and_ends() -> None:
    """From 1 to 1.85 (upwards, at the middle of the dice) and back to 1."""
    gain = faults.drift(steady_record(), W, SO2, Dice([0.5, 0.5, 0.0])).gain[SO2]  # type: ignore[arg-type]
    assert gain[[99, 100, 129, 130]].tolist() == pytest.approx([1.0, 1.0, 1.85, 1.0])


def test_after_a_power_cut_the_analyser_warms_up() -> None:
    """Three hours without anything, then three times the limit above what there is, falling by e in three hours."""
    after = faults.recover_from_power_cut(steady_record(), W, SO2, _dice())
    assert after.lost[100:103].all() and after.lost.sum() == 3 and not after.on[6000:6180].any()
    assert [set(d.kw[100:103]) for d in after.devices] == [{0.0}, {0.0}]
    found = _read(after)[SO2]
    assert np.isnan(found[100:103]).all()
    assert found[[103, 106]] == pytest.approx([25.0 + 150.0, 25.0 + 150.0 / np.e], abs=0.01)


def test_a_dead_oxygen_cell_lifts_the_converted_value_alone() -> None:
    """To 1.85 times the limit of 50: 21 - 15 · 25 / 92.5 % of oxygen is read."""
    found = _read(faults.lose_oxygen(steady_record(), W, SO2, _dice()))
    assert set(found["a19001"][W]) == {round(21 - 15 * 25 / 92.5, 2)} and set(found[SO2]) == {25.0}
    assert found[f"{SO2}_corrected"][W] == pytest.approx(np.full(30, 92.5), abs=0.1)


def test_water_that_cannot_be_and_flows_that_are_lost() -> None:
    """Ammonia 1.3 times the total nitrogen of 7.5; a flow of nothing."""
    found = _read(faults.swap_nitrogens(steady_record("sewage"), W, "w21003", _dice()))
    assert set(found["w21003"][W]) == {9.75} and set(found["w21001"]) == {7.5}
    found = _read(faults.lose_flow(steady_record("sewage"), W, "w01018", _dice()))
    assert set(found["w00000"][W]) == {0.0} and _outside(found["w00000"]) == {50.0}


def test_hands_on_the_analyser_are_marked() -> None:
    """Span gas of 1.6 times the limit under C, anything under M, a marked fault under D."""
    before = steady_record()
    calibrated = faults.calibrate(before, W, SO2, _dice())
    assert set(_read(calibrated)[SO2][W]) == {80.0} and set(calibrated.flags[SO2][W]) == {"C"}
    maintained = faults.maintain(before, W, SO2, _dice())
    assert set(_read(maintained)[SO2][W]) == {77.5} and set(maintained.flags[SO2][W]) == {"M"}
    broken = faults.break_and_say_so(before, W, SO2, np.random.default_rng(1))
    assert set(broken.flags[SO2][W]) == {"D"} and set(broken.flags[NOX]) == {"N"}


@pytest.mark.parametrize(("length", "highest"), [(24, 40.0), (26, 45.0)])
def test_a_gap_is_filled_with_the_highest_of_180_or_720_hours(length: int, highest: float) -> None:
    """HJ 75: of 180 h for a day at most, of 720 h beyond."""
    record = steady_record()
    values = record.air[SO2].copy()
    values[200], values[100] = 40.0, 45.0
    window = slice(300, 300 + length)
    after = faults.substitute(replace(record, air={**record.air, SO2: values}), window, SO2, _dice(0.0))
    assert set(_read(after)[SO2][window]) == {highest} and set(after.flags[SO2][window]) == {"S"}
    unsaid = faults.substitute(record, window, SO2, _dice(0.999))
    assert set(unsaid.flags[SO2][window]) == {"N"}


def test_marks_over_a_span_of_time() -> None:
    """A start with 16 % of oxygen and 1.45 times the limit; a breakdown whose treatment takes a twentieth."""
    before = steady_record()
    started = faults.start_up(before, slice(100, 103), SO2, _dice())
    assert [(s.first, s.last, s.text) for s in started.spans] == [(100, 103, "启炉")]
    found = _read(started)
    assert set(found["a19001"][100:103]) == {16.0}
    assert found[f"{SO2}_corrected"][100:103] == pytest.approx(np.full(3, 72.5), abs=0.05)
    assert found[f"{NOX}_corrected"][100:103] == pytest.approx(np.full(3, 60.0), abs=0.05)
    broken = faults.declare_breakdown(before, W, SO2, _dice())
    assert set(broken.device("treatment").kw[W]) == {1.25} and broken.air[SO2][W].max() == pytest.approx(67.5)
    assert [(s.first, s.last, s.text) for s in broken.spans] == [(100, 130, "故障")]


def test_meters_that_fail_and_lines_that_are_silent() -> None:
    """Zero, the last value, nothing: of one device alone."""
    before = steady_record()
    moving = replace(before.devices[0], kw=100.0 + np.arange(HOURS))
    before = replace(before, devices=(moving, before.devices[1]))
    assert set(faults.kill_meter(before, W, "MF0001", _dice()).devices[0].kw[W]) == {0.0}
    assert set(faults.freeze_meter(before, W, "MF0001", _dice()).devices[0].kw[W]) == {200.0}
    silent = faults.silence_meter(before, W, "MF0001", _dice())
    assert np.isnan(silent.devices[0].kw[W]).all() and set(silent.devices[1].kw) == {25.0}
    assert np.flatnonzero(faults.silence_outlet(before, W, SO2, _dice()).lost).tolist() == list(range(100, 130))
    late = faults.upload_late(before, W, SO2, _dice()).late_h
    assert late[99:102].tolist() == [0, 36 + 29, 36 + 28] and late[129] == 36


# --- where and how often -------------------------------------------------------------------------------------------


ON = {c.name: True for c in CONFOUNDERS}


@pytest.mark.parametrize("upset", UPSETS, ids=lambda u: u.name)
def test_every_upset_finds_a_place_and_is_told(upset: object) -> None:
    """At a plant to which it can happen: kind, cause, hours inside of the record, apart from one that was there."""
    trade = {"nitrogen": "sewage", "others": "sewage"}.get(upset.needs, "power")  # type: ignore[attr-defined]
    record = steady_record(trade, check_hour=0)
    on = record.on.copy()
    on[60 * 200 : 60 * 230] = False
    record = replace(record, on=on)
    assert upset in fitting(record, ON)
    after = lay_upset(record, upset, np.random.default_rng(3))  # type: ignore[arg-type]
    assert after is not None and after.anomalies
    for anomaly in after.anomalies:
        assert (anomaly.kind, anomaly.cause, anomaly.name) == (upset.kind, upset.cause, upset.name)  # type: ignore[attr-defined]
        first = 0 if anomaly.kind == "marks_over_limit" else 72
        assert START + timedelta(hours=first) <= anomaly.start < anomaly.end <= START + timedelta(hours=HOURS)
        assert anomaly.start.hour % 2 == 0
    again = lay_upset(after, UPSETS[0], np.random.default_rng(3))
    if again is not None:
        last, before = again.anomalies[-1], after.anomalies
        assert all(abs((last.start - b.end).total_seconds()) >= 36 * 3600 or last.end < b.start for b in before)


def test_an_upset_goes_with_its_confounder() -> None:
    """Off, it fits nowhere; violations have no switch."""
    record = steady_record(check_hour=0)
    for name in {u.confounder for u in UPSETS if u.confounder}:
        left = fitting(record, {**ON, name: False})
        assert left and all(u.confounder != name for u in left)
    assert all(not u.confounder for u in fitting(record, dict.fromkeys(ON, False)))


def test_power_alone_has_upsets_of_power_alone() -> None:
    """Without a monitor: treatment, declared stops, meters; of a daily meter nothing."""
    record = steady_record(monitored=False)
    assert {u.kind for u in fitting(record, ON)} == {
        "treatment_off", "idle_treatment", "stop_marked_but_running", "meter_offline",
    }  # fmt: skip
    assert fitting(steady_record(monitored=False, daily_energy=True), ON) == []


def test_a_meter_fails_in_a_way_that_can_be_told() -> None:
    """Zero is what a device that takes no power gives when it stands: there the meter of production fails alone."""
    kill = next(u for u in UPSETS if u.name == "kill_meter")
    for standby, codes in ((0.0, {"MF0001"}), (0.05, {"MF0001", "TA001"})):
        record = steady_record(standby=standby)
        drawn = [lay_upset(record, kill, np.random.default_rng(k)) for k in range(12)]
        assert {a.code for one in drawn if one is not None for a in one.anomalies} == codes


def test_ammonia_that_exceeds_takes_all_nitrogen_along() -> None:
    """To 1.75 times 5 mg/L, and all nitrogen to that by 0.85."""
    after = emissions.exceed(steady_record("sewage"), W, "w21003", _dice())
    assert after.air["w21001"].max() == pytest.approx(8.75 / 0.85) and after.air["w21003"].max() == 8.75


def test_false_marks_recur_day_after_day_in_the_morning() -> None:
    """Four to eight times between eight and ten, each a case."""
    [upset] = [u for u in UPSETS if u.name == "mark_without_fault"]
    after = lay_upset(steady_record(), upset, np.random.default_rng(5))
    assert after is not None and 4 <= len(after.anomalies) <= 8
    assert {a.start.hour for a in after.anomalies} <= {8, 10}
    assert len({a.start.date() for a in after.anomalies}) == len(after.anomalies)


def test_what_is_said_of_a_year_is_one_case() -> None:
    """Five or six breakdowns of more than sixty hours together, told of all of the record."""
    [upset] = [u for u in UPSETS if u.kind == "marks_over_limit"]
    after = lay_upset(steady_record(), upset, np.random.default_rng(5))
    assert after is not None and len(after.anomalies) == 1 and len(after.spans) in (5, 6)
    assert (after.anomalies[0].start, after.anomalies[0].end) == (START, START + timedelta(hours=HOURS))
    assert sum(s.last - s.first for s in after.spans) > 60


@pytest.mark.parametrize(("measure", "obeyed", "told"), [("停产", False, 1), ("停产", True, 0), ("限产", False, 0)])
def test_production_in_a_stop_is_a_violation_of_an_order_to_stop(measure: str, obeyed: bool, told: int) -> None:
    """From the first to the last hour in which it ran in the days of the order, both included."""
    order = WrittenOrder(datetime(2026, 3, 6), datetime(2026, 3, 7), "C", measure)  # type: ignore[arg-type]
    after = with_order(replace(steady_record(), orders=(order,)), obeyed)
    assert [(a.kind, a.start, a.end, a.cause) for a in after.anomalies] == [
        ("production_in_stop", datetime(2026, 3, 6), datetime(2026, 3, 8), Cause.EMISSION)
    ] * told


def test_small_gaps_need_not_be_found() -> None:
    """Each is told, with its hours, as missing."""
    gone = np.zeros(HOURS, bool)
    gone[[5, 6, 20]] = True
    told = with_small_gaps(steady_record(), gone).anomalies
    assert [(a.kind, a.start.hour, a.end.hour, a.required) for a in told] == [
        ("missing", 5, 7, False), ("missing", 20, 21, False),
    ]  # fmt: skip


def test_truth_is_told_at_the_time_of_the_clock_that_recorded_it() -> None:
    """An outlet whose clock is an hour late shows its anomaly an hour late; the power platform has its own clock."""
    record = steady_record(clock_h=1)
    upsets = {u.name: u for u in UPSETS}
    outlet = lay_upset(record, upsets["freeze"], np.random.default_rng(2))
    meter = lay_upset(record, upsets["kill_meter"], np.random.default_rng(2))
    assert outlet is not None and meter is not None
    assert told_anomalies(outlet)[0].start == outlet.anomalies[0].start + timedelta(hours=1)
    assert told_anomalies(meter) == meter.anomalies


def test_upsets_of_the_docs_are_those_of_the_code() -> None:
    """The table in docs/simulator.md lists every one with kind, cause, disposition, other kinds and switch."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")
    table = page.split("<!-- upsets -->")[1].split("<!-- /upsets -->")[0].strip().splitlines()
    rows = [
        f"| {u.name.replace('_', ' ')}{'' if u.required else ' (need not be found)'} | `{u.kind}` | {u.cause} "
        f"| {u.expected} | {', '.join(u.also) or '–'} | {f'`{u.confounder}`' if u.confounder else '–'} |"
        for u in UPSETS
    ]
    assert table[2:-1] == rows and "`production_in_stop`" in table[-1]
