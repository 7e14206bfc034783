"""Values that an instrument repeats to the last digit for longer than its noise allows."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.flags import Flag, FlagArray
from ingest.outcome import Notes, Outcome
from ingest.schema import species_names
from numerics.plane import longest_step, seconds_since_start
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_EXPECTED = 0.01  # runs as long in the whole trace, were repeats as frequent as elsewhere


def flag_frozen(trace: xr.Dataset, settings: TrackSettings) -> Outcome[xr.Dataset]:
    """Flag values of a frozen analyser VALUE_STUCK in ``<species>_qc``, before the lag moves them.

    Parameters
    ----------
    trace : xarray.Dataset
    settings : TrackSettings
        ``frozen_s``.

    Returns
    -------
    Outcome of xarray.Dataset
        With a decision for every species with frozen values.
    """
    t = seconds_since_start(trace["time"].values)
    added: dict[str, tuple[str, FlagArray, dict[str, object]]] = {}
    notes = Notes()
    frozen_s = 4 * longest_step(t, settings.frozen_s / 4)  # at least ten rows: two that agree are no run
    for name in species_names(trace):
        frozen = frozen_rows(t, trace[name].values, frozen_s)
        if not frozen.any():
            continue
        known = trace.get(f"{name}_qc")
        flags = known.values.copy() if known is not None else np.zeros(len(t), np.uint32)
        flags[frozen] |= np.uint32(Flag.VALUE_STUCK)
        added[f"{name}_qc"] = ("obs", flags, dict(known.attrs) if known is not None else {})
        item, count = str(trace["trajectory"].values), int(frozen.sum())
        notes.decide(item, "values_frozen", {"count": count, "species": name, "seconds": frozen_s})
    return notes.outcome(trace.assign(added))


def frozen_rows(t: Floats, values: Floats, frozen_s: float) -> Bools:
    """True in runs of equal values of at least ``frozen_s`` that are too long for the channel.

    A channel that often repeats (coarse digits, a logger faster than its sensor) has long runs by itself: a run
    counts where fewer than 0.01 of its length are expected from the share of repeats outside of it. The lowest value
    of a channel is its floor, which may last. Holds for channels that are not frozen most of the time.

    Parameters
    ----------
    t, values : arrays, shape (n,)
        Seconds; NaN ends a run.
    frozen_s : float
        Shortest run, s.

    Examples
    --------
    >>> values = np.random.default_rng(0).normal(size=300).round(2)
    >>> values[100:160] = 1.5
    >>> np.flatnonzero(frozen_rows(np.arange(300.0), values, 30.0))[[0, -1]]
    array([100, 159])
    """
    frozen = np.zeros(len(t), np.bool_)
    if len(t) < 2 or not np.isfinite(values).any():
        return frozen
    same = values[1:] == values[:-1]
    edges = np.diff(np.concatenate([[0], same.astype(np.int8), [0]]))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    length = last - first
    elsewhere = (same.sum() - length) / np.maximum(len(same) - length, 1)
    with np.errstate(divide="ignore"):
        expected = np.log(float(len(t))) + length * np.log(elsewhere)
    stuck = (t[last] - t[first] >= frozen_s) & (expected < np.log(_EXPECTED)) & (values[first] > np.nanmin(values))
    for a, b in zip(first[stuck], last[stuck], strict=True):
        frozen[a : b + 1] = True
    return frozen
