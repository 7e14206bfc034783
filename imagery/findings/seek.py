"""What a mosaic shows of sources: bare soil by its colour, hot surfaces by their temperature.

The mosaic is reduced chunk by chunk to cells of half a metre in one computation; only the cells are held in memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import dask.array as da
import numpy as np
import shapely
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import shapes
from scipy.ndimage import binary_closing, binary_opening, find_objects, label

from imagery.schema import Finding, Findings, Ortho
from imagery.settings import ImagerySettings
from ingest.outcome import Decision, Outcome, Phrase

Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]

_BANDS = {"rgb": ("red", "green", "blue"), "thermal": ("value",)}
_FOUND_CODES = {"bare_soil": "bare_soil_found", "hot_surface": "hot_surface_found"}
_LAYERS = ("share", "position_error", "photo_index")


@dataclass(frozen=True, eq=False)
class _Cells:
    """The mosaic on cells: means of bands and layers (y, x), where photos cover at least half of a cell."""

    values: dict[str, Singles]
    covered: Bools
    transform: Affine

    @property
    def size_m(self) -> float:
        return abs(float(self.transform.a))


@dataclass(frozen=True, eq=False)
class _Sign:
    """One kind on the cells: where it is, and the quantity (y, x) that told it, with its unit."""

    kind: str
    mask: Bools
    measure: Singles
    unit: str
    area_m2: float
    confidence: float


def seek_findings(
    ortho: Ortho, settings: ImagerySettings | None = None, *, kind: str, source: str = "ortho", suffix: str = ""
) -> Outcome[Findings]:
    """Find what the mosaic of one flight shows.

    Bare soil is told by colour alone: red soil, soil in a picture with a colour cast and soil under thin grass are
    missed; beige roofs and dry grass can pass for it. A hot surface stands out of the flight's own values,
    which works for raw counts; where most roofs are hot, nothing stands out.

    Parameters
    ----------
    ortho : Ortho
        Of `process_frames`, lazy, or read back from its file.
    kind : str
        Kind of its photos: bare soil is sought in ``rgb``, hot surfaces in ``thermal``.
    source : str
        Name of the mosaic, for the findings.
    suffix : str
        End of the findings' ids, where several regions have findings.

    Returns
    -------
    Outcome of Findings
        ``contrast`` is that of (R-B)/(R+B) for bare soil, of degrees or counts for a hot surface: the difference from
        the median of the other ground. Nothing is sought in other kinds of photos.
    """
    settings = settings or ImagerySettings()
    if kind not in _BANDS:
        return Outcome(Findings())
    cells = _cells_of(ortho.mosaic, kind, settings)
    sign = _soil_sign(cells, settings) if kind == "rgb" else _hot_sign(cells, ortho.mosaic, settings)
    photos = [pose.item for pose in ortho.poses]
    found = tuple(_findings(sign, cells, settings, photos, source, suffix))
    covered = shapely.union_all([polygon for polygon, _ in _polygons(cells.covered, cells, 0.0)])
    evidence = Phrase("mosaic_searched", {"area_ha": float(covered.area) / 1e4, "cell_m": cells.size_m})
    shown = Decision(source, _FOUND_CODES[sign.kind], {"count": len(found)}, evidence)
    return Outcome(Findings(found, (sign.kind,), covered), (shown,))


# --- the mosaic on cells -------------------------------------------------------------------------------------------


def _cells_of(mosaic: xr.Dataset, kind: str, settings: ImagerySettings) -> _Cells:
    """Reduce the mosaic to cells, in one computation."""
    transform: Affine = mosaic.odc.geobox.transform
    rows, cols = mosaic.odc.geobox.shape
    fine = math.sqrt(rows * cols / settings.finding_cells)
    factor = max(1, round(settings.finding_cell_m / abs(transform.a)), math.ceil(fine))
    bands = _BANDS[kind]
    layers = _lazy_cells(mosaic, bands, factor, settings.chunk_px).compute()
    values = dict(zip((*bands, *_LAYERS), layers, strict=True))
    scaled = Affine(transform.a * factor, 0.0, transform.c, 0.0, transform.e * factor, transform.f)
    return _Cells(values, values["share"] >= 0.5, scaled)


def _lazy_cells(mosaic: xr.Dataset, bands: Sequence[str], factor: int, chunk_px: int) -> da.Array:
    """Lazy (bands + `_LAYERS`, y, x) of the cells; chunks are whole numbers of cells."""
    chunk = max(1, chunk_px // factor) * factor
    seen = mosaic["alpha"] > 0 if "alpha" in mosaic else np.isfinite(mosaic[bands[0]])
    layers = [mosaic[b] for b in bands] + [seen, mosaic["position_error"], mosaic["photo_index"]]
    arrays = [da.asarray(layer.data).rechunk((chunk, chunk)) for layer in layers]
    chunks = tuple(tuple(-(-n // factor) for n in sizes) for sizes in arrays[0].chunks)
    count = len(bands) + len(_LAYERS)
    reduce = partial(_reduce, factor=factor)
    meta = np.empty((0, 0, 0), np.float32)
    cells: da.Array = da.map_blocks(
        reduce, *arrays, chunks=((count,), *chunks), new_axis=0, dtype=np.float32, meta=meta
    )
    return cells


def _reduce(*layers: NDArray[Any], factor: int) -> Singles:
    """Means of one chunk on cells: bands, share covered, position error; photo in the middle of the cell."""
    *bands, seen, error, index = (_whole_cells(layer, factor) for layer in layers)
    seen = seen.astype(bool)
    counts = _sums(seen, factor)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = [_sums(np.where(seen, band, 0), factor) / counts for band in bands]
        known = seen & np.isfinite(error)
        position = _sums(np.where(known, error, 0), factor) / _sums(known, factor)
    middle = index[factor // 2 :: factor, factor // 2 :: factor].astype(np.float32)
    return np.stack([*means, counts / factor**2, position, middle]).astype(np.float32)


def _whole_cells(layer: NDArray[Any], factor: int) -> NDArray[Any]:
    """Pad the last row and column of cells with what is not seen."""
    pad = [(0, -n % factor) for n in layer.shape]
    return np.pad(layer, pad) if any(after for _, after in pad) else layer


def _sums(values: NDArray[Any], factor: int) -> Singles:
    rows, cols = values.shape
    blocks = values.reshape(rows // factor, factor, cols // factor, factor)
    return np.asarray(blocks.sum(axis=(1, 3), dtype=np.float32))


# --- signs ---------------------------------------------------------------------------------------------------------


def _soil_sign(cells: _Cells, settings: ImagerySettings) -> _Sign:
    """Saturated, redder than green, of a yellow-red hue (Mathieu 1998), and not green (Woebbecke 1995)."""
    red, green, blue = (cells.values[band] + np.float32(1e-3) for band in _BANDS["rgb"])
    saturation = np.asarray((red - blue) / (red + blue), np.float32)
    coloration = (red - green) / (red + green)
    greenness = (2 * green - red - blue) / (red + green + blue)
    soil = (
        (saturation >= settings.soil_saturation)
        & (coloration >= settings.soil_coloration)
        & (2 * red - green - blue <= settings.soil_hue * (green - blue))
        & (greenness <= settings.soil_greenness)
    )
    return _Sign("bare_soil", soil, saturation, "1", settings.soil_area_m2, settings.soil_confidence)


def _hot_sign(cells: _Cells, mosaic: xr.Dataset, settings: ImagerySettings) -> _Sign:
    """Hotter than the flight's median by several spreads of its warm side, and by some degrees if they are degrees.

    The spread is the larger of 1.4826 × MAD and the distance from the median to the 84th percentile, so that a flight
    of cool ground and warm roofs does not call every roof hot.
    """
    value = cells.values["value"]
    inside = value[cells.covered]
    unit = "K" if mosaic["value"].attrs.get("units") == "degC" else "1"
    if not inside.size:
        return _Sign("hot_surface", cells.covered, value, unit, settings.hot_area_m2, settings.hot_confidence)
    middle, warm = (float(v) for v in np.quantile(inside, (0.5, 0.84)))
    spread = max(1.4826 * float(np.median(np.abs(inside - middle))), warm - middle)
    floor = settings.hot_floor_k if unit == "K" else 0.0
    mask = value - middle > max(settings.hot_sigma * spread, floor)
    return _Sign("hot_surface", mask, value, unit, settings.hot_area_m2, settings.hot_confidence)


# --- polygons ------------------------------------------------------------------------------------------------------


def _findings(
    sign: _Sign, cells: _Cells, settings: ImagerySettings, photos: Sequence[str], source: str, suffix: str
) -> list[Finding]:
    """Patches of a sign as findings, the largest first."""
    level = _median(sign.measure[cells.covered & ~sign.mask])
    gap = max(1, round(settings.finding_gap_m / cells.size_m / 2))
    mask = binary_closing(np.pad(sign.mask & cells.covered, gap), iterations=gap)[gap:-gap, gap:-gap] & cells.covered
    patches = sorted(_polygons(binary_opening(mask), cells, sign.area_m2), key=lambda p: (-p[0].area, p[0].bounds))
    return [
        Finding(
            id=f"{sign.kind}-{number}{suffix}",
            kind=sign.kind,
            polygon=polygon,
            area_m2=float(polygon.area),
            contrast=_median(sign.measure[inside]) - level,
            unit=sign.unit,
            confidence=sign.confidence,
            position_error_m=_median(cells.values["position_error"][inside]),
            source=source,
            photo=_photo(cells.values["photo_index"][inside], photos),
        )
        for number, (polygon, inside) in enumerate(patches, start=1)
    ]


def _median(values: Singles) -> float:
    """Of what is known; NaN where nothing is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else math.nan


def _photo(index: Singles, photos: Sequence[str]) -> str:
    """The photo that shows most of the cells."""
    rows = index[np.isfinite(index) & (index >= 0)].astype(np.int64)
    return photos[int(np.bincount(rows).argmax())] if rows.size and rows.max() < len(photos) else ""


_Where = tuple[NDArray[np.intp], NDArray[np.intp]]


def _polygons(mask: Bools, cells: _Cells, area_m2: float) -> Iterator[tuple[shapely.Polygon, _Where]]:
    """Connected patches of at least an area: outline along cell edges, smoothed by a cell, and rows and columns."""
    labels, _ = label(mask)
    for number, window in enumerate(find_objects(labels), start=1):
        patch = labels[window] == number
        if np.count_nonzero(patch) * cells.size_m**2 < area_m2:
            continue
        top, left = (axis.start for axis in window)
        corner = cells.transform * Affine.translation(left, top)
        outlines = shapes(patch.astype(np.uint8), mask=patch, transform=corner)
        outline = shapely.union_all([shapely.geometry.shape(geometry) for geometry, _ in outlines])
        polygon = outline.simplify(cells.size_m)
        if isinstance(polygon, shapely.Polygon) and not polygon.is_empty:
            rows, cols = np.nonzero(patch)
            yield polygon, (rows + top, cols + left)
