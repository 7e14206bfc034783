"""Units: spellings, conversions against published values, circular mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.units import (
    FOOT_M,
    GAS_CONSTANT,
    KNOT_M_S,
    MILE_PER_HOUR_M_S,
    MOLAR_MASS_G_MOL,
    UnitError,
    circular_mean,
    convert,
    grams_per_m3,
    mass_from_mole,
    parse_unit,
    require_units,
)


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
    """CODATA gas constant; knot, mile and foot by definition; CO2 and CH4 molar masses (IUPAC 2021)."""
    assert pytest.approx(8.314462618, abs=1e-9) == GAS_CONSTANT
    assert pytest.approx(0.514444, abs=1e-6) == KNOT_M_S
    assert pytest.approx(0.44704, abs=1e-12) == MILE_PER_HOUR_M_S
    assert FOOT_M == 0.3048
    assert MOLAR_MASS_G_MOL["co2"] == pytest.approx(12.011 + 2 * 15.999)
    assert MOLAR_MASS_G_MOL["ch4"] == pytest.approx(12.011 + 4 * 1.008)
    assert MOLAR_MASS_G_MOL["benzene"] == pytest.approx(6 * 12.011 + 6 * 1.008)


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
    with pytest.raises(UnitError, match="does not convert"):
        convert(np.ones(1), ppm, mass)
    with pytest.raises(UnitError, match="expected a speed"):
        require_units("ppm", "speed")
    with pytest.raises(UnitError, match="not known"):
        require_units("bits", "speed")


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


@given(st.lists(st.floats(0, 0.5), min_size=1, max_size=20), st.floats(0, 6.28))
def test_a_mean_angle_turns_with_its_input(angles: list[float], turn: float) -> None:
    """mean(a + t) = mean(a) + t on the circle."""
    values = np.array(angles)
    difference = circular_mean(values + turn) - circular_mean(values) - turn
    assert np.cos(difference) == pytest.approx(1.0, abs=1e-9)


def test_circular_mean_of_nothing() -> None:
    """No finite angle, no mean."""
    assert np.isnan(circular_mean(np.array([np.nan])))
