"""Which coordinate system the rows of a register hold: one hypothesis a file, on which all of its rows bear together.

Rows of one file that say the same of their system hold the same one most of the time, so what any of them shows (its
own parcel or place in another register, its gate at a street) counts for all; a row that differs is an exception, and
how many there are is learned from the file too. The answer is a probability of each system for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from ingest.registers.places import GCJ02, HYPOTHESES, WGS84
from ingest.schema import CrsSource

Floats = NDArray[np.float64]

_EXCEPTIONS = (0.02, 0.05, 0.1, 0.2)
"""Shares of rows that differ from their file, equally likely: choice; with whole files one row in ten is wrong."""
_KNOWING = 0.2
"""Who writes the name of a shifted system knows that there are several: errors are fewer by this factor (choice)."""
_COMMONER = 0.9
"""Of two other systems this share is the commoner mistake: GCJ-02 for WGS 84, WGS 84 for a shifted one (choice)."""
_RELIABLE = (0.0, 0.25, 0.5, 0.75, 0.95)
"""Shares of right places that lie to the streets as most do, the others lie anywhere; equally likely."""
_NEGLIGIBLE = 1e-6


@dataclass(frozen=True, eq=False)
class StreetTest:
    """How places of one kind lie to the streets, in bands of distance.

    ``band`` (rows, systems) is that of a row's place if its numbers are of a system, −1 where it has none. ``right``
    (bands,) are the shares of right places in the bands, ``chance`` those of the ground around.
    """

    band: NDArray[np.int64]
    right: Floats
    chance: Floats


def prior_of_file(declared: str, source: CrsSource, wrong_file_share: float) -> tuple[Floats, float]:
    """Probabilities (systems,) of what a whole file holds, and by how much its exceptions are rarer than usual.

    Parameters
    ----------
    declared : str
        System of `HYPOTHESES` that the rows name.
    source : CrsSource
        An unknown system is WGS 84 or a shifted one with even chances.
    wrong_file_share : float
        Of files that declare WGS 84.

    Examples
    --------
    >>> prior_of_file("WGS 84", CrsSource.DECLARED, 0.05)[0].round(4).tolist()
    [0.95, 0.045, 0.005]
    """
    unknown = source is CrsSource.UNKNOWN
    rarer = 1.0 if unknown or declared == WGS84 else _KNOWING
    wrong = 0.5 if unknown else wrong_file_share * rarer
    commoner = GCJ02 if declared == WGS84 else WGS84
    shares = {
        name: 1 - wrong if name == declared else wrong * (_COMMONER if name == commoner else 1 - _COMMONER)
        for name in HYPOTHESES
    }
    return np.array([shares[name] for name in HYPOTHESES]), rarer


def weigh_systems(prior: Floats, own: Floats, tests: Sequence[StreetTest] = (), *, rarer: float = 1.0) -> Floats:
    """Probability (rows, systems) that the numbers of each row are of each system, given all rows of its file.

    Rows are independent given the system of the file, the share of exceptions and the reliability of each test; all
    of these are summed over. Fails for a file typed from two maps half and half, of which each row then keeps its own
    evidence.

    Parameters
    ----------
    prior : array, shape (systems,)
        Of the file as a whole.
    own : array, shape (rows, systems)
        Log-likelihoods of what each row alone shows.
    tests : sequence of StreetTest
    rarer : float
        Factor on the shares of exceptions.
    """
    others = prior / (1.0 - prior)[:, None]
    np.fill_diagonal(others, 0.0)
    logs, rows = [], []
    for system, share, reliable in product(range(prior.size), _EXCEPTIONS, product(_RELIABLE, repeat=len(tests))):
        held = share * rarer * others[system]
        held[system] = 1.0 - share * rarer
        joint = np.log(held) + own
        for test, reliability in zip(tests, reliable, strict=True):
            joint = joint + _log_ratio(test, reliability)
        rows.append(joint)
        logs.append(np.log(prior[system]) + logsumexp(joint, axis=1).sum())
    weights = np.exp(np.array(logs) - logsumexp(logs))
    total = np.zeros(own.shape)
    for weight, joint in zip(weights, rows, strict=True):
        if weight > _NEGLIGIBLE:
            total += weight * np.exp(joint - logsumexp(joint, axis=1)[:, None])
    return np.asarray(total / total.sum(axis=1)[:, None])


def _log_ratio(test: StreetTest, reliability: float) -> Floats:
    """Logarithm of the likelihood (rows, systems) of a band for the right system over that for a place by chance."""
    ratio = np.log1p(reliability * (test.right / test.chance - 1.0))
    return np.where(test.band < 0, 0.0, ratio[test.band])
