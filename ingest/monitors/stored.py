"""Monitor series of whole sites in few large arrays: one netCDF file for some hundred sites, read in one go.

A file holds three arrays of parts that lie one after the other (contiguous ragged, CF-1.11, section 9.3.3): ``time``
(each grid of times once), ``value`` and ``mark``; ``series``, a text in JSON, says which part of which array is which
variable of which series. Series come back as views of these arrays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends.netCDF4_ import NETCDF4_PYTHON_LOCK  # HDF5 bears one thread at a time, xarray's own included

_VERSION = 1
_SITES_A_FILE = 100  # a year of hours of ten factors: 70 MB
_FIXED = ("lon", "lat", "height", "path_lon", "path_lat")
_TYPES = {"time": "i8", "value": "f8", "mark": "i4"}


@dataclass(frozen=True)
class StoredSites:
    """A file of the series of whole sites; ``sites`` says of how many. Nothing is read before `read`."""

    path: Path
    sites: int

    def read(self) -> tuple[xr.Dataset, ...]:
        """Return all series of the file, site after site.

        Raises
        ------
        ValueError
            If the file was written by another version.
        """
        with NETCDF4_PYTHON_LOCK, netCDF4.Dataset(self.path) as file:
            if int(file.getncattr("stored_version")) != _VERSION:
                raise ValueError(f"{self.path.name}: stored_version is not {_VERSION}")
            file.set_auto_mask(False)
            arrays = {name: np.asarray(file.variables[name][:]) for name in _TYPES}
            table = json.loads(file.getncattr("series"))
        times = arrays["time"].view("datetime64[ns]")
        return tuple(_series(entry, times, arrays) for entry in table)


def write_sites(
    folder: Path, sites: Sequence[Sequence[xr.Dataset]], *, sites_a_file: int = _SITES_A_FILE
) -> tuple[StoredSites, ...]:
    """Write the series of sites, those of one site never in two files.

    Parameters
    ----------
    folder : Path
        Made if it is not there; files of the same names are replaced.
    sites : sequence of sequence of xarray.Dataset
        The monitor series (`ingest.schema`) of each site.
    sites_a_file : int
    """
    folder.mkdir(parents=True, exist_ok=True)
    rest = iter(sites)
    found: list[StoredSites] = []
    while chunk := list(islice(rest, sites_a_file)):
        stored = StoredSites(folder / f"series_{len(found):04d}.nc", len(chunk))
        _write(stored.path, [series for own in chunk for series in own])
        found.append(stored)
    return tuple(found)


class _Pile:
    """Arrays laid one after the other; equal ones only once where they are to be shared."""

    def __init__(self) -> None:
        self.parts: list[NDArray[Any]] = []
        self.size = 0
        self._known: dict[bytes, int] = {}

    def add(self, array: NDArray[Any], *, shared: bool = False) -> int:
        """Lay an array on the pile, return where it begins."""
        key = array.tobytes() if shared else b""
        if shared and key in self._known:
            return self._known[key]
        start, self.size = self.size, self.size + array.size
        self.parts.append(array)
        if shared:
            self._known[key] = start
        return start


def _write(path: Path, series: Sequence[xr.Dataset]) -> None:
    piles = {name: _Pile() for name in _TYPES}
    table = [_entry(one, piles) for one in series]
    with NETCDF4_PYTHON_LOCK, netCDF4.Dataset(path, "w") as file:
        file.setncatts({"Conventions": "CF-1.11", "stored_version": _VERSION})
        file.setncattr("series", json.dumps(table, ensure_ascii=False))
        for name, kind in _TYPES.items():
            pile = piles[name]
            file.createDimension(f"{name}_row", max(pile.size, 1))
            variable = file.createVariable(
                name, kind, (f"{name}_row",), compression="zlib", complevel=1, shuffle=True, fill_value=False
            )
            if pile.size:
                variable[:] = np.concatenate(pile.parts).astype(kind)
        file.variables["time"].units = "nanoseconds since 1970-01-01T00:00:00Z"


def _entry(series: xr.Dataset, piles: dict[str, _Pile]) -> dict[str, Any]:
    """What the table says of one series, after its arrays were laid on the piles."""
    time = series["time"].values.astype("datetime64[ns]").astype(np.int64)
    variables = []
    for name, variable in series.data_vars.items():
        kind = "value" if variable.dtype.kind == "f" else "mark"
        start = piles[kind].add(variable.values)
        attrs = {key: _plain(value) for key, value in variable.attrs.items()}
        variables.append([str(name), kind, start, str(variable.dtype), attrs])
    fixed = {
        name: [series[name].values.tolist(), list(map(str, series[name].dims)), dict(series[name].attrs)]
        for name in _FIXED
        if name in series.coords
    }
    return {
        "rows": int(time.size), "time": piles["time"].add(time, shared=True), "attrs": dict(series.attrs),
        "time_attrs": dict(series["time"].attrs), "variables": variables, "fixed": fixed,
    }  # fmt: skip


def _plain(value: object) -> object:
    """A value of an attribute as JSON can hold it; an array keeps its type by name."""
    if isinstance(value, np.ndarray):
        return {"dtype": str(value.dtype), "list": value.tolist()}
    return value.item() if isinstance(value, np.generic) else value


def _attributes(stated: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in stated.items():
        yield name, np.array(value["list"], value["dtype"]) if isinstance(value, dict) else value


def _series(entry: dict[str, Any], times: NDArray[np.datetime64], arrays: dict[str, NDArray[Any]]) -> xr.Dataset:
    rows = int(entry["rows"])
    variables = {
        name: xr.Variable(
            "obs",
            arrays[kind][start : start + rows].astype(dtype, copy=False),
            dict(_attributes(attrs)),
            fastpath=True,
        )
        for name, kind, start, dtype, attrs in entry["variables"]
    }
    begin = int(entry["time"])
    coords = {"time": xr.Variable("obs", times[begin : begin + rows], entry["time_attrs"])}
    for name, (value, dims, attrs) in entry["fixed"].items():
        coords[name] = xr.Variable(tuple(dims), np.array(value), attrs)
    return xr.Dataset(variables, coords, entry["attrs"])
