"""The command line: verbs only. Results go to standard output, progress and log to standard error."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table
from rich.text import Text

from ingest.errors import OnevisitError, SettingError
from onevisit.job import check_mission, process_mission
from onevisit.manifest import ROOMS
from onevisit.progress import quieten, showing_progress
from onevisit.result import Options
from onevisit.stages import STAGES
from onevisit.verbs import VERBS

__all__ = ["main"]

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def main() -> None:
    """Run the command line; every error becomes one clear line and an exit status (1 failed, 2 wrong call)."""
    try:
        code = cli(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        _fail("stopped by the user; what is complete is in place, run the same command to go on", 1)
    except SettingError as error:
        _fail(str(error), 2)
    except OnevisitError as error:
        _fail(str(error), 1)
    except Exception as error:
        logging.getLogger(__name__).debug("traceback", exc_info=True)
        _fail(f"{type(error).__name__}: {error} (this is a defect; run again with --debug and report it)", 1)


def _fail(message: str, status: int) -> None:
    line = Text.assemble(("onevisit: ", "bold red"), message)
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)
    sys.exit(status)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="onevisit")
@click.option("--debug", is_flag=True, help="Log everything, with tracebacks.")
def cli(*, debug: bool) -> None:
    """From a mission folder to hotspots, the sites that could explain them, and one visit per site.

    \b
    onevisit check MISSION        what is in the folder, what is believed and why, what is rejected
    onevisit process MISSION      the whole job; opens in MISSION-out/report.html
    """
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, handlers=[])
    handler: logging.Handler
    if (console := Console(stderr=True)).is_terminal:
        handler = RichHandler(console=console, show_path=False, show_level=False, rich_tracebacks=debug)
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logging.getLogger().addHandler(handler)
    if not debug:
        for package in ROOMS:
            logging.getLogger(package).setLevel(logging.INFO)


@cli.command()
@click.argument("mission", type=_FOLDER)
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Default: MISSION-out.")
@click.option("--profile", default=None, help="'default' or a TOML file of thresholds.")
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
    quieten(quiet)
    options = Options(profile, lang, from_stage, scheduler, memory, keep_store)
    out = output or mission.resolve().with_name(mission.resolve().name + "-out")
    with showing_progress(quiet) as advance:
        summary = process_mission(mission, out, options, on_stage=advance)
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        _print_summary(summary)


@cli.command()
@click.argument("mission", type=_FOLDER)
@click.option("--profile", default=None, help="'default' or a TOML file of thresholds.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--quiet", is_flag=True, help="Nothing on standard error but errors.")
def check(*, mission: Path, profile: str | None, as_json: bool, quiet: bool) -> None:
    """Say what MISSION holds, what is believed (with the evidence) and what is rejected; write nothing.

    \b
    Example:
      onevisit check flights/2026-05-01
    """
    quieten(quiet)
    with showing_progress(quiet) as advance:
        found = check_mission(mission, profile, on_stage=advance)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    _print_table(console, "Found", _first_of_each_kind(found["found"]), ("kind", "item", "what"))
    _print_table(console, "Believed", found["decisions"], ("item", "decision", "evidence"))
    _print_table(console, "Rejected", found["rejects"], ("item", "where", "reason"))


for _verb in VERBS:
    cli.add_command(_verb)


def _first_of_each_kind(rows: list[dict[str, str]], most: int = 12) -> list[dict[str, str]]:
    """No more than ``most`` rows of a kind: a person wants to see that a thousand photos are there, not each one."""
    shown: list[dict[str, str]] = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        same = [row for row in rows if row["kind"] == kind]
        shown += same[:most]
        if len(same) > most:
            shown.append({"kind": kind, "item": f"... and {len(same) - most} more", "what": "--json prints all"})
    return shown


def _print_summary(summary: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for line in summary["lines"]:
        console.print(line, markup=False)


def _print_table(console: Console, title: str, rows: list[dict[str, str]], columns: tuple[str, ...]) -> None:
    console.print(f"\n[bold]{title}[/]" + ("" if rows else ": nothing"))
    if not rows:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[column]) for column in columns))
    console.print(table)


if __name__ == "__main__":
    main()
