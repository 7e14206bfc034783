"""What drawings over time share: scales, axes and paths of vector drawings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
from markupsafe import escape
from numpy.typing import NDArray

from onevisit.handover.page.envelope import Envelope
from onevisit.words.numbers import unit_text

Floats = NDArray[np.float64]

BINS = 720
SPARSE_ROWS = 2 * BINS
WIDTH, HEIGHT = 960.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 8.0, 12.0, 24.0
STRIPE = 7.0
_BRIDGED = 24
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000)


@dataclass(frozen=True)
class Scale:
    """Where seconds since the start, and values, stand on the drawing; ``bottom`` and ``top`` are values."""

    seconds: float
    bottom: float
    top: float

    def x(self, second: float) -> float:
        """Pixels from the left."""
        return LEFT + (WIDTH - LEFT - RIGHT) * second / max(self.seconds, 1e-9)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.top - value) / (self.top - self.bottom)

    def slice_x(self, index: int | np.int64) -> float:
        """Pixels from the left of the middle of a slice of time."""
        return self.x(self.seconds * (int(index) + 0.5) / BINS)


def value_axis(scale: Scale, unit: str) -> list[str]:
    """The rules of a drawing with their values, and the unit above them."""
    parts = []
    for tick in value_ticks(scale.bottom, scale.top):
        y = scale.y(tick)
        parts.append(f'<path class="rule" d="M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:g}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 7:g}" y="{y + 4:.1f}" text-anchor="end">{_tick(tick)}</text>')
    return [*parts, f'<text class="unit" x="{LEFT - 7:g}" y="9" text-anchor="end">{escape(unit_text(unit))}</text>']


def value_range(*series: Floats) -> tuple[float, float]:
    """Lowest and highest value to draw, with a little air; zero is the lowest where that is near."""
    values = np.concatenate(series)
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    gap = max(high - low, abs(high) * 1e-3, 1e-12)
    return (0.0 if 0 <= low < 0.25 * high else low - 0.04 * gap), high + 0.04 * gap


def value_ticks(bottom: float, top: float) -> list[float]:
    """Four round values or so between two."""
    rough = (top - bottom) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(n * size for n in _NICE if n * size >= rough * 0.999)
    first = math.ceil(bottom / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(top / step + 1e-9) + 1)]


def _tick(value: float) -> str:
    return f"{value:.6g}"


def time_axis(start: datetime, zone: tzinfo, scale: Scale) -> list[str]:
    """The lower axis: clock times, or days where there are many."""
    base = HEIGHT - BOTTOM
    step = next((s for s in _STEPS_S if scale.seconds / s <= 8), _STEPS_S[-1])
    local = start.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first = math.ceil((local - midnight).total_seconds() / step) * step
    form = "%m-%d" if step >= 86400 else "%H:%M"
    parts = [f'<path class="axis" d="M{LEFT:g} {base:g}H{WIDTH - RIGHT:g}"/>']
    for number in range(12):
        moment = midnight + timedelta(seconds=first + number * step)
        second = (moment - local).total_seconds()
        if second > scale.seconds:
            break
        x = scale.x(second)
        parts.append(f'<path class="axis" d="M{x:.1f} {base:g}v4"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{base + 17:g}" text-anchor="middle">{moment:{form}}</text>')
    return parts


def band_path(drawn: Envelope, scale: Scale) -> str:
    """Bars from lowest to highest per slice, as one path.

    Where the ranges of neighbouring slices do not touch, both reach to the middle between them, as a line would; a
    bar is at least 1.2 px high, so that flat air shows.
    """
    low, high = drawn.low.copy(), drawn.high.copy()
    with np.errstate(invalid="ignore"):
        rising = np.flatnonzero(drawn.high[:-1] < drawn.low[1:])
        falling = np.flatnonzero(drawn.low[:-1] > drawn.high[1:])
    middle = (drawn.high[rising] + drawn.low[rising + 1]) / 2
    high[rising], low[rising + 1] = np.maximum(high[rising], middle), np.minimum(low[rising + 1], middle)
    middle = (drawn.low[falling] + drawn.high[falling + 1]) / 2
    low[falling], high[falling + 1] = np.minimum(low[falling], middle), np.maximum(high[falling + 1], middle)
    width = (WIDTH - LEFT - RIGHT) / BINS + 0.15
    parts = []
    for index in np.flatnonzero(np.isfinite(low)):
        top, bottom = scale.y(float(high[index])), scale.y(float(low[index]))
        x = scale.slice_x(index) - width / 2
        parts.append(f"M{x:.1f} {top - 0.6:.1f}h{width:.2f}v{bottom - top + 1.2:.1f}h-{width:.2f}z")
    return "".join(parts)


def rows_path(seconds: Floats, values: Floats, scale: Scale) -> str:
    """All rows joined by a line, broken at missing values and where rows are more than five steps apart."""
    good = np.isfinite(values)
    longest = 5 * float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0
    parts, last = [], -np.inf
    for second, value in zip(seconds[good], values[good], strict=True):
        move = "L" if second - last <= longest else "M"
        parts.append(f"{move}{scale.x(float(second)):.1f} {scale.y(float(value)):.1f}")
        last = second
    return "".join(parts)


def line_path(values: Floats, scale: Scale) -> str:
    """A line through the slices that have a value, broken where more than `_BRIDGED` slices in a row have none."""
    parts, last = [], -BINS
    for index in np.flatnonzero(np.isfinite(values)):
        move = "L" if index - last <= _BRIDGED else "M"
        parts.append(f"{move}{scale.slice_x(index):.1f} {scale.y(float(values[index])):.1f}")
        last = int(index)
    return "".join(parts)


def stripes_path(share: Floats, scale: Scale, number: int) -> str:
    """Runs of slices in which any row has the flag, in a lane below the axis."""
    is_set = np.r_[False, share > 0, False]
    edges = np.flatnonzero(np.diff(is_set.astype(np.int8)))
    y = HEIGHT + number * STRIPE
    half = (WIDTH - LEFT - RIGHT) / BINS / 2
    parts = []
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        left, right = scale.slice_x(first) - half, scale.slice_x(after - 1) + half
        parts.append(f"M{left:.1f} {y:g}h{right - left:.1f}v{STRIPE - 2:g}h-{right - left:.1f}z")
    return "".join(parts)
