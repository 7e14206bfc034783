"""What the tests of sites share."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from ingest.coordinates import gcj02_from_wgs84
from ingest.outcome import Outcome
from ingest.registers.read import SiteSettings, read_sites
from ingest.schema import Site

CODE = "91130200699229617X"  # HJ 608-2017, the standard's example


HEAD = ["排污许可证编号", "单位名称", "经度", "纬度", "坐标系"]


def write_csv(path: Path, rows: list[list[str]], encoding: str = "utf-8-sig") -> Path:
    """Write a register as bureaus do."""
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    path.write_bytes(stream.getvalue().encode(encoding))
    return path


def write_geojson(path: Path, features: list[tuple[dict[str, object], dict[str, object]]]) -> Path:
    """Write features of (properties, geometry)."""
    collection = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": collection}), encoding="utf-8")
    return path


def square(lon: float, lat: float, half: float = 1e-3) -> dict[str, object]:
    """GeoJSON polygon around a place."""
    ring = [[lon - half, lat - half], [lon + half, lat - half], [lon + half, lat + half], [lon - half, lat + half]]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def read(*files: Path, **changes: object) -> Outcome[tuple[Site, ...]]:
    """Read registers, named relative to their folder."""
    return read_sites(files, SiteSettings(**changes), root=files[0].parent)  # type: ignore[arg-type]


def shifted_register(folder: Path, count: int, declared: str) -> tuple[Path, list[tuple[float, float]]]:
    """Register of ``count`` sites whose coordinates are GCJ-02, whatever it declares; and the true places."""
    truth = [(104.1 + 0.01 * k, 30.7 + 0.005 * k) for k in range(count)]
    rows = [HEAD]
    for k, (lon, lat) in enumerate(truth):
        x, y = gcj02_from_wgs84(lon, lat)
        rows.append([f"{CODE}{k:03d}P", f"厂{k}", f"{float(x):.6f}", f"{float(y):.6f}", declared])
    return write_csv(folder / "permits.csv", rows), truth


def parcels_of(folder: Path, truth: list[tuple[float, float]], count: int) -> Path:
    """Parcels of the first sites."""
    features = [({"permit_code": f"{CODE}{k:03d}P"}, square(*truth[k])) for k in range(count)]
    return write_geojson(folder / "parcels.geojson", features)  # type: ignore[arg-type]
