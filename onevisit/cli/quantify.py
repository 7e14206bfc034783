"""`onevisit quantify`: emission rates of parked runs and transects."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from ingest.errors import NothingUsable
from ingest.outcome import Phrase
from onevisit.cli.options import (
    WrongCall,
    files_argument,
    json_in_any_case,
    lang_option,
    quiet_option,
    zone_option,
)
from onevisit.cli.printing import echo_json


@click.command()
@files_argument
@click.option(
    "--distance-m", type=click.FloatRange(min=0, min_open=True), help="Source to inlet, m; a parked run needs it."
)
@click.option("--source-height-m", type=click.FloatRange(min=0), help="Above the ground, m; a parked run needs it.")
@click.option("--lag-s", type=float, default=None, help="Inlet lag, s. Default: of the profile.")
@zone_option
@lang_option
@json_in_any_case
@quiet_option
def quantify(
    *,
    files: tuple[Path, ...],
    distance_m: float | None,
    source_height_m: float | None,
    lag_s: float | None,
    time_zone: str,
    lang: str,
    quiet: bool,
) -> None:
    """Estimate the emission rate of parked runs or transects in FILES; one JSON object a file, with an interval.

    A record whose positions stay at one place is a parked run (OTM 33A); in any other the methane source that most
    passes saw is taken.

    \b
    Example:
      onevisit quantify STR_6061411_01.csv --distance-m 62 --source-height-m 1.0 --lag-s 4
      onevisit quantify survey.dat --lag-s 4
    """
    from ingest.traces.read import TraceSettings, read_traces
    from onevisit.progress import quieten
    from tracks import TrackSettings
    from tracks.rates.choose import NEEDS_PLACE, quantify_trace

    settings = TrackSettings() if lag_s is None else replace(TrackSettings(), lag_s=lag_s, estimate_lag=False)
    quieten(quiet)
    unplaced = []
    for file in files:
        read = read_traces([file], TraceSettings(time_zone=time_zone) if time_zone else TraceSettings())
        if not read.value:
            raise NothingUsable(Phrase("file_is_no_trace", {"file": file.name}), rejects=read.rejects)
        one = max(read.value, key=lambda trace: trace.sizes["obs"])
        rate = quantify_trace(one, distance_m=distance_m, source_height_m=source_height_m, settings=settings)
        several = ("several_outings_longest_taken",) if len(read.value) > 1 else ()
        echo_json({**asdict(rate), "file": file.name, "flags": rate.flags + several})
        if NEEDS_PLACE in rate.flags:
            unplaced.append(file.name)
    if unplaced:
        raise WrongCall(Phrase("parked_runs_need_place", {"files": tuple(unplaced)}), lang)
