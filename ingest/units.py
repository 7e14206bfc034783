"""Units: how people spell them, what they are in UDUNITS, and conversion between those of one kind.

Species keep the unit they came in. Everything else is brought to metres, seconds, radians, m s-1, K, Pa when it
is read.
Every constant is tested against a published value.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ingest.errors import OnevisitError
from ingest.outcome import Phrase
from ingest.species import molar_mass_of

GAS_CONSTANT = 8.314462618  # J mol-1 K-1, CODATA 2018 (exact to the digits given)
STANDARD_ATMOSPHERE_PA = 101_325.0  # BIPM
ZERO_CELSIUS_K = 273.15  # BIPM
KNOT_M_S = 1852.0 / 3600.0  # international nautical mile
MILE_PER_HOUR_M_S = 1609.344 / 3600.0  # international mile
FOOT_M = 0.3048


class UnitError(OnevisitError, ValueError):
    """A unit that is unknown, or not of the kind that was asked for."""


_KIND_CODES = {
    "mole fraction": "kind_mole_fraction",
    "mass concentration": "kind_mass_concentration",
    "number concentration": "kind_number_concentration",
    "speed": "kind_speed",
    "angle": "kind_angle",
    "temperature": "kind_temperature",
    "pressure": "kind_pressure",
    "length": "kind_length",
    "fraction": "kind_fraction",
    "duration": "kind_duration",
    "voltage": "kind_voltage",
}


@dataclass(frozen=True)
class Unit:
    """A unit: its UDUNITS spelling, its kind, and ``si = value · scale + offset`` in the base unit of the kind."""

    name: str
    kind: str
    scale: float = 1.0
    offset: float = 0.0

    @property
    def kind_phrase(self) -> Phrase:
        """The kind, for a sentence."""
        return Phrase(_KIND_CODES[self.kind])


_UNITS: tuple[tuple[str, str, float, float, str], ...] = (
    # name, kind, scale, offset, spellings (folded: see _fold)
    ("ppm", "mole fraction", 1e-6, 0.0, "ppm ppmv umol/mol umolmol-1 partspermillion"),
    ("ppb", "mole fraction", 1e-9, 0.0, "ppb ppbv nmol/mol nmolmol-1 partsperbillion"),
    ("ppt", "mole fraction", 1e-12, 0.0, "ppt pptv pmol/mol pmolmol-1"),
    ("mmol mol-1", "mole fraction", 1e-3, 0.0, "mmol/mol mmolmol-1"),
    ("mg m-3", "mass concentration", 1e-6, 0.0, "mg/m3 mgm-3 mg/m^3 mg/cum mg.m-3 mg/nm3 毫克/立方米 毫克/m3"),
    (
        "ug m-3",
        "mass concentration",
        1e-9,
        0.0,
        "ug/m3 ugm-3 ugm3 ug/m^3 ug/cum ug.m-3 mcg/m3 ug/nm3 微克/立方米 微克/m3 ug_per_m3 "
        "microgrampercubicmeter microgramspercubicmeter",
    ),
    ("ng m-3", "mass concentration", 1e-12, 0.0, "ng/m3 ngm-3 ng/m^3 纳克/立方米"),
    (
        "cm-3",
        "number concentration",
        1e6,
        0.0,
        "#/cm3 #/cm^3 #/cc cm-3 1/cm3 #cm-3 p/cm3 pt/cc #/cm 个/cm3 个/立方厘米",
    ),
    ("m-3", "number concentration", 1.0, 0.0, "#/m3 #/m^3 m-3 1/m3 #m-3 个/m3"),
    ("cm-3", "number concentration", 1e6, 0.0, "particles/cm3 particles/cc"),
    ("L-1", "number concentration", 1e3, 0.0, "#/l 1/l 个/l"),
    ("m s-1", "speed", 1.0, 0.0, "m/s ms-1 mps m.s-1 meters_per_second 米/秒 m/sec meterspersecond"),
    ("km h-1", "speed", 1.0 / 3.6, 0.0, "km/h kmh kph km/hr kmh-1 公里/小时 千米/小时 km/小时"),
    ("mile h-1", "speed", MILE_PER_HOUR_M_S, 0.0, "mph mi/h mile/h milesperhour"),
    ("knot", "speed", KNOT_M_S, 0.0, "kn kt kts knot knots 节"),
    ("rad", "angle", 1.0, 0.0, "rad radian radians"),
    (
        "degree",
        "angle",
        np.pi / 180.0,
        0.0,
        "deg degree degrees ° o 度 degrees_compass degt degm true deg_true degreestrue",
    ),
    ("degC", "temperature", 1.0, ZERO_CELSIUS_K, "degc ℃ °c c oc celsius deg_c 摄氏度 degreescelsius degcelsius"),
    ("degF", "temperature", 5.0 / 9.0, ZERO_CELSIUS_K - 32.0 * 5.0 / 9.0, "degf °f f fahrenheit"),
    ("K", "temperature", 1.0, 0.0, "k kelvin"),
    ("Pa", "pressure", 1.0, 0.0, "pa 帕"),
    ("hPa", "pressure", 100.0, 0.0, "hpa mbar mbars mb 百帕 millibar"),
    ("kPa", "pressure", 1000.0, 0.0, "kpa 千帕"),
    ("torr", "pressure", STANDARD_ATMOSPHERE_PA / 760.0, 0.0, "torr mmhg"),
    ("inHg", "pressure", 3386.389, 0.0, "inhg"),
    ("bar", "pressure", 1e5, 0.0, "bar"),
    ("m", "length", 1.0, 0.0, "m meter metre meters metres 米"),
    ("ft", "length", FOOT_M, 0.0, "ft feet foot"),
    ("km", "length", 1000.0, 0.0, "km 公里 千米"),
    ("percent", "fraction", 0.01, 0.0, "% percent %rh rh% pct"),
    ("1", "fraction", 1.0, 0.0, "1 fraction"),
    ("s", "duration", 1.0, 0.0, "s sec second seconds 秒"),
    ("ms", "duration", 1e-3, 0.0, "ms millisecond milliseconds 毫秒"),
    ("min", "duration", 60.0, 0.0, "min minute minutes"),
    ("h", "duration", 3600.0, 0.0, "h hour hours hr"),
    ("V", "voltage", 1.0, 0.0, "v volt volts"),
    ("percent", "mole fraction", 0.01, 0.0, "vol% %vol mol% %mol"),
)

_BY_SPELLING = {
    word: Unit(name, kind, scale, offset) for name, kind, scale, offset, words in _UNITS for word in words.split()
}


def _fold(text: str) -> str:
    """Fold a spelling: compatibility characters, case, blanks, every micro sign and minus sign."""
    folded = unicodedata.normalize("NFKC", text).lower()
    folded = folded.replace("μ", "u").replace("µ", "u").replace("−", "-").replace("⁻", "-").replace("‐", "-")
    folded = re.sub(r"[\s\[\]()]+", "", folded)
    return folded.replace("²", "2").replace("³", "3").replace("_mol-1", "mol-1").replace("·", "")


_BY_NAME = {_fold(unit.name): unit for unit in reversed(_BY_SPELLING.values())}
"""Units by their own names; the first of the table where two are written alike."""


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit | None:
    """Return the unit that a spelling means, or None.

    Examples
    --------
    >>> parse_unit("μg/m³").name
    'ug m-3'
    >>> parse_unit("µmol mol⁻¹").name
    'ppm'
    >>> parse_unit("bits") is None
    True
    """
    if not text or len(text) > 60:
        return None
    folded = _fold(text)
    return _BY_NAME.get(folded) or _BY_SPELLING.get(folded) or _BY_SPELLING.get(folded.rstrip("."))


def convert(values: NDArray[np.float64], source: Unit, target: Unit) -> NDArray[np.float64]:
    """Convert values between two units of one kind.

    Examples
    --------
    >>> convert(np.array([32.0]), parse_unit("degF"), parse_unit("degC")).round(9)
    array([0.])

    Raises
    ------
    UnitError
        If the kinds differ.
    """
    if source.kind != target.kind:
        raise UnitError(
            Phrase(
                "units_of_two_kinds",
                {
                    "unit": source.name,
                    "kind": source.kind_phrase,
                    "target": target.name,
                    "target_kind": target.kind_phrase,
                },
            )
        )
    if source == target:
        return values
    scale = source.scale / target.scale
    offset = (source.offset - target.offset) / target.scale
    return values * scale + offset


def mass_from_mole(
    fraction: NDArray[np.float64] | float,
    molar_mass_g_mol: float,
    *,
    temperature_k: float,
    pressure_pa: float,
) -> NDArray[np.float64] | float:
    """Mass concentration (kg m-3) of a mole fraction (mol mol-1) at a named reference state, ideal gas.

    Assumes an ideal gas: better than 0.2 % for air at the ground. Reference states in use: 273.15 K (GB
    3095-2012 before
    2018), 298.15 K and 101 325 Pa (GB 3095-2012 amendment of 2018 for gases).

    Examples
    --------
    1 ppb of NO2 at 25 °C and 1 atm is 1.88 µg m-3 (the factor printed in EU and UK guidance).

    >>> round(mass_from_mole(1e-9, 46.005, temperature_k=298.15, pressure_pa=101325.0) * 1e9, 2)
    1.88
    """
    return fraction * (molar_mass_g_mol * 1e-3) * pressure_pa / (GAS_CONSTANT * temperature_k)


def grams_per_m3(unit_text: str, species: str, *, temperature_k: float, pressure_pa: float) -> float | None:
    """One unit of a species in g m-3; None where that has no meaning.

    A mass concentration is taken as it is, whatever its own reference state; a mole fraction is brought to the one
    given, and needs a molar mass. The endings of ``ch4_dry`` and ``so2_2`` do not change it.

    Examples
    --------
    >>> grams_per_m3("mg m-3", "tvoc", temperature_k=298.15, pressure_pa=101325.0)
    0.001
    >>> round(grams_per_m3("ppb", "no2", temperature_k=298.15, pressure_pa=101325.0) * 1e6, 2)
    1.88
    >>> grams_per_m3("cm-3", "pnc", temperature_k=298.15, pressure_pa=101325.0) is None
    True
    """
    unit = parse_unit(unit_text)
    if unit is not None and unit.kind == "mass concentration":
        return unit.scale * 1e3
    molar_mass = molar_mass_of(species)
    if unit is None or unit.kind != "mole fraction" or molar_mass is None:
        return None
    mass = mass_from_mole(unit.scale, molar_mass, temperature_k=temperature_k, pressure_pa=pressure_pa)
    return float(mass) * 1e3
