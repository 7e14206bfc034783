"""What both directions saw at one place, cell by cell, against a slow version and numbers by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gumbel_r

from tracks.lag.estimate import lag_grid
from tracks.lag.meetings import Motion, _chance, _correlation, _over_places, _sums, compare_meetings, shuffled
from tracks.settings import TrackSettings

SETTINGS = TrackSettings(lag_search_s=12.0)


def test_minutes_are_shuffled_and_stay_whole() -> None:
    """Every shuffled signal is made of the minutes of the signal, each in its own order; 16 unless told."""
    t = 30.0 + np.arange(600.0)
    table = shuffled(t, np.arange(600.0))
    assert table.shape == (16, 600)
    orders = set()
    for row in table:
        minutes = row.reshape(10, 60)
        assert (np.diff(minutes, axis=1) == 1).all()
        assert (minutes[:, 0] % 60 == 0).all()
        orders.add(tuple(minutes[:, 0]))
    assert len(orders) == 16
    assert shuffled(t, np.arange(600.0), count=3).tolist() == table[:3].tolist()


def test_each_direction_of_a_place_is_averaged() -> None:
    """Two cells driven both ways and one driven one way: sums of products over the two, weighted by rows."""
    cell = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    heading = np.array([0.1, 0.1, np.pi + 0.1, 0.1, np.pi + 0.1, 0.1, 0.1, 0.1])
    values = np.array([2.0, 4.0, 7.0, 1.0, 10.0, 50.0, 60.0, 70.0])
    sums = _over_places(cell, heading, np.stack([values, 2 * values]))
    # weights are harmonic means of the rows either way: 2·2·1/3 and 1
    ab, aa, bb = 4 / 3 * 3 * 7 + 10, 4 / 3 * 9 + 1, 4 / 3 * 49 + 100
    out_first, back_first = [ab, aa, bb, 2], [ab, bb, aa, 2]
    assert any(np.allclose(sums[0], one) for one in (out_first, back_first))
    np.testing.assert_allclose(sums[1, :3], 4 * sums[0, :3])
    assert sums[1, 3] == 2


def test_only_what_is_driven_along_the_street_counts() -> None:
    """Rows at more than 60° to a street's axis are of neither direction; at a little less they are."""
    for off, places in ((60.2, 0), (59.8, 1)):
        heading = np.append(np.zeros(2000), np.pi + np.radians(off))
        for turned in (0.0, 2.0):
            sums = _over_places(np.zeros(2001, int), heading + turned, np.ones((1, 2001)))
            assert sums[0, 3] == places
    assert _over_places(np.empty(0, int), np.empty(0), np.ones((3, 0))).tolist() == [[0.0] * 4] * 3


def test_correlation_is_that_of_the_sums() -> None:
    """Σab / √(Σa² Σb²); nothing where nothing varies."""
    sums = np.array([[6.0, 4.0, 9.0, 5.0], [3.0, 4.0, 9.0, 5.0], [-6.0, 4.0, 9.0, 5.0], [0.0, 0.0, 0.0, 0.0]])
    assert _correlation(sums).tolist() == [1.0, 0.5, -1.0, 0.0]


@pytest.mark.parametrize("best", [-1.0, 0.5, 2.0, 3.0, 8.0])
def test_chance_is_that_of_the_highest_of_rivals(best: float) -> None:
    """The Gumbel distribution with the mean and scatter of the rivals gives the chance of a score as high."""
    rivals = np.array([0.8, 1.1, 1.9, 2.4, 1.3, 0.6])
    scale = rivals.std() * np.sqrt(6) / np.pi
    expected = gumbel_r.sf(best, rivals.mean() - np.euler_gamma * scale, scale)
    assert _chance(rivals, best) == pytest.approx(expected, rel=1e-9)


def test_chance_is_defined_at_both_ends() -> None:
    """Far below all rivals it is one, far above as good as nothing, and rivals that are all alike are defined."""
    rivals = np.array([1.0, 2.0, 3.0])
    assert _chance(rivals, -1e6) == 1.0
    assert 0 < _chance(rivals, 1e6) < 1e-20
    assert _chance(np.full(16, 2.0), 2.5) == pytest.approx(np.exp(-50), rel=1e-9)
    assert _chance(np.full(16, 2.0), 2.0) == pytest.approx(-np.expm1(-np.exp(-np.euler_gamma)))


def roads(laps: int, *, speed: float = 10.0, length: int = 700, seed: int = 0) -> Motion:
    """Laps out and, but for the first 100 m, back on a street that turns from north-east to east, jittered."""
    rng = np.random.default_rng(seed)
    along = np.concatenate([np.arange(0, length, speed), np.arange(length - 100, 0, -speed)])
    way = np.repeat([1.0, -1.0], [np.ceil(length / speed), np.ceil((length - 100) / speed)])
    along, way = np.tile(along, laps), np.tile(way, laps)
    angle = np.where(along < 300, np.pi / 4, np.pi / 2)  # clockwise from north
    x = np.where(along < 300, along * np.sin(np.pi / 4), 300 * np.sin(np.pi / 4) + along - 300)
    y = np.minimum(along, 300) * np.cos(np.pi / 4)
    x, y = x + rng.normal(0, 1, len(x)), y + rng.normal(0, 1, len(x))
    return Motion(np.arange(float(len(x))), x, y, way * speed * np.sin(angle), way * speed * np.cos(angle))


def slow_sums(t: np.ndarray, values: np.ndarray, place: Motion, lag_s: float) -> np.ndarray:
    """Row by row with dictionaries: cells of 10, 20 and 30 m, the street's axis by double angles, both directions."""
    total = np.zeros(4)
    for size in (10.0, 20.0, 30.0):
        cells: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for at, value in zip(t - lag_s, values, strict=True):
            x, y, vx, vy = (float(np.interp(at, place.t, q)) for q in (place.x, place.y, place.vx, place.vy))
            speed = np.interp(at, place.t, np.hypot(place.vx, place.vy))
            if place.t[0] <= at <= place.t[-1] and speed > 2.0:
                cells.setdefault((int(x // size), int(y // size)), []).append((float(np.arctan2(vy, vx)), value))
        for rows in cells.values():
            double = sum(np.exp(2j * heading) for heading, _ in rows)
            cosine = [np.cos(heading - np.angle(double) / 2) for heading, _ in rows]
            out = [value for (_, value), c in zip(rows, cosine, strict=True) if c > 0.5]
            back = [value for (_, value), c in zip(rows, cosine, strict=True) if c < -0.5]
            if out and back:
                weight = 2 * len(out) * len(back) / (len(out) + len(back))
                a, b = np.mean(out), np.mean(back)
                first, second = (a * a, b * b)
                total += np.array([weight * a * b, weight * first, weight * second, 1])
    return total / 3


@pytest.mark.parametrize("lag_s", [-2.0, 0.0, 4.0, 4.5, 150.0])
def test_sums_over_places_are_those_of_dictionaries(lag_s: float) -> None:
    """Products, squares and places, at lags of whole and half seconds and one that leaves part of the drive."""
    place = roads(2)
    t = np.arange(1.0, 258.0, 2.0)
    values = np.random.default_rng(1).random(len(t))
    found = _sums(t, np.stack([values, 1 - values]), place, lag_s)
    for row, own in zip(found, (values, 1 - values), strict=True):
        expected = slow_sums(t, own, place, lag_s)
        np.testing.assert_allclose(row[[0, 3]], expected[[0, 3]], rtol=1e-9)
        np.testing.assert_allclose(sorted(row[1:3]), sorted(expected[1:3]), rtol=1e-9)


@pytest.mark.parametrize(("speed", "counts"), [(1.99, False), (2.0, False), (2.01, True)])
def test_walking_pace_tells_no_lag(speed: float, counts: bool) -> None:
    """Rows at up to 2 m/s are left out."""
    place = roads(1, speed=10.0)
    slowed = Motion(place.t, place.x, place.y, *(speed * v / 10 for v in (place.vx, place.vy)))
    steady = np.hypot(slowed.vx, slowed.vy)
    assert np.allclose(steady, speed)
    exact = Motion(slowed.t, slowed.x, slowed.y, np.sign(place.vx) * speed, np.zeros(len(place.t)))
    assert (_sums(place.t, np.ones((1, len(place.t))), exact, 0.0)[0, 3] > 0) == counts


def signal_of(t: np.ndarray, place: Motion, lag_s: float, *, seed: int = 0) -> np.ndarray:
    """Plumes at ten places along the drive, seen ``lag_s`` late."""
    rng = np.random.default_rng(seed)
    x, y = (np.interp(t - lag_s, place.t, q) for q in (place.x, place.y))
    total = np.zeros(len(t))
    for k in rng.integers(0, len(place.t), 5):
        total += rng.uniform(1, 3) * np.exp(-((x - place.x[k]) ** 2 + (y - place.y[k]) ** 2) / 2 / 25**2)
    return total


def expected_evidence(
    signals: list[tuple[np.ndarray, np.ndarray]], place: Motion, settings: TrackSettings
) -> tuple[np.ndarray, float, int]:
    """Scores, chance and places from sums of one signal at a time."""
    lags = np.arange(-2.0, settings.lag_search_s + 0.5)
    scores, rivals, places = [], [], 0
    for t, signal in signals:
        own = np.array([_sums(t, signal[None], place, lag)[0] for lag in lags])
        null = []
        for other in shuffled(t, signal):
            sums = np.array([_sums(t, other[None], place, lag)[0] for lag in lags[::4]])
            null.append(sums[:, 0] / np.sqrt(sums[:, 1] * sums[:, 2]))
        middle, scatter = np.median(null), max(np.std(null), 0.02)
        scores.append((own[:, 0] / np.sqrt(own[:, 1] * own[:, 2]) - middle) / scatter)
        rivals.append([(max(row) - middle) / scatter for row in null])
        places = max(places, int(own[:, 3].max()))
    score, rival = np.max(scores, axis=0), np.max(rivals, axis=0)
    return score, _chance(rival, float(score.max())), places


def test_the_score_is_a_correlation_over_that_of_shuffled_signals() -> None:
    """Score per lag, chance and places of two species, of which the better one counts lag by lag."""
    place = roads(4, length=2000)
    t = np.arange(1.0, 1558.0, 2.0)
    rng = np.random.default_rng(5)
    one, two = signal_of(t, place, 5.0), rng.random(len(t)) * signal_of(t, place, 9.0, seed=3)
    for signals in ([(t, one)], [(t, two), (t, one)]):
        found = compare_meetings(signals, place, SETTINGS)
        assert found is not None
        score, chance, places = expected_evidence(signals, place, SETTINGS)
        np.testing.assert_allclose(found.score, score, rtol=1e-9)
        assert (found.chance, found.places) == (pytest.approx(chance), places)
        assert len(signals) > 1 or lag_grid(SETTINGS)[found.score.argmax()] == pytest.approx(5, abs=1)


def test_signals_that_hardly_scatter_count_a_fiftieth() -> None:
    """A constant correlates with itself wherever it is put: the scatter is the least one, the score nothing."""
    place = roads(4, length=2000)
    t = np.arange(1.0, 1558.0, 2.0)
    found = compare_meetings([(t, np.ones(len(t)))], place, SETTINGS)
    assert found is not None
    np.testing.assert_allclose(found.score, 0, atol=1e-9)
    nearly = 1 + 0.05 * signal_of(t, place, 5.0)
    score, _, _ = expected_evidence([(t, nearly)], place, SETTINGS)
    gentle = compare_meetings([(t, nearly)], place, SETTINGS)
    assert gentle is not None
    np.testing.assert_allclose(gentle.score, score, rtol=1e-6, atol=1e-9)
    assert gentle.score.max() < 1


def test_nothing_to_compare_is_no_evidence() -> None:
    """No signal, a signal of nothing, no row and a drive with too few places say nothing; one of them is left out."""
    place = roads(4, length=2000)
    t = np.arange(1.0, 1558.0, 2.0)
    nothing = [(np.empty(0), np.empty(0)), (t, np.zeros(len(t)))]
    assert compare_meetings([], place, SETTINGS) is None
    assert compare_meetings(nothing, place, SETTINGS) is None
    with_one = compare_meetings([*nothing, (t, signal_of(t, place, 5.0))], place, SETTINGS)
    alone = compare_meetings([(t, signal_of(t, place, 5.0))], place, SETTINGS)
    assert with_one is not None
    assert alone is not None
    np.testing.assert_array_equal(with_one.score, alone.score)
    assert with_one.places == alone.places


@pytest.mark.parametrize(("cells", "enough"), [(29, False), (30, True)])
def test_thirty_places_are_enough(cells: int, enough: bool) -> None:
    """A street of n cells driven out and back, the same cells at 10, 20 and 30 m: 29 tell nothing, 30 do."""
    x = 60.0 * np.append(np.arange(cells), np.arange(cells)[::-1]) + 5.0
    vx = np.append(np.full(cells, 20.0), np.full(cells, -20.0))
    place = Motion(np.arange(2.0 * cells), x, np.full(2 * cells, 5.0), vx, np.zeros(2 * cells))
    signal = np.append(np.arange(cells) % 3, (np.arange(cells) % 3)[::-1]).astype(float)
    found = compare_meetings([(place.t, signal)], place, TrackSettings(lag_search_s=0.0))
    assert (found is not None) == enough
    assert found is None or found.places == 30
