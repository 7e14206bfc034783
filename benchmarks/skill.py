"""How good the whole job is on simulated missions with known truth: a table a size, with 95 % intervals over seeds.

``python -m benchmarks.skill`` simulates, processes and scores missions of seeds from 1000 on in both worlds of the
simulator and writes their section of ``docs/skill.md``: of size ``demo`` unless ``--size`` says otherwise (100
missions of ``demo``, 40 of ``district``, 6 of ``city`` a world), world 1 beside world 2 unless ``--world`` chooses
one. Those seeds are for scoring only: thresholds are chosen on seeds 0-999 (``--tuning``), which never write the
page. ``--no-flights`` makes missions without photos. ``--replay`` keeps missions and stored tracks below
``build/skill`` (or ``--keep``): a mission is not made again while the simulator is the same, and starts from stored
tracks and mosaics while ingest, tracks and imagery are, so that only fusion, visits and routes are done and scored.
``python -m benchmarks.skill tracks hotspots`` scores rooms on published and simulated cases instead, ``all`` the
missions and every room; a room is a module ``benchmarks.skill_<room>`` with a page of its own.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.rooms import run_rooms
from onevisit.job import process_mission
from onevisit.manifest import code_version
from onevisit.result import Options
from onevisit.truth.score.score import Scores, pool_scores, render_pooled, score_output, write_scores
from onevisit.truth.simulate import simulate_mission

PAGE = Path(__file__).resolve().parents[1] / "docs" / "skill.md"
REPLAYED = Path(__file__).resolve().parents[1] / "build" / "skill"
MADE_BY = "made_by.json"
SCORING, TUNING = 1000, 0
ROOMS = ("tracks", "imagery", "targets", "hotspots", "fusion", "findings", "records", "redrive")
WORLDS = (1, 2)
MISSIONS = {"demo": 100, "district": 40, "city": 6}
"""Missions of a world that the page asks for, by size: twenty of ``demo`` leave ± 16 points."""


@dataclass(frozen=True)
class Case:
    """What a mission is made of, besides its seed."""

    size: str = "demo"
    world: int = 1
    flights: bool = True
    without: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Name of the folder that keeps its missions."""
        changed = ["no-flights"] * (not self.flights) + [f"no-{name}" for name in self.without]
        return "-".join([self.size, f"world{self.world}", *changed])


@dataclass(frozen=True)
class Run:
    """One mission: its scores, seconds to simulate, process and score it, and whether it began from stored tracks."""

    seed: int
    scores: Scores
    simulate_s: float
    process_s: float
    score_s: float
    replayed: bool


@dataclass(frozen=True)
class Bench:
    """All missions of a case; ``failed`` holds seed and message of missions whose processing raised."""

    case: Case
    runs: tuple[Run, ...]
    failed: tuple[tuple[int, str], ...]
    seconds: float


def run_seed(seed: int, case: Case, folder: Path, *, replay: bool = False) -> Run:
    """Simulate, process and score one mission; with ``replay`` only what has changed since it was done last."""
    logging.disable(logging.WARNING)
    out = folder / case.folder / str(seed)
    known = _read_json(out / MADE_BY) if replay else {}
    made_by = {
        "simulator": code_version(("onevisit.truth.simulate",)), **asdict(case), "without": list(case.without),
        "measurements": code_version(("numerics", "ingest", "tracks", "imagery")),
    }  # fmt: skip
    started = time.perf_counter()
    if {**known, "measurements": ""} != {**made_by, "measurements": ""}:
        known = {}
        _simulate(out, seed, case)
        (out / MADE_BY).write_text(json.dumps({**made_by, "measurements": ""}), encoding="utf-8")
    simulated = time.perf_counter()
    replayed = known == made_by
    if not replayed:
        shutil.rmtree(out / "out", ignore_errors=True)
    # Replaying an empty folder does everything, and writes no more than what is scored.
    process_mission(out / "mission", out / "out", Options(), on_stage=lambda _text, _share: None, replay=True)
    processed = time.perf_counter()
    scores = score_output(out / "out", out / "truth.json", kept=out / "mosaic.json")
    write_scores(scores, out / "score.json")
    (out / MADE_BY).write_text(json.dumps(made_by), encoding="utf-8")
    scored = time.perf_counter()
    return Run(seed, scores, simulated - started, processed - simulated, scored - processed, replayed)


def _simulate(out: Path, seed: int, case: Case) -> None:
    """Make a mission; what the simulator does by itself is not asked for."""
    asked: dict[str, Any] = {"world": case.world} if case.world != 1 else {}
    if not case.flights:
        asked["flights"] = False
    simulate_mission(out, seed=seed, size=case.size, without=case.without, **asked)  # type: ignore[arg-type]


def _read_json(path: Path) -> dict[str, object]:
    try:
        content: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def run_all(seeds: Sequence[int], case: Case, folder: Path, *, workers: int = 2, replay: bool = False) -> Bench:
    """Run missions on ``workers`` processes, in any order; the table does not depend on it."""
    started = time.perf_counter()
    runs, failed = [], []
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as workers_:
        futures = {workers_.submit(run_seed, seed, case, folder, replay=replay): seed for seed in seeds}
        for future in as_completed(futures):
            error = future.exception()
            if error is not None:
                failed.append((futures[future], f"{type(error).__name__}: {error}"))
            else:
                runs.append(future.result())
            done = f"{len(runs) + len(failed)} of {len(seeds)} missions"
            print(f"\r{case.size}, world {case.world}: {done}", end="", file=sys.stderr)
    print(file=sys.stderr)
    runs.sort(key=lambda run: run.seed)
    return Bench(case, tuple(runs), tuple(sorted(failed)), time.perf_counter() - started)


# --- the page -------------------------------------------------------------------------------------------------------

_INTRODUCTION = """# Skill on simulated missions

Written by the command of each section; not by hand. The truth is described in [simulator.md](simulator.md). World 1
is kind to a program, world 2 as hard as the air. Intervals are 95 %, from resampling missions. *not built*: no stage
produces it yet; *–*: nothing was there to be scored.
"""


def section(benches: Sequence[Bench], command: str) -> str:
    """One size: its worlds side by side, a row a measure."""
    size = benches[0].case.size
    lines = [f"## Size `{size}`", "", f"Written by `{command}`.", "", *[_effort(b) for b in benches], ""]
    heads = [f"world {b.case.world} | 95 % interval | n" for b in benches]
    lines += [f"| measure | what it says | {' | '.join(heads)} |", "|---|---|" + "---|---|---|" * len(benches)]
    tables = [
        {row[0]: row for row in render_pooled(pool_scores([run.scores for run in b.runs]))} if b.runs else {}
        for b in benches
    ]
    for key, title in _in_order(tables):
        cells = [" | ".join(table[key][2:] if key in table else ("",) * 3) for table in tables]
        lines.append(f"| `{key}` | {title} | {' | '.join(cells)} |")
    for bench in benches:
        if bench.failed:
            lines += ["", f"Missions of world {bench.case.world} whose processing failed, in no figure above:", ""]
            lines += [f"- seed {seed}: {message}" for seed, message in bench.failed]
    return "\n".join(lines) + "\n"


def _effort(bench: Bench) -> str:
    """How many missions a world had, and how long they took."""
    runs = bench.runs
    simulate_s, process_s, score_s = (
        _mean([getattr(run, name) for run in runs]) for name in ("simulate_s", "process_s", "score_s")
    )
    flights = "" if bench.case.flights else " without flights"
    return (
        f"- World {bench.case.world}: {len(runs)} missions{flights}, {bench.seconds:.0f} s in all on two processes "
        f"({simulate_s:.1f} s to simulate, {process_s:.1f} s to process, {score_s:.1f} s to score one; "
        f"{sum(run.replayed for run in runs)} of them began from stored tracks)."
    )


def _in_order(tables: Sequence[dict[str, tuple[str, str, str, str, str]]]) -> list[tuple[str, str]]:
    """Keys and titles of all tables; what only a later one has stands behind its section."""
    titles = {key: row[1] for table in reversed(tables) for key, row in table.items()}
    keys = list(dict.fromkeys(key for table in tables for key in table))
    sections = list(dict.fromkeys(key.split(".")[0] for key in keys))
    return [(key, titles[key]) for key in sorted(keys, key=lambda key: sections.index(key.split(".")[0]))]


def merge_section(page: str, new: str) -> str:
    """The page with one section in place of the former one of its size; other sizes stay as they are."""
    found = re.findall(r"^## Size `(\w+)`\n.*?(?=^## |\Z)", page, flags=re.M | re.S)
    parts = dict(zip(found, re.findall(r"^## Size `\w+`\n.*?(?=^## |\Z)", page, flags=re.M | re.S), strict=True))
    parts[new.split("`")[1]] = new
    ordered = [parts[size].rstrip() + "\n" for size in MISSIONS if size in parts]
    return "\n".join([_INTRODUCTION, *ordered])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


# --- the command line -----------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    chosen = _parser().parse_args(arguments)
    if chosen.rooms:
        status = run_rooms("skill", ROOMS, [] if "all" in chosen.rooms else chosen.rooms)
        if status or "all" not in chosen.rooms:
            return status
    first = TUNING if chosen.tuning else SCORING
    missions = chosen.missions or MISSIONS[chosen.size]
    without = tuple(chosen.without)
    cases = [Case(chosen.size, world, not chosen.no_flights, without) for world in chosen.world or WORLDS]
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or (REPLAYED if chosen.replay else Path(scratch))
        seeds = range(first, first + missions)
        benches = [run_all(seeds, case, folder, workers=chosen.workers, replay=chosen.replay) for case in cases]
    text = section(benches, _command(chosen, missions))
    print(text)
    complete = missions >= MISSIONS[chosen.size] and all(bench.runs for bench in benches)
    if complete and not chosen.tuning and not chosen.without:
        former = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
        PAGE.write_text(merge_section(former, text), encoding="utf-8")
    return 0 if all(bench.runs for bench in benches) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", help=f"score rooms instead of missions: {', '.join(ROOMS)}, all")
    parser.add_argument("--missions", type=int, help="missions a world (default: 100 of demo, 40 district, 6 city)")
    parser.add_argument("--size", default="demo", choices=tuple(MISSIONS))
    parser.add_argument("--world", type=int, action="append", choices=WORLDS, help="a world (default: both)")
    parser.add_argument("--no-flights", action="store_true", help="missions without photos")
    parser.add_argument(
        "--tuning", action="store_true", help="seeds from 0, for choosing thresholds; no page is written"
    )
    parser.add_argument(
        "--without", action="append", default=[], metavar="CONFOUNDER", help="switch a confounder off"
    )
    parser.add_argument("--keep", type=Path, help="folder that keeps missions and results")
    parser.add_argument("--replay", action="store_true", help="start from stored tracks where they are still valid")
    parser.add_argument("--workers", type=int, default=2)
    return parser


def _command(chosen: argparse.Namespace, missions: int) -> str:
    """The command that gives the section again."""
    options = [f"--world {world}" for world in chosen.world or ()]
    options += [f"--size {chosen.size}"] if chosen.size != "demo" else []
    options += [f"--missions {missions}"] if missions != MISSIONS[chosen.size] else []
    options += ["--no-flights"] * chosen.no_flights + ["--replay"] * chosen.replay
    return " ".join(["python -m benchmarks.skill", *options])


if __name__ == "__main__":
    sys.exit(main())
