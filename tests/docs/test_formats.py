"""The page of formats is what the readers say, and every file it names exists."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from ingest.traces.read import READERS
from tests.docs.writers import DOCS

ROOT = DOCS.parent


def test_files_named_by_the_readers_exist(shared_data: Path) -> None:
    """A real file beside the repository, or a test in it."""
    names = {path.name for folder in shared_data.iterdir() if folder.is_dir() for path in folder.iterdir()}
    for reader in READERS:
        assert reader.tested_with in names or (ROOT / reader.tested_with).is_file(), reader.name


def test_one_command_writes_every_page_beside_it(tmp_path: Path) -> None:
    """In a copy of the folder: the pages are those of the repository."""
    for path in (*DOCS.glob("*.py"), *DOCS.glob("*.csv")):
        shutil.copy(path, tmp_path)
    subprocess.run([sys.executable, str(tmp_path / "tables.py")], cwd=ROOT, check=True)
    pages = sorted(path.name for path in tmp_path.glob("*.md"))
    assert pages == ["architecture.md", "flags.md", "formats.md", "thresholds.md", "witnesses.md"]
    for name in pages:
        assert (tmp_path / name).read_text(encoding="utf-8") == (DOCS / name).read_text(encoding="utf-8")
