"""How good the result of a simulated mission is: `onevisit score OUT TRUTH`.

What no stage produces yet prints ``not built``; what was produced but had nothing to be scored on prints a dash.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from onevisit.truth.score.attribution import score_attribution
from onevisit.truth.score.doses import match_hotspots
from onevisit.truth.score.flights import score_flights
from onevisit.truth.score.hotspots import score_hotspots
from onevisit.truth.score.leads import score_leads
from onevisit.truth.score.measures import Measure, Pooled, pool
from onevisit.truth.score.records import score_activity, score_monitor_rules
from onevisit.truth.score.results import load_results, load_truth
from onevisit.truth.score.routes import score_routes
from onevisit.truth.score.witnesses import score_none, score_witnesses
from onevisit.words.measures import HEAD, NOT_BUILT, title_zh


@dataclass(frozen=True)
class Scores:
    """The measures of one mission, in the order of the table."""

    seed: int
    size: str
    measures: tuple[Measure, ...]

    def __getitem__(self, key: str) -> Measure:
        """One measure by its key."""
        return next(m for m in self.measures if m.key == key)


def score_output(out: Path, truth: Path, *, kept: Path | None = None) -> Scores:
    """Hold the results of ``process`` against the truth of the mission.

    Parameters
    ----------
    out : Path
        Folder with ``hotspots.geojson``, ``leads.geojson``, ``visits.geojson``, ``routes.geojson``,
        ``poses.geojson``, ``anomalies.geojson``, ``activity.geojson``, ``ortho.tif``; what is missing is
        ``not built``.
    truth : Path
        The ``truth.json`` that `onevisit.truth.simulate.simulate_mission` wrote.
    kept : Path, optional
        File that keeps what was measured of the mosaic, for scoring the same mission again.

    Raises
    ------
    FileError
        If the truth or a result cannot be read.
    """
    answer = load_truth(truth)
    results = load_results(out, answer)
    matches = match_hotspots(results, answer)
    measures = (
        *score_hotspots(results, answer, matches),
        *score_attribution(answer, matches),
        *score_witnesses(matches),
        *score_none(results, matches),
        *score_leads(results, answer, matches),
        *score_monitor_rules(results, answer),
        *score_activity(results, answer),
        *score_flights(results, answer, kept),
        *score_routes(results, answer),
    )
    return Scores(int(answer.content["seed"]), str(answer.content["size"]), measures)


def pool_scores(scores: Sequence[Scores]) -> tuple[Pooled, ...]:
    """Pool missions, with 95 % intervals from resampling them."""
    return pool([s.measures for s in scores])


def scores_in_chinese(scores: Scores) -> Scores:
    """The same with titles in Chinese."""
    return replace(scores, measures=tuple(replace(m, title=title_zh(m.key, m.title)) for m in scores.measures))


def scores_dict(scores: Scores) -> dict[str, Any]:
    """The content of ``score.json``."""
    return {
        "seed": scores.seed,
        "size": scores.size,
        "measures": [
            {
                "key": m.key, "title": m.title, "unit": m.unit, "better": m.better, "built": m.built,
                "value": None if m.value is None else round(m.value, 4), "items": len(m.items),
            }
            for m in scores.measures
        ],
    }  # fmt: skip


def write_scores(scores: Scores, path: Path) -> None:
    """Write ``score.json``."""
    path.write_text(json.dumps(scores_dict(scores), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def render_scores(scores: Scores, lang: str = "en") -> str:
    """The table of one mission as plain text."""
    rows = [
        (
            m.key,
            m.title,
            _number(m.value, m.unit) if m.built else NOT_BUILT[lang],
            str(len(m.items)) if m.built else "",
        )
        for m in scores.measures
    ]
    return _table([HEAD[lang], *rows])


def render_pooled(pooled: Sequence[Pooled]) -> list[tuple[str, str, str, str, str]]:
    """Rows of key, title, value, 95 % interval and number of items, for a table of many missions."""
    rows = []
    for p in pooled:
        interval = "" if p.low is None else f"{_figure(p.low)} to {_figure(p.high or 0.0)}"
        rows.append(
            (
                p.key,
                p.title,
                _number(p.value, p.unit) if p.built else NOT_BUILT["en"],
                interval,
                str(p.items) if p.built else "",
            )
        )
    return rows


def _number(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{_figure(value)} {unit}".strip()


def _figure(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
