"""What rules say of simulated records of known truth: kinds, causes, and whether a site ran at a minute.

``python -m benchmarks.skill_records`` draws weeks of records of many sites without a park
(`onevisit.truth.simulate.records.alone`), asks every rule of them, and writes its section of
``docs/skill-monitors.md``. Seeds from 1000 on are for scoring only; ``--tuning`` takes those from 0
on and writes nothing.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.sections import put_section, wilson_interval
from monitors.schema import Activity, Anomaly, Cause, SiteRecords
from onevisit.truth.score.records import (
    Paired,
    Ran,
    Real,
    Said,
    calibration,
    counted,
    found_cases,
    judge_activity,
    pair_findings,
    real_anomalies,
)
from onevisit.truth.simulate.records.alone import DrawnRecords, draw_records

PAGE = Path(__file__).resolve().parents[1] / "docs" / "skill-monitors.md"
HEADING = "## Simulated sites"
SCORING, TUNING = 1000, 0
SEEDS, SITES, WEEKS = 40, 60, 8
TARGET = 0.9
_HOUR_MIN = 60.0
Minutes = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Drawn:
    """What one seed gave: findings with what they tell of, cases, activity by rhythm, seconds of the rules."""

    seed: int
    pairs: tuple[Paired, ...]
    cases: tuple[tuple[Real, bool], ...]
    activity: tuple[Minutes, ...]
    sites: int
    silent: int
    rules_s: float
    activity_s: float


def run_seed(seed: int, sites: int = SITES, weeks: int = WEEKS) -> Drawn:
    """Draw the records of a seed, ask the rules, and hold what they say against the truth."""
    drawn = draw_records(seed, sites, weeks)
    # by name: the room may not be complete yet
    seek: Callable[..., Any] = importlib.import_module("monitors.rules").seek_anomalies
    began = time.perf_counter()
    found: Sequence[Anomaly] = seek(drawn.series, drawn.sites, drawn.orders).value
    asked = time.perf_counter()
    said, real = [_said(one) for one in found], real_anomalies(drawn.truth)
    minutes, silent = _activity(drawn)
    ended = time.perf_counter()
    pairs, cases = pair_findings(said, real), found_cases(said, real)
    return Drawn(seed, tuple(pairs), tuple(cases), minutes, sites, silent, asked - began, ended - asked)


def _said(one: Anomaly) -> Said:
    start, end = (np.datetime64(t.replace(tzinfo=None), "s") for t in (one.start, one.end))
    return Said(one.kind, one.permit_code, one.code, start, end, one.cause)


def _activity(drawn: DrawnRecords) -> tuple[tuple[Minutes, ...], int]:
    """Probabilities, truth and minutes of each site of which records say anything, and how many say nothing."""
    if importlib.util.find_spec("monitors.activity") is None:
        return (), 0
    infer: Callable[[SiteRecords], Activity | None] = importlib.import_module("monitors.activity").infer_activity
    true = {t["site_id"]: t for t in drawn.truth["activity"]}
    judged, silent = [], 0
    for records in _sites(drawn):
        told = infer(records)
        if told is None:
            silent += 1
            continue
        ran = Ran(records.permit_code, told.time, told.length_s, told.running)
        judged.append(judge_activity(ran, true[records.permit_code]))
    return tuple(judged), silent


def _sites(drawn: DrawnRecords) -> list[SiteRecords]:
    return [
        SiteRecords(
            site.permit_code, site.uscc, site.name,
            tuple(s for s in drawn.series if s.attrs["permit_code"] == site.permit_code), site,
        )
        for site in drawn.sites
    ]  # fmt: skip


# --- the section ---------------------------------------------------------------------------------------------------


WHY: Mapping[str, str] = {
    "ammonia_above_total_nitrogen": "a true rise of ammonia alone puts it above a total that does not "
    "follow, in these records as in samples taken at different times",
    "constant": "values at the end of a range, or rounded at low levels, repeat beyond the cycle with nothing wrong",
    "drift": "a slow rise at a plant that runs by the shift leaves few hours to compare; most stay above the "
    "threshold for less than four days, and the plants' own levels wander as far",
    "frozen_pair": "coarse resolutions hide the common movement of short copies",
    "periodicity": "waves with a period near that of the day cannot be told from the plant's own",
    "spike": "a single hour at the start or the end of a run or of a mark is no fault, yet looks like one",
    "substituted": "the maximum that replaced the values was of an hour that the record itself does not show",
    "zero": "values below the limit of detection are written as zero, too, and some plants stand without saying so",
}
"""What was found on tuning seeds about the kinds that are below the target on one side or both."""


def section(runs: Sequence[Drawn], command: str) -> str:
    """All tables."""
    pairs = [p for run in runs for p in run.pairs]
    cases = [c for run in runs for c in run.cases]
    sites = sum(run.sites for run in runs)
    lines = [
        HEADING, "",
        f"Written by `{command}`: {sites} sites of {len(runs)} seeds from {runs[0].seed} on "
        f"({1000 * sum(r.rules_s for r in runs) / sites:.0f} ms a site for the rules, "
        f"{1000 * sum(r.activity_s for r in runs) / sites:.0f} ms for activity). The records are those of world 2 "
        "([simulator.md](simulator.md)). A finding is right where a true anomaly of its site allows its kind and "
        "half of it lies within 12 h of the truth; a case is found by a right finding of its own kind. Intervals are "
        "those of Wilson, 95 %.", "",
        *kind_rows(pairs, cases), "",
        *upset_rows(cases, pairs), "",
        *cause_rows(pairs), "",
        *activity_rows(runs),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def kind_rows(pairs: Sequence[Paired], cases: Sequence[tuple[Real, bool]]) -> list[str]:
    """Precision and recall of each kind."""
    lines = ["| kind | findings that are right | cases that are found | ≥ 0.9 |", "|---|---|---|---|"]
    kinds, short = sorted({p.said.kind for p in pairs} | {r.kind for r, _ in cases}), []
    for kind in kinds:
        right = [p.real is not None for p in counted(pairs) if p.said.kind == kind]
        hits = [hit for real, hit in cases if real.kind == kind]
        both = [sum(part) / len(part) >= TARGET for part in (right, hits) if part]
        lines.append(f"| `{kind}` | {_share(right)} | {_share(hits)} | {'yes' if both and all(both) else 'no'} |")
        short += [] if both and all(both) else [kind]
    lines += ["", "Why some fall short:", "", *(f"- `{k}`: {WHY.get(k, 'not looked into yet')}." for k in short)]
    return lines if short else lines[: len(kinds) + 2]


def upset_rows(cases: Sequence[tuple[Real, bool]], pairs: Sequence[Paired]) -> list[str]:
    """What was put in: how often it is found under its kind, what else is said of it, and what it is held for."""
    lines = [
        "| what happened | its kind | truly | found | said of it | called |",
        "|---|---|---|---|---|---|",
    ]
    for name in sorted({r.name for r, _ in cases}):
        own = [(r, hit) for r, hit in cases if r.name == name]
        told = [p.said for p in pairs if p.real is not None and p.real.name == name]
        kinds, causes = Counter(s.kind for s in told), Counter(s.cause for s in told if s.cause)
        first = own[0][0]
        lines.append(
            f"| {name.replace('_', ' ')} | `{first.kind}` | {first.cause} | {_share([hit for _, hit in own])} | "
            f"{_counts(kinds)} | {_counts(causes)} |"
        )
    return lines


def cause_rows(pairs: Sequence[Paired]) -> list[str]:
    """The two questions of causes, and every true emission that is called a fault."""
    weighed = [p for p in pairs if p.real is not None and p.said.cause]
    if not weighed:
        return ["Causes: *not built*."]
    faults = [p.said.cause == Cause.FAULT for p in weighed if p.real is not None and p.real.is_fault]
    emissions = [p for p in weighed if p.real is not None and p.real.is_emission]
    wrong = [p for p in emissions if p.said.cause == Cause.FAULT]
    lines = ["| findings of | called faults | target |", "|---|---|---|"]
    lines.append(f"| faults of analysers and meters | {_share(faults)} | ≥ 90 % |")
    called = [p.said.cause == Cause.FAULT for p in emissions]
    lines.append(f"| true exceedances and false marks | {_share(called)} | ≤ 3 % |")
    if wrong:
        lines += ["", "Called faults and are none:", ""]
        lines += [f"- {p.real.name}, {p.real.code}, said `{p.said.kind}` of {p.said.code}, {_span(p.said)}"
                  for p in wrong if p.real is not None]  # fmt: skip
    return lines


def _span(said: Said) -> str:
    hours = (said.end - said.start) / np.timedelta64(1, "h")
    return f"{hours:.0f} h from {said.start} at {said.site_id}"


def activity_rows(runs: Sequence[Drawn]) -> list[str]:
    """How often it is right that a site ran at a minute, and what stated probabilities are worth."""
    parts = [part for run in runs for part in run.activity]
    if not parts:
        return ["Activity: *not built*."]
    stated, real, minutes = (np.concatenate([p[k] for p in parts]) for k in range(3))
    hourly = minutes <= _HOUR_MIN
    lines = [
        f"Whether a site ran at a minute, of {len(parts)} sites ({sum(run.silent for run in runs)} more of which "
        "nothing is said). The best is what a statement for the whole interval can reach at all.", "",
        "| records | hours | right (≥ 95 %) | the best | calibration error (≤ 0.05) |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for name, rows in (("all", hourly | True), ("by the hour", hourly), ("by the day", ~hourly)):
        if rows.any():
            lines.append(f"| {name} | {_activity_cells(stated[rows], real[rows], minutes[rows])} |")
    lines += ["", "| probability stated | hours | said | ran |", "|---|---|---|---|"]
    for k, (said, ran, weight) in enumerate(calibration(stated, real, minutes)):
        if weight:
            lines.append(f"| {k / 10:.1f} to {(k + 1) / 10:.1f} | {weight / 60:.0f} | {said:.3f} | {ran:.3f} |")
    return lines


def _activity_cells(stated: NDArray[np.float64], real: NDArray[np.float64], minutes: NDArray[np.float64]) -> str:
    right = np.average(np.where(stated >= 0.5, real, 1.0 - real), weights=minutes)
    best = np.average(np.maximum(real, 1.0 - real), weights=minutes)
    error = sum(abs(said - ran) * w for said, ran, w in calibration(stated, real, minutes) if w) / minutes.sum()
    return f"{minutes.sum() / 60:.0f} | {100 * right:.1f} % | {100 * best:.1f} % | {error:.3f}"


def _share(hits: Sequence[bool]) -> str:
    if not hits:
        return "–"
    low, high = wilson_interval(sum(hits), len(hits))
    return f"{sum(hits) / len(hits):.2f} ({low:.2f} to {high:.2f}), {len(hits)}"


def _counts(counter: Mapping[str, int]) -> str:
    said = sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))[:4]
    return ", ".join(f"{name} {count}" for name, count in said) or "–"


# --- the command line ----------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuning", action="store_true", help="seeds from 0, for choosing; no page is written")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--sites", type=int, default=SITES)
    parser.add_argument("--weeks", type=int, default=WEEKS)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(arguments)
    first = TUNING if chosen.tuning else SCORING
    runs = run_all(range(first, first + chosen.seeds), chosen.sites, chosen.weeks, chosen.workers)
    text = section(runs, "python -m benchmarks.skill_records")
    print(text)
    if not chosen.tuning and (chosen.seeds, chosen.sites, chosen.weeks) == (SEEDS, SITES, WEEKS):
        page = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else "# Skill of the rules on monitor records\n"
        PAGE.write_text(put_section(page, text), encoding="utf-8")
    return 0


def run_all(seeds: Sequence[int], sites: int, weeks: int, workers: int) -> list[Drawn]:
    """Every seed, on several processes; the order is that of the seeds."""
    if workers < 2:
        return [run_seed(seed, sites, weeks) for seed in seeds]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(run_seed, seeds, [sites] * len(seeds), [weeks] * len(seeds)))


if __name__ == "__main__":
    sys.exit(main())
