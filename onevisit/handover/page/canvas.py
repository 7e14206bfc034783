"""A small raster canvas: shapes by OpenCV at twice the size, text on top by Pillow's own font; the same every time.

The font knows ASCII, degrees and plus-minus; `plain` brings other text to that.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Floats = NDArray[np.float64]
Image8 = NDArray[np.uint8]
Colour = str

_OVERSAMPLED = 2
_SHIFT = 4  # OpenCV takes sixteenths of a pixel
_COLOURS = 96
_KNOWN = {"−": "-", "–": "-", "—": "-", "⁻": "-", "µ": "u", "μ": "u", "×": "x", "…": "...", "·": "-"}


@dataclass(frozen=True)
class Label:
    """A line of text whose left, middle or right (``anchor`` l, m, r) is at ``x``, vertically centred on ``y``."""

    x: float
    y: float
    text: str
    size: int = 12
    colour: Colour = "#1d2733"
    anchor: str = "l"


class Canvas:
    """Draws in pixels of the finished picture, y downwards; what is drawn later lies on top, text on top of all."""

    def __init__(self, width: int, height: int, paper: Colour) -> None:
        self.width, self.height = width, height
        shape = (height * _OVERSAMPLED, width * _OVERSAMPLED, 3)
        self._pixels: Image8 = np.empty(shape, np.uint8)
        self._pixels[:] = _rgb(paper)
        self._labels: list[Label] = []

    def fill(self, rings: Iterable[Floats], colour: Colour, alpha: float = 1.0) -> None:
        """Fill polygons (points, 2); where they overlap an even number of times is a hole."""
        parts = [_fixed(ring) for ring in rings if len(ring) > 2]
        if alpha < 1.0:
            self._tint(parts, colour, alpha)
        elif parts:
            cv2.fillPoly(self._pixels, parts, _rgb(colour), lineType=cv2.LINE_AA, shift=_SHIFT)

    def _tint(self, parts: Sequence[NDArray[np.int32]], colour: Colour, alpha: float) -> None:
        window = self._window(parts) if parts else (slice(0), slice(0))
        below = self._pixels[window]
        if not below.size:
            return
        mask = np.zeros(below.shape[:2], np.uint8)
        corner = np.array([window[1].start, window[0].start], np.int32) << _SHIFT
        cv2.fillPoly(mask, [part - corner for part in parts], 255, lineType=cv2.LINE_AA, shift=_SHIFT)
        share = (mask * np.float32(alpha / 255.0))[..., None]
        ink = np.array(_rgb(colour), np.float32)
        below[:] = (below * (1 - share) + ink * share + np.float32(0.5)).astype(np.uint8)

    def _window(self, parts: Sequence[NDArray[np.int32]]) -> tuple[slice, slice]:
        """Rows and columns of the canvas that polygons reach, a pixel wider."""
        points = np.concatenate(parts) >> _SHIFT
        size = np.array(self._pixels.shape[1::-1])
        low, high = np.clip(points.min(axis=0) - 1, 0, size), np.clip(points.max(axis=0) + 3, 0, size)
        return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))

    def line(self, points: Floats, colour: Colour, width: float, *, closed: bool = False) -> None:
        """Draw one polyline (points, 2) without gaps."""
        if len(points) > 1:
            thickness = max(1, round(width * _OVERSAMPLED))
            cv2.polylines(self._pixels, [_fixed(points)], closed, _rgb(colour), thickness, cv2.LINE_AA, _SHIFT)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Draw a filled circle."""
        scale = _OVERSAMPLED << _SHIFT
        centre = (round(x * scale), round(y * scale))
        cv2.circle(self._pixels, centre, round(radius * scale), _rgb(colour), -1, cv2.LINE_AA, _SHIFT)

    def square(self, x: float, y: float, side: float, *, fill: Colour, edge: Colour, width: float) -> None:
        """Draw an upright square around a point."""
        h = side / 2
        ring = np.array([(x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h)])
        self.fill([ring], fill)
        self.line(ring, edge, width, closed=True)

    def write(self, label: Label) -> None:
        """Put a line of text on top of everything."""
        self._labels.append(label)

    def blot(self, left: int, top: int, right: int, bottom: int, paper: Colour) -> None:
        """Paint a rectangle over what was drawn: what runs out of the frame of a map."""
        k = _OVERSAMPLED
        self._pixels[top * k : bottom * k, left * k : right * k] = _rgb(paper)

    def png(self) -> bytes:
        """The finished picture, with a palette."""
        small = cv2.resize(self._pixels, (self.width, self.height), interpolation=cv2.INTER_AREA)
        picture = Image.fromarray(small)
        pen = ImageDraw.Draw(picture)
        for label in self._labels:
            pen.text(
                (label.x, label.y), plain(label.text), fill=label.colour, font=_font(label.size),
                anchor=f"{label.anchor}m",
            )  # fmt: skip
        stream = BytesIO()
        picture.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            stream, "PNG", optimize=True
        )
        return stream.getvalue()


def dashes(points: Floats, on: float, off: float) -> list[Floats]:
    """Cut a polyline (points, 2) into dashes of length ``on`` with gaps ``off``, measured along it.

    Examples
    --------
    >>> [d[:, 0].tolist() for d in dashes(np.array([(0.0, 0.0), (10.0, 0.0)]), 4.0, 2.0)]
    [[0.0, 4.0], [6.0, 10.0]]
    """
    if len(points) < 2:
        return []
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    found = []
    for start in np.arange(0.0, along[-1], on + off):
        end = min(start + on, along[-1])
        between = along[(along > start) & (along < end)]
        at = np.concatenate([[start], between, [end]])
        found.append(np.column_stack([np.interp(at, along, points[:, k]) for k in (0, 1)]))
    return found


def plain(text: str) -> str:
    """Text in the characters that the font has; others are left out.

    Examples
    --------
    >>> plain("CH₄ 3.2 ± 0.4 µg m⁻³, 271°"), plain("成都 A-1")
    ('CH4 3.2 ± 0.4 ug m-3, 271°', 'A-1')
    """
    known = "".join(_KNOWN.get(c, c) for c in text)
    folded = "".join(_KNOWN.get(c, c) for c in unicodedata.normalize("NFKC", known))
    return "".join(c for c in folded if " " <= c <= "~" or c in "°±").strip()


def text_width(text: str, size: int) -> float:
    """Width of a line of text, px."""
    return float(_font(size).getlength(plain(text)))


def fitted(text: str, size: int, width: float) -> str:
    """Text cut to a width, px, with dots where it was cut."""
    text = plain(text)
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "...", size) > width:
        text = text[:-1]
    return text + "..."


def _fixed(points: Floats) -> NDArray[np.int32]:
    """Points as OpenCV's fixed-point integers; what lies far outside is brought near, so that nothing overflows."""
    scaled = np.clip(points * (_OVERSAMPLED << _SHIFT), -(2**24), 2**24)
    return np.asarray(np.round(scaled), np.int32)


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
