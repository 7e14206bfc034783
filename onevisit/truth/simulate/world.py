"""The park: streets, parcels, sites, terrain, in metres of the grid CRS around an origin.

Streets are a bent and turned lattice; blocks between them are cut into parcels, one site each, with a gate on a
street, buildings and a stack. Everything is drawn from one seed.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely import affinity

from ingest.coordinates import to_grid, to_lonlat
from onevisit.truth.simulate.cutting import cut_block
from onevisit.truth.simulate.names import INDUSTRIES, Industry, company_name, permit_code, uscc

Floats = NDArray[np.float64]
_CENTRE_LON, _CENTRE_LAT = 104.07, 30.67
_EPSG = 4544
VERGE_M, FENCE_M = 14.0, 3.0
"""From the axis of a street to the parcels, and from the edge of a parcel to its fence."""


@dataclass(frozen=True)
class Size:
    """How large a world is: nodes of the street lattice, block size, drives, laps, active sources, photos.

    A drive covers a window of at most ``window`` by ``window`` crossings.
    """

    columns: int
    rows: int
    block_m: float
    parcels_per_block: tuple[int, int]
    drives: int
    laps: tuple[int, int]
    sources: tuple[int, int]
    strips: int
    photos_per_strip: int
    window: int = 8


SIZES: dict[str, Size] = {
    "demo": Size(4, 4, 280.0, (4, 6), 1, (3, 6), (2, 4), 3, 4),
    "district": Size(8, 8, 300.0, (4, 5), 2, (2, 3), (6, 12), 5, 8),
    "city": Size(32, 34, 300.0, (4, 6), 3, (2, 3), (15, 25), 6, 12),
}


@dataclass(frozen=True)
class ParkSite:
    """One site of the park as it really is, whatever registers say. Geometries in local metres."""

    site_id: str
    name: str
    uscc: str
    industry: Industry
    parcel: shapely.Polygon
    gate: shapely.Point
    stack: shapely.Point
    buildings: tuple[shapely.Polygon, ...]
    listed: bool = True
    management_class: str = "登记管理"


@dataclass(frozen=True)
class Street:
    """A piece of street between two crossings."""

    name: str
    start: int
    end: int
    line: shapely.LineString
    main: bool


@dataclass(frozen=True)
class World:
    """A park with streets and sites. ``nodes`` are crossings, shape (rows, columns, 2), local metres."""

    size: Size
    crs: CRS
    origin_x: float
    origin_y: float
    nodes: Floats
    streets: tuple[Street, ...]
    places: tuple[ParkSite, ...]
    blocks: tuple[shapely.Polygon, ...]
    terrain: tuple[float, float, float, float] = field(default=(0.0, 0.0, 0.0, 400.0))

    @property
    def origin(self) -> Floats:
        """Easting and northing of the local origin."""
        return np.array([self.origin_x, self.origin_y])

    def lonlat(self, x: object, y: object) -> tuple[Floats, Floats]:
        """WGS 84 degrees of local metres."""
        return to_lonlat(np.asarray(x, float) + self.origin_x, np.asarray(y, float) + self.origin_y, self.crs)

    def geometry(self, shape: shapely.Geometry, digits: int = 7) -> dict[str, object]:
        """GeoJSON geometry in WGS 84 degrees (RFC 7946), rounded."""

        def degrees(xy: Floats) -> Floats:
            return np.asarray(np.round(np.column_stack(self.lonlat(xy[:, 0], xy[:, 1])), digits), float)

        moved = shapely.transform(shape, degrees)
        return dict(json.loads(shapely.to_geojson(moved)))

    def height(self, x: Floats, y: Floats) -> Floats:
        """Ground height above the take-off point: a slope and a swell, metres."""
        slope_x, slope_y, swell, length = self.terrain
        return slope_x * x + slope_y * y + swell * np.sin(2 * np.pi * x / length) * np.cos(2 * np.pi * y / length)


def build_world(size: Size, rng: np.random.Generator, *, parcels: np.random.Generator | None = None) -> World:
    """Draw a park: lattice of streets, blocks, parcels and sites.

    Parameters
    ----------
    parcels : numpy.random.Generator, optional
        Draws parcels of log-normal sizes and their sites; without it a block is cut into about equal ones.
    """
    crs = CRS.from_epsg(_EPSG)
    x, y = to_grid(_CENTRE_LON, _CENTRE_LAT, crs)
    nodes = _lattice(size, rng)
    blocks = _blocks(nodes)
    places: list[ParkSite] = []
    for block in blocks:
        even = _settle(block, size, rng)  # drawn in any case, so that the terrain stays as it is
        places += even if parcels is None else _settle_unevenly(block, parcels)
    terrain = (float(rng.normal(0, 0.002)), float(rng.normal(0, 0.002)), float(rng.uniform(0.3, 1.0)), 420.0)
    return World(
        size,
        crs,
        float(np.round(x, -2)),
        float(np.round(y, -2)),
        nodes,
        _streets(nodes),
        tuple(places),
        blocks,
        terrain,
    )


def _lattice(size: Size, rng: np.random.Generator) -> Floats:
    """Crossings of a turned, uneven lattice, shape (rows, columns, 2)."""
    widths = size.block_m * rng.uniform(0.85, 1.15, size.columns - 1)
    heights = size.block_m * rng.uniform(0.85, 1.15, size.rows - 1)
    x = np.concatenate([[0.0], np.cumsum(widths)])
    y = np.concatenate([[0.0], np.cumsum(heights)])
    grid = np.stack(np.meshgrid(x - x.mean(), y - y.mean()), axis=-1)
    grid = grid + rng.normal(0, 5.0, grid.shape)
    turn = np.radians(rng.uniform(-18, 18))
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.asarray(grid @ matrix, float)


def _streets(nodes: Floats) -> tuple[Street, ...]:
    rows, columns, _ = nodes.shape
    streets = []
    numerals = "一二三四五六七八九十"
    for row in range(rows):
        for column in range(columns):
            index = row * columns + column
            if column + 1 < columns:
                line = shapely.LineString([nodes[row, column], nodes[row, column + 1]])
                name = f"科园{numerals[row % 10]}路" + (str(row // 10) if row >= 10 else "")
                streets.append(Street(name, index, index + 1, line, row in (0, rows - 1)))
            if row + 1 < rows:
                line = shapely.LineString([nodes[row, column], nodes[row + 1, column]])
                name = f"工业{numerals[column % 10]}街" + (str(column // 10) if column >= 10 else "")
                streets.append(Street(name, index, index + columns, line, column in (0, columns - 1)))
    return tuple(streets)


def _blocks(nodes: Floats) -> tuple[shapely.Polygon, ...]:
    rows, columns, _ = nodes.shape
    return tuple(
        shapely.Polygon([nodes[r, c], nodes[r, c + 1], nodes[r + 1, c + 1], nodes[r + 1, c]])
        for r in range(rows - 1)
        for c in range(columns - 1)
    )


def _settle(block: shapely.Polygon, size: Size, rng: np.random.Generator) -> list[ParkSite]:
    """Cut a block into parcels, back to back along its middle, and put a site on each."""
    inner = block.buffer(-VERGE_M, join_style="mitre")
    corners = np.asarray(inner.exterior.coords[:4])
    count = int(rng.integers(size.parcels_per_block[0], size.parcels_per_block[1] + 1))
    lower = count // 2
    shares = [(0.0, 0.5, lower), (0.5, 1.0, count - lower)]
    places = []
    for low, high, number in shares:
        cuts = np.concatenate(
            [[0.0], np.sort(np.arange(1, number) / number + rng.normal(0, 0.03, number - 1)), [1.0]]
        )
        for left, right in itertools.pairwise(cuts):
            parcel = shapely.Polygon(
                [_within(corners, u, v) for u, v in ((left, low), (right, low), (right, high), (left, high))]
            )
            fenced = parcel.buffer(-FENCE_M, join_style="mitre")
            ring = np.asarray(fenced.exterior.coords[:4])
            street_side = ring[:2] if low == 0.0 else ring[2:]
            places.append(_found(fenced, shapely.Point(street_side.mean(axis=0)), rng))
    return places


def _settle_unevenly(block: shapely.Polygon, rng: np.random.Generator) -> list[ParkSite]:
    """Cut a block into parcels of log-normal sizes, with gates next to a street and stacks anywhere on a roof."""
    inner = block.buffer(-VERGE_M, join_style="mitre")
    corners = np.asarray(inner.exterior.coords[:4])
    places = []
    for u0, v0, u1, v1 in cut_block(float(inner.area), rng):
        whole = shapely.Polygon([_within(corners, u, v) for u, v in ((u0, v0), (u1, v0), (u1, v1), (u0, v1))])
        parcel = whole.buffer(-FENCE_M, join_style="mitre")
        sides = [shapely.LineString(side) for side in itertools.pairwise(parcel.exterior.coords)]
        middles = [side.interpolate(0.5, normalized=True) for side in sides]
        place = _found(parcel, min(middles, key=block.exterior.distance), rng)
        hall = np.asarray(place.buildings[int(rng.integers(len(place.buildings)))].exterior.coords[:4])
        places.append(replace(place, stack=shapely.Point(_within(hall, *rng.uniform(0.1, 0.9, 2)))))
    return places


def _within(corners: Floats, u: float, v: float) -> Floats:
    """Point at shares (u, v) of a quadrilateral by bilinear interpolation, shape (2,)."""
    a, b, c, d = corners
    return np.asarray((1 - u) * (1 - v) * a + u * (1 - v) * b + u * v * c + (1 - u) * v * d, float)


def _found(parcel: shapely.Polygon, gate: shapely.Point, rng: np.random.Generator) -> ParkSite:
    industry = INDUSTRIES[int(rng.choice(len(INDUSTRIES), p=_INDUSTRY_SHARES))]
    code = uscc(rng)
    corners = np.asarray(parcel.exterior.coords[:4])
    buildings = _buildings(corners, rng)
    roof = buildings[int(rng.integers(len(buildings)))]
    stack = shapely.Point(np.asarray(roof.centroid.coords[0]) + rng.uniform(-6, 6, 2))
    listed_class = str(rng.choice(["登记管理", "简化管理", "重点管理"], p=[0.62, 0.23, 0.15]))
    return ParkSite(
        permit_code(code, 1, rng),
        company_name(industry, rng),
        code,
        industry,
        parcel,
        gate,
        stack,
        buildings,
        management_class=listed_class,
    )


_INDUSTRY_SHARES = np.array([0.12, 0.12, 0.12, 0.08, 0.08, 0.06, 0.10, 0.05, 0.14, 0.13])


def _buildings(corners: Floats, rng: np.random.Generator) -> tuple[shapely.Polygon, ...]:
    """One to three halls inside a parcel, parallel to it."""
    number = int(rng.integers(1, 4))
    edges = np.linspace(0.08, 0.92, number + 1)
    halls = []
    for left, right in itertools.pairwise(edges):
        low, high = rng.uniform(0.14, 0.3), rng.uniform(0.62, 0.88)
        u0, u1 = left + 0.03, right - 0.03
        halls.append(
            shapely.Polygon([_within(corners, u, v) for u, v in ((u0, low), (u1, low), (u1, high), (u0, high))])
        )
    return tuple(affinity.scale(hall, 0.97, 0.97) for hall in halls)
