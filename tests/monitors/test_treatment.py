"""Rules on devices: by hand, and what may not set them off."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from ingest.registers.kinds import Enterprise, Order
from ingest.schema import CrsSource, Site
from monitors.devices import PRODUCTION, TREATMENT
from monitors.schema import Anomaly
from monitors.settings import RecordSettings
from monitors.treatment import seek_treatment
from tests.monitors.plant import START, days_of_work, meters, outlet, records

WORK = days_of_work(14)
WORKS = WORK > 50
FAN = days_of_work(14, on=30.0, off=1.0)
HOURS = np.arange(336)
DAY = slice(104, 114)
"""Working hours of the fifth day."""


def utc(hour: int) -> datetime:
    """Start of an hour of the record."""
    return datetime.fromtimestamp(int(START.astype("M8[s]").astype(int)), UTC) + timedelta(hours=hour)


def of_kind(found: tuple[Anomaly, ...], kind: str) -> list[Anomaly]:
    """Those of one kind."""
    return [one for one in found if one.kind == kind]


def plant(production: np.ndarray = WORK, treatment: np.ndarray = FAN, **more: object) -> tuple[Anomaly, ...]:
    """What is found at a plant with one producer and what treats for it."""
    own = meters({"MF1": (PRODUCTION, "", production), "TA1": (TREATMENT, "MF1", treatment)})
    return seek_treatment(records(own), **more)  # type: ignore[arg-type]


def changed(values: np.ndarray, rows: slice, to: object) -> np.ndarray:
    """The same values with others in some rows."""
    found = values.copy()
    found[rows] = to
    return found


def test_a_plant_that_does_all_right_is_left_alone() -> None:
    """Its fan runs an hour before and after production, and nothing is said."""
    wide = np.where(WORKS | np.roll(WORKS, 1) | np.roll(WORKS, -1), 30.0, 1.0) * (1 + 0.02 * np.sin(HOURS * 2.4))
    assert plant(treatment=wide) == ()


def test_production_without_treatment() -> None:
    """Five hours with the fan at its standby: from the first to the last, five times the hour that is let pass."""
    (found,) = plant(treatment=changed(FAN, slice(106, 111), 1.0))
    assert (found.kind, found.code, found.start, found.end) == ("treatment_off", "TA1", utc(106), utc(111))
    assert found.strength == pytest.approx(5.0)
    assert found.values["hours"] == 5.0
    assert found.values["power"] == 1.0


@pytest.mark.parametrize("factor", [1e-3, 40.0])
def test_another_size_changes_nothing(factor: float) -> None:
    """A plant a thousand times smaller is judged alike."""
    off = changed(FAN, slice(106, 111), 0.9)
    small = plant(factor * WORK, factor * off)
    assert [(one.kind, one.start, one.end) for one in small] == [("treatment_off", utc(106), utc(111))]


def test_an_hour_is_let_pass_and_a_setting_lets_more() -> None:
    """Treatment that is off for as long as is let pass is told only when it is longer."""
    off = changed(FAN, slice(106, 109), 1.0)
    assert len(plant(treatment=off)) == 1
    assert plant(treatment=off, settings=RecordSettings(treatment_off_min=240)) == ()


def test_lead_and_lag_widen_what_is_owed() -> None:
    """With two hours of lead and one of lag, a fan that runs with production only owes three hours a day."""
    settings = RecordSettings(treatment_lead_min=120, treatment_lag_min=60)
    found = plant(settings=settings)
    assert {one.kind for one in found} == {"treatment_off"}
    assert (found[0].start, found[0].end) == (utc(6), utc(8))
    assert found[0].values["hours"] == 2.0
    assert found[1].start == utc(18)


def test_zero_power_may_be_a_meter() -> None:
    """Where the record is zero whenever the fan stands, a meter that failed is a rival."""
    fan = np.where(WORKS, FAN, 0.0)
    (found,) = plant(treatment=changed(fan, DAY, 0.0))
    assert found.kind == "treatment_off"
    assert found.rivals == ("meter_at_zero",)


def test_zero_power_with_an_outlet_that_shows_nothing_is_a_meter() -> None:
    """Had the fan stood, more would have left the outlet; had more left, it would be treatment that is off."""
    own = meters(
        {"MF1": (PRODUCTION, "", WORK), "TA1": (TREATMENT, "MF1", changed(np.where(WORKS, FAN, 0.0), DAY, 0.0))}
    )
    usual = np.where(WORKS, 20.0, 4.0) * (1 + 0.05 * np.sin(HOURS * 1.7))
    (meter,) = seek_treatment(records(own, outlet("a24088", usual)))
    assert (meter.kind, meter.values["how"]) == ("meter_offline", "zero")
    (off,) = seek_treatment(records(own, outlet("a24088", changed(usual, DAY, 45.0))))
    assert off.kind == "treatment_off"
    assert off.values["outlet_rise"] == pytest.approx(45 / 20, rel=0.1)


def test_zero_below_a_standby_is_a_meter() -> None:
    """The fan takes 1 kW while it stands: three days at zero are its meter's."""
    (found,) = plant(treatment=changed(FAN, slice(96, 168), 0.0))
    assert (found.kind, found.values["how"], found.start, found.end) == ("meter_offline", "zero", utc(96), utc(168))


def test_a_link_that_nobody_stated_is_a_rival() -> None:
    """Treatment of no link is held against all production, and that is said."""
    off = changed(FAN, slice(106, 111), 1.0)
    own = meters({"MF1": (PRODUCTION, "", WORK), "TA1": (TREATMENT, "", off)})
    (found,) = seek_treatment(records(own))
    assert found.rivals == ("link_not_stated",)


def test_two_fans_that_take_turns() -> None:
    """One of two is off all week, the other runs: nothing; both off for five hours: told of both."""
    first = np.where(HOURS < 168, FAN, 1.0)
    second = np.where(HOURS < 168, 1.0, FAN)

    def both(rows: slice) -> tuple[Anomaly, ...]:
        power = {
            "TA1": (TREATMENT, "MF1", changed(first, rows, 1.0)),
            "TA2": (TREATMENT, "MF1", changed(second, rows, 1.0)),
        }
        return seek_treatment(records(meters({"MF1": (PRODUCTION, "", WORK), **power})))

    assert both(slice(0, 0)) == ()
    assert [(one.code, one.start, one.end) for one in both(slice(106, 111))] == [
        ("TA1", utc(106), utc(111)),
        ("TA2", utc(106), utc(111)),
    ]


def test_treatment_that_idles_at_full_production() -> None:
    """A fan at a third of its power for two days of work, told once, 1.5 times the half that is allowed."""
    slow = changed(FAN, slice(96, 144), FAN[96:144] / 3)
    (found,) = plant(treatment=slow)
    assert (found.kind, found.start, found.end) == ("idle_treatment", utc(104), utc(138))
    assert found.strength == pytest.approx(1.5, rel=0.05)
    assert found.values["hours"] == 20.0


def test_a_fan_that_follows_the_load_does_not_idle() -> None:
    """At half the production a third of the power is enough."""
    part = changed(WORK, DAY, 55.0)
    slow = changed(FAN, DAY, 10.0)
    assert of_kind(plant(part, slow), "idle_treatment") == []


def test_energy_of_days_alone() -> None:
    """Production's kWh of a day without those of its treatment: that day."""
    day = np.arange(14)
    made = np.where(day % 7 == 6, 10.0, 1000.0 + 20 * np.sin(day))
    treated = changed(np.where(day % 7 == 6, 1.0, 300.0 + 5 * np.sin(day)), slice(3, 4), 2.0)
    own = meters(
        {"MF1": (PRODUCTION, "", made), "TA1": (TREATMENT, "MF1", treated)}, quantity="energy", interval="day"
    )
    (found,) = seek_treatment(records(own))
    assert (found.kind, found.start, found.end) == ("treatment_off", utc(72), utc(96))


# --- orders --------------------------------------------------------------------------------------------------------

SITE = Site(
    "P1",
    "厂",
    104.0,
    30.0,
    10.0,
    "WGS84",
    CrsSource.DECLARED,
    permit_code="P1",
    grade="C",
    district="青白江区",
    park="园",
)
STOP = Order(Enterprise("P1"), "", date(2026, 3, 5), date(2026, 3, 6), "", "停产", "停限产.csv")


def ordered(order: Order, production: np.ndarray = WORK, site: Site | None = SITE) -> list[Anomaly]:
    """Production against one order."""
    own = records(meters({"MF1": (PRODUCTION, "", production)}))
    return of_kind(seek_treatment(replace(own, site=site), (order,)), "production_in_stop")


def test_production_on_the_days_of_a_stop() -> None:
    """Whole days in Beijing, the last included: the fourth and fifth of the record, twice ten hours."""
    (found,) = ordered(STOP)
    assert (found.start, found.end) == (utc(3 * 24 + 8), utc(4 * 24 + 18))
    assert found.values["hours"] == 20.0
    assert found.strength == pytest.approx(10.0)


def test_an_order_that_is_kept() -> None:
    """Nobody produced on those days."""
    assert ordered(STOP, changed(WORK, slice(72, 120), 5.0)) == []


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"enterprise": Enterprise("P2")}, 0),
        ({"enterprise": Enterprise("", "", "厂")}, 1),
        ({"enterprise": Enterprise(), "area": "青白江区"}, 1),
        ({"enterprise": Enterprise(), "area": "青白江区", "grade": "C"}, 1),
        ({"enterprise": Enterprise(), "area": "青白江区", "grade": "D"}, 0),
        ({"enterprise": Enterprise(), "area": "新都区"}, 0),
        ({"measure": "限产"}, 0),
        ({"measure": "部分停产"}, 0),
    ],
)
def test_for_whom_an_order_holds(change: dict[str, object], count: int) -> None:
    """By code, name, area and grade; one without a number, or for part of the lines, is held against nothing."""
    assert len(ordered(replace(STOP, **change))) == count  # type: ignore[arg-type]


def test_an_area_says_nothing_of_a_site_that_nobody_knows() -> None:
    """A site that no register lists lies nowhere."""
    assert ordered(replace(STOP, enterprise=Enterprise(), area="青白江区"), site=None) == []


def test_an_order_without_an_end() -> None:
    """It holds until the end of the record, and that is a rival."""
    (found,) = ordered(replace(STOP, end=None))
    assert found.end == utc(13 * 24 + 18)
    assert "order_without_end" in found.rivals


@pytest.mark.parametrize(("power", "count"), [(1.0, 1), (0.5, 0)])
def test_a_limit_with_a_share(power: float, count: int) -> None:
    """限产30% leaves 70 % of the usual energy."""
    limit = replace(STOP, measure="限产30%")
    assert len(ordered(limit, changed(WORK, slice(72, 120), power * WORK[72:120]))) == count


# --- declared stops and meters -------------------------------------------------------------------------------------


def test_a_stop_that_was_declared_while_all_runs() -> None:
    """One case for both lines, from first to last."""
    texts = ["停运" if 104 <= k < 110 else "" for k in range(336)]
    power = {"MF1": (PRODUCTION, "", WORK), "MF2": (PRODUCTION, "", 0.5 * WORK), "TA1": (TREATMENT, "MF1", FAN)}
    own = meters(power, marks=dict.fromkeys(power, texts))
    (found,) = seek_treatment(records(own))
    assert (found.kind, found.start, found.end) == ("stop_marked_but_running", utc(104), utc(110))
    assert found.strength == pytest.approx(3.0)


def test_a_stop_that_was_declared_and_kept() -> None:
    """A mark over night says what is so."""
    texts = ["停运" if not works else "" for works in WORKS]
    assert seek_treatment(records(meters({"MF1": (PRODUCTION, "", WORK)}, marks={"MF1": texts}))) == ()


def test_a_meter_that_falls_silent_while_others_run() -> None:
    """From then on, to the end of what the others say."""
    (found,) = plant(changed(WORK, slice(200, 336), np.nan))
    assert (found.kind, found.values["how"], found.start, found.end) == (
        "meter_offline",
        "missing",
        utc(200),
        utc(336),
    )


def test_a_file_that_ends_early_is_a_silent_meter() -> None:
    """The producer's own file ends two days before that of its fan."""
    made = meters({"MF1": (PRODUCTION, "", WORK[:288])}, source="a.csv")
    fan = meters({"TA1": (TREATMENT, "MF1", FAN)}, source="b.csv")
    (found,) = seek_treatment(records(made, fan))
    assert (found.code, found.start, found.end) == ("MF1", utc(288), utc(336))


def test_a_platform_that_is_silent_is_no_meter() -> None:
    """All meters are missing at once: nobody knows, and nothing is said of one of them."""
    gap = slice(200, 260)
    assert plant(changed(WORK, gap, np.nan), changed(FAN, gap, np.nan)) == ()


def test_a_meter_that_repeats_one_value() -> None:
    """At its load for two days and nights, to the last digit."""
    stuck = changed(WORK, slice(105, 153), WORK[105])
    found = of_kind(plant(stuck), "meter_offline")
    assert [(one.code, one.values["how"], one.start, one.end) for one in found] == [
        ("MF1", "stuck", utc(105), utc(153))
    ]


@pytest.mark.parametrize(("every", "count"), [(2, 0), (1, 1)])
def test_a_line_at_zero_while_another_runs(every: int, count: int) -> None:
    """Two lines with one fan: at zero for a week the second is doubted only if it had always run with the first."""
    second = np.where((HOURS < 168) & WORKS & (HOURS // 24 % every == 0), WORK, 0.0)
    power = {"MF1": (PRODUCTION, "", WORK), "MF2": (PRODUCTION, "", second), "TA1": (TREATMENT, "MF1,MF2", FAN)}
    found = seek_treatment(records(meters(power)))
    assert [(one.kind, one.code, one.rivals) for one in found] == [
        ("meter_offline", "MF2", ("switched_off_at_the_mains",))
    ] * count
