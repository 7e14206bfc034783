"""How fast delimited traces are read, as ratios in one run: against polars.read_csv, and memory against file size.

Run ``python -m benchmarks.speed_traces``. Only ratios are stated: they hold on any machine.
"""

from __future__ import annotations

import gc
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


def _peak_bytes(action: Callable[[], object]) -> int:
    """Peak growth of the resident set while ``action`` runs (Linux), else of Python's own allocations."""
    gc.collect()
    try:
        _reset_peak()
        before = _resident_bytes()
        kept = action()
        peak = _resident_bytes() - before
    except OSError:
        tracemalloc.start()
        kept = action()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    del kept
    return peak


def rows(count: int = 300_000) -> list[Ratio]:
    """Measure on a drive of ``count`` rows; returns seconds over polars' and peak bytes over the file's."""
    settings = TraceSettings(time_zone="Asia/Shanghai")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drive.csv"
        write_drive(path, count)
        read_traces([path], settings)  # loads the time-zone map and compiles nothing twice
        ours = _best_seconds(lambda: read_traces([path], settings))
        theirs = _best_seconds(lambda: pl.read_csv(path))
        peak = _peak_bytes(lambda: read_traces([path], settings))
        size = path.stat().st_size
    return [
        Ratio("delimited trace, seconds over polars.read_csv", ours / theirs, 3.0),
        Ratio("delimited trace, peak memory over file size", peak / size, 4.0),
    ]


def main() -> None:
    """Print the ratios."""
    for ratio in rows():
        mark = "ok" if ratio.value <= ratio.limit else "OVER"
        print(f"{ratio.name:55s} {ratio.value:6.2f}  (at most {ratio.limit:g})  {mark}")


if __name__ == "__main__":
    main()
