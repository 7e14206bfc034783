"""What the job holds between its stages, and what the hand-over writes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import xarray as xr
from pyproj import CRS

from fusion import Attribution, Hotspot
from imagery import Findings, Ortho
from ingest.roads import Roads
from ingest.schema import Frame, Site
from onevisit.mission import Mission
from onevisit.profile import Profile
from onevisit.regions import Region
from onevisit.schema import Lead, Route, Visit

__all__ = ["Fused", "Options", "Plan", "Records", "Result"]


@dataclass(frozen=True)
class Options:
    """What the command line can say about a run."""

    profile: str | None = None
    lang: str = "en"
    from_stage: str | None = None
    scheduler: str | None = None
    memory: str | None = None


@dataclass(frozen=True)
class Records:
    """What ingest found in a mission."""

    traces: tuple[xr.Dataset, ...]
    frames: tuple[Frame, ...]
    sites: tuple[Site, ...]
    roads: Roads | None
    monitors: tuple[xr.Dataset, ...] = ()


@dataclass(frozen=True, eq=False)
class Flown:
    """The photos of one kind (``rgb``, ``thermal``, ...) of a region as one mosaic, its file, and what it shows."""

    kind: str
    crs: CRS
    ortho: Ortho
    path: Path
    findings: Findings = field(default_factory=Findings)


@dataclass(frozen=True, eq=False)
class Fused:
    """One region after fusion."""

    region: Region
    flights: tuple[Flown, ...]
    cube: xr.Dataset | None
    hotspots: tuple[Hotspot, ...]
    attributions: tuple[Attribution, ...]


@dataclass(frozen=True)
class Plan:
    """What the bureau gets to act on."""

    day: date
    roads: Roads | None
    leads: tuple[Lead, ...]
    visits: tuple[Visit, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True, eq=False)
class Result:
    """Everything that the hand-over writes."""

    mission: Mission
    profile: Profile
    options: Options
    key: str
    sites: tuple[Site, ...]
    fused: tuple[Fused, ...]
    plan: Plan
