"""Which places explain the pattern that sensors met, whatever the rate and the size of errors; and that rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.attribution.joint.case import COARSE_M, FINE_M, TURN_STEP, JointCase, Table, Vane, case_of
from fusion.attribution.joint.footprint import Model
from fusion.attribution.joint.readings import Readings, Sensor, blocks_of, span_m, without_spikes
from fusion.attribution.joint.settings import JointSettings
from fusion.attribution.joint.vane import AS_SAID, merged_masts, turn_prior

Floats = NDArray[np.float64]
Pair = tuple[float, float]

_HALF = 6  # nodes of the turn to either side of the vane's
TURNS = np.arange(-_HALF, _HALF + 1) * TURN_STEP
SCAN_PER_SPAN = 8.0
MOST_BLOCKS = 90
LEAST_SPAN_M, _FARTHEST_M = 30.0, 1500.0


@dataclass(frozen=True, eq=False)
class PatternOdds:
    """How well a source at a place explains the pattern that sensors met: log-evidence over none.

    ``elsewhere`` is that of the mean over the ground about the sensors. Rates and the size of errors are integrated
    out, turns of the vane by their prior, widths and heights of plumes evenly.
    """

    case: JointCase
    vane: Vane
    prior: Floats
    tables: tuple[Table, ...]

    def at(self, x: Floats, y: Floats, spacing_m: float = FINE_M) -> Floats:
        """Log-evidence (places,) of places [m], paths being points so far apart."""
        each = [
            logsumexp(self.case.match(x, y, t, self.vane, TURNS, spacing_m) + self.prior, axis=1) for t in self.tables
        ]
        return mean_odds(np.stack(each), axis=0)

    def balance(self, x: float, y: float) -> tuple[Floats, Floats]:
        """Logarithms of the rate [g s-1] by the balance of mass, and their log-weights, (models,).

        What was met over what a unit rate adds, over all sensors in the spell that fits best, at the turn that does:
        sums do not ask that each plume lies where the model has it. NaN where nothing was met.
        """
        logs, weights = np.full(len(self.tables), np.nan), np.empty(len(self.tables))
        met = np.where(np.isfinite(self.case.value), self.case.value - self.case.base, 0.0)
        for k, table in enumerate(self.tables):
            fits = self.case.match(np.array([x]), np.array([y]), table, self.vane, TURNS)[0] + self.prior
            weights[k] = logsumexp(fits)
            added = self.case.added(x, y, table, self.vane, TURNS[[int(np.argmax(fits))]])[:, :, 0]
            added = np.where(np.isfinite(self.case.value), added, 0.0)
            on = self._spell(np.where(np.isfinite(self.case.value), added, np.nan))
            total, unit = met[on].sum(), added[on].sum()
            logs[k] = np.log(total / unit) if total > 0 and unit > 0 else np.nan
        return logs, weights

    def _spell(self, added: Floats) -> slice:
        """Blocks in which a source with a pattern best emitted, as `pattern_evidence` has it."""
        x, m, count = self.case.roots, np.sqrt(added), added.shape[0]
        x = np.where(np.isnan(m), np.nan, x)
        sums = np.concatenate(
            [np.zeros((3, 1)), np.cumsum([np.nansum(v, axis=1) for v in (m, m * m, m * x)], axis=1)], 1
        )
        first, last = np.triu_indices(count + 1, self.case.shortest)
        if not first.size:
            return slice(None)
        one, square, both = sums[:, last] - sums[:, first]
        known = max(int(np.isfinite(x).sum()), 1)
        together, varied = both - one * np.nansum(x) / known, square - one**2 / known
        best = int(np.argmax(np.where(varied > 0, np.maximum(together, 0.0) ** 2 / np.maximum(varied, 1e-300), 0.0)))
        return slice(int(first[best]), int(last[best]))

    @cached_property
    def elsewhere(self) -> float:
        """Log of the mean evidence of a source anywhere on the ground about the sensors."""
        return float(
            mean_odds(self.at(*ground_about(self.case.sensors, self.case.settings, SCAN_PER_SPAN), COARSE_M), axis=0)
        )


def pattern_odds(readings: Readings, settings: JointSettings | None = None) -> PatternOdds | None:
    """Evidence of patterns for sources at any place, the vane near what it says; None where no wind or plume is."""
    settings = settings or JointSettings()
    blocks = blocks_of(readings, settings)
    for mast in merged_masts([without_spikes(mast)[0] for mast in readings.masts]):
        case = case_of(blocks, mast, settings)
        if case is not None:
            return patterns_of(case.rows(case.telling(MOST_BLOCKS)), AS_SAID, AS_SAID)
    return None


def patterns_of(case: JointCase, vane: Vane, believed: Vane) -> PatternOdds:
    """Patterns of a case whose vane stood so, as far as is believed."""
    s = case.settings
    prior = turn_prior(vane, TURNS, s, believed)
    return PatternOdds(case, vane, prior - logsumexp(prior), pattern_tables(case))


def pattern_tables(case: JointCase) -> tuple[Table, ...]:
    """Footprints of all widths, and for each of all heights of a source, at the middle depth."""
    s = case.settings
    depth = middle_model(s).depth
    models = [Model(width, depth, height) for width in s.widths for height in s.source_heights_m]
    return tuple(case.table(model) for model in models)


def mean_odds(logs: Floats, axis: int) -> Floats:
    """Log of the mean of likelihood ratios given as logarithms."""
    return np.asarray(logsumexp(logs, axis=axis) - np.log(logs.shape[axis]))


def middle_model(settings: JointSettings) -> Model:
    """The plume as it is modelled, of the middle depth."""
    return Model(1.0, settings.depths[len(settings.depths) // 2], settings.source_heights_m[0])


def ground_about(sensors: Sequence[Sensor], settings: JointSettings, per_span: float) -> tuple[Floats, Floats]:
    """Centres of cells about the sensors, as many to their span."""
    span = max(span_m(sensors), LEAST_SPAN_M)
    reach, side = min(settings.reach_spans * span, _FARTHEST_M), max(span / per_span, settings.finest_m)
    x, y = (np.array([v for s in sensors for v in ends(s)]) for ends in (_ends_x, _ends_y))
    ticks = [
        low - reach + (np.arange(int(np.ceil((high - low + 2 * reach) / side))) + 0.5) * side
        for low, high in ((x.min(), x.max()), (y.min(), y.max()))
    ]
    east, north = np.meshgrid(*ticks)
    return east.ravel(), north.ravel()


def _ends_x(sensor: Sensor) -> Pair:
    return sensor.x, sensor.x2


def _ends_y(sensor: Sensor) -> Pair:
    return sensor.y, sensor.y2
