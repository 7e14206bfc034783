"""What is told of a hotspot once everything is weighed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely

from fusion import FusionSettings, Hotspot
from fusion.attribution import verdict
from fusion.attribution.candidates import Candidates
from fusion.attribution.crossing import PassSummary, RatePrior
from fusion.attribution.fingerprint import Companion
from fusion.attribution.places import Places
from fusion.attribution.verdict import Located, Weighed, locate, state_verdict
from fusion.attribution.witnesses import Witness
from fusion.cube.grid import project, unproject
from fusion.schema import Rate

CRS = "EPSG:4544"
X0, Y0 = 405_000.0, 3_396_000.0
SETTINGS = FusionSettings()
RATES = RatePrior(np.log(10.0) * np.array([0.0, 1.0, 2.0]))
SITES = Candidates(
    ("a", "b", "c"), ((), (), ()), np.array([0, 1, 2, 1]), np.array([0, 0, 0, 1]),
    X0 + np.array([0.0, 300.0, 0.0, -50.0]),
    Y0 + np.array([100.0, 400.0, -1.0, 0.0]), np.full(4, 35.0), np.ones(4),
)  # fmt: skip


def _hotspot(*, single: bool = False) -> Hotspot:
    when = datetime(2024, 5, 1, tzinfo=UTC)
    return Hotspot(
        "H3", "ch4", "ppm", shapely.box(0, 0, 1, 1), 4, 1600.0, 1.0, 0.1, 2.0, 0.01, 0.01, 3, 5, single, when, when,
        104.0, 30.6, 5.0, None, None, ("d",),
    )  # fmt: skip


def _summary(label: str, peak: float | None, towards: float, sd: float) -> PassSummary:
    return PassSummary(label, peak, X0 + 10.0, Y0 + 20.0, towards, sd, 3.0)


def _weighed(**changes) -> Weighed:
    known = {
        "hotspot": _hotspot(),
        "x": X0,
        "y": Y0,
        "north_rad": np.radians(1.0),
        "passes": (_summary("p#0", 4.0, 0.0, 0.1), _summary("q#0", None, np.pi / 2, 0.2),
                   _summary("r#0", None, 0.0, float("inf"))),
        "companions": (Companion("co", True, 0.3), Companion("no2", False, 0.0)),
        "located": Located(200.4, 12.6, None, ()),
        "rates": RATES,
        "chosen": np.array([0, 1]),
        "best": np.array([0, 3]),
        "site_odds": np.log([1.0, 4.0]),
        "site_rates": np.log([[1.0, 1.0, 1.0], [1e-12, 1e-12, 1.0]]),
        "unlisted": float(np.log(2.0)),
        "background": float(np.log(3.0)),
        "best_share": np.array([1.0, 0.7]),
    }  # fmt: skip
    return Weighed(**(known | changes))


def _said(
    kind: str, data: tuple[str, ...], ratios: list[float], unlisted: float = 1.0, other: float = 1.0
) -> Witness:
    return Witness(kind, data, np.log(ratios), float(np.log(unlisted)), float(np.log(other)), kind)


def test_shares_are_odds_over_their_sum() -> None:
    """Sites, an unlisted source and background; what witnesses say multiplies the odds of each."""
    w = _weighed()
    np.testing.assert_allclose(w.shares, np.array([1.0, 4.0, 2.0, 3.0]) / 10)
    heard = w.hearing(_said("permit", ("rose:ch4",), [3.0, 0.5])).hearing(None)
    np.testing.assert_allclose(heard.shares, np.array([3.0, 2.0, 2.0, 3.0]) / 10)
    heard = heard.hearing(_said("activity", ("ran:a",), [2.0, 1.0], 0.5, 2.0))
    np.testing.assert_allclose(heard.shares, np.array([6.0, 2.0, 1.0, 6.0]) / 15)
    assert (heard.unlisted, heard.background) == (w.unlisted, w.background)


def test_a_datum_is_heard_once() -> None:
    """A second witness of the same datum, or one of other sites, is refused."""
    w = _weighed().hearing(_said("permit", ("rose:ch4", "rose:co"), [3.0, 0.5]))
    with pytest.raises(ValueError, match="rose:co stands behind permit and composition"):
        w.hearing(_said("composition", ("ratio:co", "rose:co"), [1.0, 1.0]))
    with pytest.raises(ValueError, match="speaks of 1 sites, expected 2"):
        w.hearing(_said("activity", ("ran:a",), [1.0]))


def test_a_verdict_names_each_explanation_with_place_and_rate() -> None:
    """Likeliest site first, distance and true bearing of its likeliest place, quantiles of its own rates."""
    w = _weighed()
    found = state_verdict(w, SITES, CRS)
    assert found.hotspot_id == "H3"
    assert [(s.site_id, s.probability) for s in found.sites] == [("b", pytest.approx(0.4)), ("a", pytest.approx(0.1))]
    assert [s.distance_m for s in found.sites] == pytest.approx([50.0, 100.0])
    assert [(s.place, s.place_probability) for s in found.sites] == [(1, 0.7), (0, 1.0)]
    assert [s.bearing_deg for s in found.sites] == pytest.approx([271.0, 1.0])
    assert (found.unlisted, found.background, found.none_of_these) == pytest.approx((0.2, 0.3, 0.5))
    assert (found.bearing_deg, found.half_width_deg, found.source, found.areas) == (200.4, 12.6, None, ())
    high, even = (s.rate for s in found.sites)
    edge = np.log(10.0) / 2
    assert even == Rate(
        pytest.approx(10.0),
        pytest.approx(np.exp(-edge + 0.15 * 2 * edge)),
        pytest.approx(np.exp(5 * edge - 0.15 * 2 * edge)),
    )
    assert high is not None and high.median == pytest.approx(100.0)
    assert (high.low, high.high) == pytest.approx((10**1.55, 10**2.45), rel=1e-6)


def test_evidence_is_counted() -> None:
    """Passes near, that saw, with wind; sites; odds of the others; companions that rose."""
    assert state_verdict(_weighed(), SITES, CRS).evidence == (
        ("passes_near", 3.0), ("passes_seen", 1.0), ("passes_with_wind", 2.0), ("passes_calm", 1.0),
        ("candidate_sites", 2.0),
        ("log_odds_unlisted", pytest.approx(np.log(2.0))), ("log_odds_background", pytest.approx(np.log(3.0))),
        ("with_co", 0.3),
    )  # fmt: skip


def test_sightings_are_at_their_place_with_the_wind_from_true_north() -> None:
    """Air that went east came from 270°, a degree more where the grid is turned by one; calm has none."""
    first, second, calm = state_verdict(_weighed(), SITES, CRS).sightings
    lon, lat = unproject(np.array([X0 + 10.0]), np.array([Y0 + 20.0]), CRS)
    assert (first.label, first.peak) == ("p#0", 4.0) and (first.lon, first.lat) == pytest.approx((lon[0], lat[0]))
    assert (first.wind_from_deg, first.wind_sd_deg) == pytest.approx((271.0, np.degrees(0.1)))
    assert (second.peak, second.wind_from_deg, second.wind_sd_deg) == (
        None,
        pytest.approx(181.0),
        pytest.approx(np.degrees(0.2)),
    )
    assert (calm.wind_from_deg, calm.wind_sd_deg, calm.wind_m_s) == (None, 180.0, 3.0)
    unknown = replace(_summary("s#0", 1.0, 0.0, float("inf")), wind_m_s=None)
    [told] = state_verdict(_weighed(passes=(unknown,)), SITES, CRS).sightings
    assert (told.wind_from_deg, told.wind_m_s) == (None, None)


def test_the_reasons_are_told_with_their_numbers() -> None:
    """Passes, bearing, the best site, the others; and what a single sighting cannot say."""
    said = state_verdict(_weighed(), SITES, CRS).explanation
    assert said == (
        "seen on 3 of 5 passes through it, 3 passes near it",
        "source towards 200° ± 13°",
        "b: 40%, 50 m towards 271°; 2 candidate sites",
        "unlisted source 20%, background or traffic 30%",
    )
    none = _weighed(
        hotspot=_hotspot(single=True), located=Located(None, 180.0, None, ()), chosen=np.empty(0, int),
        best=np.empty(0, int), site_odds=np.empty(0), site_rates=np.empty((0, 3)),
    )  # fmt: skip
    found = state_verdict(none, SITES, CRS)
    assert found.sites == () and found.none_of_these == pytest.approx(1.0)
    assert found.explanation[1:] == (
        "no wind direction (the wind is unknown): candidates all around",
        "no registered site upwind",
        "unlisted source 40%, background or traffic 60%",
        "a single sighting: it fixes a bearing, not a distance",
    )


def test_a_site_that_cannot_emit_has_no_rate() -> None:
    """All rates impossible: None, not NaN."""
    w = _weighed(site_rates=np.stack([np.full(3, -np.inf), np.zeros(3)]))
    assert [s.rate is None for s in state_verdict(w, SITES, CRS).sites] == [False, True]


def _ground(x, y, side: float, odds) -> Places:
    odds = np.asarray(odds, float)
    return Places(
        X0 + np.asarray(x, float), Y0 + np.asarray(y, float), np.full(odds.size, side), odds[:, None] + np.zeros(3)
    )


def test_a_source_is_placed_where_the_cells_are() -> None:
    """Mean place, root of the trace of the covariance, rate, and the outline that holds nine tenths."""
    ground = _ground([-102.0, -98.0, -98.0], [1.0, 1.0, -3.0], 4.0, np.log([6.0, 3.5, 0.5]))
    found = locate(ground, RATES, (X0, Y0), 0.0, [(0.0, 0.2), (0.1, 0.05)], SETTINGS, CRS)
    assert found.source is not None
    share = np.array([0.6, 0.35, 0.05])
    mean = share @ np.array([-102.0, -98.0, -98.0]), share @ np.array([1.0, 1.0, -3.0])
    variance = (
        share @ (np.array([-102.0, -98.0, -98.0]) - mean[0]) ** 2
        + share @ (np.array([1.0, 1.0, -3.0]) - mean[1]) ** 2
    )
    lon, lat = unproject(np.array([X0 + mean[0]]), np.array([Y0 + mean[1]]), CRS)
    assert (found.source.lon, found.source.lat) == pytest.approx((lon[0], lat[0]), abs=1e-9)
    assert found.source.position_sd_m == pytest.approx(np.sqrt(variance + 2 * 16.0 / 12))
    assert found.source.rate.median == pytest.approx(10.0)
    (area,) = found.areas
    assert (area.probability, area.area_m2) == (0.9, pytest.approx(32.0))
    plane = shapely.transform(area.polygon, lambda p: np.column_stack(project(p[:, 0], p[:, 1], CRS)))
    assert plane.symmetric_difference(shapely.box(X0 - 104, Y0 - 1, X0 - 96, Y0 + 3)).area < 0.01
    assert found.bearing_deg == pytest.approx(270.0, abs=1.0)
    assert found.half_width_deg == pytest.approx(np.degrees(2 * 0.05))  # the surest of the winds


@pytest.mark.parametrize(("limit", "placed"), [(-1e-6, False), (1e-6, True)])
def test_a_vague_source_has_a_bearing_and_no_place(limit: float, placed: bool) -> None:
    """Two cells 200 m apart: beyond the limit neither place nor area."""
    ground = _ground([-300.0, -500.0], [0.0, 0.0], 4.0, [0.0, 0.0])
    sd = np.sqrt(100.0**2 + 2 * 16 / 12)
    found = locate(ground, RATES, (X0, Y0), 0.0, [(0.0, 0.2)], replace(SETTINGS, located_m=sd + limit), CRS)
    assert (found.source is not None) is placed is bool(found.areas)
    assert found.bearing_deg == pytest.approx(270.0)


def test_without_a_direction_nothing_is_placed() -> None:
    """However sure the cells are."""
    found = locate(_ground([-100.0], [0.0], 4.0, [0.0]), RATES, (X0, Y0), 0.0, [], SETTINGS, CRS)
    assert (found.bearing_deg, found.half_width_deg, found.source, found.areas) == (None, 180.0, None, ())


@pytest.mark.parametrize(
    ("x", "y", "degrees"),
    [(0, 100, 0), (100, 100, 45), (100, 0, 90), (0, -100, 180), (-100, 0, 270), (-100, 100, 315)],
)
def test_bearings_run_clockwise_from_true_north(x: float, y: float, degrees: float) -> None:
    """All quarters, with the grid turned by two degrees."""
    bearing, half_width = verdict._bearing(_ground([x], [y], 4.0, [0.0]), (X0, Y0), np.radians(2.0), 0.05)
    assert bearing == pytest.approx((degrees + 2.0) % 360) and half_width == pytest.approx(np.degrees(0.1))


def test_the_spread_of_a_bearing_is_circular_and_at_most_all_round() -> None:
    """√(−2 ln R) of the mean direction, doubled; cells at the hotspot have no direction."""
    ground = _ground([100.0, 100.0, 5.0], [60.0, -60.0, 0.0], 4.0, np.log([1.0, 1.0, 98.0]))
    bearing, half_width = verdict._bearing(ground, (X0, Y0), 0.0, 0.01)
    length = np.cos(np.arctan2(60.0, 100.0))
    assert bearing == pytest.approx(90.0) and half_width == pytest.approx(
        np.degrees(2 * np.sqrt(-2 * np.log(length)))
    )
    skewed = _ground([100.0, 0.0], [0.0, 100.0], 4.0, np.log([3.0, 1.0]))
    bearing, _ = verdict._bearing(skewed, (X0, Y0), 0.0, 0.01)
    assert bearing == pytest.approx(90.0 - np.degrees(np.arctan2(1.0, 3.0)))
    opposed = _ground([100.0, -100.0], [0.0, 0.0], 4.0, [0.0, 0.0])
    assert verdict._bearing(opposed, (X0, Y0), 0.0, 0.01)[1] == 180.0
    for x, some in ((8.0, False), (8.1, True)):
        found = verdict._bearing(_ground([x], [0.0], 4.0, [0.0]), (X0, Y0), 0.0, 0.01)
        assert (found[0] is not None) is some and (found == (None, 180.0)) is not some
