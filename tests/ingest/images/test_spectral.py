"""Radiometric tags of three makers, the sunshine sensor's readings by hand, and Pix4D's fisheye as Brown's model."""

from __future__ import annotations

import base64
import math
import struct
from pathlib import Path

import numpy as np
import pytest

from imagery.camera import distort
from ingest.images.cameras import camera_from_tags
from ingest.images.exif import PhotoTags
from ingest.images.read import PhotoSettings, read_frames
from ingest.images.spectral import band_radiometry, sunshine_irradiance
from ingest.schema import BandRadiometry


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


def _band(xmp: dict[str, str], exif: dict[str, tuple[float, ...] | str] | None = None) -> BandRadiometry:
    """Radiometry of a band that was exposed for 2 ms at a gain of one, unless said otherwise."""
    plain = {"ExposureTime": (0.002,), "ISOSpeed": (100.0,)}
    found = band_radiometry(PhotoTags("tiff", 1280, 960, {**plain, **(exif or {})}), xmp)
    assert found is not None
    return found


def test_a_band_that_says_only_how_it_was_exposed() -> None:
    """Everything else is neutral: nothing dark, no light, no vignetting."""
    assert _band({}) == BandRadiometry("", "", 0.0, 0.002, 1.0, pytest.approx(math.nan, nan_ok=True))


@pytest.mark.parametrize(
    ("xmp", "exif", "exposure", "gain"),
    [
        ({}, {"ISOSpeed": (250.0,)}, 0.002, 2.5),
        ({"drone-dji:SensorGain": "3.0"}, {}, 0.002, 3.0),
        ({"drone-dji:SensorGain": "3.0", "drone-dji:SensorGainAdjustment": "1.5"}, {}, 0.002, 2.0),
        ({"drone-dji:ExposureTime": "2500"}, {}, 0.0025, 1.0),
        ({"drone-dji:ExposureTime": "0"}, {}, 0.002, 1.0),
    ],
)
def test_exposure_and_gain(
    xmp: dict[str, str], exif: dict[str, tuple[float, ...]], exposure: float, gain: float
) -> None:
    """DJI's microseconds and gains before EXIF."""
    found = _band(xmp, dict(exif))
    assert (found.exposure_s, found.gain) == (pytest.approx(exposure), pytest.approx(gain))


@pytest.mark.parametrize(
    "exif", [{"ExposureTime": (0.0,)}, {"ISOSpeed": (0.0,)}, {"ExposureTime": ()}, {"ISOSpeed": ()}]
)
def test_without_exposure_or_gain_nothing_is_told(exif: dict[str, tuple[float, ...]]) -> None:
    """Zero is none."""
    assert (
        band_radiometry(PhotoTags("tiff", 4, 3, {"ExposureTime": (0.002,), "ISOSpeed": (100.0,), **exif}), {}) is None
    )


@pytest.mark.parametrize(
    ("xmp", "exif", "dark"),
    [
        ({"Camera:BlackLevel": "10,20"}, {}, 15.0),
        ({"drone-dji:BlackLevel": "12"}, {}, 12.0),
        ({"Camera:BlackLevel": "10"}, {"BlackLevel": (1.0, 2.0)}, 1.5),
    ],
)
def test_dark_levels(xmp: dict[str, str], exif: dict[str, tuple[float, ...]], dark: float) -> None:
    """The mean of those stated, EXIF before the packet."""
    assert _band(xmp, dict(exif)).dark_level == dark


@pytest.mark.parametrize(
    ("xmp", "irradiance", "absolute"),
    [
        ({"Camera:HorizontalIrradiance": "120"}, 1.2, False),
        ({"Camera:HorizontalIrradiance": "120", "MicaSense:RadiometricCalibration": "1e-4,1e-7,2e-5"}, 1.2, True),
        ({"Camera:HorizontalIrradiance": "120", "Camera:IrradianceScaleToSIUnits": "0.1"}, 12.0, False),
        ({"drone-dji:Irradiance": "2000"}, 2000.0, False),
        ({"drone-dji:Irradiance": "0"}, math.nan, False),
        ({"MicaSense:RadiometricCalibration": "1e-4,1e-7,2e-5"}, math.nan, False),
        ({"Camera:IrradianceList": _readings((5, 600, 1, 100)), "drone-dji:Irradiance": "3"}, 6.0, False),
    ],
)
def test_light(xmp: dict[str, str], irradiance: float, absolute: bool) -> None:
    """µW cm-2 nm-1 unless a scale is stated; absolute only where the camera is calibrated and the light is known."""
    found = _band(xmp)
    assert found.irradiance == pytest.approx(irradiance, nan_ok=True)
    assert found.absolute == absolute


def test_rows_and_vignetting_by_field() -> None:
    """Row model, both spellings of a centre, both kinds of polynomial, and a surface over the unit square."""
    assert _band({"MicaSense:RadiometricCalibration": "1e-4,1e-7,2e-5"}).row_model == (1e-4, 1e-7, 2e-5)
    assert _band({"MicaSense:RadiometricCalibration": "1e-4,1e-7"}).row_model == (1.0, 0.0, 0.0)
    micasense = _band({"Camera:VignettingCenter": "620,480", "Camera:VignettingPolynomial": "1e-5,2e-6"})
    assert (micasense.vignette_centre, micasense.vignette_radial, micasense.vignette_divides) == (
        (620.0, 480.0),
        (1e-5, 2e-6),
        True,
    )
    mavic = _band({"drone-dji:SensorGain": "1", "Camera:VignettingPolynomial": "1e-5"})
    assert (mavic.vignette_radial, mavic.vignette_divides, mavic.vignette_centre) == ((1e-5,), False, None)
    dji = _band(
        {
            "drone-dji:VignettingData": "1e-5; 2e-6",
            "Camera:VignettingPolynomial": "9",
            "drone-dji:CalibratedOpticalCenterX": "8",
        }
    )
    assert (dji.vignette_radial, dji.vignette_divides, dji.vignette_centre) == ((1e-5, 2e-6), False, None)
    surface = {"Camera:VignettingPolynomial2DName": "0,0,1,2", "Camera:VignettingPolynomial2D": "0.9,0.1"}
    assert _band(surface).vignette_surface == ((0, 0, 0.9), (1, 2, 0.1))
    assert _band({**surface, "Camera:VignettingPolynomial2DName": "0,0,1"}).vignette_surface == ()
    assert _band({"Camera:VignettingPolynomial": "1,nan"}).vignette_radial == ()
    assert _band({"Camera:VignettingPolynomial": "1,x"}).vignette_radial == ()


@pytest.mark.parametrize("name", ["Camera:CaptureUUID", "drone-dji:CaptureUUID", "MicaSense:CaptureId"])
def test_names_of_captures(name: str) -> None:
    """Each maker's own."""
    assert _band({name: "abc"}).capture == "abc"
    assert _band({"drone-dji:BandName": "Red", "Camera:BandName": "Green"}).band == "Green"


@pytest.mark.parametrize(
    ("text", "digits", "reading"),
    [
        ("1970:01:01 00:00:10", "", 1.0), ("1970:01:01 00:01:40", "", 2.0), ("1970:01:01 00:01:00", "6", 2.0),
        ("1970:01:02 01:00:00", "", 3.0), ("2016:01:01 00:00:10", "", 4.0), ("1970:01:xx 00:00:10", "", 4.0),
        ("1970:01:01 01:00:00", "", 2.0), ("", "", 4.0),
    ],
)  # fmt: skip
def test_time_since_the_sequoia_started(text: str, digits: str, reading: float) -> None:
    """Days, hours, minutes, seconds and fractions since 1970 choose the nearest reading; without them the last."""
    day = 86_400_000_000
    encoded = _readings(
        (10_000_000, 100, 1, 100),
        (110_000_000, 200, 1, 100),
        (day + 3_600_000_000, 300, 1, 100),
        (day * 20, 400, 1, 100),
    )
    found = _band({"Camera:IrradianceList": encoded}, {"DateTimeDigitized": text, "SubSecTime": digits})
    assert found.irradiance == pytest.approx(reading)


def test_gains_of_the_sunshine_sensor() -> None:
    """Relative to index 1; without a calibration index 1 alone; saturated counts and halves of rows are no gain."""
    reading = _readings((1, 600, 1, 100))
    for calibration in ("", "0,600,10,4", "1,600,65535,40", "1,600,0,40"):
        assert sunshine_irradiance(reading, calibration, None) == pytest.approx(6.0)
        assert math.isnan(sunshine_irradiance(_readings((1, 600, 2, 100)), calibration, None))
    assert math.isnan(sunshine_irradiance(reading, "not,numbers", None))
    assert sunshine_irradiance(_readings((1, 600, 2, 100)), "1,600,50,40,2,600,200,9", None) == pytest.approx(1.5)
    assert math.isnan(sunshine_irradiance(_readings((1, 600, 2, 100)), "1,600,50,40,2,600,200", None))
    cut = base64.b64encode(base64.b64decode(_readings((1, 600, 1, 100), (2, 900, 1, 100)))[:-1]).decode()
    assert sunshine_irradiance(cut, "", None) == pytest.approx(6.0)


def test_real_sequoia_capture(shared_data: Path) -> None:
    """Four bands of one capture, each with dark level, exposure, gain, vignetting and the light of its moment."""
    photos = sorted((shared_data / "uav" / "sequoia_garfield").glob("*.TIF"))
    frames = [f for f in read_frames(photos, PhotoSettings()).value if f.radiometry]
    assert {f.band for f in frames} == {"Green", "Red", "Red edge", "NIR"}
    assert len({f.radiometry.capture for f in frames if f.radiometry}) == 1
    edge = next(f.radiometry for f in frames if f.band == "Red edge")
    assert edge is not None
    assert (edge.dark_level, edge.gain) == (5483.0, 2.0)
    assert edge.exposure_s == pytest.approx(0.00293077, rel=1e-5)
    assert len(edge.vignette_surface) == 15
    assert edge.irradiance > 0
