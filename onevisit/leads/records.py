"""From what records say to what has to be settled at a site, one matter for each kind of anomaly.

An entry needs records that show an emission, or a record made to look right, beyond ``visit_probability``; a fault
asks for help, what was lost on its way or cannot be told apart for a reminder, and the ordinary course for nothing.
Help is a proposal: where a false mark or a manipulation is not excluded, the records are looked through first and
nobody is contacted; so it is where a fault is likely and a mark at the same site is contradicted. The third fault of
one device within a year is a matter of a visit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ingest.coordinates import zone_of
from ingest.outcome import Notes, Outcome, Phrase, Value
from ingest.schema import Site
from monitors.schema import Anomaly
from onevisit.leads.named import sites_of
from onevisit.leads.rivals import explain_record, probability_of
from onevisit.leads.tables import BUILT_IN, RivalTables
from onevisit.schema import LADDER, Disposition, Explanation, Matter, Rival, VisitKind
from onevisit.settings import VisitSettings

RECENT = timedelta(days=30)
"""What ended longer before the day of the visits is in the report and is no matter to settle: a choice, a month."""
_YEAR = timedelta(days=365)
_NEXT_FAULT = timedelta(days=14)
"""A device that stayed in order for so long was mended: what comes then is its next fault. A choice."""
_FAULTS = 3
_ENTERS = frozenset(
    {
        "exceedance", "marked_exceedance", "mark_contradicted", "treatment_off", "idle_treatment",
        "production_in_stop", "stop_marked_but_running", "oxygen_dilution", "frozen_pair", "periodicity",
        "converted_differs",
    }
)  # fmt: skip
"""Kinds that can be the reason of an entry: others are seen on the screen and settled from there."""
_GUILT, _ORDINARY = (Rival.UNLAWFUL, Rival.MARK), (Rival.MAINTENANCE, Rival.PERMITTED)


def matters_of_records(
    anomalies: Sequence[Anomaly],
    sites: Sequence[Site],
    settings: VisitSettings,
    tables: RivalTables,
    *,
    day: date,
    zone: str,
) -> Outcome[tuple[Matter, ...]]:
    """What records ask to be settled, by site and kind; of several anomalies of one kind the gravest speaks.

    Parameters
    ----------
    anomalies : sequence of Anomaly
        In the order of ``anomalies.geojson``, whose ids they get.
    sites : sequence of Site
        The listed sites. An anomaly at none of them is in the file and the report only, and counted.
    settings : VisitSettings
        ``visit_probability`` is needed for an entry.
    tables : RivalTables
        What was learnt of each kind of anomaly.
    day : date
        For which visits are planned; what ended more than `RECENT` before it is left to the report, and counted.
    zone : str
        Time zone of the times that are told.

    Returns
    -------
    Outcome of tuple of Matter
        In order of site and kind.
    """
    notes, grouped = Notes(), dict[tuple[str, str], list[tuple[str, Anomaly]]]()
    faults = defaultdict[tuple[str, str], list[tuple[str, Anomaly]]](list)
    local = zone_of(zone)
    today = datetime.combine(day, time(), local).astimezone(UTC)
    unlisted = old = quiet = 0
    for number, (one, site) in enumerate(zip(anomalies, sites_of(anomalies, sites), strict=True), start=1):
        if is_ordinary(one, tables):
            quiet += 1
            continue
        if site is None:
            unlisted += 1
            continue
        named = anomaly_id(number), one
        if one.end >= today - _YEAR and dispose(one, settings, tables) is Disposition.HELP:
            faults[site.site_id, one.point or one.code].append(named)
        if one.end < today - RECENT:
            old += 1
        else:
            grouped.setdefault((site.site_id, one.kind), []).append(named)
    matters = [_matter(site_id, told, settings, tables, local) for (site_id, _), told in sorted(grouped.items())]
    matters = _with_marks_reviewed(matters) + _repeated(faults, today - RECENT, local)
    if anomalies:
        values = {"matters": len(matters), "anomalies": len(anomalies), "unlisted": unlisted, "old": old}
        notes.decide("monitors/", "matters_of_records", {**values, "quiet": quiet, "days": RECENT.days})
    return notes.outcome(tuple(sorted(matters, key=lambda matter: matter.site_id)))


def sites_in_question(anomalies: Sequence[Anomaly], sites: Sequence[Site], tables: RivalTables) -> tuple[str, ...]:
    """Ids of the sites whose records ask for an explanation beyond the ordinary course, in order."""
    asked = [one for one in anomalies if not is_ordinary(one, tables)]
    return tuple(sorted({site.site_id for site in sites_of(asked, sites) if site is not None}))


def anomaly_id(number: int) -> str:
    """The id of an anomaly in the file and the report, by its number from 1."""
    return f"A{number:03d}"


def is_ordinary(one: Anomaly, tables: RivalTables = BUILT_IN) -> bool:
    """Whether the ordinary course explains it better than guilt or a fault does."""
    told = explain_record(one, tables)
    ordinary = probability_of(told, *_ORDINARY)
    if one.kind in _BREACHES:
        return False
    return bool(told) and ordinary > max(probability_of(told, *_GUILT), probability_of(told, Rival.FAULT))


def dispose(one: Anomaly, settings: VisitSettings, tables: RivalTables) -> Disposition:
    """What one anomaly asks for on its own."""
    told = explain_record(one, tables)
    guilt, fault = probability_of(told, *_GUILT), probability_of(told, Rival.FAULT)
    if is_ordinary(one, tables):
        return Disposition.NONE
    if one.kind in _ENTERS and guilt >= settings.visit_probability:
        return Disposition.VISIT
    if not told or fault <= guilt or one.kind in _LOST:
        return Disposition.REMIND
    in_doubt = probability_of(told, Rival.MARK) >= settings.review_probability
    return Disposition.REVIEW if in_doubt else Disposition.HELP


_BREACHES = frozenset({"marks_over_limit", "marks_outside_industry"})
"""Against a rule of marking, whoever made the marks and however true they are: a reminder settles them."""
_LOST = frozenset({"missing", "late"})
"""Hours that never came or came late: a reminder has them sent again."""


def _with_marks_reviewed(matters: Sequence[Matter]) -> list[Matter]:
    """At a site with a likely fault, a mark alone sends nobody: it may be of the fault, and is looked into first."""
    of_site: dict[str, list[Matter]] = {}
    for matter in matters:
        of_site.setdefault(matter.site_id, []).append(matter)
    doubtful = {
        site_id
        for site_id, own in of_site.items()
        if any(m.disposition is Disposition.HELP for m in own)
        and all(m.code in _MARKS for m in own if m.disposition is Disposition.VISIT)
    }
    return [
        replace(m, disposition=Disposition.REVIEW)
        if m.site_id in doubtful and m.disposition is Disposition.VISIT else m
        for m in matters
    ]  # fmt: skip


_MARKS = frozenset({"mark_contradicted", "stop_marked_but_running"})


def _matter(
    site_id: str,
    told: Sequence[tuple[str, Anomaly]],
    settings: VisitSettings,
    tables: RivalTables,
    zone: tzinfo,
) -> Matter:
    def grave(pair: tuple[str, Anomaly]) -> tuple[int, float, float]:
        return LADDER.index(dispose(pair[1], settings, tables)), pair[1].strength, pair[1].end.timestamp()

    number, one = max(told, key=grave)
    explanations = explain_record(one, tables)
    return Matter(
        site_id,
        one.kind,
        VisitKind.CASE,
        dispose(one, settings, tables),
        _text(number, one, len(told), zone, explanations),
        number,
        explanations,
        one.end,
    )


def _text(number: str, one: Anomaly, times: int, zone: tzinfo, explanations: Sequence[Explanation]) -> Phrase:
    cause: Value = ""
    if explanations:
        likeliest = explanations[0]
        cause = Phrase("likeliest_cause", {"cause": likeliest.name, "p": likeliest.probability})
    values: dict[str, Value] = {
        "id": number,
        "kind": f"record_{one.kind}",
        "point": one.point or one.code,
        "span": _span(one.start, one.end, zone),
        "cause": cause,
    }
    return Phrase("record_says", values) if times == 1 else Phrase("record_says_times", {**values, "n": times})


def _span(start: datetime, end: datetime, zone: tzinfo) -> str:
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} – {until}"


def _repeated(
    faults: dict[tuple[str, str], list[tuple[str, Anomaly]]], recent: datetime, zone: tzinfo
) -> list[Matter]:
    """A visit where a device breaks for the third time within a year, the last time not long ago."""
    found = []
    for (site_id, device), told in sorted(faults.items()):
        ordered = sorted(told, key=lambda pair: pair[1].start)
        begins = [ordered[0]]
        last = ordered[0][1].end
        for pair in ordered[1:]:
            if pair[1].start - last >= _NEXT_FAULT:
                begins.append(pair)
            last = max(last, pair[1].end)
        if len(begins) >= _FAULTS and last >= recent:
            days = tuple(f"{one.start.astimezone(zone):%Y-%m-%d}" for _, one in begins)
            text = Phrase("faults_repeated", {"device": device, "n": len(begins), "days": days})
            ids = begins[-1][0]
            found.append(Matter(site_id, "repeated_fault", VisitKind.CASE, Disposition.VISIT, text, ids, (), last))
    return found
