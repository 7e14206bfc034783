"""How verbs print: objects, what was believed and rejected, tables."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingest.outcome import Decision, Phrase, Reject
from onevisit.words.telling import decision_dict, reject_dict, say, say_place, tell

_COLUMN_CODES = {
    "kind": "column_kind", "item": "column_item", "what": "column_what", "decision": "column_decision",
    "evidence": "column_evidence", "where": "column_where", "reason": "column_reason",
}  # fmt: skip


def said(decisions: Sequence[Decision], rejects: Sequence[Reject], lang: str) -> dict[str, Any]:
    """What was believed and rejected, as plain values, in the reader's language."""
    return {
        "decisions": [decision_dict(d) | vars(tell(d, lang)) for d in decisions],
        "rejects": [reject_dict(r) | vars(tell(r, lang)) for r in rejects],
    }


def echo_said(decisions: Sequence[Decision], rejects: Sequence[Reject], lang: str) -> None:
    """Print what was believed and rejected, a line each."""
    for one in decisions:
        item = say_place(one.item, lang)
        click.echo(say(Phrase("line_believed", {"item": item, "what": one.what, "why": one.why}), lang))
    for reject in rejects:
        click.echo(say(Phrase("line_rejected", {"line": tell(reject, lang).line}), lang))


def finite(value: Any) -> Any:
    """NaN is not JSON: what was not measured is null."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def echo_json(value: Any) -> None:
    """Print one object on one line; NaN becomes null."""
    click.echo(json.dumps(finite(value), ensure_ascii=False, default=str))


def print_table(
    console: Console, title: Phrase, rows: list[dict[str, str]], columns: tuple[str, ...], lang: str
) -> None:
    """Print rows under a title, or that there are none; ``columns`` are keys of the rows."""
    console.print(Text("\n").append(say(title if rows else Phrase("table_empty", {"title": title}), lang), "bold"))
    if not rows:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(say(Phrase(_COLUMN_CODES[column]), lang), overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[column]) for column in columns))
    console.print(table)
