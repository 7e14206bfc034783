"""Overviews of a scratch raster, the first level here: GDAL takes three times as long over it as over the raster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.windows import Window

_SQUARE = 1024
_SMALLEST = 512


def overview_path(source: Path) -> Path:
    """Where GDAL looks for the overviews of a raster."""
    return source.with_name(source.name + ".ovr")


def add_overviews(source: Path, *, nearest: bool) -> None:
    """Write the overviews of a raster beside it: every second pixel, or means of what is seen in squares of two.

    Seen is what the last of four bands (alpha) shows, or what is finite. Rasters of one tile get none.
    """
    target = overview_path(source)
    with rasterio.open(source) as full:
        if max(full.shape) <= _SMALLEST:
            return
        profile = full.profile | {
            "height": -(-full.height // 2), "width": -(-full.width // 2), "zstd_level": 1,
            "transform": full.transform * Affine.scale(2.0),
        }  # fmt: skip
        with rasterio.open(target, "w", **profile) as half:
            for row in range(0, full.height, _SQUARE):
                for col in range(0, full.width, _SQUARE):
                    window = Window(col, row, min(_SQUARE, full.width - col), min(_SQUARE, full.height - row))
                    values = full.read(window=window)
                    small = values[:, ::2, ::2] if nearest else _means(values)
                    half.write(small, window=Window(col // 2, row // 2, small.shape[2], small.shape[1]))
    levels = _further(profile["height"], profile["width"])
    if levels:
        with rasterio.open(target, "r+") as half:
            half.build_overviews(levels, Resampling.nearest if nearest else Resampling.average)


def _further(height: int, width: int) -> Sequence[int]:
    levels = [2]
    while max(height, width) / levels[-1] > _SMALLEST / 2:
        levels.append(levels[-1] * 2)
    return levels[:-1]


def _means(values: NDArray[Any]) -> NDArray[Any]:
    """Means of 2 × 2 pixels that are seen, (bands, rows, columns); an odd last row or column stands for itself."""
    if values.shape[1] % 2 or values.shape[2] % 2:
        values = np.pad(values, ((0, 0), (0, values.shape[1] % 2), (0, values.shape[2] % 2)), mode="edge")
    if values.dtype != np.uint8:
        known = np.isfinite(values)
        count = _squares(known.astype(np.float32))
        sums = _squares(np.where(known, values, 0).astype(np.float32))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(count > 0, sums / count, np.nan).astype(values.dtype)
    if len(values) == 4 and not (values[3] == 255).all():
        share = _squares(values[3].astype(np.float32)[None]) / 255.0
        colour = _squares((values[:3] * (values[3] > 0)).astype(np.float32)) / np.maximum(share, 0.25)
        return np.concatenate([np.round(colour), np.where(share > 0, 255, 0)]).astype(np.uint8)
    return np.stack([_halved(band) for band in values])


def _squares(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([_halved(band) for band in values])


def _halved(band: NDArray[Any]) -> NDArray[Any]:
    size = (band.shape[1] // 2, band.shape[0] // 2)
    return np.asarray(cv2.resize(cast(Any, band), size, interpolation=cv2.INTER_AREA))
