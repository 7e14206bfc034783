"""Hotspots of made cubes: found, not found, and what decisions say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox

from fusion import FusionSettings, Hotspot, build_cube, find_hotspots, region_geobox, touch_cells
from fusion.cube.grid import project, unproject
from fusion.hotspots import agreement, find
from fusion.hotspots.gistar import disc_kernel, gi_star_cells, neighbour_matrix
from fusion.hotspots.significance import CellTest, PassScores, score_pass, without_cells
from ingest.errors import ContractError
from ingest.flags import Flag
from ingest.outcome import Outcome
from onevisit.words.telling import tell
from tests.fusion.hotspots.hotspot_cubes import BOX, CRS, QUICK, _box, _find, cells_of, known_drives


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
    assert "1 recurrent" in tell(outcome.decisions[0]).decision


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
    assert "exhaust of a vehicle" in tell(outcome.rejects[0]).reason
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
    assert "nothing can recur" in tell(outcome.decisions[0]).evidence


def test_equal_values_are_rejected_pass_by_pass(drives) -> None:
    """Nothing stands out of equal values, and each pass is named."""
    tracks = drives(2)
    for t in tracks:
        t.passes["ch4_enhancement"].values[:] = 1.0
    outcome = _find(tracks)
    assert outcome.value == ()
    assert [r.item for r in outcome.rejects] == ["d0#0", "d1#0"]
    assert "same value" in tell(outcome.rejects[0]).reason


def test_no_usable_row_gives_no_hotspot(drives) -> None:
    """Every row flagged: an empty cube, one decision."""
    tracks = drives(2)
    for t in tracks:
        t.passes["qc_flag"].values[:] = np.uint32(Flag.OWN_EXHAUST)
    outcome = _find(tracks)
    assert outcome.value == () and outcome.rejects == ()
    assert tell(outcome.decisions[0]).decision == "no hotspots sought"


def test_a_grid_of_one_cell_has_no_hotspot(drives) -> None:
    """One cell has no neighbours to differ from."""
    tracks = drives(2)
    box = region_geobox(
        tracks[0].passes["lon"].values[:1], tracks[0].passes["lat"].values[:1], crs=CRS, resolution_m=20
    )
    outcome = find_hotspots(touch_cells(tracks, box), settings=QUICK)
    assert outcome.value == ()
    assert "1 cells, fewer than" in tell(outcome.rejects[0]).reason


def test_yekutieli_asks_for_more() -> None:
    """q of Benjamini and Yekutieli is never below that of Benjamini and Hochberg, by the harmonic sum."""
    from fusion.hotspots.significance import _Exceedances

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


@pytest.mark.parametrize(
    ("cell", "grown"),
    [
        ((5, 5), [(4, 4), (4, 5), (4, 6), (5, 4), (5, 5), (5, 6), (6, 4), (6, 5), (6, 6)]),
        ((5, 0), [(4, 0), (4, 1), (5, 0), (5, 1), (6, 0), (6, 1)]),
        ((5, 49), [(4, 48), (4, 49), (5, 48), (5, 49), (6, 48), (6, 49)]),
    ],
)
def test_cells_grow_by_one_but_not_around_the_edge(cell: tuple[int, int], grown: list[tuple[int, int]]) -> None:
    """Eight neighbours; at the west and the east edge only those that are there."""
    found = agreement._grow(np.array([cell[0] * 50 + cell[1]]), 50)
    assert [divmod(int(c), 50) for c in found] == grown
    assert agreement._grow(np.empty(0, np.int64), 50).size == 0


@pytest.mark.parametrize(
    ("other", "joined"),
    [((10, 12), True), ((12, 12), True), ((12, 8), True), ((13, 10), False), ((10, 13), False), ((8, 10), True)],
)
def test_cells_two_apart_belong_together(other: tuple[int, int], joined: bool) -> None:
    """A drive skips cells; three apart are two places, and the end of a row is not beside the next one's start."""
    cells = np.array(sorted([10 * 50 + 10, other[0] * 50 + other[1]]))
    labels = agreement._connected(cells, 50)
    assert bool(labels[0] == labels[1]) is joined
    edge = agreement._connected(np.array([10 * 50 + 49, 11 * 50]), 50)
    assert edge[0] != edge[1]


def _test(cells, statistic, p_map, q):
    statistic, p_map, q = (np.asarray(v, float) for v in (statistic, p_map, q))
    return CellTest(np.asarray(cells), statistic, p_map, q / 2, q)


def test_joined_cells_have_the_peak_of_the_largest_statistic() -> None:
    """Cells with q at the level belong; the strongest must hold over the map; single cells are too few."""
    cells = [101, 102, 103, 110, 111, 120, 130, 131]
    q = [0.01, 0.02, 0.03, 0.01, 0.01, 0.001, 0.02, 0.0201]
    p_map = [0.5, 0.02, 0.001, 0.03, 0.021, 0.001, 0.02, 0.001]
    statistic = [3.0, 9.0, 1.0, 5.0, 6.0, 20.0, 4.0, 8.0]
    settings = replace(QUICK, minimum_cells=2)
    (found,) = agreement._join(_test(cells, statistic, p_map, q), 50, 0.02, settings)
    assert (found.cells.tolist(), found.peak) == ([101, 102], 102)
    assert (found.p_value, found.q_value, found.recurrent, found.sighted_by) == (0.02, 0.02, True, ())
    loose = agreement._join(_test(cells, statistic, p_map, q), 50, 0.02, replace(settings, minimum_cells=1))
    assert [c.cells.tolist() for c in loose] == [[101, 102], [120], [130]]
    assert [c.peak for c in loose] == [102, 120, 130]
    wide = agreement._join(_test(cells, statistic, p_map, q), 50, 0.0205, settings)
    assert [c.cells.tolist() for c in wide] == [[101, 102], [130, 131]]
    assert [(c.peak, c.p_value, c.q_value) for c in wide] == [(102, 0.02, 0.02), (131, 0.001, 0.0201)]
    assert agreement._join(_test(cells, statistic, p_map, q), 50, 0.0005, settings) == []
    assert agreement._join(_test(cells, statistic, np.full(8, 0.03), q), 50, 0.02, settings) == []


def _candidate(cells, p=0.01, by=(), *, recurrent=False):
    return agreement._Candidate(np.asarray(cells), cells[0], p, p, recurrent, by)


def test_sightings_of_several_passes_that_touch_are_one_place() -> None:
    """The surest keeps peak and p; cells are united; two passes make it recurrent, one pass does not."""
    first, second = _candidate([101, 102], 0.02, (4,)), _candidate([153, 154], 0.01, (2,))
    apart, again = _candidate([106, 107], 0.03, (7,)), _candidate([103, 104], 0.04, (2,))
    merged = agreement._merge_touching([first, second, apart], 50)
    assert [(c.cells.tolist(), c.peak, c.p_value, c.recurrent, c.sighted_by) for c in merged] == [
        ([101, 102, 153, 154], 153, 0.01, True, (2, 4)),
        ([106, 107], 106, 0.03, False, (7,)),
    ]
    (one,) = agreement._merge_touching([second, again], 50)
    assert (one.cells.tolist(), one.recurrent, one.sighted_by) == ([103, 104, 153, 154], False, (2,))


def test_a_sighting_that_touches_a_recurrent_hotspot_belongs_to_it() -> None:
    """One cell apart it is its own; every sighting says which pass it was, at its own share of alpha."""
    settings = replace(QUICK, alpha=0.05, sighting_share=0.4, minimum_cells=2)
    hot = {"statistic": [5.0, 4.0], "p_map": [0.02, 0.02], "q": [0.02, 0.02]}
    cold = {"statistic": [5.0, 4.0], "p_map": [0.021, 0.021], "q": [0.02, 0.02]}
    sightings = [(3, _test([201, 202], **hot)), (5, _test([206, 207], **hot)), (6, _test([220, 221], **cold))]
    found = [_candidate([153, 154], recurrent=True)]
    (single,) = agreement._sighted(sightings, found, 50, settings)
    assert (single.cells.tolist(), single.sighted_by, single.recurrent) == ([206, 207], (5,), False)
    assert [c.sighted_by for c in agreement._sighted(sightings, [], 50, settings)] == [(3,), (5,)]


def test_what_was_found_is_left_out_and_the_rest_tested_again(drives) -> None:
    """A weak place on half of the roads of a strong one is found in the second round, and only then."""
    tracks = drives(6, plume_at=600.0, size=20.0)
    for t in tracks[:3]:
        x = np.arange(t.passes.sizes["obs"]) * 8.0
        t.passes["ch4_enhancement"].values[:] += np.exp(-0.5 * ((x - 1500.0) / 30.0) ** 2)
    cube = touch_cells(tracks, _box(tracks))
    places, decisions = [], []
    for steps in (0, 1, 5):
        outcome = find_hotspots(cube, settings=replace(QUICK, step_downs=steps))
        places.append(sorted(_metres_off(h, 0.0) for h in outcome.value))
        decisions.append(tell(outcome.decisions[0]).evidence)
    assert [len(found) for found in places] == [1, 2, 2]
    assert places[1] == pytest.approx([600.0, 1500.0], abs=60) == places[2]
    assert decisions[0] == decisions[1] == decisions[2]  # the cells tested are those of the first round


def test_the_decision_counts_passes_cells_and_surrogates(track) -> None:
    """Cells of the first round, all surrogates, recurrent and single ones apart."""
    tracks = known_drives(track)
    decision = _find(tracks).decisions[0]
    assert decision.item == "ch4" and tell(decision).decision == "1 recurrent hotspots, 0 single sightings"
    assert tell(decision).evidence == "4 passes scored, 100 cells crossed by two or more, 199 surrogates"


@pytest.mark.parametrize(
    ("limit", "area", "number"), [(1e12, False, 499), (5 * 300 * 200.0, False, 200), (5 * 300 * 200.0, True, 100),
                                  (1.0, False, 99)]
)  # fmt: skip
def test_surrogates_are_fewer_on_large_maps(limit: float, area: bool, number: int) -> None:
    """Work is cells times neighbours, twice that where a pass covers ground; 99 at least, the setting at most."""
    one = PassScores(0, np.arange(100), np.arange(100), np.zeros(100), False)
    two = PassScores(1, np.arange(200), np.arange(200), np.zeros(200), area)
    settings = replace(QUICK, surrogates=499, work_limit=limit)
    assert agreement._surrogate_number([one, two], disc_kernel(1.0), settings) == number


def test_a_pass_sees_what_is_high_among_its_own_cells() -> None:
    """Crossing is touching the neighbours; seeing needs the highest windows and four robust spreads of the cells."""
    kernel, width, settings = disc_kernel(2.0), 50, replace(QUICK, seen_share=0.05, seen_sigma=4.0)
    cells = 250 + np.arange(40)
    base = np.tile([0.0, 2.0, -2.0, 1.0, -1.0], 8)  # median 0, median deviation 1
    candidate = _candidate([270, 271], recurrent=True)

    def seen(peak: float, at: tuple[int, ...]) -> tuple[list[int], list[int]]:
        mean = base.copy()
        mean[list(at)] = peak
        visited = [
            cells_of([0], [0.0]),
            cells_of(cells, mean),
            cells_of([222], [1.0]),
            cells_of([318, 219], [1.0, 2]),
        ]
        p = score_pass(1, cells, mean, np.arange(40.0), width=width, kernel=kernel, settings=settings)
        assert p is not None
        return agreement._passes_at(candidate, visited, [p], kernel, width, settings)

    high = (19, 20, 21, 22)
    assert seen(1.4826 * 4.0 + 0.01, high) == ([1, 2, 3], [1])
    assert seen(1.4826 * 4.0 - 0.01, high) == ([1, 2, 3], [])
    assert seen(50.0, (5, 6, 7, 8)) == ([1, 2, 3], [])
    assert seen(50.0, (20, 21)) == ([1, 2, 3], [])  # the highest windows of the pass, but only 1.28 of them
    assert seen(50.0, (10, 11, 12, 13, 20, 21, 22)) == ([1, 2, 3], [])  # others are higher


@pytest.mark.parametrize(("at", "z", "seen"), [((19, 20, 21, 22), 1.609, False), ((19, 20, 21), 1.861, True)])
def test_a_pass_sees_nothing_below_the_five_percent_point(at: tuple[int, ...], z: float, seen: bool) -> None:
    """Gi* of 1.645, however low the other windows are."""
    settings = replace(QUICK, seen_share=0.5, seen_sigma=0.1)
    kernel, cells = disc_kernel(2.0), 250 + np.arange(40)
    mean = np.tile([0.0, 2.0, -2.0, 1.0, -1.0], 8)
    mean[list(at)] = 6.0
    p = score_pass(0, cells, mean, np.arange(40.0), width=50, kernel=kernel, settings=settings)
    assert p is not None
    here = gi_star_cells(p.scores, neighbour_matrix(cells, cells, kernel, 50))[16:19]
    assert here.max() == pytest.approx(z, abs=5e-4)
    found = agreement._passes_at(_candidate([267]), [cells_of(cells, mean)], [p], kernel, 50, settings)
    assert found == ([0], [0] if seen else [])


def test_candidates_on_which_no_pass_is_high_are_told(track) -> None:
    """A rejection with its place says that passes agree and none is high."""
    tracks = known_drives(track)
    outcome = _find(tracks, replace(QUICK, seen_sigma=1e6))
    assert outcome.value == ()
    (reject,) = outcome.rejects
    assert reject.item == "candidate of ch4" and "none is high" in tell(reject).reason
    lon, lat = (float(v) for v in reject.where.split())
    x, y = unproject(np.array([406_000.0]), np.array([3_396_010.0]), CRS)
    assert abs(lon - x[0]) * 95_700 < 40 and abs(lat - y[0]) * 110_900 < 2


@pytest.mark.parametrize(
    ("cells", "filled"),
    [
        ([(5, 5)], [(5, 5)]),
        ([(5, 5), (5, 7)], [(5, 5), (5, 6), (5, 7)]),
        ([(5, 5), (5, 9)], [(5, 5), (5, 9)]),
        ([(0, 0), (0, 1)], [(0, 0), (0, 1)]),
        ([(29, 49), (28, 49)], [(29, 49), (28, 49)]),
        ([(29, 0), (29, 2)], [(29, 0), (29, 1), (29, 2)]),
    ],
)
def test_the_outline_of_cells_closes_gaps_of_one(cells: list[tuple[int, int]], filled: list[tuple[int, int]]) -> None:
    """In metres on the grid: exactly the squares of the cells and of the gaps between them, at every edge."""
    polygon = agreement.cells_to_polygon(np.array([r * 50 + c for r, c in cells]), BOX)
    squares = [
        shapely.box(405_000 + 20 * c, 3_396_600 - 20 * (r + 1), 405_000 + 20 * (c + 1), 3_396_600 - 20 * r)
        for r, c in filled
    ]
    back = shapely.transform(polygon, lambda p: np.column_stack(project(p[:, 0], p[:, 1], CRS)))
    assert back.symmetric_difference(shapely.union_all(squares)).area < 0.05


def test_too_few_cells_and_equal_cells_are_told_apart() -> None:
    """The number of cells and what was asked for, or that all are the same."""
    few, equal = cells_of(np.arange(19), np.arange(19)), cells_of(np.arange(20), np.ones(20))
    assert tell(agreement._unscored("a", "no2", few, QUICK)).reason.startswith("19 cells, fewer than 20")
    assert "same value" in tell(agreement._unscored("a", "no2", equal, QUICK)).reason


def test_the_neighbourhood_is_in_cells_and_never_below_one() -> None:
    """50 m are two and a half cells of 20 m; of 100 m cells the four neighbours remain."""
    assert agreement._kernel(BOX, QUICK).tolist() == disc_kernel(2.5).tolist()
    coarse = GeoBox((3, 3), Affine(100.0, 0.0, 0.0, 0.0, -100.0, 300.0), CRS)
    assert agreement._kernel(coarse, QUICK).tolist() == disc_kernel(1.0).tolist()


def _single(species: str, lon: float, by: str = "d0#0", *, single: bool = True, p: float = 0.01) -> Hotspot:
    when = datetime(2024, 5, 1, tzinfo=UTC)
    square = shapely.box(lon, 30.0, lon + 0.001, 30.001)
    return Hotspot(
        "", species, "ppm", square, 4, 1600.0, 1.0, 0.1, 2.0, p, 0.01, 1, 1, single, when, when, lon, 30.0, 5.0, None,
        None, ("d0",), (by,),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("hotspots_", "kept"),
    [
        ([("nox", 104.0), ("co", 104.0)], []),
        ([("nox", 104.0), ("co", 104.00149)], []),
        ([("nox", 104.0), ("co", 104.00151)], ["nox", "co"]),
        ([("nox", 104.0), ("co", 104.0, "d1#0")], ["nox", "co"]),
        ([("nox", 104.0), ("nox", 104.0)], ["nox", "nox"]),
        ([("nox", 104.0), ("co", 104.0), ("ch4", 104.0)], ["nox", "co", "ch4"]),
        ([("nox", 104.0), ("co", 104.0), ("ch4", 104.1)], ["ch4"]),
        ([("ch4", 104.0)], ["ch4"]),
    ],
)
def test_exhaust_is_several_tracers_of_it_and_nothing_else(hotspots_: list[tuple[str, ...]], kept: list[str]) -> None:
    """Same pass, within some 50 m, two tracers or more and no other species: else it stays."""
    cube = xr.Dataset({f"{s}_count": ((), 0.0, {"species": s.upper()}) for s in ("nox", "co", "ch4")})
    given = [_single(*h) for h in hotspots_]
    left = find._without_vehicles(given, cube, QUICK)
    assert [h.species for h in left.value] == kept
    assert len(left.rejects) == len(given) - len(kept)
    for reject in left.rejects:
        assert "co and nox" in tell(reject).reason and reject.where.startswith("d0#0, 104.00")
        assert "30.00000" in reject.where


def test_recurrent_exhaust_stays() -> None:
    """A furnace seen again and again is no vehicle, nor does it make a single sighting beside it one."""
    cube = xr.Dataset({f"{s}_count": ((), 0.0, {"species": s}) for s in ("nox", "co")})
    given = [_single("nox", 104.0, single=False), _single("co", 104.0)]
    assert find._without_vehicles(given, cube, QUICK) == Outcome(given)


def test_hotspots_are_numbered_in_order_of_certainty(track) -> None:
    """Recurrent before single, then by p, then by species, then the higher first; every species by its own unit."""
    tracks = known_drives(track)
    x = np.arange(2.5, 2000.0, 5.0)
    for t in tracks:
        t.passes["ch4_enhancement"].values[:] += 2.0 * np.exp(-0.5 * ((x - 400.0) / 25.0) ** 2)
        t.passes["benzene"] = t.passes["ch4"].assign_attrs(species="benzene", units="ug m-3")
        t.passes["benzene_background"] = t.passes["ch4_background"]
        t.passes["benzene_enhancement"] = (t.passes["ch4_enhancement"] * 3.0).assign_attrs(units="ug m-3")
    found = _find(tracks).value
    assert [(h.id, h.species, h.unit) for h in found] == [
        ("H001", "benzene", "ug m-3"), ("H002", "benzene", "ug m-3"), ("H003", "ch4", "ppm"), ("H004", "ch4", "ppm"),
    ]  # fmt: skip
    assert found[0].enhancement > found[1].enhancement and found[2].enhancement > found[3].enhancement
    assert found[0].enhancement == pytest.approx(3 * found[2].enhancement)


def test_a_single_sighting_is_of_its_pass_alone(drives) -> None:
    """Wind, background, times and place of the one pass that saw it; the others only crossed."""
    tracks = [*drives(1, size=30.0), *drives(4, seed=3, plume_at=None)[1:]]
    x = np.arange(tracks[0].passes.sizes["obs"]) * 8.0
    tracks[0].passes["ch4_enhancement"].values[:] += 30 * np.exp(-0.5 * ((x - 1500) / 90.0) ** 2)
    tracks[0].passes["u"].values[:], tracks[0].passes["v"].values[:] = 0.0, -2.0
    tracks[0].passes["ch4_background"].values[:] = 9.0
    (h,) = _find(tracks, FusionSettings(surrogates=499)).value
    assert h.single_sighting and h.seen_by == ("d0#0",) and (h.passes_seen, h.passes_crossed) == (1, 4)
    assert (h.wind_from_deg, h.wind_speed, h.background) == pytest.approx((0.0, 2.0, 9.0))
    assert h.first_seen == h.last_seen and h.first_seen.isoformat().startswith("2024-05-01T02:0")
    assert h.trajectories == ("d0",)
    assert h.position_error_m == pytest.approx(np.sqrt(2.5**2 + 400.0 / 12))


def test_what_recurs_is_told_before_what_was_seen_once(drives) -> None:
    """However strong the single sighting: recurrent hotspots come first and take the first number."""
    tracks = drives(4, plume_at=3000.0)
    x = np.arange(tracks[0].passes.sizes["obs"]) * 8.0
    tracks[2].passes["ch4_enhancement"].values[:] += 60 * np.exp(-0.5 * ((x - 1200) / 90.0) ** 2)
    found = _find(tracks, FusionSettings(surrogates=499)).value
    assert [(h.id, h.single_sighting) for h in found] == [("H001", False), ("H002", True)]
    assert [_metres_off(h, at) < 60 for h, at in zip(found, (3000.0, 1200.0), strict=True)] == [True, True]
    assert found[1].enhancement > found[0].enhancement and found[1].seen_by == ("d2#0",)


def test_what_is_no_cube_is_refused(drives) -> None:
    """Hotspots are sought in touched cells with their grid mapping only, never in the dense cube."""
    tracks = drives(2)
    touched = touch_cells(tracks, _box(tracks))
    with pytest.raises(ContractError, match="grid mapping"):
        find_hotspots(touched.drop_vars("spatial_ref"), settings=QUICK)
    with pytest.raises(ContractError, match=r"touched cells of ch4.*gather_cells"):
        find_hotspots(build_cube(touched), settings=QUICK)
