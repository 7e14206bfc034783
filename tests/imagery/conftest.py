"""A synthetic flight: small photos of a known texture from known poses, so that every room test has a truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pyproj import CRS

from imagery import ImagerySettings
from imagery.camera import normalise, rotation_from_attitude
from ingest.coordinates import meridian_convergence_rad, to_lonlat
from ingest.schema import Camera, Frame, Pose

GRID = CRS.from_epsg(4544)
EAST, NORTH = 410_000.0, 3_393_000.0
HEIGHT = 40.0
CAMERA = Camera(400, 300, 400.0, 199.5, 149.5, model="synthetic", source="truth", focal_sd_px=2.0)


@dataclass(frozen=True, eq=False)
class Block:
    """Frames with their true centres (n, 3) and rotations (n, 3, 3), and the texture they were taken of."""

    frames: tuple[Frame, ...]
    centres: NDArray[np.float64]
    rotations: NDArray[np.float64]
    texture: NDArray[np.uint8]
    pixel_m: float


@lru_cache(maxsize=4)
def make_texture(seed: int = 7, size: int = 1200) -> NDArray[np.uint8]:
    """Thousands of coloured boxes of all sizes on a slow gradient: corners to match everywhere, none repeated."""
    rng = np.random.default_rng(seed)
    small = rng.normal(size=(6, 6, 3)).astype(np.float32)
    ground = 120 + 25 * cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)
    texture = np.clip(ground, 30, 225).astype(np.uint8)
    for _ in range(6000):
        x, y = rng.integers(0, size, 2)
        width, height = rng.geometric(0.12, 2) + 2
        colour = tuple(int(v) for v in rng.integers(25, 230, 3))
        cv2.rectangle(texture, (int(x), int(y)), (int(x + width), int(y + height)), colour, -1)
    blurred: NDArray[np.uint8] = cv2.GaussianBlur(texture, (0, 0), 0.8)
    blurred.flags.writeable = False
    return blurred


def shoot(
    texture: NDArray[np.uint8],
    pixel_m: float,
    camera: Camera,
    rotation: NDArray[np.float64],
    centre: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """Photo of the texture on level ground at height 0, its north-west corner at (EAST, NORTH)."""
    u, v = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    xy = normalise(camera, np.stack([u.ravel(), v.ravel()], axis=1).astype(float))
    rays = np.column_stack([xy, np.ones(len(xy))]) @ rotation
    ground = centre + rays * (-centre[2] / rays[:, 2])[:, None]
    cols = (ground[:, 0] - EAST) / pixel_m - 0.5
    rows = (NORTH - ground[:, 1]) / pixel_m - 0.5
    maps = np.stack([cols, rows], axis=1).reshape(camera.height_px, camera.width_px, 2).astype(np.float32)
    photo: NDArray[np.uint8] = cv2.remap(texture, maps, None, cv2.INTER_LINEAR)
    return photo


def make_block(
    folder: Path,
    *,
    stations: Sequence[tuple[float, float]],
    yaws_deg: Sequence[float],
    tilt_deg: float = 0.0,
    gps_sd_m: float = 0.0,
    seed: int = 3,
    camera: Camera = CAMERA,
    tagged_camera: Camera = CAMERA,
) -> Block:
    """Photos at (east, north) offsets [m] with these grid headings; tags have the noise asked for and no tilt."""
    rng = np.random.default_rng(seed)
    texture, pixel = make_texture(), 0.1
    frames, centres, rotations = [], [], []
    for k, ((east, north), yaw) in enumerate(zip(stations, yaws_deg, strict=True)):
        centre = np.array([EAST + east, NORTH - 120.0 + north, HEIGHT])
        pitch = -math.pi / 2 + math.radians(tilt_deg) * rng.normal()
        rotation = rotation_from_attitude(math.radians(yaw), pitch, math.radians(tilt_deg) * rng.normal())
        path = folder / f"photo_{k:02d}.jpg"
        cv2.imwrite(str(path), shoot(texture, pixel, camera, rotation, centre)[:, :, ::-1])
        tagged = centre[:2] + rng.normal(size=2) * gps_sd_m
        lon, lat = (float(v) for v in to_lonlat(tagged[0], tagged[1], GRID))
        true_yaw = math.radians(yaw) + float(meridian_convergence_rad(lon, lat, GRID))
        pose = Pose(lon, lat, None, "unknown", HEIGHT, true_yaw, -math.pi / 2, 0.0)
        time = datetime(2025, 6, 1, 3, tzinfo=UTC) + timedelta(seconds=3 * k)
        frames.append(Frame(path.name, path, tagged_camera, pose, time, flight_yaw_rad=true_yaw))
        centres.append(centre)
        rotations.append(rotation)
    return Block(tuple(frames), np.array(centres), np.array(rotations), texture, pixel)


GRID_STATIONS = [(x, y) for y in (45.0, 60.0, 75.0) for x in (30.0, 42.0, 54.0, 66.0)]
GRID_YAWS = [90.0] * 4 + [-90.0] * 4 + [90.0] * 4


@pytest.fixture
def block(tmp_path: Path) -> Block:
    """Twelve photos in three strips, perfect tags."""
    return make_block(tmp_path, stations=GRID_STATIONS, yaws_deg=GRID_YAWS)


@pytest.fixture
def shaken(tmp_path: Path) -> Block:
    """The same flight with 1.2 degrees of unknown tilt and 0.5 m of GPS noise."""
    return make_block(tmp_path, stations=GRID_STATIONS, yaws_deg=GRID_YAWS, tilt_deg=1.2, gps_sd_m=0.5)


@pytest.fixture
def settings() -> ImagerySettings:
    """Settings for 400-pixel photos and chunks small enough that a mosaic has several."""
    return ImagerySettings(mode="direct", gsd_m=0.2, chunk_px=128, coarse_px=400, feature_px=400, feather_m=0.4)


@pytest.fixture
def turned() -> Callable[[Frame], Frame]:
    """Turn a photo's pixels by 180 degrees on disk, as an image viewer does, and keep its tags."""

    def turn(frame: Frame) -> Frame:
        image = cv2.imread(str(frame.path), cv2.IMREAD_UNCHANGED)
        cv2.imwrite(str(frame.path), np.ascontiguousarray(image[::-1, ::-1]))
        return replace(frame, tags={"Software": "Microsoft Windows Photo Viewer"})

    return turn
