"""Shapes in the records of outlets: what a curve of a plant says, which stops, starts and has its days and weeks.

The mechanisms are those of `monitors.shape.detect`; what is told of a plant has to be more than what plants do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import xarray as xr

from monitors.schema import Anomaly, SiteRecords
from monitors.shape.curves import Curve
from monitors.shape.detect import ODDS, Shape, discount_crowds, evidence_of, joined_runs
from monitors.shape.evidence import Bools, Floats
from monitors.shape.levels import DAY_S, LEAST_S, levels_of
from monitors.shape.missing import absent_spans
from monitors.shape.noise import collapsed_noise
from monitors.shape.periods import periodic_rows
from numerics.rolling import centred_median

_FLOW = ("a00000", "w00000")
_NO_RATIO = ("w01001", "a01012", "a19001", "a01013", "a01014", "w01010")
"""pH, temperatures, oxygen, pressure, moisture: their zero is no absence, so that times the usual mean nothing."""
_DEVICE = ("_mark", "_corrected", "_state", "_hours", "_power", "_current", "_energy")
_NORMAL = ("no_mark", "normal")
_STANDING = 0.15
_AROUND_STOP = 1
_SPIKE_TIMES = 3.0
_SPIKE_ROWS = 3
_LEVEL_RATIO = float(np.log(1.3))
_LEVEL_Z = 3.5
"""Iglewicz and Hoaglin (1993), How to detect and handle outliers: a robust z from which on a value is an outlier."""
_LONGEST_LEVEL_S = 5 * DAY_S
"""Of a plant that runs by the shift it takes so long to have a day of values."""
_LEVEL_S = 36 * 3600.0
_SLOW_S = 36 * 3600.0
_DRIFT_S = 72 * 3600.0
_STOP_S = 66 * 3600.0
"""A plant may stand from Friday evening to Monday noon within what is one event."""
_GAP_INTERVALS = 3


def seek_shapes(records: SiteRecords) -> tuple[Anomaly, ...]:
    """Find what the curves of a site's outlets say by their shape alone.

    ``spike``: one or two cycles at three times or more what is before and after; ``step`` and ``drift``: a level of
    days at 1.3 times the usual one, or less than 1 / 1.3, which no other quantity of the outlet shares, sudden or
    slow; ``noise_collapse``; ``periodicity``; ``missing``: more than three intervals without a value. Rows that bear a
    mark, in which the outlet stands, or beside its stops are not judged. Records by the day are not asked.
    """
    return tuple(
        _told(records, series, name, curve, shape)
        for series in records.series
        if series.attrs.get("interval") != "day"
        for name, curve, shapes in _of_series(series)
        for shape in shapes
    )


# --- curves of an outlet -----------------------------------------------------------------------------------------


def _of_series(series: xr.Dataset) -> Iterator[tuple[str, Curve, list[Shape]]]:
    curves = curves_of(series)
    relative = {name: _relative_level(curve) for name, curve in curves.items() if name not in _NO_RATIO}
    absent = {name: list(absent_spans(curve.time, ~np.isfinite(curve.values))) for name, curve in curves.items()}
    shared = set.intersection(*map(set, absent.values())) if absent else set()
    spikes = _spikes(list(curves.values()))
    for (name, curve), spiked in zip(curves.items(), spikes, strict=True):
        shapes: list[Shape] = []
        if name not in (*_NO_RATIO, *_FLOW):
            others = [one for other, one in relative.items() if other != name]
            shapes = [*spiked, *_levels(curve, relative[name], others), *_quiet(curve), *_periodic(curve)]
        yield name, curve, [*shapes, *_absent(curve, set(absent[name]) - shared)]
    for curve in list(curves.values())[:1]:
        yield "", curve, list(_absent(curve, shared))


def curves_of(series: xr.Dataset) -> dict[str, Curve]:
    """The measured quantities of an outlet, without rows that bear a mark or in which it stands."""
    names = [
        str(name)
        for name, one in series.data_vars.items()
        if "code" in one.attrs and not str(name).endswith(_DEVICE) and one.dims == ("obs",)
    ]
    if not names or series.sizes["obs"] < 2:
        return {}
    time, flow = series["time"].values, next((name for name in _FLOW if name in names), None)
    stands = _stands(series[flow].values) if flow else np.zeros(len(time), bool)
    curves = {}
    for name in names:
        values = np.asarray(series[name].values, float)
        still = stands if name in _NO_RATIO else stands | _stands(values)
        judged = ~(_beside(still) | _marked(series, name) | _marked(series, ""))
        curves[name] = Curve(time, values, judged)
    return curves


def _stands(values: Floats) -> Bools:
    there = values[np.isfinite(values)]
    if not there.size:
        return np.zeros(len(values), bool)
    low: Bools = values < _STANDING * float(np.quantile(there, 0.75))
    return low


def _beside(still: Bools) -> Bools:
    return np.convolve(still, np.ones(2 * _AROUND_STOP + 1), mode="same") > 0.5


def _marked(series: xr.Dataset, name: str) -> Bools:
    mark = f"{name}_mark" if name else "mark"
    if mark not in series:
        return np.zeros(series.sizes["obs"], bool)
    words = str(series[mark].attrs["flag_meanings"]).split()
    numbers = np.atleast_1d(series[mark].attrs["flag_values"]).tolist()
    normal = [0, *(number for number, word in zip(numbers, words, strict=True) if word in _NORMAL)]
    return ~np.isin(series[mark].values, normal)


# --- mechanisms ----------------------------------------------------------------------------------------------------


def _spikes(curves: Sequence[Curve]) -> list[list[Shape]]:
    odds = discount_crowds(curves, [ODDS.of(one) for one in evidence_of(curves)])
    return [list(_spikes_of(curve, one)) for curve, one in zip(curves, odds, strict=True)]


def _spikes_of(curve: Curve, odds: Floats) -> Iterator[Shape]:
    shown = curve.shown
    around = centred_median(shown, 8)
    high = curve.on_rows(((shown > _SPIKE_TIMES * around) & (around > 0)).astype(float)) > 0
    for first, last in joined_runs(curve, high & (odds > ODDS.told)):
        if last - first < _SPIKE_ROWS:
            best = first + int(np.argmax(curve.values[first : last + 1]))
            beside = float(around[np.searchsorted(curve.rows, best)])
            values = {"value": float(curve.values[best]), "beside": beside, "odds": float(odds[best])}
            yield Shape("spike", first, last, values["value"] / beside / _SPIKE_TIMES, values)


def _relative_level(curve: Curve) -> Floats:
    """Logarithm of the level over the usual one, of all rows; 0 where there is none."""
    shown, t = curve.shown, curve.seconds[curve.rows]
    if len(shown) < 3 or t[-1] - t[0] < LEAST_S:
        return np.zeros(len(curve.values))
    level, usual = levels_of(t, shown, step_s=curve.step_s, over_s=_over_s(curve))
    right = (level > 0) & (usual > 0)
    return curve.on_rows(np.log(np.where(right, level, 1.0) / np.where(right, usual, 1.0)))


def _over_s(curve: Curve) -> float:
    """Length of a level, s: a day of values, of a plant that stands half of the time two."""
    return min(DAY_S * len(curve.values) / max(len(curve.rows), 1), _LONGEST_LEVEL_S)


def _levels(curve: Curve, relative: Floats, others: Sequence[Floats]) -> Iterator[Shape]:
    rows = curve.rows
    if not len(rows):
        return
    usual = float(np.median(np.abs(relative[rows]))) * 1.4826
    told = np.abs(relative) > max(_LEVEL_RATIO, _LEVEL_Z * usual)
    shared = np.zeros(len(told), bool)
    for other in others:
        shared |= np.sign(relative) * other > 0.5 * np.abs(relative)
    for first, last in joined_runs(curve, told, _STOP_S):
        own = told[first : last + 1]
        length_s = float(curve.seconds[last] - curve.seconds[first])
        if length_s < _LEVEL_S or (shared[first : last + 1] & own).sum() > 0.5 * own.sum():
            continue
        best = first + int(np.argmax(np.abs(relative[first : last + 1])))
        peak = float(relative[best])
        slow = _rise_s(curve, relative, best) > max(_SLOW_S, 0.75 * _over_s(curve)) and length_s > _DRIFT_S
        kind = "drift" if slow else "step"
        yield Shape(kind, first, last, abs(peak) / max(_LEVEL_RATIO, _LEVEL_Z * usual), {"times": float(np.exp(peak))})


def _rise_s(curve: Curve, relative: Floats, best: int) -> float:
    """Seconds from a quarter of the peak to three quarters of it, before the peak."""
    toward = relative[curve.rows[curve.rows <= best]] / relative[best]
    seconds = curve.seconds[curve.rows[: len(toward)]]
    below = np.flatnonzero(toward < 0.25)
    begin = int(below[-1]) if below.size else 0
    reached = begin + int(np.argmax(toward[begin:] >= 0.75))
    return float(seconds[reached] - seconds[begin])


def _quiet(curve: Curve) -> Iterator[Shape]:
    quiet, times = collapsed_noise(curve.shown, curve.resolution)
    told, fewer = curve.on_rows(quiet.astype(float)) > 0, curve.on_rows(times)
    for first, last in joined_runs(curve, told, _STOP_S):
        most = float(np.median(fewer[first : last + 1][told[first : last + 1]]))
        yield Shape("noise_collapse", first, last, most / 5.0, {"times_less": most})


def _periodic(curve: Curve) -> Iterator[Shape]:
    shown = np.full(len(curve.values), np.nan)
    shown[curve.rows] = curve.shown
    told, share = periodic_rows(shown)
    for first, last in joined_runs(curve, told):
        most = float(share[first : last + 1].max())
        yield Shape("periodicity", first, last, most / 0.8, {"share": most})


def _absent(curve: Curve, spans: Iterable[tuple[np.datetime64, np.datetime64, int]]) -> Iterator[Shape]:
    for start, end, count in sorted(spans):
        if count >= _GAP_INTERVALS:
            first = int(np.searchsorted(curve.time, start))
            values = {"intervals": float(count), "start": str(start), "end": str(end)}
            yield Shape("missing", first, first, count / _GAP_INTERVALS, values)


# --- what is told -----------------------------------------------------------------------------------------------


def _told(records: SiteRecords, series: xr.Dataset, name: str, curve: Curve, shape: Shape) -> Anomaly:
    values = dict(shape.values)
    step = np.timedelta64(round(curve.step_s * 1e9), "ns")
    start, end = values.pop("start", None), values.pop("end", None)
    begin = np.datetime64(str(start)) if start else curve.time[shape.first]
    finish = np.datetime64(str(end)) if end else curve.time[shape.last] + step
    return Anomaly(
        kind=shape.kind,
        permit_code=records.permit_code,
        uscc=records.uscc,
        site_name=records.site_name,
        point=str(series.attrs.get("point", "")),
        source=str(series.attrs.get("source", "")),
        code=str(series[name].attrs["code"]) if name else "",
        start=_utc(begin),
        end=_utc(finish),
        strength=shape.strength,
        values=values | ({"unit": str(series[name].attrs.get("units", ""))} if name else {}),
        lon=float(series["lon"]) if "lon" in series.coords else None,
        lat=float(series["lat"]) if "lat" in series.coords else None,
    )


def _utc(moment: np.datetime64) -> datetime:
    return datetime.fromtimestamp(int(moment.astype("datetime64[s]").astype(np.int64)), UTC)
