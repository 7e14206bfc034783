"""Another system for the place of a source on the same drives, from an environment of its own; nothing imports it.

``python -m venv PEERS && PEERS/bin/pip install pyelq`` makes such an environment; ``benchmarks.skill_fusion`` takes
it as ``--peers PEERS`` or from ``ONEVISIT_PEERS``. pyELQ (Apache-2.0) is set up as in its basic example.

The drives come from puffs in a wind that meanders (`onevisit.truth.simulate.air.puffs`), a model that neither side
inverts. Seeds 0-2 served to choose the rates of the sources and, in its favour, the peer's vertical turbulence (that
of the wind's direction; with the 5 degrees of its example it was farther off); from 2000 on they are for comparing
only. Its chain takes no seed: runs differ, and one may end without a source.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.city_fusion import place_of
from fusion import FusionSettings
from fusion.air.ribbons import wind_near
from fusion.attribution.observations import BinnedPass, bin_passes, event_of
from fusion.attribution.position import locate_source
from fusion.cube.grid import unproject
from ingest.schema import new_trace
from onevisit.truth.simulate.air.puffs import Emitter, sample_puffs
from onevisit.truth.simulate.air.wind import blow
from tracks import Track

__all__ = [
    "HEADING",
    "Drive",
    "Located",
    "compare",
    "former_section",
    "locate_here",
    "locate_with_pyelq",
    "section",
    "simulate_drive",
]

HEADING = "## Beside pyELQ"
SEEDS = (2000, 2001, 2002)
TIMES_FASTER = 100.0

CRS = "EPSG:32614"
ORIGIN = (535_000.0, 4_705_000.0)
"""Place of the source on the grid, m."""
PPM_PER_G_M3 = 1475.0
"""Methane at 15 °C and 101.325 kPa."""
BACKGROUND_PPM = 2.0
NOISE_PPM, WIND_NOISE_M_S = 0.02, 0.4
"""Of one reading a second, one standard deviation."""
STREETS_M = (150.0, 300.0)
PASSES, STREET_M, SPEED_M_S, PASS_EVERY_S = 6, 700.0, 8.0, 240
BUILD_UP_S = 900
ITERATIONS = 5000
"""Of its example."""
SEARCH_M = 400.0

Floats = NDArray[np.float64]

# The basic example of pyELQ with what a moving sensor needs: a place, wind and turbulence for each observation, a
# background in time only, and the limits of the search. Standard input and output are JSON; imports are not timed.
_PYELQ = """
import json, sys, time, warnings
import numpy as np, pandas as pd
from pyelq.component.background import SpatioTemporalBackground
from pyelq.component.error_model import BySensor
from pyelq.component.source_model import Normal
from pyelq.coordinate_system import ENU
from pyelq.dispersion_model.gaussian_plume import GaussianPlume
from pyelq.gas_species import CH4
from pyelq.meteorology.meteorology import Meteorology, MeteorologyGroup
from pyelq.model import ELQModel
from pyelq.sensor.sensor import Sensor, SensorGroup
from pyelq.source_map import SourceMap
warnings.simplefilter("ignore")
told = json.load(sys.stdin)
x, y, when, value, u, v, spread = np.array(told["rows"]).T
started = time.process_time()
frame = dict(ref_latitude=0.0, ref_longitude=0.0, ref_altitude=0.0)
sensor, weather, sensors, weathers = Sensor(), Meteorology(), SensorGroup(), MeteorologyGroup()
sensor.label = weather.label = "van"
sensor.time = weather.time = pd.to_datetime(np.round(when * 1e9).astype("int64")).array
sensor.location = ENU(**frame)
sensor.location.from_array(np.column_stack([x, y, np.full(x.size, told["inlet_m"])]))
sensor.concentration = value
sensors.add_sensor(sensor)
weather.u_component, weather.v_component = u, v
weather.calculate_wind_speed_from_uv()
weather.calculate_wind_direction_from_uv()
weather.temperature, weather.pressure = np.full(x.size, 288.1), np.full(x.size, 101.325)
weather.wind_turbulence_horizontal, weather.wind_turbulence_vertical = spread, spread
weathers.add_object(weather)
sources = SourceMap()
sources.location = ENU(**frame)
source = Normal()
source.emission_rate_mean = np.array([0], ndmin=1)
source.initial_precision = np.array([1 / 2.5**2], ndmin=1)
source.reversible_jump, source.rate_num_sources, source.update_precision = True, 1.0, False
source.dispersion_model = GaussianPlume(source_map=sources)
source.site_limits = np.array(told["limits"])
source.coverage_detection, source.coverage_test_source = told["noise"], 6.0
background = SpatioTemporalBackground()
background.n_time, background.mean_bg, background.spatial_dependence = None, told["background"], False
background.initial_precision, background.precision_time_0 = 1 / 3e-4**2, 1 / 0.1**2
background.update_precision = False
error = BySensor()
error.initial_precision, error.prior_precision_shape, error.prior_precision_rate = 1 / 0.1**2, 1e-2, 1e-2
model = ELQModel(sensors, weathers, CH4(), background=background, source_model=source, error_model=error)
model.n_iter = told["iterations"]
model.initialise()
model.to_mcmc()
model.run_mcmc()
model.from_mcmc()
last = slice(-max(told["iterations"] // 5, 1), None)
found = model.components["source"]
rate = np.nan_to_num(found.emission_rate[:, last])
east, north = (a[:, last] for a in (found.all_source_locations.east, found.all_source_locations.north))
here = (rate > 0).any(axis=0)
distance = np.where(rate > 0, np.hypot(east, north), np.inf)


def place(which):
    pick = which, np.arange(rate.shape[1])
    return [float(np.mean(a[pick][here])) for a in (east, north)]


strongest, nearest = place(rate.argmax(axis=0)), float(np.hypot(*place(distance.argmin(axis=0))))
count = float(np.mean((rate > 0).sum(axis=0)))
print(json.dumps([*strongest, nearest, count, time.process_time() - started]))
"""


@dataclass(frozen=True, eq=False)
class Drive:
    """A van that passed one source on two streets: its passes on bins of ground; seconds of binning."""

    seed: int
    binned: tuple[BinnedPass, ...]
    binning_s: float

    @property
    def observations(self) -> int:
        """Number of bins of all passes."""
        return sum(p.value.size for p in self.binned)


@dataclass(frozen=True)
class Located:
    """Distance from the true source [m], processor seconds, and the mean number of sources said to be there.

    Without a source the distance is infinite.
    ``nearest_m`` is that of the mean of whichever source was nearest to the truth: what only the
    truth can choose.
    """

    error_m: float
    nearest_m: float
    seconds: float
    sources: float


def simulate_drive(seed: int, settings: FusionSettings) -> Drive:
    """Puffs of one source in a wind that meanders, sampled once a second on streets on its lee side.

    The streets lie across the mean wind, give or take 30 degrees; the source is 1 to 8 m high and gives 2 to 5 g/s
    (7 to 18 kg/h; 10 and 15 kg/h in the example of pyELQ).
    """
    rng = np.random.default_rng(seed)
    seconds = PASSES * PASS_EVERY_S
    wind = blow(-BUILD_UP_S, BUILD_UP_S + seconds, rng, calm_spells=False)
    lee = np.arctan2(wind.v[BUILD_UP_S:].mean(), wind.u[BUILD_UP_S:].mean()) + np.radians(rng.uniform(-30, 30))
    rate = np.full(wind.u.size, np.exp(rng.uniform(np.log(2.0), np.log(5.0))))
    emitter = Emitter(0.0, 0.0, float(rng.uniform(1, 8)), 2.0, rate)
    x, y, index = (np.full(seconds, np.nan) for _ in range(3))
    along = np.arange(-STREET_M / 2, STREET_M / 2, SPEED_M_S)
    for k in range(PASSES):
        rows = slice(k * PASS_EVERY_S, k * PASS_EVERY_S + along.size)
        away, aside = STREETS_M[k % 2], along if k % 4 < 2 else -along
        x[rows] = away * np.cos(lee) - aside * np.sin(lee)
        y[rows] = away * np.sin(lee) + aside * np.cos(lee)
        index[rows] = k
    ppm = PPM_PER_G_M3 * sample_puffs([emitter], wind, x, y, inlet_m=2.0)[:, 0]
    driven = np.flatnonzero(np.isfinite(x))
    u, v = (np.array([wind.at(t, x[t], y[t])[k] for t in driven]) for k in (0, 1))
    track = _track(driven, x[driven], y[driven], index[driven], ppm[driven], u, v, rng)
    started = time.process_time()
    binned = bin_passes([track], "ch4", CRS, settings)
    return Drive(seed, binned, time.process_time() - started)


def _track(
    second: NDArray[np.intp],
    x: Floats,
    y: Floats,
    index: Floats,
    ppm: Floats,
    u: Floats,
    v: Floats,
    rng: np.random.Generator,
) -> Track:
    """The drive as it would be recorded, with the noise of its instruments."""
    lon, lat = unproject(x + ORIGIN[0], y + ORIGIN[1], CRS)
    when = np.datetime64("2024-05-01T16:00:00", "ns") + second * np.timedelta64(1, "s")
    value = ppm + rng.normal(0, NOISE_PPM, x.size)
    wind = {"u": u + rng.normal(0, WIND_NOISE_M_S, x.size), "v": v + rng.normal(0, WIND_NOISE_M_S, x.size)}
    wind["wind_sd"] = np.full(x.size, WIND_NOISE_M_S)
    variables = {name: (values, {"units": "m s-1"}) for name, values in wind.items()}
    attrs = {"units": "ppm", "species": "CH4", "instrument": "analyser", "long_name": "methane"}
    passes = new_trace("van", when, lon, lat, {"ch4": (value + BACKGROUND_PPM, attrs), **variables})
    passes["pass_index"] = ("obs", index.astype(np.int32))
    passes["ch4_enhancement"] = ("obs", value, {"units": "ppm", "noise_sd": NOISE_PPM})
    return Track(passes, passes[[]])


def locate_here(drive: Drive, settings: FusionSettings) -> Located:
    """The place by `fusion.attribution.position`, the hotspot being the highest bin; binning counts."""
    started = time.process_time()
    peak = max(drive.binned, key=lambda p: float(p.value.max()))
    top = int(np.argmax(peak.value))
    place = place_of(float(peak.x[top]), float(peak.y[top]))
    found = locate_source([event_of(drive.binned, place, settings)], settings)
    error = np.hypot(found.mean[0] - ORIGIN[0], found.mean[1] - ORIGIN[1])
    return Located(float(error), float(error), drive.binning_s + time.process_time() - started, 1.0)


def locate_with_pyelq(
    peers: Path | None,
    drive: Drive,
    settings: FusionSettings,
    *,
    iterations: int = ITERATIONS,
) -> Located | None:
    """The place of pyELQ's strongest source, mean of the last fifth of its iterations; None where not installed.

    It is told the wind about each bin (mean and spread of direction over ``settings.wind_window_s``), the background,
    and to search within 400 m of the bins.

    Raises
    ------
    RuntimeError
        If it fails, with the end of its messages.
    """
    python = None if peers is None else peers / "bin" / "python"
    if python is None or not any(python.parents[1].glob("lib/python*/site-packages/pyelq")):
        return None
    rows = _rows(drive, settings)
    low, high = rows[:, :2].min(axis=0) - SEARCH_M, rows[:, :2].max(axis=0) + SEARCH_M
    told = {
        "rows": rows.tolist(),
        "inlet_m": settings.inlet_height_m,
        "limits": [*np.column_stack([low, high]).tolist(), [0.0, 10.0]],
        "background": BACKGROUND_PPM,
        "noise": NOISE_PPM,
        "iterations": iterations,
    }
    env = {**os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")}
    done = subprocess.run(
        [str(python), "-c", _PYELQ], input=json.dumps(told), env=env, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise RuntimeError(f"pyELQ failed with {done.returncode}: {done.stderr[-2000:]}")
    x, y, nearest, sources, seconds = map(float, json.loads(done.stdout.strip().splitlines()[-1]))
    if not np.isfinite(x):
        return Located(float("inf"), float("inf"), seconds, 0.0)
    return Located(float(np.hypot(x, y)), nearest, seconds, sources)


def _rows(drive: Drive, settings: FusionSettings) -> Floats:
    """An observation a bin: metres from the source east and north, seconds, ppm, wind and its spread in degrees."""
    parts = []
    for binned in drive.binned:
        wind = np.array([wind_near(binned.wind, float(t), settings) for t in binned.time])
        wind[:, 2] = np.degrees(wind[:, 2])
        place = np.column_stack([binned.x - ORIGIN[0], binned.y - ORIGIN[1]])
        parts.append(np.column_stack([place, binned.time, binned.value + BACKGROUND_PPM, wind]))
    return np.concatenate(parts)


# --- the section of the page ----------------------------------------------------------------------------------------


def compare(peers: Path | None, seeds: Sequence[int] = SEEDS) -> list[tuple[Drive, Located, Located]]:
    """Every drive by both, ours with the defaults of the code; nothing where the peer is not installed."""
    settings, found = FusionSettings(), []
    for seed in seeds:
        drive = simulate_drive(seed, settings)
        theirs = locate_with_pyelq(peers, drive, settings)
        if theirs is None:
            return []
        found.append((drive, locate_here(drive, settings), theirs))
    return found


def section(found: Sequence[tuple[Drive, Located, Located]]) -> str:
    """The two side by side, or that the peer was not run."""
    if not found:
        return f"{HEADING}\n\nnot run here: `--peers` names no environment with pyELQ.\n"
    lines = [
        f"| {drive.seed} | {drive.observations} | {ours.error_m:.0f} m | {ours.seconds:.2f} s "
        f"| {theirs.error_m:.0f} m | {theirs.nearest_m:.0f} m | {theirs.sources:.1f} | {theirs.seconds:.0f} s "
        f"| {theirs.seconds / ours.seconds:.0f} |"
        for drive, ours, theirs in found
    ]
    here, there, nearest, faster = (
        float(np.median(values))
        for values in (
            [ours.error_m for _, ours, _ in found],
            [theirs.error_m for _, _, theirs in found],
            [theirs.nearest_m for _, _, theirs in found],
            [theirs.seconds / ours.seconds for _, ours, theirs in found],
        )
    )
    said = {True: "yes", False: "**no**"}
    return "\n".join(
        [
            HEADING,
            "",
            "Written by `python -m benchmarks.skill_fusion --peers PEERS`; runs without a peer leave this section as",
            f"it was. Made drives: a van passes one source {PASSES} times on two streets, {STREETS_M[0]:g} and",
            f"{STREETS_M[1]:g} m on its lee side, every {PASS_EVERY_S} s; puffs in a wind that meanders; bins of",
            "the code's default. Both are given the same bins and wind. Ours:",
            "`fusion.attribution.position.locate_source` with the code's defaults, binning included; the place is",
            "the posterior's mean. pyELQ: its basic example",
            f"({ITERATIONS} iterations, random walk of 1 m, one chain), the wind about each bin, its spread of",
            "direction as turbulence across and upwards (upwards: chosen on three other drives, in its favour), a",
            f"search within {SEARCH_M:g} m of the bins and the true background; the place is its strongest source,",
            "mean of the last fifth of the iterations; *nearest* is the mean of whichever of its sources lies",
            "nearest to the truth, which only the truth can tell. Times are of the processor, on one thread,",
            "without imports. Its chain takes no seed: another run gives other places. *inf*: it ended without a",
            "source.",
            "",
            "| seed | observations | ours | time | pyELQ | nearest | its sources | time | times ours |",
            "|---|---|---|---|---|---|---|---|---|",
            *lines,
            "",
            "| target | measured, medians | met |",
            "|---|---|---|",
            f"| at least as near | {here:.0f} m against {there:.0f} m (nearest: {nearest:.0f} m) "
            f"| {said[bool(here <= there)]} |",
            f"| ≥ {TIMES_FASTER:g}× faster | {faster:.0f}× | {said[bool(faster >= TIMES_FASTER)]} |",
            "",
        ]
    )


def former_section(page: str) -> str | None:
    """The section of an earlier run as a page holds it, if it was measured there."""
    start = page.find(HEADING)
    return page[start:] if start >= 0 and "| seed |" in page[start:] else None
