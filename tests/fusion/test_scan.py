"""The scan statistic against SaTScan's own output."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusion.scan import scan_normal
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
