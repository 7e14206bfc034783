"""How good fixes are, and what is handed over."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.flags import Flag
from onevisit.words.telling import tell
from tests.tracks.position_traces import SETTINGS, Make, has, held, rows_with
from tracks.positions import _contradicted, clean_positions, scatter_of_fixes
from tracks.settings import TrackSettings
from tracks.smoother import smooth_positions


def test_the_scatter_of_fixes_is_that_of_second_differences() -> None:
    """Errors ±3 m in turn: second differences of 12 m in both axes are an sd of 1.4826 · 12 / √6."""
    t = np.arange(200.0)
    error = np.tile([3.0, -3.0], 100)
    expected = 1.482602218505602 * 12 / np.sqrt(6)
    every = np.ones(200, bool)
    assert scatter_of_fixes(t, 10 * t + error, 5 * t - error, every) == pytest.approx(expected)
    assert scatter_of_fixes(t, error, 0 * t, every) == pytest.approx(1.482602218505602 * 6 / np.sqrt(6))


def test_the_scatter_needs_a_hundred_fixes_at_even_steps() -> None:
    """99 fixes tell nothing, 100 do; steps of 2 s count, longer and uneven ones do not."""
    error = np.tile([3.0, -3.0], 100)
    expected = 1.482602218505602 * 12 / np.sqrt(6)
    found = np.ones(200, bool)
    found[99:] = False
    t = np.arange(200.0)
    assert scatter_of_fixes(t, error, error, found) == 0.0
    found[99] = True
    assert scatter_of_fixes(t, error, error, found) == pytest.approx(expected)
    every = np.ones(200, bool)
    assert scatter_of_fixes(2 * t, error, error, every) == pytest.approx(expected)
    assert scatter_of_fixes(2.01 * t, error, error, every) == 0.0
    uneven = np.cumsum(np.tile([1.0, 1.2], 100))
    assert scatter_of_fixes(uneven, error, error, every) == 0.0
    nearly = np.cumsum(np.tile([1.0, 1.09], 100))
    assert scatter_of_fixes(nearly, error, error, every) == pytest.approx(expected)


def test_fixes_are_taken_as_good_as_they_scatter(make_drive: Make) -> None:
    """Errors of ±6 m in turn: 14.5 m, said with the usual 2.5 m; of a smooth drive nothing is said."""
    n = 400
    error = np.tile([6.0, -6.0], n // 2)
    outcome = clean_positions(make_drive(10.0 * np.arange(n) + error, error), SETTINGS)
    said = [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions if "good to" in tell(d).decision]
    why = "second differences of fixes scatter by that; 2.5 m is usual"
    assert said == [("drive", "fixes taken as good to 14.5 m", why)]
    assert clean_positions(make_drive(10.0 * np.arange(n)), SETTINGS).decisions == ()


def standing_sd(variance: float) -> float:
    """Standard deviation of a smoothed place in the middle of a long drive with one fix a second."""
    smooth = smooth_positions(
        np.arange(200.0),
        10 * np.arange(200.0),
        np.zeros(200),
        np.full(200, variance),
        acceleration_density=1.0,
        jump_gate_sd=6.0,
        jump_reset_s=5.0,
        gap_s=5.0,
        hold_s=2.0,
    )
    return float(np.sqrt(smooth.variance[100]))


@pytest.mark.parametrize(
    ("stated", "sd"),
    [
        ({}, 2.5),
        ({"accuracy": 7.0}, 7.0),
        ({"gnss_accuracy": 1.5}, 1.5),
        ({"gnss_accuracy": 1.5, "accuracy": 7.0}, 1.5),
        ({"position_sd": 6.0}, 6.0),
        ({"gnss_accuracy": 1.5, "position_sd": 6.0}, 1.5),
        ({"accuracy": 0.1}, 0.3),
        ({"accuracy": 0.0}, 2.5),
        ({"accuracy": -1.0}, 2.5),
    ],
)
def test_a_stated_accuracy_is_believed(make_drive: Make, stated: dict[str, float], sd: float) -> None:
    """The receiver's own accuracy, at least 0.3 m, stands in for the usual 2.5 m; zero and less say nothing."""
    others = {name: np.full(200, value) for name, value in stated.items()}
    cleaned = clean_positions(make_drive(10.0 * np.arange(200), **others), SETTINGS).value
    assert cleaned["horizontal_sd"].values[100] == pytest.approx(standing_sd(sd**2), rel=1e-6)


@pytest.mark.parametrize(("decimals", "step_m"), [(4, 11.08524), (3, 110.8524), (2, 110.8524)])
def test_rounded_positions_are_less_well_known(decimals: int, step_m: float) -> None:
    """Degrees of n decimals add the variance step²/12; three decimals are the fewest; the rounding is told."""
    from ingest.schema import new_trace

    time = np.datetime64("2024-05-01T00:00:00", "ns") + np.arange(400) * np.timedelta64(1, "s")
    lon = np.round(104 + 10.0 * np.arange(400) / 96486.3 * (1 if decimals == 4 else 10), decimals)
    outcome = clean_positions(new_trace("round", time, lon, np.full(400, 30.0), {}), SETTINGS)
    decision = next(d for d in outcome.decisions if "rounded" in tell(d).decision)
    assert (decision.item, tell(decision).decision) == ("round", f"positions taken as rounded to {step_m:.0f} m")
    assert not any("good to" in tell(d).decision for d in outcome.decisions)
    if decimals == 4:
        sd = outcome.value["horizontal_sd"].values[200]
        assert sd == pytest.approx(standing_sd(2.5**2 + step_m**2 / 12), rel=0.02)


def test_a_repeat_of_rounded_positions_is_no_held_fix() -> None:
    """Where degrees are rounded to 11 m, a slow car repeats its place: those rows are fixes."""
    from ingest.schema import new_trace

    time = np.datetime64("2024-05-01T00:00:00", "ns") + np.arange(300) * np.timedelta64(1, "s")
    lon = np.round(104 + 5.6 * np.arange(300) / 96486.3, 4)
    cleaned = clean_positions(new_trace("round", time, lon, np.full(300, 30.0), {}), SETTINGS).value
    assert rows_with(cleaned, Flag.POSITION_INTERPOLATED) == []


@pytest.mark.parametrize("bearing", [0, 40, 90, 135, 180, 225, 270, 359])
def test_heading_and_speed_in_every_direction(make_drive: Make, bearing: float) -> None:
    """A straight drive at 12 m/s: heading clockwise from north within [0, 2π), speed, and one wind rose round."""
    angle = np.radians(bearing)
    d = 12.0 * np.arange(80)
    cleaned = clean_positions(make_drive(d * np.sin(angle), d * np.cos(angle)), SETTINGS).value
    heading = cleaned["heading"].values[20:60]
    assert ((heading >= 0) & (heading < 2 * np.pi)).all()
    np.testing.assert_allclose(np.angle(np.exp(1j * (heading - angle))), 0, atol=0.01)
    np.testing.assert_allclose(cleaned["speed"].values[20:60], 12.0, atol=0.02)


def test_the_new_variables_say_what_they_are(make_drive: Make) -> None:
    """Units and names of speed, heading and uncertainty; place and flags keep their attributes; names stay."""
    trace = make_drive(10.0 * np.arange(30))
    cleaned = clean_positions(trace, SETTINGS).value
    assert cleaned["speed"].attrs == {"units": "m s-1", "standard_name": "platform_speed_wrt_ground"}
    assert cleaned["heading"].attrs == {"units": "radian", "long_name": "direction of motion, clockwise from north"}
    assert cleaned["horizontal_sd"].attrs == {
        "units": "m",
        "long_name": "standard deviation per axis of the position",
    }
    for name in ("lon", "lat", "qc_flag"):
        assert cleaned[name].attrs == trace[name].attrs
    np.testing.assert_array_equal(cleaned["methane"].values, trace["methane"].values)
    np.testing.assert_allclose(cleaned["lat"].values, trace["lat"].values, atol=1e-7)


@pytest.mark.parametrize(("speed", "stands"), [(0.49, True), (0.51, False)])
def test_slower_than_the_stop_speed_is_standing_without_heading(make_drive: Make, speed: float, stands: bool) -> None:
    """0.5 m/s is the border; a row that stands has no direction, and keeps the flags it came with."""
    x = speed * np.arange(400.0)
    trace = make_drive(x).assign(qc_flag=("obs", np.full(400, int(Flag.TIME_REPAIRED), np.uint32)))
    cleaned = clean_positions(trace, SETTINGS).value
    middle = slice(100, 300)
    assert has(cleaned, Flag.STATIONARY)[middle].tolist() == [stands] * 200
    assert np.isnan(cleaned["heading"].values[middle]).tolist() == [stands] * 200
    assert has(cleaned, Flag.TIME_REPAIRED).all()
    assert not has(trace, Flag.STATIONARY).any()


@pytest.mark.parametrize(("speed", "too_fast"), [(59.0, False), (61.0, True)])
def test_no_platform_is_faster_than_the_limit(make_drive: Make, speed: float, too_fast: bool) -> None:
    """Steadily faster than 60 m/s is a jump in every row."""
    cleaned = clean_positions(make_drive(speed * np.arange(60.0)), SETTINGS).value
    assert has(cleaned, Flag.POSITION_JUMP)[10:50].tolist() == [too_fast] * 40
    assert has(cleaned, Flag.POSITION_INTERPOLATED)[10:50].tolist() == [too_fast] * 40


def test_a_place_has_no_flag_of_interpolation_where_it_is_missing(make_drive: Make) -> None:
    """A long gap is missing, a short one is interpolated, never both; counts of both are told."""
    x = 10.0 * np.arange(120)
    x[30:32], x[60:80] = np.nan, np.nan
    x[100] += 400
    outcome = clean_positions(make_drive(x), SETTINGS)
    missing = rows_with(outcome.value, Flag.POSITION_MISSING)
    assert missing == list(range(62, 80))
    assert rows_with(outcome.value, Flag.POSITION_INTERPOLATED) == [30, 31, 60, 61, 100]
    said = [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions]
    assert said == [("drive", "positions doubted and flagged", "1 jumps, 18 missing of 120 rows")]


def test_frozen_rows_are_counted_in_the_decision(make_drive: Make) -> None:
    """Five frozen rows of 56 are told."""
    t, x = held(6, 60.0)
    outcome = clean_positions(make_drive(x, t=t), SETTINGS)
    assert "5 frozen" in tell(outcome.decisions[0]).evidence
    assert tell(outcome.decisions[0]).evidence.endswith("of 56 rows")


def test_limits_of_the_smoother_are_those_of_the_settings(make_drive: Make) -> None:
    """Gap, hold, gate, reset and acceleration reach the smoother, each by its own name."""
    x = 10.0 * np.arange(80)
    x[30:36] = np.nan
    x[60:] = np.nan
    trace = make_drive(x)
    longer = clean_positions(trace, TrackSettings(position_gap_s=7.0, hold_s=4.0)).value
    assert rows_with(longer, Flag.POSITION_MISSING) == list(range(64, 80))
    off = 10.0 * np.arange(80)
    off[40] += 60
    gates = [
        clean_positions(make_drive(off), TrackSettings(jump_gate_sd=gate, residual_sd=1e9)) for gate in (5.0, 90.0)
    ]
    assert [rows_with(outcome.value, Flag.POSITION_JUMP) for outcome in gates] == [[40], []]
    away = 10.0 * np.arange(80)
    away[40:44] += 2000
    resets = [clean_positions(make_drive(away), TrackSettings(jump_reset_s=reset)).value for reset in (3.0, 4.0)]
    assert [has(cleaned, Flag.POSITION_JUMP)[40:44].all() for cleaned in resets] == [False, True]
    quiet, lively = (
        clean_positions(make_drive(10.0 * np.arange(80)), TrackSettings(acceleration_density=q)).value
        for q in (0.01, 4)
    )
    assert lively["horizontal_sd"].values[40] > 1.5 * quiet["horizontal_sd"].values[40]


def test_fixes_that_contradict_the_track_are_jumps(make_drive: Make) -> None:
    """A fix further from the track than residual_sd of its own errors is flagged, its neighbours are not."""
    x = 10.0 * np.arange(60)
    x[30] += 9.0
    tight, loose = (clean_positions(make_drive(x), TrackSettings(residual_sd=sd)).value for sd in (2.0, 3.5))
    assert rows_with(tight, Flag.POSITION_JUMP) == [30]
    assert rows_with(loose, Flag.POSITION_JUMP) == []


@pytest.mark.parametrize(
    ("wrong", "doubted"),
    [([], []), ([6], [5, 6, 7]), ([4, 6], [3, 4, 5, 6, 7]), ([0], [0, 1]), ([10], [9, 10])],
)
def test_rows_from_fix_to_contradicting_fix_are_doubted(wrong: list[int], doubted: list[int]) -> None:
    """With a fix in every second row, rows on the way to and from a wrong fix are in doubt, the next fix is not."""
    zero, variance = np.zeros(11), np.where(np.arange(11) % 2 == 0, 4.0, 0.0)
    x, y = np.zeros(11), np.zeros(11)
    x[wrong], y[wrong] = 3.7, 4.8  # 6.06 m away, more than 3 · 2 m
    x[1::2] = np.nan
    assert np.flatnonzero(_contradicted(x, y, zero, zero, variance, 3.0)).tolist() == doubted
    assert not _contradicted(x, y, zero, zero, variance, 3.1).any()
    assert not _contradicted(x + 7, y - 5, zero + 7, zero - 5, variance, 3.1).any()


def test_the_border_of_a_depot_is_followed_corner_by_corner(make_drive: Make) -> None:
    """Rows inside a triangle are flagged, those inside its bounding box only are not; two yards count both; told."""
    x = np.arange(0.0, 1000.0, 10.0)
    trace = make_drive(x, np.full(100, 50.0))

    def corner(east: float, north: float) -> tuple[float, float]:
        return 104 + east / 96486.3, 30 + north / 110852.4

    triangle = (corner(205, 0), corner(405, 0), corner(405, 100))
    square = (corner(705, 0), corner(755, 0), corner(755, 90), corner(705, 90))
    outcome = clean_positions(trace, TrackSettings(depots=(triangle, square)))
    inside = rows_with(outcome.value, Flag.IN_DEPOT)
    assert inside == [*range(31, 41), *range(71, 76)]
    said = [(d.item, tell(d).decision, tell(d).evidence) for d in outcome.decisions]
    assert said == [("drive", "rows in a depot flagged, not used", "15 of 100 rows")]
