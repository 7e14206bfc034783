"""Gates against the street network: a gate opens onto a street, so a shifted one is found far from all of them.

Registers that say WGS 84 and hold GCJ-02 cannot be told from the register alone. Where rows have a gate and the
mission has roads, each gate is tried in the three systems; one that is off the streets as declared and on one as
another system is read as that, with a standard deviation that keeps the doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from ingest.coordinates import bd09_from_gcj02, gcj02_from_wgs84, metres_per_degree
from ingest.outcome import Decision, Outcome, Phrase
from ingest.registers.places import BD09, HYPOTHESES, WGS84, to_wgs84
from ingest.registers.read import SiteSettings
from ingest.roads.read import Roads
from ingest.schema import CrsSource, Site

_OVERRULED_CODES = {
    "declared": "declared_crs_overruled",
    "guessed": "guessed_crs_overruled",
    "unknown": "unknown_crs_overruled",
}
"""What is said of a system that is overruled, by how it became known (`CrsSource`)."""


def check_gates(sites: Sequence[Site], roads: Roads, settings: SiteSettings) -> Outcome[tuple[Site, ...]]:
    """Test the coordinate system of sites with a gate and without a parcel against the streets.

    Assumes that most gates are right and lie at a mapped street: unless four in five of at least
    ``settings.gates_needed`` gates do, nothing is changed. A street is "at" a gate within ``settings.gate_road_m``,
    or one and a half times the median distance if that is more. Fails for a gate on an unmapped road that happens to
    be near a street 350 m away; therefore the position keeps ``settings.gate_guess_sd_m``.

    Returns
    -------
    Outcome of tuple of Site
        The same sites, some with another position, ``crs`` and ``crs_source``; a decision for each.
    """
    tested = [i for i, site in enumerate(sites) if site.gate is not None and site.crs in HYPOTHESES]
    if not tested or not roads.lines:
        return Outcome(tuple(sites))
    distances = _distances([sites[i] for i in tested], roads)
    as_read = np.array([distances[row, HYPOTHESES.index(sites[i].crs)] for row, i in enumerate(tested)])
    limit_m = max(settings.gate_road_m, 1.5 * float(np.median(as_read)))
    share = float(np.mean(as_read <= limit_m))
    if len(tested) < settings.gates_needed or share < 0.8:
        values = {"count": len(tested), "percent": 100 * share, "limit_m": limit_m}
        return Outcome(tuple(sites), (Decision("registers", "gates_not_tested", values),))
    found, decisions = list(sites), []
    for row, i in enumerate(tested):
        fitting = [name for k, name in enumerate(HYPOTHESES) if distances[row, k] <= limit_m]
        if as_read[row] <= limit_m or not fitting or sites[i].parcel is not None:
            continue  # where two others fit, the smaller shift is the commoner mistake
        found[i] = _read_as(sites[i], fitting[0], settings)
        decisions.append(_overruled(sites[i], fitting[0], distances[row]))
    return Outcome(tuple(found), tuple(decisions))


def _overruled(site: Site, crs: str, distances_m: NDArray[np.float64]) -> Decision:
    came = tuple(
        Phrase("distance_in_system", {"crs": name, "distance_m": metres})
        for name, metres in zip(HYPOTHESES, distances_m.tolist(), strict=True)
    )
    item = f"{site.sources[0] if site.sources else 'registers'}, {site.name}"
    values = {"crs": crs, "former": site.crs}
    return Decision(
        item, _OVERRULED_CODES[site.crs_source.value], values, Phrase("distances_to_street", {"distances": came})
    )


def _distances(sites: Sequence[Site], roads: Roads) -> NDArray[np.float64]:
    """Metres from each gate to the nearest street under each hypothesis, shape (site, hypothesis)."""
    middle = float(np.median([site.lat for site in sites]))
    scale = np.array(metres_per_degree(middle))
    tree = shapely.STRtree(
        [shapely.LineString(road.vertices * scale) for road in roads.lines if len(road.vertices) > 1]
    )
    gates = np.array([[_gate_as(site, name) for name in HYPOTHESES] for site in sites]) * scale
    points = np.asarray(shapely.points(gates.reshape(-1, 2)))
    (indices, _), nearest = tree.query_nearest(points, return_distance=True, all_matches=False)
    distances = np.full(len(points), np.inf)
    distances[indices] = nearest
    return distances.reshape(len(sites), len(HYPOTHESES))


def _as_written(lon: float, lat: float, crs: str) -> tuple[float, float]:
    """Numbers of the register: the position in the system in which it was read."""
    if crs == WGS84:
        return lon, lat
    x, y = gcj02_from_wgs84(lon, lat)
    if crs == BD09:
        x, y = bd09_from_gcj02(x, y)
    return float(x), float(y)


def _gate_as(site: Site, crs: str) -> tuple[float, float]:
    if site.gate is None:
        return np.nan, np.nan
    return to_wgs84(*_as_written(site.gate.x, site.gate.y, site.crs), crs)


def _read_as(site: Site, crs: str, settings: SiteSettings) -> Site:
    """Return the site with its numbers read in another system."""
    lon, lat = to_wgs84(*_as_written(site.lon, site.lat, site.crs), crs)
    moved = tuple(shapely.Point(to_wgs84(*_as_written(p.x, p.y, site.crs), crs)) for p in site.stacks)
    return replace(
        site,
        lon=lon,
        lat=lat,
        gate=shapely.Point(_gate_as(site, crs)),
        stacks=moved,
        crs=crs,
        crs_source=CrsSource.GUESSED,
        position_sd_m=float(np.hypot(settings.position_sd_m, settings.gate_guess_sd_m)),
    )
