"""``report.html``: everything, for a person, in one file that needs no network.

The page carries a content security policy that forbids every request, so nothing of it can leak or be missing. All
that comes from input files passes through jinja's escaping, or is JSON in which ``<`` is written as an escape.
"""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.resources import Resources
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from PIL import Image

from fusion.schema import Attribution, Hotspot
from ingest.coordinates import zone_of
from ingest.schema import Site, species_names
from onevisit.atomic import write_text
from onevisit.handover.data.emissions import rate_in_grams, rate_unit
from onevisit.handover.data.findings import finding_lines, sought_lines
from onevisit.handover.data.plumes import ApartLine, count_apart, strongest_apart
from onevisit.handover.data.tables import amap_link, chinese_position
from onevisit.handover.page.charts import Series, draw_series, draw_wind, series_of
from onevisit.handover.page.contents import Picture, RegionContents, ReportContents, WhyPicture
from onevisit.handover.page.map_frame import hotspot_boxes, lonlat_fit
from onevisit.handover.page.maps import RAMP, TEAM_COLOURS, RegionMap, draw_map
from onevisit.handover.page.recorded import notes_on_candidates, record_cards
from onevisit.handover.page.redrive import AgainCard, again_cards
from onevisit.handover.page.summary import summarise
from onevisit.handover.page.urgent import alarm_text
from onevisit.handover.page.witnessed import WitnessedSite, witnessed_sites
from onevisit.schema import Visit
from onevisit.words.numbers import p_text, probability_text, rounded, unit_text, with_error
from onevisit.words.strings import Words
from onevisit.words.telling import tell

_MOST_CANDIDATES = 6
"""Sites drawn one by one in a hotspot's chart; the rest are one bar, so that the bars still sum to one."""


@dataclass(frozen=True)
class Candidate:
    """One bar of a hotspot's chart. ``kind`` is ``site``, ``rest`` or the name of a rival."""

    label: str
    note: str
    probability: float
    kind: str


@dataclass(frozen=True)
class ReasonPlot:
    """The picture of why, as data URI, and the lettered sites by name, as the picture cannot write them."""

    uri: str
    sites: str


@dataclass(frozen=True, eq=False)
class HotspotCard:
    """A hotspot with what could explain it. ``region`` is the number of its map."""

    hotspot: Hotspot
    attribution: Attribution | None
    candidates: tuple[Candidate, ...]
    witnessed: tuple[WitnessedSite, ...]
    rose: Markup
    region: int
    source: str
    picture: ReasonPlot | None
    title: str
    tier: str
    chance: str
    notes: tuple[str, ...]
    urgent: bool


@dataclass(frozen=True, eq=False)
class TracePlot:
    """The plot of one species of one outing. ``region`` is the number of its map."""

    series: Series
    drawing: Markup
    region: int


@dataclass(frozen=True, eq=False)
class PicturePlot:
    """A mosaic and its data URI; ``key`` is its placeholder in the map."""

    picture: Picture
    key: str
    uri: str


def write_report(path: Path, contents: ReportContents, *, lang: str = "en") -> None:
    """Write the report in one language (``en`` or ``zh``).

    Raises
    ------
    SettingError
        If the language or the time zone is not known.
    """
    write_text(path, render_report(contents, lang=lang))


def render_report(contents: ReportContents, *, lang: str = "en") -> str:
    """The whole page as a string."""
    words, zone = Words(lang), zone_of(contents.time_zone)
    maps = [_map(number, region, contents, words, zone) for number, region in enumerate(contents.regions)]
    pictures = [_pictures(number, region) for number, region in enumerate(contents.regions)]
    cards = _cards(contents, words, zone)
    recorded, unshown = record_cards(contents.anomalies, contents.series, contents.sites, words, zone)
    template = _environment(words, zone).from_string(_asset("report.html.j2"))
    return template.render(
        c=contents,
        w=words,
        lang=lang,
        gap="" if lang == "zh" else " ",
        summary=summarise(contents),
        maps=maps,
        pictures=[plot for region in pictures for plot in region],
        alarms=[alarm_text(alarm, zone, words) for alarm in contents.alarms],
        cards=cards,
        again=_again(contents, words),
        recorded=recorded,
        unshown=unshown,
        first=_first_text(
            min((card.hotspot for card in cards), key=lambda hotspot: (hotspot.rank, hotspot.id)), words
        )
        if cards
        else "",
        plumes=_plumes_apart(contents),
        apart=_apart_text(contents, words),
        findings=[line for region in contents.regions for line in finding_lines(region.findings, region.crs)],
        sought=[line for region in contents.regions for line in sought_lines(region.findings)],
        plots=_plots(contents, words, zone),
        css=Markup(_asset("report.css")),
        script=Markup(_asset("report.js")),
        bokeh=Markup(_bokeh_script()),
        items=_json([m.item for m in maps]),
        facts=_json([_map_facts(m, r, words) for m, r in zip(maps, contents.regions, strict=True)]),
        ramp=", ".join(RAMP),
        colours=TEAM_COLOURS,
    )


def _again(contents: ReportContents, words: Words) -> list[AgainCard]:
    sites = {site.site_id: site for site in contents.sites}
    minutes = {drive.id: _duration(drive.driving_s, words) for drive in contents.again.drives}
    return again_cards(contents.again, sites, words, minutes)


def _map(number: int, region: RegionContents, contents: ReportContents, words: Words, zone: tzinfo) -> RegionMap:
    return draw_map(
        region,
        f"map-{number}",
        sites=contents.sites,
        visits=contents.visits,
        routes=contents.routes,
        roads=contents.roads,
        words=words,
        zone=zone,
    )


def _map_facts(drawn: RegionMap, region: RegionContents, words: Words) -> dict[str, Any]:
    """What the page's script needs to steer a map: its bounds, its scales, and a box per hotspot to zoom to."""
    return {
        "bounds": [round(value, 1) for value in drawn.bounds],
        "scales": [
            {"species": words.species(s.species), "unit": unit_text(s.unit), "top": rounded(s.top, 2)}
            for s in drawn.scales
        ],
        "hotspots": hotspot_boxes(region),
        "fit": lonlat_fit(region.crs, drawn.bounds),
    }


def _pictures(number: int, region: RegionContents) -> list[PicturePlot]:
    return [
        PicturePlot(picture, f"picture:map-{number}:{k}", _data_uri(picture))
        for k, picture in enumerate(region.pictures)
    ]


def _data_uri(picture: Picture) -> str:
    stream = io.BytesIO()
    Image.fromarray(picture.rgba, "RGBA").save(stream, "WEBP", quality=78, method=4, alpha_quality=60)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _cards(contents: ReportContents, words: Words, zone: tzinfo) -> list[HotspotCard]:
    sites = {site.site_id: site for site in contents.sites}
    urgent = {alarm.hotspot_id for alarm in contents.alarms}
    cards = []
    for number, region in enumerate(contents.regions):
        explained = {attribution.hotspot_id: attribution for attribution in region.attributions}
        reasons = {e.why.hotspot.id: _reason_plot(e, sites) for e in region.why_pictures}
        for hotspot in region.hotspots:
            attribution = explained.get(hotspot.id)
            bearing = attribution.bearing_deg if attribution else None
            half_width = attribution.half_width_deg if attribution else 180.0
            known = hotspot.wind_speed is not None
            rose = draw_wind(hotspot.wind_from_deg, bearing, half_width, known=known)
            notes = notes_on_candidates(hotspot, contents, words, zone)
            candidates = _candidates(attribution, sites, notes, words) if attribution else ()
            witnessed = witnessed_sites(attribution, sites, words) if attribution else ()
            picture = reasons.get(hotspot.id)
            source = _source_text(hotspot, attribution, words)
            is_urgent = hotspot.id in urgent
            told = (_tier_text(hotspot, words), _chance_text(hotspot, words), _notes(hotspot, words, is_urgent))
            title = words.species(hotspot.species) + words.others(hotspot.others)
            drawn = (attribution, candidates, witnessed, rose, number, source, picture)
            cards.append(HotspotCard(hotspot, *drawn, title, *told, is_urgent))
    return sorted(cards, key=lambda card: (not card.urgent, card.hotspot.rank, card.hotspot.id))


def _first_text(hotspot: Hotspot, words: Words) -> str:
    """The clearest place in a sentence, so that it stands on the first screen."""
    return words(
        "line_first",
        id=hotspot.id,
        species=words.species(hotspot.species) + words.others(hotspot.others),
        value=rounded(hotspot.enhancement),
        unit=unit_text(hotspot.unit),
        seen=hotspot.passes_seen,
        crossed=hotspot.passes_crossed,
        lon=f"{hotspot.lon:.5f}",
        lat=f"{hotspot.lat:.5f}",
        sd=rounded(hotspot.position_error_m, 2),
    )


def _tier_text(hotspot: Hotspot, words: Words) -> str:
    if hotspot.tier == "recurrent":
        return words("recurs")
    return words("single" if hotspot.passes_seen < 2 else "chance_may")


def _chance_text(hotspot: Hotspot, words: Words) -> str:
    """What chance would make of it; one pass cannot say."""
    if hotspot.tier == "single" and hotspot.passes_seen < 2:
        return words("chance_one")
    return words("chance_p", p=p_text(hotspot.p_value) if hotspot.p_value < 0.001 else f"= {p_text(hotspot.p_value)}")


def _notes(hotspot: Hotspot, words: Words, is_urgent: bool) -> tuple[str, ...]:
    """What a person must know before reading on: what is urgent asks for no drive."""
    if is_urgent:
        return (words("urgent_do"),)
    notes = [words("card_exhaust")] if hotspot.exhaust else []
    if hotspot.tier == "single":
        key = "card_single" if hotspot.passes_seen < 2 else "card_chance"
        notes.insert(0, words(key, seen=hotspot.passes_seen))
    return tuple(notes)


def _source_text(hotspot: Hotspot, attribution: Attribution | None, words: Words) -> str:
    """Place and rate of the source for a person; empty where the passes fix no place."""
    source = attribution.source if attribution else None
    if source is None:
        return ""
    grams = rate_in_grams(source.rate, hotspot.unit, hotspot.species)
    rate = grams or source.rate
    return words(
        "source_at",
        lon=f"{source.lon:.5f}",
        lat=f"{source.lat:.5f}",
        sd=rounded(source.position_sd_m, 2),
        rate=rounded(rate.median, 2),
        low=rounded(rate.low, 2),
        high=rounded(rate.high, 2),
        unit=unit_text("g s-1" if grams else rate_unit(hotspot.unit)),
    )


def _reason_plot(explanation: WhyPicture, sites: Mapping[str, Site]) -> ReasonPlot:
    uri = "data:image/png;base64," + base64.b64encode(explanation.png).decode("ascii")
    named = [(c.letter, sites[c.site_id].name if c.site_id in sites else c.site_id) for c in explanation.why.named]
    return ReasonPlot(uri, " · ".join(f"{letter} {name}" for letter, name in named))


def _plumes_apart(contents: ReportContents) -> list[ApartLine]:
    return [line for region in contents.regions for line in strongest_apart(region.plumes)]


def _apart_text(contents: ReportContents, words: Words) -> str:
    """How often plumes were met that are no place, by the reason."""
    counts: Counter[str] = Counter()
    for region in contents.regions:
        counts.update(count_apart(region.plumes))
    told = [words("apart_n", n=n, reason=words(f"apart_{reason}")) for reason, n in counts.most_common()]
    return words("comma").join(told)


def _candidates(
    attribution: Attribution, sites: Mapping[str, Site], notes: Mapping[str, str], words: Words
) -> tuple[Candidate, ...]:
    """Sites by probability, each with what its records say, the small ones joined, then what is left for none."""
    ordered = sorted(attribution.sites, key=lambda s: (-s.probability, s.site_id))
    shown = [s for s in ordered[:_MOST_CANDIDATES] if s.probability >= 0.01]
    rest = ordered[len(shown) :]
    bars = [
        Candidate(
            sites[s.site_id].name if s.site_id in sites else s.site_id,
            words("comma").join(
                [
                    words("upwind_from", distance=rounded(s.distance_m, 2), bearing=f"{s.bearing_deg:.0f}"),
                    *([notes[s.site_id]] if s.site_id in notes else []),
                ]
            ),
            s.probability,
            "site",
        )
        for s in shown
    ]
    if rest:
        bars.append(Candidate(words("more_sites", n=len(rest)), "", sum(s.probability for s in rest), "rest"))
    return (
        *bars,
        Candidate(words("unlisted_source"), "", attribution.unlisted, "unlisted"),
        Candidate(words("background_or_traffic"), "", attribution.background, "nothing"),
    )


def _plots(contents: ReportContents, words: Words, zone: tzinfo) -> list[TracePlot]:
    plots = []
    for number, region in enumerate(contents.regions):
        for track in region.tracks:
            for species in species_names(track.passes):
                if track.passes.sizes["obs"] and np.isfinite(track.passes[species].values).any():
                    series = series_of(track, species)
                    label = f"{series.trajectory}, {words.species(species)}, {unit_text(series.unit)}"
                    drawing = draw_series(series, zone, label=label, reading=words("background"))
                    plots.append(TracePlot(series, drawing, number))
    return plots


def _environment(words: Words, zone: tzinfo) -> Environment:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "rounded": rounded,
        "probability": probability_text,
        "p": p_text,
        "unit": unit_text,
        "species": words.species,
        "local": lambda time: _local(time, zone),
        "clock": lambda time: f"{time:%H:%M}",
        "duration": lambda seconds: _duration(seconds, words),
        "link": amap_link,
        "told": lambda said: tell(said, words.lang),
        "gcj": _gcj_text,
    }
    environment.globals |= {"with_error": with_error, "span": lambda a, b: _span(a, b, zone)}
    return environment


def _local(time: datetime, zone: tzinfo) -> str:
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return f"{aware.astimezone(zone):%Y-%m-%d %H:%M}"


def _span(first: datetime, last: datetime, zone: tzinfo) -> str:
    """Two times, the second shortened where it is on the same day."""
    start, end = _local(first, zone), _local(last, zone)
    if start == end:
        return start
    return f"{start} – {end[11:] if start[:10] == end[:10] else end}"


def _duration(seconds: float, words: Words) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return words("hours", h=hours, m=minutes) if hours else words("minutes", m=minutes)


def _gcj_text(visit: Visit) -> str:
    lon, lat = chinese_position(visit)
    return f"{lon:.6f}, {lat:.6f}"


def _json(value: Any) -> Markup:
    """JSON that may stand inside a script element: no character of it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


@cache
def _bokeh_script() -> str:
    return "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)


@cache
def _asset(name: str) -> str:
    return (resources.files("onevisit.handover.page") / "templates" / name).read_text(encoding="utf-8")
