"""What is open about each hotspot, and what a pass over the streets near by would tell of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from scipy.spatial import cKDTree

from fusion.attribution.information.passes import (
    BACKGROUND,
    Explanations,
    PassAir,
    RoadPlaces,
    explanations_of,
    outcome_odds,
)
from fusion.schema import Attribution, Hotspot
from fusion.settings import FusionSettings
from ingest.outcome import Notes
from ingest.schema import Site
from onevisit.leads.clues import fault_probability
from onevisit.redrive.choose import Asked
from onevisit.redrive.streets import REACH_M
from onevisit.settings import VisitSettings
from tracks.schema import Track

Floats = NDArray[np.float64]

LEAST_OPEN_NATS = 0.2
"""Choice: below it one explanation has 95 % or more; measured again it would say the same."""
MOST_ASKED = 40
"""Choice: hotspots for which drives are planned, clearest first; a crew drives a few of them in a week."""
_NAMED = 0.02  # rivals below this are not named
_USUAL_M_S = (1.6, 5.0)
"""Of a wind that carries plumes to a street and leaves them there: Beaufort 2 and 3, GB/T 28591-2012."""


@dataclass(frozen=True, eq=False)
class Question:
    """A hotspot whose explanation is open, and those of its sites whose place in the register is in doubt."""

    hotspot: Hotspot
    explanations: Explanations
    check_first: tuple[str, ...]

    @property
    def rivals(self) -> tuple[str, ...]:
        """Names of what may explain it, likeliest first."""
        shares = self.explanations.probability
        order = np.argsort(-shares, kind="stable")
        return tuple(self.explanations.names[k] for k in order if shares[k] >= _NAMED)

    @property
    def places(self) -> tuple[Floats, Floats]:
        """Places (n, 2) [m] of explanations that count, and their probabilities."""
        e = self.explanations
        share = e.share * e.probability[e.of]
        likely = share >= min(_NAMED, float(share.max()))
        return np.column_stack([e.x, e.y])[likely], share[likely]


def open_questions(
    hotspots: Sequence[Hotspot],
    attributions: Sequence[Attribution],
    sites: Mapping[str, Site],
    urgent: Collection[str],
    visits: VisitSettings,
    settings: FusionSettings,
    crs: CRS,
    notes: Notes,
) -> list[Question]:
    """Hotspots of one region that are worth measuring again, clearest first.

    A hotspot that chance or a fault of the instrument may have made is open at least by that.
    """
    explained = {a.hotspot_id: a for a in attributions}
    waiting = sorted(h.id for h in hotspots if h.id in urgent)
    if waiting:
        notes.decide("redrives", "redrive_waits_for_clearance", {"hotspots": tuple(waiting)})
    found, unasked = [], []
    for hotspot in sorted(hotspots, key=lambda h: (h.rank, h.id)):
        attribution = explained.get(hotspot.id)
        if attribution is None or hotspot.id in urgent:
            continue
        explanations = explanations_of(hotspot, attribution, settings, crs=crs.to_string())
        if explanations is None:
            unasked.append(hotspot.id)
            continue
        explanations = _with_fault(explanations, hotspot, visits)
        if explanations.entropy >= LEAST_OPEN_NATS:
            found.append(Question(hotspot, explanations, _in_doubt(explanations, sites, visits)))
    if unasked:
        notes.decide("redrives", "redrive_not_asked", {"hotspots": tuple(unasked)})
    if len(found) > MOST_ASKED:
        notes.decide("redrives", "redrive_most_asked", {"count": MOST_ASKED, "open": len(found)})
    return found[:MOST_ASKED]


def _with_fault(explanations: Explanations, hotspot: Hotspot, visits: VisitSettings) -> Explanations:
    """The same with no less background than a fault may have made of a place that does not recur."""
    fault = fault_probability(hotspot.passes_seen if hotspot.tier == "recurrent" else 1, visits)
    share = explanations.probability.copy()
    lacking = fault - share[-1]
    if explanations.names[-1] != BACKGROUND or lacking <= 0:
        return explanations
    share[:-1] *= (1.0 - fault) / (1.0 - share[-1])
    share[-1] = fault
    return replace(explanations, probability=share)


def _in_doubt(explanations: Explanations, sites: Mapping[str, Site], visits: VisitSettings) -> tuple[str, ...]:
    """Likely sites that may stand at several places, or less well known than a visit asks for."""
    return tuple(
        name
        for name, share in zip(explanations.names, explanations.probability, strict=True)
        if share >= visits.mention_probability
        and (site := sites.get(name)) is not None
        and (len(site.places) > 1 or site.position_sd_m > visits.visit_position_sd_m)
    )


def ask(
    questions: Sequence[Question], road: RoadPlaces, towards_rad: Floats, air: PassAir, settings: FusionSettings
) -> list[Asked]:
    """What passes over stretches would tell about each question, in every wind; only of those within reach."""
    middle = np.column_stack([np.nanmean(road.x, axis=1), np.nanmean(road.y, axis=1)])
    asked = []
    for question in questions:
        places, _ = question.places
        near = np.flatnonzero(cKDTree(places).query(middle)[0] <= REACH_M)
        here = RoadPlaces(road.x[near], road.y[near])
        odds = outcome_odds(question.explanations, here, towards_rad, air, settings)
        asked.append(Asked(question.explanations.probability, near, odds))
    return asked


def usual_air(tracks: Sequence[Track], settings: FusionSettings) -> tuple[PassAir, bool]:
    """The air of a pass on another day, and whether any wind was measured to tell.

    Its speed is the median of the mission's above calm, held where plumes reach a street; the error of its direction
    is that of the readings, as the weighing of crossings takes it.
    """
    speeds, errors = [], []
    for track in tracks:
        if "u" in track.passes and "v" in track.passes:
            speed = np.hypot(track.passes["u"].values, track.passes["v"].values)
            speeds.append(speed[speed >= settings.calm_m_s])
            if "wind_sd" in track.passes:
                errors.append(float(np.nanmean(track.passes["wind_sd"].values)))
    moving = np.concatenate([np.empty(0), *speeds])
    if not moving.size:
        return PassAir(settings.unknown_wind_m_s, float("inf")), False
    wind = float(np.clip(np.median(moving), *_USUAL_M_S))
    known = [e for e in errors if np.isfinite(e)]
    sd = settings.wind_error_share * float(np.mean(known)) / wind if known else float("inf")
    return PassAir(wind, sd), True
