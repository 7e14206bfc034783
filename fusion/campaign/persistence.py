"""Hotspots over missions: emerging, persistent, fading, or now and then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from fusion.cube.build import cell_mean
from fusion.cube.grid import geobox_of, project
from fusion.schema import Hotspot
from fusion.settings import FusionSettings
from ingest.errors import ContractError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Persistence:
    """What became of one hotspot from mission to mission.

    ``kind`` is ``"persistent"``, ``"emerging"``, ``"fading"``, ``"intermittent"`` or ``"one mission"`` (no other went
    there). ``crossed`` and ``seen`` name the missions that went through its cells and those that saw it, in order of
    time; ``enhancement`` is the mean of each that crossed, in the unit of the hotspot. ``tau`` and ``p_value`` are
    Kendall's rank correlation of enhancement with time and its two-sided p (NaN below three missions).
    """

    hotspot_id: str
    kind: str
    crossed: tuple[str, ...]
    seen: tuple[str, ...]
    enhancement: tuple[float, ...]
    tau: float
    p_value: float


def follow_hotspots(
    campaign: xr.Dataset, hotspots: Sequence[Hotspot], settings: FusionSettings | None = None
) -> tuple[Persistence, ...]:
    """Say of every hotspot of a campaign how it came and went.

    Missions that did not go there say nothing. Seen by all that did (but one in ten): persistent. Seen only by the
    last ones: emerging; only by the first ones: fading. Otherwise the trend of the mean enhancement decides (Mann
    1945, doi:10.2307/1907187: Kendall's tau against time), and without one it is intermittent.

    Parameters
    ----------
    campaign : Dataset, dims (pass, y, x)
        From `open_campaign`, with ``mission`` (pass).
    hotspots : sequence of Hotspot
        From `find_hotspots` on it.
    settings : FusionSettings, optional

    Raises
    ------
    ContractError
        If the cube does not say which mission a pass belongs to.
    """
    settings = settings or FusionSettings()
    if "mission" not in campaign.coords:
        raise ContractError("the cube has no coordinate 'mission'; open it with fusion.campaign.store.open_campaign")
    return tuple(_follow(campaign, hotspot, settings) for hotspot in hotspots)


def _follow(campaign: xr.Dataset, hotspot: Hotspot, settings: FusionSettings) -> Persistence:
    missions = campaign["mission"].values
    inside = _cells_inside(campaign, hotspot.polygon)
    name = hotspot.species
    here = campaign.isel(y=inside[0], x=inside[1])[[f"{name}_count", f"{name}_sum"]].compute()
    within = xr.DataArray(inside[2], dims=("y", "x"))
    means = cell_mean(here, name, per_pass=True).where(within).mean(("y", "x")).values
    crossed = [str(m) for m in dict.fromkeys(missions[np.isfinite(means)])]
    values = np.array([float(np.nanmean(means[missions == m])) for m in crossed])
    by = {str(m) for m in missions[np.isin(campaign["pass_label"].values, hotspot.seen_by)]}
    seen = np.array([m in by for m in crossed], bool)
    tau, p = stats.kendalltau(np.arange(values.size), values) if values.size > 2 else (np.nan, np.nan)
    kind = _kind(seen, float(tau), float(p), settings)
    names = tuple(m for m, s in zip(crossed, seen, strict=True) if s)
    return Persistence(hotspot.id, kind, tuple(crossed), names, tuple(values.tolist()), float(tau), float(p))


def _kind(seen: NDArray[np.bool_], tau: float, p: float, settings: FusionSettings) -> str:
    if seen.size < 2:
        return "one mission"
    if seen.mean() >= settings.persistent_share:
        return "persistent"
    first, last = int(np.argmax(seen)), seen.size - 1 - int(np.argmax(seen[::-1]))
    unbroken = bool(seen.any()) and bool(seen[first : last + 1].all())
    if unbroken and last == seen.size - 1:
        return "emerging"
    if unbroken and first == 0:
        return "fading"
    if p <= settings.alpha:
        return "emerging" if tau > 0 else "fading"
    return "intermittent"


def _cells_inside(
    cube: xr.Dataset, polygon: shapely.Polygon | shapely.MultiPolygon
) -> tuple[slice, slice, NDArray[np.bool_]]:
    """Rows and columns around a WGS 84 polygon, and which of their cells have their centre in it."""
    crs = str(geobox_of(cube).crs)

    def forward(points: Floats) -> Floats:
        return np.column_stack(project(points[:, 0], points[:, 1], crs))

    plane = shapely.transform(polygon, forward)
    left, bottom, right, top = plane.bounds
    x, y = cube["x"].values, cube["y"].values
    columns = slice(int(np.searchsorted(x, left)), int(np.searchsorted(x, right)))
    rows = slice(int(np.searchsorted(-y, -top)), int(np.searchsorted(-y, -bottom)))
    xx, yy = np.meshgrid(x[columns], y[rows])
    return rows, columns, np.asarray(shapely.contains_xy(plane, xx, yy), bool)
