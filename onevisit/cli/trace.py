"""`onevisit trace`: logger files into one CF trajectory file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from ingest.errors import NothingUsable
from ingest.outcome import Notes, Phrase
from onevisit.cli.options import (
    NEW_FILE,
    files_argument,
    json_option,
    lang_option,
    quiet_option,
    zone_option,
)
from onevisit.cli.printing import echo_json, echo_said, said
from onevisit.words.telling import say

if TYPE_CHECKING:
    import xarray as xr


@click.command()
@files_argument
@click.option("-o", "--output", type=NEW_FILE, default=Path("trace.nc"), show_default=True, help="CF netCDF file.")
@zone_option
@lang_option
@json_option
@quiet_option
def trace(*, files: tuple[Path, ...], output: Path, time_zone: str, lang: str, as_json: bool, quiet: bool) -> None:
    """Read logger FILES of any kind into one CF trajectory file, cleaned, with background and enhancement.

    \b
    Example:
      onevisit trace drive.dat positions.gpx -o trace.nc
    """
    from ingest.traces.read import TraceSettings, read_traces
    from onevisit.handover.data.netcdf import write_traces
    from onevisit.progress import quieten, showing_progress
    from tracks import TrackSettings, process_trace

    settings = TraceSettings(time_zone=time_zone) if time_zone else TraceSettings()
    quieten(quiet)
    with showing_progress(quiet, lang) as advance:
        advance(Phrase("doing_files", {"count": len(files)}), None)
        notes, tracks = Notes(), []
        read = notes.take(read_traces(files, settings))
        for number, one in enumerate(read):
            advance(Phrase("doing_drive", {"number": number + 1, "count": len(read)}), number / len(read))
            tracks.append(notes.take(process_trace(one, TrackSettings())))
    if not tracks:
        raise NothingUsable(Phrase("no_trace_in_files"), rejects=notes.rejects)
    write_traces(output, [track.passes for track in tracks])
    lines = [_trace_summary(track.passes) for track in tracks]
    if as_json:
        echo_json({"output": str(output), "traces": lines, **said(notes.decisions, notes.rejects, lang)})
        return
    for line in lines:
        values = {"name": line["trajectory"], "rows": line["rows"], "flagged": line["flagged"], "lag": line["lag_s"]}
        click.echo(say(Phrase("trace_written", values), lang))
    echo_said(notes.decisions, notes.rejects, lang)
    click.echo(say(Phrase("line_written", {"path": str(output)}), lang))


def _trace_summary(passes: xr.Dataset) -> dict[str, Any]:
    from ingest.flags import flag_counts

    lags = {float(v.attrs["lag_s"]) for v in passes.data_vars.values() if "lag_s" in v.attrs}
    return {
        "trajectory": str(passes["trajectory"].values),
        "rows": passes.sizes["obs"],
        "flagged": int(np.count_nonzero(passes["qc_flag"].values)),
        "flags": flag_counts(passes["qc_flag"].values),
        "lag_s": max(lags, default=0.0),
    }
