"""Exterior orientation as the vendors tag it, brought into one convention.

Yaw clockwise from true north, pitch −90° straight down, roll about the viewing direction, rotated in the order yaw,
pitch, roll (DJI's gimbal, NED axes). The Pix4D tags (``Camera:Yaw``, also written by Parrot, senseFly, Autel and
MicaSense) give the attitude of a body under which the camera looks straight down, and are turned into it exactly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.coordinates import apart_m
from ingest.errors import NoPosition
from ingest.images.exif import PhotoTags
from ingest.outcome import Decision
from ingest.schema import Pose

_VENDOR_ANGLES = (
    ("drone-dji:GimbalYawDegree", "drone-dji:GimbalPitchDegree", "drone-dji:GimbalRollDegree"),
    ("drone:GimbalYawDegree", "drone:GimbalPitchDegree", "drone:GimbalRollDegree"),
    ("drone-parrot:CameraYawDegree", "drone-parrot:CameraPitchDegree", "drone-parrot:CameraRollDegree"),
    ("aerialgps:GPSIMUYaw", "aerialgps:GPSIMUPitch", "aerialgps:GPSIMURoll"),  # Phase One; −90° looks down
)
_NADIR_BODY_ANGLES = ("Camera:Yaw", "Camera:Pitch", "Camera:Roll")
_FLIGHT_YAW = ("drone-dji:FlightYawDegree", "drone:FlightYawDegree", "drone-parrot:DroneYawDegree")
_ABOVE_TAKEOFF = ("drone-dji:RelativeAltitude", "drone:RelativeAltitude", "aerialgps:GPSAltitudeAboveTakeOff")
# A coordinate as XMP writes it: 34,33.600456S or 34,33,36S (XMP specification part 2, GPSCoordinate).
_XMP_COORDINATE = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}))?([NSEW])")
_RTK_FIXED = "50"


@dataclass(frozen=True)
class PoseDefaults:
    """Standard deviations where the tags state none: GNSS position, RTK position, height (m), angles (rad)."""

    horizontal_sd_m: float
    vertical_sd_m: float
    rtk_sd_m: float
    angle_sd_rad: float
    position_conflict_m: float


@dataclass(frozen=True)
class TaggedPose:
    """A pose, the airframe's heading, the laser range, and what had to be decided (without item)."""

    pose: Pose
    flight_yaw_rad: float | None
    target_distance_m: float | None
    decision: Decision | None = None


def pose_from_tags(tags: PhotoTags, xmp: Mapping[str, str], item: str, defaults: PoseDefaults) -> TaggedPose:
    """Read position, heights and attitude from a photo's tags.

    The XMP position (7 to 9 decimals) is preferred to that of EXIF; where the two are further apart than
    ``defaults.position_conflict_m``, EXIF is believed and the conflict is a decision.

    Raises
    ------
    NoPosition
        If there is no position, or an impossible one, or the (0, 0) that means "no fix".
    """
    lon, lat, decision = _position(tags, xmp, item, defaults.position_conflict_m)
    fixed = xmp.get("drone-dji:RtkFlag") == _RTK_FIXED
    horizontal_sd, vertical_sd = _accuracy(tags, xmp, defaults, fixed)
    yaw, pitch, roll = _attitude(xmp)
    height = _number(xmp, "drone-dji:AbsoluteAltitude", "drone:AbsoluteAltitude")
    pose = Pose(
        lon,
        lat,
        height_m=height if height is not None else _exif_height(tags),
        vertical_datum="ellipsoid" if fixed or "Rtk" in xmp.get("drone-dji:AltitudeType", "") else "unknown",
        height_above_takeoff_m=_number(xmp, *_ABOVE_TAKEOFF),
        yaw_rad=yaw,
        pitch_rad=pitch,
        roll_rad=roll,
        horizontal_sd_m=horizontal_sd,
        vertical_sd_m=vertical_sd,
        angle_sd_rad=defaults.angle_sd_rad,
    )
    heading = _number(xmp, *_FLIGHT_YAW)
    return TaggedPose(pose, None if heading is None else math.radians(heading), _laser_range(xmp), decision)


# --- position ------------------------------------------------------------------------------------------------------


def _position(
    tags: PhotoTags, xmp: Mapping[str, str], item: str, conflict_m: float
) -> tuple[float, float, Decision | None]:
    """Longitude and latitude, and what was decided where EXIF and XMP contradict each other."""
    exif = _exif_position(tags)
    lon = _number(
        xmp, "drone-dji:GpsLongitude", "drone-dji:GpsLongtitude", "drone-dji:Longitude", "drone:GpsLongitude"
    )
    lat = _number(xmp, "drone-dji:GpsLatitude", "drone-dji:Latitude", "drone:GpsLatitude")
    named = (lon, lat) if lon is not None and lat is not None and (lon, lat) != (0.0, 0.0) else None
    place = named or exif or _xmp_position(xmp)
    if place is None or place == (0.0, 0.0):
        raise NoPosition(item, "photo_without_position")
    if not (abs(place[0]) <= 180.0 and abs(place[1]) <= 90.0):
        raise NoPosition(item, "photo_position_impossible", {"lat": place[1], "lon": place[0]})
    if named and exif and exif != (0.0, 0.0):
        apart = apart_m(exif, named)
        if apart > conflict_m:
            # Whole metres, so that photos of one disagreement are told together.
            return *exif, Decision("", "exif_position_believed", {"distance_m": round(apart, 0)})
    return *place, None


def _exif_position(tags: PhotoTags) -> tuple[float, float] | None:
    lon = _degrees(tags.numbers("GPSLongitude"), tags.text("GPSLongitudeRef"), "W")
    lat = _degrees(tags.numbers("GPSLatitude"), tags.text("GPSLatitudeRef"), "S")
    return None if lon is None or lat is None else (lon, lat)


def _xmp_position(xmp: Mapping[str, str]) -> tuple[float, float] | None:
    """Position of Phase One's tags, or of EXIF tags that a program moved into the XMP packet."""
    for lon_name, lat_name in (
        ("aerialgps:GPSFlightLongitude", "aerialgps:GPSFlightLatitude"),
        ("exif:GPSLongitude", "exif:GPSLatitude"),
    ):
        found = [_XMP_COORDINATE.fullmatch(xmp.get(name, "").strip()) for name in (lon_name, lat_name)]
        if found[0] and found[1]:
            lon, lat = (
                _degrees(tuple(float(part) for part in match.groups()[:3] if part), match[4], negative)
                for match, negative in zip(found, "WS", strict=True)
                if match
            )
            return None if lon is None or lat is None else (lon, lat)
    return None


def _degrees(parts: tuple[float, ...], reference: str, negative: str) -> float | None:
    if not 1 <= len(parts) <= 3:
        return None
    value = sum(part / 60.0**power for power, part in enumerate(parts))
    return -value if reference.upper().startswith(negative) else value


def _exif_height(tags: PhotoTags) -> float | None:
    height = tags.number("GPSAltitude")
    return -height if height is not None and tags.number("GPSAltitudeRef") == 1.0 else height


def _accuracy(tags: PhotoTags, xmp: Mapping[str, str], defaults: PoseDefaults, fixed: bool) -> tuple[float, float]:
    """Horizontal (per axis) and vertical standard deviation in metres, stated by the camera or by default."""
    east, north = _number(xmp, "drone-dji:RtkStdLon"), _number(xmp, "drone-dji:RtkStdLat")
    stated = max(east, north) if east and north else _number(xmp, "Camera:GPSXYAccuracy")
    stated_height = _number(xmp, "drone-dji:RtkStdHgt") or _number(xmp, "Camera:GPSZAccuracy")
    horizontal = stated or tags.number("GPSHPositioningError")
    fallback = (defaults.rtk_sd_m, defaults.rtk_sd_m) if fixed else (defaults.horizontal_sd_m, defaults.vertical_sd_m)
    return horizontal or fallback[0], stated_height or fallback[1]


def _laser_range(xmp: Mapping[str, str]) -> float | None:
    distance = _number(xmp, "drone-dji:LRFTargetDistance")
    usable = xmp.get("drone-dji:LRFStatus", "Normal") == "Normal"
    return distance if usable and distance is not None and distance > 0 else None


# --- attitude ------------------------------------------------------------------------------------------------------


def _attitude(xmp: Mapping[str, str]) -> tuple[float | None, float | None, float | None]:
    """Yaw, pitch and roll of the camera in radians, None where a tag is absent."""
    for names in _VENDOR_ANGLES:
        angles = tuple(_number(xmp, name) for name in names)
        if any(angle is not None for angle in angles):
            yaw, pitch, roll = (None if angle is None else math.radians(angle) for angle in angles)
            return yaw, pitch, roll
    skydio = tuple(_number(xmp, f"drone-skydio:CameraOrientationNED/{part}") for part in ("Yaw", "Pitch", "Roll"))
    if all(angle is not None for angle in skydio):
        yaw, pitch, roll = (None if angle is None else math.radians(angle) for angle in skydio)
        return yaw, pitch, roll
    body = tuple(_number(xmp, name) for name in _NADIR_BODY_ANGLES)
    yaw, pitch, roll = (None if angle is None else math.radians(angle) for angle in body)
    if yaw is None or pitch is None or roll is None:
        return yaw, None if pitch is None else pitch - math.pi / 2.0, roll
    return _camera_under_body(yaw, pitch, roll)


def _camera_under_body(yaw: float, pitch: float, roll: float) -> tuple[float, float, float]:
    """Attitude of a camera that looks straight down from a body with this attitude, its image top forward.

    The body's rotation is followed by a pitch of −90°, and the product taken apart again as yaw, pitch, roll.

    Examples
    --------
    >>> [round(math.degrees(a), 6) for a in _camera_under_body(math.radians(30.0), math.radians(5.0), 0.0)]
    [30.0, -85.0, 0.0]
    """
    rotation = _yaw_pitch_roll(yaw, pitch, roll) @ _yaw_pitch_roll(0.0, -math.pi / 2.0, 0.0)
    sine, level = float(-rotation[2, 0]), math.hypot(rotation[0, 0], rotation[1, 0])
    if level < 1e-8:  # straight down: roll is not defined, yaw is where the image top points
        return math.atan2(-rotation[0, 1], rotation[1, 1]), math.copysign(math.pi / 2.0, sine), 0.0
    return (
        math.atan2(rotation[1, 0], rotation[0, 0]),
        math.atan2(sine, level),  # an arc sine loses the last eight digits near the vertical
        math.atan2(rotation[2, 1], rotation[2, 2]),
    )


def _yaw_pitch_roll(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """Rotation from camera (forward, right, down) to north, east, down: Rz(yaw) Ry(pitch) Rx(roll)."""
    (cy, sy), (cp, sp), (cr, sr) = ((math.cos(a), math.sin(a)) for a in (yaw, pitch, roll))
    rz = np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
    ry = np.array([[cp, 0.0, sp], [0.0, 1.0, 0.0], [-sp, 0.0, cp]])
    rx = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    rotation: NDArray[np.float64] = rz @ ry @ rx
    return rotation


def _number(xmp: Mapping[str, str], *names: str) -> float | None:
    """First of the named tags that is a finite number (a leading ``+`` is DJI's way, a fraction Phase One's)."""
    return next((value for name in names if (value := _as_float(xmp.get(name, ""))) is not None), None)


def _as_float(text: str) -> float | None:
    over, slash, under = text.partition("/")
    try:
        value = float(over) / float(under) if slash else float(text)
    except (ValueError, ZeroDivisionError):
        return None
    return value if math.isfinite(value) else None
