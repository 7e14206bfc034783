"""What the fusion room gives away, hotspots and who explains them, and what it is told of sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import shapely

Area = shapely.Polygon | shapely.MultiPolygon


@dataclass(frozen=True)
class Met:
    """One crossing of a place: when (UTC) and where its strongest value was met, and the pass that met it."""

    label: str
    start: datetime
    end: datetime
    lon: float
    lat: float


@dataclass(frozen=True, eq=False)
class Hotspot:
    """A place: enhancements of one species or more that one source could have made, on several passes or on one.

    ``species`` leads, ``others`` rose with it; ``unit`` and numbers are of the leading one. ``exhaust`` says that
    only tracers of exhaust rose, which vehicles emit too; ``snr`` is the strongest crossing over its noise, None
    where only cells agree. ``met`` are the crossings that it is made of, empty where only cells agree. ``polygon``
    (WGS 84) is the cells in which a crossing reaches half of its maximum. ``enhancement`` is the mean over the passes
    that saw it, ``enhancement_sd`` the standard deviation between its cell means, ``background`` the mean background
    there, all in ``unit``. ``p_value`` is the probability that chance makes one such place anywhere on the map
    without a source (1 where one pass met it); ``q_value`` the expected share of false ones among the places as sure.
    ``passes_crossed`` counts the drive passes that came by, ``passes_seen`` those of them that saw it. ``lon``,
    ``lat`` is where its strongest value was met (the strongest cell where only cells agree), ``position_error_m`` its
    standard error per axis. The wind is the vector mean around its crossings, or in the passes that saw its cells;
    ``wind_from_deg`` is None where it is calm or unknown.
    """

    id: str
    species: str
    unit: str
    polygon: Area
    cells: int
    area_m2: float
    enhancement: float
    enhancement_sd: float
    background: float
    p_value: float
    q_value: float
    passes_seen: int
    passes_crossed: int
    single_sighting: bool
    first_seen: datetime
    last_seen: datetime
    lon: float
    lat: float
    position_error_m: float
    wind_from_deg: float | None
    wind_speed: float | None
    trajectories: tuple[str, ...]
    seen_by: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    exhaust: bool = False
    snr: float | None = None
    met: tuple[Met, ...] = ()

    @property
    def tier(self) -> Literal["recurrent", "single"]:
        """``recurrent``: passes agree beyond chance; ``single``: one clear plume, or plumes that chance may join."""
        return "single" if self.single_sighting else "recurrent"

    @property
    def rank(self) -> tuple[bool, bool, float, float, str, float]:
        """Order of hotspots: recurrent first, exhaust alone later, the clearest before others; then by p."""
        return (self.single_sighting, self.exhaust, -(self.snr or 0.0), self.p_value, self.species, -self.enhancement)


@dataclass(frozen=True)
class Rate:
    """Posterior of an emission rate in (unit of the species) m3 s-1: median and central 90 % interval."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Ran:
    """Probability that a site ran while the plumes of a hotspot were met, as far as its records tell."""

    hotspot_id: str
    site_id: str
    chance: float


@dataclass(frozen=True)
class Earlier:
    """The probability that a site explained a hotspot of an earlier day; ``id`` names that hotspot among all days."""

    id: str
    site_id: str
    day: date
    probability: float


@dataclass(frozen=True)
class Testimony:
    """What one witness says of one site: ``kind`` and ``id`` of the witness, and its ratio.

    ``ratio`` is the likelihood of what it saw if the site is the source over its mean if anything else is, weighted
    by the probabilities of the other explanations as all other witnesses have them: so many times the odds of the
    site rise by hearing it.
    """

    kind: str
    id: str
    ratio: float


@dataclass(frozen=True)
class SiteProbability:
    """The probability that one site explains a hotspot, its distance and bearing from there, and its mean rate.

    ``rate`` is None where nothing supports one. ``place`` is the number of the place in `ingest.schema.Site.places`
    from which it explains the hotspot best, ``place_probability`` that of standing there if the site is the source.
    ``witnesses`` say one by one why: ``crossings`` are the plumes at the hotspot, ``silence`` what passes met and
    did not meet beside it; the others are `fusion.attribution.witnesses.KINDS`.
    """

    site_id: str
    probability: float
    distance_m: float
    bearing_deg: float
    rate: Rate | None = None
    place: int = 0
    place_probability: float = 1.0
    witnesses: tuple[Testimony, ...] = ()


@dataclass(frozen=True)
class SourceEstimate:
    """Where the source is and how much it emits, given that there is one, by the passes alone, without the register.

    ``position_sd_m`` is the root of the summed variances of easting and northing.
    """

    lon: float
    lat: float
    position_sd_m: float
    rate: Rate


@dataclass(frozen=True)
class Sighting:
    """What one pass met at a hotspot: the peak of its plume (None: nothing) at a place, and the wind of then.

    ``wind_from_deg`` is None in calm and where the wind is unknown, ``wind_m_s`` only where it is unknown;
    ``wind_sd_deg`` is the error of the plume's direction.
    """

    label: str
    lon: float
    lat: float
    peak: float | None
    wind_from_deg: float | None
    wind_sd_deg: float
    wind_m_s: float | None = None


@dataclass(frozen=True, eq=False)
class CredibleArea:
    """The smallest area that holds ``probability`` of the position of the source, given that there is one."""

    probability: float
    polygon: Area
    area_m2: float


@dataclass(frozen=True, eq=False)
class Attribution:
    """Probability of every candidate site, of an unlisted source, and of background or traffic; they sum to one.

    ``source`` and ``areas`` are there where the data support a place (`FusionSettings.located_m`), else a bearing.
    ``bearing_deg`` (from the hotspot towards the source, clockwise from north) is None where the data support no
    direction; ``half_width_deg`` is never below 2 sqrt(5² + σθ² + met²) (180 without a direction).
    ``explanation`` holds short parts for a person, ``evidence`` the numbers behind them.
    """

    hotspot_id: str
    sites: tuple[SiteProbability, ...]
    unlisted: float
    background: float
    none_of_these: float
    bearing_deg: float | None
    half_width_deg: float
    areas: tuple[CredibleArea, ...]
    explanation: tuple[str, ...]
    evidence: tuple[tuple[str, float], ...] = ()
    source: SourceEstimate | None = None
    sightings: tuple[Sighting, ...] = ()
