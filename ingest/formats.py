"""docs/formats.md, written from the readers' own declarations and from the vocabulary of headings.

``python -m ingest.formats docs/formats.md`` writes it; a test compares the page with what the readers say.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ingest.loggers.vocabulary import QUANTITIES, Quantity
from ingest.record_formats import render_record_formats
from ingest.traces import READERS

__all__ = ["main", "render_formats"]

_HEAD = """# Formats

Written by `python -m ingest.formats docs/formats.md` from the readers' own declarations; do not edit.

## Traces

A file is read by the first reader that recognises its beginning; the name does not matter. Every format may be
gzipped, except netCDF. What is inferred is written to the manifest with its evidence. "Tested with" names a
real file, or the test that writes one.

| format | usual names | what is read | what is inferred | tested with |
|---|---|---|---|---|
"""

_WORDS = """
## Headings

What the headings of any table are understood as, in Chinese and English, with or without the name of an instrument
before them and a unit in brackets, after a slash or after a blank. A species keeps its unit; everything else is
brought to the unit given. A column that is not here but has the unit of a concentration (ppm, ppb, µg m⁻³, cm⁻³, ...)
is a species under its own name. Anything else is named in `mission.toml`:

```toml
[columns]
"S1" = "so2 ug/m3"      # heading = "quantity unit"
"备用" = ""              # left out
```

| quantity | meaning | unit | plausible | headings |
|---|---|---|---|---|
"""


def render_formats() -> str:
    """Return the page as Markdown."""
    formats = [
        f"| {reader.name} | {', '.join(reader.suffixes)} | {reader.reads} | {reader.infers} "
        f"| `{reader.tested_with}` |"
        for reader in READERS
    ]
    words = [_line(quantity) for quantity in QUANTITIES if quantity.words != ("",)]
    return f"{_HEAD}{chr(10).join(formats)}\n\n{render_record_formats()}" + _WORDS + "\n".join(words) + "\n"


def _line(quantity: Quantity) -> str:
    unit = quantity.unit or "as given"
    span = f"{quantity.low:g} to {quantity.high:g}" if abs(quantity.low) < 1e9 and abs(quantity.high) < 1e9 else ""
    return f"| `{quantity.slug}` | {quantity.long_name} | {unit} | {span} | {', '.join(quantity.words)} |"


def main() -> None:
    """Write the page to the file named on the command line."""
    Path(sys.argv[1]).write_text(render_formats(), encoding="utf-8")


if __name__ == "__main__":
    main()
