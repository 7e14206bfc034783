"""The declared formats are tested, and the benchmark of their speed runs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from ingest.record_formats import record_formats, render_record_formats

ROOT = Path(__file__).resolve().parents[2]


def test_every_declared_format_has_its_test_file() -> None:
    """The page names files that exist, a line each."""
    page = render_record_formats()
    for declared in record_formats():
        assert (ROOT / declared.tested_with).is_file(), declared.name
        assert page.count(f"| {declared.name} |") == 1


def test_benchmark_of_records_runs_small() -> None:
    """Every row of the benchmark is measured; the figures themselves belong to no test."""
    spec = importlib.util.spec_from_file_location("speed_records", ROOT / "benchmarks" / "speed_records.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["speed_records"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert all(rate.per_second > 0 for rate in module.rows(small=True))
