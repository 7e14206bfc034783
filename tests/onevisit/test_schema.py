"""Sums and sentences of the records that are handed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ingest.outcome import Phrase
from onevisit.schema import Disposition, Lead, Leg, Rival, Route, Stop, VisitKind, joined


def test_a_route_is_as_long_as_its_legs_and_the_way_back(make_visit: Callable[..., Any]) -> None:
    """100 + 30 m in 10 + 3 s, and 7 m in 2 s back where there is a depot."""
    when = datetime(2026, 3, 2, tzinfo=UTC)
    stops = tuple(Stop(make_visit(), when, when, Leg(m, s, ())) for m, s in ((100.0, 10.0), (30.0, 3.0)))
    route = Route("R1", "team 1", date(2026, 3, 2), stops, False)
    assert (route.distance_m, route.driving_s) == (130.0, 13.0)
    back = replace(route, back=Leg(7.0, 2.0, ()))
    assert (back.distance_m, back.driving_s) == (137.0, 15.0)


def test_reasons_are_one_sentence_in_each_language() -> None:
    """Joined by the semicolon of the language."""
    reasons = (Phrase("no_wind_measured"), Phrase("as_said", {"text": "b"}))
    assert joined(reasons, "en") == "no wind was measured, so there is no direction; b"
    assert joined(reasons, "zh") == "无风向资料，无法定向；b"


@pytest.mark.parametrize(("site_id", "is_of_site"), [("P1", True), ("unlisted@H001", False)])
def test_a_lead_is_of_a_site_or_of_a_place(site_id: str, is_of_site: bool) -> None:
    """By its id."""
    lead = Lead(site_id, "", "", 0.0, 0.0, (), (), 0.0, Disposition.NONE, Phrase("a"), ())
    assert lead.is_of_site is is_of_site


def test_names_of_the_contract() -> None:
    """Dispositions from least to most intrusive, kinds and rivals as files and strings write them."""
    assert [d.value for d in Disposition] == [
        "none", "measure_again", "look", "remind", "help", "review", "visit",
    ]  # fmt: skip
    assert [k.value for k in VisitKind] == ["daily", "special", "case", "request"]
    assert [r.value for r in Rival] == [
        "unlawful_emission", "permitted_emission", "analyser_fault", "maintenance", "passing_traffic", "neighbour",
        "unlisted_source", "wrong_position", "wrong_mark",
    ]  # fmt: skip
