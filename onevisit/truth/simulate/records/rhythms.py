"""When plants run, minute by minute, and with what load, hour by hour."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from onevisit.truth.simulate.air.wind import ornstein_uhlenbeck
from onevisit.truth.simulate.records.plants import Bools, Floats, Plant

DAY_MIN = 24 * 60


def draw_running(plant: Plant, start: datetime, hours: int, rng: np.random.Generator) -> Bools:
    """Draw in which minutes a plant runs, shape (minute,), from local midnight ``start`` on."""
    days = hours // 24 + 1
    if plant.rhythm == "always":
        return np.ones(hours * 60, bool)
    if plant.rhythm == "continuous":
        return _with_stops(hours, rng)
    on = np.zeros((days + 1) * DAY_MIN, bool)
    for day in range(days):
        weekday = (start + timedelta(days=day)).weekday()
        if weekday == 6 or (weekday == 5 and rng.random() < 0.2) or rng.random() < 0.03:
            continue  # Sunday; every fifth Saturday; a day off
        first = int(day * DAY_MIN + 60 * plant.opens_h + rng.normal(0.0, 12.0))
        last = first + int(60 * plant.works_h + rng.normal(0.0, 20.0))
        on[max(first, 0) : last] = True
        if plant.rhythm == "batch":
            _pause_between_batches(on, max(first, 0), min(last, len(on)), rng)
        elif plant.rhythm == "day" and rng.random() < 0.3:
            on[first + 240 : first + 300] = False  # a break at noon
    return on[: hours * 60]


def _with_stops(hours: int, rng: np.random.Generator) -> Bools:
    """Runs day and night but for a stop of one to five days, in six of ten plants a month."""
    on = np.ones(hours * 60, bool)
    for month in range(0, hours, 720):
        first, length, stops = month * 60 + int(rng.uniform(72, 560) * 60), rng.uniform(24, 120), rng.random() < 0.6
        if stops:
            on[first : first + int(60 * length)] = False
    return on


def _pause_between_batches(on: Bools, first: int, last: int, rng: np.random.Generator) -> None:
    at = first
    while at < last:
        at += int(rng.uniform(60, 200))
        pause = int(rng.uniform(30, 120))
        on[at : min(at + pause, last)] = False
        at += pause


def draw_load(plant: Plant, start: datetime, hours: int, rng: np.random.Generator) -> Floats:
    """Draw the load of each hour while it runs, about 1: weather of the season, week, hour and a slow wander."""
    hour = np.arange(hours)
    of_day, weekday = (start.hour + hour) % 24, (start.weekday() + (start.hour + hour) // 24) % 7
    day_of_year = start.timetuple().tm_yday + hour / 24.0
    cold = np.cos(2 * np.pi * (day_of_year - 20.0) / 365.0)  # the 20th of January is the coldest day
    load = np.exp(0.12 * ornstein_uhlenbeck(hours, 1.0, 8.0, rng))
    if plant.trade.name in ("boiler", "power"):
        load *= 1.0 + 0.15 * cold + 0.12 * np.cos(2 * np.pi * (of_day - 7.0) / 24.0)
    elif plant.trade.name == "sewage":  # two tides a day, less water at weekends
        load *= 1.0 + 0.15 * np.sin(4 * np.pi * (of_day - 7.0) / 24.0) - 0.08 * (weekday >= 5) - 0.05 * cold
    return np.asarray(np.clip(load, 0.4, 1.6), float)


def share_of_hours(on: Bools) -> Floats:
    """Share of each hour in which a plant runs."""
    return np.asarray(on.reshape(-1, 60).mean(axis=1), float)
