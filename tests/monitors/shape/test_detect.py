"""What is told of the curves of one site."""

from __future__ import annotations

import numpy as np
import pytest

from monitors.shape.curves import Curve
from monitors.shape.detect import ODDS, CurveEvent, Odds, evidence_of, find_shapes
from monitors.shape.evidence import Floats
from monitors.shape.visits import near_visit

TIME = np.datetime64("2026-01-05", "ns") + np.arange(4000) * np.timedelta64(15, "m")


def _curve(seed: int) -> Floats:
    """Six weeks of a quarter of an hour each: a wave of a day and noise that remembers."""
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.normal(0.0, 0.05, len(TIME)), [0.6, 0.3, 0.1], "same")
    return (10.0 + np.sin(2 * np.pi * np.arange(len(TIME)) / 96) + noise).round(2)


def _told(shapes: list[CurveEvent], row: int) -> list[str]:
    return [shape.kind for shape in shapes if shape.first <= row <= shape.last]


def test_spikes_gaps_and_their_rows_are_told() -> None:
    """A lone value far off, a pulse of an hour and two missing rows are told where they are."""
    values = _curve(1)
    values[1000], values[2000:2004], values[3000:3002] = 25.0, 4.0, np.nan
    shapes = find_shapes([Curve(TIME, values)])[0]
    assert _told(shapes, 1000) == ["spike"] and _told(shapes, 2002) == ["spike"]
    assert _told(shapes, 3001) == ["missing"]
    lone = next(shape for shape in shapes if shape.first <= 1000 <= shape.last)
    assert (lone.first, lone.last, lone.values["value"]) == (1000, 1000, 25.0)


@pytest.mark.parametrize(("times", "more"), [(100.0, 0.0), (0.01, 5.0), (-1.0, 0.0)])
def test_unit_and_zero_do_not_matter(times: float, more: float) -> None:
    """Another unit, another zero, or a sign that is turned round tells the same rows."""
    values = _curve(2)
    values[500], values[700:703] = 14.0, np.nan
    one, other = (find_shapes([Curve(TIME, v)])[0] for v in (values, times * values + more))
    assert [(s.kind, s.first, s.last) for s in one] == [(s.kind, s.first, s.last) for s in other]


def test_a_visit_makes_of_a_held_value_what_alone_says_nothing() -> None:
    """A value held for five rows is told where another quantity of the site is missing, and not without it."""
    held, other = _curve(3), _curve(4)
    held[1500:1505] = held[1500]
    held[1505:1508] += 0.4
    gone = other.copy()
    gone[1501:1504] = np.nan
    alone = find_shapes([Curve(TIME, held), Curve(TIME, other)])[0]
    visited = find_shapes([Curve(TIME, held), Curve(TIME, gone)])[0]
    assert not [shape for shape in alone if 1500 <= shape.last <= 1510]
    assert [shape for shape in visited if 1500 <= shape.last <= 1510]


def test_a_visit_lasts_an_hour_to_either_side() -> None:
    """One missing row of the other quantity is near for the four quarters before and after, on any clock."""
    other = _curve(5)
    other[100] = np.nan
    hours = Curve(TIME[::4], _curve(5)[::4])
    assert np.flatnonzero(near_visit(Curve(TIME, _curve(6)), [Curve(TIME, other)])).tolist() == list(range(96, 105))
    assert np.flatnonzero(near_visit(hours, [Curve(TIME, other)])).tolist() == [24, 25, 26]
    assert not near_visit(hours, []).any()


def test_a_level_is_told_of_one_quantity_and_not_of_a_river() -> None:
    """Three days at another level are a fault of one sensor; where the other one moves as well they are none."""
    one, other = _curve(7), _curve(8)
    one[2000:2300] += 8.0
    moved = other.copy()
    moved[2000:2300] -= 8.0
    assert "drift" in _told(find_shapes([Curve(TIME, one), Curve(TIME, other)])[0], 2150)
    assert "drift" not in _told(find_shapes([Curve(TIME, one), Curve(TIME, moved)])[0], 2150)


def test_the_odds_are_the_weighed_sum_of_the_evidence() -> None:
    """By hand: 2 x 1 + 3 x 2 + 4 x 3 + 5 x 1 + 6 x 4 - 10 = 39."""
    odds = Odds(weights=(2.0, 3.0, 4.0, 5.0, 6.0), offset=-10.0)
    assert odds.of(np.array([[1.0, 2.0, 3.0, 1.0, 4.0]])).tolist() == [39.0]
    assert evidence_of([Curve(TIME, _curve(9))])[0].shape == (len(TIME), len(ODDS.weights))


def test_the_more_rows_look_alike_the_less_each_of_them_says() -> None:
    """Of two hundred spikes of one size none is told, of three all are."""
    few, many = _curve(10), _curve(10)
    few[[900, 1900, 2900]] += 1.5
    many[100:3900:19] += 1.5
    assert [_told(find_shapes([Curve(TIME, few)])[0], row) for row in (900, 1900, 2900)] == [["spike"]] * 3
    assert len(find_shapes([Curve(TIME, many)])[0]) < 20


@pytest.mark.parametrize("n", [0, 1, 2, 40])
@pytest.mark.parametrize("value", [np.nan, 7.0])
def test_series_of_nothing_say_nothing_but_that(n: int, value: float) -> None:
    """Empty series, single values, constants and rows without any value give at most one gap."""
    shapes = find_shapes([Curve(TIME[:n], np.full(n, value)), Curve(TIME, _curve(11))])[0]
    assert [shape.kind for shape in shapes] == (["missing"] if n and np.isnan(value) else [])


def test_an_analyser_that_samples_every_two_hours_is_not_held() -> None:
    """Values that stay for eight rows by habit are told neither alone nor at a visit."""
    sampled = np.repeat(_curve(12)[::8], 8)
    other = _curve(13)
    other[1601:1604] = np.nan
    shapes = find_shapes([Curve(TIME, sampled), Curve(TIME, other)])[0]
    assert not [shape for shape in shapes if shape.kind == "constant"]
