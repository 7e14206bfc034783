"""The first stage of the job: every input file read once, human corrections applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TypeVar

import numpy as np

from ingest.edits import Edit, apply_edits, read_edits
from ingest.images.read import read_frames
from ingest.monitors.read import read_monitors
from ingest.outcome import Decision, Outcome, Phrase, Reject, Value
from ingest.registers.kinds import Registers, place_in_areas, read_kinds
from ingest.registers.read import SiteSettings, read_sites
from ingest.roads.read import Roads, read_roads
from ingest.schema import Frame, Site
from ingest.traces.read import read_traces
from onevisit.cards.card import watching
from onevisit.cards.zones import AskZone, with_likeliest_zone
from onevisit.manifest import Recorder, gather_inputs
from onevisit.mission import Mission, open_mission
from onevisit.profile import Profile, load_profile, read_recipe
from onevisit.progress import Advance
from onevisit.result import Options, Records
from onevisit.stages import Files, Kept, Work, files_of

T = TypeVar("T")

_NIGHT = np.timedelta64(8, "h")
"""A longer pause parts the measurements of two days."""


def profile_of(mission: Mission, options: Options) -> str:
    """The profile that was asked for, else that of ``mission.toml``, else the one built in."""
    return options.profile or str(mission.configuration.get("profile", "default"))


@dataclass(frozen=True)
class Start:
    """What a run begins with: the mission without files that cannot be read, its settings, what was said so far."""

    mission: Mission
    profile: Profile
    recorder: Recorder


def start_on(root: Path, options: Options, ask: AskZone | None = None) -> Start:
    """Look through a folder, settle the settings, hash the files.

    Raises
    ------
    NothingUsable
        If the folder holds nothing that is known, or files vanish.
    SettingError
        If profile, recipe, ``mission.toml`` or the zone is impossible.
    """
    recipe = read_recipe(options.recipe)
    mission = open_mission(root, recipe=recipe.content if recipe else None)
    name = profile_of(mission, options)
    profile = load_profile(name, mission.configuration, recipe=recipe, time_zone=options.time_zone)
    gathered = gather_inputs(mission)
    mission, inputs = gathered.value
    with watching(mission.files):
        profile = with_likeliest_zone(profile, mission, ask)
    recorder = Recorder(inputs=inputs, rejects=mission.rejects)
    recorder.keep(*mission.decisions, *gathered.rejects)
    return Start(mission, profile, recorder)


def ingest_mission(mission: Mission, profile: Profile, work: Work, on_stage: Advance) -> Records:
    """Read every input file once."""

    def read(name: str, function: Callable[..., Outcome[T]], kind: str, *settings: object) -> Kept[T]:
        return work.make(name, function, files_of(mission, work.recorder.inputs, kind), *settings)

    with work.stage("ingest") as stage:
        on_stage(Phrase("doing_traces"), 0.02)
        traces = read("traces", _read(read_traces), "traces", profile.traces)
        on_stage(Phrase("doing_photo_tags"), 0.10)
        frames = read("frames", _read(read_frames), "images", profile.photos)
        on_stage(Phrase("doing_registers"), 0.12)
        roads = read("roads", _read_roads, "roads")
        sites = read("sites", _read_sites, "registers", profile.sites, roads)
        kinds = read("register kinds", _read(read_kinds), "registers", profile.sites)
        sites = work.make("sites in areas", _in_areas, sites, kinds)
        on_stage(Phrase("doing_monitors"), 0.13)
        monitors = read("monitors", _read(read_monitors), "monitors", profile.monitors)
        edits = work.derive("edits", _read_edits, files_of(mission, work.recorder.inputs, "edits.csv"))
        traces = work.derive("edited traces", apply_edits, traces, edits)
        frames = work.derive("edited frames", _without_frames, frames, edits)
        sites = work.derive("edited sites", _without_sites, sites, edits)
        stage.taken = len(mission.files)
        stage.given = len(traces.value) + len(frames.value) + len(sites.value) + len(monitors.value)
        stage.flagged = sum(int(np.count_nonzero(trace["qc_flag"].values)) for trace in traces.value)
    return Records(traces, frames, sites, roads, monitors, kinds)


def days_apart(records: Records) -> Outcome[None]:
    """Say where a folder holds more than one day's measurements: pauses of a night or longer between them."""
    spans = [(t["time"].values[0], t["time"].values[-1]) for t in records.traces.value if t.sizes["obs"]]
    moments = [
        np.datetime64(f.time.astimezone(UTC).replace(tzinfo=None), "ns") for f in records.frames.value if f.time
    ]
    ordered = sorted(spans + [(moment, moment) for moment in moments])
    starts, last = list[np.datetime64](), np.datetime64("NaT")
    for start, end in ordered:
        if np.isnat(last) or start - last > _NIGHT:
            starts.append(start)
        last = end if np.isnat(last) else max(last, end)
    if len(starts) < 2:
        return Outcome(None)
    days = tuple(dict.fromkeys(str(start.astype("datetime64[D]")) for start in starts))
    values: dict[str, Value] = {"count": len(starts), "days": days[:6]}
    return Outcome(None, (Decision("mission", "several_days_together", values),))


def _read(reader: Callable[..., Outcome[T]]) -> Callable[..., Outcome[T]]:
    """A reader of `ingest` as a step: it takes files of one kind and its room's settings."""
    return lambda files, settings: reader(files.paths, settings, root=files.root)


def _read_sites(files: Files, settings: SiteSettings, roads: Roads | None) -> Outcome[tuple[Site, ...]]:
    return read_sites(files.paths, settings, root=files.root, roads=roads)


def _read_roads(files: Files) -> Outcome[Roads | None]:
    if not files.paths:
        return Outcome(None)
    roads = read_roads(files.paths, root=files.root)
    return Outcome(roads.value, roads.decisions, roads.rejects)


def _in_areas(sites: Sequence[Site], kinds: Registers) -> Outcome[tuple[Site, ...]]:
    return place_in_areas(sites, kinds.areas)


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
