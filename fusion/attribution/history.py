"""What was measured on earlier days says of a site: one that was a source may be one again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from fusion.attribution.candidates import Candidates
from fusion.attribution.verdict import Weighed
from fusion.attribution.witness_settings import WitnessSettings
from fusion.attribution.witnesses import Witness
from fusion.schema import Earlier
from fusion.settings import FusionSettings


@dataclass(frozen=True)
class History:
    """Probabilities that earlier measurements gave to sites, as they stood on the mission's own ``day``.

    Measurements only: visits and penalties that came of them would feed on themselves. The largest of a site counts,
    as a belief of ``settings.still_emits`` that it emits now as well.

    Raises
    ------
    ValueError
        If one is not of a day before.
    """

    earlier: Sequence[Earlier]
    day: date
    priors: FusionSettings = field(default_factory=FusionSettings)
    settings: WitnessSettings = field(default_factory=WitnessSettings)
    kind: str = "history"

    def __post_init__(self) -> None:
        """Refuse what was not known yet."""
        late = next((one for one in self.earlier if one.day >= self.day), None)
        if late is not None:
            raise ValueError(f"{late.id} was measured on {late.day}, expected a day before {self.day}")

    def hear(self, weighed: Sequence[Weighed], sites: Candidates, /) -> tuple[Witness | None, ...]:
        """What earlier days say of each hotspot; None where they named no candidate."""
        best: dict[str, Earlier] = {}
        for one in self.earlier:
            if one.site_id not in best or one.probability > best[one.site_id].probability:
                best[one.site_id] = one
        return tuple(self._one([best.get(sites.ids[k]) for k in w.chosen]) for w in weighed)

    def _one(self, named: Sequence[Earlier | None]) -> Witness | None:
        share = self.priors.emitter_share
        believed = self.settings.still_emits * np.array([one.probability if one else 0.0 for one in named])
        data = tuple(dict.fromkeys(one.id for one in named if one))
        ratios = np.log((share + (1 - share) * believed) / share)
        return Witness(self.kind, data, ratios, 0.0, 0.0, "history") if data else None
