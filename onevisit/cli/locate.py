"""`onevisit locate`: where a pixel of one photo stands on the ground, with its error ellipse."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.errors import NothingUsable
from ingest.outcome import Phrase
from onevisit.cli.options import FILE, WrongCall, json_option, lang_option, quiet_option
from onevisit.cli.printing import echo_json, echo_said, said
from onevisit.words.telling import say

if TYPE_CHECKING:
    from pyproj import CRS

    from imagery.orientation.targets import Target
    from ingest.outcome import Outcome
    from ingest.schema import Frame

_SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command()
@click.argument("photo", type=FILE)
@click.argument("column", type=float)
@click.argument("row", type=float)
@click.option("--dem", type=FILE, help="Elevation model (GeoTIFF, any vertical datum). Default: level ground.")
@click.option(
    "--takeoff",
    type=(click.FloatRange(-180, 180), click.FloatRange(-90, 90)),
    metavar="LON LAT",
    help="Where the drone took off, WGS 84 degrees: with --dem, the zero of its heights. Default: below the photo.",
)
@click.option(
    "--flying-height",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Above the ground, m, for a photo that tags none.",
)
@click.option("--geoid-height", type=float, help="Of the DEM's zero above the ellipsoid, m. Default: by PROJ.")
@click.option(
    "--probability", type=_SHARE, default=0.9, show_default=True, help="That the ellipse holds the true place."
)
@lang_option
@json_option
@quiet_option
def locate(
    *,
    photo: Path,
    column: float,
    row: float,
    dem: Path | None,
    takeoff: tuple[float, float] | None,
    flying_height: float,
    geoid_height: float | None,
    probability: float,
    lang: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say where the pixel at COLUMN and ROW of one PHOTO stands, with its error ellipse.

    Columns and rows are counted from 0 at the top left of the photo as it is stored; whole numbers are the middles
    of pixels. Photos that overlap are placed better together: see `onevisit ortho`.

    \b
    Example:
      onevisit locate DJI_0042.JPG 2736 1824
    """
    from imagery.heights import NO_GEOID
    from imagery.locate import REACH_M, locate_pixel
    from imagery.settings import ImagerySettings
    from ingest.coordinates import grid_crs
    from ingest.images.elevation import read_elevation
    from ingest.outcome import Outcome
    from onevisit.progress import quieten

    quieten(quiet)
    if takeoff and dem is None:
        raise WrongCall(Phrase("takeoff_without_dem"), lang)
    read = _read_one(photo)
    frame = read.value
    _check_pixel(frame, column, row, lang)
    here, geoid = frame.pose, NO_GEOID if geoid_height is None else geoid_height
    crs = grid_crs(here.lon, here.lat)
    box = {"lon": (here.lon, here.lon), "lat": (here.lat, here.lat)}
    ground = read_elevation(dem, dem.name, **box, margin_m=REACH_M) if dem else Outcome(None)
    settings = replace(ImagerySettings(), flying_height_m=flying_height, geoid_height_m=geoid)
    zero = None if takeoff is None else _on_grid(takeoff, crs)
    found = locate_pixel(frame, (column, row), settings, crs=crs, dem=ground.value, takeoff=zero, level=probability)
    decisions = [*read.decisions, *ground.decisions, *found.decisions]
    place = {"photo": photo.name, "column": column, "row": row, **_place(found.value, crs)}
    if as_json:
        echo_json({**place, **said(decisions, read.rejects, lang)})
        return
    _echo_place(place, lang)
    echo_said(decisions, read.rejects, lang)


def _read_one(photo: Path) -> Outcome[Frame]:
    """The one frame of a photo, as an outcome, and that its pixels are counted as stored where a viewer turns it."""
    from ingest.images.read import PhotoSettings, read_frames
    from ingest.outcome import Decision, Outcome

    read = read_frames([photo], PhotoSettings())
    if not read.value:
        raise NothingUsable(Phrase("photo_cannot_be_placed", {"photo": photo.name}), rejects=read.rejects)
    frame, decisions = read.value[0], read.decisions
    turned = frame.tags.get("Orientation", "1")
    if turned not in ("0", "1"):
        decisions = (*decisions, Decision(frame.item, "pixels_counted_as_stored", {"orientation": turned}))
    return Outcome(frame, decisions, read.rejects)


def _on_grid(place: tuple[float, float], crs: CRS) -> tuple[float, float]:
    from ingest.coordinates import to_grid

    x, y = to_grid(*place, crs)
    return float(x), float(y)


def _check_pixel(frame: Frame, column: float, row: float, lang: str) -> None:
    width, height = frame.camera.width_px, frame.camera.height_px
    if not (-0.5 <= column <= width - 0.5 and -0.5 <= row <= height - 0.5):
        size = {"width": width, "height": height, "last_column": width - 1, "last_row": height - 1}
        raise WrongCall(Phrase("pixel_outside", {"photo": frame.item, "column": column, "row": row, **size}), lang)


def _place(target: Target, crs: CRS) -> dict[str, Any]:
    """The place in degrees and in the grid, and its ellipse about true north."""
    from ingest.coordinates import gcj02_from_wgs84, is_mainland_china, meridian_convergence_rad, to_lonlat

    lon, lat = (float(v) for v in to_lonlat(target.easting_m, target.northing_m, crs))
    shifted = gcj02_from_wgs84(lon, lat) if is_mainland_china(lon, lat) else None
    gcj_lon, gcj_lat = (round(float(v), 7) for v in shifted) if shifted else (None, None)
    bearing = target.bearing_rad + float(meridian_convergence_rad(lon, lat, crs))
    return {
        "lon": round(lon, 7),
        "lat": round(lat, 7),
        "crs": "EPSG:4326",
        "gcj02_lon": gcj_lon,
        "gcj02_lat": gcj_lat,
        "easting_m": round(target.easting_m, 2),
        "northing_m": round(target.northing_m, 2),
        "grid_crs": crs.to_string(),
        "height_above_takeoff_m": round(target.height_m, 2) + 0.0,  # never -0.0
        "semi_major_m": round(target.semi_major_m, 2),
        "semi_minor_m": round(target.semi_minor_m, 2),
        "bearing_deg": round(math.degrees(bearing) % 180.0, 1),
        "probability": target.level,
        "slant_range_m": round(target.slant_range_m, 2),
    }


def _echo_place(place: dict[str, Any], lang: str) -> None:
    """The place as lines for a person: degrees to 0.1 m, the ellipse, what a navigation of China takes."""
    values = {name: place[name] for name in ("photo", "column", "row", "lon", "lat")}
    ellipse = {"major": place["semi_major_m"], "minor": place["semi_minor_m"], "bearing": place["bearing_deg"]}
    lines = [Phrase("pixel_located", {**values, **ellipse, "percent": 100 * place["probability"]})]
    if place["gcj02_lon"] is not None:
        lines.append(Phrase("pixel_in_gcj02", {"lon": place["gcj02_lon"], "lat": place["gcj02_lat"]}))
    far = {"slant": place["slant_range_m"], "height": place["height_above_takeoff_m"]}
    for line in (*lines, Phrase("pixel_distance", far)):
        click.echo(say(line, lang))
