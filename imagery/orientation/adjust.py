"""Bundle adjustment: exterior orientation, focal length, distortion, boresight and tie points in one least squares.

Sparse and analytic. Tie points are eliminated by the Schur complement (Triggs et al. 2000,
doi:10.1007/3-540-44480-7_21, section 6.1), so that each step solves a system in six unknowns a photo. GPS, gimbal
and camera tags enter as observations with their standard deviations; residuals are weighted down after Huber.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import bsr_array, csc_array, csr_array, diags_array

from imagery.camera import rotation_from_vector, vector_from_rotation
from imagery.orientation.covariance import factor_positive, pose_covariances
from imagery.orientation.jacobian import Lens, observe
from imagery.orientation.ties import TiePoints
from imagery.schema import Station
from imagery.settings import ImagerySettings

Floats = NDArray[np.float64]
_SHARED = 6  # of each camera: focal length, k1, k2, boresight about three axes
_BATCH = 20_000  # observations linearised at a time, some 30 MB
_DATUM = 3  # of the block: shift of the tagged positions east and north, height of the take-off level


@dataclass(frozen=True, eq=False)
class Control:
    """Surveyed places (m, 3) of tie points ``point`` (m,), with standard deviations (m, 3), infinite where unknown.

    Heights are in the survey's own datum. ``start`` (3,) is a first guess of by how much the tagged positions are
    off (east, north) and of the take-off level's height in that datum [m]. ``row`` (m,) is the caller's number.
    """

    row: NDArray[np.intp]
    point: NDArray[np.intp]
    places: Floats
    sd: Floats
    start: Floats

    def remaining(self, kept: NDArray[np.bool_]) -> Control:
        """The same points after tie points were dropped and numbered anew."""
        mine = kept[self.point]
        number = (np.cumsum(kept) - 1)[self.point[mine]]
        return Control(self.row[mine], number.astype(np.intp), self.places[mine], self.sd[mine], self.start)


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Stations after the adjustment, tie points (m, 3) with the observations kept, and what is left over.

    ``residuals`` (n, 2) are in full pixels; ``boresight`` (cameras, 3) in radians about the camera axes;
    ``height_sd`` (m,) is the standard error [m] of each point's height for given stations. ``datum`` (3,) is as
    `Control.start`, adjusted; zero without control. ``control`` is what was left of the control.
    """

    stations: tuple[Station, ...]
    points: Floats
    ties: TiePoints
    residuals: Floats
    boresight: Floats
    height_sd: Floats
    datum: Floats
    control: Control | None = None


@dataclass(frozen=True, eq=False)
class _State:
    """Current estimates: rotations (n, 3, 3), centres (n, 3), lenses (g, 3): f, k1, k2; boresights (g, 3); points.

    ``datum`` (3,) as in `Control.start`.
    """

    rotations: Floats
    centres: Floats
    lenses: Floats
    boresights: Floats
    points: Floats
    datum: Floats


@dataclass(frozen=True, eq=False)
class _Block:
    """What does not change while the adjustment runs; ``common_sd`` is that of the error all positions share.

    Observations are in the order of their points.
    """

    stations: tuple[Station, ...]
    ties: TiePoints
    group: NDArray[np.intp]
    rest: Floats
    principal: Floats
    sd_px: float
    prior_sd: Floats
    lens_prior: Floats
    lens_sd: Floats
    ground: tuple[float, float]
    common_sd: float
    control: Control | None


@dataclass(frozen=True, eq=False)
class _Normals:
    """Reduced normal equations in the cameras' unknowns, and what brings the points along."""

    reduced: csc_array
    right: Floats
    inverse: Floats
    point_right: Floats
    cost: float
    residuals: Floats


def adjust_block(
    stations: Sequence[Station],
    ties: TiePoints,
    points: Floats,
    settings: ImagerySettings,
    *,
    sd_px: float,
    control: Control | None = None,
) -> Adjusted:
    """Adjust a block of stations that look down on tie points.

    Valid from starting values within some 10 degrees and a tenth of the flying height. The datum is that of the
    tagged positions: a shift common to all of them stays, unless control tells it.

    Parameters
    ----------
    points : array, shape (ties.count, 3)
        Starting positions of the tie points, grid CRS and height above take-off [m].
    sd_px : float
        Standard deviation of an observation in full pixels.
    control : Control, optional
        Surveyed places of some of the tie points.

    Returns
    -------
    Adjusted
        With only those observations that the result explains within four standard deviations.
    """
    origin = np.array([*np.mean([s.centre[:2] for s in stations], axis=0), 0.0])
    block, state = _begin(stations, ties, points - origin, origin, settings, sd_px, control)
    state = _iterate(block, state, settings)
    block, state = _cull(block, state, settings)
    state = _iterate(block, state, settings)
    normals = _normals(block, state, settings, 0.0)
    factor = _variance_factor(block, normals)
    result = _finish(block, state, normals, factor, origin, settings)
    heights = np.sqrt(normals.inverse[:, 2, 2] * factor)
    return Adjusted(
        result, state.points + origin, block.ties, normals.residuals, state.boresights, heights, state.datum,
        block.control,
    )  # fmt: skip


def _begin(
    stations: Sequence[Station],
    ties: TiePoints,
    points: Floats,
    origin: Floats,
    settings: ImagerySettings,
    sd_px: float,
    control: Control | None,
) -> tuple[_Block, _State]:
    keys = [(s.camera.model, s.camera.width_px, s.camera.height_px, s.camera.focal_px) for s in stations]
    names = sorted(set(keys))
    ties = ties.in_order()
    group = np.array([names.index(key) for key in keys], np.intp)
    cameras = [stations[keys.index(name)].camera for name in names]
    lenses = np.array([[c.focal_px, c.distortion[0], c.distortion[1]] for c in cameras])
    focal_sd = [max(c.focal_sd_px, settings.focal_sd_ratio * c.focal_px) for c in cameras]
    lens_sd = np.array([[sd, settings.distortion_sd, settings.distortion_sd] for sd in focal_sd])
    prior_sd = np.sqrt(np.array([np.diag(s.covariance) for s in stations]))
    stated = float(np.median(prior_sd[:, 3:5]))
    prior_sd[:, 3:5] = np.minimum(prior_sd[:, 3:5], settings.gps_relative_sd_m)
    common = math.sqrt(max(stated**2 - float(np.median(prior_sd[:, 3:5])) ** 2, settings.control_sd_m**2))
    shifted = tuple(replace(s, centre=s.centre - origin) for s in stations)
    height = float(np.median(points[:, 2]))
    reach = 0.25 * abs(float(np.median([s.centre[2] for s in shifted])) - height)
    block = _Block(
        shifted, ties, group, np.array([c.distortion[2:] for c in cameras]),
        np.array([[c.centre_x_px, c.centre_y_px] for c in cameras]), sd_px, prior_sd, lenses, lens_sd,
        (height, reach), common, None if control is None else replace(control, places=control.places - origin),
    )  # fmt: skip
    rotations, centres = np.array([s.rotation for s in shifted]), np.array([s.centre for s in shifted])
    datum = np.zeros(3) if control is None else control.start
    moved = np.array([*datum[:2], 0.0])
    return block, _State(rotations, centres - moved, lenses.copy(), np.zeros((len(names), 3)), points - moved, datum)


def _iterate(block: _Block, state: _State, settings: ImagerySettings) -> _State:
    """Levenberg-Marquardt: a step that does not lower the cost is taken back and shortened."""
    damping = 1e-4
    normals = _normals(block, state, settings, damping)
    for _ in range(settings.iterations):
        trial = _step(block, state, normals, settings)
        after = _normals(block, trial, settings, damping)
        if after.cost > normals.cost * (1 + 1e-9):
            damping *= 30.0
            normals = _normals(block, state, settings, damping)
            if damping > 1e4:
                break
            continue
        settled = normals.cost - after.cost < 1e-4 * normals.cost
        damping = max(damping / 10.0, 1e-8)
        state, normals = trial, after
        if settled:
            break
    return state


@dataclass(frozen=True, eq=False)
class _Linear:
    """Observations of some points, linearised and weighted: derivatives as `Observed`, residuals raw and weighted."""

    ties: TiePoints
    points: slice
    pose: Floats
    lens: Floats
    point: Floats
    residuals: Floats
    weighted: Floats
    cost: float


def _linearise(block: _Block, state: _State, settings: ImagerySettings) -> Iterator[_Linear]:
    """Batch after batch: what is held of an observation at a time is a kilobyte, and there are a thousand a photo."""
    lens = Lens(state.lenses[block.group], block.rest[block.group], block.principal[block.group])
    for ties, points in block.ties.batches(_BATCH):
        seen = observe(state.rotations, state.centres, lens, state.points[points], ties)
        residuals = ties.pixels - seen.pixels
        size = np.linalg.norm(residuals, axis=1) / block.sd_px
        root = np.sqrt(np.where(size <= settings.huber, 1.0, settings.huber / np.maximum(size, 1e-12))) / block.sd_px
        cost = np.sum(np.where(size <= settings.huber, size**2, 2 * settings.huber * size - settings.huber**2))
        each = root[:, None, None]
        yield _Linear(
            ties, points, seen.pose * each, seen.lens * each, seen.point * each, residuals,
            residuals * root[:, None], float(cost),
        )  # fmt: skip


def _normals(block: _Block, state: _State, settings: ImagerySettings, damping: float) -> _Normals:
    """Linearise, weight, and eliminate the tie points, batch by batch."""
    size = _unknowns(block)
    diagonal, right, full, cost = _priors(block, state, settings)
    full = full + diags_array(diagonal)
    eliminated = csc_array((size, size))
    inverses, point_rights, residuals = [], [], []
    for part in _linearise(block, state, settings):
        cameras = _camera_columns(block, part)
        inverse, point_right, ground_cost = _point_blocks(block, state, part, damping)
        coupling = cameras.T @ _point_columns(part) + _datum_coupling(block, part.points)
        spread = _block_diagonal(inverse)
        full = full + cameras.T @ cameras
        eliminated = eliminated + coupling @ spread @ coupling.T
        right = right + cameras.T @ part.weighted.ravel() - coupling @ (spread @ point_right)
        cost += part.cost + ground_cost
        inverses.append(inverse)
        point_rights.append(point_right)
        residuals.append(part.residuals)
    reduced = full + damping * diags_array(full.diagonal()) - eliminated
    return _Normals(
        csc_array(reduced), right, np.concatenate(inverses), np.concatenate(point_rights), cost,
        np.concatenate(residuals),
    )  # fmt: skip


def _camera_columns(block: _Block, part: _Linear) -> csr_array:
    """Jacobian of some observations in the cameras' unknowns, shape (2 n, unknowns)."""
    n, photos = len(part.pose), len(block.stations)
    photo = part.ties.photo
    columns = np.concatenate(
        [6 * photo[:, None] + np.arange(6), 6 * photos + _SHARED * block.group[photo][:, None] + np.arange(3)], axis=1
    )
    values = np.concatenate([part.pose, part.lens], axis=2)
    rows = np.repeat(np.arange(2 * n), 9)
    return csr_array((values.ravel(), (rows, np.repeat(columns, 2, axis=0).ravel())), shape=(2 * n, _unknowns(block)))


def _unknowns(block: _Block) -> int:
    """Six a photo, six a camera, and with control those of the datum."""
    return 6 * len(block.stations) + _SHARED * len(block.lens_prior) + (0 if block.control is None else _DATUM)


def _datum_coupling(block: _Block, points: slice) -> csr_array:
    """Heights of control points go with the height of the take-off level: a surveyed height is the sum of both."""
    shape = (_unknowns(block), 3 * (points.stop - points.start))
    control = _control_among(block, points)
    if control is None:
        return csr_array(shape)
    weight = 1.0 / control.sd[:, 2] ** 2
    rows = np.full(len(weight), shape[0] - 1)
    return csr_array((weight, (rows, 3 * (control.point - points.start) + 2)), shape=shape)


def _control_among(block: _Block, points: slice) -> Control | None:
    """The control of some of the points."""
    if block.control is None:
        return None
    control = block.control
    mine = (control.point >= points.start) & (control.point < points.stop)
    return Control(control.row[mine], control.point[mine], control.places[mine], control.sd[mine], control.start)


def _control_misfit(control: Control, state: _State) -> Floats:
    """Surveyed less found (m, 3), zero where nothing was surveyed."""
    found = state.points[control.point] + np.array([0.0, 0.0, state.datum[2]])
    return np.where(np.isfinite(control.sd), control.places - found, 0.0)


def _point_columns(part: _Linear) -> csr_array:
    n = len(part.ties.point)
    columns = np.repeat(3 * part.ties.point[:, None] + np.arange(3), 2, axis=0)
    rows = np.repeat(np.arange(2 * n), 3)
    return csr_array((part.point.ravel(), (rows, columns.ravel())), shape=(2 * n, 3 * part.ties.count))


def _point_blocks(block: _Block, state: _State, part: _Linear, damping: float) -> tuple[Floats, Floats, float]:
    """Inverses of the 3 × 3 blocks of some points, their right-hand side, and the cost of the ground prior.

    Heights are held loosely (a quarter of the flying height) to the common ground: two nearly parallel rays have
    none.
    """
    blocks = part.ties.sum_by_point(np.einsum("nki,nkj->nij", part.point, part.point))
    right = part.ties.sum_by_point(np.einsum("nki,nk->ni", part.point, part.weighted))
    height, sd = block.ground
    off = (height - state.points[part.points, 2]) / sd
    blocks[:, 2, 2] += 1 / sd**2
    right[:, 2] += off / sd
    cost = float(np.sum(off**2))
    diagonal = np.arange(3)
    control = _control_among(block, part.points)
    if control is not None:
        misfit, weight, mine = _control_misfit(control, state), 1.0 / control.sd**2, control.point - part.points.start
        blocks[mine[:, None], diagonal, diagonal] += weight
        right[mine] += weight * misfit
        cost += float(np.sum(weight * misfit**2))
    blocks[:, diagonal, diagonal] *= 1.0 + damping
    blocks[:, diagonal, diagonal] += 1e-9
    return np.asarray(np.linalg.inv(blocks), float), right.ravel(), cost


def _block_diagonal(blocks: Floats) -> bsr_array:
    m = len(blocks)
    return bsr_array((blocks, np.arange(m), np.arange(m + 1)), shape=(3 * m, 3 * m))


def _priors(block: _Block, state: _State, settings: ImagerySettings) -> tuple[Floats, Floats, csc_array, float]:
    """Tagged positions, attitudes (less the camera's boresight) and lenses as observations."""
    photos, groups = len(block.stations), len(block.lens_prior)
    size = _unknowns(block)
    diagonal, right = np.zeros(size), np.zeros(size)
    weight = 1.0 / block.prior_sd**2
    turned = np.array([
        vector_from_rotation(r @ s.rotation.T) for r, s in zip(state.rotations, block.stations, strict=True)
    ])  # fmt: skip
    # A camera that a viewer turned carries its boresight with it.
    spin = np.array([rotation_from_vector(np.array([0.0, 0.0, -s.turn_rad])) for s in block.stations])
    off_angle = np.einsum("nij,nj->ni", spin, state.boresights[block.group]) - turned
    shift = np.array([*state.datum[:2], 0.0])
    off_place = np.array([s.centre for s in block.stations]) - state.centres - shift
    off = np.concatenate([off_angle, off_place], axis=1)
    diagonal[: 6 * photos] = weight.ravel()
    right[: 6 * photos] = (weight * off).ravel()
    lens_off = block.lens_prior - state.lenses
    shared = 6 * photos + _SHARED * np.arange(groups)[:, None]
    diagonal[shared + np.arange(3)] = 1 / block.lens_sd**2
    right[shared + np.arange(3)] = lens_off / block.lens_sd**2
    bore = 1.0 / settings.boresight_sd_rad**2
    angle_weight, columns = weight[:, :3], shared[block.group] + 3 + np.arange(3)
    # About the viewing axis by quarters of a turn: weights of the two other axes are equal, so nothing mixes.
    np.add.at(diagonal, columns, angle_weight)
    np.add.at(right, columns, np.einsum("nji,nj->ni", spin, -angle_weight * off_angle))
    diagonal[shared + 3 + np.arange(3)] += bore
    right[shared + 3 + np.arange(3)] -= bore * state.boresights
    rows = np.repeat(6 * np.arange(photos)[:, None] + np.arange(3), 3, axis=1)
    mixed = -angle_weight[:, :, None] * spin
    cross = csr_array((mixed.ravel(), (rows.ravel(), np.tile(columns, (1, 3)).ravel())), shape=(size, size))
    if block.control is not None:
        cross = cross + _datum_priors(block, state, weight, off_place, diagonal, right)
    cost = float(np.sum(state.datum[:2] ** 2)) / block.common_sd**2
    cost += float(
        np.sum(weight * off**2) + np.sum((lens_off / block.lens_sd) ** 2) + bore * np.sum(state.boresights**2)
    )
    return diagonal, right, csc_array(cross + cross.T), cost


def _datum_priors(
    block: _Block, state: _State, weight: Floats, off_place: Floats, diagonal: Floats, right: Floats
) -> csr_array:
    """Terms of the datum, put into ``diagonal`` and ``right``; returned are those it shares with the centres.

    A tagged position is the centre plus the shift that all tags share plus the photo's own noise.
    """
    photos, size = len(block.stations), len(diagonal)
    at = np.array([size - _DATUM, size - _DATUM + 1])
    diagonal[at] = weight[:, 3:5].sum(axis=0) + 1.0 / block.common_sd**2
    right[at] = (weight[:, 3:5] * off_place[:, :2]).sum(axis=0) - state.datum[:2] / block.common_sd**2
    diagonal[-1], right[-1] = 1e-8, 0.0
    if block.control is not None:
        level = 1.0 / block.control.sd[:, 2] ** 2
        diagonal[-1] += level.sum()
        right[-1] += float(np.sum(level * _control_misfit(block.control, state)[:, 2]))
    rows = 6 * np.arange(photos)[:, None] + np.array([3, 4])
    columns = np.broadcast_to(at, rows.shape)
    return csr_array((weight[:, 3:5].ravel(), (rows.ravel(), columns.ravel())), shape=(size, size))


def _step(block: _Block, state: _State, normals: _Normals, settings: ImagerySettings) -> _State:
    """Solve for the cameras, bring the points along, apply."""
    step = factor_positive(normals.reduced).solve(normals.right)
    carried = np.concatenate([_carry(block, part, step) for part in _linearise(block, state, settings)])
    points = np.einsum("nij,nj->ni", normals.inverse, normals.point_right.reshape(-1, 3) - carried)
    photos = len(block.stations)
    groups = 6 * photos + _SHARED * len(block.lens_prior)
    pose, shared = step[: 6 * photos].reshape(-1, 6), step[6 * photos : groups].reshape(-1, _SHARED)
    datum = state.datum if block.control is None else state.datum + step[groups:]
    rotations = np.array([rotation_from_vector(w) @ r for w, r in zip(pose[:, :3], state.rotations, strict=True)])
    return _State(
        rotations, state.centres + pose[:, 3:], state.lenses + shared[:, :3], state.boresights + shared[:, 3:],
        state.points + points, datum,
    )  # fmt: skip


def _carry(block: _Block, part: _Linear, step: Floats) -> Floats:
    """What a step of the cameras puts on the right-hand side of some points, (n, 3)."""
    photos, photo = len(block.stations), part.ties.photo
    shared = 6 * photos + _SHARED * block.group[photo][:, None] + np.arange(3)
    moved = np.einsum("nki,ni->nk", part.pose, step[: 6 * photos].reshape(-1, 6)[photo])
    moved += np.einsum("nki,ni->nk", part.lens, step[shared])
    carried = part.ties.sum_by_point(np.einsum("nki,nk->ni", part.point, moved))
    carried += (_datum_coupling(block, part.points).T @ step).reshape(-1, 3)
    return carried


def _cull(block: _Block, state: _State, settings: ImagerySettings) -> tuple[_Block, _State]:
    """Leave out observations beyond four robust standard deviations, and points that lose their second ray."""
    size = np.concatenate([np.linalg.norm(p.residuals, axis=1) for p in _linearise(block, state, settings)])
    limit = 4.0 * max(float(np.median(size)) / 1.1774, block.sd_px / 2)  # median of a Rayleigh variable
    keep = size <= limit
    ties = block.ties.select(keep)
    often = np.bincount(block.ties.point[keep], minlength=block.ties.count) >= 2
    control = None if block.control is None else block.control.remaining(often)
    return replace(block, ties=ties, control=control), replace(state, points=state.points[often])


def _variance_factor(block: _Block, normals: _Normals) -> float:
    """A-posteriori variance of unit weight of the tie points, not below one: tags may be worse than they say."""
    n = normals.residuals.size
    unknowns = 3 * block.ties.count + 6 * len(block.stations)
    return max(1.0, float(np.sum(normals.residuals**2)) / block.sd_px**2 / max(1, n - unknowns))


def _finish(
    block: _Block, state: _State, normals: _Normals, factor: float, origin: Floats, settings: ImagerySettings
) -> tuple[Station, ...]:
    """Stations with adjusted cameras and the covariance of each: a diagonal block of the inverse of the normals.

    What all positions share is not seen by an adjustment without control: it is added from the tags.
    """
    covariances = pose_covariances(normals.reduced, state.centres, settings.covariance_stations)
    result = []
    for k, station in enumerate(block.stations):
        covariance = covariances[k] * factor
        if block.control is None:
            common = np.maximum(np.diag(station.covariance)[3:5] - block.prior_sd[k, 3:5] ** 2, 0.0)
            covariance[[3, 4], [3, 4]] += common
        g = block.group[k]
        f, k1, k2 = (float(v) for v in state.lenses[g])
        camera = replace(
            station.camera, focal_px=f, distortion=(k1, k2, *station.camera.distortion[2:]), source="adjusted",
            focal_sd_px=0.0,
        )  # fmt: skip
        result.append(Station(station.frame, camera, state.centres[k] + origin, state.rotations[k], covariance))
    return tuple(result)
