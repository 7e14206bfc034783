"""The benchmarks of the room run, so that they cannot rot."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks import skill_fusion, skill_hotspots, speed_fusion
from fusion import FusionSettings


def test_false_alarms_are_counted_on_every_made_map(tmp_path: Path) -> None:
    """Two maps of each kind, without the real data: a row each, nothing found, no page."""
    rows = skill_hotspots.run_all(tmp_path / "none", maps=2, workers=1, settings=FusionSettings(surrogates=99))
    assert len(rows) == 4
    assert all(row.measured.startswith("0.0%") for row in rows)
    text = skill_hotspots.page(rows, 1.0)
    assert text.count("| ≤ 6 % |") == 4


def test_shuffled_plumes_stay_whole() -> None:
    """The values of a pass are the same in another order, and a plume is not cut."""
    values, plume = np.arange(400.0), np.full(400, -1)
    plume[50:70] = 3
    shuffled = skill_hotspots._shuffle_pieces(values, plume, np.random.default_rng(0))
    assert sorted(shuffled) == sorted(values) and not np.array_equal(shuffled, values)
    at = int(np.flatnonzero(shuffled == 50.0)[0])
    np.testing.assert_array_equal(shuffled[at : at + 20], np.arange(50.0, 70.0))


def test_references_equal(shared_data: Path) -> None:
    """Gi* and the scan statistic meet their published numbers."""
    assert all(row.met for row in skill_hotspots.references(shared_data))


def test_speed_is_measured_on_small_arrays(tmp_path: Path) -> None:
    """Every case gives a row; what does not depend on the machine is met; a page that was written is read back."""
    rows = speed_fusion.run_all(side=120, points=20_000, many=200_000, repeats=1, city=(4, 50, 2), timed=2)
    assert len(rows) == 9
    assert [row.met for row in rows if "by dask" in row.case or "out of core" in row.case] == [True, True]
    page = tmp_path / "page.md"
    page.write_text(speed_fusion.page(rows), encoding="utf-8")
    assert "| Gi* on 120" in page.read_text(encoding="utf-8")
    assert speed_fusion.read_page(page) == rows


def test_a_release_is_located(shared_data: Path) -> None:
    """The first run of Prairie Grass: a row a figure, and the truth is not far across the wind."""
    rows = skill_fusion.run_all(shared_data, runs=1)
    releases = skill_fusion.read_releases(shared_data / "fusion" / "prairie_grass_1956")
    assert len(releases) == 53 and releases[0].rate == 77_800.0
    assert float(rows[3].everything.split()[0]) < 30.0
    assert "| one arc at 200 m: truth" in skill_fusion.page(rows, 1.0)


def test_without_releases_nothing_is_scored(tmp_path: Path) -> None:
    """No rows, no page."""
    assert skill_fusion.run_all(tmp_path) == []
