"""p-values of cells: the statistics and their counts against slow versions."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from fusion import FusionSettings
from fusion.hotspots import significance
from fusion.hotspots.gistar import disc_kernel, gi_star_cells, neighbour_matrix
from fusion.hotspots.significance import PassScores, recurrence_test, score_pass, sighting_test, without_cells

SETTINGS = FusionSettings()
WIDTH = 40
KERNEL = disc_kernel(2.0)


def _score(cells: np.ndarray, mean: np.ndarray, number: int = 0, *, visited_at: np.ndarray | None = None):
    at = np.arange(cells.size, dtype=float) if visited_at is None else visited_at
    return score_pass(number, cells, mean, at, width=WIDTH, kernel=KERNEL, settings=SETTINGS)


def _line(row: int, first: int, n: int) -> np.ndarray:
    return row * WIDTH + np.arange(first, first + n)


@pytest.mark.parametrize(("n", "scored"), [(19, False), (20, True), (21, True)])
def test_a_pass_needs_enough_cells(n: int, scored: bool) -> None:
    """Twenty are enough to stand out from."""
    assert (_score(_line(2, 5, n), np.arange(n, dtype=float)) is not None) is scored


def test_a_pass_is_scored_by_rank_in_the_order_of_visiting() -> None:
    """Every field: number, cells, the indices in order of time (ties as they come), Blom's scores."""
    cells, mean = _line(2, 5, 24), np.exp(np.arange(24.0))[::-1]
    visited_at = np.r_[np.arange(23.0)[::-1], 3.0]
    p = _score(cells, mean, 7, visited_at=visited_at)
    assert p is not None
    assert (p.number, p.cells.tolist(), p.area) == (7, cells.tolist(), False)
    assert p.order.tolist() == [22, 21, 20, 19, 23, *range(18, -1, -1)]
    np.testing.assert_allclose(p.scores, stats.norm.ppf((np.arange(24, 0, -1) - 0.375) / 24.25))


def test_equal_means_are_not_scored() -> None:
    """Nothing stands out; one cell that differs is enough."""
    mean = np.ones(30)
    assert _score(_line(0, 0, 30), mean) is None
    mean[3] = 2.0
    assert _score(_line(0, 0, 30), mean) is not None


def test_windows_that_are_full_are_an_area() -> None:
    """A line fills less than a fifth of windows of 5 x 5, a block nearly all; at the limit itself it is an area."""
    line = _line(3, 2, 36)
    fullness = (32 * 5 + 2 * (3 + 4)) / 36 / 25
    block = np.sort(np.concatenate([_line(r, 5, 20) for r in range(20)]))
    mean = np.random.default_rng(0).normal(size=400)
    for limit, cells, expected in (
        (0.6, line, False),
        (fullness, line, True),
        (np.nextafter(fullness, 1), line, False),
        (0.6, block, True),
    ):
        at, settings = np.arange(cells.size, dtype=float), replace(SETTINGS, area_share=limit)
        p = score_pass(0, cells, mean[: cells.size], at, width=WIDTH, kernel=KERNEL, settings=settings)
        assert p is not None and bool(p.area) is expected


def test_what_remains_of_a_pass_may_be_too_little() -> None:
    """Nothing taken: the same pass; twenty left: scored anew; nineteen or equal scores: none."""
    cells = _line(2, 5, 24)
    p = _score(cells, np.arange(24.0), 3)
    assert p is not None
    assert without_cells(p, np.array([0, 1]), SETTINGS) is p
    rest = without_cells(p, cells[:4], SETTINGS)
    assert rest is not None and (rest.number, rest.area) == (3, p.area)
    assert rest.cells.tolist() == cells[4:].tolist() and rest.order.tolist() == list(range(20))
    np.testing.assert_allclose(rest.scores, stats.norm.ppf((np.arange(1, 21) - 0.375) / 20.25))
    assert without_cells(p, cells[:5], SETTINGS) is None
    equal = replace(p, scores=np.r_[1.0, 2.0, np.full(22, 5.0)])
    assert without_cells(equal, cells[:2], SETTINGS) is None
    assert without_cells(equal, cells[:1], SETTINGS) is not None


def _passes(seed: int = 0) -> list[PassScores]:
    """Three drives along three rows that overlap in part, of rough values."""
    rng = np.random.default_rng(seed)
    roads = [(5, 0, 30), (6, 4, 36), (5, 18, 22)] if seed == 0 else [(5, 0, 30), (7, 4, 36), (5, 10, 25)]
    made = [_score(_line(*road), rng.normal(size=road[2]), k) for k, road in enumerate(roads)]
    return [p for p in made if p is not None]


def _slow_statistic(passes: list[PassScores], reach: float, settings: FusionSettings) -> dict[int, float]:
    """Stouffer's sum by its definition, one cell at a time."""
    everywhere = sorted({int(c) for p in passes for c in p.cells})
    per_pass = []
    for p in passes:
        z = gi_star_cells(p.scores, neighbour_matrix(np.array(everywhere), p.cells, KERNEL, WIDTH))
        per_pass.append({c: float(v) for c, v in zip(everywhere, z, strict=True) if np.isfinite(v)})
    tested = [c for c in everywhere if sum(c in z for z in per_pass) >= 2]
    total, count = dict.fromkeys(tested, 0.0), dict.fromkeys(tested, 0)
    for z in per_pass:
        cut = {c: min(max(z[c], 0.0), settings.score_cap) for c in tested if c in z}
        wide = {}
        for c in cut:
            row, column = divmod(c, WIDTH)
            wide[c] = max(v for d, v in cut.items() if np.hypot(d // WIDTH - row, d % WIDTH - column) <= reach)
        mean, sd = np.mean(list(wide.values())), np.std(list(wide.values()))
        for c, v in wide.items():
            total[c] += (v - mean) / sd
            count[c] += 1
    return {c: total[c] / np.sqrt(count[c]) for c in tested}


@pytest.mark.parametrize("reach", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("cap", [6.0, 1.2])
@pytest.mark.parametrize("seed", [0, 1])
def test_recurrence_is_a_sum_over_passes_by_its_definition(reach: float, cap: float, seed: int) -> None:
    """Cut, widened, standardised and summed over the passes that came by; cells of one pass are not tested."""
    settings = replace(SETTINGS, score_cap=cap)
    passes = _passes(seed)
    test = recurrence_test(passes, width=WIDTH, kernel=KERNEL, reach=reach, number=60, settings=settings)
    assert test is not None
    slow = _slow_statistic(passes, reach, settings)
    assert test.cells.tolist() == list(slow)
    np.testing.assert_allclose(test.statistic, list(slow.values()), atol=1e-9)


def test_recurrence_is_weighed_against_passes_rotated_apart() -> None:
    """A place high on all passes is reached by no surrogate, wherever it is; p of the map is 1 / (number + 1)."""
    mean = np.random.default_rng(1).normal(size=(4, 36))
    mean[:, 20:23] += 8.0
    passes = [_score(_line(5, 2, 36), m, k) for k, m in enumerate(mean)]
    test = recurrence_test(
        [p for p in passes if p], width=WIDTH, kernel=KERNEL, reach=1.0, number=120, settings=SETTINGS
    )
    assert test is not None
    best = int(np.argmax(test.statistic))
    assert test.cells[best] % WIDTH in (22, 23, 24)
    assert test.p_map.min() == pytest.approx(1 / 121) == test.p_map[best]
    assert test.p_cell[best] == pytest.approx(1 / (1 + 120 * test.cells.size))
    assert (test.p_cell <= test.p_map + 1e-12).all() and (test.q >= test.p_cell).all()
    np.testing.assert_allclose(test.q, stats.false_discovery_control(test.p_cell))
    quiet = test.cells % WIDTH < 15
    assert test.p_map[quiet].min() > 0.2


def test_nothing_recurs_on_one_pass_or_on_passes_apart() -> None:
    """One pass, none, or two without a common window."""
    options = {"width": WIDTH, "kernel": KERNEL, "reach": 1.0, "number": 60, "settings": SETTINGS}
    one, two, _ = _passes()
    far = _score(_line(20, 0, 30), np.arange(30.0), 3)
    assert far is not None
    for passes in ([], [one], [one, far]):
        assert recurrence_test(passes, **options) is None
    assert recurrence_test([one, two], **options) is not None


def test_the_same_seed_gives_the_same_p() -> None:
    """Surrogates follow from the seed of the settings, of both tests."""
    passes = _passes()

    def run(seed: int) -> list[float]:
        settings = replace(SETTINGS, seed=seed)
        one = recurrence_test(passes, width=WIDTH, kernel=KERNEL, reach=1.0, number=99, settings=settings)
        assert one is not None
        others = sighting_test(passes, width=WIDTH, kernel=KERNEL, number=99, settings=settings)
        return [*one.p_cell.tolist(), *(v for t in others for v in t.p_cell)]

    assert run(1) == run(1) != run(2)


def test_a_sighting_is_weighed_against_all_passes_of_the_map() -> None:
    """Statistic, cells and order are those of each pass; p of the map is that of the largest of all passes."""
    passes = _passes()
    number = 149
    tests = sighting_test(passes, width=WIDTH, kernel=KERNEL, number=number, settings=SETTINGS)
    assert len(tests) == 3
    for p, test in zip(passes, tests, strict=True):
        assert test.cells.tolist() == p.cells.tolist()
        np.testing.assert_allclose(
            test.statistic, gi_star_cells(p.scores, neighbour_matrix(p.cells, p.cells, KERNEL, WIDTH))
        )
        np.testing.assert_allclose(test.q, stats.false_discovery_control(test.p_cell))
    alone = sighting_test(passes[:1], width=WIDTH, kernel=KERNEL, number=number, settings=SETTINGS)[0]
    assert (tests[0].p_map >= alone.p_map).all() and tests[0].p_map.sum() > alone.p_map.sum() + 0.1
    joined = sorted((s, p) for t in tests for s, p in zip(t.statistic, t.p_map, strict=True))
    assert all(a[1] >= b[1] for a, b in itertools.pairwise(joined))
    assert sighting_test([], width=WIDTH, kernel=KERNEL, number=number, settings=SETTINGS) == []


@pytest.mark.parametrize(
    ("number", "sizes"), [(0, []), (49, [49]), (50, [50]), (99, [50, 49]), (499, [50] * 9 + [49])]
)
def test_surrogates_come_in_batches(number: int, sizes: list[int]) -> None:
    """They add up to the number."""
    assert significance._batches(number) == sizes


def test_counts_are_those_of_sorting_everything() -> None:
    """p of a cell over all surrogate cells, p of the map over the maxima; a tie reaches."""
    rng = np.random.default_rng(6)
    observed = rng.integers(0, 9, 12).astype(float)
    surrogate = rng.integers(0, 9, (12, 40)).astype(float)
    pool = significance._Exceedances(observed)
    pool.add(surrogate[:, :25])
    pool.add(surrogate[:, 25:])
    test = pool.test(np.arange(100, 112), "bh")
    np.testing.assert_array_equal(pool.maxima, surrogate.max(axis=0))
    np.testing.assert_allclose(test.p_cell, [(1 + (surrogate >= o).sum()) / (1 + 480) for o in observed])
    np.testing.assert_allclose(test.p_map, [(1 + (surrogate.max(axis=0) >= o).sum()) / 41 for o in observed])
    assert test.cells.tolist() == list(range(100, 112)) and test.statistic.tolist() == observed.tolist()
    others = pool.test(np.arange(12), "bh", np.array([2.0, 5.0, 3.0]))
    np.testing.assert_allclose(others.p_map, [(1 + sum(m >= o for m in (2, 5, 3))) / 4 for o in observed])


@pytest.mark.parametrize("recurrence", [True, False])
@pytest.mark.parametrize("area", [True, False])
def test_the_null_is_chosen_by_what_is_tested(recurrence: bool, area: bool) -> None:
    """Drives are rotated for recurrence and get random phase for a sighting; ground that is covered gets a field."""
    cells = np.sort(np.concatenate([_line(r, 5, 8) for r in range(5)]))
    series = np.random.default_rng(2).normal(size=40)
    order = np.random.default_rng(3).permutation(40)
    p = PassScores(0, cells, order, series, area)
    found = significance._surrogates(p, 6, np.random.default_rng(4), WIDTH, recurrence=recurrence)
    rng = np.random.default_rng(4)
    if area:
        expected = significance.field_surrogates(series, *np.divmod(cells, WIDTH), 6, rng)
    elif recurrence:
        expected = significance.rotation_surrogates(series, order, 6, rng)
    else:
        expected = significance.phase_surrogates(series, order, 6, rng)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("column", [0, 1, 20, WIDTH - 1])
@pytest.mark.parametrize("row", [0, 1, 9])
def test_near_cells_do_not_reach_around_the_edge(row: int, column: int) -> None:
    """Cells within reach by their distance; where one is absent, the cell's own place stands for it."""
    cells = np.setdiff1d(np.arange(10 * WIDTH), [3 * WIDTH + 5])
    near = significance._near(cells, WIDTH, 1.5)
    k = int(np.searchsorted(cells, row * WIDTH + column))
    expected = {int(c) for c in cells if max(abs(c // WIDTH - row), abs(c % WIDTH - column)) <= 1}
    assert {int(c) for c in cells[near[:, k]]} == expected


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1.0, 1e-9, -0.7, 4e5 / 7])
def test_means_of_equal_samples_are_equal_however_many_were_added(value: float) -> None:
    """The last bits of a mean hang on the number of samples, which is high where a drive waits: no difference."""
    count = np.arange(1, 41)
    mean = np.array([np.full(n, value).cumsum()[-1] / n for n in count])
    cells, when, kernel = np.arange(40), np.arange(40.0), disc_kernel(2.0)
    assert score_pass(0, cells, mean, when, width=50, kernel=kernel, settings=FusionSettings()) is None
    mean[30:] += np.linspace(1, 2, 10) * abs(value)
    p = score_pass(0, cells, mean, when, width=50, kernel=kernel, settings=FusionSettings())
    assert p is not None and np.ptp(p.scores[:30]) == 0 and (np.diff(p.scores[29:]) > 0).all()
