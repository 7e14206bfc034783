"""Road segments with the medians of their drive passes: what campaigns of mobile monitoring publish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from onevisit.handover.data.geojson import write_shapes
from tracks.segments.medians import SegmentMap


@dataclass(frozen=True, eq=False)
class SegmentLine:
    """One species on one road segment: medians over ``passes`` drive passes of the mean of each, in ``unit``.

    ``_low`` and ``_high`` bound 95 % (NaN where the passes are too few for an interval). ``first`` and ``last`` are
    the times of the first and last value; ``lon``, ``lat`` is the middle of ``line`` (WGS 84 degrees).
    """

    id: str
    street: str
    length_m: float
    species: str
    unit: str
    passes: int
    median: float
    median_low: float
    median_high: float
    enhancement: float
    enhancement_low: float
    enhancement_high: float
    first: datetime
    last: datetime
    lon: float
    lat: float
    line: shapely.LineString


def segment_lines(segments: SegmentMap, suffix: str = "") -> Iterator[SegmentLine]:
    """Every species on every segment that a pass has a value for, in order of segment and species.

    ``suffix`` is that of the region; segments have the same number in every species.
    """
    network, medians = segments.network, segments.medians
    numbers = medians["segment"].values
    lines, lengths = network.geometries(numbers), network.lengths(numbers)
    middles = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    values = {name: medians[name].values for name in medians.data_vars}
    named = list(zip(medians["species"].values.tolist(), medians["units"].values.tolist(), strict=True))
    for k, number in enumerate(numbers.tolist()):
        for s in np.flatnonzero(values["passes"][:, k]):
            species, unit = named[s]
            yield SegmentLine(
                id=f"S{number + 1:05d}{suffix}",
                street=network.street(number),
                length_m=float(lengths[k]),
                species=species,
                unit=unit,
                passes=int(values["passes"][s, k]),
                median=float(values["value"][s, k]),
                median_low=float(values["value_low"][s, k]),
                median_high=float(values["value_high"][s, k]),
                enhancement=float(values["enhancement"][s, k]),
                enhancement_low=float(values["enhancement_low"][s, k]),
                enhancement_high=float(values["enhancement_high"][s, k]),
                first=_time(values["first"][s, k]),
                last=_time(values["last"][s, k]),
                lon=round(float(middles[k, 0]), 7),
                lat=round(float(middles[k, 1]), 7),
                line=lines[k],
            )


def write_segments(path: Path, regions: Sequence[tuple[str, SegmentMap]]) -> None:
    """Write ``segments.geojson``: a line per segment and species with the fields of `SegmentLine`."""
    write_shapes(
        path,
        (
            (line.line, {name: value for name, value in vars(line).items() if name != "line"})
            for suffix, segments in regions
            for line in segment_lines(segments, suffix)
        ),
    )


def _time(value: np.datetime64) -> datetime:
    return pd.Timestamp(value).to_pydatetime(warn=False).replace(tzinfo=UTC)
