"""Help as it is handed over: ``help.geojson`` for a map, ``help.xlsx`` for the desk that calls the firms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onevisit.handover.data.geojson import write_points
from onevisit.handover.data.tables import Cell, amap_link, chinese_position, write_workbook
from onevisit.schema import Help, HelpItem
from onevisit.words.strings import Words
from onevisit.words.telling import say

COLUMNS = (
    "help", "site_id", "name", "permit_code", "seen", "likely_fault", "check_first", "proof", "due", "reason",
    "answered", "navigate",
)  # fmt: skip
"""Columns of ``help.xlsx``, in order; ``answered`` is left to be filled in."""
_WIDTHS = (6, 26, 28, 26, 46, 34, 46, 40, 12, 46, 20, 40)


def write_help_geojson(path: Path, offered: Sequence[Help]) -> None:
    """Write ``help.geojson``: a point a site, with an item for each thing that it is helped with."""
    write_points(path, (((one.lon, one.lat), _properties(one)) for one in offered))


def write_help_xlsx(path: Path, offered: Sequence[Help], *, lang: str = "en") -> None:
    """Write ``help.xlsx``: a line for each thing that a site is helped with."""
    words = Words(lang)
    heads = [words(f"help_{name}") for name in COLUMNS]
    write_workbook(path, words("offered"), heads, list(_rows(offered, lang)), _WIDTHS)


def _properties(one: Help) -> dict[str, Any]:
    gcj_lon, gcj_lat = chinese_position(one)
    return {
        "help": one.number,
        "site_id": one.site_id,
        "name": one.name,
        "permit_code": one.permit_code,
        "gcj02_lon": gcj_lon,
        "gcj02_lat": gcj_lat,
        "at_gate": one.at_gate,
        "items": [_item(item) for item in one.items],
        "others": [{"text": say(text), "text_zh": say(text, "zh")} for text in one.others],
        "explanations": [{"name": e.name, "probability": e.probability} for e in one.explanations],
        "reason_en": say(one.why),
        "reason_zh": say(one.why, "zh"),
        "navigate": amap_link(one),
    }


def _item(item: HelpItem) -> dict[str, str]:
    told = {"seen": item.seen, "likely_fault": item.fault, "check_first": item.check, "proof": item.proof}
    both = {name: say(text) for name, text in told.items()}
    both |= {f"{name}_zh": say(text, "zh") for name, text in told.items()}
    return {"evidence": item.evidence_id, **both, "due": item.due.isoformat()}


def _rows(offered: Sequence[Help], lang: str) -> Iterator[list[Cell]]:
    for one in offered:
        for item in one.items:
            told = [say(text, lang) for text in (item.seen, item.fault, item.check, item.proof)]
            named: list[Cell] = [one.number, one.site_id, one.name, one.permit_code]
            yield [*named, *told, item.due.isoformat(), say(one.why, lang), "", amap_link(one)]
