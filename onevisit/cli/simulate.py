"""`onevisit simulate`: a simulated mission with known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

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
@click.option(
    "--world",
    type=click.Choice(["1", "2"]),
    default="1",
    show_default=True,
    help="In 1 the wind and the registers are right; 2 is as hard as the air, with confounders of its own.",
)
@click.option("--without", multiple=True, metavar="CONFOUNDER", help="Leave one out; may be repeated.")
@click.option("--flights/--no-flights", default=True, help="Without: drives and records only, made much faster.")
@click.option("--drive", type=FILE, help="A real logger file: its drive is kept, known plumes are laid over it.")
@lang_option
@json_option
@quiet_option
def simulate(
    *,
    out: Path,
    seed: int,
    size: Any,
    world: Any,
    without: tuple[str, ...],
    flights: bool,
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
      onevisit simulate hard --seed 7 --world 2 --without vane_offset --no-flights

    World 1 is kind: the mast is right, register points lie on the stack, and every listed source that emits is a
    violation. World 2 adds what real days have: vanes that are turned, streets that turn the wind, register points at
    gates and in the middle of parcels of real sizes, sources that keep to their permit, stop, mix otherwise or share
    a plume, records that follow them, drives of one or two laps, streets upwind that are not driven, micro-stations
    and open paths. docs/simulator.md names each of them; --without leaves it out.
    """
    from onevisit.progress import quieten, showing_progress
    from onevisit.truth.simulate import simulate_mission
    from onevisit.truth.simulate.overlay import simulate_over_drive

    if drive is not None and (world != "1" or not flights):
        raise click.UsageError("--drive keeps the world of its file: leave out --world and --no-flights")
    quieten(quiet)
    with showing_progress(quiet, lang) as advance:
        advance(Phrase("doing_simulation"), None)
        if drive is None:
            number: Literal[1, 2] = 2 if world == "2" else 1
            simulate_mission(out, seed=seed, size=size, world=number, flights=flights, without=without)
        else:
            simulate_over_drive(out, drive, seed=seed)
    made = {"mission": str(out / "mission"), "truth": str(out / "truth.json")}
    if as_json:
        echo_json(made)
        return
    click.echo(say(Phrase("simulated", made), lang))
