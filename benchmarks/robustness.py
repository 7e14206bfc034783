"""Whether a right table, written in the ways in which people write it, reads to the same truth.

``python -m benchmarks.robustness`` writes more than ten thousand tables of traces, monitor records and registers,
each in one way (`robustness_tables`, `robustness_records`, `robustness_registers`) with values of its own, reads
them, and writes ``docs/robustness.md``. A table is *right* when every value comes out at its time and place, *named*
when what is missing or refused is told with a word that says what is wrong, *wrong* otherwise: a value that is not
the one written, or lost without a word.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from benchmarks.robustness_records import RECORD_WAYS
from benchmarks.robustness_registers import REGISTER_WAYS, Register, RegisterWay, draw_register
from benchmarks.robustness_tables import DRIVE_WAYS, Drive, Emission, draw_drive, draw_emission
from ingest.flags import REJECTING
from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.outcome import Outcome
from ingest.registers.read import SiteSettings, read_sites
from ingest.schema import Site
from ingest.traces.read import TraceSettings, read_traces
from onevisit.words.telling import tell

ALL = (*DRIVE_WAYS, *RECORD_WAYS, *REGISTER_WAYS)
PAGE = Path(__file__).resolve().parents[1] / "docs" / "robustness.md"
TABLES = 10_000
FIRST_SEED = 1000  # below that ways were tried while readers were written
RIGHT, NAMED, WRONG, CRASHED = "right", "named", "wrong", "crashed"
_NEAR_DEG = 2e-5  # 2 m, the digits that are written


@dataclass(frozen=True)
class Result:
    """What became of one table."""

    way: int
    seed: int
    verdict: str
    why: str = ""


def try_way(number: int, seed: int, folder: Path) -> Result:
    """Write one table, read it, and judge what came out."""
    way = ALL[number]
    rng = np.random.default_rng([seed, zlib.crc32(way.name.encode())])
    try:
        if isinstance(way, RegisterWay):
            register = draw_register(rng, holed=way.holed)
            path = _written(folder, *way.write(register))
            return Result(number, seed, *judge_register(register, read_sites([path], SiteSettings()), way))
        truth: Drive | Emission = draw_drive(rng) if way.reader == "traces" else draw_emission(rng)
        if way.change is not None:
            truth = way.change(rng, truth)  # type: ignore[arg-type]
        path = _written(folder, *way.write(rng, truth))
        if isinstance(truth, Drive):
            return Result(number, seed, *judge_drive(truth, read_traces([path], _TRACES), way.words))
        return Result(number, seed, *judge_emission(truth, read_monitors([path], MonitorSettings()), way.words))
    except Exception as error:  # noqa: BLE001 - a crash is what is looked for
        return Result(number, seed, CRASHED, f"{type(error).__name__}: {error}")


def _written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


_TRACES = TraceSettings(time_zone="Asia/Shanghai")


def _told(outcome: Outcome[Any]) -> str:
    """All that is said, without the names of the files."""
    lines = [f"{d.decision} ({d.evidence})" for d in map(tell, outcome.decisions)]
    lines += [f"{r.where}: {r.reason}" for r in map(tell, outcome.rejects)]
    return "\n".join(lines)


# --- drives ---------------------------------------------------------------------------------------------------------


def judge_drive(truth: Drive, outcome: Outcome[tuple[xr.Dataset, ...]], words: Sequence[str]) -> tuple[str, str]:
    """Verdict on a drive, and why."""
    told = _told(outcome)
    named = any(word.lower() in told.lower() for word in words)
    unusable = truth.unusable if truth.unusable.size else np.zeros(len(truth.time), bool)
    time, lon, lat, no2, pm25, speed = _observed(outcome.value)
    if fault := _false_values(truth, unusable, time, lon, lat, no2, pm25, speed):
        return WRONG, fault
    kept = np.isin(truth.time[~unusable], time[np.isfinite(no2) & np.isfinite(pm25) & np.isfinite(lon)])
    if kept.all() and (named or not unusable.any() or not words):
        return RIGHT, ""
    if named:
        return NAMED, ""
    lost = f"{int((~kept).sum())} of {len(kept)} rows lost" if not kept.all() else "what is unusable is not named"
    return WRONG, f"{lost}; told: {told[-200:]!r}"


def _observed(traces: Sequence[xr.Dataset]) -> tuple[np.ndarray, ...]:
    """Times, positions, NO2, PM2.5 [µg m-3] and speed [km/h] of all traces; NaN where flags reject."""
    parts = []
    for trace in traces:
        bad = (trace["qc_flag"].values & np.uint32(REJECTING)) != 0
        columns = [np.where(bad, np.nan, trace[name].values) for name in ("lon", "lat")]
        for name in ("no2", "pm25"):
            values = np.full(len(bad), np.nan)
            if name in trace and trace[name].attrs["units"] == "ug m-3":
                values = trace[name].values
            elif name in trace:
                values = np.full(len(bad), -1.0)  # another unit than was written
            own = f"{name}_qc"
            off = bad | ((trace[own].values & np.uint32(REJECTING)) != 0) if own in trace else bad
            columns.append(np.where(off, np.nan, values))
        columns.append(trace["speed"].values * 3.6 if "speed" in trace else np.full(len(bad), np.nan))
        parts.append((trace["time"].values, *columns))
    if not parts:
        return (np.empty(0, "datetime64[ns]"), *(np.empty(0) for _ in range(5)))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _false_values(
    truth: Drive, unusable: np.ndarray, time: np.ndarray, lon: np.ndarray, lat: np.ndarray,
    no2: np.ndarray, pm25: np.ndarray, speed: np.ndarray,
) -> str:  # fmt: skip
    """The first value that is not what was written; empty where all that is there is true."""
    measured = np.isfinite(no2) | np.isfinite(pm25)
    strange = measured & ~np.isin(time, truth.time)
    if strange.any():
        return f"a value at {time[strange][0]}, where none was"
    at = np.searchsorted(truth.time, time).clip(max=len(truth.time) - 1)
    off = unusable[at]
    checks = (
        ("longitude", lon, truth.lon[at], _NEAR_DEG), ("latitude", lat, truth.lat[at], _NEAR_DEG),
        ("NO2", no2, np.where(off & _marked(truth), np.nan, truth.no2[at]), 0.006),
        ("PM2.5", pm25, truth.pm25[at], 0.06), ("speed", speed, truth.speed[at], 2.0),
    )  # fmt: skip
    for name, found, right, near in checks:
        wrong = measured & np.isfinite(found) & ~(np.abs(found - right) <= near)
        if name == "PM2.5":
            wrong &= ~(off & np.isnan(no2))
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            return f"{name} {found[k]:.7g} where {right[k]:.7g} was written ({int(wrong.sum())} rows)"
    return ""


def _marked(truth: Drive) -> bool:
    """Whether something is unusable in some of the rows only."""
    return bool(truth.unusable.any() and not truth.unusable.all())


# --- records --------------------------------------------------------------------------------------------------------


def judge_emission(
    truth: Emission, outcome: Outcome[tuple[xr.Dataset, ...]], words: Sequence[str]
) -> tuple[str, str]:
    """Verdict on hours of a stack, and why."""
    told = _told(outcome)
    named = any(word.lower() in told.lower() for word in words)
    absent = np.isnan(truth.so2)
    right = dict(
        zip(truth.time.astype("datetime64[s]"), zip(truth.so2, truth.corrected, truth.flow, strict=True), strict=True)
    )
    lost = len(right)
    for series in outcome.value:
        hours = (series["time"].values + np.timedelta64(8, "h")).astype("datetime64[ms]")
        flow = next((n for n, v in series.data_vars.items() if "flow" in str(v.attrs.get("long_name", "")).lower()
                     or "流量" in str(v.attrs.get("long_name", ""))), "")  # fmt: skip
        names = ("a21026", "a21026_corrected", flow)
        found = [series[n].values if n in series else np.full(hours.size, np.nan) for n in names]
        for k, hour in enumerate(hours):
            row = [float(column[k]) for column in found]
            if not np.isfinite(row).any():
                continue
            expected = right.get(hour.astype("datetime64[s]")) if hour == hour.astype("datetime64[s]") else None
            if expected is None:
                return WRONG, f"values at {hour}, where none were"
            for name, got, wanted in zip(names, row, expected, strict=True):
                if np.isfinite(got) and not abs(got - wanted) <= 1e-3 * abs(wanted):
                    return WRONG, f"{name} {got:.6g} at {hour} where {wanted:.6g} was written"
            lost -= all(np.isfinite(g) or np.isnan(w) for g, w in zip(row, expected, strict=True))
    if lost == 0 and (named or not absent.any() or not words):
        return RIGHT, ""
    if named:
        return NAMED, ""
    return WRONG, f"{lost} of {len(right)} hours lost or not named; told: {told[-200:]!r}"


# --- registers ------------------------------------------------------------------------------------------------------


def judge_register(truth: Register, outcome: Outcome[tuple[Site, ...]], way: RegisterWay) -> tuple[str, str]:
    """Verdict on a register, and why."""
    told = _told(outcome)
    named = any(word.lower() in told.lower() for word in way.words)
    sites = {site.name: site for site in outcome.value}
    if strange := set(sites) - set(truth.names):
        return WRONG, f"sites {strange} that nobody wrote"
    lost = []
    for name, lon, lat, until, off in zip(
        truth.names, truth.lon, truth.lat, truth.until, truth.unusable, strict=True
    ):
        site = sites.get(name)
        if site is None:
            lost += [] if off else [name]
            continue
        if max(abs(site.lon - lon), abs(site.lat - lat)) > way.near_deg:
            return WRONG, f"{name} at {site.lon:.6f}, {site.lat:.6f}, written at {lon:.6f}, {lat:.6f}"
        if way.months:
            until = (until.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        if site.permit_valid_to is None:
            lost.append(name)
        elif site.permit_valid_to != until:
            return WRONG, f"{name} until {site.permit_valid_to}, written {until}"
    if not lost and (named or not truth.unusable.any()) and (named or way.name[:5] != "codes"):
        return RIGHT, ""
    return (NAMED, "") if named else (WRONG, f"{len(lost)} of {len(truth.names)} lost; told: {told[-200:]!r}")


# --- all tables -----------------------------------------------------------------------------------------------------


def _batch(jobs: Sequence[tuple[int, int]]) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        return [try_way(number, seed, Path(folder)) for number, seed in jobs]


def try_all(tables: int, *, workers: int = 2) -> list[Result]:
    """Try every way with as many seeds as make so many tables."""
    seeds = -(-tables // len(ALL))
    jobs = [(number, FIRST_SEED + seed) for seed in range(seeds) for number in range(len(ALL))]
    batches = [jobs[first : first + 200] for first in range(0, len(jobs), 200)]
    results: list[Result] = []
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        for found in pool.map(_batch, batches):
            results += found
            print(f"\r{len(results)} of {len(jobs)} tables", end="", file=sys.stderr)
    print(file=sys.stderr)
    return results


def page(results: Sequence[Result], seconds: float) -> str:
    """The page ``docs/robustness.md``."""
    lines = [
        "# Ways in which people write a right table",
        "",
        f"Written by `python -m benchmarks.robustness`; not by hand. {len(results):,} tables with values of their "
        f"own in {seconds:.0f} s. *Right*: every value came out at its time and place. *Named*: what is missing or "
        "refused is told with a word that says what is wrong. *Wrong*: a value that was not written, or one lost "
        "without a word.",
        "",
        "| reader | kind | ways | tables | right | named | wrong | crashed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    groups = dict.fromkeys((way.reader, way.kind) for way in ALL)
    for reader, kind in groups:
        numbers = [k for k, way in enumerate(ALL) if (way.reader, way.kind) == (reader, kind)]
        counts = Counter(r.verdict for r in results if r.way in numbers)
        shown = " | ".join(f"{counts[v]:,}" for v in (RIGHT, NAMED, WRONG, CRASHED))
        lines.append(f"| {reader} | {kind} | {len(numbers)} | {sum(counts.values()):,} | {shown} |")
    totals = Counter(r.verdict for r in results)
    shown = " | ".join(f"{totals[v]:,}" for v in (RIGHT, NAMED, WRONG, CRASHED))
    lines += [f"| | all | {len(ALL)} | {len(results):,} | {shown} |", ""]
    lines += ["| reader | way | right | named | wrong or crashed | for instance |", "|---|---|---|---|---|---|"]
    for number, way in enumerate(ALL):
        mine = [r for r in results if r.way == number]
        bad = [r for r in mine if r.verdict in (WRONG, CRASHED)]
        counts = Counter(r.verdict for r in mine)
        example = f"seed {bad[0].seed}: {bad[0].why[:140]}".replace("|", "/").replace("\n", " ") if bad else ""
        told = f"{way.kind}: {way.name.replace('|', '/')}"
        lines.append(f"| {way.reader} | {told} | {counts[RIGHT]} | {counts[NAMED]} | {len(bad)} | {example} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; 1 if a table came out wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=TABLES, help=f"at least so many (default {TABLES})")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args(arguments)
    started = time.perf_counter()
    results = try_all(chosen.tables, workers=chosen.workers)
    text = page(results, time.perf_counter() - started)
    print(text)
    if chosen.tables >= TABLES:
        PAGE.write_text(text, encoding="utf-8")
    return int(any(r.verdict in (WRONG, CRASHED) for r in results))


if __name__ == "__main__":
    sys.exit(main())
