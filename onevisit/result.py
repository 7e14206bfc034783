"""What the job holds between its stages, and what the hand-over writes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pyproj import CRS

from imagery.schema import Findings, Ortho
from ingest.registers.kinds import Area, Registers
from ingest.schema import Frame, Site
from monitors.schema import Activity, Anomaly
from onevisit.handover.data.mosaic import open_mosaic
from onevisit.leads.plumes import PlumeLine
from onevisit.leads.standing import Standing
from onevisit.leads.urgent import Alarm
from onevisit.mission import Mission
from onevisit.profile import Profile
from onevisit.redrive.schema import Again
from onevisit.schema import Help, Lead, Route, Visit
from onevisit.stages import Kept
from onevisit.visits.regions import Region

if TYPE_CHECKING:
    import xarray as xr

    from fusion.schema import Attribution, Hotspot
    from ingest.roads.read import Roads
    from tracks.segments.medians import SegmentMap


@dataclass(frozen=True)
class Options:
    """What the command line can say about a run; ``day`` is that of the visits, None the one after the last
    measurement."""

    profile: str | None = None
    lang: str = "en"
    from_stage: str | None = None
    scheduler: str | None = None
    memory: str | None = None
    keep_store: int = 1
    recipe: Path | None = None
    time_zone: str = ""
    day: date | None = None


IN_NO_KEY = ("from_stage", "scheduler", "memory", "keep_store", "recipe", "time_zone")
"""Options that change no result by themselves: what is done again, where and in what pieces it is computed, what is
kept; what recipe and zone say is in the profile."""


@dataclass(frozen=True)
class Records:
    """What ingest found in a mission."""

    traces: Kept[tuple[xr.Dataset, ...]]
    frames: Kept[tuple[Frame, ...]]
    sites: Kept[tuple[Site, ...]]
    roads: Kept[Roads | None]
    monitors: Kept[tuple[xr.Dataset, ...]]
    registers: Kept[Registers]


@dataclass(frozen=True, eq=False)
class Flown:
    """The photos of one kind (``rgb``, ``thermal``, ...) of a region as one mosaic, its files, and what it shows.

    The first of ``files`` is the mosaic. As a stage makes it, ``ortho.mosaic`` is empty: `opened` reads it.
    """

    kind: str
    crs: CRS
    ortho: Ortho
    files: tuple[str, ...]
    findings: Findings = field(default_factory=Findings)

    def opened(self, out: Path) -> Flown:
        """The same with the mosaic as a lazy dataset that reads the written file, not the photos again."""
        return replace(self, ortho=replace(self.ortho, mosaic=open_mosaic(out / self.files[0])))


@dataclass(frozen=True, eq=False)
class Gridded:
    """What the passes of a region measured on its grid, made when it is first asked for.

    ``touched`` gives the table of touched cells, ``cube`` the lazy cube over it.
    """

    touched: Callable[[], xr.Dataset]
    cube: Callable[[], xr.Dataset]


@dataclass(frozen=True, eq=False)
class Fused:
    """One region after fusion; ``key`` is that of its tracks and mosaics, of which ``gridded`` is made.

    ``gridded`` is None without tracks. ``segments`` are None where there is neither a street network below the tracks
    nor repeated driving. ``plumes`` are those of all tracks, with their places.
    """

    region: Region
    key: str
    flights: tuple[Flown, ...]
    gridded: Gridded | None
    hotspots: tuple[Hotspot, ...]
    attributions: tuple[Attribution, ...]
    segments: Kept[SegmentMap | None]
    plumes: tuple[PlumeLine, ...] = ()


@dataclass(frozen=True, eq=False)
class Recorded:
    """The records of monitors, power and treatment: what they say, when sites ran, which points measure the air."""

    series: Kept[tuple[xr.Dataset, ...]]
    anomalies: Kept[tuple[Anomaly, ...]]
    activities: Kept[tuple[Activity, ...]]
    stations: Kept[tuple[xr.Dataset, ...]]


@dataclass(frozen=True)
class Plan:
    """What the bureau gets to act on."""

    day: date
    roads: Roads | None
    alarms: Kept[tuple[Alarm, ...]]
    leads: Kept[tuple[Lead, ...]]
    help: tuple[Help, ...]
    visits: Kept[tuple[Visit, ...]]
    routes: Kept[tuple[Route, ...]]
    again: Kept[Again]


@dataclass(frozen=True, eq=False)
class Listed:
    """What registers say beyond the sites in reach: all sites, the standing of each by its id, and the areas."""

    sites: tuple[Site, ...]
    standings: Kept[dict[str, Standing]]
    areas: tuple[Area, ...]


@dataclass(frozen=True, eq=False)
class Result:
    """Everything that the hand-over writes."""

    mission: Mission
    profile: Profile
    options: Options
    key: str
    sites: tuple[Site, ...]
    listed: Listed
    fused: tuple[Kept[Fused], ...]
    recorded: Recorded
    plan: Plan
