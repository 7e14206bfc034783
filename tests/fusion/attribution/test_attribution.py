"""Who explains a hotspot: scenes with a known answer, and input that cannot be answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from benchmarks.city_fusion import per_rate, place_of
from fusion import Activities, Attribution, Earlier, FusionSettings, History, Hotspot, Ran, attribute_hotspots
from fusion.air.dispersion import obukhov_from_sun, plume_of
from fusion.attribution import attribute as attribution
from fusion.attribution.candidates import Candidates, candidates_of, species_weight
from fusion.attribution.crossing import RatePrior, rate_prior
from fusion.attribution.elsewhere import Elsewhere
from fusion.attribution.joint.drives import known_vanes
from fusion.attribution.observations import bin_passes, event_of
from fusion.attribution.places import Places, square_cells
from fusion.attribution.verdict import Located, Weighed
from fusion.attribution.witnesses import KINDS, hear_all
from fusion.cube.grid import project, to_wgs84, unproject
from fusion.schema import Sighting
from ingest.schema import Site
from onevisit.words.telling import tell
from tracks.schema import Track

CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_396_000.0)  # of the tracks of conftest
SETTINGS = FusionSettings()
RATE = 3000.0  # ppm m3 s-1
Make = Callable[..., Track]
Floats = NDArray[np.float64]
Wind = tuple[float, float] | None


def _site(name: str, x: float, y: float, *, sd_m: float = 10.0, species: tuple[str, ...] = ("甲烷",)) -> Site:
    (lon,), (lat,) = unproject(np.array([x + ORIGIN[0]]), np.array([y + ORIGIN[1]]), CRS)
    return Site(
        site_id=name, name=name, permit_code=name, lon=float(lon), lat=float(lat), position_sd_m=sd_m,
        crs="EPSG:4326 declared", crs_source="declared", species=species,
    )  # fmt: skip


def _hotspot(x: float, y: float, *, name: str = "H1", seen: int = 1, crossed: int = 1) -> Hotspot:
    when = datetime(2024, 5, 1, 2, tzinfo=UTC)
    (lon,), (lat,) = unproject(np.array([x + ORIGIN[0]]), np.array([y + ORIGIN[1]]), CRS)
    square = shapely.box(x + ORIGIN[0] - 20, y + ORIGIN[1] - 20, x + ORIGIN[0] + 20, y + ORIGIN[1] + 20)
    return Hotspot(
        id=name, species="ch4", unit="ppm", polygon=to_wgs84(square, CRS), area_m2=1600.0, cells=4, enhancement=1.0,
        enhancement_sd=0.1, background=2.0, p_value=0.002, q_value=0.01, passes_seen=seen, passes_crossed=crossed,
        single_sighting=seen < 2, first_seen=when, last_seen=when, lon=float(lon), lat=float(lat),
        position_error_m=5.0, wind_from_deg=270.0, wind_speed=3.0, trajectories=("d",),
    )  # fmt: skip


def _road(
    make: Make, at: Floats, along: Floats, source: tuple[float, float] | None, *, wind: Wind, name: str
) -> Track:
    """A drive past ``at`` + ``along`` in a wind, with the plume of a source, as the settings' own model has it."""
    x, y = at[0] + along[:, 0], at[1] + along[:, 1]
    value = np.random.default_rng(len(name)).normal(0, 0.01, x.size)
    if source is not None and wind is not None:
        speed = float(np.hypot(*wind))
        plume = plume_of(obukhov_from_sun(speed, 0.9, roughness_m=0.3, mixing_height_m=800.0), direction_sd_rad=0.12)
        dx, dy = x - source[0], y - source[1]
        down = (dx * wind[0] + dy * wind[1]) / speed
        across = (dy * wind[0] - dx * wind[1]) / speed
        value = value + RATE * np.where(
            down > 1, per_rate(plume, np.maximum(down, 1.0), across, height_m=2.5, source_height_m=5.0), 0.0
        )
    return make(x, y, value, name=name, wind=wind)


NORTHWARD = np.column_stack([np.zeros(100), np.linspace(-400, 400, 100)])
EASTWARD = NORTHWARD[:, ::-1]


def _probabilities(found: Attribution) -> dict[str, float]:
    return {s.site_id: s.probability for s in found.sites}


def _weigh(
    hotspots: Sequence[Hotspot], tracks: Sequence[Track], sites: Sequence[Site], **options: object
) -> tuple[Attribution, ...]:
    found = attribute_hotspots(hotspots, tracks, sites, SETTINGS, crs=CRS, **options).value  # type: ignore[arg-type]
    for one in found:
        total = sum(s.probability for s in one.sites) + one.unlisted + one.background
        assert total == pytest.approx(1.0)
        assert one.none_of_these == pytest.approx(one.unlisted + one.background)
    return found


def _two_winds(make: Make) -> list[Track]:
    """A street 100 m east of the source, driven four times while the wind turns by 40 degrees."""
    at = np.array([100.0, 0.0])
    winds = [(3.0, -1.2), (3.0, -0.4), (3.0, 0.4), (3.0, 1.2)]
    return [_road(make, at, NORTHWARD, (0.0, 0.0), wind=w, name=f"drive{k}") for k, w in enumerate(winds)]


def test_one_drive_by_fixes_a_bearing_and_a_turning_wind_a_place(track: Make) -> None:
    """Sites in line share what one pass says; passes in other winds tell them apart."""
    sites = [_site("true", 0, 0), _site("behind", -150, 0), _site("aside", 0, 250)]
    drives = _two_winds(track)
    (one,) = _weigh([_hotspot(100, 0)], [_road(track, np.array([100.0, 0.0]), NORTHWARD, (0.0, 0.0),
                                               wind=(3.0, 0.0), name="east")], sites)  # fmt: skip
    assert one.bearing_deg == pytest.approx(270, abs=6)
    assert one.half_width_deg >= 2 * SETTINGS.direction_floor_deg
    alone = _probabilities(one)
    assert alone["behind"] > 0.02 and alone.get("aside", 0.0) < 0.01
    together = _probabilities(_weigh([_hotspot(100, 0)], drives, sites)[0])
    assert together["true"] > 0.9
    assert together.get("behind", 0.0) < 0.2 * alone["behind"]


def test_the_source_is_placed_and_its_rate_bracketed(track: Make) -> None:
    """A turning wind: the place within its error, inside the 90 % area, the rate in its interval."""
    (found,) = _weigh([_hotspot(100, 0)], _two_winds(track), [_site("true", 0, 0)])
    assert found.source is not None
    (lon,), (lat,) = unproject(np.array([ORIGIN[0]]), np.array([ORIGIN[1]]), CRS)
    off = np.hypot((found.source.lon - lon) * 96_000, (found.source.lat - lat) * 110_900)
    assert off < 2 * found.source.position_sd_m < 200
    assert found.areas[0].polygon.covers(shapely.Point(lon, lat))
    assert found.source.rate.low < RATE < found.source.rate.high
    rate = found.sites[0].rate
    assert rate is not None and rate.low < RATE < rate.high


def test_cells_of_an_unlisted_source_and_the_limit_of_a_pass_are_handed_over(track: Make) -> None:
    """Without any site the cells lie about the source, their shares sum to one; a plume of four noises is seen."""
    drives = _two_winds(track)
    (found,) = _weigh([_hotspot(100, 0)], drives, [])
    assert sum(cell.share for cell in found.unlisted_cells) == pytest.approx(1.0)
    shares = [cell.share for cell in found.unlisted_cells]
    assert shares == sorted(shares, reverse=True)
    x, y = project(*(np.array([getattr(c, name) for c in found.unlisted_cells]) for name in ("lon", "lat")), CRS)
    off = np.hypot(np.array(x) - ORIGIN[0], np.array(y) - ORIGIN[1])
    assert np.average(off, weights=shares) < 60.0
    noises = [one.noise for one in bin_passes(drives, "ch4", CRS, SETTINGS)]
    assert found.detection_limit == pytest.approx(4.0 * min(noises))


def test_silence_rules_out_what_it_would_have_shown(track: Make) -> None:
    """A street between the far site and the hotspot that saw nothing, in the same wind, speaks for the near site."""
    sites = [_site("near", 100, 0), _site("far", -300, 0)]
    east = _road(track, np.array([200.0, 0.0]), NORTHWARD, (100.0, 0.0), wind=(3.0, 0.0), name="east")
    between = _road(track, np.array([-100.0, 0.0]), NORTHWARD, None, wind=(3.0, 0.0), name="between")
    unheard = _probabilities(_weigh([_hotspot(200, 0)], [east], sites)[0])
    heard = _probabilities(_weigh([_hotspot(200, 0)], [east, between], sites)[0])
    assert heard["far"] < 0.5 * unheard["far"]


def test_no_site_upwind_means_none_of_these(track: Make) -> None:
    """Where every registered site lies downwind, an unlisted source is said first."""
    sites = [_site("downwind", 500, 0), _site("beside", 200, 400)]
    east = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    (found,) = _weigh([_hotspot(200, 0)], [east, east], sites)
    assert found.none_of_these > 0.9
    assert found.unlisted > found.background


def test_a_site_that_explains_another_street_is_likelier_here(track: Make) -> None:
    """Two hotspots at two streets that share one site in line raise it; one hotspot alone leaves it open."""
    sites = [_site("shared", 0, 0), _site("here", 110, 0)]
    east = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    north = _road(track, np.array([0.0, 200.0]), EASTWARD, (0.0, 0.0), wind=(0.0, 3.0), name="north")
    here, there = _hotspot(200, 0), _hotspot(0, 200, name="H2")
    single = _probabilities(_weigh([here], [east, north], sites)[0])
    joint = _probabilities(_weigh([here, there], [east, north], sites)[0])
    assert joint["shared"] > single["shared"]


def test_evidence_on_the_ground_moves_probability(track: Make) -> None:
    """A finding at one of two sites in line raises it by no more than its ratio allows."""

    class Finding:
        def log_ratio(self, x: Floats, y: Floats, species: str) -> Floats:
            assert species == "ch4"
            return np.where(np.hypot(x - ORIGIN[0] + 150, y - ORIGIN[1]) < 60, np.log(5.0), 0.0)

    sites = [_site("true", 0, 0), _site("behind", -150, 0)]
    east = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    without = _probabilities(_weigh([_hotspot(200, 0)], [east], sites)[0])
    found = _probabilities(_weigh([_hotspot(200, 0)], [east], sites, evidence=Finding())[0])
    ratio = (found["behind"] / found["true"]) / (without["behind"] / without["true"])
    assert 2.0 < ratio <= 5.001


@pytest.mark.parametrize("wind", [None, (0.2, 0.1)], ids=["no wind", "calm all day"])
def test_without_a_direction_it_is_said(track: Make, wind: Wind) -> None:
    """No wind, or calm all day: no bearing, candidates all around, a decision."""
    y = NORTHWARD[:, 1]
    drive = track(np.full(y.size, 200.0), y, 2 * np.exp(-0.5 * (y / 30) ** 2), wind=wind)
    sites = [_site("west", 100, 0), _site("east", 300, 0)]
    outcome = attribute_hotspots([_hotspot(200, 0)], [drive], sites, SETTINGS, crs=CRS)
    (found,) = outcome.value
    assert found.bearing_deg is None and found.half_width_deg == 180.0
    assert found.source is None and found.areas == ()
    assert any("without a wind direction" in tell(d).decision for d in outcome.decisions)
    shares = _probabilities(found)
    assert shares["west"] == pytest.approx(shares["east"], rel=0.2)
    assert all(s.wind_from_deg is None for s in found.sightings)


def test_no_register_names_nobody(track: Make) -> None:
    """Without sites the probabilities are of an unlisted source and background, and a decision says why."""
    drive = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    outcome = attribute_hotspots([_hotspot(200, 0)], [drive], [], SETTINGS, crs=CRS)
    assert outcome.value[0].sites == () and outcome.value[0].none_of_these == pytest.approx(1.0)
    assert any(d.item == "sites" for d in outcome.decisions)


def test_no_hotspots_need_nothing() -> None:
    """Nothing to explain: nothing is given and nothing said."""
    outcome = attribute_hotspots([], [], [], SETTINGS, crs=CRS)
    assert outcome.value == () and outcome.decisions == ()


def test_sites_on_one_point_share_alike(track: Make) -> None:
    """Three registrations of one yard: equal probabilities, as nothing tells them apart."""
    drive = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    sites = [_site(name, 0, 0) for name in "abc"]
    shares = _probabilities(_weigh([_hotspot(200, 0)], [drive], sites)[0])
    assert shares["a"] == pytest.approx(shares["b"]) == pytest.approx(shares["c"])
    assert shares["a"] > 0.2


@pytest.mark.slow
def test_a_hundred_thousand_sites_are_gated(track: Make) -> None:
    """A whole city's register: the answer is that of the sites near by, which alone are candidates."""
    drive = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    near = [_site("true", 0, 0)]
    far = [_site(f"s{k}", 3_000 + 100 * (k % 300), 3_000 + 100 * (k // 300)) for k in range(100_000)]
    (few,) = _weigh([_hotspot(200, 0)], [drive], near)
    (many,) = _weigh([_hotspot(200, 0)], [drive], [*near, *far])
    assert _probabilities(many) == pytest.approx(_probabilities(few))


def test_a_pass_that_never_came_near_says_nothing(track: Make) -> None:
    """A hotspot far from every pass: background, no candidate by wind, no error."""
    drive = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    (found,) = _weigh([_hotspot(5_000, 5_000)], [drive], [_site("true", 4_950, 5_000)])
    assert found.bearing_deg is None and found.sightings == ()


def test_values_that_never_rise_blame_nobody(track: Make) -> None:
    """All values equal, or all negative: no plume was crossed, so no site is likelier than it was."""
    y = NORTHWARD[:, 1]
    for level in (0.0, -0.3):
        drive = track(np.full(y.size, 200.0), y, np.full(y.size, level), wind=(3.0, 0.0))
        (found,) = _weigh([_hotspot(200, 0)], [drive], [_site("true", 0, 0)])
        assert found.background > 0.5
        assert all(s.peak is None for s in found.sightings)


def test_across_the_border_of_two_zones_the_same_answer(track: Make) -> None:
    """The grid's zone is a choice: in the neighbouring zone the probabilities and the bearing stay."""
    sites = [_site("true", 0, 0), _site("behind", -150, 0), _site("aside", 0, 250)]
    drive = _road(track, np.array([210.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    here = attribute_hotspots([_hotspot(210, 0)], [drive], sites, SETTINGS, crs=CRS).value[0]
    there = attribute_hotspots([_hotspot(210, 0)], [drive], sites, SETTINGS, crs="EPSG:4543").value[0]
    assert _probabilities(there) == pytest.approx(_probabilities(here), abs=0.08)
    assert here.bearing_deg is not None and there.bearing_deg is not None
    assert abs(there.bearing_deg - here.bearing_deg) < 0.7


def test_bearings_are_from_true_north(track: Make) -> None:
    """Off the central meridian a wind from due west still points due west, by the grid turned back by convergence."""
    drive = _road(track, np.array([210.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    crs = "EPSG:4541"  # three zones off: its grid north is 4 degrees from the true one here
    (found,) = attribute_hotspots([_hotspot(210, 0)], [drive], [_site("true", 0, 0)], SETTINGS, crs=crs).value
    assert found.bearing_deg == pytest.approx(270.5, abs=1.0)  # west by the grid of the scene
    assert found.sites[0].bearing_deg == pytest.approx(269.5, abs=0.2)
    assert found.sightings[0].wind_from_deg == pytest.approx(270, abs=0.01)


def test_a_lag_that_is_not_known_widens_the_answer(track: Make) -> None:
    """Passes that may be shifted along their road by 40 m place the source less surely; by 1 s they may anyway."""
    sure, same, unsure = (_two_winds(track) for _ in range(3))
    for drives, sd_s in ((same, 1.0), (unsure, 5.0)):
        for drive in drives:
            drive.passes["ch4_enhancement"].attrs["lag_sd_s"] = sd_s
    one, alike, other = (
        _weigh([_hotspot(100, 0)], drives, [_site("true", 0, 0)])[0] for drives in (sure, same, unsure)
    )
    assert one.source is not None and alike.source is not None
    assert alike.source.position_sd_m == pytest.approx(one.source.position_sd_m)
    assert other.source is None or other.source.position_sd_m > 1.2 * one.source.position_sd_m


def test_gas_measured_from_a_drone_is_judged_at_its_height(track: Make) -> None:
    """The same values met 40 m up need a larger source than at the roof of a van; both vote on the same cells."""
    rates = []
    for height in (None, 40.0):
        drives = _two_winds(track)
        for drive in drives if height else ():
            drive.passes["height_above_takeoff"] = ("obs", np.full(drive.passes.sizes["obs"], height), {"units": "m"})
        (found,) = _weigh([_hotspot(100, 0)], drives, [_site("true", 0, 0)])
        site = found.sites[0]
        assert site.site_id == "true" and site.rate is not None
        rates.append(site.rate.median)
    assert rates[1] > 2 * rates[0]


def test_sightings_tell_what_every_pass_met(track: Make) -> None:
    """One pass that saw the plume and one that did not, each with its wind."""
    seen = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="seen")
    silent = _road(track, np.array([200.0, 0.0]), NORTHWARD, None, wind=(-3.0, 0.0), name="silent")
    (found,) = _weigh([_hotspot(200, 0)], [seen, silent], [_site("true", 0, 0)])
    by_name = {s.label.split("#")[0]: s for s in found.sightings}
    assert by_name["seen"].peak is not None and by_name["silent"].peak is None
    assert by_name["seen"].wind_from_deg == pytest.approx(270, abs=1)
    assert by_name["silent"].wind_from_deg == pytest.approx(90, abs=1)


# --- the parts of the odds, by hand --------------------------------------------------------------------------------


def _sites(x, y, *, site=None, sd: float = 35.0, share=None, species=None) -> Candidates:
    n = len(x)
    site = np.arange(n) if site is None else np.asarray(site)
    number = int(site.max(initial=-1)) + 1
    return Candidates(
        tuple(f"s{k}" for k in range(number)), tuple(species or ((),) * number), site, np.zeros(n, int),
        np.asarray(x, float), np.asarray(y, float), np.full(n, sd),
        np.ones(n) if share is None else np.asarray(share, float),
    )  # fmt: skip


def _cells(x, y, joint, side: float = 8.0) -> Places:
    return Places(np.asarray(x, float), np.asarray(y, float), np.full(len(x), side), np.asarray(joint, float))


@pytest.mark.parametrize(
    ("angle", "inside"),
    [
        (180, True),
        (209, True),
        (151, True),
        (211, False),
        (149, False),
        (0, False),
        (-180, True),
        (90, False),
        (270, False),
    ],
)
def test_a_cone_opens_upwind(angle: float, inside: bool) -> None:
    """Three standard deviations of 10° to each side of where the wind came from; the margin widens it."""
    at = np.radians([float(angle)])
    wind = [(0.0, np.radians(10.0))]
    assert attribution._in_cones(at, wind, SETTINGS, margin=np.zeros(1)).tolist() == [inside]
    wider = attribution._in_cones(at, wind, SETTINGS, margin=np.radians([2.0]))
    assert wider.tolist() == [inside or angle in (211, 149)]
    turned = attribution._in_cones(at - 1.0, [(2.0, 0.01), (-1.0, np.radians(10.0))], SETTINGS, margin=np.zeros(1))
    assert turned.tolist() == [inside]
    assert attribution._in_cones(at, [], SETTINGS, margin=np.zeros(1)).tolist() == [True]


@pytest.mark.parametrize("side", ["west", "east", "south", "north"])
@pytest.mark.parametrize(("beyond", "inside"), [(-0.1, True), (0.0, True), (0.1, False)])
def test_the_rectangle_of_points_has_a_margin_on_all_four_sides(side: str, beyond: float, inside: bool) -> None:
    """A point at the margin is in, beyond it out, whichever side it is."""
    near_x, near_y = np.array([0.0, 100.0, 40.0]), np.array([10.0, 20.0, 70.0])
    x, y = {
        "west": (-5.0 - beyond, 30.0), "east": (105.0 + beyond, 30.0), "south": (50.0, 5.0 - beyond),
        "north": (50.0, 75.0 + beyond),
    }[side]  # fmt: skip
    assert attribution._around(np.array([x]), np.array([y]), near_x, near_y, 5.0).tolist() == [inside]


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
@pytest.mark.parametrize(("distance", "gated"), [(101.9, True), (102.1, False)])
def test_sites_are_candidates_two_errors_and_a_coarse_cell_from_the_cells(
    turn: int, distance: float, gated: bool
) -> None:
    """2 × 35 + 32 m from the nearest cell on each side; a site without a place is none."""
    dx, dy = [(distance, 0), (0, distance), (-distance, 0), (0, -distance)][turn]
    ground = _cells([0.0, -8.0, 8.0, 0.0, 0.0], [0.0, 0.0, 0.0, 8.0, -8.0], np.zeros((5, 2)))
    edge = 8.0 * np.sign([dx, dy])
    sites = _sites([dx + edge[0], np.nan, 0.0], [dy + edge[1], 0.0, np.nan])
    assert attribution._gate_sites(sites, ground).tolist() == ([0] if gated else [])
    vague = _sites([dx + edge[0], -3 * (dx + edge[0])], [dy + edge[1], -3 * (dy + edge[1])])
    vague.sd[1] = 200.0  # whose width makes nobody else a candidate
    assert attribution._gate_sites(vague, ground).tolist() == ([0, 1] if gated else [1])
    assert attribution._gate_sites(sites, _cells([], [], np.empty((0, 2)))).size == 0
    assert attribution._gate_sites(_sites([np.nan], [0.0]), ground).size == 0


def test_sites_at_every_edge_of_the_ground_get_the_same() -> None:
    """Four sites just beyond the middle of each side of a square of cells: equal odds, equal rates."""
    ticks = np.arange(-60.0, 61.0, 8.0)
    x, y = (v.ravel() for v in np.meshgrid(ticks, ticks))
    ground = _cells(x, y, np.broadcast_to([1.0, 2.0], (x.size, 2)))
    sites = _sites([-90.0, 90.0, 0.0, 0.0, 0.0], [0.0, 0.0, -90.0, 90.0, 0.0])
    gated = attribution._gate_sites(sites, ground)
    assert gated.tolist() == [0, 1, 2, 3, 4]
    chosen, odds, best, _, rates = attribution._site_log_odds(sites, gated, ground, SETTINGS)
    assert chosen.tolist() == best.tolist() == [0, 1, 2, 3, 4]
    assert odds[:4] == pytest.approx([odds[0]] * 4) and (odds[4] > odds[:4] + 0.5).all()
    np.testing.assert_allclose(rates[:4], np.broadcast_to(rates[0], (4, 2)))


def test_the_odds_of_a_site_are_those_of_its_cells_by_its_error() -> None:
    """A Gaussian about its point, summed over cells up to four of its deviations; times what it may emit."""
    rng = np.random.default_rng(3)
    x, y = (v.ravel() for v in np.meshgrid(np.arange(-200.0, 201.0, 16.0), np.arange(-200.0, 201.0, 16.0)))
    joint = rng.normal(0, 3, (x.size, 4))
    ground = _cells(x, y, joint, side=16.0)
    sites = _sites([10.0, 50.0, -70.0], [0.0, -30.0, 90.0], sd=30.0, share=[0.9, 0.1, 1.0], site=[0, 0, 1])
    chosen, odds, best, _, rates = attribution._site_log_odds(sites, np.arange(3), ground, SETTINGS)
    variance = 30.0**2 + 16.0**2 / 12
    per_place = []
    for k in range(3):
        square = (x - sites.x[k]) ** 2 + (y - sites.y[k]) ** 2
        weight = np.where(
            square < 16 * variance, 256.0 / (2 * np.pi * variance) * np.exp(-0.5 * square / variance), 0.0
        )
        per_place.append(0.07 * sites.share[k] * (weight @ np.exp(joint)))
    assert chosen.tolist() == [0, 1] and best.tolist() == [int(per_place[1].sum() > per_place[0].sum()), 2]
    np.testing.assert_allclose(np.exp(rates), [per_place[0] + per_place[1], per_place[2]])
    np.testing.assert_allclose(np.exp(odds), [(per_place[0] + per_place[1]).mean(), per_place[2].mean()])


def test_no_site_has_no_odds() -> None:
    """Without a gated place, and without a cell."""
    ground = _cells([0.0], [0.0], np.zeros((1, 3)))
    none = attribution._site_log_odds(_sites([], []), np.empty(0, np.int64), ground, SETTINGS)
    assert [v.shape for v in none] == [(0,), (0,), (0,), (0,), (0, 3)]
    pairs = attribution._cells_of_sites(_sites([0.0], [0.0]), np.array([0]), _cells([], [], np.empty((0, 2))))
    assert [v.size for v in pairs] == [0, 0, 0]


def test_the_likeliest_place_of_a_site_is_told() -> None:
    """Of three places of two sites; odds and rates are sums over the places of each."""
    odds, rates = np.log([1.0, 5.0, 2.0]), np.log([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    chosen, total, best, share, summed = attribution._join_places(
        np.array([7, 2, 7]), odds, rates, np.array([10, 11, 12])
    )
    assert chosen.tolist() == [2, 7] and best.tolist() == [11, 12] and share == pytest.approx([1.0, 2 / 3])
    nothing = attribution._join_places(np.array([3]), np.array([-np.inf]), rates[:1], np.array([4]))
    assert nothing[3].tolist() == [0.0]
    np.testing.assert_allclose(np.exp(total), [5.0, 3.0])
    np.testing.assert_allclose(np.exp(summed), [[3.0, 4.0], [6.0, 8.0]])


def test_ground_is_free_where_no_registered_site_is() -> None:
    """None (a twentieth) at its point, most a parcel away, all beyond two; by the chance that it stands there."""
    sites = _sites([0.0, 1000.0], [0.0, 0.0], share=[1.0, 0.4])
    x = np.array([0.0, 45.0, 30.0, 91.0, 1000.0, 500.0])
    held = np.exp(-0.5 * (x[:3] / 45.0) ** 4)
    expected = [0.05, 1 - held[1], 1 - held[2], 1.0, 0.6, 1.0]
    for turned in ((x, np.zeros(6)), (x * 0.0 + np.where(x < 900, 0.0, 1000.0), np.where(x < 900, x, 0.0))):
        found = attribution._free(sites, *turned, SETTINGS)
        np.testing.assert_allclose(found, expected)
    assert attribution._free(_sites([], []), x, x, SETTINGS).tolist() == [1.0] * 6
    assert attribution._free(sites, x[:0], x[:0], SETTINGS).size == 0


@pytest.mark.parametrize(("dx", "dy"), [(60.0, 0.0), (-60.0, 0.0), (0.0, 60.0), (0.0, -60.0)])
def test_a_site_beside_the_ground_holds_some_of_it(dx: float, dy: float) -> None:
    """A site off each side of the places that are asked about takes its part of the nearest."""
    x, y = np.array([-10.0, 10.0, 0.0, 0.0]), np.array([0.0, 0.0, -10.0, 10.0])
    found = attribution._free(_sites([dx], [dy]), x, y, SETTINGS)
    np.testing.assert_allclose(found, 1 - np.exp(-0.5 * (np.hypot(x - dx, y - dy) / 45.0) ** 4))
    assert found.argmin() == np.hypot(x - dx, y - dy).argmin()


def test_two_sites_hold_the_ground_no_more_than_the_surer_one() -> None:
    """The largest share counts, not their sum."""
    both = _sites([0.0, 0.0], [0.0, 0.0], share=[0.5, 0.7])
    assert attribution._free(both, np.zeros(1), np.zeros(1), SETTINGS) == pytest.approx([0.3])


def test_unlisted_emitters_crowd_where_ground_is_free() -> None:
    """One on average over the square of 400 m about the hotspot."""
    sites = _sites([100.0], [50.0])
    x, y = square_cells(0.0, 0.0, 400.0)
    everywhere = attribution._unoccupied(sites, 0.0, 0.0, _cells(x, y, np.zeros((x.size, 1))), SETTINGS)
    assert everywhere.mean() == pytest.approx(1.0) and everywhere.min() < 0.6
    assert everywhere.max() == pytest.approx(1 / attribution._free(sites, x, y, SETTINGS).mean())


def _alone(x: float, chosen, shares) -> Weighed:
    """A hotspot weighed alone: probabilities of sites as given, the rest unlisted and background alike."""
    rest = 1.0 - sum(shares)
    return Weighed(
        _hotspot(x, 0.0), x, 0.0, 0.0, (), (), Located(None, 180.0, None, ()), RatePrior(np.arange(3.0)),
        np.asarray(chosen, np.int64), np.asarray(chosen, np.int64), np.log(np.asarray(shares, float)),
        np.zeros((len(chosen), 3)), float(np.log(rest / 2)), float(np.log(rest / 2)), np.ones(len(chosen)),
    )  # fmt: skip


def test_a_site_that_explains_another_place_is_raised_by_that_belief() -> None:
    """Prior odds 0.07 become 0.07 + 0.93 × 0.9 p, p the largest of the other places; a near one bears nothing out."""
    weighed = [
        _alone(0.0, [2, 5], [0.5, 0.1]), _alone(75.0, [5], [0.9]), _alone(75.1, [5, 9], [0.3, 0.2]),
        _alone(500.0, [2, 9], [0.6, 0.1]),
    ]  # fmt: skip
    everyone = _sites([0.0] * 10, [0.0] * 10)
    together = hear_all(weighed, everyone, [Elsewhere(SETTINGS)])

    def raised(p: float) -> float:
        return float(np.log((0.07 + 0.93 * 0.9 * p) / 0.07))

    expected = [[raised(0.6), raised(0.3)], [0.0], [raised(0.1), raised(0.1)], [raised(0.5), raised(0.2)]]
    for before, after, by in zip(weighed, together, expected, strict=True):
        np.testing.assert_allclose(after.odds - before.odds, [*by, 0.0, 0.0], atol=1e-12)
    nobody = [_alone(0.0, [], []), _alone(900.0, [], [])]
    assert hear_all(nobody, everyone, [Elsewhere(SETTINGS)]) == tuple(nobody)
    assert hear_all([], everyone, [Elsewhere(SETTINGS)]) == ()


def test_places_are_sought_upwind_within_reach(track: Make) -> None:
    """The cone of the wind to 1500 m, the circle to 600 m without a direction; what the ground says is added."""
    drive = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
    x, y = ORIGIN[0] + 200.0, ORIGIN[1]
    event = event_of(bin_passes([drive], "ch4", CRS, SETTINGS), place_of(x, y), SETTINGS)
    rates = rate_prior(event, SETTINGS)
    sd = event.passes[0].direction_sd_rad

    class Finding:
        def log_ratio(self, x: Floats, y: Floats, species: str) -> Floats:
            return np.full(x.size, 2.5)

    for directions, reach, width in (([(0.0, sd)], 1500.0, 3 * sd), ([], 600.0, np.pi)):
        found = attribution._places(x, y, directions, event, rates, "ch4", SETTINGS, None)
        far, off = np.hypot(found.x - x, found.y - y), np.abs(np.angle(-(found.x - x) - 1j * (found.y - y)))
        assert reach - 60 < far.max() <= reach + 12
        beyond = far > 100
        assert off[beyond].max() <= width + np.arcsin(48.0 / far[beyond]).max() + 1e-6
        assert found.area.sum() > 0.8 * (np.pi if not directions else width) * reach**2
        coarse_x, coarse_y = square_cells(x, y, reach)
        distance, angle = np.hypot(coarse_x - x, coarse_y - y), np.angle(-(coarse_x - x) - 1j * (coarse_y - y))
        kept = (distance <= reach) & ((np.abs(angle) <= width + 32 / distance) | (distance <= 32) | (not directions))
        assert found.area.sum() == pytest.approx(kept.sum() * 32.0**2)
        held = attribution._places(x, y, directions, event, rates, "ch4", SETTINGS, Finding())
        assert held.joint.max() == pytest.approx(found.joint.max() + 2.5, abs=0.2)


def test_what_came_in_unknown_wind_may_come_from_afar(track: Make) -> None:
    """The circle to 600 m is that of calm air; where nobody measured the wind it is the whole reach."""
    for wind, reach in (((0.1, 0.0), 600.0), (None, 1500.0)):
        drive = _road(track, np.array([200.0, 0.0]), NORTHWARD, (0.0, 0.0), wind=(3.0, 0.0), name="east")
        if wind is None:
            drive = replace(drive, passes=drive.passes.drop_vars(["u", "v"]))
        else:
            drive = replace(drive, passes=drive.passes.assign(u=drive.passes["u"] * 0 + wind[0]))
        x, y = ORIGIN[0] + 200.0, ORIGIN[1]
        event = event_of(bin_passes([drive], "ch4", CRS, SETTINGS), place_of(x, y), SETTINGS)
        assert [(p.seen, p.directed, p.calm) for p in event.passes] == [(True, False, wind is not None)]
        found = attribution._places(x, y, [], event, rate_prior(event, SETTINGS), "ch4", SETTINGS, None)
        assert reach - 60 < np.hypot(found.x - x, found.y - y).max() <= reach + 17


def test_borrowed_and_unknown_wind_are_told(track: Make) -> None:
    """Of a logger in the same vehicle, of one elsewhere, of none; those with an anemometer are not named."""
    x, y = np.arange(0.0, 400.0, 8.0), np.full(50, 5.0)
    bare = track(x, y, np.ones(50), name="bare", wind=None)
    near, far = (track(x, y + off, np.ones(50), name="windy", wind=(2.0, 0.0)) for off in (50.0, 3000.0))
    for others, code in (([near], "wind_borrowed"), ([far], "wind_borrowed_afar"), ([], "wind_unknown")):
        (said,) = attribution._borrowed([bare, *others], CRS, SETTINGS)
        assert (said.item, said.code) == ("bare", code)
        assert said.values == ({"track": "windy"} if others else {})


def test_decisions_say_what_was_missing() -> None:
    """A hotspot without a bearing, by its id; a register that was not given, first."""
    hotspots = [_hotspot(0, 0, name="H1"), _hotspot(9, 0, name="H2")]
    found = [
        Attribution(
            h.id, (), 0.5, 0.5, 1.0, bearing, 20.0, (), (), sightings=(Sighting("p", 0, 0, 1.0, None, 180.0),)
        )
        for h, bearing in zip(hotspots, (None, 90.0), strict=True)
    ]
    said = attribution._decisions(hotspots, found, [])
    assert [(d.item, tell(d).decision) for d in said] == [
        ("sites", "attribution names no sites"), ("H1", "attributed without a wind direction"),
    ]  # fmt: skip
    assert (
        "no register was given" in tell(said[0]).evidence and "the wind is unknown or calm" in tell(said[1]).evidence
    )
    assert [d.item for d in attribution._decisions(hotspots, found, [_site("a", 0, 0)])] == ["H1"]
    calm = [replace(a, sightings=(Sighting("p", 0, 0, 1.0, None, 180.0, 0.4),)) for a in found]
    (told,) = attribution._decisions(hotspots, calm, [_site("a", 0, 0)])
    assert tell(told).evidence == "calm in every pass that saw it"
    assert attribution._decisions([], [], []) == ()


def test_the_whole_is_the_sum_of_its_parts(track: Make) -> None:
    """One hotspot weighed step by step: sites, an unlisted source on free ground, and what else may have made it."""
    drives = _two_winds(track)
    sites = [_site("true", 0, 0, species=("甲烷",)), _site("aside", -60, 200, species=("SO2",)), _site("far", 0, 390)]
    (whole,) = _weigh([_hotspot(100, 0)], drives, sites, vanes_known=True)
    x, y = ORIGIN[0] + 100.0, ORIGIN[1]
    placed = candidates_of(sites, CRS, SETTINGS)
    event = event_of(bin_passes(drives, "ch4", CRS, SETTINGS), place_of(x, y), SETTINGS)
    winds = [(p.towards_rad, p.direction_sd_rad) for p in event.passes if p.seen]
    ground = attribution._places(x, y, winds, event, rate_prior(event, SETTINGS), "ch4", SETTINGS, None)
    fitting = np.array([species_weight(s.species, "ch4", SETTINGS) for s in sites])
    gated = attribution._gate_sites(placed, ground)
    chosen, odds, *_ = attribution._site_log_odds(placed, gated, ground, SETTINGS)
    odds = odds + np.log(fitting[chosen])
    near = np.flatnonzero(np.hypot(placed.x - x, placed.y - y) <= 400.0)
    assert near.tolist() == [0, 1]
    alike = np.log(fitting[near].mean())
    density = 0.3e-6 * 0.5  # two sites around leave room for fewer
    free = attribution._unoccupied(placed, x, y, ground, SETTINGS)
    logs = [*odds, np.log(np.sum(np.exp(ground.odds) * density * free * ground.area)), alike]
    share = np.exp(logs - np.logaddexp.reduce(logs))
    expected = {sites[k].site_id: p for k, p in zip(chosen, share[:-2], strict=True)}
    assert _probabilities(whole) == pytest.approx(expected, rel=1e-4)
    assert (whole.unlisted, whole.background) == pytest.approx(tuple(share[-2:]), rel=1e-3)


def test_a_kind_of_witness_can_be_left_out(track: Make) -> None:
    """Without the permits two sites on one point are alike; a kind that there is not is refused."""
    drives = _two_winds(track)
    sites = [_site("true", 0, 0), _site("other", 0, 0, species=("SO2",))]
    heard, deaf = (_weigh([_hotspot(100, 0)], drives, sites, without=kinds)[0] for kinds in ((), ("permit",)))
    assert _probabilities(heard)["true"] / _probabilities(heard)["other"] == pytest.approx(1 / 0.15)
    assert _probabilities(deaf)["true"] == pytest.approx(_probabilities(deaf)["other"])
    kinds = [{t.kind for s in found.sites for t in s.witnesses} for found in (heard, deaf)]
    assert kinds == [{"crossings", "silence", "permit"}, {"crossings", "silence"}]
    with pytest.raises(ValueError, match=f"no witness is a weather; there are {', '.join(KINDS)}"):
        _weigh([_hotspot(100, 0)], drives, sites, without=("weather", "permit"))


def test_the_drone_is_a_witness_of_its_own(track: Make) -> None:
    """Ground that speaks for a source everywhere west: its ratio is that of the odds with and without it."""

    drives = _two_winds(track)
    sites = [_site("true", 0, 0), _site("behind", -200, 0)]
    with_it, without = (
        _weigh([_hotspot(100, 0)], drives, sites, evidence=_West(), without=kinds)[0] for kinds in ((), ("drone",))
    )
    (plain,) = _weigh([_hotspot(100, 0)], drives, sites)
    assert _probabilities(without) == _probabilities(plain)
    for site in with_it.sites:
        (said,) = (t for t in site.witnesses if t.kind == "drone")
        before = _probabilities(without)[site.site_id]
        odds = site.probability / (1 - site.probability) * (1 - before) / before
        assert said.ratio == pytest.approx(odds, rel=0.02), site.site_id
    ratios = {s.site_id: t.ratio for s in with_it.sites for t in s.witnesses if t.kind == "drone"}
    assert ratios["behind"] > 2 and ratios["true"] < 1


class _West:
    """Ground that speaks for a source everywhere west of the street."""

    def log_ratio(self, x: Floats, y: Floats, species: str) -> Floats:
        return np.where(x < ORIGIN[0] - 75.0, np.log(4.0), 0.0)


def test_a_witness_that_is_removed_takes_its_weight_along_once(track: Make) -> None:
    """Each kind in turn: the odds of all explanations change by what it said and by nothing else."""
    drives = _two_winds(track)
    for drive in drives:
        drive.passes["pm25"] = drive.passes["ch4"].assign_attrs(species="PM2.5", units="mg m-3")
        drive.passes["tvoc"] = drive.passes["pm25"].assign_attrs(species="TVOC")
        drive.passes["pm25_enhancement"] = drive.passes["ch4_enhancement"].assign_attrs(units="mg m-3")
        drive.passes["tvoc_enhancement"] = drive.passes["pm25_enhancement"] * 0.5
        drive.passes["tvoc_enhancement"].attrs["units"] = "mg m-3"
    sites = [replace(_site("true", 0, 0, species=("颗粒物",)), industry_code="3311"),
             replace(_site("behind", -200, 0), industry_code="2319")]  # fmt: skip
    hotspots = [replace(_hotspot(100, y, name=name), species="pm25") for name, y in (("H1", 0), ("H2", 90))]
    crs, day = CRS, date(2026, 5, 4)
    witnesses = [Activities([Ran("H1", "true", 0.9), Ran("H1", "behind", 0.1)]),
                 History([Earlier("old/H1", "behind", date(2026, 4, 1), 0.5)], day)]  # fmt: skip
    placed = candidates_of(sites, crs, SETTINGS)
    binned = {name: bin_passes(drives, name, crs, SETTINGS) for name in ("pm25", "tvoc")}

    (straight,) = known_vanes(1)

    def heard(*without: str) -> Weighed:
        ground = None if "drone" in without else _West()
        alone = [attribution._weigh(h, straight, binned, placed, SETTINGS, crs, ground, without) for h in hotspots]
        return hear_all(alone, placed, [*witnesses, Elsewhere(SETTINGS)], without)[0]

    full = heard()
    said = {witness.kind: witness for witness in full.heard}
    assert set(said) == {"drone", "composition", "permit", "activity", "history", "elsewhere"}
    data = [datum for witness in full.heard for datum in witness.data]
    assert len(data) == len(set(data)) and all(witness.data for witness in full.heard)
    alone = heard("elsewhere")
    np.testing.assert_allclose(full.odds - alone.odds, said["elsewhere"].ratios, atol=1e-9)
    for kind in set(said) - {"elsewhere"}:
        rest = heard("elsewhere", kind)
        assert [w.kind for w in rest.heard] == [w.kind for w in alone.heard if w.kind != kind]
        tolerance = 0.05 if kind == "drone" else 1e-9  # cells split where the ground makes them likely
        np.testing.assert_allclose(alone.odds - rest.odds, said[kind].ratios, atol=tolerance)
        assert np.abs(said[kind].ratios).max() > 0.05


def test_what_rose_with_the_plume_speaks_for_who_lists_it(track: Make) -> None:
    """CO in proportion on every pass: of two sites on one point the one that lists it is likelier by 0.8 / 0.12."""
    drives = _two_winds(track)
    for drive in drives:
        drive.passes["co"] = drive.passes["ch4"].assign_attrs(species="CO", long_name="carbon monoxide")
        drive.passes["co_enhancement"] = drive.passes["ch4_enhancement"] * 0.5
    sites = [_site("both", 0, 0, species=("甲烷", "CO")), _site("one", 0, 0, species=("甲烷",))]
    (found,) = _weigh([_hotspot(100, 0)], drives, sites)
    shares = _probabilities(found)
    assert shares["both"] / shares["one"] == pytest.approx(0.8 / 0.12)
    masses = 28.01 / 16.043  # g of CO per g of CH4 at equal ppm
    assert dict(found.evidence)["with_co"] == pytest.approx(0.5 * masses, rel=1e-3)
    (other,) = _weigh([replace(_hotspot(100, 0), species="co")], drives, sites)
    assert dict(other.evidence)["with_ch4"] == pytest.approx(2.0 / masses, rel=1e-3)
