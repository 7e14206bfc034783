"""Numbers, probabilities and units as a person reads them."""

from __future__ import annotations

import math

import pytest

from fusion.schema import Rate
from onevisit.leads.emissions import REFERENCE, rate_in_grams, rate_unit
from onevisit.words.numbers import p_text, probability_text, rounded, unit_text, with_error


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, 3, "–"),
        (math.nan, 3, "–"),
        (math.inf, 3, "–"),
        (0.0, 3, "0"),
        (1.0, 3, "1.00"),
        (-0.012345, 3, "-0.0123"),
        (12.345, 3, "12.3"),
        (123.45, 3, "123"),
        (1234.5, 3, "1230"),
        (123.44, 4, "123.4"),
        (0.05, 1, "0.05"),
        (9.996, 3, "10.0"),
        (1e-4, 3, "0.000100"),
        (9.99e-5, 3, "9.99e-05"),
        (999_499.0, 3, "999000"),
        (999_999.0, 3, "1.00e+06"),
        (1_234_567.0, 2, "1.2e+06"),
    ],
)
def test_a_number_has_its_significant_digits(value: float | None, digits: int, text: str) -> None:
    """Plain between a ten-thousandth and a million, by powers of ten beyond, a dash where there is none."""
    assert rounded(value, digits) == text


def test_three_digits_unless_asked() -> None:
    """As most instruments have."""
    assert rounded(3.14159) == "3.14"


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (3.14159, 1.0, "3.1 ± 1.0"),
        (3.14159, 0.999, "3.14 ± 1.00"),
        (3.14159, 9.99, "3.1 ± 10.0"),
        (3.14159, 10.0, "3 ± 10"),
        (314.159, 314.0, "314 ± 314"),
        (3.14159, 0.1, "3.14 ± 0.10"),
        (-1.0, 0.05, "-1.000 ± 0.050"),
        (5.0, None, "5.00"),
        (5.0, 0.0, "5.00"),
        (5.0, -1.0, "5.00"),
        (5.0, math.inf, "5.00"),
        (5.0, math.nan, "5.00"),
    ],
)
def test_an_error_with_two_digits_rounds_its_number(value: float, error: float | None, text: str) -> None:
    """At powers of ten too; without an error there are three digits."""
    assert with_error(value, error) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(math.nan, "–"), (0.00099, "< 0.001"), (0.001, "0.001"), (0.0123, "0.012"), (0.5, "0.5"), (1.0, "1")],
)
def test_a_p_value_has_two_digits_down_to_a_thousandth(p: float, text: str) -> None:
    """Smaller ones say only that."""
    assert p_text(p) == text


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (math.nan, "–"),
        (0.0, "< 1 %"),
        (0.0099, "< 1 %"),
        (0.01, "1 %"),
        (0.726, "73 %"),
        (0.99, "99 %"),
        (0.9901, "> 99 %"),
        (1.0, "> 99 %"),
    ],
)
def test_a_probability_is_never_nought_nor_all(probability: float, text: str) -> None:
    """Whole per cent between 1 and 99."""
    assert probability_text(probability) == text


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("1", ""),
        ("degree", "°"),
        ("degrees", "°"),
        ("percent", "%"),
        ("ug m-3", "µg m⁻³"),
        ("um", "µm"),
        ("umol mol-1", "umol mol⁻¹"),
        ("m2", "m²"),
        ("km10", "km¹⁰"),
        ("(cm-3) m3 s-1", "(cm⁻³) m³ s⁻¹"),
        ("m4567890-123", "m⁴⁵⁶⁷⁸⁹⁰-123"),
        ("ppb", "ppb"),
    ],
)
def test_units_are_printed_with_raised_powers(unit: str, text: str) -> None:
    """And micro as µ where it stands before gram or metre alone."""
    assert unit_text(unit) == text


def test_rates_become_grams_each_bound_for_itself() -> None:
    """2, 1 and 5 mg m-3 m3 s-1 are as many thousandths of a gram; the unit without a mass has none."""
    rate = Rate(2.0, 1.0, 5.0)
    grams = rate_in_grams(rate, "mg m-3", "pm25")
    assert grams is not None
    assert (grams.median, grams.low, grams.high) == pytest.approx((2e-3, 1e-3, 5e-3))
    assert rate_in_grams(None, "mg m-3", "pm25") is None and rate_in_grams(rate, "cm-3", "pnc") is None
    assert rate_unit("ppm") == "(ppm) m3 s-1"


def test_moles_become_mass_at_25_degrees_and_one_atmosphere() -> None:
    """GB 3095-2012 as amended in 2018; 1 ppm of CO is 28.010 / 24.4654 mg m-3."""
    assert (REFERENCE.temperature_k, REFERENCE.pressure_pa) == (298.15, 101_325.0)
    assert REFERENCE.text == "298.15 K, 101325 Pa"
    grams = rate_in_grams(Rate(1.0, 1.0, 1.0), "ppm", "co_dry")
    assert grams is not None and grams.median == pytest.approx(28.010e-6 / 24.4654e-3, rel=1e-4)
