"""The numbers of the witnesses, with where they come from; no bureau sets them."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.errors import SettingError
from ingest.settings import setting


@dataclass(frozen=True)
class WitnessSettings:
    """How much composition and records say of a site."""

    profile_sd: float = setting(
        0.7,
        unit="1",
        source="choice: measured profiles of one industry differ by a factor of two; 0.8 on tuning seeds 0-29",
    )
    profile_tail: float = setting(
        0.1, unit="1", source="choice: a species of another process than the industry's own, three times as far off"
    )
    profile_floor: float = setting(
        0.02, unit="1", source="choice: of what is given off most; what is less is neither measured nor known"
    )
    profile_known: float = setting(
        0.5, unit="1", source="choice: where fewer candidates are of an industry with a profile, permits are asked"
    )
    ran: float = setting(
        1.15, unit="1", source="tuning seeds 0-29 of world 2: sources ran in 0.91, other candidates in 0.79"
    )
    stood: float = setting(
        0.2, unit="1", source="choice: tanks and clean-up emit while a plant stands; 0.4 on 27 sources of the seeds"
    )
    still_emits: float = setting(
        0.5,
        unit="1",
        source="choice: a source of an earlier day is one again as often as not; no mission has told yet",
    )

    def __post_init__(self) -> None:
        """Refuse numbers that cannot be meant."""
        for name in ("profile_sd", "ran", "stood"):
            if not getattr(self, name) > 0:
                raise SettingError(f"witnesses.{name} is {getattr(self, name)}, expected a positive number")
        for name in ("profile_tail", "profile_floor", "profile_known", "still_emits"):
            if not 0 < getattr(self, name) < 1:
                raise SettingError(f"witnesses.{name} is {getattr(self, name)}, expected a share between 0 and 1")
