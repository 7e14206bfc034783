"""Quantities of monitor records: the published codes, their names and units, and what is none."""

from __future__ import annotations

import pytest

from ingest.monitors import codes
from ingest.monitors.codes import Code, code_of, hj212_codes
from tests.ingest.immutable import mutable_values

# HJ 212-2017, annex B, as "2017 code: 2005 code".
PUBLISHED = """
w00000:B01 w01001:001 w01002:002 w01012:003 w01017:010 w01018:011 w01020:015 w02003:550 w19002:520 w20012:039
w20023:037 w20038:040 w20061:038 w20089:041 w20092:036 w20111:020 w20113:021 w20115:022 w20116:023 w20117:024
w20119:026 w20120:027 w20121:028 w20122:029 w20123:030 w20124:031 w20125:032 w21001:065 w21003:060 w21011:101
w21016:070 w21017:072 w21019:071 w21022:090 w22001:080 w23002:110 a00000:B02 a01010:37 a01011:S02 a01012:S03
a01013:S08 a01014:S05 a01017:S04 a05001:30 a19001:S01 a20025:33 a20043:32 a20057:31 a21001:10 a21002:03 a21005:04
a21017:07 a21018:06 a21022:11 a21024:08 a21026:02 a21028:05 a23001:27 a24046:29 a24087:25 a25003:17 a25005:18
a25010:23 a31001:19 a34013:01 a34038:09 a34039:14 a34040:15 a99051:12
"""
# Everything that is not a mass per volume.
UNITS = {
    "w00000": "L s-1", "w01001": "1", "w01002": "1", "w01003": "1", "w01010": "degC", "w01014": "uS cm-1",
    "w02003": "1", "a00000": "m3 s-1", "a01001": "degC", "a01002": "%", "a01006": "kPa", "a01007": "m s-1",
    "a01008": "degree", "a01010": "1", "a01011": "m s-1", "a01012": "degC", "a01013": "kPa", "a01014": "%",
    "a01017": "kPa", "a19001": "%", "a05024": "ug m-3", "a34002": "ug m-3", "a34004": "ug m-3", "a34005": "ug m-3",
}  # fmt: skip


def test_old_codes_are_the_published_ones() -> None:
    """Every quantity that had a number in 2005 has the one that the standard of 2017 prints beside it."""
    published = dict(pair.split(":") for pair in PUBLISHED.split())
    assert {code.code: code.old for code in hj212_codes() if code.old} == published


def test_units_of_all_quantities() -> None:
    """Water in mg/L, air in mg/m³, but for what is no concentration, and fine dust and ozone."""
    for code in hj212_codes():
        common = "mg L-1" if code.code.startswith("w") else "mg m-3"
        assert code.unit == UNITS.get(code.code, common), code


def test_no_name_stands_for_two_quantities() -> None:
    """Codes, names and abbreviations are each of one quantity, old codes too, so that no row hides another."""
    names = [n for c in hj212_codes() for n in {w.lower() for w in (c.code, c.name_zh, c.name_en, *c.aliases)}]
    assert len(names) == len(set(names))
    old = [c.old for c in hj212_codes() if c.old]
    assert len(old) == len(set(old))


@pytest.mark.parametrize("name", ["w01018", "011", " COD ", "CODcr", "化学需氧量", "Chemical Oxygen Demand"])
def test_every_name_leads_to_the_whole_quantity(name: str) -> None:
    """Code, old code, names in any case and blanks around them."""
    assert code_of(name) == Code("w01018", "011", "化学需氧量", "chemical oxygen demand", "mg L-1", ("cod", "codcr"))


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("a00000", "烟气流量 标况流量 废气"), ("w00000", "流量 废水流量 flow"), ("w01001", "pH PH值"),
        ("w01012", "SS 悬浮物"), ("w01009", "DO 溶解氧"), ("w01019", "CODMn 高锰酸盐指数"), ("w01017", "BOD BOD5"),
        ("w01020", "TOC"),
        ("w21001", "TN 总氮"), ("w21003", "NH3-N 氨氮"), ("w21011", "TP 总磷"), ("w20117", "六价铬"),
        ("w20111", "总汞"),
        ("a21026", "SO2 二氧化硫"), ("a21002", "NOx 氮氧化物"), ("a21003", "NO"), ("a21004", "NO2"), ("a21005", "CO"),
        ("a05001", "CO2"), ("a05024", "O3 臭氧"), ("a19001", "O2 氧含量 含氧量"), ("a21001", "NH3 氨 氨气"),
        ("a21028", "H2S 硫化氢"), ("a21024", "HCl 氯化氢"), ("a21018", "HF 氟化物"), ("a24088", "NMHC 非甲烷总烃"),
        ("a24087", "THC 总烃"), ("a99054", "VOCs TVOC voc"), ("a25002", "苯 benzene"), ("a25003", "甲苯 toluene"),
        ("a25005", "二甲苯 xylene"), ("a31001", "HCHO 甲醛"), ("a34002", "PM10"), ("a34004", "PM2.5 pm25"),
        ("a34013", "颗粒物 烟尘 粉尘 PM dust"), ("a01011", "流速 烟气流速"), ("a01012", "烟温"), ("a01013", "烟压"),
        ("a01014", "含湿量"), ("a01001", "气温"), ("a01007", "风速"), ("a01008", "风向"),
    ],
)  # fmt: skip
def test_common_names_of_quantities(code: str, names: str) -> None:
    """Formulas and words as platforms write them."""
    assert {name: getattr(code_of(name), "code", None) for name in names.split()} == dict.fromkeys(
        names.split(), code
    )


def test_what_is_no_quantity_is_none() -> None:
    """Other words, nothing at all, and an old code in small letters."""
    assert [code_of(name) for name in ("电话", "", "s01", "w0101")] == [None] * 4


def test_values_are_immutable() -> None:
    """Nothing that is handed on can be changed."""
    assert mutable_values(codes) == []
