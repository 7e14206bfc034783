"""Fixed points that measure the air: micro-stations, fence-line sensors, ambient stations and open paths.

Of the series of a mission these are observations of the air beside what platforms measure. A **station** is a CF-1.11
``timeSeries`` of one point or path:

==========================  ==============  ==================================================================
variable                    dims, dtype     meaning
==========================  ==============  ==================================================================
``time``                    obs, M8[ns]     UTC, start of the interval over which a value is the mean
``lon``, ``lat``            scalar, f8      WGS 84 degrees of a point
``path_lon``, ``path_lat``  path_end, f8    of the two ends of an open path: values are means along it
``height``                  scalar, f8      optional: m above the ground
``station``                 scalar, str     ``cf_role = "timeseries_id"``
a species                   obs, f8         by its slug; attrs ``units``, ``long_name``, ``species``, ``code``
``<species>_background``    obs, f8         air without a plume at this very instrument
``<species>_enhancement``   obs, f8         value minus background; attrs ``noise_sd``
``<species>_sd``            obs, f8         standard deviation of the enhancement, without any gain error
``u``, ``v``                obs, f8         optional: wind that was measured there, eastward and northward, m s-1
==========================  ==============  ==================================================================

Attributes: ``averaging_s``, ``interval``, ``mn``, ``point``, ``source``, and what names a site, as the series had it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ingest.outcome import Notes, Outcome, Phrase, Value
from ingest.species import Species, species_of_code
from monitors.outlets import measured
from numerics.noise import estimate_noise
from numerics.plane import longest_step, seconds_since_start
from numerics.rolling import rolling_percentile

Floats = NDArray[np.float64]
Variables = dict[str, tuple[str, Floats, dict[str, object]]]

_FLUE = ("a00000", "a01011", "a01012", "a01013", "a01014", "a01017", "a19001", "a01010")
"""Flow, velocity, temperature, pressure, moisture, dynamic pressure, oxygen, blackness of flue gas (HJ 212-2017)."""
_WEATHER = ("a01001", "a01002", "a01006", "a01007", "a01008")
_SPEED, _FROM = "a01007", "a01008"
_ONLY_IN_AIR = frozenset(("pm1", "pm25", "pm10", "o3"))  # GB 3095-2012; no permit limits them at a stack
_NAMED = re.compile(
    r"微型?站|小型站|厂界|边界|光路|激光|环境空气|空气站|国控|省控|市控"
    r"|fence|ambient|micro",
    re.IGNORECASE,
)
_OUTLET = re.compile(r"^D[AW]\d{3}|排[放污]?口|烟囱|总排|outlet|stack", re.IGNORECASE)
_WATER = "w"
_WHY_CODES = {
    "path": "station_has_path",
    "name": "station_named_so",
    "air": "station_measures_air",
    "place": "station_has_place",
}

_PERCENTILE = 10.0  # Tettenborn et al. 2025, doi:10.5194/amt-18-3569-2025
_WINDOW_S, _WINDOW_ROWS = 3600.0, 24  # of the background: an hour of minutes, a day of hours (choice)
_FEWEST = 10  # values of a species: below that nothing is known of its noise
_OF_QUANTILE = 1.709  # √(p (1 − p)) / φ(z_p) at p = 0.1: sd of a sample's quantile × √n / sd (Mosteller 1946)
_SHORTEST_S = 1.0
_COLUMNS: Mapping[str, Value] = {"lon": "经度", "lat": "纬度"}
_NAMES = 12  # of points in a sentence


def gather_stations(series: Sequence[xr.Dataset]) -> Outcome[tuple[xr.Dataset, ...]]:
    """Take from monitor series those that measure the air, with enhancements over each one's own background.

    A series is of the air if it lies along a path, if its point is named so (厂界, 微型站), or if it measures weather
    or what only ambient air is held to (PM2.5, PM10, ozone). Flue quantities, values at reference oxygen, water, and
    an outlet's name or limit speak for an outlet. What has none of these but a place is a station. Files of one point
    are one station; of two intervals the shorter counts, so that no air is told twice.

    The background is the running 10th percentile over an hour (of hours: a day), raised by the offset of clean air.
    It is too high where a plume stays longer than that, and what the whole town has counts as background.

    Parameters
    ----------
    series : sequence of xarray.Dataset
        Monitor series (`ingest.schema`).

    Returns
    -------
    Outcome of tuple of xarray.Dataset
        Stations as described above, by their first series. Decisions say what was taken as a station and why, and
        count what is none; a station without a place, and a species with fewer than ten values, are rejects.

    References
    ----------
    Brantley et al. 2014, doi:10.5194/amt-7-2169-2014 (low percentiles); Mosteller 1946, doi:10.1214/aoms/1177730881.
    """
    notes, counts = Notes(), Counter[str]()
    groups: dict[tuple[str, ...], list[xr.Dataset]] = defaultdict(list)
    points: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in series:
        kind = kind_of_series(one)
        if kind in _WHY_CODES and not _has_place(one):
            notes.reject(str(one.attrs["source"]), _label(one), "station_without_place", _COLUMNS)
            kind = "nowhere"
        counts[kind] += 1
        if kind in _WHY_CODES:
            groups[_key(one)].append(one)
            points[str(one.attrs["source"]), kind].append(_label(one))
    for (item, kind), names in points.items():
        told: dict[str, Value] = {"count": len(names), "points": names[:_NAMES]}
        notes.decide(item, "series_are_stations", told, Phrase(_WHY_CODES[kind]))
    stations = tuple(s for group in groups.values() if (s := _station(group, notes)) is not None)
    if series:
        said = {"stations": len(stations), "series": sum(counts[kind] for kind in _WHY_CODES)}
        others = {kind: counts[kind] for kind in ("outlet", "water", "device", "nothing", "nowhere")}
        notes.decide("monitors/", "stations_gathered", said, Phrase("series_without_air", others))
    return notes.outcome(stations)


def kind_of_series(series: xr.Dataset) -> str:
    """What a monitor series is about.

    Returns
    -------
    str
        ``path``, ``name``, ``air`` or ``place`` for the reason why it is of the air; ``outlet``, ``water``,
        ``device`` (meters and states), or ``nothing`` that is measured.
    """
    codes = {str(v.attrs["code"]) for v in series.data_vars.values() if "code" in v.attrs and v.dtype.kind == "f"}
    if not codes:
        return "device" if any("role" in v.attrs for v in series.data_vars.values()) else "nothing"
    species = {found.slug for code in codes if (found := species_of_code(code)) is not None}
    point = str(series.attrs.get("point", ""))
    limited = any("limit" in v.attrs for v in series.data_vars.values())
    if not species:
        return (
            "water" if any(code.startswith(_WATER) for code in codes) else "outlet" if codes & {*_FLUE} else "nothing"
        )
    if "path_lon" in series.coords:
        return "path"
    if codes & {*_FLUE} or any(str(name).endswith("_corrected") for name in series.data_vars):
        return "outlet"
    if _NAMED.search(point):
        return "name"
    if _OUTLET.search(point):
        return "outlet"
    if species & _ONLY_IN_AIR or codes & {*_WEATHER}:
        return "air"
    return "place" if _has_place(series) and not limited else "outlet"


def _has_place(series: xr.Dataset) -> bool:
    return "path_lon" in series.coords or "lon" in series.coords


def _label(series: xr.Dataset) -> str:
    return str(series.attrs.get("point") or series.attrs.get("mn") or series.attrs.get("site_name", ""))


def _key(series: xr.Dataset) -> tuple[str, ...]:
    """What tells one fixed point from another: its device and name, else where it is."""
    named = tuple(str(series.attrs.get(name, "")) for name in ("mn", "point", "permit_code"))
    if named[0] or named[1]:
        return named
    names = ("path_lon", "path_lat") if "path_lon" in series.coords else ("lon", "lat")
    return tuple(f"{value:.5f}" for name in names for value in np.atleast_1d(series[name].values))


# --- one station ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Record:
    """Rows of one point in order of time: values by code and their attributes."""

    time: NDArray[np.datetime64]
    values: Mapping[str, Floats]
    attributes: Mapping[str, Mapping[str, object]]
    averaging_s: float


def _station(group: Sequence[xr.Dataset], notes: Notes) -> xr.Dataset | None:
    first = min(group, key=_averaging_s)
    shortest = _averaging_s(first)
    own = [one for one in group if _averaging_s(one) == shortest]
    item, label = str(first.attrs["source"]), _label(first)
    if len(own) < len(group):
        said: dict[str, Value] = {"point": label, "count": len(group) - len(own), "averaging_s": shortest}
        notes.decide(item, "station_intervals_left_out", said)
    record = _joined(own, shortest)
    variables: Variables = {}
    for code, values in record.values.items():
        species, count = species_of_code(code), int(np.count_nonzero(np.isfinite(values)))
        if species is None or not count:
            continue
        if count < _FEWEST:
            notes.reject(item, label, "station_species_short", {"species": species.slug, "count": count})
            continue
        variables |= _variables(species, record, code)
    if not variables:
        return None
    coords = {name: first.coords[name] for name in first.coords if name != "time"}
    return xr.Dataset(
        variables | _wind(record),
        {
            "time": (
                "obs",
                record.time,
                {"standard_name": "time", "axis": "T", "long_name": "start of the interval"},
            ),
            "station": ((), label, {"cf_role": "timeseries_id", "long_name": "name of the fixed point"}),
            **coords,
        },
        {"Conventions": "CF-1.11", "featureType": "timeSeries", "averaging_s": record.averaging_s, **first.attrs},
    )


def _averaging_s(series: xr.Dataset) -> float:
    """Over how long a value is a mean, s: of minutes what lies between them, of moments no more than a minute."""
    stated = {"hour": 3600.0, "day": 86_400.0}.get(str(series.attrs["interval"]))
    time = series["time"].values
    if stated is not None or len(time) < 2:
        return stated or 60.0
    usual = max(round(float(np.median(np.diff(time).astype(np.int64))) * 1e-9, 3), _SHORTEST_S)
    return min(usual, 60.0) if series.attrs["interval"] == "realtime" else usual


def _joined(own: Sequence[xr.Dataset], averaging_s: float) -> _Record:
    """Rows of several files in order of time; of two of one time the first counts that has a value."""
    time = np.unique(np.concatenate([one["time"].values for one in own]))
    values: dict[str, Floats] = {}
    attributes: dict[str, Mapping[str, object]] = {}
    for one in own:
        rows = np.searchsorted(time, one["time"].values)
        for name, variable in one.data_vars.items():
            code = str(variable.attrs.get("code", ""))
            if not code or variable.dtype.kind != "f" or str(name) != code:
                continue
            held = values.setdefault(code, np.full(len(time), np.nan))
            held[rows] = np.where(np.isfinite(held[rows]), held[rows], measured(one, str(name)))
            attributes.setdefault(code, {str(key): value for key, value in variable.attrs.items()})
    return _Record(time, values, attributes, averaging_s)


def _variables(species: Species, record: _Record, code: str) -> Variables:
    """Values, background, enhancement and its standard deviation of one species."""
    values, units = record.values[code], record.attributes[code]["units"]
    background, sd, noise_sd = background_of(seconds_since_start(record.time), values, record.averaging_s)
    slug = species.slug
    about = {"units": units, "long_name": species.long_name, "species": slug, "code": code}
    derived: dict[str, object] = {"units": units, "background_of": slug}
    return {
        slug: ("obs", values, dict(about)),
        f"{slug}_background": ("obs", background, dict(derived)),
        f"{slug}_enhancement": ("obs", values - background, {**derived, "noise_sd": noise_sd}),
        f"{slug}_sd": ("obs", sd, dict(derived)),
    }


def background_of(t: Floats, values: Floats, averaging_s: float) -> tuple[Floats, Floats, float]:
    """Background of one instrument that stays where it is, sd of the enhancement over it, and the noise.

    Parameters
    ----------
    t, values : arrays, shape (n,)
        Seconds, increasing; NaN where nothing was measured.
    averaging_s : float
        Over how long each value is a mean, s.

    Returns
    -------
    background, sd : arrays, shape (n,)
        In the unit of the values, NaN where there is none. The sd joins the noise of a value and the doubt of a
        percentile of so many values as are in the window, neighbours taken as independent.
    noise_sd : float

    Examples
    --------
    >>> values = 20.0 + np.sin(np.arange(120.0))
    >>> values[60:65] += 30.0
    >>> background, sd, noise = background_of(60.0 * np.arange(120), values, 60.0)
    >>> bool(np.abs(background - 20).max() < 0.7), float((values - background)[62].round())
    (True, 29.0)
    """
    known = np.isfinite(values)
    background, sd = np.full(len(values), np.nan), np.full(len(values), np.nan)
    own_t, own = t[known], values[known]
    half = max(_WINDOW_S, _WINDOW_ROWS * averaging_s) / 2.0
    low = rolling_percentile(own_t, own, before_s=half, after_s=half, percentile=_PERCENTILE)
    noise_sd, offset = estimate_noise(own_t, own - low, gap_s=longest_step(own_t, averaging_s))
    count = np.searchsorted(own_t, own_t + half, side="right") - np.searchsorted(own_t, own_t - half)
    background[known] = low + offset
    sd[known] = noise_sd * np.sqrt(1.0 + _OF_QUANTILE**2 / count)
    return background, sd, noise_sd


def _wind(record: _Record) -> Variables:
    """Wind over the ground from its speed and the direction from which it blows, where both were measured."""
    if _SPEED not in record.values or _FROM not in record.values:
        return {}
    speed, bearing = record.values[_SPEED], np.radians(record.values[_FROM])
    parts: Iterator[tuple[str, str, Floats]] = iter(
        (("u", "eastward_wind", -speed * np.sin(bearing)), ("v", "northward_wind", -speed * np.cos(bearing)))
    )
    return {name: ("obs", values, {"units": "m s-1", "standard_name": word}) for name, word, values in parts}
