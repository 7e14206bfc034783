"""Who explains a hotspot: a probability over sites, an unlisted source, and background or traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.candidates import Candidates, candidates_of, species_weight
from fusion.crossing import Event, PassSummary, RatePrior, rate_prior, source_log_odds
from fusion.fingerprint import Companion, companions_of, fingerprint_weight
from fusion.grid import project, to_wgs84
from fusion.observations import BinnedPass, bin_passes, event_of
from fusion.partials import enhanced_species
from fusion.schema import Attribution, CredibleArea, Hotspot, SiteProbability
from fusion.settings import FusionSettings
from ingest.schema import Decision, Outcome, Site

if TYPE_CHECKING:
    from tracks.schema import Track

__all__ = ["attribute_hotspots"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BEARING_STEP_DEG = 5.0
_NEAREST_M = 12.0
_RINGS = 26
_UNLIKELY = 12.0
_HERMITE_X, _HERMITE_W = np.polynomial.hermite_e.hermegauss(5)


@dataclass(frozen=True, eq=False)
class _Grid:
    """Polar nodes around a hotspot: places of possible sources with the ground each stands for; all (n,)."""

    x: Floats
    y: Floats
    area: Floats
    bearing: Floats
    distance: Floats
    corners: Floats


def attribute_hotspots(
    hotspots: Sequence[Hotspot],
    tracks: Sequence[Track],
    sites: Sequence[Site],
    settings: FusionSettings | None = None,
    *,
    crs: str,
) -> Outcome[tuple[Attribution, ...]]:
    """Give each hotspot a probability over the sites upwind, an unlisted source, and background or traffic.

    A wind cone (a circle in calm) gates the candidates; then every pass that came near votes by its likelihood, also
    those that saw nothing. The candidates compete with unlisted sources anywhere in the gate, as dense as
    ``settings.listed_share`` leaves room for, and with independent puffs of traffic or background on each pass. One
    drive-by fixes a bearing, not a distance: then several sites share the probability, and that is the answer.

    Parameters
    ----------
    hotspots, tracks, sites : sequences
        From `find_hotspots`, `tracks.process_trace` and `ingest.read_sites`; ``sites`` may be empty.
    settings : FusionSettings, optional
    crs : str
        Projected CRS in metres for the geometry.

    Returns
    -------
    Outcome of tuple of Attribution
        One for each hotspot, in order; the probabilities of each sum to one.
    """
    settings = settings or FusionSettings()
    placed = candidates_of(sites, crs, settings)
    measured = sorted({name for track in tracks for name in enhanced_species(track.passes)}) if hotspots else ()
    binned = {name: bin_passes(tracks, name, crs, settings) for name in measured}
    found = tuple(_attribute(h, binned, placed, settings, crs) for h in hotspots)
    decisions = tuple(
        Decision(h.id, "attributed without a wind direction", "calm or no wind in every pass that saw it")
        for h, a in zip(hotspots, found, strict=True)
        if a.bearing_deg is None
    )
    if hotspots and not sites:
        none = Decision(
            "sites", "attribution names no sites", "no register was given; unlisted source or background only"
        )
        decisions = (none, *decisions)
    return Outcome(found, decisions)


def _attribute(
    hotspot: Hotspot,
    binned: Mapping[str, Sequence[BinnedPass]],
    sites: Candidates,
    settings: FusionSettings,
    crs: str,
) -> Attribution:
    x, y = (float(v[0]) for v in project(np.array([hotspot.lon]), np.array([hotspot.lat]), crs))
    event = event_of(binned[hotspot.species], x, y, settings)
    companions = companions_of(hotspot.species, x, y, binned, settings)
    passes = event.passes
    directions = [(e.towards_rad, e.direction_sd_rad) for e in passes if e.seen and e.directed]
    reach = settings.reach_m if directions else settings.radius_calm_m
    grid = _polar_grid(x, y, directions, reach, settings)
    gated = _gate_sites(sites, x, y, directions, reach, settings)
    rates = rate_prior(event, settings)
    grid_odds, _ = source_log_odds(grid.x, grid.y, event, rates, settings)
    place_odds, place_rates = _place_log_odds(sites, gated, grid, grid_odds, x, y, event, rates, settings)
    near = np.flatnonzero(np.hypot(sites.x - x, sites.y - y) <= settings.neighbours_m)
    fitting = _fitting(sites, np.concatenate([gated, near]), hotspot.species, companions, settings)
    weight = settings.emitter_share * sites.share[gated] * fitting[sites.site[gated]]
    chosen, site_odds, best = _join_places(sites.site[gated], place_odds + np.log(weight))
    density, alike = _unlisted_density(sites, near, fitting, companions, settings)
    unlisted = float(logsumexp(grid_odds + np.log(density * _unoccupied(sites, grid, settings) * grid.area)))
    background = alike  # the odds are over "something else made it all"
    logs = np.concatenate([site_odds, [unlisted, background]])
    shares = np.exp(logs - logsumexp(logs))
    names = _site_probabilities(sites, chosen, gated[best], shares[:-2], place_rates[best], x, y)
    bearing, half_width = _bearing(grid, grid_odds, directions)
    return Attribution(
        hotspot.id,
        names,
        float(shares[-2]),
        float(shares[-1]),
        float(shares[-2] + shares[-1]),
        bearing,
        half_width,
        (_credible_area(grid, grid_odds, settings.credible, crs),),
        _explain(hotspot, passes, names, bearing, half_width, float(shares[-2]), float(shares[-1])),
        _evidence(passes, unlisted, background, companions, chosen.size),
    )


# --- where a source may stand ---------------------------------------------------------------------------------------


def _polar_grid(
    x: float, y: float, directions: Sequence[tuple[float, float]], reach: float, settings: FusionSettings
) -> _Grid:
    """Nodes in the union of the upwind cones (the whole circle without a direction), denser near the hotspot."""
    step = np.radians(_BEARING_STEP_DEG)
    angles = np.arange(0, 2 * np.pi - step / 2, step)
    angles = angles[_in_cones(angles, directions, settings, margin=0.5 * step)]
    edges = np.geomspace(_NEAREST_M, reach, _RINGS + 1)
    edges[0] = 1.0
    inner, outer = edges[:-1], edges[1:]
    radius = np.sqrt((inner**2 + outer**2) / 2)
    angle = np.repeat(angles, _RINGS)
    ring = np.tile(np.arange(_RINGS), angles.size)
    r = radius[ring]
    corner_angle = angle[:, None] + step * np.array([-0.5, 0.5, 0.5, -0.5])
    corner_radius = np.column_stack([inner[ring], inner[ring], outer[ring], outer[ring]])
    corners = np.stack([x + corner_radius * np.cos(corner_angle), y + corner_radius * np.sin(corner_angle)], axis=-1)
    area = np.asarray(0.5 * step * (outer[ring] ** 2 - inner[ring] ** 2))
    return _Grid(x + r * np.cos(angle), y + r * np.sin(angle), area, angle, r, corners)


def _in_cones(
    angles: Floats, directions: Sequence[tuple[float, float]], settings: FusionSettings, *, margin: Floats | float
) -> Bools:
    """Whether a direction from the hotspot (counter-clockwise from east) lies in the cone of any pass that saw it."""
    inside = np.full(np.shape(angles), not directions)
    for towards, sd in directions:
        off = np.abs((angles - towards) % (2 * np.pi) - np.pi)  # from upwind
        inside |= off <= settings.gate_sigma * sd + margin
    return inside


def _gate_sites(
    sites: Candidates,
    x: float,
    y: float,
    directions: Sequence[tuple[float, float]],
    reach: float,
    settings: FusionSettings,
) -> Ints:
    """Sites that may stand in the gate, given how well they are placed."""
    dx, dy = sites.x - x, sites.y - y
    distance = np.hypot(dx, dy)
    margin = np.where(distance > 2 * sites.sd, 2 * sites.sd / np.maximum(distance, 1.0), np.pi)
    inside = (distance - 2 * sites.sd <= reach) & _in_cones(np.arctan2(dy, dx), directions, settings, margin=margin)
    return np.flatnonzero(inside & np.isfinite(distance))


def _unlisted_density(
    sites: Candidates, near: Ints, fitting: Floats, companions: Sequence[Companion], settings: FusionSettings
) -> tuple[float, float]:
    """Fitting unlisted emitters per m², and the logarithm of how well an average maker fits the companions.

    Unlisted emitters are like the registered ones around, and as many as ``settings.listed_share`` leaves room for;
    not below a density for places without registered sites.
    """
    blank = fingerprint_weight(None, companions, settings)
    share = sites.share[near]
    total = float(share.sum())
    mean = float(share @ fitting[sites.site[near]]) / total if total > 0 else settings.species_unknown * blank
    emitters = settings.emitter_share * total / (np.pi * settings.neighbours_m**2)
    fewest = settings.unlisted_per_km2 / 1e6 * settings.species_unknown * blank
    density = max(fewest, (1 - settings.listed_share) / settings.listed_share * emitters * mean)
    return density, float(np.log(max(mean, settings.species_unlisted * blank)))


def _unoccupied(sites: Candidates, grid: _Grid, settings: FusionSettings) -> Floats:
    """Relative density (nodes,) of unlisted emitters: they stand where no registered site does; of mean one."""
    near = np.hypot(sites.x - grid.x.mean(), sites.y - grid.y.mean()) <= 2 * settings.reach_m
    x, y, share = sites.x[near], sites.y[near], sites.share[near]
    if x.size == 0:
        return np.ones(grid.x.size)
    tree = shapely.STRtree(shapely.points(x, y))
    node, site = tree.query(shapely.points(grid.x, grid.y), predicate="dwithin", distance=3 * settings.parcel_m)
    squared = (grid.x[node] - x[site]) ** 2 + (grid.y[node] - y[site]) ** 2
    held = np.bincount(node, share[site] * np.exp(-0.5 * squared / settings.parcel_m**2), minlength=grid.x.size)
    free = np.clip(1.0 - held, 0.05, 1.0)
    return np.asarray(np.minimum(free * grid.area.sum() / (free @ grid.area), 1.0 / 0.1))


def _place_log_odds(
    sites: Candidates,
    gated: Ints,
    grid: _Grid,
    grid_odds: Floats,
    x: float,
    y: float,
    event: Event,
    rates: RatePrior,
    settings: FusionSettings,
) -> tuple[Floats, Floats]:
    """Log-odds (gated,) of each place of a site with its error integrated out, and its median rate.

    A well-known place is integrated by Gauss-Hermite nodes; one whose error is large against its distance by the
    nodes of the polar grid, which are then the finer mesh.
    """
    odds, median = np.full(gated.size, -np.inf), np.full(gated.size, np.nan)
    distance = np.hypot(sites.x[gated] - x, sites.y[gated] - y)
    best = np.full(gated.size, -np.inf)
    for k, j in enumerate(gated):
        squared = (grid.x - sites.x[j]) ** 2 + (grid.y - sites.y[j]) ** 2
        around = squared < (4 * sites.sd[j] + 0.25 * distance[k]) ** 2
        best[k] = grid_odds[around].max(initial=-np.inf)
        weight = np.log(grid.area / (2 * np.pi * sites.sd[j] ** 2)) - 0.5 * squared / sites.sd[j] ** 2
        odds[k] = logsumexp(grid_odds + weight)
    loose = sites.sd[gated] > 0.5 * distance
    tight = np.flatnonzero(~loose & (best > grid_odds.max() - _UNLIKELY))
    if tight.size:
        j = gated[tight]
        node_x, node_y = (v.ravel() for v in np.meshgrid(_HERMITE_X, _HERMITE_X))
        weight = np.log(np.outer(_HERMITE_W, _HERMITE_W).ravel() / _HERMITE_W.sum() ** 2)
        source_x = (sites.x[j][:, None] + sites.sd[j][:, None] * node_x).ravel()
        source_y = (sites.y[j][:, None] + sites.sd[j][:, None] * node_y).ravel()
        node_odds, node_rates = source_log_odds(source_x, source_y, event, rates, settings)
        shaped = node_odds.reshape(tight.size, -1) + weight
        odds[tight] = logsumexp(shaped, axis=1)
        top = shaped.argmax(axis=1)
        median[tight] = node_rates.reshape(tight.size, -1)[np.arange(tight.size), top]
    return odds, median


# --- what is told ---------------------------------------------------------------------------------------------------


def _fitting(
    sites: Candidates, places: Ints, species: str, companions: Sequence[Companion], settings: FusionSettings
) -> Floats:
    """How well what the permit lists fits the species and its companions, (sites,); 0 where it is not needed."""
    weight = np.zeros(len(sites.ids))
    known: dict[tuple[str, ...], float] = {}
    for k in np.unique(sites.site[places]):
        listed = sites.species[k]
        if listed not in known:
            fit = fingerprint_weight(listed, companions, settings)
            known[listed] = fit * species_weight(listed, species, settings)
        weight[k] = known[listed]
    return weight


def _join_places(site: Ints, odds: Floats) -> tuple[Ints, Floats, Ints]:
    """Sites among the places, their log-odds summed over places, and the row of the best place of each."""
    chosen, group = np.unique(site, return_inverse=True)
    total = np.full(chosen.size, -np.inf)
    np.logaddexp.at(total, group, odds)
    order = np.lexsort((-odds, group))
    best = order[np.searchsorted(group[order], np.arange(chosen.size))] if chosen.size else np.empty(0, np.int64)
    return chosen, total, best


def _site_probabilities(
    sites: Candidates, chosen: Ints, place: Ints, shares: Floats, rates: Floats, x: float, y: float
) -> tuple[SiteProbability, ...]:
    dx, dy = sites.x[place] - x, sites.y[place] - y
    order = np.argsort(-shares, kind="stable")
    return tuple(
        SiteProbability(
            sites.ids[chosen[k]],
            float(shares[k]),
            float(np.hypot(dx[k], dy[k])),
            float(np.degrees(np.arctan2(dx[k], dy[k])) % 360),
            float(rates[k]) if np.isfinite(rates[k]) else None,
        )
        for k in order
    )


def _bearing(grid: _Grid, grid_odds: Floats, directions: Sequence[tuple[float, float]]) -> tuple[float | None, float]:
    """Posterior bearing of the source and two standard deviations, not below twice the best wind error."""
    if not directions:
        return None, 180.0
    weight = np.exp(grid_odds - grid_odds.max()) * grid.area / grid.distance
    mean = np.sum(weight * np.exp(1j * grid.bearing)) / weight.sum()
    spread = float(np.sqrt(-2 * np.log(np.clip(abs(mean), 1e-9, 1.0))))
    floor = min(sd for _, sd in directions)
    half_width = min(float(np.degrees(2 * max(spread, floor))), 180.0)
    return float((90.0 - np.degrees(np.angle(mean))) % 360), half_width


def _credible_area(grid: _Grid, grid_odds: Floats, probability: float, crs: str) -> CredibleArea:
    """Polar cells of highest density that hold ``probability``, in WGS 84."""
    mass = np.exp(grid_odds - grid_odds.max()) * grid.area
    mass /= mass.sum()
    order = np.argsort(-grid_odds, kind="stable")
    keep = order[: int(np.searchsorted(np.cumsum(mass[order]), probability)) + 1]
    outline = shapely.union_all(shapely.polygons(grid.corners[keep]), grid_size=0.01)
    return CredibleArea(probability, to_wgs84(outline, crs), float(grid.area[keep].sum()))


def _explain(
    hotspot: Hotspot,
    passes: Sequence[PassSummary],
    names: Sequence[SiteProbability],
    bearing: float | None,
    half_width: float,
    unlisted: float,
    background: float,
) -> tuple[str, ...]:
    parts = [
        f"seen on {hotspot.passes_seen} of {hotspot.passes_crossed} passes through it, {len(passes)} passes near it"
    ]
    if bearing is None:
        parts.append("no wind direction: candidates all around")
    else:
        parts.append(f"source towards {bearing:.0f}° ± {half_width:.0f}°")
    if names:
        best = names[0]
        parts.append(
            f"{best.site_id}: {best.probability:.0%}, {best.distance_m:.0f} m towards {best.bearing_deg:.0f}°; "
            f"{len(names)} candidate sites"
        )
    else:
        parts.append("no registered site upwind")
    parts.append(f"unlisted source {unlisted:.0%}, background or traffic {background:.0%}")
    if hotspot.single_sighting:
        parts.append("a single sighting: it fixes a bearing, not a distance")
    return tuple(parts)


def _evidence(
    passes: Sequence[PassSummary], unlisted: float, background: float, companions: Sequence[Companion], gated: int
) -> tuple[tuple[str, float], ...]:
    return (
        ("passes_near", float(len(passes))),
        ("passes_seen", float(sum(e.seen for e in passes))),
        ("passes_with_wind", float(sum(e.directed for e in passes))),
        ("candidate_sites", float(gated)),
        ("log_odds_unlisted", unlisted),
        ("log_odds_background", background),
        *((f"with_{c.species}", c.ratio) for c in companions if c.present),
    )
