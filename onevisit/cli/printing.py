"""How verbs print: objects, what was believed and rejected, tables."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from onevisit.words.telling import decision_dict, reject_dict, tell

if TYPE_CHECKING:
    from ingest.outcome import Decision, Reject


def said(decisions: Sequence[Decision], rejects: Sequence[Reject]) -> dict[str, Any]:
    """What was believed and rejected, as plain values."""
    return {"decisions": [decision_dict(d) for d in decisions], "rejects": [reject_dict(r) for r in rejects]}


def echo_said(decisions: Sequence[Decision], rejects: Sequence[Reject]) -> None:
    """Print what was believed and rejected, a line each."""
    for decision in map(tell, decisions):
        click.echo(f"  believed  {decision.item}: {decision.decision} ({decision.evidence})")
    for reject in map(tell, rejects):
        click.echo(f"  rejected  {reject.line}")


def because(what: str, rejects: Sequence[Reject]) -> str:
    """A message with the rejects that explain it."""
    return what + "".join(f"\n  {tell(r).line}" for r in rejects)


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


def print_table(console: Console, title: str, rows: list[dict[str, str]], columns: tuple[str, ...]) -> None:
    """Print rows under a title, or that there are none."""
    console.print(f"\n[bold]{title}[/]" + ("" if rows else ": nothing"))
    if not rows:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[column]) for column in columns))
    console.print(table)
