"""Wind and motion in NMEA 0183: MWD, MWV, VWR, VWT, MDA; HDT and VTG for the bow and the way of the platform.

These sentences carry no time: they belong to the fix before them. MWD is over the ground, from true north; MWV says
R (felt, from the bow) or T (the platform's own motion taken off, still from the bow) and is valid with status A
only; VWR and VWT count 0–180° to the left or right of the bow. Sources: NMEA 0183 v4.10; Gill MaxiMet and Airmar
200WX manuals; gpsd's list (gpsd.gitlab.io/gpsd/NMEA.html).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ingest.traces.record import Channel, FloatArray
from ingest.traces.winds import wind_components
from ingest.units import KNOT_M_S, MILE_PER_HOUR_M_S

SENTENCES = ("MWD", "MWV", "VWR", "VWT", "MDA", "HDT", "VTG")
_SPEED = {"K": 1 / 3.6, "M": 1.0, "N": KNOT_M_S, "S": MILE_PER_HOUR_M_S}
_NOTHING: Mapping[str, float] = {}


def parse_wind(kind: str, parts: Sequence[str]) -> Mapping[str, float] | None:
    """What one sentence says, by name: m s-1 and rad; empty where it says that it is not valid, None if unreadable.

    Examples
    --------
    >>> parse_wind("MWV", "90.0,R,10.0,K,A".split(","))["felt_speed"].__round__(3)
    2.778
    >>> parse_wind("MWV", "90.0,R,10.0,K,V".split(","))
    {}
    """
    reader = {
        "MWD": _mwd,
        "MWV": _mwv,
        "VWR": lambda p: _sided(p, "felt"),
        "VWT": lambda p: _sided(p, "bow"),
        "MDA": lambda p: _mwd(p[12:]),
        "HDT": lambda p: _angle(p, "bow_heading"),
        "VTG": _vtg,
    }[kind]
    try:
        return reader(list(parts))
    except (ValueError, IndexError):
        return None


def _speed(parts: Sequence[str]) -> float:
    """First speed of pairs of number and unit; the finest unit is written last or first, m/s is preferred."""
    found = {unit.strip(): float(text) for text, unit in zip(parts[::2], parts[1::2], strict=False) if text.strip()}
    unit = next(unit for unit in ("M", "N", "K", "S", "") if unit in found or not unit)
    return found[unit] * _SPEED[unit] if unit else float("nan")


def _mwd(parts: list[str]) -> Mapping[str, float]:
    if not parts[0].strip():
        return _NOTHING
    return {"wind_from": float(np.radians(float(parts[0]))), "wind_speed": _speed(parts[4:8])}


def _mwv(parts: list[str]) -> Mapping[str, float]:
    if parts[4].strip() != "A" or not parts[0].strip() or not parts[2].strip():
        return _NOTHING
    kind = {"R": "felt", "T": "bow"}.get(parts[1].strip())
    if kind is None or parts[3].strip() not in _SPEED:
        raise ValueError(parts[1])
    return {
        f"{kind}_from": float(np.radians(float(parts[0]))),
        f"{kind}_speed": float(parts[2]) * _SPEED[parts[3].strip()],
    }


def _sided(parts: list[str], kind: str) -> Mapping[str, float]:
    if not parts[0].strip():
        return _NOTHING
    sign = {"R": 1.0, "L": -1.0}[parts[1].strip()]
    return {f"{kind}_from": sign * float(np.radians(float(parts[0]))), f"{kind}_speed": _speed(parts[2:8])}


def _angle(parts: list[str], name: str) -> Mapping[str, float]:
    return {name: float(np.radians(float(parts[0])))} if parts[0].strip() else _NOTHING


def _vtg(parts: list[str]) -> Mapping[str, float]:
    """Course over the ground; speed in knots and km/h. NMEA 2.3 ends with a mode, of which N is not valid."""
    if len(parts) > 8 and re.fullmatch(r"\s*N\s*", parts[8]):
        return _NOTHING
    found = dict(_angle(parts, "heading"))
    if parts[4].strip() or parts[6].strip():
        found["speed"] = _speed(parts[4:8])
    return found


def wind_of_fixes(said: Sequence[Mapping[str, float]], heading: FloatArray) -> list[Channel]:
    """Components of the wind at every fix, over the ground and as felt.

    Wind over the ground is that of MWD (or MDA) where a fix has it, else MWV,T or VWT turned by the bow (HDT, else
    ``heading``, the course in rad). A standing platform has no course: without HDT its last one is kept.
    """
    column = {
        name: np.array([row.get(name, np.nan) for row in said])
        for name in ("wind_from", "wind_speed", "bow_from", "bow_speed", "felt_from", "felt_speed", "bow_heading")
    }
    bow = np.where(np.isfinite(column["bow_heading"]), column["bow_heading"], _held(heading))
    direct = np.isfinite(column["wind_from"] + column["wind_speed"])
    origin = np.where(direct, column["wind_from"], column["bow_from"] + bow)
    speed = np.where(direct, column["wind_speed"], column["bow_speed"])
    channels: list[Channel] = []
    if np.isfinite(origin + speed).any():
        channels += wind_components(speed, origin, vehicle=False, instrument="NMEA")
    if np.isfinite(column["felt_from"] + column["felt_speed"]).any():
        channels += wind_components(column["felt_speed"], column["felt_from"], vehicle=True, instrument="NMEA")
    return channels


def _held(values: FloatArray) -> FloatArray:
    """Keep the last value where one is missing; NaN before the first."""
    row = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), -1))
    return np.where(row >= 0, values[np.clip(row, 0, None)], np.nan)
