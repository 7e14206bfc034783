"""How parts of a site's record are changed: small functions that give a new record and leave the old one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from onevisit.truth.simulate.records.outlet import Device, SiteRecord, conversion
from onevisit.truth.simulate.records.plants import Floats, Quantity


def put(values: Mapping[str, Floats], code: str, window: slice, new: Floats | float) -> dict[str, Floats]:
    """The same values with those of one code in a window replaced."""
    changed = np.array(values[code], float)
    changed[window] = new
    return {**values, code: changed}


def quantity_of(record: SiteRecord, code: str) -> Quantity:
    """The quantity of a code."""
    return next(q for q in record.plant.quantities if q.code == code)


def usual(record: SiteRecord, code: str) -> float:
    """Median of what leaves the outlet while the plant runs."""
    return float(np.median(record.air[code][record.share >= 1.0 - 1e-9]))


def highest(record: SiteRecord, code: str) -> Floats:
    """The measured value in each hour whose converted one is the limit."""
    limit = float(quantity_of(record, code).limit or 1.0)
    factor = conversion(record.plant, record.air) if quantity_of(record, code).converted else np.ones(1)
    return np.asarray(limit / factor * np.ones(record.hours), float)


def marked(record: SiteRecord, window: slice, letter: str, codes: tuple[str, ...] = ()) -> SiteRecord:
    """The same with a letter in a window, of these quantities or of all that have a limit."""
    chosen = codes or tuple(q.code for q in record.plant.limited)
    flags = {c: f.copy() for c, f in record.flags.items()}
    for code in chosen:
        flags[code][window] = letter
    return replace(record, flags=flags)


def raised(record: SiteRecord, window: slice, ratios: Mapping[str, float]) -> SiteRecord:
    """Let quantities rise to so many times their limit and fall again; a third each is rise and fall."""
    n = window.stop - window.start
    weight = np.minimum(np.minimum(np.arange(1, n + 1), np.arange(n, 0, -1)) / max(n / 3.0, 1.0), 1.0)
    weight = weight * (record.share[window] > 0)
    air = dict(record.air)
    for code, ratio in ratios.items():
        before = air[code][window]
        scatter = before / max(float(np.mean(before)), 1e-9)
        top = ratio * highest(record, code)[window] * np.maximum(scatter, 0.5)
        air = put(air, code, window, (1.0 - weight) * before + weight * np.maximum(top, before))
    return replace(record, air=air)


def metered(
    record: SiteRecord, which: str, window: slice, kw: Floats | float | None, *, stopped: bool | None = None
) -> SiteRecord:
    """The same with other power or another declared state in a window, of one device or of all of a role."""
    devices = []
    for device in record.devices:
        if which in (device.role, device.code):
            values, declared = device.kw.copy(), device.declared_stopped.copy()
            values[window] = device.kw[window] if kw is None else kw
            declared[window] = device.declared_stopped[window] if stopped is None else stopped
            device = Device(device.code, device.role, device.linked_to, values, declared)
        devices.append(device)
    return replace(record, devices=tuple(devices))


def scattered(n: int, sd: float, rng: np.random.Generator) -> Floats:
    """Factors about 1."""
    return np.asarray(np.exp(rng.normal(0.0, sd, n)), float)


def lost(record: SiteRecord, window: slice) -> SiteRecord:
    """The whole outlet is silent in a window."""
    gone = record.lost.copy()
    gone[window] = True
    return replace(record, lost=gone)
