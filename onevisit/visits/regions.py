"""Which tracks and photos belong on one grid, and which sites are within reach of them.

A memory card may hold drives of two cities. Data further apart than ``region_gap_m`` cannot share a grid in memory or
in meaning, so each region gets its own CRS, cube and mosaic; hotspots, visits and routes are joined again afterwards.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ingest.coordinates import EARTH_RADIUS_M, grid_crs, time_zone_at
from ingest.flags import BAD_POSITION, is_usable
from ingest.outcome import Decision, Notes, Outcome, Phrase, Reject
from ingest.schema import Frame, Site
from ingest.settings import setting
from onevisit.settings import RouteSettings
from tracks.schema import Track


@dataclass(frozen=True)
class RegionSettings:
    """What belongs together on the map."""

    region_gap_m: float = setting(
        30_000.0, unit="m", source="choice: further than a drive reaches between two hotspots of one shift"
    )
    site_reach_m: float = setting(
        10_000.0, unit="m", source="choice: beyond this a ground-level plume is not told from background"
    )


@dataclass(frozen=True)
class Region:
    """Tracks and photos that share a grid. ``name`` is empty for the first, ``-2``, ``-3`` for further ones."""

    name: str
    crs: CRS
    tracks: tuple[Track, ...]
    frames: tuple[Frame, ...]

    @property
    def lonlat(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """All usable positions of the region, degrees."""
        return _positions(self.tracks, self.frames)

    @property
    def track_lonlat(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Usable positions of the region's tracks, degrees: what the cube must cover."""
        return _positions(self.tracks, ())


def split_regions(
    tracks: Sequence[Track], frames: Sequence[Frame], settings: RegionSettings, *, crs: CRS | None = None
) -> Outcome[tuple[Region, ...]]:
    """Group what lies within ``region_gap_m`` of each other; the region with most rows comes first.

    Parameters
    ----------
    tracks, frames : sequences
        Tracks without any usable position belong to no region: they are rejected.
    crs : CRS, optional
        The grid's CRS; chosen per region from the data where not given.

    Returns
    -------
    Outcome of a tuple of `Region`
        With a decision on the CRS of each region, and on the split where there is more than one.
    """
    is_placed = [len(_item_positions(track)[0]) > 0 for track in tracks]
    notes = Notes()
    for track in itertools.compress(tracks, (not placed for placed in is_placed)):
        notes.reject(str(track.passes["trajectory"].values), "positions", "track_without_usable_position")
    items: list[Track | Frame] = [*itertools.compress(tracks, is_placed), *frames]
    if not items:
        return notes.outcome(())
    labels = _group_nearby([_unit_vectors(*_item_positions(item)) for item in items], settings.region_gap_m)
    groups = [[item for item, label in zip(items, labels, strict=True) if label == k] for k in range(max(labels) + 1)]
    groups.sort(key=_rows, reverse=True)
    regions = []
    for number, group in enumerate(groups, start=1):
        region = _region("" if number == 1 else f"-{number}", group, crs)
        regions.append(region)
        notes.keep(_crs_decision(region, declared=crs is not None))
    if len(regions) > 1:
        notes.keep(_split_decision(regions, settings))
    return notes.outcome(tuple(regions))


def keep_sites_in_reach(
    sites: Sequence[Site], regions: Sequence[Region], settings: RegionSettings, *, also: Collection[str] = ()
) -> Outcome[tuple[Site, ...]]:
    """Keep sites within ``site_reach_m`` of any position, and those with an id in ``also``, of which something else
    is known; the others are rejected with their distance."""
    if not sites or not regions:
        return Outcome(tuple(sites))
    places = [region.lonlat for region in regions]
    lon, lat = np.concatenate([place[0] for place in places]), np.concatenate([place[1] for place in places])
    tree = cKDTree(_unit_vectors(lon, lat)[:: max(1, len(lon) // 50_000)])
    owner = np.repeat(np.arange(len(sites)), [len(site.places) for site in sites])
    spots = [place for site in sites for place in site.places]
    found, _ = tree.query(_unit_vectors(np.array([p.lon for p in spots]), np.array([p.lat for p in spots])))
    distances = np.asarray(found) * EARTH_RADIUS_M
    near = distances <= settings.site_reach_m + 2 * np.array([p.sd_m for p in spots])
    is_near, nearest = np.zeros(len(sites), bool), np.full(len(sites), np.inf)
    np.logical_or.at(is_near, owner, near)  # of a site in doubt any place counts
    np.minimum.at(nearest, owner, distances)
    kept, notes = [], Notes()
    for site, distance, reached in zip(sites, nearest, is_near, strict=True):
        if reached or site.site_id in also:
            kept.append(site)
        else:
            notes.keep(_far_site(site, float(distance), settings))
    return notes.outcome(tuple(kept))


def with_local_zone(
    settings: RouteSettings, regions: Sequence[Region], sites: Sequence[Site] = (), *, of_records: str = "UTC"
) -> Outcome[RouteSettings]:
    """Times of routes and report are those of the first region's place where no zone is declared.

    Where nothing was measured on the way, those of the middle of the sites; without any, ``of_records``.
    """
    if settings.time_zone:
        return Outcome(settings)
    if not regions and not sites:
        return Outcome(replace(settings, time_zone=of_records))
    spread = regions[0].lonlat if regions else ([site.lon for site in sites], [site.lat for site in sites])
    lon, lat = (float(np.median(axis)) for axis in spread)
    zone = time_zone_at(lon, lat) or "UTC"
    said = Decision("times of routes and report", "times_shown_in_zone", {"zone": zone, "lon": lon, "lat": lat})
    return Outcome(replace(settings, time_zone=zone), (said,))


def _region(name: str, group: Sequence[Track | Frame], crs: CRS | None) -> Region:
    tracks = tuple(item for item in group if isinstance(item, Track))
    frames = tuple(item for item in group if isinstance(item, Frame))
    lon, lat = _positions(tracks, frames)
    return Region(name, crs or grid_crs(lon, lat), tracks, frames)


def _rows(group: Sequence[Track | Frame]) -> int:
    return sum(item.passes.sizes["obs"] if isinstance(item, Track) else 1 for item in group)


def _item_positions(item: Track | Frame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if isinstance(item, Frame):
        return np.array([item.pose.lon]), np.array([item.pose.lat])
    lon, lat = item.passes["lon"].values, item.passes["lat"].values
    usable = np.isfinite(lon) & np.isfinite(lat) & is_usable(item.passes["qc_flag"].values, BAD_POSITION)
    return lon[usable], lat[usable]


def _positions(tracks: Sequence[Track], frames: Sequence[Frame]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    items: list[Track | Frame] = [*tracks, *frames]
    parts = [_item_positions(item) for item in items]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def _unit_vectors(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on the unit sphere, shape (n, 3): chords are distances without a date line."""
    x, y = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=1)


def _group_nearby(items: Sequence[NDArray[np.float64]], gap_m: float) -> list[int]:
    """Label items whose nearest points are within ``gap_m``, transitively; points are thinned to gap / 10."""
    thin = [np.unique(np.round(points * EARTH_RADIUS_M / (gap_m / 10)), axis=0) * (gap_m / 10) for points in items]
    owner = np.repeat(np.arange(len(thin)), [len(points) for points in thin])
    pairs = cKDTree(np.concatenate(thin)).query_pairs(gap_m, output_type="ndarray")
    graph = coo_array((np.ones(len(pairs)), (owner[pairs[:, 0]], owner[pairs[:, 1]])), shape=(len(items),) * 2)
    return [int(label) for label in connected_components(graph, directed=False)[1]]


def _crs_decision(region: Region, *, declared: bool) -> Decision:
    lon, lat = region.lonlat
    median = float(np.median(lon)), float(np.median(lat))
    chosen = Phrase("grid_crs_chosen", {"lon": median[0], "lat": median[1], "positions": len(lon)})
    return Decision(
        f"grid{region.name}",
        "grid_crs",
        {"crs": region.crs.to_string(), "name": region.crs.name},
        Phrase("grid_crs_declared") if declared else chosen,
    )


def _split_decision(regions: Sequence[Region], settings: RegionSettings) -> Decision:
    parts = tuple(_what_region(region) for region in regions)
    gap_km = settings.region_gap_m / 1000
    return Decision("mission", "regions_split", {"count": len(regions), "gap_km": gap_km, "regions": parts})


def _what_region(region: Region) -> Phrase:
    lon, lat = (float(np.median(axis)) for axis in region.lonlat)
    traces, photos = len(region.tracks), len(region.frames)
    return Phrase(
        "region_of", {"grid": f"grid{region.name}", "traces": traces, "photos": photos, "lon": lon, "lat": lat}
    )


def _far_site(site: Site, distance_m: float, settings: RegionSettings) -> Reject:
    return Reject(
        ", ".join(site.sources) or site.site_id,
        f"{site.name} ({site.site_id})",
        "site_out_of_reach",
        {
            "lon": float(site.lon),
            "lat": float(site.lat),
            "distance_km": distance_m / 1000,
            "reach_km": settings.site_reach_m / 1000,
        },
    )
