"""How fast samples become cells, against numpy, how long attribution and whole missions take, and in what memory.

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

from fusion.cube.partials import TouchedCells, sum_by_place

__all__ = ["Row", "main", "run_all"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "speed-fusion.md"
SIDE = 2000
POINTS = 10_000_000
CITY = (1000, 5000, 20)
MANY = (300, 11, 10.0)
"""Files, rows of each, and kilometres of the square that they lie in."""
WIDE = (1, 9000, 212.0)
"""One drive over 300 km, from corner to corner."""
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

    def ours() -> TouchedCells:
        return sum_by_place(cells, values, background, seconds)

    ours()
    anchor_s, ours_s = _best_in_turn(with_numpy, ours, repeats=repeats)
    ratio, memory = ours_s / anchor_s, _allocated(ours) / _allocated(with_numpy)
    case = f"{points:.0e} samples of one pass onto {side} × {side}, six layers"
    anchor = "numpy.bincount, minimum.at, maximum.at"
    yield Row(f"{case}: time", f"{anchor} {anchor_s:.2f} s", "≤ 1.3", f"{ratio:.2f} ({ours_s:.2f} s)", ratio <= 1.3)
    yield Row(f"{case}: memory", anchor, "≤ 1.5", f"{memory:.2f}", memory <= 1.5)


def _apart(module: str, *arguments: object) -> dict[str, float]:
    """What a benchmark that runs in a process of its own says."""
    command = [sys.executable, "-m", module, *(str(argument) for argument in arguments)]
    root = Path(__file__).resolve().parents[1]
    said: dict[str, float] = json.loads(
        subprocess.run(command, capture_output=True, check=True, text=True, cwd=root).stdout
    )
    return said


def missions(many: tuple[int, int, float], wide: tuple[int, int, float]) -> Iterator[Row]:
    """Whole jobs: many short files, against a tenth of them, and one drive through a wide region."""
    files, rows, km = many
    tenth = max(1, files // 10)
    few, all_of_them = (_apart("benchmarks.missions_fusion", n, rows, km) for n in (tenth, files))
    case = f"{files * rows:,} rows in {files} files".replace(",", " ")
    each = 1000 * (all_of_them["processor_s"] - few["processor_s"]) / max(files - tenth, 1)
    anchor = f"{tenth} files {few['wall_s']:.0f} s, {few['processor_s']:.0f} s of processors"
    yield _time(f"mission of {case}", all_of_them, anchor, f"; {each:.0f} ms of a processor a file")
    yield _memory(f"mission of {case}", all_of_them["megabytes"], 1024)
    _, rows, km = wide
    said = _apart("benchmarks.missions_fusion", *wide)
    case = f"mission of {rows:,} rows over {np.sqrt(2) * km:.0f} km".replace(",", " ")
    yield _time(case, said, "–", "")
    yield _memory(case, said["megabytes"], 1024)


def _time(case: str, said: dict[str, float], anchor: str, more: str) -> Row:
    measured = f"{said['wall_s']:.0f} s, {said['processor_s']:.0f} s of processors{more}"
    return Row(f"{case}: time", anchor, "≤ 10 s", measured, said["wall_s"] <= 10)


def _memory(case: str, megabytes: float, most: float) -> Row:
    return Row(f"{case}: memory", "–", f"≤ {most / 1024:.0f} GB", f"{megabytes:.0f} MB", megabytes <= most)


def attribution(city: tuple[int, int, int]) -> Iterator[Row]:
    """Attribution of every hotspot of a made city, in a process of its own."""
    hotspots, sites, passes = city
    said = _apart("benchmarks.city_fusion", *city)
    case = f"{hotspots:,} hotspots × {sites:,} sites × {passes} passes".replace(",", " ")
    measured = (
        f"{said['wall_s']:.0f} s, {said['processor_s']:.0f} s of processors; "
        f"the likeliest site made it in {said['right']:.0%}"
    )
    yield Row(f"{case}: time", "–", "≤ 60 s on two cores", measured, said["wall_s"] <= 60)
    yield _memory(case, said["megabytes"], 2048)


def run_all(
    *,
    side: int = SIDE,
    points: int = POINTS,
    repeats: int = REPEATS,
    city: tuple[int, int, int] = CITY,
    many: tuple[int, int, float] = MANY,
    wide: tuple[int, int, float] = WIDE,
) -> list[Row]:
    """Every row of the page."""
    return [
        *gridding(points, side, repeats),
        *attribution(city),
        *missions(many, wide),
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
            "Missions are processed whole by `onevisit process`, its start and the report in it.",
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
    parser.add_argument("--missions", action="store_true", help="measure only whole missions, likewise")
    chosen = parser.parse_args(argv)
    if chosen.quick:
        rows = run_all(side=200, points=100_000, repeats=1, city=(4, 50, 2), many=(2, 11, 1.0), wide=(1, 90, 2.0))
    elif chosen.city or chosen.missions:
        fresh = list(attribution(CITY) if chosen.city else missions(MANY, WIDE))
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
