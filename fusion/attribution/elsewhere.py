"""What the other hotspots of a mission say of a site: one that emits there emits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fusion.attribution.candidates import Candidates
from fusion.attribution.verdict import Weighed
from fusion.attribution.witnesses import Witness
from fusion.settings import FusionSettings


@dataclass(frozen=True)
class Elsewhere:
    """Raises the odds of sites that explain hotspots elsewhere.

    Prior odds of emitting are ``settings.emitter_share``; the largest probability that the site explains a hotspot at
    another place, as each was weighed without this witness, takes its place where it is larger. Species that rise at
    one place are one plume and do not bear each other out.
    """

    settings: FusionSettings
    kind: str = "elsewhere"

    def hear(self, weighed: Sequence[Weighed], _: Candidates, /) -> tuple[Witness | None, ...]:
        """What all others say of each; None where there is no other place."""
        site = np.concatenate([np.empty(0, np.int64), *(w.chosen for w in weighed)])
        if not site.size:
            return (None,) * len(weighed)
        order = np.argsort(site, kind="stable")
        names, first = np.unique(site[order], return_index=True)
        by = np.repeat(np.arange(len(weighed)), [w.chosen.size for w in weighed])[order]
        shares = np.concatenate([w.shares[:-2] for w in weighed])[order]
        x, y = np.array([w.x for w in weighed]), np.array([w.y for w in weighed])
        share, found = self.settings.emitter_share, []
        for w in weighed:
            far = np.hypot(x - w.x, y - w.y) > self.settings.near_m
            highest = np.maximum.reduceat(np.where(far[by], shares, 0.0), first)
            believed = self.settings.elsewhere_share * highest[np.searchsorted(names, w.chosen)]
            others = tuple(one.hotspot.id for one, away in zip(weighed, far, strict=True) if away)
            ratios = np.log((share + (1 - share) * believed) / share)
            found.append(Witness(self.kind, others, ratios, 0.0, 0.0, "elsewhere") if others else None)
        return tuple(found)
