"""Why a hotspot is explained as it is, as data of one small picture: passes, wind, candidates, where the source is.

All places are metres east and north of the strongest cell of the hotspot, on the region's grid. What is drawn from
this is `onevisit.handover.page.why_picture`'s affair.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from fusion.schema import Area, Attribution, Hotspot, Sighting, SiteProbability
from ingest.coordinates import to_grid
from tracks.schema import Track

Floats = NDArray[np.float64]
Metres = tuple[float, float]

MOST_NAMED = 5
"""Sites that get a letter; the others are dots and one line."""

_LEAST_NAMED = 0.01
_LEAST_HALF_M = 120.0
_MARGIN = 1.12
_GAP_M = 500.0
_LETTERS = "ABCDE"


@dataclass(frozen=True)
class WindCone:
    """Where the air of a pass came from: bearing of the wind's origin and the half-width, two standard deviations."""

    from_deg: float
    half_deg: float


@dataclass(frozen=True, eq=False)
class PassWay:
    """One drive pass near a hotspot: its way (points, 2) with NaN where it is broken, and what it met.

    ``place`` is that of its peak, or of the hotspot where it ``saw`` nothing; None where its peak is not known.
    ``cone`` is None in calm or without wind.
    """

    label: str
    way: Floats
    saw: bool
    place: Metres | None
    cone: WindCone | None


@dataclass(frozen=True)
class Named:
    """A candidate site with its letter; ``place`` is where the site stands that fits best."""

    letter: str
    site_id: str
    probability: float
    distance_m: float
    bearing_deg: float
    place: Metres


@dataclass(frozen=True, eq=False)
class Why:
    """Everything the picture of one hotspot shows.

    ``shape`` and ``areas`` are in metres like all places. ``others`` (sites, 2) are the candidates without a letter,
    ``others_probability`` their sum. ``half_m`` is half the side of the square around ``centre`` that holds all.
    """

    hotspot: Hotspot
    attribution: Attribution | None
    shape: Area
    areas: tuple[Area, ...]
    passes: tuple[PassWay, ...]
    named: tuple[Named, ...]
    others: Floats
    others_probability: float
    source: Metres | None
    centre: Metres
    half_m: float


def pass_ways(tracks: Sequence[Track], crs: CRS) -> dict[str, Floats]:
    """The way of every drive pass on the grid (points, 2), by the label that sightings bear."""
    return {label: way for track in tracks for label, way in _ways(track, crs)}


def explain(hotspot: Hotspot, attribution: Attribution | None, ways: Mapping[str, Floats], crs: CRS) -> Why:
    """Gather what one picture shows; ``ways`` from `pass_ways` of the tracks that were fused.

    A hotspot that was not attributed has the passes that saw it, and neither wind cones nor candidates.
    """
    origin = np.array(to_grid(hotspot.lon, hotspot.lat, crs), np.float64)
    shape = _local(hotspot.polygon, origin, crs)
    areas = tuple(_local(area.polygon, origin, crs) for area in attribution.areas) if attribution else ()
    passes = tuple(_passes(hotspot, attribution, ways, origin, crs))
    candidates = [_named(site, k) for k, site in enumerate(_ordered(attribution))]
    named = tuple(c for c in candidates[:MOST_NAMED] if c.probability >= _LEAST_NAMED)
    others = candidates[len(named) :]
    estimate = attribution.source if attribution else None
    source = _place(estimate.lon, estimate.lat, origin, crs) if estimate else None
    centre, half_m = _square([shape, *areas], [p.place for p in passes if p.saw and p.place], named, source)
    return Why(
        hotspot,
        attribution,
        shape,
        areas,
        passes,
        named,
        np.array([c.place for c in others], np.float64).reshape(-1, 2),
        float(sum(c.probability for c in others)),
        source,
        centre,
        half_m,
    )


def _ordered(attribution: Attribution | None) -> list[SiteProbability]:
    sites = attribution.sites if attribution else ()
    return sorted(sites, key=lambda s: (-s.probability, s.site_id))


def _named(site: SiteProbability, rank: int) -> Named:
    bearing = math.radians(site.bearing_deg)
    place = (site.distance_m * math.sin(bearing), site.distance_m * math.cos(bearing))
    letter = _LETTERS[rank] if rank < MOST_NAMED else ""
    return Named(letter, site.site_id, site.probability, site.distance_m, site.bearing_deg, place)


def _passes(
    hotspot: Hotspot, attribution: Attribution | None, ways: Mapping[str, Floats], origin: Floats, crs: CRS
) -> Iterator[PassWay]:
    """The passes that were weighed, those that saw nothing first, so that they are drawn under the others."""
    if attribution is None:
        for label in hotspot.seen_by:
            yield PassWay(label, _near(ways.get(label), origin), True, None, None)
        return
    for sighting in sorted(attribution.sightings, key=lambda s: s.peak is not None):
        place = _place(sighting.lon, sighting.lat, origin, crs)
        way = _near(ways.get(sighting.label), origin)
        yield PassWay(sighting.label, way, sighting.peak is not None, place, _cone(sighting))


def _cone(sighting: Sighting) -> WindCone | None:
    if sighting.wind_from_deg is None or not math.isfinite(sighting.wind_sd_deg):
        return None
    half = 2 * sighting.wind_sd_deg
    return WindCone(sighting.wind_from_deg, half) if half < 180.0 else None


def _near(way: Floats | None, origin: Floats) -> Floats:
    return np.empty((0, 2)) if way is None else way - origin


def _ways(track: Track, crs: CRS) -> Iterator[tuple[str, Floats]]:
    passes = track.passes
    if "pass_index" not in passes:
        return
    x, y = to_grid(passes["lon"].values, passes["lat"].values, crs)
    index = passes["pass_index"].values
    placed = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & (index >= 0))
    order = placed[np.argsort(index[placed], kind="stable")]
    firsts = np.flatnonzero(np.diff(index[order], prepend=-1))
    for rows in np.split(order, firsts[1:]) if order.size else ():
        yield f"{passes['trajectory'].item()}#{index[rows[0]]}", _broken(np.column_stack([x[rows], y[rows]]))


def _broken(way: Floats) -> Floats:
    """A way with a row of NaN where its points are farther apart than any drive's."""
    gaps = np.flatnonzero(np.hypot(*np.diff(way, axis=0).T) > _GAP_M) + 1
    return np.insert(way, gaps, np.nan, axis=0)


def _local(area: Area, origin: Floats, crs: CRS) -> Area:
    return shapely.transform(area, lambda xy: np.column_stack(to_grid(xy[:, 0], xy[:, 1], crs)) - origin)


def _place(lon: float, lat: float, origin: Floats, crs: CRS) -> Metres:
    x, y = to_grid(lon, lat, crs)
    return float(x - origin[0]), float(y - origin[1])


def _square(
    areas: Sequence[Area], places: Sequence[Metres], named: Sequence[Named], source: Metres | None
) -> tuple[Metres, float]:
    """Centre and half the side, m, of the square that holds everything, with a margin."""
    points = [(0.0, 0.0), *places, *(c.place for c in named), *([source] if source else [])]
    for area in areas:
        west, south, east, north = area.bounds
        points += [(west, south), (east, north)]
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    centre = (low + high) / 2
    return (float(centre[0]), float(centre[1])), max(_MARGIN * 0.5 * float((high - low).max()), _LEAST_HALF_M)
