"""Score of the imagery room on real flights with a reference and on simulated blocks with known poses.

``python -m benchmarks.skill_imagery [--peers VENV]`` writes ``docs/skill-imagery.md``.
Nothing in the table is typed by hand; flights that are absent are said to be absent.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from benchmarks.blocks_imagery import PIXEL, run_blocks
from benchmarks.peers_imagery import default_peers, project_with_orthority
from benchmarks.real_data import data_folder
from imagery import FramePose, ImagerySettings, Ortho, Station, process_frames
from imagery.mosaic.ortho import View, render_chunk
from imagery.mosaic.radiometry import Tone
from imagery.photocache import forget_photos
from ingest.coordinates import crs_from_text, grid_crs
from ingest.images.read import PhotoSettings, read_frames
from ingest.outcome import Outcome
from ingest.schema import Frame
from onevisit.words.telling import tell

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """One measured figure against its target and the best seen elsewhere."""

    case: str
    measure: str
    value: float
    unit: str
    target: str
    others: str


def photo_frames(folder: Path) -> tuple[Frame, ...]:
    """Frames of every JPEG in a folder."""
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpg", ".jpeg"))
    return read_frames(files, PhotoSettings()).value


def single_photo(frame: Frame, pose: FramePose, ortho: Ortho, transform: Affine, shape: tuple[int, int]) -> Bytes:
    """One photo alone on a grid, as grey levels; 0 where it does not see."""
    if pose.camera is None or pose.rotation is None or pose.covariance is None:
        raise ValueError(f"{pose.item} is not used")
    centre = np.array([pose.easting_m, pose.northing_m, pose.height_m])
    station = Station(frame, pose.camera, centre, pose.rotation, pose.covariance)
    view = View(0, station, pose.footprint, Tone())
    bands = ("value",) if "value" in ortho.mosaic else ("red", "green", "blue")
    layers = render_chunk([view], ortho.surface, transform, shape, ImagerySettings(), bands)
    if len(bands) == 1:
        return _stretched(layers["value"].astype(float), layers["alpha"] > 0)
    colour = np.stack([layers[band].astype(np.uint8) for band in bands], axis=-1)
    grey: Bytes = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY)
    return grey


def _stretched(values: Floats, seen: NDArray[np.bool_]) -> Bytes:
    """Measured values as grey levels 1 to 255 between the 1st and 99th percentile of what is seen."""
    if not seen.any():
        return np.zeros(values.shape, np.uint8)
    low, high = np.nanpercentile(values[seen], (1, 99))
    share = np.clip((np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-9), 0, 1)
    return np.where(seen, 1 + np.round(254 * share), 0).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Described:
    """SIFT features of an image on a grid: places in pixels (n, 2), unit descriptors (n, 128)."""

    places: Floats
    descriptors: NDArray[np.float32]


def describe(image: Bytes) -> Described:
    """Features away from the edge of what is seen."""
    mask = cv2.erode((image > 0).astype(np.uint8), np.ones((9, 9), np.uint8))
    points, descriptors = cv2.SIFT_create(2000).detectAndCompute(image, mask)
    if descriptors is None:
        return Described(np.empty((0, 2)), np.empty((0, 128), np.float32))
    rooted = np.sqrt(descriptors / descriptors.sum(axis=1, keepdims=True)).astype(np.float32)
    return Described(np.array([p.pt for p in points]), rooted)


def shifts(one: Described, two: Described, pixel_m: float) -> Floats:
    """Distances [m] between places where two images on one grid show the same thing (ratio test, affine RANSAC)."""
    if min(len(one.places), len(two.places)) < 10:
        return np.empty(0)
    likeness = one.descriptors @ two.descriptors.T
    rows = np.arange(len(likeness))
    best = likeness.argmax(axis=1)
    first = likeness[rows, best].copy()
    likeness[rows, best] = -1
    second = likeness.max(axis=1)
    good = np.sqrt(np.maximum(2 - 2 * first, 0)) < 0.8 * np.sqrt(np.maximum(2 - 2 * second, 0))
    p, q = one.places[good], two.places[best[good]]
    if len(p) < 10:
        return np.empty(0)
    cv2.setRNGSeed(0)
    _, mask = cv2.estimateAffine2D(p, q, method=cv2.RANSAC, ransacReprojThreshold=2.0 / pixel_m)
    if mask is None or mask.sum() < 8:
        return np.empty(0)
    keep = mask.ravel().astype(bool)
    return np.linalg.norm(p[keep] - q[keep], axis=1) * pixel_m


def photo_errors(frames: Sequence[Frame], ortho: Ortho, reference: Path) -> Floats:
    """Root-mean-square distance [m] of each photo from the reference raster, NaN where they cannot be matched."""
    grey, transform = _reference(reference)
    photos = (
        single_photo(f, p, ortho, transform, (grey.shape[0], grey.shape[1]))
        for f, p in zip(frames, ortho.poses, strict=True)
    )
    return distances(photos, grey, float(transform.a))


def _reference(path: Path) -> tuple[Bytes, Affine]:
    with rasterio.open(path) as file:
        colour, transform = np.moveaxis(file.read(), 0, -1), file.transform
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.uint8), transform


def distances(photos: Iterable[Bytes], reference: Bytes, pixel_m: float) -> Floats:
    """Root-mean-square distance [m] of each photo from a reference on the same grid, NaN where nothing matches."""
    result, truth = [], describe(reference)
    for photo in photos:
        off = shifts(describe(photo), truth, pixel_m)
        result.append(float(np.sqrt(np.mean(off**2))) if len(off) else float("nan"))
    return np.array(result)


def neighbour_shifts(frames: Sequence[Frame], ortho: Ortho, pixel_m: float) -> Floats:
    """Median distance [m] between every two overlapping photos, each projected alone."""
    used = [(f, p) for f, p in zip(frames, ortho.poses, strict=True) if p.used]
    west, south, east, north = shapely.unary_union([p.footprint for _, p in used]).bounds
    transform = Affine(pixel_m, 0, west, 0, -pixel_m, north)
    shape = (int((north - south) / pixel_m), int((east - west) / pixel_m))
    photos = [describe(single_photo(f, p, ortho, transform, shape)) for f, p in used]
    result = []
    for i, j in itertools.combinations(range(len(used)), 2):
        overlap = used[i][1].footprint.intersection(used[j][1].footprint).area
        if overlap < 0.2 * used[i][1].footprint.area:
            continue
        off = shifts(photos[i], photos[j], pixel_m)
        if len(off):
            result.append(float(np.median(off)))
    return np.array(result)


def tagged_orthos(folder: Path, peers: Path | None) -> list[Line]:
    """Brighton as orthority puts it (tags as they are, a DSM it is given): the same measures on its own orthos."""
    reference, transform = _reference(folder / "derived_rgb_from_pointcloud_0.2m.tif")
    images = sorted((folder / "images").glob("*.[jJ]*"))
    with tempfile.TemporaryDirectory() as scratch:
        out, dem = Path(scratch), folder / "derived_dsm_0.2m.tif"
        if project_with_orthority(peers, images, dem, out, crs="EPSG:32615", gsd_m=0.05) is None:
            return []
        files = sorted(out.glob("*_ORTHO.tif"))
        errors = distances(
            (_on_grid(f, transform, (reference.shape[0], reference.shape[1])) for f in files), reference, 0.2
        )
        fine = transform * Affine.scale(0.5)
        greys = [_on_grid(f, fine, (2 * reference.shape[0], 2 * reference.shape[1])) for f in files]
    described = [describe(grey) for grey in greys]
    off = np.array([
        np.median(found) for i, j in itertools.combinations(range(len(greys)), 2)
        if ((greys[i] > 0) & (greys[j] > 0)).sum() >= 0.2 * (greys[i] > 0).sum()
        and len(found := shifts(described[i], described[j], 0.1))
    ])  # fmt: skip
    name = "Brighton, orthority in this run"
    return [
        Line(name, "distance from the point cloud, median of photos", float(np.nanmedian(errors)), "m", "", ""),
        Line(name, "distance from the point cloud, worst photo", float(np.nanmax(errors)), "m", "", ""),
        Line(name, "photos compared", float(np.isfinite(errors).sum()), "1", "", ""),
        Line(name, "mismatch of overlapping photos, median of pairs", float(np.median(off)), "m", "", ""),
        Line(name, "mismatch of overlapping photos, 90th percentile", float(np.quantile(off, 0.9)), "m", "", ""),
    ]


def _on_grid(path: Path, transform: Affine, shape: tuple[int, int]) -> Bytes:
    """An ortho as grey levels on another grid of its CRS; 0 where it shows nothing."""
    with (
        rasterio.open(path) as file,
        WarpedVRT(
            file, transform=transform, height=shape[0], width=shape[1], resampling=Resampling.average
        ) as warped,
    ):
        colour, seen = np.moveaxis(warped.read([1, 2, 3]), 0, -1), warped.dataset_mask() > 0
    grey = np.maximum(cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2GRAY), 1)
    return np.where(seen, grey, 0).astype(np.uint8)


def upright(ortho: Ortho, expected_deg: float) -> int:
    """Photos whose image top points within 20 degrees of what is expected of this flight."""
    off = [(np.degrees(p.heading_rad) - expected_deg + 180) % 360 - 180 for p in ortho.poses if p.used]
    return int(np.sum(np.abs(off) < 20))


def brighton(data: Path) -> list[Line]:
    """Brighton Beach against the coloured point cloud of an independent reconstruction."""
    folder = data / "uav/brighton_beach"
    frames = photo_frames(folder / "images")
    lines = []
    bests = {
        "direct": ("≤ 2.0", "orthority 2.49", "-", "orthority 13.7"),
        "refined": ("≤ 0.8", "ODM poses 1.32", "≤ 0.15", "ODM poses 1.73"),
    }
    for mode, (target, other, target_mismatch, other_mismatch) in bests.items():
        settings = ImagerySettings(mode=mode, gsd_m=0.05)
        ortho = process_frames(frames, settings, crs=crs_from_text("EPSG:32615")).value
        errors = photo_errors(frames, ortho, folder / "derived_rgb_from_pointcloud_0.2m.tif")
        name = f"Brighton, {mode}"
        lines += [
            Line(
                name,
                "distance from the point cloud, median of photos",
                float(np.nanmedian(errors)),
                "m",
                target,
                other,
            ),
            Line(name, "distance from the point cloud, worst photo", float(np.nanmax(errors)), "m", "", ""),
            Line(name, "photos compared", float(np.isfinite(errors).sum()), "1", "18", ""),
        ]
        off = neighbour_shifts(frames, ortho, 0.1)
        lines += [
            Line(
                name,
                "mismatch of overlapping photos, median of pairs",
                float(np.median(off)),
                "m",
                target_mismatch,
                other_mismatch,
            ),
            Line(name, "mismatch of overlapping photos, 90th percentile", float(np.quantile(off, 0.9)), "m", "", ""),
            Line(name, "photos the right way up", float(upright(ortho, 45.0)), "1", "18", "orthority 12"),
        ]
        if mode == "refined":
            lines.append(
                Line(name, "reprojection error", ortho.quality.reprojection_error_px, "px", "", "pycolmap 0.84")
            )
            lines.append(
                Line(name, "tie-point mismatch on the ground, median", ortho.quality.mismatch_m, "m", "", "")
            )
        forget_photos()
    return lines


def thermal_river(data: Path) -> list[Line]:
    """M2EA thermal flight: neighbours against each other, and whether the gimbal's bias was found."""
    frames = photo_frames(data / "uav/m2ea_thermal_river")
    lines = []
    for mode, target in (("direct", ""), ("refined", "≤ 0.5")):
        crs = grid_crs([f.pose.lon for f in frames], [f.pose.lat for f in frames])
        outcome: Outcome[Ortho] = process_frames(frames, ImagerySettings(mode=mode), crs=crs)
        off = neighbour_shifts(frames, outcome.value, 0.16)
        name = f"M2EA thermal river, {mode}"
        found = any("gimbal yaw is biased" in tell(d).decision for d in outcome.decisions)
        lines += [
            Line(name, "photos used of 33", float(outcome.value.quality.used), "1", "33", "both peers refuse"),
            Line(name, "gimbal yaw bias found (1 yes)", float(found), "1", "1", ""),
            Line(
                name,
                "mismatch of overlapping photos, median of pairs",
                float(np.median(off)),
                "m",
                target,
                "flight yaw 3.3",
            ),
            Line(name, "mismatch of overlapping photos, 90th percentile", float(np.quantile(off, 0.9)), "m", "", ""),
        ]
        forget_photos()
    return lines


def simulated_blocks(seeds: Sequence[int]) -> list[Line]:
    """Blocks with known poses: what photos disagree by, and whether the stated errors hold."""
    lines = []
    for mode, gps_sd_m, name in (
        ("direct", 3.0, "GPS"), ("refined", 3.0, "GPS"), ("refined", 0.03, "RTK"),
    ):  # fmt: skip
        with tempfile.TemporaryDirectory() as scratch:
            settings = ImagerySettings(mode=mode, gsd_m=0.2)
            scores = run_blocks(Path(scratch), seeds, settings, gps_sd_m=gps_sd_m)
        case = f"{len(scores)} simulated blocks, {name} ± {gps_sd_m:g} m, {mode}"
        covered = float(np.mean([s.coverage for s in scores]))
        used = sum(s.used for s in scores)
        mismatch = float(np.median([s.mismatch_m for s in scores])) / PIXEL
        error, stated = (float(np.median([getattr(s, k) for s in scores])) for k in ("error_m", "stated_m"))
        lines += [
            Line(case, f"photos used of {sum(s.photos for s in scores)}", float(used), "1", "", ""),
            Line(case, "mismatch between photos, median", mismatch, "GSD", "≤ 1" if mode == "refined" else "", ""),
            Line(case, "distance from the truth, median of blocks", error, "m", "", ""),
            Line(case, "stated standard error, median of blocks", stated, "m", "", ""),
            Line(case, "mosaic inside its stated 90 % circle", 100 * covered, "%", "≥ 90", ""),
        ]
    return lines


def table(lines: Sequence[Line]) -> str:
    """Markdown table of the figures."""
    head = "| case | measure | measured | target | elsewhere |\n|---|---|---|---|---|\n"
    rows = [
        f"| {x.case} | {x.measure} | {x.value:.3g}{'' if x.unit == '1' else ' ' + x.unit} | {x.target} | {x.others} |"
        for x in lines
    ]
    return head + "\n".join(rows) + "\n"


def main(argv: Sequence[str] | None = None) -> None:
    """Score everything that is there and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "skill-imagery.md")
    parser.add_argument("--peers", type=Path, default=default_peers(), help="environment of orthority")
    parser.add_argument("--blocks", type=int, default=20, help="number of simulated blocks of each kind")
    parser.add_argument("--first-seed", type=int, default=1000, help="0-999 are for tuning, from 1000 for scoring")
    arguments = parser.parse_args(argv)
    lines: list[Line] = []
    data = data_folder()
    if (data / "uav").is_dir():
        lines += brighton(data) + tagged_orthos(data / "uav/brighton_beach", arguments.peers)
        lines += thermal_river(data)
    if arguments.blocks:
        lines += simulated_blocks(range(arguments.first_seed, arguments.first_seed + arguments.blocks))
    text = table(lines)
    arguments.out.write_text(
        "# Imagery: skill\n\nWritten by `python -m benchmarks.skill_imagery`. The column *elsewhere* holds\n"
        "published or earlier measured figures of other systems on the same flights.\n\n" + text,
        encoding="utf-8",
    )
    print(text)


if __name__ == "__main__":
    main()
