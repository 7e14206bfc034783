"""What the overlap of photos says about each photo's heading and height, with no tag but the positions.

Two nadir photos of one place are related by a similarity. Where the second station lies in the first photo, against
where GPS says it lies, is the first photo's heading and ground sampling distance; how the content turned between the
two is the difference of their headings. One sparse linear system joins all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import spsolve

from imagery.orientation.tiepoints import PairMatch
from imagery.settings import ImagerySettings
from ingest.schema import Frame

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Overlap:
    """Per photo, shape (n,): grid bearing of the image top [rad] and ground sampling distance [m], NaN where untied.

    ``ties`` counts the neighbours a photo is matched with.
    """

    heading: Floats
    gsd: Floats
    ties: NDArray[np.intp]


def wrap(angle: Floats | float) -> Floats:
    """Angles into [−π, π).

    Examples
    --------
    >>> round(float(wrap(1.5 * np.pi)), 6)
    -1.570796
    """
    return np.asarray((np.asarray(angle, float) + np.pi) % (2 * np.pi) - np.pi)


def measure_overlap(
    frames: Sequence[Frame], centres: Floats, matches: Sequence[PairMatch], settings: ImagerySettings
) -> Overlap:
    """Headings and ground sampling distances from overlaps and positions alone.

    Assumes photos that look down within some 20 degrees; GPS noise is large against short baselines, which therefore
    count little. Photos that no chain of matches joins to a usable baseline stay NaN.

    Parameters
    ----------
    centres : array, shape (n, 2)
        Grid easting and northing of the stations [m].
    """
    n = len(frames)
    ties = np.zeros(n, np.intp)
    for match in matches:
        ties[[match.first, match.second]] += 1
    absolute = [row for match in matches for row in _seen_stations(frames, centres, match, settings)]
    turns = [_turn(match) for match in matches]
    heading = _join_headings(n, absolute, turns, settings)
    return Overlap(heading, _join_scales(n, absolute, matches, settings), ties)


def _seen_stations(
    frames: Sequence[Frame], centres: Floats, match: PairMatch, settings: ImagerySettings
) -> list[tuple[int, float, float, float]]:
    """(photo, heading, gsd, weight) for each of the two photos of a pair, nothing where the baseline is too short."""
    result = []
    inverse = _invert(match.similarity)
    for here, there, back in (
        (match.first, match.second, inverse),
        (match.second, match.first, match.similarity),
    ):
        camera, other = frames[here].camera, frames[there].camera
        seen = back @ np.array([other.centre_x_px, other.centre_y_px, 1.0])
        offset = seen - [camera.centre_x_px, camera.centre_y_px]
        baseline = centres[there] - centres[here]
        length_px, length_m = float(np.hypot(*offset)), float(np.hypot(*baseline))
        short = settings.min_baseline_ratio * max(camera.width_px, camera.height_px)
        if length_px < short or length_m < 2 * settings.gps_relative_sd_m:
            continue
        bearing = np.arctan2(baseline[0], baseline[1]) - np.arctan2(offset[0], -offset[1])
        noise = settings.gps_relative_sd_m * 2 / length_m + settings.tilt_sd_rad
        result.append((here, float(wrap(bearing)), length_m / length_px, float(noise**-2)))
    return result


def _turn(match: PairMatch) -> tuple[int, int, float]:
    """(first, second, heading of the second minus heading of the first)."""
    return match.first, match.second, -float(np.arctan2(match.similarity[1, 0], match.similarity[0, 0]))


def _invert(similarity: Floats) -> Floats:
    linear = np.linalg.inv(similarity[:, :2])
    return np.hstack([linear, -(linear @ similarity[:, 2])[:, None]])


def _join_headings(
    n: int,
    absolute: Sequence[tuple[int, float, float, float]],
    turns: Sequence[tuple[int, int, float]],
    settings: ImagerySettings,
) -> Floats:
    """Angular synchronisation (Singer 2011, doi:10.1016/j.acha.2010.02.001) with absolute terms, reweighted."""
    heading = np.full(n, np.nan)
    if not absolute:
        return heading
    weights_a = np.array([row[3] for row in absolute])
    weights_t = np.full(len(turns), 1.0 / settings.tilt_sd_rad**2)
    scale_a, scale_t = np.ones(len(absolute)), np.ones(len(turns))
    tied = _reached(n, absolute, turns)
    for _ in range(4):
        z = _solve_angles(n, absolute, turns, weights_a * scale_a, weights_t * scale_t)
        angle = np.angle(z)
        off_a = wrap(angle[[r[0] for r in absolute]] - [r[1] for r in absolute])
        off_t = wrap(angle[[t[1] for t in turns]] - angle[[t[0] for t in turns]] - [t[2] for t in turns])
        scale_a, scale_t = 1 / (1 + (off_a / 0.3) ** 2), 1 / (1 + (off_t / 0.1) ** 2)
    heading[tied] = angle[tied]
    return heading


def _reached(
    n: int, absolute: Sequence[tuple[int, float, float, float]], turns: Sequence[tuple[int, int, float]]
) -> NDArray[np.bool_]:
    """Photos joined by matches to one with an absolute heading."""
    from scipy.sparse.csgraph import connected_components

    rows, cols = [t[0] for t in turns], [t[1] for t in turns]
    _, label = connected_components(csr_array((np.ones(len(turns)), (rows, cols)), shape=(n, n)), directed=False)
    return np.isin(label, label[[row[0] for row in absolute]])


def _solve_angles(
    n: int,
    absolute: Sequence[tuple[int, float, float, float]],
    turns: Sequence[tuple[int, int, float]],
    weights_a: Floats,
    weights_t: Floats,
) -> NDArray[np.complex128]:
    """Least squares for unit complex numbers: z_i = exp(i heading), z_j = z_i exp(i turn)."""
    i, j = np.array([t[0] for t in turns], int), np.array([t[1] for t in turns], int)
    turn = np.exp(1j * np.array([t[2] for t in turns], float))
    at = np.array([row[0] for row in absolute], int)
    seen = np.exp(1j * np.array([row[1] for row in absolute]))
    diagonal = np.full(n, 1e-9)
    np.add.at(diagonal, i, weights_t)
    np.add.at(diagonal, j, weights_t)
    np.add.at(diagonal, at, weights_a)
    right = np.zeros(n, complex)
    np.add.at(right, at, weights_a * seen)
    everyone = np.arange(n)
    values = np.concatenate([diagonal, -weights_t * np.conj(turn), -weights_t * turn])
    rows, cols = np.concatenate([everyone, i, j]), np.concatenate([everyone, j, i])
    solution: NDArray[np.complex128] = spsolve(csr_array((values, (rows, cols)), shape=(n, n)).tocsc(), right)
    return np.atleast_1d(solution)


def _join_scales(
    n: int,
    absolute: Sequence[tuple[int, float, float, float]],
    matches: Sequence[PairMatch],
    settings: ImagerySettings,
) -> Floats:
    """Each photo's ground sampling distance: least squares of logarithms over baselines and scale ratios."""
    result = np.full(n, np.nan)
    if not absolute:
        return result
    at = np.array([row[0] for row in absolute])
    seen, weight_a = np.log([row[2] for row in absolute]), np.array([row[3] for row in absolute])
    i, j = np.array([m.first for m in matches]), np.array([m.second for m in matches])
    ratio = np.array([np.log(np.hypot(*m.similarity[:, 0])) for m in matches])
    weight_r = np.full(len(matches), 1.0 / settings.tilt_sd_rad**2)
    scale_a, scale_r = np.ones(len(at)), np.ones(len(i))
    for _ in range(4):
        wa, wr = weight_a * scale_a, weight_r * scale_r
        diagonal, right = np.full(n, 1e-9), np.zeros(n)
        for rows, values in ((at, wa), (i, wr), (j, wr)):
            np.add.at(diagonal, rows, values)
        for rows, values in ((at, wa * seen), (i, wr * ratio), (j, -wr * ratio)):
            np.add.at(right, rows, values)
        everyone = np.arange(n)
        rows, cols = np.concatenate([everyone, i, j]), np.concatenate([everyone, j, i])
        matrix = csr_array((np.concatenate([diagonal, -wr, -wr]), (rows, cols)), shape=(n, n)).tocsc()
        level = np.atleast_1d(spsolve(matrix, right))
        scale_a = 1 / (1 + ((level[at] - seen) / 0.3) ** 2)
        scale_r = 1 / (1 + ((level[i] - level[j] - ratio) / 0.1) ** 2)
    tied = _reached(n, absolute, [(int(p), int(q), 0.0) for p, q in zip(i, j, strict=True)])
    result[tied] = np.exp(level[tied])
    return result


def estimate_boresight(
    frames: Sequence[Frame],
    centres: Floats,
    heights: Floats,
    headings: Floats,
    turns: Floats,
    matches: Sequence[PairMatch],
    settings: ImagerySettings,
) -> tuple[Floats, Floats]:
    """Constant angle between where the tags say the camera looks and where it does, from photos of several headings.

    The axis of photo k meets the ground H R(ψ_k) β beside its nadir. The ground vector between two axes, read in a
    photo, less the baseline is H (R(ψ_j) − R(ψ_i)) β. Photos of one heading say nothing of β: it then stays at its
    prior, zero.

    Parameters
    ----------
    centres : array, shape (n, 2)
        Grid easting and northing of the stations [m].
    heights : array, shape (n,)
        Height above ground [m].
    headings : array, shape (n,)
        Grid bearing of the image top [rad]; NaN where unknown.
    turns : array, shape (n,)
        By how much a viewer turned the image after it was taken [rad].

    Returns
    -------
    boresight, sd : arrays, shape (2,)
        Towards the right and the bottom of the image as taken [rad], and the standard errors.
    """
    rows, right, weights = [], [], []
    for match in matches:
        i, j = match.first, match.second
        if not np.isfinite(headings[[i, j]]).all() or not np.isfinite(heights[[i, j]]).all():
            continue
        camera, other = frames[i].camera, frames[j].camera
        seen = _invert(match.similarity) @ np.array([other.centre_x_px, other.centre_y_px, 1.0])
        offset = (seen - [camera.centre_x_px, camera.centre_y_px]) * heights[i] / camera.focal_px
        ground = [_image_to_ground(headings[k]) for k in (i, j)]
        spin = [_plane_rotation(-turns[k]) for k in (i, j)]
        rows.append(heights[j] * ground[1] @ spin[1] - heights[i] * ground[0] @ spin[0])
        right.append(ground[0] @ offset - (centres[j] - centres[i]))
        # The tilt of each photo is the noise beside that of GPS.
        weights.append(1.0 / (2 * settings.gps_relative_sd_m**2 + 2 * (settings.tilt_sd_rad * heights[i]) ** 2))
    prior = np.eye(2) / settings.boresight_sd_rad**2
    if not rows:
        return np.zeros(2), np.full(2, settings.boresight_sd_rad)
    a, b, w = np.array(rows), np.array(right), np.array(weights)
    beta = np.zeros(2)
    for _ in range(4):
        off = np.linalg.norm(b - a @ beta, axis=1) * np.sqrt(w)
        robust = w * np.minimum(1.0, settings.huber / np.maximum(off, 1e-9))
        normal = np.einsum("n,nki,nkj->ij", robust, a, a) + prior
        beta = np.linalg.solve(normal, np.einsum("n,nki,nk->i", robust, a, b))
    return beta, np.sqrt(np.diag(np.linalg.inv(normal)))


def _image_to_ground(heading: float) -> Floats:
    """Image vectors (right, down) of a nadir photo to grid vectors (east, north)."""
    c, s = np.cos(heading), np.sin(heading)
    return np.array([[c, -s], [-s, -c]])


def _plane_rotation(angle: float) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])
