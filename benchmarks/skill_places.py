"""Places held against known answers: simulated missions, and real drives processed as missions of their own.

Rows for `benchmarks.skill_hotspots`; simulated missions are shared with ``benchmarks.skill --replay``.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import skill
from ingest.coordinates import grid_crs
from onevisit.job import process_mission
from onevisit.result import Options
from onevisit.truth.score.doses import species_of_hotspot
from onevisit.truth.score.measures import Pooled
from onevisit.truth.score.results import Feature, Truth, load_results, same_species
from onevisit.truth.score.score import pool_scores, render_pooled

__all__ = ["Row", "real_missions", "simulated"]

STRONG_SNR = 100.0
"""Plumes stronger than this over their noise have to be in a place."""
IN_PLACE_M = 30.0
"""A plume's maximum may lie so far off the polygon of its place: lag and receiver."""
LEAK_M = 20.0
"""The first place lies no further than this from a known leak."""


@dataclass(frozen=True)
class Row:
    """One line of a table: the case, what simpler code or an earlier version gives, the target, what was measured.

    ``met`` is None where the figure is a baseline and no target is set.
    """

    case: str
    today: str
    target: str
    measured: str
    met: bool | None


# --- simulated missions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Target:
    """A measure of `onevisit score` with what it was and what it should be; no limit makes it a baseline."""

    key: str
    said: str
    was: str = "–"
    at_least: float | None = None
    at_most: float | None = None


_PLACES = (
    _Target("hotspots.per_source", "places for each source shown", "about 2", at_most=1.1),
    _Target("hotspots.separate", "neighbours that stay two", at_least=80.0),
)
_BASELINE = (
    _Target("hotspots.recall", "recall"),
    _Target("hotspots.precision", "precision"),
    _Target("attribution.top1", "likeliest explanation right"),
    _Target("attribution.listed", "of listed sources, likeliest site right"),
    _Target("leads.visit_precision", "visits right"),
    _Target("leads.recall", "lead recall"),
)
SIMULATED = (
    (skill.Case("demo", 1), (
        _Target("hotspots.recall", "recall", "73 %", at_least=90.0),
        _Target("hotspots.precision", "precision", "97 %", at_least=97.0),
        _Target("attribution.top1", "likeliest explanation right", "82 %", at_least=86.0),
        *_PLACES,
    )),
    (skill.Case("district", 1, flights=False), (
        _Target("hotspots.recall_recurrent", "recall, recurrent tier", "26.6 %", at_least=85.0),
        _Target("hotspots.precision", "precision", "85 %", at_least=95.0),
        *_PLACES,
    )),
    (skill.Case("demo", 2), (*_BASELINE, *_PLACES)),
    (skill.Case("district", 2, flights=False), (*_BASELINE, *_PLACES)),
)  # fmt: skip


def simulated(
    folder: Path, *, first: int, missions: int | None = None, workers: int = 2, worlds: Sequence[int] = skill.WORLDS
) -> Iterator[Row]:
    """Simulated missions against their targets.

    Parameters
    ----------
    folder : Path
        Keeps missions, which are replayed where they are still valid.
    first : int
        First seed.
    missions : int, optional
        Missions of each case; by default as many as the page of `benchmarks.skill` asks for.
    """
    for case, targets in SIMULATED:
        if case.world not in worlds:
            continue
        seeds = range(first, first + (missions or skill.MISSIONS[case.size]))
        bench = skill.run_all(seeds, case, folder, workers=workers, replay=True)
        pooled = {p.key: p for p in pool_scores([run.scores for run in bench.runs])}
        for target in targets:
            said = f"world {case.world}, {case.size}, {len(bench.runs)} missions: {target.said}"
            yield _held(said, target, pooled.get(target.key))
        if bench.failed:
            yield Row(
                f"world {case.world}, {case.size}: missions that failed", "0", "0", str(len(bench.failed)), False
            )


def _held(case: str, target: _Target, pooled: Pooled | None) -> Row:
    """A pooled measure against its target."""
    limit = "baseline"
    if target.at_least is not None:
        limit = f"≥ {target.at_least:g} %"
    elif target.at_most is not None:
        limit = f"≤ {target.at_most:g}"
    if pooled is None or pooled.value is None:
        return Row(case, target.was, limit, "–", None)
    [(_, _, value, interval, items)] = render_pooled([pooled])
    measured = f"{value} ({interval}; n = {items})" if interval else f"{value} (n = {items})"
    met = None
    if target.at_least is not None:
        met = pooled.value >= target.at_least
    elif target.at_most is not None:
        met = pooled.value <= target.at_most
    return Row(case, target.was, limit, measured, met)


# --- real drives ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drives:
    """Real files that are one mission: where they lie, the zone of their clocks, and a leak that is known."""

    name: str
    folder: str
    files: tuple[str, ...]
    time_zone: str
    leak: tuple[float, float] | None = None
    """Longitude and latitude."""


REAL = (
    Drives("Hamburg", "hamburg", ("*.xlsx", "*.gpx.gz"), "UTC", (9.8896, 53.6140)),
    Drives("AMLD", "amld", ("*.dat.gz",), "UTC"),
    Drives("mmaqshiny", "mmaqshiny", ("2019_09_25_*",), "Asia/Kolkata"),
)


def real_missions(data: Path, chosen: Sequence[Drives] = REAL) -> Iterator[Row]:
    """Real drives as missions: the known leak comes first, and strong plumes are in places."""
    logging.disable(logging.WARNING)
    for drives in chosen:
        with tempfile.TemporaryDirectory() as scratch:
            traces, out = Path(scratch) / "mission" / "traces", Path(scratch) / "out"
            traces.mkdir(parents=True)
            for path in sorted(p for pattern in drives.files for p in (data / drives.folder).glob(pattern)):
                shutil.copyfile(path, traces / path.name)
            options = Options(time_zone=drives.time_zone)
            process_mission(traces.parent, out, options, on_stage=lambda _text, _share: None)
            yield from hold_places(drives, out)


def hold_places(drives: Drives, out: Path) -> Iterator[Row]:
    """The places of a real mission's results against its known leak and its strong plumes."""
    content = json.loads((out / "plumes.geojson").read_text(encoding="utf-8"))
    plumes = [feature["properties"] for feature in content["features"]]
    lon, lat = ([p[name] for p in plumes] or [0.0] for name in ("lon", "lat"))
    truth = Truth({}, out, grid_crs(lon, lat))
    places = load_results(out, truth).hotspots or ()
    if drives.leak is not None:
        yield _leak(drives, places, truth)
    strong = [p for p in plumes if p["snr"] > STRONG_SNR]
    inside = sum(any(_holds(place, plume, truth) for place in places) for plume in strong)
    said = f"{inside} of {len(strong)} ({len(plumes)} plumes, {len(places)} places)"
    yield Row(
        f"{drives.name}: plumes above {STRONG_SNR:g} σ in a place",
        "–",
        "all",
        said,
        inside == len(strong) if strong else None,
    )


def _leak(drives: Drives, places: Sequence[Feature], truth: Truth) -> Row:
    """How far the first place lies from the known leak, and which place is nearest."""
    case, target = f"{drives.name}: the known leak is the first place", f"first, ≤ {LEAK_M:g} m"
    lon, lat = drives.leak or (0.0, 0.0)
    leak = truth.point({"lon": lon, "lat": lat})
    away = [truth.point(place.properties).distance(leak) for place in places]
    if not away:
        return Row(case, "no hotspot stands out", target, "no place", False)
    nearest = away.index(min(away))
    said = (
        f"first place {away[0]:.0f} m off; nearest is number {nearest + 1} of {len(away)}, {away[nearest]:.0f} m off"
    )
    return Row(case, "no hotspot stands out", target, said, away[0] <= LEAK_M)


def _holds(place: Feature, plume: Mapping[str, Any], truth: Truth) -> bool:
    """Whether a plume lies in a place that names its species."""
    named = any(same_species(species, plume["species"]) for species in species_of_hotspot(place))
    return named and place.shape is not None and place.shape.distance(truth.point(plume)) <= IN_PLACE_M
