"""Repeats: cycles and resolution by hand, frozen and copied pairs, substitution by an earlier maximum."""

from __future__ import annotations

import numpy as np
import pytest

from monitors.records.repeats import constant_runs, cycle_of, seek_repeats
from monitors.schema import Anomaly
from tests.monitors.outlets import noisy, outlet, site_of


def seek(*args: object, **more: object) -> list[Anomaly]:
    """What is found in one series."""
    return list(seek_repeats(site_of(outlet(*args, **more))))  # type: ignore[arg-type]


def test_a_frozen_value_is_one_run() -> None:
    """Ten hours of one value among hours of two decimals; strength counts cycles over four."""
    values = noisy(200)
    values[100:110] = values[100]
    (found,) = seek({"a21026": values})
    assert (found.kind, found.values["intervals"], found.strength) == ("constant", 10.0, 2.5)


@pytest.mark.parametrize("cycle", [2, 4])
def test_an_analyser_that_samples_every_few_hours_repeats_lawfully(cycle: int) -> None:
    """Each value stands for a cycle: that is none; ten cycles of one value are."""
    values = np.repeat(noisy(100), cycle)
    assert cycle_of(values) == cycle
    assert seek({"w01018": values}) == []
    values[40 * cycle : 50 * cycle] = 21.11
    (found,) = seek({"w01018": values})
    assert (found.values["cycle"], found.values["intervals"]) == (cycle, 10.0 * cycle)


def test_a_coarse_resolution_repeats_by_chance() -> None:
    """Whole milligrams with a scatter of one repeat three times in ten; eight in a row are chance, forty are not."""
    values = np.round(np.random.default_rng(3).normal(20.0, 1.0, 4000))
    assert constant_runs(values, 1.0, 1) == []
    values[1000:1040] = 20.0
    (run,) = constant_runs(values, 1.0, 1)
    assert run.first <= 1000 and run.last >= 1039 and run.length < 48


def test_zeros_and_half_a_detection_limit_are_no_constants() -> None:
    """A plant that stands gives zeros, values below detection half of it, again and again."""
    values = noisy(300)
    values[20:60] = 0.0
    values[100:112] = values[150:160] = values[200:215] = 5.0
    assert seek({"a21026": values}) == []


def test_two_quantities_that_stop_together_are_a_pair() -> None:
    """Both are told as the pair that they are, not as two constants."""
    so2, nox = noisy(200), noisy(200, 60.0, seed=2)
    so2[100:112], nox[100:112] = 20.5, 61.5
    found = seek({"a21026": so2, "a21002": nox})
    assert [(one.kind, one.code, one.values["pair"]) for one in found] == [
        ("frozen_pair", "a21026", "a21002"),
        ("frozen_pair", "a21002", "a21026"),
    ]


def test_a_copied_quantity_keeps_its_ratio() -> None:
    """NOx written as three times SO2 for thirty hours is a pair; flow and velocity, which are one, are not."""
    so2, nox = noisy(200), noisy(200, 60.0, seed=2)
    nox[100:130] = np.round(3 * so2[100:130], 2)
    found = seek({"a21026": so2, "a21002": nox})
    assert {(one.kind, one.code) for one in found} == {("frozen_pair", "a21026"), ("frozen_pair", "a21002")}
    assert found[0].values["ratio"] == pytest.approx(3.0, rel=1e-3)
    assert seek({"a21002": nox, "a21003": 0.6 * nox}) == []


def test_a_run_at_the_maximum_before_it_is_substituted() -> None:
    """HJ 75: the highest of the 180 hours before; one step lower it is a constant."""
    values = noisy(300)
    values[200:215] = values[20:200].max()
    (found,) = seek({"a21026": values})
    assert (found.kind, found.values["window_h"]) == ("substituted", 180.0)
    values[200:215] -= 0.01
    (found,) = seek({"a21026": values})
    assert found.kind == "constant"


def test_a_run_that_is_marked_as_substituted_is_no_constant() -> None:
    """The letter S says that a value was set."""
    values = noisy(100)
    values[50:62] = 19.99
    marks = ["N"] * 50 + ["S"] * 12 + ["N"] * 38
    (found,) = seek({"a21026": values}, marks={"a21026": marks})
    assert found.kind == "substituted"


@pytest.mark.parametrize("seed", range(5))
def test_a_year_of_ordinary_hours_is_silent(seed: int) -> None:
    """Nothing repeats in noise with two decimals, nor do two quantities keep a ratio."""
    assert seek({"a21026": noisy(8760, seed=seed), "a21002": noisy(8760, 80.0, seed=seed + 100)}) == []
