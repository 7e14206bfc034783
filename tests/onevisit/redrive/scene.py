"""A hotspot between two sites on a crossing of streets, and means to plan with."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import shapely
from pyproj import CRS

from fusion.schema import Attribution, Hotspot, Rate, SiteProbability, UnlistedCell
from fusion.settings import FusionSettings
from ingest.coordinates import to_grid, to_lonlat
from ingest.roads.read import Road, Roads
from ingest.schema import Site
from onevisit.redrive.plan import Ground, Means
from onevisit.settings import RouteSettings, VisitSettings
from tracks.settings import TrackSettings

GRID = CRS.from_epsg(4544)
X0, Y0 = (float(v) for v in to_grid(104.0, 30.0, GRID))
RATE = Rate(300.0, 150.0, 600.0)
DAY = date(2026, 5, 2)


def at(*metres: tuple[float, float]) -> np.ndarray:
    """Degrees of places so many metres east and north of 104, 30 on the grid of Chengdu."""
    return np.column_stack(to_lonlat([X0 + x for x, _ in metres], [Y0 + y for _, y in metres], GRID))


def road(*metres: tuple[float, float], name: str = "", oneway: int = 0, may_stop: bool = True) -> Road:
    """A street through these places."""
    return Road(at(*metres), oneway, None, name, may_stop)


def block() -> Roads:
    """Four streets about a block of 300 m, whose south-west corner is the origin."""
    corners = [(0.0, 0.0), (300.0, 0.0), (300.0, 300.0), (0.0, 300.0)]
    sides = zip(corners, [*corners[1:], corners[0]], ("South", "East", "North", "West"), strict=True)
    return Roads(tuple(road(a, b, name=name) for a, b, name in sides))


def hotspot(name: str = "H001", x: float = 150.0, y: float = 0.0, *, tier_single: bool = False) -> Hotspot:
    """A place on the south street, met at 02:10 and 03:05 UTC."""
    (lon, lat), *_ = at((x, y))
    first, last = (datetime(2026, 5, 1, hour, minute, tzinfo=UTC) for hour, minute in ((2, 10), (3, 5)))
    return Hotspot(
        name, "ch4", "ppm", shapely.box(lon, lat, lon + 1e-4, lat + 1e-4), 4, 1600.0, 1.0, 0.1, 2.0, 0.01, 0.01, 3, 4,
        tier_single, first, last, float(lon), float(lat), 5.0, 0.0, 3.0, ("d",), snr=20.0,
    )  # fmt: skip


def explained(name: str = "H001", *, shares: tuple[float, float] = (0.5, 0.4), unlisted: float = 0.09) -> Attribution:
    """Site a 100 m north-west and site b 100 m north-east of the hotspot, and a cell between them."""
    (lon, lat), *_ = at((150.0, 80.0))
    a, b = (SiteProbability(s, p, 140.0, d, RATE) for s, p, d in zip("ab", shares, (315.0, 45.0), strict=True))
    return Attribution(
        name, (a, b), unlisted, 1.0 - sum(shares) - unlisted, 1.0 - sum(shares), 0.0, 20.0, (), (),
        unlisted_cells=(UnlistedCell(float(lon), float(lat), 32.0, 1.0, RATE),), detection_limit=0.02,
    )  # fmt: skip


def site(name: str, *, sd_m: float = 10.0) -> Site:
    """A listed site."""
    (lon, lat), *_ = at((50.0 if name == "a" else 250.0, 100.0))
    return Site(
        site_id=name, name=f"Works {name}", permit_code=name, lon=float(lon), lat=float(lat), position_sd_m=sd_m,
        crs="EPSG:4326 declared", crs_source="declared",
    )  # fmt: skip


def ground(*names: str, tracks: tuple = ()) -> Ground:
    """The hotspots of these names, all alike."""
    return Ground(GRID, tracks, tuple(hotspot(n) for n in names), tuple(explained(n) for n in names))


def means(**routes: float | str) -> Means:
    """The built-in ones, with hours of Chengdu."""
    given = {"time_zone": "Asia/Shanghai", **routes}
    return Means(VisitSettings(), RouteSettings(**given), FusionSettings(), TrackSettings(), DAY)  # type: ignore[arg-type]
