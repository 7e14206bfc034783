"""Units that no record states, by the national convention for air or for sources, tested against the values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import xarray as xr

from ingest.conventions import can_be_in_air, unit_in_air
from ingest.outcome import Notes, Outcome, Phrase, Value
from ingest.species import species_of_code

AIR, SOURCES = "air", "sources"
"""Whose convention the unit of a variable is."""
_OF_AIR = frozenset(("pm1", "pm25", "pm10", "o3"))
"""What stations of ambient air measure (GB 3095-2012) and no permit limits at a stack."""
_HIGHEST: Mapping[str, float] = {
    "mg m-3": 20_000.0,  # raw gas before desulphurisation; ranges of analysers in HJ 76-2017
    "m3 s-1": 1_500.0,  # the stack of 1 000 MW passes 900; in m3 h-1 the least are in thousands
    "m s-1": 60.0,
    "degC": 1_600.0,
    "%": 100.0,
    "kPa": 110.0,  # of the atmosphere; Pa come in hundreds
    "mg L-1": 100_000.0,
    "L s-1": 10_000.0,
    "degree": 360.0,
}
"""By unit: what no median at a source reaches."""
_HIGHEST_OF_CODES: Mapping[str, float] = {"w01001": 14.0, "a19001": 25.0, "a21005": 100_000.0}
"""pH, oxygen in %, CO in mg m-3."""


def units_of_air(codes: Iterable[str]) -> dict[str, str]:
    """Units of the quantities of a table that is of ambient air; empty where nothing in it says so.

    Examples
    --------
    >>> units_of_air(["a34004", "a21026", "a21005", "a01001"])
    {'a34004': 'ug m-3', 'a21026': 'ug m-3', 'a21005': 'mg m-3'}
    >>> units_of_air(["a21026", "a19001"])
    {}
    """
    named = {code: species.slug for code in codes if (species := species_of_code(code)) is not None}
    if not _OF_AIR & set(named.values()):
        return {}
    return {code: unit for code, slug in named.items() if (unit := unit_in_air(slug))}


def without_doubtful_units(series: xr.Dataset, believed: Mapping[str, str]) -> Outcome[xr.Dataset]:
    """Leave out the quantities whose unit nobody states and whose values cannot be in that of the convention.

    Zeros, of a plant that stands, say nothing of a unit, so that the median of the others counts.

    Parameters
    ----------
    series : xarray.Dataset
        A monitor series.
    believed : mapping of str to str
        Of the variables whose unit nobody states, by name: `AIR` or `SOURCES`, whose convention was taken.
    """
    notes, doubtful = Notes(), []
    for name in sorted(believed):
        variable = series[name]
        values = np.abs(variable.values[np.isfinite(variable.values) & (variable.values != 0)])
        if not len(values) or _can_be(variable, believed[name], median := float(np.median(values))):
            continue
        said: dict[str, Value] = {"name": str(variable.attrs.get("long_name", name)), "count": len(values)}
        said |= {"unit": str(variable.attrs["units"]), "median": median}
        notes.reject(str(series.attrs["source"]), f'column "{name}"', "record_unit_implausible", said)
        doubtful.append(name)
    return notes.outcome(series.drop_vars(doubtful))


def _can_be(variable: xr.DataArray, convention: str, median: float) -> bool:
    code, unit = str(variable.attrs.get("code", "")), str(variable.attrs["units"])
    species = species_of_code(code)
    if species is not None and convention == AIR:
        return can_be_in_air(species.slug, median)
    return median <= _HIGHEST_OF_CODES.get(code, _HIGHEST.get(unit, np.inf))


def why_by_convention(of_air: bool) -> Phrase:
    """By which convention the units of a table were taken."""
    return Phrase("record_units_of_air") if of_air else Phrase("record_units_of_sources")
