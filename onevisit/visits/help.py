"""Help that is offered to a firm off site: what was seen, the likely fault, what to check first, what proves it.

Help is a proposal, handed over like a visit: nobody enters, and nothing in it says who is to blame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from ingest.outcome import Phrase
from onevisit.schema import Disposition, Help, HelpItem, Lead, Matter, VisitKind

_WORKING_DAYS = 5
"""Until the proof is expected: a choice, a week without holidays."""
_FAULT_OF: Mapping[str, str] = {
    "constant": "stuck",
    "noise_collapse": "stuck",
    "frozen_pair": "stuck",
    "zero": "zero",
    "negative": "zero",
    "exceedance": "high",
    "marked_exceedance": "high",
    "spike": "high",
    "step": "high",
    "oxygen_dilution": "high",
    "converted_differs": "high",
    "drift": "drift",
    "check_failed": "drift",
    "near_limit": "drift",
    "ammonia_above_total_nitrogen": "nitrogens",
    "flow_zero": "flow",
    "meter_offline": "meter",
    "treatment_off": "meter",
    "idle_treatment": "meter",
    "missing": "line",
    "late": "line",
}
"""The group of faults that a kind of anomaly points at."""
_LIKELY_CODES: Mapping[str, str] = {
    "stuck": "fault_stuck", "zero": "fault_zero", "high": "fault_high", "drift": "fault_drift",
    "nitrogens": "fault_nitrogens", "flow": "fault_flow", "meter": "fault_meter", "line": "fault_line",
    "asked": "fault_asked",
}  # fmt: skip
_CHECK_CODES: Mapping[str, str] = {
    "stuck": "check_stuck", "zero": "check_zero", "high": "check_high", "drift": "check_drift",
    "nitrogens": "check_nitrogens", "flow": "check_flow", "meter": "check_meter", "line": "check_line",
    "asked": "check_asked",
}  # fmt: skip
_PROOF_CODES: Mapping[str, str] = {
    "stuck": "proof_stuck", "zero": "proof_zero", "high": "proof_high", "drift": "proof_drift",
    "nitrogens": "proof_nitrogens", "flow": "proof_flow", "meter": "proof_meter", "line": "proof_line",
    "asked": "proof_asked",
}  # fmt: skip


def plan_help(leads: Sequence[Lead], *, day: date) -> tuple[Help, ...]:
    """What is offered to whom: one hand-over a site whose lead asks for help, with an item for each of its matters.

    Parameters
    ----------
    leads : sequence of Lead
        In their order, which is that of the numbers.
    day : date
        From which the proof is due within five working days.
    """
    found: list[Help] = []
    for lead in leads:
        if lead.disposition is not Disposition.HELP:
            continue
        due = working_days_after(day, _WORKING_DAYS)
        items = tuple(_item(m, due) for m in lead.matters if m.disposition is Disposition.HELP)
        others = tuple(m.text for m in lead.matters if m.disposition is Disposition.REMIND)
        found.append(
            Help(
                len(found) + 1, lead.site_id, lead.name, lead.permit_code, lead.lon, lead.lat, items, others,
                lead.explanations, lead.why, lead.at_gate,
            )
        )  # fmt: skip
    return tuple(found)


def working_days_after(day: date, count: int) -> date:
    """The day so many working days later; holidays are not known, only weekends.

    Examples
    --------
    >>> working_days_after(date(2026, 3, 5), 2).isoformat()
    '2026-03-09'
    """
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _item(matter: Matter, due: date) -> HelpItem:
    group = "asked" if matter.kind is VisitKind.REQUEST else _FAULT_OF.get(matter.code, "high")
    return HelpItem(
        matter.evidence_id,
        matter.text,
        Phrase(_LIKELY_CODES[group]),
        Phrase(_CHECK_CODES[group]),
        Phrase(_PROOF_CODES[group]),
        due,
    )
