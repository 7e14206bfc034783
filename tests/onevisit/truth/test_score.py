"""The score: the truth as the answer scores 100 %, nothing and everything score as worked out by hand."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin

from fusion.schema import CredibleArea, Rate, SourceEstimate
from ingest.coordinates import to_lonlat
from ingest.errors import FileError
from onevisit.handover.data.geojson import write_hotspots
from onevisit.truth.score import flights
from onevisit.truth.score.flights import mosaic_errors
from onevisit.truth.score.leads import score_leads
from onevisit.truth.score.measures import Measure, median_of, not_built, pool, ratio, share, total
from onevisit.truth.score.results import load_results, load_truth, same_species
from onevisit.truth.score.routes import reference_length
from onevisit.truth.score.score import (
    Scores,
    pool_scores,
    render_pooled,
    render_scores,
    score_output,
    scores_dict,
    write_scores,
)

X0, Y0 = 410000.0, 3393000.0


def _degrees(shape: shapely.Geometry) -> dict[str, Any]:
    """A geometry in metres around (X0, Y0) as GeoJSON."""
    crs = CRS.from_epsg(4544)
    moved = shapely.transform(shape, lambda xy: np.column_stack(to_lonlat(xy[:, 0] + X0, xy[:, 1] + Y0, crs)))
    return dict(json.loads(shapely.to_geojson(moved)))


def _place(x: float, y: float) -> dict[str, float]:
    lon, lat = to_lonlat(X0 + x, Y0 + y, CRS.from_epsg(4544))
    return {"lon": float(lon), "lat": float(lat)}


def _truth() -> dict[str, Any]:
    """Four sites on a street of 1 km; A and an unlisted workshop emit, B is off by its permit, C and D are right."""
    a, u = shapely.box(0, 0, 100, 20), shapely.box(500, 0, 600, 20)
    expected = {"A": "visit", "B": "remind", "C": "none", "D": "none"}
    causes = {"A": "plume", "B": "permit", "C": "marked_exceedance"}
    return {
        "version": 1,
        "seed": 1,
        "size": "demo",
        "crs": "EPSG:4544",
        "sources": [
            {
                "id": "S1",
                "site_id": "A",
                "rate_g_s": {"TVOC": 0.5},
                "recurrent": True,
                "seen": True,
                **_place(50, 80),
            },
            {
                "id": "S2",
                "site_id": None,
                "rate_g_s": {"NOx": 1.0},
                "recurrent": True,
                "seen": True,
                **_place(550, 80),
            },
        ],
        "hotspots": [
            {"source": "S1", "species": "TVOC", "seen": _degrees(a), "recurrent": _degrees(a)},
            {"source": "S2", "species": "NOx", "seen": _degrees(u), "recurrent": _degrees(u)},
        ],
        "sites": [
            {
                "site_id": k,
                "expected": v,
                "causes": [{"cause": causes[k], "expected": v, "findable": True}] if k in causes else [],
                "visits_this_year": 2 if k == "C" else 0,
                **_place(100 * i, 50),
            }
            for i, (k, v) in enumerate(expected.items())
        ],
        "anomalies": [{"kind": "marked_exceedance", "site_id": "C", "expected": "none"}],
        "confounders": [
            {"name": "trucks", "where": _degrees(shapely.box(800, -10, 900, 30)), "sites": []},
            {"name": "nothing_wrong", "where": None, "sites": ["C", "D"]},
        ],
        "photos": [],
        "rules": {"yearly_cap": 2, "shift_h": 7.0, "depot": None},
        "streets": {"nodes": [[X0, Y0], [X0 + 1000, Y0]], "edges": [[0, 1]]},
    }


def _hotspot(name: str, species: str, box: shapely.Polygon, sites: dict[str, float], none: float) -> dict[str, Any]:
    listed = [{"site_id": k, "probability": v} for k, v in sites.items()]
    properties = {"id": name, "species": species, "sites": listed, "none_of_these": none, "single_sighting": False}
    return {"type": "Feature", "geometry": _degrees(box), "properties": properties}


def _lead(site: str, disposition: str, hotspots: tuple[str, ...] = ()) -> dict[str, Any]:
    properties = {"site_id": site, "disposition": disposition, "hotspots": list(hotspots), "evidence": []}
    return {"type": "Feature", "geometry": None, "properties": properties}


def _visit(site: str, **properties: object) -> dict[str, Any]:
    geometry = {
        "type": "Point",
        "coordinates": list(_place({"A": 0, "B": 100, "C": 200, "D": 300}[site], 0).values()),
    }
    return {"type": "Feature", "geometry": geometry, "properties": {"site_id": site, **properties}}


def _write(folder: Path, truth: dict[str, Any], **files: list[dict[str, Any]]) -> tuple[Path, Path]:
    out = folder / "out"
    out.mkdir()
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    for name, features in files.items():
        content = {"type": "FeatureCollection", "features": features}
        (out / f"{name}.geojson").write_text(json.dumps(content), encoding="utf-8")
    return out, folder / "truth.json"


RIGHT = [
    _hotspot("H1", "tvoc", shapely.box(0, 0, 100, 20), {"A": 1.0}, 0.0),
    _hotspot("H2", "nox", shapely.box(500, 0, 600, 20), {"B": 0.0}, 1.0),
]


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
    """Leads for all four sites: 2 of 4 right, 1 of 4 with the right disposition, 2 false, both at sites with nothing
    wrong; all that could be found is found."""
    leads = [_lead(site, "visit") for site in "ABCD"]
    visits = [_visit(site, counts_against_cap=True) for site in "ABCD"]
    scores = score_output(*_write(tmp_path, _truth(), hotspots=RIGHT, leads=leads, visits=visits, routes=[]))
    assert scores["leads.precision"].value == 50.0
    assert scores["leads.disposition"].value == 25.0
    assert scores["leads.recall"].value == 100.0
    assert scores["leads.false"].value == 2.0
    assert scores["leads.false.nothing_wrong"].value == 2.0
    assert scores["leads.false.trucks"].value == 0.0
    assert scores["leads.visit_precision"].value == 50.0
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
    with pytest.raises(FileError, match=r"is not a truth; expected the truth\.json"):
        score_output(tmp_path, tmp_path / "truth.json")


# --- pooling -------------------------------------------------------------------------------------------------------


def test_pooled_shares_are_shares_of_all_items() -> None:
    """1 of 2 and 3 of 3 pool to 4 of 5, not to the mean of 50 and 100 %."""
    pooled = pool([[share("k", "", [True, False])], [share("k", "", [True, True, True])]])
    assert pooled[0].value == pytest.approx(80.0)
    assert pooled[0].low is not None
    assert pooled[0].high is not None
    assert pooled[0].low <= 80.0 <= pooled[0].high


def test_pooled_counts_are_means_per_mission() -> None:
    """3 and 1 false hotspots are 2 a mission."""
    assert pool([[total("k", "", 3)], [total("k", "", 1)]])[0].value == pytest.approx(2.0)


def test_interval_of_equal_missions_is_a_point() -> None:
    """Missions that all score the same leave nothing to doubt by resampling."""
    pooled = pool([[share("k", "", [True, False])]] * 5)[0]
    assert (pooled.low, pooled.high) == (50.0, 50.0)


@pytest.mark.parametrize("corner", [(0, 7), (7, 0), (24, 7), (7, 12)])
def test_a_patch_that_fits_best_at_the_edge_of_the_search_is_not_placed(corner: tuple[int, int]) -> None:
    """The top of the parabola would lie outside; one pixel further in it is placed."""
    around = np.random.default_rng(3).integers(0, 255, (44, 56), dtype=np.uint8)
    column, row = corner
    assert flights._shift(around[row : row + 32, column : column + 32], around, 6) is None
    column, row = min(max(column, 1), 23), min(max(row, 1), 11)
    found = flights._shift(around[row : row + 32, column : column + 32], around, 6)
    assert found == pytest.approx((column - 6, row - 6), abs=0.1)


def test_leads_that_are_not_there_are_per_cents_not_built(tmp_path: Path) -> None:
    """Unit and direction stand although no lead was written."""
    out, path = _write(tmp_path, _truth())
    truth = load_truth(path)
    measures = score_leads(replace(load_results(out, truth), leads=None, visits=None), truth, [])
    assert {m.key: (m.unit, m.value) for m in measures} == dict.fromkeys(
        ("leads.precision", "leads.disposition", "leads.recall", "leads.visit_precision"), ("%", None)
    )


def test_not_built_stays_not_built() -> None:
    """A measure that no mission produced has no number in the pooled table."""
    rows = render_pooled(pool([[not_built("k", "title")], [not_built("k", "title")]]))
    assert rows == [("k", "title", "not built", "", "")]


def test_a_measure_without_items_is_a_dash() -> None:
    """Built, with nothing to be scored on, is neither zero nor not built."""
    measure = Measure("k", "title", "ratio", "%", "high")
    assert measure.value is None
    assert render_pooled(pool([[measure]]))[0][2] == "–"


def test_score_json_says_null_for_not_built(tmp_path: Path) -> None:
    """In score.json a line that is not built has value null and built false."""
    scores = score_output(*_write(tmp_path, _truth()))
    lines = scores_dict(scores)["measures"]
    assert all(line["value"] is None and line["built"] is False for line in lines)
    assert len(pool_scores([scores, scores])) == len(lines)


def test_rules_on_records_are_scored_per_anomaly(tmp_path: Path) -> None:
    """A frozen monitor found at A (right) and at D (wrong) of two that are frozen: precision and recall 50 %."""
    truth = _truth()
    truth["anomalies"] = [{"kind": "frozen_monitor", "site_id": s, "expected": "help"} for s in ("A", "B")]
    leads = [_lead("A", "help"), _lead("D", "help")]
    for lead in leads:
        lead["properties"]["evidence"] = [{"kind": "frozen_monitor", "id": "1"}]
    scores = score_output(*_write(tmp_path, truth, leads=leads))
    assert scores["monitors.frozen_monitor.precision"].value == 50.0
    assert scores["monitors.frozen_monitor.recall"].value == 50.0


def test_the_sum_of_a_measure_by_kind() -> None:
    """A ratio is sum by sum, a median the middle, a total the sum; without weight or items there is none."""
    assert Measure("k", "t", "ratio", "%", "high", (1.0, 2.0), (4.0, 8.0)).value == 0.25
    assert Measure("k", "t", "ratio", "%", "high", (1.0,), (0.0,)).value is None
    assert Measure("k", "t", "median", "m", "low", (9.0, 1.0, 2.0)).value == 2.0
    assert Measure("k", "t", "total", "", "low", (9.0, 1.0)).value == 10.0
    assert Measure("k", "t", "total", "", "low").value == 0.0
    assert Measure("k", "t", "median", "m", "low").value is None
    assert Measure("k", "t", "total", "", "low", (9.0,), built=False).value is None


def test_what_makes_a_measure_says_kind_unit_and_direction() -> None:
    """Shares are of a hundred, medians and totals better when low."""
    assert share("k", "t", [True, False]) == Measure("k", "t", "ratio", "%", "high", (100.0, 0.0), (1.0, 1.0))
    assert share("k", "t", [], "≥ 50") == Measure("k", "t", "ratio", "%", "≥ 50")
    assert ratio("k", "t", "u", [(1.0, 2.0), (3.0, 4.0)]) == Measure(
        "k", "t", "ratio", "u", "high", (1.0, 3.0), (2.0, 4.0)
    )
    assert median_of("k", "t", "m", [1.0]) == Measure("k", "t", "median", "m", "low", (1.0,))
    assert total("k", "t", 3) == Measure("k", "t", "total", "", "low", (3.0,))
    assert not_built("k", "t", "m", "low") == Measure("k", "t", "total", "m", "low", built=False)


@pytest.mark.parametrize(
    ("hits", "low", "high"),
    [([False, True, True], 0.0, 100.0), ([False, False, True], 0.0, 100.0), ([False, True], 0.0, 100.0)],
)
def test_an_interval_holds_95_percent_of_resampled_missions(hits: list[bool], low: float, high: float) -> None:
    """Of three missions all three draws are the odd one in 1 of 27, 3.7 %: inside of 95 %, outside of 90 %."""
    pooled = pool([[share("k", "t", [hit])] for hit in hits])[0]
    assert (pooled.low, pooled.high) == (low, high)
    assert pooled.value == pytest.approx(100.0 * sum(hits) / len(hits))
    assert (pooled.key, pooled.title, pooled.unit, pooled.better) == ("k", "t", "%", "high")


def test_a_pooled_measure_counts_what_it_rests_on() -> None:
    """Items and missions that were built; one alone has no interval; what is not built in one is left out."""
    one = pool([[share("k", "t", [True, False, True])], [not_built("k", "t", "%")]])[0]
    assert (one.items, one.missions, one.built, one.low, one.high) == (3, 1, True, None, None)
    two = pool([[median_of("k", "t", "m", [1.0, 9.0])], [median_of("k", "t", "m", [2.0])]])[0]
    assert (two.value, two.items, two.missions) == (2.0, 3, 2)
    empty = pool([[share("k", "t", [])], [share("k", "t", [])]])[0]
    assert (empty.value, empty.low, empty.high, empty.built) == (None, None, None, True)


def test_pooled_measures_stand_together_by_section() -> None:
    """What only a later mission has goes to its section, not to the end."""
    keys = [p.key for p in pool([[total("a.x", "", 1), total("b.x", "", 1)], [total("a.y", "", 1)]])]
    assert keys == ["a.x", "a.y", "b.x"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (100.4, "m", "100 m"),
        (99.96, "m", "100 m"),
        (5.0, "", "5"),
        (0.12345, "%", "0.123 %"),
        (-250.7, "", "-251"),
        (12.34, "px", "12.3 px"),
    ],
)
def test_figures_have_three_digits(value: float, unit: str, text: str) -> None:
    """Whole numbers and those from a hundred on none behind the point."""
    rows = render_pooled(pool([[Measure("k", "t", "median", unit, "low", (value,))]]))
    assert rows == [("k", "t", text, "", "1")]


def test_a_pooled_row_shows_its_interval() -> None:
    """From zero to a hundred."""
    rows = render_pooled(pool([[share("k", "t", [True])], [share("k", "t", [False])]]))
    assert rows == [("k", "t", "50 %", "0 to 100", "2")]


def test_the_table_of_one_mission_is_aligned(tmp_path: Path) -> None:
    """Columns as wide as their widest cell, no blanks at the end; a count where something was built."""
    scores = score_output(*_write(tmp_path, _truth(), hotspots=RIGHT))
    lines = render_scores(scores).splitlines()
    assert lines[0].split() == ["measure", "what", "it", "says", "value", "n"]
    line = next(text for text in lines if text.startswith("hotspots.recall "))
    assert line.endswith("100 %      2") or re.search(r"100 %\s+2$", line)
    start = {text.index("what it says") for text in lines[:1]}.pop()
    assert all(text[start - 2 : start] == "  " and text[start] != " " for text in lines)
    assert all(text == text.rstrip() for text in lines)
    assert (scores.seed, scores.size) == (1, "demo") and scores["hotspots.recall"].key == "hotspots.recall"


def test_score_json_holds_the_measures(tmp_path: Path) -> None:
    """Rounded to four digits, with title, unit, direction and number of items."""
    out, truth = _write(
        tmp_path, _truth(), hotspots=[*RIGHT, _hotspot("H3", "co", shapely.box(0, 900, 9, 909), {}, 1.0)]
    )
    scores = score_output(out, truth)
    write_scores(scores, tmp_path / "score.json")
    content = json.loads((tmp_path / "score.json").read_text(encoding="utf-8"))
    assert (content["seed"], content["size"]) == (1, "demo")
    found = next(m for m in content["measures"] if m["key"] == "hotspots.precision")
    assert found == {
        "key": "hotspots.precision",
        "title": "recurring hotspots that a true plume explains",
        "unit": "%",
        "better": "high",
        "built": True,
        "value": 66.6667,
        "items": 3,
    }


# --- files ---------------------------------------------------------------------------------------------------------


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
    with pytest.raises(FileError, match=r"leads\.geojson.*cannot be read as JSON"):
        score_output(out, truth)
    with pytest.raises(FileError, match="is not a folder; give the OUT"):
        score_output(tmp_path / "nowhere", truth)
    with pytest.raises(FileError, match=r"no\.json.*cannot be read"):
        score_output(out, tmp_path / "no.json")
    (tmp_path / "old.json").write_text(json.dumps({**_truth(), "version": 2}), encoding="utf-8")
    with pytest.raises(FileError, match="is not a truth"):
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


# --- hotspots ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap", "precision"), [(29.5, 100.0), (30.5, 0.0)])
def test_a_hotspot_is_right_within_thirty_metres(tmp_path: Path, gap: float, precision: float) -> None:
    """Of the cells in which the plume was."""
    near = _hotspot("H", "tvoc", shapely.box(100 + gap, 0, 160 + gap, 20), {"A": 1.0}, 0.0)
    scores = score_output(*_write(tmp_path, _truth(), hotspots=[near]))
    assert scores["hotspots.precision"].value == precision


def test_a_hotspot_belongs_to_the_source_whose_cells_it_covers_most(tmp_path: Path) -> None:
    """Two sources of one species: 30 m of one, 60 m of the other, whichever stands first."""
    for order in (1, -1):
        truth = _truth()
        truth["sources"][1] |= {"site_id": "B"}
        truth["hotspots"][1] |= {"species": "TVOC", "seen": _degrees(shapely.box(130, 0, 300, 20))}
        truth["hotspots"] = truth["hotspots"][::order]
        hotspot = _hotspot("H", "tvoc", shapely.box(70, 0, 190, 20), {"B": 1.0}, 0.0)
        folder = tmp_path / str(order)
        folder.mkdir()
        scores = score_output(*_write(folder, truth, hotspots=[hotspot]))
        assert scores["attribution.top1"].value == 100.0


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


# --- attribution ---------------------------------------------------------------------------------------------------


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
    assert set(built.values()) == {False} and len(built) == 12


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


# --- leads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("disposition", "acts"),
    [("none", False), ("measure_again", False), ("remind", True), ("help", True), ("visit", True)],
)
def test_a_lead_acts_where_somebody_would_notice(tmp_path: Path, disposition: str, acts: bool) -> None:
    """Reminder, help or visit."""
    scores = score_output(*_write(tmp_path, _truth(), leads=[_lead("A", disposition)]))
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
    for kind in ("monitor", "power", "treatment", "marked_exceedance"):
        lead["properties"]["evidence"] = [{"kind": kind}]
        (tmp_path / kind).mkdir()
        scores = score_output(*_write(tmp_path / kind, truth, leads=[lead, _lead("D", "help")]))
        assert scores["leads.recall_monitors"].value == 100.0 and len(scores["leads.recall_monitors"].items) == 1


def test_a_false_lead_counts_once_under_each_confounder(tmp_path: Path) -> None:
    """Its site is touched and its hotspot lies there: one; a right lead counts under none."""
    truth = _truth()
    truth["confounders"][0]["sites"] = ["D", "A"]
    hotspot = _hotspot("H3", "nox", shapely.box(820, 0, 860, 20), {}, 1.0)
    leads = [_lead("D", "visit", ("H3", "gone")), _lead("A", "visit", ("H3",)), _lead("C", "none", ("H3",))]
    scores = score_output(*_write(tmp_path, truth, hotspots=[hotspot], leads=leads))
    assert (scores["leads.false"].value, scores["leads.false.trucks"].value) == (1.0, 1.0)
    assert scores["leads.false.nothing_wrong"].value == 1.0


def test_rules_that_nobody_applies_are_not_built(tmp_path: Path) -> None:
    """One line each for findings that are right and cases that are found, by kind."""
    truth = _truth()
    truth["anomalies"] = [{"kind": k, "site_id": s, "expected": "help"} for k, s in (("b", "A"), ("a", "B"))]
    lead = _lead("A", "none")
    lead["properties"]["evidence"] = [{"kind": "b"}]
    scores = score_output(*_write(tmp_path, truth, leads=[lead]))
    told = {m.key: m.value for m in scores.measures if m.key.startswith("monitors")}
    assert list(told) == [f"monitors.{k}.{w}" for k in ("a", "b") for w in ("precision", "recall")]
    assert told == {"monitors.a.precision": None, "monitors.a.recall": None, "monitors.b.precision": 100.0,
                    "monitors.b.recall": 100.0}  # fmt: skip
    assert not scores["monitors.a.recall"].built


# --- routes --------------------------------------------------------------------------------------------------------


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


# --- flights -------------------------------------------------------------------------------------------------------


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
