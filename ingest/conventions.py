"""The unit of the national convention for a species in air, and whether values can be in it."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.species import SPECIES

#: Species of GB 3095-2012 and HJ 212-2017, and TVOC: the range of medians that air outdoors can have, in the unit
#: of the convention (CO in mg m-3, all others in µg m-3).
_MEDIANS: Mapping[str, tuple[float, float]] = {
    "pm1": (1.0, 1500.0),
    "pm25": (1.0, 1500.0),
    "pm10": (1.0, 3000.0),
    "pm_total": (2.0, 5000.0),
    "so2": (0.5, 1500.0),
    "no": (0.5, 2000.0),
    "no2": (1.0, 1000.0),
    "nox": (1.0, 3000.0),
    "o3": (1.0, 600.0),
    "co": (0.05, 30.0),
    "tvoc": (5.0, 20000.0),
    "nmhc": (5.0, 20000.0),
}


def unit_in_air(slug: str) -> str:
    """The unit in which air quality gives a species by convention; empty for one that has none.

    Examples
    --------
    >>> unit_in_air("so2"), unit_in_air("co"), unit_in_air("bc")
    ('ug m-3', 'mg m-3', '')
    """
    return SPECIES[slug].unit if slug in SPECIES and slug in _MEDIANS else ""


def can_be_in_air(slug: str, median: float) -> bool:
    """Whether values with this median can be of air outdoors in the unit of the convention.

    Examples
    --------
    >>> can_be_in_air("pm25", 35.0), can_be_in_air("pm25", 0.035), can_be_in_air("bc", 1.0)
    (True, False, False)
    """
    low, high = _MEDIANS.get(slug, (1.0, 0.0))
    return low <= median <= high
