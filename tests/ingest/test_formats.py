"""The page of formats is what the readers say, and every file it names exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import SettingError
from ingest.formats import main, render_formats
from ingest.traces import READERS, TraceSettings

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_readers_say() -> None:
    """docs/formats.md is generated; `make docs` renews it."""
    assert (ROOT / "docs" / "formats.md").read_text(encoding="utf-8") == render_formats()


def test_files_named_by_the_readers_exist(shared_data: Path) -> None:
    """A real file beside the repository, or a test in it."""
    names = {path.name for folder in shared_data.iterdir() if folder.is_dir() for path in folder.iterdir()}
    for reader in READERS:
        assert reader.tested_with in names or (ROOT / reader.tested_with).is_file(), reader.name


@pytest.mark.parametrize(
    "wrong",
    [
        {"unsettled_zone": "guess"},
        {"wind_frame": "car"},
        {"date_order": "ydm"},
        {"columns": {"S1": 5}},
        {"clock_offset_s": {"a.csv": "8h"}},
    ],
)
def test_impossible_declarations_are_refused(wrong: dict[str, object]) -> None:
    """The message names the setting and what is expected."""
    with pytest.raises(SettingError, match="expected"):
        TraceSettings(**wrong)  # type: ignore[arg-type]


def test_the_command_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the file that is named."""
    monkeypatch.setattr("sys.argv", ["formats", str(tmp_path / "page.md")])
    main()
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == render_formats()
