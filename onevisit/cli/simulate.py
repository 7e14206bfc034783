"""`onevisit simulate`: a simulated mission with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ingest.outcome import Phrase
from onevisit.cli.options import (
    FILE,
    json_option,
    lang_option,
    quiet_option,
)
from onevisit.cli.printing import echo_json
from onevisit.words.telling import say


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=int, required=True, help="The same seed gives the same bytes.")
@click.option(
    "--size", type=click.Choice(["demo", "district", "city"]), default="demo", show_default=True, help="Of the park."
)
@click.option("--without", multiple=True, metavar="CONFOUNDER", help="Leave one out; may be repeated.")
@click.option("--drive", type=FILE, help="A real logger file: its drive is kept, known plumes are laid over it.")
@lang_option
@json_option
@quiet_option
def simulate(
    *,
    out: Path,
    seed: int,
    size: Any,
    without: tuple[str, ...],
    drive: Path | None,
    lang: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a simulated mission with known truth: OUT/mission/ in real file formats, and OUT/truth.json.

    \b
    Example:
      onevisit simulate demo --seed 7
      onevisit process demo/mission -o demo/out
      onevisit score demo/out demo/truth.json
    """
    from onevisit.progress import quieten, showing_progress
    from onevisit.truth.simulate import simulate_mission
    from onevisit.truth.simulate.overlay import simulate_over_drive

    quieten(quiet)
    with showing_progress(quiet, lang) as advance:
        advance(Phrase("doing_simulation"), None)
        if drive is None:
            simulate_mission(out, seed=seed, size=size, without=without)
        else:
            simulate_over_drive(out, drive, seed=seed)
    made = {"mission": str(out / "mission"), "truth": str(out / "truth.json")}
    if as_json:
        echo_json(made)
        return
    click.echo(say(Phrase("simulated", made), lang))
