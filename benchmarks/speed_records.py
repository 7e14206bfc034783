"""How fast photos are indexed, HJ 212 packets parsed and registers joined: rates and ratios of one run.

Run ``python -m benchmarks.speed_records``. Photos and packets are made here; with ``../shared/data`` beside the
repository the real photos are indexed as well. A ratio compares with plainly reading the same files, in the same run.
"""

from __future__ import annotations

import csv
import io
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.crc import crc_hj212
from ingest.hj212 import parse_stream
from ingest.photos import PhotoSettings, read_frames
from ingest.sites import SiteSettings, read_sites

__all__ = ["Rate", "main", "rows"]

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
_USCC = "91130200699229617X"


@dataclass(frozen=True)
class Rate:
    """One figure: what was measured, how much a second of one core, the least allowed, and a ratio."""

    name: str
    per_second: float
    at_least: float
    ratio: str = ""


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


def rate_packets(count: int) -> Rate:
    """Packets a second, all of which must be accepted."""
    stream = packets(count)
    accepted = sum(not message.errors for message in parse_stream(stream))
    if accepted != count:
        raise RuntimeError(f"{count - accepted} packets of the benchmark were refused")
    seconds = _best_seconds(lambda: sum(1 for _ in parse_stream(stream)))
    return Rate(f"HJ 212 packets ({len(stream) // count} bytes each)", count / seconds, 50_000.0)


def rate_photos(files: Sequence[Path], name: str, at_least: float) -> Rate:
    """Photos indexed a second, against reading the same files whole."""
    outcome = read_frames(files, PhotoSettings(time_zone="UTC"))  # warms the disk
    if len(outcome.value) != len(files):
        raise RuntimeError(
            f"{len(outcome.rejects)} photos of the benchmark were rejected: {outcome.rejects[0].reason}"
        )
    seconds = _best_seconds(lambda: read_frames(files, PhotoSettings(time_zone="UTC")))
    plain = _best_seconds(lambda: [path.read_bytes() for path in files])
    return Rate(name, len(files) / seconds, at_least, f"{seconds / plain:.2f} × reading the files")


def rate_sites(folder: Path, count: int) -> Rate:
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
    return Rate(f"register rows joined ({count} sites)", 3 * count / seconds, 5_000.0)


def rows(*, small: bool = False) -> list[Rate]:
    """Measure everything; ``small`` is for the smoke test."""
    rates = [rate_packets(2_000 if small else 60_000)]
    real = sorted(SHARED.glob("uav/*/*.JPG")) + sorted(SHARED.glob("uav/*/images/*.JPG"))
    if real:
        rates.append(rate_photos(real[:10] if small else real, f"photos indexed ({len(real)} real ones)", 200.0))
    with tempfile.TemporaryDirectory() as folder:
        rates.append(rate_sites(Path(folder), 300 if small else 5_000))
    return rates


def main() -> None:
    """Print the table."""
    for rate in rows():
        print(f"{rate.name:<44} {rate.per_second:>12,.0f} /s   at least {rate.at_least:>8,.0f}   {rate.ratio}")


if __name__ == "__main__":
    main()
