"""Places against their targets: simulated and real missions, maps without a source, references of the statistics.

``python -m benchmarks.skill_hotspots`` writes ``docs/skill-hotspots.md``; with ``--part`` only some of it is done,
and without real data only what is made; the page is left alone then. Simulated missions are kept below
``build/skill`` and shared with ``benchmarks.skill --replay`` (of size ``district``: ``--no-flights``).
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage, stats

from benchmarks import skill
from benchmarks.real_data import data_folder
from benchmarks.skill_places import IN_PLACE_M, Row, real_missions, simulated
from fusion import FusionSettings, build_cube, find_hotspots, region_geobox, touch_cells
from fusion.cube.grid import unproject
from fusion.cube.partials import enhanced_species, usable_rows
from fusion.hotspots.gistar import disc_kernel, gi_star_cells, neighbour_matrix
from fusion.hotspots.scan import scan_normal
from ingest.schema import new_trace
from ingest.traces.read import TraceSettings, read_traces
from numerics.plane import plane_of
from tracks import Track, TrackSettings, process_trace
from tracks.plumes import find_plumes

__all__ = ["main", "run_all"]

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "skill-hotspots.md"
CRS = "EPSG:4544"
ORIGIN = (405_000.0, 3_396_000.0)
SIDE = 16
"""Cells of a made map on each side: the raster of Getis and Ord 1996."""
CELL_M = 20.0
MAPS = 200
SINGLES_PER_100_KM = 1.0
PARTS = ("references", "maps", "real", "simulated")
TUNING, SCORING = 5_000, 100_000
LEAST_ROWS = 300
"""Usable rows that a real drive needs to be shuffled."""

Floats = NDArray[np.float64]
MakeMap = Callable[[np.random.Generator], list[Track]]


# --- maps without a source ------------------------------------------------------------------------------------------


def _track(name: str, x: Floats, y: Floats, enhancement: Floats, *, hour: int) -> Track:
    """One pass over metres ``x``, ``y``, a sample a second; those of a map at their own hours, not together."""
    lon, lat = unproject(x + ORIGIN[0], y + ORIGIN[1], CRS)
    time_ = np.datetime64("2024-05-01T02:00:00", "ns") + np.arange(x.size) * np.timedelta64(1, "s")
    time_ = time_ + np.timedelta64(hour, "h")
    attrs = {"units": "ppm", "species": "CH4", "instrument": "made", "long_name": "methane"}
    passes = new_trace(name, time_, lon, lat, {"ch4": (enhancement + 2.0, attrs)})
    passes["pass_index"] = ("obs", np.zeros(x.size, np.int32))
    noise_sd = float(stats.median_abs_deviation(enhancement, scale="normal"))
    passes["ch4_enhancement"] = ("obs", enhancement, {"units": "ppm", "noise_sd": noise_sd})
    passes["ch4_qc"] = ("obs", np.zeros(x.size, passes["qc_flag"].dtype))
    passes["ch4_background"] = ("obs", np.full(x.size, 2.0), {"units": "ppm"})
    return _with_plumes(passes)


def _with_plumes(passes: xr.Dataset) -> Track:
    return Track(passes, find_plumes(passes, TrackSettings()))


def _flights(fields: Sequence[Floats]) -> list[Track]:
    """Flights of back-and-forth lines over all cells."""
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    column = np.where(row % 2, SIDE - 1 - column, column)
    x, y = (column + 0.5) * CELL_M, (row + 0.5) * CELL_M
    return [_track(f"flight{k}", x, y, field[row, column], hour=k) for k, field in enumerate(fields)]


def _drives(series: Sequence[Floats]) -> list[Track]:
    """Drives along one straight road, 8 m a second."""
    return [
        _track(f"drive{k}", np.arange(s.size) * 8.0, np.full(s.size, 5.0), s, hour=k) for k, s in enumerate(series)
    ]


def independent_flights(rng: np.random.Generator) -> list[Track]:
    """One to four flights of independent lognormal values, ln sd 1."""
    return _flights([rng.lognormal(size=(SIDE, SIDE)) for _ in range(rng.integers(1, 5))])


def smooth_flights(rng: np.random.Generator) -> list[Track]:
    """One to four flights of white noise smoothed by a Gaussian of one cell."""
    fields = [rng.standard_normal((SIDE, SIDE)) for _ in range(rng.integers(1, 5))]
    return _flights([ndimage.gaussian_filter(f, 1.0, mode="wrap") for f in fields])


def independent_drives(rng: np.random.Generator) -> list[Track]:
    """One to four drives of independent lognormal values."""
    return _drives([rng.lognormal(size=500) for _ in range(rng.integers(1, 5))])


def smooth_drives(rng: np.random.Generator) -> list[Track]:
    """One to four drives of white noise smoothed over 5 s, made skewed."""
    noise = [rng.standard_normal(500) for _ in range(rng.integers(1, 5))]
    series = [ndimage.gaussian_filter1d(n, 5.0, mode="wrap") for n in noise]
    return _drives([np.exp(s / s.std()) for s in series])


def real_drives(data: Path) -> list[tuple[Track, str]]:
    """Every real drive under ``data`` with each of its species that was measured on two passes or more."""
    found = []
    for folder in ("retigo", "hamburg", "amld"):
        files = sorted(path for path in (data / folder).iterdir() if path.is_file())
        traces = read_traces(files, TraceSettings(time_zone="UTC"), root=data).value
        for track in (process_trace(trace).value for trace in traces):
            for name in enhanced_species(track.passes):
                rows = usable_rows(track.passes, name)
                passes = np.unique(track.passes["pass_index"].values[rows])
                if rows.sum() >= LEAST_ROWS and passes.size > 1:
                    found.append((track, name))
    return found


def shuffled_drive(drives: Sequence[tuple[Track, str]], rng: np.random.Generator) -> list[Track]:
    """One real drive whose plumes and the stretches between them change places within every pass.

    Plumes (as `tracks` found them) stay whole, what lies between is cut into pieces of half a minute to two; the
    order of all pieces is drawn anew for every pass. Values and their shapes in time are real; places mean nothing.
    """
    track, name = drives[int(rng.integers(len(drives)))]
    passes = track.passes
    own = {name, *(f"{name}_{part}" for part in ("enhancement", "background", "qc")), "qc_flag", "pass_index"}
    shuffled = passes[[v for v in passes.data_vars if v in own]].copy(deep=True)
    values = shuffled[f"{name}_enhancement"].values
    usable = usable_rows(passes, name)
    edges = _plume_edges(track, name, passes.sizes["obs"])
    for k in np.unique(passes["pass_index"].values[usable]):
        rows = np.flatnonzero(usable & (passes["pass_index"].values == k))
        values[rows] = _shuffle_pieces(values[rows], edges[rows], rng)
    shuffled[f"{name}_enhancement"].values[:] = values
    return [_with_plumes(shuffled)]


def _plume_edges(track: Track, name: str, rows: int) -> NDArray[np.int64]:
    """Number of the plume that each row is in, −1 between plumes."""
    inside = np.full(rows, -1, np.int64)
    plumes = track.plumes
    for k in range(plumes.sizes.get("plume", 0)):
        if str(plumes["species"].values[k]) == name:
            inside[int(plumes["first_row"][k]) : int(plumes["last_row"][k]) + 1] = k
    return inside


def _shuffle_pieces(values: Floats, plume: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    starts = np.flatnonzero(np.r_[True, plume[1:] != plume[:-1]])
    cuts: list[int] = []
    for start, end in zip(starts, np.r_[starts[1:], values.size], strict=True):
        cuts.append(int(start))
        while plume[start] < 0 and end - cuts[-1] > 120:
            cuts.append(cuts[-1] + int(rng.integers(30, 121)))
    pieces = np.split(values, cuts[1:])
    order = rng.permutation(len(pieces))
    return np.concatenate([pieces[k] for k in order])


# --- scoring them ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MapScore:
    """What one map without a source showed."""

    recurrent: int
    single: int
    km: float
    """Length of the track."""
    naive: bool
    """Whether Gi* of the raw means with Benjamini-Hochberg, the usual practice, shows a hotspot."""


def score_map(make: MakeMap, settings: FusionSettings, seed: int) -> MapScore:
    """Make one map and count its hotspots."""
    tracks = make(np.random.default_rng(seed))
    lon, lat = (np.concatenate([t.passes[v].values for t in tracks]) for v in ("lon", "lat"))
    crs = CRS if abs(float(np.nanmedian(lon)) - 104) < 3 else _utm(float(np.nanmedian(lon)))
    touched = touch_cells(tracks, region_geobox(lon, lat, crs=crs, resolution_m=CELL_M))
    hotspots = find_hotspots(touched, tracks, settings).value
    single = sum(h.single_sighting for h in hotspots)
    naive = _naive(build_cube(touched), settings)
    return MapScore(len(hotspots) - single, single, sum(_length_km(t) for t in tracks), naive)


def _length_km(track: Track) -> float:
    """Way within the passes of a track."""
    lon, lat = (track.passes[v].values for v in ("lon", "lat"))
    steps = np.hypot(*(np.diff(v) for v in plane_of(lon, lat).forward(lon, lat)))
    index = track.passes["pass_index"].values
    return float(np.nansum(steps[(index[1:] == index[:-1]) & (index[1:] >= 0)])) / 1000.0


def _utm(lon: float) -> str:
    return f"EPSG:{32601 + int((lon + 180) // 6)}"


def _naive(cube: xr.Dataset, settings: FusionSettings) -> bool:
    """Gi* of raw cell means over all passes, one-sided normal p, Benjamini-Hochberg."""
    name = next(str(k).removesuffix("_count") for k in cube.data_vars if str(k).endswith("_count"))
    count = cube[f"{name}_count"].sum("pass").values
    mean = np.divide(cube[f"{name}_sum"].sum("pass").values, count, out=np.full(count.shape, np.nan), where=count > 0)
    p = stats.norm.sf(_gi_star(mean, settings.neighbourhood_m / CELL_M))
    return bool((stats.false_discovery_control(p) <= settings.alpha).any())


def _gi_star(values: Floats, radius_cells: float) -> Floats:
    """Gi* of the finite values of a grid, row by row."""
    cells = np.flatnonzero(np.isfinite(values))
    return gi_star_cells(
        values.flat[cells], neighbour_matrix(cells, cells, disc_kernel(radius_cells), values.shape[1])
    )


def score_maps(make: MakeMap, *, maps: int, settings: FusionSettings, workers: int, first: int) -> list[MapScore]:
    """Score ``maps`` maps on ``workers`` processes."""
    if workers < 2:
        return [score_map(make, settings, first + k) for k in range(maps)]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(partial(score_map, make, settings), range(first, first + maps), chunksize=5))


def false_alarms(data: Path, *, maps: int, settings: FusionSettings, workers: int, first: int) -> Iterator[Row]:
    """What maps without a source show, for each kind of map."""
    kinds: list[tuple[str, MakeMap]] = [
        ("independent lognormal values on 16 × 16 cells", independent_flights),
        ("smooth fields on 16 × 16 cells", smooth_flights),
        ("independent lognormal values along a road", independent_drives),
        ("smooth skewed values along a road", smooth_drives),
    ]
    drives = real_drives(data) if data.is_dir() else []
    if drives:
        outings = len({str(track.passes["trajectory"].item()) for track, _ in drives})
        kinds.append((f"{outings} real drives with shuffled plumes", partial(shuffled_drive, drives)))
    for name, make in kinds:
        scores = score_maps(make, maps=maps, settings=settings, workers=workers, first=first)
        yield from _alarm_rows(f"{name}: {maps} maps", scores)


def _alarm_rows(case: str, scores: Sequence[MapScore]) -> Iterator[Row]:
    """The share of maps with a recurrent hotspot, and single ones for every 100 km, with 95 % intervals over maps."""
    shown = [s.recurrent > 0 for s in scores]
    share, half = float(np.mean(shown)), 1.96 * float(np.std(shown)) / len(shown) ** 0.5
    naive = f"{np.mean([s.naive for s in scores]):.0%}"
    yield Row(f"{case}, with a recurrent hotspot", naive, "≤ 6 %", f"{share:.1%} ± {half:.1%}", share <= 0.06)
    single, km = np.array([s.single for s in scores]), np.array([s.km for s in scores])
    rate = 100.0 * float(single.sum() / km.sum())
    # The error of a ratio of sums: Cochran, W. G. 1977, Sampling Techniques, eq. 2.46.
    spread = 196.0 * float(np.std(single - rate / 100.0 * km) / (km.mean() * len(km) ** 0.5))
    said = f"{rate:.2f} ± {spread:.2f} over {km.sum():.0f} km"
    target = f"≤ {SINGLES_PER_100_KM:g} per 100 km"
    yield Row(f"{case}, single sightings", "–", target, said, rate <= SINGLES_PER_100_KM)


# --- references -----------------------------------------------------------------------------------------------------


def references(data: Path) -> Iterator[Row]:
    """Gi* of Getis and Ord 1996 and the scan statistic of SaTScan's normal sample."""
    worst = max(_spdep_difference(data, band) for band in (30, 60, 90, 120, 150))
    case = "Gi* on Getis and Ord 1996, five distance bands, all 256 cells"
    yield Row(case, "spdep 1.2-7", "equal to 1e-9", f"largest difference {worst:.1e}", worst < 1e-9)
    llr, names = _normal_sample(data)
    met = abs(llr - 3.330109) < 5e-7 and names == "ABJMNQSV"
    yield Row(
        "scan statistic on SaTScan's normal sample", "LLR 3.330109, ABJMNQSV", "equal", f"{llr:.6f}, {names}", met
    )


def _spdep_difference(data: Path, band: int) -> float:
    path = data / "fusion" / "getisord_1996" / "getisord_localG_spdep.csv"
    table = pd.read_csv(path)
    row, column = table["y"].to_numpy() // 30, table["x"].to_numpy() // 30
    grid = np.empty((16, 16))
    grid[row, column] = table["val"]
    return float(np.abs(_gi_star(grid, band / 30)[row * 16 + column] - table[f"Gstar{band}"]).max())


def _normal_sample(data: Path) -> tuple[float, str]:
    folder = data / "fusion" / "satscan"
    places = [line.split() for line in (folder / "NormalFake.geo").read_text().splitlines() if line.strip()]
    rows = [line.split() for line in (folder / "NormalFake.cas").read_text().splitlines() if line.strip()]
    cases = [row for row in rows for _ in range(int(row[1]))]  # the second column counts equal observations
    index = {name: k for k, (name, *_) in enumerate(places)}
    x, y = (np.array([float(place[k]) for place in places]) for k in (1, 2))
    location, values = np.array([index[c[0]] for c in cases]), np.array([float(c[2]) for c in cases])
    cluster = scan_normal(x, y, location, values, replications=99)
    if cluster is None:
        return float("nan"), ""
    return cluster.llr, "".join(sorted(places[k][0] for k in cluster.locations))


# --- the page -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """How much of the page is done, and on which seeds."""

    parts: tuple[str, ...] = PARTS
    maps: int = MAPS
    missions: int | None = None
    worlds: tuple[int, ...] = skill.WORLDS
    workers: int = 2
    tuning: bool = False

    @property
    def complete(self) -> bool:
        """Whether the page may be written of it."""
        whole = set(self.parts) == set(PARTS) and self.worlds == skill.WORLDS
        return whole and self.maps >= MAPS and self.missions is None and not self.tuning


def run_all(data: Path, folder: Path, choice: Choice, settings: FusionSettings | None = None) -> Iterator[Row]:
    """Every row of the page that is chosen; ``folder`` keeps simulated missions."""
    settings = settings or FusionSettings()
    workers, first = choice.workers, TUNING if choice.tuning else SCORING
    if "simulated" in choice.parts:
        seed = skill.TUNING if choice.tuning else skill.SCORING
        yield from simulated(folder, first=seed, missions=choice.missions, workers=workers, worlds=choice.worlds)
    if "real" in choice.parts and data.is_dir():
        yield from real_missions(data)
    if "maps" in choice.parts:
        yield from false_alarms(data, maps=choice.maps, settings=settings, workers=workers, first=first)
    if "references" in choice.parts and data.is_dir():
        yield from references(data)


def page(rows: Sequence[Row], seconds: float) -> str:
    """The page ``docs/skill-hotspots.md``."""
    told = {True: "yes", False: "**no**", None: "–"}
    table = [f"| {r.case} | {r.today} | {r.target} | {r.measured} | {told[r.met]} |" for r in rows]
    return "\n".join(
        [
            "# Skill of hotspots",
            "",
            f"Written by `python -m benchmarks.skill_hotspots`; not by hand. {seconds:.0f} s.",
            "",
            "Simulated missions are those of [skill.md](skill.md), whose measures are told in",
            "[simulator.md](simulator.md); intervals are 95 %, from resampling missions. Hamburg, AMLD and mmaqshiny",
            "are processed as missions of their own; a plume is in a place that names its species and whose polygon",
            f"lies within {IN_PLACE_M:g} m. A map without a source should show nothing. *Before* is Gi* of mean",
            "concentrations with normal p-values and Benjamini-Hochberg at 5 % for such maps, a reference for",
            "statistics, and for missions the version that told a hotspot for every species. Real drives are those",
            "of RETIGO, Hamburg and AMLD with two passes or more, one species a map: within each pass, plumes and",
            "the stretches between them change places. Thresholds were chosen on other seeds; of the few real",
            "drives, other shuffles.",
            "",
            "| case | before, or reference | target | measured | met |",
            "|---|---|---|---|---|",
            *table,
            "",
        ]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part (may be given again)")
    parser.add_argument("--maps", type=int, default=MAPS)
    parser.add_argument("--missions", type=int, help="missions of each simulated case (default: as skill.md)")
    parser.add_argument("--world", type=int, action="append", choices=skill.WORLDS, help="a world (default: both)")
    parser.add_argument("--keep", type=Path, default=skill.REPLAYED, help="folder that keeps simulated missions")
    parser.add_argument(
        "--tuning", action="store_true", help="other seeds, for choosing thresholds; no page is written"
    )
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(argv)
    choice = Choice(
        tuple(given.part or PARTS),
        given.maps,
        given.missions,
        tuple(given.world or skill.WORLDS),
        given.workers,
        given.tuning,
    )
    started, data = time.perf_counter(), data_folder()
    rows = list(run_all(data, given.keep, choice))
    text = page(rows, time.perf_counter() - started)
    print(text)
    if data.is_dir() and choice.complete:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
