"""The command line: verbs only. Results go to standard output, progress and log to standard error."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import click
from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

from ingest.errors import NothingUsable, OnevisitError, SettingError
from onevisit.names import ROOMS

__all__ = ["main"]

VERBS = ("process", "check", "init", "trace", "quantify", "ortho", "locate", "hj212", "simulate", "score")
"""Each is a module of this package; what it needs of the rooms it imports when it runs."""

_MOST_REJECTS = 20
"""Shown with an error."""


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
        _fail(_told(error), 2)
    except OnevisitError as error:
        _fail(_told(error), 1)
    except Exception as error:
        logging.getLogger(__name__).debug("traceback", exc_info=True)
        _fail(f"{type(error).__name__}: {error} (this is a defect; run again with --debug and report it)", 1)


def _told(error: OnevisitError) -> str:
    """An error in words; where nothing is usable, with what was refused, a line each."""
    from onevisit.words.telling import tell

    rejects = error.rejects if isinstance(error, NothingUsable) else ()
    lines = [tell(error), *(tell(reject).line for reject in rejects[:_MOST_REJECTS])]
    if len(rejects) > _MOST_REJECTS:
        lines.append(f"... and {len(rejects) - _MOST_REJECTS} more")
    return "\n  ".join(lines)


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
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logging.getLogger().addHandler(handler)
    if not debug:
        for package in ROOMS:
            logging.getLogger(package).setLevel(logging.INFO)


for _verb in VERBS:
    cli.add_command(getattr(import_module(f"onevisit.cli.{_verb}"), _verb))
