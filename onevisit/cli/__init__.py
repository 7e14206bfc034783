"""The command line: verbs only. Results go to standard output, progress and log to standard error."""

from __future__ import annotations

import logging
import sys
from copy import copy
from importlib import import_module

import click
from rich.console import Console
from rich.logging import RichHandler
from rich.text import Text

from ingest.errors import NothingUsable, OnevisitError, SettingError
from ingest.outcome import Phrase
from onevisit.cli.options import Spoken
from onevisit.names import ROOMS
from onevisit.words.telling import say, tell

__all__ = ["main"]

VERBS = ("process", "check", "init", "trace", "quantify", "ortho", "locate", "hj212", "simulate", "score")
"""Each is a module of this package; what it needs of the rooms it imports when it runs."""

_MOST_REJECTS = 20
"""Shown with an error."""


def main() -> None:
    """Run the command line; every error becomes one clear line and an exit status (1 failed, 2 wrong call)."""
    spoken = Spoken()
    try:
        code = cli(standalone_mode=False, obj=spoken)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        _fail(say(Phrase("verb_stopped"), spoken.lang), 1)
    except SettingError as error:
        _fail(_told(error, spoken.lang), 2)
    except OnevisitError as error:
        _fail(_told(error, spoken.lang), 1)
    except Exception as error:
        logging.getLogger(__name__).debug("traceback", exc_info=True)
        _fail(say(Phrase("verb_defect", {"error": f"{type(error).__name__}: {error}"}), spoken.lang), 1)


def _told(error: OnevisitError, lang: str) -> str:
    """An error in words; where nothing is usable, with what was refused, a line each."""
    rejects = error.rejects if isinstance(error, NothingUsable) else ()
    lines = [tell(error, lang), *(tell(reject, lang).line for reject in rejects[:_MOST_REJECTS])]
    if len(rejects) > _MOST_REJECTS:
        lines.append(say(Phrase("rejects_more", {"count": len(rejects) - _MOST_REJECTS}), lang))
    return "\n  ".join(lines)


def _fail(message: str, status: int) -> None:
    line = Text.assemble(("onevisit: ", "bold red"), message)
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)
    sys.exit(status)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="onevisit")
@click.option("--debug", is_flag=True, help="Log everything, with tracebacks.")
@click.pass_context
def cli(context: click.Context, *, debug: bool) -> None:
    """From a mission folder to hotspots, the sites that could explain them, and one visit per site.

    \b
    onevisit check MISSION        what is in the folder, what is believed and why, what is rejected
    onevisit process MISSION      the whole job; opens in MISSION-out/report.html
    """
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, handlers=[])
    handler: logging.Handler
    spoken = context.ensure_object(Spoken)
    if (console := Console(stderr=True)).is_terminal:
        handler = RichHandler(console=console, show_path=False, show_level=False, rich_tracebacks=debug)
        handler.setFormatter(_Saying(spoken))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(_Saying(spoken, "%(asctime)s %(message)s"))
    logging.getLogger().addHandler(handler)
    if not debug:
        for package in ROOMS:
            logging.getLogger(package).setLevel(logging.INFO)


class _Saying(logging.Formatter):
    """Says phrases of the log in the language of the run."""

    def __init__(self, spoken: Spoken, form: str = "%(message)s") -> None:
        super().__init__(form, "%H:%M:%S")
        self._spoken = spoken

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record, which other handlers get as it came."""
        message: object = record.msg
        if isinstance(message, Phrase):
            record = copy(record)
            record.msg = say(message, self._spoken.lang)
        return super().format(record)


for _verb in VERBS:
    cli.add_command(getattr(import_module(f"onevisit.cli.{_verb}"), _verb))
