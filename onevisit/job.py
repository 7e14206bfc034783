"""The whole job: a mission folder in, hotspots, leads, visits, routes and a report out.

`process_mission` reads like the method section: ingest, tracks, imagery, fusion, visits, hand-over. Each stage is a
function below it; what a stage decides or rejects goes into the `Recorder`, and from there into the manifest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from fusion import Evidence, Hotspot, attribute_hotspots, build_cube, find_hotspots, region_geobox
from imagery import process_frames
from imagery.indicators import seek_findings
from ingest.clocks import zone_of
from ingest.edits import Edit, apply_edits, read_edits
from ingest.elevation import elevation_of_flight
from ingest.errors import FileError, NothingUsable
from ingest.flags import REJECTING, Flag, is_usable
from ingest.gates import check_gates
from ingest.monitors import read_monitors
from ingest.photos import read_frames
from ingest.roads import Roads, read_roads
from ingest.schema import Frame, Reject, Site
from ingest.sites import read_sites
from ingest.traces import read_traces
from onevisit.compute import computing
from onevisit.handover.outputs import write_flight, write_outputs
from onevisit.leads import weigh_leads
from onevisit.manifest import Recorder, hash_inputs
from onevisit.mission import Mission, open_mission
from onevisit.profile import Profile, load_profile
from onevisit.progress import Advance
from onevisit.regions import Region, keep_sites_in_reach, split_regions, with_local_zone
from onevisit.result import Flown, Fused, Options, Plan, Records, Result
from onevisit.reuse import run_key, unchanged_summary
from onevisit.routes import plan_routes
from onevisit.visits import plan_visits
from tracks import Track, process_trace

__all__ = ["STAGES", "check_mission", "process_mission"]

STAGES = ("ingest", "tracks", "imagery", "fusion", "visits", "handover")

T = TypeVar("T")


def process_mission(root: Path, out: Path, options: Options, *, on_stage: Advance) -> dict[str, Any]:
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

    Returns
    -------
    dict
        ``lines`` for a person, and counts.

    Raises
    ------
    NothingUsable
        If nothing in the mission can be processed; nothing is written then.
    SettingError
        If profile, ``mission.toml`` or an option asks for something impossible.
    """
    on_stage("reading the mission", 0.0)
    mission = open_mission(root)
    profile = load_profile(_profile_name(mission, options), mission.configuration)
    recorder = Recorder(inputs=hash_inputs(mission.files), rejects=list(mission.rejects))
    key = run_key(recorder.inputs, profile, options)
    if options.from_stage is None and (summary := unchanged_summary(out, key)) is not None:
        return summary
    with computing(scheduler=options.scheduler, memory=options.memory):
        records = _ingest(mission, profile, recorder, on_stage)
        tracks = _tracks(records.traces, profile, recorder, on_stage)
        regions = recorder.take(split_regions(tracks, records.frames, profile.regions, crs=profile.crs))
        profile = replace(profile, routes=recorder.take(with_local_zone(profile.routes, regions)))
        sites = recorder.take(keep_sites_in_reach(records.sites, regions, profile.regions))
        flights = [_imagery(region, mission, out, profile, recorder, on_stage) for region in regions]
        if not any(region.tracks for region in regions) and not any(flights):
            raise NothingUsable(_nothing_usable(root, recorder), rejects=recorder.rejects)
        fused = tuple(
            _fuse(region, flown, sites, profile, recorder, on_stage)
            for region, flown in zip(regions, flights, strict=True)
        )
        plan = _plan(fused, sites, records.roads, profile, recorder, on_stage)
        on_stage("writing the hand-over", 0.85)
        return write_outputs(out, Result(mission, profile, options, key, sites, fused, plan), recorder)


def check_mission(root: Path, profile_name: str | None, *, on_stage: Advance) -> dict[str, Any]:
    """Say what a mission folder holds, what is believed and why, and what is rejected; write nothing.

    Raises
    ------
    NothingUsable
        If the folder is no mission.
    SettingError
        If profile or ``mission.toml`` is impossible.
    """
    mission = open_mission(root)
    options = Options(profile=profile_name)
    profile = load_profile(_profile_name(mission, options), mission.configuration)
    recorder = Recorder(rejects=list(mission.rejects))
    records = _ingest(mission, profile, recorder, on_stage)
    return {
        "found": [
            *map(_trace_line, records.traces),
            *map(_frame_line, records.frames),
            *map(_site_line, records.sites),
            *map(_monitor_line, records.monitors),
        ],
        "decisions": [vars(decision) for decision in recorder.decisions],
        "rejects": [vars(reject) for reject in recorder.rejects],
    }


def _profile_name(mission: Mission, options: Options) -> str:
    return options.profile or str(mission.configuration.get("profile", "default"))


def _ingest(mission: Mission, profile: Profile, recorder: Recorder, on_stage: Advance) -> Records:
    """Read every input file once."""
    with recorder.stage("ingest") as stage:
        on_stage("reading traces", 0.02)
        traces = recorder.take(read_traces(mission.paths("traces"), profile.traces, root=mission.root))
        on_stage("reading photo tags", 0.10)
        frames = recorder.take(read_frames(mission.paths("images"), profile.photos, root=mission.root))
        on_stage("reading registers", 0.12)
        sites = recorder.take(read_sites(mission.paths("registers"), profile.sites, root=mission.root))
        roads = (
            recorder.take(read_roads(mission.paths("roads"), root=mission.root)) if mission.paths("roads") else None
        )
        if roads is not None:
            sites = recorder.take(check_gates(sites, roads, profile.sites))
        on_stage("reading monitor records", 0.13)
        monitors = recorder.take(read_monitors(mission.paths("monitors"), profile.monitors, root=mission.root))
        edits = recorder.take(read_edits(mission.edits)) if mission.edits else ()
        traces = recorder.take(apply_edits(traces, edits))
        frames = _without(frames, edits, lambda frame: Path(frame.item).name, recorder)
        sites = _without(sites, edits, lambda site: site.site_id, recorder)
        stage.taken = len(mission.files)
        stage.given = len(traces) + len(frames) + len(sites) + len(monitors)
        stage.flagged = sum(int(np.count_nonzero(trace["qc_flag"].values)) for trace in traces)
    return Records(traces, frames, sites, roads, monitors)


def _without(
    items: Sequence[T], edits: Sequence[Edit], name: Callable[[T], str], recorder: Recorder
) -> tuple[T, ...]:
    """Leave out what a person rejected by name."""
    reasons = {edit.name: edit for edit in edits if edit.action == "reject"}
    for item in items:
        if (edit := reasons.get(name(item))) is not None:
            recorder.rejects.append(
                Reject(name(item), f"edits.csv line {edit.line}", f"rejected by hand: {edit.comment}")
            )
    return tuple(item for item in items if name(item) not in reasons)


def _tracks(
    traces: Sequence[xr.Dataset], profile: Profile, recorder: Recorder, on_stage: Advance
) -> tuple[Track, ...]:
    """Background, enhancement, plumes and drive passes of every trace."""
    with recorder.stage("tracks") as stage:
        tracks = []
        for number, trace in enumerate(traces):
            on_stage(f"following drive {number + 1} of {len(traces)}", 0.15 + 0.15 * number / len(traces))
            tracks.append(recorder.take(process_trace(trace, profile.tracks)))
        flags = [track.passes["qc_flag"].values for track in tracks]
        stage.taken = sum(len(rows) for rows in flags)
        stage.given = sum(int(np.count_nonzero(is_usable(rows))) for rows in flags)
        stage.flagged = sum(int(np.count_nonzero(rows)) for rows in flags)
    return tuple(tracks)


def _imagery(
    region: Region, mission: Mission, out: Path, profile: Profile, recorder: Recorder, on_stage: Advance
) -> tuple[Flown, ...]:
    """One mosaic for each kind of photo of the region's flights, written at once so that memory stays small."""
    flights: list[Flown] = []
    for kind in sorted({frame.kind for frame in region.frames}, key=lambda kind: (kind != "rgb", kind)):
        frames = [frame for frame in region.frames if frame.kind == kind]
        on_stage(f"placing {len(frames)} {kind} photos", 0.32)
        with recorder.stage("imagery") as stage:
            stage.taken = len(frames)
            try:
                dem = _elevation(mission, profile, frames, recorder)
                ortho = recorder.take(process_frames(frames, profile.imagery, crs=region.crs, dem=dem))
            except NothingUsable as error:
                recorder.rejects += [*error.rejects, Reject("images/", f"{kind} photos", str(error))]
                continue
            on_stage(f"drawing the mosaic of {len(frames)} {kind} photos", 0.4)
            suffix = (f"-{kind}" if flights else "") + region.name
            flown = write_flight(out / f"ortho{suffix}.tif", ortho, kind=kind, crs=region.crs)
            flights.append(_with_findings(flown, region, profile, recorder))
            stage.given = sum(pose.used for pose in ortho.poses)
    return tuple(flights)


def _with_findings(flown: Flown, region: Region, profile: Profile, recorder: Recorder) -> Flown:
    """What the mosaic shows, read from its file: photos are not projected again."""
    name = flown.path.name
    outcome = seek_findings(flown.ortho, profile.imagery, kind=flown.kind, source=name, suffix=region.name)
    return replace(flown, findings=recorder.take(outcome))


def _elevation(
    mission: Mission, profile: Profile, frames: Sequence[Frame], recorder: Recorder
) -> xr.DataArray | None:
    """The declared elevation model around a flight; one that cannot be used is rejected, the photos go on without."""
    name = profile.imagery.dem
    if not name:
        return None
    try:
        return recorder.take(elevation_of_flight(mission.root / name, name, frames))
    except FileError as error:
        recorder.rejects.append(Reject(error.item, "elevation model", error.reason))
        return None


def _fuse(
    region: Region,
    flights: tuple[Flown, ...],
    sites: Sequence[Site],
    profile: Profile,
    recorder: Recorder,
    on_stage: Advance,
) -> Fused:
    """Cube, hotspots and attribution of one region."""
    if not region.tracks:
        return Fused(region, flights, None, (), ())
    on_stage("fusing passes", 0.6)
    with recorder.stage("fusion") as stage:
        lon, lat = region.track_lonlat
        geobox = region_geobox(lon, lat, crs=region.crs.to_string(), resolution_m=profile.fusion.cell_m)
        mosaic = next((flown.ortho.mosaic for flown in flights if flown.kind == "rgb"), None)
        cube = build_cube(region.tracks, geobox, mosaic, profile.fusion)
        on_stage("looking for hotspots", 0.65)
        hotspots = recorder.take(find_hotspots(cube, region.tracks, profile.fusion))
        hotspots = tuple(_renamed(hotspot, region.name) for hotspot in hotspots)
        on_stage(f"weighing who explains {len(hotspots)} hotspots", 0.7)
        evidence = Evidence([flown.findings for flown in flights], profile.evidence)
        attributions = recorder.take(
            attribute_hotspots(
                hotspots, region.tracks, sites, profile.fusion, crs=region.crs.to_string(), evidence=evidence
            )
        )
        stage.taken = sum(track.passes.sizes["obs"] for track in region.tracks)
        stage.given = len(hotspots)
    return Fused(region, flights, cube, hotspots, attributions)


def _renamed(hotspot: Hotspot, suffix: str) -> Hotspot:
    return replace(hotspot, id=hotspot.id + suffix) if suffix else hotspot


def _plan(
    fused: Sequence[Fused],
    sites: Sequence[Site],
    roads: Roads | None,
    profile: Profile,
    recorder: Recorder,
    on_stage: Advance,
) -> Plan:
    """Leads, one visit per site, routes."""
    on_stage("planning visits", 0.8)
    with recorder.stage("visits") as stage:
        hotspots = [hotspot for part in fused for hotspot in part.hotspots]
        attributions = [attribution for part in fused for attribution in part.attributions]
        measured = _last_day(fused, profile)
        day = measured + timedelta(days=1)
        recorder.note("visits", f"planned for {day}", f"the day after the last measurement, {measured}")
        leads = recorder.take(weigh_leads(sites, hotspots, attributions, profile.visits, day=day))
        visits = recorder.take(plan_visits(leads, sites, profile.visits, day=day))
        routes = recorder.take(plan_routes(visits, profile.routes, day=day, roads=roads))
        stage.taken, stage.given = len(leads), len(visits)
    return Plan(day, roads, leads, visits, routes)


def _last_day(fused: Sequence[Fused], profile: Profile) -> date:
    """The local day of the last measurement or photo."""
    times = [
        pd.Timestamp(track.passes["time"].values[-1], tz="UTC") for part in fused for track in part.region.tracks
    ]
    times += [pd.Timestamp(frame.time) for part in fused for frame in part.region.frames if frame.time is not None]
    return max(times).tz_convert(zone_of(profile.routes.time_zone)).date() if times else date(1970, 1, 1)


def _nothing_usable(root: Path, recorder: Recorder) -> str:
    lines = [f"{r.item}{', ' + r.where if r.where else ''}: {r.reason}" for r in recorder.rejects]
    shown = "\n  ".join(lines[:20]) + (f"\n  ... and {len(lines) - 20} more" if len(lines) > 20 else "")
    return f"{root} holds nothing to process: no trace with positions, no photo that can be placed\n  {shown}"


def _trace_line(trace: xr.Dataset) -> dict[str, str]:
    time = trace["time"].values
    species = [f"{n} [{v.attrs['units']}]" for n, v in trace.data_vars.items() if "species" in v.attrs]
    flagged = int(np.count_nonzero(trace["qc_flag"].values & np.uint32(REJECTING | Flag.TIME_REPAIRED)))
    span = (
        f"{pd.Timestamp(time[0]):%Y-%m-%d %H:%M:%S} to {pd.Timestamp(time[-1]):%H:%M:%S} UTC"
        if len(time)
        else "empty"
    )
    what = f"{len(time)} rows, {span}, {', '.join(species)}; {flagged} rows flagged"
    return {"kind": "trace", "item": str(trace["trajectory"].values), "what": what}


def _frame_line(frame: Frame) -> dict[str, str]:
    height = frame.pose.height_above_takeoff_m
    above = f", {height:.0f} m above take-off" if height is not None else ""
    model = f", {frame.camera.model}" if frame.camera.model else ""
    what = f"{frame.kind}{model}, {frame.pose.lon:.6f} {frame.pose.lat:.6f}{above}"
    return {"kind": "photo", "item": frame.item, "what": what}


def _site_line(site: Site) -> dict[str, str]:
    what = f"{site.name}, {site.lon:.5f} {site.lat:.5f} ± {site.position_sd_m:.0f} m, {site.crs} ({site.crs_source})"
    return {"kind": "site", "item": site.site_id, "what": what}


def _monitor_line(series: xr.Dataset) -> dict[str, str]:
    known, time = series.attrs, series["time"].values
    label = " ".join(dict.fromkeys(known[k] for k in ("site_name", "permit_code", "mn", "point") if known[k]))
    named = (v.attrs.get("long_name", name) for name, v in series.data_vars.items() if v.dtype.kind == "f")
    values = list(dict.fromkeys(map(str, named)))
    listed = ", ".join(values[:6]) + (f" and {len(values) - 6} more" if len(values) > 6 else "")
    span = f"{pd.Timestamp(time[0]):%Y-%m-%d %H:%M} to {pd.Timestamp(time[-1]):%m-%d %H:%M} UTC" if len(time) else ""
    return {"kind": "monitor", "item": label, "what": f"{len(time)} {known['interval']} records, {span}: {listed}"}
