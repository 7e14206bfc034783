"""The fit of the weights of `monitors.shape.detect` on labelled series, with each site-year left out in turn.

``python -m benchmarks.fit_shapes`` prints the weights to be written there.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize

from benchmarks.real_data import data_folder, missing_data
from benchmarks.series_monitors import Labelled, events_of, read_folder
from monitors.shape.detect import ODDS, Odds, evidence_of
from monitors.shape.evidence import Bools, Floats, spread_over

__all__ = ["fit_odds", "main"]

_ROUNDS = 3
_BLOCK_ROWS = 12
_NEAR_ROWS = 2
_RIDGE = 2.0


def fit_odds(sites: Sequence[Sequence[Labelled]]) -> Odds:
    """Weights and offset of the logistic model: each event once by its strongest row, quiet times once in 12 rows.

    Which row of an event is the strongest depends on the weights, so that rows and weights are chosen in turn.
    Weights are not below zero: no evidence of a fault speaks for its absence.
    """
    evidence = [(one, e) for site in sites for one, e in zip(site, evidence_of([s.curve for s in site]), strict=True)]
    weights = np.array([*ODDS.weights, ODDS.offset])
    for _ in range(_ROUNDS):
        drawn = [_draw(one, e, e @ weights[:-1]) for one, e in evidence]
        weights = _logistic(np.concatenate([x for x, _ in drawn]), np.concatenate([y for _, y in drawn]), weights)
    return replace(ODDS, weights=tuple(weights[:-1].tolist()), offset=float(weights[-1]))


def _draw(one: Labelled, evidence: Floats, odds: Floats) -> tuple[Floats, Floats]:
    """Evidence of the strongest row of each event that has values, and of each block of rows without one."""
    missing = one.curve.missing
    events = [run for run in events_of(one.curve.time, one.bad) if not missing[run[0] : run[1] + 1].any()]
    rows = [first + int(np.argmax(odds[first : last + 1])) for first, last in events]
    quiet: Bools = spread_over((one.bad | missing).astype(float), _NEAR_ROWS) == 0
    shown = np.where(quiet, odds, -np.inf)
    blocks = np.arange(0, len(odds), _BLOCK_ROWS)
    best = [int(b + np.argmax(shown[b : b + _BLOCK_ROWS])) for b in blocks]
    best = [row for row in best if quiet[row]]
    return evidence[rows + best], np.r_[np.ones(len(rows)), np.zeros(len(best))]


def _logistic(evidence: Floats, fault: Floats, start: Floats) -> Floats:
    def loss(weights: Floats) -> tuple[float, Floats]:
        odds = evidence @ weights[:-1] + weights[-1]
        off = 1.0 / (1.0 + np.exp(-odds)) - fault
        size = float((np.logaddexp(0.0, odds) - fault * odds).sum() + _RIDGE * (weights[:-1] ** 2).sum())
        return size, np.append(evidence.T @ off + 2.0 * _RIDGE * weights[:-1], off.sum())

    bounds = [(0.0, None)] * evidence.shape[1] + [(None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, float)


def main() -> int:
    """Print the weights of all site-years."""
    if missing_data():
        print(missing_data(), file=sys.stderr)
        return 0
    fitted = fit_odds(list(read_folder(data_folder() / "monitors" / "logan_river")))
    print(", ".join(f"{one:.2f}" for one in fitted.weights), f"offset {fitted.offset:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
