"""Places that no listed site explains: where somebody looks around for a source that is on no list."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import shapely

from fusion.schema import Attribution, Hotspot
from ingest.outcome import Phrase
from ingest.registers.places import distance_m
from ingest.roads.read import Roads
from onevisit.leads.clues import fault_probability, sighting_doubts
from onevisit.leads.rivals import explain_place, probability_of
from onevisit.leads.weigh import hotspot_says, why_of
from onevisit.schema import NO_SITE, Disposition, Evidence, Lead, Rival
from onevisit.settings import VisitSettings

_STREET_M = 100.0
"""A street further off does not tell anybody where to look: a choice, the length of a block."""


def leads_of_places(
    hotspots: Sequence[Hotspot],
    attributions: Sequence[Attribution],
    settings: VisitSettings,
    *,
    roads: Roads | None = None,
    urgent: Collection[str] = (),
) -> tuple[Lead, ...]:
    """A lead for every hotspot that a source on no list explains with ``look_probability``, and that was seen well.

    It asks to look around there; nobody is named. Its point is where the source is likeliest, else the hotspot.

    Parameters
    ----------
    hotspots, attributions : sequences
        As from `fusion.attribution.attribute`.
    settings : VisitSettings
    roads : Roads, optional
        Where streets have names, the nearest one tells where the place is.
    urgent : collection of str
        Hotspots with a value of acute harm: nobody is sent there before it is cleared.
    """
    explained = {attribution.hotspot_id: attribution for attribution in attributions}
    names = _Streets(roads)
    leads = []
    for hotspot in hotspots:
        attribution = explained.get(hotspot.id)
        if attribution is None or sighting_doubts(hotspot, settings):
            continue
        lead = _lead(hotspot, attribution, settings, names, hotspot.id in urgent)
        if lead is not None:
            leads.append(lead)
    return tuple(leads)


def _lead(
    hotspot: Hotspot, attribution: Attribution, settings: VisitSettings, names: _Streets, urgent: bool
) -> Lead | None:
    fault = fault_probability(hotspot.passes_seen, settings)
    explanations = explain_place(attribution, "", fault=fault, misplaced=0.0, unlawful=0.0)
    share = probability_of(explanations, Rival.UNLISTED)
    if share < settings.look_probability:
        return None
    source = attribution.source
    lon, lat = (source.lon, source.lat) if source else (hotspot.lon, hotspot.lat)
    street = names.near(lon, lat)
    values = {"seen": hotspot.passes_seen, "crossed": hotspot.passes_crossed, "p": share}
    reason = Phrase("of_hotspot", {"id": hotspot.id, "what": (Phrase("explained_by_no_site", values),)})
    if urgent:
        what = (Phrase("duty_officer_first_no_drive"), Phrase("explained_by_no_site", values))
        reason = Phrase("of_hotspot", {"id": hotspot.id, "what": what})
    disposition = Disposition.NONE if urgent else Disposition.LOOK
    evidence = Evidence("hotspot", hotspot.id, hotspot.last_seen, hotspot_says(hotspot, share, "unlisted"))
    return Lead(
        f"{NO_SITE}{hotspot.id}", "", "", lon, lat, (evidence,), explanations, 0.0, disposition,
        why_of(disposition, reason), (reason,), (), (hotspot.id,),
        urgent=(hotspot.id,) if urgent else (), street=street, areas=attribution.areas,
    )  # fmt: skip


class _Streets:
    """Streets with names, to find the nearest one."""

    def __init__(self, roads: Roads | None) -> None:
        named = [road for road in (roads.lines if roads else ()) if road.name and len(road.vertices) > 1]
        self._names = [road.name for road in named]
        self._lines = [shapely.LineString(road.vertices) for road in named]
        self._tree = shapely.STRtree(self._lines)

    def near(self, lon: float, lat: float) -> str:
        """The name of the nearest street, empty where none is near."""
        point = shapely.Point(lon, lat)
        if not self._lines:
            return ""
        at = int(np.asarray(self._tree.nearest(point)))
        foot = self._lines[at].interpolate(self._lines[at].project(point))
        return self._names[at] if distance_m(foot.x, foot.y, point) <= _STREET_M else ""
