"""A unit may stand anywhere beside a name: every way of writing it gives the same name and unit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.species import SPECIES
from ingest.text.heading_units import spells_concentration
from ingest.text.headings import split_heading, understand

WAYS = (
    *("{name}({unit})", "{name} ({unit})", "{name}（{unit}）", "{name}[{unit}]"),
    *("{name}（单位：{unit}）", "{name}(unit: {unit})"),
    *("{name}/{unit}", "{name} / {unit}", "{name}/({unit})", "{name}／{unit}", "{name}:{unit}", "{name}：{unit}"),
    *("{name},{unit}", "{name}，{unit}", "{name} {unit}", "{name}_{unit}", "ρ({name})/({unit})", "c({name})/{unit}"),
    *("{unit} {name}", "{name}({unit})_avg"),
)  # fmt: skip
UNITS = {
    "ppb": "ppb", "ppm": "ppm", "ppbv": "ppb", "μg/m3": "ug m-3", "µg/m³": "ug m-3", "μg·m-3": "ug m-3",
    "ug/m^3": "ug m-3", "mg/m3": "mg m-3", "mg·m⁻³": "mg m-3", "微克/立方米": "ug m-3",
}  # fmt: skip
NAMES = {species.words[0]: slug for slug, species in SPECIES.items() if species.words and slug not in ("pnc", "bc")}


@given(st.sampled_from(WAYS), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(NAMES)))
def test_each_way_gives_the_same_name_and_unit(way: str, unit: str, name: str) -> None:
    """Every species of the table, ten spellings of units, twenty ways to set them side by side."""
    text = way.format(name=name, unit=unit)
    meaning, found = understand(text), split_heading(text).unit
    assert meaning is not None and meaning.quantity.slug == NAMES[name], text
    assert found is not None and found.name == UNITS[unit], text


@pytest.mark.parametrize(
    ("text", "slug", "unit"),
    [
        *(
            ("温度/℃", "temperature", "degC"),
            ("风速/m·s-1", "wind_speed", "m s-1"),
            ("车速/(km·h-1)", "speed", "km h-1"),
        ),
        *(("海拔/m", "altitude", "m"), ("NO2_ug_m3", "no2", "ug m-3"), ("wind_speed_m_s", "wind_speed", "m s-1")),
        *(("NO2..ug.m3.", "no2", "ug m-3"), ("PM2_5_ug_m3", "pm25", "ug m-3"), ("PM2.5..ug.m3.", "pm25", "ug m-3")),
        *(("NOx(以NO2计)/(mg/m3)", "nox", "mg m-3"), ("浓度(ppb)_甲苯", "toluene", "ppb")),
    ],
)
def test_ways_of_standards_and_programs(text: str, slug: str, unit: str) -> None:
    """GB 3101 writes a slash, R turns brackets into points, databases have underscores."""
    meaning, found = understand(text), split_heading(text).unit
    assert meaning is not None and found is not None
    assert (meaning.quantity.slug, found.name) == (slug, unit)


@pytest.mark.parametrize(
    "text", ["NO/NO2", "CO/CO2", "NO+NO2 (ppb)", "甲苯/苯", "Signal/V", "V/A", "Date/Hour", "group C", "flow/L/min"]
)
def test_what_is_no_quantity_with_a_unit(text: str) -> None:
    """Ratios and sums are neither of their parts; one letter behind an unknown word is no unit."""
    assert understand(text) is None


def test_a_unit_in_the_name_is_no_missing_unit() -> None:
    """So the convention for tables without units does not overrule what is written, in whatever way."""
    assert all(spells_concentration(text) for text in ("NO2 {ppb}", "NO2 <ug/m3>", "二氧化氮每立方米微克"))
    assert not any(spells_concentration(text) for text in ("NO2", "PM2.5浓度", "苯系物", "风速", "no2 mean"))
