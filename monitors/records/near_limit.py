"""Hugging the limit: values that stay just below it longer than a series of this noise could by chance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr
from scipy.stats import nbinom

from monitors.records.conditions import NOT_MEASURED
from monitors.records.matrices import SiteMatrices
from monitors.records.regular import Regular
from monitors.records.runs import Bools, Floats, Run, find_runs, join_runs, mark_runs
from monitors.schema import Anomaly

_BAND = 0.94  # of the limit: where the band below it begins
_FALSE_ALARMS = 1e-3  # of a quantity with as many slots as it has: one series in a thousand
_LEAST_SPREAD = 0.10  # of the logarithm: no outlet's hours are alike to less over weeks
_LEAST_SHARE = 0.01  # chance of the band that is granted to any series, whose tails are not those of a normal
_LEAST_CHANGE = 0.01  # change from slot to slot that is granted to any series, as a share of the value
_SHORTEST, _JOINED, _LEAST_SLOTS = 3, 16, 24
"""Slots: of a stay in the band, of the gap between stays of one case, in the band altogether (over days)."""
_MOST_ABOVE = 0.05  # share of the slots of a case that may lie above the limit
_MAD = 1.482602218505602


def seek_near_limit(site: SiteMatrices) -> Iterator[Anomaly]:
    """Find spans of days that stay within 6 % below the limit, which the noise of the series does not explain.

    Test. The logarithms of value over limit have a smooth distribution, by median and MAD of the whole series
    (spread at least 0.1): it gives the chance p0 of the band (0.94, 1]. A value that changes from slot to slot with
    the series' own robust spread c stays in a band of the width w with the chance
    ``2 F(u) - 1 - 2 (f(0) - f(u)) / u``, u = w / c, for a place in it of which nothing is known (F, f: normal).
    Stays of 3 slots or more, at most 16 apart, are one span; the slots that they last longer than 3 are then a
    negative binomial, whose tail at what is seen is p. A span is told if p0 × p × the number of slots of the series
    is below 0.001: that many false alarms a quantity, whatever its length. It has at least 24 slots in the band
    and at most 5 % above the limit.

    ``strength`` is the logarithm of that chance over that of 0.001, so 1 where the rule begins to speak. Rivals: a
    plant that is steered close to its limit, lawfully; it cannot tell one from a record that is written so.
    """
    for outlet in site.outlets:
        if outlet.interval == "day" or outlet.interval == "minute":
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = outlet.compared / outlet.limits[:, None]
        usable = np.isfinite(ratio) & ~outlet.has(NOT_MEASURED)
        stays = find_runs(usable & (ratio > _BAND) & (ratio <= 1.0), _SHORTEST)
        for case in join_runs(stays, _JOINED):
            yield from _case(outlet, case, stays, ratio[case.quantity], usable[case.quantity])


def _case(outlet: Regular, case: Run, stays: list[Run], ratio: Floats, usable: Bools) -> Iterator[Anomaly]:
    own = [s for s in stays if s.quantity == case.quantity and case.first <= s.first <= case.last]
    inside = sum(stay.length for stay in own)
    if inside < _LEAST_SLOTS:
        return
    within = usable & mark_runs([case._replace(quantity=0)], (1, outlet.slots))[0]
    if np.mean(ratio[within] > 1.0) > _MOST_ABOVE:
        return
    # a value that repeats, of a slow analyser, is one value
    lasting = [1 + int(np.count_nonzero(np.diff(ratio[stay.slots]))) for stay in own]
    chance = log_chance(np.log(ratio[usable & (ratio > 0)]), lasting)
    spoken = -(chance + np.log(outlet.slots)) / -np.log(_FALSE_ALARMS)
    if spoken >= 1.0:
        there = ratio[within]
        values: dict[str, float | str] = {
            "lowest_share": float(there.min()),
            "middle_share": float(np.median(there)),
            "limit": float(outlet.limits[case.quantity]),
            "unit": outlet.units[case.quantity],
            "intervals": float(inside),
        }
        yield outlet.tell("near_limit", case, spoken, values, ("steered_close_to_limit",))


def log_chance(logs: Floats, stays: list[int]) -> float:
    """Logarithm of the chance that a series comes into the band below its limit and stays there so often.

    Parameters
    ----------
    logs : array, shape (slot,)
        Logarithms of value over limit, in order of time.
    stays : list of int
        How many values each stay in the band has.
    """
    middle = float(np.median(logs))
    spread = max(float(np.median(np.abs(logs - middle))) * _MAD, _LEAST_SPREAD)
    width = -np.log(_BAND)
    share = float(ndtr(-middle / spread) - ndtr((-width - middle) / spread))
    steps = np.abs(np.diff(logs))
    steps = steps[steps > 0]
    change = max(float(np.median(steps)) * _MAD, _LEAST_CHANGE) if steps.size else _LEAST_SPREAD
    u = width / change
    density = (1.0 - np.exp(-0.5 * u * u)) / np.sqrt(2.0 * np.pi)
    stay = 2.0 * float(ndtr(u)) - 1.0 - 2.0 * density / u
    longer = sum(max(length - _SHORTEST, 0) for length in stays)
    return float(np.log(max(share, _LEAST_SHARE)) + nbinom.logsf(longer - 1, len(stays), 1.0 - stay))
