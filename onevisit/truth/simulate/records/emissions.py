"""What a site does that it may not, or says that is not so: the record is right, or was made to look so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from onevisit.truth.simulate.records.changes import (
    highest,
    marked,
    metered,
    put,
    raised,
    scattered,
    usual,
)
from onevisit.truth.simulate.records.outlet import SiteRecord

Rng = np.random.Generator


def exceed(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Treatment gives out: within hours one quantity rises 1.3 to 2.2 times above its limit, others a little."""
    record = raised(record, window, {code: float(rng.uniform(1.3, 2.2))})
    for other in (q.code for q in record.plant.limited if q.code != code):
        rise = 1.0 + float(rng.uniform(0.0, 0.35))
        record = replace(record, air=put(record.air, other, window, record.air[other][window] * rise))
    if code == "w21003":  # ammonia is a part of all nitrogen
        total = np.maximum(record.air["w21001"][window], record.air[code][window] / 0.85)
        record = replace(record, air=put(record.air, "w21001", window, total))
    return record


def exceed_marked_as_fault(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """The same under the letter for a fault, while power and treatment go on as usual."""
    return marked(exceed(record, window, code, rng), window, "D")


def mark_without_fault(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Nothing is wrong with analyser or power: the hours of high load bear the letter for a fault or a repair."""
    air = put(
        record.air, code, window, np.minimum(1.15 * record.air[code][window], 0.95 * highest(record, code)[window])
    )
    return marked(replace(record, air=air), window, str(rng.choice(["D", "M"])))


def hug(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """What would exceed is written just below the limit, 0.955 to 0.995 of it."""
    n = window.stop - window.start
    wanted = highest(record, code)[window] * rng.uniform(0.955, 0.995, n)
    return replace(record, written=put(record.written, code, window, wanted))


def copy(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Another quantity is written as a fixed share of this one, below its limit."""
    other = str(rng.choice([q.code for q in record.plant.limited if q.code != code]))
    values = record.air[code][window]
    room = float(np.min(0.95 * highest(record, other)[window] / np.maximum(values, 1e-9)))
    share = min(usual(record, other) / usual(record, code), room)
    return replace(record, written=put(record.written, other, window, values * share))


def swing(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """Values are made by a formula: a sine of 4 to 8 hours with next to no noise."""
    n, period = window.stop - window.start, float(rng.choice([4.0, 6.0, 8.0]))
    wave = 1.0 + 0.15 * np.sin(2 * np.pi * np.arange(n) / period)
    wanted = usual(record, code) * wave * scattered(n, 0.01, rng)
    return replace(record, written=put(record.written, code, window, wanted))


def lower_after_maintenance(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """From a maintenance on all values are a third of what they were."""
    first = slice(window.start, window.start + 2)
    wanted = record.air[code][window] * float(rng.uniform(0.25, 0.4))
    return marked(replace(record, written=put(record.written, code, window, wanted)), first, "M", (code,))


def dilute(record: SiteRecord, window: slice, _code: str, rng: Rng) -> SiteRecord:
    """Air is let in before the probe: oxygen rises to 17 to 19.5 %, concentrations fall in proportion."""
    oxygen = record.air["a19001"][window]
    share = (21.0 - float(rng.uniform(17.0, 19.5))) / (21.0 - usual(record, "a19001"))
    air = put(record.air, "a19001", window, 21.0 - (21.0 - oxygen) * share)
    for q in (q for q in record.plant.quantities if q.converted):
        air = put(air, q.code, window, air[q.code][window] * share)
    return replace(record, air=air)


def state_less(record: SiteRecord, window: slice, code: str, rng: Rng) -> SiteRecord:
    """The stated converted value is 0.5 to 0.75 of what its own measured value and oxygen give."""
    limit = next(q.limit for q in record.plant.quantities if q.code == code) or 1.0
    honest = record.air[code][window] / highest(record, code)[window] * limit
    return replace(record, stated=put(record.stated, code, window, honest * float(rng.uniform(0.5, 0.75))))


def leave_treatment_off(record: SiteRecord, window: slice, _code: str, rng: Rng) -> SiteRecord:
    """The device that treats takes 2 % of its power while production runs, which a measured outlet shows."""
    record = metered(record, "treatment", window, 0.02 * float(record.device("treatment").kw.max()))
    return _untreated(record, window, float(rng.uniform(1.5, 3.0)))


def let_treatment_idle(record: SiteRecord, window: slice, _code: str, rng: Rng) -> SiteRecord:
    """It runs at 0.25 to 0.4 of its usual power at full production."""
    kw = record.device("treatment").kw[window] * float(rng.uniform(0.25, 0.4))
    return _untreated(metered(record, "treatment", window, kw), window, float(rng.uniform(1.1, 1.5)))


def _untreated(record: SiteRecord, window: slice, times: float) -> SiteRecord:
    air = dict(record.air)
    for q in record.plant.limited:
        air = put(air, q.code, window, air[q.code][window] * np.where(record.share[window] > 0, times, 1.0))
    return replace(record, air=air)


def declare_stop(record: SiteRecord, window: slice, _code: str, _rng: Rng) -> SiteRecord:
    """Hours are declared as a stop, by letter and on the power platform, while everything runs."""
    record = metered(record, "production", window, None, stopped=True)
    record = metered(record, "treatment", window, None, stopped=True)
    return marked(record, window, "F", tuple(record.flags)) if record.flags else record
