"""What rules heard at the sites, counted: found by kind, asked, silent with the reason, odd about the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import xarray as xr

from ingest.monitors.codes import code_of
from ingest.outcome import Notes, Outcome, Phrase, Value
from monitors.records.conditions import Condition
from monitors.records.matrices import SiteMatrices
from monitors.records.regular import Regular
from monitors.schema import Anomaly, SiteRecords

SILENT_CODES = {
    "twice": "series_there_twice",
    "empty": "series_empty",
    "moments": "series_of_moments",
    "nothing": "series_without_quantity",
}
"""Why no rule can say anything of a series."""
ODD_CODES = {
    "conflicts": "values_of_one_slot",
    "clock": "rows_of_another_clock",
    "offset": "series_with_stamps_off_the_slot",
    "words": "hours_of_marks_not_understood",
    "checks": "hours_of_checks_above_limit",
    "codes": "quantities_of_unknown_code",
    "differ": "values_in_which_records_differ",
    "endless": "marks_until_the_end_of_the_record",
}
"""What is odd about records, whatever rules say of them."""
KIND_CODES = {
    "exceedance": "kind_exceedance",
    "marked_exceedance": "kind_marked_exceedance",
    "near_limit": "kind_near_limit",
    "constant": "kind_constant",
    "frozen_pair": "kind_frozen_pair",
    "negative": "kind_negative",
    "zero": "kind_zero",
    "step": "kind_step",
    "drift": "kind_drift",
    "noise_collapse": "kind_noise_collapse",
    "spike": "kind_spike",
    "periodicity": "kind_periodicity",
    "missing": "kind_missing",
    "late": "kind_late",
    "ammonia_above_total_nitrogen": "kind_ammonia_above_total_nitrogen",
    "oxygen_dilution": "kind_oxygen_dilution",
    "converted_differs": "kind_converted_differs",
    "flow_zero": "kind_flow_zero",
    "stop_marked_but_running": "kind_stop_marked_but_running",
    "mark_contradicted": "kind_mark_contradicted",
    "marks_over_limit": "kind_marks_over_limit",
    "marks_outside_industry": "kind_marks_outside_industry",
    "calibration_in_work_hours": "kind_calibration_in_work_hours",
    "substituted": "kind_substituted",
    "check_failed": "kind_check_failed",
    "treatment_off": "kind_treatment_off",
    "idle_treatment": "kind_idle_treatment",
    "production_in_stop": "kind_production_in_stop",
    "meter_offline": "kind_meter_offline",
}
"""Kinds of anomaly and their words."""
_ENDLESS_SLOTS = 72  # a mark that lasts so long and is never taken back is one without an end


class Heard:
    """What rules found at some sites, and what they were asked, gathered as they speak."""

    def __init__(self, *, notes: Notes | None = None, series: int = 0, limited: int = 0, sites: int = 0) -> None:
        self.found: list[Anomaly] = []
        self.series, self.limited, self.sites = series, limited, sites
        self.silent: Counter[str] = Counter()
        self.odd: Counter[str] = Counter()
        self.notes = notes or Notes()

    def add(self, other: Heard) -> None:
        """Take what was heard elsewhere."""
        self.found += other.found
        self.series += other.series
        self.limited += other.limited
        self.sites += other.sites
        self.silent.update(other.silent)
        self.odd.update(other.odd)
        self.notes.keep(*other.notes.decisions, *other.notes.rejects)

    def outcome(self) -> Outcome[tuple[Anomaly, ...]]:
        """Return what was found, and say what was asked, found by kind, silent and odd."""
        notes = self.notes
        kinds = Counter(one.kind for one in self.found)
        by_kind = [Phrase(KIND_CODES[kind], {"count": kinds[kind]}) for kind in KIND_CODES if kinds[kind]]
        said: dict[str, Value] = {
            "sites": self.sites, "series": self.series, "limited": self.limited, "found": len(self.found),
            "kinds": by_kind or [Phrase("kind_none")],
        }  # fmt: skip
        notes.decide("monitors/", "records_asked", said)
        silent = [Phrase(SILENT_CODES[why], {"count": n}) for why, n in sorted(self.silent.items()) if n]
        if silent:
            count = sum(self.silent.values())
            notes.decide("monitors/", "series_not_judged", {"count": count, "reasons": silent})
        odd = [Phrase(ODD_CODES[what], {"count": n}) for what, n in sorted(self.odd.items()) if n]
        if odd:
            notes.decide("monitors/", "records_odd", {"what": odd})
        return notes.outcome(tuple(self.found))


def hear_records(records: SiteRecords, once: SiteRecords, site: SiteMatrices) -> Heard:
    """Count the series of a site, those of which no rule can say anything, and what is odd about its rows.

    Parameters
    ----------
    records, once : SiteRecords
        As they came, and without the series that came twice.
    site : SiteMatrices
        Of ``once``.
    """
    limited = sum(any("limit" in v.attrs for v in one.variables.values()) for one in records.series)
    heard = Heard(series=len(records.series), limited=limited, sites=1)
    heard.silent["twice"] += len(records.series) - len(once.series)
    judged = {id(outlet.series) for outlet in site.outlets}
    for one in once.series:
        if id(one) not in judged and (why := _why_silent(one)):
            heard.silent[why] += 1
    for outlet in site.outlets:
        heard.odd.update(_odd_of(outlet))
    heard.odd["differ"] += _differing(site.outlets)
    return heard


def _why_silent(series: xr.Dataset) -> str:
    """Why no rule speaks of a series; empty for meters, which have rules of their own."""
    if not series.sizes.get("obs", 0):
        return "empty"
    if any("role" in variable.attrs for variable in series.variables.values()):
        return ""
    return "moments" if series.attrs["interval"] == "realtime" else "nothing"


def _odd_of(outlet: Regular) -> dict[str, int]:
    checks = outlet.has(Condition.CALIBRATION) & (outlet.compared > outlet.limits[:, None])
    tail = (outlet.conditions[:, -_ENDLESS_SLOTS:] != 0).any(axis=0)
    return {
        "conflicts": outlet.odd.conflicts,
        "clock": outlet.odd.of_other_clock,
        "offset": int(outlet.odd.offset_s > 1.0),
        "words": int(outlet.has(Condition.OTHER).any(axis=0).sum()),
        "checks": int(checks.any(axis=0).sum()),
        "codes": sum(code_of(code) is None for code in outlet.codes),
        "endless": int(tail.size == _ENDLESS_SLOTS and bool(tail.all())),
    }


def _differing(outlets: Sequence[Regular]) -> int:
    """Values that two records of one point give differently for one slot."""
    count = 0
    for at, one in enumerate(outlets):
        for other in outlets[at + 1 :]:
            same = one.interval == other.interval and one.zone_offset == other.zone_offset
            if same and one.series.attrs.get("point", "") == other.series.attrs.get("point", ""):
                count += _differing_values(one, other)
    return count


def _differing_values(one: Regular, other: Regular) -> int:
    shift = int((other.start - one.start) / one.length)
    first, last = max(shift, 0), min(one.slots, shift + other.slots)
    shared = [code for code in one.codes if code in other.codes]
    if last <= first or not shared:
        return 0
    mine = one.values[[one.codes.index(code) for code in shared], first:last]
    theirs = other.values[[other.codes.index(code) for code in shared], first - shift : last - shift]
    return int(np.count_nonzero(np.isfinite(mine) & np.isfinite(theirs) & (mine != theirs)))
