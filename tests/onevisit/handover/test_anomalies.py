"""anomalies.geojson: where each stands, and whose it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.schema import CrsSource, Site
from monitors import Anomaly
from monitors.schema import Cause
from onevisit.handover.data.anomalies import write_anomalies
from onevisit.leads.named import sites_of

ONE = Anomaly(
    "exceedance", "P1", "U1", "甲厂", "1#", "a.csv", "a21026",
    datetime(2026, 3, 1, 16, tzinfo=UTC), datetime(2026, 3, 1, 19, tzinfo=UTC), 1.5,
    {"compared": "corrected", "highest": 75.0, "limit": 50.0, "unit": "mg m-3", "intervals": 3.0}, ("marked:fault",),
    causes={Cause.FAULT: 0.3, Cause.EMISSION: 0.7},
)  # fmt: skip


def _site(site_id: str, **names: Any) -> Site:
    return Site(site_id, names.pop("name", ""), 104.1, 30.6, 20.0, "WGS84", CrsSource.DECLARED, **names)


def test_an_anomaly_stands_at_its_site(tmp_path: Path) -> None:
    """With all that was compared, its times in UTC and its rivals."""
    write_anomalies(tmp_path / "a.geojson", [ONE], [_site("S1", permit_code="P1")])
    (feature,) = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [104.1, 30.6]}
    assert feature["properties"] == {
        "id": "A001", "site_id": "S1", "kind": "exceedance", "permit_code": "P1", "uscc": "U1", "site_name": "甲厂",
        "point": "1#", "source": "a.csv", "code": "a21026", "start": "2026-03-01T16:00:00Z",
        "end": "2026-03-01T19:00:00Z", "strength": 1.5, "rivals": ["marked:fault"], "compared": "corrected",
        "highest": 75.0, "limit": 50.0, "unit": "mg m-3", "intervals": 3.0, "cause": "emission",
        "causes": {"fault": 0.3, "emission": 0.7},
    }  # fmt: skip


def test_a_point_with_a_place_of_its_own_stands_there_and_one_without_any_nowhere(tmp_path: Path) -> None:
    """The place of the point wins over that of the site; no place is no feature at 0, 0."""
    placed = replace(ONE, lon=104.2, lat=30.7)
    write_anomalies(
        tmp_path / "a.geojson",
        [placed, replace(ONE, permit_code="", uscc="", site_name="")],
        [_site("S1", permit_code="P1")],
    )
    first, second = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))["features"]
    assert first["geometry"]["coordinates"] == [104.2, 30.7]
    assert (second["geometry"], second["properties"]["site_id"], second["properties"]["id"]) == (None, None, "A002")


@pytest.mark.parametrize(
    ("sites", "found"),
    [
        ([_site("S1", permit_code="P1"), _site("S2", uscc="U1")], "S1"),
        ([_site("S1", uscc="U1"), _site("S2", name="甲厂")], "S1"),
        ([_site("S1", uscc="U1"), _site("S2", uscc="U1"), _site("S3", name="甲厂")], "S3"),
        ([_site("S1", uscc="U1"), _site("S2", uscc="U1")], None),
        ([_site("S1")], None),
    ],
)
def test_the_site_of_a_record_is_the_only_one_of_that_name(sites: list[Site], found: str | None) -> None:
    """By permit code before credit code before name; an empty name is nobody's."""
    (site,) = sites_of([replace(ONE, site_name="甲厂")], sites)
    assert (site.site_id if site else None) == found
