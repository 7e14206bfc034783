"""Which system the rows of a file hold: priors by what they say, evidence of all rows, exceptions, and tests."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from ingest.registers import datum
from ingest.registers.datum import StreetTest, prior_of_file, weigh_systems
from ingest.registers.places import HYPOTHESES
from ingest.schema import CrsSource
from tests.ingest.immutable import mutable_values

DECLARED, UNKNOWN = CrsSource.DECLARED, CrsSource.UNKNOWN


@pytest.mark.parametrize(
    ("declared", "source", "expected", "rarer"),
    [
        ("WGS 84", DECLARED, (0.9, 0.09, 0.01), 1.0), ("GCJ-02", DECLARED, (0.018, 0.98, 0.002), 0.2),
        ("BD-09", DECLARED, (0.018, 0.002, 0.98), 0.2), ("WGS 84", UNKNOWN, (0.5, 0.45, 0.05), 1.0),
        ("GCJ-02", CrsSource.GUESSED, (0.018, 0.98, 0.002), 0.2),
    ],
)  # fmt: skip
def test_what_a_file_says_is_its_prior(
    declared: str, source: CrsSource, expected: tuple[float, ...], rarer: float
) -> None:
    """One in ten that says WGS 84 is wrong, one in fifty that names a shifted system, half of those that say none."""
    prior, factor = prior_of_file(declared, source, 0.1)
    assert prior == pytest.approx(expected) and prior.sum() == pytest.approx(1.0)
    assert factor == rarer


def by_hand(prior: np.ndarray, own: np.ndarray, tests: list[StreetTest], rarer: float = 1.0) -> np.ndarray:
    """The same sum, one world after the other, in plain probabilities."""
    rows, systems = own.shape
    total = np.zeros((rows, systems))
    for held, share, reliable in product(
        range(systems), (0.02, 0.05, 0.1, 0.2), product((0.0, 0.25, 0.5, 0.75, 0.95), repeat=len(tests))
    ):
        weight, joint = prior[held], np.empty((rows, systems))
        for r in range(rows):
            for s in range(systems):
                chance = 1 - share * rarer if s == held else share * rarer * prior[s] / (1 - prior[held])
                chance *= np.exp(own[r, s])
                for test, reliability in zip(tests, reliable, strict=True):
                    band = test.band[r, s]
                    if band >= 0:
                        anywhere = test.chance[band]
                        chance *= (reliability * test.right[band] + (1 - reliability) * anywhere) / anywhere
                joint[r, s] = chance
            weight *= joint[r].sum()
        total += weight * joint / joint.sum(axis=1, keepdims=True)
    return total / total.sum(axis=1, keepdims=True)


def test_all_rows_bear_on_each_other_as_the_plain_sum_says() -> None:
    """Random evidence and two tests with gaps: the same as every world added up one after the other."""
    rng = np.random.default_rng(3)
    own = rng.normal(0.0, 2.0, (6, 3))
    bands = rng.integers(-1, 3, (2, 6, 3))
    tests = [
        StreetTest(bands[0], np.array([0.1, 0.8, 0.1]), np.array([0.3, 0.3, 0.4])),
        StreetTest(bands[1], np.array([0.02, 0.48, 0.5]), np.array([0.1, 0.4, 0.5])),
    ]
    prior = np.array([0.7, 0.2, 0.1])
    np.testing.assert_allclose(weigh_systems(prior, own, tests), by_hand(prior, own, tests), atol=2e-5)
    np.testing.assert_allclose(weigh_systems(prior, own, rarer=0.2), by_hand(prior, own, [], 0.2), rtol=1e-6)


def test_a_row_alone_is_one_in_ten_times_wrong() -> None:
    """0.97 (1 − ε) + 0.027 ε 0.97 / 0.973 + 0.003 ε 0.97 / 0.997 with ε of 0.0925 on average."""
    prior, rarer = prior_of_file("WGS 84", DECLARED, 0.03)
    (found,) = weigh_systems(prior, np.zeros((1, 3)), rarer=rarer)
    e = 0.0925
    assert found[0] == pytest.approx(0.97 * (1 - e) + e * 0.97 * (0.027 / 0.973 + 0.003 / 0.997))


def test_certain_rows_teach_how_many_exceptions_there_are() -> None:
    """Twenty rows that say WGS 84 were proven: the more of these differ, the likelier the next one does."""
    prior, _ = prior_of_file("WGS 84", DECLARED, 0.03)
    last = []
    for wrong in (0, 1, 3, 5):
        own = np.zeros((21, 3))
        own[:wrong, [0, 2]] = own[wrong:20, 1:] = np.log(1e-6)
        last.append(float(weigh_systems(prior, own)[-1, 1]))
    assert last == sorted(last)
    assert last[0] < 0.06 and 0.1 < last[3] < 0.2


def test_a_test_that_right_places_pass_no_better_than_others_says_nothing() -> None:
    """Rows that lie anywhere leave one that lies off as it was; the better they lie the more it is doubted."""
    rng = np.random.default_rng(1)
    right, chance = np.array([0.9, 0.1]), np.array([0.3, 0.7])
    band = (rng.random((200, 3)) > 0.3).astype(np.int64)
    prior, _ = prior_of_file("WGS 84", DECLARED, 0.03)
    band[-1] = (1, 0, 1)
    assert weigh_systems(prior, np.zeros((200, 3)), [StreetTest(band, right, chance)])[-1, 1] < 0.13
    band[:-1, 0] = 0
    assert weigh_systems(prior, np.zeros((200, 3)), [StreetTest(band, right, chance)])[-1, 1] > 0.2


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(datum) == [] and len(HYPOTHESES) == 3
