"""How fast all rules on monitor records answer, from stored series by chunks of sites, and in how much memory.

Run ``python -m benchmarks.speed_rules`` for docs/speed-monitors.md, ``--sites 5000`` for a city's year. A site has an
outlet with ten factors by the hour, four of them with a converted value, marks, gaps and a daily check, and meters on
two devices.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import dask.config
import numpy as np
import xarray as xr

from benchmarks.speed_records import Figure, render_figures
from ingest.monitors.marks import mark_variable
from ingest.monitors.stored import StoredSites, write_sites
from monitors.rules import seek_anomalies

__all__ = ["main", "rows"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "speed-monitors.md"

_HEAD = """# Speed of the rules on monitor records

Written by `python -m benchmarks.speed_rules`; do not edit. Series of whole sites lie in files of a hundred sites; all
rules are asked of all of them by two workers, which read their own files. Processor time is that of all processes.

"""
_CITY = 5_000
_FACTORS = (
    ("a21026", "mg m-3", 20.0, 50.0), ("a21002", "mg m-3", 90.0, 150.0), ("a34013", "mg m-3", 8.0, 20.0),
    ("a21024", "mg m-3", 10.0, 60.0), ("a21005", "mg m-3", 30.0, 100.0), ("a21001", "mg m-3", 3.0, 8.0),
    ("a19001", "%", 9.0, None), ("a01012", "degC", 120.0, None), ("a00000", "m3 s-1", 30.0, None),
    ("a01014", "%", 8.0, None),
)  # fmt: skip
"""Code, unit, usual level and limit of what a stack is measured for."""
_CONVERTED = 4


def made_site(number: int, hours: int) -> list[xr.Dataset]:
    """Outlet and meters of one site: day and night, a slow wander, noise, gaps, a check a day, some marks."""
    rng = np.random.default_rng(number)
    hour = np.arange(hours)
    time_ns = np.datetime64("2025-01-01T16:00", "ns") + hour * np.timedelta64(1, "h")
    load = np.where((hour % 24 >= 8) & (hour % 24 < 20), 1.0, 0.7) * (1.0 + 0.1 * np.sin(hour / 900.0))
    check = hour % 24 == 2
    texts = ["N", "C", "D", "F"]
    index = np.where(check, 1, np.where(rng.random(hours) < 0.003, 2, 0))
    oxygen = np.round(9.0 + 0.8 * rng.standard_normal(hours), 2)
    converted = (21.0 - 9.0) / (21.0 - oxygen)
    values = {}
    for place, (code, unit, level, limit) in enumerate(_FACTORS):
        own = level * load ** (limit is not None) * np.exp(0.12 * rng.standard_normal(hours))
        own = oxygen.copy() if code == "a19001" else own
        own[check] = 0.5 * limit if limit else own[check]
        own[rng.random(hours) < 0.002] = np.nan
        said = {"units": unit, "code": code, "long_name": code} | ({"limit": limit} if limit else {})
        values[code] = xr.Variable("obs", np.round(np.clip(own, 0.1, 20.0 if unit == "%" else None), 2), said)
        if limit:
            values[f"{code}_mark"] = mark_variable(index, texts)
        if place < _CONVERTED:
            values[f"{code}_corrected"] = xr.Variable("obs", np.round(own * converted, 2), said)
    names = {"permit_code": f"P{number:05d}", "uscc": "", "site_name": "", "source": "made"}
    outlet = xr.Dataset(values, {"time": ("obs", time_ns)}, {"interval": "hour", "mn": "", "point": "1#", **names})
    meters = {
        f"{device}_power": xr.Variable(
            "obs",
            kw * load * np.exp(0.03 * rng.standard_normal(hours)),
            {"units": "kW", "role": role, "linked_to": to},
        )
        for device, role, to, kw in (("MF0001", "production", "", 100.0), ("TA001", "treatment", "MF0001", 25.0))
    }
    power = xr.Dataset(meters, {"time": ("obs", time_ns)}, {"interval": "hour", "mn": "", "point": "", **names})
    return [outlet, power]


def stored(folder: Path, sites: int, hours: int) -> Sequence[StoredSites]:
    """Write the series of so many sites, a hundred a file."""

    def chunks() -> Iterator[StoredSites]:
        for first in range(0, sites, 100):
            own = [made_site(number, hours) for number in range(first, min(first + 100, sites))]
            yield from write_sites(folder / f"{first:05d}", own)

    return tuple(chunks())


def measure(sites: int, hours: int) -> list[Figure]:
    """Processor seconds, time and memory of all rules, two workers."""
    with tempfile.TemporaryDirectory() as folder:
        files = stored(Path(folder), sites, hours)
        started, used = time.perf_counter(), _processor_s()
        with dask.config.set(scheduler="processes", num_workers=2, chunksize=1):
            outcome = seek_anomalies(files)
        wall, used = time.perf_counter() - started, _processor_s() - used
    times = _CITY / sites * 8_760 / hours
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak += 2 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    remark = (
        f"{sites:,} sites, {hours:,} hours, {len(_FACTORS)} factors, {len(outcome.value):,} anomalies; "
        f"for {_CITY:,} sites and a year"
    )
    return [
        Figure("all rules, processor time", used * times, "s", "<=", 600.0, f"{remark}; two cores in 5 min"),
        Figure("all rules, time", wall * times, "s", "<=", 300.0, f"{remark}; two workers, machine shared"),
        Figure("all rules, memory", peak / 2**20, "GB", "<=", 4.0, "this process and two workers, at most"),
    ]


def _processor_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def rows(*, small: bool = False, sites: int = 500) -> list[Figure]:
    """Measure everything; ``small`` is for the smoke test."""
    return measure(2, 200) if small else measure(sites, 8_760)


def main(argv: Sequence[str] | None = None) -> list[Figure]:
    """Measure, write the page, and return its rows."""
    parser = argparse.ArgumentParser(description="Speed of all rules on monitor records.")
    parser.add_argument("--small", action="store_true", help="a smoke test, not a measurement")
    parser.add_argument("--sites", type=int, default=500, help="how many sites to measure; figures are for 5 000")
    options = parser.parse_args(argv)
    figures = rows(small=options.small, sites=options.sites)
    print(render_figures(figures))
    if not options.small:
        PAGE.write_text(f"{_HEAD}{render_figures(figures)}", encoding="utf-8")
    return figures


if __name__ == "__main__":
    main()
