"""Devices of a site: their records, when each ran, and their links."""

from __future__ import annotations

import numpy as np
import xarray as xr

from monitors.devices import PRODUCTION, TREATMENT, devices_of
from onevisit.words.telling import tell
from tests.monitors.plant import START, days_of_work, meters, records, series

WORK = days_of_work(7)


def linked(**links: tuple[str, str]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """What each treatment treats for, and the codes of what is said; each device has a role and a link."""
    power = {name: (role, to, WORK) for name, (role, to) in links.items()}
    found = devices_of(records(meters(power)))
    return dict(found.value.treats), [said.code for said in found.decisions]


def test_a_treatment_treats_for_what_it_is_linked_to() -> None:
    """A link to one of two producers leaves the other out."""
    treats, said = linked(MF1=(PRODUCTION, ""), MF2=(PRODUCTION, ""), TA1=(TREATMENT, "MF2"))
    assert treats == {"TA1": ("MF2",)}
    assert said == []


def test_links_lead_over_treatments_and_from_either_end() -> None:
    """TA2 takes from TA1, which takes from MF1; MF2 names TA1 itself."""
    made, upper = {"MF1": (PRODUCTION, ""), "MF2": (PRODUCTION, "TA1"), "MF3": (PRODUCTION, "")}, (TREATMENT, "TA1")
    treats, _ = linked(**made, TA1=(TREATMENT, "MF1"), TA2=upper)
    assert treats == {"TA1": ("MF1", "MF2"), "TA2": ("MF1", "MF2")}


def test_several_links_stand_in_one_cell() -> None:
    """They are parted by a comma of either kind."""
    treats, _ = linked(MF1=(PRODUCTION, ""), MF2=(PRODUCTION, ""), TA1=(TREATMENT, "MF1，MF2"))
    assert treats == {"TA1": ("MF1", "MF2")}


def test_a_circle_is_said_and_the_rest_goes_on() -> None:
    """Two treatments that name each other treat for all that produces; a third keeps its own link."""
    made, round_ = {"MF1": (PRODUCTION, ""), "MF2": (PRODUCTION, "")}, {"TA1": (TREATMENT, "TA2")}
    treats, said = linked(**made, **round_, TA2=(TREATMENT, "TA1"), TA3=(TREATMENT, "MF1"))
    assert treats == {"TA1": ("MF1", "MF2"), "TA2": ("MF1", "MF2"), "TA3": ("MF1",)}
    assert said == ["device_links_in_circle"]


def test_a_link_to_nothing_is_said_with_its_names() -> None:
    """The device that is named is no device of the site."""
    found = devices_of(records(meters({"MF1": (PRODUCTION, "", WORK), "TA1": (TREATMENT, "MF9", WORK)})))
    assert found.value.treats == {"TA1": ("MF1",)}
    (said,) = found.decisions
    assert "TA1 → MF9" in tell(said, "en").decision


def test_power_counts_before_state_and_state_where_there_is_no_power() -> None:
    """A device runs by its power; one with a state only as the state says, with the doubt of what is declared."""
    both = {**meters({"MF1": (PRODUCTION, "", WORK)}).data_vars}
    state = meters(
        {"MF1": (PRODUCTION, "", np.ones(168)), "TA1": (TREATMENT, "MF1", [1, 0, 2, 4] * 42)}, quantity="state"
    )
    found = devices_of(records(series({**both, **state.data_vars}, interval="hour", source="a.csv"))).value
    (producer,), (treatment,) = found.of_role(PRODUCTION), found.of_role(TREATMENT)
    assert producer.quantity == "power"
    assert producer.running[3] < 0.02 and producer.running[12] > 0.98
    np.testing.assert_allclose(treatment.running[:4], [0.95, 0.05, np.nan, np.nan])


def test_hours_of_a_day_are_a_share_of_it() -> None:
    """Six hours are a quarter."""
    found = devices_of(
        records(meters({"MF1": (PRODUCTION, "", [6.0, 24.0])}, quantity="hours", interval="day"))
    ).value
    np.testing.assert_allclose(found.devices[0].running, [0.25, 1.0])


def test_readings_of_a_meter_are_taken_apart() -> None:
    """Energies that only grow and are large are readings: their differences are those of the hours."""
    energy = np.where(WORK > 50, 100.0, 5.0)
    found = devices_of(records(meters({"MF1": (PRODUCTION, "", 10_000 + np.cumsum(energy))}, quantity="energy")))
    np.testing.assert_allclose(found.value.devices[0].values[:-1], energy[1:])
    assert [said.code for said in found.decisions] == ["energy_from_readings"]


def test_files_of_one_device_are_one_record() -> None:
    """Two months in two files join; where they contradict each other, the first counts and the number is said."""
    first = meters({"MF1": (PRODUCTION, "", WORK)}, source="a.csv")
    second = meters({"MF1": (PRODUCTION, "", WORK + 1.0)}, source="b.csv")
    moved = second.assign_coords(time=second["time"] + np.timedelta64(5, "D"))
    found = devices_of(records(first, moved))
    (device,) = found.value.devices
    assert len(device.values) == 24 * 12
    np.testing.assert_allclose(device.values[:168], WORK)
    (said,) = found.decisions
    assert (said.code, said.values["count"]) == ("device_records_differ", 48)


def test_rows_of_a_clock_that_was_reset_are_left_out() -> None:
    """Two hours of the year 2000 do not make a record of 26 years."""
    power = meters({"MF1": (PRODUCTION, "", np.concatenate([[50.0, 50.0], WORK]))})
    old = np.datetime64("2000-01-01", "ns") + np.arange(2) * np.timedelta64(1, "h")
    power = power.assign_coords(time=("obs", np.concatenate([old, power["time"].values[:-2]])))
    found = devices_of(records(power))
    assert len(found.value.devices[0].values) == 168
    assert [said.values["count"] for said in found.decisions] == [2]


def test_one_name_at_two_points_is_two_devices() -> None:
    """SB001 of two monitors is not one device."""
    one = meters({"SB001": (PRODUCTION, "", WORK)}).assign_attrs(point="A")
    other = meters({"SB001": (PRODUCTION, "", WORK)}).assign_attrs(point="B")
    assert [device.name for device in devices_of(records(one, other)).value.devices] == ["SB001", "SB001@B"]


def test_codes_of_power_have_their_role() -> None:
    """HJ 212-2025: d2 produces, d3 treats."""
    power = {
        name: xr.Variable("obs", WORK, {"units": "kW", "code": code, "long_name": code})
        for name, code in (("d20101_P", "d20101"), ("d30101_P", "d30101"))
    }
    found = devices_of(records(series(power, interval="hour", source="a.txt"))).value
    assert [(one.name, one.role) for one in found.devices] == [("d20101", PRODUCTION), ("d30101", TREATMENT)]


def test_running_on_other_intervals() -> None:
    """A day is the mean of its hours; an hour has what its day has; outside nobody knows."""
    device = devices_of(records(meters({"MF1": (PRODUCTION, "", WORK)}))).value.devices[0]
    day = device.running_on(START + np.arange(2) * np.timedelta64(24, "h"), 86400.0)
    np.testing.assert_allclose(day, [10 / 24, 10 / 24], atol=0.01)
    quarter = device.running_on(START + np.timedelta64(12 * 60 + 15, "m") + np.arange(1), 900.0)
    np.testing.assert_allclose(quarter, [1.0], atol=0.02)
    assert np.isnan(device.running_on(np.array([START - np.timedelta64(1, "h")]), 3600.0)).all()
