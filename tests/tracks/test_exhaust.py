"""Exhaust: a passing car is flagged, a plant is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from ingest.flags import Flag
from ingest.schema import new_trace
from onevisit.words.telling import tell
from tracks import TrackSettings, process_trace
from tracks.exhaust import _spike_runs, _spikes, _valleys, _widen, _with_flanks, flag_exhaust

Make = Callable[..., xr.Dataset]
SETTINGS = TrackSettings()
NONE = TrackSettings(estimate_lag=False)


def drive(spikes: dict[str, list[int]], *, width_s: float = 2.0, loops: int = 4, **wind: float) -> xr.Dataset:
    """Loops of 2 × 200 s along a street with CO2, CO, NOx and SO2; ``spikes`` give their rows per species."""
    rng = np.random.default_rng(5)
    x = np.tile(np.concatenate([10.0 * np.arange(200), 10.0 * np.arange(200)[::-1]]), loops)
    n = len(x)
    time = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(n) * np.timedelta64(1, "s")
    variables = {}
    for name in ("co2", "co", "nox", "so2"):
        values = 10 + rng.normal(0, 0.1, n)
        for row in spikes.get(name, []):
            values += 10 * np.exp(-(((np.arange(n) - row) / width_s) ** 2))
        variables[name] = (values, {"units": "ppb", "species": name, "instrument": name})
    for name, speed in wind.items():
        variables[name] = (np.full(n, speed), {"units": "m s-1"})
    return new_trace("street", time, 104 + x / 96486.3, np.full(n, 30.0), variables)


def flagged(trace: xr.Dataset, flag: Flag) -> np.ndarray:
    """Rows with the flag."""
    return np.flatnonzero(process_trace(trace, NONE).value.passes["qc_flag"].values & np.uint32(flag))


def test_a_short_joint_spike_is_a_vehicle() -> None:
    """CO2, CO and NOx that spike together once for seconds are flagged, and are no plume."""
    trace = drive({name: [300] for name in ("co2", "co", "nox")})
    assert 300 in flagged(trace, Flag.VEHICLE_EXHAUST)
    assert process_trace(trace, NONE).value.plumes.sizes["plume"] == 0


def test_a_place_that_spikes_on_every_pass_is_no_vehicle() -> None:
    """The same spike at the same place on all passes stays a plume."""
    rows = [100 + 400 * k for k in range(4)] + [299 + 400 * k for k in range(4)]
    trace = drive(dict.fromkeys(("co2", "co", "nox"), rows))
    assert not len(flagged(trace, Flag.VEHICLE_EXHAUST))
    assert process_trace(trace, NONE).value.plumes.sizes["plume"] == 24


def test_a_spike_with_sulfur_is_a_plant() -> None:
    """SO2 in the spike speaks for a stack: not flagged."""
    assert not len(flagged(drive({name: [300] for name in ("co2", "co", "nox", "so2")}), Flag.VEHICLE_EXHAUST))


def test_a_spike_of_one_tracer_is_not_judged() -> None:
    """NOx alone is never flagged as exhaust."""
    assert not len(flagged(drive({"nox": [300]}), Flag.VEHICLE_EXHAUST))


def test_a_long_rise_is_no_passing_vehicle() -> None:
    """Tracers that are high together for a minute are not a passing car."""
    assert not len(flagged(drive({n: [300] for n in ("co2", "co", "nox")}, width_s=40), Flag.VEHICLE_EXHAUST))


def waiting(u: float | None) -> xr.Dataset:
    """A drive east that waits for two minutes in CO2, CO and NOx; ``u`` is the wind towards east."""
    rng = np.random.default_rng(5)
    x = np.concatenate([10.0 * np.arange(300), np.full(120, 2990.0), 3000 + 10.0 * np.arange(300)])
    n = len(x)
    time = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(n) * np.timedelta64(1, "s")
    variables = {}
    for name in ("co2", "co", "nox"):
        values = 10 + rng.normal(0, 0.1, n)
        values[310:410] += 10
        variables[name] = (values, {"units": "ppb", "species": name, "instrument": name})
    if u is not None:
        variables |= {"u": (np.full(n, u), {"units": "m s-1"}), "v": (np.zeros(n), {"units": "m s-1"})}
    return new_trace("wait", time, 104 + x / 96486.3, np.full(n, 30.0), variables)


def test_waiting_with_the_wind_from_behind_is_the_own_exhaust() -> None:
    """Standing in a lasting rise of all tracers is the own exhaust when the wind comes from behind, and only then."""
    assert len(flagged(waiting(3.0), Flag.OWN_EXHAUST)) >= 95
    assert not len(flagged(waiting(-3.0), Flag.OWN_EXHAUST))
    assert not len(flagged(waiting(None), Flag.OWN_EXHAUST))


def test_vehicles_in_a_row_are_vehicles() -> None:
    """Five cars, seven seconds apart, make one long run of tracers; it is cut at its valleys and flagged."""
    rows = [300, 307, 314, 321, 328]
    trace = drive(dict.fromkeys(("co2", "co", "nox"), rows), width_s=1.5)
    assert set(rows) <= set(flagged(trace, Flag.VEHICLE_EXHAUST))


def test_a_gas_beside_the_spike_does_not_make_it_a_plant() -> None:
    """SO2 that peaks 8 s later is another source; SO2 at the same time is not."""
    tracers = {name: [300] for name in ("co2", "co", "nox")}
    assert 300 in flagged(drive({**tracers, "so2": [308]}), Flag.VEHICLE_EXHAUST)
    assert 300 not in flagged(drive({**tracers, "so2": [301]}), Flag.VEHICLE_EXHAUST)


def test_one_meeting_on_many_passes_is_an_accident() -> None:
    """Spikes at one place on two of eight passes are vehicles that met by accident; on six they are a source."""
    place = [100 + 400 * k for k in range(4)] + [299 + 400 * k for k in range(4)]
    few, many = (dict.fromkeys(("co2", "co", "nox"), sorted(place)[:k]) for k in (2, 6))
    assert set(sorted(place)[:2]) <= set(flagged(drive(few), Flag.VEHICLE_EXHAUST))
    assert not len(flagged(drive(many), Flag.VEHICLE_EXHAUST))


def spiked(heights: dict[int, dict[str, float]], *, width_s: float = 2.0, loops: int = 2) -> xr.Dataset:
    """`drive` with a spike of its own height per species at each of the rows."""
    trace = drive({}, loops=loops)
    rows = np.arange(trace.sizes["obs"])
    for row, species in heights.items():
        for name, height in species.items():
            trace[name] = trace[name] + height * np.exp(-(((rows - row) / width_s) ** 2))
    return trace


def test_two_vehicles_at_one_place_differ_in_composition() -> None:
    """Spikes at one place on both passes are a source when their composition is the same, vehicles when it is not."""
    diesel, petrol = {"co2": 4.0, "co": 2.0, "nox": 30.0}, {"co2": 20.0, "co": 30.0, "nox": 2.0}
    same, other = {100: diesel, 299: diesel}, {100: diesel, 299: petrol}
    assert not len(flagged(spiked(same, loops=1), Flag.VEHICLE_EXHAUST))
    assert {100, 299} <= set(flagged(spiked(other, loops=1), Flag.VEHICLE_EXHAUST))


def test_a_strong_spike_is_flagged_to_its_flanks() -> None:
    """A truck of 5 000 standard deviations is above detection for long; no plume is left beside the flagged rows."""
    trace = spiked({300: dict.fromkeys(("co2", "co", "nox"), 500.0)}, width_s=4.5)
    rows = flagged(trace, Flag.VEHICLE_EXHAUST)
    assert rows.min() <= 288
    assert rows.max() >= 312
    assert process_trace(trace, NONE).value.plumes.sizes["plume"] == 0


def test_a_gas_that_vehicles_hardly_emit_stays_a_plume_in_exhaust() -> None:
    """SO2 that a vehicle's spike covers in part is still found, CO and NOx there are not."""
    trace = spiked({300: dict.fromkeys(("co2", "co", "nox"), 20.0), 304: {"so2": 10.0}})
    track = process_trace(trace, NONE).value
    assert 300 in np.flatnonzero(track.passes["qc_flag"].values & np.uint32(Flag.VEHICLE_EXHAUST))
    assert track.plumes["species"].values.tolist() == ["so2"]
    assert track.plumes["peak_row"].values.tolist() == [304]


# --- odds by hand ----------------------------------------------------------------------------------------------


def box(first: int, last: int, *, height: float = 50.0, rows: int = 400) -> np.ndarray:
    """Clean air with one value in some rows."""
    excess = np.zeros(rows)
    excess[first : last + 1] = height
    return excess


SPIKE = box(200, 203)
THREE = {"co2": SPIKE, "co": SPIKE, "nox": SPIKE}


def judged(
    make_passes: Make,
    excess: dict[str, np.ndarray],
    *,
    standing: slice = slice(0, 0),
    heading: np.ndarray | float = 0.0,
    settings: TrackSettings = SETTINGS,
    **more: object,
) -> xr.Dataset:
    """Rows 10 m apart on one pass, judged; ``standing`` rows are marked so."""
    rows = len(next(iter(excess.values())))
    flags = np.zeros(rows, np.uint32)
    flags[standing] = Flag.STATIONARY
    passes = make_passes(10.0 * np.arange(rows), excess=excess, flags=flags, **more)
    passes = passes.assign(heading=("obs", np.broadcast_to(heading, rows).astype(float)))
    return flag_exhaust(passes, settings).value


def chances(passes: xr.Dataset) -> dict[float, list[int]]:
    """First and last row by probability, of those that have one."""
    probability = passes["exhaust_probability"].values.astype(float).round(4)
    rows = {float(p): np.flatnonzero(probability == p) for p in np.unique(probability[probability > 0])}
    return {p: [int(found[0]), int(found[-1]), len(found)] for p, found in rows.items()}


@pytest.mark.parametrize(
    ("tracers", "odds"),
    [(("co2", "co", "nox"), 4.0), (("co2", "co"), 1.5), (("CO", "BC"), 1.5), (("no", "pnc", "bc"), 4.0)],
)
def test_the_odds_of_a_joint_spike(make_passes: Make, tracers: tuple[str, ...], odds: float) -> None:
    """Three tracers and more have odds of 4, two of 1.5, in the spike and the 3 s by which instruments differ."""
    found = judged(make_passes, dict.fromkeys(tracers, SPIKE))
    assert chances(found) == {round(odds / (1 + odds), 4): [197, 206, 10]}
    exhaust = np.flatnonzero(found["qc_flag"].values & np.uint32(Flag.VEHICLE_EXHAUST))
    assert exhaust.tolist() == list(range(197, 207))
    assert not (found["qc_flag"].values & np.uint32(Flag.OWN_EXHAUST)).any()
    about = {"units": "1", "long_name": "probability that the row holds the exhaust of a vehicle"}
    assert found["exhaust_probability"].attrs == about
    assert found["exhaust_probability"].dtype == np.float32


def test_the_flag_needs_more_than_the_probability_asked_for(make_passes: Make) -> None:
    """0.6 is more likely than 0.5 and 0.59 and no more than 0.6; the decision counts rows and names the tracers."""
    for limit, flagged_rows in ((0.5, 10), (0.59, 10), (0.6, 0)):
        passes = make_passes(10.0 * np.arange(400), excess={"co2": SPIKE, "co": SPIKE, "so2": np.zeros(400)})
        passes = passes.assign(qc_flag=("obs", np.full(400, int(Flag.TIME_REPAIRED), np.uint32)))
        outcome = flag_exhaust(
            passes.assign(heading=("obs", np.zeros(400))), TrackSettings(exhaust_probability=limit)
        )
        flags = outcome.value["qc_flag"].values
        assert np.count_nonzero(flags & np.uint32(Flag.VEHICLE_EXHAUST)) == flagged_rows
        assert (flags & np.uint32(Flag.TIME_REPAIRED)).all()
        assert not (passes["qc_flag"].values & np.uint32(Flag.VEHICLE_EXHAUST)).any()
        said = [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions]
        told = [("made", "vehicle exhaust flagged", "10 of 400 rows: joint spikes of co2, co")]
        assert said == (told if flagged_rows else [])


def test_two_forms_of_one_gas_are_one_tracer(make_passes: Make) -> None:
    """Carbon dioxide and its dry fraction say nothing by themselves, and count once beside CO."""
    both = {"co2": SPIKE, "co2_dry": SPIKE}
    assert "exhaust_probability" not in judged(make_passes, both)
    assert chances(judged(make_passes, {**both, "co": SPIKE})) == {0.6: [197, 206, 10]}
    assert chances(judged(make_passes, {"co2_dry": SPIKE, "co": SPIKE})) == {0.6: [197, 206, 10]}
    assert "exhaust_probability" not in judged(make_passes, {"co": SPIKE, "so2": SPIKE})


def test_a_species_without_noise_does_not_count(make_passes: Make) -> None:
    """A tracer whose noise is not known is no witness."""
    found = judged(make_passes, THREE, noise={"nox": np.nan})
    assert chances(found) == {0.6: [197, 206, 10]}
    assert chances(judged(make_passes, {"co2": SPIKE, "co": SPIKE}, noise={"co": np.nan})) == {}


@pytest.mark.parametrize(
    ("height", "noise", "counts"), [(5.0, 1.0, False), (5.001, 1.0, True), (15.0, 3.0, False), (15.01, 3.0, True)]
)
def test_a_spike_exceeds_five_times_the_noise(make_passes: Make, height: float, noise: float, counts: bool) -> None:
    """Five standard deviations of each instrument are not enough, a little more is."""
    excess = dict.fromkeys(("co2", "co"), box(200, 203, height=height))
    found = judged(make_passes, excess, noise={"co2": noise, "co": noise})
    assert bool(chances(found)) == counts


@pytest.mark.parametrize(("seconds", "counts"), [(15, True), (16, False)])
def test_a_vehicle_passes_within_fifteen_seconds(make_passes: Make, seconds: int, counts: bool) -> None:
    """Full width at half maximum: up to 15 s is a vehicle, longer is none, with low shoulders on both sides."""
    shape = box(200, 200 + seconds) + box(199, 201 + seconds, height=10.0)
    found = chances(judged(make_passes, dict.fromkeys(("co2", "co", "nox"), shape)))
    assert found == ({0.8: [196, 204 + seconds, 9 + seconds]} if counts else {})


def test_tracers_that_spike_apart_are_not_joint(make_passes: Make) -> None:
    """Each spike reaches 3 s: 6 s apart they still meet, 7 s apart they do not."""
    for gap, counts in ((6, True), (7, False)):
        excess = {"co2": box(200, 203), "co": box(203 + gap, 206 + gap)}
        assert bool(chances(judged(make_passes, excess))) == counts


@pytest.mark.parametrize(("late", "plant"), [(-3, True), (0, True), (3, True), (4, False), (-4, False)])
def test_another_gas_at_the_maximum_speaks_for_a_plant(make_passes: Make, late: int, plant: bool) -> None:
    """SO2 that is highest within 3 s of the tracers' maximum lowers the odds to a fifth; further off it does not."""
    peak = np.zeros(400)
    peak[200:205] = [20.0, 40.0, 60.0, 40.0, 20.0]
    excess = dict.fromkeys(("co2", "co", "nox"), peak) | {"so2": np.roll(peak, late)}
    odds = 4 * 0.2 if plant else 4.0
    for name in ("so2", "SO2"):
        found = judged(make_passes, excess, species={"so2": name})
        assert list(chances(found)) == [round(odds / (1 + odds), 4)]
    assert list(chances(judged(make_passes, excess, species={"so2": "o3"}))) == [0.8]


def test_the_flank_of_another_gas_is_no_maximum(make_passes: Make) -> None:
    """SO2 still high beside the spike, but highest 10 s later, does not speak for a plant."""
    so2 = np.zeros(400)
    so2[195:215] = np.linspace(20, 60, 20)
    assert list(chances(judged(make_passes, {**THREE, "so2": so2}))) == [0.8]


WIND = {"behind": 2.0, "ahead": -2.0, "calm": 0.0}


@pytest.mark.parametrize(("wind", "factor"), [("behind", 4.0), ("ahead", 0.5), ("calm", 1.0)])
def test_standing_the_wind_decides(make_passes: Make, wind: str, factor: float) -> None:
    """From behind four times the odds, from ahead half; in a calm, moving and without a heading before, neither."""
    speed = np.full(400, WIND[wind])
    heading = np.full(400, np.nan)
    heading[:150] = np.pi / 2
    east = {"u": speed, "v": np.zeros(400)}
    stop = slice(190, 220)
    found = judged(make_passes, THREE, standing=stop, heading=heading, **east)
    odds = 4 * factor
    assert chances(found) == {round(odds / (1 + odds), 4): [197, 206, 10]}
    own = np.flatnonzero(found["qc_flag"].values & np.uint32(Flag.OWN_EXHAUST))
    assert own.tolist() == list(range(197, 207))
    assert not (found["qc_flag"].values & np.uint32(Flag.VEHICLE_EXHAUST)).any()
    assert list(chances(judged(make_passes, THREE, heading=heading, **east))) == [0.8]
    unknown = judged(make_passes, THREE, standing=stop, heading=np.full(400, np.nan), **east)
    assert list(chances(unknown)) == [0.8]


def test_the_wind_is_taken_along_the_last_heading(make_passes: Make) -> None:
    """Stopped on the way north in a wind from the south it comes from behind; on the way south from ahead."""
    for course, odds in ((0.0, 16.0), (np.pi, 2.0)):
        heading = np.where(np.arange(400) < 190, course, np.nan)
        found = judged(
            make_passes, THREE, standing=slice(190, 220), heading=heading, u=np.zeros(400), v=np.full(400, 3.0)
        )
        assert list(chances(found)) == [round(odds / (1 + odds), 4)]


@pytest.mark.parametrize(("course_deg", "u", "v", "odds"), [(60, -2, 3, 2.0), (30, 3, -2, 2.0), (60, 2, -3, 16.0)])
def test_a_slanting_wind_counts_with_its_part_along(
    make_passes: Make, course_deg: float, u: float, v: float, odds: float
) -> None:
    """u sin + v cos of the heading decides whether it comes from behind or from ahead."""
    heading = np.where(np.arange(400) < 190, np.radians(course_deg), np.nan)
    wind = {"u": np.full(400, float(u)), "v": np.full(400, float(v))}
    found = judged(make_passes, THREE, standing=slice(190, 220), heading=heading, **wind)
    assert list(chances(found)) == [round(odds / (1 + odds), 4)]


@pytest.mark.parametrize(
    ("seconds", "wind", "odds"),
    [
        (15, None, 4.0),
        (16, None, 0.8),
        (16, "behind", 16.0),
        (16, "ahead", 0.8),
        (15, "ahead", 2.0),
        (100, "behind", 16.0),
    ],
)
def test_standing_in_it_for_long_is_rather_a_source(
    make_passes: Make, seconds: int, wind: str | None, odds: float
) -> None:
    """A spike with its margins of more than 21 s has a fifth of the odds, unless the wind comes from behind."""
    excess = dict.fromkeys(("co2", "co", "nox"), box(150, 150 + seconds))
    winds = {} if wind is None else {"u": np.full(400, WIND[wind]), "v": np.zeros(400)}
    heading = np.where(np.arange(400) < 120, np.pi / 2, np.nan)
    found = judged(make_passes, excess, standing=slice(120, 300), heading=heading, **winds)
    assert chances(found) == {round(odds / (1 + odds), 4): [147, 153 + seconds, 7 + seconds]}


def test_half_of_the_time_standing_is_waiting(make_passes: Make) -> None:
    """A long rise of which half is spent standing is judged as waiting; with a row less it is no vehicle's."""
    excess = dict.fromkeys(("co2", "co", "nox"), box(150, 175))
    # while moving the rise still stands out of its minute; the run is rows 147 to 178, 32 of them
    for rows, odds in ((16, 0.8), (15, None)):
        found = judged(make_passes, excess, standing=slice(163, 163 + rows))
        assert list(chances(found)) == ([] if odds is None else [round(odds / (1 + odds), 4)])


def test_flanks_above_detection_belong_to_the_spike(make_passes: Make) -> None:
    """Rows next to the run in which a tracer exceeds 3 noises, for up to 7.5 s on either side and without a break."""
    low = box(180, 196, height=3.5) + box(207, 210, height=3.5) + box(212, 216, height=3.5)
    found = judged(make_passes, {**THREE, "co": SPIKE + low})
    assert chances(found) == {0.8: [190, 210, 21]}
    faint = judged(make_passes, {**THREE, "co": SPIKE + np.where(low > 0, 3.0, 0.0)})
    assert chances(faint) == {0.8: [197, 206, 10]}


def test_flanks_end_with_the_trace() -> None:
    """A spike at the first and last rows is widened no further than there are rows."""
    every = np.ones(12, bool)
    t = np.arange(12.0)
    assert _with_flanks(t, every, 3, 5, SETTINGS) == slice(0, 12)
    assert _with_flanks(t, ~every, 3, 5, SETTINGS) == slice(3, 6)
    assert _with_flanks(2.5 * t, every, 5, 6, SETTINGS) == slice(2, 10)
    assert _with_flanks(2.6 * t, every, 5, 6, SETTINGS) == slice(3, 9)


def test_spikes_on_other_passes_lower_the_odds(make_passes: Make) -> None:
    """The same spike on both of two passes: odds of 4 times those of a chance recurrence, 2 of 3 010 m."""
    x = np.concatenate([10.0 * np.arange(400), 10.0 * np.arange(400)])
    spike = np.tile(SPIKE, 2)
    passes = make_passes(x, excess=dict.fromkeys(("co2", "co", "nox"), spike), number=np.repeat([0, 1], 400))
    found = flag_exhaust(passes.assign(heading=("obs", np.zeros(800))), SETTINGS).value
    odds = 4 * 2 * 60 / (3 * 3990) / 0.5
    assert list(chances(found)) == [pytest.approx(max(odds, 4 * 0.05) / (1 + max(odds, 4 * 0.05)), abs=1e-4)]


def cars(heights: list[dict[str, float]]) -> dict[str, np.ndarray]:
    """Cars 8 s behind each other, with the height of each tracer."""
    rows = np.arange(400)
    return {
        name: sum(one[name] * np.exp(-(((rows - 200 - 8 * k) / 2.0) ** 2)) for k, one in enumerate(heights))
        for name in ("co2", "co", "nox")
    }


def test_vehicles_in_a_row_of_one_composition_may_flutter(make_passes: Make) -> None:
    """Four spikes of one composition in a row have half the odds each, of different compositions the whole."""
    one, other = {"co2": 60.0, "co": 60.0, "nox": 60.0}, {"co2": 120.0, "co": 30.0, "nox": 60.0}
    assert list(chances(judged(make_passes, cars([one] * 4)))) == [round(2 / 3, 4)]
    assert list(chances(judged(make_passes, cars([one, other] * 2)))) == [0.8]
    assert list(chances(judged(make_passes, cars([one, one, other, one])))) == [round(2 / 3, 4), 0.8]


def test_no_joint_spike_has_no_chance(make_passes: Make) -> None:
    """Clean air has a probability of nothing in every row."""
    found = judged(make_passes, dict.fromkeys(("co2", "co"), np.zeros(400)))
    assert not found["exhaust_probability"].values.any()


# --- parts -----------------------------------------------------------------------------------------------------


def test_runs_bridge_the_gap_and_no_more() -> None:
    """True rows 3 s apart are one run, 4 s apart two; the last rows are a run too, and a hundred runs are found."""
    joint = np.zeros(30, bool)
    joint[[2, 5, 9, 10, 29]] = True
    assert _spike_runs(np.arange(30.0), joint, 3.0).tolist() == [[2, 5], [9, 10], [29, 29]]
    many = np.arange(1000) % 10 < 2
    assert _spike_runs(np.arange(1000.0), many, 3.0).tolist() == [[10 * k, 10 * k + 1] for k in range(100)]
    assert _spike_runs(np.arange(30.0), np.zeros(30, bool), 3.0).shape == (0, 2)


@pytest.mark.parametrize(
    ("strength", "least", "cuts"),
    [
        ([0, 20, 4, 20, 0], 10, [2]),
        ([0, 20, 9.9, 20, 0], 10, [2]),
        ([0, 20, 10, 20, 0], 10, []),
        ([0, 20, 4, 10, 0], 10, []),
        ([0, 10, 4, 20, 0], 10, []),
        ([0, 20, 5, 3, 5, 20, 0], 10, [3]),
        ([0, 20, 4, 30, 5, 12, 0], 10, [2, 4]),
        ([0, 20, 7, 14, 6, 20, 0], 10, [4]),
        ([0, 20, 7, 14.1, 6, 20, 0], 10, [2, 4]),
        ([0, 20, 4, 12, 20, 4, 20], 10, [2, 5]),
    ],
)
def test_a_valley_is_below_half_of_both_maxima(strength: list[float], least: float, cuts: list[int]) -> None:
    """Both maxima exceed the least, the valley is below half of the lower one; it is cut at its lowest row."""
    values = np.array(strength, float)
    assert _valleys(values, 0, len(values) - 1, least).tolist() == cuts
    padded = np.concatenate([[90.0, 0.0, 90.0], values, [90.0]])
    assert _valleys(padded, 3, 2 + len(values), least).tolist() == [3 + cut for cut in cuts]


def test_widening_reaches_both_ways() -> None:
    """Rows within 3 s of a true one, the border included, before and after."""
    mask = np.zeros(20, bool)
    mask[[5, 15]] = True
    assert np.flatnonzero(_widen(np.arange(20.0), mask, 3.0)).tolist() == [*range(2, 9), *range(12, 19)]
    assert np.flatnonzero(_widen(1.5 * np.arange(20), mask, 2.9)).tolist() == [4, 5, 6, 14, 15, 16]
    assert not _widen(np.arange(20.0), np.zeros(20, bool), 3.0).any()


def test_a_spike_stands_out_of_its_minute_unless_the_platform_stands() -> None:
    """A lift of 10 for four minutes is no spike while moving, one of 16 on top of it is; standing both are."""
    t = np.arange(600.0)
    excess = box(200, 440, height=10.0, rows=600) + box(300, 303, height=6.0, rows=600)
    moving = _spikes(t, excess, 1.0, np.zeros(600, bool), SETTINGS)
    assert moving[250:380].nonzero()[0].tolist() == list(range(47, 57))
    standing = _spikes(t, excess, 1.0, np.ones(600, bool), SETTINGS)
    assert standing.nonzero()[0].tolist() == list(range(197, 444))
    excess[320:330] = np.nan
    unknown = _spikes(t, excess, 1.0, np.ones(600, bool), SETTINGS)
    assert np.flatnonzero(~unknown[300:350]).tolist() == [23, 24, 25, 26]


def test_the_minute_about_a_spike_is_that_of_the_settings() -> None:
    """The lower quarter of the window is the base: of 60 s about the row, 46 s of a lift hide it, 44 s do not."""
    t = np.arange(400.0)
    for seconds, seen in ((44, True), (48, False)):
        excess = box(200 - seconds // 2, 199 + seconds - seconds // 2, height=20.0)
        spikes = _spikes(t, excess, 1.0, np.zeros(400, bool), TrackSettings(exhaust_together_s=0.0))
        assert bool(spikes[200]) == seen
    wide = TrackSettings(exhaust_together_s=0.0, exhaust_window_s=120.0)
    assert _spikes(t, box(170, 229, height=20.0), 1.0, np.zeros(400, bool), wide)[200]
