"""How fast delimited traces are read, as ratios in one run: against polars.read_csv, and memory against file size.

Run ``python -m benchmarks.speed_traces``. Only ratios are stated: they hold on any machine.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ingest.traces import TraceSettings, read_traces

__all__ = ["Ratio", "main", "rows"]


@dataclass(frozen=True)
class Ratio:
    """One measured ratio and the most it may be."""

    name: str
    value: float
    limit: float


def write_drive(path: Path, count: int) -> None:
    """Write a drive of ``count`` rows at 10 Hz with Chinese headings: position, six species, wind, weather."""
    rng = np.random.default_rng(20241008)
    start = np.datetime64("2024-10-08T09:00:00", "ms")
    columns: dict[str, np.ndarray] = {
        "时间": np.char.replace((start + np.arange(count) * np.timedelta64(100, "ms")).astype(str), "T", " "),
        "经度": np.round(104.05 + np.cumsum(rng.normal(0, 1e-6, count)), 7),
        "纬度": np.round(30.66 + np.cumsum(rng.normal(0, 1e-6, count)), 7),
    }
    for name in ("NO2(ppb)", "SO2(ppb)", "CO(ppb)", "O3(ppb)", "PM2.5(μg/m3)", "TVOC(ppb)"):
        columns[name] = np.round(rng.gamma(4.0, 60.0 if name.startswith("CO") else 5.0, count), 3)
    columns |= {
        "风速(m/s)": np.round(rng.gamma(4.0, 0.5, count), 2),
        "风向(°)": np.round(rng.uniform(0, 360, count), 1),
        "温度(℃)": np.round(rng.normal(21, 0.2, count), 2),
        "湿度(%)": np.round(rng.normal(60, 1, count), 1),
        "气压(hPa)": np.round(rng.normal(955, 0.2, count), 2),
    }
    pl.DataFrame(columns).write_csv(path)


def _best_seconds(action: Callable[[], object], repeats: int = 5) -> float:
    best = float("inf")
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


def _resident_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_bytes(path: Path, settings: TraceSettings) -> int:
    """Peak growth of the resident set while the file is read (Linux), else of Python's own allocations."""
    try:
        _reset_peak()
        before = _resident_bytes()
        read_traces([path], settings)
        return _resident_bytes() - before
    except OSError:
        tracemalloc.start()
        read_traces([path], settings)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak


def _peak_in_fresh_process(path: Path, small: Path) -> int:
    """Peak bytes in a process of its own, so that memory kept from earlier reads does not hide it."""
    command = [sys.executable, "-m", "benchmarks.speed_traces", str(small), str(path)]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return int(done.stdout)


def rows(count: int = 300_000) -> list[Ratio]:
    """Measure on a drive of ``count`` rows; returns seconds over polars' and peak bytes over the file's."""
    settings = TraceSettings(time_zone="Asia/Shanghai")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drive.csv"
        write_drive(path, count)
        read_traces([path], settings)  # loads the time-zone map and compiles nothing twice
        ours = _best_seconds(lambda: read_traces([path], settings))
        theirs = _best_seconds(lambda: pl.read_csv(path))
        small = Path(folder) / "small.csv"
        write_drive(small, 1000)
        peak = _peak_in_fresh_process(path, small)
        size = path.stat().st_size
    return [
        Ratio("delimited trace, seconds over polars.read_csv", ours / theirs, 3.0),
        Ratio("delimited trace, peak memory over file size", peak / size, 4.0),
    ]


def main() -> None:
    """Print the ratios; with two files, read the first to warm up and print the peak bytes of the second."""
    if len(sys.argv) == 3:
        settings = TraceSettings(time_zone="Asia/Shanghai")
        read_traces([Path(sys.argv[1])], settings)
        print(_peak_bytes(Path(sys.argv[2]), settings))
        return
    for ratio in rows():
        mark = "ok" if ratio.value <= ratio.limit else "OVER"
        print(f"{ratio.name:55s} {ratio.value:6.2f}  (at most {ratio.limit:g})  {mark}")


if __name__ == "__main__":
    main()
