"""One line per plume source, and one per pass that came by it, whether it saw the source or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import beta

from ingest.flags import is_usable
from numerics.compiled import compiled
from numerics.plane import plane_of
from tracks.schema import Track
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]


def list_sources(track: Track) -> pd.DataFrame:
    """Return one line per source: the plumes of one species that were seen at one place on one or more passes.

    Parameters
    ----------
    track : Track

    Returns
    -------
    pandas.DataFrame
        ``species, units, source, lon, lat`` (mean of the maxima's places, weighted by maximum), ``maximum, area,
        width_m`` (medians over plumes), ``first_seen, last_seen``, ``passes_seen, passes_crossed``, and their ratio
        ``seen_share`` with ``seen_low``, ``seen_high`` (95 %, Jeffreys).

    References
    ----------
    Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286 (Jeffreys' interval of a proportion).
    """
    table = track.plumes.to_dataframe()
    lines = []
    plane = plane_of(table["lon"].to_numpy(float), table["lat"].to_numpy(float))
    for (species, source), own in table.groupby(["species", "source"], sort=True):
        x, y = plane.forward(own["lon"].to_numpy(float), own["lat"].to_numpy(float))
        weight = own["maximum"].to_numpy(float)
        lon, lat = plane.inverse(np.array([np.average(x, weights=weight)]), np.array([np.average(y, weights=weight)]))
        seen, crossed = int(own["passes_seen"].iloc[0]), int(own["passes_crossed"].iloc[0])
        lines.append(
            {
                "species": species,
                "units": own["units"].iloc[0],
                "source": source,
                "lon": float(lon[0]),
                "lat": float(lat[0]),
                **{name: float(own[name].median()) for name in ("maximum", "area", "width_m")},
                "first_seen": own["peak_time"].min(),
                "last_seen": own["peak_time"].max(),
                "passes_seen": seen,
                "passes_crossed": crossed,
                "seen_share": seen / crossed,
                "seen_low": float(beta.ppf(0.025, seen + 0.5, crossed - seen + 0.5)) if seen else 0.0,
                "seen_high": float(beta.ppf(0.975, seen + 0.5, crossed - seen + 0.5)) if seen < crossed else 1.0,
            }
        )
    return pd.DataFrame(lines, columns=list(lines[0]) if lines else _COLUMNS)


_COLUMNS = [
    "species",
    "units",
    "source",
    "lon",
    "lat",
    "maximum",
    "area",
    "width_m",
    "first_seen",
    "last_seen",
    "passes_seen",
    "passes_crossed",
    "seen_share",
    "seen_low",
    "seen_high",
]


@compiled
def _nearest_rows(
    x: Floats, y: Floats, excess: Floats, passes: NDArray[np.int32], place: tuple[float, float], reach: float
) -> Floats:
    """Pass, nearest row, its distance and the largest excess of every pass with a row within ``reach``."""
    found = np.empty((16, 4))
    count = 0
    quiet = 0.0
    quiet_x = quiet_y = np.nan
    for i in range(len(x)):
        if passes[i] < 0 or np.isnan(x[i]) or np.hypot(x[i] - quiet_x, y[i] - quiet_y) < quiet:
            continue
        distance = np.hypot(x[i] - place[0], y[i] - place[1])
        if distance > reach:
            quiet, quiet_x, quiet_y = distance - reach, x[i], y[i]
            continue
        if count == 0 or found[count - 1, 0] != passes[i]:
            if count == len(found):
                grown = np.empty((2 * count, 4))
                grown[:count] = found
                found = grown
            found[count, 0], found[count, 1], found[count, 2], found[count, 3] = passes[i], i, distance, np.nan
            count += 1
        last = count - 1
        if distance < found[last, 2]:
            found[last, 1], found[last, 2] = i, distance
        if not np.isnan(excess[i]) and not found[last, 3] >= excess[i]:
            found[last, 3] = excess[i]
    return found[:count]


def list_crossings(track: Track, settings: TrackSettings) -> pd.DataFrame:
    """Return one line per source and pass that came within ``crossing_distance_m`` of it, whether it saw it or not.

    A pass that saw nothing bounds the source: had it emitted as usual, the enhancement would have exceeded the
    detection limit. Passes that saw the source only from further away are listed with the distance of their plume.

    Parameters
    ----------
    track : Track
    settings : TrackSettings

    Returns
    -------
    pandas.DataFrame
        ``species, units, source, trajectory, pass_index, time`` (of the nearest row), ``distance_m, seen``,
        ``maximum`` (largest usable enhancement within reach, NaN where no value was usable), ``detection_limit``.
    """
    passes, plumes = track.passes, track.plumes
    lon, lat = passes["lon"].values, passes["lat"].values
    plane = plane_of(lon, lat)
    x, y = plane.forward(lon, lat)
    usable = is_usable(passes["qc_flag"].values)
    parts = [pd.DataFrame(columns=_CROSSING)]
    for line in list_sources(track).itertuples():
        name = str(line.species)
        values = passes[f"{name}_enhancement"]
        excess = np.where(usable & is_usable(passes[f"{name}_qc"].values), values.values, np.nan)
        px, py = plane.forward(np.array([line.lon]), np.array([line.lat]))
        place = (float(px[0]), float(py[0]))
        found = _nearest_rows(x, y, excess, passes["pass_index"].values, place, settings.crossing_distance_m)
        own = (plumes["species"].values == name) & (plumes["source"].values == line.source)
        found = np.concatenate([found, _from_afar(plumes.isel(plume=np.flatnonzero(own)), found, (x, y), place)])
        found = found[np.argsort(found[:, 1])]
        parts.append(
            pd.DataFrame(
                {
                    "species": name,
                    "units": line.units,
                    "source": line.source,
                    "trajectory": str(passes["trajectory"].values),
                    "pass_index": found[:, 0].astype(np.int32),
                    "time": passes["time"].values[found[:, 1].astype(np.int64)],
                    "distance_m": found[:, 2],
                    "seen": np.isin(found[:, 0], plumes["pass_index"].values[own]),
                    "maximum": found[:, 3],
                    "detection_limit": float(values.attrs["detection_limit"]),
                }
            )
        )
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


_CROSSING = [
    "species",
    "units",
    "source",
    "trajectory",
    "pass_index",
    "time",
    "distance_m",
    "seen",
    "maximum",
    "detection_limit",
]


def _from_afar(plumes: xr.Dataset, found: Floats, track: tuple[Floats, Floats], place: tuple[float, float]) -> Floats:
    """Lines of passes whose plume belongs to the source although they stayed out of reach."""
    rows = plumes["peak_row"].values
    number = plumes["pass_index"].values
    away = np.hypot(track[0][rows] - place[0], track[1][rows] - place[1])
    lines = np.column_stack([number, rows, away, plumes["maximum"].values]).astype(np.float64)
    lines = lines[np.lexsort([away, number])]
    first = np.append(True, np.diff(lines[:, 0]) != 0)[: len(lines)]
    return lines[first & ~np.isin(lines[:, 0], found[:, 0])]
