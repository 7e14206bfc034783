"""Crossings: what one vehicle meets at one moment is one, whatever species and loggers met it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import FusionSettings
from fusion.hotspots import crossings as module
from fusion.hotspots.crossings import Crossings, Drive, find_crossings, is_exhaust_like
from ingest.flags import Flag
from tests.fusion.hotspots.plume_tracks import CRS, ORIGIN, bump, crossings_by_hand, road, van

X = np.arange(0.0, 2000.0, 5.0)
Y = np.zeros(X.size)


def _at(found: Crossings) -> list[float]:
    return [round(float(v) - ORIGIN[0], 1) for v in found.x]


def test_plumes_of_several_species_at_one_moment_are_one_crossing() -> None:
    """Place, time, width and strength are those of the highest over its noise; every species has its own largest."""
    track = van(X, Y, {"ch4": bump(X, 500, 40), "toluene": bump(X, 510, 90), "co": bump(X, 1500, 30), "no": 0 * X})
    found = find_crossings([track], CRS)
    assert found.species == ("ch4", "co", "no", "toluene") == found.substances
    assert found.size == 2 and _at(found) == [510.0, 1500.0]
    assert [found.species[k] for k in found.lead] == ["toluene", "co"]
    assert found.strength == pytest.approx([90.0, 30.0])
    assert found.plume.tolist() == [[True, False, False, True], [False, True, False, False]]
    assert found.snr[0] == pytest.approx([40.0, 0.0, 0.0, 90.0], abs=1e-6)
    assert found.peak - np.datetime64("2024-05-01T02:00:00").astype("int64") == pytest.approx([102.0, 300.0])
    plume = dict(zip(track.plumes["species"].values.tolist(), track.plumes["width_m"].values, strict=True))
    assert found.width_m == pytest.approx([plume["toluene"], plume["co"]])
    assert (found.start < found.peak).all() and (found.peak < found.end).all()
    assert [d.label for d in found.drives] == ["van#0"] and found.drive.tolist() == [0, 0]
    assert found.drives[0].length_m == pytest.approx(1995.0, rel=1e-6)


@pytest.mark.parametrize(("apart", "number"), [(20.0, 1), (25.0, 1), (30.0, 2)])
def test_maxima_farther_apart_than_their_errors_are_two_crossings(apart: float, number: int) -> None:
    """Five metres a second: 25 m and 5 s are reached together, and the limit belongs to one crossing."""
    track = van(X, Y, {"ch4": bump(X, 500, 40), "toluene": bump(X, 500 + apart, 40)})
    assert find_crossings([track], CRS).size == number


@pytest.mark.parametrize(
    ("speed", "seconds", "number"), [(2.0, 5.0, 1), (2.0, 6.0, 2), (10.0, 2.0, 1), (10.0, 3.0, 2)]
)
def test_both_time_and_way_bound_a_crossing(speed: float, seconds: float, number: int) -> None:
    """Slowly 5 s are less than 25 m, fast 25 m are less than 5 s."""
    x = np.arange(0.0, 400.0) * speed
    at = 200 * speed
    values = {"ch4": bump(x, at, 40, 3 * speed), "toluene": bump(x, at + seconds * speed, 40, 3 * speed)}
    assert find_crossings([van(x, 0 * x, values)], CRS).size == number


def test_loggers_on_one_vehicle_make_one_crossing_of_one_pass() -> None:
    """Their plumes are joined, the passes are those of the longer record, and each species is the best of both."""
    gas = van(X, Y, {"ch4": bump(X, 500, 40), "co": bump(X, 500, 20)}, name="gas")
    part = slice(0, 300)
    dust = van(X[part], Y[part] + 3, {"pm25": bump(X[part], 505, 60), "co": bump(X[part], 500, 30)}, name="dust")
    for tracks in ([gas, dust], [dust, gas]):
        found = find_crossings(tracks, CRS)
        assert found.size == 1 and found.species == ("ch4", "co", "pm25")
        assert found.snr[0] == pytest.approx([40.0, 30.0, 60.0], rel=1e-3)
        assert found.plume.all() and found.species[found.lead[0]] == "pm25"
        assert [d.label for d in found.drives] == ["gas#0"] and found.drive.tolist() == [0]
        assert found.vehicle.tolist() == [0, 0] and tracks[found.track[0]] is dust


def test_two_vehicles_make_two_crossings() -> None:
    """At the same moment 200 m apart, or at the same place an hour later: another vehicle, or another drive of it."""
    one = van(X, Y, {"ch4": bump(X, 500, 40)}, name="one")
    beside = van(X, Y + 200, {"ch4": bump(X, 500, 40)}, name="beside")
    later = van(X, Y, {"ch4": bump(X, 500, 40)}, name="later", start="2024-05-01T03:00:00")
    for other in (beside, later):
        found = find_crossings([one, other], CRS)
        assert found.size == 2 and found.drive.tolist() == [0, 1] and found.vehicle.tolist() == [0, 1]
        assert [d.label for d in found.drives] == ["one#0", f"{other.passes['trajectory'].item()}#0"]


def test_dry_and_wet_methane_are_one_substance() -> None:
    """One crossing; they rise as one, and tell as one of what the source emits."""
    values = {
        "ch4": bump(X, 500, 40),
        "ch4_dry": bump(X, 500, 60),
        "ch4_2": bump(X, 500, 50),
        "co2": bump(X, 500, 20),
    }
    found = find_crossings([van(X, Y, values)], CRS)
    assert found.size == 1 and found.species == ("ch4", "ch4_2", "ch4_dry", "co2")
    assert found.substances == ("ch4", "ch4", "ch4_dry", "co2")
    assert found.composition.tolist() == [pytest.approx([60.0, 20.0])]
    assert found.risen.tolist() == [2]


def test_water_vapour_is_no_crossing() -> None:
    """What a river evaporates is no place to look at, nor does it tell of the composition."""
    found = find_crossings([van(X, Y, {"h2o": bump(X, 500, 400), "ch4": bump(X, 1000, 40)})], CRS)
    assert found.species == ("ch4",) and _at(found) == [1000.0] and found.snr.shape == (1, 1)
    assert find_crossings([van(X, Y, {"h2o": bump(X, 500, 400)})], CRS).size == 0


def test_without_plumes_there_is_no_crossing() -> None:
    """Empty arrays of the right shapes; the drives are there."""
    found = find_crossings([van(X, Y, {"ch4": 0 * X})], CRS)
    assert found.size == 0 and found.snr.shape == found.composition.shape == (0, 1) and len(found.drives) == 1
    assert found.strength.size == found.standing.size == found.risen.size == 0
    nothing = find_crossings([], CRS)
    assert nothing.size == 0 and nothing.drives == () and nothing.composition.shape == (0, 0)


def test_passes_are_drives_and_rows_in_none_are_not() -> None:
    """Two laps are two drives of their own rows; rows between them are driven by no pass."""
    index = np.repeat([0, -1, 1], [150, 50, 200])
    track = van(X, Y, {"ch4": bump(X, 500, 40) + bump(X, 1500, 40)}, pass_index=index)
    found = find_crossings([track], CRS)
    assert [d.label for d in found.drives] == ["van#0", "van#1"] and found.drive.tolist() == [0, 1]
    assert [d.length_m for d in found.drives] == pytest.approx([149 * 5.0, 199 * 5.0], rel=1e-6)


def test_what_a_second_logger_met_alone_is_in_the_pass_of_then() -> None:
    """The first logger ran for the first lap only: the second lap is a pass of the vehicle all the same."""
    index = np.repeat([0, 1], 200)
    both = van(X, Y, {"toluene": bump(X, 500, 40) + bump(X, 1500, 40)}, name="both", pass_index=index)
    first = van(X[:200], Y[:200], {"ch4": bump(X[:200], 500, 90)}, name="first")
    for tracks in ([first, both], [both, first]):
        found = find_crossings(tracks, CRS)
        assert [found.drives[k].label for k in found.drive] == ["both#0", "both#1"]
        assert [found.species[k] for k in found.lead] == ["ch4", "toluene"]


def test_a_crossing_while_the_longest_record_is_in_no_pass_is_of_the_nearest_pass() -> None:
    """Its rows at that moment are in no pass, or not on a place."""
    index = np.repeat([0, -1, 1], [150, 60, 190])
    long = van(X, Y, {"co": 0 * X}, name="long", pass_index=index)
    short = van(X[:390], Y[:390], {"ch4": bump(X[:390], 770, 40) + bump(X[:390], 1030, 40)}, name="short")
    found = find_crossings([long, short], CRS)
    assert _at(found) == [770.0, 1030.0]  # rows 154 and 206: four seconds after one pass and before the other
    assert [found.drives[k].label for k in found.drive] == ["long#0", "long#1"]


def test_methane_in_rows_refused_for_exhaust_keeps_its_strength() -> None:
    """A plume of a gas that vehicles hardly emit stands in such rows: never a strength that is not known."""
    flags = np.where(np.abs(X - 500) < 100, int(Flag.OWN_EXHAUST), 0)
    found = find_crossings([van(X, Y, {"ch4": bump(X, 500, 40), "co": bump(X, 500, 90)}, flags=flags)], CRS)
    assert found.size == 1 and found.strength == pytest.approx([40.0])
    assert np.isnan(found.snr[0, found.species.index("co")])


def test_the_largest_value_of_a_species_is_of_the_crossing() -> None:
    """From half of 5 s before to half of 5 s after it, by usable rows, in the same vehicle's loggers alone."""
    spike = np.zeros(X.size)
    track = van(X, Y, {"ch4": bump(X, 500, 40, 10), "co": spike})
    first, last = (int(track.plumes[name].values[0]) for name in ("first_row", "last_row"))
    for row, heard in ((first - 3, False), (first - 2, True), (last + 2, True), (last + 3, False)):
        value = spike.copy()
        value[row] = 3.0
        found = find_crossings([van(X, Y, {"ch4": bump(X, 500, 40, 10), "co": value})], CRS)
        assert found.snr[0] == pytest.approx([40.0, 3.0 if heard else 0.0])
    other = van(X, Y + 200, {"co": np.full(X.size, 3.0), "pm25": np.full(X.size, 2.0)}, name="other")
    found = find_crossings([track, other], CRS)
    assert found.snr[0, :2] == pytest.approx([40.0, 0.0]) and np.isnan(found.snr[0, 2])


def test_standing_is_to_move_less_than_a_metre_a_second() -> None:
    """Width over time of the leading plume; a single row is no standing."""
    found = crossings_by_hand(np.zeros((4, 2)), [[9.0]] * 4, seconds=20.0)
    found = replace(found, width_m=np.array([19.9, 20.0, 0.0, 0.0]))
    found = replace(found, end=np.r_[found.end[:3], found.start[3]])
    assert found.standing.tolist() == [True, False, True, False]


KINDS = ("ch4", "co", "nox", "pm25", "toluene", "so2", "co2_dry", "nmhc", "hexane")


@pytest.mark.parametrize(
    ("rose", "exhaust"),
    [
        ({"nox": 50}, True), ({"co": 9, "nox": 50, "pm25": 20}, True), ({"pm25": 50}, True), ({"co2_dry": 50}, True),
        ({"nox": 50, "toluene": 30}, True),  # solvents of petrol below nitrogen oxides
        ({"nox": 30, "toluene": 50}, False),  # solvents lead
        ({"pm25": 50, "toluene": 30}, False),  # dust with solvents
        ({"pm25": 50, "toluene": 30, "co": 9}, True),
        ({"so2": 30, "nox": 50}, False), ({"ch4": 9, "nox": 50}, False), ({"ch4": 50}, False),
        ({"toluene": 50}, False), ({"hexane": 50}, False), ({"nmhc": 20, "co": 50}, True),
    ],
)  # fmt: skip
def test_exhaust_is_led_by_a_tracer_and_holds_nothing_that_vehicles_hardly_emit(
    rose: dict[str, float], exhaust: bool
) -> None:
    """Tracers alone, or a gaseous tracer with something below a leading tracer; never with methane or sulfur."""
    values = [rose.get(name, 1.0) for name in KINDS]
    found = crossings_by_hand(np.zeros((1, 2)), [values], species=KINDS)
    assert is_exhaust_like(found, FusionSettings().combustion_species).tolist() == [exhaust]


def test_what_dry_methods_measure_is_a_tracer_where_the_wet_one_is() -> None:
    """A bureau that names carbon dioxide alone means it dry as well."""
    found = crossings_by_hand(np.zeros((1, 2)), [[50.0]], species=("co2_dry",))
    assert is_exhaust_like(found, ("co2",)).tolist() == [True]
    assert is_exhaust_like(found, ("co",)).tolist() == [False]


def test_an_unknown_gas_keeps_its_name() -> None:
    """It is its own substance, and no tracer."""
    found = find_crossings([van(X, Y, {"hexane": bump(X, 500, 40), "nox": bump(X, 500, 20)})], CRS)
    assert found.substances == ("hexane", "nox") and found.risen.tolist() == [2]


def test_a_drive_comes_near_where_any_row_is_near_any_point() -> None:
    """The limit belongs to it; metres are of the plane."""
    drive = road("d0#0")
    far, near = np.array([500.0, 5000.0]), np.array([40.0, 0.0])
    assert drive.comes_near(far, near, 40.0) and not drive.comes_near(far, near, 39.9)
    assert drive.length_m == 1000.0
    assert Drive("turn", np.array([0.0, 3.0, 3.0]), np.array([0.0, 4.0, 0.0])).length_m == 9.0


def _slow_meet(vehicle: list[int], peak: list[float], x: list[float]) -> list[int]:
    numbers = [0]
    for k in range(1, len(peak)):
        new = vehicle[k] != vehicle[k - 1] or peak[k] - peak[k - 1] > 5.0 or abs(x[k] - x[k - 1]) > 25.0
        numbers.append(numbers[-1] + int(new))
    return numbers


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(0, 200)), min_size=1, max_size=25))
def test_plumes_meet_as_a_slow_walk_says(plumes: list[tuple[int, int, int]]) -> None:
    """Against a walk from plume to plume in order of vehicle and time."""
    plumes = sorted(plumes)
    vehicle, peak, x = (np.array(v, float) for v in zip(*plumes, strict=True))
    n = np.zeros(vehicle.size)
    number = vehicle.astype(np.int64)
    given_ = module._Plumes(number, number, number, n, peak, n, x, n, n, n)
    assert module._meet(given_).tolist() == _slow_meet(number.tolist(), peak.tolist(), x.tolist())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 100), min_size=1, max_size=8, unique=True), st.lists(st.integers(-5, 105), max_size=9))
def test_the_nearest_row_is_the_nearest(times: list[int], asked: list[int]) -> None:
    """Against a search over all rows; of two as near either will do."""
    time, at = np.sort(np.array(times, float)), np.array(asked, float)
    found = module._nearest(time, at)
    assert (np.abs(time[found] - at) == [np.abs(time - one).min() for one in at]).all()
