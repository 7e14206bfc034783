"""What the records of sites say of a hotspot: a plant that stood while a plume was met hardly made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fusion.attribution.candidates import Candidates
from fusion.attribution.verdict import Weighed
from fusion.attribution.witness_settings import WitnessSettings
from fusion.attribution.witnesses import Witness
from fusion.schema import Ran


@dataclass(frozen=True)
class Activities:
    """Whether sites ran when plumes were met: a site that ran is a little likelier, one that stood much less.

    The mean over the crossings of a hotspot speaks, once: hours of one record are one witness. Sites without records
    are neither; nor is a source on no list.
    """

    ran: Sequence[Ran]
    settings: WitnessSettings = field(default_factory=WitnessSettings)
    kind: str = "activity"

    def hear(self, weighed: Sequence[Weighed], sites: Candidates, /) -> tuple[Witness | None, ...]:
        """What the records say of each hotspot; None where no candidate has any for its time."""
        known = {(one.hotspot_id, one.site_id): one.chance for one in self.ran}
        return tuple(
            self._one(w, [known.get((w.hotspot.id, sites.ids[k])) for k in w.chosen], sites) for w in weighed
        )

    def _one(self, w: Weighed, chances: Sequence[float | None], sites: Candidates) -> Witness | None:
        told = [k for k, chance in zip(w.chosen, chances, strict=True) if chance is not None]
        if not told:
            return None
        ran, stood = self.settings.ran, self.settings.stood
        ratios = [0.0 if c is None else np.log(c * ran + (1 - c) * stood) for c in chances]
        data = tuple(f"ran:{sites.ids[k]}" for k in told)
        return Witness(self.kind, data, np.array(ratios), 0.0, 0.0, "activity")
