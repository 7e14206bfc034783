"""`onevisit ortho`: photos with DJI tags in, mosaic, layers, poses and report out."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from click.testing import CliRunner

from imagery.camera import project
from ingest.errors import FileError
from onevisit.cli import cli
from onevisit.truth.simulate.flights.files import WrittenTags, write_photo
from onevisit.words.telling import tell
from tests.imagery.conftest import CAMERA, EAST, GRID_STATIONS, GRID_YAWS, NORTH, Block, make_block


def _write_flight(folder: Path, block: Block) -> None:
    folder.mkdir()
    for k, frame in enumerate(block.frames):
        pose = frame.pose
        tags = WrittenTags(
            datetime(2025, 6, 1, 11) + timedelta(seconds=3 * k), pose.lon, pose.lat, 540.0, 40.0,
            math.degrees(pose.yaw_rad or 0.0), -90.0, 0.0, math.degrees(pose.yaw_rad or 0.0), "FC6310", 8.8, 24,
            CAMERA.focal_px, CAMERA.width_px, CAMERA.height_px,
        )  # fmt: skip
        pixels = cv2.cvtColor(cv2.imread(str(frame.path)), cv2.COLOR_BGR2RGB)
        write_photo(folder / frame.item, pixels, tags, quality=95)


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of one run over six photos, with a list of ground control."""
    scratch = tmp_path_factory.mktemp("ortho")
    (scratch / "plain").mkdir()
    block = make_block(scratch / "plain", stations=GRID_STATIONS[:6], yaws_deg=GRID_YAWS[:6])
    _write_flight(scratch / "photos", block)
    (scratch / "photos" / "readme.txt").write_text("no photo", encoding="utf-8")
    place = [EAST + 48.0, NORTH - 120.0 + 50.0, 0.0]
    lines = ["EPSG:4544"]
    for frame, centre, rotation in zip(block.frames, block.centres, block.rotations, strict=True):
        pixel, _ = project(CAMERA, rotation, centre, place)
        if 0 < pixel[0] < 399 and 0 < pixel[1] < 299:
            lines.append(f"{place[0]} {place[1]} 512.0 {pixel[0] + 0.5} {pixel[1] + 0.5} {frame.item} A check")
    (scratch / "gcp.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = CliRunner().invoke(
        cli,
        ["ortho", str(scratch / "photos"), "-o", str(scratch / "out" / "ortho.tif"), "--gsd", "0.2",
         "--crs", "EPSG:4544", "--gcp", str(scratch / "gcp.txt"), "--json", "--quiet"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    (scratch / "out" / "printed.json").write_text(result.stdout, encoding="utf-8")
    return scratch / "out"


def test_mosaic_is_a_cog_with_alpha_and_quality_layers(flown: Path) -> None:
    """Colour and alpha in one file; photo, resolution and expected error in the other, on the same grid."""
    with rasterio.open(flown / "ortho.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.descriptions == ("red", "green", "blue", "alpha")
        assert (file.res, file.crs.to_epsg()) == ((0.2, 0.2), 4544)
        bounds = file.bounds
    with rasterio.open(flown / "ortho-quality.tif") as file:
        assert file.descriptions == ("photo_count", "photo_index", "gsd", "position_error")
        assert file.bounds == bounds


def test_poses_have_the_columns_of_the_contract(flown: Path) -> None:
    """One feature a photo with the five names that users script against."""
    features = json.loads((flown / "poses.geojson").read_text(encoding="utf-8"))["features"]
    assert len(features) == 6
    assert {"photo", "used", "reason", "heading_deg", "position_error_m"} <= set(features[0]["properties"])
    heading = {f["properties"]["photo"]: f["properties"]["heading_deg"] for f in features}
    assert heading["photo_00.jpg"] == pytest.approx(90.0, abs=3.0)


def test_report_names_what_was_measured_and_refused(flown: Path) -> None:
    """`ortho.json` and `--json` say the same: mismatch, reprojection error, counts, seconds, control, rejects."""
    report = json.loads((flown / "ortho.json").read_text(encoding="utf-8"))
    assert report == json.loads((flown / "printed.json").read_text(encoding="utf-8"))
    assert (report["photos"], report["used"], report["mode"]) == (6, 6, "refined")
    assert report["mismatch_m"] < 0.2
    assert report["reprojection_error_px"] < 2.0
    assert report["seconds"] > 0
    assert [r["item"] for r in report["rejects"]] == ["readme.txt"]
    (point,) = report["control"]
    assert (point["name"], point["role"]) == ("A", "check")
    assert math.hypot(point["east_m"], point["north_m"]) < 0.5
    assert point["height_m"] is None


def test_damaged_list_of_control_is_an_error_in_one_line(tmp_path: Path) -> None:
    """A list without a coordinate system stops the verb before any work is done."""
    _write_flight(tmp_path / "photos", make_block(tmp_path, stations=GRID_STATIONS[:1], yaws_deg=[90.0]))
    (tmp_path / "gcp.txt").write_text("410000 3393000 1 2 3 a.jpg\n", encoding="utf-8")
    result = CliRunner().invoke(
        cli, ["ortho", str(tmp_path / "photos"), "--gcp", str(tmp_path / "gcp.txt"), "-o", str(tmp_path / "o.tif")]
    )
    assert result.exit_code == 1
    assert not (tmp_path / "o.tif").exists()


def test_elevation_model_and_declared_geoid(tmp_path: Path) -> None:
    """--dem is the ground, and said so; one of another place is an error in one line."""
    (tmp_path / "plain").mkdir()
    block = make_block(tmp_path / "plain", stations=GRID_STATIONS[:4], yaws_deg=GRID_YAWS[:4])
    _write_flight(tmp_path / "photos", block)
    for name, west in (("here.tif", EAST - 700), ("there.tif", EAST + 90_000)):
        with rasterio.open(
            tmp_path / name, "w", driver="GTiff", width=150, height=150, count=1, dtype="float32", crs="EPSG:4544",
            transform=rasterio.Affine(10, 0, west, 0, -10, NORTH + 700),
        ) as file:  # fmt: skip
            file.write(np.full((1, 150, 150), 512.0, np.float32))
    arguments = [
        "ortho",
        str(tmp_path / "photos"),
        "-o",
        str(tmp_path / "o.tif"),
        "--gsd",
        "0.4",
        "--crs",
        "EPSG:4544",
    ]
    done = CliRunner().invoke(cli, [*arguments, "--mode", "direct", "--quiet", "--dem", str(tmp_path / "here.tif")])
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    assert any(d["decision"] == "ground taken from this elevation model" for d in report["decisions"])
    lost = CliRunner().invoke(cli, [*arguments, "--quiet", "--dem", str(tmp_path / "there.tif")])
    assert lost.exit_code == 1
    assert isinstance(lost.exception, FileError)
    assert "does not cover the photos" in tell(lost.exception)
