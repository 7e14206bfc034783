"""Segment maps: pass means on 30 m road segments, their median over drive passes, and how well it is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import binom

from ingest.flags import is_usable
from ingest.outcome import Decision, Outcome, Phrase
from ingest.roads.read import Roads
from ingest.schema import species_names
from tracks.schema import Track
from tracks.segments.matching import match_segments
from tracks.segments.network import RoadNetwork, cut_roads, roads_of_tracks
from tracks.settings import TrackSettings

Floats = NDArray[np.float64]

_SHARE_ON_ROADS = 0.5  # of moving rows; with fewer on them the streets are those of another place


@dataclass(frozen=True, eq=False)
class SegmentMap:
    """Road segments and what was measured on them.

    ``medians`` has dimensions ``segment`` (those with a pass; coordinate ``segment``, its number in ``network``) and
    ``species`` (coordinates ``species``, ``units``): ``value`` and ``enhancement`` (medians of pass means, in
    ``units``), each with ``_low`` and ``_high`` (95 % bootstrap interval, NaN below ``segment_min_passes`` passes),
    ``passes``, and the times ``first`` and ``last`` of these (NaT without a pass).
    """

    network: RoadNetwork
    medians: xr.Dataset

    @property
    def driven_again(self) -> int:
        """Number of segments with two passes or more."""
        return int((self.medians["passes"].values >= 2).any(axis=0).sum())

    @property
    def usual_length_m(self) -> float:
        """Median length of the segments with a pass, NaN where there are none."""
        lengths = self.network.lengths(self.medians["segment"].values)
        return float(np.median(lengths)) if len(lengths) else float("nan")


def map_segments(
    tracks: Sequence[Track], settings: TrackSettings, *, roads: Roads | None = None
) -> Outcome[SegmentMap]:
    """Median of the pass means of every species on every road segment, over all tracks.

    Every drive pass counts once on a segment, however long it stood there: this is what makes the median robust
    against a lorry in front or a red light. Without streets, or where less than half of the moving rows are on them,
    segments are made from the tracks themselves.

    Parameters
    ----------
    tracks : sequence of Track
    settings : TrackSettings
    roads : Roads, optional

    Returns
    -------
    Outcome of SegmentMap
        With a decision on where the segments come from.

    References
    ----------
    Apte et al. 2017, doi:10.1021/acs.est.7b00891 (30 m segments, median of drive-pass means); Efron 1979,
    doi:10.1214/aos/1176344552 (the bootstrap).
    """
    network, matched, decision = _matched(tracks, settings, roads)
    table = pass_means(tracks, matched)
    return Outcome(SegmentMap(network, _medians(table, settings)), (decision,))


def _matched(
    tracks: Sequence[Track], settings: TrackSettings, roads: Roads | None
) -> tuple[RoadNetwork, list[NDArray[np.int32]], Decision]:
    """Match every track to the streets, or to those of the tracks where the streets do not fit."""
    why = Phrase("no_street_network")
    if roads is not None and roads.lines:
        network = cut_roads(roads, tracks, settings)
        matched = [match_segments(track.passes, network, settings) for track in tracks]
        on, moving = _counts(tracks, matched, settings)
        why = Phrase(
            "rows_on_streets", {"count": on, "moving": moving, "distance_m": float(settings.match_distance_m)}
        )
        if on >= _SHARE_ON_ROADS * max(moving, 1):
            return network, matched, _decision(network, settings, why)
    network = roads_of_tracks(tracks, settings)
    matched = [match_segments(track.passes, network, settings) for track in tracks]
    return network, matched, _decision(network, settings, why)


def _decision(network: RoadNetwork, settings: TrackSettings, why: Phrase) -> Decision:
    """Say where the segments come from."""
    return Decision(
        "segments",
        "segments_from_streets" if network.source == "roads" else "segments_from_tracks",
        {"segments": network.segments, "length_m": settings.segment_m},
        why,
    )


def _counts(tracks: Sequence[Track], matched: list[NDArray[np.int32]], settings: TrackSettings) -> tuple[int, int]:
    on = sum(int((rows >= 0).sum()) for rows in matched)
    moving = sum(
        int(((t.passes["speed"].values >= settings.match_speed) & np.isfinite(t.passes["lon"].values)).sum())
        for t in tracks
    )
    return on, moving


def pass_means(tracks: Sequence[Track], matched: Sequence[NDArray[np.int32]]) -> pd.DataFrame:
    """Mean of every species over the rows of each drive pass on each segment; unusable values do not count.

    Parameters
    ----------
    tracks : sequence of Track
    matched : sequence of int32 array, shape (obs,)
        Of each track, from `tracks.segments.matching.match_segments`.

    Returns
    -------
    pandas.DataFrame
        ``species, units, trajectory, pass_index, segment, value, enhancement, first, last``, one row per pass and
        segment, tracks in order; the times are those of its first and last row there.
    """
    rows: dict[tuple[str, str], list[dict[str, NDArray[Any]]]] = {}
    for number, (track, segment) in enumerate(zip(tracks, matched, strict=True)):
        for key, columns in _usable(track, segment).items():
            own = {"trajectory": np.full(columns["segment"].size, number), **columns}
            rows.setdefault(key, []).append(own)
    labels = np.array([str(track.passes["trajectory"].values) for track in tracks], object)
    parts = []
    for (name, units), of_tracks in rows.items():
        frame = pd.DataFrame({key: np.concatenate([own[key] for own in of_tracks]) for key in of_tracks[0]})
        means = frame.groupby(["trajectory", "pass_index", "segment"], as_index=False).agg(
            value=("value", "mean"), enhancement=("enhancement", "mean"), first=("time", "min"), last=("time", "max")
        )
        parts.append(means.assign(trajectory=labels[means["trajectory"]], species=name, units=units))
    names = ["species", "units", "trajectory", "pass_index", "segment", "value", "enhancement", "first", "last"]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)


def _usable(track: Track, segment: NDArray[np.int32]) -> dict[tuple[str, str], dict[str, NDArray[Any]]]:
    """Of every species and unit the rows that count: pass, segment, value, enhancement and time."""
    passes = track.passes
    number, time = passes["pass_index"].values, passes["time"].values
    row_usable = (segment >= 0) & (number >= 0) & is_usable(passes["qc_flag"].values)
    found = {}
    for name in species_names(passes):
        values, excess = passes[name].values, passes[f"{name}_enhancement"].values
        good = np.flatnonzero(row_usable & is_usable(passes[f"{name}_qc"].values) & np.isfinite(excess))
        if good.size:
            found[name, str(passes[name].attrs["units"])] = {
                "pass_index": number[good],
                "segment": segment[good],
                "value": values[good],
                "enhancement": excess[good],
                "time": time[good],
            }
    return found


def bootstrap_medians(values: Floats) -> tuple[Floats, Floats]:
    """95 % bootstrap interval of the median of each row of ``values``, shape (segments, passes).

    Nothing is drawn: of n values, the chance that the median of a resample is at most the k-th is that of at least
    half of n draws falling among the lowest k, a binomial. The bounds are therefore values that occurred; for an even
    number the lower bound is that of the lower median and the upper that of the upper one. With few passes the
    interval is their range, which holds the true median in 1 − 2 (1/2)ⁿ of cases: 75 % for three passes, 94 % for
    five.

    References
    ----------
    Efron 1979, doi:10.1214/aos/1176344552, section 3 (the bootstrap distribution of a median).

    Examples
    --------
    >>> low, high = bootstrap_medians(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]))
    >>> float(low[0]), float(high[0])
    (1.0, 5.0)
    """
    count = values.shape[1]
    share = np.arange(1, count + 1) / count
    lower = int(np.argmax(binom.sf((count + 1) // 2 - 1, count, share) > 0.025))
    upper = int(np.argmax(binom.sf(count // 2, count, share) >= 0.975))
    ordered = np.sort(values, axis=1)
    return ordered[:, lower], ordered[:, upper]


def _medians(table: pd.DataFrame, settings: TrackSettings) -> xr.Dataset:
    """Median, interval and number of passes by species and segment."""
    keys = table[["species", "units"]].drop_duplicates().sort_values(["species", "units"])
    segments = np.sort(table["segment"].unique()).astype(np.int64)
    shape = (len(keys), len(segments))
    names = [f"{what}{end}" for what in ("value", "enhancement") for end in ("", "_low", "_high")]
    out = {name: np.full(shape, np.nan) for name in names}
    passes = np.zeros(shape, np.int32)
    times = {name: np.full(shape, np.datetime64("NaT", "ns")) for name in ("first", "last")}
    for k, (name, units) in enumerate(keys.itertuples(index=False)):
        own = table[(table["species"] == name) & (table["units"] == units)].sort_values("segment", kind="stable")
        place = np.searchsorted(segments, own["segment"].to_numpy(np.int64))
        passes[k] = np.bincount(place, minlength=len(segments))
        for what in ("value", "enhancement"):
            columns = _by_count(own[what].to_numpy(np.float64), passes[k], settings)
            for end, column in zip(("", "_low", "_high"), columns, strict=True):
                out[f"{what}{end}"][k] = column
        places = np.unique(place)
        for name, extreme in (("first", "min"), ("last", "max")):
            times[name][k, places] = own.groupby("segment")[name].agg(extreme).to_numpy("datetime64[ns]")
    dims = ("species", "segment")
    variables = {name: (dims, values, _about(name)) for name, values in out.items()}
    counted = {"passes": (dims, passes, {"units": "1", "long_name": "drive passes with a usable value"})}
    seen = {name: (dims, values, {"long_name": f"time of the {name} usable value"}) for name, values in times.items()}
    coords = {
        "species": ("species", keys["species"].to_numpy(str)),
        "units": ("species", keys["units"].to_numpy(str)),
        "segment": ("segment", segments, {"long_name": "number of the road segment"}),
    }
    # Without indexes, as traces have none: what is stored between runs holds arrays only.
    return xr.Dataset({**variables, **counted, **seen}, xr.Coordinates(coords, indexes={}))


def _by_count(values: Floats, counts: NDArray[np.int32], settings: TrackSettings) -> tuple[Floats, Floats, Floats]:
    """Median, low and high per place, NaN without values; places with the same number of passes are done together.

    ``values`` are in order of places, ``counts`` says how many belong to each.
    """
    starts = np.cumsum(counts) - counts
    median, low, high = (np.full(len(counts), np.nan) for _ in range(3))
    for count in np.unique(counts[counts > 0]):
        which = np.flatnonzero(counts == count)
        rows = values[starts[which][:, None] + np.arange(count)]
        median[which] = np.median(rows, axis=1)
        if count >= settings.segment_min_passes:
            low[which], high[which] = bootstrap_medians(rows)
    return median, low, high


def _about(name: str) -> dict[str, str]:
    what = "concentration" if name.startswith("value") else "enhancement over the background"
    end = {"low": ", lower bound of 95 %", "high": ", upper bound of 95 %"}.get(name.rpartition("_")[2], "")
    return {"units": "units of the species", "long_name": f"median of pass means of the {what}{end}"}
