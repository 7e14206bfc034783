"""Gates on streets: shifted registers are caught where most gates are right, and left alone elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from ingest.coordinates import gcj02_from_wgs84
from ingest.gates import check_gates
from ingest.roads import Road, Roads
from ingest.schema import CrsSource, Site
from ingest.sites import SiteSettings

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
    assert "GCJ-02 11 m" in outcome.decisions[0].evidence


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
    assert [d.decision for d in outcome.decisions] == ["gates not tested against the streets"]


def test_without_roads_or_gates_nothing_happens() -> None:
    """No streets, no test."""
    sites = (plant(1),)
    assert check_gates(sites, Roads(()), SiteSettings()).value == sites
    assert check_gates((), streets(), SiteSettings()).value == ()
