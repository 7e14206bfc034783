"""Multispectral captures: reflectance by hand, bands registered on each other, captures as photos of a mosaic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from imagery import ImagerySettings, process_frames
from imagery.multispectral import Capture, assemble_captures, read_measured, reflectance, register_band
from ingest.photos import PhotoSettings, read_frames
from ingest.schema import BandRadiometry, Camera, Frame
from onevisit.handover.cog import write_ortho
from onevisit.handover.contents import picture_from_geotiff
from tests.imagery.conftest import GRID, Block, make_texture

_SEQUOIA = Path(__file__).parents[3] / "shared/data/uav/sequoia_garfield"
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
    assert any("band nir registered on green" in d.decision for d in outcome.decisions)


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
    assert "1 of 2 bands" in reject.reason


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


@pytest.mark.skipif(not _SEQUOIA.is_dir(), reason="real data is not here")
def test_real_sequoia_bands_lie_on_each_other(settings: ImagerySettings) -> None:
    """One capture of grass, trees and asphalt: every band is registered; grass has a high, asphalt a low NDVI."""
    frames = read_frames(sorted(_SEQUOIA.glob("*.TIF")), PhotoSettings()).value
    outcome = assemble_captures(frames, settings)
    (capture,) = (f for f in outcome.value if isinstance(f, Capture))
    assert [band.name for band in capture.bands] == ["green", "red", "red_edge", "nir"]
    assert sum("registered on" in d.decision for d in outcome.decisions) == 3
    stack = read_measured(capture).astype(float)
    ndvi = (stack[..., 3] - stack[..., 1]) / (stack[..., 3] + stack[..., 1])
    assert np.nanmedian(ndvi[60:160, 300:500]) > 0.5  # the meadow
    assert abs(np.nanmedian(ndvi[60:220, 680:940])) < 0.25  # the car park
