"""What the tests of score share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from ingest.coordinates import to_lonlat

X0, Y0 = 410000.0, 3393000.0


def _degrees(shape: shapely.Geometry) -> dict[str, Any]:
    """A geometry in metres around (X0, Y0) as GeoJSON."""
    crs = CRS.from_epsg(4544)
    moved = shapely.transform(shape, lambda xy: np.column_stack(to_lonlat(xy[:, 0] + X0, xy[:, 1] + Y0, crs)))
    return dict(json.loads(shapely.to_geojson(moved)))


def _place(x: float, y: float) -> dict[str, float]:
    lon, lat = to_lonlat(X0 + x, Y0 + y, CRS.from_epsg(4544))
    return {"lon": float(lon), "lat": float(lat)}


def _dose(source: str | None, species: dict[str, float], first: int, last: int, dose: float) -> dict[str, Any]:
    """So many µg s m-3 on every piece of 10 m of a street 20 m wide, from column ``first`` to ``last``."""
    pieces = [(column, row) for column in range(first, last + 1) for row in (0, 1)]
    columns, rows = zip(*pieces, strict=True)
    return {"source": source, "species": species, "columns": columns, "rows": rows, "dose": [dose] * len(pieces)}


def _anomaly(kind: str, site: str, expected: str = "help", **changed: Any) -> dict[str, Any]:
    """A true anomaly, or a finding, of the fourth of March from nine to one."""
    times = {"start": "2026-03-04T09:00:00Z", "end": "2026-03-04T13:00:00Z"}
    return {"kind": kind, "site_id": site, "expected": expected, **times, **changed}


def _finding(kind: str, site: str, **changed: Any) -> dict[str, Any]:
    """A feature of ``anomalies.geojson``."""
    return {"type": "Feature", "geometry": None, "properties": _anomaly(kind, site, **changed)}


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
        "doses": {
            "piece_m": 10.0,
            "origin": [X0, Y0],
            "of": [_dose("S1", {"TVOC": 1.0}, 0, 9, 20.0), _dose("S2", {"NOx": 1.0}, 50, 59, 20.0)],
        },
        "drives": [{"laps": 3, "wind_from_deg": 0.0}],
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
        "anomalies": [_anomaly("marked_exceedance", "C", "none")],
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
