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
from pyproj import CRS
from rasterio.transform import from_origin

from fusion.schema import CredibleArea, Rate, SourceEstimate
from ingest.coordinates import to_lonlat
from ingest.errors import FileError
from onevisit.handover.geojson import write_hotspots
from onevisit.score import pool_scores, render_pooled, render_scores, score_output, scores_dict
from onevisit.scoring.measures import Measure, not_built, pool, share, total
from onevisit.scoring.routes import reference_length

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
