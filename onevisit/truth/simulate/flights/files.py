"""Photos as a drone writes them: JPEG with EXIF and DJI's XMP.

Tag names and forms are those of DJI's manuals and of real files (``drone-dji:`` attributes with a leading ``+``;
``DateTimeOriginal`` in local time without a zone). Pillow writes them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin


@dataclass(frozen=True)
class WrittenTags:
    """What the camera believes: position (WGS 84 degrees, metres), attitude (degrees), clocks and lens."""

    local_time: datetime
    lon: float
    lat: float
    absolute_altitude_m: float
    relative_altitude_m: float
    gimbal_yaw: float
    gimbal_pitch: float
    gimbal_roll: float
    flight_yaw: float
    model: str
    focal_mm: float
    focal_35mm: int
    focal_px: float
    width_px: int
    height_px: int
    image_source: str = "WideCamera"


def write_photo(path: Path, pixels: NDArray[np.uint8], tags: WrittenTags, *, quality: int = 90) -> None:
    """Write one JPEG; the same pixels and tags give the same bytes."""
    stream = io.BytesIO()
    image = Image.fromarray(pixels)
    image.save(stream, "JPEG", quality=quality, subsampling=2, exif=_exif(tags), xmp=_xmp(tags).encode())
    path.write_bytes(stream.getvalue())


def write_thermal(path: Path, celsius: NDArray[np.float32], tags: WrittenTags) -> None:
    """Write one radiometric TIFF: float32, degrees Celsius, as DJI's thermal tool exports it, tags kept."""
    stream = io.BytesIO()
    image = Image.fromarray(celsius)
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    directory[271], directory[272] = "DJI", tags.model
    directory[700] = _xmp(tags).encode()
    directory.tagtype[700] = 1
    image.save(stream, "TIFF", exif=_exif(tags), tiffinfo=directory)
    path.write_bytes(stream.getvalue())


def _rational(value: float, denominator: int) -> TiffImagePlugin.IFDRational:
    return TiffImagePlugin.IFDRational(round(value * denominator), denominator)


def _degrees(value: float) -> tuple[TiffImagePlugin.IFDRational, ...]:
    whole = int(abs(value))
    minutes = int((abs(value) - whole) * 60)
    seconds = ((abs(value) - whole) * 60 - minutes) * 60
    return _rational(whole, 1), _rational(minutes, 1), _rational(seconds, 10000)


def _exif(tags: WrittenTags) -> bytes:
    stamp = tags.local_time.strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[0x010E] = "default"
    exif[0x010F] = "DJI"
    exif[0x0110] = tags.model
    exif[0x0112] = 1
    exif[0x0131] = "07.01.10.06"
    exif[0x0132] = stamp
    detail = exif.get_ifd(0x8769)
    detail[0x829A] = _rational(1 / 1000, 1000)
    detail[0x829D] = _rational(2.8, 10)
    detail[0x8827] = 100
    detail[0x9003] = stamp
    detail[0x9004] = stamp
    detail[0x920A] = _rational(tags.focal_mm, 100)
    detail[0xA002] = tags.width_px
    detail[0xA003] = tags.height_px
    detail[0xA405] = tags.focal_35mm
    place = exif.get_ifd(0x8825)
    place[0] = b"\x02\x03\x00\x00"
    place[1] = "N" if tags.lat >= 0 else "S"
    place[2] = _degrees(tags.lat)
    place[3] = "E" if tags.lon >= 0 else "W"
    place[4] = _degrees(tags.lon)
    place[5] = b"\x00" if tags.absolute_altitude_m >= 0 else b"\x01"
    place[6] = _rational(abs(tags.absolute_altitude_m), 1000)
    return exif.tobytes()


def _xmp(tags: WrittenTags) -> str:
    items = {
        "Version": "1.5",
        "ImageSource": tags.image_source,
        "GpsStatus": "Normal",
        "AltitudeType": "GpsFusionAlt",
        "GpsLatitude": f"{tags.lat:+.9f}",
        "GpsLongitude": f"{tags.lon:+.9f}",
        "AbsoluteAltitude": f"{tags.absolute_altitude_m:+.3f}",
        "RelativeAltitude": f"{tags.relative_altitude_m:+.3f}",
        "GimbalRollDegree": f"{tags.gimbal_roll:+.2f}",
        "GimbalYawDegree": f"{tags.gimbal_yaw:+.2f}",
        "GimbalPitchDegree": f"{tags.gimbal_pitch:+.2f}",
        "FlightRollDegree": "+0.70",
        "FlightYawDegree": f"{tags.flight_yaw:+.2f}",
        "FlightPitchDegree": "-3.10",
        "CamReverse": "0",
        "GimbalReverse": "0",
        "RtkFlag": "0",
        "CalibratedFocalLength": f"{tags.focal_px:.6f}",
        "CalibratedOpticalCenterX": f"{tags.width_px / 2:.6f}",
        "CalibratedOpticalCenterY": f"{tags.height_px / 2:.6f}",
    }
    lines = "\n".join(f'   drone-dji:{name}="{value}"' for name, value in items.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="DJI Meta Data"\n   xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"\n'
        f'{lines}>\n  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    )
