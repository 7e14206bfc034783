"""Each part of the score by hand: hotspots, attribution, leads, routes, flights."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin

from onevisit.truth.score import flights
from onevisit.truth.score.flights import mosaic_errors
from onevisit.truth.score.results import load_truth
from onevisit.truth.score.routes import reference_length
from onevisit.truth.score.score import (
    Scores,
    score_output,
)
from tests.onevisit.truth.score_cases import (
    RIGHT,
    X0,
    Y0,
    _anomaly,
    _degrees,
    _hotspot,
    _lead,
    _place,
    _truth,
    _visit,
    _write,
)


@pytest.mark.parametrize(("gap", "precision"), [(29.5, 100.0), (30.5, 0.0)])
def test_a_hotspot_is_right_within_thirty_metres(tmp_path: Path, gap: float, precision: float) -> None:
    """Of the cells in which the plume was."""
    near = _hotspot("H", "tvoc", shapely.box(100 + gap, 0, 160 + gap, 20), {"A": 1.0}, 0.0)
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[near]))
    assert scores["hotspots.precision"].value == precision


def test_single_sightings_are_scored_apart(tmp_path: Path) -> None:
    """They recall a source, but are neither in precision nor in overlap, and never false hotspots."""
    right, wrong = RIGHT[0], _hotspot("H9", "nox", shapely.box(820, 0, 860, 20), {"D": 1.0}, 0.0)
    single = [{**f, "properties": {**f["properties"], "single_sighting": True}} for f in (right, wrong)]
    scores = score_output(*_write(tmp_path, _truth(), hotspots=single))
    assert scores["hotspots.single_precision"].value == 50.0
    assert scores["hotspots.recall"].value == 50.0
    assert scores["hotspots.precision"].value is None
    assert scores["hotspots.false"].value == scores["hotspots.false.trucks"].value == 0.0
    assert scores["hotspots.overlap"].value == 0.0


def test_recall_asks_for_sources_that_two_laps_saw(tmp_path: Path) -> None:
    """One that a single lap saw is not missed; neither does its area count."""
    truth = _truth()
    truth["sources"][1]["recurrent"], truth["hotspots"][1]["recurrent"] = False, None
    scores = score_output(*_write(tmp_path, truth, hotspots=[RIGHT[0]]))
    assert scores["hotspots.recall"].value == 100.0 and len(scores["hotspots.recall"].items) == 1
    assert scores["hotspots.overlap"].value == pytest.approx(100.0, abs=0.01)


def test_a_species_that_nobody_emits_widens_the_union(tmp_path: Path) -> None:
    """4000 m² of the two sources found, and 1000 m² of ozone: 80 %; a single sighting of it does not count."""
    stray = _hotspot("H3", "o3", shapely.box(0, 500, 50, 520), {}, 1.0)
    once = _hotspot("H4", "o3", shapely.box(0, 700, 50, 720), {}, 1.0)
    once["properties"]["single_sighting"] = True
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[*RIGHT, stray, once]))
    assert scores["hotspots.overlap"].value == pytest.approx(80.0, abs=0.05)


def test_confounders_without_a_place_have_no_line_among_hotspots(tmp_path: Path) -> None:
    """Those with one count the false hotspots that meet it, not those beside it."""
    beside = _hotspot("H3", "nox", shapely.box(905, 0, 950, 20), {}, 1.0)
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[beside]))
    keys = [m.key for m in scores.measures if m.key.startswith("hotspots.false")]
    assert keys == ["hotspots.false", "hotspots.false.trucks"]
    assert (scores["hotspots.false"].value, scores["hotspots.false.trucks"].value) == (1.0, 0.0)


def _asked(tmp_path: Path, sites: dict[str, float], none: float, **properties: Any) -> Scores:
    hotspot = _hotspot("H1", "tvoc", shapely.box(0, 0, 100, 20), sites, none)
    hotspot["properties"] |= properties
    return score_output(*_write(tmp_path, _truth(), hotspots=[hotspot]))


def test_a_set_ends_when_it_holds_enough(tmp_path: Path) -> None:
    """Exactly half is half, exactly 90 % is 90 %."""
    for name, sites, none, in50, in90 in (
        ("a", {"C": 0.5, "A": 0.4}, 0.1, 0.0, 100.0),
        ("b", {"C": 0.6, "B": 0.3, "A": 0.1}, 0.0, 0.0, 0.0),
        ("c", {"C": 0.49, "A": 0.31}, 0.2, 100.0, 100.0),
        ("d", {"C": 0.8999, "A": 0.1}, 0.0, 0.0, 100.0),
    ):
        (tmp_path / name).mkdir()
        scores = _asked(tmp_path / name, sites, none)
        assert (scores["attribution.set50"].value, scores["attribution.set90"].value) == (in50, in90), name


def test_the_first_three_are_three(tmp_path: Path) -> None:
    """The third counts, the fourth does not; none of these is one of them; equals keep the order of the file."""
    for name, sites, none, top1, top3 in (
        ("a", {"B": 0.4, "C": 0.3, "A": 0.2}, 0.1, 0.0, 100.0),
        ("b", {"B": 0.4, "C": 0.3, "A": 0.1}, 0.2, 0.0, 0.0),
        ("c", {"A": 0.5}, 0.5, 100.0, 100.0),
        ("d", {"B": 0.5, "A": 0.5}, 0.0, 0.0, 100.0),
    ):
        (tmp_path / name).mkdir()
        scores = _asked(tmp_path / name, sites, none)
        assert (scores["attribution.top1"].value, scores["attribution.top3"].value) == (top1, top3), name


@pytest.mark.parametrize(
    ("wind", "bearing", "right"),
    [
        (270.0, 300.0, 100.0),
        (270.0, 300.1, 0.0),
        (270.0, 240.0, 100.0),
        (270.0, 239.9, 0.0),
        (350.0, 15.0, 100.0),
        (10.0, 345.0, 100.0),
        (None, 90.0, 100.0),
    ],
)
def test_a_wind_cone_reaches_thirty_degrees_to_either_side(
    tmp_path: Path, wind: float | None, bearing: float, right: float
) -> None:
    """Also across north; all around where there is no wind."""
    hotspot = _hotspot("H1", "tvoc", shapely.box(0, 0, 100, 20), {"A": 1.0}, 0.0)
    hotspot["properties"]["sites"][0] |= {"distance_m": 50.0, "bearing_deg": bearing}
    hotspot["properties"]["wind_from_deg"] = wind
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[hotspot]))
    assert scores["attribution.cone"].value == right


def test_a_cone_with_nobody_in_it_blames_nobody(tmp_path: Path) -> None:
    """Right for the workshop on no list; a site without a distance is in no cone."""
    lone = _hotspot("H2", "nox", shapely.box(500, 0, 600, 20), {"B": 0.9}, 0.1)
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[lone]))
    assert scores["attribution.cone"].value == 100.0
    assert scores["attribution.unlisted"].value == 0.0


def test_what_three_passes_crossed_counts_on_its_own(tmp_path: Path) -> None:
    """Three, not two; not told is none."""
    for crossed, value in ((2, None), (3, 100.0)):
        (tmp_path / str(crossed)).mkdir()
        scores = _asked(tmp_path / str(crossed), {"A": 1.0}, 0.0, passes_crossed=crossed)
        assert scores["attribution.top1_of_three"].value == scores["attribution.top3_of_three"].value == value
    (tmp_path / "x").mkdir()
    assert _asked(tmp_path / "x", {"A": 1.0}, 0.0)["attribution.top1_of_three"].value is None


def test_hotspots_that_were_not_weighed_are_not_asked(tmp_path: Path) -> None:
    """None of these is null: nothing is built."""
    hotspot = _hotspot("H1", "tvoc", shapely.box(0, 0, 100, 20), {}, 0.0)
    hotspot["properties"]["none_of_these"] = None
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[hotspot]))
    built = {m.key: m.built for m in scores.measures if m.key.startswith(("attribution", "source"))}
    assert set(built.values()) == {False} and len(built) == 13


def test_places_and_rates_are_scored_where_they_are_stated(tmp_path: Path) -> None:
    """Of right hotspots alone; half the rate is as wrong as twice; the area is that of 90 %."""
    truth = _truth()
    inside, outside = (_degrees(shapely.box(40, 70, 60, top)) for top in (90, 75))
    areas = [{"probability": 0.5, "geometry": outside}, {"probability": 0.905, "geometry": inside}]
    first, second = (json.loads(json.dumps(f)) for f in RIGHT)
    first["properties"] |= {"rate_g_s": 0.25, "areas": areas, "source_lon": None}
    second["properties"] |= {"rate_g_s": None, "areas": [{"probability": 0.9, "geometry": outside}]}
    stray = _hotspot("H3", "o3", shapely.box(0, 500, 50, 520), {}, 1.0)
    stray["properties"] |= {"rate_g_s": 9.0, **{f"source_{k}": v for k, v in _place(0, 0).items()}}
    scores = score_output(*_write(tmp_path, truth, hotspots=[first, second, stray]))
    assert scores["source.rate"].value == pytest.approx(math.log(2)) and len(scores["source.rate"].items) == 1
    assert scores["source.area90"].value == 50.0
    assert not scores["source.position"].built


@pytest.mark.parametrize(
    ("disposition", "acts"),
    [("none", False), ("measure_again", False), ("remind", True), ("help", True), ("visit", True)],
)
def test_a_lead_acts_where_somebody_would_notice(tmp_path: Path, disposition: str, acts: bool) -> None:
    """Reminder, help or visit."""
    leads = [_lead("A", disposition, ("H1",))]
    scores = score_output(*_write(tmp_path, _truth(), hotspots=RIGHT, leads=leads))
    assert scores["leads.precision"].value == (100.0 if acts else None)
    assert scores["leads.recall"].value == (50.0 if acts else 0.0)
    assert scores["leads.disposition"].value == (None if not acts else 100.0 if disposition == "visit" else 0.0)


def test_a_lead_at_a_site_that_nobody_knows_is_false(tmp_path: Path) -> None:
    """As is a visit there."""
    out, truth = _write(
        tmp_path, _truth(), leads=[_lead("X", "visit")], visits=[{**_visit("A"), "properties": {"site_id": "X"}}]
    )
    scores = score_output(out, truth)
    assert scores["leads.precision"].value == scores["leads.visit_precision"].value == 0.0
    assert scores["leads.false"].value == 1.0


def test_recall_asks_for_what_the_files_can_show(tmp_path: Path) -> None:
    """A plume that no two laps saw is not missed; records are asked for on their own, once any lead rests on them."""
    truth = _truth()
    truth["sites"][0]["causes"][0]["findable"] = False
    truth["sites"][3]["causes"] = [{"cause": "treatment_off", "expected": "visit", "findable": True}]
    lead = _lead("B", "remind")
    lead["properties"]["evidence"] = [{"kind": "permit"}]
    (tmp_path / "a").mkdir()
    scores = score_output(*_write(tmp_path / "a", truth, leads=[lead]))
    assert scores["leads.recall"].value == 100.0 and len(scores["leads.recall"].items) == 1
    assert not scores["leads.recall_monitors"].built
    for kind in ("record", "marked_exceedance"):
        lead["properties"]["evidence"] = [{"kind": kind}]
        (tmp_path / kind).mkdir()
        scores = score_output(*_write(tmp_path / kind, truth, leads=[lead, _lead("D", "help")]))
        assert scores["leads.recall_monitors"].value == 100.0 and len(scores["leads.recall_monitors"].items) == 1


def test_a_false_lead_counts_once_under_each_confounder(tmp_path: Path) -> None:
    """Its site is touched and its hotspot lies there: one; a right lead counts under none; at A, whose own plume is
    elsewhere, the lead is as false."""
    truth = _truth()
    truth["confounders"][0]["sites"] = ["D", "A"]
    hotspot = _hotspot("H3", "nox", shapely.box(820, 0, 860, 20), {}, 1.0)
    leads = [_lead("D", "visit", ("H3", "gone")), _lead("A", "visit", ("H3",)), _lead("C", "none", ("H3",))]
    scores = score_output(*_write(tmp_path, truth, hotspots=[hotspot], leads=leads))
    assert (scores["leads.false"].value, scores["leads.false.trucks"].value) == (2.0, 2.0)
    assert scores["leads.false.nothing_wrong"].value == 1.0


def test_rules_that_nobody_applies_are_not_built(tmp_path: Path) -> None:
    """Without a file of findings: one line each for findings that are right and cases that are found, by kind."""
    truth = _truth()
    truth["anomalies"] = [_anomaly(kind, site) for kind, site in (("b", "A"), ("a", "B"))]
    scores = score_output(*_write(tmp_path, truth, leads=[_lead("A", "none")]))
    told = [m for m in scores.measures if m.key.startswith("monitors")]
    kinds = [f"monitors.{k}.{w}" for k in ("a", "b") for w in ("precision", "recall")]
    assert [m.key for m in told] == [*kinds, "monitors.causes.faults", "monitors.causes.emissions"]
    assert not any(m.built for m in told) and not scores["activity.right"].built


def _line(end: str = "10:00:00", **properties: Any) -> dict[str, Any]:
    own = {"route": "1", "stops": 2, "start": "2026-03-02T09:00:00+08:00", "end": f"2026-03-02T{end}+08:00"}
    return {"type": "Feature", "geometry": None, "properties": {**own, **properties}}


@pytest.mark.parametrize(("end", "broken"), [("16:00:00", 0.0), ("16:01:00", 0.0), ("16:01:01", 1.0)])
def test_a_shift_may_be_a_minute_longer(tmp_path: Path, end: str, broken: float) -> None:
    """Times are told to the minute."""
    scores = score_output(*_write(tmp_path, _truth(), visits=[], routes=[_line(end)]))
    assert scores["routes.shift"].value == broken


@pytest.mark.parametrize(
    ("site", "counts", "beyond"), [("C", True, 1.0), ("C", False, 0.0), ("A", True, 0.0), ("C", None, 0.0)]
)
def test_a_cap_is_broken_by_what_counts_against_it(
    tmp_path: Path, site: str, counts: bool | None, beyond: float
) -> None:
    """Two of two used: one more that counts is beyond; where one is left it is not."""
    visit = _visit(site, **({} if counts is None else {"counts_against_cap": counts}))
    truth = _truth()
    truth["sites"][0]["visits_this_year"] = 1
    scores = score_output(*_write(tmp_path, truth, visits=[visit], routes=[]))
    assert scores["routes.cap"].value == beyond


def test_a_distance_is_held_against_a_tour_of_the_same_stops(tmp_path: Path) -> None:
    """Three stops at 0, 100 and 300 m in a bad order: 450 stated for 300 m; one stop alone is no tour."""
    stops = [_visit(s, route="1", stop=k) for k, s in enumerate("ADB", 1)] + [_visit("C", route="2", stop=1)]
    lines = [_line(distance_m=450.0), _line(route="2", stops=1, distance_m=999.0)]
    scores = score_output(*_write(tmp_path, _truth(), visits=[], routes=[*lines, *stops]))
    assert scores["routes.distance"].value == pytest.approx(1.5, rel=1e-3)
    assert len(scores["routes.distance"].items) == 1 and scores["routes.distance"].better == "near 1"


def test_a_route_from_a_depot_leads_back_to_it(tmp_path: Path) -> None:
    """From 400 m along the street to 0 and 100 m and back: 800 m."""
    truth = _truth()
    truth["rules"]["depot"] = list(_place(400, 0).values())
    stops = [_visit("A", route="1", stop=1), _visit("B", route="1", stop=2)]
    scores = score_output(*_write(tmp_path, truth, visits=[], routes=[_line(distance_m=800.0), *stops]))
    assert scores["routes.distance"].value == pytest.approx(1.0, rel=1e-3)
    (tmp_path / "b").mkdir()
    scores = score_output(*_write(tmp_path / "b", truth, visits=[], routes=[_line(), *stops]))
    assert scores["routes.distance"].value is None


def test_visits_without_a_route_are_not_placed(tmp_path: Path) -> None:
    """One of two; without a file of visits nothing is built."""
    visits = [_visit("A"), _visit("B")]
    (tmp_path / "a").mkdir()
    scores = score_output(*_write(tmp_path / "a", _truth(), visits=visits, routes=[_visit("A", route="1", stop=1)]))
    assert scores["routes.placed"].value == 50.0 and scores["routes.twice"].value == 0.0
    scores = score_output(*_write(tmp_path, _truth(), routes=[]))
    assert not any(m.built for m in scores.measures if m.key.startswith("routes"))


def test_a_reference_tour_is_no_longer_than_any_order_found_by_trying_all() -> None:
    """Six points on a lattice of streets, against all 720 orders; closed against all 120."""
    rng = np.random.default_rng(6)
    nodes = [[100.0 * i, 100.0 * j] for j in range(3) for i in range(3)]
    edges = [[k, k + 1] for k in range(9) if k % 3 < 2] + [[k, k + 3] for k in range(6)]
    streets = {"nodes": nodes, "edges": edges}
    xy = np.column_stack([rng.uniform(0, 200, 6), rng.choice([0.0, 100.0, 200.0], 6)])
    between = np.array([[reference_length(xy[[a, b]], streets, closed=False) if a != b else 0.0 for b in range(6)]
                        for a in range(6)])  # fmt: skip
    assert between[0, 1] == pytest.approx(_street_way(xy[0], xy[1]))
    best = min(sum(between[a, b] for a, b in itertools.pairwise(p)) for p in itertools.permutations(range(6)))
    assert reference_length(xy, streets, closed=False) == pytest.approx(best, rel=0.05)
    assert reference_length(xy, streets, closed=False) >= best - 1e-6
    rounds = [(0, *p, 0) for p in itertools.permutations(range(1, 6))]
    best = min(sum(between[a, b] for a, b in itertools.pairwise(p)) for p in rounds)
    assert best - 1e-6 <= reference_length(xy, streets, closed=True) <= 1.05 * best


def _street_way(a: np.ndarray, b: np.ndarray) -> float:
    """Shortest way between two points on east–west streets of a lattice of 100 m, by its crossings."""
    if a[1] == b[1]:
        return float(abs(a[0] - b[0]))
    crossings = (0.0, 100.0, 200.0)
    return float(min(abs(a[0] - c) + abs(a[1] - b[1]) + abs(b[0] - c) for c in crossings))


def test_a_mosaic_off_to_both_sides_is_off_by_their_hypotenuse(tmp_path: Path) -> None:
    """3 m east and 4 m north: 5 m; patches that the mosaic does not cover, and plain ones, are left out."""
    rng = np.random.default_rng(4)
    ground = cv2.resize(rng.integers(0, 255, (80, 100, 3), dtype=np.uint8), (500, 400), interpolation=cv2.INTER_CUBIC)
    ground[:, 380:] = 128
    cv2.imwrite(str(tmp_path / "truth_scene.png"), ground)
    scene = {"file": "truth_scene.png", "crs": "EPSG:4544", "pixel_m": 0.3, "left": X0, "top": Y0 + 120}
    out, path = _write(tmp_path, _truth() | {"scene": scene})
    profile = {"driver": "GTiff", "width": 500, "height": 400, "count": 4, "dtype": "uint8", "crs": "EPSG:4544"}
    alpha = np.full((1, 400, 500), 255, np.uint8)
    alpha[:, :, :110] = 0
    bands = np.concatenate([ground[..., ::-1].transpose(2, 0, 1), alpha])
    with rasterio.open(out / "ortho.tif", "w", transform=from_origin(X0 + 3, Y0 + 124, 0.3, 0.3), **profile) as f:
        f.write(bands)
        f.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    errors, pixel_m = mosaic_errors(out / "ortho.tif", load_truth(path))
    assert pixel_m == pytest.approx(0.3)
    assert errors == pytest.approx([5.0] * len(errors), abs=0.1)
    # patches of 80 pixels from 27 on: columns 27, 107, 187, 267, 347; the mosaic begins at 120, the plain part at 380
    assert 4 <= len(errors) <= 12
    assert score_output(out, path)["mosaic.pixels"].value == pytest.approx(5.0 / 0.3, abs=0.4)


def test_an_unchanged_mosaic_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its errors are kept under a key: another mosaic or another painted ground is measured; so is a damaged file."""
    scene = {"file": "truth_scene.png", "crs": "EPSG:4544", "pixel_m": 0.3, "left": X0, "top": Y0}
    out, path = _write(tmp_path, _truth() | {"scene": scene})
    kept, measured = tmp_path / "mosaic.json", []

    def errors(path: Path, truth: Any) -> tuple[list[float], float]:
        measured.append(path)
        return [float(len(measured))], 0.3

    monkeypatch.setattr(flights, "mosaic_errors", errors)
    (out / "ortho.tif").write_bytes(b"one")
    (tmp_path / "truth_scene.png").write_bytes(b"ground")
    assert [score_output(out, path, kept=kept)["mosaic.metres"].value for _ in range(2)] == [1.0, 1.0]
    (out / "ortho.tif").write_bytes(b"two")
    assert score_output(out, path, kept=kept)["mosaic.metres"].value == 2.0
    (tmp_path / "truth_scene.png").write_bytes(b"another")
    assert [score_output(out, path, kept=kept)["mosaic.metres"].value for _ in range(2)] == [3.0, 3.0]
    kept.write_text("{", encoding="utf-8")
    assert score_output(out, path, kept=kept)["mosaic.metres"].value == 4.0
    assert score_output(out, path)["mosaic.metres"].value == 5.0


def test_photos_are_known_by_their_names(tmp_path: Path) -> None:
    """In whatever folder; one with a pose that was not used is not in the mosaic; a heading may be missing."""
    names = ("a", "b", "c")
    truth = _truth() | {"photos": [{"photo": f"images/{n}.JPG", "yaw_deg": 170.0} for n in names]}
    poses = [
        {"geometry": None, "properties": {"photo": "elsewhere/a.JPG", "used": True, "heading_deg": 180.0}},
        {"geometry": None, "properties": {"photo": "b.JPG", "used": False, "heading_deg": 150.0}},
        {"geometry": None, "properties": {"photo": "c.JPG", "used": True, "heading_deg": None}},
    ]
    scores = score_output(*_write(tmp_path, truth, poses=poses))
    assert scores["photos.used"].value == pytest.approx(200 / 3)
    assert scores["photos.heading"].items == (10.0, 20.0)


def test_flights_without_poses_or_a_painted_ground_are_not_built(tmp_path: Path) -> None:
    """Metres, pixels, photos and headings."""
    out, truth = _write(tmp_path, _truth())
    (out / "ortho.tif").write_bytes(b"not opened")
    scores = score_output(out, truth)
    told = {m.key: (m.unit, m.better, m.built) for m in scores.measures if m.key.startswith(("mosaic", "photos"))}
    assert told == {
        "mosaic.metres": ("m", "low", False),
        "mosaic.pixels": ("px", "low", False),
        "photos.used": ("%", "high", False),
        "photos.heading": ("°", "low", False),
    }
