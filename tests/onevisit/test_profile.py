"""What a mission may change of the thresholds, and what it may not."""

from __future__ import annotations

import pytest

from ingest.errors import SettingError
from onevisit.profile import Profile, describe_profile, load_profile


def test_a_mission_weighs_findings_in_its_own_way() -> None:
    """A row of [evidence] is replaced; the others stay."""
    evidence = load_profile("default", {"evidence": {"bare_soil_particles": [4, 0.7], "limit": 5}}).evidence
    assert (evidence.bare_soil_particles, evidence.limit) == ((4, 0.7), 5)
    assert evidence.hot_surface_voc == Profile().evidence.hot_surface_voc


def test_an_unknown_kind_of_finding_is_refused_with_the_nearest() -> None:
    """A row that nobody reads would be believed to count."""
    with pytest.raises(SettingError, match="did you mean 'bare_soil_particles'"):
        load_profile("default", {"evidence": {"bare_sand_particles": [4, 0.7]}})


@pytest.mark.parametrize("row", [[4], [4, -1], 4, ["4", "1"]])
def test_a_row_that_is_no_pair_is_refused(row: object) -> None:
    """The message names the row."""
    with pytest.raises(SettingError, match="bare_soil_particles"):
        load_profile("default", {"evidence": {"bare_soil_particles": row}})


def test_every_row_of_evidence_is_told_with_its_source() -> None:
    """All thresholds of the room are in the report and the docs, none without unit and source."""
    lines = describe_profile(Profile())["evidence"]
    assert "bare_soil_particles" in [line.name for line in lines]
    assert all(line.unit == "1" and line.source for line in lines)
