"""Cameras from tags alone, by hand: which evidence wins, what each says, and what is not believed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from imagery.camera import distort
from ingest.errors import FileError
from ingest.images.cameras import CameraRow, camera_from_tags, camera_table, focal_source, photo_kind
from ingest.images.exif import PhotoTags, TagValue
from ingest.schema import Camera
from onevisit.words.telling import say
from tests.told import raises_told

SDS = {"calibrated_sd": 0.005, "lens_sd": 0.01, "equivalent_sd": 0.04}
DIAG = math.hypot(36.0, 24.0)
# 1000 px to the millimetre
PLANE: dict[str, TagValue] = {
    "FocalLength": (4.0,), "FocalPlaneXResolution": (1000.0,), "FocalPlaneResolutionUnit": (4.0,)
}  # fmt: skip
TABLE: dict[str, TagValue] = {"Model": "FC6310", "FocalLength": (8.8,)}
ON_PLANE, ON_TABLE, ALONE = "exif focal plane", "exif focal length, camera table", "camera table"
DIAGONAL, MAKER = "exif 35 mm equivalent", "maker's calibration"


def _camera(exif: dict[str, TagValue], xmp: dict[str, str] | None = None, *, width: int = 4000, height: int = 3000,
            focal_px: float | None = None) -> Camera:  # fmt: skip
    camera = camera_from_tags(PhotoTags("jpeg", width, height, exif), xmp or {}, "p.jpg", focal_px=focal_px, **SDS)
    assert say(focal_source(camera)) == camera.source
    return camera


@pytest.mark.parametrize(
    ("exif", "more", "focal", "relative_sd", "source"),
    [
        (PLANE, {}, 4000.0, 0.01, ON_PLANE),
        (PLANE, {"FocalPlaneXResolution": (25400.0,), "FocalPlaneResolutionUnit": (2.0,)}, 4000.0, 0.01, ON_PLANE),
        (PLANE, {"FocalPlaneXResolution": (25400.0,), "FocalPlaneResolutionUnit": ()}, 4000.0, 0.01, ON_PLANE),
        (PLANE, {"FocalPlaneXResolution": (10000.0,), "FocalPlaneResolutionUnit": (3.0,)}, 4000.0, 0.01, ON_PLANE),
        (PLANE, {"FocalPlaneXResolution": (1.0,), "FocalPlaneResolutionUnit": (5.0,)}, 4000.0, 0.01, ON_PLANE),
        (PLANE, {"PixelXDimension": (8000.0,)}, 2000.0, 0.01, ON_PLANE),
        (PLANE, {"DigitalZoomRatio": (2.0,)}, 8000.0, 0.01, ON_PLANE),
        (PLANE, {"DigitalZoomRatio": (0.0,)}, 4000.0, 0.01, ON_PLANE),
        (PLANE, {"DigitalZoomRatio": (0.5,)}, 4000.0, 0.01, ON_PLANE),
        (PLANE, {"DigitalZoomRatio": (101.0,)}, 4000.0, 0.01, ON_PLANE),
        (PLANE, {"FocalPlaneXResolution": (100.0,), "DigitalZoomRatio": (100.0,)}, 40_000.0, 0.01, ON_PLANE),
        (PLANE, {"Model": "FC6310", "FocalLengthIn35mmFilm": (24.0,)}, 4000.0, 0.01, ON_PLANE),
        (PLANE, {"FocalPlaneXResolution": (), "FocalLengthIn35mmFilm": (24.0,)}, 24 / DIAG * 5000, 0.04, DIAGONAL),
        (PLANE, {"FocalPlaneResolutionUnit": (9.0,), "FocalLengthIn35mmFilm": (24.0,)}, 24 / DIAG * 5000, 0.04,
         DIAGONAL),
        (TABLE, {"FocalLengthIn35mmFilm": (24.0,)}, 4000 * 8.8 / 13.2, 0.01, ON_TABLE),
        (TABLE, {"Model": "fc6310", "FocalLength": (4.4,), "DigitalZoomRatio": (2.0,)}, 4000 * 8.8 / 13.2, 0.01,
         ON_TABLE),
        (TABLE, {"FocalLength": (), "FocalLengthIn35mmFilm": (24.0,)}, 24 / DIAG * 5000, 0.04, DIAGONAL),
        (TABLE, {"FocalLength": (), "DigitalZoomRatio": (2.0,)}, 2 * 4000 * 8.8 / 13.2, 0.01, ALONE),
    ],
)  # fmt: skip
def test_focal_length_and_its_doubt(
    exif: dict[str, TagValue], more: dict[str, TagValue], focal: float, relative_sd: float, source: str
) -> None:
    """4000 × 3000 px: what each tag says, in which order they are believed, and how far."""
    camera = _camera({**exif, **more})
    assert (camera.focal_px, camera.source) == (pytest.approx(focal), source)
    assert camera.focal_sd_px == pytest.approx(relative_sd * focal)
    assert (camera.width_px, camera.height_px, camera.centre_x_px, camera.centre_y_px) == (4000, 3000, 1999.5, 1499.5)
    assert camera.distortion == (0.0,) * 5


@pytest.mark.parametrize(
    ("text", "source"),
    [("3666.5", MAKER), ("0", ON_TABLE), ("-5", ON_TABLE), ("nan", ON_TABLE), ("3666,5", ON_TABLE),
     ("3666 px", ON_TABLE)],
)  # fmt: skip
def test_calibrated_focal_length(text: str, source: str) -> None:
    """One positive number, ± half a percent; anything else is passed over."""
    camera = _camera(TABLE, {"drone-dji:CalibratedFocalLength": text})
    assert camera.source == source
    if source == MAKER:
        assert (camera.focal_px, camera.focal_sd_px) == (3666.5, pytest.approx(0.005 * 3666.5))


@pytest.mark.parametrize(
    ("focal", "believed"), [(800.0, True), (799.9, False), (240_000.0, True), (240_001.0, False)]
)
def test_focal_lengths_that_no_camera_has(focal: float, believed: bool) -> None:
    """A fifth to sixty widths of the image, both limits in; beyond them the next evidence is asked."""
    exif: dict[str, TagValue] = {"Model": "FC6310", "FocalLength": (8.8,)}
    camera = _camera(exif, {"drone-dji:CalibratedFocalLength": str(focal)})
    assert (camera.source == "maker's calibration") == believed
    assert camera.model == "FC6310"


def test_declared_focal_length_comes_first() -> None:
    """± half a percent, over the maker's calibration."""
    camera = _camera(PLANE, {"drone-dji:CalibratedFocalLength": "3666.5"}, focal_px=3000.0)
    assert (camera.focal_px, camera.source, camera.focal_sd_px) == (3000.0, "declared", 15.0)


@pytest.mark.parametrize("first", ["2022-06-08;", ""])
def test_dewarp_data_field_by_field(first: str) -> None:
    """fx, fy, the centre from the middle, k1, k2, p1, p2, k3 after a date; nothing where the camera has dewarped."""
    data = f"{first}3700.5,3701.5,7.25,-8.5,-0.11,0.015,-0.001,0.002,-0.03"
    for flag, lens in (
        (None, (-0.11, 0.015, -0.001, 0.002, -0.03)),
        ("0", (-0.11, 0.015, -0.001, 0.002, -0.03)),
        ("1", (0.0,) * 5),
    ):
        xmp = {"drone-dji:DewarpData": data} | ({"drone-dji:DewarpFlag": flag} if flag else {})
        camera = _camera(TABLE, {**xmp, "drone-dji:CalibratedFocalLength": "3666.5"})
        assert (camera.focal_px, camera.source, camera.focal_sd_px) == (3700.5, MAKER, pytest.approx(18.5025))
        assert (camera.centre_x_px, camera.centre_y_px, camera.distortion) == (2006.75, 1491.0, lens)
    for wrong in ("0,3701,7,-8,0,0,0,0,0", "3700,3701,7,-8,0,0,0,0", ""):
        assert _camera(TABLE, {"drone-dji:DewarpData": wrong}).source == ON_TABLE


def test_equivalent_on_three_to_two_and_upright_images() -> None:
    """3:2 spans √13 / 3 of its long side, everything else 5 / 4; upright images count their height."""
    exif: dict[str, TagValue] = {"FocalLengthIn35mmFilm": (35.0,)}
    three_two = 35.0 / math.hypot(36, 24) * 6000 * math.hypot(3, 2) / 3
    assert _camera(exif, width=6000, height=4000).focal_px == pytest.approx(three_two)
    assert _camera(exif, width=6000, height=4059).focal_px == pytest.approx(
        35 / math.hypot(36, 24) * 7500
    )  # 177 px off
    assert _camera(exif, width=6000, height=3961).focal_px == pytest.approx(three_two)  # 117 px off, 120 allowed
    assert _camera(exif, width=6000, height=3960).focal_px != pytest.approx(three_two)  # 120 px off is not below
    assert _camera(exif, width=3000, height=4000).focal_px == pytest.approx(35 / math.hypot(36, 24) * 5000)


def test_calibration_of_pix4d() -> None:
    """Millimetres times pixels per millimetre; the centre from the corner; k1, k2, k3, t1, t2 in another order."""
    exif: dict[str, TagValue] = {"FocalPlaneXResolution": (250.0,), "FocalPlaneResolutionUnit": (4.0,)}
    xmp = {
        "Camera:PerspectiveFocalLength": "5.5", "Camera:PrincipalPoint": "8.1,5.9",
        "Camera:PerspectiveDistortion": "-0.1,0.2,-0.3,0.004,0.005",
    }  # fmt: skip
    camera = _camera(exif, xmp)
    assert (camera.focal_px, camera.centre_x_px, camera.centre_y_px) == (1375.0, 2024.5, 1474.5)
    assert camera.distortion == (-0.1, 0.2, 0.004, 0.005, -0.3)
    assert (camera.source, camera.focal_sd_px) == ("maker's calibration", pytest.approx(6.875))
    bare = _camera(exif, {"Camera:PerspectiveFocalLength": "5.5", "Camera:PrincipalPoint": "8.1"})
    assert (bare.centre_x_px, bare.centre_y_px, bare.distortion) == (1999.5, 1499.5, (0.0,) * 5)
    with pytest.raises(FileError):
        _camera({}, xmp)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Camera:FisheyeAffineMatrix": "1671,0,0"}, {"Camera:FisheyePolynomial": "0,1,0.01"},
        {"Camera:FisheyeAffineMatrix": "0,0,0,0"}, {"Camera:FisheyePolynomial": "0,0,0.01,-0.1"},
    ],
)  # fmt: skip
def test_fisheye_by_hand(wrong: dict[str, str]) -> None:
    """Near the axis 2 C p1 / π; the fit follows the polynomial; one that is none is passed over."""
    xmp = {"Camera:FisheyeAffineMatrix": "1671,0,0,1671", "Camera:FisheyePolynomial": "0,1.1,0.01,-0.1",
           "Camera:PrincipalPoint": "2.5,1.8"}  # fmt: skip
    exif: dict[str, TagValue] = {"FocalPlaneXResolution": (266.0,), "FocalPlaneResolutionUnit": (4.0,)}
    camera = _camera(exif, xmp, width=1280, height=960)
    assert camera.focal_px == pytest.approx(1671 * 1.1 * 2 / math.pi)
    assert (camera.centre_x_px, camera.centre_y_px) == (pytest.approx(664.5), pytest.approx(478.3))
    assert (camera.source, camera.focal_sd_px) == (
        "maker's calibration (fisheye)",
        pytest.approx(0.005 * camera.focal_px),
    )
    ray = np.linspace(0.0, 0.7, 15)
    theta = 2 / math.pi * np.arctan(ray)
    seen = camera.focal_px * distort(np.column_stack([ray, 0 * ray]), camera.distortion)[:, 0]
    np.testing.assert_allclose(seen, 1671 * (1.1 * theta + 0.01 * theta**2 - 0.1 * theta**3), atol=0.3)
    assert camera.distortion[2:4] == (0.0, 0.0)
    middle = _camera({}, xmp, width=1280, height=960)
    assert (middle.centre_x_px, middle.centre_y_px) == (639.5, 479.5)
    fallback = _camera({"FocalLengthIn35mmFilm": (24.0,)}, {**xmp, **wrong}, width=1280, height=960)
    assert fallback.source == "exif 35 mm equivalent"


def test_unknown_camera_says_what_to_do() -> None:
    """With its model, or that it names none."""
    with raises_told(
        FileError,
        match=r"camera 'Box' is not in the table; set focal_px, the focal length in pixels, under \[photos\]",
    ):
        _camera({"Model": "Box"})
    with raises_told(FileError, match="'no model'"):
        _camera({})


@pytest.mark.parametrize(
    ("exif", "xmp", "kind"),
    [
        ({}, {}, ("rgb", "")),
        ({}, {"Camera:BandName": "Red"}, ("multispectral", "Red")),
        ({}, {"drone-dji:BandName": "NIR"}, ("multispectral", "NIR")),
        ({}, {"Camera:BandName": "LWIR"}, ("thermal", "LWIR")),
        ({}, {"Camera:BandName": "Red,Green,Blue"}, ("rgb", "")),
        ({}, {"drone-dji:ImageSource": "InfraredCamera"}, ("thermal", "")),
        ({}, {"drone-dji:ImageSource": "WideCamera"}, ("rgb", "")),
        ({"Model": "FC6360"}, {}, ("multispectral", "")),
        ({"Model": "FC2403"}, {}, ("thermal", "")),  # 640 px wide
    ],
)
def test_kind_of_photo(exif: dict[str, TagValue], xmp: dict[str, str], kind: tuple[str, str]) -> None:
    """Band names, the image source, and the table by model and width."""
    assert photo_kind(PhotoTags("jpeg", 640, 512, exif), xmp) == kind


def test_table_tells_sensors_of_one_model_by_their_width() -> None:
    """Rows with widths come first; a width that no row names takes the row for any other."""
    rows = camera_table()["FC2403"]
    assert rows[0] == CameraRow("FC2403", frozenset({640, 160}), 1.92, 1.77, "thermal")
    assert rows[1] == CameraRow("FC2403", frozenset(), 6.4, 4.5, "rgb")
    assert _camera({"Model": "FC2403"}, width=640, height=512).focal_px == pytest.approx(1.77 / 1.92 * 640)
    assert _camera({"Model": "FC2403"}).focal_px == pytest.approx(4.5 / 6.4 * 4000)
    assert photo_kind(PhotoTags("jpeg", 4000, 3000, {"Model": "FC2403"}), {}) == ("rgb", "")
