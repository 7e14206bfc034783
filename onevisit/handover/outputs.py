"""Writes every file of OUT: the data first, the report after them, the manifest last."""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import xarray as xr
from pyproj import CRS

from imagery.schema import Findings, Ortho
from ingest.coordinates import zone_of
from ingest.outcome import Phrase, Value
from monitors.schema import Anomaly
from onevisit.atomic import write_bytes, write_text
from onevisit.handover.data.activity import write_activity
from onevisit.handover.data.anomalies import write_anomalies
from onevisit.handover.data.cog import write_ortho
from onevisit.handover.data.dossiers import DossierSources, dossier_name, dossier_of, write_dossier
from onevisit.handover.data.findings import write_findings
from onevisit.handover.data.geojson import write_hotspots, write_leads, write_routes, write_visits
from onevisit.handover.data.help import write_help_geojson, write_help_xlsx
from onevisit.handover.data.netcdf import write_cube, write_traces
from onevisit.handover.data.opensfm import write_reconstruction
from onevisit.handover.data.plumes import write_plumes
from onevisit.handover.data.poses import write_poses
from onevisit.handover.data.redrive import write_redrive
from onevisit.handover.data.segments import write_segments
from onevisit.handover.data.summary import AreaLine, summarise_areas, write_summary
from onevisit.handover.data.tables import write_routes_csv, write_routes_xlsx
from onevisit.handover.first_screen import first_lines, urgent_lines
from onevisit.handover.page.contents import (
    Picture,
    RegionContents,
    ReportContents,
    WhyPicture,
    picture_from_geotiff,
)
from onevisit.handover.page.help_sheet import write_help_sheet
from onevisit.handover.page.report import write_report
from onevisit.handover.page.why import Why, explain, pass_ways
from onevisit.handover.page.why_picture import draw_why
from onevisit.leads.named import sites_of
from onevisit.leads.records import anomaly_id
from onevisit.manifest import Recorder, code_version, manifest_dict
from onevisit.profile import changed_settings, profile_dict
from onevisit.result import Flown, Fused, Gridded, Result
from onevisit.schema import Disposition, Help
from onevisit.stages import Kept, Work
from onevisit.words.telling import say

SCORED = (
    "hotspots.geojson", "leads.geojson", "redrive.geojson", "visits.geojson", "routes.geojson", "anomalies.geojson",
    "activity.geojson",
)  # fmt: skip
"""What `onevisit.truth.score.score` and the benchmarks read, besides what the imagery stage writes."""

_KNOWN = (
    *SCORED, "trace.nc", "segments.geojson", "plumes.geojson", "findings.geojson",
    "routes.csv", "routes.xlsx", "help.geojson", "help.xlsx", "sheets/help-*.html", "summary.csv", "sites/*.json",
    "report.html", "cube*.nc", "ortho*.tif", "ortho*.json", "poses*.geojson", "reconstruction*.json", "why/*.png",
)  # fmt: skip
"""Names of all files that a run may write; one that an earlier run left is removed, because it would be believed."""

Writer = Callable[[Path], None]


def write_flight(path: Path, ortho: Ortho, *, kind: str, crs: CRS) -> Flown:
    """Write mosaic and poses of one flight, and say which files these are; the photos are not needed again.

    Beside ``ortho.tif`` come ``ortho-quality.tif``, ``poses.geojson`` and OpenSfM's ``reconstruction.json``; beside
    ``NAME.tif`` accordingly.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ortho(ortho.mosaic, path)
    poses, reconstruction = _beside(path, "poses", "geojson"), _beside(path, "reconstruction", "json")
    write_poses(ortho.poses, crs, poses)
    write_reconstruction(ortho.poses, crs, reconstruction)
    files = (path, path.with_name(f"{path.stem}-quality{path.suffix}"), poses, reconstruction)
    closed = dataclasses.replace(ortho, mosaic=xr.Dataset())
    return Flown(kind, crs, closed, tuple(file.name for file in files if file.is_file()))


def _beside(path: Path, name: str, ending: str) -> Path:
    return path.with_name(f"{path.stem.replace('ortho', name) if 'ortho' in path.stem else name}.{ending}")


def write_outputs(out: Path, result: Result, work: Work, *, only: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Write everything that ``docs`` and ``onevisit process --help`` promise; return the summary for a person.

    A file that an earlier run wrote of the same things stays as it is. With ``only``, files of these names are
    written and nothing else, no manifest either.
    """
    recorder = work.recorder
    if only is not None:
        (out / "manifest.json").unlink(missing_ok=True)
    with work.stage("handover") as stage:
        for name, write, made_of in _data(result):
            if only is None or name in only:
                work.write(name, write, made_of)
        if only is None:
            contents = _contents(out, result, work)
            work.write("report.html", lambda path: write_report(path, contents, lang=result.options.lang))
            for part in result.fused:
                for flown in part.value.flights:
                    work.note_files(flown.files)
            _remove_stale(out, work.written)
        stage.given = len(work.written) + 1
    work.close()
    summary = _summary(out, result, recorder)
    if only is None:
        outputs = [{"path": name, "sha256": sha} for name, sha in sorted(work.written.items())]
        manifest = manifest_dict(
            recorder, key=result.key, settings=profile_dict(result.profile), outputs=outputs, summary=summary
        )
        write_text(out / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1, default=str) + "\n")
    return summary


def _data(result: Result) -> Iterator[tuple[str, Writer, object]]:
    """Every file of data: its name, what writes it, and what it is made of."""
    parts = [part.value for part in result.fused]
    hotspots = [hotspot for part in parts for hotspot in part.hotspots]
    attributions = [attribution for part in parts for attribution in part.attributions]
    tracks = [track for part in parts for track in part.region.tracks]
    leads, visits, routes = result.plan.leads, result.plan.visits, result.plan.routes
    lang, of_tracks = result.options.lang, [part.key for part in parts]
    plumes = [plume for part in parts for plume in part.plumes]
    alarms = result.plan.alarms
    yield (
        "hotspots.geojson",
        lambda path: write_hotspots(path, hotspots, attributions, plumes=plumes, alarms=alarms.value),
        (result.fused, alarms),
    )
    yield "leads.geojson", lambda path: write_leads(path, leads.value), leads
    again = result.plan.again
    yield "redrive.geojson", lambda path: write_redrive(path, again.value), again
    yield "visits.geojson", lambda path: write_visits(path, visits.value, routes.value), (visits, routes)
    yield "routes.geojson", lambda path: write_routes(path, routes.value), routes
    yield "routes.csv", lambda path: write_routes_csv(path, routes.value, lang=lang), (routes, lang)
    yield "routes.xlsx", lambda path: write_routes_xlsx(path, routes.value, lang=lang), (routes, lang)
    offered = result.plan.help
    if offered:
        yield "help.geojson", lambda path: write_help_geojson(path, offered), (leads, result.plan.day)
        yield "help.xlsx", lambda path: write_help_xlsx(path, offered, lang=lang), (leads, result.plan.day, lang)
        yield from _help_sheets(offered, lang, leads, result.plan.day)
    lines = _area_lines(result)
    yield "summary.csv", lambda path: write_summary(path, lines), lines
    yield from _dossiers(result)
    if tracks:
        yield "trace.nc", lambda path: write_traces(path, [track.passes for track in tracks]), of_tracks
        yield "plumes.geojson", lambda path: write_plumes(path, plumes), result.fused
    if mapped := [(part.region.name, segments) for part in parts if (segments := part.segments.value) is not None]:
        of_segments = [part.segments for part in parts]
        yield "segments.geojson", lambda path: write_segments(path, mapped), of_segments
    if any(part.flights for part in parts):
        shown = [(_findings(part), part.region.crs) for part in parts]
        yield "findings.geojson", lambda path: write_findings(path, shown), of_tracks
    if result.mission.paths("monitors"):
        said, ran, day = result.recorded.anomalies, result.recorded.activities, result.plan.day
        yield "anomalies.geojson", lambda path: write_anomalies(path, said.value, result.sites), (said, leads)
        yield "activity.geojson", lambda path: write_activity(path, ran.value, result.sites, day), (ran, day, leads)
    for part in parts:
        if part.gridded is not None:
            yield f"cube{part.region.name}.nc", _cube_writer(part.gridded), part.key


def _help_sheets(offered: Sequence[Help], lang: str, *of: object) -> Iterator[tuple[str, Writer, object]]:
    for one in offered:
        yield f"sheets/help-{one.number}.html", _sheet_writer(one, lang), (one.number, lang, *of)


def _sheet_writer(one: Help, lang: str) -> Writer:
    return lambda path: write_help_sheet(path, one, lang=lang)


def _area_lines(result: Result) -> tuple[AreaLine, ...]:
    listed = result.listed
    return summarise_areas(listed.sites, result.plan.leads.value, listed.standings.value, listed.areas)


def _dossiers(result: Result) -> Iterator[tuple[str, Writer, object]]:
    """A dossier for every site in reach."""
    sources = dossier_sources(result)
    for site in result.sites:
        dossier = dossier_of(site, sources)
        yield dossier_name(site.site_id), _dossier_writer(dossier), dossier


def _asked_dossiers(result: Result) -> list[dict[str, Any]]:
    """Dossiers of the sites with a step to take, in the order of their leads."""
    sources, sites = dossier_sources(result), {site.site_id: site for site in result.sites}
    asked = [lead for lead in result.plan.leads.value if lead.disposition is not Disposition.NONE]
    return [dossier_of(sites[lead.site_id], sources) for lead in asked if lead.site_id in sites]


def _dossier_writer(dossier: Mapping[str, Any]) -> Writer:
    return lambda path: write_dossier(path, dossier)


def dossier_sources(result: Result) -> DossierSources:
    """What dossiers are made of."""
    anomalies = defaultdict[str, list[tuple[str, Anomaly]]](list)
    hotspots = defaultdict[str, list[tuple[str, float]]](list)
    said = result.recorded.anomalies.value
    for number, (one, site) in enumerate(zip(said, sites_of(said, result.sites), strict=True), start=1):
        if site is not None:
            anomalies[site.site_id].append((anomaly_id(number), one))
    for part in result.fused:
        for attribution in part.value.attributions:
            for candidate in attribution.sites:
                hotspots[candidate.site_id].append((attribution.hotspot_id, candidate.probability))
    return DossierSources(
        result.plan.day,
        result.profile.visits.yearly_cap,
        {lead.site_id: lead for lead in result.plan.leads.value},
        result.listed.standings.value,
        anomalies,
        hotspots,
    )


def _cube_writer(gridded: Gridded) -> Writer:
    return lambda path: write_cube(path, gridded.cube(), gridded.touched())


def _findings(part: Fused) -> tuple[Findings, ...]:
    return tuple(flown.findings for flown in part.flights)


def _remove_stale(out: Path, written: Mapping[str, str]) -> None:
    """Remove files of known names that an earlier run left and this one did not write."""
    for path in [path for glob in _KNOWN for path in out.glob(glob)]:
        if path.relative_to(out).as_posix() not in written:
            path.unlink(missing_ok=True)
    for folder in (out / name for name in ("why", "sheets", "sites")):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _contents(out: Path, result: Result, work: Work) -> ReportContents:
    recorder = work.recorder
    return ReportContents(
        mission=result.mission.root.resolve().name,
        regions=tuple(
            _region_contents(out, part, work)
            for part in result.fused
            if part.value.region.tracks or part.value.flights
        ),
        sites=result.sites,
        leads=result.plan.leads.value,
        visits=result.plan.visits.value,
        routes=result.plan.routes.value,
        offered=result.plan.help,
        areas=_area_lines(result),
        dossiers=_asked_dossiers(result),
        alarms=result.plan.alarms.value,
        again=result.plan.again.value,
        has_acute=bool(result.profile.acute.levels),
        series=result.recorded.series.value,
        anomalies=result.recorded.anomalies.value,
        activities=result.recorded.activities.value,
        decisions=tuple(recorder.decisions),
        rejects=tuple(recorder.rejects),
        stages=tuple(recorder.stages),
        changed=changed_settings(result.profile),
        roads=result.plan.roads,
        photos=sum(len(part.value.region.frames) for part in result.fused),
        time_zone=result.profile.routes.time_zone,
        profile=result.profile.name,
        version=metadata.version("onevisit"),
        code=code_version(),
    )


def _region_contents(out: Path, fused: Kept[Fused], work: Work) -> RegionContents:
    part = fused.value
    return RegionContents(
        crs=part.region.crs,
        tracks=part.region.tracks,
        pictures=tuple(_picture(out, flown) for flown in part.flights),
        hotspots=part.hotspots,
        attributions=part.attributions,
        findings=_findings(part),
        why_pictures=tuple(_why_pictures(out, fused, work)),
        segments=part.segments.value,
        name=part.region.name,
        plumes=part.plumes,
    )


def _why_pictures(out: Path, fused: Kept[Fused], work: Work) -> Iterator[WhyPicture]:
    """Why each hotspot is explained as it is, with a picture of it: ``why/H001.png``."""
    part = fused.value
    ways = pass_ways(part.region.tracks, part.region.crs) if part.hotspots else {}
    explained = {attribution.hotspot_id: attribution for attribution in part.attributions}
    for hotspot in part.hotspots:
        why, name = explain(hotspot, explained.get(hotspot.id), ways, part.region.crs), f"why/{hotspot.id}.png"
        work.write(name, _why_writer(why), fused)
        yield WhyPicture(why, (out / name).read_bytes())


def _why_writer(why: Why) -> Writer:
    return lambda path: write_bytes(path, draw_why(why))


def _picture(out: Path, flown: Flown) -> Picture:
    quality = flown.ortho.quality
    return picture_from_geotiff(
        out / flown.files[0],
        name=flown.kind,
        gsd_m=quality.gsd_m,
        photos=quality.photos,
        used=quality.used,
        mismatch_m=quality.mismatch_m,
        position_error_m=quality.position_error_m,
    )


def _summary(out: Path, result: Result, recorder: Recorder) -> dict[str, Any]:
    hotspots = [hotspot for part in result.fused for hotspot in part.value.hotspots]
    single = sum(hotspot.single_sighting for hotspot in hotspots)
    counts: dict[str, Value] = {
        "hotspots": len(hotspots),
        "single_sightings": single,
        "urgent": len(result.plan.alarms.value),
        "leads": len(result.plan.leads.value),
        "visits": len(result.plan.visits.value),
        "routes": len(result.plan.routes.value),
        "redrives": len(result.plan.again.value.drives),
        "redrive_flights": len(result.plan.again.value.flights),
        "decisions": len(recorder.decisions),
        "rejects": len(recorder.rejects),
    }
    lang = result.options.lang
    said = {"rejects": counts["rejects"], "decisions": counts["decisions"], "path": str(out / "manifest.json")}
    zone = zone_of(result.profile.routes.time_zone)
    lines = [
        *urgent_lines(result.plan.alarms.value, zone, result.options.lang),
        say(Phrase("summary_counts", {**counts, "single": single}), lang),
        *first_lines(recorder, [record.path for record in recorder.inputs], lang),
        say(Phrase("summary_records", said), lang),
        say(Phrase("summary_report", {"path": str(out / "report.html")}), lang),
        say(Phrase("summary_routes", {"path": str(out / "routes.csv")}), lang),
    ]
    return {**counts, "out": str(out), "lines": lines}
