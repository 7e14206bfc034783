"""A nadir photo block over a part of the park: true camera poses, what the tags say of them, and the pictures.

A camera is a pinhole with yaw, pitch and roll (yaw clockwise from true north of the top of the image, pitch −90° at
nadir, roll about the viewing axis). Rows are exposed one after the other while the drone moves (rolling shutter). The
projection here is written from scratch: a pixel's ray meets the terrain, and the scene is read there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from onevisit.truth.simulate.flights.scene import Scene
from onevisit.truth.simulate.world import World

Floats = NDArray[np.float64]
GIMBAL_TILT_SD = 0.35  # degrees; the tags say 0.0 ± 0.1 where adjusted poses differ by 0.7-2.2 (notes on Brighton)
YAW_SD = 0.8


@dataclass(frozen=True)
class FlightCamera:
    """Interior orientation: the wide camera of a DJI M3T (4.4 mm, 6.4 mm sensor), written at a smaller size."""

    width_px: int = 1000
    height_px: int = 750
    focal_px: float = 687.5
    focal_mm: float = 4.4
    focal_35mm: int = 24
    model: str = "M3T"
    readout_s: float = 0.02
    source: str = "WideCamera"


THERMAL = FlightCamera(320, 256, 379.0, 9.1, 40, "M3T", 0.0, "InfraredCamera")
"""Interior orientation of the same drone's thermal camera (12 µm pixels, 9.1 mm) at half its 640 × 512 size."""


@dataclass(frozen=True)
class Shot:
    """One exposure: the true pose and the tagged one. Local metres above the take-off point, degrees."""

    name: str
    second: float
    x: float
    y: float
    height_m: float
    yaw: float
    pitch: float
    roll: float
    tagged_x: float
    tagged_y: float
    tagged_height_m: float
    tagged_yaw: float
    tagged_pitch: float
    tagged_roll: float
    flight_yaw: float
    speed: float
    gain: float


def fly_block(
    centre: tuple[float, float],
    strips: int,
    per_strip: int,
    rng: np.random.Generator,
    *,
    camera: FlightCamera,
    height_m: float = 105.0,
    true_yaw_of_grid_north: float = 0.0,
) -> tuple[Shot, ...]:
    """Fly strips up and down over a point, 70 % overlap along and 60 % across.

    ``true_yaw_of_grid_north`` is the bearing of grid north from true north in degrees: poses are in the grid.
    """
    long_m = camera.width_px / camera.focal_px * height_m
    short_m = camera.height_px / camera.focal_px * height_m
    base_yaw = float(rng.uniform(-25, 25))
    common = rng.normal(0, 1.2, 2)
    barometer = float(rng.normal(0, 0.8))
    compass = float(rng.normal(0, 1.0))
    shots: list[Shot] = []
    second = 0.0
    for strip in range(strips):
        yaw = base_yaw + (180.0 if strip % 2 else 0.0)
        order = range(per_strip) if strip % 2 == 0 else range(per_strip - 1, -1, -1)
        for k in order:
            across = (strip - (strips - 1) / 2) * 0.40 * long_m
            along = (k - (per_strip - 1) / 2) * 0.30 * short_m
            bearing = np.radians(base_yaw)
            x = centre[0] + across * np.cos(bearing) + along * np.sin(bearing)
            y = centre[1] - across * np.sin(bearing) + along * np.cos(bearing)
            shots.append(
                _expose(
                    len(shots) + 1,
                    second,
                    float(x),
                    float(y),
                    height_m,
                    yaw,
                    rng,
                    (float(common[0]), float(common[1]), barometer, compass, true_yaw_of_grid_north),
                )
            )
            second += 3.4
        second += 6.0
    return tuple(shots)


def _expose(
    number: int,
    second: float,
    x: float,
    y: float,
    height_m: float,
    yaw: float,
    rng: np.random.Generator,
    common: tuple[float, float, float, float, float],
) -> Shot:
    east, north, barometer, compass, grid_north = common
    dx, dy, dz = rng.normal(0, (1.0, 1.0, 0.4))
    true_x, true_y, true_z = x + dx, y + dy, height_m + dz
    d_yaw, d_pitch, d_roll = rng.normal(0, (YAW_SD, GIMBAL_TILT_SD, GIMBAL_TILT_SD))
    e_x, e_y = rng.normal(0, 0.35, 2)
    heading = _signed(yaw + grid_north)
    return Shot(
        f"DJI_{number:04d}.JPG",
        second,
        true_x,
        true_y,
        true_z,
        yaw + d_yaw,
        -90.0 + d_pitch,
        d_roll,
        true_x + east + e_x,
        true_y + north + e_y,
        true_z + barometer,
        _signed(heading + compass),
        float(np.round(-90.0 + rng.choice([0.0, 0.1]), 1)),
        0.0,
        _signed(heading + compass + rng.normal(0, 2.0)),
        8.0,
        float(np.exp(rng.normal(0, 0.05))),
    )


def _signed(degrees: float) -> float:
    return float((degrees + 180.0) % 360.0 - 180.0)


def render_shot(
    shot: Shot, camera: FlightCamera, scene: Scene, world: World, rng: np.random.Generator, *, band: str = "rgb"
) -> NDArray[np.uint8] | NDArray[np.float32]:
    """Render what the camera sees: ``"rgb"`` gives uint8 (row, column, 3), ``"kelvin"`` float32 (row, column)."""
    x, y = ground_of_pixels(shot, camera, world)
    columns, rows = scene.columns_rows(x, y)
    source = scene.rgb if band == "rgb" else scene.kelvin
    picture = cv2.remap(
        source, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    if band != "rgb":
        return np.asarray(picture, np.float32)
    noise = rng.normal(0.0, 1.5, picture.shape[:2]).astype(np.float32)
    lit = picture * (shot.gain * _vignette(camera))[..., None] + noise[..., None]
    return np.asarray(np.clip(lit, 0, 255), np.uint8)


def ground_of_pixels(shot: Shot, camera: FlightCamera, world: World) -> tuple[Floats, Floats]:
    """Local metres of the ground under every pixel, two arrays of shape (row, column)."""
    column, row = np.meshgrid(np.arange(float(camera.width_px)), np.arange(float(camera.height_px)))
    right = (column + 0.5 - camera.width_px / 2) / camera.focal_px
    down = (row + 0.5 - camera.height_px / 2) / camera.focal_px
    east, north, up = _ray(right, down, shot)
    forward = np.radians(shot.yaw)
    late = (row / camera.height_px - 0.5) * camera.readout_s * shot.speed
    x0, y0 = shot.x + late * np.sin(forward), shot.y + late * np.cos(forward)
    height = np.zeros_like(east)
    for _ in range(3):  # slopes are below 1 %: three rounds leave less than a millimetre
        distance = (height - shot.height_m) / up
        x, y = x0 + distance * east, y0 + distance * north
        height = world.height(x, y)
    return x, y


def _ray(right: Floats, down: Floats, shot: Shot) -> tuple[Floats, Floats, Floats]:
    """Direction east, north, up of camera rays (right, down, ahead): yaw, then pitch, then roll."""
    yaw, pitch, roll = np.radians([shot.yaw, shot.pitch, shot.roll])
    ahead = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
    side = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
    below = np.cross(ahead, side)
    side, below = np.cos(roll) * side + np.sin(roll) * below, np.cos(roll) * below - np.sin(roll) * side
    east, north, up = (ahead[k] + right * side[k] + down * below[k] for k in range(3))
    return east, north, up


def _vignette(camera: FlightCamera) -> NDArray[np.float32]:
    """Light fall-off towards the corners, 12 % at the corner."""
    y, x = np.ogrid[-1 : 1 : camera.height_px * 1j, -1 : 1 : camera.width_px * 1j]
    return np.asarray(1.0 - 0.06 * (x * x + y * y), np.float32)
