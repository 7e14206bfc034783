"""Radiometric tags of three makers, the sunshine sensor's readings by hand, and Pix4D's fisheye as Brown's model."""

from __future__ import annotations

import base64
import math
import struct
from pathlib import Path

import numpy as np
import pytest

from imagery.camera import distort
from ingest.cameras import camera_from_tags
from ingest.exif import PhotoTags
from ingest.photos import PhotoSettings, read_frames
from ingest.spectral import band_radiometry, sunshine_irradiance

_SEQUOIA = Path(__file__).parents[3] / "shared/data/uav/sequoia_garfield"


def _readings(*rows: tuple[int, int, int, int]) -> str:
    """Time [µs], channel 0, gain index, integration time; the rest zero."""
    packed = b"".join(struct.pack("<QHHHHfff", t, c, 7, g, ms, 1.0, 2.0, 3.0) for t, c, g, ms in rows)
    return base64.b64encode(packed).decode()


def test_sunshine_reading_nearest_in_time() -> None:
    """600 counts in 100 ms at the reference gain are 6; at gain 2, which sees 10 times as much, they are 0.6."""
    encoded = _readings((1_000_000, 600, 1, 100), (2_000_000, 600, 2, 100))
    calibration = "0,600,10,4,1,600,100,40,2,600,1000,400,3,600,65535,4000"
    assert sunshine_irradiance(encoded, calibration, 1_200_000) == pytest.approx(6.0)
    assert sunshine_irradiance(encoded, calibration, None) == pytest.approx(0.6)


@pytest.mark.parametrize("encoded", ["", "no base64!", _readings((1, 600, 3, 100)), _readings((1, 600, 1, 0))])
def test_readings_that_say_nothing(encoded: str) -> None:
    """Empty, damaged, at a gain whose calibration is saturated, without integration time: not a number."""
    assert math.isnan(sunshine_irradiance(encoded, "1,600,100,40,3,600,65535,4000", None))


def test_rededge_tags() -> None:
    """Absolute: dark level is the mean of four, gain is ISO / 100, 120 µW cm-2 nm-1 are 1.2 W m-2 nm-1."""
    exif = {"ExposureTime": (0.002,), "ISOSpeed": (200.0,), "BlackLevel": (4800.0, 4810.0, 4790.0, 4800.0)}
    xmp = {
        "Camera:BandName": "NIR",
        "MicaSense:CaptureId": "abc",
        "MicaSense:RadiometricCalibration": "0.0002,1e-7,2e-5",
        "Camera:HorizontalIrradiance": "120.0",
        "Camera:VignettingCenter": "620.0,480.0",
        "Camera:VignettingPolynomial": "-1e-5,2e-7,-1e-9,1e-12,-1e-15,1e-19",
    }
    found = band_radiometry(PhotoTags("tiff", 1280, 960, exif), xmp)
    assert found is not None
    assert (found.dark_level, found.gain, found.capture, found.band) == (4800.0, 2.0, "abc", "NIR")
    assert found.irradiance == pytest.approx(1.2)
    assert found.absolute
    assert found.vignette_divides
    assert len(found.vignette_radial) == 6


def test_phantom_tags() -> None:
    """Microseconds in XMP, gain over its adjustment, vignetting multiplied about the optical centre; relative."""
    xmp = {
        "drone-dji:BandName": "NIR",
        "drone-dji:SensorGain": "2.0",
        "drone-dji:SensorGainAdjustment": "1.25",
        "drone-dji:ExposureTime": "1000",
        "drone-dji:Irradiance": "2000.0",
        "drone-dji:VignettingData": "0.000218235,1.20722E-06,-2.8676E-09,5.1742E-12,-4.16853E-15,1.36962E-18",
        "drone-dji:CalibratedOpticalCenterX": "800.0",
        "drone-dji:CalibratedOpticalCenterY": "650.0",
    }
    found = band_radiometry(PhotoTags("tiff", 1600, 1300, {"BlackLevel": (4096.0,)}), xmp)
    assert found is not None
    assert (found.exposure_s, found.gain, found.irradiance) == (0.001, 1.6, 2000.0)
    assert found.vignette_centre == (800.0, 650.0)
    assert not found.vignette_divides
    assert not found.absolute


def test_band_without_exposure_has_no_radiometry() -> None:
    """Nothing is invented for a camera that does not say how long it exposed."""
    assert band_radiometry(PhotoTags("tiff", 4, 3), {"Camera:BandName": "Red"}) is None


def test_fisheye_fits_its_polynomial_to_a_tenth_of_a_pixel() -> None:
    """The Sequoia's near infrared lens out to its corner: pixels = C ρ(2/π atan r)."""
    xmp = {
        "Camera:FisheyeAffineMatrix": "1671.556624069,0,0,1671.556624069",
        "Camera:FisheyePolynomial": "0,1,0.010754389,-0.147354298",
        "Camera:PrincipalPoint": "2.544297,1.797905",
    }
    exif = {"FocalPlaneXResolution": (266.6667,), "FocalPlaneResolutionUnit": (4.0,), "Model": "Sequoia"}
    camera = camera_from_tags(
        PhotoTags("tiff", 1280, 960, exif), xmp, "nir.tif", calibrated_sd=0.005, lens_sd=0.01, equivalent_sd=0.04
    )
    ray = np.linspace(0.0, 0.95, 40)
    theta = 2 / np.pi * np.arctan(ray)
    truth = 1671.556624069 * (theta + 0.010754389 * theta**2 - 0.147354298 * theta**3)
    ours = camera.focal_px * distort(np.stack([ray, 0 * ray], axis=1), camera.distortion)[:, 0]
    assert ours == pytest.approx(truth, abs=0.15)
    assert camera.centre_x_px == pytest.approx(2.544297 * 266.6667 - 0.5, abs=1e-3)


@pytest.mark.skipif(not _SEQUOIA.is_dir(), reason="real data is not here")
def test_real_sequoia_capture() -> None:
    """Four bands of one capture, each with dark level, exposure, gain, vignetting and the light of its moment."""
    frames = [f for f in read_frames(sorted(_SEQUOIA.glob("*.TIF")), PhotoSettings()).value if f.radiometry]
    assert {f.band for f in frames} == {"Green", "Red", "Red edge", "NIR"}
    assert len({f.radiometry.capture for f in frames if f.radiometry}) == 1
    edge = next(f.radiometry for f in frames if f.band == "Red edge")
    assert edge is not None
    assert (edge.dark_level, edge.gain) == (5483.0, 2.0)
    assert edge.exposure_s == pytest.approx(0.00293077, rel=1e-5)
    assert len(edge.vignette_surface) == 15
    assert edge.irradiance > 0
