"""What world 2 adds, part by part: masts, habits of sources, parcels, register points, records, fixed points."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from onevisit.truth.simulate.air.habits import add_partner, keep_to_permit, scatter_profile, stop_at_times
from onevisit.truth.simulate.air.instrument import Analyser
from onevisit.truth.simulate.air.sources import EmissionSource, emitter_of
from onevisit.truth.simulate.air.wind import blow, draw_mean_wind
from onevisit.truth.simulate.confounders import choose_confounders
from onevisit.truth.simulate.cutting import LEAST_WIDTH_M, cut_block, cut_square, draw_areas
from onevisit.truth.simulate.drives.laps import Drive
from onevisit.truth.simulate.drives.outings import _lay_out, _without_upwind, declared_lag, stream
from onevisit.truth.simulate.drives.vane import Vane, channel_wind, draw_vane, turn_vane
from onevisit.truth.simulate.drives.vehicle import Log
from onevisit.truth.simulate.labels import sites_touched
from onevisit.truth.simulate.records.fixed import FixedPoint, measure_minutes, place_path, place_sensors
from onevisit.truth.simulate.records.monitors import HOURS, draw_monitored_sites
from onevisit.truth.simulate.records.registers import RegisterEntry, draw_entries, misplace
from onevisit.truth.simulate.world import SIZES, Street, build_world
from tests.onevisit.truth.dice import Dice
from tests.onevisit.truth.park_world import _place, _world
from tests.onevisit.truth.steady import steady_wind

Floats = NDArray[np.float64]
ALL_SEEDS = range(1000)


# --- masts ---------------------------------------------------------------------------------------------------------


def test_vanes_are_turned_by_eight_degrees_mostly_by_the_same_in_a_day() -> None:
    """Over 1000 days of two drives: sd 8°, correlation (7.4 / 8)² between drives, 5° abeam that stays for the day."""
    vanes = [[draw_vane(stream(s, "vane"), stream(s, f"vane {k}")) for k in (1, 2)] for s in ALL_SEEDS]
    offsets = np.array([[v.offset_deg for v in day] for day in vanes])
    assert offsets.std() == pytest.approx(8.0, abs=0.4) and abs(offsets.mean()) < 0.7
    assert np.corrcoef(offsets.T)[0, 1] == pytest.approx((7.4 / 8.0) ** 2, abs=0.03)
    assert np.std([day[0].yaw_deg for day in vanes]) == pytest.approx(5.0, abs=0.4)
    assert all(day[0].yaw_deg == day[1].yaw_deg for day in vanes)


def _log(speed: float, direction: float, n: int) -> Log:
    return Log({}, np.full(n, speed), np.full(n, direction), (), ())


def _drive(x: list[float], y: list[float], speed: float, heading: float) -> Drive:
    n = len(x)
    return Drive(np.array(x), np.array(y), np.full(n, speed), np.full(n, heading), np.zeros(n, np.int64))


@pytest.mark.parametrize(
    ("heading", "yaw_sine"), [(0.0, -math.sqrt(0.5)), (math.pi / 2, 0.0), (math.pi, math.sqrt(0.5))]
)
def test_a_vane_errs_by_its_offset_and_by_the_yaw(heading: float, yaw_sine: float) -> None:
    """At 5 m/s in 5 m/s from the west, air comes 45° from the left going north; going east it comes not at all."""
    wind = steady_wind(5.0, 3, toward_rad=math.pi / 2)
    drive = _drive([0.0] * 3, [0.0] * 3, 4.999999 if yaw_sine == 0 else 5.0, heading)
    turned = turn_vane(_log(5.0, 358.0, 3), Vane(4.0, 10.0), drive, wind)
    expected = (358.0 + 4.0 + 10.0 * yaw_sine) % 360.0
    assert turned.wind_from_deg == pytest.approx([expected] * 3, abs=1e-3)
    assert turned.wind_speed.tolist() == [5.0] * 3


def test_a_street_takes_away_half_of_the_wind_across_it_but_not_at_a_crossing() -> None:
    """From the south-west over a street to the east: from 270° − atan(½), and slower by √(1.25 / 2)."""
    street = Street("s", 0, 1, shapely.LineString([(-100.0, -100.0), (100.0, -100.0)]), True)
    world = replace(_world(), streets=(street,))
    wind = steady_wind(2.0, 2, toward_rad=math.pi / 2)
    wind.v[:] = 2.0
    drive = _drive([0.0, 95.0], [-99.0, -99.0], 5.0, math.pi / 2)
    share = Dice(0.5 / 0.6)
    log = channel_wind(_log(3.0, 225.0, 2), world, drive, wind, share)  # type: ignore[arg-type]
    turned = 270.0 - math.degrees(math.atan(0.5))
    assert log.wind_from_deg == pytest.approx([turned, 225.0])
    assert log.wind_speed == pytest.approx([3.0 * math.sqrt(1.25 / 2.0), 3.0])


def test_half_of_the_crews_of_world_2_do_not_declare_their_lag() -> None:
    """Three in ten as in world 1, and two in seven of the others, over 1000 seeds."""
    analyser = Analyser(6.0, 1.0, 1.0, 0.0, 0.0)
    told = [
        declared_lag(analyser, s, undeclared=choose_confounders(stream(s, "confounders"), world=2)["undeclared_lag"])
        for s in ALL_SEEDS
    ]
    assert np.mean([lag is None for lag in told]) == pytest.approx(0.5, abs=0.05)


def test_the_mean_wind_is_what_the_wind_of_that_stream_has() -> None:
    """Over 60 winds of an hour the mean direction scatters about it by some tens of degrees, without bias."""
    off = []
    for seed in range(60):
        _, toward = draw_mean_wind(stream(seed, "wind 1"))
        wind = blow(0, 3600, stream(seed, "wind 1"), calm_spells=False)
        mean = math.atan2(wind.u.mean(), wind.v.mean())
        off.append(math.degrees((mean - toward + math.pi) % (2 * math.pi) - math.pi))
    assert np.std(off) < 20.0 and abs(np.mean(off)) < 6.0


# --- where is driven -----------------------------------------------------------------------------------------------

_GRID = np.stack(np.meshgrid(100.0 * np.arange(4), 100.0 * np.arange(4)), axis=-1)


@pytest.mark.parametrize(
    ("toward_deg", "corner", "span"),
    [(0.0, (3, 5), (3, 4)), (180.0, (2, 5), (3, 4)), (90.0, (2, 6), (4, 3)), (270.0, (2, 5), (4, 3))],
)
def test_the_quarter_upwind_is_not_driven(toward_deg: float, corner: Any, span: Any) -> None:
    """Wind towards the north leaves out the southernmost row of crossings, and so on."""
    assert _without_upwind(_GRID, (2, 5), math.radians(toward_deg)) == (corner, span)


def test_drives_of_world_2_have_one_or_two_laps_and_leave_streets_out() -> None:
    """By their switches: half have one lap; three rows of four are driven; the part of the sources stays whole."""
    world = build_world(SIZES["demo"], stream(1, "world"))
    off = choose_confounders(stream(1, "confounders"), world=2, only=())
    laps = []
    for seed in range(40):
        [drive], [part] = _lay_out(world, seed, {**off, "few_passes": True})
        laps.append(int(drive.lap.max()) + 1)
        [shorter], [same] = _lay_out(world, seed, {**off, "few_passes": True, "undriven_streets": True})
        assert same.equals(part) and len(shorter.x) < len(drive.x)
        hull = shapely.MultiPoint(np.column_stack([shorter.x, shorter.y])).convex_hull
        assert hull.area == pytest.approx(part.area * 2 / 3, rel=0.12)
        _, toward = draw_mean_wind(stream(seed, "wind 1"))
        downwind = [math.sin(toward), math.cos(toward)]
        middles = [float(np.dot(downwind, np.ravel(g.centroid.coords))) for g in (hull, part)]
        assert middles[0] > middles[1]
    assert set(laps) == {1, 2} and 10 <= laps.count(1) <= 30


def test_the_shortest_drives_can_hold_a_calibration() -> None:
    """Three minutes of gas need five minutes of drive: over 150 demo seeds none with world 2's laps is shorter."""
    on = {
        **choose_confounders(stream(1, "confounders"), world=2, only=()),
        "undriven_streets": True,
        "few_passes": True,
    }
    seconds = [
        len(_lay_out(build_world(SIZES["demo"], stream(s, "world")), s, on)[0][0].x) for s in range(0, 1000, 25)
    ]
    assert min(seconds) > 301


# --- sources -------------------------------------------------------------------------------------------------------


def _source(
    name: str = "S1", *, industry: int = 0, listed: bool = True, n: int = 4, x: float = 0.0
) -> EmissionSource:
    place = _place(f"P{name}", x, 0.0, listed=listed, industry=industry)
    return EmissionSource(name, place, x, 0.0, 5.0, place.industry.profile, np.full(n, 2.0), 0)


def test_a_profile_scatters_by_a_factor_of_two_and_keeps_the_sum() -> None:
    """Ratios to TVOC over 2000 draws: the industry's in the median, sd of the logarithm 0.7; the largest leads."""
    source = _source()
    drawn = [scatter_profile(source, np.random.default_rng(k)) for k in range(2000)]
    for species, share in source.profile[1:]:
        ratios = np.array([dict(d.profile)[species] / dict(d.profile)["TVOC"] for d in drawn])
        assert np.median(ratios) == pytest.approx(share, rel=0.06)
        assert np.log(ratios).std() == pytest.approx(0.7, abs=0.04)
    total = 2.0 * sum(share for _, share in source.profile)
    for one in drawn:
        shares = [share for _, share in one.profile]
        assert shares == sorted(shares, reverse=True) and shares[0] == 1.0
        assert one.rate_g_s[0] * sum(shares) == pytest.approx(total)


def test_two_of_three_listed_sources_keep_to_their_permit() -> None:
    """0.4 to 1 times what is allowed; violators 1.2 times or more, and as much as they were where that is more."""
    source = _source()
    allowed = source.place.industry.rate_g_s
    drawn = [keep_to_permit(source, np.random.default_rng(k)) for k in range(3000)]
    assert np.mean([d.lawful for d in drawn]) == pytest.approx(2 / 3, abs=0.03)
    assert all(d.permitted_g_s == allowed for d in drawn)
    means = [(d.lawful, d.rate_g_s.mean() / allowed) for d in drawn]
    lawful, others = ([m for is_lawful, m in means if is_lawful is which] for which in (True, False))
    assert min(lawful) >= 0.4 and max(lawful) <= 1.0 and np.mean(lawful) == pytest.approx(0.7, abs=0.02)
    assert others == pytest.approx([2.0 / allowed] * len(others))
    weak = replace(source, rate_g_s=np.full(4, 0.1 * allowed))
    raised = [keep_to_permit(weak, np.random.default_rng(k)) for k in range(300)]
    ratios = [d.rate_g_s.mean() / allowed for d in raised if not d.lawful]
    assert 1.2 <= min(ratios) < 1.4 and 2.8 < max(ratios) <= 3.0


def test_the_share_of_lawful_sources_holds_over_seeds() -> None:
    """By the streams that missions take: 1000 seeds of three sources."""
    drawn = [keep_to_permit(_source(f"S{k}"), stream(s, f"permit S{k}")).lawful for s in ALL_SEEDS for k in (1, 2, 3)]
    assert np.mean(drawn) == pytest.approx(2 / 3, abs=0.03)


def test_an_unlisted_source_has_no_permit() -> None:
    """It stays as it was."""
    source = _source(listed=False)
    assert keep_to_permit(source, np.random.default_rng(1)) is source and not source.lawful


def test_a_third_of_the_sources_stop_start_or_pause_in_the_middle_of_a_drive() -> None:
    """35 % of 3000; a change lies in the middle three fifths of one of two drives; pauses last 10 to 40 minutes."""
    drives = ((0, 1000), (10_800, 12_800))
    source = replace(_source(), start_s=-1200)
    drawn = [stop_at_times(source, drives, np.random.default_rng(k)).active for k in range(3000)]
    active = [a for a in drawn if a is not None]
    assert len(active) / 3000 == pytest.approx(0.35, abs=0.03)
    changes = [next(t for span in a for t in span if t not in (-1200, 12_800)) for a in active]
    assert all(200 <= c <= 800 or 11_200 <= c <= 12_400 for c in changes)
    assert np.mean([c < 1000 for c in changes]) == pytest.approx(0.5, abs=0.05)
    stops, starts = (sum(len(a) == 1 and a[0][k] == t for a in active) for k, t in ((0, -1200), (1, 12_800)))
    pauses = [a[1][0] - a[0][1] for a in active if len(a) == 2]
    assert min(pauses) >= 600 and max(pauses) < 2400 and min(stops, starts, len(pauses)) > 180


def test_a_stopped_source_gives_off_nothing() -> None:
    """Counted in seconds of the mission: the series of a drive that begins ten seconds in is cut where it is."""
    source = replace(_source(n=6), start_s=-2, active=((-2, 1), (11, 12)))
    assert emitter_of(source).rate_g_s.tolist() == [2.0, 2.0, 2.0, 0.0, 0.0, 0.0]
    assert emitter_of(source, since_s=10).rate_g_s.tolist() == [0.0, 0.0, 0.0, 2.0, 0.0, 0.0]


def test_a_partner_stands_in_line_with_the_wind_and_gives_off_the_same_species() -> None:
    """Of five sites only the one downwind with TVOC fits: not the one across, too near, too far, or of dust alone."""
    source = _source()
    fits, across = _place("fits", 20.0, 200.0), _place("across", 200.0, 20.0)
    near, far, dust = _place("near", 0.0, 40.0), _place("far", 0.0, 400.0), _place("dust", 0.0, -200.0, industry=4)
    world = _world(source.place, across, near, far, dust, fits)
    everywhere = shapely.box(-1e4, -1e4, 1e4, 1e4)
    for toward in (0.0, math.pi):
        [added] = add_partner(world, (source,), toward, np.random.default_rng(1), within=everywhere)
        assert (added.id, added.place, added.beside, len(added.rate_g_s)) == ("S2", fits, "S1", 4)
    [other] = add_partner(world, (source,), math.pi / 2, np.random.default_rng(1), within=everywhere)
    assert other.place is across
    assert add_partner(world, (source,), 0.0, np.random.default_rng(1), within=shapely.box(-9, -9, 9, 9)) == ()
    assert add_partner(world, (source,), math.radians(45.0), np.random.default_rng(1), within=everywhere) == ()


# --- parcels -------------------------------------------------------------------------------------------------------


def test_a_square_is_cut_in_the_order_of_the_areas() -> None:
    """Four, two, one and one eighth: half, then a quarter, then two eighths, each with its share."""
    cells = cut_square(np.array([4.0, 2.0, 1.0, 1.0]))
    assert cells == [(0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 0.5), (0.5, 0.5, 0.75, 1.0), (0.75, 0.5, 1.0, 1.0)]


def test_areas_fill_a_block() -> None:
    """Drawn until it is full; the last is left out where more than half of it would not fit; then scaled."""
    assert draw_areas(6.25e4, Dice(z=0.0)).tolist() == pytest.approx([6.25e4 / 6] * 6)  # type: ignore[arg-type]
    assert draw_areas(6.6e4, Dice(z=0.0)).tolist() == pytest.approx([6.6e4 / 7] * 7)  # type: ignore[arg-type]
    assert draw_areas(6.25e4, Dice(z=9.0)).tolist() == [6.25e4]  # type: ignore[arg-type]


def test_parcels_have_the_sizes_of_real_ones() -> None:
    """300 blocks of 6.3 ha: log-normal about a hectare, up to the whole block, none under 36 m wide."""
    cells = [cut_block(6.3e4, stream(s, "parcels")) for s in range(300)]
    for block in cells:
        assert sum((u1 - u0) * (v1 - v0) for u0, v0, u1, v1 in block) == pytest.approx(1.0)
    flat = np.array([c for block in cells for c in block])
    sides = np.column_stack([flat[:, 2] - flat[:, 0], flat[:, 3] - flat[:, 1]]) * math.sqrt(6.3e4)
    hectares = sides.prod(axis=1) / 1e4
    assert sides.min() >= LEAST_WIDTH_M
    assert np.median(hectares) == pytest.approx(1.05, abs=0.15) and np.log(hectares).std() == pytest.approx(
        0.8, abs=0.1
    )
    assert hectares.min() < 0.25 and hectares.max() == pytest.approx(6.3)
    assert 4.0 < np.mean([len(block) for block in cells]) < 5.5


def test_uneven_parcels_leave_streets_and_terrain_as_they_are() -> None:
    """Fences apart, halls and stack inside, gates in a side of the fence; the lattice is that of world 1."""
    even = build_world(SIZES["demo"], stream(3, "world"))
    world = build_world(SIZES["demo"], stream(3, "world"), parcels=stream(3, "parcels"))
    assert (world.nodes == even.nodes).all() and world.terrain == even.terrain
    assert {p.site_id for p in world.places}.isdisjoint(p.site_id for p in even.places)
    spans = [np.ptp(np.log([p.parcel.area for p in park.places])) for park in (world, even)]
    assert spans[0] > math.log(12.0) and spans[1] < math.log(4.5)
    for place in world.places:
        [block] = [b for b in world.blocks if b.contains(place.parcel)]
        assert place.parcel.contains(place.stack) and place.parcel.exterior.distance(place.gate) < 1e-6
        assert min(hall.distance(place.stack) for hall in place.buildings) < 1e-6
        sides = [shapely.LineString(ends).centroid for ends in itertools.pairwise(place.parcel.exterior.coords)]
        nearest = min(block.exterior.distance(side) for side in sides)
        assert block.exterior.distance(place.gate) == pytest.approx(nearest)
    tree = shapely.STRtree([p.parcel for p in world.places])
    first, second = tree.query([p.parcel for p in world.places], predicate="intersects")
    assert (first == second).all()


# --- registers -----------------------------------------------------------------------------------------------------


def test_register_points_are_twenty_to_sixty_metres_off() -> None:
    """Over 25 seeds: stack, gate, middle and address in their shares; the middle 55 % are 20 to 60 m off."""
    off: list[float] = []
    meant, gates = [], []
    for seed in range(25):
        world = build_world(SIZES["demo"], stream(seed, "world"), parcels=stream(seed, "parcels"))
        entries = draw_entries(world, date(2026, 3, 3), stream(seed, "registers"), shifted=False, sources=())
        moved = misplace(entries, world, stream(seed, "register points"))
        assert [replace(e, place_written="stack", point=None, gate_written=True) for e in moved] == list(entries)
        off += [e.point.distance(e.place.stack) for e in moved if e.point is not None and e.place_written != "stack"]
        meant += [e.place_written for e in moved]
        gates += [e.gate_written for e in moved]
    shares = [meant.count(kind) / len(meant) for kind in ("stack", "gate", "centroid", "address")]
    assert shares == pytest.approx([0.1, 0.3, 0.4, 0.2], abs=0.05) and np.mean(gates) == pytest.approx(0.5, abs=0.05)
    assert 15.0 < np.percentile(off, 20) < 25.0 and 50.0 < np.percentile(off, 75) < 70.0
    assert 30.0 < np.median(off) < 50.0


def test_an_address_is_a_point_of_the_nearest_street() -> None:
    """Twenty metres along it from the foot of the stack where the dice say one standard deviation."""
    place = _place("A", 0.0, 30.0)
    street = Street("s", 0, 1, shapely.LineString([(-100.0, -10.0), (100.0, -10.0)]), True)
    world = replace(_world(place), streets=(street,))
    entry = RegisterEntry(place, "WGS84", "WGS84", False, "", "", "", date(2027, 1, 1), ())
    told = {}
    for share in (0.05, 0.3, 0.6, 0.95):
        [moved] = misplace([entry], world, Dice(share, z=1.0))  # type: ignore[arg-type]
        assert moved.point is not None
        told[moved.place_written] = (moved.point.x, moved.point.y, moved.gate_written)
    assert told == {
        "stack": (0.0, 30.0, True), "gate": (0.0, 15.0, True), "centroid": (0.0, 30.0, False),
        "address": (20.0, -10.0, False),
    }  # fmt: skip


def test_shifts_that_are_blind_hit_sources_by_chance() -> None:
    """Three of 45 rows are shifted: a source among them in 3 of 45 seeds, where world 1 has one in all."""
    world = build_world(SIZES["demo"], stream(1, "world"))
    source = world.places[7].site_id
    hit = {"blind": 0, "aimed": 0}
    for seed in range(200):
        for kind, sources in (("blind", []), ("aimed", [source])):
            entries = draw_entries(world, date(2026, 3, 3), stream(seed, "registers"), shifted=True, sources=sources)
            hit[kind] += any(e.shifted and e.place.site_id == source for e in entries)
    assert hit["aimed"] == 200 and hit["blind"] / 200 == pytest.approx(3 / len(world.places), abs=0.05)


# --- records -------------------------------------------------------------------------------------------------------


def test_records_follow_until_midnight() -> None:
    """An hour in which the site stands has 8 % of its production, 3 % of its fan; others stay; so do other sites."""
    day = datetime(2026, 3, 5, 9, 30)
    places = [replace(_place(n, 0.0, 0.0), management_class="重点管理") for n in ("A", "B")]
    on = dict.fromkeys(("frozen_analyser", "drifting_analyser", "calibration", "nothing_wrong"), False)
    running = np.full(24, np.nan)
    running[9:12] = [1.0, 0.0, 0.5]

    def drawn(known: dict[str, Floats]) -> Any:
        return draw_monitored_sites(places, day, on, np.random.default_rng(4), running=known)

    usual, follows = drawn({}), drawn({"A": running})
    assert follows[0].start + timedelta(hours=HOURS) == datetime(2026, 3, 6)
    assert draw_monitored_sites(places, day, on, np.random.default_rng(4))[0].start == datetime(2026, 2, 26, 12)
    last = HOURS - 24
    for name, idle in (("production_kw", 0.08), ("treatment_kw", 0.03)):
        before, after = getattr(usual[0], name), getattr(follows[0], name)
        assert after[last + 9 : last + 12] / before[last + 9 : last + 12] == pytest.approx(
            [1.0, idle, 0.5 * (1.0 + idle)]
        )
        untouched = np.r_[0 : last + 9, last + 12 : HOURS]
        assert (after[untouched] == before[untouched]).all()
        assert (getattr(usual[1], name) == getattr(follows[1], name)).all()
    for code, before in usual[0].means.items():
        ratio = follows[0].means[code][last + 9 : last + 12] / before[last + 9 : last + 12]
        assert ratio == pytest.approx([1.0, 0.6 + 0.4 * 0.08, 0.6 + 0.4 * 0.54], nan_ok=True)


def test_labels_name_the_sites_that_are_touched() -> None:
    """By lawfulness, stops, composition, records and shared plumes; unlisted sites are on no register."""
    a, b, hidden = _source("A"), _source("B", x=100.0), _source("C", listed=False)
    sources = (
        replace(a, lawful=True, active=((0, 1),)),
        replace(b, beside="A", profile=(("TVOC", 1.0),)),
        replace(hidden, beside="A", active=((0, 1),)),
    )
    entries = [
        RegisterEntry(
            s.place, "", "", s.id == "B", "", "", "", date(2027, 1, 1), (), "gate" if s.id == "A" else "stack"
        )
        for s in sources[:2]
    ]
    stations = draw_monitored_sites(
        [replace(b.place, management_class="简化管理")], datetime(2026, 3, 5, 9), {}, np.random.default_rng(1)
    )
    told = {
        name: sites_touched(name, sources, entries, [s.place.site_id for s in stations])
        for name in (
            "lawful_sources", "stopping_sources", "scattered_profiles", "following_records", "shared_plume",
            "register_points", "blind_shifts", "vane_offset",
        )
    }  # fmt: skip
    assert told == {
        "lawful_sources": ["PA"], "stopping_sources": ["PA"], "scattered_profiles": ["PB"],
        "following_records": ["PB"],
        "shared_plume": ["PA", "PB"], "register_points": ["PA"], "blind_shifts": ["PB"], "vane_offset": [],
    }  # fmt: skip


# --- fixed points --------------------------------------------------------------------------------------------------


def _sensor() -> FixedPoint:
    at = np.array([3.0])
    return FixedPoint("N", "微型站1", "sensor", at, at, {"TVOC": 2.0, "PM2.5": 1.0, "CO": 1.0}, 7.0)


def test_a_station_writes_the_means_of_whole_clock_minutes() -> None:
    """From 9:30:40 on: the first twenty seconds are left out; background, twice 10 µg m-3 in the second minute."""
    seconds = -20 + 10 * np.arange(17)  # 9:30:20 to 9:33:00
    air = {s: np.zeros(17) for s in ("TVOC", "PM2.5", "CO")}
    air["TVOC"][(seconds + 40) // 60 == 2] = 10e-6
    wind = replace(steady_wind(3.0, 300, toward_rad=math.pi / 2), start_s=-100)
    start, exact = datetime(2026, 3, 5, 9, 30, 40), Dice()
    record = measure_minutes(_sensor(), air, wind, -20, start, exact)  # type: ignore[arg-type]
    assert [m.strftime("%H:%M") for m in record.minutes] == ["09:31", "09:32"]
    assert record.readings["TVOC"].tolist() == [95.0, 115.0] and record.readings["PM2.5"].tolist() == [46.0, 46.0]
    assert record.wind_speed == pytest.approx([3.0, 3.0]) and record.wind_from_deg == pytest.approx([277.0, 277.0])


def test_fixed_points_stand_ten_metres_beside_streets() -> None:
    """One to three stations, an open path of 150 to 250 m along one street, inside the part that is asked for."""
    world = build_world(SIZES["district"], stream(2, "world"))
    part = shapely.MultiPoint(world.nodes[:4, :4].reshape(-1, 2)).convex_hull
    streets = shapely.union_all([s.line for s in world.streets])
    counts = set()
    for seed in range(30):
        sensors = place_sensors(world, part, stream(seed, "fixed sensor"))
        counts.add(len(sensors))
        [path] = place_path(world, part, stream(seed, "laser path"))
        assert 150.0 <= path.shape.length <= 250.0 and len(path.x) == 12
        for point in (*sensors, path):
            assert streets.distance(point.shape) == pytest.approx(10.0, abs=0.01)
            assert part.buffer(11.0).contains(point.shape)
        assert {p.file for p in sensors} == {"monitors/微型站分钟数据.csv"}
        assert path.file == "monitors/开放光路分钟数据.csv" and len({p.number for p in (*sensors, path)}) == 1 + len(
            sensors
        )
    assert counts == {1, 2, 3}
