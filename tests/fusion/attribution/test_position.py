"""Where one source stands and how much it emits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import shapely

from benchmarks.city_fusion import per_rate, place_of
from fusion import FusionSettings
from fusion.air.dispersion import Weather, plume_of
from fusion.attribution import position
from fusion.attribution.crossing import Event, RatePrior, joint_log_odds, rate_prior
from fusion.attribution.observations import bin_passes, event_of
from fusion.attribution.places import Places
from fusion.attribution.position import locate_source
from ingest.errors import ContractError
from tracks.schema import Track

CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_396_000.0)  # of the tracks of conftest
SETTINGS = FusionSettings(
    bin_m=10.0, place_sd_m=1.0, direction_floor_deg=2.0, wind_error_share=0.01, shape_error=0.1, near_m=500.0
)
PLUME = plume_of(Weather(0.35, 0.0, 0.5, 0.1, 800.0))
RATE = 2000.0
Make = Callable[..., Track]


def _event(make: Make, distances: tuple[float, ...], *, rate: float = RATE) -> Event:
    """Roads across the wind of 3 m/s from the west, downwind of a source at the origin."""
    y = np.arange(-300.0, 300.0, 5.0)
    tracks = []
    for distance in distances:
        x = np.full(y.size, distance)
        height = {
            "height_m": SETTINGS.inlet_height_m,
            "source_height_m": SETTINGS.source_height_m,
        }
        value = rate * per_rate(PLUME, x, y, **height)
        tracks.append(make(x, y, value, name=f"at{distance:.0f}"))
    binned = bin_passes(tracks, "ch4", CRS, SETTINGS, plume=PLUME)
    return event_of(binned, place_of(ORIGIN[0] + distances[0], ORIGIN[1]), SETTINGS)


def test_two_roads_fix_place_and_rate(track: Make) -> None:
    """With the plume known, the place is found within the finest cells' order and the rate within a fifth."""
    found = locate_source([_event(track, (120.0, 300.0))], SETTINGS)
    assert np.hypot(found.mean[0] - ORIGIN[0], found.mean[1] - ORIGIN[1]) < 15
    assert found.area.covers(shapely.Point(ORIGIN))
    assert found.rate == pytest.approx(RATE, rel=0.2)
    assert found.rate_90[0] < found.rate_50[0] < found.rate < found.rate_50[1] < found.rate_90[1]


def test_probabilities_are_a_distribution_over_cells_that_do_not_overlap(track: Make) -> None:
    """They sum to one, densest first; the area is that of its cells and holds the share asked for."""
    found = locate_source([_event(track, (200.0,))], SETTINGS)
    assert found.probability.sum() == pytest.approx(1.0)
    density = found.probability / found.side**2
    assert (np.diff(density) <= 1e-9 * density[0]).all()
    inside = int(np.searchsorted(np.cumsum(found.probability), found.credible)) + 1
    assert found.area.area == pytest.approx(float((found.side[:inside] ** 2).sum()), rel=1e-3)
    assert found.area.area < 0.1 * float((found.side**2).sum())


def test_one_road_leaves_the_distance_open(track: Make) -> None:
    """The place is vaguer along the wind than across it, and vaguer than from two roads."""
    one, two = (locate_source([_event(track, at)], SETTINGS) for at in ((200.0,), (120.0, 300.0)))
    assert one.covariance[0, 0] > 2 * one.covariance[1, 1]
    assert one.covariance[0, 0] > two.covariance[0, 0]


def test_a_doubtful_plume_model_widens_the_area(track: Make) -> None:
    """Averaging over a wider and a narrower plume costs certainty."""
    narrow, wide = (plume_of(Weather(0.35, 0.0, 0.5, 0.1, 800.0), width=w) for w in (0.6, 1.6))
    known = _event(track, (200.0,))
    y = np.arange(-300.0, 300.0, 5.0)
    x = np.full(y.size, 200.0)
    value = RATE * per_rate(PLUME, x, y, height_m=SETTINGS.inlet_height_m, source_height_m=SETTINGS.source_height_m)
    drive = [track(x, y, value)]
    others = [
        event_of(bin_passes(drive, "ch4", CRS, SETTINGS, plume=p), place_of(ORIGIN[0] + 200.0, ORIGIN[1]), SETTINGS)
        for p in (narrow, wide)
    ]
    sure, unsure = locate_source([known], SETTINGS), locate_source([known, *others], SETTINGS)
    assert unsure.covariance[0, 0] > sure.covariance[0, 0]


def test_silence_locates_nothing(track: Make) -> None:
    """Without a plume the call is refused."""
    with pytest.raises(ContractError, match="no plume was crossed"):
        locate_source([_event(track, (200.0,), rate=0.0)], SETTINGS)


def test_a_maker_stands_upwind(track: Make) -> None:
    """A maker of the plume cannot stand downwind of it; the source of another, which was off, can."""
    event = _event(track, (200.0,))
    rates = rate_prior(event, SETTINGS)
    x, y = ORIGIN[0] + np.array([0.0, 900.0]), np.full(2, ORIGIN[1])
    joint = joint_log_odds(x, y, event, rates, SETTINGS)
    made = joint_log_odds(x, y, event, rates, SETTINGS, maker=True)
    assert np.isfinite(joint[1]).all() and np.isneginf(made[1]).all()


def test_the_prior_of_several_models_is_the_lowest_of_theirs(track: Make) -> None:
    """Six rates a decade over six decades, from the smallest that any of the models could see."""
    one, loud = _event(track, (200.0,)), _event(track, (200.0,))
    quiet = [replace(u, noise=u.noise * 0.01) if not u.crossed else u for u in loud.units]
    lower = replace(loud, units=tuple(quiet))
    expected = rate_prior(lower, SETTINGS, per_decade=6)
    for events in ([one, lower], [lower, one]):
        found = position._common_rates(events, SETTINGS)
        np.testing.assert_array_equal(found.logs, expected.logs)
    assert found.logs.size == 37 and found.logs[6] - found.logs[0] == pytest.approx(np.log(10.0))
    assert found.logs[0] == pytest.approx(rate_prior(one, SETTINGS).logs[0] + np.log(0.01))


def test_ground_is_searched_around_all_bins_of_plumes() -> None:
    """Cells of 32 m from the reach south-west of the bins to beyond it north-east."""
    bins = np.array([[10.0, 50.0, 1.0], [110.0, -30.0, 2.0]])
    x, y = position._start(bins, 100.0)
    assert (x.min(), y.min()) == (10.0 - 100 + 16, -30.0 - 100 + 16)
    assert (np.unique(x).size, np.unique(y).size, x.size) == (10, 9, 90)  # 300 m by 280 m
    assert x.max() + 16 >= 210.0 and y.max() + 16 >= 150.0 and np.ptp(np.unique(x)[:2]) == 32.0


def test_models_are_equally_likely(track: Make) -> None:
    """The mean of the likelihoods, with 25 moves of the wind, of makers only; twice the same model is that model."""
    event = _event(track, (120.0, 300.0))
    wide = replace(event, units=tuple(replace(u, noise=2 * u.noise) for u in event.units))
    rates = rate_prior(event, SETTINGS, per_decade=6)
    x, y = ORIGIN[0] + np.array([0.0, 20.0, 500.0]), ORIGIN[1] + np.array([0.0, 5.0, 0.0])
    one, two = (joint_log_odds(x, y, e, rates, SETTINGS, sides=25, maker=True) for e in (event, wide))
    mixed = position._mixture(x, y, [event, wide], rates, SETTINGS)
    np.testing.assert_allclose(mixed, np.logaddexp(one, two) - np.log(2))
    np.testing.assert_allclose(position._mixture(x, y, [event, event, event], rates, SETTINGS), one)


def test_a_posterior_is_summed_up_densest_first() -> None:
    """Mode, mean, covariance, outline and the quantiles of the rate, by hand."""
    joint = np.log(np.array([[1.0, 1.0, 1.0, 1.0], [4.0, 4.0, 4.0, 4.0], [3.0, 3.0, 3.0, 3.0]]))
    ground = Places(np.array([0.0, 10.0, 10.0]), np.array([0.0, 0.0, 10.0]), np.array([10.0, 10.0, 10.0]), joint)
    rates = RatePrior(np.log(10.0) * np.arange(4.0))
    found = position._summary(ground, rates, 0.8)
    assert (found.x.tolist(), found.y.tolist(), found.side.tolist()) == ([10, 10, 0], [0, 10, 0], [10, 10, 10])
    np.testing.assert_allclose(found.probability, [0.5, 0.375, 0.125])
    assert (found.mode, found.mean, found.credible) == ((10.0, 0.0), pytest.approx((8.75, 3.75)), 0.8)
    np.testing.assert_allclose(
        found.covariance,
        [[0.875 * 0.125 * 100 + 100 / 12, 10 * 3.75 - 8.75 * 3.75], [4.6875, 0.375 * 0.625 * 100 + 100 / 12]],
    )
    assert found.area.area == pytest.approx(200.0) and found.area.bounds == (5.0, -5.0, 15.0, 15.0)
    assert found.rate == pytest.approx(10**1.5)  # even from half a decade below the first to above the last
    assert found.rate_50 == pytest.approx((10**0.5, 10**2.5)) and found.rate_90 == pytest.approx((10**-0.3, 10**3.3))


def test_what_is_asked_for_decides_the_finest_cell(track: Make) -> None:
    """Two metres, or as told; nine tenths in the area, or what the settings say."""
    event = _event(track, (120.0, 300.0))
    fine, coarse = locate_source([event], SETTINGS), locate_source([event], SETTINGS, finest_m=8.0)
    assert (fine.side.min(), coarse.side.min()) == (2.0, 8.0)
    half = locate_source([event], replace(SETTINGS, credible=0.5), finest_m=8.0)
    assert (coarse.credible, half.credible) == (0.9, 0.5) and half.area.area < coarse.area.area
