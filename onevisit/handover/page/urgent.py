"""A value above a level of acute harm in words, for the first line of report and screen."""

from __future__ import annotations

from datetime import tzinfo

from onevisit.leads.urgent import Alarm
from onevisit.words.numbers import rounded, unit_text
from onevisit.words.strings import Words


def alarm_text(alarm: Alarm, zone: tzinfo, words: Words) -> str:
    """Place, species, value against level, and the local time at which it was met."""
    key = "urgent_place" if alarm.hotspot_id else "urgent_no_place"
    return words(
        "urgent_value",
        place=words(key, id=alarm.hotspot_id, lon=f"{alarm.lon:.5f}", lat=f"{alarm.lat:.5f}"),
        species=words.species(alarm.species),
        value=rounded(alarm.value),
        level=rounded(alarm.level.value),
        unit=unit_text(alarm.level.unit),
        averaging=alarm.level.averaging,
        source=alarm.level.source,
        time=f"{alarm.time.astimezone(zone):%Y-%m-%d %H:%M}",
    )
