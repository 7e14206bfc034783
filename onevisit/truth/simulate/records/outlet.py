"""One site's weeks of records: what left the outlet, what the analyser made of it, what was written, what is true.

A reading comes about in this order: the outlet's value (in hours of a check the check's level), times the gain and
plus the offset of the analyser; what somebody writes instead (in no check and no stop); what a stuck analyser gives
whatever comes; one sample for each cycle; the resolution. Rules see only the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from monitors.schema import Cause
from onevisit.truth.simulate.air.wind import ornstein_uhlenbeck
from onevisit.truth.simulate.records.plants import Bools, Floats, Plant, Quantity
from onevisit.truth.simulate.records.rhythms import draw_load, draw_running, share_of_hours

Letters = NDArray[np.str_]
CHECK_SHARE = 0.5
"""Level of the daily standard check as a share of the limit: the middle of the range in use."""
_CHECK_SD = 0.02
_FEED_H, _FEED_SD = 672.0, 0.15
"""Of the logarithm; two levels differ by 0.21."""


@dataclass(frozen=True)
class Anomaly:
    """One thing that a rule should find, or should explain away: kind, site, hours, and what should come of it.

    ``cause`` is what made it, ``code`` the quantity or device, ``also`` the kinds that are right to say of the same
    hours. What is not ``required`` is no case of its own: nobody misses it, and saying it is no mistake.
    """

    kind: str
    site_id: str
    start: datetime
    end: datetime
    expected: str
    cause: Cause = Cause.FAULT
    code: str = ""
    also: tuple[str, ...] = ()
    required: bool = True
    name: str = ""


@dataclass(frozen=True)
class Span:
    """A mark over a span of time, as a firm sets it on the platform (not the letter of an hour)."""

    first: int
    last: int
    text: str


@dataclass(frozen=True)
class WrittenOrder:
    """A stop or limit order of whole days, both included."""

    start: datetime
    end: datetime
    grade: str
    measure: Literal["停产", "限产"]


@dataclass(frozen=True)
class Device:
    """A device with a meter: kW in each hour (NaN where the meter gave nothing), and hours declared as stopped."""

    code: str
    role: Literal["production", "treatment"]
    linked_to: str
    kw: Floats
    declared_stopped: Bools


@dataclass(frozen=True)
class SiteRecord:
    """What happened at a site hour by hour, and how it was recorded; shapes are (hour,), of ``on`` (minute,).

    ``air`` and the others by code: NaN in ``stuck``, ``written`` and ``stated`` (the converted value) is "nothing of
    the kind"; ``flags`` are letters of HJ 212, ``lost`` the hours of which nothing came from the outlet.
    """

    plant: Plant
    start: datetime
    on: Bools
    load: Floats
    air: Mapping[str, Floats]
    gain: Mapping[str, Floats]
    offset: Mapping[str, Floats]
    stuck: Mapping[str, Floats]
    written: Mapping[str, Floats]
    stated: Mapping[str, Floats]
    lost: Bools
    flags: Mapping[str, Letters]
    check: Bools
    devices: tuple[Device, ...]
    late_h: NDArray[np.int64]
    spans: tuple[Span, ...] = ()
    orders: tuple[WrittenOrder, ...] = ()
    anomalies: tuple[Anomaly, ...] = field(default=())

    @property
    def hours(self) -> int:
        """How many there are."""
        return len(self.load)

    @property
    def share(self) -> Floats:
        """Share of each hour in which the site ran."""
        return share_of_hours(self.on)

    def moment(self, hour: int) -> datetime:
        """Local time at which an hour begins."""
        return self.start + timedelta(hours=int(hour))

    def device(self, role: str) -> Device:
        """The first device of a role."""
        return next(d for d in self.devices if d.role == role)


# --- how it is without anomalies -----------------------------------------------------------------------------------


def draw_outlet(
    plant: Plant,
    start: datetime,
    hours: int,
    rng: np.random.Generator,
    *,
    order: tuple[WrittenOrder, bool] | None = None,
    running: Floats | None = None,
) -> SiteRecord:
    """Draw weeks of a plant in which nothing is wrong.

    Parameters
    ----------
    start : datetime
        A local midnight.
    order : tuple, optional
        A stop or limit order, and whether the plant obeys it.
    running : array, shape (24,), optional
        Share of each hour of the last day in which the site emits, NaN where nobody knows: it runs then.
    """
    on, load = draw_running(plant, start, hours, rng), draw_load(plant, start, hours, rng)
    if running is not None:
        on = _as_known(on, running)
    if order is not None and order[1]:
        on, load = _obey(order[0], start, on, load)
    share = share_of_hours(on)
    quantities = plant.quantities
    air = {q.code: _outlet_value(plant, q, share, load, rng) for q in quantities}
    air = _within_permit(plant, air)
    codes, empty = [q.code for q in quantities], np.full(hours, np.nan)
    of_day = np.arange(hours) % 24
    check = (of_day == plant.check_hour) if plant.check_hour is not None and quantities else np.zeros(hours, bool)
    letters = np.full(hours, "N", "<U1")
    letters[(share == 0.0) & plant.marks_stops] = "F"
    checked = {q.code for q in plant.limited}
    flags = {c: np.where(check, "C", letters) if c in checked else letters.copy() for c in codes}
    return SiteRecord(
        plant, start, on, load, air, {c: np.ones(hours) for c in codes}, {c: np.zeros(hours) for c in codes},
        dict.fromkeys(codes, empty), dict.fromkeys(codes, empty),
        {q.code: empty for q in quantities if q.converted}, _small_gaps(hours, rng), flags, check,
        _devices(plant, on, load, rng), np.zeros(hours, np.int64),
        orders=(order[0],) if order is not None else (),
    )  # fmt: skip


def _as_known(on: Bools, running: Floats) -> Bools:
    """The last day as the emissions of the mission say: that share of each hour, from its beginning."""
    on = on.copy()
    last = on[-24 * 60 :].reshape(24, 60)
    for hour in np.flatnonzero(np.isfinite(running)):
        last[hour] = np.arange(60) < round(60 * float(running[hour]))
    return on


def _obey(order: WrittenOrder, start: datetime, on: Bools, load: Floats) -> tuple[Bools, Floats]:
    first = max(int((order.start - start).total_seconds() // 60), 0)
    last = int((order.end - start).total_seconds() // 60) + 24 * 60
    on, load = on.copy(), load.copy()
    if order.measure == "停产":
        on[first:last] = False
    else:
        load[first // 60 : last // 60] *= 0.5
    return on, load


def _outlet_value(plant: Plant, quantity: Quantity, share: Floats, load: Floats, rng: np.random.Generator) -> Floats:
    """Hourly means at the outlet, without a monitor's faults."""
    n, level = len(share), plant.levels[quantity.code]
    wander = np.exp(ornstein_uhlenbeck(n, quantity.scatter, 6.0, rng) + rng.normal(0.0, 0.25 * quantity.scatter, n))
    if quantity.code == "a19001":
        stands = 20.8 if plant.zeros else level + 3.0
        return np.clip(np.where(share > 0, 21.0 - (21.0 - level) * share * wander, stands), 0.5, 20.8)
    if quantity.code == "w01001":
        return level + ornstein_uhlenbeck(n, 0.12, 12.0, rng)
    if quantity.code == "a01012":
        return 25.0 + (level - 25.0) * (0.15 + 0.85 * share) * wander
    if quantity.limit is None:  # flow
        return level * share * load * wander
    feeds = _feeds(n, rng)
    value = level * (0.6 + 0.4 * load) * wander * (feeds if plant.feeds else 1.0)
    if plant.trade.water:
        return value
    rest = 0.0 if plant.trade.reference_o2 is not None and plant.zeros else 0.02 * quantity.limit * wander
    return np.where(share > 0, np.maximum(share * value, rest), rest)


def _feeds(hours: int, rng: np.random.Generator) -> Floats:
    """Other fuel, lacquer or sewage, about every four weeks: levels change by a fifth, which is no fault."""
    changes = np.flatnonzero(rng.random(hours) < 1.0 / _FEED_H)
    levels = np.exp(rng.normal(0.0, _FEED_SD, len(changes) + 1))
    return np.asarray(levels[np.searchsorted(changes, np.arange(hours), side="right")], float)


def _within_permit(plant: Plant, air: dict[str, Floats]) -> dict[str, Floats]:
    """Bring the few hours that wander to the limit back to nine tenths of it; in water the nitrogens keep order."""
    for q in plant.limited:
        compared = air[q.code] * conversion(plant, air) if q.converted else air[q.code]
        ratio = compared / float(q.limit or 1.0)
        air[q.code] = air[q.code] * np.where(ratio > 0.9, 0.9 / np.maximum(ratio, 0.9), 1.0)
    if "w21001" in air and "w21003" in air:
        air["w21003"] = np.minimum(air["w21003"], 0.85 * air["w21001"])
    return air


def _small_gaps(hours: int, rng: np.random.Generator) -> Bools:
    """About two gaps of one or two hours a month, as any line has."""
    lost = rng.random(hours) < 2.0 / 720.0
    lost[1:] |= lost[:-1] & (rng.random(hours - 1) < 0.5)
    return lost


def _devices(plant: Plant, on: Bools, load: Floats, rng: np.random.Generator) -> tuple[Device, ...]:
    """One or two production devices and one that treats, which starts before and stops after them."""
    hours, nothing = len(load), np.zeros(len(load), bool)
    share = share_of_hours(on)
    lead, lag = int(rng.integers(5, 40)), int(rng.integers(10, 60))
    grown = np.convolve(on.astype(np.int8), np.ones(lead + lag + 1, np.int8))[lead : lead + len(on)] > 0
    fan_share = share_of_hours(grown)

    def kw(full: float, share: Floats, load: Floats) -> Floats:
        noise = np.exp(rng.normal(0.0, 0.03, hours))
        return np.asarray(full * (plant.standby + (1.0 - plant.standby) * share * load) * noise, float)

    fan = kw(0.25 * plant.kw, fan_share, 0.85 + 0.15 * load)
    made = [Device("MF0001", "production", "", kw(plant.kw, share, load), nothing)]
    if plant.second_line:
        half = share * (load > np.median(load))
        made.append(Device("MF0002", "production", "", kw(0.6 * plant.kw, half, load), nothing))
    return (*made, Device("TA001", "treatment", "MF0001", fan, nothing))


# --- what is written -----------------------------------------------------------------------------------------------


def conversion(plant: Plant, air: Mapping[str, Floats]) -> Floats:
    """Factor to the oxygen of reference, (21 - reference) / (21 - measured); 1 where there is none (HJ 75-2017)."""
    if plant.trade.reference_o2 is None:
        return np.ones(1)
    return np.asarray((21.0 - plant.trade.reference_o2) / np.maximum(21.0 - air["a19001"], 0.1), float)


def readings(record: SiteRecord, rng: np.random.Generator) -> dict[str, Floats]:
    """What the monitor gives in each hour by code, NaN where nothing came; ``<code>_corrected`` as stated."""
    plant, found = record.plant, dict[str, Floats]()
    stands = record.share < (0.99 if plant.trade.reference_o2 is not None else 1e-9)
    for q in plant.quantities:
        gain, offset = record.gain[q.code], record.offset[q.code]
        stuck, written = record.stuck[q.code], record.written[q.code]
        seen = record.air[q.code] * gain + offset
        seen = np.where(np.isnan(written) | stands, seen, written)
        seen = _sampled(np.where(np.isnan(stuck), seen, stuck), plant.cycle_h(q), record.check)
        if q.limit is not None:
            level = CHECK_SHARE * q.limit * np.exp(rng.normal(0.0, _CHECK_SD, record.hours)) * gain + offset
            seen = np.where(record.check, np.where(np.isnan(stuck), level, stuck), seen)
        found[q.code] = _resolved(plant, q, seen)
    if "a19001" in found:  # the gas of a check holds the usual oxygen
        checked = record.check & np.isnan(record.stuck["a19001"])
        found["a19001"] = np.where(checked, np.round(plant.levels["a19001"], 2), found["a19001"])
    factor = conversion(plant, found)
    for q in plant.quantities:
        if q.converted:
            stated = record.stated[q.code]
            exact = np.round(found[q.code] * factor, q.digits)
            found[f"{q.code}_corrected"] = np.where(np.isnan(stated), exact, np.round(stated, q.digits))
    return {name: np.where(record.lost, np.nan, values) for name, values in found.items()}


def _sampled(values: Floats, cycle_h: int, check: Bools) -> Floats:
    """One sample a cycle, repeated until the next; after the hour of a check one is taken anew."""
    hour = np.arange(len(values))
    taken = hour // cycle_h * cycle_h
    taken = np.where(check[taken] & ~check, hour, taken)
    return values[taken]


def _resolved(plant: Plant, quantity: Quantity, values: Floats) -> Floats:
    """Nothing below detection, and as many digits as the range has."""
    weak = (values < quantity.detection) & (values >= 0)
    values = np.where(weak, 0.0 if plant.zeros else quantity.detection / 2, values)
    coarse = plant.coarse_above.get(quantity.code, np.inf)
    rounded = np.round(values, quantity.digits)
    return np.where(values > coarse, np.round(values, max(quantity.digits - 1, 0)), rounded)


def with_anomaly(record: SiteRecord, anomaly: Anomaly) -> SiteRecord:
    """The same record with one more thing to be known of it."""
    return replace(record, anomalies=(*record.anomalies, anomaly))
