"""The mosaic by hand: where a pixel comes from, its size, its error, its photo, and what types layers have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import shapely
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from imagery import ImagerySettings, Station
from imagery.camera import rotation_from_attitude
from imagery.mosaic.ortho import View, _chunk_polygon, _inside, build_mosaic, render_chunk
from imagery.mosaic.radiometry import Tone
from imagery.orientation.stations import footprint
from imagery.photocache import forget_photos
from imagery.surface import surface_from_plane
from ingest.schema import Camera, Frame, Pose

CAMERA = Camera(120, 90, 100.0, 59.5, 44.5)  # from 20 m: 24 m × 18 m of 20 cm
SETTINGS = ImagerySettings(chunk_px=64, feather_m=0.5, feather_low=4.0, cache_mb=50, max_off_nadir_rad=1.1)
LEVEL = surface_from_plane(0.0, 2.0)
COLOURS = ("red", "green", "blue")
ONE = Tone((1.0,), (0.0,))
EAST, NORTH = 500.0, 700.0


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    forget_photos()
    yield
    forget_photos()


def _view(
    folder: Path,
    pixels: NDArray[np.generic],
    *,
    index: int = 0,
    east: float = 0.0,
    yaw: float = 0.0,
    tone: Tone = ONE,
    covariance: NDArray[np.float64] | None = None,
) -> View:
    """A photo straight down from 20 m above (500 + east, 700)."""
    path = folder / f"{index}.tif"
    cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)
    frame = Frame(path.name, path, CAMERA, Pose(104.0, 30.0))
    known = np.zeros((6, 6)) if covariance is None else covariance
    centre = np.array([EAST + east, NORTH, 20.0])
    station = Station(frame, CAMERA, centre, rotation_from_attitude(yaw, -math.pi / 2, 0.0), known)
    return View(index, station, footprint(station, LEVEL, SETTINGS), tone)


def _box(size: int = 60, pixel_m: float = 0.2, west: float = EAST - 6.0, north: float = NORTH + 6.0) -> GeoBox:
    return GeoBox((size, size), Affine(pixel_m, 0, west, 0, -pixel_m, north), "EPSG:4544")


def _mosaic(
    views: Sequence[View], bands: tuple[str, ...] = ("value",), settings: ImagerySettings = SETTINGS, **box: float
) -> xr.Dataset:
    return build_mosaic(views, LEVEL, _box(**box), settings, bands=bands).compute()  # type: ignore[arg-type]


def _places(mosaic: xr.Dataset) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.meshgrid(mosaic["x"].values - EAST, mosaic["y"].values - NORTH)


def _ramp(along: float, down: float, base: float = 0.0) -> NDArray[np.float32]:
    row, column = np.mgrid[0:90, 0:120]
    return (base + along * column + down * row).astype(np.float32)


@pytest.mark.parametrize(("yaw", "right", "bottom"), [(0.0, (1, 0), (0, -1)), (math.pi / 2, (0, -1), (-1, 0))])
def test_every_pixel_shows_its_own_ground(
    tmp_path: Path, yaw: float, right: tuple[int, int], bottom: tuple[int, int]
) -> None:
    """A ramp of 10 a column and 3 a row: the centre of each mosaic pixel, to a hundredth of a pixel."""
    mosaic = _mosaic([_view(tmp_path, _ramp(10.0, 3.0), yaw=yaw)])
    x, y = _places(mosaic)
    column, row = 59.5 + 5.0 * (x * right[0] + y * right[1]), 44.5 + 5.0 * (x * bottom[0] + y * bottom[1])
    np.testing.assert_allclose(mosaic["value"], 10.0 * column + 3.0 * row, atol=0.1)


@pytest.mark.parametrize("factor", [2, 4])
def test_coarser_mosaics_read_smaller_photos_in_the_same_place(tmp_path: Path, factor: int) -> None:
    """40 cm and 80 cm from a photo of 20 cm, decoded 2 and 4 times smaller: the same ramp."""
    mosaic = _mosaic([_view(tmp_path, _ramp(10.0, 0.0))], pixel_m=0.2 * factor, size=12 * 5 // factor)
    x, _ = _places(mosaic)
    np.testing.assert_allclose(mosaic["value"], 10.0 * (59.5 + 5.0 * x), atol=0.5)


def test_types_and_units_of_measured_layers(tmp_path: Path) -> None:
    """What is declared before anything is rendered is what comes out."""
    lazy = build_mosaic([_view(tmp_path, _ramp(1.0, 0.0))], LEVEL, _box(), SETTINGS, bands=("value",))
    kinds = {"value": "float32", "alpha": "uint8", "photo_count": "uint16", "photo_index": "int32", "gsd": "float32",
             "position_error": "float32"}  # fmt: skip
    assert {name: str(lazy[name].dtype) for name in lazy.data_vars} == kinds
    assert {name: str(lazy.compute()[name].dtype) for name in lazy.data_vars} == kinds
    assert {name: lazy[name].attrs["units"] for name in kinds} == {
        "value": "1", "alpha": "1", "photo_count": "1", "photo_index": "1", "gsd": "m", "position_error": "m",
    }  # fmt: skip
    assert lazy["value"].attrs["long_name"] == "value"
    assert {lazy[name].attrs["grid_mapping"] for name in kinds} == {"spatial_ref"}
    assert lazy.attrs == {"Conventions": "CF-1.11", "title": "orthomosaic"}
    assert lazy["value"].dims == ("y", "x")
    assert lazy.odc.geobox == _box()


def test_colours_are_eight_bit_declared_and_rendered(tmp_path: Path) -> None:
    """Red, green and blue stay themselves: 200, 100 and 50 of 255; black where nothing is seen."""
    view = _view(tmp_path, np.broadcast_to(np.array([200, 100, 50], np.uint8), (90, 120, 3)), tone=Tone())
    lazy = build_mosaic([view], LEVEL, _box(size=120, west=EAST - 20), SETTINGS, bands=COLOURS)
    assert {str(lazy[c].dtype) for c in COLOURS} == {"uint8"}
    mosaic = lazy.compute()
    seen = mosaic["alpha"].values == 255
    for colour, level in zip(COLOURS, (200, 100, 50), strict=True):
        assert mosaic[colour].dtype == np.uint8
        assert (mosaic[colour].values[seen] == level).all()
        assert (mosaic[colour].values[~seen] == 0).all()
    assert seen.any() and not seen.all()


def test_colours_are_toned_rounded_and_stop_at_white(tmp_path: Path) -> None:
    """100 × 1.25 = 125, 250 × 1.25 is white, 101 × 0.5 + 0.2 = 50.7 is 51."""
    view = _view(
        tmp_path,
        np.broadcast_to(np.array([100, 250, 101], np.uint8), (90, 120, 3)),
        tone=Tone((1.25, 1.25, 0.5), (0, 0, 0.2)),
    )
    mosaic = _mosaic([view], COLOURS)
    assert [np.unique(mosaic[c]).tolist() for c in COLOURS] == [[125], [255], [51]]


def test_values_are_toned_band_by_band(tmp_path: Path) -> None:
    """A thermal photo of 20 that is 3 too cold; two bands with tones of their own."""
    assert _mosaic([_view(tmp_path, np.full((90, 120), 20.0, np.float32), tone=Tone((1.0,), (3.0,)))])[
        "value"
    ].values == pytest.approx(23.0)


def test_one_band_of_a_coloured_picture_is_its_mean(tmp_path: Path) -> None:
    """30, 60 and 120 where one value is wanted: 70."""
    view = _view(tmp_path, np.broadcast_to(np.array([30, 60, 120], np.uint8), (90, 120, 3)))
    assert _mosaic([view])["value"].values == pytest.approx(70.0, abs=1e-3)


def test_only_the_ground_in_the_photo_is_seen(tmp_path: Path) -> None:
    """24 m × 18 m about the nadir point, to a node of 8 pixels: inside seen, outside blank."""
    mosaic = _mosaic([_view(tmp_path, _ramp(1.0, 1.0), index=7)], size=160, west=EAST - 16, north=NORTH + 16)
    x, y = _places(mosaic)
    inner, outer = (abs(x) < 11.2) & (abs(y) < 8.2), (abs(x) > 12.1) | (abs(y) > 9.1)
    seen = mosaic["alpha"].values > 0
    assert seen[inner].all() and not seen[outer].any()
    assert set(np.unique(mosaic["alpha"])) == {0, 255}
    assert (mosaic["photo_index"].values[seen] == 7).all() and (mosaic["photo_index"].values[~seen] == -1).all()
    assert (mosaic["photo_count"].values[seen] == 1).all() and (mosaic["photo_count"].values[~seen] == 0).all()
    for name in ("value", "gsd", "position_error"):
        assert np.isfinite(mosaic[name].values[seen]).all() and np.isnan(mosaic[name].values[~seen]).all()


def test_flat_views_are_left_out(tmp_path: Path) -> None:
    """At most atan 0.4 off nadir: a circle of 8 m."""
    narrow = replace(SETTINGS, max_off_nadir_rad=math.atan(0.4))
    mosaic = _mosaic([_view(tmp_path, _ramp(1.0, 1.0))], settings=narrow, size=120, west=EAST - 12, north=NORTH + 12)
    x, y = _places(mosaic)
    seen, away = mosaic["alpha"].values > 0, np.hypot(x, y)
    assert seen[away < 7.0].all() and not seen[away > 10.4].any()


def test_ground_sampling_distance_and_error(tmp_path: Path) -> None:
    """Straight down every pixel is 20 cm; errors of 3 m east, 4 m north are 5 m, with 2 m of ground tan θ more."""
    covariance = np.diag([0.0, 0.0, 0.0, 9.0, 16.0, 0.0])
    mosaic = _mosaic([_view(tmp_path, _ramp(1.0, 1.0), covariance=covariance)])
    x, y = _places(mosaic)
    np.testing.assert_allclose(mosaic["gsd"], 0.2, rtol=1e-5)
    expected = np.sqrt(25.0 + (2.0 * np.hypot(x, y) / 20.0) ** 2)
    np.testing.assert_allclose(mosaic["position_error"], expected, rtol=2e-3)


def test_size_of_a_pixel_in_a_tilted_photo(tmp_path: Path) -> None:
    """45° to the north from 20 m: in the middle 20 m away depth z = 28.3 m, √(z³ / (20 · 100²))."""
    view = _view(tmp_path, _ramp(1.0, 1.0))
    station = replace(view.station, rotation=rotation_from_attitude(0.0, -math.pi / 4, 0.0))
    tilted = replace(view, station=station, footprint=footprint(station, LEVEL, SETTINGS))
    mosaic = _mosaic([tilted], size=40, west=EAST - 4, north=NORTH + 24)
    _, y = _places(mosaic)
    depth = (y + 20.0) * math.sqrt(0.5)
    np.testing.assert_allclose(mosaic["gsd"], np.sqrt(depth**3 / 20.0) / 100.0, rtol=1e-3)


def test_nearest_nadir_is_shown_and_both_are_counted(tmp_path: Path) -> None:
    """Two photos 6 m apart: the seam lies in the middle, on both sides the nearer one is shown."""
    views = [_view(tmp_path, np.full((90, 120), 10.0, np.float32), index=3, east=-3.0),
             _view(tmp_path, np.full((90, 120), 10.0, np.float32), index=5, east=3.0)]  # fmt: skip
    mosaic = _mosaic(views)
    x, _ = _places(mosaic)
    assert (mosaic["photo_index"].values[x < -0.3] == 3).all()
    assert (mosaic["photo_index"].values[x > 0.3] == 5).all()
    assert (mosaic["photo_count"].values == 2).all()
    assert mosaic["value"].values == pytest.approx(10.0)


def test_photos_of_two_levels_meet_over_the_wide_seam(tmp_path: Path) -> None:
    """10 and 20: half-way in the middle, each its own beyond the wide seam of 2 m of score, monotonous between."""
    views = [
        _view(tmp_path, np.full((90, 120), v, np.float32), index=k, east=e)
        for k, (v, e) in enumerate([(10.0, -3.0), (20.0, 3.0)])
    ]
    mosaic = _mosaic(views)
    x, y = _places(mosaic)
    row = mosaic["value"].values[30]
    assert abs(y[30, 0]) < 0.2
    assert row[abs(x[30]) < 0.11] == pytest.approx(15.0, abs=0.9)
    assert row[x[30] < -2.6] == pytest.approx(10.0, abs=0.05)
    assert row[x[30] > 2.6] == pytest.approx(20.0, abs=0.05)
    assert (np.diff(row) >= -1e-4).all()
    # A photo is d behind the better one; its share is (1 − d / 2) of what both weigh, here at x = −0.5 m: d = 1 m.
    at = np.argmin(abs(x[30] + 0.5))
    d = abs((x[30, at] + 3.0) - (3.0 - x[30, at]))
    assert row[at] == pytest.approx(10.0 + 10.0 * (1 - d / 2) / (2 - d / 2), abs=0.5)


@pytest.mark.parametrize("slope", [(10.0, 0.0), (0.0, 10.0)])
def test_photos_that_agree_are_not_shifted(tmp_path: Path, slope: tuple[float, float]) -> None:
    """Two photos of one ramp on the ground: their colours agree everywhere, and the ramp goes through the seam."""
    views = []
    for k, east in enumerate((-3.0, 3.0)):
        ramp = _ramp(slope[0] / 5.0, -slope[1] / 5.0, slope[0] * (east - 59.5 / 5.0) + slope[1] * 44.5 / 5.0 + 500.0)
        views.append(_view(tmp_path, ramp, index=k, east=east))
    mosaic = _mosaic(views)
    x, y = _places(mosaic)
    inner = abs(x) < 4.0
    np.testing.assert_allclose(mosaic["value"].values[inner], (500 + slope[0] * x + slope[1] * y)[inner], atol=1.0)


def test_names_of_layers() -> None:
    """As a person reads them in a GIS."""
    lazy = build_mosaic([], LEVEL, _box(), SETTINGS, bands=("value",))
    assert {name: lazy[name].attrs["long_name"] for name in lazy.data_vars} == {
        "value": "value", "alpha": "255 where a photo sees the ground",
        "photo_count": "number of photos that see the pixel",
        "photo_index": "row in poses of the photo shown, -1 for none",
        "gsd": "ground sampling distance of the photo shown",
        "position_error": "expected horizontal position error (root of summed variances)",
    }  # fmt: skip


def test_detail_changes_over_the_narrow_seam(tmp_path: Path) -> None:
    """Fine stripes in one photo, none in the other: half of the contrast at the seam, none 0.5 m beyond."""
    stripes = np.full((90, 120), 50.0, np.float32)
    stripes[:, ::2] += 20.0
    views = [
        _view(tmp_path, stripes, index=0, east=-3.0),
        _view(tmp_path, np.full((90, 120), 60.0, np.float32), index=1, east=3.0),
    ]
    mosaic = _mosaic(views)
    x, _ = _places(mosaic)
    contrast = np.abs(np.diff(mosaic["value"].values, axis=1)).mean(axis=0)
    at = x[0, :-1] + 0.1
    assert contrast[at < -0.5] == pytest.approx(20.0, abs=1.0)
    assert (contrast[at > 0.5] < 0.5).all()
    assert 5.0 < contrast[np.argmin(abs(at))] < 15.0


def test_gaps_of_a_band_are_filled_by_the_other_photo(tmp_path: Path) -> None:
    """Where one photo has no value the other shows; where neither has, nothing."""
    holed = np.full((90, 120), 10.0, np.float32)
    holed[30:60, 40:80] = np.nan
    alone = _mosaic([_view(tmp_path, holed)])
    x, y = _places(alone)
    gap = (abs(x) < 3.5) & (abs(y) < 2.5)
    assert np.isnan(alone["value"].values[gap]).all() and (alone["alpha"].values[gap] == 0).all()
    assert alone["value"].values[(abs(x) > 4.5) | (abs(y) > 3.5)] == pytest.approx(10.0)
    both = _mosaic([_view(tmp_path, holed), _view(tmp_path, np.full((90, 120), 10.0, np.float32), index=1, east=2.0)])
    assert both["value"].values == pytest.approx(10.0, abs=1e-3)
    assert (both["photo_index"].values[gap & (x < 0)] == 1).all()


def test_chunk_without_photos_is_blank() -> None:
    """Colours black, values and errors unknown, no photo; of the chunk's shape and the layers' types."""
    transform = Affine(0.2, 0, 0, 0, -0.2, 0)
    for bands, kind in ((COLOURS, np.uint8), (("value",), np.float32)):
        layers = render_chunk([], LEVEL, transform, (3, 5), SETTINGS, bands)
        assert {layer.shape for layer in layers.values()} == {(3, 5)}
        assert list(layers) == [*bands, "alpha", "photo_count", "photo_index", "gsd", "position_error"]
        assert {layers[b].dtype for b in bands} == {np.dtype(kind)}
        assert (layers["alpha"] == 0).all() and (layers["photo_count"] == 0).all()
        assert (layers["photo_index"] == -1).all()
        assert np.isnan(layers["gsd"]).all() and np.isnan(layers["position_error"]).all()
        blank = layers[bands[0]]
        assert (blank == 0).all() if kind is np.uint8 else np.isnan(blank).all()
        assert [layers[n].dtype.name for n in ("alpha", "photo_count", "photo_index", "gsd")] == [
            "uint8",
            "uint16",
            "int32",
            "float32",
        ]


def test_chunks_are_cut_where_they_belong(tmp_path: Path) -> None:
    """Chunks of 64 of 150 columns and 100 rows: the ramp goes on over the cuts, a far chunk is blank."""
    box = GeoBox((100, 150), Affine(0.2, 0, EAST - 6, 0, -0.2, NORTH + 6), "EPSG:4544")
    lazy = build_mosaic([_view(tmp_path, _ramp(10.0, 3.0))], LEVEL, box, SETTINGS, bands=("value",))
    assert lazy["value"].data.chunks == ((64, 36), (64, 64, 22))
    mosaic = lazy.compute()
    x, y = _places(mosaic)
    inside = (abs(x) < 11.0) & (abs(y) < 8.0)
    np.testing.assert_allclose(
        mosaic["value"].values[inside], (10.0 * (59.5 + 5.0 * x) + 3.0 * (44.5 - 5.0 * y))[inside], atol=0.1
    )
    assert np.isnan(mosaic["value"].values[:, 128:]).all()


def test_worse_edges_give_way_to_better_middles(tmp_path: Path) -> None:
    """Near its own edge a photo counts as farther: 4 m a metre within the wide seam of 2 m."""
    views = [
        _view(tmp_path, np.full((90, 120), 10.0, np.float32), index=0),
        _view(tmp_path, np.full((90, 120), 10.0, np.float32), index=1, east=20.0),
    ]
    mosaic = _mosaic(views, size=60, west=EAST + 4, north=NORTH + 6)
    x, y = _places(mosaic)
    # Photo 0 sees up to 12 m east, photo 1 from 8 m: at 10 m both are as far and as near to their edge.
    middle = abs(y) < 0.2
    assert (mosaic["photo_index"].values[middle & (x < 9.5)] == 0).all()
    assert (mosaic["photo_index"].values[middle & (x > 10.5)] == 1).all()
    only_first = mosaic["photo_count"].values[middle & (x < 7.5)]
    assert (only_first == 1).all() and (mosaic["photo_count"].values[middle & (x > 9.0) & (x < 11.0)] == 2).all()


def test_a_chunk_asks_for_photos_of_its_halo_on_all_sides() -> None:
    """Its ground and 64 pixels around it: of 20 × 10 pixels of 0.5 m, 74 m by 69 m in all."""
    asked = _chunk_polygon(Affine(0.5, 0, 1000, 0, -0.5, 5000), 10, 20)
    assert asked.bounds == (1000 - 32, 5000 - 5 - 32, 1000 + 10 + 32, 5000 + 32)
    assert asked.equals(shapely.box(*asked.bounds))


def test_a_photo_reaches_to_the_outer_edge_of_its_outermost_pixels() -> None:
    """Of 4 rows and 6 columns: from half a pixel before the first to half a pixel behind the last, edges included."""
    edge = np.array([[-0.5, -0.5], [5.5, 3.5], [5.5, -0.5], [-0.5, 3.5]], np.float32)
    assert _inside(edge, (4, 6)).all()
    beyond = np.array([[-0.51, 0], [5.51, 0], [0, -0.51], [0, 3.51]], np.float32)
    assert not _inside(beyond, (4, 6)).any()
