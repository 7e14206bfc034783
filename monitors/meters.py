"""Meters that say nothing, or zero, while what belongs to their device runs: they do not tell that it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from monitors.devices import PRODUCTION, TREATMENT, SiteDevice, SiteDevices, devices_of
from monitors.schema import SiteRecords
from numerics.on_off import runs_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

_RUNS = 0.8  # from this share of an interval on a partner counts as running
_LEAST_S, _LEAST_ROWS = 3 * 3600.0, 3  # of partners that run: below that it may be their lag
_STANDS, _STANDS_BESIDE = 0.2, 0.05
"""Of the intervals in which its treatment, or another producer, runs: a sound producer stands in no more."""
_RARE = 0.05  # share of exact zeros elsewhere in a record whose lower level is not zero
_STANDBY = 0.002  # of the running level: a lower level above it is no zero
_KEPT = 16  # sites: activity and rules ask for the same one after the other
_STUCK_ROWS = 6  # equal values in a row, of a record that seldom repeats one: choice


@dataclass(frozen=True)
class Silence:
    """Rows ``first`` up to ``stop`` of a device in which its meter failed: ``missing``, ``zero`` or ``stuck``.

    ``partner_s`` is for how long its partners ran in that time, ``level`` the usual running level of the device.
    """

    device: SiteDevice
    first: int
    stop: int
    how: str
    partner_s: float


@lru_cache(maxsize=_KEPT)
def sound_devices(records: SiteRecords) -> tuple[SiteDevices, tuple[Silence, ...]]:
    """The devices of a site, which tell nothing while their meters failed, and where those failed."""
    devices = devices_of(records).value
    failed = failed_meters(devices)
    return without_failed(devices, failed), failed


def failed_meters(devices: SiteDevices) -> tuple[Silence, ...]:
    """Find the stretches in which the meter of a device failed, by what its partners did.

    A device at exact zero while its partners run failed if its own record knows a standby above zero, or (a producer)
    if elsewhere it ran nearly whenever they did. A line that often stands while another runs cannot be told from one
    whose meter failed; nor a treatment device whose record is zero whenever it stands from one that was switched off:
    `monitors.treatment` says that. What repeats one value that is not zero, in a
    record that seldom does, is stuck.

    Returns
    -------
    tuple of Silence
        By device, then by time.
    """
    found: list[Silence] = []
    for device in devices.devices:
        if device.quantity in ("state", "hours"):
            continue
        found += _stuck(device)
        found += _at_zero(device, _partners(device, devices))
        found += _missing(device, _any_other(device, devices))
    return tuple(found)


def without_failed(devices: SiteDevices, failed: Sequence[Silence]) -> SiteDevices:
    """The same devices, which tell nothing while their meters failed."""
    found = []
    for device in devices.devices:
        running = device.running.copy()
        for one in failed:
            if one.device is device:
                running[one.first : one.stop] = np.nan
        found.append(replace(device, running=running))
    return replace(devices, devices=tuple(found))


def _partners(device: SiteDevice, devices: SiteDevices) -> list[tuple[Floats, float]]:
    """Shares of each interval in which others ran with which a device runs, NaN where nobody knows.

    With each the share of their intervals in which the device may stand, if it runs with them.

    Those of a producer are the treatment behind it while no other producer runs, and each other producer; those of a
    treatment device its producers; those of a device of no role all others.
    """
    producers = devices.of_role(PRODUCTION)
    if device.role == TREATMENT:
        return [(_most(device, [one for one in producers if one.name in devices.treats[device.name]]), 0.0)]
    if device.role != PRODUCTION:
        return [(_any_other(device, devices), _STANDS)]
    found = [(_most(device, [one]), _STANDS_BESIDE) for one in producers if one.name != device.name]
    for treatment in devices.of_role(TREATMENT):
        behind = devices.treats[treatment.name]
        if device.name in behind:
            others = _most(device, [one for one in producers if one.name in behind])
            alone = np.nan_to_num(others) < 1.0 - _RUNS
            found.append((np.where(alone, _most(device, [treatment]), np.nan), _STANDS))
    return found


def _any_other(device: SiteDevice, devices: SiteDevices) -> Floats:
    """Largest share of each interval of a device in which any other ran."""
    return _most(device, devices.devices)


def _most(device: SiteDevice, among: Sequence[SiteDevice]) -> Floats:
    """Largest of the shares that are known, on the intervals of a device."""
    shares = [one.running_on(device.time, device.step_s) for one in among if one.name != device.name]
    return np.fmax.reduce(shares) if shares else np.full(len(device.values), np.nan)


def _at_zero(device: SiteDevice, partners: Sequence[tuple[Floats, float]]) -> list[Silence]:
    zero, known = device.values == 0.0, np.isfinite(device.values)
    first, stop = runs_of(zero)
    levels = device.levels
    standby = levels is not None and levels.off > _STANDBY * levels.on
    zeros, others = stop - first, known.sum() - (stop - first)
    rare = zero.sum() - zeros <= _RARE * others
    failed, partner_rows = np.zeros(len(first), np.bool_), np.zeros(len(first), np.int64)
    for share, stands in partners:
        needed = share > _RUNS
        rows = _within(needed, first, stop)
        enough = (rows >= _LEAST_ROWS) & (rows * device.step_s >= _LEAST_S)
        together = np.zeros(len(first), np.bool_)
        if device.role != TREATMENT:
            both, stood = needed & known, needed & known & (device.running < 0.5)
            elsewhere, stood_elsewhere = (part.sum() - _within(part, first, stop) for part in (both, stood))
            together = np.where(
                elsewhere > 0, stood_elsewhere <= stands * elsewhere, not np.nan_to_num(device.values).any()
            )
        partner_rows = np.where(enough & ~failed, rows, partner_rows)
        failed |= enough & (together | (standby & rare))
    return [
        Silence(device, int(first[k]), int(stop[k]), "zero", float(partner_rows[k] * device.step_s))
        for k in np.flatnonzero(failed)
    ]


def _within(rows: Bools, first: Ints, stop: Ints) -> Ints:
    """How many of the rows lie in each run."""
    counted = np.concatenate([[0], np.cumsum(rows)])
    return np.asarray(counted[stop] - counted[first])


def _missing(device: SiteDevice, partners: Floats) -> list[Silence]:
    first, stop = runs_of(np.isnan(device.values))
    rows = _within(partners > _RUNS, first, stop)
    long = (rows >= _LEAST_ROWS) & (rows * device.step_s >= _LEAST_S)
    return [
        Silence(device, int(first[k]), int(stop[k]), "missing", float(rows[k] * device.step_s))
        for k in np.flatnonzero(long)
    ]


def _stuck(device: SiteDevice) -> list[Silence]:
    values = device.values
    least = 0.0 if device.levels is None else device.levels.bound  # a standby repeats by its digits
    again = np.concatenate([[False], (values[1:] == values[:-1]) & (values[1:] > least)])
    first, stop = runs_of(again)
    long = stop - first + 1 >= _STUCK_ROWS
    elsewhere = again.copy()
    for start, end in zip(first[long], stop[long], strict=True):
        elsewhere[start:end] = False
    pairs = int(np.count_nonzero((values[1:] > least) & (values[:-1] > least) & ~(again & ~elsewhere)[1:]))
    if not long.any() or np.count_nonzero(elsewhere) > _RARE * max(pairs, 1) or pairs < 2 * _STUCK_ROWS:
        return []
    return [
        Silence(device, int(start) - 1, int(end), "stuck", 0.0)
        for start, end in zip(first[long], stop[long], strict=True)
    ]
