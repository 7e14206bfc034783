"""How good the whole job is on simulated missions with known truth: one table, with 95 % intervals over seeds.

``python -m benchmarks.skill`` simulates, processes and scores seeds 1000-1019 of size ``demo`` and writes
``docs/skill.md``. Those seeds are for scoring only: thresholds are chosen on seeds 0-999 (``--tuning``), which never
write the page. ``--replay`` keeps missions and stored tracks below ``build/skill`` (or ``--keep``) and starts from
them where neither the simulator nor ingest, tracks and imagery have changed since, so that only fusion, visits and
routes are done and scored. ``python -m benchmarks.skill tracks hotspots`` scores rooms on published and simulated
cases instead, ``all`` the missions and every room; a room is a module ``benchmarks.skill_<room>`` with a page of its
own.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

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
ROOMS = ("tracks", "imagery", "targets", "hotspots", "fusion", "findings")


@dataclass(frozen=True)
class Run:
    """One mission: its scores, the seconds to simulate and to process it, and whether it began from stored tracks."""

    seed: int
    scores: Scores
    simulate_s: float
    process_s: float
    replayed: bool


@dataclass(frozen=True)
class Bench:
    """All missions of a benchmark; ``failed`` holds seed and message of missions whose processing raised."""

    size: str
    runs: tuple[Run, ...]
    failed: tuple[tuple[int, str], ...]
    seconds: float


def run_seed(seed: int, size: str, folder: Path, without: tuple[str, ...], *, replay: bool = False) -> Run:
    """Simulate, process and score one mission; with ``replay`` only what has changed since it was done last."""
    logging.disable(logging.WARNING)
    out = folder / str(seed)
    known = _read_json(out / MADE_BY) if replay else {}
    made_by = {
        "simulator": code_version(("onevisit.truth.simulate",)), "size": size, "without": list(without),
        "measurements": code_version(("numerics", "ingest", "tracks", "imagery")),
    }  # fmt: skip
    started = time.perf_counter()
    if {**known, "measurements": ""} != {**made_by, "measurements": ""}:
        known = {}
        simulate_mission(out, seed=seed, size=size, without=without)  # type: ignore[arg-type]
    simulated = time.perf_counter()
    replayed = known == made_by
    process_mission(out / "mission", out / "out", Options(), on_stage=lambda _text, _share: None, replay=replayed)
    processed = time.perf_counter()
    scores = score_output(out / "out", out / "truth.json")
    write_scores(scores, out / "score.json")
    (out / MADE_BY).write_text(json.dumps(made_by), encoding="utf-8")
    return Run(seed, scores, simulated - started, processed - simulated, replayed)


def _read_json(path: Path) -> dict[str, object]:
    try:
        content: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def run_all(
    seeds: Sequence[int],
    size: str,
    folder: Path,
    *,
    without: tuple[str, ...] = (),
    workers: int = 2,
    replay: bool = False,
) -> Bench:
    """Run missions on ``workers`` processes, in any order; the table does not depend on it."""
    started = time.perf_counter()
    runs, failed = [], []
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as workers_:
        futures = {workers_.submit(run_seed, seed, size, folder, without, replay=replay): seed for seed in seeds}
        for future in as_completed(futures):
            error = future.exception()
            if error is not None:
                failed.append((futures[future], f"{type(error).__name__}: {error}"))
            else:
                runs.append(future.result())
            print(f"\r{len(runs) + len(failed)} of {len(seeds)} missions", end="", file=sys.stderr)
    print(file=sys.stderr)
    runs.sort(key=lambda run: run.seed)
    return Bench(size, tuple(runs), tuple(sorted(failed)), time.perf_counter() - started)


def page(bench: Bench, command: str) -> str:
    """The page ``docs/skill.md``."""
    simulate_s = _mean([run.simulate_s for run in bench.runs])
    process_s = _mean([run.process_s for run in bench.runs])
    lines = [
        "# Skill on simulated missions",
        "",
        f"Written by `{command}`; not by hand. {len(bench.runs)} missions of size `{bench.size}`, "
        f"{bench.seconds:.0f} s in all on two processes ({simulate_s:.1f} s to simulate, {process_s:.1f} s to "
        f"process one; {sum(run.replayed for run in bench.runs)} of them began from stored tracks). The truth is "
        "described in [simulator.md](simulator.md). Intervals are 95 %, from resampling missions. *not "
        "built*: no stage produces it yet; *–*: nothing was there to be scored.",
        "",
        "| measure | what it says | value | 95 % interval | n |",
        "|---|---|---|---|---|",
    ]
    pooled = pool_scores([run.scores for run in bench.runs])
    lines += [f"| `{key}` | {title} | {value} | {interval} | {n} |" for key, title, value, interval, n in
              render_pooled(pooled)]  # fmt: skip
    if bench.failed:
        lines += ["", "Missions whose processing failed, which no figure above contains:", ""]
        lines += [f"- seed {seed}: {message}" for seed, message in bench.failed]
    return "\n".join(lines) + "\n"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", help=f"score rooms instead of missions: {', '.join(ROOMS)}, all")
    parser.add_argument("--missions", type=int, default=20, help="number of missions (default 20)")
    parser.add_argument("--size", default="demo", choices=("demo", "district", "city"))
    parser.add_argument(
        "--tuning", action="store_true", help="seeds from 0, for choosing thresholds; no page is written"
    )
    parser.add_argument(
        "--without", action="append", default=[], metavar="CONFOUNDER", help="switch a confounder off"
    )
    parser.add_argument("--keep", type=Path, help="folder that keeps missions and results")
    parser.add_argument("--replay", action="store_true", help="start from stored tracks where they are still valid")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(arguments)
    if chosen.rooms:
        status = run_rooms("skill", ROOMS, [] if "all" in chosen.rooms else chosen.rooms)
        if status or "all" not in chosen.rooms:
            return status
    first = TUNING if chosen.tuning else SCORING
    seeds = range(first, first + chosen.missions)
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or (REPLAYED if chosen.replay else Path(scratch))
        without = tuple(chosen.without)
        bench = run_all(seeds, chosen.size, folder, without=without, workers=chosen.workers, replay=chosen.replay)
    options = f" --missions {chosen.missions}" * (chosen.missions != 20) + " --replay" * chosen.replay
    text = page(bench, f"python -m benchmarks.skill{options}")
    print(text)
    if bench.runs and not chosen.tuning and not chosen.without and chosen.missions >= 20 and chosen.size == "demo":
        PAGE.write_text(text, encoding="utf-8")
    return 0 if bench.runs else 1


if __name__ == "__main__":
    sys.exit(main())
