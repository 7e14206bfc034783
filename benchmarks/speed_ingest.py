"""Speed and memory of `ingest` in one table: ``python -m benchmarks.speed_ingest`` writes docs/speed-ingest.md."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks import speed_records, speed_traces
from benchmarks.speed_records import Figure, render_figures

__all__ = ["main", "render"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "speed-ingest.md"

_HEAD = """# Speed of ingest

Written by `python -m benchmarks.speed_ingest`; do not edit. Ratios compare with the other program on the same bytes
in the same run, in turns, the best of nine each. Rates are those of the machine named below, in processor time, the
best of three to five runs.

"""


def render(figures: Sequence[Figure]) -> str:
    """Return the page."""
    cores = os.cpu_count()
    return f"{_HEAD}{render_figures(figures)}\nMeasured on a machine with {cores} cores.\n"


def main(argv: Sequence[str] | None = None) -> list[Figure]:
    """Measure, write the page, and return its rows."""
    parser = argparse.ArgumentParser(description="Speed and memory of ingest.")
    parser.add_argument("--small", action="store_true", help="a smoke test: writes no page")
    small = parser.parse_args(argv).small
    options = ["--small"] if small else []
    figures = [*speed_traces.main(options), *speed_records.main(options)]
    if not small:
        PAGE.write_text(render(figures), encoding="utf-8")
    return figures


if __name__ == "__main__":
    main()
