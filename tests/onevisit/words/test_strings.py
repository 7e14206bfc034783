"""Words in two languages: places, plurals, species, and that nothing is asked for that is not there."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from ingest.errors import SettingError
from ingest.species import SPECIES
from onevisit.profile import describe_profile, load_profile
from onevisit.schema import Disposition, Rival, VisitKind
from onevisit.words.sources import SOURCES_ZH
from onevisit.words.strings import LANGUAGES, STRINGS, Words


def test_languages_are_english_and_chinese() -> None:
    """In the order of the pairs; each answers in its own."""
    assert LANGUAGES == ("en", "zh")
    assert [Words(lang)("easting") for lang in LANGUAGES] == ["easting, m", "东坐标，m"]
    assert [Words(lang).lang for lang in LANGUAGES] == ["en", "zh"]


def test_a_third_language_is_refused_with_those_that_are_known() -> None:
    """The message names all three."""
    with pytest.raises(SettingError, match="language 'de'; expected one of en, zh"):
        Words("de")


def test_values_go_into_their_places() -> None:
    """Under their names; a text without values stays as it is, braces too."""
    assert Words("en")("seen_of", crossed=4, seen=3) == "in 3 of 4 passes"
    assert Words("zh")("seen_of", crossed=4, seen=3) == "4 次通过中 3 次"
    assert Words("en")("seen_of") == "in {seen} of {crossed} passes"


@pytest.mark.parametrize(
    ("lang", "number", "text"),
    [
        ("en", 0, "0 rows"),
        ("en", 1, "1 row"),
        ("en", 2, "2 rows"),
        ("en", 12345, "12,345 rows"),
        ("zh", 2, "2 行数据"),
    ],
)
def test_a_count_has_its_plural(lang: str, number: int, text: str) -> None:
    """And commas by thousands."""
    assert Words(lang).count("n_rows", number) == text


def test_species_are_printed_with_their_formulas_and_others_as_they_came() -> None:
    """In each language."""
    assert (Words("en").species("no2"), Words("zh").species("nh3")) == ("NO₂", "NH₃（氨）")
    assert [Words("en").species(name) for name in ("hexane", "tvoc_2")] == ["hexane", "tvoc_2"]


#: Species whose printed name is no formula or number that the slug spells.
WORDS = {
    "hcho": "formaldehyde", "xylene": "xylenes", "pm_total": "pmtotal", "pnc": "particlenumber", "bc": "blackcarbon",
    "pm_coarse": "pm2510", "cd": "cadmium", "pb": "lead", "hg": "mercury", "h2so4": "sulfuricacidmist",
    "chromic_acid": "chromicacidmist",
}  # fmt: skip


@pytest.mark.parametrize("name", SPECIES)
def test_a_formula_is_that_of_its_name(name: str) -> None:
    """Digits are lowered and a formula's letters are those of its slug; a word has one in Chinese."""
    english, chinese = (Words(lang).species(name) for lang in LANGUAGES)
    lowered = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₓ", "0123456789x")
    bare = re.sub(r"[^a-z0-9]", "", english.translate(lowered).lower())
    assert bare == WORDS.get(name, name.replace("_", ""))
    is_formula = bool(re.search(r"[₀-₉ₓ]", english)) or english in ("TVOC", "CO", "NO", "HCl", "HF", "HCN")
    if is_formula:
        assert chinese.startswith(english.split(" ")[0])
    else:
        assert re.search(r"[\u4e00-\u9fff]", chinese)


def test_every_word_of_the_page_is_there() -> None:
    """Keys that the template names in full; kinds of records have words under their names."""
    folder = resources.files("onevisit.handover.page") / "templates"
    page = "".join((folder / f"{n}.html.j2").read_text(encoding="utf-8") for n in ("report", "desk", "help"))
    asked = set(re.findall(r"w(?:\.count)?\('([a-z_]+)'[,)]", page))
    assert len(asked) > 80 and asked <= set(STRINGS)
    layers = {
        f"layer_{n}"
        for n in ("mosaic", "findings", "track", "hotspots", "sites", "routes", "areas", "roads", "segments")
    }
    flags = {f"flag_{n}" for n in ("position", "value", "exhaust", "mark")}
    kinds = {one.value for one in (*Disposition, *VisitKind)}
    rivals = {rival.value for rival in Rival}
    assert layers | flags | kinds | rivals | {"finding_bare_soil", "finding_hot_surface"} <= set(STRINGS)


def _spelled(text: str) -> set[str]:
    """Latin words of a text, without what is put into its places."""
    return set(re.findall(r"[A-Za-zµ₀-₉]+", re.sub(r"\{[^}]*\}", " ", text)))


def test_every_word_is_spelled_as_in_the_vocabulary() -> None:
    """`vocabulary.txt` holds the words of the English texts and the Latin ones of the Chinese; none is there unused.

    A new word is added to it on purpose, after a look in a dictionary.
    """
    known: dict[str, set[str]] = {"en": set(), "zh": set()}
    for line in Path(__file__).with_name("vocabulary.txt").read_text(encoding="utf-8").splitlines():
        language, words = line.split(": ")
        known[language] |= set(words.split())
    said = {lang: {w for pair in STRINGS.values() for w in _spelled(pair[k])} for k, lang in enumerate(LANGUAGES)}
    assert said == known


def test_every_setting_of_a_bureau_has_its_source_in_chinese() -> None:
    """And nothing else stands in that table; the English is the one of the code."""
    told = describe_profile(load_profile("default", {}))
    keys = {f"{room}.{line.name}" if room else line.name for room, lines in told.items() for line in lines}
    assert set(SOURCES_ZH) == keys
    (line,) = [line for line in told["visits"] if line.name == "service_min"]
    assert Words("zh").source("visits", line) == "选择：一次综合检查"
    assert Words("en").source("visits", line) == "choice: one combined visit"
