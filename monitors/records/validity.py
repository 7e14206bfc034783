"""Validity before judgement: means of valid minutes and hours, and the converted value recomputed from oxygen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ingest.species import SPECIES
from monitors.records.matrices import SiteMatrices
from monitors.records.quantities import AIR_OXYGEN, NO_CONVERSION, OXYGEN
from monitors.records.regular import LENGTHS, Regular
from monitors.records.runs import Bools, Floats, find_runs, join_runs
from monitors.schema import Anomaly

T = TypeVar("T", bound=np.generic)

_EXPLAINED = 0.5  # least share of rows that one reference oxygen must explain, to be believed
_TOLERANCE = 0.05  # of the converted value; devices convert minutes, records state means of hours
_LEAST_HOURS = 3
_RATIO_TOLERANCE = 0.10  # of NOx: two converters, ± 5 % each (HJ 76-2017)


def means_of(outlet: Regular, interval: str, least: int) -> Regular:
    """Return means of longer slots from the valid ones in them; NaN where fewer than ``least`` are valid.

    A slot whose unmarked values do not suffice bears the conditions that were stated in it.

    Parameters
    ----------
    outlet : Regular
    interval : str
        ``hour`` or ``day``, longer than that of the outlet; days are local.
    least : int
        Valid slots that a mean needs.

    References
    ----------
    HJ 76-2017: 45 minutes an hour, 20 hours a day.
    """
    count = int(LENGTHS[interval] / outlet.length)
    ahead = outlet.zone_offset if interval == "day" else np.timedelta64(0, "ns")
    lead = int(((outlet.start + ahead).astype(np.int64) // outlet.length.astype(np.int64)) % count)
    slots = -(-(outlet.slots + lead) // count)
    after = slots * count - outlet.slots - lead

    def folded(matrix: NDArray[T], fill: float) -> NDArray[T]:
        padded = np.pad(matrix, ((0, 0), (lead, after)), constant_values=fill)
        return padded.reshape(len(matrix), slots, count)

    valid = folded(outlet.measured, False)
    values, converted = folded(outlet.values, np.nan), folded(outlet.corrected, np.nan)
    enough = valid.sum(axis=2) >= least
    conditions = np.bitwise_or.reduce(folded(outlet.conditions, 0), axis=2)
    row = np.pad(outlet.row, (lead, after), constant_values=-1).reshape(slots, count).max(axis=1)
    return replace(
        outlet,
        interval=interval,
        start=outlet.start - lead * outlet.length,
        length=count * outlet.length,
        values=np.where(enough, _mean(values, valid), np.nan),
        corrected=np.where(enough, _mean(converted, valid), np.nan),
        conditions=np.where(enough, 0, conditions).astype(np.uint16),
        sent=np.zeros_like(conditions),
        row=row,
    )


def _mean(values: Floats, valid: Bools) -> Floats:
    used = valid & np.isfinite(values)
    count = used.sum(axis=2)
    total = np.where(used, values, 0.0).sum(axis=2)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def reference_oxygen(measured: Floats, converted: Floats, oxygen: Floats) -> float:
    """Infer the reference oxygen that explains the stated converted values, NaN where no single one does.

    ``c' = c · (21 - ref) / (21 - O2)`` is solved for ref in every slot; of these the one is taken within whose
    tolerance most slots lie, first guessed by the median of the densest half (a robust mode).

    Parameters
    ----------
    measured, converted, oxygen : arrays, shape (slot,)
        In the unit of the record, and per cent; NaN where unknown.

    References
    ----------
    GB 13223-2011, 5.2.2.

    Examples
    --------
    >>> oxygen = np.linspace(7.0, 12.0, 30)
    >>> round(reference_oxygen(np.full(30, 20.0), 20.0 * (21 - 9) / (21 - oxygen), oxygen), 6)
    9.0
    """
    usable = np.isfinite(converted) & (measured > 0) & (converted > 0) & (oxygen < NO_CONVERSION)
    if np.count_nonzero(usable) < 2 * _LEAST_HOURS:
        return float("nan")
    implied = np.sort(AIR_OXYGEN - (converted * (AIR_OXYGEN - oxygen) / np.where(measured > 0, measured, 1))[usable])
    half = implied.size // 2
    densest = int(np.argmin(implied[half:] - implied[: implied.size - half]))
    reference = float(np.median(implied[densest : densest + half + 1]))
    near = np.abs(implied - reference) <= _TOLERANCE * (AIR_OXYGEN - reference)
    if np.mean(near) < _EXPLAINED or not 0.0 <= reference < NO_CONVERSION:
        return float("nan")
    return float(np.median(implied[near]))


def seek_converted(site: SiteMatrices) -> Iterator[Anomaly]:
    """Find hours whose stated converted value is not the one recomputed from oxygen.

    Formula: ``c · (21 - ref) / (21 - O2)`` with the reference that explains most of the record; told from 3 hours
    on, beyond 5 % and the rounding of the record. ``strength`` is the largest difference over that tolerance.
    Rivals: the conversion used another oxygen (a manual value, a substitute). It cannot tell which of the three
    values is wrong, and says nothing where most of the record follows no single reference.
    """
    for outlet in site.outlets:
        place = outlet.index(OXYGEN)
        if place is None or outlet.interval == "day":
            continue
        oxygen = outlet.values[place]
        for quantity in np.flatnonzero(outlet.has_corrected).tolist():
            yield from _converted_of(outlet, quantity, oxygen)


def _converted_of(outlet: Regular, quantity: int, oxygen: Floats) -> Iterator[Anomaly]:
    measured, stated = outlet.values[quantity], outlet.corrected[quantity]
    reference = reference_oxygen(measured, stated, oxygen)
    if np.isnan(reference):
        return
    factor = np.divide(AIR_OXYGEN - reference, AIR_OXYGEN - oxygen, where=oxygen < NO_CONVERSION, out=oxygen * np.nan)
    expected = measured * factor
    rounding = outlet.resolution[quantity] * (1.0 + np.abs(factor))
    allowed = _TOLERANCE * np.abs(expected) + rounding
    apart = np.abs(stated - expected) > allowed
    for run in join_runs(find_runs(apart, _LEAST_HOURS), 1):
        there = np.where(apart[run.slots], np.abs(stated - expected)[run.slots] / allowed[run.slots], 0.0)
        worst = run.first + int(np.argmax(there))
        values: dict[str, float | str] = {
            "stated": float(stated[worst]),
            "recomputed": float(expected[worst]),
            "oxygen": float(oxygen[worst]),
            "reference_oxygen": reference,
            "unit": outlet.units[quantity],
            "intervals": float(run.length),
        }
        yield outlet.tell("converted_differs", run._replace(quantity=quantity), float(there.max()), values)


def seek_nitrogen_oxides(site: SiteMatrices) -> Iterator[Anomaly]:
    """Find records whose NOx is the plain sum of NO and NO2, where NOx counts as NO2.

    Formula: NOx against ``NO · M(NO2) / M(NO) + NO2``; told once a record if it lies below by more than 10 % in the
    middle of it and within 10 % of the plain sum. It cannot tell a converter that loses NO2 from a sum made wrong.

    References
    ----------
    HJ 76-2017 (NOx as NO2); GB 13223-2011, table 1.
    """
    for outlet in site.outlets:
        nitric, dioxide, both = (outlet.index(SPECIES[slug].code) for slug in ("no", "no2", "nox"))
        if nitric is None or dioxide is None or both is None:
            continue
        mass = (SPECIES["no2"].molar_mass_g_mol or np.nan) / (SPECIES["no"].molar_mass_g_mol or np.nan)
        no, no2, nox = (outlet.values[place] for place in (nitric, dioxide, both))
        used = outlet.measured[[nitric, dioxide, both]].all(axis=0) & (no > 0) & (nox > 0)
        if np.count_nonzero(used) < 2 * _LEAST_HOURS:
            continue
        expected, plain = float(np.median((no * mass + no2)[used])), float(np.median((no + no2)[used]))
        stated = float(np.median(nox[used]))
        low = stated < (1.0 - _RATIO_TOLERANCE) * expected
        if low and abs(stated - plain) < _RATIO_TOLERANCE * plain:
            at = np.flatnonzero(used)
            values: dict[str, float | str] = {
                "stated": stated, "recomputed": expected, "unit": outlet.units[both], "compared": "nox_as_no2",
            }  # fmt: skip
            (run,) = find_runs(np.ones(int(at[-1] - at[0]) + 1, bool))
            run = run._replace(quantity=both, first=int(at[0]), last=int(at[-1]))
            yield outlet.tell("converted_differs", run, expected / stated / (1.0 + _RATIO_TOLERANCE), values)
