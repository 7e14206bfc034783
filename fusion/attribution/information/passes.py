"""What one more pass over a place of road would tell about a hotspot, in nats of the entropy of its explanations.

A pass over a stretch of road in a given wind ends in one of few outcomes: nothing is seen, or the plume stands
highest in one of the bins of the stretch. Each explanation says how likely each outcome is; what the outcome tells of
the explanation is their mutual information

    I(E; O) = Σ_e p(e) Σ_o P(o | e) ln [P(o | e) / Σ_f p(f) P(o | f)].

P(o | e) is that of the model that weighs crossings (`fusion.air`): the plume along the path of the air with its
width, moved sideways by the error of the wind; the rate of the explanation, with the scatter of a crossing's height;
the chance that the source is off.

Approximations: the wind blows evenly from one direction; the rate is log-normal with the median and the 90 % interval
of the posterior, and is drawn anew for each pass; a site stands in one point with an error, and an unlisted source in
one of its cells; the height of a plume tells nothing beyond being seen; what else puts a plume into the stretch
(traffic, other sources) is as likely in each bin, whatever explains the hotspot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.air.ribbons import upwind_ribbons
from fusion.air.trajectory import WindHistory
from fusion.attribution.information.kernel import add_outcomes
from fusion.cube.grid import grid_north_rad, project
from fusion.schema import Attribution, Hotspot, Rate
from fusion.settings import FusionSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNLISTED, BACKGROUND = "unlisted", "background"
_LEAST = 0.005  # explanations below this are nobody's question
_OTHERS = 0.05  # choice: chance of a plume of something else on one pass over a stretch
_SIDES = np.linspace(-2.0, 2.0, 9)  # errors of the wind, standard deviations
_STEP_M = 5.0
_NORMAL_90 = 1.6449
_WIDEST_LN = 3.0  # a rate that nothing fixes is spread over decades; no plan should hang on that
ELEVATION_RAD = float(np.radians(40.0))
"""Of the sun, for a pass whose hour nobody knows yet: a spring forenoon in middle latitudes."""


@dataclass(frozen=True, eq=False)
class Explanations:
    """What can explain one hotspot, as places on the grid.

    ``names`` are ids of sites, `UNLISTED`, and last `BACKGROUND`, with their ``probability`` (names,). Places, all
    (places,): ``of`` is the index of the name, ``share`` the part of that explanation, ``x``, ``y`` and ``sd`` [m],
    ``log_rate`` and ``log_rate_sd`` of the rate in (unit of the species) m3 s-1. ``limit`` is the height of a plume
    that is seen, in the unit of the species.
    """

    names: tuple[str, ...]
    probability: Floats
    of: Ints
    share: Floats
    x: Floats
    y: Floats
    sd: Floats
    log_rate: Floats
    log_rate_sd: Floats
    limit: float

    @property
    def entropy(self) -> float:
        """What is not known of the explanation, nats."""
        return float(entropy_of(self.probability))


@dataclass(frozen=True, eq=False)
class RoadPlaces:
    """Stretches of road, as bins on the grid: ``x``, ``y`` [m], (stretches, bins); NaN beyond the last of each."""

    x: Floats
    y: Floats


@dataclass(frozen=True)
class PassAir:
    """The air of a planned pass.

    ``wind_m_s`` at 10 m, ``direction_sd_rad`` the error of the plume's direction beyond that of the model (infinite:
    as where no wind reading has an error), ``elevation_rad`` that of the sun; ``inlet_height_m`` is None for that of
    a vehicle.
    """

    wind_m_s: float
    direction_sd_rad: float
    elevation_rad: float = ELEVATION_RAD
    inlet_height_m: float | None = None


def explanations_of(
    hotspot: Hotspot, attribution: Attribution, settings: FusionSettings, *, crs: str
) -> Explanations | None:
    """Take the explanations of a hotspot apart; None where nothing says what a pass would see, or none is likely.

    Sites stand where each explains the hotspot best, known to ``settings.site_extent_m``.
    """
    if attribution.detection_limit is None:
        return None
    x, y = (float(v[0]) for v in project(np.array([hotspot.lon]), np.array([hotspot.lat]), crs))
    north = grid_north_rad(hotspot.lon, hotspot.lat, crs)
    rows: list[tuple[int, float, float, float, float, Rate]] = []
    names, probability = list[str](), list[float]()
    for site in attribution.sites:
        if site.probability >= _LEAST and site.rate is not None:
            angle = np.radians(90.0 - site.bearing_deg) + north
            place = x + site.distance_m * np.cos(angle), y + site.distance_m * np.sin(angle)
            rows.append((len(names), 1.0, *place, settings.site_extent_m, site.rate))
            names.append(site.site_id)
            probability.append(site.probability)
    cells = [cell for cell in attribution.unlisted_cells if cell.rate is not None]
    if cells and attribution.unlisted >= _LEAST:
        lon, lat = (np.array([getattr(cell, name) for cell in cells]) for name in ("lon", "lat"))
        for cell, px, py in zip(cells, *project(lon, lat, crs), strict=True):
            if cell.rate is not None:
                sd = cell.side_m / np.sqrt(12.0)
                rows.append((len(names), cell.share, float(px), float(py), float(sd), cell.rate))
        names.append(UNLISTED)
        probability.append(attribution.unlisted)
    if not rows:
        return None
    names.append(BACKGROUND)
    shares = np.array([*probability, max(attribution.background, 1e-6)])
    of = np.array([row[0] for row in rows], np.int64)
    share, px, py, sd = (np.array([row[k] for row in rows]) for k in (1, 2, 3, 4))
    logs = np.array([_log_rate(row[5]) for row in rows])
    whole = np.bincount(of, share, len(names))[of]
    return Explanations(
        tuple(names), shares / shares.sum(), of, share / whole, px, py, sd, logs[:, 0], logs[:, 1],
        attribution.detection_limit,
    )  # fmt: skip


def _log_rate(rate: Rate) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm of a rate."""
    sd = np.log(rate.high / rate.low) / (2 * _NORMAL_90)
    return float(np.log(rate.median)), float(min(sd, _WIDEST_LN))


def outcome_odds(
    explanations: Explanations, road: RoadPlaces, towards_rad: Floats, air: PassAir, settings: FusionSettings
) -> Floats:
    """Probability (winds, stretches, outcomes, names) of each outcome of a pass under each explanation.

    Parameters
    ----------
    road : RoadPlaces
        Of shape (stretches, bins); outcome 0 is that nothing is seen, outcome k that bin k - 1 stands highest.
    towards_rad : array, shape (winds,)
        Where the wind blows to, counter-clockwise from east.
    """
    shape = (towards_rad.size, *road.x.shape, len(explanations.names))
    seen = np.zeros(shape)
    table = _plume_table(air, settings)
    source = np.column_stack(
        [explanations.x, explanations.y, explanations.sd, explanations.log_rate - np.log(explanations.limit),
         np.hypot(explanations.log_rate_sd, settings.height_ln_sd), explanations.share]
    )  # fmt: skip
    weights = np.exp(-0.5 * _SIDES**2)
    add_outcomes(
        np.ascontiguousarray(road.x, np.float64), np.ascontiguousarray(road.y, np.float64), towards_rad,
        source, explanations.of, np.stack([table.log_axis, table.sigma, table.error]), _STEP_M,
        _SIDES, weights / weights.sum(), 1.0 - settings.off_share, seen,
    )  # fmt: skip
    bins = np.isfinite(road.x).sum(axis=1)
    even = np.isfinite(road.x) / np.maximum(bins, 1)[:, None]
    other = _OTHERS * even[None, :, :, None]
    seen += other * (1.0 - seen.sum(axis=2, keepdims=True))
    return np.concatenate([1.0 - seen.sum(axis=2, keepdims=True), seen], axis=2)


class _Table(NamedTuple):
    log_axis: Floats
    sigma: Floats
    error: Floats


def _plume_table(air: PassAir, settings: FusionSettings) -> _Table:
    """Log of concentration over rate on the axis, width and error of the place [m], every `_STEP_M` downwind."""
    if air.inlet_height_m is not None:
        settings = replace(settings, inlet_height_m=air.inlet_height_m)
    even = WindHistory(np.zeros(1), np.array([air.wind_m_s]), np.zeros(1), 0.0)
    ribbon, _, _ = upwind_ribbons(np.zeros(1), np.zeros(1), np.zeros(1), even, air.elevation_rad, settings)
    node = ribbon[0]
    length = np.arange(0.0, settings.reach_m + _STEP_M, _STEP_M)
    log_axis, sigma, floor = (np.interp(length, node[:, 9], node[:, k]) for k in (5, 6, 7))
    known = air.direction_sd_rad if np.isfinite(air.direction_sd_rad) else np.radians(settings.direction_met_deg)
    return _Table(log_axis, sigma, np.hypot(floor, known * length))


def expected_information(odds: Floats, probability: Floats) -> Floats:
    """Mutual information [nats] of explanation and outcome.

    Parameters
    ----------
    odds : array, shape (..., outcomes, names)
        As from `outcome_odds`.
    probability : array, shape (names,)

    Returns
    -------
    array, shape (...,)

    Examples
    --------
    >>> certain = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> float(expected_information(certain, np.array([0.5, 0.5])).round(4))
    0.6931
    """
    joint = odds * probability
    outcome = joint.sum(axis=-1)
    return np.asarray(entropy_of(outcome) - entropy_of(odds, axis=-2) @ probability)


def entropy_of(shares: Floats, axis: int = -1) -> Floats:
    """Entropy of probabilities along an axis, nats.

    Examples
    --------
    >>> float(entropy_of(np.array([0.5, 0.5, 0.0])).round(4))
    0.6931
    """
    return np.asarray(-np.sum(shares * np.log(np.maximum(shares, 1e-300)), axis=axis))
