"""Writing rasters and poses: whole or not at all, optimised, and the same numbers back."""

from __future__ import annotations

import json
import math
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import rasterio
import shapely
import xarray as xr
from dask.delayed import delayed
from odc.geo.geobox import GeoBox
from odc.geo.geom import BoundingBox
from odc.geo.xr import xr_coords
from pyproj import CRS

from imagery import FramePose
from ingest.coordinates import to_grid
from ingest.errors import ContractError
from ingest.outcome import Phrase
from onevisit.handover.data.cog import write_ortho
from onevisit.handover.data.poses import write_poses

GEOBOX = GeoBox.from_bbox(BoundingBox(410_000, 3_393_000, 410_260, 3_393_200, crs="EPSG:4544"), resolution=0.5)
USED, LOST, BARE = Phrase("photo_used"), Phrase("photo_not_placed"), Phrase("photo_not_positioned")


def _mosaic(*, broken: bool = False) -> xr.Dataset:
    rng = np.random.default_rng(1)
    shape = GEOBOX.shape

    def lazy(values: np.ndarray) -> da.Array:
        array = da.from_array(values, chunks=(128, 256))
        return (
            array.map_blocks(_explode, dtype=values.dtype, meta=np.empty((0, 0), values.dtype)) if broken else array
        )

    data = {name: lazy(rng.integers(0, 255, shape).astype(np.uint8)) for name in ("red", "green", "blue")}
    data["alpha"] = lazy(np.where(rng.random(shape) > 0.3, 255, 0).astype(np.uint8))
    data["photo_count"] = lazy(rng.integers(0, 9, shape).astype(np.uint16))
    data["photo_index"] = lazy(rng.integers(-1, 900, shape).astype(np.int32))
    data["gsd"] = lazy(rng.random(shape).astype(np.float32))
    data["position_error"] = lazy(rng.random(shape).astype(np.float32) * 5)
    return xr.Dataset({k: (("y", "x"), v) for k, v in data.items()}, xr_coords(GEOBOX))


def _explode(_block: np.ndarray) -> np.ndarray:
    raise RuntimeError("photo lost")


def test_ortho_comes_back_pixel_by_pixel(tmp_path: Path) -> None:
    """Colour and quality layers read back as they were, tiled as a COG with overviews, in the right place."""
    mosaic = _mosaic()
    write_ortho(mosaic, tmp_path / "ortho.tif")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ortho-quality.tif", "ortho.tif"]
    with rasterio.open(tmp_path / "ortho.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.descriptions == ("red", "green", "blue", "alpha")
        assert file.bounds.left == pytest.approx(410_000)
        np.testing.assert_array_equal(file.read(2), mosaic["green"].values)
    with rasterio.open(tmp_path / "ortho-quality.tif") as file:
        np.testing.assert_array_equal(file.read(2), mosaic["photo_index"].values)
        np.testing.assert_allclose(file.read(4), mosaic["position_error"].values, atol=0.006)


def test_gdal_has_nothing_to_complain_about(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every creation option is one that GDAL's COG driver knows."""
    write_ortho(_mosaic(), tmp_path / "ortho.tif")
    assert [r.getMessage() for r in caplog.records if r.name.startswith("rasterio")] == []


def test_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    """A chunk that fails leaves neither a half file nor a temporary one, and the former result stays."""
    (tmp_path / "ortho.tif").write_bytes(b"former")
    with pytest.raises(RuntimeError, match="photo lost"):
        write_ortho(_mosaic(broken=True), tmp_path / "ortho.tif")
    assert [p.name for p in tmp_path.iterdir()] == ["ortho.tif"]
    assert (tmp_path / "ortho.tif").read_bytes() == b"former"


def test_chunks_are_computed_once_and_not_far_ahead(tmp_path: Path) -> None:
    """Memory is that of the chunks in work: at most the workers' and one more are ahead of what is written."""
    rendered: list[int] = []

    def render(number: int) -> np.ndarray:
        rendered.append(number)
        return np.full((64, 64), number, np.float32)

    blocks = [
        [da.from_delayed(delayed(render, pure=False)(5 * i + j), (64, 64), np.float32) for j in range(5)]
        for i in range(4)
    ]
    box = GeoBox.from_bbox(BoundingBox(410_000, 3_393_000, 410_320, 3_393_256, crs="EPSG:4544"), resolution=1.0)
    dataset = xr.Dataset({"value": (("y", "x"), da.block(blocks))}, xr_coords(box))
    ahead: list[int] = []
    write_ortho(
        dataset.assign(dict.fromkeys(("photo_count", "photo_index", "gsd", "position_error"), dataset["value"])),
        tmp_path / "ortho.tif", workers=2, progress=lambda done, _: ahead.append(len(rendered) - done),
    )  # fmt: skip
    assert sorted(rendered) == list(range(20))
    assert max(ahead) <= 3
    with rasterio.open(tmp_path / "ortho.tif") as file:
        assert file.read(1)[::64, ::64].ravel().tolist() == list(range(20))


def test_files_are_packed_tiled_and_labelled_as_promised(tmp_path: Path) -> None:
    """Colour deflated with a mask band and no gaps; the layers in zstd with NaN for gaps; names, units and grid."""
    mosaic = _mosaic()
    mosaic["gsd"].attrs = {"units": "m", "long_name": "ground pixel", "x": 1}
    mosaic["red"].attrs = {"long_name": "red light"}
    write_ortho(mosaic, tmp_path / "a.b.tif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.b-quality.tif", "a.b.tif"]
    with rasterio.open(tmp_path / "a.b.tif") as file:
        assert (file.profile["compress"], file.profile["blockxsize"], file.profile["blockysize"]) == (
            "deflate",
            512,
            512,
        )
        assert [c.name for c in file.colorinterp] == ["red", "green", "blue", "alpha"]
        assert file.nodata is None and file.dtypes == ("uint8",) * 4
        assert file.tags(1) == {"long_name": "red light"} and file.tags(2) == {}
        assert file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "2"
        assert file.crs == "EPSG:4544" and file.transform == GEOBOX.transform and file.overviews(1) == [2]
        for band, name in enumerate(("red", "green", "blue", "alpha"), start=1):
            np.testing.assert_array_equal(file.read(band), mosaic[name].values)
    with rasterio.open(tmp_path / "a.b-quality.tif") as file:
        assert (file.profile["compress"], file.profile["blockxsize"], file.overviews(1)) == ("zstd", 512, [2])
        assert file.descriptions == ("photo_count", "photo_index", "gsd", "position_error")
        assert math.isnan(file.nodata) and file.dtypes == ("float32",) * 4
        assert file.tags(3) == {"units": "m", "long_name": "ground pixel"}
        assert "PREDICTOR" not in file.tags(ns="IMAGE_STRUCTURE")
        assert "red" not in [c.name for c in file.colorinterp] and "alpha" not in [c.name for c in file.colorinterp]
        for band, (name, digits) in enumerate(
            {"photo_count": 0, "photo_index": 0, "gsd": 3, "position_error": 2}.items()
        ):
            np.testing.assert_array_equal(file.read(band + 1), mosaic[name].values.astype(np.float32).round(digits))


def test_progress_counts_every_chunk(tmp_path: Path) -> None:
    """Four rows of three chunks (400 by 520 pixels in chunks of 128 by 256)."""
    told: list[tuple[int, int]] = []
    write_ortho(_mosaic(), tmp_path / "ortho.tif", workers=3, progress=lambda done, of: told.append((done, of)))
    assert told == [(k, 12) for k in range(1, 13)]


def test_a_mosaic_without_colour_has_bands_of_its_own_kind(tmp_path: Path) -> None:
    """Temperatures are float32 with NaN where nothing was seen; a dataset in memory is one chunk."""
    mosaic = _mosaic().drop_vars(["red", "green", "blue", "alpha"]).compute()
    warm = np.full(GEOBOX.shape, 21.5, np.float32)
    warm[:7] = np.nan
    told: list[tuple[int, int]] = []
    write_ortho(
        mosaic.assign(thermal=(("y", "x"), warm)), tmp_path / "t.tif", progress=lambda *done: told.append(done)
    )
    assert told == [(1, 1)]
    with rasterio.open(tmp_path / "t.tif") as file:
        assert file.descriptions == ("thermal",) and file.dtypes == ("float32",) and math.isnan(file.nodata)
        np.testing.assert_array_equal(file.read(1), warm)
        assert (file.dataset_mask()[:7] == 0).all()


def test_a_mosaic_without_a_grid_is_refused(tmp_path: Path) -> None:
    """The message names the file; nothing is written."""
    bare = xr.Dataset({"thermal": (("y", "x"), np.zeros((4, 4), np.float32))})
    with pytest.raises(ContractError, match=r"x\.tif: the dataset has no grid mapping"):
        write_ortho(bare, tmp_path / "x.tif")
    assert list(tmp_path.iterdir()) == []


def test_every_property_of_a_pose(tmp_path: Path) -> None:
    """Rounded as far as they are known; null where they are not; no position is no geometry; nothing else is left."""
    crs = CRS.from_epsg(4544)
    x, y = (float(v) for v in to_grid(104.0, 30.6, crs))
    square = shapely.Polygon([(x, y), (x, y + 40), (x + 40, y + 40), (x + 40, y)])  # clockwise
    nan = float("nan")
    poses = [
        FramePose("甲.jpg", True, USED, x, y, 40.04, -0.1, 1.2349, square, ties=7, reprojection_error_px=0.4567),
        FramePose("b.jpg", False, LOST, x, y, *(nan,) * 3, shapely.Polygon()),
        FramePose("c.jpg", False, BARE, nan, y, *(nan,) * 3, shapely.Polygon()),
        FramePose("d.jpg", False, BARE, x, nan, *(nan,) * 3, shapely.Polygon()),
    ]
    write_poses(poses, crs, tmp_path / "poses.geojson")
    text = (tmp_path / "poses.geojson").read_text(encoding="utf-8")
    content = json.loads(text)
    assert content["type"] == "FeatureCollection" and "甲.jpg" in text and text.endswith("}\n")
    assert [p.name for p in tmp_path.iterdir()] == ["poses.geojson"]
    first, second, third, fourth = content["features"]
    assert first["type"] == "Feature"
    assert first["properties"] == {
        "photo": "甲.jpg", "used": True, "reason": "used", "code": "photo_used", "heading_deg": 354.3,
        "position_error_m": 1.23, "height_above_takeoff_m": 40.0, "ties": 7, "reprojection_error_px": 0.46,
    }  # fmt: skip
    ring = np.array(first["geometry"]["coordinates"][0])
    assert first["geometry"]["type"] == "Polygon" and shapely.LinearRing(ring).is_ccw and len(ring) == 5
    assert ring[0].tolist() in [[104.0, 30.6], *ring[1:].tolist()] and [104.0, 30.6] in ring.tolist()
    back = np.column_stack(to_grid(ring[:, 0], ring[:, 1], crs))
    assert shapely.Polygon(back).symmetric_difference(square).area < 1.0
    assert second == {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [104.0, 30.6]},
        "properties": {
            "photo": "b.jpg", "used": False, "reason": "not placed", "code": "photo_not_placed", "heading_deg": None,
            "position_error_m": None, "height_above_takeoff_m": None, "ties": 0, "reprojection_error_px": None,
        },
    }  # fmt: skip
    assert third["geometry"] is None and fourth["geometry"] is None


def test_poses_that_cannot_be_written_leave_nothing(tmp_path: Path) -> None:
    """Where a folder has the name, it stays, and no half file beside it."""
    (tmp_path / "poses.geojson").mkdir()
    with pytest.raises(OSError):
        write_poses([], CRS.from_epsg(4544), tmp_path / "poses.geojson")
    assert [p.name for p in tmp_path.iterdir()] == ["poses.geojson"]


def test_poses_are_geojson_with_a_feature_a_photo(tmp_path: Path) -> None:
    """A used photo has its footprint in WGS 84, one that is not used its position and the reason."""
    crs = CRS.from_epsg(4544)
    x, y = (float(v) for v in to_grid(104.0, 30.6, crs))
    square = shapely.box(x - 20, y - 20, x + 20, y + 20)
    poses = [
        FramePose("a.jpg", True, USED, x, y, 40.0, -0.1, 1.234, square),
        FramePose("b.jpg", False, LOST, x, y, *(float("nan"),) * 3, shapely.Polygon()),
    ]
    write_poses(poses, crs, tmp_path / "poses.geojson")
    features = json.loads((tmp_path / "poses.geojson").read_text(encoding="utf-8"))["features"]
    first, second = features
    ring = first["geometry"]["coordinates"][0]
    assert np.mean([p[0] for p in ring[:-1]]) == pytest.approx(104.0, abs=1e-6)
    assert first["properties"]["heading_deg"] == pytest.approx(354.3)
    assert first["properties"]["position_error_m"] == pytest.approx(1.23)
    assert second["geometry"]["type"] == "Point"
    assert second["properties"]["used"] is False
    assert second["properties"]["reason"] == "not placed"
    assert second["properties"]["heading_deg"] is None
