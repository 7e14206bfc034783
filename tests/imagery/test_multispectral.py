"""Multispectral captures: reflectance by hand, bands registered on each other, captures as photos of a mosaic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from imagery import ImagerySettings, process_frames
from imagery.multispectral import (
    BandView,
    Capture,
    assemble_captures,
    band_names,
    read_measured,
    reflectance,
    reflectance_attributes,
    register_band,
)
from ingest.images.read import PhotoSettings, read_frames
from ingest.schema import BandRadiometry, Camera, Frame, Pose
from onevisit.handover.data.cog import write_ortho
from onevisit.handover.page.contents import picture_from_geotiff
from onevisit.words.telling import tell
from tests.imagery.conftest import GRID, Block, make_texture

_PLAIN = BandRadiometry("c", "nir", 4096.0, 0.001, 2.0, math.nan)


def test_dark_level_gain_and_exposure_by_hand() -> None:
    """(36864 − 4096) / 65536 / (2 × 0.001 s) = 250; below the dark level there is nothing."""
    counts = np.array([[36864, 4096, 100]], np.uint16)
    assert reflectance(counts, _PLAIN).tolist() == [[250.0, 0.0, 0.0]]


def test_absolute_reflectance_round_trip() -> None:
    """Counts made from a reflectance of 0.4 under 1.2 W m-2 nm-1 give 0.4 back: L = R E / π = a1 p / (g t)."""
    radiometry = replace(_PLAIN, irradiance=1.2, absolute=True, row_model=(0.0005, 0.0, 0.0))
    radiance = 0.4 * 1.2 / math.pi
    count = radiance / 0.0005 * radiometry.gain * radiometry.exposure_s * 65536 + 4096
    assert reflectance(np.full((2, 2), round(count), np.uint16), radiometry) == pytest.approx(0.4, abs=1e-4)


def test_relative_reflectance_is_counts_over_light() -> None:
    """Twice the light and twice the counts are the same reflectance."""
    one = reflectance(np.array([[14096]], np.uint16), replace(_PLAIN, irradiance=3.0))
    two = reflectance(np.array([[24096]], np.uint16), replace(_PLAIN, irradiance=6.0))
    assert one == pytest.approx(two)


def test_row_gradient_of_the_rolling_shutter() -> None:
    """Row 100: 1 + a2 · 100 / t − a3 · 100 with a2 = 1e-6 and a3 = 1e-4 is 1.09, by which it is divided."""
    radiometry = replace(_PLAIN, row_model=(1.0, 1e-6, 1e-4))
    rows = reflectance(np.full((101, 1), 36864, np.uint16), radiometry)
    assert rows[0, 0] / rows[100, 0] == pytest.approx(1.0 + 0.1 - 0.01)


def test_vignetting_of_three_makers() -> None:
    """At 10 px 1 + 0.01 r is 1.1: divided (MicaSense), multiplied (DJI); over the unit square (Parrot)."""
    flat = np.full((1, 21), 36864, np.uint16)
    radial = replace(_PLAIN, vignette_centre=(0.0, 0.0), vignette_radial=(0.01,))
    assert reflectance(flat, radial)[0, 10] == pytest.approx(250.0 / 1.1)
    assert reflectance(flat, replace(radial, vignette_divides=False))[0, 10] == pytest.approx(250.0 * 1.1)
    surface = replace(_PLAIN, vignette_surface=((0, 0, 0.5), (1, 0, 1.0)))
    assert reflectance(flat, surface)[0, 0] == pytest.approx(500.0)
    assert reflectance(flat, surface)[0, 10] == pytest.approx(250.0 / (0.5 + 10 / 21))


def _rig(shape: tuple[int, int] = (480, 640)) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A scene, and a homography of some pixels with a little rotation and tilt."""
    scene = cv2.cvtColor(make_texture(seed=11, size=900), cv2.COLOR_RGB2GRAY).astype(np.float32)
    turn = math.radians(0.6)
    matrix = np.array(
        [[math.cos(turn), -math.sin(turn), 9.0], [math.sin(turn), math.cos(turn), -6.0], [6e-6, -4e-6, 1]]
    )
    return scene[: shape[0], : shape[1]], matrix


@pytest.mark.parametrize("inverted", [False, True])
def test_bands_are_registered_although_one_is_dark_where_the_other_is_bright(inverted: bool) -> None:
    """A known homography is found to half a pixel everywhere, also with inverted contrast."""
    scene, matrix = _rig()
    camera = Camera(640, 480, 700.0, 319.5, 239.5)
    moved = cv2.warpPerspective(scene, matrix, (640, 480), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    band = 255.0 - moved if inverted else moved
    found, likeness = register_band(scene, band, camera, camera)
    corners = np.array([[20, 20, 1.0], [620, 20, 1], [620, 460, 1], [20, 460, 1], [320, 240, 1]])
    there, truth = (corners @ m.T for m in (found, matrix))
    assert there[:, :2] / there[:, 2:] == pytest.approx(truth[:, :2] / truth[:, 2:], abs=0.5)
    assert likeness > 0.8


def _bands(frames: Sequence[Frame], shifts: dict[str, float]) -> list[Frame]:
    """Bands of 16 bit made of the grey photo, moved to the right by some pixels, with a factor of their own."""
    result = []
    for number, frame in enumerate(frames):
        grey = cv2.imread(str(frame.path), cv2.IMREAD_GRAYSCALE).astype(np.float32)
        for k, (band, shift) in enumerate(shifts.items()):
            matrix = np.array([[1, 0, shift], [0, 1, 0]], np.float32)
            moved = cv2.warpAffine(grey, matrix, grey.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
            path = frame.path.with_name(f"{frame.path.stem}_{band}.tif")
            cv2.imwrite(str(path), np.round(4096 + moved * 100 * (k + 1)).astype(np.uint16))
            radiometry = BandRadiometry(f"capture{number}", band, 4096.0, 0.001 * (k + 1), 1.0, 10.0)
            plain = replace(frame, item=path.name, path=path, kind="multispectral")
            result.append(replace(plain, band=band, radiometry=radiometry))
    return result


def test_captures_become_a_mosaic_of_registered_reflectance(block: Block, settings: ImagerySettings) -> None:
    """Bands 7 px apart and exposed differently agree in the mosaic, on one grid, with labelled layers."""
    frames = _bands(block.frames[:4], {"green": 0.0, "nir": 7.0})
    outcome = process_frames(frames, settings, crs=GRID)
    mosaic = outcome.value.mosaic.compute()
    green, nir = (mosaic[f"reflectance_{band}"].values for band in ("green", "nir"))
    assert outcome.value.quality.photos == 4
    assert np.nanmedian(np.abs(nir / np.maximum(green, 1e-6) - 1.0)) < 0.03
    assert np.isnan(green[mosaic["alpha"].values == 0]).all()
    assert "relative reflectance" in mosaic["reflectance_nir"].attrs["long_name"]
    assert any("band nir registered on green" in tell(d).decision for d in outcome.decisions)


def test_picture_of_reflectance_in_the_report(block: Block, settings: ImagerySettings, tmp_path: Path) -> None:
    """Three bands of reflectance become a false-colour picture, transparent where no photo sees."""
    frames = _bands(block.frames[:2], {"green": 0.0, "red": 1.0, "nir": 2.0})
    write_ortho(process_frames(frames, settings, crs=GRID).value.mosaic, tmp_path / "ortho.tif")
    picture = picture_from_geotiff(tmp_path / "ortho.tif", name="bands").rgba
    assert picture.dtype == np.uint8
    assert picture[..., :3][picture[..., 3] > 0].std() > 20.0


def test_incomplete_capture_is_rejected_with_every_band(block: Block, settings: ImagerySettings) -> None:
    """Three captures of two bands and one that lost its second."""
    frames = _bands(block.frames[:4], {"green": 0.0, "nir": 3.0})[:-1]
    outcome = assemble_captures(frames, settings)
    assert sum(isinstance(f, Capture) for f in outcome.value) == 3
    (reject,) = outcome.rejects
    assert reject.item == "photo_03_green.tif"
    assert "1 of 2 bands" in tell(reject).reason


def test_captures_without_identifier_are_told_by_time(block: Block, settings: ImagerySettings) -> None:
    """Photos are 3 s apart: bands of one moment belong together, whatever order they come in."""
    frames = [
        replace(f, radiometry=replace(f.radiometry, capture="") if f.radiometry else None)
        for f in _bands(block.frames[:3], {"green": 0.0, "nir": 3.0})
    ]
    captures = [f for f in assemble_captures(frames[::-1], settings).value if isinstance(f, Capture)]
    assert [[b.frame.item for b in c.bands] for c in captures] == [
        [f"photo_{k:02d}_green.tif", f"photo_{k:02d}_nir.tif"] for k in range(3)
    ]


def test_reflectance_of_eight_bits_and_of_floats() -> None:
    """A full scale of 256, of 65536 or of one; a last axis of one is no third dimension; single precision."""
    plain = replace(_PLAIN, dark_level=0.0, exposure_s=1.0, gain=1.0)
    for counts, value in (
        (np.array([[64]], np.uint8), 0.25),
        (np.array([[16384]], np.uint16), 0.25),
        (np.array([[0.25]], np.float32), 0.25),
    ):
        found = reflectance(counts[..., None], plain)
        assert (found.shape, found.dtype) == ((1, 1), np.float32)
        assert found[0, 0] == value


@pytest.mark.parametrize(
    ("irradiance", "absolute", "factor"),
    [(2.0, True, math.pi / 2), (2.0, False, 0.5), (math.nan, True, 1.0), (0.0, True, 1.0), (-1.0, False, 1.0),
     (math.inf, True, 1.0)],
)  # fmt: skip
def test_light_divides_where_it_was_measured(irradiance: float, absolute: bool, factor: float) -> None:
    """π / E or 1 / E; without a sensor nothing."""
    found = reflectance(np.array([[36864]], np.uint16), replace(_PLAIN, irradiance=irradiance, absolute=absolute))
    assert found[0, 0] == pytest.approx(250.0 * factor, rel=1e-6)


@pytest.mark.parametrize(("a2", "a3", "factor"), [(1e-6, 0.0, 1.1), (0.0, 1e-4, 0.99)])
def test_row_gradient_terms_alone(a2: float, a3: float, factor: float) -> None:
    """Each term of the rolling shutter by itself at row 100."""
    rows = reflectance(np.full((101, 2), 36864, np.uint16), replace(_PLAIN, row_model=(2.0, a2, a3)))
    assert rows[0].tolist() == [500.0, 500.0]
    assert rows[100, 1] == pytest.approx(500.0 / factor, rel=1e-5)


def test_vignetting_has_its_centre_and_powers() -> None:
    """r = 5 px of a 3-4-5 triangle: 1 + 0.01 · 5 + 0.002 · 25; over the unit square y counts rows, x columns."""
    flat = np.full((20, 40), 36864, np.uint16)
    radial = replace(_PLAIN, vignette_centre=(10.0, 6.0), vignette_radial=(0.01, 0.002))
    found = reflectance(flat, radial)
    assert found[6, 10] == pytest.approx(250.0)
    assert found[10, 13] == pytest.approx(250.0 / 1.1, rel=1e-5)
    surface = replace(_PLAIN, vignette_surface=((2, 1, 4.0), (0, 0, 0.5)))
    assert reflectance(flat, surface)[5, 20] == pytest.approx(250.0 / (4.0 * 0.25 * 0.25 + 0.5), rel=1e-5)
    assert reflectance(flat, replace(radial, vignette_centre=None))[10, 13] == 250.0


def _frames(*moments: tuple[str, float, str, str]) -> list[Frame]:
    """Multispectral frames without files: item, second, band, capture."""
    camera = Camera(64, 48, 60.0, 31.5, 23.5, model="rig")
    start = datetime(2025, 6, 1, tzinfo=UTC)
    return [
        Frame(
            item, Path(item), camera, Pose(104.0, 30.0), start + timedelta(seconds=second), "multispectral", band,
            tags={"CentralWavelength": {"Blue": "475", "Green": "560,560", "Red": "668", "NIR": ""}.get(band, "840")},
            radiometry=BandRadiometry(capture, band, 0.0, 1.0, 1.0, math.nan),
        )
        for item, second, band, capture in moments
    ]  # fmt: skip


def test_captures_in_order_of_wavelength_with_the_green_one_as_reference(settings: ImagerySettings) -> None:
    """Blue, green, red, then those that state none; the capture is the green photo with all bands beside it."""
    frames = _frames(("n", 0, "NIR", "c"), ("r", 0, "Red", "c"), ("b", 0, "Blue", "c"), ("g", 0, "Green", "c"))
    outcome = assemble_captures(frames, settings)
    (capture,) = outcome.value
    assert isinstance(capture, Capture)
    assert (capture.item, capture.band) == ("g", "Green")
    assert [(b.name, b.frame.item) for b in capture.bands] == [
        ("blue", "b"),
        ("green", "g"),
        ("red", "r"),
        ("nir", "n"),
    ]
    # No file can be read: every other band stays where its calibration puts it, and that is told.
    told = [tell(d).decision for d in outcome.decisions]
    assert sorted(told[:3]) == [
        f"band {n} placed on its calibration alone beside green" for n in ("blue", "nir", "red")
    ]
    assert all(b.matrix == (1, 0, 0, 0, 1, 0, 0, 0, 1) for b in capture.bands)
    assert told[3] == "multispectral values are counts per gain and exposure; no light sensor"
    assert outcome.decisions[3].item == "flight of g" and "rig" in tell(outcome.decisions[3]).evidence
    assert band_names(capture) == ("reflectance_blue", "reflectance_green", "reflectance_red", "reflectance_nir")
    assert band_names(replace(frames[0], kind="rgb")) == ("red", "green", "blue")
    assert band_names(replace(frames[0], kind="thermal")) == ("value",)


@pytest.mark.parametrize(("apart", "joined"), [(0.6, 1), (0.61, 2)])
def test_bands_of_one_moment(settings: ImagerySettings, apart: float, joined: int) -> None:
    """Within 0.6 s of the first and no band twice, where nothing names the capture; other kinds go through."""
    frames = _frames(("r", 0.0, "Red", ""), ("n", apart, "NIR", ""))
    other = replace(frames[0], item="rgb", kind="rgb")
    outcome = assemble_captures([*frames, other], settings)
    assert outcome.value[0] is other
    captures = outcome.value[1:]
    if joined == 1:
        assert [[b.name for b in c.bands] for c in captures if isinstance(c, Capture)] == [["red", "nir"]]
        assert captures[0].item == "r"  # no green: the shortest wave
    else:
        assert len(captures) + len(outcome.rejects) == 2
    twice = assemble_captures(_frames(("a", 0.0, "Red", ""), ("b", 0.1, "Red", "")), settings)
    assert len(twice.value) == 2
    mixed = assemble_captures(_frames(("a", 0.0, "Red", "c"), ("b", 0.1, "NIR", "")), settings)
    assert len(mixed.value) + len(mixed.rejects) == 2


def test_captures_of_most_bands_decide(settings: ImagerySettings) -> None:
    """Two of two bands and one of one: the third is refused, each photo by name; names of bands are tidied."""
    frames = _frames(
        ("a", 0, "Red edge", "1"),
        ("b", 0, "NIR", "1"),
        ("c", 9, "Red-Edge", "2"),
        ("d", 9, "NIR", "2"),
        ("e", 20, "NIR", "3"),
    )
    outcome = assemble_captures(frames, settings)
    assert [[b.name for b in c.bands] for c in outcome.value if isinstance(c, Capture)] == [["red_edge", "nir"]] * 2
    (reject,) = outcome.rejects
    assert (reject.item, reject.where) == ("e", "bands")
    assert tell(reject).reason == "capture with 1 of 2 bands; copy the others from the card"


def test_labels_of_reflectance() -> None:
    """What each band's values are, by what its tags say."""
    base = _frames(("g", 0, "Green", "c"))[0]
    light = {
        "none": None,
        "dark": _PLAIN,
        "relative": replace(_PLAIN, irradiance=2.0),
        "absolute": replace(_PLAIN, irradiance=2.0, absolute=True),
    }
    bands = tuple(BandView(name, replace(base, radiometry=r)) for name, r in light.items())
    told = reflectance_attributes(Capture(**vars(base), bands=bands))
    assert {k: v["long_name"] for k, v in told.items()} == {
        "reflectance_none": "none: counts; no exposure tags",
        "reflectance_dark": "dark: counts per gain and exposure; no light sensor",
        "reflectance_relative": "relative: relative reflectance, up to one factor of this band (no panel)",
        "reflectance_absolute": "absolute: reflectance",
    }
    assert {v["units"] for v in told.values()} == {"1"}
    assert reflectance_attributes(base) == {}


def test_bands_are_read_where_the_reference_sees_them(tmp_path: Path) -> None:
    """Twice the focal length, its centre aside, its homography 3 px to the right; NaN where it ends."""
    row, column = np.mgrid[0:48, 0:64]
    for name in ("g.tif", "n.tif"):
        cv2.imwrite(str(tmp_path / name), (1000 + 100 * column + 10 * row).astype(np.uint16))
    radiometry = BandRadiometry("c", "x", 0.0, 1.0, 1.0 / 65536, math.nan)
    green = Frame(
        "g",
        tmp_path / "g.tif",
        Camera(64, 48, 60.0, 31.5, 23.5),
        Pose(104.0, 30.0),
        kind="multispectral",
        radiometry=radiometry,
    )
    nir = replace(green, item="n", path=tmp_path / "n.tif", camera=Camera(64, 48, 120.0, 30.0, 20.0))
    moved = (1.0, 0.0, 3.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    capture = Capture(**vars(green), bands=(BandView("green", green), BandView("nir", nir, moved)))
    stack = read_measured(capture)
    assert (stack.shape, stack.dtype) == ((48, 64, 2), np.float32)
    np.testing.assert_allclose(stack[..., 0], 1000 + 100 * column + 10 * row)
    there = 30.0 + 2.0 * (column + 3 - 31.5), 20.0 + 2.0 * (row - 23.5)
    inside = (there[0] >= 0) & (there[0] <= 62) & (there[1] >= 0) & (there[1] <= 46)
    np.testing.assert_allclose(stack[..., 1][inside], (1000 + 100 * there[0] + 10 * there[1])[inside], atol=0.5)
    outside = (there[0] < -1) | (there[0] > 64) | (there[1] < -1) | (there[1] > 48)
    assert np.isnan(stack[..., 1][outside]).all()
    halved = read_measured(capture, reduce=2)
    assert halved.shape == (24, 32, 2)
    np.testing.assert_allclose(halved[..., 0], stack[..., 0].reshape(24, 2, 32, 2).mean(axis=(1, 3)), rtol=1e-5)
    assert read_measured(green, reduce=2).shape == (24, 32, 1)
    bare = Capture(**vars(green), bands=(BandView("nir", replace(green, radiometry=None)),))
    assert read_measured(bare)[0, 0, 0] == pytest.approx(1000 / 65536)


@pytest.mark.slow
def test_real_sequoia_bands_lie_on_each_other(settings: ImagerySettings, shared_data: Path) -> None:
    """One capture of grass, trees and asphalt: every band is registered; grass has a high, asphalt a low NDVI."""
    photos = sorted((shared_data / "uav" / "sequoia_garfield").glob("*.TIF"))
    frames = read_frames(photos, PhotoSettings()).value
    outcome = assemble_captures(frames, settings)
    (capture,) = (f for f in outcome.value if isinstance(f, Capture))
    assert [band.name for band in capture.bands] == ["green", "red", "red_edge", "nir"]
    assert sum("registered on" in tell(d).decision for d in outcome.decisions) == 3
    stack = read_measured(capture).astype(float)
    ndvi = (stack[..., 3] - stack[..., 1]) / (stack[..., 3] + stack[..., 1])
    assert np.nanmedian(ndvi[60:160, 300:500]) > 0.5  # the meadow
    assert abs(np.nanmedian(ndvi[60:220, 680:940])) < 0.25  # the car park
