"""Thresholds of leads and visits, levels above which a place is urgent, and the means of the teams that drive."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.errors import SettingError
from ingest.settings import setting
from ingest.species import SPECIES
from ingest.units import parse_unit


@dataclass(frozen=True)
class AcuteLevel:
    """A level above which people near by may come to harm at once: ``value`` in ``unit`` over ``averaging``."""

    value: float
    unit: str
    averaging: str
    source: str


def _aegl2(value: float, volume: str) -> dict[str, str | float]:
    source = f"AEGL-2, National Research Council, Acute Exposure Guideline Levels, vol. {volume}"
    return {"value": value, "unit": "ppm", "averaging": "60 min", "source": source}


def _erpg2(value: float) -> dict[str, str | float]:
    source = "ERPG-2, American Industrial Hygiene Association, Emergency Response Planning Guidelines"
    return {"value": value, "unit": "ppm", "averaging": "60 min", "source": source}


_ACUTE = {
    "h2s": _aegl2(27.0, "9 (2010)"),
    "nh3": _aegl2(160.0, "6 (2008)"),
    "cl2": _aegl2(2.0, "4 (2004)"),
    "hcl": _aegl2(22.0, "4 (2004)"),
    "hf": _aegl2(24.0, "4 (2004)"),
    "so2": _aegl2(0.75, "8 (2010)"),
    "co": _aegl2(83.0, "8 (2010)"),
    "no2": _aegl2(12.0, "11 (2012)"),
    "benzene": _erpg2(150.0),
}
"""What a drive meets lasts seconds, these levels hold for an hour: one that is reached is a reason to call somebody,
not a finding. Carcinogens and smells have lower limits elsewhere; those are no acute levels."""


@dataclass(frozen=True)
class AcuteSettings:
    """Levels above which a place is urgent, by slug of the species.

    Raises
    ------
    SettingError
        If a species is not known, or a row has other names, no positive value or a unit that is no concentration.
    """

    levels: Mapping[str, Mapping[str, str | float]] = setting(
        _ACUTE,
        unit="",
        source="AEGL-2 and ERPG-2 of one hour, each with its source; a table of the bureau's own, "
        "[acute.levels], replaces them all, an empty one too",
        bureau=True,
    )

    def __post_init__(self) -> None:
        """Refuse levels that nothing can be compared with."""
        for species, row in self.levels.items():
            if species not in SPECIES:
                raise SettingError(f"[acute.levels] {species!r} is no species; expected a slug such as h2s")
            if not isinstance(row, Mapping) or set(row) != {"value", "unit", "averaging", "source"}:
                raise SettingError(f"[acute.levels.{species}]: expected value, unit, averaging and source")
            value, unit = row["value"], parse_unit(str(row["unit"]))
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise SettingError(f"[acute.levels.{species}] value = {value!r}; expected a number above 0")
            if unit is None or unit.kind not in ("mole fraction", "mass concentration"):
                raise SettingError(
                    f"[acute.levels.{species}] unit = {row['unit']!r}; expected ppm, mg m-3 or the like"
                )

    def level_of(self, species: str) -> AcuteLevel | None:
        """The level of a species by its slug."""
        row = self.levels.get(species)
        if row is None:
            return None
        return AcuteLevel(float(row["value"]), str(row["unit"]), str(row["averaging"]), str(row["source"]))


@dataclass(frozen=True)
class VisitSettings:
    """When a lead is worth an entry, and what an entry counts.

    Raises
    ------
    SettingError
        If a probability is outside of [0, 1], thresholds are out of order, or the cap is not a whole number.
    """

    mention_probability: float = setting(
        0.05, unit="1", source="choice: below it a site is not named in a lead, only in hotspots.geojson"
    )
    measure_probability: float = setting(
        0.2, unit="1", source="choice: one of five rivals at even odds; worth another drive"
    )
    visit_probability: float = setting(
        0.6, unit="1", source="choice: more likely than all other explanations together, with a margin", bureau=True
    )
    review_probability: float = setting(
        0.1, unit="1", source="choice: a manipulation of one in ten is looked into before help is sent"
    )
    look_probability: float = setting(
        0.5, unit="1", source="choice: more likely a source on no list than all listed sites and traffic together"
    )
    rival_ratio: float = setting(
        2.0, unit="1", source="choice: times as likely as the next listed site, so that the door is the right one"
    )
    visit_passes: int = setting(
        2, unit="1", source="Messier 2018, doi:10.1021/acs.est.8b03395: one pass is not enough; choice: two sightings"
    )
    visit_share_seen: float = setting(0.3, unit="1", source="choice: seen in at least this share of passes crossed")
    visit_position_sd_m: float = setting(
        150.0, unit="m", source="choice: half of the GCJ-02 offset in Chengdu (350 m); beyond, another door is likely"
    )
    fault_prior: float = setting(
        0.05, unit="1", source="choice: odds that one pass's enhancement is made by the instrument or its set-up"
    )
    fault_repeat: float = setting(
        0.1, unit="1", source="choice: chance that such a fault falls into the same cells on a further pass"
    )
    yearly_cap: int | None = setting(
        None,
        unit="1",
        source="to be set from the published list; e.g. Ankang 2025 (陕环执法函〔2025〕122号): 2 a year and bureau",
        bureau=True,
    )
    service_min: float = setting(60.0, unit="min", source="choice: one combined visit", bureau=True)
    matter_min: float = setting(15.0, unit="min", source="choice: each further matter of the same visit")
    longest_min: float = setting(180.0, unit="min", source="choice: a visit that needs longer needs a day of its own")
    remind_days: int = setting(
        60,
        unit="day",
        source="排污许可管理条例 (2021): renewal is applied for 60 days before expiry; to be checked",
    )

    def __post_init__(self) -> None:
        """Refuse values that no profile can mean."""
        for name in (
            "mention_probability",
            "measure_probability",
            "visit_probability",
            "review_probability",
            "look_probability",
            "fault_prior",
            "fault_repeat",
        ):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SettingError(f"[visits] {name}: {getattr(self, name)} is not a probability between 0 and 1")
        if not self.mention_probability <= self.measure_probability <= self.visit_probability:
            raise SettingError("[visits]: expected mention_probability <= measure_probability <= visit_probability")
        cap = self.yearly_cap
        if cap is not None and (not isinstance(cap, int) or isinstance(cap, bool) or cap < 0):
            raise SettingError(f"[visits] yearly_cap: {cap!r} is not a whole number of visits a year, such as 2")


@dataclass(frozen=True)
class RouteSettings:
    """Teams, shift and driving.

    Raises
    ------
    SettingError
        If there is no team, the shift has no length, or a speed or the depot is impossible.
    """

    teams: int = setting(2, unit="1", source="choice: to be set by the bureau", bureau=True)
    shift_start: str = setting("09:00", unit="", source="choice: local time at which teams leave", bureau=True)
    shift_h: float = setting(
        7.0, unit="h", source="choice: from leaving to return; office hours less a break", bureau=True
    )
    depot: tuple[float, ...] = setting(
        (), unit="degree", source="where teams start: [lon, lat] WGS 84, none known", bureau=True
    )
    speed_km_h: float = setting(30.0, unit="km h-1", source="choice: mean speed in city traffic", bureau=True)
    detour_factor: float = setting(
        1.4,
        unit="1",
        source="Boscoe 2012, doi:10.1080/00330124.2011.583586: mean of road to straight line 1.417",
        bureau=True,
    )
    speed_share: float = setting(
        0.6, unit="1", source="choice: mean driving speed over the maxspeed of a street; crossings and traffic"
    )
    snap_m: float = setting(500.0, unit="m", source="choice: a gate further from any road is said to be unreachable")
    time_zone: str = setting("", unit="", source="of routes and report; declared, else of the place measured")
    iterations: int = setting(3000, unit="1", source="choice: count, not seconds, so that every run gives the same")
    seed: int = setting(1, unit="1", source="choice: fixed")

    def __post_init__(self) -> None:
        """Refuse means that cannot be."""
        if self.teams < 1:
            raise SettingError(f"[teams] teams: {self.teams}; expected at least 1")
        if (
            self.shift_h <= 0
            or self.speed_km_h <= 0
            or self.detour_factor < 1
            or self.iterations < 1
            or self.speed_share <= 0
        ):
            raise SettingError(
                "[teams]: shift_h and speed_km_h must be positive, detour_factor >= 1, iterations >= 1"
            )
        if self.depot and (len(self.depot) != 2 or abs(self.depot[0]) > 180 or abs(self.depot[1]) > 90):
            raise SettingError(f"[teams] depot: {list(self.depot)}; expected [lon, lat] in WGS 84 degrees")
