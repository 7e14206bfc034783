"""Features of photos, and which of them are the same place seen from two stations.

Features are sought in the reduced photo (the JPEG decoder scales while it decodes), neighbours come from positions,
so the work grows with the number of photos and not with its square.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from imagery.photocache import read_cached
from imagery.settings import ImagerySettings
from ingest.errors import FileError
from ingest.images.read import read_values
from ingest.outcome import Phrase
from ingest.schema import Frame

Floats = NDArray[np.float64]
A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True, eq=False)
class Features:
    """What one photo shows: features in full pixels (n, 2) with descriptors (n, 128), and how it is exposed.

    ``level`` and ``spread`` are mean and standard deviation of 0-255, ``sharpness`` the variance of second
    differences in the direction in which it is least.
    ``small`` (rows, columns, bands) is the photo some fifty pixels wide. ``error`` is the reader's message when
    there are no pixels.
    """

    pixels: Floats
    descriptors: NDArray[np.uint8]
    level: float
    spread: float
    sharpness: float
    small: NDArray[np.float32]
    error: Phrase | None = None


@dataclass(frozen=True, eq=False)
class PairMatch:
    """Features ``rows_first`` of photo ``first`` seen again as ``rows_second`` of ``second``.

    ``similarity`` (2, 3) takes full pixels of the first to full pixels of the second.
    """

    first: int
    second: int
    rows_first: NDArray[np.intp]
    rows_second: NDArray[np.intp]
    similarity: Floats


def parallel(function: Callable[[A], B], items: Iterable[A]) -> list[B]:
    """Map over threads (OpenCV lets go of the interpreter lock), in order."""
    with ThreadPoolExecutor(max_workers=max(1, os.cpu_count() or 1)) as pool:
        return list(pool.map(function, items))


def reduce_for(long_side_px: int, wanted_px: int) -> int:
    """Largest decoding reduction (1, 2, 4, 8) that leaves at least nine tenths of the wanted long side."""
    return next((r for r in (8, 4, 2) if long_side_px / r >= 0.9 * wanted_px), 1)


def decoding_reduction(own_m: float, pixel_m: float) -> int:
    """How many times smaller a photo of this ground sampling distance is decoded for a mosaic of that."""
    return reduce_for(8, math.ceil(8 * own_m / pixel_m)) if own_m < pixel_m else 1


def extract_features(
    frames: Sequence[Frame], settings: ImagerySettings, *, coarse: bool, kept: int = 0
) -> list[Features]:
    """Read every photo once at reduced scale and describe it (SIFT, Lowe 2004).

    ``kept`` is the reduction at which the photos are kept in memory for the mosaic; 0 where they are not.
    """
    wanted = settings.coarse_px if coarse else settings.feature_px
    count = settings.coarse_features if coarse else settings.features
    return parallel(lambda frame: _features(frame, wanted, count, kept, settings.cache_mb), frames)


def _reduced(frame: Frame, reduce: int, kept: int, cache_mb: int) -> NDArray[np.generic]:
    """A photo at reduced scale: decoded so, or shrunk from what is kept for the mosaic."""
    if frame.kind != "rgb" or not 0 < kept < reduce:
        # a maker's thermal picture is of another moment than its values: M2EA's lies six rows off
        return read_values(frame, reduce=reduce)
    image, step = read_cached(frame, kept, cache_mb), reduce // kept
    rows, cols = image.shape[0] // step, image.shape[1] // step
    whole = cast(Any, image[: rows * step, : cols * step])
    return np.asarray(cv2.resize(whole, (cols, rows), interpolation=cv2.INTER_AREA)).reshape(rows, cols, -1)


def _features(frame: Frame, wanted_px: int, count: int, kept: int, cache_mb: int) -> Features:
    reduce = reduce_for(max(frame.camera.width_px, frame.camera.height_px), wanted_px)
    nothing = np.empty((0, 2)), np.empty((0, 128), np.uint8)
    try:
        values = _reduced(frame, reduce, kept, cache_mb)
    except FileError as error:
        return Features(*nothing, 0.0, 0.0, 0.0, np.empty((0, 0, 0), np.float32), error.phrase)
    grey, level, spread = _grey(values)
    small = _small(values)
    sharpness = _sharpness(grey)
    # Without the precise upscaling OpenCV puts every feature a quarter of a pixel too far right and down.
    points, descriptors = cv2.SIFT.create(count, enable_precise_upscale=True).detectAndCompute(grey, None)
    if not len(points):
        return Features(*nothing, level, spread, sharpness, small)
    pixels = np.array([p.pt for p in points], float) * reduce + (reduce - 1) / 2.0
    return Features(pixels, np.asarray(descriptors, np.uint8), level, spread, sharpness, small)


_SECOND = tuple(
    np.array(rows, np.float32)
    for rows in (
        [[1, -2, 1]],
        [[1], [-2], [1]],
        [[1, 0, 0], [0, -2, 0], [0, 0, 1]],
        [[0, 0, 1], [0, -2, 0], [1, 0, 0]],
    )
)


def _sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the second difference in the direction in which it is least: motion blurs one direction only."""
    return min(float(cv2.filter2D(grey, cv2.CV_32F, kernel).var()) for kernel in _SECOND)


def _small(image: NDArray[np.generic]) -> NDArray[np.float32]:
    """Photo some fifty pixels wide, for comparing exposures."""
    size = (
        max(1, image.shape[1] // max(1, image.shape[1] // 50)),
        max(1, image.shape[0] // max(1, image.shape[1] // 50)),
    )
    small = cv2.resize(image.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).reshape(size[1], size[0], -1)


def _grey(image: NDArray[np.generic]) -> tuple[NDArray[np.uint8], float, float]:
    """One 8-bit band, stretched where the photo has more bits, with its mean and spread in 0-255."""
    band = image if image.ndim == 2 else image.mean(axis=2) if image.shape[2] > 1 else image[:, :, 0]
    if image.dtype == np.uint8:
        grey = band.astype(np.uint8)
        return grey, float(grey.mean()), float(grey.std())
    low, high = np.nanpercentile(band, (1, 99))
    stretched = np.clip((band - low) / max(float(high - low), 1e-9) * 255, 0, 255).astype(np.uint8)
    return stretched, float(stretched.mean()) if high > low else 0.0, float(stretched.std()) if high > low else 0.0


def neighbour_pairs(centres: Floats, settings: ImagerySettings, *, reach_m: float) -> list[tuple[int, int]]:
    """Pairs of photos whose stations are near each other: the nearest few, within reach, and those next in order.

    Parameters
    ----------
    centres : array, shape (n, 2)
        Easting and northing [m], in order of time.
    reach_m : float
        Largest distance at which two photos can still overlap.
    """
    n = len(centres)
    if n < 2:
        return []
    k = min(n, settings.neighbours + 1)
    distances, rows = (np.asarray(a) for a in cKDTree(centres).query(centres, k=k))
    near = {(min(i, int(j)), max(i, int(j))) for i in range(n) for d, j in zip(distances[i], rows[i], strict=True)
            if j != i and d <= reach_m}  # fmt: skip
    following = {(i, i + 1) for i in range(n - 1) if np.hypot(*(centres[i + 1] - centres[i])) <= reach_m}
    return sorted(near | following)


def match_neighbours(
    features: Sequence[Features], pairs: Sequence[tuple[int, int]], settings: ImagerySettings, *, scale_px: float
) -> list[PairMatch]:
    """Match each pair: ratio test, mutual best, one homography; pairs with too few matches are left out.

    ``scale_px`` is how many full pixels one pixel of the reduced photo spans: the inlier distance is given in the
    latter.
    """
    found = parallel(lambda pair: _match(features, pair, settings, scale_px), pairs)
    return [match for match in found if match is not None]


def tie_photos(
    frames: Sequence[Frame],
    pairs: Sequence[tuple[int, int]],
    settings: ImagerySettings,
    *,
    coarse: bool,
    scale_px: float,
    kept: int = 0,
) -> tuple[list[Features], list[PairMatch]]:
    """Describe the photos and match the pairs batch by batch, in order of time (``kept``: see `extract_features`).

    The descriptors of a photo are forgotten once its last pair is matched: what is held at a time is two strips of
    the flight, not the flight.
    """
    last = np.arange(len(frames))
    for first, second in pairs:
        last[first] = max(last[first], second)
    ready: dict[int, list[tuple[int, int]]] = {}
    for first, second in pairs:
        ready.setdefault(second // settings.batch_photos, []).append((first, second))
    features: list[Features] = []
    matches: list[PairMatch] = []
    for batch, start in enumerate(range(0, len(frames), settings.batch_photos)):
        features += extract_features(
            frames[start : start + settings.batch_photos], settings, coarse=coarse, kept=kept
        )
        matches += match_neighbours(features, ready.get(batch, []), settings, scale_px=scale_px)
        for k, described in enumerate(features):
            if last[k] < len(features) and len(described.descriptors):
                features[k] = replace(described, descriptors=np.empty((0, 128), np.uint8))
    return features, sorted(matches, key=lambda m: (m.first, m.second))


def _match(
    features: Sequence[Features], pair: tuple[int, int], settings: ImagerySettings, scale_px: float
) -> PairMatch | None:
    one, two = features[pair[0]], features[pair[1]]
    if min(len(one.pixels), len(two.pixels)) < settings.min_matches:
        return None
    rows_one, rows_two = _mutual_matches(one.descriptors, two.descriptors, settings.match_ratio)
    if len(rows_one) < settings.min_matches:
        return None
    a, b = one.pixels[rows_one], two.pixels[rows_two]
    limit = settings.match_px * scale_px
    cv2.setRNGSeed(0)  # the same photos give the same mosaic
    homography, mask = cv2.findHomography(a, b, cv2.USAC_MAGSAC, limit, maxIters=3000)
    if homography is None or int(mask.sum()) < settings.min_matches:
        return None
    keep = mask.ravel().astype(bool)
    similarity, support = cv2.estimateAffinePartial2D(
        a[keep], b[keep], method=cv2.RANSAC, ransacReprojThreshold=3 * limit
    )
    if similarity is None or int(support.sum()) < settings.min_matches:
        return None
    return PairMatch(*pair, rows_one[keep], rows_two[keep], similarity)


def _mutual_matches(
    one: NDArray[np.uint8], two: NDArray[np.uint8], ratio: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows that are each other's nearest descriptor and clearly nearer than the second nearest (Lowe 2004, 7.1)."""
    a, b = _root(one), _root(two)
    likeness = a @ b.T
    best = likeness.argmax(axis=1)
    rows = np.arange(len(a))
    first = likeness[rows, best]
    mutual = likeness.argmax(axis=0)[best] == rows
    likeness[rows, best] = -1.0
    second = likeness.max(axis=1)
    # Unit vectors: squared distance is 2 - 2 cos.
    distinct = np.sqrt(np.maximum(2 - 2 * first, 0)) < ratio * np.sqrt(np.maximum(2 - 2 * second, 0))
    keep = np.flatnonzero(mutual & distinct)
    return keep, best[keep]


def _root(descriptors: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RootSIFT (Arandjelovic & Zisserman 2012, doi:10.1109/CVPR.2012.6248018): unit vectors."""
    values = descriptors.astype(np.float32)
    rooted: NDArray[np.float32] = np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1.0))
    return rooted
