"""Elevation models (GeoTIFF): heights around a flight, and whether they are known above the ellipsoid.

A flight has its own vertical frame (docs/coordinates.md): a DEM is brought into it by its own height at the take-off
point, so that its datum cancels. Only where heights of photos are ellipsoidal and nothing tells their height above
take-off, the DEM's datum matters: then a geoid comes from PROJ's grids or is declared. A "ballpark" of PROJ, which
leaves the geoid out (tens of metres), is refused.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
import xarray as xr
from pyproj import CRS, Transformer
from pyproj.transformer import TransformerGroup
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window, from_bounds

from ingest.coordinates import metres_per_degree, transformer_to
from ingest.errors import ContractError, FileError, SettingError
from ingest.outcome import Decision, Outcome, Phrase, Value
from ingest.schema import Frame

_MAX_SIDE = 4000
_METRES = {"metre": 1.0, "meter": 1.0, "m": 1.0, "us survey foot": 1200.0 / 3937.0, "foot": 0.3048, "ft": 0.3048}
# PROJ's name for a vertical step that only copies the height.
_BALLPARK = "ballpark vertical"
# Words of `vertical_crs` that are no names of a datum.
_DATUM_CODES = {"ellipsoid": "heights_ellipsoidal", "unknown": "heights_of_unknown_datum"}


def read_elevation(
    path: Path, item: str, *, lon: tuple[float, float], lat: tuple[float, float], margin_m: float = 500.0
) -> Outcome[xr.DataArray]:
    """Read the part of a DEM around a flight; very fine ones are averaged to at most 4000 cells a side.

    Parameters
    ----------
    path : Path
    item : str
        Name for messages.
    lon, lat : smallest and largest
        WGS 84 degrees of the photos.
    margin_m : float
        How far beyond the photos ground may be seen.

    Returns
    -------
    Outcome of DataArray, dims (y, x)
        Heights [m], NaN where the file has none, at cell centres; ``attrs["crs"]`` is the horizontal CRS and
        ``attrs["vertical"]`` the vertical one ("ellipsoid", an EPSG code, or "unknown").

    Raises
    ------
    FileError
        If the file cannot be read, has no CRS, no heights, or does not cover the flight.
    """
    try:
        with rasterio.open(path) as file:
            if file.crs is None:
                raise FileError(item, "raster_without_crs")
            whole = CRS.from_wkt(file.crs.to_wkt())
            window, reduce = _window(file, whole, lon, lat, margin_m, item)
            shape = (max(1, round(window.height / reduce)), max(1, round(window.width / reduce)))
            band = file.read(1, window=window, out_shape=shape, masked=True, resampling=Resampling.average)
            corner = file.window_transform(window)
            unit = (file.units[0] or "metre").lower()
    except RasterioError as error:
        raise FileError(item, "raster_unreadable", {"error": str(error)}) from error
    if unit not in _METRES:
        raise FileError(item, "heights_in_unknown_unit", {"unit": unit})
    heights = np.ma.filled(band.astype(float), np.nan) * _METRES[unit]
    if not np.isfinite(heights).any():
        raise FileError(item, "no_heights_around_photos")
    step_x, step_y = corner.a * window.width / shape[1], corner.e * window.height / shape[0]
    x = corner.c + step_x * (np.arange(shape[1]) + 0.5)
    y = corner.f + step_y * (np.arange(shape[0]) + 0.5)
    attrs = {"units": "m", "crs": _horizontal(whole).to_wkt(), "vertical": vertical_crs(whole)}
    dem = xr.DataArray(heights, {"y": y, "x": x}, ("y", "x"), attrs=attrs)
    decision = Decision(
        item, "ground_of_elevation_model",
        {"columns": shape[1], "rows": shape[0], "cell": abs(step_x), "datum": _datum(attrs["vertical"])},
    )  # fmt: skip
    return Outcome(dem, (decision,))


def elevation_of_flight(path: Path, item: str, frames: Sequence[Frame]) -> Outcome[xr.DataArray]:
    """Read the part of a DEM that the photos of a flight may see: see `read_elevation`."""
    lon, lat = [f.pose.lon for f in frames], [f.pose.lat for f in frames]
    return read_elevation(path, item, lon=(min(lon), max(lon)), lat=(min(lat), max(lat)))


def vertical_crs(crs: CRS) -> str:
    """Name the vertical datum of a CRS: ``ellipsoid`` for a 3-D one, an EPSG code, or ``unknown`` for a plane one."""
    if crs.is_compound:
        part = crs.sub_crs_list[1]
        code = part.to_epsg()
        return f"EPSG:{code}" if code else part.name
    return "ellipsoid" if len(crs.axis_info) == 3 else "unknown"


def ellipsoid_heights(dem: xr.DataArray, *, geoid_height_m: float) -> Outcome[xr.DataArray]:
    """Bring a DEM to heights above the WGS 84 ellipsoid.

    Parameters
    ----------
    dem : DataArray
        As `read_elevation` gives it.
    geoid_height_m : float
        Declared height of the DEM's zero above the ellipsoid [m], NaN where none is declared: added to every height.

    Raises
    ------
    SettingError
        If the datum is unknown or PROJ has no grid for it, and no geoid height is declared.
    """
    vertical = str(dem.attrs.get("vertical", "unknown"))
    if vertical == "ellipsoid":
        return Outcome(dem)
    if math.isfinite(geoid_height_m):
        lifted = (dem + geoid_height_m).assign_attrs({**dem.attrs, "vertical": "ellipsoid"})
        decision = Decision(
            "elevation model", "heights_lifted_as_declared",
            {"geoid_height_m": geoid_height_m, "datum": _datum(vertical)},
        )  # fmt: skip
        return Outcome(lifted, (decision,))
    declare = "declare imagery.geoid_height_m in mission.toml (height of the DEM's zero above the ellipsoid)"
    if vertical == "unknown":
        raise SettingError(f"the elevation model does not say above what its heights are; {declare}")
    return _by_proj(dem, vertical, declare)


def _by_proj(dem: xr.DataArray, vertical: str, declare: str) -> Outcome[xr.DataArray]:
    source = CRS.from_user_input(f"{_code(CRS.from_user_input(dem.attrs['crs']))}+{vertical.removeprefix('EPSG:')}")
    with warnings.catch_warnings():
        # PROJ warns that its best operation lacks a grid; that is exactly what is looked for here.
        warnings.simplefilter("ignore", UserWarning)
        group = TransformerGroup(source, CRS.from_epsg(4979), always_xy=True)
    usable = [t for t in group.transformers if _BALLPARK not in t.description and t.accuracy >= 0]
    if not usable:
        grids = sorted({g.short_name for op in group.unavailable_operations for g in op.grids if not g.available})
        missing = f" (missing: {', '.join(grids)})" if grids else ""
        raise SettingError(
            f"PROJ knows only a ballpark from {vertical} to the ellipsoid, tens of metres wrong{missing}: "
            f"install the grid with projsync, or {declare}"
        )
    return _lifted(dem, usable[0], vertical)


def _lifted(dem: xr.DataArray, transformer: Transformer, vertical: str) -> Outcome[xr.DataArray]:
    x, y = np.meshgrid(dem["x"].values, dem["y"].values)
    _, _, height = transformer.transform(x, y, np.nan_to_num(dem.values))
    lifted = dem.copy(data=np.where(np.isfinite(dem.values), height, np.nan))
    lifted.attrs["vertical"] = "ellipsoid"
    shift = float(np.nanmedian(lifted.values - dem.values))
    decision = Decision(
        "elevation model", "heights_lifted_by_proj",
        {"datum": vertical, "operation": transformer.description, "shift_m": shift},
    )  # fmt: skip
    return Outcome(lifted, (decision,))


def _datum(vertical: str) -> Value:
    """A datum as `vertical_crs` names it, for a sentence."""
    return Phrase(_DATUM_CODES[vertical]) if vertical in _DATUM_CODES else vertical


def _code(crs: CRS) -> str:
    authority = crs.to_authority()
    if authority is None:
        raise SettingError(f"the elevation model's CRS {crs.name!r} has no code; reproject it to an EPSG system")
    return f"{authority[0]}:{authority[1]}"


def _horizontal(crs: CRS) -> CRS:
    if crs.is_compound:
        return crs.sub_crs_list[0]
    return crs.to_2d() if len(crs.axis_info) == 3 else crs


def _window(
    file: rasterio.DatasetReader,
    crs: CRS,
    lon: tuple[float, float],
    lat: tuple[float, float],
    margin_m: float,
    item: str,
) -> tuple[Window, int]:
    """The cells around the photos, and how many of them are averaged into one."""
    if file.transform.b or file.transform.d:
        raise ContractError(f"{item}: a rotated raster cannot be read as an elevation model; warp it first")
    east, north = metres_per_degree(lat[0])
    dlon, dlat = margin_m / max(east, 0.01 * north), margin_m / north
    try:
        to_dem = transformer_to(_horizontal(crs))
    except SettingError as error:
        raise FileError(item, error.phrase.code, error.phrase.values) from error
    box = to_dem.transform_bounds(lon[0] - dlon, lat[0] - dlat, lon[1] + dlon, lat[1] + dlat)
    wanted = from_bounds(*box, transform=file.transform).round_offsets().round_lengths()
    whole = Window(0, 0, file.width, file.height)
    middle = to_dem.transform(sum(lon) / 2, sum(lat) / 2)
    column, row = (middle[0] - file.transform.c) / file.transform.a, (middle[1] - file.transform.f) / file.transform.e
    if not (0 <= column < file.width and 0 <= row < file.height):
        raise FileError(item, "elevation_elsewhere")
    window = wanted.intersection(whole)
    return window, max(1, math.ceil(max(window.width, window.height) / _MAX_SIDE))
