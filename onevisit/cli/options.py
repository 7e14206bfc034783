"""Arguments and options that several verbs share, the language of a run, and what a wrong call is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import click
from click import Context, Parameter

from ingest.outcome import Phrase
from onevisit.words.strings import LANGUAGES
from onevisit.words.telling import say, tell

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ANY = click.Path(exists=True, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@dataclass
class Spoken:
    """The language of a run: English until ``--lang`` is read, before all other options of a verb."""

    lang: str = "en"


class WrongCall(click.UsageError):
    """A call that no verb can follow, in one line of the language asked for; ends with 2."""

    def __init__(self, phrase: Phrase, lang: str) -> None:
        super().__init__(say(phrase, lang))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line alone: what to do stands in it."""
        click.echo(f"onevisit: {self.message}", file=file, err=file is None)


def _speak(context: Context, _parameter: Parameter, value: str) -> str:
    """Let errors and the log of this run speak the language, too."""
    context.find_root().ensure_object(Spoken).lang = value
    return value


def _known_zone(context: Context, _parameter: Parameter, value: str) -> str:
    """Refuse a zone that is none, before anything is read."""
    if value:
        from ingest.coordinates import zone_of
        from ingest.errors import SettingError

        try:
            zone_of(value)
        except SettingError as error:
            lang = context.find_root().ensure_object(Spoken).lang
            raise WrongCall(
                Phrase("option_refused", {"option": "--time-zone", "why": tell(error, lang)}), lang
            ) from error
    return value


files_argument = click.argument("files", nargs=-1, required=True, type=FILE)
zone_option = click.option(
    "--time-zone",
    default="",
    metavar="ZONE",
    callback=_known_zone,
    help="Of times without one, e.g. Asia/Shanghai or +08:00.",
)
recipe_option = click.option(
    "--recipe", type=FILE, default=None, help="A mission.toml kept elsewhere, as 'onevisit init' writes it."
)
profile_option = click.option("--profile", default=None, help="'default' or a TOML file of settings.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
json_in_any_case = click.option(
    "--json", is_flag=True, expose_value=False, help="Print as JSON; this verb prints an object a line in any case."
)
lang_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    is_eager=True,
    callback=_speak,
    help="Language of what is said and written.",
)
quiet_option = click.option("--quiet", is_flag=True, help="Nothing on standard error but errors.")
