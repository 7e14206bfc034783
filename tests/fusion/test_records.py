"""Records of the room do not change."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

import fusion

BY_VALUE = {
    "Activities", "Companion", "Earlier", "Elsewhere", "EvidenceSettings", "FusionSettings", "Grid", "History",
    "JointSettings", "Met", "Mixture", "Model", "PassAir", "PassSummary", "Persistence", "Ran", "Rate",
    "Resolution", "Sensor", "Sighting", "SiteProbability", "SourceEstimate", "StationsHeard", "Testimony",
    "UnlistedCell", "Vane", "VaneTurn", "Weather", "WitnessSettings", "_Listed", "_Surface",
}  # fmt: skip
"""Records of numbers and names; all others hold arrays or outlines, which have no single answer to being equal."""

RECORDS = sorted(
    {
        value
        for found in pkgutil.walk_packages(fusion.__path__, "fusion.")
        for value in vars(importlib.import_module(found.name)).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == found.name
    },
    key=lambda record: record.__qualname__,
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__qualname__)
def test_a_record_does_not_change_and_compares_by_what_it_holds(record: type) -> None:
    """Every dataclass is frozen; those of numbers are equal by their numbers, those of arrays to themselves."""
    known = record.__dataclass_params__  # type: ignore[attr-defined]
    assert known.frozen
    assert bool(known.eq) is (record.__name__ in BY_VALUE)
    assert len(RECORDS) > 30
