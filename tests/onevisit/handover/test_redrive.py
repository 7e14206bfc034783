"""``redrive.geojson`` and the list in the report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from onevisit.handover.data.redrive import write_redrive
from onevisit.handover.page.contents import ReportContents
from onevisit.handover.page.redrive import again_cards
from onevisit.handover.page.report import render_report
from onevisit.redrive.schema import OUTSIDE, Again, Flight, Hours, Redrive, RedriveStreet, Settles
from onevisit.schema import Disposition, Lead
from onevisit.words.strings import Words
from tests.onevisit.redrive.scene import site

SETTLES = Settles("H001", 0.75, 1.5, ("a", "unlisted", "background"), ("a",))
STREET = RedriveStreet(
    1, "Main", ((104.0, 30.0), (104.003, 30.0)), 289.5, 2, "SE", (replace(SETTLES, nats=0.6, check_first=()),)
)
DRIVE = Redrive(
    "D1", (STREET, replace(STREET, number=2, name="")), ((104.0, 30.0), (104.003, 30.0), (104.0, 30.0)), 1500.0,
    216.0, 315.0, 22.5, (90.0,), (1.6, 5.0), Hours(time(9, 30), time(12)), (SETTLES,), True,
)  # fmt: skip
FLIGHT = Flight(
    "F1", ((104.0012345, 30.0), (104.0, 30.0012345)), 30.0, 800.0, 270.0, 22.5, Hours(time(6, 10), time(19)), "",
    (SETTLES,),
)  # fmt: skip


def _written(tmp_path: Path, again: Again) -> list[dict]:
    write_redrive(tmp_path / "redrive.geojson", again)
    return json.loads((tmp_path / "redrive.geojson").read_text(encoding="utf-8"))["features"]


def test_drives_streets_and_flights_are_lines_with_what_they_settle(tmp_path: Path) -> None:
    """The whole way, then its streets, then the flight with seven decimals of its waypoints."""
    drive, main, nameless, flight = _written(tmp_path, Again((DRIVE,), (FLIGHT,)))
    told = {"hotspot": "H001", "nats": 0.75, "open_nats": 1.5, "share": 0.5,
            "rivals": ["a", "unlisted", "background"], "check_register_first": ["a"]}  # fmt: skip
    assert drive["geometry"]["coordinates"] == [[104.0, 30.0], [104.003, 30.0], [104.0, 30.0]]
    assert drive["properties"] == {
        "what": "drive", "id": "D1", "wind_from_deg": 315.0, "wind_half_width_deg": 22.5, "also_from_deg": [90.0],
        "wind_m_s": [1.6, 5.0], "hours": ["09:30", "12:00"], "length_m": 1500.0, "driving_s": 216.0,
        "nats_per_km": 0.5, "streets": 2, "on_roads": True, "settles": [told],
    }  # fmt: skip
    assert main["properties"] == {
        "what": "street", "id": "D1", "number": 1, "name": "Main", "side": "SE", "passes": 2, "wind_from_deg": 315.0,
        "wind_half_width_deg": 22.5, "length_m": 289.5,
        "settles": [told | {"nats": 0.6, "share": 0.4, "check_register_first": []}],
    }  # fmt: skip
    assert (nameless["properties"]["number"], nameless["properties"]["name"]) == (2, "")
    assert flight["properties"] == {
        "what": "flight", "id": "F1", "waypoints": [[104.0012345, 30.0], [104.0, 30.0012345]], "height_m": 30.0,
        "length_m": 800.0, "wind_from_deg": 270.0, "wind_half_width_deg": 22.5, "hours": ["06:10", "19:00"],
        "airspace": "", "settles": [told],
    }  # fmt: skip


def test_a_file_without_anything_to_measure_is_an_empty_collection(tmp_path: Path) -> None:
    """And hours that nobody can tell are none."""
    assert _written(tmp_path, Again()) == []
    assert _written(tmp_path, Again((replace(DRIVE, hours=None),)))[0]["properties"]["hours"] == []


def test_a_share_is_of_what_is_open_and_never_more() -> None:
    """Nothing open is nothing settled."""
    assert (SETTLES.share, replace(SETTLES, nats=9.0).share, replace(SETTLES, open_nats=0.0).share) == (0.5, 1.0, 0.0)


@pytest.mark.parametrize(
    ("lang", "facts", "settled", "check", "street"),
    [
        (
            "en",
            ("2 stretches, each there and back · 1.5 km · 4 min",
             "wind from 315° ± 22°, 1.6–5.0 m/s; nearly as good: 90°",
             "between 09:30 and 12:00, when it was met before"),
            "H001: 50 % of what is open, between Works a, a source on no list, background or traffic",
            "first check the position of Works a in the register",
            ("no name", "south-east side", "H001 40 %"),
        ),
        (
            "zh",
            ("2 个路段，每段往返 · 1.5 km · 4 min", "风向 315° ± 22°，风速 1.6–5.0 m/s；90° 亦可",
             "09:30 至 12:00（与此前检出时段一致）"),
            "H001：未厘清部分的 50 %，Works a、名录外来源、背景或交通之间",
            "请先核对名录中 Works a 的位置",
            ("无名路段", "东南侧", "H001 40 %"),
        ),
    ],
)  # fmt: skip
def test_a_drive_is_told_in_both_languages(lang, facts, settled, check, street) -> None:
    """Streets, wind, hours, what it settles, and what is looked up first."""
    (card,) = again_cards(Again((DRIVE,)), {"a": site("a")}, Words(lang), {"D1": "4 min"})
    assert (card.facts, card.settles, card.check_first) == (facts, (settled,), check)
    line = card.streets[1]
    assert (line.name, line.side, line.settles) == street
    assert (line.number, line.passes, line.metres, card.airspace) == (2, 2, "290", "")


@pytest.mark.parametrize(
    ("airspace", "text", "blank"),
    [
        ("", "airspace to be cleared:", True),
        (OUTSIDE, "outside of the zones of the airspace register", False),
        ("机场", "within the limit of 机场", False),
    ],
)
def test_a_flight_leaves_its_airspace_blank_without_a_register(airspace: str, text: str, blank: bool) -> None:
    """With one the zone is named, or that there is none."""
    (card,) = again_cards(Again((), (replace(FLIGHT, airspace=airspace),)), {}, Words("en"), {})
    assert (card.airspace, card.to_clear) == (text, blank)
    assert card.facts[0] == (
        "flight across the wind at 30 m above ground, there and back · 0.80 km · daylight 06:10–19:00"
    )
    assert card.settles[0].startswith("H001: 50 % of what is open, between a, a source on no list")


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (
            "en",
            ("south-east side", "re-drive D1, F1", "airspace to be cleared:", "first check the position of Works a"),
        ),
        ("zh", ("东南侧", "复测 D1、F1", "空域待批准：", "请先核对名录中 Works a 的位置")),
    ],
)
def test_the_report_lists_what_to_measure_again(lang: str, told: tuple[str, ...]) -> None:
    """Drives with their streets, flights with a blank for the airspace, and the lead that names both."""
    lead = Lead("a", "A", "a", 104.0, 30.0, (), (), 0.5, Disposition.MEASURE_AGAIN, (), (), redrives=("D1", "F1"))
    contents = ReportContents("m", (), sites=(site("a"),), leads=(lead,), again=Again((DRIVE,), (FLIGHT,)))
    page = render_report(contents, lang=lang)
    part = page[page.index('<section id="redrive">') : page.index('<section id="routes">')]
    assert [text for text in told if text not in page] == []
    assert part.count('<span class="badge">') == 2 and part.count('class="blank"') == 1
    nothing = render_report(replace(contents, again=Again()), lang=lang)
    assert Words(lang)("no_redrive") in nothing
