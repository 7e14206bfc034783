"""Speed of `tracks`: rows a second per core, memory against the input, ratios to straightforward versions.

``python -m benchmarks.speed_tracks [ROWS]`` prints the table; the default is 10⁷ rows at 1 Hz.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.ndimage import percentile_filter

from ingest.schema import new_trace
from tracks import TrackSettings, process_trace
from tracks.rolling import rolling_percentile

__all__ = ["Speed", "big_trace", "measure", "pandas_steps"]

_METRES_PER_DEGREE = 96_486.3


@dataclass(frozen=True)
class Speed:
    """One line of the table."""

    name: str
    value: float
    unit: str


def big_trace(rows: int, *, seed: int = 3) -> xr.Dataset:
    """Build a drive of loops of 4 km with one gas and a plume per kilometre, 1 Hz, without a real drive behind it."""
    rng = np.random.default_rng(seed)
    phase = np.arange(rows) * (2 * np.pi * 10 / 4000)
    x, y = 637 * np.cos(phase) + 0.02 * np.arange(rows), 637 * np.sin(phase)
    ch4 = rng.normal(2, 0.002, rows)
    for k in range(4):
        ch4 += 0.5 * np.exp(-(((phase % (2 * np.pi) - 1 - 1.5 * k) / 0.03) ** 2))
    time_ = np.datetime64("2024-01-01T00:00:00", "ns") + np.arange(rows) * np.timedelta64(1_000_000_000, "ns")
    attrs = {"units": "ppm", "species": "ch4", "instrument": "simulated"}
    lon = 104 + (x + rng.normal(0, 1, rows)) / _METRES_PER_DEGREE
    return new_trace("big", time_, lon, 30 + (y + rng.normal(0, 1, rows)) / 110_852.4, {"ch4": (ch4, attrs)})


def pandas_steps(trace: xr.Dataset) -> int:
    """Do the same steps as a careful analyst would with pandas; returns the number of plumes.

    Smoothed positions and speed by rolling means, passes by 30 m cells in a loop, rolling 10th percentile,
    enhancement, plumes by runs above a threshold. No uncertainty, no lag, no jumps.
    """
    frame = pd.DataFrame({"lon": trace["lon"].values, "lat": trace["lat"].values, "ch4": trace["ch4"].values})
    frame.index = pd.DatetimeIndex(trace["time"].values)
    smooth = frame[["lon", "lat"]].rolling("5s", center=True).mean()
    east, north = smooth["lon"].diff() * _METRES_PER_DEGREE, smooth["lat"].diff() * 110_852.4
    frame["speed"] = np.hypot(east, north)
    frame["heading"] = np.arctan2(east, north)
    cells = zip(
        np.floor(smooth["lon"] * _METRES_PER_DEGREE / 30).astype(int),
        np.floor(smooth["lat"] * 110_852.4 / 30).astype(int),
        strict=True,
    )
    number, seen, passes = 0, {}, []
    for second, cell in enumerate(cells):
        if second - seen.get(cell, second) > 60:
            number, seen = number + 1, {}
        seen[cell] = second
        passes.append(number)
    frame["pass_index"] = passes
    frame["background"] = frame["ch4"].rolling("300s", center=True).quantile(0.1)
    frame["enhancement"] = frame["ch4"] - frame["background"]
    above = frame["enhancement"] > 0.02
    run = (above != above.shift()).cumsum()
    return int(frame[above].groupby([run[above], frame.loc[above, "pass_index"]])["enhancement"].max().gt(0.03).sum())


def _seconds(function: Callable[[], object]) -> float:
    """Processor seconds of a call, so that other work on the machine does not count."""
    began = time.process_time()
    function()
    return time.process_time() - began


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(rows: int = 10_000_000, *, compare_rows: int = 200_000) -> list[Speed]:
    """Measure all steps on ``rows`` rows, and the ratios on ``compare_rows`` rows (the others are slow)."""
    settings = TrackSettings(lag_s=4.0)
    small = big_trace(compare_rows)
    t, values = np.arange(float(compare_rows)), small["ch4"].values
    for _ in range(2):  # the first call compiles or loads the machine code
        process_trace(big_trace(5000), settings)
        rolling_percentile(t[:500], values[:500], before_s=150.0, after_s=150.0, percentile=10.0)
        pandas_steps(big_trace(500))
    ours_small = _seconds(lambda: process_trace(small, settings))
    theirs = _seconds(lambda: pandas_steps(small))
    sliding = _seconds(lambda: rolling_percentile(t, values, before_s=150.0, after_s=150.0, percentile=10.0))
    filtered = _seconds(lambda: percentile_filter(values, 10, size=301))
    two = _two_threads(small, settings, ours_small)
    trace = big_trace(rows)
    columns_mb = trace.nbytes / 2**20
    before = _peak_mb()
    seconds = _seconds(lambda: process_trace(trace, settings))
    return [
        Speed("all steps", rows / seconds, "rows a second, one core"),
        Speed("memory above the input, as multiple of its columns", (_peak_mb() - before) / columns_mb, "x"),
        Speed("against pandas, all steps", theirs / ours_small, "x faster"),
        Speed("background against scipy.ndimage.percentile_filter", filtered / sliding, "x faster"),
        Speed("two drives on two threads", two, "x one after the other"),
    ]


def _two_threads(trace: xr.Dataset, settings: TrackSettings, one_s: float) -> float:
    """Speed-up of two drives at once: the kernels release the interpreter lock."""
    with ThreadPoolExecutor(2) as pool:
        began = time.perf_counter()
        list(pool.map(lambda _: process_trace(trace, settings), range(2)))
    return 2 * one_s / (time.perf_counter() - began)


def main() -> None:
    """Print the table."""
    rows = int(float(sys.argv[1])) if len(sys.argv) > 1 else 10_000_000
    print(f"tracks, {rows:,} rows")
    for line in measure(rows):
        print(f"  {line.name}: {line.value:,.2f} {line.unit}")


if __name__ == "__main__":
    main()
