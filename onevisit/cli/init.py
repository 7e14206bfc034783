"""`onevisit init`: what was believed of a folder, as a recipe for the next one."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ingest.outcome import Phrase
from onevisit.cli.options import (
    FOLDER,
    NEW_FILE,
    WrongCall,
    json_option,
    lang_option,
    profile_option,
    quiet_option,
    recipe_option,
    zone_option,
)
from onevisit.words.telling import say


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("-o", "--output", type=NEW_FILE, default=None, help="The recipe. Default: standard output.")
@profile_option
@recipe_option
@zone_option
@lang_option
@json_option
@quiet_option
def init(
    *,
    folder: Path,
    output: Path | None,
    profile: str | None,
    recipe: Path | None,
    time_zone: str,
    lang: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write everything that is believed of FOLDER as a commented recipe, for the next folder of the same van.

    \b
    Example:
      onevisit init flights/2026-05-01 -o van.toml --lang zh
      onevisit process flights/2026-05-01 --recipe van.toml
    """
    from onevisit.atomic import write_text
    from onevisit.cards.recipe import write_recipe
    from onevisit.check import read_mission
    from onevisit.progress import quieten, showing_progress
    from onevisit.result import Options

    quieten(quiet)
    if output is not None and output.exists():
        raise WrongCall(Phrase("recipe_exists", {"path": str(output)}), lang)
    options = Options(profile=profile, lang=lang, recipe=recipe, time_zone=time_zone)
    with showing_progress(quiet, lang) as advance:
        records, recorder, known = read_mission(folder, options, on_stage=advance)
    text = write_recipe(folder, records, recorder, known, lang=lang)
    if output is not None:
        write_text(output, text)
    if as_json:
        click.echo(json.dumps({"recipe": str(output) if output else None, "text": text}, ensure_ascii=False))
    else:
        click.echo(say(Phrase("line_written", {"path": str(output)}), lang) if output else text)
