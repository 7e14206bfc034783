"""How fast samples become cells, against numpy, how long attribution takes, and how much memory that is.

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
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion.cube.partials import Partials, sum_by_cell

__all__ = ["Row", "main", "run_all"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "speed-fusion.md"
SIDE = 2000
POINTS = 10_000_000
CITY = (1000, 5000, 20)
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
    """What one pass adds to its cells, samples in random order on a square grid, against numpy layer by layer."""
    rng = np.random.default_rng(1)
    cells = rng.integers(0, side * side, points)
    values, background, seconds = rng.standard_normal((3, points))

    def with_numpy() -> list[Floats]:
        count, low, high = np.bincount(cells), np.full(side * side, np.inf), np.full(side * side, -np.inf)
        sums = [np.bincount(cells, weights, side * side) for weights in (values, values**2, background)]
        np.minimum.at(low, cells, seconds)
        np.maximum.at(high, cells, values)
        return [count.astype(float), *sums, low, high]

    def ours() -> Partials:
        return sum_by_cell(cells, values, background, seconds, size=side * side)

    ours()
    anchor_s, ours_s = _best_in_turn(with_numpy, ours, repeats=repeats)
    ratio, memory = ours_s / anchor_s, _allocated(ours) / _allocated(with_numpy)
    case = f"{points:.0e} samples of one pass onto {side} × {side}, six layers"
    anchor = "numpy.bincount, minimum.at, maximum.at"
    yield Row(f"{case}: time", f"{anchor} {anchor_s:.2f} s", "≤ 1.3", f"{ratio:.2f} ({ours_s:.2f} s)", ratio <= 1.3)
    yield Row(f"{case}: memory", anchor, "≤ 1.5", f"{memory:.2f}", memory <= 1.5)


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
    repeats: int = REPEATS,
    city: tuple[int, int, int] = CITY,
) -> list[Row]:
    """Every row of the page."""
    return [
        *gridding(points, side, repeats),
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
            "best of several runs taken in turn. The city has a street every 500 m and 50 sites per km²; every drive",
            "takes all streets, each in another wind. Its memory is the peak of the process, inputs too.",
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
        rows = run_all(side=200, points=100_000, repeats=1, city=(4, 50, 2))
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
