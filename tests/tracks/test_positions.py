"""GNSS cleaning: which fixes are believed, flags and fields at their limits, repeats."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from ingest.errors import SettingError
from ingest.flags import Flag
from numerics.plane import Plane, plane_of
from onevisit.words.telling import tell
from tests.tracks.position_traces import SETTINGS, Make, has, held, rows_with
from tracks import process_trace
from tracks.positions import clean_positions, decimals_of
from tracks.settings import TrackSettings
from tracks.smoother import smooth_positions


def metres(trace: xr.Dataset, like: xr.Dataset) -> np.ndarray:
    """Metres east in the plane of ``like``."""
    plane = plane_of(like["lon"].values, like["lat"].values)
    return plane.forward(trace["lon"].values, trace["lat"].values)[0]


def test_constant_speed_is_kept(make_drive: Make) -> None:
    """A drive at 10 m/s due east keeps its positions, speed and heading."""
    trace = make_drive(10.0 * np.arange(60))
    cleaned = clean_positions(trace, SETTINGS).value
    assert np.abs(metres(cleaned, trace) - 10 * np.arange(60)).max() < 0.1
    np.testing.assert_allclose(cleaned["speed"].values[5:], 10, atol=0.05)
    np.testing.assert_allclose(cleaned["heading"].values[5:], np.pi / 2, atol=0.01)


def test_the_standard_deviation_is_honest() -> None:
    """The errors of smoothed positions have the stated standard deviation (chi-square within 10 %)."""
    rng = np.random.default_rng(3)
    acceleration = rng.normal(0, 1, 20_000)
    truth = np.cumsum(np.cumsum(acceleration))
    fixes = truth + rng.normal(0, 2.5, 20_000)
    smooth = smooth_positions(
        np.arange(20_000.0),
        fixes,
        np.zeros(20_000),
        np.full(20_000, 2.5**2),
        acceleration_density=1.0,
        jump_gate_sd=6.0,
        jump_reset_s=5.0,
        gap_s=5.0,
        hold_s=2.0,
    )
    normed = ((smooth.x - truth) ** 2 / smooth.variance)[10:-10]
    assert not smooth.jump.any()
    assert 0.9 < normed.mean() < 1.1
    assert np.std(smooth.x - truth) < 0.8 * 2.5


def test_a_jump_is_flagged_and_bridged(make_drive: Make) -> None:
    """One fix 300 m off is flagged and its place is interpolated."""
    x = 10.0 * np.arange(60)
    x[30] += 300
    trace = make_drive(x)
    cleaned = clean_positions(trace, SETTINGS).value
    assert np.flatnonzero(has(cleaned, Flag.POSITION_JUMP)).tolist() == [30]
    assert abs(metres(cleaned, trace)[30] - 300) < 1


def test_a_wrong_first_fix_does_not_start_the_track(make_drive: Make) -> None:
    """Where fixes stay away from the first one, the first one is the jump."""
    x = 10.0 * np.arange(60)
    x[0] = 5000
    cleaned = clean_positions(make_drive(x), SETTINGS).value
    jumps = np.flatnonzero(has(cleaned, Flag.POSITION_JUMP))
    assert jumps.tolist() == [0]
    assert np.isfinite(cleaned["lon"].values[1:]).all()


def test_a_short_gap_is_interpolated_and_a_long_one_is_not(make_drive: Make) -> None:
    """Gaps up to position_gap_s are bridged with growing uncertainty, longer ones have no position."""
    x = 10.0 * np.arange(120)
    x[40:43] = np.nan
    x[80:100] = np.nan
    cleaned = clean_positions(make_drive(x), SETTINGS).value
    assert has(cleaned, Flag.POSITION_INTERPOLATED)[40:43].all()
    assert cleaned["horizontal_sd"].values[41] > cleaned["horizontal_sd"].values[30]
    assert has(cleaned, Flag.POSITION_MISSING)[83:100].all()
    assert np.isnan(cleaned["lon"].values[83:100]).all()


def test_a_frozen_receiver_is_stuck_and_a_standing_car_is_not(make_drive: Make) -> None:
    """Repeats to the last digit are frozen only when the next fix is far away."""
    frozen, standing = 10.0 * np.arange(100), 10.0 * np.arange(100)
    frozen[40:60] = frozen[40]
    standing[40:60] = standing[40]
    standing[60:] = standing[40] + 2.0 * np.arange(40)
    assert has(clean_positions(make_drive(frozen), SETTINGS).value, Flag.POSITION_STUCK)[41:60].all()
    cleaned = clean_positions(make_drive(standing), SETTINGS).value
    assert not has(cleaned, Flag.POSITION_STUCK).any()
    assert has(cleaned, Flag.STATIONARY)[45:55].all()


def test_held_fixes_do_not_pull_the_track_back(make_drive: Make) -> None:
    """A 1 Hz receiver logged at 4 Hz gives the positions between its fixes, not steps."""
    t = np.arange(0, 60, 0.25)
    trace = make_drive(15.0 * np.floor(t), t=t)
    cleaned = clean_positions(trace, SETTINGS).value
    assert np.abs(metres(cleaned, trace) - 15 * t)[:-4].max() < 0.3


def test_bad_quality_is_flagged_and_not_used(make_drive: Make) -> None:
    """Fixes with three satellites are flagged poor, and their wrong places are not followed."""
    x = 10.0 * np.arange(60)
    x[30:33] += 20
    satellites = np.full(60, 9.0)
    satellites[30:33] = 3
    trace = make_drive(x, satellites=satellites)
    cleaned = clean_positions(trace, SETTINGS).value
    assert np.flatnonzero(has(cleaned, Flag.GNSS_POOR)).tolist() == [30, 31, 32]
    assert np.abs(metres(cleaned, trace) - 10 * np.arange(60)).max() < 1


def test_warm_up_after_an_outage(make_drive: Make) -> None:
    """The first minute after more than five minutes without a fix is flagged as warm-up."""
    t = np.concatenate([np.arange(100.0), np.arange(500.0, 700.0)])
    warm = has(clean_positions(make_drive(5.0 * t, t=t), SETTINGS).value, Flag.GNSS_WARM_UP)
    assert t[warm].min() == 500
    assert t[warm].max() == 559


def test_the_antimeridian_is_no_jump() -> None:
    """A drive over 180° keeps its speed and gives longitudes within ±180."""
    from ingest.schema import new_trace

    time = np.datetime64("2024-05-01T00:00:00", "ns") + np.arange(60) * np.timedelta64(1, "s")
    lon = (179.998 + 1e-4 * np.arange(60) + 180) % 360 - 180
    cleaned = clean_positions(new_trace("fiji", time, lon, np.full(60, -17.0), {}), SETTINGS).value
    assert not has(cleaned, Flag.POSITION_JUMP).any()
    np.testing.assert_allclose(cleaned["speed"].values[5:], 10.65, atol=0.05)
    assert np.abs(cleaned["lon"].values).max() <= 180


def test_decimals_of_real_roundings() -> None:
    """Degrees are told by their decimals, and full doubles count as eight."""
    assert decimals_of(np.round(np.linspace(30, 31, 50), 5)) == 5
    assert decimals_of(np.linspace(30, 31, 50) * np.pi) == 8


def test_a_scattering_receiver_keeps_its_rows(make_drive: Make) -> None:
    """Fixes with 8 m of white noise are smoothed with that noise, told as a decision, and hardly any is rejected."""
    rng = np.random.default_rng(7)
    trace = make_drive(10.0 * np.arange(2000) + rng.normal(0, 8, 2000), rng.normal(0, 8, 2000))
    outcome = clean_positions(trace, SETTINGS)
    assert has(outcome.value, Flag.POSITION_JUMP).mean() < 0.2
    assert np.std(metres(outcome.value, trace) - 10 * np.arange(2000)) < 6
    assert any("good to" in tell(decision).decision for decision in outcome.decisions)


def test_rows_in_a_depot_are_flagged_and_give_no_plume(make_drive: Make) -> None:
    """Rows inside the polygon of a yard, and only those, are in the depot; a plume there is none."""
    methane = 2 + np.random.default_rng(0).normal(0, 0.002, 300)
    methane[95:106] += 1
    methane[200:211] += 1
    trace = make_drive(10.0 * np.arange(300), methane=methane)
    yard = tuple((104 + x / 96486.3, 30 + y / 110852.4) for x, y in ((805, -20), (1205, -20), (1205, 20), (805, 20)))
    outcome = process_trace(trace, TrackSettings(depots=(yard,), estimate_lag=False))
    inside = np.flatnonzero(has(outcome.value.passes, Flag.IN_DEPOT))
    assert (inside.min(), inside.max(), len(inside)) == (81, 120, 40)
    assert outcome.value.plumes["peak_row"].values.tolist() == [pytest.approx(205, abs=5)]
    assert any("depot" in tell(decision).decision for decision in outcome.decisions)


@pytest.mark.parametrize("polygon", [((104.0, 30.0), (104.1, 30.0)), ((104.0, 95.0), (1.0, 1.0), (2.0, 2.0))])
def test_a_depot_that_is_no_polygon_is_refused(polygon: tuple[tuple[float, float], ...]) -> None:
    """Two points, and a latitude beyond the pole, are a wrong setting."""
    with pytest.raises(SettingError, match="polygon 1"):
        TrackSettings(depots=(polygon,))


def road_trip(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A drive that is not the smoother's own model: straight streets, stops at lights, turns of 90 degrees."""
    x, y, heading, speed = 0.0, 0.0, 0.0, 0.0
    wanted, place = 12.0, np.empty((n, 2))
    for i in range(n):
        if i % 60 == 40:
            wanted = 0.0
        if i % 60 == 55:
            wanted = rng.uniform(6, 16)
        speed += np.clip(wanted - speed, -2.0, 1.5)
        if i % 90 < 6:
            heading += np.pi / 12 * (1 if (i // 90) % 3 else -1)
        x, y = x + speed * np.sin(heading), y + speed * np.cos(heading)
        place[i] = x, y
    return place[:, 0], place[:, 1]


@pytest.mark.parametrize("sd", [1.0, 2.5, 5.0])
def test_the_intervals_cover_the_truth_of_a_drive(make_drive: Make, sd: float) -> None:
    """95 % intervals of positions hold 92 to 98 % of the truth on a drive with stops, turns and lost fixes."""
    rng = np.random.default_rng(11)
    x, y = road_trip(rng, 6000)
    fix_x = x + rng.normal(0, sd, 6000)
    fix_x[rng.random(6000) < 0.1] = np.nan
    trace = make_drive(fix_x, y + rng.normal(0, sd, 6000), accuracy=np.full(6000, sd))
    cleaned = clean_positions(trace, SETTINGS).value
    known = np.isfinite(cleaned["lon"].values)
    plane = Plane(104.0, 30.0)
    east, north = plane.forward(cleaned["lon"].values, cleaned["lat"].values)
    off = np.concatenate([(east - x)[known], (north - y)[known]])
    inside = np.abs(off) <= 1.96 * np.tile(cleaned["horizontal_sd"].values[known], 2)
    assert known.mean() > 0.99
    assert 0.92 < inside.mean() < 0.98
    assert np.sqrt((off**2).mean()) < 0.9 * sd


@pytest.mark.parametrize("decimals", range(8))
def test_decimals_are_counted(decimals: int) -> None:
    """Degrees rounded to n decimals have n, whatever their sign and size; a missing one does not count."""
    degrees = np.round(np.array([-179.98765432, 104.12345678, 12.3456789, 0.98765432]), decimals)
    assert decimals_of(np.append(degrees, np.nan)) == decimals


def test_no_degrees_have_no_decimals() -> None:
    """Nothing known is written with no decimals; of a long file every so many rows are looked at."""
    assert decimals_of(np.array([np.nan])) == 0
    assert decimals_of(np.empty(0)) == 0
    long = np.where(np.arange(40_000) % 2 == 0, 1.5, 1.25)
    assert decimals_of(long) == 1
    assert decimals_of(long[:39_999]) == 2


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("satellites", 3.9, 4.0),
        ("hdop", 8.1, 8.0),
        ("fix_quality", 0.0, 1.0),
        ("gps_fit", 0.0, 2.0),
        ("gnss_fix", 0.0, -1.0),
    ],
)
def test_each_word_of_the_receiver_is_heeded_at_its_limit(
    make_drive: Make, name: str, bad: float, good: float
) -> None:
    """Too few satellites, too high a dilution and no fix are poor; the limit itself is good; they are bridged."""
    values = np.full(60, good)
    values[30:32] = bad
    cleaned = clean_positions(make_drive(10.0 * np.arange(60), **{name: values}), SETTINGS).value
    assert rows_with(cleaned, Flag.GNSS_POOR) == [30, 31]
    assert rows_with(cleaned, Flag.POSITION_INTERPOLATED) == [30, 31]


def test_a_poor_row_without_a_fix_is_missing_not_poor(make_drive: Make) -> None:
    """Only a fix can be a poor one; no place at all, and 0° 0°, are no fix."""
    x = 10.0 * np.arange(60)
    x[30] = np.nan
    trace = make_drive(x, satellites=np.where(np.abs(np.arange(60) - 30) <= 1, 2.0, 9.0))
    assert rows_with(clean_positions(trace, SETTINGS).value, Flag.GNSS_POOR) == [29, 31]
    lon, lat = trace["lon"].values.copy(), trace["lat"].values.copy()
    lon[40] = lat[40] = 0.0
    null = trace.assign_coords(lon=("obs", lon), lat=("obs", lat)).assign(satellites=("obs", np.full(60, 9.0)))
    cleaned = clean_positions(null, SETTINGS).value
    assert rows_with(cleaned, Flag.POSITION_JUMP) == []
    assert rows_with(cleaned, Flag.POSITION_INTERPOLATED) == [30, 40]


def test_the_equator_and_greenwich_are_places() -> None:
    """Only both coordinates at zero are no fix."""
    from ingest.schema import new_trace

    time = np.datetime64("2024-05-01T00:00:00", "ns") + np.arange(30) * np.timedelta64(1, "s")
    along = 1e-4 * np.arange(1, 31)
    for lon, lat in ((np.zeros(30), along), (along, np.zeros(30))):
        cleaned = clean_positions(new_trace("null", time, lon, lat, {}), SETTINGS).value
        assert rows_with(cleaned, Flag.POSITION_INTERPOLATED) == []
        np.testing.assert_allclose(cleaned["lon"].values, lon, atol=1e-6)


@pytest.mark.parametrize(("outage", "warms"), [(300.0, False), (301.0, True)])
def test_the_warm_up_begins_after_more_than_the_outage(make_drive: Make, outage: float, warms: bool) -> None:
    """Of fixes within 60 s after an outage of more than 300 s each is flagged; rows without a fix are not."""
    t = np.concatenate([np.arange(50.0), 49 + outage + np.arange(100.0)])
    x = 5.0 * t
    x[60] = np.nan
    warm = rows_with(clean_positions(make_drive(x, t=t), SETTINGS).value, Flag.GNSS_WARM_UP)
    assert warm == ([row for row in range(50, 110) if row != 60] if warms else [])


def test_a_single_fix_warms_nothing_up(make_drive: Make) -> None:
    """One fix in a trace, and none, have no outage before them."""
    x = np.full(20, np.nan)
    x[10] = 5.0
    assert rows_with(clean_positions(make_drive(x), SETTINGS).value, Flag.GNSS_WARM_UP) == []


@pytest.mark.parametrize(
    ("rows", "onward", "after_s", "stuck"),
    [
        (6, 60.0, 1.0, True),
        (5, 50.0, 1.0, False),
        (6, 24.9, 1.0, False),
        (6, 25.1, 1.0, True),
        (6, 60.0, 2.0, True),
        (6, 60.0, 2.1, False),
    ],
)
def test_a_receiver_is_frozen_when_it_jumps_after_five_seconds(
    make_drive: Make, rows: int, onward: float, after_s: float, stuck: bool
) -> None:
    """Held for 5 s or more, and then more than 25 m further within 2 s: all but the first are stuck."""
    t, x = held(rows, onward, after_s=after_s)
    for east, north in ((x, 0 * x), (0 * x, x)):
        cleaned = clean_positions(make_drive(east, north, t=t), SETTINGS).value
        assert rows_with(cleaned, Flag.POSITION_STUCK) == (list(range(21, 20 + rows)) if stuck else [])


def test_a_repeat_in_one_coordinate_is_no_repeat(make_drive: Make) -> None:
    """A street due east repeats the latitude, one due north the longitude; neither receiver is held or frozen."""
    for x, y in ((10.0 * np.arange(60), np.zeros(60)), (np.zeros(60), 10.0 * np.arange(60))):
        cleaned = clean_positions(make_drive(x, y), SETTINGS).value
        assert rows_with(cleaned, Flag.POSITION_STUCK) == rows_with(cleaned, Flag.POSITION_INTERPOLATED) == []


@pytest.mark.parametrize(("step", "held_rows"), [(2.0, True), (2.5, False)])
def test_repeats_up_to_two_seconds_are_a_slow_receiver(make_drive: Make, step: float, held_rows: bool) -> None:
    """A fix repeated once after 2 s does not count as a fix; after 2.5 s it is the platform that stands."""
    t = np.arange(0, 200, step)
    x = 8.0 * step * 2 * (np.arange(len(t)) // 2)
    interpolated = rows_with(clean_positions(make_drive(x, t=t), SETTINGS).value, Flag.POSITION_INTERPOLATED)
    odd = list(range(1, len(t), 2))
    assert interpolated == (odd if held_rows else interpolated)
    assert (set(odd) <= set(interpolated)) == held_rows


def test_a_gap_within_a_hold_does_not_end_it(make_drive: Make) -> None:
    """A frozen receiver that drops a row is frozen before and after; the dropped row has no fix to be stuck."""
    t, x = held(8, 80.0)
    x[23] = np.nan
    assert rows_with(clean_positions(make_drive(x, t=t), SETTINGS).value, Flag.POSITION_STUCK) == [
        21,
        22,
        24,
        25,
        26,
        27,
    ]


def test_a_held_repeat_of_a_jump_is_a_jump(make_drive: Make) -> None:
    """A wrong fix logged twice is wrong twice; against the track, the held row on the way to it is doubted too."""
    t = np.arange(0, 60, 0.5)
    x = 10.0 * np.floor(t)
    x[60:62] = 5000.0
    for residual_sd, expected in ((1e9, [60, 61]), (2.0, [59, 60, 61])):
        cleaned = clean_positions(make_drive(x, t=t), TrackSettings(residual_sd=residual_sd)).value
        assert rows_with(cleaned, Flag.POSITION_JUMP) == expected
