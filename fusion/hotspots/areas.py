"""Candidate areas: the circle in which scores of all passes are highest, against whole passes shuffled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import xarray as xr
from numpy.typing import NDArray

from fusion.cube.grid import cell_centres, geobox_of, to_wgs84, unproject
from fusion.hotspots.agreement import score_passes
from fusion.hotspots.scan import scan_normal
from fusion.hotspots.significance import PassScores
from fusion.hotspots.surrogates import field_surrogates, rotation_surrogates
from fusion.settings import FusionSettings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOST_LOCATIONS = 800  # the scan looks at every pair of them, in every surrogate


@dataclass(frozen=True, eq=False)
class CandidateArea:
    """A circle (WGS 84) in which scores are higher than outside: where to look again, finer, not yet a hotspot.

    ``score_inside`` and ``score_outside`` are mean rank-normal scores; ``p_value`` is the probability of a circle
    with this likelihood ratio anywhere on the map without a source.
    """

    species: str
    polygon: shapely.Polygon | shapely.MultiPolygon
    lon: float
    lat: float
    radius_m: float
    passes: int
    llr: float
    score_inside: float
    score_outside: float
    p_value: float


def find_area(
    cube: xr.Dataset, name: str, settings: FusionSettings | None = None, *, surrogates: int = 99
) -> CandidateArea | None:
    """Find the circle of cells in which the scores of a species are highest over all passes, where it is significant.

    A source that makes a whole quarter somewhat high has no cell that stands out; a circle has. Kulldorff's scan with
    the normal model on rank-normal scores (`fusion.hotspots.scan`); the null shuffles whole passes, as for hotspots.
    Cells are joined by twos and fours until they are few enough to be scanned.

    Parameters
    ----------
    cube : Dataset
        Its touched cells: from `touch_cells`, or of an open campaign from `gather_cells`.
    name : str
        One of `cube_species`.
    settings : FusionSettings, optional
    surrogates : int
        Shuffled maps; the smallest p is 1 / (surrogates + 1).

    Returns
    -------
    CandidateArea or None
        None where nothing can be scored, or the circle is no higher than shuffled passes give.
    """
    settings = settings or FusionSettings()
    geobox = geobox_of(cube)
    width = geobox.shape[1]
    passes = score_passes(cube, name, settings)
    if not passes:
        return None
    place, location = _coarsened(passes, width)
    easting, northing = cell_centres(np.concatenate([p.cells for p in passes]), geobox)
    number = np.bincount(location)
    x, y = np.bincount(location, easting) / number, np.bincount(location, northing) / number
    scores = np.concatenate([p.scores for p in passes])
    rng = np.random.default_rng(settings.seed)
    draws = _shuffled(passes, surrogates, width, rng)
    cluster = scan_normal(x, y, location, scores, surrogates=draws)
    if cluster is None or cluster.p_value > settings.alpha:
        return None
    radius = max(cluster.radius, place / 2 * abs(geobox.affine.a))
    circle = shapely.Point(x[cluster.centre], y[cluster.centre]).buffer(radius)
    lon, lat = unproject(x[[cluster.centre]], y[[cluster.centre]], str(geobox.crs))
    within = np.isin(location, cluster.locations)
    owner = np.repeat(np.arange(len(passes)), [p.cells.size for p in passes])
    return CandidateArea(
        name,
        to_wgs84(circle, str(geobox.crs)),
        float(lon[0]),
        float(lat[0]),
        float(radius),
        int(np.unique(owner[within]).size),
        cluster.llr,
        cluster.mean_inside,
        cluster.mean_outside,
        cluster.p_value,
    )


def _coarsened(passes: Sequence[PassScores], width: int) -> tuple[int, Ints]:
    """Cells joined along each edge, and the location that the cells of every pass then fall into."""
    row, column = np.divmod(np.concatenate([p.cells for p in passes]), width)
    joined = 1
    while True:
        _, location = np.unique(row // joined * (width + 1) + column // joined, return_inverse=True)
        if location.max() < _MOST_LOCATIONS:
            return joined, np.asarray(location, np.int64)
        joined *= 2


def _shuffled(passes: Sequence[PassScores], number: int, width: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Scores of all passes, each rotated against its places (flights: a random field of its smoothness)."""
    drawn = []
    for p in passes:
        if p.area:
            drawn.append(field_surrogates(p.scores, *np.divmod(p.cells, width), number, rng))
        else:
            drawn.append(rotation_surrogates(p.scores, p.order, number, rng))
    for k in range(number):
        yield np.concatenate([columns[:, k] for columns in drawn])
