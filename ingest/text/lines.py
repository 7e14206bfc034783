"""Rows of an office's table one after another, with a look at those ahead; those that are no data, counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from ingest.errors import FileError
from ingest.outcome import Notes, Value
from ingest.text.asides import aside_of

_SHOWN = 5


class Ahead:
    """Numbered rows, one at a time, and those that follow without being passed over."""

    def __init__(self, rows: Iterable[tuple[int, list[str]]]) -> None:
        self._rows = iter(rows)
        self._next: deque[tuple[int, list[str]]] = deque()
        self._broken: FileError | None = None

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Rows in their order.

        Raises
        ------
        FileError
            Where the file breaks off, after the rows above.
        """
        while self._fill(1):
            yield self._next.popleft()
        if self._broken is not None:
            raise self._broken

    def ahead(self, count: int) -> list[list[str]]:
        """Rows that come next, as many as there are up to ``count``."""
        self._fill(count)
        return [row for _, row in list(self._next)[:count]]

    def skip(self, count: int) -> None:
        """Pass over the next rows."""
        self._fill(count)
        for _ in range(min(count, len(self._next))):
            self._next.popleft()

    def _fill(self, count: int) -> bool:
        while len(self._next) < count and self._broken is None:
            try:
                row = next(self._rows, None)
            except FileError as error:
                self._broken = error
                break
            if row is None:
                break
            self._next.append(row)
        return bool(self._next)


class Asides:
    """Rows that are no data by kind: ``same`` (the headings again), ``summary``, ``footer``."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._found: dict[str, list[int]] = {}
        self._texts: dict[str, str] = {}

    def add(self, kind: str, number: int, cells: Sequence[str]) -> None:
        """Count a row."""
        self._found.setdefault(kind, []).append(number)
        self._texts.setdefault(kind, next((cell.strip() for cell in cells if aside_of([cell])), "")[:40])

    def tell(self, item: str, notes: Notes) -> None:
        """Say how many rows of each kind there were, and where the first of them stand."""
        for kind, numbers in self._found.items():
            values: dict[str, Value] = {
                "count": len(numbers),
                "lines": tuple(numbers[:_SHOWN]),
                "text": self._texts[kind],
            }
            if kind == "same":
                notes.decide(item, "headings_repeated", values)
            elif kind == "summary":
                notes.decide(item, "rows_of_summary", values)
            else:
                notes.decide(item, "rows_of_footer", values)
