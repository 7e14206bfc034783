"""What a mission holds, for a person who asks before anything is done: `onevisit check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ingest.flags import REJECTING, Flag
from ingest.schema import Frame, Site
from onevisit.cards.card import watching
from onevisit.manifest import Recorder, program_key
from onevisit.profile import Profile
from onevisit.progress import Advance
from onevisit.reading import ingest_mission, start_on
from onevisit.result import Options, Records
from onevisit.stages import Work
from onevisit.store import Store
from onevisit.words.telling import decision_dict, reject_dict, tell


def check_mission(root: Path, options: Options, *, on_stage: Advance) -> dict[str, Any]:
    """Say what a mission folder holds, what is believed and why, and what is rejected; write nothing.

    Raises
    ------
    NothingUsable
        If the folder is no mission.
    SettingError
        If profile or ``mission.toml`` is impossible.
    """
    records, recorder, _ = read_mission(root, options, on_stage=on_stage)
    return {
        "found": [
            *map(_trace_line, records.traces.value),
            *map(_frame_line, records.frames.value),
            *map(_site_line, records.sites.value),
            *map(_monitor_line, records.monitors.value),
            *(_kind_line(kind, count) for kind, count in records.registers.value.counts().items()),
        ],
        "decisions": [decision_dict(d) | vars(tell(d, options.lang)) for d in recorder.decisions],
        "rejects": [reject_dict(r) | vars(tell(r, options.lang)) for r in recorder.rejects],
    }


def read_mission(root: Path, options: Options, *, on_stage: Advance) -> tuple[Records, Recorder, Profile]:
    """Read a mission as the job does, and write nothing: the records, what was said, and the settings."""
    start = start_on(root, options)
    work = Work(start.recorder, Store(root, program_key(), keep=0, notes=start.recorder))
    with watching(start.mission.files):
        records = ingest_mission(start.mission, start.profile, work, on_stage)
    return records, start.recorder, start.profile


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
    for place in site.elsewhere:
        what += f", or {place.lon:.5f} {place.lat:.5f} ± {place.sd_m:.0f} m, {place.crs} ({place.probability:.0%})"
    return {"kind": "site", "item": site.site_id, "what": what}


def _kind_line(kind: str, count: int) -> dict[str, str]:
    return {"kind": "register", "item": kind, "what": f"{count} read"}


def _monitor_line(series: xr.Dataset) -> dict[str, str]:
    known, time = series.attrs, series["time"].values
    label = " ".join(dict.fromkeys(known[k] for k in ("site_name", "permit_code", "mn", "point") if known[k]))
    named = (v.attrs.get("long_name", name) for name, v in series.data_vars.items() if v.dtype.kind == "f")
    values = list(dict.fromkeys(map(str, named)))
    listed = ", ".join(values[:6]) + (f" and {len(values) - 6} more" if len(values) > 6 else "")
    span = f"{pd.Timestamp(time[0]):%Y-%m-%d %H:%M} to {pd.Timestamp(time[-1]):%m-%d %H:%M} UTC" if len(time) else ""
    return {"kind": "monitor", "item": label, "what": f"{len(time)} {known['interval']} records, {span}: {listed}"}
