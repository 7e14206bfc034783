"""The first lines of the report: what was measured, what was found, and above all what is doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from pyproj import Geod

from fusion.schema import Attribution, Hotspot
from onevisit.handover.page.contents import ReportContents
from onevisit.schema import Disposition
from tracks.schema import Track

_MOST_NAMES = 6
_LONGEST_STEP_M = 500.0
"""A longer step between two rows is a gap or a jump, not a way driven."""


@dataclass(frozen=True)
class Doubt:
    """One doubtful thing: the key of its words, how many, and which."""

    key: str
    count: int
    ids: str = ""


@dataclass(frozen=True)
class Summary:
    """Counts of a mission. ``start`` and ``end`` are None where nothing has a time; ``seconds`` sums the outings."""

    outings: int
    rows: int
    km: float
    seconds: float
    start: datetime | None
    end: datetime | None
    photos_used: int
    hotspots: int
    recurring: int
    visits: int
    measure_again: int
    off_site: int
    doubts: tuple[Doubt, ...]


def summarise(contents: ReportContents) -> Summary:
    """Count what a report says first."""
    tracks = [track for region in contents.regions for track in region.tracks]
    hotspots = [hotspot for region in contents.regions for hotspot in region.hotspots]
    spans = [track.passes["time"].values[[0, -1]] for track in tracks if track.passes.sizes["obs"]]
    settled = (Disposition.REMIND, Disposition.HELP)
    return Summary(
        len(tracks),
        sum(track.passes.sizes["obs"] for track in tracks),
        sum(_length_m(track) for track in tracks) / 1000,
        sum(float((b - a) / np.timedelta64(1, "s")) for a, b in spans),
        _time(min(a for a, _ in spans)) if spans else None,
        _time(max(b for _, b in spans)) if spans else None,
        sum(picture.used or 0 for region in contents.regions for picture in region.pictures),
        len(hotspots),
        sum(hotspot.tier == "recurrent" for hotspot in hotspots),
        len(contents.visits),
        sum(lead.disposition is Disposition.MEASURE_AGAIN for lead in contents.leads),
        sum(lead.disposition in settled for lead in contents.leads),
        tuple(doubt for doubt in _doubts(contents, hotspots, tracks) if doubt.count),
    )


def _doubts(contents: ReportContents, hotspots: Sequence[Hotspot], tracks: Sequence[Track]) -> list[Doubt]:
    explained = {a.hotspot_id: a for region in contents.regions for a in region.attributions}
    single = [h.id for h in hotspots if h.tier == "single"]
    exhaust = [h.id for h in hotspots if h.exhaust and h.tier == "recurrent"]
    calm = [h.id for h in hotspots if h.wind_from_deg is None and h.wind_speed is not None]
    unknown = [h.id for h in hotspots if h.wind_speed is None and not _has_bearing(explained.get(h.id))]
    doubtful = [visit.name for visit in contents.visits if visit.places]
    left = [h.id for h in hotspots if _is_none_likely(explained.get(h.id))]
    gateless = [visit.name for visit in contents.visits if not visit.at_gate]
    has_wind = any("u" in track.passes for track in tracks)
    return [
        Doubt("doubt_wind_none", int(bool(tracks) and not has_wind)),
        Doubt("doubt_acute", int(not contents.has_acute)),
        Doubt("doubt_single", len(single), _names(single)),
        Doubt("doubt_exhaust", len(exhaust), _names(exhaust)),
        Doubt("doubt_calm", len(calm), _names(calm)),
        Doubt("doubt_wind_unknown", len(unknown) if has_wind else 0, _names(unknown)),
        Doubt("doubt_none", len(left), _names(left)),
        Doubt("doubt_gate", len(gateless), _names(gateless)),
        Doubt("doubt_place", len(doubtful), _names(doubtful)),
        Doubt("doubt_cap", int(any(visit.cap is None for visit in contents.visits))),
        Doubt("doubt_rejects", len(contents.rejects)),
    ]


def _has_bearing(attribution: Attribution | None) -> bool:
    return attribution is not None and attribution.bearing_deg is not None


def _is_none_likely(attribution: Attribution | None) -> bool:
    best = max((s.probability for s in attribution.sites), default=0.0) if attribution else 0.0
    return attribution is not None and attribution.none_of_these >= best


def _names(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:_MOST_NAMES])
    return f"{shown}, …" if len(ids) > _MOST_NAMES else shown


def _length_m(track: Track) -> float:
    """Length of the way over the ground, m, without steps longer than `_LONGEST_STEP_M`."""
    lon, lat = track.passes["lon"].values, track.passes["lat"].values
    good = np.isfinite(lon) & np.isfinite(lat)
    if np.count_nonzero(good) < 2:
        return 0.0
    lon, lat = lon[good], lat[good]
    _, _, steps = Geod(ellps="WGS84").inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    return float(steps[steps <= _LONGEST_STEP_M].sum())


def _time(time: np.datetime64) -> datetime:
    return datetime.fromisoformat(str(time.astype("datetime64[s]"))).replace(tzinfo=UTC)
