"""Wind as speed and direction → components, over the ground or as felt on the vehicle."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ingest.outcome import Notes, Outcome
from ingest.traces.record import Channel, FloatArray


def wind_channels(
    wind: Mapping[str, tuple[FloatArray, str]], item: str, frame: str, instrument: str
) -> Outcome[list[Channel]]:
    """Speed and direction → components: over the ground, or felt on the vehicle where that is declared or named."""
    channels: list[Channel] = []
    notes = Notes()
    pairs = (("wind_speed", "wind_direction", frame), ("apparent_wind_speed", "apparent_wind_direction", "vehicle"))
    for speed_role, direction_role, kind in pairs:
        if speed_role not in wind or direction_role not in wind:
            continue
        speed, heading = wind[speed_role]
        direction = wind[direction_role][0]
        channels += wind_components(speed, direction, vehicle=kind == "vehicle", instrument=instrument)
        if not kind:
            notes.decide(item, "wind_taken_over_ground", {"heading": heading})
        elif kind == "vehicle":
            notes.decide(item, "wind_taken_on_vehicle", {"heading": heading})
    return notes.outcome(channels)


def wind_components(
    speed: FloatArray, direction_from: FloatArray, *, vehicle: bool, instrument: str
) -> list[Channel]:
    """Components of the air's motion from speed and the direction it comes from (rad clockwise from north or
    the bow).

    Over the ground ``u = −s·sin d``, ``v = −s·cos d``. On the vehicle the direction counts clockwise from the
    bow, so that
    forward is ``−s·cos d`` and to the left is ``+s·sin d`` (air from the right moves to the left).
    """
    east_or_right, north_or_forward = -speed * np.sin(direction_from), -speed * np.cos(direction_from)
    if vehicle:
        named = (
            ("u_apparent", north_or_forward, "apparent wind, forward"),
            ("v_apparent", -east_or_right, "apparent wind, to the left"),
        )
        names = {}
    else:
        named = (
            ("u", east_or_right, "wind over the ground, eastward"),
            ("v", north_or_forward, "wind over the ground, northward"),
        )
        names = {"u": "eastward_wind", "v": "northward_wind"}
    channels = []
    for name, values, text in named:
        attrs = {"units": "m s-1", "long_name": text}
        if name in names:
            attrs["standard_name"] = names[name]
        if instrument:
            attrs["instrument"] = instrument
        channels.append(Channel(name, values, attrs))
    return channels
