"""Spikes met again on other passes: compositions and odds worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from tracks.sources.recurrence import compositions, like_a_neighbour, recurrence_odds

Make = Callable[..., xr.Dataset]
EAST = 10.0 * np.arange(100)


def test_a_composition_is_logarithms_less_their_mean() -> None:
    """Largest excess of each tracer in the run, both ends of it, at least one; missing values do not count."""
    one, two = np.array([9.0, 0.0, 4.0, np.nan, 0.5]), np.array([1.0, 0.0, 16.0, 2.0, -3.0])
    found = compositions([one, two], np.array([[0, 2], [2, 3], [4, 4], [3, 3]]))
    logs = np.log([[9, 16], [4, 16], [1, 1], [1, 2]])
    np.testing.assert_allclose(found, logs - logs.mean(axis=1, keepdims=True), atol=1e-12)


@pytest.mark.parametrize(("apart", "alike"), [(0.49, True), (0.5, False)])
def test_neighbours_are_alike_below_half_a_logarithm(apart: float, alike: bool) -> None:
    """Root mean square over tracers; of three spikes in a row the first two are alike, both of them and no other."""
    composition = np.array([[0.0, 0.0], [apart, -apart], [9.0, -9.0]])
    every = np.ones(3, bool)
    assert like_a_neighbour(composition, every).tolist() == [alike, alike, False]
    assert like_a_neighbour(composition[::-1], every).tolist() == [False, alike, alike]
    for among in ([False, True, True], [True, False, True]):
        assert not like_a_neighbour(composition, np.array(among)).any()
    one_sided = np.array([[0.0, 0.0], [apart * np.sqrt(2), 0.0]])
    assert like_a_neighbour(one_sided, every[:2]).tolist() == [alike, alike]


def passes_of(make_passes: Make, passes: int, *, north: float = 0.0) -> xr.Dataset:
    """Passes along 990 m, the second half of them ``north`` metres further north."""
    y = np.repeat(np.where(np.arange(passes) < passes / 2, 0.0, north), 100)
    return make_passes(np.tile(EAST, passes), y, excess={}, number=np.repeat(np.arange(passes), 100))


def odds(passes: int, again: int, spikes: int, driven: float) -> float:
    """Binomial odds of a vehicle against a source, never above one and never below a twentieth."""
    chance = np.clip(spikes * 60 / driven, 0.01, 0.5)
    missed = passes - 1 - again
    return float(np.clip((chance / 0.5) ** again * ((1 - chance) / 0.5) ** missed, 0.05, 1.0))


def driven_m(passes: int) -> float:
    """Length of the drive, with the way back to the start of each pass."""
    return 990.0 * (2 * passes - 1)


@pytest.mark.parametrize("met", [1, 2, 3, 4, 6])
def test_spikes_on_some_of_six_passes_have_binomial_odds(make_passes: Make, met: int) -> None:
    """A spike at 500 m on k of six passes, and k unrelated ones elsewhere: each of the place has the same odds."""
    runs = np.array(
        [[100 * k + 49, 100 * k + 51] for k in range(met)] + [[10 + 12 * k, 10 + 12 * k] for k in range(3)]
    )
    found = recurrence_odds(passes_of(make_passes, 6), runs, np.zeros((len(runs), 2)))
    assert found[:met] == pytest.approx([odds(6, met - 1, len(runs), driven_m(6))] * met)
    np.testing.assert_allclose(found[met:], odds(6, 0, len(runs), driven_m(6)))


def test_recurrence_lowers_by_hand(make_passes: Make) -> None:
    """Two passes, both with the spike: 2 · 60 m of 2 970 m driven give (0.0404 / 0.5), more than the least."""
    runs = np.array([[49, 51], [149, 151]])
    found = recurrence_odds(passes_of(make_passes, 2), runs, np.zeros((2, 2)))
    np.testing.assert_allclose(found, 120 / 2970 / 0.5, rtol=1e-5)


@pytest.mark.parametrize(("apart", "same"), [(0.49, True), (0.51, False)])
def test_another_composition_is_another_vehicle(make_passes: Make, apart: float, same: bool) -> None:
    """Shares that differ by half a logarithm and more are no meeting: the other pass then only missed it."""
    runs = np.array([[49, 51], [149, 151]])
    found = recurrence_odds(passes_of(make_passes, 2), runs, np.array([[0.0, 0.0], [apart, -apart]]))
    expected = odds(2, 1, 2, driven_m(2)) if same else 1.0
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(("north", "met"), [(29.9, True), (30.1, False)])
def test_a_place_reaches_thirty_metres(make_passes: Make, north: float, met: bool) -> None:
    """Spikes up to 30 m apart are at one place; beyond it the pass did not even come by."""
    runs = np.array([[49, 51], [149, 151]])
    passes = passes_of(make_passes, 2, north=north)
    driven = 1980 + np.hypot(990, north)
    found = recurrence_odds(passes, runs, np.zeros((2, 2)))
    np.testing.assert_allclose(found, odds(2, 1, 2, driven) if met else 1.0, rtol=1e-5)


def test_two_spikes_of_one_pass_are_no_recurrence(make_passes: Make) -> None:
    """A place met twice within one pass was met once, and twice on the other pass too."""
    runs = np.array([[48, 48], [50, 50], [149, 149]])
    found = recurrence_odds(passes_of(make_passes, 2), runs, np.zeros((3, 1)))
    np.testing.assert_allclose(found, odds(2, 1, 3, driven_m(2)), rtol=1e-5)
    alone = recurrence_odds(passes_of(make_passes, 2), runs[:2], np.zeros((2, 1)))
    np.testing.assert_allclose(alone, 1.0)


def test_the_middle_of_a_spike_is_its_place(make_passes: Make) -> None:
    """Long spikes whose ends overlap but whose middles are 40 m apart are at two places."""
    runs = np.array([[40, 60], [144, 164]])
    found = recurrence_odds(passes_of(make_passes, 2), runs, np.zeros((2, 1)))
    np.testing.assert_allclose(found, 1.0)


def test_a_spike_nowhere_is_judged_by_nothing(make_passes: Make) -> None:
    """Without a place, outside of any pass, and in a trace that hardly moved, the odds are defined."""
    passes = passes_of(make_passes, 2)
    lon = passes["lon"].values.copy()
    lon[50] = np.nan
    nowhere = passes.assign_coords(lon=("obs", lon))
    runs = np.array([[49, 51], [149, 151]])
    assert recurrence_odds(nowhere, runs[:1], np.zeros((1, 1))).tolist() == [1.0]
    np.testing.assert_allclose(recurrence_odds(nowhere, runs, np.zeros((2, 1))), [1.0, 1.0])
    outside = passes.assign(pass_index=("obs", np.where(np.arange(200) < 100, -1, 0).astype(np.int32)))
    np.testing.assert_allclose(recurrence_odds(outside, runs, np.zeros((2, 1))), [1.0, 1.0])
    still = make_passes(np.zeros(200), excess={}, number=np.repeat([0, 1], 100))
    np.testing.assert_allclose(recurrence_odds(still, runs, np.zeros((2, 1))), [1.0, 1.0])


def test_an_accident_has_a_chance_of_a_hundredth_at_least(make_passes: Make) -> None:
    """Two spikes in 69 km: of four passes two saw one and two did not, 0.02 times 1.98 squared."""
    passes = make_passes(np.tile(10 * EAST, 4), excess={}, number=np.repeat(np.arange(4), 100))
    runs = np.array([[49, 51], [149, 151]])
    np.testing.assert_allclose(recurrence_odds(passes, runs, np.zeros((2, 1))), 0.02 * 1.98**2)
