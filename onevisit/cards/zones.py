"""Times without a zone that nothing settles: the likeliest is taken, or a person is asked once, before the job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from ingest.kinds import read_beginnings
from ingest.traces.clocks import ASKED_CODES
from onevisit.mission import Mission
from onevisit.profile import Profile

AskZone: TypeAlias = Callable[[str, str], str]
"""Asks a person: given a file and the likeliest zone, the zone that is meant."""


def with_likeliest_zone(profile: Profile, mission: Mission, ask: AskZone | None = None) -> Profile:
    """A profile under which no trace is refused for want of a zone.

    Where ``time_zone`` is declared nothing changes. Else times that neither stamps nor GNSS nor another file settle
    take the civil zone of their place, or what a person answers who is asked: once, and only where it is needed.
    """
    if profile.traces.time_zone:
        return profile
    traces = replace(profile.traces, unsettled_zone="likeliest")
    if ask is not None:
        said = read_beginnings(mission.paths("traces"), traces, root=mission.root)
        open_question = [d for d in said if d.code == "zone_taken" and d.why.code in ASKED_CODES]
        if open_question:
            first = open_question[0]
            traces = replace(traces, assumed_zone=ask(first.item, str(first.values["zone"])))
    return replace(profile, traces=traces)
