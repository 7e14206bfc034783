"""What a person must see at once, before any report is opened: what is lost, what was taken without being known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from ingest.outcome import Decision, Notes, Phrase, Reject, Value
from ingest.traces.clocks import ASKED_CODES
from onevisit.handover.page.urgent import alarm_text
from onevisit.leads.urgent import Alarm
from onevisit.words.strings import Words
from onevisit.words.telling import PLACES, say

_SAID_CODES = ("several_days_together", "regions_split")
_WHOLE_FILE_CODES = ("no_kind_of_input", "no_heading_row", "headings_empty", "stamp_not_understood")
"""Said at a line, and the whole file is lost all the same."""


def urgent_lines(alarms: Sequence[Alarm], zone: tzinfo, language: str) -> list[str]:
    """One line for every value above a level of acute harm: what to do first, then what stands where."""
    words = Words(language)
    told = [alarm_text(alarm, zone, words) for alarm in alarms]
    return [say(Phrase("first_urgent", {"todo": words("urgent_do"), "values": text}), language) for text in told]


def first_lines(notes: Notes, inputs: Sequence[str], language: str) -> list[str]:
    """Lines for the screen: files and rows that are lost, the zone that was taken, several days or places."""
    lines = [say(_losses(notes.rejects, frozenset(inputs)), language)] if notes.rejects else []
    lines += _zones(notes.decisions, language)
    for decision in notes.decisions:
        if decision.code in _SAID_CODES:
            values: dict[str, Value] = {"item": decision.item, "what": decision.what, "why": decision.why}
            lines.append(say(Phrase("first_decision", values), language))
    return lines


def _losses(rejects: Sequence[Reject], inputs: frozenset[str]) -> Phrase:
    """Files that are lost as a whole are counted apart from what is lost inside of files, and from all else."""
    whole = {r.item for r in rejects if _is_whole(r) and (r.item in inputs or r.code == "no_kind_of_input")}
    places = [r for r in rejects if r.item in inputs and r.item not in whole]
    others = [r for r in rejects if r.item not in inputs and r.item not in whole]
    return Phrase("first_losses", {"files": len(whole), "places": len(places), "others": len(others)})


def _is_whole(reject: Reject) -> bool:
    return reject.where in PLACES or reject.where.startswith("column ") or reject.code in _WHOLE_FILE_CODES


def _zones(decisions: Sequence[Decision], language: str) -> list[str]:
    taken: dict[tuple[str, str], list[Decision]] = {}
    for decision in decisions:
        if decision.code == "zone_taken" and decision.why.code in ASKED_CODES:
            taken.setdefault((str(decision.values["zone"]), decision.why.code), []).append(decision)
    return [
        say(Phrase("first_zone", {"zone": zone, "count": len(same), "why": same[0].why}), language)
        for (zone, _), same in taken.items()
    ]
