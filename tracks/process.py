"""The room's whole job on one screen: trace → passes and plumes."""

from __future__ import annotations

import logging
import time

import xarray as xr

from ingest.flags import flag_counts
from ingest.outcome import Notes, Outcome, Phrase, Value
from ingest.schema import check_trace
from tracks.background import add_enhancements
from tracks.corrections import correct_instruments
from tracks.exhaust import flag_exhaust
from tracks.frozen import flag_frozen
from tracks.lag.align import apply_lag, find_lags
from tracks.passes import split_passes
from tracks.plumes import find_plumes
from tracks.positions import clean_positions
from tracks.schema import Track
from tracks.settings import TrackSettings
from tracks.wind import add_wind

_LOG = logging.getLogger(__name__)


def process_trace(trace: xr.Dataset, settings: TrackSettings | None = None) -> Outcome[Track]:
    """Put each value where its air was and over the right background; split drive passes and find plumes.

    Rows are never removed, only flagged. A trace without any usable row gives passes with NaN and no plumes.

    Parameters
    ----------
    trace : xarray.Dataset
        A trace as `ingest.schema.check_trace` describes it.
    settings : TrackSettings, optional

    Returns
    -------
    Outcome of Track

    Raises
    ------
    ContractError
        If ``trace`` is not a trace.

    Examples
    --------
    >>> import numpy as np
    >>> from ingest.schema import new_trace
    >>> n = 600
    >>> t = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(n) * np.timedelta64(1, "s")
    >>> ch4 = 2.0 + 0.001 * np.random.default_rng(0).standard_normal(n) + np.exp(-((np.arange(n) - 300) / 5.0) ** 2)
    >>> attrs = {"units": "ppm", "species": "methane", "instrument": "G2301"}
    >>> trace = new_trace("d", t, 104 + np.arange(n) * 1e-4, np.full(n, 30.0), {"methane": (ch4, attrs)})
    >>> track = process_trace(trace).value
    >>> track.plumes["peak_row"].values, int(track.passes["pass_index"].max())
    (array([300]), 0)
    """
    settings = settings or TrackSettings()
    check_trace(trace)
    began = time.perf_counter()
    notes = Notes()
    corrected = notes.take(correct_instruments(trace, settings))
    placed = notes.take(clean_positions(corrected, settings))
    checked = notes.take(flag_frozen(placed, settings))
    lagged = notes.take(apply_lag(checked, settings, find_lags(checked, settings)))
    windy = notes.take(add_wind(lagged, settings))
    enhanced = notes.take(add_enhancements(split_passes(windy, settings), settings))
    passes = notes.take(flag_exhaust(enhanced, settings))
    track = Track(passes, find_plumes(passes, settings))
    flagged = [f"{name} {count}" for name, count in flag_counts(track.passes["qc_flag"].values).items()] or None
    done: dict[str, Value] = {"rows": trace.sizes["obs"], "plumes": track.plumes.sizes["plume"], "flagged": flagged}
    _LOG.info(Phrase("log_tracks", {**done, "seconds": time.perf_counter() - began}))
    return notes.outcome(track)
