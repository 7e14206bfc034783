"""Speed of `tracks`: rows a second per core, memory against the input, ratios to straightforward versions.

``python -m benchmarks.speed_tracks`` writes ``docs/speed-tracks.md``; the default is 10⁷ rows at 1 Hz. Each figure is
measured in a process of its own, seconds of one core as processor time, so that other work on the machine counts
little; the gain of two cores needs a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import xarray as xr
from scipy.ndimage import percentile_filter

from ingest.schema import new_trace
from numerics.rolling import rolling_percentile
from tracks import TrackSettings, map_segments, process_trace

__all__ = ["Speed", "big_trace", "main", "measure", "pandas_steps"]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "speed-tracks.md"
SETTINGS = TrackSettings(lag_s=4.0)

_METRES_PER_DEGREE = 96_486.3


@dataclass(frozen=True)
class Speed:
    """One line of the table: a figure, its unit, and the least or most it should be."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def target(self) -> str:
        """The target as text."""
        if self.at_least is not None:
            return f"≥ {self.at_least:,.3g}" if self.at_least < 1000 else f"≥ {self.at_least:,.0f}"
        return "—" if self.at_most is None else f"≤ {self.at_most:g}"

    @property
    def met(self) -> str:
        """Whether the target is met."""
        if self.at_least is None and self.at_most is None:
            return "—"
        low = self.at_least is None or self.value >= self.at_least
        return "yes" if low and (self.at_most is None or self.value <= self.at_most) else "**no**"


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


def _wall(function: Callable[[], object]) -> float:
    """Seconds on the clock."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def _warm_up() -> None:
    """The first call compiles, or loads the machine code."""
    for _ in range(2):
        track = process_trace(big_trace(5000), SETTINGS).value
        map_segments([track], SETTINGS)


def _columns(trace: xr.Dataset) -> dict[str, np.ndarray]:
    """The input columns as arrays."""
    return {name: trace[name].values for name in ("time", "lon", "lat", "ch4")}


def all_steps(rows: int) -> dict[str, float]:
    """Rows a second of all steps, and the peak of memory above the loaded input in multiples of its columns.

    The input is written to files by another process and loaded here, so that making it leaves no trace in the peak.
    """
    _warm_up()
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "benchmarks.speed_tracks", "--case", "make", "--rows", str(rows)]
        subprocess.run([*command, "--out", scratch], check=True, cwd=ROOT)
        loaded = {path.stem: np.load(path) for path in sorted(Path(scratch).glob("*.npy"))}
    attrs = {"units": "ppm", "species": "ch4", "instrument": "simulated"}
    trace = new_trace("big", loaded["time"], loaded["lon"], loaded["lat"], {"ch4": (loaded["ch4"], attrs)})
    before = psutil.Process().memory_info().rss
    seconds = _seconds(lambda: process_trace(trace, SETTINGS))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"rows_s": rows / seconds, "memory": (peak - before) / trace.nbytes}


def ratios(rows: int) -> dict[str, float]:
    """How many times faster than pandas and scipy, on fewer rows (those are slow)."""
    _warm_up()
    trace = big_trace(rows)
    t, values = np.arange(float(rows)), trace["ch4"].values
    pandas_steps(big_trace(500))
    rolling_percentile(t[:500], values[:500], before_s=150.0, after_s=150.0, percentile=10.0)
    ours = min(_seconds(lambda: process_trace(trace, SETTINGS)) for _ in range(3))
    theirs = min(_seconds(lambda: pandas_steps(trace)) for _ in range(3))
    sliding = min(
        _seconds(lambda: rolling_percentile(t, values, before_s=150.0, after_s=150.0, percentile=10.0))
        for _ in range(3)
    )
    filtered = min(_seconds(lambda: percentile_filter(values, 10, size=301)) for _ in range(3))
    track = process_trace(trace, SETTINGS).value
    segments = _seconds(lambda: map_segments([track], SETTINGS))
    return {"pandas": theirs / ours, "scipy": filtered / sliding, "segments": rows / segments}


def two_cores(rows: int) -> dict[str, float]:
    """Gain of two drives on two threads over one after the other, by the clock: kernels release the lock."""
    _warm_up()
    drives = [big_trace(rows, seed=seed) for seed in (3, 4)]
    one = min(_wall(lambda: [process_trace(drive, SETTINGS) for drive in drives]) for _ in range(2))
    with ThreadPoolExecutor(2) as pool:
        two = min(_wall(lambda: list(pool.map(lambda d: process_trace(d, SETTINGS), drives))) for _ in range(2))
    return {"gain": one / two}


CASES: dict[str, Callable[[int], dict[str, float]]] = {
    "all_steps": all_steps,
    "ratios": ratios,
    "two_cores": two_cores,
}


def _child(case: str, rows: int) -> dict[str, float]:
    """Measure one case in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed_tracks", "--case", case, "--rows", str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def measure(rows: int = 10_000_000, *, compare_rows: int = 200_000) -> list[Speed]:
    """Measure all steps on ``rows`` rows, two cores on a tenth of them each, the ratios on ``compare_rows``."""
    steps, compared = _child("all_steps", rows), _child("ratios", compare_rows)
    gain = _child("two_cores", max(rows // 10, 1000))["gain"]
    return [
        Speed(f"all steps, {rows:,} rows", steps["rows_s"], "rows a second, one core", at_least=1e6),
        Speed("memory above the input", steps["memory"], "times its columns", at_most=3.0),
        Speed("two drives on two threads", gain, "times as fast as one after the other", at_least=1.7),
        Speed("all steps against pandas", compared["pandas"], "times as fast"),
        Speed(
            "background against scipy.ndimage.percentile_filter (fixed rows; ours by time)",
            compared["scipy"],
            "times as fast",
        ),
        Speed("road segments made, matched, with medians", compared["segments"], "rows a second, one core"),
    ]


def render(lines: Sequence[Speed]) -> str:
    """Write the page."""
    text = [
        "# Speed of the tracks room",
        "",
        f"Written by `python -m benchmarks.speed_tracks` on {os.cpu_count()} cores with a load of "
        f"{os.getloadavg()[0]:.1f} at the end; not edited by hand. One",
        "core is processor time. Two cores are by the clock and need a machine without other work: with a load above"
        " 0.5",
        "at the start the figure says little. The code of AMLD, the released one for car surveys, does 4.6 thousand"
        " rows a second.",
        "",
        "| measure | value | unit | target | met |",
        "|---|---|---|---|---|",
    ]
    for line in lines:
        value = f"{line.value:,.0f}" if line.value >= 1000 else f"{line.value:.2f}"
        text.append(f"| {line.name} | {value} | {line.unit} | {line.target} | {line.met} |")
    return "\n".join(text) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=float, default=1e7)
    parser.add_argument("--compare-rows", type=float, default=2e5)
    parser.add_argument("--out", type=Path, default=PAGE)
    parser.add_argument("--case", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args(argv)
    rows = int(chosen.rows)
    if chosen.case == "make":
        for name, values in _columns(big_trace(rows)).items():
            np.save(chosen.out / f"{name}.npy", values)
        return 0
    if chosen.case:
        print(json.dumps(CASES[chosen.case](rows)))
        return 0
    text = render(measure(rows, compare_rows=int(chosen.compare_rows)))
    chosen.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
