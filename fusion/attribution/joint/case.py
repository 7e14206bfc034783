"""Blocks with their wind, footprints and errors, ready to be weighed for a source at any place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fusion.attribution.joint.background import above_running_low, first_background
from fusion.attribution.joint.footprint import ANGLE_RAD, LOG_STEP, BlockWind, Model, block_wind, footprints
from fusion.attribution.joint.kernel import block_states, concentrations, match_places, weigh_places
from fusion.attribution.joint.readings import Blocks, Mast, Sensor, span_m
from fusion.attribution.joint.settings import JointSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Table = NDArray[np.float32]

RATES_PER_DECADE, _DECADES = 5, 4.0
TURN_STEP = 3  # of the table's angles between nodes of a turn
FINE_M, COARSE_M = 3.0, 8.0  # between points of paths: to weigh with, and to search with
_TYPICAL_M, _WIDTH, _DEPTH = 0.3, 0.2, 0.1  # of the span: a source's distance; of that: spreads of its plume
_SAME_PLACE_M = 1.0
_HIGHEST = 300.0  # of the rate that explains the largest value


@dataclass(frozen=True, eq=False)
class Geometry:
    """Points of all sensors in a row: ``x``, ``y`` (points,), ``first`` of each sensor, ``level`` of its height."""

    x: Floats
    y: Floats
    first: Ints
    level: Ints
    heights_m: Floats


@lru_cache(maxsize=64)
def geometry_of(sensors: tuple[Sensor, ...], spacing_m: float = FINE_M) -> Geometry:
    """Lay out the points of sensors; their heights to a quarter of a metre, of which each needs a footprint."""
    points = [s.points(spacing_m) for s in sensors]
    first = np.cumsum([0, *(x.size for x, _ in points)]).astype(np.int64)
    heights, level = np.unique([max(round(s.height_m * 4) / 4, 0.25) for s in sensors], return_inverse=True)
    x, y = (np.concatenate([p[k] for p in points]) for k in (0, 1))
    return Geometry(x, y, first, level.astype(np.int64), heights)


@dataclass(frozen=True)
class Vane:
    """How the vane stood: turned by ``turn`` angles of the tables, counter-clockwise, after being ``mirrored``."""

    turn: int
    mirrored: bool = False


@dataclass(frozen=True, eq=False)
class JointCase:
    """``value`` above the least background, ``noise`` and ``base`` of other sources, all (blocks, sensors) g m-3.

    ``lift`` (blocks,) is how much more the background may be; ``rates`` (rates,) g s-1 are the nodes. ``rise``
    (blocks, sensors) is what rises above the running low of each sensor, NaN where nothing was read.
    """

    sensors: tuple[Sensor, ...]
    mast: Mast
    start: Floats
    length_s: float
    winds: tuple[BlockWind, ...]
    value: Floats
    noise: Floats
    base: Floats
    lift: Floats
    rise: Floats
    rates: Floats
    settings: JointSettings

    def rows(self, chosen: Ints) -> JointCase:
        """The case of some of its blocks."""
        parts = {name: getattr(self, name)[chosen] for name in ("start", "value", "noise", "base", "lift", "rise")}
        return replace(self, winds=tuple(self.winds[k] for k in chosen), **parts)

    def strongest(self, count: int) -> Ints:
        """Blocks in which most was met, in their order; none counts for more than the ninth tenth of them."""
        weight = np.nansum(np.maximum(self.value - self.base, 0) ** 2 / self.noise**2, axis=1)
        weight = np.minimum(weight, np.quantile(weight, 0.9))
        return np.sort(np.argsort(-weight, kind="stable")[:count])

    def telling(self, count: int) -> Ints:
        """At most ``count`` blocks: two thirds of them the strongest, the others evenly from the rest."""
        if self.start.size <= count:
            return np.arange(self.start.size)
        strong = self.strongest(2 * count // 3)
        rest = np.setdiff1d(np.arange(self.start.size), strong)
        even = rest[np.linspace(0, rest.size - 1, count - strong.size).astype(int)]
        return np.sort(np.concatenate([strong, even]))

    def table(self, model: Model) -> Table:
        """Footprints of all blocks under a model of the plume."""
        return footprints(self.mast, self.winds, geometry_of(self.sensors).heights_m, model, self.settings)

    def weigh(self, x: Floats, y: Floats, table: Table, vane: Vane, turns: Ints, spacing_m: float = FINE_M) -> Floats:
        """Log-likelihood ratios (places, turns, rates) of a source over none, at turns about the vane's."""
        g, s = geometry_of(self.sensors, spacing_m), self.settings
        return weigh_places(
            np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64), g.x, g.y, g.first, g.level,
            table, vane.turn + turns, vane.mirrored, LOG_STEP, self.value, self.noise, self.base, self.lift,
            self.rates, self._errors, _normal(np.radians(s.block_turn_deg) / _step_rad(turns)), self._scatter,
            s.off_share,
        )  # fmt: skip

    def match(self, x: Floats, y: Floats, table: Table, vane: Vane, turns: Ints, spacing_m: float = FINE_M) -> Floats:
        """Log-evidence (places, turns) of the pattern of a source over none, its rate and all errors unknown.

        What is compared are roots of concentrations, so that one large reading does not decide alone.
        """
        g, s = geometry_of(self.sensors, spacing_m), self.settings
        return match_places(
            np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64), g.x, g.y, g.first, g.level,
            table, vane.turn + turns, vane.mirrored, LOG_STEP, self.roots, s.pattern_shared,
            self.shortest, s.whole_share,
        )  # fmt: skip

    @property
    def roots(self) -> Floats:
        """Roots (blocks, sensors) of what rises above the running low and other sources; negative below it."""
        rest = self.rise - self.base
        return np.asarray(np.sign(rest) * np.sqrt(np.abs(rest)))

    @property
    def shortest(self) -> int:
        """Blocks in which a source emits, at the least."""
        return max(2, round(self.settings.shortest_share * self.start.size))

    def added(self, x: float, y: float, table: Table, vane: Vane, turns: Ints) -> Floats:
        """What a source of unit rate adds, (blocks, sensors, turns), s m-3."""
        g, out = geometry_of(self.sensors, FINE_M), np.empty((*self.value.shape, turns.size))
        concentrations(x, y, g.x, g.y, g.first, g.level, table, vane.turn + turns, vane.mirrored, LOG_STEP, out)
        return out

    def states(
        self, x: float, y: float, table: Table, vane: Vane, turns: Ints, turn: int, rate_g_s: float
    ) -> tuple[Floats, Floats, Floats]:
        """Chance of being on and rate [g s-1] when on (blocks,), and what was added (blocks, sensors), by a source.

        ``turn`` is the index of its turn among ``turns``, ``rate_g_s`` its common rate.
        """
        s, model = self.settings, self.added(x, y, table, vane, turns)
        sd = np.radians(s.block_turn_deg) / _step_rad(turns)
        about = np.exp(-0.5 * ((np.arange(turns.size) - turn) / sd) ** 2)
        near = np.exp(-0.5 * (np.log(self.rates / rate_g_s) / s.scatter) ** 2)
        on, log_rate, added = block_states(
            model, self.value, self.noise, self.base, self.lift, self.rates, self._errors, about / about.sum(),
            near / near.sum(), s.off_share,
        )  # fmt: skip
        return on, np.exp(log_rate), added

    @property
    def _errors(self) -> Floats:
        s = self.settings
        return np.array([s.model_error, s.surprise, s.tail, s.shared])

    @property
    def _scatter(self) -> Floats:
        return _normal(self.settings.scatter / (np.log(10) / RATES_PER_DECADE))


def _step_rad(turns: Ints) -> float:
    return float(turns[1] - turns[0]) * ANGLE_RAD


def _normal(sd: float) -> Floats:
    half = max(int(np.ceil(2.5 * sd)), 0)
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) / max(sd, 1e-9)) ** 2)
    return np.asarray(weights / weights.sum())


def case_of(blocks: Blocks, mast: Mast, settings: JointSettings, sun_rad: Floats | None = None) -> JointCase | None:
    """The blocks that have a wind with a direction and anything above their background; None where none has.

    ``sun_rad`` (blocks,) is the elevation of the sun, where it is known where on earth the sensors are.
    """
    sun: Sequence[float | None] = [None] * blocks.start.size if sun_rad is None else [float(s) for s in sun_rad]
    winds = [block_wind(mast, at, blocks.length_s, settings, e) for at, e in zip(blocks.start, sun, strict=True)]
    kept = np.array(
        [k for k, w in enumerate(winds) if w is not None and w.vector_m_s >= settings.calm_m_s], dtype=np.int64
    )
    chosen = tuple(w for w in winds if w is not None and w.vector_m_s >= settings.calm_m_s)
    found = first_background(blocks.value, blocks.start)
    sensors, rest, noise = _one_of_each_place(blocks.sensors, blocks.value - found.value, found.noise)
    _, rise, _ = _one_of_each_place(blocks.sensors, above_running_low(blocks.value, blocks.start), found.noise)
    rest, noise = rest[kept], noise[kept]
    largest = float(np.nanmax(rest, initial=0.0))
    if not kept.size or not largest > 0:
        return None
    lift = np.where(found.lift > 2 * np.median(found.noise, axis=1), found.lift, 0.0)[kept]
    speed = float(np.median([w.speed_m_s for w in chosen]))
    return JointCase(
        sensors, mast, blocks.start[kept], blocks.length_s, chosen, rest, noise, np.zeros(rest.shape), lift,
        rise[kept], _rate_nodes(largest, speed, max(span_m(blocks.sensors), 20.0)), settings,
    )  # fmt: skip


def _one_of_each_place(
    sensors: tuple[Sensor, ...], rest: Floats, noise: Floats
) -> tuple[tuple[Sensor, ...], Floats, Floats]:
    """Sensors at one place breathe the same air: the mean of what they read counts once."""
    ends = np.array([(s.x, s.y, s.x2, s.y2, s.height_m) for s in sensors])
    group = np.full(len(sensors), -1)
    for k in range(len(sensors)):
        if group[k] < 0:
            group[(group < 0) & (np.abs(ends - ends[k]).max(axis=1) <= _SAME_PLACE_M)] = k
    kept = np.unique(group)
    if kept.size == len(sensors):
        return sensors, rest, noise
    count = np.stack([np.isfinite(rest[:, group == k]).sum(axis=1) for k in kept], axis=1)
    total = np.stack([np.nansum(rest[:, group == k], axis=1) for k in kept], axis=1)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return tuple(sensors[k] for k in kept), mean, np.stack([noise[:, group == k].mean(axis=1) for k in kept], axis=1)


def _rate_nodes(largest_g_m3: float, speed_m_s: float, span: float) -> Floats:
    """Rates (nodes,) g s-1 about the one that would explain the largest value from inside the site."""
    distance = _TYPICAL_M * span
    usual = largest_g_m3 * speed_m_s * 2 * np.pi * (_WIDTH * distance) * (_DEPTH * distance)
    steps = np.arange(round(_DECADES * RATES_PER_DECADE) + 1) / RATES_PER_DECADE
    return np.asarray(_HIGHEST * usual * 10 ** (steps - _DECADES))
