"""The verbs that use one room alone: trace, quantify, ortho, hj212, simulate, score."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import xarray as xr

from imagery import ImagerySettings, process_frames
from imagery.heights import NO_GEOID
from ingest.control import read_control
from ingest.coordinates import crs_from_text, grid_crs
from ingest.elevation import elevation_of_flight
from ingest.errors import FileError, NothingUsable
from ingest.flags import flag_counts
from ingest.hj212 import Hj212Settings, join_packets, parse_stream
from ingest.photos import PhotoSettings, read_frames
from ingest.schema import Decision, Outcome, Reject
from ingest.traces import TraceSettings, read_traces
from onevisit.compute import computing
from onevisit.handover.atomic import write_text
from onevisit.handover.netcdf import write_traces
from onevisit.handover.outputs import write_flight
from onevisit.progress import quieten, showing_progress
from onevisit.score import render_scores, score_output, scores_dict, write_scores
from onevisit.simulate import simulate_mission
from onevisit.simulate.overlay import simulate_over_drive
from tracks import TrackSettings, process_trace
from tracks.rates import NEEDS_PLACE, quantify_trace

__all__ = ["VERBS"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_ANY = click.Path(exists=True, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)

_files = click.argument("files", nargs=-1, required=True, type=_FILE)
_zone = click.option("--time-zone", default="", metavar="ZONE", help="Of times without one, e.g. Asia/Shanghai.")
_json = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
_json_always = click.option(
    "--json", is_flag=True, expose_value=False, help="Print as JSON; this verb prints an object a line in any case."
)
_quiet = click.option("--quiet", is_flag=True, help="Nothing on standard error but errors.")


@click.command()
@_files
@click.option("-o", "--output", type=_NEW_FILE, default=Path("trace.nc"), show_default=True, help="CF netCDF file.")
@_zone
@_json
@_quiet
def trace(*, files: tuple[Path, ...], output: Path, time_zone: str, as_json: bool, quiet: bool) -> None:
    """Read logger FILES of any kind into one CF trajectory file, cleaned, with background and enhancement.

    \b
    Example:
      onevisit trace drive.dat positions.gpx -o trace.nc
    """
    settings = TraceSettings(time_zone=time_zone) if time_zone else TraceSettings()
    quieten(quiet)
    with showing_progress(quiet) as advance:
        advance(f"reading {len(files)} files", None)
        read = read_traces(files, settings)
        outcomes = []
        for number, one in enumerate(read.value):
            advance(f"following drive {number + 1} of {len(read.value)}", number / len(read.value))
            outcomes.append(process_trace(one, TrackSettings()))
    decisions = [*read.decisions, *(d for outcome in outcomes for d in outcome.decisions)]
    rejects = [*read.rejects, *(r for outcome in outcomes for r in outcome.rejects)]
    if not outcomes:
        raise NothingUsable(_because("no trace in these files", rejects))
    write_traces(output, [outcome.value.passes for outcome in outcomes])
    lines = [_trace_summary(outcome.value.passes) for outcome in outcomes]
    if as_json:
        _echo_json({"output": str(output), "traces": lines, **_said(decisions, rejects)})
        return
    for line in lines:
        click.echo(f"{line['trajectory']}: {line['rows']} rows, flagged {line['flagged']}, lag {line['lag_s']} s")
    _echo_said(decisions, rejects)
    click.echo(f"written: {output}")


@click.command()
@_files
@click.option(
    "--distance-m", type=click.FloatRange(min=0, min_open=True), help="Source to inlet, m; a parked run needs it."
)
@click.option("--source-height-m", type=click.FloatRange(min=0), help="Above the ground, m; a parked run needs it.")
@click.option("--lag-s", type=float, default=None, help="Inlet lag, s. Default: of the profile.")
@_zone
@_json_always
@_quiet
def quantify(
    *,
    files: tuple[Path, ...],
    distance_m: float | None,
    source_height_m: float | None,
    lag_s: float | None,
    time_zone: str,
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
    settings = TrackSettings() if lag_s is None else replace(TrackSettings(), lag_s=lag_s, estimate_lag=False)
    quieten(quiet)
    unplaced = []
    for file in files:
        read = read_traces([file], TraceSettings(time_zone=time_zone) if time_zone else TraceSettings())
        if not read.value:
            raise NothingUsable(_because(f"{file.name} is no trace", read.rejects))
        one = max(read.value, key=lambda trace: trace.sizes["obs"])
        rate = quantify_trace(one, distance_m=distance_m, source_height_m=source_height_m, settings=settings)
        several = ("several_outings_longest_taken",) if len(read.value) > 1 else ()
        _echo_json({**asdict(rate), "file": file.name, "flags": rate.flags + several})
        if NEEDS_PLACE in rate.flags:
            unplaced.append(file.name)
    if unplaced:
        raise click.UsageError(f"parked runs need --distance-m and --source-height-m: {', '.join(unplaced)}")


@click.command()
@click.argument("images", nargs=-1, required=True, type=_ANY)
@click.option("-o", "--output", type=_NEW_FILE, default=Path("ortho.tif"), show_default=True, help="GeoTIFF (COG).")
@click.option("--mode", type=click.Choice(["direct", "refined"]), default="refined", show_default=True)
@click.option(
    "--gsd", type=click.FloatRange(min=0, min_open=True), help="Ground length of a pixel, m. Default: photos'."
)
@click.option("--crs", help="Grid CRS, e.g. EPSG:4544. Default: chosen from the photos.")
@click.option("--dem", type=_FILE, help="Elevation model (GeoTIFF, any vertical datum).")
@click.option("--flying-height", type=click.FloatRange(min=0), default=0.0, help="m, of photos that tag none.")
@click.option("--geoid-height", type=float, help="m, of the DEM's zero above the ellipsoid. Default: from PROJ.")
@click.option("--gcp", type=_FILE, help="Ground control and check points, in OpenDroneMap's gcp_list.txt format.")
@click.option("--memory", metavar="SIZE", help="Memory for the mosaic, e.g. 4GB.")
@_json
@_quiet
def ortho(
    *,
    images: tuple[Path, ...],
    output: Path,
    mode: str,
    gsd: float | None,
    crs: str | None,
    dem: Path | None,
    flying_height: float,
    geoid_height: float | None,
    gcp: Path | None,
    memory: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make one georeferenced mosaic of IMAGES (photos or folders), with poses.geojson and ortho.json beside it.

    \b
    Example:
      onevisit ortho flights/DJI_001 -o ortho.tif --gsd 0.05
    """
    quieten(quiet)
    files = [file for path in images for file in _photos(path)]
    read = read_frames(files, PhotoSettings())
    if not read.value:
        raise NothingUsable(_because("no photo that can be placed", read.rejects))
    grid = crs_from_text(crs) if crs else grid_crs([f.pose.lon for f in read.value], [f.pose.lat for f in read.value])
    geoid = NO_GEOID if geoid_height is None else geoid_height
    settings = replace(
        ImagerySettings(), mode=mode, gsd_m=gsd or 0.0, flying_height_m=flying_height, geoid_height_m=geoid
    )
    ground = elevation_of_flight(dem, dem.name, read.value) if dem else Outcome(None)
    surveyed = read_control(gcp, crs=grid) if gcp else Outcome((), (), ())
    with computing(scheduler=None, memory=memory), showing_progress(quiet) as advance:
        advance(f"placing {len(read.value)} photos", None)
        outcome = process_frames(read.value, settings, crs=grid, dem=ground.value, control=surveyed.value)
        advance("drawing the mosaic", None)
        flown = write_flight(output, outcome.value, kind="", crs=grid)
    decisions = [*read.decisions, *ground.decisions, *outcome.decisions]
    rejects = [*read.rejects, *surveyed.rejects, *outcome.rejects]
    control = [{key: _finite(value) for key, value in asdict(row).items()} for row in outcome.value.control]
    quality = {**asdict(flown.ortho.quality), "crs": grid.to_string(), "control": control}
    quality |= _said(decisions, rejects)
    write_text(output.with_suffix(".json"), json.dumps(_finite(quality), ensure_ascii=False, indent=1) + "\n")
    if as_json:
        _echo_json(_finite(quality))
        return
    _echo_said(decisions, rejects)
    used = flown.ortho.quality
    mismatch = f"mismatch {used.mismatch_m:.2f} m, " if np.isfinite(used.mismatch_m) else ""
    click.echo(
        f"written: {output}  ({used.used} of {used.photos} photos, {mismatch}"
        f"expected position error {used.position_error_m:.2f} m)"
    )


@click.command()
@click.argument("file", type=_FILE)
@click.option("--tolerate", multiple=True, metavar="MN:WHAT", help='E.g. "*:modbus"; WHAT is modbus, length or long.')
@_json_always
@_quiet
def hj212(*, file: Path, tolerate: tuple[str, ...], quiet: bool) -> None:
    """Read the HJ 212 messages in FILE; one JSON object a message, bad ones with their errors.

    \b
    Example:
      onevisit hj212 station.log
    """
    quieten(quiet)
    settings = Hj212Settings(tolerated=tolerate)
    names = ("mn", "st", "cn", "qn", "data_time", "crc", "length_ok", "items", "flags", "errors")
    for message in join_packets(parse_stream(_chunks(file), settings=settings)):
        click.echo(json.dumps({name: getattr(message, name) for name in names}, ensure_ascii=False, default=dict))


@click.command()
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=int, required=True, help="The same seed gives the same bytes.")
@click.option("--size", type=click.Choice(["demo", "district", "city"]), default="demo", show_default=True)
@click.option("--without", multiple=True, metavar="CONFOUNDER", help="Leave one out; may be repeated.")
@click.option("--drive", type=_FILE, help="A real logger file: its drive is kept, known plumes are laid over it.")
@_json
@_quiet
def simulate(
    *, out: Path, seed: int, size: Any, without: tuple[str, ...], drive: Path | None, as_json: bool, quiet: bool
) -> None:
    """Write a simulated mission with known truth: OUT/mission/ in real file formats, and OUT/truth.json.

    \b
    Example:
      onevisit simulate demo --seed 7
      onevisit process demo/mission -o demo/out
      onevisit score demo/out demo/truth.json
    """
    quieten(quiet)
    with showing_progress(quiet) as advance:
        advance("letting puffs fly, driving through them, taking pictures", None)
        if drive is None:
            simulate_mission(out, seed=seed, size=size, without=without)
        else:
            simulate_over_drive(out, drive, seed=seed)
    made = {"mission": str(out / "mission"), "truth": str(out / "truth.json")}
    if as_json:
        _echo_json(made)
        return
    click.echo(f"mission: {made['mission']}\ntruth:   {made['truth']}")


@click.command()
@click.argument("out", type=_FOLDER)
@click.argument("truth", type=_FILE)
@_json
@_quiet
def score(*, out: Path, truth: Path, as_json: bool, quiet: bool) -> None:
    """Score the results in OUT against TRUTH; also writes OUT/score.json.

    \b
    Example:
      onevisit score demo/out demo/truth.json
    """
    quieten(quiet)
    with showing_progress(quiet) as advance:
        advance("holding the results against the truth", None)
        scores = score_output(out, truth)
    write_scores(scores, out / "score.json")
    click.echo(json.dumps(scores_dict(scores), ensure_ascii=False, indent=2) if as_json else render_scores(scores))


VERBS = (trace, quantify, ortho, hj212, simulate, score)


def _photos(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _chunks(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                yield chunk
    except OSError as error:
        raise FileError(file.name, f"cannot be read: {error.strerror}") from error


def _trace_summary(passes: xr.Dataset) -> dict[str, Any]:
    lags = {float(v.attrs["lag_s"]) for v in passes.data_vars.values() if "lag_s" in v.attrs}
    return {
        "trajectory": str(passes["trajectory"].values),
        "rows": passes.sizes["obs"],
        "flagged": int(np.count_nonzero(passes["qc_flag"].values)),
        "flags": flag_counts(passes["qc_flag"].values),
        "lag_s": max(lags, default=0.0),
    }


def _said(decisions: Sequence[Decision], rejects: Sequence[Reject]) -> dict[str, Any]:
    return {"decisions": [vars(d) for d in decisions], "rejects": [vars(r) for r in rejects]}


def _echo_said(decisions: Sequence[Decision], rejects: Sequence[Reject]) -> None:
    for decision in decisions:
        click.echo(f"  believed  {decision.item}: {decision.decision} ({decision.evidence})")
    for reject in rejects:
        click.echo(f"  rejected  {reject.item}{', ' + reject.where if reject.where else ''}: {reject.reason}")


def _because(what: str, rejects: Sequence[Reject]) -> str:
    return what + "".join(f"\n  {r.item}{', ' + r.where if r.where else ''}: {r.reason}" for r in rejects)


def _finite(value: Any) -> Any:
    """NaN is not JSON: what was not measured is null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _echo_json(value: Any) -> None:
    click.echo(json.dumps(_finite(value), ensure_ascii=False, default=str))
