"""Findings on painted mosaics: what is there is found where it is, what only looks like it is not."""

from __future__ import annotations

import math

import dask
import dask.array as da
import numpy as np
import pytest
import shapely
import xarray as xr
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from imagery.findings import seek as indicators
from imagery.findings.seek import seek_findings
from imagery.schema import Finding, FramePose, Ortho, OrthoQuality
from imagery.settings import ImagerySettings
from imagery.surface import Surface
from ingest.outcome import Phrase
from onevisit.words.telling import tell

PIXEL, SIZE, EAST, NORTH = 0.2, 400, 410_000.0, 3_393_000.0
GRASS, SOIL, NET, BRICK, PAVING = (112, 132, 92), (172, 134, 96), (62, 128, 82), (170, 92, 78), (166, 164, 160)
PATCH = (slice(100, 200), slice(50, 150))  # rows and columns of 20 m x 20 m
GROUND = shapely.box(EAST + 10, NORTH - 40, EAST + 30, NORTH - 20)
QUALITY = OrthoQuality("direct", 2, 2, 0, 2, 0, *([math.nan] * 4), PIXEL, 500.0, 1.0)


def _ortho(layers: dict[str, NDArray[np.generic]], units: str = "1", chunk: int = 130) -> Ortho:
    """A lazy mosaic; photo 1 shows its west, photo 0 its east; an error of 1.5 m."""
    geobox = GeoBox((SIZE, SIZE), Affine(PIXEL, 0.0, EAST, 0.0, -PIXEL, NORTH), "EPSG:4544")
    index = np.zeros((SIZE, SIZE), np.int32)
    index[:, : SIZE // 2] = 1
    layers = {**layers, "position_error": np.full((SIZE, SIZE), 1.5, np.float32), "photo_index": index}
    data = {n: (("y", "x"), da.from_array(v, chunks=chunk), {"units": units}) for n, v in layers.items()}
    mosaic = xr.Dataset(data, xr_coords(geobox))
    poses = tuple(
        FramePose(name, True, Phrase("photo_used"), EAST, NORTH, 50.0, 0.0, 1.5, shapely.Polygon())
        for name in ("a", "b")
    )
    surface = Surface(EAST, NORTH, 100.0, np.zeros((2, 2)), 1.0, "level")
    return Ortho(mosaic, poses, QUALITY, surface)


def _coloured(patch: tuple[int, int, int], ground: tuple[int, int, int] = GRASS) -> Ortho:
    """A patch of one colour on ground of another, with noise; the last ten metres in the south not covered."""
    picture = np.empty((SIZE, SIZE, 3))
    picture[:] = ground
    picture[PATCH] = patch
    picture += np.random.default_rng(5).normal(0, 6, picture.shape)
    alpha = np.full((SIZE, SIZE), 255, np.uint8)
    alpha[350:] = 0
    bands = {n: np.clip(picture[..., k], 0, 255).astype(np.uint8) for k, n in enumerate(("red", "green", "blue"))}
    return _ortho({**bands, "alpha": alpha})


def _thermal(patch_k: float, *, units: str = "degC", scale: float = 1.0) -> Ortho:
    """Ground of 20 ± 1 with a patch so much warmer; north-east corner not covered."""
    value = 20.0 + np.random.default_rng(6).normal(0, 1, (SIZE, SIZE))
    value[PATCH] += patch_k
    value *= scale
    value[:50, 300:] = np.nan
    return _ortho({"value": value.astype(np.float32)}, units)


def _only(ortho: Ortho, kind: str, settings: ImagerySettings | None = None) -> Finding:
    (finding,) = seek_findings(ortho, settings, kind=kind, source="ortho.tif").value.found
    return finding


def _overlap(polygon: shapely.Polygon) -> float:
    return float(polygon.intersection(GROUND).area / polygon.union(GROUND).area)


def test_bare_soil_is_found_where_it_is() -> None:
    """One patch of 400 m², its outline, its photo, its error; the contrast is that of (R-B)/(R+B)."""
    finding = _only(_coloured(SOIL), "rgb")
    assert finding.kind == "bare_soil" and finding.id == "bare_soil-1"
    assert _overlap(finding.polygon) > 0.9
    assert finding.area_m2 == pytest.approx(400.0, rel=0.08)
    assert finding.contrast == pytest.approx(76 / 268 - 20 / 204, abs=0.01)
    assert (finding.unit, finding.photo, finding.source) == ("1", "b", "ortho.tif")
    assert finding.position_error_m == pytest.approx(1.5)


@pytest.mark.parametrize("colour", [NET, BRICK, PAVING, GRASS])
def test_what_only_looks_like_soil_is_not(colour: tuple[int, int, int]) -> None:
    """A green dust net, a brick roof and paving on grass, and grass alone."""
    assert seek_findings(_coloured(colour), kind="rgb").value.found == ()


def test_a_patch_below_the_least_area_is_left_out() -> None:
    """The same patch, asked for at least 500 m²."""
    assert not seek_findings(_coloured(SOIL), ImagerySettings(soil_area_m2=500.0), kind="rgb").value.found


def test_what_photos_do_not_cover_is_neither_found_nor_looked_at() -> None:
    """All ground is soil: the finding ends where the photos end, and so does the covered ground."""
    findings = seek_findings(_coloured(SOIL, SOIL), kind="rgb").value
    seen = shapely.box(EAST, NORTH - 70, EAST + 80, NORTH)
    assert findings.covered.symmetric_difference(seen).area < 40.0
    assert findings.found[0].polygon.symmetric_difference(seen).area < 0.015 * seen.area
    assert findings.sought == ("bare_soil",)


@pytest.mark.parametrize(("units", "scale", "unit"), [("degC", 1.0, "K"), ("1", 40.0, "1")])
def test_a_hot_surface_is_found_in_degrees_and_in_counts(units: str, scale: float, unit: str) -> None:
    """The same patch 15 above its surroundings, in degrees or in counts forty times as large."""
    finding = _only(_thermal(15.0, units=units, scale=scale), "thermal")
    assert finding.kind == "hot_surface" and finding.unit == unit
    assert finding.contrast == pytest.approx(15.0 * scale, rel=0.03)
    assert _overlap(finding.polygon) > 0.9


def test_warm_is_not_hot() -> None:
    """5 K above the ground is a sunlit roof: clear of the noise, below the floor; with a lower floor it is found."""
    assert seek_findings(_thermal(5.0), kind="thermal").value.found == ()
    assert _only(_thermal(5.0), "thermal", ImagerySettings(hot_floor_k=3.0)).contrast == pytest.approx(5.0, abs=0.2)


def test_where_most_is_hot_nothing_stands_out() -> None:
    """A quarter of the flight 15 K above the rest is how warm that flight is, not a finding."""
    ortho = _thermal(0.0)
    value = ortho.mosaic["value"].values.copy()
    value[:, :100] += 15.0
    assert seek_findings(_ortho({"value": value}, "degC"), kind="thermal").value.found == ()


def test_other_kinds_of_photos_are_not_looked_at() -> None:
    """Nothing sought, nothing covered, nothing said."""
    outcome = seek_findings(_coloured(SOIL), kind="multispectral")
    assert outcome.value.sought == () and outcome.value.covered.is_empty and outcome.decisions == ()


def test_a_flight_without_ground_has_no_findings() -> None:
    """All pixels empty: neither colour nor temperature is made up."""
    blank = {n: np.zeros((SIZE, SIZE), np.uint8) for n in ("red", "green", "blue", "alpha")}
    assert seek_findings(_ortho(blank), kind="rgb").value.found == ()
    nothing = _ortho({"value": np.full((SIZE, SIZE), np.nan, np.float32)}, "degC")
    assert seek_findings(nothing, kind="thermal").value.found == ()


def test_an_error_that_the_mosaic_does_not_know_stays_unknown() -> None:
    """A finding is a finding without it; its position error is not a number, and nobody is warned."""
    ortho = _coloured(SOIL)
    ortho.mosaic["position_error"] = ortho.mosaic["position_error"] * np.nan
    assert math.isnan(_only(ortho, "rgb").position_error_m)


def test_the_mosaic_is_computed_once_and_never_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """One computation; no piece of it larger than a chunk of whole cells."""
    pieces: list[int] = []
    computations: list[int] = []
    reduce = indicators._reduce

    def counted(*layers: NDArray[np.generic], factor: int) -> NDArray[np.float32]:
        pieces.append(layers[0].size)
        return reduce(*layers, factor=factor)

    def scheduler(graph, keys, **kwargs):
        computations.append(1)
        return dask.get(graph, keys, **kwargs)

    monkeypatch.setattr(indicators, "_reduce", counted)
    with dask.config.set(scheduler=scheduler):
        found = seek_findings(_coloured(SOIL), ImagerySettings(chunk_px=130), kind="rgb").value.found
    assert len(found) == 1
    assert len(computations) == 1
    assert max(pieces) <= 130**2 and sum(pieces) == SIZE**2


def test_chunks_do_not_show() -> None:
    """The findings are the same in one chunk and in many, of sizes that are no whole number of cells."""
    one = _only(_coloured(SOIL), "rgb", ImagerySettings(chunk_px=4096))
    many = _only(_coloured(SOIL), "rgb", ImagerySettings(chunk_px=37))
    assert one.polygon.equals(many.polygon) and one.contrast == pytest.approx(many.contrast)


def test_a_large_flight_gets_larger_cells() -> None:
    """With room for 2500 cells, cells are 1.6 m, and the patch is still found."""
    finding = _only(_coloured(SOIL), "rgb", ImagerySettings(finding_cells=2500))
    assert _overlap(finding.polygon) > 0.75


# --- cell by cell --------------------------------------------------------------------------------------------------


def _flat(
    colour: tuple[float, float, float], patch: tuple[float, float, float], **layers: NDArray[np.generic]
) -> Ortho:
    """A patch of one colour on another without noise, as floats so that thresholds can be met exactly."""
    picture = np.empty((SIZE, SIZE, 3), np.float32)
    picture[:] = colour
    picture[PATCH] = patch
    bands = {n: picture[..., k] - np.float32(1e-3) for k, n in enumerate(("red", "green", "blue"))}
    return _ortho({**bands, "alpha": np.full((SIZE, SIZE), 255, np.uint8)})


GREY = (100.0, 100.0, 100.0)


@pytest.mark.parametrize(
    ("patch", "soil"),
    [
        ((120.0, 110.0, 97.0), True),  # saturation 23 / 217 = 0.106, coloration 10 / 230 = 0.043, hue 33 / 13 = 2.5
        ((120.0, 110.0, 98.0), True),  # saturation 22 / 218 = 0.101
        ((120.0, 110.0, 98.4), False),  # saturation 21.6 / 218.4 = 0.0989
        ((120.0, 114.0, 96.0), True),  # coloration 6 / 234 = 0.0256
        ((120.0, 114.3, 96.0), False),  # coloration 5.7 / 234.3 = 0.0243
        ((120.0, 106.0, 96.0), True),  # hue 38 / 10 = 3.8
        ((120.0, 105.0, 96.0), False),  # hue 39 / 9 = 4.3
        ((130.0, 118.0, 94.0), True),  # greenness 12 / 342 = 0.035
        ((130.0, 119.0, 93.0), False),  # greenness 15 / 342 = 0.044
    ],
)
def test_colours_on_both_sides_of_each_threshold(patch: tuple[float, float, float], soil: bool) -> None:
    """Saturation 0.10, coloration 0.025, hue 4, greenness 0.04: one of them at a time beyond its limit."""
    assert bool(seek_findings(_flat(GREY, patch), kind="rgb").value.found) == soil


def test_every_field_of_a_finding_of_soil() -> None:
    """20 m × 20 m of 0.25 in saturation on grey: its area, contrast, error, photo, number and suffix."""
    error = np.full((SIZE, SIZE), 1.5, np.float32)
    error[PATCH] = 2.5
    ortho = _flat(GREY, (125.0, 100.0, 75.0))
    ortho.mosaic["position_error"] = (("y", "x"), da.from_array(error, chunks=130))
    settings = ImagerySettings(soil_confidence=0.66, soil_coloration=0.0, soil_hue=9.0)
    outcome = seek_findings(ortho, settings, kind="rgb", source="o.tif", suffix="-x")
    (finding,) = outcome.value.found
    assert (finding.id, finding.kind, finding.unit, finding.source) == ("bare_soil-1-x", "bare_soil", "1", "o.tif")
    assert finding.polygon.symmetric_difference(GROUND).area < 17.0  # corners and edges smoothed by a cell
    assert finding.area_m2 == finding.polygon.area
    assert finding.contrast == pytest.approx(50.0 / 200.0, abs=1e-4)
    assert (finding.confidence, finding.position_error_m, finding.photo) == (0.66, 2.5, "b")
    (told,) = outcome.decisions
    assert (told.item, tell(told).decision, tell(told).evidence) == (
        "o.tif",
        "1 × bare_soil found",
        "0.64 ha covered, cells of 0.4 m",
    )
    assert outcome.value.covered.area == pytest.approx(6400.0)


def test_larger_patches_come_first() -> None:
    """400 m² and 144 m²: numbered by size."""
    ortho = _flat(GREY, (125.0, 100.0, 75.0))
    for band, level in (("red", 125.0), ("green", 100.0), ("blue", 75.0)):
        values = ortho.mosaic[band].values.copy()
        values[20:80, 300:360] = level
        ortho.mosaic[band] = (("y", "x"), da.from_array(values, chunks=130), ortho.mosaic[band].attrs)
    found = seek_findings(ortho, ImagerySettings(soil_hue=9.0), kind="rgb").value.found
    assert [f.id for f in found] == ["bare_soil-1", "bare_soil-2"]
    assert [f.area_m2 for f in found] == pytest.approx([400.0, 144.0], rel=0.07)


def test_cells_are_means_of_what_is_seen() -> None:
    """Two by two pixels: bands without the unseen ones, the share, errors that are known, the photo of the middle."""
    band = np.array([[10.0, 20.0, 5.0], [30.0, 99.0, 7.0], [1.0, 2.0, 3.0]], np.float32)
    seen = np.array([[True, True, True], [True, False, True], [False, False, True]])
    error = np.array([[1.0, np.nan, 4.0], [3.0, 9.0, 6.0], [1.0, 1.0, np.nan]], np.float32)
    index = np.arange(9, dtype=np.int32).reshape(3, 3)
    value, share, position, photo = indicators._reduce(band, seen, error, index, factor=2)
    np.testing.assert_allclose(value, [[20.0, 6.0], [np.nan, 3.0]])
    np.testing.assert_allclose(share, [[0.75, 0.5], [0.0, 0.25]])
    np.testing.assert_allclose(position, [[2.0, 5.0], [np.nan, np.nan]])
    assert photo[0].tolist() == [4.0, 0.0]  # the row and column beyond the picture are padded
    assert value.dtype == np.float32


def test_cells_half_covered_count() -> None:
    """Cells of 0.4 m of which half the pixels are seen are looked at, a quarter not."""
    ortho = _flat(GREY, (125.0, 100.0, 75.0))
    for rows, covered in ((1, 80.0), (2, 80.0)):
        alpha = np.zeros((SIZE, SIZE), np.uint8)
        alpha[:, : SIZE // 2] = 255
        alpha[::2, SIZE // 2 :] = 255  # every other row: half of each cell
        if rows == 2:
            alpha[:, SIZE // 2 :: 2] = 0  # and every other column: a quarter
        ortho.mosaic["alpha"] = (("y", "x"), da.from_array(alpha, chunks=130))
        area = seek_findings(ortho, kind="rgb").value.covered.area
        assert area == pytest.approx(80.0 * covered if rows == 1 else 40.0 * covered)


def _hot(values: NDArray[np.float64], units: str = "degC") -> Ortho:
    return _ortho({"value": values.astype(np.float32)}, units)


@pytest.mark.parametrize(("excess", "found"), [(8.1, True), (7.9, False)])
def test_floor_of_degrees(excess: float, found: bool) -> None:
    """On level ground of 20 °C: hot from 8 K; raw counts have no floor."""
    value = np.full((SIZE, SIZE), 20.0)
    value[PATCH] += excess
    findings = seek_findings(_hot(value), kind="thermal").value.found
    assert bool(findings) == found
    if found:
        assert findings[0].contrast == pytest.approx(8.1, abs=1e-4)
        assert (findings[0].confidence, findings[0].unit) == (0.95, "K")
    assert seek_findings(_hot(value, "1"), kind="thermal").value.found[0].unit == "1"


@pytest.mark.parametrize(("sigma", "found"), [(3.4, True), (3.7, False)])
def test_hot_by_spreads_of_the_flight(sigma: float, found: bool) -> None:
    """Bands of 18, 20 and 22 °C in thirds: MAD 2 K is 2.97 K of spread; a patch of 10.5 K stands 3.5 above."""
    value = np.full((SIZE, SIZE), 20.0)
    value[: SIZE // 3] = 18.0
    value[-SIZE // 3 :] = 22.0
    value[160:200, 50:150] = 30.5
    settings = ImagerySettings(hot_sigma=sigma, hot_floor_k=1.0)
    assert bool(seek_findings(_hot(value), settings, kind="thermal").value.found) == found


def test_warm_side_of_a_flight_is_its_spread() -> None:
    """Ground of 20 °C with a fifth at 24 °C: the 84th percentile is 4 K above the median, three of it are 12 K."""
    value = np.full((SIZE, SIZE), 20.0)
    value[:, :80] = 24.0
    value[200:240, 200:300] = 31.0
    assert seek_findings(_hot(value), kind="thermal").value.found == ()
    value[200:240, 200:300] = 33.0
    assert len(seek_findings(_hot(value), kind="thermal").value.found) == 1


def test_small_hot_surfaces_and_gaps() -> None:
    """3 m × 4 m are more than 10 m², 3 m × 3 m are not; a lane of 1 m does not part a patch, one of 6 m does."""
    value = np.full((SIZE, SIZE), 20.0)
    value[20:35, 20:40] = 40.0
    value[20:35, 100:115] = 40.0
    assert len(seek_findings(_hot(value), kind="thermal").value.found) == 1
    for lane, count in ((5, 1), (30, 2)):
        value = np.full((SIZE, SIZE), 20.0)
        value[100:150, 100:200] = 40.0
        value[100:150, 140 : 140 + lane] = 20.0
        assert len(seek_findings(_hot(value), kind="thermal").value.found) == count


def test_photo_of_a_finding_is_that_of_most_of_its_cells() -> None:
    """By the index of the mosaic; none where no photo is known."""
    value = np.full((SIZE, SIZE), 20.0)
    value[100:200, 170:250] = 40.0  # 30 columns of photo 1, 50 of photo 0
    assert _only(_hot(value), "thermal").photo == "a"
    ortho = _hot(value)
    ortho.mosaic["photo_index"] = ortho.mosaic["photo_index"] * 0 - 1
    assert _only(ortho, "thermal").photo == ""
    ortho.mosaic["photo_index"] = ortho.mosaic["photo_index"] * 0 + 2
    assert _only(ortho, "thermal").photo == ""
