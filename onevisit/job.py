"""The whole job: a mission folder in, hotspots, leads, visits, routes and a report out.

`process_mission` reads like the method section: ingest, tracks, imagery, fusion, visits, routes, hand-over. Each
stage is a function below it that does its steps through `onevisit.stages.Work`, which takes them from the store where
an earlier run made them of the same inputs; what a step decides or rejects goes into the manifest either way. A step
imports its room when it is done, so that a run that finds most things done starts at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from pyproj import CRS

from fusion.attribution.evidence_settings import EvidenceSettings
from fusion.schema import Attribution, Hotspot
from fusion.settings import FusionSettings
from imagery.phrases import kind_of_photos
from imagery.schema import Findings
from imagery.settings import ImagerySettings
from ingest.coordinates import zone_of
from ingest.errors import FileError, NothingUsable, SettingError
from ingest.flags import is_usable
from ingest.images.elevation import elevation_of_flight
from ingest.outcome import Decision, Notes, Outcome, Phrase
from ingest.roads.read import Roads
from ingest.schema import Frame, Site
from monitors.schema import Activity, Anomaly
from onevisit.cards.card import refuse_gone, watching
from onevisit.cards.instrument import with_calibration
from onevisit.cards.zones import AskZone
from onevisit.compute import computing
from onevisit.handover.outputs import SCORED, write_flight, write_outputs
from onevisit.leads.lawful import Known, covered_by_site, recorded_by_site
from onevisit.leads.places import leads_of_places
from onevisit.leads.plumes import PlumeLine, list_plumes
from onevisit.leads.records import matters_of_records, sites_in_question
from onevisit.leads.registers import asks_something, matters_of_registers
from onevisit.leads.standing import Standing, standing_of_sites
from onevisit.leads.tables import RivalTables
from onevisit.leads.urgent import find_alarms
from onevisit.leads.weigh import in_order, weigh_leads
from onevisit.manifest import program_key
from onevisit.mission import Mission
from onevisit.profile import Profile
from onevisit.progress import Advance
from onevisit.reading import days_apart, ingest_mission, start_on
from onevisit.redrive.leads import with_redrives
from onevisit.redrive.plan import Ground, Means, plan_again
from onevisit.redrive.schema import Again
from onevisit.result import Flown, Fused, Gridded, Listed, Options, Plan, Recorded, Records, Result
from onevisit.reuse import run_key, unchanged_summary
from onevisit.schema import Lead, Matter
from onevisit.segments import map_region
from onevisit.settings import VisitSettings
from onevisit.stages import Files, Kept, Work, digest, files_of, later_stages
from onevisit.store import open_store
from onevisit.visits.help import plan_help
from onevisit.visits.plan import plan_visits
from onevisit.visits.regions import Region, keep_sites_in_reach, split_regions, with_local_zone
from onevisit.visits.routes import plan_routes
from tracks.schema import Track
from tracks.segments.medians import SegmentMap
from tracks.settings import TrackSettings


def process_mission(
    root: Path,
    out: Path,
    options: Options,
    *,
    on_stage: Advance,
    replay: bool = False,
    ask: AskZone | None = None,
) -> dict[str, Any]:
    """Do the whole job on a mission folder and write what `onevisit process` promises into ``out``.

    Parameters
    ----------
    root : Path
        The mission folder.
    out : Path
        Where results go; made if absent. Files get their fixed names only when they are complete.
    options : Options
        What the user asked for.
    on_stage : callable of (str, float or None)
        Called with what is going on and the share of the job that is done.
    replay : bool
        For benchmarks: start from the tracks and mosaics that any version of the program has stored in ``out``, and
        write only what `onevisit.truth.score.score` reads.
    ask : callable, optional
        Asks a person for the zone of times that nothing settles; without it the likeliest is taken.

    Returns
    -------
    dict
        ``lines`` for a person, and counts.

    Raises
    ------
    NothingUsable
        If nothing in the mission can be processed, or files vanish on the way; no set of results is written then.
    SettingError
        If profile, ``mission.toml`` or an option asks for something impossible.
    """
    on_stage(Phrase("doing_mission"), 0.0)
    start = start_on(root, options, ask)
    mission, profile, recorder = start.mission, start.profile, start.recorder
    key = run_key(root, recorder.inputs, profile, options)
    if (
        options.from_stage is None
        and not replay
        and (summary := unchanged_summary(out, key, options.lang)) is not None
    ):
        return summary
    with (
        watching(mission.files),
        computing(scheduler=options.scheduler, memory=options.memory),
        open_store(out, program_key(), keep=options.keep_store, notes=recorder) as store,
    ):
        work = Work(recorder, store, redo=later_stages(options.from_stage), replay=replay)
        records = ingest_mission(mission, profile, work, on_stage)
        refuse_gone(mission.files)
        recorder.take(days_apart(records))
        tracks = _tracks(records.traces, profile, work, on_stage)
        regions = work.derive("regions", split_regions, tracks, records.frames, profile.regions, crs=profile.crs)
        zone = profile.records.time_zone
        routes = recorder.take(with_local_zone(profile.routes, regions.value, records.sites.value, of_records=zone))
        profile = replace(profile, routes=routes)
        flights = [
            _imagery(region, records.frames, mission, out, profile, work, on_stage) for region in regions.value
        ]
        recorded = _monitors(records, profile, work, on_stage)
        measured = _last_day(regions.value, recorded.series.value, profile)
        day = recorder.take(_day_of_visits(options.day, measured))
        standings = work.make("standings", standing_of_sites, records.registers, records.sites, day=day)
        also = {site_id for site_id, standing in standings.value.items() if asks_something(standing)}
        also |= {*sites_in_question(recorded.anomalies.value, records.sites.value, profile.rivals)}
        sites = work.derive(
            "sites in reach", keep_sites_in_reach, records.sites, regions, profile.regions, also=sorted(also)
        )
        refuse_gone(mission.files)
        has_measured = any(region.tracks for region in regions.value) or any(flights)
        if not has_measured and not recorded.series.value:
            raise NothingUsable(Phrase("nothing_to_process", {"path": str(root)}), rejects=recorder.rejects)
        fused = tuple(
            _fuse(region, regions, flown, tracks, records.roads, sites, recorded, profile, work, on_stage)
            for region, flown in zip(regions.value, flights, strict=True)
        )
        plan = _plan(fused, sites, recorded, records, standings, profile, (measured, day), work, on_stage)
        on_stage(Phrase("doing_handover"), 0.85)
        listed = Listed(records.sites.value, standings, records.registers.value.areas)
        result = Result(mission, profile, options, key, sites.value, listed, fused, recorded, plan)
        return write_outputs(out, result, work, only=SCORED if replay else None)


# --- tracks and imagery --------------------------------------------------------------------------------------------


def _tracks(
    traces: Kept[tuple[xr.Dataset, ...]],
    profile: Profile,
    work: Work,
    on_stage: Advance,
) -> Kept[tuple[Track, ...]]:
    """Background, enhancement, plumes and drive passes of every trace."""

    def process_all(traces: Sequence[xr.Dataset], settings: TrackSettings) -> Outcome[tuple[Track, ...]]:
        from tracks import process_trace

        notes, tracks = Notes(), []
        for number, trace in enumerate(traces):
            doing = Phrase("doing_drive", {"number": number + 1, "count": len(traces)})
            on_stage(doing, 0.15 + 0.15 * number / len(traces))
            tracks.append(notes.take(process_trace(trace, settings)))
        return notes.outcome(tuple(tracks))

    with work.stage("tracks") as stage:
        tracks = work.make("tracks", process_all, traces, profile.tracks)
        flags = [track.passes["qc_flag"].values for track in tracks.value]
        stage.taken = sum(len(rows) for rows in flags)
        stage.given = sum(int(np.count_nonzero(is_usable(rows))) for rows in flags)
        stage.flagged = sum(int(np.count_nonzero(rows)) for rows in flags)
    return tracks


def _imagery(
    region: Region,
    frames: Kept[tuple[Frame, ...]],
    mission: Mission,
    out: Path,
    profile: Profile,
    work: Work,
    on_stage: Advance,
) -> tuple[Kept[Flown], ...]:
    """One mosaic for each kind of photo of the region's flights, written at once so that memory stays small."""
    flights: list[Kept[Flown]] = []
    terrain = files_of(mission, work.recorder.inputs, "terrain")
    for kind in sorted({frame.kind for frame in region.frames}, key=lambda kind: (kind != "rgb", kind)):
        items = tuple(frame.item for frame in region.frames if frame.kind == kind)
        on_stage(Phrase("doing_photos_of_kind", {"count": len(items), "kind": kind_of_photos(kind)}), 0.32)
        name = f"ortho{f'-{kind}' if flights else ''}{region.name}.tif"
        with work.stage("imagery") as stage:
            stage.taken = len(items)
            flown = work.make(
                "flight", _fly(out, on_stage), frames, items, terrain, region.crs, region.name, name, profile.imagery,
                files=lambda flown: flown.files if flown else (),
            )  # fmt: skip
            if flown.value is not None:
                flights.append(Kept(flown.value.opened(out), flown.key))
                stage.given = sum(pose.used for pose in flown.value.ortho.poses)
    return tuple(flights)


def _fly(out: Path, on_stage: Advance) -> Callable[..., Outcome[Flown | None]]:
    """The step from photos to a mosaic in ``out`` and what it shows; None where no photo can be placed."""

    def fly(
        frames: Sequence[Frame],
        items: Sequence[str],
        terrain: Files,
        crs: CRS,
        region: str,
        name: str,
        settings: ImagerySettings,
    ) -> Outcome[Flown | None]:
        from imagery import process_frames
        from imagery.findings.seek import seek_findings

        chosen = [frame for frame in frames if frame.item in set(items)]
        kind = chosen[0].kind
        notes = Notes()
        dem = notes.take(_elevation(terrain, settings.dem, chosen))
        try:
            ortho = notes.take(process_frames(chosen, settings, crs=crs, dem=dem))
        except NothingUsable as error:
            notes.keep(*error.rejects)
            notes.reject("images/", f"{kind} photos", error.phrase.code, error.phrase.values)
            return notes.outcome(None)
        on_stage(Phrase("doing_mosaic_of_kind", {"count": len(chosen), "kind": kind_of_photos(kind)}), 0.4)
        flown = write_flight(out / name, ortho, kind=kind, crs=crs)
        # read from the file: photos are not projected again
        findings = notes.take(seek_findings(flown.opened(out).ortho, settings, kind=kind, source=name, suffix=region))
        return notes.outcome(replace(flown, findings=findings))

    return fly


def _monitors(records: Records, profile: Profile, work: Work, on_stage: Advance) -> Recorded:
    """What the records of monitors say, and when sites ran as far as they can tell."""
    from monitors import gather_stations, infer_activities, seek_anomalies

    series = records.monitors
    on_stage(Phrase("doing_series", {"count": len(series.value)}), 0.58)
    with work.stage("monitors") as stage:
        orders = Kept(records.registers.value.orders, records.registers.key)
        anomalies = work.make("anomalies", seek_anomalies, series, records.sites, orders, profile.records)
        activities = work.make("activities", infer_activities, series, records.sites)
        stations = work.make("stations", gather_stations, series)
        stage.taken, stage.given = len(series.value), len(anomalies.value)
    return Recorded(series, anomalies, activities, stations)


def _elevation(terrain: Files, name: str, frames: Sequence[Frame]) -> Outcome[xr.DataArray | None]:
    """The declared elevation model around a flight; one that cannot be used is rejected, the photos go on without."""
    if not name:
        return Outcome(None)
    try:
        found = elevation_of_flight(terrain.root / name, name, frames)
    except FileError as error:
        return Outcome(None, (), (replace(error.reject, where="elevation model"),))
    return Outcome(found.value, found.decisions, found.rejects)


# --- fusion and plan -----------------------------------------------------------------------------------------------


def _fuse(
    region: Region,
    regions: Kept[tuple[Region, ...]],
    flights: tuple[Kept[Flown], ...],
    tracks: Kept[tuple[Track, ...]],
    roads: Kept[Roads | None],
    sites: Kept[tuple[Site, ...]],
    recorded: Recorded,
    profile: Profile,
    work: Work,
    on_stage: Advance,
) -> Kept[Fused]:
    """Road segments, cube, hotspots and attribution of one region."""
    key = digest(regions, region.name, flights, profile.fusion)
    if not region.tracks:
        nothing: Kept[SegmentMap | None] = Kept(None, key)
        return Kept(Fused(region, key, tuple(flown.value for flown in flights), None, (), (), nothing), key)
    on_stage(Phrase("doing_fusion"), 0.6)
    findings = [flown.value.findings for flown in flights]
    with work.stage("fusion") as stage:
        here = [k for k, track in enumerate(tracks.value) if any(track is own for own in region.tracks)]
        segments = work.make("segments", map_region, tracks, here, region.name, roads, profile.tracks)
        touched = cache(partial(_touch_cells, region, profile.fusion))
        flown = tuple(flight.value for flight in flights)
        gridded = Gridded(touched, partial(_build_cube, touched, flown, profile.fusion))
        on_stage(Phrase("doing_hotspots"), 0.65)
        hotspots = work.make("hotspots", _find_hotspots, Kept(touched, key), Kept(region, key), profile.fusion)
        on_stage(Phrase("doing_attribution", {"count": len(hotspots.value)}), 0.7)
        attributions = work.make(
            "attributions",
            _attribute,
            hotspots,
            Kept((region, findings), key),
            sites,
            recorded.activities,
            recorded.stations,
            profile.fusion,
            profile.evidence,
        )
        plumes = work.make("plumes", _list_plumes, Kept(region, key), hotspots, profile.fusion)
        stage.taken = sum(track.passes.sizes["obs"] for track in region.tracks)
        stage.given = len(hotspots.value)
    made = (hotspots.value, attributions.value, segments, plumes.value)
    return Kept(Fused(region, key, flown, gridded, *made), attributions.key)


def _touch_cells(region: Region, settings: FusionSettings) -> xr.Dataset:
    """What the passes of a region measured in the cells of its grid."""
    from fusion import region_geobox, touch_cells

    lon, lat = region.track_lonlat
    geobox = region_geobox(lon, lat, crs=region.crs.to_string(), resolution_m=settings.cell_m)
    return touch_cells(region.tracks, geobox)


def _build_cube(touched: Callable[[], xr.Dataset], flights: Sequence[Flown], settings: FusionSettings) -> xr.Dataset:
    """The cube of a region, with the colour mosaic below it."""
    from fusion import build_cube

    mosaic = next((flown.ortho.mosaic for flown in flights if flown.kind == "rgb"), None)
    return build_cube(touched(), mosaic, settings)


def _find_hotspots(
    touched: Callable[[], xr.Dataset], region: Region, settings: FusionSettings
) -> Outcome[tuple[Hotspot, ...]]:
    from fusion import find_hotspots

    found = find_hotspots(touched(), region.tracks, settings)
    return replace(found, value=tuple(replace(hotspot, id=hotspot.id + region.name) for hotspot in found.value))


def _list_plumes(
    region: Region, hotspots: Sequence[Hotspot], settings: FusionSettings
) -> Outcome[tuple[PlumeLine, ...]]:
    crs, combustion = region.crs.to_string(), settings.combustion_species
    return list_plumes(region.tracks, hotspots, crs=crs, combustion=combustion)


def _attribute(
    hotspots: Sequence[Hotspot],
    here: tuple[Region, Sequence[Findings]],
    sites: Sequence[Site],
    activities: Sequence[Activity],
    stations: Sequence[xr.Dataset],
    settings: FusionSettings,
    evidence: EvidenceSettings,
) -> Outcome[tuple[Attribution, ...]]:
    from fusion import Activities, FlightEvidence, attribute_hotspots, hear_stations
    from fusion.attribution.witnesses import Hears
    from onevisit.leads.ran import ran_at_hotspots

    region, findings = here
    known, crs, notes = FlightEvidence(findings, evidence), region.crs.to_string(), Notes()
    witnesses: list[Hears] = [Activities(ran_at_hotspots(hotspots, activities, sites, reach_m=settings.reach_m))]
    if hotspots and (fixed := notes.take(hear_stations(stations, crs))) is not None:
        witnesses.append(fixed)
    found = attribute_hotspots(hotspots, region.tracks, sites, settings, crs=crs, evidence=known, witnesses=witnesses)
    return notes.outcome(notes.take(found))


def _plan(
    fused: Sequence[Kept[Fused]],
    sites: Kept[tuple[Site, ...]],
    recorded: Recorded,
    records: Records,
    standings: Kept[dict[str, Standing]],
    profile: Profile,
    days: tuple[date, date],
    work: Work,
    on_stage: Advance,
) -> Plan:
    """Leads, where to measure again, visits, routes; ``days`` are those of the last measurement and of visits."""
    measured, day = days
    on_stage(Phrase("doing_visits"), 0.8)
    key = digest(*fused)
    hotspots = Kept([hotspot for part in fused for hotspot in part.value.hotspots], key)
    attributions = Kept([attribution for part in fused for attribution in part.value.attributions], key)
    plumes = Kept([plume for part in fused for plume in part.value.plumes], key)
    with work.stage("visits") as stage:
        alarms = work.make("alarms", find_alarms, hotspots, plumes, profile.acute)
        urgent = sorted({alarm.hotspot_id for alarm in alarms.value if alarm.hotspot_id is not None})
        zone = profile.routes.time_zone
        models = (profile.visits, profile.rivals)
        matters = work.make("matters", matters_of_records, recorded.anomalies, sites, *models, day=day, zone=zone)
        shown = (hotspots, attributions, standings, recorded.anomalies, recorded.series, matters, records.roads)
        leads = work.make("leads", _leads, sites, *shown, *models, day=day, zone=zone, urgent=urgent)
        leads = work.derive("calibrated leads", with_calibration, leads, profile.instrument, day=measured)
        again = _measure_again(fused, sites, records, profile, day, urgent, work)
        leads = work.derive("leads with re-drives", with_redrives, leads, again)
        visits = work.make("visits", plan_visits, leads, sites, profile.visits, day=day)
        stage.taken, stage.given = len(leads.value), len(visits.value)
    with work.stage("routes") as stage:
        routes = work.make("routes", plan_routes, visits, profile.routes, day=day, roads=records.roads)
        stage.taken, stage.given = len(visits.value), len(routes.value)
    offered = plan_help(leads.value, day=day)
    return Plan(day, records.roads.value, alarms, leads, offered, visits, routes, again)


def _measure_again(
    fused: Sequence[Kept[Fused]],
    sites: Kept[tuple[Site, ...]],
    records: Records,
    profile: Profile,
    day: date,
    urgent: Sequence[str],
    work: Work,
) -> Kept[Again]:
    """Drives and flights for what is open, never where the duty officer has not cleared a place."""
    parts = [part.value for part in fused]
    grounds = tuple(Ground(p.region.crs, p.region.tracks, p.hotspots, p.attributions) for p in parts)
    airspace = Kept(records.registers.value.airspace, records.registers.key)
    routes = replace(profile.routes, teams=1)  # how many inspect changes no drive
    means = Means(profile.visits, routes, profile.fusion, profile.tracks, day)
    return work.make(
        "redrives", plan_again, Kept(grounds, digest(*fused)), sites, records.roads, airspace, means, urgent=urgent
    )


def _leads(
    sites: Sequence[Site],
    hotspots: Sequence[Hotspot],
    attributions: Sequence[Attribution],
    standings: Mapping[str, Standing],
    anomalies: Sequence[Anomaly],
    series: Sequence[xr.Dataset],
    of_records: Sequence[Matter],
    roads: Roads | None,
    settings: VisitSettings,
    tables: RivalTables,
    *,
    day: date,
    zone: str,
    urgent: Sequence[str],
) -> Outcome[tuple[Lead, ...]]:
    """Leads of all sites and of places that no site explains."""
    recorded = recorded_by_site(anomalies, covered_by_site(series, sites), sites)
    known = Known(day, zone_of(zone), standings, recorded)
    matters = [*of_records, *matters_of_registers(sites, standings, settings, day=day)]
    shown = (hotspots, attributions, settings, tables)
    of_sites = weigh_leads(sites, *shown, known=known, matters=matters, urgent=urgent)
    of_places = leads_of_places(hotspots, attributions, settings, roads=roads, urgent=urgent)
    return replace(of_sites, value=in_order([*of_sites.value, *of_places]))


def _day_of_visits(asked: date | None, measured: date) -> Outcome[date]:
    """The day for which visits are planned: the one that was asked for, else the day after the last measurement.

    Raises
    ------
    SettingError
        If it lies before the last measurement: nobody can act on what is not yet known.
    """
    if asked is None:
        day, values = measured + timedelta(days=1), {"measured": str(measured)}
        return Outcome(day, (Decision("visits", "planned_for_day", {"day": str(day), **values}),))
    if asked < measured:
        raise SettingError(Phrase("day_before_measurement", {"day": str(asked), "measured": str(measured)}))
    why = Phrase("day_asked_for", {"measured": str(measured)})
    return Outcome(asked, (Decision("visits", "planned_for_day", {"day": str(asked)}, why),))


def _last_day(regions: Sequence[Region], series: Sequence[xr.Dataset], profile: Profile) -> date:
    """The local day of the last measurement or photo; of the last record where there is neither."""
    times = [pd.Timestamp(track.passes["time"].values[-1], tz="UTC") for region in regions for track in region.tracks]
    times += [pd.Timestamp(frame.time) for region in regions for frame in region.frames if frame.time is not None]
    times = times or [pd.Timestamp(one["time"].values[-1], tz="UTC") for one in series if one.sizes["obs"]]
    return max(times).tz_convert(zone_of(profile.routes.time_zone)).date() if times else date(1970, 1, 1)
