"""Findings of the mosaics as they are handed over."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest
import shapely
from pyproj import CRS

from imagery.schema import Finding, Findings
from ingest.coordinates import to_grid, to_lonlat
from onevisit.handover.data.findings import finding_lines, sought_lines, write_findings
from onevisit.handover.page.contents import RegionContents, ReportContents
from onevisit.handover.page.report import render_report
from onevisit.words.strings import LANGUAGES, STRINGS

GRID = CRS.from_epsg(4544)
PATCH = shapely.box(405_000, 3_396_000, 405_020, 3_396_010)
SOIL = Finding("bare_soil-1", "bare_soil", PATCH, 200.0, 0.27, "1", 0.78, 1.5, "ortho.tif", "images/<b>.JPG")
FLIGHT = Findings((SOIL,), ("bare_soil",), shapely.box(405_000, 3_396_000, 405_200, 3_396_100))
COLD = Findings((), ("hot_surface",), shapely.box(405_000, 3_396_000, 405_100, 3_396_100))


def test_the_file_has_a_polygon_a_finding_in_wgs_84(tmp_path):
    """Corners come back to the grid within a centimetre, ring to the left; properties are those of the finding."""
    write_findings(tmp_path / "findings.geojson", [((FLIGHT, COLD), GRID)])
    content = json.loads((tmp_path / "findings.geojson").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    (feature,) = content["features"]
    ring = feature["geometry"]["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw
    back = shapely.Polygon([to_grid(lon, lat, GRID) for lon, lat in ring])
    assert back.hausdorff_distance(PATCH) < 0.02
    told = feature["properties"]
    assert (told["id"], told["kind"], told["area_m2"], told["photo"]) == ("bare_soil-1", "bare_soil", 200, SOIL.photo)
    assert shapely.Point(told["lon"], told["lat"]).within(shapely.Polygon(ring))


def test_an_error_that_is_not_known_is_null(tmp_path):
    """JSON has no NaN."""
    unknown = replace(SOIL, position_error_m=math.nan)
    write_findings(tmp_path / "findings.geojson", [((Findings((unknown,)),), GRID)])
    (feature,) = json.loads((tmp_path / "findings.geojson").read_text(encoding="utf-8"))["features"]
    assert feature["properties"]["position_error_m"] is None


def test_what_was_sought_and_not_found_is_told():
    """Two hectares with one patch of soil, one hectare without heat."""
    soil, heat = sought_lines((FLIGHT, COLD))
    assert (soil.kind, soil.hectares, soil.found) == ("bare_soil", 2.0, 1)
    assert (heat.kind, heat.hectares, heat.found) == ("hot_surface", 1.0, 0)
    assert [line.id for line in finding_lines((FLIGHT, COLD), GRID)] == ["bare_soil-1"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_report_has_a_row_a_finding(lang):
    """In both languages, names from files escaped; without a flight the table is not there."""
    page = render_report(ReportContents("m", (RegionContents(GRID, findings=(FLIGHT, COLD)),)), lang=lang)
    number = LANGUAGES.index(lang)
    assert STRINGS["mosaic_findings"][number] in page and STRINGS["finding_hot_surface"][number] in page
    assert re.search(r"<code>bare_soil-1</code></td><td>200 <small>m²</small>", page)
    assert 'data-layer="findings"' in page and '"layer:findings"' in page
    assert "images/&lt;b&gt;.JPG" in page and "<b>.JPG" not in page
    assert STRINGS["mosaic_findings"][number] not in render_report(
        ReportContents("m", (RegionContents(GRID),)), lang=lang
    )


def test_every_property_of_a_finding_is_that_of_the_mosaic(tmp_path):
    """Its place is inside, its numbers have six digits; regions, flights and findings keep their order."""
    heat = replace(SOIL, id="hot-1", kind="hot_surface", contrast=12.3456789, unit="K", photo="T.JPG", source="t.tif")
    path = tmp_path / "findings.geojson"
    write_findings(path, [((COLD, FLIGHT), GRID), ((replace(COLD, found=(heat, SOIL)),), GRID)])
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    assert [f["properties"]["id"] for f in features] == ["bare_soil-1", "hot-1", "bare_soil-1"]
    told = features[1]["properties"]
    lon, lat = (float(v) for v in to_lonlat(405_010.0, 3_396_005.0, GRID))
    assert (told.pop("lon"), told.pop("lat")) == (round(lon, 7), round(lat, 7))
    assert told == {
        "id": "hot-1", "kind": "hot_surface", "area_m2": 200.0, "contrast": 12.3457, "unit": "K", "confidence": 0.78,
        "position_error_m": 1.5, "source": "t.tif", "photo": "T.JPG",
    }  # fmt: skip
    (line,) = finding_lines((FLIGHT,), GRID)
    assert vars(line) == {
        "id": "bare_soil-1", "kind": "bare_soil", "area_m2": 200.0, "contrast": 0.27, "unit": "1", "confidence": 0.78,
        "lon": round(lon, 7), "lat": round(lat, 7), "position_error_m": 1.5, "source": "ortho.tif",
        "photo": "images/<b>.JPG",
    }  # fmt: skip


def test_kinds_are_counted_apart():
    """Two kinds sought in one mosaic: one patch of soil, no heat, both on the same two hectares."""
    both = replace(FLIGHT, sought=("bare_soil", "hot_surface"))
    assert [(s.kind, s.hectares, s.found) for s in sought_lines((both,))] == [
        ("bare_soil", 2.0, 1), ("hot_surface", 2.0, 0),
    ]  # fmt: skip
