"""The report: self-contained, escaped, in two languages, with every record of the mission."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pytest
from pyproj import CRS

from fusion.schema import Rate, SourceEstimate
from ingest.errors import SettingError
from ingest.schema import Decision, Reject
from ingest.settings import describe_settings
from onevisit.handover.contents import Explanation, Picture, RegionContents, ReportContents
from onevisit.handover.report import render_report, write_report
from onevisit.handover.strings import LANGUAGES, SPECIES, STRINGS
from onevisit.handover.summary import summarise
from onevisit.handover.why import explain
from onevisit.leads import weigh_leads
from onevisit.manifest import StageRecord
from onevisit.routes import plan_routes
from onevisit.settings import RouteSettings, VisitSettings
from onevisit.visits import plan_visits

DAY = date(2026, 3, 2)
EVIL = "<script>alert('甲')</script><img src=x onerror=alert(1)>"


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


@pytest.fixture
def contents(make_track, make_site, make_hotspot, make_attribution):
    """A mission with a drive, a picture, a visit, a single sighting, and a site whose name is markup."""
    sites = (make_site("S1", name=EVIL), make_site("S2"))
    hotspots = (make_hotspot(), make_hotspot(id="H002", single_sighting=True, passes_seen=1))
    attributions = (make_attribution(S1=0.8, S2=0.1), make_attribution("H002", S2=0.3))
    leads = weigh_leads(sites, hotspots, attributions, VisitSettings(), day=DAY).value
    visits = plan_visits(leads, sites, VisitSettings(), day=DAY).value
    routes = plan_routes(visits, RouteSettings(), day=DAY).value
    rgba = np.full((40, 60, 4), 255, np.uint8)
    picture = Picture("rgb", rgba, 403500.0, 3320000.0, 403560.0, 3320040.0, gsd_m=0.05, photos=3, used=2)
    region = RegionContents(CRS.from_epsg(4544), (make_track(),), (picture,), hotspots, attributions)
    return ReportContents(
        "mission 1", (region,), sites, leads, visits, routes,
        decisions=(Decision("a.csv", EVIL, "because"),), rejects=(Reject("b.csv", "row 3", EVIL),),
        stages=(StageRecord("fusion", 1.25, 321.0, 10, 2),),
        thresholds={"visits": describe_settings(VisitSettings())}, photos=3, version="0.1.0", code="abc",
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
    explained = replace(region, explanations=(Explanation(why, b"png of H001"),))
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
    """Hotspots, sites, decisions, rejects, stages with seconds and memory, thresholds with their source."""
    text = " ".join(parse(render_report(contents)).text)
    for word in ("H001", "H002", "Works S2", "because", "row 3", "fusion", "1.2", "321", "visit_probability", "abc"):
        assert word in text
    assert "never a conclusion" in text
    assert "single sighting" in text
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
    assert all(len(names) == 2 for names in SPECIES.values())


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
