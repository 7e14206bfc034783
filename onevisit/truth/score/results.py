"""The files of a result folder and of a truth, opened once, with geometries in metres.

This is the one place outside of `ingest` that opens files: they are the program's own results, not a user's input.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from ingest.coordinates import to_grid
from ingest.errors import FileError
from ingest.species import species_of, species_of_word, substance_of


@dataclass(frozen=True)
class Feature:
    """One feature: its geometry in metres of the truth's CRS (None where it has none) and its properties."""

    shape: BaseGeometry | None
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Truth:
    """``truth.json`` and the folder that it lies in."""

    content: Mapping[str, Any]
    folder: Path
    crs: CRS

    def shape(self, geometry: Mapping[str, Any] | None) -> BaseGeometry | None:
        """A GeoJSON geometry of WGS 84 degrees, in metres."""
        return _metres(geometry, self.crs)

    def point(self, record: Mapping[str, Any]) -> shapely.Point:
        """The place of a record with ``lon`` and ``lat``, in metres."""
        x, y = to_grid(record["lon"], record["lat"], self.crs)
        return shapely.Point(float(x), float(y))


@dataclass(frozen=True)
class Results:
    """The features of every result file; None where the file is not there, because no stage wrote it."""

    folder: Path
    hotspots: Sequence[Feature] | None
    leads: Sequence[Feature] | None
    visits: Sequence[Feature] | None
    routes: Sequence[Feature] | None
    poses: Sequence[Feature] | None
    anomalies: Sequence[Feature] | None = None
    activity: Sequence[Feature] | None = None


def load_truth(path: Path) -> Truth:
    """Read ``truth.json``.

    Raises
    ------
    FileError
        If it is not there or is not a truth of a simulated mission.
    """
    content = _read_json(path)
    if not isinstance(content, dict) or content.get("version") != 1 or not {"sources", "doses"} <= content.keys():
        raise FileError(path.name, "not_a_truth")
    return Truth(content, path.parent, CRS.from_user_input(content["crs"]))


def load_results(folder: Path, truth: Truth) -> Results:
    """Read what ``process`` wrote.

    Raises
    ------
    FileError
        If a file is there and is not GeoJSON.
    """
    if not folder.is_dir():
        raise FileError(str(folder), "no_folder_of_results")
    names = ("hotspots", "leads", "visits", "routes", "poses", "anomalies", "activity")
    return Results(folder, *(_features(folder / f"{name}.geojson", truth.crs) for name in names))


def same_species(one: str, other: str) -> bool:
    """Whether two names mean the same species: ``PM2.5``, ``pm25`` and ``pm2p5`` do.

    Examples
    --------
    >>> same_species("PM2.5", "pm25"), same_species("TVOC", "tvoc_2"), same_species("CO", "co2")
    (True, True, False)
    """
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    species = species_of_word(name) or species_of(name)
    return substance_of(species.slug) if species else "".join(c for c in substance_of(name) if c.isalnum())


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FileError(path.name, "result_not_json", {"error": str(error)}) from error


def _features(path: Path, crs: CRS) -> Sequence[Feature] | None:
    if not path.is_file():
        return None
    content = _read_json(path)
    return [Feature(_metres(f.get("geometry"), crs), f.get("properties") or {}) for f in content["features"]]


def _metres(geometry: Mapping[str, Any] | None, crs: CRS) -> BaseGeometry | None:
    if geometry is None:
        return None

    def project(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_grid(lonlat[:, 0], lonlat[:, 1], crs))

    return shapely.transform(shapely.geometry.shape(dict(geometry)), project)
