"""How much a permit allows: amounts by pollutant in the cells of a register."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ingest.outcome import Decision, Phrase
from ingest.registers.joins import Group
from ingest.registers.listings import RowNotes
from ingest.schema import Permitted

_PART = re.compile(r"(?P<name>[^\d:：=\s][^:：=]*?)?\s*[:：=]?\s*(?P<amount>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")
_FIELDS = ("permitted_kg_h", "permitted_t_a")
_NONE = ("-", "—", "/", "无", "0")


def permitted_amounts(group: Group, notes: RowNotes) -> tuple[Permitted, ...]:
    """What the first row that states it allows of each pollutant; a cell that is no amount is named."""
    found: dict[str, dict[str, float]] = {}
    for field in _FIELDS:
        for listing in group.listings:
            text = listing.row.get(field).strip()
            if not text or text in _NONE:
                continue
            amounts = amounts_in_cell(text)
            if amounts is None:
                why = Phrase("text_of_cell", {"text": text})
                notes.keep_row(listing.row.where, Decision(listing.register, "permitted_not_read", {}, why))
                continue
            for species, amount in amounts.items():
                found.setdefault(species, {})[field] = amount
            break
    return tuple(
        Permitted(species, by_field.get("permitted_kg_h"), by_field.get("permitted_t_a"))
        for species, by_field in found.items()
    )


def amounts_in_cell(text: str) -> Mapping[str, float] | None:
    """Amounts by the pollutant's word, empty for one without a name; None where the cell is not wholly understood.

    Examples
    --------
    >>> amounts_in_cell("挥发性有机物:1.2；PM2.5: 0.3"), amounts_in_cell("0.55"), amounts_in_cell("见附件")
    ({'挥发性有机物': 1.2, 'PM2.5': 0.3}, {'': 0.55}, None)
    """
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[;；、\n]", text))):
        match = _PART.fullmatch(part)
        amount = float(match["amount"]) if match else 0.0
        if not match or not 0.0 < amount < math.inf or (match["name"] or "").strip() in found:
            return None
        found[(match["name"] or "").strip()] = amount
    return found or None
