"""What headings mean: roles, names of CF, guesses of units, instruments before and after a word, and what is none."""

from __future__ import annotations

import pytest

from ingest.species import fold
from ingest.text.headings import (
    QUANTITIES,
    Heading,
    Meaning,
    Quantity,
    split_heading,
    status_subject,
    understand,
)
from ingest.text.times.parts import PARTS
from ingest.traces.assemble import species_attributes
from ingest.units import parse_unit

BY_SLUG = {quantity.slug: quantity for quantity in QUANTITIES}

# --- the table -----------------------------------------------------------------------------------------------------

#: What is no species: role and CF standard name (CF standard name table 86).
ROLES = {
    "time": ("time", ""), "date": ("date", ""), "clock": ("clock", ""), "epoch": ("epoch", ""),
    "epoch_ns": ("epoch_ns", ""), "gnss_clock": ("gnss_clock", ""),
    "gps_week": ("gps_week", ""), "gps_seconds": ("gps_seconds", ""), "lon": ("lon", ""), "lat": ("lat", ""),
    "altitude": ("other", "altitude"), "height_above_takeoff": ("other", ""),
    "speed": ("other", "platform_speed_wrt_ground"), "heading": ("other", "platform_course"),
    "position_sd": ("other", ""), "satellites": ("other", ""), "hdop": ("other", ""), "status": ("status", ""),
    "wind_speed": ("wind_speed", "wind_speed"), "wind_direction": ("wind_direction", "wind_from_direction"),
    "apparent_wind_speed": ("apparent_wind_speed", ""), "apparent_wind_direction": ("apparent_wind_direction", ""),
    "temperature": ("other", "air_temperature"), "relative_humidity": ("other", "relative_humidity"),
    "pressure": ("other", "air_pressure"), "sonic_u": ("other", ""), "sonic_v": ("other", ""),
    "sonic_w": ("other", ""), "sonic_temperature": ("other", ""), "attenuation": ("other", ""),
    "lon_west": ("lon", ""), "lat_south": ("lat", ""), "lon_side": ("lon_side", ""), "lat_side": ("lat_side", ""),
    **{f"{axis}_{part}": (f"{axis}_{part}", "") for axis in ("lon", "lat") for part in ("deg", "min", "sec")},
    **{part: (part, "") for part in PARTS},
    "fix": ("fix", ""), "platform": ("platform", ""), "unit": ("unit", ""),
}  # fmt: skip

#: Species: the gas or size in CF's names, empty where CF has none.
GASES = {
    "ch4": "methane", "ch4_dry": "", "co2": "carbon_dioxide", "co2_dry": "", "h2o": "water_vapor", "c2h6": "ethane",
    "co": "carbon_monoxide", "no": "nitrogen_monoxide", "no2": "nitrogen_dioxide", "nox": "",
    "so2": "sulfur_dioxide", "o3": "ozone", "ox": "", "h2s": "hydrogen_sulfide", "nh3": "ammonia",
    "n2o": "nitrous_oxide", "hcho": "formaldehyde", "tvoc": "", "nmhc": "", "benzene": "benzene",
    "toluene": "toluene", "ethylbenzene": "ethylbenzene", "xylene": "xylene", "styrene": "", "thc": "",
    "vinyl_chloride": "", "chlorobenzene": "", "cl2": "", "hcl": "hydrogen_chloride", "hf": "",
    "hcn": "hydrogen_cyanide", "cs2": "",
}  # fmt: skip
SIZES = {"pm1": "pm1", "pm25": "pm2p5", "pm10": "pm10", "pm4": "", "pm_coarse": "", "pm_total": "", "bc": ""}


def test_roles_and_standard_names() -> None:
    """Every quantity has the role for which it is used and the name that CF has for it."""
    others = {q.slug: (q.role, q.cf) for q in QUANTITIES if q.role != "species"}
    assert others == ROLES
    assert {q.slug for q in QUANTITIES if q.role == "species"} == {*GASES, *SIZES, "pnc"}


def _standard_name(slug: str, unit: str) -> str:
    parsed = parse_unit(unit)
    assert parsed is not None
    return species_attributes(BY_SLUG[slug], parsed, "x").get("standard_name", "")


def test_standard_names_of_gases() -> None:
    """By mole or by mass; none where CF has none, or the unit is of another kind."""
    for slug, name in GASES.items():
        assert _standard_name(slug, "ppb") == (f"mole_fraction_of_{name}_in_air" if name else ""), slug
        assert _standard_name(slug, "ug m-3") == (f"mass_concentration_of_{name}_in_air" if name else ""), slug
        assert _standard_name(slug, "cm-3") == "", slug


def test_standard_names_of_particles() -> None:
    """Mass of a size, number of all; none for a size in ppb."""
    for slug, name in SIZES.items():
        mass = f"mass_concentration_of_{name}_ambient_aerosol_particles_in_air"
        assert _standard_name(slug, "mg m-3") == (mass if name else ""), slug
        assert _standard_name(slug, "ppb") == "", slug
    assert _standard_name("pnc", "cm-3") == "number_concentration_of_ambient_aerosol_particles_in_air"
    assert _standard_name("pnc", "ug m-3") == ""


def test_guesses_of_units() -> None:
    """Methane and carbon dioxide alone have backgrounds that tell their unit: 2 ppm, 420 ppm; water 1 to 4 %."""
    methane = (("ppm", 1.2, 500.0), ("ppb", 1200.0, 500000.0))
    carbon, water = (("ppm", 250.0, 20000.0),), (("ppm", 500.0, 80000.0),)
    expected = {
        "ch4": methane,
        "ch4_dry": methane,
        "co2": carbon,
        "co2_dry": carbon,
        "h2o": water,
    }
    assert {q.slug: q.guesses for q in QUANTITIES if q.guesses} == expected


def test_what_a_quantity_is_by_itself() -> None:
    """No unit, no limits, no name of CF, no guesses; those of time have limits that nothing reaches."""
    bare = Quantity("a", "species", "b", ())
    assert (bare.unit, bare.low, bare.high, bare.cf, bare.guesses) == ("", float("-inf"), float("inf"), "", ())
    for slug in ("time", "date", "clock", "epoch", "status"):
        assert (BY_SLUG[slug].unit, BY_SLUG[slug].low, BY_SLUG[slug].high) == ("", -1e30, 1e30)


def test_every_word_means_its_quantity_alone() -> None:
    """No word is in two lists, and each is found as it stands, in capitals and with a unit after it."""
    words = [(word, quantity) for quantity in QUANTITIES for word in quantity.words]
    assert len({word for word, _ in words}) == len(words)
    for word, quantity in words:
        assert understand(word) == Meaning(quantity, ""), word
        assert understand(word.upper().replace(" ", "_")) == Meaning(quantity, ""), word
        if quantity.unit:
            assert understand(f"{word} ({quantity.unit})") == Meaning(quantity, ""), word


# --- instruments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "slug", "instrument"),
    [
        ("AirMar Wind Speed [m/s]", "wind_speed", "airmar"),
        ("Picarro G2301 CO2 (ppm)", "co2", "picarro g2301"),
        ("outdoor temperature", "temperature", "outdoor"),
        ("cabin roof humidity", "relative_humidity", "cabin roof"),
        ("Cerex-Benzene", "benzene", "cerex"),
        ("NO2 AQMesh (ppb)", "no2", "aqmesh"),
        ("SO2 b4 left ppb", "so2", "b4 left"),
        ("VOC PID", "tvoc", "pid"),
        ("SO2 CEM", "so2", "cem"),
        ("NO2 sensor", "no2", "sensor"),
        ("NO2 ch12", "no2", "ch12"),
    ],
)
def test_instruments_beside_a_known_word(heading: str, slug: str, instrument: str) -> None:
    """Before it anything; after it with a unit anything, without one the kinds of sensor."""
    assert understand(heading) == Meaning(BY_SLUG[slug], instrument)


@pytest.mark.parametrize(
    "heading",
    [
        *(
            f"foo {word}"
            for word in ("x", "y", "t a", "ws", "wd", "no", "co", "hf", "pm", "bc", "concentration", "total")
        ),
        *("foo time", "foo date", "foo track", "foo status", "foo mode"),
        *("NO2 xyz", "NO2 pids", "NO2 a ch", "temp sensor", "humidity foo (%)", "foo", "foo (m/s)", "", " ", "()"),
    ],
)
def test_what_is_too_short_or_unknown(heading: str) -> None:
    """Two letters after anything may be anything; a name after a species needs a unit; weather has none after it."""
    assert understand(heading) is None


@pytest.mark.parametrize(
    "word",
    [
        *("mdl", "r2", "flag", "status", "sd", "std", "sdev", "stdev", "error", "err", "raw", "bits", "code"),
        *("absorption", "ratio", "smooth", "smooth9", "corrected", "background", "avg", "average", "count", "id"),
        *("number", "strength"),
    ],
)
def test_what_is_said_about_a_measurement_is_none(word: str) -> None:
    """Not before a known word, nor after it, nor in brackets, nor with the unit of a concentration."""
    assert understand(f"NO2 xyz {word} (ppb)") is None
    assert understand(f"{word} wind speed") is None
    assert understand(f"NO2 xyz [{word}]") is None
    assert understand(f"hexane {word} (ppb)") is None
    if not word.startswith("smooth"):
        assert understand(f"NO2 {word}a (ppb)") == Meaning(BY_SLUG["no2"], f"{word}a")


@pytest.mark.parametrize("heading", ["SO2 总状态 (ppb)", "SO2 标记 a (ppb)", "SO2 a单位 (ppb)", "SO2状态(ppb)"])
def test_chinese_marks_are_no_measurements(heading: str) -> None:
    """Anywhere in the heading."""
    assert understand(heading) is None


@pytest.mark.parametrize(
    "word",
    [
        *("cell", "pcb", "cavity", "board", "box", "inlet", "internal", "lamp", "das", "etalon", "sample"),
        "detector",
    ],
)
def test_temperatures_of_the_instrument_itself(word: str) -> None:
    """Not the air's, wherever the word stands before it; a pressure likewise."""
    assert understand(f"{word} temperature") is None
    assert understand(f"left {word} pressure") is None
    assert understand(f"{word}s temperature") == Meaning(BY_SLUG["temperature"], f"{word}s")


# --- species that no table lists -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "slug", "name", "unit"),
    [
        ("hexane (ppm)", "hexane", "hexane", "ppm"),
        ("1-3丁二烯(μg/m³)", "x1_3丁二烯", "1-3丁二烯", "ug m-3"),
        ("C8H11 #/cc", "c8h11", "C8H11", "cm-3"),
        ("a" * 50 + " (ppb)", "a" * 40, "a" * 50, "ppb"),
        ("_n-hexane_ (ppb)", "n_hexane", "_n-hexane", "ppb"),
    ],
)
def test_unlisted_species(heading: str, slug: str, name: str, unit: str) -> None:
    """A name with the unit of a concentration is a species of its own, without limits."""
    assert understand(heading) == Meaning(Quantity(slug, "species", name, (), unit), "")


@pytest.mark.parametrize("heading", ["hexane (m/s)", "hexane (foo)", "hexane", "+ (ppb)", "** (ppb)", "(ppb)"])
def test_no_species_without_a_concentration_and_a_name(heading: str) -> None:
    """Another unit, no unit, signs only."""
    assert understand(heading) is None


# --- headings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "unit"),
    [
        ("CO(ppb)", "CO", "ppb"),
        ("CO[ppb]", "CO", "ppb"),
        ("CO（ppb）", "CO", "ppb"),
        ("CO_(ppb) ", "CO", "ppb"),
        ("CO ()", "CO", ""),
        ("CO (a) (ppb)", "CO (a)", "ppb"),
        ("温度 ℃", "温度", "℃"),
        ("RH %", "RH", "%"),
        ("foo %", "foo", "%"),
        ("foo ℃", "foo", "℃"),
        ("SO2 / ppm", "SO2", "ppm"),
        ("SO2, ppm", "SO2", "ppm"),
        ("SO2,ppm", "SO2", "ppm"),
        ("SO2_ppm", "SO2", "ppm"),
        ("foo / m", "foo", "m"),
        ("foo,m", "foo", "m"),
        ("相对高度 m", "相对高度", "m"),
        ("altitude_m", "altitude", "m"),
        ("group C", "group C", ""),
        ("group_c", "group_c", ""),
        ("ppm", "ppm", ""),
        (" ppm", "ppm", ""),
        ("SO2 foo", "SO2 foo", ""),
        ('"SO2 (ppb)"', "SO2", "ppb"),
        ("\ufeff'SO2' ", "SO2", ""),
        ("SO2 - ppb", "SO2 -", "ppb"),
        ("SO2_/_ppb", "SO2", "ppb"),
    ],
)
def test_headings_are_split(text: str, name: str, unit: str) -> None:
    """Brackets of every kind; slash, blank, comma or underscore before a unit; one letter only after a known name."""
    heading = split_heading(text)
    assert (heading.name, heading.unit_text) == (name, unit)


def test_a_heading_is_cut_at_two_hundred_characters() -> None:
    """What an endless field holds is not looked at."""
    assert split_heading("a" * 300) == Heading("a" * 200, "a" * 200, "")
    assert split_heading("a" * 194 + " (ppb)").unit_text == "ppb"
    assert split_heading("a" * 197 + " (ppb)").unit_text == ""


def test_a_heading_knows_its_unit() -> None:
    """Or none."""
    assert split_heading("a (µg/m³)").unit == parse_unit("ug/m3")
    assert split_heading("a (foo)").unit is None and split_heading("a").unit is None


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＰＭ２.５", "pm2.5"),
        ("  GPS__Abs-Lat/#1:*  ", "gps abs lat 1"),
        ("\ufeff时间\t日期", "时间 日期"),
        ("'a' \"b\"", "a b"),
        ("Bar. Pressure.,;", "bar. pressure"),
        ("CO₂", "co2"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    """Compatibility characters, case, separators to single blanks, no stop at the end."""
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("heading", "subject"),
    [
        ("CO analyzer status", "CO"),
        ("CO analyser state", "CO"),
        ("CO instrument qc", "CO"),
        ("CO sensor valve", "CO"),
        ("CO_mode", "CO"),
        ("CO监测仪状态码", "CO"),
        ("CO仪器标识", "CO"),
        ("CO传感器数据标识", "CO"),
        ("CO数据标记", "CO"),
        ("CO status-code", "CO"),
        ("CO QC FLAG", "CO"),
        (' "ＣＯ flag" ', "CO"),
        ("flag", ""),
        ("CO flags", ""),
        ("a" * 195 + " flag", "a" * 195),
        ("a" * 196 + " flag", ""),
    ],
)
def test_the_other_column_that_a_status_speaks_of(heading: str, subject: str) -> None:
    """The words for instrument and status come off its end."""
    assert status_subject(heading) == subject
