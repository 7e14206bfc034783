"""The whole job on a mission made by hand: every number it hands over against one that was worked out."""

from __future__ import annotations

import csv
import hashlib
import html
import itertools
import json
import math
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import xarray as xr
from numpy.typing import NDArray
from openpyxl import load_workbook
from pyproj import Transformer

from ingest.errors import SettingError
from ingest.flags import Flag
from onevisit.check import check_mission
from onevisit.job import process_mission
from onevisit.names import STAGES
from onevisit.progress import Advance
from onevisit.result import Options
from onevisit.words.telling import say
from tests.onevisit import small_mission as made
from tests.onevisit.small_mission import LEAK, PAINTER, QUARRY, SMELTER, SOURCES, TANNERY, WORKS, Works
from tests.told import raises_told

Floats = NDArray[np.float64]

PASS_ROWS = made.ROWS
ROWS = made.PASSES * PASS_ROWS + PASS_ROWS
PASS_S = PASS_ROWS - 1 + made.PAUSE_S
SPECIES = ("ch4", "so2", "tvoc")
HOTSPOTS = (SMELTER, TANNERY, PAINTER, QUARRY)
"""One place a works, in the order of the list: with more passes it is surer; then what was met once, by species."""
each_hotspot = pytest.mark.parametrize("works", HOTSPOTS, ids=lambda works: works.name)
CELL_M = 20.0


@dataclass(frozen=True)
class Run:
    """One run of the job: the mission, what came of it, what it returned, and what it said it was doing."""

    root: Path
    out: Path
    summary: dict[str, Any]
    said: list[tuple[str, float | None]]

    def json(self, name: str) -> Any:
        """Return what a JSON file of the results holds."""
        return json.loads((self.out / name).read_text(encoding="utf-8"))

    def properties(self, name: str) -> list[dict[str, Any]]:
        """Return the properties of the features of a file."""
        return [feature["properties"] for feature in self.json(name)["features"]]

    def stage(self, name: str) -> dict[str, Any]:
        """Return what the manifest says of a stage."""
        return next(stage for stage in self.json("manifest.json")["stages"] if stage["name"] == name)

    @property
    def report(self) -> str:
        """The words of the report, one space between any two."""
        page = (self.out / "report.html").read_text(encoding="utf-8")
        page = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _saying(said: list[tuple[str, float | None]]) -> Advance:
    return lambda what, share: said.append((say(what), share))


def _run(folder: Path, *, lang: str, flown: bool, with_roads: bool) -> Run:
    root, out, said = folder / "park", folder / "out", list[tuple[str, float | None]]()
    made.write_mission(root, flown=flown, with_roads=with_roads)
    summary = process_mission(root, out, Options(lang=lang), on_stage=_saying(said))
    return Run(root, out, summary, said)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """With photos and without streets, in English; not to be changed."""
    return _run(tmp_path_factory.mktemp("made"), lang="en", flown=True, with_roads=False)


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Without photos and with a street that may be driven one way only, in Chinese; not to be changed."""
    return _run(tmp_path_factory.mktemp("driven"), lang="zh", flown=False, with_roads=True)


# --- what is true --------------------------------------------------------------------------------------------------


def _rows(species: str, number: int) -> tuple[Floats, Floats]:
    """Seconds and places along the street of the rows of one pass that can be used, by the air that they hold."""
    along = made.STEP_M * np.arange(PASS_ROWS)
    x = along if number % 2 == 0 else along[::-1]
    second = np.arange(PASS_ROWS)
    keep = second <= PASS_ROWS - 1 - made.LAG_S.get(species, 0)
    if number == 0 and species != "tvoc":
        keep &= second >= made.REMOVED_ROWS
    return number * PASS_S + second[keep].astype(float), x[keep]


def _start(species: str) -> datetime:
    return made.START_B if species == "tvoc" else made.START_A


def _iso(time: datetime) -> str:
    return time.isoformat() + "Z"


def _crossed(works: Works) -> dict[int, tuple[Floats, Floats, Floats, NDArray[np.int64]]]:
    """Rows of each crossing of a plume, those above a tenth of its height: seconds, places, air, cell of 20 m."""
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    found = {}
    for number in works.on:
        second, x = _rows(works.species, number)
        here = works.at(x) >= 0.1 * works.height
        lon, lat = made.lonlat(x[here], works.street)
        east, north = to_grid.transform(lon, np.full(int(here.sum()), lat))
        cell = np.floor(np.asarray(east) / CELL_M).astype(np.int64) * 1_000_000
        cell += np.floor(np.asarray(north) / CELL_M).astype(np.int64)
        found[number] = (second[here], x[here], made.air(works.species, number, x[here]), cell)
    return found


def _hotspot(run: Run, works: Works) -> tuple[dict[str, Any], shapely.Geometry]:
    """Properties and outline of the only hotspot of the works' species that lies where its plume met the street."""
    [found] = [
        feature
        for feature in run.json("hotspots.geojson")["features"]
        if feature["properties"]["species"] == works.species
        and math.dist(
            made.metres(feature["properties"]["lon"], feature["properties"]["lat"]), (works.crossing, works.street)
        )
        < 30.0
    ]
    return found["properties"], shapely.geometry.shape(found["geometry"])


def _gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The published approximation of China's shifted system, written down again."""
    x, y = lon - 105.0, lat - 35.0
    pi = math.pi
    wave = 20 * math.sin(6 * pi * x) + 20 * math.sin(2 * pi * x)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += (wave + 20 * math.sin(pi * y) + 40 * math.sin(pi / 3 * y)) * 2 / 3
    north += (160 * math.sin(pi / 12 * y) + 320 * math.sin(pi / 30 * y)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += (wave + 20 * math.sin(pi * x) + 40 * math.sin(pi / 3 * x)) * 2 / 3
    east += (150 * math.sin(pi / 12 * x) + 300 * math.sin(pi / 30 * x)) * 2 / 3
    a, ee, phi = 6378245.0, 0.00669342162296594323, math.radians(lat)
    w2 = 1 - ee * math.sin(phi) ** 2
    return (
        lon + math.degrees(east * math.sqrt(w2) / a / math.cos(phi)),
        lat + math.degrees(north * w2 * math.sqrt(w2) / (a * (1 - ee))),
    )


def _way_m(*places: tuple[float, float]) -> float:
    return sum(math.dist(a, b) for a, b in itertools.pairwise(places))


# --- hotspots ------------------------------------------------------------------------------------------------------


def test_each_works_has_one_hotspot_of_its_species_seen_as_often_as_it_emitted(run: Run) -> None:
    """Recurrent ones come first; passes seen are those with the plume, crossed all that drove the street.

    One place a works, of one substance: the plumes of two works are 700 m apart, or of another composition.
    """
    told = run.properties("hotspots.geojson")
    assert [(p["id"], p["species"], p["passes_seen"], p["passes_crossed"], p["tier"]) for p in told] == [
        ("H001", "so2", 5, 6, "recurrent"),
        ("H002", "ch4", 4, 6, "recurrent"),
        ("H003", "ch4", 1, 6, "single"),
        ("H004", "tvoc", 1, 1, "single"),
    ]
    assert [_hotspot(run, works)[0]["id"] for works in HOTSPOTS] == [p["id"] for p in told]
    assert [p["single_sighting"] for p in told] == [False, False, True, True]
    assert [p["unit"] for p in told] == [made.UNIT[works.species] for works in HOTSPOTS]
    assert [p["trajectories"] for p in told] == [["a"], ["a"], ["a"], ["b"]]
    assert [p["others"] for p in told] == [[], [], [], []]


@each_hotspot
def test_a_hotspots_enhancement_is_that_of_the_air_of_its_crossings(run: Run, works: Works) -> None:
    """Mean over the rows of its plumes, and the spread of its cells in each pass; its area is all those cells."""
    properties, _ = _hotspot(run, works)
    rows = _crossed(works)
    noise = made.NOISE[works.species]
    count = sum(len(second) for second, *_ in rows.values())
    mean = np.concatenate([air for _, _, air, _ in rows.values()]).mean()
    cells = [air[cell == c].mean() for _, _, air, cell in rows.values() for c in np.unique(cell)]
    assert properties["enhancement"] == pytest.approx(mean, abs=4 * noise / math.sqrt(count) + 0.3 * noise)
    assert properties["enhancement_sd"] == pytest.approx(np.std(cells, ddof=1), abs=noise)
    assert properties["background"] == pytest.approx(made.BACKGROUND[works.species], abs=0.5 * noise)
    in_cells = len(np.unique(np.concatenate([cell for *_, cell in rows.values()])))
    assert properties["area_m2"] == CELL_M**2 * in_cells


@each_hotspot
def test_a_hotspot_was_seen_from_the_first_row_of_its_plumes_to_the_last(run: Run, works: Works) -> None:
    """To the second: where the first crossing began and where the last ended, in UTC."""
    properties, _ = _hotspot(run, works)
    rows = _crossed(works)
    first, last = float(rows[works.on[0]][0].min()), float(rows[works.on[-1]][0].max())
    assert properties["first_seen"] == _iso(_start(works.species) + timedelta(seconds=first))
    assert properties["last_seen"] == _iso(_start(works.species) + timedelta(seconds=last))


@each_hotspot
def test_a_hotspot_lies_where_the_plume_met_the_street(run: Run, works: Works) -> None:
    """Its place is the row at the crossing, good to 2.5 m of the receiver and 12 m for each second of lag in doubt.

    The lag is known to 1 s where it was given, to 9.6 s where nothing says it: 12.3 m and 115 m.
    """
    properties, shape = _hotspot(run, works)
    assert made.metres(properties["lon"], properties["lat"]) == pytest.approx((works.crossing, works.street), abs=0.1)
    lag_sd_s = 9.6 if works is QUARRY else 1.0
    assert properties["position_error_m"] == pytest.approx(math.hypot(2.5, made.STEP_M * lag_sd_s), rel=2e-3)
    assert shapely.contains_xy(shape, *made.lonlat(works.crossing, works.street))
    assert shape.exterior.is_ccw  # type: ignore[attr-defined]


def test_a_hotspots_chance_is_the_number_of_such_places_that_chance_would_make(run: Run) -> None:
    """k crossings as strong lie on 16.8 km; within 100 m of the first, k - 1 of five other passes would meet one too.

    One pass meets one with p = 1 - exp(-100 k / 16800). Chance makes (k - 1) k times P(k - 1 or more of 5) places:
    k - 1 are the values of k that were tried. The smelter's are k = 5, the tannery's k = 4 (its strength is not that
    of the painter, and the smelter's crossings are of another composition). What one pass met has no witness.
    """
    five, four = 1 - math.exp(-500 / 16_800), 1 - math.exp(-400 / 16_800)
    smelter = 4 * 5 * (5 * five**4 * (1 - five) + five**5)
    tannery = 3 * 4 * (10 * four**3 * (1 - four) ** 2 + 5 * four**4 * (1 - four) + four**5)
    assert (smelter, tannery) == (pytest.approx(7.2e-5, rel=0.01), pytest.approx(1.51e-3, rel=0.01))
    told = [_hotspot(run, works)[0] for works in HOTSPOTS]
    assert [p["p_value"] for p in told[:2]] == pytest.approx([-math.expm1(-smelter), -math.expm1(-tannery)], rel=5e-3)
    assert [p["q_value"] for p in told[:2]] == pytest.approx([smelter, tannery / 2], rel=5e-3)
    assert [(p["p_value"], p["q_value"]) for p in told[2:]] == [(1.0, 1.0), (1.0, 1.0)]


@each_hotspot
def test_the_wind_of_a_hotspot_is_that_of_the_mission(run: Run, works: Works) -> None:
    """From 330° at 3 m/s; the way to the source leads upwind, within the half width."""
    properties, _ = _hotspot(run, works)
    assert properties["wind_from_deg"] == pytest.approx(made.WIND_FROM_DEG, abs=0.01)
    assert properties["wind_speed_m_s"] == pytest.approx(made.WIND_SPEED, abs=1e-4)
    off = (properties["bearing_deg"] - made.WIND_FROM_DEG + 180) % 360 - 180
    assert abs(off) < properties["bearing_half_width_deg"] < 60


@each_hotspot
def test_the_works_upwind_explains_its_hotspot_best(run: Run, works: Works) -> None:
    """The emitter comes first; distance and bearing lead from the hotspot to its place; what is left adds up."""
    properties, _ = _hotspot(run, works)
    first = properties["sites"][0]
    assert first["site_id"] == works.code
    x, y = made.metres(properties["lon"], properties["lat"])
    dx, dy = works.place[0] - x, works.place[1] - y
    assert first["distance_m"] == pytest.approx(math.hypot(dx, dy), rel=1e-3, abs=0.3)
    assert first["bearing_deg"] == pytest.approx(math.degrees(math.atan2(dx, dy)) % 360, abs=0.3)
    named = sum(site["probability"] for site in properties["sites"])
    assert named + properties["none_of_these"] == pytest.approx(1.0, abs=1e-5)
    left = properties["unlisted"] + properties["background_or_traffic"]
    assert left == pytest.approx(properties["none_of_these"], abs=1e-5)
    shares = [site["probability"] for site in properties["sites"]]
    assert shares == sorted(shares, reverse=True)
    if len(works.on) > 1:
        assert first["probability"] > 0.9
    assert not {made.HAND, made.FAR} & {site["site_id"] for site in properties["sites"]}


@pytest.mark.parametrize(("works", "molar_mass"), [(TANNERY, 16.043), (SMELTER, 64.066)], ids=["tannery", "smelter"])
def test_the_source_by_the_passes_alone_is_upwind_and_its_rate_is_one_mass(
    run: Run, works: Works, molar_mass: float
) -> None:
    """Within two of its own deviations of the works; grams by the molar volume of 24.4654 litres at 25 °C."""
    properties, _ = _hotspot(run, works)
    x, y = made.metres(properties["source_lon"], properties["source_lat"])
    assert math.dist((x, y), works.place) < properties["source_position_sd_m"] < 150
    assert y > 20
    part = {"ppm": 1e-6, "ppb": 1e-9}[made.UNIT[works.species]]
    grams = part * molar_mass / 0.0244654
    for end in ("", "_low", "_high"):
        assert properties[f"rate_g_s{end}"] == pytest.approx(properties[f"rate{end}"] * grams, rel=1e-3)
    assert properties["rate_low"] < properties["rate"] < properties["rate_high"]
    assert properties["rate_unit"] == f"({made.UNIT[works.species]}) m3 s-1"
    assert properties["rate_reference"] == "298.15 K, 101325 Pa"
    [area] = properties["areas"]
    assert area["probability"] == 0.9
    assert shapely.geometry.shape(area["geometry"]).covers(
        shapely.Point(properties["source_lon"], properties["source_lat"])
    )


@pytest.mark.parametrize("works", [PAINTER, QUARRY], ids=lambda works: works.name)
def test_a_single_sighting_fixes_a_bearing_and_no_place(run: Run, works: Works) -> None:
    """Nothing is said of where its source is or how much it emits."""
    properties, _ = _hotspot(run, works)
    for name in ("source_lon", "source_lat", "source_position_sd_m", "rate_g_s", "rate", "rate_unit"):
        assert properties[name] is None


# --- road segments -------------------------------------------------------------------------------------------------


def _segments(run: Run, species: str) -> list[tuple[float, float, dict[str, Any]]]:
    """Where each segment begins and ends along the street, and its properties."""
    found = []
    for feature in run.json("segments.geojson")["features"]:
        if feature["properties"]["species"] == species:
            x = [made.metres(*point)[0] for point in feature["geometry"]["coordinates"]]
            found.append((min(x), max(x), feature["properties"]))
    return found


@pytest.mark.parametrize("species", ["ch4", "so2", "tvoc"])
def test_road_segments_have_the_median_of_the_means_of_their_passes(run: Run, species: str) -> None:
    """On every 30 m of both streets: what was in five and in four of six passes is there, what was in one is not."""
    segments = _segments(run, species)
    passes = 1 if species == "tvoc" else made.PASSES
    assert len(segments) == pytest.approx(2400 / 30, abs=2)
    rows = [_rows(species, number)[1] for number in range(passes)]
    for west, east, told in segments:
        means = [
            np.mean(made.air(species, number, on))
            for number, x in enumerate(rows)
            if len(on := x[(x >= west) & (x <= east)])
        ]
        noise = made.NOISE[species]
        # A row at a border may be the neighbour's: a tenth of the plume's height, and the noise of a mean of rows.
        close = 0.1 * max(np.max(made.air(species, number, np.array([west, east]))) for number in range(passes))
        assert told["enhancement"] == pytest.approx(np.median(means), abs=2 * close + 3 * noise), (west, east)
        assert told["median"] - told["enhancement"] == pytest.approx(made.BACKGROUND[species], abs=3 * noise)
        assert (told["unit"], told["street"]) == (made.UNIT[species], "")
        assert len(means) - 1 <= told["passes"] <= len(means)
        assert told["length_m"] == pytest.approx(30.0, abs=8.0)
        assert (told["median_low"] is None) == (told["passes"] < 3)


def test_road_segments_know_when_they_were_driven(run: Run) -> None:
    """The segment in the middle of the street: from the first pass to the last."""
    west, _, told = next(s for s in _segments(run, "so2") if s[0] <= 1209 <= s[1])
    first, last = made.second_of(0, west), made.second_of(5, west)
    for name, second in (("first", first), ("last", last)):
        time = datetime.fromisoformat(told[name]).replace(tzinfo=None)
        assert abs((time - made.START_A - timedelta(seconds=second)).total_seconds()) <= 4, name


def test_a_decision_says_where_road_segments_come_from(run: Run, driven: Run) -> None:
    """Without a network, and with one that is not below the drives."""
    [own], [ring] = (
        [(decision, why) for item, decision, why in _decisions(this) if item == "segments"] for this in (run, driven)
    )
    assert own[0] == ring[0] and own[0].endswith("road segments of about 30 m made from the tracks")
    assert own[1] == "no street network was given"
    assert ring[1].endswith("moving rows are on a street within 15 m")


def test_a_street_driven_once_has_no_road_segments(tmp_path: Path) -> None:
    """No file, no layer, and a decision that says why."""
    root = tmp_path / "park"
    made.write_mission(root, flown=False)
    (root / "traces" / "a.csv").unlink()
    process_mission(root, tmp_path / "out", Options(), on_stage=lambda _what, _share: None)
    once = Run(root, tmp_path / "out", {}, [])
    assert not (once.out / "segments.geojson").exists()
    assert 'data-layer="segments"' not in (once.out / "report.html").read_text(encoding="utf-8")
    [(decision, why)] = [(d, e) for item, d, e in _decisions(once) if item == "segments"]
    assert decision == "medians of road segments are not mapped"
    assert re.fullmatch(r"no street network was given; 0 of \d+ segments of the tracks were passed .*", why)


# --- plumes --------------------------------------------------------------------------------------------------------


def _true_plumes() -> list[tuple[Works, int]]:
    return [(w, k) for s in SPECIES for k in range(6) for w in SOURCES if w.species == s and k in w.on]


def _plume(run: Run, works: Works, number: int) -> dict[str, Any]:
    [found] = [
        p
        for p in run.properties("plumes.geojson")
        if p["species"] == works.species
        and p["pass_index"] == number
        and abs(made.metres(p["lon"], p["lat"])[0] - works.crossing) < 60
    ]
    return found


def test_there_is_a_plume_for_each_time_that_one_was_crossed_and_no_other(run: Run) -> None:
    """Twelve plumes in order of outing, species and time."""
    told = [(p["species"], p["pass_index"]) for p in run.properties("plumes.geojson")]
    assert told == [(w.species, k) for w, k in _true_plumes()]


@pytest.mark.parametrize(("works", "number"), [(w, k) for w, k in _true_plumes() if w is not LEAK])
def test_a_plume_is_as_high_wide_and_timed_as_it_was_made(run: Run, works: Works, number: int) -> None:
    """It begins and ends with the last row above a tenth of its maximum; area is the trapezoidal sum over them."""
    plume = _plume(run, works, number)
    second, x = _rows(works.species, number)
    air = made.air(works.species, number, x)
    noise = made.NOISE[works.species]
    near = np.flatnonzero((np.abs(x - works.crossing) < 200) & (air >= 0.1 * works.height))
    peak = int(np.argmin(np.abs(x - works.crossing)))
    first = _start(works.species)
    assert plume["trajectory"] == ("b" if works is QUARRY else "a")
    assert plume["start"] == _iso(first + timedelta(seconds=second[near[0]]))
    assert plume["peak"] == _iso(first + timedelta(seconds=second[peak]))
    assert plume["end"] == _iso(first + timedelta(seconds=second[near[-1]]))
    assert plume["width_m"] == pytest.approx(abs(x[near[-1]] - x[near[0]]), abs=0.1)
    assert plume["maximum"] == pytest.approx(works.height, abs=3.5 * noise)
    assert plume["background"] == pytest.approx(made.BACKGROUND[works.species], abs=0.5 * noise)
    assert plume["area"] == pytest.approx(np.trapezoid(air[near], np.abs(x[near] - x[near[0]])), rel=0.02)
    assert plume["noise_sd"] == pytest.approx(noise, rel=0.15)
    assert plume["snr"] == pytest.approx(plume["maximum"] / plume["noise_sd"], rel=1e-4)
    assert plume["unit"] == made.UNIT[works.species]
    assert made.metres(plume["lon"], plume["lat"]) == pytest.approx((works.crossing, works.street), abs=0.1)
    assert plume["position_sd_m"] == pytest.approx(1.2, abs=0.4)
    crossed = 1 if works is QUARRY else 6
    assert (plume["passes_seen"], plume["passes_crossed"]) == (len(works.on), crossed)


def test_plumes_of_one_works_share_a_source_and_of_two_do_not(run: Run) -> None:
    """Within a species of one outing."""
    sources = {(w.code, k): _plume(run, w, k)["source"] for w, k in _true_plumes()}
    assert len({sources[TANNERY.code, k] for k in TANNERY.on}) == 1
    assert len({sources[TANNERY.code, 0], sources[PAINTER.code, 2], sources[LEAK.code, 4]}) == 3


# --- leads, visits, routes -----------------------------------------------------------------------------------------


def test_each_site_gets_the_step_that_its_evidence_asks_for(run: Run) -> None:
    """Two visits, the likelier first; then reminders of the permits that end; then what was seen once.

    The painter's plume was met by one pass of six: traffic explains it better, and nothing is asked of the painter.
    """
    told = {p["site_id"]: p["disposition"] for p in run.properties("leads.geojson")}
    assert list(told.values()) == ["visit", "visit", "remind", "remind", "measure_again", "none"]
    assert told == {
        SMELTER.code: "visit",
        TANNERY.code: "visit",
        made.EXPIRING: "remind",
        made.EXPIRED: "remind",
        QUARRY.code: "measure_again",
        PAINTER.code: "none",
    }
    first, second = run.properties("leads.geojson")[:2]
    assert first["probability"] >= second["probability"]


def _lead(run: Run, code: str) -> dict[str, Any]:
    [found] = [f for f in run.json("leads.geojson")["features"] if f["properties"]["site_id"] == code]
    return {**found["properties"], "place": tuple(found["geometry"]["coordinates"])}


@each_hotspot
def test_a_leads_probability_is_the_hotspots_less_the_chance_of_a_fault(run: Run, works: Works) -> None:
    """Odds of a fault are 0.05 : 0.95 times 0.1 for each further sighting; the other shares make room for it."""
    lead, (hotspot, _) = _lead(run, works.code), _hotspot(run, works)
    odds = 0.05 / 0.95 * 0.1 ** (len(works.on) - 1)
    fault = odds / (1 + odds)
    shares = {site["site_id"]: site["probability"] for site in hotspot["sites"]}
    told = {e["name"]: e["probability"] for e in lead["explanations"]}
    expected = {
        "this_site": shares[works.code] * (1 - fault),
        "other_listed_sites": sum(p for site, p in shares.items() if site != works.code) * (1 - fault),
        "unlisted_source": hotspot["unlisted"] * (1 - fault),
        "background_or_traffic": hotspot["background_or_traffic"] * (1 - fault),
        "instrument_fault": fault,
    }
    assert told == pytest.approx(expected, rel=1e-4, abs=1e-9)
    assert sum(told.values()) == pytest.approx(1.0, abs=1e-5)
    assert lead["probability"] == told["this_site"]
    assert lead["hotspots"] == [hotspot["id"]]
    assert (lead["name"], lead["permit_code"]) == (works.name, works.code)
    assert made.metres(*lead["place"]) == pytest.approx(works.gate, abs=0.02)


def test_a_leads_evidence_says_the_numbers_of_its_hotspot(run: Run) -> None:
    """Time of the last sighting, passes, chance, wind and probability, in both languages."""
    lead, (hotspot, _) = _lead(run, SMELTER.code), _hotspot(run, SMELTER)
    [evidence] = lead["evidence"]
    assert (evidence["kind"], evidence["id"], evidence["time"]) == ("hotspot", hotspot["id"], hotspot["last_seen"])
    assert re.match(
        rf"SO₂ {hotspot['enhancement']:.0f} ± {hotspot['enhancement_sd']:.0f} ppb above", evidence["text"]
    )
    for part in ("seen in 5 of 6 passes", "wind from 330° at 3.0 m/s"):
        assert part in evidence["text"]
    assert f"p = {hotspot['p_value']:.2g};" in evidence["text"]
    share = hotspot["sites"][0]["probability"]
    assert evidence["text"].endswith(f"this site explains it with probability {share:.2f}")
    for part in ("6 次通过中检出 5 次", "风向 330°，风速 3.0 m/s", f"解释概率 {share:.2f}"):
        assert part in evidence["text_zh"]
    assert lead["reason_en"] == (
        f"hotspot {hotspot['id']}: seen in 5 of 6 passes, and this site explains it with probability {share:.2f}"
    )
    assert lead["reason_zh"] == f"热点 {hotspot['id']}：6 次通过中检出 5 次，该点位解释概率 {share:.2f}"


def test_a_permit_is_reminded_of_up_to_sixty_days_before_its_end(run: Run) -> None:
    """Sixty days left: yes; sixty-one: no; the last day still "expires", the day after "expired"."""
    texts = {code: [e["text"] for e in _lead(run, code)["evidence"]] for code in (made.EXPIRING, made.EXPIRED)}
    assert texts == {
        made.EXPIRING: ["discharge permit expires on 2026-03-03"],
        made.EXPIRED: ["discharge permit expired on 2026-03-02"],
    }
    assert _lead(run, TANNERY.code)["evidence"][1] == {
        "kind": "register",
        "id": "permit_valid_to",
        "time": None,
        "text": "discharge permit expires on 2026-05-02",
        "text_zh": "排污许可证将于 2026-05-02 到期",
    }
    assert "permit" not in _lead(run, SMELTER.code)["reason_en"]
    for code in (made.EXPIRING, made.EXPIRED):
        lead = _lead(run, code)
        assert (lead["probability"], lead["explanations"], lead["hotspots"]) == (0.0, [], [])


def test_what_was_seen_once_is_measured_again_and_says_why(run: Run) -> None:
    """The quarry's dust met one pass where two are needed, and its probability is below 0.6."""
    lead = _lead(run, QUARRY.code)
    assert "seen in 1 of 1 passes, 2 are needed" in lead["reason_en"]
    assert "仅检出 1 次，至少需 2 次" in lead["reason_zh"]
    share = _hotspot(run, QUARRY)[0]["sites"][0]["probability"]
    assert f"probability {share:.2f} is below 0.60" in lead["reason_en"]


def test_what_traffic_explains_better_is_listed_without_a_step(run: Run) -> None:
    """The painter's share is below the 0.15 from which one measures again, and the lead says so."""
    lead, (hotspot, _) = _lead(run, PAINTER.code), _hotspot(run, PAINTER)
    share = hotspot["sites"][0]["probability"]
    assert share < 0.15 < hotspot["background_or_traffic"]
    assert lead["reason_en"] == f"hotspot {hotspot['id']}: probability {share:.2f} is too small to act on"


def test_visits_hold_what_is_to_be_checked_and_do_not_count_against_the_cap(run: Run) -> None:
    """One visit a site, a case each; position of the gate, in both systems; matters with their numbers."""
    features = {f["properties"]["site_id"]: f for f in run.json("visits.geojson")["features"]}
    assert set(features) == {TANNERY.code, SMELTER.code} and len(run.properties("visits.geojson")) == 2
    for works in (TANNERY, SMELTER):
        visit = features[works.code]["properties"]
        hotspot, _ = _hotspot(run, works)
        lon, lat = made.lonlat(*works.gate)
        assert (visit["kind"], visit["counts_against_cap"], visit["at_gate"]) == ("case", False, True)
        assert (visit["name"], visit["permit_code"], visit["route"]) == (works.name, works.code, "R1")
        assert (visit["lon"], visit["lat"]) == pytest.approx((lon, lat), abs=1e-7)
        assert features[works.code]["geometry"]["coordinates"] == [visit["lon"], visit["lat"]]
        assert (visit["gcj02_lon"], visit["gcj02_lat"]) == pytest.approx(_gcj02(lon, lat), abs=2e-6)
        assert visit["navigate"] == (
            f"https://uri.amap.com/navigation?to={visit['gcj02_lon']:.6f},{visit['gcj02_lat']:.6f},{works.name}"
            "&mode=car&src=onevisit&callnative=1"
        )
        lead = _lead(run, works.code)
        assert visit["probability"] == lead["probability"] and visit["explanations"] == lead["explanations"]
        assert visit["priority"] == 3 + (visit["probability"] >= 0.75) + (visit["probability"] >= 0.9) == 5
        printed = {"so2": "SO₂", "ch4": "CH₄"}[works.species]
        number = f"{hotspot['enhancement']:.1f} ppb" if works is SMELTER else f"{hotspot['enhancement']:.2f} ppm"
        assert visit["matters"].startswith(f"{printed} {number} above background at hotspot {hotspot['id']}")
        assert lead["reason_en"] in visit["reasons"] and lead["reason_zh"] in visit["reasons_zh"]
    assert features[TANNERY.code]["properties"]["matters"].endswith("; discharge permit expires on 2026-05-02")
    assert "permit" not in features[SMELTER.code]["properties"]["matters"]
    assert features[TANNERY.code]["properties"]["matters_zh"].endswith("；排污许可证将于 2026-05-02 到期")


STAY_MIN = {TANNERY.code: 75, SMELTER.code: 60}
"""An hour, and a quarter for the second matter of the tannery."""


def _check_times(run: Run, order: list[Works], metres: list[float]) -> None:
    """Leave the depot at 08:30 of the day after the last row; drive at 10 m/s; stay; drive on; and back."""
    clock = datetime(2026, 3, 3, 8, 30)
    visits = {p["site_id"]: p for p in run.properties("visits.geojson")}
    route, *stops = run.properties("routes.geojson")
    assert [p["site_id"] for p in stops] == [w.code for w in order] == route["sites"]
    for number, (works, way) in enumerate(zip(order, metres[:-1], strict=True), start=1):
        arrive = clock + timedelta(seconds=math.ceil(way / 10.0))
        clock = arrive + timedelta(minutes=STAY_MIN[works.code])
        visit = visits[works.code]
        assert visit["stop"] == number
        assert visit["arrive"] == f"{arrive:%Y-%m-%dT%H:%M}+08:00"
        assert visit["leave"] == f"{clock:%Y-%m-%dT%H:%M}+08:00"
        assert stops[number - 1] == visit
    assert (route["route"], route["team"], route["day"], route["stops"]) == ("R1", "team 1", "2026-03-03", 2)
    assert route["distance_m"] == pytest.approx(sum(metres), abs=3)
    assert route["driving_s"] == pytest.approx(sum(metres) / 10.0, abs=1)
    assert (route["start"], route["end"]) == (stops[0]["arrive"], stops[1]["leave"])


def test_without_streets_a_route_is_straight_lines_times_the_detour_and_leads_back(run: Run) -> None:
    """Depot, both gates in the order that was chosen, depot; a quarter longer than the straight lines."""
    order = [{w.code: w for w in WORKS}[code] for code in run.properties("routes.geojson")[0]["sites"]]
    places = [made.DEPOT, *(w.gate for w in order), made.DEPOT]
    _check_times(run, order, [1.25 * math.dist(a, b) for a, b in itertools.pairwise(places)])
    route = run.json("routes.geojson")["features"][0]
    assert route["properties"]["on_roads"] is False
    drawn = [made.metres(lon, lat) for lon, lat in route["geometry"]["coordinates"]]
    assert np.array(drawn) == pytest.approx(np.array(places), abs=0.05)


def test_with_streets_a_route_follows_them_in_the_direction_allowed(driven: Run) -> None:
    """The smelter comes first on the one-way ring; lengths are those along it."""
    ring = made.RING
    ways = [_way_m(*ring[:3]), _way_m(*ring[2:4]), _way_m(*ring[3:])]
    _check_times(driven, [SMELTER, TANNERY], ways)
    route = driven.json("routes.geojson")["features"][0]
    assert route["properties"]["on_roads"] is True
    drawn = shapely.LineString([made.metres(lon, lat) for lon, lat in route["geometry"]["coordinates"]])
    assert shapely.hausdorff_distance(drawn, shapely.LineString(ring)) < 0.5
    assert drawn.length == pytest.approx(_way_m(*ring), abs=2)


def _table(run: Run) -> list[dict[str, str]]:
    text = (run.out / "routes.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize(("fixture", "suffix"), [("run", ""), ("driven", "_zh")])
def test_the_table_of_routes_says_what_the_map_says(
    request: pytest.FixtureRequest, fixture: str, suffix: str
) -> None:
    """Each cell of routes.csv and of the workbook against the feature of its stop, in the language asked for."""
    this: Run = request.getfixturevalue(fixture)
    stops = this.properties("routes.geojson")[1:]
    lines = _table(this)
    assert len(lines) == 2
    for line, stop in zip(lines, stops, strict=True):
        for name in ("route", "site_id", "name", "permit_code", "kind", "arrive", "leave", "navigate"):
            assert line[name] == stop[name]
        assert line["stop"] == str(stop["stop"]) and line["counts_against_cap"] == "false"
        for name in ("lon", "lat", "gcj02_lon", "gcj02_lat"):
            assert float(line[name]) == stop[name]
        assert line["matters"] == stop[f"matters{suffix}"]
        assert line["reasons"] == stop[f"reasons{suffix}"]
    sheet = load_workbook(this.out / "routes.xlsx").active
    heads, *rows = ([str(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
    assert rows == [list(line.values()) for line in lines]
    assert heads == list(lines[0]) if not suffix else heads[:4] == ["路线", "序号", "点位编码", "名称"]


# --- netCDF --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trace(run: Run) -> xr.Dataset:
    """What trace.nc holds."""
    with xr.open_dataset(run.out / "trace.nc") as data:
        return data.load()


@pytest.fixture(scope="module")
def cube(run: Run) -> xr.Dataset:
    """What cube.nc holds."""
    with xr.open_dataset(run.out / "cube.nc", decode_timedelta=False) as data:
        return data.load()


def test_the_trace_holds_every_row_at_its_time_and_place(trace: xr.Dataset) -> None:
    """Both outings one after the other, in UTC, along their streets."""
    assert trace["trajectory"].values.tolist() == ["a", "b"]
    assert trace["rowSize"].values.tolist() == [made.PASSES * PASS_ROWS, PASS_ROWS]
    seconds = np.concatenate([k * PASS_S + np.arange(PASS_ROWS) for k in range(made.PASSES)])
    expected = np.concatenate(
        [
            np.datetime64(made.START_A, "ns") + seconds * np.timedelta64(1, "s"),
            np.datetime64(made.START_B, "ns") + np.arange(PASS_ROWS) * np.timedelta64(1, "s"),
        ]
    )
    assert (trace["time"].values == expected).all()
    along = made.STEP_M * np.arange(PASS_ROWS)
    there_and_back = np.concatenate([along if k % 2 == 0 else along[::-1] for k in range(made.PASSES)])
    lon, _ = made.lonlat(np.concatenate([there_and_back, along]), 0.0)
    assert trace["lon"].values == pytest.approx(lon, abs=2e-6)
    south = np.repeat([0.0, made.SOUTH_M], [made.PASSES * PASS_ROWS, PASS_ROWS])
    assert trace["lat"].values == pytest.approx(made.lonlat(0.0, south)[1], abs=2e-6)
    assert trace["pass_index"].values.tolist() == [*np.repeat(range(made.PASSES), PASS_ROWS), *[0] * PASS_ROWS]
    heading = np.degrees(trace["heading"].values)
    assert heading[10] == pytest.approx(90, abs=0.1) and heading[PASS_ROWS + 10] == pytest.approx(270, abs=0.1)
    assert trace["speed"].values == pytest.approx(made.STEP_M, abs=0.1)
    assert trace["u"].values == pytest.approx(3.0 * math.sin(math.radians(150.0)), abs=1e-6)
    assert trace["v"].values == pytest.approx(3.0 * math.cos(math.radians(150.0)), abs=1e-6)


@pytest.mark.parametrize("species", SPECIES)
def test_the_trace_holds_each_species_over_its_background(trace: xr.Dataset, species: str) -> None:
    """After the lag values stand where their air was; the end of each pass has none; the other van has none."""
    noise, lag = made.NOISE[species], made.LAG_S.get(species, 0)
    values, above = trace[species].values, trace[f"{species}_enhancement"].values
    background = trace[f"{species}_background"].values
    first = made.PASSES * PASS_ROWS if species == "tvoc" else 0
    own = np.zeros(ROWS, bool)
    for number in range(1 if species == "tvoc" else made.PASSES):
        begin = first + number * PASS_ROWS
        here = slice(begin, begin + PASS_ROWS - lag)
        own[here] = True
        along = made.STEP_M * np.arange(PASS_ROWS)
        x = (along if number % 2 == 0 else along[::-1])[: PASS_ROWS - lag]
        off = above[here] - made.air(species, number, x)
        assert np.abs(off).max() < 4.5 * noise and abs(off.mean()) < 0.4 * noise
    assert np.isfinite(values[own]).all() and np.isnan(values[~own]).all()
    assert background[own] == pytest.approx(made.BACKGROUND[species], abs=0.6 * noise)
    assert (values - background)[own] == pytest.approx(above[own], abs=1e-9)
    for name in (species, f"{species}_background", f"{species}_enhancement"):
        assert trace[name].attrs["units"] == made.UNIT[species]
        assert trace[name].attrs["lag_s"] == lag
    assert trace[species].attrs["lag_sd_s"] == pytest.approx(9.6 if species == "tvoc" else 1.0)
    said = trace[f"{species}_enhancement"].attrs
    assert said["noise_sd"] == pytest.approx(noise, rel=0.15)
    assert said["detection_limit"] == pytest.approx(3 * said["noise_sd"])


def test_the_trace_flags_what_a_person_removed_and_what_followed_a_pause(trace: xr.Dataset) -> None:
    """Five rows by hand at the start; a minute of warm-up after each of five pauses; values that are missing."""
    flags = trace["qc_flag"].values
    by_hand = np.flatnonzero(flags & np.uint32(Flag.REMOVED_BY_HAND))
    assert by_hand.tolist() == list(range(made.REMOVED_ROWS))
    warm = np.flatnonzero(flags & np.uint32(Flag.GNSS_WARM_UP))
    assert warm.tolist() == [k * PASS_ROWS + s for k in range(1, made.PASSES) for s in range(60)]
    assert not (flags & ~np.uint32(Flag.REMOVED_BY_HAND | Flag.GNSS_WARM_UP)).any()
    for species, lag in made.LAG_S.items():
        missing = np.flatnonzero(
            trace[f"{species}_qc"].values[: made.PASSES * PASS_ROWS] & np.uint32(Flag.VALUE_MISSING)
        )
        ends = [k * PASS_ROWS + s for k in range(made.PASSES) for s in range(PASS_ROWS - lag, PASS_ROWS)]
        assert missing.tolist() == ends


def test_the_cube_lies_on_the_declared_grid(cube: xr.Dataset) -> None:
    """Cells of 20 m in UTC zone 48 whose edges are whole multiples, around every row; both vans' passes."""
    assert 'ID["EPSG",32648]' in cube["spatial_ref"].attrs["crs_wkt"]
    left, width, _, top, _, height = map(float, cube["spatial_ref"].attrs["GeoTransform"].split())
    assert (width, height, left % CELL_M, top % CELL_M) == (20.0, -20.0, 0.0, 0.0)
    assert cube["x"].values == pytest.approx(left + 10.0 + 20.0 * np.arange(cube.sizes["x"]))
    assert cube["y"].values == pytest.approx(top - 10.0 - 20.0 * np.arange(cube.sizes["y"]))
    assert cube["x"].attrs["standard_name"] == "projection_x_coordinate"
    assert cube["pass_label"].values.tolist() == [*(f"a#{k}" for k in range(6)), "b#0"]
    begin = [made.START_A + timedelta(seconds=k * PASS_S) for k in range(6)] + [made.START_B]
    end = [time + timedelta(seconds=PASS_ROWS - 1) for time in begin]
    for name, times in (("pass_start", begin), ("pass_end", end)):
        told = cube[name].values
        apart = np.abs((told - np.array(times, "datetime64[ns]")) / np.timedelta64(1, "s"))
        assert apart[1:].max() == 0 and apart[0] <= made.REMOVED_ROWS
    assert cube["wind_u"].values == pytest.approx(1.5, abs=1e-6)
    assert cube["wind_v"].values == pytest.approx(-1.5 * math.sqrt(3), abs=1e-6)


@pytest.mark.parametrize("species", SPECIES)
def test_the_cube_counts_and_sums_the_usable_rows_of_each_cell(cube: xr.Dataset, species: str) -> None:
    """Without the rows that a person removed and those without a value; sums are those of the true air."""
    noise = made.NOISE[species]
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    left, top = cube["x"].values[0] - 10.0, cube["y"].values[0] + 10.0
    street = made.SOUTH_M if species == "tvoc" else 0.0
    seen = range(6, 7) if species == "tvoc" else range(6)
    assert cube[f"{species}_count"].sum(("y", "x")).values.tolist() == [
        len(_rows(species, k % 6)[0]) if k in seen else 0 for k in range(7)
    ]
    for k in seen:
        second, x = _rows(species, k % 6)
        lon, lat = made.lonlat(x, street)
        east, north = to_grid.transform(lon, np.full(len(x), lat))
        column, row = ((east - left) // CELL_M).astype(int), ((top - north) // CELL_M).astype(int)
        shape = cube[f"{species}_count"][k].shape
        count, total, height = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        early = np.full(shape, np.inf)
        air = made.air(species, k % 6, x)
        np.add.at(count, (row, column), 1.0)
        np.add.at(total, (row, column), air)
        np.maximum.at(height, (row, column), air)
        np.minimum.at(early, (row, column), second)
        # a row may lie within a millimetre of an edge between two cells
        assert np.abs(cube[f"{species}_count"][k].values - count).sum() <= 2
        same = (cube[f"{species}_count"][k].values == count) & (count > 0)
        assert cube[f"{species}_sum"][k].values[same] == pytest.approx(total[same], abs=8 * noise)
        assert cube[f"{species}_max"][k].values[same] == pytest.approx(height[same], abs=4.5 * noise)
        mean = cube[f"{species}_background_sum"][k].values[same] / count[same]
        assert mean == pytest.approx(made.BACKGROUND[species], abs=0.6 * noise)
        spread = cube[f"{species}_sum_squares"][k].values[same] - total[same] ** 2 / count[same]
        assert (spread > -20 * noise * np.maximum(total[same], 1)).all()
        first = cube[f"{species}_visited_at"][k].values[same]
        apart = first - (early[same] - second[0])
        assert np.abs(apart - apart.min()).max() < 1e-6 and 0 <= apart.min() <= made.REMOVED_ROWS
    for layer, unit in (("count", "1"), ("sum", made.UNIT[species]), ("max", made.UNIT[species])):
        assert cube[f"{species}_{layer}"].attrs["units"] == unit


# --- the flight ----------------------------------------------------------------------------------------------------


def test_the_patch_of_soil_is_found_where_it_was_painted(run: Run) -> None:
    """One finding of bare soil: its middle, area and file."""
    [feature] = run.json("findings.geojson")["features"]
    found = feature["properties"]
    x, y, width, height = made.SOIL
    assert (found["kind"], found["source"]) == ("bare_soil", "ortho.tif")
    middle = shapely.geometry.shape(feature["geometry"]).centroid
    assert made.metres(middle.x, middle.y) == pytest.approx((x, y), abs=2.0)
    assert found["area_m2"] == pytest.approx(width * height, rel=0.1)
    assert abs(made.metres(found["lon"], found["lat"])[0] - x) < width / 2
    assert abs(made.metres(found["lon"], found["lat"])[1] - y) < height / 2


def test_the_cube_holds_the_mosaic_of_the_flight(cube: xr.Dataset) -> None:
    """Four photos of 128 by 96 m, 40 m and 30 m apart, cover 168 by 126 m; meadow is green, the patch is brown."""
    covered = cube["ortho_area_fraction"].values
    assert covered.sum() * CELL_M**2 == pytest.approx(168.0 * 126.0, rel=0.05)
    grid = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    seen = {}
    for name, place in (("meadow", (250.0, -240.0)), ("soil", made.SOIL[:2])):
        east, north = grid.transform(*made.lonlat(*place))
        cell = cube.sel(x=east, y=north, method="nearest")
        assert float(cell["ortho_area_fraction"]) == pytest.approx(1.0, abs=0.02)
        seen[name] = [float(cell[f"ortho_{band}"]) for band in ("red", "green", "blue")]
    assert seen["meadow"] == pytest.approx([70.0, 120.0, 60.0], abs=12.0)
    assert seen["soil"][0] > 110.0 and seen["soil"][0] > seen["soil"][2] + 30.0


def test_the_photos_stand_where_their_tags_say(run: Run) -> None:
    """Four used, the one that a person rejected is not among them; ground 40 cm a pixel, 128 by 96 m a photo."""
    poses = run.json("poses.geojson")["features"]
    assert [p["properties"]["photo"][-12:] for p in poses] == [f"DJI_000{k}.JPG" for k in range(1, 5)]
    for number, pose in enumerate(poses):
        properties = pose["properties"]
        assert properties["used"] is True
        assert abs((properties["heading_deg"] + 180) % 360 - 180) < 2
        assert properties["height_above_takeoff_m"] == pytest.approx(made.HEIGHT_M, abs=2)
        ring = np.array([made.metres(*p) for p in pose["geometry"]["coordinates"][0]])
        expected = (
            made.FLIGHT_AT[0] + (-20.0, 20.0)[number // 2],
            made.FLIGHT_AT[1] + (-15.0, 15.0)[number % 2],
        )
        assert (ring.min(axis=0) + ring.max(axis=0)) / 2 == pytest.approx(np.array(expected), abs=2.5)
        size = np.array([made.WIDTH_PX, made.HEIGHT_PX]) * made.GSD_M
        assert np.ptp(ring, axis=0) == pytest.approx(size, rel=0.06)


# --- the manifest --------------------------------------------------------------------------------------------------


def test_the_manifest_names_each_input_with_kind_size_and_hash(run: Run) -> None:
    """Twelve files; the loose one is refused, not read."""
    told = {r["path"]: r for r in run.json("manifest.json")["inputs"]}
    kinds = Counter(r["kind"] for r in told.values())
    assert kinds == {"traces": 2, "images": 5, "registers": 2, "monitors": 1, "mission": 2}
    for name, record in told.items():
        content = (run.root / name).read_bytes()
        assert record["sha256"] == hashlib.sha256(content).hexdigest()
        assert record.get("bytes", len(content)) == len(content)
        assert record["kind"] == (name.split("/")[0] if "/" in name else "mission")


def test_each_stage_counts_what_it_took_gave_flagged_and_refused(run: Run) -> None:
    """Files to records; rows to usable rows; photos to photos used; rows to hotspots; leads to visits; files."""
    told = {
        stage["name"]: (stage["in"], stage["out"], stage["flagged"], stage["rejected"])
        for stage in run.json("manifest.json")["stages"]
    }
    records = 2 + made.PHOTOS + 8 + 1
    flagged = made.REMOVED_ROWS + 5 * 60
    assert told["ingest"] == (12, records, made.REMOVED_ROWS, 4)
    assert told["tracks"] == (ROWS, ROWS - made.REMOVED_ROWS, flagged, 0)
    assert told["imagery"] == (made.PHOTOS, made.PHOTOS, 0, 0)
    assert told["fusion"] == (ROWS, 4, 0, 0)
    assert told["monitors"] == (1, 0, 0, 0)
    assert told["visits"] == (6, 2, 0, 0)
    files = [path for path in run.out.rglob("*") if path.is_file()]
    assert told["handover"][1:] == (len(run.json("manifest.json")["outputs"]) + 1, 0, 0)
    assert len(files) >= told["handover"][1]


def test_each_stage_tells_its_time_and_its_memory(run: Run) -> None:
    """Seconds and megabytes of this process, not bytes, pages or hours."""
    stages = run.json("manifest.json")["stages"]
    assert [s["name"] for s in stages] == list(STAGES)
    for stage in stages:
        assert 50 < stage["peak_mb"] < 5000
        assert 0 <= stage["seconds"] < 600
    assert sum(stage["seconds"] for stage in stages) > 0.5


def _decisions(run: Run) -> list[tuple[str, str, str]]:
    return [(d["item"], d["decision"], d["evidence"]) for d in run.json("manifest.json")["decisions"]]


@pytest.mark.parametrize(
    ("item", "decision", "evidence"),
    [
        ("traces/a.csv", "read as delimited table", ""),
        ("traces/a.csv", "times taken as Asia/Shanghai", "declared"),
        ("traces/b.csv", "times taken as Asia/Shanghai", "declared"),
        ("registers/visits.csv", "4 rows joined by permit code", ""),
        ("monitors/hj212.log", "times read as Asia/Shanghai", ""),
        ("edits.csv line 2", "5 rows flagged as removed by hand", "2026-03-01T14:30:00+00:00 to 2026-03-01T14:30:04"),
        ("a", "inlet lag of 6 s applied: ch4", "given"),
        ("a", "inlet lag of 9 s applied: so2", "given"),
        ("grid", "grid CRS EPSG:32648 (WGS 84 / UTM zone 48N)", "declared"),
        ("ortho.tif", "1 × bare_soil found", "ha covered"),
        ("ch4", "1 recurrent hotspots, 0 single sightings", "6 passes scored"),
        ("so2", "1 recurrent hotspots, 0 single sightings", "499 surrogates"),
        ("tvoc", "0 recurrent hotspots, 1 single sightings", "no place was crossed twice"),
        (
            "hotspots",
            "12 crossings of plumes: 2 places where they recur beyond chance, 2 seen clearly once; "
            "0 places with tracers of exhaust alone and 1 weak ones are not shown",
            "",
        ),
        ("visits", "planned for 2026-03-03", "the day after the last measurement, 2026-03-02"),
        ("routes", "routes start and end at the depot", "depot 104.00626, 30.57745"),
        ("routes", "distances are straight lines times 1.25, at 36 km/h", "no street network"),
    ],
)
def test_the_manifest_tells_each_decision_once(run: Run, item: str, decision: str, evidence: str) -> None:
    """What was believed, with the evidence for it."""
    assert sum(i == item and d.startswith(decision) and evidence in e for i, d, e in _decisions(run)) == 1


def test_no_decision_is_told_that_was_not_taken(run: Run, driven: Run) -> None:
    """A cap is set, no position is doubtful, every zone is declared; with streets no detour is taken."""
    for this in (run, driven):
        told = " ".join(d for _, d, _ in _decisions(this))
        for words in ("CAP", "no visit is proposed", "doubted", "regions with a grid", "shown in"):
            assert words not in told
    assert not any("straight lines" in d for _, d, _ in _decisions(driven))
    assert any(d.startswith("street network of 1 lines") for _, d, _ in _decisions(driven))
    assert any(d.startswith("distances are shortest times on the street network") for _, d, _ in _decisions(driven))


def test_the_manifest_tells_each_refusal_once_with_its_place(run: Run) -> None:
    """The loose file, the damaged packet, three lines of edits, and the site beyond 10 km and twice its error."""
    told = [(r["item"], r["where"], r["reason"]) for r in run.json("manifest.json")["rejects"]]
    expected = [
        ("notes.txt", "file", "not used, no reader takes it"),
        ("monitors/hj212.log", "byte 282", "1 packets refused: CRC"),
        ("edits.csv", "line 5", "action 'drop' is not known"),
        ("DJI_0005.JPG", "edits.csv line 4", "rejected by hand: finger"),
        (made.HAND, "edits.csv line 3", "rejected by hand: closed for good"),
        ("registers/sites.csv", f"far ({made.FAR})", "10.1 km from the nearest measurement"),
    ]
    assert len(told) == len(expected)
    for item, where, reason in expected:
        assert sum(i == item and w == where and reason in r for i, w, r in told) == 1, (item, told)


def test_the_manifest_hashes_what_was_written(run: Run) -> None:
    """Each output as it lies on the disk, sorted by name; it is not among them itself."""
    outputs = run.json("manifest.json")["outputs"]
    names = [record["path"] for record in outputs]
    assert names == sorted(set(names)) and "manifest.json" not in names
    wanted = {"trace.nc", "cube.nc", "ortho.tif", "report.html", "routes.xlsx", "plumes.geojson", "poses.geojson"}
    assert set(names) >= wanted | {"segments.geojson"} | {f"why/H00{k}.png" for k in (1, 2, 3, 4)}
    there = [path.relative_to(run.out).as_posix() for path in run.out.rglob("*") if path.is_file()]
    assert {name for name in there if not name.startswith(".")} == {*names, "manifest.json"}
    for record in outputs:
        assert record["sha256"] == hashlib.sha256((run.out / record["path"]).read_bytes()).hexdigest()


def test_the_manifest_keeps_the_settings_that_held(run: Run) -> None:
    """Those of mission.toml, in the rooms that they belong to."""
    settings = run.json("manifest.json")["settings"]
    routes = settings["routes"]
    assert (routes["teams"], routes["speed_km_h"], routes["detour_factor"]) == (1, 36.0, 1.25)
    assert (routes["shift_start"], routes["time_zone"]) == ("08:30", "Asia/Shanghai")
    assert routes["depot"] == pytest.approx(made.lonlat(*made.DEPOT), abs=1e-7)
    assert settings["tracks"]["lag_of"] == [["ch4", 6.0], ["so2", 9.0]]
    visits = settings["visits"]
    assert (visits["yearly_cap"], visits["measure_probability"], settings["crs"]) == (2, 0.15, "EPSG:32648")


# --- the report and what is returned -------------------------------------------------------------------------------


def test_the_report_begins_with_what_was_measured_and_found(run: Run) -> None:
    """Six ways of 2.4 km and one more; 53 min 20 s and 3 min 20 s; local times."""
    text = run.report
    for words in (
        "2026-03-01 22:30 – 2026-03-02 00:33 Asia/Shanghai",
        "1,407 rows in 2 outings over 16.8 km, 57 min of measuring.",
        "4 photos, 4 of them in mosaics.",
        "4 hotspots above the background; seen in at least two passes: 2. Sites proposed for one combined visit: 2; "
        "to be measured again: 1; to be settled off site: 2.",
        "hotspots 4 seen again 2 visits proposed 2 routes 1 listed sites in reach 7 photos in mosaics 4 / 4",
        "to be measured again before anything else: H003, H004.",
        "table of rejects: 6.",
    ):
        assert words in text, words
    assert "No yearly cap" not in text and "Calm or unknown wind" not in text


def test_the_report_says_the_same_in_chinese(driven: Run) -> None:
    """The same counts, in the other language, and not in this one."""
    text = driven.report
    for words in (
        "2 个航次，1,407 行数据，行程 16.8 km，测量 57 分钟。",
        "发现热点 4 处，其中 2 处在两次以上通过中检出。",
        "拟开展一次综合检查的点位 2 个，须复测 1 个，可非现场处置 2 个。",
        "热点 4 重复检出 2 拟入企检查 2 检查路线 1 范围内名录点位 7",
        "剔除记录）：5 项。",
        "2 站 · 7.5 km · 行车 12 分钟 · 08:35 至 10:51 · 按路网计算",
        "6 次通过中 4 次",
        "风向 330°，3.0 m s⁻¹",
    ):
        assert words in text, words
    assert "hotspots above the background" not in text and 'lang="zh-CN"' in (driven.out / "report.html").read_text(
        encoding="utf-8"
    )


@each_hotspot
def test_the_reports_card_of_a_hotspot_says_what_the_map_says(run: Run, works: Works) -> None:
    """Background, passes, chance, wind, local times, place and the candidates' probabilities."""
    h, _ = _hotspot(run, works)
    species = works.species
    printed = {"ch4": "CH₄", "so2": "SO₂", "tvoc": "TVOC"}[species]
    card = run.report.split(f" {h['id']} {printed} ", 1)[1].split("Show on the map", 2)[1]
    unit = {"ch4": "ppm", "so2": "ppb", "tvoc": "µg m⁻³"}[species]
    first, last = (datetime.fromisoformat(h[f"{k}_seen"]) + timedelta(hours=8) for k in ("first", "last"))
    times = f"{first:%Y-%m-%d %H:%M}" + (f" – {last:%H:%M}" if f"{first:%H:%M}" != f"{last:%H:%M}" else "")
    assert f"Background {h['background']:.{1 if species == 'tvoc' else 2}f} {unit}" in card
    assert f"Seen in {h['passes_seen']} of {h['passes_crossed']} passes" in card
    chance = {SMELTER: "< 0.001", TANNERY: "0.0015", PAINTER: "1", QUARRY: "1"}[works]
    assert f"p on this map {chance} " in card
    assert "Wind from 330° at 3.0 m s⁻¹" in card
    assert f"When {times} " in card
    assert f"{h['lon']:.5f}, {h['lat']:.5f} ± {120 if works is QUARRY else 12} m" in card
    assert f"Area {h['area_m2']:.0f} m²" in card
    best = h["sites"][0]
    distance = f"{best['distance_m']:.2g}"
    assert f"{works.name} {float(distance):.0f} m" in card
    assert f"{100 * best['probability']:.0f} %" in card
    assert f"None of these: {100 * h['none_of_these']:.0f} %" in card


def test_the_report_lists_the_plume_that_no_hotspot_tells_of(run: Run) -> None:
    """The leak's, met once and weak: height, place, width and outing; the others are told by their hotspots."""
    text = run.report.split("Strongest plumes outside of hotspots", 1)[1].split("Leads", 1)[0]
    plume = _plume(run, LEAK, 4)
    assert text.count("CH₄ ") == 1 and "SO₂" not in text and "TVOC" not in text
    assert re.search(
        rf"CH₄ {plume['maximum']:.3f} ± 0\.011 ppm {plume['snr']:.2g} in 1 of 6 passes 2026-03-01 23:10", text
    )
    assert f"{plume['lon']:.5f}, {plume['lat']:.5f} ± 1.2 m {plume['width_m']:.0f} m a" in text
    assert plume["maximum"] == pytest.approx(LEAK.height, abs=3.5 * made.NOISE["ch4"])


def test_the_reports_routes_say_how_often_a_site_was_visited(run: Run) -> None:
    """One daily visit of the year counts for the tannery: not the case, not last year's, not tomorrow's."""
    text = run.report.split("Visits and routes", 2)[2].split("Traces", 1)[0]
    assert "2 stops · 8.2 km · 14 min driving · 08:35 to 10:52 · straight lines with a detour factor" in text
    for name, used in (("tannery", 1), ("smelter", 0)):
        row = re.search(rf"\d \d\d:\d\d – \d\d:\d\d {name} .*?(?= \d \d\d:\d\d – |$)", text)
        assert row and f"not counted against the cap; {used} of 2 this year" in row.group()
        visit = next(p for p in run.properties("visits.geojson") if p["name"] == name)
        assert f"{visit['arrive'][11:16]} – {visit['leave'][11:16]}" in row.group()
        assert f"GCJ-02 {visit['gcj02_lon']:.6f}, {visit['gcj02_lat']:.6f}" in row.group()


def test_the_report_counts_the_rows_passes_and_plumes_of_each_plot(run: Run) -> None:
    """Flagged are those that no estimate uses: by hand, and the ends without a value."""
    text = run.report
    for words in (
        f"CH₄ a 1,206 rows · 6 passes · 6 plumes · {made.REMOVED_ROWS + 6 * 6} flagged",
        f"SO₂ a 1,206 rows · 6 passes · 5 plumes · {made.REMOVED_ROWS + 6 * 9} flagged",
        "TVOC b 201 rows · 1 passes · 1 plumes · 0 flagged",
        "rgb 4 of 4 photos · ground pixel 40 cm",
    ):
        assert words in text, words


def test_the_report_repeats_every_decision_and_refusal(run: Run) -> None:
    """Word by word, and the stages with their counts."""
    text = run.report
    for item, decision, evidence in _decisions(run):
        assert " ".join(f"{item} {decision} {evidence}".split()) in text
    for reject in run.json("manifest.json")["rejects"]:
        assert " ".join(f"{reject['item']} {reject['where']} {reject['reason']}".split()) in text
    for stage in run.json("manifest.json")["stages"][:-1]:
        counts = f"{stage['in']} {stage['out']} {stage['flagged']} {stage['rejected']}"
        assert re.search(rf"{stage['name']} [^A-Za-z]*{counts}|{stage['name']} {counts}", text.replace(",", "")), (
            stage
        )


def test_what_is_returned_counts_what_was_written(run: Run) -> None:
    """Counts, lines for a person, and the shares of the job on the way, which only grow."""
    counts = {k: v for k, v in run.summary.items() if k not in ("lines", "out", "decisions")}
    assert counts == {
        "hotspots": 4,
        "single_sightings": 2,
        "leads": 6,
        "visits": 2,
        "routes": 1,
        "rejects": 6,
    }
    assert run.summary["decisions"] == len(_decisions(run))
    assert run.summary["out"] == str(run.out)
    first = run.summary["lines"][0]
    assert first == "4 hotspots, 2 of them seen once; 6 leads, 2 visits on 1 routes"
    lost = "not used: 1 file as a whole, 3 groups of rows or items of other files, 2 other things"
    assert run.summary["lines"][1] == lost
    assert run.summary["lines"][2].startswith(f"6 rejected, {len(_decisions(run))} decisions")
    assert {k: v for k, v in run.json("manifest.json")["summary"].items() if k in counts} == counts
    shares = [share for _, share in run.said if share is not None]
    assert shares == sorted(shares) and shares[0] == 0.0 and shares[-1] < 1.0
    said = [what for what, _ in run.said]
    assert said[0] == "reading the mission"
    for what in (
        "following drive 1 of 2",
        "following drive 2 of 2",
        "placing 4 rgb photos",
        "weighing who explains 4 hotspots",
    ):
        assert said.count(what) == 1


def test_check_tells_what_was_found_without_working_on_it(run: Run) -> None:
    """Rows, times in UTC, species with unit and flagged rows of a trace; places of photos and sites; records."""
    told = check_mission(run.root, Options(), on_stage=lambda _what, _share: None)
    lines = {line["item"]: line["what"] for line in told["found"]}
    assert Counter(line["kind"] for line in told["found"]) == {"trace": 2, "photo": 4, "site": 8, "monitor": 1}
    assert lines["a"] == ("1206 rows, 2026-03-01 14:30:00 to 15:23:20 UTC, ch4 [ppm], so2 [ppb]; 5 rows flagged")
    assert lines["b"] == "201 rows, 2026-03-01 16:30:00 to 16:33:20 UTC, tvoc [ug m-3]; 0 rows flagged"
    lon, lat = made.lonlat(made.FLIGHT_AT[0] - 20.0, made.FLIGHT_AT[1] - 15.0)
    assert lines["images/DJI_0001.JPG"] == f"rgb, M3T, {lon:.6f} {lat:.6f}, 100 m above take-off"
    lon, lat = made.lonlat(*TANNERY.place)
    assert lines[TANNERY.code] == f"tannery, {lon:.5f} {lat:.5f} ± 30 m, WGS 84 (declared)"
    assert lines[made.MN].startswith("2 hour records, 2026-03-01 01:00 to 03-01 02:00 UTC: ")
    assert len(told["rejects"]) == 5 and len(told["decisions"]) < len(_decisions(run))


# --- a second run --------------------------------------------------------------------------------------------------


def _again(run: Run, folder: Path, *, lang: str) -> Run:
    """Run once more on copies of a mission and of what came of it."""
    root, out = folder / run.root.name, folder / "out"
    if not root.is_dir():
        shutil.copytree(run.root, root)
    shutil.copytree(run.out, out)
    said: list[tuple[str, float | None]] = []
    summary = process_mission(root, out, Options(lang=lang), on_stage=_saying(said))
    return Run(root, out, summary, said)


def test_a_run_in_the_other_language_says_the_same(run: Run, tmp_path: Path) -> None:
    """Whatever was kept from the first run: data to the byte, counts, decisions and refusals word by word."""
    other = _again(run, tmp_path, lang="zh")
    assert 'lang="zh-CN"' in (other.out / "report.html").read_text(encoding="utf-8")
    for path in run.out.rglob("*"):
        name = path.relative_to(run.out).as_posix()
        if path.is_file() and name.endswith((".geojson", ".nc", ".tif", ".png")):
            assert (other.out / name).read_bytes() == path.read_bytes(), name
    assert [line["matters"] for line in _table(other)] == [
        stop["matters_zh"] for stop in other.properties("routes.geojson")[1:]
    ]
    first, second = (this.json("manifest.json") for this in (run, other))
    for key in ("inputs", "decisions", "rejects", "settings"):
        assert second[key] == first[key], key
    counts = [
        [{k: s[k] for k in ("name", "in", "out", "flagged", "rejected")} for s in m["stages"]]
        for m in (first, second)
    ]
    assert counts[0] == counts[1]
    assert second["key"] != first["key"]


def test_a_run_on_changed_input_does_not_repeat_old_results(driven: Run, tmp_path: Path) -> None:
    """A second more of lag moves plumes by a row; a register without the smelter has no lead of it; SO2 stays."""
    root = tmp_path / driven.root.name
    shutil.copytree(driven.root, root)
    toml = (root / "mission.toml").read_text(encoding="utf-8").replace('["ch4", 6.0]', '["ch4", 7.0]')
    (root / "mission.toml").write_text(toml, encoding="utf-8")
    lines = (root / "registers" / "sites.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(SMELTER.code)]
    (root / "registers" / "sites.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    other = _again(driven, tmp_path, lang="zh")
    assert other.stage("ingest")["out"] == driven.stage("ingest")["out"] - 1
    for number, step in ((0, -made.STEP_M), (1, made.STEP_M)):
        [old, new] = [
            next(p for p in this.properties("plumes.geojson") if (p["pass_index"], p["species"]) == (number, "ch4"))
            for this in (driven, other)
        ]
        moved = made.metres(new["lon"], new["lat"])[0] - made.metres(old["lon"], old["lat"])[0]
        assert moved == pytest.approx(step, abs=0.2)
    so2 = [[p for p in this.properties("plumes.geojson") if p["species"] == "so2"] for this in (driven, other)]
    assert so2[0] == so2[1]
    assert SMELTER.code not in {p["site_id"] for p in other.properties("leads.geojson")}
    assert [p["site_id"] for p in other.properties("visits.geojson")] == [TANNERY.code]
    assert any(d == "inlet lag of 7 s applied: ch4" for _, d, _ in _decisions(other))
    assert (other.out / "cube.nc").read_bytes() != (driven.out / "cube.nc").read_bytes()


def test_visits_of_the_day_that_was_asked_for(driven: Run, tmp_path: Path) -> None:
    """They start at nine in China on that day and it is said why; the day of measuring will do, none before."""
    root, out = tmp_path / driven.root.name, tmp_path / "out"
    shutil.copytree(driven.root, root)
    shutil.copytree(driven.out, out)
    for day in (date(2026, 3, 2), date(2026, 3, 9)):
        process_mission(root, out, Options(day=day), on_stage=lambda _what, _share: None)
        other = Run(root, out, {}, [])
        told = {d["code"]: d for d in other.json("manifest.json")["decisions"]}
        assert told["planned_for_day"]["decision"] == f"planned for {day}"
        assert told["planned_for_day"]["evidence"] == "asked for with --day; last measured on 2026-03-02"
        stops = [stop for stop in other.properties("routes.geojson") if "site_id" in stop]
        assert stops and all(stop["arrive"].startswith(str(day)) for stop in stops)
    with raises_told(SettingError, match="--day 2026-03-01 is before the last measurement, 2026-03-02"):
        process_mission(root, out, Options(day=date(2026, 3, 1)), on_stage=lambda _what, _share: None)
