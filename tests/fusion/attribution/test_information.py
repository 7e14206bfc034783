"""What a pass would tell: by hand, against a slow version, and where nothing can be told."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely

from fusion import Attribution, FusionSettings, Hotspot, SiteProbability
from fusion.attribution.crossing import RatePrior
from fusion.attribution.information.cells import gather_cells
from fusion.attribution.information.passes import (
    BACKGROUND,
    UNLISTED,
    Explanations,
    PassAir,
    RoadPlaces,
    _plume_table,
    entropy_of,
    expected_information,
    explanations_of,
    outcome_odds,
)
from fusion.attribution.places import Places
from fusion.cube.grid import grid_north_rad, project, unproject
from fusion.schema import Rate, UnlistedCell

CRS = "EPSG:4544"
X0, Y0 = 405_000.0, 3_396_000.0
SETTINGS = FusionSettings()
AIR = PassAir(3.0, math.radians(5.0))
EAST = np.array([0.0])


def _explanations(*places: tuple[float, float], background: float = 0.2, sd: float = 10.0) -> Explanations:
    """Sites at places, alike, that stand a hundred times above what is seen 100 m downwind, and background."""
    count = len(places)
    shares = np.array([*[(1 - background) / count] * count, background])
    table = _plume_table(AIR, SETTINGS)
    log_rate = math.log(100.0) - float(table.log_axis[20])
    return Explanations(
        (*(f"S{k}" for k in range(count)), BACKGROUND), shares, np.arange(count), np.ones(count),
        np.array([p[0] for p in places]), np.array([p[1] for p in places]), np.full(count, sd),
        np.full(count, log_rate), np.full(count, 0.5), 1.0,
    )  # fmt: skip


def _street(x: float, *, half: float = 105.0, step: float = 30.0) -> RoadPlaces:
    """A street from south to north at an easting, bins 30 m apart."""
    y = np.arange(-half, half + 1, step)
    return RoadPlaces(np.full((1, y.size), x), y[None])


def _slow(e: Explanations, road: RoadPlaces, towards: float) -> np.ndarray:
    """The outcomes of one stretch, place by place, error by error, bin by bin, in plain Python."""
    table = _plume_table(AIR, SETTINGS)
    length = np.arange(len(table.sigma)) * 5.0
    sides = np.linspace(-2.0, 2.0, 9)
    weights = np.exp(-0.5 * sides**2) / np.exp(-0.5 * sides**2).sum()
    bins = int(np.isfinite(road.x[0]).sum())
    seen = np.zeros((road.x.shape[1], len(e.names)))
    for p in range(len(e.x)):
        for side, weight in zip(sides, weights, strict=True):
            heights = []
            for b in range(bins):
                east, north = road.x[0, b] - e.x[p], road.y[0, b] - e.y[p]
                along = east * math.cos(towards) + north * math.sin(towards)
                across = north * math.cos(towards) - east * math.sin(towards)
                if along < 5.0:
                    heights.append(-math.inf)
                    continue
                axis, sigma, error = (float(np.interp(along, length, column)) for column in table)
                off = (across + side * math.hypot(error, e.sd[p])) / sigma
                heights.append(e.log_rate[p] - math.log(e.limit) + axis - off**2 / 2)
            best = int(np.argmax(heights))
            if heights[best] > -8.0:
                spread = math.hypot(e.log_rate_sd[p], SETTINGS.height_ln_sd)
                chance = 0.5 * math.erfc(-heights[best] / (spread * math.sqrt(2)))
                seen[best, e.of[p]] += (1 - SETTINGS.off_share) * e.share[p] * weight * chance
    even = np.where(np.isfinite(road.x[0]), 0.05 / bins, 0.0)
    seen = seen + even[:, None] * (1 - seen.sum(axis=0))
    return np.concatenate([1 - seen.sum(axis=0, keepdims=True), seen])


def test_outcomes_are_those_of_a_slow_version() -> None:
    """Three sites, a street with a bin less than its neighbour, three winds."""
    e = _explanations((0.0, 0.0), (-60.0, 45.0), (-150.0, -80.0))
    one, other = _street(90.0), _street(140.0, half=75.0)
    x, y = np.full((2, one.x.shape[1]), np.nan), np.full((2, one.x.shape[1]), np.nan)
    for k, road in enumerate((one, other)):
        x[k, : road.x.shape[1]], y[k, : road.x.shape[1]] = road.x[0], road.y[0]
    winds = np.array([0.0, 0.4, 3.0])
    odds = outcome_odds(e, RoadPlaces(x, y), winds, AIR, SETTINGS)
    for w, towards in enumerate(winds):
        for s in range(2):
            slow = _slow(e, RoadPlaces(x[s : s + 1], y[s : s + 1]), float(towards))
            np.testing.assert_allclose(odds[w, s], slow, atol=1e-12)


def test_outcomes_sum_to_one_and_bins_that_are_not_there_are_none() -> None:
    """Whatever explains it."""
    e = _explanations((0.0, 0.0), (-60.0, 45.0))
    road = _street(90.0)
    odds = outcome_odds(e, RoadPlaces(road.x.copy(), road.y.copy()), np.array([0.0, 1.0, 4.0]), AIR, SETTINGS)
    np.testing.assert_allclose(odds.sum(axis=2), 1.0, atol=1e-12)
    short = RoadPlaces(np.where(np.arange(8) < 5, road.x, np.nan), road.y)
    assert (outcome_odds(e, short, EAST, AIR, SETTINGS)[0, 0, 6:] == 0).all()


def test_a_wind_that_turns_with_everything_changes_nothing() -> None:
    """Sources, street and wind turned by 90° give the same odds."""
    e, road = _explanations((0.0, 0.0), (-60.0, 45.0)), _street(90.0)
    turned = replace(e, x=-e.y, y=e.x)
    odds = outcome_odds(e, road, EAST, AIR, SETTINGS)
    again = outcome_odds(turned, RoadPlaces(-road.y, road.x), EAST + np.pi / 2, AIR, SETTINGS)
    np.testing.assert_allclose(again, odds, atol=1e-9)


def test_a_street_upwind_tells_nothing_and_one_downwind_tells_of_neighbours_across_the_wind() -> None:
    """In a west wind a street to the east tells two sites 120 m apart in the north from one another."""
    e = _explanations((0.0, 60.0), (0.0, -60.0), background=1e-6)
    told = [
        float(expected_information(outcome_odds(e, _street(x), EAST, AIR, SETTINGS), e.probability)[0, 0])
        for x in (-90.0, 90.0)
    ]
    assert told[0] == pytest.approx(0.0, abs=1e-9)
    assert 0.3 < told[1] < math.log(2)


def test_sites_along_the_wind_are_told_apart_only_from_between() -> None:
    """One stands 200 m behind the other: behind both the two look alike, between them one is silent."""
    e = _explanations((0.0, 0.0), (-200.0, 0.0), background=1e-6, sd=1.0)
    behind, between = (
        float(expected_information(outcome_odds(e, _street(x), EAST, AIR, SETTINGS), e.probability)[0, 0])
        for x in (150.0, -60.0)
    )
    assert between > 0.25 and behind < 0.1


def test_information_is_what_a_table_says_by_hand() -> None:
    """Two names, two outcomes of 0.8 and 0.2 against 0.2 and 0.8: ln 2 less the entropy of (0.8, 0.2)."""
    odds = np.array([[0.8, 0.2], [0.2, 0.8]])
    known = math.log(2) + 0.8 * math.log(0.8) + 0.2 * math.log(0.2)
    assert float(expected_information(odds, np.array([0.5, 0.5]))) == pytest.approx(known)
    assert float(expected_information(odds, np.array([1.0, 0.0]))) == pytest.approx(0.0)
    assert float(expected_information(np.full((2, 2), 0.5), np.array([0.3, 0.7]))) == pytest.approx(0.0)


def _hotspot() -> Hotspot:
    (lon,), (lat,) = unproject(np.array([X0]), np.array([Y0]), CRS)
    when = datetime(2024, 5, 1, tzinfo=UTC)
    return Hotspot(
        "H1", "ch4", "ppm", shapely.box(0, 0, 1, 1), 4, 1600.0, 1.0, 0.1, 2.0, 0.01, 0.01, 3, 5, False, when, when,
        float(lon), float(lat), 5.0, None, None, ("d",),
    )  # fmt: skip


def _attribution(**changes) -> Attribution:
    (lon,), (lat,) = unproject(np.array([X0 - 50.0]), np.array([Y0 + 70.0]), CRS)
    cell = UnlistedCell(float(lon), float(lat), 32.0, 1.0, Rate(4.0, 1.0, 16.0))
    site = SiteProbability("a", 0.6, 100.0, 90.0, Rate(2.0, 1.0, 4.0))
    lost = SiteProbability("b", 0.001, 100.0, 90.0, Rate(2.0, 1.0, 4.0))
    known = {
        "hotspot_id": "H1", "sites": (site, lost), "unlisted": 0.3, "background": 0.099, "none_of_these": 0.399,
        "bearing_deg": 90.0, "half_width_deg": 10.0, "areas": (), "explanation": (), "unlisted_cells": (cell,),
        "detection_limit": 0.5,
    }  # fmt: skip
    return Attribution(**{**known, **changes})


def test_explanations_are_the_sites_the_cells_and_the_background() -> None:
    """A site 100 m towards true east, its cell; ln of the median and of 4 over 3.29; what is unlikely is left out."""
    e = explanations_of(_hotspot(), _attribution(), SETTINGS, crs=CRS)
    assert e is not None
    assert e.names == ("a", UNLISTED, BACKGROUND)
    np.testing.assert_allclose(e.probability, np.array([0.6, 0.3, 0.099]) / 0.999)
    north = grid_north_rad(_hotspot().lon, _hotspot().lat, CRS)
    np.testing.assert_allclose(e.x, [X0 + 100.0 * math.cos(north), X0 - 50.0], atol=0.01)
    np.testing.assert_allclose(e.y, [Y0 + 100.0 * math.sin(north), Y0 + 70.0], atol=0.01)
    np.testing.assert_allclose(e.sd, [35.0, 32.0 / math.sqrt(12)])
    np.testing.assert_allclose(e.log_rate, np.log([2.0, 4.0]))
    np.testing.assert_allclose(e.log_rate_sd, [math.log(4) / 3.2898, math.log(16) / 3.2898], rtol=1e-4)
    assert e.entropy == pytest.approx(float(entropy_of(e.probability)))


@pytest.mark.parametrize(
    "changes",
    [{"detection_limit": None}, {"sites": (), "unlisted_cells": ()}, {"sites": (), "unlisted": 0.001}],
)
def test_nothing_is_asked_where_no_limit_or_no_place_is_known(changes) -> None:
    """A limit that nobody knows, no place at all, or one that is not likely."""
    assert explanations_of(_hotspot(), _attribution(**changes), SETTINGS, crs=CRS) is None


def test_cells_of_an_unlisted_source_are_joined_to_squares() -> None:
    """Two halves in one square of 32 m make one cell at their weighted mean; a far one keeps its share."""
    x, y = np.array([2.0, 10.0, 500.0]) + 3200.0, np.array([2.0, 2.0, 2.0]) + 3200.0
    joint = np.log(np.array([[3.0, 0.0], [1.0, 0.0], [0.0, 4.0]]) + 1e-300)
    cells = gather_cells(Places(x, y, np.full(3, 8.0), joint), np.ones(3), RatePrior(np.array([0.0, 2.0])), CRS)
    assert [cell.share for cell in cells] == pytest.approx([0.5, 0.5])
    lon, lat = (np.array([getattr(cell, name) for cell in cells]) for name in ("lon", "lat"))
    east, north = project(lon, lat, CRS)
    assert sorted(east) == pytest.approx([3204.0, 3700.0], abs=0.1) and north == pytest.approx([3202.0] * 2, abs=0.1)
    low, high = sorted((cell.rate.median for cell in cells if cell.rate), key=float)
    assert low < math.exp(1.0) < high


def test_no_cell_of_an_unlisted_source_without_any_place() -> None:
    """Nothing was in the gate."""
    none = np.empty(0)
    assert gather_cells(Places(none, none, none, np.empty((0, 2))), none, RatePrior(np.zeros(2)), CRS) == ()
