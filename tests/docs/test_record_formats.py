"""The declared formats are tested."""

from __future__ import annotations

from tests.docs.writers import DOCS, writer
from tests.ingest.immutable import mutable_values

formats = writer("record_formats")


def test_every_declared_format_has_its_test_file() -> None:
    """The page names files that exist, a line each."""
    page = formats.render_record_formats()
    for declared in formats.record_formats():
        assert (DOCS.parent / declared.tested_with).is_file(), declared.name
        assert page.count(f"| {declared.name} |") == 1


def test_every_folder_of_a_mission_has_a_format() -> None:
    """What a mission folder may hold besides traces is on the page."""
    assert {declared.folder for declared in formats.record_formats()} == {
        "images",
        "registers",
        "monitors",
        "roads",
        "",
    }


def test_columns_of_a_format() -> None:
    """Every column of the table comes under its own name, the suffixes one by one."""
    [found] = [declared for declared in formats.record_formats() if declared.name == "GeoJSON lines"]
    assert found == formats.RecordFormat(
        folder="roads",
        name="GeoJSON lines",
        suffixes=(".geojson", ".json"),
        reads="lines with oneway, maxspeed, highway or fclass, access, barriers on points",
        infers="lines closed to cars left out, and counted",
        tested_with="tests/ingest/roads/test_roads.py",
    )


def test_page_is_a_table() -> None:
    """A heading, a row for the columns, and a row a format with its folder, or beside them."""
    lines = formats.render_record_formats().splitlines()
    assert formats.render_record_formats().endswith("|\n")
    assert lines[:2] == ["## Photos, registers, monitor records, streets", ""]
    assert lines[2] == "| folder | format | usual names | what is read | what is inferred | tested with |"
    assert {line.count(" | ") for line in lines[4:]} == {5}
    assert len(lines) == 4 + len(formats.record_formats())
    assert (
        "| `roads/` | GeoJSON lines | .geojson, .json "
        "| lines with oneway, maxspeed, highway or fclass, access, barriers on points "
        "| lines closed to cars left out, and counted | `tests/ingest/roads/test_roads.py` |"
    ) in lines
    assert lines[-1].startswith("| beside them | human corrections | edits.csv | ")


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(formats) == []
