"""Hotspots over missions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from fusion import FusionSettings, build_cube, find_hotspots, gather_cells, region_geobox, touch_cells
from fusion.campaign.persistence import _cells_inside, _kind, follow_hotspots
from fusion.campaign.store import add_mission, open_campaign
from fusion.cube.grid import to_wgs84
from ingest.errors import ContractError

CRS = "EPSG:4544"
QUICK = FusionSettings(surrogates=199)


def _campaign(store: Path, drives, plumes: list[float]):
    """One mission a day, two drives each, with a plume of the given size."""
    for day, size in enumerate(plumes):
        tracks = []
        for k, t in enumerate(drives(2, seed=day, size=size)):
            time = t.passes["time"] + np.timedelta64(30 * day, "D")
            tracks.append(replace(t, passes=t.passes.assign_coords(time=time).assign(trajectory=f"m{day}d{k}")))
        lon, lat = (np.concatenate([t.passes[v].values for t in tracks]) for v in ("lon", "lat"))
        add_mission(store, build_cube(touch_cells(tracks, region_geobox(lon, lat, crs=CRS, resolution_m=20))))
    return open_campaign(store)


@pytest.mark.parametrize(
    ("plumes", "kind"),
    [
        ([1.0, 1.0, 1.0, 1.0], "persistent"),
        ([0.0, 0.0, 1.0, 1.5], "emerging"),
        ([1.5, 1.0, 0.0, 0.0], "fading"),
    ],
)
def test_what_a_plume_does_over_missions_is_named(drives, tmp_path: Path, plumes: list[float], kind: str) -> None:
    """Four missions; missions that crossed and saw nothing count."""
    campaign = _campaign(tmp_path, drives, plumes)
    found = [h for h in find_hotspots(gather_cells(campaign), settings=QUICK).value if not h.single_sighting]
    (followed,) = follow_hotspots(campaign, found)
    assert followed.kind == kind
    assert len(followed.crossed) == 4
    assert len(followed.seen) == sum(p > 0 for p in plumes)
    assert np.argmax(followed.enhancement) == np.argmax(plumes) or kind == "persistent"


@pytest.mark.parametrize(
    ("seen", "tau", "p", "kind"),
    [
        ([True], np.nan, np.nan, "one mission"),
        ([True] * 9 + [False], 0.0, 1.0, "persistent"),
        ([False, True, True], 1.0, 0.3, "emerging"),
        ([True, False, False], -1.0, 0.3, "fading"),
        ([True, False, True, False], 0.0, 1.0, "intermittent"),
        ([True, False, True, False, True, True, False], 0.9, 0.01, "emerging"),
        ([False, True, False, True, False, False], -0.9, 0.02, "fading"),
        ([True] * 8 + [False] * 2, 0.0, 1.0, "fading"),
        ([False, False, True], 0.0, 1.0, "emerging"),
        ([True, True, False], 0.0, 1.0, "fading"),
        ([False, True], np.nan, np.nan, "emerging"),
        ([True, False], np.nan, np.nan, "fading"),
        ([True, True], np.nan, np.nan, "persistent"),
        ([False, False], np.nan, np.nan, "intermittent"),
        ([False, True, False], 0.3, 0.05, "emerging"),
        ([False, True, False], 0.3, 0.0501, "intermittent"),
        ([False, False, False], -0.3, 0.05, "fading"),
        ([True, False, True], 0.9, 0.01, "emerging"),
        ([False], 0.9, 0.01, "one mission"),
        ([], 0.9, 0.01, "one mission"),
    ],
)
def test_kinds_by_hand(seen: list[bool], tau: float, p: float, kind: str) -> None:
    """Every rule once."""
    assert _kind(np.array(seen, bool), tau, p, FusionSettings()) == kind


def test_a_cube_without_missions_is_refused(drives) -> None:
    """A cube of one mission has no history."""
    tracks = drives(1)
    cube = build_cube(
        touch_cells(
            tracks,
            region_geobox(tracks[0].passes["lon"].values, tracks[0].passes["lat"].values, crs=CRS, resolution_m=20),
        )
    )
    with pytest.raises(ContractError, match="open_campaign"):
        follow_hotspots(cube, ())


BOX = GeoBox((6, 8), Affine(20.0, 0.0, 405_000.0, 0.0, -20.0, 3_396_120.0), CRS)


def _square(first: tuple[int, int], last: tuple[int, int], inset: float = 1.0):
    """WGS 84 outline of the cells from ``first`` to ``last`` (row, column), a little smaller than they are."""
    west, north = 405_000 + 20 * first[1] + inset, 3_396_120 - 20 * first[0] - inset
    east, south = 405_000 + 20 * (last[1] + 1) - inset, 3_396_120 - 20 * (last[0] + 1) + inset
    return to_wgs84(shapely.box(west, south, east, north), CRS)


def _mission_cube(track, values: dict[str, list[list[float]]]):
    """One pass a list of values along the third row of cells (NaN: not there), each pass of the mission named."""
    tracks, missions = [], []
    for mission, passes in values.items():
        for row in passes:
            at = np.flatnonzero(np.isfinite(row))
            x, y = 20.0 * at + 10.0, np.full(at.size, 120.0 - 50.0)
            start = f"2024-05-{len(tracks) + 1:02d}T00:00:00"
            tracks.append(track(x, y, np.array(row)[at], name=f"p{len(tracks)}", start=start))
            missions.append(mission)
    return build_cube(touch_cells(tracks, BOX)).assign_coords(mission=("pass", missions))


def _hotspot(drives, polygon, seen_by: tuple[str, ...]):
    (found,) = find_hotspots(gather_cells(_cube_of(drives(3))), settings=QUICK).value
    return replace(found, id="H7", polygon=polygon, seen_by=seen_by)


def _cube_of(tracks):
    lon, lat = (np.concatenate([t.passes[v].values for t in tracks]) for v in ("lon", "lat"))
    return build_cube(touch_cells(tracks, region_geobox(lon, lat, crs=CRS, resolution_m=20)))


def test_a_history_is_told_in_numbers(drives, track) -> None:
    """Mean of the cells inside, then of the passes of a mission; who crossed, who saw, Kendall's tau and its p."""
    nan = np.nan
    cube = _mission_cube(
        track,
        {
            "m1": [[9.0, 1.0, 3.0, 9.0], [9.0, nan, 6.0, 9.0]],
            "m2": [[9.0, nan, nan, 9.0]],
            "m3": [[9.0, 5.0, 6.0, 9.0]],
            "m0": [[9.0, 7.0, 7.0, 9.0], [9.0, 8.0, 8.0, 9.0], [9.0, nan, nan, 9.0]],
            "m5": [[9.0, 8.0, nan, 9.0]],
        },
    )
    hotspot = _hotspot(drives, _square((2, 1), (2, 2)), ("p3#0", "p5#0", "p7#0", "else#0"))
    (found,) = follow_hotspots(cube, [hotspot])
    assert (found.hotspot_id, found.crossed, found.seen) == ("H7", ("m1", "m3", "m0", "m5"), ("m3", "m0", "m5"))
    assert found.enhancement == pytest.approx(((2.0 + 6.0) / 2, 5.5, (7.0 + 8.0) / 2, 8.0))
    assert (found.tau, found.p_value) == pytest.approx((1.0, 2 / 24))  # 4 missions, all in order: 2 of 4! ways
    assert found.kind == "emerging"
    (swapped,) = follow_hotspots(cube.isel({"pass": [5, 0, 7]}), [hotspot])
    assert (swapped.crossed, swapped.seen) == (("m0", "m1", "m5"), ("m0", "m5"))
    assert (swapped.tau, swapped.p_value) == pytest.approx((0.0, 1.0)) and swapped.kind == "intermittent"


def test_two_missions_have_no_trend_and_none_no_history(drives, track) -> None:
    """Tau and p are NaN below three missions; a place that nobody crossed is of one mission."""
    cube = _mission_cube(track, {"a": [[1.0, 2.0]], "b": [[1.0, 4.0]]})
    (two,) = follow_hotspots(cube, [_hotspot(drives, _square((2, 1), (2, 1)), ("p1#0",))])
    assert (two.kind, two.enhancement) == ("emerging", (2.0, 4.0))
    assert np.isnan(two.tau) and np.isnan(two.p_value)
    (none,) = follow_hotspots(cube, [_hotspot(drives, _square((5, 5), (5, 6)), ())])
    assert (none.kind, none.crossed, none.seen, none.enhancement) == ("one mission", (), (), ())


@pytest.mark.parametrize(
    "corners", [((0, 0), (5, 7)), ((0, 0), (0, 0)), ((5, 7), (5, 7)), ((1, 2), (3, 4)), ((0, 5), (5, 5))]
)
def test_cells_of_a_polygon_are_those_whose_centre_it_holds(track, corners) -> None:
    """Rows and columns from first to last, on all four sides, and beside a slanted edge only those inside."""
    cube = _mission_cube(track, {"a": [[1.0, 2.0]]})
    rows, columns, inside = _cells_inside(cube, _square(*corners, inset=9.0))
    (top, left), (bottom, right) = corners
    assert (rows, columns) == (slice(top, bottom + 1), slice(left, right + 1))
    assert inside.all() and inside.shape == (bottom - top + 1, right - left + 1)
    triangle = to_wgs84(shapely.Polygon([(405_000, 3_396_120), (405_160, 3_396_120), (405_000, 3_396_000)]), CRS)
    rows, columns, inside = _cells_inside(cube, triangle)
    expected = [[(c + 0.5) / 8 + (r + 0.5) / 6 < 1 for c in range(8)] for r in range(6)]
    assert inside.tolist() == [row[columns] for row in expected[rows]]
