"""The whole job on a mission made by hand: trace.nc, cube.nc, and what the flight gives."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
import shapely
import xarray as xr
from pyproj import Transformer

from ingest.flags import Flag
from tests.onevisit import small_mission as made
from tests.onevisit.job.made_run import CELL_M, PASS_ROWS, PASS_S, ROWS, SPECIES, Run, rows_of

# --- netCDF --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trace(run: Run) -> xr.Dataset:
    """What trace.nc holds."""
    with xr.open_dataset(run.out / "trace.nc") as data:
        return data.load()


@pytest.fixture(scope="module")
def cube(run: Run) -> xr.Dataset:
    """What cube.nc holds."""
    with xr.open_dataset(run.out / "cube.nc", decode_timedelta=False) as data:
        return data.load()


def test_the_trace_holds_every_row_at_its_time_and_place(trace: xr.Dataset) -> None:
    """Both outings one after the other, in UTC, along their streets."""
    assert trace["trajectory"].values.tolist() == ["a", "b"]
    assert trace["rowSize"].values.tolist() == [made.PASSES * PASS_ROWS, PASS_ROWS]
    seconds = np.concatenate([k * PASS_S + np.arange(PASS_ROWS) for k in range(made.PASSES)])
    expected = np.concatenate(
        [
            np.datetime64(made.START_A, "ns") + seconds * np.timedelta64(1, "s"),
            np.datetime64(made.START_B, "ns") + np.arange(PASS_ROWS) * np.timedelta64(1, "s"),
        ]
    )
    assert (trace["time"].values == expected).all()
    along = made.STEP_M * np.arange(PASS_ROWS)
    there_and_back = np.concatenate([along if k % 2 == 0 else along[::-1] for k in range(made.PASSES)])
    lon, _ = made.lonlat(np.concatenate([there_and_back, along]), 0.0)
    assert trace["lon"].values == pytest.approx(lon, abs=2e-6)
    south = np.repeat([0.0, made.SOUTH_M], [made.PASSES * PASS_ROWS, PASS_ROWS])
    assert trace["lat"].values == pytest.approx(made.lonlat(0.0, south)[1], abs=2e-6)
    assert trace["pass_index"].values.tolist() == [*np.repeat(range(made.PASSES), PASS_ROWS), *[0] * PASS_ROWS]
    heading = np.degrees(trace["heading"].values)
    assert heading[10] == pytest.approx(90, abs=0.1) and heading[PASS_ROWS + 10] == pytest.approx(270, abs=0.1)
    assert trace["speed"].values == pytest.approx(made.STEP_M, abs=0.1)
    assert trace["u"].values == pytest.approx(3.0 * math.sin(math.radians(150.0)), abs=1e-6)
    assert trace["v"].values == pytest.approx(3.0 * math.cos(math.radians(150.0)), abs=1e-6)


@pytest.mark.parametrize("species", SPECIES)
def test_the_trace_holds_each_species_over_its_background(trace: xr.Dataset, species: str) -> None:
    """After the lag values stand where their air was; the end of each pass has none; the other van has none."""
    noise, lag = made.NOISE[species], made.LAG_S.get(species, 0)
    values, above = trace[species].values, trace[f"{species}_enhancement"].values
    background = trace[f"{species}_background"].values
    first = made.PASSES * PASS_ROWS if species == "tvoc" else 0
    own = np.zeros(ROWS, bool)
    for number in range(1 if species == "tvoc" else made.PASSES):
        begin = first + number * PASS_ROWS
        here = slice(begin, begin + PASS_ROWS - lag)
        own[here] = True
        along = made.STEP_M * np.arange(PASS_ROWS)
        x = (along if number % 2 == 0 else along[::-1])[: PASS_ROWS - lag]
        off = above[here] - made.air(species, number, x)
        assert np.abs(off).max() < 4.5 * noise and abs(off.mean()) < 0.4 * noise
    assert np.isfinite(values[own]).all() and np.isnan(values[~own]).all()
    assert background[own] == pytest.approx(made.BACKGROUND[species], abs=0.6 * noise)
    assert (values - background)[own] == pytest.approx(above[own], abs=1e-9)
    for name in (species, f"{species}_background", f"{species}_enhancement"):
        assert trace[name].attrs["units"] == made.UNIT[species]
        assert trace[name].attrs["lag_s"] == lag
    assert trace[species].attrs["lag_sd_s"] == pytest.approx(9.6 if species == "tvoc" else 1.0)
    said = trace[f"{species}_enhancement"].attrs
    assert said["noise_sd"] == pytest.approx(noise, rel=0.15)
    assert said["detection_limit"] == pytest.approx(3 * said["noise_sd"])


def test_the_trace_flags_what_a_person_removed_and_what_followed_a_pause(trace: xr.Dataset) -> None:
    """Five rows by hand at the start; a minute of warm-up after each of five pauses; values that are missing."""
    flags = trace["qc_flag"].values
    by_hand = np.flatnonzero(flags & np.uint32(Flag.REMOVED_BY_HAND))
    assert by_hand.tolist() == list(range(made.REMOVED_ROWS))
    warm = np.flatnonzero(flags & np.uint32(Flag.GNSS_WARM_UP))
    assert warm.tolist() == [k * PASS_ROWS + s for k in range(1, made.PASSES) for s in range(60)]
    assert not (flags & ~np.uint32(Flag.REMOVED_BY_HAND | Flag.GNSS_WARM_UP)).any()
    for species, lag in made.LAG_S.items():
        missing = np.flatnonzero(
            trace[f"{species}_qc"].values[: made.PASSES * PASS_ROWS] & np.uint32(Flag.VALUE_MISSING)
        )
        ends = [k * PASS_ROWS + s for k in range(made.PASSES) for s in range(PASS_ROWS - lag, PASS_ROWS)]
        assert missing.tolist() == ends


def test_the_cube_lies_on_the_declared_grid(cube: xr.Dataset) -> None:
    """Cells of 20 m in UTC zone 48 whose edges are whole multiples, around every row; both vans' passes."""
    assert 'ID["EPSG",32648]' in cube["spatial_ref"].attrs["crs_wkt"]
    left, width, _, top, _, height = map(float, cube["spatial_ref"].attrs["GeoTransform"].split())
    assert (width, height, left % CELL_M, top % CELL_M) == (20.0, -20.0, 0.0, 0.0)
    assert cube["x"].values == pytest.approx(left + 10.0 + 20.0 * np.arange(cube.sizes["x"]))
    assert cube["y"].values == pytest.approx(top - 10.0 - 20.0 * np.arange(cube.sizes["y"]))
    assert cube["x"].attrs["standard_name"] == "projection_x_coordinate"
    assert cube["pass_label"].values.tolist() == [*(f"a#{k}" for k in range(6)), "b#0"]
    begin = [made.START_A + timedelta(seconds=k * PASS_S) for k in range(6)] + [made.START_B]
    end = [time + timedelta(seconds=PASS_ROWS - 1) for time in begin]
    for name, times in (("pass_start", begin), ("pass_end", end)):
        told = cube[name].values
        apart = np.abs((told - np.array(times, "datetime64[ns]")) / np.timedelta64(1, "s"))
        assert apart[1:].max() == 0 and apart[0] <= made.REMOVED_ROWS
    assert cube["wind_u"].values == pytest.approx(1.5, abs=1e-6)
    assert cube["wind_v"].values == pytest.approx(-1.5 * math.sqrt(3), abs=1e-6)


@pytest.mark.parametrize("species", SPECIES)
def test_the_cube_counts_and_sums_the_usable_rows_of_each_cell(cube: xr.Dataset, species: str) -> None:
    """Without the rows that a person removed and those without a value; sums are those of the true air."""
    noise = made.NOISE[species]
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    left, top = cube["x"].values[0] - 10.0, cube["y"].values[0] + 10.0
    street = made.SOUTH_M if species == "tvoc" else 0.0
    seen = range(6, 7) if species == "tvoc" else range(6)
    assert cube[f"{species}_count"].sum(("y", "x")).values.tolist() == [
        len(rows_of(species, k % 6)[0]) if k in seen else 0 for k in range(7)
    ]
    for k in seen:
        second, x = rows_of(species, k % 6)
        lon, lat = made.lonlat(x, street)
        east, north = to_grid.transform(lon, np.full(len(x), lat))
        column, row = ((east - left) // CELL_M).astype(int), ((top - north) // CELL_M).astype(int)
        shape = cube[f"{species}_count"][k].shape
        count, total, height = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        early = np.full(shape, np.inf)
        air = made.air(species, k % 6, x)
        np.add.at(count, (row, column), 1.0)
        np.add.at(total, (row, column), air)
        np.maximum.at(height, (row, column), air)
        np.minimum.at(early, (row, column), second)
        # a row may lie within a millimetre of an edge between two cells
        assert np.abs(cube[f"{species}_count"][k].values - count).sum() <= 2
        same = (cube[f"{species}_count"][k].values == count) & (count > 0)
        assert cube[f"{species}_sum"][k].values[same] == pytest.approx(total[same], abs=8 * noise)
        assert cube[f"{species}_max"][k].values[same] == pytest.approx(height[same], abs=4.5 * noise)
        mean = cube[f"{species}_background_sum"][k].values[same] / count[same]
        assert mean == pytest.approx(made.BACKGROUND[species], abs=0.6 * noise)
        spread = cube[f"{species}_sum_squares"][k].values[same] - total[same] ** 2 / count[same]
        assert (spread > -20 * noise * np.maximum(total[same], 1)).all()
        first = cube[f"{species}_visited_at"][k].values[same]
        apart = first - (early[same] - second[0])
        assert np.abs(apart - apart.min()).max() < 1e-6 and 0 <= apart.min() <= made.REMOVED_ROWS
    for layer, unit in (("count", "1"), ("sum", made.UNIT[species]), ("max", made.UNIT[species])):
        assert cube[f"{species}_{layer}"].attrs["units"] == unit


# --- the flight ----------------------------------------------------------------------------------------------------


def test_the_patch_of_soil_is_found_where_it_was_painted(run: Run) -> None:
    """One finding of bare soil: its middle, area and file."""
    [feature] = run.json("findings.geojson")["features"]
    found = feature["properties"]
    x, y, width, height = made.SOIL
    assert (found["kind"], found["source"]) == ("bare_soil", "ortho.tif")
    middle = shapely.geometry.shape(feature["geometry"]).centroid
    assert made.metres(middle.x, middle.y) == pytest.approx((x, y), abs=2.0)
    assert found["area_m2"] == pytest.approx(width * height, rel=0.1)
    assert abs(made.metres(found["lon"], found["lat"])[0] - x) < width / 2
    assert abs(made.metres(found["lon"], found["lat"])[1] - y) < height / 2


def test_the_cube_holds_the_mosaic_of_the_flight(cube: xr.Dataset) -> None:
    """Four photos of 128 by 96 m, 40 m and 30 m apart, cover 168 by 126 m; meadow is green, the patch is brown."""
    covered = cube["ortho_area_fraction"].values
    assert covered.sum() * CELL_M**2 == pytest.approx(168.0 * 126.0, rel=0.05)
    grid = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    seen = {}
    for name, place in (("meadow", (250.0, -240.0)), ("soil", made.SOIL[:2])):
        east, north = grid.transform(*made.lonlat(*place))
        cell = cube.sel(x=east, y=north, method="nearest")
        assert float(cell["ortho_area_fraction"]) == pytest.approx(1.0, abs=0.02)
        seen[name] = [float(cell[f"ortho_{band}"]) for band in ("red", "green", "blue")]
    assert seen["meadow"] == pytest.approx([70.0, 120.0, 60.0], abs=12.0)
    assert seen["soil"][0] > 110.0 and seen["soil"][0] > seen["soil"][2] + 30.0


def test_the_photos_stand_where_their_tags_say(run: Run) -> None:
    """Four used, the one that a person rejected is not among them; ground 40 cm a pixel, 128 by 96 m a photo."""
    poses = run.json("poses.geojson")["features"]
    assert [p["properties"]["photo"][-12:] for p in poses] == [f"DJI_000{k}.JPG" for k in range(1, 5)]
    for number, pose in enumerate(poses):
        properties = pose["properties"]
        assert properties["used"] is True
        assert abs((properties["heading_deg"] + 180) % 360 - 180) < 2
        assert properties["height_above_takeoff_m"] == pytest.approx(made.HEIGHT_M, abs=2)
        ring = np.array([made.metres(*p) for p in pose["geometry"]["coordinates"][0]])
        expected = (
            made.FLIGHT_AT[0] + (-20.0, 20.0)[number // 2],
            made.FLIGHT_AT[1] + (-15.0, 15.0)[number % 2],
        )
        assert (ring.min(axis=0) + ring.max(axis=0)) / 2 == pytest.approx(np.array(expected), abs=2.5)
        size = np.array([made.WIDTH_PX, made.HEIGHT_PX]) * made.GSD_M
        assert np.ptp(ring, axis=0) == pytest.approx(size, rel=0.06)
