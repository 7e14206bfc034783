"""Sums and sentences of the records that are handed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from onevisit.schema import Disposition, Lead, Leg, Rival, Route, Stop, VisitKind


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
    lead = Lead("S1", "", "", 0.0, 0.0, (), (), 0.0, Disposition.NONE, ("a", "b"), ("甲", "乙"))
    assert (lead.reason_en, lead.reason_zh) == ("a; b", "甲；乙")


def test_names_of_the_contract() -> None:
    """Dispositions from least to most intrusive, kinds and rivals as files and strings write them."""
    assert [d.value for d in Disposition] == ["none", "measure_again", "remind", "help", "visit"]
    assert [k.value for k in VisitKind] == ["daily", "special", "case"]
    assert [r.value for r in Rival] == [
        "this_site", "other_listed_sites", "unlisted_source", "background_or_traffic", "instrument_fault",
    ]  # fmt: skip
