"""How a test reads a table."""

from __future__ import annotations

from pathlib import Path

from ingest.outcome import Outcome
from ingest.traces.record import Record, TraceSettings
from tests.ingest.traces.readings import read_file


def read(
    folder: Path, headings: str, *rows: str, rules: TraceSettings | None = None, name: str = "a.csv"
) -> Outcome[tuple[Record, ...]]:
    """A table with a stamp in UTC before every row."""
    lines = [f"2024-10-08T01:00:{i:02d}Z,{row}" for i, row in enumerate(rows)]
    return read_file(folder, name, "\n".join([f"time,{headings}", *lines]) + "\n", rules)
