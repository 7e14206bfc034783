"""The speed benchmarks of ingest run, and their page is what they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import speed_ingest
from benchmarks.speed_records import Figure, render_figures

PAGE = Path(__file__).resolve().parents[3] / "docs" / "speed-ingest.md"


@pytest.mark.slow
def test_benchmarks_run_and_give_rows() -> None:
    """A small run measures every target of the page."""
    figures = speed_ingest.main(["--small"])
    assert {figure.bound for figure in figures} == {"<=", ">="}
    assert all(figure.value > 0 for figure in figures)
    for name in ("delimited trace in UTF-8, time", "HJ 212 messages", "photos indexed, made"):
        assert name in {figure.name for figure in figures}


def test_the_page_has_a_row_for_every_figure() -> None:
    """The measured page is in the repository and no row of it is missing or of another benchmark."""
    text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(speed_ingest.render([])[:80])
    names = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][1:]
    made = {figure.name for figure in speed_ingest.main(["--small"])}
    assert made <= set(names) <= made | {"photos indexed, real"}


def test_a_missed_target_is_shown() -> None:
    """A figure on the wrong side of its bound stands out."""
    assert "**no**" in render_figures([Figure("speed", 1.0, "a second", ">=", 2.0)])
    assert "**no**" not in render_figures([Figure("memory", 1.0, "x", "<=", 2.0)])
