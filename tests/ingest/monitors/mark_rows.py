"""Marks of a series, row by row, as texts."""

from __future__ import annotations

import xarray as xr

from ingest.monitors.marks import mark_texts

__all__ = ["rows_of_marks"]


def rows_of_marks(variable: xr.DataArray) -> list[str]:
    """Text of every row, empty where there is no mark."""
    texts = mark_texts(variable)
    return [texts[number] for number in variable.values.tolist()]
