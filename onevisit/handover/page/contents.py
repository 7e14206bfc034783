"""What a report is made of. The job fills it in; the report only lays it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import xarray as xr
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.enums import Resampling

from fusion.schema import Attribution, Hotspot
from imagery.schema import Findings
from ingest.outcome import Decision, Reject
from ingest.roads.read import Roads
from ingest.schema import Site
from ingest.settings import SettingLine
from monitors.schema import Activity, Anomaly
from onevisit.handover.data.summary import AreaLine
from onevisit.handover.page.why import Why
from onevisit.leads.plumes import PlumeLine
from onevisit.leads.urgent import Alarm
from onevisit.manifest import StageRecord
from onevisit.redrive.schema import Again
from onevisit.schema import Help, Lead, Route, Visit
from tracks.schema import Track
from tracks.segments.medians import SegmentMap


@dataclass(frozen=True, eq=False)
class Picture:
    """A mosaic reduced to a size that a page can carry.

    ``rgba`` is uint8, shape (rows, columns, 4); the bounds are those of the pixel edges in the grid CRS, m.
    ``photos`` and ``used`` count the photos; the other figures are None where they were not measured.
    """

    name: str
    rgba: NDArray[np.uint8]
    west: float
    south: float
    east: float
    north: float
    gsd_m: float | None = None
    photos: int | None = None
    used: int | None = None
    mismatch_m: float | None = None
    position_error_m: float | None = None


@dataclass(frozen=True, eq=False)
class WhyPicture:
    """Why a hotspot is explained as it is, and the PNG that shows it."""

    why: Why
    png: bytes


@dataclass(frozen=True, eq=False)
class RegionContents:
    """One map: what was measured on one grid, and what was found there."""

    crs: CRS
    tracks: tuple[Track, ...] = ()
    pictures: tuple[Picture, ...] = ()
    hotspots: tuple[Hotspot, ...] = ()
    attributions: tuple[Attribution, ...] = ()
    findings: tuple[Findings, ...] = ()
    why_pictures: tuple[WhyPicture, ...] = ()
    segments: SegmentMap | None = None
    name: str = ""
    plumes: tuple[PlumeLine, ...] = ()


@dataclass(frozen=True, eq=False)
class ReportContents:
    """Everything on the report. ``time_zone`` is that of the times shown; ``photos`` counts those of the mission.

    ``has_acute`` is False where no level is set above which a place is urgent. ``series`` are all records of
    monitors, power and treatment, ``anomalies`` what they say, ``activities`` when sites ran. ``offered`` is help,
    ``areas`` the districts and parks, ``dossiers`` are those of sites with a step to take
    (`onevisit.handover.data.dossiers.dossier_of`).
    """

    mission: str
    regions: tuple[RegionContents, ...]
    sites: tuple[Site, ...] = ()
    leads: tuple[Lead, ...] = ()
    visits: tuple[Visit, ...] = ()
    routes: tuple[Route, ...] = ()
    offered: tuple[Help, ...] = ()
    areas: tuple[AreaLine, ...] = ()
    dossiers: Sequence[Mapping[str, Any]] = ()
    alarms: tuple[Alarm, ...] = ()
    again: Again = field(default_factory=Again)
    has_acute: bool = True
    series: Sequence[xr.Dataset] = ()
    anomalies: Sequence[Anomaly] = ()
    activities: Sequence[Activity] = ()
    decisions: tuple[Decision, ...] = ()
    rejects: tuple[Reject, ...] = ()
    stages: Sequence[StageRecord] = ()
    changed: Mapping[str, Sequence[SettingLine]] = field(default_factory=dict)
    roads: Roads | None = None
    photos: int = 0
    time_zone: str = "UTC"
    profile: str = "default"
    version: str = ""
    code: str = ""


def picture_from_geotiff(
    path: Path,
    *,
    name: str,
    longest_px: int = 1400,
    gsd_m: float | None = None,
    photos: int | None = None,
    used: int | None = None,
    mismatch_m: float | None = None,
    position_error_m: float | None = None,
) -> Picture:
    """Read a mosaic that the job wrote, from its overviews, no larger than ``longest_px``.

    Three or four bands of uint8 are taken as red, green, blue (and alpha). A single band is stretched between its 2nd
    and 98th percentile to grey, three or more of reflectance
    to a false-colour picture. Transparent is what the file's mask leaves out.
    """
    with rasterio.open(path) as source:
        scale = max(1.0, max(source.width, source.height) / longest_px)
        shape = (max(1, round(source.height / scale)), max(1, round(source.width / scale)))
        mask = source.dataset_mask(out_shape=shape, resampling=Resampling.nearest)
        if source.count >= 3 and source.dtypes[0] != "uint8":
            # Bands are in order of wavelength: near infrared is shown red, as in a colour-infrared picture.
            bands = source.read((source.count, 2, 1), out_shape=(3, *shape), resampling=Resampling.average)
            colour = np.stack([_stretched(band, mask)[0] for band in bands])
        elif source.count >= 3:
            colour = source.read((1, 2, 3), out_shape=(3, *shape), resampling=Resampling.average)
        else:
            colour = _stretched(source.read(1, out_shape=shape, resampling=Resampling.average), mask)
        bounds = source.bounds
    rgba = np.dstack([*colour, mask]).astype(np.uint8)
    return Picture(
        name,
        rgba,
        bounds.left,
        bounds.bottom,
        bounds.right,
        bounds.top,
        gsd_m,
        photos,
        used,
        mismatch_m,
        position_error_m,
    )


def _stretched(band: NDArray[np.generic], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    values = band.astype(np.float64)
    inside = values[(mask > 0) & np.isfinite(values)]
    low, high = np.percentile(inside, (2, 98)) if inside.size else (0.0, 1.0)
    grey = np.clip((np.nan_to_num(values, nan=low) - low) / max(high - low, 1e-9), 0, 1)
    return np.repeat((255 * grey).astype(np.uint8)[None], 3, axis=0)
