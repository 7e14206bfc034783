"""Monitor series → anomalies: what the records of a site say, and what else could explain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from monitors.activity import infer_activities, running_at
    from monitors.rules import seek_anomalies
    from monitors.schema import Activity, Anomaly
    from monitors.settings import RecordSettings
    from monitors.stations import gather_stations

__all__ = [
    "Activity",
    "Anomaly",
    "RecordSettings",
    "gather_stations",
    "infer_activities",
    "running_at",
    "seek_anomalies",
]

# a name's module is imported when the name is first used (PEP 562)
__getattr__, _, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "activity": ["infer_activities", "running_at"],
        "rules": ["seek_anomalies"],
        "schema": ["Activity", "Anomaly"],
        "settings": ["RecordSettings"],
        "stations": ["gather_stations"],
    },
)
