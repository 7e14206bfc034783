"""`onevisit ortho`: photos into one georeferenced mosaic."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click
import numpy as np

from ingest.errors import NothingUsable
from ingest.outcome import Phrase, Value
from onevisit.cli.options import (
    ANY,
    FILE,
    NEW_FILE,
    json_option,
    lang_option,
    quiet_option,
)
from onevisit.cli.printing import echo_json, echo_said, finite, said
from onevisit.words.telling import say


@click.command()
@click.argument("images", nargs=-1, required=True, type=ANY)
@click.option("-o", "--output", type=NEW_FILE, default=Path("ortho.tif"), show_default=True, help="GeoTIFF (COG).")
@click.option(
    "--mode",
    type=click.Choice(["direct", "refined"]),
    default="refined",
    show_default=True,
    help="Poses as tagged, or adjusted by what overlapping photos show.",
)
@click.option(
    "--gsd", type=click.FloatRange(min=0, min_open=True), help="Ground length of a pixel, m. Default: photos'."
)
@click.option("--crs", help="Grid CRS, e.g. EPSG:4544. Default: chosen from the photos.")
@click.option("--dem", type=FILE, help="Elevation model (GeoTIFF, any vertical datum).")
@click.option(
    "--flying-height",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Above the ground, m, for photos that tag none.",
)
@click.option("--geoid-height", type=float, help="Of the DEM's zero above the ellipsoid, m. Default: by PROJ.")
@click.option("--gcp", type=FILE, help="Ground control and check points, in OpenDroneMap's gcp_list.txt format.")
@click.option("--memory", metavar="SIZE", help="Memory for the mosaic, e.g. 4GB.")
@lang_option
@json_option
@quiet_option
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
    lang: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make one georeferenced mosaic of IMAGES (photos or folders), with poses.geojson and ortho.json beside it.

    \b
    Example:
      onevisit ortho flights/DJI_001 -o ortho.tif --gsd 0.05
    """
    from imagery import ImagerySettings, process_frames
    from imagery.heights import NO_GEOID
    from ingest.coordinates import crs_from_text, grid_crs
    from ingest.images.control import read_control
    from ingest.images.elevation import elevation_of_flight
    from ingest.images.read import PhotoSettings, read_frames
    from ingest.outcome import Outcome
    from onevisit.atomic import write_text
    from onevisit.compute import computing
    from onevisit.handover.outputs import write_flight
    from onevisit.progress import quieten, showing_progress

    quieten(quiet)
    files = [file for path in images for file in _photos(path)]
    read = read_frames(files, PhotoSettings())
    if not read.value:
        raise NothingUsable(Phrase("no_photo_can_be_placed"), rejects=read.rejects)
    grid = crs_from_text(crs) if crs else grid_crs([f.pose.lon for f in read.value], [f.pose.lat for f in read.value])
    geoid = NO_GEOID if geoid_height is None else geoid_height
    settings = replace(
        ImagerySettings(), mode=mode, gsd_m=gsd or 0.0, flying_height_m=flying_height, geoid_height_m=geoid
    )
    ground = elevation_of_flight(dem, dem.name, read.value) if dem else Outcome(None)
    surveyed = read_control(gcp, crs=grid) if gcp else Outcome((), (), ())
    with computing(scheduler=None, memory=memory), showing_progress(quiet, lang) as advance:
        advance(Phrase("doing_photos", {"count": len(read.value)}), None)
        outcome = process_frames(read.value, settings, crs=grid, dem=ground.value, control=surveyed.value)
        advance(Phrase("doing_mosaic"), None)
        flown = write_flight(output, outcome.value, kind="", crs=grid)
    decisions = [*read.decisions, *ground.decisions, *outcome.decisions]
    rejects = [*read.rejects, *surveyed.rejects, *outcome.rejects]
    control = [{key: finite(value) for key, value in asdict(row).items()} for row in outcome.value.control]
    quality = {**asdict(flown.ortho.quality), "crs": grid.to_string(), "control": control}
    quality |= said(decisions, rejects, lang)
    write_text(output.with_suffix(".json"), json.dumps(finite(quality), ensure_ascii=False, indent=1) + "\n")
    if as_json:
        echo_json(finite(quality))
        return
    echo_said(decisions, rejects, lang)
    used = flown.ortho.quality
    mismatch = Phrase("ortho_mismatch", {"mismatch": used.mismatch_m}) if np.isfinite(used.mismatch_m) else ""
    values: dict[str, Value] = {"path": str(output), "used": used.used, "photos": used.photos, "mismatch": mismatch}
    click.echo(say(Phrase("ortho_written", {**values, "error": used.position_error_m}), lang))


def _photos(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
