"""The benchmark of speed runs, and its page holds every measure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_page_of_speed_is_written(tmp_path: Path) -> None:
    """A small run writes a table with rows a second, memory, two cores and both ratios; the page in docs is left."""
    page = tmp_path / "speed.md"
    command = [sys.executable, "-m", "benchmarks.speed_tracks", "--rows", "20000", "--compare-rows", "5000"]
    subprocess.run([*command, "--out", str(page)], check=True, cwd=ROOT, capture_output=True, timeout=300)
    text = page.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(lines) == 7
    for word in ("20,000 rows", "memory", "two drives", "pandas", "percentile_filter", "road segments"):
        assert word in text
    assert "nan" not in text
