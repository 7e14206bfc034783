"""What the monitors room gives away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.schema import Site


class Cause(StrEnum):
    """What can have made a record look as it does."""

    EMISSION = "emission"
    """The site emitted so, or did not treat what it made: the record is right."""
    TAMPERING = "tampering"
    """The record or its mark was made to look so."""
    FAULT = "fault"
    """The analyser, its sampling or a meter is at fault."""
    MAINTENANCE = "maintenance"
    """Calibration, check or repair in the ordinary course."""
    OPERATION = "operation"
    """The plant ran so and may: a stop, a start, a season, a quantity that is replaced by rule."""
    TRANSMISSION = "transmission"
    """Values were lost or came late on their way."""


@dataclass(frozen=True)
class Anomaly:
    """Something that the records of one reporting point say and that asks for an explanation; never a verdict.

    ``kind`` names the rule. ``permit_code``, ``uscc`` and ``site_name`` name the site as the record does, each
    empty where it is silent; ``source`` is the file, ``code`` the quantity. ``start`` and ``end`` are UTC, the end
    that of the last interval. ``strength`` is 1 where the rule begins to speak. ``values`` holds what was compared
    with what, by name; ``rivals`` the codes of what else could explain it, none where the record names nothing.
    ``causes`` are the probabilities of what can have made it, which sum to one; empty until they were weighed.
    """

    kind: str
    permit_code: str
    uscc: str
    site_name: str
    point: str
    source: str
    code: str
    start: datetime
    end: datetime
    strength: float
    values: Mapping[str, float | str] = field(default_factory=dict)
    rivals: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
    causes: Mapping[Cause, float] = field(default_factory=dict)

    @property
    def cause(self) -> Cause | None:
        """The likeliest cause, None where none was weighed."""
        return max(self.causes, key=lambda one: self.causes[one], default=None)


@dataclass(frozen=True, eq=False)
class SiteRecords:
    """All series of one site, outlets and devices alike, and what the register says of the site (None if unlisted).

    ``permit_code``, ``uscc`` and ``site_name`` are as the records have them, each empty where they are silent.
    """

    permit_code: str
    uscc: str
    site_name: str
    series: tuple[xr.Dataset, ...]
    site: Site | None = None


@dataclass(frozen=True, eq=False)
class Activity:
    """Whether a site ran, as a function of time, as far as its records can tell.

    ``time`` (UTC, strictly increasing) are the starts of intervals of ``length_s`` seconds, ``running`` the
    probability that the site ran in each, NaN where no record says anything; ``basis`` names the series it rests on.
    """

    permit_code: str
    uscc: str
    site_name: str
    time: NDArray[np.datetime64]
    length_s: NDArray[np.float64]
    running: NDArray[np.float64]
    basis: tuple[str, ...] = ()


def utc_of(moment: np.datetime64) -> datetime:
    """A time of a record, to the second, as an anomaly states it."""
    return datetime.fromtimestamp(int(moment.astype("datetime64[s]").astype(np.int64)), UTC)
