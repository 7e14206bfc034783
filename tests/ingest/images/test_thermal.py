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
from ingest.images.exif import PhotoTags, read_tags
from ingest.images.flir import FlirCalibration, celsius_from_flir, celsius_from_raw
from ingest.images.read import PhotoSettings, read_frames, read_values
from ingest.images.thermal import ThermalKind, dji_counts, read_thermal, thermal_decision, thermal_kind
from onevisit.words.telling import tell
from tests.ingest.images.flir_counts import raw_from_celsius
from tests.told import raises_told

_CONSTANTS = (16556.0, 1428.0, 1.0, -342, 0.0125)
_PLAIN = FlirCalibration(*_CONSTANTS)
_SCENE = FlirCalibration(
    *_CONSTANTS, emissivity=0.95, distance_m=40.0, reflected_k=263.15, air_k=283.15, humidity=0.6
)


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
        with raises_told(FileError, match=message):
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
    with raises_told(FileError, match="code 3: no licence"):
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
    with raises_told(FileError, match="no temperature"):
        read_thermal(path, path.name, type(tags)("tiff", 4, 3, {"Make": "FLIR"}))


# --- FLIR, number by number ----------------------------------------------------------------------------------------

_ODD = FlirCalibration(
    15000.0, 1400.0, 1.5, -500, 0.02, emissivity=0.9, distance_m=25.0, reflected_k=280.0, air_k=290.0, humidity=0.4,
    alpha_1=0.007, alpha_2=0.013, beta_1=-0.0023, beta_2=-0.0067, transmission_x=1.8,
)  # fmt: skip


def test_measurement_equation_by_hand() -> None:
    """Object, reflection and air, with the transmission of 25 m of air at 16.85 °C and 40 % (Usamentiaga 2014)."""

    def radiation(kelvin: float) -> float:
        return 15000.0 / (0.02 * (math.exp(1400.0 / kelvin) - 1.5)) + 500.0

    celsius = 290.0 - 273.15
    vapour = 0.4 * math.exp(1.5587 + 0.06939 * celsius - 0.00027816 * celsius**2 + 6.8455e-7 * celsius**3)
    wet = math.sqrt(vapour)
    tau = 1.8 * math.exp(-5.0 * (0.007 - 0.0023 * wet)) - 0.8 * math.exp(-5.0 * (0.013 - 0.0067 * wet))
    raw = 0.9 * tau * radiation(310.0) + 0.1 * tau * radiation(280.0) + (1.0 - tau) * radiation(290.0)
    assert celsius_from_raw(np.array([raw]), _ODD) == pytest.approx([310.0 - 273.15], abs=1e-3)
    assert raw_from_celsius(np.array([310.0 - 273.15]), _ODD) == pytest.approx([raw], rel=1e-9)
    assert celsius_from_raw(np.array([raw]), _ODD).dtype == np.float32


def test_scene_that_nobody_stated() -> None:
    """FLIR's defaults: black, no air between, 20 °C, 50 %, and the usual constants of air."""
    c = FlirCalibration(1.0, 2.0, 3.0, 4.0, 5.0)
    assert (c.planck_r1, c.planck_b, c.planck_f, c.planck_o, c.planck_r2) == (1.0, 2.0, 3.0, 4.0, 5.0)
    assert (c.emissivity, c.distance_m, c.reflected_k, c.air_k, c.humidity) == (1.0, 0.0, 293.15, 293.15, 0.5)
    assert (c.alpha_1, c.alpha_2, c.beta_1, c.beta_2, c.transmission_x) == (
        0.006569,
        0.01262,
        -0.002276,
        -0.00667,
        1.9,
    )


def test_raw_values_below_all_radiation_stay_finite() -> None:
    """A dead pixel of zero is very cold, not an error and not a number that is none."""
    assert np.isfinite(celsius_from_raw(np.array([-1e9, 0.0, 1.0]), _PLAIN)).all()


@pytest.mark.parametrize("order", ["<", ">"])
def test_structures_of_both_byte_orders(order: str) -> None:
    """Every constant at its own offset, also where header and records are big-endian; humidity in per cent."""
    celsius = np.linspace(5.0, 45.0, 12).reshape(3, 4)
    raw = np.round(raw_from_celsius(celsius, _ODD) * 4).astype(order + "u2")
    image = struct.pack(order + "HHH26x", 2, 4, 3) + raw.tobytes()
    camera = bytearray(0x310)
    struct.pack_into(order + "H", camera, 0, 2)
    numbers = {
        0x20: 0.9, 0x24: 25.0, 0x28: 280.0, 0x2C: 290.0, 0x3C: 40.0, 0x58: 15000.0 * 4, 0x5C: 1400.0, 0x60: 1.5,
        0x70: 0.007, 0x74: 0.013, 0x78: -0.0023, 0x7C: -0.0067, 0x80: 1.8, 0x30C: 0.02,
    }  # fmt: skip
    for at, number in numbers.items():
        struct.pack_into(order + "f", camera, at, number)
    struct.pack_into(order + "i", camera, 0x308, -500 * 4)
    first = 64 + 3 * 32
    entry = order + "HHIIII12x"
    directory = struct.pack(entry, 5, 1, 100, 1, 0, 10) + struct.pack(
        entry, 32, 1, 100, 2, first + len(image), len(camera)
    )
    directory += struct.pack(entry, 1, 1, 100, 1, first, len(image))
    header = (b"FFF\x00" + b"TEST".ljust(16, b"\x00") + struct.pack(order + "III", 101, 64, 3)).ljust(64, b"\x00")
    whole = header + directory + image + bytes(camera)
    assert celsius_from_flir(whole, "f") == pytest.approx(celsius, abs=0.03)
    for broken, message in [(whole[:-1], "cut off"), (whole[: first + len(image)], "cut off")]:
        with raises_told(FileError, match=message):
            celsius_from_flir(broken, "f")


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        (0x58, 0.0, "not plausible"), (0x5C, 0.0, "not plausible"), (0x30C, 0.0, "not plausible"),
        (0x20, 0.0, "not plausible"),
        (0x20, 1.01, "not plausible"), (0x20, 1.0, ""), (0x28, math.nan, "not plausible"),
        (0x58, -1.0, "not plausible"),
    ],
)  # fmt: skip
def test_calibrations_that_are_none(at: int, value: float, message: str) -> None:
    """Constants of zero or below, an emissivity of none or above one, no number."""
    whole = bytearray(_fff(np.full((3, 4), 20.0), _PLAIN, png=False))
    struct.pack_into("<f", whole, len(whole) - 0x400 + at, value)
    if message:
        with raises_told(FileError, match=message):
            celsius_from_flir(bytes(whole), "f")
    else:
        celsius_from_flir(bytes(whole), "f")


@pytest.mark.parametrize(("rows", "columns"), [(0, 4), (3, 0), (60000, 60000), (4, 4)])
def test_raw_images_of_an_impossible_size(rows: int, columns: int) -> None:
    """No pixels, too many, or more than there are."""
    whole = bytearray(_fff(np.full((3, 4), 20.0), _PLAIN, png=False))
    struct.pack_into("<HH", whole, 64 + 64 + 2, columns, rows)
    with raises_told(FileError, match="cut off" if (rows, columns) == (4, 4) else f"{columns} × {rows} px"):
        celsius_from_flir(bytes(whole), "f")
    png = bytearray(_fff(np.full((3, 4), 20.0), _PLAIN, png=True))
    struct.pack_into("<HH", png, 64 + 64 + 2, 3, 4)
    with raises_told(FileError, match=r"PNG.*cannot be decoded"):
        celsius_from_flir(bytes(png), "f")


# --- which values a photo has --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        (PhotoTags("tiff", 4, 3, {"SampleFormat": (3.0,)}), ThermalKind("tiff", "degC")),
        (PhotoTags("tiff", 4, 3, {"Make": "MicaSense"}), ThermalKind("tiff", "degC")),
        (PhotoTags("tiff", 4, 3, {"Make": "FLIR"}), ThermalKind("tiff", "degC")),
        (PhotoTags("tiff", 4, 3, {"Make": "DJI", "SampleFormat": (1.0,)}), ThermalKind("tiff", "count")),
        (PhotoTags("jpeg", 4, 3, thermal="flir"), ThermalKind("flir", "degC")),
        (PhotoTags("jpeg", 4, 3, thermal="dji"), ThermalKind("dji", "count")),
        (PhotoTags("jpeg", 4, 3), ThermalKind("", "")),
    ],
)
def test_kind_of_values(tags: PhotoTags, kind: ThermalKind, monkeypatch: pytest.MonkeyPatch) -> None:
    """By container, maker and segments; without the maker's tool DJI's are counts."""
    monkeypatch.setenv("PATH", "")
    assert thermal_kind(tags) == kind
    decision = thermal_decision(kind)
    told, counts = tell(decision), kind.unit == "count"
    assert told.decision.startswith("raw counts" if counts else "temperatures" if kind.source else "only the picture")
    assert told.evidence not in ("", str(decision.why))


def test_tiff_of_temperatures_as_they_are(tmp_path: Path) -> None:
    """Floats are °C, to the last digit; a picture of another size is brought to that of the photo."""
    path, values = tmp_path / "a.tif", np.linspace(-20, 90, 12, dtype=np.float32).reshape(3, 4)
    cv2.imwrite(str(path), values)
    tags = PhotoTags("tiff", 4, 3, {"SampleFormat": (3.0,)})
    np.testing.assert_array_equal(read_thermal(path, "a.tif", tags), values)
    large = read_thermal(path, "a.tif", PhotoTags("tiff", 8, 6, {"SampleFormat": (3.0,)}))
    assert large.shape == (6, 8) and large.dtype == np.float32
    np.testing.assert_allclose(large[::5, ::7], values[::2, ::3], atol=1e-4)


@pytest.mark.parametrize(("make", "counts", "celsius"), [("MicaSense", 29815, 25.0), ("FLIR", 7454, 25.01)])
def test_sixteen_bits_of_two_makers(tmp_path: Path, make: str, counts: int, celsius: float) -> None:
    """0.01 K and 0.04 K a count, less 273.15."""
    path = tmp_path / "a.tif"
    cv2.imwrite(str(path), np.full((3, 4), counts, np.uint16))
    assert read_thermal(path, "a.tif", PhotoTags("tiff", 4, 3, {"Make": make})) == pytest.approx(celsius, abs=0.001)
    assert read_thermal(path, "a.tif", PhotoTags("tiff", 4, 3, {"Make": "Other"})) == pytest.approx(float(counts))


@pytest.mark.parametrize(("value", "believed"), [(-60.0, True), (-60.5, False), (600.0, True), (600.5, False)])
def test_temperatures_on_earth(tmp_path: Path, value: float, believed: bool) -> None:
    """From −60 to 600 °C in the median; kelvins by mistake are refused with the number."""
    path, tags = tmp_path / "a.tif", PhotoTags("tiff", 4, 3, {"SampleFormat": (3.0,)})
    cv2.imwrite(str(path), np.full((3, 4), value, np.float32))
    if believed:
        assert read_thermal(path, "a.tif", tags) == pytest.approx(value)
    else:
        with raises_told(FileError, match=r"no temperature in °C"):
            read_thermal(path, "a.tif", tags)


def test_tiffs_that_hold_no_values(tmp_path: Path) -> None:
    """Three bands, damaged bytes, a file that is gone, and a JPEG without any values."""
    path, tags = tmp_path / "a.tif", PhotoTags("tiff", 4, 3, {"SampleFormat": (3.0,)})
    cv2.imwrite(str(path), np.zeros((3, 4, 3), np.uint8))
    with raises_told(FileError, match="one band"):
        read_thermal(path, "a.tif", tags)
    path.write_bytes(b"II*\x00nothing")
    with raises_told(FileError, match="one band"):
        read_thermal(path, "a.tif", tags)
    with raises_told(FileError, match="cannot be decoded"):
        read_thermal(tmp_path / "gone.tif", "gone.tif", tags)
    with raises_told(FileError, match="a picture of temperatures without their values"):
        read_thermal(path, "a.jpg", PhotoTags("jpeg", 4, 3))


def test_counts_that_do_not_fill_the_picture(tmp_path: Path) -> None:
    """One value too few or half a value too many: named with both sizes."""
    tags = PhotoTags("jpeg", 32, 24, thermal="dji")
    for size in (2 * 32 * 24 - 2, 2 * 32 * 24 + 1):
        path = _jpeg(tmp_path / "dji.jpg", _segment(0xE3, bytes(size)))
        with raises_told(FileError, match=rf"{size} bytes of raw counts do not fill 32 × 24 px"):
            dji_counts(path, "dji.jpg", tags)


def test_enlarged_counts_keep_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of half the size: linear between them, the corners as they are; float32."""
    monkeypatch.setenv("PATH", "")
    counts = (np.arange(12 * 16, dtype="<u2").reshape(12, 16) * 10) + 18000
    path = _jpeg(tmp_path / "dji.jpg", _segment(0xE3, counts.tobytes()))
    values = read_thermal(path, "dji.jpg", read_tags(path, "dji.jpg"))
    assert values.dtype == np.float32
    assert (values[0, 0], values[-1, -1]) == (counts[0, 0], counts[-1, -1])
    assert values[0, 1:3].tolist() == [18002.5, 18007.5]


def test_tool_that_gives_another_number_of_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a whole or a half size taken; of any other refused, like a tool that writes nothing or has gone."""
    path = _jpeg(tmp_path / "dji.jpg", _segment(0xE3, np.zeros(24 * 32, "<u2").tobytes()))
    tool = tmp_path / "bin" / "dji_irp"
    tool.parent.mkdir()
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    for count, message in ((12 * 16, ""), (100, "gave 100 values for 32 × 24 px")):
        (tmp_path / "answer.raw").write_bytes(np.full(count, 7.5, "<f4").tobytes())
        tool.write_text(f'#!/bin/sh\n[ "$1" = -s ] && [ "$3" = -a ] && cp {tmp_path}/answer.raw "$6"\n')
        tool.chmod(0o755)
        tags = read_tags(path, "dji.jpg")
        if message:
            with raises_told(FileError, match=message):
                read_thermal(path, "dji.jpg", tags)
        else:
            values = read_thermal(path, "dji.jpg", tags)
            assert values.shape == (24, 32) and (values == 7.5).all()
    tool.write_text("#!/bin/sh\nexit 0\n")
    with raises_told(FileError, match="code 0: no message"):
        read_thermal(path, "dji.jpg", tags)


def test_real_dji_flight_is_labelled_as_counts(shared_data: Path) -> None:
    """Without the maker's tool the unit is counts, said once for the flight; values are those of APP3."""
    photos = sorted((shared_data / "uav" / "m2ea_thermal_river").glob("*.JPG"))
    outcome = read_frames(photos[:3], PhotoSettings())
    assert [f.tags["ThermalUnit"] for f in outcome.value] == ["count"] * 3
    assert sum("relative to the flight" in tell(d).decision for d in outcome.decisions) == 1
    values = read_values(outcome.value[0])
    assert values.shape == (512, 640, 1)
    assert 17000 < np.median(values) < 20000
    assert read_values(outcome.value[0], reduce=2).shape == (256, 320, 1)
