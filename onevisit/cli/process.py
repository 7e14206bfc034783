"""`onevisit process`: the whole job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from onevisit.cli.options import (
    FOLDER,
)
from onevisit.names import STAGES


@click.command()
@click.argument("mission", type=FOLDER)
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Default: MISSION-out.")
@click.option("--profile", default=None, help="'default' or a TOML file of settings.")
@click.option("--scheduler", metavar="ADDRESS", help="A dask scheduler, e.g. tcp://10.0.0.5:8786. Default: threads.")
@click.option(
    "--memory", metavar="SIZE", help="Memory for lazy arrays, e.g. 4GB. Default: a quarter of the machine's."
)
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the report."
)
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
    scheduler: str | None,
    memory: str | None,
    lang: str,
    from_stage: str | None,
    keep_store: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Process the mission folder MISSION into hotspots, leads, visits, routes and a report.

    \b
    Example:
      onevisit process flights/2026-05-01 -o out
      xdg-open out/report.html

    A second run with the same files, settings and program finds nothing to do; one with other settings does the
    stages that they concern.
    """
    from onevisit.job import process_mission
    from onevisit.progress import quieten, showing_progress
    from onevisit.result import Options
    from onevisit.warm import warming

    quieten(quiet)
    options = Options(profile, lang, from_stage, scheduler, memory, keep_store)
    out = output or mission.resolve().with_name(mission.resolve().name + "-out")
    with showing_progress(quiet) as advance, warming():
        summary = process_mission(mission, out, options, on_stage=advance)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        _print_summary(summary)


def _print_summary(summary: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for line in summary["lines"]:
        console.print(line, markup=False)
