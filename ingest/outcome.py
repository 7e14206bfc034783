"""What is said of what was read: decisions, rejects, and a value with both. One way to gather them.

A room states a *code* and *values*; the sentence is made of them in `onevisit.words`, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

Value: TypeAlias = "str | int | float | Phrase | Sequence[Value] | None"


@dataclass(frozen=True)
class Phrase:
    """Something that can be said in any language: a code, and the values that stand in its sentence.

    A value is a number, a text as it came, another phrase, or a sequence of these.

    Examples
    --------
    >>> str(Phrase("rows_without_time", {"count": 3, "rows": 120}))
    'rows_without_time (count 3, rows 120)'
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """Code and values, for a programmer."""
        named = ", ".join(f"{name} {value}" for name, value in self.values.items())
        return f"{self.code} ({named})" if named else self.code


@dataclass(frozen=True)
class Decision:
    """Something that was believed, guessed or repaired, with its evidence.

    ``item`` names the file or record as the user would (``traces/drive.csv``), ``code`` says what was done with
    ``values`` in it, ``evidence`` what led to it. Without evidence of its own the sentence ``CODE.why`` is meant,
    with the same values.
    """

    item: str
    code: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)
    evidence: Phrase | None = None

    @property
    def what(self) -> Phrase:
        """What was done."""
        return Phrase(self.code, self.values)

    @property
    def why(self) -> Phrase:
        """What led to it."""
        code = f"{self.code}.why"
        return self.evidence or Phrase(code, self.values)


@dataclass(frozen=True)
class Reject:
    """A file, photo, row group or site that is not used, where in it the trouble is, and why (with what to try)."""

    item: str
    where: str
    code: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    @property
    def why(self) -> Phrase:
        """Why it is not used."""
        return Phrase(self.code, self.values)


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """A result together with all that was decided and rejected on the way to it.

    Every reader and every stage that guesses, repairs or refuses returns one, so that nothing is silent.
    """

    value: T
    decisions: tuple[Decision, ...] = ()
    rejects: tuple[Reject, ...] = ()


class Notes:
    """Gathers decisions and rejects, in the order in which they happen, while a value is made.

    Examples
    --------
    >>> notes = Notes()
    >>> rows = notes.take(Outcome(3, (Decision("a.csv", "zone_taken", {"zone": "UTC"}),)))
    >>> notes.reject("b.csv", "line 2", "empty")
    >>> [d.code for d in notes.outcome(rows).decisions], notes.outcome(rows).rejects[0].where
    (['zone_taken'], 'line 2')
    """

    def __init__(self, decisions: Sequence[Decision] = (), rejects: Sequence[Reject] = ()) -> None:
        self.decisions = list(decisions)
        self.rejects = list(rejects)

    def take(self, outcome: Outcome[T]) -> T:
        """Keep what an outcome says, return its value."""
        self.keep(*outcome.decisions, *outcome.rejects)
        return outcome.value

    def keep(self, *said: Decision | Reject) -> None:
        """Keep decisions and rejects as they are."""
        self.decisions += [thing for thing in said if isinstance(thing, Decision)]
        self.rejects += [thing for thing in said if isinstance(thing, Reject)]

    def decide(
        self, item: str, code: str, values: Mapping[str, Value] | None = None, evidence: Phrase | None = None
    ) -> None:
        """Note a decision."""
        self.decisions.append(Decision(item, code, values or {}, evidence))

    def reject(self, item: str, where: str, code: str, values: Mapping[str, Value] | None = None) -> None:
        """Note a reject."""
        self.rejects.append(Reject(item, where, code, values or {}))

    def outcome(self, value: T) -> Outcome[T]:
        """Return a value with all that was noted."""
        return Outcome(value, tuple(self.decisions), tuple(self.rejects))
