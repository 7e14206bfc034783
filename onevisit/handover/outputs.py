"""Writes every file of OUT: the data first, the report after them, the manifest last."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from pyproj import CRS

from imagery import Ortho
from imagery.schema import Findings
from onevisit.handover.atomic import write_bytes, write_text
from onevisit.handover.cog import write_ortho
from onevisit.handover.contents import (
    Explanation,
    Picture,
    RegionContents,
    ReportContents,
    picture_from_geotiff,
)
from onevisit.handover.findings import write_findings
from onevisit.handover.geojson import write_hotspots, write_leads, write_routes, write_visits
from onevisit.handover.mosaic import open_mosaic
from onevisit.handover.netcdf import write_cube, write_traces
from onevisit.handover.opensfm import write_reconstruction
from onevisit.handover.plumes import write_plumes
from onevisit.handover.poses import write_poses
from onevisit.handover.report import write_report
from onevisit.handover.tables import write_routes_csv, write_routes_xlsx
from onevisit.handover.why import explain, pass_ways
from onevisit.handover.why_picture import draw_why
from onevisit.manifest import Recorder, code_version, manifest_dict
from onevisit.mission import hash_file
from onevisit.profile import describe_profile, profile_dict
from onevisit.result import Flown, Fused, Result

__all__ = ["write_flight", "write_outputs"]

_FIXED_NAMES = (
    "trace.nc",
    "hotspots.geojson",
    "plumes.geojson",
    "findings.geojson",
    "leads.geojson",
    "visits.geojson",
    "routes.geojson",
    "routes.csv",
    "routes.xlsx",
    "report.html",
)
_WHERE_MEASURED = ("trace.nc", "plumes.geojson", "findings.geojson", "report.html")
_NUMBERED_NAMES = ("cube*.nc", "ortho*.tif", "ortho*.json", "poses*.geojson", "why/*.png")


def write_flight(path: Path, ortho: Ortho, *, kind: str, crs: CRS) -> Flown:
    """Write mosaic and poses of one flight; what comes back reads the written mosaic, not the photos again.

    Beside ``ortho.tif`` come ``ortho-quality.tif``, ``poses.geojson`` and OpenSfM's ``reconstruction.json``; beside
    ``NAME.tif`` accordingly.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ortho(ortho.mosaic, path)
    write_poses(ortho.poses, crs, _poses_path(path))
    write_reconstruction(ortho.poses, crs, _poses_path(path, name="reconstruction", ending="json"))
    return Flown(kind, crs, replace(ortho, mosaic=open_mosaic(path)), path)


def _poses_path(path: Path, *, name: str = "poses", ending: str = "geojson") -> Path:
    return path.with_name(f"{path.stem.replace('ortho', name) if 'ortho' in path.stem else name}.{ending}")


def write_outputs(out: Path, result: Result, recorder: Recorder) -> dict[str, Any]:
    """Write everything that ``docs`` and ``onevisit process --help`` promise; return the summary for a person."""
    out.mkdir(parents=True, exist_ok=True)
    with recorder.stage("handover") as stage:
        written = _write_data(out, result)
        contents = _contents(result, recorder)
        written += _write_explanations(out, contents)
        write_report(out / "report.html", contents, lang=result.options.lang)
        written.append("report.html")
        _remove_stale(out, written)
        stage.given = len(written) + 1
    summary = _summary(out, result, recorder)
    outputs = [{"path": name, "sha256": hash_file(out / name)} for name in sorted(written)]
    manifest = manifest_dict(
        recorder, key=result.key, settings=profile_dict(result.profile), outputs=outputs, summary=summary
    )
    write_text(out / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1, default=str) + "\n")
    return summary


def _write_data(out: Path, result: Result) -> list[str]:
    hotspots = [hotspot for part in result.fused for hotspot in part.hotspots]
    attributions = [attribution for part in result.fused for attribution in part.attributions]
    plan, lang = result.plan, result.options.lang
    write_hotspots(out / "hotspots.geojson", hotspots, attributions)
    write_leads(out / "leads.geojson", plan.leads)
    write_visits(out / "visits.geojson", plan.visits, plan.routes)
    write_routes(out / "routes.geojson", plan.routes)
    write_routes_csv(out / "routes.csv", plan.routes, lang=lang)
    write_routes_xlsx(out / "routes.xlsx", plan.routes, lang=lang)
    written = [name for name in _FIXED_NAMES if name not in _WHERE_MEASURED]
    tracks = [track for part in result.fused for track in part.region.tracks]
    if tracks:
        write_traces(out / "trace.nc", [track.passes for track in tracks])
        write_plumes(out / "plumes.geojson", tracks)
        written += ["trace.nc", "plumes.geojson"]
    if any(part.flights for part in result.fused):
        write_findings(out / "findings.geojson", [(_findings(part), part.region.crs) for part in result.fused])
        written.append("findings.geojson")
    for part in result.fused:
        if part.cube is not None:
            write_cube(out / f"cube{part.region.name}.nc", part.cube)
            written.append(f"cube{part.region.name}.nc")
        for flown in part.flights:
            names = (
                flown.path.name,
                f"{flown.path.stem}-quality.tif",
                f"{flown.path.stem}.geojson".replace("ortho", "poses"),
            )
            written += [name for name in names if (out / name).is_file()]
    return written


def _write_explanations(out: Path, contents: ReportContents) -> list[str]:
    """A picture per hotspot: ``why/H001.png``."""
    pictures = {f"why/{e.why.hotspot.id}.png": e.png for region in contents.regions for e in region.explanations}
    for name, png in pictures.items():
        write_bytes(out / name, png)
    return list(pictures)


def _findings(part: Fused) -> tuple[Findings, ...]:
    return tuple(flown.findings for flown in part.flights)


def _remove_stale(out: Path, written: Sequence[str]) -> None:
    """Remove files of fixed names that an earlier run left and this one did not write: they would be believed."""
    known = [out / name for name in _FIXED_NAMES] + [path for glob in _NUMBERED_NAMES for path in out.glob(glob)]
    for path in known:
        if path.relative_to(out).as_posix() not in written:
            path.unlink(missing_ok=True)
    pictures = out / "why"
    if pictures.is_dir() and not any(pictures.iterdir()):
        pictures.rmdir()


def _contents(result: Result, recorder: Recorder) -> ReportContents:
    return ReportContents(
        mission=result.mission.root.resolve().name,
        regions=tuple(_region_contents(part) for part in result.fused if part.region.tracks or part.flights),
        sites=result.sites,
        leads=result.plan.leads,
        visits=result.plan.visits,
        routes=result.plan.routes,
        decisions=tuple(recorder.decisions),
        rejects=tuple(recorder.rejects),
        stages=tuple(recorder.stages),
        thresholds=describe_profile(result.profile),
        roads=result.plan.roads,
        photos=sum(len(part.region.frames) for part in result.fused),
        time_zone=result.profile.routes.time_zone,
        profile=result.profile.name,
        version=metadata.version("onevisit"),
        code=code_version(),
    )


def _region_contents(part: Fused) -> RegionContents:
    return RegionContents(
        crs=part.region.crs,
        tracks=part.region.tracks,
        pictures=tuple(_picture(flown) for flown in part.flights),
        hotspots=part.hotspots,
        attributions=part.attributions,
        findings=_findings(part),
        explanations=tuple(_explanations(part)),
        name=part.region.name,
    )


def _explanations(part: Fused) -> Iterator[Explanation]:
    ways = pass_ways(part.region.tracks, part.region.crs) if part.hotspots else {}
    explained = {attribution.hotspot_id: attribution for attribution in part.attributions}
    for hotspot in part.hotspots:
        why = explain(hotspot, explained.get(hotspot.id), ways, part.region.crs)
        yield Explanation(why, draw_why(why))


def _picture(flown: Flown) -> Picture:
    quality = flown.ortho.quality
    return picture_from_geotiff(
        flown.path,
        name=flown.kind,
        gsd_m=quality.gsd_m,
        photos=quality.photos,
        used=quality.used,
        mismatch_m=quality.mismatch_m,
        position_error_m=quality.position_error_m,
    )


def _summary(out: Path, result: Result, recorder: Recorder) -> dict[str, Any]:
    hotspots = [hotspot for part in result.fused for hotspot in part.hotspots]
    single = sum(hotspot.single_sighting for hotspot in hotspots)
    counts = {
        "hotspots": len(hotspots),
        "single_sightings": single,
        "leads": len(result.plan.leads),
        "visits": len(result.plan.visits),
        "routes": len(result.plan.routes),
        "decisions": len(recorder.decisions),
        "rejects": len(recorder.rejects),
    }
    lines = [
        f"{len(hotspots)} hotspots, {single} of them seen once; {len(result.plan.leads)} leads, "
        f"{len(result.plan.visits)} visits on {len(result.plan.routes)} routes",
        f"{len(recorder.rejects)} rejected, {len(recorder.decisions)} decisions: see {out / 'manifest.json'}",
        f"report:  {out / 'report.html'}",
        f"routes:  {out / 'routes.csv'}",
    ]
    return {**counts, "out": str(out), "lines": lines}
