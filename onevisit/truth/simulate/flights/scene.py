"""The ground as a camera sees it: an orthophoto-like picture of a part of the park, and its temperature.

Painted from the world's own geometry (streets, halls, gates) with soil, covered soil, water of two colours, an
outfall, trees and vehicles. What a finding should be found at is returned as labelled polygons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity

from onevisit.truth.simulate.world import ParkSite, Street, World

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
_Window = tuple[slice, slice]
_ROOFS = ((178, 172, 166), (150, 96, 62), (196, 190, 182), (172, 122, 76), (120, 128, 150), (206, 206, 200))  # BGR
_SUN = np.array([-0.55, 0.62])  # metres of shadow per metre of height


@dataclass(frozen=True)
class Painted:
    """Something a flight should find: its kind and polygon in local metres."""

    kind: str
    polygon: shapely.Polygon


@dataclass(frozen=True)
class Scene:
    """A painted rectangle of ground: ``rgb`` (row, column, 3), ``kelvin`` (row, column), upper left corner."""

    rgb: Pixels
    kelvin: NDArray[np.float32]
    left: float
    top: float
    pixel_m: float
    features: tuple[Painted, ...]

    def columns_rows(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Column and row of local metres; the centre of the first pixel is (0, 0), as `cv2.remap` counts."""
        return (x - self.left) / self.pixel_m - 0.5, (self.top - y) / self.pixel_m - 0.5


class _Canvas:
    """A picture under work, in BGR, with its temperature beside it."""

    def __init__(
        self, left: float, top: float, width_m: float, height_m: float, pixel_m: float, rng: np.random.Generator
    ) -> None:
        self.left, self.top, self.pixel_m, self.rng = left, top, pixel_m, rng
        self.shape = (round(height_m / pixel_m), round(width_m / pixel_m))
        self.bgr = np.zeros((*self.shape, 3), np.uint8)
        self.kelvin = np.full(self.shape, 293.0, np.float32)

    def points(self, xy: Floats) -> NDArray[np.int32]:
        """Pixel coordinates with four binary digits of fraction, as OpenCV's ``shift`` wants them."""
        columns = (xy[:, 0] - self.left) / self.pixel_m - 0.5
        rows = (self.top - xy[:, 1]) / self.pixel_m - 0.5
        return np.round(np.column_stack([columns, rows]) * 16).astype(np.int32)

    def fill(self, polygon: shapely.Polygon, colour: tuple[int, int, int], kelvin: float | None = None) -> None:
        """Fill a polygon."""
        points = [self.points(np.asarray(polygon.exterior.coords)[:, :2])]
        cv2.fillPoly(self.bgr, points, colour, cv2.LINE_AA, 4)
        if kelvin is not None:
            cv2.fillPoly(self.kelvin, points, kelvin, cv2.LINE_8, 4)

    def stroke(self, xy: Floats, colour: tuple[int, int, int], width_m: float) -> None:
        """Draw a line of a width in metres."""
        width = max(1, round(width_m / self.pixel_m))
        cv2.polylines(self.bgr, [self.points(xy)], False, colour, width, cv2.LINE_AA, 4)

    def disc(self, x: float, y: float, radius_m: float, colour: tuple[int, int, int]) -> None:
        """Draw a filled circle."""
        centre = self.points(np.array([[x, y]]))[0]
        cv2.circle(
            self.bgr,
            (int(centre[0]), int(centre[1])),
            round(radius_m / self.pixel_m * 16),
            colour,
            -1,
            cv2.LINE_AA,
            4,
        )

    def shade(self, polygon: shapely.Geometry, factor: float) -> None:
        """Darken (or lighten) under a polygon."""
        found = self._mask(polygon)
        if found is None:
            return
        window, mask = found
        weight = 1.0 + (factor - 1.0) * mask[..., None]
        self.bgr[window] = np.clip(self.bgr[window] * weight, 0, 255).astype(np.uint8)

    def texture(self, polygon: shapely.Polygon | None, strength: float, grain_m: float) -> None:
        """Add smooth noise of one grain size, inside a polygon or everywhere."""
        everywhere = (slice(None), slice(None)), np.ones(self.shape, np.float32)
        found = everywhere if polygon is None else self._mask(polygon)
        if found is None:
            return
        window, mask = found
        grey = _noise(mask.shape, max(1, round(grain_m / self.pixel_m)), self.rng) * (strength * mask)
        noise = cv2.merge([grey, grey, grey])
        self.bgr[window] = cv2.add(self.bgr[window], noise, dtype=cv2.CV_8U)

    def _mask(self, polygon: shapely.Geometry) -> tuple[_Window, NDArray[np.float32]] | None:
        """Share of each pixel under a polygon, on the part of the canvas that it reaches."""
        parts = [part for part in getattr(polygon, "geoms", [polygon]) if isinstance(part, shapely.Polygon)]
        parts = [part for part in parts if not part.is_empty]
        if not parts:
            return None
        points = [self.points(np.asarray(part.exterior.coords)[:, :2]) for part in parts]
        low = np.maximum(np.min([p.min(axis=0) for p in points], axis=0) // 16 - 1, 0)
        high = np.minimum(np.max([p.max(axis=0) for p in points], axis=0) // 16 + 2, self.shape[::-1])
        if (high <= low).any():
            return None
        mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
        for p in points:
            cv2.fillPoly(mask, [(p - low * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        return (slice(low[1], high[1]), slice(low[0], high[0])), mask.astype(np.float32) / 255.0


def _noise(shape: tuple[int, int], grain: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Noise of unit variance (about), smooth over ``grain`` pixels."""
    coarse = rng.normal(0, 1, (shape[0] // grain + 3, shape[1] // grain + 3)).astype(np.float32)
    resized = cv2.resize(
        coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC if grain > 1 else cv2.INTER_NEAREST
    )
    return np.asarray(resized, np.float32)


def paint_scene(
    world: World,
    centre: tuple[float, float],
    width_m: float,
    height_m: float,
    rng: np.random.Generator,
    *,
    pixel_m: float = 0.12,
) -> Scene:
    """Paint the rectangle of ground around a point.

    Parameters
    ----------
    centre : (float, float)
        Local metres of the middle of the picture.
    width_m, height_m : float
        Extent towards east and north.
    pixel_m : float
        Pixel size on the ground.
    """
    left, top = centre[0] - width_m / 2, centre[1] + height_m / 2
    canvas = _Canvas(left, top, width_m, height_m, pixel_m, rng)
    frame = shapely.box(left, top - height_m, left + width_m, top)
    canvas.bgr[:] = (92, 132, 112)
    canvas.texture(None, 9.0, 14.0)
    canvas.texture(None, 7.0, 2.5)
    dug = _building_sites(world, frame)
    for place in world.places:
        if place.parcel.intersects(frame):
            _paint_site(canvas, place.parcel, () if place in dug else place.buildings)
    features = _paint_soil(canvas, dug)
    features += _paint_water(canvas, world, frame)
    _paint_streets(canvas, [s for s in world.streets if s.line.buffer(25.0).intersects(frame)])
    features += _heat_a_roof(canvas, [p for p in world.places if p not in dug], frame)
    canvas.texture(None, 4.0, 0.35)
    canvas.texture(None, 2.5, pixel_m)
    features += _blow_smoke(canvas, world.places, frame)
    canvas.kelvin += 0.25 * _noise(canvas.shape, round(1.0 / pixel_m), rng)
    return Scene(np.ascontiguousarray(canvas.bgr[..., ::-1]), canvas.kelvin, left, top, pixel_m, tuple(features))


def _paint_water(canvas: _Canvas, world: World, frame: shapely.Polygon) -> list[Painted]:
    """A canal along the middle street, clear above the outfall and dark below it."""
    x0, y0, x1, y1 = frame.bounds
    t = np.linspace(-0.05, 1.05, 40)
    x = x0 + t * (x1 - x0)
    middle = _canal_row(world, x) + 19.0 + 1.5 * np.sin(t * 9)
    canal = shapely.LineString(np.column_stack([x, middle])).buffer(6.0, cap_style="flat")
    bank = canal.buffer(2.5)
    canvas.fill(bank, (150, 160, 166))
    canvas.fill(canal, (96, 92, 58), 290.0)
    share = float(canvas.rng.uniform(0.4, 0.6))
    outfall_x = x0 + share * (x1 - x0)
    below = canal.intersection(shapely.box(outfall_x, y0, x1 + 50, y1))
    for step, grey in enumerate(np.linspace(0, 1, 12)):
        reach = canal.intersection(shapely.box(outfall_x + 3.0 * step, y0, x1 + 50, y1))
        clear, dark = np.array([96, 92, 58]), np.array([38, 50, 52])
        colour = np.round(clear + (dark - clear) * grey).astype(int)
        if isinstance(reach, shapely.Polygon) and not reach.is_empty:
            canvas.fill(reach, (int(colour[0]), int(colour[1]), int(colour[2])), 290.0 + 2.5 * float(grey))
    y_out = float(np.interp(outfall_x, x, middle)) + 6.0
    pipe = shapely.Point(outfall_x, y_out + 1.0).buffer(1.6)
    fan = shapely.Polygon(
        [(outfall_x - 0.8, y_out), (outfall_x + 0.8, y_out), (outfall_x + 9, y_out - 7), (outfall_x + 3, y_out - 8)]
    )
    canvas.fill(fan, (170, 190, 190), 301.0)
    canvas.fill(pipe, (70, 70, 74))
    found = [("water_clear", canal.difference(below.buffer(0.1))), ("water_dark", below), ("outfall", pipe)]
    inside = [(kind, shape.intersection(frame)) for kind, shape in found]
    return [
        Painted(kind, shape) for kind, shape in inside if isinstance(shape, shapely.Polygon) and not shape.is_empty
    ]


def _canal_row(world: World, x: Floats) -> Floats:
    """Northing of the street row that the canal follows, at eastings ``x``."""
    row = world.nodes[world.nodes.shape[0] // 2]
    slope, level = np.polyfit(row[:, 0], row[:, 1], 1)
    return np.asarray(slope * x + level, float)


def _paint_streets(canvas: _Canvas, streets: Sequence[Street]) -> None:
    for street in streets:
        xy = np.asarray(street.line.coords)
        canvas.stroke(xy, (168, 176, 178), 22.0)
    for street in streets:
        xy = np.asarray(street.line.coords)
        canvas.stroke(xy, (104, 100, 98), 15.0 if street.main else 13.0)
    for street in streets:
        _mark_lanes(canvas, np.asarray(street.line.coords))
        _plant_trees(canvas, street.line)
        _park_vehicles(canvas, street.line)


def _mark_lanes(canvas: _Canvas, xy: Floats) -> None:
    line = shapely.LineString(xy)
    along = np.arange(14.0, line.length - 14.0, 9.0)
    for a in along:
        piece = np.array([line.interpolate(a).coords[0], line.interpolate(a + 4.0).coords[0]])
        canvas.stroke(piece, (224, 228, 230), 0.3)
    for end in (11.0, line.length - 14.5):  # zebra crossings
        unit = (xy[-1] - xy[0]) / line.length
        side = np.array([-unit[1], unit[0]])
        for offset in np.arange(-5.4, 5.5, 1.2):
            start = np.asarray(line.interpolate(end).coords[0]) + offset * side
            canvas.stroke(np.array([start, start + 3.5 * unit]), (226, 230, 232), 0.55)


def _plant_trees(canvas: _Canvas, line: shapely.LineString) -> None:
    xy = np.asarray(line.coords)
    unit = (xy[-1] - xy[0]) / line.length
    side = np.array([-unit[1], unit[0]])
    for a in np.arange(22.0, line.length - 22.0, 8.0):
        for sign in (-1.0, 1.0):
            if canvas.rng.random() < 0.78:
                x, y = np.asarray(line.interpolate(a).coords[0]) + sign * 9.0 * side + canvas.rng.normal(0, 0.5, 2)
                _plant(canvas, float(x), float(y), float(canvas.rng.uniform(1.5, 2.9)))


def _plant(canvas: _Canvas, x: float, y: float, radius: float) -> None:
    shadow = np.array([x, y]) + _SUN * radius * 1.3
    canvas.shade(shapely.Point(shadow).buffer(radius, quad_segs=4), 0.62)
    base = int(canvas.rng.integers(62, 92))
    canvas.disc(x, y, radius, (base - 28, base + 4, base - 20))
    for _ in range(5):
        dx, dy = canvas.rng.normal(0, radius * 0.42, 2)
        tone = int(canvas.rng.integers(0, 34))
        canvas.disc(x + dx, y + dy, radius * 0.36, (base - 24 + tone // 2, base + 12 + tone, base - 14 + tone // 2))


def _park_vehicles(canvas: _Canvas, line: shapely.LineString) -> None:
    xy = np.asarray(line.coords)
    unit = (xy[-1] - xy[0]) / line.length
    side = np.array([-unit[1], unit[0]])
    for a in canvas.rng.uniform(16, line.length - 16, int(canvas.rng.integers(1, 6))):
        lane = float(canvas.rng.choice([-4.6, -1.8, 1.8, 4.6]))
        length, width = (4.5, 1.8) if canvas.rng.random() < 0.7 else (9.0, 2.5)
        centre = np.asarray(line.interpolate(a).coords[0]) + lane * side
        tone = (
            canvas.rng.integers(40, 235, 3) if canvas.rng.random() < 0.4 else np.full(3, canvas.rng.integers(40, 240))
        )
        body = _rectangle(centre, unit, length, width)
        canvas.shade(affinity.translate(body, *(_SUN * 1.4)), 0.6)
        canvas.fill(body, (int(tone[0]), int(tone[1]), int(tone[2])))
        canvas.fill(_rectangle(centre + unit * length * 0.18, unit, length * 0.16, width * 0.86), (52, 46, 42))


def _rectangle(centre: Floats, unit: Floats, length: float, width: float) -> shapely.Polygon:
    side = np.array([-unit[1], unit[0]])
    half, across = unit * length / 2, side * width / 2
    return shapely.Polygon(
        [centre - half - across, centre + half - across, centre + half + across, centre - half + across]
    )


def _paint_site(canvas: _Canvas, parcel: shapely.Polygon, halls: tuple[shapely.Polygon, ...]) -> None:
    paving = int(canvas.rng.integers(150, 188))
    canvas.fill(parcel, (paving - 4, paving + 2, paving + 4), 296.0)
    canvas.texture(parcel, 5.0, 3.0)
    canvas.stroke(np.asarray(parcel.exterior.coords), (120, 124, 128), 0.5)
    for _ in range(int(canvas.rng.integers(3, 9))):
        x, y = _point_in(parcel, canvas.rng)
        if not any(hall.buffer(4).contains(shapely.Point(x, y)) for hall in halls):
            _plant(canvas, x, y, float(canvas.rng.uniform(1.3, 2.4)))
    for hall in halls:
        height = float(canvas.rng.uniform(7, 14))
        shadow = shapely.unary_union([hall, affinity.translate(hall, *(_SUN * height))]).convex_hull
        canvas.shade(shadow.difference(hall.buffer(-0.5)), 0.58)
        _roof(canvas, hall)


def _roof(canvas: _Canvas, hall: shapely.Polygon) -> None:
    colour = np.array(_ROOFS[int(canvas.rng.integers(len(_ROOFS)))]) + canvas.rng.integers(-8, 9, 3)
    base = (int(colour[0]), int(colour[1]), int(colour[2]))
    canvas.fill(hall, base, 300.0)
    a, b, c, d = (np.asarray(point) for point in hall.exterior.coords[:4])
    lit = shapely.Polygon([a, b, (b + c) / 2, (a + d) / 2])
    canvas.shade(lit, 1.1)
    for share in np.linspace(0.04, 0.96, max(4, int(np.hypot(*(b - a)) / 3.0))):
        start, end = a + share * (b - a), d + share * (c - d)
        canvas.stroke(np.array([start, end]), (int(base[0] * 0.9), int(base[1] * 0.9), int(base[2] * 0.9)), 0.18)
    canvas.stroke(np.array([(a + d) / 2, (b + c) / 2]), (230, 230, 228), 0.5)
    canvas.stroke(
        np.asarray(hall.exterior.coords), (int(base[0] * 0.75), int(base[1] * 0.75), int(base[2] * 0.75)), 0.35
    )
    for share in canvas.rng.uniform(0.1, 0.9, int(canvas.rng.integers(2, 7))):  # roof fans
        x, y = (a + d) / 2 + share * ((b + c) / 2 - (a + d) / 2) + canvas.rng.normal(0, 3.0, 2)
        canvas.disc(float(x), float(y), 0.8, (90, 92, 96))
        canvas.disc(float(x), float(y), 0.45, (190, 190, 190))


def _point_in(polygon: shapely.Polygon, rng: np.random.Generator) -> tuple[float, float]:
    x0, y0, x1, y1 = polygon.bounds
    for _ in range(40):
        x, y = float(rng.uniform(x0, x1)), float(rng.uniform(y0, y1))
        if polygon.contains(shapely.Point(x, y)):
            return x, y
    return float(polygon.centroid.x), float(polygon.centroid.y)


def _building_sites(world: World, frame: shapely.Polygon) -> list[ParkSite]:
    """The two parcels well inside the frame that are building sites, without halls."""
    inner = frame.buffer(-0.22 * min(frame.bounds[2] - frame.bounds[0], frame.bounds[3] - frame.bounds[1]))
    within = sorted(world.places, key=lambda place: (-place.parcel.intersection(inner).area, place.site_id))
    return within[:2]


def _paint_soil(canvas: _Canvas, dug: list[ParkSite]) -> list[Painted]:
    """Bare soil on one building site; on the other soil under a green dust net."""
    features = []
    for place, kind in zip(dug, ("bare_soil", "covered_soil"), strict=False):
        ring = np.asarray(place.parcel.buffer(-5.0, join_style="mitre").segmentize(9.0).exterior.coords[:-1])
        patch = shapely.Polygon(ring + canvas.rng.normal(0, 1.3, ring.shape))
        canvas.fill(
            patch, (96, 134, 172) if kind == "bare_soil" else (82, 128, 62), 303.0 if kind == "bare_soil" else 297.0
        )
        canvas.texture(patch, 10.0 if kind == "bare_soil" else 5.0, 6.0)
        canvas.texture(patch, 8.0 if kind == "bare_soil" else 4.0, 1.4)
        if kind == "bare_soil":
            _drive_tracks(canvas, patch)
        else:
            _lay_net(canvas, patch)
        features.append(Painted(kind, patch))
    return features


def _drive_tracks(canvas: _Canvas, patch: shapely.Polygon) -> None:
    """Wheel tracks and heaps on bare soil."""
    ring = shapely.get_coordinates(patch.minimum_rotated_rectangle)
    a, c = ring[0], ring[2]
    for _ in range(6):
        bend = (
            a + (c - a) * np.linspace(0.1, 0.9, 12)[:, None] + np.cumsum(canvas.rng.normal(0, 2.0, (12, 2)), axis=0)
        )
        for offset in (0.0, 1.8):
            canvas.stroke(bend + offset, (78, 112, 150), 0.5)
    for _ in range(4):
        x, y = _point_in(patch.buffer(-7), canvas.rng)
        canvas.shade(shapely.Point(x - 1.5, y + 1.5).buffer(4.0), 0.72)
        canvas.shade(shapely.Point(x, y).buffer(3.2), 1.16)


def _lay_net(canvas: _Canvas, patch: shapely.Polygon) -> None:
    """Seams of the net's lengths."""
    x0, y0, x1, y1 = patch.bounds
    for x in np.arange(x0, x1, 6.0):
        seam = shapely.LineString([(x, y0), (x + 3, y1)]).intersection(patch)
        if isinstance(seam, shapely.LineString) and not seam.is_empty:
            canvas.stroke(np.asarray(seam.coords), (58, 96, 44), 0.3)


def _heat_a_roof(canvas: _Canvas, places: list[ParkSite], frame: shapely.Polygon) -> list[Painted]:
    """One roof in the frame is 18 K warmer than the others; only a thermal camera sees it."""
    halls = _halls_within(places, frame.buffer(-60))
    if not halls:
        return []
    hot = halls[int(canvas.rng.integers(len(halls)))]
    cv2.fillPoly(canvas.kelvin, [canvas.points(np.asarray(hot.exterior.coords)[:, :2])], 318.0, cv2.LINE_8, 4)
    return [Painted("hot_roof", hot)]


def _halls_within(places: Sequence[ParkSite], area: shapely.Polygon) -> list[shapely.Polygon]:
    """Halls that lie in an area; where none does, the one nearest to its middle."""
    halls = [hall for place in places for hall in place.buildings]
    inside = [hall for hall in halls if area.contains(hall)]
    return inside or sorted(halls, key=lambda hall: hall.distance(area.centroid))[:1]


def _blow_smoke(canvas: _Canvas, places: Sequence[ParkSite], frame: shapely.Polygon) -> list[Painted]:
    """A grey plume of visible smoke, some 60 m long, from one hall: opaque at its foot, thin at its end."""
    halls = _halls_within(places, frame.buffer(-90))
    if not halls:
        return []
    foot = halls[int(canvas.rng.integers(len(halls)))].centroid
    bearing = float(canvas.rng.uniform(0, 2 * np.pi))
    along = np.linspace(0.0, 60.0, 60)
    half = 1.5 + 0.16 * along
    side = 1.8 * np.sin(along / 9.0)
    unit, across = np.array([np.cos(bearing), np.sin(bearing)]), np.array([-np.sin(bearing), np.cos(bearing)])
    middle = np.array([foot.x, foot.y]) + along[:, None] * unit + side[:, None] * across
    left, right = middle + half[:, None] * across, middle - half[:, None] * across
    outline = shapely.Polygon(np.vstack([left, right[::-1]])).buffer(0)
    _veil(canvas, middle, half, np.linspace(0.85, 0.25, len(along)))
    return [Painted("smoke", outline)] if isinstance(outline, shapely.Polygon) else []


def _veil(canvas: _Canvas, middle: Floats, radius_m: Floats, shares: Floats) -> None:
    """Blend grey over discs along a line, soft at the edge and uneven inside."""
    reach = radius_m.max() + 5.0
    corners = canvas.points(np.array([middle.min(axis=0) - reach, middle.max(axis=0) + reach])) // 16
    low, high = corners.min(axis=0), corners.max(axis=0)
    veil = np.zeros((high[1] - low[1], high[0] - low[0]), np.float32)
    for place, radius, share in zip(middle, radius_m, shares, strict=True):
        column, row = canvas.points(place[None])[0] // 16 - low
        disc = np.zeros(veil.shape, np.float32)
        cv2.circle(disc, (int(column), int(row)), max(1, round(radius / canvas.pixel_m)), float(share), -1)
        np.maximum(veil, disc, out=veil)
    veil = cv2.GaussianBlur(veil, (0, 0), 1.2 / canvas.pixel_m)
    veil = veil * np.clip(0.9 + 0.12 * _noise(veil.shape, round(1.5 / canvas.pixel_m), canvas.rng), 0.5, 1.1)
    window = canvas.bgr[low[1] : high[1], low[0] : high[0]]
    weight = np.clip(veil, 0, 0.9)[..., None]
    window[:] = np.round(window * (1 - weight) + np.array([192, 190, 188]) * weight).astype(np.uint8)
