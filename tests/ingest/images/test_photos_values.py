"""A photo field by field, its pixels, RTK logs, damaged files."""

from __future__ import annotations

from datetime import UTC, datetime
from math import degrees
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import FileError
from ingest.images import read as photos
from ingest.images.exif import PhotoTags
from ingest.images.mrk import gps_to_utc, parse_mrk
from ingest.images.read import PhotoSettings, read_frames, read_image, read_values
from ingest.images.xmp import parse_xmp
from ingest.schema import Camera, Frame, Pose
from onevisit.words.telling import tell
from tests.ingest.images.photo_files import (
    CHENGDU_GPS,
    LENS,
    description,
    read,
    read_one,
    segment,
    write_photo,
)
from tests.told import raises_told


def test_every_field_of_a_frame(tmp_path: Path) -> None:
    """Item, path, camera, pose, time, kind, airframe, range, and the tags that are kept as evidence."""
    xmp = description(
        'drone-dji:GimbalYawDegree="+30.0" drone-dji:FlightYawDegree="+90.0" drone-dji:LRFTargetDistance="87.5" '
        'drone-dji:GpsStatus="RTK" drone-dji:AltitudeType="GpsFusionAlt" drone-dji:SurveyingMode="1" '
        'drone-dji:DewarpFlag="0" drone-dji:ImageSource="WideCamera" drone-dji:CamReverse="0" '
        'drone-dji:GimbalReverse="1" drone-dji:FlightPitchDegree="-2.5" drone-dji:FlightRollDegree="+1.5" '
        'drone-dji:RtkFlag="16" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="DJI 1.2" '
        'xmlns:Camera="http://pix4d.com/camera/1.0/" Camera:CentralWavelength="560" Camera:ModelType="perspective"'
    )
    (tmp_path / "sub").mkdir()
    path = write_photo(
        tmp_path / "sub" / "a.jpg", image={0x0131: "v01", 0x0112: 6}, exif={**LENS, 0xA434: "24mm"}, xmp=xmp
    )
    frame = read_frames([path], PhotoSettings(time_zone="UTC+8"), root=tmp_path).value[0]
    assert (frame.item, frame.path, frame.kind, frame.band, frame.radiometry) == ("sub/a.jpg", path, "rgb", "", None)
    assert (degrees(frame.flight_yaw_rad or 0), degrees(frame.pose.yaw_rad or 0)) == pytest.approx((90.0, 30.0))
    assert frame.target_distance_m == 87.5
    assert frame.time == datetime(2024, 10, 8, 1, 15, 30, tzinfo=UTC)
    assert dict(frame.tags) == {
        "Make": "Make", "Model": "FC6310R", "Software": "v01", "LensModel": "24mm", "Orientation": "6",
        "RtkFlag": "16",
        "GpsStatus": "RTK", "AltitudeType": "GpsFusionAlt", "SurveyingMode": "1", "DewarpFlag": "0",
        "ImageSource": "WideCamera", "CamReverse": "0", "GimbalReverse": "1", "FlightPitchDegree": "-2.5",
        "FlightRollDegree": "+1.5", "CreatorTool": "DJI 1.2", "CentralWavelength": "560", "ModelType": "perspective",
    }  # fmt: skip


def test_settings_reach_the_photo(tmp_path: Path) -> None:
    """Each deviation and tolerance in its own place."""
    path = write_photo(tmp_path / "a.jpg", gps={**CHENGDU_GPS, 0x1D: "2024:10:08", 7: (1, 14, 30)})
    frame = read_one(path, horizontal_sd_m=1.5, vertical_sd_m=2.5, angle_sd_rad=0.1, lens_focal_sd=0.02)
    assert (frame.pose.horizontal_sd_m, frame.pose.vertical_sd_m, frame.pose.angle_sd_rad) == (1.5, 2.5, 0.1)
    assert frame.camera.focal_sd_px == pytest.approx(0.02 * frame.camera.focal_px)
    assert str(read_one(path, clock_tolerance_s=61.0).time) == "2024-10-08 01:15:30+00:00"
    assert str(read_one(path, clock_tolerance_s=59.0).time) == "2024-10-08 01:14:30+00:00"
    fixed = write_photo(
        tmp_path / "b.jpg", xmp=description('drone-dji:RtkFlag="50" drone-dji:CalibratedFocalLength="43.5"')
    )
    frame = read_one(fixed, rtk_sd_m=0.07, calibrated_focal_sd=0.1)
    assert (frame.pose.horizontal_sd_m, frame.camera.focal_sd_px) == (0.07, pytest.approx(4.35))
    film = write_photo(tmp_path / "c.jpg", model="Phone", exif={0x9003: "2024:10:08 09:15:30", 0xA405: 24})
    camera = read_one(film, equivalent_focal_sd=0.2).camera
    assert camera.focal_sd_px == pytest.approx(0.2 * camera.focal_px)
    away = write_photo(
        tmp_path / "d.jpg", xmp=description('drone-dji:GpsLatitude="+30.6584" drone-dji:GpsLongitude="+104.0657"')
    )
    assert read_one(away, position_conflict_m=120.0).pose.lat == 30.6584
    assert read_one(away, position_conflict_m=100.0).pose.lat == pytest.approx(30.6574)


def test_what_is_decided_alike_is_told_once_a_folder(tmp_path: Path) -> None:
    """Three photos of one camera in two folders: the focal length is told for each folder, with how many more."""
    (tmp_path / "x").mkdir()
    files = [write_photo(tmp_path / name) for name in ("a.jpg", "b.jpg", "x/c.jpg")]
    outcome = read_frames(files, PhotoSettings(), root=tmp_path)
    told = [(d.item, tell(d).evidence) for d in outcome.decisions if tell(d).decision.startswith("focal length")]
    assert told == [("a.jpg and 1 more", "camera FC6310R, 64 × 48 px"), ("x/c.jpg", "camera FC6310R, 64 × 48 px")]
    (focal,) = {tell(d).decision for d in outcome.decisions if tell(d).decision.startswith("focal length")}
    assert focal == "focal length 43 px ± 0 px from exif focal length, camera table"
    near = [Camera(64, 48, focal_px, 31.5, 23.5, source="declared", focal_sd_px=0.2) for focal_px in (49.6, 50.4)]
    assert photos._focal(near[0]) == photos._focal(near[1])
    assert [f.item for f in read_frames(files, PhotoSettings(), root=tmp_path / "x").value] == [
        "a.jpg",
        "b.jpg",
        "c.jpg",
    ]


def test_photos_of_one_moment_come_by_name(tmp_path: Path) -> None:
    """Order of time, then of names, whatever order they are given in."""
    files = [write_photo(tmp_path / name) for name in ("c.jpg", "a.jpg", "b.jpg")]
    assert [f.item for f in read(*files).value] == ["a.jpg", "b.jpg", "c.jpg"]


def test_thermal_and_multispectral_photos_have_their_values_labelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raw counts beside a picture: the unit in the tags and a decision; a band of a TIFF its radiometry."""
    monkeypatch.setenv("PATH", "")
    path = write_photo(tmp_path / "t.jpg", xmp=description('drone-dji:ImageSource="InfraredCamera"'))
    counts = (np.arange(48 * 64, dtype="<u2") + 18000).reshape(48, 64)
    data = path.read_bytes()
    path.write_bytes(data[:2] + segment(0xE3, counts.tobytes()) + data[2:])
    outcome = read(path)
    (frame,) = outcome.value
    assert (frame.kind, frame.tags["ThermalUnit"]) == ("thermal", "count")
    assert any(tell(d).decision.startswith("raw counts") for d in outcome.decisions)
    np.testing.assert_array_equal(read_values(frame)[:, :, 0], counts)
    halved = read_values(frame, reduce=2)
    assert (halved.shape, halved.dtype) == ((24, 32, 1), np.float32)
    assert halved[0, 0, 0] == counts[:2, :2].mean()
    assert read_values(frame, reduce=4).shape == (12, 16, 1)
    # The same counts in a picture that nothing calls thermal are only a picture.
    plain = write_photo(tmp_path / "p.jpg")
    data = plain.read_bytes()
    plain.write_bytes(data[:2] + segment(0xE3, counts.tobytes()) + data[2:])
    assert "ThermalUnit" not in read_one(plain).tags
    assert read_values(read_one(plain)).shape == (48, 64, 3)


def test_flir_photos_are_thermal_whatever_else_they_say(tmp_path: Path) -> None:
    """A FLIR segment is enough."""
    path = write_photo(tmp_path / "f.jpg")
    data = path.read_bytes()
    path.write_bytes(data[:2] + segment(0xE1, b"FLIR\0\1\0\0rest") + data[2:])
    frame = read_one(path)
    assert (frame.kind, frame.tags["ThermalUnit"]) == ("thermal", "degC")


def test_pixels_ignore_the_exif_orientation(tmp_path: Path) -> None:
    """A photo tagged as rotated stays on its sensor grid, red at the left, in RGB order."""
    frame = read_one(write_photo(tmp_path / "照片.jpg", image={0x0112: 6}))
    assert frame.tags["Orientation"] == "6"
    for reduce in (1, 2):
        pixels = read_image(frame, reduce=reduce)
        assert pixels.shape == (48 // reduce, 64 // reduce, 3)
        assert pixels[10, 2, 0] > 200 > 60 > pixels[10, 2, 2]
        assert pixels[10, -2].max() < 60


def test_sixteen_bit_tiff_is_averaged_when_reduced(tmp_path: Path) -> None:
    """A halved band holds the means of its 2 × 2 blocks, still 16 bit."""
    values = np.arange(64, dtype=np.uint16).reshape(8, 8) * 500
    path = tmp_path / "a.tif"
    cv2.imwrite(str(path), values)
    frame = Frame("a.tif", path, Camera(8, 8, 10.0, 3.5, 3.5), Pose(0.0, 0.0))
    assert np.array_equal(read_image(frame)[:, :, 0], values)
    halved = read_image(frame, reduce=2)
    assert (halved.dtype, halved[0, 0, 0]) == (np.uint16, round(values[:2, :2].mean()))


@pytest.mark.parametrize("reduce", [1, 2, 4, 8])
def test_photos_are_reduced_in_place(tmp_path: Path, reduce: int) -> None:
    """A smooth ramp decoded smaller: its values are those of the blocks' middles; JPEG and TIFF alike."""
    ramp = np.repeat(np.linspace(20, 230, 64)[None, :], 48, axis=0)
    for name, kind in (("a.jpg", np.uint8), ("b.tif", np.uint16), ("c.tif", np.float32)):
        path = tmp_path / name
        cv2.imwrite(str(path), ramp.astype(kind))
        frame = Frame(name, path, Camera(64, 48, 10.0, 31.5, 23.5), Pose(0.0, 0.0))
        pixels = read_image(frame, reduce=reduce)
        assert pixels.shape[:2] == (48 // reduce, 64 // reduce)
        expected = ramp.reshape(48 // reduce, reduce, 64 // reduce, reduce).mean(axis=(1, 3))
        np.testing.assert_allclose(pixels[:, :, 0].astype(float), expected, atol=3.0)
        assert pixels.dtype == kind


def test_sizes_are_rounded_up(tmp_path: Path) -> None:
    """A TIFF of 7 × 5 px halved is 4 × 3; three bands become red, green, blue, and a fourth is dropped."""
    camera, pose = Camera(7, 5, 10.0, 3.0, 2.0), Pose(0.0, 0.0)
    cv2.imwrite(str(tmp_path / "a.tif"), np.zeros((5, 7), np.uint16))
    assert read_image(Frame("a", tmp_path / "a.tif", camera, pose), reduce=2).shape == (3, 4, 1)
    for bands in (3, 4):
        pixels = np.broadcast_to(np.array([10, 20, 30, 40][:bands], np.uint8), (5, 7, bands)).copy()
        cv2.imwrite(str(tmp_path / "b.tif"), pixels)
        read_ = read_image(Frame("b", tmp_path / "b.tif", camera, pose))
        assert read_.shape == (5, 7, 3) and read_[0, 0].tolist() == [30, 20, 10]


def test_pixels_that_cannot_be_read(tmp_path: Path) -> None:
    """Reductions that no decoder knows, other types of numbers, bytes that are no picture."""
    path = tmp_path / "a.tif"
    frame = Frame("a.tif", path, Camera(8, 8, 10.0, 3.5, 3.5), Pose(0.0, 0.0))
    cv2.imwrite(str(path), np.zeros((8, 8), np.float64))
    with raises_told(FileError, match="pixels are float64, expected"):
        read_image(frame)
    with pytest.raises(ValueError, match="reduce is 3"):
        read_image(frame, reduce=3)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileError):
        read_image(frame)


MRK = "{n}\t177348.5\t[2335]\t   -12,N\t    -4,E\t   190,V\t{a}\t{b}\t512.345,Ellh\t0.012, 0.009, 0.021\t50,Q\n"


@pytest.mark.parametrize("swapped", [False, True])
def test_mrk_is_read_by_suffix_not_by_place(tmp_path: Path, swapped: bool) -> None:
    """Latitude and longitude come in either order; position, deviations and time are those of the log."""
    lat, lon = "30.65740100,Lat", "104.06570200,Lon"
    line = MRK.format(n=1, a=lon if swapped else lat, b=lat if swapped else lon)
    (tmp_path / "100_0001_Timestamp.MRK").write_text(line + "rubbish\n", encoding="ascii")
    photo = write_photo(tmp_path / "100_0001_0001.JPG")
    outcome = read(photo, tmp_path / "100_0001_Timestamp.MRK")
    [frame] = outcome.value
    assert (frame.pose.lon, frame.pose.lat, frame.pose.height_m) == (104.065702, 30.657401, 512.345)
    assert (frame.pose.horizontal_sd_m, frame.pose.vertical_sd_m, frame.pose.vertical_datum) == (
        0.012,
        0.021,
        "ellipsoid",
    )
    assert frame.time == datetime(2024, 10, 8, 1, 15, 30, 500_000, tzinfo=UTC)
    assert [(r.item, r.where) for r in outcome.rejects] == [("100_0001_Timestamp.MRK", "line 2")]
    assert any("1 photo taken from it" in tell(d).decision for d in outcome.decisions)


def test_mrk_of_another_place_is_not_used(tmp_path: Path) -> None:
    """An exposure 1 km from the photo's own position belongs to another flight."""
    log = tmp_path / "DJI_Timestamp.MRK"
    log.write_text(MRK.format(n=1, a="30.66640000,Lat", b="104.06570000,Lon"), encoding="ascii")
    outcome = read(write_photo(tmp_path / "DJI_20241008091530_0001_V.JPG"), log)
    assert outcome.value[0].pose.lat == pytest.approx(30.6574)
    assert any("not used" in tell(d).decision for d in outcome.decisions)


def test_gps_time_is_18_seconds_ahead() -> None:
    """Week 2335, second 177348 is 2024-10-08 01:15:48 GPS, 01:15:30 UTC."""
    assert gps_to_utc(2335, 177_348.0) == datetime(2024, 10, 8, 1, 15, 30, tzinfo=UTC)


@given(st.text(max_size=120))
def test_any_line_is_an_exposure_or_none(line: str) -> None:
    """Damaged lines never raise."""
    assert parse_mrk(line) is None or True
    assert parse_mrk(MRK.format(n=1, a="1.0,Lat", b=line)) is None or line


def test_photos_that_cannot_be_used_are_named_with_what_to_do(tmp_path: Path) -> None:
    """No GPS, no fix, empty, cut, not a photo, missing: one clear line each, and the good photo is kept."""
    good = write_photo(tmp_path / "good.jpg")
    data = good.read_bytes()
    files = {
        "no gps.jpg": write_photo(tmp_path / "no gps.jpg", gps={}),
        "no fix.jpg": write_photo(tmp_path / "no fix.jpg", gps={1: "N", 2: (0, 0, 0), 3: "E", 4: (0, 0, 0)}),
        "beyond.jpg": write_photo(tmp_path / "beyond.jpg", gps={**CHENGDU_GPS, 2: (95, 0, 0)}),
        "empty.jpg": tmp_path / "empty.jpg",
        "cut.jpg": tmp_path / "cut.jpg",
        "notes.txt": tmp_path / "notes.txt",
        "gone.jpg": tmp_path / "gone.jpg",
    }
    files["empty.jpg"].write_bytes(b"")
    files["cut.jpg"].write_bytes(data[:-40])
    files["notes.txt"].write_text("hello", encoding="ascii")
    outcome = read(good, *files.values())
    assert [f.item for f in outcome.value] == ["good.jpg"]
    reasons = {r.item: tell(r).reason for r in outcome.rejects}
    assert reasons.keys() == files.keys()
    for name, words in (
        ("no gps.jpg", "no GPS position"), ("no fix.jpg", "no GPS position"), ("beyond.jpg", "not on the earth"),
        ("empty.jpg", "is empty"), ("cut.jpg", "ends before its last pixel"), ("notes.txt", "not a JPEG or TIFF"),
        ("gone.jpg", "cannot be read"),
    ):  # fmt: skip
        assert words in reasons[name]


def test_entity_bomb_in_xmp_is_not_expanded() -> None:
    """A billion laughs gives what plain attributes say, at once."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    packet = bomb + b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><y drone-dji:RtkFlag="50">&b;</y></x:xmpmeta>'
    assert parse_xmp(packet)["drone-dji:RtkFlag"] == "50"


def test_tags_of_no_number_are_none() -> None:
    """Zero denominators and infinities are not numbers."""
    tags = PhotoTags("jpeg", 1, 1, {"FocalLength": (float("nan"),), "Model": (1.0,)})
    assert (tags.number("FocalLength"), tags.text("Model"), tags.number("absent")) == (None, "", None)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_photos_give_frames_or_rejects(tmp_path: Path, data: st.DataObject) -> None:
    """Flipped bytes, cuts and insertions anywhere before the pixels: a valid frame or a reject, nothing else."""
    xmp = description('drone-dji:GimbalYawDegree="+45.0" drone-dji:RtkFlag="50"')
    path = write_photo(tmp_path / "a.jpg", xmp=xmp)
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    path.write_bytes(bytes(raw[:cut]) + data.draw(st.binary(max_size=20)) + bytes(raw[cut:] if cut % 2 else b""))
    outcome = read(path)
    assert len(outcome.value) + len(outcome.rejects) == 1
    for frame in outcome.value:
        assert abs(frame.pose.lon) <= 180
        assert np.isfinite([frame.camera.focal_px, frame.pose.lat]).all()
        try:
            read_image(frame, reduce=8)
        except FileError:
            continue


def test_tags_that_are_kept_bear_the_makers_names() -> None:
    """DJI writes into its own namespace, MicaSense and Sequoia into Camera, Adobe into xmp."""
    dji = ("RtkFlag", "GpsStatus", "AltitudeType", "SurveyingMode", "DewarpFlag", "ImageSource", "CamReverse",
           "GimbalReverse", "FlightPitchDegree", "FlightRollDegree")  # fmt: skip
    others = {"CreatorTool": "xmp:CreatorTool", "CentralWavelength": "Camera:CentralWavelength",
              "ModelType": "Camera:ModelType"}  # fmt: skip
    assert {name: f"drone-dji:{name}" for name in dji} | others == photos._KEPT_XMP
    assert photos._KEPT_EXIF == ("Make", "Model", "Software", "LensModel")
