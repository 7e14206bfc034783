"""Sources at one place told apart by their fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree
from scipy.stats import chi2

from ingest.schema import species_names
from ingest.species import species_of
from numerics.plane import plane_of, seconds_since_start
from tracks.schema import Track
from tracks.settings import TrackSettings
from tracks.sources.fingerprints import Line, fingerprint

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Encounter:
    """One crossing of air with plumes of one or more species, and the ratios in it.

    ``place`` numbers places (maxima within ``source_distance_m``), ``kind`` the fingerprints met there, 0 the
    strongest; ``first_row`` to ``last_row`` are rows of the track's passes. ``ratios`` are York lines of every other
    species against ``reference``, the species with the highest signal over noise.
    """

    place: int
    kind: int
    pass_index: int
    first_row: int
    peak_row: int
    last_row: int
    lon: float
    lat: float
    snr: float
    reference: str
    ratios: Mapping[str, Line]


def tell_sources_apart(track: Track, settings: TrackSettings) -> tuple[Encounter, ...]:
    """Group a track's plumes into encounters, places, and kinds of source by fingerprint.

    Plumes of several species that overlap in time are one encounter. At each place the encounters are compared, the
    strongest first: one whose ratios agree with a kind already met (`same_source`) is of that kind, else it is a new
    one. A weak plume agrees with anything, and so joins the strongest kind. Water vapour and second forms of a
    species (``_dry``) are left out.

    Parameters
    ----------
    track : Track
    settings : TrackSettings

    Returns
    -------
    tuple of Encounter
        In order of time.
    """
    names = [n for n in species_names(track.passes) if not _is_second_form(n)]
    table = track.plumes.to_dataframe()
    table = table[table["species"].isin(names)].sort_values(["first_row", "last_row"])
    if not len(table):
        return ()
    ends = table["last_row"].cummax().to_numpy()
    passes = table["pass_index"].to_numpy()
    new = np.append(True, (table["first_row"].to_numpy()[1:] > ends[:-1]) | (np.diff(passes) != 0))
    met = [_encounter(track, own, names, settings) for _, own in table.groupby(np.cumsum(new))]
    return _kinds(met, _places(met, settings), settings)


def _is_second_form(name: str) -> bool:
    """Whether a variable tells nothing of its own: the dry form of a gas, or the water that makes the difference."""
    species = species_of(name)
    return species is not None and bool(species.dry_of or species.slug == "h2o")


def _encounter(track: Track, own: pd.DataFrame, names: list[str], settings: TrackSettings) -> Encounter:
    """One encounter from its overlapping plumes; the lines also see the air ``plume_gap_s`` before and after."""
    strongest = own.iloc[int(own["snr"].to_numpy().argmax())]
    first, last = int(own["first_row"].min()), int(own["last_row"].max())
    t = seconds_since_start(track.passes["time"].values)
    low = int(np.searchsorted(t, t[first] - settings.plume_gap_s))
    high = int(np.searchsorted(t, t[last] + settings.plume_gap_s, side="right")) - 1
    lines = fingerprint(track.passes, low, high, reference=str(strongest["species"]))
    return Encounter(
        place=0,
        kind=0,
        pass_index=int(strongest["pass_index"]),
        first_row=first,
        peak_row=int(strongest["peak_row"]),
        last_row=last,
        lon=float(strongest["lon"]),
        lat=float(strongest["lat"]),
        snr=float(strongest["snr"]),
        reference=str(strongest["species"]),
        ratios={name: line for name, line in lines.items() if name in names},
    )


def _places(met: list[Encounter], settings: TrackSettings) -> NDArray[np.int32]:
    """Number of the place of each encounter: maxima within ``source_distance_m``, single linkage."""
    lon, lat = np.array([e.lon for e in met]), np.array([e.lat for e in met])
    points = np.column_stack(plane_of(lon, lat).forward(lon, lat))
    pairs = KDTree(points).query_pairs(settings.source_distance_m, output_type="ndarray")
    links = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(len(met), len(met)))
    return np.asarray(connected_components(links, directed=False)[1], np.int32)


def _kinds(met: list[Encounter], places: NDArray[np.int32], settings: TrackSettings) -> tuple[Encounter, ...]:
    """Number the kinds at each place, compared with the strongest encounter of every kind."""
    kinds = np.zeros(len(met), np.int64)
    for place in np.unique(places):
        rows = np.flatnonzero(places == place)
        models: list[Encounter] = []
        for row in sorted(rows, key=lambda k: -met[k].snr):
            fits = (k for k, model in enumerate(models) if same_source(met[row], model, settings))
            kinds[row] = next(fits, len(models))
            if kinds[row] == len(models):
                models.append(met[row])
    return tuple(
        replace(one, place=int(place), kind=int(kind)) for one, place, kind in zip(met, places, kinds, strict=True)
    )


def same_source(a: Encounter, b: Encounter, settings: TrackSettings) -> bool:
    """True unless the ratios of two encounters contradict each other at the level ``fingerprint_p``.

    Both are vectors of species, known up to their strength: the test is the smallest chi-square of a − λ b over the
    strength λ, with the lines' standard deviations (widened where a line fits badly) and ``fingerprint_sd`` of each
    component, against the chi-square distribution with one degree of freedom less than species. No species has to be
    present in both.

    References
    ----------
    York et al. 2004, doi:10.1119/1.1632486 (errors in both, as in the lines themselves).
    """
    names = sorted({a.reference, *a.ratios} & {b.reference, *b.ratios})
    va, sa = _vector(a, names, settings)
    vb, sb = _vector(b, names, settings)
    known = np.isfinite(va + sa + vb + sb)
    if known.sum() < 2:
        return True
    va, sa, vb, sb = va[known], sa[known], vb[known], sb[known]
    scale = np.maximum(np.hypot(va, sa), 1e-300)
    va, sa, vb, sb = va / scale, sa / scale, vb / scale, sb / scale

    def mismatch(log_strength: float) -> float:
        strength = np.exp(log_strength)
        return float(((va - strength * vb) ** 2 / (sa**2 + (strength * sb) ** 2)).sum())

    guesses = np.log(np.maximum(np.abs(va) / np.maximum(np.abs(vb), 1e-12), 1e-12))
    fits = [
        minimize_scalar(mismatch, bounds=(g - 3, g + 3), method="bounded").fun for g in np.unique(guesses.round(3))
    ]
    return bool(chi2.sf(min(fits), known.sum() - 1) >= settings.fingerprint_p)


def _vector(one: Encounter, names: list[str], settings: TrackSettings) -> tuple[Floats, Floats]:
    """Amount of each species per unit of the encounter's reference, and its standard deviation."""
    value, sd = np.empty(len(names)), np.empty(len(names))
    for k, name in enumerate(names):
        if name == one.reference:
            value[k], sd[k] = 1.0, settings.fingerprint_sd
            continue
        line = one.ratios[name]
        spread = line.slope_sd * np.sqrt(max(line.goodness, 1.0))
        value[k], sd[k] = line.slope, np.hypot(spread, settings.fingerprint_sd * line.slope)
    return value, sd
