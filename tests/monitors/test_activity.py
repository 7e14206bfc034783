"""Whether a site ran: by hand, and what may not change the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from monitors.activity import infer_activity, running_at
from monitors.devices import PRODUCTION, TREATMENT
from monitors.schema import Activity, SiteRecords
from tests.monitors.plant import days_of_work, meters, outlet, records

WORK = days_of_work(14)
WORKS = WORK > 50
HOURS = np.arange(336)
FAN = days_of_work(14, on=30.0, off=1.0)
BEIJING = timezone(timedelta(hours=8))


def activity(*own: object) -> Activity:
    """The activity of a plant, which some record tells."""
    found = infer_activity(records(*own))  # type: ignore[arg-type]
    assert found is not None
    return found


def power(production: np.ndarray, treatment: np.ndarray | None = None) -> object:
    """Meters of one producer and of what treats for it."""
    own = {"MF1": (PRODUCTION, "", production)}
    return meters(own if treatment is None else {**own, "TA1": (TREATMENT, "MF1", treatment)})


def test_a_plant_runs_in_its_hours() -> None:
    """Between 8 and 18 with more than 96 %, else with 1 %, on the intervals of its meters."""
    found = activity(power(WORK))
    np.testing.assert_allclose(found.running, np.where(WORKS, 0.98, 0.01), atol=0.02)
    assert found.basis == ("用电监控.csv MF1",)


@pytest.mark.parametrize("factor", [1e-3, 7.0])
def test_another_size_changes_nothing(factor: float) -> None:
    """A plant a thousand times smaller has the same activity."""
    np.testing.assert_allclose(activity(power(factor * WORK)).running, activity(power(WORK)).running, atol=1e-6)


def test_time_reversed_is_activity_reversed() -> None:
    """Read from the end, the record says the same."""
    forward, backward = activity(power(WORK)).running, activity(power(WORK[::-1])).running
    np.testing.assert_allclose(backward[::-1], forward, atol=0.02)


def test_a_site_that_never_stops() -> None:
    """Its record has one level, above zero: it ran, less surely than where a stop was seen."""
    found = activity(power(100.0 + np.sin(np.arange(336.0))))
    np.testing.assert_allclose(found.running, 0.95)


def test_a_site_that_never_runs() -> None:
    """Zero all along, and treatment too."""
    assert activity(power(np.zeros(336), np.zeros(336))).running.max() < 0.1


def test_missing_records_are_unknown() -> None:
    """Where no meter and no outlet speaks, the probability is NaN, not nought."""
    gap = WORK.copy()
    gap[100:130] = np.nan
    assert np.flatnonzero(np.isnan(activity(power(gap)).running)).tolist() == list(range(100, 130))


def test_treatment_speaks_where_production_is_silent() -> None:
    """In a gap of the producer's meter its fan tells the hours of work."""
    gap = WORK.copy()
    gap[96:144] = np.nan
    found = activity(power(gap, FAN)).running[96:144]
    np.testing.assert_array_equal(found > 0.5, WORKS[96:144])
    assert found.max() <= 0.95 and found.min() >= 0.05


def test_a_meter_at_zero_does_not_read_as_a_stop() -> None:
    """For three days it gives zero while the fan keeps its hours: the site ran in them."""
    dead = WORK.copy()
    dead[96:168] = 0.0
    np.testing.assert_array_equal(activity(power(dead, FAN)).running > 0.5, WORKS)


def test_a_meter_that_repeats_its_value_does_not_read_as_running() -> None:
    """A producer stuck at its load over two nights, in which its fan stood."""
    stuck = WORK.copy()
    stuck[105:156] = stuck[105]
    np.testing.assert_array_equal(activity(power(stuck, FAN)).running > 0.5, WORKS)


def test_one_of_two_lines_is_enough() -> None:
    """A site runs while any producer does; a line that never stops is one."""
    night = np.roll(WORK, 12)
    both = meters({"MF1": (PRODUCTION, "", WORK), "MF2": (PRODUCTION, "", night)})
    np.testing.assert_array_equal(activity(both).running > 0.5, WORKS | np.roll(WORKS, 12))


def test_outlet_flow_where_there_is_no_meter() -> None:
    """Flow alone tells, with less weight."""
    found = activity(outlet("a00000", np.where(WORKS, 20.0, 0.0), unit="m3 s-1"))
    np.testing.assert_array_equal(found.running > 0.5, WORKS)
    assert found.running.max() < 0.95


def test_oxygen_is_that_of_air_while_nothing_burns() -> None:
    """21 % in the flue is a stop, 8 % is none."""
    found = activity(outlet("a19001", np.where(WORKS, 8.0, 20.9) + 0.1 * np.sin(np.arange(336)), unit="%"))
    np.testing.assert_array_equal(found.running > 0.5, WORKS)


def test_concentrations_tell_a_stop_and_no_exceedance() -> None:
    """Next to nothing by night is a stop; twice the limit for a day does not make the other days one."""
    usual = 20.0 * (1.0 + 0.1 * np.sin(HOURS * 1.7))
    found = activity(outlet("a24088", np.where(WORKS, usual, 0.4)))
    np.testing.assert_array_equal(found.running > 0.5, WORKS)
    assert infer_activity(records(outlet("a24088", np.where(HOURS // 24 == 3, 120.0, usual)))) is None


def test_a_declared_stop_alone_is_weak() -> None:
    """A mark of a stop, where nothing else speaks, makes running unlikely; hours without a mark stay unknown."""
    texts = ["停运" if 48 <= k < 72 else "" for k in range(336)]
    own = meters({"MF1": (PRODUCTION, "", np.where(np.arange(336) == 300, 5.0, np.nan))}, marks={"MF1": texts})
    running = activity(own).running
    assert ((running[48:72] > 0.02) & (running[48:72] < 0.3)).all()
    assert np.isnan(running[72:300]).all()


def test_energy_of_days_tells_the_days() -> None:
    """One account, two weeks with free Sundays: it ran on working days, and more surely at ten than at midnight."""
    energy = np.where(np.arange(28) % 7 == 6, 20.0, 900.0 + 30.0 * np.sin(np.arange(28)))
    found = activity(meters({"总表": ("", "", energy)}, quantity="energy", interval="day"))
    np.testing.assert_array_equal(found.running > 0.5, np.arange(28) % 7 != 6)
    ten, midnight = (running_at(found, datetime(2026, 3, 3, hour, tzinfo=BEIJING)) for hour in (10, 0))
    assert ten is not None and midnight is not None
    assert ten > 0.6 > 0.4 > midnight


def test_nothing_that_tells_is_none() -> None:
    """A concentration that never falls to another level says nothing of activity; nor do no records."""
    assert infer_activity(records(outlet("a24088", 20.0 + np.sin(np.arange(336.0))))) is None
    assert infer_activity(SiteRecords("P1", "", "厂", ())) is None


def test_moments_in_any_zone_and_outside() -> None:
    """9:40 in Beijing is 1:40 UTC; before and behind the record nobody knows."""
    found = activity(power(WORK))
    assert running_at(found, datetime(2026, 3, 2, 9, 40, tzinfo=BEIJING)) == pytest.approx(0.99, abs=0.01)
    assert running_at(found, datetime(2026, 3, 2, 1, 40, tzinfo=UTC)) == running_at(
        found, datetime(2026, 3, 2, 1, 40)
    )
    assert running_at(found, datetime(2026, 3, 1, 15, 59)) is None
    assert running_at(found, datetime(2026, 3, 16, 0, 0, tzinfo=BEIJING)) is None


@pytest.mark.parametrize(("minute", "runs"), [(10, False), (35, True), (55, True)])
def test_the_minutes_of_an_hour_with_a_start(minute: int, runs: bool) -> None:
    """Half the usual power in the hour before work: it began at half past seven."""
    half = WORK.copy()
    half[7::24] = 52.5
    p = running_at(activity(power(half)), datetime(2026, 3, 4, 7, minute, tzinfo=BEIJING))
    assert p is not None
    assert (p > 0.5) is runs


def test_minutes_of_meters_keep_their_own_length() -> None:
    """A record of minutes gives the activity of minutes."""
    minutes = np.repeat(WORK[:48], 60) * (1.0 + 0.01 * np.sin(np.arange(48 * 60)))
    found = activity(meters({"MF1": (PRODUCTION, "", minutes)}, interval="minute"))
    assert set(found.length_s) == {60.0}
    np.testing.assert_array_equal(found.running > 0.5, np.repeat(WORKS[:48], 60))
