"""Plants with records: what their outlet is measured for, when they run, and what their analysers are like.

Limits are those of the national standards named beside each trade (hourly means; Sichuan's DB51/2377-2017 for
hydrocarbons). Shares and spreads are ordinary engineering values, chosen before anything was measured on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Rhythm = Literal["day", "two_shifts", "night", "batch", "continuous", "always"]

FOUR_INDUSTRIES = ("power", "incineration", "cement", "paper")
"""Trades to whose marks the rules of MEE 2022 no. 21 apply."""


@dataclass(frozen=True)
class Quantity:
    """What is measured at an outlet.

    ``unit`` is as an export writes it. ``level`` is the usual range at full load: a share of ``limit`` where there is
    one, else in the unit. ``scatter`` is the standard deviation of the logarithm of hourly means, ``detection`` what
    the analyser cannot tell from nothing, ``cycle_h`` how often it takes a sample, ``span`` the end of its range.
    """

    code: str
    name: str
    unit: str
    level: tuple[float, float]
    limit: float | None = None
    scatter: float = 0.12
    digits: int = 2
    detection: float = 0.0
    cycle_h: int = 1
    converted: bool = False

    @property
    def span(self) -> float:
        """End of the range: 4 times the limit (HJ 75-2017: a range is two to three times what may be emitted)."""
        return 4.0 * (self.limit or 1.0)


@dataclass(frozen=True)
class Trade:
    """A kind of plant: its outlet, the oxygen of reference (None: no conversion), and the rhythms of its work."""

    name: str
    code: str
    quantities: tuple[Quantity, ...]
    rhythms: Mapping[Rhythm, float]
    reference_o2: float | None = None
    usual_o2: float = 0.0

    @property
    def water(self) -> bool:
        """Whether the outlet is one of water."""
        return any(q.code.startswith("w") for q in self.quantities)


def _gas(
    code: str, name: str, limit: float, low: float, high: float, *, digits: int = 2, zero: float = 0.5
) -> Quantity:
    return Quantity(code, name, "mg/m3", (low, high), limit, 0.14, digits, detection=zero, converted=True)


_FLUE = (
    Quantity("a19001", "氧气含量", "%", (0.0, 0.0), scatter=0.04),
    Quantity("a01012", "烟气温度", "℃", (90.0, 150.0), scatter=0.03, digits=1),
    Quantity("a00000", "废气流量", "m3/s", (11.0, 110.0), scatter=0.06),
)
_VENT = Quantity("a00000", "废气流量", "m3/s", (4.0, 33.0), scatter=0.05)
_SEWER = (
    Quantity("w01001", "pH值", "无量纲", (6.9, 7.7), scatter=0.01),
    Quantity("w00000", "污水流量", "L/s", (5.0, 150.0), scatter=0.08, digits=1),
)
_DAY_WORK: Mapping[Rhythm, float] = {"day": 0.5, "two_shifts": 0.2, "batch": 0.15, "night": 0.15}


def _sewage(cod: float, ammonia: float, nitrogen: float, phosphorus: float) -> tuple[Quantity, ...]:
    """HJ 355-2019: these analysers take a sample each two hours or oftener."""
    return (
        Quantity("w01018", "化学需氧量", "mg/L", (0.3, 0.6), cod, 0.12, cycle_h=2),
        Quantity("w21003", "氨氮", "mg/L", (0.05, 0.25), ammonia, 0.25, 3, detection=0.02, cycle_h=2),
        Quantity("w21001", "总氮", "mg/L", (0.5, 0.7), nitrogen, 0.1, cycle_h=2),
        Quantity("w21011", "总磷", "mg/L", (0.2, 0.5), phosphorus, 0.18, 3, detection=0.01, cycle_h=2),
        *_SEWER,
    )


TRADES: Mapping[str, Trade] = {
    trade.name: trade
    for trade in (
        Trade(  # DB51/2377-2017
            "organics", "2110", (Quantity("a24088", "非甲烷总烃", "mg/m3", (0.15, 0.6), 60.0, 0.2), _VENT), _DAY_WORK
        ),
        Trade("dust", "3021", (Quantity("a34013", "颗粒物", "mg/m3", (0.15, 0.6), 20.0, 0.2), _VENT), _DAY_WORK),
        Trade(  # GB 13271-2014, gas
            "boiler", "4430",
            (_gas("a21026", "二氧化硫", 50.0, 0.03, 0.15, zero=3.0), _gas("a21002", "氮氧化物", 150.0, 0.3, 0.6),
             _gas("a34013", "颗粒物", 20.0, 0.1, 0.4), *_FLUE),
            {"always": 0.6, "day": 0.4}, 3.5, 5.0,
        ),
        Trade(  # GB 13223-2011, table 2
            "power", "4411",
            (_gas("a21026", "二氧化硫", 50.0, 0.2, 0.6), _gas("a21002", "氮氧化物", 100.0, 0.4, 0.7),
             _gas("a34013", "颗粒物", 20.0, 0.1, 0.4), *_FLUE),
            {"continuous": 1.0}, 6.0, 7.0,
        ),
        Trade(  # GB 18485-2014, means of an hour
            "incineration", "4417",
            (_gas("a21026", "二氧化硫", 100.0, 0.1, 0.5), _gas("a21002", "氮氧化物", 300.0, 0.4, 0.7),
             _gas("a34013", "颗粒物", 30.0, 0.05, 0.3), _gas("a21005", "一氧化碳", 100.0, 0.05, 0.3), *_FLUE),
            {"continuous": 1.0}, 11.0, 9.5,
        ),
        Trade(  # GB 4915-2013, table 2
            "cement", "3011",
            (_gas("a21026", "二氧化硫", 100.0, 0.05, 0.4), _gas("a21002", "氮氧化物", 320.0, 0.4, 0.7),
             _gas("a34013", "颗粒物", 20.0, 0.2, 0.6), *_FLUE),
            {"continuous": 1.0}, 10.0, 10.5,
        ),
        Trade("paper", "2221", _sewage(80.0, 8.0, 12.0, 0.8), {"continuous": 1.0}),  # GB 3544-2008, table 2
        Trade("sewage", "4620", _sewage(50.0, 5.0, 15.0, 0.5), {"always": 1.0}),  # GB 18918-2002, 1 A
    )
}  # fmt: skip


def trade_of_industry(code: str) -> Trade:
    """The trade of a GB/T 4754 class; what is not known gives off hydrocarbons."""
    known = {trade.code: trade for trade in TRADES.values()}
    return known.get(code) or (TRADES["dust"] if code in ("3311",) else TRADES["organics"])


@dataclass(frozen=True)
class Plant:
    """One plant as it was drawn: what it is, how large, when it runs, and what its analysers and its staff do.

    ``levels`` are usual values at full load. ``check_hour`` is that of the daily standard check (None: none is made),
    ``coarse_above`` the value above which a quantity is written with a digit less. ``marks_stops`` says whether hours
    of a stop bear the letter F, ``standby`` which share of its power a device takes while it stands, ``packets``
    whether its monitor sends HJ 212 (the others stand in an export), ``states`` whether the power platform
    says running or not, too, ``feeds`` whether levels change with fuel, lacquer or sewage.
    """

    site_id: str
    name: str
    uscc: str
    number: str
    trade: Trade
    monitored: bool
    kw: float
    rhythm: Rhythm
    opens_h: float
    works_h: float
    second_line: bool
    standby: float
    levels: Mapping[str, float] = field(default_factory=dict)
    check_hour: int | None = None
    coarse_above: Mapping[str, float] = field(default_factory=dict)
    marks_stops: bool = True
    slow: bool = True
    zeros: bool = True
    daily_energy: bool = False
    clock_h: int = 0
    packets: bool = False
    states: bool = True
    feeds: bool = True

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What its monitor measures; nothing where it has none."""
        return self.trade.quantities if self.monitored else ()

    @property
    def limited(self) -> tuple[Quantity, ...]:
        """Of them what has a limit."""
        return tuple(q for q in self.quantities if q.limit is not None)

    def cycle_h(self, quantity: Quantity) -> int:
        """Hours between two samples."""
        return quantity.cycle_h if self.slow else 1


def draw_plant(
    site_id: str,
    name: str,
    uscc: str,
    trade: Trade,
    on: Mapping[str, bool],
    rng: np.random.Generator,
    *,
    monitored: bool,
) -> Plant:
    """Draw a plant.

    Parameters
    ----------
    on : mapping
        The confounders: ``slow_analysers``, ``daily_checks``, ``range_switches``, ``legitimate_zeros``,
        ``wrong_clocks``, ``feed_changes`` are habits of a plant.
    monitored : bool
        Whether there is an automatic monitor beside the meters.
    """
    rhythm: Rhythm = str(rng.choice(list(trade.rhythms), p=list(trade.rhythms.values())))  # type: ignore[assignment]
    works_h = {"day": rng.uniform(8, 13), "two_shifts": rng.uniform(15, 18), "night": rng.uniform(7, 10)}
    opens_h = {"night": rng.uniform(18, 22)}.get(rhythm, rng.uniform(6.0, 9.0))
    levels = {q.code: float(rng.uniform(*q.level)) * (q.limit or 1.0) for q in trade.quantities}
    if trade.reference_o2 is not None:
        levels["a19001"] = trade.usual_o2 + float(rng.uniform(-1.0, 1.0))
        factor = (21.0 - levels["a19001"]) / (21.0 - trade.reference_o2)
        levels |= {q.code: levels[q.code] * factor for q in trade.quantities if q.converted}
    coarse = {q.code: 1.25 * levels[q.code] for q in trade.quantities if q.limit and rng.random() < 0.3}
    checked, check_hour = rng.random() < (0.9 if trade.water else 0.6), 2 * int(rng.integers(0, 3))
    marks, slow, zeros, clock, packets, states = rng.random(6)
    return Plant(
        site_id, name, uscc, "".join(rng.choice(list("0123456789ABCDEF"), 24)), trade, monitored,
        kw=float(np.exp(rng.uniform(np.log(15.0), np.log(800.0)))), rhythm=rhythm, opens_h=float(opens_h),
        works_h=float(works_h.get(rhythm, 24.0)), second_line=bool(rng.random() < 0.35),
        standby=float(rng.choice([0.0, rng.uniform(0.01, 0.12)])), levels=levels,
        check_hour=check_hour if checked and on["daily_checks"] else None,
        coarse_above=coarse if on["range_switches"] else {},
        marks_stops=trade.reference_o2 is not None or bool(marks < 0.5),
        slow=on["slow_analysers"] and bool(slow < 0.8),
        zeros=on["legitimate_zeros"] and bool(zeros < 0.8),
        daily_energy=not monitored and bool(rng.random() < 0.15),
        clock_h=int(rng.choice([-8, -1, 1, 8])) if on["wrong_clocks"] and clock < 0.05 and monitored else 0,
        packets=bool(packets < 0.5), states=bool(states < 0.3), feeds=on["feed_changes"],
    )  # fmt: skip
