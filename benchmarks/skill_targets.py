"""Score of single-photo targets: one pixel cast to the ground, against surveyed points, beside the peer's estimate.

``python -m benchmarks.skill_targets [--out docs/skill-targets.md]`` reads the table of
OpenAthena's test (Thunderstorm 24-2: a Skydio X2, 441 clicks in 98 photos, 53 surveyed points) and writes the page.

The table does not say which surveyed point was clicked. The peer takes the nearest one to its own estimate, and so
does the first part of the page, for both. The second part is stricter: the point is named with the help of all photos
(errors common to a flight taken out), and the estimates *without* that help are measured against it.

Nothing in the cast is estimated from the table: standard deviations are the settings of the product, the interior
orientation is the one that the table states, with square pixels. A part on calibration splits the photos in order of
appearance: odd ones tune the errors common to a flight, even ones are scored.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS
from scipy.interpolate import griddata
from scipy.optimize import minimize
from scipy.spatial import cKDTree

from benchmarks.real_data import data_folder
from imagery.camera import normalise, rotation_from_vector
from imagery.orientation.targets import Target, cast_pixels, ellipse_holds, station_of_single_photo
from imagery.schema import Station
from imagery.settings import ImagerySettings
from imagery.surface import Surface, meet_ground
from ingest.coordinates import grid_crs, meridian_convergence_rad, to_grid
from ingest.images.read import PhotoSettings
from ingest.schema import Camera, Frame, Pose

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
# Standard deviations of errors common to a flight: easting, northing, height [m], pitch, yaw [rad].
_COMMON_SD = np.array([3.0, 3.0, 5.0, 0.026, 0.052])


@dataclass(frozen=True, eq=False)
class Clicks:
    """The table in the grid CRS: photos as stations, the pixels clicked in each, the peer's estimate of each."""

    stations: tuple[Station, ...]
    pixels: tuple[Floats, ...]
    flight: Ints
    photo: Ints
    peer: Floats
    surface: Surface
    surveyed: Floats


def read_clicks(folder: Path, settings: ImagerySettings) -> Clicks:
    """Read the table and the surveyed points; the ground is the peer's elevation model, known at its estimates."""
    table = pd.read_csv(folder / "openathena_cot_441.csv")
    points = pd.read_csv(folder / "openathena_gcps_53.csv")
    crs = grid_crs(points["Longitude"].to_list(), points["Latitude"].to_list())
    peer = _on_grid(table["lon"], table["lat"], crs)
    surface = _peer_ground(peer, table["hae"].to_numpy(), settings)
    photos = table.groupby(
        ["droneLatitude", "droneLongitude", "droneElevationHAE", "cameraSlantAngleDeg"], sort=False
    )
    photo = photos.ngroup().to_numpy()
    stations, pixels = [], []
    for number in range(photo.max() + 1):
        rows = table[photo == number]
        stations.append(_station(rows, peer[photo == number], crs, settings))
        width, height = float(rows["imageWidth"].iloc[0]), float(rows["imageLength"].iloc[0])
        share = rows[["imageSelectedProportionX", "imageSelectedProportionY"]].to_numpy()
        pixels.append(share * [width, height] - 0.5)
    height = np.array([s.centre[2] for s in stations])
    flight = (height > 0.5 * (height.min() + height.max())).astype(np.intp)
    surveyed = _on_grid(points["Longitude"], points["Latitude"], crs)
    # In the order of the stations, so that arrays of targets and of the table match.
    order = np.argsort(photo, kind="stable")
    return Clicks(tuple(stations), tuple(pixels), flight, photo[order], peer[order], surface, surveyed)


def _on_grid(lon: pd.Series, lat: pd.Series, crs: CRS) -> Floats:
    x, y = to_grid(lon.to_numpy(), lat.to_numpy(), crs)
    return np.stack([x, y], axis=1)


def _peer_ground(places: Floats, heights: Floats, settings: ImagerySettings) -> Surface:
    """Linear between the places where the elevation model is known, nearest beyond them, nodes 5 m apart."""
    cell = 5.0
    west, south = places.min(axis=0) - 50.0
    east, north = places.max(axis=0) + 50.0
    x, y = np.meshgrid(np.arange(west, east, cell), np.arange(north, south, -cell))
    linear = griddata(places, heights, (x, y), method="linear")
    nearest = griddata(places, heights, (x, y), method="nearest")
    filled = np.where(np.isnan(linear), nearest, linear)
    return Surface(float(west), float(north), cell, filled, settings.ground_sd_m, "elevation model of the peer")


def _station(rows: pd.DataFrame, peer: Floats, crs: CRS, settings: ImagerySettings) -> Station:
    """Station of one photo; the camera's azimuth, not in the table, is that of the peer's rays less their offsets."""
    first = rows.iloc[0]
    lon, lat = float(first["droneLongitude"]), float(first["droneLatitude"])
    x, y = (float(v) for v in to_grid(lon, lat, crs))
    convergence = float(meridian_convergence_rad(lon, lat, crs))
    azimuth = np.arctan2(peer[:, 0] - x, peer[:, 1] - y) + convergence
    yaw = float(np.angle(np.exp(1j * (azimuth - np.radians(rows["yawOffsetDegSelectedPoint"].to_numpy()))).mean()))
    defaults = PhotoSettings()
    pose = Pose(
        lon,
        lat,
        yaw_rad=yaw,
        pitch_rad=-math.radians(float(first["cameraSlantAngleDeg"])),
        roll_rad=math.radians(float(first["cameraRollAngleDeg"])),
        horizontal_sd_m=defaults.horizontal_sd_m,
        vertical_sd_m=defaults.vertical_sd_m,
    )
    width, height, focal = int(first["imageWidth"]), int(first["imageLength"]), float(first["f_x"])
    lens = tuple(float(first[name]) for name in ("k1", "k2", "p1", "p2", "k3"))
    camera = Camera(
        width, height, focal, (width - 1) / 2, (height - 1) / 2, lens, "Skydio X2", "table",  # type: ignore[arg-type]
        defaults.lens_focal_sd * focal,
    )  # fmt: skip
    frame = Frame("photo", Path("photo"), camera, pose)
    return station_of_single_photo(frame, np.array([x, y, float(first["droneElevationHAE"])]), convergence, settings)


def cast(clicks: Clicks, common: Floats | None = None) -> tuple[Target, ...]:
    """Cast every click, if asked after taking out the errors common to each flight, shape (flights, 5)."""
    targets: list[Target] = []
    for station, pixels, flight in zip(clicks.stations, clicks.pixels, clicks.flight, strict=True):
        moved = station if common is None else _shifted(station, common[flight])
        targets += cast_pixels(moved, [(float(x), float(y)) for x, y in pixels], clicks.surface)
    return tuple(targets)


def _shifted(station: Station, common: Floats) -> Station:
    """A station moved by easting, northing, height, and turned by pitch (up) and yaw (clockwise)."""
    upward = station.rotation[:, 2]
    turn = rotation_from_vector(np.array([-common[3], 0.0, 0.0])) @ rotation_from_vector(common[4] * upward)
    return replace(station, centre=station.centre + common[:3], rotation=turn @ station.rotation)


def places(targets: Sequence[Target]) -> Floats:
    """Easting and northing of targets, shape (n, 2)."""
    return np.array([[t.easting_m, t.northing_m] for t in targets])


def common_errors(clicks: Clicks, photos: Ints) -> Floats:
    """Errors common to each flight that bring the clicks of some photos nearest to surveyed points, shape (2, 5).

    Maximum a posteriori with a soft cost (1 − exp(−d²/2s²)) so that clicks far from every point do not pull, and
    the prior of `_COMMON_SD`.
    """
    return np.array([_fit(_cost(clicks, [k for k in photos if clicks.flight[k] == flight])) for flight in (0, 1)])


def _cost(clicks: Clicks, photos: Sequence[int]) -> Callable[[Floats, float], float]:
    tree = cKDTree(clicks.surveyed)
    seen = {k: normalise(clicks.stations[k].camera, clicks.pixels[k]) for k in photos}
    seen = {k: np.column_stack([xy, np.ones(len(xy))]) for k, xy in seen.items()}

    def cost(shift: Floats, width_m: float) -> float:
        moved = {k: _shifted(clicks.stations[k], shift * _COMMON_SD) for k in photos}
        ground = [meet_ground(s.centre, seen[k] @ s.rotation, clicks.surface)[:, :2] for k, s in moved.items()]
        away = np.asarray(tree.query(np.nan_to_num(np.concatenate(ground)))[0])
        return float(np.sum(1.0 - np.exp(-0.5 * (away / width_m) ** 2)) * width_m**2 / 4.0 + 0.5 * shift @ shift)

    return cost


def _fit(cost: Callable[[Floats, float], float]) -> Floats:
    shift = np.zeros(5)
    for width_m in (8.0, 4.0):
        shift = minimize(cost, shift, args=(width_m,), method="Powell", options={"xtol": 0.02, "ftol": 1e-4}).x
    return np.asarray(shift * _COMMON_SD)


# --- the page ------------------------------------------------------------------------------------------------------


def errors_to(estimates: Floats, truth: Floats) -> Floats:
    """Distance [m] of each estimate from its own true place."""
    return np.asarray(np.hypot(*(estimates - truth).T))


def nearest(estimates: Floats, surveyed: Floats) -> Floats:
    """The surveyed point nearest to each estimate."""
    return np.asarray(surveyed[np.asarray(cKDTree(surveyed).query(estimates)[1])])


def _row(name: str, estimates: Floats, truth: Floats, targets: Sequence[Target] | None) -> str:
    off = errors_to(estimates, truth)
    inside = "-"
    if targets is not None:
        held = [ellipse_holds(t, float(x), float(y)) for t, (x, y) in zip(targets, truth, strict=True)]
        inside = f"{100 * np.mean(held):.0f} %"
    size = "-" if targets is None else f"{np.median([t.semi_major_m for t in targets]):.1f} m"
    return (
        f"| {name} | {len(off)} | {np.median(off):.1f} m | {np.quantile(off, 0.9):.1f} m | {np.mean(off):.1f} m "
        f"| {inside} | {size} |"
    )


_HEAD = "| estimate | targets | CEP50 | CE90 | mean | inside the 90 % ellipse | its longer half axis, median |\n"
_HEAD += "|---|---|---|---|---|---|---|\n"


def page(clicks: Clicks) -> str:
    """The whole page."""
    ours = cast(clicks)
    everyone = np.arange(len(clicks.stations))
    own = [
        _row("OpenAthena, as published", clicks.peer, nearest(clicks.peer, clicks.surveyed), None),
        _row("onevisit", places(ours), nearest(places(ours), clicks.surveyed), ours),
    ]
    named = nearest(places(cast(clicks, common_errors(clicks, everyone))), clicks.surveyed)
    strict = [_row("OpenAthena, as published", clicks.peer, named, None), _row("onevisit", places(ours), named, ours)]
    tuned = cast(clicks, common_errors(clicks, everyone[::2]))
    half = np.isin(clicks.photo, everyone[1::2])
    even = tuple(t for t, keep in zip(ours, half, strict=True) if keep)
    calibrated = tuple(t for t, keep in zip(tuned, half, strict=True) if keep)
    split = [
        _row("onevisit", places(even), nearest(places(even), clicks.surveyed), even),
        _row(
            "onevisit, flight errors from the other half",
            places(calibrated),
            nearest(places(calibrated), clicks.surveyed),
            calibrated,
        ),
    ]
    return (
        "# Single-photo targets: skill\n\n"
        "Written by `python -m benchmarks.skill_targets`. Data: OpenAthena's accuracy test Thunderstorm 24-2 (MIT),\n"
        f"{len(clicks.photo)} clicks in {len(clicks.stations)} photos of a Skydio X2, {len(clicks.surveyed)} "
        "surveyed points.\n"
        "Target: CEP50 < 7.7 m, CE90 < 17.3 m, 90 % of the targets inside the stated 90 % ellipse.\n\n"
        "## Nearest surveyed point\n\n"
        "The table does not name the point that was clicked. As in the peer's own analysis, each estimate is\n"
        "measured against the surveyed point nearest to it. Nothing is estimated from the table.\n\n"
        + _HEAD + "\n".join(own) + "\n\n## Points named with the help of all photos\n\n"
        "Stricter: errors common to each flight (easting, northing, height, pitch, yaw) are fitted on all photos\n"
        "only to name the point of every click; the estimates are the same as above, without that fit. Still not a\n"
        "truth: a click that the fit leaves between two points is given to the nearer one.\n\n"
        + _HEAD + "\n".join(strict) + "\n\n## Flight errors from control points\n\n"
        "Photos in order of appearance: odd ones tune the errors common to each flight, the even ones are scored\n"
        "(nearest surveyed point). Ellipses are not narrowed by the calibration.\n\n"
        + _HEAD + "\n".join(split) + "\n"
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Score the table if it is there and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parents[1]
    parser.add_argument("--out", type=Path, default=root / "docs" / "skill-targets.md")
    arguments = parser.parse_args(argv)
    folder = data_folder() / "uav/tables"
    if not folder.is_dir():
        print(f"{folder} is not there: nothing scored")
        return 1
    text = page(read_clicks(folder, ImagerySettings()))
    arguments.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
