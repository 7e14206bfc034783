"""Small vector drawings of the report: traces over time, wind roses of hotspots. They print, and need no script."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
import xarray as xr
from markupsafe import Markup, escape
from numpy.typing import NDArray

from ingest.flags import REJECTING, Flag
from onevisit.handover.page.envelope import bin_index, envelope
from onevisit.words.numbers import rounded, unit_text
from tracks.schema import Track

Floats = NDArray[np.float64]

_BINS = 720
_SPARSE_ROWS = 2 * _BINS
_BRIDGED = 24
_WIDTH, _HEIGHT = 960.0, 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 8.0, 12.0, 24.0
_STRIPE = 7.0
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000)
# Rows that were never meant to measure air come first; the order is that of the legend.
_GROUPS: tuple[tuple[str, Flag], ...] = (
    ("position", Flag.POSITION_MISSING | Flag.POSITION_JUMP | Flag.POSITION_STUCK),
    ("value", Flag.VALUE_MISSING | Flag.VALUE_OUT_OF_RANGE | Flag.VALUE_STUCK | Flag.INSTRUMENT_FAULT),
    ("exhaust", Flag.OWN_EXHAUST | Flag.VEHICLE_EXHAUST | Flag.IN_DEPOT),
    ("mark", Flag.CALIBRATION | Flag.REMOVED_BY_HAND),
)


@dataclass(frozen=True, eq=False)
class Series:
    """One species of one outing, reduced to `_BINS` slices of time; arrays have shape (bins,), NaN where empty.

    ``lon``/``lat`` is the place of the highest value in each slice. ``flagged`` holds, per group of flags, the share
    of rows in each slice that no estimate uses. ``sparse`` holds seconds and values of all rows where they are so
    few that they are drawn one by one.
    """

    trajectory: str
    species: str
    unit: str
    start: datetime
    seconds: float
    low: Floats
    high: Floats
    background: Floats
    lon: Floats
    lat: Floats
    flagged: dict[str, Floats]
    plumes: Floats
    sparse: tuple[Floats, Floats] | None
    rows: int
    unused: int
    passes: int
    detection_limit: float | None


def series_of(track: Track, species: str) -> Series:
    """Reduce one species of a track to what its plot shows.

    Values of rows whose ``<species>_qc`` or ``qc_flag`` rejects them are left out of the band, and counted in
    ``flagged`` instead: a calibration mark would dwarf the air.
    """
    passes = track.passes
    time = passes["time"].values
    time_s = (time - time[0]) / np.timedelta64(1, "s")
    flags = passes["qc_flag"].values | _own_flags(passes, species)
    values = np.where((flags & np.uint32(REJECTING)) == 0, passes[species].values, np.nan)
    band = envelope(time_s, values, _BINS)
    background = passes.get(f"{species}_background")
    index = bin_index(time_s, _BINS)
    count = np.maximum(np.bincount(index, minlength=_BINS), 1)
    shares = {
        name: np.bincount(index, (flags & np.uint32(group)) != 0, minlength=_BINS) / count for name, group in _GROUPS
    }
    lon, lat = _places_of_maxima(passes, values, index)
    return Series(
        str(passes["trajectory"].values),
        species,
        str(passes[species].attrs.get("units", "")),
        _as_datetime(time[0]),
        float(time_s[-1]),
        band.low,
        band.high,
        _mean(index, background.values if background is not None else np.full(len(time), np.nan)),
        lon,
        lat,
        {name: share for name, share in shares.items() if share.any()},
        _plume_times(track, species, time[0]),
        (time_s, values) if len(time) <= _SPARSE_ROWS else None,
        len(time),
        int(np.count_nonzero((flags & np.uint32(REJECTING)) != 0)),
        int(passes["pass_index"].values.max() + 1) if "pass_index" in passes else 0,
        _limit(passes, species),
    )


def draw_series(series: Series, zone: tzinfo, *, label: str, reading: str) -> Markup:
    """Draw one series as SVG; ``data-series`` carries what the pointer reads (time, range, background, place)."""
    bottom, top = _value_range(series)
    ticks = _ticks(bottom, top)
    scale = _Scale(series.seconds, bottom, top)
    height = _HEIGHT + _STRIPE * len(series.flagged)
    parts = [
        f'<svg class="series" viewBox="0 0 {_WIDTH:g} {height:g}" role="img" aria-label="{escape(label)}" '
        f"data-series='{_reading(series, zone, reading)}'>"
    ]
    for tick in ticks:
        y = scale.y(tick)
        parts.append(f'<path class="rule" d="M{_LEFT:g} {y:.1f}H{_WIDTH - _RIGHT:g}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 7:g}" y="{y + 4:.1f}" text-anchor="end">{_tick(tick)}</text>')
    parts.append(
        f'<text class="unit" x="{_LEFT - 7:g}" y="9" text-anchor="end">{escape(unit_text(series.unit))}</text>'
    )
    parts += _time_axis(series, zone, scale)
    if series.sparse is None:
        parts.append(f'<path class="band" d="{_band(series, scale)}"/>')
    else:
        parts.append(f'<path class="rows" d="{_rows_line(*series.sparse, scale)}"/>')
    parts.append(f'<path class="background" d="{_line(series.background, scale)}"/>')
    for number, (name, share) in enumerate(series.flagged.items()):
        parts.append(f'<path class="flag flag-{name}" d="{_stripes(share, scale, number)}"/>')
    for second in series.plumes:
        x = scale.x(float(second))
        parts.append(f'<path class="plume" d="M{x:.1f} {_TOP - 2:g}l-4 -7h8z"/>')
    parts.append('<path class="cursor" d="" /></svg>')
    return Markup("".join(parts))


def draw_wind(
    wind_from_deg: float | None, bearing_deg: float | None, half_width_deg: float, *, known: bool = True
) -> Markup:
    """A rose, north up: an arrow along the wind, and the sector in which the source lies.

    Without a direction a ring for calm, or a question mark where the wind is not ``known``.
    """
    parts = ['<svg class="rose" viewBox="-50 -50 100 100" aria-hidden="true"><circle r="42"/>']
    for degrees in range(0, 360, 30):
        inner = 36 if degrees % 90 == 0 else 39
        (x1, y1), (x2, y2) = _polar(inner, degrees), _polar(42, degrees)
        parts.append(f'<path class="dial" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>')
    parts.append('<text y="-23" text-anchor="middle">N</text>')
    if bearing_deg is not None and half_width_deg < 180:
        (x1, y1), (x2, y2) = _polar(42, bearing_deg - half_width_deg), _polar(42, bearing_deg + half_width_deg)
        large = int(half_width_deg > 90)
        parts.append(f'<path class="sector" d="M0 0L{x1:.1f} {y1:.1f}A42 42 0 {large} 1 {x2:.1f} {y2:.1f}Z"/>')
    if wind_from_deg is not None:
        (x1, y1), (x2, y2) = _polar(34, wind_from_deg), _polar(20, wind_from_deg + 180)
        parts.append(f'<path class="arrow" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>')
        tip, left, right = (_polar(r, wind_from_deg + 180 + d) for r, d in ((28, 0), (17, -22), (17, 22)))
        corners = "L".join(f"{x:.1f} {y:.1f}" for x, y in (tip, left, right))
        parts.append(f'<path class="head" d="M{corners}Z"/>')
    elif known:
        parts.append('<circle class="calm" r="7"/>')
    else:
        parts.append('<text y="6" text-anchor="middle">?</text>')
    return Markup("".join(parts) + "</svg>")


@dataclass(frozen=True)
class _Scale:
    seconds: float
    bottom: float
    top: float

    def x(self, second: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * second / max(self.seconds, 1e-9)

    def y(self, value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (self.top - value) / (self.top - self.bottom)

    def slice_x(self, index: int | np.int64) -> float:
        return self.x(self.seconds * (int(index) + 0.5) / _BINS)


def _own_flags(passes: xr.Dataset, species: str) -> NDArray[np.uint32]:
    name = f"{species}_qc"
    if name in passes:
        return np.asarray(passes[name].values, np.uint32)
    return np.zeros(passes.sizes["obs"], np.uint32)


def _mean(index: NDArray[np.int64], values: Floats) -> Floats:
    good = np.isfinite(values)
    total = np.bincount(index[good], values[good], minlength=_BINS)
    count = np.bincount(index[good], minlength=_BINS)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _places_of_maxima(passes: xr.Dataset, values: Floats, index: NDArray[np.int64]) -> tuple[Floats, Floats]:
    lon, lat = np.full(_BINS, np.nan), np.full(_BINS, np.nan)
    place_lon, place_lat = passes["lon"].values, passes["lat"].values
    rows = np.flatnonzero(np.isfinite(values) & np.isfinite(place_lon) & np.isfinite(place_lat))
    rows = rows[np.argsort(values[rows], kind="stable")]  # the highest of a slice is written last
    lon[index[rows]], lat[index[rows]] = place_lon[rows], place_lat[rows]
    return lon, lat


def _plume_times(track: Track, species: str, start: np.datetime64) -> Floats:
    plumes = track.plumes
    if "peak_time" not in plumes or plumes["peak_time"].size == 0:
        return np.empty(0)
    own = plumes["species"].values.astype(str) == species
    seconds: Floats = (plumes["peak_time"].values[own] - start) / np.timedelta64(1, "s")
    return seconds


def _limit(passes: xr.Dataset, species: str) -> float | None:
    name = f"{species}_enhancement"
    limit = passes[name].attrs.get("detection_limit") if name in passes else None
    return float(limit) if limit is not None else None


def _as_datetime(time: np.datetime64) -> datetime:
    return datetime.fromisoformat(str(time.astype("datetime64[ms]")) + "+00:00")


def _value_range(series: Series) -> tuple[float, float]:
    values = np.concatenate([series.low, series.high, series.background])
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    gap = max(high - low, abs(high) * 1e-3, 1e-12)
    return (0.0 if 0 <= low < 0.25 * high else low - 0.04 * gap), high + 0.04 * gap


def _ticks(bottom: float, top: float) -> list[float]:
    rough = (top - bottom) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(n * size for n in _NICE if n * size >= rough * 0.999)
    first = math.ceil(bottom / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(top / step + 1e-9) + 1)]


def _tick(value: float) -> str:
    return f"{value:.6g}"


def _time_axis(series: Series, zone: tzinfo, scale: _Scale) -> list[str]:
    base = _HEIGHT - _BOTTOM
    step = next((s for s in _STEPS_S if series.seconds / s <= 8), _STEPS_S[-1])
    local = series.start.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    first = math.ceil((local - midnight).total_seconds() / step) * step
    form = "%m-%d" if step >= 86400 else "%H:%M"
    parts = [f'<path class="axis" d="M{_LEFT:g} {base:g}H{_WIDTH - _RIGHT:g}"/>']
    for number in range(12):
        moment = midnight + timedelta(seconds=first + number * step)
        second = (moment - local).total_seconds()
        if second > series.seconds:
            break
        x = scale.x(second)
        parts.append(f'<path class="axis" d="M{x:.1f} {base:g}v4"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{base + 17:g}" text-anchor="middle">{moment:{form}}</text>')
    return parts


def _band(series: Series, scale: _Scale) -> str:
    """Bars from lowest to highest per slice, as one path.

    Where the ranges of neighbouring slices do not touch, both reach to the middle between them, as a line would; a
    bar is at least 1.2 px high, so that flat air shows.
    """
    low, high = series.low.copy(), series.high.copy()
    with np.errstate(invalid="ignore"):
        rising = np.flatnonzero(series.high[:-1] < series.low[1:])
        falling = np.flatnonzero(series.low[:-1] > series.high[1:])
    middle = (series.high[rising] + series.low[rising + 1]) / 2
    high[rising], low[rising + 1] = np.maximum(high[rising], middle), np.minimum(low[rising + 1], middle)
    middle = (series.low[falling] + series.high[falling + 1]) / 2
    low[falling], high[falling + 1] = np.minimum(low[falling], middle), np.maximum(high[falling + 1], middle)
    width = (_WIDTH - _LEFT - _RIGHT) / _BINS + 0.15
    parts = []
    for index in np.flatnonzero(np.isfinite(low)):
        top, bottom = scale.y(float(high[index])), scale.y(float(low[index]))
        x = scale.slice_x(index) - width / 2
        parts.append(f"M{x:.1f} {top - 0.6:.1f}h{width:.2f}v{bottom - top + 1.2:.1f}h-{width:.2f}z")
    return "".join(parts)


def _rows_line(seconds: Floats, values: Floats, scale: _Scale) -> str:
    """All rows joined by a line, broken at missing values and where rows are more than five steps apart."""
    good = np.isfinite(values)
    longest = 5 * float(np.median(np.diff(seconds))) if len(seconds) > 1 else 0.0
    parts, last = [], -np.inf
    for second, value in zip(seconds[good], values[good], strict=True):
        move = "L" if second - last <= longest else "M"
        parts.append(f"{move}{scale.x(float(second)):.1f} {scale.y(float(value)):.1f}")
        last = second
    return "".join(parts)


def _line(values: Floats, scale: _Scale) -> str:
    """A line through the slices that have a value, broken where more than `_BRIDGED` slices in a row have none."""
    parts, last = [], -_BINS
    for index in np.flatnonzero(np.isfinite(values)):
        move = "L" if index - last <= _BRIDGED else "M"
        parts.append(f"{move}{scale.slice_x(index):.1f} {scale.y(float(values[index])):.1f}")
        last = int(index)
    return "".join(parts)


def _stripes(share: Floats, scale: _Scale, number: int) -> str:
    """Runs of slices in which any row has the flag, in a lane below the axis."""
    is_set = np.r_[False, share > 0, False]
    edges = np.flatnonzero(np.diff(is_set.astype(np.int8)))
    y = _HEIGHT + number * _STRIPE
    half = (_WIDTH - _LEFT - _RIGHT) / _BINS / 2
    parts = []
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        left, right = scale.slice_x(first) - half, scale.slice_x(after - 1) + half
        parts.append(f"M{left:.1f} {y:g}h{right - left:.1f}v{_STRIPE - 2:g}h-{right - left:.1f}z")
    return "".join(parts)


def _reading(series: Series, zone: tzinfo, reading: str) -> str:
    start = series.start.astimezone(zone)
    offset = start.utcoffset() or timedelta()
    content = {
        "start": start.timestamp() + offset.total_seconds(),
        "seconds": round(series.seconds, 1),
        "unit": unit_text(series.unit),
        "words": reading,
        "left": _LEFT / _WIDTH,
        "right": 1 - _RIGHT / _WIDTH,
        "low": [_short(v) for v in series.low],
        "high": [_short(v) for v in series.high],
        "background": [_short(v) for v in series.background],
        "lon": [_degrees(v) for v in series.lon],
        "lat": [_degrees(v) for v in series.lat],
    }
    return str(escape(json.dumps(content, ensure_ascii=False, separators=(",", ":"))))


def _short(value: float) -> float | None:
    return float(rounded(value, 4)) if math.isfinite(value) else None


def _degrees(value: float) -> float | None:
    return round(float(value), 5) if math.isfinite(value) else None


def _polar(radius: float, degrees: float) -> tuple[float, float]:
    angle = math.radians(degrees)
    return radius * math.sin(angle), -radius * math.cos(angle)
