"""The grammar of a cell in which a number is expected: what people, platforms and loggers write there.

A number in any digits, with separators of thousands, a decimal comma, a power of ten, its unit or a letter behind it;
a limit that the value is below or above; a word for what the instrument did instead of measuring; an error code. What
is none of these is *unknown*: the caller counts it and shows the first.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ingest.outcome import Decision, Phrase, Value
from ingest.text.marks import GOOD, meaning_of_text
from ingest.units import Unit, parse_unit

MISSING_TOKENS = (
    *("", "NA", "N/A", "n/a", "na", "NaN", "nan", "NAN", "-nan", "null", "NULL", "None", "none"),
    *("--", "-", "---", "/", "*", "-9999", "-9999.0", "-9999.00", "-99999", "-8888", "-7777"),
    *("1.#QNAN", "-1.#IND", "1.#INF", "-1.#INF", "1.#IND", "#N/A"),
    *("无", "无数据", "缺测"),
)
"""Texts that say no more than that there is no value."""

NUMBER, BELOW, ABOVE, MARK, ERROR, MISSING, UNKNOWN = (
    *("number", "below", "above", "mark", "error", "missing", "unknown"),
)
DECIMAL, THOUSANDS = "decimal", "thousands"
UNIT_WORDS = (("毫克", "mg"), ("微克", "ug"), ("立方米", "m3"), ("升", "l"), ("秒", "s"), ("小时", "h"), ("时", "h"))
"""Chinese words of units within a compound one, and their symbols."""

_LONGEST = 60
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_POWER = re.compile(r"10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_RELATIONS = (
    (("<=", "=<", "≤", "⩽", "≦", "不大于", "不超过", "小于等于"), "≤"),
    ((">=", "=>", "≥", "⩾", "≧", "不小于", "不低于", "大于等于"), "≥"),
    (("<", "小于", "低于", "below "), "<"),
    ((">", "大于", "高于", "超过", "above "), ">"),
    (("≈", "~", "～", "约", "ca."), ""),
)
_CELL = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<body>\d[\d.,' ]*\d|\d|[.,]\d+)\.?"
    r"(?:[eEdD](?P<exponent>[+-]?\d{1,3})(?![A-Za-z])|\s*[×xX*·]\s*10\s*(?:\^|\*\*)?\s*\(?(?P<power>[+-]?\d{1,2})\)?)?"
    r"(?P<many>万?)\s*(?P<tail>.*)"
)
_GROUPED = re.compile(r"\d{1,3}(?:(?P<by>[ '])\d{3})(?:(?P=by)\d{3})*(?:[.,]\d+)?")
_THOUSANDS_COMMA = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_THOUSANDS_POINT = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")
_EITHER = re.compile(r"[1-9]\d{0,2},\d{3}")
_TAIL = re.compile(r"(?P<unit>[^()]*?)\s*(?:\((?P<letter>[^()\d]{1,12})\)|(?P<sign>[*#?!†‡]+))?")
_DEVIATION = re.compile(r"(?:±|\+/-|\+-)\s*\d+(?:\.\d+)?\s*")
_BELOW = re.compile(
    r"未检出|未检测出|低于检出限|检出限以下|小于检出限|[<＜]?\s*检出限|n\.?d\.?|[<＜]?\s*(?:lod|mdl|loq|dl)|bdl|bld|bql|b\.?d\.?l\.?|"
    r"not detected|below (?:the )?(?:detection|detection limit|lod|mdl)|under ?range|欠量程|-ol"
)
_ABOVE = re.compile(
    r"超量程|超出量程|超上限|满量程|量程溢出|溢出|饱和|\+?over|\+?o\.?l\.?|\+?ovr|\+?ovl|ovrng|"
    r"over[ -]?(?:range|flow|load|scale)|>\s*(?:max|量程|range)|saturat(?:ed|ion)|out of range"
)
_ERROR = re.compile(
    r"e(?:rr(?:or)?)?[\s_.:#\-]*\d{0,5}|错误\d*|nan\s*\(.*\)|[-+]?1\.#\w+|#+|#[\w/]+[!?]?|0x[0-9a-f]+"
)
_MISSING = re.compile(r"[-—–―_./\\*·…\s]*|暂无|暂缺|缺失|缺|空|空值|\\n|<?null>?|missing|no data|n\.a\.")
_STOPPED = (
    "停",
    "停止",
    "停工",
    "停车",
    "停用",
    "停炉",
    "停窑",
    "未运行",
    "未生产",
    "未开机",
    "停产",
    "断网",
    "离线",
)


@dataclass(frozen=True)
class Cell:
    """What a cell says: its kind, the number in the unit of its column, and what stood beside it.

    ``value`` is NaN where nothing was measured; ``bound`` is the limit that a value is below or above. ``letter``
    stands behind a number, ``word`` instead of one. ``unit`` is what was written behind the number, ``odd`` whether
    the number is not as a program writes it.
    """

    kind: str
    value: float = math.nan
    relation: str = ""
    bound: float = math.nan
    unit: str = ""
    letter: str = ""
    word: str = ""
    odd: bool = False


@lru_cache(maxsize=65536)
def read_cell(text: str, *, unit: str = "", comma: str = "") -> Cell:
    """Read one cell of a column of numbers.

    Parameters
    ----------
    text : str
        As it stands in the file.
    unit : str
        Unit of the column, empty where nobody says it; a number with another unit of the same kind is converted.
    comma : str
        What a comma before exactly three digits means in this column: `DECIMAL`, `THOUSANDS`, or empty for unknown:
        then such a cell is not understood (`comma_of_column` decides).

    Examples
    --------
    >>> read_cell("1,167.32").value, read_cell("12．3 mg/L", unit="mg/L").value, read_cell("1.2×10⁻³").value
    (1167.32, 12.3, 0.0012)
    >>> read_cell("<0.025").bound, read_cell("0.12L").kind, read_cell("12.3(M)").letter, read_cell("E02").kind
    (0.025, 'below', 'M', 'error')
    """
    try:
        value = float(text)
    except ValueError:
        return _read_odd(text, unit, comma)
    if comma == DECIMAL and _THOUSANDS_POINT.fullmatch(text.strip().lstrip("+-")):
        return _read_odd(text, unit, comma)
    return Cell(NUMBER, value) if abs(value) < 1e300 else Cell(MISSING if math.isnan(value) else UNKNOWN)


def _read_odd(text: str, unit: str, comma: str) -> Cell:
    clean = _folded(text)
    lower = clean.lower()
    if text.strip() in MISSING_TOKENS or _MISSING.fullmatch(lower):
        return Cell(MISSING)
    if len(clean) > _LONGEST:
        return Cell(UNKNOWN)
    for pattern, kind in ((_BELOW, BELOW), (_ABOVE, ABOVE), (_ERROR, ERROR)):
        if pattern.fullmatch(lower):
            return Cell(kind)
    found = _quantity(clean, unit, comma)
    if found is not None:
        return found
    return (
        Cell(MARK, word=clean) if clean in _STOPPED or meaning_of_text(clean) not in (None, GOOD) else Cell(UNKNOWN)
    )


def _folded(text: str) -> str:
    """Digits, points, signs and blanks of all widths as in ASCII; superscripts of ten as a power."""
    text = _POWER.sub(lambda match: "10^" + match[1].translate(_SUPERSCRIPTS), text)
    text = unicodedata.normalize("NFKC", text).replace("\ufeff", "")
    for odd, plain in (
        ("−", "-"),
        ("–", "-"),
        ("‐", "-"),
        ("‑", "-"),
        ("’", "'"),
        ("‘", "'"),
        ("´", "'"),
        ("。", "."),
    ):
        text = text.replace(odd, plain)
    return " ".join(text.strip(" \t\r\n\"'").split())


def _quantity(text: str, unit: str, comma: str) -> Cell | None:
    """A number with what may stand before and behind it; None where the text is none."""
    relation, rest = _relation(text)
    match = _CELL.fullmatch(rest)
    number = _number(match["sign"], match["body"], comma) if match else None
    if match is None or number is None:
        return None
    power = int(match["exponent"] or match["power"] or 0)
    value = (float(f"{number!r}e{power}") if power and "e" not in repr(number) else number * 10.0**power) * (
        1e4 if match["many"] else 1.0
    )
    cell = _with_tail(_DEVIATION.sub("", match["tail"]), value, unit) if math.isfinite(value) else None
    if cell is None:
        return None
    if relation and cell.kind == NUMBER:
        kind = BELOW if relation in "<≤" else ABOVE
        return replace(cell, kind=kind, value=math.nan, bound=cell.value, relation=relation)
    return cell


def _relation(text: str) -> tuple[str, str]:
    for words, sign in _RELATIONS:
        for word in words:
            if text.lower().startswith(word):
                return sign, text[len(word) :].strip()
    return "", text


def _with_tail(tail: str, value: float, unit: str) -> Cell | None:
    """The cell of a number by what stands behind it: nothing, a unit, a letter, the L of a detection limit."""
    tail = re.sub(r"^\(([^()]*[/%°³3][^()]*)\)$", r"\1", tail.strip())
    if not tail:
        return Cell(NUMBER, value, odd=True)
    if re.fullmatch(r"\([A-Za-z]\)", tail):  # "(M)" is a mark, of a column in metres too
        return Cell(NUMBER, value, letter=tail[1].upper(), odd=True)
    scaled = _in_unit(value, tail, unit)
    if scaled is not None:
        return Cell(NUMBER, scaled, unit=tail, odd=True)
    if tail in ("L", "l"):  # HJ 91.1-2019 and others: the detection limit with an L is "not detected"
        return Cell(BELOW, relation="<", bound=value)
    match = _TAIL.fullmatch(tail)
    if match is None:
        return None
    before, letter = match["unit"], (match["letter"] or match["sign"] or "").strip()
    if match["letter"] and not re.fullmatch("[A-Za-z]{1,2}|[*#]", letter) and not meaning_of_text(letter):
        return None
    if not letter and re.fullmatch("[A-Za-z]", before):
        before, letter = "", before
    scaled = value if not before else _in_unit(value, before, unit)
    if scaled is None or not (before or letter):
        return None
    return Cell(NUMBER, scaled, unit=before, letter=letter.upper(), odd=True)


# --- separators ----------------------------------------------------------------------------------------------------


def _number(sign: str, body: str, comma: str) -> float | None:
    """The number of digits and separators; None where they stand where no writer puts them, or mean two things."""
    plain = _plain(body, comma)
    if plain is None:
        return None
    try:
        return float(sign + plain)
    except ValueError:
        return None


def _plain(body: str, comma: str) -> str | None:
    if " " in body or "'" in body:
        return re.sub("[ ']", "", body).replace(",", ".") if _GROUPED.fullmatch(body) else None
    commas, points = body.count(","), body.count(".")
    if not commas and points <= 1:
        grouped = points and comma == DECIMAL and _THOUSANDS_POINT.fullmatch(body)
        return body.replace(".", "") if grouped else body
    if commas == 1 and not points:
        if not _EITHER.fullmatch(body):
            return body.replace(",", ".")
        return {DECIMAL: body.replace(",", "."), THOUSANDS: body.replace(",", "")}.get(comma)
    if _THOUSANDS_COMMA.fullmatch(body):
        return body.replace(",", "")
    return body.replace(".", "").replace(",", ".") if _THOUSANDS_POINT.fullmatch(body) else None


@dataclass(frozen=True)
class Comma:
    """What commas mean in a column, by what evidence (`Phrase`), and a cell that shows it."""

    meaning: str
    why: Phrase
    example: str


def comma_of_column(texts: Sequence[str], *, elsewhere: str = "", default: str = THOUSANDS) -> Comma | None:
    """Decide whether commas in a column are decimal or part thousands; None where it has none that need it.

    Evidence, in this order: a number of the column that can be read in one way only; a point as decimal sign in it;
    a jump by a factor of 1000 against the plain numbers beside; the other columns of the file.

    Parameters
    ----------
    texts : sequence of str
        Cells in the order of the rows; others than numbers do not matter.
    elsewhere : str
        What the other columns show: `DECIMAL`, `THOUSANDS`, or empty.
    default : str
        What is taken where nothing shows it.

    Examples
    --------
    >>> comma_of_column(["64", "998", "1,167", "1,202"]).meaning, comma_of_column(["2", "1,167", "12,5"]).meaning
    ('thousands', 'decimal')
    """
    folded = [_folded(text).lstrip("<>≤≥+- ") for text in texts]
    either = [text for text in folded if _EITHER.fullmatch(text)]
    if not either:
        return None
    example = either[0]
    shown = next(((text, found) for text in folded if (found := shows(text))), None)
    if shown is not None:
        return Comma(shown[1], Phrase("comma_shown", {"example": shown[0]}), example)
    jump = _jump(folded)
    if jump:
        return Comma(jump, Phrase("comma_fits_beside"), example)
    if elsewhere:
        return Comma(elsewhere, Phrase("comma_as_elsewhere"), example)
    return Comma(default, Phrase("comma_as_usual"), example)


def shows(text: str) -> str:
    """What a number shows of the meaning of commas; empty where it shows nothing."""
    if re.fullmatch(r"(?:\d*|0),\d+", text) and not _EITHER.fullmatch(text):
        return DECIMAL
    if "," in text and "." in text:
        return THOUSANDS if _THOUSANDS_COMMA.fullmatch(text) else DECIMAL if _THOUSANDS_POINT.fullmatch(text) else ""
    if text.count(",") > 1:
        return THOUSANDS if _THOUSANDS_COMMA.fullmatch(text) else ""
    return THOUSANDS if re.fullmatch(r"\d+\.\d+", text) and not _THOUSANDS_POINT.fullmatch(text) else ""


def _jump(texts: Sequence[str]) -> str:
    """Which reading of the ambiguous cells fits the plain numbers before them; empty where neither clearly does."""
    votes: Counter[str] = Counter()
    last = 0.0
    for text in texts:
        if _EITHER.fullmatch(text):
            decimal = float(text.replace(",", "."))
            if last > 0:
                as_decimal, as_thousands = abs(math.log10(decimal / last)), abs(math.log10(decimal * 1e3 / last))
                votes[DECIMAL if as_decimal < as_thousands else THOUSANDS] += abs(as_decimal - as_thousands) > 1.0
        elif re.fullmatch(r"\d+(?:\.\d+)?", text):
            last = float(text) or last
    ordered = votes.most_common()
    clear = ordered and ordered[0][1] > 3 * sum(count for _, count in ordered[1:])
    return ordered[0][0] if clear else ""


# --- units behind numbers ------------------------------------------------------------------------------------------


def _in_unit(value: float, written: str, column: str) -> float | None:
    """A number with this unit in the unit of its column; in its own where the column has none and it is known."""
    if _spelling(written) == _spelling(column):
        return value
    own, wanted = _unit(written), _unit(column)
    if own is None or (column and wanted is None) or (wanted is not None and own.kind != wanted.kind):
        return None
    if wanted is None or own == wanted:
        return value if len(written) > 1 or not written.isalpha() else None
    return (value * own.scale + own.offset - wanted.offset) / wanted.scale


def _spelling(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip().lower().replace("μ", "u").replace("^", "")
    for word, symbol in UNIT_WORDS:
        text = text.replace(word, symbol)
    text = re.sub(r"(?<=\w)[\s.·]+([a-z]+)-(\d)", lambda m: f"/{m[1]}{'' if m[2] == '1' else m[2]}", text)
    return text.replace(" ", "")


@lru_cache(maxsize=1024)
def _unit(text: str) -> Unit | None:
    """A unit, also of a mass in a litre of water (1 mg/L is 1 g/m³)."""
    plain = _spelling(text)
    if match := re.fullmatch(r"([mun]?g)/l", plain):
        unit = parse_unit(f"{match[1]}/m3") or parse_unit("mg/m3")
        scale = {"g": 1.0, "mg": 1e-3, "ug": 1e-6, "ng": 1e-9}[match[1]]
        return Unit(plain, "mass concentration", scale) if unit else None
    return parse_unit(text) or parse_unit(plain)


# --- what is said --------------------------------------------------------------------------------------------------

_KIND_CODES = {
    "below": "cells_below_detection",
    "above": "cells_above_range",
    "mark": "cells_that_are_marks",
    "letter": "cells_with_a_letter",
    "unit": "cells_with_a_unit",
    "number": "cells_written_otherwise",
}
_SHOWN = 4


class Tally:
    """Counts the cells of one column that are no plain numbers, by kind, and keeps the first texts of each.

    Examples
    --------
    >>> tally = Tally()
    >>> for text in ("<0.025", "ND", "12.3 mg/L", "E02", "7"):
    ...     tally.add(text, read_cell(text, unit="mg/L"), "line 2")
    >>> [(d.code, d.values["count"]) for d in tally.decisions("a.csv", "氨氮")]
    [('cells_of_column', 3), ('cells_taken_as_missing', 1)]
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._texts: dict[str, list[str]] = {}
        self._where: dict[str, Value] = {}

    def add(self, text: str, cell: Cell, where: Value, count: int = 1) -> None:
        """Count a cell; plain numbers and empty ones are not counted."""
        kind = _told_kind(cell)
        if not kind:
            return
        self._counts[kind] += count
        self._where.setdefault(kind, where)
        texts = self._texts.setdefault(kind, [])
        if len(texts) < _SHOWN and text not in texts:
            texts.append(text[:40])

    def kinds(self) -> tuple[Phrase, ...]:
        """What was understood, a phrase a kind."""
        found = (kind for kind in _KIND_CODES if self._counts[kind])
        return tuple(
            Phrase(_KIND_CODES[kind], {"count": self._counts[kind], "texts": tuple(self._texts[kind])})
            for kind in found
        )

    def decisions(self, item: str, column: str) -> Iterator[Decision]:
        """What is to be said of the column."""
        understood = sum(self._counts[kind] for kind in _KIND_CODES)
        if understood:
            kinds = Phrase("cells_of_kinds", {"kinds": self.kinds()})
            yield Decision(item, "cells_of_column", {"count": understood, "column": column}, kinds)
        if self._counts[ERROR]:
            yield self._lost(item, column, ERROR, Phrase("cells_are_error_codes"))
        if self._counts[UNKNOWN]:
            yield self._lost(item, column, UNKNOWN, Phrase("cells_no_numbers"))

    def _lost(self, item: str, column: str, kind: str, reason: Phrase) -> Decision:
        texts: Value = tuple(self._texts[kind])
        why = Phrase("cells_lost", {"reason": reason, "texts": texts, "where": self._where[kind]})
        return Decision(item, "cells_taken_as_missing", {"count": self._counts[kind], "column": column}, why)


def _told_kind(cell: Cell) -> str:
    if cell.kind == NUMBER:
        return "letter" if cell.letter else "unit" if cell.unit else NUMBER if cell.odd else ""
    return "" if cell.kind == MISSING else cell.kind


def unit_of_cells(texts: Iterable[str]) -> str:
    """The unit behind the numbers of a column whose heading has none; empty unless all that are numbers have one.

    Examples
    --------
    >>> unit_of_cells(["12.3 μg/m3", "13 μg/m3", "--"]), unit_of_cells(["12.3 μg/m3", "13"])
    ('μg/m3', '')
    """
    cells = [cell for text in texts if (cell := read_cell(text.strip())).kind == NUMBER]
    units = {cell.unit for cell in cells}
    return units.pop() if len(units) == 1 else ""
