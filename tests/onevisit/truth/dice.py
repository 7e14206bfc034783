"""A random generator whose throws are known beforehand, so that what is drawn can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Dice"]


class Dice:
    """Stands in for `numpy.random.Generator`: uniform draws lie at ``share`` of their range, normal ones at ``z``.

    ``share`` may be a sequence, used up in order; its last one stays. A choice is the one at ``share`` of the
    summed probabilities, permutations keep the order, a Poisson draw is its mean rounded down.
    """

    def __init__(self, share: float | Sequence[float] = 0.0, *, z: float = 0.0) -> None:
        self._shares = list(share) if isinstance(share, Sequence) else [share]
        self.z = z

    def _next(self) -> float:
        return self._shares.pop(0) if len(self._shares) > 1 else self._shares[0]

    def random(self) -> float:
        """Return the share itself."""
        return self._next()

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """Return the value at the share of the range."""
        if size is None:
            return low + self._next() * (high - low)
        return np.array([low + self._next() * (high - low) for _ in range(int(np.prod(size)))]).reshape(size)

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """Return ``z`` standard deviations above the mean."""
        value = np.asarray(loc) + self.z * np.asarray(scale)
        return np.broadcast_to(value, size).copy() if size is not None else (value if value.ndim else float(value))

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        """Return the whole number at the share of the range, whose upper end is left out."""
        first, last = (0, low - 1) if high is None else (low, high - 1)
        if size is None:
            return first + round(self._next() * (last - first))
        return np.array([first + round(self._next() * (last - first)) for _ in range(int(np.prod(size)))]).reshape(
            size
        )

    def choice(self, options: Any, size: Any = None, *, replace: bool = True, p: Any = None) -> Any:
        """Return the option at the share of the summed probabilities; several: that one first, then its followers."""
        options = np.arange(options) if isinstance(options, int | np.integer) else np.asarray(options)
        chances = np.full(len(options), 1 / len(options)) if p is None else np.asarray(p)
        assert abs(chances.sum() - 1) < 1e-9 and len(chances) == len(options)
        at = min(int(np.searchsorted(np.cumsum(chances), self._next(), side="right")), len(options) - 1)
        if size is None:
            return options[at]
        return np.resize(np.roll(options, -at), size)

    def exponential(self, scale: float) -> float:
        """Return the mean."""
        return scale

    def poisson(self, mean: float) -> int:
        """Return the mean, rounded down."""
        return int(mean)

    def permutation(self, what: Any) -> Any:
        """Keep the order."""
        return np.arange(what) if isinstance(what, int | np.integer) else np.asarray(what)

    def spawn(self, count: int) -> list[Dice]:
        """Return the same dice over and over."""
        return [self] * count
