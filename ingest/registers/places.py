"""Where a register says a site is: texts → numbers → WGS 84, with the coordinate system and where it came from.

Degrees may be WGS 84 (or CGCS2000, equal here), GCJ-02 or BD-09; metres may carry their zone number, or not; columns
may be swapped. What the values settle is settled, what they do not is left to `guess_crs` or stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ingest.coordinates import METRES_PER_DEGREE, is_mainland_china, metres_per_degree
from ingest.outcome import Decision, Phrase
from ingest.schema import CrsSource
from ingest.systems import (
    BD09,
    GCJ02,
    HYPOTHESES,
    WGS84,
    ImpossiblePlace,
    crs_name,
    settle_degrees,
    settle_metres,
    shape_to_wgs84,
    to_wgs84,
)
from ingest.text.spelled import parse_angle

__all__ = [
    "BD09",
    "GCJ02",
    "HYPOTHESES",
    "WGS84",
    "ImpossiblePlace",
    "OtherReading",
    "Place",
    "crs_name",
    "distance_m",
    "guess_crs",
    "read_place",
    "shape_to_wgs84",
    "to_wgs84",
]  # fmt: skip


@dataclass(frozen=True)
class OtherReading:
    """The same numbers read in another system: WGS 84 degrees, and how likely that is."""

    crs: str
    lon: float
    lat: float
    probability: float


@dataclass(frozen=True)
class Place:
    """A position as written and as understood.

    ``x``, ``y`` are the numbers, easting or longitude first; ``crs`` their system, ``crs_source`` how it is known.
    ``rounding_m`` is half of the last written digit on the ground; ``notes`` say what was repaired or guessed, of an
    item that the caller knows. ``others`` are the systems in which the numbers may be instead.
    """

    x: float
    y: float
    crs: str
    crs_source: CrsSource
    lon: float
    lat: float
    rounding_m: float = 0.0
    notes: tuple[Decision, ...] = ()
    others: tuple[OtherReading, ...] = ()

    @property
    def probability(self) -> float:
        """That of the place as it was read."""
        return 1.0 - sum(other.probability for other in self.others)

    def spots(self, *, least: float = 0.0) -> tuple[tuple[float, float], ...]:
        """WGS 84 longitude and latitude of every place that the numbers may mean, the likeliest first.

        Others than that count from the probability ``least`` on.
        """
        others = (other for other in self.others if other.probability >= least)
        return ((self.lon, self.lat), *((other.lon, other.lat) for other in others))

    def in_system(self, crs: str) -> tuple[float, float]:
        """WGS 84 longitude and latitude if the numbers were of this system."""
        return to_wgs84(self.x, self.y, crs)


def read_place(
    x_text: str, y_text: str, crs: str, *, near: tuple[float, float] | None = None, section: str = "registers"
) -> Place | None:
    """Understand a pair of coordinates, easting or longitude first as labelled.

    Parameters
    ----------
    x_text, y_text : str
        Texts of the two columns; None comes back if either is empty.
    crs : str
        Declared system (`crs_name`), empty if nobody said.
    near : (lon, lat), optional
        Where the other sites are: chooses among zones for metres without zone number.
    section : str
        Section of ``mission.toml`` in which a system can be declared.

    Raises
    ------
    ImpossiblePlace
        If the values fit no coordinate system that is declared or can be told from them.
    """
    if not x_text.strip() or not y_text.strip():
        return None
    x, y = parse_angle(x_text), parse_angle(y_text)
    if x is None or y is None:
        raise ImpossiblePlace(Phrase("coordinates_not_numbers", {"x": x_text, "y": y_text}))
    if x == 0.0 and y == 0.0:
        raise ImpossiblePlace(Phrase("coordinates_of_zero"))
    if abs(x) <= 180.0 and abs(y) <= 180.0:
        # The finer of the two: a spreadsheet drops trailing zeros.
        return _degrees(x, y, crs, min(_rounding_deg(x_text), _rounding_deg(y_text)) * METRES_PER_DEGREE)
    return _metres(x, y, crs, near, section)


def distance_m(lon: float, lat: float, shape: BaseGeometry) -> float:
    """Metres from a point to a WGS 84 geometry (0 inside), on a local plane; good to 1 % within 100 km."""
    scale = np.array(metres_per_degree(lat))
    local = shapely.transform(shape, lambda xy: (xy - np.array([lon, lat])) * scale)
    return float(local.distance(shapely.Point(0.0, 0.0)))


# --- degrees -------------------------------------------------------------------------------------------------------


def _degrees(x: float, y: float, crs: str, rounding_m: float) -> Place:
    settled = settle_degrees(x, y, crs)
    x, y, notes = settled.x, settled.y, settled.notes
    if crs:
        lon, lat = to_wgs84(x, y, crs)
        return Place(x, y, crs, CrsSource.DECLARED, lon, lat, rounding_m, notes)
    # Outside of China's box the three hypotheses are one: shifted systems are not used there.
    source = CrsSource.UNKNOWN if is_mainland_china(round(x, 2), round(y, 2)) else CrsSource.GUESSED
    return Place(x, y, WGS84, source, x, y, rounding_m, notes)


def _rounding_deg(text: str) -> float:
    """Half of the last written digit, for decimal degrees; 0 for degrees, minutes and seconds."""
    match = re.fullmatch(r"[-+]?\d+(?:\.(\d*))?", text.strip())
    return 0.5 * 10.0 ** -len(match.group(1) or "") if match else 0.0


# --- metres --------------------------------------------------------------------------------------------------------


def _metres(x: float, y: float, crs: str, near: tuple[float, float] | None, section: str) -> Place:
    settled = settle_metres(x, y, crs, near, section)
    lon, lat = to_wgs84(settled.x, settled.y, settled.crs)
    source = CrsSource.DECLARED if settled.crs == crs else CrsSource.GUESSED
    return Place(settled.x, settled.y, settled.crs, source, lon, lat, 0.5, settled.notes)


# --- the guess -----------------------------------------------------------------------------------------------------


def guess_crs(place: Place, references: Sequence[BaseGeometry], *, tolerance_m: float, margin: float) -> Place | None:
    """Choose among WGS 84, GCJ-02 and BD-09 the one that puts a site where its references are.

    Parameters
    ----------
    place : Place
        In degrees.
    references : geometries
        The site's own parcel, or its position in a register whose system is known (WGS 84).
    tolerance_m, margin : float
        The best hypothesis must be within the tolerance, and every other ``margin`` times further (or beyond).

    Returns
    -------
    Place, or None
        In the system that was found; None where the references do not tell.
    """
    distances = []
    for hypothesis in HYPOTHESES:
        lon, lat = to_wgs84(place.x, place.y, hypothesis)
        distances.append((min(distance_m(lon, lat, shape) for shape in references), hypothesis, lon, lat))
    distances.sort()
    (best, hypothesis, lon, lat), (second, *_) = distances[0], distances[1]
    if best > tolerance_m or second < max(margin * best, tolerance_m):
        return None
    apart = tuple(Phrase("distance_in_system", {"crs": name, "distance_m": value}) for value, name, *_ in distances)
    evidence = Phrase("distances_to_references", {"distances": apart})
    note = Decision("", "coordinates_read_as", {"crs": hypothesis}, evidence)
    return replace(place, crs=hypothesis, crs_source=CrsSource.GUESSED, lon=lon, lat=lat, notes=(*place.notes, note))
