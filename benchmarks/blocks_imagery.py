"""Simulated blocks of photos with known poses, and how far the imagery room is from them.

The ground has relief and a texture without repeats; photos are resampled from it pixel by pixel through a lens with
distortion. Tags are wrong by as much as they say: GPS by an error common to the flight and one of each photo, the
barometer, the gimbal's tilt and yaw, the boresight, the focal length. Nothing of `imagery` makes the photos except
its rotation matrices, which the tests hold against hand-worked attitudes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from imagery import ImagerySettings, Ortho, process_frames
from imagery.camera import normalise, project, rotation_from_attitude
from imagery.surface import meet_ground
from ingest.coordinates import meridian_convergence_rad, to_lonlat
from ingest.schema import Camera, Frame, Pose

__all__ = ["GRID", "BlockScore", "SimulatedBlock", "score_block", "simulate_block"]

Floats = NDArray[np.float64]
GRID = CRS.from_epsg(4544)
EAST, NORTH = 410_000.0, 3_393_000.0
PIXEL = 0.1
NINETY = math.sqrt(math.log(10.0))  # 90 % circle over the root of the summed variances, both axes alike


@dataclass(frozen=True, eq=False)
class SimulatedBlock:
    """Frames as tagged; true camera, centres (n, 3) above take-off, rotations (n, 3, 3) and ground heights."""

    frames: tuple[Frame, ...]
    camera: Camera
    centres: Floats
    rotations: Floats
    relief: Floats


@dataclass(frozen=True)
class BlockScore:
    """Of one block: used and all photos, GSD, mismatch between photos, position errors and their coverage.

    ``common_m`` is the error of the block as a whole, ``coverage`` the share of the mosaic inside the stated 90 %
    circle.
    """

    photos: int
    used: int
    gsd_m: float
    mismatch_m: float
    error_m: float
    common_m: float
    stated_m: float
    coverage: float


def ground_height(relief: Floats, x: Floats, y: Floats) -> Floats:
    """Height of the ground above take-off: a sum of waves (amplitude m, kx, ky, phase), zero in the south-west."""
    waves = [a * (np.sin(kx * (x - EAST) + ky * (y - NORTH) + p)) for a, kx, ky, p in relief]
    return np.asarray(np.sum(waves, axis=0))


def texture_of(rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
    """Coloured boxes of all sizes on a slow gradient: something to match everywhere, none of it repeated."""
    slow = cv2.resize(rng.normal(size=(6, 6, 3)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    texture = np.clip(120 + 20 * slow, 30, 225).astype(np.uint8)
    for _ in range(size * size // 250):
        x, y = (int(v) for v in rng.integers(0, size, 2))
        width, height = (int(v) for v in rng.geometric(0.1, 2) + 2)
        colour = tuple(int(v) for v in rng.integers(25, 230, 3))
        cv2.rectangle(texture, (x, y), (x + width, y + height), colour, -1)
    return np.asarray(cv2.GaussianBlur(texture, (0, 0), 0.8), np.uint8)


def simulate_block(
    folder: Path, seed: int, *, gps_sd_m: float = 3.0, strips: int = 3, per_strip: int = 5, relief_m: float = 1.5
) -> SimulatedBlock:
    """Photos of 800 × 600 pixels from 60 m in strips flown to and fro, 80 % forward and 60 % side overlap.

    Parameters
    ----------
    gps_sd_m : float
        Standard deviation of each axis of the tagged positions, as stated in the tags: common to the flight but for
        0.5 m of each photo (a sixth of it below 1 m: RTK).
    relief_m : float
        Amplitude of each of the ground's four waves.
    """
    rng = np.random.default_rng([seed, 77])
    texture = texture_of(rng, 2000)
    relief = np.column_stack([
        relief_m * rng.random(4), rng.normal(0, 0.05, 4), rng.normal(0, 0.05, 4), rng.uniform(0, 2 * math.pi, 4),
    ])  # fmt: skip
    focal = 600.0 * (1 + 0.01 * rng.normal())
    camera = Camera(800, 600, focal, 399.5, 299.5, (0.02 * rng.normal(), 0.0, 0.0, 0.0, 0.0), "simulated", "truth")
    tagged = Camera(800, 600, 600.0, 399.5, 299.5, model="simulated", source="tags", focal_sd_px=6.0)
    relative = 0.5 if gps_sd_m >= 1.0 else gps_sd_m / 6.0
    common = rng.normal(0, math.sqrt(gps_sd_m**2 - relative**2), 2)
    boresight, bearing = 0.0175 * rng.normal(size=2), rng.uniform(0, 360)
    barometer = 1.0 * rng.normal()
    frames, centres, rotations = [], [], []
    for k, (along, across, back) in enumerate(_plan(strips, per_strip)):
        turn = math.radians(bearing)
        offset = np.array([along * math.sin(turn) + across * math.cos(turn),
                           along * math.cos(turn) - across * math.sin(turn)])  # fmt: skip
        centre = np.array([EAST + 100.0 + offset[0], NORTH - 100.0 + offset[1], 60.0 + 0.3 * rng.normal()])
        yaw = turn + (math.pi if back else 0.0)
        tilt = 0.0175 * rng.normal(size=2) + boresight
        rotation = rotation_from_attitude(yaw, -math.pi / 2 + tilt[0], tilt[1])
        path = folder / f"block_{k:03d}.jpg"
        cv2.imwrite(str(path), _shoot(texture, camera, rotation, centre, relief), [cv2.IMWRITE_JPEG_QUALITY, 92])
        x, y = centre[:2] + common + relative * rng.normal(size=2)
        lon, lat = (float(v) for v in to_lonlat(x, y, GRID))
        north = float(meridian_convergence_rad(lon, lat, GRID)) + yaw
        height = float(centre[2] + barometer + 0.2 * rng.normal())
        pose = Pose(lon, lat, None, "unknown", height, north + 0.035 * rng.normal(), -math.pi / 2, 0.0, gps_sd_m)
        time = datetime(2025, 6, 1, 3, tzinfo=UTC) + timedelta(seconds=3 * k)
        frames.append(Frame(path.name, path, tagged, pose, time, flight_yaw_rad=north + 0.05 * rng.normal()))
        centres.append(centre)
        rotations.append(rotation)
    return SimulatedBlock(tuple(frames), camera, np.array(centres), np.array(rotations), relief)


def _plan(strips: int, per_strip: int) -> list[tuple[float, float, bool]]:
    """(along, across, flown back) of each exposure [m], centred."""
    result = []
    for strip in range(strips):
        order = range(per_strip) if strip % 2 == 0 else range(per_strip)[::-1]
        result += [
            (12.0 * (k - (per_strip - 1) / 2), 32.0 * (strip - (strips - 1) / 2), strip % 2 == 1) for k in order
        ]
    return result


def _shoot(
    texture: NDArray[np.uint8], camera: Camera, rotation: Floats, centre: Floats, relief: Floats
) -> NDArray[np.uint8]:
    """What the camera sees: every pixel's ray is followed to the relief by fixed-point iteration."""
    u, v = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    xy = normalise(camera, np.stack([u.ravel(), v.ravel()], axis=1).astype(float))
    rays = np.column_stack([xy, np.ones(len(xy))]) @ rotation
    height = np.zeros(len(rays))
    for _ in range(8):
        ground = centre + rays * ((height - centre[2]) / rays[:, 2])[:, None]
        height = ground_height(relief, ground[:, 0], ground[:, 1])
    maps = np.stack([(ground[:, 0] - EAST) / PIXEL - 0.5, (NORTH - ground[:, 1]) / PIXEL - 0.5], axis=1)
    shape = (camera.height_px, camera.width_px, 2)
    photo = cv2.remap(
        texture, maps.reshape(shape).astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )  # type: ignore[call-overload]
    return np.asarray(photo, np.uint8)


def score_block(block: SimulatedBlock, ortho: Ortho, *, step_m: float = 2.0) -> BlockScore:
    """Where the mosaic and each photo put ground points, against where they are.

    A ground point's pixel comes from the true pose; the found pose and surface put that pixel somewhere. The mosaic's
    error is that of the photo shown there, held against the layer of expected errors.
    """
    points = _ground_points(block, step_m)
    placed = np.stack([_placed(block, ortho, k, points) for k in range(len(block.frames))])
    layers = ortho.mosaic[["photo_index", "position_error"]].compute()
    shown, stated = [], []
    for k in range(len(block.frames)):
        seen = np.isfinite(placed[k]).all(axis=1)
        col = ((placed[k, seen, 0] - float(layers["x"][0])) / ortho.quality.gsd_m).round().astype(int)
        row = ((float(layers["y"][0]) - placed[k, seen, 1]) / ortho.quality.gsd_m).round().astype(int)
        inside = (col >= 0) & (row >= 0) & (col < layers.sizes["x"]) & (row < layers.sizes["y"])
        index = layers["photo_index"].values[row[inside], col[inside]]
        mine = index == k
        shown.append((placed[k, seen] - points[seen, :2])[inside][mine])
        stated.append(layers["position_error"].values[row[inside], col[inside]][mine])
    off, sd = np.concatenate(shown), np.concatenate(stated).astype(float)
    error = np.linalg.norm(off, axis=1)
    return BlockScore(
        len(block.frames), ortho.quality.used, ortho.quality.gsd_m, _between(placed), float(np.median(error)),
        float(np.linalg.norm(np.median(off, axis=0))), float(np.median(sd)), float(np.mean(error <= NINETY * sd)),
    )  # fmt: skip


def _ground_points(block: SimulatedBlock, step_m: float) -> Floats:
    west, south = block.centres[:, :2].min(axis=0) - 30
    east, north = block.centres[:, :2].max(axis=0) + 30
    x, y = (a.ravel() for a in np.meshgrid(np.arange(west, east, step_m), np.arange(south, north, step_m)))
    return np.column_stack([x, y, ground_height(block.relief, x, y)])


def _placed(block: SimulatedBlock, ortho: Ortho, k: int, points: Floats) -> Floats:
    """Where photo ``k`` as found puts the points it truly saw (n, 2), NaN elsewhere."""
    pose, result = ortho.poses[k], np.full((len(points), 2), np.nan)
    if pose.camera is None or pose.rotation is None:
        return result
    pixels, front = project(block.camera, block.rotations[k], block.centres[k], points)
    size = np.array([block.camera.width_px - 1, block.camera.height_px - 1])
    seen = front & (pixels >= 0).all(axis=1) & (pixels <= size).all(axis=1)
    rays = np.column_stack([normalise(pose.camera, pixels[seen]), np.ones(int(seen.sum()))]) @ pose.rotation
    centre = np.array([pose.easting_m, pose.northing_m, pose.height_m])
    result[seen] = meet_ground(centre, rays, ortho.surface)[:, :2]
    return result


def _between(placed: Floats) -> float:
    """Median distance between where two photos put the same ground point, over all pairs that see it."""
    result = []
    for first in range(len(placed)):
        off = np.linalg.norm(placed[first + 1 :] - placed[first], axis=2)
        result.append(off[np.isfinite(off)])
    every = np.concatenate(result)
    return float(np.median(every)) if len(every) else math.nan


def run_blocks(folder: Path, seeds: Sequence[int], settings: ImagerySettings, *, gps_sd_m: float) -> list[BlockScore]:
    """Simulate, process and score a block for each seed."""
    scores = []
    for seed in seeds:
        block = simulate_block(folder, seed, gps_sd_m=gps_sd_m)
        ortho = process_frames(block.frames, settings, crs=GRID).value
        scores.append(score_block(block, ortho))
    return scores
