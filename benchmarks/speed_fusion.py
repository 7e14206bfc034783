"""How fast points become cells and cells become Gi*, against numpy and scipy, and how much memory that takes.

``python -m benchmarks.speed_fusion`` writes ``docs/speed-fusion.md``. Times are the best of several runs, ours and
the anchor's in turn, on the same arrays; memory is what is allocated while a call runs, or the peak of a process of
its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dask
import dask.array as da
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fusion.gistar import gi_star, gi_star_lazy
from fusion.sums import sum_blocks

__all__ = ["Row", "main", "run_all"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "speed-fusion.md"
SIDE = 2000
POINTS = 10_000_000
MANY = 1_000_000_000
CITY = (1000, 5000, 20)
WINDOW = 21
REPEATS = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One line of the page."""

    case: str
    anchor: str
    target: str
    measured: str
    met: bool


def _best_in_turn(*calls: Callable[[], object], repeats: int) -> list[float]:
    """Shortest time of each call; they take turns, so that a busy machine is busy for all."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, taken in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            taken.append(time.perf_counter() - started)
    return [min(taken) for taken in times]


def _allocated(call: Callable[[], object]) -> float:
    """Peak of what is allocated while ``call`` runs, MB."""
    tracemalloc.start()
    result = call()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    del result
    return peak


def gridding(points: int, side: int, repeats: int) -> Iterator[Row]:
    """Count and mean of points in random order on a square grid, against two calls of numpy.bincount."""
    rng = np.random.default_rng(1)
    cells, values = rng.integers(0, side * side, points), rng.standard_normal(points)

    def numpy_bincount() -> tuple[NDArray[np.intp], Floats]:
        count = np.bincount(cells, minlength=side * side)
        with np.errstate(invalid="ignore"):
            return count, np.bincount(cells, values, minlength=side * side) / count

    def ours() -> tuple[Floats, Floats]:
        sums = sum_blocks([(cells, values)], size=side * side)
        return sums.count, sums.mean()

    ours()
    anchor_s, ours_s = _best_in_turn(numpy_bincount, ours, repeats=repeats)
    ratio, memory = ours_s / anchor_s, _allocated(ours) / _allocated(numpy_bincount)
    case = f"{points:.0e} points onto {side} × {side}, mean and count"
    yield Row(
        f"{case}: time", f"numpy.bincount {anchor_s:.2f} s", "≤ 1.3", f"{ratio:.2f} ({ours_s:.2f} s)", ratio <= 1.3
    )
    yield Row(f"{case}: memory", "numpy.bincount", "≤ 1.5", f"{memory:.2f}", memory <= 1.5)


_STREAM = """
import json, resource, sys, time
import numpy as np
from fusion.sums import sum_blocks
points, block, side = (int(v) for v in sys.argv[1:])
rng = np.random.default_rng(2)
def blocks():
    for _ in range(points // block):
        yield rng.integers(0, side * side, block), rng.standard_normal(block)
started = time.perf_counter()
sums = sum_blocks(blocks(), size=side * side)
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"count": float(sums.count.sum()), "seconds": seconds, "megabytes": peak}))
"""


def out_of_core(many: int, side: int) -> Iterator[Row]:
    """Points that never lie in memory together, in a process of its own: a tenth of them, then all."""
    peaks = []
    for points in (many // 10, many):
        command = [sys.executable, "-c", _STREAM, str(points), str(many // 100), str(side)]
        said = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        if said["count"] != points:
            raise RuntimeError(f"{said['count']} points on the grid, {points} given")
        peaks.append(said)
    few, all_ = peaks
    measured = (
        f"{all_['megabytes']:.0f} MB in {all_['seconds']:.0f} s, with the making of the points "
        f"({few['megabytes']:.0f} MB for {many // 10:.0e})"
    )
    met = all_["megabytes"] <= 4096
    yield Row(f"{many:.0e} points out of core onto {side} × {side}", "–", "≤ 4 GB", measured, met)


def gi_star_speed(side: int, repeats: int) -> Iterator[Row]:
    """Gi* with a box window against the box filter alone, without gaps and with 30 % of them."""
    values = np.random.default_rng(3).standard_normal((side, side))
    gaps = values.copy()
    gaps[np.random.default_rng(4).random(values.shape) < 0.3] = np.nan
    kernel = np.ones((WINDOW, WINDOW))
    gi_star(values, kernel)
    anchor_s, whole_s, gaps_s = _best_in_turn(
        lambda: ndimage.uniform_filter(values, WINDOW, mode="constant"),
        lambda: gi_star(values, kernel),
        lambda: gi_star(gaps, kernel),
        repeats=repeats,
    )
    for name, seconds in (("", whole_s), (", 30 % gaps", gaps_s)):
        case = f"Gi* on {side} × {side} cells, window {WINDOW}{name}"
        ratio = seconds / anchor_s
        anchor = f"scipy uniform_filter {anchor_s:.3f} s"
        yield Row(case, anchor, "≤ 1.5", f"{ratio:.2f} ({seconds:.3f} s)", ratio <= 1.5)


def gi_star_blocks(side: int) -> Iterator[Row]:
    """Gi* block by block: difference to the whole, and memory on four times the cells."""
    kernel, chunk = np.ones((WINDOW, WINDOW)), max(WINDOW, side // 4)
    values = np.random.default_rng(5).standard_normal((side, side))
    with dask.config.set(scheduler="sync"):
        blocks = gi_star_lazy(da.from_array(values, chunks=chunk), kernel).compute()
        worst = float(np.abs(blocks - gi_star(values, kernel)).max())
        peaks = [_allocated(partial(_largest, n, chunk, kernel)) for n in (side, 2 * side)]
    yield Row(f"Gi* on {side} × {side} by dask", "numpy", "equal (1e-9)", f"{worst:.0e}", worst < 1e-9)
    measured = f"{peaks[0]:.0f} MB for {side}², {peaks[1]:.0f} MB for {2 * side}²"
    case = f"the same, largest value only, chunks of {chunk}²: memory"
    yield Row(case, "–", "bounded by chunks", measured, peaks[1] <= 1.5 * peaks[0])


def _largest(side: int, chunk: int, kernel: Floats) -> float:
    field = da.random.default_rng(6).standard_normal((side, side), chunks=chunk)
    return float(gi_star_lazy(field, kernel).max().compute())


def attribution(city: tuple[int, int, int]) -> Iterator[Row]:
    """Attribution of every hotspot of a made city, in a process of its own."""
    hotspots, sites, passes = city
    command = [sys.executable, "-m", "benchmarks.city_fusion", *(str(n) for n in city)]
    root = Path(__file__).resolve().parents[1]
    said = json.loads(subprocess.run(command, capture_output=True, check=True, text=True, cwd=root).stdout)
    case = f"{hotspots:,} hotspots × {sites:,} sites × {passes} passes".replace(",", " ")
    measured = (
        f"{said['wall_s']:.0f} s, {said['processor_s']:.0f} s of processors; "
        f"the likeliest site made it in {said['right']:.0%}"
    )
    yield Row(f"{case}: time", "–", "≤ 60 s on two cores", measured, said["wall_s"] <= 60)
    yield Row(f"{case}: memory", "–", "≤ 2 GB", f"{said['megabytes']:.0f} MB", said["megabytes"] <= 2048)


def run_all(
    *,
    side: int = SIDE,
    points: int = POINTS,
    many: int = MANY,
    repeats: int = REPEATS,
    city: tuple[int, int, int] = CITY,
) -> list[Row]:
    """Every row of the page."""
    return [
        *gridding(points, side, repeats),
        *out_of_core(many, side),
        *gi_star_speed(side, repeats),
        *gi_star_blocks(side),
        *attribution(city),
    ]


def page(rows: Sequence[Row]) -> str:
    """The page ``docs/speed-fusion.md``."""
    table = [f"| {r.case} | {r.anchor} | {r.target} | {r.measured} | {'yes' if r.met else '**no**'} |" for r in rows]
    return "\n".join(
        [
            "# Speed of the fusion room",
            "",
            "Written by `python -m benchmarks.speed_fusion`; not by hand. Ratios to the anchor on the same arrays,",
            "best of several runs taken in turn. Out of core, the points are made block by block and never",
            "lie on a disk: it is memory that is shown. The city has a street every 500 m and 50 sites per km²;",
            "every drive takes all streets, each in another wind. Memory is the peak of the process, inputs too.",
            "",
            "| case | anchor | target | measured | met |",
            "|---|---|---|---|---|",
            *table,
            "",
        ]
    )


def read_page(path: Path) -> list[Row]:
    """The rows of a page that was written before."""
    cells = [line.strip("| ").split(" | ") for line in path.read_text(encoding="utf-8").splitlines() if "|" in line]
    return [Row(*parts[:4], parts[4] == "yes") for parts in cells[2:]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small arrays, to see that it runs; no page is written")
    parser.add_argument("--city", action="store_true", help="measure only attribution; other rows stay as they are")
    chosen = parser.parse_args(argv)
    if chosen.quick:
        rows = run_all(side=200, points=100_000, many=1_000_000, repeats=1, city=(4, 50, 2))
    elif chosen.city:
        fresh = list(attribution(CITY))
        rows = [row for row in read_page(PAGE) if row.case not in {new.case for new in fresh}] + fresh
    else:
        rows = run_all()
    text = page(rows)
    print(text)
    if not chosen.quick:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
