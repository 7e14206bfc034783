"""Where sources stand and how much they emit, from all that fixed witnesses met; or which listed site it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.attribution.crossing import RatePrior
from fusion.attribution.joint.case import (
    COARSE_M,
    FINE_M,
    JointCase,
    Table,
    Vane,
    case_of,
)
from fusion.attribution.joint.footprint import ANGLE_RAD, Model
from fusion.attribution.joint.patterns import (
    LEAST_SPAN_M,
    MOST_BLOCKS,
    SCAN_PER_SPAN,
    TURNS,
    PatternOdds,
    ground_about,
    mean_odds,
    middle_model,
    pattern_tables,
    patterns_of,
)
from fusion.attribution.joint.readings import Readings, blocks_of, span_m, without_spikes
from fusion.attribution.joint.settings import JointSettings
from fusion.attribution.joint.vane import AS_SAID, VaneOdds, common_vane, merged_masts, scan_vane, turn_prior
from fusion.attribution.places import Places, Resolution, search_places
from ingest.outcome import Notes, Outcome

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Pair = tuple[float, float]

_SCREEN_BLOCKS = 32
_COARSE_PER_SPAN = 14.0
_SLACK = 7.0
_MODELS, _MODEL_SLACK = 3, 3.0
_FEW_PLACES = 8
_GROSS_DEG = 45.0
_NEGLIGIBLE, _MOST_CELLS = 1e-4, 6000


@dataclass(frozen=True, eq=False)
class Found:
    """One source: the posterior of its place (`Places`, densest first) and of its rate, g s-1.

    ``mean`` [m] of it, ``rate`` its median, ``rate_90`` the central interval, ``turn_deg`` the turn of the vane
    beyond what was believed of it, counter-clockwise. ``start`` [s], ``on`` (chance) and ``block_rate`` (blocks,) say
    when it emitted and how much; ``odds`` are the log-odds by values over
    no such source: what an underestimated source leaves has its pattern, and is not another one.
    """

    places: Places
    mean: Pair
    rate: float
    rate_90: Pair
    turn_deg: float
    start: Floats
    on: Floats
    block_rate: Floats
    odds: float


@dataclass(frozen=True, eq=False)
class JointPosterior:
    """Sources, the strongest evidence first, and how the vane stood: ``turn_deg`` counter-clockwise, ``mirrored``."""

    sources: tuple[Found, ...]
    turn_deg: float
    mirrored: bool


@dataclass(frozen=True, eq=False)
class SiteOdds:
    """Probability of each listed site in the order given, and that none of them made what was met."""

    probability: Floats
    none: float


@dataclass(frozen=True, eq=False)
class _Solver:
    """A case under the models of the plume that are worth asking, with the vane that fits."""

    case: JointCase
    vane: Vane
    turns: Ints
    prior: Floats
    tables: tuple[Table, ...]
    weights: Floats
    pattern_tables: tuple[Table, ...]

    def weigh(self, x: Floats, y: Floats) -> Floats:
        """Log-likelihood ratios (places, turns, rates), models averaged out, prior of the turn included."""
        joint = np.stack([self.case.weigh(x, y, table, self.vane, self.turns) for table in self.tables])
        total = logsumexp(joint + np.log(self.weights)[:, None, None, None], axis=0)
        return np.asarray(total + self.prior[None, :, None])

    def over_rates(self, x: Floats, y: Floats) -> Floats:
        """Log-odds (places, rates): places by patterns and, to a small power, by values."""
        return self.with_pattern(logsumexp(self.weigh(x, y), axis=1), x, y)

    def with_pattern(self, joint: Floats, x: Floats, y: Floats, spacing_m: float = FINE_M) -> Floats:
        """The same from log-odds (places, rates) by values alone."""
        by_values = logsumexp(joint, axis=1) - np.log(joint.shape[1])
        lowest = self.pattern_tables[:: len(self.case.settings.source_heights_m)]  # heights hardly tell places
        met = PatternOdds(self.case, self.vane, self.prior, lowest).at(x, y, spacing_m)
        power = self.case.settings.values_power
        return np.asarray(joint + (met + (power - 1) * by_values)[:, None])


def locate_sources(
    readings: Readings, settings: JointSettings | None = None, *, most: int = 3, believed: Vane = AS_SAID
) -> Outcome[JointPosterior | None]:
    """Posterior of the places and rates of the sources that fixed witnesses met.

    Parameters
    ----------
    readings : Readings
        Values of sensors at points and along paths, and the wind of one mast or several.
    settings : JointSettings, optional
    most : int
        So many sources at most; each but the first must be worth its place.
    believed : Vane
        How the vane stood on other days of the same mast (`vane_of`); as it says where none is known.

    Returns
    -------
    Outcome of JointPosterior
        None where nothing rose above its background, or no block had a wind with a direction.
    """
    settings, notes = settings or JointSettings(), Notes()
    solver = _solver(readings, settings, notes, believed)
    if solver is None:
        return notes.outcome(None)
    found = [_locate(solver)]
    while len(found) < most:
        base = sum((_added(solver, one) for one in found), np.zeros_like(solver.case.base))
        other = _locate(replace(solver, case=replace(solver.case, base=base)))
        if other.odds < settings.another_odds:
            break
        found.append(other)
        found = [
            _locate(replace(solver, case=replace(solver.case, base=_beside(solver, found, k))))
            for k in range(len(found))
        ]
    turn = float(np.degrees(solver.vane.turn * ANGLE_RAD)) + found[0].turn_deg
    turn = (turn + 180) % 360 - 180
    return notes.outcome(JointPosterior(tuple(found), turn, solver.vane.mirrored))


def weigh_sites(
    readings: Readings, x: Floats, y: Floats, settings: JointSettings | None = None, *, believed: Vane = AS_SAID
) -> Outcome[SiteOdds]:
    """Probability of listed sites at ``x``, ``y`` [m], and of a source elsewhere or of none at all.

    Sites are told apart by the pattern of plumes over blocks and sensors (`JointCase.match`), which needs neither a
    rate nor the size of errors. The list is taken for closed: ``settings.listed_share`` is the prior of all sites
    together. Where nothing can be said (no wind, nothing met) the prior is given back.
    """
    settings, notes = settings or JointSettings(), Notes()
    share = settings.listed_share / max(x.size, 1)
    prior = np.full(x.size, share if x.size else 0.0)
    standing = _standing(readings, settings, notes, believed)
    if standing is None:
        return notes.outcome(SiteOdds(prior, 1 - float(prior.sum())))
    case, scan = standing
    met = patterns_of(case, _said_vane(case, scan, believed, notes), believed)
    around = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]]) * settings.site_radius_m
    at_x, at_y = ((c[:, None] + around[:, k]).ravel() for k, c in enumerate((x, y)))
    sites = mean_odds(met.at(at_x, at_y).reshape(x.size, len(around)), axis=1)
    elsewhere = 1 - settings.nothing_share - (settings.listed_share if x.size else 0.0)
    logs = np.array([*(np.log(prior) + sites), np.log(elsewhere) + met.elsewhere, np.log(settings.nothing_share)])
    share_of = np.exp(logs - logsumexp(logs))
    return notes.outcome(SiteOdds(share_of[: x.size], float(share_of[x.size :].sum())))


# --- getting ready --------------------------------------------------------------------------------------------------


def vane_of(days: Sequence[Readings], settings: JointSettings | None = None) -> Vane:
    """How the vane of a mast stood over several days; as it says where no day tells."""
    settings = settings or JointSettings()
    told = [found[1] for day in days if (found := _standing(day, settings, Notes(), AS_SAID)) is not None]
    return common_vane(told, settings) if told else AS_SAID


def _standing(
    readings: Readings, settings: JointSettings, notes: Notes, believed: Vane
) -> tuple[JointCase, VaneOdds] | None:
    """The case with the mast that the plumes follow, and what they say of its vane."""
    blocks = blocks_of(readings, settings)
    masts = []
    for mast in readings.masts:
        clean, spikes = without_spikes(mast)
        masts.append(clean)
        if spikes:
            notes.decide(mast.name, "joint_wind_spikes", {"count": spikes})
    groups = merged_masts(masts)
    cases = [case for mast in groups if (case := case_of(blocks, mast, settings)) is not None]
    if not cases:
        notes.decide("stations", "joint_nothing_met", {"blocks": int(blocks.start.size)})
        return None
    ground = ground_about(blocks.sensors, settings, SCAN_PER_SPAN)
    scans = [scan_vane(case, *ground, middle_model(settings)) for case in cases]
    best = int(np.argmax([scan.best(settings, believed)[1] for scan in scans]))
    case = cases[best]
    if len(groups) > 1:
        notes.decide(case.mast.name, "joint_masts_disagree", {"masts": [m.name for m in groups]})
    if blocks.start.size > case.start.size:
        notes.decide(case.mast.name, "joint_calm_blocks", {"count": int(blocks.start.size - case.start.size)})
    return case, scans[best]


def _solver(readings: Readings, settings: JointSettings, notes: Notes, believed: Vane) -> _Solver | None:
    standing = _standing(readings, settings, notes, believed)
    if standing is None:
        return None
    case, scan = standing
    return _with_models(case, _said_vane(case, scan, believed, notes), believed)


def _said_vane(case: JointCase, scan: VaneOdds, believed: Vane, notes: Notes) -> Vane:
    """The vane that fits; said, where it is grossly wrong."""
    vane, _, gain = scan.best(case.settings, believed)
    turn = (np.degrees(vane.turn * ANGLE_RAD) + 180) % 360 - 180
    if vane.mirrored:
        notes.decide(case.mast.name, "joint_vane_mirrored", {"turn": round(turn), "odds": round(gain, 1)})
    elif abs(turn) >= _GROSS_DEG:
        notes.decide(case.mast.name, "joint_vane_turned", {"turn": round(turn), "odds": round(gain, 1)})
    return vane


def _with_models(case: JointCase, vane: Vane, believed: Vane) -> _Solver:
    """Keep the models of the plume that come near the best at the places that matter."""
    s = case.settings
    turns = TURNS
    prior = turn_prior(vane, turns, s, believed)
    prior = prior - logsumexp(prior)
    strong = case.rows(case.strongest(_SCREEN_BLOCKS))
    x, y = ground_about(case.sensors, s, SCAN_PER_SPAN)
    odds = logsumexp(
        strong.weigh(x, y, strong.table(middle_model(s)), vane, turns, COARSE_M) + prior[:, None], axis=(1, 2)
    )
    best = np.argsort(-odds, kind="stable")[:_FEW_PLACES]
    models = [Model(*m) for m in product(s.widths, s.depths, s.source_heights_m)]
    fits = np.array(
        [logsumexp(strong.weigh(x[best], y[best], strong.table(m), vane, turns, COARSE_M)) for m in models]
    )
    kept = [k for k in np.argsort(-fits, kind="stable")[:_MODELS] if fits[k] > fits.max() - _MODEL_SLACK]
    told = case.rows(case.telling(MOST_BLOCKS))
    return _Solver(
        told, vane, turns, prior, tuple(told.table(models[k]) for k in kept), np.full(len(kept), 1 / len(kept)),
        pattern_tables(told),
    )  # fmt: skip


# --- one source -----------------------------------------------------------------------------------------------------


def _search(solver: _Solver) -> Places:
    """Weigh coarse cells by the strongest blocks, then those that matter by all, and split them."""
    case, s = solver.case, solver.case.settings
    x, y = ground_about(case.sensors, s, _COARSE_PER_SPAN)
    side = max(max(span_m(case.sensors), LEAST_SPAN_M) / _COARSE_PER_SPAN, s.finest_m)
    chosen = case.strongest(_SCREEN_BLOCKS)
    strong = case.rows(chosen).weigh(x, y, solver.tables[0][chosen], solver.vane, solver.turns, COARSE_M)
    screened = solver.with_pattern(logsumexp(strong + solver.prior[:, None], axis=1), x, y, COARSE_M)
    odds = logsumexp(screened, axis=1)
    near = odds > odds.max() - 1.5 * _SLACK
    all_joint = screened.copy()
    all_joint[near] = solver.over_rates(x[near], y[near])
    lookup = {(px, py): k for k, (px, py) in enumerate(zip(x.tolist(), y.tolist(), strict=True))}

    def weigh(px: Floats, py: Floats) -> Floats:
        if px.size == x.size:
            return all_joint[[lookup[key] for key in zip(px.tolist(), py.tolist(), strict=True)]]
        return solver.over_rates(px, py)

    resolution = Resolution(s.finest_m, follow_m=0.75 * side, slack=_SLACK, share=4e-3)
    return search_places(x, y, weigh, resolution, side_m=side)


def _locate(solver: _Solver) -> Found:
    case, s = solver.case, solver.case.settings
    raw = _search(solver)
    places = _with_place_error(raw, s.place_error * max(span_m(case.sensors), LEAST_SPAN_M), s.finest_m)
    order = np.argsort(-places.odds, kind="stable")
    places = Places(places.x[order], places.y[order], places.side[order], places.joint[order])
    mean, _ = places.moments()
    rates = RatePrior(np.log(case.rates))
    likely = np.argsort(-raw.odds, kind="stable")[:_FEW_PLACES]
    few = solver.weigh(raw.x[likely], raw.y[likely])
    turn_odds = logsumexp(few, axis=(0, 2))
    by_values = logsumexp(few, axis=(1, 2)) - np.log(case.rates.size) + np.log(raw.area[likely])
    share = np.exp(turn_odds - logsumexp(turn_odds))
    logs = _balanced(solver, raw, likely)
    low, median, high = rates.quantiles(logs, (0.05, 0.5, 0.95))
    turn = int(np.argmax(share))
    on, block_rate, _ = case.states(
        float(raw.x[likely[0]]), float(raw.y[likely[0]]), solver.tables[0], solver.vane, solver.turns, turn, median
    )
    return Found(
        places, (float(mean[0]), float(mean[1])), median, (low, high),
        float(np.degrees(share @ solver.turns * ANGLE_RAD)), case.start, on, block_rate,
        float(logsumexp(by_values) - np.log(raw.area.sum())),
    )  # fmt: skip


def _with_place_error(places: Places, sd_m: float, finest_m: float) -> Places:
    """Places with the error that all readings share: a mixture of 0.8 normal of ``sd_m`` and 0.2 of three times that.

    Streamlines bend about obstacles and slopes, and no number of readings averages that out.
    """
    share = places.probability
    kept = np.flatnonzero(share > _NEGLIGIBLE * share.max())
    x, y, joint = places.x[kept], places.y[kept], places.joint[kept] + np.log(places.area[kept])[:, None]
    side = max(0.5 * sd_m, finest_m)
    width, height = np.ptp(x) + 8 * sd_m, np.ptp(y) + 8 * sd_m
    side = max(side, np.sqrt(width * height / _MOST_CELLS))
    ticks = [
        low - 4 * sd_m + (np.arange(int(np.ceil(length / side))) + 0.5) * side
        for low, length in ((x.min(), width), (y.min(), height))
    ]
    east, north = (c.ravel() for c in np.meshgrid(*ticks))
    square = ((east[:, None] - x) ** 2 + (north[:, None] - y) ** 2 + places.side[kept] ** 2 / 6) / sd_m**2
    kernel = 0.8 * np.exp(-0.5 * square) + 0.2 / 9 * np.exp(-0.5 * square / 9)
    highest = joint.max()
    blurred = kernel @ np.exp(joint - highest) / (2 * np.pi * sd_m**2)
    return Places(east, north, np.full(east.size, side), np.log(np.maximum(blurred, 1e-300)) + highest)


def _balanced(solver: _Solver, places: Places, likely: Ints) -> Floats:
    """Log-weights (rates,) by the balance of mass over likely places and models of the plume, with its error."""
    case = solver.case
    patterns = PatternOdds(case, solver.vane, solver.prior, solver.pattern_tables)
    told = [patterns.balance(float(places.x[k]), float(places.y[k])) for k in likely]
    logs, weights = (np.concatenate(parts) for parts in zip(*told, strict=True))
    weights = weights + np.repeat(np.log(places.area[likely]), len(solver.pattern_tables))
    known = np.isfinite(logs)
    if not known.any():
        return np.zeros(case.rates.size)
    off = (np.log(case.rates)[:, None] - logs[known]) / case.settings.rate_error
    return np.asarray(logsumexp(weights[known] - logsumexp(weights[known]) - 0.5 * off**2, axis=1))


def _added(solver: _Solver, one: Found) -> Floats:
    """What a source added to each reading, (blocks, sensors)."""
    turn = int(np.argmin(np.abs(solver.turns * ANGLE_RAD - np.radians(one.turn_deg))))
    x, y = float(one.places.x[0]), float(one.places.y[0])
    return solver.case.states(x, y, solver.tables[0], solver.vane, solver.turns, turn, one.rate)[2]


def _beside(solver: _Solver, found: Sequence[Found], k: int) -> Floats:
    """What all sources but one added."""
    base = np.zeros_like(solver.case.base)
    for i, one in enumerate(found):
        if i != k:
            base = base + _added(solver, one)
    return base
