"""How much a finding of the drone, or its absence, speaks for a source of a species."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from ingest.errors import SettingError
from ingest.settings import setting


@dataclass(frozen=True)
class EvidenceSettings:
    """Likelihood ratios of a source at a place: (where the finding is, where the drone looked and found none).

    A row is named by kind of finding and family of species (`ingest.species`; ``co`` is its own). A
    kind and family without a row say nothing about each other.
    """

    bare_soil_particles: tuple[float, ...] = setting(
        (3.0, 0.8),
        unit="1",
        source="choice: wind and wheels raise its dust; where a tenth of the ground is bare, the mean is 1",
    )
    hot_surface_voc: tuple[float, ...] = setting(
        (1.5, 0.8), unit="1", source="choice: ovens and oxidisers at work are hot; where all is cold, less likely"
    )
    hot_surface_nox: tuple[float, ...] = setting(
        (1.5, 0.8), unit="1", source="choice: boilers and furnaces at work are hot; stacks may hide them"
    )
    hot_surface_co: tuple[float, ...] = setting((1.5, 0.8), unit="1", source="choice: as for NOx")
    hot_surface_sulfur: tuple[float, ...] = setting(
        (1.3, 0.9), unit="1", source="choice: as for NOx, but tanks and waste water are cold"
    )
    limit: float = setting(
        10.0, unit="1", source="choice: all findings together never weigh more than one clear pass of a drive"
    )
    buffer_errors: float = setting(
        1.52, unit="1", source="radius of 90 % over the root of the summed variances, axes alike: sqrt(ln 10)"
    )

    def __post_init__(self) -> None:
        """Refuse rows that are not two positive numbers, and a limit below one."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple) and not _is_row(value):
                raise SettingError(
                    f"evidence.{field.name} is {value!r}, expected two positive numbers: the ratio where the finding "
                    "is, and where the drone looked and found none"
                )
        if not self.limit >= 1:
            raise SettingError(f"evidence.limit is {self.limit}, expected 1 or more")
        if not self.buffer_errors >= 0:
            raise SettingError(f"evidence.buffer_errors is {self.buffer_errors}, expected 0 or more")


def _is_row(value: tuple[object, ...]) -> bool:
    return len(value) == 2 and all(
        isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) and v > 0 for v in value
    )
