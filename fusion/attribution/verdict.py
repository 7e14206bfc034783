"""What is told of a hotspot once everything is weighed: probabilities, position, rate, bearing, and the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.attribution.candidates import Candidates
from fusion.attribution.crossing import PassSummary, RatePrior
from fusion.attribution.fingerprint import Companion
from fusion.attribution.places import Places
from fusion.attribution.witnesses import Witness, refuse_twice, say_of_sites
from fusion.cube.grid import to_wgs84, unproject
from fusion.schema import Attribution, CredibleArea, Hotspot, Rate, Sighting, SiteProbability, SourceEstimate
from fusion.settings import FusionSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Located:
    """Where the passes alone put a source: a bearing with its half-width, and a place where they fix one.

    ``bearing_deg`` (from the hotspot, clockwise from true north) is None where there is no direction.
    """

    bearing_deg: float | None
    half_width_deg: float
    source: SourceEstimate | None
    areas: tuple[CredibleArea, ...]


@dataclass(frozen=True, eq=False)
class Weighed:
    """The explanations of one hotspot with their log-odds over "something else made it all".

    ``x``, ``y`` [m] is its place, ``north_rad`` the clockwise angle from true to grid north there. ``chosen``
    (sites,) are indices of candidates, ``best`` (sites,) the likeliest place of each, ``site_odds``
    (sites,) and ``site_rates`` (sites, nodes) their log-odds in all and by rate; ``unlisted`` and ``background``
    those of a source on no list, and of traffic or background; ``best_share`` (sites,) is the part of the likeliest
    place in what a site explains. All of these rest on the crossings and on how many sources stand where; what else
    was ``heard`` adds to them. ``prior`` and ``by_plumes`` (sites + 2,) are the odds before any crossing, and by the
    plumes at the hotspot alone, as yet without silence and plumes elsewhere; None where nobody asks.
    """

    hotspot: Hotspot
    x: float
    y: float
    north_rad: float
    passes: tuple[PassSummary, ...]
    companions: tuple[Companion, ...]
    located: Located
    rates: RatePrior
    chosen: Ints
    best: Ints
    site_odds: Floats
    site_rates: Floats
    unlisted: float
    background: float
    best_share: Floats
    heard: tuple[Witness, ...] = ()
    prior: Floats | None = None
    by_plumes: Floats | None = None

    @property
    def by_crossings(self) -> Floats:
        """Log-odds (sites + 2,) by all crossings alone: the sites, an unlisted source, background or traffic."""
        return np.concatenate([self.site_odds, [self.unlisted, self.background]])

    @property
    def odds(self) -> Floats:
        """The same with all that was heard."""
        return np.asarray(sum((witness.ratios for witness in self.heard), self.by_crossings))

    @property
    def told(self) -> tuple[Witness, ...]:
        """All that speaks, for a person: the plumes at the hotspot, what passes met beside it, and who was heard."""
        if self.prior is None or self.by_plumes is None:
            return self.heard
        steps = (("crossings", self.by_plumes, self.prior), ("silence", self.by_crossings, self.by_plumes))
        passes = tuple(Witness(kind, (), *_split(later, earlier), "crossings") for kind, later, earlier in steps)
        return (*passes, *self.heard)

    @property
    def shares(self) -> Floats:
        """Probabilities (sites + 2,): the sites, an unlisted source, background or traffic; they sum to one."""
        return np.asarray(np.exp(self.odds - logsumexp(self.odds)))

    def hearing(self, witness: Witness | None) -> Weighed:
        """The same with one witness more; with None, nothing more.

        Raises
        ------
        ValueError
            If it speaks of other sites, or rests on a datum that was heard before.
        """
        if witness is None:
            return self
        if witness.sites.shape != self.site_odds.shape:
            raise ValueError(f"{witness.kind} speaks of {witness.sites.size} sites, expected {self.site_odds.size}")
        refuse_twice((*self.heard, witness))
        return replace(self, heard=(*self.heard, witness))


def _split(later: Floats, earlier: Floats) -> tuple[Floats, float, float]:
    """Ratios of sites, an unlisted source and background between two steps; 0 for what explains nothing in either."""
    with np.errstate(invalid="ignore"):
        ratios = np.nan_to_num(later - earlier)
    return ratios[:-2], float(ratios[-2]), float(ratios[-1])


def state_verdict(w: Weighed, sites: Candidates, crs: str) -> Attribution:
    """Turn log-odds into what is handed over."""
    shares = w.shares
    unlisted, background = float(shares[-2]), float(shares[-1])
    names = _site_probabilities(w, sites, shares[:-2])
    return Attribution(
        w.hotspot.id,
        names,
        unlisted,
        background,
        unlisted + background,
        w.located.bearing_deg,
        w.located.half_width_deg,
        w.located.areas,
        _explain(w, names, unlisted, background),
        _evidence(w),
        w.located.source,
        _sightings(w.passes, w.north_rad, crs),
    )


def locate(
    places: Places,
    rates: RatePrior,
    hotspot: tuple[float, float],
    north_rad: float,
    directions: Sequence[tuple[float, float]],
    settings: FusionSettings,
    crs: str,
) -> Located:
    """Bearing, place and rate of the source of a hotspot at a place [m], given that there is one.

    ``directions`` are those of the wind in passes that saw it, with their errors, rad; without any, no bearing.
    """
    if not directions:
        return Located(None, 180.0, None, ())
    bearing, half_width = _bearing(places, hotspot, north_rad, min(sd for _, sd in directions))
    source = _source(places, rates, settings, crs)
    areas = (_credible_area(places, settings.credible, crs),) if source else ()
    return Located(bearing, half_width, source, areas)


def _site_probabilities(w: Weighed, sites: Candidates, shares: Floats) -> tuple[SiteProbability, ...]:
    said = say_of_sites(w.hotspot.id, w.odds, w.told)
    dx, dy = sites.x[w.best] - w.x, sites.y[w.best] - w.y
    bearing = _true_bearing(np.arctan2(dy, dx), w.north_rad)
    return tuple(
        SiteProbability(
            sites.ids[w.chosen[k]],
            float(shares[k]),
            float(np.hypot(dx[k], dy[k])),
            float(bearing[k]),
            _rate(w.site_rates[k], w.rates),
            int(sites.place[w.best[k]]),
            float(w.best_share[k]),
            said[k],
        )
        for k in np.argsort(-shares, kind="stable")
    )


def _rate(logs: Floats, rates: RatePrior) -> Rate | None:
    """Median and central 90 % interval; None where no rate is possible."""
    if not np.isfinite(logs.max(initial=-np.inf)):
        return None
    low, median, high = rates.quantiles(logs, (0.05, 0.5, 0.95))
    return Rate(median, low, high)


def _source(places: Places, rates: RatePrior, settings: FusionSettings, crs: str) -> SourceEstimate | None:
    """Where the source is, if the passes fix a place at all."""
    rate = _rate(places.rate_odds, rates)
    mean, covariance = places.moments()
    sd = float(np.sqrt(np.trace(covariance)))
    if sd > settings.located_m or rate is None:
        return None
    (lon,), (lat,) = unproject(mean[:1], mean[1:], crs)
    return SourceEstimate(float(lon), float(lat), sd, rate)


def _bearing(
    places: Places, hotspot: tuple[float, float], north_rad: float, floor_rad: float
) -> tuple[float | None, float]:
    """Posterior bearing of the source and two standard deviations, not below twice the best wind error."""
    dx, dy = places.x - hotspot[0], places.y - hotspot[1]
    apart = np.hypot(dx, dy) > 2 * places.side  # a cell at the hotspot has no bearing
    weight = np.where(apart, places.probability, 0.0)
    if not weight.sum() > 0:
        return None, 180.0
    mean = weight @ np.exp(1j * np.arctan2(dy, dx)) / weight.sum()
    spread = float(np.sqrt(-2 * np.log(np.clip(abs(mean), 1e-9, 1.0))))
    half_width = min(float(np.degrees(2 * max(spread, floor_rad))), 180.0)
    return float(_true_bearing(np.angle(mean), north_rad)), half_width


def _true_bearing(angle_rad: Floats | float, north_rad: float) -> Floats:
    """Degrees clockwise from true north of directions on the grid, counter-clockwise from its east."""
    return np.asarray((90.0 - np.degrees(angle_rad) + np.degrees(north_rad)) % 360)


def _credible_area(places: Places, level: float, crs: str) -> CredibleArea:
    outline, area_m2 = places.densest(level)
    return CredibleArea(level, to_wgs84(outline, crs), area_m2)


def _sightings(passes: Sequence[PassSummary], north_rad: float, crs: str) -> tuple[Sighting, ...]:
    lon, lat = unproject(np.array([p.x for p in passes]), np.array([p.y for p in passes]), crs)
    return tuple(
        Sighting(
            p.label,
            float(lon[k]),
            float(lat[k]),
            p.peak,
            float(_true_bearing(p.towards_rad + np.pi, north_rad)) if p.directed else None,
            float(np.degrees(p.direction_sd_rad)) if p.directed else 180.0,
            p.wind_m_s,
        )
        for k, p in enumerate(passes)
    )


def _explain(w: Weighed, names: Sequence[SiteProbability], unlisted: float, background: float) -> tuple[str, ...]:
    h, bearing, half_width = w.hotspot, w.located.bearing_deg, w.located.half_width_deg
    parts = [f"seen on {h.passes_seen} of {h.passes_crossed} passes through it, {len(w.passes)} passes near it"]
    if bearing is None:
        cause = "calm" if any(p.calm for p in w.passes if p.seen) else "the wind is unknown"
        parts.append(f"no wind direction ({cause}): candidates all around")
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
    if h.single_sighting:
        parts.append("a single sighting: it fixes a bearing, not a distance")
    return tuple(parts)


def _evidence(w: Weighed) -> tuple[tuple[str, float], ...]:
    return (
        ("passes_near", float(len(w.passes))),
        ("passes_seen", float(sum(e.seen for e in w.passes))),
        ("passes_with_wind", float(sum(e.directed for e in w.passes))),
        ("passes_calm", float(sum(e.calm for e in w.passes))),
        ("candidate_sites", float(w.chosen.size)),
        ("log_odds_unlisted", float(w.odds[-2])),
        ("log_odds_background", float(w.odds[-1])),
        *((f"with_{c.species}", c.ratio) for c in w.companions if c.present),
    )
