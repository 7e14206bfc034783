"""Hotspots, leads, visits and routes as GeoJSON (RFC 7946): WGS 84 longitude, latitude; exterior rings to the left.

Same records, same bytes: keys keep their order, coordinates have seven decimals (a centimetre), numbers six digits.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from fusion.schema import Attribution, CredibleArea, Hotspot, Met, Rate, SiteProbability, SourceEstimate
from ingest.schema import SitePlace
from ingest.species import substance_of
from ingest.units import parse_unit
from onevisit.atomic import write_text
from onevisit.handover.data.emissions import rate_in_grams, rate_unit
from onevisit.handover.data.tables import amap_link, chinese_position, local_time, matters_text, reasons_text
from onevisit.leads.plumes import PlumeLine
from onevisit.leads.reference import REFERENCE
from onevisit.leads.urgent import Alarm
from onevisit.schema import Lead, Route, Stop, Visit

_DECIMALS = 7
"""Decimals of coordinates: 1e-7 degrees are 1 cm."""

_KEPT = {"lon", "lat", "gcj02_lon", "gcj02_lat", "source_lon", "source_lat", "gate_lon", "gate_lat", "geometry"}
"""Properties that are coordinates: six significant digits would move them by metres."""


def write_hotspots(
    path: Path,
    hotspots: Sequence[Hotspot],
    attributions: Sequence[Attribution],
    *,
    plumes: Sequence[PlumeLine] = (),
    alarms: Sequence[Alarm] = (),
) -> None:
    """Write ``hotspots.geojson``: a polygon per place with its significance, its candidates and none of these.

    ``others`` are the species that rose with the leading one, each with the ``enhancement``, ``background``
    and ``unit`` of its plume there that stands highest over its noise, null where only cells agree. ``tier`` is
    ``recurrent`` (passes agree beyond chance) or ``single``; ``exhaust`` says that only tracers of exhaust rose,
    which vehicles emit too. ``urgent`` says that a value was above a level of acute harm, and ``acute`` which:
    ``species``, ``value``, ``level`` and ``unit``, ``averaging``, ``source`` and ``time``. ``met`` are the crossings
    that the place is made of: the pass, its ``start`` and ``end``, and where its strongest value stood.

    A hotspot without attribution has no ``sites`` and ``none_of_these`` null: nothing was weighed, which is not 1.
    ``source_lon``, ``source_lat`` are null where the data support a bearing but no place; ``rate_g_s`` where they do,
    but the unit has no mass: then ``rate`` in ``rate_unit`` stands alone. ``_low`` and ``_high`` bound 90 %.
    """
    explained = {attribution.hotspot_id: attribution for attribution in attributions}
    features = []
    for h in hotspots:
        own = [plume for plume in plumes if plume.place == h.id]
        acute = [_alarm_properties(alarm) for alarm in alarms if alarm.hotspot_id == h.id]
        features.append(_feature(h.polygon, _hotspot_properties(h, explained.get(h.id), own, acute)))
    _write(path, features)


def write_points(path: Path, points: Iterable[tuple[tuple[float, float], Mapping[str, Any]]]) -> None:
    """Write any points: (longitude, latitude) and properties, times among them."""
    _write(path, (_feature(shapely.Point(*place), properties) for place, properties in points))


def write_places(path: Path, places: Iterable[tuple[tuple[float, float] | None, Mapping[str, Any]]]) -> None:
    """Write points of which some have no place: their geometry is null (RFC 7946, 3.2)."""
    points = ((shapely.Point(*place) if place else None, properties) for place, properties in places)
    _write(path, (_feature(point, properties) for point, properties in points))


def write_shapes(path: Path, shapes: Iterable[tuple[BaseGeometry, Mapping[str, Any]]]) -> None:
    """Write any geometries in longitude and latitude with their properties."""
    _write(path, (_feature(shape, properties) for shape, properties in shapes))


def write_leads(path: Path, leads: Sequence[Lead]) -> None:
    """Write ``leads.geojson``: a point per site with evidence, rival explanations and disposition."""
    _write(path, (_feature(shapely.Point(lead.lon, lead.lat), _lead_properties(lead)) for lead in leads))


def write_visits(path: Path, visits: Sequence[Visit], routes: Sequence[Route]) -> None:
    """Write ``visits.geojson``: a point per visit; ``route`` and ``stop`` are null where it is on no route."""
    placed = {stop.visit.site_id: (route, number, stop) for route in routes for number, stop in _numbered(route)}
    _write(path, (_feature(shapely.Point(v.lon, v.lat), _visit_properties(v, placed.get(v.site_id))) for v in visits))


def write_routes(path: Path, routes: Sequence[Route]) -> None:
    """Write ``routes.geojson``: a line per route, then a point per stop with the columns of ``routes.csv``."""
    features = [_feature(_route_line(route), _route_properties(route)) for route in routes]
    for route in routes:
        for number, stop in _numbered(route):
            point = shapely.Point(stop.visit.lon, stop.visit.lat)
            features.append(_feature(point, _visit_properties(stop.visit, (route, number, stop))))
    _write(path, features)


def _numbered(route: Route) -> list[tuple[int, Stop]]:
    return list(enumerate(route.stops, start=1))


def _hotspot_properties(
    hotspot: Hotspot, attribution: Attribution | None, plumes: Sequence[PlumeLine], acute: list[dict[str, Any]]
) -> dict[str, Any]:
    h = hotspot
    properties: dict[str, Any] = {
        "id": h.id,
        "species": h.species,
        "others": [_other_properties(species, plumes) for species in h.others],
        "tier": h.tier,
        "exhaust": h.exhaust,
        "urgent": bool(acute),
        "acute": acute,
        "unit": h.unit,
        "enhancement": h.enhancement,
        "enhancement_sd": h.enhancement_sd,
        "background": h.background,
        "snr": h.snr,
        "p_value": h.p_value,
        "q_value": h.q_value,
        "passes_seen": h.passes_seen,
        "passes_crossed": h.passes_crossed,
        "single_sighting": h.single_sighting,
        "first_seen": _iso(h.first_seen),
        "last_seen": _iso(h.last_seen),
        **_position(h),
        "position_error_m": h.position_error_m,
        "area_m2": h.area_m2,
        "wind_from_deg": h.wind_from_deg,
        "wind_speed_m_s": h.wind_speed,
        "trajectories": list(h.trajectories),
        "met": [{"pass": m.label, "start": _iso(m.start), "end": _iso(m.end), **_position(m)} for m in h.met],
        "sites": [],
        "none_of_these": None,
        **_source_properties(None, h),
        "areas": [],
    }
    if attribution is not None:
        properties |= _attribution_properties(attribution, h)
    return properties


def _position(place: Hotspot | Met) -> dict[str, float]:
    return {"lon": round(place.lon, _DECIMALS), "lat": round(place.lat, _DECIMALS)}


def _other_properties(species: str, plumes: Sequence[PlumeLine]) -> dict[str, Any]:
    """A species that rose with the leading one: its plume there that stands highest over its noise."""
    own = [plume for plume in plumes if substance_of(plume.species) == substance_of(species)]
    most = max(own, key=lambda plume: plume.snr, default=None)
    return {
        "species": species,
        "unit": most.unit if most else None,
        "enhancement": most.maximum if most else None,
        "background": most.background if most else None,
    }


def _alarm_properties(alarm: Alarm) -> dict[str, Any]:
    level = alarm.level
    return {
        "species": alarm.species,
        "value": alarm.value,
        "level": level.value,
        "unit": level.unit,
        "averaging": level.averaging,
        "source": level.source,
        "time": _iso(alarm.time),
    }


def _attribution_properties(a: Attribution, hotspot: Hotspot) -> dict[str, Any]:
    return {
        "sites": [_site_properties(site, hotspot) for site in a.sites],
        "none_of_these": a.none_of_these,
        "unlisted": a.unlisted,
        "background_or_traffic": a.background,
        "bearing_deg": a.bearing_deg,
        "bearing_half_width_deg": a.half_width_deg,
        **_source_properties(a.source, hotspot),
        "areas": [_area_properties(area) for area in a.areas],
        "explanation": list(a.explanation),
    }


def _site_properties(site: SiteProbability, hotspot: Hotspot) -> dict[str, Any]:
    return {
        "site_id": site.site_id,
        "probability": site.probability,
        "distance_m": site.distance_m,
        "bearing_deg": site.bearing_deg,
        "place_probability": site.place_probability,
        **_bounded("rate_g_s", rate_in_grams(site.rate, hotspot.unit, hotspot.species)),
        "witnesses": [{"kind": w.kind, "id": w.id, "ratio": w.ratio} for w in site.witnesses],
    }


def _source_properties(source: SourceEstimate | None, hotspot: Hotspot) -> dict[str, Any]:
    """Place and rate of the source; ``rate_reference`` names the state at which a mole fraction became a mass."""
    grams = rate_in_grams(source.rate, hotspot.unit, hotspot.species) if source else None
    unit = parse_unit(hotspot.unit)
    from_mole = grams is not None and unit is not None and unit.kind == "mole fraction"
    return {
        "source_lon": round(source.lon, _DECIMALS) if source else None,
        "source_lat": round(source.lat, _DECIMALS) if source else None,
        "source_position_sd_m": source.position_sd_m if source else None,
        **_bounded("rate_g_s", grams),
        **_bounded("rate", source.rate if source else None),
        "rate_unit": rate_unit(hotspot.unit) if source else None,
        "rate_reference": REFERENCE.text if from_mole else None,
    }


def _bounded(name: str, rate: Rate | None) -> dict[str, float | None]:
    """Median and central 90 % interval under three keys."""
    low, median, high = (rate.low, rate.median, rate.high) if rate else (None, None, None)
    return {name: median, f"{name}_low": low, f"{name}_high": high}


def _area_properties(area: CredibleArea) -> dict[str, Any]:
    return {"probability": area.probability, "area_m2": area.area_m2, "geometry": _geometry(area.polygon)}


def _lead_properties(lead: Lead) -> dict[str, Any]:
    return {
        "site_id": lead.site_id,
        "permit_code": lead.permit_code,
        "name": lead.name,
        "disposition": lead.disposition.value,
        "urgent": bool(lead.urgent),
        "probability": lead.probability,
        "evidence": [
            {
                "kind": e.kind,
                "id": e.id,
                "time": _iso(e.time) if e.time else None,
                "text": e.text_en,
                "text_zh": e.text_zh,
            }
            for e in lead.evidence
        ],
        "explanations": [{"name": e.name, "probability": e.probability} for e in lead.explanations],
        "hotspots": list(lead.hotspot_ids),
        "reason_en": lead.reason_en,
        "reason_zh": lead.reason_zh,
        "calibration": lead.calibration_en,
        "calibration_zh": lead.calibration_zh,
        "at_gate": lead.at_gate,
        "places": _place_properties(lead.places),
    }


def _place_properties(places: Sequence[SitePlace]) -> list[dict[str, Any]]:
    """Where a site in doubt may stand, the place that its feature shows first; nothing without a doubt."""
    return [
        {
            "lon": round(place.lon, _DECIMALS),
            "lat": round(place.lat, _DECIMALS),
            "sd_m": place.sd_m,
            "probability": place.probability,
            "crs": place.crs,
            "gate_lon": None if place.gate is None else round(place.gate.x, _DECIMALS),
            "gate_lat": None if place.gate is None else round(place.gate.y, _DECIMALS),
        }
        for place in places
    ]


def _visit_properties(visit: Visit, placed: tuple[Route, int, Stop] | None) -> dict[str, Any]:
    gcj_lon, gcj_lat = chinese_position(visit)
    route, number, stop = placed if placed else (None, None, None)
    return {
        "route": route.name if route else None,
        "stop": number,
        "site_id": visit.site_id,
        "name": visit.name,
        "permit_code": visit.permit_code,
        "kind": visit.kind.value,
        "counts_against_cap": visit.counts_against_cap,
        "arrive": local_time(stop.arrive) if stop else None,
        "leave": local_time(stop.leave) if stop else None,
        "lon": round(visit.lon, _DECIMALS),
        "lat": round(visit.lat, _DECIMALS),
        "gcj02_lon": gcj_lon,
        "gcj02_lat": gcj_lat,
        "at_gate": visit.at_gate,
        "places": _place_properties(visit.places),
        "matters": matters_text(visit, "en"),
        "matters_zh": matters_text(visit, "zh"),
        "reasons": reasons_text(visit, "en"),
        "reasons_zh": reasons_text(visit, "zh"),
        "probability": visit.probability,
        "explanations": [{"name": e.name, "probability": e.probability} for e in visit.explanations],
        "priority": visit.priority,
        "navigate": amap_link(visit),
    }


def _route_properties(route: Route) -> dict[str, Any]:
    return {
        "route": route.name,
        "team": route.team,
        "day": route.day.isoformat(),
        "stops": len(route.stops),
        "sites": [stop.visit.site_id for stop in route.stops],
        "distance_m": round(route.distance_m),
        "driving_s": round(route.driving_s),
        "on_roads": route.on_roads,
        "start": local_time(route.stops[0].arrive),
        "end": local_time(route.stops[-1].leave),
    }


def _route_line(route: Route) -> BaseGeometry:
    """The legs as one line; a point where a route without depot has a single stop."""
    points: list[tuple[float, float]] = []
    for leg in [*(stop.leg for stop in route.stops), *([route.back] if route.back else [])]:
        for point in leg.line:
            if not points or point != points[-1]:
                points.append(point)
    return shapely.LineString(points) if len(points) > 1 else shapely.Point(points[0])


def _feature(geometry: BaseGeometry | None, properties: Mapping[str, Any]) -> dict[str, Any]:
    shown = None if geometry is None else _geometry(geometry)
    return {"type": "Feature", "properties": _plain(properties), "geometry": shown}


def _geometry(geometry: BaseGeometry) -> dict[str, Any]:
    shape = shapely.geometry.mapping(_to_the_left(geometry))
    return {"type": shape["type"], "coordinates": _rounded(shape["coordinates"])}


def _to_the_left(geometry: BaseGeometry) -> BaseGeometry:
    """Exterior rings counter-clockwise, holes clockwise (RFC 7946, section 3.1.6)."""
    if isinstance(geometry, shapely.Polygon):
        return orient(geometry, 1.0)
    if isinstance(geometry, shapely.MultiPolygon):
        return shapely.MultiPolygon([orient(part, 1.0) for part in geometry.geoms])
    return geometry


def _rounded(coordinates: Any) -> Any:
    if isinstance(coordinates, float | int):
        return round(float(coordinates), _DECIMALS)
    return [_rounded(part) for part in coordinates]


def _plain(value: Any) -> Any:
    """Values that JSON has: a number that is not finite becomes null, others keep six significant digits."""
    if isinstance(value, Mapping):
        return {key: item if key in _KEPT else _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return _iso(value)
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _iso(time: datetime) -> str:
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _write(path: Path, features: Iterable[Mapping[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, allow_nan=False) for f in features)
    write_text(path, '{"type": "FeatureCollection", "features": [\n' + lines + "\n]}\n")
