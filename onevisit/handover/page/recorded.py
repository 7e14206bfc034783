"""What the records of sites say, for the report: a card per site, a drawing per quantity, a line per anomaly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
import xarray as xr
from markupsafe import Markup, escape

from fusion.schema import Hotspot
from ingest.schema import Site, is_mark
from monitors import running_at
from monitors.schema import Anomaly
from onevisit.handover.page.axes import (
    BINS,
    BOTTOM,
    HEIGHT,
    SPARSE_ROWS,
    STRIPE,
    TOP,
    WIDTH,
    Floats,
    Scale,
    band_path,
    rows_path,
    stripes_path,
    time_axis,
    value_axis,
    value_range,
)
from onevisit.handover.page.contents import ReportContents
from onevisit.handover.page.envelope import bin_index, envelope
from onevisit.leads.named import sites_of
from onevisit.leads.records import anomaly_id, is_ordinary
from onevisit.words.numbers import probability_text, unit_text
from onevisit.words.strings import STRINGS, Words

MOST_SITES = 40
"""Sites with a card on the page; all are in the file."""
_POINT = ("permit_code", "uscc", "site_name", "point", "source")
_Points = Mapping[tuple[str, ...], Sequence[xr.Dataset]]
"""Series by what names their point."""
_MOST_LINES = 12
"""Anomalies of one site that are told one by one; the rest are counted by kind, and all are in the file."""
_MOST_DRAWINGS = 3
_MOST_NAMED = 3
_OF_DEVICES = ("power", "current", "energy", "state", "hours")
_RECENT = timedelta(days=1)
"""An anomaly that ended so long before a hotspot was seen is not told beside it."""


@dataclass(frozen=True)
class RecordLine:
    """One anomaly: its number in ``anomalies.geojson``, what it is, of what, when, and what can have made it."""

    id: str
    kind: str
    quantity: str
    start: datetime
    end: datetime
    values: str
    causes: tuple[tuple[str, float], ...]
    rivals: str
    quiet: bool


@dataclass(frozen=True, eq=False)
class RecordCard:
    """What the records of one site say: its lines, drawings of the quantities that they are about, and the rest."""

    name: str
    site_id: str
    lines: tuple[RecordLine, ...]
    drawings: tuple[tuple[str, Markup], ...]
    more: str


def record_cards(
    anomalies: Sequence[Anomaly],
    series: Sequence[xr.Dataset],
    sites: Sequence[Site],
    words: Words,
    zone: tzinfo,
) -> tuple[list[RecordCard], int]:
    """A card for each site whose records say something, and how many more sites there are than cards.

    Those that ask something of somebody come first.
    """
    named = {_whose(one): site for one, site in zip(anomalies, sites_of(anomalies, sites), strict=True)}
    grouped: dict[str, list[tuple[str, Anomaly]]] = {}
    for number, one in enumerate(anomalies, start=1):
        site = named[_whose(one)]
        grouped.setdefault(site.site_id if site else "\0".join(_whose(one)), []).append((anomaly_id(number), one))
    for told in grouped.values():
        told.sort(key=lambda pair: (is_ordinary(pair[1]), -pair[1].strength, pair[1].start, pair[0]))
    order = sorted(grouped, key=lambda key: (is_ordinary(grouped[key][0][1]), -_weight(grouped[key]), key))
    points = _by_point(series)
    shown = [grouped[key] for key in order[:MOST_SITES]]
    return [_card(told, named[_whose(told[0][1])], points, words, zone) for told in shown], len(order) - len(shown)


def notes_on_candidates(hotspot: Hotspot, contents: ReportContents, words: Words, zone: tzinfo) -> Mapping[str, str]:
    """What the records of sites say about the time of a hotspot, by site id: whether it ran, what was amiss."""
    sites, moment = contents.sites, hotspot.last_seen
    notes: dict[str, list[str]] = {}
    for activity, site in zip(contents.activities, sites_of(contents.activities, sites), strict=True):
        running = running_at(activity, moment)
        if site is not None and running is not None:
            at = f"{moment.astimezone(zone):%H:%M}"
            notes.setdefault(site.site_id, []).append(words("ran_then", time=at, p=probability_text(running)))
    amiss: dict[str, list[str]] = {}
    owners = sites_of(contents.anomalies, sites)
    for number, (one, site) in enumerate(zip(contents.anomalies, owners, strict=True), start=1):
        if is_ordinary(one) or one.start > hotspot.last_seen or one.end < hotspot.first_seen - _RECENT:
            continue
        if site is not None:
            amiss.setdefault(site.site_id, []).append(f"{anomaly_id(number)} {words(f'record_{one.kind}')}")
    for site_id, listed in amiss.items():
        notes.setdefault(site_id, []).append(words("record_then", listed=words("comma").join(listed[:_MOST_NAMED])))
    return {site_id: words("comma").join(told) for site_id, told in notes.items()}


def _whose(one: Anomaly) -> tuple[str, str, str]:
    return one.permit_code, one.uscc, one.site_name


def _by_point(series: Sequence[xr.Dataset]) -> _Points:
    points: dict[tuple[str, ...], list[xr.Dataset]] = {}
    for one in series:
        points.setdefault(tuple(str(one.attrs[name]) for name in _POINT), []).append(one)
    return points


def _weight(told: Sequence[tuple[str, Anomaly]]) -> float:
    """How many kinds of anomaly ask something of somebody."""
    return float(len({one.kind for _, one in told if not is_ordinary(one)}))


def _card(
    told: Sequence[tuple[str, Anomaly]],
    site: Site | None,
    points: _Points,
    words: Words,
    zone: tzinfo,
) -> RecordCard:
    first = told[0][1]
    shown, rest = told[:_MOST_LINES], told[_MOST_LINES:]
    counts: dict[str, int] = {}
    for _, one in rest:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    listed = [words("record_times", kind=words(f"record_{kind}"), n=n) for kind, n in counts.items()]
    return RecordCard(
        site.name if site else first.site_name or first.permit_code or first.uscc or first.point or first.source,
        site.site_id if site else "",
        tuple(_line(number, one, points, words) for number, one in shown),
        tuple(_drawings([one for _, one in shown], points, words, zone)),
        words("record_more", listed=words("comma").join(listed)) if listed else "",
    )


def _line(number: str, one: Anomaly, points: _Points, words: Words) -> RecordLine:
    causes = sorted(((c, p) for c, p in one.causes.items() if p >= 0.01), key=lambda pair: -pair[1])
    said = words("comma").join(_rival(rival, words) for rival in one.rivals)
    return RecordLine(
        number,
        words(f"record_{one.kind}"),
        _quantity(one, points),
        one.start,
        one.end,
        _said(one, words),
        tuple((words(f"cause_{cause}"), share) for cause, share in causes),
        said,
        is_ordinary(one),
    )


def _rival(rival: str, words: Words) -> str:
    """What else could explain it: a mark in the record's own words, or a code that has words."""
    head, _, tail = rival.partition(":")
    return words("marked_as", text=tail.replace("_", " ")) if head == "marked" else words(f"rival_{head}")


def _said(one: Anomaly, words: Words) -> str:
    """What was compared with what, as a sentence; numbers with four digits, units as they are printed."""
    figures: dict[str, str] = defaultdict(lambda: "–")
    for name, value in one.values.items():
        if not isinstance(value, str):
            figures[name] = f"{value:.4g}"
        elif name == "unit":
            figures[name] = unit_text(value)
        else:
            figures[name] = words(f"said_{value}") if f"said_{value}" in STRINGS else value
    alone = f"alone_{one.kind}"  # of a sensor in the open nothing is known of the values before and after
    key = alone if alone in STRINGS and "beside" not in one.values else f"says_{one.kind}"
    return words(key).format_map(figures)


def _quantity(one: Anomaly, points: _Points) -> str:
    """A quantity as the records call it, with its code and point."""
    name = next((str(s[v].attrs.get("long_name", v)) for s, v in _variables(one, points)), one.code)
    return f"{name} · {one.point}" if one.point else name


def _variables(one: Anomaly, points: _Points) -> list[tuple[xr.Dataset, str]]:
    """The series of the anomaly's point that hold its quantity, with the variable's name there."""
    found = []
    for candidate in points.get(tuple(getattr(one, name) for name in _POINT), ()):
        names = [str(name) for name in candidate.data_vars if not is_mark(str(name))]
        fitting = [name for name in names if one.code in ("", name, candidate[name].attrs.get("code", name))]
        fitting += [f"{one.code}_{kind}" for kind in _OF_DEVICES if f"{one.code}_{kind}" in candidate]
        found += [(candidate, name) for name in fitting[:1]]
    return found


def _drawings(told: Sequence[Anomaly], points: _Points, words: Words, zone: tzinfo) -> list[tuple[str, Markup]]:
    """One drawing for each quantity that the lines are about, the first few."""
    drawn: dict[tuple[int, str], tuple[xr.Dataset, str, list[Anomaly]]] = {}
    for one in told:
        for dataset, name in _variables(one, points)[:1]:
            drawn.setdefault((id(dataset), name), (dataset, name, []))[2].append(one)
    result = []
    for dataset, name, about in list(drawn.values())[:_MOST_DRAWINGS]:
        title = f"{dataset[name].attrs.get('long_name', name)} · {dataset.attrs['point'] or dataset.attrs['mn']}"
        label = f"{title}, {unit_text(str(dataset[name].attrs.get('units', '')))}"
        result.append((title, draw_record(dataset, name, about, zone, label=label, limit=words("limit"))))
    return result


def draw_record(
    series: xr.Dataset, name: str, anomalies: Sequence[Anomaly], zone: tzinfo, *, label: str, limit: str
) -> Markup:
    """Draw one quantity of a record as SVG: its limit, the times of anomalies behind it, its marks below."""
    time = series["time"].values
    seconds = (time - time[0]) / np.timedelta64(1, "s")
    values = series[name].values
    stated = float(series[name].attrs.get("limit", np.nan))
    scale = Scale(float(seconds[-1]), *value_range(values, np.array([stated])))
    marks = _marked(series, name, seconds)
    height = HEIGHT + STRIPE * len(marks)
    start = datetime.fromisoformat(str(time[0].astype("datetime64[ms]"))).replace(tzinfo=UTC)
    parts = [
        f'<svg class="series record" viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{escape(label)}">',
        f'<path class="suspect" d="{"".join(_span(one, start, scale) for one in anomalies)}"/>',
        *value_axis(scale, str(series[name].attrs.get("units", ""))),
        *time_axis(start, zone, scale),
    ]
    if np.isfinite(stated):
        y = scale.y(stated)
        parts.append(f'<path class="limit" d="M{scale.x(0):.1f} {y:.1f}H{scale.x(scale.seconds):.1f}"/>')
        parts.append(f'<text class="tick" x="{scale.x(0) + 4:.1f}" y="{y - 3:.1f}">{escape(limit)}</text>')
    if len(seconds) <= SPARSE_ROWS:
        parts.append(f'<path class="rows" d="{rows_path(seconds, values, scale)}"/>')
    else:
        parts.append(f'<path class="band" d="{band_path(envelope(seconds, values, BINS), scale)}"/>')
    for number, share in enumerate(marks.values()):
        parts.append(f'<path class="flag flag-mark" d="{stripes_path(share, scale, number)}"/>')
    return Markup("".join(parts) + "</svg>")


def _span(one: Anomaly, start: datetime, scale: Scale) -> str:
    """The time of an anomaly as a box over the height of the drawing, at least as wide as can be seen."""
    left = scale.x(min(max((one.start - start).total_seconds(), 0.0), scale.seconds))
    right = scale.x(min(max((one.end - start).total_seconds(), 0.0), scale.seconds))
    return f"M{left:.1f} {TOP:g}h{max(right - left, 2.0):.1f}v{HEIGHT - TOP - BOTTOM:g}H{left:.1f}z"


def _marked(series: xr.Dataset, name: str, seconds: Floats) -> Mapping[str, Floats]:
    """Share of the rows of each slice of time that bear a mark; of the quantity's own and of the point's marks."""
    index = bin_index(seconds, BINS)
    count = np.maximum(np.bincount(index, minlength=BINS), 1)
    found = {}
    for mark in (f"{name}_mark", "mark"):
        if mark in series:
            numbers = np.atleast_1d(series[mark].attrs["flag_values"])
            words = str(series[mark].attrs["flag_meanings"]).split()
            plain = [n for n, word in zip(numbers.tolist(), words, strict=True) if word in ("no_mark", "normal")]
            said = ~np.isin(series[mark].values, plain)
            if said.any():
                found[mark] = np.bincount(index, said, minlength=BINS) / count
    return found
