"""What a bureau may set about its records; parameters of single rules are constants beside them."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.monitors import read
from ingest.settings import same_as, setting


@dataclass(frozen=True)
class RecordSettings:
    """When a mean is valid, which hours are those of work and how many may be marked, what treatment owes."""

    valid_min: int = setting(45, unit="min", source="HJ 76-2017: least valid minutes of an hour", bureau=True)
    valid_h: int = setting(
        20, unit="h", source="HJ 76-2017: least valid hours of a day; a public rule engine takes 18", bureau=True
    )
    work_from_h: int = setting(8, unit="h", source="choice: local hour in which work begins")
    work_until_h: int = setting(20, unit="h", source="choice: local hour in which work ends")
    marked_h: float = setting(
        60.0, unit="h", source="GB 18485-2014: start, stop, fault and accident in a year, at most"
    )
    time_zone: str = same_as(read.MonitorSettings, "time_zone")
    treatment_lead_min: int = setting(
        0, unit="min", source="环大气〔2021〕65号: treatment starts first; how much earlier is a choice", bureau=True
    )
    treatment_lag_min: int = setting(
        0, unit="min", source="环大气〔2021〕65号: treatment stops last; how much later is a choice", bureau=True
    )
    treatment_off_min: int = setting(
        60, unit="min", source="choice: production without treatment for so long is told"
    )
    idle_share: float = setting(
        0.5, unit="1", source="choice: treatment below this share of its own running power idles"
    )
