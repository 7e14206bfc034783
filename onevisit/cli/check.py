"""`onevisit check`: what a mission holds."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console

from onevisit.cli.options import (
    FOLDER,
    profile_option,
    recipe_option,
    zone_option,
)
from onevisit.cli.printing import print_table


@click.command()
@click.argument("mission", type=FOLDER)
@profile_option
@recipe_option
@zone_option
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of what is said."
)
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
    with showing_progress(quiet) as advance:
        found = check_mission(mission, options, on_stage=advance)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    print_table(console, "Found", _first_of_each_kind(found["found"]), ("kind", "item", "what"))
    print_table(console, "Believed", found["decisions"], ("item", "decision", "evidence"))
    print_table(console, "Rejected", found["rejects"], ("item", "where", "reason"))


def _first_of_each_kind(rows: list[dict[str, str]], most: int = 12) -> list[dict[str, str]]:
    """No more than ``most`` rows of a kind: a person wants to see that a thousand photos are there, not each one."""
    shown: list[dict[str, str]] = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        same = [row for row in rows if row["kind"] == kind]
        shown += same[:most]
        if len(same) > most:
            shown.append({"kind": kind, "item": f"... and {len(same) - most} more", "what": "--json prints all"})
    return shown
