"""Poses from tags alone: every vendor's names, signs, fractions, fallbacks and deviations, one by one."""

from __future__ import annotations

import math

import pytest

from ingest.errors import NoPosition
from ingest.images.exif import PhotoTags, TagValue
from ingest.images.poses import PoseDefaults, TaggedPose, pose_from_tags
from onevisit.words.telling import ToldDecision, tell
from tests.told import raises_told

DEFAULTS = PoseDefaults(3.0, 5.0, 0.03, 0.035, 20.0)
PLACE: dict[str, TagValue] = {
    "GPSLatitudeRef": "N", "GPSLatitude": (30.0, 39.0, 26.64), "GPSLongitudeRef": "E",
    "GPSLongitude": (104.0, 3.0, 56.52),
}  # fmt: skip
LON, LAT = 104.0657, 30.6574


def _tagged(xmp: dict[str, str] | None = None, exif: dict[str, TagValue] | None = None) -> TaggedPose:
    return pose_from_tags(PhotoTags("jpeg", 64, 48, PLACE if exif is None else exif), xmp or {}, "p.jpg", DEFAULTS)


def test_a_photo_with_a_position_alone() -> None:
    """Every other field says that it is unknown, with the default deviations."""
    found = _tagged()
    pose = found.pose
    assert (pose.lon, pose.lat) == pytest.approx((LON, LAT), abs=1e-9)
    assert (pose.height_m, pose.vertical_datum, pose.height_above_takeoff_m) == (None, "unknown", None)
    assert (pose.yaw_rad, pose.pitch_rad, pose.roll_rad) == (None, None, None)
    assert (pose.horizontal_sd_m, pose.vertical_sd_m, pose.angle_sd_rad) == (3.0, 5.0, 0.035)
    assert (found.flight_yaw_rad, found.target_distance_m, found.decision) == (None, None, None)


@pytest.mark.parametrize(
    ("prefix", "longitude"),
    [
        ("drone-dji", "GpsLongitude"), ("drone-dji", "GpsLongtitude"), ("drone-dji", "Longitude"),
        ("drone", "GpsLongitude"),
    ],
)  # fmt: skip
def test_position_of_the_xmp_packet(prefix: str, longitude: str) -> None:
    """DJI's three spellings and Autel's, preferred to EXIF."""
    latitude = "Latitude" if longitude == "Longitude" else "GpsLatitude"
    pose = _tagged({f"{prefix}:{longitude}": "+104.06571", f"{prefix}:{latitude}": "+30.65741"}).pose
    assert (pose.lon, pose.lat) == (104.06571, 30.65741)


@pytest.mark.parametrize(
    ("reference", "parts", "value"),
    [
        (("N", "E"), ((30.5,), (104.25,)), (104.25, 30.5)),
        (("S", "W"), ((30.0, 30.0), (104.0, 15.0)), (-104.25, -30.5)),
        (("south", "west"), ((30.0, 29.0, 60.0), (104.0, 15.0, 0.0)), (-104.25, -30.5)),
        (("", ""), ((30.5,), (104.25,)), (104.25, 30.5)),
    ],
)
def test_degrees_minutes_and_seconds(
    reference: tuple[str, str], parts: tuple[tuple[float, ...], tuple[float, ...]], value: tuple[float, float]
) -> None:
    """One to three parts; south and west are negative, in any case."""
    exif: dict[str, TagValue] = {
        "GPSLatitudeRef": reference[0], "GPSLongitudeRef": reference[1], "GPSLatitude": parts[0],
        "GPSLongitude": parts[1],
    }  # fmt: skip
    pose = _tagged(exif=exif).pose
    assert (pose.lon, pose.lat) == pytest.approx(value)


@pytest.mark.parametrize(
    "exif",
    [
        {}, {**PLACE, "GPSLatitude": ()}, {**PLACE, "GPSLongitude": (1.0, 2.0, 3.0, 4.0)},
        {**PLACE, "GPSLatitude": (0.0,), "GPSLongitude": (0.0,)},
    ],
)  # fmt: skip
def test_no_position_is_refused(exif: dict[str, TagValue]) -> None:
    """Absent, of four parts, or at (0, 0); an XMP position of (0, 0) is none either and EXIF is taken."""
    with raises_told(NoPosition, match="no GPS position"):
        _tagged(exif=exif)
    zero = {"drone-dji:GpsLongitude": "0.0", "drone-dji:GpsLatitude": "0.0"}
    assert _tagged(zero).pose.lat == pytest.approx(LAT)


@pytest.mark.parametrize(
    ("lon", "lat", "there"),
    [
        ("180", "90", True),
        ("-180", "-90", True),
        ("180.001", "10", False),
        ("10", "90.001", False),
        ("-180.001", "1", False),
    ],
)
def test_positions_that_are_not_on_the_earth(lon: str, lat: str, there: bool) -> None:
    """Poles and the date line are; the message has latitude first."""
    xmp = {"drone-dji:GpsLongitude": lon, "drone-dji:GpsLatitude": lat}
    if there:
        assert _tagged(xmp, {}).pose.lon == float(lon)
        return
    with raises_told(NoPosition, match=f"position {float(lat):g}, {float(lon):g} is not on the earth"):
        _tagged(xmp, {})


@pytest.mark.parametrize(("metres", "believed"), [(19.9, "xmp"), (20.2, "exif")])
@pytest.mark.parametrize("axis", [0, 1])
def test_positions_that_disagree(metres: float, believed: str, axis: int) -> None:
    """Beyond 20 m EXIF is believed; a degree of longitude is shorter by the cosine of the latitude."""
    step = metres / 111_320.0 / (math.cos(math.radians(LAT)) if axis == 0 else 1.0)
    lon, lat = LON + step * (axis == 0), LAT + step * (axis == 1)
    found = _tagged({"drone-dji:GpsLongitude": f"{lon:.10f}", "drone-dji:GpsLatitude": f"{lat:.10f}"})
    assert (found.pose.lon, found.pose.lat) == pytest.approx(
        (lon, lat) if believed == "xmp" else (LON, LAT), abs=1e-8
    )
    told = tell(found.decision) if found.decision else None
    expected = ToldDecision("", "position of the EXIF tags believed", "the XMP position is 20 m away from it")
    assert told == (None if believed == "xmp" else expected)


@pytest.mark.parametrize(
    "names",
    [("aerialgps:GPSFlightLongitude", "aerialgps:GPSFlightLatitude"), ("exif:GPSLongitude", "exif:GPSLatitude")],
)
@pytest.mark.parametrize(
    ("lon", "lat", "value"),
    [
        ("104,3.94200E", "30,39.444N", (LON, LAT)), ("104,3.94200W", "30,39.444S", (-LON, -LAT)),
        ("104,3,36E", "30,39,18N", (104.06, 30.655)),
    ],
)  # fmt: skip
def test_positions_as_xmp_writes_them(names: tuple[str, str], lon: str, lat: str, value: tuple[float, float]) -> None:
    """Degrees, minutes, perhaps seconds and a letter; only where nothing else says where."""
    pose = _tagged({names[0]: lon, names[1]: lat}, {}).pose
    assert (pose.lon, pose.lat) == pytest.approx(value, abs=1e-9)
    assert _tagged({names[0]: "1,0.0E", names[1]: "1,0.0N"}).pose.lat == pytest.approx(LAT)
    with pytest.raises(NoPosition):
        _tagged({names[0]: lon, names[1]: "30.66"}, {})


@pytest.mark.parametrize("prefix", ["drone-dji", "drone"])
def test_heights_of_the_packet_and_of_exif(prefix: str) -> None:
    """Absolute and above take-off; EXIF where the packet says nothing, negative below sea level."""
    pose = _tagged({f"{prefix}:AbsoluteAltitude": "+592.1", f"{prefix}:RelativeAltitude": "+100.3"}).pose
    assert (pose.height_m, pose.height_above_takeoff_m) == (592.1, 100.3)
    for reference, height in (((0.0,), 154.5), ((1.0,), -154.5), ((), 154.5)):
        exif = {**PLACE, "GPSAltitude": (154.5,), "GPSAltitudeRef": reference}
        assert _tagged(exif=exif).pose.height_m == height
    assert _tagged({f"{prefix}:AbsoluteAltitude": "0"}, {**PLACE, "GPSAltitude": (154.5,)}).pose.height_m == 0.0
    assert _tagged({"aerialgps:GPSAltitudeAboveTakeOff": "303/2"}).pose.height_above_takeoff_m == 151.5
    assert _tagged({"aerialgps:GPSAltitudeAboveTakeOff": "303/0"}).pose.height_above_takeoff_m is None


@pytest.mark.parametrize(
    ("xmp", "datum", "sds"),
    [
        ({"drone-dji:RtkFlag": "50"}, "ellipsoid", (0.03, 0.03)),
        ({"drone-dji:RtkFlag": "34"}, "unknown", (3.0, 5.0)),
        ({"drone-dji:AltitudeType": "RtkAlt"}, "ellipsoid", (3.0, 5.0)),
        ({"drone-dji:AltitudeType": "GpsFusionAlt"}, "unknown", (3.0, 5.0)),
        ({"drone-dji:RtkStdLon": "0.5", "drone-dji:RtkStdLat": "0.4", "drone-dji:RtkStdHgt": "0.9"}, "unknown",
         (0.5, 0.9)),
        ({"drone-dji:RtkStdLon": "0.4", "drone-dji:RtkStdLat": "0.5"}, "unknown", (0.5, 5.0)),
        ({"drone-dji:RtkStdLon": "0.4", "Camera:GPSXYAccuracy": "1.5", "Camera:GPSZAccuracy": "2.5"}, "unknown",
         (1.5, 2.5)),
        ({"drone-dji:RtkFlag": "50", "drone-dji:RtkStdLon": "0", "drone-dji:RtkStdLat": "0.01"}, "ellipsoid",
         (0.03, 0.03)),
    ],
)  # fmt: skip
def test_accuracy(xmp: dict[str, str], datum: str, sds: tuple[float, float]) -> None:
    """Stated ones, the larger of both axes; a fixed solution's; else the defaults."""
    pose = _tagged(xmp).pose
    assert (pose.vertical_datum, pose.horizontal_sd_m, pose.vertical_sd_m) == (datum, *sds)


def test_accuracy_of_exif() -> None:
    """GPSHPositioningError, below what the packet states."""
    exif: dict[str, TagValue] = {**PLACE, "GPSHPositioningError": (7.5,)}
    assert _tagged(exif=exif).pose.horizontal_sd_m == 7.5
    assert _tagged({"Camera:GPSXYAccuracy": "1.5"}, exif).pose.horizontal_sd_m == 1.5


@pytest.mark.parametrize(
    ("xmp", "distance"),
    [
        ({"drone-dji:LRFTargetDistance": "87.5"}, 87.5),
        ({"drone-dji:LRFTargetDistance": "87.5", "drone-dji:LRFStatus": "Normal"}, 87.5),
        ({"drone-dji:LRFTargetDistance": "87.5", "drone-dji:LRFStatus": "TooFar"}, None),
        ({"drone-dji:LRFTargetDistance": "0"}, None),
        ({"drone-dji:LRFTargetDistance": "-1"}, None),
        ({"drone-dji:LRFStatus": "Normal"}, None),
    ],
)
def test_laser_range(xmp: dict[str, str], distance: float | None) -> None:
    """A positive one with a normal status."""
    assert _tagged(xmp).target_distance_m == distance


@pytest.mark.parametrize(
    "names",
    [
        ("drone-dji:GimbalYawDegree", "drone-dji:GimbalPitchDegree", "drone-dji:GimbalRollDegree"),
        ("drone:GimbalYawDegree", "drone:GimbalPitchDegree", "drone:GimbalRollDegree"),
        ("drone-parrot:CameraYawDegree", "drone-parrot:CameraPitchDegree", "drone-parrot:CameraRollDegree"),
        ("aerialgps:GPSIMUYaw", "aerialgps:GPSIMUPitch", "aerialgps:GPSIMURoll"),
        ("drone-skydio:CameraOrientationNED/Yaw", "drone-skydio:CameraOrientationNED/Pitch",
         "drone-skydio:CameraOrientationNED/Roll"),
    ],
)  # fmt: skip
def test_angles_of_gimbals(names: tuple[str, str, str]) -> None:
    """Yaw, pitch and roll as they are; what is absent is None, but for Skydio, who writes all or none."""
    pose = _tagged(dict(zip(names, ("30.0", "-80", "+2"), strict=True))).pose
    assert (pose.yaw_rad, pose.pitch_rad, pose.roll_rad) == pytest.approx([math.radians(v) for v in (30, -80, 2)])
    alone = _tagged({names[1]: "-80"}).pose
    expected = None if "skydio" in names[0] else math.radians(-80)
    assert (alone.yaw_rad, alone.pitch_rad, alone.roll_rad) == (None, expected, None)


def test_vendors_come_before_the_body() -> None:
    """Gimbal angles beside Camera:Yaw and others: the gimbal's."""
    body = {"Camera:Yaw": "1", "Camera:Pitch": "2", "Camera:Roll": "3"}
    assert _tagged({**body, "drone-dji:GimbalYawDegree": "30"}).pose.yaw_rad == pytest.approx(math.radians(30))
    assert _tagged({"Camera:Yaw": "40"}).pose.yaw_rad == pytest.approx(math.radians(40))


@pytest.mark.parametrize(
    ("body", "camera"),
    [
        ((30.0, 10.0, 0.0), (30.0, -80.0, 0.0)),  # nose up: the camera looks ahead of nadir
        ((30.0, -10.0, 0.0), (-150.0, -80.0, 180.0)),  # nose down: behind it, upside down
        ((0.0, 0.0, 10.0), (-90.0, -80.0, 90.0)),  # right wing down: to the left
        ((0.0, 0.0, -10.0), (90.0, -80.0, -90.0)),
    ],
)
def test_camera_under_a_body(body: tuple[float, ...], camera: tuple[float, ...]) -> None:
    """A body that leans by 10° to each side, worked out with a model in the hand."""
    pose = _tagged(dict(zip(("Camera:Yaw", "Camera:Pitch", "Camera:Roll"), map(str, body), strict=True))).pose
    found = [math.degrees(a or 0.0) for a in (pose.yaw_rad, pose.pitch_rad, pose.roll_rad)]
    assert found[1] == pytest.approx(camera[1])
    for angle, expected in ((found[0], camera[0]), (found[2], camera[2])):
        assert (angle - expected + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-6)


def test_body_with_angles_missing() -> None:
    """Without a roll the pitch is turned by a quarter alone; without any all are None."""
    pose = _tagged({"Camera:Yaw": "30", "Camera:Pitch": "5"}).pose
    assert (pose.yaw_rad, pose.pitch_rad, pose.roll_rad) == (
        pytest.approx(math.radians(30)),
        pytest.approx(math.radians(-85)),
        None,
    )
    lone = _tagged({"Camera:Roll": "5"}).pose
    assert (lone.yaw_rad, lone.pitch_rad, lone.roll_rad) == (None, None, pytest.approx(math.radians(5)))


@pytest.mark.parametrize(
    "name", ["drone-dji:FlightYawDegree", "drone:FlightYawDegree", "drone-parrot:DroneYawDegree"]
)
def test_heading_of_the_airframe(name: str) -> None:
    """In radians, under each vendor's name; nothing that is no finite number."""
    assert _tagged({name: "-90"}).flight_yaw_rad == pytest.approx(-math.pi / 2)
    for text in ("", "north", "inf", "nan", "1/0", "1/x"):
        assert _tagged({name: text}).flight_yaw_rad is None
