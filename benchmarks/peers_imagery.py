"""Other systems on the same photos in the same run, from an environment of their own; nothing here imports them.

``python -m venv PEERS && PEERS/bin/pip install orthority pycolmap`` makes such an environment; benchmarks take it as
``--peers PEERS`` or from ``ONEVISIT_PEERS``. orthority is AGPL and pycolmap is large: neither is a dependency.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PeerPoses", "PeerRun", "default_peers", "pose_with_pycolmap", "project_with_orthority"]

# Features on the processor at 1600 px (18 photos of 9 MP: 110 s on two cores), every pair, incremental mapping.
_PYCOLMAP = """
import json, sys
from pathlib import Path
import pycolmap
images, scratch = Path(sys.argv[1]), Path(sys.argv[2])
pycolmap.logging.minloglevel = 2
extraction = pycolmap.FeatureExtractionOptions()
extraction.use_gpu, extraction.max_image_size = False, 1600
matching = pycolmap.FeatureMatchingOptions()
matching.use_gpu = False
database = scratch / "photos.db"
pycolmap.extract_features(database, images, camera_mode=pycolmap.CameraMode.SINGLE, extraction_options=extraction)
pycolmap.match_exhaustive(database, matching_options=matching)
found = pycolmap.incremental_mapping(database, images, scratch)
best = max(found.values(), key=lambda model: model.num_reg_images())
print(json.dumps([best.num_reg_images(), best.compute_mean_reprojection_error()]))
"""


@dataclass(frozen=True)
class PeerRun:
    """Wall and processor seconds and peak memory of one process."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class PeerPoses:
    """What a structure-from-motion peer took, how many photos it placed and its mean reprojection error."""

    run: PeerRun
    placed: int
    error_px: float


def default_peers() -> Path | None:
    """Environment of the peers named by ``ONEVISIT_PEERS``, if any."""
    named = os.environ.get("ONEVISIT_PEERS", "")
    return Path(named) if named else None


def project_with_orthority(
    peers: Path | None, images: Sequence[Path], dem: Path, out: Path, *, crs: str, gsd_m: float
) -> PeerRun | None:
    """Orthorectify each photo on its tags into ``out`` (as shipped: no mosaic); None where it is not installed."""
    program = None if peers is None else peers / "bin" / "oty"
    if program is None or not program.is_file():
        return None
    options = ["-q", "exif", "--dem", dem, "--crs", crs, "--res", gsd_m, "--out-dir", out, "-o", *images]
    return _timed([str(program), *(str(o) for o in options)])[0]


def pose_with_pycolmap(peers: Path | None, folder: Path, scratch: Path) -> PeerPoses | None:
    """Features, matches and incremental mapping of a folder of photos; None where it is not installed."""
    python = None if peers is None else peers / "bin" / "python"
    if python is None or not any(python.parents[1].glob("lib/python*/site-packages/pycolmap")):
        return None
    run, said = _timed([str(python), "-c", _PYCOLMAP, str(folder), str(scratch)])
    placed, error_px = json.loads(said.strip().splitlines()[-1])
    return PeerPoses(run, int(placed), float(error_px))


def _timed(command: Sequence[str]) -> tuple[PeerRun, str]:
    """Run a program to its end; its own usage, and what it said.

    Raises
    ------
    RuntimeError
        If it fails, with the end of its messages.
    """
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = process.stdout.read() if process.stdout is not None else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed with {process.returncode}: {said[-2000:]}")
    # Linux counts in kilobytes, macOS in bytes.
    peak = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return PeerRun(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, peak), said
