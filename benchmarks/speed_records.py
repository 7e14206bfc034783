"""How fast photos are indexed, HJ 212 packets parsed, registers joined; how much memory monitor values take.

Run ``python -m benchmarks.speed_records`` for the table, ``python -m benchmarks.speed_ingest`` for the page. Photos
and packets are made here; where the real data is, the real photos are indexed as well. A ratio
compares with plainly reading the same files, in the same run.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import xarray as xr

from benchmarks.real_data import data_folder
from ingest.images.read import PhotoSettings, read_frames
from ingest.monitors.collect import Collector, SeriesKey
from ingest.monitors.hj212 import parse_stream
from ingest.monitors.read import MonitorSettings, read_monitors
from ingest.registers.read import SiteSettings, read_sites
from onevisit.truth.simulate.flights.files import WrittenTags, write_photo
from tests.ingest.monitors.slow_crc import crc_hj212

__all__ = ["Figure", "main", "render_figures", "rows"]

_USCC = "91130200699229617X"


@dataclass(frozen=True)
class Figure:
    """One measured figure: what, how much, the bound it must keep (``"<="`` or ``">="``), and a remark."""

    name: str
    value: float
    unit: str
    bound: str
    limit: float
    remark: str = ""

    @property
    def kept(self) -> bool:
        """Whether the figure keeps its bound."""
        return self.value <= self.limit if self.bound == "<=" else self.value >= self.limit


def render_figures(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| what | measured | target | kept | remark |", "|---|---|---|---|---|"]
    for f in figures:
        value = f"{f.value:,.0f}" if f.value >= 100 else f"{f.value:.2f}"
        sign = {"<=": "at most", ">=": "at least"}[f.bound]
        kept = "yes" if f.kept else "**no**"
        lines.append(f"| {f.name} | {value} {f.unit} | {sign} {f.limit:,g} | {kept} | {f.remark} |")
    return "\n".join(lines) + "\n"


def _best_seconds(action: Callable[[], object], repeats: int = 3) -> float:
    """Shortest processor time of a few runs: the machine may be shared."""
    best = float("inf")
    for _ in range(repeats):
        started = time.process_time()
        action()
        best = min(best, time.process_time() - started)
    return max(best, 1e-9)


def packets(count: int) -> bytes:
    """Stream of ``count`` packets: real-time air, 14 quantities with flags, 500 to 600 bytes each, CR LF between."""
    codes = ("a21026", "a21004", "a21005", "a05024", "a34002", "a34004", "a01001", "a01002", "a01006", "a01007")
    stream = io.BytesIO()
    for number in range(count):
        clock = f"2024{1 + number // 2_419_200 % 12:02d}{1 + number // 86_400 % 28:02d}"
        clock += f"{number // 3600 % 24:02d}{number // 60 % 60:02d}{number % 60:02d}"
        items = ";".join(f"{code}-Rtd={(number * 7 + k) % 900 / 10},{code}-Flag=N" for k, code in enumerate(codes))
        head = f"QN={clock}000;ST=22;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=4"
        segment = f"{head};CP=&&DataTime={clock};{items}&&".encode()
        stream.write(b"##%04d%s%04X\r\n" % (len(segment), segment, crc_hj212(segment)))
    return stream.getvalue()


def rate_packets(count: int) -> Figure:
    """Packets a second, all of which must be accepted."""
    stream = packets(count)
    accepted = sum(not message.errors for message in parse_stream(stream))
    if accepted != count:
        raise RuntimeError(f"{count - accepted} packets of the benchmark were refused")
    seconds = _best_seconds(lambda: sum(1 for _ in parse_stream(stream)), repeats=5)
    remark = (
        f"{count:,} packets of {len(stream) // count} bytes, 10 quantities with flags; CRC, length and items checked"
    )
    return Figure("HJ 212 messages", count / seconds, "a second, one core", ">=", 50_000.0, remark)


def _made_series(sites: int, hours: int, factors: int) -> Sequence[xr.Dataset]:
    names = [f"a{number:05d}" for number in range(factors)]
    keys = [SeriesKey("hour", mn=f"M{number}") for number in range(sites)]
    collector = Collector()
    for hour in range(hours):
        for key in keys:
            points = collector.points(key)
            for name in names:
                points.add(hour * 3_600_000_000_000, name, float(hour % 97))
    return collector.drain().series


def memory_of_values(sites: int, hours: int, factors: int) -> Figure:
    """Peak memory of monitor values from the first to the finished series, against a time and a number of 8 bytes."""
    _made_series(1, 1, 1)  # loads what xarray loads on its first use
    tracemalloc.start()
    series = _made_series(sites, hours, factors)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    count = sum(variable.size for one in series for variable in one.data_vars.values())
    if count != sites * hours * factors:
        raise RuntimeError(f"{count} values of the benchmark came back")
    remark = (
        f"{sites:,} sites, {hours:,} hours, {factors} factors; peak by tracemalloc; {peak / count:.1f} bytes a value"
    )
    return Figure("monitor values, peak memory", peak / count / 16.0, "× 16 bytes a value", "<=", 1.25, remark)


def rate_values(folder: Path, sites: int, hours: int) -> Figure:
    """Values a second of a wide hourly export, ten factors with a mark each; all must come back."""
    factors = ("SO2", "NOx", "CO", "O2", "烟尘", "HCl", "氨", "汞", "流速", "烟温")
    path = folder / "hours.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["MN", "企业名称", "时间", *(f"{name}{part}" for name in factors for part in ("实测值", "标记"))]
        )
        for site in range(sites):
            for hour in range(hours):
                clock = f"2024-10-{1 + hour // 24:02d} {hour % 24:02d}:00"
                cells = [cell for k in range(len(factors)) for cell in (f"{(hour + k) % 97 / 10}", "N")]
                table.writerow([f"M{site}", f"第{site}号厂", clock, *cells])
    read = read_monitors([path], MonitorSettings()).value
    count = sum(variable.size for series in read for variable in series.data_vars.values())
    if len(read) != sites or count < sites * hours * len(factors):
        raise RuntimeError(f"{count} values of {len(read)} series came back")
    seconds = _best_seconds(lambda: read_monitors([path], MonitorSettings()))
    remark = (
        f"{sites:,} sites, {hours:,} hours, values and marks of a wide table; target: choice, a city's day in 15 s"
    )
    return Figure("monitor values of a table", count / seconds, "a second, one core", ">=", 150_000.0, remark)


def made_photos(folder: Path, count: int) -> list[Path]:
    """One JPEG with a drone's EXIF and XMP under ``count`` names: the index reads every one as a file of its own."""
    pixels = np.random.default_rng(1).integers(0, 255, (900, 1200, 3), np.uint8)
    moment = datetime(2024, 10, 8, 9, 15)
    tags = WrittenTags(
        moment, 104.07, 30.66, 620.0, 120.0, 48.0, -90.0, 0.0, 48.0, "M3E", 12.29, 24, 3700.0, 5280, 3956
    )
    first = folder / "DJI_00000.JPG"
    write_photo(first, pixels, tags)
    for number in range(1, count):
        os.link(first, folder / f"DJI_{number:05d}.JPG")
    return sorted(folder.glob("*.JPG"))


def rate_photos(files: Sequence[Path], name: str) -> Figure:
    """Photos indexed a second, against reading the same files whole."""
    outcome = read_frames(files, PhotoSettings(time_zone="UTC"))  # warms the disk
    if len(outcome.value) != len(files):
        raise RuntimeError(f"{len(outcome.rejects)} photos of the benchmark were rejected: {outcome.rejects[0].why}")
    seconds = _best_seconds(lambda: read_frames(files, PhotoSettings(time_zone="UTC")))
    plain = _best_seconds(lambda: [path.read_bytes() for path in files])
    remark = f"{len(files):,} files, warm disk; {seconds / plain:.2f} × the time of reading them whole"
    return Figure(name, len(files) / seconds, "a second, one core", ">=", 200.0, remark)


def rate_sites(folder: Path, count: int) -> Figure:
    """Register rows joined a second: permits of ``count`` sites, two registers that name them by code and by name."""
    permits = [["排污许可证编号", "单位名称", "经度", "纬度", "坐标系"]]
    grades = [["排污许可证编号", "绩效分级"]]
    credit = [["企业名称", "信用等级"]]
    for number in range(count):
        code, name = f"{_USCC}{number % 1000:03d}{chr(65 + number // 1000 % 26)}", f"第{number}号制造有限公司"
        lon, lat = 104.0 + number % 100 / 200.0, 30.5 + number // 100 / 200.0
        permits.append([code, name, f"{lon:.6f}", f"{lat:.6f}", "GCJ-02"])
        grades.append([code, "B"])
        credit.append([name, "环保良好"])
    paths = []
    for label, table in (("a", permits), ("b", grades), ("c", credit)):
        path = folder / f"{label}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(table)
        paths.append(path)
    seconds = _best_seconds(lambda: read_sites(paths, SiteSettings()))
    found = read_sites(paths, SiteSettings()).value
    if len(found) != count or any(not site.credit or not site.grade for site in found):
        raise RuntimeError("registers of the benchmark were not joined as they should")
    remark = f"{count:,} sites in three registers, joined by permit code and by name; target: choice, a city in 6 s"
    return Figure("register rows joined", 3 * count / seconds, "a second, one core", ">=", 5_000.0, remark)


def rows(*, small: bool = False) -> list[Figure]:
    """Measure everything; ``small`` is for the smoke test."""
    figures = [rate_packets(2_000 if small else 60_000)]
    figures.append(memory_of_values(*((5, 200, 10) if small else (200, 2_000, 10))))
    with tempfile.TemporaryDirectory() as folder:
        figures.append(rate_values(Path(folder), *((3, 48) if small else (100, 240))))
    with tempfile.TemporaryDirectory() as folder:
        figures.append(rate_photos(made_photos(Path(folder), 50 if small else 2_000), "photos indexed, made"))
    real = sorted(data_folder().glob("uav/*/*.JPG")) + sorted(data_folder().glob("uav/*/images/*.JPG"))
    if real:
        figures.append(rate_photos(real[:10] if small else real, "photos indexed, real"))
    with tempfile.TemporaryDirectory() as folder:
        figures.append(rate_sites(Path(folder), 300 if small else 5_000))
    return figures


def main(argv: Sequence[str] | None = None) -> list[Figure]:
    """Measure, print the table, and return its rows."""
    parser = argparse.ArgumentParser(description="Speed of photos, packets and registers.")
    parser.add_argument("--small", action="store_true", help="a smoke test, not a measurement")
    figures = rows(small=parser.parse_args(argv).small)
    print(render_figures(figures))
    return figures


if __name__ == "__main__":
    main()
