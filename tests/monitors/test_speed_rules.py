"""The benchmark of all rules runs."""

from __future__ import annotations

import pytest

from benchmarks import speed_rules


@pytest.mark.slow
def test_the_benchmark_of_rules_runs() -> None:
    """Small, and all its figures are there."""
    figures = speed_rules.main(["--small"])
    assert [figure.unit for figure in figures] == ["s", "s", "GB"]
    assert all(figure.value > 0 for figure in figures)
