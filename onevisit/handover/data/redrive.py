"""``redrive.geojson``: where to measure again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from onevisit.handover.data.geojson import write_shapes
from onevisit.redrive.schema import Again, Flight, Hours, Redrive, RedriveStreet, Settles


def write_redrive(path: Path, again: Again) -> None:
    """Write a line a drive (its whole way), then a line for each of its streets, then a line a flight.

    ``what`` is ``drive``, ``street`` or ``flight``; ``id`` is that of the drive or flight. ``wind_from_deg`` is the
    wind to wait for, good to ``wind_half_width_deg``, of a drive with the other winds ``also_from_deg`` in which its
    streets tell nearly as much. ``hours`` are local. A street has its ``number`` in the order driven, ``passes``, and
    ``side``: on which side of what is in question it lies. ``settles`` are hotspots with the ``nats`` that are
    expected of the ``open_nats``, what is in question between (``rivals``), and sites whose register position is
    checked first. A flight has its ``waypoints`` and ``height_m`` above ground; ``airspace`` is the zone of the
    register that holds it, ``outside`` of all of them, or empty: *to be cleared*.
    """
    write_shapes(path, _features(again))


def _features(again: Again) -> Iterator[tuple[BaseGeometry, Mapping[str, Any]]]:
    for drive in again.drives:
        yield shapely.LineString(drive.way), _drive_properties(drive)
        for street in drive.streets:
            yield shapely.LineString(street.line), _street_properties(drive, street)
    for flight in again.flights:
        yield shapely.LineString(flight.waypoints), _flight_properties(flight)


def _drive_properties(drive: Redrive) -> dict[str, Any]:
    return {
        "what": "drive",
        "id": drive.id,
        "wind_from_deg": drive.wind_from_deg,
        "wind_half_width_deg": drive.wind_half_width_deg,
        "also_from_deg": list(drive.also_from_deg),
        "wind_m_s": list(drive.wind_m_s),
        "hours": _hours(drive.hours),
        "length_m": drive.length_m,
        "driving_s": drive.driving_s,
        "nats_per_km": drive.nats_per_km,
        "streets": len(drive.streets),
        "on_roads": drive.on_roads,
        "settles": _settles(drive.settles),
    }


def _street_properties(drive: Redrive, street: RedriveStreet) -> dict[str, Any]:
    return {
        "what": "street",
        "id": drive.id,
        "number": street.number,
        "name": street.name,
        "side": street.side,
        "passes": street.passes,
        "wind_from_deg": drive.wind_from_deg,
        "wind_half_width_deg": drive.wind_half_width_deg,
        "length_m": street.length_m,
        "settles": _settles(street.settles),
    }


def _flight_properties(flight: Flight) -> dict[str, Any]:
    return {
        "what": "flight",
        "id": flight.id,
        "waypoints": [[round(lon, 7), round(lat, 7)] for lon, lat in flight.waypoints],
        "height_m": flight.height_m,
        "length_m": flight.length_m,
        "wind_from_deg": flight.wind_from_deg,
        "wind_half_width_deg": flight.wind_half_width_deg,
        "hours": _hours(flight.daylight),
        "airspace": flight.airspace,
        "settles": _settles(flight.settles),
    }


def _hours(hours: Hours | None) -> list[str]:
    return [] if hours is None else [f"{hours.start:%H:%M}", f"{hours.end:%H:%M}"]


def _settles(settles: Sequence[Settles]) -> list[dict[str, Any]]:
    return [
        {
            "hotspot": s.hotspot_id,
            "nats": s.nats,
            "open_nats": s.open_nats,
            "share": s.share,
            "rivals": list(s.rivals),
            "check_register_first": list(s.check_first),
        }
        for s in settles
    ]
