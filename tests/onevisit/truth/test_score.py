"""The score: the truth as the answer scores 100 %, nothing and everything score as worked out by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from fusion.schema import CredibleArea, Rate, SourceEstimate
from ingest.errors import FileError
from onevisit.handover.data.geojson import write_hotspots
from onevisit.truth.score.results import load_results, load_truth, same_species
from onevisit.truth.score.routes import reference_length
from onevisit.truth.score.score import (
    render_scores,
    score_output,
)
from tests.onevisit.truth.score_cases import RIGHT, X0, Y0, _degrees, _hotspot, _lead, _place, _truth, _visit, _write
from tests.told import raises_told


def test_the_truth_as_the_answer_scores_100_percent(tmp_path: Path) -> None:
    """Every share is 100 %, nothing is false, no rule is broken, the route is as long as the reference."""
    route = {
        "type": "Feature",
        "geometry": None,
        "properties": {"route": "1", "stops": 1, "distance_m": 0, "start": "2026-03-02T09:00:00+08:00",
                       "end": "2026-03-02T10:00:00+08:00"},
    }  # fmt: skip
    scores = score_output(
        *_write(
            tmp_path, _truth(), hotspots=RIGHT, leads=[_lead("A", "visit", ("H1",)), _lead("B", "remind")],
            visits=[_visit("A", counts_against_cap=False)], routes=[route, _visit("A", route="1", stop=1)],
        )
    )  # fmt: skip
    values = {m.key: m.value for m in scores.measures if m.built}
    for key in ("hotspots.precision", "hotspots.recall", "attribution.top1", "attribution.top3", "attribution.set50",
                "attribution.set90", "attribution.unlisted", "leads.precision", "leads.disposition", "leads.recall",
                "leads.visit_precision", "routes.placed"):  # fmt: skip
        assert values[key] == 100.0, key
    assert values["hotspots.overlap"] == pytest.approx(100.0, abs=0.01)
    for key in ("hotspots.false", "leads.false", "routes.twice", "routes.cap", "routes.shift"):
        assert values[key] == 0.0, key


def test_an_empty_folder_is_not_built(tmp_path: Path) -> None:
    """What no stage wrote has no number, and prints as not built."""
    scores = score_output(*_write(tmp_path, _truth()))
    assert all(m.value is None and not m.built for m in scores.measures)
    lines = render_scores(scores).splitlines()[1:]
    assert all(line.endswith("not built") for line in lines)


def test_nothing_found_recalls_nothing(tmp_path: Path) -> None:
    """Empty files are an answer: recall 0 of 2 sources and 0 of 2 sites, and no precision to speak of."""
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[], leads=[], visits=[], routes=[]))
    assert scores["hotspots.recall"].value == 0.0
    assert scores["leads.recall"].value == 0.0
    assert scores["hotspots.precision"].value is None
    assert scores["leads.false"].value == 0.0
    assert scores["hotspots.overlap"].value == 0.0


def test_every_site_accused_is_half_wrong(tmp_path: Path) -> None:
    """Leads for all four sites: the plume of A alone calls for a visit, the permit of B for a reminder, so 1 of 4 is
    right, 3 are false, two of them at sites with nothing wrong; all that could be found is found."""
    leads = [_lead(site, "visit", ("H1",)) for site in "ABCD"]
    visits = [_visit(site, counts_against_cap=True) for site in "ABCD"]
    scores = score_output(*_write(tmp_path, _truth(), hotspots=RIGHT, leads=leads, visits=visits, routes=[]))
    assert scores["leads.precision"].value == 25.0
    assert scores["leads.disposition"].value == 25.0
    assert scores["leads.recall"].value == 100.0
    assert scores["leads.false"].value == 3.0
    assert scores["leads.false.nothing_wrong"].value == 2.0
    assert scores["leads.false.trucks"].value == 0.0
    assert scores["leads.visit_precision"].value == 25.0
    assert scores["routes.cap"].value == 1.0
    assert scores["routes.placed"].value == 0.0


def test_false_hotspot_counts_where_its_confounder_acted(tmp_path: Path) -> None:
    """A hotspot on the trucks' street is false: precision 2 of 3; its lead is false because of trucks."""
    false = _hotspot("H3", "nox", shapely.box(820, 0, 860, 20), {"D": 0.7, "C": 0.1}, 0.2)
    leads = [_lead("D", "visit", ("H3",))]
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[*RIGHT, false], leads=leads))
    assert scores["hotspots.precision"].value == pytest.approx(200 / 3)
    assert scores["hotspots.false.trucks"].value == 1.0
    assert scores["leads.false.trucks"].value == 1.0
    assert scores["attribution.false"].value == 100.0
    assert scores["attribution.top1"].value == 100.0


def test_overlap_of_half_shifted_areas(tmp_path: Path) -> None:
    """100 m reported 50 m off: 50 of 150 m in common for TVOC, and NOx missed: 50 / (150 + 100) = 20 %."""
    moved = _hotspot("H1", "tvoc", shapely.box(50, 0, 150, 20), {"A": 1.0}, 0.0)
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[moved]))
    assert scores["hotspots.overlap"].value == pytest.approx(20.0, abs=0.01)
    assert scores["hotspots.recall"].value == 50.0


def test_other_species_at_the_place_is_no_match(tmp_path: Path) -> None:
    """CO where TVOC was is not the plume that was there."""
    scores = score_output(
        *_write(tmp_path, _truth(), hotspots=[_hotspot("H", "co", shapely.box(0, 0, 100, 20), {"A": 1.0}, 0.0)])
    )
    assert scores["hotspots.precision"].value == 0.0


def test_credible_sets_hold_what_they_say(tmp_path: Path) -> None:
    """The truth with 0.3 behind 0.6: not in the 50 % set, in the 90 % set, second of three."""
    unsure = _hotspot("H1", "tvoc", shapely.box(0, 0, 100, 20), {"C": 0.6, "A": 0.3}, 0.1)
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[unsure]))
    assert scores["attribution.top1"].value == 0.0
    assert scores["attribution.top3"].value == 100.0
    assert scores["attribution.set50"].value == 0.0
    assert scores["attribution.set90"].value == 100.0


def test_the_wind_cone_blames_the_nearest_upwind(tmp_path: Path) -> None:
    """A nearer site 40 degrees off upwind is not in the cone; what three passes crossed counts on its own."""
    hotspot = _hotspot("H1", "tvoc", shapely.box(0, 0, 100, 20), {"C": 0.6, "A": 0.3}, 0.1)
    near, far = hotspot["properties"]["sites"]
    near |= {"distance_m": 50.0, "bearing_deg": 310.0}
    far |= {"distance_m": 90.0, "bearing_deg": 275.0}
    hotspot["properties"] |= {"wind_from_deg": 270.0, "passes_crossed": 3}
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[hotspot]))
    assert scores["attribution.cone"].value == 100.0
    assert (scores["attribution.top1_of_three"].value, scores["attribution.top3_of_three"].value) == (0.0, 100.0)
    hotspot["properties"] |= {"wind_from_deg": 300.0, "passes_crossed": 2}
    (tmp_path / "again").mkdir()
    scores = score_output(*_write(tmp_path / "again", _truth(), hotspots=[hotspot]))
    assert scores["attribution.cone"].value == 0.0
    assert scores["attribution.top1_of_three"].value is None


def test_position_and_rate_errors(tmp_path: Path) -> None:
    """A source stated 30 m east and 40 m north of the truth at twice its rate: 50 m, ln 2."""
    hotspot = _hotspot("H1", "tvoc", shapely.box(0, 0, 100, 20), {"A": 1.0}, 0.0)
    place = _place(80, 120)
    hotspot["properties"] |= {"source_lon": place["lon"], "source_lat": place["lat"], "rate_g_s": 1.0}
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[hotspot]))
    assert scores["source.position"].value == pytest.approx(50.0, abs=0.01)
    assert scores["source.rate"].value == pytest.approx(math.log(2))


@pytest.mark.parametrize(("half_m", "inside"), [(60.0, 100.0), (40.0, 0.0)])
def test_what_the_job_writes_about_a_source_is_scored(
    tmp_path: Path, make_hotspot: Any, make_attribution: Any, half_m: float, inside: float
) -> None:
    """The job's own file: a place 50 m off, 1 g s-1 stated in µg where 0.5 is true, an area that may reach."""
    stated = _place(80, 120)
    polygon = shapely.geometry.shape(_degrees(shapely.box(0, 0, 100, 20)))
    area = shapely.geometry.shape(_degrees(shapely.box(80 - half_m, 120 - half_m, 80 + half_m, 120 + half_m)))
    attribution = replace(
        make_attribution(A=0.9),
        source=SourceEstimate(stated["lon"], stated["lat"], 50.0, Rate(1e6, 1e5, 1e7)),
        areas=(CredibleArea(0.9, area, area.area),),
    )
    out, truth = _write(tmp_path, _truth())
    hotspot = make_hotspot(species="tvoc", unit="ug m-3", polygon=polygon)
    write_hotspots(out / "hotspots.geojson", [hotspot], [attribution])
    scores = score_output(out, truth)
    assert scores["source.position"].value == pytest.approx(50.0, abs=0.05)
    assert scores["source.rate"].value == pytest.approx(math.log(2), rel=1e-4)
    assert scores["source.area90"].value == inside


def test_a_site_entered_twice_is_counted(tmp_path: Path) -> None:
    """Two stops at one site are one entry too many; a shift of 8 h breaks one of 7."""
    line = {"type": "Feature", "geometry": None, "properties": {
        "route": "1", "stops": 2, "distance_m": 150, "start": "2026-03-02T09:00:00+08:00",
        "end": "2026-03-02T17:00:00+08:00",
    }}  # fmt: skip
    stops = [_visit("A", route="1", stop=1), _visit("B", route="1", stop=2), _visit("A", route="1", stop=3)]
    scores = score_output(*_write(tmp_path, _truth(), visits=[_visit("A"), _visit("B")], routes=[line, *stops]))
    assert scores["routes.twice"].value == 1.0
    assert scores["routes.shift"].value == 1.0
    assert scores["routes.placed"].value == 100.0


def test_reference_tour_on_a_square() -> None:
    """Four corners of a square of streets: 300 m open, 400 m closed, whatever the order given."""
    corners = [[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]]
    streets = {"nodes": corners, "edges": [[0, 1], [1, 2], [2, 3], [3, 0]]}
    crossed = np.array([corners[k] for k in (0, 2, 1, 3)])
    assert reference_length(crossed, streets, closed=False) == pytest.approx(300.0)
    assert reference_length(crossed, streets, closed=True) == pytest.approx(400.0)


def test_reference_tour_joins_points_beside_streets() -> None:
    """Two points 10 m beside one street, 60 m apart along it, are 80 m apart by road."""
    streets = {"nodes": [[0.0, 0.0], [100.0, 0.0]], "edges": [[0, 1]]}
    points = np.array([[20.0, 10.0], [80.0, -10.0]])
    assert reference_length(points, streets, closed=False) == pytest.approx(80.0)


@pytest.mark.parametrize("shift_m", [0.0, 3.0])
def test_mosaic_error_is_the_shift(tmp_path: Path, shift_m: float) -> None:
    """The painted ground itself has no error; moved by 3 m it is 3 m off, 10 pixels of 0.3 m."""
    rng = np.random.default_rng(4)
    ground = cv2.resize(rng.integers(0, 255, (80, 100, 3), dtype=np.uint8), (500, 400), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "truth_scene.jpg"), ground)
    truth = _truth() | {
        "scene": {"file": "truth_scene.jpg", "crs": "EPSG:4544", "pixel_m": 0.3, "left": X0, "top": Y0 + 120}
    }
    out, path = _write(tmp_path, truth)
    profile = {"driver": "GTiff", "width": 500, "height": 400, "count": 3, "dtype": "uint8", "crs": "EPSG:4544"}
    with rasterio.open(
        out / "ortho.tif", "w", transform=from_origin(X0 + shift_m, Y0 + 120, 0.3, 0.3), **profile
    ) as f:
        f.write(ground[..., ::-1].transpose(2, 0, 1))
    scores = score_output(out, path)
    assert scores["mosaic.metres"].value == pytest.approx(shift_m, abs=0.05)
    assert scores["mosaic.pixels"].value == pytest.approx(shift_m / 0.3, abs=0.2)


def test_heading_error_wraps(tmp_path: Path) -> None:
    """359° against −3° is 2° off; a photo without a pose counts as not used."""
    truth = _truth() | {
        "photos": [{"photo": "images/a.JPG", "yaw_deg": -3.0}, {"photo": "images/b.JPG", "yaw_deg": 0.0}]
    }
    pose = {
        "type": "Feature",
        "geometry": None,
        "properties": {"photo": "images/a.JPG", "used": True, "heading_deg": 359.0},
    }
    scores = score_output(*_write(tmp_path, truth, poses=[pose]))
    assert scores["photos.heading"].value == pytest.approx(2.0)
    assert scores["photos.used"].value == 50.0


def test_a_file_that_is_no_truth_is_refused(tmp_path: Path) -> None:
    """Given another JSON file, the message says what was expected."""
    (tmp_path / "truth.json").write_text("{}", encoding="utf-8")
    with raises_told(FileError, match=r"is not a truth; expected the truth\.json"):
        score_output(tmp_path, tmp_path / "truth.json")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("PM2.5", "pm2p5", True),
        ("PM2.5", "PM10", False),
        ("NOx", "nox_2", True),
        ("NO", "NO2", False),
        ("n-hexane", "NHexane", True),
    ],
)
def test_names_of_one_species(one: str, other: str, same: bool) -> None:
    """Case, points, hyphens and a number behind an underline make no other species."""
    assert same_species(one, other) is same and same_species(other, one) is same


def test_a_result_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Not JSON, or no folder at all."""
    out, truth = _write(tmp_path, _truth())
    (out / "leads.geojson").write_text("{", encoding="utf-8")
    with raises_told(FileError, match=r"leads\.geojson.*cannot be read as JSON"):
        score_output(out, truth)
    with raises_told(FileError, match="is not a folder; give the OUT"):
        score_output(tmp_path / "nowhere", truth)
    with raises_told(FileError, match=r"no\.json.*cannot be read"):
        score_output(out, tmp_path / "no.json")
    (tmp_path / "old.json").write_text(json.dumps({**_truth(), "version": 2}), encoding="utf-8")
    with raises_told(FileError, match="is not a truth"):
        score_output(out, tmp_path / "old.json")


def test_features_come_in_metres_of_the_truth(tmp_path: Path) -> None:
    """With properties, also where a file has none; geometries may be missing."""
    point = {"type": "Point", "coordinates": list(_place(12.0, 34.0).values())}
    features = [{"geometry": point, "properties": None}, {"geometry": None, "properties": {"a": 1}}]
    out, path = _write(tmp_path, _truth(), leads=features)
    answer = load_truth(path)
    results = load_results(out, answer)
    assert results.hotspots is None and results.leads is not None and results.folder == out
    first, second = results.leads
    assert first.shape is not None and (first.shape.x, first.shape.y) == pytest.approx((X0 + 12, Y0 + 34))  # type: ignore[attr-defined]
    assert first.properties == {} and second.shape is None and second.properties == {"a": 1}
    place = answer.point(_place(5.0, 6.0))
    assert (place.x, place.y) == pytest.approx((X0 + 5, Y0 + 6)) and answer.folder == tmp_path
