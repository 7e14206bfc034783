"""What cells of a trace say instead of a number, or beside one: limits as flags of the value, words as statuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from ingest.flags import Flag
from ingest.text.cells import ABOVE, BELOW
from ingest.traces.columns import Use
from ingest.traces.record import Channel
from ingest.traces.status import StatusColumn

_BOUNDS = {BELOW: Flag.BELOW_DETECTION_LIMIT, ABOVE: Flag.VALUE_OUT_OF_RANGE}


def said_of(frame: pl.DataFrame, index: int, good: np.ndarray) -> pl.Series | None:
    """Words of a column's cells in the placed rows; None where no cell says anything."""
    return _placed(frame, f"c{index}_said", good)


def limits_of(frame: pl.DataFrame, index: int, good: np.ndarray) -> pl.Series | None:
    """Limits of detection that a column's cells state in the placed rows; None where none does."""
    return _placed(frame, f"c{index}_limit", good)


def _placed(frame: pl.DataFrame, name: str, good: np.ndarray) -> pl.Series | None:
    if name not in frame.columns:
        return None
    return frame[name] if good.all() else frame[name].filter(pl.Series(good))


def with_limit(channel: Channel, limits: pl.Series | None) -> Channel:
    """Keep the limit of detection that the file states (``<0.025``) of a species; of several the largest."""
    if limits is None or not channel.is_species or limits.null_count() == len(limits):
        return channel
    return replace(channel, detection_limit=float(limits.to_numpy()[limits.is_not_null().to_numpy()].max()))


def flag_bounds(channel: Channel, said: pl.Series | None) -> Channel:
    """Flag the values that are said to be below detection or above the range."""
    if said is None:
        return channel
    qc = np.zeros(len(channel.values), np.uint32) if channel.qc is None else channel.qc
    for word, flag in _BOUNDS.items():
        qc = np.where((said == word).fill_null(value=False).to_numpy(), qc | np.uint32(flag), qc).astype(np.uint32)
    return replace(channel, qc=qc) if qc.any() else channel


def words_of_cells(
    frame: pl.DataFrame, uses: Sequence[Use], good: np.ndarray, names: Mapping[int, str]
) -> list[StatusColumn]:
    """Marks among the numbers of a column, as a status of its channel (see `ingest.traces.status`)."""
    found = []
    for use in uses:
        said = said_of(frame, use.index, good)
        if said is None or use.index not in names:
            continue
        words = said.fill_null("").replace(list(_BOUNDS), "")
        if (words != "").any():
            found.append(StatusColumn(use.heading, words, (names[use.index],)))
    return found
