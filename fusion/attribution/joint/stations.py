"""Stations of the monitors room as witnesses: fixed points and open paths with what they measured and their wind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from fusion.attribution.joint.readings import Mast, Readings, Sensor, new_mast
from fusion.cube.grid import grid_north_rad, project
from ingest.outcome import Notes, Outcome
from ingest.units import STANDARD_ATMOSPHERE_PA, grams_per_m3

Floats = NDArray[np.float64]

_USUAL_HEIGHT_M = 3.0  # HJ 193-2013: inlets stand 3 to 20 m above ground, micro-stations near the lower end
_AIR_K = 298.15  # GB 3095-2012, amendment of 2018: reference state of gases


class _Rows(NamedTuple):
    """Rows of one station: seconds, index of the sensor, g m-3."""

    time: Floats
    sensor: NDArray[np.int64]
    value: Floats


def readings_of(stations: Sequence[xr.Dataset], species: str, crs: str) -> Outcome[Readings | None]:
    """Readings of one species at stations, on a projected grid; `fusion.attribution.joint.posterior` weighs them.

    The values themselves are taken, not each station's enhancement: one background for all is part of the posterior.
    A mole fraction becomes a mass at 25 °C and 1 atm; a species without either keeps its unit.

    Parameters
    ----------
    stations : sequence of xarray.Dataset
        CF ``timeSeries`` with ``time`` (start of ``attrs["averaging_s"]``), the species by its slug with ``units``,
        ``lon``, ``lat`` or ``path_lon``, ``path_lat``, perhaps ``height`` and wind ``u``, ``v`` [m s-1].
    species : str
        Slug.
    crs : str
        Of the grid, as ``EPSG:32650``.

    Returns
    -------
    Outcome of Readings
        None where no station measured the species. Stations without a position are rejects.
    """
    notes = Notes()
    sensors: list[Sensor] = []
    rows: list[_Rows] = []
    masts: list[Mast] = []
    for k, station in enumerate(stations):
        name = _name(station, k)
        if "u" in station and "v" in station:
            masts.append(_mast(station, name, crs))
        if species not in station:
            continue
        sensor = _sensor(station, name, crs)
        if sensor is None:
            notes.reject(name, "", "joint_station_nowhere")
            continue
        value = station[species].values.astype(np.float64) * _grams(station, species)
        rows.append(_Rows(_middle_s(station), np.full(value.size, len(sensors), np.int64), value))
        sensors.append(sensor)
    if not sensors:
        return notes.outcome(None)
    time, index, value = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return notes.outcome(Readings(tuple(sensors), tuple(masts), time, index, value))


def _name(station: xr.Dataset, k: int) -> str:
    return str(station["station"].item()) if "station" in station else str(station.attrs.get("point", k))


def _ends(station: xr.Dataset) -> tuple[Floats, Floats]:
    names = ("path_lon", "path_lat") if "path_lon" in station else ("lon", "lat")
    if names[0] not in station:
        return np.full(1, np.nan), np.full(1, np.nan)
    lon, lat = (np.atleast_1d(station[name].values).astype(np.float64) for name in names)
    return lon, lat


def _sensor(station: xr.Dataset, name: str, crs: str) -> Sensor | None:
    x, y = project(*_ends(station), crs)
    if not np.isfinite(x + y).all():
        return None
    height = float(station["height"].item()) if "height" in station else float("nan")
    height = height if np.isfinite(height) else _USUAL_HEIGHT_M
    return Sensor(name, float(x[0]), float(y[0]), float(x[-1]), float(y[-1]), height)


def _middle_s(station: xr.Dataset) -> Floats:
    """Middles of the intervals over which values are means, seconds since 1970."""
    start = station["time"].values.astype("datetime64[ns]").astype(np.int64) / 1e9
    return np.asarray(start + 0.5 * float(station.attrs.get("averaging_s", 0.0)))


def _mast(station: xr.Dataset, name: str, crs: str) -> Mast:
    """Wind along the axes of the grid, whose north is not the true one off the central meridian."""
    lon, lat = _ends(station)
    turn = grid_north_rad(float(lon.mean()), float(lat.mean()), crs) if np.isfinite(lon + lat).all() else 0.0
    u, v = (station[c].values.astype(np.float64) for c in ("u", "v"))
    known = np.isfinite(u) & np.isfinite(v)
    east, north = u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn)
    return new_mast(name, _middle_s(station)[known], east[known], north[known])


def _grams(station: xr.Dataset, species: str) -> float:
    unit = str(station[species].attrs.get("units", ""))
    factor = grams_per_m3(unit, species, temperature_k=_AIR_K, pressure_pa=STANDARD_ATMOSPHERE_PA)
    return 1.0 if factor is None else factor
