"""What all rules of one site read: its outlets as matrices, what is set, and when the site ran."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from monitors.records.regular import Regular, regular_of
from monitors.records.runs import Bools, Floats
from monitors.schema import Activity, SiteRecords
from monitors.settings import RecordSettings

_SURE = 0.9


@dataclass(frozen=True, eq=False)
class SiteMatrices:
    """The reporting points of a site that measure something, in order of their series."""

    records: SiteRecords
    outlets: tuple[Regular, ...]
    settings: RecordSettings = field(default_factory=RecordSettings)
    activity: Activity | None = None

    def running(self, outlet: Regular) -> Floats:
        """Probability that the site ran in each slot of an outlet, NaN where no record surely tells (90 %).

        What is told by the outlet alone is in doubt, so that no outlet is held against itself.
        """
        if self.activity is None or not self.activity.time.size:
            return np.full(outlet.slots, np.nan)
        at = outlet.start + np.arange(outlet.slots) * outlet.length + outlet.length // 2
        place = np.searchsorted(self.activity.time, at, side="right") - 1
        safe = np.maximum(place, 0)
        since = (at - self.activity.time[safe]) / np.timedelta64(1, "s")
        within = (place >= 0) & (since < self.activity.length_s[safe])
        chance = np.where(within, self.activity.running[safe], np.nan)
        return np.where(np.maximum(chance, 1.0 - chance) >= _SURE, chance, np.nan)

    def alive(self, outlet: Regular) -> Bools:
        """Slots in which the plant ran, as far as its outlet and the records of the site tell."""
        return outlet.alive & ~(self.running(outlet) < 0.5)


def matrices_of(
    records: SiteRecords, settings: RecordSettings | None = None, activity: Activity | None = None
) -> SiteMatrices:
    """Return a site's records as matrices.

    Parameters
    ----------
    records : SiteRecords
    settings : RecordSettings, optional
    activity : Activity, optional
        When the site ran, as far as its records can tell.
    """
    settings = settings or RecordSettings()
    outlets = (regular_of(one, settings.time_zone) for one in records.series)
    return SiteMatrices(records, tuple(one for one in outlets if one is not None), settings, activity)
