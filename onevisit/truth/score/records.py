"""What records are said to show, held against what was put into them: kinds, causes, and when sites ran.

A finding is *right* where a true anomaly of its site allows its kind (its own, or one of ``also``) and at least half
of the finding lies within `NEAR` of the truth: an alarm over a whole record finds nothing. A case is found
by a right finding of its own kind. What is said of a true anomaly that nobody has to find counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitors.schema import Cause
from onevisit.truth.score.measures import Measure, not_built, ratio, share
from onevisit.truth.score.results import Feature, Results, Truth

NEAR = np.timedelta64(12, "h")
"""What a finding may lie beside the truth: rules speak of days, and of hours before and after a fault."""
INSIDE = 0.5
_REAL_EMISSION = ("exceedance", "marked_exceedance", "mark_contradicted", "stop_marked_but_running")
"""Kinds that must not be called faults where the site emitted or marked falsely."""
_BINS = 10


@dataclass(frozen=True)
class Said:
    """One finding: what, where, when, and the likeliest of its causes (None where none was weighed)."""

    kind: str
    site_id: str
    code: str
    start: np.datetime64
    end: np.datetime64
    cause: str | None = None


@dataclass(frozen=True)
class Real:
    """One true anomaly (`onevisit.truth.simulate.records.weeks.truth_of_anomaly`)."""

    kind: str
    site_id: str
    code: str
    start: np.datetime64
    end: np.datetime64
    cause: str
    also: tuple[str, ...] = ()
    required: bool = True
    name: str = ""

    @property
    def is_fault(self) -> bool:
        """Whether an analyser or a meter made it."""
        return self.required and self.cause == Cause.FAULT

    @property
    def is_emission(self) -> bool:
        """Whether it is a true exceedance or a false mark."""
        return self.required and self.cause in (Cause.EMISSION, Cause.TAMPERING) and self.kind in _REAL_EMISSION


@dataclass(frozen=True)
class Paired:
    """A finding and the true anomaly that it tells of (None: it is wrong)."""

    said: Said
    real: Real | None


@dataclass(frozen=True)
class Ran:
    """When a site is said to have run: the starts of intervals (UTC), their seconds, probabilities (NaN: unknown)."""

    site_id: str
    time: NDArray[np.datetime64]
    length_s: NDArray[np.float64]
    running: NDArray[np.float64]


def real_anomalies(truth: Mapping[str, Any]) -> list[Real]:
    """The true anomalies of a ``truth.json``."""
    return [
        Real(
            a["kind"], a["site_id"], str(a.get("code", "")), _moment(a["start"]), _moment(a["end"]),
            str(a.get("cause", "")), tuple(a.get("also", ())), bool(a.get("required", True)),
            str(a.get("name", a["kind"])),
        )
        for a in truth.get("anomalies", ())
    ]  # fmt: skip


def said_in_features(features: Iterable[Feature]) -> list[Said]:
    """The findings of ``anomalies.geojson``."""
    found = []
    for feature in features:
        p = feature.properties
        causes: Mapping[str, float] = p.get("causes") or {}
        likeliest = max(causes, key=lambda one: causes[one], default=None)
        moments = _moment(str(p["start"])), _moment(str(p["end"]))
        found.append(Said(str(p["kind"]), str(p.get("site_id")), str(p.get("code", "")), *moments, likeliest))
    return found


def _moment(text: str) -> np.datetime64:
    """A moment in UTC of ISO 8601 with Z or +00:00."""
    return np.datetime64(text.removesuffix("Z").removesuffix("+00:00"), "s")


# --- kinds ---------------------------------------------------------------------------------------------------------


def pair_findings(said: Sequence[Said], real: Sequence[Real]) -> list[Paired]:
    """Give every finding the true anomaly that allows it: rather of its own kind, to be found, and close in time."""
    by_site: dict[str, list[Real]] = {}
    for one in real:
        by_site.setdefault(one.site_id, []).append(one)
    pairs = []
    for finding in said:
        fitting = [r for r in by_site.get(finding.site_id, ()) if allows(r, finding)]
        best = max(fitting, key=lambda r: (r.kind == finding.kind, r.required, _common(r, finding)), default=None)
        pairs.append(Paired(finding, best))
    return pairs


def allows(real: Real, said: Said) -> bool:
    """Whether a finding is right to say of a true anomaly."""
    if said.kind != real.kind and said.kind not in real.also:
        return False
    return bool(_common(real, said) >= INSIDE * (_end(said) - said.start))


def _common(real: Real, said: Said) -> np.timedelta64:
    """How much of a finding lies within `NEAR` of the truth."""
    return min(_end(said), real.end + NEAR) - max(said.start, real.start - NEAR)


def _end(said: Said) -> np.datetime64:
    """A moment lasts a second."""
    return max(said.end, said.start + np.timedelta64(1, "s"))


def found_cases(said: Sequence[Said], real: Sequence[Real]) -> list[tuple[Real, bool]]:
    """Every anomaly that has to be found, and whether a finding of its own kind tells of it."""
    by_site: dict[tuple[str, str], list[Said]] = {}
    for finding in said:
        by_site.setdefault((finding.site_id, finding.kind), []).append(finding)
    return [
        (r, any(allows(r, finding) for finding in by_site.get((r.site_id, r.kind), ()))) for r in real if r.required
    ]


def score_monitor_rules(results: Results, truth: Truth) -> list[Measure]:
    """Precision and recall of the rules on monitor, power and treatment records by kind, and their causes."""
    real = real_anomalies(truth.content)
    if results.anomalies is None:
        kinds = sorted({r.kind for r in real if r.required})
        built = [not_built(key, title, "%") for kind in kinds for key, title in _titles(kind)]
        return [*built, *_causes([], built=False)]
    said = said_in_features(results.anomalies)
    pairs, cases = pair_findings(said, real), found_cases(said, real)
    measures = []
    for kind in sorted({r.kind for r in real if r.required} | {s.kind for s in said}):
        (precision, says), (recall, finds) = _titles(kind)
        right = [p.real is not None for p in counted(pairs) if p.said.kind == kind]
        measures.append(share(precision, says, right))
        measures.append(share(recall, finds, [hit for r, hit in cases if r.kind == kind]))
    return [*measures, *_causes(pairs, built=any(s.cause for s in said))]


def counted(pairs: Iterable[Paired]) -> list[Paired]:
    """Pairs without those of true anomalies that nobody has to find."""
    return [p for p in pairs if p.real is None or p.real.required]


def _titles(kind: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (
        (f"monitors.{kind}.precision", f"{kind}: findings that are right"),
        (f"monitors.{kind}.recall", f"{kind}: cases that are found"),
    )


# --- causes --------------------------------------------------------------------------------------------------------


def _causes(pairs: Sequence[Paired], *, built: bool) -> list[Measure]:
    """How many findings of faults are called faults, and of emissions and false marks."""
    keys = ("monitors.causes.faults", "faults of analysers and meters that are called faults"), (
        "monitors.causes.emissions", "true exceedances and false marks that are called faults",
    )  # fmt: skip
    if not built:
        return [not_built(keys[0][0], keys[0][1], "%"), not_built(keys[1][0], keys[1][1], "%", "low")]
    weighed = [(p.real, p.said.cause == Cause.FAULT) for p in pairs if p.real is not None and p.said.cause]
    return [
        share(*keys[0], [fault for real, fault in weighed if real.is_fault]),
        share(*keys[1], [fault for real, fault in weighed if real.is_emission], "low"),
    ]


# --- activity ------------------------------------------------------------------------------------------------------


def score_activity(results: Results, truth: Truth) -> list[Measure]:
    """Whether it is right at a minute that a site ran, and whether the stated probabilities hold."""
    titles = {
        "activity.right": "minutes of which it is right that a site ran or stood, where records say anything",
        "activity.calibration": "difference of stated probability and share of minutes, over ten classes",
    }
    if results.activity is None or not truth.content.get("activity"):
        return [
            not_built("activity.right", titles["activity.right"], "%"),
            not_built("activity.calibration", titles["activity.calibration"], "", "low"),
        ]
    true = {t["site_id"]: t for t in truth.content["activity"]}
    told = [ran_in_feature(f) for f in results.activity if f.properties.get("site_id") in true]
    parts = [judge_activity(one, true[one.site_id]) for one in told]
    stated, real, minutes = (np.concatenate([p[k] for p in parts] or [np.zeros(0)]) for k in range(3))
    right = np.where(stated >= 0.5, real, 1.0 - real) * minutes
    bins = calibration(stated, real, minutes)
    error = [(abs(said - ran) * weight, weight) for said, ran, weight in bins if weight > 0]
    return [
        ratio(
            "activity.right",
            titles["activity.right"],
            "%",
            list(zip((100.0 * right).tolist(), minutes.tolist(), strict=True)),
        ),
        ratio("activity.calibration", titles["activity.calibration"], "", error, "low"),
    ]


def ran_in_feature(feature: Feature) -> Ran:
    """One site of ``activity.geojson``: lists ``time``, ``length_s``, ``running`` (null where nobody knows)."""
    p = feature.properties
    time = np.array([_moment(str(t)) for t in p["time"]], "datetime64[s]")
    running = np.array([np.nan if r is None else float(r) for r in p["running"]])
    return Ran(str(p["site_id"]), time, np.asarray(p["length_s"], float), running)


def judge_activity(
    ran: Ran, true: Mapping[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of each interval that says something: its probability, the share of its minutes in which the site ran, minutes.

    Parameters
    ----------
    ran : Ran
    true : mapping
        ``begins``, ``minutes`` and stretches ``on`` of one site (`truth_of_activity`).
    """
    on = np.zeros(int(true["minutes"]) + 1)
    for first, last in true["on"]:
        on[first:last] = 1.0
    sums = np.r_[0.0, np.cumsum(on[:-1])]
    begin = ((ran.time - _moment(true["begins"])) / np.timedelta64(1, "m")).astype(int)
    ends = np.clip(begin + np.maximum(np.round(ran.length_s / 60.0), 1).astype(int), 0, len(sums) - 1)
    begin = np.clip(begin, 0, len(sums) - 1)
    minutes = (ends - begin).astype(float)
    known = np.isfinite(ran.running) & (minutes > 0)
    share_on = (sums[ends] - sums[begin])[known] / minutes[known]
    return ran.running[known], share_on, minutes[known]


def calibration(
    stated: NDArray[np.float64], real: NDArray[np.float64], minutes: NDArray[np.float64]
) -> list[tuple[float, float, float]]:
    """Mean stated probability, share of minutes in which sites ran, and minutes, in ten classes of probability."""
    classes = np.clip((stated * _BINS).astype(int), 0, _BINS - 1)
    weight = np.bincount(classes, minutes, _BINS)
    with np.errstate(invalid="ignore"):
        said = np.bincount(classes, minutes * stated, _BINS) / weight
        ran = np.bincount(classes, minutes * real, _BINS) / weight
    return [(float(s), float(r), float(w)) for s, r, w in zip(said, ran, weight, strict=True)]
