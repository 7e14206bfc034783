"""What a code of HJ 212 is to the rules: a substance, a flow, oxygen; and the constants of conversion to oxygen."""

from __future__ import annotations

from ingest.species import species_of_code

OXYGEN = "a19001"
FLOWS = ("a00000", "w00000", "a01011")
AIR_OXYGEN = 21.0  # per cent, as GB 13223-2011 (5.2.2) writes the conversion
NO_CONVERSION = 19.0  # per cent; above it plants stand or start, and platforms do not convert (HJ 75-2017)
_OF_WATER = ("w00000", "w01001", "w01010", "w01014", "w01009")
"""Flow, pH, temperature, conductivity and dissolved oxygen of water."""


def is_pollutant(code: str) -> bool:
    """Whether a code of HJ 212 is that of a substance, not of flow, weather or the state of flue gas.

    Examples
    --------
    >>> [is_pollutant(code) for code in ("a21026", "w01018", "w00000", "w01001", "a01012", "a19001")]
    [True, True, False, False, False, False]
    """
    if species_of_code(code) is not None:
        return True
    return code.startswith("w") and code not in _OF_WATER
