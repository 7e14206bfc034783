"""Who explains a hotspot: a probability over sites, an unlisted source, and background or traffic."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from dask.base import compute
from dask.delayed import delayed
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree
from scipy.special import logsumexp

from fusion.air.winds import vanes_of, winds_of
from fusion.attribution.candidates import Candidates, candidates_of
from fusion.attribution.composition import hear_composition
from fusion.attribution.crossing import Event, RatePrior, rate_prior
from fusion.attribution.elsewhere import Elsewhere
from fusion.attribution.fingerprint import companions_of
from fusion.attribution.information.cells import gather_cells
from fusion.attribution.joint.drives import (
    Believed,
    VaneTurn,
    believe_of_vanes,
    choose_speakers,
    known_vanes,
    odds_by_turn,
    turn_event,
    turned_log_odds,
    turned_own_log_odds,
    turns_found,
    usual_vanes,
)
from fusion.attribution.observations import BinnedPass, Crossed, bin_passes, event_of
from fusion.attribution.permit import hear_permits, unlisted_density
from fusion.attribution.places import COARSE_M, Places, Resolution, search_places, square_cells
from fusion.attribution.verdict import Weighed, locate, state_verdict
from fusion.attribution.witness_settings import WitnessSettings
from fusion.attribution.witnesses import Hears, Witness, hear_all, refuse_unknown
from fusion.cube.grid import grid_north_rad, project
from fusion.cube.partials import enhanced_species
from fusion.schema import Attribution, Hotspot
from fusion.settings import FusionSettings
from ingest.outcome import Decision, Outcome
from ingest.schema import Site

if TYPE_CHECKING:
    from tracks.schema import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_ROUGH = Resolution(finest_m=16.0, follow_m=16.0, slack=6.0, share=0.01)  # of places that only tell of a vane
_SPANS = 4.0  # standard deviations of a site's place beyond which its probability is not looked for


class GroundEvidence(Protocol):
    """What else speaks for or against a source at a place, as findings of a flight do."""

    def log_ratio(self, x: Floats, y: Floats, species: str) -> Floats:
        """Log-likelihood ratios (places,) of a source of a species at places on the grid, m."""
        ...


def attribute_hotspots(
    hotspots: Sequence[Hotspot],
    tracks: Sequence[Track],
    sites: Sequence[Site],
    settings: FusionSettings | None = None,
    *,
    crs: str,
    evidence: GroundEvidence | None = None,
    witnesses: Sequence[Hears] = (),
    without: Collection[str] = (),
    vanes_known: bool = False,
) -> Outcome[tuple[Attribution, ...]]:
    """Give each hotspot a probability over the sites upwind, an unlisted source, and background or traffic.

    A wind cone (a circle in calm or where the wind is unknown) gates the places; then every pass that came near votes
    by its likelihood, also those that saw nothing. Registered sites compete with unlisted sources anywhere in the
    gate, as dense as ``settings.listed_share`` leaves room for, and with independent puffs of traffic or background
    on each pass. One drive-by fixes a bearing, not a distance: then several sites share the probability, and that is
    the answer. What else is known speaks as `Witness`: permits and the ground here, then ``witnesses``, at last the
    other hotspots: a site that explains a plume in another street emits, which makes it likelier here.

    Parameters
    ----------
    hotspots, tracks, sites : sequences
        From `find_hotspots`, `tracks.process_trace` and `ingest.read_sites`; ``sites`` may be empty.
    settings : FusionSettings, optional
    crs : str
        Projected CRS in metres for the geometry.
    evidence : GroundEvidence, optional
        What a flight found on the ground.
    witnesses : sequence of Hears
        What else speaks of the sites, in this order.
    without : collection of str
        Kinds of witnesses that are not heard, to see what they bring.
    vanes_known : bool
        Whether the vanes are taken as they say; else their turn is inferred from all plumes of the day.

    Returns
    -------
    Outcome of tuple of Attribution
        One for each hotspot, in order; the probabilities of each sum to one.

    Raises
    ------
    ValueError
        If two witnesses of a hotspot rest on one datum, or a kind in ``without`` is none.
    """
    settings = settings or FusionSettings()
    refuse_unknown(without)
    evidence = None if "drone" in without else evidence
    placed = candidates_of(sites, crs, settings)
    measured = sorted({name for track in tracks for name in enhanced_species(track.passes)}) if hotspots else ()
    binned = {name: bin_passes(tracks, name, crs, settings) for name in measured}
    hear = partial(_hear_vanes, binned=binned, sites=placed, settings=settings, crs=crs)
    asked = set[int]() if vanes_known else choose_speakers(hotspots)
    tasks = (delayed(hear)(hotspot) if k in asked else {} for k, hotspot in enumerate(hotspots))
    said = compute(*tasks, scheduler="threads")
    weigh = partial(_weigh, binned=binned, sites=placed, settings=settings, crs=crs, evidence=evidence,
                    without=without)  # fmt: skip
    believed = known_vanes(len(hotspots)) if vanes_known else believe_of_vanes(said, hotspots)
    alone = compute(*(delayed(weigh)(*one) for one in zip(hotspots, believed, strict=True)), scheduler="threads")
    together = hear_all(alone, placed, (*witnesses, Elsewhere(settings)), without)
    found = tuple(state_verdict(w, placed, crs) for w in together)
    borrowed = _borrowed(tracks, crs, settings) if hotspots else ()
    turned = _turned(tracks, turns_found(said, hotspots), crs, settings)
    return Outcome(found, (*borrowed, *turned, *_decisions(hotspots, found, sites)))


def _turned(
    tracks: Sequence[Track], found: Sequence[VaneTurn], crs: str, settings: FusionSettings
) -> tuple[Decision, ...]:
    """Say which vanes the plumes found turned: a vane that is off to the right wants paths turned to the left."""
    vanes = vanes_of(tracks, winds_of(tracks, crs, settings))
    return tuple(
        Decision(
            str(tracks[vanes.index(one.vane)].passes["trajectory"].values),
            "vane_turned",
            {
                "deg": float(np.degrees(one.mean_rad)),
                "sd_deg": float(np.degrees(one.sd_rad)),
                "plumes": round(one.plumes),
            },
        )
        for one in found
        if one.stands_out
    )


def _borrowed(tracks: Sequence[Track], crs: str, settings: FusionSettings) -> tuple[Decision, ...]:
    """Say whose wind each track without an anemometer was given, and where there was none to give."""
    found = []
    for track, aboard in zip(tracks, winds_of(tracks, crs, settings), strict=True):
        label = str(track.passes["trajectory"].values)
        if aboard.lender is not None:
            lender = str(aboard.lender.passes["trajectory"].values)
            found.append(
                Decision(label, "wind_borrowed" if aboard.beside else "wind_borrowed_afar", {"track": lender})
            )
        elif not aboard.wind.known:
            found.append(Decision(label, "wind_unknown"))
    return tuple(found)


def _decisions(
    hotspots: Sequence[Hotspot], found: Sequence[Attribution], sites: Sequence[Site]
) -> tuple[Decision, ...]:
    decisions = tuple(
        Decision(h.id, "attributed_in_calm" if _in_calm(a) else "attributed_without_wind")
        for h, a in zip(hotspots, found, strict=True)
        if a.bearing_deg is None
    )
    if hotspots and not sites:
        return (Decision("sites", "attribution_names_no_sites"), *decisions)
    return decisions


def _in_calm(attribution: Attribution) -> bool:
    """Whether all passes that saw a hotspot measured the wind."""
    return all(s.wind_m_s is not None for s in attribution.sightings if s.peak is not None)


@dataclass(frozen=True, eq=False)
class _Met:
    """What the passes met around a hotspot at x, y [m]."""

    x: float
    y: float
    event: Event
    rates: RatePrior
    species: str

    def directions(self, believed: Believed) -> list[tuple[float, float]]:
        """Where the wind blew to on each pass that saw it, and the error of that with the vane's, rad."""
        return [
            (e.towards_rad + believed[e.vane].mean, float(np.hypot(e.direction_sd_rad, believed[e.vane].sd)))
            for e in self.event.passes if e.seen and e.directed
        ]  # fmt: skip


def _event(hotspot: Hotspot, binned: Mapping[str, Sequence[BinnedPass]], crs: str, settings: FusionSettings) -> _Met:
    x, y = (float(v[0]) for v in project(np.array([hotspot.lon]), np.array([hotspot.lat]), crs))
    event = event_of(binned[hotspot.species], _crossed(hotspot, x, y, crs), settings)
    return _Met(x, y, event, rate_prior(event, settings), hotspot.species)


def _weigh(
    hotspot: Hotspot,
    believed: Believed,
    binned: Mapping[str, Sequence[BinnedPass]],
    sites: Candidates,
    settings: FusionSettings,
    crs: str,
    evidence: GroundEvidence | None,
    without: Collection[str],
) -> Weighed:
    """Log-odds of every explanation of one hotspot over "something else made it all"."""
    met = _event(hotspot, binned, crs, settings)
    x, y, event, rates = met.x, met.y, met.event, met.rates
    companions = companions_of(hotspot.species, x, y, binned, settings)
    directions = met.directions(believed)
    places = _places(x, y, directions, event, rates, hotspot.species, settings, evidence, believed)
    gated = _gate_sites(sites, places)
    near = np.flatnonzero(np.hypot(sites.x - x, sites.y - y) <= settings.neighbours_m)
    emitters = unlisted_density(sites, near, settings) * _unoccupied(sites, x, y, places, settings)
    chosen, site_odds, best, best_share, site_rates = _site_log_odds(sites, gated, places, settings)
    unlisted = _unlisted_log_odds(places, emitters)
    north = grid_north_rad(hotspot.lon, hotspot.lat, crs)
    located = locate(places, rates, (x, y), north, directions, settings, crs)
    seen = Weighed(
        hotspot, x, y, north, event.passes, companions, located, rates, chosen, best, site_odds, site_rates,
        unlisted, 0.0, best_share,
        cells=gather_cells(places, emitters * places.area, rates, crs), limit=event.limit,
    )  # fmt: skip

    def odds(joint: Floats) -> Floats:
        one = replace(places, joint=joint)
        return np.append(_site_log_odds(sites, gated, one, settings)[1], [_unlisted_log_odds(one, emitters), 0.0])

    if evidence is not None and (ground := evidence.log_ratio(places.x, places.y, hotspot.species)).any():
        seen = _hear_drone(seen, odds(places.joint - ground[:, None]))
    plumes = odds(turned_own_log_odds(places.x, places.y, turn_event(event, believed), rates, settings))
    seen = replace(seen, prior=odds(np.zeros_like(places.joint)), by_plumes=plumes)
    return _hear_registers(seen, sites, near, settings, without)


def _hear_vanes(
    hotspot: Hotspot,
    binned: Mapping[str, Sequence[BinnedPass]],
    sites: Candidates,
    settings: FusionSettings,
    crs: str,
) -> dict[int, Floats]:
    """Log-evidence (turns,) of the turns of each vane by the plumes of a hotspot, over all that may explain them."""
    met = _event(hotspot, binned, crs, settings)
    own = Event(tuple(unit for unit in met.event.units if unit.own and unit.crossed), met.event.passes)
    vanes = sorted({unit.vane for unit in own.units if unit.directed})
    if not vanes:
        return {}
    turned = turn_event(own, usual_vanes(own))
    directions = met.directions(usual_vanes(own))

    def weigh(px: Floats, py: Floats) -> Floats:
        return turned_log_odds(px, py, turned, met.rates, settings)

    places = search_places(*_cells(met.x, met.y, directions, met.event, settings), weigh, _ROUGH)
    gated = _gate_sites(sites, places)
    near = np.flatnonzero(np.hypot(sites.x - met.x, sites.y - met.y) <= settings.neighbours_m)
    emitters = unlisted_density(sites, near, settings) * _unoccupied(sites, met.x, met.y, places, settings)

    def explained(joint: Floats) -> float:
        under = replace(places, joint=joint)
        odds = _site_log_odds(sites, gated, under, settings)[1]
        return float(logsumexp([*odds, _unlisted_log_odds(under, emitters), 0.0]))

    by_turn = odds_by_turn(places.x, places.y, turned, met.rates, settings)
    return {vane: np.array([explained(joint) for joint in by_turn[k]]) for k, vane in enumerate(vanes)}


def _hear_drone(seen: Weighed, odds: Floats) -> Weighed:
    """Tell what the drone added to the ``odds`` (sites + 2,) that the passes alone gave as a witness of its own."""
    plain = replace(seen, site_odds=odds[:-2], unlisted=float(odds[-2]))
    with np.errstate(invalid="ignore"):  # a site that explains nothing anywhere
        said = np.nan_to_num(seen.site_odds - plain.site_odds)
    return plain.hearing(Witness("drone", ("flight",), said, seen.unlisted - plain.unlisted, 0.0, "drone"))


def _unlisted_log_odds(places: Places, per_m2: Floats) -> float:
    return float(logsumexp(places.odds + np.log(per_m2 * places.area)))


def _hear_registers(
    seen: Weighed, sites: Candidates, near: Ints, settings: FusionSettings, without: Collection[str]
) -> Weighed:
    """Ask industries about the mixture, and permits about the rest: what rose is judged by one of them only."""
    species, companions = seen.hotspot.species, seen.companions
    mixture = hear_composition(species, companions, sites, seen.chosen, near, WitnessSettings())
    judged = mixture.data if mixture is not None else ()
    rest = [c for c in companions if f"rose:{c.species}" not in judged]
    permits = hear_permits(species, rest, sites, seen.chosen, near, settings)
    for witness in (mixture, permits):
        if witness is not None and witness.kind not in without:
            seen = seen.hearing(witness)
    return seen


def _crossed(hotspot: Hotspot, x: float, y: float, crs: str) -> Crossed:
    """The crossings of a hotspot on the grid."""
    lon, lat = (np.array([getattr(met, name) for met in hotspot.met]) for name in ("lon", "lat"))
    start, end = (np.array([getattr(met, name).timestamp() for met in hotspot.met]) for name in ("start", "end"))
    return Crossed((x, y), *project(lon, lat, crs), start, end)


# --- where a source may stand ---------------------------------------------------------------------------------------


def _places(
    x: float,
    y: float,
    directions: Sequence[tuple[float, float]],
    event: Event,
    rates: RatePrior,
    species: str,
    settings: FusionSettings,
    evidence: GroundEvidence | None,
    believed: Believed | None = None,
) -> Places:
    """Cells that may hold the source, with their log-odds; vanes are as they say unless something is believed."""
    turned = turn_event(event, known_vanes(1)[0] if believed is None else believed)

    def weigh(px: Floats, py: Floats) -> Floats:
        joint = turned_log_odds(px, py, turned, rates, settings)
        return joint if evidence is None else joint + evidence.log_ratio(px, py, species)[:, None]

    # without a direction the place of a source is known to a hundred metres: coarse cells tell as much as fine ones
    resolution = Resolution() if directions else Resolution(finest_m=COARSE_M, follow_m=COARSE_M)
    return search_places(*_cells(x, y, directions, event, settings), weigh, resolution)


def _cells(
    x: float, y: float, directions: Sequence[tuple[float, float]], event: Event, settings: FusionSettings
) -> tuple[Floats, Floats]:
    """Coarse cells in the union of the upwind cones, the whole circle without a direction."""
    unknown = any(p.seen and p.wind_m_s is None for p in event.passes)
    reach = settings.reach_m if directions or unknown else settings.radius_calm_m
    cell_x, cell_y = square_cells(x, y, reach)
    dx, dy = cell_x - x, cell_y - y
    distance = np.hypot(dx, dy)
    margin = np.where(distance > COARSE_M, COARSE_M / np.maximum(distance, 1.0), np.pi)
    inside = (distance <= reach) & _in_cones(np.arctan2(dy, dx), directions, settings, margin=margin)
    return cell_x[inside], cell_y[inside]


def _in_cones(
    angles: Floats, directions: Sequence[tuple[float, float]], settings: FusionSettings, *, margin: Floats
) -> Bools:
    """Whether a direction from the hotspot (counter-clockwise from east) lies in the cone of any pass that saw it."""
    inside = np.full(np.shape(angles), not directions)
    for towards, sd in directions:
        off = np.abs((angles - towards) % (2 * np.pi) - np.pi)  # from upwind
        inside |= off <= settings.gate_sigma * sd + margin
    return inside


def _gate_sites(sites: Candidates, places: Places) -> Ints:
    """Places of sites that may stand in one of the cells, given how well they are known."""
    known = np.flatnonzero(np.isfinite(sites.x + sites.y))
    if not places.x.size or not known.size:
        return np.empty(0, np.int64)
    limit = 2 * sites.sd[known] + COARSE_M
    known = known[_around(sites.x[known], sites.y[known], places.x, places.y, float(limit.max()))]
    distance, _ = cKDTree(np.column_stack([places.x, places.y])).query(
        np.column_stack([sites.x[known], sites.y[known]])
    )
    return np.asarray(known[distance <= 2 * sites.sd[known] + COARSE_M], np.int64)


def _around(x: Floats, y: Floats, near_x: Floats, near_y: Floats, margin: float) -> Bools:
    """Whether points lie in the rectangle of other points, widened by a margin."""
    return np.asarray(
        (x >= near_x.min() - margin)
        & (x <= near_x.max() + margin)
        & (y >= near_y.min() - margin)
        & (y <= near_y.max() + margin)
    )


def _site_log_odds(
    sites: Candidates, gated: Ints, places: Places, settings: FusionSettings
) -> tuple[Ints, Floats, Ints, Floats, Floats]:
    """Sites, log-odds with the error of their places integrated out, the likeliest place, its share, the rates.

    Rates (sites, nodes) are logarithms of relative posterior weights.
    """
    site, cell, weight = _cells_of_sites(sites, gated, places)
    highest = places.joint.max(axis=1, initial=-np.inf)
    top = np.full(gated.size, -np.inf)
    np.maximum.at(top, site, weight + highest[cell])
    share = np.exp(weight + highest[cell] - top[site])
    by_site = sparse.csr_matrix((share, (site, cell)), shape=(gated.size, places.x.size))
    with np.errstate(divide="ignore"):
        rates = np.log(by_site @ np.exp(places.joint - highest[:, None])) + top[:, None]
    odds = np.asarray(logsumexp(rates, axis=1) - np.log(rates.shape[1]))
    emits = np.log(settings.emitter_share * sites.share[gated])
    return _join_places(sites.site[gated], odds + emits, rates + emits[:, None], gated)


def _cells_of_sites(sites: Candidates, gated: Ints, places: Places) -> tuple[Ints, Ints, Floats]:
    """Pairs of a gated place and a cell that may hold it: their rows, and the logarithm of the cell's probability."""
    if not gated.size or not places.x.size:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    tree = cKDTree(np.column_stack([places.x, places.y]))
    farthest = _SPANS * np.sqrt(sites.sd[gated] ** 2 + places.area.max() / 12)
    near = tree.query_ball_point(np.column_stack([sites.x[gated], sites.y[gated]]), farthest, return_sorted=True)
    site = np.repeat(np.arange(gated.size), [len(cells) for cells in near])
    cell = np.concatenate([np.asarray(cells, np.int64) for cells in near])
    variance = sites.sd[gated][site] ** 2 + places.area[cell] / 12  # of the place, and of a cell about its centre
    squared = (places.x[cell] - sites.x[gated][site]) ** 2 + (places.y[cell] - sites.y[gated][site]) ** 2
    kept = squared < _SPANS**2 * variance
    site, cell, variance, squared = site[kept], cell[kept], variance[kept], squared[kept]
    return site, cell, np.log(places.area[cell] / (2 * np.pi * variance)) - 0.5 * squared / variance


def _join_places(site: Ints, odds: Floats, rates: Floats, gated: Ints) -> tuple[Ints, Floats, Ints, Floats, Floats]:
    """Sum over the places of each site; the likeliest place with its share of what the site explains."""
    chosen, group = np.unique(site, return_inverse=True)
    total = np.full(chosen.size, -np.inf)
    np.logaddexp.at(total, group, odds)
    summed = np.full((chosen.size, rates.shape[1]), -np.inf)
    np.logaddexp.at(summed, group, rates)
    order = np.lexsort((-odds, group))
    first = order[np.searchsorted(group[order], np.arange(chosen.size))]
    with np.errstate(invalid="ignore"):  # a site that explains nothing anywhere
        share = np.nan_to_num(np.exp(odds[first] - total))
    return chosen, total, gated[first], share, summed


def _unoccupied(sites: Candidates, x: float, y: float, places: Places, settings: FusionSettings) -> Floats:
    """Relative density (cells,) of unlisted emitters, one on average: they stand where no registered site does."""
    around_x, around_y = square_cells(x, y, settings.neighbours_m)
    mean = float(_free(sites, around_x, around_y, settings).mean())
    return np.asarray(_free(sites, places.x, places.y, settings) / mean)


def _free(sites: Candidates, x: Floats, y: Floats, settings: FusionSettings) -> Floats:
    """Share of ground (places,) that no registered site takes up: none at its point, most of it a parcel away."""
    held = np.zeros(x.size)
    if sites.x.size and x.size:
        near = np.flatnonzero(_around(sites.x, sites.y, x, y, 2 * settings.parcel_m))
        trees = [cKDTree(np.column_stack(points)) for points in ((x, y), (sites.x[near], sites.y[near]))]
        pairs = trees[0].sparse_distance_matrix(trees[1], 2 * settings.parcel_m, output_type="ndarray")
        share = sites.share[near[pairs["j"]]] * np.exp(-0.5 * (pairs["v"] / settings.parcel_m) ** 4)
        np.maximum.at(held, pairs["i"], share)
    return np.asarray(np.clip(1.0 - held, 0.05, 1.0))
