"""Passes in bins, and the event around a hotspot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.city_fusion import place_of
from fusion import FusionSettings
from fusion.air import winds
from fusion.air.dispersion import Weather, plume_of, solar_elevation_rad
from fusion.air.ribbons import direction_sd_rad, upwind_ribbons
from fusion.air.trajectory import Air, WindHistory
from fusion.attribution import observations
from fusion.attribution.crossing import Stretch
from fusion.attribution.observations import BinnedPass, Crossed, bin_passes, event_of, winds_of
from fusion.cube.grid import grid_north_rad, unproject

CRS = "EPSG:4544"
X0, Y0 = 405_000.0, 3_396_000.0
SETTINGS = FusionSettings()
PLUME = plume_of(Weather(0.35, 0.0, 0.5, 0.1, 800.0))
START_S = np.datetime64("2024-05-01T02:00:00").astype("datetime64[s]").astype(float)


def _bins(value, *, x=None, y=None, noise: float = 1.0, wind=(3.0, 0.0), step_s: float = 2.0, directed: bool = True):
    """A pass along x, a bin each 25 m and two seconds, with a ribbon that tells the bins apart."""
    value = np.asarray(value, float)
    n = value.size
    x = np.arange(n) * 25.0 if x is None else np.asarray(x, float)
    y = np.zeros(n) if y is None else np.asarray(y, float)
    time = np.arange(n) * step_s
    history = WindHistory(time, np.full(n, wind[0]), np.full(n, wind[1]), 0.4)
    ribbon = np.broadcast_to(np.arange(n)[:, None, None], (n, 2, 10)).astype(float)
    box = np.broadcast_to(np.arange(n)[:, None], (n, 4)).astype(float)
    return BinnedPass(
        "d#0", "ppm", x, y, value, time, noise, history, ribbon, box, np.full(n, Air.MOVING if directed else Air.CALM)
    )


# --- bins -----------------------------------------------------------------------------------------------------------


def test_a_pass_is_averaged_over_squares_of_ground(track) -> None:
    """Samples of one square are one bin, also when it comes back later; bins are in the order driven."""
    x = np.array([60.0, 70.0, 30.0, 5.0, 10.0, 31.0, 30.0])
    y = np.array([5.0, 7.0, 5.0, 5.0, 9.0, 30.0, 7.0])
    t = track(x, y, np.array([1.0, 3.0, 7.0, 5.0, 6.0, 9.0, 8.0]), name="morning", step_s=2.0)
    (found,) = bin_passes([t], "ch4", CRS, SETTINGS, plume=PLUME)
    assert (found.label, found.unit) == ("morning#0", "ppm")
    np.testing.assert_allclose(found.x - X0, [65.0, 7.5, 30.0, 31.0], atol=1e-4)
    np.testing.assert_allclose(found.y - Y0, [6.0, 7.0, 6.0, 30.0], atol=1e-4)
    np.testing.assert_allclose(found.value, [2.0, 5.5, 7.5, 9.0])
    np.testing.assert_allclose(found.time - START_S, [1.0, 7.0, 8.0, 10.0])
    ribbon, box, air = upwind_ribbons(found.x, found.y, found.time, found.wind, 0.0, SETTINGS, plume=PLUME)
    np.testing.assert_allclose(found.ribbon, ribbon)
    np.testing.assert_allclose(found.box, box)
    assert found.air.tolist() == air.tolist()


def test_every_pass_is_its_own_and_rows_that_may_not_be_used_stay_out(track) -> None:
    """Two passes of one track and one of another; no position, no value, no pass: left out."""
    x = np.array([5.0, 10.0, 30.0, 35.0, 55.0, 60.0])
    t = track(x, np.zeros(6) + 5, np.arange(6.0), name="a", pass_index=np.array([0, 0, 0, -1, 4, 4]))
    t.passes["lon"].values[1] = np.nan
    t.passes["ch4_enhancement"].values[4] = np.nan
    other = track(x[:2], np.zeros(2) + 5, np.ones(2), name="b")
    found = bin_passes([t, other], "ch4", CRS, SETTINGS, plume=PLUME)
    assert [p.label for p in found] == ["a#0", "a#4", "b#0"]
    assert [p.value.tolist() for p in found] == [[0.0, 2.0], [5.0], [1.0]]
    assert bin_passes([t, other], "no2", CRS, SETTINGS) == ()


def test_the_plume_is_that_of_the_sun_at_the_start_of_the_pass(track) -> None:
    """Weather from wind and hour: noon and midnight give other ribbons, each that of its own elevation."""
    x, y = np.arange(5.0, 205.0, 10.0), np.full(20, 5.0)
    for start in ("2024-05-01T05:00:00", "2024-05-01T17:00:00"):
        (found,) = bin_passes([track(x, y, np.ones(20), start=start)], "ch4", CRS, SETTINGS)
        lon, lat = unproject(x + X0, y + Y0, CRS)
        sun = solar_elevation_rad(np.datetime64(start), float(lon.mean()), float(lat.mean()))
        ribbon, *_ = upwind_ribbons(found.x, found.y, found.time, found.wind, sun, SETTINGS)
        np.testing.assert_allclose(found.ribbon, ribbon)


def test_a_logger_without_wind_borrows_it_and_one_that_rode_along_is_left_out(track) -> None:
    """Wind of the first that ran at the same time; with the same species there it would tell the same air twice."""
    x, y = np.arange(0.0, 400.0, 8.0), np.full(50, 5.0)
    calm = track(x, y, np.ones(50), name="calm", wind=None)
    later = track(x, y, np.ones(50), name="later", wind=(0.0, 5.0), start="2024-05-01T05:00:00")
    other = track(x, y, np.ones(50), name="other", wind=(2.0, 0.0), start="2024-05-01T02:00:10")
    no2 = replace(other, passes=other.passes.rename(ch4="no2", ch4_enhancement="no2_enhancement"))
    (alone,) = bin_passes([calm], "ch4", CRS, SETTINGS, plume=PLUME)
    assert not alone.wind.known and set(alone.air.tolist()) == {Air.UNKNOWN}
    found = bin_passes([later, calm, no2], "ch4", CRS, SETTINGS, plume=PLUME)
    assert [p.label for p in found] == ["later#0", "calm#0"]
    assert np.hypot(found[1].wind.u, found[1].wind.v) == pytest.approx(2.0)
    assert [p.label for p in bin_passes([later, calm, no2, other], "ch4", CRS, SETTINGS)] == ["later#0", "other#0"]


def test_the_wind_of_the_same_vehicle_comes_before_that_of_another(track) -> None:
    """Two lenders of the same hours: the one that drove along, though it is named later; only it counts as beside."""
    x, y = np.arange(0.0, 400.0, 8.0), np.full(50, 5.0)
    bare = track(x, y, np.ones(50), name="bare", wind=None)
    far = track(x, y + 3000.0, np.ones(50), name="far", wind=(0.0, 5.0))
    near = track(x, y + 150.0, np.ones(50), name="near", wind=(2.0, 0.0))
    for tracks, lender, beside in (([bare, far, near], near, 1), ([bare, far], far, 0)):
        found, *_ = winds_of(tracks, CRS, SETTINGS)
        assert found.lender is lender and len(found.beside) == beside
    assert [p.label for p in bin_passes([bare, far], "ch4", CRS, SETTINGS)] == ["bare#0", "far#0"]
    alone, own = winds_of([bare, replace(near, passes=near.passes.isel(obs=slice(0, 10)))], CRS, SETTINGS)
    assert alone.lender is not None and own.lender is None and own.wind.known
    (nobody,) = winds_of([bare], CRS, SETTINGS)
    assert nobody.lender is None and not nobody.wind.known


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [((0, 100), (50, 400), False), ((0, 100), (49, 400), True), ((0, 400), (-60, 41), False),
     ((0, 400), (-60, 61), True), ((0, 100), (200, 300), False), ((0, 100), (20, 30), True)],
)  # fmt: skip
def test_two_ran_together_for_more_than_half_of_the_shorter(track, first, second, together: bool) -> None:
    """Seconds of both records; half is not more than half."""
    one, two = (
        track(np.zeros(2), np.zeros(2), np.ones(2), step_s=float(b - a),
              start=str(np.datetime64("2024-05-01T02:00:00") + np.timedelta64(a, "s"))).passes
        for a, b in (first, second)
    )  # fmt: skip
    assert winds.ran_together(one, two) is together is winds.ran_together(two, one)


def test_wind_is_turned_onto_the_grid(track) -> None:
    """Three zones off the true east wind is not along the rows; its speed stays; the error of readings is kept."""
    crs = "EPSG:4541"
    t = track(np.arange(40.0), np.zeros(40), np.ones(40), wind=(3.0, 1.0))
    t.passes["wind_sd"] = ((), 0.7)
    found = winds._history(t.passes, crs, SETTINGS)
    lon, lat = (float(t.passes[name].mean()) for name in ("lon", "lat"))
    turn = grid_north_rad(lon, lat, crs)
    assert abs(turn) > 0.05
    assert found.u == pytest.approx(np.full(40, np.hypot(3, 1) * np.cos(np.arctan2(1, 3) + turn)))
    assert found.v == pytest.approx(np.full(40, np.hypot(3, 1) * np.sin(np.arctan2(1, 3) + turn)))
    assert found.sd == pytest.approx(0.7)
    np.testing.assert_allclose(found.time, START_S + np.arange(40.0))
    for name in ("u", "v"):
        assert not winds._history(t.passes.drop_vars(name), crs, SETTINGS).known
    assert np.isnan(winds._history(t.passes.drop_vars("wind_sd"), crs, SETTINGS).sd)


def test_wind_is_smoothed_over_fifteen_seconds(track) -> None:
    """A gust of one reading is a fifteenth of it, seven and a half seconds to each side."""
    t = track(np.arange(40.0), np.zeros(40), np.ones(40), wind=(0.0, 0.0))
    t.passes["u"].values[20] = 15.0
    found = winds._history(t.passes, CRS, SETTINGS)
    gust = np.hypot(found.u, found.v)
    assert np.flatnonzero(gust > 1e-9).tolist() == list(range(13, 28)) and gust[20] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("height", "inlet"),
    [
        (None, 2.5),
        ([40.0, 60.0, 41.0, np.nan], 41.0),
        ([1.0, 1.5, 2.0, 1.0], 2.5),
        ([np.nan] * 4, 2.5),
        ([2.6] * 4, 2.6),
    ],
)
def test_the_inlet_is_as_high_as_the_drone_says(track, height: list[float] | None, inlet: float) -> None:
    """The median of the rows of the pass, never below the roof of a vehicle; the rest of the settings stays."""
    t = track(np.arange(5.0), np.zeros(5), np.ones(5))
    if height is not None:
        t.passes["height_above_takeoff"] = ("obs", np.array([*height, 500.0]))
    found = observations._at_inlet(t.passes, np.arange(4), SETTINGS)
    assert found == replace(SETTINGS, inlet_height_m=inlet)


@pytest.mark.parametrize(
    ("lag", "shift"),
    [(None, 0.0), ("2", 0.0), (np.nan, 0.0), (0.5, 0.0), (1.0, 0.0), (np.sqrt(5.0), 2 * 10.0), (3, 8**0.5 * 10)],
)
def test_a_lag_beyond_a_second_moves_values_along_the_road(lag: object, shift: float) -> None:
    """√(lag² − 1²) times the median speed; what is no number moves nothing."""
    time, x, y = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 6.0, 12.0, 24.0]), np.array([0.0, 8.0, 16.0, 72.0])
    found = observations._shift_sd_m(lag, x, y, time, SETTINGS)
    assert found == pytest.approx(shift)
    assert observations._shift_sd_m(lag, x[:1], y[:1], time[:1], SETTINGS) == 0.0


def test_bins_of_one_second_are_not_infinitely_fast() -> None:
    """A step of no time counts as a millisecond."""
    time = np.array([5.0, 5.0])
    found = observations._shift_sd_m(np.sqrt(2.0), np.array([0.0, 3.0]), np.array([0.0, 4.0]), time, SETTINGS)
    assert found == pytest.approx(5000.0)


@pytest.mark.parametrize(
    ("value", "declared", "noise"),
    [
        ([1.0, 2.0, 3.0, 4.0, 100.0], None, 1.4826),  # lower half 1, 2, 3 about 3
        ([1.0, 2.0, 3.0, 4.0, 100.0], 20.0, 2.0),
        ([1.0, 2.0, 3.0, 4.0, 100.0], 14.0, 1.4826),
        ([5.0, 5.0, 5.0], None, 5e-6),
        ([0.0, 0.0], 0.0, 1e-18),
        ([0.0, -8.0, -8.0], -1.0, 8e-6),
        ([5.0, 5.0], "7", 5e-6),
    ],
)
def test_noise_is_of_the_lower_half_of_the_bins(value: list[float], declared: object, noise: float) -> None:
    """1.4826 times the median deviation below the median; a tenth of the declared noise and a millionth at least."""
    assert observations._noise(np.array(value), declared) == pytest.approx(noise)


def test_the_declared_noise_and_lag_of_the_species_are_used(track) -> None:
    """From the attributes of its enhancement, not of another's."""
    x, y = np.arange(5.0, 405.0, 10.0), np.full(40, 5.0)
    t = track(x, y, np.zeros(40))
    t.passes["ch4_enhancement"].attrs |= {"noise_sd": 3.0, "lag_sd_s": np.sqrt(10.0)}
    (found,) = bin_passes([t], "ch4", CRS, SETTINGS, plume=PLUME)
    assert found.noise == pytest.approx(0.3)
    speed = np.median(np.diff(found.x) / np.diff(found.time))
    expected, *_ = upwind_ribbons(
        found.x, found.y, found.time, found.wind, 0.0, SETTINGS, plume=PLUME, shift_sd_m=3.0 * speed
    )
    np.testing.assert_allclose(found.ribbon, expected, rtol=1e-6)


# --- the event ------------------------------------------------------------------------------------------------------


def test_a_pass_is_cut_into_plumes_with_shoulders_and_quiet_stretches() -> None:
    """Bins above the limit with two to each side; quiet road in pieces of some 250 m, each bin once."""
    value = np.zeros(45)
    value[20:23] = 9.0
    found = observations._stretches(_bins(value), np.arange(45), 4.0, SETTINGS)
    assert [(rows[0], rows[-1], crossed) for rows, crossed in found] == [
        (0, 8, False), (9, 17, False), (18, 24, True), (25, 34, False), (35, 44, False),
    ]  # fmt: skip
    assert np.concatenate([rows for rows, _ in found]).tolist() == list(range(45))


@pytest.mark.parametrize(("pause", "pieces"), [(60.0, 1), (60.1, 2)])
def test_road_that_was_left_starts_anew(pause: float, pieces: int) -> None:
    """After a minute away, or where the pass left the circle, another stretch begins."""
    binned = _bins(np.zeros(8))
    late = replace(binned, time=binned.time + np.where(np.arange(8) >= 4, pause - 2.0, 0.0))
    assert len(observations._stretches(late, np.arange(8), 4.0, SETTINGS)) == pieces
    gap = observations._stretches(binned, np.array([0, 1, 2, 4, 5]), 4.0, SETTINGS)
    assert [rows.tolist() for rows, _ in gap] == [[0, 1, 2], [4, 5]]


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ([3.9, 7, 7, 1, 7, 0], [[0, 1, 2], [3, 4, 5]]),
        ([3.9, 7, 7, 3.5, 7, 0], [[0, 1, 2, 3, 4, 5]]),
        ([3.9, 7, 7, 3.4, 7, 0], [[0, 1, 2], [3, 4, 5]]),
        ([3.9, 9, 9, 2.9, 6, 0], [[0, 1, 2], [3, 4, 5]]),
        ([3.9, 9, 9, 3.1, 6, 0], [[0, 1, 2, 3, 4, 5]]),
        ([3.9, 6, 6, 2.9, 9, 0], [[0, 1, 2], [3, 4, 5]]),
        ([3.9, 6, 6, 3.1, 9, 0], [[0, 1, 2, 3, 4, 5]]),
        ([3.9, 9, 9, 1, 4, 0], [[0, 1, 2, 3, 4, 5]]),  # the second is at the limit, not above it
        ([3.9, 9, 9, 1, 4.1, 0], [[0, 1, 2], [3, 4, 5]]),
        ([3.9, 4, 1, 9, 9, 9], [[0, 1, 2, 3, 4, 5]]),
        ([3.9, 4.1, 1, 9, 9, 9], [[0, 1], [2, 3, 4, 5]]),
        ([3.9, 9, 1, 9, 1, 9], [[0, 1], [2, 3], [4, 5]]),
        ([5, 9, 2, 1, 3, 9], [[0, 1, 2], [3, 4, 5]]),
    ],
)
def test_a_rise_is_split_at_valleys_below_half_of_the_lower_peak(value: list[float], parts: list[list[int]]) -> None:
    """The bin of the valley begins the next plume."""
    found = observations._plumes(_bins(value), np.arange(6), 4.0, SETTINGS)
    assert [rows.tolist() for rows in found] == parts


def test_a_rise_over_too_much_road_is_no_plume() -> None:
    """28 bins of 25 m are 700 m and are one; 29 are an instrument."""
    for n, kept in ((28, 1), (29, 0)):
        assert len(observations._plumes(_bins(np.full(n, 9.0)), np.arange(n), 4.0, SETTINGS)) == kept


@pytest.mark.parametrize(
    ("mask", "by", "wide"),
    [("0000100000", 2, "0011111000"), ("1000000001", 1, "1100000011"), ("00100", 2, "11111"), ("000", 2, "000"),
     ("0000000", 2, "0000000")],
)  # fmt: skip
def test_shoulders_are_as_wide_on_both_sides(mask: str, by: int, wide: str) -> None:
    """Also at the ends; a short piece is wholly one or the other."""
    found = observations._dilate(np.array([c == "1" for c in mask]), by)
    assert "".join("01"[int(v)] for v in found) == wide


def test_the_unit_of_a_plume_holds_every_bin_and_its_model_error() -> None:
    """Noise and a quarter of the peak in quadrature; ribbons and boxes of its own rows."""
    binned = _bins([0, 1, 5, 8, 2, 0], noise=1.5)
    unit = observations._unit(binned, np.array([1, 2, 3, 4]), 4.0, crossed=True, own=True, settings=SETTINGS)
    assert unit.bins.tolist() == [[25.0, 0.0, 1.0], [50.0, 0.0, 5.0], [75.0, 0.0, 8.0], [100.0, 0.0, 2.0]]
    assert unit.noise == pytest.approx(np.hypot(1.5, 0.25 * 8.0))
    assert unit.ribbon[:, 0, 0].tolist() == [1, 2, 3, 4] == unit.box[:, 2].tolist()
    assert (unit.crossed, unit.own, unit.directed) == (True, True, True)


def test_the_unit_of_silence_holds_every_second_bin() -> None:
    """Its noise is half of the limit; it has a direction where more than half of its bins do."""
    binned = replace(_bins(np.arange(7.0)), air=np.array([2, 1, 2, 0, 0, 2, 2]))
    unit = observations._unit(binned, np.arange(1, 7), 5.0, crossed=False, own=False, settings=SETTINGS)
    assert unit.bins[:, 2].tolist() == [1.0, 3.0, 5.0] and unit.noise == 2.5
    assert unit.ribbon[:, 1, 3].tolist() == [1, 3, 5] == unit.box[:, 0].tolist()
    assert (unit.crossed, unit.own, unit.directed) == (False, False, False)
    half = observations._unit(binned, np.arange(4), 5.0, crossed=True, own=False, settings=SETTINGS)
    assert half.directed is False and half.own is False
    assert observations._unit(binned, np.arange(3), 5.0, crossed=True, own=False, settings=SETTINGS).directed is True


@pytest.mark.parametrize(("off", "own"), [(74.9, True), (75.1, False)])
def test_a_plume_near_the_hotspot_is_its_own(off: float, own: bool) -> None:
    """A bin above four times the noise within 75 m; shoulders do not count."""
    value = np.zeros(41)
    value[20:22] = 9.0
    value[19] = 4.0  # a shoulder, at the limit, not above it
    event = event_of([_bins(value)], place_of(20 * 25.0, off), SETTINGS)
    (plume,) = [unit for unit in event.units if unit.crossed]
    assert plume.own is own and plume.bins[:, 2].tolist() == [0.0, 0.0, 4.0, 9.0, 9.0, 0.0, 0.0][1:]
    (said,) = event.passes
    assert (said.peak, said.seen) == ((9.0, True) if own else (None, False))
    assert (said.x, said.y) == (500.0, 0.0 if own else off)


def _crossed(*met: tuple[float, float, float], place: tuple[float, float] = (500.0, 0.0)) -> Crossed:
    """Crossings at (x, start, end) on the road of `_bins`."""
    x, start, end = np.array(met, float).reshape(-1, 3).T
    return Crossed(place, x, np.zeros(x.size), start, end)


@pytest.mark.parametrize(
    ("early", "late", "own"),
    [(0.0, 0.0, True), (7.0, 9.0, True), (7.1, 9.0, False), (-9.0, -5.0, True), (-9.0, -5.1, False)],
)
def test_a_plume_met_in_a_crossing_is_the_hotspots_wherever_that_was(early: float, late: float, own: bool) -> None:
    """Two bins, 2 s apart: from 5 s before to 5 s after it, however far from the place; at another time it is not."""
    value = np.zeros(61)
    value[20:22] = 9.0
    binned = _bins(value)
    first = float(binned.time[20])
    far = _crossed((500.0, first + early, first + late), place=(500.0, -900.0))
    (plume,) = [unit for unit in event_of([binned], far, SETTINGS).units if unit.crossed]
    assert plume.own is own
    (said,) = event_of([binned], far, SETTINGS).passes
    assert (said.x, said.y, said.peak) == ((500.0, 0.0, 9.0) if own else (500.0, -900.0, None))


def test_the_context_is_about_every_crossing() -> None:
    """600 m about the place and each of the crossings, whichever is nearer."""
    road = _bins(np.zeros(201))
    event = event_of([road], _crossed((2000.0, 0.0, 1.0), (3500.0, 2.0, 3.0), place=(2000.0, 500.0)), SETTINGS)
    told = np.concatenate([unit.bins[:, 0] for unit in event.units])
    assert told.min() == 1400.0 and 4050.0 <= told.max() <= 4100.0
    assert not ((told > 2600.0) & (told < 2900.0)).any()
    x = np.array([2000.0, 2100.0, 3400.0])
    away = _crossed((3500.0, 2.0, 3.0), place=(2000.0, 500.0)).distance(x, np.zeros(3))
    assert away == pytest.approx([500.0, np.hypot(100, 500), 100.0])


@pytest.mark.parametrize(("y", "bins"), [(0.0, 49), (599.9, 1), (600.0, 1), (600.1, 0)])
def test_only_what_is_in_the_context_is_told(y: float, bins: int) -> None:
    """600 m about the hotspot; a pass that never came so near is not named."""
    event = event_of([_bins(np.zeros(101))], place_of(50 * 25.0, y), SETTINGS)
    assert len(event.passes) == (bins > 0)
    told = sum(len(unit.bins) for unit in event.units)
    assert (told > 0) is (bins > 0) and all(not unit.crossed for unit in event.units)
    if bins > 1:
        assert min(u.bins[:, 0].min() for u in event.units) == 650.0
        assert 1800.0 <= max(u.bins[:, 0].max() for u in event.units) <= 1850.0


def test_a_pass_is_summed_up_by_its_highest_plume_and_the_wind_of_then() -> None:
    """Peak, place, direction and its error; where it met nothing, the place asked for; in calm no direction."""
    one = Stretch(
        np.array([[1.0, 2.0, 5.0], [3.0, 4.0, 7.0]]), 1.0, np.zeros((2, 1, 10)), np.zeros((2, 4)), True, True, True
    )
    two = replace(one, bins=np.array([[5.0, 6.0, 6.9], [7.0, 8.0, 1.0]]))
    binned = _bins(np.zeros(20), wind=(-3.0, 4.0))
    said = observations._summary(binned, 10.0, [two, one], (50.0, 60.0), SETTINGS)
    assert (said.label, said.peak, said.x, said.y) == ("d#0", 7.0, 3.0, 4.0)
    assert (said.towards_rad, said.wind_m_s) == pytest.approx((np.arctan2(4.0, -3.0), 5.0))
    assert said.direction_sd_rad == pytest.approx(direction_sd_rad(0.0, 5.0, 0.4, SETTINGS))
    nothing = observations._summary(_bins(np.zeros(20), wind=(0.6, 0.7)), 10.0, [], (50.0, 60.0), SETTINGS)
    assert (nothing.peak, nothing.x, nothing.y, nothing.towards_rad) == (None, 50.0, 60.0, 0.0)
    assert nothing.direction_sd_rad == np.inf and not nothing.directed
    assert nothing.wind_m_s == pytest.approx(np.hypot(0.6, 0.7))
    still = replace(binned, wind=WindHistory(*[np.empty(0)] * 3, float("nan")))
    unknown = observations._summary(still, 10.0, [], (50.0, 60.0), SETTINGS)
    assert unknown.wind_m_s is None and not unknown.directed and not unknown.calm and nothing.calm
    calm = observations._summary(_bins(np.zeros(20), wind=(1.0, 0.0)), 10.0, [], (50.0, 60.0), SETTINGS)
    assert calm.directed and calm.towards_rad == 0.0


def test_the_wind_of_an_event_is_that_of_the_nearest_bin() -> None:
    """A wind that turned during the drive: the one around the time at which the pass came nearest."""
    binned = _bins(np.zeros(41), step_s=30.0)
    turning = WindHistory(
        binned.time, np.where(np.arange(41) < 20, 3.0, 0.0), np.where(np.arange(41) < 20, 0.0, 3.0), 0.4
    )
    for at, towards in ((5, 0.0), (35, np.pi / 2)):
        (said,) = event_of([replace(binned, wind=turning)], place_of(at * 25.0, 10.0), SETTINGS).passes
        assert said.towards_rad == pytest.approx(towards)
