"""Writes the pages of docs/ that are made from the code: architecture, formats, thresholds, flags,
witnesses.

``python docs/tables.py`` writes them; ``tests/test_docs.py`` compares them with the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from architecture import render_architecture
from formats import render_formats
from witnesses import render_witnesses

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


_WRITTEN = """A bureau sets these in a profile (TOML, `--profile`) or in `mission.toml`, which wins:

```toml
time_zone = "Asia/Shanghai"        # names above all tables come first

[vehicle]                          # also called [tracks]
lag_s = 6.5
lag_of = [["ch4", 6.0], ["so2", 9.0]]

[traces.status_words]
"3" = "calibration"

[acute.levels]                     # replaces the built-in ones; empty: nothing is called urgent
h2s = {value = 27, unit = "ppm", averaging = "60 min", source = "AEGL-2"}

[teams]                            # also called [routes]; [registers] is [sites]
depot = [104.06, 30.66]
```

Everything else is a parameter of a model. It stands with its unit and source in the settings dataclass of its room
(`tracks/settings.py`, `imagery/settings.py`, `fusion/settings.py`, ...), is varied by benchmarks, and is refused in a
profile.
"""


def render_thresholds() -> str:
    """What a bureau may set, with unit and source."""
    parts = ["# Settings\n", _NOTE, _WRITTEN]
    for room, lines in describe_profile(Profile()).items():
        title = f"[{room}]" if room else "Above all tables"
        parts.append(f"## {title}\n\n| name | value | unit | source |\n|---|---|---|---|")
        parts += [f"| `{line.name}` | {_shown(line.value)} | {line.unit} | {line.source} |" for line in lines]
        parts.append("")
        parts += [
            text for line in lines if _is_table(line.value) for text in _table(f"{room}.{line.name}", line.value)
        ]
    return "\n".join(parts)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(isinstance(row, Mapping) for row in value.values())


def _shown(value: object) -> str:
    return "the table below" if _is_table(value) else f"`{value!r}`"


def _table(name: str, rows: Mapping[str, Mapping[str, object]]) -> list[str]:
    """A setting that has a row of its own for every name."""
    heads = list(next(iter(rows.values())))
    lines = [f"### [{name}]\n", f"| | {' | '.join(heads)} |", "|" + "---|" * (len(heads) + 1)]
    lines += [f"| `{key}` | {' | '.join(str(row[head]) for head in heads)} |" for key, row in rows.items()]
    return [*lines, ""]


PAGES = {
    "architecture.md": render_architecture,
    "formats.md": render_formats,
    "thresholds.md": render_thresholds,
    "flags.md": render_flags,
    "witnesses.md": render_witnesses,
}

if __name__ == "__main__":
    for name, render in PAGES.items():
        (Path(__file__).parent / name).write_text(render(), encoding="utf-8")
