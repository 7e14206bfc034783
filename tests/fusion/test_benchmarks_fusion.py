"""The benchmarks of the room run, so that they cannot rot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import peers_fusion, skill_fusion, skill_hotspots, speed_fusion
from fusion import FusionSettings


def test_false_alarms_are_counted_on_every_made_map(tmp_path: Path) -> None:
    """Two maps of each kind, without the real data: a row each, nothing found, no page."""
    rows = skill_hotspots.run_all(tmp_path / "none", maps=2, workers=1, settings=FusionSettings(surrogates=99))
    assert len(rows) == 8
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


@pytest.mark.slow
def test_speed_is_measured_on_small_arrays(tmp_path: Path) -> None:
    """Every case gives a row; a page that was written is read back."""
    rows = speed_fusion.run_all(
        side=120, points=20_000, repeats=1, city=(4, 50, 2), many=(30, 11, 1.0), wide=(1, 90, 2.0)
    )
    assert len(rows) == 8
    page = tmp_path / "page.md"
    page.write_text(speed_fusion.page(rows), encoding="utf-8")
    assert "| 2e+04 samples of one pass onto 120 × 120" in page.read_text(encoding="utf-8")
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


def _peer(folder: Path, script: str) -> Path:
    """An environment whose Python is a script."""
    (folder / "lib" / "python3" / "site-packages" / "pyelq").mkdir(parents=True)
    program = folder / "bin" / "python"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return folder


def test_a_made_drive_is_located() -> None:
    """Six passes of one source: a plume on each street, and the place nearer than the nearer street (tuning seed)."""
    drive = peers_fusion.simulate_drive(0, FusionSettings())
    assert len(drive.binned) == 6 and 150 <= drive.observations <= 300
    assert min(p.value.max() for p in drive.binned) > 5 * peers_fusion.NOISE_PPM
    assert peers_fusion.locate_here(drive, FusionSettings()).error_m < peers_fusion.STREETS_M[0] / 2


def test_the_peer_is_compared_in_a_section(tmp_path: Path) -> None:
    """What the peer says becomes a row, its distance from the truth and a verdict; a later page keeps it."""
    peers = _peer(tmp_path, "cat > /dev/null; echo a warning; echo '[30.0, 40.0, 12.0, 4.0, 0.001]'")
    found = peers_fusion.compare(peers, seeds=(0,))
    assert found[0][2] == peers_fusion.Located(50.0, 12.0, 0.001, 4.0)
    text = peers_fusion.section(found)
    assert "| 50 m | 12 m | 4.0 |" in text
    assert "| at least as near | 15 m against 50 m (nearest: 12 m) | yes |" in text
    assert "| **no** |" in text.splitlines()[-1]
    assert peers_fusion.former_section(f"# A page\n\n{text}") == text


def test_a_peer_without_a_source_is_infinitely_far(tmp_path: Path) -> None:
    """A chain that ends without a source is told so, and is no undefined median."""
    peers = _peer(tmp_path, "cat > /dev/null; echo '[NaN, NaN, NaN, 0.0, 100.0]'")
    text = peers_fusion.section(peers_fusion.compare(peers, seeds=(0,)))
    assert "against inf m" in text and "nan" not in text


def test_a_peer_that_is_not_there_is_not_run(tmp_path: Path) -> None:
    """Without an environment, or in one without it, there is no row, and the page says so."""
    for peers in (None, tmp_path):
        assert peers_fusion.compare(peers, seeds=(0,)) == []
    text = peers_fusion.section([])
    assert "not run here" in text and peers_fusion.former_section(text) is None


def test_a_peer_that_fails_is_told_with_its_message(tmp_path: Path) -> None:
    """A peer that ends in an error is no row of the table."""
    peers = _peer(tmp_path, "echo no coverage >&2; exit 3")
    with pytest.raises(RuntimeError, match="no coverage"):
        peers_fusion.compare(peers, seeds=(0,))
