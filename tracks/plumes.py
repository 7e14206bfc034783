"""Plumes: enhancements with a beginning and an end along a drive pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import Flag, is_usable
from ingest.schema import species_names
from numerics.compiled import compiled
from numerics.plane import longest_step, plane_of, seconds_since_start
from tracks.exhaust import is_rare_in_exhaust
from tracks.settings import TrackSettings
from tracks.sources.group import group_sources

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_EXHAUST = Flag.OWN_EXHAUST | Flag.VEHICLE_EXHAUST  # refused but by gases that vehicles hardly emit
# Rows that no plume may use; stationary and low-quality positions inform only.
_REFUSED = (
    Flag.POSITION_MISSING
    | Flag.POSITION_JUMP
    | Flag.POSITION_STUCK
    | Flag.INSTRUMENT_FAULT
    | Flag.CALIBRATION
    | Flag.IN_DEPOT
    | _EXHAUST
    | Flag.REMOVED_BY_HAND
    | Flag.VALUE_MISSING
    | Flag.VALUE_OUT_OF_RANGE
    | Flag.VALUE_STUCK
)


@compiled
def _runs(t: Floats, e: Floats, usable: Bools, passes: NDArray[np.int32], limits: Floats) -> Ints:
    """Return (first, peak, last) of every run; ``limits`` are (limit, peak, gap_s, fraction, samples)."""
    found = np.empty((64, 3), np.int64)
    count = 0
    first = peak = last = -1
    above = 0
    n = len(t)
    for i in range(n + 1):
        if i < n and (not usable[i] or passes[i] < 0 or not e[i] > limits[0]):
            continue
        if first >= 0 and (i == n or t[i] - t[last] > limits[2] or passes[i] != passes[first]):
            if e[peak] >= limits[1] and above >= limits[4]:
                while e[first] < limits[3] * e[peak] or not usable[first]:
                    first += 1
                while e[last] < limits[3] * e[peak] or not usable[last]:
                    last -= 1
                if count == len(found):
                    grown = np.empty((2 * count, 3), np.int64)
                    grown[:count] = found
                    found = grown
                found[count, 0], found[count, 1], found[count, 2] = first, peak, last
                count += 1
            first = -1
        if i == n:
            break
        if first < 0:
            first = peak = i
            above = 0
        if e[i] > e[peak]:
            peak = i
        last = i
        above += 1
    return found[:count]


@compiled
def _integrals(x: Floats, y: Floats, e: Floats, usable: Bools, runs: Ints) -> Floats:
    """Width and area of every run: metres driven, and the trapezoidal integral of the enhancement over them."""
    out = np.zeros((len(runs), 2))
    for k in range(len(runs)):
        previous = runs[k, 0]
        for i in range(runs[k, 0] + 1, runs[k, 2] + 1):
            if usable[i]:
                step = np.hypot(x[i] - x[previous], y[i] - y[previous])
                out[k, 0] += step
                out[k, 1] += step * (e[i] + e[previous]) / 2
                previous = i
    return out


def find_plumes(passes: xr.Dataset, settings: TrackSettings) -> xr.Dataset:
    """Find the plumes of every species and group those of one place over the drive passes.

    A plume is a run of values above the detection limit, interrupted for no more than ``plume_gap_s``, within one
    drive pass, whose maximum exceeds ``plume_snr`` times the noise; it is cut where it falls below
    ``plume_fraction`` of its maximum. Rows in exhaust are refused but by gases that vehicles hardly emit. Width and
    area depend on the angle at which the plume was crossed.

    Parameters
    ----------
    passes : xarray.Dataset
        A trace with enhancements and drive passes.
    settings : TrackSettings

    Returns
    -------
    xarray.Dataset
        Dimension ``plume``, in order of species and time; see `tracks.schema.Track`.
    """
    found = _find_runs(passes, settings)
    lon, lat = passes["lon"].values, passes["lat"].values
    x, y = plane_of(lon, lat).forward(lon, lat)
    index = passes["pass_index"].values
    frames = []
    for name, (runs, usable, noise_sd) in found.items():
        if not len(runs):
            continue
        excess = passes[f"{name}_enhancement"].values
        frame = _table(passes, name, runs, _integrals(x, y, excess, usable, runs), noise_sd)
        sources = group_sources(
            frame, x, y, index, join_m=settings.source_distance_m, reach_m=settings.crossing_distance_m
        )
        frames.append(frame.assign(**sources))
    return _dataset(pd.concat(frames, ignore_index=True) if frames else _empty())


def _find_runs(passes: xr.Dataset, settings: TrackSettings) -> dict[str, tuple[Ints, Bools, float]]:
    """Runs, usable rows and noise of every species whose noise is known."""
    t = seconds_since_start(passes["time"].values)
    row_usable = is_usable(passes["qc_flag"].values, _REFUSED)
    in_exhaust = is_usable(passes["qc_flag"].values, _REFUSED & ~_EXHAUST)
    gap_s = longest_step(t, settings.plume_gap_s)
    found = {}
    for name in species_names(passes):
        excess = passes[f"{name}_enhancement"].values
        noise_sd = float(passes[f"{name}_enhancement"].attrs["noise_sd"])
        if not np.isfinite(noise_sd):
            continue
        rows = in_exhaust if is_rare_in_exhaust(passes[name]) else row_usable
        usable = rows & is_usable(passes[f"{name}_qc"].values, _REFUSED) & ~np.isnan(excess)
        lowest, peak = settings.detection_sd * noise_sd, settings.plume_snr * noise_sd
        limits = np.array([lowest, peak, gap_s, settings.plume_fraction, settings.plume_samples])
        found[name] = (_runs(t, excess, usable, passes["pass_index"].values, limits), usable, noise_sd)
    return found


def _table(passes: xr.Dataset, name: str, runs: Ints, integrals: Floats, noise_sd: float) -> pd.DataFrame:
    """One row per plume of one species."""
    first, peak, last = runs.T
    time = passes["time"].values
    maximum = passes[f"{name}_enhancement"].values[peak]
    return pd.DataFrame(
        {
            "species": np.full(len(peak), name, dtype=object),
            "units": np.full(len(peak), str(passes[name].attrs["units"]), dtype=object),
            "pass_index": passes["pass_index"].values[peak],
            "start_time": time[first],
            "peak_time": time[peak],
            "end_time": time[last],
            "lon": passes["lon"].values[peak],
            "lat": passes["lat"].values[peak],
            "maximum": maximum,
            "background": passes[f"{name}_background"].values[peak],
            "area": integrals[:, 1],
            "width_m": integrals[:, 0],
            "snr": maximum / noise_sd,
            "first_row": first,
            "peak_row": peak,
            "last_row": last,
        }
    )


def _empty() -> pd.DataFrame:
    """Return the table of no plumes, with its columns and types."""
    times = {name: np.empty(0, "datetime64[ns]") for name in ("start_time", "peak_time", "end_time")}
    texts = {name: np.empty(0, object) for name in ("species", "units")}
    rows = {name: np.empty(0, np.int64) for name in ("first_row", "peak_row", "last_row")}
    numbers = {name: np.empty(0) for name in ("lon", "lat", "maximum", "background", "area", "width_m", "snr")}
    counts = {name: np.empty(0, np.int32) for name in ("pass_index", "source", "passes_seen", "passes_crossed")}
    return pd.DataFrame({**texts, **times, **numbers, **rows, **counts})


_ATTRIBUTES: dict[str, dict[str, str]] = {
    "lon": {"units": "degrees_east", "standard_name": "longitude", "long_name": "longitude of the maximum"},
    "lat": {"units": "degrees_north", "standard_name": "latitude", "long_name": "latitude of the maximum"},
    "maximum": {"units": "units of the species", "long_name": "largest enhancement"},
    "background": {"units": "units of the species", "long_name": "background at the maximum"},
    "area": {"units": "units of the species times m", "long_name": "enhancement integrated along the track"},
    "width_m": {"units": "m", "long_name": "length of the track inside the plume"},
    "snr": {"units": "1", "long_name": "maximum over standard deviation of the noise"},
    "source": {"long_name": "index shared by plumes of one species at one place"},
    "passes_seen": {"units": "1", "long_name": "drive passes that saw the source"},
    "passes_crossed": {"units": "1", "long_name": "drive passes that came by the source, seen or not"},
}


def _dataset(table: pd.DataFrame) -> xr.Dataset:
    """Turn the table into a dataset with dimension ``plume``."""
    data = {}
    for name in _empty().columns:
        values = table[name].to_numpy()
        if name in ("species", "units"):
            values = values.astype(str) if len(values) else np.empty(0, "<U1")
        data[name] = ("plume", values, _ATTRIBUTES.get(name, {}))
    return xr.Dataset(data)
