"""Made missions that are hard for what grows with files, passes or the region, each processed whole.

``python -m benchmarks.missions_fusion FILES ROWS KM`` makes a mission of ``FILES`` drives of ``ROWS`` rows each in a
square ``KM`` wide, processes it in a process of its own and prints wall and processor seconds and peak memory as
JSON; `benchmarks.speed_fusion` reads them. One drive crosses the square from corner to corner; of several each has a
street.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from fusion.cube.grid import unproject

__all__ = ["main", "write_mission"]

CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_296_000.0)
STEP_M = 10.0
"""Between two rows of a drive on its street, at 1 Hz."""

Floats = NDArray[np.float64]


def write_mission(root: Path, *, files: int, rows: int, km: float, seed: int = 1) -> None:
    """Write ``files`` loggers' CSV files of ``rows`` rows: methane with a plume in the middle, and wind.

    Parameters
    ----------
    root : Path
        The mission folder; made.
    files, rows : int
    km : float
        Side of the square that the drives lie in.
    """
    rng = np.random.default_rng(seed)
    folder = root / "traces"
    folder.mkdir(parents=True)
    for k in range(files):
        x, y = _way(k, files, rows, 1000.0 * km)
        lon, lat = unproject(ORIGIN[0] + x, ORIGIN[1] + y, CRS)
        start = np.datetime64("2026-03-02T00:00:00") + np.timedelta64(k * (rows + 60), "s")
        when = start + np.arange(rows).astype("timedelta64[s]")
        plume = 0.6 * np.exp(-0.5 * ((np.arange(rows) - rows / 2) / 4.0) ** 2)
        ch4, wind, speed = 2.0 + 0.005 * rng.standard_normal(rows) + plume, *rng.normal([[270], [3]], 0.3, (2, rows))
        lines = [
            f"{t}Z,{a:.7f},{b:.7f},{c:.4f},{d:.1f},{s:.2f}"
            for t, a, b, c, d, s in zip(when, lon, lat, ch4, wind, speed, strict=True)
        ]
        head = "time_utc,longitude,latitude,ch4_ppm,wind_direction_deg,wind_speed_m_s"
        (folder / f"run{k:04d}.csv").write_text("\n".join([head, *lines, ""]), encoding="utf-8")


def _way(k: int, files: int, rows: int, side_m: float) -> tuple[Floats, Floats]:
    """Metres east and north of a drive: the diagonal where there is one, else a street on a square lattice."""
    if files == 1:
        along = np.linspace(0.0, side_m, rows)
        return along, along
    lattice = int(np.ceil(np.sqrt(files)))
    north, east = divmod(k, lattice)
    return east * side_m / lattice + np.arange(rows) * STEP_M, np.full(rows, north * side_m / lattice)


def main(argv: Sequence[str] | None = None) -> int:
    """Make a mission and process it."""
    files, rows, km = (float(text) for text in (sys.argv[1:] if argv is None else argv))
    with TemporaryDirectory() as folder:
        mission = Path(folder) / "mission"
        write_mission(mission, files=int(files), rows=int(rows), km=km)
        started = time.perf_counter()
        code = "import sys; from onevisit.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", code, "process", str(mission), "-o", str(Path(folder) / "out")]
        subprocess.run(command, check=True, capture_output=True)
        wall, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {"wall_s": wall, "processor_s": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
