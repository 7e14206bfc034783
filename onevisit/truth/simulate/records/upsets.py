"""Everything that can happen to weeks of records: what it is called, who is behind it, and where it fits.

Upsets that belong to a confounder come and go with its switch; the others are violations. Lengths are in hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from monitors.schema import Cause
from onevisit.truth.simulate.records import emissions, faults
from onevisit.truth.simulate.records.outlet import Anomaly, SiteRecord, with_anomaly
from onevisit.truth.simulate.records.plants import FOUR_INDUSTRIES, Bools, Floats

Lay = Callable[[SiteRecord, slice, str, np.random.Generator], SiteRecord]
When = Literal["running", "day", "partly", "any", "start"]
"""Running throughout; that, from eight to ten in the morning on; running at the beginning and for the half of it;
whenever; the hours after a stop."""
Needs = Literal[
    "limited", "pair", "oxygen", "nitrogen", "checks", "flow", "meters", "treatment", "four", "others", "outlet"
]

_MARGIN_H = 36
"""Between two upsets of a site, so that each is a case of its own."""
_BEGIN_H = 72
"""What is usual has to be seen first."""


@dataclass(frozen=True)
class Upset:
    """One row: its name, the kind that a rule should call it, its cause, and what should come of it.

    ``also`` are kinds that are right to say of it too. ``times`` is how often it recurs at a site, day after day.
    ``required`` is False for what a rule may say or not.
    """

    name: str
    kind: str
    cause: Cause
    expected: str
    lay: Lay
    hours: tuple[int, int]
    needs: Needs = "limited"
    when: When = "partly"
    also: tuple[str, ...] = ()
    confounder: str = ""
    times: tuple[int, int] = (1, 1)
    required: bool = True


_E, _T, _F, _M, _O, _L = (
    Cause.EMISSION, Cause.TAMPERING, Cause.FAULT, Cause.MAINTENANCE, Cause.OPERATION, Cause.TRANSMISSION,
)  # fmt: skip
_HIGH = ("exceedance", "step", "spike")
_UNTREATED = ("exceedance", "step")

UPSETS: tuple[Upset, ...] = (
    # --- violations ---
    Upset("exceed", "exceedance", _E, "visit", emissions.exceed, (6, 16), when="running", also=("step",)),
    Upset("exceed_long", "exceedance", _E, "visit", emissions.exceed, (24, 72), also=("step",)),
    Upset("hug", "near_limit", _T, "remind", emissions.hug, (96, 216), also=("noise_collapse", "step", "constant")),
    Upset("copy", "frozen_pair", _T, "visit", emissions.copy, (48, 144), "pair", also=("step", "drift")),
    Upset("swing", "periodicity", _T, "visit", emissions.swing, (96, 192), also=("noise_collapse", "step")),
    Upset(
        "lower_after_maintenance", "step", _T, "visit", emissions.lower_after_maintenance, (168, 240),
        also=("noise_collapse", "mark_contradicted", "drift"),
    ),
    Upset(
        "dilute", "oxygen_dilution", _T, "visit", emissions.dilute, (24, 72), "oxygen",
        also=("step", "zero", "constant"),
    ),
    Upset("state_less", "converted_differs", _T, "visit", emissions.state_less, (48, 200), "oxygen"),
    Upset(
        "treatment_off", "treatment_off", _E, "visit", emissions.leave_treatment_off, (5, 30), "treatment", "running",
        also=_UNTREATED,
    ),
    Upset(
        "treatment_idle", "idle_treatment", _E, "visit", emissions.let_treatment_idle, (24, 100), "treatment",
        also=_UNTREATED,
    ),
    Upset(
        "declare_stop", "stop_marked_but_running", _T, "visit", emissions.declare_stop, (6, 40), "treatment",
        "running", also=("mark_contradicted",),
    ),
    Upset(
        "exceed_marked", "marked_exceedance", _T, "visit", emissions.exceed_marked_as_fault, (6, 16), when="running",
        also=("mark_contradicted", "step"), confounder="false_marks",
    ),
    Upset(
        "mark_without_fault", "mark_contradicted", _T, "visit", emissions.mark_without_fault, (2, 4), when="day",
        confounder="false_marks", times=(4, 8),
    ),
    # --- analysers that break ---
    Upset(
        "freeze", "constant", _F, "help", faults.freeze, (24, 72), confounder="frozen_analyser",
        also=("noise_collapse", "check_failed", "exceedance"),
    ),
    Upset(
        "drift", "drift", _F, "help", faults.drift, (168, 336), confounder="drifting_analyser",
        also=("exceedance", "check_failed", "near_limit", "step"),
    ),
    Upset(
        "quieten", "noise_collapse", _F, "help", faults.quieten, (72, 168), confounder="failing_analysers",
        also=("check_failed", "constant", "exceedance"),
    ),
    Upset(
        "fall_below_zero", "negative", _F, "help", faults.fall_below_zero, (6, 36), when="running",
        confounder="failing_analysers", also=("step", "check_failed"),
    ),
    Upset(
        "read_zero", "zero", _F, "help", faults.read_zero, (8, 40), when="running", confounder="failing_analysers",
        also=("constant", "step", "check_failed"),
    ),
    Upset(
        "spike", "spike", _F, "help", faults.spike, (1, 1), when="running", confounder="failing_analysers",
        also=("exceedance",),
    ),
    Upset(
        "swap_nitrogens", "ammonia_above_total_nitrogen", _F, "help", faults.swap_nitrogens, (8, 48), "nitrogen",
        confounder="failing_analysers", also=("exceedance", "step", "check_failed"),
    ),
    Upset(
        "lose_flow", "flow_zero", _F, "help", faults.lose_flow, (8, 60), "flow", "running",
        confounder="failing_analysers", also=("constant", "zero", "step"),
    ),
    Upset(
        "fail_checks", "check_failed", _F, "help", faults.fail_checks, (72, 168), "checks",
        confounder="failing_analysers", also=("step", "drift", "exceedance", "near_limit"),
    ),
    # --- faults that look like emission ---
    Upset(
        "jump", "exceedance", _F, "help", faults.jump, (16, 60), also=(*_HIGH, "check_failed"),
        confounder="faults_like_exceedance",
    ),
    Upset(
        "recover_from_power_cut", "exceedance", _F, "help", faults.recover_from_power_cut, (9, 13), when="running",
        also=(*_HIGH, "missing", "zero", "meter_offline", "check_failed"), confounder="faults_like_exceedance",
    ),
    Upset(
        "stick_at_range_end", "constant", _F, "help", faults.stick_at_range_end, (6, 30), when="running",
        also=(*_HIGH, "marked_exceedance", "check_failed", "noise_collapse"), confounder="faults_like_exceedance",
    ),
    Upset(
        "lose_oxygen", "exceedance", _F, "help", faults.lose_oxygen, (16, 60), "oxygen", "running",
        also=(*_HIGH, "oxygen_dilution", "noise_collapse"), confounder="faults_like_exceedance",
    ),
    # --- what is done in the ordinary course ---
    Upset(
        "calibrate", "calibration_in_work_hours", _M, "none", faults.calibrate, (3, 6), when="day",
        confounder="calibration", also=("marked_exceedance",),
    ),
    Upset(
        "maintain", "marked_exceedance", _M, "none", faults.maintain, (2, 6), when="day", confounder="nothing_wrong",
    ),
    Upset(
        "break_and_say_so", "constant", _F, "none", faults.break_and_say_so, (4, 12), confounder="honest_marks",
        also=("exceedance", "marked_exceedance", "zero", "step", "spike", "noise_collapse"), required=False,
    ),
    Upset(
        "substitute", "substituted", _O, "none", faults.substitute, (6, 20), when="running",
        confounder="substituted_runs",
    ),
    Upset("substitute_long", "substituted", _O, "none", faults.substitute, (26, 72), confounder="substituted_runs"),
    Upset(
        "start_up", "marked_exceedance", _O, "none", faults.start_up, (2, 4), "four", "start",
        also=("oxygen_dilution", "step", "spike"), confounder="honest_marks",
    ),
    Upset(
        "breakdowns", "marks_over_limit", _O, "remind", faults.declare_breakdown, (18, 30), "four",
        also=("marked_exceedance", "treatment_off", "idle_treatment", "step"),
        confounder="honest_marks", times=(5, 6),
    ),
    Upset(
        "set_condition", "marks_outside_industry", _O, "remind", faults.set_condition, (3, 8), "others",
        also=("mark_contradicted",), confounder="honest_marks",
    ),
    # --- meters and lines ---
    Upset(
        "kill_meter", "meter_offline", _F, "help", faults.kill_meter, (30, 120), "meters",
        confounder="failing_meters",
    ),
    Upset(
        "freeze_meter", "meter_offline", _F, "help", faults.freeze_meter, (48, 120), "meters",
        confounder="failing_meters",
    ),
    Upset(
        "silence_meter", "meter_offline", _L, "help", faults.silence_meter, (30, 120), "meters", "any",
        confounder="failing_meters",
    ),
    Upset("silence_outlet", "missing", _L, "remind", faults.silence_outlet, (10, 40), "outlet", "any"),
    Upset(
        "upload_late", "late_upload", _L, "remind", faults.upload_late, (12, 40), "outlet", "any",
        confounder="late_uploads", required=False,
    ),
)  # fmt: skip


def fitting(record: SiteRecord, on: Mapping[str, bool]) -> list[Upset]:
    """The upsets that can happen at a site and belong to no confounder that is off."""
    return [u for u in UPSETS if on.get(u.confounder, not u.confounder) and _fits(u, record)]


def _fits(upset: Upset, record: SiteRecord) -> bool:
    plant = record.plant
    limited, codes = plant.limited, {q.code for q in plant.quantities}
    said: Mapping[Needs, bool] = {
        "limited": bool(limited),
        "outlet": bool(limited),
        "pair": len(limited) > 1,
        "oxygen": bool(limited) and plant.trade.reference_o2 is not None,
        "nitrogen": "w21001" in codes,
        "checks": plant.check_hour is not None and bool(limited),
        "flow": bool(codes & {"a00000", "w00000"}),
        "meters": not plant.daily_energy,
        "treatment": not plant.daily_energy,
        "four": plant.trade.name in FOUR_INDUSTRIES and bool(limited),
        "others": plant.trade.name not in FOUR_INDUSTRIES and bool(limited),
    }
    if upset.when == "start" and plant.trade.reference_o2 is None:
        return False
    return said[upset.needs]


def lay_upset(record: SiteRecord, upset: Upset, rng: np.random.Generator) -> SiteRecord | None:
    """Let one upset happen, where it fits and as often as it recurs; None where there is no room for it."""
    code = _code(record, upset, rng)
    times = int(rng.integers(upset.times[0], upset.times[1] + 1))
    windows = _windows(record, upset, times, rng)
    for window in windows:
        record = upset.lay(record, window, code, rng)
    for window in _told(upset, windows, record.hours):
        start, end = record.moment(window.start), record.moment(window.stop)
        record = with_anomaly(
            record,
            Anomaly(upset.kind, record.plant.site_id, start, end, upset.expected, upset.cause, code, _also(upset),
                    upset.required, upset.name),
        )  # fmt: skip
    return record if windows else None


def _also(upset: Upset) -> tuple[str, ...]:
    """A fault that looks like exceedance does so in hours of a stop, too, which bear a mark, and of ammonia."""
    exceeds = upset.cause == Cause.FAULT and "exceedance" in (upset.kind, *upset.also)
    return (*upset.also, *("marked_exceedance", "ammonia_above_total_nitrogen")) if exceeds else upset.also


def _told(upset: Upset, windows: Sequence[slice], hours: int) -> Sequence[slice]:
    """What is said of a year is one case, of all of the record."""
    return [slice(0, hours)] if upset.kind == "marks_over_limit" and windows else windows


def _code(record: SiteRecord, upset: Upset, rng: np.random.Generator) -> str:
    """The quantity that it happens to; of meters the device."""
    if upset.needs in ("meters", "treatment"):
        return str(rng.choice(_meters(record, upset))) if upset.needs == "meters" else "TA001"
    if upset.needs == "nitrogen":
        return "w21003"
    wide = [q.code for q in record.plant.limited if record.plant.levels[q.code] > 4 * q.detection]
    chosen = [q.code for q in record.plant.limited if q.converted] if upset.needs == "oxygen" else []
    usable = [c for c in chosen if c in wide] or wide or [q.code for q in record.plant.limited]
    return str(rng.choice(usable))


def _meters(record: SiteRecord, upset: Upset) -> list[str]:
    """Meters whose failure differs from what their devices do: zero is no failure where standing takes no power."""
    quiet = upset.lay is faults.kill_meter and record.plant.standby == 0.0
    return ["MF0001"] if quiet else ["MF0001", "TA001"]


def _windows(record: SiteRecord, upset: Upset, times: int, rng: np.random.Generator) -> list[slice]:
    """Windows that begin at even hours, in which the plant runs as it must, apart from other upsets."""
    length = int(rng.integers(upset.hours[0], upset.hours[1] + 1))
    length += length % 2 if record.plant.trade.water else 0  # whole cycles of its analysers
    first = np.arange(_BEGIN_H, record.hours - length - 6, 2)
    share = record.share
    first = first[[_is_right(share, int(f), length, upset.when) for f in first]]
    free = np.array([all(not _near(record, a, int(f), length) for a in record.anomalies) for f in first], bool)
    first = first[free] if len(first) else first
    if not len(first):
        return []
    if times == 1:
        begin = int(rng.choice(first))
        return [slice(begin, begin + length)]
    chosen: list[int] = []
    for begin in first[first >= int(rng.choice(first[: max(len(first) // 2, 1)]))].tolist():
        if len(chosen) < times and (not chosen or begin >= chosen[-1] + max(length + 10, 20)):
            chosen.append(begin)
    return [slice(b, b + length) for b in chosen] if len(chosen) >= upset.times[0] else []


def _is_right(share: Floats, first: int, length: int, when: When) -> bool:
    """Whether the plant runs as it must from an hour on; records begin at midnight."""
    within = share[first : first + length]
    if when == "any":
        return True
    if when == "start":
        before = share[max(first - 24, 0) : first]
        return bool((within > 0.99).all() and (before < 0.5).sum() >= 18 and before[-1] < 0.99)
    if when == "partly":
        return bool(within[0] > 0.99 and within.mean() > 0.3)
    return bool((within > 0.99).all()) and (when == "running" or 8 <= first % 24 <= 10)


def _near(record: SiteRecord, anomaly: Anomaly, first: int, length: int) -> bool:
    start, end = ((t - record.start).total_seconds() / 3600.0 for t in (anomaly.start, anomaly.end))
    return bool(first < end + _MARGIN_H and first + length > start - _MARGIN_H)


def with_order(record: SiteRecord, obeyed: bool) -> SiteRecord:
    """Say that production in the days of an order is a violation, if the order was to stop and nobody did."""
    for order in record.orders:
        hours = [int((t - record.start).total_seconds() // 3600) for t in (order.start, order.end)]
        window = slice(hours[0], min(hours[1] + 24, record.hours))
        ran = np.flatnonzero(record.share[window] > 0)
        if obeyed or order.measure != "停产" or not len(ran):
            continue
        start, end = record.moment(window.start + int(ran[0])), record.moment(window.start + int(ran[-1]) + 1)
        record = with_anomaly(
            record,
            Anomaly(
                "production_in_stop",
                record.plant.site_id,
                start,
                end,
                "visit",
                Cause.EMISSION,
                "MF0001",
                name="order",
            ),
        )
    return record


def with_small_gaps(record: SiteRecord, gone: Bools) -> SiteRecord:
    """Tell of gaps of an hour or two, which nobody has to find."""
    edges = np.flatnonzero(np.diff(np.r_[False, gone, False].astype(np.int8)))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        start, end = record.moment(first), record.moment(last)
        record = with_anomaly(
            record,
            Anomaly(
                "missing", record.plant.site_id, start, end, "none", Cause.TRANSMISSION, required=False, name="gap"
            ),
        )
    return record
