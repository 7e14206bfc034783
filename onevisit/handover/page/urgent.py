"""A value above a level of acute harm in words, for the first line of report and screen."""

from __future__ import annotations

from datetime import tzinfo

from onevisit.leads.urgent import Alarm
from onevisit.words.numbers import rounded, unit_text
from onevisit.words.strings import Words


def alarm_text(alarm: Alarm, zone: tzinfo, words: Words) -> str:
    """Place, species, value against level, and the local time at which it was met."""
    where = words("urgent_no_place", lon=f"{alarm.lon:.5f}", lat=f"{alarm.lat:.5f}")
    return words(
        "urgent_value",
        place=alarm.hotspot_id or where,
        species=words.species(alarm.species),
        value=rounded(alarm.value),
        level=rounded(alarm.level.value),
        unit=unit_text(alarm.level.unit),
        averaging=alarm.level.averaging,
        source=alarm.level.source,
        time=f"{alarm.time.astimezone(zone):%Y-%m-%d %H:%M}",
    )
