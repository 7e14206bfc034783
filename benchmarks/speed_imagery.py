"""Speed and memory of the imagery room: real flights, and simulated blocks of growing size.

``python -m benchmarks.speed_imagery [--photos 40,500] [--peers VENV]`` writes
``docs/speed-imagery.md``. Each case runs in a process of its own, so that peak memory is its own; the floor is
decoding every JPEG once at the scale needed plus one `cv2.remap` of the output.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from benchmarks.peers_imagery import PeerRun, default_peers, pose_with_pycolmap, project_with_orthority
from benchmarks.real_data import data_folder
from imagery import ImagerySettings, process_frames
from imagery.camera import normalise, rotation_from_attitude
from imagery.orientation.tiepoints import parallel
from imagery.photocache import forget_photos
from ingest.coordinates import grid_crs, meridian_convergence_rad, to_lonlat
from ingest.images.read import PhotoSettings, read_frames, read_image
from ingest.schema import Camera, Frame, Pose
from onevisit.handover.data.cog import write_ortho

GRID = CRS.from_epsg(4544)
_GRAIN = np.random.default_rng(9).normal(0, 5, 999_983).astype(np.int8)
BIG = Camera(5472, 3648, 3648.0, 2735.5, 1823.5, model="simulated", source="truth", focal_sd_px=18.0)


def real_frames(folder: Path) -> tuple[Frame, ...]:
    """Frames of a folder of JPEGs."""
    return read_frames(sorted(folder.glob("*.[jJ]*")), PhotoSettings()).value


def make_texture(size: int) -> NDArray[np.uint8]:
    """Coloured boxes of all sizes: something to match everywhere."""
    rng = np.random.default_rng(2)
    texture = np.full((size, size, 3), 120, np.uint8)
    for _ in range(size * size // 400):
        x, y = (int(v) for v in rng.integers(0, size, 2))
        width, height = (int(v) for v in rng.geometric(0.06, 2) + 3)
        colour = tuple(int(v) for v in rng.integers(25, 230, 3))
        cv2.rectangle(texture, (x, y), (x + width, y + height), colour, -1)
    return cv2.GaussianBlur(texture, (0, 0), 1.0).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class _Exposure:
    """Where one simulated photo is written, and from where it is taken."""

    path: Path
    centre: NDArray[np.float64]
    rotation: NDArray[np.float64]


def simulated_frames(folder: Path, photos: int, *, camera: Camera = BIG) -> tuple[Frame, ...]:
    """A block of 20 MP photos from 60 m (80 % / 65 % overlap), 1 degree of tilt, 0.5 m of GPS noise."""
    rng = np.random.default_rng(4)
    texture = make_texture(4000)
    columns = math.ceil(math.sqrt(photos * 31 / 12))
    frames, exposures = [], []
    for k in range(photos):
        strip, place = divmod(k, columns)
        place = place if strip % 2 == 0 else columns - 1 - place
        centre = np.array([410_000.0 + 60 + 12 * place, 3_393_000.0 + 60 + 31 * strip, 60.0])
        yaw = math.radians(90 if strip % 2 == 0 else -90)
        rotation = rotation_from_attitude(yaw, -math.pi / 2 + 0.0175 * rng.normal(), 0.0175 * rng.normal())
        path = folder / f"sim_{k:05d}.jpg"
        tagged = centre[:2] + 0.5 * rng.normal(size=2)
        lon, lat = (float(v) for v in to_lonlat(tagged[0], tagged[1], GRID))
        true_yaw = yaw + float(meridian_convergence_rad(lon, lat, GRID))
        pose = Pose(lon, lat, None, "unknown", 60.0, true_yaw, -math.pi / 2, 0.0)
        time = datetime(2025, 6, 1, 3, tzinfo=UTC) + timedelta(seconds=3 * k)
        frames.append(Frame(path.name, path, camera, pose, time, flight_yaw_rad=true_yaw))
        exposures.append(_Exposure(path, centre, rotation))
    parallel(lambda x: _expose(texture, 0.1, camera, x), exposures)
    return tuple(frames)


def _expose(texture: NDArray[np.uint8], pixel: float, camera: Camera, exposure: _Exposure) -> None:
    photo = _shoot(texture, pixel, camera, exposure.rotation, exposure.centre)
    cv2.imwrite(str(exposure.path), photo, [cv2.IMWRITE_JPEG_QUALITY, 90])


def _shoot(
    texture: NDArray[np.uint8],
    pixel: float,
    camera: Camera,
    rotation: NDArray[np.float64],
    centre: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """Photo of the repeated texture on level ground: a homography, as there is no distortion."""
    width, height = camera.width_px, camera.height_px
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], float)
    rays = np.column_stack([normalise(camera, corners), np.ones(4)]) @ rotation
    ground = centre + rays * (-centre[2] / rays[:, 2])[:, None]
    places = np.column_stack([ground[:, 0] - 410_000.0, 3_393_400.0 - ground[:, 1]]) / pixel
    matrix = cv2.getPerspectiveTransform(places.astype(np.float32), corners.astype(np.float32))
    photo = cv2.warpPerspective(texture, matrix, (width, height), borderMode=cv2.BORDER_WRAP)
    # Grain of a sensor: without it a JPEG of boxes is a tenth of the size of a real one and decodes faster.
    photo = cv2.add(photo, np.resize(_GRAIN, photo.shape), dtype=cv2.CV_8U)
    return np.asarray(photo, np.uint8)


def run_case(frames: Sequence[Frame], mode: str, gsd_m: float, out: Path) -> dict[str, float]:
    """Process and write one flight; seconds by step, and peak memory of this process."""
    crs = (
        GRID
        if frames[0].camera.source == "truth"
        else grid_crs([f.pose.lon for f in frames], [f.pose.lat for f in frames])
    )
    started, cpu = time.perf_counter(), time.process_time()
    ortho = process_frames(frames, replace(ImagerySettings(), mode=mode, gsd_m=gsd_m), crs=crs).value
    placed = time.perf_counter()
    summary = write_ortho(ortho.mosaic, out)
    done = time.perf_counter()
    result = {
        "photos": float(len(frames)),
        "place_s": placed - started,
        "write_s": done - placed,
        "total_s": done - started,
        "cpu_s": time.process_time() - cpu,
        "megapixels": summary.pixels_seen / 1e6,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "mismatch_m": ortho.quality.mismatch_m,
    }
    forget_photos()
    return result | floor_seconds(frames, ortho.mosaic.sizes["y"], ortho.mosaic.sizes["x"])


def floor_seconds(frames: Sequence[Frame], rows: int, cols: int) -> dict[str, float]:
    """Decode every photo once at half size and remap one output: what no method can avoid, wall and CPU."""
    started, cpu = time.perf_counter(), time.process_time()
    image = np.zeros((2, 2, 3), np.uint8)
    for frame in frames:
        image = np.asarray(read_image(frame, reduce=2), np.uint8)
    x, y = np.meshgrid(np.arange(cols, dtype=np.float32), np.arange(min(rows, 4096), dtype=np.float32))
    for _ in range(max(1, rows // 4096)):
        cv2.remap(image, x, y, cv2.INTER_LINEAR)
    return {"floor_s": time.perf_counter() - started, "floor_cpu_s": time.process_time() - cpu}


def _child(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.case.isdigit():
            frames = simulated_frames(Path(scratch), int(arguments.case))
        else:
            frames = real_frames(Path(arguments.case))
        result = run_case(frames, arguments.mode, arguments.gsd, Path(scratch) / "ortho.tif")
    print(json.dumps(result))


def _measure(case: str, mode: str, gsd: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.speed_imagery", "--case", case, "--mode", mode, "--gsd", str(gsd)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=3600)
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def _row(name: str, mode: str, r: dict[str, float], target: str) -> str:
    each = r["total_s"] / r["photos"]
    mismatch = "" if math.isnan(r["mismatch_m"]) else f"{r['mismatch_m']:.3f} m"
    return (
        f"| {name} | {mode} | {r['photos']:.0f} | {each:.2f} s | {r['cpu_s'] / r['photos']:.2f} s | {target} | "
        f"{r['total_s'] / r['floor_s']:.1f} | {r['cpu_s'] / r['floor_cpu_s']:.1f} "
        f"| {r['peak_mb']:.0f} MB | {r['megapixels']:.1f} MP | {mismatch} |"
    )


_PEER_HEAD = (
    "\n## Other systems on Brighton, in the same run\n\nAs shipped and in processes of their own. *Ours* "
    "is the whole job of the mode named, mosaic and all layers; below 1 we are faster.\n\n"
    "| system | what it makes | wall a photo | CPU a photo | peak memory | against | ours over theirs, wall | CPU |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def _peer_rows(peers: Path | None, folder: Path, ours: dict[str, dict[str, float]]) -> list[str]:
    """Time the peers that are installed on Brighton; the others are said not to have been run."""
    images = sorted((folder / "images").glob("*.[jJ]*"))
    with tempfile.TemporaryDirectory() as scratch:
        dem, out = folder / "derived_dsm_0.2m.tif", Path(scratch)
        orthos = project_with_orthority(peers, images, dem, out, crs="EPSG:32615", gsd_m=0.05)
        found = pose_with_pycolmap(peers, folder / "images", out)
    made = "poses only" if found is None else f"poses only: {found.placed} photos, {found.error_px:.2f} px"
    return [
        _peer_row("orthority", "an ortho of each photo on its tags, no mosaic", orthos, "direct", ours["direct"]),
        _peer_row("pycolmap", made, None if found is None else found.run, "refined", ours["refined"]),
    ]


def _peer_row(name: str, made: str, run: PeerRun | None, mode: str, ours: dict[str, float]) -> str:
    if run is None:
        return f"| {name} | {made} | not run here | | | {mode} | | |"
    photos = ours["photos"]
    return (
        f"| {name} | {made} | {run.wall_s / photos:.2f} s | {run.cpu_s / photos:.2f} s | {run.peak_mb:.0f} MB "
        f"| {mode} | {ours['total_s'] / run.wall_s:.2f} | {ours['cpu_s'] / run.cpu_s:.2f} |"
    )


def _write_page(out: Path, rows: Sequence[str], peers: str) -> None:
    """Write what is measured so far: the largest block takes minutes."""
    load = os.getloadavg()[0]
    text = (
        "# Imagery: speed\n\nWritten by `python -m benchmarks.speed_imagery` on "
        f"{os.cpu_count()} cores with a load of {load:.1f} at the end: reading, placing, mosaic and COGs "
        "with all layers. *Floor*\nis decoding every JPEG once at half scale plus one `cv2.remap` of the output, "
        "measured in the same process; it runs on one core, and beside other work CPU seconds compare better.\n\n"
        "| flight | mode | photos | wall a photo | CPU a photo | target | times the floor | its CPU "
        "| peak memory | output | mismatch |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n" + peers
    )
    out.write_text(text, encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure every case that is there and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "speed-imagery.md")
    parser.add_argument("--photos", default="40,500", help="sizes of the simulated blocks")
    parser.add_argument("--peers", type=Path, default=default_peers(), help="environment of orthority and pycolmap")
    parser.add_argument("--case", default="", help=argparse.SUPPRESS)
    parser.add_argument("--mode", default="direct", help=argparse.SUPPRESS)
    parser.add_argument("--gsd", type=float, default=0.05, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.case:
        _child(arguments)
        return
    rows, peers = [], ""
    brighton = data_folder() / "uav/brighton_beach"
    if brighton.is_dir():
        ours = {mode: _measure(str(brighton / "images"), mode, 0.05) for mode in ("direct", "refined")}
        rows.append(_row("Brighton, 5 cm", "direct", ours["direct"], "≤ 0.3 s"))
        rows.append(_row("Brighton, 5 cm", "refined", ours["refined"], "≤ 1.0 s"))
        peers = _PEER_HEAD + "\n".join(_peer_rows(arguments.peers, brighton, ours)) + "\n"
    river = data_folder() / "uav/m2ea_thermal_river"
    if river.is_dir():
        rows.append(_row("M2EA thermal river, 16 cm", "refined", _measure(str(river), "refined", 0.16), ""))
    for photos in arguments.photos.split(","):
        if photos:
            rows.append(_row("simulated 20 MP, 5 cm", "refined", _measure(photos, "refined", 0.05), "≤ 0.96 s, 4 GB"))
            _write_page(arguments.out, rows, peers)
    _write_page(arguments.out, rows, peers)
    print(arguments.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
