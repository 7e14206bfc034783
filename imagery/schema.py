"""What the imagery room gives away: the mosaic of a flight and a row per photo."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray

from imagery.surface import Surface
from ingest.outcome import Phrase
from ingest.schema import Camera, Frame

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Station:
    """One photo at its exterior orientation in the flight's frame.

    ``centre`` is easting and northing in the grid CRS and height above take-off [m], shape (3,). ``rotation`` turns
    grid axes (east, north, up) into camera axes (right, down, forward), shape (3, 3). ``covariance`` is that of three
    rotations about the camera axes [rad] and of the centre [m], shape (6, 6). ``turn_rad`` is by how much the image
    was turned in its plane after it was taken (a viewer): what is fixed to the camera turns with it.
    """

    frame: Frame
    camera: Camera
    centre: Floats
    rotation: Floats
    covariance: Floats
    turn_rad: float = 0.0


@dataclass(frozen=True, eq=False)
class FramePose:
    """What became of one photo: used or not, why, where it was and what it saw.

    ``easting_m``, ``northing_m`` are in the grid CRS, ``height_m`` above take-off (NaN where unknown).
    ``heading_rad`` is that of the top of the image as stored, clockwise from true north. ``position_error_m`` is the
    standard error (root of the summed variances of easting and northing) of a ground point in the image centre.
    ``footprint`` is in the grid CRS, empty for a photo that is not used. ``camera``, ``rotation`` (grid axes to
    camera axes) and ``covariance`` (rotations about camera axes [rad], centre [m]) are those the mosaic was made
    with.
    """

    item: str
    used: bool
    reason: Phrase
    easting_m: float
    northing_m: float
    height_m: float
    heading_rad: float
    position_error_m: float
    footprint: shapely.Polygon
    camera: Camera | None = None
    rotation: Floats | None = None
    covariance: Floats | None = None
    ties: int = 0
    reprojection_error_px: float = float("nan")


@dataclass(frozen=True)
class OrthoQuality:
    """Numbers for ``ortho.json``; NaN where the mode does not measure them.

    ``mismatch_m`` is the median distance on the ground between the two projections of a tie point, ``mismatch_p90_m``
    its 90th percentile; ``reprojection_error_px`` the root mean square in pixels of the full photo.
    """

    mode: str
    photos: int
    used: int
    corrected: int
    tied: int
    tie_points: int
    reprojection_error_px: float
    mismatch_m: float
    mismatch_p90_m: float
    position_error_m: float
    gsd_m: float
    focal_px: float
    seconds: float


@dataclass(frozen=True)
class ControlResult:
    """One surveyed point after the adjustment: found less surveyed [m], NaN where the survey has no height.

    ``role`` is ``control`` (adjusted on), ``check`` (kept out of the adjustment) or ``rejected``; ``photos`` counts
    the photos it is marked in.
    """

    name: str
    role: str
    photos: int
    east_m: float
    north_m: float
    height_m: float


@dataclass(frozen=True, eq=False)
class Ortho:
    """A mosaic (lazy dataset on a GeoBox, see `imagery.mosaic.ortho.build_mosaic`), its photos, quality and ground.

    ``control`` has a row for each surveyed point that is marked in a photo.
    """

    mosaic: xr.Dataset
    poses: tuple[FramePose, ...]
    quality: OrthoQuality
    surface: Surface
    control: tuple[ControlResult, ...] = ()


@dataclass(frozen=True, eq=False)
class Finding:
    """Something that a mosaic shows: ``bare_soil`` or ``hot_surface``.

    ``polygon`` is in the grid CRS, ``area_m2`` that of the polygon. ``contrast`` [``unit``] is how far its median
    stands off the rest of the flight, in what it was sought by (see `imagery.findings.seek.seek_findings`).
    ``confidence`` is the probability that the kind is right. ``position_error_m`` is the median of the mosaic's
    (root of the summed variances of easting and northing). ``source`` names the mosaic, ``photo`` the photo that
    shows most of it.
    """

    id: str
    kind: str
    polygon: shapely.Polygon
    area_m2: float
    contrast: float
    unit: str
    confidence: float
    position_error_m: float
    source: str
    photo: str


@dataclass(frozen=True, eq=False)
class Findings:
    """What one mosaic shows, the kinds that were sought in it, and the ground it covers (grid CRS).

    A kind that was sought and not found on covered ground is knowledge as well.
    """

    found: tuple[Finding, ...] = ()
    sought: tuple[str, ...] = ()
    covered: shapely.Geometry = field(default_factory=shapely.Polygon)
