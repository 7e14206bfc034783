"""The scan statistic against SaTScan's own output."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusion.hotspots.scan import scan_normal
from ingest.errors import ContractError


def test_the_normal_sample_gives_the_cluster_of_satscan(shared_data: Path) -> None:
    """SaTScan v10.3.2 on NormalFake: {N,J,S,B,V,M,Q,A}, LLR 3.330109, p 0.362."""
    folder = shared_data / "fusion" / "satscan"
    places = [line.split() for line in (folder / "NormalFake.geo").read_text().splitlines() if line.strip()]
    rows = [line.split() for line in (folder / "NormalFake.cas").read_text().splitlines() if line.strip()]
    cases = [row for row in rows for _ in range(int(row[1]))]  # the second column counts equal observations
    index = {name: k for k, (name, *_) in enumerate(places)}
    cluster = scan_normal(
        np.array([float(p[1]) for p in places]),
        np.array([float(p[2]) for p in places]),
        np.array([index[c[0]] for c in cases]),
        np.array([float(c[2]) for c in cases]),
    )
    assert cluster is not None
    assert {places[k][0] for k in cluster.locations} == set("NJSBVMQA")
    assert cluster.llr == pytest.approx(3.330109, abs=5e-7)
    assert cluster.radius == pytest.approx(37.11, abs=0.005)
    assert (cluster.mean_inside, cluster.mean_outside) == pytest.approx((5.15, 1.89), abs=0.005)
    assert cluster.p_value == pytest.approx(0.362, abs=0.06)


def test_equal_values_have_no_cluster() -> None:
    """Nothing stands out of equal values."""
    x = np.arange(5.0)
    assert scan_normal(x, x, np.arange(5), np.ones(5)) is None


def test_a_value_without_a_location_is_refused() -> None:
    """An index beyond the locations is a broken contract."""
    with pytest.raises(ContractError, match="locations"):
        scan_normal(np.zeros(2), np.zeros(2), np.array([0, 2]), np.ones(2))


def _slow_scan(x, y, location, values, share: float = 0.5) -> tuple[float, set[int]]:
    """Every circle about every place up to every other: half of N times the log of the ratio of variances."""
    best, members = -np.inf, set[int]()
    for centre in range(x.size):
        distance = np.hypot(x - x[centre], y - y[centre])
        for radius in np.unique(distance):
            within = np.isin(location, np.flatnonzero(distance <= radius))
            inside, outside = values[within], values[~within]
            if not inside.size or inside.size > share * values.size or inside.mean() <= outside.mean():
                continue
            one = ((values - values.mean()) ** 2).sum()
            two = ((inside - inside.mean()) ** 2).sum() + ((outside - outside.mean()) ** 2).sum()
            llr = values.size / 2 * np.log(one / two)
            if llr > best + 1e-9:
                best, members = llr, set(np.flatnonzero(distance <= radius).tolist())
    return best, members


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("share", [0.5, 0.2])
def test_the_circle_is_the_best_of_all_circles(seed: int, share: float) -> None:
    """Places on a lattice, so that many are equally far; several observations a place, and places without any."""
    rng = np.random.default_rng(seed)
    x, y = (v.ravel().astype(float) for v in np.mgrid[0:4, 0:4])
    location, values = rng.integers(1, 15, 40), rng.normal(size=40)
    values[location == 6] += 1.0
    found = scan_normal(x, y, location, values, largest_share=share, replications=9)
    llr, members = _slow_scan(x, y, location, values, share)
    assert found is not None and found.llr == pytest.approx(llr)
    seen = {k for k in members if k in location}
    assert {int(k) for k in found.locations if k in location} == seen
    assert found.locations[0] == found.centre
    far = np.hypot(x[found.locations] - x[found.centre], y[found.locations] - y[found.centre])
    assert found.radius == far.max() and (np.diff(far) >= 0).all()
    within = np.isin(location, found.locations)
    assert (found.mean_inside, found.mean_outside) == pytest.approx((values[within].mean(), values[~within].mean()))


def test_p_is_the_share_of_draws_that_reach_it() -> None:
    """Given draws: the data themselves reach, equal values do not; one is added above and below."""
    x = np.arange(10.0)
    values = np.r_[5.0, 4.0, np.tile([0.0, 0.1], 4)]
    weaker = np.r_[1.0, 0.5, np.tile([0.0, 0.7], 4)]
    found = scan_normal(x, np.zeros(10), np.arange(10), values, surrogates=[values, weaker, weaker, values, weaker])
    assert found is not None and found.p_value == pytest.approx(3 / 6)
    assert set(found.locations.tolist()) == {0, 1}
    assert found.radius == 1.0 and (found.mean_inside, found.mean_outside) == pytest.approx((4.5, 0.05))


def test_permutations_are_as_many_as_asked_and_repeat() -> None:
    """The smallest p is one over one more; the same seed gives the same p, another one another."""
    rng = np.random.default_rng(3)
    x, strong = np.arange(30.0), rng.normal(size=30)
    strong[4:9] += 20.0
    found = scan_normal(x, x * 0, np.arange(30), strong, replications=49)
    assert found is not None and found.p_value == pytest.approx(1 / 50)
    usual = scan_normal(x, x * 0, np.arange(30), strong)
    assert usual is not None and usual.p_value == pytest.approx(1 / 1000)
    weak = rng.normal(size=30)
    ps = []
    for seed in (1, 1, 2):
        one = scan_normal(x, x * 0, np.arange(30), weak, replications=199, seed=seed)
        assert one is not None
        ps.append(one.p_value)
    assert ps[0] == ps[1] != ps[2]


def test_where_no_circle_is_high_there_is_no_cluster() -> None:
    """Too few values; no circle small enough; the only one low; three values are enough."""
    x = np.arange(2.0)
    assert scan_normal(x, x, np.array([0, 1]), np.array([1.0, 2.0])) is None
    assert scan_normal(x, x, np.array([0, 0, 1, 1]), np.array([1.0, 2.0, 3.0, 4.0]), largest_share=0.4) is None
    assert scan_normal(x, x, np.array([0, 0, 0, 1]), np.array([5.0, 6.0, 7.0, 1.0])) is None
    three = scan_normal(np.arange(3.0), np.zeros(3), np.arange(3), np.array([1.0, 2.0, 9.0]), replications=9)
    assert three is not None and three.locations.tolist() == [2]
    whole = scan_normal(x, x, np.array([0, 0, 1, 1]), np.array([1.0, 2.0, 3.0, 4.0]), replications=9)
    assert whole is not None and whole.locations.tolist() == [1]  # half of the observations is allowed


@pytest.mark.parametrize(("factor", "offset"), [(1e-4, 0.0), (1e3, 0.0), (1.0, -500.0)])
def test_the_circle_is_free_of_units(factor: float, offset: float) -> None:
    """Values in another unit, or counted from elsewhere: the same circle and ratio."""
    values = np.array([0.1, 0.3, 0.9, 0.8, 0.2, 0.0])
    one, other = (
        scan_normal(np.arange(6.0), np.zeros(6), np.arange(6), v, replications=9)
        for v in (values, factor * values + offset)
    )
    assert one is not None and other is not None
    assert other.llr == pytest.approx(one.llr) and other.locations.tolist() == one.locations.tolist()
    assert (other.mean_inside, other.p_value) == pytest.approx((factor * one.mean_inside + offset, one.p_value))


def test_places_on_one_point_are_one_circle() -> None:
    """A circle holds all of its rim: places at the same distance are in together or not at all."""
    x = np.array([0.0, 0.0, 1.0, 2.0, 3.0, 4.0])
    values = np.array([9.0, 1.0, 0.0, 0.5, 0.2, 0.1])
    found = scan_normal(x, np.zeros(6), np.arange(6), values, replications=9)
    assert found is not None and set(found.locations.tolist()) == {0, 1}


def test_rounding_does_not_open_the_rim() -> None:
    """Places that are equally far but for the last digits are in together, as means of coordinates are."""
    x = 4e5 + np.array([0.0, 20.0 + 2e-10, 40.0 - 2e-10, 60.0, 80.0, 100.0])
    values = np.array([1.0, 9.0, 8.0, 8.5, 0.5, 0.2])
    found = scan_normal(x, np.zeros(6), np.arange(6), values, replications=9)
    assert found is not None and set(found.locations.tolist()) == {1, 2, 3}
    assert found.centre == 2
    skewed = scan_normal(x, np.zeros(6), np.arange(6), np.array([0.0, 0.1, 9.0, 8.0, 0.2, 0.3]), replications=9)
    assert skewed is not None and len(skewed.locations) == 3  # never the centre and one side of its rim


def test_values_and_locations_are_of_one_length() -> None:
    """A value too many is a broken contract, and said in numbers."""
    with pytest.raises(ContractError, match="3 values for 2 observations at 2 locations"):
        scan_normal(np.zeros(2), np.zeros(2), np.array([0, 1]), np.ones(3))
