"""Gates on streets: shifted registers are caught where most gates are right, and left alone elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from ingest.coordinates import bd09_from_gcj02, gcj02_from_wgs84
from ingest.outcome import Decision
from ingest.registers.gates import check_gates
from ingest.registers.places import to_wgs84
from ingest.registers.read import SiteSettings
from ingest.roads.read import Road, Roads
from ingest.schema import CrsSource, Site
from onevisit.words.telling import ToldDecision, tell

LON, LAT, STEP = 104.06, 30.66, 0.0021  # a lattice of streets 200 m by 234 m


def streets() -> Roads:
    """Ten streets each way."""
    far = 10 * STEP
    lines = []
    for k in range(11):
        lines.append(Road(np.array([[LON + k * STEP, LAT], [LON + k * STEP, LAT + far]])))
        lines.append(Road(np.array([[LON, LAT + k * STEP], [LON + far, LAT + k * STEP]])))
    return Roads(tuple(lines))


def plant(number: int, *, shifted: bool = False, parcel: bool = False) -> Site:
    """A site in a block, its gate 11 m from the street north of it; shifted: GCJ-02 numbers under the name WGS 84."""
    lon, lat = LON + (number % 8 + 0.5) * STEP, LAT + (number // 8 + 2) * STEP - 0.0007
    gate = (lon, lat + 0.0006)
    box = shapely.box(lon - 5e-4, lat - 5e-4, lon + 5e-4, lat + 5e-4) if parcel else None
    if shifted:
        lon, lat = (float(v) for v in gcj02_from_wgs84(lon, lat))
        gate = (float(gcj02_from_wgs84(*gate)[0]), float(gcj02_from_wgs84(*gate)[1]))
    return Site(
        f"S{number:02d}", f"厂{number}", lon, lat, 30.0, "WGS 84", CrsSource.DECLARED,
        gate=shapely.Point(gate), parcel=box, sources=("a.csv",),
    )  # fmt: skip


def test_shifted_rows_among_right_ones_are_put_back() -> None:
    """Three of twenty rows hold GCJ-02: they come back to their place with a wider deviation, the others stay."""
    sites = [plant(k, shifted=k in (3, 9, 14)) for k in range(20)]
    outcome = check_gates(sites, streets(), SiteSettings())
    truth = [plant(k) for k in range(20)]
    assert np.allclose([(s.lon, s.lat) for s in outcome.value], [(s.lon, s.lat) for s in truth], atol=1e-8)
    assert [s.site_id for s in outcome.value if s.crs_source is CrsSource.GUESSED] == ["S03", "S09", "S14"]
    assert outcome.value[3].position_sd_m == pytest.approx(np.hypot(30.0, 80.0))
    assert [d.item for d in outcome.decisions] == ["a.csv, 厂3", "a.csv, 厂9", "a.csv, 厂14"]
    assert "GCJ-02 11 m" in tell(outcome.decisions[0]).evidence


def test_right_register_is_left_alone() -> None:
    """Nothing to mend, no decision."""
    sites = [plant(k) for k in range(20)]
    outcome = check_gates(sites, streets(), SiteSettings())
    assert outcome.value == tuple(sites)
    assert outcome.decisions == ()


def test_parcel_weighs_more_than_a_street() -> None:
    """A site with a parcel was tested against it already."""
    sites = [plant(k, shifted=k == 3, parcel=k == 3) for k in range(20)]
    assert check_gates(sites, streets(), SiteSettings()).value == tuple(sites)


@pytest.mark.parametrize("count", [9, 20])
def test_too_few_or_mostly_odd_gates_change_nothing(count: int) -> None:
    """Nine gates are no evidence, nor are twenty of which half lie off the streets; both are said."""
    sites = [plant(k, shifted=count == 20 and k % 2 == 0) for k in range(count)]
    outcome = check_gates(sites, streets(), SiteSettings())
    assert outcome.value == tuple(sites)
    assert [tell(d).decision for d in outcome.decisions] == ["gates not tested against the streets"]


def test_without_roads_or_gates_nothing_happens() -> None:
    """No streets, no test."""
    sites = (plant(1),)
    assert check_gates(sites, Roads(()), SiteSettings()).value == sites
    assert check_gates((), streets(), SiteSettings()).value == ()


# --- limits --------------------------------------------------------------------------------------------------------

DEG_M = 111_320.0
EAST_M = DEG_M * np.cos(np.radians(LAT))  # metres of a degree of longitude


def numbers(lon: float, lat: float, crs: str) -> tuple[float, float]:
    """A place in the numbers of a system."""
    x, y = np.float64(lon), np.float64(lat)
    if crs != "WGS 84":
        x, y = gcj02_from_wgs84(x, y)
    if crs == "BD-09":
        x, y = bd09_from_gcj02(x, y)
    return float(x), float(y)


def northward(lon: float = LON) -> Road:
    """A straight street of 20 km to the north."""
    return Road(np.array([[lon, LAT - 0.1], [lon, LAT + 0.1]]))


def gate_at(east_m: float, *, holds: str = "WGS 84", says: str = "WGS 84", **changes: object) -> Site:
    """A site 50 m north of its gate, which is so far east of the first street, in numbers of the system it holds."""
    truth = (LON + east_m / EAST_M, LAT)
    gate, middle, stack = (
        to_wgs84(*numbers(truth[0], truth[1] + north_m / DEG_M, holds), says) for north_m in (0.0, 50.0, 80.0)
    )
    fields = {"gate": shapely.Point(gate), "stacks": (shapely.Point(stack),), "sources": ("a.csv", "b.csv")} | changes
    return Site("S", "厂", *middle, 30.0, says, CrsSource.DECLARED, **fields)  # type: ignore[arg-type]


def check(sites: list[Site], *streets: Road, **changes: object) -> tuple[list[str], tuple[Decision, ...]]:
    """System of every site after the test, and the decisions."""
    outcome = check_gates(sites, Roads(streets or (northward(),)), SiteSettings(**changes))  # type: ignore[arg-type]
    return [site.crs for site in outcome.value], outcome.decisions


@pytest.mark.parametrize(
    ("holds", "says"),
    [
        ("GCJ-02", "WGS 84"), ("BD-09", "WGS 84"), ("WGS 84", "GCJ-02"), ("BD-09", "GCJ-02"), ("WGS 84", "BD-09"),
        ("GCJ-02", "BD-09"),
    ],
)  # fmt: skip
def test_every_false_name_is_found(holds: str, says: str) -> None:
    """Any of the three under the name of another: site, gate and stacks come to their places, the rest stays."""
    wrong = gate_at(0.0, holds=holds, says=says)
    outcome = check_gates([*[gate_at(10.0)] * 11, wrong], Roads((northward(),)), SiteSettings())
    found = outcome.value[-1]
    for point, north_m in ((shapely.Point(found.lon, found.lat), 50.0), (found.gate, 0.0), (found.stacks[0], 80.0)):
        assert point is not None
        assert (point.x, point.y) == pytest.approx((LON, LAT + north_m / DEG_M), abs=1e-8)
    assert (found.crs, found.crs_source) == (holds, CrsSource.GUESSED)
    assert found.position_sd_m == pytest.approx(np.hypot(30.0, 80.0))
    assert (found.site_id, found.name, found.sources) == (wrong.site_id, wrong.name, wrong.sources)
    [decision] = outcome.decisions
    assert (decision.item, tell(decision).decision) == (
        "a.csv, 厂", f"coordinates read as {holds}, although declared as {says}",
    )  # fmt: skip
    assert f"{holds} 0 m" in tell(decision).evidence
    assert tell(decision).evidence.startswith("distance of its gate to the nearest street: WGS 84 ")


@pytest.mark.parametrize(("east_m", "usual_m", "found"), [
    (24.9, 10.0, True), (25.1, 10.0, False), (-24.9, 10.0, True), (-25.1, 10.0, False),
    (24.9, 16.0, True), (25.1, 17.0, True), (59.9, 40.0, True), (60.1, 40.0, False),
])  # fmt: skip
def test_how_near_a_street_must_be(east_m: float, usual_m: float, found: bool) -> None:
    """25 m, or one and a half times the usual distance of the gates if that is more; on either side of the street."""
    sites = [gate_at(usual_m), gate_at(-usual_m)] * 8 + [gate_at(0.0)] * 2
    systems, decisions = check([*sites, gate_at(east_m, holds="GCJ-02")])
    assert systems == ["WGS 84"] * 18 + ["GCJ-02" if found else "WGS 84"]
    assert len(decisions) == found


@pytest.mark.parametrize(("north_m", "found"), [(24.9, True), (25.1, False)])
def test_distances_are_the_same_in_both_directions(north_m: float, found: bool) -> None:
    """A street to the east, so many metres north of the gate."""
    eastward = Road(np.array([[LON - 0.1, LAT + north_m / DEG_M], [LON + 0.1, LAT + north_m / DEG_M]]))
    systems, _ = check([*[gate_at(0.0)] * 11, gate_at(-3000.0, holds="GCJ-02")], northward(), eastward)
    assert systems[-1] == ("GCJ-02" if found else "WGS 84")


@pytest.mark.parametrize(("east_m", "kept"), [(24.9, True), (25.1, False)])
def test_a_gate_that_is_near_a_street_as_it_is_read_is_left(east_m: float, kept: bool) -> None:
    """Although it would lie on another street in another system."""
    other = to_wgs84(LON + east_m / EAST_M, LAT, "GCJ-02")[0]
    systems, _ = check([*[gate_at(0.0)] * 11, gate_at(east_m)], northward(), northward(other))
    assert systems[-1] == ("WGS 84" if kept else "GCJ-02")


def test_of_two_fitting_systems_the_smaller_shift_is_taken() -> None:
    """GCJ-02 before BD-09, where streets lie under both; BD-09 where only that fits."""
    site = gate_at(3000.0)
    gcj, bd = (to_wgs84(LON + 3000.0 / EAST_M, LAT, name)[0] for name in ("GCJ-02", "BD-09"))
    good = [gate_at(0.0)] * 11
    assert check([*good, site], northward(), northward(bd), northward(gcj))[0][-1] == "GCJ-02"
    assert check([*good, site], northward(), northward(bd))[0][-1] == "BD-09"


@pytest.mark.parametrize(("right", "tested"), [(16, True), (15, False)])
def test_four_in_five_gates_must_lie_at_a_street(right: int, tested: bool) -> None:
    """16 of 20 are enough, 15 are not, and the numbers are told."""
    sites = [gate_at(0.0)] * right + [gate_at(0.0, holds="GCJ-02")] * (20 - right)
    systems, decisions = check(sites)
    assert systems.count("GCJ-02") == (4 if tested else 0)
    text = "20 gates, 75 % of them within 25 m of a street"
    told = ToldDecision("registers", "gates not tested against the streets", text)
    assert ([tell(d) for d in decisions] == [told]) == (not tested)


@pytest.mark.parametrize(
    ("needed", "count", "tested"), [(10, 10, True), (10, 9, False), (12, 11, False), (12, 12, True)]
)
def test_enough_gates_are_needed(needed: int, count: int, tested: bool) -> None:
    """As many as are set; sites without a gate, and those in metres, are none."""
    sites = [gate_at(0.0)] * (count - 1) + [gate_at(0.0, holds="GCJ-02")]
    sites += [Site("T", "x", LON, LAT, 1.0, "EPSG:4544", CrsSource.DECLARED, gate=shapely.Point(LON, LAT))] * 5
    sites += [gate_at(0.0, gate=None)] * 5
    systems, decisions = check(sites, gates_needed=needed)
    assert (systems[count - 1] == "GCJ-02") == tested
    told = f"{count} gates, {100 * (count - 1) / count:.0f} % of them within 25 m of a street"
    assert [tell(d).evidence for d in decisions if "not tested" in tell(d).decision] == ([] if tested else [told])


def test_distances_and_deviations_are_settings() -> None:
    """Another nearness, position and doubt take the place of the usual ones."""
    sites = [*[gate_at(0.0)] * 11, gate_at(30.0, holds="GCJ-02")]
    assert check(sites)[0][-1] == "WGS 84"
    settings = SiteSettings(gate_road_m=31.0, position_sd_m=3.0, gate_guess_sd_m=4.0)
    found = check_gates(sites, Roads((northward(),)), settings).value[-1]
    assert (found.crs, found.position_sd_m) == ("GCJ-02", pytest.approx(5.0))


def test_sites_of_no_register_and_lines_of_one_point() -> None:
    """A decision on a site without a source names the registers; a line of one vertex is no street."""
    dot = Road(np.array([[LON + 0.01, LAT]]))
    systems, [decision] = check([*[gate_at(0.0)] * 11, gate_at(0.0, holds="GCJ-02", sources=())], northward(), dot)
    assert systems[-1] == "GCJ-02"
    assert decision.item == "registers, 厂"


def test_sites_that_are_not_tested_keep_their_places_in_the_list() -> None:
    """Sites without a gate among the others do not shift what is found."""
    bare = gate_at(0.0, gate=None)
    sites = [bare, gate_at(0.0, holds="GCJ-02"), bare, *[gate_at(0.0)] * 11, bare, gate_at(0.0, holds="GCJ-02")]
    systems, _ = check(sites)
    assert [k for k, name in enumerate(systems) if name == "GCJ-02"] == [1, 15]
