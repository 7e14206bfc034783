"""Values that leave the curve for minutes to hours and come back, and levels that change within hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitors.shape.evidence import NORMAL_TAIL, Floats, nats_beyond
from numerics.rolling import centred_median

_SPIKE_ROWS = 2
_PULSE_ROWS = 8
"""To either side: a median of five rows is left by at most two of them, one of 17 by at most eight."""


@dataclass(frozen=True, eq=False)
class Outliers:
    """Evidence in nats, row by row, shape (n,).

    ``spike`` is the distance from the median of five rows; ``pulse`` the lesser of those from the medians of the 17
    rows before and of the 17 after, where the row lies above both or below both; ``shift`` the difference of these.
    """

    spike: Floats
    pulse: Floats
    shift: Floats


def weigh_outliers(values: Floats, resolution: float) -> Outliers:
    """Weigh how far each row leaves the curve of its neighbours, of values given in steps of ``resolution``.

    Values have no NaN: rows to either side of a gap count as neighbours. A slow rise or a flood, which has no way
    back within hours, is a shift and no pulse.
    """
    n = len(values)
    spike = np.abs(values - centred_median(values, _SPIKE_ROWS))
    around, row = centred_median(values, _PULSE_ROWS), np.arange(n)
    before = around[np.maximum(row - _PULSE_ROWS - 1, 0)]
    after = around[np.minimum(row + _PULSE_ROWS + 1, n - 1)]
    one_side = (values - before) * (values - after) > 0
    pulse = np.where(one_side, np.minimum(np.abs(values - before), np.abs(values - after)), 0.0)
    weighed = (
        nats_beyond(d, floor=resolution, least_tail=NORMAL_TAIL) for d in (spike, pulse, np.abs(after - before))
    )
    return Outliers(*weighed)
