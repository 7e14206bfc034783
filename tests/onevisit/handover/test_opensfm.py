"""``reconstruction.json``: what OpenSfM would see through it is what our own camera model sees."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from imagery.camera import distort, project, rotation_from_attitude
from imagery.schema import FramePose
from ingest.coordinates import meridian_convergence_rad, to_lonlat
from ingest.outcome import Phrase
from ingest.schema import Camera
from onevisit.handover.data.opensfm import reconstruction, write_reconstruction
from tests.imagery.conftest import EAST, GRID, NORTH

_CAMERA = Camera(4000, 3000, 3100.0, 2010.0, 1490.0, (0.02, -0.01, 1e-3, -5e-4, 2e-3), "FC6310", "test")


def _pose(item: str, east: float, north: float, yaw_deg: float, *, camera: Camera = _CAMERA) -> FramePose:
    rotation = rotation_from_attitude(math.radians(yaw_deg), math.radians(-70), math.radians(3))
    return FramePose(
        item, True, Phrase("photo_used"), EAST + east, NORTH + north, 80.0, math.radians(yaw_deg), 1.5,
        shapely.Polygon(), camera, rotation, np.eye(6),
    )  # fmt: skip


def _seen_by_opensfm(
    shot: dict[str, object], camera: dict[str, float], point: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Pixel (centre of the first at 0, 0) by OpenSfM's conventions, from the file alone."""
    rotation, _ = cv2.Rodrigues(np.array(shot["rotation"], float))
    x, y, z = rotation @ point + np.array(shot["translation"], float)
    bent = distort(np.array([x / z, y / z]), tuple(camera[k] for k in ("k1", "k2", "p1", "p2", "k3")))
    side = max(camera["width"], camera["height"])
    normal = bent * [camera["focal_x"], camera["focal_y"]] + [camera["c_x"], camera["c_y"]]
    return np.asarray(normal * side + [(camera["width"] - 1) / 2, (camera["height"] - 1) / 2])


def test_pixels_survive_the_round_trip(tmp_path: Path) -> None:
    """A ground point lands on the same pixel through the file as through the pose, to a tenth of a pixel."""
    poses = [_pose("a.jpg", 0.0, 0.0, 25.0), _pose("b.jpg", 60.0, -40.0, -100.0)]
    write_reconstruction(poses, GRID, tmp_path / "reconstruction.json")
    (read,) = json.loads((tmp_path / "reconstruction.json").read_text(encoding="utf-8"))
    origin = read["reference_lla"]
    for pose in poses:
        assert pose.rotation is not None
        centre = np.array([pose.easting_m, pose.northing_m, pose.height_m])
        ahead = pose.rotation.T @ np.array([0.15, -0.1, 1.0])
        ground = centre + ahead * (-80.0 / ahead[2])
        pixel, seen = project(_CAMERA, pose.rotation, centre, ground)
        assert seen
        shot = read["shots"][pose.item]
        offset = _true_offset(ground - centre, pose)
        point = np.array(shot["gps_position"]) + offset
        assert _seen_by_opensfm(shot, read["cameras"][shot["camera"]], point) == pytest.approx(pixel, abs=0.1)
    assert abs(origin["latitude"] - to_lonlat(EAST + 30, NORTH - 20, GRID)[1]) < 1e-6


def _true_offset(offset: NDArray[np.float64], pose: FramePose) -> NDArray[np.float64]:
    """An offset in grid axes, turned to true east and north by the bearing of grid north."""
    lon, lat = to_lonlat(pose.easting_m, pose.northing_m, GRID)
    angle = float(meridian_convergence_rad(lon, lat, GRID))
    bearing = math.atan2(offset[0], offset[1]) + angle
    length = math.hypot(offset[0], offset[1])
    return np.array([length * math.sin(bearing), length * math.cos(bearing), offset[2]])


def test_positions_are_metres_east_and_north_of_the_reference() -> None:
    """Two photos 60 m and 40 m apart on the grid: the same distance apart in the file, centres at −Rᵀ t."""
    (built,) = reconstruction([_pose("a.jpg", 0.0, 0.0, 0.0), _pose("b.jpg", 60.0, -40.0, 0.0)], GRID)
    centres = []
    for shot in built["shots"].values():
        rotation, _ = cv2.Rodrigues(np.array(shot["rotation"]))
        centres.append(-rotation.T @ np.array(shot["translation"]))
        assert centres[-1] == pytest.approx(shot["gps_position"])
    assert np.hypot(*(centres[1] - centres[0])[:2]) == pytest.approx(math.hypot(60, 40), abs=0.05)
    assert centres[0][2] == pytest.approx(80.0, abs=0.01)


def test_photo_that_looks_down_with_its_top_to_true_north() -> None:
    """x is east, y is south, z is down: OpenSfM's rotation of a nadir photo is half a turn about the east axis."""
    lon, lat = to_lonlat(EAST, NORTH, GRID)
    convergence = float(meridian_convergence_rad(lon, lat, GRID))
    pose = replace(_pose("a.jpg", 0.0, 0.0, 0.0), rotation=rotation_from_attitude(-convergence, -math.pi / 2, 0.0))
    (built,) = reconstruction([pose], GRID)
    rotation, _ = cv2.Rodrigues(np.array(built["shots"]["a.jpg"]["rotation"]))
    assert rotation == pytest.approx(np.diag([1.0, -1.0, -1.0]), abs=1e-6)


def test_cameras_are_shared_and_unused_photos_left_out() -> None:
    """Two interior orientations make two cameras; an unused photo is no shot; none used is an empty list."""
    other = replace(_CAMERA, focal_px=3100.01)
    lost = replace(_pose("c.jpg", 5.0, 5.0, 0.0), used=False)
    poses = [
        _pose("a.jpg", 0.0, 0.0, 0.0),
        _pose("b.jpg", 9.0, 0.0, 0.0),
        _pose("d.jpg", 9.0, 9.0, 0.0, camera=other),
    ]
    (built,) = reconstruction([*poses, lost], GRID)
    assert set(built["shots"]) == {"a.jpg", "b.jpg", "d.jpg"}
    assert len(built["cameras"]) == 2
    assert reconstruction([lost], GRID) == []


def test_every_field_of_camera_shot_and_reconstruction(tmp_path: Path) -> None:
    """Lengths over the longer side, the principal point from the image centre, the file as the records."""
    wide = replace(_CAMERA, width_px=3000, height_px=4000, model="", distortion=(0.0, 0.0, 0.0, 0.0, 0.0))
    unknown = replace(_pose("b.jpg", 9.0, 0.0, 0.0, camera=wide), position_error_m=math.nan)
    poses = [_pose("甲.jpg", 0.0, 0.0, 0.0), unknown]
    (built,) = reconstruction(poses, GRID)
    assert built["cameras"] == {
        "v2 fc6310 4000 3000 brown 0.7750": {
            "projection_type": "brown", "width": 4000, "height": 3000, "focal_x": 0.775, "focal_y": 0.775,
            "c_x": pytest.approx((2010.0 - 1999.5) / 4000), "c_y": pytest.approx((1490.0 - 1499.5) / 4000),
            "k1": 0.02, "k2": -0.01, "p1": 1e-3, "p2": -5e-4, "k3": 2e-3,
        },
        "v2 unknown 3000 4000 brown 0.7750": {
            "projection_type": "brown", "width": 3000, "height": 4000, "focal_x": 0.775, "focal_y": 0.775,
            "c_x": pytest.approx((2010.0 - 1499.5) / 4000), "c_y": pytest.approx((1490.0 - 1999.5) / 4000),
            "k1": 0.0, "k2": 0.0, "p1": 0.0, "p2": 0.0, "k3": 0.0,
        },
    }  # fmt: skip
    shots = built["shots"]
    told = {name: (shot["camera"].split()[1], shot["orientation"], shot["gps_dop"]) for name, shot in shots.items()}
    assert told == {"甲.jpg": ("fc6310", 1, 1.5), "b.jpg": ("unknown", 1, None)}
    lon, lat = to_lonlat([EAST, EAST + 9.0], [NORTH, NORTH], GRID)
    assert built["reference_lla"] == {
        "longitude": pytest.approx(float(lon.mean()), abs=1e-12),
        "latitude": pytest.approx(float(lat.mean()), abs=1e-12),
        "altitude": 0.0,
    }
    assert built["points"] == {}
    write_reconstruction(poses, GRID, tmp_path / "r.json")
    text = (tmp_path / "r.json").read_text(encoding="utf-8")
    assert json.loads(text) == [built] and "甲.jpg" in text and text.endswith("]\n")


def test_cameras_of_one_name_are_numbered() -> None:
    """Focal lengths that agree to four digits, but not to the last, are two cameras."""
    poses = [
        _pose(f"{k}.jpg", float(k), 0.0, 0.0, camera=replace(_CAMERA, focal_px=3100.0 + 0.01 * k)) for k in (0, 1, 0)
    ]
    (built,) = reconstruction([replace(pose, item=f"{n}.jpg") for n, pose in enumerate(poses)], GRID)
    name = "v2 fc6310 4000 3000 brown 0.7750"
    assert [shot["camera"] for shot in built["shots"].values()] == [name, f"{name} 1", name]


@pytest.mark.parametrize("change", [{"camera": None}, {"rotation": None}, {"used": False}])
def test_a_photo_of_unknown_orientation_is_no_shot(change: dict[str, None]) -> None:
    """Camera, rotation and use are all needed; the reference is that of the others."""
    lost = replace(_pose("b.jpg", 500.0, 0.0, 0.0), **change)
    (built,) = reconstruction([_pose("a.jpg", 0.0, 0.0, 0.0), lost], GRID)
    assert list(built["shots"]) == ["a.jpg"]
    assert built["shots"]["a.jpg"]["gps_position"] == pytest.approx([0.0, 0.0, 80.0], abs=1e-6)


def test_positions_are_east_and_north_not_the_other_way_round() -> None:
    """The second photo is 60 m east and 40 m south of the first, but for half a degree of convergence."""
    (built,) = reconstruction([_pose("a.jpg", 0.0, 0.0, 0.0), _pose("b.jpg", 60.0, -40.0, 0.0)], GRID)
    first, second = (np.array(shot["gps_position"]) for shot in built["shots"].values())
    assert second - first == pytest.approx([60.0, -40.0, 0.0], abs=0.7)
