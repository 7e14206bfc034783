"""The enhancement over the background, with noise, detection limit and flags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import Flag, is_usable
from ingest.outcome import Notes, Outcome
from ingest.schema import species_names
from numerics.noise import estimate_noise
from numerics.plane import longest_step, seconds_since_start
from numerics.rolling import block_means, interpolate_rows
from tracks.background_models import MODELS
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_NOISE_ROWS = 500_000  # tell the noise
_STRETCH_ROWS = 1_000  # are taken together, so that neighbours can be compared


def _value_flags(trace: xr.Dataset, name: str) -> NDArray[np.uint32]:
    """Return the flags of one species' values: those it came with, and VALUE_MISSING."""
    own = trace[f"{name}_qc"].values.copy() if f"{name}_qc" in trace else np.zeros(trace.sizes["obs"], np.uint32)
    own[np.isnan(trace[name].values)] |= np.uint32(Flag.VALUE_MISSING)
    return np.asarray(own, np.uint32)


_FOR_BACKGROUND = Flag.INSTRUMENT_FAULT | Flag.CALIBRATION | Flag.REMOVED_BY_HAND | Flag.OWN_EXHAUST


def add_enhancements(trace: xr.Dataset, settings: TrackSettings) -> Outcome[xr.Dataset]:
    """Add background, enhancement, quality flags, noise and detection limit of every species.

    The background is taken on blocks of ``background_step_s`` from usable values, wherever the platform was: a value
    without position still tells the background. The offset of clean air (`estimate_noise`) is part of the background,
    so that enhancements of clean air scatter around zero.

    Parameters
    ----------
    trace : xarray.Dataset
        A trace after `tracks.lag.align.apply_lag`.
    settings : TrackSettings

    Returns
    -------
    Outcome of xarray.Dataset
        With ``<species>_background``, ``<species>_enhancement`` and ``<species>_qc``.
    """
    t = seconds_since_start(trace["time"].values)
    settings = replace(settings, background_window_s=longest_step(t, settings.background_window_s / 4) * 4)
    model = settings.background_model
    row_usable = is_usable(trace["qc_flag"].values, _FOR_BACKGROUND)
    added: dict[str, xr.DataArray] = {}
    notes = Notes()
    for name in species_names(trace):
        values = trace[name].values
        flags = _value_flags(trace, name)
        usable = row_usable & is_usable(flags)
        background = _background(t, values, usable, settings)
        noise_sd, offset = _noise(t, values, background, usable, settings)
        if np.isfinite(offset):
            background += offset
        excess = values - background
        limit = settings.detection_sd * noise_sd
        flags[excess < limit] |= np.uint32(Flag.BELOW_DETECTION_LIMIT)
        added |= _variables(trace[name], background, excess, flags, (model, noise_sd, limit, offset))
        if not usable.any():
            notes.decide(str(trace["trajectory"].values), "no_background", {"species": name})
    return notes.outcome(trace.assign(added))


def _background(t: Floats, values: Floats, usable: Bools, settings: TrackSettings) -> Floats:
    """Background of every row by the chosen model; NaN without a usable value."""
    times, means = block_means(t, values, usable, settings.background_step_s)
    clean = MODELS[settings.background_model](times, means, settings) if len(times) else means
    return interpolate_rows(t, times, clean)


def _noise(
    t: Floats, values: Floats, background: Floats, usable: Bools, settings: TrackSettings
) -> tuple[float, float]:
    """Noise and offset of one species, from stretches of rows spread over the trace where there are very many."""
    count = int(np.count_nonzero(usable))
    if count > _NOISE_ROWS:
        every = -(-count // _NOISE_ROWS)
        usable = usable & (np.arange(len(t)) // _STRETCH_ROWS % every == 0)
    rows = np.flatnonzero(usable)
    gap_s = longest_step(t[rows], settings.value_gap_s)
    return estimate_noise(t[rows], values[rows] - background[rows], gap_s=gap_s)


def _variables(
    species: xr.DataArray,
    background: Floats,
    excess: Floats,
    flags: NDArray[np.uint32],
    said: tuple[str, float, float, float],
) -> dict[str, xr.DataArray]:
    """Name the results of one species and say how they came about."""
    name = str(species.name)
    model, noise_sd, limit, offset = said
    attrs = {
        "units": species.attrs["units"],
        "model": model,
        "background_of": name,
        "noise_sd": noise_sd,
        "detection_limit": limit,
        "offset": offset,
        "lag_s": species.attrs.get("lag_s", 0.0),
        "lag_sd_s": species.attrs.get("lag_sd_s", float("nan")),
    }
    from_flags = {"long_name": f"quality-control flag of {name}", "standard_name": "quality_flag"}
    return {
        f"{name}_background": xr.DataArray(background, dims="obs", attrs=attrs),
        f"{name}_enhancement": xr.DataArray(excess, dims="obs", attrs=attrs),
        f"{name}_qc": xr.DataArray(flags, dims="obs", attrs={**from_flags}),
    }
