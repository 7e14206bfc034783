"""What a mission's place decides."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import CRS

from ingest.flags import Flag
from ingest.outcome import Outcome
from ingest.schema import Camera, Frame, Pose, SitePlace
from onevisit.settings import RouteSettings
from onevisit.visits.regions import Region, RegionSettings, keep_sites_in_reach, split_regions, with_local_zone
from onevisit.words.telling import ToldDecision, tell


def test_times_are_shown_in_the_zone_of_the_place(make_track):
    """At 104 E, 30 N without a declaration: Shanghai, with the place as evidence."""
    region = Region("", CRS.from_epsg(4544), (make_track(),), ())
    settled = with_local_zone(RouteSettings(), [region])
    assert settled.value.time_zone == "Asia/Shanghai"
    assert "104.0" in tell(settled.decisions[0]).evidence


def test_a_declared_zone_is_kept(make_track):
    """The declaration wins, and there is nothing to report."""
    region = Region("", CRS.from_epsg(4544), (make_track(),), ())
    settled = with_local_zone(RouteSettings(time_zone="Europe/Berlin"), [region])
    assert settled.value.time_zone == "Europe/Berlin"
    assert settled.decisions == ()


def test_an_open_sea_or_nothing_has_no_surprise(make_site: Make) -> None:
    """Without a region it is the zone of the middle of the sites, which is told; without any that of the records."""
    settled = with_local_zone(RouteSettings(), [], of_records="Asia/Shanghai")
    assert (settled.value.time_zone, settled.decisions) == ("Asia/Shanghai", ())
    sites = [make_site("a", 10.0, 50.0), make_site("b", 11.0, 51.0), make_site("c", 120.0, 30.0)]
    settled = with_local_zone(RouteSettings(), [], sites, of_records="Asia/Shanghai")
    assert settled.value.time_zone == "Europe/Berlin" and len(settled.decisions) == 1


# --- what shares a grid --------------------------------------------------------------------------------------------

Make = Callable[..., Any]
DEGREE_M = 6_371_008.8 * math.pi / 180
"""A degree of latitude on the sphere of the earth's mean radius."""
SMALL = RegionSettings(region_gap_m=1000.0, site_reach_m=2000.0)


@pytest.fixture
def drive(make_track: Make) -> Make:
    """Two rows or more at one place so many metres north of 104 E, 30 N."""

    def make(name: str, north_m: float, *, rows: int = 2, flag: int = 0) -> Any:
        track = make_track(name, rows=rows)
        lat = np.full(rows, 30.0 + north_m / DEGREE_M)
        passes = track.passes.assign_coords(lon=("obs", np.full(rows, 104.0)), lat=("obs", lat))
        return replace(track, passes=passes.assign(qc_flag=("obs", np.full(rows, flag, np.uint32))))

    return make


def photo(name: str, north_m: float) -> Frame:
    """A photo so many metres north of 104 E, 30 N."""
    pose = Pose(104.0, 30.0 + north_m / DEGREE_M)
    return Frame(name, Path(name), Camera(40, 30, 30.0, 19.5, 14.5), pose)


def names(region: Region) -> list[str]:
    """Trajectories and photos of a region."""
    return [str(t.passes["trajectory"].values) for t in region.tracks] + [f.item for f in region.frames]


@pytest.mark.parametrize(("gap_m", "regions"), [(800.0, 1), (1200.0, 2)])
def test_what_is_nearer_than_the_gap_shares_a_region(drive: Make, gap_m: float, regions: int) -> None:
    """The gap is 1 km; places are thinned to a tenth of it before they are compared."""
    assert len(split_regions([drive("a", 0.0), drive("b", gap_m)], [], SMALL).value) == regions


@pytest.mark.parametrize(("gap_km", "regions"), [(27.0, 1), (33.0, 2)])
def test_regions_are_thirty_kilometres_apart_unless_set(drive: Make, gap_km: float, regions: int) -> None:
    """The default of the profile."""
    tracks = [drive("a", 0.0), drive("b", 1000 * gap_km)]
    assert len(split_regions(tracks, [], RegionSettings()).value) == regions


def test_nearness_is_handed_on(drive: Make) -> None:
    """Three drives and a photo in a chain of 800 m are one region, though its ends are 2.4 km apart."""
    tracks = [drive("c", 1600.0), drive("a", 0.0), drive("b", 800.0)]
    (region,) = split_regions(tracks, [photo("p", 2400.0)], SMALL).value
    assert names(region) == ["c", "a", "b", "p"]


def test_the_region_with_most_rows_comes_first(drive: Make) -> None:
    """A drive of five rows before three photos before a drive of two rows; decisions say all of it."""
    tracks = [drive("few", 0.0), drive("many", 20_000.0, rows=5)]
    photos = [photo(f"p{k}", 40_000.0) for k in range(3)]
    outcome = split_regions(tracks, photos, SMALL)
    assert [(r.name, names(r)) for r in outcome.value] == [
        ("", ["many"]),
        ("-2", ["p0", "p1", "p2"]),
        ("-3", ["few"]),
    ]
    assert [r.crs.to_epsg() for r in outcome.value] == [4544] * 3
    lat = 30.0 + 20_000.0 / DEGREE_M
    assert tell(outcome.decisions[0]) == ToldDecision(
        "grid",
        "grid CRS EPSG:4544 (CGCS2000 / 3-degree Gauss-Kruger CM 105E)",
        f"chosen from median position 104.0000, {lat:.4f} of 5",
    )
    assert [d.item for d in outcome.decisions] == ["grid", "grid-2", "grid-3", "mission"]
    assert tell(outcome.decisions[3]).decision == "3 regions with a grid of their own, more than 1 km apart"
    assert tell(outcome.decisions[3]).evidence == (
        f"grid: 1 trace and 0 photos near 104.000 {lat:.3f}, "
        f"grid-2: 0 traces and 3 photos near 104.000 {30.0 + 40_000.0 / DEGREE_M:.3f}, "
        "grid-3: 1 trace and 0 photos near 104.000 30.000"
    )


def test_a_declared_grid_is_taken(drive: Make) -> None:
    """The decision says that it was declared; one region is no split."""
    outcome = split_regions([drive("a", 0.0)], [], SMALL, crs=CRS.from_epsg(4545))
    assert outcome.value[0].crs.to_epsg() == 4545
    (decision,) = outcome.decisions
    assert tell(decision).evidence == "declared" and "EPSG:4545" in tell(decision).decision


@pytest.mark.parametrize("flag", [Flag.POSITION_MISSING, Flag.POSITION_JUMP])
def test_a_drive_without_a_usable_place_is_rejected(drive: Make, flag: Flag) -> None:
    """It belongs to no region; the other one stays, and nothing at all is no error."""
    lost, placed = drive("lost", 0.0, flag=int(flag)), drive("placed", 0.0)
    outcome = split_regions([lost, placed], [], SMALL)
    assert [names(region) for region in outcome.value] == [["placed"]]
    assert [(r.item, r.where) for r in outcome.rejects] == [("lost", "positions")]
    assert "traces/" in tell(outcome.rejects[0]).reason
    alone = split_regions([lost], [], SMALL)
    assert (alone.value, alone.decisions, alone.rejects) == ((), (), outcome.rejects)


def test_positions_of_a_region_are_the_usable_ones(drive: Make) -> None:
    """Rows without a number or with a bad flag are left out; photos count for the region, not for its cube."""
    track = drive("a", 0.0, rows=4)
    passes = track.passes.assign_coords(lon=("obs", [104.0, np.nan, 104.2, 104.3]))
    passes["lat"][2] = np.nan
    passes["qc_flag"][3] = np.uint32(Flag.POSITION_JUMP)
    region = Region("", CRS.from_epsg(4544), (replace(track, passes=passes),), (photo("p", 1000.0),))
    lon, lat = region.lonlat
    assert (lon.tolist(), lat.tolist()) == ([104.0, 104.0], [30.0, 30.0 + 1000.0 / DEGREE_M])
    lon, lat = region.track_lonlat
    assert (lon.tolist(), lat.tolist()) == ([104.0], [30.0])


# --- which sites are in reach --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("north_m", "sd_m", "kept"),
    [(1999.0, 0.0, True), (2001.0, 0.0, False), (2199.0, 100.0, True), (2201.0, 100.0, False), (-1999.0, 0.0, True)],
)
def test_reach_is_widened_by_twice_the_error_of_the_position(
    drive: Make, make_site: Make, north_m: float, sd_m: float, kept: bool
) -> None:
    """2 km, and 200 m more for a site that is known to 100 m."""
    site = make_site("S1", 104.0, 30.0 + north_m / DEGREE_M, position_sd_m=sd_m)
    regions = split_regions([drive("a", 0.0)], [], SMALL).value
    assert len(keep_sites_in_reach([site], regions, SMALL).value) == kept


@pytest.mark.parametrize(("north_m", "kept"), [(1900.0, True), (2010.0, True), (2100.0, False)])
def test_a_site_in_doubt_is_in_reach_if_any_place_of_it_is(
    drive: Make, make_site: Make, north_m: float, kept: bool
) -> None:
    """Each place by its own error, 10 m here; what is too far is told with the nearest place."""
    other = SitePlace(104.0, 30.0 + north_m / DEGREE_M, 10.0, 0.1, "GCJ-02")
    site = make_site("S1", 104.0, 30.0 + 9000.0 / DEGREE_M, position_sd_m=20.0, elsewhere=(other,))
    regions = split_regions([drive("a", 0.0)], [], SMALL).value
    outcome = keep_sites_in_reach([site], regions, SMALL)
    assert len(outcome.value) == kept
    assert kept or outcome.rejects[0].values["distance_km"] == pytest.approx(north_m / 1000, rel=0.01)


def test_a_site_out_of_reach_is_told_with_its_distance(drive: Make, make_site: Make) -> None:
    """Near any region is near; what is not is named with its file, its place, how far it is and the reach."""
    regions = split_regions([drive("a", 0.0), drive("b", 20_000.0)], [], SMALL).value
    sites = [
        make_site("S1", 104.0, 30.0, sources=("a.csv", "b.xlsx")),
        make_site("S2", 104.0, 30.0 + 21_000.0 / DEGREE_M),
        make_site("S3", 104.0, 30.0 - 5_040.0 / DEGREE_M, sources=("a.csv", "b.xlsx")),
        make_site("S4", 104.0, 30.0 - 5_040.0 / DEGREE_M),
    ]
    outcome = keep_sites_in_reach(sites, regions, SMALL)
    assert [site.site_id for site in outcome.value] == ["S1", "S2"] and outcome.decisions == ()
    assert [(r.item, r.where) for r in outcome.rejects] == [
        ("a.csv, b.xlsx", "Works S3 (S3)"),
        ("S4", "Works S4 (S4)"),
    ]
    place = f"at 104.00000, {30.0 - 5_040.0 / DEGREE_M:.5f}, 5.0 km from the nearest measurement"
    assert tell(outcome.rejects[0]).reason.startswith(place) and "reach of 2 km" in tell(outcome.rejects[0]).reason


def test_reach_is_ten_kilometres_unless_set(drive: Make, make_site: Make) -> None:
    """The default of the profile, for a site known exactly."""
    regions = split_regions([drive("a", 0.0)], [], SMALL).value
    sites = [make_site(f"S{m}", 104.0, 30.0 + m / DEGREE_M, position_sd_m=0.0) for m in (9_990, 10_010)]
    assert [s.site_id for s in keep_sites_in_reach(sites, regions, RegionSettings()).value] == ["S9990"]


def test_without_measurements_every_site_is_kept(make_site: Make) -> None:
    """Nothing is known of reach, so nobody is out of it; no sites are no error either."""
    sites = [make_site("S1"), make_site("S2", 10.0, 50.0)]
    assert keep_sites_in_reach(sites, [], SMALL) == Outcome(tuple(sites))


def test_no_sites_are_no_error(drive: Make) -> None:
    """A mission without a register."""
    assert keep_sites_in_reach([], split_regions([drive("a", 0.0)], [], SMALL).value, SMALL) == Outcome(())


def test_the_zone_is_that_of_the_middle_of_the_first_region(make_track: Make) -> None:
    """A drive of 601 rows east of 104: its 301st stands at 104.003; the settings beside the zone stay."""
    region = Region("", CRS.from_epsg(4544), (make_track(rows=601),), ())
    settled = with_local_zone(RouteSettings(teams=5), [region])
    assert settled.value == RouteSettings(teams=5, time_zone="Asia/Shanghai")
    assert [tell(d) for d in settled.decisions] == [
        ToldDecision("times of routes and report", "shown in Asia/Shanghai", "zone of the place, 104.0030, 30.0000"),
    ]


def test_no_end_of_a_drive_is_forgotten(drive: Make, make_site: Make) -> None:
    """The second of two rows 3 km apart, and the last of a hundred thousand: sites there are in reach."""
    track = drive("a", 0.0)
    passes = track.passes.assign_coords(lat=("obs", [30.0, 30.0 + 3000.0 / DEGREE_M]))
    regions = split_regions([replace(track, passes=passes)], [], SMALL).value
    site = make_site("S1", 104.0, 30.0 + 4500.0 / DEGREE_M, position_sd_m=0.0)
    assert keep_sites_in_reach([site], regions, SMALL).value == (site,)
    long = drive("b", 0.0, rows=100_001)
    passes = long.passes.assign_coords(lat=("obs", 30.0 + np.linspace(0.0, 3000.0 / DEGREE_M, 100_001)))
    regions = split_regions([replace(long, passes=passes)], [], SMALL).value
    assert keep_sites_in_reach([site], regions, SMALL).value == (site,)
