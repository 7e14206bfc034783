"""Is the speed of a logger that of its positions? What its heading leaves out or gets wrong, the fixes settle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ingest.coordinates import metres_per_degree
from ingest.outcome import Notes, Outcome, Value
from ingest.traces.record import Channel, FloatArray, Record
from ingest.units import parse_unit

_UNITS = ("m s-1", "km h-1", "knot", "mile h-1")
_BASELINE_S = 5.0  # positions so far apart in time: the noise of a fix is then below 10 % of a car's speed
_LONGEST_S = 65.0  # loggers of one row a minute are tested too
_MOVING = 2.0  # m s-1: twice the noise of a receiver at rest
_WINDOWS = 5000
_FEWEST = 8
_AGREES = 1.25  # a speedometer is up to 10 % + 4 km/h fast (UNECE R39)
_FITS = 1.12  # knots and miles an hour are 15 % apart
_STEADY = 0.3


def check_speed(record: Record) -> Outcome[Record]:
    """Believe the positions where the speed is that of another unit, and say so; say where it is that of none."""
    at = next((n for n, channel in enumerate(record.channels) if channel.name == "speed"), None)
    ratio = None if at is None else _ratio(record, record.channels[at].values)
    if at is None or ratio is None or 1 / _AGREES < ratio < _AGREES:
        return Outcome(record)
    channel = record.channels[at]
    notes = Notes()
    unit, factor = _other_unit(channel, ratio)
    stated = next((name for name in _UNITS if abs(_scale(name) / channel.scale - 1) < 1e-3), "1")
    median = float(np.nanmedian(channel.values))
    values: dict[str, Value] = {
        "unit": unit,
        "stated": stated,
        "speed": median / channel.scale,
        "fixes": median / ratio,
    }
    if not unit:
        notes.decide(record.item, "speed_not_that_of_positions", values | {"ratio": ratio})
        return notes.outcome(record)
    notes.decide(record.item, "speed_of_positions_believed", values)
    qc = None if channel.qc is None else np.zeros(len(channel.values), np.uint32)
    mended = replace(channel, values=channel.values * factor, qc=qc, scale=channel.scale * factor)
    return notes.outcome(replace(record, channels=(*record.channels[:at], mended, *record.channels[at + 1 :])))


def _scale(name: str) -> float:
    unit = parse_unit(name)
    return unit.scale if unit is not None else 1.0


def _other_unit(channel: Channel, ratio: float) -> tuple[str, float]:
    """Unit in which the numbers are the speed of the positions, and by what values change; else an empty text."""
    factors = {name: _scale(name) / channel.scale for name in _UNITS}
    name = min(factors, key=lambda unit: abs(np.log(ratio * factors[unit])))
    fits = abs(np.log(ratio * factors[name])) < np.log(_FITS)
    return (name, factors[name]) if fits else ("", 1.0)


def _ratio(record: Record, speed: FloatArray) -> float | None:
    """Median of speed over that of the positions, None where they do not tell."""
    if record.lon is None or record.lat is None:
        return None
    placed = np.isfinite(record.lon + record.lat + speed) & (np.abs(record.lat) <= 90)
    time = record.time[placed].astype("int64") / 1e9
    if len(time) < _FEWEST or (np.diff(time) < 0).any():
        return None
    lon, lat, values = record.lon[placed], record.lat[placed], speed[placed]
    first = np.arange(0, len(time), max(1, len(time) // _WINDOWS))
    last = np.searchsorted(time, time[first] + _BASELINE_S)
    inside = last < len(time)
    first, last = first[inside], last[inside]
    seconds = time[last] - time[first]
    east_m, north_m = metres_per_degree(float(np.median(lat)))
    apart = np.hypot((lon[last] - lon[first]) * east_m, (lat[last] - lat[first]) * north_m)
    total = np.r_[0.0, np.cumsum(values)]
    mean = (total[last + 1] - total[first]) / (last + 1 - first)
    fixes = apart / seconds
    used = (fixes > _MOVING) & (fixes < 100.0) & (seconds <= _LONGEST_S) & (mean > 0)
    if used.sum() < _FEWEST:
        return None
    ratios = mean[used] / fixes[used]
    low, middle, high = np.percentile(ratios, [25, 50, 75])
    return float(middle) if (high - low) < _STEADY * middle else None
