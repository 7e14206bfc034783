"""The imagery benchmarks run, small, so that they cannot rot."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import skill_imagery, speed_imagery
from benchmarks.blocks_imagery import GRID, score_block, simulate_block
from benchmarks.peers_imagery import pose_with_pycolmap, project_with_orthority
from benchmarks.real_data import VARIABLE
from imagery import ImagerySettings, process_frames


@pytest.mark.slow
def test_skill_page_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without real data the page holds the simulated blocks only."""
    page = tmp_path / "skill.md"
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    skill_imagery.main(["--out", str(page), "--blocks", "1", "--first-seed", "1"])
    text = page.read_text(encoding="utf-8")
    assert "mismatch between photos" in text
    assert "inside its stated 90 % circle" in text


def test_speed_page_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without real data and with no simulated size the page has a head and no row."""
    page = tmp_path / "speed.md"
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    speed_imagery.main(["--out", str(page), "--photos", ""])
    assert "times the floor" in page.read_text(encoding="utf-8")


@pytest.mark.slow
def test_simulated_block_is_found_within_a_pixel(tmp_path: Path) -> None:
    """On relief, with a lens, tilts and a boresight nobody told, photos agree within a pixel (tuning seed)."""
    block = simulate_block(tmp_path, 3, gps_sd_m=0.03, strips=2, per_strip=4)
    ortho = process_frames(block.frames, ImagerySettings(gsd_m=0.2), crs=GRID).value
    score = score_block(block, ortho)
    assert score.used == 8
    assert score.mismatch_m < 0.1
    assert score.coverage > 0.8


def test_peers_that_are_not_there_are_not_run(tmp_path: Path) -> None:
    """Without an environment, and in one that holds neither, no peer is timed."""
    for peers in (None, tmp_path):
        assert project_with_orthority(peers, [], tmp_path, tmp_path, crs="EPSG:32615", gsd_m=0.05) is None
        assert pose_with_pycolmap(peers, tmp_path, tmp_path) is None


def test_peer_that_fails_is_told_with_its_message(tmp_path: Path) -> None:
    """A program that ends in an error is not a row of the table."""
    program = tmp_path / "bin" / "oty"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho no such dem\nexit 2\n", encoding="utf-8")
    program.chmod(0o755)
    with pytest.raises(RuntimeError, match="no such dem"):
        project_with_orthority(tmp_path, [], tmp_path, tmp_path, crs="EPSG:32615", gsd_m=0.05)
