"""The declared formats are tested."""

from __future__ import annotations

from pathlib import Path

from ingest.record_formats import record_formats, render_record_formats

ROOT = Path(__file__).resolve().parents[2]


def test_every_declared_format_has_its_test_file() -> None:
    """The page names files that exist, a line each."""
    page = render_record_formats()
    for declared in record_formats():
        assert (ROOT / declared.tested_with).is_file(), declared.name
        assert page.count(f"| {declared.name} |") == 1


def test_every_folder_of_a_mission_has_a_format() -> None:
    """What a mission folder may hold besides traces is on the page."""
    assert {declared.folder for declared in record_formats()} == {"images", "registers", "monitors", "roads", ""}
