"""The devices of a site: what its power, state and hours say of when each ran, and which treats for which."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.outcome import Notes, Outcome
from monitors.records.conditions import Condition, conditions_of
from monitors.schema import SiteRecords
from numerics.on_off import Levels, chance_any, share_on, split_levels

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Times = NDArray[np.datetime64]

DAY_S = 86_400.0
PRODUCTION, TREATMENT = "production", "treatment"
_QUANTITIES = ("power", "current", "energy", "state", "hours")
"""The better witness first: a current of a motor that idles is a third of that at load, a state is only declared."""
_ELECTRIC = {"kW": "power", "A": "current", "kWh": "energy"}
_ROLE_OF_CODE = {"d2": PRODUCTION, "d3": TREATMENT}  # HJ 212-2025, system 44
_STATES = {0: 0.0, 1: 1.0, 5: 1.0}  # off, run, backflush (HJ 212-2017); calibration, maintenance, alarm tell nothing
_DECLARED = 0.95  # a state comes from a contact or a person, and nobody checks it against power
_NEVER_CHANGES = 0.95  # chance that one level all along is that of running, or zero that of standing: choice
_SHORTEST_S = 60.0
_KEPT = 16  # sites whose devices are remembered: several rules ask for them one after the other
_LONGEST_GAP = np.timedelta64(400, "D")  # a clock that was reset wrote what lies further off
_METER_READING = 20.0  # times the usual step: energies that only grow and are that large are readings of a meter
_PARTS = re.compile(r"[,，;；、/|\s]+")


@dataclass(frozen=True, eq=False)
class SiteDevice:
    """What one device said of itself, at equal intervals of ``step_s`` from ``start``, NaN where it said nothing.

    ``values`` are in the unit of ``quantity`` (power kW, current A, energy kWh of an interval, state, hours of a
    day); ``running`` is the share of each interval in which it ran, of a day's energy the chance that it ran at all.
    ``levels`` are None where its record knows one level only; ``stopped`` is where it was declared to stand.
    """

    name: str
    role: str
    linked_to: tuple[str, ...]
    quantity: str
    point: str
    source: str
    start: np.datetime64
    step_s: float
    values: Floats
    stopped: Bools
    levels: Levels | None
    running: Floats

    @property
    def step(self) -> np.timedelta64:
        """Length of an interval."""
        return np.timedelta64(round(self.step_s * 1e9), "ns")

    @property
    def time(self) -> Times:
        """Starts of the intervals, UTC."""
        return np.asarray(self.start + np.arange(len(self.values)) * self.step)

    @property
    def changes(self) -> bool:
        """Whether its record tells running from standing."""
        return self.levels is not None or self.quantity in ("state", "hours")

    def running_on(self, time: Times, step_s: float) -> Floats:
        """Mean of ``running`` over intervals of ``step_s`` that start at ``time``; NaN where it is not known."""
        offset = (time - self.start).astype("timedelta64[ns]").astype(np.int64) * 1e-9
        first = np.floor(offset / self.step_s + 1e-6).astype(np.int64)
        if step_s <= self.step_s:
            return _at(self.running, first)
        last = np.maximum(np.ceil((offset + step_s) / self.step_s - 1e-6).astype(np.int64), first + 1)
        bounds = [np.clip(edge, 0, len(self.running)) for edge in (first, last)]
        sums = np.concatenate([[0.0], np.cumsum(np.nan_to_num(self.running))])
        counts = np.concatenate([[0], np.cumsum(np.isfinite(self.running))])
        total, count = (part[bounds[1]] - part[bounds[0]] for part in (sums, counts))
        return np.where(2 * count >= last - first, total / np.maximum(count, 1), np.nan)


def _at(values: Floats, index: NDArray[np.int64]) -> Floats:
    inside = (index >= 0) & (index < len(values))
    return np.where(inside, values[np.clip(index, 0, len(values) - 1)], np.nan)


@dataclass(frozen=True, eq=False)
class SiteDevices:
    """The devices of a site, the better witness of one device before the others, and what each one treats for.

    ``treats`` names by treatment device the production devices behind it; all of the site where nothing is stated.
    """

    devices: tuple[SiteDevice, ...]
    treats: Mapping[str, tuple[str, ...]]

    def of_role(self, role: str) -> tuple[SiteDevice, ...]:
        """Devices of a role, one a name: the first witness of each."""
        return tuple({one.name: one for one in reversed(self.devices) if one.role == role}.values())[::-1]


@lru_cache(maxsize=_KEPT)
def devices_of(records: SiteRecords) -> Outcome[SiteDevices]:
    """Gather the devices of a site from all its series, tell when each ran, and follow their links.

    Records of one device in several files are one record; where they contradict each other the first counts. A link
    to nothing or in a circle is said and passed over: such a device is taken as treating for all that produces.

    Returns
    -------
    Outcome of SiteDevices
        Decisions count contradictory values, readings of meters, rows of a wrong clock, and links that lead nowhere.
    """
    notes = Notes()
    pieces: dict[tuple[str, str, str, float], list[_Piece]] = defaultdict(list)
    for series in records.series:
        for piece in _pieces(series, notes):
            pieces[piece.point, piece.name, piece.quantity, piece.step_s].append(piece)
    found = _with_names_apart([_device(own, notes) for own in pieces.values()])
    found.sort(key=lambda one: (one.step_s, _QUANTITIES.index(one.quantity)))
    found = [_up_to(one, [other for other in found if other.step_s == one.step_s]) for one in found]
    return notes.outcome(SiteDevices(tuple(found), _links(found, records, notes)))


def _with_names_apart(devices: Sequence[SiteDevice]) -> list[SiteDevice]:
    """Two devices that say the same of themselves at two points have one name (SB001): the others get their point."""
    seen: dict[tuple[str, str, float], str] = {}
    found = []
    for one in devices:
        first = seen.setdefault((one.name, one.quantity, one.step_s), one.point)
        found.append(one if first == one.point else replace(one, name=f"{one.name}@{one.point}"))
    return found


# --- records of one device -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Piece:
    """What one series says of one device by one quantity, rows in order of time."""

    name: str
    role: str
    linked_to: tuple[str, ...]
    quantity: str
    point: str
    source: str
    step_s: float
    time: Times
    values: Floats
    stopped: Bools


def _pieces(series: xr.Dataset, notes: Notes) -> Iterator[_Piece]:
    named = [(str(name), said) for name in series.data_vars if (said := _named(series, str(name))) is not None]
    if not named:
        return
    item, time = str(series.attrs["source"]), series["time"].values
    kept = _sound_rows(time)
    if np.count_nonzero(kept) < len(time):
        count = int(len(time) - np.count_nonzero(kept))
        notes.decide(item, "device_rows_far_off", {"count": count, "rows": len(time)})
    time = time[kept]
    step_s = _step_s(series, time)
    for name, (device, role, quantity) in named:
        values = np.asarray(series[name].values, np.float64)[kept]
        known = np.isfinite(values)
        if known.any():
            if quantity == "energy":
                values = _of_intervals(values, item, device, notes)
            linked = tuple(part for part in _PARTS.split(str(series[name].attrs.get("linked_to", ""))) if part)
            stopped = _stops(series, device)[kept]
            point = str(series.attrs.get("point", ""))
            yield _Piece(device, role, linked, quantity, point, item, step_s, time, values, stopped)


def _named(series: xr.Dataset, name: str) -> tuple[str, str, str] | None:
    """Device, role and quantity of a variable; None where it is none of a device."""
    attributes = series[name].attrs
    stem, _, quantity = name.rpartition("_")
    if "role" in attributes and quantity in _QUANTITIES:
        return stem, str(attributes["role"]), quantity
    code, electric = str(attributes.get("code", "")), _ELECTRIC.get(str(attributes.get("units", "")))
    if code[:2] in _ROLE_OF_CODE and electric is not None:
        return code, _ROLE_OF_CODE[code[:2]], electric
    return None


def _sound_rows(time: Times) -> Bools:
    """Rows of the longest stretch without a gap of more than a year."""
    cuts = np.flatnonzero(np.diff(time) > _LONGEST_GAP) + 1
    bounds = np.concatenate([[0], cuts, [len(time)]])
    longest = int(np.argmax(np.diff(bounds)))
    kept = np.zeros(len(time), np.bool_)
    kept[bounds[longest] : bounds[longest + 1]] = True
    return kept


def _step_s(series: xr.Dataset, time: Times) -> float:
    """Length of the intervals of a series: as it says, of minutes and moments the usual step between its rows."""
    stated = {"hour": 3600.0, "day": DAY_S}.get(str(series.attrs["interval"]))
    if stated is not None or len(time) < 2:
        return stated or _SHORTEST_S
    usual = float(np.median(np.diff(time).astype(np.int64))) * 1e-9
    return max(_SHORTEST_S, round(usual / _SHORTEST_S) * _SHORTEST_S)


def _of_intervals(values: Floats, item: str, device: str, notes: Notes) -> Floats:
    """Energies of intervals, also from readings of a meter, which only grow."""
    known = np.flatnonzero(np.isfinite(values))
    steps = np.diff(values[known])
    usual = float(np.median(steps)) if len(steps) else 0.0
    if len(steps) < 5 or (steps < 0).any() or not steps.any() or np.median(values[known]) < _METER_READING * usual:
        return values
    apart = np.diff(known)
    found = np.full(len(values), np.nan)
    found[known[:-1][apart == 1]] = steps[apart == 1]
    notes.decide(item, "energy_from_readings", {"device": device, "count": len(known)})
    return found


def _stops(series: xr.Dataset, device: str) -> Bools:
    """Where the device's own mark, or one laid over its series, says that it stands."""
    stopped = np.zeros(series.sizes["obs"], np.bool_)
    for name in (f"{device}_mark", "mark"):
        if name in series:
            stopped |= (conditions_of(series[name]) & Condition.STOPPED) > 0
    return stopped


def _device(pieces: Sequence[_Piece], notes: Notes) -> SiteDevice:
    """One record on one grid of equal intervals; of contradictory values the first counts."""
    first = pieces[0]
    start = min(piece.time[0] for piece in pieces)
    step = np.timedelta64(round(first.step_s * 1e9), "ns")
    last = max(piece.time[-1] for piece in pieces)
    count = int((last - start) / step) + 1
    values, stopped = np.full(count, np.nan), np.zeros(count, np.bool_)
    contradicted = 0
    for piece in pieces:
        at = ((piece.time - start) / step + 1e-6).astype(np.int64)
        stopped[at] |= piece.stopped
        known = np.isfinite(piece.values)
        means = _means(at[known], piece.values[known], count)
        both = np.isfinite(values) & np.isfinite(means)
        contradicted += int(np.count_nonzero(both & ~np.isclose(values, means, rtol=1e-3)))
        values = np.where(np.isfinite(values), values, means)
    if contradicted:
        notes.decide(first.source, "device_records_differ", {"device": first.name, "count": contradicted})
    linked = next((piece.linked_to for piece in pieces if piece.linked_to), ())
    role = next((piece.role for piece in pieces if piece.role), "")
    levels = None if first.quantity in ("state", "hours") else split_levels(values)
    device = SiteDevice(
        first.name, role, linked, first.quantity, first.point, first.source, start, first.step_s, values, stopped,
        levels, np.empty(0),
    )  # fmt: skip
    return replace(device, running=_running(device))


def _up_to(device: SiteDevice, others: Sequence[SiteDevice]) -> SiteDevice:
    """The same device, silent from its last row on until the last one of the others: a meter may have failed."""
    end = max(other.start + len(other.values) * other.step for other in others)
    more = int((end - device.start) / device.step + 1e-6) - len(device.values)
    if more <= 0:
        return device
    silent = np.full(more, np.nan)
    return replace(
        device,
        values=np.concatenate([device.values, silent]),
        running=np.concatenate([device.running, silent]),
        stopped=np.concatenate([device.stopped, np.zeros(more, np.bool_)]),
    )


def _means(at: NDArray[np.int64], values: Floats, count: int) -> Floats:
    """Mean of the values of each interval, NaN where there is none."""
    rows = np.bincount(at, minlength=count)
    return np.where(rows > 0, np.bincount(at, values, count) / np.maximum(rows, 1), np.nan)


def _running(device: SiteDevice) -> Floats:
    """Share of each interval in which a device ran, from its own history."""
    values, known = device.values, np.isfinite(device.values)
    if device.quantity == "state":
        found = np.full(len(values), np.nan)
        for number, share in _STATES.items():
            found[values == number] = share
        return found * _DECLARED + (1.0 - found) * (1.0 - _DECLARED)
    if device.quantity == "hours":
        return np.clip(values / 24.0, 0.0, 1.0)
    if device.levels is None:
        stands = not np.nan_to_num(values).any()
        return np.where(known, 1.0 - _NEVER_CHANGES if stands else _NEVER_CHANGES, np.nan)
    return (chance_any if device.step_s >= DAY_S else share_on)(values, device.levels)


# --- links ---------------------------------------------------------------------------------------------------------


def _links(found: Sequence[SiteDevice], records: SiteRecords, notes: Notes) -> dict[str, tuple[str, ...]]:
    """Production devices behind each treatment device, also over others in between, whichever names the other."""
    roles = {one.name: one.role for one in found}
    produces = tuple(dict.fromkeys(one.name for one in found if one.role == PRODUCTION))
    stated = {one.name: one.linked_to for one in found if one.linked_to}
    behind: dict[str, list[str]] = {name: list(stated.get(name, ())) for name in roles if roles[name] != PRODUCTION}
    for name in produces:
        for other in stated.get(name, ()):
            behind.setdefault(other, []).append(name)
    nowhere = sorted({f"{name} → {to}" for name, linked in stated.items() for to in linked if to not in roles})
    treats, circles = {}, []
    for name in (name for name, role in roles.items() if role == TREATMENT):
        ends, circle = _follow(name, behind, roles)
        if circle:
            circles.append(name)
        treats[name] = ends or produces
    item = found[0].source if found else records.site_name
    if nowhere:
        notes.decide(item, "device_links_to_nothing", {"count": len(nowhere), "links": nowhere[:12]})
    if circles:
        notes.decide(item, "device_links_in_circle", {"count": len(circles), "devices": sorted(circles)[:12]})
    return treats


def _follow(name: str, behind: Mapping[str, Sequence[str]], roles: Mapping[str, str]) -> tuple[tuple[str, ...], bool]:
    """Production devices that can be reached from a device, and whether the way comes back to it."""
    ends: dict[str, None] = {}
    seen, waiting, circle = {name}, list(behind.get(name, ())), False
    while waiting:
        other = waiting.pop(0)
        if other == name:
            circle = True
        elif other not in seen and other in roles:
            seen.add(other)
            if roles[other] == PRODUCTION:
                ends[other] = None
            else:
                waiting += behind.get(other, ())
    return tuple(ends), circle
