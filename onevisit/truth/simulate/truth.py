"""``truth.json``: what was put into the park, what could be seen of it, and what should come of every site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from onevisit.truth.simulate.air.instrument import CHANNELS
from onevisit.truth.simulate.air.sources import EmissionSource, rates_of
from onevisit.truth.simulate.answers import (
    PIECE_M,
    Dose,
    TrueHotspot,
    above_background,
    dose_of_others,
    dose_of_sources,
    find_true_hotspots,
)
from onevisit.truth.simulate.confounders import CONFOUNDERS
from onevisit.truth.simulate.drives.outings import SPIN_UP_S, Outing, declared_lag
from onevisit.truth.simulate.drives.vehicle import Episode
from onevisit.truth.simulate.labels import beyond_permit, sites_of_records, sites_touched
from onevisit.truth.simulate.records.fixed import FixedPoint
from onevisit.truth.simulate.records.monitors import MonitoredSite
from onevisit.truth.simulate.records.outlet import Anomaly, SiteRecord
from onevisit.truth.simulate.records.registers import LATE, RegisterEntry
from onevisit.truth.simulate.records.weeks import told_anomalies, truth_of_activity, truth_of_anomaly
from onevisit.truth.simulate.world import World

Floats = NDArray[np.float64]
_NORMAL = "正常"
_STRENGTH = ("none", "remind", "help", "visit")
_MONITOR_CONFOUNDERS = {
    "frozen_analyser": "constant",
    "drifting_analyser": "drift",
    "calibration": "calibration_in_work_hours",
}
"""Of world 1; in world 2 an upset says to which confounder it belongs."""


@dataclass(frozen=True)
class Park:
    """Everything that was drawn for one mission."""

    seed: int
    size: str
    day: datetime
    world: World
    sources: tuple[EmissionSource, ...]
    outings: tuple[Outing, ...]
    entries: tuple[RegisterEntry, ...]
    stations: tuple[MonitoredSite, ...]
    on: Mapping[str, bool]
    number: int = 1
    """Of the world."""
    weeks: tuple[SiteRecord, ...] = ()
    """Long records, which stand in the place of ``stations`` then."""

    @property
    def anomalies(self) -> tuple[Anomaly, ...]:
        """What records show, at the times of the clocks that recorded it."""
        of_weeks = [a for record in self.weeks for a in told_anomalies(record)]
        return (*(a for station in self.stations for a in station.anomalies), *of_weeks)

    @property
    def recorded(self) -> tuple[str, ...]:
        """Codes of the sites that have records."""
        return (*(s.place.site_id for s in self.stations), *(r.plant.site_id for r in self.weeks))


def truth_of(park: Park) -> dict[str, Any]:
    """The truth of a mission, without its flight."""
    drives, per_source = [o.drive for o in park.outings], [o.per_source for o in park.outings]
    hotspots = find_true_hotspots(park.sources, drives, per_source)
    doses = (
        *dose_of_sources(park.sources, drives, per_source),
        *dose_of_others(park.sources, drives, per_source, [_enhancement(o) for o in park.outings]),
    )
    world = park.world
    lag = declared_lag(park.outings[0].analyser, park.seed, undeclared=park.on["undeclared_lag"])
    return {
        "version": 1,
        "world": park.number,
        "seed": park.seed,
        "size": park.size,
        "day": park.day.date().isoformat(),
        "crs": f"EPSG:{world.crs.to_epsg()}",
        "sources": _sources(park, hotspots),
        "hotspots": [_hotspot(world, h) for h in hotspots],
        "doses": told_doses(world, doses),
        "sites": _sites(park, hotspots),
        "anomalies": [truth_of_anomaly(a) for a in park.anomalies],
        "activity": [truth_of_activity(record) for record in park.weeks],
        "rules": rules(world),
        "streets": {
            "nodes": np.round(world.nodes.reshape(-1, 2) + world.origin, 2).tolist(),
            "edges": [[s.start, s.end] for s in world.streets],
        },
        "drives": [_drive_truth(world, outing, lag) for outing in park.outings],
        "fixed": [_fixed(world, record.point) for record in park.outings[0].fixed],
        "confounders": _confounders(park),
    }


def rules(world: World) -> dict[str, Any]:
    """Cap, shift, teams and depot, as mission.toml gives them."""
    place = _lonlat(world, float(world.nodes[0, 0, 0]), float(world.nodes[0, 0, 1]))
    return {"yearly_cap": 2, "shift_h": 7.0, "teams": 2, "depot": [place["lon"], place["lat"]]}


def _lonlat(world: World, x: float, y: float) -> dict[str, float]:
    lon, lat = world.lonlat(x, y)
    return {"lon": round(float(lon), 7), "lat": round(float(lat), 7)}


def _sources(park: Park, hotspots: Sequence[TrueHotspot]) -> list[dict[str, Any]]:
    rates = rates_of(park.sources, slice(SPIN_UP_S, None))
    recurrent = {h.source_id for h in hotspots if h.recurrent is not None}
    seen = {h.source_id for h in hotspots}
    return [
        {
            "id": s.id,
            "site_id": s.place.site_id if s.place.listed else None,
            "place": s.place.site_id,
            **_lonlat(park.world, s.x, s.y),
            "height_m": round(s.height_m, 2),
            "leading": s.leading,
            "rate_g_s": {k: round(v, 5) for k, v in rates[s.id].items()},
            "recurrent": s.id in recurrent,
            "seen": s.id in seen,
            "lawful": s.lawful,
            "permitted_g_s": s.permitted_g_s,
            "active": None if s.active is None else [list(span) for span in s.active],
        }
        for s in park.sources
    ]


def _hotspot(world: World, hotspot: TrueHotspot) -> dict[str, Any]:
    return {
        "source": hotspot.source_id,
        "species": hotspot.species,
        "laps_seen": hotspot.laps_seen,
        "largest": round(hotspot.largest, 2),
        "seen": world.geometry(hotspot.seen),
        "recurrent": world.geometry(hotspot.recurrent) if hotspot.recurrent is not None else None,
    }


def told_doses(world: World, doses: Sequence[Dose]) -> dict[str, Any]:
    """Doses in µg s m-3 on pieces of street, ``piece_m`` each way, by their column and row from ``origin``."""
    return {
        "piece_m": PIECE_M,
        "origin": [world.origin_x, world.origin_y],
        "of": [
            {
                "source": d.source_id,
                "species": {name: round(share, 6) for name, share in d.species.items()},
                "columns": list(d.columns),
                "rows": list(d.rows),
                "dose": list(d.dose),
            }
            for d in doses
        ],
    }


def _enhancement(outing: Outing) -> dict[str, Floats]:
    """Readings above their running median in g m-3 at the seconds of the inlet; none where a status is not normal."""
    late = round(outing.analyser.lag_s + outing.analyser.response_s)
    marked = np.array([s != _NORMAL for s in outing.log.status], bool)
    found = {}
    for channel in CHANNELS:
        if channel.species in outing.log.readings:
            above = above_background(outing.log.readings[channel.species]) / channel.per_g_m3
            above[marked] = 0.0
            found[channel.species] = np.r_[above[late:], np.zeros(min(late, len(above)))]
    return found


def _causes(park: Park, recurrent: set[str]) -> dict[str, list[dict[str, Any]]]:
    """Why something should come of a listed site, what, and whether the mission's files can show it."""
    causes: dict[str, list[dict[str, Any]]] = {e.place.site_id: [] for e in park.entries}
    for source in park.sources:
        if source.place.listed:
            expected = "none" if source.lawful else "visit"
            cause = {"cause": "plume", "expected": expected, "findable": source.id in recurrent}
            causes[source.place.site_id].append(cause)
    for entry in park.entries:
        if entry.valid_to <= park.day.date() + timedelta(days=60):
            causes[entry.place.site_id].append({"cause": "permit", "expected": "remind", "findable": True})
        if entry.disclosure == LATE:
            causes[entry.place.site_id].append({"cause": "disclosure", "expected": "remind", "findable": True})
    for anomaly in (a for a in park.anomalies if a.required):
        cause = {"cause": anomaly.kind, "expected": anomaly.expected, "findable": True, "also": list(anomaly.also)}
        causes[anomaly.site_id].append(cause)
    return causes


def _expected(causes: Sequence[Mapping[str, Any]]) -> str:
    """The strongest of what a site's causes ask for."""
    return max((str(c["expected"]) for c in causes), key=_STRENGTH.index, default="none")


def _sites(park: Park, hotspots: Sequence[TrueHotspot]) -> list[dict[str, Any]]:
    causes = _causes(park, {h.source_id for h in hotspots if h.recurrent is not None})
    world = park.world
    return [
        {
            "site_id": e.place.site_id,
            "name": e.place.name,
            **_lonlat(world, e.place.stack.x, e.place.stack.y),
            "gate": world.geometry(e.place.gate),
            "parcel": world.geometry(e.place.parcel),
            "written_crs": e.written_crs,
            "declared_crs": e.declared_crs,
            "place_written": e.place_written,
            "causes": causes[e.place.site_id],
            "expected": _expected(causes[e.place.site_id]),
            "management_class": e.place.management_class,
            "visits_this_year": sum(d.year == park.day.year and kind == "日常" for d, kind, _ in e.visits),
        }
        for e in park.entries
    ]


def _drive_truth(world: World, outing: Outing, declared_lag_s: float | None) -> dict[str, Any]:
    drive, analyser = outing.drive, outing.analyser
    return {
        "file": outing.file,
        "start": (outing.start - timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": len(drive.x),
        "laps": int(drive.lap.max()) + 1,
        "lag_s": round(analyser.lag_s, 3),
        "declared_lag_s": declared_lag_s,
        "response_s": round(analyser.response_s, 3),
        "gain": round(analyser.gain, 4),
        "clock_offset_s": round(analyser.clock_offset_s),
        "vane_offset_deg": round(outing.vane_offset_deg, 3),
        "wind_from_deg": _wind_from_deg(outing),
        "wind_speed_m_s": round(float(np.hypot(outing.wind.u, outing.wind.v)[SPIN_UP_S:].mean()), 3),
        "position_jumps": [list(j) for j in outing.fixes.jumps],
        "tunnels": [list(t) for t in outing.fixes.tunnels],
        "track": world.geometry(shapely.LineString(np.column_stack([drive.x, drive.y])[::5]), digits=6),
    }


def _fixed(world: World, point: FixedPoint) -> dict[str, Any]:
    return {"kind": point.kind, "name": point.name, "file": point.file, "geometry": world.geometry(point.shape)}


def _wind_from_deg(outing: Outing) -> float:
    """Direction from which the mean wind of a drive came."""
    u, v = (float(part[SPIN_UP_S:].mean()) for part in (outing.wind.u, outing.wind.v))
    return round(float(np.degrees(np.arctan2(-u, -v))), 1) % 360.0


def _confounders(park: Park) -> list[dict[str, Any]]:
    """Every confounder that is on, with the places (a geometry) or sites that it touches."""
    result = []
    for confounder in CONFOUNDERS:
        if not park.on[confounder.name]:
            continue
        episodes = [(o, e) for o in park.outings for e in o.log.episodes if e.confounder == confounder.name]
        result.append({
            "name": confounder.name,
            "does": confounder.does,
            "episodes": [
                {"file": o.file, "start_s": e.start_s, "end_s": e.end_s, "species": list(e.species)}
                for o, e in episodes
            ],
            "where": _where(park.world, episodes),
            "sites": _touched(confounder.name, park),
        })  # fmt: skip
    return result


def _where(world: World, episodes: Sequence[tuple[Outing, Episode]]) -> dict[str, Any] | None:
    """The piece of street on which episodes shorter than ten minutes took place, 25 m wide."""
    pieces = []
    for outing, episode in episodes:
        if episode.end_s - episode.start_s > 600 or episode.confounder == "calm":
            continue
        end = min(episode.end_s + 20, len(outing.drive.x))
        xy = np.column_stack([outing.drive.x, outing.drive.y])[episode.start_s : max(end, episode.start_s + 2)]
        pieces.append(shapely.LineString(xy).buffer(25.0, quad_segs=2))
    return world.geometry(shapely.unary_union(pieces), digits=6) if pieces else None


def _touched(name: str, park: Park) -> list[str]:
    if name == "register_shift":
        return [e.place.site_id for e in park.entries if e.shifted]
    if name == "nothing_wrong":
        causes = _causes(park, set())
        emitting = {s.place.site_id for s in park.sources}
        return [site for site, own in causes.items() if _expected(own) == "none" and site not in emitting]
    if park.weeks and (touched := sites_of_records(name, park.weeks)) is not None:
        return touched
    if name == "clean_records":
        odd = {a.site_id for a in park.anomalies if a.required}
        return [s for s in park.recorded if s in beyond_permit(park.sources) and s not in odd]
    if name not in _MONITOR_CONFOUNDERS:
        return sites_touched(name, park.sources, park.entries, park.recorded)
    kind = _MONITOR_CONFOUNDERS[name]
    return [a.site_id for a in park.anomalies if a.kind == kind]
