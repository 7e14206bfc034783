"""Whose plume a hotspot shows, told by doses, and what is counted per source; visits by the cause of their lead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from onevisit.truth.score.doses import match_hotspots, species_of_hotspot
from onevisit.truth.score.results import Feature, load_results, load_truth
from onevisit.truth.score.score import Scores, score_output
from tests.onevisit.truth.score_cases import RIGHT, _degrees, _dose, _hotspot, _lead, _place, _truth, _visit, _write


def _matched(
    folder: Path, truth: dict[str, Any], *hotspots: dict[str, Any]
) -> list[tuple[str | None, dict[str, float]]]:
    folder.mkdir(parents=True, exist_ok=True)
    out, path = _write(folder, truth, hotspots=list(hotspots))
    answer = load_truth(path)
    return [(m.source and m.source["id"], dict(m.shares)) for m in match_hotspots(load_results(out, answer), answer)]


def _two_of_one_species() -> dict[str, Any]:
    """S1 at 0 to 100 m and S2 at 130 to 300 m, both of TVOC; S2 three times as strong on each piece."""
    truth = _truth()
    truth["hotspots"][1] |= {
        "species": "TVOC",
        **dict.fromkeys(("seen", "recurrent"), _degrees(shapely.box(130, 0, 300, 20))),
    }
    truth["doses"]["of"] = [
        _dose("S1", {"TVOC": 1.0}, 0, 9, 20.0),
        _dose("S2", {"NOx": 0.1, "TVOC": 3.0}, 13, 29, 20.0),
    ]
    return truth


def test_a_hotspot_belongs_to_the_source_of_the_largest_dose(tmp_path: Path) -> None:
    """60 m of S1 at 20 a piece against 30 m of S2 at 60: 240 against 360 on two rows, whichever stands first."""
    for order in (1, -1):
        truth = _two_of_one_species()
        truth["doses"]["of"] = truth["doses"]["of"][::order]
        [(source, shares)] = _matched(
            tmp_path / str(order), truth, _hotspot("H", "tvoc", shapely.box(40, 0, 160, 20), {}, 1.0)
        )
        assert source == "S2"
        assert shares == pytest.approx({"S1": 0.4, "S2": 0.6})


@pytest.mark.parametrize(("other", "source"), [(59.0, "S1"), (61.0, None)])
def test_a_hotspot_that_something_else_made_is_false(tmp_path: Path, other: float, source: str | None) -> None:
    """A quarter of what was measured has to be the source's: 20 of 79 is, 20 of 81 is not."""
    truth = _truth()
    truth["doses"]["of"].append(_dose(None, {"TVOC": 1.0}, 0, 9, other))
    truth["doses"]["of"].append(_dose(None, {"NOx": 1.0}, 0, 9, 1e6))
    [(found, _)] = _matched(tmp_path, truth, RIGHT[0])
    assert found == source


def test_the_polygon_is_asked_before_its_surroundings(tmp_path: Path) -> None:
    """100 to 125 m lies between both: the nearer edges of 70 to 100 m of S1 (120) and 130 to 150 m of S2 (240);
    with the last 5 m of S1 inside it is S1's."""
    truth = _two_of_one_species()
    beside, within = (_hotspot("H", "tvoc", shapely.box(west, 0, 125, 20), {}, 1.0) for west in (100, 94))
    assert _matched(tmp_path / "a", truth, beside)[0][0] == "S2"
    assert _matched(tmp_path / "b", truth, within)[0] == ("S1", {"S1": 1.0})


def test_a_source_whose_plume_nobody_could_see_explains_nothing(tmp_path: Path) -> None:
    """A dose in the polygon is not enough where no lap saw five times the noise."""
    truth = _truth()
    truth["hotspots"] = truth["hotspots"][1:]
    assert _matched(tmp_path, truth, RIGHT[0]) == [(None, {})]


def test_a_place_belongs_by_its_leading_species_and_else_by_the_others(tmp_path: Path) -> None:
    """CO leads and nobody gave any: the TVOC seen with it is S1's; where TVOC leads, NOx of S2 is only a share."""
    truth = _truth()
    truth["hotspots"][1] |= {"seen": _degrees(shapely.box(0, 0, 100, 20))}
    truth["doses"]["of"][1] = _dose("S2", {"NOx": 1.0}, 0, 9, 500.0)
    places = [_hotspot(f"H{k}", name, shapely.box(0, 0, 100, 20), {}, 1.0) for k, name in enumerate(("co", "tvoc"))]
    for place, others in zip(places, (["tvoc"], [{"species": "nox"}]), strict=True):
        place["properties"]["others"] = others
    assert _matched(tmp_path, truth, *places) == [("S1", {"S1": 1.0}), ("S1", {"S1": 1.0, "S2": 1.0})]
    assert species_of_hotspot(Feature(None, {"species": "co", "others": None})) == ["co"]


# --- per source ----------------------------------------------------------------------------------------------------


def _scores(
    folder: Path, truth: dict[str, Any], hotspots: list[dict[str, Any]], **files: list[dict[str, Any]]
) -> Scores:
    folder.mkdir(exist_ok=True)
    return score_output(*_write(folder, truth, hotspots=hotspots, **files))


def _tier(hotspot: dict[str, Any], tier: str, name: str = "") -> dict[str, Any]:
    own = {**hotspot["properties"], "tier": tier, "id": name or hotspot["properties"]["id"]}
    return {**hotspot, "properties": own}


def test_hotspots_are_counted_per_source(tmp_path: Path) -> None:
    """Three of S1, one of S2 and a false one: two for each source that is shown."""
    stray = _hotspot("H9", "co", shapely.box(0, 300, 20, 320), {}, 1.0)
    again = [_tier(RIGHT[0], "recurrent", "H3"), _tier(RIGHT[0], "single", "H4")]
    scores = _scores(tmp_path, _truth(), [*RIGHT, *again, stray])
    assert scores["hotspots.per_source"].value == 2.0
    assert scores["hotspots.precision"].value == 75.0
    assert scores["hotspots.single_precision"].value == 100.0


def test_the_recurrent_tier_has_a_recall_of_its_own(tmp_path: Path) -> None:
    """S1 as a single sighting is recalled, but not by the recurrent tier; the tier overrules the older property."""
    scores = _scores(tmp_path, _truth(), [_tier(RIGHT[0], "single"), _tier(RIGHT[1], "recurrent")])
    assert scores["hotspots.recall"].value == 100.0
    assert scores["hotspots.recall_recurrent"].value == 50.0


def test_sources_that_one_lap_saw_are_recalled_apart(tmp_path: Path) -> None:
    """S2 was seen once and is shown, S3 was seen once and is not, S4 never was: one of two."""
    truth = _truth()
    truth["sources"][1]["recurrent"], truth["hotspots"][1]["recurrent"] = False, None
    for name, seen in (("S3", True), ("S4", False)):
        truth["sources"].append({**truth["sources"][1], "id": name, "seen": seen})
    scores = _scores(tmp_path, truth, [_tier(RIGHT[1], "single")])
    assert scores["hotspots.single_recall"].value == 50.0
    assert scores["hotspots.recall"].value == 0.0


def _neighbours(apart_m: float, *, wind: float = 0.0, laps: int = 2, gap_m: float = 100.0) -> dict[str, Any]:
    """S1 and S2 so far apart from west to east, their plumes on the street so far from each other."""
    truth = _truth()
    west = 100 + gap_m
    box = _degrees(shapely.box(west, 0, west + 100, 20))
    truth["sources"][1] |= _place(50 + apart_m, 80)
    truth["hotspots"][1] |= {"species": "TVOC", "seen": box, "recurrent": box}
    truth["doses"]["of"][1] = _dose("S2", {"TVOC": 1.0}, round(west / 10), round(west / 10) + 9, 20.0)
    truth["drives"] = [{"laps": laps, "wind_from_deg": wind}]
    return truth


BOTH = [
    _hotspot("H1", "tvoc", shapely.box(0, 0, 100, 20), {}, 1.0),
    _hotspot("H2", "tvoc", shapely.box(200, 0, 300, 20), {}, 1.0),
]
JOINED = [_hotspot("H1", "tvoc", shapely.box(0, 0, 300, 20), {}, 1.0)]


def test_neighbours_stay_two_or_become_one(tmp_path: Path) -> None:
    """Each with a hotspot: two; one hotspot that holds half of each: one; one of them alone: missed, not joined."""
    for name, hotspots, value in (("two", BOTH, 100.0), ("one", JOINED, 0.0), ("missed", BOTH[:1], None)):
        assert _scores(tmp_path / name, _neighbours(50.0), hotspots)["hotspots.separate"].value == value


@pytest.mark.parametrize(
    ("case", "counts"),
    [
        ({"apart_m": 41.0}, True),
        ({"apart_m": 39.0}, False),
        ({"apart_m": 60.0, "wind": 90.0}, False),
        ({"apart_m": 60.0, "wind": 45.0}, True),
        ({"apart_m": 56.0, "wind": 225.0}, False),
        ({"apart_m": 60.0, "laps": 1}, False),
        ({"apart_m": 60.0, "gap_m": 110.0}, False),
    ],
)
def test_neighbours_are_forty_metres_apart_across_the_wind(
    tmp_path: Path, case: dict[str, float], counts: bool
) -> None:
    """In two laps or more, 60 m at 45° are 42 m, 56 m are 39.6 m; plumes 110 m apart on the street are no pair."""
    truth = _neighbours(**case)  # type: ignore[arg-type]
    assert (_scores(tmp_path, truth, JOINED)["hotspots.separate"].value is not None) == counts


def test_species_seen_at_a_place_count_for_overlap(tmp_path: Path) -> None:
    """One place of TVOC with NOx beside it over both true areas: 4000 m² of twice (2000 + 2000) m² of union."""
    place = _hotspot(
        "H1", "tvoc", shapely.MultiPolygon([shapely.box(0, 0, 100, 20), shapely.box(500, 0, 600, 20)]), {}, 1.0
    )
    alone = _scores(tmp_path / "alone", _truth(), [place])["hotspots.overlap"].value
    assert alone == pytest.approx(100.0 * 2000 / (4000 + 2000), abs=0.1)
    place["properties"]["others"] = ["nox"]
    assert _scores(tmp_path / "both", _truth(), [place])["hotspots.overlap"].value == pytest.approx(50.0, abs=0.1)


# --- visits --------------------------------------------------------------------------------------------------------


def _visited(folder: Path, truth: dict[str, Any], site: str, hotspots: tuple[str, ...], kind: str = "") -> Scores:
    """A visit to a site whose lead rests on hotspots and, where a kind is given, on evidence of that kind."""
    lead = _lead(site, "visit", hotspots)
    lead["properties"]["evidence"] = [{"kind": kind, "id": "1"}] if kind else []
    return _scores(folder, truth, RIGHT, leads=[lead], visits=[_visit(site)])


def test_a_reminder_that_is_due_does_not_make_a_visit_right(tmp_path: Path) -> None:
    """B has a permit that ends; a visit there for a plume that is not its own is wrong, and so is the lead."""
    scores = _visited(tmp_path, _truth(), "B", ("H2",), "register")
    assert scores["leads.visit_precision"].value == 0.0
    assert scores["leads.precision"].value == 0.0


def test_a_plume_of_another_does_not_make_a_visit_right(tmp_path: Path) -> None:
    """A emits, but only H1 shows it: a visit to A for H2 is wrong, for H1 right."""
    for name, value in (("H2", 0.0), ("H1", 100.0)):
        assert _visited(tmp_path / name, _truth(), "A", (name,))["leads.visit_precision"].value == value


def test_what_a_permit_allows_calls_for_no_visit(tmp_path: Path) -> None:
    """The source at A is lawful: its plume is found, but the visit is wrong, and counted as such."""
    truth = _truth()
    truth["sources"][0]["lawful"] = True
    truth["sites"][0] |= {"expected": "none", "causes": [{"cause": "plume", "expected": "none", "findable": True}]}
    scores = _visited(tmp_path, truth, "A", ("H1",))
    assert scores["leads.visit_precision"].value == 0.0
    assert scores["leads.visits_lawful"].value == 1.0
    assert scores["leads.recall"].value == 0.0 and len(scores["leads.recall"].items) == 1
    assert _visited(tmp_path / "unlawful", _truth(), "A", ("H1",))["leads.visits_lawful"].value == 0.0


@pytest.mark.parametrize(
    ("kind", "expected", "value"),
    [("treatment_off", "visit", 100.0), ("treatment_off", "help", 0.0), ("constant", "visit", 0.0),
     ("treatment", "visit", 0.0), ("record", "visit", 100.0), ("register", "visit", 0.0),
     ("exceedance", "visit", 100.0)],
)  # fmt: skip
def test_records_open_a_door_where_they_call_for_it(tmp_path: Path, kind: str, expected: str, value: float) -> None:
    """By kind, one that is right to say too, or records at large; where help is right, a visit is not."""
    truth = _truth()
    cause = {"cause": "treatment_off", "expected": expected, "findable": True, "also": ["exceedance"]}
    truth["sites"][3] |= {"expected": expected, "causes": [cause]}
    assert _visited(tmp_path, truth, "D", (), kind)["leads.visit_precision"].value == value


def test_a_visit_without_a_lead_has_no_cause(tmp_path: Path) -> None:
    """Nobody says what opened the door."""
    scores = _scores(tmp_path, _truth(), RIGHT, leads=[], visits=[_visit("A")])
    assert scores["leads.visit_precision"].value == 0.0


def test_listed_and_unlisted_sources_are_attributed_apart(tmp_path: Path) -> None:
    """H1 of listed A points at C, H2 of the workshop at nobody: 0 and 100 %, half of both."""
    wrong = _hotspot("H1", "tvoc", shapely.box(0, 0, 100, 20), {"C": 0.9}, 0.1)
    scores = _scores(tmp_path, _truth(), [wrong, RIGHT[1]])
    values = [scores[f"attribution.{key}"].value for key in ("listed", "unlisted", "top1")]
    assert values == [0.0, 100.0, 50.0]
