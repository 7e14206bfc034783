"""Photos to frames: positions and attitudes of the vendors, clocks, cameras."""

from __future__ import annotations

from datetime import UTC, datetime
from math import degrees
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.errors import SettingError
from ingest.images.poses import _camera_under_body, _yaw_pitch_roll
from ingest.schema import Frame
from onevisit.words.telling import tell
from tests.ingest.images.photo_files import (
    CHENGDU_GPS,
    LENS,
    Tags,
    description,
    read,
    read_one,
    write_photo,
)
from tests.told import raises_told


def attitude(frame: Frame) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees."""
    pose = frame.pose
    assert pose.yaw_rad is not None
    assert pose.pitch_rad is not None
    assert pose.roll_rad is not None
    return degrees(pose.yaw_rad), degrees(pose.pitch_rad), degrees(pose.roll_rad)


@pytest.mark.parametrize("spelling", ["GpsLongitude", "GpsLongtitude"])
def test_dji_position_in_both_spellings(tmp_path: Path, spelling: str) -> None:
    """The misspelt tag of older drones and the leading plus are read; XMP has more digits than EXIF."""
    xmp = description(f'drone-dji:GpsLatitude="+30.657400123" drone-dji:{spelling}="+104.065700456"')
    frame = read_one(write_photo(tmp_path / "a.jpg", xmp=xmp))
    assert (frame.pose.lon, frame.pose.lat) == (104.065700456, 30.657400123)


def test_xmp_elements_are_read_like_attributes(tmp_path: Path) -> None:
    """The same tags written as elements, with heights and attitude."""
    xmp = description(
        "",
        "<drone-dji:GimbalYawDegree>-35.5</drone-dji:GimbalYawDegree><drone-dji:GimbalPitchDegree>-89.9</drone-dji:GimbalPitchDegree>"
        "<drone-dji:GimbalRollDegree>+0.00</drone-dji:GimbalRollDegree><drone-dji:RelativeAltitude>+100.1</drone-dji:RelativeAltitude>"
        "<drone-dji:FlightYawDegree>-30</drone-dji:FlightYawDegree>",
    )
    frame = read_one(write_photo(tmp_path / "a.jpg", xmp=xmp))
    assert attitude(frame) == pytest.approx((-35.5, -89.9, 0.0))
    assert (frame.pose.height_above_takeoff_m, degrees(frame.flight_yaw_rad or 0)) == (100.1, pytest.approx(-30.0))


def test_rtk_photo_is_accurate_and_ellipsoidal(tmp_path: Path) -> None:
    """A fixed solution brings its own deviations and the ellipsoid; a single one does neither."""
    fixed = (
        'drone-dji:RtkFlag="50" drone-dji:RtkStdLon="0.011" drone-dji:RtkStdLat="0.014" drone-dji:RtkStdHgt="0.025"'
    )
    frame = read_one(write_photo(tmp_path / "a.jpg", xmp=description(fixed + ' drone-dji:AbsoluteAltitude="+501.2"')))
    assert (frame.pose.horizontal_sd_m, frame.pose.vertical_sd_m, frame.pose.vertical_datum) == (
        0.014,
        0.025,
        "ellipsoid",
    )
    assert frame.tags["RtkFlag"] == "50"
    single = read_one(write_photo(tmp_path / "b.jpg", xmp=description('drone-dji:RtkFlag="16"')))
    assert (single.pose.horizontal_sd_m, single.pose.vertical_datum) == (3.0, "unknown")


def test_laser_range_is_used_only_when_normal(tmp_path: Path) -> None:
    """A range with another status is no range."""
    for status, expected in (("Normal", 87.5), ("NoSignal", None)):
        xmp = description(f'drone-dji:LRFTargetDistance="87.5" drone-dji:LRFStatus="{status}"')
        assert read_one(write_photo(tmp_path / "a.jpg", xmp=xmp)).target_distance_m == expected


@pytest.mark.parametrize(
    ("xmp", "expected"),
    [
        (
            '<rdf:Description xmlns:p="http://www.parrot.com/drone-parrot/1.0/" p:CameraYawDegree="12.0" '
            'p:CameraPitchDegree="-78.4" p:CameraRollDegree="-0.3"/>',
            (12.0, -78.4, -0.3),
        ),
        (
            '<rdf:Description xmlns:d="http://ns.autelrobotics.com/drone/1.0/" d:GimbalYawDegree="-5" '
            'd:GimbalPitchDegree="-90" d:GimbalRollDegree="0"/>',
            (-5.0, -90.0, 0.0),
        ),
        (
            '<rdf:Description xmlns:s="https://www.skydio.com/drone-skydio/1.0/"><s:CameraOrientationNED '
            'rdf:parseType="Resource"><s:Roll>0.2</s:Roll><s:Pitch>-84.0</s:Pitch><s:Yaw>146.5</s:Yaw>'
            "</s:CameraOrientationNED></rdf:Description>",
            (146.5, -84.0, 0.2),
        ),
        (
            '<rdf:Description xmlns:Camera="http://pix4d.com/camera/1.0/" Camera:Yaw="30" Camera:Pitch="7.5" '
            'Camera:Roll="0"/>',
            (30.0, -82.5, 0.0),
        ),
        (
            '<rdf:Description xmlns:c="http://ns.sensefly.com/Camera/1.0/" c:Yaw="30" c:Pitch="0" c:Roll="0"/>',
            (30.0, -90.0, 0.0),
        ),
        (
            '<rdf:Description xmlns:a="http://www.phaseone.com/aerialgps/" a:GPSIMUYaw="3015708/10000" '
            'a:GPSIMUPitch="-845000/10000" a:GPSIMURoll="2380/10000"/>',
            (301.5708, -84.5, 0.238),
        ),
        (
            '<rdf:Description xmlns:c="http://www.phaseone.com/camera/" c:Yaw="2366373/10000" c:Pitch="0/1" '
            'c:Roll="0/1"/>',
            (-123.3627, -90.0, 0.0),
        ),
    ],
    ids=["parrot", "autel", "skydio", "pix4d", "sensefly", "phase one", "phase one camera"],
)  # fmt: skip
def test_attitude_of_other_vendors(tmp_path: Path, xmp: str, expected: tuple[float, float, float]) -> None:
    """Parrot, Autel, Skydio, Pix4D, senseFly and Phase One tags come in one convention."""
    assert attitude(read_one(write_photo(tmp_path / "a.jpg", xmp=xmp))) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("latitude", "south"), [("30,39.600000N", 30.66), ("34,33,36S", -34.56)])
def test_phase_one_position_and_heights(tmp_path: Path, latitude: str, south: float) -> None:
    """Position only in the XMP packet, in degrees and minutes; height as a fraction; sensor of an iXM-100."""
    xmp = (
        '<rdf:Description xmlns:aerialgps="http://www.phaseone.com/aerialgps/" '
        f'aerialgps:GPSFlightLatitude="{latitude}" aerialgps:GPSFlightLongitude="104,3.000000E" '
        'aerialgps:GPSAltitudeAboveTakeOff="151615/1000"/>'
    )
    frame = read_one(write_photo(tmp_path / "a.jpg", model="iXM-100", gps={}, xmp=xmp))
    assert (frame.pose.lon, frame.pose.lat) == pytest.approx((104.05, south))
    assert frame.pose.height_above_takeoff_m == pytest.approx(151.615)
    assert frame.camera.focal_px > 0


@example(0.5, 1.34e-6, 0.0)
@example(-2.0, 0.0, 1e-7)
@example(3.0, 2e-8, -2e-8)
@given(st.floats(-3.1, 3.1), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6))
def test_camera_under_a_tilted_body_keeps_its_rotation(yaw: float, pitch: float, roll: float) -> None:
    """The angles taken from the product rebuild it, also a hair off the vertical: body rotation, then 90° down."""
    expected = _yaw_pitch_roll(yaw, pitch, roll) @ _yaw_pitch_roll(0.0, -np.pi / 2.0, 0.0)
    assert np.allclose(_yaw_pitch_roll(*_camera_under_body(yaw, pitch, roll)), expected, rtol=0.0, atol=5e-8)


@given(st.floats(-3.1, 3.1), st.floats(-0.6, 0.6), st.floats(-0.6, 0.6))
def test_body_rotation_by_hand(yaw: float, pitch: float, roll: float) -> None:
    """Rz Ry Rx written out as in every textbook of flight (Tait-Bryan, z-y'-x'')."""
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (yaw, pitch, roll))
    expected = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    assert np.allclose(_yaw_pitch_roll(yaw, pitch, roll), expected, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("tilt", [0.0, 1e-9])
def test_straight_down_all_turning_is_yaw(tilt: float) -> None:
    """Where roll is not defined it is zero, and the yaw is where the image top points."""
    assert _camera_under_body(0.7, tilt, 0.0) == pytest.approx((0.7, -np.pi / 2, 0.0), abs=1e-12)


def test_positions_that_disagree_are_a_decision(tmp_path: Path) -> None:
    """EXIF is believed against an XMP position 1.1 km away."""
    xmp = description('drone-dji:GpsLatitude="+30.6674" drone-dji:GpsLongitude="+104.0657"')
    outcome = read(write_photo(tmp_path / "a.jpg", xmp=xmp))
    assert outcome.value[0].pose.lat == pytest.approx(30.6574)
    assert any("1113 m away" in tell(d).evidence for d in outcome.decisions)


def test_height_below_sea_level_is_negative(tmp_path: Path) -> None:
    """GPSAltitudeRef 1 turns the sign."""
    frame = read_one(write_photo(tmp_path / "a.jpg", gps={**CHENGDU_GPS, 5: 1, 6: (154.5,)}))
    assert frame.pose.height_m == -154.5


@pytest.mark.parametrize(
    ("exif", "gps", "zone", "expected"),
    [
        ({0x9011: "+08:00"}, {}, "", "01:15:30"),
        ({0x9010: "-03:30"}, {}, "", "12:45:30"),
        ({}, {}, "", "01:15:30"),  # Chengdu by its place
        ({}, {}, "UTC+9", "00:15:30"),
        ({}, {}, "Europe/Berlin", "07:15:30"),
        ({}, {0x1D: "2024:10:08", 7: (1, 15, 28.5)}, "", "01:15:30"),  # GPS time says +8, to the second the camera's
        ({}, {0x1D: "2024:10:08", 7: (1, 20, 0)}, "", "01:20:00"),  # clock 4.5 min off: GPS time alone
    ],
)  # fmt: skip
def test_local_clock_becomes_utc(tmp_path: Path, exif: Tags, gps: Tags, zone: str, expected: str) -> None:
    """09:15:30 on the camera's clock, by OffsetTime, declared zone, GPS time, or the zone of the place."""
    path = write_photo(tmp_path / "a.jpg", exif={**LENS, **exif}, gps={**CHENGDU_GPS, **gps})
    assert str(read_one(path, time_zone=zone).time) == f"2024-10-08 {expected}+00:00"


def test_utc_at_exposure_is_gps_time(tmp_path: Path) -> None:
    """DJI's tag is 18 s ahead of UTC, and the decision says so."""
    xmp = description('drone-dji:UTCAtExposure="2024-10-08T01:15:48.250000"')
    outcome = read(write_photo(tmp_path / "a.jpg", xmp=xmp))
    assert outcome.value[0].time == datetime(2024, 10, 8, 1, 15, 30, 250_000, tzinfo=UTC)
    assert any("GPS time" in tell(d).decision for d in outcome.decisions)


def test_photo_without_a_clock_has_no_time_and_comes_last(tmp_path: Path) -> None:
    """No time is not an error; order is by time, then name."""
    late = write_photo(tmp_path / "a.jpg", exif={0x9003: "2024:10:08 10:00:00", 0x920A: (8.8,)})
    early = write_photo(tmp_path / "b.jpg")
    none = write_photo(tmp_path / "0.jpg", exif={0x920A: (8.8,)})
    assert [f.item for f in read(late, early, none).value] == ["b.jpg", "a.jpg", "0.jpg"]


def test_unknown_zone_stops_at_once(tmp_path: Path) -> None:
    """A wrong setting is no bad photo."""
    with raises_told(SettingError, match="Asia/Shanghai"):
        read(write_photo(tmp_path / "a.jpg"), time_zone="Asia/Chengdu")


@pytest.mark.parametrize(
    ("model", "exif", "xmp", "focal_px", "source"),
    [
        ("FC6310R", {0x920A: (8.8,)}, "", 64 * 8.8 / 13.2, "exif focal length, camera table"),
        ("Phone X", {0x920A: (4.0,), 0xA20E: (10.0,), 0xA210: 4}, "", 40.0, "exif focal plane"),
        ("Phone X", {0xA405: 24}, "", 24 / 43.2666 * 80, "exif 35 mm equivalent"),
        ("M3T", {}, "", 64 * 4.4 / 6.4, "camera table"),
        ("FC6310R", {0x920A: (8.8,), 0xA404: (2.0,)}, "", 2 * 64 * 8.8 / 13.2, "exif focal length, camera table"),
        ("FC6310R", {0x920A: (8.8,)}, 'drone-dji:CalibratedFocalLength="43.5"', 43.5, "maker's calibration"),
    ],
    ids=["table", "focal plane", "35 mm", "table alone", "zoom", "calibrated"],
)  # fmt: skip
def test_focal_length_from_the_best_evidence(
    tmp_path: Path, model: str, exif: Tags, xmp: str, focal_px: float, source: str
) -> None:
    """Each kind of tag, worked out by hand for an image of 64 × 48 pixels."""
    path = write_photo(tmp_path / "a.jpg", model=model, exif=exif, xmp=description(xmp) if xmp else "")
    camera = read_one(path).camera
    assert (camera.focal_px, camera.source) == (pytest.approx(focal_px, rel=1e-5), source)
    assert (camera.centre_x_px, camera.centre_y_px) == (31.5, 23.5)


def test_dewarp_data_gives_the_whole_camera(tmp_path: Path) -> None:
    """Focal length, centre as an offset from the middle, distortion; none of it if the camera has dewarped."""
    data = "2022-06-08;50.5,50.6,1.25,-0.5,-0.11,0.015,-0.0001,-0.0002,-0.027"
    for flag, lens in (("0", (-0.11, 0.015, -0.0001, -0.0002, -0.027)), ("1", (0.0,) * 5)):
        xmp = description(f'drone-dji:DewarpFlag="{flag}" drone-dji:DewarpData="{data}"')
        camera = read_one(write_photo(tmp_path / "a.jpg", xmp=xmp)).camera
        assert (camera.focal_px, camera.centre_x_px, camera.centre_y_px) == (50.5, 32.75, 23.0)
        assert camera.distortion == lens


def test_unknown_camera_without_focal_tags_is_rejected(tmp_path: Path) -> None:
    """The message names the model and the setting; with the setting the photo is used."""
    path = write_photo(tmp_path / "a.jpg", model="Box 1", exif={0x9003: "2024:10:08 09:15:30"})
    [reject] = read(path).rejects
    assert "'Box 1'" in tell(reject).reason
    assert "focal_px" in tell(reject).reason
    assert read_one(path, focal_px=50.0).camera.source == "declared"


def test_table_agrees_with_an_independent_one(shared_data: Path) -> None:
    """Sensor widths are within 6 % of OpenAthena's calibrated ones for every model that both tables hold."""
    import json

    from ingest.images.cameras import camera_table

    models = json.loads((shared_data / "uav" / "tables" / "droneModels.json").read_text(encoding="utf-8"))
    compared = 0
    for entry in models["droneCCDParams"]:
        name = entry["makeModel"].removeprefix("dji").removeprefix("autel robotics").removeprefix("parrot")
        for row in camera_table().get(name.upper(), ()):
            pitch, _, width = str(entry["ccdWidthMMPerPixel"]).partition("/")
            per_pixel = float(pitch.rstrip("d")) / float(width.rstrip("d"))
            if (row.kind == "thermal") == entry["isThermal"] and entry["lensType"] == "perspective":
                compared += 1
                assert row.sensor_width_mm == pytest.approx(per_pixel * entry["widthPixels"], rel=0.06), row
    assert compared > 35
