"""Folders of real air: sensors, readings, wind and truth, read by their headings; nothing depends on their names.

A folder holds ``sensors.csv`` (a point, or a path with a second end; masts too) beside folders of runs, each with
``obs.csv``, ``met.csv`` or wind in the columns of obs, and ``truth.csv``, all perhaps ``.gz``. ``sites.csv`` lists
sites, ``source_polygon.csv`` the outline of a source whose place is known. What was not understood is printed to
standard error.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion.attribution.joint.readings import Mast, Readings, Sensor, new_mast
from ingest.species import molar_mass_of
from ingest.units import grams_per_m3

__all__ = ["Run", "Truth", "read_folder"]

Floats = NDArray[np.float64]
Table = dict[str, list[str]]

_SENSOR = ("sensor", "name", "id", "sensor_name", "instrument_id", "location")
_TIME = ("time_utc", "time", "datetime", "timestamp", "datetime_utc", "t")
_RUN = ("run", "release", "event", "day", "experiment")
_MAST = ("mast", "station", "anemometer", "met")
_SITE = ("site", "source", "name", "id")
_UNITS = (
    ("mg_m3", "mg m-3"), ("ug_m3", "ug m-3"), ("mg_m-3", "mg m-3"), ("ug_m-3", "ug m-3"),
    ("ppm", "ppm"), ("ppb", "ppb"),
)  # fmt: skip
_USUAL_K, _USUAL_PA = 288.15, 101_325.0
_POINT_HEIGHT_M = 2.0


@dataclass(frozen=True)
class Truth:
    """What a run says of one source: place [m], or the site that it is; median rate [g s-1] while it emitted."""

    x: float
    y: float
    rate_g_s: float
    site: str


@dataclass(frozen=True, eq=False)
class Run:
    """One run: readings, what is true, sites (name, x, y) and the outline (corners, 2) of a known source."""

    name: str
    readings: Readings
    truth: tuple[Truth, ...]
    sites: tuple[tuple[str, float, float], ...]
    outline: Floats | None


class _Headings:
    """Columns of a table by what they are called; those that were never asked for are reported."""

    def __init__(self, table: Table, source: str) -> None:
        self.table, self.source, self.used = table, source, set[str]()

    def find(self, *names: str) -> str | None:
        """The first heading that is one of ``names``, with or without ``_m``, whatever its case."""
        for name in names:
            for heading in self.table:
                if heading.lower() in (name, f"{name}_m"):
                    self.used.add(heading)
                    return heading
        return None

    def texts(self, *names: str) -> list[str] | None:
        heading = self.find(*names)
        return None if heading is None else self.table[heading]

    def numbers(self, *names: str) -> Floats | None:
        column = self.texts(*names)
        return None if column is None else _numbers(column)

    def matching(self, pattern: str) -> list[str]:
        found = [h for h in self.table if re.fullmatch(pattern, h.lower())]
        self.used.update(found)
        return found

    def report(self) -> None:
        left = [h for h in self.table if h not in self.used]
        if left:
            print(f"{self.source}: columns not used: {', '.join(left)}", file=sys.stderr)


def read_folder(folder: Path, runs: str | None = None) -> Iterator[Run]:
    """Every run of a folder; of the folder of runs named ``runs`` only, where one is given."""
    sensors = _table(folder, "sensors")
    if not sensors:
        raise SystemExit(f"{folder} has no sensors.csv")
    below = sorted(p for p in folder.iterdir() if p.is_dir() and (runs is None or p.name == runs))
    for part in below or [folder]:
        obs = _table(part, "obs")
        if not obs:
            print(f"{part}: no obs.csv, left out", file=sys.stderr)
            continue
        met, truth = _table(part, "met"), _table(part, "truth")
        sites = _sites(_table(part, "sites") or _table(folder, "sites"))
        outline = _outline(_table(folder, "source_polygon"))
        yield from _runs(part.name, sensors, obs, met, truth, sites, outline)


def _table(folder: Path, name: str) -> Table:
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if path.is_file():
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            rows = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
            width = len(rows[0])
            kept = [row for row in rows[1:] if len(row) == width]
            return {h.strip(): [row[k].strip() for row in kept] for k, h in enumerate(rows[0])}
    return {}


def _numbers(column: Sequence[str]) -> Floats:
    def number(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            return float("nan")

    return np.array([number(text) for text in column], np.float64)


def _seconds(column: Sequence[str]) -> Floats:
    """Seconds since 1970 of stamps in UTC; numbers are seconds as they are."""
    try:
        return np.array([float(text) for text in column])
    except ValueError:
        stamps = [text.rstrip("Z").replace(" ", "T").replace("+00:00", "") for text in column]
        return np.array(stamps, "datetime64[ns]").astype(np.int64) / 1e9


def _runs(
    part: str, sensors: Table, obs: Table, met: Table, truth: Table,
    sites: tuple[tuple[str, float, float], ...], outline: Floats | None,
) -> Iterator[Run]:  # fmt: skip
    names = _run_column(obs)
    heads = [_Headings(table, f"{part}/{name}") for table, name in ((obs, "obs"), (met, "met"), (truth, "truth"))]
    for run in dict.fromkeys(names) if names else [part]:
        parts = [_rows_of(table, run) if names else table for table in (obs, met, truth)]
        for head, table in zip(heads, parts, strict=True):
            head.table = table
        masts = _masts(heads[1] if met else heads[0], sensors, run)
        readings = _readings(heads[0], sensors, masts, run, heads[1])
        if readings is None:
            print(f"{part}/{run}: no readings of a known sensor, left out", file=sys.stderr)
            continue
        yield Run(run, readings, _truth(heads[2], sites), sites, outline)
    for head in heads:
        head.find(*_RUN)
        head.report()


def _run_column(table: Table) -> list[str]:
    return _Headings(table, "").texts(*_RUN) or []


def _rows_of(table: Table, run: str) -> Table:
    column = _run_column(table)
    if not column:
        return table
    kept = [k for k, name in enumerate(column) if name == run]
    return {heading: [values[k] for k in kept] for heading, values in table.items()}


# --- sensors and readings -------------------------------------------------------------------------------------------


def _sensors(table: Table, run: str) -> dict[str, Sensor]:
    """Sensors by name; where a column says to which campaign they belong, those whose campaign the run names."""
    head = _Headings(table, "sensors")
    names, kind = head.texts(*_SENSOR) or [], head.texts("kind", "type")
    x, y, x2, y2 = (head.numbers(n, f"{n}1" if len(n) == 1 else n) for n in ("x", "y", "x2", "y2"))
    height = head.numbers("z", "height", "z1", "inlet_height", "height_above_ground")
    campaign = head.texts("campaign", "run", "group")
    if x is None or y is None:
        raise SystemExit("sensors.csv has no x and y")
    found: dict[str, Sensor] = {}
    for k, name in enumerate(names):
        if kind and kind[k].lower() in ("mast", "met", "anemometer", "sonic"):
            continue
        if campaign and campaign[k] and not run.startswith(campaign[k]):
            continue
        end = (x[k], y[k]) if x2 is None or y2 is None or not np.isfinite(x2[k] + y2[k]) else (x2[k], y2[k])
        z = _POINT_HEIGHT_M if height is None or not np.isfinite(height[k]) else height[k]
        if np.isfinite(x[k] + y[k]):
            found[name] = Sensor(name, float(x[k]), float(y[k]), float(end[0]), float(end[1]), float(z))
        else:
            print(f"sensors.csv: {name} has no position, left out", file=sys.stderr)
    return found


def _readings(head: _Headings, sensors: Table, masts: tuple[Mast, ...], run: str, met: _Headings) -> Readings | None:
    known = _sensors(sensors, run)
    when = head.texts(*_TIME)
    if when is None:
        return None
    time = _seconds(when)
    state = _state(head, met)
    named = head.texts(*_SENSOR)
    if named is not None:
        heading = next((h for h in head.table if _value_unit(h)), None)
        if heading is None:
            return None
        head.used.add(heading)
        rows = [(time, named, _numbers(head.table[heading]) * _to_grams(heading, state))]
    else:  # a column a sensor
        rows = [
            (time, [name] * time.size, _numbers(column) * _to_grams(heading, state))
            for heading, column in head.table.items()
            if (name := _named_in(heading, known)) is not None
        ]
        head.used.update(h for h in head.table if _named_in(h, known) is not None)
    order = [name for name in known if any(name in names for _, names, _ in rows)]
    index = {name: k for k, name in enumerate(order)}
    unknown = {name for _, names, _ in rows for name in names} - set(index)
    if unknown:
        print(f"{run}: sensors not in sensors.csv: {', '.join(sorted(unknown))}", file=sys.stderr)
    if not order:
        return None
    when_, where, what = (np.concatenate(parts) for parts in zip(*_columns(rows, index), strict=True))
    return Readings(tuple(known[name] for name in order), masts, when_, where, what)


def _columns(
    rows: Sequence[tuple[Floats, Sequence[str], Floats]], index: dict[str, int]
) -> Iterator[tuple[Floats, NDArray[np.int64], Floats]]:
    for time, names, value in rows:
        where = np.array([index.get(name, -1) for name in names], np.int64)
        yield time[where >= 0], where[where >= 0], value[where >= 0]


def _named_in(heading: str, known: dict[str, Sensor]) -> str | None:
    """The sensor whose readings a column holds: its name, perhaps with species and unit about it."""
    for name in known:
        about = rf"(ch4_)?{re.escape(name)}(_(ppm|ppb|mg_m3|ug_m3|ch4.*))?"
        if re.fullmatch(about, heading, re.IGNORECASE):
            return name
    return None


def _value_unit(heading: str) -> tuple[str, str] | None:
    """Species and unit of a column of concentrations, as ``ch4_ppm``; None for anything else."""
    for ending, unit in _UNITS:
        if heading.lower().endswith(f"_{ending}"):
            species = heading[: -len(ending) - 1].lower()
            return (species, unit) if molar_mass_of(species) is not None else None
    return None


def _to_grams(heading: str, state: tuple[float, float]) -> float:
    species, unit = _value_unit(heading) or ("ch4", "ppm")
    factor = grams_per_m3(unit, species, temperature_k=state[0], pressure_pa=state[1])
    return factor if factor is not None else float("nan")


def _state(*heads: _Headings) -> tuple[float, float]:
    """Median temperature and pressure of a run, of whichever table has them."""
    found = []
    for names, usual in (
        (("air_temperature_k", "temperature_k", "sonic_temperature_k"), _USUAL_K),
        (("air_pressure_pa", "pressure_pa"), _USUAL_PA),
    ):
        columns = [c for head in heads if (c := head.numbers(*names)) is not None and np.isfinite(c).any()]
        found.append(float(np.nanmedian(columns[0])) if columns else usual)
    return found[0], found[1]


# --- wind -----------------------------------------------------------------------------------------------------------


def _masts(head: _Headings, sensors: Table, run: str) -> tuple[Mast, ...]:
    when, names = head.texts(*_TIME), head.texts(*_MAST)
    if when is None:
        return ()
    time = _seconds(when)
    u, v = _components(head)
    measured = _turbulence(head, time.size)
    groups = np.array(names) if names else np.full(time.size, "wind")
    found = []
    for name in dict.fromkeys(groups.tolist()):
        rows = np.flatnonzero((groups == name) & np.isfinite(u) & np.isfinite(v))
        _, first = np.unique(time[rows], return_index=True)
        rows = rows[first]
        if rows.size:
            own = {n: c[rows] for n, c in measured.items()}
            height = _mast_height(sensors, name, run)
            found.append(new_mast(name, time[rows], u[rows], v[rows], height_m=height, **own))
    return tuple(found)


def _components(head: _Headings) -> tuple[Floats, Floats]:
    """Wind towards east and north, from components or from speed and direction."""
    x = head.numbers("wind_x_m_s", "wind_u_m_s", "u_m_s", "wind_u", "u")
    y = head.numbers("wind_y_m_s", "wind_v_m_s", "v_m_s", "wind_v", "v")
    if x is not None and y is not None:
        return x, y
    speed = head.numbers("wind_speed_m_s", "wind_speed", "ws", "speed_m_s", "wind_speed_ms")
    from_deg = head.numbers("wind_from_deg", "wind_direction_deg", "wind_direction", "wind_dir_deg", "wd", "wdir")
    if speed is None or from_deg is None:
        size = len(next(iter(head.table.values()), []))
        print(f"{head.source}: no wind is understood", file=sys.stderr)
        return np.full(size, np.nan), np.full(size, np.nan)
    angle = np.radians(from_deg)
    return -speed * np.sin(angle), -speed * np.cos(angle)


def _turbulence(head: _Headings, size: int) -> dict[str, Floats]:
    nothing = np.full(size, np.nan)

    def column(*names: str) -> Floats:
        found = head.numbers(*names)
        return nothing if found is None else found

    speed, sd = column("wind_speed_m_s", "wind_speed", "ws"), column("wind_direction_sd_deg", "sigma_theta_deg")
    lateral = column("sigma_v_m_s", "wind_sd_m_s", "lateral_sd_m_s")
    lateral = np.where(np.isfinite(lateral), lateral, np.tan(np.radians(np.minimum(sd, 60.0))) * speed)
    obukhov = column("obukhov_m", "obukhov_length_m", "l_m", "monin_obukhov_length_m")
    with np.errstate(divide="ignore"):
        inverse = np.where(obukhov != 0, 1 / obukhov, np.nan)
    return {
        "w": column("wind_z_m_s", "wind_w_m_s", "w_m_s"),
        "friction_m_s": column("friction_velocity_m_s", "u_star_m_s", "ustar_m_s"),
        "inverse_obukhov_per_m": inverse,
        "lateral_sd_m_s": lateral,
        "vertical_sd_m_s": column("sigma_w_m_s", "vertical_sd_m_s"),
        "roughness_m": column("roughness_m", "z0_m"),
    }


def _mast_height(sensors: Table, name: str, run: str) -> float:
    head = _Headings(sensors, "sensors")
    names, height, campaign = head.texts(*_SENSOR) or [], head.numbers("z", "height"), head.texts("campaign", "run")
    for k, other in enumerate(names):
        mine = not campaign or not campaign[k] or run.startswith(campaign[k])
        if other == name and mine and height is not None:
            return float(height[k])
    return float("nan")


# --- truth ----------------------------------------------------------------------------------------------------------


def _sites(table: Table) -> tuple[tuple[str, float, float], ...]:
    if not table:
        return ()
    head = _Headings(table, "sites")
    names, x, y = head.texts(*_SITE), head.numbers("x"), head.numbers("y")
    if names is None or x is None or y is None:
        print("sites.csv: site, x and y are not understood", file=sys.stderr)
        return ()
    return tuple((n, float(a), float(b)) for n, a, b in zip(names, x, y, strict=True))


def _outline(table: Table) -> Floats | None:
    if not table:
        return None
    head = _Headings(table, "source_polygon")
    x, y = head.numbers("x"), head.numbers("y")
    return None if x is None or y is None else np.column_stack([x, y])


def _truth(head: _Headings, sites: Sequence[tuple[str, float, float]]) -> tuple[Truth, ...]:
    """One truth a place, with the median of its rates that are not nothing."""
    if not head.table or not next(iter(head.table.values())):
        return ()
    rate = head.numbers("rate_g_s", "emission_rate_g_s", "rate")
    per_hour = head.numbers("rate_kg_h", "emission_rate_kg_h")
    if rate is None and per_hour is not None:
        rate = per_hour / 3.6
    x, y = head.numbers("source_x", "x", "true_x"), head.numbers("source_y", "y", "true_y")
    site = head.texts("site", "truth", "source", "emitter", "true_site", "equipment")
    size = len(next(iter(head.table.values())))
    keys = [
        (site[k] if site else "", float(x[k]) if x is not None else np.nan, float(y[k]) if y is not None else np.nan)
        for k in range(size)
    ]
    found = []
    for key in dict.fromkeys(map(str, keys)):
        rows = [k for k in range(size) if str(keys[k]) == key]
        name, px, py = keys[rows[0]]
        rates = np.array([]) if rate is None else rate[rows][rate[rows] > 0]
        listed = [s for s in sites if s[0] == name]
        if not listed and sites and np.isfinite(px + py):
            listed = [min(sites, key=lambda s: (s[1] - px) ** 2 + (s[2] - py) ** 2)]
        if listed:
            name, px, py = listed[0] if not np.isfinite(px + py) else (listed[0][0], px, py)
        if rate is None or rates.size:
            found.append(Truth(px, py, float(np.median(rates)) if rates.size else float("nan"), name))
    return tuple(found)
