"""CF discrete-sampling-geometry trajectories in netCDF, such as the ``trace.nc`` this program writes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from ingest.errors import FileError
from ingest.outcome import Notes, Outcome
from ingest.text.headings import CONCENTRATIONS, understand
from ingest.text.sources import Source
from ingest.text.times.gpstime import utc_from_gps
from ingest.text.times.stamps import TimeArray, coarse_steps
from ingest.traces.checks.validity import quality_of, valid_values
from ingest.traces.record import Channel, FloatArray, Reader, Record, TraceSettings
from ingest.traces.status import StatusColumn, apply_statuses
from ingest.units import parse_unit


def _recognises(head: bytes) -> bool:
    return head[:3] == b"CDF" or head[:8] == b"\x89HDF\r\n\x1a\n"


def read(source: Source, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    """Read a trajectory file of one dimension: time, longitude and latitude are found by their standard names.

    Raises
    ------
    FileError
        If the file is damaged, or has no time, longitude and latitude along one dimension.
    """
    if source.path.suffix == ".gz":
        raise FileError(source.item, "netcdf_gzipped")
    allowed = settings.file_bytes
    try:
        with (
            warnings.catch_warnings(
                action="ignore", category=xr.SerializationWarning
            ),  # times beyond 2262: see below
            xr.open_dataset(source.path, engine="netcdf4", decode_timedelta=False) as opened,
        ):
            if opened.nbytes > allowed:
                size_mb, limit_mb = opened.nbytes / 1e6, settings.maximum_file_mb
                raise FileError(source.item, "netcdf_too_large", {"size_mb": size_mb, "limit_mb": limit_mb})
            dataset = opened.load()
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise FileError(source.item, "netcdf_not_readable", {"error": str(error)}) from error
    return _record(dataset, source.item, settings)


def _by_standard_name(dataset: xr.Dataset, standard: str, words: tuple[str, ...]) -> str | None:
    for name, variable in dataset.variables.items():
        if variable.attrs.get("standard_name") == standard and variable.ndim == 1:
            return str(name)
    return next((str(n) for n in dataset.variables if str(n).lower() in words and dataset[n].ndim == 1), None)


def _record(dataset: xr.Dataset, item: str, settings: TraceSettings) -> Outcome[tuple[Record, ...]]:
    time_name = _by_standard_name(dataset, "time", ("time",))
    names = [_by_standard_name(dataset, "longitude", ("lon", "longitude"))]
    names.append(_by_standard_name(dataset, "latitude", ("lat", "latitude")))
    if time_name is None or dataset[time_name].dtype.kind != "M":
        raise FileError(item, "netcdf_without_time")
    dimension = dataset[time_name].dims[0]
    time, notes = _times(dataset[time_name], item)
    good = ~np.isnat(time)
    places = [_numbers(dataset[n].values)[good] if n and dataset[n].dims == (dimension,) else None for n in names]
    skip = {time_name, *(n for n in names if n)}
    channels, unread = [], []
    notes = Notes()
    statuses: list[StatusColumn] = []
    for key, variable in dataset.variables.items():
        name = str(key)
        if name in skip or variable.dims != (dimension,) or variable.dtype.kind not in "fiu":
            continue
        channel = _channel(name, notes.take(valid_values(variable, name, item))[good], variable.attrs)
        if channel is None:
            unread.append(name)
            continue
        own, others = quality_of(dataset, name, good)
        channels.append(channel if own is None else replace(channel, qc=own))
        statuses += others
    flags = dataset["qc_flag"].values[good].astype(np.uint32) if _has_flags(dataset, dimension) else None
    record = Record(
        item,
        "",
        str(dataset.attrs.get("instrument", ""))[:200],
        time[good],
        "UTC",
        places[0],
        places[1],
        tuple(channels),
        np.zeros(int(good.sum()), np.uint32) if flags is None else flags,
    )
    read = {status.heading for status in statuses} | {
        f"{channel.name}_qc" for channel in channels if channel.qc is not None
    }
    unread = [name for name in unread if name not in read]
    if unread:
        notes.decide(item, "netcdf_variables_unread", {"count": len(unread), "names": tuple(unread[:12])})
    return notes.outcome((notes.take(apply_statuses(record, statuses, settings, {})),))


_GPS = re.compile(r"\bgps(?:t|[ _]?time|[ _]?seconds)?\b", re.IGNORECASE)


def _times(variable: xr.DataArray, item: str) -> tuple[TimeArray, Notes]:
    """Times of a decoded variable; those of a GPS clock become UTC, and steps that are those of float32 are said."""
    time: TimeArray = variable.values.astype("datetime64[ns]")
    notes = Notes()
    said = " ".join(str(variable.attrs.get(key, "")) for key in ("long_name", "comment", "time_system", "time_scale"))
    if _GPS.search(said) and "utc" not in said.lower():
        notes.decide(item, "gps_time_taken", {"heading": said.strip()[:80]})
        time = utc_from_gps(time)
    if str(variable.encoding.get("dtype", "")) == "float32":
        notes.keep(*coarse_steps(time, item))
    return time, notes


def _has_flags(dataset: xr.Dataset, dimension: object) -> bool:
    if "qc_flag" not in dataset.variables:
        return False
    flags = dataset["qc_flag"]
    return flags.dims == (dimension,) and flags.dtype.kind in "iu" and "flag_masks" in flags.attrs


def _numbers(values: np.ndarray) -> FloatArray:
    return np.asarray(values).astype(np.float64)


def _channel(name: str, values: FloatArray, attrs: Mapping[str, object]) -> Channel | None:
    """Keep a variable that carries its units; it is a species by its attribute, or by name and unit."""
    units = str(attrs.get("units", ""))
    if not units or name.endswith("_qc") or name == "qc_flag":
        return None
    kept = {
        key: str(attrs[key])
        for key in ("long_name", "standard_name", "species", "instrument", "voc_kind")
        if key in attrs
    }
    unit = parse_unit(units)
    meaning = understand(f"{name}({units})")
    if "species" not in kept and unit is not None and unit.kind in CONCENTRATIONS and meaning is not None:
        kept["species"] = meaning.quantity.slug
    if "species" in kept:
        kept.setdefault("instrument", "unknown")
        kept.setdefault("long_name", name)
    return Channel(name, values, {"units": unit.name if unit is not None else units, **kept})


READER = Reader(
    name="CF trajectory netCDF",
    suffixes=(".nc",),
    recognises=_recognises,
    read=read,
    reads="time, position and every variable with units along the observation dimension; flags of our own files",
    infers="species from name and unit where the attribute is absent",
    tested_with="tests/ingest/traces/test_formats_files.py",
)
