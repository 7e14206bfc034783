"""What breaks: analysers, their sampling, meters and lines, and what is done to them in the ordinary course."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from onevisit.truth.simulate.records.changes import (
    highest,
    lost,
    marked,
    metered,
    put,
    quantity_of,
    raised,
    scattered,
    usual,
)
from onevisit.truth.simulate.records.outlet import SiteRecord, Span

Rng = np.random.Generator


# --- the analyser --------------------------------------------------------------------------------------------------


def freeze(record: SiteRecord, window: slice, code: str, _rng: Rng) -> SiteRecord:
    """It repeats its last value, in checks too."""
    return replace(record, stuck=put(record.stuck, code, window, record.air[code][window.start]))


def drift(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Its gain goes to 1.6 to 2.1, or to 0.45 to 0.6, of what it was; back at the end, when it is adjusted."""
    end = float(rng.choice([rng.uniform(1.6, 2.1), rng.uniform(0.45, 0.6)]))
    ramp = 1.0 + (end - 1.0) * np.linspace(0.0, 1.0, window.stop - window.start)
    return replace(record, gain=put(record.gain, code, window, ramp))


def quieten(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """A blocked line: what comes scatters a twentieth as much as it did, and no longer follows the load."""
    n, level = window.stop - window.start, usual(record, code)
    return replace(record, stuck=put(record.stuck, code, window, level * scattered(n, 0.008, rng)))


def fall_below_zero(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Its zero is off by more than what there is to be measured."""
    below = -usual(record, code) * float(rng.uniform(1.6, 2.2))
    return replace(record, offset=put(record.offset, code, window, below))


def read_zero(record: SiteRecord, window: slice, code: str, _rng: Rng) -> SiteRecord:
    """The pump stands: zero while the plant runs."""
    return replace(record, stuck=put(record.stuck, code, window, 0.0))


def jump(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """From one hour to the next it reads 1.4 to 2.5 times the limit, twice as scattered, whatever the load."""
    n = window.stop - window.start
    wanted = highest(record, code)[window] * float(rng.uniform(1.4, 2.5))
    return replace(record, stuck=put(record.stuck, code, window, wanted * scattered(n, 0.3, rng)))


def recover_from_power_cut(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Power fails for two to four hours; after it the analyser warms up from 2 to 4 times the limit."""
    middle = window.start + int(rng.integers(2, 5))
    cut, after = slice(window.start, middle), slice(middle, window.stop)
    n = after.stop - after.start
    decay = np.exp(-np.arange(n) / 3.0) * float(rng.uniform(2.0, 4.0))
    wanted = record.air[code][after] + highest(record, code)[after] * decay
    record = lost(replace(record, stuck=put(record.stuck, code, after, wanted)), cut)
    on = record.on.copy()
    on[60 * cut.start : 60 * cut.stop] = False
    record = metered(metered(record, "production", cut, 0.0), "treatment", cut, 0.0)
    return replace(record, on=on)


def stick_at_range_end(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """It gives the end of its range, with the letter for it in half of the cases."""
    record = replace(record, stuck=put(record.stuck, code, window, quantity_of(record, code).span))
    return marked(record, window, "T", (code,)) if rng.random() < 0.5 else record


def lose_oxygen(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """The oxygen cell is used up: it reads so much that the converted value is 1.2 to 2.5 times the limit."""
    n = window.stop - window.start
    times = float(rng.uniform(1.2, 2.5)) * highest(record, code)[window] / np.maximum(record.air[code][window], 1e-6)
    wrong = 21.0 - (21.0 - record.air["a19001"][window]) / float(np.median(times)) * scattered(n, 0.05, rng)
    return replace(record, stuck=put(record.stuck, "a19001", window, np.clip(wrong, 0.0, 20.7)))


def spike(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """One sample is 5 to 10 times the others."""
    return replace(record, stuck=put(record.stuck, code, window, usual(record, code) * float(rng.uniform(5.0, 10.0))))


def swap_nitrogens(record: SiteRecord, window: slice, _code: str, rng: Rng) -> SiteRecord:
    """The analyser of ammonia gives 1.1 to 1.5 times the total nitrogen, which cannot be."""
    factor = float(rng.uniform(1.1, 1.5)) * scattered(window.stop - window.start, 0.05, rng)
    wrong = np.maximum(factor, 1.02) * record.air["w21001"][window]
    return replace(record, stuck=put(record.stuck, "w21003", window, wrong))


def lose_flow(record: SiteRecord, window: slice, _code: str, _rng: Rng) -> SiteRecord:
    """The flow meter gives zero while the plant runs and its outlet has a concentration."""
    flow = next(c for c in record.air if c in ("a00000", "w00000"))
    return replace(record, stuck=put(record.stuck, flow, window, 0.0))


def fail_checks(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Its gain is off by 18 to 40 % until somebody adjusts it, which the daily check shows (HJ 355: 10 %)."""
    off = float(rng.uniform(0.18, 0.4)) * float(rng.choice([-1.0, 1.0]))
    return replace(record, gain=put(record.gain, code, window, 1.0 + off))


# --- what is done in the ordinary course ---------------------------------------------------------------------------


def calibrate(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Span gas or liquid for hours, marked as such."""
    wanted = 1.6 * highest(record, code)[window] * scattered(window.stop - window.start, 0.01, rng)
    return marked(replace(record, stuck=put(record.stuck, code, window, wanted)), window, "C")


def maintain(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Hands on the analyser: values of anything up to twice the limit, marked as maintenance."""
    n = window.stop - window.start
    wanted = highest(record, code)[window] * rng.uniform(1.1, 2.0, n)
    return marked(replace(record, stuck=put(record.stuck, code, window, wanted)), window, "M")


def break_and_say_so(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """A fault that is marked as one: zero, frozen or wild."""
    n = window.stop - window.start
    wild = highest(record, code)[window] * rng.uniform(0.0, 2.5, n)
    shown = (np.zeros(n), np.full(n, record.air[code][window.start]), wild)[int(rng.integers(3))]
    return marked(replace(record, stuck=put(record.stuck, code, window, shown)), window, "D", (code,))


def substitute(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """A gap is filled with the highest of the 180 h before it, 720 h where it is longer than a day (HJ 75-2017)."""
    back = 180 if window.stop - window.start <= 24 else 720
    earlier = record.air[code][max(window.start - back, 0) : window.start]
    record = replace(record, stuck=put(record.stuck, code, window, float(earlier.max())))
    return marked(record, window, str(rng.choice(["S", "N"])), (code,))


def start_up(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """After a stop the furnace starts with 15 to 17 % of oxygen: converted values exceed, marked as a start."""
    air = put(record.air, "a19001", window, rng.uniform(15.0, 17.0, window.stop - window.start))
    record = replace(record, air=air)
    for q in (q for q in record.plant.quantities if q.converted):
        high = highest(record, q.code)[window] * (float(rng.uniform(1.1, 1.8)) if q.code == code else 0.6)
        record = replace(record, air=put(record.air, q.code, window, high))
    return replace(record, spans=(*record.spans, Span(window.start, window.stop, "启炉")))


def declare_breakdown(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Treatment breaks down and the platform is told so: it takes a twentieth of its power, the outlet exceeds."""
    times = {code: float(rng.uniform(1.1, 1.6))}
    record = raised(
        metered(record, "treatment", window, 0.05 * float(record.device("treatment").kw.max())), window, times
    )
    return set_condition(record, window, code, rng)


def set_condition(record: SiteRecord, window: slice, _code: str, _rng: Rng) -> SiteRecord:
    """A mark of a fault of the plant, over a span of time."""
    return replace(record, spans=(*record.spans, Span(window.start, window.stop, "故障")))


# --- meters and lines ----------------------------------------------------------------------------------------------


def kill_meter(record: SiteRecord, window: slice, code: str, _rng: Rng) -> SiteRecord:
    """A meter gives exactly zero while its device runs."""
    return metered(record, code, window, 0.0)


def freeze_meter(record: SiteRecord, window: slice, code: str, _rng: Rng) -> SiteRecord:
    """A meter repeats its last value."""
    device = next(d for d in record.devices if d.code == code)
    return metered(record, code, window, device.kw[window.start])


def silence_meter(record: SiteRecord, window: slice, code: str, _rng: Rng) -> SiteRecord:
    """Nothing comes from a meter."""
    return metered(record, code, window, np.nan)


def silence_outlet(record: SiteRecord, window: slice, _code: str, _rng: Rng) -> SiteRecord:
    """Nothing comes from the outlet."""
    return lost(record, window)


def upload_late(record: SiteRecord, window: slice, _code: str, rng: Rng) -> SiteRecord:
    """Hours come 12 to 60 h after their time, all at once."""
    late = record.late_h.copy()
    delay = int(rng.integers(12, 60))
    late[window] = delay + np.arange(window.stop - window.start)[::-1]
    return replace(record, late_h=late)
