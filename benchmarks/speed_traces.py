"""How fast delimited traces are read, as ratios in one run: against polars.read_csv, and memory against file size.

Run ``python -m benchmarks.speed_traces`` for the table, ``python -m benchmarks.speed_ingest`` for the page. Only
ratios are stated: they hold on any machine.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.speed_records import Figure, render_figures
from ingest.traces.read import TraceSettings, read_traces

__all__ = ["main", "rows", "write_drive"]


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


def _best_ratio(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> float:
    """Shortest time of ours over the shortest of theirs, measured in turns, so that both meet the same machine."""
    best = [float("inf"), float("inf")]
    for _ in range(repeats):
        for place, action in enumerate((ours, theirs)):
            gc.collect()
            start = time.perf_counter()
            action()
            best[place] = min(best[place], time.perf_counter() - start)
    return best[0] / best[1]


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
    command = [sys.executable, "-m", "benchmarks.speed_traces", "--peak-of", str(small), str(path)]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return int(done.stdout)


def rows(count: int = 300_000, *, repeats: int = 9) -> list[Figure]:
    """Measure on a drive of ``count`` rows: seconds over polars', peak bytes over the file's."""
    settings = TraceSettings(time_zone="Asia/Shanghai")
    with tempfile.TemporaryDirectory() as folder:
        path, office, small = (Path(folder) / name for name in ("drive.csv", "office.csv", "small.csv"))
        write_drive(path, count)
        office.write_text(path.read_text(encoding="utf-8"), encoding="gb18030")
        write_drive(small, 1000)
        read_traces([small], settings)  # loads the time-zone map and compiles nothing twice
        utf8 = _best_ratio(lambda: read_traces([path], settings), lambda: pl.read_csv(path), repeats)
        gb18030 = _best_ratio(
            lambda: read_traces([office], settings), lambda: pl.read_csv(office, encoding="gb18030"), repeats
        )
        size = path.stat().st_size
        peak = _peak_in_fresh_process(path, small)
    remark = f"{count:,} rows, 14 columns, {size / 1e6:.0f} MB; zone, units, stamps and positions checked"
    return [
        Figure("delimited trace in UTF-8, time", utf8, "× polars.read_csv", "<=", 2.5, remark),
        Figure("the same in GB18030, time", gb18030, "× polars.read_csv", "<=", 2.5, "polars decodes it first, too"),
        Figure("delimited trace, peak memory", peak / size, "× the file's size", "<=", 4.0, "in a fresh process"),
    ]


def main(argv: Sequence[str] | None = None) -> list[Figure]:
    """Measure, print the table, and return its rows."""
    parser = argparse.ArgumentParser(description="Speed and memory of delimited traces.")
    parser.add_argument("--small", action="store_true", help="a smoke test, not a measurement")
    parser.add_argument("--peak-of", nargs=2, type=Path, metavar=("SMALL", "FILE"), help="print FILE's peak bytes")
    arguments = parser.parse_args(argv)
    if arguments.peak_of is not None:
        settings = TraceSettings(time_zone="Asia/Shanghai")
        read_traces([arguments.peak_of[0]], settings)
        print(_peak_bytes(arguments.peak_of[1], settings))
        return []
    figures = rows(3_000, repeats=1) if arguments.small else rows()
    print(render_figures(figures))
    return figures


if __name__ == "__main__":
    main()
