"""Which crossings one source could have made: densities by hand, and joining against a slow version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fusion.hotspots import joining
from fusion.hotspots.crossings import Crossings
from fusion.hotspots.joining import CELL_M, REACH_M, PlaceDensity, composition_odds, join_crossings, place_density
from tests.fusion.hotspots.plume_tracks import crossings_by_hand, straight_path

CALM = [None] * 10


def _centres(density: PlaceDensity) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, columns = density.values.shape
    east = (density.column + np.arange(columns) + 0.5) * CELL_M
    north = (density.row + np.arange(rows) + 0.5) * CELL_M
    return np.meshgrid(east, north)


@contextmanager
def path_alone() -> Iterator[None]:
    """Without the share of sources that stand near whatever the wind says, which hides what the path does."""
    share, joining._NEAR = joining._NEAR, 0.0
    try:
        yield
    finally:
        joining._NEAR = share


def test_three_in_ten_sources_stand_near_whatever_the_wind() -> None:
    """The density is that of the path and, with a share of 0.3, that of a calm; of sum one."""
    path = straight_path(1010.0, 1010.0)
    with path_alone():
        along = place_density(1010.0, 1010.0, path, 40.0)
    near, both = (place_density(1010.0, 1010.0, one, 40.0) for one in (None, path))
    around = 0.05 * (near.values > 0) / (near.values > 0).sum()
    wanted = (along.values - around) * 0.65 / 0.95 + around + 0.3 * near.values
    assert both.values == pytest.approx(wanted, abs=1e-12) and both.total == pytest.approx(1.0)


def test_crossings_of_one_spot_are_joined_though_the_wind_turned() -> None:
    """Two gases in one proportion, met at one spot in winds 90° apart; in another proportion they are not."""
    species = ("ch4", "nh3", "toluene")
    paths = [straight_path(0, 0, 0.0), straight_path(0, 0, 90.0)]
    alike = crossings_by_hand([[0.0, 0.0], [10.0, 0.0]], [[80.0, 40.0, 1.0], [60.0, 30.0, 1.0]], species=species)
    unlike = crossings_by_hand([[0.0, 0.0], [10.0, 0.0]], [[80.0, 40.0, 1.0], [1.0, 2.0, 60.0]], species=species)
    assert len(_groups(alike, paths)) == 1 and len(_groups(unlike, paths)) == 2


def _groups(crossings: Crossings, paths) -> set[frozenset[int]]:
    number = join_crossings(crossings, paths)
    return {frozenset(np.flatnonzero(number == k).tolist()) for k in set(number.tolist())}


# --- where a source may stand ---------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-3000, 3000), st.floats(-3000, 3000), st.floats(0, 360), st.floats(5, 60), st.floats(1, 150),
    st.floats(0, 300),
)  # fmt: skip
@path_alone()
def test_a_density_sums_to_one_and_lies_upwind(
    x: float, y: float, from_deg: float, width: float, error: float, width_m: float
) -> None:
    """All but the twentieth that may be anywhere within 700 m lies on the side from which the air came."""
    density = place_density(x, y, straight_path(x, y, from_deg, width=width, error=error), width_m)
    east, north = _centres(density)
    away = np.hypot(east - x, north - y)
    assert density.total == pytest.approx(1.0) and (density.values >= 0).all()
    assert (density.values[away > REACH_M] == 0).all()
    ahead = (east - x) * np.sin(np.radians(from_deg)) + (north - y) * np.cos(np.radians(from_deg))
    within = away <= REACH_M
    assert density.values[(ahead < 0) & within] == pytest.approx(0.05 / within.sum())
    behind = int(((ahead < 0) & within).sum())
    assert density.values[ahead > 0].sum() == pytest.approx(1 - 0.05 * behind / within.sum())


@pytest.mark.parametrize(("from_deg", "peak"), [(0.0, (0, 1)), (90.0, (1, 0)), (180.0, (0, -1)), (270.0, (-1, 0))])
def test_wind_from_the_north_puts_the_source_to_the_north(from_deg: float, peak: tuple[int, int]) -> None:
    """The centre of the density lies beyond 200 m that way, and hardly aside."""
    density = place_density(1010.0, 2010.0, straight_path(1010.0, 2010.0, from_deg), 40.0)
    east, north = _centres(density)
    middle = np.array([(density.values * (east - 1010)).sum(), (density.values * (north - 2010)).sum()])
    assert middle @ np.array(peak) > 200 and abs(middle @ np.array(peak[::-1])) < 1


@path_alone()
def test_a_density_across_its_path_is_that_of_a_gaussian() -> None:
    """Half of the plume's width and the error of its axis add up; the path is as likely all along."""
    x = y = 1010.0  # centre of a cell
    density = place_density(x, y, straight_path(x, y, width=60.0, error=40.0), 150.0)
    east, north = _centres(density)
    row = int(np.flatnonzero(north[:, 0] == y + 300)[0])
    around = 0.05 / (np.hypot(east - x, north - y) <= REACH_M).sum()
    across = density.values[row] - around
    middle = int(np.flatnonzero(east[0] == x)[0])
    for cells in (1, 2, 4):
        wanted = across[middle] * np.exp(-0.5 * (20.0 * cells / 50.0) ** 2)  # hypot(40, 60 / 2)
        assert across[[middle - cells, middle + cells]] == pytest.approx(wanted)
    along = [density.values[np.flatnonzero(north[:, 0] == y + d)[0], middle] for d in (20, 300, 600)]
    assert along == pytest.approx([along[0]] * 3)


@pytest.mark.parametrize("from_deg", [30.0, 120.0, 250.0])
@path_alone()
def test_a_density_lies_along_its_path_in_every_direction(from_deg: float) -> None:
    """Its spread across is that of half the width of the plume and the error of its axis; its middle lies on it."""
    density = place_density(1010.0, 1010.0, straight_path(1010.0, 1010.0, from_deg, width=60.0, error=40.0), 150.0)
    east, north = _centres(density)
    away = np.hypot(east - 1010, north - 1010) <= REACH_M
    upwind = density.values - 0.05 * away / away.sum()
    turn = np.radians(from_deg)
    across = (east - 1010) * np.cos(turn) - (north - 1010) * np.sin(turn)
    along = (east - 1010) * np.sin(turn) + (north - 1010) * np.cos(turn)
    assert (upwind * across).sum() == pytest.approx(0.0, abs=2.0)
    assert (upwind * along).sum() / upwind.sum() == pytest.approx(305.0, rel=0.03)
    assert np.sqrt((upwind * across**2).sum() / upwind.sum()) == pytest.approx(50.0, rel=0.05)


@path_alone()
def test_a_wide_plume_comes_from_where_plumes_are_wide() -> None:
    """Density along the path by how the width fits, as a Gaussian of its logarithm, over the spread across."""
    path = straight_path(1010.0, 1010.0, width=10.0)
    path = replace(path, width=np.where(np.arange(path.x.size) < 30, 4.0, 40.0))
    near, far = (int((1010.0 + d) // CELL_M) for d in (100, 500))
    for width_m in (3.0, 25.0, 100.0):
        density = place_density(1010.0, 1010.0, path, width_m)
        column = 1010 // 20 - density.column
        around = 0.05 / (density.values > 0).sum()
        one, two = (density.values[row - density.row, column] - around for row in (near, far))
        fit = [
            np.exp(-0.5 * (np.log(max(width_m, 5.0) / np.hypot(2.5 * w, 20.0)) / joining._WIDTH_LN_SD) ** 2)
            / np.hypot(10.0, w / 2)
            for w in (4.0, 40.0)
        ]
        assert one / two == pytest.approx(fit[0] / fit[1])


def test_without_direction_a_source_is_near_on_any_side() -> None:
    """A round Gaussian of 60 m per axis, cut at 700 m."""
    density = place_density(1010.0, 2010.0, None, 40.0)
    east, north = _centres(density)
    away = np.hypot(east - 1010, north - 2010)
    assert density.total == pytest.approx(1.0)
    top = density.values[away == 0][0]
    assert density.values[away <= 700] == pytest.approx(top * np.exp(-0.5 * (away[away <= 700] / 60) ** 2))
    assert (density.values[away > 700] == 0).all()
    assert top == pytest.approx(400 / (2 * np.pi * 60**2), rel=1e-3)


def test_a_path_that_leaves_the_ground_at_once_leaves_what_is_around() -> None:
    """No node within reach: anywhere around is as likely."""
    density = place_density(10.0, 10.0, straight_path(5000.0, 10.0), 40.0)
    values = density.values[density.values > 0]
    assert density.total == pytest.approx(1.0) and values == pytest.approx(1.0 / values.size)


def test_a_product_is_on_the_cells_that_both_have() -> None:
    """By number of row and column; of none, of sum zero."""
    one = PlaceDensity(2, 5, np.arange(6.0).reshape(2, 3))  # rows 2-3, columns 5-7
    two = PlaceDensity(3, 6, np.array([[10.0, 20.0, 30.0], [1.0, 1.0, 1.0]]))  # rows 3-4, columns 6-8
    both = one * two
    assert (both.row, both.column, both.values.tolist()) == (3, 6, [[40.0, 100.0]])
    assert (two * one).values.tolist() == [[40.0, 100.0]] and both.total == 140.0
    for away in (
        PlaceDensity(4, 5, np.ones((2, 3))),
        PlaceDensity(2, 8, np.ones((2, 3))),
        PlaceDensity(-9, 5, one.values),
    ):
        assert (one * away).total == (away * one).total == 0.0


# --- composition ----------------------------------------------------------------------------------------------------


def test_the_odds_of_two_compositions_by_hand() -> None:
    """Three species, weights of noise and scatter; Gaussian about a mean that is not known."""
    one, two = np.array([100.0, 10.0, 5.0]), np.array([50.0, 20.0, 0.2])
    ratio = np.log([2.0, 0.5, 5.0])  # the last is heard at one, and below its noise at the other
    noise = np.array([1e-4 + 4e-4, 0.01 + 0.0025, 0.04 + 1.0])
    logs = []
    for sd in (0.5, 1.6):
        variance = sd**2 + noise
        grid = np.linspace(-15, 15, 30001)[:, None]
        density = np.exp(-0.5 * (ratio - grid) ** 2 / variance).prod(axis=1) / np.sqrt(variance).prod()
        logs.append(np.log(density.sum() * 0.001))
    assert composition_odds(one, two) == pytest.approx(logs[0] - logs[1])


@pytest.mark.parametrize(
    ("one", "two"),
    [([50.0], [50.0]), ([50.0, 3.0], [50.0, 3.0]), ([50.0, np.nan], [50.0, 60.0]), ([50.0, 9.0], [np.nan, 9.0])],
)
def test_one_species_alone_tells_nothing(one: list[float], two: list[float]) -> None:
    """Of two only one was heard above three times its noise, or measured at both."""
    assert composition_odds(np.array(one), np.array(two)) == 0.0
    assert composition_odds(np.array([50.0, 3.01]), np.array([50.0, 3.0])) != 0.0


VALUES = st.lists(st.tuples(st.floats(0.1, 1e4), st.floats(0.1, 1e4)), min_size=2, max_size=6)


@given(VALUES)
def test_compositions_are_as_alike_both_ways(values: list[tuple[float, float]]) -> None:
    """Symmetric, and nothing hangs on the order of the species."""
    one, two = np.array(values).T
    assert composition_odds(one, two) == pytest.approx(composition_odds(two, one))
    assert composition_odds(one[::-1], two[::-1]) == pytest.approx(composition_odds(one, two))


@given(VALUES, st.floats(1.0, 1e3))
def test_a_common_factor_changes_no_composition(values: list[tuple[float, float]], factor: float) -> None:
    """Where nothing is near its noise; the odds are highest where all ratios are the same."""
    one, two = np.array(values).T * 1e10
    odds = composition_odds(one, two)
    assert composition_odds(one, factor * two) == pytest.approx(odds, abs=1e-5)
    assert composition_odds(one, factor * one) >= odds - 1e-5
    assert composition_odds(one, one) == pytest.approx((one.size - 1) * np.log(1.6 / 0.5), abs=1e-5)


# --- joining --------------------------------------------------------------------------------------------------------


def test_crossings_on_two_streets_downwind_are_joined() -> None:
    """In a wind from the north one source makes plumes on streets 100 and 300 m apart, one behind the other."""
    found = crossings_by_hand([[0.0, 0.0], [5.0, -200.0]], [[50.0], [20.0]])
    assert _groups(found, [straight_path(x, y) for x, y in [(0.0, 0.0), (5.0, -200.0)]]) == {frozenset({0, 1})}


@pytest.mark.parametrize(("apart", "joined"), [(15.0, True), (60.0, False), (200.0, False)])
def test_narrow_plumes_beside_each_other_in_a_steady_wind_are_two(apart: float, joined: bool) -> None:
    """60 m apart across the wind they have no source in common, close by they have."""
    place = [[0.0, 0.0], [apart, 0.0]]
    found = crossings_by_hand(place, [[50.0], [50.0]], width_m=20.0)
    paths = [straight_path(x, y, width=4.0, error=6.0) for x, y in place]
    assert (_groups(found, paths) == {frozenset({0, 1})}) is joined


@path_alone()
def test_a_wind_that_turned_brings_together_what_lies_across() -> None:
    """200 m apart on a street, in winds from whose sides the two paths meet, or part: by hand 1.29 and far below 1.

    Two narrow paths of even density 1 / 600 m that meet at 40° share (0.95 / 600)² / sin 40°, 3e-6 sources a m².
    """
    place = [[-100.0, 0.0], [100.0, 0.0]]
    found = crossings_by_hand(place, [[50.0], [50.0]])
    towards = [straight_path(-100, 0, 20.0), straight_path(100, 0, -20.0)]
    apart = [straight_path(-100, 0, -20.0), straight_path(100, 0, 20.0)]
    density = [place_density(x, y, path, 40.0) for (x, y), path in zip(place, towards, strict=True)]
    shared = (density[0] * density[1]).total / 400.0
    assert shared == pytest.approx((0.95 / 600) ** 2 / np.sin(np.radians(40)), rel=0.15)
    assert shared > joining._SOURCES_PER_M2
    assert len(_groups(found, towards)) == 1 and len(_groups(found, apart)) == 2


def test_another_composition_at_the_same_place_is_another_source() -> None:
    """Methane with ammonia, and toluene: two sources; the same three in one proportion: one."""
    species = ("ch4", "nh3", "toluene")
    unlike = crossings_by_hand([[0.0, 0.0]] * 2, [[80.0, 40.0, 1.0], [1.0, 2.0, 90.0]], species=species)
    alike = crossings_by_hand([[0.0, 0.0]] * 2, [[80.0, 40.0, 1.0], [8.0, 4.0, 1.0]], species=species)
    paths = [straight_path(0, 0)] * 2
    assert len(_groups(unlike, paths)) == 2 and len(_groups(alike, paths)) == 1


def test_wet_and_dry_do_not_make_up_for_another_composition() -> None:
    """What differs between two crossings weighs as much with a second column of the same gas."""
    snr = np.array([[60.0, 3.5], [3.5, 60.0]])
    plain = crossings_by_hand([[0.0, 0.0], [0.0, 0.0]], snr, species=("ch4", "co"))
    twice = crossings_by_hand([[0.0, 0.0], [0.0, 0.0]], snr[:, [0, 0, 1]], species=("ch4", "ch4_dry", "co"))
    assert twice.composition.tolist() == plain.composition.tolist()


@pytest.mark.parametrize(("apart", "joined"), [(0.0, True), (150.0, True), (700.0, False), (701.0, False)])
def test_in_calm_sources_are_near(apart: float, joined: bool) -> None:
    """Two round densities of 60 m an axis 150 m apart share enough, 700 m apart they do not."""
    found = crossings_by_hand([[0.0, 0.0], [apart, 0.0]], [[50.0], [50.0]])
    assert (len(_groups(found, CALM[:2])) == 1) is joined


def test_the_odds_of_two_round_densities_by_hand() -> None:
    """The integral of two Gaussians of variance s² a distance d apart is exp(−d² / 4 s²) / (4 π s²)."""
    found = crossings_by_hand([[10.0, 10.0], [150.0, 10.0]], [[50.0], [50.0]])
    density = [place_density(float(x), float(y), None, 40.0) for x, y in zip(found.x, found.y, strict=True)]
    groups = joining._Groups(
        dict(enumerate(density)),
        dict(enumerate(found.composition)),
        {0: 50.0, 1: 50.0},
        {0: [0], 1: [1]},
        {0: {1}, 1: {0}},
    )
    groups.weigh(1, 0)
    ((odds, i, j),) = groups.pairs
    wanted = np.log(np.exp(-(140.0**2) / (4 * 60.0**2)) / (4 * np.pi * 60.0**2) / 3e-6)
    assert (i, j) == (0, 1) and -odds == pytest.approx(wanted, abs=2e-3)


def test_a_group_has_the_composition_of_the_stronger_and_the_density_of_both() -> None:
    """And its neighbours are those of both."""
    place = [[0.0, 0.0], [40.0, 0.0], [80.0, 0.0]]
    found = crossings_by_hand(place, [[20.0], [50.0], [30.0]])
    density = {k: place_density(x, y, None, 40.0) for k, (x, y) in enumerate(place)}
    groups = joining._Groups(
        dict(density), dict(enumerate(found.composition)), {0: 20.0, 1: 50.0, 2: 30.0}, {k: [k] for k in range(3)},
        {0: {1}, 1: {0, 2}, 2: {1}},
    )  # fmt: skip
    groups.merge(0, 1, 3)
    product = density[0] * density[1]
    assert groups.density[3].values == pytest.approx(product.values / product.total)
    assert (groups.composition[3].tolist(), groups.strength[3], groups.members[3]) == ([50.0], 50.0, [0, 1])
    assert groups.near == {3: {2}, 2: {3}} and [pair[1:] for pair in groups.pairs] == [(2, 3)]
    assert set(groups.members) == set(groups.density) == {2, 3}


def _slow(crossings: Crossings, paths) -> set[frozenset[int]]:
    """All pairs anew each time; the surest of those with odds above one is joined."""
    snr, strength = crossings.composition, crossings.strength
    place = np.column_stack([crossings.x, crossings.y])
    state = {
        frozenset([k]): (place_density(*map(float, place[k]), paths[k], float(crossings.width_m[k])), k)
        for k in range(crossings.size)
    }
    while True:
        best: tuple[float, tuple[frozenset[int], frozenset[int]]] | None = None
        for a, b in combinations(state, 2):
            if min(np.hypot(*(place[i] - place[j])) for i in a for j in b) > REACH_M:
                continue
            total = (state[a][0] * state[b][0]).total
            if total <= 0:
                continue
            odds = np.log(total / (3e-6 * 400.0)) + composition_odds(snr[state[a][1]], snr[state[b][1]])
            if odds > 0 and (best is None or odds > best[0]):
                best = (odds, (a, b))
        if best is None:
            return set(state)
        a, b = best[1]
        (one, k), (two, j) = state.pop(a), state.pop(b)
        both = one * two
        state[a | b] = (
            PlaceDensity(both.row, both.column, both.values / both.total), k if strength[k] >= strength[j] else j
        )  # fmt: skip


PLACES = st.lists(
    st.tuples(
        st.floats(0, 600), st.floats(0, 600), st.sampled_from([None, 0.0, 10.0, 90.0]),
        st.floats(4, 200), st.floats(1, 200), st.floats(10, 120),
    ),
    min_size=1,
    max_size=9,
)  # fmt: skip


def _made(places) -> tuple[Crossings, list[joining.UpwindPath | None]]:
    x, y, from_deg, one, two, width = zip(*places, strict=True)
    found = crossings_by_hand(np.column_stack([x, y]), np.column_stack([one, two]), species=("ch4", "toluene"))
    paths = [
        None if d is None else straight_path(a, b, d, width=20.0, error=30.0)
        for a, b, d in zip(x, y, from_deg, strict=True)
    ]
    return replace(found, width_m=np.array(width)), paths


@settings(max_examples=25, deadline=None)
@given(PLACES)
def test_joining_is_that_of_all_pairs_each_time(places) -> None:
    """Against the slow version; groups are numbered by their first crossing."""
    found, paths = _made(places)
    assert _groups(found, paths) == _slow(found, paths)
    number = join_crossings(found, paths)
    first = [int(np.flatnonzero(number == k)[0]) for k in range(int(number.max()) + 1)]
    assert first == sorted(first) and first[0] == 0


@settings(max_examples=25, deadline=None)
@given(PLACES, st.randoms(use_true_random=False))
def test_the_order_of_crossings_changes_no_group(places, random) -> None:
    """Unless two strengths or two places are the very same."""
    found, paths = _made(places)
    assume(len({round(float(s), 6) for s in found.strength}) == found.size)
    assume(len({p[:2] for p in places}) == len(places))
    order = list(range(found.size))
    random.shuffle(order)
    fields = ("drive", "track", "start", "peak", "end", "x", "y", "width_m", "snr", "plume", "lead")
    mixed = replace(found, **{name: getattr(found, name)[order] for name in fields})
    again = _groups(mixed, [paths[k] for k in order])
    assert {frozenset(order[k] for k in one) for one in again} == _groups(found, paths)


def test_no_crossings_are_no_groups() -> None:
    """An empty array of whole numbers."""
    found = join_crossings(crossings_by_hand(np.empty((0, 2)), np.empty((0, 1))), [])
    assert found.size == 0 and found.dtype == np.int64
