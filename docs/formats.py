"""The page of formats, from the readers' own declarations and from the vocabulary of headings."""

from __future__ import annotations

from record_formats import render_record_formats

from ingest.flags import Flag
from ingest.text.headings import QUANTITIES, Quantity
from ingest.text.marks import HJ212_MARKS, meaning_of_text
from ingest.traces.read import READERS

_HEAD = """# Formats

Written by `make docs` from the readers' own declarations; do not edit.

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


_STATUSES = """
## Status columns

A column headed as a status, or as that of another column (`PM2.5状态`, `NO2_flag`), flags rows, or the values of that
column. After calibration `purge_s` more seconds are flagged. A text that is not understood is named in the manifest
with its count and taken as normal, as is a number other than 0 that the format does not explain. A column by which
every row would be rejected is not believed. Other texts and codes are explained in `mission.toml`:

```toml
[traces.status_words]
"3" = "calibration"      # or "fault", or "normal"
```

| text, for example | flag |
|---|---|
"""

_SOUGHT = """
## Sought and not found

Of these no layout, manual with one or sample file was found in public. Their tables are read as any delimited table
or workbook, by their headings; a file whose headings are not understood is refused with the heading that is in the
way, and these lines make it readable:

```toml
time_zone = "Asia/Shanghai"
[columns]
"采集时刻" = "time"                # heading as it stands in the file = "quantity unit"
"苯系物总量" = "tvoc ug/m3"
```

| maker, instrument | exports sought |
|---|---|
| PocketLab Air, Weather (Myriad Sensors) | tables of the PocketLab app and notebook |
| 禾信 (Hexin), SPIMS-1000, SPI-MS 2000 | results of a drive from the program of the mass spectrometer |
| 聚光科技 (FPI), Mars-400, EXPEC vans | tables of a drive |
| 先河环保 (Sailhero) | tables of a drive |
| 雪迪龙 (SDL) | tables of a drive |
"""

_EXAMPLES = (
    "正常|Measure|OK|0",
    "校准|零点|跨度|标定|质控|Zero|Span gas|cal",
    "故障|离线|断电|维护|预热|fault|error|warm-up",
)


def render_formats() -> str:
    """Return the page as Markdown."""
    formats = [
        f"| {reader.name} | {', '.join(reader.suffixes)} | {reader.reads} | {reader.infers} "
        f"| `{reader.tested_with}` |"
        for reader in READERS
    ]
    words = [_line(quantity) for quantity in QUANTITIES if quantity.words != ("",)]
    return (
        f"{_HEAD}{chr(10).join(formats)}\n\n{render_record_formats()}"
        + _WORDS
        + "\n".join(words)
        + f"\n{_statuses()}"
        + _SOUGHT
    )


def _statuses() -> str:
    """Return the chapter on status columns; what its examples mean is asked of the reader of statuses."""
    groups: dict[str, list[str]] = {}
    for text in "|".join(_EXAMPLES).split("|"):
        groups.setdefault(_named(meaning_of_text(text)), []).append(text)
    for mark, flag in HJ212_MARKS.items():
        groups.setdefault(_named(flag), []).append(f"{mark.upper()} (HJ 212)")
    return _STATUSES + "\n".join(f"| {', '.join(texts)} | {name} |" for name, texts in groups.items()) + "\n"


def _named(flag: Flag | None) -> str:
    return "not understood" if flag is None else " and ".join(f"`{str(f.name).lower()}`" for f in flag) or "none"


def _line(quantity: Quantity) -> str:
    unit = quantity.unit or "as given"
    span = f"{quantity.low:g} to {quantity.high:g}" if abs(quantity.low) < 1e9 and abs(quantity.high) < 1e9 else ""
    return f"| `{quantity.slug}` | {quantity.long_name} | {unit} | {span} | {', '.join(quantity.words)} |"
