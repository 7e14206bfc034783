"""Elevation models: the part around a flight, units and voids, vertical datums, and the ballpark that is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from ingest.elevation import ellipsoid_heights, read_elevation, vertical_crs
from ingest.errors import FileError, SettingError

LON, LAT = (104.0600, 104.0620), (30.6600, 30.6615)


def _write(
    path: Path, crs: str | None, heights: NDArray[np.float32], *, cell: float = 0.0001, unit: str = ""
) -> Path:
    """A DEM in degrees whose north-west corner is at 104.05° E, 30.67° N, void where −9999."""
    with rasterio.open(
        path, "w", driver="GTiff", width=heights.shape[1], height=heights.shape[0], count=1, dtype="float32",
        crs=None if crs is None else CRS.from_user_input(crs).to_wkt(), nodata=-9999.0,
        transform=Affine(cell, 0, 104.05, 0, -cell, 30.67),
    ) as file:  # fmt: skip
        file.write(heights, 1)
        if unit:
            file.units = (unit,)
    return path


def _ramp() -> NDArray[np.float32]:
    """500 m at the western edge and 1 m more with every column of 0.0001°."""
    return np.repeat(500.0 + np.arange(200.0)[None, :], 150, axis=0).astype(np.float32)


def test_part_around_the_flight_keeps_heights_in_place(tmp_path: Path) -> None:
    """The cell that holds 104.0605° E is column 105: 605 m; cells far away are not read."""
    outcome = read_elevation(_write(tmp_path / "d.tif", "EPSG:4326", _ramp()), "d.tif", lon=LON, lat=LAT, margin_m=50)
    dem = outcome.value
    assert float(dem.sel(x=104.06055, y=30.6605, method="nearest")) == pytest.approx(605.0)
    assert dem.sizes["x"] < 60
    assert "elevation model" in outcome.decisions[0].decision


def test_feet_and_voids(tmp_path: Path) -> None:
    """Feet become metres; voids are NaN, not −9999."""
    heights = np.full((150, 200), 1000.0, np.float32)
    heights[:60, :] = -9999.0
    path = _write(tmp_path / "d.tif", "EPSG:4326", heights, unit="foot")
    dem = read_elevation(path, "d.tif", lon=LON, lat=(30.6600, 30.6660), margin_m=50).value
    assert np.nanmin(dem) == pytest.approx(304.8)
    assert np.isnan(dem).any()


@pytest.mark.parametrize(
    ("crs", "name"),
    [("EPSG:4326", "unknown"), ("EPSG:4979", "ellipsoid"), ("EPSG:4326+5773", "EPSG:5773"), ("EPSG:4544", "unknown")],
)
def test_vertical_datum_is_named(crs: str, name: str) -> None:
    """Two axes say nothing about heights, three are ellipsoidal, a compound CRS names its datum."""
    assert vertical_crs(CRS.from_user_input(crs)) == name


def test_ballpark_is_refused_and_declared_geoid_accepted(tmp_path: Path) -> None:
    """Yellow Sea 1985: PROJ has no geoid for it. Refused with what to do; 530 m less 40.5 m are 489.5 m."""
    path = _write(tmp_path / "d.tif", "EPSG:4326+5737", np.full((150, 200), 530.0, np.float32))
    dem = read_elevation(path, "d.tif", lon=LON, lat=LAT).value
    assert dem.attrs["vertical"] == "EPSG:5737"
    with pytest.raises(SettingError, match=r"ballpark.*geoid_height_m"):
        ellipsoid_heights(dem, geoid_height_m=float("nan"))
    lifted = ellipsoid_heights(dem, geoid_height_m=-40.5)
    assert float(lifted.value.mean()) == pytest.approx(489.5)
    assert "-40.50 m" in lifted.decisions[0].evidence


def test_unknown_datum_is_not_taken_for_the_ellipsoid(tmp_path: Path) -> None:
    """A plane CRS does not say above what; an ellipsoidal DEM goes through as it is."""
    dem = read_elevation(_write(tmp_path / "d.tif", "EPSG:4326", _ramp()), "d.tif", lon=LON, lat=LAT).value
    with pytest.raises(SettingError, match="does not say above what"):
        ellipsoid_heights(dem, geoid_height_m=float("nan"))
    whole = read_elevation(_write(tmp_path / "e.tif", "EPSG:4979", _ramp()), "e.tif", lon=LON, lat=LAT).value
    assert ellipsoid_heights(whole, geoid_height_m=float("nan")).value.equals(whole)


def test_what_cannot_be_ground_is_refused(tmp_path: Path) -> None:
    """Another place, no CRS, only voids, no raster, fathoms: one sentence each."""
    good = _write(tmp_path / "d.tif", "EPSG:4326", _ramp())
    with pytest.raises(FileError, match="does not cover"):
        read_elevation(good, "d.tif", lon=(10.0, 10.1), lat=(50.0, 50.1))
    with pytest.raises(FileError, match="no coordinate system"):
        read_elevation(_write(tmp_path / "n.tif", None, _ramp()), "n.tif", lon=LON, lat=LAT)
    void = np.full((150, 200), -9999.0, np.float32)
    with pytest.raises(FileError, match="no heights"):
        read_elevation(_write(tmp_path / "v.tif", "EPSG:4326", void), "v.tif", lon=LON, lat=LAT)
    with pytest.raises(FileError, match="fathom"):
        read_elevation(_write(tmp_path / "f.tif", "EPSG:4326", _ramp(), unit="fathom"), "f.tif", lon=LON, lat=LAT)
    (tmp_path / "text.tif").write_text("not a raster")
    with pytest.raises(FileError, match="GeoTIFF"):
        read_elevation(tmp_path / "text.tif", "text.tif", lon=LON, lat=LAT)


def test_fine_models_are_averaged(tmp_path: Path) -> None:
    """A model of 5 000 columns is read with at most 4 000, and keeps its place."""
    heights = np.repeat(np.arange(5000.0, dtype=np.float32)[None, :], 10, axis=0)
    path = _write(tmp_path / "d.tif", "EPSG:4326", heights, cell=0.00001)
    dem = read_elevation(path, "d.tif", lon=(104.06, 104.07), lat=(30.66995, 30.66997), margin_m=20_000).value
    assert dem.sizes["x"] <= 4000
    assert float(dem.interp(x=104.06, y=float(dem["y"].mean()))) == pytest.approx(999.5, abs=1.0)
