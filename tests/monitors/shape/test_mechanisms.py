"""Levels, noise, waves and gaps, each on series whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from monitors.shape.evidence import Floats
from monitors.shape.levels import levels_of, weigh_levels
from monitors.shape.missing import absent_spans, clock_step
from monitors.shape.noise import collapsed_noise, cycle_rows
from monitors.shape.periods import periodic_rows

HOUR_S = 3600.0
HOURS = np.datetime64("2026-01-05", "ns") + np.arange(24) * np.timedelta64(1, "h")


def _weeks(seed: int, weeks: int = 8) -> Floats:
    """Hours with a day of their own and scatter."""
    hours = np.arange(168 * weeks)
    return 50.0 + 5.0 * np.sin(2 * np.pi * hours / 24) + np.random.default_rng(seed).normal(0.0, 2.0, len(hours))


def test_the_level_of_a_day_has_no_shape_of_the_day() -> None:
    """A day that repeats itself leaves one level, its median, and so does the usual one."""
    values = np.tile(np.arange(24.0), 20)
    level, usual = levels_of(np.arange(480) * HOUR_S, values, step_s=HOUR_S)
    assert level[12:-13] == pytest.approx(np.full(455, 11.5), abs=0.51)
    assert usual[100:-100] == pytest.approx(np.full(280, 11.5), abs=0.51)


def test_a_strange_level_is_told_and_a_record_of_a_week_is_not_asked() -> None:
    """Three days at twice the level are beyond every other; seven days are too few to know what is usual."""
    values = _weeks(1)
    values[700:772] += 50.0
    t = np.arange(len(values)) * HOUR_S
    z, strength = weigh_levels(t, values, step_s=HOUR_S)
    assert (strength[712:760] > 1.0).all() and (z[712:760] > 0).all()
    assert (strength[:680] < 1.0).all() and (strength[800:] < 1.0).all()
    assert not weigh_levels(t[:168], values[:168], step_s=HOUR_S)[1].any()


def test_quiet_days_are_told_in_cycles() -> None:
    """Scatter that falls to a hundredth for three days is told, of an analyser that repeats each value once too."""
    values = _weeks(2).round(2)
    values[600:672] = 50.0 + 0.02 * np.random.default_rng(3).normal(size=72)
    quiet, times = collapsed_noise(values, 0.01)
    assert quiet[610:660].all() and not quiet[:580].any() and not quiet[700:].any()
    assert (times[610:660] > 5.0).all()
    twice = np.repeat(values, 2)
    assert cycle_rows(twice) == 2
    assert collapsed_noise(twice, 0.01)[0][1220:1320].all()


def test_a_series_that_moves_by_its_resolution_is_not_called_quiet() -> None:
    """Where the usual change is one step of the resolution, rows without a change say nothing."""
    values = np.random.default_rng(5).integers(0, 2, 500).astype(float)
    values[200:300] = 0.0
    assert not collapsed_noise(values, 1.0)[0].any()


@pytest.mark.parametrize("period", [4.0, 5.5, 8.0])
def test_a_wave_of_hours_is_told(period: float) -> None:
    """A sine of four to eight hours with 1 % of noise is told for as long as it lasts, give or take a window."""
    values = _weeks(4)
    hours = np.arange(120)
    values[500:620] = 50.0 * (1 + 0.15 * np.sin(2 * np.pi * hours / period))
    told, share = periodic_rows(values)
    assert told[520:600].all() and share[520:600].min() > 0.8
    assert not told[:420].any() and not told[700:].any()


def test_a_held_value_is_no_collapse_of_noise() -> None:
    """A hundred hours that repeat one value are held; with a scatter of 0.1 they are quiet."""
    held, quiet = _weeks(7), _weeks(7)
    held[400:500] = 50.0
    quiet[400:500] = 50.0 + np.random.default_rng(1).normal(0.0, 0.1, 100)
    assert not collapsed_noise(held, 0.01)[0].any()
    assert collapsed_noise(quiet, 0.01)[0][410:490].all()


def test_days_and_noise_are_no_wave_of_hours() -> None:
    """The shape of a day, with its morning and evening, and plain noise are not told, with or without gaps."""
    hours = np.arange(1344)
    day = 10.0 + np.sin(2 * np.pi * hours / 24) + 0.8 * np.sin(2 * np.pi * hours / 12)
    assert not periodic_rows(day)[0].any()
    shifts = np.where((hours % 24 >= 8) & (hours % 24 < 16), _weeks(6), np.nan)
    assert not periodic_rows(shifts)[0].any()
    assert not periodic_rows(np.full(300, np.nan))[0].any()
    assert not periodic_rows(np.full(300, 7.0))[0].any()


def test_the_share_is_that_of_a_transform_of_the_padded_window() -> None:
    """A noisy wave with gaps: power of the best of the bins 35 to 130 of 288, over what a pure wave would have."""
    hours = np.arange(180)
    values = (
        3.0
        + np.sin(2 * np.pi * hours / 5.3)
        + np.where(hours % 11 == 4, np.nan, 0.2 * np.random.default_rng(8).normal(size=180))
    )
    told, share = periodic_rows(values)
    shares = []
    for first in range(0, 109, 12):
        part = values[first : first + 72]
        off = np.nan_to_num(part - np.nanmean(part))
        wave = (np.abs(np.fft.rfft(off, 288)) ** 2)[35:131].max()
        shares.append(wave / ((off**2).sum() * np.isfinite(part).sum() / 2))
    assert min(shares) > 0.8
    assert told[:12].all()
    assert share[:12] == pytest.approx(shares[0])
    assert share[-12:][told[-12:]] == pytest.approx(shares[-1])


def test_spans_of_less_than_what_is_asked_for_are_left_out() -> None:
    """Of gaps of one, two and three hours those of two and three."""
    missing = np.isin(np.arange(24), [2, 5, 6, 10, 11, 12])
    assert [count for *_, count in absent_spans(HOURS, missing, step_s=HOUR_S, least=2)] == [2, 3]


def test_gaps_are_counted_in_rows_and_in_stamps_that_are_not_there() -> None:
    """Hours 3 and 4 have no value, hours 10 to 12 no row: two spans of two and three intervals."""
    kept = np.r_[0:10, 13:24]
    missing = np.isin(kept, [3, 4])
    spans = list(absent_spans(HOURS[kept], missing, step_s=HOUR_S))
    assert spans == [(HOURS[3], HOURS[5], 2), (HOURS[10], HOURS[13], 3)]
    assert list(absent_spans(HOURS, np.ones(24, bool), step_s=HOUR_S)) == [
        (HOURS[0], HOURS[-1] + np.timedelta64(1, "h"), 24)
    ]


def test_the_clock_is_that_of_most_rows() -> None:
    """One hour that is left out does not change the step; a single row has none."""
    assert clock_step(HOURS[np.r_[0:10, 11:24]]) == HOUR_S
    assert clock_step(HOURS[:1]) == 0.0
    assert list(absent_spans(HOURS[:1], np.zeros(1, bool), step_s=0.0)) == []
