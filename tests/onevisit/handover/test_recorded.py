"""What records say, on the report: cards, lines, drawings, and notes beside hotspots."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from pyproj import CRS

from ingest.coordinates import zone_of
from ingest.schema import CrsSource, Site
from monitors import seek_anomalies
from monitors.schema import Activity, Anomaly, Cause
from onevisit.handover.page.contents import RegionContents, ReportContents
from onevisit.handover.page.recorded import MOST_SITES, _said, draw_record, notes_on_candidates, record_cards
from onevisit.handover.page.report import render_report
from onevisit.truth.simulate.records.alone import draw_records
from onevisit.words.strings import LANGUAGES, STRINGS, Words

ZONE = zone_of("Asia/Shanghai")
START = datetime(2026, 3, 1, tzinfo=UTC)
SITE = Site("P1", "甲厂", 104.0, 30.0, 20.0, "WGS84", CrsSource.DECLARED, permit_code="P1")
ONE = Anomaly(
    "exceedance", "P1", "", "", "1#", "a.csv", "a21026",
    START + timedelta(hours=10), START + timedelta(hours=20), 1.5,
    rivals=("marked:停运_检修",), causes={Cause.EMISSION: 0.7, Cause.FAULT: 0.295, Cause.OPERATION: 0.005},
)  # fmt: skip


def _series(hours: int = 101, **variables: np.ndarray) -> xr.Dataset:
    named = {"mn": "", "permit_code": "P1", "uscc": "", "site_name": "", "source": "a.csv"}
    time = np.datetime64("2026-03-01", "ns") + np.arange(hours) * np.timedelta64(1, "h")
    about = {"units": "mg m-3", "code": "a21026", "limit": 50.0, "long_name": "SO2"}
    values = np.linspace(0.0, 100.0, hours)
    marks = ("obs", np.repeat([0, 3, 0], [40, 20, hours - 60]).astype(np.int8), {
        "flag_values": np.array([0, 3], np.int8), "flag_meanings": "no_mark fault",
    })  # fmt: skip
    data = {"a21026": ("obs", values, about), "a21026_mark": marks}
    return xr.Dataset(data, {"time": ("obs", time)}, {"interval": "hour", "point": "1#", **named})


def _path(drawing: str, kind: str) -> str:
    found = re.search(rf'<path class="{kind}" d="([^"]*)"', drawing)
    assert found is not None
    return found.group(1)


def test_a_drawing_shows_when_it_was_and_what_was_allowed() -> None:
    """Of 100 h on 894 px, hours 10 to 20 begin at 58 + 89.4 and are 89.4 wide; 50 of 0 to 104 is where it must be."""
    drawing = draw_record(_series(), "a21026", [ONE], ZONE, label="SO2", limit="limit")
    assert _path(drawing, "suspect") == "M147.4 12h89.4v154H147.4z"
    assert _path(drawing, "limit") == f"M58.0 {12 + 154 * (104 - 50) / 104:.1f}H952.0"
    assert _path(drawing, "rows").startswith("M58.0 166.0") and _path(drawing, "rows").count("L") == 100
    left, width = 58 + 894 * 0.4, 894 * 0.19  # marks of hours 40 to 59, the slices in which they begin and end
    stripes = re.findall(r"M([\d.]+) [\d.]+h([\d.]+)v", _path(drawing, "flag flag-mark"))
    edges = [float(x) for x, _ in stripes] + [float(x) + float(w) for x, w in stripes]
    assert min(edges) == pytest.approx(left, abs=1.3) and max(edges) == pytest.approx(left + width, abs=1.3)


def test_an_anomaly_beyond_the_record_is_drawn_at_its_edge() -> None:
    """One that began before the first row and one after the last are slivers inside of the drawing."""
    before = replace(ONE, start=START - timedelta(days=9), end=START - timedelta(days=8))
    after = replace(ONE, start=START + timedelta(days=90), end=START + timedelta(days=91))
    drawing = draw_record(_series(), "a21026", [before, after], ZONE, label="SO2", limit="limit")
    assert _path(drawing, "suspect") == "M58.0 12h2.0v154H58.0zM952.0 12h2.0v154H952.0z"


def test_lines_of_a_card_name_what_can_have_made_it() -> None:
    """Likeliest first, what is below a hundredth left out; the mark in the record's words; the quantity's name."""
    (card,), unshown = record_cards([ONE], [_series()], [SITE], Words("en"), ZONE)
    assert unshown == 0
    (line,) = card.lines
    assert (card.name, card.site_id, line.id, line.kind) == ("甲厂", "P1", "A001", "Above the limit")
    assert line.causes == (("the site emitted so", 0.7), ("the instrument is at fault", 0.295))
    assert (line.rivals, line.quantity, line.quiet) == ("marked “停运 检修”", "SO2 · 1#", False)
    assert [title for title, _ in card.drawings] == ["SO2 · 1#"]


def test_what_asks_for_something_comes_first() -> None:
    """Sites and lines of the ordinary course come last; what is too much for a card is counted by kind."""
    ordinary = replace(ONE, permit_code="P2", causes={Cause.OPERATION: 1.0})
    grave = [replace(ONE, strength=2.0 + k) for k in range(14)]
    cards, unshown = record_cards([ordinary, ONE, *grave], [], [SITE], Words("en"), ZONE)
    assert [card.name for card in cards] == ["甲厂", "P2"]
    assert [line.id for line in cards[0].lines] == [f"A{number:03d}" for number in range(16, 4, -1)]
    assert cards[0].more == "Besides: Above the limit (3)."
    assert [line.quiet for line in cards[1].lines] == [True] and unshown == 0
    many = [replace(ONE, permit_code=f"Q{k:02d}") for k in range(MOST_SITES + 3)]
    cards, unshown = record_cards(many, [], [], Words("en"), ZONE)
    assert (len(cards), cards[0].name, unshown) == (MOST_SITES, "Q00", 3)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_report_has_a_card_for_the_site(lang: str) -> None:
    """The kind in the page's language; without records it says so, without anomalies too."""
    words, contents = Words(lang), ReportContents("mission", (), (SITE,), series=[_series()], anomalies=[ONE])
    page = render_report(contents, lang=lang)
    assert f"<strong>{words('record_exceedance')}</strong>" in page and "甲厂" in page
    assert words("nothing_recorded") in render_report(replace(contents, anomalies=()), lang=lang)
    assert words("no_records") in render_report(replace(contents, anomalies=(), series=()), lang=lang)


def test_beside_a_hotspot_stands_whether_a_site_ran(make_hotspot, make_attribution) -> None:
    """At the time when it was last seen, with the anomalies of that day; one of the day before yesterday is not."""
    hotspot = replace(make_hotspot(), first_seen=START, last_seen=START + timedelta(minutes=40))
    time = np.datetime64("2026-03-01", "ns") + np.arange(12) * np.timedelta64(300, "s")
    activity = Activity("P1", "", "", time, np.full(12, 300.0), np.r_[np.zeros(8), 0.97, np.zeros(3)])
    now = replace(ONE, start=START - timedelta(hours=30), end=START - timedelta(hours=23))
    old = replace(now, end=START - timedelta(hours=25))
    region = RegionContents(CRS.from_epsg(4544), (), (), (hotspot,), (make_attribution(P1=0.8),))
    contents = ReportContents("m", (region,), (SITE,), anomalies=[old, now], activities=[activity])
    notes = notes_on_candidates(hotspot, contents, Words("en"), ZONE)
    assert notes == {"P1": "ran at 08:40: 97 %, records: A002 Above the limit"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_all_that_rules_say_has_words(lang: str) -> None:
    """Of simulated records of many trades every line is told in full: no figure is missing, no code is left over."""
    drawn = draw_records(5, sites=40, weeks=8)
    found = seek_anomalies(drawn.series, drawn.sites, drawn.orders).value
    cards, unshown = record_cards(found, drawn.series, drawn.sites, Words(lang), ZONE)
    assert len(cards) + unshown > 20
    lines = [line for card in cards for line in card.lines]
    assert len({one.kind for one in found}) > 15 and len(lines) > 40
    assert [line.values for line in lines if "–" in line.values or "{" in line.values] == []
    assert all(line.kind and line.quantity and line.causes for line in lines)
    assert sum(share for line in lines for _, share in line.causes) == pytest.approx(len(lines), rel=0.05)


def test_every_cause_and_kind_is_in_the_words() -> None:
    """A cause of the room, and a kind with a sentence for its figures."""
    assert {f"cause_{cause}" for cause in Cause} == {key for key in STRINGS if key.startswith("cause_")}
    named, told = ({k.removeprefix(f) for k in STRINGS if k.startswith(f)} for f in ("record_", "says_"))
    assert told <= named and named - told <= {
        "matter", "matter_times", "cause", "more", "times", "figures", "then",
    }  # fmt: skip


def test_a_spike_of_which_nothing_else_is_known_is_told_alone() -> None:
    """A sensor in the open states its value only; an outlet what stood before and after, too."""
    seen = replace(ONE, kind="spike", values={"value": 123.94, "unit": "ug m-3"})
    assert _said(seen, Words("en")) == "123.9 µg m⁻³, far off what is usual"
    beside = replace(seen, values={**seen.values, "beside": 20.0})
    assert _said(beside, Words("zh")) == "123.9 µg m⁻³，前后为 20"
