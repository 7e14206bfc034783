"""One hotspot as seen from one site: what it says, what speaks against it, and what it asks for.

Inspectors are sent only where a hotspot recurs beyond chance, is not what passing vehicles emit too, has a wind
direction, points at one door rather than at its neighbours, and what is emitted there is more likely than not beyond
what the site may. All else is measured again, or settled off site.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fusion.schema import Attribution, Hotspot, SiteProbability
from ingest.outcome import Phrase, Value
from ingest.schema import Site
from onevisit.leads.lawful import Indication
from onevisit.leads.rivals import explain_place, probability_of, unlawful_given
from onevisit.leads.tables import RivalTables
from onevisit.schema import Disposition, Explanation, Rival
from onevisit.settings import VisitSettings

_OF_SITE = (Rival.UNLAWFUL, Rival.PERMITTED)


@dataclass(frozen=True)
class Clue:
    """What one hotspot says of one site; ``heard`` is what speaks of its lawfulness, ``why`` of the disposition."""

    hotspot: Hotspot
    share: float
    explanations: tuple[Explanation, ...]
    disposition: Disposition
    why: tuple[Phrase, ...]
    place: int
    heard: tuple[Indication, ...] = ()
    urgent: bool = False

    @property
    def probability(self) -> float:
        """That the site made it, lawfully or not."""
        return probability_of(self.explanations, *_OF_SITE)

    @property
    def reason(self) -> Phrase:
        """All of ``why``, with the name of the hotspot."""
        return Phrase("of_hotspot", {"id": self.hotspot.id, "what": self.why})


def read_clue(
    site: Site,
    candidate: SiteProbability,
    hotspot: Hotspot,
    attribution: Attribution,
    *,
    heard: Sequence[Indication],
    settings: VisitSettings,
    tables: RivalTables,
    urgent: Collection[str] = (),
) -> Clue:
    """What a hotspot says of one of its candidates.

    Parameters
    ----------
    site : Site
    candidate : SiteProbability
        Its share of the hotspot.
    hotspot : Hotspot
    attribution : Attribution
        Of the hotspot; ``candidate`` is one of its sites.
    heard : sequence of Indication
        What speaks of the lawfulness of what the site emits.
    settings : VisitSettings
    tables : RivalTables
    urgent : collection of str
        Ids of hotspots with a value of acute harm: nobody is sent there to measure.
    """
    unlawful = unlawful_given((one.ratio for one in heard), tables)
    doubtful = bool(site.elsewhere) or site.position_sd_m > settings.visit_position_sd_m
    explanations = explain_place(
        attribution,
        site.site_id,
        fault=fault_probability(hotspot.passes_seen, settings),
        misplaced=tables.misplaced["doubtful" if doubtful else "settled"],
        unlawful=unlawful,
    )
    disposition, why = _dispose(site, candidate, hotspot, attribution, explanations, heard, settings)
    clue = Clue(hotspot, candidate.probability, explanations, disposition, why, candidate.place, tuple(heard))
    return _with_alarm(clue) if hotspot.id in urgent else clue


def fault_probability(passes_seen: int, settings: VisitSettings) -> float:
    """Probability that an enhancement seen in so many passes was made by the instrument or its set-up.

    A fault makes one enhancement with ``fault_prior`` and falls into the same cells again with ``fault_repeat`` on
    each further pass, so the odds shrink geometrically (Bayes' rule with independent passes). It does not hold for a
    fault tied to a place, such as a spot where the intake always meets the vehicle's own exhaust.

    Examples
    --------
    >>> round(fault_probability(1, VisitSettings()), 4), round(fault_probability(3, VisitSettings()), 5)
    (0.05, 0.00053)
    """
    odds = settings.fault_prior * settings.fault_repeat ** max(passes_seen - 1, 0)
    return odds / (odds + 1.0 - settings.fault_prior) if odds else 0.0


def sighting_doubts(hotspot: Hotspot, settings: VisitSettings) -> list[Phrase]:
    """Why a hotspot was not seen well enough to act on."""
    seen, crossed = hotspot.passes_seen, hotspot.passes_crossed
    doubts = []
    if seen < settings.visit_passes:
        values = {"seen": seen, "crossed": crossed, "needed": settings.visit_passes}
        doubts.append(Phrase("seen_too_seldom", values))
    elif hotspot.tier == "single":
        doubts.append(Phrase("chance_may_explain", {"seen": seen, "crossed": crossed}))
    elif seen < settings.visit_share_seen * crossed:
        values_of_few = {"seen": seen, "crossed": crossed, "share": settings.visit_share_seen}
        doubts.append(Phrase("seen_in_few", values_of_few))
    return [*doubts, Phrase("only_exhaust")] if hotspot.exhaust else doubts


def _with_alarm(clue: Clue) -> Clue:
    """The same clue at a place with a value of acute harm: nobody is sent there to measure."""
    visited = clue.disposition is Disposition.VISIT
    first = Phrase("duty_officer_first" if visited else "duty_officer_first_no_drive")
    disposition = Disposition.NONE if clue.disposition is Disposition.MEASURE_AGAIN else clue.disposition
    return replace(clue, disposition=disposition, why=(first, *clue.why), urgent=True)


def _dispose(
    site: Site,
    candidate: SiteProbability,
    hotspot: Hotspot,
    attribution: Attribution,
    explanations: Sequence[Explanation],
    heard: Sequence[Indication],
    settings: VisitSettings,
) -> tuple[Disposition, tuple[Phrase, ...]]:
    """What one hotspot asks for at one site, and what stops it from being more."""
    share = candidate.probability
    if share < settings.measure_probability:
        return Disposition.NONE, (Phrase("too_unlikely", {"p": share}),)
    following = max((c.probability for c in attribution.sites if c.site_id != site.site_id), default=0.0)
    doubts = [
        *sighting_doubts(hotspot, settings),
        *_wind_doubts(hotspot, attribution),
        *_place_doubts(site, candidate, settings),
        *_door_doubts(site, share, following, settings),
    ]
    if doubts:
        return Disposition.MEASURE_AGAIN, tuple(doubts)
    seen = {"seen": hotspot.passes_seen, "crossed": hotspot.passes_crossed, "p": share}
    explained = Phrase("explained_by_site", seen)
    unlawful = probability_of(explanations, Rival.UNLAWFUL)
    told = tuple(one.text for one in heard)
    if unlawful >= settings.visit_probability:
        return Disposition.VISIT, (explained, *told, Phrase("likely_beyond_permit", {"p": unlawful}))
    if not heard:
        return Disposition.MEASURE_AGAIN, (explained, Phrase("lawfulness_unknown"))
    if unlawful >= probability_of(explanations, Rival.PERMITTED):
        return Disposition.MEASURE_AGAIN, (explained, *told, Phrase("lawfulness_open", {"p": unlawful}))
    return Disposition.NONE, (explained, *told, Phrase("within_permit", {"p": unlawful}))


def _wind_doubts(hotspot: Hotspot, attribution: Attribution) -> list[Phrase]:
    speed = hotspot.wind_speed
    if speed is None or not np.isfinite(speed):  # a logger without an anemometer may have borrowed the wind
        return [Phrase("no_wind_measured")] if attribution.bearing_deg is None else []
    if hotspot.wind_from_deg is None:
        return [Phrase("calm_no_direction", {"speed": speed})]
    return [Phrase("data_give_no_direction")] if attribution.bearing_deg is None else []


def _place_doubts(site: Site, candidate: SiteProbability, settings: VisitSettings) -> list[Phrase]:
    """A site of several places whose likeliest one is not ``rival_ratio`` times as likely as the rest."""
    share = candidate.place_probability
    if not site.elsewhere or share >= settings.rival_ratio * (1.0 - share):
        return []
    return [Phrase("register_leaves_places", {"count": 1 + len(site.elsewhere), "share": share})]


def _door_doubts(site: Site, probability: float, following: float, settings: VisitSettings) -> list[Phrase]:
    doubts = []
    if site.position_sd_m > settings.visit_position_sd_m:
        values: dict[str, Value] = {"sd_m": float(site.position_sd_m), "crs_source": site.crs_source.phrase}
        doubts.append(Phrase("coordinates_too_coarse", values))
    if probability < settings.visit_probability:
        below = _below(probability, settings.visit_probability)
        doubts.append(Phrase("share_below_limit", {"p": below, "limit": settings.visit_probability}))
    if probability < settings.rival_ratio * following:
        doubts.append(Phrase("neighbour_nearly_as_likely", {"other": following, "p": probability}))
    return doubts


def _below(value: float, limit: float) -> str:
    """A number with as many decimals as it takes to see that it is below the limit: two, where they are enough."""
    for decimals in range(2, 6):
        text = f"{value:.{decimals}f}"
        if float(text) < limit:
            return text
    return f"{value:g}"
