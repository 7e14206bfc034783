"""Tables whose times or places are written in a maker's own way: rewritten as plain ones, then read as any table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from ingest.errors import FileError
from ingest.outcome import Outcome
from ingest.text.encodings import Decoded, decode
from ingest.text.sources import Source
from ingest.traces.assemble import read_delimited
from ingest.traces.record import Layout, Record, TraceSettings

_FURTHEST_OFFSET_MIN = 14 * 60  # tz database: UTC+14 in the Line Islands


def texts_of(text: Decoded, *, lines_above: int = 0, separator: str = ",") -> pl.DataFrame:
    """All columns of a table as trimmed texts, below so many lines; a heading that repeats gets a number.

    Raises
    ------
    FileError
        If the rows cannot be read.
    """
    try:
        frame = pl.read_csv(
            text.data,
            separator=separator,
            skip_lines=lines_above,
            has_header=True,
            infer_schema=False,
            truncate_ragged_lines=True,
            encoding="utf8-lossy",
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise FileError(text.item, "rows_not_readable", where=f"line {lines_above + 1}") from error
    frame = frame.with_columns(pl.all().fill_null("").str.strip_chars(" \t\r\"'"))
    return renamed(frame, [name.strip(" \t\r\"'\ufeff") for name in frame.columns])


def renamed(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Give columns their names; one that is empty or repeats gets its place behind it."""
    given: list[str] = []
    for place, name in enumerate(names):
        fresh = name if name and name not in given else f"{name} {place}"
        given.append(fresh if fresh not in given else f"{fresh} again {place}")
    return frame.rename(dict(zip(frame.columns, given, strict=True)))


def require(frame: pl.DataFrame, names: Sequence[str], item: str) -> None:
    """Refuse a file that was recognised by its beginning and lacks a column that its format has.

    Raises
    ------
    FileError
        Naming what is missing.
    """
    missing = tuple(name for name in names if name not in frame.columns)
    if missing:
        raise FileError(item, "columns_of_format_missing", {"columns": missing}, where="heading line")


def read_rewritten(
    source: Source, frame: pl.DataFrame, settings: TraceSettings, layout: Layout, *, lines_above: int = 0
) -> Outcome[tuple[Record, ...]]:
    """Read columns of texts as a table; lines keep their numbers in the file."""
    data = b"\n" * lines_above + frame.write_csv().encode()
    plain = replace(source, head=data[:65536], load=lambda: data)
    return read_delimited(plain, settings, replace(layout, first_line=lines_above))


def decoded_without_zeros(source: Source, settings: TraceSettings) -> Decoded:
    """Text of a file that pads its fields with zero bytes, which elsewhere are the mark of UTF-16."""
    data = source.load().replace(b"\x00", b"")
    return decode(replace(source, load=lambda: data), settings)


def offset_text(minutes: pl.Expr) -> pl.Expr:
    """Minutes ahead of UTC as the offset of a stamp: 480 becomes ``+08:00``; null beyond the offset of any zone.

    Examples
    --------
    >>> pl.DataFrame({"m": [480.0, -210.0, 1e300]}).select(offset_text(pl.col("m")))["m"].to_list()
    ['+08:00', '-03:30', None]
    """
    size = pl.when(minutes.abs() <= _FURTHEST_OFFSET_MIN).then(minutes.abs()).otherwise(None)
    sign = pl.when(minutes < 0).then(pl.lit("-")).otherwise(pl.lit("+"))
    hours = (size // 60).cast(pl.Int64).cast(pl.String).str.zfill(2)
    rest = (size % 60).cast(pl.Int64).cast(pl.String).str.zfill(2)
    return (sign + hours + ":" + rest).alias(minutes.meta.output_name())
