"""The background models, all of one shape: usable values in time order in, background at the same times out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from numerics.compiled import compiled
from numerics.rolling import interpolate_rows, rolling_percentile
from numerics.two_state import fit_two_states, most_likely_states
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

_KNOTS = 120  # of a smoothed curve per window; it is interpolated linearly between them
_FEWEST = 10  # values from which two states are told apart


class BackgroundModel(Protocol):
    """A background model of one species.

    ``t`` are seconds, increasing; ``values`` hold no NaN. A model is equivariant: a constant added to the values is
    added to the background.
    """

    def __call__(self, t: Floats, values: Floats, settings: TrackSettings) -> Floats:
        """Return the background, shape of ``values``."""
        ...


def rolling_background(t: Floats, values: Floats, settings: TrackSettings) -> Floats:
    """Low percentile in a centred window: the concentration without plumes, when plumes fill less than the rest.

    Stops being valid where the platform stays in a plume for most of the window.

    References
    ----------
    Tettenborn et al. 2025, doi:10.5194/amt-18-3569-2025 (10th percentile of 5 min); Brantley et al. 2014,
    doi:10.5194/amt-7-2169-2014.
    """
    half = settings.background_window_s / 2
    return rolling_percentile(t, values, before_s=half, after_s=half, percentile=settings.background_percentile)


@compiled
def _blackman(t: Floats, v: Floats, knots: Floats, window_s: float) -> Floats:
    out = np.empty(len(knots))
    low = 0
    for k in range(len(knots)):
        while low < len(t) and t[low] < knots[k] - window_s / 2:
            low += 1
        total = weights = 0.0
        i = low
        while i < len(t) and t[i] <= knots[k] + window_s / 2:
            phase = 2 * np.pi * ((t[i] - knots[k]) / window_s + 0.5)
            weight = 0.42 - 0.5 * np.cos(phase) + 0.08 * np.cos(2 * phase) + 1e-12
            total += weight * v[i]
            weights += weight
            i += 1
        out[k] = total / weights if weights > 0 else np.nan
    return out


def phase_shift_background(t: Floats, values: Floats, settings: TrackSettings) -> Floats:
    """Low percentiles looking forward and backward, so that a rising background is not followed late.

    The percentile over the next window, raised to its maximum over the last one, and the same with time reversed; the
    larger of both, smoothed with a Blackman window. Made for hours of driving; shorter than two windows it is little
    more than the minimum.

    References
    ----------
    Supplement of doi:10.1016/j.atmosenv.2023.119995 (B. Fasoli's baseline for Google Street View cars).
    """
    window, share = settings.phase_window_s, settings.phase_percentile
    ahead = rolling_percentile(t, values, before_s=0.0, after_s=window, percentile=share)
    behind = rolling_percentile(t, values, before_s=window, after_s=0.0, percentile=share)
    forward = rolling_percentile(t, ahead, before_s=window, after_s=0.0, percentile=100)
    backward = rolling_percentile(t, behind, before_s=0.0, after_s=window, percentile=100)
    raised = np.maximum(forward, backward)
    knots = np.arange(t[0], t[-1] + window / _KNOTS, window / _KNOTS)
    smooth = _blackman(t, raised, knots, window)
    known = np.isfinite(smooth)
    return interpolate_rows(t, knots[known], smooth[known])


def spline_background(t: Floats, values: Floats, settings: TrackSettings) -> Floats:
    """Monotone cubic spline through the minima of blocks of time, constant beyond the first and last.

    One wrong low value pulls it down; noise makes it low (the offset of `numerics.noise.estimate_noise` lifts it).

    References
    ----------
    Brantley et al. 2014, doi:10.5194/amt-7-2169-2014 (splines of minima); Fritsch and Butland 1984 (the spline).
    """
    block = np.floor((t - t[0]) / settings.spline_block_s).astype(np.int64)
    order = np.lexsort((values, block))
    first = np.flatnonzero(np.diff(block[order], prepend=-1))
    rows = np.sort(order[first])
    if len(rows) < 2:
        return np.full(len(t), float(values.min()))
    spline = PchipInterpolator(t[rows], values[rows])
    background: Floats = spline(np.clip(t, t[rows[0]], t[rows[-1]]))
    return background


def source_states(t: Floats, values: Floats) -> NDArray[np.int8]:
    """Tell background (0) from air with a source in it (1) by a two-state hidden Markov model.

    Values are taken as logarithms above a floor one median-to-first-percentile below the first percentile, so that a
    constant added to the values changes nothing. Assumes about equal intervals and log-normal scatter in both states,
    each around a mean that drifts linearly; a drive whose background turns in the middle is better cut in two.

    References
    ----------
    Actkinson et al. 2021, doi:10.5194/amt-14-5809-2021.
    """
    if len(values) < _FEWEST or np.ptp(values) == 0 or t[-1] == t[0]:
        return np.zeros(len(values), np.int8)
    low, median = np.quantile(values, [0.01, 0.5])
    reach = max(float(median - low), 1e-9 * float(np.ptp(values)))
    logs = np.log(np.maximum(values - low + reach, 1e-3 * reach))
    tau = (t - t[0]) / (t[-1] - t[0])
    return most_likely_states(tau, logs, fit_two_states(tau, logs))


def two_state_background(t: Floats, values: Floats, settings: TrackSettings) -> Floats:
    """Rolling median of the rows in state background, interpolated across the rows with a source.

    Unrealistic where the source state lasts longer than ``background_window_s``: nothing is known then but the ends.

    References
    ----------
    Actkinson et al. 2021, doi:10.5194/amt-14-5809-2021 (there with splines).
    """
    clean = source_states(t, values) == 0
    if not clean.any():
        return rolling_background(t, values, settings)
    half = settings.background_window_s / 2
    median = rolling_percentile(t[clean], values[clean], before_s=half, after_s=half, percentile=50)
    return interpolate_rows(t, t[clean], median)


MODELS: dict[str, BackgroundModel] = {
    "percentile": rolling_background,
    "phase_shift": phase_shift_background,
    "spline": spline_background,
    "two_state": two_state_background,
}
