"""Production without treatment or against an order, and devices that say one thing while others say another.

Every rule holds a device against its own history and against the devices that belong to it; no power in kW is a
threshold of any. None of them knows what a device is for but by its stated role and link.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.registers.kinds import Order
from monitors.cases import anomaly_of, unit_of
from monitors.devices import DAY_S, PRODUCTION, TREATMENT, SiteDevice, SiteDevices
from monitors.meters import Silence, sound_devices
from monitors.orders import seek_in_stop
from monitors.outlets import outlet_rise
from monitors.schema import Anomaly, SiteRecords
from monitors.settings import RecordSettings
from numerics.on_off import runs_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_RUNS = 0.9  # from this share on an interval counts as one of production
_OFF, _MOST_OFF = 0.1, 0.2  # shares of the running power: below it is off, whatever standby is; above, never off
_STANDBY = 1.5  # times the lower level of its own record: still off
_FULL_LOAD = 0.8  # of the running power: of a load that scatters by 12 % all but one hour in thirty
_UNTREATED = 1.2  # times the usual: what leaves the outlet when treatment that did a sixth of the work or more stands
_IDLE_S = 3 * 3600.0  # a fan that follows the load is low for an hour or two: choice
_STOP_S = 2 * 3600.0  # a shift that ends after midnight, or a mark that is rounded to hours: choice


def seek_treatment(
    records: SiteRecords, orders: Sequence[Order] = (), settings: RecordSettings | None = None
) -> tuple[Anomaly, ...]:
    """Ask every rule on the devices of a site.

    Parameters
    ----------
    records : SiteRecords
    orders : sequence of Order
        All that registers hold; those for another site, area or grade are passed over.
    settings : RecordSettings, optional

    Returns
    -------
    tuple of Anomaly
        By rule, device and time; ``code`` is the device.

    Notes
    -----
    ``treatment_off``: treatment below a tenth of its running power (or its own standby) in intervals of production,
    from ``treatment_lead_min`` before to ``treatment_lag_min`` after them, for longer than ``treatment_off_min``.
    Strength is its time over that. Two devices for one production that take turns (一用一备) are off only together.
    Cannot tell a passage to another treatment that has no meter; power that is exactly zero is that of a meter which
    failed where the outlet shows no rise, and may be so where nothing is measured (``meter_at_zero``).
    ``idle_treatment``: treatment between that and ``idle_share`` of its running power, for three hours or more, in
    intervals of production at 80 % or more of its own. Strength is ``idle_share`` over the median share. Cannot tell
    a fan that needs less.
    ``production_in_stop``: production on days (local) for which an order to stop holds, or more of it than an order
    with a stated share leaves. Strength is its hours over two. A limit without a number is held against nothing.
    ``stop_marked_but_running``: production for two hours or more in intervals whose mark declares a stop. Cannot tell
    a meter that also feeds something else.
    ``meter_offline``: see `monitors.meters.failed_meters`.
    """
    given = settings or RecordSettings()
    told, failed = sound_devices(records)
    found = [*_treatment(records, told, given)]
    found += seek_in_stop(records, told, orders, given)
    found += _marked_stops(records, told)
    found += [_offline(records, one) for one in failed]
    return tuple(found)


# --- treatment -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Pair:
    """A treatment device and what it treats for, on the treatment's intervals.

    ``runs`` is where production ran throughout, ``full`` where it ran at full load; ``level`` is the running power of
    the treatment and below ``bound`` it is off.
    """

    device: SiteDevice
    runs: Bools
    full: Bools
    level: float
    bound: float
    stated: bool


def _treatment(records: SiteRecords, devices: SiteDevices, settings: RecordSettings) -> Iterator[Anomaly]:
    pairs = [pair for one in devices.of_role(TREATMENT) if (pair := _pair(one, devices)) is not None]
    for pair in pairs:
        off = _is_off(pair) & ~_another_in_turn(pair, pairs, devices)
        yield from _off(records, pair, off, settings)
        yield from _idle(records, pair, off, settings)


def _pair(device: SiteDevice, devices: SiteDevices) -> _Pair | None:
    producers = [one for one in devices.of_role(PRODUCTION) if one.name in devices.treats[device.name]]
    if not producers or device.quantity == "hours":
        return None
    shares = [one.running_on(device.time, device.step_s) for one in producers]
    loads = [_load_on(one, device) for one in producers]
    runs = np.fmax.reduce(shares) > _RUNS
    full = runs & (np.fmax.reduce(loads) >= _FULL_LOAD)
    known = device.values[np.isfinite(device.values)]
    levels = device.levels
    level = levels.on if levels is not None else float(np.median(known)) if len(known) else 0.0
    standby = levels.off if levels is not None else 0.0
    bound = min(max(_OFF * level, _STANDBY * standby), _MOST_OFF * level)
    named = {one.name for one in producers}
    stated = bool(named & set(device.linked_to)) or any(device.name in one.linked_to for one in producers)
    return _Pair(device, runs, full, level, bound, stated)


def _load_on(producer: SiteDevice, device: SiteDevice) -> Floats:
    """Share of its running power that a producer takes, on the intervals of another device; NaN where unknown."""
    if producer.quantity in ("state", "hours"):
        return np.full(len(device.values), np.nan)
    usual = producer.levels.on if producer.levels is not None else float(np.nanmedian(producer.values))
    load = producer.values / usual if usual > 0 else np.full(len(producer.values), np.nan)
    return replace(producer, running=load).running_on(device.time, device.step_s)


def _is_off(pair: _Pair) -> Bools:
    device = pair.device
    if device.quantity == "state":
        return np.asarray(device.running < 1.0 - _RUNS)
    off = device.values < pair.bound if pair.level > 0 else device.values == 0.0
    return np.asarray(off & np.isfinite(device.running))


def _another_in_turn(pair: _Pair, pairs: Sequence[_Pair], devices: SiteDevices) -> Bools:
    """Where another treatment for the same production runs which takes turns with this one (一用一备)."""
    device, found = pair.device, np.zeros(len(pair.runs), np.bool_)
    for other in pairs:
        same = set(devices.treats[other.device.name]) & set(devices.treats[device.name])
        if other is pair or not same:
            continue
        share = other.device.running_on(device.time, device.step_s)
        both = np.isfinite(share) & np.isfinite(device.running) & pair.runs
        together = (share > 0.5) & (device.running > 0.5)
        if both.any() and together[both].mean() < 0.5:
            found |= share > 0.5
    return found


def _off(records: SiteRecords, pair: _Pair, off: Bools, settings: RecordSettings) -> Iterator[Anomaly]:
    """Treatment off; where power is exactly zero and the outlet shows nothing of it, its meter."""
    device = pair.device
    lead, lag = (
        int(60 * minutes / device.step_s) for minutes in (settings.treatment_lead_min, settings.treatment_lag_min)
    )
    needed = _widened(pair.runs, lead, lag)
    least_s = max(60.0 * settings.treatment_off_min, 60.0)
    treated = needed & ~off & np.isfinite(device.running)
    for first, stop, rows in _between(needed & off, treated):
        seconds = rows * device.step_s
        if (seconds <= least_s and device.step_s < least_s) or seconds < least_s:
            continue
        values = device.values[first:stop][(needed & off)[first:stop]]
        at_zero = not values.any() and device.quantity != "state"
        rise = outlet_rise(records, device, pair.runs, (first, stop))
        if at_zero and rise < _UNTREATED:
            silence = Silence(device, first, stop, "zero", seconds)
            yield _offline(records, silence, rise)
            continue
        rivals = [] if pair.stated else ["link_not_stated"]
        rivals += ["meter_at_zero"] if at_zero else []
        rivals += ["outlet_unchanged"] if rise < _UNTREATED else []
        rivals += ["state_only_declared"] if device.quantity == "state" else []
        said: dict[str, float | str] = {
            "hours": seconds / 3600.0,
            "power": float(np.median(values)),
            "usual": pair.level,
        }
        said |= {
            "unit": unit_of(device),
            "lead_min": settings.treatment_lead_min,
            "lag_min": settings.treatment_lag_min,
        }
        said |= {"outlet_rise": rise} if np.isfinite(rise) else {}
        yield anomaly_of(records, device, "treatment_off", (first, stop), seconds / least_s, said, tuple(rivals))


def _idle(records: SiteRecords, pair: _Pair, off: Bools, settings: RecordSettings) -> Iterator[Anomaly]:
    device = pair.device
    if device.quantity not in ("power", "current") or device.step_s >= DAY_S or pair.level <= 0:
        return
    known = np.isfinite(device.running)
    share = device.values / pair.level
    idle = pair.full & known & ~off & (device.values >= pair.bound) & (share < settings.idle_share)
    for first, stop, rows in _between(idle, pair.full & known & ~idle):
        if rows * device.step_s >= _IDLE_S:
            usual = float(np.median(share[first:stop][idle[first:stop]]))
            said: dict[str, float | str] = {
                "hours": rows * device.step_s / 3600.0,
                "share": usual,
                "usual": pair.level,
            }
            said |= {"unit": unit_of(device), "idle_share": settings.idle_share}
            rivals = () if pair.stated else ("link_not_stated",)
            strength = settings.idle_share / max(usual, 1e-3)
            yield anomaly_of(records, device, "idle_treatment", (first, stop), strength, said, rivals)


def _widened(rows: Bools, before: int, after: int) -> Bools:
    """Rows of runs that begin so many rows earlier and end so many later."""
    if not before and not after:
        return rows
    first, stop = runs_of(rows)
    steps = np.zeros(len(rows) + 1, np.int64)
    np.add.at(steps, np.maximum(first - before, 0), 1)
    np.add.at(steps, np.minimum(stop + after, len(rows)), -1)
    return np.cumsum(steps[:-1]) > 0


def _between(rows: Bools, breaks: Bools) -> Iterator[tuple[int, int, int]]:
    """First row, the row behind the last, and their number, of rows that no break parts."""
    at = np.flatnonzero(rows)
    if not len(at):
        return
    passed = np.cumsum(breaks)[at]
    cuts = np.flatnonzero(np.diff(passed)) + 1
    for part in np.split(at, cuts):
        yield int(part[0]), int(part[-1]) + 1, len(part)


# --- what was declared, and meters ---------------------------------------------------------------------------------


def _marked_stops(records: SiteRecords, devices: SiteDevices) -> Iterator[Anomaly]:
    """One case for all producers that were declared to stand at the same time."""
    found: list[Anomaly] = []
    for device in devices.of_role(PRODUCTION) or devices.of_role(""):
        if device.quantity in ("state", "hours"):
            continue
        runs = device.stopped & (device.running > _RUNS)
        for first, stop, rows in _between(runs, ~device.stopped):
            seconds = rows * device.step_s
            if seconds >= _STOP_S:
                said: dict[str, float | str] = {"hours": seconds / 3600.0, "unit": unit_of(device)}
                said["power"] = float(np.median(device.values[first:stop]))
                said["running"] = float(np.median(device.running[first:stop]))
                found.append(
                    anomaly_of(records, device, "stop_marked_but_running", (first, stop), seconds / _STOP_S, said)
                )
    last: Anomaly | None = None
    for one in sorted(found, key=lambda one: one.start):
        if last is not None and one.start < last.end:
            last = replace(last, end=max(last.end, one.end))
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _offline(records: SiteRecords, one: Silence, rise: float = np.nan) -> Anomaly:
    device = one.device
    seconds = (one.stop - one.first) * device.step_s
    said: dict[str, float | str] = {
        "how": one.how,
        "hours": seconds / 3600.0,
        "partner_hours": one.partner_s / 3600.0,
    }
    said |= {"outlet_rise": rise} if np.isfinite(rise) else {}
    rivals = ("switched_off_at_the_mains",) if one.how == "zero" else ()
    return anomaly_of(records, device, "meter_offline", (one.first, one.stop), seconds / _IDLE_S, said, rivals)
