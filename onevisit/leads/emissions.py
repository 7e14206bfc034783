"""Emission rates as they are handed over: grams per second where the unit of the species has a mass."""

from __future__ import annotations

from fusion.schema import Rate
from ingest.species import species_of
from ingest.units import grams_per_m3
from onevisit.leads.reference import REFERENCE


def rate_in_grams(rate: Rate | None, unit: str, species: str) -> Rate | None:
    """A rate in (``unit`` of the species) m3 s-1 as g s-1; None without a rate or a mass.

    Examples
    --------
    >>> round(rate_in_grams(Rate(2000.0, 1000.0, 5000.0), "ug m-3", "pm25").median, 9)
    0.002
    """
    known = species_of(species)
    grams = grams_per_m3(
        unit,
        known.counted_as or known.slug if known else species,
        temperature_k=REFERENCE.temperature_k,
        pressure_pa=REFERENCE.pressure_pa,
    )
    if rate is None or grams is None:
        return None
    return Rate(rate.median * grams, rate.low * grams, rate.high * grams)


def rate_unit(unit: str) -> str:
    """The UDUNITS spelling of (``unit`` of the species) m3 s-1.

    Examples
    --------
    >>> rate_unit("cm-3")
    '(cm-3) m3 s-1'
    """
    return f"({unit}) m3 s-1"
