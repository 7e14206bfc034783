"""Values of thermal photos: FLIR structures made by hand, raw counts, the maker's tool, TIFFs, what is damaged."""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray

from ingest.errors import FileError
from ingest.exif import read_tags
from ingest.flir import FlirCalibration, celsius_from_flir, celsius_from_raw, raw_from_celsius
from ingest.photos import PhotoSettings, read_frames, read_values
from ingest.thermal import dji_counts, read_thermal, thermal_kind

_CONSTANTS = (16556.0, 1428.0, 1.0, -342, 0.0125)
_PLAIN = FlirCalibration(*_CONSTANTS)
_SCENE = FlirCalibration(
    *_CONSTANTS, emissivity=0.95, distance_m=40.0, reflected_k=263.15, air_k=283.15, humidity=0.6
)
_RIVER = Path(__file__).parents[3] / "shared/data/uav/m2ea_thermal_river"


def test_planck_by_hand() -> None:
    """With emissivity one and no air between, 25 °C is R1 / (R2 (exp(B / 298.15) − F)) − O."""
    raw = 16556.0 / (0.0125 * (math.exp(1428.0 / 298.15) - 1.0)) + 342.0
    assert celsius_from_raw(np.array([raw]), _PLAIN) == pytest.approx([25.0], abs=1e-4)


@pytest.mark.parametrize("calibration", [_PLAIN, _SCENE])
def test_measurement_equation_round_trip(calibration: FlirCalibration) -> None:
    """Temperature to raw and back."""
    celsius = np.linspace(-20.0, 120.0, 29)
    assert celsius_from_raw(raw_from_celsius(celsius, calibration), calibration) == pytest.approx(celsius, abs=1e-3)


def test_cold_sky_makes_a_body_look_colder() -> None:
    """Reflecting a sky of −10 °C, a body of 30 °C with emissivity 0.95 sends less than a black one."""
    black = raw_from_celsius(np.array([30.0]), _PLAIN)
    assert raw_from_celsius(np.array([30.0]), _SCENE) < black
    assert celsius_from_raw(black, _SCENE)[0] > 30.5


def _fff(celsius: NDArray[np.float64], calibration: FlirCalibration, *, png: bool) -> bytes:
    """An FFF structure with raw image and calibration, as FLIR lays it out."""
    raw = np.round(raw_from_celsius(celsius, calibration)).astype("<u2")
    body = raw.tobytes()
    if png:
        body = cv2.imencode(".png", raw.byteswap())[1].tobytes()
    image = struct.pack("<HHH26x", 2, raw.shape[1], raw.shape[0]) + body
    camera = bytearray(0x400)
    struct.pack_into("<H", camera, 0, 2)
    c = calibration
    numbers = {
        0x20: c.emissivity, 0x24: c.distance_m, 0x28: c.reflected_k, 0x2C: c.air_k, 0x3C: c.humidity,
        0x58: c.planck_r1, 0x5C: c.planck_b, 0x60: c.planck_f, 0x70: c.alpha_1, 0x74: c.alpha_2, 0x78: c.beta_1,
        0x7C: c.beta_2, 0x80: c.transmission_x, 0x30C: c.planck_r2,
    }  # fmt: skip
    for at, number in numbers.items():
        struct.pack_into("<f", camera, at, number)
    struct.pack_into("<i", camera, 0x308, int(c.planck_o))
    first = 64 + 2 * 32
    entry = "<HHIIII12x"
    directory = struct.pack(entry, 1, 1, 100, 1, first, len(image))
    directory += struct.pack(entry, 32, 1, 100, 2, first + len(image), len(camera))
    header = b"FFF\x00" + b"TEST".ljust(16, b"\x00") + struct.pack("<III", 101, 64, 2)
    return header.ljust(64, b"\x00") + directory + image + bytes(camera)


@pytest.mark.parametrize("png", [False, True])
def test_flir_structure_gives_its_temperatures(png: bool) -> None:
    """Plain and PNG raw images with a calibration of a real scene: to half a count."""
    celsius = np.linspace(5.0, 45.0, 12).reshape(3, 4)
    assert celsius_from_flir(_fff(celsius, _SCENE, png=png), "f") == pytest.approx(celsius, abs=0.05)


def test_damaged_flir_structures_are_refused() -> None:
    """No FFF, cut off, calibration of zeros: a message each, no temperatures."""
    whole = _fff(np.full((3, 4), 20.0), _PLAIN, png=False)
    for broken, message in [
        (b"JUNK" + whole[4:], "do not begin"),
        (whole[:200], "cut off"),
        (whole[: 64 + 64 + 32 + 24] + bytes(0x400), "not plausible|byte|cut off|calibration"),
        (whole[:64] + bytes(64), "no raw image"),
    ]:
        with pytest.raises(FileError, match=message):
            celsius_from_flir(broken, "f")


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def _jpeg(path: Path, segments: bytes, shape: tuple[int, int] = (24, 32)) -> Path:
    """A grey JPEG with segments put in after its start."""
    plain = cv2.imencode(".jpg", np.full(shape, 128, np.uint8))[1].tobytes()
    path.write_bytes(plain[:2] + segments + plain[2:])
    return path


def test_flir_jpeg_with_its_data_in_two_parts(tmp_path: Path) -> None:
    """APP1 parts are joined by their number, in whatever order they come."""
    celsius = np.linspace(10.0, 30.0, 24 * 32).reshape(24, 32)
    fff = _fff(celsius, _SCENE, png=False)
    parts = [
        _segment(0xE1, b"FLIR\x00\x01" + bytes([k, 1]) + fff[k * 900 : (900 if k == 0 else None)]) for k in (1, 0)
    ]
    path = _jpeg(tmp_path / "flir.jpg", b"".join(parts))
    tags = read_tags(path, "flir.jpg")
    assert thermal_kind(tags).unit == "degC"
    assert read_thermal(path, "flir.jpg", tags) == pytest.approx(celsius, abs=0.05)


def test_dji_counts_come_out_as_they_went_in(tmp_path: Path) -> None:
    """APP3 segments joined; a picture enlarged two times has counts of half its size."""
    counts = np.arange(12 * 16, dtype="<u2").reshape(12, 16) + 18000
    body = counts.tobytes()
    path = _jpeg(tmp_path / "dji.jpg", _segment(0xE3, body[:100]) + _segment(0xE3, body[100:]))
    tags = read_tags(path, "dji.jpg")
    assert tags.thermal == "dji"
    assert (dji_counts(path, "dji.jpg", tags) == counts).all()
    assert read_thermal(path, "dji.jpg", tags).shape == (24, 32)


def test_makers_tool_is_asked_when_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dji_irp` on the PATH: its float32 file is taken as °C; when it fails, the photo is refused with its words."""
    path = _jpeg(tmp_path / "dji.jpg", _segment(0xE3, np.zeros(24 * 32, "<u2").tobytes()))
    tool = tmp_path / "bin" / "dji_irp"
    tool.parent.mkdir()
    celsius = np.linspace(0.0, 50.0, 24 * 32, dtype="<f4")
    (tmp_path / "answer.raw").write_bytes(celsius.tobytes())
    tool.write_text(f'#!/bin/sh\n[ "$4" = measure ] && [ "$8" = float32 ] && cp {tmp_path}/answer.raw "$6"\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    tags = read_tags(path, "dji.jpg")
    assert thermal_kind(tags).unit == "degC"
    assert (read_thermal(path, "dji.jpg", tags).ravel() == celsius).all()
    tool.write_text("#!/bin/sh\necho no licence >&2\nexit 3\n")
    with pytest.raises(FileError, match="code 3: no licence"):
        read_thermal(path, "dji.jpg", tags)


def test_sixteen_bit_tiff_of_a_known_maker(tmp_path: Path) -> None:
    """Altum: 0.01 K a count. 29815 counts are 25 °C."""
    path = tmp_path / "IMG_0001_6.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=4, height=3, count=1, dtype="uint16", transform=Affine(1, 0, 0, 0, -1, 3)
    ) as file:  # fmt: skip
        file.write(np.full((1, 3, 4), 29815, np.uint16))
    tags = read_tags(path, path.name)
    assert thermal_kind(tags).unit == "count"
    known = type(tags)("tiff", 4, 3, {"Make": "MicaSense"})
    assert read_thermal(path, path.name, known) == pytest.approx(np.full((3, 4), 25.0), abs=1e-3)
    with pytest.raises(FileError, match="no temperature"):
        read_thermal(path, path.name, type(tags)("tiff", 4, 3, {"Make": "FLIR"}))


@pytest.mark.skipif(not _RIVER.is_dir(), reason="real data is not here")
def test_real_dji_flight_is_labelled_as_counts() -> None:
    """Without the maker's tool the unit is counts, said once for the flight; values are those of APP3."""
    outcome = read_frames(sorted(_RIVER.glob("*.JPG"))[:3], PhotoSettings())
    assert [f.tags["ThermalUnit"] for f in outcome.value] == ["count"] * 3
    assert sum("relative to the flight" in d.decision for d in outcome.decisions) == 1
    values = read_values(outcome.value[0])
    assert values.shape == (512, 640, 1)
    assert 17000 < np.median(values) < 20000
    assert read_values(outcome.value[0], reduce=2).shape == (256, 320, 1)
