"""Where to measure again: what is planned at a crossing by hand, and input of which nothing can be made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from fusion.attribution.information.passes import BACKGROUND, UNLISTED
from fusion.schema import Attribution
from ingest.registers.kinds import Zone
from ingest.roads.read import Roads
from onevisit.redrive.leads import with_redrives
from onevisit.redrive.plan import Ground, plan_again
from onevisit.redrive.schema import OUTSIDE, Again
from onevisit.schema import Disposition, Lead
from onevisit.words.telling import tell
from tests.onevisit import two_streets
from tests.onevisit.redrive.scene import GRID, at, block, explained, ground, hotspot, means, road, site


def _codes(outcome) -> list[str]:
    return [d.code for d in outcome.decisions]


@pytest.fixture(scope="module")
def planned():
    """Two sites either side of a hotspot on the south street, with the block's streets."""
    return plan_again([ground("H001")], [site("a"), site("b")], block(), (), means())


def test_a_drive_tells_two_neighbours_apart(planned) -> None:
    """Most of what is open is settled by few streets, each there and back, in the hours at which it was met."""
    drive = planned.value.drives[0]
    (told,) = drive.settles
    assert told.hotspot_id == "H001" and told.rivals == ("a", "b", UNLISTED)
    open_nats = -sum(p * np.log(p) for p in (0.5, 0.4, 0.09, 0.01))
    assert told.open_nats == pytest.approx(open_nats, rel=1e-3)
    assert 0.4 < told.share <= 1.0
    assert {street.passes for street in drive.streets} == {2}
    assert drive.length_m == pytest.approx(sum(2 * s.length_m for s in drive.streets), abs=700.0)
    assert drive.hours is not None
    assert (f"{drive.hours.start:%H:%M}", f"{drive.hours.end:%H:%M}") == ("09:30", "12:00")
    assert BACKGROUND not in told.rivals


def test_the_wind_brings_the_plumes_to_the_streets_that_are_driven(planned) -> None:
    """Seen from what is in question the streets of the first drive lie downwind, to a quarter turn."""
    drive = planned.value.drives[0]
    towards = np.radians(90.0 - (drive.wind_from_deg + 180.0))
    downwind = {"N": (0, 1), "NE": (1, 1), "E": (1, 0), "SE": (1, -1), "S": (0, -1), "SW": (-1, -1), "W": (-1, 0),
                "NW": (-1, 1)}  # fmt: skip
    first = np.array(downwind[drive.streets[0].side], float)
    along = first @ np.array([np.cos(towards), np.sin(towards)]) / np.hypot(*first)
    assert along > 0.5


def test_the_same_mission_gives_the_same_plan(planned) -> None:
    """Particles are drawn from a fixed seed."""
    again = plan_again([ground("H001")], [site("a"), site("b")], block(), (), means())
    assert again == planned


def test_no_motorway_and_no_tunnel_is_measured_on() -> None:
    """Of the block's streets the one that would be best may not be stopped on."""
    closed = Roads(tuple(replace(line, may_stop=line.name != "South") for line in block().lines))
    outcome = plan_again([ground("H001")], [], closed, (), means())
    assert outcome.value.drives
    assert all(street.name != "South" for drive in outcome.value.drives for street in drive.streets)


def test_nothing_is_planned_where_the_duty_officer_has_not_cleared_a_place() -> None:
    """One of two places is urgent: only the other is driven; both: nobody drives or flies."""
    grounds = [ground("H001", "H002")]
    one = plan_again(grounds, [], block(), (), means(), urgent={"H001"})
    told = {s.hotspot_id for d in (*one.value.drives, *one.value.flights) for s in d.settles}
    assert told == {"H002"}
    assert one.decisions[0].code == "redrive_waits_for_clearance" and one.decisions[0].values == {
        "hotspots": ("H001",)
    }
    both = plan_again(grounds, [], block(), (), means(), urgent={"H001", "H002"})
    assert both.value == Again()
    assert _codes(both) == ["redrive_waits_for_clearance", "redrive_nothing_to_settle"]


def test_the_register_is_checked_first_where_a_place_is_in_doubt() -> None:
    """A site known to 300 m is named, one known to 10 m is not."""
    outcome = plan_again([ground("H001")], [site("a", sd_m=300.0), site("b")], block(), (), means())
    assert {s.check_first for d in outcome.value.drives for s in d.settles} == {("a",)}


def test_without_hotspots_nothing_is_said() -> None:
    """No drive, no flight, no decision."""
    outcome = plan_again([Ground(GRID, (), (), ())], [], block(), (), means())
    assert (outcome.value, outcome.decisions, outcome.rejects) == (Again(), (), ())


def test_settled_hotspots_are_not_driven_again() -> None:
    """One explanation of 99 % leaves 0.06 nats."""
    sure = replace(ground("H001"), attributions=(explained(shares=(0.99, 0.0), unlisted=0.005),))
    outcome = plan_again([sure], [], block(), (), means())
    assert outcome.value == Again() and _codes(outcome) == ["redrive_nothing_to_settle"]


def test_a_single_sighting_is_open_by_what_a_fault_may_have_made() -> None:
    """One explanation of 99 %, met by one pass: a fault of one in twenty is asked about."""
    sure = Ground(GRID, (), (hotspot(tier_single=True),), (explained(shares=(0.99, 0.0), unlisted=0.005),))
    drives = plan_again([sure], [], block(), (), means()).value.drives
    assert drives and drives[0].settles[0].rivals[:2] == ("a", BACKGROUND)


@pytest.mark.parametrize("roads", [None, Roads(()), Roads((road((90_000.0, 0.0), (90_300.0, 0.0)),))])
def test_without_streets_near_by_those_that_were_driven_serve(roads: Roads | None) -> None:
    """No network, an empty one, and one of another town; a drive 90 m east and 60 m north is all there is."""
    driven = two_streets.drive()
    lon, lat = driven.passes["lon"].values, driven.passes["lat"].values
    place = hotspot()
    here = replace(place, lon=float(lon.mean()), lat=float(lat.mean()) + 3e-4)
    outcome = plan_again([Ground(GRID, (driven,), (here,), (explained(),))], [], roads, (), means())
    assert _codes(outcome)[:2] == ["redrive_wind_assumed", "redrive_streets_driven"]
    assert all(not drive.on_roads for drive in outcome.value.drives)


def test_without_any_street_a_drone_may_still_settle_it() -> None:
    """Nothing was driven and no network came: said, and a flight is planned."""
    outcome = plan_again([ground("H001")], [], None, (), means())
    assert not outcome.value.drives and "redrive_no_streets" in _codes(outcome)
    assert [flight.id for flight in outcome.value.flights] == ["F1"]


def test_one_street_is_enough_for_a_drive() -> None:
    """There and back along the south street."""
    outcome = plan_again([ground("H001")], [], Roads((road((0.0, 0.0), (300.0, 0.0), name="South"),)), (), means())
    drive = outcome.value.drives[0]
    assert [street.name for street in drive.streets] == ["South"]
    assert drive.length_m == pytest.approx(600.0, abs=2.0)
    assert drive.way[0] == pytest.approx(drive.way[-1], abs=1e-7)


def test_a_drive_is_no_longer_than_a_shift_allows() -> None:
    """At 25 km/h a shift of 0.04 h is 1 km: one street of the block at most, there and back."""
    outcome = plan_again([ground("H001")], [], block(), (), means(shift_h=0.04))
    assert all(len(drive.streets) == 1 for drive in outcome.value.drives)
    assert outcome.value.drives


def test_a_hotspot_without_a_detection_limit_is_not_asked_about() -> None:
    """Nobody knows what a pass would see."""
    blind = replace(ground("H001"), attributions=(replace(explained(), detection_limit=None),))
    outcome = plan_again([blind], [], block(), (), means())
    assert outcome.value == Again() and _codes(outcome) == ["redrive_not_asked", "redrive_nothing_to_settle"]


def test_a_hotspot_that_was_not_weighed_is_left_out() -> None:
    """No attribution, no question."""
    outcome = plan_again([replace(ground("H001"), attributions=())], [], block(), (), means())
    assert outcome.value == Again()


def _flight_zone(limit_m: float) -> Zone:
    lon, lat = at((150.0, 80.0))[0]
    return Zone("机场", limit_m, shapely.box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01), "a.geojson")


def test_a_flight_stays_low_by_day_and_its_airspace_is_told() -> None:
    """30 m and a blank without a register; 25 m in a zone of 25 m; outside of a far zone; none in one of 0."""
    grounds = [ground("H001")]
    blank = plan_again(grounds, [], None, (), means()).value.flights[0]
    assert (blank.height_m, blank.airspace, len(blank.waypoints) % 2) == (30.0, "", 0)
    assert (f"{blank.daylight.start:%H}", f"{blank.daylight.end:%H}") == ("06", "19")
    low = plan_again(grounds, [], None, (_flight_zone(25.0),), means()).value.flights[0]
    assert (low.height_m, low.airspace) == (25.0, "机场")
    far = replace(_flight_zone(0.0), shape=shapely.box(10, 10, 11, 11))
    assert plan_again(grounds, [], None, (far,), means()).value.flights[0].airspace == OUTSIDE
    closed = plan_again(grounds, [], None, (_flight_zone(0.0),), means())
    assert closed.value == Again() and "flight_airspace_closed" in _codes(closed)


def test_every_decision_has_its_sentence_in_both_languages() -> None:
    """None is told by its code."""
    codes = []
    for roads, urgent, zones in ((None, {"H002"}, (_flight_zone(0.0),)), (block(), set(), ())):
        for d in plan_again([ground("H001", "H002")], [], roads, zones, means(), urgent=urgent).decisions:
            codes.append(d.code)
            for lang in ("en", "zh"):
                told = tell(d, lang)
                assert d.code not in told.decision and d.code not in told.evidence and "{" not in told.decision
    assert {"redrive_no_streets", "flight_airspace_closed", "redrive_wind_assumed"} <= set(codes)


def _lead(disposition: Disposition, *hotspots: str) -> Lead:
    return Lead("a", "A", "a", 104.0, 30.0, (), (), 0.5, disposition, (), (), hotspot_ids=hotspots)


def test_leads_to_be_measured_again_name_what_would_tell(planned) -> None:
    """Those of their hotspots, in the order planned; other leads and hotspots name none."""
    leads = [
        _lead(Disposition.MEASURE_AGAIN, "H001"), _lead(Disposition.VISIT, "H001"),
        _lead(Disposition.MEASURE_AGAIN, "H009"),
    ]  # fmt: skip
    named = [lead.redrives for lead in with_redrives(leads, planned.value).value]
    assert named == [planned.value.of_hotspots(["H001"]), (), ()]
    assert named[0][0] == "D1"


def test_regions_number_their_drives_on() -> None:
    """Two regions with one hotspot each: D1 and then the next number."""
    two = plan_again([ground("H001"), ground("H001-2")], [], block(), (), means()).value
    assert [drive.id for drive in two.drives] == [f"D{k}" for k in range(1, len(two.drives) + 1)]
    assert {s.hotspot_id for drive in two.drives for s in drive.settles} == {"H001", "H001-2"}


def test_attributions_of_the_scene_sum_to_one() -> None:
    """The scene is what a mission gives."""
    one: Attribution = explained()
    assert sum(s.probability for s in one.sites) + one.unlisted + one.background == pytest.approx(1.0)
