"""How likely is everything the passes met around a hotspot, if a source of some rate stood here?

A drive crosses a plume in seconds. Each pass is cut into *units*: plumes that were crossed, with their quiet
shoulders, and quiet stretches between them. For a source at s with rate q a unit with values y contributes

    L(s, q) = Σ_z w_z ∫ da LN(a; q, σ_A) T(½ Σ (y − a m(s, z))² / (c n²)),

where T(χ) = (1 + χ/ν)^−ν for a plume, less its value without any plume, and e^−χ for silence; m is the plume along
the back-trajectory of each bin, moved sideways by z standard deviations of the error of the wind (the same for all
bins of a unit), n noise and model error in quadrature, c the number of bins that share their error. Shape, place and
height of each crossing count, and the silence of each stretch. Relative to what else may have made a unit:

- a plume at the hotspot: another maker (a puff of traffic, a rise of background) with likelihood ``puff_share``;
- a plume elsewhere in the context: this source may make it beside others, whose plumes have likelihood
  ``other_share``: a second source near by is not held against the first, while one source that explains the plumes of
  several streets gains;
- a quiet stretch: nothing there, with likelihood 1.

Plumes at the hotspot and silence are mixed with the chance that the source was off, lofted or mis-modelled then. The
rate is common to all units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from fusion.air.ribbons import box_of, turn_ribbon
from fusion.attribution.crossing_kernel import Errors, Shape, Stack, add_elsewhere, add_own
from fusion.settings import FusionSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_RATES_PER_DECADE = 3
_NEGLIGIBLE = 20.0
_BEHIND = 30.0  # log-odds by the plumes at a hotspot, for which no others make up
_SIDES = 7
_QUIET_SIDES = 5
_CIRCLE_TURNS = 24


@dataclass(frozen=True, eq=False)
class Stretch:
    """A plume that was crossed, or a quiet stretch.

    ``bins`` (bins, 3) are x, y [m] and value; ``noise`` the standard deviation of a bin, model error included.
    ``ribbon`` (bins, nodes, 10) holds the path of the air upwind of each bin: x, y [m], cosine and sine of its
    direction, half a step [m], logarithm of concentration over rate, width of the plume and standard error of its
    place across the path [m], one over the sum of their squares, and the length of the
    path [m]; ``box`` (bins, 4) west, east, south and north of what it reaches. Where the wind is not
    ``directed`` the paths may turn all round. ``own`` plumes are at the hotspot. ``vane`` is the number of the vane
    that told the wind.
    """

    bins: Floats
    noise: float
    ribbon: Floats
    box: Floats
    directed: bool
    crossed: bool
    own: bool
    vane: int = 0

    def turned(self, by_rad: float) -> Stretch:
        """The same with the paths turned about their bins, counter-clockwise, as a vane that was off wants it."""
        if not self.directed or by_rad == 0.0:
            return self
        ribbon = turn_ribbon(self.ribbon, self.bins[:, 0], self.bins[:, 1], by_rad)
        return replace(self, ribbon=ribbon, box=box_of(ribbon))


@dataclass(frozen=True)
class PassSummary:
    """What one pass met at the hotspot, for people: ``peak`` of the plume at ``x``, ``y`` (None: nothing seen).

    ``towards_rad`` is where the wind blew to, counter-clockwise from east; its error is infinite where it has no
    direction: in calm, or where ``wind_m_s`` is None because nobody measured it. ``vane`` is the number of the vane
    that told it.
    """

    label: str
    peak: float | None
    x: float
    y: float
    towards_rad: float
    direction_sd_rad: float
    wind_m_s: float | None
    vane: int = 0

    @property
    def seen(self) -> bool:
        """Whether the pass saw a plume here."""
        return self.peak is not None

    @property
    def directed(self) -> bool:
        """Whether the wind had a direction."""
        return bool(np.isfinite(self.direction_sd_rad))

    @property
    def calm(self) -> bool:
        """Whether the wind was measured and had no direction."""
        return self.wind_m_s is not None and not self.directed


@dataclass(frozen=True, eq=False)
class Event:
    """All units around a hotspot, and a summary of each pass."""

    units: tuple[Stretch, ...]
    passes: tuple[PassSummary, ...]

    @property
    def limit(self) -> float | None:
        """Height of a plume that one of the passes could just tell from noise; None where none is quiet near by."""
        return min((2 * unit.noise for unit in self.units if not unit.crossed), default=None)

    @cached_property
    def own(self) -> Stack:
        """The plumes at the hotspot."""
        return _stack([unit for unit in self.units if unit.crossed and unit.own])

    @cached_property
    def elsewhere(self) -> Stack:
        """The plumes elsewhere."""
        return _stack([unit for unit in self.units if unit.crossed and not unit.own])

    @cached_property
    def quiet(self) -> Stack:
        """The quiet stretches."""
        return _stack([unit for unit in self.units if not unit.crossed])


def _stack(units: Sequence[Stretch]) -> Stack:
    if not units:
        return Stack(
            np.empty((0, 3)), np.empty((0, 1, 10)), np.empty((0, 4)), np.zeros(1, np.int64), np.empty((0, 4)),
            np.empty(0), np.empty(0, bool),
        )  # fmt: skip
    box = np.concatenate([unit.box for unit in units])
    first = np.cumsum([0, *(len(unit.bins) for unit in units)])
    lowest, highest = np.minimum.reduceat(box, first[:-1]), np.maximum.reduceat(box, first[:-1])
    reach = np.stack([lowest[:, 0], highest[:, 1], lowest[:, 2], highest[:, 3]], axis=-1)
    directed = np.array([unit.directed for unit in units])
    reach[~directed] = np.array([-np.inf, np.inf, -np.inf, np.inf])
    return Stack(
        np.concatenate([unit.bins for unit in units]),
        np.concatenate([unit.ribbon for unit in units]),
        box,
        np.asarray(first, np.int64),
        reach,
        np.array([unit.noise for unit in units]),
        directed,
    )


@dataclass(frozen=True, eq=False)
class RatePrior:
    """Nodes of the logarithm of the rate, over which the prior is flat."""

    logs: Floats

    @property
    def rates(self) -> Floats:
        """The rates themselves, (unit of the species) m3 s-1."""
        return np.asarray(np.exp(self.logs))

    def quantiles(self, logs: Floats, shares: tuple[float, ...]) -> tuple[float, ...]:
        """Quantiles of a rate whose logarithm, of relative log-weight ``logs`` (nodes,), is even about each node."""
        below = np.zeros(logs.size + 1)
        np.cumsum(np.exp(logs - logs.max()), out=below[1:])
        return tuple(np.exp(np.interp(shares, below / below[-1], self._edges)).tolist())

    @cached_property
    def _edges(self) -> Floats:
        """Where the nodes meet, (nodes + 1,)."""
        step = self.logs[1] - self.logs[0]
        return np.append(self.logs - step / 2, self.logs[-1] + step / 2)


def rate_prior(event: Event, settings: FusionSettings, *, per_decade: int = _RATES_PER_DECADE) -> RatePrior:
    """Rates from one that no pass could see 20 m downwind, over ``settings.rate_decades`` decades."""
    lowest = min(
        (np.log(u.noise) - float(u.ribbon[:, :2, 5].max()) for u in event.units if not u.crossed), default=0.0
    )
    nodes = round(settings.rate_decades * per_decade) + 1
    return RatePrior(lowest + np.arange(nodes) * np.log(10.0) / per_decade)


def joint_log_odds(
    source_x: Floats,
    source_y: Floats,
    event: Event,
    rates: RatePrior,
    settings: FusionSettings,
    *,
    sides: int = _SIDES,
    maker: bool = False,
) -> Floats:
    """Log-odds (sources, rates) over "something else made it all", for every place with every rate.

    With ``maker`` the source is known to have made at least one of the plumes at the hotspot: minus infinity where it
    could not have.
    ``sides`` moves stand for the error of the wind of a plume: more than the default where places are told apart that
    are nearer than most of that error. Places and rates that cannot come near the best any more are not weighed to
    the end, and stay behind by more than ``_NEGLIGIBLE``. Places that the plumes at the hotspot speak against by
    ``_BEHIND`` are not asked about the rest, and keep their distance.
    """
    x, y = np.ascontiguousarray(source_x, np.float64), np.ascontiguousarray(source_y, np.float64)
    total = own_log_odds(x, y, event, rates, settings, sides=sides)
    if not x.size:
        return total
    if maker:
        none = np.log(settings.off_share) * event.own.noise.size
        with np.errstate(divide="ignore"):
            total += np.log1p(-np.exp(np.minimum(none - total, 0.0)))
    own = total.max(axis=1)
    near = not_behind(own)
    add_context(x, y, near, event, rates, settings, total, sides=sides)
    behind = np.setdiff1d(np.arange(x.size), near)
    total[behind] += total[near].max() - own.max()
    return total


def own_log_odds(
    x: Floats, y: Floats, event: Event, rates: RatePrior, settings: FusionSettings, *, sides: int = _SIDES
) -> Floats:
    """The part (sources, rates) of `joint_log_odds` of the plumes at the hotspot; x and y are contiguous."""
    total = np.zeros((x.size, rates.logs.size))
    if x.size:
        add_own(x, y, event.own, _errors(sides), _shape(rates, settings), settings.puff_share, _BEHIND, total)
    return total


def not_behind(own: Floats) -> Ints:
    """Sources, the likeliest by the plumes at the hotspot (sources,) first, that are asked about the rest."""
    order = np.argsort(-own, kind="stable")
    return np.asarray(order[: int(np.count_nonzero(own >= own.max() - _BEHIND))], np.int64)


def add_context(
    x: Floats,
    y: Floats,
    near: Ints,
    event: Event,
    rates: RatePrior,
    settings: FusionSettings,
    total: Floats,
    *,
    sides: int = _SIDES,
) -> None:
    """Add to rows ``near``, in their order, of ``total`` what plumes elsewhere and quiet stretches say."""
    add_elsewhere(
        x, y, near, event.elsewhere, event.quiet, _errors(sides), _errors(min(sides, _QUIET_SIDES)),
        _shape(rates, settings), settings.other_share, _NEGLIGIBLE, total,
    )  # fmt: skip


def _shape(rates: RatePrior, settings: FusionSettings) -> Shape:
    ln_sd = settings.height_ln_sd
    return Shape(
        rates.logs,
        rates.rates,
        _scatter(rates, ln_sd),
        _silence_table(ln_sd),
        settings.off_share,
        settings.shared_bins,
        settings.misfit_tail,
    )


def _errors(moves: int) -> Errors:
    sides: Floats = np.linspace(-2.4, 2.4, moves)
    weights: Floats = np.exp(-0.5 * sides**2)
    turns = np.asarray(np.arange(_CIRCLE_TURNS) * (2 * np.pi / _CIRCLE_TURNS), np.float64)
    even = np.full(1, 1.0 / _CIRCLE_TURNS)
    return Errors(sides, np.asarray(weights / weights.sum(), np.float64), turns, np.zeros(1), even)


def _scatter(rates: RatePrior, ln_sd: float) -> Floats:
    """Weights of the scatter of a crossing's height about the mean plume over the nodes of the rate, shape (odd,)."""
    step = float(rates.logs[1] - rates.logs[0])
    half = int(np.ceil(2.5 * ln_sd / step))
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) * step / ln_sd) ** 2)
    return np.asarray(weights / weights.sum())


@lru_cache(maxsize=8)
def _silence_table(ln_sd: float) -> Floats:
    """First abscissa, step, and E[exp(−½ e^(2 (t + σ n)))], n normal, over t = ln(height / standard deviation)."""
    step = 0.05
    t = np.arange(-3.0 - 3.0 * ln_sd, 2.0 + 3.0 * ln_sd, step)
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    values = np.exp(-0.5 * np.exp(2 * (t[:, None] + ln_sd * nodes))) @ (weights / weights.sum())
    return np.concatenate([[t[0], step], values])
