"""What a mission holds, for a person who asks before anything is done: `onevisit check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from imagery.phrases import kind_of_photos
from ingest.flags import REJECTING, Flag
from ingest.monitors.codes import code_of
from ingest.outcome import Phrase, Value
from ingest.schema import Frame, Site
from onevisit.cards.card import watching
from onevisit.manifest import Recorder, program_key
from onevisit.profile import Profile
from onevisit.progress import Advance
from onevisit.reading import ingest_mission, start_on
from onevisit.result import Options, Records
from onevisit.stages import Work
from onevisit.store import Store
from onevisit.words.telling import decision_dict, reject_dict, say, tell

Found = tuple[str, str, Phrase]
"""The kind of a thing that was found, its name, and what it is."""
_INTERVAL_CODES = {
    "realtime": "interval_realtime",
    "minute": "interval_minute",
    "hour": "interval_hour",
    "day": "interval_day",
}


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
    found = [
        *map(_trace_line, records.traces.value),
        *map(_frame_line, records.frames.value),
        *map(_site_line, records.sites.value),
        *(_monitor_line(series, options.lang) for series in records.monitors.value),
        *(_kind_line(kind, count) for kind, count in records.registers.value.counts().items()),
    ]
    return {
        "found": [{"kind": kind, "item": item, "what": say(what, options.lang)} for kind, item, what in found],
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


def _trace_line(trace: xr.Dataset) -> Found:
    species = tuple(f"{n} [{v.attrs['units']}]" for n, v in trace.data_vars.items() if "species" in v.attrs)
    flagged = int(np.count_nonzero(trace["qc_flag"].values & np.uint32(REJECTING | Flag.TIME_REPAIRED)))
    span = _span(trace, "%Y-%m-%d %H:%M:%S", "%H:%M:%S")
    values: dict[str, Value] = {"rows": trace.sizes["obs"], "span": span, "species": species, "flagged": flagged}
    return "trace", str(trace["trajectory"].values), Phrase("trace_found", values)


def _span(dataset: xr.Dataset, first: str, last: str) -> Phrase:
    """From when to when a trace or a series goes, with the formats of its two ends."""
    time = dataset["time"].values
    if not len(time):
        return Phrase("span_empty")
    start, end = (pd.Timestamp(time[at]).strftime(form) for at, form in ((0, first), (-1, last)))
    return Phrase("span_of_times", {"start": start, "end": end})


def _frame_line(frame: Frame) -> Found:
    height, model = frame.pose.height_above_takeoff_m, frame.camera.model
    values: dict[str, Value] = {
        "kind": kind_of_photos(frame.kind),
        "model": Phrase("photo_model", {"model": model}) if model else "",
        "lon": frame.pose.lon,
        "lat": frame.pose.lat,
        "above": Phrase("photo_above", {"height": height}) if height is not None else "",
    }
    return "photo", frame.item, Phrase("photo_found", values)


def _site_line(site: Site) -> Found:
    values: dict[str, Value] = {"name": site.name, "lon": site.lon, "lat": site.lat, "sd": site.position_sd_m}
    others = [
        Phrase("site_elsewhere", {"lon": p.lon, "lat": p.lat, "sd": p.sd_m, "crs": p.crs, "share": p.probability})
        for p in site.elsewhere
    ]
    values |= {"crs": site.crs, "source": site.crs_source.phrase, "others": others or ""}
    return "site", site.site_id, Phrase("site_found", values)


def _kind_line(kind: str, count: int) -> Found:
    return "register", kind, Phrase("register_found", {"count": count})


def _monitor_line(series: xr.Dataset, lang: str) -> Found:
    known = series.attrs
    label = " ".join(dict.fromkeys(known[k] for k in ("site_name", "permit_code", "mn", "point") if known[k]))
    named = (_name_of(str(name), v, lang) for name, v in series.data_vars.items() if v.dtype.kind == "f")
    listed = tuple(dict.fromkeys(named))
    more: dict[str, Value] = {"names": listed[:6], "count": len(listed) - 6}
    values: dict[str, Value] = {
        "count": series.sizes["obs"],
        "interval": Phrase(_INTERVAL_CODES[known["interval"]]),
        "span": _span(series, "%Y-%m-%d %H:%M", "%m-%d %H:%M"),
        "names": Phrase("names_and_more", more) if len(listed) > 6 else listed,
    }
    return "monitor", label, Phrase("monitor_found", values)


def _name_of(name: str, variable: xr.DataArray, lang: str) -> str:
    """What a variable of a series measures, in the reader's language where its code is known."""
    known = code_of(str(variable.attrs.get("code", "")))
    return known.name_zh if known and lang == "zh" else str(variable.attrs.get("long_name", name))
