"""Meters that say nothing, or zero, while what belongs to their device runs: they do not tell that it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitors.devices import PRODUCTION, TREATMENT, Device, Devices
from numerics.on_off import runs_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_RUNS = 0.8  # from this share of an interval on a partner counts as running
_LEAST_S, _LEAST_ROWS = 3 * 3600.0, 3  # of partners that run: below that it may be their lag
_TOGETHER = 0.2  # of the intervals in which partners run, a sound device stands in at most that share
_RARE = 0.05  # share of exact zeros elsewhere in a record whose lower level is not zero
_STANDBY = 0.002  # of the running level: a lower level above it is no zero
_STUCK_ROWS = 6  # equal values in a row, of a record that seldom repeats one: choice


@dataclass(frozen=True)
class Silence:
    """Rows ``first`` up to ``stop`` of a device in which its meter failed: ``missing``, ``zero`` or ``stuck``.

    ``partner_s`` is for how long its partners ran in that time, ``level`` the usual running level of the device.
    """

    device: Device
    first: int
    stop: int
    how: str
    partner_s: float


def failed_meters(devices: Devices) -> tuple[Silence, ...]:
    """Find the stretches in which the meter of a device failed, by what its partners did.

    A device at exact zero while its partners run failed if its own record knows a standby above zero, or (a producer)
    if elsewhere it ran nearly whenever they did. A treatment device whose record is zero whenever it stands cannot be
    told from one that was switched off: `monitors.treatment` says that. What repeats one value that is not zero, in a
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
        partners = _partners(device, devices)
        found += _stuck(device)
        if np.isfinite(partners).any():
            found += _at_zero(device, partners)
        found += _missing(device, _any_other(device, devices))
    return tuple(found)


def without_failed(devices: Devices, failed: Sequence[Silence]) -> Devices:
    """The same devices, which tell nothing while their meters failed."""
    found = []
    for device in devices.devices:
        running = device.running.copy()
        for one in failed:
            if one.device is device:
                running[one.first : one.stop] = np.nan
        found.append(replace(device, running=running))
    return replace(devices, devices=tuple(found))


def _partners(device: Device, devices: Devices) -> Floats:
    """Share of each interval in which a device was needed, by its partners' records; NaN where nobody knows.

    Producers are needed where their treatment runs and no other producer does for which it treats; treatment where
    any of its producers runs; a device of no role where any other runs.
    """
    producers = devices.of_role(PRODUCTION)
    if device.role == TREATMENT:
        return _most(device, [one for one in producers if one.name in devices.treats[device.name]])
    if device.role != PRODUCTION:
        return _any_other(device, devices)
    found = np.full(len(device.values), np.nan)
    for treatment in devices.of_role(TREATMENT):
        behind = devices.treats[treatment.name]
        if device.name in behind:
            others = _most(device, [one for one in producers if one.name in behind])
            own = _most(device, [treatment])
            found = np.fmax(found, np.where(np.nan_to_num(others) < 1.0 - _RUNS, own, np.nan))
    return found


def _any_other(device: Device, devices: Devices) -> Floats:
    """Largest share of each interval of a device in which any other ran."""
    return _most(device, devices.devices)


def _most(device: Device, among: Sequence[Device]) -> Floats:
    """Largest of the shares that are known, on the intervals of a device."""
    shares = [one.running_on(device.time, device.step_s) for one in among if one.name != device.name]
    return np.fmax.reduce(shares) if shares else np.full(len(device.values), np.nan)


def _at_zero(device: Device, partners: Floats) -> list[Silence]:
    zero, needed = device.values == 0.0, partners > _RUNS
    levels = device.levels
    standby = levels is not None and levels.off > _STANDBY * levels.on
    found = []
    for first, stop in zip(*runs_of(zero), strict=True):
        rows = int(np.count_nonzero(needed[first:stop]))
        if rows < _LEAST_ROWS or rows * device.step_s < _LEAST_S:
            continue
        elsewhere = np.ones(len(zero), np.bool_)
        elsewhere[first:stop] = False
        elsewhere &= np.isfinite(device.values)
        rare = not elsewhere.any() or bool(zero[elsewhere].mean() <= _RARE)
        if (standby and rare) or (device.role != TREATMENT and _runs_together(device, elsewhere & needed)):
            found.append(Silence(device, int(first), int(stop), "zero", rows * device.step_s))
    return found


def _runs_together(device: Device, rows: Bools) -> bool:
    """Whether a device ran in nearly all these rows; also where there are none and it never did anywhere."""
    if not rows.any():
        return not np.nan_to_num(device.values).any()
    return bool((device.running[rows] < 0.5).mean() <= _TOGETHER)


def _missing(device: Device, partners: Floats) -> list[Silence]:
    needed, found = partners > _RUNS, []
    for first, stop in zip(*runs_of(np.isnan(device.values)), strict=True):
        rows = int(np.count_nonzero(needed[first:stop]))
        if rows >= _LEAST_ROWS and rows * device.step_s >= _LEAST_S:
            found.append(Silence(device, int(first), int(stop), "missing", rows * device.step_s))
    return found


def _stuck(device: Device) -> list[Silence]:
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
