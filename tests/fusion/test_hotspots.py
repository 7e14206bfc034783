"""Hotspots: what recurs, what was seen once, what is neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from fusion import FusionSettings, build_cube, find_hotspots, region_geobox
from fusion.gistar import disc_kernel
from fusion.grid import unproject
from fusion.significance import CellTest, score_pass, without_cells
from ingest.flags import Flag

CRS = "EPSG:4544"
QUICK = FusionSettings(surrogates=199)


def _box(tracks, cell=20.0):
    lon = np.concatenate([t.passes["lon"].values for t in tracks])
    lat = np.concatenate([t.passes["lat"].values for t in tracks])
    return region_geobox(lon, lat, crs=CRS, resolution_m=cell)


def _find(tracks, settings=QUICK):
    return find_hotspots(build_cube(tracks, _box(tracks), None, settings), tracks, settings)


def _metres_off(hotspot, x: float) -> float:
    lon, _ = unproject(np.array([405_000.0 + x]), np.array([3_396_000.0]), CRS)
    return abs(hotspot.lon - float(lon[0])) * 95_700.0


def test_a_plume_on_every_drive_is_a_recurrent_hotspot(drives) -> None:
    """Its place, the passes that saw it, its area and its time window are those of the plume."""
    tracks = drives(4)
    outcome = _find(tracks)
    (hotspot,) = outcome.value
    assert not hotspot.single_sighting
    assert _metres_off(hotspot, 1500.0) < 40
    assert (hotspot.passes_seen, hotspot.passes_crossed) == (4, 4)
    assert hotspot.area_m2 == hotspot.cells * 400
    assert 0 < hotspot.p_value <= QUICK.alpha and 0 < hotspot.q_value <= QUICK.alpha
    assert hotspot.first_seen < hotspot.last_seen
    assert hotspot.wind_from_deg == pytest.approx(270.0)
    assert 3 < hotspot.position_error_m < 30
    assert hotspot.polygon.contains(shapely.Point(hotspot.lon, hotspot.lat))
    assert "1 recurrent" in outcome.decisions[0].decision


def test_drives_without_a_plume_have_no_hotspot(drives) -> None:
    """Smooth noise on five sets of drives."""
    assert sum(len(_find(drives(4, seed=seed, plume_at=None)).value) for seed in range(5)) == 0


def test_a_hotspot_says_how_many_passes_crossed_it_and_saw_nothing(drives) -> None:
    """Three drives with the plume and two without."""
    quiet = [
        replace(t, passes=t.passes.assign(trajectory=f"quiet{k}"))
        for k, t in enumerate(drives(2, seed=7, plume_at=None))
    ]
    (hotspot,) = _find([*drives(3), *quiet]).value
    assert (hotspot.passes_seen, hotspot.passes_crossed) == (3, 5)
    assert set(hotspot.seen_by) == {"d0#0", "d1#0", "d2#0"}


def test_a_strong_plume_does_not_hide_a_weaker_one(drives, track) -> None:
    """What remains is tested again without what was found."""
    tracks = []
    for t in drives(4, plume_at=1000.0, size=20.0):
        x = np.arange(t.passes.sizes["obs"]) * 8.0
        t.passes["ch4_enhancement"].values[:] += 0.4 * np.exp(-0.5 * ((x - 3000.0) / 30.0) ** 2)
        tracks.append(t)
    found = sorted(_metres_off(h, 0.0) for h in _find(tracks).value)
    assert found == pytest.approx([1000.0, 3000.0], abs=40)


def test_what_one_pass_piles_up_is_called_a_single_sighting(drives) -> None:
    """One of four drives with a plume far above its smooth noise."""
    tracks = [*drives(1, size=30.0), *drives(4, seed=3, plume_at=None)[1:]]
    wide = tracks[0].passes
    wide["ch4_enhancement"].values[:] += 30 * np.exp(-0.5 * ((np.arange(wide.sizes["obs"]) * 8.0 - 1500) / 90.0) ** 2)
    found = _find(tracks, FusionSettings(surrogates=499)).value
    assert [h.single_sighting for h in found] == [True]
    assert (found[0].passes_seen, found[0].passes_crossed) == (1, 4)


def test_a_vehicle_seen_once_in_two_tracers_is_rejected(drives) -> None:
    """NOx and CO that rise together once are exhaust, and it says so."""
    tracks = [*drives(1, size=30.0), *drives(4, seed=3, plume_at=None)[1:]]
    for t in tracks:
        passes, x = t.passes, np.arange(t.passes.sizes["obs"]) * 8.0
        if t is tracks[0]:
            passes["ch4_enhancement"].values[:] += 30 * np.exp(-0.5 * ((x - 1500) / 90.0) ** 2)
        for name in ("nox", "co"):
            attrs = passes["ch4"].attrs | {"species": name}
            passes[name] = passes["ch4"].assign_attrs(attrs)
            passes[f"{name}_background"] = passes["ch4_background"]
            passes[f"{name}_enhancement"] = passes["ch4_enhancement"]
    exhaust = [replace(t, passes=t.passes.drop_vars(["ch4", "ch4_background", "ch4_enhancement"])) for t in tracks]
    settings = FusionSettings(surrogates=499)
    outcome = _find(exhaust, settings)
    assert outcome.value == ()
    assert sorted(r.item for r in outcome.rejects) == ["single sighting of co", "single sighting of nox"]
    assert "exhaust of a vehicle" in outcome.rejects[0].reason
    with_methane = _find(tracks, settings).value
    assert {h.species for h in with_methane} == {"ch4", "nox", "co"}


def test_adding_a_constant_or_turning_negative_changes_no_place(drives) -> None:
    """Scores are ranks: enhancements below zero are as good as others."""
    before = _find(drives(3)).value
    lowered = drives(3)
    for t in lowered:
        t.passes["ch4_enhancement"].values[:] -= 7.0
    after = _find(lowered).value
    assert [h.polygon.wkt for h in after] == [h.polygon.wkt for h in before]
    assert after[0].enhancement == pytest.approx(before[0].enhancement - 7.0)


def test_one_pass_cannot_recur_and_says_so(drives) -> None:
    """A single drive gives at most single sightings."""
    outcome = _find(drives(1))
    assert all(h.single_sighting for h in outcome.value)
    assert "nothing can recur" in outcome.decisions[0].evidence


def test_equal_values_are_rejected_pass_by_pass(drives) -> None:
    """Nothing stands out of equal values, and each pass is named."""
    tracks = drives(2)
    for t in tracks:
        t.passes["ch4_enhancement"].values[:] = 1.0
    outcome = _find(tracks)
    assert outcome.value == ()
    assert [r.item for r in outcome.rejects] == ["d0#0", "d1#0"]
    assert "same value" in outcome.rejects[0].reason


def test_no_usable_row_gives_no_hotspot(drives) -> None:
    """Every row flagged: an empty cube, one decision."""
    tracks = drives(2)
    for t in tracks:
        t.passes["qc_flag"].values[:] = np.uint32(Flag.OWN_EXHAUST)
    outcome = _find(tracks)
    assert outcome.value == () and outcome.rejects == ()
    assert outcome.decisions[0].decision == "no hotspots sought"


def test_a_grid_of_one_cell_has_no_hotspot(drives) -> None:
    """One cell has no neighbours to differ from."""
    tracks = drives(2)
    box = region_geobox(
        tracks[0].passes["lon"].values[:1], tracks[0].passes["lat"].values[:1], crs=CRS, resolution_m=20
    )
    outcome = find_hotspots(build_cube(tracks, box), tracks, QUICK)
    assert outcome.value == ()
    assert "1 cells, fewer than" in outcome.rejects[0].reason


def test_yekutieli_asks_for_more() -> None:
    """q of Benjamini and Yekutieli is never below that of Benjamini and Hochberg, by the harmonic sum."""
    from fusion.significance import _Exceedances

    pool = _Exceedances(np.array([3.0, 0.0, 1.0]))
    pool.add(np.random.default_rng(0).normal(size=(3, 500)))
    bh, by = (pool.test(np.arange(3), fdr) for fdr in ("bh", "by"))
    assert isinstance(bh, CellTest)
    assert (by.q >= bh.q).all()
    assert by.q[0] == pytest.approx(min(1.0, bh.q[0] * (1 + 1 / 2 + 1 / 3)))


def test_leaving_cells_out_keeps_the_order_of_visiting() -> None:
    """Scores of the rest are ranked anew, and the drive still visits them in its order."""
    cells = np.arange(0, 60, 2)
    visited_at = np.roll(np.arange(30.0), 5)
    p = score_pass(0, cells, np.linspace(0, 1, 30), visited_at, width=100, kernel=disc_kernel(2.0), settings=QUICK)
    assert p is not None
    rest = without_cells(p, np.array([4, 8]), QUICK)
    assert rest is not None
    assert rest.cells.tolist() == [c for c in cells.tolist() if c not in (4, 8)]
    expected = [c for c in cells[np.argsort(visited_at)].tolist() if c not in (4, 8)]
    assert rest.cells[rest.order].tolist() == expected
    assert abs(rest.scores.mean()) < 1e-12
    assert without_cells(p, cells[:15], QUICK) is None
