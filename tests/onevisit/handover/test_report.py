"""The report: self-contained, escaped, in two languages, with every record of the mission."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from jinja2 import Environment
from PIL import Image
from pyproj import CRS

from fusion.schema import Rate, SiteProbability, SourceEstimate
from imagery.schema import Finding, Findings
from ingest.coordinates import to_lonlat
from ingest.errors import SettingError
from ingest.outcome import Decision, Phrase, Reject
from ingest.settings import SettingLine
from onevisit.handover.first_screen import urgent_lines
from onevisit.handover.page import report
from onevisit.handover.page.charts import draw_series, draw_wind, series_of
from onevisit.handover.page.contents import Picture, RegionContents, ReportContents, WhyPicture
from onevisit.handover.page.map_frame import hotspot_boxes, lonlat_fit, map_bounds
from onevisit.handover.page.maps import RAMP, TEAM_COLOURS
from onevisit.handover.page.report import render_report, write_report
from onevisit.handover.page.summary import summarise
from onevisit.handover.page.why import explain
from onevisit.leads.urgent import Alarm
from onevisit.manifest import StageRecord
from onevisit.profile import Profile
from onevisit.schema import Disposition
from onevisit.segments import map_region
from onevisit.settings import AcuteLevel, RouteSettings, VisitSettings
from onevisit.visits.plan import plan_visits
from onevisit.visits.routes import plan_routes
from onevisit.words.numbers import rounded
from onevisit.words.strings import LANGUAGES, STRINGS, Words
from onevisit.words.telling import say
from tests.onevisit import two_streets
from tests.onevisit.handover.test_plumes import LINE
from tests.onevisit.leads.weighing import weigh
from tracks.settings import TrackSettings

DAY = date(2026, 3, 2)
EVIL = "<script>alert('甲')</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module", autouse=True)
def compiled_once() -> Iterator[None]:
    """The template of the page is compiled once for all tests, not with every page."""
    known: dict[Any, Any] = {}
    compile_ = Environment.compile

    def compile_once(self: Environment, source: Any, *rest: Any, **options: Any) -> Any:
        if source not in known:
            known[source] = compile_(self, source, *rest, **options)
        return known[source]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", compile_once)
        yield


class Collector(HTMLParser):
    """Gathers elements, their links, and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.urls: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        """Count an element and keep what it would load or open."""
        self.tags.append(tag)
        self.urls += [value or "" for name, value in attrs if name in {"src", "href", "data", "srcset"}]

    def handle_data(self, data):
        """Keep the text."""
        self.text.append(data)


CHANGED = (
    SettingLine("speed", 9, "m s-1", "choice: a", is_default=False, for_bureau=True),
    SettingLine("visit_probability", 0.7, "1", "choice: b", is_default=False, for_bureau=True),
)


@pytest.fixture
def contents(make_track, make_site, make_hotspot, make_attribution):
    """A mission with a drive, a picture, a visit, a single sighting, and a site whose name is markup."""
    sites = (make_site("S1", name=EVIL), make_site("S2"))
    hotspots = (make_hotspot(), make_hotspot(id="H002", single_sighting=True, passes_seen=1))
    attributions = (make_attribution(S1=0.8, S2=0.1), make_attribution("H002", S2=0.3))
    leads = weigh(sites, hotspots, attributions).value
    visits = plan_visits(leads, sites, VisitSettings(), day=DAY).value
    routes = plan_routes(visits, RouteSettings(), day=DAY).value
    rgba = np.full((40, 60, 4), 255, np.uint8)
    picture = Picture("rgb", rgba, 403500.0, 3320000.0, 403560.0, 3320040.0, gsd_m=0.05, photos=3, used=2)
    region = RegionContents(CRS.from_epsg(4544), (make_track(),), (picture,), hotspots, attributions)
    return ReportContents(
        "mission 1", (region,), sites, leads, visits, routes,
        decisions=(Decision("a.csv", "as_said", {"text": EVIL}, Phrase("as_said", {"text": "because"})),),
        rejects=(Reject("b.csv", "row 3", "as_said", {"text": EVIL}),),
        stages=(StageRecord("fusion", 1.25, 321.0, 10, 2),),
        changed={"": CHANGED[:1], "visits": CHANGED[1:]}, photos=3, version="0.1.0", code="abc",
    )  # fmt: skip


def parse(page: str) -> Collector:
    """The page without the program code of its scripts."""
    collector = Collector()
    collector.feed(re.sub(r"(<script>).*?(</script>)", r"\1\2", page, flags=re.S))
    return collector


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_needs_no_network(contents, lang):
    """Nothing is loaded from outside, and a policy forbids it; the only links go to anchors and to navigation."""
    page = render_report(contents, lang=lang)
    assert "default-src 'none'" in page
    for url in parse(page).urls:
        assert url.startswith(("#", "data:image/", "https://uri.amap.com/navigation"))


def test_source_is_told_in_words(contents):
    """2000 ppm m3 s-1 of methane at 25 °C and 1 atm are 2000 · 1e-6 · 16.043 / 24.4654e-3 = 1.3 g s-1."""
    region = contents.regions[0]
    source = SourceEstimate(104.00021, 30.0004, 24.2, Rate(2000.0, 1000.0, 4000.0))
    placed = replace(region, attributions=(replace(region.attributions[0], source=source), region.attributions[1]))
    page = render_report(replace(contents, regions=(placed,)))
    told = "source at 104.00021, 30.00040 ± 24 m by the passes alone, emitting 1.3 g s⁻¹ (90 %: 0.66 to 2.6)"
    assert page.count(told) == 1
    assert "source at" not in render_report(contents)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_picture_of_why_is_in_its_card(contents, lang):
    """The drawn bytes, once, beside the names of the lettered sites as text; without a picture there is no figure."""
    region = contents.regions[0]
    why = explain(region.hotspots[0], region.attributions[0], {}, region.crs)
    explained = replace(region, why_pictures=(WhyPicture(why, b"png of H001"),))
    page = render_report(replace(contents, regions=(explained,)), lang=lang)
    assert page.count(base64.b64encode(b"png of H001").decode("ascii")) == 1
    first, second = (page.split('<article class="card" id="hotspot-')[k] for k in (1, 2))
    assert '<figure class="why">' in first and '<figure class="why">' not in second
    assert "A &lt;script&gt;alert" in first and "B Works S2" in first and "why/H001.png" in first
    assert STRINGS["why_intro"][LANGUAGES.index(lang)] in page
    assert STRINGS["why_intro"][LANGUAGES.index(lang)] not in render_report(contents, lang=lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_from_files_are_text_never_markup(contents, lang):
    """A name that is a script appears as words, in tables and inside the map's JSON too."""
    page = render_report(contents, lang=lang)
    collector = parse(page)
    assert collector.tags.count("script") == 4
    assert EVIL not in page
    assert any(EVIL in text for text in collector.text)


def test_every_record_is_on_the_page(contents):
    """Hotspots, sites, decisions, rejects, stages with seconds and memory, changed settings with their source."""
    text = " ".join(parse(render_report(contents)).text)
    for word in ("H001", "H002", "Works S2", "because", "row 3", "fusion", "1.2", "321", "visit_probability", "abc"):
        assert word in text
    assert "never a conclusion" in text
    assert "met once" in text
    assert "3.20 ± 0.40" in text and "ppm" in text


def test_chinese_page_has_no_english_sentence_left(contents):
    """Titles and dispositions are Chinese, and the page says so to the browser."""
    page = render_report(contents, lang="zh")
    text = " ".join(parse(page).text)
    assert 'lang="zh-CN"' in page
    assert "本报告仅为线索" in text and "现场检查" in text and "参数方案" in text
    assert "never a conclusion" not in text


def test_probabilities_of_a_chart_sum_to_one(contents):
    """The bars of each hotspot, with what is left for none, share one whole."""
    page = render_report(contents)
    for card in re.findall(r'<ol class="bars">(.*?)</ol>', page, flags=re.S):
        widths = [float(w) for w in re.findall(r"width: ([0-9.]+)%", card)]
        assert sum(widths) == pytest.approx(100.0, abs=0.5)


def test_map_data_is_json_that_cannot_end_its_script(contents):
    """The map's items parse, and hold no character that could close the element."""
    page = render_report(contents)
    block = re.search(r'id="map-items">(.*?)</script>', page, flags=re.S).group(1)
    assert "<" not in block
    item = json.loads(block)[0]
    assert item["target_id"] == "map-0"


def test_report_of_an_empty_mission_says_so(tmp_path):
    """No traces, no flights, no sites: the page still stands."""
    write_report(tmp_path / "report.html", ReportContents("nothing", ()))
    text = " ".join(parse((tmp_path / "report.html").read_text(encoding="utf-8")).text)
    assert "hotspots were not sought" in text and "No visit is proposed" in text


def test_a_report_names_the_profile_that_is_built_in() -> None:
    """Where none is given."""
    assert ReportContents("m", ()).profile == Profile().name


def test_unknown_language_is_refused(contents):
    """A third language is an error, not English."""
    with pytest.raises(SettingError, match="'fr'"):
        render_report(contents, lang="fr")


def test_doubts_name_what_is_doubtful(contents):
    """The single sighting, the missing wind, the missing gate and cap, and the rejects are all said first."""
    doubts = {doubt.key: doubt for doubt in summarise(contents).doubts}
    assert doubts["doubt_single"].ids == "H002"
    assert {"doubt_wind_none", "doubt_gate", "doubt_cap", "doubt_rejects"} <= set(doubts)


def test_summary_counts_by_hand(contents):
    """600 rows at 1 Hz eastwards: 599 s, and 599 steps of 0.965 m."""
    summary = summarise(contents)
    assert (summary.outings, summary.rows, summary.seconds) == (1, 600, 599.0)
    assert summary.km == pytest.approx(599 * 0.9649 / 1000, rel=1e-3)
    assert (summary.hotspots, summary.recurring, summary.visits) == (2, 1, 1)


def test_strings_have_the_same_places_in_both_languages():
    """A value that one language prints may not be missing in the other."""
    for key, (english, chinese) in STRINGS.items():
        places = [set(re.findall(r"{(\w+)", text)) for text in (english, chinese)]
        assert places[0] == places[1], key
        assert english and chinese, key


def test_no_contractor_is_named_as_inspector(contents):
    """Who goes is left blank for the bureau: a route is a team's number."""
    text = " ".join(parse(render_report(contents)).text)
    assert "Officers (2 or more, certified)" in text
    assert "team 1" in text


def test_report_stays_small(contents, make_track):
    """Five hours at 10 Hz, 180 000 rows, add less than a megabyte."""
    small = len(render_report(contents))
    region = contents.regions[0]
    large = replace(contents, regions=(replace(region, tracks=(make_track("long", rows=100_000),)),))
    assert len(render_report(large)) - small < 1_000_000


# --- every cell of the page ----------------------------------------------------------------------------------------

Make = Callable[..., Any]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def text_of(markup: str) -> str:
    """The words of some markup, blanks joined."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def section(page: str, name: str) -> str:
    """One section of the page."""
    return re.search(rf'<section id="{name}">(.*?)</section>', page, flags=re.S).group(1)


def rows(markup: str) -> list[list[str]]:
    """Cells of all tables, headings left out."""
    lines = re.findall(r"<tr>(.*?)</tr>", markup, flags=re.S)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", line, flags=re.S) for line in lines]
    return [[text_of(cell) for cell in line] for line in cells if line]


def facts_of(markup: str) -> dict[str, str]:
    """Terms and what is said of them."""
    return {text_of(k): text_of(v) for k, v in re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", markup, flags=re.S)}


def paged(*regions: RegionContents, **changes: Any) -> str:
    """A page of these regions in English, with Shanghai's clock."""
    return render_report(replace(ReportContents("m", regions, time_zone="Asia/Shanghai"), **changes))


GRID = CRS.from_epsg(4544)
LEVEL = AcuteLevel(27.0, "ppm", "60 min", "AEGL-2")


def test_the_head_of_the_page(contents):
    """Mission, span in local time, version, and what was found, in figures and in sentences."""
    page = render_report(replace(contents, time_zone="Asia/Shanghai", photos=3))
    head = page.split("<main>")[0]
    assert "<title>mission 1 · " in head and 'content="onevisit 0.1.0"' in head
    assert "2026-03-01 09:00 – 09:09 Asia/Shanghai" in text_of(head)
    summary = section(page, "summary")
    assert facts_of(summary) == {
        "hotspots": "2", "met again, beyond chance": "1",
        "visits proposed": "1", "routes": "1", "listed sites in reach": "2",
        "photos in mosaics": "2 / 3",
    }  # fmt: skip
    told = text_of(summary)
    assert "600 rows in 1 outing over 0.578 km, 10 min of measuring. 3 photos, 2 of them in mosaics." in told
    assert "2 hotspots above the background; met again beyond chance: 1." in told
    assert "combined visit: 1; to be measured again: 1; to be settled off site: 0." in told
    first = "The clearest of them is H001: CH₄, 3.20 ppm above background in 3 of 4 passes, "
    "at 104.00050, 30.00050 ± 12 m."
    assert first in told
    assert "Made by onevisit 0.1.0 (code abc)" in text_of(page.split("<footer")[1].split("</footer>")[0])


def test_the_strongest_lead_is_told_where_nothing_is_entered(contents):
    """Its name, what it asks for and its first reason."""
    lead = replace(contents.leads[1], name="Works S2")
    told = text_of(section(render_report(replace(contents, leads=(lead,), visits=(), routes=())), "summary"))
    assert (
        "The strongest lead, Works S2, asks for “measure again”: hotspot H002: seen in 1 of 4 passes, 2 are" in told
    )


def card(page: str, name: str) -> str:
    """The article of one hotspot."""
    return re.search(rf'<article class="card" id="hotspot-{name}">(.*?)</article>', page, flags=re.S).group(1)


def test_every_fact_of_a_hotspot(contents, make_hotspot):
    """Numbers with their units, the clock of the place, its map and its rose."""
    region = replace(contents.regions[0], hotspots=(make_hotspot(p_value=0.0123, background=1.987),))
    shown = card(paged(RegionContents(GRID), region), "H001")
    assert facts_of(shown) == {
        "Enhancement": "3.20 ± 0.40 ppm", "Background": "1.99 ppm", "Seen": "in 3 of 4 passes",
        "By chance alone": "p = 0.012 on this map",
        "Wind": "from 270° at 2.5 m s⁻¹", "When": "2026-03-01 09:00 – 10:00",
        "Strongest cell": "104.00050, 30.00050 ± 12 m", "Area": "3600 m²",
    }  # fmt: skip
    assert 'data-goto="1" data-hotspot="H001"' in shown and "CH₄" in shown and "tag-firm" in shown
    assert str(draw_wind(270.0, 270.0, 30.0)) in shown
    assert "None of these : 10 % · source direction 270° ± 30°" in text_of(shown).replace("these:", "these :")


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        (datetime(2026, 3, 1, 1, 0, 59, tzinfo=UTC), "2026-03-01 09:00"),
        (datetime(2026, 3, 1, 15, 59), "2026-03-01 09:00 – 23:59"),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), "2026-03-01 09:00 – 2026-03-02 00:00"),
    ],
)
def test_a_span_is_as_short_as_it_can_be(make_hotspot, last, shown):
    """One minute, one day, two days; a time without zone is UTC."""
    page = paged(RegionContents(GRID, hotspots=(make_hotspot(last_seen=last),)))
    assert facts_of(card(page, "H001"))["When"] == shown


@pytest.mark.parametrize(
    ("changes", "wind"),
    [
        ({"wind_speed": None, "wind_from_deg": None}, "not measured"),
        ({"wind_speed": 0.44, "wind_from_deg": None}, "calm, 0.4 m s⁻¹: no direction"),
    ],
)
def test_a_hotspot_that_was_not_weighed(make_hotspot, changes, wind):
    """No bars, no sector, and the wind as it was."""
    shown = card(paged(RegionContents(GRID, hotspots=(make_hotspot(**changes),))), "H001")
    assert facts_of(shown)["Wind"] == wind and "Sites were not weighed for this hotspot." in text_of(shown)
    rose = draw_wind(None, None, 180.0, known=changes["wind_speed"] is not None)
    assert '<ol class="bars">' not in shown and str(rose) in shown


def test_hotspots_come_firm_first_then_by_significance_then_by_id(make_hotspot):
    """Across regions."""
    one = (make_hotspot(id="H4", single_sighting=True, p_value=0.0001), make_hotspot(id="H3"), make_hotspot(id="H2"))
    two = (make_hotspot(id="H1", p_value=0.001),)
    page = paged(RegionContents(GRID, hotspots=one), RegionContents(GRID, hotspots=two))
    assert re.findall(r'id="hotspot-(\w+)"', page) == ["H1", "H2", "H3", "H4"]
    assert re.findall(r'data-goto="(\d)"', page) == ["1", "0", "0", "0"]


def test_every_bar_of_a_hotspot(make_hotspot, make_attribution, make_site):
    """Six likeliest of at least 1 %, the rest as one, then no list and background; equal ones by id."""
    shares = {"S8": 0.05, "S1": 0.3, "S2": 0.1, "S3": 0.1, "S4": 0.06, "S5": 0.02, "S6": 0.04, "S7": 0.03}
    sites = tuple(SiteProbability(s, p, 321.5, 44.6) for s, p in shares.items())
    attribution = replace(make_attribution(), sites=sites, unlisted=0.2, background=0.1, none_of_these=0.31)
    region = RegionContents(GRID, hotspots=(make_hotspot(),), attributions=(attribution,))
    shown = card(paged(region, sites=(make_site("S1"), make_site("S3"))), "H001")
    bars = re.findall(
        r'<li class="bar bar-(\w+)"><span class="bar-name">(.*?)</span><span class="bar-track"><i style="width: '
        r'([0-9.]+)%"></i></span><span class="bar-value">(.*?)</span></li>', shown,
    )  # fmt: skip
    assert [(kind, text_of(name), width, html.unescape(value)) for kind, name, width, value in bars] == [
        ("site", "Works S1 320 m, 45°", "30.0", "30 %"),
        ("site", "S2 320 m, 45°", "10.0", "10 %"),
        ("site", "Works S3 320 m, 45°", "10.0", "10 %"),
        ("site", "S4 320 m, 45°", "6.0", "6 %"),
        ("site", "S8 320 m, 45°", "5.0", "5 %"),
        ("site", "S6 320 m, 45°", "4.0", "4 %"),
        ("rest", "2 further listed sites", "5.0", "5 %"),
        ("unlisted", "a source on no list", "20.0", "20 %"),
        ("nothing", "background or traffic", "10.0", "10 %"),
    ]
    faint = replace(
        attribution, sites=(SiteProbability("S1", 0.01, 1.0, 1.0), SiteProbability("S2", 0.0099, 1.0, 1.0))
    )
    shown = card(paged(replace(region, attributions=(faint,))), "H001")
    assert re.findall(r'class="bar bar-(\w+)"', shown) == ["site", "rest", "unlisted", "nothing"]


def test_a_source_without_grams_keeps_its_unit(make_hotspot, make_attribution):
    """Particle numbers: median and both bounds."""
    source = SourceEstimate(104.00021, 30.0004, 24.2, Rate(1234.0, 567.0, 8910.0))
    region = RegionContents(
        GRID, hotspots=(make_hotspot(species="pnc", unit="cm-3"),),
        attributions=(replace(make_attribution(S1=0.5), source=source, bearing_deg=None),),
    )  # fmt: skip
    told = text_of(card(paged(region), "H001"))
    assert "no direction · source at 104.00021, 30.00040 ± 24 m by the passes alone" in told
    assert "emitting 1200 (cm⁻³) m³ s⁻¹ (90 %: 570 to 8900)" in told


def test_letters_of_a_picture_are_resolved_to_names(make_hotspot, make_attribution, make_site):
    """Or to ids of sites in no register."""
    hotspot, attribution = make_hotspot(), make_attribution(S1=0.4, S2=0.5)
    why = explain(hotspot, attribution, {}, GRID)
    region = RegionContents(
        GRID, hotspots=(hotspot,), attributions=(attribution,), why_pictures=(WhyPicture(why, b"png"),)
    )
    shown = card(paged(region, sites=(make_site("S1"),)), "H001")
    assert "A S2 · B Works S1 · why/H001.png" in text_of(shown)
    assert 'src="data:image/png;base64,cG5n"' in shown


def test_what_steers_the_maps(contents, make_track):
    """Bounds in tenths, scales in words, a box per hotspot and the fit, a map after the other."""
    first = replace(contents.regions[0], tracks=(make_track(),))
    page = paged(first, RegionContents(GRID), sites=contents.sites, visits=contents.visits)
    facts = json.loads(re.search(r'id="map-facts">(.*?)</script>', page, flags=re.S).group(1))
    assert len(facts) == 2
    bounds = map_bounds(first, contents.sites, contents.visits)
    assert facts[0]["bounds"] == [round(v, 1) for v in bounds] and facts[0]["fit"] == lonlat_fit(GRID, bounds)
    assert facts[0]["scales"] == [
        {"species": "CH₄", "unit": "ppm", "top": "2.9"}
    ]  # the fourth highest of 600: 3 exp(-0.04)
    assert facts[0]["hotspots"] == hotspot_boxes(first) and facts[1]["hotspots"] == {}
    items = json.loads(re.search(r'id="map-items">(.*?)</script>', page, flags=re.S).group(1))
    assert [item["target_id"] for item in items] == ["map-0", "map-1"]
    assert f"linear-gradient(90deg, {', '.join(RAMP)})" in page and "≥ 2.9 ppm" in text_of(section(page, "map"))


def test_road_segments_are_a_layer_that_is_off_and_explained():
    """A box that is not ticked, and the sentence under the map that has it; the other map has neither."""
    segments = map_region([two_streets.drive()], [0], "", two_streets.streets(), TrackSettings()).value
    region = RegionContents(GRID, (two_streets.drive(),), segments=segments)
    shown = section(paged(region, RegionContents(GRID)), "map")
    assert shown.count('<input type="checkbox" data-layer="segments">') == 1
    assert '<input type="checkbox" data-layer="track" checked>' in shown
    assert '<span class="key key-segments"></span>Road segments' in shown
    assert text_of(shown).count("Road segments of about 30 m have the colour of the median over drive passes") == 1


def test_mosaics_are_pictures_once_with_their_figures():
    """Read back from the page, numbered in their map; what was not measured is not told."""
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[..., 0], rgba[..., 3] = 200, 255
    known = Picture("rgb", rgba, 0.0, 0.0, 60.0, 40.0, 0.0512, 9, 7, 0.234, 1.26)
    bare = Picture("thermal", rgba[:20, :10], 0.0, 0.0, 60.0, 40.0, mismatch_m=float("nan"))
    page = paged(RegionContents(GRID), RegionContents(GRID, pictures=(known, bare)))
    shown = section(page, "mosaics")
    assert re.findall(r'data-picture="(.*?)"', shown) == ["picture:map-1:0", "picture:map-1:1"]
    uris = re.findall(r'src="data:image/webp;base64,(.*?)"', shown)
    pictures = [Image.open(io.BytesIO(base64.b64decode(uri))) for uri in uris]
    assert [(p.format, p.size) for p in pictures] == [("WEBP", (60, 40)), ("WEBP", (10, 20))]
    assert np.abs(np.asarray(pictures[0].convert("RGBA"), int)[20, 30] - [200, 0, 0, 255]).max() < 12
    captions = [text_of(c) for c in re.findall(r"<figcaption>(.*?)</figcaption>", shown, flags=re.S)]
    assert captions == [
        "rgb 7 of 9 photos · ground pixel 5.1 cm · mismatch 0.23 m · position error 1.3 m", "thermal"
    ]  # fmt: skip


def test_a_plot_a_species_with_any_value(make_track):
    """As the charts draw it, in local time, with its own facts; nothing but NaN is no plot."""
    track = make_track()
    track.passes["qc_flag"][:3] = np.uint32(512)
    empty = make_track("empty")
    empty.passes["ch4"][:] = np.nan
    page = paged(RegionContents(GRID), RegionContents(GRID, (track, empty)))
    shown = section(page, "traces")
    assert re.findall(r'<figure class="trace" data-region="(\d)">', shown) == ["1"]
    series = series_of(track, "ch4")
    assert str(draw_series(series, SHANGHAI, label="drive, CH₄, ppm", reading="Background")) in shown
    caption = text_of(re.search(r"<figcaption>(.*?)</figcaption>", shown, flags=re.S).group(1))
    assert caption.startswith(
        f"CH₄ drive 600 rows · 1 passes · 0 plumes · {series.unused} flagged · detection limit 0.020"
    )


def test_every_cell_of_the_plumes_that_are_no_place():
    """What rose with it, over its noise, seen, when by the local clock, where, how wide, why, in which outing."""
    one = replace(LINE, place=None, apart="exhaust", position_sd_m=float("nan"))
    with_co = replace(one, species="co", snr=5.0)
    known = replace(one, apart="weak", position_sd_m=7.5)
    page = paged(
        RegionContents(GRID, plumes=(one, with_co, replace(LINE, crossing=9))), RegionContents(GRID, plumes=(known,))
    )
    cells = [
        "CH₄, with CO",
        "3.00 ± 0.25 ppm",
        "12",
        "in 3 of 5 passes",
        "2026-03-01 09:00",
        "104.00000, 30.00000",
        "33 m",
        "a passing vehicle's exhaust",
        "drive",
    ]
    second = [
        "CH₄",
        *cells[1:5],
        "104.00000, 30.00000 ± 7.5 m",
        "33 m",
        "not agreed by passes, nor clear alone",
        "drive",
    ]
    assert rows(section(page, "hotspots")) == [cells, second]
    told = "by reason: a passing vehicle's exhaust (1), not agreed by passes, nor clear alone (1). The strongest"
    assert told in text_of(page)


@pytest.mark.parametrize(
    ("changes", "tag", "chance", "notes"),
    [
        ({"p_value": 0.00002}, "met again, beyond chance", "p < 0.001 on this map", []),
        (
            {"single_sighting": True, "passes_seen": 1, "p_value": 1.0},
            "met once",
            "cannot be told from one pass",
            ["Met on one pass. Drive there again before anything else is asked; it never asks for a visit."],
        ),
        (
            {"single_sighting": True, "passes_seen": 2, "p_value": 0.31},
            "chance may explain it",
            "p = 0.31 on this map",
            [
                "Met on 2 passes, which chance may explain. Drive there again before anything else is asked; it "
                "never asks for a visit."
            ],
        ),
        (
            {"exhaust": True, "p_value": 0.04},
            "met again, beyond chance",
            "p = 0.04 on this map",
            [
                "Only tracers of exhaust rose, which passing vehicles emit too. Drive there again before anything "
                "else is asked; it never asks for a visit."
            ],
        ),
    ],
)
def test_a_card_says_its_tier_in_words_and_what_it_asks_for(make_hotspot, changes, tag, chance, notes):
    """Met again, once, not beyond chance, or in tracers of exhaust alone."""
    shown = card(paged(RegionContents(GRID, hotspots=(make_hotspot(others=("tvoc", "co"), **changes),))), "H001")
    assert text_of(re.search(r"<h3>(.*?)</h3>", shown).group(1)) == "H001 CH₄, with TVOC and CO"
    assert text_of(re.search(r'<span class="tag[^>]*>(.*?)</span>', shown).group(1)) == tag
    assert facts_of(shown)["By chance alone"] == chance
    assert [text_of(note) for note in re.findall(r'<p class="note-doubt">(.*?)</p>', shown)] == notes


@pytest.mark.parametrize(
    ("lang", "todo", "told"),
    [
        (
            "en",
            "Urgent Inform the duty officer now and leave upwind; do not drive there again until it is cleared.",
            "H002 at 104.00000, 30.00000: H₂S 41.2 ppm against 27.0 ppm (60 min; AEGL-2), 2026-03-01 09:30",
        ),
        (
            "zh",
            "紧急 立即报告值班负责人，向上风向撤离；解除前不得前往复测。",
            "H002（104.00000, 30.00000）：H₂S（硫化氢） 41.2 ppm，对照 27.0 ppm（60 min；AEGL-2），2026-03-01 09:30",
        ),
    ],
)
def test_what_is_urgent_is_the_first_line_of_the_page(contents, lang, todo, told):
    """Before the title; its card comes first, is marked, and asks for no drive although it was met once."""
    alarm = Alarm("H002", "h2s", 41.23, LEVEL, datetime(2026, 3, 1, 1, 30, tzinfo=UTC), 104.0, 30.0)
    leads = tuple(replace(lead, urgent=("H002",), disposition=Disposition.NONE) for lead in contents.leads[1:])
    page = render_report(replace(contents, alarms=(alarm,), time_zone="Asia/Shanghai", leads=leads), lang=lang)
    assert text_of(page.split("<body>")[1]).startswith(f"{todo} {told} ")
    assert re.findall(r'id="hotspot-(\w+)"', page) == ["H002", "H001"]
    urgent = re.search(
        r'<article class="card card-urgent" id="hotspot-H002">(.*?)</article>', page, flags=re.S
    ).group(1)
    assert text_of(re.search(r'<p class="note-urgent">(.*?)</p>', urgent).group(1)) == todo.split(" ", 1)[1]
    assert "note-doubt" not in urgent and "tag-urgent" in urgent
    assert "<details>" not in section(page, "leads") and "tag-urgent" in section(page, "leads")


def test_nothing_is_urgent_on_an_ordinary_day(contents):
    """No banner, no mark."""
    page = render_report(contents).split("</style>")[1]
    assert 'class="urgent"' not in page and "tag-urgent" not in page and "card-urgent" not in page


def test_the_screen_says_what_is_urgent_first() -> None:
    """What to do, place, value against level; a plume in no place by its position; in both languages."""
    time = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    alarms = [Alarm("H002", "h2s", 41.23, LEVEL, time, 1, 2), Alarm(None, "h2s", 30.0, LEVEL, time, 104.1, 30.2)]
    first, second = urgent_lines(alarms, ZoneInfo("Asia/Shanghai"), "en")
    assert first == (
        "URGENT: Inform the duty officer now and leave upwind; do not drive there again until it is cleared. "
        "H002 at 1.00000, 2.00000: H₂S 41.2 ppm against 27.0 ppm (60 min; AEGL-2), 2026-03-01 09:30"
    )
    assert "At 104.10000, 30.20000: H₂S 30.0 ppm" in second
    (chinese, _) = urgent_lines(alarms, ZoneInfo("Asia/Shanghai"), "zh")
    assert chinese.startswith("紧急：立即报告值班负责人，向上风向撤离；")
    assert "复测。H002（1.00000, 2.00000）：H₂S（硫化氢） 41.2 ppm" in chinese


def test_every_cell_of_the_findings():
    """Kind, id, area, contrast, confidence, place, photo; what was sought and on how much ground."""
    patch = shapely.box(405_000, 3_396_000, 405_020, 3_396_010)
    heat = Finding("hot-1", "hot_surface", patch, 200.0, 12.34, "K", 0.78, 1.5, "t.tif", "T.JPG")
    flight = Findings((heat,), ("hot_surface",), shapely.box(405_000, 3_396_000, 405_200, 3_396_100))
    page = paged(RegionContents(GRID, findings=(flight,)), RegionContents(GRID, findings=(flight,)))
    lon, lat = (float(v) for v in to_lonlat(405_010.0, 3_396_005.0, GRID))
    cells = ["Hot surfaces hot-1", "200 m²", "12 K", "78 %", f"{lon:.5f}, {lat:.5f} ± 1.5 m", "T.JPG"]
    assert rows(section(page, "mosaics")) == [cells, cells]
    told = "Hot surfaces sought on 2.0 ha: 1 found. Hot surfaces sought on 2.0 ha: 1 found. Sought by colour"
    assert told in text_of(section(page, "mosaics"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cell_of_the_leads(contents, lang):
    """Name, id, what it asks for, reasons, and every rival with its bar; weak ones apart."""
    weak = replace(
        contents.leads[1], site_id="S7", name="Weak", disposition=contents.leads[0].disposition.__class__("none")
    )
    page = render_report(replace(contents, leads=(*contents.leads, weak)), lang=lang)
    shown = section(page, "leads")
    words = Words(lang)
    first, second, third = rows(shown)
    lead = contents.leads[1]
    reasons = [say(reason, lang) for reason in lead.reasons]
    assert second[:3] == ["Works S2 S2", words("measure_again"), " ".join(" ".join(reasons).split())]
    rivals = " ".join(f"{max(round(100 * e.probability), 1)} % {words(e.name)}" for e in lead.explanations)
    assert second[3].replace("< ", "") == rivals
    assert re.findall(r'<i style="width: ([0-9.]+)%" class="r-(\w+)">', shown)[len(contents.leads[0].explanations) :][
        : len(lead.explanations)
    ] == [(f"{100 * e.probability:.1f}", e.name) for e in lead.explanations]
    assert first[1] == words("visit") and third[:2] == ["Weak S7", words("none")]
    assert shown.index("<details>") > shown.index("Works S2")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cell_of_a_route(make_route, lang):
    """Numbers, clock, door, kind and cap, matters, links and both positions; sums above, blanks below."""
    words = Words(lang)
    routes = (make_route(), make_route(name="R2", on_roads=True))
    shown = section(render_report(ReportContents("m", (), routes=routes), lang=lang), "routes")
    first, second = rows(shown)[:2]
    matters = "CH₄ above background yearly plan"
    cap = {"en": "counts against the cap; 1 of 2 this year", "zh": "计入年度频次; 本年度 1/2 次"}[lang]
    assert first == [
        "1", "09:30 – 10:30", "Works S1 P-S1", f"{words('case')} {cap}", matters,
        "高德 121.527211, 31.177428 GCJ-02 121.531542, 31.175304",
    ]  # fmt: skip
    open_cap = {
        "en": "not counted against the cap; 0 this year, no cap set",
        "zh": "不计入年度频次; 本年度 0 次，未设上限",
    }
    assert second == [
        "2", "11:30 – 12:30", f"Works S2 No. 2 P-S2 {words('not_gate')} (± 10 m)",
        f"{words('special')} {open_cap[lang]}", "CH₄ above background",
        "13.400000, 52.500000 GCJ-02 13.400000, 52.500000",
    ]  # fmt: skip
    driving = {"en": "1 h 32 min", "zh": "1 小时 32 分钟"}[lang]
    line = words("route_line", stops=2, km="43", driving=driving, start="09:30", end="12:30")
    assert [text_of(p) for p in re.findall(r'<p class="quiet">(.*?)</p>', shown)] == [
        f"{line} · {words('straight')}", f"{line} · {words('on_roads')}",
    ]  # fmt: skip
    assert re.findall(r"--team: (#\w+)", shown) == list(TEAM_COLOURS[:2])
    assert re.findall(r'href="(.*?)"', shown)[0].startswith(
        "https://uri.amap.com/navigation?to=121.531542,31.175304,"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(29.0, "0 min"), (31.0, "1 min"), (3569.0, "59 min"), (3571.0, "1 h 00 min"), (7500.0, "2 h 05 min")],
)
def test_a_duration_has_whole_minutes(make_route, seconds, text):
    """And hours where there are any."""
    stop = make_route().stops[0]
    route = make_route(stops=(replace(stop, leg=replace(stop.leg, duration_s=seconds)),), back=None)
    assert f"{text} driving" in section(paged(routes=(route,)), "routes")


def test_every_cell_of_the_records(contents):
    """Decisions, rejects, stages and changed settings as they were given."""
    stage = replace(contents.stages[0], flagged=7, rejected=3)
    decisions = (Decision("a.csv", "no_background", {"species": "co"}),)
    rejects = (Reject("b.csv", "row 3", "rejected_by_hand", {"comment": "bad"}),)
    given = replace(contents, stages=(stage,), decisions=decisions, rejects=rejects)
    page = render_report(given)
    first, second, third, *changed = rows(section(page, "records"))
    assert first == ["a.csv", "no background for co", "no usable value"]
    assert second == ["b.csv", "row 3", "rejected by hand: bad"]
    first, second, *_ = rows(section(render_report(given, lang="zh"), "records"))
    assert first == ["a.csv", "co 无背景值", "无可用数值"] and second == ["b.csv", "row 3", "人工剔除：bad"]
    assert third == ["fusion", str(stage.taken), str(stage.given), "7", "3"]
    assert changed == [["speed", "9", "m s⁻¹", "choice: a"], ["visit_probability", "0.7", "", "choice: b"]]
    assert "[visits]" in section(page, "records") and "[]" not in section(page, "records")


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "All settings are the defaults."), ("zh", "全部采用默认参数方案。")]
)
def test_a_page_without_a_changed_setting_says_so(contents, lang, words):
    """No table stands there, and with one the sentence does not."""
    assert words in render_report(replace(contents, changed={}), lang=lang)
    assert words not in render_report(contents, lang=lang)


def test_separators_of_lines_cannot_end_a_script(make_site, make_track):
    """U+2028 and U+2029 are written as escapes, and read back as they were."""
    name = "a\u2028b\u2029c</script>"
    page = paged(RegionContents(GRID, (make_track(),)), sites=(make_site("S1", name=name),))
    block = re.search(r'id="map-items">(.*?)</script>', page, flags=re.S).group(1)
    assert "\u2028" not in block and "\u2029" not in block and "<" not in block
    assert name in str(json.loads(block)) or name in json.dumps(json.loads(block), ensure_ascii=False)


def test_the_program_of_the_maps_is_in_the_page_once(contents):
    """Bokeh's own, its widgets and tables left out."""
    page = render_report(contents)
    assert page.count("root.Bokeh = factory()") <= 1 and "Bokeh" in page and "bokeh-widgets" not in page
    assert len(page) < 3_000_000


def test_sites_too_small_to_be_named_are_one_bar() -> None:
    """Those below one in a hundred and those past the most that are shown: how many, and the sum of theirs."""
    chances = 0.005, 0.4, 0.2, 0.1, 0.05, 0.04, 0.03
    sites = [SiteProbability(f"S{k}", p, 100.0 + k, 12.0) for k, p in enumerate(chances)]
    attribution = SimpleNamespace(sites=sites, unlisted=0.1, background=0.075)
    bars = report._candidates(attribution, {}, {}, Words("en"))
    assert [(bar.label, bar.kind) for bar in bars[:-3]] == [(f"S{k}", "site") for k in range(1, len(bars) - 2)]
    shown = len(bars) - 3
    assert shown == min(report._MOST_CANDIDATES, 6)
    assert bars[-3].label == Words("en")("more_sites", n=7 - shown)
    assert [bar.kind for bar in bars[-3:]] == ["rest", "unlisted", "nothing"]
    assert sum(bar.probability for bar in bars) == pytest.approx(1.0)
    assert bars[-3].probability == pytest.approx(sum(sorted((s.probability for s in sites), reverse=True)[shown:]))
    assert bars[0].note == Words("en")("upwind_from", distance=rounded(101.0, 2), bearing="12")
