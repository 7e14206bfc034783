"""Gates and places against streets: distances in every system, bands learned from the rows."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.coordinates import bd09_from_gcj02, gcj02_from_wgs84
from ingest.registers import gates
from ingest.registers.gates import measure_streets
from ingest.registers.listings import Listing
from ingest.registers.places import HYPOTHESES
from ingest.roads.read import Road, Roads
from tests.ingest.immutable import mutable_values
from tests.ingest.registers.register_rows import listing, place

LON, LAT, DEG_M = 104.06, 30.66, 111_320.0
EAST_M = DEG_M * np.cos(np.radians(LAT))  # metres of a degree of longitude
STREET = Roads((Road(np.array([[LON, LAT - 0.1], [LON, LAT + 0.1]])),))
"""A straight street of 20 km to the north."""


def numbers(east_m: float, holds: str) -> tuple[float, float]:
    """Numbers of a system of a place so far east of the street."""
    x, y = LON + east_m / EAST_M, LAT
    if holds != "WGS 84":
        x, y = (float(v) for v in gcj02_from_wgs84(x, y))
    if holds == "BD-09":
        x, y = (float(v) for v in bd09_from_gcj02(x, y))
    return x, y


def row(gate_m: float | None, place_m: float, *, holds: str = "WGS 84", part: str = "site") -> Listing:
    """A row whose gate and place lie so far from the street, said to be WGS 84."""
    gate = None if gate_m is None else place(*numbers(gate_m, holds))
    return listing("a.csv", gate=gate, place=place(*numbers(place_m, holds)), part=part)


@pytest.mark.parametrize("holds", HYPOTHESES)
def test_distances_are_those_of_every_system(holds: str) -> None:
    """The numbers lie where they should in their own system, on either side of the street; elsewhere in others."""
    found = measure_streets([row(17.0, 60.0, holds=holds), row(-24.0, -3.0, holds=holds)], STREET)
    assert found is not None
    own = HYPOTHESES.index(holds)
    np.testing.assert_allclose(found.gate_m[:, own], [17.0, 24.0], atol=0.1)
    np.testing.assert_allclose(found.place_m[:, own], [60.0, 3.0], atol=0.1)
    others = np.delete(found.gate_m, own, axis=1)
    assert (others > 100.0).all()


def test_what_has_no_place_or_no_system_of_degrees_has_no_distance() -> None:
    """Rows in metres and without a gate; a row that is a gate has no place of a site; without streets nothing."""
    metres = listing("a.csv", place=place(LON, LAT, crs="EPSG:4544"))
    rows = [row(None, 5.0), row(None, 5.0, part="gate"), metres, row(None, 5.0, part="outlet")]
    found = measure_streets(rows, STREET)
    assert found is not None
    assert np.isfinite(found.gate_m[:, 0]).tolist() == [False, True, False, False]
    assert np.isfinite(found.place_m[:, 0]).tolist() == [True, False, False, False]
    dot = Roads((Road(np.array([[LON, LAT]])),))
    assert measure_streets(rows, None) is None and measure_streets(rows, dot) is None
    assert measure_streets([metres], STREET) is None


def test_bands_of_a_distance() -> None:
    """Carriageway, verges, sides of wide streets, plots, far; NaN is none."""
    found = gates._bands(np.array([0.0, 6.0, 6.1, 12.1, 18.1, 25.1, 50.1, np.nan]))
    assert found.tolist() == [0, 0, 1, 2, 3, 4, 5, -1]


def test_right_gates_are_learned_from_the_rows_and_blurred_by_the_ground() -> None:
    """Twenty gates of which eighteen lie 17 m off: (18 + 5 c) / 25 of that band, with c the share of the ground."""
    rows = [row(17.0, 60.0) for _ in range(18)] + [row(40.0, 60.0) for _ in range(2)]
    found = measure_streets(rows, STREET)
    assert found is not None
    for k, count in enumerate([0, 0, 18, 0, 2, 0]):
        assert found.gate_right[k] == pytest.approx((count + 5.0 * found.chance[k]) / 25.0)
    assert found.gate_right.sum() == found.chance.sum() == pytest.approx(1.0)
    assert found.chance[5] > 0.8  # one street in a square of two kilometres


def test_rows_that_are_all_shifted_teach_by_the_system_they_hold() -> None:
    """The reading that is much less like the ground counts, not what the rows say; of three rows it is not proven."""
    rows = [row(17.0, 60.0 + 9 * k, holds="GCJ-02") for k in range(20)]
    found = measure_streets(rows, STREET)
    assert found is not None and found.gate_right[2] > 0.8
    few = measure_streets(rows[:3], STREET)
    assert few is not None and few.gate_right[2] < 0.1
    gate, at_place = found.tests([3, 5])
    assert gate.band[:, 1].tolist() == [2, 2] and at_place.band[:, 1].tolist() == [5, 5]
    assert gate.right is found.gate_right and at_place.right is found.place_right


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(gates) == []
