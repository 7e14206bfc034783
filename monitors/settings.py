"""What a bureau may set about its records; parameters of single rules are constants beside them."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.monitors import read
from ingest.settings import same_as, setting


@dataclass(frozen=True)
class MonitorSettings:
    """What treatment owes to production."""

    time_zone: str = same_as(read.MonitorSettings, "time_zone")
    treatment_lead_min: int = setting(
        0, unit="min", source="环大气〔2021〕65号: treatment starts first; how much earlier is a choice", bureau=True
    )
    treatment_lag_min: int = setting(
        0, unit="min", source="环大气〔2021〕65号: treatment stops last; how much later is a choice", bureau=True
    )
    treatment_off_min: int = setting(
        60, unit="min", source="choice: production without treatment for so long is told", bureau=True
    )
    idle_share: float = setting(
        0.5, unit="1", source="choice: treatment below this share of its own running power idles", bureau=True
    )
