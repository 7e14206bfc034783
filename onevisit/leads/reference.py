"""The state of air at which a mole fraction becomes a mass, and a level in one a level in the other."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.units import STANDARD_ATMOSPHERE_PA


@dataclass(frozen=True)
class ReferenceState:
    """Temperature and pressure at which a mole fraction becomes a mass."""

    temperature_k: float
    pressure_pa: float

    @property
    def text(self) -> str:
        """As it is written into a file, e.g. ``298.15 K, 101325 Pa``."""
        return f"{self.temperature_k:g} K, {self.pressure_pa:g} Pa"


REFERENCE = ReferenceState(298.15, STANDARD_ATMOSPHERE_PA)
"""Reference state of gases in GB 3095-2012 since its amendment of 2018."""
