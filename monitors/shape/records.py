"""Shapes in the records of outlets: what a curve of a plant says, which stops, starts and has its days and weeks.

The mechanisms are those of `monitors.shape.detect`; what is told of a plant has to be more than what plants do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from monitors.schema import Anomaly, SiteRecords, utc_of
from monitors.shape.curves import Clock, Curve
from monitors.shape.detect import ODDS, CurveEvent, discount_crowds, evidence_of, find_shapes, joined_runs
from monitors.shape.evidence import Bools, Floats, detection_limit
from monitors.shape.levels import DAY_S, LEAST_S, levels_of
from monitors.shape.missing import absent_spans
from monitors.shape.noise import collapsed_noise
from monitors.shape.periods import periodic_rows
from numerics.quantiles import median, quantiles

_FLOW = ("a00000", "w00000")
_NO_RATIO = ("w01001", "a01012", "a19001", "a01013", "a01014", "w01010")
"""pH, temperatures, oxygen, pressure, moisture: their zero is no absence, so that times the usual mean nothing."""
_DEVICE = ("_mark", "_corrected", "_state", "_hours", "_power", "_current", "_energy")
_NORMAL = ("no_mark", "normal")
_STANDING = 0.15
_AROUND_STOP = 1
_SPIKE_TIMES = 3.0
_SPIKE_ROWS = 3
_STEP_RATIO, _DRIFT_RATIO = float(np.log(2.0)), float(np.log(1.3))
"""The level of a plant wanders by itself: for days at up to 1.9 times the usual one in simulated weeks."""
_LEVEL_Z = 3.5
"""Iglewicz and Hoaglin (1993), How to detect and handle outliers: a robust z from which on a value is an outlier."""
_LONGEST_LEVEL_S = 5 * DAY_S
"""Of a plant that runs by the shift it takes so long to have a day of values."""
_LEVEL_S = 36 * 3600.0
_RAMP_S = 14 * DAY_S
_DRIFT_S = 84 * 3600.0
_END_ROWS = 10
_THAN_LEVEL, _THAN_NOTHING = 0.95, 0.8
_DRIFT_Z = 2.3
_LEAST = 0.05
_STOP_S = 66 * 3600.0
"""A plant may stand from Friday evening to Monday noon within what is one event."""
_GAP_INTERVALS = 3


def seek_shapes(records: SiteRecords) -> tuple[Anomaly, ...]:
    """Find what the curves of a site's outlets say by their shape alone.

    ``spike``: one or two cycles at three times or more what is before and after; ``step``: days at twice the usual
    level or half of it; ``drift``: a level that slowly grows to 1.3 times the usual one or falls as far; neither is
    told where another quantity of the outlet shares it; ``noise_collapse``; ``periodicity``; ``missing``: three
    intervals or more without a value. Rows that bear a mark, in which the outlet stands, or beside its stops are not
    judged. A sensor in the open, whose record names no plant, has neither load nor stops: of it
    `monitors.shape.detect.find_shapes` says what it finds. Records by the day are not asked.
    """
    of_plant = bool(records.permit_code or records.uscc or records.site)
    return tuple(
        _told(records, series, name, curve, shape)
        for series in records.series
        if series.attrs.get("interval") != "day"
        for name, curve, shapes in (_of_series(series) if of_plant else _of_sensor(series))
        for shape in shapes
    )


# --- curves of an outlet -----------------------------------------------------------------------------------------


def _of_series(series: xr.Dataset) -> Iterator[tuple[str, Curve, list[CurveEvent]]]:
    curves = curves_of(series)
    relative = {name: _relative_level(curve) for name, curve in curves.items() if name not in _NO_RATIO}
    amounts = [name for name in relative if name not in _FLOW]
    for name, spikes in zip(amounts, _spikes([curves[name] for name in amounts]), strict=True):
        curve = curves[name]
        others = [one for other, (one, _) in relative.items() if other != name]
        yield name, curve, [*spikes, *_levels(curve, *relative[name], others), *_quiet(curve), *_periodic(curve)]
    yield from _gaps(curves)


def _of_sensor(series: xr.Dataset) -> Iterator[tuple[str, Curve, list[CurveEvent]]]:
    curves = {name: replace(curve, judged=~_marked(series, name)) for name, curve in curves_of(series).items()}
    found = find_shapes(list(curves.values()))
    for (name, curve), shapes in zip(curves.items(), found, strict=True):
        yield name, curve, [shape for shape in shapes if shape.kind != "missing"]
    yield from _gaps(curves)


def _gaps(curves: Mapping[str, Curve]) -> Iterator[tuple[str, Curve, list[CurveEvent]]]:
    """Gaps of single quantities, and those of all of them, which are told once and without a quantity."""
    gaps = {
        name: set(absent_spans(curve.time, ~np.isfinite(curve.values), step_s=curve.step_s, least=_GAP_INTERVALS))
        for name, curve in curves.items()
    }
    shared = set.intersection(*gaps.values()) if gaps else set()
    for name, curve in curves.items():
        yield name, curve, list(_absent(curve, gaps[name] - shared))
    for curve in list(curves.values())[:1]:
        yield "", curve, list(_absent(curve, shared))


def curves_of(series: xr.Dataset) -> dict[str, Curve]:
    """Return the measured quantities of an outlet, without rows that bear a mark or in which it stands."""
    names = [
        str(name)
        for name, one in series.data_vars.items()
        if "code" in one.attrs and not str(name).endswith(_DEVICE) and one.dims == ("obs",)
    ]
    if not names or series.sizes["obs"] < 2:
        return {}
    time, flow = series["time"].values, next((name for name in _FLOW if name in names), None)
    stands = _stands(series[flow].values) if flow else np.zeros(len(time), bool)
    curves, clock = {}, Clock(time)
    for name in names:
        values = np.asarray(series[name].values, float)
        still = stands if name in _NO_RATIO else stands | _stands(values)
        judged = ~(_beside(still) | _marked(series, name) | _marked(series, ""))
        curves[name] = Curve(time, values, judged, clock)
    return curves


def _stands(values: Floats) -> Bools:
    there = values[np.isfinite(values)]
    if not there.size:
        return np.zeros(len(values), bool)
    low: Bools = values < _STANDING * quantiles(there, [0.75])[0]
    return low


def _beside(still: Bools) -> Bools:
    near = np.pad(still, _AROUND_STOP)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(near, 2 * _AROUND_STOP + 1).any(axis=1), bool)


def _marked(series: xr.Dataset, name: str) -> Bools:
    mark = f"{name}_mark" if name else "mark"
    if mark not in series:
        return np.zeros(series.sizes["obs"], bool)
    words = str(series[mark].attrs["flag_meanings"]).split()
    numbers = np.atleast_1d(series[mark].attrs["flag_values"]).tolist()
    normal = [0, *(number for number, word in zip(numbers, words, strict=True) if word in _NORMAL)]
    return ~np.isin(series[mark].values, normal)


# --- mechanisms ----------------------------------------------------------------------------------------------------


def _spikes(curves: Sequence[Curve]) -> list[list[CurveEvent]]:
    odds = discount_crowds(curves, [ODDS.of(one) for one in evidence_of(curves)])
    return [list(_spikes_of(curve, one)) for curve, one in zip(curves, odds, strict=True)]


def _spikes_of(curve: Curve, odds: Floats) -> Iterator[CurveEvent]:
    around = curve.outliers.around
    high = (around > 0) & (np.nan_to_num(curve.values) > _SPIKE_TIMES * around)
    for first, last in joined_runs(curve, high & (odds > ODDS.told)):
        if last - first < _SPIKE_ROWS:
            best = first + int(np.argmax(curve.values[first : last + 1]))
            beside = float(around[best])
            values = {"value": float(curve.values[best]), "beside": beside, "odds": float(odds[best])}
            yield CurveEvent("spike", first, last, values["value"] / beside / _SPIKE_TIMES, values)


def _relative_level(curve: Curve) -> tuple[Floats, Floats]:
    """Logarithm of the level over the usual one, and the usual one, of all rows; 0 where there is none."""
    shown, t = curve.shown, curve.seconds[curve.rows]
    if len(shown) < 3 or t[-1] - t[0] < LEAST_S:
        return np.zeros(len(curve.values)), np.zeros(len(curve.values))
    least = detection_limit(shown)  # between it and what stands for less there is no ratio
    level, usual = levels_of(t, np.maximum(shown, least), step_s=curve.step_s, over_s=_over_s(curve))
    right = (level > 0) & (usual > 0)
    relative = np.log(np.where(right, level, 1.0) / np.where(right, usual, 1.0))
    return curve.on_rows(relative), curve.on_rows(usual)


def _over_s(curve: Curve) -> float:
    """Length of a level, s: a day of values, of a plant that stands half of the time two."""
    return min(DAY_S * len(curve.values) / max(len(curve.rows), 1), _LONGEST_LEVEL_S)


def _levels(curve: Curve, relative: Floats, usual: Floats, others: Sequence[Floats]) -> Iterator[CurveEvent]:
    rows = curve.rows
    if not len(rows):
        return
    scatter = median(np.abs(relative[rows])) * 1.4826
    sudden, slow = max(_STEP_RATIO, _LEVEL_Z * scatter), max(_DRIFT_RATIO, _DRIFT_Z * scatter)
    least_s = max(_LEVEL_S, 0.6 * _over_s(curve))
    told = np.abs(relative) > slow
    shared = np.zeros(len(told), bool)
    for other in others:
        shared |= np.sign(relative) * other > 0.5 * np.abs(relative)
    for first, last in joined_runs(curve, told, _STOP_S):
        own = told[first : last + 1]
        if (shared[first : last + 1] & own).sum() > 0.5 * own.sum():
            continue
        peak = float(relative[first + int(np.argmax(np.abs(relative[first : last + 1])))])
        if curve.seconds[last] - curve.seconds[first] >= max(least_s, _DRIFT_S) and _grows(
            curve, usual, first, last, np.sign(peak)
        ):
            yield CurveEvent("drift", first, last, abs(peak) / slow, {"times": float(np.exp(peak))})
            continue
        for begin, end in joined_runs(curve, _within(np.abs(relative) > sudden, first, last), _STOP_S):
            if curve.seconds[end] - curve.seconds[begin] >= least_s:
                yield CurveEvent("step", begin, end, abs(peak) / sudden, {"times": float(np.exp(peak))})


def _within(told: Bools, first: int, last: int) -> Bools:
    row = np.arange(len(told))
    return told & (row >= first) & (row <= last)


def _grows(curve: Curve, usual: Floats, first: int, last: int, sign: float) -> bool:
    """Whether a ramp that begins at nothing and ends at once explains the values better than a level of its own.

    Either may begin at any of 40 moments from two weeks before ``first`` on, and ends where the values change most
    against ``sign``; the ratio of each row is to the usual level of its time.
    """
    rows = curve.rows[usual[curve.rows] > 0]
    seconds = curve.seconds[rows]
    kept = (seconds >= curve.seconds[first] - _RAMP_S) & (seconds <= curve.seconds[last] + _over_s(curve))
    rows, seconds = rows[kept], seconds[kept]
    own = sign * np.log(np.maximum(curve.values[rows], _LEAST * usual[rows]) / usual[rows])
    least = int(np.searchsorted(rows, first)) + _END_ROWS
    if least >= len(rows) - 1:
        return False
    whole = np.append(0.0, np.cumsum(own))
    at = np.arange(least, len(own) + 1)
    after = np.minimum(at + _END_ROWS, len(own))
    drop = (whole[at] - whole[at - _END_ROWS]) - (whole[after] - whole[at]) * _END_ROWS / np.maximum(after - at, 1)
    end = int(at[np.argmax(drop)])
    own, seconds = own[:end], seconds[:end]
    level, ramp = np.inf, np.inf
    for begin in np.linspace(seconds[0], seconds[-1], 42)[1:-1]:
        since = np.maximum(seconds - begin, 0.0)
        level = min(level, _left_over(own, (since > 0).astype(float)))
        ramp = min(ramp, _left_over(own, since))
    return ramp < min(_THAN_LEVEL * level, _THAN_NOTHING * float(own @ own))


def _left_over(own: Floats, shape: Floats) -> float:
    """Sum of squares that the best multiple of a shape leaves."""
    whole = float(shape @ shape)
    return float(own @ own) - (float(shape @ own) ** 2 / whole if whole > 0 else 0.0)


def _quiet(curve: Curve) -> Iterator[CurveEvent]:
    quiet, times = collapsed_noise(curve.shown, curve.resolution)
    told, fewer = curve.on_rows(quiet.astype(float)) > 0, curve.on_rows(times)
    for first, last in joined_runs(curve, told, _STOP_S):
        most = float(np.median(fewer[first : last + 1][told[first : last + 1]]))
        yield CurveEvent("noise_collapse", first, last, most / 5.0, {"times_less": most})


def _periodic(curve: Curve) -> Iterator[CurveEvent]:
    shown = np.full(len(curve.values), np.nan)
    shown[curve.rows] = curve.shown
    told, share = periodic_rows(shown)
    for first, last in joined_runs(curve, told):
        most = float(share[first : last + 1].max())
        yield CurveEvent("periodicity", first, last, most / 0.8, {"share": most})


def _absent(curve: Curve, spans: Iterable[tuple[np.datetime64, np.datetime64, int]]) -> Iterator[CurveEvent]:
    for start, end, count in sorted(spans):
        first = int(np.searchsorted(curve.time, start))
        values: dict[str, float | str] = {"intervals": float(count), "start": str(start), "end": str(end)}
        yield CurveEvent("missing", first, first, count / _GAP_INTERVALS, values)


# --- what is told -----------------------------------------------------------------------------------------------


def _told(records: SiteRecords, series: xr.Dataset, name: str, curve: Curve, shape: CurveEvent) -> Anomaly:
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
        start=utc_of(begin),
        end=utc_of(finish),
        strength=shape.strength,
        values=values | ({"unit": str(series[name].attrs.get("units", ""))} if name else {}),
        lon=float(series["lon"]) if "lon" in series.coords else None,
        lat=float(series["lat"]) if "lat" in series.coords else None,
    )
