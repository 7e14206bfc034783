"""Who explains a hotspot: scenes with a known answer, and input that cannot be answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from fusion import Attribution, FusionSettings, Hotspot, attribute_hotspots
from fusion.dispersion import obukhov_from_sun, plume_of
from fusion.grid import to_wgs84, unproject
from ingest.schema import Site
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
            down > 1, plume.per_rate(np.maximum(down, 1.0), across, height_m=2.5, source_height_m=5.0), 0.0
        )
    return make(x, y, value, name=name, wind=wind)


NORTHWARD = np.column_stack([np.zeros(100), np.linspace(-400, 400, 100)])
EASTWARD = NORTHWARD[:, ::-1]


def _probabilities(attribution: Attribution) -> dict[str, float]:
    return {s.site_id: s.probability for s in attribution.sites}


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
    assert any("without a wind direction" in d.decision for d in outcome.decisions)
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
