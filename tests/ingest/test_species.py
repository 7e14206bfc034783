"""The table of species: every name leads to one row, every row is whole, and no other table names what it lacks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.attribution.evidence_settings import EvidenceSettings
from fusion.settings import FusionSettings
from ingest import species as module
from ingest.monitors.codes import code_of, hj212_codes
from ingest.species import (
    SPECIES,
    family_of,
    fold,
    molar_mass_of,
    species_of,
    species_of_code,
    species_of_word,
    substance_of,
)
from ingest.text.headings import understand
from ingest.traces.checks import plausibility
from ingest.traces.formats import picarro
from ingest.units import grams_per_m3, parse_unit
from onevisit.truth.simulate.air.instrument import CHANNELS
from onevisit.truth.simulate.names import INDUSTRIES
from onevisit.truth.simulate.records import monitors
from tests.ingest.immutable import mutable_values
from tracks.settings import TrackSettings

ROOT = Path(__file__).resolve().parents[2]
#: IUPAC 2021 abridged standard atomic weights (doi:10.1515/pac-2019-0603).
ATOMS = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "S": 32.06, "Cl": 35.45}
FORMULAE = {
    "ch4": "CH4", "ch4_dry": "CH4", "co2": "CO2", "co2_dry": "CO2", "h2o": "H2O", "c2h6": "C2H6", "co": "CO",
    "no": "NO", "no2": "NO2", "so2": "SO2", "o3": "O3", "h2s": "H2S", "nh3": "NH3", "n2o": "N2O", "hcho": "CH2O",
    "benzene": "C6H6", "toluene": "C7H8", "ethylbenzene": "C8H10", "xylene": "C8H10", "styrene": "C8H8",
    "vinyl_chloride": "C2H3Cl", "chlorobenzene": "C6H5Cl", "cl2": "Cl2", "hcl": "HCl", "hf": "HF", "hcn": "HCN",
    "cs2": "CS2",
}  # fmt: skip
SUMS_OF_GASES = {"nox", "ox", "tvoc", "nmhc", "thc"}
ALL = list(SPECIES.values())


# --- rows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.slug)
def test_every_row_is_whole(one: module.Species) -> None:
    """A name in code, a name and a printed form in each language, units that are known, a range around something."""
    assert re.fullmatch(r"[a-z][a-z0-9_]*", one.slug) and one.long_name and one.printed_en and one.printed_zh
    assert one.low < one.high
    assert bool(one.words) == bool(one.logger_unit) and bool(one.code) == bool(one.monitor_unit)
    assert one.words or one.register_words
    assert not one.code or one.register_words  # the first is its Chinese name
    for unit in (one.unit, one.monitor_unit, one.logger_unit, *(name for name, _, _ in one.guesses)):
        assert not unit or getattr(parse_unit(unit), "name", "") == unit


def test_no_word_means_two_species() -> None:
    """Words of loggers, of registers and monitors, slugs, names of CF: each of one row only, as they are folded."""
    owners: dict[str, set[str]] = {}
    for one in ALL:
        for word in (*one.words, *one.register_words, one.long_name, one.slug, one.cf):
            owners.setdefault(fold(word), set()).add(one.slug)
    owners.pop("")
    assert [owned for owned in owners.items() if len(owned[1]) > 1] == []
    assert all(len(set(one.words)) == len(one.words) for one in ALL)
    assert all(len(set(one.register_words)) == len(one.register_words) for one in ALL)


def test_words_stand_in_the_table_as_they_are_folded() -> None:
    """A word in capitals would never be found in a heading."""
    assert [word for one in ALL for word in one.words if fold(word) != word] == []


def test_no_code_means_two_quantities() -> None:
    """Codes of 2017 and of 2005 are each of one row, and of no quantity of water or operation besides."""
    codes = Counter(code for one in ALL for code in (one.code, one.old_code) if code)
    assert [code for code, count in codes.items() if count > 1] == []
    others = [code for code in hj212_codes() if species_of_code(code.code) is None]
    assert len(others) + sum(bool(one.code) for one in ALL) == len({code.code for code in hj212_codes()})
    assert not {code.old for code in others if code.old} & set(codes)


def test_codes_are_the_published_ones(shared_data: Path) -> None:
    """HJ 212-2017, annex B, prints each code, with that of 2005 beside it; two in use are in no list."""
    lines = (shared_data / "hj212" / "hj212_2017_codes.csv").read_text(encoding="utf-8-sig").splitlines()
    standard = {re.split(",", line)[0]: line.split(",")[-5] for line in lines[1:]}
    found = {one.code: one.old_code for one in ALL if one.code not in ("", "a05024", "a99054")}
    assert found.items() <= standard.items()


def test_molar_masses_are_the_sums_of_their_atoms() -> None:
    """Every gas of one substance has one; sums of gases, particles and mists have none."""
    assert {one.slug for one in ALL if one.molar_mass_g_mol} == set(FORMULAE)
    gases = {one.slug for one in ALL if one.logger_unit in ("ppm", "ppb")}
    assert gases - SUMS_OF_GASES == set(FORMULAE)
    for slug, formula in FORMULAE.items():
        atoms = re.findall(r"([A-Z][a-z]?)(\d*)", formula)
        assert SPECIES[slug].molar_mass_g_mol == pytest.approx(sum(ATOMS[a] * int(n or 1) for a, n in atoms)), slug


def test_rows_that_name_another_row() -> None:
    """A dry form has the mass, the family and the limits of the wet one; NOx is counted as NO2, and nothing else."""
    assert {one.slug: one.counted_as for one in ALL if one.counted_as} == {"nox": "no2"}
    dry = {one.slug: one.dry_of for one in ALL if one.dry_of}
    assert dry == {"ch4_dry": "ch4", "co2_dry": "co2"}
    for slug, wet in dry.items():
        for name in ("molar_mass_g_mol", "family", "rare_in_exhaust", "low", "high", "logger_unit", "guesses"):
            assert getattr(SPECIES[slug], name) == getattr(SPECIES[wet], name), (slug, name)


def test_families_and_what_stands_for_one() -> None:
    """Four families of relatives, and the words of permits that mean all of one."""
    members = Counter(one.family for one in ALL if one.family != substance_of(one.slug))
    assert members == {"voc": 12, "particles": 8, "nox": 2, "sulfur": 4}
    assert {one.slug: one.family for one in ALL if one.sum_of_family} == {
        "tvoc": "voc", "nmhc": "voc", "pm_total": "particles", "odour": "sulfur",
    }  # fmt: skip


def test_gases_that_vehicles_hardly_emit() -> None:
    """What stays a plume in exhaust."""
    gases = "so2 h2s nh3 ch4 ch4_dry c2h6 hcho styrene cl2 hcl hf"
    assert {one.slug for one in ALL if one.rare_in_exhaust} == set(gases.split())


def test_units_of_ambient_air() -> None:
    """GB 3095-2012: µg m-3, but CO mg m-3; numbers of particles, odour and water have others."""
    others = {one.slug: one.unit for one in ALL if one.unit != "ug m-3"}
    assert others == {"co": "mg m-3", "pnc": "cm-3", "odour": "1", "h2o": ""}


# --- names ---------------------------------------------------------------------------------------------------------


@given(one=st.sampled_from(ALL), width=st.booleans(), upper=st.booleans(), data=st.data())
def test_words_are_found_in_any_case_and_width(
    one: module.Species, width: bool, upper: bool, data: st.DataObject
) -> None:
    """Letters and digits of full width, capitals, blanks around."""
    word = data.draw(st.sampled_from((*one.words, *one.register_words)))
    text = word.upper() if upper else word
    text = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text) if width else text
    assert species_of_word(f" {text} ") is one


@given(one=st.sampled_from([one for one in ALL if one.words]), upper=st.booleans(), data=st.data())
def test_headings_name_a_species_with_or_without_an_instrument(
    one: module.Species, upper: bool, data: st.DataObject
) -> None:
    """Every word of loggers with a unit; single words that are no abbreviation also behind an instrument's name."""
    word = data.draw(st.sampled_from(one.words))
    heading = f"{word.upper() if upper else word} ({one.logger_unit})"
    meaning = understand(heading)
    assert meaning is not None and (meaning.quantity.slug, meaning.instrument) == (one.slug, "")
    if " " not in word and word not in ("no", "co", "hf", "pm", "bc", "concentration", "total"):
        behind = understand(f"Cerex {heading}")
        assert behind is not None and (behind.quantity.slug, behind.instrument) == (one.slug, "cerex")


@pytest.mark.parametrize("one", [one for one in ALL if one.code], ids=lambda one: one.slug)
def test_monitor_and_trace_meet_in_one_row(one: module.Species) -> None:
    """The variable of a record and that of a trace give the same species, and names give the same code."""
    assert species_of_code(one.code) is species_of(one.slug) is one
    assert not one.old_code or species_of_code(one.old_code) is one
    for word in (one.long_name, *one.register_words, *one.words):
        if word != "total":
            assert getattr(code_of(word), "code", None) == one.code, word


@pytest.mark.parametrize(
    ("name", "slug", "substance"),
    [
        ("so2", "so2", "so2"), ("SO2", "so2", "so2"), ("so2_2", "so2", "so2"),
        ("pm_coarse_2", "pm_coarse", "pm_coarse"),
        ("ch4_picarro_g2301", "ch4", "ch4"), ("ch4_dry", "ch4_dry", "ch4"), ("co2_dry_2", "co2_dry", "co2"),
        ("vinyl_chloride_2", "vinyl_chloride", "vinyl_chloride"), ("hexane_2", None, "hexane"), ("", None, ""),
    ],
)  # fmt: skip
def test_variables_of_every_instrument_are_of_one_species(name: str, slug: str | None, substance: str) -> None:
    """What follows a slug tells instruments apart; the dry form of a gas is the same substance."""
    assert getattr(species_of(name), "slug", None) == slug
    assert substance_of(name) == substance


# --- other tables --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("exhaust", TrackSettings().combustion_species),
        ("hotspots", FusionSettings().combustion_species),
        ("emission rates", (TrackSettings().rate_species,)),
        ("contradicting units", tuple(row[0] for row in plausibility._CONTRADICTIONS)),
        ("backgrounds", tuple(plausibility._EXPECTED_BACKGROUND)),
        ("modes of an analyser", tuple(name for names in picarro._MODES.values() for name in names)),
    ],
)
def test_other_tables_name_species_by_their_slugs(where: str, names: tuple[str, ...]) -> None:
    """A name that is no slug would never match anything."""
    assert set(names) - set(SPECIES) == set(), where


def test_corrections_name_species_by_their_slugs() -> None:
    """Slugs in `tracks.corrections`, as they stand in its source."""
    text = (ROOT / "tracks" / "corrections.py").read_text(encoding="utf-8")
    names = {
        n for found in re.findall(r"correct_\w+, \(((?:\"\w+\",? ?)+)\)", text) for n in re.findall(r"\w+", found)
    }
    assert names == {"bc", "pm1", "pm25", "pm4", "pm10", "pm_total"}
    assert names <= set(SPECIES)


def test_findings_speak_of_families_that_exist() -> None:
    """The rows of `[evidence]` are named by kind and family."""
    rows = [f.name for f in fields(EvidenceSettings) if f.name.startswith(("bare_soil_", "hot_surface_"))]
    families = {re.sub("bare_soil_|hot_surface_", "", name) for name in rows}
    assert families == {"particles", "voc", "nox", "co", "sulfur"} and families <= {one.family for one in ALL}


def test_the_simulator_names_species_that_are_rows() -> None:
    """What sources emit, what the van measures under which heading, what stacks report under which code."""
    emitted = {name for industry in INDUSTRIES for name, _ in industry.profile}
    assert emitted <= {channel.species for channel in CHANNELS}
    for channel in CHANNELS:
        meaning, one = understand(channel.heading), species_of_word(channel.species)
        assert meaning is not None and one is not None and meaning.quantity.slug == one.slug
    for factor in monitors._AIR:
        one = species_of_code(factor.code)
        assert one is not None and one.register_words[0] == factor.name


# --- masses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("species", "micrograms"),
    [("so2", 2.6183), ("o3", 1.9618), ("co", 1.1449), ("hcho", 1.2273), ("benzene", 3.1928), ("styrene", 4.2571)],
)
def test_one_ppb_at_25_degrees_by_hand(species: str, micrograms: float) -> None:
    """Molar mass over 24.4654 L mol-1, that of an ideal gas at 298.15 K and 1 atm; and back."""
    grams = grams_per_m3("ppb", species, temperature_k=298.15, pressure_pa=101325.0)
    assert grams is not None and grams * 1e6 == pytest.approx(micrograms, abs=6e-5)
    mass = molar_mass_of(species)
    assert mass is not None and micrograms * 24.4654 / mass == pytest.approx(1.0, abs=1e-4)


def test_families_of_variables() -> None:
    """By instrument, wet or dry; an unlisted species is its own."""
    names = ("toluene_2", "pm_coarse", "no2_3", "cs2", "ch4_dry", "o3", "hexane_2")
    assert [family_of(name) for name in names] == ["voc", "particles", "nox", "sulfur", "ch4", "o3", "hexane"]


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(module) == []
    with pytest.raises(TypeError):
        SPECIES["x"] = SPECIES["so2"]  # type: ignore[index]
