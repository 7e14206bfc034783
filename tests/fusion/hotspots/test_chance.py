"""How many places chance would make: numbers by hand from the binomial."""

from __future__ import annotations

from dataclasses import replace
from math import comb, exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.hotspots.chance import CrossingGroup, group_crossings, judge_groups
from fusion.hotspots.crossings import Crossings, Drive
from tests.fusion.hotspots.plume_tracks import crossings_by_hand, road

DRIVES = tuple(road(f"d{k}#0", 10_000.0) for k in range(6))


def _at_least(k: int, n: int, p: float) -> float:
    return sum(comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1))


def _met(
    drive: list[int], strength: list[float], *, x: list[float] | None = None, drives: tuple[Drive, ...] = DRIVES
) -> Crossings:
    place = [[v, 0.0] for v in (x or [100.0] * len(drive))]
    return crossings_by_hand(place, [[s] for s in strength], drive=drive, drives=drives)


def _group(members: list[int], seen: list[int], crossed: list[int], **rest) -> CrossingGroup:
    flags = {"exhaust": False, "told": False} | rest
    return CrossingGroup(np.array(members), np.array(seen), np.array(crossed), **flags)


def _judged(groups: list[CrossingGroup], crossings: Crossings, alpha: float = 0.05) -> list[float]:
    return [group.expected for group in judge_groups(groups, crossings, alpha=alpha)]


def test_the_expected_number_is_that_of_the_formula() -> None:
    """Two of three drives of 10 km with four crossings as strong: c = 1, ρ = 4 / 30 km, W = 100 m."""
    found = _met([0, 1, 2, 2, 2], [50.0, 20.0, 30.0, 25.0, 19.9], drives=DRIVES[:3])
    density = 4 / 30_000
    p = 1 - exp(-density * 100)
    wanted = 1 * density * 30_000 * _at_least(1, 2, p)
    assert _judged([_group([0, 1], [0, 1], [0, 1, 2])], found) == [pytest.approx(wanted)]


def test_the_best_number_of_drives_is_taken_and_paid_for() -> None:
    """Strong on two of three drives and weak on the third: the k for which it is rarest, times the two tried."""
    found = _met([0, 1, 2, 3, 3, 3], [90.0, 80.0, 10.0, 10.0, 10.0, 10.0], drives=DRIVES[:4])
    by_k = []
    for count, k in ((2, 2), (6, 3)):
        density = count / 40_000
        by_k.append(2 * density * 40_000 * _at_least(k - 1, 3, 1 - exp(-density * 100)))
    assert _judged([_group([0, 1, 2], [0, 1, 2], [0, 1, 2, 3])], found) == [pytest.approx(min(by_k))]
    assert by_k[1] < by_k[0]


def test_the_strongest_crossing_of_a_drive_stands_for_it() -> None:
    """A second, weak crossing in the same drive changes neither k nor strength."""
    one = _met([0, 1, 0], [50.0, 20.0, 7.0], drives=DRIVES[:3])
    expected = _judged([_group([0, 1, 2], [0, 1], [0, 1, 2])], one)
    assert expected == _judged([_group([0, 1], [0, 1], [0, 1, 2])], one)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 5), st.integers(0, 3), st.integers(0, 6))
def test_more_passes_that_agree_are_less_expected(seen: int, blind: int, others: int) -> None:
    """One drive more that saw it makes it rarer, one more that came by and saw nothing commoner."""
    drives = tuple(road(f"d{k}#0", 10_000.0) for k in range(12))
    found = _met([*range(12), *[11] * others], [50.0] * (12 + others), drives=drives)

    def expected(k: int, n: int) -> float:
        return _judged([_group(list(range(k)), list(range(k)), list(range(n)))], found)[0]

    n = seen + blind + 1
    assert expected(seen + 1, n) < expected(seen, n) < expected(seen, n + 1)


def test_what_one_drive_met_is_not_expected_at_all() -> None:
    """There is nothing to agree: infinite, however strong, and though others came by."""
    found = _met([0, 1], [5000.0, 10.0])
    assert _judged([_group([0], [0], [0, 1, 2, 3])], found) == [np.inf]
    assert judge_groups([], found, alpha=0.05) == []


def test_a_sure_place_taken_out_lets_a_weaker_one_through() -> None:
    """Strong crossings of a sure place count against the weaker one, until it has explained them."""
    drives = [0, 1, 2, 3, 4, 5, 0, 1, 0, 1, 2, 3, 4, 5]
    found = _met(drives, [90.0] * 6 + [60.0] * 2 + [80.0] * 6)
    sure = [
        _group(list(range(6)), list(range(6)), list(range(6))),
        _group(list(range(8, 14)), list(range(6)), list(range(6))),
    ]
    weak = _group([6, 7], [0, 1], [0, 1])
    density = 14 / 60_000
    before = density * 60_000 * (1 - exp(-density * 100))
    density = 2 / 60_000
    after = density * 60_000 * (1 - exp(-density * 100))
    assert before > 0.05 > after
    assert _judged([weak], found) == [pytest.approx(before)]
    judged = judge_groups([weak, *sure], found, alpha=0.05)
    assert judged[0].expected == pytest.approx(after)
    # a group that was taken out keeps what was expected before it was
    assert judged[1].expected == pytest.approx(_judged(sure[:1], found)[0])


def test_a_place_that_is_not_sure_explains_nothing() -> None:
    """Its crossings stay and count against the others."""
    found = _met([0, 1, 0, 1], [90.0, 90.0, 60.0, 60.0], x=[100.0, 100.0, 900.0, 900.0])
    groups = [_group([0, 1], [0, 1], [0, 1]), _group([2, 3], [0, 1], [0, 1])]
    together = _judged(groups, found, alpha=1e-9)
    assert together == [pytest.approx(_judged([group], found)[0]) for group in groups]
    density = np.array([2, 4]) / 60_000
    assert together == pytest.approx(density * 60_000 * (1 - np.exp(-density * 100)))


def test_only_crossings_as_alike_count_against_a_group() -> None:
    """A map full of exhaust does not speak against methane with ammonia; what one species tells is like all."""
    species = ("ch4", "nh3", "nox")
    rows = [[90.0, 50.0, 1.0], [90.0, 50.0, 1.0], *[[1.0, 1.0, 95.0]] * 20]
    found = crossings_by_hand(np.zeros((22, 2)), rows, species=species, drive=[0, 1, *[5] * 20], drives=DRIVES)
    density = 2 / 60_000
    wanted = density * 60_000 * (1 - exp(-density * 100))
    assert _judged([_group([0, 1], [0, 1], [0, 1])], found) == [pytest.approx(wanted)]
    single = _met([0, 1, *[5] * 20], [90.0, 90.0, *[95.0] * 20])
    assert _judged([_group([0, 1], [0, 1], [0, 1])], single)[0] > 100 * wanted


def test_exhaust_is_never_rarer_than_on_roads_without_a_source() -> None:
    """2.5 crossings for every 10 km, though the mission has two in 60."""
    found = _met([0, 1], [90.0, 90.0])
    density = 2.5e-4
    wanted = density * 60_000 * (1 - exp(-density * 100))
    assert _judged([_group([0, 1], [0, 1], [0, 1], exhaust=True)], found) == [pytest.approx(wanted)]
    many = _met([0, 1, *[5] * 28], [90.0] * 30)
    density = 30 / 60_000
    wanted = density * 60_000 * (1 - exp(-density * 100))
    assert _judged([_group([0, 1], [0, 1], [0, 1], exhaust=True)], many) == [pytest.approx(wanted)]


def test_what_two_drives_tell_alike_is_judged_by_roads_without_a_source() -> None:
    """Two in 100 km, though the mission is full of as strong ones; the smaller of both holds."""
    many = _met([0, 1, *[5] * 28], [90.0] * 30)
    density = 2e-5
    wanted = density * 60_000 * (1 - exp(-density * 100))
    assert _judged([_group([0, 1], [0, 1], [0, 1], told=True)], many) == [pytest.approx(wanted)]
    few = _met([0, 1], [90.0, 90.0], drives=tuple(road(f"d{k}#0", 100_000.0) for k in range(6)))
    density = 2 / 600_000
    wanted = density * 600_000 * (1 - exp(-density * 100))
    assert _judged([_group([0, 1], [0, 1], [0, 1], told=True)], few) == [pytest.approx(wanted)]


# --- groups ---------------------------------------------------------------------------------------------------------


def _grouped(
    found: Crossings, exhaust: list[bool] | None = None, standing: list[bool] | None = None
) -> list[CrossingGroup]:
    none = [False] * found.size
    return group_crossings(
        found, np.zeros(found.size, np.int64), np.array(exhaust or none, bool), np.array(standing or none, bool)
    )


def test_drives_that_came_by_are_those_within_40_m() -> None:
    """Of any crossing of the group; those that met it always."""
    lanes = tuple(road(f"d{k}#0", y=y) for k, y in enumerate([0.0, 40.0, 41.0, 500.0]))
    found = crossings_by_hand([[100.0, 0.0], [300.0, 600.0]], [[9.0], [9.0]], drive=[0, 0], drives=lanes)
    (group,) = _grouped(found)
    assert (group.seen.tolist(), group.crossed.tolist()) == ([0], [0, 1])
    found = crossings_by_hand([[100.0, 0.0], [300.0, 460.0]], [[9.0], [9.0]], drive=[0, 3], drives=lanes)
    (group,) = _grouped(found)
    assert (group.seen.tolist(), group.crossed.tolist()) == ([0, 3], [0, 1, 3])
    far = replace(found, y=np.array([0.0, 2000.0]))
    assert _grouped(far)[0].crossed.tolist() == [0, 1, 3]  # its lag put the crossing away from its drive


def test_groups_are_told_apart() -> None:
    """By their numbers, each with its own crossings and drives."""
    found = _met([0, 1, 2, 3], [9.0] * 4, x=[0.0, 500.0, 0.0, 500.0])
    none = np.zeros(4, bool)
    one, two = group_crossings(found, np.array([0, 1, 0, 1]), none, none)
    assert (one.members.tolist(), two.members.tolist()) == ([0, 2], [1, 3])
    assert (one.seen.tolist(), two.seen.tolist(), one.expected, two.exhaust) == ([0, 2], [1, 3], np.inf, False)
    assert (
        group_crossings(crossings_by_hand(np.empty((0, 2)), np.empty((0, 1))), np.empty(0, np.int64), none, none)
        == []
    )


@pytest.mark.parametrize(
    ("exhaust", "drives", "wanted"),
    [
        ([True, True], [0, 1], True), ([True, False], [0, 1], True), ([False, False], [0, 1], False),
        ([False, False], [0, 0], False), ([True, True], [0, 0], True), ([True, False], [0, 0], False),
        ([False, False, True], [0, 0, 1], True), ([False, False, True], [0, 1, 2], False),
    ],
)  # fmt: skip
def test_exhaust_is_what_no_other_gas_joined_on_two_drives(
    exhaust: list[bool], drives: list[int], wanted: bool
) -> None:
    """On one drive, where only one met it."""
    (group,) = _grouped(_met(drives, [9.0] * len(drives)), exhaust)
    assert group.exhaust is wanted


def test_exhaust_met_standing_counts_for_nothing() -> None:
    """It may be the vehicle's own; another gas met standing counts, and so does exhaust met moving."""
    found = _met([0, 1, 2, 3], [9.0] * 4)
    (group,) = _grouped(found, [True, True, False, False], [True, False, True, False])
    assert (group.members.tolist(), group.seen.tolist()) == ([1, 2, 3], [1, 2, 3])
    (alone,) = _grouped(found, [True] * 4, [True] * 4)  # shown where it is clear, met once for all that is known
    assert (alone.members.tolist(), alone.seen.tolist(), alone.expected) == ([0, 1, 2, 3], [0], np.inf)


ROSE = ("ch4", "ch4_dry", "nh3")


@pytest.mark.parametrize(
    ("snr", "drives", "told"),
    [
        ([[50, 1, 20], [40, 1, 18]], [0, 1], True),
        ([[50, 1, 20], [40, 1, 18]], [0, 0], False),  # one drive
        ([[50, 1, 20], [40, 1, 1]], [0, 1], False),  # one species on the other
        ([[50, 1, 20], [6, 1, 90]], [0, 1], False),  # another composition
        ([[50, 49, 1], [40, 41, 1]], [0, 1], False),  # wet and dry are one species
        ([[50, 49, 4], [40, 41, 3.5]], [0, 1], False),  # and what is no plume of its own rose nowhere
        ([[50, 1, 20], [90, 1, 1], [40, 1, 18]], [0, 1, 2], True),  # two of three
        ([[50, 1, 20], [90, 1, 1], [40, 1, 18]], [0, 0, 1], False),  # the strongest of the first drive is of one
    ],
)
def test_a_group_is_told_by_two_substances_in_one_composition_on_two_drives(
    snr: list[list[float]], drives: list[int], told: bool
) -> None:
    """By the strongest crossing of each drive; never where it is exhaust."""
    found = crossings_by_hand(np.zeros((len(snr), 2)), snr, species=ROSE, drive=drives, drives=DRIVES)
    (group,) = _grouped(found)
    assert group.told is told
    (exhaust,) = _grouped(found, [True] * len(snr))
    assert exhaust.exhaust and not exhaust.told


def test_what_only_exhaust_tells_tells_nothing() -> None:
    """Of three crossings with two species the two that are exhaust are left out of the composition."""
    found = crossings_by_hand(
        np.zeros((3, 2)), [[50, 1, 20], [40, 1, 18], [45, 1, 1]], species=ROSE, drive=[0, 1, 2], drives=DRIVES
    )
    (group,) = _grouped(found, [False, True, False])
    assert not group.exhaust and not group.told
    (group,) = _grouped(found, [False, False, True])
    assert group.told
