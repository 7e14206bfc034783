"""`onevisit process`: the whole job."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from onevisit.cli.options import (
    FOLDER,
    lang_option,
    profile_option,
    recipe_option,
    zone_option,
)
from onevisit.names import STAGES


@click.command()
@click.argument("mission", type=FOLDER)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Default: MISSION-out; for a memory card or a drive ./onevisit-LABEL-DAY.",
)
@profile_option
@recipe_option
@zone_option
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="For which visits are planned. Default: the day after the last measurement.",
)
@click.option("--scheduler", metavar="ADDRESS", help="A dask scheduler, e.g. tcp://10.0.0.5:8786. Default: threads.")
@click.option(
    "--memory", metavar="SIZE", help="Memory for lazy arrays, e.g. 4GB. Default: a quarter of the machine's."
)
@lang_option
@click.option(
    "--from",
    "from_stage",
    type=click.Choice(STAGES),
    help="Do this stage and the later ones again; earlier ones come from OUT's store where nothing changed.",
)
@click.option(
    "--keep-store",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="RUNS",
    help="Of how many runs OUT keeps what the stages made, so that only what changed is done again; 0: none.",
)
@click.option("--quiet", is_flag=True, help="Nothing on standard error but errors.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def process(
    *,
    mission: Path,
    output: Path | None,
    profile: str | None,
    recipe: Path | None,
    time_zone: str,
    day: datetime | None,
    scheduler: str | None,
    memory: str | None,
    lang: str,
    from_stage: str | None,
    keep_store: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Process MISSION, a folder or a memory card, into hotspots, leads, visits, routes and a report.

    \b
    Example:
      onevisit process flights/2026-05-01 -o out
      onevisit process flights/2026-05-01 --recipe van.toml --lang zh
      onevisit process flights/2026-05-01 --time-zone Asia/Shanghai --day 2026-05-06

    MISSION may be a card as it comes: files are known by what is in them, and nothing is written to it. A second run
    with the same files, settings and program finds nothing to do; one with other settings does the stages that they
    concern.
    """
    from ingest.outcome import Phrase
    from onevisit.cards.card import default_out
    from onevisit.job import process_mission
    from onevisit.progress import quieten, showing_progress
    from onevisit.result import Options
    from onevisit.warm import warming
    from onevisit.words.telling import say

    quieten(quiet)
    planned = day.date() if day else None
    options = Options(profile, lang, from_stage, scheduler, memory, keep_store, recipe, time_zone, planned)
    out, elsewhere = (output, None) if output else default_out(mission)
    if elsewhere is not None:
        click.echo(say(Phrase("results_elsewhere", {"out": str(out), "why": elsewhere}), lang), err=as_json)
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty() and not quiet and not as_json
    asking: dict[str, Any] = {"ask": _asking(lang)} if on_terminal else {}
    with showing_progress(quiet, lang) as advance, warming():
        summary = process_mission(mission, out, options, on_stage=advance, **asking)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        _print_summary(summary)


def _asking(lang: str) -> Callable[[str, str], str]:
    """Ask for the zone of times without one, once; an empty answer takes the likeliest."""

    def ask(item: str, likeliest: str) -> str:
        from ingest.coordinates import zone_of
        from ingest.errors import SettingError
        from ingest.outcome import Phrase
        from onevisit.progress import pausing
        from onevisit.words.telling import say

        question = say(Phrase("which_zone", {"item": item}), lang)
        with pausing():
            answer = str(click.prompt(question, default=likeliest, err=True)).strip()
        try:
            zone_of(answer)
        except SettingError:
            click.echo(say(Phrase("zone_not_known", {"answer": answer, "taken": likeliest}), lang), err=True)
            return likeliest
        return answer

    return ask


def _print_summary(summary: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for line in summary["lines"]:
        console.print(line, markup=False)
