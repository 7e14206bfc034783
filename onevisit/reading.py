"""The first stage of the job: every input file read once, human corrections applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from ingest.edits import Edit, apply_edits, read_edits
from ingest.images.read import read_frames
from ingest.monitors.read import read_monitors
from ingest.outcome import Outcome, Reject
from ingest.registers.gates import check_gates
from ingest.registers.kinds import Registers, place_in_areas, read_kinds
from ingest.registers.read import SiteSettings, read_sites
from ingest.roads.read import Roads, read_roads
from ingest.schema import Frame, Site
from ingest.traces.read import read_traces
from onevisit.mission import Mission
from onevisit.profile import Profile
from onevisit.progress import Advance
from onevisit.result import Options, Records
from onevisit.stages import Files, Kept, Work, files_of

T = TypeVar("T")


def profile_of(mission: Mission, options: Options) -> str:
    """The profile that was asked for, else that of ``mission.toml``, else the one built in."""
    return options.profile or str(mission.configuration.get("profile", "default"))


def ingest_mission(mission: Mission, profile: Profile, work: Work, on_stage: Advance) -> Records:
    """Read every input file once."""

    def read(name: str, function: Callable[..., Outcome[T]], kind: str, *settings: object) -> Kept[T]:
        return work.make(name, function, files_of(mission, work.recorder.inputs, kind), *settings)

    with work.stage("ingest") as stage:
        on_stage("reading traces", 0.02)
        traces = read("traces", _read(read_traces), "traces", profile.traces)
        on_stage("reading photo tags", 0.10)
        frames = read("frames", _read(read_frames), "images", profile.photos)
        on_stage("reading registers", 0.12)
        sites = read("sites", _read(read_sites), "registers", profile.sites)
        kinds = read("register kinds", _read(read_kinds), "registers", profile.sites)
        sites = work.make("sites in areas", _in_areas, sites, kinds)
        roads = read("roads", _read_roads, "roads")
        sites = work.make("gates", _check_gates, sites, roads, profile.sites)
        on_stage("reading monitor records", 0.13)
        monitors = read("monitors", _read(read_monitors), "monitors", profile.monitors)
        edits = work.derive("edits", _read_edits, files_of(mission, work.recorder.inputs, "edits.csv"))
        traces = work.derive("edited traces", apply_edits, traces, edits)
        frames = work.derive("edited frames", _without_frames, frames, edits)
        sites = work.derive("edited sites", _without_sites, sites, edits)
        stage.taken = len(mission.files)
        stage.given = len(traces.value) + len(frames.value) + len(sites.value) + len(monitors.value)
        stage.flagged = sum(int(np.count_nonzero(trace["qc_flag"].values)) for trace in traces.value)
    return Records(traces, frames, sites, roads, monitors, kinds)


def _read(reader: Callable[..., Outcome[T]]) -> Callable[..., Outcome[T]]:
    """A reader of `ingest` as a step: it takes files of one kind and its room's settings."""
    return lambda files, settings: reader(files.paths, settings, root=files.root)


def _read_roads(files: Files) -> Outcome[Roads | None]:
    if not files.paths:
        return Outcome(None)
    roads = read_roads(files.paths, root=files.root)
    return Outcome(roads.value, roads.decisions, roads.rejects)


def _in_areas(sites: Sequence[Site], kinds: Registers) -> Outcome[tuple[Site, ...]]:
    return place_in_areas(sites, kinds.areas)


def _check_gates(sites: Sequence[Site], roads: Roads | None, settings: SiteSettings) -> Outcome[tuple[Site, ...]]:
    return Outcome(tuple(sites)) if roads is None else check_gates(sites, roads, settings)


def _read_edits(files: Files) -> Outcome[tuple[Edit, ...]]:
    return read_edits(files.paths[0]) if files.paths else Outcome(())


def _without_frames(frames: Sequence[Frame], edits: Sequence[Edit]) -> Outcome[tuple[Frame, ...]]:
    return _without(frames, edits, lambda frame: Path(frame.item).name)


def _without_sites(sites: Sequence[Site], edits: Sequence[Edit]) -> Outcome[tuple[Site, ...]]:
    return _without(sites, edits, lambda site: site.site_id)


def _without(items: Sequence[T], edits: Sequence[Edit], name: Callable[[T], str]) -> Outcome[tuple[T, ...]]:
    """Leave out what a person rejected by name."""
    unwanted = {edit.name: edit for edit in edits if edit.action == "reject"}
    rejects = tuple(
        Reject(name(item), f"edits.csv line {edit.line}", "rejected_by_hand", {"comment": edit.comment})
        for item in items
        if (edit := unwanted.get(name(item))) is not None
    )
    return Outcome(tuple(item for item in items if name(item) not in unwanted), (), rejects)
