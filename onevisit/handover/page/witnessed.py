"""What each witness says of the likeliest sites of a hotspot, as bars about a middle: right for, left against."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from fusion.schema import Attribution, SiteProbability
from ingest.schema import Site
from onevisit.words.numbers import probability_text, rounded
from onevisit.words.strings import Words

MOST_SITES = 3
_LEAST_SHOWN = 0.01
_DECADES = 2.0
"""Either way: a bar ends at a hundredfold, with an arrow where the ratio is beyond."""
_SILENT = 1.05


@dataclass(frozen=True)
class WitnessBar:
    """One witness of one site: ``side`` is for, against or none, ``width`` of the half it fills in per cent."""

    label: str
    about: str
    side: str
    width: float
    beyond: bool
    value: str


@dataclass(frozen=True)
class WitnessedSite:
    """A candidate site with its witnesses."""

    label: str
    probability: str
    bars: tuple[WitnessBar, ...]


def witnessed_sites(attribution: Attribution, sites: Mapping[str, Site], words: Words) -> tuple[WitnessedSite, ...]:
    """The likeliest sites, each with the witnesses that spoke of it."""
    ordered = sorted(attribution.sites, key=lambda s: (-s.probability, s.site_id))
    return tuple(
        WitnessedSite(
            sites[s.site_id].name if s.site_id in sites else s.site_id,
            probability_text(s.probability),
            _bars(s, words),
        )
        for s in ordered[:MOST_SITES]
        if s.probability >= _LEAST_SHOWN and s.witnesses
    )


def _bars(site: SiteProbability, words: Words) -> tuple[WitnessBar, ...]:
    return tuple(
        _bar(words(f"witness_{w.kind}"), words(f"witness_about_{w.kind}"), w.ratio, words) for w in site.witnesses
    )


def _bar(label: str, about: str, ratio: float, words: Words) -> WitnessBar:
    size = max(ratio, 1 / ratio) if ratio > 0 else math.inf
    if size < _SILENT:
        return WitnessBar(label, about, "none", 0.0, False, words("neutral_witness"))
    side, sign = ("for", "×") if ratio > 1 else ("against", "÷")
    width = 100 * min(math.log10(size) / _DECADES, 1.0)
    most = 10.0**_DECADES
    value = f"{sign} {rounded(size, 2)}" if size <= most else f"{sign} > {most:.0f}"
    return WitnessBar(label, about, side, width, size > most, value)
