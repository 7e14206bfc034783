"""Places where a source may stand: cells of ground that split where something likely is.

Likelihoods of a source are needles: 20 m across the wind, hundreds of metres along it, near a road narrower still. A
mesh that is fine everywhere would cost minutes a hotspot, a coarse one would miss them. Cells start coarse and are
halved where what they hold, or what a narrower peak inside of them might, can matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.schema import Area

Floats = NDArray[np.float64]
Weigh = Callable[[Floats, Floats], Floats]

COARSE_M = 32.0


@dataclass(frozen=True)
class Resolution:
    """How finely places are told apart.

    Cells above ``follow_m`` [m] split where their log-odds come within ``slack`` of the best, smaller ones where they
    hold more than ``share`` of the probability, none below ``finest_m`` [m]. What hides in a cell is narrow as it is
    high: the slack is no more than half of the best log-odds, if that is above ``least_slack``.
    """

    finest_m: float = 4.0
    follow_m: float = 8.0
    slack: float = 12.0
    least_slack: float = 4.0
    share: float = 2e-3


@dataclass(frozen=True, eq=False)
class Places:
    """Square cells: centres ``x``, ``y`` [m] and ``side`` [m], (cells,); ``joint`` log-odds (cells, rates)."""

    x: Floats
    y: Floats
    side: Floats
    joint: Floats

    @cached_property
    def odds(self) -> Floats:
        """Log-odds (cells,) with the rate, of flat prior over its nodes, integrated out."""
        return _rates_out(self.joint)

    @cached_property
    def area(self) -> Floats:
        """Ground of each cell, m²."""
        return np.asarray(self.side**2)

    @cached_property
    def probability(self) -> Floats:
        """Probability (cells,) of the place of a source, given that there is one and nothing else of it."""
        odds = self.odds
        mass = np.exp(odds - odds.max(initial=-np.inf)) * self.area
        return np.asarray(mass / mass.sum())

    @property
    def rate_odds(self) -> Floats:
        """Log-odds (rates,) with the place integrated out."""
        return np.asarray(logsumexp(self.joint + np.log(self.area)[:, None], axis=0))

    def moments(self) -> tuple[Floats, Floats]:
        """Mean [m], shape (2,), and covariance [m²], shape (2, 2), of the place."""
        place, share = np.stack([self.x, self.y]), self.probability
        mean = place @ share
        off = place - mean[:, None]
        return mean, np.asarray((off * share) @ off.T + np.eye(2) * (share @ self.area) / 12)

    def densest(self, level: float) -> tuple[Area, float]:
        """Outline of the densest cells that hold ``level`` of the probability, and their ground in m²."""
        order = np.argsort(-self.odds, kind="stable")
        keep = order[: int(np.searchsorted(np.cumsum(self.probability[order]), level)) + 1]
        half, x, y = self.side[keep] / 2, self.x[keep], self.y[keep]
        outline = shapely.union_all(shapely.box(x - half, y - half, x + half, y + half), grid_size=0.001)
        if not isinstance(outline, shapely.Polygon | shapely.MultiPolygon):
            raise TypeError(f"the union of squares is a {outline.geom_type}")
        return outline, float(self.area[keep].sum())


def square_cells(x: float, y: float, reach_m: float, side_m: float = COARSE_M) -> tuple[Floats, Floats]:
    """Centres (cells,), (cells,) of the cells of a square of half-width ``reach_m`` about a place.

    Examples
    --------
    >>> square_cells(0.0, 0.0, 32.0)
    (array([-16.,  16., -16.,  16.]), array([-16., -16.,  16.,  16.]))
    """
    count = int(np.ceil(reach_m / side_m))
    ticks = (np.arange(-count, count) + 0.5) * side_m
    east, north = np.meshgrid(x + ticks, y + ticks)
    return east.ravel(), north.ravel()


def search_places(x: Floats, y: Floats, weigh: Weigh, resolution: Resolution, *, side_m: float = COARSE_M) -> Places:
    """Weigh coarse cells, then the quarters of those that matter, until none is left to split.

    Parameters
    ----------
    x, y : arrays, shape (cells,)
        Centres of the coarse cells, m.
    weigh : callable of (x, y)
        Gives the log-odds (cells, rates) of sources at places.
    resolution : Resolution
    side_m : float
        Side of the coarse cells, m.
    """
    side = np.full(x.size, side_m)
    joint = weigh(x, y)
    odds = _rates_out(joint)
    while (split := _to_split(odds, side, resolution)).any():
        new_x, new_y, new_side = _quarters(x[split], y[split], side[split])
        x, y, side = (np.concatenate([a[~split], b]) for a, b in ((x, new_x), (y, new_y), (side, new_side)))
        joint = np.concatenate([joint[~split], new := weigh(new_x, new_y)])
        odds = np.concatenate([odds[~split], _rates_out(new)])
    return Places(x, y, side, joint)


def _rates_out(joint: Floats) -> Floats:
    """Log-odds (cells,) of ``joint`` (cells, rates) with the rate integrated out."""
    return np.asarray(logsumexp(joint, axis=1) - np.log(joint.shape[1]))


def _to_split(odds: Floats, side: Floats, resolution: Resolution) -> NDArray[np.bool_]:
    if not side.size:
        return np.zeros(0, bool)
    best = odds.max()
    share = np.exp(odds - best) * side**2
    share /= share.sum()
    slack = min(resolution.slack, max(resolution.least_slack, 0.5 * best))
    followed = (side > resolution.follow_m) & (odds > best - slack)
    return np.asarray((side > 1.001 * resolution.finest_m) & (followed | (share > resolution.share)))


def _quarters(x: Floats, y: Floats, side: Floats) -> tuple[Floats, Floats, Floats]:
    step = side[:, None] / 4
    return (
        (x[:, None] + step * np.array([-1, 1, -1, 1])).ravel(),
        (y[:, None] + step * np.array([-1, -1, 1, 1])).ravel(),
        np.repeat(side / 2, 4),
    )
