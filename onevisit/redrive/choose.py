"""Which stretches to pass in which wind: greedily, what tells most for each metre, given what was chosen before.

What passes over several stretches tell together is less than the sum of what each tells. *Particles* stand for what
may turn out: each has a true explanation, drawn from the posterior of the hotspot, and the posterior that it would
have after the outcomes that were drawn for the chosen passes. The information of one more stretch is the mean over
particles of the mutual information of `fusion.attribution.information.passes`, and becomes smaller with every stretch
that tells the same. Passes are independent given the explanation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fusion.attribution.information.passes import entropy_of, expected_information

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PASSES = 2
"""There and back: a place that is seen once is not visited, and lags show in opposite passes."""
PARTICLES = 48
"""Choice: means over so many are good to a tenth of a nat for one hotspot; they decide between streets, no more."""
LEAST_NATS_PER_KM = 0.05
"""Choice: a kilometre that settles less is not worth a crew's minutes: in one of twenty a question of one nat."""
_SEED = 20240601


@dataclass(frozen=True, eq=False)
class Asked:
    """What is open about one hotspot: ``probability`` (names,), and what passes would tell.

    ``stretches`` (near,) are the numbers of those near by, ``odds`` (winds, near, outcomes, names) as from
    `fusion.attribution.information.passes.outcome_odds`.
    """

    probability: Floats
    stretches: Ints
    odds: Floats


@dataclass(frozen=True, eq=False)
class Particles:
    """True explanations (particles,) and posteriors (particles, names) of one hotspot."""

    truth: Ints
    posterior: Floats

    @property
    def entropy(self) -> float:
        """What is expected to stay open, nats."""
        return float(entropy_of(self.posterior).mean())


@dataclass(frozen=True, eq=False)
class Chosen:
    """Stretches of one drive in the order of choice, its wind, what each hotspot is expected to gain, and the state.

    ``gains`` (hotspots,) are nats; ``metres`` what the passes and the ways between them take.
    """

    wind: int
    stretches: tuple[int, ...]
    gains: Floats
    metres: float
    after: tuple[Particles, ...]


def begin(asked: Sequence[Asked]) -> tuple[Particles, ...]:
    """Particles before any pass, their true explanations in the shares of the posterior."""
    at = (np.arange(PARTICLES) + 0.5) / PARTICLES
    rng = np.random.default_rng(_SEED)
    return tuple(
        Particles(
            rng.permutation(np.minimum(np.searchsorted(np.cumsum(a.probability), at), len(a.probability) - 1)),
            np.tile(a.probability, (PARTICLES, 1)),
        )
        for a in asked
    )


def choose_drive(
    asked: Sequence[Asked],
    before: Sequence[Particles],
    lengths_m: Floats,
    ends_m: Floats,
    *,
    most_m: float,
    detour: float = 1.0,
    winds: int = 6,
) -> Chosen | None:
    """The wind and the stretches of a drive of at most ``most_m``; None where none is worth its kilometres.

    Parameters
    ----------
    asked, before : sequences
        One a hotspot: what passes tell, and what is known.
    lengths_m : array, shape (stretches,)
    ends_m : array, shape (stretches, 2, 2)
        Both ends of each, x and y.
    most_m : float
        Length of the drive.
    detour : float
        Of the way from one stretch to another over the straight line between their nearest ends.
    winds : int
        How many winds are tried, those in which single passes tell most.
    """
    if not asked:
        return None
    single = _single_information(asked, before, len(lengths_m))
    sums = np.sort(single, axis=1)[:, ::-1][:, :8].sum(axis=1)
    best: Chosen | None = None
    for wind in np.argsort(-sums, kind="stable")[:winds]:
        one = _choose_in_wind(int(wind), asked, before, lengths_m, ends_m, most_m, detour, single[wind])
        if one is not None and (best is None or _worth(one) > _worth(best)):
            best = one
    return best


def _worth(chosen: Chosen) -> float:
    """Nats less the kilometres, at the rate below which a kilometre is not driven."""
    return float(chosen.gains.sum()) - LEAST_NATS_PER_KM * chosen.metres / 1000


def _single_information(asked: Sequence[Asked], before: Sequence[Particles], count: int) -> Floats:
    """Information (winds, stretches) of one pass over each stretch, all hotspots together."""
    total = np.zeros((asked[0].odds.shape[0], count))
    for a, known in zip(asked, before, strict=True):
        mean = known.posterior.mean(axis=0)
        total[:, a.stretches] += expected_information(a.odds, mean)
    return total


def _choose_in_wind(
    wind: int,
    asked: Sequence[Asked],
    before: Sequence[Particles],
    lengths_m: Floats,
    ends_m: Floats,
    most_m: float,
    detour: float,
    single: Floats,
) -> Chosen | None:
    """Add the stretch that tells most for its metres until nothing is worth them.

    What a stretch tells only falls as others are chosen, so that its last known value bounds it: most are not asked
    again.
    """
    state, rng = list(before), np.random.default_rng(_SEED)
    bound = PASSES * single
    chosen: list[int] = []
    metres, apart = 0.0, np.full(len(lengths_m), np.inf)
    while len(chosen) < len(lengths_m):
        cost = PASSES * lengths_m + (2 * detour * apart if chosen else 0.0)
        fresh = np.zeros(len(bound), bool)
        ratio = np.where(metres + cost <= most_m, bound / cost, -np.inf)
        ratio[chosen] = -np.inf
        while True:
            k = int(np.argmax(ratio))
            if not ratio[k] > LEAST_NATS_PER_KM / 1000:
                return _chosen(wind, chosen, metres, before, state)
            if fresh[k]:
                break
            bound[k] = sum(_gain(a, known, wind, k) for a, known in zip(asked, state, strict=True))
            ratio[k], fresh[k] = bound[k] / cost[k], True
        chosen.append(k)
        metres += float(cost[k])
        gaps = np.linalg.norm(ends_m[:, :, None] - ends_m[k], axis=-1)
        apart = np.minimum(apart, gaps.min(axis=(1, 2)))
        state = [_passed(a, known, wind, k, rng) for a, known in zip(asked, state, strict=True)]
    return _chosen(wind, chosen, metres, before, state)


def _chosen(
    wind: int, chosen: Sequence[int], metres: float, before: Sequence[Particles], state: Sequence[Particles]
) -> Chosen | None:
    if not chosen:
        return None
    gains = np.array([max(a.entropy - b.entropy, 0.0) for a, b in zip(before, state, strict=True)])
    return Chosen(wind, tuple(chosen), gains, metres, tuple(state))


def gains_in_wind(
    wind: int, stretches: Sequence[int], asked: Sequence[Asked], before: Sequence[Particles]
) -> tuple[Particles, ...]:
    """What is known after passes over stretches in a wind."""
    state, rng = list(before), np.random.default_rng(_SEED)
    for k in stretches:
        state = [_passed(a, known, wind, k, rng) for a, known in zip(asked, state, strict=True)]
    return tuple(state)


def _table(asked: Asked, wind: int, stretch: int) -> Floats | None:
    """Odds (3, outcomes, names) of passes over a stretch in a wind and in those beside it; None far from it."""
    at = np.flatnonzero(asked.stretches == stretch)
    if not at.size:
        return None
    beside = np.arange(wind - 1, wind + 2) % asked.odds.shape[0]
    return np.asarray(asked.odds[beside, at[0]])


def _gain(asked: Asked, known: Particles, wind: int, stretch: int) -> float:
    """Expected information of `PASSES` passes, each as the first: an upper bound that falls as more is known."""
    table = _table(asked, wind, stretch)
    if table is None:
        return 0.0
    joint = np.einsum("won,pn->wpo", table, known.posterior)
    information = entropy_of(joint) - entropy_of(table, axis=1) @ known.posterior.T
    return PASSES * float(information.mean())


def _passed(asked: Asked, known: Particles, wind: int, stretch: int, rng: np.random.Generator) -> Particles:
    """The particles after `PASSES` passes whose outcomes are drawn; each pass in the wind or one beside it."""
    table = _table(asked, wind, stretch)
    if table is None:
        return known
    posterior = known.posterior
    for _ in range(PASSES):
        beside = rng.integers(3, size=len(known.truth))
        odds = table[beside]  # (particles, outcomes, names)
        of_truth = np.take_along_axis(odds, known.truth[:, None, None], axis=2)[:, :, 0]
        outcome = (np.cumsum(of_truth, axis=1) < rng.random(len(odds))[:, None]).sum(axis=1)
        outcome = np.minimum(outcome, odds.shape[1] - 1)
        likely = odds[np.arange(len(odds)), outcome]
        posterior = posterior * likely
        posterior = posterior / posterior.sum(axis=1, keepdims=True)
    return replace(known, posterior=posterior)
