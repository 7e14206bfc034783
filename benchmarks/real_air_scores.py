"""What the joint posterior makes of folders of real air: one line of JSON a run, and the section of the page."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from scipy.stats import beta

from benchmarks.real_air import Run, Truth, read_folder
from fusion.attribution.joint.posterior import Found, locate_sources, vane_of, weigh_sites

__all__ = ["HEADING", "AirScore", "print_air", "print_stations", "score_air", "score_stations", "section", "share_of"]

HEADING = "## Fixed sensors and paths in real air"
_MOST = 2
_SEEN_M = 3.0  # a truth this near to the area is inside: half of the finest cells and of a source's size


@dataclass(frozen=True)
class AirScore:
    """One run: error of the place [m], whether the 90 % area holds it, the rate over the truth; None: not known."""

    set: str
    run: str
    error_m: float | None
    inside90: bool | None
    rate_ratio: float | None
    rate_inside90: bool | None

    @property
    def line(self) -> str:
        """As a line of JSON."""
        return json.dumps(self.__dict__)


def score_air(folder: Path, runs: str | None = None) -> Iterator[AirScore]:
    """Locate every run of a folder with the settings of the program; the vane is that of the folder's mast."""
    found = list(read_folder(folder, runs))
    believed = vane_of([run.readings for run in found])
    for run in found:
        outcome = locate_sources(run.readings, most=_MOST, believed=believed)
        for said in outcome.decisions:
            print(f"{folder.name} {run.name}: {said.what}", file=sys.stderr)
        sources = outcome.value.sources if outcome.value is not None else ()
        yield _score(folder.name, run, sources)


def _score(name: str, run: Run, sources: Sequence[Found]) -> AirScore:
    truths = run.truth or (Truth(float("nan"), float("nan"), float("nan"), ""),)
    if not sources:
        return AirScore(name, run.name, None, False, None, False)
    pairs = [(truth, min(sources, key=lambda s, t=truth: _error(s, t, run))) for truth in truths]  # type: ignore[misc]
    errors = [_error(source, truth, run) for truth, source in pairs]
    known = bool(np.isfinite(errors).all())
    inside = all(_inside(source, truth, run) for truth, source in pairs)
    total = sum(truth.rate_g_s for truth in truths)
    rates = {id(source): source for _, source in pairs}.values()
    ratio = sum(source.rate for source in rates) / total
    within = sum(s.rate_90[0] for s in rates) <= total <= sum(s.rate_90[1] for s in rates)
    return AirScore(
        name,
        run.name,
        round(float(np.mean(errors)), 2) if known else None,
        inside if known else None,
        round(ratio, 3) if np.isfinite(ratio) else None,
        bool(within) if np.isfinite(ratio) else None,
    )


def _goal(truth: Truth, run: Run) -> shapely.Geometry:
    """Where the source is: its point, or the outline that the folder gives."""
    if not np.isfinite(truth.x + truth.y) and run.outline is not None:
        return shapely.Polygon(run.outline)
    return shapely.Point(truth.x, truth.y)


def _error(source: Found, truth: Truth, run: Run) -> float:
    if not np.isfinite(truth.x + truth.y) and run.outline is None:
        return float("nan")
    return float(_goal(truth, run).distance(shapely.Point(*source.mean)))


def _inside(source: Found, truth: Truth, run: Run) -> bool:
    if not np.isfinite(truth.x + truth.y) and run.outline is None:
        return False
    area, _ = source.places.densest(0.9)
    return bool(area.distance(_goal(truth, run)) <= 0.0)


def score_stations(folder: Path, runs: str | None = None) -> Iterator[Mapping[str, object]]:
    """Which of the listed sites made what each run of a folder met."""
    found = list(read_folder(folder, runs))
    believed = vane_of([run.readings for run in found])
    for run in found:
        names = [site for site, _, _ in run.sites]
        x, y = (np.array([site[k] for site in run.sites], np.float64) for k in (1, 2))
        odds = weigh_sites(run.readings, x, y, believed=believed).value
        yield {
            "run": run.name,
            "truth": ",".join(truth.site for truth in run.truth),
            "probabilities": {n: round(float(p), 4) for n, p in zip(names, odds.probability, strict=True)},
            "none": round(odds.none, 4),
        }


def print_air(folder: Path, runs: str | None) -> None:
    """Print a line of JSON a run."""
    for score in score_air(folder, runs):
        print(score.line, flush=True)


def print_stations(folder: Path, runs: str | None) -> None:
    """Print a line of JSON a run."""
    for score in score_stations(folder, runs):
        print(json.dumps(score), flush=True)


# --- the page -------------------------------------------------------------------------------------------------------


def share_of(hits: Sequence[bool]) -> str:
    """A share with its exact 95 % interval (Clopper and Pearson)."""
    n, k = len(hits), sum(hits)
    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return f"{k} of {n} [{low:.0%}–{high:.0%}]"


def section(scores: Sequence[AirScore]) -> str:
    """The section of the page: a row a data set."""
    rows = []
    for name in dict.fromkeys(s.set for s in scores):
        own = [s for s in scores if s.set == name]
        errors = [s.error_m for s in own if s.error_m is not None]
        ratios = [s.rate_ratio for s in own if s.rate_ratio is not None]
        rows.append(
            f"| {name} | {len(own)} | {np.median(errors):.1f} m | {share_of([bool(s.inside90) for s in own])} | "
            f"{np.median(ratios):.2f} | {share_of([0.5 <= r <= 2 for r in ratios])} | "
            f"{share_of([bool(s.rate_inside90) for s in own])} |"
        )
    return "\n".join(
        [
            HEADING,
            "",
            "Written by `python -m benchmarks.skill_fusion --only-air`. Every set of `real_air` of the real data",
            "under one set of numbers, those of the program (`JointSettings`); how they came about is in",
            "[0008](design/0008-one-posterior-for-fixed-witnesses.md). A run is a day or a release; the place is",
            "searched for, with no knowledge of the source; where it is a building, the error is the distance to its",
            "outline. Two sources: the mean error, both inside, the sum of their rates. Intervals: exact, 95 %.",
            "",
            "| set | runs | error of the place, median | inside the 90 % area | rate over truth, median | "
            "within × 2 | inside its 90 % interval |",
            "|---|---|---|---|---|---|---|",
            *rows,
            "",
            "Targets: ginninderra2015 ≤ 12 m, ≥ 75 % within × 2, both intervals hold; chilbolton2017 ≤ 5 m, ≥ 95 %",
            "within × 2; buehler2021_barn within × 2 like the peer (84 %), nearer to 1 than its 0.60.",
            "",
        ]
    )
