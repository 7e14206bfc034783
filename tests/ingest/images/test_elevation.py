"""Elevation models: the part around a flight, units and voids, vertical datums, and the ballpark that is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from ingest.coordinates import to_grid
from ingest.errors import ContractError, FileError, SettingError
from ingest.images import elevation
from ingest.images.elevation import elevation_of_flight, ellipsoid_heights, read_elevation, vertical_crs
from ingest.schema import Camera, Frame, Pose
from onevisit.words.telling import tell
from tests.told import raises_told

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
    assert "elevation model" in tell(outcome.decisions[0]).decision


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
    with pytest.raises(SettingError, match=r"ballpark from EPSG:5737 .* wrong: install the grid.*geoid_height_m"):
        ellipsoid_heights(dem, geoid_height_m=float("nan"))
    lifted = ellipsoid_heights(dem, geoid_height_m=-40.5)
    assert float(lifted.value.mean()) == pytest.approx(489.5)
    assert "-40.50 m" in tell(lifted.decisions[0]).evidence


def test_the_grid_that_proj_lacks_is_named(tmp_path: Path) -> None:
    """EGM96 has one, which is not installed here."""
    path = _write(tmp_path / "d.tif", "EPSG:4326+5773", np.full((150, 200), 530.0, np.float32))
    dem = read_elevation(path, "d.tif", lon=LON, lat=LAT).value
    try:
        ellipsoid_heights(dem, geoid_height_m=float("nan"))
    except SettingError as error:
        assert re.search(r"\(missing: .*egm96.*\): install the grid", str(error))
    else:
        pytest.skip("PROJ has the grid of EGM96 here")


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
    with raises_told(FileError, match="does not cover"):
        read_elevation(good, "d.tif", lon=(10.0, 10.1), lat=(50.0, 50.1))
    with raises_told(FileError, match="no coordinate system"):
        read_elevation(_write(tmp_path / "n.tif", None, _ramp()), "n.tif", lon=LON, lat=LAT)
    void = np.full((150, 200), -9999.0, np.float32)
    with raises_told(FileError, match="no heights"):
        read_elevation(_write(tmp_path / "v.tif", "EPSG:4326", void), "v.tif", lon=LON, lat=LAT)
    with raises_told(FileError, match="fathom"):
        read_elevation(_write(tmp_path / "f.tif", "EPSG:4326", _ramp(), unit="fathom"), "f.tif", lon=LON, lat=LAT)
    (tmp_path / "text.tif").write_text("not a raster")
    with raises_told(FileError, match="GeoTIFF"):
        read_elevation(tmp_path / "text.tif", "text.tif", lon=LON, lat=LAT)


def test_fine_models_are_averaged(tmp_path: Path) -> None:
    """A model of 5 000 columns is read with at most 4 000, and keeps its place."""
    heights = np.repeat(np.arange(5000.0, dtype=np.float32)[None, :], 10, axis=0)
    path = _write(tmp_path / "d.tif", "EPSG:4326", heights, cell=0.00001)
    dem = read_elevation(path, "d.tif", lon=(104.06, 104.07), lat=(30.66995, 30.66997), margin_m=20_000).value
    assert dem.sizes["x"] <= 4000
    assert float(dem.interp(x=104.06, y=float(dem["y"].mean()))) == pytest.approx(999.5, abs=1.0)


def test_cells_lie_at_their_centres(tmp_path: Path) -> None:
    """The window is snapped to whole cells, north first; attributes and the decision say what it is."""
    heights = _ramp() + 1000.0 * np.arange(150.0, dtype=np.float32)[:, None]
    outcome = read_elevation(
        _write(tmp_path / "d.tif", "EPSG:4326", heights), "d.tif", lon=LON, lat=LAT, margin_m=0.0
    )
    dem = outcome.value
    assert dem.dims == ("y", "x")
    assert (float(dem["x"][0]), float(dem["y"][0])) == pytest.approx((104.06005, 30.66145), abs=1e-9)
    assert (dem.sizes["x"], dem.sizes["y"]) == (20, 15)
    assert float(dem[0, 0]) == 500.0 + 100.0 + 1000.0 * 85  # column 100, row 85
    assert float(dem[-1, -1]) == 500.0 + 119.0 + 1000.0 * 99
    assert (dem.attrs["units"], dem.attrs["vertical"]) == ("m", "unknown")
    assert CRS.from_user_input(dem.attrs["crs"]) == CRS.from_epsg(4326)
    (told,) = outcome.decisions
    assert (told.item, tell(told).evidence) == ("d.tif", "20 × 15 cells of 0.0001 around the photos, heights unknown")


def test_margin_is_metres_on_all_sides(tmp_path: Path) -> None:
    """333 m are 0.003° of latitude and 0.0035° of longitude at 30.66° north; half a kilometre by default."""
    path = _write(tmp_path / "d.tif", "EPSG:4326", _ramp())
    dem = read_elevation(path, "d.tif", lon=LON, lat=LAT, margin_m=333.96).value
    assert float(dem["y"][0]) == pytest.approx(30.6645, abs=1.1e-4)
    assert float(dem["y"][-1]) == pytest.approx(30.6570, abs=1.1e-4)
    assert float(dem["x"][0]) == pytest.approx(104.06 - 0.003487, abs=1.1e-4)
    assert float(dem["x"][-1]) == pytest.approx(104.062 + 0.003487, abs=1.1e-4)
    usual = read_elevation(path, "d.tif", lon=LON, lat=LAT).value
    assert float(usual["y"][0]) == pytest.approx(30.6615 + 500 / 111_320, abs=1.1e-4)


@pytest.mark.parametrize(
    ("unit", "metres"),
    [("metre", 1.0), ("m", 1.0), ("foot", 0.3048), ("ft", 0.3048), ("US survey foot", 1200 / 3937)],
)
def test_units_of_heights(tmp_path: Path, unit: str, metres: float) -> None:
    """International and survey feet differ in the sixth digit."""
    path = _write(tmp_path / "d.tif", "EPSG:4326", np.full((150, 200), 3000.0, np.float32), unit=unit)
    assert float(read_elevation(path, "d.tif", lon=LON, lat=LAT).value.mean()) == pytest.approx(
        3000 * metres, rel=1e-7
    )


def test_photos_must_lie_on_the_model(tmp_path: Path) -> None:
    """The middle of the flight decides, on every side; a rotated raster is refused."""
    path = _write(tmp_path / "d.tif", "EPSG:4326", _ramp())  # 104.05 to 104.07, 30.655 to 30.67
    for lon, lat in ((104.0499, 30.66), (104.0701, 30.66), (104.06, 30.6701), (104.06, 30.6549)):
        with raises_told(FileError, match="does not cover the photos"):
            read_elevation(path, "d.tif", lon=(lon, lon), lat=(lat, lat))
    for lon, lat in ((104.0501, 30.66), (104.0699, 30.66), (104.06, 30.6699), (104.06, 30.6551)):
        read_elevation(path, "d.tif", lon=(lon, lon), lat=(lat, lat))
    with rasterio.open(
        tmp_path / "r.tif", "w", driver="GTiff", width=9, height=9, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(0.01, 0.001, 104.0, 0.001, -0.01, 30.7),
    ) as file:  # fmt: skip
        file.write(np.zeros((9, 9), np.float32), 1)
    with pytest.raises(ContractError, match="rotated"):
        read_elevation(tmp_path / "r.tif", "r.tif", lon=LON, lat=LAT)


def test_model_on_a_projected_grid(tmp_path: Path) -> None:
    """Metres of EPSG:4544, 5 m cells: the photo's own cell has its height."""
    x, y = (float(v) for v in to_grid(104.061, 30.661, CRS.from_epsg(4544)))
    heights = np.arange(400.0 * 400.0, dtype=np.float32).reshape(400, 400)
    with rasterio.open(
        tmp_path / "p.tif", "w", driver="GTiff", width=400, height=400, count=1, dtype="float32", crs="EPSG:4544",
        transform=Affine(5.0, 0, x - 1000.0, 0, -5.0, y + 1000.0),
    ) as file:  # fmt: skip
        file.write(heights, 1)
    dem = read_elevation(tmp_path / "p.tif", "p.tif", lon=LON, lat=LAT, margin_m=100).value
    assert float(dem.sel(x=x + 2.5, y=y - 2.5, method="nearest")) == 200 * 400 + 200
    assert dem.attrs["vertical"] == "unknown"


def test_flight_gives_the_window(tmp_path: Path) -> None:
    """Smallest and largest of all photos."""
    path = _write(tmp_path / "d.tif", "EPSG:4326", _ramp())
    camera = Camera(4, 3, 4.0, 1.5, 1.0)
    places = [(104.0610, 30.6615), (104.0600, 30.6607), (104.0620, 30.6600)]
    frames = [Frame(f"{k}", path, camera, Pose(*place)) for k, place in enumerate(places)]
    assert elevation_of_flight(path, "d.tif", frames).value.equals(
        read_elevation(path, "d.tif", lon=LON, lat=LAT).value
    )


def test_large_models_are_averaged_over_whole_cells(tmp_path: Path) -> None:
    """8 001 columns become 2 667 of three each: means, at the centres of three."""
    heights = np.repeat(np.arange(8001.0, dtype=np.float32)[None, :], 9, axis=0)
    path = _write(tmp_path / "d.tif", "EPSG:4326", heights, cell=0.00001)
    dem = read_elevation(path, "d.tif", lon=(104.06, 104.09), lat=(30.66995, 30.66997), margin_m=20_000).value
    assert dem.shape == (3, 2667)
    np.testing.assert_allclose(dem.values[1, :3], [1.0, 4.0, 7.0])
    assert float(dem["x"][0]) == pytest.approx(104.05 + 0.000015, abs=1e-9)
    assert float(dem["y"][0]) == pytest.approx(30.67 - 0.000015, abs=1e-9)


def test_vertical_datum_without_a_code_has_its_name() -> None:
    """A local datum."""
    compound = CRS.from_user_input(
        'COMPD_CS["local",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
        'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],VERT_CS["harbour",VERT_DATUM["harbour",2005],UNIT["metre",1]]]'
    )
    assert vertical_crs(compound) == "harbour"


def test_declared_geoid_is_told_with_the_datum(tmp_path: Path) -> None:
    """Of an unknown datum too; ellipsoidal heights stay, whatever is declared."""
    dem = read_elevation(_write(tmp_path / "d.tif", "EPSG:4326", _ramp()), "d.tif", lon=LON, lat=LAT).value
    lifted = ellipsoid_heights(dem, geoid_height_m=12.5)
    np.testing.assert_allclose(lifted.value.values, dem.values + 12.5)
    assert lifted.value.attrs == {**dem.attrs, "vertical": "ellipsoid"}
    assert lifted.decisions[0].item == "elevation model"
    assert tell(lifted.decisions[0]).evidence == "declared geoid height of +12.50 m (heights were unknown)"
    again = ellipsoid_heights(lifted.value, geoid_height_m=99.0)
    assert again.value is lifted.value and again.decisions == ()


def test_heights_by_a_transformation_of_proj() -> None:
    """Longitude first, voids stay void, and the shift is told: a plain offset of +10 m stands in for a geoid grid."""
    heights = np.array([[100.0, np.nan], [102.0, 103.0]])
    dem = xr.DataArray(heights, {"y": [30.7, 30.6], "x": [104.0, 104.1]}, ("y", "x"), attrs={"vertical": "EPSG:5773"})
    shift = Transformer.from_pipeline("+proj=affine +zoff=10")
    outcome = elevation._lifted(dem, shift, "EPSG:5773")
    np.testing.assert_array_equal(outcome.value.values, [[110.0, np.nan], [112.0, 113.0]])
    assert outcome.value.attrs["vertical"] == "ellipsoid" and dem.attrs["vertical"] == "EPSG:5773"
    assert tell(outcome.decisions[0]).evidence.startswith("EPSG:5773, ")
    assert tell(outcome.decisions[0]).evidence.endswith(": +10.00 m")


def test_model_whose_system_has_no_code_cannot_be_asked_of_proj() -> None:
    """A home-made projection with a known vertical datum."""
    crs = CRS.from_user_input("+proj=tmerc +lat_0=30.1 +lon_0=104.123 +datum=WGS84").to_wkt()
    dem = xr.DataArray(
        np.zeros((2, 2)), {"y": [1.0, 0.0], "x": [0.0, 1.0]}, ("y", "x"), attrs={"crs": crs, "vertical": "EPSG:5773"}
    )
    with pytest.raises(SettingError, match="has no code"):
        ellipsoid_heights(dem, geoid_height_m=float("nan"))
