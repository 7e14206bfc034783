"""What is read besides traces, for the page of formats: photos, flight logs, registers, monitor records, streets."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_HEAD = """## Photos, registers, monitor records, streets

| folder | format | usual names | what is read | what is inferred | tested with |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class RecordFormat:
    """The declaration of one format: where it belongs, what is read and inferred, which test file is behind it."""

    folder: str
    name: str
    suffixes: tuple[str, ...]
    reads: str
    infers: str
    tested_with: str


@lru_cache(maxsize=1)
def record_formats() -> tuple[RecordFormat, ...]:
    """Return the declared formats in the order of the page."""
    text = Path(__file__).with_suffix(".csv").read_text(encoding="utf-8")
    return tuple(
        RecordFormat(r["folder"], r["name"], tuple(r["suffixes"].split()), r["reads"], r["infers"], r["tested_with"])
        for r in csv.DictReader(text.splitlines())
    )


def render_record_formats() -> str:
    """Return the section of the page as Markdown."""
    return _HEAD + "\n".join(_line(declared) for declared in record_formats()) + "\n"


def _line(f: RecordFormat) -> str:
    folder = f"`{f.folder}/`" if f.folder else "beside them"
    return f"| {folder} | {f.name} | {', '.join(f.suffixes)} | {f.reads} | {f.infers} | `{f.tested_with}` |"
