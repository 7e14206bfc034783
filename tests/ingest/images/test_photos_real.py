"""Real flights: every photo is read, and what it says is what the notes of the data say."""

from __future__ import annotations

from datetime import UTC, datetime
from math import degrees
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import FileError
from ingest.images.read import PhotoSettings, read_frames, read_image
from ingest.schema import Frame
from onevisit.words.telling import tell
from tests.told import raises_told


def read_folder(folder: Path) -> tuple[Frame, ...]:
    """Frames of all photos in a folder; none may be rejected."""
    files = [p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".tif")]
    outcome = read_frames(files, PhotoSettings(), root=folder.parent)
    assert outcome.rejects == ()
    assert len(outcome.value) == len(files)
    return outcome.value


def test_brighton_is_read(shared_data: Path) -> None:
    """18 photos in order of time, with position, height above take-off, attitude and the software that saved them."""
    frames = read_folder(shared_data / "uav" / "brighton_beach" / "images")
    assert [f.item for f in frames] == [f"images/DJI_{n:04d}.JPG" for n in range(18, 36)]
    first = frames[0]
    assert first.time == datetime(2016, 6, 23, 21, 31, 59, tzinfo=UTC)  # 16:31:59 in Minnesota, daylight saving time
    assert (first.pose.lon, first.pose.lat) == pytest.approx(
        (-(91 + 59 / 60 + 40.4156 / 3600), 46 + 50 / 60 + 33.3855 / 3600)
    )
    assert first.pose.height_above_takeoff_m == 39.80
    assert degrees(first.pose.yaw_rad or 0) == pytest.approx(45.0)
    assert degrees(first.pose.pitch_rad or 0) == pytest.approx(-89.9)
    edited = [f.item[-8:-4] for f in frames if "Photo Viewer" in f.tags["Software"]]
    assert edited == ["0024", "0025", "0026", "0027", "0028", "0029"]


def test_thermal_photo_without_a_focal_tag_gets_it_from_the_table(shared_data: Path) -> None:
    """M2EA: f = 9.12 mm on 12 µm pixels is 760 px, and the source is named."""
    frames = read_folder(shared_data / "uav" / "m2ea_thermal_river")
    assert {(f.kind, f.camera.focal_px, f.camera.source) for f in frames} == {("thermal", 760.0, "camera table")}
    assert degrees(frames[0].flight_yaw_rad or 0) == pytest.approx(90.1)
    assert frames[0].time == datetime(2025, 1, 17, 3, 13, 43, tzinfo=UTC)  # Guangzhou, UTC+8


def test_sequoia_bands_are_named(shared_data: Path) -> None:
    """Four 16-bit bands and a colour photo; the camera hangs under the body, so 5° of pitch is −85°."""
    frames = read_folder(shared_data / "uav" / "sequoia_garfield")
    assert sorted((f.kind, f.band) for f in frames) == [
        ("multispectral", "Green"), ("multispectral", "NIR"), ("multispectral", "Red"), ("multispectral", "Red edge"),
        ("rgb", ""),
    ]  # fmt: skip
    assert [degrees(f.pose.pitch_rad or 0) for f in frames] == pytest.approx([-84.8154] * 5, abs=1e-3)
    band = read_image(next(f for f in frames if f.band == "Green"))
    assert (band.shape, band.dtype) == ((960, 1280, 1), np.uint16)


def test_halved_photos_have_a_halved_focal_length(shared_data: Path) -> None:
    """Caliterra: 4.5 mm at 16393 px/inch is 2904 px on the full image, 1452 px on the half; no gimbal tags."""
    frames = read_folder(shared_data / "uav" / "caliterra_construction_half")
    assert frames[0].camera.focal_px == pytest.approx(4.5 * 16393.44 / 25.4 / 2, rel=1e-6)
    assert {(f.pose.yaw_rad, f.pose.pitch_rad) for f in frames} == {(None, None)}
    assert frames[0].time == datetime(2014, 10, 19, 18, 20, 51, tzinfo=UTC)  # its GPS time


def test_oblique_photo_keeps_its_pitch(shared_data: Path) -> None:
    """Mavic Pro: one photo straight down, one at −32°, with the focal length of the table's sensor."""
    nadir, oblique = read_folder(shared_data / "uav" / "mavicpro_oblique_minsk")
    assert degrees(nadir.pose.pitch_rad or 0) == pytest.approx(-89.9)
    assert degrees(oblique.pose.pitch_rad or 0) == pytest.approx(-32.0)
    assert nadir.camera.focal_px == pytest.approx(4.73 / 6.327 * 4000)


@pytest.mark.parametrize("reduce", [1, 2, 4, 8])
def test_image_is_reduced_from_the_sensor_grid(shared_data: Path, reduce: int) -> None:
    """The decoded size is the sensor's divided by the reduction, rounded up."""
    frame = read_folder(shared_data / "uav" / "caliterra_construction_half")[0]
    pixels = read_image(frame, reduce=reduce)
    assert pixels.shape == (-(-frame.camera.height_px // reduce), -(-frame.camera.width_px // reduce), 3)


def test_truncated_jpeg_is_rejected_by_name(shared_data: Path, tmp_path: Path) -> None:
    """A photo cut in the middle of its pixels gives one clear line; decoding it raises."""
    source = shared_data / "uav" / "caliterra_construction_half" / "IMG_9354.jpg"
    cut = tmp_path / "IMG_9354.jpg"
    cut.write_bytes(source.read_bytes()[:200_000])
    outcome = read_frames([cut], PhotoSettings(), root=tmp_path)
    assert outcome.value == ()
    assert outcome.rejects[0].item == "IMG_9354.jpg"
    assert "ends before its last pixel" in tell(outcome.rejects[0]).reason
    frame = read_frames([source], PhotoSettings()).value[0]
    with raises_told(FileError, match="ends before its last pixel"):
        read_image(Frame(frame.item, cut, frame.camera, frame.pose))


def test_rasters_without_a_position_are_rejected(shared_data: Path) -> None:
    """A derived GeoTIFF among the photos is refused with what to do."""
    outcome = read_frames([shared_data / "uav" / "brighton_beach" / "derived_dsm_0.2m.tif"], PhotoSettings())
    assert "no GPS position" in tell(outcome.rejects[0]).reason
