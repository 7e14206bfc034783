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
from onevisit.handover.page.axes import (
    BINS,
    HEIGHT,
    LEFT,
    RIGHT,
    SPARSE_ROWS,
    STRIPE,
    TOP,
    WIDTH,
    Floats,
    Scale,
    band_path,
    line_path,
    rows_path,
    stripes_path,
    time_axis,
    value_axis,
    value_range,
)
from onevisit.handover.page.envelope import Envelope, bin_index, envelope
from onevisit.words.numbers import rounded, unit_text
from tracks.schema import Track

# Rows that were never meant to measure air come first; the order is that of the legend.
_GROUPS: tuple[tuple[str, Flag], ...] = (
    ("position", Flag.POSITION_MISSING | Flag.POSITION_JUMP | Flag.POSITION_STUCK),
    ("value", Flag.VALUE_MISSING | Flag.VALUE_OUT_OF_RANGE | Flag.VALUE_STUCK | Flag.INSTRUMENT_FAULT),
    ("exhaust", Flag.OWN_EXHAUST | Flag.VEHICLE_EXHAUST | Flag.IN_DEPOT),
    ("mark", Flag.CALIBRATION | Flag.REMOVED_BY_HAND),
)


@dataclass(frozen=True, eq=False)
class Series:
    """One species of one outing, reduced to `BINS` slices of time; arrays have shape (bins,), NaN where empty.

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
    band = envelope(time_s, values, BINS)
    background = passes.get(f"{species}_background")
    index = bin_index(time_s, BINS)
    count = np.maximum(np.bincount(index, minlength=BINS), 1)
    shares = {
        name: np.bincount(index, (flags & np.uint32(group)) != 0, minlength=BINS) / count for name, group in _GROUPS
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
        (time_s, values) if len(time) <= SPARSE_ROWS else None,
        len(time),
        int(np.count_nonzero((flags & np.uint32(REJECTING)) != 0)),
        int(passes["pass_index"].values.max() + 1) if "pass_index" in passes else 0,
        _limit(passes, species),
    )


def draw_series(series: Series, zone: tzinfo, *, label: str, reading: str) -> Markup:
    """Draw one series as SVG; ``data-series`` carries what the pointer reads (time, range, background, place)."""
    scale = Scale(series.seconds, *value_range(series.low, series.high, series.background))
    height = HEIGHT + STRIPE * len(series.flagged)
    parts = [
        f'<svg class="series" viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{escape(label)}" '
        f"data-series='{_reading(series, zone, reading)}'>",
        *value_axis(scale, series.unit),
        *time_axis(series.start, zone, scale),
    ]
    if series.sparse is None:
        parts.append(f'<path class="band" d="{band_path(Envelope(series.low, series.high), scale)}"/>')
    else:
        parts.append(f'<path class="rows" d="{rows_path(*series.sparse, scale)}"/>')
    parts.append(f'<path class="background" d="{line_path(series.background, scale)}"/>')
    for number, (name, share) in enumerate(series.flagged.items()):
        parts.append(f'<path class="flag flag-{name}" d="{stripes_path(share, scale, number)}"/>')
    for second in series.plumes:
        x = scale.x(float(second))
        parts.append(f'<path class="plume" d="M{x:.1f} {TOP - 2:g}l-4 -7h8z"/>')
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


def _own_flags(passes: xr.Dataset, species: str) -> NDArray[np.uint32]:
    name = f"{species}_qc"
    if name in passes:
        return np.asarray(passes[name].values, np.uint32)
    return np.zeros(passes.sizes["obs"], np.uint32)


def _mean(index: NDArray[np.int64], values: Floats) -> Floats:
    good = np.isfinite(values)
    total = np.bincount(index[good], values[good], minlength=BINS)
    count = np.bincount(index[good], minlength=BINS)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _places_of_maxima(passes: xr.Dataset, values: Floats, index: NDArray[np.int64]) -> tuple[Floats, Floats]:
    lon, lat = np.full(BINS, np.nan), np.full(BINS, np.nan)
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


def _reading(series: Series, zone: tzinfo, reading: str) -> str:
    start = series.start.astimezone(zone)
    offset = start.utcoffset() or timedelta()
    content = {
        "start": start.timestamp() + offset.total_seconds(),
        "seconds": round(series.seconds, 1),
        "unit": unit_text(series.unit),
        "words": reading,
        "left": LEFT / WIDTH,
        "right": 1 - RIGHT / WIDTH,
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
