"""Where the witnesses of a hotspot meet: what each says of its explanations, and that no datum is heard twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from fusion.schema import Testimony

if TYPE_CHECKING:
    from fusion.attribution.candidates import Candidates
    from fusion.attribution.verdict import Weighed

Floats = NDArray[np.float64]

KINDS = ("permit", "composition", "drone", "activity", "station", "together", "elsewhere", "history")
"""Every kind of witness that may be heard beside the crossings."""


@dataclass(frozen=True, eq=False)
class Witness:
    """What one witness says of the explanations of one hotspot, as log-likelihood ratios over an indifferent one.

    ``kind`` is one of `KINDS`, ``data`` names what it rests on: no datum stands behind two witnesses of a hotspot.
    ``sites`` (sites,) speaks of the candidates of `Weighed.chosen`, ``unlisted`` of a source on no list,
    ``background`` of traffic or background. ``source`` names the table in the docs that holds its numbers.
    """

    kind: str
    data: tuple[str, ...]
    sites: Floats
    unlisted: float
    background: float
    source: str

    @property
    def ratios(self) -> Floats:
        """All of them (sites + 2,), in the order of `Weighed.odds`."""
        return np.concatenate([self.sites, [self.unlisted, self.background]])


class Hears(Protocol):
    """A witness of any hotspot."""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        ...

    def hear(self, weighed: Sequence[Weighed], sites: Candidates, /) -> Sequence[Witness | None]:
        """What it says of each hotspot, in order, after those in ``weighed[k].heard``; None where it is silent."""
        ...


def hear_all(
    weighed: Sequence[Weighed], sites: Candidates, witnesses: Sequence[Hears], without: Collection[str] = ()
) -> tuple[Weighed, ...]:
    """Let witnesses speak one after the other of all hotspots; each knows what those before it have said.

    Raises
    ------
    ValueError
        If a witness of a hotspot rests on a datum of another one.
    """
    for witness in witnesses:
        if witness.kind not in without:
            said = witness.hear(weighed, sites)
            weighed = [w.hearing(one) for w, one in zip(weighed, said, strict=True)]
    return tuple(weighed)


def refuse_unknown(kinds: Collection[str]) -> None:
    """Refuse to go without a kind of witness that there is not.

    Raises
    ------
    ValueError
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise ValueError(f"no witness is a {', '.join(unknown)}; there are {', '.join(KINDS)}")


def refuse_twice(witnesses: Sequence[Witness]) -> None:
    """Refuse witnesses of one hotspot of which two rest on one datum.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> one = Witness("permit", ("rose:co",), np.zeros(1), 0.0, 0.0, "")
    >>> refuse_twice([one, Witness("activity", ("ran:P1",), np.zeros(1), 0.0, 0.0, "")])
    >>> refuse_twice([one, Witness("composition", ("rose:co",), np.zeros(1), 0.0, 0.0, "")])
    Traceback (most recent call last):
        ...
    ValueError: rose:co stands behind permit and composition: a datum enters a verdict once
    """
    count = Counter(datum for witness in witnesses for datum in set(witness.data))
    twice = next((datum for datum, number in count.items() if number > 1), None)
    if twice is not None:
        kinds = " and ".join(witness.kind for witness in witnesses if twice in witness.data)
        raise ValueError(f"{twice} stands behind {kinds}: a datum enters a verdict once")


def say_of_sites(hotspot_id: str, odds: Floats, heard: Sequence[Witness]) -> tuple[tuple[Testimony, ...], ...]:
    """What each witness says of each site, as `Testimony` has it.

    Parameters
    ----------
    hotspot_id : str
        Names the witnesses: ``H001/permit``.
    odds : array, shape (sites + 2,)
        Log-odds of all explanations with everything ``heard``.
    heard : sequence of Witness
    """
    kinds = [witness.kind for witness in heard]
    number = [kinds[:k].count(kind) for k, kind in enumerate(kinds)]
    ids = [f"{hotspot_id}/{kind}{n + 1 if n else ''}" for kind, n in zip(kinds, number, strict=True)]
    ratios = [_over_others(odds - witness.ratios, witness.ratios) for witness in heard]
    return tuple(
        tuple(Testimony(kinds[j], ids[j], float(ratios[j][k])) for j in range(len(heard)))
        for k in range(odds.size - 2)
    )


def _over_others(without: Floats, ratios: Floats) -> Floats:
    """Likelihood ratios (sites,) of each site over the mean of all other explanations, by their odds without it."""
    mean = _of_others(without + ratios) - _of_others(without)
    return np.asarray(np.exp(ratios[:-2] - mean[:-2]))


def _of_others(odds: Floats) -> Floats:
    """Logarithm of the sum of all others, (explanations,)."""
    best = int(np.argmax(odds))
    weight = np.exp(odds - odds[best])
    others = np.empty(odds.size)
    rest = np.arange(odds.size) != best
    others[rest] = np.log(weight.sum() - weight[rest])  # not below the best one's
    others[best] = logsumexp(np.delete(odds, best)) - odds[best]  # what is left beside a sure one would round away
    return np.asarray(others + odds[best])
