"""From what records say to what has to be settled at a site, one matter for each kind of anomaly.

An entry needs records that show an emission, or a record made to look right, beyond ``visit_probability``; a fault
asks for help, what was lost on its way or cannot be told apart for a reminder, and the ordinary course for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ingest.coordinates import zone_of
from ingest.outcome import Notes, Outcome
from ingest.schema import Site
from monitors.schema import Activity, Anomaly, Cause
from onevisit.schema import Disposition, Explanation, Matter, VisitKind
from onevisit.settings import VisitSettings
from onevisit.words.strings import Words

RECENT = timedelta(days=30)
"""What ended longer before the day of the visits is in the report and is no matter to settle: a choice, a month."""
_ENTERS = frozenset(
    {
        "exceedance", "marked_exceedance", "mark_contradicted", "treatment_off", "idle_treatment",
        "production_in_stop", "stop_marked_but_running", "oxygen_dilution", "frozen_pair",
    }
)  # fmt: skip
"""Kinds that can be the reason of an entry: others are seen on the screen and settled from there."""
_EN, _ZH = Words("en"), Words("zh")
_LADDER = tuple(Disposition)
_NAMES = ("permit_code", "uscc", "site_name")


def matters_of_records(
    anomalies: Sequence[Anomaly], sites: Sequence[Site], settings: VisitSettings, *, day: date, zone: str
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
    local = zone_of(zone)
    first = datetime.combine(day, time(), local).astimezone(UTC) - RECENT
    unlisted = old = quiet = 0
    for number, (one, site) in enumerate(zip(anomalies, sites_of(anomalies, sites), strict=True), start=1):
        if is_ordinary(one):
            quiet += 1
        elif site is None:
            unlisted += 1
        elif one.end < first:
            old += 1
        else:
            grouped.setdefault((site.site_id, one.kind), []).append((anomaly_id(number), one))
    matters = tuple(_matter(site_id, told, settings, local) for (site_id, _), told in sorted(grouped.items()))
    if anomalies:
        values = {"matters": len(matters), "anomalies": len(anomalies), "unlisted": unlisted, "old": old}
        notes.decide("monitors/", "matters_of_records", {**values, "quiet": quiet, "days": RECENT.days})
    return notes.outcome(matters)


def sites_in_question(anomalies: Sequence[Anomaly], sites: Sequence[Site]) -> tuple[str, ...]:
    """Ids of the sites whose records ask for an explanation beyond the ordinary course, in order."""
    asked = [one for one in anomalies if not is_ordinary(one)]
    return tuple(sorted({site.site_id for site in sites_of(asked, sites) if site is not None}))


def anomaly_id(number: int) -> str:
    """The id of an anomaly in the file and the report, by its number from 1."""
    return f"A{number:03d}"


def sites_of(said: Iterable[Anomaly | Activity], sites: Sequence[Site]) -> list[Site | None]:
    """The one site that each record speaks of: by permit code, else credit code, else name, where just one has it."""
    named: dict[tuple[str, str], list[Site]] = {}
    for site in sites:
        for field in _NAMES:
            named.setdefault((field, getattr(site, "name" if field == "site_name" else field)), []).append(site)
    return [
        _only([named.get((field, getattr(one, field)), []) for field in _NAMES if getattr(one, field)])
        for one in said
    ]


def _only(found: Iterable[Sequence[Site]]) -> Site | None:
    return next((same[0] for same in found if len(same) == 1), None)


def is_ordinary(one: Anomaly) -> bool:
    """Whether the ordinary course explains it better than guilt, a fault or a loss on the way does."""
    ordinary, *others = _shares(one)
    return bool(one.causes) and ordinary > max(others)


def dispose(one: Anomaly, settings: VisitSettings) -> Disposition:
    """What one anomaly asks for on its own."""
    _, guilt, fault, lost = _shares(one)
    if is_ordinary(one):
        return Disposition.NONE
    if one.kind in _ENTERS and guilt >= settings.visit_probability:
        return Disposition.VISIT
    return Disposition.HELP if fault > max(guilt, lost) else Disposition.REMIND


def _shares(one: Anomaly) -> tuple[float, ...]:
    """Probabilities of the ordinary course, of guilt, of a fault, of a loss on the way."""
    groups = ((Cause.MAINTENANCE, Cause.OPERATION), (Cause.EMISSION, Cause.TAMPERING))
    return tuple(
        sum(one.causes.get(cause, 0.0) for cause in group)
        for group in (*groups, (Cause.FAULT,), (Cause.TRANSMISSION,))
    )


def _matter(site_id: str, told: Sequence[tuple[str, Anomaly]], settings: VisitSettings, zone: tzinfo) -> Matter:
    def grave(pair: tuple[str, Anomaly]) -> tuple[int, float, float]:
        return _LADDER.index(dispose(pair[1], settings)), pair[1].strength, pair[1].end.timestamp()

    number, one = max(told, key=grave)
    return Matter(
        site_id,
        one.kind,
        VisitKind.CASE,
        dispose(one, settings),
        _text(number, one, len(told), zone, _EN),
        _text(number, one, len(told), zone, _ZH),
        number,
        tuple(_explanations(one)),
        one.end,
    )


def _explanations(one: Anomaly) -> Iterator[Explanation]:
    for cause, share in sorted(one.causes.items(), key=lambda pair: -pair[1]):
        yield Explanation(f"cause_{cause}", share)


def _text(number: str, one: Anomaly, times: int, zone: tzinfo, words: Words) -> str:
    start, end = one.start.astimezone(zone), one.end.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%m-%d %H:%M}"
    cause = ""
    if one.cause is not None:
        cause = words("record_cause", cause=words(f"cause_{one.cause}"), p=f"{one.causes[one.cause]:.2f}")
    return words(
        "record_matter" if times == 1 else "record_matter_times",
        id=number,
        kind=words(f"record_{one.kind}"),
        point=one.point or one.code,
        span=f"{start:%Y-%m-%d %H:%M} – {until}",
        cause=cause,
        n=times,
    )
