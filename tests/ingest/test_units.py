"""Units: spellings, conversions against published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import units
from ingest.units import (
    FOOT_M,
    GAS_CONSTANT,
    KNOT_M_S,
    MILE_PER_HOUR_M_S,
    STANDARD_ATMOSPHERE_PA,
    ZERO_CELSIUS_K,
    Unit,
    UnitError,
    convert,
    grams_per_m3,
    mass_from_mole,
    parse_unit,
)
from onevisit.words.telling import say
from tests.told import raises_told


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("μg/m³", "ug m-3"),
        ("µg/m3", "ug m-3"),
        ("ug/m^3", "ug m-3"),
        ("微克/立方米", "ug m-3"),
        ("mg/m3", "mg m-3"),
        ("ng/m^3", "ng m-3"),
        ("µmol_mol⁻¹", "ppm"),
        ("mmol mol⁻¹", "mmol mol-1"),
        ("PPB", "ppb"),
        ("#/cm^3", "cm-3"),
        ("#/cm³", "cm-3"),
        ("#/cc", "cm-3"),
        ("#/m^3", "m-3"),
        ("℃", "degC"),
        ("Fahrenheit", "degF"),
        ("%RH", "percent"),
        ("mbars", "hPa"),
        ("km/h", "km h-1"),
        ("mph", "mile h-1"),
        ("°", "degree"),
        ("米/秒", "m s-1"),
    ],
)
def test_spellings(text: str, name: str) -> None:
    """Spellings that occur in files of bureaus and loggers."""
    unit = parse_unit(text)
    assert unit is not None
    assert unit.name == name


@pytest.mark.parametrize("text", ["", "bits", "-", "ppm_smooth_9_3", "x" * 80])
def test_no_unit(text: str) -> None:
    """What is no unit is not taken for one."""
    assert parse_unit(text) is None


def test_published_constants() -> None:
    """CODATA gas constant; knot, mile and foot by definition."""
    assert pytest.approx(8.314462618, abs=1e-9) == GAS_CONSTANT
    assert pytest.approx(0.514444, abs=1e-6) == KNOT_M_S
    assert pytest.approx(0.44704, abs=1e-12) == MILE_PER_HOUR_M_S
    assert FOOT_M == 0.3048


@pytest.mark.parametrize(
    ("molar_mass", "factor"), [(46.005, 1.88), (47.997, 1.96), (64.058, 2.62), (28.010, 1.145), (30.006, 1.23)]
)
def test_mass_from_mole_matches_published_factors(molar_mass: float, factor: float) -> None:
    """µg m-3 per ppb at 25 °C and 1013 mb: NO2 1.88, O3 1.96, SO2 2.62, CO 1.145, NO 1.23 (US EPA, WHO)."""
    value = mass_from_mole(1e-9, molar_mass, temperature_k=298.15, pressure_pa=101325.0) * 1e9
    assert value == pytest.approx(factor, abs=0.006)


def test_grams_per_m3_by_hand() -> None:
    """1 ppb of NO2 at 0 °C and 1 atm: 46.005 g over 22 414 L; a mass is a mass; what is neither has no grams."""
    at = {"temperature_k": 273.15, "pressure_pa": 101325.0}
    assert grams_per_m3("ppb", "no2", **at) == pytest.approx(46.005e-9 / 22.41396954e-3, rel=1e-8)
    assert grams_per_m3("ppm", "ch4_dry", **at) == pytest.approx(16.043e-6 / 22.41396954e-3, rel=1e-8)
    assert grams_per_m3("μg/m³", "tvoc", **at) == pytest.approx(1e-6)
    for unit, species in (("cm-3", "pnc"), ("ppb", "tvoc"), ("m s-1", "no2"), ("bits", "no2")):
        assert grams_per_m3(unit, species, **at) is None


def test_kinds_do_not_mix() -> None:
    """A mole fraction is not converted to a mass without a reference state."""
    ppm, mass = parse_unit("ppm"), parse_unit("ug/m3")
    assert ppm is not None and mass is not None
    with raises_told(UnitError, match=r"ppm \(mole fraction\) does not convert to ug m-3 \(mass concentration\)"):
        convert(np.ones(1), ppm, mass)


def test_every_kind_has_words() -> None:
    """In English those of the table."""
    known = [Unit(name, kind) for name, kind, *_ in units._UNITS]
    assert [say(unit.kind_phrase) for unit in known] == [unit.kind for unit in known]
    assert say(known[0].kind_phrase, "zh") == "摩尔分数"


def test_temperature_conversion() -> None:
    """−40 is the same on both scales, and 32 °F is 273.15 K."""
    fahrenheit, celsius, kelvin = parse_unit("degF"), parse_unit("degC"), parse_unit("K")
    assert fahrenheit is not None and celsius is not None and kelvin is not None
    assert convert(np.array([-40.0]), fahrenheit, celsius)[0] == pytest.approx(-40.0)
    assert convert(np.array([32.0]), fahrenheit, kelvin)[0] == pytest.approx(273.15)


@given(st.floats(-1e6, 1e6), st.sampled_from(["mph", "km/h", "kn"]))
def test_speed_round_trip(value: float, spelling: str) -> None:
    """There and back gives the input."""
    unit, base = parse_unit(spelling), parse_unit("m/s")
    assert unit is not None and base is not None
    back = convert(convert(np.array([value]), unit, base), base, unit)
    assert back[0] == pytest.approx(value, rel=1e-12, abs=1e-9)


# --- every unit, spelling and mass ---------------------------------------------------------------------------------

DEGREE = 0.017453292519943295  # π / 180

#: Name, kind, factor and offset to the base unit (BIPM SI brochure; NIST SP 811, appendix B.8), spellings.
PUBLISHED = (
    ("ppm", "mole fraction", 1e-6, 0, "ppm PPMV umol/mol µmol_mol⁻¹ umolmol-1 partspermillion"),
    ("ppb", "mole fraction", 1e-9, 0, "ppb ppbv nmol/mol nmol_mol-1 nmolmol-1"),
    ("ppt", "mole fraction", 1e-12, 0, "ppt pptv pmol/mol pmolmol-1"),
    ("mmol mol-1", "mole fraction", 1e-3, 0, "mmol/mol mmolmol-1 mmol_mol⁻¹"),
    ("percent", "mole fraction", 1e-2, 0, "vol% %vol mol% %mol"),
    ("mg m-3", "mass concentration", 1e-6, 0, "mg/m3 mgm-3 mg/m^3 mg/cum mg.m-3 mg/Nm3 毫克/立方米 毫克/m3 mg/m³"),
    (
        "ug m-3",
        "mass concentration",
        1e-9,
        0,
        "ug/m3 μg/m³ ugm-3 ugm3 ug/m^3 ug/cum ug.m-3 mcg/m3 ug/Nm3 微克/立方米",
    ),
    ("ug m-3", "mass concentration", 1e-9, 0, "微克/m3 ug_per_m3 μg·m-3 µgm⁻³"),
    ("ng m-3", "mass concentration", 1e-12, 0, "ng/m3 ngm-3 ng/m^3 纳克/立方米"),
    ("cm-3", "number concentration", 1e6, 0, "#/cm3 #/cm^3 #/cm³ #/cc cm-3 1/cm3 #cm-3 p/cm3 pt/cc #/cm 个/cm3"),
    ("cm-3", "number concentration", 1e6, 0, "个/立方厘米 particles/cm3 particles/cc cm⁻³"),
    ("m-3", "number concentration", 1, 0, "#/m3 #/m^3 m-3 1/m3 #m-3 个/m3 m⁻³"),
    ("L-1", "number concentration", 1e3, 0, "#/L 1/l 个/L"),
    ("m s-1", "speed", 1, 0, "m/s ms-1 mps m.s-1 meters_per_second 米/秒 m/sec m·s⁻¹"),
    ("km h-1", "speed", 1000 / 3600, 0, "km/h kmh kph km/hr kmh-1 公里/小时 千米/小时 km/小时"),
    ("mile h-1", "speed", 0.44704, 0, "mph MPH mi/h mile/h"),
    ("knot", "speed", 1852 / 3600, 0, "kn kt kts knot knots 节"),
    ("rad", "angle", 1, 0, "rad radian radians"),
    ("degree", "angle", DEGREE, 0, "deg degree degrees ° º 度 degrees_compass degT degM true deg_true degreestrue"),
    ("degC", "temperature", 1, 273.15, "degC ℃ °C c oC celsius deg_C 摄氏度 degreesCelsius degcelsius"),
    ("degF", "temperature", 5 / 9, 459.67 * 5 / 9, "degF ℉ °F f Fahrenheit"),
    ("K", "temperature", 1, 0, "K kelvin"),
    ("Pa", "pressure", 1, 0, "Pa 帕"),
    ("hPa", "pressure", 100, 0, "hPa mbar mBars mb 百帕 millibar"),
    ("kPa", "pressure", 1000, 0, "kPa 千帕"),
    ("torr", "pressure", 133.32236842105263, 0, "torr mmHg"),
    ("inHg", "pressure", 3386.389, 0, "inHg"),
    ("bar", "pressure", 1e5, 0, "bar"),
    ("m", "length", 1, 0, "m meter metre meters metres 米"),
    ("ft", "length", 0.3048, 0, "ft feet foot"),
    ("km", "length", 1000, 0, "km 公里 千米"),
    ("percent", "fraction", 0.01, 0, "% percent %RH RH% pct ％"),
    ("1", "fraction", 1, 0, "1 fraction"),
    ("s", "duration", 1, 0, "s sec second seconds 秒"),
    ("ms", "duration", 1e-3, 0, "ms millisecond milliseconds 毫秒"),
    ("min", "duration", 60, 0, "min minute minutes"),
    ("h", "duration", 3600, 0, "h hour hours hr"),
    ("V", "voltage", 1, 0, "V volt volts"),
)
SPELLED = [(word, *row[:4]) for row in PUBLISHED for word in row[4].split()]
SPELLED += [
    ("micrograms per cubic meter", "ug m-3", "mass concentration", 1e-9, 0),
    ("microgram per cubic meter", "ug m-3", "mass concentration", 1e-9, 0),
    ("parts per billion", "ppb", "mole fraction", 1e-9, 0),
    ("miles per hour", "mile h-1", "speed", 0.44704, 0),
    ("meters per second", "m s-1", "speed", 1, 0),
    ("[m/s]", "m s-1", "speed", 1, 0),
    ("(ug/m3)", "ug m-3", "mass concentration", 1e-9, 0),
    ("deg.", "degree", "angle", DEGREE, 0),
    ("mg m‐3", "mg m-3", "mass concentration", 1e-6, 0),
    ("mg m−3", "mg m-3", "mass concentration", 1e-6, 0),
]


@pytest.mark.parametrize(("text", "name", "kind", "scale", "offset"), SPELLED, ids=[row[0] for row in SPELLED])
def test_every_spelling_means_the_published_unit(
    text: str, name: str, kind: str, scale: float, offset: float
) -> None:
    """Name, kind, factor and offset to the base unit of its kind."""
    unit = parse_unit(text)
    assert unit is not None
    assert (unit.name, unit.kind) == (name, kind)
    assert unit.scale == pytest.approx(scale, rel=1e-12)
    assert unit.offset == pytest.approx(offset, rel=1e-12, abs=1e-12)


def test_every_name_is_understood_as_itself() -> None:
    """What is written into attributes can be read again."""
    for name, kind, scale, _, _ in PUBLISHED:
        unit = parse_unit(name)
        assert unit is not None and unit.name == name
        if (name, kind) != ("percent", "mole fraction"):  # a percentage of what is not in the name
            assert (unit.kind, unit.scale) == (kind, pytest.approx(scale, rel=1e-12))


def test_a_unit_is_short() -> None:
    """Sixty characters may be one, sixty-one are a sentence."""
    assert parse_unit("m" + " " * 59) == Unit("m", "length", 1.0, 0.0)
    assert parse_unit("m" + " " * 60) is None


def test_a_unit_is_one_of_its_kind_by_itself() -> None:
    """Factor 1 and offset 0 where nothing is said."""
    assert Unit("x", "y") == Unit("x", "y", 1.0, 0.0)


def test_constants_by_definition() -> None:
    """The atmosphere and the zero of Celsius (BIPM), knot and mile exactly."""
    assert (STANDARD_ATMOSPHERE_PA, ZERO_CELSIUS_K) == (101325.0, 273.15)
    assert (pytest.approx(0.5144444444444445), pytest.approx(0.44704)) == (KNOT_M_S, MILE_PER_HOUR_M_S)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (1.0, "ppm", "ppb", 1000.0),
        (1.0, "mg/m3", "ug/m3", 1000.0),
        (1.0, "#/cm3", "#/m3", 1e6),
        (36.0, "km/h", "m/s", 10.0),
        (10.0, "m/s", "km/h", 36.0),
        (180.0, "deg", "rad", np.pi),
        (20.0, "degC", "K", 293.15),
        (20.0, "degC", "degF", 68.0),
        (98.6, "degF", "degC", 37.0),
        (300.0, "K", "degC", 26.85),
        (760.0, "mmHg", "kPa", 101.325),
        (29.92, "inHg", "hPa", 1013.2075888),
        (50.0, "%", "1", 0.5),
        (1.5, "h", "min", 90.0),
    ],
)
def test_conversions_by_hand(value: float, source: str, target: str, expected: float) -> None:
    """Scale and offset in the right direction."""
    one, other = parse_unit(source), parse_unit(target)
    assert one is not None and other is not None
    assert convert(np.array([value]), one, other)[0] == pytest.approx(expected, rel=1e-12)


def test_a_conversion_into_the_same_unit_costs_nothing() -> None:
    """The very array comes back."""
    unit, values = parse_unit("degC"), np.array([1.0])
    assert unit is not None
    assert convert(values, unit, unit) is values


def test_mass_grows_with_pressure_and_falls_with_temperature() -> None:
    """n = p / R T: 1 mol m-3 of a gas of 1000 g mol-1 at R kelvin and 1 / fraction pascals is 1 kg m-3."""
    state = {"temperature_k": 1000.0 / GAS_CONSTANT, "pressure_pa": 2000.0}
    assert mass_from_mole(0.5, 1000.0, **state) == pytest.approx(1.0, rel=1e-14)
    assert mass_from_mole(np.array([0.5, 1.0]), 500.0, **state) == pytest.approx([0.5, 1.0], rel=1e-14)
