"""Stations → one mosaic, chunk by chunk: each chunk decodes only the photos that see it, at the scale it needs.

A chunk is projected on nodes eight pixels apart and interpolated between them; the photo whose nadir is nearest is
taken (Voronoi seams), with two-band blending over the seam: colour over a wide band, detail over a narrow one. Colour
is blended on the nodes alone, from photos blurred once; a pixel's shift to the common colour is interpolated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import cv2
import dask.array as da
import numpy as np
import shapely
import xarray as xr
from affine import Affine
from dask.delayed import delayed
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords
from scipy.ndimage import distance_transform_edt

from imagery.camera import project, reduced_pixels
from imagery.mosaic.radiometry import Tone
from imagery.orientation.stations import ground_variance
from imagery.orientation.tiepoints import decoding_reduction
from imagery.photocache import read_blurred, read_cached
from imagery.schema import Station
from imagery.settings import ImagerySettings
from imagery.surface import Surface

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
_NODE = 8
_HALO = 64
_FAR = 1e6
_SPARE = 24  # pixels beyond the seam in which a photo still stands by for one whose edge falls between nodes
_COLOURS = ("red", "green", "blue")


@dataclass(frozen=True, eq=False)
class View:
    """A station with its number in the poses, its footprint and its tone: all a chunk needs of one photo."""

    index: int
    station: Station
    footprint: shapely.Polygon
    tone: Tone


@dataclass(frozen=True, eq=False)
class _Nodes:
    """One photo on the nodes of a chunk: pixels (ny, nx, 2), where it sees them, and its score [m], small is good."""

    pixels: Floats
    seen: NDArray[np.bool_]
    score: Floats


_LAYERS: dict[str, tuple[str, dict[str, object]]] = {
    "alpha": ("uint8", {"units": "1", "long_name": "255 where a photo sees the ground"}),
    "photo_count": ("uint16", {"units": "1", "long_name": "number of photos that see the pixel"}),
    "photo_index": ("int32", {"units": "1", "long_name": "row in poses of the photo shown, -1 for none"}),
    "gsd": ("float32", {"units": "m", "long_name": "ground sampling distance of the photo shown"}),
    "position_error": (
        "float32",
        {"units": "m", "long_name": "expected horizontal position error (root of summed variances)"},
    ),
}


def build_mosaic(
    views: Sequence[View], surface: Surface, geobox: GeoBox, settings: ImagerySettings, *, bands: tuple[str, ...]
) -> xr.Dataset:
    """Build the lazy mosaic on ``geobox``.

    Parameters
    ----------
    bands : tuple of str
        ``("red", "green", "blue")`` (uint8), or measured values of other names (float32, NaN outside).

    Returns
    -------
    Dataset, dims (y, x), chunks of ``settings.chunk_px``: the bands and ``alpha``, ``photo_count``, ``photo_index``,
    ``gsd`` [m], ``position_error`` [m]. All layers of a chunk come from one rendering: compute them together.
    """
    rows, cols = (_splits(n, settings.chunk_px) for n in geobox.shape)
    tree = shapely.STRtree([v.footprint for v in views])
    kinds = dict.fromkeys(bands, "uint8" if bands == _COLOURS else "float32") | {
        name: kind for name, (kind, _) in _LAYERS.items()
    }
    grids: dict[str, list[list[da.Array]]] = {name: [] for name in kinds}
    for row, height in zip(np.cumsum([0, *rows[:-1]]), rows, strict=True):
        lines: dict[str, list[da.Array]] = {name: [] for name in kinds}
        for col, width in zip(np.cumsum([0, *cols[:-1]]), cols, strict=True):
            transform = _shifted(geobox.transform, int(col), int(row))
            seen = [views[k] for k in sorted(tree.query(_chunk_polygon(transform, height, width), "intersects"))]
            # A partial is opaque to dask, which would otherwise walk through every view of every chunk.
            render = partial(render_chunk, seen, surface, transform, (height, width), settings, bands)
            lazy = delayed(render, pure=False)()
            for name, kind in kinds.items():
                lines[name].append(da.from_delayed(lazy[name], (height, width), dtype=kind))
        for name in kinds:
            grids[name].append(lines[name])
    coords = xr_coords(geobox)
    data = {name: (("y", "x"), da.block(grids[name]), _attributes(name)) for name in kinds}
    return xr.Dataset(data, coords, {"Conventions": "CF-1.11", "title": "orthomosaic"})


def _attributes(name: str) -> dict[str, object]:
    own = _LAYERS[name][1] if name in _LAYERS else {"units": "1", "long_name": name}
    return {**own, "grid_mapping": "spatial_ref"}


def _splits(length: int, chunk: int) -> list[int]:
    return [min(chunk, length - start) for start in range(0, length, chunk)]


def _chunk_polygon(transform: Affine, height: int, width: int) -> shapely.Polygon:
    margin = _HALO
    corners = (
        (-margin, -margin),
        (width + margin, -margin),
        (width + margin, height + margin),
        (-margin, height + margin),
    )
    return shapely.Polygon([_apply(transform, *corner) for corner in corners])


def _apply(transform: Affine, col: Any, row: Any) -> Any:
    """Grid position of pixel corners (arrays or numbers); north-up grids have no shear."""
    return transform.c + transform.a * col, transform.f + transform.e * row


def _shifted(transform: Affine, col: int, row: int) -> Affine:
    x, y = _apply(transform, col, row)
    return Affine(transform.a, 0.0, x, 0.0, transform.e, y)


def render_chunk(
    views: Sequence[View],
    surface: Surface,
    transform: Affine,
    shape: tuple[int, int],
    settings: ImagerySettings,
    bands: tuple[str, ...],
) -> dict[str, NDArray[np.generic]]:
    """Render every layer of one chunk (see `build_mosaic`); ``transform`` is that of its GDAL top left corner."""
    height, width = shape
    if not views:
        return _empty_layers(shape, bands)
    padded = tuple(math.ceil((n + 2 * _HALO) / _NODE) * _NODE for n in shape)
    ground = _node_points(transform, padded, surface)
    nodes = [_see(view.station, ground, settings) for view in views]
    best = _best_score(nodes)
    pixel_m = abs(transform.a)
    behind = [node.score - best for node in nodes]
    colours = [
        _node_colour(v, n, b, pixel_m, settings, len(bands)) for v, n, b in zip(views, nodes, behind, strict=True)
    ]
    common = _blend_colours(colours, nodes, behind, settings)
    canvas = _Canvas(padded, len(bands))
    for view, node, gap, colour in zip(views, nodes, behind, colours, strict=True):
        window = _window(node.seen & (gap < settings.feather_m + _SPARE * pixel_m))
        if window is not None and colour is not None:
            shift = common[window] - colour[window]
            _paint(canvas, view, node, gap, shift, ground, window, surface, settings, pixel_m)
    count = np.sum([n.seen for n in nodes], axis=0).astype(np.uint16)
    inner = (slice(_HALO, _HALO + height), slice(_HALO, _HALO + width))
    counted = cv2.resize(count, padded[::-1], interpolation=cv2.INTER_NEAREST)
    return canvas.layers(bands, counted, inner)


def _empty_layers(shape: tuple[int, int], bands: tuple[str, ...]) -> dict[str, NDArray[np.generic]]:
    blank: dict[str, NDArray[np.generic]] = {
        band: np.zeros(shape, np.uint8) if bands == _COLOURS else np.full(shape, np.nan, np.float32) for band in bands
    }
    nothing = {"alpha": 0, "photo_count": 0, "photo_index": -1, "gsd": np.nan, "position_error": np.nan}
    return blank | {name: np.full(shape, nothing[name], kind) for name, (kind, _) in _LAYERS.items()}


def _node_points(transform: Affine, padded: tuple[int, ...], surface: Surface) -> Floats:
    """Ground points (ny, nx, 3) of the nodes: centres of squares of 8 × 8 pixels, halo included."""
    row, col = (np.arange(n // _NODE) * _NODE + _NODE / 2 - _HALO for n in padded)
    x, y = _apply(transform, *np.meshgrid(col, row))
    return np.stack([x, y, surface.at(x, y)], axis=-1)


def _see(station: Station, ground: Floats, settings: ImagerySettings) -> _Nodes:
    """Project the nodes; the score is the ground distance from the nadir point, worse near the edge of the photo."""
    pixels, inside = project(station.camera, station.rotation, station.centre, ground)
    camera = station.camera
    to_edge = np.minimum(
        np.minimum(pixels[..., 0], camera.width_px - 1 - pixels[..., 0]),
        np.minimum(pixels[..., 1], camera.height_px - 1 - pixels[..., 1]),
    )
    away = ground - station.centre
    distance = np.hypot(away[..., 0], away[..., 1])
    inside &= (to_edge >= 0) & (distance <= -away[..., 2] * math.tan(settings.max_off_nadir_rad))
    edge = settings.feather_m * settings.feather_low
    metres = to_edge * (-away[..., 2] / camera.focal_px)
    return _Nodes(pixels, inside, distance + 4.0 * np.clip(edge - metres, 0.0, edge))


def _best_score(nodes: Sequence[_Nodes]) -> Floats:
    """Lowest score of the photos that see a node; where none does, that of the nearest node some photo sees."""
    best: Floats = np.min([np.where(n.seen, n.score, _FAR) for n in nodes], axis=0)
    unseen = best >= _FAR
    if unseen.any() and not unseen.all():
        nearest = distance_transform_edt(unseen, return_distances=False, return_indices=True)
        best = best[tuple(nearest)]
    return best


def _window(wanted: NDArray[np.bool_]) -> tuple[slice, slice] | None:
    """Smallest node window that holds what is wanted, one node wider."""
    rows, cols = np.flatnonzero(wanted.any(axis=1)), np.flatnonzero(wanted.any(axis=0))
    if not len(rows):
        return None
    return slice(max(rows[0] - 1, 0), rows[-1] + 2), slice(max(cols[0] - 1, 0), cols[-1] + 2)


def _enlarge(nodes: NDArray[Any]) -> Singles:
    """Node values to pixels, linear: `cv2.resize` puts them back exactly where `_node_points` took them."""
    size = (nodes.shape[1] * _NODE, nodes.shape[0] * _NODE)
    return np.asarray(cv2.resize(np.ascontiguousarray(nodes, np.float32), size, interpolation=cv2.INTER_LINEAR))


def _node_colour(
    view: View, node: _Nodes, behind: Floats, pixel_m: float, settings: ImagerySettings, bands: int
) -> Singles | None:
    """A photo's colour without detail (means of some 16 pixels of the mosaic) on the nodes (ny, nx, bands), toned.

    None for a photo that is nowhere near enough to the best one to take part.
    """
    if not (node.seen & (behind < settings.feather_m * settings.feather_low)).any():
        return None
    camera = view.station.camera
    own_m = math.sqrt(view.footprint.area / (camera.width_px * camera.height_px))
    blurred = read_blurred(
        view.station.frame, decoding_reduction(own_m, pixel_m), 16 * pixel_m / own_m, settings.cache_mb
    )
    # Pixel centres of the blurred photo, whose sides need not be a whole number of its pixels.
    step = np.array([camera.width_px / blurred.shape[1], camera.height_px / blurred.shape[0]])
    places = ((node.pixels + 0.5) / step - 0.5).astype(np.float32)
    seen = cv2.remap(cast(Any, blurred), places, cast(Any, None), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.stack(_toned(seen, view.tone, bands), axis=-1)


def _blend_colours(
    colours: Sequence[Singles | None], nodes: Sequence[_Nodes], behind: Sequence[Floats], settings: ImagerySettings
) -> Singles:
    """Colour of the mosaic on the nodes: those of its photos over the wide seam (ny, nx, bands)."""
    width = settings.feather_m * settings.feather_low
    bands = max((c.shape[-1] for c in colours if c is not None), default=1)
    total = np.zeros((*nodes[0].score.shape, bands), np.float32)
    weights = np.full(nodes[0].score.shape, 1e-12, np.float32)
    for colour, node, gap in zip(colours, nodes, behind, strict=True):
        if colour is not None:
            # Beyond its edge a photo counts hardly, but keeps pixels between nodes from going without a colour.
            weight = _weight(np.maximum(gap, 0.0), width) * np.where(node.seen, np.float32(1.0), np.float32(1e-4))
            total += colour * weight[..., None]
            weights += weight
    return np.asarray(total / weights[..., None], np.float32)


def _paint(
    canvas: _Canvas,
    view: View,
    node: _Nodes,
    behind: Floats,
    shift: Singles,
    ground: Floats,
    window: tuple[slice, slice],
    surface: Surface,
    settings: ImagerySettings,
    pixel_m: float,
) -> None:
    """Resample one photo into its window of the canvas, shifted to the common colour, weighted for its detail."""
    station = view.station
    gsd = _node_gsd(station, ground[window])
    reduce = decoding_reduction(float(gsd.min()), pixel_m)
    image = read_cached(station.frame, reduce, settings.cache_mb)
    pixels = _enlarge(reduced_pixels(node.pixels[window], reduce))
    warped = cv2.remap(cast(Any, image), pixels, cast(Any, None), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    weight = _weight(np.maximum(_enlarge(behind[window]), np.float32(0.0)), settings.feather_m)
    if not node.seen[window].all():
        weight *= _inside(pixels, image.shape) & (_enlarge(node.seen[window]) > 0)
    if np.issubdtype(warped.dtype, np.floating):  # measured values have gaps where a band does not see
        weight *= np.isfinite(warped.reshape(*weight.shape, -1)).all(axis=-1)
        warped = np.nan_to_num(warped, copy=False)
    values = _toned(warped, view.tone, len(canvas.detail))
    for band, value in enumerate(values):
        value += _enlarge(shift[..., band])
    error = np.sqrt(ground_variance(station, ground[window], surface.sd_m))
    where = (slice(window[0].start * _NODE, window[0].start * _NODE + weight.shape[0]),
             slice(window[1].start * _NODE, window[1].start * _NODE + weight.shape[1]))  # fmt: skip
    canvas.add(where, values, weight, view.index, _enlarge(gsd), _enlarge(error))


def _weight(gap: NDArray[Any], width_m: float) -> Singles:
    """Falls from one to zero over the seam; a small share stays, so that no pixel that a photo sees goes blank."""
    weight = np.clip(1.0 - gap / width_m, 0.0, 1.0)
    weight += 1e-3 / (1.0 + gap)
    return np.asarray(weight, np.float32)


def _inside(pixels: Singles, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels that fall on the photo, out to the outer edge of its outermost pixels."""
    x, y = pixels[..., 0], pixels[..., 1]
    inside: NDArray[np.bool_] = (x >= -0.5) & (y >= -0.5) & (x <= shape[1] - 0.5) & (y <= shape[0] - 0.5)
    return inside


def _node_gsd(station: Station, ground: Floats) -> Floats:
    """Ground length of a pixel: the root of its area on level ground, √(z³ / (H f²)) with depth z and height H."""
    away = ground - station.centre
    depth = away @ station.rotation[2]
    height = np.maximum(-away[..., 2], 1e-6)
    result: Floats = np.sqrt(np.maximum(depth, 1e-6) ** 3 / height) / station.camera.focal_px
    return result


def _toned(image: NDArray[np.generic], tone: Tone, bands: int) -> list[Singles]:
    """Bands of an image, each on its own (rows of three numbers are slow to work on), at the common exposure."""
    values = image if image.ndim == 3 else image[..., None]
    if bands == 1 and values.shape[2] > 1:
        values = values.astype(np.float32).mean(axis=-1)
    planes = [np.asarray(plane, np.float32) for plane in cv2.split(cast(Any, values))][:bands]
    for plane, factor, shift in zip(planes, tone.gain, tone.offset, strict=False):
        if factor != 1.0:
            plane *= np.float32(factor)
        if shift != 0.0:
            plane += np.float32(shift)
    return planes


class _Canvas:
    """Sums of one chunk while its photos are painted; `layers` turns them into the mosaic's layers."""

    def __init__(self, shape: tuple[int, ...], bands: int) -> None:
        self.detail = [np.zeros(shape, np.float32) for _ in range(bands)]
        self.total = np.zeros(shape, np.float32)
        self.strongest = np.zeros(shape, np.float32)
        self.index = np.full(shape, -1, np.int32)
        self.gsd = np.full(shape, np.nan, np.float32)
        self.error = np.full(shape, np.nan, np.float32)

    def add(
        self,
        where: tuple[slice, slice],
        values: Sequence[Singles],
        weight: Singles,
        index: int,
        gsd: Singles,
        error: Singles,
    ) -> None:
        for target, value in zip(self.detail, values, strict=True):
            value *= weight
            target[where] += value
        self.total[where] += weight
        better = weight > self.strongest[where]
        for target, value in ((self.strongest, weight), (self.gsd, gsd), (self.error, error)):
            np.copyto(target[where], value, where=better)
        np.copyto(self.index[where], index, where=better)

    def layers(
        self, bands: tuple[str, ...], count: NDArray[np.uint16], inner: tuple[slice, slice]
    ) -> dict[str, NDArray[np.generic]]:
        total = self.total[inner]
        seen = total > 0
        share = np.float32(1.0) / np.where(seen, total, np.float32(1.0))
        result: dict[str, NDArray[np.generic]] = {}
        for band, detail in zip(bands, self.detail, strict=True):
            value = detail[inner] * share
            if bands == _COLOURS:
                # Nothing is painted where nothing is seen, so that black stays black; OpenCV rounds and stops at 255.
                result[band] = np.asarray(cv2.add(cast(Any, value), cast(Any, 0.0), dtype=cv2.CV_8U))
            else:
                result[band] = np.where(seen, value, np.float32(np.nan))
        result["alpha"] = np.where(seen, np.uint8(255), np.uint8(0))
        result["photo_count"] = np.where(seen, np.maximum(count[inner], 1), 0).astype(np.uint16)
        result |= {"photo_index": self.index[inner], "gsd": self.gsd[inner], "position_error": self.error[inner]}
        return result
