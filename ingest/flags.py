"""Quality-control flags: one table, from which code, docs and the ``flag_meanings`` attribute come.

A flag says why an observation is doubtful; it never removes the row. ``REJECTING`` lists the flags whose rows
no estimate may use; the others inform.
"""

from __future__ import annotations

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

FlagArray = NDArray[np.uint32]


class Flag(IntFlag):
    """Bits of ``qc_flag`` (whole row) and ``<species>_qc`` (one value)."""

    POSITION_MISSING = 1 << 0
    POSITION_JUMP = 1 << 1
    POSITION_STUCK = 1 << 2
    GNSS_POOR = 1 << 3
    GNSS_WARM_UP = 1 << 4
    POSITION_INTERPOLATED = 1 << 5
    TIME_REPAIRED = 1 << 6
    VALUE_MISSING = 1 << 7
    VALUE_OUT_OF_RANGE = 1 << 8
    VALUE_STUCK = 1 << 9
    BELOW_DETECTION_LIMIT = 1 << 10
    INSTRUMENT_FAULT = 1 << 11
    CALIBRATION = 1 << 12
    STATIONARY = 1 << 13
    IN_DEPOT = 1 << 14
    OWN_EXHAUST = 1 << 15
    VEHICLE_EXHAUST = 1 << 16
    WIND_IMPLAUSIBLE = 1 << 17
    REMOVED_BY_HAND = 1 << 18


MEANINGS: dict[Flag, str] = {
    Flag.POSITION_MISSING: "no position within the allowed gap",
    Flag.POSITION_JUMP: "position further from its neighbours than the vehicle can move",
    Flag.POSITION_STUCK: "position repeats to the last digit while the vehicle moves",
    Flag.GNSS_POOR: "too few satellites, no fix, or high dilution of precision",
    Flag.GNSS_WARM_UP: "within the warm-up time after a GNSS outage",
    Flag.POSITION_INTERPOLATED: "position interpolated in time between two fixes",
    Flag.TIME_REPAIRED: "time stamp moved or made unique; see the decisions",
    Flag.VALUE_MISSING: "the instrument gave no value",
    Flag.VALUE_OUT_OF_RANGE: "value outside the plausible range of the species",
    Flag.VALUE_STUCK: "value repeats to the last digit for longer than the instrument can hold it",
    Flag.BELOW_DETECTION_LIMIT: "value below the detection limit",
    Flag.INSTRUMENT_FAULT: "the instrument's own diagnostics report a fault",
    Flag.CALIBRATION: "zero or span gas, or a calibration mark",
    Flag.STATIONARY: "platform slower than the stop speed",
    Flag.IN_DEPOT: "inside a depot polygon",
    Flag.OWN_EXHAUST: "the platform's own exhaust is likely",
    Flag.VEHICLE_EXHAUST: "the exhaust of a passing vehicle is likely",
    Flag.WIND_IMPLAUSIBLE: "wind beyond plausible limits",
    Flag.REMOVED_BY_HAND: "removed by a line of edits.csv",
}

BAD_POSITION: Flag = Flag.POSITION_MISSING | Flag.POSITION_JUMP | Flag.POSITION_STUCK | Flag.REMOVED_BY_HAND
"""Rows that are not where they say; the rest of the trace still says where the platform was."""

REJECTING: Flag = (
    BAD_POSITION
    | Flag.VALUE_MISSING
    | Flag.VALUE_OUT_OF_RANGE
    | Flag.VALUE_STUCK
    | Flag.INSTRUMENT_FAULT
    | Flag.CALIBRATION
    | Flag.IN_DEPOT
    | Flag.OWN_EXHAUST
    | Flag.VEHICLE_EXHAUST
)


def is_usable(flags: FlagArray, rejecting: Flag = REJECTING) -> NDArray[np.bool_]:
    """Return True where no rejecting flag is set (shape of ``flags``)."""
    usable: NDArray[np.bool_] = (flags & np.uint32(rejecting)) == 0
    return usable


def flag_attributes() -> dict[str, object]:
    """CF attributes of a flag variable (CF-1.11, section 3.5): masks, meanings, long name."""
    return {
        "long_name": "quality-control flag",
        "standard_name": "quality_flag",
        "flag_masks": np.array([flag.value for flag in Flag], dtype=np.uint32),
        "flag_meanings": " ".join(str(flag.name).lower() for flag in Flag),
    }


def flag_counts(flags: FlagArray) -> dict[str, int]:
    """Count rows per flag, only flags that occur, in the order of the table.

    Examples
    --------
    >>> flag_counts(np.array([0, 1, 3], dtype=np.uint32))
    {'position_missing': 2, 'position_jump': 1}
    """
    counts = {str(flag.name).lower(): int(np.count_nonzero(flags & np.uint32(flag))) for flag in Flag}
    return {name: count for name, count in counts.items() if count}
