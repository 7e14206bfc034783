"""Findings as likelihood ratios on the ground of the attribution."""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest
import shapely

from fusion.attribution.evidence import FlightEvidence
from fusion.attribution.evidence_settings import EvidenceSettings
from imagery.schema import Finding, Findings
from ingest.errors import SettingError

GROUND = shapely.box(0, 0, 1000, 1000)
PATCH = shapely.box(100, 100, 200, 200)
SOIL = Finding("bare_soil-1", "bare_soil", PATCH, 1e4, 0.2, "1", 1.0, 2.0, "ortho.tif", "DJI_0001.JPG")
HOT = replace(SOIL, id="hot_surface-1", kind="hot_surface")
INSIDE, COVERED, OUTSIDE = (150.0, 150.0), (500.0, 500.0), (1500.0, 500.0)


def _at(evidence: FlightEvidence, species: str, *places: tuple[float, float]) -> list[float]:
    x, y = np.array(places, float).T
    return [float(v) for v in evidence.log_ratio(x, y, species)]


def _flight(*found: Finding, sought: tuple[str, ...] = ("bare_soil",)) -> Findings:
    return Findings(found, sought, GROUND)


def test_present_absent_and_not_looked_at() -> None:
    """Inside the finding 3, on covered ground without it 0.8, where no photo looked 1."""
    ratios = _at(FlightEvidence((_flight(SOIL),)), "pm10", INSIDE, COVERED, OUTSIDE)
    assert ratios == pytest.approx([log(3.0), log(0.8), 0.0])


def test_a_kind_says_nothing_about_other_species() -> None:
    """Bare soil is no source of VOC, in whatever instrument; of dust it is, in the second one too."""
    evidence = FlightEvidence((_flight(SOIL),))
    assert _at(evidence, "tvoc", INSIDE, COVERED) == [0.0, 0.0]
    assert _at(evidence, "unheard_of", INSIDE, COVERED) == [0.0, 0.0]
    assert _at(evidence, "pm25_2", INSIDE) == pytest.approx([log(3.0)])


def test_a_cold_place_is_one_where_heat_was_sought() -> None:
    """A flight in colour says nothing of heat; a thermal one that found none says 0.8 for VOC."""
    colour, thermal = _flight(SOIL), _flight(sought=("hot_surface",))
    assert _at(FlightEvidence((colour,)), "tvoc", COVERED) == [0.0]
    assert _at(FlightEvidence((colour, thermal)), "tvoc", COVERED, OUTSIDE) == pytest.approx([log(0.8), 0.0])


def test_a_finding_is_as_wide_as_its_position_is_unsure() -> None:
    """Three metres beside the patch is within 1.52 × 2 m, four are not; with 10 m of error both are."""
    beside = [(203.0, 150.0), (204.0, 150.0)]
    assert _at(FlightEvidence((_flight(SOIL),)), "pm10", *beside) == pytest.approx([log(3.0), log(0.8)])
    unsure = replace(SOIL, position_error_m=10.0)
    assert _at(FlightEvidence((_flight(unsure),)), "pm10", *beside) == pytest.approx([log(3.0)] * 2)
    unknown = replace(SOIL, position_error_m=float("nan"))
    assert _at(FlightEvidence((_flight(unknown),)), "pm10", INSIDE, *beside) == pytest.approx(
        [log(3.0)] + [log(0.8)] * 2
    )


def test_a_doubtful_finding_weighs_less() -> None:
    """At confidence one half, half of 3 and half of 0.8."""
    doubtful = replace(SOIL, confidence=0.5)
    assert _at(FlightEvidence((_flight(doubtful),)), "pm10", INSIDE) == pytest.approx([log(1.9)])


def test_two_flights_over_one_patch_count_once() -> None:
    """The surer finding is taken; the other flight adds no second ratio."""
    doubtful = replace(SOIL, confidence=0.5)
    evidence = FlightEvidence((_flight(doubtful), _flight(SOIL), _flight()))
    assert _at(evidence, "pm10", INSIDE, COVERED) == pytest.approx([log(3.0), log(0.8)])


def test_the_ratio_is_clipped() -> None:
    """Ratios of 50 and 1/100 are held at 10 and at 1/10."""
    settings = EvidenceSettings(hot_surface_nox=(50.0, 0.01))
    evidence = FlightEvidence((_flight(HOT, sought=("hot_surface",)),), settings)
    assert _at(evidence, "no2", INSIDE, COVERED, OUTSIDE) == pytest.approx([log(10), -log(10), 0.0])


def test_no_findings_no_evidence() -> None:
    """Zero everywhere, of the shape that was asked."""
    assert FlightEvidence(()).log_ratio(np.zeros(3), np.zeros(3), "pm10").tolist() == [0.0] * 3


@pytest.mark.parametrize("row", [(3.0,), (3.0, 0.0), (3.0, -1.0), ("3", 0.8), (float("inf"), 0.8), (True, 0.8)])
def test_a_row_that_is_no_pair_of_ratios_is_refused(row: tuple[float, ...]) -> None:
    """Too short, not positive, not a number: the message names the row."""
    with pytest.raises(SettingError, match=r"evidence\.bare_soil_particles"):
        EvidenceSettings(bare_soil_particles=row)


@pytest.mark.parametrize("changes", [{"limit": 0.5}, {"buffer_errors": -1.0}])
def test_impossible_limits_are_refused(changes: dict[str, float]) -> None:
    """A limit below one would turn evidence round; a buffer cannot be negative."""
    with pytest.raises(SettingError, match=next(iter(changes))):
        EvidenceSettings(**changes)


def test_limits_that_can_be_meant_are_taken() -> None:
    """A limit of one (no evidence at all), no buffer, whole numbers; not a number is refused."""
    settings = EvidenceSettings(limit=1, buffer_errors=0, bare_soil_particles=(3, 1))
    assert _at(FlightEvidence((_flight(SOIL),), settings), "pm10", INSIDE, COVERED) == [0.0, 0.0]
    assert _at(FlightEvidence((_flight(SOIL),), EvidenceSettings(buffer_errors=0)), "pm10", (200.1, 150.0)) == [
        log(0.8)
    ]
    for changes in (
        {"limit": 0.999},
        {"limit": float("nan")},
        {"buffer_errors": -0.01},
        {"buffer_errors": float("nan")},
    ):
        with pytest.raises(SettingError, match=rf"evidence\.{next(iter(changes))} is {next(iter(changes.values()))}"):
            EvidenceSettings(**changes)


@pytest.mark.parametrize(
    ("kind", "species", "present", "absent"),
    [
        ("bare_soil", "pm25", 3.0, 0.8), ("hot_surface", "toluene", 1.5, 0.8), ("hot_surface", "no2", 1.5, 0.8),
        ("hot_surface", "co", 1.5, 0.8), ("hot_surface", "so2", 1.3, 0.9), ("hot_surface", "co2", 1.0, 1.0),
        ("hot_surface", "pm10", 1.0, 1.0),
    ],
)  # fmt: skip
def test_each_kind_speaks_of_its_families(kind: str, species: str, present: float, absent: float) -> None:
    """The table, row by row, through a flight that sought the kind."""
    found = replace(SOIL, kind=kind)
    ratios = _at(FlightEvidence((_flight(found, sought=(kind,)),)), species, INSIDE, COVERED, OUTSIDE)
    assert ratios == pytest.approx([log(present), log(absent), 0.0])


def test_a_finding_that_nobody_sought_or_of_another_kind_says_nothing() -> None:
    """Kinds are kept apart: a hot patch is no bare soil, and a flight covers only what it sought."""
    both = _flight(SOIL, replace(HOT, polygon=shapely.box(400, 400, 600, 600)), sought=("bare_soil", "hot_surface"))
    assert _at(FlightEvidence((both,)), "pm10", INSIDE, COVERED) == pytest.approx([log(3.0), log(0.8)])
    assert _at(FlightEvidence((both,)), "no2", INSIDE, COVERED) == pytest.approx([log(0.8), log(1.5)])
    unsought = _flight(SOIL, sought=("hot_surface",))
    assert _at(FlightEvidence((unsought,)), "pm10", INSIDE) == [0.0]
    elsewhere = Findings((), ("bare_soil",), shapely.box(1400, 400, 1600, 600))
    assert _at(FlightEvidence((_flight(SOIL), elsewhere)), "pm10", OUTSIDE, (1700.0, 500.0)) == pytest.approx(
        [log(0.8), 0.0]
    )


def test_the_border_of_a_finding_and_of_the_ground_belong_to_them() -> None:
    """A place on the line is in."""
    sharp = EvidenceSettings(buffer_errors=0.0)
    assert _at(FlightEvidence((_flight(SOIL),), sharp), "pm10", (200.0, 150.0), (1000.0, 500.0)) == pytest.approx(
        [log(3.0), log(0.8)]
    )
