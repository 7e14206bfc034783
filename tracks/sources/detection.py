"""How likely a source is seen after a number of passes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class DetectionCurve:
    """Probability of at least one detection in ``passes`` passes, with a 95 % interval over sources."""

    passes: Ints
    probability: Floats
    low: Floats
    high: Floats


def detection_curve(
    seen: Ints, crossed: Ints, *, most_passes: int = 10, draws: int = 1000, seed: int = 0
) -> DetectionCurve:
    """Estimate the chance to see a source at least once in n passes from sources crossed many times.

    For every source, n of its passes are thought drawn without replacement: 1 − C(m − k, n) / C(m, n) for k seen of m
    crossed passes, which has no bias. The interval is a bootstrap over sources: it says how the curve may differ for
    other sources of the same kind, not for weaker ones. Sources with fewer than ``most_passes`` passes are left out.

    Parameters
    ----------
    seen, crossed : arrays of int, shape (sources,)
    most_passes, draws, seed : int

    Returns
    -------
    DetectionCurve
        NaN where no source has passes enough.

    Examples
    --------
    >>> curve = detection_curve(np.array([5, 10]), np.array([10, 10]), most_passes=2)
    >>> curve.probability.round(4)
    array([0.75  , 0.8889])
    """
    enough = crossed >= most_passes
    k, m = seen[enough].astype(float), crossed[enough].astype(float)
    n = np.arange(1, most_passes + 1)
    if not len(k):
        nothing = np.full(most_passes, np.nan)
        return DetectionCurve(n, nothing, nothing, nothing)
    missed = (m - k)[:, None]
    with np.errstate(invalid="ignore"):
        log_none = _log_choose(missed, n) - _log_choose(m[:, None], n)
    each = 1 - np.where(missed >= n, np.exp(log_none), 0.0)
    pick = np.random.default_rng(seed).integers(0, len(k), (draws, len(k)))
    low, high = np.percentile(each[pick].mean(axis=1), [2.5, 97.5], axis=0)
    return DetectionCurve(n, each.mean(axis=0), low, high)


def _log_choose(total: Floats, part: Ints) -> Floats:
    """Return the logarithm of the binomial coefficient; infinite or NaN where ``part`` exceeds ``total``."""
    result: Floats = gammaln(total + 1) - gammaln(part + 1) - gammaln(np.maximum(total - part, 0) + 1)
    return result
