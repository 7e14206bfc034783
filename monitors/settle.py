"""One thing said once: what two rules say alike is joined, what another kind explains is left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from monitors.schema import Anomaly

_SUPERSEDES = {
    "substituted": ("constant", "noise_collapse", "step", "check_failed"),
    "frozen_pair": ("constant", "noise_collapse"),
    "constant": ("noise_collapse", "check_failed", "step", "spike"),
    "near_limit": ("noise_collapse", "step"),
}
"""Kinds that, said of the same slots of a quantity, leave nothing to be said by the others."""


def settle(found: Iterable[Anomaly]) -> list[Anomaly]:
    """Join anomalies of one kind and quantity that share time, and leave out those that another kind explains.

    The stronger of two gives the values; in order of point, time and kind, whatever the order in which rules spoke.
    """
    by_quantity: dict[tuple[str, str, str], list[Anomaly]] = {}
    for one in found:
        by_quantity.setdefault((one.source, one.point, one.code), []).append(one)
    settled: list[Anomaly] = []
    for own in by_quantity.values():
        joined: list[Anomaly] = []
        for one in sorted(own, key=_order):
            place = next((at for at, other in enumerate(joined) if _says_again(other, one)), None)
            if place is None:
                joined.append(one)
            else:
                joined[place] = _union(joined[place], one)
        settled += [one for one in joined if not any(_explains(other, one) for other in joined)]
    return sorted(settled, key=_order)


def _says_again(one: Anomaly, other: Anomaly) -> bool:
    if one.kind != other.kind or one.values.get("interval") != other.values.get("interval"):
        return False
    return one.start < other.end and other.start < one.end


def _union(one: Anomaly, other: Anomaly) -> Anomaly:
    stronger = one if one.strength >= other.strength else other
    return replace(stronger, start=min(one.start, other.start), end=max(one.end, other.end))


def _explains(one: Anomaly, other: Anomaly) -> bool:
    """Whether a kind that says all covers most of another."""
    if other.kind not in _SUPERSEDES.get(one.kind, ()):
        return False
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared > 0.5 * (other.end - other.start)


def _order(one: Anomaly) -> tuple[str, ...]:
    return one.source, one.point, one.start.isoformat(), one.kind, one.code, one.end.isoformat()
