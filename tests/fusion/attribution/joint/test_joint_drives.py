"""The turn of a vane that all crossings share: against brute force, and what must not change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from scipy.special import logsumexp

from benchmarks.city_fusion import per_rate, place_of
from fusion import FusionSettings, Hotspot, attribute_hotspots
from fusion.air.dispersion import obukhov_from_sun, plume_of
from fusion.air.ribbons import box_of, turn_ribbon, upwind_ribbons
from fusion.air.trajectory import WindHistory
from fusion.air.winds import vanes_of, winds_of
from fusion.attribution.crossing import Event, joint_log_odds, rate_prior
from fusion.attribution.joint.drives import (
    STRAIGHT,
    TURNS_RAD,
    VaneTurn,
    believe_of_vanes,
    choose_speakers,
    odds_by_turn,
    turn_event,
    turned_log_odds,
    turns_found,
    usual_turns,
)
from fusion.attribution.joint.turns import log_turn_prior
from fusion.attribution.observations import bin_passes, event_of
from fusion.cube.grid import to_wgs84, unproject
from fusion.schema import Met
from ingest.schema import Site
from tracks.schema import Track

CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_396_000.0)  # of the tracks of conftest
SETTINGS = FusionSettings()
PRECISE = FusionSettings(site_extent_m=10.0)  # stacks at the points of the register
Make = Callable[..., Track]
Floats = NDArray[np.float64]


def test_a_turn_is_rigid_about_each_bin() -> None:
    """Turned ribbons are those of a turned wind, and their boxes too."""
    x, y, time = np.array([0.0, 40.0]), np.array([10.0, -20.0]), np.array([100.0, 104.0])
    clock = np.arange(0.0, 200.0, 5.0)
    u, v = 3.0 + np.sin(clock / 40), np.cos(clock / 50)
    by = 0.3
    turned_wind = WindHistory(clock, u * np.cos(by) - v * np.sin(by), u * np.sin(by) + v * np.cos(by), 0.4)
    straight, _, _ = upwind_ribbons(x, y, time, WindHistory(clock, u, v, 0.4), 0.9, SETTINGS)
    wanted, box, _ = upwind_ribbons(x, y, time, turned_wind, 0.9, SETTINGS)
    turned = turn_ribbon(straight, x, y, by)
    np.testing.assert_allclose(turned, wanted, atol=1e-6)
    np.testing.assert_allclose(box_of(turned), box, atol=1e-6)


def _event(make: Make, *, names: tuple[str, ...] = ("near", "far")) -> Event:
    """A plume on a near road and silence on a far one, driven one after the other; two of a name are one vane's."""
    y = np.arange(-300.0, 300.0, 10.0)
    noise = np.random.default_rng(3).normal(0, 0.02, (2, y.size))
    plume = 2.0 * np.exp(-0.5 * ((y - 20) / 35.0) ** 2)
    starts = ("2024-05-01T02:00:00", "2024-05-01T03:00:00" if names[0] == names[1] else "2024-05-01T02:00:00")
    near = make(np.full(y.size, 150.0), y, plume + noise[0], name="near", wind=(3.0, 0.4), start=starts[0])
    far = make(np.full(y.size, -250.0), y, noise[1], name="far", wind=(3.0, 0.4), start=starts[1])
    return event_of(bin_passes([near, far], "ch4", CRS, SETTINGS), place_of(ORIGIN[0] + 150.0, ORIGIN[1]), SETTINGS)


def _brute(event: Event, vane: int, x: Floats, y: Floats) -> Floats:
    """Log-odds (sources, rates) of the units of one vane, each turn of it weighed on its own and summed."""
    turns, rates = usual_turns(), rate_prior(event, SETTINGS)
    rows = []
    for by, share in zip(turns.rad, turns.logs, strict=True):
        units = tuple(unit.turned(float(by)) for unit in event.units if unit.vane == vane)
        each = [joint_log_odds(x[k : k + 1], y[k : k + 1], Event(units, ()), rates, SETTINGS) for k in range(x.size)]
        rows.append(np.concatenate(each) + share)
    return np.asarray(logsumexp(np.stack(rows), axis=0))


@pytest.mark.parametrize("names", [("van", "van"), ("van", "car")])
def test_turns_are_summed_as_brute_force_sums_them(track: Make, names: tuple[str, str]) -> None:
    """One vane for all passes, or a vane for each: the sum over turns is inside of the product over vanes."""
    event = _event(track, names=names)
    rates = rate_prior(event, SETTINGS)
    vanes = sorted({unit.vane for unit in event.units})
    assert len(vanes) == len(set(names))
    x = ORIGIN[0] + np.array([30.0, 0.0, -60.0, 60.0])
    y = ORIGIN[1] + np.array([5.0, 30.0, -20.0, 40.0])
    wanted = np.sum([_brute(event, vane, x, y) for vane in vanes], axis=0)
    turned = turn_event(event, dict.fromkeys(vanes, usual_turns()))
    found = np.concatenate(
        [turned_log_odds(x[k : k + 1], y[k : k + 1], turned, rates, SETTINGS) for k in range(x.size)]
    )
    near = wanted > wanted.max() - 10
    np.testing.assert_allclose(found[near], wanted[near], atol=2e-3)


def test_a_vane_that_is_known_changes_nothing(track: Make) -> None:
    """With one turn of none the odds are those of the crossings as they are."""
    event = _event(track, names=("van", "van"))
    rates = rate_prior(event, SETTINGS)
    x, y = ORIGIN[0] + np.linspace(-100, 100, 9), ORIGIN[1] + np.linspace(-50, 50, 9)
    known = turned_log_odds(x, y, turn_event(event, {0: STRAIGHT}), rates, SETTINGS)
    np.testing.assert_allclose(known, joint_log_odds(x, y, event, rates, SETTINGS))


def test_odds_by_turn_sum_to_all(track: Make) -> None:
    """What one vane says by its turns, weighed by them, is what the plumes here say in all."""
    event = _event(track, names=("van", "van"))
    own = Event(tuple(unit for unit in event.units if unit.own), ())
    rates, turns = rate_prior(event, SETTINGS), usual_turns()
    x, y = ORIGIN[0] + np.array([30.0, -60.0]), ORIGIN[1] + np.array([5.0, -20.0])
    turned = turn_event(own, {0: turns})
    (by_turn,) = odds_by_turn(x, y, turned, rates, SETTINGS)
    assert by_turn.shape == (TURNS_RAD.size, 2, rates.logs.size)
    np.testing.assert_allclose(
        logsumexp(by_turn + turns.logs[:, None, None], axis=0), turned_log_odds(x, y, turned, rates, SETTINGS)
    )


# --- what hotspots say to each other ----------------------------------------------------------------------


def _hotspot(x: float, y: float, name: str, minute: int) -> Hotspot:
    when = datetime(2024, 5, 1, 2, tzinfo=UTC)
    lon, lat = (float(v[0]) for v in unproject(np.array([x + ORIGIN[0]]), np.array([y + ORIGIN[1]]), CRS))
    square = to_wgs84(shapely.box(*(np.array([x, y, x, y]) + np.tile(ORIGIN, 2) + [-20, -20, 20, 20])), CRS)
    met = (Met("d#0", when + timedelta(minutes=minute), when + timedelta(minutes=minute, seconds=30), lon, lat),)
    return Hotspot(
        id=name, species="ch4", unit="ppm", polygon=square, area_m2=1600.0, cells=4, enhancement=1.0,
        enhancement_sd=0.1, background=2.0, p_value=0.002, q_value=0.01, passes_seen=1, passes_crossed=1,
        single_sighting=True, first_seen=when, last_seen=when, lon=lon, lat=lat, position_error_m=5.0,
        wind_from_deg=270.0, wind_speed=3.0, trajectories=("d",), met=met,
    )  # fmt: skip


def test_a_plume_speaks_of_the_vane_once() -> None:
    """Two species of one plume count as one witness, and no plume is told what it said itself."""
    spoken = np.where(TURNS_RAD > 0.1, 1.0, 0.0)
    one, twin, other = _hotspot(0, 0, "A", 0), _hotspot(5, 0, "B", 0), _hotspot(300, 0, "C", 5)
    said = [{0: spoken}, {0: spoken}, {0: np.zeros(TURNS_RAD.size)}]
    believed = believe_of_vanes(said, [one, twin, other])
    usual = usual_turns().mean
    assert believed[0][0].mean == pytest.approx(usual) == believed[1][0].mean
    assert believed[2][0].mean == pytest.approx(usual_turns().given(spoken).mean) != pytest.approx(usual)
    (found,) = turns_found(said, [one, twin, other])
    assert found.mean_rad == pytest.approx(usual_turns().given(spoken).mean)
    assert found.plumes == 2.0
    assert believed[2][7].rad.tolist() == TURNS_RAD.tolist()  # a vane that nobody spoke of


def test_those_that_most_passes_saw_speak() -> None:
    """Forty hotspots are asked; of more, those that fewer passes saw are not."""
    many = [replace(_hotspot(0, 0, f"H{k}", k), passes_seen=k) for k in range(45)]
    assert choose_speakers(many) == set(range(5, 45)) and choose_speakers(many[:3]) == {0, 1, 2}


def test_what_is_told_of_a_vane_stands_out() -> None:
    """A turn beyond a node and two standard deviations is told, in either sense."""
    assert VaneTurn(0, np.radians(-16.0), np.radians(4.0), 5.0).stands_out
    assert not VaneTurn(0, np.radians(16.0), np.radians(9.0), 5.0).stands_out
    assert not VaneTurn(0, np.radians(6.0), np.radians(1.0), 5.0).stands_out


def test_gross_errors_have_their_share() -> None:
    """A quarter turn is as likely as its share, a mirrored vane as likely at every quarter."""
    quarters = np.radians([0.0, 90.0, 180.0, 270.0])
    np.testing.assert_allclose(np.exp(log_turn_prior(quarters, mirrored=False))[1:], 0.0105, atol=6e-4)
    np.testing.assert_allclose(np.ptp(log_turn_prior(quarters, mirrored=True)), 0.0, atol=1e-12)


def test_records_of_one_vehicle_follow_each_other(track: Make) -> None:
    """Records of a day that do not overlap have one vane, those at the same time and of other days their own."""
    line = np.arange(0.0, 500.0, 10.0)
    starts = ("2024-05-01T02:00:00", "2024-05-01T03:00:00", "2024-05-01T02:00:10", "2024-05-02T02:00:00")
    drives = [track(line, 0 * line, 0 * line, name=f"d{k}", start=start) for k, start in enumerate(starts)]
    calm = track(line, 0 * line, 0 * line, name="without", wind=None, start=starts[1])
    tracks = [*drives, calm]
    first, second, beside, next_day, lent = vanes_of(tracks, winds_of(tracks, CRS, SETTINGS))
    assert first == second == lent and len({first, beside, next_day}) == 3


# --- a mission --------------------------------------------------------------------------------------------


def _site(name: str, x: float, y: float) -> Site:
    (lon,), (lat,) = unproject(np.array([x + ORIGIN[0]]), np.array([y + ORIGIN[1]]), CRS)
    return Site(
        site_id=name, name=name, permit_code=name, lon=float(lon), lat=float(lat), position_sd_m=10.0,
        crs="EPSG:4326 declared", crs_source="declared", species=("甲烷",),
    )  # fmt: skip


SOURCES = np.array([[0.0, 0.0], [0.0, 700.0], [0.0, 1400.0], [0.0, 2100.0]])
CROSS_M = 212.0


def _mission(make: Make, off_deg: float, turn_rad: float) -> tuple[list[Hotspot], list[Track], list[Site]]:
    """Four sources and their plumes on one street, a vane that is off to the left, all turned about the origin.

    Between the sources stand sites that emit nothing.
    """
    plume = plume_of(obukhov_from_sun(3.0, 0.9, roughness_m=0.3, mixing_height_m=800.0), direction_sd_rad=0.12)
    y = np.arange(-200.0, 2300.0, 8.0) + 0.3
    value = np.random.default_rng(5).normal(0, 0.01, y.size)
    for source in SOURCES:
        value += 3000.0 * per_rate(plume, CROSS_M, y - source[1], height_m=2.5, source_height_m=5.0)
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    turn = np.array([[cos, sin], [-sin, cos]])
    street = np.column_stack([np.full(y.size, CROSS_M), y]) @ turn
    off = turn_rad + np.radians(off_deg)
    drive = make(*street.T, value, name="d", wind=(3.0 * np.cos(off), 3.0 * np.sin(off)))
    drive = replace(drive, passes=drive.passes.assign(wind_sd=("obs", np.full(y.size, 0.3))))
    places = np.concatenate([SOURCES, SOURCES + np.array([-40.0, 350.0])]) @ turn
    names = [f"{kind}{k}" for kind in ("true", "idle") for k in range(len(SOURCES))]
    sites = [_site(name, *place) for name, place in zip(names, places, strict=True)]
    at = (SOURCES + np.array([CROSS_M, 0.0])) @ turn
    start = [int(np.argmin(np.abs(y - source[1]))) for source in SOURCES]
    hotspots = [_hotspot(float(place[0]), float(place[1]), f"H{k}", 0) for k, place in enumerate(at)]
    when = datetime(2024, 5, 1, 2, tzinfo=UTC)
    crossed = [
        replace(
            h, met=(replace(h.met[0], start=when + timedelta(seconds=s - 10), end=when + timedelta(seconds=s + 10)),)
        )
        for h, s in zip(hotspots, start, strict=True)
    ]
    return crossed, [drive], sites


def _likeliest(
    found: tuple[list[Hotspot], list[Track], list[Site]], *, vanes_known: bool = False
) -> tuple[list[dict[str, float]], list[float]]:
    """Probabilities of the sites of each hotspot, and the turns of vanes that are told."""
    outcome = attribute_hotspots(*found, PRECISE, crs=CRS, vanes_known=vanes_known)
    turns = [float(str(d.values["deg"])) for d in outcome.decisions if d.code == "vane_turned"]
    return [{s.site_id: s.probability for s in a.sites} for a in outcome.value], turns


@pytest.mark.slow
def test_a_mission_turns_as_a_whole(track: Make) -> None:
    """Positions and wind turned by a quarter, as the squares of the bins allow, give the same probabilities."""
    straight, told = _likeliest(_mission(track, 0.0, 0.0))
    turned, told_turned = _likeliest(_mission(track, 0.0, np.pi / 2))
    assert told == told_turned == []
    for one, other in zip(straight, turned, strict=True):
        for name in one:
            assert other.get(name, 0.0) == pytest.approx(one[name], abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("off_deg", [-16.0, 16.0])
def test_plumes_of_four_places_turn_the_vane(track: Make, off_deg: float) -> None:
    """Four plumes that a straight vane lays beside their sites tell how it stands, and then name them."""
    mission = _mission(track, off_deg, 0.0)
    found, (turn,) = _likeliest(mission)
    assert turn == pytest.approx(-off_deg, abs=5)  # clockwise is positive
    believed, told = _likeliest(mission, vanes_known=True)
    assert told == []
    for k, (one, other) in enumerate(zip(found, believed, strict=True)):
        assert one[f"true{k}"] > 0.5
        assert one[f"true{k}"] > other[f"true{k}"]
