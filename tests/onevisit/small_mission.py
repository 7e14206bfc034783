"""A mission made by hand, small enough to work its results out: straight drives in a steady wind past four works.

Two streets run east and west. Van ``a`` drives the one along y = 0 six times, there and back, at 12 m/s with pauses
of 400 s; van ``b`` drives the one 400 m south of it once, after midnight. Wind and background are steady, each plume
is a Gaussian along the street in the passes in which its works is at it. What the analysers of ``a`` say comes
``LAG_S`` late. Four photos were taken of a meadow with a patch of soil. x is east and y north, in metres.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from onevisit.truth.simulate.flights.files import WrittenTags, write_photo
from tests.ingest.monitors.slow_crc import crc_hj212

Floats = NDArray[np.float64]

LON0, LAT0 = 104.0, 30.6
_A, _E2 = 6378137.0, 0.0066943799901413165
"""WGS 84: major half-axis in metres, and first eccentricity squared."""
_W = math.sqrt(1.0 - _E2 * math.sin(math.radians(LAT0)) ** 2)
METRES_PER_LAT = math.radians(1.0) * _A * (1.0 - _E2) / _W**3
METRES_PER_LON = math.radians(1.0) * _A / _W * math.cos(math.radians(LAT0))

STEP_M, ROWS, PASSES, PAUSE_S = 12.0, 201, 6, 400
LAG_S = {"ch4": 6, "so2": 9}
REMOVED_ROWS = 5
START_A = datetime(2026, 3, 1, 14, 30)
"""UTC of the first row of ``a``: 22:30 in Chengdu."""
START_B = datetime(2026, 3, 1, 16, 30)
"""UTC of the first row of ``b``: 00:30 of the next day in Chengdu."""
SOUTH_M = -400.0

BACKGROUND = {"ch4": 2.0, "so2": 4.0, "tvoc": 30.0}
NOISE = {"ch4": 0.01, "so2": 0.1, "tvoc": 0.4}
UNIT = {"ch4": "ppm", "so2": "ppb", "tvoc": "ug m-3"}
WIND_FROM_DEG, WIND_SPEED = 330.0, 3.0
DRIFT = math.tan(math.radians(30.0))
"""Metres that this wind carries a plume east for each metre south."""


@dataclass(frozen=True)
class Works:
    """A works north of a street, whose plume meets the street at x = ``crossing`` in the passes ``on``."""

    code: str
    name: str
    species: str
    crossing: float
    upwind: float
    height: float
    spread: float
    on: tuple[int, ...]
    gate: tuple[float, float]
    street: float = 0.0

    @property
    def place(self) -> tuple[float, float]:
        """Where it stands: upwind of the crossing."""
        return self.crossing - self.upwind * DRIFT, self.street + self.upwind

    def at(self, x: Floats) -> Floats:
        """What it adds to the air of the street while its plume is there."""
        return self.height * np.exp(-0.5 * ((x - self.crossing) / self.spread) ** 2)


TANNERY = Works("91130200699229617X001P", "tannery", "ch4", 1188.0, 150.0, 3.0, 30.0, (0, 1, 3, 5), (1240.0, 200.0))
SMELTER = Works("H95115000000000001001P", "smelter", "so2", 480.0, 100.0, 60.0, 24.0, (0, 1, 3, 4, 5), (200.0, 200.0))
PAINTER = Works("H95115000000000002001P", "painter", "ch4", 1980.0, 120.0, 2.0, 10.0, (2,), (1980.0, 60.0))
QUARRY = Works("H95115000000000003001P", "quarry", "tvoc", 1896.0, 150.0, 90.0, 36.0, (0,), (1800.0, -300.0), SOUTH_M)
WORKS = (TANNERY, SMELTER, PAINTER, QUARRY)
LEAK = Works("", "leak", "ch4", 240.0, 0.0, 0.085, 10.0, (4,), (240.0, 0.0))
"""On no register, and met once, with less than ten times the noise: too weak for a place."""
SOURCES = (*WORKS, LEAK)
DEPOT = (600.0, -2500.0)
RING = ((600.0, -2500.0), (200.0, -2500.0), (200.0, 200.0), (1240.0, 200.0), (1240.0, -2500.0), (600.0, -2500.0))
"""A street that may be driven in this direction only: from the depot past both gates and back."""

PERMITTED_KG_H = 1e-4
"""Of every permit: far less than any works emits, so that whoever emits offends."""
EXPIRING, EXPIRED, HAND, NEAR, FAR = (f"H951150000000000{k}001P" for k in (30, 40, 50, 60, 70))
MN = "A510100000001"


def lonlat(x: Any, y: Any) -> tuple[Any, Any]:
    """WGS 84 degrees of a place, or of many."""
    return LON0 + x / METRES_PER_LON, LAT0 + y / METRES_PER_LAT


def metres(lon: float, lat: float) -> tuple[float, float]:
    """Undo `lonlat`."""
    return (lon - LON0) * METRES_PER_LON, (lat - LAT0) * METRES_PER_LAT


def second_of(number: int, x: float) -> int:
    """Seconds from the first row of ``a`` until pass ``number`` is at ``x``."""
    along = x if number % 2 == 0 else (ROWS - 1) * STEP_M - x
    return number * (ROWS - 1 + PAUSE_S) + round(along / STEP_M)


def write_mission(root: Path, *, flown: bool = True, with_roads: bool = False) -> None:
    """Write the mission folder."""
    for name in ("traces", "registers", "monitors", *(["images"] if flown else [])):
        (root / name).mkdir(parents=True)
    _write_traces(root / "traces")
    _write_registers(root / "registers")
    packets = [_packet("20260301090000"), _packet("20260301100000"), _packet("20260301110000", damage=True)]
    (root / "monitors" / "hj212.log").write_bytes(b"".join(packets))
    if flown:
        _write_photos(root / "images")
    if with_roads:
        (root / "roads").mkdir()
        line = ", ".join("[{:.8f}, {:.8f}]".format(*lonlat(*p)) for p in RING)
        (root / "roads" / "ring.geojson").write_text(
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"highway": "primary", '
            f'"oneway": "yes"}}, "geometry": {{"type": "LineString", "coordinates": [{line}]}}}}]}}',
            encoding="utf-8",
        )
    (root / "mission.toml").write_text(
        'time_zone = "Asia/Shanghai"\ncrs = "EPSG:32648"\n[vehicle]\nlag_of = [["ch4", 6.0], ["so2", 9.0]]\n'
        '[visits]\nyearly_cap = 2\n[teams]\nteams = 1\nshift_start = "08:30"\n'
        "speed_km_h = 36.0\n"
        "detour_factor = 1.25\ndepot = [{:.8f}, {:.8f}]\n".format(*lonlat(*DEPOT)),
        encoding="utf-8",
    )
    (root / "edits.csv").write_text(
        "start,end,action,name,comment\n"
        "2026-03-01T22:30:00+08:00,2026-03-01T22:30:04+08:00,remove,a,pump off\n"
        f",,reject,{HAND},closed for good\n"
        ",,reject,DJI_0005.JPG,finger\n"
        ",,drop,a,what\n",
        encoding="utf-8",
    )
    (root / "notes.txt").write_text("a loose file\n", encoding="utf-8")


def noise(rows: int, sd: float, seed: int) -> Floats:
    """Scatter whose quantiles are those of the normal distribution, in a shuffled order."""
    return np.random.default_rng(seed).permutation(sd * norm.ppf((np.arange(rows) + 0.5) / rows))


def air(species: str, number: int, x: Floats) -> Floats:
    """Enhancement along the street in one pass."""
    return sum((w.at(x) for w in SOURCES if w.species == species and number in w.on), np.zeros(len(x)))


def _measured(species: str, x: Floats, number: int, scatter: Floats) -> Floats:
    """What the analyser says: the air that was drawn in ``LAG_S`` seconds earlier."""
    drawn_in_at = x[np.maximum(np.arange(len(x)) - LAG_S.get(species, 0), 0)]
    return BACKGROUND[species] + scatter + air(species, number, drawn_in_at)


def _write_traces(folder: Path) -> None:
    along = STEP_M * np.arange(ROWS)
    gases = ("ch4", "so2")
    scatter = {s: noise(PASSES * ROWS, NOISE[s], k).reshape(PASSES, ROWS) for k, s in enumerate(gases)}
    lines = [f"time,lon,lat,CH4 (ppm),SO2 (ppb),{_WIND}"]
    for number in range(PASSES):
        x = along if number % 2 == 0 else along[::-1]
        values = [_measured(s, x, number, scatter[s][number]) for s in gases]
        lines += _lines(START_A + timedelta(seconds=number * (ROWS - 1 + PAUSE_S)), x, 0.0, values)
    (folder / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    dust = _measured("tvoc", along, 0, noise(ROWS, NOISE["tvoc"], 2))
    lines = [f"time,lon,lat,TVOC (ug/m3),{_WIND}", *_lines(START_B, along, SOUTH_M, [dust])]
    (folder / "b.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


_WIND = "true wind speed (m/s),true wind direction (deg)"


def _lines(first: datetime, x: Floats, y: float, values: Sequence[Floats]) -> list[str]:
    """A row a second, in the clock of Chengdu."""
    found = []
    for k in range(len(x)):
        lon, lat = lonlat(float(x[k]), y)
        local = first + timedelta(hours=8, seconds=k)
        said = ",".join(f"{v[k]:.5f}" for v in values)
        found.append(f"{local:%Y-%m-%d %H:%M:%S},{lon:.8f},{lat:.8f},{said},{WIND_SPEED},{WIND_FROM_DEG}")
    return found


def _write_registers(folder: Path) -> None:
    """Ten rows: sixty and sixty-one days to the day of the visits, none, one too late; near and beyond reach."""
    until = {TANNERY.code: "2026-05-02", SMELTER.code: "2026-05-03"}
    rows = [(w.code, w.name, w.place, w.gate, until.get(w.code, "")) for w in WORKS]
    emitted = {"ch4": "CH4", "so2": "SO2", "tvoc": "TVOC"}
    species = {w.code: emitted[w.species] for w in WORKS}
    rows += [
        (EXPIRING, "expiring", (1250.0, -160.0), (1250.0, -20.0), "2026-03-03"),
        (EXPIRED, "expired", (2600.0, 900.0), (2600.0, 880.0), "2026-03-02"),
        (HAND, "closed", (100.0, 800.0), (100.0, 780.0), "2026-03-01"),
        (NEAR, "near", (12_450.0, 0.0), (12_400.0, 0.0), ""),
        (FAR, "far", (13_020.0, 0.0), (13_000.0, 0.0), "2026-03-01"),
    ]
    lines = ["permit_code,name,lon,lat,gate_lon,gate_lat,species,permit_valid_to,crs,许可排放速率(kg/h)"]
    for code, name, place, gate, day in rows:
        degrees = ",".join(f"{v:.7f}" for v in (*lonlat(*place), *lonlat(*gate)))
        lines.append(f"{code},{name},{degrees},{species.get(code, 'CH4')},{day},WGS84,{PERMITTED_KG_H}")
    (folder / "sites.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    visits = ["2026-01-10,日常", "2026-02-01,个案", "2025-12-30,日常", "2026-03-04,日常"]
    text = "\n".join(["排污许可证编号,单位名称,检查日期,检查类型", *(f"{TANNERY.code},tannery,{v}" for v in visits)])
    (folder / "visits.csv").write_text(text + "\n", encoding="utf-8")


def _packet(clock: str, *, damage: bool = False) -> bytes:
    segment = (
        f"QN={clock}000;ST=31;CN=2061;PW=123456;MN={MN};Flag=4;CP=&&DataTime={clock};a21026-Avg=12.5,a21026-Flag=N&&"
    ).encode()
    return b"##%04d%s%04X\r\n" % (len(segment), segment, crc_hj212(segment) ^ damage)


# --- a flight ------------------------------------------------------------------------------------------------------

FLIGHT_AT = (300.0, -200.0)
HEIGHT_M, FOCAL_PX, WIDTH_PX, HEIGHT_PX = 100.0, 250.0, 320, 240
GSD_M = HEIGHT_M / FOCAL_PX
SOIL = (310.0, -196.0, 40.0, 24.0)
"""Centre, width and height of the patch of soil."""
PHOTOS = 4
FLIGHT_START = datetime(2026, 3, 1, 15, 0)


def _write_photos(folder: Path) -> None:
    """Four photos straight down with north at the top, two strips of two, and one that a person rejects."""
    pixel = 0.2
    rng = np.random.default_rng(5)
    size = 1500
    ground = np.empty((size, size, 3), np.float32)
    texture = cv2.GaussianBlur(rng.normal(0.0, 1.0, (size, size)).astype(np.float32), (0, 0), 3.0)
    ground[:] = np.array([70.0, 120.0, 60.0]) + 250.0 * texture[..., None]
    left, top = FLIGHT_AT[0] - size * pixel / 2, FLIGHT_AT[1] + size * pixel / 2
    cx, cy, w, h = SOIL
    columns = slice(round((cx - w / 2 - left) / pixel), round((cx + w / 2 - left) / pixel))
    lines = slice(round((top - cy - h / 2) / pixel), round((top - cy + h / 2) / pixel))
    ground[lines, columns] = np.array([176.0, 138.0, 96.0]) + 250.0 * texture[lines, columns, None]
    ground = np.clip(ground, 0, 255)
    for number in range(PHOTOS + 1):
        k = number % PHOTOS
        x, y = FLIGHT_AT[0] + (-20.0, 20.0)[k // 2], FLIGHT_AT[1] + (-15.0, 15.0)[k % 2]
        right = (np.arange(WIDTH_PX) + 0.5 - WIDTH_PX / 2) * GSD_M
        down = (np.arange(HEIGHT_PX) + 0.5 - HEIGHT_PX / 2) * GSD_M
        column, row = np.meshgrid((x + right - left) / pixel - 0.5, (top - y + down) / pixel - 0.5)
        picture = cv2.remap(ground, column.astype(np.float32), row.astype(np.float32), cv2.INTER_AREA)
        lon, lat = lonlat(x, y)
        local = FLIGHT_START + timedelta(hours=8, seconds=5 * number)
        tags = WrittenTags(
            local, lon, lat, 612.0, HEIGHT_M, 0.0, -90.0, 0.0, 0.0, "M3T", 4.4, 28, FOCAL_PX, WIDTH_PX, HEIGHT_PX
        )  # fmt: skip
        write_photo(folder / f"DJI_{number + 1:04d}.JPG", np.asarray(picture, np.uint8), tags)
