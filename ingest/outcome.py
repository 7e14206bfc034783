"""What is said of what was read: decisions, rejects, and a value with both. One way to gather them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Decision:
    """Something that was believed, guessed or repaired, with its evidence.

    ``item`` names the file or record as the user would (``traces/drive.csv``), ``decision`` is a sentence that
    says what was done, ``evidence`` a sentence with the numbers that led to it.
    """

    item: str
    decision: str
    evidence: str


@dataclass(frozen=True)
class Reject:
    """A file, photo, row group or site that is not used, where in it the trouble is, and why (with what to try)."""

    item: str
    where: str
    reason: str


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """A result together with all that was decided and rejected on the way to it.

    Every reader and every stage that guesses, repairs or refuses returns one, so that nothing is silent.
    """

    value: T
    decisions: tuple[Decision, ...] = ()
    rejects: tuple[Reject, ...] = ()


def merge_outcomes(outcomes: Iterable[Outcome[T]]) -> Outcome[tuple[T, ...]]:
    """Join several outcomes into one, in order."""
    items = list(outcomes)
    return Outcome(
        tuple(o.value for o in items),
        tuple(d for o in items for d in o.decisions),
        tuple(r for o in items for r in o.rejects),
    )
