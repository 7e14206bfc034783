"""Where the unit of a heading stands: in brackets, behind a slash (GB 3101: ``温度/℃``) or a blank, before the name.

Here every place is only offered; which of them is believed is for `ingest.text.headings.split_heading` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.units import parse_unit

_CONCENTRATIONS = ("mole fraction", "mass concentration", "number concentration")
_BASIS_BEHIND_UNIT = re.compile(r"(?P<name>.+)[_ ](?P<unit>\S+)[_ ](?P<basis>dry|wet)", re.IGNORECASE)
#: ``[CH4]_ppm`` and ``[CH4]d_ppm`` of LGR analysers.
_SPECIES_IN_BRACKETS = re.compile(r"^\[(\w+)\](?=[a-z_]|$)_?(\w*)")
#: ``NOx(以NO2计)``: what a concentration is given as, which the convention says too.
_GIVEN_AS = re.compile(r"\s*[(（]\s*以[^()（）]{1,12}计\s*[)）]")
#: ``ρ(NO2)/(μg/m3)``, ``c(SO2)``: the symbol of a quantity and what it is of.
_SYMBOL_OF = re.compile(r"^(?:[ρφϕωcCxw]|质量浓度|体积分数|浓度)\s*[(（](?P<of>[^()（）]+)[)）]")
_BRACKETS = re.compile(r"^(?P<name>.*?)[\s_]*[(（\[](?P<unit>[^()（）\[\]]*)[)）\]]\s*$")
_BRACKETS_INSIDE = re.compile(r"[(（\[](?P<unit>[^()（）\[\]]*)[)）\]]")
_SAID_TO_BE_A_UNIT = re.compile(r"^\s*(?:计量单位|单位|units?)\s*[:：=为]?\s*", re.IGNORECASE)
_SPELT = re.compile(r"pp[mbt]v?(?![a-z])|[mnuμµ]g\W?\W?n?m|[mnuμµ]mol|微克|毫克|纳克", re.IGNORECASE)


def tidied(text: str) -> str:
    """A heading with the wrappings of a name taken off, so that name and unit stand side by side.

    Examples
    --------
    >>> tidied("ρ(NO2)/(μg/m3)"), tidied("CH4_ppm_dry"), tidied("[CH4]d_ppm")
    ('NO2/(μg/m3)', 'CH4_dry_ppm', 'CH4 d_ppm')
    """
    clean = _GIVEN_AS.sub(" ", _SPECIES_IN_BRACKETS.sub(r"\1 \2", text)).strip()
    clean = _SYMBOL_OF.sub(lambda found: found[0] if parse_unit(found["of"]) else found["of"], clean)
    return _BASIS_BEHIND_UNIT.sub(_unit_behind_basis, clean)


def _unit_behind_basis(found: re.Match[str]) -> str:
    """``CH4_ppm_dry`` is ``CH4_dry_ppm``."""
    return f"{found['name']}_{found['basis']}_{found['unit']}" if parse_unit(found["unit"]) else found[0]


def in_brackets(text: str) -> tuple[str, str] | None:
    """Name and what stands in the brackets at the end, be it a unit or not; None without brackets there.

    Examples
    --------
    >>> in_brackets("NO2/(μg/m3)"), in_brackets("NO2（单位：ppb）"), in_brackets("NO2")
    (('NO2', 'μg/m3'), ('NO2', 'ppb'), None)
    """
    found = _BRACKETS.match(text)
    return (found["name"].strip().rstrip("/／").strip(), _said(found["unit"])) if found else None


def _said(unit: str) -> str:
    bare = _SAID_TO_BE_A_UNIT.sub("", unit).strip()
    return bare if parse_unit(bare) else unit.strip()


def places_of_unit(text: str) -> Iterator[tuple[str, str]]:
    """Names and known units that a heading without brackets at its end may be made of, the most usual way first.

    Examples
    --------
    >>> [next(places_of_unit(heading), None) for heading in ("温度/℃", "NO2_ug_m3", "NO2..ppb.", "ppb NO2", "NO2")]
    [('温度', '℃'), ('NO2', 'ug/m3'), ('NO2', 'ppb'), ('NO2', 'ppb'), None]
    """
    for name, unit in _cuts(text):
        if name.strip(" /_,，:：") and (known := parse_unit(unit)) and known.kind != "duration":
            yield name.strip(" /_,，:："), unit.strip()
    for found in _BRACKETS_INSIDE.finditer(text):  # NO2(ppb)_avg
        unit = _said(found["unit"])
        if _is_concentration(unit):
            yield text[: found.start()].rstrip() + text[found.end() :], unit
    first, _, rest = text.partition(" ")
    if rest and _is_concentration(first):
        yield rest.strip(), first


def _cuts(text: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"[/／:：，]", text):
        yield text[: found.start()], text[found.end() :]
    for found in re.finditer("_", text):
        yield text[: found.start()], text[found.end() :].replace("_", "/")
    for found in re.finditer(r"\.\.", text):  # R writes "NO2..ug.m3." for "NO2 (ug/m3)"
        yield text[: found.start()], text[found.end() :].strip(".").replace(".", "/")


def _is_concentration(text: str) -> bool:
    unit = parse_unit(text)
    return unit is not None and unit.kind in _CONCENTRATIONS


def spells_concentration(text: str) -> bool:
    """Whether a text has the unit of a concentration in it, in whatever way: then it is not one without a unit.

    Examples
    --------
    >>> spells_concentration("NO2 {ppb}"), spells_concentration("二氧化氮每立方米微克"), spells_concentration("PM2.5")
    (True, True, False)
    """
    return _SPELT.search(text) is not None
