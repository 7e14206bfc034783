"""Headings in more than one row: one function joins them, for tables of every kind.

``SO2(mg/m3)`` over 实测 and 标记 becomes ``SO2_实测(mg/m3)`` and ``SO2_标记``; 经纬度 over 经度 and 纬度 becomes
these two; 经度 over 度, 分 and 秒 becomes ``经度_度``, ``经度_分``, ``经度_秒``. A row of units joins its unit to
each heading. A parent stands over the empty cells to its right as long as the row below has texts there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.species import fold
from ingest.text.fields import field_of_heading
from ingest.text.headings import split_heading, understand
from ingest.text.parts import is_of_instrument, part_of
from ingest.text.times.parts import name_parts
from ingest.units import parse_unit

#: Heading rows below the first one that are looked at: part, unit, unit in a second language.
_MORE_ROWS = 3
_SIXTIETHS = {
    **dict.fromkeys(("度", "°", "º", "deg", "degree", "degrees", "d"), "度"),
    **dict.fromkeys(("分", "′", "'", "’", "min", "minute", "minutes", "m"), "分"),
    **dict.fromkeys(("秒", "″", '"', "”", "sec", "second", "seconds", "s"), "秒"),
}
_SIDE_WORDS = (
    "+",
    "+ -",
    "±",
    "sign",
    "dir",
    "dir.",
    "direction",
    "hem",
    "hemisphere",
    "方向",
    "半球",
    "ref",
    "+-",
    "正负",
    "正负号",
)
_STAMP = re.compile(r"\d{1,4}[-/.年]\d{1,2}([-/.月]|$).*|\d{1,2}[:：]\d{2}.*|\d{4}年.*")
_RATE = re.compile(r"(?:[kmcμµun]?(?:g|m[23³²]?|L|l|mol|Nm3|Nm³))/(?:[kmc]?(?:m[23³²]?|L|l|g)|h|s|min|d|Nm3)")
_IN_ONE = re.compile(r"(?P<name>.+?)[\s_\-.]*[(（\[]?\s*(?P<part>[^\W\d_]+|[°º′'’″\"”])\s*[)）\]]?\s*")


@dataclass(frozen=True)
class Headings:
    """The headings of a table, and how many rows they stand in."""

    texts: tuple[str, ...]
    rows: int


def join_heading_rows(rows: Sequence[Sequence[str]], known: Callable[[str], bool]) -> Headings:
    """Join the heading rows at the beginning of ``rows``, of which the first is taken for one.

    Parameters
    ----------
    rows : sequence of rows of cells
        Those that follow may be heading rows or data.
    known : callable
        Whether a heading means something to the reader.

    Examples
    --------
    >>> rows = [["时间", "SO2(mg/m3)", ""], ["", "折算", "标记"], ["2024-10-08", "1", "N"]]
    >>> join_heading_rows(rows, lambda text: text == "时间")
    Headings(texts=('时间', 'SO2_折算(mg/m3)', 'SO2_标记'), rows=2)
    """
    width = max((len(row) for row in rows[:1]), default=0)
    joined, used = [cell.strip() for cell in rows[0]], 1
    for row in rows[1 : 1 + _MORE_ROWS]:
        if not _is_below(joined, row, known):
            break
        width = max(width, len(row))
        joined = _joined(joined, row, known, width)
        used += 1
    return Headings(tuple(name_parts(_sides(_sixtieths(joined)))), used)


def is_value(text: str) -> bool:
    """Whether a cell is a number or a time, and so no heading."""
    text = text.strip()
    return bool(re.fullmatch(r"[-+]?[\d.,]+(?:[eE][-+]?\d+)?%?", text)) or _STAMP.fullmatch(text) is not None


def _is_below(above: Sequence[str], row: Sequence[str], known: Callable[[str], bool]) -> bool:
    """Whether a row is a heading row under another: no value in it, and mostly words that headings have."""
    cells = [cell.strip() for cell in row if cell.strip()]
    if not cells or any(is_value(cell) for cell in cells):
        return False
    units = sum(map(is_unit, cells))
    parts = sum(1 for cell in cells if part_of(_name(cell)) or _sixtieth(cell))
    again = any(own and fold(own) == fold(cell) for own, cell in zip(above, row, strict=False))
    if (again and not units + parts) or (units == len(cells) and len(row) > len(above) + 1):
        return False
    words = sum(1 for cell in cells if is_unit(cell) or part_of(_name(cell)) or _sixtieth(cell) or known(cell))
    # A text under an empty cell speaks for a merged heading; then half of the words are enough.
    merged = any(cell.strip() and not own for own, cell in zip(above, row, strict=False))
    return words > 0 and (2 * words >= len(cells) if merged else 2 * words > len(cells))


def _name(text: str) -> str:
    return split_heading(text).name


def is_unit(text: str) -> bool:
    """Whether a cell is a unit: a known one, or one thing by another (``m3/h``).

    Examples
    --------
    >>> is_unit("(mg/m3)"), is_unit("m3/h"), is_unit("E/W"), is_unit("实测")
    (True, True, False, False)
    """
    bare = text.strip().strip("()（）[]【】")
    return parse_unit(bare) is not None or bare == "无量纲" or _RATE.fullmatch(bare) is not None


def is_in_sixtieths(cells: Sequence[str]) -> bool:
    """Whether a row of headings holds degrees and minutes."""
    found = {_sixtieth(cell) for cell in cells}
    return {"度", "分"} <= found


def _sixtieth(text: str) -> str:
    return _SIXTIETHS.get(text.strip("()（）[]").lower(), "")


def _joined(above: Sequence[str], row: Sequence[str], known: Callable[[str], bool], width: int) -> list[str]:
    found: list[str] = []
    parent, spreads = "", False
    for at in range(width):
        own = above[at] if at < len(above) else ""
        child = row[at].strip() if at < len(row) else ""
        if own:
            parent, spreads = own, bool(child)
        elif not child:
            spreads = False
        over = own or (parent if spreads else "")
        found.append(_one_heading(over, child, known))
    return found


def _one_heading(parent: str, child: str, known: Callable[[str], bool]) -> str:
    """The heading of a column under a parent."""
    if not child or not parent or fold(parent) == fold(child):
        return parent or child
    over, under = split_heading(parent), split_heading(child)
    if _sixtieth(child) and _is_angle(parent):
        return f"{over.name}_{_sixtieth(child)}"
    if is_unit(child):
        unit = child.strip("()（）[]【】")
        return parent if over.unit is not None else f"{parent}({unit})"
    unit = under.unit_text or ""
    part = part_of(under.name)
    if part:
        unit = unit or (over.unit_text if part in ("value", "corrected", "limit", "dry", "wet", "extreme") else "")
        return f"{over.name}_{under.name}" + (f"({unit})" if unit else "")
    unit = unit or (over.unit_text if over.unit is not None else "")
    tail = f"({unit})" if unit else ""
    if part_of(over.name):  # 实测浓度 over 二氧化硫, 氮氧化物
        return f"{under.name}_{over.name}{tail}"
    own = child if under.unit_text or not known(child) or _is_place_or_time(child) else f"{under.name}{tail}"
    for together in (f"{over.name}{under.name}{tail}", f"{over.name} {under.name}{tail}"):
        if known(together) and not (known(child) and _is_place_or_time(child) and _is_place_or_time(parent)):
            return together
    if known(child) and not is_of_instrument(over.name):
        return own
    return f"{over.name} {child}"


def _is_angle(text: str) -> bool:
    meaning = understand(text)
    return field_of_heading(text) in ("lon", "lat") or (
        meaning is not None and meaning.quantity.role in ("lon", "lat")
    )


def _is_place_or_time(text: str) -> bool:
    meaning = understand(text)
    return field_of_heading(text) in ("lon", "lat", "lonlat", "x", "y") or (
        meaning is not None and meaning.quantity.role in ("lon", "lat", "time", "date", "clock")
    )


def _sides(headings: Sequence[str]) -> list[str]:
    """``+/-`` or ``Dir`` behind a longitude or latitude says which side of zero it is on."""
    found = list(headings)
    for at, text in enumerate(headings[1:], start=1):
        if fold(text) in _SIDE_WORDS and _is_angle(headings[at - 1]):
            before = understand(headings[at - 1])
            axis = field_of_heading(headings[at - 1]) or (before.quantity.role if before is not None else "")
            found[at] = "经度方向" if axis.startswith("lon") else "纬度方向"
    return found


def _sixtieths(headings: Sequence[str]) -> list[str]:
    """Headings of degrees, minutes and seconds in one way, where minutes stand in a column of their own."""
    split = [_angle_part(text) for text in headings]
    with_minutes = {axis for axis, part in split if part == "分"}
    return [
        f"{'经度' if axis == 'lon' else '纬度'}_{part}" if axis in with_minutes and part else text
        for text, (axis, part) in zip(headings, split, strict=True)
    ]


def _angle_part(text: str) -> tuple[str, str]:
    """(``lon`` or ``lat``, 度, 分 or 秒) of a heading, two empty texts where it is none."""
    match = _IN_ONE.fullmatch(text)
    part = _sixtieth(match["part"]) if match else ""
    if not match or not part:
        return "", ""
    meaning = understand(match["name"])
    role = meaning.quantity.role if meaning is not None else ""
    axis = field_of_heading(match["name"]) or role
    return (axis, part) if axis in ("lon", "lat") else ("", "")
