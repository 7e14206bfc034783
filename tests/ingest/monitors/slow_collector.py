"""The obvious way to collect values: an entry of a dictionary for each, the later one of a time in its place."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

__all__ = ["Value", "collect_slowly"]

Value = tuple[str, int, str, float | str]
"""Source, time in ns, name, value."""


def collect_slowly(values: Iterable[Value]) -> tuple[dict[str, dict[str, dict[int, float | str]]], dict[str, int]]:
    """Values by source, name and time, and how many gave way to another one, by source."""
    found: dict[str, dict[str, dict[int, float | str]]] = defaultdict(lambda: defaultdict(dict))
    replaced: Counter[str] = Counter()
    for source, time_ns, name, value in values:
        column = found[source][name]
        if column.setdefault(time_ns, value) != value:
            both_missing = value != value and column[time_ns] != column[time_ns]
            if not both_missing:
                replaced[source] += 1
                column[time_ns] = value
    return found, replaced
