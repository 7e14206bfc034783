"""Writes the pages of docs/ that are made from the code: formats, thresholds, flags.

``python docs/tables.py`` writes them; ``tests/test_docs.py`` compares them with the code.
"""

from __future__ import annotations

from pathlib import Path

from formats import render_formats

from ingest.flags import MEANINGS, REJECTING
from onevisit.profile import Profile, describe_profile

__all__ = ["PAGES"]

_NOTE = "Written by `make docs` from the code; do not edit.\n"


def render_flags() -> str:
    """The table of quality-control flags."""
    rows = []
    for flag, meaning in MEANINGS.items():
        bit, name = flag.value.bit_length() - 1, str(flag.name).lower()
        rows.append(f"| {bit} | `{name}` | {meaning} | {'yes' if flag & REJECTING else ''} |")
    head = "| bit | flag | meaning | no estimate uses the row |\n|---|---|---|---|\n"
    return f"# Quality flags\n\n{_NOTE}\n{head}" + "\n".join(rows) + "\n"


def render_thresholds() -> str:
    """Every threshold of every room, with unit and source."""
    parts = [
        "# Thresholds\n",
        _NOTE,
        "A profile (TOML, `--profile`) or `mission.toml` changes any of them: `[tracks]` `lag_s = 6.5`.\n",
    ]
    for room, lines in describe_profile(Profile()).items():
        parts.append(f"## [{room}]\n\n| name | value | unit | source |\n|---|---|---|---|")
        parts += [f"| `{line.name}` | {_shown(line.value)} | {line.unit} | {line.source} |" for line in lines]
        parts.append("")
    return "\n".join(parts)


def _shown(value: object) -> str:
    if isinstance(value, tuple | dict) and len(value) > 8:
        return f"{len(value)} entries"
    return f"`{value!r}`".replace("|", "\\|")


PAGES = {"formats.md": render_formats, "thresholds.md": render_thresholds, "flags.md": render_flags}

if __name__ == "__main__":
    for name, render in PAGES.items():
        (Path(__file__).parent / name).write_text(render(), encoding="utf-8")
