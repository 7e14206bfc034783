"""Thresholds of visits and means of teams: what is refused, exactly at the limit."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.errors import SettingError
from onevisit.settings import RouteSettings, VisitSettings


@pytest.mark.parametrize(
    "name", ["mention_probability", "measure_probability", "visit_probability", "fault_prior", "fault_repeat"]
)
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_a_probability_lies_between_0_and_1(name: str, value: float) -> None:
    """The message names the setting and the value."""
    with pytest.raises(SettingError, match=rf"\[visits\] {name}: {value} is not a probability"):
        VisitSettings(**{name: value})


def test_probabilities_of_0_and_1_are_allowed() -> None:
    """The ends of the range belong to it, and equal thresholds are in order."""
    lowest = VisitSettings(
        mention_probability=0.0, measure_probability=0.0, visit_probability=0.0, fault_prior=0.0, fault_repeat=0.0
    )
    highest = VisitSettings(
        mention_probability=1.0, measure_probability=1.0, visit_probability=1.0, fault_prior=1.0, fault_repeat=1.0
    )
    assert (lowest.visit_probability, highest.mention_probability) == (0.0, 1.0)


@pytest.mark.parametrize(
    "changes", [{"mention_probability": 0.21}, {"measure_probability": 0.61}, {"visit_probability": 0.19}]
)
def test_thresholds_stand_in_order(changes: dict[str, float]) -> None:
    """To mention is easier than to measure again, and that easier than to enter."""
    with pytest.raises(SettingError, match="mention_probability <= measure_probability <= visit_probability"):
        VisitSettings(**changes)


@pytest.mark.parametrize("cap", [-1, 2.0, True, "2"])
def test_a_cap_is_a_whole_number_of_visits(cap: Any) -> None:
    """Not negative, not a fraction, not a truth."""
    with pytest.raises(SettingError, match="yearly_cap"):
        VisitSettings(yearly_cap=cap)


@pytest.mark.parametrize("cap", [None, 0, 2])
def test_a_cap_may_be_unknown_or_nought(cap: int | None) -> None:
    """A year without any daily visit is a rule that can be meant."""
    assert VisitSettings(yearly_cap=cap).yearly_cap == cap


@pytest.mark.parametrize(
    "changes",
    [
        {"teams": 0},
        {"shift_h": 0.0},
        {"speed_km_h": 0.0},
        {"speed_share": 0.0},
        {"detour_factor": 0.99},
        {"iterations": 0},
        {"depot": (104.0,)},
        {"depot": (104.0, 30.0, 5.0)},
        {"depot": (180.1, 30.0)},
        {"depot": (-180.1, 30.0)},
        {"depot": (104.0, 90.1)},
        {"depot": (104.0, -90.1)},
    ],
)
def test_means_that_cannot_be_are_refused(changes: dict[str, Any]) -> None:
    """The message names the table and what was expected; a depot's coordinates come back as they were given."""
    with pytest.raises(SettingError, match=r"\[teams\]") as caught:
        RouteSettings(**changes)
    if "depot" in changes:
        assert str(list(changes["depot"])) in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"teams": 1},
        {"shift_h": 0.1},
        {"speed_km_h": 0.1},
        {"speed_share": 0.1},
        {"detour_factor": 1.0},
        {"iterations": 1},
        {"depot": (180.0, 90.0)},
        {"depot": (-180.0, -90.0)},
        {"depot": ()},
    ],
)
def test_means_at_their_limits_are_taken(changes: dict[str, Any]) -> None:
    """One team, straight roads, a depot at a pole."""
    (name,) = changes
    assert getattr(RouteSettings(**changes), name) == changes[name]
