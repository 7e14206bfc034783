"""What the tests of status share."""

from __future__ import annotations

from ingest.flags import Flag
from ingest.traces.record import TraceSettings

FAULT, CALIBRATION = int(Flag.INSTRUMENT_FAULT), int(Flag.CALIBRATION)


NO_PURGE = TraceSettings(purge_s=0.0)


NORMAL_PHRASES = [
    "measure mode",
    "sample mode",
    "ambient air",
    "on line",
    "n a",
    "no errors",
    "no fault",
    "no faults",
]


NORMAL_PHRASES += ["no alarm", "no alarms", "N/A", "On-line"]
