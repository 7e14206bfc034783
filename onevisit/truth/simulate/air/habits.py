"""What sources of world 2 do that those of world 1 do not: keep to their permit, stop, mix otherwise, share a plume.

Every change takes a stream of its own for each source, by the source's id, so that none alters another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from onevisit.truth.simulate.air.sources import EmissionSource, start_source
from onevisit.truth.simulate.world import ParkSite, World

Floats = NDArray[np.float64]

LAWFUL_SHARE = 2 / 3
STOPPING_SHARE = 0.35
PROFILE_SD = 0.7
"""Of the logarithm: a factor of two either way, as measured profiles of one industry differ."""
_PLUME_HALF_ANGLE = np.radians(12.0)
_PARTNER_M = (50.0, 350.0)
_SHARED_SHARE = 0.1


def scatter_profile(source: EmissionSource, rng: np.random.Generator) -> EmissionSource:
    """Draw the site's own composition about its industry's; the sum of what it gives off stays.

    The species of which most is given off leads, whichever it was before.
    """
    shares = [share for _, share in source.profile]
    drawn = np.array([shares[0], *(share * np.exp(rng.normal(0.0, PROFILE_SD)) for share in shares[1:])])
    order = sorted(range(len(drawn)), key=lambda k: -drawn[k])
    profile = tuple((source.profile[k][0], float(drawn[k] / drawn[order[0]])) for k in order)
    total = sum(share for _, share in profile)
    return replace(source, profile=profile, rate_g_s=source.rate_g_s * (sum(shares) / total))


def keep_to_permit(source: EmissionSource, rng: np.random.Generator) -> EmissionSource:
    """Draw whether a listed source emits what its permit allows: 0.4 to 1 times the usual rate of its industry.

    What a violator emits is 1.2 times as much as allowed or more.
    """
    obeys, below, above = rng.random() < LAWFUL_SHARE, rng.uniform(0.4, 1.0), rng.uniform(1.2, 3.0)
    if not source.place.listed:
        return source
    permitted = source.place.industry.rate_g_s
    mean = float(np.mean(source.rate_g_s))
    wanted = below * permitted if obeys else mean if mean >= 1.2 * permitted else above * permitted
    return replace(
        source, lawful=bool(obeys), permitted_g_s=permitted, rate_g_s=source.rate_g_s * (wanted / mean)
    )  # fmt: skip


def stop_at_times(
    source: EmissionSource, drives: Sequence[tuple[int, int]], rng: np.random.Generator
) -> EmissionSource:
    """Draw whether a source stops, starts or pauses in the middle of a drive.

    Parameters
    ----------
    drives : sequence of (int, int)
        Start and end of each drive in seconds of the mission.
    """
    stops, which, share = rng.random() < STOPPING_SHARE, int(rng.integers(len(drives))), rng.uniform(0.2, 0.8)
    kind, pause = int(rng.integers(3)), int(rng.integers(600, 2400))
    if not stops:
        return source
    start, end = drives[which]
    at = round(start + share * (end - start))
    first, last = source.start_s, drives[-1][1]
    active = {0: ((first, at),), 1: ((at, last),), 2: ((first, at), (at + pause, last))}[kind]
    return replace(source, active=tuple((a, b) for a, b in active if a < b))


def add_partner(
    world: World,
    sources: Sequence[EmissionSource],
    toward_rad: float,
    rng: np.random.Generator,
    *,
    within: BaseGeometry,
) -> tuple[EmissionSource, ...]:
    """Add a source at a listed site straight upwind or downwind of another that gives off the same species.

    Parameters
    ----------
    toward_rad : float
        Bearing towards which the wind blows.
    within : geometry
        Where the stacks of both must stand.

    Returns
    -------
    tuple of EmissionSource
        None or one, whose id follows on the last of ``sources``.
    """
    taken = {s.place.site_id for s in sources}
    free = [p for p in world.places if p.listed and p.site_id not in taken and within.contains(p.stack)]
    pairs = [(s, p) for s in sources for p in free if _in_line(s, p, toward_rad) and _shares_species(s, p)]
    if not pairs:
        return ()
    first, place = pairs[int(rng.integers(len(pairs)))]
    second = start_source(f"S{len(sources) + 1}", place, first.start_s, len(first.rate_g_s), rng)
    return (replace(second, beside=first.id),)


def _in_line(source: EmissionSource, place: ParkSite, toward_rad: float) -> bool:
    east, north = place.stack.x - source.x, place.stack.y - source.y
    off_axis = (np.arctan2(east, north) - toward_rad + np.pi / 2) % np.pi - np.pi / 2
    apart = float(np.hypot(east, north))
    return _PARTNER_M[0] <= apart <= _PARTNER_M[1] and abs(float(off_axis)) <= _PLUME_HALF_ANGLE


def _shares_species(source: EmissionSource, place: ParkSite) -> bool:
    given_off = {species for species, share in place.industry.profile if share >= _SHARED_SHARE}
    return source.leading in given_off
