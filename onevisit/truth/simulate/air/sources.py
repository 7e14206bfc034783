"""What emits in a park: sources with rates that change over the day, of listed sites and of one that is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onevisit.truth.simulate.air.puffs import Emitter
from onevisit.truth.simulate.air.wind import ornstein_uhlenbeck
from onevisit.truth.simulate.world import ParkSite, World

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EmissionSource:
    """One emitting source: where, how high, what, and g s-1 of its leading species for every second of the wind.

    ``lawful`` says whether that is what its permit allows, ``permitted_g_s`` how much it allows where that is known,
    ``active`` the seconds of the mission (from the start of the first drive) in which it emits; None means all.
    ``beside`` is the source whose plume it shares, where it was put there for that.
    """

    id: str
    place: ParkSite
    x: float
    y: float
    height_m: float
    profile: tuple[tuple[str, float], ...]
    rate_g_s: Floats
    start_s: int
    lawful: bool = False
    permitted_g_s: float | None = None
    active: tuple[tuple[int, int], ...] | None = None
    beside: str = ""

    @property
    def leading(self) -> str:
        """The species of which most is given off."""
        return self.profile[0][0]


def choose_sources(
    world: World, start_s: int, n: int, rng: np.random.Generator, *, unlisted: bool, within: BaseGeometry
) -> tuple[World, tuple[EmissionSource, ...]]:
    """Draw the active sources, more than a block apart, and the world in which one of them may be unlisted.

    They lie ``within`` the part of the park that is driven.
    """
    wanted = int(rng.integers(world.size.sources[0], world.size.sources[1] + 1))
    chosen: list[ParkSite] = []
    for index in rng.permutation(len(world.places)):
        place = world.places[int(index)]
        if within.contains(place.stack) and all(
            place.stack.distance(other.stack) > 1.1 * world.size.block_m for other in chosen
        ):
            chosen.append(place)
        if len(chosen) == wanted:
            break
    if unlisted:
        hidden = replace(chosen[0], listed=False, site_id=f"unlisted@{chosen[0].site_id}", name="无名作坊")
        world = replace(world, places=tuple(hidden if p is chosen[0] else p for p in world.places))
        chosen[0] = hidden
    sources = tuple(start_source(f"S{k}", place, start_s, n, rng) for k, place in enumerate(chosen, 1))
    return world, sources


def start_source(name: str, place: ParkSite, start_s: int, n: int, rng: np.random.Generator) -> EmissionSource:
    """Draw the rate over the day and the height of a source at a place."""
    kind = place.industry
    level = kind.rate_g_s * np.exp(rng.normal(0.6, 0.6))
    rate = level * np.exp(ornstein_uhlenbeck(n, 0.25, 600.0, rng) - 0.03)
    if rng.random() < 0.3:  # works in batches
        period, share = rng.uniform(1200, 2400), rng.uniform(0.55, 0.8)
        rate = rate * (np.mod(np.arange(n) + rng.uniform(0, period), period) < share * period)
    height = kind.height_m * rng.uniform(0.6, 1.3)
    return EmissionSource(name, place, place.stack.x, place.stack.y, float(height), kind.profile, rate, start_s)


def emitter_of(source: EmissionSource, *, since_s: int = 0) -> Emitter:
    """The source as the air sees it in a drive that begins ``since_s`` after the first one."""
    rate = source.rate_g_s
    if source.active is not None:
        rate = np.where(_is_active(source.active, source.start_s + since_s + np.arange(len(rate))), rate, 0.0)
    return Emitter(source.x, source.y, source.height_m, 4.0, rate)


def _is_active(active: Sequence[tuple[int, int]], second: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(np.any([(second >= start) & (second < end) for start, end in active], axis=0), np.bool_)


def rates_of(sources: Sequence[EmissionSource], during: slice) -> dict[str, dict[str, float]]:
    """Mean rate in g s-1 of every species of every source, while it is active, over a part of the series."""
    return {
        s.id: {species: float(np.mean(s.rate_g_s[during])) * share for species, share in s.profile} for s in sources
    }
