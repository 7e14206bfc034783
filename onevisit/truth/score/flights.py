"""The mosaic held against the painted ground, and the photos' headings against their true ones."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import cv2
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.warp import Resampling, reproject

from onevisit.mission import hash_file
from onevisit.truth.score.measures import Measure, median_of, not_built, share
from onevisit.truth.score.results import Results, Truth

Pixels = NDArray[np.uint8]
PATCH_M = 24.0
"""Side of the patches that are looked for; large enough to hold a hall's edge or a tree."""
SEARCH_M = 8.0
MIN_CORRELATION = 0.5
"""Patches that match worse than this are too uniform to be told apart, and are left out."""


def score_flights(results: Results, truth: Truth, kept: Path | None = None) -> list[Measure]:
    """Mosaic error in metres and pixels, share of photos used, error of their headings.

    Parameters
    ----------
    results, truth
        What ``process`` wrote, and what is true.
    kept : Path, optional
        File that keeps the errors of the mosaic, so that they are not measured again while mosaic, painted ground and
        this module are the same.
    """
    return [*_score_mosaic(results.folder / "ortho.tif", truth, kept), *_score_poses(results, truth)]


def _score_mosaic(path: Path, truth: Truth, kept: Path | None) -> list[Measure]:
    titles = "error of the mosaic's position", "the same in pixels of the mosaic"
    scene = truth.content.get("scene")
    if not path.is_file() or scene is None:
        return [not_built("mosaic.metres", titles[0], "m", "low"), not_built("mosaic.pixels", titles[1], "px", "low")]
    errors_m, pixel_m = mosaic_errors(path, truth) if kept is None else _kept_errors(path, truth, kept)
    return [
        median_of("mosaic.metres", titles[0], "m", errors_m),
        median_of("mosaic.pixels", titles[1], "px", [e / pixel_m for e in errors_m]),
    ]


def _kept_errors(path: Path, truth: Truth, kept: Path) -> tuple[list[float], float]:
    """The errors of an unchanged mosaic as they are kept; else they are measured, and kept."""
    scene = truth.content["scene"]
    files = [hash_file(file) for file in (path, truth.folder / scene["file"], Path(__file__)) if file.is_file()]
    key = json.dumps([*files, scene], sort_keys=True)
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["key"] == key:
            return known["errors_m"], known["pixel_m"]
    errors_m, pixel_m = mosaic_errors(path, truth)
    kept.write_text(json.dumps({"key": key, "errors_m": errors_m, "pixel_m": pixel_m}), encoding="utf-8")
    return errors_m, pixel_m


def mosaic_errors(path: Path, truth: Truth) -> tuple[list[float], float]:
    """Distances in metres between patches of the mosaic and of the painted ground, and the mosaic's pixel size.

    The mosaic is warped onto the grid of ``truth_scene.jpg``; each patch that is wholly covered is found again by
    normalised cross-correlation, to a fraction of a pixel.
    """
    scene = truth.content["scene"]
    reference = cv2.imread(str(truth.folder / scene["file"]), cv2.IMREAD_GRAYSCALE)
    if reference is None:
        return [], 1.0
    mosaic, covered, pixel_m = _warp(path, scene, reference.shape[:2])
    step = max(1, round(PATCH_M / scene["pixel_m"]))
    margin = round(SEARCH_M / scene["pixel_m"])
    errors = []
    for row in range(margin, reference.shape[0] - step - margin, step):
        for column in range(margin, reference.shape[1] - step - margin, step):
            window = slice(row, row + step), slice(column, column + step)
            if not covered[window].all():
                continue
            around = reference[row - margin : row + step + margin, column - margin : column + step + margin]
            shift = _shift(mosaic[window], np.asarray(around, np.uint8), margin)
            if shift is not None:
                errors.append(float(np.hypot(*shift)) * scene["pixel_m"])
    return errors, pixel_m


def _warp(
    path: Path, scene: dict[str, float | str], shape: tuple[int, int]
) -> tuple[Pixels, NDArray[np.bool_], float]:
    """The mosaic in grey on the grid of the painted ground, where it has pixels, and its own pixel size."""
    size = float(scene["pixel_m"])
    transform = rasterio.transform.from_origin(float(scene["left"]), float(scene["top"]), size, size)
    with rasterio.open(path) as source:
        grey = source.read([1, 2, 3]).astype(np.float32).mean(axis=0)
        mask = source.dataset_mask()
        planes = []
        for plane in (grey, (mask > 0).astype(np.float32)):
            target = np.zeros(shape, np.float32)
            reproject(
                plane, target, src_transform=source.transform, src_crs=source.crs, dst_transform=transform,
                dst_crs=scene["crs"], resampling=Resampling.bilinear,
            )  # fmt: skip
            planes.append(target)
        pixel_m = float(abs(source.transform.a))
    return np.clip(planes[0], 0, 255).astype(np.uint8), planes[1] > 0.99, pixel_m


def _shift(patch: Pixels, around: Pixels, margin: int) -> tuple[float, float] | None:
    """Columns and rows by which a patch lies off its place, None where it cannot be told."""
    if patch.std() < 4.0:
        return None
    score = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, row) = cv2.minMaxLoc(score)
    inside = 0 < column < score.shape[1] - 1 and 0 < row < score.shape[0] - 1
    if best < MIN_CORRELATION or not inside:
        return None
    dx = _vertex(*(float(v) for v in score[row, column - 1 : column + 2]))
    dy = _vertex(*(float(v) for v in score[row - 1 : row + 2, column]))
    return column + dx - margin, row + dy - margin


def _vertex(before: float, peak: float, after: float) -> float:
    """Place of the top of a parabola through three points, from −0.5 to 0.5."""
    bend = before - 2 * peak + after
    return 0.0 if bend == 0 else 0.5 * (before - after) / bend


def _score_poses(results: Results, truth: Truth) -> list[Measure]:
    titles = "photos in the mosaic", "error of the photos' headings"
    photos = truth.content.get("photos", [])
    if results.poses is None:
        return [not_built("photos.used", titles[0], "%"), not_built("photos.heading", titles[1], "°", "low")]
    by_name = {Path(str(p.properties.get("photo"))).name: p.properties for p in results.poses}
    used, errors = [], []
    for photo in photos:
        mine = by_name.get(Path(photo["photo"]).name)
        used.append(bool(mine and mine.get("used")))
        if mine and mine.get("heading_deg") is not None:
            turn = (float(mine["heading_deg"]) - photo["yaw_deg"] + 180.0) % 360.0 - 180.0
            errors.append(abs(turn))
    return [share("photos.used", titles[0], used), median_of("photos.heading", titles[1], "°", errors)]
