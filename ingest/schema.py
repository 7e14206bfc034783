"""The record types that flow between the rooms, and the checks every room may rely on.

Bulk data is `xarray.Dataset` (a trace, passes, an ortho, a cube); small records are frozen dataclasses. The
names are those of ``docs/nomenclature.md``.

A **trace** is a CF-1.11 discrete-sampling-geometry trajectory, one platform on one outing:

==================  ==============  ==========================================================================
variable            dims, dtype     meaning
==================  ==============  ==========================================================================
``time``            obs, M8[ns]     UTC, strictly increasing (the index coordinate of ``obs`` data)
``lon``, ``lat``    obs, f8         WGS 84 degrees; NaN where there is no position
``qc_flag``         obs, u4         `ingest.flags.Flag` bits of the row
``trajectory``      scalar, str     ``cf_role = "trajectory_id"``; unique in a mission
a species           obs, f8         attrs ``units``, ``long_name``, ``species``, ``instrument``
``<species>_qc``    obs, u4         optional: `Flag` bits of that value
``u``, ``v``        obs, f8         optional: wind over the ground, eastward and northward, m s-1
``u_apparent``, ..  obs, f8         optional: wind felt on the platform, ``u`` forward and ``v`` to the left, m s-1
``altitude``        obs, f8         optional: m above the datum named in attrs ``vertical_datum``
others              obs, f8         ``speed``, ``heading``, ``temperature``, ``pressure``, ... with ``units``
==================  ==============  ==========================================================================

A species variable is recognised by its ``species`` attribute (`species_names`), never by its name.

A **monitor series** is what one reporting point of one site (an outlet, a facility, a meter) said at one interval:

====================  ==============  ========================================================================
variable              dims, dtype     meaning
====================  ==============  ========================================================================
``time``              obs, M8[ns]     UTC, strictly increasing: the start of the interval, the moment if realtime
``<code>``            obs, f8         measured value; attrs ``units``, ``long_name``, ``code``, perhaps ``limit``
``<code>_corrected``  obs, f8         the value at reference oxygen (折算), which is compared with the limit
``<code>_mark``       obs, i1..i4     data flag as reported, 0 where none came; 1.. are letters of HJ 212
``<device>_state``    obs, f8         0 off, 1 run, 2 calibrate, 3 maintain, 4 alarm, 5 backflush (HJ 212)
``<device>_hours``    obs, f8         running hours of a day
``<device>_power``    obs, f8         kW (``_current`` A, ``_energy`` kWh); attrs ``role``, ``linked_to``
``<device>_mark``     obs, i1..i4     condition that the firm declared for the device, 0 if normal
``mark``              obs, i1..i4     working-condition or maintenance mark that covers the time, else 0
``lon``, ``lat``      scalar, f8      optional coordinates of a point: WGS 84 degrees
``path_lon``, ``..``  path_end, f8    optional coordinates of the two ends of an open path, shape (2,)
``height``            scalar, f8      optional coordinate: m above the ground
====================  ==============  ========================================================================

Marks carry ``flag_values`` and ``flag_meanings``, one word a value, 0 being ``no_mark``: texts that are no letters
are meanings of their own, with underscores for blanks (`ingest.monitors.marks.mark_texts` gives the texts back).
``lon``, ``lat`` and those of a path have the attribute ``crs_source`` (`CrsSource`): an unknown system is read as
WGS 84.

``role`` is ``production``, ``treatment`` or empty. Attributes of the dataset: ``interval`` (`INTERVALS`), ``mn``,
``point``, and what names the site: ``permit_code``, ``uscc``, ``site_name`` (empty where unknown), ``source``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray

from ingest.errors import ContractError
from ingest.flags import flag_attributes
from ingest.outcome import Phrase

INTERVALS = ("realtime", "minute", "hour", "day")


# --- photos --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Camera:
    """Interior orientation of a camera in pixels of the full image (OpenCV pixel-centre convention: see docs).

    ``distortion`` is OpenCV's (k1, k2, p1, p2, k3); ``source`` says where the focal length came from
    (``"exif 35 mm equivalent"``, ``"camera table"``, ``"adjusted"``). ``focal_sd_px`` is its standard deviation.
    """

    width_px: int
    height_px: int
    focal_px: float
    centre_x_px: float
    centre_y_px: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    model: str = ""
    source: str = ""
    focal_sd_px: float = 0.0


@dataclass(frozen=True)
class Pose:
    """Exterior orientation as tagged by the camera: position and the camera's own yaw, pitch and roll.

    ``lon``/``lat`` are WGS 84 degrees. ``height_m`` is the tagged absolute height in ``vertical_datum``;
    ``height_above_takeoff_m`` is what the barometer gives. Angles in radians: yaw clockwise from true north of
    the top of the image, pitch −π/2 looking straight down, roll about the viewing direction, clockwise positive.
    ``None`` where the tag is absent. Standard deviations in metres and radians.
    """

    lon: float
    lat: float
    height_m: float | None = None
    vertical_datum: str = "unknown"
    height_above_takeoff_m: float | None = None
    yaw_rad: float | None = None
    pitch_rad: float | None = None
    roll_rad: float | None = None
    horizontal_sd_m: float = 3.0
    vertical_sd_m: float = 3.0
    angle_sd_rad: float = 0.035


@dataclass(frozen=True)
class BandRadiometry:
    """What turns the counts of one band into reflectance: (counts − dark) × vignetting / (gain × exposure) / light.

    ``capture`` joins the bands of one moment. ``irradiance`` is that of the light sensor, NaN where there was none;
    in W m-2 nm-1 where ``absolute``, else in the camera's own unit: reflectance is then known up to a factor a band.
    ``row_model`` is MicaSense's (a1, a2, a3). ``vignette_radial`` are coefficients of r, r², ... in pixels from
    ``vignette_centre``; the image is divided by 1 + Σ k rⁿ if ``vignette_divides``, else multiplied.
    ``vignette_surface`` are (power of x, power of y, coefficient) over the unit square, by which it is divided.
    """

    capture: str
    band: str
    dark_level: float
    exposure_s: float
    gain: float
    irradiance: float
    absolute: bool = False
    row_model: tuple[float, float, float] = (1.0, 0.0, 0.0)
    vignette_centre: tuple[float, float] | None = None
    vignette_radial: tuple[float, ...] = ()
    vignette_divides: bool = True
    vignette_surface: tuple[tuple[int, int, float], ...] = ()


@dataclass(frozen=True)
class Frame:
    """One photo: where its pixels are, its camera, its tagged pose, and the other tags that can contradict it.

    ``item`` is the name shown to people. Pixels are read only by `ingest.images.read.read_image`. ``time`` is UTC or
    None; ``flight_yaw_rad`` the airframe's heading; ``target_distance_m`` the laser range; ``kind`` one of
    ``rgb``, ``thermal``, ``multispectral``; ``tags`` the few raw tags kept as evidence (Software, Orientation,
    RtkFlag, ...). ``radiometry`` is there for bands of multispectral cameras.
    """

    item: str
    path: Path
    camera: Camera
    pose: Pose
    time: datetime | None = None
    kind: str = "rgb"
    band: str = ""
    flight_yaw_rad: float | None = None
    target_distance_m: float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    radiometry: BandRadiometry | None = None


# --- sites ---------------------------------------------------------------------------------------------------------


class CrsSource(StrEnum):
    """How the coordinate system of a record became known."""

    DECLARED = "declared"
    GUESSED = "guessed"
    UNKNOWN = "unknown"

    @property
    def phrase(self) -> Phrase:
        """The same, for a sentence."""
        return Phrase(_CRS_CODES[self.value])


_CRS_CODES = {"declared": "crs_declared", "guessed": "crs_guessed", "unknown": "crs_unknown"}


@dataclass(frozen=True)
class Visited:
    """A past entry into a site: the day, ``daily``, ``special`` or ``case``, and the result as registered."""

    day: date
    kind: str
    result: str = ""


@dataclass(frozen=True)
class SitePlace:
    """One of the places where a site may stand: WGS 84 degrees, standard deviation per axis, probability.

    ``crs`` is the system in which its numbers are read there, ``gate`` where its gate is then, None where unknown.
    """

    lon: float
    lat: float
    sd_m: float
    probability: float
    crs: str
    gate: shapely.Point | None = None


@dataclass(frozen=True)
class Permitted:
    """How much of one pollutant a permit allows: kg an hour, t a year, each None where it is not stated.

    ``species`` is the register's own word; empty where the row states one amount without a name.
    """

    species: str
    kg_h: float | None = None
    t_a: float | None = None


@dataclass(frozen=True)
class Site:
    """One plant with one gate: the unit of a visit (not the company, which may own several sites).

    ``lon``/``lat`` are WGS 84 degrees of the site's reference point, ``position_sd_m`` its standard deviation per
    axis there. Where its place is in doubt that is the likeliest one, ``elsewhere`` are the others and `places` all
    of them; ``crs`` and ``gate`` go with the likeliest. ``parcel`` and ``stacks`` are WGS 84 geometries.
    ``origins`` names the register from which each fact came, by the fact's name.
    ``site_id`` is the permit code where there is one, else ``<USCC>@<lon>,<lat>``, else the register's own key.
    """

    site_id: str
    name: str
    lon: float
    lat: float
    position_sd_m: float
    crs: str
    crs_source: CrsSource
    permit_code: str = ""
    uscc: str = ""
    address: str = ""
    industry_code: str = ""
    species: tuple[str, ...] = ()
    management_class: str = ""
    credit: str = ""
    grade: str = ""
    disclosure: str = ""
    permit_valid_to: date | None = None
    gate: shapely.Point | None = None
    parcel: shapely.Polygon | None = None
    stacks: tuple[shapely.Point, ...] = ()
    visited: tuple[Visited, ...] = ()
    sources: tuple[str, ...] = ()
    district: str = ""
    park: str = ""
    origins: Mapping[str, str] = field(default_factory=dict, hash=False)
    elsewhere: tuple[SitePlace, ...] = ()
    permitted: tuple[Permitted, ...] = ()

    @property
    def places(self) -> tuple[SitePlace, ...]:
        """Every place where the site may stand, the likeliest first; their probabilities sum to one."""
        share = 1.0 - sum(place.probability for place in self.elsewhere)
        return (SitePlace(self.lon, self.lat, self.position_sd_m, share, self.crs, self.gate), *self.elsewhere)


# --- traces and cubes ----------------------------------------------------------------------------------------------

_CF_COORDINATES = {
    "lon": {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
    "lat": {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
}


def new_trace(
    trajectory: str,
    time: NDArray[np.datetime64],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    variables: Mapping[str, tuple[NDArray[np.float64], Mapping[str, str]]],
    *,
    qc_flag: NDArray[np.uint32] | None = None,
) -> xr.Dataset:
    """Build a trace that passes `check_trace`: rows are sorted by time, everything carries its CF attributes.

    Parameters
    ----------
    trajectory : str
        Name of the outing, unique in a mission.
    time, lon, lat : arrays, shape (obs,)
        UTC datetime64; WGS 84 degrees, NaN where unknown. Times must be unique: resolve duplicates first.
    variables : mapping of name to (values, attrs)
        Values of shape (obs,); attrs hold at least ``units``; a species also ``species`` and ``instrument``.
    qc_flag : array of uint32, shape (obs,), optional
        Zero where not given.

    Raises
    ------
    ContractError
        If lengths differ, times repeat, or a variable has no units.
    """
    ordered = bool((np.diff(np.asarray(time, "datetime64[ns]")) >= np.timedelta64(0, "ns")).all())
    order = slice(None) if ordered else np.argsort(time, kind="stable")  # no copy of a day's data that is in order
    flags = np.zeros(len(time), np.uint32) if qc_flag is None else np.asarray(qc_flag, np.uint32)
    data: dict[str, tuple[str, NDArray[np.float64] | NDArray[np.uint32], dict[str, object]]] = {
        "qc_flag": ("obs", flags[order], flag_attributes())
    }
    for name, (values, attrs) in variables.items():
        if len(values) != len(time):
            raise ContractError(f"{trajectory}: {name} has {len(values)} values for {len(time)} times")
        data[name] = ("obs", np.asarray(values, np.float64)[order], dict(attrs))
    coords = {
        "time": ("obs", np.asarray(time, "datetime64[ns]")[order], {"standard_name": "time", "axis": "T"}),
        "lon": ("obs", np.asarray(lon, np.float64)[order], _CF_COORDINATES["lon"]),
        "lat": ("obs", np.asarray(lat, np.float64)[order], _CF_COORDINATES["lat"]),
        "trajectory": ((), trajectory, {"cf_role": "trajectory_id", "long_name": "name of the outing"}),
    }
    trace = xr.Dataset(data, coords, {"Conventions": "CF-1.11", "featureType": "trajectory"})
    check_trace(trace)
    return trace


def species_names(dataset: xr.Dataset) -> tuple[str, ...]:
    """Names of the variables that hold a measured species, in file order."""
    return tuple(str(name) for name, variable in dataset.data_vars.items() if "species" in variable.attrs)


def check_trace(trace: xr.Dataset) -> None:
    """Raise `ContractError` unless ``trace`` is what the module docstring describes."""
    for name in ("time", "lon", "lat", "trajectory", "qc_flag"):
        if name not in trace.variables:
            raise ContractError(f"a trace needs {name!r}; found {sorted(map(str, trace.variables))}")
    label = str(trace["trajectory"].values)
    time = trace["time"].values
    if time.dtype != np.dtype("datetime64[ns]"):
        raise ContractError(f"{label}: time is {time.dtype}, expected datetime64[ns] in UTC")
    if np.isnat(time).any() or not (np.diff(time) > np.timedelta64(0, "ns")).all():
        raise ContractError(f"{label}: times must be valid and strictly increasing")
    if trace["qc_flag"].dtype != np.uint32:
        raise ContractError(f"{label}: qc_flag is {trace['qc_flag'].dtype}, expected uint32")
    for name, bound in (("lon", 180.0), ("lat", 90.0)):
        values = trace[name].values
        if (np.abs(values[np.isfinite(values)]) > bound).any():
            raise ContractError(f"{label}: {name} beyond ±{bound}")
    for key, variable in trace.data_vars.items():
        if variable.dims == ("obs",) and variable.dtype.kind == "f" and "units" not in variable.attrs:
            raise ContractError(f"{label}: variable {key!r} has no units")


def check_monitor(series: xr.Dataset) -> None:
    """Raise `ContractError` unless ``series`` is a monitor series as the module docstring describes it."""
    label = f"{series.attrs.get('source', '')} {series.attrs.get('point', '')}".strip() or "monitor series"
    if "time" not in series.coords or series["time"].dtype != np.dtype("datetime64[ns]"):
        raise ContractError(f"{label}: needs a time coordinate in datetime64[ns], UTC")
    time = series["time"].values
    if np.isnat(time).any() or not (time[1:] > time[:-1]).all():
        raise ContractError(f"{label}: times must be valid and strictly increasing")
    if series.attrs.get("interval") not in INTERVALS:
        raise ContractError(f"{label}: interval is {series.attrs.get('interval')!r}, expected one of {INTERVALS}")
    missing = {"mn", "point", "permit_code", "uscc", "site_name", "source"} - set(map(str, series.attrs))
    if missing:
        raise ContractError(f"{label}: attributes missing: {sorted(missing)}")
    for key, variable in series.data_vars.items():
        if is_mark(str(key)):
            _check_mark(variable, f"{label}: mark {key!r}")
        elif variable.dtype.kind == "f" and "units" not in variable.attrs:
            raise ContractError(f"{label}: variable {key!r} has no units")
    _check_position(series, label)


def is_mark(name: str) -> bool:
    """Whether a variable of a monitor series with this name is one of marks."""
    return name == "mark" or name.endswith("_mark")


def _check_mark(variable: xr.DataArray, label: str) -> None:
    values = np.atleast_1d(variable.attrs.get("flag_values", ()))
    if variable.dtype.kind != "i" or values.dtype != variable.dtype:
        raise ContractError(f"{label} is {variable.dtype}, expected integers with flag_values of the same type")
    if len(values) != len(str(variable.attrs.get("flag_meanings", "")).split()):
        raise ContractError(f"{label}: flag_meanings are not one word for each of flag_values")
    strange = np.setdiff1d(variable.values, values)
    if len(strange):
        raise ContractError(f"{label}: {strange[:5].tolist()} are not among flag_values")


def _check_position(series: xr.Dataset, label: str) -> None:
    for names, shape in ((("lon", "lat"), ()), (("path_lon", "path_lat"), (2,)), (("height",), ())):
        there = [name for name in names if name in series.coords]
        if there and (len(there) < len(names) or any(series[name].shape != shape for name in there)):
            raise ContractError(f"{label}: a position needs {' and '.join(names)} of shape {shape}")
        for name, bound in zip(there, (180.0, 90.0), strict=False):
            if name != "height" and not (np.abs(series[name].values) <= bound).all():
                raise ContractError(f"{label}: {name} beyond ±{bound}")


def check_cube(cube: xr.Dataset) -> None:
    """Raise `ContractError` unless ``cube`` has dims (pass, y, x), a grid mapping and units on every layer."""
    missing = {"pass", "y", "x"} - set(map(str, cube.dims))
    if missing:
        raise ContractError(f"a cube needs dims pass, y, x; missing {sorted(missing)}")
    if "spatial_ref" not in cube.coords:
        raise ContractError("a cube needs the grid mapping variable 'spatial_ref'")
    for layer, variable in cube.data_vars.items():
        if {"y", "x"} <= set(map(str, variable.dims)) and "units" not in variable.attrs:
            raise ContractError(f"cube layer {layer!r} has no units")
