"""One exposure for the whole flight: gains (colour) or offsets (temperature) that make overlaps agree.

Compared are small versions of the photos through the similarity of each matched pair, so that no pose is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve

from imagery.orientation.tiepoints import Features, PairMatch
from imagery.settings import ImagerySettings
from ingest.schema import Camera

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tone:
    """Gain and offset per band that bring a photo to the common exposure."""

    gain: tuple[float, ...] = (1.0, 1.0, 1.0)
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)


def balance_tones(
    features: Sequence[Features],
    cameras: Sequence[Camera],
    matches: Sequence[PairMatch],
    settings: ImagerySettings,
    *,
    additive: bool,
) -> tuple[Tone, ...]:
    """Least-squares tones of all photos from the medians of their overlaps.

    Multiplicative for colour (exposure, white balance; 8-bit levels are taken as if linear, which holds for small
    gains), additive for temperature (the camera's own drift). Photos that overlap nothing keep their tone. A prior of
    ``gain_limit`` keeps long chains of photos from drifting.

    Parameters
    ----------
    additive : bool
        Offsets instead of gains.
    """
    photos, bands = len(features), max((f.small.shape[2] for f in features if f.small.size), default=3)
    pairs = [p for p in (_compare(features, cameras, m, additive) for m in matches) if p is not None]
    steps = np.zeros((photos, bands))
    if pairs:
        prior = _value_spread(features) if additive else settings.gain_limit
        steps = _solve(photos, pairs, prior)
    if additive:
        return tuple(Tone((1.0,) * bands, tuple(row)) for row in steps.tolist())
    gains = np.exp(np.clip(steps, -settings.gain_limit, settings.gain_limit))
    return tuple(Tone(tuple(row), (0.0,) * bands) for row in gains.tolist())


def _value_spread(features: Sequence[Features]) -> float:
    """Spread of values within and between photos, in their own unit: what an offset can be."""
    means = [float(np.nanmean(f.small)) for f in features if f.small.size]
    within = [float(np.nanstd(f.small)) for f in features if f.small.size]
    return max(float(np.median(within)), float(np.std(means)), 1e-3)


@dataclass(frozen=True, eq=False)
class _Step:
    """Level of the second photo less that of the first in their overlap, (bands,), and how much of it overlaps."""

    first: int
    second: int
    step: Floats
    weight: float


def _compare(
    features: Sequence[Features], cameras: Sequence[Camera], match: PairMatch, additive: bool
) -> _Step | None:
    one, two = features[match.first].small, features[match.second].small
    if not one.size or not two.size or one.shape[2] != two.shape[2]:
        return None
    ratio_one = cameras[match.first].width_px / one.shape[1]
    ratio_two = cameras[match.second].width_px / two.shape[1]
    col, row = np.meshgrid(np.arange(one.shape[1]), np.arange(one.shape[0]))
    full = (np.stack([col, row], -1) + 0.5) * ratio_one - 0.5
    there = (full @ match.similarity[:, :2].T + match.similarity[:, 2] + 0.5) / ratio_two - 0.5
    inside = (there >= 0).all(-1) & (there[..., 0] <= two.shape[1] - 1) & (there[..., 1] <= two.shape[0] - 1)
    if inside.sum() < 20:
        return None
    seen = cv2.remap(two, there.astype(np.float32), None, cv2.INTER_LINEAR).reshape(*inside.shape, -1)  # type: ignore[call-overload]
    a, b = one[inside].astype(float), seen[inside].astype(float)
    step = np.median(b - a, axis=0) if additive else np.median(np.log(b + 4.0) - np.log(a + 4.0), axis=0)
    return _Step(match.first, match.second, step, float(inside.mean()))


def _solve(photos: int, pairs: Sequence[_Step], prior: float) -> Floats:
    """Minimise Σ w (x_j + step − x_i)² / (prior / 20)² + Σ x² / prior² for each band."""
    i, j = np.array([p.first for p in pairs]), np.array([p.second for p in pairs])
    weight = np.array([p.weight for p in pairs]) / (0.05 * prior) ** 2
    step = np.array([p.step for p in pairs])
    diagonal = np.full(photos, 1.0 / prior**2)
    np.add.at(diagonal, i, weight)
    np.add.at(diagonal, j, weight)
    right = np.zeros((photos, step.shape[1]))
    np.add.at(right, i, weight[:, None] * step)
    np.add.at(right, j, -weight[:, None] * step)
    everyone = np.arange(photos)
    matrix = csc_array(
        (
            np.concatenate([diagonal, -weight, -weight]),
            (np.concatenate([everyone, i, j]), np.concatenate([everyone, j, i])),
        ),
        shape=(photos, photos),
    )
    solved = spsolve(matrix, right)
    return np.asarray(solved, float).reshape(photos, -1)
