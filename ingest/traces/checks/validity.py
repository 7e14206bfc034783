"""What a netCDF variable says of its own values: valid range, missing values, flags beside it (CF 2.5.1, 3.5)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import xarray as xr

from ingest.flags import Flag, FlagArray
from ingest.outcome import Notes, Outcome, Value
from ingest.traces.record import FloatArray
from ingest.traces.status import StatusColumn

_OWN = {str(flag.name).lower(): flag for flag in Flag}


def valid_values(variable: xr.Variable, name: str, item: str) -> Outcome[FloatArray]:
    """Values of a decoded variable, NaN where ``valid_min``, ``valid_max`` or ``valid_range`` do not allow them.

    Limits of packed variables are given in packed numbers, unless they are of the type of the unpacked ones.

    Parameters
    ----------
    variable : Variable (obs,)
        As xarray decodes it.
    name, item : str
        Variable and file for people.
    """
    values = np.asarray(variable.values).astype(np.float64)
    notes = Notes()
    codes = {key: variable.encoding[key] for key in ("_FillValue", "missing_value") if key in variable.encoding}
    lost = int(np.isnan(values).sum())
    numbers = [code for code in np.ravel(list(codes.values())).tolist() if np.isfinite(code)]
    if lost and numbers:
        shown = tuple(dict.fromkeys(f"{code:g}" for code in numbers))
        said: dict[str, Value] = {"count": lost, "name": name, "attributes": tuple(codes), "codes": shown}
        notes.decide(item, "values_marked_missing", said)
    low, high, attributes = _limits(variable)
    with np.errstate(invalid="ignore"):
        outside = (values < low) | (values > high)
    if outside.any():
        first = float(values[outside][0])
        count = int(outside.sum())
        notes.decide(
            item,
            "values_not_valid",
            {"count": count, "name": name, "attributes": attributes, "low": low, "high": high, "first": first},
        )
        values = np.where(outside, np.nan, values)
    return notes.outcome(values)


def _limits(variable: xr.Variable) -> tuple[float, float, tuple[str, ...]]:
    found = {"low": -np.inf, "high": np.inf}
    named = []
    for attribute, ends in (("valid_range", ("low", "high")), ("valid_min", ("low",)), ("valid_max", ("high",))):
        numbers = np.ravel(variable.attrs.get(attribute, ()))
        if len(numbers) != len(ends) or numbers.dtype.kind not in "fiu":
            continue
        named.append(attribute)
        found |= dict(zip(ends, (_unpacked(number, variable.encoding) for number in numbers), strict=True))
    low, high = sorted(found.values())
    return low, high, tuple(named)


def _unpacked(number: np.number, encoding: Mapping[str, object]) -> float:
    scale, offset = encoding.get("scale_factor"), encoding.get("add_offset")
    packed = np.dtype(str(encoding["dtype"])) if "dtype" in encoding else None
    if (scale is None and offset is None) or packed is None or packed.kind not in "iu" or number.dtype.kind == "f":
        return float(number)
    return float(number) * _number(scale, 1.0) + _number(offset, 0.0)


def _number(value: object, default: float) -> float:
    return default if value is None else float(np.ravel(np.asarray(value, np.float64))[0])


def quality_of(dataset: xr.Dataset, name: str, good: np.ndarray) -> tuple[FlagArray | None, list[StatusColumn]]:
    """Flags beside a variable: those of our own files as bits, those of others as a status in their words.

    Parameters
    ----------
    dataset : Dataset
        Of the file.
    name : str
        The variable, whose ``ancillary_variables`` names its flags, or which has them under its name and ``_qc``.
    good : array of bool
        The rows that are used.
    """
    own: FlagArray | None = None
    statuses = []
    beside = str(dataset[name].attrs.get("ancillary_variables", "")).split()
    for flags in dict.fromkeys((*beside, f"{name}_qc")):
        if flags == "qc_flag" or flags not in dataset.variables or dataset[flags].dims != dataset[name].dims:
            continue
        words = str(dataset[flags].attrs.get("flag_meanings", "")).split()
        numbers = dataset[flags].values[good]
        if not words or not np.isfinite(numbers.astype(np.float64)).all():
            continue
        masks = np.ravel(dataset[flags].attrs.get("flag_masks", ()))
        if len(masks) == len(words) and set(words) <= set(_OWN):
            bits = [(int(mask), np.uint32(_OWN[word])) for mask, word in zip(masks.tolist(), words, strict=True)]
            integers = numbers.astype(np.int64)
            own = np.zeros(len(numbers), np.uint32) if own is None else own
            for mask, flag in bits:
                own = (own | np.where(integers & mask, flag, np.uint32(0))).astype(np.uint32)
            continue
        listed = np.ravel(dataset[flags].attrs.get("flag_values", ()))
        if len(listed) == len(words):
            meanings = {float(v): word.replace("_", " ") for v, word in zip(listed.tolist(), words, strict=True)}
            texts = [meanings.get(float(number), "") for number in numbers.tolist()]
            statuses.append(StatusColumn(flags, pl.Series(texts, dtype=pl.String), (name,)))
    return own, statuses
