"""Values above a level of acute harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.errors import SettingError
from ingest.species import SPECIES
from onevisit.leads.plumes import PlumeLine
from onevisit.leads.urgent import Alarm, find_alarms
from onevisit.profile import load_profile
from onevisit.settings import AcuteLevel, AcuteSettings
from onevisit.words.telling import tell
from tests.onevisit.leads.test_plumes import LINE
from tests.told import raises_told

Make = Callable[..., Any]

SETTINGS = AcuteSettings()


def plume(species: str, background: float, maximum: float, **changes: Any) -> PlumeLine:
    """A plume of the hotspot H001."""
    line = replace(LINE, species=species, background=background, maximum=maximum, place="H001", apart=None)
    return replace(line, **changes)


def test_the_built_in_levels_are_the_published_ones() -> None:
    """AEGL-2 of one hour (National Research Council), of benzene ERPG-2, in ppm."""
    told = {slug: (row["value"], row["unit"], row["averaging"]) for slug, row in SETTINGS.levels.items()}
    ppm = {
        "h2s": 27.0, "nh3": 160.0, "cl2": 2.0, "hcl": 22.0, "hf": 24.0, "so2": 0.75, "co": 83.0, "no2": 12.0,
        "benzene": 150.0,
    }  # fmt: skip
    assert told == {slug: (value, "ppm", "60 min") for slug, value in ppm.items()}
    assert all(str(row["source"]).startswith(("AEGL-2, ", "ERPG-2, ")) for row in SETTINGS.levels.values())


def test_what_is_urgent_is_no_implausible_value() -> None:
    """A reading above its level is not taken for a fault of the instrument and left out before anyone sees it."""
    for slug, row in SETTINGS.levels.items():
        assert SPECIES[slug].logger_unit == "ppb" and 1000.0 * float(row["value"]) < SPECIES[slug].high, slug


@pytest.mark.parametrize(
    ("background", "maximum", "value"), [(1.0, 26.5, 27.5), (20.0, 7.5, 27.5), (1.0, 26.0, None)]
)
def test_background_and_enhancement_together_are_what_one_breathes(
    make_hotspot: Make, background: float, maximum: float, value: float | None
) -> None:
    """27 ppm of hydrogen sulfide are the level, not above it."""
    alarms = find_alarms([make_hotspot(species="h2s")], [plume("h2s", background, maximum)], SETTINGS).value
    assert [alarm.value for alarm in alarms] == ([value] if value else [])


@pytest.mark.parametrize(
    ("unit", "value", "in_ppm"),
    [("ppb", 800.0, 0.8), ("mg m-3", 2.0, 0.7639), ("ug m-3", 2000.0, 0.7639), ("mg m-3", 1.96, None)],
)
def test_units_are_brought_to_that_of_the_level(
    make_hotspot: Make, unit: str, value: float, in_ppm: float | None
) -> None:
    """At 25 °C and 1 atm a mole is 24.4654 l: 2 mg m-3 of SO2 (64.058 g/mol) are 0.7639 ppm, 1.96 are 0.7486."""
    alarms = find_alarms([make_hotspot()], [plume("so2", 0.0, value, unit=unit)], SETTINGS).value
    assert [alarm.value for alarm in alarms] == ([pytest.approx(in_ppm, abs=1e-4)] if in_ppm else [])


def test_one_alarm_a_place_and_species_with_its_largest_value(make_hotspot: Make) -> None:
    """Of two plumes the larger, with its time and place; chlorine at five times its level comes first."""
    later = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
    plumes = [
        plume("h2s", 0.0, 30.0), plume("h2s_2", 0.0, 40.5, peak=later, lon=104.5, lat=30.5),
        plume("cl2", 0.0, 10.0), plume("h2s", 0.0, 28.0, place="H002"), plume("tvoc", 0.0, 1e6),
    ]  # fmt: skip
    outcome = find_alarms([make_hotspot(), make_hotspot(id="H002")], plumes, SETTINGS)
    assert [(a.hotspot_id, a.species, a.value) for a in outcome.value] == [
        ("H001", "cl2", 10.0), ("H001", "h2s", 40.5), ("H002", "h2s", 28.0),
    ]  # fmt: skip
    level = AcuteLevel(27.0, "ppm", "60 min", "AEGL-2, National Research Council, Acute Exposure Guideline Levels, "
                       "vol. 9 (2010)")  # fmt: skip
    assert outcome.value[1] == Alarm("H001", "h2s", 40.5, level, later, 104.5, 30.5)
    assert [(d.item, d.code) for d in outcome.decisions] == [
        ("H001", "acute_level_exceeded"), ("H001", "acute_level_exceeded"), ("H002", "acute_level_exceeded"),
    ]  # fmt: skip
    assert tell(outcome.decisions[1]).decision == (
        "urgent: h2s 40.5 ppm against a level of 27 ppm; inform the duty officer, leave upwind"
    )


def test_a_plume_in_no_place_is_urgent_too(make_hotspot: Make) -> None:
    """Weak over a noisy sensor, and still 30 ppm: told with its position, once per source of an outing."""
    weak = plume("h2s", 0.0, 30.0, place=None, apart="weak")
    outcome = find_alarms([make_hotspot()], [weak, replace(weak, maximum=29.0)], SETTINGS)
    assert [(a.hotspot_id, a.value) for a in outcome.value] == [(None, 30.0)]
    assert outcome.decisions[0].item == "acute"


def test_a_hotspot_without_plumes_is_held_by_its_mean(make_hotspot: Make) -> None:
    """20 + 8 ppm in its cells; one whose plumes are known is held by those alone."""
    hotspot = make_hotspot(species="h2s", background=20.0, enhancement=8.0)
    (alarm,) = find_alarms([hotspot], [], SETTINGS).value
    assert (alarm.value, alarm.time, alarm.lon) == (28.0, hotspot.last_seen, hotspot.lon)
    assert find_alarms([hotspot], [plume("h2s", 1.0, 2.0)], SETTINGS).value == ()


def test_an_empty_table_is_said_and_so_is_what_cannot_be_compared(make_hotspot: Make) -> None:
    """No level, no alarm; volts are no concentration."""
    nothing = find_alarms([make_hotspot()], [plume("h2s", 0.0, 1e5)], AcuteSettings({}))
    assert nothing.value == () and [d.code for d in nothing.decisions] == ["no_acute_levels"]
    volts = find_alarms([], [plume("h2s", 0.0, 1e5, unit="V")] * 2, SETTINGS)
    assert volts.value == () and [tell(d).evidence for d in volts.decisions] == [
        "its unit, V, is no concentration of it"
    ]


def test_a_bureau_sets_its_own_levels() -> None:
    """They replace the built-in ones, all of them."""
    row = {"value": 10, "unit": "mg m-3", "averaging": "15 min", "source": "GBZ 2.1"}
    own = load_profile("default", {"acute": {"levels": {"tvoc": row}}}).acute
    assert own.level_of("tvoc") == AcuteLevel(10.0, "mg m-3", "15 min", "GBZ 2.1")
    assert own.level_of("h2s") is None
    assert load_profile("default", {"acute": {"levels": {}}}).acute.levels == {}


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ({"hexane": {}}, "'hexane' is no species"),
        ({"h2s": 27.0}, "expected value, unit, averaging and source"),
        ({"h2s": {"value": 1.0, "unit": "ppm"}}, "expected value, unit, averaging and source"),
        ({"h2s": {"value": 0.0}}, "value = 0.0; expected a number above 0"),
        ({"h2s": {"value": True}}, "value = True; expected a number above 0"),
        ({"h2s": {"value": float("inf")}}, "value = inf; expected a number above 0"),
        ({"h2s": {"value": "27"}}, "value = '27'; expected a number above 0"),
        ({"h2s": {"unit": "m s-1"}}, "unit = 'm s-1'; expected ppm, mg m-3"),
        ({"h2s": {"unit": "bits"}}, "unit = 'bits'; expected ppm, mg m-3"),
    ],
)
def test_levels_that_nothing_can_be_held_against_are_refused(levels: dict[str, Any], message: str) -> None:
    """Each is named with what was expected."""
    full = {"value": 1.0, "unit": "ppm", "averaging": "60 min", "source": "a"}
    rows = {slug: full | row if isinstance(row, dict) and len(row) == 1 else row for slug, row in levels.items()}
    with raises_told(SettingError, match=message.replace("(", r"\(")):
        AcuteSettings(rows)
