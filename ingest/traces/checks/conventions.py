"""Units of a table that states none: the national convention where its headings are Chinese, else what to advise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.conventions import can_be_in_air, unit_in_air
from ingest.outcome import Decision, Outcome, Phrase, Value
from ingest.species import SPECIES, Species
from ingest.text.heading_units import spells_concentration
from ingest.text.headings import Quantity
from ingest.traces.record import FloatArray
from ingest.units import Unit, parse_unit

_CHINESE_HEADINGS = 2


def is_chinese(headings: Sequence[str]) -> bool:
    """Whether a table has Chinese headings: two of them, for one may be a remark.

    Examples
    --------
    >>> is_chinese(["时间", "经度", "PM2.5"]), is_chinese(["time", "lon", "PM2.5"])
    (True, False)
    """
    return sum(any("一" <= letter <= "鿿" for letter in heading) for heading in headings) >= _CHINESE_HEADINGS


def unit_by_convention(values: FloatArray, quantity: Quantity, item: str, heading: str) -> Outcome[Unit | None]:
    """The unit of the national convention for a species, if the values can be in it and none is stated; else None.

    Parameters
    ----------
    values : array (obs,)
        As they stand in the file.
    quantity : Quantity
        Of a species.
    item, heading : str
        File and column for people.
    """
    median = _median(values)
    if spells_concentration(heading) or not can_be_in_air(quantity.slug, median):
        return Outcome(None)
    unit = unit_in_air(quantity.slug)
    said: dict[str, Value] = {"heading": heading, "unit": unit, "species": quantity.slug, "median": median}
    return Outcome(parse_unit(unit), (Decision(item, "unit_by_convention", said),))


def why_no_convention(values: FloatArray, quantity: Quantity) -> Phrase:
    """Why the convention was not followed in a Chinese table: its unit is implausible, or there is none."""
    unit = unit_in_air(quantity.slug)
    if not unit:
        return Phrase("convention_has_no_unit")
    return Phrase("convention_implausible", {"unit": unit, "median": _median(values)})


def advised_unit(values: FloatArray, quantity: Quantity) -> str:
    """A unit that fits a species, for the line that a person may write.

    Examples
    --------
    >>> advised_unit(np.array([35.0]), Quantity("pm25", "species", "", ()))
    'ug m-3'
    >>> [advised_unit(np.array([0.6]), Quantity(slug, "species", "", ())) for slug in ("co", "no2")]
    ['ppm', 'ppb']
    """
    species = SPECIES.get(quantity.slug)
    if species is None:
        return quantity.unit or "ppb"
    median = _median(values)
    if species.family == "particles":
        return _of_particles(species, median)
    if species.logger_unit != "ppb":
        return species.logger_unit or species.unit
    return "ppm" if median < (20.0 if species.slug == "co" else 0.5) else "ppb"


def _of_particles(species: Species, median: float) -> str:
    if species.logger_unit == "ug m-3" and species.slug != "bc" and median < 0.5:
        return "mg m-3"
    return species.logger_unit or species.unit


def _median(values: FloatArray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")
