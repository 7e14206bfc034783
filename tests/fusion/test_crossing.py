"""The compiled likelihood of a source against a slow and obvious one, written from its definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from fusion import FusionSettings
from fusion.crossing import Event, RatePrior, Unit, joint_log_odds, rate_prior
from fusion.observations import bin_passes, event_of
from tracks.schema import Track

CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_396_000.0)  # of the tracks of conftest
SETTINGS = FusionSettings()
Make = Callable[..., Track]
Floats = NDArray[np.float64]


def _model(source: Floats, unit: Unit, turn: float) -> Floats:
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


def _errors(unit: Unit) -> tuple[Floats, Floats, Floats]:
    if not unit.directed:
        return np.zeros(1), np.arange(24) * (2 * np.pi / 24), np.full((24, 1), 1 / 24)
    sides = np.linspace(-2.4, 2.4, 7 if unit.crossed else 5)
    weight = np.exp(-0.5 * sides**2)
    return sides, np.zeros(1), (weight / weight.sum())[None, :]


def _plume(source: Floats, unit: Unit, rates: RatePrior, settings: FusionSettings) -> Floats:
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


def _silence(source: Floats, unit: Unit, rates: RatePrior, settings: FusionSettings) -> Floats:
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
    return event_of(bin_passes([near, far, beyond], "ch4", CRS, SETTINGS), ORIGIN[0] + 150.0, ORIGIN[1], SETTINGS)


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
