"""A made city for timing attribution: sources, registered sites, and drives over every street in another wind.

``python -m benchmarks.city_fusion HOTSPOTS SITES PASSES`` attributes them in a process of its own and prints wall and
processor seconds and peak memory as JSON; `benchmarks.speed_fusion` reads them.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from fusion import FusionSettings, Hotspot, attribute_hotspots
from fusion.air.dispersion import Plume, obukhov_from_sun, plume_of
from fusion.attribution.observations import Crossed
from fusion.cube.grid import unproject
from ingest.schema import Site, new_trace
from tracks import Track

__all__ = ["City", "main", "make_city", "per_rate", "place_of"]

CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_396_000.0)
STREET_M, STEP_M, SPEED_M_S = 500.0, 10.0, 10.0
PER_KM2 = 50.0
"""Registered sites; 5 000 of them make a city of 10 km by 10 km."""
REACH_M = 800.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class City:
    """What `attribute_hotspots` is given."""

    hotspots: tuple[Hotspot, ...]
    tracks: tuple[Track, ...]
    sites: tuple[Site, ...]


def place_of(x: float, y: float) -> Crossed:
    """A hotspot of which only the place [m] is known, none of its crossings."""
    none = np.empty(0)
    return Crossed((x, y), none, none, none, none)


def per_rate(
    plume: Plume, along_m: Floats | float, across_m: Floats | float, *, height_m: float, source_height_m: float
) -> Floats:
    """Concentration over emission rate, s m-3, at places downwind (0 upwind and nearer than the table)."""
    along, across = np.broadcast_arrays(np.asarray(along_m, float), np.asarray(across_m, float))
    axis = plume.on_axis(height_m=height_m, source_height_m=source_height_m)
    result = np.zeros(along.shape)
    downwind = along > plume.distance_m[0]
    x, table = np.log(along[downwind]), np.log(plume.distance_m)
    width = np.interp(x, table, plume.sigma_y_m)
    result[downwind] = np.interp(x, table, axis) * np.exp(-0.5 * (across[downwind] / width) ** 2)
    return result


def make_city(hotspots: int, sites: int, passes: int, *, seed: int = 7) -> City:
    """The first ``hotspots`` sites emit; each makes a hotspot where the drives met most of it."""
    rng = np.random.default_rng(seed)
    side = max(1000.0 * (sites / PER_KM2) ** 0.5, 2 * STREET_M)
    x, y = rng.uniform(0, side, (2, sites))
    street_x, street_y = _streets(side)
    tree = cKDTree(np.column_stack([street_x, street_y]))
    near = tree.query_ball_point(np.column_stack([x[:hotspots], y[:hotspots]]), REACH_M)
    rate = rng.lognormal(np.log(5e3), 0.5, hotspots)
    best, where = np.zeros(hotspots), np.zeros(hotspots, np.intp)
    tracks = []
    for k in range(passes):
        towards, speed = rng.uniform(0, 2 * np.pi), rng.uniform(2, 4)
        plume = plume_of(obukhov_from_sun(speed, 0.9, roughness_m=0.3, mixing_height_m=800.0), width=0.6)
        value = 0.02 * rng.standard_normal(street_x.size)
        for j, rows in enumerate(near):
            dx, dy = street_x[rows] - x[j], street_y[rows] - y[j]
            along, across = np.cos(towards) * dx + np.sin(towards) * dy, np.cos(towards) * dy - np.sin(towards) * dx
            met = rate[j] * per_rate(plume, along, across, height_m=2.5, source_height_m=5.0)
            value[rows] += met
            if met.max(initial=0.0) > best[j]:
                best[j], where[j] = met.max(), rows[int(met.argmax())]
        tracks.append(_drive(k, street_x, street_y, value, speed * np.cos(towards), speed * np.sin(towards)))
    lon, lat = unproject(x + ORIGIN[0], y + ORIGIN[1], CRS)
    register = tuple(
        Site(f"S{j}", f"site {j}", float(lon[j]), float(lat[j]), 20.0, "WGS84", "declared") for j in range(sites)
    )
    found = tuple(_hotspot(j, street_x[where[j]], street_y[where[j]], passes) for j in range(hotspots))
    return City(found, tuple(tracks), register)


def _streets(side: float) -> tuple[Floats, Floats]:
    """Places along every street, one street after the other."""
    along, lanes = np.arange(0.0, side, STEP_M), np.arange(0.0, side + 1.0, STREET_M)
    one, other = np.tile(along, lanes.size), np.repeat(lanes, along.size)
    return np.concatenate([one, other]), np.concatenate([other, one])


def _drive(k: int, x: Floats, y: Floats, value: Floats, u: float, v: float) -> Track:
    lon, lat = unproject(x + ORIGIN[0], y + ORIGIN[1], CRS)
    step = np.timedelta64(round(1e9 * STEP_M / SPEED_M_S), "ns")
    when = np.datetime64("2024-05-01T02:00", "ns") + np.timedelta64(k, "D") + np.arange(x.size) * step
    attrs = {"units": "ppb", "species": "C7H8", "instrument": "made", "long_name": "toluene"}
    wind = {name: (np.full(x.size, w), {"units": "m s-1"}) for name, w in (("u", u), ("v", v), ("wind_sd", 0.5))}
    passes = new_trace(f"pass{k}", when, lon, lat, {"toluene": (value + 1.0, attrs), **wind})
    passes["pass_index"] = ("obs", np.zeros(x.size, np.int32))
    passes["toluene_enhancement"] = ("obs", value, {"units": "ppb", "noise_sd": 0.02})
    return Track(passes, passes[[]])


def _hotspot(j: int, x: float, y: float, passes: int) -> Hotspot:
    lon, lat = (float(v[0]) for v in unproject(np.array([x + ORIGIN[0]]), np.array([y + ORIGIN[1]]), CRS))
    when = datetime(2024, 5, 1, 2, tzinfo=UTC)
    polygon = shapely.Point(lon, lat).buffer(2e-4)
    figures = (4, 1600.0, 1.0, 0.2, 1.0, 0.002, 0.01, passes, passes, False)
    return Hotspot(f"H{j}", "toluene", "ppb", polygon, *figures, when, when, lon, lat, 10.0, None, None, ())


def _attribute(city: City) -> tuple[float, float, float]:
    """Attribute all hotspots: wall and processor seconds, and the share whose likeliest site made it."""
    wall, processor = time.perf_counter(), time.process_time()
    found = attribute_hotspots(city.hotspots, city.tracks, city.sites, FusionSettings(), crs=CRS).value
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    right = [bool(a.sites) and a.sites[0].site_id == f"S{a.hotspot_id[1:]}" for a in found]
    return wall, processor, float(np.mean(right))


def main(argv: Sequence[str] | None = None) -> int:
    """Time the attribution of all hotspots of one city."""
    hotspots, sites, passes = (int(text) for text in (sys.argv[1:] if argv is None else argv))
    _attribute(make_city(2, 20, 2))  # compiles
    wall, processor, right = _attribute(make_city(hotspots, sites, passes))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall_s": wall, "processor_s": processor, "megabytes": memory, "right": right}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
