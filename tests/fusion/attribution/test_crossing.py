"""The compiled likelihood of a source against a slow and obvious one, written from its definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.city_fusion import place_of
from fusion import FusionSettings
from fusion.attribution import crossing
from fusion.attribution import crossing_kernel as kernel
from fusion.attribution.crossing import Event, PassSummary, RatePrior, Stretch, joint_log_odds, rate_prior
from fusion.attribution.observations import bin_passes, event_of
from tracks.schema import Track

CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_396_000.0)  # of the tracks of conftest
SETTINGS = FusionSettings()
Make = Callable[..., Track]
Floats = NDArray[np.float64]


def _model(source: Floats, unit: Stretch, turn: float) -> Floats:
    """(bins, 4): log axis, offset across, width and error of the likeliest node of each bin's path; NaN without."""
    result = np.full((len(unit.bins), 4), np.nan)
    for b, (path, box) in enumerate(zip(unit.ribbon, unit.box, strict=True)):
        away = source - unit.bins[b, :2]
        c, s = np.cos(turn), np.sin(turn)
        turned = unit.bins[b, :2] + np.array([c * away[0] - s * away[1], s * away[0] + c * away[1]])
        if not (box[0] <= turned[0] <= box[1] and box[2] <= turned[1] <= box[3]):
            continue
        far = float(np.hypot(*away))
        length, reach, cos, sin = path[:, 9], path[:, 4], path[:, 2], path[:, 3]
        dx, dy = turned[0] - path[:, 0], turned[1] - path[:, 1]
        beyond = np.maximum(np.abs(dx * cos + dy * sin) - reach, 0.0)
        across = dy * cos - dx * sin
        square = (across**2 + 16.0 * beyond**2) * path[:, 8]
        possible = (square < 16.0) & (length + reach >= 0.7 * far) & (length <= 1.8 * far + 40.0)
        if possible.any():
            k = int(np.argmin(np.where(possible, 0.5 * square - path[:, 5], np.inf)))
            result[b] = path[k, 5] - 8.0 * beyond[k] ** 2 * path[k, 8], across[k], path[k, 6], path[k, 7]
    return result


def _heights(model: Floats, side: float) -> Floats:
    """Concentration over rate (bins,) with the plume moved sideways by ``side`` standard deviations of its place."""
    spread = (model[:, 1] - side * model[:, 3]) / model[:, 2]
    height = np.where(np.abs(spread) < 4.5, np.exp(model[:, 0] - 0.5 * spread**2), 0.0)
    return np.asarray(np.nan_to_num(height, nan=0.0))


def _errors(unit: Stretch) -> tuple[Floats, Floats, Floats]:
    if not unit.directed:
        return np.zeros(1), np.arange(24) * (2 * np.pi / 24), np.full((24, 1), 1 / 24)
    sides = np.linspace(-2.4, 2.4, 7 if unit.crossed else 5)
    weight = np.exp(-0.5 * sides**2)
    return sides, np.zeros(1), (weight / weight.sum())[None, :]


def _plume(source: Floats, unit: Stretch, rates: RatePrior, settings: FusionSettings) -> Floats:
    """Log-odds (rates,) of a plume that was crossed."""
    value, variance, tail = unit.bins[:, 2], settings.shared_bins * unit.noise**2, settings.misfit_tail

    def likelihood(prediction: Floats) -> float:
        return float((1 + 0.5 * ((value - prediction) ** 2).sum() / variance / tail) ** -tail)

    fit = np.zeros(rates.logs.size)
    sides, turns, weights = _errors(unit)
    for t, turn in enumerate(turns):
        model = _model(source, unit, float(turn))
        for z, side in enumerate(sides):
            for m, rate in enumerate(rates.rates):
                gain = likelihood(rate * _heights(model, float(side))) - likelihood(0.0 * value)
                fit[m] += weights[t, z] * max(gain, 0.0)
    step = rates.logs[1] - rates.logs[0]
    scattered = np.empty_like(fit)
    for m in range(fit.size):
        apart = np.abs(np.arange(fit.size) - m)
        kernel = np.exp(-0.5 * (apart * step / settings.height_ln_sd) ** 2)
        kernel[apart > np.ceil(2.5 * settings.height_ln_sd / step)] = 0.0
        scattered[m] = kernel @ fit / kernel.sum()
    if unit.own:
        return np.asarray(np.log(settings.off_share + (1 - settings.off_share) * scattered / settings.puff_share))
    return np.asarray(np.log(1 + (1 - settings.off_share) * scattered / settings.other_share))


def _silence(source: Floats, unit: Stretch, rates: RatePrior, settings: FusionSettings) -> Floats:
    """Log-odds (rates,) of a quiet stretch; the scatter of heights by a fine sum instead of a table."""
    scatter = np.linspace(-5, 5, 401)
    share = np.exp(-0.5 * scatter**2)
    share /= share.sum()
    quiet = np.zeros(rates.logs.size)
    sides, turns, weights = _errors(unit)
    for t, turn in enumerate(turns):
        model = _model(source, unit, float(turn))
        for z, side in enumerate(sides):
            square = float((_heights(model, float(side)) ** 2).sum()) / (settings.shared_bins * unit.noise**2)
            for m, rate in enumerate(rates.rates):
                misses = 0.5 * square * (rate * np.exp(settings.height_ln_sd * scatter)) ** 2
                quiet[m] += weights[t, z] * float(share @ np.exp(-misses))
    return np.asarray(np.log(settings.off_share + (1 - settings.off_share) * quiet))


def _obvious(source: Floats, event: Event, rates: RatePrior, settings: FusionSettings) -> Floats:
    parts = [(_plume if u.crossed else _silence)(source, u, rates, settings) for u in event.units]
    return np.asarray(np.sum(parts, axis=0))


def _event(make: Make, *, wind: tuple[float, float] | None, seed: int) -> Event:
    """Two roads across the wind: a plume of random place on the near one, noise on the far one."""
    rng = np.random.default_rng(seed)
    y = np.arange(-400.0, 400.0, 8.0)
    near = make(
        np.full(y.size, 150.0) + rng.normal(0, 3, y.size),
        y,
        2.0 * np.exp(-0.5 * ((y - rng.uniform(-40, 40)) / 35.0) ** 2) + rng.normal(0, 0.02, y.size),
        name="near",
        wind=wind,
    )
    far = make(np.full(y.size, -250.0), y, rng.normal(0, 0.02, y.size), name="far", wind=wind)
    beyond = make(np.full(y.size, 320.0), y, 0.8 * np.exp(-0.5 * ((y + 20) / 60.0) ** 2), name="beyond", wind=wind)
    return event_of(
        bin_passes([near, far, beyond], "ch4", CRS, SETTINGS), place_of(ORIGIN[0] + 150.0, ORIGIN[1]), SETTINGS
    )


@pytest.mark.parametrize(("wind", "seed"), [((3.0, 0.4), 1), ((2.0, -1.0), 2), ((0.3, 0.1), 3), (None, 4)])
def test_the_compiled_likelihood_is_the_obvious_one(track: Make, wind: tuple[float, float] | None, seed: int) -> None:
    """Plumes and silence, with wind, in calm and without: equal for every rate where no place is ruled out early."""
    event = _event(track, wind=wind, seed=seed)
    assert {(u.crossed, u.own) for u in event.units} == {(True, True), (True, False), (False, False)}
    rates = rate_prior(event, SETTINGS)
    rng = np.random.default_rng(seed)
    for x, y in rng.uniform(-200, 140, (6, 2)):
        source = np.array([ORIGIN[0] + x, ORIGIN[1] + 0.3 * y])
        fast = joint_log_odds(source[:1], source[1:], event, rates, SETTINGS)[0]
        np.testing.assert_allclose(fast, _obvious(source, event, rates, SETTINGS), atol=2e-3)


def test_places_that_cannot_win_stay_behind(track: Make) -> None:
    """A place left out early never comes out ahead of what its silence would have left it."""
    event = _event(track, wind=(3.0, 0.0), seed=5)
    loud = replace(
        event, units=tuple(replace(u, noise=u.noise / 30) if not u.crossed else u for u in event.units)
    )  # silence weighs heavily
    rates = rate_prior(loud, SETTINGS)
    x, y = ORIGIN[0] + np.linspace(-900, 100, 60), ORIGIN[1] + np.linspace(-30, 30, 60)
    fast = joint_log_odds(x, y, loud, rates, SETTINGS).max(axis=1)
    slow = np.array([_obvious(np.array(p), loud, rates, SETTINGS).max() for p in zip(x, y, strict=True)])
    assert int(np.argmax(fast)) == int(np.argmax(slow))
    behind = fast < fast.max() - 19
    np.testing.assert_allclose(fast[~behind], slow[~behind], atol=5e-3)
    assert (slow[behind] < slow.max() - 19).all()


def test_the_rate_is_free_of_units(track: Make) -> None:
    """Values and noise in another unit give the same odds and rates in that unit."""
    event = _event(track, wind=(3.0, 0.4), seed=6)
    scaled = replace(
        event,
        units=tuple(replace(u, bins=u.bins * np.array([1.0, 1.0, 1e3]), noise=u.noise * 1e3) for u in event.units),
    )
    x, y = np.array([ORIGIN[0]]), np.array([ORIGIN[1]])
    one, two = rate_prior(event, SETTINGS), rate_prior(scaled, SETTINGS)
    np.testing.assert_allclose(two.logs - one.logs, np.log(1e3))
    np.testing.assert_allclose(
        joint_log_odds(x, y, scaled, two, SETTINGS), joint_log_odds(x, y, event, one, SETTINGS), atol=1e-9
    )


# --- records ---------------------------------------------------------------------------------------------


def _unit(*, bins, box, noise: float = 1.0, directed: bool = True, crossed: bool = True, own: bool = True) -> Stretch:
    bins, box = np.asarray(bins, float), np.asarray(box, float)
    return Stretch(bins, noise, np.zeros((len(bins), 2, 10)) + bins[:, 2, None, None], box, directed, crossed, own)


def test_units_are_stacked_by_kind() -> None:
    """Plumes here, elsewhere and silence apart; where each begins; what each reaches on all four sides."""
    a = _unit(bins=[[1, 2, 3], [4, 5, 6]], box=[[0, 10, 5, 8], [-3, 7, 6, 9]], noise=2.0)
    b = _unit(bins=[[7, 8, 9]], box=[[1, 2, 3, 4]], noise=3.0, directed=False)
    c = _unit(bins=[[0, 0, 0]], box=[[5, 6, 7, 8]], own=False)
    d = _unit(bins=[[1, 1, 1]], box=[[2, 2, 2, 2]], crossed=False, own=False)
    event = Event((a, d, b, c), ())
    own = event.own
    assert own.bins.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]] and own.first.tolist() == [0, 2, 3]
    assert own.reach.tolist() == [[-3, 10, 5, 9], [-np.inf, np.inf, -np.inf, np.inf]]
    assert (own.noise.tolist(), own.directed.tolist()) == ([2.0, 3.0], [True, False])
    assert own.path[:, 1, 4].tolist() == [3, 6, 9] and own.box.tolist() == [*a.box.tolist(), *b.box.tolist()]
    assert event.elsewhere.bins.tolist() == [[0, 0, 0]] and event.quiet.bins.tolist() == [[1, 1, 1]]
    assert event.elsewhere.first.tolist() == [0, 1] == event.quiet.first.tolist()
    none = Event((), ()).own
    assert (none.noise.size, none.bins.shape, none.first.tolist()) == (0, (0, 3), [0])


def test_a_pass_saw_what_has_a_peak_and_had_a_direction_if_its_error_is_finite() -> None:
    """None and infinity are the other cases; a peak of zero is one."""
    seen = PassSummary("p", 0.0, 0.0, 0.0, 0.0, 0.3, 2.0)
    assert seen.seen and seen.directed
    assert not replace(seen, peak=None).seen and not replace(seen, direction_sd_rad=np.inf).directed


def test_rates_begin_where_a_silent_road_would_have_noticed_a_source() -> None:
    """Noise over the largest of the first two nodes, the least of all silent stretches; three a decade over six."""
    quiet = _unit(bins=[[0, 0, 0], [1, 0, 0]], box=np.zeros((2, 4)), noise=0.5, crossed=False)
    quiet.ribbon[:, :, 5] = [[-9.0, -7.0], [-8.0, -11.0]]
    other = _unit(bins=[[0, 0, 0]], box=np.zeros((1, 4)), noise=0.1, crossed=False)
    other.ribbon[:, :, 5] = [[-6.0, -9.5]]
    plume = _unit(bins=[[0, 0, 0]], box=np.zeros((1, 4)), noise=1e-9)
    longer = replace(quiet, ribbon=np.concatenate([quiet.ribbon, np.full((2, 1, 10), 50.0)], axis=1))
    lowest = min(np.log(0.5) + 7.0, np.log(0.1) + 6.0)
    prior = rate_prior(Event((quiet, plume, other), ()), SETTINGS)
    np.testing.assert_allclose(prior.logs, lowest + np.arange(19) * np.log(10) / 3)
    np.testing.assert_allclose(prior.rates, np.exp(prior.logs))
    assert rate_prior(Event((longer,), ()), SETTINGS).logs[0] == pytest.approx(np.log(0.5) + 7.0)
    assert rate_prior(Event((plume,), ()), SETTINGS).logs[0] == 0.0
    short = rate_prior(Event((quiet,), ()), replace(SETTINGS, rate_decades=2.0), per_decade=5)
    assert short.logs.size == 11 and np.ptp(short.logs) == pytest.approx(2 * np.log(10))


def test_quantiles_of_a_rate_are_even_about_each_node() -> None:
    """Half a step below the first node to half a step above the last, by weight; a constant changes nothing."""
    prior = RatePrior(np.array([0.0, 2.0, 4.0]))
    logs = np.log([1.0, 2.0, 1.0])
    for constant in (0.0, -900.0):
        found = prior.quantiles(logs + constant, (0.0, 0.125, 0.25, 0.5, 0.875, 1.0))
        np.testing.assert_allclose(np.log(found), [-1.0, 0.0, 1.0, 2.0, 4.0, 5.0], atol=1e-9)


# --- the kernel, by hand ---------------------------------------------------------------------------------


def _path(*nodes: tuple[float, ...]) -> Floats:
    """Nodes (x, y, cos, sin, half a step, log axis, width, error, length) with the inverse of the variance."""
    rows = [(*n[:8], 1.0 / (n[6] ** 2 + n[7] ** 2), n[8]) for n in nodes]
    return np.array([rows])


WEST = [(-10.0 * k, 0.0, 1.0, 0.0, 5.0, -float(k), 4.0, 3.0, 10.0 * k) for k in range(1, 8)]


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (-20.0, 0.0, (-2.0, 0.0, 4.0, 3.0)),
        (-20.0, 5.0, (-2.0, 5.0, 4.0, 3.0)),
        (-24.0, -5.0, (-2.0, -5.0, 4.0, 3.0)),
        (-2.0, 1.0, (-1.0 - 8.0 * 9.0 / 25.0, 1.0, 4.0, 3.0)),  # three metres before the first step begins
        (-20.0, 20.1, None),  # over four widths and errors beside it
        (-20.0, 19.9, (-2.0, 19.9, 4.0, 3.0)),
    ],
)
def test_the_likeliest_node_of_a_path(x: float, y: float, expected: tuple[float, ...] | None) -> None:
    """Axis, offset to the left of where the air went, width and error; what is off the end costs."""
    found = kernel._nearest(x, y, float(np.hypot(x, y)), _path(*WEST), 0)
    if expected is None:
        assert found[0] == -1e9
    else:
        assert found == pytest.approx(expected)


def test_a_node_is_no_origin_of_a_way_much_longer_or_shorter() -> None:
    """Lengths from 0.7 of the distance, less half a step, to 1.8 of it and 40 m."""
    for length, some in ((64.9, False), (65.1, True), (219.9, True), (220.1, False)):
        path = _path((-100.0, 0.0, 1.0, 0.0, 5.0, -1.0, 4.0, 3.0, length))
        assert (kernel._nearest(-100.0, 0.0, 100.0, path, 0)[0] > -1e8) is some


def test_of_two_nodes_the_cheaper_one_is_taken() -> None:
    """Half of the squared distance less the log axis: a strong node farther off beats a weak one."""
    weak = (-10.0, 0.0, 1.0, 0.0, 5.0, -5.0, 4.0, 3.0, 10.0)
    strong = (-20.0, 8.0, 1.0, 0.0, 5.0, -1.0, 4.0, 3.0, 20.0)
    assert kernel._nearest(-15.0, 0.0, 15.0, _path(weak, strong), 0) == pytest.approx((-1.0, -8.0, 4.0, 3.0))
    weaker = (*strong[:5], -4.0, *strong[6:])  # 64 / 50 = 1.28 more than the first costs
    assert kernel._nearest(-15.0, 0.0, 15.0, _path(weak, weaker), 0) == pytest.approx((-5.0, 0.0, 4.0, 3.0))


@pytest.mark.parametrize(
    ("x", "y", "inside"),
    [(0, 2, True), (1, 3, True), (0.5, 2.5, True), (-0.01, 2.5, False), (1.01, 2.5, False), (0.5, 1.99, False),
     (0.5, 3.01, False)],
)  # fmt: skip
def test_a_box_holds_its_border(x: float, y: float, inside: bool) -> None:
    """West, east, south, north."""
    assert kernel._inside(x, y, np.array([[0.0, 1.0, 2.0, 3.0]]), 0) is inside


def test_models_are_those_of_the_turned_source_in_widths() -> None:
    """A source north of a bin turned by a quarter lies west of it; bins out of its box are passed over."""
    bins = np.array([[0.0, 0.0, 7.0], [100.0, 0.0, 8.0]])
    path = np.concatenate([_path(*WEST), _path(*WEST)])
    box = np.array([[-99.0, 9.0, -99.0, 99.0], [500.0, 600.0, -99.0, 99.0]])
    model = np.full((2, 4), np.nan)
    assert kernel._models(0.0, 20.0, np.pi / 2, bins, path, box, 0, 2, model) == 1
    np.testing.assert_allclose(model[0], [-2.0, 0.0, 0.75, 7.0], atol=1e-12)
    assert kernel._models(-20.0, 2.0, 0.0, bins, path, box, 0, 2, model) == 1
    np.testing.assert_allclose(model[0], [-2.0, 0.5, 0.75, 7.0])
    assert kernel._models(0.0, 20.0, -np.pi / 2, bins, path, box, 0, 2, model) == 0
    assert kernel._models(-20.0, 2.0, 0.0, bins, path, box, 1, 2, model) == 0


def test_sums_of_a_plume_moved_sideways() -> None:
    """Heights e^(axis − ½ spread²); at four and a half widths and beyond there is none."""
    model = np.array([[1.0, 0.5, 2.0, 3.0], [0.0, 1.0, 0.5, -2.0], [9.0, 4.5, 0.0, 9.0], [5.0, 1.0, 1.0, 1.0]])
    one, two = np.exp(1.0 - 0.5 * (0.5 - 0.4) ** 2), np.exp(-0.5 * (1.0 - 0.1) ** 2)
    square, cross = kernel._products(model, 3, 0.2)
    assert (square, cross) == pytest.approx((one**2 + two**2, 3 * one - 2 * two))


@pytest.mark.parametrize(
    ("miss", "tail", "value"),
    [(0.0, 4.0, 1.0), (4.0, 4.0, 1 / 16), (2.0, 3.0, (5 / 3) ** -3), (-1.0, 4.0, 1.0), (12, 4.0, 4.0**-4)],
)
def test_the_tail_of_a_misfit_is_heavy(miss: float, tail: float, value: float) -> None:
    """(1 + miss / ν)^−ν, by squaring for four and by the power for others."""
    assert kernel._heavy_tail(miss, tail) == pytest.approx(value)


def test_a_kernel_is_laid_on_rates_as_far_as_they_go() -> None:
    """Around each rate, cut at the first and at the last that fits."""
    fit, weights = np.array([1.0, 10.0, 100.0, 1000.0]), np.array([0.2, 0.5, 0.3])
    found = [kernel._scattered(fit, weights, m, last) for m, last in ((0, 3), (1, 3), (3, 3), (1, 1), (3, 2))]
    assert found == pytest.approx([0.5 + 3.0, 0.2 + 5 + 30, 20.0 + 500.0, 0.2 + 5.0, 20.0])


def test_the_scale_of_odds_makes_up_for_what_scatters_off_the_nodes() -> None:
    """(1 − off) over another maker's likelihood, over the weight of the kernel that stays inside."""
    shape = kernel.Shape(np.zeros(3), np.ones(3), np.array([0.25, 0.5, 0.25]), np.zeros(3), 0.2, 2.0, 4.0)
    np.testing.assert_allclose(kernel._scale(shape, 0.1), 0.8 / 0.1 / np.array([0.75, 1.0, 0.75]))


@pytest.mark.parametrize(
    ("row", "left", "expected", "span"),
    [
        ([-50.0, 0.0, -50.0], 0.0, [-60.0, 0.0, -60.0], (1, 2)),
        ([-10.1, -10.0, -9.0], 0.0, [-20.1, -10.0, -9.0], (1, 3)),
        ([-50.0, -60.0, -70.0], 5.0, [-55.0, -65.0, -75.0], (3, 3)),
        ([-14.0, -15.0, -15.1], 5.0, [-14.0, -15.0, -20.1], (0, 2)),
        ([0.0, -50.0, 0.0], 0.0, [0.0, -50.0, 0.0], (0, 3)),
    ],
)  # fmt: skip
def test_rates_that_cannot_win_are_left_behind(row, left: float, expected, span: tuple[int, int]) -> None:
    """From both ends, by ten from a best of zero, with what is still to come; they get ten less than they could."""
    values = np.array(row)
    assert kernel._narrow(values, 0, 3, left, 0.0, 10.0) == span
    np.testing.assert_allclose(values, expected)


def test_the_most_that_plumes_can_add() -> None:
    """The gain of each that a place is within reach of, nothing of the others; and the longest of them."""
    stack = Event(
        (_unit(bins=np.zeros((2, 3)), box=[[0, 1, 0, 1]] * 2), _unit(bins=np.zeros((5, 3)), box=[[0, 9, 0, 9]] * 5)),
        (),
    ).own
    assert [kernel._most(x, 0.5, stack, -1.5, 7.0) for x in (0.5, 5.0, 50.0)] == [14.0, 5.5, -3.0]
    assert kernel._longest(stack) == 5 and kernel._longest(Event((), ()).own) == 0


# --- tables ----------------------------------------------------------------------------------------------


def test_moves_of_the_wind_are_even_and_weighed_by_their_chance() -> None:
    """From −2.4 to 2.4 deviations; 24 turns all round, alike."""
    found = crossing._errors(7)
    np.testing.assert_allclose(found.sides, [-2.4, -1.6, -0.8, 0.0, 0.8, 1.6, 2.4], atol=1e-12)
    np.testing.assert_allclose(found.weights / found.weights[3], np.exp(-0.5 * found.sides**2))
    assert found.weights.sum() == pytest.approx(1.0) == pytest.approx(24 * found.even[0])
    np.testing.assert_allclose(found.turns, np.radians(15.0) * np.arange(24))
    assert found.none.tolist() == [0.0]


@pytest.mark.parametrize("ln_sd", [0.7, 0.3])
def test_heights_scatter_by_their_deviation(ln_sd: float) -> None:
    """A Gaussian over the nodes to two and a half deviations, its sum one."""
    prior = RatePrior(np.arange(19) * np.log(10) / 3)
    found = crossing._scatter(prior, ln_sd)
    half = int(np.ceil(2.5 * ln_sd / (np.log(10) / 3)))
    expected = np.exp(-0.5 * (np.arange(-half, half + 1) * np.log(10) / 3 / ln_sd) ** 2)
    np.testing.assert_allclose(found, expected / expected.sum())


@pytest.mark.parametrize("ln_sd", [0.7, 0.25])
def test_the_table_of_silence_is_its_integral(ln_sd: float) -> None:
    """E[exp(−½ e^(2 (t + σ n)))] over the normal n, from certain to impossible."""
    table = crossing._silence_table(ln_sd)
    first, step, values = table[0], table[1], table[2:]
    assert (first, step) == pytest.approx((-3.0 - 3.0 * ln_sd, 0.05)) and abs(
        first + 0.05 * values.size - 2 - 3 * ln_sd
    ) < 0.06
    n = np.linspace(-8, 8, 4001)
    density = np.exp(-0.5 * n**2) / np.sqrt(2 * np.pi)
    for t in (-3.0, -1.0, 0.0, 0.5, 1.5):
        k = round((t - first) / step)
        exact = np.trapezoid(density * np.exp(-0.5 * np.exp(2 * (first + step * k + ln_sd * n))), n)
        assert values[k] == pytest.approx(exact, abs=2e-3)
    assert values[0] == pytest.approx(1.0, abs=2e-3) and values[-1] < 1e-3


# --- the whole -------------------------------------------------------------------------------------------


def test_the_odds_of_a_maker_leave_out_that_it_made_none(track: Make) -> None:
    """P(all) less the part in which the source was off in every plume at the hotspot."""
    event = _event(track, wind=(3.0, 0.4), seed=1)
    rates = rate_prior(event, SETTINGS)
    x, y = np.array([ORIGIN[0] - 30.0]), np.array([ORIGIN[1] - 20.0])
    only = replace(event, units=tuple(u for u in event.units if u.own))
    whole = joint_log_odds(x, y, only, rates, SETTINGS)
    made = joint_log_odds(x, y, only, rates, SETTINGS, maker=True)
    none = SETTINGS.off_share ** len(only.units)
    strong = whole[0] > np.log(none) + 1e-3
    assert strong.any()
    np.testing.assert_allclose(np.exp(made[0, strong]), np.exp(whole[0, strong]) - none, rtol=1e-6)


def test_more_moves_of_the_wind_are_a_finer_sum(track: Make) -> None:
    """With 25 instead of 7 the answer is near, and not the same."""
    event = _event(track, wind=(3.0, 0.4), seed=2)
    rates = rate_prior(event, SETTINGS)
    x, y = ORIGIN[0] + np.array([-60.0, 0.0]), ORIGIN[1] + np.array([0.0, -30.0])
    usual, told, finer = (
        joint_log_odds(x, y, event, rates, SETTINGS, **more) for more in ({}, {"sides": 7}, {"sides": 25})
    )
    np.testing.assert_array_equal(usual, told)
    assert 1e-6 < np.abs(finer - usual)[usual > usual.max() - 5].max() < 1.0


def test_places_against_the_plumes_are_not_asked_about_the_rest(track: Make) -> None:
    """Thirty behind by the plumes at the hotspot: they keep that distance from the best of those that were asked."""
    event = _event(track, wind=(3.0, 0.4), seed=1)
    sure = replace(event, units=tuple(replace(u, noise=u.noise / 40) if u.own else u for u in event.units))
    rates = rate_prior(sure, replace(SETTINGS, puff_share=1e-60))
    settings = replace(SETTINGS, puff_share=1e-60)
    x, y = ORIGIN[0] + np.array([120.0, 100.0, 900.0]), np.full(3, ORIGIN[1] - 10.0)
    own = joint_log_odds(x, y, replace(sure, units=tuple(u for u in sure.units if u.own)), rates, settings)
    both = joint_log_odds(x, y, sure, rates, settings)
    assert own[2].max() < own.max() - 30
    assert both.max() - both[2].max() == pytest.approx(own.max() - own[2].max())


def test_no_places_have_no_odds(track: Make) -> None:
    """An empty row for every rate."""
    event = _event(track, wind=(3.0, 0.4), seed=1)
    rates = rate_prior(event, SETTINGS)
    assert joint_log_odds(np.empty(0), np.empty(0), event, rates, SETTINGS).shape == (0, 19)
    quiet = replace(event, units=())
    assert joint_log_odds(np.zeros(2), np.zeros(2), quiet, rates, SETTINGS).tolist() == [[0.0] * 19] * 2
