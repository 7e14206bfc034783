"""Errors of the likeliest site after a second drive: the planned one, a repeated and a random one of equal length.

``python -m benchmarks.skill_redrive`` simulates missions of seeds from 1000 on, processes each, and drives it again:
along the first re-drive of its ``redrive.geojson``, on the first day with the wind that this asks for; along the
streets of the first drive, and along random streets, as far, on the next day as it comes; and along the planned
streets on that day, which tells the streets from the wind. Both drives of a mission are processed together. It writes
its section of ``docs/skill-redrive.md``. Seeds from 0 on (``--tuning``) are for choosing, and write nothing.

Missions have no photos and no records, which tell nothing here. A source counts where a hotspot of the first drive
shows it and a drive was planned; it is an error where the clearest hotspot that shows it after the second drive names
another site (none of these for an unlisted one), or none shows it any more.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.sections import put_section
from ingest.coordinates import to_grid
from onevisit.job import process_mission
from onevisit.result import Options
from onevisit.truth.score.attribution import answer_of, ranking_of
from onevisit.truth.score.doses import match_hotspots
from onevisit.truth.score.results import load_results, load_truth
from onevisit.truth.simulate.again import Again, drive_again, street_corners
from onevisit.truth.simulate.confounders import choose_confounders
from onevisit.truth.simulate.drives.outings import stream
from onevisit.truth.simulate.mission import draw_park, write_park
from onevisit.truth.simulate.truth import Park

Floats = NDArray[np.float64]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "skill-redrive.md"
SCORING, TUNING = 1000, 0
MISSIONS = 100
LEAST_M = 3_000.0
"""A shorter plan is driven more than once: the simulator's faults and calibrations take minutes."""
ARMS = ("planned", "planned_any_wind", "repeated", "random")
TARGET = 0.5
_INTRODUCTION = """# Skill of re-drives

Written by `python -m benchmarks.skill_redrive`; not by hand. How it is measured stands at the head of that module,
how it is planned in [design/0012-redrive.md](design/0012-redrive.md). Intervals are 95 %, from resampling missions.
"""


@dataclass(frozen=True)
class Second:
    """One mission: whether each source that the first drive showed is named right, at first and after each drive.

    ``right`` has a row for ``first`` and for each of `ARMS`; without a plan only the first. ``metres`` is the length
    of the second drives, ``seconds`` of this mission's benchmark.
    """

    seed: int
    right: Mapping[str, tuple[bool, ...]]
    metres: float
    seconds: float


def run_seed(seed: int, world: int, folder: Path, size: str = "demo") -> Second:
    """One mission with its second drives; what was done before is read from ``folder``."""
    logging.disable(logging.CRITICAL)
    started = time.perf_counter()
    here = folder / f"{size}-world{world}" / str(seed)
    on = choose_confounders(stream(seed, "confounders"), world=world)
    park = draw_park(seed, size, world, {**on, "long_records": False})
    first = _process(here / "first", park)
    asked = [source for source, _ in first]
    right = {"first": tuple(r for _, r in first)}
    way, wind = _planned(here / "first" / "out" / "redrive.geojson")
    metres = 0.0
    if asked and way is not None:
        planned = _at_least(way, park)
        metres = _length_m(planned, park)
        drives = {
            "planned": Again(planned, wind),
            "planned_any_wind": Again(planned),
            "repeated": Again(_repeated(park, metres)),
            "random": Again(_random(park, metres, stream(seed, "random streets"))),
        }
        for arm, drive in drives.items():
            named = dict(_process(here / arm, drive_again(park, drive)))
            right[arm] = tuple(named.get(source, False) for source in asked)
    return Second(seed, right, metres, time.perf_counter() - started)


def _process(here: Path, park: Park) -> list[tuple[str, bool]]:
    """Sources that hotspots of a mission show, and whether the clearest one of each names it right."""
    shutil.rmtree(here, ignore_errors=True)
    write_park(here, park, flights=False)
    shutil.rmtree(here / "mission" / "monitors", ignore_errors=True)
    process_mission(here / "mission", here / "out", Options(), on_stage=lambda _text, _share: None, replay=True)
    truth = load_truth(here / "truth.json")
    found: dict[str, bool] = {}
    matches = match_hotspots(load_results(here / "out", truth), truth)
    for match in sorted(matches, key=lambda m: -(m.hotspot.properties.get("snr") or 0.0)):
        if match.source is not None and match.hotspot.properties.get("none_of_these") is not None:
            found.setdefault(str(match.source["id"]), ranking_of(match.hotspot)[0][0] == answer_of(match))
    for waste in (here / "mission", here / "out" / ".store"):
        shutil.rmtree(waste, ignore_errors=True)
    return list(found.items())


# --- the ways ------------------------------------------------------------------------------------------------------


def _planned(path: Path) -> tuple[Floats | None, float | None]:
    """Way (n, 2) and wind of the first drive of a plan; None without one."""
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        if feature["properties"]["what"] == "drive":
            way = np.asarray(feature["geometry"]["coordinates"], np.float64)
            return way, float(feature["properties"]["wind_from_deg"])
    return None, None


def _at_least(way: Floats, park: Park) -> Floats:
    """The way, there and back again until it is `LEAST_M` long."""
    whole = way
    while _length_m(whole, park) < LEAST_M:
        way = way[::-1]
        whole = np.concatenate([whole, way[1:]])
    return whole


def _repeated(park: Park, metres: float) -> Floats:
    """The first ``metres`` of the way of the first drive, again from its start where it was shorter."""
    drive = park.outings[0].drive
    line = shapely.LineString(np.column_stack([drive.x, drive.y])[::5]).simplify(12.0)
    corners = shapely.get_coordinates(line)
    nodes = park.world.nodes.reshape(-1, 2)
    names = [int(np.argmin(np.hypot(*(nodes - corner).T))) for corner in corners]
    names = [k for k, before in zip(names, [-1, *names[:-1]], strict=True) if k != before]
    return _cut(park, names, metres)


def _random(park: Park, metres: float, rng: np.random.Generator) -> Floats:
    """Streets at random, as a walk over crossings that turns back only at a dead end."""
    _, streets = street_corners(park.world)
    names = [int(rng.integers(streets.max() + 1))]
    while _length_m(_lonlat(park, names), park) < metres if len(names) > 1 else True:
        beside = [int(b if a == names[-1] else a) for a, b in streets if names[-1] in (a, b)]
        onward = [k for k in beside if k != names[-2]] if len(names) > 1 else beside
        names.append(int(rng.choice(onward or beside)))
    return _cut(park, names, metres)


def _cut(park: Park, names: Sequence[int], metres: float) -> Floats:
    """A way over crossings of just that length; begun again where it is shorter."""
    way = _lonlat(park, names)
    while _length_m(way, park) < metres:
        way = np.concatenate([way, way[::-1][1:]])
    x, y = _local(way, park).T
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    kept = along < metres
    lon, lat = park.world.lonlat(*[[float(np.interp(metres, along, axis))] for axis in (x, y)])
    return np.concatenate([way[kept], np.column_stack([lon, lat])])


def _lonlat(park: Park, names: Sequence[int]) -> Floats:
    return np.asarray(street_corners(park.world)[0][list(names)])


def _local(way: Floats, park: Park) -> Floats:
    return np.column_stack(to_grid(way[:, 0], way[:, 1], park.world.crs)) - park.world.origin


def _length_m(way: Floats, park: Park) -> float:
    return float(np.hypot(*np.diff(_local(way, park), axis=0).T).sum())


# --- the page ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Errors:
    """Errors of one arm: how many of how many sources, the share with its interval, and over those of ``random``."""

    arm: str
    wrong: int
    sources: int
    low: float
    high: float
    over_random: float
    over_low: float
    over_high: float


def errors_of(runs: Sequence[Second], *, resamples: int = 2000) -> list[Errors]:
    """Errors of the first drive alone and of every arm, over the missions with a plan."""
    planned = [run for run in runs if "planned" in run.right]
    if not planned:
        return []
    wrong = {arm: np.array([run.right[arm].count(False) for run in planned]) for arm in ("first", *ARMS)}
    sources = np.array([len(run.right["first"]) for run in planned])
    drawn = np.random.default_rng(1).integers(len(planned), size=(resamples, len(planned)))
    of_random = np.maximum(wrong["random"][drawn].sum(axis=1), 0.5)
    rows = []
    for arm, counts in wrong.items():
        total = counts[drawn].sum(axis=1)
        share, over = total / np.maximum(sources[drawn].sum(axis=1), 1), total / of_random
        rows.append(
            Errors(
                arm, int(counts.sum()), int(sources.sum()), *(float(q) for q in np.quantile(share, (0.025, 0.975))),
                float(counts.sum() / max(wrong["random"].sum(), 1)),
                *(float(q) for q in np.quantile(over, (0.025, 0.975))),
            )
        )  # fmt: skip
    return rows


_TITLES = {
    "first": "first drive alone",
    "planned": "planned streets, planned wind",
    "planned_any_wind": "planned streets, next day's wind",
    "repeated": "streets of the first drive, next day's wind",
    "random": "random streets, next day's wind",
}


def section(runs: Sequence[Second], failed: Sequence[tuple[int, str]], *, world: int, size: str, command: str) -> str:
    """One world: a row a drive."""
    planned = [run for run in runs if "planned" in run.right]
    others = [r for run in runs if run not in planned for r in run.right["first"]]
    km = sum(run.metres for run in planned) / max(len(planned), 1) / 1000
    lines = [
        f"## World {world}, size `{size}`", "", f"Written by `{command}`.", "",
        f"{len(runs)} missions; a drive was planned in {len(planned)}, of {km:.1f} km on average. In the others "
        f"{others.count(False)} of {len(others)} sources are named wrong by the first drive.", "",
        "| drives | sources named wrong | of | % | 95 % interval | over random | 95 % interval |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for e in errors_of(runs):
        lines.append(
            f"| {_TITLES[e.arm]} | {e.wrong} | {e.sources} | {100 * e.wrong / max(e.sources, 1):.1f} | "
            f"{100 * e.low:.1f}–{100 * e.high:.1f} | {e.over_random:.2f} | {e.over_low:.2f}–{e.over_high:.2f} |"
        )
    found = {e.arm: e for e in errors_of(runs)}
    if "planned" in found:
        met = found["planned"].over_random <= TARGET
        lines += [
            "",
            f"Target: errors of the planned drive halved against a random one. {'Met' if met else 'Missed'}.",
        ]
    lines += [f"- seed {seed} failed: {message}" for seed, message in failed]
    return "\n".join(lines) + "\n"


def run_all(
    seeds: Sequence[int], world: int, folder: Path, *, size: str, workers: int
) -> tuple[list[Second], list[tuple[int, str]]]:
    """Missions on ``workers`` processes; each is kept in ``folder`` as it is done, and not done again."""
    runs, failed = list[Second](), list[tuple[int, str]]()
    wanted = []
    for seed in seeds:
        kept = folder / f"{size}-world{world}" / f"{seed}.json"
        if kept.is_file():
            content: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
            runs.append(Second(**{**content, "right": {k: tuple(v) for k, v in content["right"].items()}}))
        else:
            wanted.append(seed)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(run_seed, seed, world, folder, size): seed for seed in wanted}
        for future in as_completed(futures):
            seed, error = futures[future], future.exception()
            if error is not None:
                failed.append((seed, f"{type(error).__name__}: {error}"))
                continue
            runs.append(future.result())
            kept = folder / f"{size}-world{world}" / f"{seed}.json"
            kept.write_text(json.dumps(asdict(runs[-1])), encoding="utf-8")
            _say(runs)
    return sorted(runs, key=lambda run: run.seed), sorted(failed)


def _say(runs: Sequence[Second]) -> None:
    told = ", ".join(f"{e.arm} {e.wrong}/{e.sources}" for e in errors_of(runs, resamples=10))
    print(f"{len(runs)} missions: {told}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missions", type=int, default=MISSIONS)
    parser.add_argument("--world", type=int, action="append", choices=(1, 2), help="default: both")
    parser.add_argument("--size", default="demo", choices=("demo", "district"))
    parser.add_argument("--tuning", action="store_true", help="seeds from 0; no page is written")
    parser.add_argument("--first", type=int, default=0, help="how many seeds are left out at the start")
    parser.add_argument("--keep", type=Path, help="folder that keeps what is done")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(arguments)
    start = (TUNING if chosen.tuning else SCORING) + chosen.first
    seeds = range(start, start + chosen.missions)
    status = 0
    with tempfile.TemporaryDirectory() as scratch:
        for world in chosen.world or (1, 2):
            folder = chosen.keep or Path(scratch)
            (folder / f"{chosen.size}-world{world}").mkdir(parents=True, exist_ok=True)
            runs, failed = run_all(seeds, world, folder, size=chosen.size, workers=chosen.workers)
            size = [] if chosen.size == "demo" else [f"--size {chosen.size}"]
            missions = [] if chosen.missions == MISSIONS else [f"--missions {chosen.missions}"]
            command = " ".join(["python -m benchmarks.skill_redrive", f"--world {world}", *size, *missions])
            text = section(runs, failed, world=world, size=chosen.size, command=command)
            print(text)
            if not chosen.tuning and not chosen.first:
                former = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else _INTRODUCTION
                PAGE.write_text(put_section(former, text), encoding="utf-8")
            status |= int(not runs)
    return status


if __name__ == "__main__":
    sys.exit(main())
