"""The adjustment against a slow obvious one: residuals written out, derivatives by differences, solved densely."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imagery import ImagerySettings, Station
from imagery.camera import project, rotation_from_attitude, rotation_from_vector, vector_from_rotation
from imagery.orientation.adjust import Control, _begin, _Block, _iterate, _normals, _State, adjust_block
from imagery.orientation.ties import TiePoints
from ingest.schema import Camera, Frame, Pose

Floats = NDArray[np.float64]
HALF = math.pi / 2
ORIGIN = np.array([410_000.0, 3_393_000.0, 0.0])
WIDE = Camera(800, 600, 600.0, 390.0, 310.0, (0.01, -0.02, 0.001, -0.002, 0.01), "wide", focal_sd_px=12.0)
TELE = Camera(1000, 700, 800.0, 510.0, 340.0, (-0.02, 0.0, 0.0, 0.003, 0.0), "tele", focal_sd_px=1.0)
TRUE = {"wide": (609.0, 0.03, -0.01), "tele": (795.0, -0.05, 0.02)}
BORE = {"wide": np.array([0.006, -0.004, 0.005]), "tele": np.array([-0.006, 0.005, 0.0])}
SETTINGS = ImagerySettings(
    huber=2.0, gps_relative_sd_m=0.8, focal_sd_ratio=0.01, distortion_sd=0.05, boresight_sd_rad=0.005,
    control_sd_m=0.03, iterations=30,
)  # fmt: skip
SD_PX = 0.8
POINTS = 24


@dataclass(frozen=True, eq=False)
class Made:
    """Stations as tagged, what they saw, first places, and the true places."""

    stations: list[Station]
    ties: TiePoints
    first: Floats
    true: Floats


def _camera(station: Station, lens: Floats) -> Camera:
    rest = station.camera.distortion[2:]
    return replace(station.camera, focal_px=float(lens[0]), distortion=(float(lens[1]), float(lens[2]), *rest))


def _make(*, wild: int = 0, shift: tuple[float, float] = (0.0, 0.0)) -> Made:
    """Seven photos of two cameras from 60 m, headings to and fro, one turned by a viewer; noise of what is stated."""
    rng = np.random.default_rng(8)
    true = np.column_stack([rng.uniform(-12, 42, POINTS), rng.uniform(-20, 35, POINTS), rng.normal(1.5, 1.0, POINTS)])
    sds = np.array([0.005, 0.006, 0.008, 3.0, 2.5, 0.3])
    stations, photo, point, pixels = [], [], [], []
    places = [(0, 0), (12, 0), (24, 0), (24, 18), (12, 18), (0, 18), (12, 9)]
    for k, (east, north) in enumerate(places):
        camera = TELE if k in (2, 5) else WIDE
        turn = HALF if k == 3 else 0.0
        tagged = rotation_from_vector(np.array([0, 0, -turn])) @ rotation_from_attitude(
            0.1 if k < 3 else 3.0, -HALF, 0
        )
        spin = rotation_from_vector(np.array([0.0, 0.0, -turn]))
        off = spin @ BORE[camera.model] + rng.normal(size=3) * sds[:3]
        centre = np.array([east, north, 60.0])
        tag = centre + rng.normal(size=3) * [0.8, 0.8, 0.3] + [*shift, 0.0]
        frame = Frame(f"{k}", Path(f"{k}"), camera, Pose(104.0, 30.0))
        covariance = np.diag(np.square(sds)) if k else np.diag(np.square([*sds[:3], 0.5, 0.6, 0.3]))
        station = Station(frame, camera, tag + ORIGIN, tagged, covariance, turn)
        seen, front = project(
            _camera(station, np.array(TRUE[camera.model])), rotation_from_vector(off) @ tagged, centre, true
        )
        inside = front & (seen > 0).all(axis=1) & (seen < [camera.width_px, camera.height_px]).all(axis=1)
        rows = np.flatnonzero(inside)
        stations.append(station)
        photo.append(np.full(len(rows), k))
        point.append(rows)
        pixels.append(seen[rows] + rng.normal(0, 0.4, (len(rows), 2)))
    ties = TiePoints(
        np.concatenate(photo).astype(np.intp), np.concatenate(point).astype(np.intp), np.concatenate(pixels), POINTS
    )
    ties.pixels[:wild] += 9.0
    seen_twice = np.flatnonzero(np.bincount(ties.point, minlength=POINTS) >= 2)
    first = true + rng.normal(size=true.shape) * [1.0, 1.0, 1.5] + ORIGIN + [*shift, 0.0]
    return Made(stations, ties.select(np.ones(len(ties.photo), bool)), first[seen_twice], true[seen_twice] + ORIGIN)


@dataclass(frozen=True, eq=False)
class Slow:
    """All residuals as one function of all unknowns: rotations about camera axes, centres, lenses, boresights, ..."""

    made: Made
    control: Control | None = None
    huber: float = 2.0

    @property
    def models(self) -> list[str]:
        """Cameras in the order of their unknowns."""
        return ["tele", "wide"]

    def parts(self, x: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Poses (n, 6), lenses (2, 3), boresights (2, 3), points (m, 3) and the datum."""
        n, m = len(self.made.stations), self.made.ties.count
        pose, x = x[: 6 * n].reshape(n, 6), x[6 * n :]
        lens, x = x[:6].reshape(2, 3), x[6:]
        bore, x = x[:6].reshape(2, 3), x[6:]
        return pose, lens, bore, x[: 3 * m].reshape(m, 3), x[3 * m :]

    def __call__(self, x: Floats) -> Floats:
        """Residuals over their standard deviations; half the sum of their squares is the cost."""
        pose, lens, bore, points, datum = self.parts(x)
        ties, result = self.made.ties, []
        shift = np.zeros(3) if self.control is None else np.array([*datum[:2], 0.0])
        sds = np.array([np.sqrt(np.diag(s.covariance)) for s in self.made.stations])
        sds[:, 3:5] = np.minimum(sds[:, 3:5], 0.8)
        for k, station in enumerate(self.made.stations):
            group, mine = self.models.index(station.camera.model), ties.photo == k
            camera, rotation = _camera(station, lens[group]), rotation_from_vector(pose[k, :3]) @ station.rotation
            seen, _ = project(camera, rotation, pose[k, 3:], points[ties.point[mine]])
            residual = (ties.pixels[mine] - seen) / SD_PX
            size = np.maximum(np.linalg.norm(residual, axis=1), 1e-12)
            cost = np.where(size <= self.huber, size**2, 2 * self.huber * size - self.huber**2)
            result.append((residual * (np.sqrt(cost) / size)[:, None]).ravel())
            spin = rotation_from_vector(np.array([0.0, 0.0, -station.turn_rad]))
            result.append((spin @ bore[group] - pose[k, :3]) / sds[k, :3])
            result.append((station.centre - ORIGIN - shift - pose[k, 3:]) / sds[k, 3:])
        for group, (camera, focal_sd) in enumerate(((TELE, 8.0), (WIDE, 12.0))):  # a hundredth of 800 px beats 1 px
            told = np.array([camera.focal_px, *camera.distortion[:2]])
            result.append((told - lens[group]) / [focal_sd, 0.05, 0.05])
        result.append(bore.ravel() / 0.005)
        level = float(np.median(self.made.first[:, 2]))
        above = float(np.median([s.centre[2] for s in self.made.stations])) - level
        result.append((level - points[:, 2]) / (0.25 * above))
        if self.control is not None:
            found = points[self.control.point] + [0, 0, datum[2]]
            known = np.isfinite(self.control.sd)
            result.append(((self.control.places - ORIGIN - found)[known] / self.control.sd[known]).ravel())
            stated, own = float(np.median([[3.0, 2.5]] * 6 + [[0.5, 0.6]])), 0.8
            result.append(datum[:2] / math.sqrt(stated**2 - own**2))
        return np.concatenate(result)

    def of(self, state: _State) -> Floats:
        """The unknowns that an adjustment found."""
        poses = np.concatenate([_angles(self.made, state.rotations), state.centres], axis=1)
        datum = [] if self.control is None else [state.datum]
        parts = [poses, state.lenses, state.boresights, state.points, *datum]
        return np.concatenate([np.ravel(part) for part in parts])

    def jacobian(self, x: Floats) -> Floats:
        """Derivatives by central differences, rotations from the left of where they are."""
        n = 6 * len(self.made.stations)
        columns = []
        for k in range(len(x)):
            steps = []
            for step in (1e-5, -1e-5):
                moved = x.copy()
                if k < n and k % 6 < 3:
                    at = slice(k - k % 6, k - k % 6 + 3)
                    turn = rotation_from_vector(step * np.eye(3)[k % 6])
                    moved[at] = vector_from_rotation(turn @ rotation_from_vector(x[at]))
                else:
                    moved[k] += step
                steps.append(self(moved))
            columns.append((steps[0] - steps[1]) / 2e-5)
        return np.column_stack(columns)

    def still_to_go(self, x: Floats) -> Floats:
        """How far the minimum is, by one step of Gauss and Newton, in standard deviations of each unknown."""
        jacobian = self.jacobian(x)
        inverse = np.linalg.inv(jacobian.T @ jacobian)
        return np.asarray(inverse @ (jacobian.T @ self(x)) / np.sqrt(np.diag(inverse)))


def _control(made: Made) -> Control:
    """Four surveyed points, one without a height and one without a place, 500 m above the take-off level's zero."""
    point = np.array([1, 5, 9, 14], np.intp)
    places = made.true[point] + [0.0, 0.0, 500.0]
    sd = np.full((4, 3), 0.03)
    sd[1, 2] = sd[3, 0] = sd[3, 1] = math.inf
    start = np.array([2.0, -1.5, 500.4])
    return Control(np.arange(4), point, np.where(np.isfinite(sd), places, 0.0), sd, start)


def _settled(made: Made, settings: ImagerySettings, control: Control | None) -> tuple[_Block, _State]:
    """The state after so many iterations that nothing moves any more."""
    block, state = _begin(made.stations, made.ties, made.first - ORIGIN, ORIGIN, settings, SD_PX, control)
    for _ in range(4):
        state = _iterate(block, state, settings)
    return block, state


def _angles(made: Made, rotations: Floats) -> Floats:
    return np.array([vector_from_rotation(r @ s.rotation.T) for r, s in zip(rotations, made.stations, strict=True)])


@pytest.mark.parametrize(
    ("wild", "shift", "controlled"), [(0, (0, 0), False), (3, (0, 0), False), (2, (2.5, -1.8), True)]
)
def test_minimum_is_that_of_all_residuals(wild: int, shift: tuple[float, float], controlled: bool) -> None:
    """Rotations, centres, both lenses and boresights, points and datum, with wild observations weighted down."""
    made = _make(wild=wild, shift=shift)
    control = _control(made) if controlled else None
    slow = Slow(made, control)
    block, state = _settled(made, SETTINGS, control)
    assert np.abs(slow.still_to_go(slow.of(state))).max() < 0.02
    assert _normals(block, state, SETTINGS, 0.0).cost == pytest.approx(np.sum(slow(slow.of(state)) ** 2), rel=1e-6)
    if controlled:
        assert np.abs(state.datum - [2.5, -1.8, 500.0]).max() < 1.0


@pytest.mark.parametrize("controlled", [False, True])
def test_everything_handed_over_is_that_of_the_minimum(controlled: bool) -> None:
    """Stations, cameras, covariances, points, residuals, variance factor and errors of heights."""
    made = _make(shift=(2.5, -1.8) if controlled else (0.0, 0.0))
    control = _control(made) if controlled else None
    linear = replace(SETTINGS, huber=1e6)
    found = adjust_block(made.stations, made.ties, made.first, linear, sd_px=SD_PX, control=control)
    slow, n = Slow(made, control, huber=1e6), len(made.stations)
    assert len(found.ties.photo) == len(made.ties.photo)
    lenses = np.array([
        next([s.camera.focal_px, *s.camera.distortion[:2]] for s in found.stations if s.camera.model == model)
        for model in slow.models
    ])  # fmt: skip
    state = _State(
        np.array([s.rotation for s in found.stations]), np.array([s.centre for s in found.stations]) - ORIGIN,
        lenses, found.boresight, found.points - ORIGIN, found.datum,
    )  # fmt: skip
    x = slow.of(state)
    assert np.abs(slow.still_to_go(x)).max() < 0.05
    jacobian = slow.jacobian(x)
    normal = jacobian.T @ jacobian
    inverse = np.linalg.inv(normal)
    raw = np.concatenate(_pixel_residuals(made, x, slow))
    order = np.argsort(made.ties.point, kind="stable")
    np.testing.assert_allclose(found.residuals, raw[_ordered(made, order)], atol=1e-6)
    factor = max(1.0, float(np.sum(raw**2)) / SD_PX**2 / (raw.size - 3 * made.ties.count - 6 * n))
    for k, (station, tagged) in enumerate(zip(found.stations, made.stations, strict=True)):
        assert station.frame is tagged.frame
        assert station.camera.distortion[2:] == tagged.camera.distortion[2:]
        assert (station.camera.source, station.camera.focal_sd_px) == ("adjusted", 0.0)
        covariance = inverse[6 * k : 6 * k + 6, 6 * k : 6 * k + 6] * factor
        if not controlled and k:  # what positions share; the first photo states less than the relative error
            covariance[3, 3] += 9.0 - 0.64
            covariance[4, 4] += 6.25 - 0.64
        scale = np.outer(*[np.sqrt(np.diag(covariance))] * 2)
        np.testing.assert_allclose(station.covariance / scale, covariance / scale, atol=0.06)
    first = 6 * n + 12
    blocks = [normal[k : k + 3, k : k + 3] for k in range(first, first + 3 * made.ties.count, 3)]
    heights = [np.linalg.inv(block)[2, 2] for block in blocks]
    np.testing.assert_allclose(found.height_sd, np.sqrt(np.array(heights) * factor), rtol=0.01)
    assert (found.control is None) != controlled
    assert controlled or found.datum.tolist() == [0.0, 0.0, 0.0]


def _pixel_residuals(made: Made, x: Floats, slow: Slow) -> list[Floats]:
    """Observed less seen of each photo [px]."""
    pose, lens, _, points, _ = slow.parts(x)
    result = []
    for k, station in enumerate(made.stations):
        mine = made.ties.photo == k
        camera = _camera(station, lens[slow.models.index(station.camera.model)])
        rotation = rotation_from_vector(pose[k, :3]) @ station.rotation
        seen, _ = project(camera, rotation, pose[k, 3:], points[made.ties.point[mine]])
        result.append(made.ties.pixels[mine] - seen)
    return result


def _ordered(made: Made, order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows of observations listed photo by photo, in the order of the adjustment: point by point."""
    by_photo = np.argsort(made.ties.photo, kind="stable")
    place = np.empty(len(order), np.intp)
    place[by_photo] = np.arange(len(order))
    return place[order]


def test_truth_comes_back_without_noise_in_the_photos() -> None:
    """Within the errors that the result states: lenses, boresight of opposite headings, tilts, relief."""
    made = _make()
    found = adjust_block(made.stations, made.ties, made.first, SETTINGS, sd_px=SD_PX)
    lenses = {s.camera.model: s.camera for s in found.stations}
    assert lenses["wide"].focal_px == pytest.approx(609.0, abs=9.0)
    assert np.abs(found.boresight[1] - BORE["wide"]).max() < 0.008
    shift = np.median(found.points - made.true, axis=0)
    assert np.abs(found.points - made.true - shift).max() < 1.5


def test_observations_beyond_four_deviations_are_left_out() -> None:
    """Wild ones go, with the points that lose their second ray; control is numbered anew."""
    made = _make(wild=2, shift=(2.5, -1.8))
    found = adjust_block(made.stations, made.ties, made.first, SETTINGS, sd_px=SD_PX, control=_control(made))
    assert len(found.ties.photo) < len(made.ties.photo)
    size = np.linalg.norm(found.residuals, axis=1)
    assert size.max() <= 4.5 * max(float(np.median(size)) / 1.1774, SD_PX / 2)
    gone = {tuple(p) for p in made.ties.pixels.tolist()} - {tuple(p) for p in found.ties.pixels.tolist()}
    assert {tuple(p) for p in made.ties.pixels[:2].tolist()} <= gone
    assert len(gone) <= 6
    assert len(found.points) == found.ties.count == len(found.height_sd)
    assert found.control is not None
    told = found.points[found.control.point] + [0, 0, found.datum[2]]
    known = np.isfinite(found.control.sd)
    origin = np.array([*np.mean([s.centre[:2] for s in made.stations], axis=0), 0.0])
    assert np.abs((found.control.places + origin - told)[known]).max() < 0.1


def test_control_is_numbered_anew() -> None:
    """Of tie points 0 to 4 the second is dropped: control on 1 goes, on 3 is on 2."""
    control = Control(
        np.array([7, 8, 9]), np.array([0, 1, 3]), np.arange(9.0).reshape(3, 3), np.ones((3, 3)), np.zeros(3)
    )
    left = control.remaining(np.array([True, False, True, True, True]))
    assert left.row.tolist() == [7, 9]
    assert left.point.tolist() == [0, 2]
    assert left.places.tolist() == [[0, 1, 2], [6, 7, 8]]
    assert left.sd.shape == (2, 3) and left.start is control.start
