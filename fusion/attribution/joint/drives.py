"""The turn of the vane that all crossings of a day share: latent, with what real vanes do as prior.

A vane that stands 10° off is so on every pass. Judged as if each pass erred on its own, ten passes that agree
with each other speak against the place where the source is. Here the turn is one number for all units that one
vane told of. With L_u(s, q; t) the likelihood of unit u for a source at s of rate q under turn t
(`fusion.attribution.crossing`)

    L(s, q) = Π_v Σ_t p_v(t) Π_{u of v} L_u(s, q; t),

where p_v(t) is the prior of real vanes times what the *other* hotspots say of the turn: each by the
plumes that were met there and nowhere else, so that a plume speaks of the vane once and never of its own hotspot.
A turn rotates each back-trajectory rigidly about its bin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.attribution.crossing import Event, RatePrior, add_context, not_behind, own_log_odds
from fusion.attribution.joint.turns import log_turn_density
from fusion.schema import Hotspot
from fusion.settings import FusionSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TURNS_RAD: Floats = np.radians([-24.0, -16.0, -8.0, 0.0, 8.0, 16.0, 24.0])
"""Nodes of the turn: no farther apart than twice the error of a crossing's own direction, up to 24°."""
_TOLD_RAD = float(np.radians(8.0))
_KEPT = -5.0  # turns whose log-probability is below the best one's by more are left out
_KNOWN_RAD = float(np.radians(3.0))
_SPEAKERS = 40  # hotspots that are asked about the vanes; more tell the same, and each takes its time


@dataclass(frozen=True, eq=False)
class Turns:
    """What is believed of the turn of one vane: nodes ``rad`` (turns,) with log-probabilities ``logs`` (turns,)."""

    rad: Floats
    logs: Floats

    @property
    def mean(self) -> float:
        """Mean turn, rad."""
        return float(np.exp(self.logs) @ self.rad)

    @property
    def sd(self) -> float:
        """Its standard deviation, rad."""
        return float(np.sqrt(np.exp(self.logs) @ (self.rad - self.mean) ** 2))

    def given(self, said: Floats) -> Turns:
        """The same after evidence (turns,), in logarithms, without turns that have no share left.

        One that is known better than the direction of a crossing is its mean.
        """
        logs = self.logs + said
        logs = logs - logsumexp(logs)
        kept = logs > logs.max() + _KEPT
        left = Turns(self.rad[kept], logs[kept] - logsumexp(logs[kept]))
        return Turns(np.array([left.mean]), np.zeros(1)) if left.sd < _KNOWN_RAD else left


def usual_turns() -> Turns:
    """What is believed of any vane.

    Examples
    --------
    >>> turns = usual_turns()
    >>> [int(round(share)) for share in 100 * np.exp(turns.logs)]
    [3, 9, 22, 31, 22, 9, 3]
    """
    logs = log_turn_density(TURNS_RAD)
    return Turns(TURNS_RAD, np.asarray(logs - logsumexp(logs)))


STRAIGHT = Turns(np.zeros(1), np.zeros(1))
"""A vane that is known to be right."""


Believed = Mapping[int, Turns]
"""What is believed of each vane, by its number."""


def usual_vanes(event: Event) -> Believed:
    """What is believed of the vanes of an event before any hotspot spoke."""
    return {vane: usual_turns() for vane in {unit.vane for unit in event.units} | {p.vane for p in event.passes}}


@dataclass(frozen=True)
class VaneTurn:
    """How far all plumes of a mission say that a vane is turned: mean and standard deviation, rad, anticlockwise.

    ``plumes`` is how many spoke, plumes of several species as one.
    """

    vane: int
    mean_rad: float
    sd_rad: float
    plumes: float

    @property
    def stands_out(self) -> bool:
        """Whether it is told: more than a node of the turn, and beyond two standard deviations."""
        return abs(self.mean_rad) > max(_TOLD_RAD, 2 * self.sd_rad)


def choose_speakers(hotspots: Sequence[Hotspot]) -> set[int]:
    """Hotspots that are asked about the vanes: those that most passes saw, at most `_SPEAKERS`."""
    order = sorted(range(len(hotspots)), key=lambda k: -hotspots[k].passes_seen)
    return set(order[:_SPEAKERS])


def turns_found(said: Sequence[Mapping[int, Floats]], hotspots: Sequence[Hotspot]) -> tuple[VaneTurn, ...]:
    """What all plumes together say of each vane."""
    spoke = np.flatnonzero([bool(one) for one in said])
    weight = 1.0 / _met_together(hotspots)[np.ix_(spoke, spoke)].sum(axis=1)
    found = []
    for vane in sorted({vane for one in said for vane in one}):
        turns = usual_turns().given(_heard(vane, said, spoke, weight))
        plumes = float(sum(w for w, k in zip(weight, spoke.tolist(), strict=True) if vane in said[k]))
        found.append(VaneTurn(vane, turns.mean, turns.sd, plumes))
    return tuple(found)


def known_vanes(hotspots: int) -> tuple[Believed, ...]:
    """Vanes that are right, at each hotspot."""
    return tuple(defaultdict(lambda: STRAIGHT) for _ in range(hotspots))


def believe_of_vanes(said: Sequence[Mapping[int, Floats]], hotspots: Sequence[Hotspot]) -> tuple[Believed, ...]:
    """What is believed of the vanes at each hotspot: the prior, and what the plumes of the others say.

    Parameters
    ----------
    said : sequence of mapping
        Log-evidence (turns,) by vane, of each hotspot.
    hotspots : sequence of Hotspot
        Those that were met in the same crossings are one plume in several species: it speaks once, never of itself.
    """
    same = _met_together(hotspots)
    vanes = sorted({vane for one in said for vane in one})
    spoke = np.array([bool(one) for one in said], bool)
    found = []
    for k in range(len(hotspots)):
        others = np.flatnonzero(~same[k] & spoke)
        weight = 1.0 / same[np.ix_(others, others)].sum(axis=1)
        found.append(
            defaultdict(
                usual_turns, {vane: usual_turns().given(_heard(vane, said, others, weight)) for vane in vanes}
            )
        )
    return tuple(found)


def _heard(vane: int, said: Sequence[Mapping[int, Floats]], others: Ints, weight: Floats) -> Floats:
    parts = (w * said[g][vane] for g, w in zip(others, weight, strict=True) if vane in said[g])
    return np.asarray(sum(parts, np.zeros(TURNS_RAD.size)))


def _met_together(hotspots: Sequence[Hotspot]) -> Bools:
    """Whether hotspots (n, n) were met in crossings that overlap in time, each with itself."""
    same = np.eye(len(hotspots), dtype=bool)
    for k, one in enumerate(hotspots):
        for j, other in enumerate(hotspots[:k]):
            same[k, j] = same[j, k] = any(a.start <= b.end and b.start <= a.end for a in one.met for b in other.met)
    return same


@dataclass(frozen=True, eq=False)
class TurnedEvent:
    """An event by its vanes: ``parts[v]`` hold the units of vane v under each turn of ``turns[v]``."""

    parts: tuple[tuple[Event, ...], ...]
    turns: tuple[Turns, ...]


def turn_event(event: Event, believed: Believed) -> TurnedEvent:
    """Take an event apart by its vanes, of which vane v has the turns ``believed[v]``.

    What has no direction, and what is of vanes whose turn is known, is one part, the last.
    """
    known, parts, turns = [], [], []
    for vane in sorted({unit.vane for unit in event.units}):
        units = [unit for unit in event.units if unit.vane == vane]
        rad = believed[vane].rad
        if rad.size == 1:
            known += [unit.turned(float(rad[0])) for unit in units]
            continue
        known += [unit for unit in units if not unit.directed]
        units = [unit for unit in units if unit.directed]
        if units:
            parts.append(tuple(Event(tuple(unit.turned(float(by)) for unit in units), ()) for by in rad))
            turns.append(believed[vane])
    if known or not parts:
        parts.append((Event(tuple(known), ()),))
        turns.append(STRAIGHT)
    return TurnedEvent(tuple(parts), tuple(turns))


def turned_log_odds(x: Floats, y: Floats, event: TurnedEvent, rates: RatePrior, settings: FusionSettings) -> Floats:
    """Log-odds (sources, rates) as `joint_log_odds` gives them, with the turn of every vane integrated out."""
    x, y = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)
    if not x.size:
        return np.zeros((0, rates.logs.size))
    own = [[own_log_odds(x, y, part, rates, settings) for part in parts] for parts in event.parts]
    total = _turns_out(own, event.turns)
    best = total.max(axis=1)
    near = not_behind(best)
    for parts, odds in zip(event.parts, own, strict=True):
        for part, row in zip(parts, odds, strict=True):
            add_context(x, y, near, part, rates, settings, row)
    near_total = _turns_out([[row[near] for row in odds] for odds in own], event.turns)
    total += near_total.max() - best.max()
    total[near] = near_total
    return total


def turned_own_log_odds(
    x: Floats, y: Floats, event: TurnedEvent, rates: RatePrior, settings: FusionSettings
) -> Floats:
    """The part of `turned_log_odds` that the plumes at the hotspot say, and nothing else."""
    x, y = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)
    own = [[own_log_odds(x, y, part, rates, settings) for part in parts] for parts in event.parts]
    return _turns_out(own, event.turns)


def odds_by_turn(
    x: Floats, y: Floats, event: TurnedEvent, rates: RatePrior, settings: FusionSettings
) -> tuple[Floats, ...]:
    """Log-odds (turns, sources, rates) of each part by its turn, with those of the others integrated out.

    Only plumes at the hotspot are asked.
    """
    x, y = np.ascontiguousarray(x, np.float64), np.ascontiguousarray(y, np.float64)
    own = [np.stack([own_log_odds(x, y, part, rates, settings) for part in parts]) for parts in event.parts]
    out = [_turns_out([list(odds)], [turns]) for odds, turns in zip(own, event.turns, strict=True)]
    total = np.sum(out, axis=0)
    return tuple(odds + (total - mine) for odds, mine in zip(own, out, strict=True))


def _turns_out(odds: Sequence[Sequence[Floats]], turns: Sequence[Turns]) -> Floats:
    """Log-odds (sources, rates) of vanes and turns, with the turns integrated out."""
    parts = (
        logsumexp(np.stack(of_turns) + t.logs[:, None, None], axis=0) for of_turns, t in zip(odds, turns, strict=True)
    )
    return np.asarray(sum(parts))
