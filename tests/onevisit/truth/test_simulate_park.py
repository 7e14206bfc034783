"""A park by hand: its world, sources, outings and true hotspots."""

from __future__ import annotations

import math
import zlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import CRS

from ingest.coordinates import to_grid
from onevisit.truth.simulate.air.instrument import CHANNELS, Analyser
from onevisit.truth.simulate.air.puffs import sample_puffs
from onevisit.truth.simulate.air.sources import EmissionSource, choose_sources, emitter_of, rates_of
from onevisit.truth.simulate.answers import dose_of_others, dose_of_sources, find_true_hotspots
from onevisit.truth.simulate.confounders import CONFOUNDERS
from onevisit.truth.simulate.drives import outings as outings_of
from onevisit.truth.simulate.drives.laps import Drive
from onevisit.truth.simulate.drives.outings import declared_lag, drive_all, stream
from onevisit.truth.simulate.mission import _day
from onevisit.truth.simulate.names import INDUSTRIES
from onevisit.truth.simulate.world import SIZES, build_world
from tests.onevisit.truth.dice import Dice
from tests.onevisit.truth.park_world import _place, _world

EVERYWHERE = shapely.box(-1e6, -1e6, 1e6, 1e6)


def test_the_park_lies_about_its_centre_on_cgcs2000_zone_35() -> None:
    """The origin is the grid position of 104.07° E 30.67° N, rounded to a hundred metres."""
    world = build_world(SIZES["demo"], Dice(0.5))  # type: ignore[arg-type]
    x, y = to_grid(104.07, 30.67, CRS.from_epsg(4544))
    assert (world.origin_x, world.origin_y) == (round(float(x), -2), round(float(y), -2))
    assert world.crs.to_epsg() == 4544
    assert [float(v) for v in world.lonlat(0.0, 0.0)] == pytest.approx([104.07, 30.67], abs=6e-4)
    assert to_grid(*world.lonlat(7.0, 9.0), world.crs) == (
        pytest.approx(world.origin_x + 7.0),
        pytest.approx(world.origin_y + 9.0),
    )
    assert world.origin.tolist() == [world.origin_x, world.origin_y]


def test_in_the_middle_of_the_dice_the_lattice_is_even() -> None:
    """Four by four crossings 280 m apart about the origin; no turn, no bends."""
    world = build_world(SIZES["demo"], Dice(0.5))  # type: ignore[arg-type]
    ticks = 280.0 * (np.arange(4) - 1.5)
    assert world.nodes == pytest.approx(np.stack(np.meshgrid(ticks, ticks), axis=-1))


@pytest.mark.parametrize(("share", "width"), [(0.0, 0.85), (1.0, 1.15)])
def test_at_the_ends_of_the_dice_blocks_are_smaller_or_larger_and_turned(share: float, width: float) -> None:
    """15 % either way, 18° either way: turned clockwise where the angle is positive."""
    world = build_world(SIZES["demo"], Dice(share, z=0.0))  # type: ignore[arg-type]
    east = world.nodes[0, 1] - world.nodes[0, 0]
    assert math.hypot(*east) == pytest.approx(280.0 * width)
    assert math.degrees(math.atan2(*east)) == pytest.approx(90.0 + (18.0 if share == 0 else -18.0))
    north = world.nodes[1, 0] - world.nodes[0, 0]
    assert float(east @ north) == pytest.approx(0.0, abs=1e-6)
    assert world.nodes.mean(axis=(0, 1)) == pytest.approx([0.0, 0.0], abs=1e-9)


def test_crossings_are_off_the_lattice_by_five_metres_or_so() -> None:
    """One standard deviation in both directions."""
    world, even = (build_world(SIZES["demo"], Dice(0.5, z=z)) for z in (1.0, 0.0))  # type: ignore[arg-type]
    assert world.nodes - even.nodes == pytest.approx(np.full(even.nodes.shape, 5.0))


def test_streets_join_neighbours_and_those_on_the_rim_are_main_ones() -> None:
    """24 pieces of 4 by 4 crossings, 12 of them on the rim; names by row and column; lines between their nodes."""
    world = build_world(SIZES["demo"], np.random.default_rng(1))
    nodes = world.nodes.reshape(-1, 2)
    assert len(world.streets) == 24 and sum(s.main for s in world.streets) == 12
    for street in world.streets:
        assert np.array(street.line.coords) == pytest.approx(nodes[[street.start, street.end]])
        rows, columns = np.divmod([street.start, street.end], 4)
        across = street.end == street.start + 1
        assert across or street.end == street.start + 4
        number = "一二三四"[rows[0] if across else columns[0]]
        assert street.name == (f"科园{number}路" if across else f"工业{number}街")
        assert street.main == ((rows[0] if across else columns[0]) in (0, 3))


def test_streets_of_a_city_keep_names_of_their_own() -> None:
    """The eleventh row starts again with a number behind it."""
    world = build_world(replace(SIZES["demo"], rows=12, columns=12), np.random.default_rng(1))
    first = {s.name for s in world.streets if s.end == s.start + 1 and s.start // 12 == 10}
    assert first == {"科园一路1"}
    assert len({s.name for s in world.streets}) == 24


def test_blocks_hold_four_to_six_parcels_that_do_not_overlap() -> None:
    """Inside of the block by 14 m and 3 m more; gates on the side of a street, stacks on a hall of the parcel."""
    for share, count in ((0.0, 4), (1.0, 6)):
        world = build_world(SIZES["demo"], Dice(share))  # type: ignore[arg-type]
        assert len(world.blocks) == 9 and len(world.places) == 9 * count
    world = build_world(SIZES["demo"], np.random.default_rng(5))
    for place in world.places:
        [block] = [b for b in world.blocks if b.contains(place.parcel)]
        assert block.exterior.distance(place.parcel) == pytest.approx(17.0, abs=2.5) or (
            block.exterior.distance(place.parcel) > 17.0
        )
        assert place.parcel.exterior.distance(place.gate) < 0.5
        assert block.exterior.distance(place.gate) < 24.0
        assert place.parcel.contains(place.stack) and 1 <= len(place.buildings) <= 3
        assert min(hall.distance(place.stack) for hall in place.buildings) < 9.0
        assert all(place.parcel.buffer(1e-6).covers(hall) for hall in place.buildings)
        assert place.site_id.startswith(place.uscc + "001") and place.listed
    tree = shapely.STRtree([p.parcel for p in world.places])
    first, second = tree.query([p.parcel for p in world.places], predicate="intersects")
    assert (first == second).all()


def test_what_a_block_is_cut_into_by_hand() -> None:
    """At one end of the dice: two parcels on either side of the middle of a square of 238 m, 14 m inside."""
    world = build_world(SIZES["demo"], Dice([0.5] * 7 + [0.0]))  # type: ignore[arg-type]
    block, first = world.blocks[0], world.places[0]
    west, south, east, north = block.bounds
    assert (east - west, north - south) == pytest.approx((280.0, 280.0))
    low, bottom, high, top = first.parcel.bounds
    assert (low - west, bottom - south) == pytest.approx((17.0, 17.0))
    assert (high - west, top - south) == pytest.approx((14.0 + 126.0 - 3.0, 14.0 + 126.0 - 3.0))
    assert (first.gate.x - west, first.gate.y - south) == pytest.approx((17.0, 77.0))
    assert first.industry.code == "3670" and first.management_class == "登记管理"
    width = high - low
    [hall] = first.buildings
    u0, u1 = 0.08 + 0.03, 0.92 - 0.03
    across, up = hall.bounds[2] - hall.bounds[0], hall.bounds[3] - hall.bounds[1]
    assert up == pytest.approx(0.97 * (u1 - u0) * width)
    assert across == pytest.approx(0.97 * (0.62 - 0.14) * width)
    assert (first.stack.x, first.stack.y) == pytest.approx((hall.centroid.x - 6.0, hall.centroid.y - 6.0))


@pytest.mark.parametrize(
    ("share", "kind"),
    [(0.619, "登记管理"), (0.621, "简化管理"), (0.849, "简化管理"), (0.851, "重点管理")],
)
def test_three_in_twenty_sites_are_under_key_management(share: float, kind: str) -> None:
    """62 % registered, 23 % simple, 15 % key."""
    places = build_world(SIZES["demo"], Dice([0.5] * 7 + [share])).places  # type: ignore[arg-type]
    assert {p.management_class for p in places} == {kind}


@pytest.mark.parametrize(
    ("share", "code"),
    [
        *((0.119, "3670"), (0.121, "2110"), (0.359, "2319"), (0.361, "2641"), (0.439, "2641"), (0.441, "3021")),
        *((0.521, "4430"), (0.581, "3973"), (0.681, "4620"), (0.729, "4620"), (0.731, "3311"), (0.869, "3311")),
        (0.871, "2929"),
    ],
)
def test_industries_come_in_their_shares(share: float, code: str) -> None:
    """On either side of the limits between them."""
    places = build_world(SIZES["demo"], Dice([0.5] * 7 + [share])).places  # type: ignore[arg-type]
    assert {p.industry.code for p in places} == {code}


def test_terrain_is_a_slope_and_a_swell() -> None:
    """Heights by hand: 1 % east, 2 % north, 3 m of swell with a length of 400 m."""
    world = replace(_world(), terrain=(0.01, 0.02, 3.0, 400.0))
    x, y = np.array([0.0, 100.0, 50.0]), np.array([0.0, 0.0, 200.0])
    expected = [0.0, 1.0 + 3.0, 0.5 + 4.0 - 3.0 * math.sin(math.pi / 4)]
    assert world.height(x, y) == pytest.approx(expected)
    drawn = build_world(SIZES["demo"], Dice([0.5] * 6 + [0.0], z=1.0)).terrain  # type: ignore[arg-type]
    assert drawn == pytest.approx((0.002, 0.002, 0.3, 420.0))
    assert build_world(SIZES["demo"], Dice(1.0)).terrain[2] == 1.0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "sites", "drives", "photos", "sources"),
    [("demo", 45, 1, 12, (2, 4)), ("district", 220, 2, 40, (6, 12)), ("city", 5100, 3, 72, (15, 25))],
)
def test_sizes_are_those_of_the_page(
    name: str, sites: int, drives: int, photos: int, sources: tuple[int, int]
) -> None:
    """docs/simulator.md: about so many sites, drives, photos and sources."""
    size = SIZES[name]
    blocks = (size.columns - 1) * (size.rows - 1)
    assert blocks * sum(size.parcels_per_block) / 2 == pytest.approx(sites, rel=0.03)
    assert (size.drives, size.strips * size.photos_per_strip, size.sources) == (drives, photos, sources)
    assert size.laps == ((3, 6) if name == "demo" else (2, 3))
    assert (size.window, size.block_m) == (8, 280.0 if name == "demo" else 300.0)


@pytest.mark.parametrize(("share", "count"), [(0.0, 2), (1.0, 4)])
def test_as_many_sources_as_the_size_asks_for(share: float, count: int) -> None:
    """Two to four in a demo, in the order drawn, numbered from one."""
    places = [_place(f"P{k}", 400.0 * k, 0.0) for k in range(6)]
    world, sources = choose_sources(_world(*places), -10, 20, Dice(share), unlisted=False, within=EVERYWHERE)  # type: ignore[arg-type]
    assert [s.id for s in sources] == [f"S{k}" for k in range(1, count + 1)]
    assert [s.place.site_id for s in sources] == [f"P{k}" for k in range(count)]
    assert [(s.x, s.y, s.start_s, len(s.rate_g_s)) for s in sources] == [
        (400.0 * k, 0.0, -10, 20) for k in range(count)
    ]
    assert world.places == tuple(places)


@pytest.mark.parametrize(("apart", "chosen"), [(308.1, ["P0", "P1"]), (308.0, ["P0", "P2"]), (307.9, ["P0", "P2"])])
def test_sources_are_more_than_a_block_and_a_tenth_apart(apart: float, chosen: list[str]) -> None:
    """280 m and a tenth: 308 m are too near."""
    places = [_place("P0", 0.0, 0.0), _place("P1", apart, 0.0), _place("P2", 900.0, 0.0)]
    _, sources = choose_sources(_world(*places), 0, 5, Dice(0.0), unlisted=False, within=EVERYWHERE)  # type: ignore[arg-type]
    assert [s.place.site_id for s in sources] == chosen


def test_sources_lie_in_the_part_that_is_driven() -> None:
    """A place outside of it is passed over."""
    places = [_place("P0", 0.0, 0.0), _place("P1", 400.0, 0.0), _place("P2", 800.0, 0.0)]
    part = shapely.box(300.0, -10.0, 900.0, 10.0)
    _, sources = choose_sources(_world(*places), 0, 5, Dice(0.0), unlisted=False, within=part)  # type: ignore[arg-type]
    assert [s.place.site_id for s in sources] == ["P1", "P2"]


def test_an_unlisted_source_is_the_first_one_and_leaves_the_registers() -> None:
    """Its place in the world changes too; the others stay."""
    places = [_place("P0", 0.0, 0.0), _place("P1", 400.0, 0.0)]
    world, sources = choose_sources(_world(*places), 0, 5, Dice(0.0), unlisted=True, within=EVERYWHERE)  # type: ignore[arg-type]
    hidden = sources[0].place
    assert (hidden.site_id, hidden.listed, hidden.name) == ("unlisted@P0", False, "无名作坊")
    assert world.places == (hidden, places[1]) and sources[1].place is places[1]


def _drawn(share: Any, z: float = 0.0, n: int = 2000, industry: int = 0) -> EmissionSource:
    places = [_place(f"P{k}", 400.0 * k, 0.0, industry=industry) for k in range(2)]
    return choose_sources(_world(*places), -5, n, Dice(share, z=z), unlisted=False, within=EVERYWHERE)[1][0]  # type: ignore[arg-type]


def test_a_rate_is_that_of_the_industry_times_a_factor_and_wanders() -> None:
    """exp(0.6 ± 0.6) of it, less 3 % for the mean of the wander, which is 25 % over ten minutes."""
    source = _drawn(0.5)
    assert source.rate_g_s == pytest.approx(np.full(2000, 0.55 * math.exp(0.57)))
    assert source.height_m == pytest.approx(8.0 * 0.95) and source.profile == INDUSTRIES[0].profile
    assert source.leading == "TVOC"
    moved = _drawn(0.5, z=1.0, n=2).rate_g_s
    keep = math.exp(-1 / 600)
    second = keep + math.sqrt(1 - keep**2)
    assert moved == pytest.approx(0.55 * math.exp(1.2) * np.exp(0.25 * np.array([1.0, second]) - 0.03))


def test_three_sources_in_ten_work_in_batches() -> None:
    """Of 20 to 40 minutes, on for 55 to 80 % of them; heights are 0.6 to 1.3 times the industry's."""
    steady = 0.55 * math.exp(0.57)
    low = _drawn([0.0, 0.299, 0.0])
    assert low.rate_g_s == pytest.approx(np.where(np.arange(2000) % 1200 < 660, steady, 0.0))
    assert low.height_m == pytest.approx(8.0 * 0.6)
    high = _drawn([0.0, 0.0, 1.0, 1.0, 0.0, 1.0], n=3000)
    assert high.rate_g_s == pytest.approx(np.where(np.arange(3000) % 2400 < 0.8 * 2400, steady, 0.0))
    assert high.height_m == pytest.approx(8.0 * 1.3)
    late = _drawn([0.0, 0.0, 0.0, 0.0, 0.5, 0.0])
    assert late.rate_g_s == pytest.approx(np.where((np.arange(2000) + 600) % 1200 < 660, steady, 0.0))
    assert (_drawn([0.0, 0.3, 0.0]).rate_g_s > 0).all()


def test_a_source_is_a_puff_of_four_metres_at_its_stack() -> None:
    """Place, height and rate as they are."""
    source = _drawn(0.5)
    emitter = emitter_of(source)
    assert (emitter.x, emitter.y, emitter.height_m, emitter.first_size_m) == (0.0, 0.0, source.height_m, 4.0)
    assert emitter.rate_g_s is source.rate_g_s


def test_mean_rates_are_those_of_the_part_asked_for() -> None:
    """By species, with the shares of the profile."""
    source = replace(_drawn(0.5), rate_g_s=np.array([9.0, 1.0, 3.0]), profile=(("TVOC", 1.0), ("xylene", 0.25)))
    assert rates_of([source], slice(1, None)) == {"S1": {"TVOC": 2.0, "xylene": 0.5}}


def test_every_part_has_a_stream_of_its_own() -> None:
    """Of the seed and a sum of its name."""
    expected = np.random.default_rng([7, zlib.crc32(b"wind 1")]).random()
    assert stream(7, "wind 1").random() == expected
    assert stream(7, "wind 2").random() != expected != stream(8, "wind 1").random()


def test_seven_crews_in_ten_measured_their_lag_to_half_a_second() -> None:
    """Over two thousand seeds; to a tenth of a second."""
    told = [declared_lag(Analyser(6.0, 1.0, 1.0, 0.0, 0.0), seed) for seed in range(2000)]
    known = np.array([lag for lag in told if lag is not None])
    assert len(known) / 2000 == pytest.approx(0.7, abs=0.03)
    assert known.mean() == pytest.approx(6.0, abs=0.05) and known.std() == pytest.approx(0.5, rel=0.06)
    assert np.round(known, 1).tolist() == known.tolist()


def test_drives_are_three_hours_apart_in_the_air_of_all_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two drives over two by two crossings; the air is that of the puffs since a while before."""
    monkeypatch.setattr(outings_of, "SPIN_UP_S", 60)
    size = replace(SIZES["demo"], drives=2, laps=(1, 1), sources=(2, 2), window=2, block_m=120.0)
    base = build_world(size, np.random.default_rng(3))
    day = datetime(2026, 3, 5, 9, 30)
    on = dict.fromkeys([c.name for c in CONFOUNDERS], False)
    world, sources, outings = drive_all(base, day, 11, on)
    assert world is base and len(outings) == 2
    assert [o.file for o in outings] == ["traces/走航_20260305_1.csv", "traces/走航_20260305_2.csv"]
    assert [o.start for o in outings] == [day, day + timedelta(hours=3)]
    assert outings[0].analyser == outings[1].analyser
    hulls = []
    for outing in outings:
        n = len(outing.drive.x)
        assert (outing.wind.start_s, len(outing.wind.u)) == (-60, 60 + n)
        again = sample_puffs([emitter_of(s) for s in sources], outing.wind, outing.drive.x, outing.drive.y)
        assert (outing.per_source == again).all() and outing.per_source.shape == (n, len(sources))
        assert not outing.wind.calm.any() and outing.log.episodes == ()
        assert set(outing.drive.lap) == {0} and len(outing.fixes.jumps) <= 2 and len(outing.fixes.tunnels) <= 1
        hulls.append(shapely.MultiPoint(np.column_stack([outing.drive.x, outing.drive.y])).convex_hull)
    assert all(h.area < 1.5 * 130.0**2 for h in hulls)
    around = shapely.union_all(hulls).buffer(15.0)
    assert all(around.contains(shapely.Point(s.x, s.y)) for s in sources)
    longest = max(len(o.drive.x) for o in outings)
    assert all(s.start_s == -60 and len(s.rate_g_s) == 60 + longest for s in sources)
    hidden = drive_all(base, day, 11, {**on, "unlisted_source": True, "calm": True})
    assert not hidden[1][0].place.listed and hidden[2][0].wind.calm.any()


def test_missions_are_on_working_days_of_spring_in_the_morning() -> None:
    """9:00 to 13:00 local time from the second of March on, for a hundred days and a weekend."""
    days = [_day(seed) for seed in range(600)]
    assert {d.weekday() for d in days} == {0, 1, 2, 3, 4}
    assert min(days).date() == date(2026, 3, 2) and date(2026, 6, 5) <= max(days).date() <= date(2026, 6, 11)
    hours = [d.hour + d.minute / 60 for d in days]
    assert min(hours) == pytest.approx(9.0, abs=0.05) and max(hours) == pytest.approx(13.0, abs=0.05)
    assert {d.second for d in days} == set(range(60))


def _drive(x: list[float], lap: list[int], y: float = 5.0) -> Drive:
    n = len(x)
    return Drive(np.array(x), np.full(n, y), np.full(n, 5.0), np.zeros(n), np.array(lap))


def _source(profile: tuple[tuple[str, float], ...] = (("TVOC", 1.0),), name: str = "S1") -> EmissionSource:
    return EmissionSource(name, _place("P", 0, 0), 0.0, 0.0, 5.0, profile, np.ones(3), 0)


def test_a_true_hotspot_is_made_of_cells_above_five_times_the_noise() -> None:
    """At the limit nothing is seen. Cells of 20 m, also west of the origin; those that two laps saw recur."""
    drive = _drive([-1.0, 1.0, 19.0, 20.0, 41.0, 1.0, 61.0], [0, 0, 0, 0, 0, 1, 1])
    limit = 5.0 * 2.0 / 1e6
    values = np.array([[limit * 1.01], [limit * 1.01], [limit], [limit * 3.0], [limit], [limit * 2.0], [0.0]])
    [found] = find_true_hotspots([_source()], [drive], [values], {"TVOC": (2.0, 1e6)})
    assert (found.source_id, found.species, found.laps_seen) == ("S1", "TVOC", 2)
    assert found.largest == pytest.approx(30.0)
    assert found.seen.equals(shapely.box(-20, 0, 40, 20))
    assert found.recurrent is not None and found.recurrent.equals(shapely.box(0, 0, 20, 20))


def test_laps_of_two_drives_are_two_laps() -> None:
    """The first lap of either saw the cell."""
    drives = [_drive([1.0, 30.0], [0, 0]), _drive([2.0, 90.0], [0, 0])]
    values = [np.array([[1.0], [1.0]]), np.array([[1.0], [0.0]])]
    [found] = find_true_hotspots([_source()], drives, values, {"TVOC": (1.0, 1.0)} | {"TVOC": (0.1, 1.0)})
    assert found.laps_seen == 2
    assert found.recurrent is not None and found.recurrent.equals(shapely.box(0, 0, 20, 20))
    assert found.seen.equals(shapely.box(0, 0, 40, 20))


def test_each_species_of_a_source_is_judged_by_its_own_noise_and_share() -> None:
    """The second species is a quarter as strong: below its limit, no hotspot; one lap alone does not recur."""
    source = _source((("TVOC", 1.0), ("xylene", 0.25)))
    noise = {"TVOC": (1.0, 1e6), "xylene": (1.0, 1e6)}
    told = find_true_hotspots([source], [_drive([1.0], [0])], [np.array([[6e-6]])], noise)
    assert [(h.species, h.laps_seen, h.recurrent) for h in told] == [("TVOC", 1, None)]
    told = find_true_hotspots([source], [_drive([1.0], [0])], [np.array([[2.1e-5]])], noise)
    assert [(h.species, round(h.largest, 6)) for h in told] == [("TVOC", 21.0), ("xylene", 5.25)]


def test_each_source_has_its_own_column() -> None:
    """The second source's air is the second column; the instrument's noise is taken where none is given."""
    sources = [_source(), _source((("NOx", 1.0),), "S2")]
    noise = {c.species: c.noise for c in CHANNELS}
    above = 5.0 * noise["NOx"] / 1e6 * 1.001
    [found] = find_true_hotspots(sources, [_drive([1.0], [0])], [np.array([[0.0, above]])])
    assert (found.source_id, found.species) == ("S2", "NOx")
    assert find_true_hotspots(sources, [_drive([1.0], [0])], [np.array([[0.0, above / 1.002]])]) == ()


def test_a_dose_is_what_a_source_gave_over_all_laps_on_pieces_of_ten_metres() -> None:
    """3 and 5 g m-3 for a second each on the first piece, 7 on the one west of the origin; both drives count."""
    drives = [_drive([1.0, 12.0, -1.0], [0, 0, 1]), _drive([9.0], [0])]
    values = [np.array([[3.0], [0.0], [7.0]]), np.array([[5.0]])]
    source = _source((("TVOC", 1.0), ("xylene", 0.25)))
    [dose] = dose_of_sources([source], drives, values)
    assert (dose.source_id, dose.species) == ("S1", {"TVOC": 1.0, "xylene": 0.25})
    assert (dose.columns, dose.rows, dose.dose) == ((-1, 0), (0, 0), (7e6, 8e6))


def test_a_dose_below_a_tenth_of_a_second_of_noise_is_left_out() -> None:
    """Noise of 2 µg m-3: 0.2 µg s m-3 is kept; of a tenth of it 0.02 is not; where CO is whole, it is."""
    drive, values = _drive([1.0, 11.0], [0, 0]), np.array([[0.201e-6], [0.199e-6]])
    for profile, columns in (((("TVOC", 1.0),), (0,)), ((("TVOC", 0.1),), ()), ((("TVOC", 0.1), ("CO", 1.0)), (0,))):
        [dose] = dose_of_sources([_source(profile)], [drive], [values], {"TVOC": (2.0, 1e6), "CO": (2.0, 1e6)})
        assert dose.columns == columns


def test_what_no_source_explains_is_told_where_it_stands_out_of_the_noise() -> None:
    """Of 3 s on a piece the noise sums to 3 µg m-3 times √3, three times that is 15.6; the sources' 40 are taken off;
    a species that one drive did not measure is left out."""
    drive, own = _drive([1.0, 2.0, 3.0, 11.0, 12.0, 13.0], [0] * 6), np.zeros((6, 1))
    own[:3] = 20e-6
    for extra, columns in ((5.3e-6, (0,)), (5.1e-6, ())):
        measured = {"TVOC": np.r_[np.full(3, 40e-6 + extra), np.full(3, 5.1e-6)], "CO": np.zeros(6)}
        source = _source((("TVOC", 2.0),))
        [tvoc, carbon] = dose_of_others([source], [drive], [own], [measured])
        assert (tvoc.source_id, tvoc.species, tvoc.columns) == (None, {"TVOC": 1.0}, columns)
        assert tvoc.dose == pytest.approx([15.9] * len(columns)) and carbon.dose == ()
        assert len(dose_of_others([source], [drive] * 2, [own] * 2, [measured, {"CO": np.zeros(6)}])) == 1
