"""Where one source stands and how much it emits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely

from fusion import FusionSettings
from fusion.crossing import Event, joint_log_odds, rate_prior
from fusion.dispersion import Weather, plume_of
from fusion.observations import bin_passes, event_of
from fusion.position import locate_source
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
        value = rate * PLUME.per_rate(x, y, **height)
        tracks.append(make(x, y, value, name=f"at{distance:.0f}"))
    binned = bin_passes(tracks, "ch4", CRS, SETTINGS, plume=PLUME)
    return event_of(binned, ORIGIN[0] + distances[0], ORIGIN[1], SETTINGS)


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
    value = RATE * PLUME.per_rate(x, y, height_m=SETTINGS.inlet_height_m, source_height_m=SETTINGS.source_height_m)
    drive = [track(x, y, value)]
    others = [
        event_of(bin_passes(drive, "ch4", CRS, SETTINGS, plume=p), ORIGIN[0] + 200.0, ORIGIN[1], SETTINGS)
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
