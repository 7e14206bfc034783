"""`onevisit check`: what a mission holds."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from ingest.outcome import Phrase
from onevisit.cli.options import (
    FOLDER,
    lang_option,
    profile_option,
    recipe_option,
    zone_option,
)
from onevisit.cli.printing import print_table
from onevisit.words.telling import say

_KIND_CODES = {
    "trace": "found_trace", "photo": "found_photo", "site": "found_site", "monitor": "found_monitor",
    "register": "found_register",
}  # fmt: skip


@click.command()
@click.argument("mission", type=FOLDER)
@profile_option
@recipe_option
@zone_option
@lang_option
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--quiet", is_flag=True, help="Nothing on standard error but errors.")
def check(
    *, mission: Path, profile: str | None, recipe: Path | None, time_zone: str, lang: str, as_json: bool, quiet: bool
) -> None:
    """Say what MISSION holds, what is believed (with the evidence) and what is rejected; write nothing.

    \b
    Example:
      onevisit check flights/2026-05-01
      onevisit check flights/2026-05-01 --time-zone Asia/Shanghai
    """
    from onevisit.check import check_mission
    from onevisit.progress import quieten, showing_progress
    from onevisit.result import Options

    quieten(quiet)
    options = Options(profile=profile, lang=lang, recipe=recipe, time_zone=time_zone)
    with showing_progress(quiet, lang) as advance:
        found = check_mission(mission, options, on_stage=advance)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    rows = _first_of_each_kind(found["found"], lang)
    print_table(console, Phrase("title_found"), rows, ("kind", "item", "what"), lang)
    print_table(console, Phrase("title_believed"), found["decisions"], ("item", "decision", "evidence"), lang)
    print_table(console, Phrase("title_rejected"), found["rejects"], ("item", "where", "reason"), lang)


def _first_of_each_kind(rows: list[dict[str, str]], lang: str, most: int = 12) -> list[dict[str, str]]:
    """No more than ``most`` rows of a kind: a person wants to see that a thousand photos are there, not each one."""
    shown: list[dict[str, str]] = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        same = [row for row in rows if row["kind"] == kind]
        named = say(Phrase(_KIND_CODES[kind]), lang)
        shown += [{**row, "kind": named} for row in same[:most]]
        if len(same) > most:
            more = say(Phrase("rejects_more", {"count": len(same) - most}), lang)
            shown.append({"kind": named, "item": more, "what": say(Phrase("json_prints_all"), lang)})
    return shown
