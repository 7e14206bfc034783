"""Places that no listed site explains: where to look around, and where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from fusion.schema import CredibleArea, Rate, SourceEstimate
from ingest.roads.read import Road, Roads
from onevisit.leads.places import leads_of_places
from onevisit.schema import Disposition
from onevisit.visits.plan import plan_visits
from onevisit.words.telling import say
from tests.onevisit.leads.weighing import DAY, SETTINGS, SURE, told

Make = Callable[..., Any]
AREAS = tuple(CredibleArea(p, shapely.box(104.0, 30.0, 104.001, 30.001), a) for p, a in ((0.5, 4e3), (0.9, 2e4)))


def alone(make_attribution: Make, unlisted: float) -> Any:
    """An attribution with so much for a source on no list, the rest for a site."""
    return replace(make_attribution(S1=1.0 - unlisted), unlisted=unlisted, background=0.0)


def test_a_place_without_a_site_asks_to_look_around(make_hotspot: Make, make_attribution: Make) -> None:
    """It names nobody, leads to the likeliest place of the source, and carries its areas and its street."""
    source = SourceEstimate(104.0008, 30.0002, 40.0, Rate(1.0, 0.5, 2.0))
    attribution = replace(alone(make_attribution, 0.75), areas=AREAS, source=source)
    roads = Roads((Road(np.array([[104.0, 30.0], [104.002, 30.0]]), name="科园路"), Road(np.zeros((2, 2)))))
    (lead,) = leads_of_places([make_hotspot()], [attribution], SURE, roads=roads)
    assert (lead.site_id, lead.name, lead.permit_code) == ("unlisted@H001", "", "")
    assert (lead.disposition, lead.lon, lead.lat, lead.street) == (Disposition.LOOK, 104.0008, 30.0002, "科园路")
    assert lead.areas == AREAS and lead.hotspot_ids == ("H001",) and not lead.is_of_site
    assert told(lead) == (
        "hotspot H001: seen in 3 of 4 passes, and a source on no list explains it with probability 0.75",
    )
    assert say(lead.why, "zh").startswith("排查名录外来源：热点 H001")
    assert {e.name: e.probability for e in lead.explanations} == pytest.approx(
        {"unlisted_source": 0.75, "neighbour": 0.25}
    )
    assert "a source on no list explains it with probability 0.75" in say(lead.evidence[0].text)
    assert plan_visits([lead], [], SETTINGS, day=DAY).value == ()


@pytest.mark.parametrize(("unlisted", "count"), [(0.49, 0), (0.5, 1)])
def test_half_is_enough(make_hotspot: Make, make_attribution: Make, unlisted: float, count: int) -> None:
    """Below it a listed site or the traffic may be likelier."""
    assert len(leads_of_places([make_hotspot()], [alone(make_attribution, unlisted)], SURE)) == count


@pytest.mark.parametrize("changes", [{"single_sighting": True}, {"exhaust": True}, {"passes_seen": 1}])
def test_what_was_hardly_seen_is_not_looked_for(
    make_hotspot: Make, make_attribution: Make, changes: dict[str, Any]
) -> None:
    """One pass, chance and exhaust send nobody."""
    assert leads_of_places([make_hotspot(**changes)], [alone(make_attribution, 0.9)], SURE) == ()


def test_without_a_place_of_the_source_the_hotspot_is_the_place(make_hotspot: Make, make_attribution: Make) -> None:
    """And a street two hundred metres off tells nobody where to look."""
    roads = Roads((Road(np.array([[104.0, 30.0025], [104.002, 30.0025]]), name="远路"),))
    (lead,) = leads_of_places([make_hotspot()], [alone(make_attribution, 0.9)], SURE, roads=roads)
    assert (lead.lon, lead.lat, lead.street) == (104.0005, 30.0005, "")


def test_nobody_is_sent_to_an_urgent_place(make_hotspot: Make, make_attribution: Make) -> None:
    """The duty officer comes first."""
    (lead,) = leads_of_places([make_hotspot()], [alone(make_attribution, 0.9)], SURE, urgent=["H001"])
    assert lead.disposition is Disposition.NONE and lead.urgent == ("H001",)
    assert "no drive before it is cleared" in told(lead)[0]
